//! What the state looks like: 80 by 24 are enough, and more is used.

use calipers::snapshot::humane;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Wrap};

use super::detail;
use super::rows::Row;
use super::state::{Focus, Order, State};

const HELP: &str = "\
 up, down, j, k, page up, page down, home, end   move
 tab, left    to the tree of places; right opens a branch, left closes it
 enter        in the tree: back to its stats; on a stat: its history and
              distribution
 esc          back; forget the search
 /            search: words of a path
 n, r, p      sort by name, by rate, by 99th percentile
 space        pause, and go on
 [, ]         the process before, the next one
 q            quit

 Rates are per second, since the look before. Percentiles are of the last
 minute where that is known, else of what came since the look before, else of
 everything.";

pub(crate) fn draw(frame: &mut Frame<'_>, state: &mut State) {
    let [head, body, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(
        Paragraph::new(title(state, head.width)).style(reversed()),
        head,
    );
    frame.render_widget(Paragraph::new(footer(state)), foot);
    if let (Some(problem), None) = (&state.problem, &state.snapshot) {
        frame.render_widget(
            Paragraph::new(humane::printable(problem)).wrap(Wrap { trim: true }),
            body,
        );
        return;
    }
    match state.focus {
        Focus::Help => frame.render_widget(Paragraph::new(HELP), body),
        Focus::Detail => detail::draw(frame, body, state),
        _ if state.snapshot.is_none() => frame.render_widget(Paragraph::new(" reading ..."), body),
        _ => {
            let width = (body.width / 4).clamp(16, 34);
            let [left, right] =
                Layout::horizontal([Constraint::Length(width), Constraint::Min(20)]).areas(body);
            tree(frame, left, state);
            stats(frame, right, state);
        }
    }
}

fn title(state: &State, width: u16) -> String {
    let remark = state.remark.as_ref();
    let left = format!(
        " calipers top  {}{}  {} stats",
        humane::printable(&state.process_name()),
        remark.map_or_else(String::new, |remark| format!(" ({remark})")),
        humane::grouped(state.stats() as u64)
    );
    let right = match (&state.problem, state.paused) {
        (Some(_), _) => "cannot be read ",
        (None, true) => "paused ",
        (None, false) => match state.order {
            Order::Name => "by name ",
            Order::Rate => "by rate ",
            Order::P99 => "by p99 ",
        },
    };
    let gap = usize::from(width).saturating_sub(left.chars().count() + right.len());
    format!("{left}{}{right}", " ".repeat(gap))
}

fn footer(state: &State) -> Line<'static> {
    if state.focus == Focus::Search || !state.search.is_empty() {
        let cursor = if state.focus == Focus::Search {
            "_"
        } else {
            "  (esc forgets it)"
        };
        return Line::from(format!(
            " search: {}{cursor}",
            humane::printable(&state.search)
        ));
    }
    let keys = match state.focus {
        Focus::Detail => " esc back  space pause  ? help  q quit",
        Focus::Help => " any key goes back",
        _ => " enter open  tab tree  / search  n r p sort  [ ] process  space pause  ? help  q",
    };
    Line::from(keys).style(dim())
}

/// The first line of a list of which `at` is seen whatever the height is.
fn scrolled(at: usize, count: usize, height: usize) -> usize {
    at.saturating_sub(height / 2)
        .min(count.saturating_sub(height))
}

fn tree(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let block = Block::new().borders(Borders::RIGHT);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let height = usize::from(inner.height);
    let at = state
        .branches
        .iter()
        .position(|branch| branch.path == state.place)
        .unwrap_or(0);
    let first = scrolled(at, state.branches.len(), height);
    let lines = state
        .branches
        .iter()
        .enumerate()
        .skip(first)
        .take(height)
        .map(|(line, branch)| {
            let mark = match (branch.has_children, branch.is_open) {
                (false, _) => ' ',
                (true, true) => '-',
                (true, false) => '+',
            };
            let name = branch.path.rsplit('/').next().unwrap_or_default();
            let name = if branch.path.is_empty() { "/" } else { name };
            let text = format!(
                "{}{mark} {}",
                " ".repeat(branch.depth.min(12)),
                humane::printable(name)
            );
            Line::from(fitted(&text, usize::from(inner.width))).style(
                match (line == at, state.focus == Focus::Tree) {
                    (true, true) => reversed(),
                    (true, false) => bold(),
                    _ => Style::new(),
                },
            )
        });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inner);
}

/// What the columns of numbers take.
const NUMBER: usize = 9;

fn stats(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let width = usize::from(area.width);
    let name = width.saturating_sub(4 * (NUMBER + 1)).max(8);
    let heading = format!(
        "{:name$} {:>NUMBER$} {:>NUMBER$} {:>NUMBER$} {:>NUMBER$}",
        "", "value", "rate", "p50", "p99"
    );
    let mut lines = vec![Line::from(heading).style(dim())];
    let height = usize::from(area.height).saturating_sub(1);
    let at = state.chosen_at();
    let first = scrolled(at, state.rows().len(), height);
    for (line, row) in state.rows().enumerate().skip(first).take(height) {
        let below = row.path.get(state.place.len() + 1..).unwrap_or(&row.path);
        let style = match (line == at, state.focus) {
            (true, Focus::Stats) => reversed(),
            (true, _) => bold(),
            _ => Style::new(),
        };
        lines.push(Line::from(Span::raw(line_of(row, below, name))).style(style));
    }
    if lines.len() == 1 {
        lines.push(Line::from("  nothing here fits").style(dim()));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn line_of(row: &Row, below: &str, name: usize) -> String {
    let quantity = |x: Option<f64>| x.map_or_else(String::new, |x| humane::quantity(x, row.unit));
    let rate = row.rate.map_or_else(String::new, humane::rate);
    let name_of = fitted_end(&humane::printable(below), name);
    let [rate, p50, p99] = [rate, quantity(row.p50), quantity(row.p99)];
    if rate.is_empty() && p50.is_empty() && p99.is_empty() && row.shown.chars().count() > NUMBER {
        // A text has the room of the columns it does not use.
        let room = 4 * (NUMBER + 1) - 1;
        return format!("{name_of} {}", fitted(&row.shown, room));
    }
    format!(
        "{name_of} {:>NUMBER$} {rate:>NUMBER$} {p50:>NUMBER$} {p99:>NUMBER$}",
        shortened(&row.shown)
    )
}

/// A number that is too wide for its column, with its last digits told by a letter.
fn shortened(shown: &str) -> String {
    if shown.chars().count() <= NUMBER {
        return shown.to_owned();
    }
    match shown.replace(',', "").parse::<f64>() {
        Ok(number) => humane::number(number),
        Err(_) => fitted(shown, NUMBER),
    }
}

/// Text cut to a width, and filled up to it.
fn fitted(text: &str, width: usize) -> String {
    let cut: String = text.chars().take(width).collect();
    format!("{cut:width$}")
}

/// The same where the end tells more.
fn fitted_end(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return format!("{text:width$}");
    }
    let end: String = text.chars().skip(length - width + 1).collect();
    format!("…{end}")
}

pub(super) fn reversed() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

pub(super) fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

pub(super) fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}
