//! The rules that a well-formed item can still break, one function each, with the reason it exists.

pub(crate) mod handler;
pub(crate) mod states;

use quote::ToTokens;
use syn::LitStr;

use crate::errors::Errors;
use crate::path;

/// A path that is written out is checked here, so that the runtime never has to set it aside.
fn path(text: &LitStr, what: &str, errors: &mut Errors) {
    let written = text.value();
    let Err(problem) = path::check(&written) else {
        return;
    };
    let help = match problem.instead {
        Some(instead) => format!("write `{instead:?}`"),
        None => "write one or more segments, as in `\"errors/timeout\"`".to_owned(),
    };
    let written = written.escape_default();
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
        let message = format!("`{}` is not a label", written.escape_default());
        errors.on(
            text.to_token_stream(),
            message,
            "start with a letter, go on with letters, digits and `_`",
        );
    }
}

/// A path from the root, as `init` takes it.
pub(crate) fn absolute_path(text: &LitStr, errors: &mut Errors) {
    path(text, "a path", errors);
}
