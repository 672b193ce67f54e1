//! Choosing stats by their paths.

use globset::{GlobBuilder, GlobMatcher};

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
        let glob = PathGlob::new(glob)?;
        let mut path = String::new();
        Ok(self.select(|place| {
            let matches = |name: &str| {
                path.clear();
                path.push_str(&place.shape.path);
                path.push('/');
                path.push_str(name);
                glob.is_match(&path)
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

    /// Whether this is a glob that [`filter`](Self::filter) takes.
    #[cfg(feature = "stream")]
    pub(crate) fn check_filter(glob: &str) -> Result<(), FilterError> {
        PathGlob::new(glob).map(drop)
    }
}

/// A glob over paths, as [`Snapshot::filter`] takes it.
#[derive(Clone, Debug)]
pub(crate) struct PathGlob {
    matcher: GlobMatcher,
    /// Whether it begins with the leading slash.
    rooted: bool,
}

impl PathGlob {
    pub(crate) fn new(glob: &str) -> Result<PathGlob, FilterError> {
        let built = GlobBuilder::new(glob)
            .literal_separator(true)
            .backslash_escape(true)
            .empty_alternates(true)
            .build()
            .map_err(|error| FilterError::Glob {
                glob: glob.to_owned(),
                reason: error.kind().to_string(),
            })?;
        Ok(PathGlob {
            matcher: built.compile_matcher(),
            rooted: glob.starts_with('/'),
        })
    }

    /// Whether it fits a path, given with its leading slash.
    pub(crate) fn is_match(&self, path: &str) -> bool {
        let inner = path.strip_prefix('/').unwrap_or(path);
        // `**` and `{web,api}/…` cannot be given a leading slash by prefixing one.
        self.matcher.is_match(path) || (!self.rooted && self.matcher.is_match(inner))
    }
}
