//! Columns of keys → candidate pairs: what bands have in common for documents and for paragraphs.
//!
//! In: for each column the keys of all rows. Out: pairs of rows that share a key in a column, those of hot buckets apart.
//! Cost: two passes over the keys of a column and a sort of those that come again, each column on one thread.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::error::Result;
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

/// Walks the columns of `rows` rows. `keys` gives the keys of a column; `second`, of the words of hot buckets by column,
/// what puts a row of such a bucket in order: a second key for a column, a row and a pass.
///
/// # Errors
/// Those of `keys` and `second`.
pub(super) fn walk<'k, Order: Fn(usize, u32, usize) -> u64 + Sync>(
    (columns, rows): (usize, usize),
    cap: usize,
    keys: impl Fn(usize) -> Result<Cow<'k, [u32]>> + Sync,
    second: impl FnOnce(&[Vec<u64>]) -> Result<Order>,
) -> Result<Proposed> {
    let mut proposed = Proposed::default();
    let small: Vec<(Vec<u64>, Vec<u64>)> = (0..columns)
        .into_par_iter()
        .with_max_len(1)
        .map(|column| {
            let mut pairs = Vec::new();
            let keys = keys(column)?;
            let words = keys.iter().zip(0..).map(|(&key, row)| entry(key, row));
            let hot = small_buckets(words, cap, |a, b| pairs.push(entry(a, b)));
            Ok((pairs, hot))
        })
        .collect::<Result<_>>()?;
    for (pairs, hot) in small {
        proposed.pairs.extend(pairs);
        proposed.hot.push(hot);
    }
    if proposed.hot.iter().all(Vec::is_empty) {
        return Ok(proposed);
    }
    let order = second(&proposed.hot)?;
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
    Ok(proposed)
}
