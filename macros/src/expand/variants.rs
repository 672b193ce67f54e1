//! `impl Variants`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::variants::Variants;

/// Everything that `#[derive(Variants)]` adds to the enum.
pub(crate) fn expand(variants: &Variants) -> TokenStream {
    let idents = variants.variants.iter().map(|variant| &variant.ident);
    let indexes = 0..variants.variants.len();
    // An empty enum has no value, which only a match on the place itself can tell.
    let index = match variants.variants.is_empty() {
        true => quote!(match *self {}),
        false => quote!(match self { #(Self::#idents { .. } => #indexes,)* }),
    };
    implementation(variants, &index)
}

/// The trait's implementation around a body.
pub(crate) fn implementation(variants: &Variants, index: &TokenStream) -> TokenStream {
    let (krate, ident) = (&variants.krate, &variants.ident);
    let (impl_generics, type_generics, clause) = variants.generics.split_for_impl();
    let names = variants.variants.iter().map(|variant| &variant.name);
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #impl_generics #krate::Variants for #ident #type_generics #clause {
                const NAMES: &'static [&'static str] = &[#(#names),*];
                fn index(&self) -> usize { #index }
            }
        };
    }
}
