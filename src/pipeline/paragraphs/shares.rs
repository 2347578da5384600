//! Pairs of rows → what they were found to share.
//!
//! Pairs are compared in the order of their rows, so what was found stands sorted as it comes. In: pairs, smaller row
//! first, in order. Cost: 20 bytes a pair; a look-up is a search among them.

use crate::matching::verify::Overlap;

/// What pairs of rows share, by the pairs, in order.
#[derive(Debug, Default)]
pub(super) struct Shares(Vec<((u32, u32), Overlap)>);

impl Shares {
    /// Takes up a pair behind all that came before.
    pub(super) fn push(&mut self, a: u32, b: u32, overlap: Overlap) {
        self.0.push(((a, b), overlap));
    }

    /// What two rows share, if they were compared.
    pub(super) fn of(&self, a: u32, b: u32) -> Option<Overlap> {
        if a > b {
            return self.of(b, a).map(Overlap::flip);
        }
        self.0.binary_search_by_key(&(a, b), |&(pair, _)| pair).ok().map(|at| self.0[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Against a map of the pairs.
        #[test]
        fn finds_what_was_taken_up(
            pairs in prop::collection::btree_map((0u32..12, 0u32..12), (0u32..9, 0u32..9, 0u32..9), 0..40),
        ) {
            let mut shares = Shares::default();
            let mut want = BTreeMap::new();
            for ((a, b), (shared, x, y)) in pairs.into_iter().filter(|((a, b), _)| a < b) {
                let overlap = Overlap { shared, a: x, b: y };
                shares.push(a, b, overlap);
                want.insert((a, b), overlap);
                want.insert((b, a), overlap.flip());
            }
            for (a, b) in (0..13).flat_map(|a| (0..13).map(move |b| (a, b))) {
                prop_assert_eq!(shares.of(a, b), want.get(&(a, b)).copied());
            }
            prop_assert_eq!(shares.of(0, u32::MAX), None);
        }
    }
}
