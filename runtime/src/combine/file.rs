//! Rules as a file in TOML.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Leaf, RuleError, Rules};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    patterns: BTreeMap<String, String>,
    #[serde(default)]
    rule: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Rule {
    at: String,
    average: Option<Options>,
    sum: Option<Options>,
    inverse_map: Option<Options>,
    sorted: Option<Options>,
    largest: Option<Options>,
    smallest: Option<Options>,
    merge: Option<Options>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "camelCase",
    expecting = "a table such as `{}` or `{ of = \"p99\" }`"
)]
struct Options {
    of: Option<String>,
    weighted_by: Option<String>,
    name: Option<String>,
    #[serde(default)]
    descending: bool,
}

pub(super) fn read(text: &str) -> Result<Rules, RuleError> {
    let file: File = toml::from_str(text).map_err(|error| RuleError::File {
        reason: error.to_string().trim().replace('\n', " "),
    })?;
    let mut rules = Rules::new();
    for (name, pattern) in file.patterns {
        rules = rules.pattern(name, &pattern)?;
    }
    if file.rule.is_empty() {
        return Err(RuleError::File {
            reason: "there are none; begin one with `[[rule]]`".to_owned(),
        });
    }
    for rule in file.rule {
        let leaves = [
            (Leaf::average(), rule.average),
            (Leaf::sum(), rule.sum),
            (Leaf::inverse_map(), rule.inverse_map),
            (Leaf::sorted(), rule.sorted),
            (Leaf::largest(), rule.largest),
            (Leaf::smallest(), rule.smallest),
            (Leaf::merge(), rule.merge),
        ];
        let wanted = leaves
            .into_iter()
            .filter_map(|(leaf, options)| Some(options?.apply(leaf)));
        rules = rules.at(&rule.at, wanted)?;
    }
    Ok(rules)
}

impl Options {
    fn apply(self, mut leaf: Leaf) -> Leaf {
        leaf.of = self.of;
        leaf.weight = self.weighted_by;
        if self.descending {
            leaf = leaf.descending();
        }
        match self.name {
            Some(name) => leaf.named(name),
            None => leaf,
        }
    }
}
