//! What follows an option's name, read as its key says, and refused with the form it should have.

use proc_macro2::Ident;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, ExprLit, Lit, LitStr, Token, Type};

use crate::errors::{error, error_on};
use crate::keys::{Key, Takes};

/// What followed the option's name.
#[derive(Clone)]
pub(crate) enum Value {
    Nothing,
    Text(LitStr),
    Word(Ident),
    Type(Box<Type>),
    Expression(Box<Expr>),
}

impl Value {
    /// Reads what follows `name`, which is `key`.
    pub(super) fn read(
        key: &'static Key,
        name: &Ident,
        input: ParseStream<'_>,
    ) -> syn::Result<Value> {
        let written = key.name;
        if input.peek(syn::token::Paren) {
            return Err(error(
                name.span(),
                format_args!("`{written}` does not take parentheses"),
                form(key),
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
                form(key),
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
}

/// How the option is written, as a help.
fn form(key: &Key) -> String {
    match key.takes {
        Takes::MaybeExpression => format!("write `{0}` alone, or `{0} = …`", key.name),
        _ => format!("write `{}`", key.example),
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
