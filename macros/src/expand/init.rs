//! `init` and the functions beside it: the ways to put an instance into the tree.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Generics;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{generics, parts};
use crate::model::handler::Handler;

/// The inherent functions, each one call into the runtime.
pub(crate) fn functions(handler: &Handler, bounded: &Generics) -> TokenStream {
    let names = Names::of(handler);
    let Names {
        init,
        init_in,
        init_child,
        init_child_numbered,
    } = &names;
    let (krate, ident, vis) = (&handler.krate, &handler.ident, &handler.vis);
    let private = quote!(#krate::private);
    let (impl_generics, type_generics, clause) = bounded.split_for_impl();
    let allow = generics::private_bounds(handler, bounded);
    let parts_ty = parts::ty(handler);
    // Without parts there is no argument for them.
    let (argument, parts) = match handler.has_parts() {
        true => (quote!(, parts: #parts_ty), quote!(parts)),
        false => (TokenStream::new(), quote!(())),
    };
    let parent = parent(handler);
    let (parent_ty, parent_node, check) = (&parent.ty, &parent.node, &parent.check);
    let docs = docs(handler, &names);
    let [init_doc, in_doc, child_doc, numbered_doc] = &docs;
    let must_use = "an instance that is dropped at once leaves the tree at once";
    quote! {
        #allow
        #[automatically_derived]
        #[allow(dead_code)]
        impl #impl_generics #ident #type_generics #clause {
            #[doc = #init_doc]
            #[must_use = #must_use]
            #vis fn #init(path: &str #argument) -> Self {
                #private::init(path, #parts)
            }
            #[doc = #in_doc]
            #[must_use = #must_use]
            #vis fn #init_in(registry: &#krate::Registry, path: &str #argument) -> Self {
                #private::init_in(registry, path, #parts)
            }
            #[doc = #child_doc]
            #[must_use = #must_use]
            #vis fn #init_child(
                parent: &#parent_ty,
                name: impl ::core::fmt::Display
                #argument
            ) -> Self {
                #check
                #private::init_child(#parent_node, &name, #parts)
            }
            #[doc = #numbered_doc]
            #[must_use = #must_use]
            #vis fn #init_child_numbered(parent: &#parent_ty, name: &str #argument) -> Self {
                #check
                #private::init_child_numbered(#parent_node, name, #parts)
            }
        }
    }
}

/// What the functions are called.
pub(crate) struct Names {
    pub(crate) init: Ident,
    pub(crate) init_in: Ident,
    pub(crate) init_child: Ident,
    pub(crate) init_child_numbered: Ident,
}

impl Names {
    fn of(handler: &Handler) -> Self {
        let mut init = handler.init();
        // The user's place, the macro's own name: a lint about an unused function is not for the user.
        init.set_span(init.span().resolved_at(Span::call_site()));
        let stem = init.unraw();
        let span = init.span();
        Names {
            init_in: format_ident!("{stem}_in", span = span),
            init_child: format_ident!("{stem}_child", span = span),
            init_child_numbered: format_ident!("{stem}_child_numbered", span = span),
            init,
        }
    }
}

struct Parent {
    /// What the argument is a reference to.
    ty: TokenStream,
    /// What the runtime is given.
    node: TokenStream,
    /// The checks that had to wait until the type parameters are known.
    check: TokenStream,
}

fn parent(handler: &Handler) -> Parent {
    let krate = &handler.krate;
    let Some(ty) = handler.options.ty("parent") else {
        return Parent {
            ty: quote!((impl #krate::Parent + ?::core::marker::Sized)),
            node: quote!(parent),
            check: TokenStream::new(),
        };
    };
    let as_parent = quote_spanned!(ty.span()=> <#ty as #krate::Parent>);
    let late_parent = generics::names_a_parameter(&handler.generics, ty);
    let late = handler
        .stats()
        .filter(|field| late_parent || generics::names_a_parameter(&handler.generics, &field.ty));
    let checks = late.map(|field| {
        let (ty, name) = (&field.ty, &field.name);
        quote_spanned! {ty.span()=>
            const { #krate::private::check_feed(#as_parent::CLASS, #name, <#ty as #krate::Stat>::KIND) };
        }
    });
    Parent {
        ty: quote!(#ty),
        node: quote!(#as_parent::node(parent)),
        check: quote!(#(#checks)*),
    }
}

fn docs(handler: &Handler, names: &Names) -> [String; 4] {
    let Names {
        init, init_child, ..
    } = names;
    let class = handler.class();
    let parent = match handler.options.ty("parent") {
        Some(ty) => format!("`{}`", quote!(#ty).to_string().replace(' ', "")),
        None => "parent".to_owned(),
    };
    [
        format!(
            "Puts a `{class}` at `path` in the global registry.\n\n\
             An instance of the same class that is alive at that path shares its stats. A path that cannot be \
             used is mended and logged once. At `/`, stats stay when the instance goes."
        ),
        format!("Like [`{init}`](Self::{init}), in a registry of your own."),
        format!(
            "Puts a `{class}` at `name` below the {parent}, whose aggregates of the same names count its \
             stats in; it keeps that place alive. A slash in the name makes a level of it."
        ),
        format!(
            "Like [`{init_child}`](Self::{init_child}), at the lowest number that is free below `name`: \
             `name/1`, `name/2`, …"
        ),
    ]
}
