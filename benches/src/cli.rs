//! The command line.

use clap::{Args, Parser, Subcommand};

use crate::workload::Workload;

/// How fast calipers is, beside the floor and beside every peer, in one run.
///
/// Without a command, everything is measured, interleaved over many rounds, and printed as one table a workload.
#[derive(Debug, Parser)]
#[command(name = "calipers-bench", args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

/// How long to measure, and what.
#[derive(Args, Clone, Debug)]
pub(crate) struct Plan {
    /// Measure this workload only; may be given more than once
    #[arg(long, value_name = "WORKLOAD", hide_possible_values = true)]
    pub(crate) only: Vec<Workload>,
    /// Measure contenders whose name contains this, and the floors
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) filter: String,
    /// How often each contender is sampled
    #[arg(long, default_value_t = 60)]
    pub(crate) rounds: usize,
    /// How long a sample takes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2.0)]
    pub(crate) millis: f64,
    /// A first look in under a minute: six short rounds
    #[arg(long, conflicts_with_all = ["rounds", "millis"])]
    pub(crate) quick: bool,
    /// Count instructions as well, and write RESULTS.md and its plot
    #[arg(long, conflicts_with_all = ["only", "filter"])]
    pub(crate) write: bool,
}

impl Plan {
    /// Whether a contender of a workload is asked for, as far as the command line goes.
    pub(crate) fn wants(&self, workload: Workload) -> bool {
        self.only.is_empty() || self.only.contains(&workload)
    }

    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 6 } else { self.rounds.max(1) }
    }

    /// Milliseconds a sample.
    pub(crate) fn millis(&self) -> f64 {
        if self.quick { 0.5 } else { self.millis }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Count the instructions of an operation under valgrind, which repeats on a noisy machine
    Instructions {
        /// Count in this workload only; may be given more than once
        #[arg(long, value_name = "WORKLOAD", hide_possible_values = true)]
        only: Vec<Workload>,
        /// Count the peers' too
        #[arg(long)]
        peers: bool,
    },
    /// Hold the instruction counts of calipers to the stored ones: none may rise by more than a tenth
    Check {
        /// Store what is counted now
        #[arg(long)]
        update: bool,
    },
    /// Show the workloads, and who takes part in them
    List,
    /// Answer a pool's requests for samples of one library
    #[command(hide = true)]
    Serve { library: String },
    /// Run the operations of one row, for valgrind
    #[command(hide = true)]
    Repeat { row: usize },
    /// Weigh the things of one row
    #[command(hide = true)]
    Weigh { row: usize },
}
