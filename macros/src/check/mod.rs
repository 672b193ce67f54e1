//! The rules that a well-formed item can still break, one function each, with the reason it exists.

pub(crate) mod handler;
pub(crate) mod metered;
pub(crate) mod names;
pub(crate) mod states;
pub(crate) mod timed;

use quote::ToTokens;
use syn::LitStr;

use crate::errors::{Errors, quoted};
use crate::path;
use crate::path_template::{self, TemplateProblem};

/// A path that is written out is checked here, so that the runtime never has to set it aside.
fn path(text: &LitStr, what: &str, example: &str, errors: &mut Errors) {
    let Err(problem) = path::check(&text.value()) else {
        return;
    };
    let help = match problem.instead {
        Some(instead) => format!("write `{instead:?}`"),
        None => format!("write `{example:?}`, for one"),
    };
    let written = quoted(text);
    errors.on(
        text,
        format_args!("`{written}` is not {what}: {}", problem.reason),
        help,
    );
}

/// Prometheus and OTLP refuse other labels, and by then the program runs.
fn label(text: &LitStr, errors: &mut Errors) {
    let written = text.value();
    let mut letters = written.chars();
    let first = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let rest = letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if !first || !rest || written.starts_with("__") {
        let message = format!("`{}` is not a label", quoted(text));
        errors.on(
            text.to_token_stream(),
            message,
            "start with a letter, go on with letters, digits and `_`",
        );
    }
}

/// A path from the root, as `init` takes it.
pub(crate) fn absolute_path(text: &LitStr, errors: &mut Errors) {
    path(text, "a path", "/web", errors);
}

/// See `path_template`; in braces may stand what is `known` there.
fn template(path: &LitStr, known: &[&str], errors: &mut Errors) {
    let Err(problem) = path_template::check(&path.value(), known) else {
        return;
    };
    let help = match &problem {
        TemplateProblem::Unknown(_) => {
            let known: Vec<_> = known.iter().map(|name| format!("`{{{name}}}`")).collect();
            format!("expected one of {}", known.join(", "))
        }
        TemplateProblem::Unclosed => {
            format!("write it in a pair of braces, as in `{{{}}}`", known[0])
        }
        TemplateProblem::Path(problem) => match &problem.instead {
            Some(_) => format!(
                "write one name between slashes, as in `\"/db/{{{}}}\"`",
                known[0]
            ),
            None => "write `\"/db/query\"`, for one".to_owned(),
        },
    };
    errors.on(
        path,
        format_args!("`{}` is not a path: {problem}", quoted(path)),
        help,
    );
}
