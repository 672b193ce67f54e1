//! Which of a family's members has a key, for whoever adds members.
//!
//! A table of numbers takes half as much as one of pointers, and the keys stand with the members.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;

/// Numbers by hash, in a table of open addressing that finds out from its owner what a number means.
#[derive(Default)]
pub(super) struct ByKey {
    /// Numbers, and [`FREE`]. A power of two, of which some are free: a search always ends at one.
    places: Box<[u32]>,
    hasher: RandomState,
}

/// Where no number stands.
const FREE: u32 = u32::MAX;

/// The first table has so many places.
const LEAST: usize = 4;

impl ByKey {
    /// The number of this key, given how keys are told from their numbers.
    pub(super) fn find<'k>(&self, key: &[u8], key_of: impl Fn(u32) -> &'k [u8]) -> Option<u32> {
        let numbers = self.probe(key).map(|place| self.places[place]);
        let mut present = numbers.take_while(|number| *number != FREE);
        present.find(|number| key_of(*number) == key)
    }

    /// Adds the number of a key that has none, after `before` others.
    pub(super) fn add<'k>(
        &mut self,
        key: &[u8],
        number: u32,
        before: usize,
        key_of: impl Fn(u32) -> &'k [u8],
    ) {
        if (before + 1) * 5 > self.places.len() * 4 {
            let larger = vec![FREE; (self.places.len() * 2).max(LEAST)];
            let full = std::mem::replace(&mut self.places, larger.into());
            for number in full.into_iter().filter(|number| *number != FREE) {
                self.put(key_of(number), number);
            }
        }
        self.put(key, number);
    }

    fn put(&mut self, key: &[u8], number: u32) {
        let free = self.probe(key).find(|place| self.places[*place] == FREE);
        if let Some(place) = free {
            self.places[place] = number;
        }
    }

    /// The places where a key may stand, in the order of looking.
    fn probe(&self, key: &[u8]) -> impl Iterator<Item = usize> + use<> {
        let places = self.places.len();
        let first = self.hasher.hash_one(key) as usize;
        (0..places).map(move |step| first.wrapping_add(step) & (places - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_own_number_through_every_growth() {
        let keys: Vec<String> = (0..300).map(|n| n.to_string()).collect();
        let key_of = |number: u32| keys[number as usize].as_bytes();
        let mut by_key = ByKey::default();
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(by_key.find(key.as_bytes(), key_of), None);
            by_key.add(key.as_bytes(), number as u32, number, key_of);
        }
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(by_key.find(key.as_bytes(), key_of), Some(number as u32));
        }
        assert_eq!(by_key.find(b"another", key_of), None);
    }
}
