//! What an editor sends while its user types: the item comes back, whatever is missing in it.

use proc_macro2::TokenStream;
use quote::quote;

use super::{collection, derive_instrumented, derive_states, derive_variants, metered, timed};
use crate::model::handler::Flavour;

/// That there is an error, and everything that stands in `kept`; the rest of the expansion is valid Rust.
#[track_caller]
fn yields(expansion: &TokenStream, kept: &[&str]) {
    let text = expansion.to_string();
    assert!(text.contains("compile_error"), "no error in {text}");
    for kept in kept {
        assert!(text.contains(kept), "no `{kept}` in {text}");
    }
}

/// As [`yields`], of what is to be read by a compiler.
#[track_caller]
fn yields_items(expansion: &TokenStream, kept: &[&str]) {
    yields(expansion, kept);
    let file = syn::parse2::<syn::File>(expansion.clone());
    assert!(file.is_ok(), "not valid: {expansion}");
}

#[test]
fn a_function_stays_whatever_its_attribute_lacks() {
    let function = quote!(
        pub fn fetch(&self) -> u8 {
            self.rows.len()
        }
    );
    let half_typed = [
        quote!(self.),
        quote!("/db/{"),
        quote!("/db" slow),
        quote!(slow =),
        quote!(slow = "p"),
        quote!(,),
        quote!(er),
        quote!(err = self.),
        quote!(self.latency, polls =),
        quote!(=),
    ];
    for arguments in half_typed {
        let expansion = timed::expand(arguments, function.clone());
        yields_items(
            &expansion,
            &["pub fn fetch (& self) -> u8 { self . rows . len () }"],
        );
    }
}

#[test]
fn a_function_whose_body_is_half_typed_is_timed_all_the_same() {
    let expansion = timed::expand(
        quote!("/db"),
        quote!(
            fn fetch(&self) -> u8 {
                self.
            }
        ),
    );
    let text = expansion.to_string();
    assert!(
        text.contains("FnTimer") && text.contains("self ."),
        "{text}"
    );
}

#[test]
fn an_item_that_is_half_typed_comes_back_as_it_is() {
    for item in [
        quote!(fn fetch(&self, name: ) -> u8 { 1 }),
        quote!(fn fetch(&self) -> { 1 }),
        quote!(impl Store { fn get(&self) { self. } }),
        quote!(impl Store { fn get(&self, name: ) {} }),
    ] {
        yields(&timed::expand(quote!(), item.clone()), &[&item.to_string()]);
    }
    for item in [
        quote!(trait Endpoint { #[stat] fn latency(&self) -> & ; }),
        quote!(impl Endpoint for { fn get(&self) {} }),
        quote!(impl Endpoint for Users { fn get(&self) { self. } }),
    ] {
        let expansion = metered::expand(quote!("http.{type}"), item.clone());
        yields(&expansion, &[&item.to_string()]);
        assert!(!expansion.to_string().contains("needs a trait"));
    }
}

#[test]
fn a_metered_item_stays_whatever_its_attribute_lacks() {
    let item = quote!(
        trait Endpoint {
            #[stat]
            fn latency(&self) -> &Timer;
            fn get(&self);
        }
    );
    for arguments in [
        quote!(),
        quote!("http.{type"),
        quote!("http.{type}" cra),
        quote!(=),
    ] {
        let expansion = metered::expand(arguments, item.clone());
        yields_items(
            &expansion,
            &[
                "trait Endpoint",
                "fn latency (& self) -> & Timer",
                "fn get (& self) ;",
            ],
        );
    }
    let expansion = metered::expand(
        quote!(=),
        quote!(impl Endpoint for Users { fn get(&self) {} }),
    );
    yields_items(
        &expansion,
        &["impl Endpoint for Users { fn get (& self) { } }"],
    );
}

#[test]
fn a_struct_keeps_its_functions_while_a_field_is_typed() {
    let stays = ["fn init", "fn init_child", "Instrumented for Handler"];
    for item in [
        quote!(struct Handler { requests: Counter, lat }),
        quote!(
            struct Handler {
                requests: Counter,
                #[stat(name = )]
                latency: Timer,
            }
        ),
        quote!(
            struct Handler {
                requests: Counter,
                #[stat(na)]
                latency: Timer,
            }
        ),
        quote!(
            struct Handler {
                requests: Counter,
                #[stat(skip = )]
                pool: Pool,
            }
        ),
        quote!(
            #[instrumented(parent = )]
            struct Handler {
                requests: Counter,
            }
        ),
        quote!(
            #[instrumented]
            struct Handler {
                requests: Counter,
            }
        ),
        quote!(
            struct Handler {}
        ),
        quote!(
            struct Handler;
        ),
    ] {
        yields_items(&derive_instrumented(item, Flavour::Derived), &stays);
    }
}

#[test]
fn what_the_compiler_has_said_is_not_said_again() {
    let item = quote!(struct Handler { requests: Counter, latency: });
    let expansion = derive_instrumented(item, Flavour::Derived).to_string();
    assert!(!expansion.contains("compile_error"), "{expansion}");
    assert!(expansion.contains("fn init_child"), "{expansion}");
}

#[test]
fn an_enum_keeps_its_trait_while_a_variant_is_typed() {
    for item in [
        quote!(enum Phase { Waiting, Busy = }),
        quote!(enum Phase { Waiting, Busy { a: } }),
        quote!(
            enum Phase {
                Waiting,
                #[state(name = )]
                Busy,
            }
        ),
        quote!(
            enum Phase {}
        ),
    ] {
        yields_items(&derive_states(item), &["States for Phase"]);
    }
    let item = quote!(
        enum DbError {
            Timeout,
            #[variant(name = )]
            Io {
                source: u8,
            },
        }
    );
    yields_items(
        &derive_variants(item),
        &["Variants for DbError", "\"timeout\" , \"io\""],
    );
}

#[test]
fn a_collection_keeps_its_static_and_its_other_stats() {
    for input in [
        quote!(pub static WEB: Web { errors: Counter, }),
        quote!(pub static WEB: Web = { errors: Counter }),
        quote!(pub static WEB: Web = web { errors: Counter }),
        quote!(pub const WEB: Web = "/web" { errors: Counter }),
        quote!(pub WEB: Web = "/web" { errors: Counter }),
        quote!(pub static WEB: Web = "/web" { errors: Counter, lat }),
        quote!(pub static OTHER = "/x" { a: Counter } pub static WEB: Web = "/web" { errors: Counter }),
    ] {
        let stays = ["pub static WEB", "pub struct Web { pub errors : Counter"];
        yields_items(&collection::expand(input), &stays);
    }
}
