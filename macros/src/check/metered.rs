//! The rules of a trait, and of an `impl`, under `#[metered]`.

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{ItemImpl, ItemTrait, Type};

use crate::errors::Errors;
use crate::model::metered::{Request, StatMethod};
use crate::path_template;

/// Holds every rule against the trait.
pub(crate) fn check_trait(
    request: &Request,
    item: &ItemTrait,
    stats: &[StatMethod],
    errors: &mut Errors,
) {
    has_a_path_per_type(request, item, errors);
    is_one_trait(item, errors);
    if stats.is_empty() {
        errors.on(
            &item.ident,
            format_args!("`{}` has no stat", item.ident),
            "mark one: `#[stat] fn latency(&self) -> &Timer;`",
        );
    }
    for stat in stats {
        is_a_getter(stat, errors);
    }
}

/// Without the type's name in its path, all implementors would record into one place.
fn has_a_path_per_type(request: &Request, item: &ItemTrait, errors: &mut Errors) {
    let Some(template) = &request.template else {
        let usual = item.ident.to_string().to_lowercase();
        errors.on(
            &item.ident,
            format_args!("the path of `{}`'s stats is missing", item.ident),
            format_args!("write `#[metered(\"{usual}.{{type}}\")]`"),
        );
        return;
    };
    let found = errors.count();
    super::template(template, &["module", "type"], errors);
    if errors.count() > found {
        return;
    }
    let written = template.value();
    if !path_template::has(&written, "type") {
        let separator = if written.contains('/') { '/' } else { '.' };
        let instead = match written.rsplit_once(separator) {
            Some((before, last)) => format!("{before}{separator}{{type}}{separator}{last}"),
            None => format!("{written}{separator}{{type}}"),
        };
        errors.on(
            template,
            format_args!("every type would share the path `{written}`"),
            format_args!("write `{instead:?}`"),
        );
    }
}

/// A type could implement a generic trait several times, and its stats could not tell them apart.
fn is_one_trait(item: &ItemTrait, errors: &mut Errors) {
    if !item.generics.params.is_empty() {
        errors.on(
            &item.generics,
            format_args!(
                "`{}` is generic, so a type may implement it more than once",
                item.ident
            ),
            "meter a trait without parameters",
        );
    }
}

/// The method's body is generated, and all it can do is to give a reference to a stat.
fn is_a_getter(stat: &StatMethod, errors: &mut Errors) {
    let name = &stat.ident;
    if stat.has_body {
        errors.on(
            name,
            format_args!("`{name}` is a stat, so its body is generated"),
            "end it with `;`, or remove `#[stat]`",
        );
    } else if !stat.is_getter || stat.ty.is_none() {
        errors.on(
            name,
            format_args!("`{name}` does not have the form of a stat"),
            format_args!("write `fn {name}(&self) -> &Timer;`, or another stat"),
        );
    }
}

/// Holds every rule against the `impl`.
pub(crate) fn check_impl(request: &Request, block: &ItemImpl, errors: &mut Errors) {
    if let Some(template) = &request.template {
        errors.on(
            template,
            "the path is given where the trait is",
            "write `#[metered]` here",
        );
    }
    if block.trait_.is_none() {
        errors.at(
            block.self_ty.span(),
            "`#[metered]` needs the `impl` of a metered trait",
            "time the methods of a type with `#[timed]` instead",
        );
    }
}

/// The compiler lets nobody implement a trait of ours for a type of somebody else's. Of the types that are part of the
/// language we know it first.
pub(crate) fn is_of_this_crate(ty: &Type, errors: &mut Errors) -> bool {
    const PRIMITIVE: [&str; 17] = [
        "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32",
        "i64", "i128", "isize", "f32", "f64",
    ];
    let is_foreign = match ty {
        Type::Path(path) => path
            .path
            .get_ident()
            .is_some_and(|name| PRIMITIVE.iter().any(|primitive| name == primitive)),
        Type::Array(_) | Type::Slice(_) | Type::Tuple(_) | Type::Ptr(_) | Type::FnPtr(_) => true,
        _ => false,
    };
    if is_foreign {
        let written = ty.to_token_stream().to_string().replace(' ', "");
        errors.on(
            ty,
            format_args!(
                "`{written}` is not a type of this crate, so it cannot have stats of its own"
            ),
            "wrap it in a struct, and implement the trait for that",
        );
    }
    !is_foreign
}
