//! The rules of a function under `#[timed]`.

use quote::ToTokens;
use syn::Expr;

use crate::attr;
use crate::errors::Errors;
use crate::keys::Place;
use crate::model::returned::{self, AsyncTail, is_never};
use crate::model::timed::{ErrorCount, Function, Request, TimerSource, mentions};
use crate::path_template;

/// Where a function stands, and whose attribute it is timed by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Its own attribute; what it stands in is not seen.
    Alone,
    /// Its own attribute, in a `#[timed] impl`.
    Marked,
    /// That of the whole `impl`, which has other methods as well.
    OneOfMany,
}

/// Holds every rule against the function.
pub(crate) fn check(
    request: &Request,
    function: &Function,
    standing: Standing,
    errors: &mut Errors,
) {
    can_be_wrapped(function, errors);
    has_a_body(function, errors);
    knows_no_caller(function, errors);
    times_the_work(function, errors);
    slow_is_a_limit(request, errors);
    if standing != Standing::OneOfMany {
        has_errors_to_count(request, function, errors);
        has_polls_to_time(request, function, errors);
    }
    stands_beside_a_path(request, errors);
    match &request.timer {
        TimerSource::Named => {}
        TimerSource::At(path) => {
            super::template(path, &["fn", "module", "type"], errors);
            names_a_type_it_has(path, function, standing, errors);
        }
        TimerSource::Given(timer) => {
            if is_no_misspelt_option(timer, function, errors) {
                let name = function.name();
                let help = format!("add `&self`, or give a path: `#[timed(\"{name}\")]`");
                has_the_receiver(timer, function, &help, errors);
            }
        }
    }
    let family = request
        .errors
        .as_ref()
        .and_then(|count| count.family.as_ref());
    if let Some(family) = family {
        let help = "add `&self`, or write `err` alone, to count beside the timer";
        has_the_receiver(family, function, help, errors);
    }
}

/// What is asked of a whole `impl` is asked of each of its methods.
pub(crate) fn check_block(
    request: &Request,
    timed: &[Function],
    block: &syn::ItemImpl,
    errors: &mut Errors,
) {
    match &request.timer {
        TimerSource::Named => {}
        TimerSource::At(path) => {
            let written = path.value();
            if timed.len() > 1 && !path_template::has(&written, "fn") {
                errors.on(
                    path,
                    format_args!("every method would share the path `{written}`"),
                    format_args!("write `\"{}/{{fn}}\"`", written.trim_end_matches('/')),
                );
            }
        }
        TimerSource::Given(timer) => {
            if let Some(refusal) = misspelt_option(timer) {
                errors.push(refusal);
            } else {
                errors.on(
                    timer,
                    "one timer for every method of an `impl` would not tell them apart",
                    "give a path with `{fn}`, or put this on the methods",
                );
            }
        }
    }
    if timed.is_empty() {
        errors.on(
            block.impl_token,
            "there is no method here to time",
            "remove `#[timed]`, or put it on a function",
        );
        return;
    }
    let any_result = timed.iter().any(Function::returns_a_result);
    if let (Some(count), false) = (&request.errors, any_result) {
        errors.at(
            count.span,
            "no method here returns a `Result` for `err` to count",
            "remove `err`",
        );
    }
    if let (Some(span), false) = (request.polls, timed.iter().any(Function::is_polled)) {
        errors.at(
            span,
            "no method here is `async`, so there is nothing for `polls` to time",
            "remove `polls`",
        );
    }
}

/// Reading a clock is nothing that a constant can do.
fn can_be_wrapped(function: &Function, errors: &mut Errors) {
    if let Some(constant) = &function.signature.constness {
        errors.on(
            constant,
            "`#[timed]` cannot wrap a `const fn`",
            "time the caller",
        );
    }
}

/// The body becomes a closure, and a closure is called by the function it stands in.
fn knows_no_caller(function: &Function, errors: &mut Errors) {
    let mut attributes = function.attributes.iter();
    if let Some(attribute) = attributes.find(|attribute| attribute.path().is_ident("track_caller"))
    {
        errors.on(
            attribute,
            format_args!(
                "`#[timed]` would hide from `{}` who calls it",
                function.name()
            ),
            "remove one of the two; `timer.time(|| …)` can time a part of the body",
        );
    }
}

/// A trait's declaration is not what runs.
fn has_a_body(function: &Function, errors: &mut Errors) {
    if function.body.is_none() {
        errors.on(
            &function.signature.ident,
            format_args!("`{}` has no body to time", function.name()),
            "put `#[timed]` on the implementations, or give it a default body",
        );
    }
}

/// A function that returns a future has done nothing yet when it returns, unless its `async` block can be seen.
fn times_the_work(function: &Function, errors: &mut Errors) {
    let Some(body) = &function.body else { return };
    let output = &function.signature.output;
    if !function.is_async()
        && returned::is_future(output)
        && AsyncTail::of(body.to_token_stream()).is_none()
    {
        errors.on(
            output,
            "this would time only the future's creation",
            "make it an `async fn`, or time the inner one",
        );
    }
}

/// A limit has to be one.
fn slow_is_a_limit(request: &Request, errors: &mut Errors) {
    if let Some((text, None)) = &request.slow {
        errors.on(
            text,
            format_args!("`{}` is not a limit", super::quoted(text)),
            "write a quantile, as `\"p99\"` or `\"2*p99\"`, or a duration, as `\"250ms\"`",
        );
    }
}

/// What stands beside a timer is found by the timer's path, and a field has a path for each instance.
fn stands_beside_a_path(request: &Request, errors: &mut Errors) {
    let TimerSource::Given(timer) = &request.timer else {
        return;
    };
    let written = written(timer);
    if let Some((text, Some(_))) = &request.slow {
        errors.on(
            text,
            format_args!("`slow` watches a timer with a path, and `{written}` may be many timers"),
            "give a path instead, or use `calipers::SlowLog`",
        );
    }
    if let Some(ErrorCount { span, family: None }) = &request.errors {
        errors.at(
            *span,
            format_args!(
                "`err` counts beside a timer with a path, and `{written}` may be many timers"
            ),
            "give the family: `err = self.errors`, a `Family<Variant<Error>, Counter>`",
        );
    }
    if let Some(span) = request.polls {
        errors.at(
            span,
            format_args!(
                "`polls` stands beside a timer with a path, and `{written}` may be many timers"
            ),
            "give a path instead",
        );
    }
}

/// Whether the return type is a `Result` the compiler finds out; that there is none, its syntax tells.
fn has_errors_to_count(request: &Request, function: &Function, errors: &mut Errors) {
    if let (Some(count), false) = (&request.errors, function.gives_a_value()) {
        errors.at(
            count.span,
            format_args!(
                "`err` has nothing to count: `{}` returns no error",
                function.name()
            ),
            "return a `Result`, or remove `err`",
        );
    }
}

/// Only a future is polled, and only one that ends tells how long its polls took.
fn has_polls_to_time(request: &Request, function: &Function, errors: &mut Errors) {
    let Some(span) = request.polls else { return };
    let name = function.name();
    let is_endless = function.is_async() && is_never(&function.signature.output);
    if is_endless {
        errors.at(
            span,
            format_args!("`{name}` never ends, and polls are told when a call does"),
            "remove `polls`",
        );
    } else if !function.is_polled() {
        errors.at(
            span,
            format_args!("`polls` is for futures, and `{name}` is not `async`"),
            "remove `polls`",
        );
    }
}

/// A lone word that is nearly an option, and names nothing that the function has.
fn is_no_misspelt_option(timer: &Expr, function: &Function, errors: &mut Errors) -> bool {
    let refusal = misspelt_option(timer).filter(|_| {
        let Expr::Path(path) = timer else {
            return false;
        };
        let word = path.path.get_ident();
        word.is_some_and(|word| !function.has_parameter(&word.to_string()))
    });
    let is_none = refusal.is_none();
    if let Some(refusal) = refusal {
        errors.push(refusal);
    }
    is_none
}

fn misspelt_option(timer: &Expr) -> Option<syn::Error> {
    let Expr::Path(path) = timer else { return None };
    let word = path.path.get_ident()?;
    let (refusal, meant) = attr::unknown(Place::Function, word);
    meant.map(|_| refusal)
}

fn written(timer: &Expr) -> String {
    timer.to_token_stream().to_string().replace(' ', "")
}

/// A function of no type has no `{type}`.
fn names_a_type_it_has(
    path: &syn::LitStr,
    function: &Function,
    standing: Standing,
    errors: &mut Errors,
) {
    let unknown = standing == Standing::Alone;
    if path_template::has(&path.value(), "type") && unknown && !function.has_self_type() {
        errors.on(
            path,
            format_args!(
                "`{{type}}` stands for nothing: `{}` has no `self`",
                function.name()
            ),
            "write a path without it, or put `#[timed]` on the whole `impl`",
        );
    }
}

/// The timer, or the family, is a field of an instance, and there is none.
fn has_the_receiver(given: &Expr, function: &Function, help: &str, errors: &mut Errors) {
    if mentions(given.to_token_stream(), "self") && !function.has_receiver() {
        let (name, written) = (function.name(), written(given));
        errors.on(
            given,
            format_args!("`{written}` needs a receiver, but `{name}` has none"),
            help,
        );
    }
}
