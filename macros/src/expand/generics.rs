//! Generics that the user did not write: bounds for fields that name a type parameter, and the part
//! of a struct's parameters that a second struct needs.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{GenericParam, Generics, Token, TypeParamBound, WherePredicate, parse_quote};

use crate::model::handler::{Handler, Role};

/// The struct's generics with what its stats need of them.
///
/// Only a field that names a type parameter gets a bound: for the others the compiler can tell by
/// itself, and says so at the field.
pub(crate) fn bounded(handler: &Handler) -> Generics {
    let mut generics = handler.generics.clone();
    let krate = &handler.krate;
    let mut bounds: Vec<WherePredicate> = Vec::new();
    for field in &handler.fields {
        let ty = &field.ty;
        if !names_a_type(&handler.generics, ty) {
            continue;
        }
        match field.role {
            Role::Stat | Role::StatWith(_) => bounds.push(parse_quote!(#ty: #krate::Stat)),
            Role::Child(None) => bounds.push(parse_quote!(#ty: #krate::Instrumented<Parts = ()>)),
            // A bound would hide what the child's parts are, which the expression has to be.
            Role::Child(Some(_)) => {}
            Role::Node | Role::Part | Role::Made(_) | Role::Broken => {}
        }
    }
    if !bounds.is_empty() {
        generics.make_where_clause().predicates.extend(bounds);
    }
    generics
}

/// Whether `tokens` name one of the type parameters.
pub(crate) fn names_a_type(generics: &Generics, tokens: &impl ToTokens) -> bool {
    generics
        .type_params()
        .any(|parameter| names_ident(tokens.to_token_stream(), &parameter.ident))
}

/// Whether `tokens` name any of the parameters.
pub(crate) fn names_a_parameter(generics: &Generics, tokens: &impl ToTokens) -> bool {
    generics
        .params
        .iter()
        .any(|parameter| names(tokens.to_token_stream(), parameter))
}

/// The parameters that `used` names, with those of their bounds that name no other.
pub(crate) fn needed(generics: &Generics, used: &TokenStream) -> Generics {
    let (kept, dropped): (Vec<&GenericParam>, Vec<&GenericParam>) = generics
        .params
        .iter()
        .partition(|parameter| names(used.clone(), parameter));
    let names_dropped = |tokens: TokenStream| {
        dropped
            .iter()
            .any(|parameter| names(tokens.clone(), parameter))
    };
    let mut needed = Generics::default();
    for parameter in &kept {
        let mut parameter = (*parameter).clone();
        match &mut parameter {
            GenericParam::Type(ty) => {
                ty.attrs.clear();
                ty.bounds
                    .retain_bounds(|bound| !names_dropped(bound.to_token_stream()));
                ty.default
                    .take_if(|(_, default)| names_dropped(default.to_token_stream()));
            }
            GenericParam::Lifetime(lifetime) => {
                lifetime.attrs.clear();
                let bounds = lifetime
                    .bounds
                    .iter()
                    .filter(|bound| !names_dropped(bound.to_token_stream()));
                lifetime.bounds = bounds.cloned().collect();
            }
            GenericParam::Const(constant) => constant.attrs.clear(),
        }
        needed.params.push(parameter);
    }
    let predicates = generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    let predicates = predicates.filter(|predicate| {
        let tokens = predicate.to_token_stream();
        kept.iter()
            .any(|parameter| names(tokens.clone(), parameter))
            && !names_dropped(tokens)
    });
    let predicates: Punctuated<WherePredicate, Token![,]> = predicates.cloned().collect();
    if !predicates.is_empty() {
        needed.make_where_clause().predicates = predicates;
    }
    needed
}

trait RetainBounds {
    fn retain_bounds(&mut self, keep: impl Fn(&TypeParamBound) -> bool);
}

impl RetainBounds for Punctuated<TypeParamBound, Token![+]> {
    fn retain_bounds(&mut self, keep: impl Fn(&TypeParamBound) -> bool) {
        *self = self.iter().filter(|bound| keep(bound)).cloned().collect();
    }
}

fn names(tokens: TokenStream, parameter: &GenericParam) -> bool {
    match parameter {
        GenericParam::Type(ty) => names_ident(tokens, &ty.ident),
        GenericParam::Const(constant) => names_ident(tokens, &constant.ident),
        GenericParam::Lifetime(lifetime) => names_lifetime(tokens, &lifetime.lifetime.ident),
    }
}

/// Whether `ident` stands in `tokens` other than as a later segment of a path, where it is another's name.
fn names_ident(tokens: TokenStream, ident: &Ident) -> bool {
    let mut after_colons = false;
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(found) if found == *ident && !after_colons => return true,
            TokenTree::Group(group) if names_ident(group.stream(), ident) => return true,
            TokenTree::Punct(punct) if punct.as_char() == ':' => {
                colons += 1;
                after_colons = colons == 2;
                continue;
            }
            _ => {}
        }
        colons = 0;
        after_colons = false;
    }
    false
}

fn names_lifetime(tokens: TokenStream, name: &Ident) -> bool {
    let mut after_tick = false;
    for token in tokens {
        match token {
            TokenTree::Ident(found) if after_tick && found == *name => return true,
            TokenTree::Group(group) if names_lifetime(group.stream(), name) => return true,
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                after_tick = true;
                continue;
            }
            _ => {}
        }
        after_tick = false;
    }
    false
}

/// A bound on a field's type may name a type that is less visible than the struct.
pub(crate) fn private_bounds(handler: &Handler, bounded: &Generics) -> Option<TokenStream> {
    let count = |generics: &Generics| {
        generics
            .where_clause
            .as_ref()
            .map_or(0, |clause| clause.predicates.len())
    };
    (count(bounded) > count(&handler.generics)).then(|| quote!(#[allow(private_bounds)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;
    use syn::ItemStruct;

    fn needed_text(item: &ItemStruct, used: &TokenStream) -> String {
        let needed = needed(&item.generics, used);
        let clause = &needed.where_clause;
        quote!(#needed #clause).to_string()
    }

    #[test]
    fn only_the_parameters_in_use_are_kept_with_their_own_bounds() {
        let item: ItemStruct = parse_quote! {
            struct H<'a, 'b: 'a, T: Clone + Into<U> + 'b, U = u8, const N: usize = 3>
            where T: Send, U: Sync { t: &'a T, u: [U; N] }
        };
        assert_eq!(
            needed_text(&item, &quote!(&'a T)),
            quote!(<'a, T: Clone> where T: Send).to_string()
        );
        assert_eq!(
            needed_text(&item, &quote!([U; N])),
            quote!(<U = u8, const N: usize = 3> where U: Sync).to_string()
        );
        assert_eq!(needed_text(&item, &quote!(other::T)), "");
        assert_eq!(
            needed_text(&item, &quote!(&'b u8)),
            quote!(<'b>).to_string()
        );
    }

    #[test]
    fn a_parameter_is_found_inside_a_group_and_before_a_path() {
        let item: ItemStruct = parse_quote!(
            struct H<T>(T);
        );
        assert!(names_a_type(&item.generics, &quote!(Vec<(u8, T)>)));
        assert!(names_a_type(&item.generics, &quote!(T::Item)));
        assert!(names_a_type(&item.generics, &quote!(Box<dyn Fn() -> T>)));
        assert!(!names_a_type(&item.generics, &quote!(a::T)));
    }
}
