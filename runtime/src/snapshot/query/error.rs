//! What can be wrong with a query.

use crate::Kind;

/// Why a query was not answered; columns count characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// There is no key where one has to be.
    #[error(
        "expected a name at column {column}, found {}; write for instance `latency.p99 > 0.5`",
        show(found)
    )]
    ExpectedName {
        /// Where it was expected.
        column: usize,
        /// What is there; empty at the end of the query.
        found: String,
    },
    /// Something other than an operator follows the key.
    #[error(
        "expected one of `=`, `!=`, `>`, `>=`, `<`, `<=` at column {column}, found {}; quote names with blanks or signs",
        show(found)
    )]
    ExpectedOperator {
        /// Where it was expected.
        column: usize,
        /// What is there.
        found: String,
    },
    /// Nothing follows the operator, or another one does.
    #[error(
        "expected a number or a text after `{operator}` at column {column}, found {}",
        show(found)
    )]
    ExpectedValue {
        /// Where it was expected.
        column: usize,
        /// The operator before it.
        operator: &'static str,
        /// What is there; empty at the end of the query.
        found: String,
    },
    /// An operator that compares sizes is followed by something that has none.
    #[error(
        "expected a number after `{operator}` at column {column}, found `{found}`; compare texts with `=` or `!=`"
    )]
    ExpectedNumber {
        /// Where it was expected.
        column: usize,
        /// The operator before it.
        operator: &'static str,
        /// What is there.
        found: String,
    },
    /// Something follows the value.
    #[error(
        "expected the end of the query at column {column}, found `{found}`; one query is one comparison, \
         texts with blanks or signs are quoted"
    )]
    ExpectedEnd {
        /// Where it was expected.
        column: usize,
        /// What is there.
        found: String,
    },
    /// A quote is opened and not closed.
    #[error(
        "the quote at column {column} is not closed; write `{quote}` after the text, `\\{quote}` within it"
    )]
    Unclosed {
        /// Where it is opened.
        column: usize,
        /// Which quote it is.
        quote: char,
    },
    /// The stats of this name have no such field, or must be compared by a field and none was given.
    #[error("`{stat}` at column {column} is of kind {kind} and {}{}", wrong(field), help(stat, *kind, fields))]
    NoSuchField {
        /// Where the key starts.
        column: usize,
        /// The name of the stat.
        stat: String,
        /// What sort of stat it is.
        kind: Kind,
        /// The field that was asked for; empty when none was given.
        field: String,
        /// The fields it has; empty when it has none, or they are keys of its own.
        fields: Vec<&'static str>,
    },
}

impl QueryError {
    /// The column, in characters from 1, at which the query stops making sense.
    pub fn column(&self) -> usize {
        match self {
            QueryError::ExpectedName { column, .. }
            | QueryError::ExpectedOperator { column, .. }
            | QueryError::ExpectedValue { column, .. }
            | QueryError::ExpectedNumber { column, .. }
            | QueryError::ExpectedEnd { column, .. }
            | QueryError::Unclosed { column, .. }
            | QueryError::NoSuchField { column, .. } => *column,
        }
    }
}

fn show(found: &str) -> String {
    if found.is_empty() {
        "the end of the query".to_owned()
    } else {
        format!("`{found}`")
    }
}

fn wrong(field: &str) -> String {
    if field.is_empty() {
        "cannot be compared as a whole".to_owned()
    } else {
        format!("has no field `{field}`")
    }
}

fn help(stat: &str, kind: Kind, fields: &[&str]) -> String {
    if fields.is_empty() {
        let keyed = matches!(
            kind,
            Kind::Family(_) | Kind::Sum(Kind::Family(_)) | Kind::CountBy | Kind::Info
        );
        return if keyed {
            format!("; write `{stat}.` and a key")
        } else {
            String::new()
        };
    }
    let names: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    format!("; write `{stat}.` and one of {}", names.join(", "))
}
