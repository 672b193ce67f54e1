//! Where the JSON of many servers comes from: a folder of files, or their stats pages.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, SystemTime};

use super::order::human;
use super::place::Place;
use super::room::Shared;
use super::{Combined, Rules};
use crate::client;

/// Servers to be read, by name.
///
/// ```no_run
/// use std::time::Duration;
/// use calipers::combine::{Rules, Servers};
///
/// let rules = Rules::from_toml(&std::fs::read_to_string("rules.toml")?)?;
/// let combined = Servers::pages(["web1:9000", "web2:9000"])
///     .patience(Duration::from_secs(2))
///     .combine(&rules);
/// println!("{combined}"); // a table; serde gives JSON
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `combine`"]
pub struct Servers {
    servers: Vec<(String, Place)>,
    /// Given more than once.
    repeated: Vec<String>,
    patience: Duration,
}

/// At once; a page mostly makes one wait.
const PAGES_TOGETHER: usize = 64;

impl Servers {
    fn new(mut servers: Vec<(String, Place)>) -> Servers {
        let mut seen = HashSet::new();
        let mut repeated = Vec::new();
        servers.retain(|(name, place)| {
            let is_new = seen.insert(place.clone());
            if !is_new {
                repeated.push(name.clone());
            }
            is_new
        });
        servers.sort_by(|(a, _), (b, _)| human(a, b));
        Servers {
            servers,
            repeated,
            patience: Duration::from_secs(5),
        }
    }

    /// A folder of files `<server>.json`.
    ///
    /// # Errors
    ///
    /// The folder cannot be listed. A file that cannot be read is told in the result.
    pub fn folder(folder: impl AsRef<Path>) -> io::Result<Servers> {
        let mut servers = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let is_json = path
                .extension()
                .is_some_and(|extension| extension == "json");
            if let Some(name) = path.file_stem().filter(|_| is_json) {
                servers.push((name.to_string_lossy().into_owned(), Place::File(path)));
            }
        }
        Ok(Servers::new(servers))
    }

    /// Addresses of stats pages, `web1:9000` or `http://web1:9000/stats/`, which are also the servers' names. One that is
    /// given twice counts once, and is told in the result.
    pub fn pages<S: Into<String>>(addresses: impl IntoIterator<Item = S>) -> Servers {
        let named = addresses.into_iter().map(|address| {
            let address = address.into();
            let place = Place::page(&address);
            (address, place)
        });
        Servers::new(named.collect())
    }

    /// Without the files that are older than this, which servers left behind that are gone.
    pub fn younger_than(mut self, age: Duration) -> Servers {
        let oldest = SystemTime::now().checked_sub(age);
        let is_young = |path: &Path| {
            let written = fs::metadata(path).and_then(|about| about.modified());
            // Whoever cannot be looked at is told of when he is read.
            written.map_or(true, |written| {
                oldest.is_none_or(|oldest| written >= oldest)
            })
        };
        self.servers.retain(|(_, place)| match place {
            Place::File(path) => is_young(path),
            Place::Page(_) => true,
        });
        self
    }

    /// How long each page may take, from the connection to the answer's end; five seconds unless told otherwise.
    pub fn patience(mut self, limit: Duration) -> Servers {
        self.patience = limit;
        self
    }

    /// Reads all servers side by side, and combines what they have.
    ///
    /// Whatever is wrong with one of them is told in the result. One may say 64 MiB, and all that are being read together
    /// 128 MiB more than 2 MiB each: what does not fit is told as failed.
    pub fn combine(&self, rules: &Rules) -> Combined {
        let mut combining = rules.combining();
        let (agent, room) = (client::agent(self.patience), Shared::new());
        let next = AtomicUsize::new(0);
        let workers = self.workers();
        // As many as are being read may wait to be combined, and no more: one may have megabytes.
        let (sender, receiver) = sync_channel(workers);
        thread::scope(|scope| {
            for _ in 0..workers {
                let (sender, next, agent) = (sender.clone(), &next, &agent);
                let room = &room;
                let work = move || {
                    while let Some((name, place)) = self.servers.get(next.fetch_add(1, Relaxed)) {
                        if sender
                            .send((name, place.read(agent, room.guest())))
                            .is_err()
                        {
                            return;
                        }
                    }
                };
                let begun = thread::Builder::new()
                    .name("calipers-combine".to_owned())
                    .spawn_scoped(scope, work);
                // One is enough, and without any, all servers are told as failed below.
                if begun.is_err() {
                    break;
                }
            }
            drop(sender);
            for (name, stats) in receiver {
                match stats {
                    Ok((stats, _room)) => combining.add(name, &stats),
                    Err(error) => combining.fail(name, error),
                }
            }
        });
        let begun = next.load(Relaxed).min(self.servers.len());
        for name in &self.repeated {
            combining.repeat(name);
        }
        for (name, _) in self.servers.get(begun..).unwrap_or_default() {
            combining.fail(name, "there is no thread to read it");
        }
        combining.finish()
    }

    fn workers(&self) -> usize {
        let is_page = |(_, place): &(String, Place)| matches!(place, Place::Page(_));
        let most = match self.servers.iter().any(is_page) {
            true => PAGES_TOGETHER,
            false => thread::available_parallelism().map_or(1, NonZero::get),
        };
        most.min(self.servers.len()).max(1)
    }
}
