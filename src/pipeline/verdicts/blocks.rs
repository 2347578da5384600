//! Runs of paragraphs that stand in several documents → clusters of blocks, and which copies go.
//!
//! What a block is compared by is made on all threads; which copy goes is decided in order, because what went with one
//! block goes with no other. Cost: the shingles of every block, and an alignment for each copy with numbers.

use std::cmp::Reverse;
use std::ops::Range;
use std::slice::from_ref;

use rayon::prelude::*;

use super::{Cluster, DOCUMENTS, Gone, Lines, Removal, Unit, Verdicts, Why, overlaps, tiles};
use crate::cluster::blocks::{self, Range as BlockRange};
use crate::cluster::components::stars;
use crate::cluster::keep::{self, Candidate};
use crate::config::{Config, Level};
use crate::decide::{covered, removes};
use crate::document::Span;
use crate::error::Result;
use crate::hash::units_key;
use crate::matching::numbers::{Comparison, Numbered, compare};
use crate::matching::relation::{Relation, relate};
use crate::matching::verify::{Overlap, overlap};
use crate::pipeline::content::ParagraphNumbers;
use crate::pipeline::corpus::{Corpus, Page, Pages};
use crate::pipeline::documents::{Match, lost_units};
use crate::pipeline::paragraphs::ParagraphMatches;
use crate::text::shingle::shingle_set;

/// Groups whose blocks are made at a time; their shingles are in memory.
const GROUPS: usize = 1024;

impl Verdicts {
    /// Decides on the blocks of documents that do not go whole.
    ///
    /// # Errors
    /// When a sheet cannot be read back.
    pub(super) fn blocks(
        &mut self,
        corpus: &Corpus,
        paragraphs: &ParagraphMatches,
        config: &Config,
        gone: &mut Gone,
    ) -> Result<()> {
        let places = Places::new(corpus, paragraphs, gone);
        let mut groups = places.groups();
        // Long blocks first: a short one inside them is told already.
        groups.sort_by_key(|group| Reverse(group.iter().map(|range| range.last - range.first).max()));
        let mut pages = Pages::new(corpus);
        for some in groups.chunks(GROUPS) {
            let made: Vec<Vec<Block>> = some
                .par_iter()
                .map_init(
                    || Pages::new(corpus),
                    |pages, group| {
                        (0..).zip(group).map(|(at, &range)| places.block(at, range, pages)).collect()
                    },
                )
                .collect::<Result<_>>()?;
            for group in made {
                self.group(&group, config, &mut pages, gone)?;
            }
        }
        Ok(())
    }

    /// Decides on blocks that are alike.
    fn group(
        &mut self,
        group: &[Block],
        config: &Config,
        pages: &mut Pages<'_>,
        gone: &mut Gone,
    ) -> Result<()> {
        let candidate = |block: &Block| {
            let gone = gone.overlaps_removed(block.document, &block.run);
            Candidate { gone, ..block.candidate.clone() }
        };
        let mut candidates: Vec<Candidate> = group.iter().map(candidate).collect();
        keep::order(&mut candidates, &config.removal.keep);
        let standing: Vec<u32> =
            candidates.iter().filter(|candidate| !candidate.gone).map(|candidate| candidate.id).collect();
        let found = stars(standing, |representative, at| {
            let (a, b) = (&group[at as usize], &group[representative as usize]);
            let overlap = overlap(&a.set, &b.set);
            let relation =
                if a.key == b.key { Some(Relation::Identical) } else { relate(overlap, &config.matching) };
            Some((relation?, overlap))
        });
        for star in found {
            let cluster = self.clusters.len();
            let kept = &group[star.representative as usize];
            let kept_unit = kept.unit(&pages.get(kept.document))?;
            let mut members = vec![(kept_unit.clone(), None)];
            for (at, like) in star.members {
                let block = &group[at as usize];
                let matched = block.matched(kept, like, config, pages)?;
                let page = pages.get(block.document);
                let unit = block.unit(&page)?;
                let free = !pages.corpus().documents[block.document as usize].is_fixed()
                    && !gone.overlaps_removed(block.document, &block.run)
                    && !gone.is_named(block.document, &block.run)
                    && !gone.overlaps_removed(kept.document, &kept.run)
                    && (block.document != kept.document || !overlaps(from_ref(&kept.run), &block.run));
                if free
                    && removes(Level::Block, &config.removal)
                    && covered(matched.copy(block.candidate.units), &config.removal)
                {
                    gone.removed[block.document as usize].push(block.run.clone());
                    gone.pinned[kept.document as usize].push(kept.run.clone());
                    self.removals.push(Removal {
                        cut: vec![tile(&page, &unit)?],
                        unit: unit.clone(),
                        why: Why::Copy { level: Level::Block, cluster },
                        inside: None,
                    });
                }
                members.push((unit, Some(matched)));
            }
            members.sort_by_key(|(unit, _)| (unit.document, unit.span));
            self.clusters.push(Cluster { level: Level::Block, kept: kept_unit, members });
        }
        Ok(())
    }
}

/// The paragraphs that may be part of a block, and where they stand.
struct Places<'a> {
    occurrences: Vec<blocks::Occurrence>,
    /// For each of them its paragraphs: a block's places count occurrences.
    runs: Vec<&'a Range<u32>>,
    /// For each document where its occurrences begin.
    starts: Vec<usize>,
}

impl<'a> Places<'a> {
    fn new(corpus: &Corpus, paragraphs: &'a ParagraphMatches, gone: &Gone) -> Self {
        let mut group_of = vec![None; paragraphs.occurrences.len()];
        for (group, members) in paragraphs.groups.iter().enumerate() {
            members.iter().for_each(|&at| group_of[at as usize] = Some(group as u32));
        }
        let most = paragraphs.occurrences.len();
        let mut occurrences: Vec<blocks::Occurrence> = Vec::with_capacity(most);
        let mut runs = Vec::with_capacity(most);
        let mut starts = vec![0; corpus.documents.len()];
        for (occurrence, &cluster) in paragraphs.occurrences.iter().zip(&group_of) {
            let document = occurrence.document;
            if gone.documents[document as usize] {
                continue;
            }
            let start = &mut starts[document as usize];
            if occurrences.last().is_none_or(|last| last.document != document) {
                *start = runs.len();
            }
            let place = (runs.len() - *start) as u32;
            occurrences.push(blocks::Occurrence { document, place, units: occurrence.units, cluster });
            runs.push(&occurrence.run);
        }
        Self { occurrences, runs, starts }
    }

    /// The groups of ranges that repeat each other.
    fn groups(&self) -> Vec<Vec<BlockRange>> {
        let chained = blocks::Chained::new(&self.occurrences);
        let documents: Vec<usize> = (0..chained.documents()).step_by(DOCUMENTS).collect();
        let pairs = documents.into_par_iter().map(|first| {
            let mut pairs = Vec::new();
            chained.pairs(first..chained.documents().min(first + DOCUMENTS), &mut pairs);
            pairs
        });
        blocks::group(&pairs.collect::<Vec<_>>().concat())
    }

    /// Makes a block, the one with index `at` of its group.
    fn block(&self, at: u32, range: BlockRange, pages: &mut Pages<'_>) -> Result<Block> {
        let BlockRange { document, first, last } = range;
        let of_place = |place: u32| self.runs[self.starts[document as usize] + place as usize];
        let run = of_place(first).start..of_place(last).end;
        let page = pages.get(document);
        let numbers: Vec<ParagraphNumbers> = page.content.numbers(page.layout()?, &run).collect();
        let units = page.run_units(&run)?;
        let (corpus, mut set) = (pages.corpus(), Vec::new());
        shingle_set(units, &mut set);
        let span = unit(document, &run, &page)?.span;
        let spans = corpus.labels[document as usize].spans.iter();
        let candidate = Candidate {
            id: at,
            units: units.len() as u32,
            numbers: numbers.iter().map(|numbers| numbers.runs).sum(),
            masks: numbers.iter().map(|numbers| numbers.masks).sum(),
            spans: spans.filter(|label| span.contains(label.span)).count() as u32,
            central: 0,
            gone: false,
            fixed: corpus.documents[document as usize].is_fixed(),
            field: corpus.documents[document as usize].field.clone(),
        };
        Ok(Block { document, run, candidate, key: units_key(units), set })
    }
}

/// A run of paragraphs, and what it is compared by.
struct Block {
    document: u32,
    run: Range<u32>,
    candidate: Candidate,
    /// Key of its units.
    key: u64,
    /// Its shingles.
    set: Vec<u64>,
}

impl Block {
    fn unit(&self, page: &Page<'_>) -> Result<Unit> {
        unit(self.document, &self.run, page)
    }

    /// How it is related to the block that stays.
    fn matched(
        &self,
        kept: &Block,
        (relation, overlap): (Relation, Overlap),
        config: &Config,
        pages: &mut Pages<'_>,
    ) -> Result<Match> {
        let coverage = overlap.a_in_b();
        let asked = relation != Relation::Identical && coverage >= config.removal.remove_coverage;
        let (page, kept_page) = (pages.get(self.document), pages.get(kept.document));
        let (units, kept_units) = (page.run_units(&self.run)?, kept_page.run_units(&kept.run)?);
        let lost = if asked { lost_units(units, kept_units) } else { 0 };
        let numbers = self.numbers(kept, &page, &kept_page)?;
        Ok(Match { relation, overlap, spread: 1.0, coverage, lost, numbers })
    }

    fn numbers(&self, kept: &Block, page: &Page<'_>, kept_page: &Page<'_>) -> Result<Comparison> {
        let slots = |block: &Block, page: &Page<'_>| page.slots(page.content.run_lines(&block.run));
        let (slots_a, slots_b) = (slots(self, page)?, slots(kept, kept_page)?);
        let (units_a, units_b) = (page.run_units(&self.run)?, kept_page.run_units(&kept.run)?);
        Ok(compare(
            Numbered { units: units_a, slots: &slots_a },
            Numbered { units: units_b, slots: &slots_b },
        ))
    }
}

fn unit(document: u32, run: &Range<u32>, page: &Page<'_>) -> Result<Unit> {
    let (lines, layout) = (page.content.run_lines(run), page.layout()?);
    let (first, last) = (lines[0].line, lines[lines.len() - 1].line);
    Ok(Unit {
        document,
        lines: Lines::Some([first, last].into()),
        span: Span::new(layout.lines[first as usize].start, layout.lines[last as usize].end),
    })
}

/// From the block's first byte to where the next text begins.
fn tile(page: &Page<'_>, unit: &Unit) -> Result<Span> {
    let tiles = tiles(page.layout()?, &[unit.lines[1]]);
    Ok(tiles.iter().fold(unit.span, |span, tile| Span::new(span.start, tile.end)))
}
