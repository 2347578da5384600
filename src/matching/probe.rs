//! The numbers of `discount`, `verify` and `spread` for pairs of documents, without sorting.
//!
//! A run compares each document with several others. In: the shingles of both in the order of their texts. One side
//! goes into a hash table, the other is looked up in it, at some 2 ns a shingle; sorting alone would cost several times
//! that. The plain twins are the functions of those modules, and a test holds the two together.

use super::repeats::Repeats;
use super::shingle_table::{CONTENT, EXTRA, ShingleTable};
use super::spread::spread_of;
use super::verify::Overlap;

/// The shingles of one document.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Of its content, in the order of the text.
    ordered: Vec<u64>,
    /// Those that stand there already, once for each time that they come again.
    again: Vec<u64>,
    /// Of its whole text, where some of it is chrome: those that its content has not, each once.
    extra: Vec<u64>,
}

impl Side {
    /// A document by the shingles of its content, in the order of the text, and, where some of it is chrome, those of
    /// its whole text; such as its content has may be left out there.
    pub fn new(ordered: Vec<u64>, whole: &[u64], prober: &mut Prober) -> Self {
        let mut side = Self::default();
        side.renew(|room| *room = ordered, whole, prober);
        side
    }

    /// [`Side::new`] in the room of another document; `order` is given the shingles of that one's content to put the new
    /// ones in their place.
    pub fn renew(&mut self, order: impl FnOnce(&mut Vec<u64>), whole: &[u64], prober: &mut Prober) {
        order(&mut self.ordered);
        prober.repeats.again(&self.ordered, &mut self.again);
        prober.repeats.beside(&self.ordered, whole, &mut self.extra);
    }

    /// Number of distinct shingles of its content.
    fn distinct(&self) -> u32 {
        (self.ordered.len() - self.again.len()) as u32
    }
}

/// What was counted of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probed {
    /// What both share, chrome discounted; see [`super::discount::discounted`].
    pub overlap: Overlap,
    /// What their contents alone share.
    pub content: Overlap,
}

impl Probed {
    /// The same seen from the other side.
    pub fn flip(self) -> Self {
        Self { overlap: self.overlap.flip(), content: self.content.flip() }
    }
}

/// Tables of one worker.
#[derive(Debug, Default)]
pub struct Prober {
    repeats: Repeats,
    fixed: ShingleTable,
    other: ShingleTable,
}

impl Prober {
    /// Makes `side` the one that others are compared with.
    pub fn fix(&mut self, side: &Side) {
        fill(&mut self.fixed, side);
    }

    /// Compares the fixed side, the first, with another.
    pub fn compare(&self, fixed: &Side, other: &Side) -> Probed {
        let [content, mistaken] = self.fixed.count(&other.ordered);
        // Each counts once.
        let [content_again, mistaken_again] = self.fixed.count(&other.again);
        let (content, mistaken) = (content - content_again, mistaken - mistaken_again);
        let [theirs, _] = self.fixed.count(&other.extra);
        let (a, b) = (fixed.distinct(), other.distinct());
        Probed {
            overlap: Overlap { shared: content + mistaken + theirs, a: a + mistaken, b: b + theirs },
            content: Overlap { shared: content, a, b },
        }
    }

    /// How evenly what they share lies over them: the smaller of both spreads.
    pub fn evenly(&mut self, fixed: &Side, other: &Side) -> f64 {
        fill(&mut self.other, other);
        let (a, b) = (&self.fixed, &self.other);
        spread_of(&fixed.ordered, |passage| b.count(passage)[0] as usize)
            .min(spread_of(&other.ordered, |passage| a.count(passage)[0] as usize))
    }
}

fn fill(table: &mut ShingleTable, side: &Side) {
    table.clear(side.distinct() as usize + side.extra.len());
    for &shingle in &side.ordered {
        table.add(shingle, CONTENT);
    }
    for &shingle in &side.extra {
        table.add(shingle, EXTRA);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::discount::{Sides, discounted};
    use crate::matching::spread::spread;
    use crate::matching::verify::overlap;
    use proptest::prelude::*;

    /// Small numbers as hashes: a table looks at the upper bits.
    fn hashes(list: Vec<u64>) -> Vec<u64> {
        list.into_iter().map(|key| (key + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93)).collect()
    }

    fn sorted(list: &[u64]) -> Vec<u64> {
        let mut set = list.to_vec();
        set.sort_unstable();
        set.dedup();
        set
    }

    proptest! {
        /// Against the plain twins.
        #[test]
        fn counts_what_sorted_lists_count(
            a in prop::collection::vec(0u64..60, 0..90),
            b in prop::collection::vec(0u64..60, 0..90),
            wholes in prop::option::of((prop::collection::vec(0u64..80, 0..90), prop::collection::vec(0u64..80, 0..90))),
        ) {
            let mut prober = Prober::default();
            let (a, b) = (hashes(a), hashes(b));
            let (whole_a, whole_b) = wholes.map(|(a, b)| (hashes(a), hashes(b))).unzip();
            let first = Side::new(a.clone(), whole_a.as_deref().unwrap_or_default(), &mut prober);
            let second = Side::new(b.clone(), whole_b.as_deref().unwrap_or_default(), &mut prober);
            prober.fix(&first);
            let got = prober.compare(&first, &second);
            let (set_a, set_b) = (sorted(&a), sorted(&b));
            let (whole_a, whole_b) = (whole_a.map(|w| sorted(&w)), whole_b.map(|w| sorted(&w)));
            let sides = (
                Sides { content: &set_a, whole: whole_a.as_deref() },
                Sides { content: &set_b, whole: whole_b.as_deref() },
            );
            prop_assert_eq!(got.overlap, discounted(sides.0, sides.1));
            prop_assert_eq!(got.content, overlap(&set_a, &set_b));
            prop_assert_eq!(prober.evenly(&first, &second), spread(&a, &set_b).min(spread(&b, &set_a)));
        }
    }
}
