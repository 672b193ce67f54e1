//! `calipers`: looks at programs that calipers measures, from outside.
//!
//! It reads what they leave in files (page files, mmstats' version-1 files) or serve at an address, and never disturbs
//! them. Everything that matters is the library's; here are command lines, columns and screens.
//!
//! How it fits: `cli` says what can be asked, `source` finds and reads what was named, and each command has a module of its
//! own. `problem` is how anything ends that did not go well.

mod aggregate;
mod clean;
mod cli;
mod combine;
mod ending;
mod labels;
mod pipes;
mod poll;
mod problem;
mod slurp;
mod source;
mod terminal;
mod top;
mod totals;
mod web;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use cli::{Cli, Command};
use problem::Problem;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(problem) => problem.end(),
    }
}

fn run(command: Command) -> Result<ExitCode, Problem> {
    match command {
        Command::Slurp(asked) => slurp::run(&asked),
        Command::Poll(asked) => poll::run(&asked),
        Command::Top(asked) => top::run(&asked),
        Command::Web(asked) => web::run(&asked),
        Command::Pipes(asked) => pipes::run(&asked),
        Command::Combine(asked) => combine::run(&asked),
        Command::Aggregate(asked) => aggregate::run(&asked),
        Command::Clean(asked) => clean::run(&asked),
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "calipers", &mut out);
            terminal::print(&out)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
