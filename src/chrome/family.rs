//! Families: what the chrome lines of a site have in common, for people to read.
//!
//! In go a site's labelled pages, out comes one [`Family`] for each group of chrome lines, or of passages inside lines,
//! that the site itself made known: how many pages have it, where it stands, an example, and the template with its
//! slots. Texts are asked for a few members of each family only, each page's once where neighbouring families have
//! their members on the same pages. The same families for any order of the pages.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::shape::{Flags, flags};
use super::site::{FamilyKind, Label, Page, PageLabels, Site, Source};
use super::slots::{Template, prefix};
use super::span::{InjectedSpan, SpanFamilies, Texts};
use super::tables::Tables;
use crate::document::Span;
use crate::hash::{self, Map, Set};

/// Members of a family whose text is read.
const MEMBERS: usize = 8;
/// Pages whose text is kept while families are described.
const TEXTS: usize = 64;
/// Most characters of an example and of a template.
const EXAMPLE: usize = 120;

/// Chrome lines of a site that have something in common, or passages inside lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Its name, as in the reasons of a run: kind and key.
    pub family: String,
    /// Distinct pages of the site on which it was seen.
    pub pages: u32,
    /// Share of the site's distinct pages (0 to 1).
    pub share: f32,
    /// Where it stands on its pages on the mean: 0 the top, 1 the end.
    pub position: f32,
    /// What its members share, with the kind of each slot in braces; cut at 120 characters.
    pub template: String,
    /// What the slots hold, in order.
    pub slots: Vec<SlotKind>,
    /// One of its members, cut at 120 characters.
    pub example: String,
}

/// What a slot of a template holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SlotKind {
    /// A title: text that stands as a line of its own in the text of one of the site's pages, or nearly alone elsewhere on
    /// the same page.
    Title,
    /// A date.
    Date,
    /// A number.
    Number,
    /// A host name.
    Domain,
    /// Anything else.
    Text,
}

impl SlotKind {
    const ALL: [SlotKind; 5] =
        [SlotKind::Title, SlotKind::Date, SlotKind::Number, SlotKind::Domain, SlotKind::Text];

    /// Its name, as it stands in templates.
    pub fn name(self) -> &'static str {
        match self {
            SlotKind::Title => "title",
            SlotKind::Date => "date",
            SlotKind::Number => "number",
            SlotKind::Domain => "domain",
            SlotKind::Text => "text",
        }
    }
}

/// The name of a family: its kind and its key, as in `repeated:00c0ffee00c0ffee`; of what only looks like chrome,
/// `shape`.
///
/// ```
/// use dechaff::chrome::{FamilyKind, FamilyName};
/// let name = FamilyName { kind: FamilyKind::Repeated, key: 0xc0ffee };
/// assert_eq!(name.to_string(), "repeated:0000000000c0ffee");
/// assert_eq!("repeated:0000000000c0ffee".parse(), Ok(name));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamilyName {
    /// What holds its members together.
    pub kind: FamilyKind,
    /// Key of what they share; 0 for a shape.
    pub key: u64,
}

impl FamilyName {
    /// What only looks like chrome.
    pub const SHAPE: FamilyName = FamilyName { kind: FamilyKind::Shape, key: 0 };
    const SHAPED: &'static str = "shape";
    const KINDS: [(FamilyKind, &'static str); 4] = [
        (FamilyKind::Repeated, "repeated"),
        (FamilyKind::Template, "template"),
        (FamilyKind::Listing, "listing"),
        (FamilyKind::Span, "span"),
    ];
}

impl fmt::Display for FamilyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::KINDS.iter().find(|(kind, _)| *kind == self.kind) {
            Some((_, kind)) => write!(f, "{kind}:{:016x}", self.key),
            None => f.write_str(Self::SHAPED),
        }
    }
}

impl FromStr for FamilyName {
    type Err = ();

    /// # Errors
    /// When it is no family's name.
    fn from_str(name: &str) -> Result<Self, ()> {
        if name == Self::SHAPED {
            return Ok(Self::SHAPE);
        }
        let (kind, key) = name.split_once(':').ok_or(())?;
        let &(kind, _) = Self::KINDS.iter().find(|(_, known)| *known == kind).ok_or(())?;
        Ok(Self { kind, key: u64::from_str_radix(key, 16).map_err(drop)? })
    }
}

/// Key of a template of passages.
pub fn span_key(template: &Template) -> u64 {
    hash::key(template.parts.join("\u{0}").as_bytes())
}

/// Passages that were found on a site's pages, and the templates they were found by.
#[derive(Clone, Copy, Debug)]
pub struct Passages<'a> {
    /// The passages, in any order.
    pub found: &'a [InjectedSpan],
    /// What their `family` is an index into.
    pub families: &'a SpanFamilies,
}

#[derive(Default)]
struct Gathered {
    pages: u32,
    placed: u32,
    position: f64,
    members: Vec<(usize, Member)>,
}

#[derive(Clone, Copy)]
enum Member {
    /// A line, by its number.
    Line(u32),
    /// A passage, by its bytes.
    Passage(Span),
}

impl Gathered {
    fn add(&mut self, page: usize, member: Member, pages: u32) {
        self.pages = self.pages.max(pages);
        // One member a page: slots show between pages.
        if self.members.len() < MEMBERS && self.members.last().is_none_or(|&(last, _)| last != page) {
            self.members.push((page, member));
        }
    }

    fn place(&mut self, position: f64) {
        self.position += position;
        self.placed += 1;
    }
}

/// The families of a site's chrome, those on the most pages first. What a rule took, or the look of a line alone, has
/// none.
pub fn families(
    pages: &[Page],
    labels: &[PageLabels],
    passages: Passages<'_>,
    texts: &dyn Texts,
    site: &Site,
) -> Vec<Family> {
    let mut gathered: BTreeMap<(FamilyKind, u64), Gathered> = BTreeMap::new();
    let order = Tables::ordered(pages);
    for &number in &order {
        let lines = pages[number].evidence;
        for (at, (line, label)) in lines.iter().zip(&labels[number].lines).enumerate() {
            let Label::Chrome(reason) = label else { continue };
            let Source::Family(kind, key) = reason.source else { continue };
            if kind != FamilyKind::Shape {
                let family = gathered.entry((kind, key)).or_default();
                family.add(number, Member::Line(line.line), reason.pages);
                family.place(at as f64 / (lines.len() - 1).max(1) as f64);
            }
        }
    }
    let mut texts = Cached { texts, kept: Map::default(), titles: titles(pages, labels) };
    let mut place = vec![0; pages.len()];
    order.iter().enumerate().for_each(|(at, &number)| place[number] = at);
    let mut found: Vec<&InjectedSpan> = passages.found.iter().collect();
    found.sort_by_key(|passage| (place[passage.page as usize], passage.span));
    for passage in found {
        let template = passage.family.and_then(|family| passages.families.templates.get(family as usize));
        let Some((template, _)) = template else { continue };
        let family = gathered.entry((FamilyKind::Span, span_key(template))).or_default();
        family.add(passage.page as usize, Member::Passage(passage.span), passage.pages);
        // Its bytes are read anyway; of the others the page would have to be.
        if family.members.last().is_some_and(|&(page, _)| page == passage.page as usize) {
            let all = texts.text(passage.page as usize).len().max(1);
            family.place(f64::from(passage.span.start) / all as f64);
        }
    }
    let mut found: Vec<((FamilyKind, u64), Gathered)> = gathered.into_iter().collect();
    found.sort_by_key(|(key, family)| (std::cmp::Reverse(family.pages), *key));
    found.into_iter().map(|((kind, key), family)| describe(kind, key, &family, &mut texts, site)).collect()
}

/// Texts of pages, the last few kept: families have their members on the same first pages.
struct Cached<'a> {
    titles: Set<u64>,
    texts: &'a dyn Texts,
    kept: Map<usize, (Cow<'a, str>, Cow<'a, [Span]>)>,
}

impl Cached<'_> {
    fn get(&mut self, page: usize) -> (&str, &[Span]) {
        if self.kept.len() >= TEXTS && !self.kept.contains_key(&page) {
            self.kept.clear();
        }
        let (text, lines) = self.kept.entry(page).or_insert_with(|| self.texts.page(page));
        (text, lines)
    }

    fn text(&mut self, page: usize) -> &str {
        self.get(page).0
    }
}

/// Units of a line that may be a title.
const TITLE: std::ops::RangeInclusive<u16> = 2..=60;

/// Keys of the content lines that may be titles.
fn titles(pages: &[Page], labels: &[PageLabels]) -> Set<u64> {
    pages
        .iter()
        .zip(labels)
        .flat_map(|(page, labels)| page.evidence.iter().zip(&labels.lines))
        .filter(|(line, label)| {
            !label.is_chrome() && TITLE.contains(&line.units) && !line.flags.has(Flags::TERMINATED)
        })
        .map(|(line, _)| line.exact)
        .collect()
}

fn describe(kind: FamilyKind, key: u64, family: &Gathered, texts: &mut Cached<'_>, site: &Site) -> Family {
    let mut members: Vec<(String, usize)> = Vec::new();
    for &(page, member) in &family.members {
        let (text, lines) = texts.get(page);
        let span = match member {
            Member::Line(line) => lines.get(line as usize).copied(),
            Member::Passage(span) => Some(span),
        };
        if let Some(member) = span.and_then(|span| text.get(span.range())) {
            members.push((member.trim().to_string(), page));
        }
    }
    members.sort();
    let lines: Vec<&str> = members.iter().map(|(line, _)| line.as_str()).collect();
    let example = lines.first().map_or(String::new(), |line| cut(line));
    let (template, slots) = match kind {
        FamilyKind::Listing => ("{text}".into(), vec![SlotKind::Text]),
        _ if lines.windows(2).all(|pair| pair[0] == pair[1]) => (example.clone(), Vec::new()),
        _ => match Template::of(&lines, 2) {
            Some(template) => {
                let template = whole_words(template, &lines);
                let slots = slots(&template, &members, texts);
                (cut(&shown(&template, &slots)), slots)
            }
            None => (example.clone(), Vec::new()),
        },
    };
    Family {
        family: FamilyName { kind, key }.to_string(),
        pages: family.pages,
        share: rounded((f64::from(family.pages) / f64::from(site.pages().max(1))).min(1.0)),
        position: rounded(family.position / f64::from(family.placed.max(1))),
        template,
        slots,
        example,
    }
}

/// The template without the pieces of words, numbers and dates that its fixed parts share with its slots by chance.
fn whole_words(mut template: Template, lines: &[&str]) -> Template {
    let held: Vec<Vec<&str>> = lines.iter().filter_map(|line| template.slots(line)).collect();
    let begins = |slot: usize, with: fn(char) -> bool| {
        held.iter().any(|slots| slots.get(slot).is_some_and(|slot| slot.starts_with(with)))
    };
    let ends = |slot: usize, with: fn(char) -> bool| {
        held.iter().any(|slots| slots.get(slot).is_some_and(|slot| slot.ends_with(with)))
    };
    let digit = |c: char| c.is_ascii_digit();
    let letter = |c: char| c.is_ascii_alphabetic();
    let of_date = |c: char| c.is_ascii_digit() || matches!(c, '-' | '/' | ':' | '.');
    let mut parts: Vec<String> = Vec::new();
    for (at, part) in template.parts.iter().enumerate() {
        let mut part = part.as_str();
        if at > 0 && ends(at - 1, digit) {
            part = part.trim_start_matches(digit);
        } else if at > 0 && ends(at - 1, letter) {
            part = part.trim_start_matches(letter);
        }
        if begins(at, digit) {
            part = part.trim_end_matches(of_date);
        } else if begins(at, letter) {
            part = part.trim_end_matches(letter);
        }
        // Two slots with nothing between them are one.
        if at == 0 || !part.is_empty() {
            parts.push(part.to_string());
        }
    }
    template.parts = parts;
    template
}

/// Four places, as in all logs.
fn rounded(share: f64) -> f32 {
    ((share * 10_000.0).round() / 10_000.0) as f32
}

fn cut(text: &str) -> String {
    let start = prefix(text, EXAMPLE);
    if start.len() < text.len() { format!("{start}…") } else { start.to_string() }
}

/// The template with its slots' kinds in braces.
fn shown(template: &Template, slots: &[SlotKind]) -> String {
    let mut text = String::new();
    let mut slots = slots.iter();
    for (at, part) in template.parts.iter().enumerate() {
        if at > 0 {
            text.push_str(&format!("{{{}}}", slots.next().map_or("text", |slot| slot.name())));
        }
        text.push_str(part);
    }
    if let Some(slot) = slots.next() {
        text.push_str(&format!("{{{}}}", slot.name()));
    }
    text
}

/// Types the slots of a template by what most of its members hold there.
fn slots(template: &Template, members: &[(String, usize)], texts: &mut Cached<'_>) -> Vec<SlotKind> {
    let mut votes: Vec<[u32; SlotKind::ALL.len()]> = Vec::new();
    for (line, page) in members {
        let Some(held) = template.slots(line) else { continue };
        votes.resize(votes.len().max(held.len()), Default::default());
        let known: Vec<bool> =
            held.iter().map(|slot| texts.titles.contains(&hash::key(slot.trim().as_bytes()))).collect();
        let text = texts.text(*page);
        for ((vote, slot), known) in votes.iter_mut().zip(held).zip(known) {
            if !slot.trim().is_empty() {
                let kind = if known { SlotKind::Title } else { slot_kind(slot.trim(), line, text) };
                vote[kind as usize] += 1;
            }
        }
    }
    // A slot after the last fixed part that no member fills is none.
    if votes.len() >= template.parts.len() && votes.last().is_some_and(|vote| vote.iter().all(|&n| n == 0)) {
        votes.pop();
    }
    votes
        .into_iter()
        .map(|vote| {
            // The first of those with the most votes.
            SlotKind::ALL.into_iter().rev().max_by_key(|&kind| vote[kind as usize]).unwrap_or(SlotKind::Text)
        })
        .collect()
}

/// What a slot of `line` holds.
fn slot_kind(slot: &str, line: &str, page: &str) -> SlotKind {
    let digits = slot.chars().filter(char::is_ascii_digit).count();
    let letters = slot.chars().filter(|c| c.is_alphabetic()).count();
    let flags = flags(slot);
    if flags.has(Flags::DOMAIN) {
        SlotKind::Domain
    } else if flags.has(Flags::DATE) || (digits >= 4 && slot.contains(['-', '/', '年', ':']) && letters <= 3)
    {
        SlotKind::Date
    } else if digits > 0 && letters == 0 {
        SlotKind::Number
    } else if letters >= 3 && is_title(slot, line, page) {
        SlotKind::Title
    } else {
        SlotKind::Text
    }
}

/// Whether the slot makes up most of another line of the page.
fn is_title(slot: &str, line: &str, page: &str) -> bool {
    page.lines()
        .map(str::trim)
        .any(|other| other != line && other.len() <= 2 * slot.len() && other.contains(slot))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_have_kinds() {
        let page = "河东水渠日记\n您正在看：河东水渠日记\n2015年3月1日";
        let kind = |slot: &str| slot_kind(slot, "您正在看：河东水渠日记", page);
        assert_eq!(kind("河东水渠日记"), SlotKind::Title);
        assert_eq!(kind("2015-03-01"), SlotKind::Date);
        assert_eq!(kind("2015年3月1日"), SlotKind::Date);
        assert_eq!(kind("1,204"), SlotKind::Number);
        assert_eq!(kind("www.paper.example"), SlotKind::Domain);
        assert_eq!(kind("编辑部"), SlotKind::Text);
    }

    #[test]
    fn slots_take_whole_numbers_and_words() {
        let shown = |lines: &[&str]| {
            let template = Template::of(lines, 2).expect("the lines start alike");
            whole_words(template, lines).parts
        };
        assert_eq!(shown(&["日期：2015-03-01 来源：甲", "日期：2015-03-14 来源：乙"]), ["日期：", " 来源："]);
        assert_eq!(shown(&["By Ann Askew", "By Anna Lund"]), ["By "]);
    }

    #[test]
    fn templates_show_the_kinds_of_their_slots() {
        let template = Template { parts: vec!["看".into(), "，共".into(), "字".into()], fits: 3 };
        assert_eq!(shown(&template, &[SlotKind::Title, SlotKind::Number]), "看{title}，共{number}字");
        assert_eq!(
            shown(&template, &[SlotKind::Title, SlotKind::Number, SlotKind::Text]),
            "看{title}，共{number}字{text}"
        );
    }
}
