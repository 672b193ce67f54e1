//! `calipers aggregate`: what the publishers of many processes send, as one tree.

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use calipers::Registry;
use calipers::distributed::{Aggregator, BindError};
use calipers::report::http::Server;

use crate::cli::Aggregate;
use crate::ending::{Ending, end_by};
use crate::problem::{Problem, complain_as_the_library_does};
use crate::terminal::print;

/// How long a signal may lie before it is noticed.
const GLANCE: Duration = Duration::from_millis(50);

pub(crate) fn run(asked: &Aggregate) -> Result<ExitCode, Problem> {
    complain_as_the_library_does();
    let registry = Registry::new();
    let mut aggregator = Aggregator::bind(&*asked.bind)
        .forget_after(Duration::from_secs_f64(asked.forget_after))
        .registry(&registry);
    for (glob, merging) in &asked.gauge {
        aggregator = aggregator.gauges(glob, *merging);
    }
    if let Some(path) = &asked.key_file {
        let key = fs::read(path)
            .map_err(|error| Problem::said(format!("cannot read `{}`: {error}", path.display())))?;
        aggregator = aggregator.key(key.trim_ascii());
    }
    if asked.beyond_loopback {
        aggregator = aggregator.beyond_loopback();
    }
    if let Some(path) = &asked.keep {
        aggregator = aggregator.keep(path);
    }
    let ending = Ending::noted()?;
    let aggregator = aggregator.start().map_err(problem)?;
    let (united, side_by_side) = (aggregator.united(), asked.side_by_side);
    let mut server = Server::builder(&*asked.http)
        .name(&*asked.bind)
        .registry(&registry)
        .source(move || match side_by_side {
            true => united.side_by_side(),
            false => united.snapshot(),
        });
    for host in &asked.allow_host {
        server = server.allow_host(host);
    }
    let server = server
        .start()
        .map_err(|error| Problem::said(error.to_string()))?;
    let endpoint = aggregator.endpoint();
    print(format!("{} shows what is sent to {endpoint}\n", server.url()).as_bytes())?;
    // All the work is done by other threads until somebody ends it.
    let signal = loop {
        match ending.signal() {
            Some(signal) => break signal,
            None => std::thread::sleep(GLANCE),
        }
    };
    drop(aggregator); // it keeps what is to be kept
    end_by(signal)
}

/// As the library has it, but for what is written differently on a command line.
fn problem(error: BindError) -> Problem {
    match error {
        BindError::Address { .. } => Problem::Usage(error.to_string()),
        BindError::BeyondLoopback { addr } => Problem::Usage(format!(
            "`{addr}` can be reached from other machines; if that is meant, say so with --beyond-loopback"
        )),
        BindError::Key { addr } => Problem::Usage(format!(
            "`{addr}` needs a key that publishers know too, and that is not empty; give one with --key-file"
        )),
        error => Problem::said(error.to_string()),
    }
}
