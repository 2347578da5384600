//! One walk over clusters and removals → counts, and what is shown.

use super::model::{Cluster, Findings, Level, Reason, Removal, Role, Run};
use super::pick::{Pick, Picks};
use crate::document::{Origin, Span};
use crate::error::Result;
use crate::hash::Map;
use crate::matching::numbers::Numbers;

/// What the walk brought home.
#[derive(Debug)]
pub(super) struct Gathered {
    /// Clusters that are shown.
    pub(super) picks: Vec<Pick>,
    /// Members by level, similarity and what became of them.
    pub(super) levels: [LevelCounts; 3],
    /// Chrome of the sites that have the most of it.
    pub(super) chrome: Vec<SiteChrome>,
    /// Injected passages, those that stand on the most pages first.
    pub(super) injected: Vec<Group>,
    /// Kinds of injected passages there are.
    pub(super) injected_kinds: usize,
}

/// Bars of the histogram: one for all below a half, then ten of equal width, the last with 1 in it.
const BARS: usize = 11;

/// Where a bar begins.
pub(super) fn bar_start(bar: usize) -> f64 {
    if bar == 0 { 0.0 } else { 0.5 + (bar - 1) as f64 * 0.05 }
}

/// The bar of a similarity; shares have four places, and no bar begins between two of them.
fn bar_of(similarity: f64) -> usize {
    let share = (similarity * 10_000.0).round() as usize;
    share.checked_sub(5_000).map_or(0, |above| 1 + above / 500).min(BARS - 1)
}

/// Members of a level, the kept ones left out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LevelCounts {
    /// By similarity: removed, and reported only.
    pub(super) bars: [[u64; 2]; BARS],
    /// By what became of the numbers, in the order of [`Numbers`]: removed, and reported only.
    pub(super) numbers: [[u64; 2]; 5],
}

/// What a site's chrome is made of.
#[derive(Debug)]
pub(super) struct SiteChrome {
    /// Its place in the run's list of sites.
    pub(super) row: usize,
    /// Kinds of chrome, those that stand on the most pages first; not all.
    pub(super) groups: Vec<Group>,
    /// Kinds that are not among them.
    pub(super) more: usize,
}

/// Chrome of one kind.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) reason: Reason,
    /// Rule, or what the pages have in common.
    pub(super) known: Box<str>,
    /// Documents with it.
    pub(super) pages: u64,
    /// How often it was removed.
    pub(super) count: u64,
    /// The first few, each of another document.
    pub(super) examples: Vec<Example>,
    last: Origin,
}

/// A removal that may be shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Example {
    /// Its number among the removals.
    pub(super) number: usize,
    pub(super) document: Origin,
    pub(super) span: Span,
    /// Its first line, from 1.
    pub(super) line: u32,
}

/// Sites whose chrome is shown.
const SITES: usize = 24;
/// Kinds of chrome shown of a site.
const KINDS: usize = 8;
/// Injected passages that are shown.
const INJECTED: usize = 24;
/// Kinds that are counted, of a site and of injected passages.
const COUNTED: usize = 20_000;
/// Examples kept of a kind.
const EXAMPLES: usize = 4;

/// Walks over all findings once.
pub(super) fn gather(findings: &mut dyn Findings) -> Result<Gathered> {
    let rows = chrome_sites(findings.run());
    let index: Map<Option<String>, usize> =
        rows.iter().enumerate().map(|(at, &row)| (findings.run().sites[row].site.clone(), at)).collect();
    let mut picks = Picks::new();
    let mut levels = [LevelCounts::default(); 3];
    findings.clusters(&mut |cluster: Cluster<'_>| {
        let level = &mut levels[place(cluster.level)];
        for member in cluster.members {
            let column = match member.role {
                Role::Kept => continue,
                Role::Removed => 0,
                Role::Reported => 1,
            };
            level.bars[bar_of(member.facts.strength())][column] += 1;
            level.numbers[kind(member.facts.numbers)][column] += 1;
        }
        picks.look(cluster);
    })?;
    let mut sites: Vec<Kinds> = rows.iter().map(|_| Kinds::default()).collect();
    let mut injected = Kinds::default();
    let mut number = 0;
    // The last site is remembered: removals come by document.
    let mut last: Option<(Option<String>, Option<usize>)> = None;
    findings.removals(&mut |removal: Removal<'_>| {
        if !matches!(removal.reason, Reason::Copy(_)) {
            if last.as_ref().is_none_or(|(site, _)| site.as_deref() != removal.site) {
                let site = removal.site.map(str::to_owned);
                let at = index.get(&site).copied();
                last = Some((site, at));
            }
            if let Some(at) = last.as_ref().and_then(|(_, at)| *at) {
                sites[at].add(&removal, number);
            }
            if removal.reason == Reason::ChromeSpan {
                injected.add(&removal, number);
            }
        }
        number += 1;
    })?;
    let injected_kinds = injected.groups.len();
    Ok(Gathered {
        picks: picks.finish(),
        levels,
        chrome: rows
            .into_iter()
            .zip(sites)
            .filter(|(_, kinds)| !kinds.groups.is_empty())
            .map(|(row, kinds)| {
                let more = kinds.groups.len().saturating_sub(KINDS);
                SiteChrome { row, groups: kinds.first(KINDS), more }
            })
            .collect(),
        injected: injected.first(INJECTED),
        injected_kinds,
    })
}

/// The sites that lost the most to chrome, as places in the run's list.
fn chrome_sites(run: &Run) -> Vec<usize> {
    let lost = |row: usize| -> u64 {
        let removed = run.sites[row].removed.iter().filter(|removed| removed.reason.starts_with("chrome"));
        removed.map(|removed| removed.chars).sum()
    };
    let mut rows: Vec<(u64, usize)> =
        (0..run.sites.len()).map(|row| (lost(row), row)).filter(|(lost, _)| *lost > 0).collect();
    rows.sort_by_key(|&(lost, row)| (std::cmp::Reverse(lost), row));
    rows.into_iter().take(SITES).map(|(_, row)| row).collect()
}

/// Kinds of chrome, counted.
#[derive(Debug, Default)]
struct Kinds {
    groups: Vec<Group>,
    by_name: Map<(Reason, Box<str>), usize>,
}

impl Kinds {
    fn add(&mut self, removal: &Removal<'_>, number: usize) {
        let key = (removal.reason, Box::from(removal.known));
        let at = match self.by_name.get(&key) {
            Some(&at) => at,
            None if self.groups.len() == COUNTED => return,
            None => {
                let at = self.groups.len();
                self.groups.push(Group {
                    reason: removal.reason,
                    known: removal.known.into(),
                    pages: 0,
                    count: 0,
                    examples: Vec::new(),
                    last: removal.document,
                });
                self.by_name.insert(key, at);
                at
            }
        };
        let group = &mut self.groups[at];
        group.count += 1;
        if group.pages == 0 || group.last != removal.document {
            group.pages += 1;
            group.last = removal.document;
            if group.examples.len() < EXAMPLES {
                group.examples.push(Example {
                    number,
                    document: removal.document,
                    span: removal.span,
                    line: removal.lines[0],
                });
            }
        }
    }

    /// Those on the most pages; the order of first sight decides between equals.
    fn first(mut self, len: usize) -> Vec<Group> {
        self.groups.sort_by_key(|group| std::cmp::Reverse((group.pages, group.count)));
        self.groups.truncate(len);
        self.groups
    }
}

pub(super) fn place(level: Level) -> usize {
    match level {
        Level::Document => 0,
        Level::Block => 1,
        Level::Paragraph => 2,
    }
}

fn kind(numbers: Numbers) -> usize {
    match numbers {
        Numbers::None => 0,
        Numbers::Same => 1,
        Numbers::Stripped => 2,
        Numbers::Masked => 3,
        Numbers::Changed => 4,
    }
}
