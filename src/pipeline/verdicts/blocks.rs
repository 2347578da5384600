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
use crate::cluster::components::{Star, stars};
use crate::cluster::keep::{self, Candidate};
use crate::config::{Config, Level};
use crate::decide::{covered, removes};
use crate::document::Span;
use crate::error::Result;
use crate::hash::{Map, units_key};
use crate::matching::lost::Losses;
use crate::matching::numbers::{Comparison, Numbered, compare};
use crate::matching::relation::{Relation, relate};
use crate::matching::verify::{Overlap, overlap};
use crate::pipeline::content::ParagraphNumbers;
use crate::pipeline::corpus::{Corpus, Page, Pages};
use crate::pipeline::documents::Match;
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
            // What decisions will ask for is compared on all threads; the decisions wait for each other.
            let made: Vec<Group> = some
                .par_iter()
                .map_init(
                    || Pages::new(corpus),
                    |pages, ranges| {
                        let block = |(at, &range)| places.block(at, range, pages);
                        let mut group = Group::new((0..).zip(ranges).map(block).collect::<Result<_>>()?);
                        for star in group.stars(config, gone) {
                            for &(at, like) in &star.members {
                                group.matched(at, star.representative, like, config, pages)?;
                            }
                        }
                        Ok(group)
                    },
                )
                .collect::<Result<_>>()?;
            for group in made {
                self.group(group, config, &mut pages, gone)?;
            }
        }
        Ok(())
    }

    /// Decides on blocks that are alike.
    fn group(
        &mut self,
        mut group: Group,
        config: &Config,
        pages: &mut Pages<'_>,
        gone: &mut Gone,
    ) -> Result<()> {
        for star in group.stars(config, gone) {
            let cluster = self.clusters.len();
            let kept = &group.blocks[star.representative as usize];
            let kept_unit = kept.unit(&pages.get(kept.document))?;
            let mut members = vec![(kept_unit.clone(), None)];
            for (at, like) in star.members {
                let matched = group.matched(at, star.representative, like, config, pages)?;
                let [block, kept] = [at, star.representative].map(|at| &group.blocks[at as usize]);
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

/// Blocks that repeat each other, and what was found of pairs of them.
struct Group {
    blocks: Vec<Block>,
    /// How one is related to another, if at all.
    likes: Map<(u32, u32), Option<(Relation, Overlap)>>,
    /// All that is said of one that may go for another.
    matches: Map<(u32, u32), Match>,
}

impl Group {
    fn new(blocks: Vec<Block>) -> Self {
        Self { blocks, likes: Map::default(), matches: Map::default() }
    }

    /// Cuts it into clusters of blocks that stand: none of them went with an earlier decision.
    fn stars(&mut self, config: &Config, gone: &Gone) -> Vec<Star<(Relation, Overlap)>> {
        let candidate = |block: &Block| {
            let gone = gone.overlaps_removed(block.document, &block.run);
            Candidate { gone, ..block.candidate.clone() }
        };
        let mut candidates: Vec<Candidate> = self.blocks.iter().map(candidate).collect();
        keep::order(&mut candidates, &config.removal.keep);
        let standing = candidates.iter().filter(|candidate| !candidate.gone).map(|candidate| candidate.id);
        let Self { blocks, likes, .. } = self;
        stars(standing.collect(), |representative, at| {
            let like = || blocks[at as usize].like(&blocks[representative as usize], config);
            *likes.entry((at, representative)).or_insert_with(like)
        })
    }

    /// How one block is related to another that stays.
    fn matched(
        &mut self,
        at: u32,
        kept: u32,
        like: (Relation, Overlap),
        config: &Config,
        pages: &mut Pages<'_>,
    ) -> Result<Match> {
        if let Some(&known) = self.matches.get(&(at, kept)) {
            return Ok(known);
        }
        let found = self.blocks[at as usize].matched(&self.blocks[kept as usize], like, config, pages)?;
        self.matches.insert((at, kept), found);
        Ok(found)
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
    /// How it is related to another block, if at all.
    fn like(&self, other: &Block, config: &Config) -> Option<(Relation, Overlap)> {
        let overlap = overlap(&self.set, &other.set);
        let is_equal = self.key == other.key;
        let relation = if is_equal { Some(Relation::Identical) } else { relate(overlap, &config.matching) };
        Some((relation?, overlap))
    }

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
        let lost = if asked { Losses::default().units(units, kept_units) } else { 0 };
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
        span: Span::new(layout.line(first).start, layout.line(last).end),
    })
}

/// From the block's first byte to where the next text begins.
fn tile(page: &Page<'_>, unit: &Unit) -> Result<Span> {
    let tiles = tiles(page.layout()?, &[unit.lines[1]]);
    Ok(tiles.iter().fold(unit.span, |span, tile| Span::new(span.start, tile.end)))
}
