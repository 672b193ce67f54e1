//! What is emitted when there is an error: the error, and stubs that keep the rest of the program
//! compiling, so that one mistake is one message and not one at every use besides.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{DeriveInput, parse_quote};

use crate::attr::Options;
use crate::errors::Errors;
use crate::expand::{generics, handler, init, parts, states, variants};
use crate::keys::Place;
use crate::model::handler::{Flavour, Handler};
use crate::model::states::States;
use crate::model::variants::Variants;

/// The errors, and an implementation without bodies. Its constants still name every stat's type, so
/// that a field whose type is no stat is reported together with the other mistakes.
pub(crate) fn handler(handler: &Handler, errors: Errors) -> TokenStream {
    let bounded = generics::bounded(handler);
    let never = quote!(::core::unreachable!());
    let body = quote!({ let _ = (place, parts); #never });
    let parts = parts::structure(handler);
    let inits = match handler.flavour {
        Flavour::Derived => init::functions(handler, &bounded),
        Flavour::Collected => TokenStream::new(),
    };
    let implementation = handler::implementation(handler, &bounded, &body, &never);
    let errors = errors.report();
    quote!(#errors #parts #inits #implementation)
}

/// For an enum, a union, a tuple struct: the same, as if it had no field.
pub(crate) fn shapeless_handler(item: &DeriveInput, errors: Errors) -> TokenStream {
    let stub = Handler {
        ident: item.ident.clone(),
        vis: item.vis.clone(),
        generics: item.generics.clone(),
        options: Options::none(Place::Struct),
        krate: parse_quote!(::calipers),
        flavour: Flavour::Derived,
        fields: Vec::new(),
    };
    handler(&stub, errors)
}

/// The errors, and an implementation without bodies.
pub(crate) fn states(states: &States, errors: Errors) -> TokenStream {
    let never = quote!(::core::unreachable!());
    let from_index = quote!({ let _ = index; #never });
    let implementations = states::implementations(states, &never, &from_index);
    let errors = errors.report();
    quote!(#errors #implementations)
}

/// For a struct, or a generic enum: a stub where it can have one.
pub(crate) fn shapeless_states(item: &DeriveInput, errors: Errors) -> TokenStream {
    if !item.generics.params.is_empty() {
        return errors.report();
    }
    let ident = Ident::new(&item.ident.to_string(), Span::call_site());
    states(
        &States {
            ident,
            krate: parse_quote!(::calipers),
            states: Vec::new(),
        },
        errors,
    )
}

/// The errors, and an implementation without a body.
pub(crate) fn variants(of: &Variants, errors: Errors) -> TokenStream {
    let implementation = variants::implementation(of, &quote!(::core::unreachable!()));
    let errors = errors.report();
    quote!(#errors #implementation)
}

/// For a struct or a union: the same, as if it had no variant.
pub(crate) fn shapeless_variants(item: &DeriveInput, errors: Errors) -> TokenStream {
    let stub = Variants {
        ident: item.ident.clone(),
        generics: item.generics.clone(),
        krate: parse_quote!(::calipers),
        variants: Vec::new(),
    };
    variants(&stub, errors)
}
