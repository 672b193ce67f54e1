//! A headless Chromium, driven through its own chromedriver.
//!
//! The protocol (W3C WebDriver) is a handful of requests with JSON in them, so it is spoken here as it is; what only
//! Chromium has, its emulation of screens and colour schemes, goes over the same wire.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;

use calipers_tests::parts::{Folder, LONG, Part, free_port, program, until};
use serde_json::{Value as Json, json};

/// A browser with one tab; it ends with this.
#[derive(Debug)]
pub(crate) struct Browser {
    port: u16,
    session: String,
    _driver: Part,
}

impl Browser {
    /// Starts it, with a profile of its own in the folder.
    pub(crate) fn start(folder: &Folder) -> Browser {
        let port = free_port();
        let mut command = Command::new(program("chromedriver"));
        command.arg(format!("--port={port}"));
        let driver = Part::start(command, folder);
        until("chromedriver listens", || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        let profile = format!("--user-data-dir={}", folder.path("profile").display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            &profile,
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments, "binary": program("chromium")},
        }}});
        let session = command_to(port, "POST", "/session", &wanted);
        let session = session["sessionId"].as_str().expect("a session").to_owned();
        Browser {
            port,
            session,
            _driver: driver,
        }
    }

    /// Opens an address, and waits until it is there.
    pub(crate) fn open(&self, address: &str) {
        self.ask("url", &json!({"url": address}));
    }

    /// What a script returns; it is the body of a function.
    pub(crate) fn run(&self, script: &str) -> Json {
        self.ask("execute/sync", &json!({"script": script, "args": []}))
    }

    /// The text that a script returns.
    pub(crate) fn text(&self, script: &str) -> String {
        let found = self.run(script);
        let text = found.as_str();
        text.unwrap_or_else(|| panic!("{script}: {found}"))
            .to_owned()
    }

    /// Waits until a script returns true.
    pub(crate) fn until(&self, what: &str, script: &str) {
        until(what, || (self.run(script) == true).then_some(()));
    }

    /// Types into an element, as a person does.
    pub(crate) fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.ask(&format!("{element}/clear"), &json!({}));
        self.ask(&format!("{element}/value"), &json!({"text": text}));
    }

    /// Clicks an element.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.ask(&format!("{element}/click"), &json!({}));
    }

    fn element(&self, selector: &str) -> String {
        let asked = json!({"using": "css selector", "value": selector});
        let found = self.ask("element", &asked);
        let id = found.as_object().and_then(|found| found.values().next());
        format!("element/{}", id.and_then(Json::as_str).expect(selector))
    }

    /// Makes the screen one of so many pixels.
    pub(crate) fn screen(&self, width: u32, height: u32) {
        let mobile = width < 600;
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile});
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Has the system prefer `light` or `dark`.
    pub(crate) fn prefer(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.devtools("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// Has pages run no script of their own from now on; those of the test still run.
    pub(crate) fn forbid_scripts(&self) {
        self.devtools(
            "Emulation.setScriptExecutionDisabled",
            &json!({"value": true}),
        );
    }

    /// Minimises the window, so that the tab is hidden.
    pub(crate) fn hide(&self) {
        self.ask("window/minimize", &json!({}));
    }

    /// Shows the window again.
    pub(crate) fn show(&self) {
        self.ask("window/rect", &json!({"width": 1200, "height": 900}));
    }

    /// What the console was told since it was last asked, violations of the page's policy among it.
    pub(crate) fn console(&self) -> Vec<String> {
        let entries = self.ask("se/log", &json!({"type": "browser"}));
        let entries = entries.as_array().expect("entries").iter();
        entries
            .map(|entry| format!("{}: {}", entry["level"], entry["message"]))
            .collect()
    }

    fn devtools(&self, command: &str, parameters: &Json) {
        let asked = json!({"cmd": command, "params": parameters});
        self.ask("goog/cdp/execute", &asked);
    }

    fn ask(&self, command: &str, body: &Json) -> Json {
        let path = format!("/session/{}/{command}", self.session);
        command_to(self.port, "POST", &path, body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser; killed itself, it would leave it behind. Asked while a test fails, this must not
        // fail too.
        let path = format!("/session/{}", self.session);
        let _ = exchange(self.port, "DELETE", &path, "");
    }
}

/// What the driver answers to a command.
///
/// # Panics
/// When it refuses.
fn command_to(port: u16, method: &str, path: &str, body: &Json) -> Json {
    let answer = exchange(port, method, path, &body.to_string()).expect("chromedriver answers");
    let answer: Json = serde_json::from_str(&answer).expect("JSON");
    let value = &answer["value"];
    assert!(value["error"].is_null(), "{method} {path} {body}: {value}");
    value.clone()
}

/// One request over a connection of its own.
fn exchange(port: u16, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(LONG))?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes())?;
    let mut reader = BufReader::new(stream);
    let mut expected = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(length) = line.strip_prefix("content-length:") {
            expected = length.trim().parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
    }
    let mut answer = vec![0; expected];
    reader.read_exact(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
