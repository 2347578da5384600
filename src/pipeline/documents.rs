//! Documents: content → signatures and samples → candidate pairs → verified matches → clusters.
//!
//! Documents with the same units collapse first. Of the rest, bands of the signature propose pairs of like length,
//! and sampled shingles (those whose hash is 0 modulo `SAMPLE`, the FracMinHash of Irber et al. 2022) propose
//! pairs of which one stands in the other, at any length. Every pair is verified on its shingle sets; every cluster
//! member is verified against its representative.

use rayon::prelude::*;

use super::content::Content;
use super::corpus::Corpus;
use crate::cluster::components::{Components, Star, agreeing_stars};
use crate::cluster::keep::{self, Candidate};
use crate::config::Config;
use crate::error::Result;
use crate::hash::{self, Map};
use crate::lsh::banding::DOCUMENT;
use crate::lsh::buckets::{HotBuckets, candidate_pairs, entry};
use crate::matching::discount::{Sides, discounted};
use crate::matching::numbers::{Comparison, Numbered, compare};
use crate::matching::relation::{Relation, relate_documents};
use crate::matching::spread::spread;
use crate::matching::verify::{Overlap, overlap as shared};
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
    /// How evenly what they share lies over them: the smaller of both documents' shares of passages with something in
    /// common; 1 where Jaccard alone decided.
    pub spread: f64,
    /// Share of the first's content shingles that the second's content has: what is not lost if the first goes.
    pub coverage: f64,
    /// What became of the numbers, the first's before the second's.
    pub numbers: Comparison,
}

/// Finds the clusters of the corpus' documents under its present labels.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn find(corpus: &Corpus, config: &Config, keep_pairs: Pairs) -> Result<DocumentMatches> {
    let signs = sign(corpus, config)?;
    let mut found =
        DocumentMatches { units: signs.iter().map(|sign| sign.units).collect(), ..Default::default() };

    // Documents with equal content, or equal altogether, collapse into the first of them.
    let mut components = Components::new(signs.len());
    let with_content = || corpus.ids().filter(|&id| signs[id as usize].all > 0);
    let mut by_key: Vec<(u64, u32)> = with_content()
        .flat_map(|id| [signs[id as usize].key, signs[id as usize].whole].map(|key| (key, id)))
        .collect();
    by_key.sort_unstable();
    for group in by_key.chunk_by(|a, b| a.0 == b.0) {
        group[1..].iter().for_each(|&(_, id)| components.join(group[0].1, id));
    }
    let distinct: Vec<u32> = with_content().filter(|&id| components.root(id) == id).collect();

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
        let related: Vec<Option<Related>> = batch
            .par_iter()
            .map(|&(a, b)| relate(&signs, a, cache.get(a), b, cache.get(b), config))
            .collect();
        for (&(a, b), related) in batch.iter().zip(&related) {
            if let Some(related) = related {
                components.join(a, b);
                if keep_pairs == Pairs::All {
                    found.pairs.push((a, b, matched(corpus, &signs, a, b, *related)?));
                }
            }
        }
    }

    let sets = components.sets();
    let clusters: Vec<Vec<DocumentCluster>> =
        sets.into_par_iter().map(|set| cut(corpus, &signs, config, set)).collect::<Result<_>>()?;
    found.clusters = clusters.into_iter().flatten().collect();
    found.clusters.sort_by_key(|cluster| {
        cluster
            .members
            .iter()
            .map(|&(id, _)| id)
            .min()
            .map_or(cluster.representative, |id| id.min(cluster.representative))
    });
    Ok(found)
}

/// Members that each member is compared with to find the most central one.
const CENTRAL: usize = 64;

/// The pairs, smaller id first and sorted, that bands and samples propose before anything is verified. What `find`
/// collapses before, documents of equal content, stands here among the others.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn proposed(corpus: &Corpus, config: &Config) -> Result<Vec<(u32, u32)>> {
    let signs = sign(corpus, config)?;
    let all: Vec<u32> = corpus.ids().collect();
    Ok(candidates(&signs, &all, config, &mut HotBuckets::default()))
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
    /// Key of the whole text's units.
    whole: u64,
    /// Units of the whole text.
    all: u32,
    units: u32,
    /// Units in paragraphs of prose.
    prose: u32,
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
            let sheet = corpus.spool.get(id)?;
            let content = Content::new(&sheet, &corpus.labels[id as usize]);
            let mut sign = Sign {
                all: sheet.units.len() as u32,
                units: content.units.len() as u32,
                prose: content.prose(),
                runs: content.paragraphs.iter().map(|paragraph| paragraph.runs).sum(),
                masks: content.paragraphs.iter().map(|paragraph| paragraph.masks).sum(),
                spans: corpus.labels[id as usize].spans.len() as u32,
                key: hash::units_key(&content.units),
                whole: hash::units_key(&sheet.units),
                ..Sign::default()
            };
            if content.units.len() < config.matching.min_units {
                // Too short for shingles: equal only when the numbers are equal too.
                let numbers: Vec<u32> =
                    content.paragraphs.iter().map(|paragraph| paragraph.numbers).collect();
                sign.key = hash::units_key(&[&content.units[..], &[u32::MAX], &numbers].concat());
                if content.units.is_empty() {
                    // All chrome: equal only to what is equal altogether.
                    sign.key = sign.whole;
                } else {
                    sign.whole = sign.key;
                }
                return Ok(sign);
            }
            shingles(&content.units, buffer);
            let mut signature = [u32::MAX; SLOTS];
            hasher.sign(buffer, &mut signature);
            DOCUMENT.keys(&signature, &mut sign.bands);
            sign.samples =
                buffer.iter().filter(|&&hash| hash % SAMPLE == 0).map(|&hash| (hash >> 32) as u32).collect();
            sign.samples.sort_unstable();
            sign.samples.dedup();
            Ok(sign)
        })
        .collect()
}

fn candidates(signs: &[Sign], distinct: &[u32], config: &Config, hot: &mut HotBuckets) -> Vec<(u32, u32)> {
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
    entries.extend(
        shingled.iter().flat_map(|&id| signs[id as usize].samples.iter().map(move |&key| entry(key, id))),
    );
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
struct Sets(Map<u32, Set>);

/// Shingle sets of one document.
struct Set {
    /// Of the content, in order.
    ordered: Vec<u64>,
    content: Vec<u64>,
    whole: Option<Vec<u64>>,
}

impl Set {
    fn new(corpus: &Corpus, id: u32) -> Result<Self> {
        let sheet = corpus.spool.get(id)?;
        let labels = &corpus.labels[id as usize];
        let (mut ordered, mut whole) = (Vec::new(), None);
        shingles(&Content::new(&sheet, labels).units, &mut ordered);
        let mut content = ordered.clone();
        content.sort_unstable();
        content.dedup();
        if !labels.lines.is_empty() || !labels.spans.is_empty() {
            shingle_set(&sheet.units, whole.insert(Vec::new()));
        }
        Ok(Self { ordered, content, whole })
    }

    fn sides(&self) -> Sides<'_> {
        Sides { content: &self.content, whole: self.whole.as_deref() }
    }
}

impl Sets {
    fn load(&mut self, corpus: &Corpus, ids: impl Iterator<Item = u32>) -> Result<()> {
        let mut ids: Vec<u32> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        self.0.retain(|id, _| ids.binary_search(id).is_ok());
        ids.retain(|id| !self.0.contains_key(id));
        let sets: Vec<(u32, Set)> =
            ids.into_par_iter().map(|id| Ok((id, Set::new(corpus, id)?))).collect::<Result<_>>()?;
        self.0.extend(sets);
        Ok(())
    }

    fn get(&self, id: u32) -> &Set {
        &self.0[&id]
    }
}

/// A verified pair, before its numbers are looked at.
#[derive(Clone, Copy, Debug)]
struct Related {
    relation: Relation,
    overlap: Overlap,
    spread: f64,
    coverage: f64,
}

/// Verifies a pair: equal keys, or the overlap of what is not chrome on both sides.
fn relate(signs: &[Sign], a: u32, set_a: &Set, b: u32, set_b: &Set, config: &Config) -> Option<Related> {
    let (sign_a, sign_b) = (&signs[a as usize], &signs[b as usize]);
    let overlap = discounted(set_a.sides(), set_b.sides());
    let evenly = || spread(&set_a.ordered, &set_b.content).min(spread(&set_b.ordered, &set_a.content));
    let (relation, spread) = if sign_a.key == sign_b.key || sign_a.whole == sign_b.whole {
        (Relation::Identical, 1.0)
    } else {
        // Nothing on both sides is no likeness.
        if overlap.shared == 0 {
            return None;
        }
        relate_documents(overlap, (sign_a.prose, sign_b.prose), evenly, &config.matching)?
    };
    let coverage =
        if sign_a.key == sign_b.key { 1.0 } else { shared(&set_a.content, &set_b.content).a_in_b() };
    Some(Related { relation, overlap, spread, coverage })
}

/// Cuts a component into clusters whose members all match their representative.
fn cut(
    corpus: &Corpus,
    signs: &[Sign],
    config: &Config,
    component: Vec<u32>,
) -> Result<Vec<DocumentCluster>> {
    // How much a document has in common with the first of the others: an edited copy has less than the original.
    let central = |id: u32| -> u32 {
        let bands = &signs[id as usize].bands;
        let others = component.iter().take(CENTRAL).map(|&other| &signs[other as usize].bands);
        others.map(|other| bands.iter().zip(other).filter(|(a, b)| a == b).count() as u32).sum()
    };
    let candidate = |id: u32| {
        let sign = &signs[id as usize];
        let document = &corpus.documents[id as usize];
        Candidate {
            id,
            units: sign.units,
            numbers: sign.runs,
            masks: sign.masks,
            spans: sign.spans,
            central: central(id),
            gone: false,
            reference: document.reference,
            field: document.field.clone(),
        }
    };
    let order = |ids: &mut Vec<u32>| {
        let mut candidates: Vec<Candidate> = ids.iter().map(|&id| candidate(id)).collect();
        keep::order(&mut candidates, &config.removal.keep);
        *ids = candidates.into_iter().map(|candidate| candidate.id).collect();
    };
    // One pair of sets for all documents that are equal in content and altogether.
    let same = |id: u32| (signs[id as usize].key, signs[id as usize].whole);
    let mut sets: Map<(u64, u64), Set> = Map::default();
    for &id in &component {
        if let std::collections::hash_map::Entry::Vacant(vacant) = sets.entry(same(id)) {
            vacant.insert(Set::new(corpus, id)?);
        }
    }
    let compare =
        |id: u32, other: u32| relate(signs, id, &sets[&same(id)], other, &sets[&same(other)], config);
    let found: Vec<Star<Related>> = agreeing_stars(
        component.clone(),
        order,
        |representative, id| compare(id, representative),
        |members| digested(members, |id, other| compare(id, other).is_some()),
    );
    found
        .into_iter()
        .map(|star| {
            let mut members = star
                .members
                .into_iter()
                .map(|(id, related)| Ok((id, matched(corpus, signs, id, star.representative, related)?)))
                .collect::<Result<Vec<_>>>()?;
            members.sort_unstable_by_key(|&(id, _)| id);
            Ok(DocumentCluster { representative: star.representative, members })
        })
        .collect()
}

/// Fragments that are this small a part of the representative are stock text where there are several.
const SMALL_PART: f64 = 0.25;
/// How many several are.
const SEVERAL: usize = 4;

/// Takes out of a cluster the fragments that are no copies of the representative. Those that have nothing to do with
/// its largest fragment: a digest of several articles holds each of them, and is a copy of none but, at most, one. And
/// small ones where there are several: a licence that many texts consist of stands in a long one too.
fn digested(members: &mut Vec<(u32, Related)>, related: impl Fn(u32, u32) -> bool) -> Vec<u32> {
    let fragments = || members.iter().filter(|(_, related)| related.relation == Relation::Fragment);
    let Some(&(largest, _)) =
        fragments().max_by_key(|(id, related)| (related.overlap.a, std::cmp::Reverse(*id)))
    else {
        return Vec::new();
    };
    let is_small =
        |related: &Related| f64::from(related.overlap.a) < SMALL_PART * f64::from(related.overlap.b);
    let stock = fragments().filter(|(_, related)| is_small(related)).count() >= SEVERAL;
    let out: Vec<u32> = fragments()
        .filter(|(id, part)| (stock && is_small(part)) || (*id != largest && !related(*id, largest)))
        .map(|&(id, _)| id)
        .collect();
    members.retain(|(id, _)| !out.contains(id));
    out
}

/// The facts of a verified pair.
fn matched(corpus: &Corpus, signs: &[Sign], a: u32, b: u32, related: Related) -> Result<Match> {
    let (sign_a, sign_b) = (&signs[a as usize], &signs[b as usize]);
    let numbers = if sign_a.runs + sign_a.masks + sign_b.runs + sign_b.masks == 0 {
        Comparison::default()
    } else {
        let (units_a, slots_a) = numbered(corpus, a)?;
        let (units_b, slots_b) = numbered(corpus, b)?;
        compare(Numbered { units: &units_a, slots: &slots_a }, Numbered { units: &units_b, slots: &slots_b })
    };
    let Related { relation, overlap, spread, coverage } = related;
    Ok(Match { relation, overlap, spread, coverage, numbers })
}

/// A document's content units and number slots.
fn numbered(corpus: &Corpus, id: u32) -> Result<(Vec<u32>, Vec<Slot>)> {
    let sheet = corpus.spool.get(id)?;
    let content = corpus.content(id)?;
    let slots = content.slots(&sheet, &corpus.labels[id as usize], &content.lines);
    Ok((content.units, slots))
}
