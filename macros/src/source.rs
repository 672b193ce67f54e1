//! What an item says about itself besides its syntax: its documentation, and where it stands.

use proc_macro2::Span;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The first paragraph of the documentation, on one line: a stat's help text.
pub(crate) fn help(attributes: &[Attribute]) -> String {
    let mut help = String::new();
    let lines = attributes.iter().filter_map(doc_line);
    let lines = lines.flat_map(|text| {
        text.lines()
            .map(|line| line.trim().to_owned())
            .collect::<Vec<_>>()
    });
    for line in lines
        .skip_while(String::is_empty)
        .take_while(|line| !line.is_empty())
    {
        if !help.is_empty() {
            help.push(' ');
        }
        help.push_str(&line);
    }
    help
}

/// The text of a doc comment; `#[doc(hidden)]` and `#[doc = include_str!(…)]` have none to read here.
fn doc_line(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            // An empty line of a doc comment arrives as an empty string, which `lines` would drop.
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(format!("{}\n", text.value())),
            _ => None,
        },
        _ => None,
    }
}

/// The line of the user's source; 0 where there is no compiler, as in the tests here.
///
/// `line!()` would not do: it gives the line of the derive, for every field.
pub(crate) fn line(span: Span) -> u32 {
    if proc_macro::is_available() {
        u32::try_from(span.unwrap().line()).unwrap_or(0)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn help_is_the_first_paragraph() {
        let attributes: Vec<Attribute> = vec![
            parse_quote!(#[doc = " Requests served,"]),
            parse_quote!(#[doc = " retries included."]),
            parse_quote!(#[doc = ""]),
            parse_quote!(#[doc = " More."]),
        ];
        assert_eq!(help(&attributes), "Requests served, retries included.");
        let block: Vec<Attribute> = vec![parse_quote!(#[doc = "\n One.\n\n Two."])];
        assert_eq!(help(&block), "One.");
        assert_eq!(help(&[parse_quote!(#[doc(hidden)])]), "");
    }
}
