//! `collection!`: a struct, and the static that holds its one instance, opened at first use.
//!
//! The struct derives the same machinery as any other; the derive, and not this macro, reads its
//! fields, because only a derive sees them after `cfg` has been applied.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Attribute, Field, Path, Visibility};

use crate::attr::Options;
use crate::check;
use crate::errors::Errors;
use crate::keys::Place;
use crate::model::collection::{Collection, Collections};
use crate::model::crate_path;

/// Everything that `collection!` stands for.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match syn::parse2::<Collections>(input) {
        Ok(collections) => collections.0.into_iter().map(one).collect(),
        Err(error) => error.to_compile_error(),
    }
}

fn one(collection: Collection) -> TokenStream {
    let mut errors = Errors::default();
    // Read for the crate's path only; the derive reads them again, and reports them.
    let krate = crate_path(
        &Options::read(
            Place::Struct,
            &collection.attributes,
            &mut Errors::default(),
        ),
        &mut Errors::default(),
    );
    check::absolute_path(&collection.path, &mut errors);
    let structure = structure(&collection, &krate);
    let Collection {
        attributes,
        vis,
        name,
        class,
        path,
        ..
    } = &collection;
    let shared: Vec<&Attribute> = attributes
        .iter()
        .filter(|attribute| is_shared(attribute))
        .collect();
    let conditions: Vec<&Attribute> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect();
    let doc = default_doc(&collection);
    let errors = errors.report();
    quote! {
        #errors
        #structure
        #doc
        #(#shared)*
        #vis static #name: #krate::Collection<#class> = #krate::Collection::new(#path);
        #(#conditions)*
        const _: () = {
            #krate::private::inventory::submit!(#krate::private::Declared(&#name));
        };
    }
}

fn structure(collection: &Collection, krate: &Path) -> TokenStream {
    let Collection {
        attributes,
        vis,
        class,
        fields,
        brace,
        ..
    } = collection;
    let doc = default_doc(collection);
    let fields = fields.iter().map(|field| visible(field, vis));
    // A stat's name says what it counts; that it lacks a comment is for the user to judge, not for a lint.
    let undocumented = collection
        .fields
        .iter()
        .any(|field| !is_documented(&field.attrs));
    let allow = undocumented.then(|| quote!(#[allow(missing_docs)]));
    let body = quote_spanned!(brace.span.join()=> { #(#fields),* });
    quote! {
        #doc
        #allow
        #[::core::prelude::v1::derive(#krate::private::Collected)]
        #(#attributes)*
        #vis struct #class #body
    }
}

/// A stat is as visible as its collection unless it says otherwise.
fn visible(field: &Field, vis: &Visibility) -> Field {
    let mut field = field.clone();
    if matches!(field.vis, Visibility::Inherited) {
        field.vis = vis.clone();
    }
    field
}

fn default_doc(collection: &Collection) -> Option<TokenStream> {
    (!is_documented(&collection.attributes)).then(|| {
        let text = format!("The stats below `{}`.", collection.path.value());
        quote!(#[doc = #text])
    })
}

fn is_documented(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("doc"))
}

/// What is said of the static as well as of the struct.
fn is_shared(attribute: &Attribute) -> bool {
    ["doc", "cfg", "allow", "expect", "deprecated"]
        .iter()
        .any(|name| attribute.path().is_ident(name))
}
