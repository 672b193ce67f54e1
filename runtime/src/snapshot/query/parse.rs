//! From text to a query: `key`, or `key operator value`.

use super::QueryError;
use crate::snapshot::Number;

/// A query as it was written.
#[derive(Debug, PartialEq)]
pub(super) struct Query {
    /// The key, parted at its dots; at least one part.
    pub(super) key: Vec<String>,
    /// Where the key starts.
    pub(super) column: usize,
    pub(super) comparison: Option<Comparison>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Comparison {
    /// One of [`OPERATORS`]' meanings.
    pub(super) operator: &'static str,
    pub(super) with: Operand,
}

/// The right side: a text, and the number it reads as unless it was quoted.
#[derive(Debug, PartialEq)]
pub(super) struct Operand {
    pub(super) text: String,
    pub(super) number: Option<Number>,
}

/// As written and as meant; longer ones first, because they begin like shorter ones.
const OPERATORS: [(&str, &str); 7] = [
    (">=", ">="),
    ("<=", "<="),
    ("!=", "!="),
    ("==", "="),
    ("=", "="),
    (">", ">"),
    ("<", "<"),
];

/// Units a time may be written in, in nanoseconds; the comparison is in seconds.
const TIMES: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("min", 60e9),
    ("h", 3600e9),
    ("d", 86_400e9),
];

impl Query {
    pub(super) fn parse(text: &str) -> Result<Query, QueryError> {
        let mut cursor = Cursor { text, at: 0 };
        cursor.skip_blanks();
        let column = cursor.column();
        let mut key = vec![cursor.name()?];
        while cursor.skip('.') {
            key.push(cursor.name()?);
        }
        cursor.skip_blanks();
        let comparison = if cursor.rest().is_empty() {
            None
        } else {
            Some(cursor.comparison()?)
        };
        Ok(Query {
            key,
            column,
            comparison,
        })
    }
}

/// Where in the text the parser is.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn column(&self) -> usize {
        self.text.get(..self.at).unwrap_or_default().chars().count() + 1
    }

    /// The next word, to be shown where it was not expected.
    fn word(&self) -> String {
        self.rest()
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn skip(&mut self, c: char) -> bool {
        let there = self.rest().starts_with(c);
        if there {
            self.at += c.len_utf8();
        }
        there
    }

    /// One part of a key.
    fn name(&mut self) -> Result<String, QueryError> {
        if let Some(quoted) = self.quoted()? {
            return Ok(quoted);
        }
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || c == '.' || is_sign(c);
        let end = rest.find(ends).unwrap_or(rest.len());
        let Some(name) = rest.get(..end).filter(|name| !name.is_empty()) else {
            return Err(QueryError::ExpectedName {
                column: self.column(),
                found: self.word(),
            });
        };
        self.at += end;
        Ok(name.to_owned())
    }

    /// A text in quotes, if there is one here; a backslash takes the next character as it is.
    fn quoted(&mut self) -> Result<Option<String>, QueryError> {
        let mut chars = self.rest().char_indices();
        let Some((_, quote @ ('"' | '\''))) = chars.next() else {
            return Ok(None);
        };
        let mut text = String::new();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => text.extend(chars.next().map(|(_, c)| c)),
                c if c == quote => {
                    self.at += at + quote.len_utf8();
                    return Ok(Some(text));
                }
                c => text.push(c),
            }
        }
        Err(QueryError::Unclosed {
            column: self.column(),
            quote,
        })
    }

    fn comparison(&mut self) -> Result<Comparison, QueryError> {
        let rest = self.rest();
        let Some((written, operator)) = OPERATORS
            .into_iter()
            .find(|(written, _)| rest.starts_with(written))
        else {
            return Err(QueryError::ExpectedOperator {
                column: self.column(),
                found: self.word(),
            });
        };
        self.at += written.len();
        self.skip_blanks();
        let column = self.column();
        if self.rest().is_empty() || self.rest().starts_with(is_comparing) {
            return Err(QueryError::ExpectedValue {
                column,
                operator,
                found: self.word(),
            });
        }
        let with = self.operand()?;
        if with.number.is_none() && !matches!(operator, "=" | "!=") {
            return Err(QueryError::ExpectedNumber {
                column,
                operator,
                found: with.text,
            });
        }
        Ok(Comparison { operator, with })
    }

    fn operand(&mut self) -> Result<Operand, QueryError> {
        let operand = match self.quoted()? {
            Some(text) => Operand { text, number: None },
            None => self.bare(),
        };
        self.skip_blanks();
        if self.rest().is_empty() {
            Ok(operand)
        } else {
            Err(QueryError::ExpectedEnd {
                column: self.column(),
                found: self.word(),
            })
        }
    }

    /// A number or one word. All that follows cannot be the text: `a = 1 and b = 2` would then be a query that nothing
    /// satisfies, rather than the mistake that it is.
    fn bare(&mut self) -> Operand {
        let rest = self.rest();
        let whole = rest.trim_end();
        // A number's unit may stand apart: `2 min`.
        if let Some(number) = number(whole) {
            self.at += rest.len();
            return Operand {
                text: whole.to_owned(),
                number: Some(number),
            };
        }
        let ends = |c: char| c.is_whitespace() || is_comparing(c);
        let word = rest.split(ends).next().unwrap_or_default();
        self.at += word.len();
        Operand {
            text: word.to_owned(),
            number: number(word),
        }
    }
}

/// What operators are made of.
fn is_comparing(c: char) -> bool {
    matches!(c, '=' | '<' | '>' | '!')
}

/// What is no part of a name without quotes: operators, and what in other languages puts conditions together.
fn is_sign(c: char) -> bool {
    is_comparing(c) || matches!(c, '(' | ')' | '&' | '|' | '*')
}

fn number(text: &str) -> Option<Number> {
    if let Ok(flag) = text.parse() {
        return Some(Number::Bool(flag));
    }
    if let Ok(whole) = text.parse() {
        return Some(Number::U64(whole));
    }
    if let Ok(whole) = text.parse() {
        return Some(Number::I64(whole));
    }
    // Rust also reads `nan` and `infinity` as numbers; here they are texts.
    let float = |text: &str| {
        let digit = text.contains(|c: char| c.is_ascii_digit());
        text.trim_end()
            .parse()
            .ok()
            .filter(|x: &f64| digit && x.is_finite())
    };
    // In the steps in which a timer's nanoseconds become seconds, so that `= 500us` finds 500 µs.
    let time = |(unit, nanos): (&str, f64)| Some(float(text.strip_suffix(unit)?)? * nanos / 1e9);
    float(text)
        .or_else(|| TIMES.into_iter().find_map(time))
        .map(Number::F64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Vec<String> {
        Query::parse(text).unwrap().key
    }

    fn comparison(text: &str) -> (&'static str, Operand) {
        let comparison = Query::parse(text).unwrap().comparison.unwrap();
        (comparison.operator, comparison.with)
    }

    #[test]
    fn a_key_is_parted_at_its_dots_and_quotes_protect_them() {
        assert_eq!(key("  latency.recent.p99 "), ["latency", "recent", "p99"]);
        assert_eq!(key("byPath./index>3"), ["byPath", "/index"]);
        assert_eq!(key(r#""a.b c"."d\"e".f = 3"#), ["a.b c", "d\"e", "f"]);
        assert_eq!(key("'it is'.x"), ["it is", "x"]);
        assert_eq!(key("größe"), ["größe"]);
    }

    #[test]
    fn every_operator_is_understood_with_and_without_blanks() {
        for (written, meant) in OPERATORS {
            for text in [format!("a{written}3"), format!(" a {written}  3 ")] {
                assert_eq!(
                    comparison(&text),
                    (
                        meant,
                        Operand {
                            text: "3".into(),
                            number: Some(Number::U64(3))
                        }
                    )
                );
            }
        }
    }

    #[test]
    fn a_value_is_the_number_it_reads_as() {
        let number = |text: &str| comparison(&format!("a = {text}")).1.number;
        assert_eq!(number("-3"), Some(Number::I64(-3)));
        assert_eq!(number("18446744073709551615"), Some(Number::U64(u64::MAX)));
        assert_eq!(number("0.5"), Some(Number::F64(0.5)));
        assert_eq!(number("1e3"), Some(Number::F64(1000.0)));
        assert_eq!(number("true"), Some(Number::Bool(true)));
        assert_eq!(number("500ms"), Some(Number::F64(0.5)));
        assert_eq!(number("500us"), Some(Number::F64(0.0005)));
        assert_eq!(number("2 min"), Some(Number::F64(120.0)));
        for text in [
            "nan",
            "inf",
            "-infinity",
            "s",
            "ms",
            "1.2.3",
            "waiting_for_task",
            "\"3\"",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_column() {
        let error = |text: &str| Query::parse(text).unwrap_err();
        let cases = [
            (
                "",
                1,
                "expected a name at column 1, found the end of the query; write for instance `latency.p99 > 0.5`",
            ),
            (
                "  > 3",
                3,
                "expected a name at column 3, found `>`; write for instance `latency.p99 > 0.5`",
            ),
            (
                "a. > 3",
                3,
                "expected a name at column 3, found `>`; write for instance `latency.p99 > 0.5`",
            ),
            (
                "größe nach",
                7,
                "expected one of `=`, `!=`, `>`, `>=`, `<`, `<=` at column 7, found `nach`; quote names with blanks or signs",
            ),
            (
                "a ! 3",
                3,
                "expected one of `=`, `!=`, `>`, `>=`, `<`, `<=` at column 3, found `!`; quote names with blanks or signs",
            ),
            (
                "a >= ",
                6,
                "expected a number or a text after `>=` at column 6, found the end of the query",
            ),
            (
                "a > often",
                5,
                "expected a number after `>` at column 5, found `often`; compare texts with `=` or `!=`",
            ),
            (
                "a = 'b' and c",
                9,
                "expected the end of the query at column 9, found `and`; one query is one comparison, texts with blanks or signs are quoted",
            ),
            (
                "a = 1 and b > 2",
                7,
                "expected the end of the query at column 7, found `and`; one query is one comparison, texts with blanks or signs are quoted",
            ),
            (
                "a = 1 2 3",
                7,
                "expected the end of the query at column 7, found `2`; one query is one comparison, texts with blanks or signs are quoted",
            ),
            (
                "a = waiting for task",
                13,
                "expected the end of the query at column 13, found `for`; one query is one comparison, texts with blanks or signs are quoted",
            ),
            (
                "a > 2 < b",
                7,
                "expected the end of the query at column 7, found `<`; one query is one comparison, texts with blanks or signs are quoted",
            ),
            (
                "a === 3",
                5,
                "expected a number or a text after `=` at column 5, found `=`",
            ),
            (
                "(((((",
                1,
                "expected a name at column 1, found `(((((`; write for instance `latency.p99 > 0.5`",
            ),
            (
                "a|b = 1",
                2,
                "expected one of `=`, `!=`, `>`, `>=`, `<`, `<=` at column 2, found `|b`; quote names with blanks or signs",
            ),
            (
                "a = \"b",
                5,
                "the quote at column 5 is not closed; write `\"` after the text, `\\\"` within it",
            ),
        ];
        for (text, column, message) in cases {
            assert_eq!(
                (error(text).column(), error(text).to_string().as_str()),
                (column, message),
                "{text:?}"
            );
        }
    }
}
