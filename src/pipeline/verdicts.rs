//! Matches and labels → clusters of every level, and what is removed: chrome, then documents, blocks, paragraphs.
//!
//! A representative is chosen only among units that the levels before left standing, so that whatever a removal
//! names as kept stands in the cleaned corpus.

use std::ops::{Deref, Range};

use rayon::prelude::*;

use super::corpus::{Corpus, Page, Pages};
use super::documents::{DocumentMatches, Match, lost_units};
use super::paragraphs::{Occurrence, ParagraphCluster, ParagraphMatches};
use crate::chrome::Known;
use crate::cluster::blocks::{self, Range as BlockRange};
use crate::cluster::components::stars;
use crate::cluster::keep::{self, Candidate};
use crate::config::{Config, Level};
use crate::decide::{covered, removes, removes_chrome};
use crate::document::Span;
use crate::error::Result;
use crate::hash::units_key;
use crate::matching::numbers::{Numbered, compare};
use crate::matching::relation::{Relation, relate};
use crate::matching::verify::overlap;
use crate::text::date::moment;
use crate::text::shingle::shingle_set;

/// A piece of a document that a log line speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The document.
    pub document: u32,
    /// Its lines, from 0: each one of a paragraph or span, first and last of a block or a document.
    pub lines: Lines,
    /// Its bytes, the terminator at the end not included.
    pub span: Span,
}

/// Numbers of lines. Most paragraphs have one, and there are as many of them as members and removals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lines {
    /// One line.
    One([u32; 1]),
    /// Any other number of lines.
    Some(Box<[u32]>),
}

impl Deref for Lines {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match self {
            Lines::One(line) => line,
            Lines::Some(lines) => lines,
        }
    }
}

impl FromIterator<u32> for Lines {
    fn from_iter<I: IntoIterator<Item = u32>>(lines: I) -> Self {
        let mut lines = lines.into_iter();
        match (lines.next(), lines.next()) {
            (Some(line), None) => Lines::One([line]),
            (first, second) => Lines::Some(first.into_iter().chain(second).chain(lines).collect()),
        }
    }
}

/// A cluster of any level.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// What it is made of.
    pub level: Level,
    /// The member that stays.
    pub kept: Unit,
    /// All members in order, the kept one with no match.
    pub members: Vec<(Unit, Option<Match>)>,
}

impl Cluster {
    /// The document with the earliest date, and that date; the first of equal ones.
    pub fn first_seen<'c>(&self, corpus: &'c Corpus) -> Option<(u32, &'c str)> {
        let dates = self.members.iter().filter_map(|(unit, _)| {
            let date = corpus.documents[unit.document as usize].date.as_deref()?;
            Some((moment(date)?, unit.document, date))
        });
        dates.min_by_key(|(moment, ..)| *moment).map(|(_, document, date)| (document, date))
    }
}

/// Something that is removed.
#[derive(Clone, Debug)]
pub struct Removal {
    /// What.
    pub unit: Unit,
    /// Why.
    pub why: Why,
    /// Bytes that go with it: the tiles of its lines, or the span itself.
    pub cut: Vec<Span>,
    /// The removed unit that it lies in, by index into [`Verdicts::removals`].
    pub inside: Option<usize>,
}

/// Why something is removed.
#[derive(Clone, Debug)]
pub enum Why {
    /// A line of the site.
    ChromeLine(ChromeReason),
    /// A span injected into a line.
    ChromeSpan(ChromeReason),
    /// A copy of a unit that stays.
    Copy {
        /// Level of its cluster.
        level: Level,
        /// Index into [`Verdicts::clusters`].
        cluster: usize,
    },
}

/// What a chrome label rests on.
#[derive(Clone, Debug)]
pub struct ChromeReason {
    /// Rule or family.
    pub known: Known,
    /// Pages it was seen on.
    pub pages: u32,
    /// How sure, 0 to 1.
    pub confidence: f32,
}

/// All verdicts of a run.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// Clusters: documents, then blocks, then paragraphs.
    pub clusters: Vec<Cluster>,
    /// For each document the cluster of level document it is in.
    pub cluster_of: Vec<Option<usize>>,
    /// What is removed, by document and place.
    pub removals: Vec<Removal>,
    /// For each document whether it goes whole.
    pub dropped: Vec<bool>,
}

/// Decides on the whole corpus.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn decide(
    corpus: &Corpus,
    documents: &DocumentMatches,
    paragraphs: &ParagraphMatches,
    config: &Config,
) -> Result<Verdicts> {
    let mut pages = Pages::new(corpus);
    let mut verdicts = Verdicts {
        cluster_of: vec![None; corpus.documents.len()],
        dropped: vec![false; corpus.documents.len()],
        ..Verdicts::default()
    };
    // Copies that are covered, whether this run's policy removes them or not: what they hold is told at this level.
    let mut covered_documents = vec![false; corpus.documents.len()];
    let mut stands = vec![false; corpus.documents.len()];
    for found in &documents.clusters {
        let cluster = verdicts.clusters.len();
        let mut members = vec![(whole(&mut pages, found.representative)?, None)];
        verdicts.cluster_of[found.representative as usize] = Some(cluster);
        for &(id, matched) in &found.members {
            let unit = whole(&mut pages, id)?;
            verdicts.cluster_of[id as usize] = Some(cluster);
            if covered(matched.copy(documents.units[id as usize]), &config.removal)
                && !corpus.documents[id as usize].is_fixed()
            {
                covered_documents[id as usize] = true;
                if removes(Level::Document, &config.removal) {
                    verdicts.dropped[id as usize] = true;
                    stands[found.representative as usize] = true;
                    verdicts.removals.push(Removal {
                        cut: vec![unit.span],
                        unit: unit.clone(),
                        why: Why::Copy { level: Level::Document, cluster },
                        inside: None,
                    });
                }
            }
            members.push((unit, Some(matched)));
        }
        let kept = members[0].0.clone();
        members.sort_by_key(|(unit, _)| unit.document);
        verdicts.clusters.push(Cluster { level: Level::Document, kept, members });
    }

    let mut gone = Gone::new(corpus, &covered_documents, stands);
    verdicts.blocks(corpus, paragraphs, config, &mut pages, &mut gone)?;
    let survives = |at: u32| {
        let occurrence = &paragraphs.occurrences[at as usize];
        !gone.overlaps_removed(occurrence.document, &occurrence.run)
    };
    let clusters = paragraphs.clusters(corpus, config, survives)?;
    verdicts.paragraphs(corpus, paragraphs, &clusters, config, &gone)?;
    if removes_chrome(&config.removal) {
        verdicts.chrome(corpus, &mut pages)?;
    }
    verdicts.nest();
    Ok(verdicts)
}

/// Which paragraphs of which documents went at an earlier level, and which must stay because a removal names them.
struct Gone {
    documents: Vec<bool>,
    removed: Vec<Vec<Range<u32>>>,
    pinned: Vec<Vec<Range<u32>>>,
    /// Documents that stand for others that go whole.
    stands: Vec<bool>,
}

impl Gone {
    fn new(corpus: &Corpus, covered: &[bool], stands: Vec<bool>) -> Self {
        let none = vec![Vec::new(); corpus.documents.len()];
        Self { documents: covered.to_vec(), removed: none.clone(), pinned: none, stands }
    }

    /// Whether a run must stay because a removal names it. A document that stands for others stays whole: even where
    /// it says a thing twice, the two are seldom equal to the letter.
    fn is_named(&self, document: u32, run: &Range<u32>) -> bool {
        self.stands[document as usize] || overlaps(&self.pinned[document as usize], run)
    }

    fn overlaps_removed(&self, document: u32, run: &Range<u32>) -> bool {
        self.documents[document as usize] || overlaps(&self.removed[document as usize], run)
    }
}

fn overlaps(ranges: &[Range<u32>], run: &Range<u32>) -> bool {
    ranges.iter().any(|range| range.start < run.end && run.start < range.end)
}

impl Verdicts {
    fn blocks(
        &mut self,
        corpus: &Corpus,
        paragraphs: &ParagraphMatches,
        config: &Config,
        pages: &mut Pages<'_>,
        gone: &mut Gone,
    ) -> Result<()> {
        let mut group_of = vec![None; paragraphs.occurrences.len()];
        for (group, members) in paragraphs.groups.iter().enumerate() {
            members.iter().for_each(|&at| group_of[at as usize] = Some(group as u32));
        }
        let mut occurrences = Vec::new();
        // For each occurrence the paragraphs it spans: a block's places count occurrences.
        let mut runs: Vec<(u32, Range<u32>)> = Vec::new();
        let mut starts = vec![0usize; corpus.documents.len()];
        for (at, occurrence) in paragraphs.occurrences.iter().enumerate() {
            if gone.documents[occurrence.document as usize] {
                continue;
            }
            let start = &mut starts[occurrence.document as usize];
            if runs.last().is_none_or(|(document, _)| *document != occurrence.document) {
                *start = runs.len();
            }
            occurrences.push(blocks::Occurrence {
                document: occurrence.document,
                place: (runs.len() - *start) as u32,
                units: occurrence.units,
                cluster: group_of[at],
            });
            runs.push((occurrence.document, occurrence.run.clone()));
        }
        let paragraphs_of = |range: BlockRange| -> Range<u32> {
            let start = starts[range.document as usize];
            runs[start + range.first as usize].1.start..runs[start + range.last as usize].1.end
        };
        let mut groups = blocks::find(&occurrences);
        // Long blocks first: a short one inside them is told already.
        groups
            .sort_by_key(|group| std::cmp::Reverse(group.iter().map(|range| range.last - range.first).max()));
        for group in groups {
            let mut candidates = Vec::new();
            let mut sets = Vec::new();
            for (at, range) in group.iter().enumerate() {
                let page = pages.get(range.document)?;
                let run = paragraphs_of(*range);
                let pieces = &page.content.paragraphs[run.start as usize..run.end as usize];
                let document = &corpus.documents[range.document as usize];
                let units = page.run_units(&run);
                candidates.push(Candidate {
                    id: at as u32,
                    units: units.len() as u32,
                    numbers: pieces.iter().map(|piece| piece.runs).sum(),
                    masks: pieces.iter().map(|piece| piece.masks).sum(),
                    spans: spans_in(corpus, &page, range.document, &run),
                    central: 0,
                    gone: gone.overlaps_removed(range.document, &run),
                    fixed: document.is_fixed(),
                    field: document.field.clone(),
                });
                let mut set = Vec::new();
                shingle_set(units, &mut set);
                sets.push((units_key(units), set));
            }
            keep::order(&mut candidates, &config.removal.keep);
            let standing: Vec<u32> =
                candidates.iter().filter(|candidate| !candidate.gone).map(|candidate| candidate.id).collect();
            let found = stars(standing, |representative, at| {
                let (a, b) = (&sets[at as usize], &sets[representative as usize]);
                let overlap = overlap(&a.1, &b.1);
                let relation =
                    if a.0 == b.0 { Some(Relation::Identical) } else { relate(overlap, &config.matching) };
                Some((relation?, overlap))
            });
            for star in found {
                let cluster = self.clusters.len();
                let range_of = |at: u32| group[at as usize];
                let kept_range = range_of(star.representative);
                let kept_run = paragraphs_of(kept_range);
                let kept = block(&*pages.get(kept_range.document)?, kept_range.document, &kept_run);
                let mut members = vec![(kept.clone(), None)];
                for (at, (relation, overlap)) in star.members {
                    let (document, run) = (range_of(at).document, paragraphs_of(range_of(at)));
                    let numbers =
                        block_numbers(corpus, pages, (document, &run), (kept_range.document, &kept_run))?;
                    let (page, kept_page) = (pages.get(document)?, pages.get(kept_range.document)?);
                    let unit = block(&page, document, &run);
                    let (units, coverage) = (page.run_units(&run), overlap.a_in_b());
                    let asked = relation != Relation::Identical && coverage >= config.removal.remove_coverage;
                    let lost = if asked { lost_units(units, kept_page.run_units(&kept_run)) } else { 0 };
                    let matched = Match { relation, overlap, spread: 1.0, coverage, lost, numbers };
                    let free = !corpus.documents[document as usize].is_fixed()
                        && !gone.overlaps_removed(document, &run)
                        && !gone.is_named(document, &run)
                        && !gone.overlaps_removed(kept_range.document, &kept_run)
                        && (document != kept_range.document
                            || !overlaps(std::slice::from_ref(&kept_run), &run));
                    if free
                        && removes(Level::Block, &config.removal)
                        && covered(matched.copy(units.len() as u32), &config.removal)
                    {
                        gone.removed[document as usize].push(run.clone());
                        gone.pinned[kept_range.document as usize].push(kept_run.clone());
                        self.removals.push(Removal {
                            cut: vec![tile(&page, &unit)],
                            unit: unit.clone(),
                            why: Why::Copy { level: Level::Block, cluster },
                            inside: None,
                        });
                    }
                    members.push((unit, Some(matched)));
                }
                members.sort_by_key(|(unit, _)| (unit.document, unit.span));
                self.clusters.push(Cluster { level: Level::Block, kept, members });
            }
        }
        Ok(())
    }

    fn paragraphs(
        &mut self,
        corpus: &Corpus,
        paragraphs: &ParagraphMatches,
        found: &[ParagraphCluster],
        config: &Config,
        gone: &Gone,
    ) -> Result<()> {
        let start = self.clusters.len();
        let numbered: Vec<(usize, &ParagraphCluster)> = (start..).zip(found).collect();
        let decided: Vec<(Vec<Cluster>, Vec<Removal>)> = numbered
            .par_chunks(TOGETHER)
            .map(|found| {
                let mut pages = Pages::new(corpus);
                let (mut clusters, mut removals) = (Vec::with_capacity(found.len()), Vec::new());
                for &(number, found) in found {
                    let undecided = Undecided { found, number, paragraphs, config, gone };
                    clusters.push(undecided.decide(&mut pages, &mut removals)?);
                }
                Ok((clusters, removals))
            })
            .collect::<Result<_>>()?;
        for (clusters, removals) in decided {
            self.clusters.extend(clusters);
            self.removals.extend(removals);
        }
        Ok(())
    }

    fn chrome(&mut self, corpus: &Corpus, pages: &mut Pages<'_>) -> Result<()> {
        for document in corpus.ids() {
            let labels = &corpus.labels[document as usize];
            let nothing = labels.lines.is_empty() && labels.spans.is_empty();
            // A document that goes whole has its chrome told too, inside it: whoever asks why it went, or keeps it all
            // the same, needs to know what of it was compared.
            if nothing || corpus.documents[document as usize].is_fixed() {
                continue;
            }
            let page = pages.get(document)?;
            for label in &labels.lines {
                self.removals.push(Removal {
                    unit: Unit {
                        document,
                        lines: Lines::One([label.line]),
                        span: page.sheet.lines[label.line as usize],
                    },
                    why: Why::ChromeLine(ChromeReason {
                        known: label.known.clone(),
                        pages: label.pages,
                        confidence: label.confidence,
                    }),
                    cut: tiles(&page, &[label.line]),
                    inside: None,
                });
            }
            for label in &labels.spans {
                let line = page.sheet.lines.partition_point(|line| line.end < label.span.end) as u32;
                self.removals.push(Removal {
                    unit: Unit { document, lines: Lines::One([line]), span: label.span },
                    why: Why::ChromeSpan(ChromeReason {
                        known: label.known.clone(),
                        pages: label.pages,
                        confidence: label.confidence,
                    }),
                    cut: vec![label.span],
                    inside: None,
                });
            }
        }
        Ok(())
    }

    /// Puts the removals in order and says which lie inside others.
    fn nest(&mut self) {
        self.removals.sort_by(|a, b| {
            let key = |removal: &Removal| {
                (removal.unit.document, removal.unit.span.start, std::cmp::Reverse(removal.unit.span.end))
            };
            let copies_first = |removal: &Removal| !matches!(removal.why, Why::Copy { .. });
            key(a).cmp(&key(b)).then(copies_first(a).cmp(&copies_first(b)))
        });
        let mut open: Vec<usize> = Vec::new();
        for at in 0..self.removals.len() {
            let unit = &self.removals[at].unit;
            while let Some(&outer) = open.last() {
                let other = &self.removals[outer].unit;
                if other.document == unit.document && other.span.contains(unit.span) {
                    break;
                }
                open.pop();
            }
            self.removals[at].inside = open.last().copied();
            if !matches!(self.removals[at].why, Why::ChromeSpan(_)) {
                open.push(at);
            }
        }
    }
}

/// Clusters of paragraphs that a thread decides on in one go.
const TOGETHER: usize = 512;

/// A cluster of paragraphs, and what decides on it: nothing that other such clusters change.
struct Undecided<'a> {
    found: &'a ParagraphCluster,
    /// Its place among all clusters.
    number: usize,
    paragraphs: &'a ParagraphMatches,
    config: &'a Config,
    gone: &'a Gone,
}

impl Undecided<'_> {
    fn decide(&self, pages: &mut Pages<'_>, removals: &mut Vec<Removal>) -> Result<Cluster> {
        let &Self { found, number, paragraphs, config, gone } = self;
        let representative = &paragraphs.occurrences[found.representative as usize];
        let kept = paragraph(&*pages.get(representative.document)?, representative);
        let may_go = !gone.overlaps_removed(representative.document, &representative.run)
            && removes(Level::Paragraph, &config.removal);
        let mut members = Vec::with_capacity(found.members.len() + 1);
        members.push((kept.clone(), None));
        for &(at, matched) in &found.members {
            let occurrence = &paragraphs.occurrences[at as usize];
            let page = pages.get(occurrence.document)?;
            let unit = paragraph(&page, occurrence);
            if may_go
                && !pages.corpus().documents[occurrence.document as usize].is_fixed()
                && !gone.overlaps_removed(occurrence.document, &occurrence.run)
                && !gone.is_named(occurrence.document, &occurrence.run)
                && covered(matched.copy(occurrence.units), &config.removal)
            {
                removals.push(Removal {
                    cut: tiles(&page, &unit.lines),
                    unit: unit.clone(),
                    why: Why::Copy { level: Level::Paragraph, cluster: number },
                    inside: None,
                });
            }
            members.push((unit, Some(matched)));
        }
        members.sort_by_key(|(unit, _)| (unit.document, unit.span));
        Ok(Cluster { level: Level::Paragraph, kept, members })
    }
}

fn whole(pages: &mut Pages<'_>, document: u32) -> Result<Unit> {
    let page = pages.get(document)?;
    let last = page.sheet.lines.last().copied().unwrap_or_default();
    Ok(Unit {
        document,
        lines: Lines::Some([0, page.sheet.lines.len().saturating_sub(1) as u32].into()),
        span: Span::new(0, last.end),
    })
}

fn block(page: &Page<'_>, document: u32, run: &Range<u32>) -> Unit {
    let lines = page.content.run_lines(run);
    let (first, last) = (lines[0].line, lines[lines.len() - 1].line);
    Unit {
        document,
        lines: Lines::Some([first, last].into()),
        span: Span::new(page.sheet.lines[first as usize].start, page.sheet.lines[last as usize].end),
    }
}

fn paragraph(page: &Page<'_>, occurrence: &Occurrence) -> Unit {
    let lines: Lines = page.content.run_lines(&occurrence.run).iter().map(|line| line.line).collect();
    let (first, last) = (lines[0], lines[lines.len() - 1]);
    Unit {
        document: occurrence.document,
        span: Span::new(page.sheet.lines[first as usize].start, page.sheet.lines[last as usize].end),
        lines,
    }
}

/// From the block's first byte to where the next text begins.
fn tile(page: &Page<'_>, unit: &Unit) -> Span {
    tiles(page, &[unit.lines[1]]).iter().fold(unit.span, |span, tile| Span::new(span.start, tile.end))
}

/// The tiles of some lines, neighbours put together. A line that goes out of the middle of a paragraph takes its
/// terminator only; one that ends a paragraph takes the blank lines after it, unless the paragraph goes on above.
fn tiles(page: &Page<'_>, lines: &[u32]) -> Vec<Span> {
    let sheet = &*page.sheet;
    let mut tiles: Vec<Span> = Vec::with_capacity(lines.len());
    for &line in lines {
        let at = sheet.paragraphs.partition_point(|paragraph| paragraph.end <= line);
        let paragraph = &sheet.paragraphs[at];
        let start = sheet.lines[line as usize].start;
        let alone = lines.iter().filter(|line| paragraph.contains(line)).count() == paragraph.len();
        let mut next = line as usize + 1;
        if line + 1 == paragraph.end && alone {
            while next < sheet.lines.len() && sheet.is_blank(next as u32) {
                next += 1;
            }
        }
        let end = sheet.lines.get(next).map_or(sheet.text.len() as u32, |line| line.start);
        match tiles.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => tiles.push(Span::new(start, end)),
        }
    }
    tiles
}

fn spans_in(corpus: &Corpus, page: &Page<'_>, document: u32, run: &Range<u32>) -> u32 {
    let unit = block(page, document, run);
    corpus.labels[document as usize].spans.iter().filter(|label| unit.span.contains(label.span)).count()
        as u32
}

fn block_numbers(
    corpus: &Corpus,
    pages: &mut Pages<'_>,
    a: (u32, &Range<u32>),
    b: (u32, &Range<u32>),
) -> Result<crate::matching::numbers::Comparison> {
    let mut side = |(document, run): (u32, &Range<u32>)| -> Result<_> {
        let page = pages.get(document)?;
        let labels = &corpus.labels[document as usize];
        let slots = page.content.slots(&page.sheet, labels, page.content.run_lines(run));
        Ok((page.run_units(run).to_vec(), slots))
    };
    let ((units_a, slots_a), (units_b, slots_b)) = (side(a)?, side(b)?);
    Ok(compare(Numbered { units: &units_a, slots: &slots_a }, Numbered { units: &units_b, slots: &slots_b }))
}
