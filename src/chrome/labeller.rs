//! Weighs the evidence for each line of a page: content or chrome.
//!
//! In go a page's lines as the site sees them, out comes for each line the probability that it is content. Each line
//! has odds of its own (repetition, area, rules, shape); a chain of two states over the page lets neighbours
//! correct it, since content and chrome stand in runs. The weights are set by hand, for the reasons beside them, and
//! are the same for every site. Costs a few dozen operations a line.

use crate::config::ChromeConfig;

use super::areas::{Areas, Between, EVERYWHERE, Seen, between, length};
use super::outline::Role;
use super::places::Places;
use super::rule::RuleKind;
use super::rules::Rules;
use super::shape::Flags;
use super::tables::{Part, Tables};

/// Log odds; positive speaks for content.
struct Weights {
    repeated: f32,
    loose: f32,
    prose: f32,
    short: f32,
    area: f32,
    area_mid: f32,
    area_most: f32,
    rescue: f32,
    dense_mid: f32,
    rule: f32,
    hint: f32,
    switch: f32,
    switch_alone: f32,
    edge: f32,
    code: f32,
    signs: f32,
    inpage: f32,
    comments: f32,
    repprose: f32,
    held: f32,
    label: f32,
    ends: f32,
    near: f32,
    near_mid: f32,
    near_most: f32,
    links: f32,
    frame: f32,
    readers: f32,
    heading: f32,
    paragraph: f32,
}

const WEIGHTS: Weights = Weights {
    repeated: -4.0,
    loose: 0.35,
    prose: 3.0,
    short: -0.8,
    area: 6.0,
    area_mid: 0.38,
    area_most: 2.0,
    rescue: 4.0,
    dense_mid: 0.42,
    rule: -4.5,
    hint: -1.5,
    switch: 1.2,
    switch_alone: 1.5,
    edge: -1.0,
    code: 1.0,
    signs: 1.0,
    inpage: -0.5,
    comments: -2.5,
    repprose: 1.0,
    held: 0.75,
    label: -1.0,
    ends: -4.0,
    // Of the markup: prose around a line in the tree of elements weighs like an area of the site; a line of links is
    // a menu; what elements are called is a hint, since authors call anything anything.
    near: 5.0,
    near_mid: 0.4,
    near_most: 2.0,
    links: -2.5,
    frame: -0.5,
    readers: -1.0,
    heading: 1.5,
    paragraph: 0.5,
};

/// What the labeller found for one line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Judged {
    /// Probability that the line is content.
    pub(crate) content: f32,
    /// The frame line before its area and the pages with such an area, where the area speaks against the line.
    pub(crate) listing: Option<(u64, u32)>,
}

/// What is known of the area that holds the page's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Main {
    /// What the site's pages say of it.
    Unknown,
    /// It is the area with the most prose.
    Largest,
}

/// What the site's pages say.
#[derive(Clone, Copy)]
pub(crate) struct Learned<'a> {
    /// Where there is more than one page.
    pub(crate) areas: Option<&'a Areas>,
    pub(crate) places: &'a Places,
    pub(crate) tables: &'a Tables,
}

/// What is found of one page, and the room for the next.
#[derive(Default)]
pub(crate) struct Draft {
    /// The areas of the page, each with what the site says of its place.
    around: Vec<(Between, f32)>,
    /// For each line, the standing of the nearest rare lines before and after it.
    standings: Vec<(f32, f32)>,
    odds: Vec<f32>,
    forward: Vec<(f32, f32, f32)>,
    judged: Vec<Judged>,
}

impl Draft {
    /// Judges each line of the page.
    pub(crate) fn judge(
        &mut self,
        seen: &[Seen],
        Learned { areas, places, tables }: Learned<'_>,
        main: Main,
        rules: &Rules,
        config: &ChromeConfig,
    ) -> &[Judged] {
        let weights = &WEIGHTS;
        let Draft { around, standings, odds, forward, judged } = self;
        around.clear();
        standings.clear();
        standings.resize(seen.len(), (0.0, 0.0));
        if let Some(areas) = areas {
            around.extend(between(seen).map(|area| {
                let standing = standing(areas, &area);
                (area, standing)
            }));
            nearest(seen, around, standings);
        }
        odds.clear();
        odds.extend(seen.iter().zip(&*standings).map(|(line, &standing)| {
            let held = if areas.is_some() { held(line, standing) } else { 0.0 };
            alone(line, held, tables, rules, config, weights)
        }));
        if let Some(comments) = comments(seen, rules) {
            for odds in &mut odds[comments..] {
                *odds += weights.comments;
            }
        }
        judged.clear();
        judged.resize(seen.len(), Judged::default());
        if let Some(areas) = areas {
            let most = around.iter().map(|(area, _)| area.share).fold(0.0, f32::max);
            for (area, standing) in &*around {
                let largest = main == Main::Largest && area.share == most;
                let bonus = if largest {
                    weights.rescue
                } else {
                    (weights.area * (standing - weights.area_mid))
                        .clamp(-weights.area_most, weights.area_most)
                };
                let listing = (bonus < 0.0).then(|| (area.left, areas.pages_after(area.left)));
                for i in area.from..area.to {
                    odds[i] += place(bonus, &seen[i]);
                    judged[i].listing = listing;
                }
            }
        }
        if areas.is_none() {
            for (i, dense) in density(seen).into_iter().enumerate() {
                let bonus =
                    (weights.area * (dense - weights.dense_mid)).clamp(-weights.area_most, weights.area_most);
                // Where there is markup, it says better what stands around a line.
                let bonus = if seen[i].line.path == 0 { bonus } else { 0.5 * bonus };
                odds[i] += place(bonus, &seen[i]);
            }
        }
        for (odds, line) in odds.iter_mut().zip(seen) {
            *odds += place(markup(line, places, weights), line);
        }
        // A site's other pages speak for each line alone; without them its neighbours must say more.
        let switch = if areas.is_some() { weights.switch } else { weights.switch_alone };
        chain(odds, switch, weights, forward, judged);
        judged
    }
}

/// What the markup says of a line; nothing for plain text.
fn markup(seen: &Seen, places: &Places, w: &Weights) -> f32 {
    let line = seen.line;
    if line.path == 0 {
        return 0.0;
    }
    let share = |part: u8| f32::from(part) / 255.0;
    let near = places.near(line).map_or(share(line.near), |(site, sure)| {
        // What the site's pages have there counts up to as much as what this page has.
        (share(line.near) + sure * site) / (1.0 + sure)
    });
    let mut odds = (w.near * (near - w.near_mid)).clamp(-w.near_most, w.near_most);
    odds += w.links * share(line.links);
    for (role, weight) in [
        (Role::FRAME, w.frame),
        (Role::COMMENTS, w.readers),
        (Role::HEADING, w.heading * near),
        (Role::TITLE, w.heading * near),
        (Role::PARAGRAPH, w.paragraph),
        (Role::CODE, w.paragraph),
    ] {
        if line.role.has(role) {
            odds += weight;
        }
    }
    odds
}

/// What a line's place says of it: where a rule knows the line, a good place does not clear it.
fn place(bonus: f32, line: &Seen) -> f32 {
    if line.known { bonus.min(0.0) } else { bonus }
}

/// How much prose stands around each line, 0 to 1: the root of its share of what stands around the densest line.
/// All that a page alone says of where its text is.
fn density(seen: &[Seen]) -> Vec<f32> {
    let mut around = vec![0.0f32; seen.len()];
    let mut sum = 0.0;
    for (i, line) in seen.iter().enumerate() {
        sum = FADE * sum + line.mass;
        around[i] += sum;
    }
    sum = 0.0;
    for (i, line) in seen.iter().enumerate().rev() {
        around[i] += FADE * sum;
        sum = FADE * sum + line.mass;
    }
    let most = around.iter().copied().fold(1.0, f32::max);
    around.into_iter().map(|around| (around / most).sqrt()).collect()
}

/// What a line says of the next one is worth this much for the line after.
const FADE: f32 = 0.75;

/// From this length, in Han characters, a line with a known beginning and end is content between them.
const SLOT_MOST: f32 = 120.0;

/// Prose that a page must have before its comments can begin, in Han characters.
const ARTICLE: f32 = 100.0;

/// Index of the line after which the page's readers speak.
fn comments(seen: &[Seen], rules: &Rules) -> Option<usize> {
    let mut mass = 0.0;
    seen.iter().position(|line| {
        mass += line.mass;
        mass >= ARTICLE && rules.get(line.line.rule).is_some_and(|rule| rule.comments)
    })
}

/// Most lines between a repeated line and the text that it belongs to.
const REACH: usize = 4;

/// For each line, the standing of the nearest rare lines before and after it, within reach; 0 where there are none.
fn nearest(seen: &[Seen], around: &[(Between, f32)], standings: &mut [(f32, f32)]) {
    for &(ref area, value) in around {
        let rare = |i: &usize| seen[*i].pages < 2;
        let last = (area.from..area.to).rfind(rare);
        let first = (area.from..area.to).find(rare);
        if let (Some(first), Some(last)) = (first, last) {
            for standing in &mut standings[first.saturating_sub(REACH)..first] {
                standing.1 = value;
            }
            let end = seen.len().min(last + 1 + REACH);
            for standing in &mut standings[last + 1..end] {
                standing.0 = value;
            }
            for standing in &mut standings[first..=last] {
                *standing = (value, value);
            }
        }
    }
}

/// How much a repeated line belongs to the text of its pages, 0 to 1: the template of the text itself, as in forms,
/// laws and resolutions. The layout puts its lines on every page; a line that some pages lack, held between two
/// pieces of text, is the text's. So is running text that follows the text.
fn held(line: &Seen, (before, after): (f32, f32)) -> f32 {
    if line.known || line.share >= EVERYWHERE {
        return 0.0;
    }
    let text = |standing: f32| ((standing - 0.3) / 0.15).clamp(0.0, 1.0);
    // A numbered heading belongs to the text on either side of it.
    let section = line.line.flags.has(Flags::SECTION);
    let between = text(if section { before.max(after) } else { before.min(after) });
    let prose = (2.0 * line.prose).min(1.0);
    between.max(prose * text(before.max(after)))
}

fn standing(areas: &Areas, area: &Between) -> f32 {
    let (after, before) = areas.share(area);
    (0.5 * after.max(before) + 0.25 * after.min(before) + 0.25 * area.share).sqrt()
}

fn alone(seen: &Seen, held: f32, tables: &Tables, rules: &Rules, config: &ChromeConfig, w: &Weights) -> f32 {
    let line = seen.line;
    let prose = seen.prose;
    let mut odds = w.short + w.prose * prose;
    if seen.pages >= 2 {
        let sure = match seen.pages as i64 - i64::from(config.min_pages) {
            ..-1 => 0.3,
            -1 => 0.6,
            0 => 0.85,
            1.. => 1.0,
        };
        odds += w.repeated
            * (0.3 + 0.7 * (seen.share / (4.0 * config.min_share as f32)).min(1.0))
            * sure
            * (w.loose + (1.0 - w.loose) * seen.fixed())
            * (1.0 - w.held * held);
        odds += w.repprose * prose * (1.0 - seen.share);
    }
    if seen.pages < 2 {
        let [label, ends] = tables.parts(line);
        let often = |part: Part| {
            let share = if part.pages >= config.min_pages { part.share } else { 0.0 };
            (share / (4.0 * config.min_share as f32)).min(1.0)
        };
        // What stands behind the label is the slot: the shorter, the more of the line is template.
        // A template whose slot is long free text is a form that content was written into.
        let slot = ((SLOT_MOST - length(line)) / SLOT_MOST * 2.0).clamp(0.0, 1.0);
        odds += w.label * often(label) * (1.0 - prose) + w.ends * often(ends) * slot;
    }
    match rules.get(line.rule).map(|rule| (rule.kind, rule.confidence)) {
        Some((RuleKind::Line, confidence)) => odds += w.rule * confidence,
        Some((RuleKind::Hint, confidence)) => odds += w.hint * confidence,
        _ => {}
    }
    let size = length(line);
    let has = |flag| line.flags.has(flag);
    let mut signs = 0.0;
    if has(Flags::CODE) {
        odds += w.code;
    }
    if size < 12.0 {
        if has(Flags::DATE) {
            signs -= 0.8;
        }
        if has(Flags::NUMERIC) {
            signs -= 0.8;
        }
        if has(Flags::DOMAIN) {
            signs -= 0.5;
        }
    }
    if has(Flags::SEPARATED) && prose < 0.5 {
        signs -= 0.6;
    }
    if has(Flags::CUT) && size < 40.0 {
        signs -= 0.6;
    }
    if has(Flags::MARKED) {
        signs -= 0.2;
    }
    if has(Flags::COLON) {
        signs += 0.2;
    }
    if has(Flags::SECTION) {
        signs += 0.4;
    }
    odds += w.signs * signs;
    if seen.times > 1 && !has(Flags::CODE) {
        odds += w.inpage * (seen.times as f32).log2().min(2.0);
    }
    odds
}

/// Forward and backward over two states; pages begin and end with chrome more often than not.
fn chain(odds: &[f32], switch: f32, w: &Weights, forward: &mut Vec<(f32, f32, f32)>, judged: &mut [Judged]) {
    let stay = 1.0f32;
    let switch = (-switch).exp();
    let edge = w.edge.exp();
    forward.clear();
    let (mut content, mut chrome) = (edge, 1.0f32);
    for &odds in odds {
        let odds = odds.clamp(-20.0, 20.0).exp();
        let (a, b) = (content * stay + chrome * switch, content * switch + chrome * stay);
        (content, chrome) = (a * odds, b);
        let sum = content + chrome;
        (content, chrome) = (content / sum, chrome / sum);
        forward.push((content, chrome, odds));
    }
    let (mut content, mut chrome) = (edge, 1.0f32);
    for (judged, &(content_before, chrome_before, odds)) in judged.iter_mut().zip(&*forward).rev() {
        let (a, b) = (content_before * content, chrome_before * chrome);
        judged.content = a / (a + b);
        let weighted = content * odds;
        let next = (weighted * stay + chrome * switch, weighted * switch + chrome * stay);
        let sum = next.0 + next.1;
        (content, chrome) = (next.0 / sum, next.1 / sum);
    }
}
