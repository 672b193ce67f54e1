//! The rules of a struct that derives `Instrumented`.

use std::collections::HashMap;

use syn::{Expr, ExprLit, Lit};

use crate::attr::Options;
use crate::errors::Errors;
use crate::model::handler::{Field, Flavour, Handler, Role};

/// Holds every rule against the struct.
pub(crate) fn check(handler: &Handler, errors: &mut Errors) {
    names_are_distinct(handler, errors);
    if let Some(prefix) = handler.options.text("prefix") {
        super::path(prefix, "a path", "cache/local", errors);
    }
    if let Some(label) = handler.options.text("label") {
        super::label(label, errors);
    }
    if handler.flavour == Flavour::Collected {
        collections_have_one_instance(handler, errors);
    }
    for field in &handler.fields {
        options_fit_the_role(field, errors);
        name_is_a_path(field, errors);
        label_is_one(&field.options, errors);
        unit_is_one(&field.options, errors);
        cap_holds_something(&field.options, errors);
        info_has_its_pairs(field, errors);
    }
    // What is wrong with a field may be what made it none.
    if errors.is_empty() {
        has_a_place(handler, errors);
    }
}

/// A stat's handle keeps the place alive; without one nothing would, and the instance would vanish at once.
fn has_a_place(handler: &Handler, errors: &mut Errors) {
    let holds_one =
        |field: &Field| field.is_stat() || matches!(field.role, Role::Node | Role::Broken);
    if !handler.fields.iter().any(holds_one) {
        errors.at(
            handler.ident.span(),
            format_args!(
                "`{}` has no stat, so nothing keeps its place in the tree",
                handler.ident
            ),
            "add a stat, or a field `node: calipers::Node`",
        );
    }
}

/// Two stats at one path would share one cell, or be in conflict when the program runs.
fn names_are_distinct(handler: &Handler, errors: &mut Errors) {
    let mut seen: HashMap<&str, &Field> = HashMap::new();
    for field in handler.fields.iter().filter(|field| field.is_named()) {
        if let Some(first) = seen.get(field.name.as_str()) {
            // Point at the one that was renamed: the other may only be called what it is.
            let culprit = if field.options.has("name") {
                field
            } else {
                first
            };
            errors.on(
                culprit.name_tokens(),
                format_args!(
                    "two stats of `{}` are named `{}`",
                    handler.ident, field.name
                ),
                "rename one with `#[stat(name = \"…\")]`",
            );
        } else {
            seen.insert(&field.name, field);
        }
    }
}

/// An option that has nothing to say in this role would be silently ignored.
fn options_fit_the_role(field: &Field, errors: &mut Errors) {
    let (leader, allowed, help): (_, &[&str], _) = match &field.role {
        Role::Part | Role::Made(_) => {
            ("skip", &["skip"], "a skipped field has no path; remove one")
        }
        Role::Child(_) => (
            "child",
            &["child", "name"],
            "a child's own fields say this; remove one",
        ),
        Role::StatWith(_) => (
            "with",
            &["with", "name", "unit", "merge"],
            "`with` is for a `Gauge` or an `Info`; remove one",
        ),
        Role::Node => {
            for given in field.options.iter() {
                errors.at(
                    given.span,
                    format_args!(
                        "a `Node` is the place itself, so `{}` says nothing",
                        given.key.name
                    ),
                    "remove it",
                );
            }
            return;
        }
        Role::Stat | Role::Broken => return,
    };
    for given in field
        .options
        .iter()
        .filter(|given| !allowed.contains(&given.key.name))
    {
        errors.at(
            given.span,
            format_args!("`{leader}` cannot be combined with `{}`", given.key.name),
            help,
        );
    }
}

/// See `check::path`.
fn name_is_a_path(field: &Field, errors: &mut Errors) {
    if let (Some(name), true) = (field.options.text("name"), field.is_named()) {
        super::path(name, "a stat path", "errors/timeout", errors);
    }
}

/// See `check::label`.
fn label_is_one(options: &Options, errors: &mut Errors) {
    if let Some(label) = options.text("label") {
        super::label(label, errors);
    }
}

/// A unit becomes part of a name in Prometheus; one with blanks is a sentence, and belongs in the docs.
fn unit_is_one(options: &Options, errors: &mut Errors) {
    let Some(unit) = options.text("unit") else {
        return;
    };
    let written = unit.value();
    if written.is_empty()
        || written
            .chars()
            .any(|letter| letter.is_whitespace() || letter.is_control())
    {
        errors.on(
            unit,
            format_args!("`{}` is not a unit", super::quoted(unit)),
            "write it in UCUM: `s`, `By`, `1`, `{request}`",
        );
    }
}

/// With a cap of nothing every key would go to the overflow member.
fn cap_holds_something(options: &Options, errors: &mut Errors) {
    if let Some(
        cap @ Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }),
    ) = options.expression("cap")
        && number.base10_digits().bytes().all(|digit| digit == b'0')
    {
        errors.on(
            cap,
            "a family with `cap = 0` would hold no key",
            "give the number of keys to keep",
        );
    }
}

/// An `Info` says what it was given when it was opened, and nothing ever after.
fn info_has_its_pairs(field: &Field, errors: &mut Errors) {
    if matches!(field.role, Role::Stat) && field.is_written("Info") {
        errors.on(
            &field.ty,
            format_args!(
                "`{}` would say nothing: an `Info` is fixed when it is opened",
                field.ident
            ),
            "give its pairs: `#[stat(with = [(\"version\", \"1.2\")])]`",
        );
    }
}

/// The one instance of a collection stands where its static says, and is made by nobody.
fn collections_have_one_instance(handler: &Handler, errors: &mut Errors) {
    for given in handler.options.iter() {
        if matches!(given.key.name, "parent" | "label" | "init") {
            errors.at(
                given.span,
                format_args!(
                    "`{}` is for structs with instances, not for a collection",
                    given.key.name
                ),
                "remove it",
            );
        }
    }
    for field in handler.parts() {
        errors.on(
            &field.ident,
            format_args!(
                "nobody calls `init` for a collection, so `{}` would never be given",
                field.ident
            ),
            "make it here: `#[stat(skip = …)]`",
        );
    }
}
