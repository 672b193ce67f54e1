//! The rules of an enum that derives `States`.

use crate::errors::Errors;
use crate::keys::Place;
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
    super::names::check(&states.states, Place::Variant, "a state's name", errors);
}
