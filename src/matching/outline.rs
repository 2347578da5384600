//! Shingles → outline: a few bits that bound what two sets can share.
//!
//! Each shingle sets the bit that its highest bits name. A bit of one outline that the other lacks stands for a shingle
//! at least that the other set lacks. So two outlines say for certain that two sets are *not* alike, and sets that the
//! estimate could not tell from copies need no comparison. Cost: one bit a shingle; a few words a pair.

use super::verify::Overlap;

/// Bits of an outline: a paragraph of sixty shingles sets a fifth of them.
const BITS: usize = 256;
/// Words of an outline.
const WORDS: usize = BITS / u64::BITS as usize;

/// The bits of a set of shingles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outline([u64; WORDS]);

impl Outline {
    /// The outline of shingles; order and repetitions do not matter.
    pub fn new(shingles: &[u64]) -> Self {
        let mut words = [0; WORDS];
        for &shingle in shingles {
            let bit = (shingle >> (u64::BITS - BITS.ilog2())) as usize;
            words[bit / u64::BITS as usize] |= 1 << (bit % u64::BITS as usize);
        }
        Self(words)
    }

    /// The most that two sets can share, of which each has at most as many shingles, and the fewest that they then
    /// have beside it: no measure of their likeness is higher.
    ///
    /// ```
    /// use dechaff::matching::outline::Outline;
    /// let set = |from: u64| -> Vec<u64> { (from..from + 50).map(|shingle| shingle << 56).collect() };
    /// let (a, b) = (Outline::new(&set(0)), Outline::new(&set(20)));
    /// let most = a.most((50, &b, 50));
    /// assert_eq!((most.shared, most.a, most.b), (30, 50, 50));
    /// ```
    pub fn most(&self, (own, other, theirs): (u32, &Outline, u32)) -> Overlap {
        let (mut only_a, mut only_b) = (0, 0);
        for (a, b) in self.0.iter().zip(other.0) {
            only_a += (a & !b).count_ones();
            only_b += (b & !a).count_ones();
        }
        let shared = (own - only_a).min(theirs - only_b);
        Overlap { shared, a: shared + only_a, b: shared + only_b }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MatchConfig;
    use crate::matching::relation::{may_relate, relate};
    use crate::matching::verify::overlap;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bounds_what_sets_share(
            a in prop::collection::btree_set(0u64..300, 0..200),
            b in prop::collection::btree_set(0u64..300, 0..200),
            repeated in (0u32..9, 0u32..9),
        ) {
            let set = |set: std::collections::BTreeSet<u64>| -> Vec<u64> { set.into_iter().map(|one| one << 55).collect() };
            let (a, b) = (set(a), set(b));
            let found = overlap(&a, &b);
            let counts = (found.a + repeated.0, found.b + repeated.1);
            let most = Outline::new(&a).most((counts.0, &Outline::new(&b), counts.1));
            prop_assert!(most.shared >= found.shared);
            prop_assert!(most.a <= counts.0 && most.b <= counts.1);
            prop_assert!(most.jaccard() >= found.jaccard());
            // An empty set is said to stand in anything.
            prop_assert!(found.shared == 0 || most.a_in_b() >= found.a_in_b() && most.b_in_a() >= found.b_in_a());

            let config = MatchConfig::default();
            if !may_relate(most, counts.0.min(counts.1), &config) {
                prop_assert_eq!(relate(found, &config), None);
                prop_assert_eq!(relate(most, &config), None);
            }
        }
    }
}
