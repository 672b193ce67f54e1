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
use crate::model;
use crate::model::collection::Collection;
use crate::model::crate_path;

/// Everything that `collection!` stands for.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let collections = model::collection::read(input, &mut errors);
    let collections: TokenStream = collections.into_iter().map(one).collect();
    let errors = errors.report();
    quote!(#errors #collections)
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
    if let Some(path) = &collection.path {
        check::absolute_path(path, &mut errors);
    }
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
    let declaration = path.as_ref().map(|_| {
        quote! {
            #(#conditions)*
            const _: () = {
                #krate::private::inventory::submit!(#krate::private::Declared(&#name));
            };
        }
    });
    let path = text(path.as_ref());
    let errors = errors.report();
    quote! {
        #errors
        #structure
        #doc
        #(#shared)*
        #vis static #name: #krate::Collection<#class> = #krate::Collection::new(#path);
        #declaration
    }
}

fn text(path: Option<&syn::LitStr>) -> String {
    path.map_or_else(String::new, syn::LitStr::value)
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
        let text = format!("The stats below `{}`.", text(collection.path.as_ref()));
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
