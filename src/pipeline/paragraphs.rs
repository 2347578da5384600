//! Paragraphs: content → distinct paragraphs → candidate pairs → verified matches → clusters.
//!
//! Equal units collapse first; the distinct rest is signed, banded, and anchored by head and tail; every pair is
//! verified on its shingle sets. Fragments attach to what they stand in and join nothing. Runs of paragraphs that a
//! page break may have cut compete with their pieces: a run is taken where it has a copy that its pieces have not.

mod candidates;
mod distinct;
mod inwards;
mod keys;
mod margins;
mod sets;
mod shares;
mod signs;

use std::ops::Range;

use rayon::prelude::*;

use self::candidates::candidates;
use self::distinct::Distinct;
use self::sets::Sets;
use self::shares::Shares;
use self::signs::Signs;
use super::content::ParagraphNumbers;
use super::corpus::{Corpus, Pages};
use super::documents::Match;
use crate::cluster::components::{Components, stars};
use crate::cluster::keep::{self, Candidate};
use crate::config::{Config, Level};
use crate::decide::removes;
use crate::error::Result;
use crate::hash::{self, Map};
use crate::lsh::buckets::HotBuckets;
use crate::matching::lost::Losses;
use crate::matching::numbers::{Comparison, Numbered, compare};
use crate::matching::relation::{Relation, relate};
use crate::matching::verify::{Overlap, overlap};
use crate::text::fold::Slot;
use crate::text::shingle::shingle_set;

/// Fewest units of a paragraph that is reported as a copy at all: `注：` says nothing.
const MIN_UNITS: u32 = 4;
/// Pairs verified between two updates of the components; fixed, so that the result never depends on the threads.
const BATCH: usize = 8192;
/// Documents whose paragraphs are brought together at a time.
const DOCUMENTS: usize = 64;
/// Groups that a thread cuts in one go.
const GROUPS: usize = 256;
/// Of a run's units, the share that must lie in pieces with copies of their own for the run to be left apart.
const PIECES_SUFFICE: f64 = 0.7;

/// A paragraph, or a run of paragraphs joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occurrence {
    /// Its document.
    pub document: u32,
    /// Its paragraphs, as indices into the document's content.
    pub run: Range<u32>,
    /// Its units.
    pub units: u32,
    /// Key of its numbers, 0 where it has none.
    pub numbers: u32,
    /// Runs of digits.
    pub runs: u32,
    /// Masks.
    pub masks: u32,
    /// Number of the distinct paragraph it is one of: of equal units, and where these are few, of equal numbers.
    pub distinct: u32,
}

/// What was found between paragraphs.
#[derive(Debug, Default)]
pub struct ParagraphMatches {
    /// Every paragraph of every document in order; of a broken one that was put together, the run instead of its
    /// pieces.
    pub occurrences: Vec<Occurrence>,
    /// For each distinct paragraph an occurrence that has its units.
    first: Vec<u32>,
    /// Groups of occurrences that matches hold together, in the order of their first; not yet cut into clusters.
    pub groups: Vec<Vec<u32>>,
    /// What was counted.
    pub counts: Counts,
    /// What pairs of rows share; of pairs that cannot match, more than that.
    shares: Shares,
    /// The row of each distinct paragraph, or [`NO_ROW`].
    rows: Vec<u32>,
}

/// What a search of paragraphs worked on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Buckets that were capped.
    pub hot: HotBuckets,
    /// Pairs that the bands and anchors proposed.
    pub candidates: u64,
    /// Distinct paragraphs.
    pub distinct: u64,
}

/// In the place of the row of a paragraph that was not signed.
const NO_ROW: u32 = u32::MAX;

/// A representative and the paragraphs that match it.
#[derive(Clone, Debug)]
pub struct ParagraphCluster {
    /// The paragraph that stays.
    pub representative: u32,
    /// The others, each as it is related to the representative, in order.
    pub members: Vec<(u32, Match)>,
}

/// Finds the matches of the corpus' paragraphs under its present labels.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn find(corpus: &Corpus, config: &Config) -> Result<ParagraphMatches> {
    let mut found = ParagraphMatches::default();
    let (mut all, keys) = occurrences(corpus, config)?;
    let distinct = Distinct::new(&mut all, &keys);
    drop(keys);
    let shingled: Vec<u32> = (0..distinct.len() as u32)
        .filter(|&one| all[distinct.first[one as usize] as usize].units as usize >= config.matching.min_units)
        .collect();
    found.counts.distinct = distinct.len() as u64;

    let texts = Texts { corpus, all: &all, first: &distinct.first };
    let one = |row: u32| shingled[row as usize];
    let (keys, signs) = Signs::new(&texts, &shingled, config)?;
    let candidates = candidates(&texts, keys, &signs, &shingled, config, &mut found.counts.hot)?;
    found.counts.candidates = candidates.len() as u64;

    let mut components = Components::new(distinct.len());
    let mut sets = Sets::new(distinct.len());
    let mut fragments: Vec<(u32, u32, f64)> = Vec::new();
    let mut at = 0;
    while at < candidates.len() {
        let mut batch = Vec::with_capacity(BATCH);
        while at < candidates.len() && batch.len() < BATCH {
            if !components.joined(one(candidates[at].0), one(candidates[at].1)) {
                batch.push(candidates[at]);
            }
            at += 1;
        }
        let told: Vec<Option<Overlap>> =
            batch.par_iter().map(|&(a, b)| signs.no_match(a, b, config)).collect();
        let is_open =
            |(&(a, b), told): (&(u32, u32), &Option<Overlap>)| told.is_none().then(|| (one(a), one(b)));
        let open: Vec<(u32, u32)> = batch.iter().zip(&told).filter_map(is_open).collect();
        let mut overlaps = sets.overlaps(&texts, &open)?.into_iter();
        for (&(a, b), told) in batch.iter().zip(told) {
            let Some(overlap) = told.or_else(|| overlaps.next()) else { continue };
            found.shares.push(a, b, overlap);
            let (a, b) = (one(a), one(b));
            match relate(overlap, &config.matching) {
                Some(Relation::Near | Relation::Identical) => components.join(a, b),
                Some(Relation::Fragment) => fragments.push((a, b, overlap.containment())),
                Some(Relation::Contains) => fragments.push((b, a, overlap.containment())),
                None => {}
            }
        }
    }
    drop((signs, sets, candidates));
    let mut rows = vec![NO_ROW; distinct.len()];
    shingled.iter().zip(0..).for_each(|(&one, row)| rows[one as usize] = row);

    // Equality: components of distinct paragraphs, and paragraphs that stand in several places.
    let mut component: Vec<u32> = (0..distinct.len() as u32).map(|one| components.root(one)).collect();
    let mut places = vec![0u32; distinct.len()];
    for (one, &root) in component.iter().enumerate() {
        places[root as usize] += distinct.places(one as u32).len() as u32;
    }
    let equal = |one: u32, component: &[u32]| places[component[one as usize] as usize] > 1;

    let live = take_joins(&all, |one| equal(one, &component));

    // Fragments: each distinct paragraph without an equal joins what it stands in, the best first.
    fragments.sort_by(|x, y| x.0.cmp(&y.0).then(y.2.total_cmp(&x.2)).then(x.1.cmp(&y.1)));
    let mut child: Vec<Option<u32>> = vec![None; distinct.len()];
    for &(small, large, _) in &fragments {
        let stands = distinct.places(large).iter().any(|&at| live[at as usize]);
        if child[small as usize].is_none() && !equal(small, &component) && stands {
            child[small as usize] = Some(large);
        }
    }
    for small in 0..child.len() {
        // A fragment of a fragment follows it to the whole; a ring is cut at its smallest member.
        let mut top = small as u32;
        let mut steps = 0;
        while let Some(parent) = child[top as usize] {
            top = parent;
            steps += 1;
            if steps > 16 {
                break;
            }
        }
        if top as usize != small && steps <= 16 {
            component[small] = component[top as usize];
        }
    }

    drop(distinct);
    put_in_order(&mut all, &live);
    let mut number = vec![u32::MAX; component.len()];
    let mut grouped: Vec<(u32, u32)> = Vec::new();
    for (occurrence, at) in all.iter_mut().zip(0..) {
        let one = occurrence.distinct as usize;
        if number[one] == u32::MAX {
            number[one] = found.first.len() as u32;
            found.first.push(at);
            found.rows.push(rows[one]);
        }
        if occurrence.units >= MIN_UNITS {
            grouped.push((component[one], at));
        }
        occurrence.distinct = number[one];
    }
    found.occurrences = all;
    grouped.par_sort_unstable();
    found.groups = grouped
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|group| group.len() > 1)
        .map(|group| group.iter().map(|&(_, at)| at).collect())
        .collect();
    found.groups.sort_unstable();
    Ok(found)
}

impl ParagraphMatches {
    /// Lets go of what clusters are cut by, when they are. The groups stay: to give back so many small pieces takes
    /// longer than they are worth.
    pub fn forget_pairs(&mut self) {
        (self.shares, self.rows, self.first) = Default::default();
    }

    /// Lets go of the occurrences, when they are decided on.
    pub fn forget_occurrences(&mut self) {
        self.occurrences = Vec::new();
    }

    /// Cuts the groups into clusters whose members all match their representative, in the order of their first
    /// member. Occurrences that `survives` are preferred as representatives over those that do not.
    ///
    /// # Errors
    /// When a sheet cannot be read back.
    pub fn clusters(
        &self,
        corpus: &Corpus,
        config: &Config,
        survives: impl Fn(u32) -> bool + Sync,
    ) -> Result<Vec<ParagraphCluster>> {
        let texts = Texts { corpus, all: &self.occurrences, first: &self.first };
        let clusters: Vec<Vec<ParagraphCluster>> = self
            .groups
            .par_chunks(GROUPS)
            .map(|groups| {
                let (mut pages, mut clusters) = (Pages::new(corpus), Vec::new());
                for group in groups {
                    clusters.extend(texts.cut(&mut pages, group, self, config, &survives)?);
                }
                Ok(clusters)
            })
            .collect::<Result<_>>()?;
        let mut clusters: Vec<ParagraphCluster> = clusters.into_iter().flatten().collect();
        clusters.iter_mut().for_each(|cluster| cluster.members.sort_unstable_by_key(|&(at, _)| at));
        clusters.sort_by_key(|cluster| cluster.members[0].0.min(cluster.representative));
        Ok(clusters)
    }
}

/// Paragraphs and offered runs, and pairs of indices into them.
pub type Proposed = (Vec<Occurrence>, Vec<(u32, u32)>);

/// Every paragraph and offered run, and the pairs of them, sorted, that bands and anchors propose and the filter
/// passes, before anything is verified. What `find` collapses before, paragraphs of equal units, stands here among the
/// others.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn proposed(corpus: &Corpus, config: &Config) -> Result<Proposed> {
    let (all, _) = occurrences(corpus, config)?;
    let first: Vec<u32> = (0..all.len() as u32).collect();
    let shingled: Vec<u32> = first
        .iter()
        .copied()
        .filter(|&at| all[at as usize].units as usize >= config.matching.min_units)
        .collect();
    let texts = Texts { corpus, all: &all, first: &first };
    let (keys, signs) = Signs::new(&texts, &shingled, config)?;
    let mut pairs = candidates(&texts, keys, &signs, &shingled, config, &mut HotBuckets::default())?;
    pairs.retain(|&(a, b)| signs.no_match(a, b, config).is_none());
    pairs.iter_mut().for_each(|(a, b)| (*a, *b) = (shingled[*a as usize], shingled[*b as usize]));
    Ok((all, pairs))
}

/// Paragraphs and offered runs of all documents, in order; a run stands after its last piece. For each the key of its
/// units; for a short one, of its numbers too.
fn occurrences(corpus: &Corpus, config: &Config) -> Result<(Vec<Occurrence>, Vec<u64>)> {
    let ids: Vec<u32> = corpus.ids().collect();
    let count = |&id: &u32| {
        let content = &corpus.contents[id as usize];
        content.paragraphs.len() + content.joins.len()
    };
    // Each document's stand where they belong at once: nothing is copied.
    let mut all = vec![Occurrence::default(); ids.iter().map(count).sum()];
    let mut keys = vec![0; all.len()];
    let (mut work, mut rest, mut rest_of_keys) = (Vec::new(), &mut all[..], &mut keys[..]);
    for documents in ids.chunks(DOCUMENTS) {
        let here = documents.iter().map(count).sum();
        let (part, behind) = rest.split_at_mut(here);
        let (part_of_keys, keys_behind) = rest_of_keys.split_at_mut(here);
        work.push((documents, part, part_of_keys));
        (rest, rest_of_keys) = (behind, keys_behind);
    }
    let scratch = <(Vec<ParagraphNumbers>, Vec<u32>)>::default;
    work.into_par_iter().try_for_each_init(scratch, |(numbers, scratch), (documents, part, keys)| {
        let mut places = part.iter_mut().zip(keys);
        documents.iter().try_for_each(|&document| {
            let content = &corpus.contents[document as usize];
            corpus.with_units(document, |folded| {
                numbers.clear();
                numbers.extend(content.numbers(folded.layout, &content.all()));
                let runs = content.all().map(|at| at..at + 1).chain(content.joins.iter().cloned());
                for (run, (place, key)) in runs.zip(&mut places) {
                    let units = &folded.content[content.run_units(&run)];
                    let numbers = &numbers[run.start as usize..run.end as usize];
                    (*place, *key) = occurrence(document, run, units, numbers, config, scratch);
                }
            })
        })
    })?;
    Ok((all, keys))
}

fn occurrence(
    document: u32,
    run: Range<u32>,
    units: &[u32],
    pieces: &[ParagraphNumbers],
    config: &Config,
    scratch: &mut Vec<u32>,
) -> (Occurrence, u64) {
    let numbers = match pieces {
        [one] => one.key,
        several => {
            scratch.clear();
            scratch.extend(several.iter().map(|piece| piece.key));
            hash::units_key(scratch) as u32
        }
    };
    let key = if units.len() < config.matching.min_units {
        scratch.clear();
        scratch.extend_from_slice(units);
        scratch.extend_from_slice(&[u32::MAX, numbers]);
        hash::units_key(scratch)
    } else {
        hash::units_key(units)
    };
    let occurrence = Occurrence {
        document,
        run,
        units: units.len() as u32,
        numbers,
        runs: pieces.iter().map(|piece| piece.runs).sum(),
        masks: pieces.iter().map(|piece| piece.masks).sum(),
        distinct: 0,
    };
    (occurrence, key)
}

/// Which occurrences stand: a run whose copies its pieces do not have, instead of the pieces; all other pieces.
fn take_joins(all: &[Occurrence], equal: impl Fn(u32) -> bool) -> Vec<bool> {
    let mut live: Vec<bool> = all.iter().map(|occurrence| occurrence.run.len() == 1).collect();
    for (start, document) in chunks_by_document(all) {
        let single = |paragraph: u32| start + paragraph as usize;
        let mut runs: Vec<usize> = (0..document.len())
            .map(|at| start + at)
            .filter(|&at| all[at].run.len() > 1 && equal(all[at].distinct))
            .collect();
        runs.sort_by_key(|&at| (std::cmp::Reverse(all[at].units), at));
        for at in runs {
            let pieces = all[at].run.clone().map(single);
            let alone: u32 = pieces
                .clone()
                .filter(|&piece| equal(all[piece].distinct))
                .map(|piece| all[piece].units)
                .sum();
            let free = pieces.clone().all(|piece| live[piece]);
            if free && f64::from(alone) < PIECES_SUFFICE * f64::from(all[at].units) {
                pieces.for_each(|piece| live[piece] = false);
                live[at] = true;
            }
        }
    }
    live
}

/// Keeps the occurrences that stand, in the order of the text: a run stands where its first piece stood.
fn put_in_order(all: &mut Vec<Occurrence>, live: &[bool]) {
    let mut live = live.iter();
    all.retain(|_| live.next().is_some_and(|&live| live));
    for document in all.chunk_by_mut(|a, b| a.document == b.document) {
        // Pieces are in order; only runs stand behind theirs.
        if document.iter().any(|occurrence| occurrence.run.len() > 1) {
            document.sort_by_key(|occurrence| occurrence.run.start);
        }
    }
    all.shrink_to_fit();
}

/// The occurrences of each document, with the index of its first.
fn chunks_by_document(all: &[Occurrence]) -> impl Iterator<Item = (usize, &[Occurrence])> {
    let mut start = 0;
    all.chunk_by(|a, b| a.document == b.document).map(move |chunk| {
        start += chunk.len();
        (start - chunk.len(), chunk)
    })
}

/// Access to the units and numbers of occurrences.
struct Texts<'a> {
    corpus: &'a Corpus,
    all: &'a [Occurrence],
    first: &'a [u32],
}

impl Texts<'_> {
    /// First occurrence of a distinct paragraph.
    fn first(&self, distinct: u32) -> &Occurrence {
        &self.all[self.first[distinct as usize] as usize]
    }

    /// The shingle set of a distinct paragraph.
    fn set(&self, pages: &mut Pages<'_>, distinct: u32, set: &mut Vec<u64>) -> Result<()> {
        let occurrence = self.first(distinct);
        shingle_set(pages.get(occurrence.document).run_units(&occurrence.run)?, set);
        Ok(())
    }

    /// What `of` makes of the units of each of these rows, which are in order; it is given a buffer to work in. Each
    /// document is read once.
    fn of_rows<T: Send>(
        &self,
        shingled: &[u32],
        rows: &[u32],
        of: impl Fn(&[u32], &mut Vec<u64>) -> T + Sync,
    ) -> Result<Vec<T>> {
        let occurrence = |row: u32| self.first(shingled[row as usize]);
        // Rows are in the order of the paragraphs, so those of a document stand together.
        let by_document: Vec<&[u32]> =
            rows.chunk_by(|&a, &b| occurrence(a).document == occurrence(b).document).collect();
        let parts: Vec<Vec<T>> = by_document
            .into_par_iter()
            .map_init(Vec::new, |buffer, rows| {
                let document = occurrence(rows[0]).document;
                let content = &self.corpus.contents[document as usize];
                self.corpus.with_units(document, |folded| {
                    let units_of = |row: u32| &folded.content[content.run_units(&occurrence(row).run)];
                    rows.iter().map(|&row| of(units_of(row), buffer)).collect()
                })
            })
            .collect::<Result<_>>()?;
        Ok(parts.into_iter().flatten().collect())
    }

    /// Cuts a group of occurrences into clusters whose members all match their representative.
    fn cut(
        &self,
        pages: &mut Pages<'_>,
        members: &[u32],
        found: &ParagraphMatches,
        config: &Config,
        survives: &(impl Fn(u32) -> bool + Sync),
    ) -> Result<Vec<ParagraphCluster>> {
        let mut order: Vec<Candidate> = members
            .iter()
            .map(|&at| {
                let occurrence = &self.all[at as usize];
                let document = &self.corpus.documents[occurrence.document as usize];
                Candidate {
                    id: at,
                    units: occurrence.units,
                    numbers: occurrence.runs,
                    masks: occurrence.masks,
                    spans: 0,
                    central: 0,
                    gone: !survives(at),
                    fixed: document.is_fixed(),
                    field: document.field.clone(),
                }
            })
            .collect();
        keep::order(&mut order, &config.removal.keep);
        let mut sets: Map<u32, Vec<u64>> = Map::default();
        let mut compared: Map<(u32, u32), Overlap> = Map::default();
        let mut failure = None;
        let mut overlap_of = |a: u32, b: u32| -> Result<Overlap> {
            if let Some(known) = found.shares.of(found.rows[a as usize], found.rows[b as usize]) {
                return Ok(known);
            }
            if let Some(&known) = compared.get(&(a, b)) {
                return Ok(known);
            }
            for distinct in [a, b] {
                if let std::collections::hash_map::Entry::Vacant(vacant) = sets.entry(distinct) {
                    self.set(pages, distinct, vacant.insert(Vec::new()))?;
                }
            }
            let found = overlap(&sets[&a], &sets[&b]);
            compared.insert((a, b), found);
            Ok(found)
        };
        let found = stars(order.iter().map(|candidate| candidate.id).collect(), |representative, at| {
            let (a, b) = (self.all[at as usize].distinct, self.all[representative as usize].distinct);
            if a == b {
                let units = self.all[at as usize].units;
                return Some((Relation::Identical, Overlap { shared: units, a: units, b: units }));
            }
            match overlap_of(a, b) {
                Ok(overlap) => Some((relate(overlap, &config.matching)?, overlap)),
                Err(error) => {
                    failure.get_or_insert(error);
                    None
                }
            }
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        found
            .into_iter()
            .map(|star| {
                let mut kept = None;
                let members = star
                    .members
                    .into_iter()
                    .map(|(at, (relation, overlap))| {
                        let numbers = self.numbers(pages, at, star.representative, &mut kept)?;
                        let coverage = overlap.a_in_b();
                        let asked = relation != Relation::Identical
                            && removes(Level::Paragraph, &config.removal)
                            && coverage >= config.removal.remove_coverage;
                        let lost = if asked { self.lost(pages, at, star.representative)? } else { 0 };
                        Ok((at, Match { relation, overlap, spread: 1.0, coverage, lost, numbers }))
                    })
                    .collect::<Result<_>>()?;
                Ok(ParagraphCluster { representative: star.representative, members })
            })
            .collect()
    }

    /// The numbers of one occurrence against those of another, which is read once for all that are compared with it.
    fn numbers(
        &self,
        pages: &mut Pages<'_>,
        a: u32,
        b: u32,
        read: &mut Option<(Vec<u32>, Vec<Slot>)>,
    ) -> Result<Comparison> {
        let (x, y) = (&self.all[a as usize], &self.all[b as usize]);
        if x.runs + x.masks + y.runs + y.masks == 0 {
            return Ok(Comparison::default());
        }
        if x.distinct == y.distinct && x.numbers == y.numbers && x.masks + y.masks == 0 {
            return Ok(Comparison { same: x.runs, ..Comparison::default() });
        }
        let (units_b, slots_b) = match read {
            Some(read) => read,
            None => read.insert(self.numbered(pages, y)?),
        };
        let page = pages.get(x.document);
        let units_a = page.run_units(&x.run)?;
        let slots_a = page.slots(page.content.run_lines(&x.run))?;
        Ok(compare(Numbered { units: units_a, slots: &slots_a }, Numbered { units: units_b, slots: slots_b }))
    }

    /// Units of one occurrence that another does not have.
    fn lost(&self, pages: &mut Pages<'_>, a: u32, b: u32) -> Result<u32> {
        let (a, b) = (&self.all[a as usize], &self.all[b as usize]);
        let (page_a, page_b) = (pages.get(a.document), pages.get(b.document));
        Ok(Losses::default().units(page_a.run_units(&a.run)?, page_b.run_units(&b.run)?))
    }

    /// The units of an occurrence and its number slots.
    fn numbered(&self, pages: &mut Pages<'_>, occurrence: &Occurrence) -> Result<(Vec<u32>, Vec<Slot>)> {
        let page = pages.get(occurrence.document);
        let slots = page.slots(page.content.run_lines(&occurrence.run))?;
        Ok((page.run_units(&occurrence.run)?.to_vec(), slots))
    }
}
