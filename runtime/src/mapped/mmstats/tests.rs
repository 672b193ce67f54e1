//! Files made by hand, byte by byte, and files of our own read back.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::Registry;

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder =
            std::env::temp_dir().join(format!("calipers-v1-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        Folder(folder)
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.join("x.mmstats");
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    let mut all = (bytes.len() as u16).to_ne_bytes().to_vec();
    all.extend_from_slice(bytes);
    all
}

fn field(label: &[u8], signature: &str, buffer: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = sized(label);
    bytes.extend(sized(signature.as_bytes()));
    bytes.push(buffer);
    bytes.extend_from_slice(value);
    bytes
}

fn file(fields: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend(fields.concat());
    bytes
}

fn values(fields: &Fields) -> Vec<(&str, FieldValue)> {
    let pairs = fields.fields.iter();
    pairs
        .map(|field| (&*field.label, field.value.clone()))
        .collect()
}

#[test]
fn the_buffer_that_is_not_written_is_read() {
    let folder = Folder::new("buffers");
    let two = [7u64.to_ne_bytes(), 9u64.to_ne_bytes()].concat();
    let path = folder.file(&file(&[
        field(b"a", "Q", 0, &two),
        field(b"b", "Q", 1, &two),
        field(b"c", "Q", 0xff, &7u64.to_ne_bytes()),
    ]));
    let read = read(path).unwrap();
    assert!(read.damage.is_none());
    assert_eq!(
        values(&read),
        [
            ("a", FieldValue::Unsigned(9)),
            ("b", FieldValue::Unsigned(7)),
            ("c", FieldValue::Unsigned(7))
        ]
    );
    assert_eq!(
        [true, true, false],
        [0, 1, 2].map(|at| read.fields[at].buffered)
    );
}

#[test]
fn an_empty_label_and_the_end_of_the_file_are_its_end() {
    let folder = Folder::new("end");
    let one = field(b"a", "b", 0xff, &[3]);
    for end in [&[][..], &[0], &[0, 0], &[0, 0, 1, 1, 1]] {
        let path = folder.file(&[file(std::slice::from_ref(&one)), end.to_vec()].concat());
        let read = read(path).unwrap();
        assert_eq!(values(&read), [("a", FieldValue::Signed(3))], "{end:?}");
        assert!(read.damage.is_none(), "{end:?}");
    }
}

#[test]
fn a_field_cut_anywhere_is_damage_and_what_stands_before_it_is_read() {
    let folder = Folder::new("cut");
    let whole = file(&[
        field(b"a", "b", 0xff, &[3]),
        field(b"second", "255s", 1, &[b'x'; 510]),
    ]);
    for length in 10..whole.len() {
        let read = read(folder.file(&whole[..length])).unwrap();
        assert_eq!(values(&read), [("a", FieldValue::Signed(3))], "{length}");
        assert!(
            matches!(read.damage, Some(ReadError::Cut { at: 9 })),
            "{length}: {:?}",
            read.damage
        );
    }
    assert_eq!(read(folder.file(&whole)).unwrap().fields.len(), 2);
}

#[test]
fn what_asks_for_gigabytes_gets_none() {
    let folder = Folder::new("gigabytes");
    for signature in ["2147483648s", "268435456Q", "18446744073709551615s"] {
        let read = read(folder.file(&file(&[field(b"a", signature, 0, &[0; 64])]))).unwrap();
        assert!(
            matches!(read.damage, Some(ReadError::Cut { at: 1 })),
            "{:?}",
            read.damage
        );
    }
    // The same where the file has them, and has them for nothing.
    let path = folder.file(&file(&[field(b"a", "2147483648s", 0xff, b"text")]));
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(3 << 30)
        .unwrap();
    assert_eq!(
        values(&read(path).unwrap()),
        [("a", FieldValue::Text("text".into()))]
    );
}

#[test]
fn labels_of_any_length_are_read() {
    let folder = Folder::new("labels");
    for length in [1, 255, 256, 65535] {
        let label = vec![b'x'; length];
        let read = read(folder.file(&file(&[field(&label, "b", 0xff, &[1])]))).unwrap();
        assert_eq!(read.fields[0].label.len(), length);
        assert!(read.damage.is_none());
        assert_eq!(read.snapshot().len(), 1);
    }
    let read = read(folder.file(&file(&[field(b"a\xff.b", "b", 0xff, &[1])]))).unwrap();
    assert_eq!(read.fields[0].label, "a.b");
}

#[test]
fn what_is_no_version_1_file_is_told_apart() {
    let folder = Folder::new("other");
    assert!(matches!(read(folder.file(b"")), Err(ReadError::Version(0))));
    assert!(matches!(
        read(folder.file(b"\x02")),
        Err(ReadError::Version(2))
    ));
    assert!(matches!(read(&folder.0), Err(ReadError::NoFile)));
    assert!(matches!(read(folder.0.join("none")), Err(ReadError::Io(_))));
    let fifo = folder.0.join("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    assert!(
        matches!(read(fifo), Err(ReadError::NoFile)),
        "and nobody waited for a writer"
    );
    let read = read(folder.file(&file(&[field(b"a", "Z", 0xff, &[1])]))).unwrap();
    assert!(matches!(
        read.damage,
        Some(ReadError::Signature { at: 1, .. })
    ));
}

#[test]
fn names_made_of_dots_do_not_multiply() {
    let folder = Folder::new("dots");
    let label = "a.".repeat(100);
    let fields = vec![field(label.as_bytes(), "b", 0xff, &[1]); 1000];
    let snapshot = read(folder.file(&file(&fields))).unwrap().snapshot();
    assert_eq!(snapshot.len(), 1);
    let dots = read(folder.file(&file(&[field(b"...", "b", 0xff, &[1])]))).unwrap();
    assert_eq!(dots.snapshot().gauge("/%/%/%/%"), Some(1.0));
}

fn published(folder: &Folder, registry: &Registry) -> Published {
    let builder = Published::builder().folder(&folder.0).registry(registry);
    builder.every(Duration::from_secs(3600)).start().unwrap()
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn every_value_is_aligned_and_what_is_published_reads_back() {
    let folder = Folder::new("round");
    let registry = Registry::new();
    registry.counter("jobs.done").unwrap().add(3);
    registry
        .timer("query")
        .unwrap()
        .record(Duration::from_millis(2));
    for name in ["a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg"] {
        registry.gauge(name).unwrap().set(0.5);
    }
    registry.text("mode").unwrap().set("fast");
    let published = published(&folder, &registry);
    let read = read(published.path()).unwrap();
    let snapshot = read.snapshot();
    assert_eq!(snapshot.counter("/jobs/done"), Some(3));
    assert_eq!(snapshot.gauge("/abcde"), Some(0.5));
    assert_eq!(snapshot.text("/mode"), Some("fast"));
    assert_eq!(snapshot.counter("/query/count"), Some(1));
    assert_eq!(snapshot.gauge("/query/sum"), Some(0.002));
    assert_eq!(read.pid(), Some(std::process::id() as i32));
    assert_eq!(
        snapshot.counter("/sys/pid"),
        None,
        "a number of a process is no count"
    );

    registry.counter("jobs.done").unwrap().add(1);
    registry.counter("jobs.later").unwrap().add(8);
    registry.text("mode").unwrap().set("slow");
    published.flush(LONG).unwrap();
    let snapshot = super::read(published.path()).unwrap().snapshot();
    assert_eq!(snapshot.counter("/jobs/done"), Some(4));
    assert_eq!(snapshot.counter("/jobs/later"), Some(8));
    assert_eq!(snapshot.text("/mode"), Some("slow"));

    let path = published.path().to_owned();
    published.remove();
    assert!(!path.exists());
    assert_eq!(
        fs::read_dir(&folder.0).unwrap().count(),
        0,
        "nothing is left beside it"
    );
}

#[test]
fn a_file_that_is_outgrown_is_made_anew_under_its_name() {
    let folder = Folder::new("outgrown");
    let registry = Registry::new();
    let published = published(&folder, &registry);
    let length = || fs::metadata(published.path()).unwrap().len();
    let before = length();
    for number in 0..2000 {
        registry
            .counter(&format!("n.{number}"))
            .unwrap()
            .add(number);
    }
    published.flush(LONG).unwrap();
    assert!(length() > before);
    let snapshot = read(published.path()).unwrap().snapshot();
    assert!((0..2000).all(|number| snapshot.counter(&format!("/n/{number}")) == Some(number)));
}

#[test]
fn what_is_gone_holds_zero_and_leaves_when_most_is_gone() {
    let folder = Folder::new("gone");
    let registry = Registry::new();
    for number in 0..300 {
        registry.counter(&format!("n.{number}")).unwrap().add(7);
    }
    registry.counter("stays").unwrap().add(1);
    let published = published(&folder, &registry);
    let fields = |what: &str| {
        let read = read(published.path()).unwrap();
        let of = read
            .fields
            .into_iter()
            .filter(|field| field.label.starts_with(what));
        of.map(|field| field.value.as_f64().unwrap())
            .collect::<Vec<_>>()
    };
    for number in 0..10 {
        registry.remove(&format!("n.{number}"));
    }
    published.flush(LONG).unwrap();
    assert_eq!(fields("n.").len(), 300);
    assert_eq!(
        fields("n.").iter().filter(|&&value| value == 0.0).count(),
        10
    );
    for number in 10..300 {
        registry.remove(&format!("n.{number}"));
    }
    published.flush(LONG).unwrap();
    assert_eq!(fields("n."), [0.0; 0]);
    assert_eq!(fields("stays"), [1.0]);
}

#[test]
fn a_name_that_is_taken_is_refused_while_its_writer_lives() {
    let folder = Folder::new("taken");
    let registry = Registry::new();
    let builder = || {
        Published::builder()
            .folder(&folder.0)
            .file("one.mmstats")
            .registry(&registry)
    };
    let first = builder().keep().start().unwrap();
    assert!(matches!(liveness(first.path()), Liveness::Alive(_)));
    let refused = builder().start().unwrap_err();
    assert!(matches!(refused, PublishError::Taken { .. }), "{refused}");
    let path = first.path().to_owned();
    drop(first);
    // This process is still there, so its number proves nothing: that nobody has the file open does.
    assert!(
        matches!(liveness(&path), Liveness::Dead(_)),
        "{:?}",
        liveness(&path)
    );
    drop(builder().start().unwrap());
    assert!(!path.exists());
}

#[test]
fn only_the_owner_may_open_it_and_no_link_is_followed() {
    use std::os::unix::fs::{MetadataExt, symlink};
    let folder = Folder::new("mode");
    let registry = Registry::new();
    let precious = folder.0.join("precious");
    fs::write(&precious, "mine").unwrap();
    symlink(&precious, folder.0.join("one.mmstats")).unwrap();
    let builder = || {
        Published::builder()
            .folder(&folder.0)
            .file("one.mmstats")
            .registry(&registry)
    };
    assert!(builder().start().is_err());
    assert_eq!(fs::read(&precious).unwrap(), b"mine");
    fs::remove_file(folder.0.join("one.mmstats")).unwrap();
    let published = builder().start().unwrap();
    assert_eq!(
        fs::metadata(published.path()).unwrap().mode() & 0o777,
        0o600
    );
}

#[test]
fn names_that_are_none_are_refused() {
    let folder = Folder::new("names");
    let start = |file: &str| {
        Published::builder()
            .folder(&folder.0)
            .file(file)
            .start()
            .unwrap_err()
    };
    assert!(matches!(
        start("{HOST}.mmstats"),
        PublishError::Template { .. }
    ));
    assert!(matches!(start("../x.mmstats"), PublishError::Name { .. }));
    assert!(matches!(start(""), PublishError::Name { .. }));
    let nowhere = Published::builder()
        .folder(folder.0.join("none"))
        .start()
        .unwrap_err();
    assert!(matches!(nowhere, PublishError::Io { .. }));
}

#[test]
fn a_million_reads_of_a_counter_written_at_full_speed_never_fall_and_are_never_torn() {
    use super::entry::Put;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    /// Both its halves are equal, whatever it is multiplied with.
    const STEP: u64 = 0x0000_0001_0000_0001;
    let folder = Folder::new("million");
    let path = folder.0.join("fast.mmstats");
    let mut file = file::Published::create(path.clone(), Vec::new(), &|each| {
        each("odd", Put::Bool(true));
        each("lanes", Put::Count(0));
    })
    .unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut count: u64 = 0;
            while !stop.load(Relaxed) {
                count += 1;
                let lanes = count * STEP;
                file.update(&|each| {
                    each("odd", Put::Bool(true));
                    each("lanes", Put::Count(lanes));
                })
                .unwrap();
            }
        });
        let mut before = 0;
        let mut moved = 0;
        for _ in 0..1_000_000 {
            let fields = read(&path).unwrap().fields;
            let FieldValue::Unsigned(now) = fields[1].value else {
                panic!("{fields:?}");
            };
            assert_eq!(now % STEP, 0, "{now:#x} is torn");
            assert!(now >= before, "{now:#x} after {before:#x}");
            moved += u32::from(now != before);
            before = now;
        }
        stop.store(true, Relaxed);
        assert!(moved > 1000, "it was seen to move {moved} times only");
    });
}

#[test]
fn a_file_of_countless_fields_is_read_as_far_as_memory_is_bounded() {
    let folder = Folder::new("countless");
    let fields = field(b"a", "b", 0xff, &[1]).repeat(1_000_000);
    let read = read(folder.file(&file(&[fields]))).unwrap();
    assert!(matches!(read.damage, Some(ReadError::TooLarge)));
    assert!(read.fields.len() > 250_000);
    let smallest_allocation = 32;
    let kept =
        read.fields.capacity() * size_of::<Field>() + read.fields.len() * smallest_allocation;
    assert!(kept < 64 << 20, "{kept}");
}

#[test]
fn an_honest_file_is_read_whole_however_large_it_is() {
    const FIELDS: usize = 400_000;
    let folder = Folder::new("honest");
    let fields = (0..FIELDS).map(|n| field(format!("n.{n}").as_bytes(), "Q", 0xff, &[1; 8]));
    let read = read(folder.file(&file(&fields.collect::<Vec<_>>()))).unwrap();
    assert!(read.damage.is_none(), "{:?}", read.damage);
    assert_eq!(read.fields.len(), FIELDS);
}

#[test]
fn labels_that_differ_in_empty_parts_alone_stay_apart() {
    let folder = Folder::new("empty-parts");
    let labels = ["a.b", "a..b", ".x", "x.", "x", "...", "app.by.", "app.by"];
    let fields = labels.map(|label| field(label.as_bytes(), "Q", 0xff, &[1; 8]));
    let read = read(folder.file(&file(&fields))).unwrap();
    let shown = Fields::of(&read.snapshot()).fields;
    let mut shown: Vec<_> = shown.into_iter().map(|field| field.label).collect();
    let mut expected = labels.map(str::to_owned);
    shown.sort();
    expected.sort();
    assert_eq!(shown, expected);
}
