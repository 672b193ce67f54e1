//! A snapshot as lines: `web1.handler.requests 17 1700000000`.

use std::fmt::Write;
use std::time::UNIX_EPOCH;

use crate::Snapshot;
use crate::report::names::{Seen, push_component, push_number};
use crate::report::rules::Rules;
use crate::snapshot::{Number, escape};

/// Servers refuse longer lines, and none of them could be a file's name.
const LONGEST_NAME: usize = 4000;

/// With a value and a time, whose digits are limited, it is this long at most.
pub(super) const LONGEST_LINE: usize = 4096;

/// Writes lines; the strings are kept from one push to the next.
#[derive(Debug)]
pub(super) struct Lines {
    prefix: String,
    rules: Rules,
    seen: Seen,
    path: String,
    line: String,
}

impl Lines {
    /// A prefix that is sanitised, and rules that are compiled.
    pub(super) fn new(prefix: String, rules: Rules) -> Lines {
        Lines {
            prefix,
            rules,
            seen: Seen::default(),
            path: String::new(),
            line: String::new(),
        }
    }

    /// Calls `each` with every line, newline included. Gives what was left out, by cause.
    pub(super) fn each(
        &mut self,
        snapshot: &Snapshot,
        mut each: impl FnMut(&[u8]),
    ) -> Vec<(&'static str, u64)> {
        let Lines {
            prefix,
            rules,
            seen,
            path,
            line,
        } = self;
        seen.clear();
        let taken = snapshot.taken().duration_since(UNIX_EPOCH);
        let end = format!(" {}\n", taken.map_or(0, |since| since.as_secs()));
        let (mut too_long, mut name_taken) = (0, 0);
        // Whether the place is pruned, for all its stats.
        let mut place = ("\n", false);
        for entry in snapshot.stats() {
            if place.0 != entry.place() {
                place = (entry.place(), rules.prunes(entry.place(), 0));
            }
            if place.1 {
                continue;
            }
            path.clear();
            path.push_str(entry.place());
            path.push('/');
            path.push_str(entry.name());
            line.clear();
            line.push_str(prefix);
            for segment in path.split('/').skip(1) {
                push_component(line, segment);
            }
            // A name belongs to one stat with all its numbers, also those that it does not have at the moment.
            let is_free = seen.is_new(line);
            let (path_length, name_length) = (path.len(), line.len());
            entry.value().numbers(&mut |parts, number, _| {
                if !number.as_f64().is_finite() {
                    return;
                }
                path.truncate(path_length);
                for part in parts {
                    path.push('/');
                    path.push_str(&escape(part));
                }
                if !rules.allows(path) || rules.prunes(path, entry.place().len()) {
                    return;
                }
                line.truncate(name_length);
                for part in parts {
                    push_component(line, part);
                }
                if line.len() > LONGEST_NAME {
                    too_long += 1;
                } else if !is_free || !(parts.is_empty() || seen.is_new(line)) {
                    name_taken += 1;
                } else {
                    push_value(line, number);
                    line.push_str(&end);
                    each(line.as_bytes());
                }
            });
        }
        [("tooLong", too_long), ("nameTaken", name_taken)]
            .into_iter()
            .filter(|(_, times)| *times > 0)
            .collect()
    }
}

fn push_value(line: &mut String, number: Number) {
    line.push(' ');
    // Into a string, writing cannot fail.
    let _ = match number {
        Number::F64(x) => {
            push_number(line, x);
            Ok(())
        }
        Number::I64(x) => write!(line, "{x}"),
        Number::U64(x) => write!(line, "{x}"),
        Number::Bool(x) => write!(line, "{}", u8::from(x)),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Registry;

    fn lines(registry: &Registry, build: impl FnOnce(&mut Rules)) -> Vec<String> {
        let mut rules = Rules::default();
        build(&mut rules);
        let mut lines = Lines::new("host".to_owned(), rules.compiled().unwrap());
        let mut out = Vec::new();
        let _ = lines.each(&registry.snapshot(), |line| {
            let line = std::str::from_utf8(line).unwrap();
            assert_eq!(line.matches('\n').count(), 1);
            out.push(line.rsplit_once(' ').unwrap().0.to_owned());
        });
        out
    }

    #[test]
    fn each_number_is_a_line_and_texts_are_none() {
        let registry = Registry::new();
        registry.counter("web.requests").unwrap().add(3);
        registry.gauge("web.load").unwrap().set(0.25);
        registry.text("web.version").unwrap().set("7");
        registry.gauge("web.broken").unwrap().set(f64::NAN);
        registry.gauge("web.hot").unwrap().set(f64::INFINITY);
        assert_eq!(
            lines(&registry, |rules| rules.allow("**")),
            ["host.web.load 0.25", "host.web.requests 3"]
        );
    }

    #[test]
    fn all_lines_of_a_push_have_the_time_at_which_the_snapshot_was_taken() {
        let registry = Registry::new();
        for name in ["a", "b", "c"] {
            registry
                .timer(name)
                .unwrap()
                .record(std::time::Duration::from_secs(1));
        }
        let mut rules = Rules::default();
        rules.allow("**");
        let mut lines = Lines::new("host".to_owned(), rules.compiled().unwrap());
        let snapshot = registry.snapshot();
        let taken = snapshot
            .taken()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let mut sent = 0;
        let left_out = lines.each(&snapshot, |line| {
            sent += 1;
            let line = std::str::from_utf8(line).unwrap();
            assert!(line.ends_with(&format!(" {taken}\n")), "{line}");
        });
        assert!(sent > 3 && left_out.is_empty(), "{sent} {left_out:?}");
    }

    #[test]
    fn rules_see_single_numbers() {
        let registry = Registry::new();
        let timer = registry.timer("web.latency").unwrap();
        timer.record(std::time::Duration::from_secs(2));
        registry.counter("db.queries").unwrap().inc();
        let sent = lines(&registry, |rules| {
            rules.allow("**/{p99,queries}");
            rules.prune("/db");
            rules.prune("**/recent");
        });
        assert_eq!(sent, ["host.web.latency.p99 2"]);
    }

    #[test]
    fn a_series_is_never_made_of_two_stats() {
        let registry = Registry::new();
        registry.timer("a b").unwrap();
        registry
            .timer("a;b")
            .unwrap()
            .record(std::time::Duration::from_secs(2));
        let sent = lines(&registry, |rules| rules.allow("**"));
        assert!(sent.contains(&"host.a_b.count 0".to_owned()), "{sent:?}");
        assert!(!sent.iter().any(|line| line.contains("p99")), "{sent:?}");
    }

    #[test]
    fn a_key_is_one_component_and_a_name_that_two_share_is_sent_once() {
        let registry = Registry::new();
        let family = registry
            .get::<crate::Family<String, crate::Counter>>("hits")
            .unwrap();
        for key in ["/a/../b", "a b\nc", "a_b_c", ""] {
            family.get(key).inc();
        }
        assert_eq!(
            lines(&registry, |rules| rules.allow("**")),
            ["host.hits._ 1", "host.hits._a____b 1", "host.hits.a_b_c 1"]
        );
    }
}
