//! The macros of `calipers`; depend on `calipers`, which re-exports them.
//!
//! Each macro runs the same way, one file a step: `attr` reads the options with their spans,
//! `model` understands the item and keeps its syntax, `check` holds the rules against it, one
//! function a rule, and `expand` writes Rust that calls into the runtime. Mistakes are collected
//! on the way and reported together; `fallback` then emits a stub, so that one mistake is one
//! message. `keys` is the one table of options that all of them read. What each macro tells its users stands in `docs/`, a file
//! a macro.

// A macro that panics shows its user a message about us; mistakes are reported where they were made.
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

mod attr;
mod case;
mod check;
mod errors;
mod expand;
mod fallback;
mod keys;
mod merging;
mod model;
mod nearest;
mod partial;
mod path;
mod path_template;
mod source;

use proc_macro::TokenStream;

use model::handler::Flavour;

#[doc = include_str!("../docs/instrumented.md")]
#[proc_macro_derive(Instrumented, attributes(stat, instrumented))]
pub fn derive_instrumented(input: TokenStream) -> TokenStream {
    expand::derive_instrumented(input.into(), Flavour::Derived).into()
}

/// What `collection!` derives for the struct it declares.
#[doc(hidden)]
#[proc_macro_derive(Collected, attributes(stat, instrumented))]
pub fn derive_collected(input: TokenStream) -> TokenStream {
    expand::derive_instrumented(input.into(), Flavour::Collected).into()
}

#[doc = include_str!("../docs/states.md")]
#[proc_macro_derive(States, attributes(state, states))]
pub fn derive_states(input: TokenStream) -> TokenStream {
    expand::derive_states(input.into()).into()
}

#[doc = include_str!("../docs/variants.md")]
#[proc_macro_derive(Variants, attributes(variant, variants))]
pub fn derive_variants(input: TokenStream) -> TokenStream {
    expand::derive_variants(input.into()).into()
}

#[doc = include_str!("../docs/collection.md")]
#[proc_macro]
pub fn collection(input: TokenStream) -> TokenStream {
    expand::collection::expand(input.into()).into()
}

#[doc = include_str!("../docs/timed.md")]
#[proc_macro_attribute]
pub fn timed(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::timed::expand(arguments.into(), item.into()).into()
}

#[doc = include_str!("../docs/metered.md")]
#[proc_macro_attribute]
pub fn metered(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::metered::expand(arguments.into(), item.into()).into()
}
