//! Who may listen where, and to whom.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use calipers::Registry;
use calipers::distributed::{Aggregator, BindError, Publisher};
use calipers::report::StartError;
use calipers_tests::parts::Folder;

use crate::{SECOND, ignored, publisher};

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_socket_of_this_host_is_closed_to_others_and_so_is_its_folder() {
    let folder = Folder::new("distributed-modes");
    let socket = folder.path("sockets/aggregator");
    let endpoint = format!("ipc://{}", socket.display());
    let start = || {
        Aggregator::bind(&*endpoint)
            .registry(&Registry::new())
            .start()
    };
    let aggregator = start().unwrap();
    assert_eq!(mode(&socket), 0o600);
    assert_eq!(mode(&folder.path("sockets")), 0o700);
    // Who listens is not pushed away,
    let refused = start().unwrap_err().to_string();
    assert!(
        refused.ends_with("somebody listens there already"),
        "{refused}"
    );
    let registry = Registry::new();
    publisher(&endpoint, "a", &registry)
        .flush(30 * SECOND)
        .unwrap();
    // who is gone is replaced,
    drop(aggregator);
    drop(start().unwrap());
    // and what is no socket is not taken away.
    let file = folder.path("sockets/letter");
    fs::write(&file, "dear").unwrap();
    let refused = Aggregator::bind(format!("ipc://{}", file.display())).start();
    assert!(refused.unwrap_err().to_string().contains("no socket"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "dear");
}

#[test]
fn a_folder_that_others_may_write_to_is_refused() {
    let folder = Folder::new("distributed-folder");
    let open = folder.path("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let refused = Aggregator::bind(format!("ipc://{}/a", open.display())).start();
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("can be written to by others"), "{refused}");
}

#[test]
fn other_machines_are_listened_to_only_when_asked_for_and_with_a_key() {
    let anywhere = || Aggregator::bind("tcp://0.0.0.0:0").registry(&Registry::new());
    assert!(matches!(
        anywhere().start(),
        Err(BindError::BeyondLoopback { .. })
    ));
    assert!(matches!(
        anywhere().key("k").start(),
        Err(BindError::BeyondLoopback { .. })
    ));
    assert!(matches!(
        anywhere().beyond_loopback().start(),
        Err(BindError::Key { .. })
    ));
    assert!(matches!(
        anywhere().beyond_loopback().key("").start(),
        Err(BindError::Key { .. })
    ));
    anywhere().beyond_loopback().key("k").start().unwrap();
    let there = || Publisher::connect("tcp://stats.example:5710");
    assert!(matches!(there().start(), Err(StartError::Key { .. })));
    for none in ["", "127.0.0.1:5710", "ipc://relative", "tcp://127.0.0.1"] {
        assert!(matches!(
            Aggregator::bind(none).start(),
            Err(BindError::Address { .. })
        ));
        let publisher = Publisher::connect(none).start();
        assert!(matches!(publisher, Err(StartError::Address { .. })));
    }
}

#[test]
fn who_does_not_know_the_key_is_not_believed_and_counted() {
    let own = Registry::new();
    let aggregator = Aggregator::bind("tcp://127.0.0.1:0")
        .key("right")
        .registry(&own);
    let aggregator = aggregator.start().unwrap();
    for (name, key) in [
        ("none", None),
        ("wrong", Some("wrong")),
        ("right", Some("right")),
    ] {
        let registry = Registry::new();
        registry.counter(name).unwrap().add(1);
        let mut publisher = Publisher::connect(aggregator.endpoint())
            .registry(&registry)
            .linger(SECOND)
            .every(3600 * SECOND);
        if let Some(key) = key {
            publisher = publisher.key(key);
        }
        let delivered = publisher.start().unwrap().flush(3 * SECOND);
        assert_eq!(delivered.is_ok(), name == "right", "{name}: {delivered:?}");
    }
    let united = aggregator.snapshot();
    assert_eq!(united.counter("/right"), Some(1));
    assert_eq!(
        (united.counter("/none"), united.counter("/wrong")),
        (None, None)
    );
    assert!(ignored(&own, "noHandshake") > 0 && ignored(&own, "wrongKey") > 0);
}
