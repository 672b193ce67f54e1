//! What is chosen, opened and searched, and what each key does to it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Instant;

use calipers::Snapshot;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::rows::{Counts, Row, rows};
use super::sampler::Sample;

/// How many looks a history reaches back.
pub(crate) const HISTORY: usize = 60;
/// What a page of rows is, for the keys that leaf through them.
const PAGE: usize = 10;

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Name,
    Rate,
    P99,
}

/// Where keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Focus {
    Tree,
    Stats,
    /// The line in which a search is typed.
    Search,
    /// One stat, opened.
    Detail,
    Help,
}

/// A place, in the tree on the left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Branch {
    pub(crate) path: String,
    pub(crate) depth: usize,
    pub(crate) has_children: bool,
    pub(crate) is_open: bool,
}

pub(crate) struct State {
    processes: Vec<String>,
    /// The one that is shown; nothing for all of them.
    process: Option<String>,
    pub(crate) focus: Focus,
    pub(crate) order: Order,
    pub(crate) search: String,
    pub(crate) paused: bool,
    pub(crate) problem: Option<String>,
    /// What is to be known of what is shown.
    pub(crate) remark: Option<String>,
    pub(crate) snapshot: Option<Snapshot>,
    taken: Option<Instant>,
    counts: Counts,
    all: Vec<Row>,
    /// Which of them are shown, in order.
    shown: Vec<usize>,
    pub(crate) branches: Vec<Branch>,
    open: BTreeSet<String>,
    /// The place whose stats are shown; empty for the root.
    pub(crate) place: String,
    /// The path of the row that is chosen, so that it stays chosen while rows move.
    pub(crate) chosen: Option<String>,
    /// Whether it is the first row that is chosen, whichever that is.
    at_top: bool,
    histories: HashMap<String, VecDeque<f64>>,
    over: bool,
}

impl State {
    pub(crate) fn new(processes: Vec<String>) -> State {
        State {
            process: None,
            processes,
            focus: Focus::Stats,
            order: Order::Name,
            search: String::new(),
            paused: false,
            problem: None,
            remark: None,
            snapshot: None,
            taken: None,
            counts: Counts::new(),
            all: Vec::new(),
            shown: Vec::new(),
            branches: Vec::new(),
            open: BTreeSet::from([String::new()]),
            place: String::new(),
            chosen: None,
            at_top: true,
            histories: HashMap::new(),
            over: false,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn process(&self) -> Option<&str> {
        self.process.as_deref()
    }

    /// What the process that is shown is called.
    pub(crate) fn process_name(&self) -> String {
        let all = self.processes.len();
        match (&self.process, self.place_of_process()) {
            (None, _) if all == 1 => self.processes.concat(),
            (None, _) => format!("all {all} processes"),
            (Some(name), Some(_)) if all == 1 => name.clone(),
            (Some(name), Some(at)) => format!("{name} ({} of {all})", at + 1),
            (Some(name), None) => format!("{name} (gone)"),
        }
    }

    /// Where among the processes the one that is shown stands.
    fn place_of_process(&self) -> Option<usize> {
        let shown = self.process.as_ref()?;
        self.processes.iter().position(|name| name == shown)
    }

    /// The rows that are shown.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = &Row> {
        self.shown.iter().map(|&at| &self.all[at])
    }

    pub(crate) fn stats(&self) -> usize {
        self.all.len()
    }

    /// Which of the shown rows is chosen.
    pub(crate) fn chosen_at(&self) -> usize {
        let chosen = self.chosen.as_deref();
        self.rows()
            .position(|row| Some(&*row.path) == chosen)
            .unwrap_or(0)
    }

    /// The row that is open, or would be.
    pub(crate) fn chosen_row(&self) -> Option<&Row> {
        let chosen = self.chosen.as_deref();
        self.all.iter().find(|row| Some(&*row.path) == chosen)
    }

    pub(crate) fn history(&self, path: &str) -> impl ExactSizeIterator<Item = f64> + '_ {
        static NONE: VecDeque<f64> = VecDeque::new();
        self.histories.get(path).unwrap_or(&NONE).iter().copied()
    }

    /// Takes a look in; says whether anything is to be drawn anew.
    pub(crate) fn take(&mut self, sample: Sample) -> bool {
        if self.paused || sample.process != self.process {
            return false;
        }
        if sample.processes != self.processes {
            self.processes = sample.processes;
            if self.process.is_none() {
                // What a newcomer brings along did not come in a second.
                self.taken = None;
            }
        }
        self.remark = sample.remark;
        let snapshot = match sample.snapshot {
            Ok(snapshot) => snapshot,
            Err(problem) => {
                self.problem = Some(problem);
                return true;
            }
        };
        self.problem = None;
        let before = self
            .snapshot
            .as_ref()
            .zip(self.taken)
            .map(|(before, taken)| (before, &self.counts, sample.taken.duration_since(taken)));
        (self.all, self.counts) = rows(&snapshot, before);
        self.note();
        self.snapshot = Some(snapshot);
        self.taken = Some(sample.taken);
        self.arrange();
        true
    }

    /// Adds to the histories what there is a number for; what is gone has none any more.
    fn note(&mut self) {
        let mut histories = std::mem::take(&mut self.histories);
        for row in &self.all {
            let Some(number) = row.number else { continue };
            let mut history = histories.remove(&row.path).unwrap_or_default();
            if history.len() == HISTORY {
                history.pop_front();
            }
            history.push_back(number);
            self.histories.insert(row.path.clone(), history);
        }
    }

    /// Chooses and sorts the rows, and lays out the tree.
    fn arrange(&mut self) {
        let words: Vec<String> = self
            .search
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let below = format!("{}/", self.place);
        let fits = |row: &Row| {
            let path = row.path.to_lowercase();
            row.path.starts_with(&below) && words.iter().all(|word| path.contains(word.as_str()))
        };
        self.shown = (0..self.all.len())
            .filter(|&at| fits(&self.all[at]))
            .collect();
        let key = |at: &usize| match self.order {
            Order::Name => None,
            Order::Rate => self.all[*at].rate,
            Order::P99 => self.all[*at].p99,
        };
        // What the library says of itself stands behind what the program does.
        self.shown
            .sort_by_key(|&at| self.all[at].path.starts_with("/calipers/"));
        if self.order != Order::Name {
            // The largest first, what has none last; a stable sort keeps the order of paths otherwise.
            let number = |at: &usize| key(at).unwrap_or(f64::NEG_INFINITY);
            self.shown.sort_by(|a, b| number(b).total_cmp(&number(a)));
        }
        // Whoever looks at the top goes on seeing what is at the top.
        if self.at_top && self.focus != Focus::Detail {
            self.chosen = None;
        }
        if self.focus != Focus::Detail
            && !self
                .rows()
                .any(|row| Some(&row.path) == self.chosen.as_ref())
        {
            let first = self.rows().next().map(|row| row.path.clone());
            self.chosen = first;
        }
        self.branches = self
            .snapshot
            .as_ref()
            .map(|snapshot| self.laid_out(snapshot))
            .unwrap_or_default();
    }

    fn laid_out(&self, snapshot: &Snapshot) -> Vec<Branch> {
        let mut branches = Vec::new();
        let mut left = vec![(snapshot.root(), 0)];
        while let Some((tree, depth)) = left.pop() {
            let path = tree.path().to_owned();
            let mut children: Vec<_> = tree.children().map(|child| (child, depth + 1)).collect();
            let is_open = self.open.contains(&path);
            branches.push(Branch {
                has_children: !children.is_empty(),
                path,
                depth,
                is_open,
            });
            if is_open {
                children.reverse();
                left.append(&mut children);
            }
        }
        branches
    }

    /// Does what a key asks for.
    pub(crate) fn press(&mut self, key: KeyEvent) {
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            self.over = true;
            return;
        }
        match self.focus {
            Focus::Search => self.type_in(key.code),
            Focus::Help => self.focus = Focus::Stats,
            Focus::Detail => match key.code {
                KeyCode::Esc | KeyCode::Enter | KeyCode::Backspace | KeyCode::Left => {
                    self.focus = Focus::Stats
                }
                other => self.common(other),
            },
            Focus::Tree => self.in_tree(key.code),
            Focus::Stats => self.in_stats(key.code),
        }
        self.arrange();
    }

    fn type_in(&mut self, key: KeyCode) {
        match key {
            KeyCode::Enter => self.focus = Focus::Stats,
            KeyCode::Esc => {
                self.search.clear();
                self.focus = Focus::Stats;
            }
            KeyCode::Backspace => drop(self.search.pop()),
            KeyCode::Char(c) => {
                self.search.push(c);
                self.at_top = true;
            }
            _ => {}
        }
    }

    fn common(&mut self, key: KeyCode) {
        match key {
            KeyCode::Char('q') => self.over = true,
            KeyCode::Char('?') | KeyCode::Char('h') => self.focus = Focus::Help,
            KeyCode::Char('/') => self.focus = Focus::Search,
            KeyCode::Char(' ') => self.paused = !self.paused,
            KeyCode::Char('n') => self.sort(Order::Name),
            KeyCode::Char('r') => self.sort(Order::Rate),
            KeyCode::Char('p') => self.sort(Order::P99),
            KeyCode::Char('[') => self.choose_process(-1),
            KeyCode::Char(']') => self.choose_process(1),
            KeyCode::Esc => self.search.clear(),
            _ => {}
        }
    }

    fn sort(&mut self, order: Order) {
        self.order = order;
        self.at_top = true;
    }

    fn in_stats(&mut self, key: KeyCode) {
        let at = self.chosen_at();
        match key {
            KeyCode::Up | KeyCode::Char('k') => self.choose(at.saturating_sub(1)),
            KeyCode::Down | KeyCode::Char('j') => self.choose(at + 1),
            KeyCode::PageUp => self.choose(at.saturating_sub(PAGE)),
            KeyCode::PageDown => self.choose(at + PAGE),
            KeyCode::Home => self.choose(0),
            KeyCode::End => self.choose(usize::MAX),
            KeyCode::Enter | KeyCode::Right if self.chosen.is_some() => self.focus = Focus::Detail,
            KeyCode::Tab | KeyCode::Left => self.focus = Focus::Tree,
            other => self.common(other),
        }
    }

    fn choose(&mut self, at: usize) {
        let last = self.shown.len().saturating_sub(1);
        self.at_top = at == 0;
        let chosen = self.rows().nth(at.min(last)).map(|row| row.path.clone());
        self.chosen = chosen;
    }

    fn in_tree(&mut self, key: KeyCode) {
        let at = self
            .branches
            .iter()
            .position(|branch| branch.path == self.place)
            .unwrap_or(0);
        let go = |state: &mut State, at: usize| {
            let last = state.branches.len().saturating_sub(1);
            if let Some(branch) = state.branches.get(at.min(last)) {
                state.place.clone_from(&branch.path);
            }
        };
        match key {
            KeyCode::Up | KeyCode::Char('k') => go(self, at.saturating_sub(1)),
            KeyCode::Down | KeyCode::Char('j') => go(self, at + 1),
            KeyCode::PageUp => go(self, at.saturating_sub(PAGE)),
            KeyCode::PageDown => go(self, at + PAGE),
            KeyCode::Home => go(self, 0),
            KeyCode::End => go(self, usize::MAX),
            KeyCode::Right => drop(self.open.insert(self.place.clone())),
            KeyCode::Left if self.open.contains(&self.place) && !self.place.is_empty() => {
                self.open.remove(&self.place);
            }
            KeyCode::Left => {
                let above = self.place.rfind('/').unwrap_or(0);
                self.place.truncate(above);
            }
            KeyCode::Enter | KeyCode::Tab => self.focus = Focus::Stats,
            other => self.common(other),
        }
    }

    fn choose_process(&mut self, step: isize) {
        // All of them, then one after another; of one alone there is nothing to choose but it.
        let count = self.processes.len() + 1;
        let at = self.place_of_process().map_or(0, |at| at + 1);
        let next = (at + count).saturating_add_signed(step) % count;
        let process = match next.checked_sub(1) {
            Some(at) if count > 2 => self.processes.get(at).cloned(),
            _ => None,
        };
        if process != self.process {
            self.process = process;
            self.paused = false;
            self.snapshot = None;
            self.taken = None;
            self.counts.clear();
            self.all.clear();
            self.histories.clear();
        }
    }
}
