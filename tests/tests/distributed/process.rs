//! Parts that are played by processes of their own, which can be stopped and killed: this program again, running one test.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use calipers::Snapshot;
use calipers::distributed::Aggregator;
use calipers::report::http::Server;
use calipers_tests::parts::{Folder, Part, until};

const ROLE: &str = "CALIPERS_TEST_ROLE";
const FOLDER: &str = "CALIPERS_TEST_FOLDER";

/// The part that this process is to play in a test, and the folder to work in.
pub(crate) fn role() -> Option<(String, PathBuf)> {
    let role = std::env::var(ROLE).ok()?;
    Some((role, std::env::var_os(FOLDER)?.into()))
}

/// Starts a process that plays this part of the test.
pub(crate) fn start(test: &str, role: &str, folder: &Folder) -> Part {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(FOLDER, folder.path(""));
    Part::start(command, folder)
}

/// Where the aggregator of a folder listens.
pub(crate) fn endpoint(folder: &Path) -> String {
    format!("ipc://{}", folder.join("sockets/aggregator").display())
}

/// Where it keeps totals.
pub(crate) fn totals(folder: &Path) -> PathBuf {
    folder.join("totals")
}

/// Plays an aggregator: what it has is on two pages, one of all together and one of each by itself.
pub(crate) fn aggregate(folder: &Path) -> ! {
    let aggregator = Aggregator::bind(endpoint(folder))
        .keep(totals(folder))
        .forget_after(Duration::from_secs(3600))
        .start()
        .expect("an aggregator");
    let (united, beside) = (aggregator.united(), aggregator.united());
    let serve =
        |server: calipers::report::http::ServerBuilder<&str>| server.start().expect("a page");
    let page = serve(Server::builder("127.0.0.1:0").source(move || united.snapshot()));
    let each = serve(Server::builder("127.0.0.1:0").source(move || beside.side_by_side()));
    println!(
        "serving {} {}",
        page.local_addr().port(),
        each.local_addr().port()
    );
    loop {
        std::thread::park();
    }
}

/// An aggregator in a process of its own.
pub(crate) struct Aggregating {
    pub(crate) part: Part,
    page: u16,
    each: u16,
}

impl Aggregating {
    /// `test` plays an aggregator when its part is `aggregator`.
    pub(crate) fn start(test: &str, folder: &Folder) -> Aggregating {
        let part = start(test, "aggregator", folder);
        let ports = until("the aggregator serves", || {
            let output = part.output();
            let (_, ports) = output.split_once("serving ")?;
            let (ports, _) = ports.split_once('\n')?;
            let (page, each) = ports.split_once(' ')?;
            Some((page.parse().ok()?, each.parse().ok()?))
        });
        Aggregating {
            part,
            page: ports.0,
            each: ports.1,
        }
    }

    /// All sources as one.
    pub(crate) fn united(&self) -> Snapshot {
        until("the page answers", || snapshot(self.page))
    }

    /// Each by itself.
    pub(crate) fn each(&self) -> Snapshot {
        until("the page answers", || snapshot(self.each))
    }
}

fn snapshot(port: u16) -> Option<Snapshot> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .ok()?;
    write!(
        stream,
        "GET /?format=json HTTP/1.0\r\nHost: localhost\r\n\r\n"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}
