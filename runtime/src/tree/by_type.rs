//! One value a type, found by the type's name: what a static in generic code holds, as such a static is one for all
//! the types.

use std::sync::OnceLock;

use super::once::get_or_open;

/// Values by type name. The list only grows, by one entry a type, so reading it takes no lock.
pub(crate) struct ByType<T>(OnceLock<One<T>>);

struct One<T> {
    type_name: &'static str,
    value: T,
    next: OnceLock<Box<One<T>>>,
}

impl<T> ByType<T> {
    pub(crate) const fn new() -> ByType<T> {
        ByType(OnceLock::new())
    }

    /// The value of a type, made when it is first asked for; with an empty name, that of the only one there is.
    #[inline]
    pub(crate) fn get(&self, type_name: &'static str, make: impl Fn() -> T) -> &T {
        let new = || One {
            type_name,
            value: make(),
            next: OnceLock::new(),
        };
        let mut one = get_or_open(&self.0, new);
        // Most often the names are one string. Nothing is compared when there is no name: the C library's comparison of no
        // bytes reads where an empty string points, masked, which where nothing is mapped takes hundreds of nanoseconds.
        while !type_name.is_empty()
            && !std::ptr::eq(one.type_name, type_name)
            && one.type_name != type_name
        {
            one = &**get_or_open(&one.next, || Box::new(new()));
        }
        &one.value
    }

    /// The values made so far, with the names of their types.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &T)> {
        std::iter::successors(self.0.get(), |one| one.next.get().map(|next| &**next))
            .map(|one| (one.type_name, &one.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_one_value() {
        let values = ByType::new();
        assert_eq!(values.iter().count(), 0);
        for name in ["a", "b", "a", "c", "b"] {
            assert_eq!(*values.get(name, || name.to_owned()), name);
        }
        let names: Vec<_> = values.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }
}
