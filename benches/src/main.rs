//! How fast calipers is, beside the floor and beside every peer, in one run. See the README beside this crate.

mod callgrind;
mod cli;
mod contenders;
mod failure;
mod goals;
mod inputs;
mod instructions;
mod machine;
mod memory;
mod pool;
mod report;
mod results;
mod rounds;
mod suite;
mod workload;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Parser, ValueEnum};

use cli::{Arguments, Command, Plan};
use failure::Result;
use pool::Pool;
use report::table;
use results::Results;
use suite::{FLOOR, OURS, Row, Suite};
use workload::Workload;

static SUITE: LazyLock<Suite> = LazyLock::new(contenders::suite);

fn main() -> ExitCode {
    // Ticks are measured, not suffered.
    calipers::background_tick(false);
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "calipers-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    let suite = &*SUITE;
    match arguments.command {
        None => measure(suite, &arguments.plan),
        Some(Command::Instructions { only, peers }) => instructions::print(suite, &only, peers),
        Some(Command::Check { update }) => instructions::check(suite, update),
        Some(Command::List) => list(suite),
        Some(Command::Serve { library }) => Pool::new(suite).serve(&library),
        Some(Command::Repeat { row }) => callgrind::repeat(suite, row),
        Some(Command::Weigh { row }) => {
            writeln!(io::stdout(), "{}", memory::weigh(suite, row)?)?;
            Ok(())
        }
    }
}

/// Measures what is asked for, and shows each workload as soon as it is over.
fn measure(suite: &'static Suite, plan: &Plan) -> Result<()> {
    let mut pool = Pool::new(suite);
    let mut results = Results::new(suite);
    let (today, machine, load) = (machine::today(), machine::describe(), machine::load());
    writeln!(io::stdout(), "{today}, {machine}, load {load}")?;
    for &workload in Workload::all() {
        if plan.wants(workload) {
            results.add(rounds::run(&mut pool, suite, workload, plan)?);
            write!(io::stdout(), "{}", table::text(&results, workload))?;
        }
    }
    if plan.write {
        let mine = |row: &Row| row.library == FLOOR || row.library == OURS;
        report::write(&results, &instructions::counted(suite, mine)?)?;
    }
    Ok(())
}

fn list(suite: &Suite) -> Result<()> {
    let mut out = io::stdout().lock();
    for workload in Workload::all() {
        let name = workload.to_possible_value();
        let name = name.as_ref().map_or("", |value| value.get_name());
        writeln!(out, "{name}: {}", workload.title())?;
        let rows = suite.rows.iter().enumerate();
        for (number, row) in rows.filter(|(_, row)| row.workload == *workload) {
            writeln!(out, "{number:5}  {}", row.name)?;
        }
    }
    Ok(())
}
