//! The command in a terminal, and what is to be seen there.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use calipers_tests::parts::LONG;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::command::calipers;

/// The command in a terminal of 80 by 24.
pub(crate) struct Screen {
    child: Child,
    keys: File,
    /// What is to be seen.
    seen: Arc<Mutex<vt100::Parser>>,
}

impl Screen {
    pub(crate) fn of(arguments: &[&str]) -> Screen {
        Screen::running(calipers(arguments))
    }

    /// The command as it was prepared.
    pub(crate) fn running(mut command: Command) -> Screen {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("it is ours");
        unlockpt(&master).expect("it can be opened");
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size).expect("80 by 24");
        let name = ptsname(&master, Vec::new())
            .expect("its name")
            .into_string()
            .expect("UTF-8");
        let open = || {
            Stdio::from(
                File::options()
                    .read(true)
                    .write(true)
                    .open(&name)
                    .expect("its other side"),
            )
        };
        if command.get_envs().all(|(name, _)| name != "TERM") {
            command.env("TERM", "xterm");
        }
        command.stdin(open()).stdout(open()).stderr(open());
        let child = command.spawn().expect("it starts");
        drop(command); // its ends of the terminal, which would keep it open
        let keys = File::from(master);
        let mut output = keys.try_clone().expect("the same terminal");
        let seen = Arc::new(Mutex::new(vt100::Parser::new(24, 80, 0)));
        let drawn = Arc::clone(&seen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // It ends with an error when the command has.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                drawn.lock().unwrap().process(&bytes[..count]);
            }
        });
        Screen { child, keys, seen }
    }

    /// Waits until this is to be seen.
    pub(crate) fn shows(&self, part: &str) {
        let began = Instant::now();
        while !self.text().contains(part) {
            assert!(
                began.elapsed() < LONG,
                "`{part}` is not on the screen:\n{}",
                self.text()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether this is to be seen in bold.
    pub(crate) fn is_bold(&self, part: &str) -> bool {
        let seen = self.seen.lock().unwrap();
        let lines = seen.screen().rows(0, 80);
        let places = lines
            .zip(0..)
            .filter_map(|(line, row)| Some((row, line.find(part)? as u16)));
        let mut cells = places.filter_map(|(row, column)| seen.screen().cell(row, column));
        cells.any(|cell| cell.bold())
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.expect("kill").success(), "kill {signal} {pid}");
    }

    /// Its exit code, once it has ended; nothing within where a signal ended it.
    pub(crate) fn ended(&mut self) -> Option<Option<i32>> {
        let status = self.child.try_wait().expect("a child")?;
        Some(status.code())
    }

    fn text(&self) -> String {
        self.seen.lock().unwrap().screen().contents()
    }

    pub(crate) fn is_taken(&self) -> bool {
        self.seen.lock().unwrap().screen().alternate_screen()
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys
            .write_all(keys.as_bytes())
            .expect("keys are taken");
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
