//! Rounds: every contender of a workload is sampled once a round, from a rotating start, so that whatever the machine does
//! meanwhile meets all of them alike.

use crate::pool::Pool;
use crate::suite::{Side, Suite};
use crate::workload::Workload;

/// How long and what to run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// How long a sample takes, about.
    pub(crate) millis: f64,
    /// Which workloads: all whose name contains this.
    pub(crate) only: String,
    /// Which contenders, beside the floors: all whose name contains this.
    pub(crate) filter: String,
}

/// One row, with one number of threads, measured.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) workload: Workload,
    pub(crate) threads: usize,
    pub(crate) name: String,
    pub(crate) note: String,
    pub(crate) side: Side,
    /// Nanoseconds an operation.
    pub(crate) min: f64,
    pub(crate) median: f64,
}

struct Running {
    row: usize,
    threads: usize,
    n: usize,
    samples: Vec<f64>,
}

/// Runs one workload.
pub(crate) fn run(
    pool: &mut Pool,
    suite: &Suite,
    workload: Workload,
    plan: &Plan,
) -> Vec<Measured> {
    let mut running: Vec<Running> = Vec::new();
    for (row, contender) in suite.rows.iter().enumerate() {
        let wanted = contender.side == Side::Floor || contender.name.contains(&plan.filter);
        if contender.workload == workload && wanted {
            running.extend(contender.threads.iter().map(|&threads| Running {
                row,
                threads,
                n: 1,
                samples: Vec::new(),
            }));
        }
    }
    for it in &mut running {
        it.n = calibrated(pool, it.row, it.threads, plan.millis);
    }
    let count = running.len();
    for round in 0..workload.rounds(plan.rounds) {
        for step in 0..count {
            let it = &mut running[(step + round * 7) % count];
            let nanos = pool.sample(it.row, it.threads, it.n);
            it.samples.push(nanos as f64 / it.n as f64);
        }
    }
    pool.forget();
    running
        .into_iter()
        .map(|mut it| {
            it.samples.sort_by(f64::total_cmp);
            let contender = &suite.rows[it.row];
            Measured {
                workload,
                threads: it.threads,
                name: contender.name.clone(),
                note: contender.note.to_owned(),
                side: contender.side,
                min: it.samples.first().copied().unwrap_or(f64::NAN),
                median: median(&it.samples),
            }
        })
        .collect()
}

/// The middle one of sorted samples.
pub(crate) fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How many operations take `millis` milliseconds.
fn calibrated(pool: &mut Pool, row: usize, threads: usize, millis: f64) -> usize {
    let mut n = 1;
    loop {
        let nanos = pool.sample(row, threads, n).max(1);
        if nanos > 200_000 || n > 1 << 24 {
            return ((n as f64 * millis * 1e6 / nanos as f64) as usize).max(1);
        }
        n *= 4;
    }
}
