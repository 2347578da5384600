//! What paragraphs are compared by → the pairs that are worth a comparison.
//!
//! Out come pairs that share a band, or begin or end alike. Of pairs that meet in hot buckets alone each paragraph keeps
//! its nearest; those that begin or end like many others are parted further inwards. Cost: two passes over the keys
//! of a band and a sort of those that come again, each band on one thread.

use rdst::RadixSort;

use super::keys::{KEYS, Keys};
use super::margins::{ROOM, margins};
use super::signs::Signs;
use super::{Texts, inwards};
use crate::config::Config;
use crate::error::Result;
use crate::lsh::banding::PARAGRAPH;
use crate::lsh::buckets::{HotBuckets, entry};
use crate::lsh::crowd;
use crate::pipeline::columns::{Proposed, walk};
use crate::sketch::anchors::End;

/// Pairs of rows of `shingled` that bands and anchors propose, smaller first, sorted.
pub(super) fn candidates(
    texts: &Texts<'_>,
    keys: Keys,
    signs: &Signs,
    shingled: &[u32],
    config: &Config,
    hot: &mut HotBuckets,
) -> Result<Vec<(u32, u32)>> {
    let cap = config.matching.max_bucket;
    let second = |hot: &[Vec<u64>]| {
        let bands = keys.bands(hot.iter().flatten().map(|&word| word as u32))?;
        Ok(move |column: usize, row: u32, pass: usize| {
            // Anchors are columns of their own behind the bands.
            let band = if column < PARAGRAPH.bands { column } else { 0 };
            let other = |step: usize| u64::from(bands.key(row, (band + 2 * pass + step) % PARAGRAPH.bands));
            other(1) << 32 | other(2)
        })
    };
    let proposed = walk((KEYS, shingled.len()), cap, |column| keys.column(column), second)?;
    drop(keys);
    let Proposed { mut pairs, mut crowd, hot: left, capped } = proposed;
    hot.add(capped);
    for (words, end) in left.into_iter().skip(PARAGRAPH.bands).zip([End::Head, End::Tail]) {
        inwards::pairs(texts, shingled, words, end, cap, |a, b| pairs.push(entry(a, b)))?;
    }
    crowd.radix_sort_unstable();
    crowd.dedup();
    let pair = |word: u64| ((word >> 32) as u32, word as u32);
    let crowd: Vec<(u32, u32)> = crowd.into_iter().map(pair).collect();
    let margins = margins(texts, signs, shingled, &crowd, config)?;
    pairs.extend(crowd::best(&crowd, &margins, ROOM).map(|(a, b)| entry(a, b)));
    pairs.radix_sort_unstable();
    pairs.dedup();
    Ok(pairs.into_iter().map(pair).collect())
}
