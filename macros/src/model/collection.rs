//! `collection! { pub static WEB: Web = "/web" { … } }`: statics, each with a struct of its own.

use proc_macro2::Ident;
use syn::parse::{Parse, ParseStream};
use syn::token::Brace;
use syn::{Attribute, Field, LitStr, Token, Visibility, braced};

use crate::errors::error;

/// One static of a `collection!`.
pub(crate) struct Collection {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    /// The struct that is declared for it.
    pub(crate) class: Ident,
    pub(crate) path: LitStr,
    pub(crate) brace: Brace,
    pub(crate) fields: Vec<Field>,
}

/// All that one `collection!` declares.
pub(crate) struct Collections(pub(crate) Vec<Collection>);

impl Parse for Collections {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Err(error(input.span(), "this collection is empty", FORM));
        }
        let mut collections = Vec::new();
        while !input.is_empty() {
            collections.push(input.parse()?);
        }
        Ok(Collections(collections))
    }
}

/// What a collection looks like, for every error about its form.
const FORM: &str = "write `pub static WEB: Web = \"/web\" { errors: Counter }`";

impl Parse for Collection {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let vis: Visibility = input.parse()?;
        let form = |what: &'static str| move |wrong: syn::Error| error(wrong.span(), what, FORM);
        input
            .parse::<Token![static]>()
            .map_err(form("a collection is a `static`"))?;
        let name = input
            .parse()
            .map_err(form("the name of the `static` is missing"))?;
        input
            .parse::<Token![:]>()
            .map_err(form("the type of the `static` is missing"))?;
        let class = input
            .parse()
            .map_err(form("the type of a collection is a plain name"))?;
        input
            .parse::<Token![=]>()
            .map_err(form("the path of the collection is missing"))?;
        let path = input
            .parse()
            .map_err(form("the path of a collection is a string"))?;
        if !input.peek(Brace) {
            return Err(error(
                input.span(),
                "the stats of the collection are missing",
                FORM,
            ));
        }
        let content;
        let brace = braced!(content in input);
        let mut fields = Vec::new();
        while !content.is_empty() {
            fields.push(Field::parse_named(&content)?);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
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
}
