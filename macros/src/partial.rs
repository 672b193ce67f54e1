//! Items that are still being typed.
//!
//! An editor expands macros at every keystroke. A field or a variant that is not finished should cost the user what
//! hangs on that one alone, and not every function that the macro adds to the item, or the item itself.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::{DeriveInput, Field, Variant};

/// The item of a derive, which may lack what could not be understood, and the error about that.
pub(crate) struct Understood {
    pub(crate) item: Option<Box<DeriveInput>>,
    /// `None` too when the compiler, which has parsed the item before, has said the same.
    pub(crate) error: Option<syn::Error>,
}

/// The item of a derive. When a part of it cannot be understood, the item without that part if the rest can.
pub(crate) fn derive_input(tokens: TokenStream) -> Understood {
    match syn::parse2(tokens.clone()) {
        Ok(item) => Understood {
            item: Some(Box::new(item)),
            error: None,
        },
        Err(error) => without_unfinished(tokens, error),
    }
}

fn without_unfinished(tokens: TokenStream, error: syn::Error) -> Understood {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let Some(TokenTree::Group(body)) = tokens.last() else {
        return Understood {
            item: None,
            error: Some(error),
        };
    };
    let understood: fn(&TokenStream) -> bool = match keyword(&tokens).as_deref() {
        Some("enum") => |part| syn::parse2::<Variant>(part.clone()).is_ok(),
        _ => |part| Field::parse_named.parse2(part.clone()).is_ok(),
    };
    let (kept, others): (Vec<_>, Vec<_>) = parts(body.stream()).into_iter().partition(understood);
    let is_told = others.into_iter().all(lacks_its_type);
    let kept = kept.iter().map(|part| quote::quote!(#part,)).collect();
    let mut group = Group::new(body.delimiter(), kept);
    group.set_span(body.span());
    tokens.pop();
    tokens.push(group.into());
    let item = syn::parse2(tokens.into_iter().collect()).ok().map(Box::new);
    Understood {
        error: (item.is_none() || !is_told).then_some(error),
        item,
    }
}

/// Whether a part is `name:`, which the compiler refuses in words of its own.
fn lacks_its_type(part: TokenStream) -> bool {
    let last = part.into_iter().last();
    matches!(last, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

/// What stands between the commas, those inside `<…>` aside.
pub(crate) fn parts(body: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    let mut depth = 0_usize;
    let mut before = ' ';
    for token in body {
        let punct = match &token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match punct {
            ',' if depth == 0 => {
                parts.push(TokenStream::new());
                before = ' ';
                continue;
            }
            '<' => depth += 1,
            // The end of an arrow is none of a list.
            '>' if before != '-' && before != '=' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = punct;
        if let Some(part) = parts.last_mut() {
            part.extend([token]);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The word that says what an item is: `fn`, `impl`, `struct`, `trait`, …
pub(crate) fn item_keyword(item: &TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    keyword(&tokens)
}

fn keyword(tokens: &[TokenTree]) -> Option<String> {
    const WORDS: [&str; 11] = [
        "fn",
        "impl",
        "trait",
        "struct",
        "enum",
        "union",
        "mod",
        "type",
        "use",
        "static",
        "macro_rules",
    ];
    let word = |ident: &Ident| WORDS.iter().find(|word| ident == word);
    tokens.iter().find_map(|token| match token {
        TokenTree::Ident(ident) => word(ident).map(|word| (*word).to_owned()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;
    use syn::Data;

    fn fields(tokens: TokenStream) -> Vec<String> {
        match derive_input(tokens).item.expect("what is understood").data {
            Data::Struct(data) => data
                .fields
                .iter()
                .filter_map(|field| field.ident.as_ref().map(Ident::to_string))
                .collect(),
            Data::Enum(data) => data
                .variants
                .iter()
                .map(|variant| variant.ident.to_string())
                .collect(),
            Data::Union(_) => Vec::new(),
        }
    }

    #[test]
    fn what_is_finished_is_understood() {
        assert_eq!(
            fields(quote! {
                pub struct Handler<T> { requests: Counter, by_path: Family<(T, u8), Counter>, lat }
            }),
            ["requests", "by_path"]
        );
        assert_eq!(
            fields(quote! {
                struct Handler { requests: , make: fn(u8) -> Family<u8, Counter>, #[stat(name =)] Timer }
            }),
            ["make"]
        );
        assert_eq!(
            fields(quote!(enum Phase { Waiting, Busy =, Other { a: }, Stopped(u8) })),
            ["Waiting", "Stopped"]
        );
    }

    #[test]
    fn an_item_is_known_by_its_keyword() {
        let keyword = |tokens| item_keyword(&tokens);
        let found = keyword(quote!(#[doc = "fn"] pub(crate) unsafe extern "C" fn f(a: ) {}));
        assert_eq!(found.as_deref(), Some("fn"));
        assert_eq!(
            keyword(quote!(impl<T> Endpoint for )).as_deref(),
            Some("impl")
        );
        assert_eq!(keyword(quote!({ 1 })), None);
    }
}
