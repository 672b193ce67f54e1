//! `calipers web`: what mmash was, and the page.
//!
//! What is named on the command line is looked up anew for every request, so that processes come and go. Nothing in a
//! request is ever a path: globs choose among the names that were found.
//!
//! How it fits: the library serves the page and `/metrics`; `routes` has mmash's JSON beside it, `aggregate` its
//! arithmetic.

mod aggregate;
mod routes;

use std::process::ExitCode;
use std::sync::Arc;

use calipers::report::http::Server;
use calipers::{Registry, Snapshot};

use crate::cli::Web;
use crate::problem::{Problem, complain};
use crate::source::{Source, found};
use crate::terminal::print;

/// What is served.
pub(crate) struct Processes {
    words: Vec<String>,
}

impl Processes {
    /// The processes there are now; none when nothing is there.
    fn sources(&self) -> Vec<Source> {
        found(&self.words).unwrap_or_default()
    }

    /// Those that can be read, by name. One that ended while it was read is left out.
    fn read(&self) -> Vec<(Source, Snapshot)> {
        let sources = self.sources().into_iter();
        sources
            .filter_map(|source| source.read().ok().map(|snapshot| (source, snapshot)))
            .collect()
    }

    fn side_by_side(&self) -> Snapshot {
        Snapshot::side_by_side(
            self.read()
                .into_iter()
                .map(|(source, snapshot)| (source.name, snapshot)),
        )
    }
}

pub(crate) fn run(asked: &Web) -> Result<ExitCode, Problem> {
    if let Err(Problem::Said(nothing)) = found(&asked.sources) {
        // It may come later; a mistake in a name is seen here.
        complain(&format!("{nothing}, so far"));
    }
    let processes = Arc::new(Processes {
        words: asked.sources.clone(),
    });
    let shown = Arc::clone(&processes);
    let name = match &*asked.sources {
        [] => "calipers".to_owned(),
        words => words.join(" "),
    };
    let mut server = Server::builder(&*asked.listen)
        .name(name)
        .registry(&Registry::new())
        .source(move || shown.side_by_side())
        .beside(routes::of(processes));
    for host in &asked.allow_host {
        server = server.allow_host(host);
    }
    let server = server
        .start()
        .map_err(|error| Problem::said(error.to_string()))?;
    print(format!("{}\n", server.url()).as_bytes())?;
    loop {
        std::thread::park(); // it serves from a thread of its own until somebody ends it
    }
}
