//! `impl States`, and `impl Key` so that the enum can key a family without hashing.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::states::States;

/// Everything that `#[derive(States)]` adds to the enum.
pub(crate) fn expand(states: &States) -> TokenStream {
    let variants = states.states.iter().map(|state| &state.ident);
    let indexes = 0..states.states.len();
    let (from_variants, from_indexes) = (variants.clone(), indexes.clone());
    let index = quote! {
        match self { #(Self::#variants => #indexes,)* }
    };
    let from_index = quote! {
        match index {
            #(#from_indexes => ::core::option::Option::Some(Self::#from_variants),)*
            _ => ::core::option::Option::None,
        }
    };
    implementations(states, &index, &from_index)
}

/// The traits' implementations around two bodies.
pub(crate) fn implementations(
    states: &States,
    index: &TokenStream,
    from_index: &TokenStream,
) -> TokenStream {
    let (krate, ident) = (&states.krate, &states.ident);
    let names = states.states.iter().map(|state| &state.name);
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #krate::States for #ident {
                const NAMES: &'static [&'static str] = &[#(#names),*];
                fn index(&self) -> usize { #index }
                fn from_index(index: usize) -> ::core::option::Option<Self> { #from_index }
            }
            #[automatically_derived]
            impl #krate::Key for #ident {
                const VARIANTS: &'static [&'static str] = <Self as #krate::States>::NAMES;
                fn variant(&self) -> usize { #krate::States::index(self) }
                fn text(&self) -> #krate::private::Cow<'_, str> { #krate::private::state_text(self) }
            }
        };
    }
}
