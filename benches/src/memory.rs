//! Memory: the things of a row are made in a fresh process, whose resident memory is read before and after.

use std::mem;

use crate::failure::{Failure, Result};
use crate::inputs::Latencies;
use crate::machine;
use crate::pool::this_program;
use crate::suite::{Subject, Suite};

/// Bytes a thing of this row, as another process finds them.
pub(crate) fn ask(row: usize) -> Result<f64> {
    let arguments = ["weigh", &row.to_string()];
    let said = this_program(&arguments)?.output();
    let said = said.map_err(|source| Failure::Start {
        program: format!("calipers-bench {}", arguments.join(" ")),
        source,
    })?;
    let bytes = String::from_utf8_lossy(&said.stdout).trim().parse();
    bytes.map_err(|_| Failure::Ended(arguments.join(" ")))
}

/// Bytes a thing of this row, in this process.
pub(crate) fn weigh(suite: &Suite, row: usize) -> Result<f64> {
    let Some(Subject::Weighed(n, make)) = suite.rows.get(row).map(|row| &row.subject) else {
        return Err(Failure::NoRow(row));
    };
    Latencies::shared(); // what is recorded is not what it is recorded in
    let before = machine::resident();
    let made = make(*n);
    let bytes = (machine::resident() - before) / *n as f64;
    mem::forget(made); // the process ends: nobody wants to wait for destructors
    Ok(bytes)
}
