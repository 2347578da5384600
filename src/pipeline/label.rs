//! Chrome labels for the corpus: per site, twice, and once more by the alignment of copies.

use std::borrow::Cow;
use std::sync::Mutex;

use rayon::prelude::*;

use super::corpus::{Corpus, Page as CorpusPage, Pages};
use super::documents::DocumentMatches;
use super::paragraphs::{Occurrence, ParagraphMatches};
use super::sheet::Sheet;
use crate::chrome::{
    Evidence, FamilyKind, Flags, Guarded, Known, Label, Labels, LineLabel, Page, PageLabels, Round, Rules, Scope, Site,
    SiteFacts, Source, SpanFamilies, SpanLabel, Texts, guard, judge_insertion, provisional_bodies,
    trusts_frequency,
};
use crate::config::Config;
use crate::document::Span;
use crate::error::{Error, Result};
use crate::hash::Map;
use crate::matching::align::{Run, align};

/// First labels: pages whose own lines are mostly each other's count once, all others for themselves.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn first(corpus: &mut Corpus, rules: &Rules, config: &Config) -> Result<FirstRound> {
    let pages = BySite::of(corpus);
    let judge = Judge { rules, config, round: Round::First };
    let mut labels = vec![Labels::default(); corpus.documents.len()];
    let found: Vec<(Vec<Judged>, Option<Vec<u32>>)> = pages
        .sites
        .par_iter()
        .map(|documents| {
            let evidence: Vec<&[Evidence]> =
                documents.iter().map(|&document| &*corpus.evidence[document as usize]).collect();
            let bodies = provisional_bodies(&evidence);
            let found = judge.site(corpus, documents, &bodies)?;
            let for_good = found.iter().all(|judged| judged.guarded == Guarded::ForGood);
            Ok((found, for_good.then(|| by_first_page(&bodies))))
        })
        .collect::<Result<_>>()?;
    let mut round = FirstRound { sites: Vec::with_capacity(found.len()), alone: Vec::new() };
    for (site, counted) in found {
        site.into_iter().for_each(|judged| labels[judged.document as usize] = judged.labels);
        round.sites.push(counted);
    }
    let alone: Vec<Judged> =
        pages.alone.par_iter().map(|&document| judge.alone(corpus, document)).collect::<Result<_>>()?;
    for judged in alone {
        round.alone.push(judged.guarded);
        labels[judged.document as usize] = judged.labels;
    }
    corpus.relabel(labels)?;
    Ok(round)
}

/// Labels over distinct bodies: documents that were found to be copies count once. The documents whose labels
/// changed. A site on which the first round counted the same bodies is not judged again.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn again(
    corpus: &mut Corpus,
    round: FirstRound,
    found: &DocumentMatches,
    rules: &Rules,
    config: &Config,
) -> Result<Vec<u32>> {
    let pages = BySite::of(corpus);
    let judge = Judge { rules, config, round: Round::Last };
    let mut body: Vec<u32> = corpus.ids().collect();
    for cluster in &found.clusters {
        cluster.members.iter().for_each(|&(id, _)| body[id as usize] = cluster.representative);
    }
    let sites: Vec<Vec<Judged>> = pages
        .sites
        .par_iter()
        .zip(&round.sites)
        .map(|(documents, counted)| {
            let bodies: Vec<u32> = documents.iter().map(|&document| body[document as usize]).collect();
            if counted.as_ref().is_some_and(|counted| *counted == by_first_page(&bodies)) {
                return Ok(Vec::new());
            }
            judge.site(corpus, documents, &bodies)
        })
        .collect::<Result<_>>()?;
    let for_now = pages.alone.par_iter().zip(&round.alone).filter(|(_, guarded)| **guarded == Guarded::ForNow);
    let alone: Vec<Judged> =
        for_now.map(|(&document, _)| judge.alone(corpus, document)).collect::<Result<_>>()?;
    let mut labels = corpus.labels.clone();
    for judged in sites.into_iter().flatten().chain(alone) {
        labels[judged.document as usize] = judged.labels;
    }
    corpus.relabel(labels)
}

/// What the second round need not do again.
#[derive(Debug)]
pub struct FirstRound {
    /// For each site the bodies that were counted, if that is all that may change.
    sites: Vec<Option<Vec<u32>>>,
    /// For each page of unknown site how its labels were guarded.
    alone: Vec<Guarded>,
}

/// Bodies, each named by its first page.
fn by_first_page(bodies: &[u32]) -> Vec<u32> {
    let mut first: Map<u32, u32> = Map::default();
    (0..).zip(bodies).map(|(page, &body)| *first.entry(body).or_insert(page)).collect()
}

/// The pages of each site, sites in order, and the pages of unknown site.
struct BySite {
    sites: Vec<Vec<u32>>,
    alone: Vec<u32>,
}

impl BySite {
    fn of(corpus: &Corpus) -> Self {
        let mut sites: Vec<Vec<u32>> = vec![Vec::new(); corpus.sites.len()];
        let mut alone = Vec::new();
        for id in corpus.ids() {
            match corpus.documents[id as usize].site {
                Some(site) => sites[site as usize].push(id),
                None => alone.push(id),
            }
        }
        Self { sites, alone }
    }
}

/// The labels of one page.
struct Judged {
    document: u32,
    labels: Labels,
    guarded: Guarded,
}

/// What labels are made by.
#[derive(Clone, Copy)]
struct Judge<'a> {
    rules: &'a Rules,
    config: &'a Config,
    round: Round,
}

impl Judge<'_> {
    /// Labels the pages of one site; `bodies` numbers the bodies of its pages.
    fn site(self, corpus: &Corpus, documents: &[u32], bodies: &[u32]) -> Result<Vec<Judged>> {
        let mut numbers = bodies.to_vec();
        numbers.sort_unstable();
        numbers.dedup();
        let pages: Vec<Page<'_>> = documents
            .iter()
            .zip(bodies)
            .map(|(&document, &body)| Page {
                evidence: &corpus.evidence[document as usize],
                body: numbers.partition_point(|&number| number < body) as u32,
            })
            .collect();
        let site = Site::learn(&pages, self.rules, Scope::Site);
        let facts = SiteFacts { pages: site.pages(), frequency: trusts_frequency(&pages) };
        let (labels, guarded): (Vec<PageLabels>, Vec<Guarded>) =
            pages.par_iter().map(|page| self.page(page, &site, Some(facts))).unzip();
        let texts = SiteTexts::new(corpus, documents);
        let families = if facts.frequency {
            SpanFamilies::learn(&pages, &labels, &texts, self.rules, &self.config.chrome)
        } else {
            SpanFamilies::default()
        };
        let found = (0..documents.len())
            .into_par_iter()
            .map(|at| Judged {
                document: documents[at],
                labels: self.name(at, &pages[at], &labels[at], &families, &texts),
                guarded: guarded[at],
            })
            .collect();
        texts.failure().map_or(Ok(found), Err)
    }

    /// Labels a page of unknown site.
    fn alone(self, corpus: &Corpus, document: u32) -> Result<Judged> {
        let page = Page { evidence: &corpus.evidence[document as usize], body: 0 };
        let site = Site::learn(&[], self.rules, Scope::Unknown);
        let (labels, guarded) = self.page(&page, &site, None);
        let documents = [document];
        let texts = SiteTexts::new(corpus, &documents);
        let labels = self.name(0, &page, &labels, &SpanFamilies::default(), &texts);
        texts.failure().map_or(Ok(Judged { document, labels, guarded }), Err)
    }

    fn page(self, page: &Page<'_>, site: &Site, facts: Option<SiteFacts>) -> (PageLabels, Guarded) {
        let mut found = site.label(page, self.rules, &self.config.chrome);
        let guarded = guard(page.evidence, &mut found.lines, facts, self.round);
        (found, guarded)
    }

    /// The labels as the run keeps them: chrome lines and injected spans, each with what knows it by name.
    fn name(
        self,
        at: usize,
        page: &Page<'_>,
        found: &PageLabels,
        families: &SpanFamilies,
        texts: &SiteTexts<'_>,
    ) -> Labels {
        let mut labels = Labels { left_whole: found.left_whole, ..Labels::default() };
        for (evidence, label) in page.evidence.iter().zip(&found.lines) {
            if let Label::Chrome(reason) = label {
                labels.lines.push(LineLabel {
                    line: evidence.line,
                    known: known(&reason.source, self.rules),
                    pages: reason.pages,
                    confidence: reason.confidence,
                });
            }
        }
        let spans = families.find(at, page, found, texts, self.rules);
        labels.spans = spans
            .into_iter()
            .map(|found| SpanLabel {
                span: found.span,
                known: match found.family.and_then(|family| families.templates.get(family as usize)) {
                    Some((template, _)) => Known::Family(format!("span:{}", template.parts.join("{}"))),
                    None => known(&Source::Rule(found.rule), self.rules),
                },
                pages: found.pages,
                confidence: found.confidence,
            })
            .collect();
        labels
    }
}

/// The texts of a site's pages. A sheet that cannot be read back reads as empty, and the failure is kept.
struct SiteTexts<'a> {
    corpus: &'a Corpus,
    documents: &'a [u32],
    failure: Mutex<Option<Error>>,
}

impl<'a> SiteTexts<'a> {
    fn new(corpus: &'a Corpus, documents: &'a [u32]) -> Self {
        Self { corpus, documents, failure: Mutex::new(None) }
    }

    fn failure(self) -> Option<Error> {
        self.failure.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn sheet(&self, page: usize) -> Option<Cow<'_, Sheet>> {
        match self.corpus.spool.get(self.documents[page]) {
            Ok(sheet) => Some(sheet),
            Err(error) => {
                *self.failure.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(error);
                None
            }
        }
    }
}

impl Texts for SiteTexts<'_> {
    fn text(&self, page: usize) -> Cow<'_, str> {
        match self.sheet(page) {
            Some(Cow::Borrowed(sheet)) => Cow::Borrowed(&sheet.text),
            Some(Cow::Owned(sheet)) => Cow::Owned(sheet.text),
            None => Cow::Borrowed(""),
        }
    }

    fn lines(&self, page: usize) -> Cow<'_, [Span]> {
        match self.sheet(page) {
            Some(Cow::Borrowed(sheet)) => Cow::Borrowed(&sheet.lines),
            Some(Cow::Owned(sheet)) => Cow::Owned(sheet.lines),
            None => Cow::Borrowed(&[]),
        }
    }
}

fn known(source: &Source, rules: &Rules) -> Known {
    match source {
        Source::Rule(id) => Known::Rule(rules.get(*id).map(|rule| rule.name.clone()).unwrap_or_default()),
        Source::Family(kind, key) => {
            let kind = match kind {
                FamilyKind::Repeated => "repeated",
                FamilyKind::Template => "template",
                FamilyKind::Listing => "listing",
                FamilyKind::Shape => return Known::Family("shape".into()),
            };
            Known::Family(format!("{kind}:{key:016x}"))
        }
    }
}

/// Labels spans that stand in one copy of a paragraph and not in another, and look injected. Whether there are any
/// that no rule had found.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn by_alignment(corpus: &mut Corpus, found: &ParagraphMatches, rules: &Rules) -> Result<bool> {
    let spans: Vec<Vec<(u32, SpanLabel)>> = found
        .groups
        .par_iter()
        .map_init(|| Pages::new(corpus), |pages, group| injected(pages, found, group, rules))
        .collect::<Result<_>>()?;
    let mut labels = corpus.labels.clone();
    for (document, label) in spans.into_iter().flatten() {
        let labels = &mut labels[document as usize].spans;
        if labels.iter().all(|known| !known.span.overlaps(label.span)) {
            labels.push(label);
            labels.sort_by_key(|label| label.span);
        }
    }
    Ok(!corpus.relabel(labels)?.is_empty())
}

/// Fewest units of an insertion: a shorter one is an edit.
const INSERTION: u32 = 4;
/// Copies of a paragraph that are laid beside its first.
const COPIES: usize = 64;

/// Lays the different spellings of a paragraph beside the first, and has what only one side has judged.
fn injected(
    pages: &mut Pages<'_>,
    found: &ParagraphMatches,
    group: &[u32],
    rules: &Rules,
) -> Result<Vec<(u32, SpanLabel)>> {
    let mut spans = Vec::new();
    let mut spellings: Vec<&Occurrence> = Vec::new();
    for &at in group {
        let occurrence = &found.occurrences[at as usize];
        if spellings.len() < COPIES && spellings.iter().all(|known| known.key != occurrence.key) {
            spellings.push(occurrence);
        }
    }
    let Some((first, others)) = spellings.split_first() else { return Ok(spans) };
    if others.is_empty() || !spellings.iter().any(|occurrence| may_hold_span(pages.corpus(), occurrence)) {
        return Ok(spans);
    }
    let base = Spelling::new(&*pages.get(first.document)?, first);
    for other in others {
        let copy = Spelling::new(&*pages.get(other.document)?, other);
        let runs = align(&base.units, &copy.units);
        let gaps = |from: fn(&Run) -> u32, len: usize| {
            let starts = std::iter::once(0).chain(runs.iter().map(move |run| from(run) + run.len));
            let ends = runs.iter().map(from).chain([len as u32]);
            starts.zip(ends).filter(|(start, end)| end - start >= INSERTION).collect::<Vec<_>>()
        };
        for (start, end) in gaps(|run| run.a, base.units.len()) {
            let page = pages.get(first.document)?;
            spans.extend(base.judge(&page, start..end, rules).map(|label| (first.document, label)));
        }
        for (start, end) in gaps(|run| run.b, copy.units.len()) {
            let page = pages.get(other.document)?;
            spans.extend(copy.judge(&page, start..end, rules).map(|label| (other.document, label)));
        }
    }
    Ok(spans)
}

/// Whether a line of the paragraph has what every rule of a span asks for.
fn may_hold_span(corpus: &Corpus, occurrence: &Occurrence) -> bool {
    let lines = corpus.contents[occurrence.document as usize].run_lines(&occurrence.run);
    let evidence = &corpus.evidence[occurrence.document as usize];
    lines.iter().any(|content| {
        let at = evidence.partition_point(|line| line.line < content.line);
        evidence.get(at).is_some_and(|line| {
            line.line == content.line
                && [Flags::SPAN, Flags::ANCHOR, Flags::DOMAIN].into_iter().any(|flag| line.flags.has(flag))
        })
    })
}

/// A paragraph's units with the bytes that each came from.
struct Spelling {
    units: Vec<u32>,
    spans: Vec<Span>,
    /// For each line its bytes, and where its units begin.
    lines: Vec<(Span, u32)>,
}

impl Spelling {
    fn new(page: &CorpusPage<'_>, occurrence: &Occurrence) -> Self {
        let mut spelling = Self { units: Vec::new(), spans: Vec::new(), lines: Vec::new() };
        for content in page.content.run_lines(&occurrence.run) {
            spelling.lines.push((page.sheet.lines[content.line as usize], spelling.units.len() as u32));
            page.sheet.line_unit_spans(content.line, &mut spelling.units, &mut spelling.spans);
        }
        spelling
    }

    /// What the rules say of a run of units that the other copy lacks; what goes over a line's end is no insertion.
    fn judge(&self, page: &CorpusPage<'_>, gap: std::ops::Range<u32>, rules: &Rules) -> Option<SpanLabel> {
        let at = self.lines.partition_point(|&(_, first)| first <= gap.start).checked_sub(1)?;
        let (line, first) = self.lines[at];
        let last = self.lines.get(at + 1).map_or(self.units.len() as u32, |&(_, next)| next);
        if gap.end > last {
            return None;
        }
        // What lies between the gap and its neighbours (digits, punctuation) may be part of the insertion.
        let start = if gap.start > first { self.spans[gap.start as usize - 1].end } else { line.start };
        let end = if gap.end < last { self.spans[gap.end as usize].start } else { line.end };
        let text = &page.sheet.text;
        let part = |start: u32, end: u32| text.get(start as usize..end as usize);
        let found =
            judge_insertion(part(start, end)?, part(line.start, start)?, part(end, line.end)?, rules)?;
        Some(SpanLabel {
            span: Span::new(found.span.start + start, found.span.end + start),
            known: Known::Alignment,
            pages: 1,
            confidence: found.confidence,
        })
    }
}
