//! Shingles of one text → which of another's are among them.
//!
//! In go shingles, which are hashes already, each with a mark; out comes whether others are there, or how many. Cost:
//! some 4 ns a shingle that goes in, 2 one that is looked for; 32 to 64 bytes a shingle.

/// What a shingle of a table is.
pub(super) type Mark = u32;
/// It stands in a text's content.
pub(super) const CONTENT: Mark = 1;
/// It stands in the text besides.
pub(super) const EXTRA: Mark = 2;
/// Bits of a slot that hold its mark; 0 in both halves of what it holds of a key.
const MARK: u32 = 3;
/// Slots of a bucket.
const SLOTS: usize = 8;

/// Buckets of eight slots, of which one or two are in use on average; keys are hashes already. A slot holds 60 bits of
/// its key, by which alone keys are told apart, and its mark. All slots of a bucket are compared at once: whether a key
/// is there, no branch has to foretell, and what such a branch would cost is more than all else.
#[derive(Debug, Default)]
pub(super) struct ShingleTable {
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

    #[inline(always)]
    fn has(&self, key: [u32; 2]) -> bool {
        self.marks(key).into_iter().fold(false, |any, mark| any | (mark.wrapping_sub(1) < MARK))
    }

    /// What belongs here may stand in the next.
    #[inline(always)]
    fn is_full(&self) -> bool {
        self.low[SLOTS - 1] != 0
    }
}

impl ShingleTable {
    /// Makes room for this many keys, and forgets those that are there.
    pub(super) fn clear(&mut self, keys: usize) {
        let buckets = keys.div_ceil(2).next_power_of_two().max(2);
        self.buckets.clear();
        self.buckets.resize(buckets, Bucket::default());
        self.used.clear();
        self.used.resize(buckets, 0);
        self.shift = 64 - buckets.trailing_zeros();
    }

    /// The bucket where the search for a key begins, and what a slot holds of the key.
    #[inline(always)]
    fn home(&self, key: u64) -> (usize, [u32; 2]) {
        let at = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize;
        (at & (self.buckets.len() - 1), [key as u32 & !MARK, (key >> 32) as u32 & !MARK])
    }

    /// Adds a key unless it is there; whether it was added.
    #[inline(always)]
    pub(super) fn add(&mut self, key: u64, mark: Mark) -> bool {
        let (mut at, [low, high]) = self.home(key);
        loop {
            let (bucket, used) = (&mut self.buckets[at], &mut self.used[at]);
            if bucket.has([low, high]) {
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

    /// Whether a key is there, whatever it is marked.
    #[inline(always)]
    pub(super) fn has(&self, key: u64) -> bool {
        let (mut at, key) = self.home(key);
        loop {
            let bucket = &self.buckets[at];
            if bucket.has(key) {
                return true;
            }
            if !bucket.is_full() {
                return false;
            }
            at = (at + 1) & (self.buckets.len() - 1);
        }
    }

    /// How many of these keys it has as content, and how many besides.
    pub(super) fn count(&self, keys: &[u64]) -> [u32; 2] {
        let (mut content, mut extra) = ([0u32; SLOTS], [0u32; SLOTS]);
        for &key in keys {
            let (mut at, key) = self.home(key);
            loop {
                let bucket = &self.buckets[at];
                for (slot, mark) in bucket.marks(key).into_iter().enumerate() {
                    content[slot] += u32::from(mark == CONTENT);
                    extra[slot] += u32::from(mark == EXTRA);
                }
                if !bucket.is_full() {
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
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Small numbers as hashes: a table looks at the upper bits.
    fn hashes(list: Vec<u64>) -> Vec<u64> {
        list.into_iter().map(|key| (key + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93)).collect()
    }

    /// Keys that all belong in one bucket, far more than it has room for, beside others.
    #[test]
    fn a_full_bucket_overflows() {
        // Modulo 2^64 the inverse of what a key is multiplied by to find its bucket.
        const INVERSE: u64 = 0xF1DE_83E1_9937_733D;
        assert_eq!(INVERSE.wrapping_mul(0x9E37_79B9_7F4A_7C15), 1);
        let crowded: Vec<u64> = (1..60u64).map(|i| (i << 20).wrapping_mul(INVERSE)).collect();
        let others = hashes((0..20).collect());
        let mut table = ShingleTable::default();
        table.clear(crowded.len() + others.len());
        assert!(crowded.iter().all(|&key| table.home(key).0 == 0), "they belong together");
        assert!(crowded.iter().all(|&key| table.add(key, CONTENT)));
        assert!(others.iter().all(|&key| table.add(key, EXTRA)));
        assert!(!crowded.iter().any(|&key| table.add(key, EXTRA)), "each is there");
        assert!(crowded.iter().chain(&others).all(|&key| table.has(key)));
        assert_eq!(table.count(&crowded), [59, 0]);
        assert_eq!(table.count(&others), [0, 20]);
        assert_eq!(table.count(&hashes((20..400).collect())), [0, 0]);
    }

    proptest! {
        /// Against a map.
        #[test]
        fn has_what_was_added(
            added in prop::collection::vec((0u64..90, prop_oneof![Just(CONTENT), Just(EXTRA)]), 0..120),
        ) {
            let (mut table, mut map) = (ShingleTable::default(), BTreeMap::new());
            table.clear(added.len());
            for (key, mark) in added {
                let is_new = !map.contains_key(&key);
                prop_assert_eq!(table.add(hashes(vec![key])[0], mark), is_new);
                map.entry(key).or_insert(mark);
            }
            for key in 0..99 {
                let found = map.get(&key).copied();
                let hash = hashes(vec![key]);
                prop_assert_eq!(table.has(hash[0]), found.is_some());
                prop_assert_eq!(table.count(&hash), [CONTENT, EXTRA].map(|mark| u32::from(found == Some(mark))));
            }
        }
    }
}
