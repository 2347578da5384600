//! Chrome labels for the corpus: per site, twice, and once more by the alignment of copies.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rayon::prelude::*;

use super::corpus::{Corpus, Page as CorpusPage, Pages};
use super::documents::DocumentMatches;
use super::paragraphs::{Occurrence, ParagraphMatches};
use super::sheet::unit_spans;
use crate::chrome::{
    Draft, Earlier, Evidence, Family, FamilyKind, FamilyName, Guarded, InjectedSpan, Known, Label, Labels,
    LineLabel, Page, PageLabels, Passages, Round, Rules, Scope, SeenPage, Site, SiteFacts, SiteModel, Source,
    SpanFamilies, SpanLabel, Texts, families, guard, judge_insertion, provisional_bodies, span_key,
    trusts_frequency,
};
use crate::config::Config;
use crate::document::Span;
use crate::error::{Error, Result};
use crate::hash::Map;
use crate::matching::align::{Run, align};

/// What labels are made by.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// What is chrome anywhere.
    pub rules: &'a Rules,
    /// Settings.
    pub config: &'a Config,
    /// What is known of sites from an earlier crawl, by their names.
    pub earlier: &'a BTreeMap<String, Earlier>,
}

/// Whether the families of the sites are described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Describe {
    /// Nobody asks.
    Nothing,
    /// For the log of what was removed.
    Families,
}

/// First labels: pages whose own lines are mostly each other's count once, all others for themselves.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn first(corpus: &mut Corpus, judge: Judge<'_>, describe: Describe) -> Result<FirstRound> {
    let pages = BySite::of(corpus);
    let mut labels = vec![Labels::default(); corpus.documents.len()];
    let found: Vec<(Vec<Judged>, Option<SiteRound>)> = pages
        .sites
        .par_iter()
        .map(|documents| {
            let evidence = corpus.evidence_of(documents)?;
            let lines: Vec<&[Evidence]> = evidence.iter().map(|lines| &**lines).collect();
            let bodies = provisional_bodies(&lines);
            judge.site(corpus, documents, (&evidence, &bodies), Round::First, |view| {
                view.guarded
                    .iter()
                    .all(|guarded| *guarded == Guarded::ForGood)
                    .then(|| SiteRound { bodies: by_first_page(&bodies), families: view.described(describe) })
            })
        })
        .collect::<Result<_>>()?;
    let mut round = FirstRound { sites: Vec::with_capacity(found.len()), alone: Vec::new() };
    for (site, counted) in found {
        site.into_iter().for_each(|judged| labels[judged.document as usize] = judged.labels);
        round.sites.push(counted);
    }
    let alone: Vec<Judged> = pages
        .alone
        .par_iter()
        .map(|&document| judge.alone(corpus, document, Round::First))
        .collect::<Result<_>>()?;
    for judged in alone {
        round.alone.push(judged.guarded);
        labels[judged.document as usize] = judged.labels;
    }
    corpus.relabel(labels)?;
    Ok(round)
}

/// What the second labels changed, and what they rest on.
#[derive(Debug)]
pub struct Again {
    /// The documents whose labels changed.
    pub changed: Vec<u32>,
    /// What the chrome of each site has in common, in the order of the sites; empty unless asked for.
    pub families: Vec<Vec<Family>>,
}

/// Labels over distinct bodies: documents that were found to be copies count once. A site on which the first round
/// counted the same bodies is not judged again.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn again(
    corpus: &mut Corpus,
    round: FirstRound,
    found: &DocumentMatches,
    judge: Judge<'_>,
    describe: Describe,
) -> Result<Again> {
    let pages = BySite::of(corpus);
    let body = bodies(corpus, found);
    let sites: Vec<(Vec<Judged>, Vec<Family>)> = pages
        .sites
        .par_iter()
        .zip(round.sites)
        .map(|(documents, counted)| {
            let bodies: Vec<u32> = documents.iter().map(|&document| body[document as usize]).collect();
            match counted {
                Some(counted) if counted.bodies == by_first_page(&bodies) => {
                    Ok((Vec::new(), counted.families))
                }
                _ => {
                    let told = |view: &View<'_>| view.described(describe);
                    let evidence = corpus.evidence_of(documents)?;
                    judge.site(corpus, documents, (&evidence, &bodies), Round::Last, told)
                }
            }
        })
        .collect::<Result<_>>()?;
    let for_now =
        pages.alone.par_iter().zip(&round.alone).filter(|(_, guarded)| **guarded == Guarded::ForNow);
    let alone: Vec<Judged> =
        for_now.map(|(&document, _)| judge.alone(corpus, document, Round::Last)).collect::<Result<_>>()?;
    let mut labels = corpus.labels.clone();
    let mut families = Vec::with_capacity(sites.len());
    for (judged, described) in sites {
        judged.into_iter().for_each(|judged| labels[judged.document as usize] = judged.labels);
        families.push(described);
    }
    alone.into_iter().for_each(|judged| labels[judged.document as usize] = judged.labels);
    let changed = corpus.relabel(labels)?;
    corpus.spool.forget_evidence();
    Ok(Again { changed, families })
}

/// Most families of a site that are described in a model, those on the most pages first.
const FAMILIES: usize = 500;

/// What the sites' pages say of their chrome, for pages to come; the sites that say anything, in order of their names.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn learn(corpus: &Corpus, found: &DocumentMatches, judge: Judge<'_>) -> Result<Vec<SiteModel>> {
    let body = bodies(corpus, found);
    let models: Vec<Option<SiteModel>> = BySite::of(corpus)
        .sites
        .par_iter()
        .zip(&corpus.sites)
        .map(|(documents, name)| {
            let bodies: Vec<u32> = documents.iter().map(|&document| body[document as usize]).collect();
            let told = |view: &View<'_>| {
                // One page has nothing in common with others; of copies nobody knows what is frame and what is text.
                (view.facts.frequency && view.facts.pages >= 2).then(|| {
                    let mut families = view.described(Describe::Families);
                    families.truncate(FAMILIES);
                    SiteModel::new(name, view.site, view.counted, families, view.spans)
                })
            };
            let evidence = corpus.evidence_of(documents)?;
            Ok(judge.site(corpus, documents, (&evidence, &bodies), Round::Last, told)?.1)
        })
        .collect::<Result<_>>()?;
    Ok(models.into_iter().flatten().collect())
}

/// The body of each document: documents that match are one.
fn bodies(corpus: &Corpus, found: &DocumentMatches) -> Vec<u32> {
    let mut body: Vec<u32> = corpus.ids().collect();
    for cluster in &found.clusters {
        cluster.members.iter().for_each(|&(id, _)| body[id as usize] = cluster.representative);
    }
    body
}

/// What the second round need not do again.
#[derive(Debug)]
pub struct FirstRound {
    /// For each site what was counted and found, if only the bodies may change it.
    sites: Vec<Option<SiteRound>>,
    /// For each page of unknown site how its labels were guarded.
    alone: Vec<Guarded>,
}

/// What the first round said of a site.
#[derive(Debug)]
struct SiteRound {
    /// The bodies that were counted.
    bodies: Vec<u32>,
    families: Vec<Family>,
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

/// One site and what was found on its pages.
struct View<'a> {
    site: &'a Site,
    facts: SiteFacts,
    pages: &'a [Page<'a>],
    /// Those that the site was learned from.
    counted: &'a [Page<'a>],
    labels: &'a [PageLabels],
    guarded: &'a [Guarded],
    spans: &'a SpanFamilies,
    passages: &'a [Vec<InjectedSpan>],
    texts: &'a SiteTexts<'a>,
}

impl View<'_> {
    /// What its chrome has in common, if anybody asks.
    fn described(&self, describe: Describe) -> Vec<Family> {
        if describe == Describe::Nothing {
            return Vec::new();
        }
        let found: Vec<InjectedSpan> = self.passages.iter().flatten().cloned().collect();
        let passages = Passages { found: &found, families: self.spans };
        families(self.pages, self.labels, passages, self.texts, self.site)
    }
}

/// Lines of a site that are looked up once, 64 bytes each: those of a larger site are looked up to be counted, and
/// again to be labelled.
const MOST_SEEN: usize = 1 << 18;

impl Judge<'_> {
    /// Labels the pages of one site by the evidence of each, and tells something of it; `bodies` numbers the bodies of
    /// its pages.
    fn site<T>(
        self,
        corpus: &Corpus,
        documents: &[u32],
        (evidence, bodies): (&[Cow<'_, [Evidence]>], &[u32]),
        round: Round,
        tell: impl Fn(&View<'_>) -> T,
    ) -> Result<(Vec<Judged>, T)> {
        let mut numbers = bodies.to_vec();
        numbers.sort_unstable();
        numbers.dedup();
        let pages: Vec<Page<'_>> = evidence
            .iter()
            .zip(bodies)
            .map(|(evidence, &body)| Page {
                evidence,
                body: numbers.partition_point(|&number| number < body) as u32,
            })
            .collect();
        let name = documents.first().and_then(|&document| corpus.documents[document as usize].site);
        let earlier = name.and_then(|site| self.earlier.get(&corpus.sites[site as usize]));
        let trusted = trusts_frequency(&pages);
        // Where only the earlier crawl can be trusted, it speaks alone.
        let counted = if trusted || earlier.is_none() { &pages[..] } else { &[] };
        let (site, mut seen) =
            Site::learn_seen(counted, self.rules, earlier.map(|earlier| &earlier.site), MOST_SEEN);
        seen.resize_with(pages.len(), || None);
        let facts = SiteFacts { pages: site.pages(), frequency: trusted || earlier.is_some() };
        let (labels, guarded): (Vec<PageLabels>, Vec<Guarded>) = pages
            .par_iter()
            .zip(seen)
            .map_init(Draft::default, |draft, (page, seen)| {
                self.page(page, seen, &site, Some(facts), round, draft)
            })
            .unzip();
        let texts = SiteTexts::new(corpus, documents);
        let mut spans = if trusted {
            SpanFamilies::learn(&pages, &labels, &texts, self.rules, &self.config.chrome)
        } else {
            SpanFamilies::default()
        };
        if let Some(earlier) = earlier {
            spans = spans.after(&earlier.spans);
        }
        let passages: Vec<Vec<InjectedSpan>> = (0..documents.len())
            .into_par_iter()
            .map(|at| spans.find(at, &pages[at], &labels[at], &texts, self.rules))
            .collect();
        let found = (0..documents.len())
            .into_par_iter()
            .map(|at| Judged {
                document: documents[at],
                labels: self.name(&pages[at], &labels[at], &spans, &passages[at]),
                guarded: guarded[at],
            })
            .collect();
        let told = tell(&View {
            site: &site,
            facts,
            pages: &pages,
            counted,
            labels: &labels,
            guarded: &guarded,
            spans: &spans,
            passages: &passages,
            texts: &texts,
        });
        texts.failure().map_or(Ok((found, told)), Err)
    }

    /// Labels a page of unknown site.
    fn alone(self, corpus: &Corpus, document: u32, round: Round) -> Result<Judged> {
        let evidence = corpus.spool.evidence(document)?;
        let page = Page { evidence: &evidence, body: 0 };
        let site = Site::learn(&[], self.rules, Scope::Unknown);
        let (labels, guarded) = self.page(&page, None, &site, None, round, &mut Draft::default());
        let documents = [document];
        let texts = SiteTexts::new(corpus, &documents);
        let spans = SpanFamilies::default();
        let passages = spans.find(0, &page, &labels, &texts, self.rules);
        let labels = self.name(&page, &labels, &spans, &passages);
        texts.failure().map_or(Ok(Judged { document, labels, guarded }), Err)
    }

    fn page(
        self,
        page: &Page<'_>,
        seen: Option<SeenPage<'_>>,
        site: &Site,
        facts: Option<SiteFacts>,
        round: Round,
        draft: &mut Draft,
    ) -> (PageLabels, Guarded) {
        let mut found = site.label_seen(page, seen, self.rules, &self.config.chrome, draft);
        let guarded = guard(page.evidence, &mut found.lines, facts, round);
        (found, guarded)
    }

    /// The labels as the run keeps them: chrome lines and injected spans, each with what knows it by name.
    fn name(
        self,
        page: &Page<'_>,
        found: &PageLabels,
        families: &SpanFamilies,
        passages: &[InjectedSpan],
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
        for found in passages {
            let family = found.family.and_then(|family| families.templates.get(family as usize));
            let known = match family {
                Some((template, _)) => {
                    Known::Family(FamilyName { kind: FamilyKind::Span, key: span_key(template) })
                }
                None => known(&Source::Rule(found.rule), self.rules),
            };
            let (pages, confidence) = (found.pages, found.confidence);
            match found.line {
                Some(line) => labels.lines.push(LineLabel { line, known, pages, confidence }),
                None => labels.spans.push(SpanLabel { span: found.span, known, pages, confidence }),
            }
        }
        labels.lines.sort_by_key(|label| label.line);
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
}

impl Texts for SiteTexts<'_> {
    fn page(&self, page: usize) -> (Cow<'_, str>, Cow<'_, [Span]>) {
        let (spool, document) = (&self.corpus.spool, self.documents[page]);
        match spool.text(document).and_then(|text| Ok((text, spool.layout(document)?))) {
            Ok((text, sheet)) => (text, sheet.layout().lines().collect()),
            Err(error) => {
                *self.failure.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(error);
                Default::default()
            }
        }
    }
}

fn known(source: &Source, rules: &Rules) -> Known {
    match source {
        Source::Rule(id) => {
            Known::Rule(rules.get(*id).map_or_else(|| "".into(), |rule| Arc::clone(&rule.name)))
        }
        Source::Family(kind, key) => Known::Family(FamilyName { kind: *kind, key: *key }),
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
        if spellings.len() < COPIES && spellings.iter().all(|known| known.distinct != occurrence.distinct) {
            spellings.push(occurrence);
        }
    }
    let Some((first, others)) = spellings.split_first() else { return Ok(spans) };
    if others.is_empty() || !spellings.iter().any(|occurrence| may_hold_span(pages.corpus(), occurrence)) {
        return Ok(spans);
    }
    let first_holds = may_hold_passage(&pages.get(first.document), first, rules)?;
    let mut base: Option<Spelling> = None;
    for other in others {
        let other_holds = may_hold_passage(&pages.get(other.document), other, rules)?;
        if !first_holds && !other_holds {
            continue;
        }
        let base = match &mut base {
            Some(base) => base,
            none => none.insert(Spelling::new(&pages.get(first.document), first)?),
        };
        let copy = Spelling::new(&pages.get(other.document), other)?;
        let runs = align(&base.units, &copy.units);
        let gaps = |from: fn(&Run) -> u32, len: usize| {
            let starts = std::iter::once(0).chain(runs.iter().map(move |run| from(run) + run.len));
            let ends = runs.iter().map(from).chain([len as u32]);
            starts.zip(ends).filter(|(start, end)| end - start >= INSERTION).collect::<Vec<_>>()
        };
        if first_holds {
            let page = pages.get(first.document);
            let text = page.text()?;
            let gaps = gaps(|run| run.a, base.units.len());
            let found = gaps.into_iter().filter_map(|(start, end)| base.judge(text, start..end, rules));
            spans.extend(found.map(|label| (first.document, label)));
        }
        if other_holds {
            let page = pages.get(other.document);
            let text = page.text()?;
            let gaps = gaps(|run| run.b, copy.units.len());
            let found = gaps.into_iter().filter_map(|(start, end)| copy.judge(text, start..end, rules));
            spans.extend(found.map(|label| (other.document, label)));
        }
    }
    Ok(spans)
}

/// Whether a line of the paragraph may hold a span.
fn may_hold_span(corpus: &Corpus, occurrence: &Occurrence) -> bool {
    let lines = corpus.contents[occurrence.document as usize].run_lines(&occurrence.run);
    let calls = &corpus.calls[occurrence.document as usize];
    lines.iter().any(|content| calls.binary_search(&content.line).is_ok())
}

/// Whether a rule may know a passage in a line of the paragraph.
fn may_hold_passage(page: &CorpusPage<'_>, occurrence: &Occurrence, rules: &Rules) -> Result<bool> {
    let (text, layout) = (page.text()?, page.layout()?);
    let mut lines = page.content.run_lines(&occurrence.run).iter().map(|content| layout.line(content.line));
    Ok(lines.any(|line| rules.may_hold_span(&text[line.range()])))
}

/// A paragraph's units with the bytes that each came from.
struct Spelling {
    units: Vec<u32>,
    spans: Vec<Span>,
    /// For each line its bytes, and where its units begin.
    lines: Vec<(Span, u32)>,
}

impl Spelling {
    fn new(page: &CorpusPage<'_>, occurrence: &Occurrence) -> Result<Self> {
        let (text, layout) = (page.text()?, page.layout()?);
        let mut spelling = Self { units: Vec::new(), spans: Vec::new(), lines: Vec::new() };
        for content in page.content.run_lines(&occurrence.run) {
            let line = layout.line(content.line);
            spelling.lines.push((line, spelling.units.len() as u32));
            unit_spans(text, line, &mut spelling.units, &mut spelling.spans);
        }
        Ok(spelling)
    }

    /// What the rules say of a run of units that the other copy lacks; what goes over a line's end is no insertion.
    fn judge(&self, text: &str, gap: std::ops::Range<u32>, rules: &Rules) -> Option<SpanLabel> {
        let at = self.lines.partition_point(|&(_, first)| first <= gap.start).checked_sub(1)?;
        let (line, first) = self.lines[at];
        let last = self.lines.get(at + 1).map_or(self.units.len() as u32, |&(_, next)| next);
        if gap.end > last {
            return None;
        }
        // What lies between the gap and its neighbours (digits, punctuation) may be part of the insertion.
        let start = if gap.start > first { self.spans[gap.start as usize - 1].end } else { line.start };
        let end = if gap.end < last { self.spans[gap.end as usize].start } else { line.end };
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
