//! Keys → candidate pairs, by sorting.
//!
//! In: `key << 32 | id` words of one band. Out: pairs `(smaller id, larger id)` of ids that share a key, in an order
//! that depends on the words alone. A bucket of up to `cap` ids yields every pair. A larger one would cost the square
//! of its size: its ids are put in the order of a second key, so that like ids stand together, and each is paired
//! with the smallest id and its next neighbours; such buckets are counted. What stands in one hot bucket is walked in
//! several such orders; what stands in many, as pages by one pattern do, meets its neighbours in the others. Cost: two
//! passes over the words, and a radix sort of those that share a key.

use super::several::several;

/// Neighbours that each id of a capped bucket is paired with, on one side.
const WINDOW: usize = 4;

/// Orders in which a capped bucket is walked: a pair that one second key parts stands together under another.
pub const PASSES: usize = 4;

/// Orders in which an id is walked in all its capped buckets together, but at least one in each.
const TURNS: usize = 8;

/// What was capped, for the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HotBuckets {
    /// Buckets above the cap.
    pub count: u64,
    /// Ids in them, summed.
    pub ids: u64,
    /// Ids in the largest of them.
    pub largest: u64,
}

impl HotBuckets {
    /// Adds another count to this one.
    pub fn add(&mut self, other: HotBuckets) {
        self.count += other.count;
        self.ids += other.ids;
        self.largest = self.largest.max(other.largest);
    }
}

/// One word of a band.
#[inline]
pub fn entry(key: u32, id: u32) -> u64 {
    u64::from(key) << 32 | u64::from(id)
}

/// In how many hot buckets each id stands.
#[derive(Debug)]
pub struct Turns(Vec<u8>);

impl Turns {
    /// Counts ids, all below `ids`, in the words of hot buckets.
    pub fn new<'w>(ids: usize, words: impl IntoIterator<Item = &'w u64>) -> Self {
        let mut turns = vec![0u8; ids];
        for &word in words {
            let count = &mut turns[word as u32 as usize];
            *count = count.saturating_add(1);
        }
        Self(turns)
    }

    /// Orders in which an id is walked in each of its hot buckets.
    fn each(&self, id: u32) -> usize {
        (TURNS / usize::from(self.0[id as usize]).max(1)).clamp(1, PASSES)
    }
}

/// Calls `emit` with every pair of the buckets up to the cap; the words of the others, sorted.
///
/// ```
/// use dechaff::lsh::buckets::{entry, small_buckets};
/// let mut pairs = Vec::new();
/// let words = [entry(7, 2), entry(9, 1), entry(7, 0), entry(7, 5)];
/// let hot = small_buckets(words.iter().copied(), 64, |a, b| pairs.push((a, b)));
/// assert_eq!(pairs, [(0, 2), (0, 5), (2, 5)]);
/// assert!(hot.is_empty());
/// ```
pub fn small_buckets(
    words: impl Iterator<Item = u64> + Clone,
    cap: usize,
    mut emit: impl FnMut(u32, u32),
) -> Vec<u64> {
    let mut hot = Vec::new();
    for bucket in several(words).chunk_by(|a, b| a >> 32 == b >> 32) {
        if bucket.len() > cap {
            hot.extend_from_slice(bucket);
        } else {
            every_pair(bucket, &mut emit);
        }
    }
    hot
}

/// Calls `emit` with pairs of ids that stand near each other in their bucket, and of each with the smallest there.
/// `order` gives the second keys, one for each pass.
pub fn hot_buckets(
    sorted: &[u64],
    turns: &Turns,
    order: impl Fn(u32, usize) -> u64,
    mut emit: impl FnMut(u32, u32),
) -> HotBuckets {
    let mut hot = HotBuckets::default();
    for bucket in sorted.chunk_by(|a, b| a >> 32 == b >> 32) {
        hot.add(HotBuckets { count: 1, ids: bucket.len() as u64, largest: bucket.len() as u64 });
        let smallest = bucket[0] as u32;
        bucket[1..].iter().for_each(|&word| emit(smallest, word as u32));
        let mut ids: Vec<(u64, u32)> = bucket.iter().map(|&word| (0, word as u32)).collect();
        for pass in 0..PASSES {
            ids.retain(|&(_, id)| turns.each(id) > pass);
            ids.iter_mut().for_each(|(second, id)| *second = order(*id, pass));
            ids.sort_unstable();
            for (at, &(_, first)) in ids.iter().enumerate() {
                for &(_, second) in ids[at + 1..].iter().take(WINDOW) {
                    emit(first.min(second), first.max(second));
                }
            }
        }
    }
    hot
}

fn every_pair(bucket: &[u64], mut emit: impl FnMut(u32, u32)) {
    for first in 0..bucket.len() {
        for second in first + 1..bucket.len() {
            emit(bucket[first] as u32, bucket[second] as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// Against the definition: every pair that shares a key, once.
        #[test]
        fn small_buckets_yield_every_pair(keys in proptest::collection::vec(0u32..6, 0..40)) {
            let entries: Vec<u64> = keys.iter().enumerate().map(|(id, &key)| entry(key, id as u32)).collect();
            let mut got = Vec::new();
            small_buckets(entries.iter().copied(), 64, |a, b| got.push((a, b)));
            let mut want = BTreeSet::new();
            for a in 0..keys.len() {
                for b in a + 1..keys.len() {
                    if keys[a] == keys[b] {
                        want.insert((a as u32, b as u32));
                    }
                }
            }
            prop_assert_eq!(got.len(), want.len());
            prop_assert_eq!(got.into_iter().collect::<BTreeSet<_>>(), want);
        }

        /// A capped bucket costs a fixed number of pairs an id, and still joins all its ids.
        #[test]
        fn hot_buckets_stay_linear_and_connected(size in 65u32..400) {
            let entries: Vec<u64> = (0..size).map(|id| entry(1, id)).collect();
            let mut reached = BTreeSet::from([0]);
            let mut pairs = 0;
            let hot = small_buckets(entries.iter().copied(), 64, |_, _| pairs += 1);
            prop_assert_eq!(pairs, 0);
            prop_assert_eq!(&hot, &entries);
            let turns = Turns::new(size as usize, &entries);
            let hot = hot_buckets(&entries, &turns, |id, _| u64::from(id % 7), |a, b| {
                pairs += 1;
                if a == 0 { reached.insert(b); }
            });
            prop_assert_eq!(hot, HotBuckets { count: 1, ids: u64::from(size), largest: u64::from(size) });
            prop_assert_eq!(reached.len() as u32, size);
            prop_assert!(pairs <= size as usize * (WINDOW * PASSES + 1));
        }

        /// What stands in many hot buckets is walked once in each.
        #[test]
        fn the_more_buckets_the_fewer_turns(size in 65u32..200, buckets in 8u32..20) {
            let entries: Vec<u64> = (0..buckets).flat_map(|key| (0..size).map(move |id| entry(key, id))).collect();
            let turns = Turns::new(size as usize, &entries);
            let mut pairs = 0;
            hot_buckets(&entries, &turns, |id, pass| u64::from(id) * 7 % (pass as u64 + 5), |_, _| pairs += 1);
            prop_assert!(pairs <= (buckets * size) as usize * (WINDOW + 1));
        }
    }
}
