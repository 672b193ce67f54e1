//! Spelling an identifier in another case.

/// A way to spell names of several words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Snake,
    Camel,
    Pascal,
    Kebab,
    ScreamingSnake,
    Lower,
    Upper,
}

/// The cases by the name that `rename_all` takes.
pub(crate) const CASES: [(&str, Case); 7] = [
    ("snake_case", Case::Snake),
    ("camelCase", Case::Camel),
    ("PascalCase", Case::Pascal),
    ("kebab-case", Case::Kebab),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
];

impl Case {
    pub(crate) fn named(name: &str) -> Option<Case> {
        CASES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, case)| *case)
    }

    /// `identifier` in this case; it may be written in snake or in pascal case.
    pub(crate) fn of(self, identifier: &str) -> String {
        let words = words(identifier);
        match self {
            Case::Snake => words.join("_"),
            Case::Kebab => words.join("-"),
            Case::ScreamingSnake => words.join("_").to_uppercase(),
            Case::Lower => words.concat(),
            Case::Upper => words.concat().to_uppercase(),
            Case::Pascal => words.iter().map(|word| capital(word)).collect(),
            Case::Camel => {
                let rest = words.iter().skip(1).map(|word| capital(word));
                words.first().cloned().into_iter().chain(rest).collect()
            }
        }
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first
        .into_iter()
        .chain([letters.as_str().to_owned()])
        .collect()
}

/// The words of an identifier in lower case: `HTTPError`, `http_error` are `http`, `error`.
fn words(identifier: &str) -> Vec<String> {
    let letters: Vec<char> = identifier.chars().collect();
    let mut words = vec![String::new()];
    for (i, letter) in letters.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| letters.get(i));
        let after_small = before.is_some_and(|before| before.is_lowercase() || before.is_numeric());
        let ends_capitals = before.is_some_and(|before| before.is_uppercase())
            && letters.get(i + 1).is_some_and(|next| next.is_lowercase());
        if *letter == '_' || (letter.is_uppercase() && (after_small || ends_capitals)) {
            words.push(String::new());
        }
        if let (Some(word), true) = (words.last_mut(), *letter != '_') {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_both_spellings() {
        assert_eq!(Case::Snake.of("WaitingForTask"), "waiting_for_task");
        assert_eq!(Case::Snake.of("HTTPError"), "http_error");
        assert_eq!(Case::Snake.of("V2Ready"), "v2_ready");
        assert_eq!(Case::Camel.of("by_path"), "byPath");
        assert_eq!(Case::Pascal.of("by_path"), "ByPath");
        assert_eq!(Case::Kebab.of("byPath"), "by-path");
        assert_eq!(Case::ScreamingSnake.of("by_path"), "BY_PATH");
        assert_eq!(Case::Lower.of("ByPath"), "bypath");
        assert_eq!(Case::Upper.of("by_path"), "BYPATH");
    }
}
