//! The body of a timed function, as its user wrote it, between the start and the end of a timer.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Type, parse_quote};

use crate::model::returned::{AsyncTail, future_output, is_never, spelled};
use crate::model::timed::{ErrorCount, Function, Request, TimerSource};

/// What the body is put between.
pub(super) struct Wrapping<'a> {
    request: &'a Request,
    function: &'a Function,
    private: TokenStream,
    /// An expression that starts the timer.
    start: TokenStream,
    errors: Option<Counted>,
}

/// Names that the user's body cannot see.
fn running() -> Ident {
    Ident::new("running", Span::mixed_site())
}

fn value() -> Ident {
    Ident::new("value", Span::mixed_site())
}

impl<'a> Wrapping<'a> {
    pub(super) fn new(
        request: &'a Request,
        function: &'a Function,
        start: TokenStream,
        errors: Option<&ErrorCount>,
    ) -> Self {
        let krate = &request.krate;
        Wrapping {
            request,
            function,
            private: quote!(#krate::private),
            start,
            errors: errors.map(|count| Counted::new(count, function)),
        }
    }

    pub(super) fn body(&self, user: &Group) -> TokenStream {
        let (running, value) = (running(), value());
        let (private, start) = (&self.private, &self.start);
        let output = &self.function.signature.output;
        let inside = user.stream();
        if self.function.is_async() {
            if is_never(output) {
                return quote!(let #running = #start.cancellable(); let _ = &#running; #inside);
            }
            let ty = spelled(output);
            let family = self.family(&ty);
            let body = self.asynchronous(start, Some(&ty), &inside, user.span());
            return quote!(#family #body);
        }
        if let Some(tail) = AsyncTail::of(user.to_token_stream()) {
            return self.ends_in_a_future(tail);
        }
        if is_never(output) {
            return quote!(let #running = #start; let _ = &#running; #inside);
        }
        let ty = spelled(output);
        let (family, finish) = (self.family(&ty), self.finish(Some(&ty)));
        quote! {
            #family
            let #running = #start;
            let #value = #private::once(move || -> #ty #user);
            #finish
            #value
        }
    }

    /// A body that ends in `async { … }`, alone or boxed. A future that borrowed `self` for its timer might live
    /// longer than it may.
    fn ends_in_a_future(&self, tail: AsyncTail) -> TokenStream {
        let private = &self.private;
        let timer = Ident::new("timer", Span::mixed_site());
        let (before, start) = match &self.request.timer {
            TimerSource::Given(given) => {
                let handle = borrowed(&self.request.krate, given);
                (
                    quote!(let #timer = #private::handle(#handle);),
                    quote!(#private::start(&#timer)),
                )
            }
            TimerSource::Named | TimerSource::At(_) => (TokenStream::new(), self.start.clone()),
        };
        let output = &self.function.signature.output;
        let hint = future_output(output);
        let family = self.family(hint.as_ref().unwrap_or(&parse_quote!(_)));
        let rewritten = tail
            .rewritten(|inside, braces| self.asynchronous(&start, hint.as_ref(), &inside, braces));
        quote!(#before #family #rewritten)
    }

    /// An `async` body. An `async` block cannot be given a type, so a `return` that never runs tells it.
    fn asynchronous(
        &self,
        start: &TokenStream,
        ty: Option<&Type>,
        inside: &TokenStream,
        braces: Span,
    ) -> TokenStream {
        let (running, value, private) = (running(), value(), &self.private);
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
        let polled = self.request.polls.map(|_| quote!(.polled()));
        let finish = self.finish(ty);
        quote! {
            let mut #running = #start #polled;
            let #value = #private::drive(&mut #running, ::core::pin::pin!(async move #body)).await;
            #finish
            #value
        }
    }

    /// The family of errors, before the body takes away what it is part of.
    fn family(&self, ty: &Type) -> Option<TokenStream> {
        let Counted::Given { family, is_owned } = self.errors.as_ref()? else {
            return None;
        };
        let (krate, private, errors) = (&self.request.krate, &self.private, errors());
        let error = quote_spanned!(ty.span()=> <#ty as #private::Fallible>::Error);
        let kind = quote!(#krate::Family<#krate::Variant<#error>, #krate::Counter>);
        let reference = quote_spanned!(family.span()=> &(#family));
        Some(match is_owned {
            false => quote!(let #errors: &#kind = #reference;),
            true => quote! {
                let #errors = {
                    let #errors: &#kind = #reference;
                    #private::handle(#errors)
                };
            },
        })
    }

    /// Tells the value's outcome, and its error.
    fn finish(&self, ty: Option<&Type>) -> TokenStream {
        let (running, value, private) = (running(), value(), &self.private);
        let infer = parse_quote!(_);
        let ty = ty.unwrap_or(&infer);
        let as_fallible = quote_spanned!(ty.span()=> <#ty as #private::Fallible>);
        let errors = errors();
        let count = self.errors.as_ref().map(|counted| match counted {
            Counted::Beside => quote!(#running.erred(#as_fallible::variant(&#value));),
            Counted::Given { is_owned, .. } => {
                let borrow = is_owned.then(|| quote!(&));
                quote!(#as_fallible::count(&#value, #borrow #errors);)
            }
        });
        quote! {
            #count
            #running.finish(#private::Probe(&#value).outcome());
        }
    }
}

/// Where the errors are counted.
enum Counted {
    /// At the timer's path.
    Beside,
    /// In a family of the user's; whether a handle of our own is needed, as the body, or the caller, takes what it is
    /// part of.
    Given { family: Expr, is_owned: bool },
}

impl Counted {
    fn new(count: &ErrorCount, function: &Function) -> Counted {
        match &count.family {
            Some(family) => Counted::Given {
                is_owned: function.takes(family),
                family: family.clone(),
            },
            None => Counted::Beside,
        }
    }
}

fn errors() -> Ident {
    Ident::new("errors", Span::mixed_site())
}

/// A reference to the user's timer, checked at the user's place. What is a reference already is followed by
/// the compiler, which a generic function would keep it from.
pub(super) fn borrowed(krate: &syn::Path, given: &Expr) -> TokenStream {
    let timer = Ident::new("timer", Span::mixed_site());
    let reference = quote_spanned!(given.span()=> &(#given));
    quote!({ let #timer: &#krate::Timer = #reference; #timer })
}
