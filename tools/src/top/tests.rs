//! The view, drawn into memory, and driven with keys.

use std::time::{Duration, Instant};

use calipers::{Registry, Snapshot};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::sampler::Sample;
use super::state::State;
use super::view;

/// A screen of 80 by 24 with keys, and a program to look at.
struct Top {
    registry: Registry,
    processes: Vec<String>,
    state: State,
    terminal: Terminal<TestBackend>,
    now: Instant,
}

impl Top {
    fn of(processes: &[&str]) -> Top {
        let registry = Registry::new();
        registry.counter("web.requests").unwrap().add(10);
        registry.counter("web.errors").unwrap().add(1);
        registry.gauge("db.pool.size").unwrap().set(8.0);
        registry
            .text("mode")
            .unwrap()
            .set("a mode with a name that is long");
        for millis in 1..=100 {
            registry
                .timer("db.query")
                .unwrap()
                .record(Duration::from_millis(millis));
        }
        let processes: Vec<String> = processes.iter().map(|&name| name.to_owned()).collect();
        let mut top = Top {
            registry,
            state: State::new(processes.clone()),
            processes,
            terminal: Terminal::new(TestBackend::new(80, 24)).unwrap(),
            now: Instant::now(),
        };
        top.look();
        top
    }

    /// A second later.
    fn look(&mut self) {
        self.now += Duration::from_secs(1);
        let snapshot = self
            .registry
            .snapshot()
            .filter("/{web,db,mode}{,/**}")
            .unwrap();
        self.take(Ok(snapshot));
    }

    fn take(&mut self, snapshot: Result<Snapshot, String>) {
        self.state.take(Sample {
            processes: self.processes.clone(),
            process: self.state.process().map(str::to_owned),
            taken: self.now,
            remark: None,
            snapshot,
        });
    }

    fn press(&mut self, keys: &[KeyCode]) {
        for &key in keys {
            self.state.press(KeyEvent::new(key, KeyModifiers::NONE));
        }
    }

    fn type_in(&mut self, text: &str) {
        let keys: Vec<KeyCode> = text.chars().map(KeyCode::Char).collect();
        self.press(&keys);
    }

    fn screen(&mut self) -> String {
        self.terminal
            .draw(|frame| view::draw(frame, &mut self.state))
            .unwrap();
        self.terminal.backend().to_string()
    }

    /// The names in the list of stats, from above.
    fn names(&mut self) -> Vec<String> {
        self.state.rows().map(|row| row.path.clone()).collect()
    }
}

#[test]
fn everything_has_room_on_80_by_24() {
    let mut top = Top::of(&["web-17"]);
    let screen = top.screen();
    let lines: Vec<&str> = screen.lines().collect();
    assert_eq!(lines.len(), 24);
    assert!(
        lines[0].contains("calipers top  web-17  5 stats"),
        "{screen}"
    );
    for part in [
        "+ db",
        "  web",
        "web/requests",
        "db/query",
        "value",
        "p99",
        "98 ms",
        "q",
    ] {
        assert!(screen.contains(part), "{part} is missing:\n{screen}");
    }
    assert!(
        screen.contains("a mode with a name that is long"),
        "{screen}"
    );
}

#[test]
fn rates_are_of_the_time_between_two_looks() {
    let mut top = Top::of(&["web-17"]);
    assert!(
        !top.screen().contains("0/s"),
        "there is nothing to compare with yet"
    );
    top.registry.counter("web.requests").unwrap().add(42);
    top.registry
        .timer("db.query")
        .unwrap()
        .record(Duration::from_secs(2));
    top.look();
    let screen = top.screen();
    let line = |name: &str| {
        screen
            .lines()
            .find(|line| line.contains(name))
            .unwrap()
            .to_owned()
    };
    assert!(line("web/requests").contains("42/s"), "{screen}");
    assert!(line("web/errors").contains("0/s"), "{screen}");
    // The percentiles are those of the last minute, which the program knows.
    assert!(line("db/query").contains("100 ms"), "{screen}");
}

#[test]
fn keys_sort_by_rate_and_by_percentile() {
    let mut top = Top::of(&["web-17"]);
    assert_eq!(top.names()[0], "/mode");
    top.registry.counter("web.errors").unwrap().add(7);
    top.look();
    top.type_in("r");
    assert_eq!(top.names()[0], "/web/errors");
    assert!(top.screen().contains("by rate"));
    top.type_in("p");
    assert_eq!(top.names()[0], "/db/query");
    top.type_in("n");
    assert_eq!(top.names()[0], "/mode");
}

#[test]
fn a_search_narrows_while_it_is_typed() {
    let mut top = Top::of(&["web-17"]);
    top.type_in("/web err");
    assert!(top.screen().contains("search: web err_"));
    assert_eq!(top.names(), ["/web/errors"]);
    top.press(&[KeyCode::Backspace, KeyCode::Backspace, KeyCode::Backspace]);
    assert_eq!(top.names().len(), 2);
    top.type_in("nothing has this q"); // and no letter of it is a command
    assert!(top.screen().contains("nothing here fits"));
    assert!(!top.state.is_over());
    top.press(&[KeyCode::Esc]);
    assert_eq!(top.names().len(), 5);
}

#[test]
fn the_tree_chooses_whose_stats_are_shown() {
    let mut top = Top::of(&["web-17"]);
    top.press(&[KeyCode::Tab, KeyCode::Down]);
    assert_eq!(top.names(), ["/db/query", "/db/pool/size"]);
    assert!(!top.screen().contains("  pool"));
    top.press(&[KeyCode::Right, KeyCode::Down]);
    assert!(top.screen().contains("  pool"));
    assert_eq!(top.names(), ["/db/pool/size"]);
    top.press(&[KeyCode::Left]);
    assert_eq!(top.state.place, "/db");
    top.press(&[KeyCode::Left, KeyCode::Left]);
    assert_eq!(top.names().len(), 5);
}

#[test]
fn an_opened_stat_shows_its_history_and_its_distribution() {
    let mut top = Top::of(&["web-17"]);
    for _ in 0..3 {
        top.registry
            .timer("db.query")
            .unwrap()
            .record(Duration::from_millis(50));
        top.look();
    }
    top.type_in("/query");
    top.press(&[KeyCode::Enter, KeyCode::Enter]);
    let screen = top.screen();
    for part in [
        "/db/query",
        "rate, the last 3 looks",
        "▇",
        "p50 ",
        "p999 ",
        "103 ok",
        "max 100 ms",
    ] {
        assert!(screen.contains(part), "{part} is missing:\n{screen}");
    }
    // It goes on while it is open, and when its stat goes, says so.
    top.registry.remove("db.query");
    top.look();
    assert!(top.screen().contains("it is gone"));
    top.press(&[KeyCode::Esc]);
    assert!(top.screen().contains("value"));
}

#[test]
fn what_is_paused_stands_still() {
    let mut top = Top::of(&["web-17"]);
    top.type_in(" ");
    top.registry.counter("web.requests").unwrap().add(32);
    top.look();
    assert!(top.screen().contains("paused") && !top.screen().contains("42"));
    top.type_in(" ");
    top.look();
    assert!(top.screen().contains(" 42 "), "{}", top.screen());
}

#[test]
fn one_process_after_another_is_chosen_and_all_of_them() {
    let mut top = Top::of(&["web-17", "web-18"]);
    assert!(top.screen().contains("all 2 processes"));
    top.type_in("]");
    assert!(top.screen().contains("web-17 (1 of 2)") && top.screen().contains("reading"));
    top.look();
    assert!(top.screen().contains("web/requests"));
    top.type_in("]");
    assert!(top.screen().contains("web-18 (2 of 2)"));
    top.take(Err("`web-18.mmstats` is gone".to_owned()));
    assert!(
        top.screen().contains("`web-18.mmstats` is gone"),
        "{}",
        top.screen()
    );
    top.type_in("]");
    assert!(top.screen().contains("all 2 processes"));
    top.type_in("[");
    assert!(top.screen().contains("web-18 (2 of 2)"));
}

#[test]
fn what_is_chosen_stays_chosen_while_rows_move() {
    let mut top = Top::of(&["web-17"]);
    top.press(&[KeyCode::End]);
    assert_eq!(top.state.chosen.as_deref(), Some("/web/requests"));
    top.registry.counter("web.requests").unwrap().add(9);
    top.look();
    assert_eq!(top.state.chosen.as_deref(), Some("/web/requests"));
    top.registry.counter("web.zeros").unwrap();
    top.look();
    assert_eq!(top.state.chosen.as_deref(), Some("/web/requests"));
    // At the top it is the top that stays.
    top.type_in("r");
    assert_eq!(top.state.chosen.as_deref(), Some("/db/query"));
    top.registry.counter("web.errors").unwrap().add(9);
    top.look();
    assert_eq!(top.state.chosen.as_deref(), Some("/web/errors"));
}

#[test]
fn names_that_would_act_on_a_terminal_are_seen_instead() {
    let mut top = Top::of(&["web-17"]);
    let family = "{\"web\":{\"\u{1b}[2J\":1}}";
    top.take(serde_json::from_str(family).map_err(|error| error.to_string()));
    assert!(!top.screen().contains('\u{1b}'), "{}", top.screen());
}

#[test]
fn no_size_of_a_terminal_is_too_small() {
    for (width, height) in [(1, 1), (10, 3), (20, 5), (40, 10), (300, 100)] {
        let mut top = Top::of(&["web-17"]);
        top.terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        top.screen();
        top.press(&[KeyCode::Enter]);
        top.screen();
        top.type_in("?");
        top.screen();
    }
}

#[test]
fn all_100_000_stats_are_sorted_and_drawn() {
    let mut top = Top::of(&["many"]);
    for number in 0..100_000 {
        top.registry.counter(&format!("web.n.{number}")).ok();
    }
    let began = Instant::now();
    top.look();
    top.type_in("r");
    let screen = top.screen();
    println!("100,000 stats in {:?}", began.elapsed());
    assert!(screen.contains("100,00"), "{screen}");
}

#[test]
fn processes_come_and_go_and_what_a_newcomer_brings_is_no_rate() {
    let mut top = Top::of(&["web-1"]);
    top.registry.counter("web.requests").unwrap().add(5);
    top.look();
    let rate = |top: &Top| {
        let row = top.state.rows().find(|row| row.path == "/web/requests");
        row.and_then(|row| row.rate)
    };
    assert_eq!(rate(&top), Some(5.0));
    top.processes.push("web-2".to_owned());
    top.registry.counter("web.requests").unwrap().add(1_000_000);
    top.look();
    assert!(top.screen().contains("all 2 processes"));
    assert_eq!(rate(&top), None, "it counted that before it was seen");
    top.registry.counter("web.requests").unwrap().add(7);
    top.look();
    assert_eq!(rate(&top), Some(7.0));
    top.press(&[KeyCode::Char(']'), KeyCode::Char(']')]);
    top.look();
    assert!(top.screen().contains("web-2 (2 of 2)"), "{}", top.screen());
    top.processes.pop();
    top.take(Err("`web-2` is gone".to_owned()));
    assert!(top.screen().contains("web-2 (gone)"), "{}", top.screen());
    assert!(
        top.screen().contains("web/requests"),
        "what was seen last stays"
    );
    top.press(&[KeyCode::Char(']')]);
    top.look();
    assert!(top.screen().contains("  web-1  "), "{}", top.screen());
}

#[test]
fn the_help_has_room_on_80_by_24() {
    let mut top = Top::of(&["web-17"]);
    top.press(&[KeyCode::Char('?')]);
    let screen = top.screen();
    for part in [
        "left closes it",
        "distribution",
        "of the last",
        "everything.",
    ] {
        assert!(screen.contains(part), "`{part}` is cut:\n{screen}");
    }
}
