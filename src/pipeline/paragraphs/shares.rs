//! Pairs of rows → what they were found to share.
//!
//! Pairs are compared in the order of their rows, so what was found stands sorted as it comes. In: pairs, smaller row
//! first, in order. Cost: 16 bytes a pair and 8 a row; a look-up is a search among the pairs of one row.

use crate::matching::verify::Overlap;

/// What pairs of rows share.
#[derive(Debug, Default)]
pub(super) struct Shares {
    /// The larger row of each pair, and what both share; the pairs of a smaller row together.
    pairs: Vec<(u32, Overlap)>,
    /// For each smaller row where its pairs begin, as far as there are any.
    starts: Vec<usize>,
}

impl Shares {
    /// Takes up a pair behind all that came before.
    pub(super) fn push(&mut self, a: u32, b: u32, overlap: Overlap) {
        self.starts.resize(a as usize + 1, self.pairs.len());
        self.pairs.push((b, overlap));
    }

    /// What two rows share, if they were compared.
    pub(super) fn of(&self, a: u32, b: u32) -> Option<Overlap> {
        if a > b {
            return self.of(b, a).map(Overlap::flip);
        }
        let &start = self.starts.get(a as usize)?;
        let end = self.starts.get(a as usize + 1).map_or(self.pairs.len(), |&next| next);
        let pairs = &self.pairs[start..end];
        pairs.binary_search_by_key(&b, |&(other, _)| other).ok().map(|at| pairs[at].1)
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
