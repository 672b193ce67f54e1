//! `calipers top`, in a terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use calipers::Registry;
use calipers_tests::parts::{Folder, LONG, until};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::command::{calipers, counting, flush, publish, run, text};

/// The command in a terminal of 80 by 24.
struct Screen {
    child: Child,
    keys: File,
    /// What is to be seen.
    seen: Arc<Mutex<vt100::Parser>>,
}

impl Screen {
    fn of(arguments: &[&str]) -> Screen {
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
        let mut command = calipers(arguments);
        command
            .env("TERM", "xterm")
            .stdin(open())
            .stdout(open())
            .stderr(open());
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
    fn shows(&self, part: &str) {
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

    fn text(&self) -> String {
        self.seen.lock().unwrap().screen().contents()
    }

    fn is_taken(&self) -> bool {
        self.seen.lock().unwrap().screen().alternate_screen()
    }

    fn press(&mut self, keys: &str) {
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

#[test]
fn real_keys_on_a_real_terminal_are_heeded_and_the_terminal_is_given_back() {
    let folder = Folder::new("top-keys");
    let registry = counting(3);
    let file = publish(&folder, "web", &registry);
    let mut screen = Screen::of(&["top", "-d", "0.1", text(file.path())]);
    screen.shows("calipers top  web");
    screen.shows("jobs/done");
    assert!(screen.is_taken());
    registry.counter("jobs.done").unwrap().add(1234);
    flush(&file);
    screen.shows("1,237");
    screen.press("/done");
    screen.shows("search: done_");
    screen.press("\r\r"); // the search, then the stat that is left
    screen.shows("the last");
    screen.press("\x1b[D"); // left, back to the list
    screen.shows("value");
    screen.press("q");
    let status = until("its end", || screen.child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
    until("the terminal as it was", || {
        (!screen.is_taken()).then_some(())
    });
}

#[test]
fn processes_that_come_and_go_are_noticed() {
    let folder = Folder::new("top-folder");
    let first = publish(&folder, "first", &counting(3));
    let screen = Screen::of(&["top", "-d", "0.1", text(&folder.path(""))]);
    screen.shows("calipers top  first");
    let _second = publish(&folder, "second", &counting(40));
    screen.shows("all 2 processes");
    screen.shows(" 43 ");
    drop(first);
    screen.shows("calipers top  second");
    screen.shows(" 40 ");
}

#[test]
fn a_process_with_100_000_stats_is_drawn_and_the_time_it_takes_is_said() {
    let folder = Folder::new("top-many");
    let registry = Registry::new();
    for number in 0..100_000 {
        registry
            .counter(&format!("n.{number}"))
            .unwrap()
            .add(number);
    }
    let file = publish(&folder, "many", &registry);
    let began = Instant::now();
    let screen = Screen::of(&["top", text(file.path())]);
    screen.shows("100,006 stats");
    // How fast depends on the machine and on what else it does; what is promised is measured in a release build.
    println!("100,000 stats in {:?}", began.elapsed());
}

#[test]
fn without_a_terminal_it_says_what_to_use_instead() {
    let folder = Folder::new("top-pipe");
    let file = publish(&folder, "web", &counting(3));
    let (code, shown, complaint) = run(&["top", text(file.path())]);
    assert_eq!((code, &*shown), (2, ""));
    assert!(complaint.contains("needs a terminal"), "{complaint}");
}
