//! From the model to Rust: one file for each kind of item that is generated.
//!
//! The output calls into the runtime and does no work of its own, names everything from its root,
//! and uses nothing of the prelude, so that it compiles wherever the user's item does.

pub(crate) mod collection;
pub(crate) mod generics;
pub(crate) mod handler;
pub(crate) mod init;
pub(crate) mod metered;
pub(crate) mod parts;
pub(crate) mod states;
pub(crate) mod timed;
pub(crate) mod variants;

#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod unfinished;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::errors::Errors;
use crate::keys::Place;
use crate::model::handler::{Flavour, Handler};
use crate::model::states::States;
use crate::model::variants::Variants;
use crate::{check, fallback, partial};

/// The item of a derive, as far as it is there.
fn item(input: TokenStream, errors: &mut Errors) -> Option<DeriveInput> {
    let understood = partial::derive_input(input);
    understood
        .error
        .into_iter()
        .for_each(|error| errors.push(error));
    understood.item.map(|item| *item)
}

/// `#[derive(Instrumented)]`, and its twin for collections.
pub(crate) fn derive_instrumented(input: TokenStream, flavour: Flavour) -> TokenStream {
    let mut errors = Errors::default();
    let Some(item) = item(input, &mut errors) else {
        return errors.report();
    };
    let Some(handler) = Handler::read(&item, flavour, &mut errors) else {
        return fallback::shapeless_handler(&item, errors);
    };
    check::handler::check(&handler, &mut errors);
    if errors.is_empty() {
        handler::expand(&handler)
    } else {
        fallback::handler(&handler, errors)
    }
}

/// `#[derive(States)]`.
pub(crate) fn derive_states(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(item) = item(input, &mut errors) else {
        return errors.report();
    };
    let Some(states) = States::read(&item, &mut errors) else {
        return fallback::shapeless_states(&item, errors);
    };
    check::states::check(&states, &mut errors);
    if errors.is_empty() {
        states::expand(&states)
    } else {
        fallback::states(&states, errors)
    }
}

/// `#[derive(Variants)]`.
pub(crate) fn derive_variants(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(item) = item(input, &mut errors) else {
        return errors.report();
    };
    let Some(variants) = Variants::read(&item, &mut errors) else {
        return fallback::shapeless_variants(&item, errors);
    };
    check::names::check(
        &variants.variants,
        Place::ErrorVariant,
        "a variant's name",
        &mut errors,
    );
    if errors.is_empty() {
        variants::expand(&variants)
    } else {
        fallback::variants(&variants, errors)
    }
}
