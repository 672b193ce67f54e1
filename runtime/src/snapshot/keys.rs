//! The keys of a family, in their order.
//!
//! One text holds all of them, so that going through a hundred thousand is a walk through memory and not as many jumps, and
//! snapshots between which no key came share one.

/// Sorted texts, each there once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    texts: String,
    /// Where each ends in `texts`.
    ends: Vec<usize>,
    /// Whether any is long, or has something that formats escape. Found out once for many times that they are written.
    has_special: bool,
}

/// Longer keys are cut by the formats that have labels.
const LONGEST: usize = 1024;

/// Whether a text is of a length that no format cuts, and of letters that none escapes: all those of ASCII which can be
/// seen, and spaces, without quotation marks and backslashes.
fn is_plain(text: &str) -> bool {
    let seen = |byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    text.len() <= LONGEST && text.bytes().all(seen)
}

impl Keys {
    /// Whether no format need look for what it cuts or escapes.
    #[cfg(any(feature = "prometheus", feature = "otlp"))]
    pub(super) fn are_plain(&self) -> bool {
        !self.has_special
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        let mut begin = 0;
        self.ends.iter().map(move |end| {
            let key = self.texts.get(begin..*end).unwrap_or_default();
            begin = *end;
            key
        })
    }

    fn get(&self, at: usize) -> &str {
        let begin = at.checked_sub(1).and_then(|before| self.ends.get(before));
        let (begin, end) = (begin.copied().unwrap_or(0), self.ends.get(at));
        end.and_then(|end| self.texts.get(begin..*end))
            .unwrap_or_default()
    }

    /// Where a key is, or where it would have to be inserted.
    pub(super) fn find(&self, key: &str) -> Result<usize, usize> {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from.midpoint(to);
            match self.get(middle).cmp(key) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
                std::cmp::Ordering::Equal => return Ok(middle),
            }
        }
        Err(from)
    }

    /// As [`find`](Self::find), for a key that is probably here.
    pub(super) fn find_from(&self, here: usize, key: &str) -> Result<usize, usize> {
        if here < self.len() && self.get(here) == key {
            return Ok(here);
        }
        self.find(key)
    }

    pub(super) fn last(&self) -> Option<&str> {
        let last = self.len().checked_sub(1)?;
        Some(self.get(last))
    }

    /// Inserts a key at the place that [`find`](Self::find) gave.
    pub(super) fn insert(&mut self, at: usize, key: &str) {
        if at >= self.len() {
            return self.push(key);
        }
        let begin = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.has_special |= !is_plain(key);
        self.texts.insert_str(begin, key);
        self.ends.insert(at, begin);
        for end in &mut self.ends[at..] {
            *end += key.len();
        }
    }

    /// Adds a key behind all the others.
    pub(super) fn push(&mut self, key: &str) {
        self.has_special |= !is_plain(key);
        self.texts.push_str(key);
        self.ends.push(self.texts.len());
    }
}

/// Of keys that are sorted, each there once.
impl<K: AsRef<str>> FromIterator<K> for Keys {
    fn from_iter<T: IntoIterator<Item = K>>(sorted: T) -> Keys {
        let mut keys = Keys::default();
        sorted.into_iter().for_each(|key| keys.push(key.as_ref()));
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_sorted_and_whole_in_whatever_order_they_are_inserted() {
        let mut keys = Keys::default();
        let mut all = vec!["", "b", "é", "ab", "a", "zz", "/items/7", "€"];
        for key in &all {
            let at = keys.find(key).unwrap_err();
            keys.insert(at, key);
        }
        all.sort_unstable();
        assert_eq!(keys.iter().collect::<Vec<_>>(), all);
        assert_eq!(keys, all.iter().collect());
        for (at, key) in all.iter().enumerate() {
            assert_eq!(keys.find(key), Ok(at));
        }
        assert_eq!(keys.find("aa"), Err(all.partition_point(|key| *key < "aa")));
    }
}
