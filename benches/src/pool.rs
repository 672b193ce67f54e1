//! Two pinned worker threads, and the child processes of contenders that change what is global.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::Acquire};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::{env, hint, thread};

use crate::inputs::ORDER;
use crate::machine;
use crate::suite::{Runner, Suite, become_worker};

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

/// A process that one contender has for itself.
struct Alone {
    process: Child,
    asked: ChildStdin,
    told: BufReader<ChildStdout>,
}

impl Pool {
    pub(crate) fn new(suite: &'static Suite) -> Pool {
        Pool {
            suite,
            workers: (0..2).map(|number| worker(suite, number)).collect(),
            children: HashMap::new(),
            is_child: false,
        }
    }

    /// Nanoseconds that `n` operations took in each of `threads` threads at once; of the slower one.
    pub(crate) fn sample(&mut self, row: usize, threads: usize, n: usize) -> u64 {
        match self.suite.rows[row].alone {
            Some(key) if !self.is_child => {
                let child = self.children.entry(key).or_insert_with(|| Alone::new(key));
                child.sample(row, threads, n)
            }
            _ => {
                let gate = (threads > 1).then(|| Arc::new(AtomicUsize::new(0)));
                for worker in &self.workers[..threads] {
                    let gate = gate.clone();
                    let job = Job::Run { row, n, gate };
                    worker
                        .jobs
                        .send(job)
                        .expect("workers live as long as the pool");
                }
                let nanos = self.workers[..threads].iter();
                let nanos = nanos.map(|worker| worker.nanos.recv().expect("a worker panicked"));
                nanos.max().unwrap_or(0)
            }
        }
    }

    /// Ends a workload: what its rows held is dropped.
    pub(crate) fn forget(&mut self) {
        for worker in &self.workers {
            worker
                .jobs
                .send(Job::Forget)
                .expect("workers live as long as the pool");
            worker.nanos.recv().expect("a worker panicked");
        }
    }

    /// A child's whole life: samples what it is asked for, line by line.
    pub(crate) fn serve(mut self) -> io::Result<()> {
        self.is_child = true;
        for line in io::stdin().lock().lines() {
            let line = line?;
            let asked: Vec<usize> = line.split(' ').filter_map(|n| n.parse().ok()).collect();
            if let [row, threads, n] = asked[..] {
                println!("{}", self.sample(row, threads, n));
            }
        }
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for (_, child) in self.children.drain() {
            let Alone {
                mut process, asked, ..
            } = child;
            drop(asked); // the end of its input is the end of its life
            let _ = process.wait();
        }
    }
}

fn worker(suite: &'static Suite, number: usize) -> Worker {
    let (jobs, asked) = channel::<Job>();
    let (tell, nanos) = channel();
    thread::spawn(move || {
        machine::pin(machine::WORKERS[number]);
        become_worker(number);
        let mut runners: HashMap<usize, Runner> = HashMap::new();
        for job in asked {
            let taken = match job {
                Job::Forget => {
                    runners.clear();
                    0
                }
                Job::Run { row, n, gate } => {
                    let run = runners
                        .entry(row)
                        .or_insert_with(|| suite.rows[row].runner());
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
            };
            if tell.send(taken).is_err() {
                return;
            }
        }
    });
    Worker { jobs, nanos }
}

impl Alone {
    fn new(key: &str) -> Alone {
        let own = env::current_exe().expect("this program runs, so it has a file");
        let mut process = Command::new(own)
            .args(["serve", key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started once more");
        Alone {
            asked: process.stdin.take().expect("piped above"),
            told: BufReader::new(process.stdout.take().expect("piped above")),
            process,
        }
    }

    fn sample(&mut self, row: usize, threads: usize, n: usize) -> u64 {
        let mut line = String::new();
        writeln!(self.asked, "{row} {threads} {n}")
            .and_then(|()| self.asked.flush())
            .and_then(|()| self.told.read_line(&mut line))
            .expect("a child answers as long as it is asked");
        line.trim().parse().expect("a child answers with a number")
    }
}
