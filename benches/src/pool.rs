//! Two pinned worker threads, and the child processes of libraries that have something global.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::Acquire};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::{env, hint, thread};

use crate::failure::{Failure, Result};
use crate::inputs::ORDER;
use crate::machine;
use crate::suite::{Runner, Subject, Suite, become_worker};

enum Job {
    Run {
        row: usize,
        n: usize,
        gate: Option<Arc<AtomicUsize>>,
    },
    /// Drops every runner: the workload is over.
    Forget,
}

struct Worker {
    jobs: Sender<Job>,
    nanos: Receiver<u64>,
}

/// Runs rows of a suite, a sample at a time.
pub(crate) struct Pool {
    suite: &'static Suite,
    workers: Vec<Worker>,
    children: HashMap<&'static str, Alone>,
    is_child: bool,
}

impl Pool {
    pub(crate) fn new(suite: &'static Suite) -> Pool {
        Pool {
            suite,
            workers: (0..2).map(|number| Worker::new(suite, number)).collect(),
            children: HashMap::new(),
            is_child: false,
        }
    }

    /// Nanoseconds that `n` operations took in each of `threads` threads at once; of the slower one.
    pub(crate) fn sample(&mut self, row: usize, threads: usize, n: usize) -> Result<u64> {
        let contender = &self.suite.rows[row];
        if contender.alone && !self.is_child {
            let library = contender.library;
            if !self.children.contains_key(library) {
                self.children.insert(library, Alone::new(library)?);
            }
            return match self.children.get_mut(library) {
                Some(child) => child.sample(row, threads, n),
                None => Err(Failure::NoRow(row)),
            };
        }
        let gate = (threads > 1).then(|| Arc::new(AtomicUsize::new(0)));
        let workers = &self.workers[..threads];
        for worker in workers {
            let gate = gate.clone();
            worker.begin(Job::Run { row, n, gate })?;
        }
        let mut slowest = 0;
        for worker in workers {
            slowest = slowest.max(worker.end()?);
        }
        Ok(slowest)
    }

    /// Ends a workload: what its rows held is dropped.
    pub(crate) fn forget(&mut self) -> Result<()> {
        for worker in &self.workers {
            worker.begin(Job::Forget)?;
            worker.end()?;
        }
        Ok(())
    }

    /// A child's whole life: samples what it is asked for, line by line.
    pub(crate) fn serve(mut self, library: &str) -> Result<()> {
        self.is_child = true;
        self.suite.become_alone(library);
        for line in io::stdin().lock().lines() {
            let line = line?;
            let asked: Vec<usize> = line.split(' ').filter_map(|n| n.parse().ok()).collect();
            if let [row, threads, n] = asked[..] {
                writeln!(io::stdout(), "{}", self.sample(row, threads, n)?)?;
            }
        }
        Ok(())
    }
}

impl Worker {
    fn new(suite: &'static Suite, number: usize) -> Worker {
        let (jobs, asked) = channel::<Job>();
        let (tell, nanos) = channel();
        thread::spawn(move || {
            machine::pin(machine::WORKERS[number]);
            become_worker(number);
            let mut runners = HashMap::new();
            for job in asked {
                let taken = match job {
                    Job::Forget => {
                        runners.clear();
                        0
                    }
                    Job::Run { row, n, gate } => run(suite, &mut runners, row, n, gate.as_deref()),
                };
                if tell.send(taken).is_err() {
                    return;
                }
            }
        });
        Worker { jobs, nanos }
    }

    fn begin(&self, job: Job) -> Result<()> {
        self.jobs.send(job).map_err(|_| Failure::Panicked)
    }

    fn end(&self) -> Result<u64> {
        self.nanos.recv().map_err(|_| Failure::Panicked)
    }
}

/// Runs one sample; with a gate, at the same time as the other worker.
fn run(
    suite: &Suite,
    runners: &mut HashMap<usize, Runner>,
    row: usize,
    n: usize,
    gate: Option<&AtomicUsize>,
) -> u64 {
    let Subject::Timed(make) = &suite.rows[row].subject else {
        return 0;
    };
    let run = runners.entry(row).or_insert_with(make);
    // Fills the caches, and registers the thread the first time.
    run((n / 2).clamp(1, ORDER));
    if let Some(gate) = gate {
        gate.fetch_add(1, AcqRel);
        while gate.load(Acquire) < 2 {
            hint::spin_loop();
        }
    }
    run(n)
}

/// A process that one library has for itself. It ends when its input does.
struct Alone {
    process: Child,
    asked: Option<ChildStdin>,
    told: BufReader<ChildStdout>,
    library: &'static str,
}

/// This program once more, to be started with other arguments.
pub(crate) fn this_program(arguments: &[&str]) -> Result<Command> {
    let own = env::current_exe().map_err(|source| Failure::Start {
        program: "calipers-bench".to_owned(),
        source,
    })?;
    let mut command = Command::new(own);
    command.args(arguments);
    Ok(command)
}

impl Alone {
    fn new(library: &'static str) -> Result<Alone> {
        let mut command = this_program(&["serve", library])?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|source| Failure::Start {
            program: format!("calipers-bench serve {library}"),
            source,
        })?;
        match (process.stdin.take(), process.stdout.take()) {
            (asked @ Some(_), Some(told)) => Ok(Alone {
                process,
                asked,
                told: BufReader::new(told),
                library,
            }),
            _ => Err(Failure::Ended(format!("serve {library}"))),
        }
    }

    fn sample(&mut self, row: usize, threads: usize, n: usize) -> Result<u64> {
        let ended = || Failure::Ended(format!("serve {}", self.library));
        let asked = self.asked.as_mut().ok_or_else(ended)?;
        let mut line = String::new();
        writeln!(asked, "{row} {threads} {n}")
            .and_then(|()| asked.flush())
            .and_then(|()| self.told.read_line(&mut line))
            .map_err(|_| ended())?;
        line.trim().parse().map_err(|_| ended())
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.asked = None;
        let _ = self.process.wait();
    }
}
