//! What a timed function gives back, as far as its syntax tells: a value, nothing ever, or a future.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::visit_mut::{VisitMut, visit_type_mut};
use syn::{
    AngleBracketedGenericArguments, AssocType, Block, Expr, ExprAsync, GenericArgument,
    PathArguments, ReturnType, Stmt, Token, Type, TypeParamBound, parse_quote,
};

/// The return type with `_` in place of each `impl Trait`, which may not stand on a closure or a `let`.
pub(crate) fn spelled(output: &ReturnType) -> Type {
    let mut ty = match output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    without_impl(&mut ty);
    ty
}

fn without_impl(ty: &mut Type) {
    struct Blanked;
    impl VisitMut for Blanked {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            match ty {
                Type::ImplTrait(_) => *ty = parse_quote!(_),
                _ => visit_type_mut(self, ty),
            }
        }
    }
    Blanked.visit_type_mut(ty);
}

/// Whether the function never returns.
pub(crate) fn is_never(output: &ReturnType) -> bool {
    matches!(output, ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)))
}

/// Whether what is returned is a future, so that the call is over before any work is done.
pub(crate) fn is_future(output: &ReturnType) -> bool {
    match output {
        ReturnType::Default => false,
        ReturnType::Type(_, ty) => future(ty).is_some(),
    }
}

/// What the returned future gives, where its type says so.
pub(crate) fn future_output(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    let mut output = future(ty)??;
    without_impl(&mut output);
    Some(output)
}

/// `None`: not a future. `Some(None)`: one of a type that does not say what it gives.
fn future(ty: &Type) -> Option<Option<Type>> {
    match ty {
        Type::ImplTrait(of) => of.bounds.iter().find_map(future_bound),
        Type::TraitObject(of) => of.bounds.iter().find_map(future_bound),
        Type::Group(of) => future(&of.elem),
        Type::Paren(of) => future(&of.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let arguments = match &last.arguments {
                PathArguments::AngleBracketed(arguments) => Some(arguments),
                _ => None,
            };
            if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" {
                return Some(arguments.and_then(last_type));
            }
            let wraps = last.ident == "Pin" || last.ident == "Box";
            arguments
                .filter(|_| wraps)
                .and_then(last_type)
                .and_then(|inner| future(&inner))
        }
        _ => None,
    }
}

fn future_bound(bound: &TypeParamBound) -> Option<Option<Type>> {
    let TypeParamBound::Trait(bound) = bound else {
        return None;
    };
    let last = bound
        .path
        .segments
        .last()
        .filter(|last| last.ident == "Future")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Some(None);
    };
    let output = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Output" => {
            Some(ty.clone())
        }
        _ => None,
    });
    Some(output)
}

fn last_type(arguments: &AngleBracketedGenericArguments) -> Option<Type> {
    arguments
        .args
        .iter()
        .rev()
        .find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        })
}

/// A body that ends in `async { … }` or `Box::pin(async { … })`: the work is in there.
pub(crate) struct AsyncTail {
    block: Block,
}

impl AsyncTail {
    pub(crate) fn of(body: TokenStream) -> Option<AsyncTail> {
        let mut block: Block = syn::parse2(body).ok()?;
        tail(&mut block)?;
        Some(AsyncTail { block })
    }

    /// The body's statements, with the inside of the `async` block replaced.
    pub(crate) fn rewritten(
        mut self,
        rewrite: impl FnOnce(TokenStream, Span) -> TokenStream,
    ) -> TokenStream {
        if let Some(inner) = tail(&mut self.block) {
            let stmts = &inner.block.stmts;
            let inside = rewrite(quote!(#(#stmts)*), inner.block.brace_token.span.join());
            inner.block.stmts = vec![Stmt::Expr(Expr::Verbatim(inside), None)];
            // What the new inside names must outlive the function, as all that the old one named did.
            inner.capture = Some(Token![move](Span::call_site()));
        }
        let stmts = &self.block.stmts;
        quote!(#(#stmts)*)
    }
}

fn tail(block: &mut Block) -> Option<&mut ExprAsync> {
    match block.stmts.last_mut()? {
        Stmt::Expr(expression, None) => inside(expression),
        _ => None,
    }
}

fn inside(expression: &mut Expr) -> Option<&mut ExprAsync> {
    match expression {
        Expr::Async(inner) => Some(inner),
        Expr::Group(group) => inside(&mut group.expr),
        Expr::Paren(paren) => inside(&mut paren.expr),
        Expr::Call(call) => {
            let Expr::Path(function) = &*call.func else {
                return None;
            };
            let mut names = function
                .path
                .segments
                .iter()
                .rev()
                .map(|segment| &segment.ident);
            let is_pin = names.next().is_some_and(|name| name == "pin");
            let is_box = names.next().is_some_and(|name| name == "Box");
            if is_pin && is_box {
                call.args.first_mut().and_then(inside)
            } else {
                None
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(tokens: TokenStream) -> ReturnType {
        parse_quote!(-> #tokens)
    }

    #[test]
    fn futures_are_recognised_with_what_they_give() {
        let gives = |tokens| future_output(&output(tokens)).map(|ty| quote!(#ty).to_string());
        assert_eq!(
            gives(quote!(impl Future<Output = u8> + Send)).as_deref(),
            Some("u8")
        );
        assert_eq!(
            gives(quote!(Pin<Box<dyn Future<Output = u8> + '_>>)).as_deref(),
            Some("u8")
        );
        assert_eq!(gives(quote!(BoxFuture<'a, u8>)).as_deref(), Some("u8"));
        assert_eq!(gives(quote!(Result<u8, E>)), None);
        assert!(is_future(&output(quote!(impl std::future::Future))));
        assert!(!is_future(&output(quote!(Box<dyn Fn() -> u8>))));
    }

    #[test]
    fn impl_trait_is_blanked_wherever_it_stands() {
        let spelled = spelled(&output(quote!(Result<impl Iterator<Item = impl Clone>, E>)));
        assert_eq!(
            quote!(#spelled).to_string(),
            quote!(Result<_, E>).to_string()
        );
    }

    #[test]
    fn the_async_block_at_the_end_is_found() {
        assert!(
            AsyncTail::of(quote!({
                let a = 1;
                Box::pin(async move { a })
            }))
            .is_some()
        );
        assert!(AsyncTail::of(quote!({ async { 1 } })).is_some());
        assert!(AsyncTail::of(quote!({ self.other() })).is_none());
        assert!(
            AsyncTail::of(quote!({
                async { 1 };
            }))
            .is_none()
        );
    }
}
