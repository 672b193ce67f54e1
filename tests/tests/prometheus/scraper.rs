//! The real program, scraping one server.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use calipers_tests::parts::{Folder, Part, free_port, program, until};
use serde_json::Value as Json;

use crate::judges::{Series, bits, is_the_programs, text};

/// A Prometheus that scrapes one server.
pub(crate) struct Prometheus {
    running: Part, // ends before its folder does
    _folder: Folder,
    port: u16,
}

impl Prometheus {
    pub(crate) fn scraping(name: &str, port: u16, more: &[&str]) -> Prometheus {
        let folder = Folder::new(name);
        let conf = folder.write(
            "prometheus.yml",
            &format!(
                "global: {{ scrape_interval: 1s }}\nscrape_configs:\n  - job_name: calipers\n    \
                 params: {{ depth: [both] }}\n    static_configs: [{{ targets: ['127.0.0.1:{port}'] }}]\n"
            ),
        );
        let own = free_port();
        let mut command = Command::new(program("prometheus"));
        command
            .arg(format!("--config.file={}", conf.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{own}"))
            .args(more);
        Prometheus {
            running: Part::start(command, &folder),
            _folder: folder,
            port: own,
        }
    }

    pub(crate) fn api(&self, path: &str) -> Option<Json> {
        let (status, body) = get(self.port, path, "application/json")?;
        if status.contains("503") {
            return None; // it is starting
        }
        assert!(status.contains("200"), "{path}: {status} {body}");
        Some(serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}")))
    }

    pub(crate) fn query(&self, query: &str) -> Vec<Json> {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = self
            .api(&format!("/api/v1/query?query={encoded}"))
            .expect("an answer");
        answer["data"]["result"].as_array().unwrap().clone()
    }

    /// Waits until the target was scraped, and says what the scraper has to say of it.
    pub(crate) fn scraped(&self) {
        until("the target is up", || {
            let targets = self.api("/api/v1/targets")?;
            let target = targets["data"]["activeTargets"].get(0)?.clone();
            let error = target["lastError"].as_str().unwrap_or_default();
            assert!(error.is_empty(), "{error}\n{}", self.running.output());
            (target["health"] == "up").then_some(())
        });
        until("the scrape is stored", || {
            (!self.query("up == 1").is_empty()).then_some(())
        });
    }

    /// All numbers that it has of the program, by series, without what it adds to them.
    pub(crate) fn numbers(&self) -> BTreeMap<Series, u64> {
        let stored = self.query("{job=\"calipers\"}").into_iter();
        let numbers = stored.filter_map(|series| {
            let number = bits(series["value"].get(1)?.as_str()?);
            Some((stored_series(&series), number))
        });
        numbers
            .filter(|((name, _), _)| is_the_programs(name))
            .collect()
    }

    pub(crate) fn number(&self, query: &str) -> f64 {
        let found = self.query(query);
        assert_eq!(found.len(), 1, "{query}: {found:?}");
        text(&found[0]["value"][1]).parse().unwrap()
    }
}

pub(crate) fn stored_series(series: &Json) -> Series {
    let mut labels: BTreeMap<String, String> = series["metric"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect();
    for added in ["job", "instance"] {
        labels.remove(added).expect("a label that Prometheus adds");
    }
    (labels.remove("__name__").unwrap(), labels)
}

/// An answer's status line and body.
pub(crate) fn get(port: u16, path: &str, accept: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.lines().next()?.to_owned(), body.to_owned()))
}
