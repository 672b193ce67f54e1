//! From attributes to options, each with the span it was written at.
//!
//! One slip spoils one option: the parser reports it, skips to the next comma and goes on, so that
//! the rest of the item is still understood. A misspelt option is reported and then taken for the
//! one it was meant to be, so that it does not cause a second message further on.

use proc_macro2::{Ident, Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Token, Type};

use crate::errors::{Errors, error, error_on};
use crate::keys::{self, Key, Place, Takes};
use crate::nearest::nearest;

/// One option as it was given.
pub(crate) struct Given {
    pub(crate) key: &'static Key,
    /// Where its name stands.
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// What followed the option's name.
#[derive(Clone)]
pub(crate) enum Value {
    Nothing,
    Text(LitStr),
    Word(Ident),
    Type(Box<Type>),
    Expression(Box<Expr>),
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
                return errors.on(
                    attribute,
                    format_args!("`#[{name}]` without an option has no effect"),
                    format_args!("remove it, or give one of {list}"),
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
        let other = match self.place {
            Place::Field => Place::Struct,
            Place::Struct => Place::Field,
            Place::Variant => Place::Enum,
            Place::Enum => Place::Variant,
            Place::Function | Place::Metered => return,
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
        let Ok(name) = input.call(Ident::parse_any) else {
            let found = input.fork().parse::<TokenTree>();
            let found = found.map(|token| token.to_string()).unwrap_or_default();
            return Err(error(
                input.span(),
                format_args!(
                    "expected an option of `#[{}]`, found `{found}`",
                    place.attribute()
                ),
                format_args!("expected one of {}", keys::list(place)),
            ));
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
                match read_value(key, &name, input) {
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
        let value = read_value(key, &name, input)?;
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

/// The refusal of an unknown option, and the known one it was probably meant to be.
fn unknown(place: Place, name: &Ident) -> (syn::Error, Option<&'static Key>) {
    let (written, attribute) = (name.to_string(), place.attribute());
    if let Some(elsewhere) = keys::KEYS
        .iter()
        .find(|key| key.name == written && same_macro(key.place, place))
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
    let list = keys::list(place);
    let message = format!("unknown option `{written}` in `#[{attribute}]`");
    match meant.and_then(|meant| keys::find(place, meant)) {
        Some(key) => {
            let help = format!("did you mean `{}`? expected one of {list}", key.name);
            (error(name.span(), message, help), Some(key))
        }
        None => (
            error(name.span(), message, format_args!("expected one of {list}")),
            None,
        ),
    }
}

fn same_macro(a: Place, b: Place) -> bool {
    matches!(
        (a, b),
        (Place::Field, Place::Struct)
            | (Place::Struct, Place::Field)
            | (Place::Variant, Place::Enum)
            | (Place::Enum, Place::Variant)
    )
}

fn read_value(key: &'static Key, name: &Ident, input: ParseStream<'_>) -> syn::Result<Value> {
    let written = key.name;
    if input.peek(syn::token::Paren) {
        return Err(error(
            name.span(),
            format_args!("`{written}` does not take parentheses"),
            format_args!("write `{}`", key.example),
        ));
    }
    if !input.peek(Token![=]) {
        return match key.takes {
            Takes::Nothing | Takes::MaybeExpression => Ok(Value::Nothing),
            _ => Err(error(
                name.span(),
                format_args!("`{written}` needs a value"),
                format_args!("write `{}`", key.example),
            )),
        };
    }
    let equals: Token![=] = input.parse()?;
    if key.takes == Takes::Nothing {
        return Err(error(
            name.span(),
            format_args!("`{written}` takes no value"),
            format_args!("write `{written}` alone, or remove it"),
        ));
    }
    if input.is_empty() || input.peek(Token![,]) {
        return Err(error(
            equals.span,
            format_args!("the value of `{written}` is missing"),
            format_args!("write `{}`", key.example),
        ));
    }
    match key.takes {
        Takes::Nothing => Ok(Value::Nothing),
        Takes::Text => match ungrouped(value_of(key, input, "a string", Expr::parse)?) {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Ok(Value::Text(text)),
            other => Err(wrong_kind(key, "a string", &other)),
        },
        Takes::Number => match ungrouped(value_of(key, input, "a number", Expr::parse)?) {
            Expr::Lit(ExprLit { lit, .. }) if !matches!(lit, Lit::Int(_)) => {
                Err(wrong_kind(key, "a whole number", &lit))
            }
            number => Ok(Value::Expression(Box::new(number))),
        },
        Takes::Word => match ungrouped(value_of(key, input, "a name", Expr::parse)?) {
            Expr::Path(path) if path.path.get_ident().is_some() => {
                let word = path.path.get_ident().cloned();
                Ok(word.map_or(Value::Nothing, Value::Word))
            }
            other => Err(wrong_kind(key, "a name", &other)),
        },
        Takes::Type => {
            value_of(key, input, "a type", Type::parse).map(|ty| Value::Type(Box::new(ty)))
        }
        Takes::Expression | Takes::MaybeExpression => {
            value_of(key, input, "an expression", Expr::parse)
                .map(|value| Value::Expression(Box::new(value)))
        }
    }
}

fn value_of<T>(
    key: &Key,
    input: ParseStream<'_>,
    what: &str,
    parse: impl Fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let span = input.span();
    parse(input).map_err(|_| {
        error(
            span,
            format_args!("the value of `{}` is not {what}", key.name),
            format_args!("write `{}`", key.example),
        )
    })
}

/// What came through a `macro_rules!` variable, without the group around it.
fn ungrouped(expression: Expr) -> Expr {
    match expression {
        Expr::Group(group) => ungrouped(*group.expr),
        plain => plain,
    }
}

fn wrong_kind(key: &Key, what: &str, found: &dyn quote::ToTokens) -> syn::Error {
    error_on(
        found.to_token_stream(),
        format_args!("the value of `{}` is not {what}", key.name),
        format_args!("write `{}`", key.example),
    )
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}
