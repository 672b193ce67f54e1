//! The cases themselves are checked: that none is missing, and that messages keep the tone.

#![allow(clippy::expect_used, clippy::panic)] // outside of `#[test]` functions, but for them alone

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

#[path = "../../macros/src/keys.rs"]
#[allow(dead_code, unreachable_pub)]
mod keys;

fn files(below: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(below);
    let mut files = Vec::new();
    for folder in fs::read_dir(root).expect("the cases' folder") {
        for file in fs::read_dir(folder.expect("a folder").path()).expect("a macro's folder") {
            let path = file.expect("a case").path();
            if path.extension().is_some_and(|found| found == extension) {
                let text = fs::read_to_string(&path).expect("a readable case");
                files.push((path, text));
            }
        }
    }
    files
}

/// Every `attribute(… option …)` in the source, comments and strings aside.
fn used_options(source: TokenStream, used: &mut BTreeSet<(String, String)>) {
    let mut name = None;
    for token in source {
        match token {
            TokenTree::Ident(ident) => {
                name = Some(ident.to_string());
                continue;
            }
            TokenTree::Group(group) => {
                if let Some(attribute) = name.take() {
                    for token in group.stream() {
                        if let TokenTree::Ident(option) = token {
                            used.insert((attribute.clone(), option.to_string()));
                        }
                    }
                }
                used_options(group.stream(), used);
            }
            _ => {}
        }
        name = None;
    }
}

#[test]
fn every_option_has_a_case_that_passes_and_one_that_fails() {
    for below in ["pass", "fail"] {
        let mut used = BTreeSet::new();
        for (path, text) in files(below, "rs") {
            let source: TokenStream = text
                .parse()
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            used_options(source, &mut used);
        }
        for key in keys::KEYS {
            let wanted = (key.place.attribute().to_owned(), key.name.to_owned());
            assert!(
                used.contains(&wanted),
                "no case in `{below}` uses `{}` in `#[{}]`",
                key.name,
                wanted.0
            );
        }
    }
}

/// Where the cases of an attribute are.
fn folder(place: keys::Place) -> &'static str {
    match place {
        keys::Place::Field | keys::Place::Struct => "instrumented",
        keys::Place::Variant | keys::Place::Enum => "states",
        keys::Place::ErrorVariant | keys::Place::ErrorEnum => "variants",
        keys::Place::Function => "timed",
        keys::Place::Metered => "metered",
    }
}

#[test]
fn every_option_is_given_twice_misspelt_with_a_wrong_value_and_in_the_wrong_place() {
    let cases = files("fail", "stderr");
    for key in keys::KEYS {
        let told = |messages: &[String]| {
            cases.iter().any(|(path, text)| {
                let here = path
                    .parent()
                    .is_some_and(|parent| parent.ends_with(folder(key.place)));
                here && messages
                    .iter()
                    .any(|message| text.contains(message.as_str()))
            })
        };
        let (name, attribute) = (key.name, key.place.attribute());
        assert!(
            told(&[format!("option `{name}` is given twice")]),
            "`{name}` of `#[{attribute}]` is nowhere given twice"
        );
        assert!(
            told(&[format!("did you mean `{name}`?")]),
            "`{name}` of `#[{attribute}]` is nowhere misspelt"
        );
        let wrong = [
            format!("the value of `{name}` is"),
            format!("`{name}` takes no value"),
            format!("`{name}` needs a value"),
            format!("`{name}` does not take parentheses"),
        ];
        assert!(
            told(&wrong),
            "`{name}` of `#[{attribute}]` has nowhere a wrong value"
        );
        let only_here = |other| keys::find(other, name).is_none();
        if key.place.other().is_some_and(only_here) {
            assert!(
                told(&[format!("`{name}` belongs to `#[{attribute}]`")]),
                "`{name}` of `#[{attribute}]` stands nowhere in the wrong place"
            );
        }
    }
}

#[test]
fn every_message_of_ours_is_short_lower_case_and_says_what_to_write() {
    let mut seen = 0;
    for (path, text) in files("fail", "stderr") {
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            // The compiler's own errors have a code, or no help of this form.
            let Some(message) = line.strip_prefix("error: ") else {
                continue;
            };
            let helped = lines
                .peek()
                .and_then(|next| next.trim_start().strip_prefix("help: "));
            let Some(help) = helped else { continue };
            seen += 1;
            let place = path.display();
            let first = message.chars().next().unwrap_or('A');
            assert!(
                first.is_lowercase() || first == '`',
                "{place}: `{message}` begins in upper case"
            );
            assert!(
                !message.ends_with('.') && !help.ends_with('.'),
                "{place}: `{message}` ends in a full stop"
            );
            let words = message.split_whitespace().count();
            assert!(words <= 25, "{place}: `{message}` has {words} words");
        }
    }
    assert!(
        seen > 60,
        "only {seen} messages were found: has their form changed?"
    );
}

#[test]
fn there_are_cases_enough() {
    let (pass, fail) = (files("pass", "rs").len(), files("fail", "rs").len());
    assert!(fail >= 60, "{fail} failing cases");
    assert!(pass >= 30, "{pass} passing cases");
}
