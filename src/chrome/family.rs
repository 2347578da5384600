//! Families: what the chrome lines of a site have in common, for people to read.
//!
//! In go a site's labelled pages, out comes one [`Family`] for each group of chrome lines that the site itself made
//! known: how many pages have it, where it stands, an example, and the template with its slots. Texts are asked for a
//! few members of each family only. The same families for any order of the pages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::site::{FamilyKind, Label, Page, PageLabels, Site, Source};
use super::slots::{Template, prefix};
use super::span::Texts;
use super::tables::Tables;

/// Members of a family whose text is read.
const MEMBERS: usize = 8;
/// Most families of a site that are described, those on the most pages first.
const MOST: usize = 500;
/// Most characters of an example.
const EXAMPLE: usize = 120;

/// Chrome lines of a site that have something in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Family {
    /// What they have in common.
    pub kind: FamilyKind,
    /// Its key, 16 hexadecimal digits, as in the reasons of a run.
    pub key: String,
    /// Distinct pages of the site on which it was seen.
    pub pages: u32,
    /// Share of the site's distinct pages (0 to 1).
    pub share: f32,
    /// Where it stands on its pages on the mean: 0 the first line, 1 the last.
    pub position: f32,
    /// One of its lines, cut at 120 characters.
    pub example: String,
    /// What its lines share, `{…}` for each slot.
    pub template: String,
    /// What the slots hold, in order.
    pub slots: Vec<SlotKind>,
}

/// What a slot of a template holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SlotKind {
    /// Text that stands elsewhere on the same page, as its title does.
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

#[derive(Default)]
struct Gathered {
    lines: u32,
    pages: u32,
    position: f64,
    members: Vec<(usize, u32)>,
}

/// The families of a site's chrome lines, those on the most pages first; lines that a rule took, or the look of the
/// line alone, have none.
pub fn families(pages: &[Page], labels: &[PageLabels], texts: &dyn Texts, site: &Site) -> Vec<Family> {
    let mut gathered: BTreeMap<(FamilyKind, u64), Gathered> = BTreeMap::new();
    for number in Tables::counted(pages) {
        let lines = pages[number].evidence;
        for (at, (line, label)) in lines.iter().zip(&labels[number].lines).enumerate() {
            let Label::Chrome(reason) = label else { continue };
            let Source::Family(kind, key) = reason.source else { continue };
            if kind == FamilyKind::Shape {
                continue;
            }
            let family = gathered.entry((kind, key)).or_default();
            family.lines += 1;
            family.pages = family.pages.max(reason.pages);
            family.position += at as f64 / (lines.len() - 1).max(1) as f64;
            // One member a page: slots show between pages.
            if family.members.len() < MEMBERS && family.members.last().is_none_or(|&(page, _)| page != number)
            {
                family.members.push((number, line.line));
            }
        }
    }
    let mut found: Vec<((FamilyKind, u64), Gathered)> = gathered.into_iter().collect();
    found.sort_by_key(|(key, family)| (std::cmp::Reverse(family.pages), *key));
    found.truncate(MOST);
    found.into_iter().map(|((kind, key), family)| describe(kind, key, &family, texts, site)).collect()
}

fn describe(kind: FamilyKind, key: u64, family: &Gathered, texts: &dyn Texts, site: &Site) -> Family {
    let mut members: Vec<(String, usize)> = family
        .members
        .iter()
        .filter_map(|&(page, line)| {
            let span = *texts.lines(page).get(line as usize)?;
            Some((texts.text(page).get(span.range())?.trim().to_string(), page))
        })
        .collect();
    members.sort();
    let lines: Vec<&str> = members.iter().map(|(line, _)| line.as_str()).collect();
    let example = lines.first().map_or(String::new(), |line| prefix(line, EXAMPLE).to_string());
    let template = match kind {
        FamilyKind::Listing => None,
        _ => Template::of(&lines, 2).filter(|_| lines.windows(2).any(|pair| pair[0] != pair[1])),
    };
    let slots = template.as_ref().map_or(Vec::new(), |template| slots(template, &members, texts));
    let shown = template.map_or_else(|| example.clone(), |template| template.shown());
    Family {
        kind,
        key: format!("{key:016x}"),
        pages: family.pages,
        share: (family.pages as f32 / site.pages().max(1) as f32).min(1.0),
        position: (family.position / f64::from(family.lines.max(1)) * 100.0).round() as f32 / 100.0,
        template: if kind == FamilyKind::Listing {
            "{…}".into()
        } else {
            prefix(&shown, EXAMPLE).to_string()
        },
        slots: if kind == FamilyKind::Listing { vec![SlotKind::Text] } else { slots },
        example,
    }
}

/// Types the slots of a template by what most of its members hold there.
fn slots(template: &Template, members: &[(String, usize)], texts: &dyn Texts) -> Vec<SlotKind> {
    let mut votes: Vec<[u32; 5]> = Vec::new();
    for (line, page) in members {
        let Some(held) = template.slots(line) else { continue };
        votes.resize(votes.len().max(held.len()), [0; 5]);
        let text = texts.text(*page);
        for (vote, slot) in votes.iter_mut().zip(held) {
            vote[slot_kind(slot.trim(), &text) as usize] += 1;
        }
    }
    const KINDS: [SlotKind; 5] =
        [SlotKind::Title, SlotKind::Date, SlotKind::Number, SlotKind::Domain, SlotKind::Text];
    votes
        .into_iter()
        .map(|vote| {
            let best = (0..5).max_by_key(|&kind| (vote[kind], std::cmp::Reverse(kind))).unwrap_or(4);
            KINDS[best]
        })
        .collect()
}

fn slot_kind(slot: &str, page: &str) -> SlotKind {
    let digits = slot.chars().filter(char::is_ascii_digit).count();
    let letters = slot.chars().filter(|c| c.is_alphabetic()).count();
    let host = [".com", ".cn", ".net", ".org", "www.", "://"].iter().any(|host| slot.contains(host));
    let dated = super::evidence::flags(slot).has(super::evidence::Flags::DATE);
    if host {
        SlotKind::Domain
    } else if dated || (digits >= 4 && slot.contains(['-', '/', '年', ':']) && letters <= 3) {
        SlotKind::Date
    } else if digits > 0 && letters == 0 {
        SlotKind::Number
    } else if letters >= 3 && page.matches(slot).nth(1).is_some() {
        SlotKind::Title
    } else {
        SlotKind::Text
    }
}
