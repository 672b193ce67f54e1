//! A function under `#[timed]`, and what its attribute asks for.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Expr, LitStr, Path, Signature, Token, Visibility, token};

use super::crate_path;
use super::slow::Slow;
use crate::attr::Options;
use crate::errors::{Errors, error};
use crate::keys::Place;
use crate::source;

/// `#[timed(…)]`'s arguments.
pub(crate) struct Request {
    pub(crate) timer: TimerSource,
    pub(crate) slow: Option<(LitStr, Option<Slow>)>,
    pub(crate) krate: Path,
}

/// Which timer a call goes into.
pub(crate) enum TimerSource {
    /// One named after the function.
    Named,
    /// One at this path.
    At(LitStr),
    /// The one that the expression gives.
    Given(Box<Expr>),
}

impl Request {
    /// Reads the arguments; `None` when they could not be understood.
    pub(crate) fn read(arguments: TokenStream, errors: &mut Errors) -> Option<Request> {
        let mut options = Options::none(Place::Function);
        let reader = |input: ParseStream<'_>| {
            let timer = TimerSource::read(input)?;
            options.read_list(input, errors);
            Ok(timer)
        };
        match reader.parse2(arguments) {
            Ok(timer) => {
                let krate = crate_path(&options, errors);
                let slow = options
                    .text("slow")
                    .map(|text| (text.clone(), Slow::read(&text.value())));
                (!options.broken).then_some(Request { timer, slow, krate })
            }
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }
}

impl TimerSource {
    fn read(input: ParseStream<'_>) -> syn::Result<TimerSource> {
        if input.is_empty() || starts_an_option(input) {
            return Ok(TimerSource::Named);
        }
        let source = if input.peek(LitStr) {
            TimerSource::At(input.parse()?)
        } else {
            let span = input.span();
            let expression = input.parse().map_err(|_| {
                let help = "write a path, as in `\"/db/query\"`, or a timer, as in `self.latency`";
                error(span, "this is neither a path nor a timer", help)
            });
            TimerSource::Given(expression?)
        };
        if !input.is_empty() {
            input.parse::<Token![,]>().map_err(|wrong| {
                error(
                    wrong.span(),
                    "one path or timer is enough",
                    "write `,` before an option, or remove this",
                )
            })?;
        }
        Ok(source)
    }
}

fn starts_an_option(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.call(Ident::parse_any).is_ok() && ahead.peek(Token![=]) && !ahead.peek(Token![==])
}

/// A function, its body as it was written.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) signature: Signature,
    /// `None` for a method that a trait only declares.
    pub(crate) body: Option<Group>,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let defaultness = input.parse()?;
        let signature = input.parse()?;
        let body = if input.peek(token::Brace) {
            match input.parse()? {
                TokenTree::Group(body) => Some(body),
                _ => None,
            }
        } else {
            input.parse::<Token![;]>()?;
            None
        };
        Ok(Function {
            attributes,
            vis,
            defaultness,
            signature,
            body,
        })
    }
}

impl Function {
    /// Its name without `r#`.
    pub(crate) fn name(&self) -> String {
        self.signature.ident.unraw().to_string()
    }

    pub(crate) fn help(&self) -> String {
        source::help(&self.attributes)
    }

    pub(crate) fn has_receiver(&self) -> bool {
        self.signature.receiver().is_some()
    }

    /// Whether it certainly belongs to a type; an associated function need not show that it does.
    pub(crate) fn has_self_type(&self) -> bool {
        self.has_receiver() || mentions(self.signature.to_token_stream(), "Self")
    }
}

/// Whether the word stands anywhere in `tokens`.
pub(crate) fn mentions(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        _ => false,
    })
}
