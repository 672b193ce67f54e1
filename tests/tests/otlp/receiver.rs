//! A receiver that decodes with OpenTelemetry's own definitions, and fails as it is told to.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::process::Command;

use calipers_tests::parts::{Folder, Part, beside_install, free_port, installed, until};
use serde_json::Value;

pub(crate) struct Receiver {
    part: Part, // ends before its folder does
    _folder: Folder,
    port: u16,
}

impl Receiver {
    /// Its first answers are these, the others what the protocol says.
    pub(crate) fn start(name: &str, answers: &[&str]) -> Receiver {
        Receiver::start_at(free_port(), name, answers)
    }

    pub(crate) fn start_at(port: u16, name: &str, answers: &[&str]) -> Receiver {
        let folder = Folder::new(name);
        let mut command = Command::new(installed("opentelemetry/bin/python"));
        command
            .arg(beside_install("otlp-receiver.py"))
            .arg(port.to_string())
            .args(answers);
        let part = Part::start(command, &folder);
        until("the receiver listens", || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Receiver {
            part,
            _folder: folder,
            port,
        }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn requests(&self) -> Vec<Value> {
        let output = self.part.output();
        // The last line may be half there.
        let lines = output
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        lines.collect()
    }

    pub(crate) fn answers(&self) -> Vec<String> {
        let requests = self.requests();
        let answers = requests.iter().map(|request| text(&request["answer"]));
        answers.collect()
    }

    /// What it took, each request's points by name and attributes.
    pub(crate) fn taken(&self) -> Vec<BTreeMap<String, Value>> {
        let requests = self.requests();
        let taken = requests
            .iter()
            .filter(|request| matches!(request["answer"].as_str(), Some("200" | "partial:3")));
        taken.map(points).collect()
    }

    /// Nothing was wrong with any request.
    pub(crate) fn found_nothing_wrong(&self) {
        for request in self.requests() {
            assert_eq!(request["wrong"], Value::Array(Vec::new()), "{request}");
        }
    }
}

/// `web.requests{path=/a}` and what it held.
fn points(request: &Value) -> BTreeMap<String, Value> {
    let points = request["points"].as_array().into_iter().flatten();
    let named = points.map(|point| {
        let labels = point["attributes"].as_object().into_iter().flatten();
        let labels: Vec<String> = labels
            .map(|(key, value)| format!("{key}={}", text(value)))
            .collect();
        let name = text(&point["name"]);
        match labels.is_empty() {
            true => (name, point.clone()),
            false => (format!("{name}{{{}}}", labels.join(",")), point.clone()),
        }
    });
    named.collect()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
