//! A function under `#[timed]`, and what its attribute asks for.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{
    Attribute, Expr, FnArg, LitStr, Path, ReceiverKind, ReturnType, Signature, Token, Type,
    Visibility, token,
};

use super::crate_path;
use super::returned::{AsyncTail, future_output, is_never};
use super::slow::Slow;
use crate::attr::Options;
use crate::errors::{Errors, error};
use crate::keys::{self, Place};
use crate::source;

/// `#[timed(…)]`'s arguments.
pub(crate) struct Request {
    pub(crate) timer: TimerSource,
    pub(crate) slow: Option<(LitStr, Option<Slow>)>,
    pub(crate) errors: Option<ErrorCount>,
    /// Where `polls` is written.
    pub(crate) polls: Option<Span>,
    pub(crate) krate: Path,
}

/// `err`, with the family when one is given.
pub(crate) struct ErrorCount {
    pub(crate) span: Span,
    pub(crate) family: Option<Expr>,
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
                let errors = options.get("err").map(|given| ErrorCount {
                    span: given.span,
                    family: options.expression("err").cloned(),
                });
                let polls = options.get("polls").map(|given| given.span);
                (!options.broken).then_some(Request {
                    timer,
                    slow,
                    errors,
                    polls,
                    krate,
                })
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

/// Whether an option comes first: a word with a value, or one that is an option without one.
fn starts_an_option(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let Ok(word) = ahead.call(Ident::parse_any) else {
        return false;
    };
    let has_value = ahead.peek(Token![=]) && !ahead.peek(Token![==]);
    let is_alone = ahead.is_empty() || ahead.peek(Token![,]);
    has_value || (is_alone && keys::find(Place::Function, &word.to_string()).is_some())
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

    pub(crate) fn is_async(&self) -> bool {
        self.signature.asyncness.is_some()
    }

    /// Whether its work is that of a future that ends, and that `#[timed]` sees the inside of.
    pub(crate) fn is_polled(&self) -> bool {
        let tail = || AsyncTail::of(self.body.as_ref()?.to_token_stream());
        match self.is_async() {
            true => !is_never(&self.signature.output),
            false => tail().is_some(),
        }
    }

    /// Whether it gives a value at all, as far as its syntax tells.
    pub(crate) fn gives_a_value(&self) -> bool {
        match &self.signature.output {
            ReturnType::Default => false,
            ReturnType::Type(_, ty) => match &**ty {
                Type::Never(_) => false,
                Type::Tuple(tuple) => !tuple.elems.is_empty(),
                _ => true,
            },
        }
    }

    /// Whether what it gives is written as a `Result`, as `io::Result` and `DbResult` are: of many methods, the errors
    /// of those are counted.
    pub(crate) fn returns_a_result(&self) -> bool {
        let output = &self.signature.output;
        let plain = || match output {
            ReturnType::Type(_, ty) => Some((**ty).clone()),
            ReturnType::Default => None,
        };
        let Some(Type::Path(path)) = future_output(output).or_else(plain) else {
            return false;
        };
        let last = path.path.segments.last();
        last.is_some_and(|last| last.ident.to_string().ends_with("Result"))
    }

    /// Whether one of its parameters is called so.
    pub(crate) fn has_parameter(&self, name: &str) -> bool {
        let inputs = self.signature.inputs.iter();
        inputs
            .filter_map(|input| match input {
                FnArg::Typed(typed) => Some(typed.pat.to_token_stream()),
                FnArg::Receiver(_) => None,
            })
            .any(|pattern| mentions(pattern, name))
    }

    /// Whether the body takes what the expression names with it: all of its parameters, and `self` unless that is only
    /// borrowed. What a function that is not `async` leaves behind in a future outlives even that.
    pub(crate) fn takes(&self, expression: &Expr) -> bool {
        let outlives = !self.is_async() && self.is_polled();
        let takes_self = self.signature.receiver().is_some_and(|receiver| {
            outlives || !matches!(receiver.kind, ReceiverKind::Reference(_, _, None))
        });
        idents(expression.to_token_stream())
            .iter()
            .any(|name| match name == "self" {
                true => takes_self,
                false => self.has_parameter(&name.to_string()),
            })
    }

    /// Whether it certainly belongs to a type; an associated function need not show that it does.
    pub(crate) fn has_self_type(&self) -> bool {
        self.has_receiver() || mentions(self.signature.to_token_stream(), "Self")
    }
}

fn idents(tokens: TokenStream) -> Vec<Ident> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => found.push(ident),
            TokenTree::Group(group) => found.extend(idents(group.stream())),
            _ => {}
        }
    }
    found
}

/// Whether the word stands anywhere in `tokens`.
pub(crate) fn mentions(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        _ => false,
    })
}
