//! `calipers top`, in a terminal.

use std::time::Instant;

use calipers_tests::parts::{Folder, until};

use crate::command::{counting, flush, numbered, publish, run, text};
use crate::screen::Screen;
use crate::totals::Counting;

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
    let code = until("its end", || screen.ended());
    assert_eq!(code, Some(0));
    until("the terminal as it was", || {
        (!screen.is_taken()).then_some(())
    });
}

#[test]
fn a_signal_that_ends_it_leaves_the_terminal_as_it_was() {
    let folder = Folder::new("top-signals");
    let file = publish(&folder, "web", &counting(3));
    for signal in ["-TERM", "-INT", "-HUP"] {
        let mut screen = Screen::of(&["top", text(file.path())]);
        screen.shows("jobs/done");
        assert!(screen.is_taken());
        screen.signal(signal);
        let code = until("its end", || screen.ended());
        assert_eq!(code, None, "it ended by the signal");
        until("the terminal as it was", || {
            (!screen.is_taken()).then_some(())
        });
    }
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
    let file = publish(&folder, "many", &numbered(100_000));
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

#[test]
fn what_became_of_processes_stands_beside_their_names() {
    let folder = Folder::new("top-killed");
    let pages = folder.path("pages");
    let mut process = Counting::start(&pages);
    let screen = Screen::of(&["top", "-d", "0.1", text(&pages)]);
    screen.shows("calipers top  tools");
    process.kill();
    screen.shows(" (was killed)  ");
    let _second = Counting::start(&pages);
    screen.shows("all 2 processes (1 gone)");
    let third = Counting::start(&pages);
    screen.shows("all 3 processes (1 gone)");
    let files = calipers::mapped::files(&pages).unwrap();
    let damaged = files.iter().find(|file| file.pid == third.pid()).unwrap();
    let file = std::fs::File::options().write(true).open(&damaged.path);
    std::os::unix::fs::FileExt::write_all_at(&file.unwrap(), &[0xff; 8], 64).unwrap();
    screen.shows("all 3 processes (1 gone, 1 cannot be read)");
}
