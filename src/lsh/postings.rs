//! Lists of keys → how many keys each two lists share.
//!
//! The inverted index of text retrieval: for each key that several lists have, the rows of these lists. In: words
//! `key << 32 | row`. Out, for one row at a time: the rows behind it that share keys with it, and how many. So what is
//! shared is counted where it is found, and never stands anywhere as a list of all that is shared. Keys that very many
//! have are left out. Cost: two passes over the words, a radix sort and 16 bytes a word of those that another row has
//! too, and for each row a sort of what it meets.

use super::several::several;

/// Where the keys of rows meet.
#[derive(Debug, Default)]
pub struct Postings {
    /// Words of buckets that hold several rows and are not hot, sorted.
    words: Vec<u64>,
    /// For each row where its words stand: from its start to that of the next.
    places: Vec<usize>,
    starts: Vec<usize>,
}

/// The words of one part of all keys, told apart by the size of their buckets.
#[derive(Debug, Default)]
pub struct Part {
    few: Vec<u64>,
    /// Words of buckets above the cap, sorted.
    pub hot: Vec<u64>,
}

impl Part {
    /// Sorts words into buckets of several rows up to the cap, and hot ones. No two are equal.
    pub fn new(words: impl Iterator<Item = u64> + Clone, cap: usize) -> Self {
        let mut part = Self::default();
        for bucket in several(words).chunk_by(|a, b| a >> 32 == b >> 32) {
            match bucket.len() {
                1 => {}
                size if size <= cap => part.few.extend_from_slice(bucket),
                _ => part.hot.extend_from_slice(bucket),
            }
        }
        part
    }
}

impl Postings {
    /// Puts parts together, those of lower keys first; `rows` is the number of lists.
    pub fn new(parts: Vec<Part>, rows: usize) -> Self {
        let mut words = Vec::with_capacity(parts.iter().map(|part| part.few.len()).sum());
        parts.into_iter().for_each(|part| words.extend_from_slice(&part.few));
        let mut next = vec![0; rows + 1];
        words.iter().for_each(|&word| next[word as u32 as usize + 1] += 1);
        for row in 0..rows {
            next[row + 1] += next[row];
        }
        let starts = next.clone();
        let mut places = vec![0; words.len()];
        for (place, &word) in words.iter().enumerate() {
            let next = &mut next[word as u32 as usize];
            places[*next] = place;
            *next += 1;
        }
        Self { words, places, starts }
    }

    /// Calls `emit` with each row behind this one that shares keys with it, in order, and with how many they share.
    ///
    /// ```
    /// use dechaff::lsh::{buckets::entry, postings::{Part, Postings}};
    /// let lists = [vec![3, 7, 9], vec![5, 7], vec![3, 5, 9]];
    /// let words = lists.iter().enumerate().flat_map(|(row, keys)| keys.iter().map(move |&key| entry(key, row as u32)));
    /// let postings = Postings::new(vec![Part::new(words, 64)], lists.len());
    /// let mut shared = Vec::new();
    /// postings.shared(0, &mut Vec::new(), |other, keys| shared.push((other, keys)));
    /// assert_eq!(shared, [(1, 1), (2, 2)]);
    /// ```
    pub fn shared(&self, row: u32, met: &mut Vec<u32>, mut emit: impl FnMut(u32, usize)) {
        met.clear();
        for &place in &self.places[self.starts[row as usize]..self.starts[row as usize + 1]] {
            let own = self.words[place];
            let behind = self.words[place + 1..].iter().take_while(|&word| word >> 32 == own >> 32);
            met.extend(behind.map(|&word| word as u32));
        }
        met.sort_unstable();
        for others in met.chunk_by(|a, b| a == b) {
            emit(others[0], others.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsh::buckets::{entry, small_buckets};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        /// Against the pairs of every bucket, counted.
        #[test]
        fn counts_the_pairs_of_all_buckets(
            lists in prop::collection::vec(prop::collection::btree_set(0u32..40, 0..12), 0..40),
            cap in 2usize..12,
        ) {
            let of = |keys: std::ops::Range<u32>| -> Vec<u64> {
                let list = |(row, list): (usize, &BTreeSet<u32>)| {
                    list.range(keys.clone()).map(|&key| entry(key, row as u32)).collect::<Vec<_>>()
                };
                lists.iter().enumerate().flat_map(list).collect()
            };
            let mut want: BTreeMap<(u32, u32), usize> = BTreeMap::new();
            let all = of(0..40);
            let left = small_buckets(all.iter().copied(), cap, |a, b| *want.entry((a, b)).or_default() += 1);
            let parts = [of(0..16), of(16..40)].map(|words| Part::new(words.iter().copied(), cap));
            prop_assert_eq!([&parts[0].hot[..], &parts[1].hot].concat(), left);
            let postings = Postings::new(parts.into(), lists.len());
            let mut got = BTreeMap::new();
            let mut met = Vec::new();
            for row in 0..lists.len() as u32 {
                postings.shared(row, &mut met, |other, count| { got.insert((row, other), count); });
            }
            prop_assert_eq!(got, want);
        }
    }
}
