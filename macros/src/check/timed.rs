//! The rules of a function under `#[timed]`.

use quote::ToTokens;

use crate::errors::Errors;
use crate::model::returned::{AsyncTail, is_future};
use crate::model::timed::{Function, Request, TimerSource, mentions};
use crate::path_template::{self, PLACEHOLDERS, TemplateProblem};

/// Holds every rule against the function; `known_type` when it stands in a `#[timed] impl`.
pub(crate) fn check(request: &Request, function: &Function, known_type: bool, errors: &mut Errors) {
    can_be_wrapped(function, errors);
    has_a_body(function, errors);
    times_the_work(function, errors);
    slow_is_a_limit(request, errors);
    match &request.timer {
        TimerSource::Named => {}
        TimerSource::At(path) => {
            template(path, errors);
            names_a_type_it_has(path, function, known_type, errors);
        }
        TimerSource::Given(timer) => has_the_receiver(timer, function, errors),
    }
}

/// What is asked of a whole `impl` is asked of each of its methods.
pub(crate) fn check_block(
    request: &Request,
    timed: usize,
    block: &syn::ItemImpl,
    errors: &mut Errors,
) {
    match &request.timer {
        TimerSource::Named => {}
        TimerSource::At(path) => {
            let written = path.value();
            if timed > 1 && !path_template::has(&written, "fn") {
                errors.on(
                    path,
                    format_args!("every method would share the path `{written}`"),
                    format_args!("write `\"{}/{{fn}}\"`", written.trim_end_matches('/')),
                );
            }
        }
        TimerSource::Given(timer) => errors.on(
            timer,
            "one timer for every method of an `impl` would not tell them apart",
            "give a path with `{fn}`, or put this on the methods",
        ),
    }
    if timed == 0 {
        errors.on(
            block.impl_token,
            "there is no method here to time",
            "remove `#[timed]`, or put it on a function",
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
    let is_async = function.signature.asyncness.is_some();
    if !is_async && is_future(output) && AsyncTail::of(body.to_token_stream()).is_none() {
        errors.on(
            output,
            "this would time only the future's creation",
            "make it an `async fn`, or time the inner one",
        );
    }
}

/// A limit belongs to one timer, and a field is a timer for each instance.
fn slow_is_a_limit(request: &Request, errors: &mut Errors) {
    let Some((text, slow)) = &request.slow else {
        return;
    };
    if let TimerSource::Given(timer) = &request.timer {
        let written = timer.to_token_stream().to_string().replace(' ', "");
        errors.on(
            text,
            format_args!("`slow` watches a timer with a path, and `{written}` may be many timers"),
            "give a path instead, or use `calipers::SlowLog`",
        );
    } else if slow.is_none() {
        errors.on(
            text,
            format_args!("`{}` is not a limit", super::quoted(text)),
            "write a quantile, as `\"p99\"` or `\"2*p99\"`, or a duration, as `\"250ms\"`",
        );
    }
}

/// See `path_template`.
pub(crate) fn template(path: &syn::LitStr, errors: &mut Errors) {
    let Err(problem) = path_template::check(&path.value()) else {
        return;
    };
    let help = match &problem {
        TemplateProblem::Unknown(_) => {
            let known = PLACEHOLDERS.map(|name| format!("`{{{name}}}`")).join(", ");
            format!("expected one of {known}")
        }
        TemplateProblem::Unclosed => "write it in a pair of braces, as in `{fn}`".to_owned(),
        TemplateProblem::Path(problem) => match &problem.instead {
            Some(_) => "write one name between slashes, as in `\"/db/{fn}\"`".to_owned(),
            None => "write `\"/db/query\"`, for one".to_owned(),
        },
    };
    errors.on(
        path,
        format_args!("`{}` is not a path: {problem}", super::quoted(path)),
        help,
    );
}

/// A function of no type has no `{type}`.
fn names_a_type_it_has(
    path: &syn::LitStr,
    function: &Function,
    known_type: bool,
    errors: &mut Errors,
) {
    if path_template::has(&path.value(), "type") && !known_type && !function.has_self_type() {
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

/// The timer is a field of an instance, and there is none.
fn has_the_receiver(timer: &syn::Expr, function: &Function, errors: &mut Errors) {
    let tokens = timer.to_token_stream();
    if mentions(tokens.clone(), "self") && !function.has_receiver() {
        let name = function.name();
        let written = tokens.to_string().replace(' ', "");
        errors.on(
            timer,
            format_args!("`{written}` needs a receiver, but `{name}` has none"),
            format_args!("add `&self`, or give a path: `#[timed(\"{name}\")]`"),
        );
    }
}
