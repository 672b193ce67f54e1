//! Instructions of an operation, counted by valgrind.
//!
//! A fresh process does a row's operations some thousand times to leave behind what is done once (registration, growth), and
//! then as often again, counted. The loop around them costs two or three instructions, which are in every count. The numbers
//! repeat to the instruction wherever the compiler is the same; but for timed sections, whose durations fall into other
//! buckets from run to run. A reading of the time-stamp counter is one instruction here, however long it takes.

use std::process::{Command, Stdio};

use crate::failure::{Failure, Result};
use crate::inputs::ORDER;
use crate::pool::this_program;
use crate::suite::{Runner, Subject, Suite};

/// Operations counted: every order in which values and keys are visited, once.
const OPERATIONS: usize = ORDER;

/// What [`counted_part`] is called, however its symbol is spelt.
const COUNTED_PART: &str = "*counted_part*";

/// Seeds of hashes tried.
const SEEDS: usize = 5;

/// Instructions an operation of this row. A look-up by hash is as long as its seed makes it, and that is another one in
/// each process: of some processes, the least is taken.
pub(crate) fn count(suite: &Suite, row: usize) -> Result<f64> {
    let contender = suite.rows.get(row).ok_or(Failure::NoRow(row))?;
    let seeds = if contender.hashes { SEEDS } else { 1 };
    (0..seeds).try_fold(f64::INFINITY, |least, _| Ok(least.min(count_once(row)?)))
}

fn count_once(row: usize) -> Result<f64> {
    let repeat = ["repeat", &row.to_string()];
    let program = this_program(&[])?;
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--toggle-collect={COUNTED_PART}"))
        .arg(program.get_program())
        .args(repeat)
        .stdin(Stdio::null());
    let said = valgrind.output().map_err(Failure::Valgrind)?;
    // "==7== Collected : 49152"
    let said = String::from_utf8_lossy(&said.stderr);
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    let collected: f64 = collected.ok_or_else(|| Failure::Ended(repeat.join(" ")))?;
    Ok(collected / OPERATIONS as f64)
}

/// What is run under valgrind.
pub(crate) fn repeat(suite: &Suite, row: usize) -> Result<()> {
    let contender = suite.rows.get(row).ok_or(Failure::NoRow(row))?;
    let Subject::Timed(make) = &contender.subject else {
        return Err(Failure::NoRow(row));
    };
    if contender.alone {
        suite.become_alone(contender.library);
    }
    let mut run = make();
    run(OPERATIONS);
    counted_part(&mut run);
    Ok(())
}

/// Found by its name, so it is never inlined.
#[inline(never)]
fn counted_part(run: &mut Runner) {
    run(OPERATIONS);
}
