//! Areas of a site's pages: what stands between two lines of its frame.
//!
//! Lines that many pages share are the frame of the site; the text of its articles stands between two of them, always
//! the same two or a few. In go the pages and their counts, out comes for each frame line which share of a page's
//! rare prose follows it, and which precedes it, up to the next frame line. Lists of other pages' titles, bylines and
//! tags stand between frame lines too, but no prose does. Costs two passes over the lines.

use crate::error::Result;
use crate::hash::Map;

use super::evidence::Evidence;
use super::model::{AreasModel, damaged, hex, unhex};
use super::rule::RuleKind;
use super::rules::Rules;
use super::shape::Flags;
use super::site::Page;
use super::tables::{Count, Tables, is_number};

/// A word of a spaced script says as much as this many Han characters.
const WORD: f32 = 1.7;
/// Weight of a line stops growing at this length, in Han characters.
const LONGEST: f32 = 150.0;
/// What stands on this share of the pages is part of the layout; less may be a template of the text.
pub(crate) const EVERYWHERE: f32 = 0.97;
/// An area seen on few pages is taken for this share of the page's prose, as strongly as one page would say it.
const UNKNOWN: f32 = 0.3;

/// Length of a line in Han characters, words counted for what they say.
pub(crate) fn length(line: &Evidence) -> f32 {
    let units = f32::from(line.units);
    if line.flags.has(Flags::CJK) { units } else { WORD * units }
}

/// How much a line reads like running text, 0 to 1: long, with function words, commas and the end of a sentence.
pub(crate) fn prose(line: &Evidence) -> f32 {
    let size = (length(line) / 40.0).min(1.0);
    let mut signs = 0.35 * (f32::from(line.function) / 80.0).min(1.0);
    signs += 0.15 * (f32::from(line.commas) / 2.0).min(1.0);
    if line.flags.has(Flags::TERMINATED) {
        signs += 0.35;
    }
    if line.flags.has(Flags::SENTENCES) {
        signs += 0.15;
    }
    size * signs
}

/// Numbers, program text and numbered headings repeat inside articles; a frame is made of words.
fn repeats_in_texts(line: &Evidence) -> bool {
    line.units == 0
        || [Flags::NUMERIC, Flags::CODE, Flags::SECTION].into_iter().any(|flag| line.flags.has(flag))
}

pub(crate) fn weight(line: &Evidence) -> f32 {
    weight_of(line, prose(line))
}

/// [`weight`] of a line whose [`prose`] is known.
fn weight_of(line: &Evidence, prose: f32) -> f32 {
    let floor = if line.flags.has(Flags::CODE) { 0.5 } else { 0.12 };
    prose.max(floor)
}

/// A page's lines with what the site says about them.
pub(crate) struct Seen<'a> {
    pub(crate) line: &'a Evidence,
    /// [`prose`] of the line.
    pub(crate) prose: f32,
    /// A rule knows the whole line.
    pub(crate) known: bool,
    /// Distinct pages with this template, and their share.
    pub(crate) pages: u32,
    pub(crate) share: f32,
    /// Share of the line's pages on which the same line stands before it, and after it.
    pub(crate) before: f32,
    pub(crate) after: f32,
    /// Times the template stands on this page.
    pub(crate) times: u32,
    /// Belongs to the frame of the site.
    pub(crate) frame: bool,
    /// Rare prose in Han characters: what areas are weighed by.
    pub(crate) mass: f32,
}

impl Seen<'_> {
    /// How firmly the line's neighbours are the same wherever it stands, 0 to 1.
    pub(crate) fn fixed(&self) -> f32 {
        self.before.max(self.after)
    }
}

/// Looks a page's lines up, of which [`Tables::templates`] are known: each in the crawl in which it is more common,
/// where there was one before.
pub(crate) fn look_up<'a>(
    page: &Page<'a>,
    templates: &[Count],
    tables: &Tables,
    rules: &Rules,
) -> Vec<Seen<'a>> {
    let mut seen = look_up_in(page, templates, tables, rules);
    if let Some(earlier) = &tables.earlier {
        for (line, known) in seen.iter_mut().zip(look_up_in(page, &earlier.templates(page), earlier, rules)) {
            if known.share > line.share {
                *line = Seen { times: known.times.max(line.times), ..known };
            }
        }
    }
    seen
}

fn look_up_in<'a>(page: &Page<'a>, counts: &[Count], tables: &Tables, rules: &Rules) -> Vec<Seen<'a>> {
    let lines = page.evidence;
    // Repetition inside a page is looked for only where the site has any.
    let mut times: Map<u64, u32> = Map::default();
    let repeats = |count: Count| count.times != count.pages || count.times == 0;
    for (line, count) in lines.iter().zip(counts) {
        if repeats(*count) {
            *times.entry(line.template).or_default() += 1;
        }
    }
    // Pages on which a line is followed by the next: a neighbour for both.
    let followed = |i: usize| match lines.get(i + 1) {
        Some(next) if counts[i].is_repeated() || counts[i + 1].is_repeated() => {
            tables.pair(&lines[i], next).pages
        }
        _ => 0,
    };
    let mut pairs = [0; 2];
    let mut seen: Vec<Seen> = Vec::with_capacity(lines.len());
    for (i, line) in lines.iter().enumerate() {
        let count = if is_number(line) { tables.exact(line) } else { counts[i] };
        let beside = |pairs: u32| if count.pages >= 2 { pairs as f32 / count.pages as f32 } else { 0.0 };
        pairs = [pairs[1], followed(i)];
        let [before, after] = pairs.map(beside);
        let share = if count.pages < 2 { 0.0 } else { count.pages as f32 / tables.pages.max(1) as f32 };
        let known = rules.get(line.rule).is_some_and(|rule| rule.kind == RuleKind::Line);
        let prose = prose(line);
        let rigid = count.pages >= 3 && before.max(after) >= 0.8 && prose < 0.4;
        seen.push(Seen {
            line,
            prose,
            known,
            pages: count.pages,
            share,
            before: before.min(1.0),
            after: after.min(1.0),
            times: if repeats(counts[i]) { times[&line.template] } else { 1 },
            frame: count.pages >= 2
                && if known {
                    share >= 0.5
                } else {
                    count.times <= 3 * count.pages
                        && !repeats_in_texts(line)
                        && (share >= EVERYWHERE || (share >= 0.5 && before.max(after) >= 0.5) || rigid)
                },
            mass: if known {
                0.0
            } else {
                weight_of(line, prose) * length(line).min(LONGEST) / count.pages.max(1) as f32
            },
        });
    }
    seen
}

/// What stands after and before each line of the frame.
#[derive(Debug, Default)]
pub(crate) struct Areas {
    after: Map<u64, Area>,
    before: Map<u64, Area>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Area {
    pages: f32,
    share: f32,
}

/// Key of the edge of a page, which every page has.
const EDGE: u64 = 0;

/// One area of one page: its lines `from..to`, and the frame lines around it.
pub(crate) struct Between {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) left: u64,
    pub(crate) right: u64,
    /// Share of the page's rare prose.
    pub(crate) share: f32,
}

/// The areas of a page, frame lines left out, in order; none is empty.
pub(crate) fn between(seen: &[Seen]) -> impl Iterator<Item = Between> {
    let all: f32 = seen.iter().map(|line| line.mass).sum::<f32>().max(1.0);
    let key = |at: Option<usize>| at.and_then(|at| seen.get(at)).map_or(EDGE, |line| line.line.template);
    let mut next = 0;
    std::iter::from_fn(move || {
        let from = next + seen[next..].iter().position(|line| !line.frame)?;
        let to = seen[from..].iter().position(|line| line.frame).map_or(seen.len(), |length| from + length);
        next = to;
        let mass: f32 = seen[from..to].iter().map(|line| line.mass).sum();
        Some(Between { from, to, left: key(from.checked_sub(1)), right: key(Some(to)), share: mass / all })
    })
}

impl Areas {
    /// Adds what an earlier crawl of the site saw.
    pub(crate) fn add_all(&mut self, earlier: &Areas) {
        for (map, other) in [(&mut self.after, &earlier.after), (&mut self.before, &earlier.before)] {
            // Each key for itself: the order says nothing.
            #[expect(clippy::iter_over_hash_type)]
            for (&key, area) in other {
                let sum = map.entry(key).or_default();
                sum.pages += area.pages;
                sum.share += area.share;
            }
        }
    }

    pub(crate) fn add(&mut self, areas: impl Iterator<Item = Between>) {
        for area in areas {
            for (map, key) in [(&mut self.after, area.left), (&mut self.before, area.right)] {
                let sum = map.entry(key).or_default();
                sum.pages += 1.0;
                sum.share += area.share;
            }
        }
    }

    /// Mean share of a page's prose in the areas after `area`'s left edge, and before its right edge.
    pub(crate) fn share(&self, area: &Between) -> (f32, f32) {
        let mean = |map: &Map<u64, Area>, key: u64| {
            let sum = map.get(&key).copied().unwrap_or_default();
            (sum.share + UNKNOWN) / (sum.pages + 1.0)
        };
        (mean(&self.after, area.left), mean(&self.before, area.right))
    }

    /// The areas for a file.
    pub(crate) fn to_model(&self) -> AreasModel {
        let sorted = |map: &Map<u64, Area>| {
            let mut areas: Vec<(u64, Area)> = map.iter().map(|(&key, &area)| (key, area)).collect();
            areas.sort_unstable_by_key(|&(key, _)| key);
            areas.into_iter().map(|(key, area)| (hex(key), area.pages, area.share)).collect()
        };
        AreasModel { after: sorted(&self.after), before: sorted(&self.before) }
    }

    /// The areas of a file.
    pub(crate) fn from_model(model: &AreasModel) -> Result<Areas> {
        let map = |areas: &[(String, f32, f32)]| -> Result<Map<u64, Area>> {
            areas
                .iter()
                .map(|(key, pages, share)| {
                    // Shares are summed one by one: their sum may be a little more than the number of areas.
                    let fits = pages.is_finite() && *share >= 0.0 && *share <= pages * 1.001;
                    let area = Area { pages: *pages, share: *share };
                    if fits { Ok((unhex(key)?, area)) } else { Err(damaged(&format!("area `{key}`"))) }
                })
                .collect()
        };
        Ok(Areas { after: map(&model.after)?, before: map(&model.before)? })
    }

    /// Pages on which an area follows the frame line with this key.
    pub(crate) fn pages_after(&self, key: u64) -> u32 {
        self.after.get(&key).map_or(0, |sum| sum.pages as u32)
    }
}
