//! Rounds: every contender of a workload is sampled once a round, from a rotating start, so that whatever the machine does
//! meanwhile meets all of them alike.

use crate::cli::Plan;
use crate::failure::Result;
use crate::memory;
use crate::pool::Pool;
use crate::results::Measured;
use crate::suite::{FLOOR, Subject, Suite};
use crate::workload::Workload;

/// One row, with one number of threads, while it is measured.
struct Running {
    row: usize,
    threads: usize,
    /// Operations a sample.
    n: usize,
    samples: Vec<f64>,
}

/// Measures one workload.
pub(crate) fn run(
    pool: &mut Pool,
    suite: &Suite,
    workload: Workload,
    plan: &Plan,
) -> Result<Vec<Measured>> {
    let mut running: Vec<Running> = Vec::new();
    for (row, contender) in suite.rows.iter().enumerate() {
        let wanted = contender.library == FLOOR || contender.name.contains(&plan.filter);
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
        if let Subject::Timed(_) = suite.rows[it.row].subject {
            it.n = calibrated(pool, it.row, it.threads, plan.millis())?;
        }
    }
    let count = running.len();
    for round in 0..workload.rounds(plan.rounds()) {
        for step in 0..count {
            let it = &mut running[(step + round * 7) % count];
            it.samples.push(match suite.rows[it.row].subject {
                Subject::Timed(_) => pool.sample(it.row, it.threads, it.n)? as f64 / it.n as f64,
                Subject::Weighed(..) => memory::ask(it.row)?,
            });
        }
    }
    pool.forget()?;
    Ok(running
        .into_iter()
        .map(|it| Measured::new(it.row, it.threads, it.samples))
        .collect())
}

/// How many operations take `millis` milliseconds.
fn calibrated(pool: &mut Pool, row: usize, threads: usize, millis: f64) -> Result<usize> {
    let mut n = 1;
    loop {
        let nanos = pool.sample(row, threads, n)?.max(1);
        if nanos > 200_000 || n > 1 << 24 {
            return Ok(((n as f64 * millis * 1e6 / nanos as f64) as usize).max(1));
        }
        n *= 4;
    }
}
