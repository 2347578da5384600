//! What paragraphs are compared by → the pairs that are worth a comparison.
//!
//! Out come pairs that share a band, or begin or end alike. Of pairs that meet in hot buckets alone each paragraph keeps
//! its nearest; those that begin or end like many others are parted further inwards. Cost: a sort of 8-byte words a
//! band, each on one thread.

use rayon::prelude::*;
use rdst::RadixSort;

use super::signs::{KEYS, ROOM, Signs};
use super::{Texts, inwards};
use crate::config::Config;
use crate::error::Result;
use crate::lsh::banding::PARAGRAPH;
use crate::lsh::buckets::{HotBuckets, entry, hot_buckets, small_buckets};
use crate::lsh::crowd;
use crate::sketch::anchors::End;

/// Pairs of rows of `shingled` that bands and anchors propose, smaller first, sorted.
pub(super) fn candidates(
    texts: &Texts<'_>,
    signs: &Signs,
    shingled: &[u32],
    config: &Config,
    hot: &mut HotBuckets,
) -> Result<Vec<(u32, u32)>> {
    let cap = config.matching.max_bucket;
    let walk = |column: usize| {
        // Anchors are columns of their own behind the bands.
        let band = if column < PARAGRAPH.bands { column } else { 0 };
        let order = |id: u32, pass: usize| {
            let other = |step: usize| u64::from(signs.key(id, (band + 2 * pass + step) % PARAGRAPH.bands));
            other(1) << 32 | other(2)
        };
        let left = (0..shingled.len() as u32).map(|id| entry(signs.key(id, column), id)).collect();
        let mut walked = Walked { left, ..Walked::default() };
        small_buckets(&mut walked.left, cap, |a, b| walked.pairs.push(entry(a, b)));
        walked.hot = hot_buckets(&walked.left, order, |a, b| walked.crowd.push(entry(a, b)));
        if column < PARAGRAPH.bands {
            walked.left = Vec::new();
        }
        walked
    };
    let columns: Vec<Walked> = (0..KEYS).into_par_iter().with_max_len(1).map(walk).collect();
    let (mut pairs, mut crowd) = (Vec::new(), Vec::new());
    for (column, walked) in columns.into_iter().enumerate() {
        pairs.extend(walked.pairs);
        crowd.extend(walked.crowd);
        hot.add(walked.hot);
        let end = match column.checked_sub(PARAGRAPH.bands) {
            Some(0) => End::Head,
            Some(_) => End::Tail,
            None => continue,
        };
        inwards::pairs(texts, shingled, walked.left, end, cap, |a, b| pairs.push(entry(a, b)))?;
    }
    crowd.radix_sort_unstable();
    crowd.dedup();
    let pair = |word: u64| ((word >> 32) as u32, word as u32);
    let crowd: Vec<(u32, u32)> = crowd.into_iter().map(pair).collect();
    let margins: Vec<f32> = crowd.par_iter().map(|&(a, b)| signs.margin(a, b, config) as f32).collect();
    pairs.extend(crowd::best(&crowd, &margins, ROOM as f32).map(|(a, b)| entry(a, b)));
    pairs.radix_sort_unstable();
    pairs.dedup();
    Ok(pairs.into_iter().map(pair).collect())
}

/// What one band or anchor proposes.
#[derive(Default)]
struct Walked {
    pairs: Vec<u64>,
    /// Pairs of hot buckets.
    crowd: Vec<u64>,
    hot: HotBuckets,
    /// The words of an anchor's hot buckets.
    left: Vec<u64>,
}
