//! Processes with a file: this program again, running one test and in it the part that it is given.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use calipers::mapped;

const FOLDER: &str = "CALIPERS_TEST_PAGES";

/// The folder to work in, if this process is to play the part of a test.
pub(crate) fn given() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// As [`given`], with page files on.
pub(crate) fn enabled() -> Option<PathBuf> {
    let folder = given()?;
    mapped::enable(folder.join("pages")).expect("a page file");
    Some(folder)
}

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Folder {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let next = NEXT.fetch_add(1, Relaxed);
        let name = format!("calipers-pages-{test}-{}-{next}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Where page files are.
    pub(crate) fn pages(&self) -> PathBuf {
        self.0.join("pages")
    }

    /// The one page file there is.
    pub(crate) fn file(&self) -> PathBuf {
        let files = mapped::files(self.pages()).expect("a folder of page files");
        let [file] = &files[..] else {
            panic!("one file, not {files:?}");
        };
        file.path.clone()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// This program again, playing the part of the test.
pub(crate) fn command(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(arguments(test)).env(FOLDER, folder);
    command
}

pub(crate) fn arguments(test: &str) -> [&str; 4] {
    [test, "--exact", "--nocapture", "--test-threads=1"]
}

/// The variable that names the folder, for programs that start this one.
pub(crate) fn variable() -> &'static OsStr {
    OsStr::new(FOLDER)
}

/// A process that plays a part, and is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    told: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Running {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program");
        let told = BufReader::new(child.stdout.take().expect("a pipe"));
        Running { child, told }
    }

    /// Waits until it has told this.
    pub(crate) fn wait_for(&mut self, what: &str) {
        let mut line = String::new();
        while self.told.read_line(&mut line).expect("text") > 0 {
            if line.contains(what) {
                return;
            }
            line.clear();
        }
        panic!("it ended without telling `{what}`");
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets it go on from [`pause`].
    pub(crate) fn go_on(&mut self) {
        let into = self.child.stdin.as_mut().expect("a pipe");
        into.write_all(b"\n").expect("it listens");
    }

    /// Kills it, without warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Waits until it has ended, well.
    pub(crate) fn end(mut self) {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                assert!(status.success(), "{status}");
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "it hangs");
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tells whoever started this process.
pub(crate) fn tell(what: &str) {
    println!("{what}");
    std::io::stdout().flush().expect("somebody listens");
}

/// Waits to be let go on; ends the process if nobody will.
pub(crate) fn pause() {
    let mut line = String::new();
    if std::io::stdin().read_line(&mut line).unwrap_or(0) == 0 {
        std::process::exit(0);
    }
}
