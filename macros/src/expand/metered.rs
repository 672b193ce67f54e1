//! `#[metered]`: stats for each type that implements a trait.
//!
//! The trait's macro does not see the `impl`s, and theirs do not see the trait's stats. So the trait
//! carries default methods that look the stats up in a slot, and each `impl` supplies the slot of its type
//! through a supertrait. That supertrait is marked with a number made of the trait's name: a type may
//! implement several metered traits, and an `impl` that forgot its attribute is missing the one of its own.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{GenericParam, ItemImpl, ItemTrait, TraitItem, Type, parse_quote};

use super::timed_impl::name;
use crate::check;
use crate::errors::Errors;
use crate::model::metered::{Request, StatMethod, is_stat_method, mark, stat_methods, trait_name};
use crate::path_template::slashed;
use crate::source;

/// `#[metered]` on whatever it was put on.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let request = Request::read(arguments, &mut errors);
    if let Ok(item) = syn::parse2::<ItemTrait>(item.clone()) {
        return expand_trait(request.as_ref(), item, errors);
    }
    if let Ok(block) = syn::parse2::<ItemImpl>(item.clone()) {
        return expand_impl(request.as_ref(), &block, errors);
    }
    let first: TokenStream = item.clone().into_iter().take(1).collect();
    errors.on(
        first,
        "`#[metered]` needs a trait, or the `impl` of one",
        "use `#[timed]` for a function",
    );
    let errors = errors.report();
    quote!(#errors #item)
}

fn expand_trait(request: Option<&Request>, mut item: ItemTrait, mut errors: Errors) -> TokenStream {
    let stats = stat_methods(&item);
    if let Some(request) = request {
        check::metered::check_trait(request, &item, &stats, &mut errors);
    }
    let whole = errors.is_empty();
    let (krate, template) = match request {
        Some(request) => (
            request.krate.clone(),
            request.template.as_ref().map(|path| slashed(&path.value())),
        ),
        None => (parse_quote!(::calipers), None),
    };
    let private = quote!(#krate::private);
    let number = mark(&item.ident.unraw().to_string());
    let class = format_ident!("{}Stats", item.ident.unraw());
    let look_up = quote!(stats::<#class>(::core::module_path!(), #template));
    for method in &mut item.items {
        let TraitItem::Fn(method) = method else {
            continue;
        };
        if !is_stat_method(method) {
            continue;
        }
        method
            .attrs
            .retain(|attribute| !attribute.path().is_ident("stat"));
        let ident = &method.sig.ident;
        // A mistake elsewhere must not make this method one that each `impl` has to write.
        let body = match whole {
            true => quote!(&#private::Metered::<#number>::slot(self).#look_up.#ident),
            false => quote!(::core::unreachable!()),
        };
        method.default = Some(parse_quote!({ #body }));
        method.semi_token = None;
    }
    item.supertraits
        .push(parse_quote!(#private::Metered<#number>));
    item.colon_token = Some(item.colon_token.unwrap_or_default());
    let open = if whole {
        quote!(<Self as #private::Metered<#number>>::slot_of_type().#look_up;)
    } else {
        quote!()
    };
    item.items.push(parse_quote! {
        #[doc(hidden)]
        fn needs_metered_on_the_trait() where Self: ::core::marker::Sized { #open }
    });
    let structure = whole.then(|| structure(&krate, &item, &class, &stats));
    let errors = errors.report();
    quote!(#errors #structure #item)
}

/// The struct that holds the stats of one type.
fn structure(
    krate: &syn::Path,
    item: &ItemTrait,
    class: &syn::Ident,
    stats: &[StatMethod],
) -> TokenStream {
    let vis = &item.vis;
    let doc = format!("The stats of one type that implements [`{}`].", item.ident);
    let fields = stats.iter().map(|stat| {
        let StatMethod {
            ident,
            ty,
            attributes,
            ..
        } = stat;
        quote!(#(#attributes)* #vis #ident: #ty)
    });
    let krate_option = krate.to_token_stream().to_string().replace(' ', "");
    let conditions = item
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"));
    quote! {
        #(#conditions)*
        #[doc = #doc]
        #[allow(missing_docs)]
        #[::core::prelude::v1::derive(#krate::private::Collected)]
        #[instrumented(crate = #krate_option)]
        #vis struct #class { #(#fields),* }
    }
}

fn expand_impl(request: Option<&Request>, block: &ItemImpl, mut errors: Errors) -> TokenStream {
    if let Some(request) = request {
        check::metered::check_impl(request, block, &mut errors);
    }
    let krate = request.map_or_else(|| parse_quote!(::calipers), |request| request.krate.clone());
    let Some((_, metered_trait, _)) = &block.trait_ else {
        let errors = errors.report();
        return quote!(#errors #block);
    };
    let private = quote!(#krate::private);
    let number = mark(&trait_name(block).unwrap_or_default());
    let (impl_generics, _, clause) = block.generics.split_for_impl();
    let ty = &block.self_ty;
    let conditions: Vec<_> = block
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect();
    // With parameters, the type has a name per instantiation, which the running program knows.
    let is_one_type = !block
        .generics
        .params
        .iter()
        .any(|parameter| !matches!(parameter, GenericParam::Lifetime(_)));
    let label = match (is_one_type, name(ty)) {
        (true, Some(name)) => quote!(::core::option::Option::Some(#name)),
        _ => quote!(::core::option::Option::None),
    };
    let declaration = (is_one_type && errors.is_empty()).then(|| {
        let ty = with_static_lifetimes(ty);
        let metered_trait = with_static_lifetimes(&parse_quote!(#metered_trait));
        let name = block.self_ty.to_token_stream().to_string().replace(' ', "");
        let line = source::line(block.impl_token.span);
        quote! {
            #private::inventory::submit! {
                #private::Declared::new(
                    &#private::Class {
                        name: #name,
                        module: ::core::module_path!(),
                        file: ::core::file!(),
                        line: #line,
                        label: ::core::option::Option::None,
                        collapsed: false,
                        stats: &[],
                    },
                    ::core::option::Option::None,
                    || <#ty as #metered_trait>::needs_metered_on_the_trait(),
                )
            }
        }
    });
    let errors = errors.report();
    quote! {
        #errors
        #block
        #(#conditions)*
        const _: () = {
            #[automatically_derived]
            impl #impl_generics #private::Metered<#number> for #ty #clause {
                fn slot(&self) -> #private::Slot {
                    <Self as #private::Metered<#number>>::slot_of_type()
                }
                fn slot_of_type() -> #private::Slot {
                    static TYPES: #private::MeteredTypes = #private::MeteredTypes::new();
                    TYPES.slot(#label, ::core::any::type_name::<Self>())
                }
            }
            #declaration
        };
    }
}

/// The type with `'static` for every lifetime: which one it is makes no difference to its stats.
fn with_static_lifetimes(ty: &Type) -> Type {
    struct Static;
    impl syn::visit_mut::VisitMut for Static {
        fn visit_lifetime_mut(&mut self, lifetime: &mut syn::Lifetime) {
            lifetime.ident = syn::Ident::new("static", lifetime.ident.span());
        }
    }
    let mut ty = ty.clone();
    syn::visit_mut::VisitMut::visit_type_mut(&mut Static, &mut ty);
    ty
}
