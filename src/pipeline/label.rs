//! Chrome labels for the corpus: per site, twice, and once more by the alignment of copies.

use rayon::prelude::*;

use super::corpus::{Corpus, Page as CorpusPage, Pages};
use super::documents::DocumentMatches;
use super::paragraphs::{Occurrence, ParagraphMatches};
use crate::chrome::{
    Evidence, FamilyKind, Flags, Known, Label, Labels, LineLabel, Page, Rules, Scope, Site, Source, SpanLabel,
    judge_insertion, provisional_bodies,
};
use crate::config::Config;
use crate::document::Span;
use crate::error::Result;
use crate::matching::align::{Run, align};

/// First labels: pages whose own lines are mostly each other's count once, all others for themselves.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn first(corpus: &mut Corpus, rules: &Rules, config: &Config) -> Result<()> {
    let labels = label(corpus, rules, config, |_, evidence| provisional_bodies(evidence))?;
    corpus.labels = labels;
    Ok(())
}

/// Labels over distinct bodies: documents that were found to be copies count once. Whether any label changed.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn again(corpus: &mut Corpus, found: &DocumentMatches, rules: &Rules, config: &Config) -> Result<bool> {
    let mut body: Vec<u32> = corpus.ids().collect();
    for cluster in &found.clusters {
        cluster.members.iter().for_each(|&(id, _)| body[id as usize] = cluster.representative);
    }
    let labels = label(corpus, rules, config, |documents, _| {
        documents.iter().map(|&document| body[document as usize]).collect()
    })?;
    let changed = labels != corpus.labels;
    corpus.labels = labels;
    Ok(changed)
}

/// Labels every site on its own; `bodies` numbers the bodies of a site's pages.
fn label(
    corpus: &Corpus,
    rules: &Rules,
    config: &Config,
    bodies: impl Fn(&[u32], &[&[Evidence]]) -> Vec<u32> + Sync,
) -> Result<Vec<Labels>> {
    let mut by_site: Vec<(u32, u32)> = corpus
        .ids()
        .filter_map(|id| Some((corpus.documents[id as usize].site?, id)))
        .collect();
    by_site.sort_unstable();
    let mut labels = vec![Labels::default(); corpus.documents.len()];
    let sites: Vec<Vec<u32>> = by_site
        .chunk_by(|a, b| a.0 == b.0)
        .map(|pages| pages.iter().map(|&(_, id)| id).collect())
        .collect();
    let known: Vec<Vec<(u32, Labels)>> = sites
        .par_iter()
        .map(|documents| {
            let evidence: Vec<&[Evidence]> =
                documents.iter().map(|&document| &*corpus.evidence[document as usize]).collect();
            let bodies = bodies(documents, &evidence);
            let pages: Vec<Page<'_>> =
                evidence.iter().zip(bodies).map(|(evidence, body)| Page { evidence, body }).collect();
            let site = Site::learn(&pages, rules, Scope::Site);
            documents
                .par_iter()
                .zip(&pages)
                .map(|(&document, page)| Ok((document, page_labels(corpus, document, &site, page, rules, config)?)))
                .collect::<Result<_>>()
        })
        .collect::<Result<_>>()?;
    for (document, found) in known.into_iter().flatten() {
        labels[document as usize] = found;
    }
    let nowhere = Site::learn(&[], rules, Scope::Unknown);
    let unknown: Vec<u32> = corpus.ids().filter(|&id| corpus.documents[id as usize].site.is_none()).collect();
    let alone: Vec<(u32, Labels)> = unknown
        .into_par_iter()
        .map(|document| {
            let page = Page { evidence: &corpus.evidence[document as usize], body: document };
            Ok((document, page_labels(corpus, document, &nowhere, &page, rules, config)?))
        })
        .collect::<Result<_>>()?;
    for (document, found) in alone {
        labels[document as usize] = found;
    }
    Ok(labels)
}

fn page_labels(
    corpus: &Corpus,
    document: u32,
    site: &Site,
    page: &Page<'_>,
    rules: &Rules,
    config: &Config,
) -> Result<Labels> {
    let found = site.label(page, rules, &config.chrome);
    let mut labels = Labels { left_whole: found.left_whole, ..Labels::default() };
    for (evidence, label) in page.evidence.iter().zip(&found.lines) {
        match label {
            Label::Chrome(reason) => labels.lines.push(LineLabel {
                line: evidence.line,
                known: known(&reason.source, rules),
                pages: reason.pages,
                confidence: reason.confidence,
            }),
            Label::Content if evidence.flags.has(Flags::SPAN) => {
                let sheet = corpus.spool.get(document)?;
                let at = sheet.lines[evidence.line as usize].start;
                for (rule, span) in rules.spans(sheet.line(evidence.line)) {
                    labels.spans.push(SpanLabel {
                        span: Span::new(span.start + at, span.end + at),
                        known: Known::Rule(rules.get(rule).map(|rule| rule.name.clone()).unwrap_or_default()),
                        pages: 1,
                        confidence: rules.get(rule).map_or(0.5, |rule| rule.confidence),
                    });
                }
            }
            Label::Content => {}
        }
    }
    Ok(labels)
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
    let mut any = false;
    for (document, label) in spans.into_iter().flatten() {
        let labels = &mut corpus.labels[document as usize].spans;
        if labels.iter().all(|known| !known.span.overlaps(label.span)) {
            labels.push(label);
            labels.sort_by_key(|label| label.span);
            any = true;
        }
    }
    Ok(any)
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
    if others.is_empty() {
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
        let found = judge_insertion(part(start, end)?, part(line.start, start)?, part(end, line.end)?, rules)?;
        Some(SpanLabel {
            span: Span::new(found.span.start + start, found.span.end + start),
            known: Known::Alignment,
            pages: 1,
            confidence: found.confidence,
        })
    }
}
