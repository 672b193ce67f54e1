//! A trait under `#[metered]`, and the `impl`s of it that carry the same attribute.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, FnArg, ItemImpl, ItemTrait, LitStr, Meta, Path, Receiver, ReceiverKind, ReturnType,
    Token, TraitItem, TraitItemFn, Type,
};

use super::crate_path;
use crate::attr::Options;
use crate::errors::{Errors, error};
use crate::keys::Place;

/// `#[metered(…)]`'s arguments.
pub(crate) struct Request {
    pub(crate) template: Option<LitStr>,
    pub(crate) krate: Path,
}

impl Request {
    /// Reads the arguments; `None` when they could not be understood.
    pub(crate) fn read(arguments: TokenStream, errors: &mut Errors) -> Option<Request> {
        let mut options = Options::none(Place::Metered);
        let reader = |input: ParseStream<'_>| {
            let template = match input.peek(LitStr) {
                true => Some(input.parse()?),
                false => None,
            };
            if template.is_some() && !input.is_empty() {
                input.parse::<Token![,]>().map_err(|wrong| {
                    error(
                        wrong.span(),
                        "one path is enough",
                        "write `,` before an option, or remove this",
                    )
                })?;
            }
            options.read_list(input, errors);
            Ok(template)
        };
        match reader.parse2(arguments) {
            Ok(template) => {
                let krate = crate_path(&options, errors);
                (!options.broken).then_some(Request { template, krate })
            }
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }
}

/// One method marked `#[stat]`.
pub(crate) struct StatMethod {
    pub(crate) ident: Ident,
    /// What it returns a reference to.
    pub(crate) ty: Option<Type>,
    /// Its attributes, without a `#[stat]` that has no options.
    pub(crate) attributes: Vec<Attribute>,
    /// `&self`, and nothing else.
    pub(crate) is_getter: bool,
    pub(crate) has_body: bool,
}

impl StatMethod {
    fn read(method: &TraitItemFn) -> StatMethod {
        let signature = &method.sig;
        let ty = match &signature.output {
            ReturnType::Type(_, ty) => match &**ty {
                Type::Reference(reference) if reference.mutability.is_none() => {
                    Some((*reference.elem).clone())
                }
                _ => None,
            },
            ReturnType::Default => None,
        };
        let shared =
            |receiver: &Receiver| matches!(receiver.kind, ReceiverKind::Reference(_, _, None));
        let is_getter = signature.inputs.len() == 1
            && matches!(signature.inputs.first(), Some(FnArg::Receiver(receiver)) if shared(receiver))
            && signature.asyncness.is_none()
            && signature.generics.params.is_empty();
        let bare =
            |attribute: &Attribute| is_stat(attribute) && matches!(attribute.meta, Meta::Path(_));
        StatMethod {
            ident: signature.ident.clone(),
            ty,
            attributes: method
                .attrs
                .iter()
                .filter(|attribute| !bare(attribute))
                .cloned()
                .collect(),
            is_getter,
            has_body: method.default.is_some(),
        }
    }
}

fn is_stat(attribute: &Attribute) -> bool {
    attribute.path().is_ident(Place::Field.attribute())
}

/// Whether the method is one of the stats.
pub(crate) fn is_stat_method(method: &TraitItemFn) -> bool {
    method.attrs.iter().any(is_stat)
}

/// The stats of a trait.
pub(crate) fn stat_methods(item: &ItemTrait) -> Vec<StatMethod> {
    let methods = item.items.iter().filter_map(|item| match item {
        TraitItem::Fn(method) if is_stat_method(method) => Some(StatMethod::read(method)),
        _ => None,
    });
    methods.collect()
}

/// The name that ties an `impl` to its trait: neither macro sees the other's tokens.
pub(crate) fn trait_name(block: &ItemImpl) -> Option<String> {
    let (path, _) = block.trait_.as_ref()?;
    path.segments
        .last()
        .map(|last| last.ident.unraw().to_string())
}

/// A number for a trait's name, the same in every crate and on every run (FNV-1a).
pub(crate) fn mark(trait_name: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325;
    trait_name.bytes().fold(start, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
