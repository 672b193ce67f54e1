//! What is printed, and in which colours.

use std::env;
use std::io::{self, IsTerminal, Write};

use crate::problem::Problem;

/// Prints everything at once.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Problem> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(())
}

/// Whether colours are of use: a terminal shows them that knows any, and nobody asked for none (`NO_COLOR`).
pub(crate) fn has_colours() -> bool {
    io::stdout().is_terminal()
        && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && env::var_os("TERM").is_none_or(|name| name != "dumb")
}

/// Text in bold, where there are colours.
pub(crate) fn bold(text: &str, colours: bool) -> String {
    if colours {
        format!("\x1b[1m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
