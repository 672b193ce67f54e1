//! Puts a snapshot together from places in path order, and sees to it that the tree has no holes.
//!
//! The collector, a filter and a merge all produce places one by one. Where the values start, where a
//! place's descendants end and that every parent exists is settled here, once.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::SystemTime;

use super::{Place, PlaceShape, Snapshot, Value};

/// A snapshot in the making.
#[derive(Debug)]
pub(crate) struct Assembly {
    places: Vec<Place>,
    values: Vec<Value>,
    /// How many of the values have a place.
    placed: usize,
    /// The places whose descendants may still come, outermost first.
    open: Vec<usize>,
}

impl Assembly {
    pub(crate) fn with_capacity(places: usize, values: usize) -> Self {
        Assembly {
            places: Vec::with_capacity(places + 1),
            values: Vec::with_capacity(values),
            placed: 0,
            open: Vec::new(),
        }
    }

    /// As [`Assembly::with_capacity`], with the values of all places already there, in their order: their shapes alone
    /// are pushed. They are not copied, which where there are very many is most of the work.
    pub(crate) fn of_values(values: Vec<Value>, places: usize) -> Self {
        Assembly {
            values,
            ..Assembly::with_capacity(places, 0)
        }
    }

    /// Adds the next place, with one value per stat of its shape.
    ///
    /// Places come sorted as [`path_order`] says, each path once; a parent that was not given is made.
    pub(crate) fn push(&mut self, shape: Arc<PlaceShape>, values: impl IntoIterator<Item = Value>) {
        let expected = shape.stats.len();
        self.values.extend(values.into_iter().take(expected));
        self.push_shape(shape);
    }

    /// Adds the next place, whose values are there.
    pub(crate) fn push_shape(&mut self, shape: Arc<PlaceShape>) {
        debug_assert!(
            self.places
                .last()
                .is_none_or(|last| path_order(&last.shape.path, &shape.path).is_lt()),
            "`{}` is out of order",
            shape.path
        );
        while let Some(&top) = self.open.last() {
            if lies_below(&self.places[top].shape.path, &shape.path) {
                break;
            }
            self.close();
        }
        self.fill_in_parents_of(&shape.path);
        self.open_place(shape);
    }

    pub(crate) fn finish(mut self, taken: SystemTime) -> Snapshot {
        if self.places.is_empty() {
            self.open_place(empty_shape("", None));
        }
        while !self.open.is_empty() {
            self.close();
        }
        debug_assert_eq!(self.placed, self.values.len(), "every value has a place");
        Snapshot {
            taken,
            places: self.places,
            values: self.values,
        }
    }

    fn open_place(&mut self, shape: Arc<PlaceShape>) {
        let first = self.placed;
        self.placed += shape.stats.len();
        debug_assert!(
            self.placed <= self.values.len(),
            "one value per stat of `{}`",
            shape.path
        );
        self.open.push(self.places.len());
        self.places.push(Place {
            shape,
            first: first as u32,
            end: 0,
        });
    }

    fn close(&mut self) {
        let end = self.places.len() as u32;
        if let Some(place) = self.open.pop().and_then(|top| self.places.get_mut(top)) {
            place.end = end;
        }
    }

    fn fill_in_parents_of(&mut self, path: &str) {
        if path.is_empty() {
            return;
        }
        if self.places.is_empty() {
            self.open_place(empty_shape("", None));
        }
        let Some(&top) = self.open.last() else { return };
        let above = Arc::clone(&self.places[top].shape);
        let known = above.path.len() + 1;
        for (slash, _) in path.match_indices('/').skip_while(|&(at, _)| at < known) {
            self.open_place(empty_shape(&path[..slash], Some(&above)));
        }
    }
}

fn empty_shape(path: &str, above: Option<&PlaceShape>) -> Arc<PlaceShape> {
    let labels = above.map_or_else(|| Arc::from([]), |above| Arc::clone(&above.labels));
    Arc::new(PlaceShape {
        path: path.into(),
        collapsed: false,
        labels,
        stats: Vec::new(),
    })
}

/// The order of places: segment by segment, so that a place's descendants follow it at once.
///
/// Comparing whole strings would put `/a-b` between `/a` and `/a/c`; hence `/` comes before every other byte (and
/// no segment holds a control character, which could tie).
pub(crate) fn path_order(a: &str, b: &str) -> Ordering {
    let shared = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let next = |path: &str| {
        path.as_bytes()
            .get(shared)
            .map(|&byte| if byte == b'/' { 0 } else { byte })
    };
    next(a).cmp(&next(b))
}

/// Whether `path` is below `above`.
fn lies_below(above: &str, path: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assemble(paths: &[&str]) -> Vec<(String, u32)> {
        let mut assembly = Assembly::with_capacity(0, 0);
        for path in paths {
            assembly.push(empty_shape(path, None), []);
        }
        let snapshot = assembly.finish(SystemTime::UNIX_EPOCH);
        snapshot
            .places
            .iter()
            .map(|place| (place.shape.path.to_string(), place.end))
            .collect()
    }

    fn places(expected: &[(&str, u32)]) -> Vec<(String, u32)> {
        expected
            .iter()
            .map(|&(path, end)| (path.to_owned(), end))
            .collect()
    }

    #[test]
    fn a_snapshot_always_has_a_root() {
        assert_eq!(assemble(&[]), places(&[("", 1)]));
        assert_eq!(assemble(&[""]), places(&[("", 1)]));
    }

    #[test]
    fn every_place_knows_where_its_descendants_end() {
        assert_eq!(
            assemble(&["", "/a", "/a/b", "/a/c", "/a-b", "/d"]),
            places(&[
                ("", 6),
                ("/a", 4),
                ("/a/b", 3),
                ("/a/c", 4),
                ("/a-b", 5),
                ("/d", 6)
            ])
        );
    }

    #[test]
    fn a_parent_that_nobody_made_is_filled_in() {
        assert_eq!(
            assemble(&["/a/b/c", "/a/d", "/ab/x"]),
            places(&[
                ("", 7),
                ("/a", 5),
                ("/a/b", 4),
                ("/a/b/c", 4),
                ("/a/d", 5),
                ("/ab", 7),
                ("/ab/x", 7)
            ])
        );
    }

    #[test]
    fn a_place_comes_before_its_siblings_that_extend_its_name() {
        let mut paths = ["/a-b", "/a/c", "/a", "", "/a b", "/a/c/d", "/a/c-d"];
        paths.sort_by(|a, b| path_order(a, b));
        assert_eq!(
            paths,
            ["", "/a", "/a/c", "/a/c/d", "/a/c-d", "/a b", "/a-b"]
        );
    }
}
