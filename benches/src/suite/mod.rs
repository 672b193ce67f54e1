//! The suite: what contenders register.
//!
//! A contender is one module of [`crate::contenders`]. It registers a row for each workload that its library can do: how
//! the library is set up, what each thread holds, and the one step that is timed. A row says where it does less than the
//! others. Adding a contender is writing one such module and naming it in the list.

mod shapes;
mod timing;

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError, Weak};

pub(crate) use timing::{Runner, barrier, become_worker, phase, runner};

use crate::workload::Workload;
use timing::measured_loop;

/// What the rows of the floors name as their library: the machine itself.
pub(crate) const FLOOR: &str = "floor";
/// What our own rows name as their library.
pub(crate) const OURS: &str = "calipers";

/// One contender in one workload.
pub(crate) struct Row {
    pub(crate) workload: Workload,
    pub(crate) name: String,
    /// The crate that it is of, or [`FLOOR`].
    pub(crate) library: &'static str,
    /// What it does more than others, or less.
    pub(crate) remark: &'static str,
    /// It does less than calipers does, so that its time is not to be compared one to one.
    pub(crate) does_less: bool,
    /// Of the floor's rows, the one that ratios are taken against; of ours, the one that stands for calipers.
    pub(crate) leads: bool,
    /// With how many threads it is run.
    pub(crate) threads: &'static [usize],
    /// Run in a child process, because its library has something global that would change other rows.
    pub(crate) alone: bool,
    /// It looks keys up by a hash whose seed differs from process to process.
    pub(crate) hashes: bool,
    pub(crate) subject: Subject,
}

/// What is done with a row.
pub(crate) enum Subject {
    /// It is run, in threads of the pool.
    Timed(Box<dyn Fn() -> Runner + Send + Sync>),
    /// So many things are made, in a process of their own, and weighed.
    Weighed(usize, Box<dyn Fn(usize) -> Box<dyn Any> + Send + Sync>),
}

impl Row {
    pub(crate) fn note(&mut self, remark: &'static str) -> &mut Row {
        self.remark = remark;
        self
    }

    /// Says in what it does less than calipers.
    pub(crate) fn does_less(&mut self, remark: &'static str) -> &mut Row {
        self.does_less = true;
        self.note(remark)
    }

    pub(crate) fn hashes(&mut self) -> &mut Row {
        self.hashes = true;
        self
    }

    pub(crate) fn leads(&mut self) -> &mut Row {
        self.leads = true;
        self
    }

    #[cfg(feature = "peers")]
    pub(crate) fn alone(&mut self) -> &mut Row {
        self.alone = true;
        self
    }
}

/// Everything that can be run.
#[derive(Default)]
pub(crate) struct Suite {
    pub(crate) rows: Vec<Row>,
    /// Whose rows are being registered.
    library: &'static str,
    /// What sets the child process of a library up.
    alone: Vec<(&'static str, fn())>,
}

impl Suite {
    /// The rows registered from here on are of this library.
    pub(crate) fn rows_of(&mut self, library: &'static str) {
        self.library = library;
    }

    /// The rows of this library that are run [`alone`](Row::alone) need this first.
    #[cfg(feature = "peers")]
    pub(crate) fn set_up_alone(&mut self, set_up: fn()) {
        self.alone.push((self.library, set_up));
    }

    /// Sets this process up as the one of a library's rows that are run alone.
    pub(crate) fn become_alone(&self, library: &str) {
        for (_, set_up) in self.alone.iter().filter(|(of, _)| *of == library) {
            set_up();
        }
    }

    fn row(
        &mut self,
        workload: Workload,
        name: &str,
        threads: &'static [usize],
        subject: Subject,
    ) -> &mut Row {
        self.rows.push(Row {
            workload,
            name: name.to_owned(),
            library: self.library,
            remark: "",
            does_less: false,
            leads: false,
            threads,
            alone: false,
            hashes: false,
            subject,
        });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    /// A row with a runner of its own making, in one thread.
    pub(crate) fn custom(
        &mut self,
        workload: Workload,
        name: &str,
        make: impl Fn() -> Runner + Send + Sync + 'static,
    ) -> &mut Row {
        self.row(workload, name, &[1], Subject::Timed(Box::new(make)))
    }

    /// One operation. `shared` is made once for all threads of a row and `held` once a thread, both before any
    /// measurement; only `step` is timed.
    pub(crate) fn operation<S, T, F>(
        &mut self,
        workload: Workload,
        name: &str,
        threads: &'static [usize],
        shared: impl Fn() -> S + Send + Sync + 'static,
        held: impl Fn(&Arc<S>) -> T + Send + Sync + 'static,
        step: F,
    ) -> &mut Row
    where
        S: Send + Sync + 'static,
        T: 'static,
        F: Fn(&mut T, usize) + Copy + Send + Sync + 'static,
    {
        let present: Mutex<Weak<S>> = Mutex::new(Weak::new());
        let make = move || -> Runner {
            let shared = {
                let mut present = present.lock().unwrap_or_else(PoisonError::into_inner);
                present.upgrade().unwrap_or_else(|| {
                    let made = Arc::new(shared());
                    *present = Arc::downgrade(&made);
                    made
                })
            };
            let mut held = held(&shared);
            // What is shared lives as long as the runner: until the workload is over.
            Box::new(move |n| {
                let _kept = &shared;
                measured_loop(&mut held, n, step)
            })
        };
        self.row(workload, name, threads, Subject::Timed(Box::new(make)))
    }

    /// Memory of `n` things; `make` builds them and returns what keeps them alive.
    pub(crate) fn memory(
        &mut self,
        workload: Workload,
        name: &str,
        n: usize,
        make: impl Fn(usize) -> Box<dyn Any> + Send + Sync + 'static,
    ) -> &mut Row {
        self.row(workload, name, &[1], Subject::Weighed(n, Box::new(make)))
    }
}
