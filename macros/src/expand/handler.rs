//! `impl Instrumented`: the class as a constant, and how an instance is built at its place.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Generics, Path};

use super::{generics, init, parts};
use crate::model::handler::{Field, Flavour, Handler, Role};
use crate::source;

/// Everything that `#[derive(Instrumented)]` adds to the struct.
pub(crate) fn expand(handler: &Handler) -> TokenStream {
    let bounded = generics::bounded(handler);
    let parts = parts::structure(handler);
    let inits = match handler.flavour {
        Flavour::Derived => init::functions(handler, &bounded),
        Flavour::Collected => TokenStream::new(),
    };
    let implementation = implementation(handler, &bounded, &build(handler), &node(handler));
    let assertions = assertions(handler);
    let declaration = declaration(handler);
    quote! {
        #parts
        #inits
        const _: () = {
            #implementation
            #assertions
            #declaration
        };
    }
}

/// The trait's implementation around two bodies.
pub(crate) fn implementation(
    handler: &Handler,
    bounded: &Generics,
    build: &TokenStream,
    node: &TokenStream,
) -> TokenStream {
    let (krate, ident) = (&handler.krate, &handler.ident);
    let (impl_generics, type_generics, clause) = bounded.split_for_impl();
    let parts_type = parts::ty(handler);
    let class = class(handler);
    let (place, parts) = (local("place"), local("parts"));
    let allow = generics::private_bounds(handler, bounded);
    quote! {
        #allow
        #[automatically_derived]
        impl #impl_generics #krate::Instrumented for #ident #type_generics #clause {
            type Parts = #parts_type;
            const CLASS: &'static #krate::private::Class = &#class;
            fn node(&self) -> &#krate::Node { #node }
            fn build(#place: &#krate::private::Opener<'_>, #parts: Self::Parts) -> Self { #build }
        }
    }
}

fn class(handler: &Handler) -> TokenStream {
    let private = private(&handler.krate);
    let name = handler.class();
    let line = source::line(handler.ident.span());
    let label = match handler.options.text("label") {
        Some(label) => quote!(::core::option::Option::Some(#label)),
        None => quote!(::core::option::Option::None),
    };
    let collapsed = handler.options.has("collapsed");
    let stats = handler.stats().map(|field| spec(&handler.krate, field));
    quote! {
        #private::Class {
            name: #name,
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: #line,
            label: #label,
            collapsed: #collapsed,
            stats: &[#(#stats),*],
        }
    }
}

/// What is known of a stat before there is one.
///
/// The kind is asked of the type in the same words as everything else here, at the field's own span:
/// the compiler then says once, and there, that a type is not a stat.
fn spec(krate: &Path, field: &Field) -> TokenStream {
    let private = private(krate);
    let (name, help, line) = (&field.name, &field.help, field.line);
    let stat = as_stat(krate, field);
    let options = field.options.iter().filter_map(|given| {
        let value = match given.key.name {
            "unit" => field.options.text("unit").map(ToTokens::to_token_stream),
            "label" => field.options.text("label").map(ToTokens::to_token_stream),
            "cap" => field
                .options
                .expression("cap")
                .map(ToTokens::to_token_stream),
            "hide_zero" => Some(TokenStream::new()),
            "merge" => field.merging.map(|merging| {
                let variant = Ident::new(merging.variant(), Span::call_site());
                quote!(#private::Merging::#variant)
            }),
            _ => None,
        }?;
        let set = Ident::new(given.key.name, Span::call_site());
        Some(quote!(.#set(#value)))
    });
    quote!(#private::StatSpec::new(#name, #stat::KIND, #help, #line) #(#options)*)
}

/// `<Type as Stat>`, at the type's span.
///
/// Everything that is asked of a field's type is asked in this form: a bound on a function that is called
/// would add a note about that function, which is no business of the user's.
fn as_stat(krate: &Path, field: &Field) -> TokenStream {
    let ty = &field.ty;
    quote_spanned!(ty.span()=> <#ty as #krate::Stat>)
}

/// The same for a trait of the runtime's own.
fn as_private(krate: &Path, field: &Field, name: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    quote_spanned!(ty.span()=> <#ty as #krate::private::#name>)
}

/// `tokens` as if they stood at `span`. What a constant panics about is shown where its call begins, so
/// the whole of it has to be at the field.
fn moved_to(span: Span, tokens: TokenStream) -> TokenStream {
    let moved = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            let mut moved = Group::new(group.delimiter(), moved_to(span, group.stream()));
            moved.set_span(span);
            TokenTree::Group(moved)
        }
        mut token => {
            token.set_span(span);
            token
        }
    });
    moved.collect()
}

fn node(handler: &Handler) -> TokenStream {
    let krate = &handler.krate;
    let unread = handler.fields.iter().filter(|field| field.is_only_shown());
    let unread: Vec<_> = unread.map(|field| &field.ident).collect();
    // Their being there is their use; the compiler would call them fields that are never read.
    let unread = (!unread.is_empty()).then(|| quote!(let _ = (#(&self.#unread,)*);));
    let place = handler
        .fields
        .iter()
        .find(|field| matches!(field.role, Role::Node));
    if let Some(field) = place {
        let (field_place, ident) = (as_private(krate, field, &quote!(PlaceField)), &field.ident);
        return quote!(#unread #field_place::node(&self.#ident));
    }
    let first = handler.stats().next().map(|field| {
        let (stat, ident) = (as_stat(krate, field), &field.ident);
        quote!(#unread #stat::node(&self.#ident))
    });
    first.unwrap_or_default()
}

/// A variable that the user's expressions beside it can neither see nor hide.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn build(handler: &Handler) -> TokenStream {
    let krate = &handler.krate;
    let [place, parts, made] = ["place", "parts", "made"].map(local);
    let no_parts = (!handler.has_parts()).then(|| quote!(let () = #parts;));
    let opens = |field: &Field| !matches!(field.role, Role::Part | Role::Made(_) | Role::Broken);
    let no_place = (!handler.fields.iter().any(opens)).then(|| quote!(let _ = #place;));
    let used = (is_generic(handler) && handler.flavour == Flavour::Derived).then(|| {
        quote!(__USED.used(<Self as #krate::Instrumented>::CLASS, ::core::any::type_name::<Self>());)
    });
    let mut index = 0_usize;
    let values: Vec<(&Field, TokenStream)> = handler
        .fields
        .iter()
        .map(|field| {
            let at = index;
            index += usize::from(field.is_stat());
            (field, value(krate, field, at))
        })
        .collect();
    let is_own = |field: &Field| matches!(field.role, Role::Stat | Role::Node | Role::Part);
    let is_stat = |field: &&Field| matches!(field.role, Role::Stat);
    // No expression of the user's runs between them.
    let uninterrupted = (handler.fields.iter().all(is_own)
        && handler.fields.iter().filter(is_stat).count() > 1)
        .then(|| quote!(#place.uninterrupted();));
    let is_given = |field: &Field| {
        matches!(
            field.role,
            Role::StatWith(_) | Role::Made(_) | Role::Child(Some(_))
        )
    };
    if !handler.has_parts() || !handler.fields.iter().any(is_given) {
        let (names, values) = unzip(&values);
        return quote! {
            #used
            #no_parts
            #no_place
            #uninterrupted
            Self { #(#names: #values),* }
        };
    }
    // The user's expressions may use the parts by name, by reference, before those move into the instance.
    let (given, others): (Vec<_>, Vec<_>) = values
        .into_iter()
        .partition(|(field, _)| matches!(field.role, Role::Part));
    let ((given, given_values), (others, other_values)) = (unzip(&given), unzip(&others));
    let positions = (0..others.len()).map(syn::Index::from);
    quote! {
        #used
        let #made = {
            #(#[allow(unused_variables)] let #given = &#parts.#given;)*
            (#(#other_values,)*)
        };
        Self { #(#others: #made.#positions,)* #(#given: #given_values),* }
    }
}

fn unzip<'a>(values: &'a [(&Field, TokenStream)]) -> (Vec<&'a Ident>, Vec<&'a TokenStream>) {
    values
        .iter()
        .map(|(field, value)| (&field.ident, value))
        .unzip()
}

fn value(krate: &Path, field: &Field, index: usize) -> TokenStream {
    let (ident, ty, name) = (&field.ident, &field.ty, &field.name);
    let (place, parts) = (local("place"), local("parts"));
    match &field.role {
        Role::Stat => {
            let stat = as_stat(krate, field);
            quote!(#stat::open(&#place.at(#index)))
        }
        Role::StatWith(with) => {
            let open_with = as_private(krate, field, &quote!(OpenWith<_>));
            quote!(#open_with::open_with(&#place.at(#index), #with))
        }
        Role::Child(None) => {
            let none = quote_spanned! {ty.span()=>
                <<#ty as #krate::Instrumented>::Parts as #krate::private::NoParts>::none()
            };
            quote_spanned!(ty.span()=> #place.child::<#ty>(#name, #none))
        }
        Role::Child(Some(its_parts)) => {
            quote_spanned!(ty.span()=> #place.child::<#ty>(#name, #its_parts))
        }
        Role::Node => {
            let field_place = as_private(krate, field, &quote!(PlaceField));
            quote!(#field_place::place(#place))
        }
        Role::Part => quote!(#parts.#ident),
        Role::Made(expression) => quote!(#expression),
        Role::Broken => quote!(::core::unreachable!()),
    }
}

/// What the compiler is to check by trait or by value, each at the field it is about.
fn assertions(handler: &Handler) -> TokenStream {
    let private = private(&handler.krate);
    let krate = &handler.krate;
    let with_any = |names: &'static [&str]| {
        handler.stats().filter(move |field| {
            names.iter().any(|name| field.options.has(name))
                && !generics::names_a_parameter(&handler.generics, &field.ty)
        })
    };
    let keyed = with_any(&["label", "cap", "hide_zero"]).map(|field| {
        let keyed = as_private(krate, field, &quote!(Keyed));
        quote!(const _: () = #keyed::KEYED;)
    });
    let mergeable = with_any(&["merge"]).map(|field| {
        let mergeable = as_private(krate, field, &quote!(Mergeable));
        quote!(const _: () = #mergeable::MERGEABLE;)
    });
    let parent = handler
        .options
        .ty("parent")
        .filter(|parent| !generics::names_a_parameter(&handler.generics, parent));
    let known_parent = match parent {
        Some(_) => quote!(::core::option::Option::Some(__PARENT)),
        None => quote!(::core::option::Option::None),
    };
    let own = (!is_generic(handler)).then(|| class_of(handler));
    let nested = handler
        .fields
        .iter()
        .filter(|field| matches!(field.role, Role::Child(_)))
        .filter_map(|field| {
            let (own, ty) = (own.as_ref()?, &field.ty);
            let check = quote! {
                const _: () = #private::check_child(#own, #known_parent, <#ty as #krate::Instrumented>::CLASS);
            };
            Some(moved_to(ty.span(), check))
        });
    let feeds = parent.map(|parent| {
        let checks = handler
            .stats()
            .filter(|field| !generics::names_a_parameter(&handler.generics, &field.ty));
        let checks = checks.map(|field| {
            let (stat, name) = (as_stat(krate, field), &field.name);
            let check = quote!(const _: () = #private::check_feed(__PARENT, #name, #stat::KIND););
            moved_to(field.ty.span(), check)
        });
        let class = quote_spanned!(parent.span()=> <#parent as #krate::Parent>::CLASS);
        quote! {
            const __PARENT: &#private::Class = #class;
            #(#checks)*
        }
    });
    quote!(#(#keyed)* #(#mergeable)* #feeds #(#nested)*)
}

/// Tells the catalog of the class; of one with parameters, of the instances there are.
fn declaration(handler: &Handler) -> Option<TokenStream> {
    let private = private(&handler.krate);
    if handler.flavour == Flavour::Collected {
        return None;
    }
    let declared = if is_generic(handler) {
        quote!(&__USED)
    } else {
        class_of(handler)
    };
    let used = is_generic(handler)
        .then(|| quote!(static __USED: #private::GenericClass = #private::GenericClass::new();));
    Some(quote! {
        #used
        #private::inventory::submit!(#private::Declared(#declared));
    })
}

/// The class of a struct that is one type.
fn class_of(handler: &Handler) -> TokenStream {
    let (krate, ident) = (&handler.krate, &handler.ident);
    let statics = handler.generics.lifetimes().map(|_| quote!('static));
    let arguments = (!handler.generics.params.is_empty()).then(|| quote!(<#(#statics),*>));
    quote!(<#ident #arguments as #krate::Instrumented>::CLASS)
}

/// Whether the struct is several types, each with a class of its own. Lifetimes make no difference.
fn is_generic(handler: &Handler) -> bool {
    let mut parameters = handler.generics.params.iter();
    parameters.any(|parameter| !matches!(parameter, syn::GenericParam::Lifetime(_)))
}

fn private(krate: &Path) -> TokenStream {
    quote!(#krate::private)
}
