//! `HandlerParts`: what `init` takes besides a path.
//!
//! A struct rather than a list of arguments, so that reordering the fields, or two of one type,
//! cannot go wrong at a call.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use super::generics::needed;
use crate::model::handler::{Flavour, Handler};

/// The struct's definition; nothing when no field is handed over.
pub(crate) fn structure(handler: &Handler) -> Option<TokenStream> {
    if !handler.has_parts() || handler.flavour == Flavour::Collected {
        return None;
    }
    let vis = &handler.vis;
    let ident = ident(handler);
    let generics = parts_generics(handler);
    let clause = &generics.where_clause;
    let doc = format!(
        "What [`{class}::{init}`] takes besides a path: the fields of [`{class}`] that are not stats.",
        class = handler.class(),
        init = handler.init(),
    );
    let fields = handler.parts().map(|field| {
        let (name, ty, docs) = (&field.ident, &field.ty, &field.docs);
        let usual = docs.is_empty().then(|| {
            let text = format!("Becomes the field `{name}`.");
            quote!(#[doc = #text])
        });
        quote!(#(#docs)* #usual #vis #name: #ty)
    });
    Some(quote! {
        #[doc = #doc]
        #[allow(dead_code, private_interfaces)]
        #vis struct #ident #generics #clause { #(#fields),* }
    })
}

/// The type as `init` takes it: `()` when no field is handed over.
pub(crate) fn ty(handler: &Handler) -> TokenStream {
    if !handler.has_parts() || handler.flavour == Flavour::Collected {
        return quote!(());
    }
    let ident = ident(handler);
    let generics = parts_generics(handler);
    let (_, arguments, _) = generics.split_for_impl();
    quote!(#ident #arguments)
}

/// At the struct's place in the file, but as the macro's own: lints about it are not the user's.
fn ident(handler: &Handler) -> proc_macro2::Ident {
    let mut ident = handler.parts_ident();
    ident.set_span(handler.ident.span().resolved_at(Span::call_site()));
    ident
}

fn parts_generics(handler: &Handler) -> syn::Generics {
    let types = handler.parts().map(|field| &field.ty);
    needed(&handler.generics, &quote!(#(#types)*))
}
