//! Documents: content → signatures and samples → candidate pairs → verified matches → clusters.
//!
//! Documents with the same units collapse first (`sign`). Of the rest, bands, keys and samples propose pairs
//! (`candidates`). Every pair is verified on its shingle sets (`pair`); components of matches are cut into clusters,
//! every member of which is verified against its representative (`bench`, `membership`).

mod bench;
mod candidates;
mod membership;
mod pair;
mod sign;

use std::cell::RefCell;

use rayon::prelude::*;

use self::bench::Bench;
pub use self::candidates::proposed;
use self::candidates::{Candidates, candidates, nearest};
use self::membership::{take_in, take_out};
use self::pair::{Gatherer, KnownPair, KnownPairs, Pair, Related};
use self::sign::{Sign, sign};
use super::corpus::{Corpus, Pages};
use crate::cluster::components::{Components, Star, agreeing_stars};
use crate::cluster::keep::{self, Candidate};
use crate::config::Config;
use crate::decide::Copy;
use crate::error::Result;
use crate::hash::Map;
use crate::lsh::buckets::HotBuckets;
use crate::matching::lost::Losses;
use crate::matching::numbers::{Comparison, Numbered, compare};
use crate::matching::probe::{Prober, Side};
use crate::matching::relation::{Relation, Witness};
use crate::matching::verify::Overlap;
use crate::sketch::minhash::MinHasher;
use crate::text::fold::Slot;

/// Pairs verified between two updates of the components; fixed, so that the result never depends on the threads.
const BATCH: usize = 2048;

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
        Ok(Self { hasher, signs, known: Map::default() })
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

        let Candidates { pairs, mut crowd, common, hot } = candidates(signs, &distinct, config)?;
        self.signs.par_iter_mut().for_each(|sign| sign.mark(&common));
        found.hot = hot;
        // What was known under other labels stays known, but where others decided on it.
        let signs = &self.signs;
        self.known.retain(|&(a, b), known| {
            known.spread.is_none() || known.common == (Pair { signs, a, b }).shares_only_common()
        });
        self.verify(corpus, config, &pairs, keep_pairs, &mut components, &mut found)?;
        if keep_pairs == Pairs::Skip {
            crowd.retain(|&(a, b)| !components.joined(a, b));
        }
        let crowd = nearest(&self.signs, &crowd, config);
        self.verify(corpus, config, &crowd, keep_pairs, &mut components, &mut found)?;
        found.pairs.sort_unstable_by_key(|&(a, b, _)| (a, b));

        let sets = components.sets();
        let cut: Vec<(Vec<DocumentCluster>, KnownPairs)> = sets
            .into_par_iter()
            .map_init(Gatherer::default, |gatherer, set| self.cut(corpus, config, set, gatherer))
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

    /// Compares pairs and joins those that match.
    fn verify(
        &mut self,
        corpus: &Corpus,
        config: &Config,
        candidates: &[(u32, u32)],
        keep_pairs: Pairs,
        components: &mut Components,
        found: &mut DocumentMatches,
    ) -> Result<()> {
        found.candidates += candidates.len() as u64;
        let mut rest = candidates.iter().copied();
        let mut sides = Vec::new();
        loop {
            let wanted = |&(a, b): &(u32, u32)| keep_pairs == Pairs::All || !components.joined(a, b);
            let batch: Vec<(u32, u32)> = rest.by_ref().filter(wanted).take(BATCH).collect();
            if batch.is_empty() {
                return Ok(());
            }
            self.known.extend(self.probe(corpus, &batch, &mut sides, config)?);
            for (a, b) in batch {
                let pair = Pair { signs: &self.signs, a, b };
                if let Some(related) = pair.relate(self.known[&(a, b)], config) {
                    components.join(a, b);
                    if keep_pairs == Pairs::All {
                        found.pairs.push((a, b, related.matched()));
                    }
                }
            }
        }
    }

    /// What the pairs share that are not known yet; those with the same first document stand together. `sides` is room
    /// for their documents.
    fn probe(
        &self,
        corpus: &Corpus,
        pairs: &[(u32, u32)],
        sides: &mut Vec<Side>,
        config: &Config,
    ) -> Result<Vec<KnownPair>> {
        let fresh: Vec<(u32, u32)> =
            pairs.iter().copied().filter(|pair| !self.known.contains_key(pair)).collect();
        let mut ids: Vec<u32> = fresh.iter().flat_map(|&(a, b)| [a, b]).collect();
        ids.sort_unstable();
        ids.dedup();
        sides.resize_with(ids.len().max(sides.len()), Side::default);
        ids.par_iter()
            .zip(&mut sides[..])
            .try_for_each_init(Gatherer::default, |gatherer, (&id, side)| {
                gatherer.gather(corpus, id, side)
            })?;
        let side = |id: u32| &sides[ids.partition_point(|&other| other < id)];
        let groups: Vec<&[(u32, u32)]> = fresh.chunk_by(|x, y| x.0 == y.0).collect();
        let known: Vec<Vec<KnownPair>> = groups
            .into_par_iter()
            .map_init(Prober::default, |prober, group| {
                let first = side(group[0].0);
                prober.fix(first);
                let probed = |&(a, b): &(u32, u32)| {
                    let other = side(b);
                    let pair = Pair { signs: &self.signs, a, b };
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
        gatherer: &mut Gatherer,
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
            gatherer,
            sides: Map::default(),
            fixed: None,
            known: Map::default(),
            failure: None,
        });
        let compare = |id: u32, other: u32| {
            let (a, b) = (first[place(id)], first[place(other)]);
            let pair = Pair { signs, a, b };
            if a == b {
                return Some(pair.equal());
            }
            pair.relate(bench.borrow_mut().known(a, b)?, config)
        };
        let supported = |id: u32, representative: u32, witness: Witness| {
            let (a, b) = (first[place(id)], first[place(representative)]);
            Pair { signs, a, b }.relate_supported(&mut bench.borrow_mut(), witness)
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
            || (Pages::new(corpus), None, Losses::default()),
            |(pages, last, losses), (a, b, matched)| {
                matched.numbers = numbers(corpus, pages, *a, *b, last)?;
                if matched.relation != Relation::Identical
                    && (config.removal.remove_coverage..1.0).contains(&matched.coverage)
                {
                    let (a, b) = (pages.get(*a), pages.get(*b));
                    matched.lost = losses.units(a.units()?, b.units()?);
                }
                Ok(())
            },
        )
    }
}

/// Members that each member is compared with to find the most central one.
const CENTRAL: usize = 64;

/// Whether all verified pairs are wanted, or only what the clusters need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// Pairs whose documents are in one component already are not verified.
    Skip,
    /// Every candidate pair is verified.
    All,
}

/// What became of the first document's numbers in the second, whose slots are kept for the next time: it is the
/// representative of others, too.
fn numbers(
    corpus: &Corpus,
    pages: &mut Pages<'_>,
    a: u32,
    b: u32,
    last: &mut Option<(u32, Vec<Slot>)>,
) -> Result<Comparison> {
    let any = |id: u32| {
        let content = &corpus.contents[id as usize];
        content.runs + content.masks > 0
    };
    if !any(a) && !any(b) {
        return Ok(Comparison::default());
    }
    let (page_a, page_b) = (pages.get(a), pages.get(b));
    let slots_a = page_a.slots(&page_a.content.lines)?;
    let (_, slots_b) = match last {
        Some(known) if known.0 == b => known,
        _ => last.insert((b, page_b.slots(&page_b.content.lines)?)),
    };
    Ok(compare(
        Numbered { units: page_a.units()?, slots: &slots_a },
        Numbered { units: page_b.units()?, slots: slots_b },
    ))
}
