//! `collection! { pub static WEB: Web = "/web" { … } }`: statics, each with a struct of its own.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::token::Brace;
use syn::{Attribute, Field, LitStr, Token, Visibility, braced};

use crate::errors::{Errors, error};
use crate::partial;

/// One static of a `collection!`.
pub(crate) struct Collection {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    /// The struct that is declared for it.
    pub(crate) class: Ident,
    /// `None` when there is a mistake in it, which has been reported.
    pub(crate) path: Option<LitStr>,
    pub(crate) brace: Brace,
    pub(crate) fields: Vec<Field>,
}

/// What a collection looks like, for every error about its form.
const FORM: &str = "write `pub static WEB: Web = \"/web\" { errors: Counter }`";

/// All that one `collection!` declares. Of one with a mistake, what can be understood: its stats are used elsewhere.
pub(crate) fn read(input: TokenStream, errors: &mut Errors) -> Vec<Collection> {
    let mut collections = Vec::new();
    let reader = |input: ParseStream<'_>| {
        if input.is_empty() {
            errors.push(error(input.span(), "this collection is empty", FORM));
        }
        while !input.is_empty() {
            match one(input, errors) {
                Ok(collection) => collections.push(collection),
                Err(error) => {
                    errors.push(error);
                    skip_past_braces(input);
                }
            }
        }
        Ok(())
    };
    if let Err(error) = reader.parse2(input) {
        errors.push(error);
    }
    collections
}

fn one(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Collection> {
    let form = |what: &'static str| move |wrong: syn::Error| error(wrong.span(), what, FORM);
    let attributes = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    let no_static = input.parse::<Token![static]>().err();
    let no_static = no_static.map(form("a collection is a `static`"));
    let _ = input.parse::<Option<Token![const]>>()?;
    let (name, class) = match (name_and_class(input), no_static) {
        // What else is missing is missing for one reason.
        (Err(_), Some(no_static)) => return Err(no_static),
        (named, no_static) => {
            no_static.into_iter().for_each(|error| errors.push(error));
            named?
        }
    };
    let path = path(input).map_err(|error| errors.push(error)).ok();
    while path.is_none() && !input.peek(Brace) && input.parse::<TokenTree>().is_ok() {}
    if !input.peek(Brace) {
        return Err(form("the stats of the collection are missing")(
            input.error(""),
        ));
    }
    let content;
    let brace = braced!(content in input);
    let fields = partial::parts(content.parse()?).into_iter();
    let fields = fields.filter_map(|field| {
        let read = Field::parse_named.parse2(field);
        read.map_err(|error| errors.push(error)).ok()
    });
    let fields = fields.collect();
    let _ = input.parse::<Option<Token![;]>>()?;
    Ok(Collection {
        attributes,
        vis,
        name,
        class,
        path,
        brace,
        fields,
    })
}

fn name_and_class(input: ParseStream<'_>) -> syn::Result<(Ident, Ident)> {
    let form = |what: &'static str| move |wrong: syn::Error| error(wrong.span(), what, FORM);
    let name = input
        .parse()
        .map_err(form("the name of the `static` is missing"))?;
    input
        .parse::<Token![:]>()
        .map_err(form("the type of the `static` is missing"))?;
    let class = input
        .parse()
        .map_err(form("the type of a collection is a plain name"))?;
    Ok((name, class))
}

fn path(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let form = |what: &'static str| move |wrong: syn::Error| error(wrong.span(), what, FORM);
    input
        .parse::<Token![=]>()
        .map_err(form("the path of the collection is missing"))?;
    input
        .parse()
        .map_err(form("the path of a collection is a string"))
}

fn skip_past_braces(input: ParseStream<'_>) {
    while let Ok(token) = input.parse::<TokenTree>() {
        if matches!(&token, TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace)
        {
            return;
        }
    }
}
