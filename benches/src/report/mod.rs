//! How results are shown.

mod markdown;
mod plot;
pub(crate) mod table;

use std::fs;
use std::path::Path;

use crate::failure::{Failure, Result};
use crate::instructions::Counted;
use crate::results::Results;

/// Writes `RESULTS.md` and its plot beside this crate.
pub(crate) fn write(results: &Results<'_>, counted: &[Counted<'_>]) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [
        ("results.svg", plot::svg(results)),
        ("RESULTS.md", markdown::page(results, counted)),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|source| Failure::Write { path, source })?;
    }
    Ok(())
}
