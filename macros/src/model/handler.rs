//! A struct that derives `Instrumented`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Expr, Fields, Generics, LitStr, Path, Type, Visibility};

use super::{case, crate_path, merging};
use crate::attr::Options;
use crate::case::Case;
use crate::errors::Errors;
use crate::keys::Place;
use crate::merging::Merging;
use crate::source;

/// What the expansion is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// `#[derive(Instrumented)]`.
    Derived,
    /// The struct that `collection!` declares: no `init`, and its static tells the catalog.
    Collected,
}

/// The struct.
pub(crate) struct Handler {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) generics: Generics,
    pub(crate) options: Options,
    pub(crate) krate: Path,
    pub(crate) flavour: Flavour,
    pub(crate) fields: Vec<Field>,
}

/// One of its fields.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// The doc comments, for the field of the same name in the parts.
    pub(crate) docs: Vec<Attribute>,
    pub(crate) options: Options,
    pub(crate) role: Role,
    /// How a gauge is merged with those of other processes.
    pub(crate) merging: Option<Merging>,
    /// Below the struct's path.
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) line: u32,
}

/// What a field is to its struct.
pub(crate) enum Role {
    Stat,
    /// `#[stat(with = …)]`.
    StatWith(Expr),
    /// `#[stat(child)]`, with the expression that gives the child's parts.
    Child(Option<Expr>),
    /// A field of type `Node`: the place itself.
    Node,
    /// `#[stat(skip)]`: handed to `init`.
    Part,
    /// `#[stat(skip = …)]`.
    Made(Expr),
    /// Its options could not be understood.
    Broken,
}

impl Handler {
    /// Reads the struct; `None` when it is not one with named fields.
    pub(crate) fn read(
        item: &DeriveInput,
        flavour: Flavour,
        errors: &mut Errors,
    ) -> Option<Handler> {
        let options = Options::read(Place::Struct, &item.attrs, errors);
        let krate = crate_path(&options, errors);
        let case = case(&options, errors);
        let named = named_fields(item, errors)?;
        let prefix = options.text("prefix").map(LitStr::value);
        let fields = named.named.iter().filter_map(|field| {
            let ident = field.ident.clone()?;
            Some(Field::read(ident, field, case, prefix.as_deref(), errors))
        });
        let fields = fields.collect();
        Some(Handler {
            ident: item.ident.clone(),
            vis: item.vis.clone(),
            generics: item.generics.clone(),
            options,
            krate,
            flavour,
            fields,
        })
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &Field> {
        self.fields
            .iter()
            .filter(|field| matches!(field.role, Role::Part))
    }

    pub(crate) fn has_parts(&self) -> bool {
        self.parts().next().is_some()
    }

    /// The struct that carries the parts.
    pub(crate) fn parts_ident(&self) -> Ident {
        format_ident!("{}Parts", self.ident.unraw())
    }

    pub(crate) fn stats(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_stat())
    }

    /// Its name without `r#`.
    pub(crate) fn class(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// `init`, or what it is renamed to.
    pub(crate) fn init(&self) -> Ident {
        let usual = || Ident::new("init", Span::call_site());
        self.options.word("init").cloned().unwrap_or_else(usual)
    }
}

impl Field {
    fn read(
        ident: Ident,
        field: &syn::Field,
        case: Option<Case>,
        prefix: Option<&str>,
        errors: &mut Errors,
    ) -> Field {
        let options = Options::read(Place::Field, &field.attrs, errors);
        let role = role(&options, &field.ty);
        let merging = merging(&options, errors);
        let plain = ident.unraw().to_string();
        let name = match options.text("name") {
            Some(name) => name.value(),
            None => case.map_or(plain.clone(), |case| case.of(&plain)),
        };
        let name = name.strip_prefix('/').map(str::to_owned).unwrap_or(name);
        let name = match prefix {
            Some(prefix) => format!("{}/{name}", prefix.trim_matches('/')),
            None => name,
        };
        Field {
            line: source::line(ident.span()),
            ident,
            ty: field.ty.clone(),
            docs: field
                .attrs
                .iter()
                .filter(|attribute| attribute.path().is_ident("doc"))
                .cloned()
                .collect(),
            options,
            role,
            merging,
            name,
            help: source::help(&field.attrs),
        }
    }

    pub(crate) fn is_stat(&self) -> bool {
        matches!(self.role, Role::Stat | Role::StatWith(_))
    }

    /// Whether nobody records into it, as far as its syntax tells: its value comes from a closure, from `init`, or from
    /// descendants.
    pub(crate) fn is_only_shown(&self) -> bool {
        let folds = ["Sum", "CountBy", "Max", "Min"];
        match self.role {
            Role::StatWith(_) => true,
            Role::Stat => folds.iter().any(|fold| self.is_written(fold)),
            _ => false,
        }
    }

    /// Whether its type is written like this, as far as the last name goes.
    pub(crate) fn is_written(&self, name: &str) -> bool {
        last(&self.ty).is_some_and(|last| last.ident == name)
    }

    /// Whether the field has a name in the tree.
    pub(crate) fn is_named(&self) -> bool {
        self.is_stat() || matches!(self.role, Role::Child(_))
    }

    /// Where to point when the name is wrong: at the option that gave it, else at the field.
    pub(crate) fn name_tokens(&self) -> TokenStream {
        match self.options.text("name") {
            Some(name) => name.to_token_stream(),
            None => self.ident.to_token_stream(),
        }
    }
}

fn role(options: &Options, ty: &Type) -> Role {
    let expression = |name| options.expression(name).cloned();
    if options.has("skip") {
        expression("skip").map_or(Role::Part, Role::Made)
    } else if options.broken {
        Role::Broken
    } else if options.has("child") {
        Role::Child(expression("child"))
    } else if let Some(with) = expression("with") {
        Role::StatWith(with)
    } else if is_node(ty) {
        Role::Node
    } else {
        Role::Stat
    }
}

/// Whether the type is written `Node`. Only its place in the expansion hangs on that; whether it is
/// `calipers::Node` the compiler decides by trait.
fn is_node(ty: &Type) -> bool {
    last(ty).is_some_and(|last| last.ident == "Node" && last.arguments.is_none())
}

/// `Sum<Counter>` of `calipers::Sum<Counter>`.
fn last(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        // A type that came through a `macro_rules!` variable.
        Type::Group(group) => last(&group.elem),
        Type::Paren(paren) => last(&paren.elem),
        _ => None,
    }
}

fn named_fields<'a>(item: &'a DeriveInput, errors: &mut Errors) -> Option<&'a syn::FieldsNamed> {
    let (span, found, help) = match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => return Some(named),
            Fields::Unnamed(fields) => (
                fields.span(),
                "a tuple struct",
                "name its fields: a field's name is its stat's name",
            ),
            Fields::Unit => (
                item.ident.span(),
                "a unit struct",
                "add a stat, as in `requests: Counter`",
            ),
        },
        Data::Enum(data) => (
            data.enum_token.span,
            "an enum",
            "put the enum in a field marked `#[stat(skip)]`",
        ),
        Data::Union(data) => (
            data.union_token.span,
            "a union",
            "put the union in a field marked `#[stat(skip)]`",
        ),
    };
    errors.at(
        span,
        format_args!("`Instrumented` needs a struct with named fields, found {found}"),
        help,
    );
    None
}
