//! Every option of every attribute, once.
//!
//! The parser, the "expected one of …" messages and the checks of the docs and the UI cases all
//! read this table, so an option cannot exist in one of them only.

/// Where an option may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `#[stat(…)]` on a field.
    Field,
    /// `#[instrumented(…)]` on a struct.
    Struct,
    /// `#[state(…)]` on a variant.
    Variant,
    /// `#[states(…)]` on an enum.
    Enum,
    /// `#[timed(…)]` on a function.
    Function,
    /// `#[metered(…)]` on a trait, or on the `impl` of one.
    Metered,
}

impl Place {
    #[cfg(test)]
    pub(crate) const ALL: [Place; 6] = [
        Place::Field,
        Place::Struct,
        Place::Variant,
        Place::Enum,
        Place::Function,
        Place::Metered,
    ];

    /// The attribute's name, as it is written.
    pub(crate) const fn attribute(self) -> &'static str {
        match self {
            Place::Field => "stat",
            Place::Struct => "instrumented",
            Place::Variant => "state",
            Place::Enum => "states",
            Place::Function => "timed",
            Place::Metered => "metered",
        }
    }

    /// What the attribute is written above.
    pub(crate) const fn target(self) -> &'static str {
        match self {
            Place::Field => "a field",
            Place::Struct => "the struct",
            Place::Variant => "a variant",
            Place::Enum => "the enum",
            Place::Function => "the function",
            Place::Metered => "the trait",
        }
    }
}

/// What follows an option's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Nothing.
    Nothing,
    /// `= "…"`.
    Text,
    /// `= 100`, or a constant.
    Number,
    /// `= word`.
    Word,
    /// `= Type`.
    Type,
    /// `= expression`.
    Expression,
    /// Nothing, or `= expression`.
    MaybeExpression,
}

/// One option.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) takes: Takes,
    /// How it is written.
    pub(crate) example: &'static str,
    /// What it does, in one line; the docs hold the long form.
    #[cfg_attr(
        not(test),
        allow(dead_code, reason = "a test compares it with the docs")
    )]
    pub(crate) doc: &'static str,
}

const fn key(
    place: Place,
    name: &'static str,
    takes: Takes,
    example: &'static str,
    doc: &'static str,
) -> Key {
    Key {
        name,
        place,
        takes,
        example,
        doc,
    }
}

/// The table.
pub(crate) const KEYS: &[Key] = &[
    key(
        Place::Field,
        "name",
        Takes::Text,
        r#"name = "…""#,
        "the stat's path below its struct's; the field's name otherwise",
    ),
    key(
        Place::Field,
        "unit",
        Takes::Text,
        r#"unit = "…""#,
        "the unit in UCUM: `s`, `By`, `1`",
    ),
    key(
        Place::Field,
        "label",
        Takes::Text,
        r#"label = "…""#,
        "what a family's key is called in Prometheus; `key` otherwise",
    ),
    key(
        Place::Field,
        "skip",
        Takes::MaybeExpression,
        "skip",
        "not a stat: handed to `init` by name, or made by the expression",
    ),
    key(
        Place::Field,
        "with",
        Takes::Expression,
        "with = …",
        "what the stat starts from: a gauge's closure, an `Info`'s pairs",
    ),
    key(
        Place::Field,
        "child",
        Takes::MaybeExpression,
        "child",
        "an instrumented struct of its own, below this one; the expression gives its parts",
    ),
    key(
        Place::Field,
        "cap",
        Takes::Number,
        "cap = 100",
        "how many keys a family holds before the overflow member takes the rest",
    ),
    key(
        Place::Field,
        "hide_zero",
        Takes::Nothing,
        "hide_zero",
        "a family's members at zero are not shown",
    ),
    key(
        Place::Struct,
        "parent",
        Takes::Type,
        "parent = …",
        "what `init_child` takes; its aggregates are checked against the stats at compile time",
    ),
    key(
        Place::Struct,
        "label",
        Takes::Text,
        r#"label = "…""#,
        "what the last segment of an instance's path is called as a label in Prometheus",
    ),
    key(
        Place::Struct,
        "init",
        Takes::Word,
        "init = …",
        "another name for `init`, and for the functions beside it",
    ),
    key(
        Place::Struct,
        "collapsed",
        Takes::Nothing,
        "collapsed",
        "readers show one line for an instance until it is opened",
    ),
    key(
        Place::Struct,
        "prefix",
        Takes::Text,
        r#"prefix = "…""#,
        "a path put before the name of every stat",
    ),
    key(
        Place::Struct,
        "rename_all",
        Takes::Text,
        r#"rename_all = "…""#,
        "how fields are spelt as stat names: `camelCase`, `kebab-case`, …",
    ),
    key(
        Place::Struct,
        "crate",
        Takes::Text,
        r#"crate = "…""#,
        "where `calipers` is, when it is not `::calipers`",
    ),
    key(
        Place::Variant,
        "name",
        Takes::Text,
        r#"name = "…""#,
        "what the state is called; the variant in snake case otherwise",
    ),
    key(
        Place::Enum,
        "rename_all",
        Takes::Text,
        r#"rename_all = "…""#,
        "how variants are spelt as state names: `camelCase`, `kebab-case`, …",
    ),
    key(
        Place::Enum,
        "crate",
        Takes::Text,
        r#"crate = "…""#,
        "where `calipers` is, when it is not `::calipers`",
    ),
    key(
        Place::Function,
        "slow",
        Takes::Text,
        r#"slow = "…""#,
        "logs calls above a limit: `p99`, `2*p99`, `250ms`",
    ),
    key(
        Place::Function,
        "crate",
        Takes::Text,
        r#"crate = "…""#,
        "where `calipers` is, when it is not `::calipers`",
    ),
    key(
        Place::Metered,
        "crate",
        Takes::Text,
        r#"crate = "…""#,
        "where `calipers` is, when it is not `::calipers`",
    ),
];

/// The options that may stand at `place`.
pub(crate) fn at(place: Place) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.place == place)
}

/// The option called `name` at `place`.
pub(crate) fn find(place: Place, name: &str) -> Option<&'static Key> {
    at(place).find(|key| key.name == name)
}

/// `` `name`, `unit`, … `` for an error's help.
pub(crate) fn list(place: Place) -> String {
    at(place)
        .map(|key| format!("`{}`", key.name))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_in_the_docs_of_its_macro_word_for_word() {
        let docs = include_str!("lib.rs");
        for key in KEYS {
            let line = format!("| `{}` | {} |", key.example, key.doc);
            assert!(docs.contains(&line), "lib.rs lacks the line\n/// {line}");
        }
    }

    #[test]
    fn no_option_stands_twice_in_one_place() {
        for place in Place::ALL {
            let mut names: Vec<_> = at(place).map(|key| key.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{place:?}");
        }
    }
}
