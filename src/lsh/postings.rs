//! Lists of keys → how many keys each two lists share.
//!
//! The inverted index of text retrieval: for each key that several lists have, the rows of these lists. In: words
//! `key << 32 | row`. Out, for one row at a time: the rows behind it that share keys with it, and how many. So what is
//! shared is counted where it is found, and never stands anywhere as a list of all that is shared. Cost: a radix sort
//! of 8-byte words, 16 bytes a word that another row has too, and for each row a sort of what it meets.

use super::buckets::{HotBuckets, entry, hot_buckets};
use rdst::RadixSort;

/// Where the keys of rows meet.
#[derive(Debug, Default)]
pub struct Postings {
    /// Words of buckets that hold several rows and are not hot, sorted.
    words: Vec<u64>,
    /// For each row where its words stand: from its start to that of the next.
    places: Vec<usize>,
    starts: Vec<usize>,
    /// Pairs of neighbours in hot buckets, sorted; one for each time they meet.
    hot: Vec<u64>,
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
    pub fn new(mut words: Vec<u64>, cap: usize) -> Self {
        words.radix_sort_unstable();
        let mut part = Self::default();
        for bucket in words.chunk_by(|a, b| a >> 32 == b >> 32) {
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
    /// Puts parts together, those of lower keys first; `rows` is the number of lists. In hot buckets a row meets its
    /// neighbours by `order`, see [`hot_buckets`].
    pub fn new(parts: &[Part], rows: usize, order: impl Fn(u32, usize) -> u64) -> (Self, HotBuckets) {
        let mut postings = Self::default();
        let mut hot = HotBuckets::default();
        for part in parts {
            let meet = |a, b| postings.hot.push(entry(a, b));
            hot.add(hot_buckets(&part.hot, &order, meet));
        }
        postings.hot.radix_sort_unstable();
        postings.words.reserve_exact(parts.iter().map(|part| part.few.len()).sum());
        parts.iter().for_each(|part| postings.words.extend_from_slice(&part.few));
        let mut next = vec![0; rows + 1];
        postings.words.iter().for_each(|&word| next[word as u32 as usize + 1] += 1);
        for row in 0..rows {
            next[row + 1] += next[row];
        }
        postings.starts = next.clone();
        postings.places = vec![0; postings.words.len()];
        for (place, &word) in postings.words.iter().enumerate() {
            let next = &mut next[word as u32 as usize];
            postings.places[*next] = place;
            *next += 1;
        }
        (postings, hot)
    }

    /// Calls `emit` with each row behind this one that shares keys with it, in order, and with how many they share.
    ///
    /// ```
    /// use dechaff::lsh::{buckets::entry, postings::{Part, Postings}};
    /// let lists = [vec![3, 7, 9], vec![5, 7], vec![3, 5, 9]];
    /// let words = lists.iter().enumerate().flat_map(|(row, keys)| keys.iter().map(move |&key| entry(key, row as u32)));
    /// let (postings, _) = Postings::new(&[Part::new(words.collect(), 64)], lists.len(), |_, _| 0);
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
        let from = |row: u32| self.hot.partition_point(|&pair| pair < entry(row, 0));
        if !self.hot.is_empty() {
            let start = from(row);
            let own = self.hot[start..].iter().take_while(|&pair| (pair >> 32) as u32 == row);
            met.extend(own.map(|&pair| pair as u32));
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
    use crate::lsh::buckets::candidate_pairs;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Against the pairs of every bucket, hot ones too, counted.
        #[test]
        fn counts_the_pairs_of_all_buckets(
            lists in prop::collection::vec(prop::collection::btree_set(0u32..40, 0..12), 0..40),
            cap in 2usize..12,
        ) {
            let of = |keys: std::ops::Range<u32>| -> Vec<u64> {
                let list = |(row, list): (usize, &std::collections::BTreeSet<u32>)| {
                    list.range(keys.clone()).map(|&key| entry(key, row as u32)).collect::<Vec<_>>()
                };
                lists.iter().enumerate().flat_map(list).collect()
            };
            let order = |row: u32, pass: usize| u64::from(row * 7 % 5) + pass as u64;
            let mut want: BTreeMap<(u32, u32), usize> = BTreeMap::new();
            let capped = candidate_pairs(&mut of(0..40), cap, order, |a, b| *want.entry((a, b)).or_default() += 1);
            let parts = [Part::new(of(0..16), cap), Part::new(of(16..40), cap)];
            let (postings, hot) = Postings::new(&parts, lists.len(), order);
            prop_assert_eq!(hot, capped);
            let mut got = BTreeMap::new();
            let mut met = Vec::new();
            for row in 0..lists.len() as u32 {
                postings.shared(row, &mut met, |other, count| { got.insert((row, other), count); });
            }
            prop_assert_eq!(got, want);
        }
    }
}
