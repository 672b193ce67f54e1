//! `calipers pipes`: what the named pipes of this host say, together.

use std::process::ExitCode;
use std::time::Duration;

use calipers::report::pipe::service::{Options, gather, serve};

use crate::cli::Pipes;
use crate::problem::{Problem, complain_as_the_library_does};
use crate::terminal::print;

pub(crate) fn run(asked: &Pipes) -> Result<ExitCode, Problem> {
    let patience = Duration::from_secs_f64(asked.patience);
    if let Some(listen) = &asked.serve {
        complain_as_the_library_does();
        let options = Options {
            folder: asked.folder.clone(),
            listen: listen.clone(),
            patience,
            ..Options::default()
        };
        let path = options.path.clone();
        let server = serve(options).map_err(|error| Problem::said(error.to_string()))?;
        print(format!("{}{path}\n", server.url().trim_end_matches('/')).as_bytes())?;
        loop {
            std::thread::park(); // it serves from a thread of its own until somebody ends it
        }
    }
    // A service waits for the first process; who asks once has mistyped it, or asks too early.
    if !asked.folder.exists() {
        let folder = asked.folder.display();
        return Err(Problem::said(format!(
            "there is no folder `{folder}`; a process that has a pipe makes it"
        )));
    }
    let gathered = gather(&asked.folder, patience).map_err(|error| {
        Problem::said(format!("cannot list `{}`: {error}", asked.folder.display()))
    })?;
    let json = serde_json::to_string_pretty(&gathered)
        .map_err(|error| Problem::said(error.to_string()))?;
    print((json + "\n").as_bytes())?;
    Ok(ExitCode::from(u8::from(!gathered.is_complete())))
}
