//! The rules of an enum that derives `States`.

use std::collections::HashMap;

use crate::errors::Errors;
use crate::model::states::States;

/// Holds every rule against the enum.
pub(crate) fn check(states: &States, errors: &mut Errors) {
    if states.states.is_empty() {
        errors.on(
            &states.ident,
            format_args!("`{}` has no states", states.ident),
            "add a variant for each state",
        );
    }
    names_are_segments(states, errors);
    names_are_distinct(states, errors);
}

/// A state's name is the last segment of the path at which it is counted.
fn names_are_segments(states: &States, errors: &mut Errors) {
    for state in &states.states {
        let Some(given) = &state.given else { continue };
        if given.value().contains('/') {
            errors.on(
                given,
                format_args!("`{}` is not a state's name: it holds a `/`", given.value()),
                "a name is one segment of a path; write it without `/`",
            );
        } else {
            super::path(given, "a state's name", "waiting", errors);
        }
    }
}

/// Two states of one name would be counted together and read back as the first.
fn names_are_distinct(states: &States, errors: &mut Errors) {
    let mut seen = HashMap::new();
    for state in &states.states {
        if let Some(first) = seen.insert(&state.name, &state.ident) {
            let message = format!(
                "`{first}` and `{}` are both named `{}`",
                state.ident, state.name
            );
            let help = "rename one with `#[state(name = \"…\")]`";
            match &state.given {
                Some(given) => errors.on(given, message, help),
                None => errors.on(&state.ident, message, help),
            }
        }
    }
}
