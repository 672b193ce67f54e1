//! `calipers web`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, Command, Stdio};

use calipers_tests::parts::{Folder, until};
use serde_json::{Value as Json, json};

use crate::command::{calipers, counting, flush, publish, run, text};

/// The command, serving until this is dropped.
pub(crate) struct Web {
    child: Child,
    addr: String,
    /// What it said when it began.
    pub(crate) said: String,
}

impl Web {
    fn of(folder: &Folder) -> Web {
        let path = folder.path("");
        Web::running(&["web", text(&path), "--listen", "127.0.0.1:0"])
    }

    /// The command with these arguments, which says first where it serves.
    pub(crate) fn running(arguments: &[&str]) -> Web {
        let mut command = calipers(arguments);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut said)
            .unwrap();
        let url = said.split_whitespace().next().unwrap_or_default();
        let addr = url
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix('/'));
        let addr = addr.unwrap_or_else(|| panic!("{said}")).to_owned();
        Web { child, addr, said }
    }

    /// What it says beside; once.
    pub(crate) fn complaints(&mut self) -> ChildStderr {
        self.child.stderr.take().unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut connection = TcpStream::connect(&self.addr).unwrap();
        write!(
            connection,
            "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n",
            self.addr
        )
        .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (
            head.split(' ').nth(1).unwrap().parse().unwrap(),
            body.to_owned(),
        )
    }

    pub(crate) fn json(&self, path: &str) -> Json {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
    }
}

impl Web {
    /// Sends it a signal by name, and tells the number of the one that ended it.
    pub(crate) fn end_by(mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.unwrap().success());
        self.child.wait().unwrap().signal()
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn all_processes_of_a_folder_are_on_one_page() {
    let folder = Folder::new("web-page");
    let registry = counting(3);
    let a = publish(&folder, "a", &registry);
    let b = publish(&folder, "b", &counting(4));
    let web = Web::of(&folder);
    let (status, page) = web.get("/");
    assert_eq!(status, 200);
    assert!(page.contains("<html") && page.contains("jobs"), "{page}");
    assert_eq!(web.json("/a/jobs/?format=json"), json!({"done": 3}));
    let (_, metrics) = web.get("/metrics");
    assert!(
        metrics.contains("jobs_done_total{process=\"b\"} 4\n"),
        "{metrics}"
    );
    // What happens meanwhile is seen: counts go up, and processes come and go.
    registry.counter("jobs.done").unwrap().add(1);
    flush(&a);
    drop(b);
    let _c = publish(&folder, "c", &counting(9));
    let whole = until("what happened", || {
        let whole = web.json("/?format=json");
        whole.get("c").is_some().then_some(whole)
    });
    assert_eq!(whole["a"]["jobs"], json!({"done": 4}));
    assert_eq!(whole["c"]["jobs"], json!({"done": 9}));
    assert_eq!(whole.get("b"), None);
}

#[test]
fn the_routes_of_mmash_are_there() {
    let folder = Folder::new("web-mmash");
    let a = publish(&folder, "web-1", &counting(3));
    let b = publish(&folder, "web-2", &counting(4));
    let c = publish(&folder, "db", &counting(0));
    let web = Web::of(&folder);
    let labels = web.json("/stats/");
    assert_eq!(labels["stats"][0], json!("jobs.done"));
    assert_eq!(labels["stats"][1], json!("load"));
    assert_eq!(web.json("/stats/jobs"), json!({"jobs.done": [0, 3, 4]}));
    assert_eq!(web.json("/stats/jobs?exact=1"), json!({}));
    assert_eq!(
        web.json("/stats/jobs.done?exact=1&glob=web-*"),
        json!({"jobs.done": [3, 4]})
    );
    for (aggregate, expected) in [
        ("sum", json!(7)),
        ("avg", json!(7.0 / 3.0)),
        ("max", json!(4)),
        ("min", json!(0)),
        ("one", json!(0)),
        ("nonzero-min", json!(3)),
        ("nonzero-avg", json!(3.5)),
    ] {
        let answered = web.json(&format!("/stats/jobs.done?aggr={aggregate}"));
        assert_eq!(answered, json!({"jobs.done": expected}), "{aggregate}");
    }
    assert_eq!(
        web.json("/files/"),
        json!({"files": [c.path(), a.path(), b.path()]})
    );
    assert_eq!(web.json("/files/web-1.*"), json!({"files": [a.path()]}));
    for wrong in [
        "/stats/org?aggr=sum",
        "/stats/jobs?aggr=median",
        "/stats/jobs?glob=[a",
    ] {
        let (status, body) = web.get(wrong);
        assert_eq!(status, 400, "{wrong}: {body}");
        assert!(body.contains("error"), "{body}");
    }
}

#[test]
fn nothing_outside_the_folder_is_ever_read() {
    let folder = Folder::new("web-outside");
    let outside = Folder::new("web-secret");
    // Longer than any process id: the folder's name, which a refusal repeats, has one in it.
    let hidden = 770_077_007_700;
    let secret = publish(&outside, "secret", &counting(hidden));
    let _a = publish(&folder, "a", &counting(3));
    symlink(secret.path(), folder.path("link.mmstats")).unwrap();
    let web = Web::of(&folder);
    let secret = text(secret.path());
    let name = secret.rsplit('/').next().unwrap();
    for glob in [
        secret.to_owned(),
        secret.replace('/', "%2F"),
        format!("..%2Fcalipers-web-secret-{}%2F{name}", std::process::id()),
        "../*/*".to_owned(),
        "**/*".to_owned(),
        "{..%2F*,a}".to_owned(),
    ] {
        for path in [format!("/stats/jobs?glob={glob}"), format!("/files/{glob}")] {
            let (_, body) = web.get(&path);
            assert!(
                !body.contains(&hidden.to_string()) && !body.contains("secret.mmstats\""),
                "{path}: {body}"
            );
        }
    }
    assert_eq!(
        web.json("/stats/jobs"),
        json!({"jobs.done": [3]}),
        "a link leads out of the folder"
    );
    let (status, body) = web.get("/%2e%2e/%2e%2e/etc/passwd");
    assert_eq!(status, 404, "{body}");
}

#[test]
fn only_this_machine_can_connect_and_only_by_its_own_names() {
    let folder = Folder::new("web-hosts");
    let _a = publish(&folder, "a", &counting(3));
    let web = Web::of(&folder);
    assert!(web.addr.starts_with("127.0.0.1:"));
    for path in ["/stats/", "/files/", "/", "/metrics"] {
        let mut connection = TcpStream::connect(&web.addr).unwrap();
        write!(
            connection,
            "GET {path} HTTP/1.0\r\nHost: evil.example\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.0 421"), "{path}: {answer}");
    }
    let taken = format!("--listen={}", web.addr);
    let path = folder.path("");
    let (code, _, complaint) = run(&["web", text(&path), &taken]);
    assert_eq!(code, 1);
    assert!(complaint.contains("choose another port"), "{complaint}");
}

#[test]
fn an_address_that_is_none_is_a_mistake_of_the_command_line() {
    let folder = Folder::new("web-nowhere");
    let _file = publish(&folder, "a", &counting(3));
    let path = folder.path("");
    let (code, shown, complaint) = run(&["web", text(&path), "--listen", "nonsense"]);
    assert_eq!((code, &*shown), (2, ""), "{complaint}");
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
}
