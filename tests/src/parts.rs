//! Real programs for tests to talk to: started on free ports of 127.0.0.1, with folders of their own, and ended by number.
//!
//! A program that is not there fails the test, and the message says how to get it: a reader that was never seen working
//! against what it is made for is not known to work.

use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// More than anything here takes, on a machine that is busy with something else.
pub const LONG: Duration = Duration::from_secs(60);

/// A program that runs, and is ended when this is dropped.
#[derive(Debug)]
pub struct Part {
    child: Child,
    output: PathBuf,
}

impl Part {
    /// Starts it, with its output in a file of this folder.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(mut command: Command, folder: &Folder) -> Part {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let output = folder.path(&format!("output-{}", NUMBER.fetch_add(1, Relaxed)));
        let file = File::create(&output).expect("a file for its output");
        command
            .stdin(Stdio::null())
            .stderr(file.try_clone().expect("the same file twice"))
            .stdout(file);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        Part { child, output }
    }

    /// What it has printed so far.
    pub fn output(&self) -> String {
        // Asked while a test fails, this must not fail too.
        String::from_utf8_lossy(&fs::read(&self.output).unwrap_or_default()).into_owned()
    }

    /// Sends it a signal, `-STOP` or `-CONT`.
    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.expect("kill").success(), "kill {signal} {pid}");
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- what {} said ---\n{}", self.child.id(), self.output());
        }
    }
}

/// A folder that is removed at the end.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A new one, empty, of the test's name.
    pub fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("calipers-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a temporary folder");
        Folder(folder)
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file in it.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("a file in the temporary folder");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// All files below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The program of this name.
///
/// # Panics
/// When it is not installed.
pub fn program(name: &str) -> PathBuf {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&on_path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/bin")])
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("`{name}` IS NOT INSTALLED: run tests/real-parts/install.sh"))
}

/// Where install.sh puts what does not come as a Debian package.
fn real_parts() -> PathBuf {
    std::env::var_os("CALIPERS_REAL_PARTS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/real-parts"),
        PathBuf::from,
    )
}

/// Something that install.sh puts into a folder of its own.
///
/// # Panics
/// When it is not there.
pub fn installed(path: &str) -> PathBuf {
    let path = real_parts().join(path);
    assert!(
        path.exists(),
        "`{}` IS NOT THERE: run tests/real-parts/install.sh",
        path.display()
    );
    path
}

/// The folder of an original tool's programs, in Python 2.7; nothing, and said so, where install.sh found none.
pub fn original(name: &str, test: &str) -> Option<PathBuf> {
    if real_parts().join(format!("{name}.missing")).exists() {
        // Past the harness, which keeps what a passing test prints.
        let _ = writeln!(
            std::io::stderr(),
            "!! SKIPPED: `{test}` NEEDS PYTHON 2.7, WHICH install.sh DID NOT FIND"
        );
        return None;
    }
    Some(installed(&format!("{name}/bin")))
}

/// A file beside install.sh.
pub fn beside_install(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("real-parts")
        .join(name)
}

/// A TCP port that nobody uses now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// A UDP port that nobody uses now.
pub fn free_udp_port() -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.local_addr().expect("its address").port()
}

/// Asks again and again until there is an answer.
///
/// # Panics
/// When there is none within a minute.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < LONG, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
