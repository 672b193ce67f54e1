//! The real server.

use std::collections::BTreeMap;
use std::process::Command;

use calipers_tests::parts::{
    Folder, Part, beside_install, free_port, free_udp_port, installed, program, until,
};
use serde_json::Value;

/// The real server, which tells each second what it got.
pub(crate) struct Server {
    part: Part, // ends before its folder does
    _folder: Folder,
    port: u16,
}

impl Server {
    pub(crate) fn start(name: &str) -> Server {
        let folder = Folder::new(name);
        let port = free_udp_port();
        let config = format!(
            "{{ port: {port}, address: '127.0.0.1', mgmt_port: {}, mgmt_address: '127.0.0.1',\n\
             flushInterval: 300, backends: ['{}'] }}\n",
            free_port(),
            beside_install("statsd-json.js").display()
        );
        let config = folder.write("config.js", &config);
        let mut command = Command::new(program("node"));
        command
            .arg(installed("node_modules/statsd/stats.js"))
            .arg(config);
        let part = Part::start(command, &folder);
        until("statsd tells of itself", || {
            part.output()
                .contains("statsd.bad_lines_seen")
                .then_some(())
        });
        Server {
            part,
            _folder: folder,
            port,
        }
    }

    pub(crate) fn addr(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn flushes(&self) -> Vec<Value> {
        let output = self.part.output();
        // The last line may be half there.
        let lines = output.lines().filter(|line| line.starts_with('{'));
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Counters, added up over all flushes: the server begins anew at each.
    pub(crate) fn counters(&self) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        for flush in self.flushes() {
            for (name, count) in flush["counters"].as_object().into_iter().flatten() {
                *sums.entry(name.clone()).or_insert(0.0) += count.as_f64().unwrap();
            }
        }
        sums
    }

    /// What a number of a timer's adds up to over all flushes.
    pub(crate) fn timer(&self, name: &str, number: &str) -> f64 {
        let flushes = self.flushes();
        let of = |flush: &Value| flush["timers"][name][number].as_f64().unwrap_or(0.0);
        flushes.iter().map(of).sum()
    }

    pub(crate) fn gauge(&self, name: &str) -> Option<f64> {
        self.flushes().last()?["gauges"][name].as_f64()
    }

    pub(crate) fn until_counted(&self, name: &str, count: u64) {
        until(&format!("{name} is {count}"), || {
            (self.counters().get(name) == Some(&(count as f64))).then_some(())
        });
    }

    /// It understood everything.
    pub(crate) fn saw_no_bad_line(&self) {
        assert_eq!(self.counters()["statsd.bad_lines_seen"], 0.0);
        let output = self.part.output();
        assert!(!output.contains("Bad line"), "{output}");
    }
}
