//! `#[timed]`: the user's body, as it was written, between the start and the end of a timer.

mod body;
mod whole_impl;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;

use crate::check;
use crate::check::timed::Standing;
use crate::errors::Errors;
use crate::model::slow::Slow;
use crate::model::timed::{ErrorCount, Function, Request, TimerSource};
use crate::partial;
use crate::path_template::{fill, has, slashed};
use crate::source;
use body::{Wrapping, borrowed};

/// `#[timed]` on whatever it was put on.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let request = Request::read(arguments, &mut errors);
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(function) => {
            match syn::parse2::<syn::ItemImpl>(item.clone()) {
                Ok(block) => return whole_impl::expand(request.as_ref(), block, errors),
                Err(unfinished) => not_a_function(&item, function, unfinished, &mut errors),
            }
            return beside(&errors.report(), item);
        }
    };
    if let Some(request) = &request {
        check::timed::check(request, &function, Standing::Alone, &mut errors);
        if errors.is_empty() {
            return wrap(request, &function, Standing::Alone, None);
        }
    }
    // The function itself is well, and whoever calls it should not hear of the mistake again.
    let errors = errors.report();
    quote!(#errors #item)
}

/// The errors and the item. Where a block stands as an expression only one may stand, so they go inside.
fn beside(errors: &TokenStream, item: TokenStream) -> TokenStream {
    let mut tokens = item.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Group(block)), None) if block.delimiter() == Delimiter::Brace => {
            let inside = block.stream();
            quote!({ #errors #inside })
        }
        _ => quote!(#errors #item),
    }
}

/// The function with its body wrapped. `of` is the type's name where it is known.
fn wrap(
    request: &Request,
    function: &Function,
    standing: Standing,
    of: Option<&str>,
) -> TokenStream {
    let body = match &function.body {
        Some(user) => {
            let errors = request.errors.as_ref();
            let counts = standing != Standing::OneOfMany || function.returns_a_result();
            let errors = errors.filter(|_| counts);
            let start = start(request, function, errors, of);
            Wrapping::new(request, function, start, errors).body(user)
        }
        None => TokenStream::new(),
    };
    let Function {
        attributes,
        vis,
        defaultness,
        signature,
        ..
    } = function;
    quote!(#(#attributes)* #vis #defaultness #signature { #body })
}

/// An expression that starts the timer.
fn start(
    request: &Request,
    function: &Function,
    errors: Option<&ErrorCount>,
    of: Option<&str>,
) -> TokenStream {
    let krate = &request.krate;
    let private = quote!(#krate::private);
    let template = match &request.timer {
        TimerSource::Given(given) => {
            let timer = borrowed(&request.krate, given);
            return quote!(#private::start(#timer));
        }
        TimerSource::At(path) => slashed(&path.value()),
        TimerSource::Named if of.is_some() || function.has_self_type() => {
            "{module}/{type}/{fn}".to_owned()
        }
        TimerSource::Named => "{module}/{fn}".to_owned(),
    };
    let template = fill(&template, "fn", &function.name());
    let template = of.map_or(template.clone(), |of| fill(&template, "type", of));
    let (name, help) = (function.name(), function.help());
    let line = source::line(function.signature.ident.span());
    let slow = request
        .slow
        .as_ref()
        .and_then(|(_, slow)| *slow)
        .map(|slow| {
            let limit = match slow {
                Slow::Above(nanos) => quote!(Above(::core::time::Duration::from_nanos(#nanos))),
                Slow::AboveRecent { quantile, factor } => {
                    quote!(AboveRecent { quantile: #quantile, factor: #factor })
                }
            };
            quote!(.slow(#krate::Slow::#limit))
        });
    // Of one type alone the timer is the same for every call.
    let of = match has(&template, "type") {
        true => quote!(::core::any::type_name::<Self>()),
        false => quote!(""),
    };
    let errors = errors.filter(|count| count.family.is_none());
    let errors = errors.map(|_| quote!(.errors()));
    let polls = request
        .polls
        .filter(|_| function.is_polled())
        .map(|_| quote!(.polls()));
    quote! {
        {
            static TIMER: #private::FnTimer = #private::FnTimer::new(
                #template, #name, #help, ::core::module_path!(), ::core::file!(), #line
            )#slow #errors #polls;
            #private::inventory::submit!(#private::Declared(&TIMER));
            TIMER.start(#of)
        }
    }
}

/// Refuses what is none of the two; of what is one and not finished, says what is missing.
fn not_a_function(
    item: &TokenStream,
    function: syn::Error,
    block: syn::Error,
    errors: &mut Errors,
) {
    use syn::Item;
    let found = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Struct(_)) => "a struct",
        Ok(Item::Enum(_)) => "an enum",
        Ok(Item::Union(_)) => "a union",
        Ok(Item::Trait(_)) => "a trait",
        Ok(Item::Mod(_)) => "a module",
        Ok(Item::ForeignMod(_)) => "an `extern` block",
        Ok(Item::Const(_)) => "a constant",
        Ok(Item::Static(_)) => "a static",
        Ok(Item::Type(_)) => "a type alias",
        Ok(Item::Use(_)) => "a `use`",
        Ok(Item::Macro(_)) => "a macro",
        _ => match partial::item_keyword(item).as_deref() {
            Some("fn") => return errors.push(function),
            Some("impl") => return errors.push(block),
            _ if syn::parse2::<syn::Block>(item.clone()).is_ok() => "a block",
            _ => "something else",
        },
    };
    let first: TokenStream = item.clone().into_iter().take(1).collect();
    errors.on(
        first,
        format_args!("`#[timed]` needs a function or an `impl`, found {found}"),
        "time the functions that use it",
    );
}
