//! Turning page files on, and what happens at the end of the process.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use super::arena::{self, Arena};
use super::error::EnableError;
use super::folder::Folder;
use super::journal::{Description, nanos_since_1970};
use super::layout::{MAGIC, ORDER, header, mark};
use super::pages::Pages;
use super::process::{self, Process};
use crate::cells::{fork, page};
use crate::log_line;
use crate::tree::declared::touch_declared;
use crate::tree::faults::{self, Fault};
use crate::tree::journal::{self, Journal, Started, Starter};

/// The folder, for programs that do not call [`enable`].
const FOLDER: &str = "CALIPERS_DIR";

/// Keeps the file of a process that ends, for programs that do not call [`keep`].
const KEEP: &str = "CALIPERS_KEEP";

/// What there is of it in this process.
struct On {
    arena: &'static Arena,
    folder: Folder,
    /// Until the file is removed.
    name: Mutex<Option<String>>,
    path: PathBuf,
}

static ON: OnceLock<On> = OnceLock::new();
static KEPT: AtomicBool = AtomicBool::new(false);

/// Puts all numbers into a file in this folder from here on.
///
/// It is called before the first stat is made, at the top of `main`; the folder is made (0700) if it is not there. Where
/// the environment has `CALIPERS_DIR` and this was not called, that folder is used, and what goes wrong is counted and
/// logged; not in a program that has more rights than whoever started it.
///
/// # Errors
/// See [`EnableError`]. Numbers then stay in memory, as if this had not been called, and `/calipers/faults/fileFull` counts
/// one if it was for lack of space.
pub fn enable(folder: impl AsRef<Path>) -> Result<(), EnableError> {
    let started = journal::start(|| start(folder.as_ref()));
    match started {
        Some(Err(error)) => {
            count(&error);
            Err(error)
        }
        Some(Ok(())) => {
            touch_declared(); // what is declared is there from the start, at zero
            Ok(())
        }
        None => Err(match ON.get() {
            Some(on) => EnableError::AlreadyOn(on.folder.path.clone()),
            None => EnableError::TooLate,
        }),
    }
}

/// Whether the file stays when the process ends as it wants to. It does not unless this is called, or the environment has
/// `CALIPERS_KEEP`; the file of a process that was killed always stays.
pub fn keep(on: bool) {
    KEPT.store(on, Relaxed);
}

/// Where this process's numbers are; nothing while they are in memory only.
pub fn path() -> Option<&'static Path> {
    let on = ON.get().filter(|on| !on.arena.is_severed());
    on.map(|on| &*on.path)
}

inventory::submit! { Starter(start_by_environment) }

fn start_by_environment() -> Started {
    let folder = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty())?;
    // SAFETY: asks for a number that the process was started with.
    if unsafe { libc::getauxval(libc::AT_SECURE) } != 0 {
        return None; // the environment is somebody's who may do less than this program
    }
    let error = journal::start_now(|| start(Path::new(&folder))).err()?;
    Some(Box::new(move || {
        count(&error);
        log_line::warn(
            log_line::TARGET,
            format_args!("numbers stay in memory: {error}"),
        );
    }))
}

fn count(error: &EnableError) {
    if matches!(error, EnableError::NoSpace { .. }) {
        faults::count(Fault::FileFull);
    }
}

/// Makes the file, and has cells and their descriptions in it from here on.
fn start(path: &Path) -> Result<&'static dyn Journal, EnableError> {
    let folder = Folder::open(path)?;
    let cannot = |source: io::Error| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            EnableError::NoSpace {
                folder: path.to_owned(),
                needed: arena::FIRST,
            }
        }
        _ => EnableError::File {
            folder: path.to_owned(),
            source,
        },
    };
    let (command, this) = (process::command(), Process::this());
    let unnamed = folder.make(&command, this.pid).map_err(cannot)?;
    let file = unnamed.another_handle().map_err(cannot)?;
    // Leaked, for ever: threads hold addresses in it.
    let arena: &'static Arena = Box::leak(Box::new(Arena::new(file).map_err(cannot)?));
    fill_header(arena, &command, &this);
    let full = || cannot(io::ErrorKind::StorageFull.into());
    let pages = Pages::new(arena).ok_or_else(full)?;
    let description = Description::new(arena).ok_or_else(full)?;
    let name = unnamed.publish().map_err(cannot)?;
    drop(unnamed);
    let path = folder.path.join(&name);
    if std::env::var_os(KEEP).is_some_and(|keep: OsString| !keep.is_empty()) {
        keep(true);
    }
    let _ = ON.set(On {
        arena,
        folder,
        name: Mutex::new(Some(name)),
        path,
    });
    fork::install();
    // SAFETY: the function lives for ever and does not unwind.
    unsafe { libc::atexit(end) };
    page::install(Box::leak(Box::new(pages)));
    Ok(Box::leak(Box::new(description)))
}

fn fill_header(arena: &Arena, command: &str, this: &Process) {
    let mut end = command.len().min(header::COMMAND_LENGTH);
    while !command.is_char_boundary(end) {
        end -= 1;
    }
    let boot = &this.boot.as_bytes()[..this.boot.len().min(36)];
    // SAFETY: nobody else knows of the file yet.
    unsafe {
        arena.write(header::BOOT, boot);
        arena.write(header::COMMAND, &[end as u8]);
        arena.write(header::COMMAND + 1, &command.as_bytes()[..end]);
    }
    arena.half(header::VERSION).store(super::VERSION, Relaxed);
    arena.half(header::ORDER).store(ORDER, Relaxed);
    arena.word(header::ADDRESS).store(arena.address(), Relaxed);
    arena.word(header::LENGTH).store(arena.length(), Relaxed);
    arena.half(header::PID).store(this.pid, Relaxed);
    arena.half(header::MARK).store(mark::RUNNING, Relaxed);
    arena.word(header::PROCESS_START).store(this.start, Relaxed);
    let now = nanos_since_1970(SystemTime::now());
    arena.word(header::CREATED).store(now, Relaxed);
    let magic = u64::from_ne_bytes(MAGIC);
    arena.word(header::MAGIC).store(magic, Release);
}

/// Called when the process ends as it wants to: by `exit`, or at the end of `main`.
extern "C" fn end() {
    let Some(on) = ON.get().filter(|on| !on.arena.is_severed()) else {
        return;
    };
    on.arena.half(header::MARK).store(mark::CLEAN, Release);
    if !KEPT.load(Relaxed) {
        let name = on
            .name
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(name) = name {
            let _ = on.folder.remove(&name);
        }
    }
}
