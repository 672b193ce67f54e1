//! How names in a registry are spelled, and which path a spelling means.
//!
//! A look-up is asked with whatever somebody wrote, `jobs.done` or `/jobs/done`, and must not copy it into one form
//! first; what it finds are stats, which know their place and their name apart. So both are seen as a [`Name`], and
//! the path that it means is what is hashed and compared.

use std::hash::{Hash, Hasher};

/// A name in a registry. It stands for the path `{above}/{rest}`, or for `{rest}` alone where nothing is above.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    pub(super) above: &'a str,
    pub(super) rest: &'a str,
    /// Whether dots are meant as slashes.
    pub(super) dotted: bool,
}

impl<'a> Name<'a> {
    /// As somebody wrote it. What is no path equals nothing that is kept.
    pub(super) fn spelled(name: &'a str) -> Name<'a> {
        Name {
            above: "",
            rest: name.strip_prefix('/').unwrap_or(name),
            dotted: !name.contains('/'),
        }
    }

    /// Hashes the path, a piece at a time: most names are one piece.
    fn feed(self, state: &mut impl Hasher) {
        const PIECE: usize = 64;
        if self.above.is_empty() && !self.dotted {
            let pieces = self.rest.as_bytes().chunks(PIECE);
            return pieces.for_each(|piece| state.write(piece));
        }
        let mut piece = [0; PIECE];
        let mut len = 0;
        let slash = if self.above.is_empty() { "" } else { "/" };
        for part in [self.above, slash, self.rest] {
            let mut part = part.as_bytes();
            while !part.is_empty() {
                let (now, later) = part.split_at(part.len().min(PIECE - len));
                for (to, from) in piece[len..].iter_mut().zip(now) {
                    *to = self.meant(*from);
                }
                len += now.len();
                part = later;
                if len == PIECE {
                    state.write(&piece);
                    len = 0;
                }
            }
        }
        if len > 0 {
            state.write(&piece[..len]);
        }
    }

    fn meant(self, byte: u8) -> u8 {
        if self.dotted && byte == b'.' {
            b'/'
        } else {
            byte
        }
    }

    /// Whether a part of this spelling means `text`.
    fn means(self, part: &str, text: &str) -> bool {
        if !self.dotted {
            return part == text;
        }
        let (part, text) = (part.as_bytes(), text.as_bytes());
        let meant = part.iter().map(|byte| self.meant(*byte));
        part.len() == text.len() && meant.eq(text.iter().copied())
    }

    fn is(self, kept: Name<'_>) -> bool {
        if !self.above.is_empty() {
            return self.above == kept.above && self.rest == kept.rest;
        }
        if kept.above.is_empty() {
            return self.means(self.rest, kept.rest);
        }
        let end = kept.above.len();
        match (self.rest.get(..end), self.rest.get(end + 1..)) {
            (Some(above), Some(rest)) => {
                self.meant(self.rest.as_bytes()[end]) == b'/'
                    && self.means(rest, kept.rest)
                    && self.means(above, kept.above)
            }
            _ => false,
        }
    }
}

/// What has a name: something that is kept, or the name it is asked for by.
pub(super) trait HasName {
    fn name(&self) -> Name<'_>;
}

impl HasName for Name<'_> {
    fn name(&self) -> Name<'_> {
        *self
    }
}

impl Hash for dyn HasName + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().feed(state);
    }
}

impl PartialEq for dyn HasName + '_ {
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (self.name(), other.name());
        // What is asked for is in one piece, what is kept is in two unless it stands at the root.
        if one.above.is_empty() {
            one.is(other)
        } else {
            other.is(one)
        }
    }
}

impl Eq for dyn HasName + '_ {}

#[cfg(test)]
mod tests {
    use super::*;
    use foldhash::fast::RandomState;
    use std::hash::BuildHasher;

    const KEPT: [Name<'_>; 4] = [
        kept("a/b", "c"),
        kept("", "a"),
        kept("a.b", "c"),
        kept("hosts", "10.0.0.1"),
    ];

    const fn kept(above: &'static str, rest: &'static str) -> Name<'static> {
        Name {
            above,
            rest,
            dotted: false,
        }
    }

    /// Which of them a spelling finds, by hash and by comparison.
    fn found(spelling: &str) -> Vec<usize> {
        let hasher = RandomState::default();
        let hash = |name: &Name<'_>| hasher.hash_one(name as &dyn HasName);
        let spelled = Name::spelled(spelling);
        let is_it = |at: &usize| {
            let equal = &spelled as &dyn HasName == &KEPT[*at] as &dyn HasName;
            assert!(!equal || hash(&spelled) == hash(&KEPT[*at]), "{spelling}");
            equal
        };
        (0..KEPT.len()).filter(is_it).collect()
    }

    #[test]
    fn a_name_is_found_however_it_is_spelled() {
        for name in ["/a/b/c", "a/b/c", "a.b.c"] {
            assert_eq!(found(name), [0], "{name}");
        }
        assert_eq!(found("a"), [1]);
        assert_eq!(found("/a"), [1]);
        // Where there is a slash, a dot is a dot.
        assert_eq!(found("/a.b/c"), [2]);
        assert_eq!(found("hosts/10.0.0.1"), [3]);
        assert_eq!(found("hosts.10.0.0.1"), [0; 0]);
    }

    #[test]
    fn what_is_no_path_is_no_name() {
        for name in [
            "", "/", "//a", "a/", "a.", ".a", "a..b.c", "/a/b//c", "a/b/", "é",
        ] {
            assert_eq!(found(name), [0; 0], "{name}");
        }
    }

    #[test]
    fn a_long_name_hashes_alike_in_one_piece_and_in_two() {
        let hasher = RandomState::default();
        for above in [1, 62, 63, 64, 65, 127, 128, 200] {
            for rest in [1, 63, 64, 65, 128] {
                let (above, rest) = ("x.y".repeat(above), "z".repeat(rest));
                let above = above.replace('.', "/");
                let name = Name {
                    above: &above,
                    rest: &rest,
                    dotted: false,
                };
                let slashes = format!("/{above}/{rest}");
                let dots = format!("{above}/{rest}").replace('/', ".");
                for spelling in [slashes, dots] {
                    let spelled = Name::spelled(&spelling);
                    assert!(spelled.is(name));
                    let hash = |name: &Name<'_>| hasher.hash_one(name as &dyn HasName);
                    assert_eq!(hash(&spelled), hash(&name));
                }
            }
        }
    }
}
