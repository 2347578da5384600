//! Columns of keys → candidate pairs: what bands have in common for documents and for paragraphs.
//!
//! In: for each column a key of every row. Out: pairs of rows that share a key in a column, those of hot buckets apart.
//! Cost: a sort of 8-byte words a column, each on one thread.

use rayon::prelude::*;

use crate::lsh::buckets::{HotBuckets, Turns, entry, hot_buckets, small_buckets};

/// What columns propose; pairs are words, smaller row first.
#[derive(Debug, Default)]
pub(super) struct Proposed {
    /// Pairs of buckets up to the cap, as often as they share a key.
    pub(super) pairs: Vec<u64>,
    /// Pairs of neighbours in hot buckets, as often as they meet.
    pub(super) crowd: Vec<u64>,
    /// For each column the words of hot buckets, sorted.
    pub(super) hot: Vec<Vec<u64>>,
    /// Hot buckets.
    pub(super) capped: HotBuckets,
}

/// Walks the columns of `rows` rows. `order` gives for a column and a pass the second keys of hot buckets.
pub(super) fn walk(
    (columns, rows): (usize, usize),
    cap: usize,
    key: impl Fn(usize, u32) -> u32 + Sync,
    order: impl Fn(usize, u32, usize) -> u64 + Sync,
) -> Proposed {
    let mut proposed = Proposed::default();
    let small: Vec<(Vec<u64>, Vec<u64>)> = (0..columns)
        .into_par_iter()
        .with_max_len(1)
        .map(|column| {
            let mut pairs = Vec::new();
            let mut words = (0..rows as u32).map(|row| entry(key(column, row), row)).collect();
            small_buckets(&mut words, cap, |a, b| pairs.push(entry(a, b)));
            (pairs, words)
        })
        .collect();
    for (pairs, hot) in small {
        proposed.pairs.extend(pairs);
        proposed.hot.push(hot);
    }
    if proposed.hot.iter().all(Vec::is_empty) {
        return proposed;
    }
    let turns = Turns::new(rows, proposed.hot.iter().flatten());
    let walked: Vec<(Vec<u64>, HotBuckets)> = proposed
        .hot
        .par_iter()
        .enumerate()
        .with_max_len(1)
        .map(|(column, words)| {
            let mut pairs = Vec::new();
            let order = |row, pass| order(column, row, pass);
            let capped = hot_buckets(words, &turns, order, |a, b| pairs.push(entry(a, b)));
            (pairs, capped)
        })
        .collect();
    for (pairs, capped) in walked {
        proposed.crowd.extend(pairs);
        proposed.capped.add(capped);
    }
    proposed
}
