//! Documents: content → signatures and samples → candidate pairs → verified matches → clusters.
//!
//! Documents with the same units collapse first. Of the rest, bands of the signature propose pairs of like length,
//! and sampled shingles (those whose hash is 0 modulo [`SAMPLE`], the FracMinHash of Irber et al. 2022) propose
//! pairs of which one stands in the other, at any length. Every pair is verified on its shingle sets; every cluster
//! member is verified against its representative.

use rayon::prelude::*;

use super::corpus::Corpus;
use crate::cluster::components::{Components, Star, stars};
use crate::cluster::keep::{self, Candidate};
use crate::config::Config;
use crate::error::Result;
use crate::hash::{self, Map};
use crate::lsh::banding::DOCUMENT;
use crate::lsh::buckets::{HotBuckets, candidate_pairs, entry};
use crate::matching::numbers::{Comparison, Numbered, compare};
use crate::matching::relation::{Relation, relate_documents};
use crate::matching::verify::{Overlap, overlap};
use crate::sketch::minhash::{MinHasher, SLOTS};
use crate::text::fold::Slot;
use crate::text::shingle::{shingle_set, shingles};

/// One shingle in this many is sampled.
const SAMPLE: u64 = 16;
/// Pairs verified between two updates of the components; fixed, so that the result never depends on the threads.
const BATCH: usize = 8192;

/// What was found between documents.
#[derive(Debug, Default)]
pub struct DocumentMatches {
    /// Clusters in the order of their first member in input order.
    pub clusters: Vec<DocumentCluster>,
    /// Units of content of each document.
    pub units: Vec<u32>,
    /// Buckets that were capped.
    pub hot: HotBuckets,
    /// Pairs that the bands and samples proposed.
    pub candidates: u64,
    /// Verified pairs, where they were asked for.
    pub pairs: Vec<(u32, u32, Match)>,
}

/// A representative and the documents that match it.
#[derive(Clone, Debug)]
pub struct DocumentCluster {
    /// The document that stays.
    pub representative: u32,
    /// The others, each as it is related to the representative, in input order.
    pub members: Vec<(u32, Match)>,
}

/// How a document is related to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// The relation of the first to the second.
    pub relation: Relation,
    /// What their shingle sets share.
    pub overlap: Overlap,
    /// What became of the numbers, the first's before the second's.
    pub numbers: Comparison,
}

/// Finds the clusters of the corpus' documents under its present labels.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn find(corpus: &Corpus, config: &Config, keep_pairs: Pairs) -> Result<DocumentMatches> {
    let signs = sign(corpus, config)?;
    let mut found = DocumentMatches { units: signs.iter().map(|sign| sign.units).collect(), ..Default::default() };

    // Documents with equal content collapse into the first of them.
    let mut components = Components::new(signs.len());
    let mut by_key: Vec<(u64, u32)> =
        corpus.ids().filter(|&id| signs[id as usize].units > 0).map(|id| (signs[id as usize].key, id)).collect();
    by_key.sort_unstable();
    let mut distinct = Vec::new();
    for group in by_key.chunk_by(|a, b| a.0 == b.0) {
        distinct.push(group[0].1);
        group[1..].iter().for_each(|&(_, id)| components.join(group[0].1, id));
    }
    distinct.sort_unstable();

    let candidates = candidates(&signs, &distinct, config, &mut found.hot);
    found.candidates = candidates.len() as u64;
    let mut cache = Sets::default();
    let mut at = 0;
    while at < candidates.len() {
        let mut batch = Vec::with_capacity(BATCH);
        while at < candidates.len() && batch.len() < BATCH {
            let (a, b) = candidates[at];
            if keep_pairs == Pairs::All || !components.joined(a, b) {
                batch.push((a, b));
            }
            at += 1;
        }
        cache.load(corpus, batch.iter().flat_map(|&(a, b)| [a, b]))?;
        let overlaps: Vec<Overlap> = batch.par_iter().map(|&(a, b)| overlap(cache.get(a), cache.get(b))).collect();
        for (&(a, b), overlap) in batch.iter().zip(&overlaps) {
            if relate_documents(*overlap, &config.matching).is_some() {
                components.join(a, b);
                if keep_pairs == Pairs::All {
                    found.pairs.push((a, b, matched(corpus, &signs, a, b, *overlap, config)?));
                }
            }
        }
    }

    let sets = components.sets();
    let clusters: Vec<Vec<DocumentCluster>> =
        sets.into_par_iter().map(|set| cut(corpus, &signs, config, set)).collect::<Result<_>>()?;
    found.clusters = clusters.into_iter().flatten().collect();
    found.clusters.sort_by_key(|cluster| {
        cluster.members.iter().map(|&(id, _)| id).min().map_or(cluster.representative, |id| id.min(cluster.representative))
    });
    Ok(found)
}

/// Whether all verified pairs are wanted, or only what the clusters need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// Pairs whose documents are in one component already are not verified.
    Skip,
    /// Every candidate pair is verified.
    All,
}

/// What a document is compared by.
#[derive(Debug, Default)]
struct Sign {
    key: u64,
    units: u32,
    runs: u32,
    masks: u32,
    spans: u32,
    bands: Vec<u32>,
    samples: Vec<u32>,
}

fn sign(corpus: &Corpus, config: &Config) -> Result<Vec<Sign>> {
    let hasher = MinHasher::new(config.matching.seed);
    corpus
        .ids()
        .into_par_iter()
        .map_init(Vec::new, |buffer, id| {
            let content = corpus.content(id)?;
            let mut sign = Sign {
                units: content.units.len() as u32,
                runs: content.paragraphs.iter().map(|paragraph| paragraph.runs).sum(),
                masks: content.paragraphs.iter().map(|paragraph| paragraph.masks).sum(),
                spans: corpus.labels[id as usize].spans.len() as u32,
                key: hash::units_key(&content.units),
                ..Sign::default()
            };
            if content.units.len() < config.matching.min_units {
                // Too short for shingles: equal only when the numbers are equal too.
                let numbers: Vec<u32> = content.paragraphs.iter().map(|paragraph| paragraph.numbers).collect();
                sign.key = hash::units_key(&[&content.units[..], &[u32::MAX], &numbers].concat());
                return Ok(sign);
            }
            shingles(&content.units, buffer);
            let mut signature = [u32::MAX; SLOTS];
            hasher.sign(buffer, &mut signature);
            DOCUMENT.keys(&signature, &mut sign.bands);
            sign.samples = buffer.iter().filter(|&&hash| hash % SAMPLE == 0).map(|&hash| (hash >> 32) as u32).collect();
            sign.samples.sort_unstable();
            sign.samples.dedup();
            Ok(sign)
        })
        .collect()
}

fn candidates(signs: &[Sign], distinct: &[u32], config: &Config, hot: &mut HotBuckets) -> Vec<(u32, u32)> {
    let cap = config.matching.max_bucket;
    let shingled: Vec<u32> = distinct.iter().copied().filter(|&id| !signs[id as usize].bands.is_empty()).collect();
    // Ids of a capped bucket are put in the order of another band, so that like documents stand together.
    let order = |band: usize| {
        move |id: u32| {
            let bands = &signs[id as usize].bands;
            u64::from(bands[(band + 1) % DOCUMENT.bands]) << 32 | u64::from(bands[(band + 2) % DOCUMENT.bands])
        }
    };
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let mut entries = Vec::with_capacity(shingled.len());
    for band in 0..DOCUMENT.bands {
        entries.clear();
        entries.extend(shingled.iter().map(|&id| entry(signs[id as usize].bands[band], id)));
        hot.add(candidate_pairs(&mut entries, cap, order(band), |a, b| pairs.push((a, b))));
    }
    pairs.sort_unstable();
    pairs.dedup();

    entries.clear();
    entries.extend(shingled.iter().flat_map(|&id| signs[id as usize].samples.iter().map(move |&key| entry(key, id))));
    let mut shared: Vec<(u32, u32)> = Vec::new();
    hot.add(candidate_pairs(&mut entries, cap, order(0), |a, b| shared.push((a, b))));
    shared.sort_unstable();
    for group in shared.chunk_by(|x, y| x == y) {
        let (a, b) = group[0];
        let fewest = signs[a as usize].samples.len().min(signs[b as usize].samples.len());
        // Half of the containment that is asked for: the share of sampled shingles scatters around the true one.
        if group.len() as f64 >= config.matching.containment / 2.0 * fewest as f64 {
            pairs.push((a, b));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Shingle sets of the documents of one batch.
#[derive(Default)]
struct Sets(Map<u32, Vec<u64>>);

impl Sets {
    fn load(&mut self, corpus: &Corpus, ids: impl Iterator<Item = u32>) -> Result<()> {
        let mut ids: Vec<u32> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        self.0.retain(|id, _| ids.binary_search(id).is_ok());
        ids.retain(|id| !self.0.contains_key(id));
        let sets: Vec<(u32, Vec<u64>)> =
            ids.into_par_iter().map(|id| Ok((id, set(corpus, id)?))).collect::<Result<_>>()?;
        self.0.extend(sets);
        Ok(())
    }

    fn get(&self, id: u32) -> &[u64] {
        &self.0[&id]
    }
}

fn set(corpus: &Corpus, id: u32) -> Result<Vec<u64>> {
    let mut set = Vec::new();
    shingle_set(&corpus.content(id)?.units, &mut set);
    Ok(set)
}

/// Cuts a component into clusters whose members all match their representative.
fn cut(corpus: &Corpus, signs: &[Sign], config: &Config, component: Vec<u32>) -> Result<Vec<DocumentCluster>> {
    let mut order: Vec<Candidate> = component
        .iter()
        .map(|&id| {
            let sign = &signs[id as usize];
            let document = &corpus.documents[id as usize];
            Candidate {
                id,
                units: sign.units,
                numbers: sign.runs,
                masks: sign.masks,
                spans: sign.spans,
                gone: false,
                reference: document.reference,
                field: document.field.clone(),
            }
        })
        .collect();
    keep::order(&mut order, &config.removal.keep);
    // One shingle set for all documents of the same content.
    let mut sets: Map<u64, Vec<u64>> = Map::default();
    for &id in &component {
        if let std::collections::hash_map::Entry::Vacant(vacant) = sets.entry(signs[id as usize].key) {
            vacant.insert(set(corpus, id)?);
        }
    }
    let found: Vec<Star<Overlap>> = stars(order.iter().map(|candidate| candidate.id).collect(), |representative, id| {
        let (a, b) = (signs[id as usize].key, signs[representative as usize].key);
        let overlap = overlap(&sets[&a], &sets[&b]);
        (a == b || relate_documents(overlap, &config.matching).is_some()).then_some(overlap)
    });
    found
        .into_iter()
        .map(|star| {
            let mut members = star
                .members
                .into_iter()
                .map(|(id, overlap)| Ok((id, matched(corpus, signs, id, star.representative, overlap, config)?)))
                .collect::<Result<Vec<_>>>()?;
            members.sort_unstable_by_key(|&(id, _)| id);
            Ok(DocumentCluster { representative: star.representative, members })
        })
        .collect()
}

/// The facts of a verified pair.
fn matched(corpus: &Corpus, signs: &[Sign], a: u32, b: u32, overlap: Overlap, config: &Config) -> Result<Match> {
    let relation = if signs[a as usize].key == signs[b as usize].key {
        Relation::Identical
    } else {
        relate_documents(overlap, &config.matching).unwrap_or(Relation::Near)
    };
    let numbers = if signs[a as usize].runs + signs[a as usize].masks + signs[b as usize].runs + signs[b as usize].masks
        == 0
    {
        Comparison::default()
    } else {
        let (units_a, slots_a) = numbered(corpus, a)?;
        let (units_b, slots_b) = numbered(corpus, b)?;
        compare(Numbered { units: &units_a, slots: &slots_a }, Numbered { units: &units_b, slots: &slots_b })
    };
    Ok(Match { relation, overlap, numbers })
}

/// A document's content units and number slots.
fn numbered(corpus: &Corpus, id: u32) -> Result<(Vec<u32>, Vec<Slot>)> {
    let sheet = corpus.spool.get(id)?;
    let content = corpus.content(id)?;
    let slots = content.slots(&sheet, &corpus.labels[id as usize], &content.lines);
    Ok((content.units, slots))
}
