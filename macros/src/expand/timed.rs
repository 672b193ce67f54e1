//! `#[timed]`: the user's body, as it was written, between the start and the end of a timer.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Type};

use crate::check;
use crate::errors::Errors;
use crate::model::returned::{AsyncTail, future_output, is_never, spelled};
use crate::model::slow::Slow;
use crate::model::timed::{Function, Request, TimerSource};
use crate::path_template::{fill, has, slashed};
use crate::source;

/// `#[timed]` on whatever it was put on.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let request = Request::read(arguments, &mut errors);
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            if let Ok(block) = syn::parse2::<syn::ItemImpl>(item.clone()) {
                return super::timed_impl::expand(request.as_ref(), block, errors);
            }
            let found = not_a_function(&item);
            let tokens = first_token(&item);
            errors.on(
                tokens,
                format_args!("`#[timed]` needs a function or an `impl`, found {found}"),
                "time the functions that use it",
            );
            let errors = errors.report();
            return quote!(#errors #item);
        }
    };
    if let Some(request) = &request {
        check::timed::check(request, &function, false, &mut errors);
        if errors.is_empty() {
            return wrap(request, function, None);
        }
    }
    // The function itself is well, and whoever calls it should not hear of the mistake again.
    let errors = errors.report();
    quote!(#errors #item)
}

/// The function with its body wrapped. `of` is the type's name where it is known.
pub(crate) fn wrap(request: &Request, function: Function, of: Option<&str>) -> TokenStream {
    let body = body(request, &function, of);
    let Function {
        attributes,
        vis,
        defaultness,
        signature,
        ..
    } = function;
    quote!(#(#attributes)* #vis #defaultness #signature { #body })
}

fn body(request: &Request, function: &Function, of: Option<&str>) -> TokenStream {
    let Some(user) = &function.body else {
        return TokenStream::new();
    };
    let private = {
        let krate = &request.krate;
        quote!(#krate::private)
    };
    let output = &function.signature.output;
    // Names that the user's body cannot see.
    let [running, value, timer] =
        ["running", "value", "timer"].map(|name| Ident::new(name, Span::mixed_site()));
    let start = start(request, function, of);
    let inside = user.stream();
    if function.signature.asyncness.is_some() {
        return match is_never(output) {
            true => quote!(let #running = #start.cancellable(); let _ = &#running; #inside),
            false => asynchronous(
                &private,
                &start,
                Some(&spelled(output)),
                &inside,
                user.span(),
            ),
        };
    }
    if let Some(tail) = AsyncTail::of(user.to_token_stream()) {
        // A future that borrowed `self` for its timer might live longer than it may.
        let (before, start) = match &request.timer {
            TimerSource::Given(given) => {
                let handle = borrowed(&request.krate, given);
                (
                    quote!(let #timer = #private::handle(#handle);),
                    quote!(#private::start(&#timer)),
                )
            }
            TimerSource::Named | TimerSource::At(_) => (TokenStream::new(), start),
        };
        let hint = future_output(output);
        let rewritten = tail.rewritten(|inside, braces| {
            asynchronous(&private, &start, hint.as_ref(), &inside, braces)
        });
        return quote!(#before #rewritten);
    }
    if is_never(output) {
        return quote!(let #running = #start; let _ = &#running; #inside);
    }
    let ty = spelled(output);
    quote! {
        let #running = #start;
        let #value = #private::once(move || -> #ty #user);
        #running.finish(#private::Probe(&#value).outcome());
        #value
    }
}

/// An `async` body. An `async` block cannot be given a type, so a `return` that never runs tells it.
fn asynchronous(
    private: &TokenStream,
    start: &TokenStream,
    ty: Option<&Type>,
    inside: &TokenStream,
    braces: Span,
) -> TokenStream {
    let [running, value] = ["running", "value"].map(|name| Ident::new(name, Span::mixed_site()));
    let hint = ty.filter(|ty| !matches!(ty, Type::Infer(_))).map(|ty| {
        // Where the type is written, so that a wrong value is told to differ from that.
        quote_spanned! {ty.span().resolved_at(Span::mixed_site())=>
            #[allow(unreachable_code, clippy::diverging_sub_expression, clippy::let_unit_value, clippy::needless_return)]
            if false {
                let #value: #ty = loop {};
                return #value;
            }
        }
    });
    // In the user's braces: where a value is missing at the end, they are what the compiler points at.
    let mut body = Group::new(Delimiter::Brace, quote!(#hint #inside));
    body.set_span(braces);
    quote! {
        let mut #running = #start;
        let #value = #private::drive(&mut #running, ::core::pin::pin!(async move #body)).await;
        #running.finish(#private::Probe(&#value).outcome());
        #value
    }
}

/// An expression that starts the timer.
fn start(request: &Request, function: &Function, of: Option<&str>) -> TokenStream {
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
    quote! {
        {
            static TIMER: #private::FnTimer = #private::FnTimer::new(
                #template, #name, #help, ::core::module_path!(), ::core::file!(), #line
            )#slow;
            #private::inventory::submit!(#private::Declared(&TIMER));
            TIMER.start(#of)
        }
    }
}

/// A reference to the user's timer, checked at the user's place. What is a reference already is followed by
/// the compiler, which a generic function would keep it from.
fn borrowed(krate: &syn::Path, given: &Expr) -> TokenStream {
    let timer = Ident::new("timer", Span::mixed_site());
    let reference = quote_spanned!(given.span()=> &(#given));
    quote!({ let #timer: &#krate::Timer = #reference; #timer })
}

fn is_block(item: &TokenStream) -> bool {
    syn::parse2::<syn::Block>(item.clone()).is_ok()
}

fn first_token(item: &TokenStream) -> TokenStream {
    item.clone().into_iter().take(1).collect()
}

fn not_a_function(item: &TokenStream) -> &'static str {
    use syn::Item;
    match syn::parse2::<Item>(item.clone()) {
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
        _ if is_block(item) => "a block",
        _ => "something else",
    }
}
