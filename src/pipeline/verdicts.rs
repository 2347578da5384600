//! Matches and labels → clusters of every level, and what is removed: chrome, then documents, blocks, paragraphs.
//!
//! A representative is chosen only among units that the levels before left standing, so that whatever a removal
//! names as kept stands in the cleaned corpus.

mod blocks;

use std::ops::{Deref, Range};

use rayon::prelude::*;

use super::corpus::{Corpus, Pages};
use super::documents::{DocumentMatches, Match};
use super::paragraphs::{Occurrence, ParagraphCluster, ParagraphMatches};
use super::sheet::Layout;
use crate::chrome::Known;
use crate::config::{Config, Level};
use crate::decide::{covered, removes, removes_chrome};
use crate::document::Span;
use crate::error::Result;
use crate::text::date::moment;

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

/// Decides on the whole corpus; what was found between paragraphs goes when it is decided on.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn decide(
    corpus: &Corpus,
    documents: &DocumentMatches,
    paragraphs: &mut ParagraphMatches,
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
    verdicts.blocks(corpus, paragraphs, config, &mut gone)?;
    let survives = |at: u32| {
        let occurrence = &paragraphs.occurrences[at as usize];
        !gone.overlaps_removed(occurrence.document, &occurrence.run)
    };
    let clusters = paragraphs.clusters(corpus, config, survives)?;
    paragraphs.forget_pairs();
    verdicts.paragraphs(corpus, paragraphs, clusters, config, &gone)?;
    paragraphs.forget_occurrences();
    if removes_chrome(&config.removal) {
        verdicts.removals.extend(chrome(corpus)?);
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
    fn paragraphs(
        &mut self,
        corpus: &Corpus,
        paragraphs: &ParagraphMatches,
        found: Vec<ParagraphCluster>,
        config: &Config,
        gone: &Gone,
    ) -> Result<()> {
        let start = self.clusters.len();
        let spans = spans(corpus, &paragraphs.occurrences)?;
        // Each goes when it is decided: there are as many as there are members.
        let decided: Vec<(Cluster, Vec<Removal>)> = found
            .into_par_iter()
            .enumerate()
            .with_min_len(TOGETHER)
            .map_init(
                || Pages::new(corpus),
                |pages, (at, found)| {
                    let (number, spans) = (start + at, &spans);
                    Undecided { found, number, paragraphs, spans, config, gone }.decide(pages)
                },
            )
            .collect::<Result<_>>()?;
        for (cluster, removals) in decided {
            self.clusters.push(cluster);
            self.removals.extend(removals);
        }
        Ok(())
    }

    /// Puts the removals in order and says which lie inside others.
    fn nest(&mut self) {
        self.removals.par_sort_by(|a, b| {
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

/// Documents that a thread takes in one go.
const DOCUMENTS: usize = 64;

/// The chrome of all documents, in order.
fn chrome(corpus: &Corpus) -> Result<Vec<Removal>> {
    let ids: Vec<u32> = corpus.ids().collect();
    let found: Vec<Vec<Removal>> = ids
        .par_chunks(DOCUMENTS)
        .map(|documents| {
            let mut removals = Vec::new();
            documents.iter().try_for_each(|&document| chrome_of(corpus, document, &mut removals))?;
            Ok(removals)
        })
        .collect::<Result<_>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// The chrome of one document. One that goes whole has its chrome told too, inside it: whoever asks why it went, or
/// keeps it all the same, needs to know what of it was compared.
fn chrome_of(corpus: &Corpus, document: u32, removals: &mut Vec<Removal>) -> Result<()> {
    let labels = &corpus.labels[document as usize];
    let nothing = labels.take_nothing();
    if nothing || corpus.documents[document as usize].is_fixed() {
        return Ok(());
    }
    let sheet = corpus.spool.layout(document)?;
    let layout = sheet.layout();
    let reason = |known: &Known, pages, confidence| ChromeReason { known: known.clone(), pages, confidence };
    let lines = labels.lines.iter().map(|label| Removal {
        unit: Unit { document, lines: Lines::One([label.line]), span: layout.line(label.line) },
        why: Why::ChromeLine(reason(&label.known, label.pages, label.confidence)),
        cut: tiles(layout, &[label.line]),
        inside: None,
    });
    removals.extend(lines);
    let spans = labels.spans.iter().map(|label| {
        let line = layout.line_of(label.span.start);
        Removal {
            unit: Unit { document, lines: Lines::One([line]), span: label.span },
            why: Why::ChromeSpan(reason(&label.known, label.pages, label.confidence)),
            cut: vec![label.span],
            inside: None,
        }
    });
    removals.extend(spans);
    Ok(())
}

/// Clusters of paragraphs that a thread decides on in one go.
const TOGETHER: usize = 512;

/// A cluster of paragraphs, and what decides on it: nothing that other such clusters change.
struct Undecided<'a> {
    found: ParagraphCluster,
    /// Its place among all clusters.
    number: usize,
    paragraphs: &'a ParagraphMatches,
    /// Of each occurrence its bytes.
    spans: &'a [Span],
    config: &'a Config,
    gone: &'a Gone,
}

impl Undecided<'_> {
    /// The cluster, and what goes of it.
    fn decide(self, pages: &mut Pages<'_>) -> Result<(Cluster, Vec<Removal>)> {
        let Self { found, number, paragraphs, spans, config, gone } = self;
        let corpus = pages.corpus();
        let unit = |at: u32| {
            let Occurrence { document, run, .. } = &paragraphs.occurrences[at as usize];
            let lines = corpus.contents[*document as usize].run_lines(run);
            let lines = lines.iter().map(|line| line.line).collect();
            Unit { document: *document, lines, span: spans[at as usize] }
        };
        let representative = &paragraphs.occurrences[found.representative as usize];
        let kept = unit(found.representative);
        let may_go = !gone.overlaps_removed(representative.document, &representative.run)
            && removes(Level::Paragraph, &config.removal);
        let (mut members, mut removals) = (Vec::with_capacity(found.members.len() + 1), Vec::new());
        members.push((kept.clone(), None));
        for (at, matched) in found.members {
            let occurrence = &paragraphs.occurrences[at as usize];
            let unit = unit(at);
            if may_go
                && !corpus.documents[occurrence.document as usize].is_fixed()
                && !gone.overlaps_removed(occurrence.document, &occurrence.run)
                && !gone.is_named(occurrence.document, &occurrence.run)
                && covered(matched.copy(occurrence.units), &config.removal)
            {
                removals.push(Removal {
                    cut: tiles(pages.get(occurrence.document).layout()?, &unit.lines),
                    unit: unit.clone(),
                    why: Why::Copy { level: Level::Paragraph, cluster: number },
                    inside: None,
                });
            }
            members.push((unit, Some(matched)));
        }
        members.sort_by_key(|(unit, _)| (unit.document, unit.span));
        Ok((Cluster { level: Level::Paragraph, kept, members }, removals))
    }
}

fn whole(pages: &mut Pages<'_>, document: u32) -> Result<Unit> {
    let page = pages.get(document);
    let layout = page.layout()?;
    let last = (layout.count() as u32).checked_sub(1);
    Ok(Unit {
        document,
        lines: Lines::Some([0, last.unwrap_or(0)].into()),
        span: Span::new(0, last.map_or(0, |last| layout.line(last).end)),
    })
}

/// The bytes of each occurrence. A document is read once for all its paragraphs: clusters hold them in any order.
fn spans(corpus: &Corpus, occurrences: &[Occurrence]) -> Result<Vec<Span>> {
    let mut spans = vec![Span::default(); occurrences.len()];
    let (mut work, mut rest) = (Vec::new(), &mut spans[..]);
    for document in occurrences.chunk_by(|a, b| a.document == b.document) {
        let (here, behind) = rest.split_at_mut(document.len());
        work.push((document, here));
        rest = behind;
    }
    work.into_par_iter().with_min_len(DOCUMENTS).try_for_each(|(occurrences, spans)| {
        let document = occurrences[0].document;
        let (sheet, content) = (corpus.spool.layout(document)?, &corpus.contents[document as usize]);
        let layout = sheet.layout();
        for (span, occurrence) in spans.iter_mut().zip(occurrences) {
            let lines = content.run_lines(&occurrence.run);
            let [first, last] = [lines[0], lines[lines.len() - 1]].map(|line| layout.line(line.line));
            *span = Span::new(first.start, last.end);
        }
        Ok(())
    })?;
    Ok(spans)
}

/// The tiles of some lines, neighbours put together. A line that goes out of the middle of a paragraph takes its
/// terminator only; one that ends a paragraph takes the blank lines after it, unless the paragraph goes on above.
fn tiles(sheet: Layout<'_>, lines: &[u32]) -> Vec<Span> {
    let mut tiles: Vec<Span> = Vec::with_capacity(lines.len());
    for &line in lines {
        let paragraph = sheet.paragraph_of(line).unwrap_or_default();
        let start = sheet.start_of(line);
        let alone = lines.iter().filter(|line| paragraph.contains(line)).count() == paragraph.len();
        let mut next = line + 1;
        if line + 1 == paragraph.end && alone {
            while (next as usize) < sheet.count() && sheet.is_blank(next) {
                next += 1;
            }
        }
        let end = sheet.start_of(next);
        match tiles.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => tiles.push(Span::new(start, end)),
        }
    }
    tiles
}
