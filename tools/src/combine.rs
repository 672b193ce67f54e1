//! `calipers combine`: many servers' stats as one, by rules.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use calipers::combine::{Rules, Servers};

use crate::cli::Combine;
use crate::problem::Problem;
use crate::terminal::print;

pub(crate) fn run(asked: &Combine) -> Result<ExitCode, Problem> {
    let rules = asked.rules.display();
    let text = fs::read_to_string(&asked.rules)
        .map_err(|error| Problem::said(format!("cannot read `{rules}`: {error}")))?;
    let rules =
        Rules::from_toml(&text).map_err(|error| Problem::Usage(format!("`{rules}`: {error}")))?;
    let servers = servers(&asked.servers)?;
    let combined = servers
        .patience(Duration::from_secs_f64(asked.patience))
        .combine(&rules);
    let text = if asked.json {
        serde_json::to_string_pretty(&combined).map_err(|error| Problem::said(error.to_string()))?
            + "\n"
    } else {
        format!("{combined}\n")
    };
    print(text.as_bytes())?;
    Ok(ExitCode::from(u8::from(!combined.is_complete())))
}

/// One folder, or pages.
fn servers(given: &[String]) -> Result<Servers, Problem> {
    if let [folder] = given
        && Path::new(folder).is_dir()
    {
        return Servers::folder(folder)
            .map_err(|error| Problem::said(format!("cannot list `{folder}`: {error}")));
    }
    if let Some(folder) = given.iter().find(|text| Path::new(text).is_dir()) {
        return Err(Problem::Usage(format!(
            "`{folder}` is a folder; give one folder alone, or addresses"
        )));
    }
    // An address without its scheme begins with a host and mostly has a port; a path of a folder has neither.
    let is_path = |text: &&String| text.contains('/') && !text.contains(':');
    if let Some(folder) = given.iter().find(is_path) {
        return Err(Problem::said(format!(
            "there is no folder `{folder}`; an address is `host:port` or `http://…`"
        )));
    }
    Ok(Servers::pages(given.iter().cloned()))
}
