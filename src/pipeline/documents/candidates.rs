//! What documents are compared by → the pairs that are worth a comparison.
//!
//! Out come pairs that share a band, a key of their units in any order, or several sampled shingles, smaller id first,
//! sorted. Of pairs whose samples many others have too, as pages by one pattern have, each document keeps its nearest.
//! Bands, and parts of the samples, are walked on all threads. Cost: two passes
//! over the keys of a band or a part, and a sort of those that come again.

use rayon::prelude::*;
use rdst::RadixSort;

use super::sign::{Sign, is_common, sample_key, sign};
use crate::config::Config;
use crate::error::Result;
use crate::hash::KeySet;
use crate::lsh::banding::DOCUMENT;
use crate::lsh::buckets::{HotBuckets, entry};
use crate::lsh::crowd::best;
use crate::lsh::postings::{Part, Postings};
use crate::matching::relation::required_document_jaccard;
use crate::pipeline::columns::{Proposed, walk};
use crate::pipeline::corpus::Corpus;
use crate::sketch::minhash::MinHasher;

/// Fewest sampled shingles that a pair has in common, where the shorter document has as many.
const FEWEST_SAMPLES: usize = 2;
/// Share of the shorter document's samples that a pair has in common.
const SAMPLED: f64 = 0.12;
/// Bands that two documents share from which on they are compared whatever others share with them.
const SURE: usize = 8;
/// How far below what a match needs samples may say that a pair is: more than the estimate scatters.
const ROOM: f32 = 0.2;

/// Parts in which sampled shingles are brought together, by their highest bits: each a piece of work for one thread.
const PARTS: usize = 8;
const PART_SHIFT: u32 = 32 - PARTS.ilog2();

/// Pairs that are worth a comparison.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// Those that are compared.
    pub(super) pairs: Vec<(u32, u32)>,
    /// Pairs of documents that both have samples in common with many: of those that no match holds together by then,
    /// [`nearest`] are compared.
    pub(super) crowd: Vec<(u32, u32)>,
    /// Sampled shingles that many documents have.
    pub(super) common: KeySet,
    /// Buckets that were capped.
    pub(super) hot: HotBuckets,
}

pub(super) fn candidates(signs: &[Sign], distinct: &[u32], config: &Config) -> Result<Candidates> {
    let mut candidates = Candidates::default();
    let cap = config.matching.max_bucket;
    let shingled: Vec<u32> =
        distinct.iter().copied().filter(|&id| !signs[id as usize].bands.is_empty()).collect();
    let sign = |row: u32| &signs[shingled[row as usize] as usize];
    // Rows of a capped bucket are put in the order of another band, so that like documents stand together.
    let order = |band: usize, row: u32, pass: usize| {
        let bands = &sign(row).bands;
        let key = |step: usize| u64::from(bands[(band + 2 * pass + step) % DOCUMENT.bands]);
        key(1) << 32 | key(2)
    };
    let rows = shingled.len();
    let keys = |band: usize| Ok(shingled.iter().map(|&id| signs[id as usize].bands[band]).collect());
    let Proposed { mut pairs, crowd: neighbours, capped, .. } =
        walk((DOCUMENT.bands, rows), cap, keys, |_| Ok(order))?;
    candidates.hot.add(capped);
    pairs.extend(neighbours);
    let ids = |word: u64| entry(shingled[(word >> 32) as usize], shingled[word as u32 as usize]);
    pairs.iter_mut().for_each(|pair| *pair = ids(*pair));

    // The same units in another order, of the content or of the whole text: each with the first.
    let bags_of = |id: u32| [signs[id as usize].bag, signs[id as usize].whole_bag].map(|bag| (bag, id));
    let mut bags: Vec<(u64, u32)> = shingled.iter().flat_map(|&id| bags_of(id)).collect();
    bags.sort_unstable();
    bags.dedup();
    for group in bags.chunk_by(|a, b| a.0 == b.0) {
        pairs.extend(group[1..].iter().map(|&(_, id)| entry(group[0].1, id)));
    }

    // Documents with samples that many have.
    let mut crowded = vec![false; signs.len()];
    let kinds: [fn(&Sign) -> &[u32]; 2] = [|sign| &sign.samples, |sign| &sign.fine];
    for samples in kinds {
        let parts = by_part(rows as u32, |row| samples(sign(row)), cap);
        for bucket in parts.iter().flat_map(|part| part.hot.chunk_by(|a, b| a >> 32 == b >> 32)) {
            let ids = bucket.len() as u64;
            candidates.hot.add(HotBuckets { count: 1, ids, largest: ids });
            candidates.common.insert((bucket[0] >> 32) as u32);
            bucket.iter().for_each(|&word| crowded[shingled[word as u32 as usize] as usize] = true);
        }
        pairs.extend(sharing(parts, rows, |row| samples(sign(row)).len()).into_iter().map(ids));
    }
    pairs.radix_sort_unstable();
    pairs.dedup();
    for pair in pairs {
        let (a, b) = ((pair >> 32) as u32, pair as u32);
        let is_crowd =
            crowded[a as usize] && crowded[b as usize] && !is_sure(&signs[a as usize], &signs[b as usize]);
        if is_crowd { &mut candidates.crowd } else { &mut candidates.pairs }.push((a, b));
    }
    Ok(candidates)
}

/// Pairs of rows that share enough of their samples, of which each has `count`.
fn sharing(parts: Vec<Part>, rows: usize, count: impl Fn(u32) -> usize + Sync) -> Vec<u64> {
    let postings = Postings::new(parts, rows);
    let found = (0..rows as u32).into_par_iter().with_min_len(64).fold(
        Default::default,
        |(mut found, mut met): (Vec<u64>, Vec<u32>), row| {
            let own = count(row);
            postings.shared(row, &mut met, |other, shared| {
                let fewest = own.min(count(other));
                // The share of sampled shingles scatters around the true one, and copies that were edited everywhere
                // have less of it than copies of a part.
                if shared >= FEWEST_SAMPLES && shared as f64 >= SAMPLED * fewest as f64 {
                    found.push(entry(row, other));
                }
            });
            (found, met)
        },
    );
    let found: Vec<Vec<u64>> = found.map(|(found, _)| found).collect();
    found.concat()
}

/// The words of all rows, told apart by the highest bits of their keys, which are in order.
fn by_part<'s>(rows: u32, keys: impl Fn(u32) -> &'s [u32] + Sync, cap: usize) -> Vec<Part> {
    // For each row where the keys of each part end.
    let ends = |row: u32| {
        let mut ends = [0; PARTS];
        keys(row).iter().for_each(|&key| ends[(key >> PART_SHIFT) as usize] += 1);
        (1..PARTS).for_each(|part| ends[part] += ends[part - 1]);
        ends
    };
    let ends: Vec<[u32; PARTS]> = (0..rows).into_par_iter().with_min_len(64).map(ends).collect();
    let part = |part: usize| {
        let here = |row: u32| {
            let ends = &ends[row as usize];
            part.checked_sub(1).map_or(0, |before| ends[before] as usize)..ends[part] as usize
        };
        let mut words = Vec::with_capacity((0..rows).map(|row| here(row).len()).sum());
        for row in 0..rows {
            words.extend(keys(row)[here(row)].iter().map(|&key| entry(sample_key(key), row)));
        }
        Part::new(words.iter().copied(), cap)
    };
    (0..PARTS).into_par_iter().with_max_len(1).map(part).collect()
}

fn is_sure(a: &Sign, b: &Sign) -> bool {
    a.is_reordered(b) || a.bands.iter().zip(&b.bands).filter(|(a, b)| a == b).count() >= SURE
}

/// Of pairs in a crowd, those that share more than the crowd does, and of the others each document's best. The samples
/// are marked.
pub(super) fn nearest(signs: &[Sign], crowd: &[(u32, u32)], config: &Config) -> Vec<(u32, u32)> {
    let margins: Vec<Option<f32>> =
        crowd.par_iter().map(|&(a, b)| margin(&signs[a as usize], &signs[b as usize], config)).collect();
    let told = || crowd.iter().zip(&margins);
    let mut kept: Vec<(u32, u32)> =
        told().filter(|(_, margin)| margin.is_none()).map(|(&pair, _)| pair).collect();
    let (pairs, margins): (Vec<(u32, u32)>, Vec<f32>) =
        told().filter_map(|(&pair, &margin)| Some((pair, margin?))).unzip();
    kept.extend(best(&pairs, &margins, ROOM));
    kept.par_sort_unstable();
    kept
}

/// How far the samples of two documents say that they are above what a match needs; `None` where they share more than
/// many others do.
fn margin(a: &Sign, b: &Sign, config: &Config) -> Option<f32> {
    let (overlap, many) = a.shared(b);
    if !is_common(overlap.shared, many) {
        return None;
    }
    let needed = required_document_jaccard(a.units.min(b.units), &config.matching);
    // The Jaccard of a pair of which the smaller has as much in the larger as a fragment needs.
    let fragment = config.matching.containment * f64::from(overlap.a.min(overlap.b));
    let fragment = fragment / (f64::from(overlap.a) + f64::from(overlap.b) - fragment);
    Some((overlap.jaccard() - needed.min(fragment)) as f32)
}

/// The pairs, smaller id first and sorted, that bands and samples propose before anything is verified. What `find`
/// collapses before, documents of equal content, stands here among the others.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn proposed(corpus: &Corpus, config: &Config) -> Result<Vec<(u32, u32)>> {
    let all: Vec<u32> = corpus.ids().collect();
    let mut signs = sign(corpus, config, &MinHasher::new(config.matching.seed), &all)?;
    let Candidates { mut pairs, crowd, common, .. } = candidates(&signs, &all, config)?;
    signs.iter_mut().for_each(|sign| sign.mark(&common));
    pairs.extend(nearest(&signs, &crowd, config));
    pairs.sort_unstable();
    Ok(pairs)
}
