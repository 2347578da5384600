//! The numbers of `discount`, `verify` and `spread` for pairs of documents, without sorting.
//!
//! A run compares each document with several others. In: the shingles of both in the order of their texts. One side
//! goes into a hash table, the other is looked up in it, at 1–2 ns a shingle; sorting alone would cost ten times that.
//! The plain twins are the functions of those modules, and a test holds the two together.

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
    pub fn new(ordered: Vec<u64>, whole: Option<&[u64]>, prober: &mut Prober) -> Self {
        let table = &mut prober.other;
        table.clear(ordered.len() + whole.map_or(0, <[u64]>::len));
        let mut side = Self { ordered, ..Self::default() };
        side.again = side.ordered.iter().copied().filter(|&key| !table.add(key, CONTENT)).collect();
        side.extra = whole.into_iter().flatten().copied().filter(|&key| table.add(key, EXTRA)).collect();
        side
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
    fixed: Table,
    other: Table,
}

impl Prober {
    /// Makes `side` the one that others are compared with.
    pub fn fix(&mut self, side: &Side) {
        self.fixed.fill(side);
    }

    /// Compares the fixed side, the first, with another.
    pub fn compare(&self, fixed: &Side, other: &Side) -> Probed {
        let [mut content, mut mistaken] = [0u32; 2];
        for &shingle in &other.ordered {
            let mark = self.fixed.get(shingle);
            content += u32::from(mark == CONTENT);
            mistaken += u32::from(mark == EXTRA);
        }
        // Each counts once.
        for &shingle in &other.again {
            let mark = self.fixed.get(shingle);
            content -= u32::from(mark == CONTENT);
            mistaken -= u32::from(mark == EXTRA);
        }
        let theirs = other.extra.iter().filter(|&&shingle| self.fixed.get(shingle) == CONTENT).count() as u32;
        let (a, b) = (fixed.distinct(), other.distinct());
        Probed {
            overlap: Overlap { shared: content + mistaken + theirs, a: a + mistaken, b: b + theirs },
            content: Overlap { shared: content, a, b },
        }
    }

    /// How evenly what they share lies over them: the smaller of both spreads.
    pub fn evenly(&mut self, fixed: &Side, other: &Side) -> f64 {
        self.other.fill(other);
        let (a, b) = (&self.fixed, &self.other);
        spread_of(&fixed.ordered, |shingle| b.get(shingle) == CONTENT)
            .min(spread_of(&other.ordered, |shingle| a.get(shingle) == CONTENT))
    }
}

/// What a key of a table is.
type Mark = u64;
const ABSENT: Mark = 0;
const CONTENT: Mark = 1;
const EXTRA: Mark = 2;
/// Bits of a slot that hold its mark.
const MARK: u64 = 3;

/// Open addressing, at most half full; keys are hashes already. A slot holds the upper 62 bits of its key, by which
/// alone keys are told apart, and its mark: one load says both.
#[derive(Debug, Default)]
struct Table {
    slots: Vec<u64>,
    shift: u32,
}

impl Table {
    fn clear(&mut self, keys: usize) {
        let slots = (2 * keys).next_power_of_two().max(16);
        self.slots.clear();
        self.slots.resize(slots, ABSENT);
        self.shift = 64 - slots.trailing_zeros();
    }

    fn fill(&mut self, side: &Side) {
        self.clear(side.distinct() as usize + side.extra.len());
        for &shingle in &side.ordered {
            self.add(shingle, CONTENT);
        }
        for &shingle in &side.extra {
            self.add(shingle, EXTRA);
        }
    }

    /// The slot of a key, or the empty one where it belongs, and what it holds.
    #[inline(always)]
    fn slot(&self, key: u64) -> (usize, Mark) {
        let last = self.slots.len() - 1;
        let mut at = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize & last;
        loop {
            let slot = self.slots[at];
            let mark = slot ^ (key & !MARK);
            if mark <= MARK || slot == ABSENT {
                return (at, slot & MARK);
            }
            at = (at + 1) & last;
        }
    }

    /// Adds a key unless it is there; whether it was added.
    #[inline(always)]
    fn add(&mut self, key: u64, mark: Mark) -> bool {
        let (at, there) = self.slot(key);
        if there == ABSENT {
            self.slots[at] = key & !MARK | mark;
        }
        there == ABSENT
    }

    #[inline(always)]
    fn get(&self, key: u64) -> Mark {
        self.slot(key).1
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
            let first = Side::new(a.clone(), whole_a.as_deref(), &mut prober);
            let second = Side::new(b.clone(), whole_b.as_deref(), &mut prober);
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
