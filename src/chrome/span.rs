//! Passages injected into lines of text: found by rule, or by what the pages of a site have in common.
//!
//! In go the pages of a site with their labels, out come the exact bytes of injected passages. A passage that no rule
//! knows is found by repetition: passages of many pages that begin at the same few characters after a sentence's end
//! are laid over each other, and what they share becomes a [`Template`] with slots. It is chrome only if it calls for
//! something that only a site asks (an anchor: a host name, “click here”, “关注公众号”), has enough fixed text, and
//! stands in different surroundings. Only beginnings of clauses are counted, a tenth of all positions, and pages are
//! then searched for the templates' first parts.

use std::borrow::Cow;

use crate::config::ChromeConfig;
use crate::document::Span;

use super::clauses::{clauses, is_boundary, meeting_key};
use super::firsts::Firsts;
use super::rule::{RuleId, RuleKind};
use super::rules::Rules;
use super::shape::Flags;
use super::site::{Page, PageLabels};
use super::slots::{Template, open_slot, prefix};
use super::tables::Tables;

/// Most pages whose text is read to learn templates.
const SAMPLE: usize = 256;
/// Text after a clause's beginning that may belong to a passage, in characters.
const REACH: usize = 90;
/// Most phrases that go into a file.
const PHRASES: usize = 500;
/// Least fixed text of a template in characters; Han characters count double.
const FIXED: usize = 12;
/// Least share of a template's passages that stand in surroundings of their own.
const VARIED: f32 = 0.6;

/// Access to the text of a site's pages; called for the sampled pages, and for pages that a span may stand on.
pub trait Texts {
    /// Text of a page, by its index among the site's pages, and all lines of that text in order, blank ones included,
    /// terminators excluded.
    fn page(&self, page: usize) -> (Cow<'_, str>, Cow<'_, [Span]>);
}

/// A passage inside a line of content that is chrome.
#[derive(Clone, Debug, PartialEq)]
pub struct InjectedSpan {
    /// Index of the page among the site's pages.
    pub page: u32,
    /// Its bytes in the page's text.
    pub span: Span,
    /// The number of its line, where it is all of it.
    pub line: Option<u32>,
    /// The rule that knows it, or 0.
    pub rule: RuleId,
    /// The template that found it, where no rule did: an index into [`SpanFamilies::templates`].
    pub family: Option<u32>,
    /// Distinct pages of the site on which the template or rule was seen.
    pub pages: u32,
    /// How sure it is (0 to 1).
    pub confidence: f32,
}

/// Templates of injected passages of a site (or, learned over pages of many sites, of a network of them).
#[derive(Debug, Default)]
pub struct SpanFamilies {
    /// The templates with the pages they were seen on, in order of their first parts.
    pub templates: Vec<(Template, u32)>,
    /// What follows open rules and templates on the sampled pages, and the chrome lines of those pages: what open
    /// slots are compared with.
    continuations: Vec<String>,
    known: Vec<String>,
    firsts: Firsts,
}

/// Finds injected passages on all pages of a site: [`SpanFamilies::learn`], then [`SpanFamilies::find`] on each.
pub fn find_spans(
    pages: &[Page],
    labels: &[PageLabels],
    texts: &dyn Texts,
    rules: &Rules,
    config: &ChromeConfig,
) -> Vec<InjectedSpan> {
    let families = SpanFamilies::learn(pages, labels, texts, rules, config);
    (0..pages.len()).flat_map(|page| families.find(page, &pages[page], &labels[page], texts, rules)).collect()
}

/// Lines of a page with their labels.
fn content_lines<'a>(page: &'a Page, labels: &'a PageLabels) -> impl Iterator<Item = (usize, Flags)> + 'a {
    page.evidence
        .iter()
        .zip(&labels.lines)
        .filter(|(_, label)| !label.is_chrome())
        .map(|(line, _)| (line.line as usize, line.flags))
}

/// Where a clause begins on a sampled page, and where its line ends, in bytes of the text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Beginning {
    key: u64,
    page: u32,
    start: u32,
    end: u32,
}

impl Beginning {
    /// The text from the clause to the line's end.
    fn text<'a>(&self, sample: &'a [(Cow<str>, u32)]) -> &'a str {
        &sample[self.page as usize].0[self.start as usize..self.end as usize]
    }
}

/// Leaves out the beginnings that fewer than `least` have, and that so never meet enough others: nearly all, told by
/// counts of a few bits of their keys, so that few are sorted.
fn keep_frequent(beginnings: &mut Vec<Beginning>, least: u32) {
    let bits = 1 + beginnings.len().max(32).ilog2();
    let slot = |beginning: &Beginning| (beginning.key >> (64 - bits)) as usize;
    let mut counts: Vec<u32> = vec![0; 1 << bits];
    beginnings.iter().for_each(|beginning| counts[slot(beginning)] += 1);
    beginnings.retain(|beginning| counts[slot(beginning)] >= least);
}

/// Whether a line may hold a passage of a template: all of them call for something.
fn anchored(flags: Flags) -> bool {
    flags.has(Flags::ANCHOR) || flags.has(Flags::DOMAIN)
}

impl SpanFamilies {
    /// Learns templates from at most 256 pages, chosen by their content.
    pub fn learn(
        pages: &[Page],
        labels: &[PageLabels],
        texts: &dyn Texts,
        rules: &Rules,
        config: &ChromeConfig,
    ) -> SpanFamilies {
        let mut families = SpanFamilies::default();
        let mut beginnings: Vec<Beginning> = Vec::new();
        let mut sample: Vec<(Cow<str>, u32)> = Vec::new();
        let sampled: Vec<(usize, u32)> = Tables::sampled(pages, SAMPLE).collect();
        for &(number, body) in &sampled {
            let calling =
                || content_lines(&pages[number], &labels[number]).filter(|(_, flags)| flags.calls());
            if calling().next().is_none() {
                continue;
            }
            let (text, lines) = texts.page(number);
            for (line, flags) in calling() {
                let span = lines[line];
                let content = &text[span.range()];
                if anchored(flags) {
                    let page = sample.len() as u32;
                    beginnings.extend(clauses(content).filter_map(|at| {
                        let key = meeting_key(&content[at..])?;
                        Some(Beginning { key, page, start: span.start + at as u32, end: span.end })
                    }));
                }
                if flags.has(Flags::SPAN) {
                    for (rule, found) in rules.spans(content) {
                        if rules.get(rule).is_some_and(|rule| rule.open) {
                            families
                                .continuations
                                .push(prefix(&content[found.end as usize..], REACH / 4).to_string());
                        }
                    }
                }
            }
            sample.push((text, body));
        }
        if !families.continuations.is_empty() {
            for &(number, _) in &sampled {
                let labelled = pages[number].evidence.iter().zip(&labels[number].lines);
                let mut chrome = labelled.filter(|(_, label)| label.is_chrome()).peekable();
                if chrome.peek().is_some() {
                    let (text, lines) = texts.page(number);
                    let line = |line: u32| text[lines[line as usize].range()].to_string();
                    families.known.extend(chrome.map(|(evidence, _)| line(evidence.line)));
                }
            }
        }
        families.continuations.sort_unstable();
        let bodies = sampled.iter().map(|&(_, body)| body).max().unwrap_or(0);
        let least = config.min_pages.max((config.min_share / 2.0 * f64::from(bodies)).ceil() as u32);
        keep_frequent(&mut beginnings, least);
        beginnings.sort_unstable();
        for group in beginnings.chunk_by(|a, b| a.key == b.key).filter(|group| group.len() >= least as usize)
        {
            families.templates.extend(template(group, &sample, rules, least));
        }
        families.settled()
    }

    /// Templates and phrases of what was learned before.
    pub(crate) fn from_parts(templates: Vec<(Template, u32)>, phrases: Vec<String>) -> SpanFamilies {
        SpanFamilies { templates, known: phrases, ..SpanFamilies::default() }.settled()
    }

    /// These and what an earlier crawl of the site knew.
    pub fn after(mut self, earlier: &SpanFamilies) -> SpanFamilies {
        self.templates.extend(earlier.templates.iter().cloned());
        self.known.extend(earlier.known.iter().cloned());
        self.settled()
    }

    /// In order, each once, ready to be searched for.
    fn settled(mut self) -> SpanFamilies {
        self.known.sort_unstable();
        self.known.dedup();
        self.templates.sort_by(|a, b| a.0.parts.cmp(&b.0.parts).then(b.1.cmp(&a.1)));
        self.templates.dedup_by(|a, b| a.0.parts == b.0.parts);
        self.firsts = Firsts::new(self.templates.iter().map(|(template, _)| template.parts[0].as_str()));
        self
    }

    /// What open slots are compared with, the shortest first: enough for new pages, few enough for a file.
    pub(crate) fn phrases(&self) -> Vec<String> {
        let mut phrases: Vec<String> = self
            .known
            .iter()
            .chain(
                self.continuations.chunk_by(|a, b| a == b).filter(|same| same.len() > 1).map(|same| &same[0]),
            )
            .filter(|phrase| phrase.chars().count() <= REACH)
            .cloned()
            .collect();
        phrases.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        phrases.dedup();
        phrases.truncate(PHRASES);
        phrases
    }

    /// Injected passages of one page, in order, not overlapping.
    pub fn find(
        &self,
        number: usize,
        page: &Page,
        labels: &PageLabels,
        texts: &dyn Texts,
        rules: &Rules,
    ) -> Vec<InjectedSpan> {
        let any_rule = content_lines(page, labels).any(|(_, flags)| flags.has(Flags::SPAN));
        // A page that the labels would have emptied is left alone by what only the site's other pages say.
        let firsts = Some(&self.firsts).filter(|firsts| !firsts.is_empty() && !labels.left_whole);
        let any_anchor = firsts.is_some() && content_lines(page, labels).any(|(_, flags)| anchored(flags));
        if !any_rule && !any_anchor {
            return Vec::new();
        }
        let (text, lines) = texts.page(number);
        let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
        let mut found: Vec<InjectedSpan> = Vec::new();
        for (line, flags) in content_lines(page, labels) {
            let whole = lines[line];
            let content = &text[whole.range()];
            let mut add = |span: Span, rule: RuleId, family: Option<u32>, pages: u32, confidence: f32| {
                let around = [&content[..span.start as usize], &content[span.end as usize..]];
                let is_all = around.iter().all(|text| text.trim().is_empty());
                let span = with_space(content, span);
                let span = Span::new(whole.start + span.start, whole.start + span.end);
                let line = is_all.then_some(line as u32);
                found.push(InjectedSpan { page: number as u32, span, line, rule, family, pages, confidence });
            };
            if flags.has(Flags::SPAN) {
                for (id, mut span) in rules.spans(content) {
                    let Some(rule) = rules.get(id) else { continue };
                    if rule.open {
                        span.end += self.slot(&content[span.end as usize..], &known) as u32;
                    }
                    add(span, id, None, 1, rule.confidence);
                }
            }
            let Some(firsts) = firsts.filter(|_| anchored(flags)) else { continue };
            for (start, number) in firsts.find(content) {
                let (template, pages) = &self.templates[number];
                let Some(len) = template.covers(&content[start..]) else { continue };
                let end = start + len;
                // At least one end of an injected passage is an end of the text around it.
                let ends = content[end..].trim_start().is_empty();
                if ends || is_boundary(content, start) {
                    let family = Some(number as u32);
                    add(Span::new(start as u32, end as u32), 0, family, *pages, 0.8);
                }
            }
        }
        settle(found)
    }

    /// Bytes of the open slot at the beginning of `rest`.
    fn slot(&self, rest: &str, known: &[&str]) -> usize {
        let window = prefix(rest, REACH / 4);
        // The line's own continuation is among those that were learned: it speaks once for itself.
        let mut own = 0;
        let others: Vec<&str> = self
            .continuations
            .iter()
            .map(String::as_str)
            .filter(|other| {
                own += usize::from(*other == window);
                *other != window || own > 1
            })
            .collect();
        open_slot(window, &others, known)
    }
}

/// Keeps the longest of passages that overlap; those of rules before those of families of the same length.
fn settle(mut found: Vec<InjectedSpan>) -> Vec<InjectedSpan> {
    found.sort_by_key(|span| (std::cmp::Reverse(span.span.len()), span.rule == 0, span.span.start));
    let mut kept: Vec<InjectedSpan> = Vec::new();
    for span in found {
        if !kept.iter().any(|other| other.span.overlaps(span.span)) {
            kept.push(span);
        }
    }
    kept.sort_by_key(|span| span.span);
    kept
}

/// A space on one side goes with the passage where the other side has one too, or is the line's end.
fn with_space(line: &str, span: Span) -> Span {
    let (before, after) = (&line[..span.start as usize], &line[span.end as usize..]);
    if before.ends_with(' ') && (after.is_empty() || after.starts_with(' ')) {
        Span::new(span.start - 1, span.end)
    } else if after.starts_with(' ') && before.is_empty() {
        Span::new(span.start, span.end + 1)
    } else {
        span
    }
}

/// The template of passages that begin alike, with the distinct pages it stands on, if it is chrome.
fn template(
    places: &[Beginning],
    sample: &[(Cow<str>, u32)],
    rules: &Rules,
    least: u32,
) -> Option<(Template, u32)> {
    let pages_of = |places: &mut dyn Iterator<Item = u32>| {
        let mut bodies: Vec<u32> = places.map(|page| sample[page as usize].1).collect();
        bodies.sort_unstable();
        bodies.dedup();
        bodies.len() as u32
    };
    if pages_of(&mut places.iter().map(|place| place.page)) < least {
        return None;
    }
    let mut texts: Vec<&str> = places.iter().map(|place| prefix(place.text(sample), REACH)).collect();
    // What the parts of a template have, every text that fits it has: what `calls` looks for too.
    if texts.iter().filter(|text| rules.may_call(text)).take(least as usize).count() < least as usize {
        return None;
    }
    texts.sort_unstable();
    let mut template = Template::of(&texts, least as usize)?;
    while let Some(last) = template.parts.last_mut() {
        // A fixed part ends with a sign of its own or a letter, never with what the next clause begins with.
        let trimmed = last.trim_end_matches([' ', '，', ',', '、', '“', '"', '（', '(']);
        if !trimmed.is_empty() {
            last.truncate(trimmed.len());
            break;
        }
        template.parts.pop();
    }
    let fixed: usize =
        template.parts.iter().flat_map(|part| part.chars()).map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    if template.parts.is_empty() || fixed < FIXED || !calls(&template.parts, rules) {
        return None;
    }
    // Passages that fit, and what stands right before and after each.
    let mut around: Vec<(Option<char>, Option<char>)> = Vec::new();
    let mut pages: Vec<u32> = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for place in places {
        let text = &sample[place.page as usize].0;
        let passage = place.text(sample);
        if let Some(len) = template.covers(passage) {
            around.push((text[..place.start as usize].chars().next_back(), passage[len..].chars().next()));
            pages.push(place.page);
            lines.push(&passage[len..]);
        }
    }
    let count = pages_of(&mut pages.iter().copied());
    if count < least {
        return None;
    }
    // Content goes on after a passage, differently each time, or the line ends there.
    let ended = around.iter().filter(|(_, after)| after.is_none()).count();
    lines.retain(|rest| !rest.is_empty());
    let going = lines.len();
    lines.sort_unstable();
    lines.dedup();
    let varied = ended as f32 + (lines.len() as f32) / (going.max(1) as f32) * going as f32;
    (varied >= VARIED * around.len() as f32).then_some((template, count))
}

/// Whether fixed text calls for what only a site asks: two different anchors, a host name and one, or a host name
/// in brackets.
fn calls(parts: &[String], rules: &Rules) -> bool {
    let text = parts.concat().to_lowercase();
    let called = rules.called(&text);
    let named = called.host && parts[0].starts_with(['[', '【', '『', '「', '(', '（']);
    if !named && called.anchors < if called.host { 1 } else { 2 } {
        return false;
    }
    // A bare address is what many texts hold; what injects one says something with it.
    let said = text.split_whitespace().filter(|word| !word.contains("//") && !word.starts_with("www."));
    let letters = said.flat_map(str::chars).filter(|c| c.is_alphabetic());
    letters.map(|c| if c.is_ascii() { 1 } else { 3 }).sum::<usize>() >= 14
}

/// What a rule says about text that only one copy has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Insertion {
    /// The injected part, in bytes of the inserted text.
    pub span: Span,
    /// The rule that knows it.
    pub rule: RuleId,
    /// How sure it is (0 to 1).
    pub confidence: f32,
}

/// Whether text that stands in one copy of a paragraph, between `before` and `after`, and not in the other copies,
/// looks injected; trimmed to the injected part. An alignment may give or take characters that both sides share, so
/// the rules see what stands around it too; the part that is returned lies inside `inserted`.
///
/// ```
/// use dechaff::chrome::{Rules, judge_insertion};
/// let found = judge_insertion("请登录该网站查看更多资讯88.abcd.com", "完工。", "", &Rules::built_in());
/// assert_eq!(found.map(|found| found.span.range()), Some(0..47));
/// assert!(judge_insertion("并且取得成效", "完工", "。", &Rules::built_in()).is_none());
/// ```
pub fn judge_insertion(inserted: &str, before: &str, after: &str, rules: &Rules) -> Option<Insertion> {
    let before = last(before, 16);
    let context = [before, inserted, prefix(after, 16)].concat();
    let start = before.len() as u32;
    let end = start + inserted.len() as u32;
    rules
        .spans(&context)
        .into_iter()
        .filter(|(_, span)| span.start >= start && span.end <= end)
        .max_by_key(|&(id, span)| (span.len(), std::cmp::Reverse(id)))
        .map(|(rule, span)| Insertion {
            span: Span::new(span.start - start, span.end - start),
            rule,
            confidence: rules
                .get(rule)
                .filter(|rule| rule.kind == RuleKind::Span)
                .map_or(0.5, |rule| rule.confidence),
        })
}

fn last(text: &str, chars: usize) -> &str {
    let start = text.char_indices().rev().nth(chars.saturating_sub(1)).map_or(0, |(at, _)| at);
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frequent_beginnings_are_kept(keys in prop::collection::vec(0u64..40, 0..120), least in 1u32..6) {
            let key = |key: u64| key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let all = (0..).zip(&keys).map(|(page, &of)| Beginning { key: key(of), page, start: 0, end: 0 });
            let mut kept: Vec<Beginning> = all.clone().collect();
            keep_frequent(&mut kept, least);
            let count = |of: u64| keys.iter().filter(|&&other| key(other) == of).count() as u32;
            for beginning in all {
                prop_assert!(count(beginning.key) < least || kept.contains(&beginning));
            }
        }
    }
}
