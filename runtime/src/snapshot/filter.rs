//! Choosing stats by their paths.

use globset::GlobBuilder;

use super::Snapshot;
use super::select::Kept;

/// Why a filter was not applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// The text is not a glob.
    #[error("`{glob}` is not a glob: {reason}")]
    Glob {
        /// The text that was given.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Snapshot {
    /// The stats whose path matches a glob, with the places that lead to them.
    ///
    /// `*` and `?` stay within a segment, `**` crosses segments, `[a-z]` and `{a,b}` are alternatives, `\` takes the
    /// next character as it is: `/processor/*/finished`, `/handler/**`, `**/latency`, `/{web,api}/errors`. The
    /// leading `/` may be left out. A stat is kept whole or not at all; places without any stat left go, except
    /// those on the way to one.
    ///
    /// # Errors
    ///
    /// [`FilterError::Glob`] when the text is not a glob, for instance `[a`.
    ///
    /// ```
    /// let registry = calipers::Registry::new();
    /// registry.counter("web.errors")?;
    /// registry.counter("web.success")?;
    /// let errors = registry.snapshot().filter("/*/errors")?;
    /// assert_eq!(errors.counter("/web/errors"), Some(0));
    /// assert_eq!(errors.counter("/web/success"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn filter(&self, glob: &str) -> Result<Snapshot, FilterError> {
        let matcher = GlobBuilder::new(glob)
            .literal_separator(true)
            .backslash_escape(true)
            .empty_alternates(true)
            .build()
            .map_err(|error| FilterError::Glob {
                glob: glob.to_owned(),
                reason: error.kind().to_string(),
            })?
            .compile_matcher();
        let rooted = glob.starts_with('/');
        let mut path = String::new();
        Ok(self.select(|place| {
            let matches = |name: &str| {
                path.clear();
                path.push_str(&place.shape.path);
                path.push('/');
                path.push_str(name);
                // `**` and `{web,api}/…` cannot be given a leading slash by prefixing one.
                matcher.is_match(&path) || (!rooted && matcher.is_match(&path[1..]))
            };
            Kept::Stats(
                place
                    .shape
                    .stats
                    .iter()
                    .map(|stat| &*stat.name)
                    .map(matches)
                    .collect(),
            )
        }))
    }
}
