//! Documents: content → signatures and samples → candidate pairs → verified matches → clusters.
//!
//! Documents with the same units collapse first. Of the rest, bands of the signature propose pairs of like length,
//! the sum of the units' hashes pairs of the same units in another order, and sampled shingles (those whose hash is 0 modulo `SAMPLE`, the FracMinHash of Irber et al. 2022) propose
//! pairs of which one stands in the other, at any length. Every pair is verified on its shingle sets; every cluster
//! member is verified against its representative.

use std::cell::RefCell;

use rayon::prelude::*;
use rdst::RadixSort;

use super::corpus::{Corpus, Page, Pages};
use crate::cluster::components::{Components, Star, agreeing_stars};
use crate::cluster::keep::{self, Candidate};
use crate::config::Config;
use crate::decide::Copy;
use crate::error::{Error, Result};
use crate::hash::{self, Map, Set};
use crate::lsh::banding::DOCUMENT;
use crate::lsh::buckets::{HotBuckets, candidate_pairs, entry};
use crate::matching::lost::lost;
use crate::matching::numbers::{Comparison, Numbered, compare};
use crate::matching::probe::{Probed, Prober, Side};
use crate::matching::relation::{
    Relation, Witness, may_be_supported, relate_documents, reordered, supported,
};
use crate::matching::verify::Overlap;
use crate::sketch::minhash::{MinHasher, SLOTS};
use crate::text::shingle::{shingle_set, shingles};

/// One shingle in this many is sampled.
const SAMPLE: u64 = 8;
/// Of a short document, one in this many besides, compared among short ones: few samples scatter widely.
const FINE: u64 = 4;
/// Shingles of a short document, at most.
const SHORT: usize = 512;
/// Fewest sampled shingles that a pair has in common, where the shorter document has as many.
const FEWEST_SAMPLES: usize = 2;
/// Share of the shorter document's samples that a pair has in common.
const SAMPLED: f64 = 0.15;
/// Of the sampled shingles that two documents share, the share that many others have too from which on it says nothing
/// that they lie evenly.
const COMMON: f64 = 0.9;
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
    /// Units of the first's content that stand in no shingle of the second's content; looked at where the copy may go.
    pub lost: u32,
    /// What became of the numbers, the first's before the second's.
    pub numbers: Comparison,
}

impl Match {
    /// The first as one that may go for the second; it has this many units of content.
    pub fn copy(&self, units: u32) -> Copy {
        let Match { relation, coverage, lost, numbers, .. } = *self;
        Copy { relation, coverage, lost, numbers, units }
    }
}

/// Finds clusters of documents, and keeps what it learned for when labels change: then only the documents that have
/// others are signed and compared again.
#[derive(Debug)]
pub struct Finder {
    hasher: MinHasher,
    signs: Vec<Sign>,
    /// What pairs, smaller id first, were found to share.
    known: KnownPairs,
    /// Sampled shingles that many documents have.
    common: Set<u32>,
}

impl Finder {
    /// A finder over the corpus under its present labels.
    ///
    /// # Errors
    /// When a sheet cannot be read back.
    pub fn new(corpus: &Corpus, config: &Config) -> Result<Self> {
        let hasher = MinHasher::new(config.matching.seed);
        let all: Vec<u32> = corpus.ids().collect();
        let signs = sign(corpus, config, &hasher, &all)?;
        Ok(Self { hasher, signs, known: Map::default(), common: Set::default() })
    }

    /// Looks again at the documents whose labels changed.
    ///
    /// # Errors
    /// When a sheet cannot be read back.
    pub fn update(&mut self, corpus: &Corpus, config: &Config, changed: &[u32]) -> Result<()> {
        let signs = sign(corpus, config, &self.hasher, changed)?;
        let mut stale = vec![false; self.signs.len()];
        for (&id, sign) in changed.iter().zip(signs) {
            self.signs[id as usize] = sign;
            stale[id as usize] = true;
        }
        self.known.retain(|&(a, b), _| !stale[a as usize] && !stale[b as usize]);
        Ok(())
    }

    /// Finds the clusters of the corpus' documents. What became of the numbers, and what is lost,
    /// is not looked at: see
    /// [`DocumentMatches::look_closer`].
    ///
    /// # Errors
    /// When a sheet cannot be read back.
    pub fn find(&mut self, corpus: &Corpus, config: &Config, keep_pairs: Pairs) -> Result<DocumentMatches> {
        let signs = &self.signs;
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

        self.common.clear();
        let candidates = candidates(signs, &distinct, config, &mut found.hot, &mut self.common);
        found.candidates = candidates.len() as u64;
        // What was known under other labels stays known, but where others decided on it.
        let (signs, common) = (&self.signs, &self.common);
        self.known.retain(|&(a, b), known| {
            known.spread.is_none() || known.common == (Pair { signs, common, a, b }).shares_only_common()
        });
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
            self.known.extend(self.probe(corpus, &batch, config)?);
            for &(a, b) in &batch {
                let pair = Pair { signs: &self.signs, common: &self.common, a, b };
                if let Some(related) = pair.relate(self.known[&(a, b)], config) {
                    components.join(a, b);
                    if keep_pairs == Pairs::All {
                        found.pairs.push((a, b, related.matched()));
                    }
                }
            }
        }

        let sets = components.sets();
        let cut: Vec<(Vec<DocumentCluster>, KnownPairs)> = sets
            .into_par_iter()
            .map_init(Prober::default, |prober, set| self.cut(corpus, config, set, prober))
            .collect::<Result<_>>()?;
        for (clusters, known) in cut {
            found.clusters.extend(clusters);
            self.known.extend(known);
        }
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

    /// What the pairs share that are not known yet; those with the same first document stand together.
    fn probe(&self, corpus: &Corpus, pairs: &[(u32, u32)], config: &Config) -> Result<Vec<KnownPair>> {
        let fresh: Vec<(u32, u32)> =
            pairs.iter().copied().filter(|pair| !self.known.contains_key(pair)).collect();
        let mut ids: Vec<u32> = fresh.iter().flat_map(|&(a, b)| [a, b]).collect();
        ids.sort_unstable();
        ids.dedup();
        let sides: Vec<Side> = ids
            .par_iter()
            .map_init(Prober::default, |prober, &id| side(corpus, id, prober))
            .collect::<Result<_>>()?;
        let side = |id: u32| &sides[ids.partition_point(|&other| other < id)];
        let groups: Vec<&[(u32, u32)]> = fresh.chunk_by(|x, y| x.0 == y.0).collect();
        let known: Vec<Vec<KnownPair>> = groups
            .into_par_iter()
            .map_init(Prober::default, |prober, group| {
                let first = side(group[0].0);
                prober.fix(first);
                let probed = |&(a, b): &(u32, u32)| {
                    let other = side(b);
                    let pair = Pair { signs: &self.signs, common: &self.common, a, b };
                    ((a, b), pair.known(prober, first, other, config))
                };
                group.iter().map(probed).collect()
            })
            .collect();
        Ok(known.into_iter().flatten().collect())
    }

    /// Cuts a component into clusters whose members all match their representative; gives also what was compared.
    fn cut(
        &self,
        corpus: &Corpus,
        config: &Config,
        component: Vec<u32>,
        prober: &mut Prober,
    ) -> Result<(Vec<DocumentCluster>, KnownPairs)> {
        let signs = &self.signs;
        // How much a document has in common with the first of the others: an edited copy has less than the original.
        let central = |id: u32| -> u32 {
            let bands = &signs[id as usize].bands;
            let others = component.iter().take(CENTRAL).map(|&other| &signs[other as usize].bands);
            others.map(|other| bands.iter().zip(other).filter(|(a, b)| a == b).count() as u32).sum()
        };
        let central: Vec<u32> = component.iter().map(|&id| central(id)).collect();
        let place = |id: u32| component.partition_point(|&other| other < id);
        let candidate = |id: u32| {
            let sign = &signs[id as usize];
            let document = &corpus.documents[id as usize];
            Candidate {
                id,
                units: sign.units,
                numbers: sign.runs,
                masks: sign.masks,
                spans: sign.spans,
                central: central[place(id)],
                gone: false,
                fixed: document.is_fixed(),
                field: document.field.clone(),
            }
        };
        let order = |ids: &mut Vec<u32>| {
            let mut candidates: Vec<Candidate> = ids.iter().map(|&id| candidate(id)).collect();
            keep::order(&mut candidates, &config.removal.keep);
            *ids = candidates.into_iter().map(|candidate| candidate.id).collect();
        };
        // Documents that are equal in content and altogether are compared as the first of them.
        let mut firsts: Map<(u64, u64), u32> = Map::default();
        let first: Vec<u32> = component
            .iter()
            .map(|&id| *firsts.entry((signs[id as usize].key, signs[id as usize].whole)).or_insert(id))
            .collect();
        let bench = RefCell::new(Bench {
            finder: self,
            corpus,
            config,
            prober,
            sides: Map::default(),
            fixed: None,
            known: Map::default(),
            failure: None,
        });
        let compare = |id: u32, other: u32| {
            let (a, b) = (first[place(id)], first[place(other)]);
            let pair = Pair { signs, common: &self.common, a, b };
            if a == b {
                return Some(pair.equal());
            }
            pair.relate(bench.borrow_mut().known(a, b)?, config)
        };
        let supported = |id: u32, representative: u32, witness: Witness| {
            let (a, b) = (first[place(id)], first[place(representative)]);
            Pair { signs, common: &self.common, a, b }.relate_supported(&mut bench.borrow_mut(), witness)
        };
        let found: Vec<Star<Related>> = agreeing_stars(
            component.clone(),
            order,
            |representative, id| compare(id, representative),
            |representative, members, rest| {
                take_out(members, rest, |id, other| compare(id, other).is_some());
                let moved = |id: u32, other: u32| signs[id as usize].is_reordered(&signs[other as usize]);
                take_in(members, rest, compare, moved, |id, witness| supported(id, representative, witness));
            },
        );
        let Bench { known, failure, .. } = bench.into_inner();
        if let Some(failure) = failure {
            return Err(failure);
        }
        let clusters = found
            .into_iter()
            .map(|star| {
                let mut members: Vec<(u32, Match)> =
                    star.members.into_iter().map(|(id, related)| (id, related.matched())).collect();
                members.sort_unstable_by_key(|&(id, _)| id);
                DocumentCluster { representative: star.representative, members }
            })
            .collect();
        Ok((clusters, known))
    }
}

impl DocumentMatches {
    /// Fills in what became of the numbers of every match, and what of the text is lost where a copy may go.
    ///
    /// # Errors
    /// When a sheet cannot be read back.
    pub fn look_closer(&mut self, corpus: &Corpus, config: &Config) -> Result<()> {
        let mut wanted: Vec<(u32, u32, &mut Match)> = self
            .clusters
            .iter_mut()
            .flat_map(|cluster| {
                let representative = cluster.representative;
                cluster.members.iter_mut().map(move |(id, matched)| (*id, representative, matched))
            })
            .chain(self.pairs.iter_mut().map(|(a, b, matched)| (*a, *b, matched)))
            .collect();
        wanted.par_iter_mut().try_for_each_init(
            || Pages::new(corpus),
            |pages, (a, b, matched)| {
                matched.numbers = numbers(corpus, pages, *a, *b)?;
                if matched.relation != Relation::Identical
                    && (config.removal.remove_coverage..1.0).contains(&matched.coverage)
                {
                    let (a, b) = (pages.get(*a)?, pages.get(*b)?);
                    matched.lost = lost_units(a.units(), b.units());
                }
                Ok(())
            },
        )
    }
}

/// Members that each member is compared with to find the most central one.
const CENTRAL: usize = 64;

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
    /// Key of the content's units in any order.
    bag: u64,
    /// Key of the whole text's units in any order.
    whole_bag: u64,
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
    /// Of a short document, `samples` and more; of a long one none.
    fine: Vec<u32>,
}

impl Sign {
    /// Whether two documents have the same units in another order, in content or altogether: a line that was moved may
    /// be chrome in one place and content in another.
    fn is_reordered(&self, other: &Sign) -> bool {
        self.bag == other.bag || self.whole_bag == other.whole_bag
    }

    /// Whether nearly all that two documents share stands in many others too: it lies evenly over all pages by one
    /// pattern, and says nothing of these two.
    fn shares_only(&self, other: &Sign, common: &Set<u32>) -> bool {
        let short = !self.fine.is_empty() && !other.fine.is_empty();
        let (a, b) = if short { (&self.fine, &other.fine) } else { (&self.samples, &other.samples) };
        let shared = || a.iter().filter(|&key| b.binary_search(key).is_ok());
        let (all, many) = (shared().count(), shared().filter(|&key| common.contains(key)).count());
        all > 0 && many as f64 >= COMMON * all as f64
    }
}

fn sign(corpus: &Corpus, config: &Config, hasher: &MinHasher, ids: &[u32]) -> Result<Vec<Sign>> {
    ids.par_iter()
        .map_init(Vec::new, |buffer, &id| {
            let content = &corpus.contents[id as usize];
            corpus.with_units(id, |sheet, units| {
                let all = &sheet.units[..];
                let key = hash::units_key(units);
                let mut sign = Sign {
                    all: all.len() as u32,
                    units: content.units,
                    prose: content.prose(),
                    runs: content.paragraphs.iter().map(|paragraph| paragraph.runs).sum(),
                    masks: content.paragraphs.iter().map(|paragraph| paragraph.masks).sum(),
                    spans: corpus.labels[id as usize].spans.len() as u32,
                    key,
                    whole: if units.len() == all.len() { key } else { hash::units_key(all) },
                    ..Sign::default()
                };
                if units.len() < config.matching.min_units {
                    // Too short for shingles: equal only when the numbers are equal too.
                    let numbers: Vec<u32> =
                        content.paragraphs.iter().map(|paragraph| paragraph.numbers).collect();
                    sign.key = hash::units_key(&[units, &[u32::MAX], &numbers].concat());
                    if units.is_empty() {
                        // All chrome: equal only to what is equal altogether.
                        sign.key = sign.whole;
                    } else {
                        sign.whole = sign.key;
                    }
                    return sign;
                }
                shingles(units, buffer);
                let mut signature = [u32::MAX; SLOTS];
                hasher.sign(buffer, &mut signature);
                sign.bands.reserve_exact(DOCUMENT.bands);
                DOCUMENT.keys(&signature, &mut sign.bands);
                sign.bag = hash::bag_key(units);
                sign.whole_bag = if units.len() == all.len() { sign.bag } else { hash::bag_key(all) };
                sign.samples = sampled(buffer, SAMPLE);
                if buffer.len() <= SHORT {
                    sign.fine = sampled(buffer, FINE);
                }
                sign
            })
        })
        .collect()
}

/// The high halves of the shingles whose hash is 0 modulo `rate`, sorted, each once.
fn sampled(shingles: &[u64], rate: u64) -> Vec<u32> {
    let mut samples: Vec<u32> =
        shingles.iter().filter(|&&hash| hash % rate == 0).map(|&hash| (hash >> 32) as u32).collect();
    samples.sort_unstable();
    samples.dedup();
    samples
}

/// Parts in which sampled shingles are brought together, by their highest bits: each a piece of work for one thread.
const PARTS: u32 = 16;
const PART_SHIFT: u32 = 32 - PARTS.ilog2();

fn candidates(
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

/// The shingles of a document.
fn side(corpus: &Corpus, id: u32, prober: &mut Prober) -> Result<Side> {
    let labels = &corpus.labels[id as usize];
    corpus.with_units(id, |sheet, units| {
        let mut ordered = Vec::new();
        shingles(units, &mut ordered);
        let whole = (!labels.lines.is_empty() || !labels.spans.is_empty()).then(|| {
            let mut whole = Vec::new();
            shingles(&sheet.units, &mut whole);
            whole
        });
        Side::new(ordered, whole.as_deref(), prober)
    })
}

/// What two documents were found to share.
#[derive(Clone, Copy, Debug)]
struct Known {
    probed: Probed,
    /// How evenly, where that was asked; 0 where nearly all of it stood in many others.
    spread: Option<f64>,
    /// Whether it did: that changes with the labels of the others.
    common: bool,
}

/// Two documents, smaller id first, and what they share.
type KnownPair = ((u32, u32), Known);
type KnownPairs = Map<(u32, u32), Known>;

/// Two documents to be compared.
#[derive(Clone, Copy)]
struct Pair<'a> {
    signs: &'a [Sign],
    common: &'a Set<u32>,
    a: u32,
    b: u32,
}

/// A verified pair, before its numbers are looked at.
#[derive(Clone, Copy, Debug)]
struct Related {
    relation: Relation,
    overlap: Overlap,
    spread: f64,
    coverage: f64,
}

impl Related {
    fn matched(self) -> Match {
        let Related { relation, overlap, spread, coverage } = self;
        Match { relation, overlap, spread, coverage, lost: 0, numbers: Comparison::default() }
    }
}

impl Pair<'_> {
    /// Compares the two, the first of which is fixed.
    fn known(self, prober: &mut Prober, first: &Side, other: &Side, config: &Config) -> Known {
        let mut known = Known { probed: prober.compare(first, other), spread: None, common: false };
        let (mut spread, mut common) = (None, false);
        let evenly = || {
            common = self.shares_only_common();
            *spread.insert(if common { 0.0 } else { prober.evenly(first, other) })
        };
        self.decide(known.probed.overlap, evenly, config);
        (known.spread, known.common) = (spread, common);
        known
    }

    /// The relation of the first to the second by what is known of them.
    fn relate(self, known: Known, config: &Config) -> Option<Related> {
        let Known { probed: Probed { overlap, content }, spread, .. } = known;
        let (relation, spread) = self.decide(overlap, || spread.unwrap_or(0.0), config)?;
        let equal = self.signs[self.a as usize].key == self.signs[self.b as usize].key;
        Some(Related { relation, overlap, spread, coverage: if equal { 1.0 } else { content.a_in_b() } })
    }

    /// The relation of the first to the second, a representative, where it is near to a member of its cluster.
    fn relate_supported(self, bench: &mut Bench<'_>, witness: Witness) -> Option<Related> {
        let config = bench.config;
        let known = bench.known(self.a, self.b)?;
        let overlap = known.probed.overlap;
        if !may_be_supported(overlap, witness, &config.matching) {
            return None;
        }
        let spread = bench.spread(self.a, self.b)?;
        supported(overlap, witness, spread).then_some(Related {
            relation: Relation::Near,
            overlap,
            spread,
            coverage: known.probed.content.a_in_b(),
        })
    }

    /// Whether nearly all that they share stands in many others.
    fn shares_only_common(self) -> bool {
        self.signs[self.a as usize].shares_only(&self.signs[self.b as usize], self.common)
    }

    /// The relation of two documents that are equal in content and altogether.
    fn equal(self) -> Related {
        let units = self.signs[self.a as usize].units;
        let overlap = Overlap { shared: units, a: units, b: units };
        Related { relation: Relation::Identical, overlap, spread: 1.0, coverage: 1.0 }
    }

    fn decide(
        self,
        overlap: Overlap,
        evenly: impl FnOnce() -> f64,
        config: &Config,
    ) -> Option<(Relation, f64)> {
        let (a, b) = (&self.signs[self.a as usize], &self.signs[self.b as usize]);
        if a.key == b.key || a.whole == b.whole {
            return Some((Relation::Identical, 1.0));
        }
        // Nothing on both sides is no likeness.
        if overlap.shared == 0 {
            return None;
        }
        if a.is_reordered(b) && reordered(overlap, &config.matching) {
            return Some((Relation::Near, 1.0));
        }
        relate_documents(overlap, (a.prose, b.prose), evenly, &config.matching)
    }
}

/// What the cutting of one component works with.
struct Bench<'a> {
    finder: &'a Finder,
    corpus: &'a Corpus,
    config: &'a Config,
    prober: &'a mut Prober,
    sides: Map<u32, Side>,
    /// The document that the prober holds.
    fixed: Option<u32>,
    /// What was found besides what the finder knows.
    known: KnownPairs,
    failure: Option<Error>,
}

impl Bench<'_> {
    /// How evenly what two documents share lies over them.
    fn spread(&mut self, a: u32, b: u32) -> Option<f64> {
        let known = self.known(a, b)?;
        if known.spread.is_some() {
            return known.spread;
        }
        if (Pair { signs: &self.finder.signs, common: &self.finder.common, a, b }).shares_only_common() {
            return Some(0.0);
        }
        self.load(a, b)?;
        Some(self.prober.evenly(&self.sides[&b], &self.sides[&a]))
    }

    /// Reads two documents, and fixes the second.
    fn load(&mut self, a: u32, b: u32) -> Option<()> {
        for id in [a, b] {
            if let std::collections::hash_map::Entry::Vacant(vacant) = self.sides.entry(id) {
                match side(self.corpus, id, self.prober) {
                    Ok(side) => _ = vacant.insert(side),
                    Err(error) => {
                        self.failure.get_or_insert(error);
                        return None;
                    }
                }
            }
        }
        if self.fixed != Some(b) {
            self.prober.fix(&self.sides[&b]);
            self.fixed = Some(b);
        }
        Some(())
    }

    /// What two documents share; `None` when one of them cannot be read back, which is kept.
    fn known(&mut self, a: u32, b: u32) -> Option<Known> {
        let pair = (a.min(b), a.max(b));
        let flip = |known: Known| if a < b { known } else { Known { probed: known.probed.flip(), ..known } };
        if let Some(&known) = self.finder.known.get(&pair).or_else(|| self.known.get(&pair)) {
            return Some(flip(known));
        }
        // The second is the representative, which many are compared with.
        self.load(a, b)?;
        let (other, fixed) = (&self.sides[&a], &self.sides[&b]);
        let found = Pair { signs: &self.finder.signs, common: &self.finder.common, a: b, b: a }.known(
            self.prober,
            fixed,
            other,
            self.config,
        );
        let ordered = if b < a { found } else { Known { probed: found.probed.flip(), ..found } };
        self.known.insert(pair, ordered);
        Some(flip(ordered))
    }
}

/// Fragments that are this small a part of the representative are stock text where there are several.
const SMALL_PART: f64 = 0.25;
/// How many several are.
const SEVERAL: usize = 4;

/// Takes out of a cluster the fragments that are no copies of the representative. Those that have nothing to do with
/// its largest fragment: a digest of several articles holds each of them, and is a copy of none but, at most, one. And
/// small ones where there are several: a licence that many texts consist of stands in a long one too.
fn take_out(members: &mut Vec<(u32, Related)>, rest: &mut Vec<u32>, related: impl Fn(u32, u32) -> bool) {
    let fragments = || members.iter().filter(|(_, related)| related.relation == Relation::Fragment);
    let Some(&(largest, _)) =
        fragments().max_by_key(|(id, related)| (related.overlap.a, std::cmp::Reverse(*id)))
    else {
        return;
    };
    let is_small =
        |related: &Related| f64::from(related.overlap.a) < SMALL_PART * f64::from(related.overlap.b);
    let stock = fragments().filter(|(_, related)| is_small(related)).count() >= SEVERAL;
    let out: Vec<u32> = fragments()
        .filter(|(id, part)| (stock && is_small(part)) || (*id != largest && !related(*id, largest)))
        .map(|&(id, _)| id)
        .collect();
    members.retain(|(id, _)| !out.contains(id));
    rest.extend(out);
}

/// Members that a document is compared with to find one that it is near to.
const WITNESSES: usize = 16;

/// Takes into a cluster what is near to one of its members and shares something with the representative everywhere:
/// two edited copies of one text are further from each other than from the text, which may not be the representative.
fn take_in(
    members: &mut Vec<(u32, Related)>,
    rest: &mut Vec<u32>,
    compare: impl Fn(u32, u32) -> Option<Related>,
    moved: impl Fn(u32, u32) -> bool,
    supported: impl Fn(u32, Witness) -> Option<Related>,
) {
    let is_near = |related: &Related| matches!(related.relation, Relation::Near | Relation::Identical);
    let witnesses: Vec<u32> =
        members.iter().filter(|(_, related)| is_near(related)).map(|&(id, _)| id).take(WITNESSES).collect();
    rest.retain(|&id| {
        let by_moved = witnesses.iter().any(|&other| moved(id, other));
        let witness = if by_moved { Witness::Moved } else { Witness::Near };
        let Some(related) = (!witnesses.is_empty()).then(|| supported(id, witness)).flatten() else {
            return true;
        };
        let witnessed = by_moved
            || witnesses.iter().any(|&other| compare(id, other).is_some_and(|related| is_near(&related)));
        if witnessed {
            members.push((id, related));
        }
        !witnessed
    });
}

/// What became of the first document's numbers in the second.
fn numbers(corpus: &Corpus, pages: &mut Pages<'_>, a: u32, b: u32) -> Result<Comparison> {
    let any = |id: u32| {
        let paragraphs = &corpus.contents[id as usize].paragraphs;
        paragraphs.iter().any(|paragraph| paragraph.runs + paragraph.masks > 0)
    };
    if !any(a) && !any(b) {
        return Ok(Comparison::default());
    }
    let (page_a, page_b) = (pages.get(a)?, pages.get(b)?);
    let slots = |id: u32, page: &Page<'_>| {
        page.content.slots(&page.sheet, &corpus.labels[id as usize], &page.content.lines)
    };
    let (slots_a, slots_b) = (slots(a, &page_a), slots(b, &page_b));
    Ok(compare(
        Numbered { units: page_a.units(), slots: &slots_a },
        Numbered { units: page_b.units(), slots: &slots_b },
    ))
}

/// Units of the first that stand in no shingle of the second.
pub(super) fn lost_units(a: &[u32], b: &[u32]) -> u32 {
    let (mut ordered, mut set) = (Vec::new(), Vec::new());
    shingles(a, &mut ordered);
    shingle_set(b, &mut set);
    lost(&ordered, |shingle| set.binary_search(&shingle).is_ok())
}
