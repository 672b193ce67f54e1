//! What was measured, and whom it is compared with.

use crate::suite::{FLOOR, OURS, Row, Suite};
use crate::workload::Workload;

/// One row, with one number of threads, measured. In the unit of its workload.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) row: usize,
    pub(crate) threads: usize,
    pub(crate) min: f64,
    pub(crate) median: f64,
}

impl Measured {
    pub(crate) fn new(row: usize, threads: usize, mut samples: Vec<f64>) -> Measured {
        samples.sort_by(f64::total_cmp);
        let at = |place: usize| samples.get(place).copied().unwrap_or(f64::NAN);
        Measured {
            row,
            threads,
            min: at(0),
            median: at(samples.len() / 2),
        }
    }
}

/// Everything that was measured in a run.
pub(crate) struct Results<'a> {
    pub(crate) suite: &'a Suite,
    measured: Vec<Measured>,
}

impl<'a> Results<'a> {
    pub(crate) fn new(suite: &'a Suite) -> Results<'a> {
        Results {
            suite,
            measured: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, measured: Vec<Measured>) {
        self.measured.extend(measured);
    }

    /// One workload with so many threads, the fastest first.
    pub(crate) fn of(&self, workload: Workload, threads: usize) -> Vec<(&'a Row, &Measured)> {
        let all = self.measured.iter();
        let mut of: Vec<_> = all
            .map(|measured| (&self.suite.rows[measured.row], measured))
            .filter(|(row, measured)| row.workload == workload && measured.threads == threads)
            .collect();
        of.sort_by(|(_, a), (_, b)| a.median.total_cmp(&b.median));
        of
    }

    fn leader(&self, library: &str, workload: Workload, threads: usize) -> Option<&Measured> {
        let of = self.of(workload, threads);
        let mut leaders = of
            .into_iter()
            .filter(|(row, _)| row.leads && row.library == library);
        leaders.next().map(|(_, measured)| measured)
    }

    /// What ratios are taken against.
    pub(crate) fn floor(&self, workload: Workload, threads: usize) -> Option<f64> {
        self.leader(FLOOR, workload, threads).map(|it| it.median)
    }

    /// What stands for calipers.
    pub(crate) fn ours(&self, workload: Workload, threads: usize) -> Option<f64> {
        self.leader(OURS, workload, threads).map(|it| it.median)
    }
}
