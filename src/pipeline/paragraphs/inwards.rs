//! Paragraphs that begin or end like many others → pairs of those that go on alike.
//!
//! A piece and the paragraph it was cut from share their head or their tail, and may share no band. Where many begin
//! alike, their common bucket is too large to be compared pair by pair. It is parted by the next 16 shingles, and what
//! is still too large by the next, until the buckets are small or the texts end. In: the words of hot buckets. Cost:
//! the shingles of their paragraphs once more, and a sort of 8-byte words a step; no step is taken where no bucket is
//! hot.

use rayon::prelude::*;

use super::Texts;
use crate::error::Result;
use crate::hash;
use crate::lsh::buckets::{entry, small_buckets};
use crate::sketch::anchors::{End, inwards};
use crate::text::shingle::shingles;

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
    if words.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<u32> = words.iter().map(|&word| word as u32).collect();
    rows.sort_unstable();
    let ladders = ladders(texts, shingled, &rows, end)?;
    for step in 0..STEPS {
        let deeper = |&word: &u64| {
            let (bucket, row) = ((word >> 32) as u32, word as u32);
            let &rung = ladders[rows.partition_point(|&other| other < row)].get(step)?;
            Some(entry(hash::units_key(&[bucket, rung]) as u32, row))
        };
        words = words.iter().filter_map(deeper).collect();
        if words.is_empty() {
            break;
        }
        words = small_buckets(words.iter().copied(), cap, &mut emit);
    }
    Ok(())
}

/// The anchors of each of these rows from this end inwards, the first left out.
fn ladders(texts: &Texts<'_>, shingled: &[u32], rows: &[u32], end: End) -> Result<Vec<Vec<u32>>> {
    let document = |row: u32| texts.first(shingled[row as usize]).document;
    let by_document: Vec<&[u32]> = rows.chunk_by(|&a, &b| document(a) == document(b)).collect();
    let parts: Vec<Vec<Vec<u32>>> = by_document
        .par_iter()
        .map_init(Vec::new, |buffer, group| {
            let content = &texts.corpus.contents[document(group[0]) as usize];
            texts.corpus.with_units(document(group[0]), |_, units| {
                let ladder = |&row: &u32| {
                    shingles(&units[content.run_units(&texts.first(shingled[row as usize]).run)], buffer);
                    inwards(buffer, end).take(STEPS).map(|anchor| (anchor >> 32) as u32).collect()
                };
                group.iter().map(ladder).collect()
            })
        })
        .collect::<Result<_>>()?;
    Ok(parts.into_iter().flatten().collect())
}
