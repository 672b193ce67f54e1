//! Publishing: a reader of snapshots that keeps a version-1 file up to date.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::entry::Put;
use super::file::{self, Owned};
use super::flat;
use super::label::make_legal;
use super::liveness::remove;
use super::template;
use crate::mapped::RemoveError;
use crate::report::{DeliveryError, Handle, PushError, Pushed, Reader, Schedule, StartError};
use crate::{Registry, Snapshot, registry};

/// Publishes all stats of the global registry once a second, in a file that mmstats' tools find by themselves: see
/// [`PublishBuilder`] for what else can be said.
///
/// ```
/// # let folder = std::env::temp_dir().join(format!("calipers-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let published = calipers::mapped::mmstats::Published::builder().folder(&folder).start()?;
/// # drop(published);
/// let published = calipers::mapped::mmstats::publish()?; // kept as long as the file is to be there
/// let fields = calipers::mapped::mmstats::read(published.path())?.fields;
/// assert!(fields.iter().any(|field| field.label == "sys.pid"));
/// # drop(published);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// See [`PublishError`].
pub fn publish() -> Result<Published, PublishError> {
    Published::builder().start()
}

/// Where a version-1 file is written, under which names, and how often.
#[derive(Debug)]
#[must_use = "nothing is published before `start`"]
pub struct PublishBuilder {
    folder: Option<PathBuf>,
    file: Option<String>,
    prefix: String,
    keep: bool,
    period: Duration,
    registry: Registry,
}

impl PublishBuilder {
    /// The folder; unless told otherwise `MMSTATS_PATH` of the environment, or else that of temporary files.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The name of the file, in which `{CMD}` is the name of the program, `{PID}` and `{TID}` the numbers of the process and
    /// of the thread that publishes. Unless told otherwise `MMSTATS_FILES` of the environment, or else
    /// `{CMD}-{PID}-{TID}.mmstats`.
    pub fn file(mut self, template: impl Into<String>) -> Self {
        self.file = Some(template.into());
        self
    }

    /// What every label begins with, `web.` for instance: mmstats' `label_prefix`.
    pub fn label_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Leaves the file where it is at the end, with the last numbers.
    pub fn keep(mut self) -> Self {
        self.keep = true;
        self
    }

    /// How long it is from one update to the next. A second unless told otherwise.
    pub fn every(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// Another registry than the global one.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = registry.clone();
        self
    }

    /// Writes the file, and keeps it up to date from a thread of its own. When this returns, it is there and complete.
    ///
    /// # Errors
    ///
    /// See [`PublishError`].
    pub fn start(self) -> Result<Published, PublishError> {
        let path = self.path()?;
        let snapshot = self.registry.snapshot();
        let make = || {
            file::Published::create(path.clone(), self.fixed(), &|each| {
                flat::fields(&snapshot, &self.prefix, each);
            })
        };
        let made = match make() {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                clear_away(&path)?;
                make()
            }
            made => made,
        };
        let file = made.map_err(|source| PublishError::Io {
            path: path.clone(),
            source,
        })?;
        let file = Arc::new(Mutex::new(file));
        let keeper = Keeper {
            file: Arc::clone(&file),
            prefix: self.prefix,
        };
        let handle = Schedule::new("mmstats")
            .every(self.period)
            .registry(&self.registry)
            .start(keeper)
            .inspect_err(|_| lock(&file).remove())?;
        Ok(Published {
            handle,
            file,
            path,
            keep: self.keep,
        })
    }

    fn path(&self) -> Result<PathBuf, PublishError> {
        let from_environment =
            |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let template = self
            .file
            .clone()
            .or_else(|| from_environment("MMSTATS_FILES"))
            .unwrap_or_else(|| template::FILE.to_owned());
        let name = template::expand(&template).map_err(|unknown| PublishError::Template {
            template: template.clone(),
            unknown,
        })?;
        if name.contains(['/', '\0']) || matches!(&*name, "" | "." | "..") {
            return Err(PublishError::Name { name });
        }
        let folder = match (&self.folder, from_environment("MMSTATS_PATH")) {
            (Some(folder), _) => folder.clone(),
            (None, Some(folder)) => {
                let expanded = template::expand(&folder);
                expanded
                    .map_err(|unknown| PublishError::Template {
                        template: folder,
                        unknown,
                    })?
                    .into()
            }
            (None, None) => std::env::temp_dir(),
        };
        Ok(folder.join(name))
    }

    /// What every file of mmstats begins with, and who wrote this one.
    fn fixed(&self) -> Vec<(String, Owned)> {
        let created = SystemTime::now().duration_since(UNIX_EPOCH);
        let created = created.map_or(0.0, |since| since.as_secs_f64());
        let fields = [
            ("sys.pid", Put::Pid(std::process::id())),
            ("sys.tid", Put::Signed(template::thread().into())),
            (
                "sys.uid",
                Put::Level(rustix::process::getuid().as_raw().into()),
            ),
            (
                "sys.gid",
                Put::Level(rustix::process::getgid().as_raw().into()),
            ),
            ("sys.created", Put::Float(created)),
            (super::WRITER, Put::Text(env!("CARGO_PKG_VERSION"))),
        ];
        fields
            .into_iter()
            .map(|(name, put)| {
                let mut label = format!("{}{name}", self.prefix);
                if name != "sys.pid" {
                    make_legal(&mut label);
                }
                (label, Owned::of(put))
            })
            .collect()
    }
}

/// Removes what a process that is gone has left under our name.
fn clear_away(path: &Path) -> Result<(), PublishError> {
    remove(path).map_err(|error| match error {
        RemoveError::Io { path, source } => PublishError::Io { path, source },
        RemoveError::Live(path) => PublishError::Taken {
            path,
            why: "its writer is there".to_owned(),
        },
        RemoveError::Unknown { path, why } => PublishError::Taken { path, why },
        other => PublishError::Taken {
            path: path.to_owned(),
            why: other.to_string(),
        },
    })
}

/// A version-1 file that is kept up to date. Dropping it ends that and removes the file, unless it is [kept](PublishBuilder::keep).
#[must_use = "the file is removed when this is dropped; keep it, or call `detach`"]
pub struct Published {
    handle: Handle,
    file: Arc<Mutex<file::Published>>,
    path: PathBuf,
    keep: bool,
}

impl Published {
    /// What is published, where, and how often.
    pub fn builder() -> PublishBuilder {
        PublishBuilder {
            folder: None,
            file: None,
            prefix: String::new(),
            keep: false,
            period: Duration::from_secs(1),
            registry: registry().clone(),
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Brings the file up to date, and waits until it is on the disk.
    ///
    /// Other processes on this machine see every update without it.
    ///
    /// # Errors
    ///
    /// That was not possible, or not within this time.
    pub fn flush(&self, within: Duration) -> Result<(), DeliveryError> {
        self.handle.flush(within)?;
        lock(&self.file)
            .sync()
            .map_err(|error| DeliveryError::Failed {
                reason: error.to_string(),
            })
    }

    /// Removes the file, and ends.
    pub fn remove(mut self) {
        self.keep = false;
    }

    /// Lets it go on until the program ends, and leaves the file to mmstats' `cleanstats`, or `calipers clean`.
    pub fn detach(self) {
        std::mem::forget(self);
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        // What could not be stored a last time is of no use to anybody, unless the file is kept.
        let _ = self.handle.stop(Duration::from_secs(1));
        if !self.keep {
            lock(&self.file).remove();
        }
    }
}

impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Published")
            .field("path", &self.path)
            .finish()
    }
}

/// The reader that stores each snapshot.
struct Keeper {
    file: Arc<Mutex<file::Published>>,
    prefix: String,
}

impl Reader for Keeper {
    fn push(&mut self, snapshot: &Snapshot) -> Result<Pushed, PushError> {
        let mut file = lock(&self.file);
        let updated = file
            .update(&|each| flat::fields(snapshot, &self.prefix, each))
            .map_err(|error| {
                let tried = format!("could not make room in `{}`", file.path().display());
                PushError::io(tried, error)
            })?;
        Ok(Pushed {
            offered: updated.fields,
            sent: updated.fields - updated.dropped,
            dropped: updated.dropped,
            ..Pushed::default()
        })
    }
}

/// Nothing is left half done where a panic could have come from.
fn lock(file: &Mutex<file::Published>) -> MutexGuard<'_, file::Published> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why nothing is published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// A name with something in braces that is unknown.
    #[error(
        "`{unknown}` in `{template}` stands for nothing; write `{{CMD}}`, `{{PID}}` or `{{TID}}`"
    )]
    Template {
        /// The whole name.
        template: String,
        /// What is unknown.
        unknown: String,
    },
    /// A name that no file can have.
    #[error("`{name}` is no name of a file; give the folder apart from it")]
    Name {
        /// What was given, with everything put in.
        name: String,
    },
    /// A file of that name belongs to a process that runs, or may.
    #[error("`{path}` is there already, and {why}; put `{{PID}}` and `{{TID}}` in the name")]
    Taken {
        /// The file.
        path: PathBuf,
        /// What is known of its writer.
        why: String,
    },
    /// The system gives no file there.
    #[error("cannot publish stats in `{path}`: {source}; name a folder that can be written to")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The thread that keeps it up to date was not started.
    #[error(transparent)]
    Start(#[from] StartError),
}
