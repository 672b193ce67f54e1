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
    /// `#[variant(…)]` on a variant of an enum that derives `Variants`.
    ErrorVariant,
    /// `#[variants(…)]` on such an enum.
    ErrorEnum,
    /// `#[timed(…)]` on a function.
    Function,
    /// `#[metered(…)]` on a trait, or on the `impl` of one.
    Metered,
}

impl Place {
    #[cfg(test)]
    pub(crate) const ALL: [Place; 8] = [
        Place::Field,
        Place::Struct,
        Place::Variant,
        Place::Enum,
        Place::ErrorVariant,
        Place::ErrorEnum,
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
            Place::ErrorVariant => "variant",
            Place::ErrorEnum => "variants",
            Place::Function => "timed",
            Place::Metered => "metered",
        }
    }

    /// The other place of the same macro: what belongs there is easily written here.
    pub(crate) const fn other(self) -> Option<Place> {
        match self {
            Place::Field => Some(Place::Struct),
            Place::Struct => Some(Place::Field),
            Place::Variant => Some(Place::Enum),
            Place::Enum => Some(Place::Variant),
            Place::ErrorVariant => Some(Place::ErrorEnum),
            Place::ErrorEnum => Some(Place::ErrorVariant),
            Place::Function | Place::Metered => None,
        }
    }

    /// What the attribute is written above.
    pub(crate) const fn target(self) -> &'static str {
        match self {
            Place::Field => "a field",
            Place::Struct => "the struct",
            Place::Variant | Place::ErrorVariant => "a variant",
            Place::Enum | Place::ErrorEnum => "the enum",
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
        r#"name = "byPath""#,
        "the stat's path below its struct's; the field's name otherwise",
    ),
    key(
        Place::Field,
        "unit",
        Takes::Text,
        r#"unit = "By""#,
        "the unit in UCUM: `s`, `By`, `1`",
    ),
    key(
        Place::Field,
        "label",
        Takes::Text,
        r#"label = "path""#,
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
        "with = || 1",
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
        Place::Field,
        "merge",
        Takes::Text,
        r#"merge = "sum""#,
        "how a gauge becomes one with those of other processes: `sum`, `max`, `min`, `last`, `per-source`",
    ),
    key(
        Place::Struct,
        "parent",
        Takes::Type,
        "parent = Server",
        "what `init_child` takes; its aggregates are checked against the stats at compile time",
    ),
    key(
        Place::Struct,
        "label",
        Takes::Text,
        r#"label = "thread""#,
        "what the last segment of an instance's path is called as a label in Prometheus",
    ),
    key(
        Place::Struct,
        "init",
        Takes::Word,
        "init = at",
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
        r#"prefix = "cache""#,
        "a path put before the name of every stat",
    ),
    key(
        Place::Struct,
        "rename_all",
        Takes::Text,
        r#"rename_all = "camelCase""#,
        "how fields are spelt as stat names: `camelCase`, `kebab-case`, …",
    ),
    key(
        Place::Struct,
        "crate",
        Takes::Text,
        r#"crate = "::calipers""#,
        "where `calipers` is, when it is not `::calipers`",
    ),
    key(
        Place::Variant,
        "name",
        Takes::Text,
        r#"name = "working""#,
        "what the state is called; the variant in snake case otherwise",
    ),
    key(
        Place::Enum,
        "rename_all",
        Takes::Text,
        r#"rename_all = "camelCase""#,
        "how variants are spelt as state names: `camelCase`, `kebab-case`, …",
    ),
    key(
        Place::Enum,
        "crate",
        Takes::Text,
        r#"crate = "::calipers""#,
        "where `calipers` is, when it is not `::calipers`",
    ),
    key(
        Place::ErrorVariant,
        "name",
        Takes::Text,
        r#"name = "timeout""#,
        "what the variant is called; it itself in snake case otherwise",
    ),
    key(
        Place::ErrorEnum,
        "rename_all",
        Takes::Text,
        r#"rename_all = "camelCase""#,
        "how variants are spelt as names: `camelCase`, `kebab-case`, …",
    ),
    key(
        Place::ErrorEnum,
        "crate",
        Takes::Text,
        r#"crate = "::calipers""#,
        "where `calipers` is, when it is not `::calipers`",
    ),
    key(
        Place::Function,
        "err",
        Takes::MaybeExpression,
        "err",
        "counts errors by variant: at the timer's path with `_errors`, or in the family given",
    ),
    key(
        Place::Function,
        "polls",
        Takes::Nothing,
        "polls",
        "times the polls of a future: at the timer's path with `_busy` and `_longest_poll`",
    ),
    key(
        Place::Function,
        "slow",
        Takes::Text,
        r#"slow = "2*p99""#,
        "logs calls above a limit: `p99`, `2*p99`, `250ms`",
    ),
    key(
        Place::Function,
        "crate",
        Takes::Text,
        r#"crate = "::calipers""#,
        "where `calipers` is, when it is not `::calipers`",
    ),
    key(
        Place::Metered,
        "crate",
        Takes::Text,
        r#"crate = "::calipers""#,
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

/// What could have stood there, for an error's help.
pub(crate) fn expected(place: Place) -> String {
    match at(place).count() {
        1 => format!("expected {}", list(place)),
        _ => format!("expected one of {}", list(place)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documentation of the macro that reads the options of `place`.
    fn docs(place: Place) -> &'static str {
        match place {
            Place::Field | Place::Struct => include_str!("../docs/instrumented.md"),
            Place::Variant | Place::Enum => include_str!("../docs/states.md"),
            Place::ErrorVariant | Place::ErrorEnum => include_str!("../docs/variants.md"),
            Place::Function => include_str!("../docs/timed.md"),
            Place::Metered => include_str!("../docs/metered.md"),
        }
    }

    #[test]
    fn every_option_is_in_the_docs_of_its_macro_word_for_word() {
        for place in Place::ALL {
            for key in at(place) {
                // A bar ends a cell, even inside code.
                let example = key.example.replace('|', r"\|");
                let line = format!("| `{example}` | {} |", key.doc);
                assert!(
                    docs(place).contains(&line),
                    "the docs lack the line\n{line}"
                );
            }
        }
    }

    /// The code in those docs.
    fn examples(place: Place) -> String {
        docs(place).split("```").skip(1).step_by(2).collect()
    }

    #[test]
    fn every_option_is_used_in_an_example_of_its_macro() {
        for place in Place::ALL {
            let code = examples(place);
            let attribute = format!("#[{}(", place.attribute());
            for key in at(place) {
                let used = code.split(&attribute).skip(1).any(|written| {
                    let written = written.split(")]").next().unwrap_or(written);
                    let mut words =
                        written.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
                    words.any(|word| word == key.name)
                });
                assert!(
                    used,
                    "no example in the docs uses `{attribute}{}`",
                    key.name
                );
            }
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
