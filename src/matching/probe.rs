//! The numbers of `discount`, `verify` and `spread` for pairs of documents, without sorting.
//!
//! A run compares each document with several others. In: the shingles of both in the order of their texts. One side
//! goes into a hash table, the other is looked up in it, at some 2 ns a shingle; sorting alone would cost ten times that.
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
        self.other.fill(other);
        let (a, b) = (&self.fixed, &self.other);
        spread_of(&fixed.ordered, |passage| b.count(passage)[0] as usize)
            .min(spread_of(&other.ordered, |passage| a.count(passage)[0] as usize))
    }
}

/// What a key of a table is.
type Mark = u32;
const CONTENT: Mark = 1;
const EXTRA: Mark = 2;
/// Bits of a slot that hold its mark; 0 in both halves of what it holds of a key.
const MARK: u32 = 3;
/// Slots of a bucket.
const SLOTS: usize = 8;

/// Buckets of eight slots, of which two are in use on average; keys are hashes already. A slot holds 60 bits of its
/// key, by which alone keys are told apart, and its mark. All slots of a bucket are compared at once: whether a key is
/// there, no branch has to foretell, and what such a branch would cost is more than all else.
#[derive(Debug, Default)]
struct Table {
    buckets: Vec<Bucket>,
    /// Slots in use of each bucket, the first ones. What a full bucket has no room for stands in the next.
    used: Vec<u8>,
    shift: u32,
}

/// One line of the cache.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Bucket {
    /// The low halves of its keys, each with its mark; 0 in a slot that is free.
    low: [u32; SLOTS],
    high: [u32; SLOTS],
}

impl Bucket {
    /// For each slot its mark, if it holds the key; else what is no mark.
    #[inline(always)]
    fn marks(&self, [low, high]: [u32; 2]) -> [u32; SLOTS] {
        std::array::from_fn(|slot| (self.low[slot] ^ low) | (self.high[slot] ^ high))
    }
}

impl Table {
    /// Makes room for this many keys, and forgets those that are there.
    fn clear(&mut self, keys: usize) {
        let buckets = keys.div_ceil(2).next_power_of_two().max(2);
        self.buckets.clear();
        self.buckets.resize(buckets, Bucket::default());
        self.used.clear();
        self.used.resize(buckets, 0);
        self.shift = 64 - buckets.trailing_zeros();
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

    /// The bucket where the search for a key begins, and what a slot holds of the key.
    #[inline(always)]
    fn home(&self, key: u64) -> (usize, [u32; 2]) {
        let at = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize;
        (at & (self.buckets.len() - 1), [key as u32 & !MARK, (key >> 32) as u32 & !MARK])
    }

    /// Adds a key unless it is there; whether it was added.
    #[inline(always)]
    fn add(&mut self, key: u64, mark: Mark) -> bool {
        let (mut at, [low, high]) = self.home(key);
        loop {
            let (bucket, used) = (&mut self.buckets[at], &mut self.used[at]);
            let marks = bucket.marks([low, high]);
            if marks.into_iter().fold(false, |any, mark| any | (mark.wrapping_sub(1) < MARK)) {
                return false;
            }
            let slot = usize::from(*used);
            if slot < SLOTS {
                (bucket.low[slot], bucket.high[slot]) = (low | mark, high);
                *used += 1;
                return true;
            }
            at = (at + 1) & (self.buckets.len() - 1);
        }
    }

    /// How many of these keys it has as content, and how many besides.
    fn count(&self, keys: &[u64]) -> [u32; 2] {
        let (mut content, mut extra) = ([0u32; SLOTS], [0u32; SLOTS]);
        for &key in keys {
            let (mut at, key) = self.home(key);
            loop {
                let bucket = &self.buckets[at];
                for (slot, mark) in bucket.marks(key).into_iter().enumerate() {
                    content[slot] += u32::from(mark == CONTENT);
                    extra[slot] += u32::from(mark == EXTRA);
                }
                if bucket.low[SLOTS - 1] == 0 {
                    break;
                }
                at = (at + 1) & (self.buckets.len() - 1);
            }
        }
        [content, extra].map(|counts| counts.into_iter().sum())
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

    /// Keys that all belong in one bucket, far more than it has room for, beside others.
    #[test]
    fn a_full_bucket_overflows() {
        // Modulo 2^64 the inverse of what a key is multiplied by to find its bucket.
        const INVERSE: u64 = 0xF1DE_83E1_9937_733D;
        assert_eq!(INVERSE.wrapping_mul(0x9E37_79B9_7F4A_7C15), 1);
        let crowded: Vec<u64> = (1..60u64).map(|i| (i << 20).wrapping_mul(INVERSE)).collect();
        let others = hashes((0..20).collect());
        let mut table = Table::default();
        table.clear(crowded.len() + others.len());
        assert!(crowded.iter().all(|&key| table.home(key).0 == 0), "they belong together");
        assert!(crowded.iter().all(|&key| table.add(key, CONTENT)));
        assert!(others.iter().all(|&key| table.add(key, EXTRA)));
        assert!(!crowded.iter().any(|&key| table.add(key, EXTRA)), "each is there");
        assert_eq!(table.count(&crowded), [59, 0]);
        assert_eq!(table.count(&others), [0, 20]);
        assert_eq!(table.count(&hashes((20..400).collect())), [0, 0]);
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
