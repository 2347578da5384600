//! Labels that say too much for what is known: they are taken back.
//!
//! A line's shape, or its place, is evidence only on a page that has chrome beyond doubt: lines that a rule knows, that
//! many pages repeat, or that the markup tells (links, what is called a footer). A text that has none (an abstract, a
//! poem, a record of some archive) loses nothing by the look of its lines. Frequency is evidence only where a frame
//! stands around something: lines that most pages share are the site's if a rule knows some of them, or if the pages
//! have text of their own besides; a crawl of many copies of one page has neither. A page keeps its headline. And before
//! copies are known, a page whose prose is repeated on a minority of the site's pages may be a copy of theirs, so that
//! prose stays until the bodies are counted.

use super::areas::{length, weight};
use super::evidence::Evidence;
use super::outline::is_marked;
use super::rule::RuleId;
use super::site::{FamilyKind, Label, Page, Reason, Source};
use crate::hash::Map;

/// Which labels are being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Copies are not known yet.
    First,
    /// Copies count once.
    Last,
}

/// What a guard asks of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteFacts {
    /// Its distinct pages.
    pub pages: u32,
    /// [`trusts_frequency`] of its pages.
    pub frequency: bool,
}

/// Lines that must be chrome beyond doubt for the look of others to count.
const SURE_LINES: usize = 3;
/// Pages that repeat a line beyond doubt.
const SURE_PAGES: u32 = 3;
/// Share of a site's pages from which a repeated line is no article's.
const FRAME: f32 = 0.5;
/// Share of a page's prose outside the frame that may be taken for chrome while copies are not known.
const PROSE: f32 = 0.4;

/// Share of its pages on which a line of a site's frame stands.
const COMMON: f32 = 0.3;
/// Lines of the frame that a rule must know.
const KNOWN_LINES: usize = 3;
/// Share of its units that the page in the middle must have for itself, else.
const OWN: f64 = 0.25;

/// Whether the frequency of lines says anything about a site. The same for any order of the pages.
pub fn trusts_frequency(pages: &[Page<'_>]) -> bool {
    // Pages of one body after each other, so that copies of one article count once.
    let mut order: Vec<&Page<'_>> = pages.iter().collect();
    order.sort_unstable_by_key(|page| page.body);
    let bodies = order.chunk_by(|a, b| a.body == b.body).count();
    has_known_frame(&order, bodies) || has_own_text(&order)
}

/// On how many bodies a template stands, counted over pages in the order of their bodies. Where some of a body's
/// lines with it are known to a rule and others are not, it counts twice.
#[derive(Clone, Copy, Default)]
struct Bodies {
    count: u32,
    last: [Option<u32>; 2],
}

impl Bodies {
    fn add(&mut self, body: u32, line: &Evidence) {
        let last = &mut self.last[usize::from(line.rule != 0)];
        self.count += u32::from(*last != Some(body));
        *last = Some(body);
    }
}

/// Whether rules know some of the lines that many of the bodies share.
fn has_known_frame(order: &[&Page<'_>], bodies: usize) -> bool {
    let lines = || order.iter().flat_map(|page| page.evidence.iter().map(|line| (page.body, line)));
    let known = lines().filter(|(_, line)| line.rule != 0);
    let mut counts: Map<u64, Bodies> = known.map(|(_, line)| (line.template, Bodies::default())).collect();
    if counts.len() < KNOWN_LINES {
        return false;
    }
    for (body, line) in lines() {
        if let Some(found) = counts.get_mut(&line.template) {
            found.add(body, line);
        }
    }
    let common = |found: &&Bodies| found.count >= 2 && found.count as f32 >= COMMON * bodies as f32;
    counts.values().filter(common).count() >= KNOWN_LINES
}

/// Whether the page in the middle has text that no other body has.
fn has_own_text(order: &[&Page<'_>]) -> bool {
    let lines: usize = order.iter().map(|page| page.evidence.len()).sum();
    // Half of a site's lines stand on one page.
    let mut places: Map<u64, u32> = Map::with_capacity_and_hasher(lines / 2, Default::default());
    let mut counts: Vec<Bodies> = Vec::with_capacity(lines / 2);
    let mut counted: Vec<u32> = Vec::with_capacity(lines);
    for page in order {
        for line in page.evidence {
            let next = counts.len() as u32;
            let place = *places.entry(line.template).or_insert(next);
            if place == next {
                counts.push(Bodies::default());
            }
            counts[place as usize].add(page.body, line);
            counted.push(place);
        }
    }
    let mut counted = counted.into_iter();
    let mut own: Vec<f64> = order
        .iter()
        .map(|page| {
            let (mut own, mut all) = (0u64, 0u64);
            for (line, place) in page.evidence.iter().zip(&mut counted) {
                let units = u64::from(line.units);
                all += units;
                own += if counts[place as usize].count < 2 { units } else { 0 };
            }
            own as f64 / all.max(1) as f64
        })
        .collect();
    own.sort_by(f64::total_cmp);
    own.get(own.len() / 2).is_some_and(|&share| share >= OWN)
}

/// Lines of a byline, a date, a row of buttons that may stand between a headline and its text.
const BETWEEN: usize = 4;
/// Units of a headline.
const HEADLINE: std::ops::RangeInclusive<u16> = 4..=60;

/// Gives the page its headline back: the one line of its own right above its first text, where only its place or its
/// look made it chrome.
fn keep_headline(evidence: &[Evidence], labels: &mut [Label]) {
    let Some(text) = labels.iter().position(|label| !label.is_chrome()) else { return };
    for at in (text.saturating_sub(BETWEEN)..text).rev() {
        let Label::Chrome(reason) = labels[at] else { return };
        match reason.source {
            Source::Family(FamilyKind::Listing | FamilyKind::Shape, _) => {
                // Teasers stand in lists; a headline stands alone.
                let alone = at == 0 || !is_look(&labels[at - 1]);
                if alone && HEADLINE.contains(&evidence[at].units) {
                    labels[at] = Label::Content;
                }
                return;
            }
            Source::Family(..) | Source::Rule(_) => {}
        }
    }
}

/// Share of its units that a page has left of which the labels can be true.
const LEFT: f64 = 0.1;
/// Share of a site's pages on which a line stands that even a page with nothing else may lose.
const EVERYWHERE: f32 = 0.6;

/// Whether the other round would say the same of a page that counts the same bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarded {
    /// It would.
    ForGood,
    /// The first round kept prose that the last one may take.
    ForNow,
}

/// Takes back what says too much. `site` is what is known of the site, `None` for a page of unknown site.
pub fn guard(evidence: &[Evidence], labels: &mut [Label], site: Option<SiteFacts>, round: Round) -> Guarded {
    let site_pages = site.map_or(0, |site| site.pages);
    if site.is_some_and(|site| !site.frequency) {
        labels.iter_mut().filter(|label| !is_rule(label)).for_each(|label| *label = Label::Content);
    }
    let marked = |line: &Evidence, label: &Label| label.is_chrome() && is_marked(line);
    let sure =
        evidence.iter().zip(&*labels).filter(|(line, label)| is_sure(label) || marked(line, label)).count();
    if sure < SURE_LINES {
        labels.iter_mut().filter(|label| !is_sure(label)).for_each(|label| *label = Label::Content);
    }
    keep_lists(evidence, labels);
    keep_headline(evidence, labels);
    if site_pages == 0 {
        return Guarded::ForGood;
    }
    let units = |only_content: bool| -> u32 {
        let lines = evidence.iter().zip(&*labels);
        lines
            .filter(|(_, label)| !only_content || !label.is_chrome())
            .map(|(line, _)| u32::from(line.units))
            .sum()
    };
    // Half of a site's pages may be copies of one, and copies that were edited do not all count as one: where nothing
    // would be left, even a frame's share says nothing.
    let nothing_left = f64::from(units(true)) < LEFT * f64::from(units(false));
    let not_by_rule = |label: &Label| label.is_chrome() && !is_rule(label);
    if round == Round::Last && nothing_left {
        let everywhere = |label: &Label| matches!(label, Label::Chrome(reason) if reason.pages as f32 >= EVERYWHERE * site_pages as f32);
        let taken = labels.iter_mut().filter(|label| not_by_rule(label) && !everywhere(label));
        taken.for_each(|label| *label = Label::Content);
    }
    if round == Round::First {
        let is_frame = |pages: u32| !nothing_left && pages as f32 >= FRAME * site_pages as f32;
        let (mut all, mut lost) = (0.0, 0.0);
        for (line, label) in evidence.iter().zip(&*labels) {
            let says = weight(line) * length(line);
            match label {
                Label::Chrome(reason)
                    if is_frame(reason.pages) || matches!(reason.source, Source::Rule(_)) => {}
                Label::Chrome(_) => {
                    all += says;
                    lost += says;
                }
                Label::Content => all += says,
            }
        }
        if lost > PROSE * all {
            for label in labels {
                if let Label::Chrome(reason) = label
                    && !is_frame(reason.pages)
                    && !matches!(reason.source, Source::Rule(_))
                {
                    *label = Label::Content;
                }
            }
            return Guarded::ForNow;
        }
    }
    Guarded::ForGood
}

/// Lines of one rule that a frame has at most.
const LIST: usize = 10;
/// Share of a page's units that the lines of one rule are at most.
const MOST: f64 = 0.5;

/// What one rule knows many lines of, most of the page, is what the page is about: a file of copyright notices is no
/// page of footers.
fn keep_lists(evidence: &[Evidence], labels: &mut [Label]) {
    let rule = |label: &Label| match label {
        Label::Chrome(Reason { source: Source::Rule(rule), .. }) => Some(*rule),
        _ => None,
    };
    let mut taken: Vec<(RuleId, u32)> = evidence
        .iter()
        .zip(&*labels)
        .filter_map(|(line, label)| Some((rule(label)?, u32::from(line.units))))
        .collect();
    if taken.len() <= LIST {
        return;
    }
    taken.sort_unstable();
    let all: u32 = evidence.iter().map(|line| u32::from(line.units)).sum();
    let lists: Vec<RuleId> = taken
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|lines| {
            let units: u32 = lines.iter().map(|&(_, units)| units).sum();
            lines.len() > LIST && f64::from(units) > MOST * f64::from(all)
        })
        .map(|lines| lines[0].0)
        .collect();
    for label in labels.iter_mut().filter(|label| rule(label).is_some_and(|rule| lists.contains(&rule))) {
        *label = Label::Content;
    }
}

fn is_rule(label: &Label) -> bool {
    matches!(label, Label::Chrome(reason) if matches!(reason.source, Source::Rule(_)))
}

fn is_look(label: &Label) -> bool {
    let look = |source| matches!(source, Source::Family(FamilyKind::Listing | FamilyKind::Shape, _));
    matches!(label, Label::Chrome(reason) if look(reason.source))
}

fn is_sure(label: &Label) -> bool {
    match label {
        Label::Chrome(reason) => match reason.source {
            Source::Rule(_) => true,
            Source::Family(FamilyKind::Repeated | FamilyKind::Template | FamilyKind::Span, _) => {
                reason.pages >= SURE_PAGES
            }
            Source::Family(FamilyKind::Listing | FamilyKind::Shape, _) => false,
        },
        Label::Content => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::{Reason, Rules, observe};
    use crate::document::Span;
    use proptest::prelude::*;

    fn page(lines: &[&str]) -> Vec<Evidence> {
        let text = lines.join("\n");
        let (mut spans, mut units, mut starts, mut at) = (Vec::new(), Vec::new(), vec![0], 0);
        for line in lines {
            spans.push(Span::new(at, at + line.len() as u32));
            at += line.len() as u32 + 1;
            crate::text::fold::fold(line, &mut units);
            starts.push(units.len() as u32);
        }
        let mut evidence = Vec::new();
        observe(&text, &spans, &starts, &units, &Rules::built_in(), &mut evidence);
        evidence
    }

    fn chrome(source: Source, pages: u32) -> Label {
        Label::Chrome(Reason { source, pages, confidence: 0.9 })
    }

    #[test]
    fn a_list_of_notices_is_no_frame() {
        let lines: Vec<String> = (0..12).map(|n| format!("Copyright: {}, Ann Writer", 1990 + n)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let all = page(&lines);
        let mut found = vec![chrome(Source::Rule(3), 1); 12];
        guard(&all, &mut found, None, Round::Last);
        assert!(found.iter().all(|label| *label == Label::Content));
        // A few of them are one.
        let mut few = vec![chrome(Source::Rule(3), 1); 4];
        guard(&all[..4], &mut few, None, Round::Last);
        assert!(few.iter().all(Label::is_chrome));
    }

    const LINES: [&str; 6] = [
        "首页 资讯 联系",
        "本站资讯",
        "镇里的旧粮仓改成了图书馆",
        "2020-01-02 来源：本站",
        "去年秋天，镇里把闲了多年的旧粮仓修好，改成了一座图书馆，藏书由各村捐来。",
        "开馆那天来了三百多人，孩子们坐满了楼梯，管理员只好又搬来几张旧课桌。",
    ];

    fn labels() -> Vec<Label> {
        let repeated = chrome(Source::Family(FamilyKind::Repeated, 1), 9);
        let listing = chrome(Source::Family(FamilyKind::Listing, 2), 9);
        let rule = chrome(Source::Rule(1), 1);
        vec![repeated, repeated, listing, rule, Label::Content, Label::Content]
    }

    #[test]
    fn a_headline_stays() {
        let mut found = labels();
        guard(&page(&LINES), &mut found, Some(SiteFacts { pages: 9, frequency: true }), Round::Last);
        assert_eq!(
            found.iter().map(Label::is_chrome).collect::<Vec<_>>(),
            [true, true, false, true, false, false]
        );
    }

    #[test]
    fn looks_count_only_beside_what_is_sure() {
        let mut found = vec![Label::Content; 6];
        found[0] = chrome(Source::Family(FamilyKind::Shape, 0), 1);
        guard(&page(&LINES), &mut found, None, Round::Last);
        assert!(found.iter().all(|label| !label.is_chrome()));
    }

    /// [`trusts_frequency`] by sorting the lines of all pages.
    fn plain_trust(pages: &[Page<'_>]) -> bool {
        let mut bodies: Vec<u32> = pages.iter().map(|page| page.body).collect();
        bodies.sort_unstable();
        bodies.dedup();
        let mut seen: Vec<(u64, u32, bool)> = pages
            .iter()
            .flat_map(|page| page.evidence.iter().map(|line| (line.template, page.body, line.rule != 0)))
            .collect();
        seen.sort_unstable();
        seen.dedup();
        let count = |template| seen.iter().filter(|line| line.0 == template).count();
        let common = |count: usize| count >= 2 && count as f32 >= COMMON * bodies.len() as f32;
        let known = seen.chunk_by(|a, b| a.0 == b.0);
        let known = known.filter(|lines| common(lines.len()) && lines.iter().any(|line| line.2)).count();
        let mut own: Vec<f64> = pages
            .iter()
            .map(|page| {
                let units = |lines: &mut dyn Iterator<Item = &Evidence>| {
                    lines.map(|line| f64::from(line.units)).sum::<f64>()
                };
                let rare = |line: &&Evidence| count(line.template) < 2;
                units(&mut page.evidence.iter().filter(rare)) / units(&mut page.evidence.iter()).max(1.0)
            })
            .collect();
        own.sort_by(f64::total_cmp);
        known >= KNOWN_LINES || own.get(own.len() / 2).is_some_and(|&share| share >= OWN)
    }

    proptest! {
        #[test]
        fn trust_is_what_sorting_says(
            pages in prop::collection::vec((0u32..4, prop::collection::vec((0u64..12, 0u16..2, 0u16..6), 0..12)), 0..8),
        ) {
            let some = page(&LINES[..1])[0];
            let evidence: Vec<(u32, Vec<Evidence>)> = pages
                .into_iter()
                .map(|(body, lines)| {
                    let line = |(template, rule, units)| Evidence { template, rule, units, ..some };
                    (body, lines.into_iter().map(line).collect())
                })
                .collect();
            let pages: Vec<Page<'_>> =
                evidence.iter().map(|(body, lines)| Page { evidence: lines, body: *body }).collect();
            prop_assert_eq!(trusts_frequency(&pages), plain_trust(&pages));
        }
    }

    #[test]
    fn many_copies_of_one_page_have_no_frame() {
        let evidence = page(&LINES[4..]);
        let pages: Vec<Page<'_>> = (0..10).map(|body| Page { evidence: &evidence, body }).collect();
        assert!(!trusts_frequency(&pages));
        let mut found = vec![chrome(Source::Family(FamilyKind::Repeated, 1), 10); 2];
        guard(&evidence, &mut found, Some(SiteFacts { pages: 10, frequency: false }), Round::Last);
        assert!(found.iter().all(|label| !label.is_chrome()));
    }
}
