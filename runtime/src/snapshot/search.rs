//! Choosing stats by words of their paths: for somebody who looks for a stat whose name is not quite known.

use super::select::Kept;
use super::{Entry, Snapshot, Value};

impl Snapshot {
    /// The stats whose path contains each of these words, with the places that lead to them.
    ///
    /// Words are separated by blanks, stand anywhere in the path, and match in whatever case. A family is also found by
    /// its keys. A place whose path has all the words is kept with all below it; no words keep everything.
    ///
    /// ```
    /// let registry = calipers::Registry::new();
    /// registry.counter("web.errors")?;
    /// registry.counter("pool.errors")?;
    /// let found = registry.snapshot().search("WEB err");
    /// assert_eq!(found.stats().count(), 1);
    /// assert_eq!(found.counter("/web/errors"), Some(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn search(&self, words: &str) -> Snapshot {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        self.select(|place| {
            let path = place.shape.path.to_lowercase();
            if words.iter().all(|word| path.contains(word)) {
                return Kept::Subtree;
            }
            let found = |entry: Entry<'_>| {
                let path = format!("{path}/{}", entry.name().to_lowercase());
                let named = |word: &String| path.contains(word) || has_key(entry.value(), word);
                words.iter().all(named)
            };
            Kept::Stats(self.entries_of(place).map(found).collect())
        })
    }
}

fn has_key(value: &Value, word: &str) -> bool {
    match value {
        Value::Family(family) => family
            .iter()
            .any(|(key, _)| key.to_lowercase().contains(word)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::Registry;
    use crate::prelude::*;

    fn found(words: &str) -> Vec<String> {
        let registry = Registry::new();
        for name in [
            "/web/orders/latency",
            "/web/goods/latency",
            "/Pool/latency",
            "/pool/é",
        ] {
            registry.counter(name).unwrap();
        }
        let family = registry.get::<Family<String, Counter>>("/web/by_path");
        family.unwrap().get("/Index").inc();
        let found = registry.snapshot().search(words);
        found.stats().map(|stat| stat.path()).collect()
    }

    #[test]
    fn words_are_looked_for_in_whole_paths_in_any_order_and_case() {
        assert_eq!(
            found("LAT web"),
            ["/web/goods/latency", "/web/orders/latency"]
        );
        assert_eq!(found("orders/lat"), ["/web/orders/latency"]);
        assert_eq!(found("É"), ["/pool/é"]);
        assert_eq!(found("nothing of this name"), [""; 0]);
    }

    #[test]
    fn a_place_is_found_with_all_below_it_and_a_family_by_its_keys() {
        assert_eq!(found("goods"), ["/web/goods/latency"]);
        assert_eq!(found("index"), ["/web/by_path"]);
        assert_eq!(found("web index"), ["/web/by_path"]);
        assert_eq!(found(" ").len(), 5);
    }
}
