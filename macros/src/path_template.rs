//! Paths with places to fill in: `{fn}`, `{module}`, `{type}`.

use std::fmt;

use crate::path::{self, PathProblem};

/// Why a text is not a template.
#[derive(Debug, PartialEq)]
pub(crate) enum TemplateProblem {
    Unknown(String),
    Unclosed,
    Path(PathProblem),
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TemplateProblem::Unknown(name) => write!(f, "`{{{name}}}` stands for nothing"),
            TemplateProblem::Unclosed => f.write_str("a brace is not closed"),
            TemplateProblem::Path(problem) => problem.reason.fmt(f),
        }
    }
}

/// Whether `template` is one, with nothing but what is `known` in braces, and a path when that is filled in.
pub(crate) fn check(template: &str, known: &[&str]) -> Result<(), TemplateProblem> {
    let mut rest = template;
    let mut filled = String::new();
    while let Some((before, after)) = rest.split_once(['{', '}']) {
        filled.push_str(before);
        if rest.as_bytes().get(before.len()) == Some(&b'}') {
            return Err(TemplateProblem::Unclosed);
        }
        let Some((name, after)) = after.split_once('}') else {
            return Err(TemplateProblem::Unclosed);
        };
        if !known.contains(&name) {
            return Err(TemplateProblem::Unknown(name.to_owned()));
        }
        filled.push('x');
        rest = after;
    }
    filled.push_str(rest);
    path::check(&slashed(&filled)).map_err(TemplateProblem::Path)
}

/// Whether `{name}` stands in the template.
pub(crate) fn has(template: &str, name: &str) -> bool {
    template.contains(&format!("{{{name}}}"))
}

/// The template with `{name}` filled in.
pub(crate) fn fill(template: &str, name: &str, value: &str) -> String {
    template.replace(&format!("{{{name}}}"), value)
}

/// A name that uses dots, as `my.http.endpoints`, means the path that has slashes there.
pub(crate) fn slashed(name: &str) -> String {
    if name.contains('/') {
        name.to_owned()
    } else {
        name.replace('.', "/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_a_path_once_it_is_filled_in() {
        assert_eq!(
            check("/http/{type}/{fn}", &["fn", "module", "type"]),
            Ok(())
        );
        assert_eq!(
            check("http.{type}.latency", &["fn", "module", "type"]),
            Ok(())
        );
        assert_eq!(check("{module}/x-{fn}", &["fn", "module", "type"]), Ok(()));
        assert_eq!(
            check("a/{name}", &["fn", "module", "type"]),
            Err(TemplateProblem::Unknown("name".into()))
        );
        assert_eq!(
            check("a/{fn}", &["type"]),
            Err(TemplateProblem::Unknown("fn".into()))
        );
        assert_eq!(
            check("a/{fn", &["fn", "module", "type"]),
            Err(TemplateProblem::Unclosed)
        );
        assert_eq!(
            check("a/fn}", &["fn", "module", "type"]),
            Err(TemplateProblem::Unclosed)
        );
        assert!(matches!(
            check("a//{fn}", &["fn", "module", "type"]),
            Err(TemplateProblem::Path(_))
        ));
        assert_eq!(fill("a/{fn}", "fn", "parse"), "a/parse");
    }
}
