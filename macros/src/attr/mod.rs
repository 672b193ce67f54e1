//! From attributes to options, each with the span it was written at.
//!
//! One slip spoils one option: the parser reports it, skips to the next comma and goes on, so that
//! the rest of the item is still understood. A misspelt option is reported and then taken for the
//! one it was meant to be, so that it does not cause a second message further on.

mod value;

use proc_macro2::{Ident, Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, LitStr, Meta, Token, Type};

use crate::errors::{Errors, error};
use crate::keys::{self, Key, Place};
use crate::nearest::nearest;
pub(crate) use value::Value;

/// One option as it was given.
pub(crate) struct Given {
    pub(crate) key: &'static Key,
    /// Where its name stands.
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// The options of one item, in the order they were written.
pub(crate) struct Options {
    pub(crate) place: Place,
    given: Vec<Given>,
    /// Something here could not be understood, so what it leads to is not to be reported as well.
    pub(crate) broken: bool,
}

impl Options {
    /// No option yet.
    pub(crate) fn none(place: Place) -> Self {
        Options {
            place,
            given: Vec::new(),
            broken: false,
        }
    }

    /// Reads every attribute of `place` among `attributes`.
    pub(crate) fn read(place: Place, attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut options = Options::none(place);
        for attribute in attributes {
            if attribute.path().is_ident(place.attribute()) {
                options.read_one(attribute, errors);
            } else {
                options.refuse_misplaced(attribute, errors);
            }
        }
        options
    }

    fn read_one(&mut self, attribute: &Attribute, errors: &mut Errors) {
        let name = self.place.attribute();
        let list = match &attribute.meta {
            Meta::List(list) if !list.tokens.is_empty() => list,
            Meta::NameValue(_) => {
                self.broken = true;
                let example = self.examples();
                return errors.on(
                    attribute,
                    format_args!("`#[{name}]` takes its options in parentheses"),
                    format_args!("write `#[{name}({example})]`"),
                );
            }
            Meta::Path(_) | Meta::List(_) => {
                self.broken = true;
                let list = keys::list(self.place);
                let one_of = match keys::at(self.place).count() {
                    1 => "",
                    _ => "one of ",
                };
                return errors.on(
                    attribute,
                    format_args!("`#[{name}]` without an option has no effect"),
                    format_args!("remove it, or give {one_of}{list}"),
                );
            }
        };
        let reader = |input: ParseStream<'_>| {
            self.read_list(input, errors);
            Ok(())
        };
        // It reports through `errors`; what is left for it to fail on is an unfinished token stream.
        if let Err(unfinished) = reader.parse2(list.tokens.clone()) {
            errors.push(unfinished);
        }
    }

    /// Two attributes of one macro are easily confused: `#[instrumented(unit = …)]` on a field.
    fn refuse_misplaced(&mut self, attribute: &Attribute, errors: &mut Errors) {
        let Some(other) = self.place.other() else {
            return;
        };
        if attribute.path().is_ident(other.attribute()) {
            self.broken = true;
            let (wrong, right) = (other.attribute(), self.place.attribute());
            errors.on(
                attribute.path(),
                format_args!("`#[{wrong}]` belongs on {}", other.target()),
                format_args!(
                    "write `#[{right}(…)]` here, or move it to {}",
                    other.target()
                ),
            );
        }
    }

    /// Reads `a = 1, b, c = "x"` to the end.
    pub(crate) fn read_list(&mut self, input: ParseStream<'_>, errors: &mut Errors) {
        while !input.is_empty() {
            if let Err(error) = self.read_option(input, errors) {
                self.broken = true;
                errors.push(error);
                skip_to_comma(input);
            }
            if input.is_empty() {
                break;
            }
            if let Err(missing) = input.parse::<Token![,]>() {
                self.broken = true;
                errors.push(error(
                    missing.span(),
                    "options are separated by commas",
                    "write `,` here",
                ));
                skip_to_comma(input);
                let _ = input.parse::<Token![,]>();
            }
        }
    }

    fn read_option(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let place = self.place;
        // What is timed, and where, is no option; it is written first.
        let is_option = !(place == Place::Function && input.peek(Token![self]));
        let name = is_option.then(|| input.call(Ident::parse_any).ok());
        let Some(name) = name.flatten() else {
            return Err(not_an_option(place, input));
        };
        let key = match keys::find(place, &name.to_string()) {
            Some(key) => key,
            None => {
                let (refusal, meant) = unknown(place, &name);
                let Some(key) = meant else {
                    return Err(refusal);
                };
                errors.push(refusal);
                // What it was meant to be is good enough to go on with, if its value fits.
                match Value::read(key, &name, input) {
                    Ok(value) if self.get(key.name).is_none() => {
                        self.given.push(Given {
                            key,
                            span: name.span(),
                            value,
                        });
                    }
                    _ => {
                        self.broken = true;
                        skip_to_comma(input);
                    }
                }
                return Ok(());
            }
        };
        let value = Value::read(key, &name, input)?;
        if self.get(key.name).is_some() {
            errors.at(
                name.span(),
                format_args!("option `{}` is given twice", key.name),
                "keep one",
            );
            return Ok(());
        }
        self.given.push(Given {
            key,
            span: name.span(),
            value,
        });
        Ok(())
    }

    /// How a few of the options are written, for a help line.
    fn examples(&self) -> String {
        keys::at(self.place)
            .take(2)
            .map(|key| key.example)
            .collect::<Vec<_>>()
            .join(", ")
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Given> {
        self.given.iter().find(|given| given.key.name == name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Given> {
        self.given.iter()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&LitStr> {
        match &self.get(name)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn word(&self, name: &str) -> Option<&Ident> {
        match &self.get(name)?.value {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(crate) fn ty(&self, name: &str) -> Option<&Type> {
        match &self.get(name)?.value {
            Value::Type(ty) => Some(ty),
            _ => None,
        }
    }

    pub(crate) fn expression(&self, name: &str) -> Option<&Expr> {
        match &self.get(name)?.value {
            Value::Expression(expression) => Some(expression),
            _ => None,
        }
    }
}

fn not_an_option(place: Place, input: ParseStream<'_>) -> syn::Error {
    let found = input.fork().parse::<TokenTree>();
    let found = found.map(|token| token.to_string()).unwrap_or_default();
    let first = match place {
        Place::Function => "a path or a timer comes first; ",
        Place::Metered => "the path comes first; ",
        _ => "",
    };
    error(
        input.span(),
        format_args!(
            "expected an option of `#[{}]`, found `{found}`",
            place.attribute()
        ),
        format_args!("{first}{}", keys::expected(place)),
    )
}

/// The refusal of an unknown option, and the known one it was probably meant to be.
pub(crate) fn unknown(place: Place, name: &Ident) -> (syn::Error, Option<&'static Key>) {
    let (written, attribute) = (name.to_string(), place.attribute());
    if let Some(elsewhere) = keys::KEYS
        .iter()
        .find(|key| key.name == written && place.other() == Some(key.place))
    {
        let (owner, target) = (elsewhere.place.attribute(), elsewhere.place.target());
        let refusal = error(
            name.span(),
            format_args!("`{written}` belongs to `#[{owner}]`, not to `#[{attribute}]`"),
            format_args!("write `#[{owner}({})]` on {target}", elsewhere.example),
        );
        return (refusal, None);
    }
    let meant = nearest(&written, keys::at(place).map(|key| key.name));
    let expected = keys::expected(place);
    let message = format!("unknown option `{written}` in `#[{attribute}]`");
    match meant.and_then(|meant| keys::find(place, meant)) {
        Some(key) => {
            let help = match keys::at(place).count() {
                1 => format!("did you mean `{}`?", key.name),
                _ => format!("did you mean `{}`? {expected}", key.name),
            };
            (error(name.span(), message, help), Some(key))
        }
        None => (error(name.span(), message, expected), None),
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}
