//! `calipers top`: a full-screen live view.
//!
//! How it fits: `sampler` reads the processes on a thread of its own, so that a slow one never holds up a key; `rows` makes of
//! two looks what is shown; `state` knows what is chosen, opened and searched, and what each key does to it; `view`
//! draws that. Only this file knows a terminal.

mod detail;
mod rows;
mod sampler;
mod state;
#[cfg(test)]
mod tests;
mod view;

use std::io::{self, IsTerminal, stdout};
use std::process::ExitCode;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{ExecutableCommand, cursor};

use crate::cli::Top;
use crate::ending::{Ending, end_by};
use crate::problem::Problem;
use crate::source::found;
use sampler::Sampler;
use state::State;

/// How long a key or a sample may lie before it is noticed.
const GLANCE: Duration = Duration::from_millis(50);

pub(crate) fn run(asked: &Top) -> Result<ExitCode, Problem> {
    let found = found(&asked.sources)?;
    found.complain();
    if !stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Problem::Usage(
            "`top` needs a terminal; `slurp` and `poll` print into files and pipes".to_owned(),
        ));
    }
    let names = found
        .sources
        .iter()
        .map(|source| source.name.clone())
        .collect();
    let every = Duration::from_secs_f64(asked.delay);
    let sampler = Sampler::start(asked.sources.clone(), found, every);
    let mut state = State::new(names);
    let ending = Ending::noted()?;
    let screen = Screen::take()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
    let mut changed = true;
    while !state.is_over() {
        if let Some(signal) = ending.signal() {
            drop(screen);
            return end_by(signal);
        }
        if let Some(sample) = sampler.newest() {
            changed |= state.take(sample);
        }
        if changed {
            terminal.draw(|frame| view::draw(frame, &mut state))?;
            changed = false;
        }
        if event::poll(GLANCE)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => state.press(key),
                _ => {}
            }
            changed = true;
            sampler.show(state.process());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The terminal while it is ours; given back whatever happens.
struct Screen;

impl Screen {
    fn take() -> io::Result<Screen> {
        enable_raw_mode()?;
        let screen = Screen; // from here on it is given back
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
        stdout().execute(EnterAlternateScreen)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    // There is nobody left to tell.
    let _ = disable_raw_mode();
    let _ = stdout().execute(LeaveAlternateScreen);
    let _ = stdout().execute(cursor::Show);
}
