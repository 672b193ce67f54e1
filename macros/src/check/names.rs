//! The rules of the names that variants go by.

use std::collections::HashMap;

use crate::errors::Errors;
use crate::keys::Place;
use crate::model::named::NamedVariant;

/// Holds every rule against the names; `what` is what one is called, as in `a state's name`.
pub(crate) fn check(variants: &[NamedVariant], place: Place, what: &str, errors: &mut Errors) {
    are_segments(variants, what, errors);
    are_distinct(variants, place, errors);
}

/// A name is the last segment of the path at which it is counted.
fn are_segments(variants: &[NamedVariant], what: &str, errors: &mut Errors) {
    for given in variants.iter().filter_map(|variant| variant.given.as_ref()) {
        if given.value().contains('/') {
            errors.on(
                given,
                format_args!("`{}` is not {what}: it holds a `/`", given.value()),
                "a name is one segment of a path; write it without `/`",
            );
        } else {
            super::path(given, what, "waiting", errors);
        }
    }
}

/// Two of one name would be counted together and read back as the first.
fn are_distinct(variants: &[NamedVariant], place: Place, errors: &mut Errors) {
    let mut seen = HashMap::new();
    for variant in variants {
        if let Some(first) = seen.insert(&variant.name, &variant.ident) {
            let message = format!(
                "`{first}` and `{}` are both named `{}`",
                variant.ident, variant.name
            );
            let help = format!("rename one with `#[{}(name = \"…\")]`", place.attribute());
            match &variant.given {
                Some(given) => errors.on(given, message, help),
                None => errors.on(&variant.ident, message, help),
            }
        }
    }
}
