//! Paragraphs that begin or end like many others → pairs of those that go on alike.
//!
//! A piece and the paragraph it was cut from share their head or their tail, and may share no band. Where many begin
//! alike, their common bucket is too large to be compared pair by pair. It is parted by the next 16 shingles, and what
//! is still too large by the next, until the buckets are small or the texts end. In: the words of hot buckets. Cost:
//! 16 shingles of each of their paragraphs and a sort of 8-byte words a step; no step is taken where no bucket is hot.

use super::Texts;
use crate::error::Result;
use crate::hash;
use crate::lsh::buckets::{entry, small_buckets};
use crate::sketch::anchors::{End, anchor, inwards};
use crate::text::shingle::{SHINGLE, shingles};

/// Steps inwards, at most: what goes on alike for five hundred units shares bands.
const STEPS: usize = 32;

/// Calls `emit` with pairs of rows of `shingled` that share this end, `words`, and go on alike.
pub(super) fn pairs(
    texts: &Texts<'_>,
    shingled: &[u32],
    mut words: Vec<u64>,
    end: End,
    cap: usize,
    mut emit: impl FnMut(u32, u32),
) -> Result<()> {
    for step in 1..=STEPS {
        if words.is_empty() {
            break;
        }
        let mut rows: Vec<u32> = words.iter().map(|&word| word as u32).collect();
        rows.sort_unstable();
        let rungs = rungs(texts, shingled, &rows, (end, step))?;
        let deeper = |&word: &u64| {
            let (bucket, row) = ((word >> 32) as u32, word as u32);
            let rung = rungs[rows.partition_point(|&other| other < row)]?;
            Some(entry(hash::units_key(&[bucket, rung]) as u32, row))
        };
        words = words.iter().filter_map(deeper).collect();
        words = small_buckets(words.iter().copied(), cap, &mut emit);
    }
    Ok(())
}

/// The anchor of each of these rows that stands so many steps from this end; `None` where there is none so far in.
fn rungs(
    texts: &Texts<'_>,
    shingled: &[u32],
    rows: &[u32],
    (end, step): (End, usize),
) -> Result<Vec<Option<u32>>> {
    texts.of_rows(shingled, rows, |units, buffer| {
        let reach = inwards((units.len() + 1).saturating_sub(SHINGLE), end, step)?;
        shingles(&units[reach.start..reach.end + SHINGLE - 1], buffer);
        Some((anchor(buffer, end) >> 32) as u32)
    })
}
