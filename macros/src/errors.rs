//! Every mistake found in one item, kept until the end so that all of them are reported together.
//!
//! A message says what is wrong, with the offender in backticks; the help says what to write instead.
//! Both stand in the same error, as rustc shows no separate help for a macro's errors.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::LitStr;

/// The mistakes found so far.
#[derive(Default)]
#[must_use = "errors that nobody reports leave the user with a stub and no reason"]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Reports a mistake at one token.
    pub(crate) fn at(&mut self, span: Span, message: impl Display, help: impl Display) {
        self.push(syn::Error::new(span, text(message, help)));
    }

    /// Reports a mistake over all of `tokens`, from the first to the last.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Display, help: impl Display) {
        self.push(syn::Error::new_spanned(tokens, text(message, help)));
    }

    /// Takes an error that was made elsewhere.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.0.as_ref().map_or(0, |all| all.into_iter().count())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// What to emit: one `compile_error!` a mistake, nothing when there was none.
    pub(crate) fn report(self) -> TokenStream {
        self.0.map(|all| all.to_compile_error()).unwrap_or_default()
    }
}

/// A literal as it is shown in a message: without quotes, unless it is nothing without them.
pub(crate) fn quoted(text: &LitStr) -> String {
    match text.value() {
        empty if empty.is_empty() => "\"\"".to_owned(),
        written => written.escape_default().to_string(),
    }
}

/// An error with its help at one token, for functions that return one instead of collecting.
pub(crate) fn error(span: Span, message: impl Display, help: impl Display) -> syn::Error {
    syn::Error::new(span, text(message, help))
}

/// The same over all of `tokens`.
pub(crate) fn error_on(
    tokens: impl ToTokens,
    message: impl Display,
    help: impl Display,
) -> syn::Error {
    syn::Error::new_spanned(tokens, text(message, help))
}

fn text(message: impl Display, help: impl Display) -> String {
    format!("{message}\nhelp: {help}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_reported_with_its_help() {
        let mut errors = Errors::default();
        assert!(errors.is_empty());
        errors.at(Span::call_site(), "`a` is wrong", "write `b`");
        errors.at(Span::call_site(), "`c` is wrong", "write `d`");
        let report = errors.report().to_string();
        assert_eq!(report.matches("compile_error").count(), 2);
        assert!(
            report.contains("`c` is wrong\\nhelp: write `d`"),
            "{report}"
        );
    }
}
