//! `#[metered]`: stats for each type that implements a trait.
//!
//! The trait's macro does not see the `impl`s, and theirs do not see the trait's stats. So the trait
//! carries default methods that look the stats up in a slot, and each `impl` supplies the slot of its type
//! through a supertrait. That supertrait is marked with a number made of the trait's name: a type may
//! implement several metered traits, and an `impl` that forgot its attribute is missing the one of its own.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{GenericParam, ItemImpl, ItemTrait, TraitItem, Type, parse_quote};

use crate::case::Case;
use crate::check;
use crate::errors::Errors;
use crate::model::metered::{Request, StatMethod, is_stat_method, mark, stat_methods, trait_name};
use crate::partial;
use crate::path_template::slashed;
use crate::source;

/// `#[metered]` on whatever it was put on.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let request = Request::read(arguments, &mut errors);
    let unfinished = match syn::parse2::<ItemTrait>(item.clone()) {
        Ok(item) => return expand_trait(request.as_ref(), item, errors),
        Err(of_trait) => match syn::parse2::<ItemImpl>(item.clone()) {
            Ok(block) => return expand_impl(request.as_ref(), &block, errors),
            Err(of_impl) => match partial::item_keyword(&item).as_deref() {
                Some("trait") => Some(of_trait),
                Some("impl") => Some(of_impl),
                _ => None,
            },
        },
    };
    match unfinished {
        Some(unfinished) => errors.push(unfinished),
        None => errors.on(
            item.clone().into_iter().take(1).collect::<TokenStream>(),
            "`#[metered]` needs a trait, or the `impl` of one",
            "use `#[timed]` for a function",
        ),
    }
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
    let declare = declare_name(&item.ident);
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
            true => {
                quote!(&#private::Metered::<#number>::slot(self).stats::<#class>().#ident)
            }
            false => quote!(::core::unreachable!()),
        };
        if !whole {
            method.attrs.push(parse_quote!(#[allow(unused_variables)]));
        }
        method.default = Some(parse_quote!({ #body }));
        method.semi_token = None;
    }
    item.supertraits
        .push(parse_quote!(#private::Metered<#number>));
    item.colon_token = Some(item.colon_token.unwrap_or_default());
    let told = match whole {
        true => {
            quote!(<Self as #private::Metered<#number>>::slot_of_type().declare::<#class>(open))
        }
        false => quote!({
            let _ = open;
            ::core::unreachable!()
        }),
    };
    item.items.push(parse_quote! {
        #[doc(hidden)]
        fn #declare(open: bool) -> #private::Told where Self: ::core::marker::Sized { #told }
    });
    let structure = whole.then(|| structure(&krate, &item, &class, template.as_deref(), &stats));
    let errors = errors.report();
    quote!(#errors #structure #item)
}

/// What the trait tells its `impl`s through. Named after the trait, as a trait may have a metered supertrait.
fn declare_name(of: &syn::Ident) -> syn::Ident {
    let name = Case::Snake.of(&of.unraw().to_string());
    format_ident!("__declare_{name}")
}

/// The struct that holds the stats of one type.
fn structure(
    krate: &syn::Path,
    item: &ItemTrait,
    class: &syn::Ident,
    template: Option<&str>,
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
    let conditions: Vec<_> = item
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect();
    quote! {
        #(#conditions)*
        #[doc = #doc]
        #[allow(dead_code, missing_docs)]
        #[::core::prelude::v1::derive(#krate::private::Collected)]
        #[instrumented(crate = #krate_option)]
        #vis struct #class { #(#fields),* }
        #(#conditions)*
        #[automatically_derived]
        impl #krate::private::TraitStats for #class {
            const TEMPLATE: &'static str = #template;
        }
    }
}

fn expand_impl(request: Option<&Request>, block: &ItemImpl, mut errors: Errors) -> TokenStream {
    if let Some(request) = request {
        check::metered::check_impl(request, block, &mut errors);
    }
    if block.trait_.is_some() && !check::metered::is_of_this_crate(&block.self_ty, &mut errors) {
        // Whatever stood here, the compiler would refuse once more.
        return errors.report();
    }
    let krate = request.map_or_else(|| parse_quote!(::calipers), |request| request.krate.clone());
    let Some((metered_trait, _)) = &block.trait_ else {
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
    let trait_ident = metered_trait.segments.last().map(|last| &last.ident);
    let declare = trait_ident.map(declare_name);
    let name = format!("{} for {}", text(&metered_trait.segments.last()), text(ty));
    let line = source::line(block.impl_token.span);
    let implementor = match is_one_type {
        true => {
            let ty = with_static_lifetimes(ty);
            quote!(new(#name, ::core::file!(), #line, __declare::<#ty>))
        }
        false => quote!(generic(#name, ::core::file!(), #line)),
    };
    let tell = quote_spanned!(metered_trait.span()=> <_ as #private::MeteredTrait>::told);
    let declaration = errors.is_empty().then(|| {
        quote! {
            // Stands in for what the trait lacks when it is not metered, so that its absence is told in our words.
            trait __Unmetered {
                fn #declare(_: bool) -> #private::Unmetered { #private::Unmetered }
            }
            impl<__Type: ?::core::marker::Sized> __Unmetered for __Type {}
            #[allow(dead_code)]
            fn __declare<__Type: #metered_trait>(open: bool) -> #private::Told {
                #tell(__Type::#declare(open))
            }
            #private::inventory::submit!(#private::Declared(&__IMPLEMENTOR));
        }
    });
    let errors = errors.report();
    quote! {
        #errors
        #block
        #(#conditions)*
        const _: () = {
            static __IMPLEMENTOR: #private::Implementor = #private::Implementor::#implementor;
            #[automatically_derived]
            impl #impl_generics #private::Metered<#number> for #ty #clause {
                fn slot(&self) -> #private::Slot {
                    __IMPLEMENTOR.slot(::core::any::type_name::<Self>())
                }
                fn slot_of_type() -> #private::Slot {
                    __IMPLEMENTOR.slot(::core::any::type_name::<Self>())
                }
            }
            #declaration
        };
    }
}

fn text(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
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
