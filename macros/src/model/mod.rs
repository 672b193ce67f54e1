//! What the user wrote, understood: options resolved, names settled, the syntax kept for its spans.

pub(crate) mod collection;
pub(crate) mod handler;
pub(crate) mod metered;
pub(crate) mod named;
pub(crate) mod returned;
pub(crate) mod slow;
pub(crate) mod states;
pub(crate) mod timed;
pub(crate) mod variants;

use syn::parse::Parser;
use syn::{LitStr, Path, parse_quote};

use crate::attr::Options;
use crate::case::{CASES, Case};
use crate::errors::{Errors, quoted};
use crate::merging::{MERGINGS, Merging};
use crate::nearest::nearest;

/// Where `calipers` is: what `crate = "…"` says, `::calipers` otherwise.
pub(crate) fn crate_path(options: &Options, errors: &mut Errors) -> Path {
    let usual = parse_quote!(::calipers);
    let Some(text) = options.text("crate") else {
        return usual;
    };
    match Path::parse_mod_style.parse_str(&text.value()) {
        Ok(mut path) => {
            for segment in &mut path.segments {
                segment.ident.set_span(text.span());
            }
            path
        }
        Err(_) => {
            errors.on(
                text,
                format_args!("`{}` is not a path", text.value()),
                "write the path of `calipers`, as in `crate = \"::calipers\"`",
            );
            usual
        }
    }
}

/// The case that `rename_all` asks for.
pub(crate) fn case(options: &Options, errors: &mut Errors) -> Option<Case> {
    let text = options.text("rename_all")?;
    let case = Case::named(&text.value());
    if case.is_none() {
        let known = CASES.map(|(name, _)| name);
        unknown_word(text, "a case that `rename_all` knows", known, errors);
    }
    case
}

/// How a gauge is merged, as `merge` says.
pub(crate) fn merging(options: &Options, errors: &mut Errors) -> Option<Merging> {
    let text = options.text("merge")?;
    let merging = Merging::named(&text.value());
    if merging.is_none() {
        let known = MERGINGS.map(|merging| merging.name());
        unknown_word(text, "a way to merge gauges", known, errors);
    }
    merging
}

/// A word that is none of those that are known.
fn unknown_word<const N: usize>(text: &LitStr, what: &str, known: [&str; N], errors: &mut Errors) {
    let list = known.map(|name| format!("`{name}`")).join(", ");
    let meant = nearest(&text.value(), known);
    let meant = meant
        .map(|meant| format!("did you mean `{meant}`? "))
        .unwrap_or_default();
    errors.on(
        text,
        format_args!("`{}` is not {what}", quoted(text)),
        format_args!("{meant}expected one of {list}"),
    );
}
