//! What documents are compared by → the pairs that are worth a comparison.
//!
//! Out come pairs that share a band, a key of their units in any order, or several sampled shingles, smaller id first,
//! sorted. Bands, and parts of the samples, are walked on all threads. Cost: a sort of 8-byte words a band.

use rayon::prelude::*;
use rdst::RadixSort;

use super::sign::{Sign, sign};
use crate::config::Config;
use crate::error::Result;
use crate::hash::Set;
use crate::lsh::banding::DOCUMENT;
use crate::lsh::buckets::{HotBuckets, candidate_pairs, entry};
use crate::pipeline::corpus::Corpus;
use crate::sketch::minhash::MinHasher;

/// Fewest sampled shingles that a pair has in common, where the shorter document has as many.
const FEWEST_SAMPLES: usize = 2;
/// Share of the shorter document's samples that a pair has in common.
const SAMPLED: f64 = 0.15;

/// Parts in which sampled shingles are brought together, by their highest bits: each a piece of work for one thread.
const PARTS: u32 = 16;
const PART_SHIFT: u32 = 32 - PARTS.ilog2();

pub(super) fn candidates(
    signs: &[Sign],
    distinct: &[u32],
    config: &Config,
    hot: &mut HotBuckets,
    common: &mut Set<u32>,
) -> Vec<(u32, u32)> {
    let cap = config.matching.max_bucket;
    let shingled: Vec<u32> =
        distinct.iter().copied().filter(|&id| !signs[id as usize].bands.is_empty()).collect();
    // Ids of a capped bucket are put in the order of another band, so that like documents stand together.
    let order = |band: usize| {
        move |id: u32, pass: usize| {
            let bands = &signs[id as usize].bands;
            let key = |step: usize| u64::from(bands[(band + 2 * pass + step) % DOCUMENT.bands]);
            key(1) << 32 | key(2)
        }
    };
    let walk = |mut entries: Vec<u64>, band: usize| {
        let mut pairs = Vec::new();
        let hot = candidate_pairs(&mut entries, cap, order(band), |a, b| pairs.push(entry(a, b)));
        (pairs, hot, entries)
    };
    let bands: Vec<(Vec<u64>, HotBuckets, Vec<u64>)> = (0..DOCUMENT.bands)
        .into_par_iter()
        .map(|band| {
            walk(shingled.iter().map(|&id| entry(signs[id as usize].bands[band], id)).collect(), band)
        })
        .collect();
    let mut pairs: Vec<u64> = Vec::new();
    for (found, capped, _) in bands {
        pairs.extend(found);
        hot.add(capped);
    }

    // The same units in another order, of the content or of the whole text: each with the first.
    let bags_of = |id: u32| [signs[id as usize].bag, signs[id as usize].whole_bag].map(|bag| (bag, id));
    let mut bags: Vec<(u64, u32)> = shingled.iter().flat_map(|&id| bags_of(id)).collect();
    bags.sort_unstable();
    bags.dedup();
    for group in bags.chunk_by(|a, b| a.0 == b.0) {
        pairs.extend(group[1..].iter().map(|&(_, id)| entry(group[0].1, id)));
    }

    let kinds: [fn(&Sign) -> &[u32]; 2] = [|sign| &sign.samples, |sign| &sign.fine];
    for samples in kinds {
        // Samples are sorted, so those of a part stand together.
        let part_of = |id: u32, part: u32| {
            let samples = samples(&signs[id as usize]);
            let start = samples.partition_point(|&key| key >> PART_SHIFT < part);
            let end = samples.partition_point(|&key| key >> PART_SHIFT <= part);
            samples[start..end].iter().map(move |&key| entry(key, id))
        };
        let parts: Vec<(Vec<u64>, HotBuckets, Vec<u64>)> = (0..PARTS)
            .into_par_iter()
            .map(|part| walk(shingled.iter().flat_map(|&id| part_of(id, part)).collect(), 0))
            .collect();
        let mut shared: Vec<u64> = Vec::new();
        for (found, capped, left) in parts {
            shared.extend(found);
            hot.add(capped);
            // What is left are the words of hot buckets.
            common.extend(left.iter().map(|&word| (word >> 32) as u32));
        }
        shared.radix_sort_unstable();
        for group in shared.chunk_by(|x, y| x == y) {
            let (a, b) = ((group[0] >> 32) as u32, group[0] as u32);
            let fewest = samples(&signs[a as usize]).len().min(samples(&signs[b as usize]).len());
            // The share of sampled shingles scatters around the true one, and copies that were edited everywhere have
            // less of it than copies of a part.
            if group.len() >= FEWEST_SAMPLES && group.len() as f64 >= SAMPLED * fewest as f64 {
                pairs.push(group[0]);
            }
        }
    }
    pairs.radix_sort_unstable();
    pairs.dedup();
    pairs.into_iter().map(|pair| ((pair >> 32) as u32, pair as u32)).collect()
}

/// The pairs, smaller id first and sorted, that bands and samples propose before anything is verified. What `find`
/// collapses before, documents of equal content, stands here among the others.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn proposed(corpus: &Corpus, config: &Config) -> Result<Vec<(u32, u32)>> {
    let all: Vec<u32> = corpus.ids().collect();
    let signs = sign(corpus, config, &MinHasher::new(config.matching.seed), &all)?;
    Ok(candidates(&signs, &all, config, &mut HotBuckets::default(), &mut Set::default()))
}
