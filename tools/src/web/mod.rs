//! `calipers web`: what mmash was, and the page.
//!
//! What is named on the command line is looked up again and again, so that processes come and go. Nothing in a request is
//! ever a path: globs choose among the names that were found.
//!
//! How it fits: the library serves the page and `/metrics`; `routes` has mmash's JSON beside it, `aggregate` its
//! arithmetic; `looks` sees to it that many requests are few readings.

mod aggregate;
mod looks;
mod routes;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use calipers::report::http::{ServeError, Server};
use calipers::{Registry, Snapshot};

use crate::cli::Web;
use crate::problem::{Problem, complain};
use crate::source::{Source, found};
use crate::terminal::print;
use looks::Looks;

/// What is served.
pub(crate) struct Processes {
    words: Vec<String>,
    looks: Looks<Look>,
}

/// The processes there were, and what they said; nothing of one that could not be read, or ended meanwhile.
pub(crate) struct Look {
    pub(crate) found: Vec<(Source, Option<Snapshot>)>,
    side_by_side: OnceLock<Snapshot>,
}

impl Processes {
    /// The processes there are, as of a moment ago.
    fn look(&self) -> Arc<Look> {
        let look = || {
            let found = found(&self.words).map_or_else(|_| Vec::new(), |found| found.sources);
            Look {
                found: found
                    .into_iter()
                    .map(|source| {
                        let snapshot = source.read().ok().map(|look| look.snapshot);
                        (source, snapshot)
                    })
                    .collect(),
                side_by_side: OnceLock::new(),
            }
        };
        self.looks.fresh(Instant::now, look)
    }
}

impl Look {
    /// Those that could be read.
    fn read(&self) -> impl Iterator<Item = (&Source, &Snapshot)> {
        let found = self.found.iter();
        found.filter_map(|(source, snapshot)| Some((source, snapshot.as_ref()?)))
    }

    fn side_by_side(&self) -> Snapshot {
        let made = self.side_by_side.get_or_init(|| {
            let named =
                |(source, snapshot): (&Source, &Snapshot)| (source.name.clone(), snapshot.clone());
            Snapshot::side_by_side(self.read().map(named))
        });
        made.clone()
    }
}

pub(crate) fn run(asked: &Web) -> Result<ExitCode, Problem> {
    match found(&asked.sources) {
        Ok(found) => drop(found.complain()),
        // It may come later; a mistake in a name is seen here.
        Err(Problem::Said(nothing)) => complain(&format!("{nothing}, so far")),
        Err(problem) => return Err(problem),
    }
    let processes = Arc::new(Processes {
        words: asked.sources.clone(),
        looks: Looks::new(),
    });
    let shown = Arc::clone(&processes);
    let name = match &*asked.sources {
        [] => "calipers".to_owned(),
        words => words.join(" "),
    };
    let mut server = Server::builder(&*asked.listen)
        .name(name)
        .registry(&Registry::new())
        .source(move || shown.look().side_by_side())
        .beside(routes::of(processes));
    for host in &asked.allow_host {
        server = server.allow_host(host);
    }
    let server = server.start().map_err(|error| match error {
        ServeError::Address(_) => Problem::Usage(error.to_string()),
        error => Problem::said(error.to_string()),
    })?;
    print(format!("{}\n", server.url()).as_bytes())?;
    loop {
        std::thread::park(); // it serves from a thread of its own until somebody ends it
    }
}
