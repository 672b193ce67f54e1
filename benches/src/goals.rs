//! The goals: what calipers is to cost, as ratios within one run wherever that is possible.

use crate::report::table::figure;
use crate::results::Results;
use crate::workload::Workload;

/// What a figure of calipers is held against.
#[derive(Clone, Copy)]
enum Against {
    /// So often the floor, with so many threads.
    Floor(usize),
    /// So often what the same costs in one thread.
    OneThread,
    /// So often what another workload costs.
    Workload(Workload),
    /// So many nanoseconds, or bytes.
    Itself,
    /// So many instructions.
    Instructions,
}

struct Goal {
    workload: Workload,
    against: Against,
    limit: f64,
}

const fn goal(workload: Workload, against: Against, limit: f64) -> Goal {
    Goal {
        workload,
        against,
        limit,
    }
}

const GOALS: &[Goal] = &[
    goal(Workload::Counter, Against::Floor(1), 1.5),
    goal(Workload::Counter, Against::Instructions, 7.0),
    goal(Workload::Counter, Against::OneThread, 1.05),
    goal(Workload::Counters1024, Against::Floor(1), 2.0),
    goal(Workload::Family100, Against::Floor(1), 1.4),
    goal(Workload::Family100, Against::Floor(2), 1.4),
    goal(Workload::Family10k, Against::Floor(1), 1.5),
    goal(Workload::Family10k, Against::Floor(2), 1.5),
    goal(Workload::FamilyEnum, Against::Floor(1), 2.0),
    goal(Workload::Histogram, Against::Floor(1), 3.5),
    goal(Workload::Histogram, Against::Floor(2), 3.5),
    goal(Workload::Timed, Against::Floor(1), 1.15),
    goal(Workload::Timed, Against::Floor(2), 1.15),
    goal(Workload::TimedFn, Against::Floor(1), 1.25),
    goal(Workload::TimedAsync, Against::Floor(1), 1.6),
    goal(Workload::InitDrop10, Against::Itself, 1_000.0),
    goal(Workload::InitDrop1k, Against::Itself, 1_000.0),
    goal(Workload::InitDrop100k, Against::Itself, 1_000.0),
    goal(
        Workload::InitDrop100k,
        Against::Workload(Workload::InitDrop10),
        1.1,
    ),
    goal(Workload::Snapshot, Against::Itself, 5e6),
    goal(Workload::Beside, Against::Floor(1), 1.1),
    goal(Workload::Tick, Against::Itself, 1e7),
    goal(Workload::Exposition, Against::Floor(1), 2.5),
    goal(Workload::MemoryCounter, Against::Itself, 75.0),
    goal(Workload::MemoryIdleHistogram, Against::Itself, 300.0),
    goal(Workload::MemoryFullHistogram, Against::Itself, 4_096.0),
];

/// One goal, with what was measured.
pub(crate) struct Outcome {
    pub(crate) what: &'static str,
    pub(crate) goal: String,
    pub(crate) measured: String,
    /// "met", or by how much not.
    pub(crate) verdict: String,
}

/// Instructions of the row of calipers that leads a workload.
pub(crate) type Instructions<'a> = &'a dyn Fn(Workload) -> Option<f64>;

/// Every goal that something was measured for.
pub(crate) fn outcomes(results: &Results<'_>, instructions: Instructions<'_>) -> Vec<Outcome> {
    let outcomes = GOALS.iter().map(|goal| goal.outcome(results, instructions));
    outcomes.flatten().collect()
}

impl Goal {
    fn outcome(&self, results: &Results<'_>, instructions: Instructions<'_>) -> Option<Outcome> {
        let ours = |threads| results.ours(self.workload, threads);
        let (measured, of) = match self.against {
            Against::Floor(threads) => {
                let floor = results.floor(self.workload, threads)?;
                let of = match threads {
                    1 => " × floor".to_owned(),
                    _ => format!(" × floor, {threads} threads"),
                };
                (ours(threads)? / floor, of)
            }
            Against::OneThread => (ours(2)? / ours(1)?, " × 1 thread".to_owned()),
            Against::Workload(other) => {
                let of = format!(" × {}", other.title());
                (ours(1)? / results.ours(other, 1)?, of)
            }
            Against::Itself => (ours(1)?, format!(" {}", self.workload.unit().symbol())),
            Against::Instructions => (instructions(self.workload)?, " instructions".to_owned()),
        };
        Some(Outcome {
            what: self.workload.title(),
            goal: format!("≤ {}{of}", figure(self.limit)),
            measured: figure(measured),
            verdict: verdict(measured, self.limit),
        })
    }
}

fn verdict(measured: f64, limit: f64) -> String {
    let over = measured / limit;
    match over {
        over if over <= 1.0 => "met".to_owned(),
        over if over < 2.0 => format!("**missed by {:.0} %**", (over - 1.0) * 100.0),
        over => format!("**missed, {over:.1} times as much**"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_miss_says_by_how_much() {
        assert_eq!(verdict(1.5, 1.5), "met");
        assert_eq!(verdict(1.65, 1.5), "**missed by 10 %**");
        assert_eq!(verdict(450.0, 75.0), "**missed, 6.0 times as much**");
    }
}
