//! `#[timed] impl`: every method of the block, or those that are marked in it.
//!
//! Here the type is known, so a path may name it, and every method is visible before its first call.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, ImplItem, ItemImpl, Meta, Type};

use super::wrap;
use crate::check;
use crate::check::timed::Standing;
use crate::errors::Errors;
use crate::model::timed::{Function, Request};

/// The block with its methods timed as `request` says, or as their own attributes do.
pub(crate) fn expand(
    request: Option<&Request>,
    mut block: ItemImpl,
    mut errors: Errors,
) -> TokenStream {
    let of = name(&block.self_ty);
    let any_marked = block.items.iter().any(|item| mark(item).is_some());
    let mut timed = Vec::new();
    for item in &mut block.items {
        let own = match (take_mark(item), any_marked) {
            (Some(mark), _) => Some(mark),
            (None, true) => continue,
            (None, false) => None,
        };
        let own = match own.map(|mark| arguments(&mark)) {
            Some(arguments) if !arguments.is_empty() => match Request::read(arguments, &mut errors)
            {
                Some(own) => Some(own),
                None => continue,
            },
            _ => None,
        };
        let (Some(request), ImplItem::Fn(method)) = (own.as_ref().or(request), &*item) else {
            continue;
        };
        // A clock is nothing for a constant; without marks that is no mistake, there is just nothing to time.
        if !any_marked && method.sig.constness.is_some() {
            continue;
        }
        let Ok(function) = syn::parse2::<Function>(method.to_token_stream()) else {
            continue;
        };
        let standing = match own {
            Some(_) => Standing::Marked,
            None => Standing::OneOfMany,
        };
        let faults = errors.count();
        check::timed::check(request, &function, standing, &mut errors);
        if errors.count() == faults {
            *item = ImplItem::Verbatim(wrap(request, &function, standing, of.as_deref()));
        }
        timed.push(function);
    }
    if let Some(request) = request {
        check::timed::check_block(request, &timed, &block, &mut errors);
    }
    let errors = errors.report();
    quote!(#errors #block)
}

/// The last name of the type, which is what `{type}` stands for; a tuple or a slice has none.
pub(crate) fn name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|last| last.ident.unraw().to_string()),
        Type::Group(group) => name(&group.elem),
        Type::Paren(paren) => name(&paren.elem),
        Type::Reference(reference) => name(&reference.elem),
        _ => None,
    }
}

fn is_mark(attribute: &Attribute) -> bool {
    attribute
        .path()
        .segments
        .last()
        .is_some_and(|last| last.ident == "timed")
}

fn mark(item: &ImplItem) -> Option<&Attribute> {
    match item {
        ImplItem::Fn(method) => method.attrs.iter().find(|attribute| is_mark(attribute)),
        _ => None,
    }
}

fn take_mark(item: &mut ImplItem) -> Option<Attribute> {
    let ImplItem::Fn(method) = item else {
        return None;
    };
    let at = method.attrs.iter().position(is_mark)?;
    Some(method.attrs.remove(at))
}

fn arguments(mark: &Attribute) -> TokenStream {
    match &mark.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
    }
}
