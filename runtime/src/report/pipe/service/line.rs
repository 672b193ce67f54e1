//! One line: a name, a number, and whether numbers of that name add up.

use super::Number;

#[derive(Debug, PartialEq)]
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    pub(super) number: Number,
    pub(super) adds: bool,
}

/// Nothing for what is no line, such as one without a number.
pub(super) fn parse(line: &str) -> Option<Line<'_>> {
    let (name, number) = line.rsplit_once(':')?;
    let name_is_marked = name.ends_with(' ');
    let name = name.trim();
    let number = Number::parse(number.trim())?;
    (!name.is_empty()).then_some(Line {
        name,
        number,
        adds: !name_is_marked && !is_statistic(name),
    })
}

/// The older format marks nothing. It has percentiles and means of its own, whose names have such a word in them.
fn is_statistic(name: &str) -> bool {
    const WORDS: [&str; 5] = ["median", "95th", "99th", "100th", "mean"];
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric());
    parts.into_iter().any(|part| WORDS.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_anything_and_the_last_colon_ends_it() {
        for (text, name, number, adds) in [
            ("jobs: 3", "jobs", Number::Whole(3), true),
            ("a:b c: -2", "a:b c", Number::Whole(-2), true),
            ("load : 0.5", "load", Number::Float(0.5), false),
            ("web.p99 : 1e-9", "web.p99", Number::Float(1e-9), false),
            ("time.95th: 4", "time.95th", Number::Whole(4), false),
            ("meaning: 42", "meaning", Number::Whole(42), true),
            ("f: 2.000000", "f", Number::Float(2.0), true),
            (
                "big: 99999999999999999999",
                "big",
                Number::Whole(99_999_999_999_999_999_999),
                true,
            ),
        ] {
            assert_eq!(parse(text), Some(Line { name, number, adds }), "{text}");
        }
    }

    #[test]
    fn what_has_no_name_or_no_number_is_no_line() {
        for text in [
            "",
            "jobs",
            "jobs:",
            ": 3",
            "jobs: three",
            "jobs: nan",
            "jobs: inf",
            "j: 0x1",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
