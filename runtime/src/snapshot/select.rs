//! The part of a snapshot that holds some of its stats: what a filter and a query have in common.

use std::sync::Arc;

use super::{Assembly, Place, Snapshot};

/// Which of a place's stats are kept.
pub(crate) enum Kept {
    /// Only the stats for which this is true, by index; the place itself goes when none is and nothing below is.
    Stats(Vec<bool>),
    /// The place, all its stats, and all below.
    Subtree,
}

impl Snapshot {
    /// The snapshot of what `keep` chooses, with the places that lead there.
    ///
    /// `keep` is asked once per place, in the order of paths, except below a place it kept with its subtree.
    pub(crate) fn select(&self, mut keep: impl FnMut(&Place) -> Kept) -> Snapshot {
        let mut selected = Assembly::with_capacity(0, 0);
        let mut place_index = 0;
        // Places above the current one of which nothing was chosen yet.
        let mut pending: Vec<&Place> = Vec::new();
        while let Some(place) = self.places.get(place_index) {
            pending.retain(|above| above.end as usize > place_index);
            let next = match keep(place) {
                Kept::Subtree => {
                    push_empty(&mut selected, pending.drain(..));
                    let end = (place.end as usize).max(place_index + 1);
                    for whole in self.places.get(place_index..end).unwrap_or_default() {
                        selected.push(
                            Arc::clone(&whole.shape),
                            self.values_of(whole).iter().cloned(),
                        );
                    }
                    end
                }
                Kept::Stats(kept) if kept.contains(&true) => {
                    push_empty(&mut selected, pending.drain(..));
                    self.push_some(&mut selected, place, &kept);
                    place_index + 1
                }
                Kept::Stats(_) => {
                    pending.push(place);
                    place_index + 1
                }
            };
            place_index = next;
        }
        selected.finish(self.taken)
    }

    fn push_some(&self, into: &mut Assembly, place: &Place, kept: &[bool]) {
        let values = self
            .values_of(place)
            .iter()
            .zip(kept)
            .filter(|&(_, &kept)| kept);
        let values = values.map(|(value, _)| value.clone());
        if kept.contains(&false) {
            let stats = place
                .shape
                .stats
                .iter()
                .zip(kept)
                .filter(|&(_, &kept)| kept);
            let shape = place
                .shape
                .with_stats(stats.map(|(stat, _)| stat.clone()).collect());
            into.push(shape, values);
        } else {
            into.push(Arc::clone(&place.shape), values);
        }
    }
}

fn push_empty<'a>(into: &mut Assembly, places: impl Iterator<Item = &'a Place>) {
    for place in places {
        into.push(place.shape.with_stats(Vec::new()), []);
    }
}
