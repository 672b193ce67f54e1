//! The real program.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use calipers_tests::parts::{self, Folder, Part, free_port, program, until};

/// A carbon with its store.
pub(crate) struct Carbon {
    running: Option<Part>, // ends before its folder does
    folder: Folder,
    port: u16,
}

impl Carbon {
    /// Ready to be started.
    pub(crate) fn new(name: &str) -> Carbon {
        let folder = Folder::new(name);
        let port = free_port();
        folder.write(
            "storage-schemas.conf",
            "[all]\npattern = .*\nretentions = 1s:10m\n",
        );
        folder.write(
            "storage-aggregation.conf",
            "[all]\npattern = .*\nxFilesFactor = 0\naggregationMethod = last\n",
        );
        Carbon {
            running: None,
            folder,
            port,
        }
    }

    pub(crate) fn start(&mut self) {
        let home = self.folder.path("");
        let home = home.display();
        let conf = format!(
            "[cache]\nSTORAGE_DIR = {home}\nLOCAL_DATA_DIR = {home}/whisper\nCONF_DIR = {home}\n\
             LOG_DIR = {home}/log\nPID_DIR = {home}\nUSER =\n\
             LINE_RECEIVER_INTERFACE = 127.0.0.1\nLINE_RECEIVER_PORT = {}\n\
             PICKLE_RECEIVER_INTERFACE = 127.0.0.1\nPICKLE_RECEIVER_PORT = 0\n\
             CACHE_QUERY_INTERFACE = 127.0.0.1\nCACHE_QUERY_PORT = {}\n\
             MAX_CACHE_SIZE = inf\nMAX_UPDATES_PER_SECOND = inf\nMAX_CREATES_PER_MINUTE = inf\n\
             CARBON_METRIC_INTERVAL = 0\nWHISPER_AUTOFLUSH = True\nENABLE_LOGROTATION = False\n\
             LOG_UPDATES = False\nLOG_CREATES = True\nLOG_LISTENER_CONN_SUCCESS = True\n",
            self.port,
            free_port()
        );
        let conf = self.folder.write("carbon.conf", &conf);
        let mut command = Command::new(program("carbon-cache"));
        command
            .arg(format!("--config={}", conf.display()))
            .args(["--nodaemon", "start"]);
        self.running = Some(Part::start(command, &self.folder));
        let port = self.port;
        until("carbon listens", || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
    }

    pub(crate) fn stop(&mut self) {
        self.running = None;
        // carbon refuses to start while another's is there.
        for file in parts::files_below(&self.folder.path("")) {
            if file.extension().is_some_and(|extension| extension == "pid") {
                fs::remove_file(file).unwrap();
            }
        }
    }

    pub(crate) fn part(&self) -> &Part {
        self.running.as_ref().expect("it runs")
    }

    pub(crate) fn addr(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path("whisper")
    }

    /// The names that it stores, with slashes.
    pub(crate) fn names(&self) -> Vec<String> {
        let store = self.store();
        let files = parts::files_below(&store);
        let names = files.iter().map(|file| file.strip_prefix(&store).unwrap());
        names
            .map(|name| name.display().to_string())
            .filter(|name| name.ends_with(".wsp"))
            .collect()
    }

    /// The latest value of a name, as `whisper-fetch` reads it.
    pub(crate) fn latest(&self, name: &str) -> Option<String> {
        let file = self.store().join(name.replace('.', "/") + ".wsp");
        fetch(&file)
    }

    /// Waits until the latest value of a name is this one.
    pub(crate) fn until_stored(&self, name: &str, value: f64) {
        let expected = format!("{value:.6}");
        until(&format!("{name} is {expected}"), || {
            (self.latest(name)? == expected).then_some(())
        });
    }
}

pub(crate) fn fetch(file: &Path) -> Option<String> {
    if !file.exists() {
        return None;
    }
    let out = Command::new(program("whisper-fetch"))
        .arg(file)
        .output()
        .expect("whisper-fetch");
    let text = String::from_utf8(out.stdout).expect("text");
    let values = text.lines().filter_map(|line| line.split_once('\t'));
    let mut values = values.map(|(_, value)| value.to_owned());
    values.rfind(|value| value != "None")
}
