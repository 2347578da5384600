//! Counts and picks → what the template prints; here the texts are asked for.

use minijinja::value::Value;
use serde::Serialize;

use super::cluster_view::{ClusterView, cluster};
use super::flow_view::{FlowView, Matrix, matrix, pairs, short};
use super::gather::{Example, Gathered, Group, LevelCounts, bar_start, place};
use super::marked::{Html, Mark, cut};
use super::model::{Counts, Findings, Level, Passage, Reason, RemovedCount, SiteRow};
use super::texts::{CONTEXT, Texts, around, doc};
use crate::error::Result;

/// All that the template prints.
#[derive(Debug, Serialize)]
pub(super) struct View {
    version: String,
    fingerprint: String,
    /// What became of what was found: `removed`, or `removable`.
    gone: &'static str,
    mode: &'static str,
    threshold: f64,
    containment: f64,
    coverage: f64,
    inputs: usize,
    counts: Counts,
    removed: Vec<RemovedCount>,
    levels: Vec<LevelView>,
    clusters: Vec<ClusterView>,
    clusters_in_all: u64,
    chrome: Vec<SiteView>,
    sites: Vec<SiteRow>,
    sites_in_all: usize,
    injected: Vec<GroupView>,
    injected_kinds: usize,
    /// Between sites, and within them.
    flows: Vec<FlowView>,
    flows_in_all: usize,
    at_home: Vec<FlowView>,
    at_home_in_all: usize,
    /// Some dates are known.
    dated: bool,
    matrix: Option<Matrix>,
    /// Why texts are missing, each reason once.
    missing: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LevelView {
    level: Level,
    name: &'static str,
    clusters: u64,
    members: u64,
    largest: u64,
    bars: Vec<Bar>,
    numbers: Vec<NumbersRow>,
}

/// A bar of the histogram, in the units of its drawing.
#[derive(Debug, Serialize)]
struct Bar {
    from: String,
    to: String,
    removed: u64,
    reported: u64,
    x: u32,
    /// Top and height of what was removed, and of what was reported, above it.
    removed_y: f64,
    removed_height: f64,
    reported_y: f64,
    reported_height: f64,
    /// The count, short.
    label: String,
}

#[derive(Debug, Serialize)]
struct NumbersRow {
    name: &'static str,
    removed: u64,
    reported: u64,
}

#[derive(Debug, Serialize)]
struct SiteView {
    site: Option<String>,
    pages: u64,
    chars: u64,
    chrome_chars: u64,
    groups: Vec<GroupView>,
    more: usize,
}

#[derive(Debug, Serialize)]
struct GroupView {
    kind: &'static str,
    why: &'static str,
    known: String,
    pages: u64,
    count: u64,
    examples: Vec<ExampleView>,
}

#[derive(Debug, Serialize)]
struct ExampleView {
    doc: String,
    id: String,
    line: u32,
    text: Value,
}

/// Rows of the table of sites.
const SITES: usize = 40;
/// Rows of the table of who copies from whom, and sites of the matrix.
const FLOWS: usize = 30;
const AT_HOME: usize = 10;

/// What is printed.
pub(super) fn view(findings: &mut dyn Findings, gathered: Gathered) -> Result<View> {
    let texts = Texts::fetch(findings, &gathered)?;
    let flows = findings.flows()?;
    let run = findings.run().clone();
    let removed = if run.rewrite == "clean" { "removed" } else { "removable" };
    let clusters: Vec<ClusterView> =
        gathered.picks.iter().map(|pick| cluster(pick, &texts, removed)).collect();
    let mut missing: Vec<String> = Vec::new();
    for problem in texts.passages.values().filter_map(|passage| passage.as_ref().err()) {
        if !missing.contains(problem) && missing.len() < 5 {
            missing.push(problem.clone());
        }
    }
    let levels = [Level::Document, Level::Block, Level::Paragraph].map(|level| {
        let counts = run.clusters.iter().find(|row| row.level == level);
        level_view(
            level,
            counts.map_or((0, 0, 0), |row| (row.clusters, row.members, row.largest)),
            &gathered.levels[place(level)],
        )
    });
    let chrome = gathered.chrome.iter().map(|site| {
        let row = &run.sites[site.row];
        let chrome = row.removed.iter().filter(|removed| removed.reason.starts_with("chrome"));
        SiteView {
            site: row.site.clone(),
            pages: row.pages,
            chars: row.text_chars,
            chrome_chars: chrome.map(|removed| removed.chars).sum(),
            groups: site.groups.iter().map(|group| group_view(group, &texts, Around::Nothing)).collect(),
            more: site.more,
        }
    });
    let injected = gathered.injected.iter().map(|group| group_view(group, &texts, Around::Context));
    let (at_home, flows): (Vec<FlowView>, Vec<FlowView>) =
        pairs(&flows).into_iter().partition(|pair| pair.site == pair.kept_site);
    Ok(View {
        gone: removed,
        mode: match run.rewrite.as_str() {
            "clean" => "clean",
            "annotated" => "clean, annotated: nothing was removed",
            "planned" => "clean, dry run: nothing was removed",
            _ => "clusters: nothing was removed",
        },
        threshold: run.config.matching.threshold,
        containment: run.config.matching.containment,
        coverage: run.config.removal.remove_coverage,
        inputs: run.inputs,
        counts: run.documents,
        removed: run.removed.clone(),
        clusters_in_all: run.clusters.iter().map(|row| row.clusters).sum(),
        levels: levels.into_iter().filter(|level| level.clusters > 0).collect(),
        clusters,
        chrome: chrome.collect(),
        sites: run.sites.iter().take(SITES).cloned().collect(),
        sites_in_all: run.sites.len(),
        injected: injected.collect(),
        injected_kinds: gathered.injected_kinds,
        dated: flows.iter().chain(&at_home).any(|pair| pair.earlier + pair.later > 0),
        matrix: matrix(&flows, &at_home),
        flows_in_all: flows.len(),
        flows: flows.into_iter().take(FLOWS).collect(),
        at_home_in_all: at_home.len(),
        at_home: at_home.into_iter().take(AT_HOME).collect(),
        missing,
        version: run.version,
        fingerprint: run.fingerprint,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Nothing,
    Context,
}

/// Examples shown of a kind.
const EXAMPLES: usize = 3;

fn group_view(group: &Group, texts: &Texts, shown: Around) -> GroupView {
    let mut examples: Vec<ExampleView> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for example in &group.examples {
        let text = texts.removed.get(&example.number).map_or("", String::as_str);
        if seen.contains(&text) || examples.len() == EXAMPLES {
            continue;
        }
        seen.push(text);
        let mut html = Html::default();
        let passage = match shown {
            Around::Context => texts.passages.get(&(example.document, around(example))),
            Around::Nothing => None,
        };
        match passage {
            Some(Ok(passage)) => in_context(&mut html, example, passage, text),
            _ => {
                html.push(if shown == Around::Context { Mark::Chrome } else { Mark::Plain }, text.trim_end())
            }
        }
        examples.push(ExampleView {
            doc: doc(example.document),
            id: texts.name(example.document).id,
            line: example.line,
            text: html.finish(),
        });
    }
    let (why, known) = why(&group.known);
    GroupView {
        kind: if group.reason == Reason::ChromeSpan { "passage" } else { "line" },
        why,
        known: cut(known, 80),
        pages: group.pages,
        count: group.count,
        examples,
    }
}

/// What chrome it is, in words, and its name where that says more.
fn why(known: &str) -> (&'static str, &str) {
    match known.split_once(':') {
        Some(("repeated", _)) => ("repeated on the site's pages", ""),
        Some(("template", _)) => ("one template with changing words", ""),
        Some(("listing", _)) => ("part of a listing", ""),
        Some(("span", _)) => ("repeated inside lines", ""),
        _ if known == "shape" => ("by its shape and place", ""),
        _ if known == "alignment" => ("in this copy and in none of the others", ""),
        _ => ("rule", known),
    }
}

fn in_context(html: &mut Html, example: &Example, passage: &Passage, removed: &str) {
    let inside = example.span.start.saturating_sub(passage.start) as usize;
    let end = (inside + example.span.len() as usize).min(passage.text.len());
    let (Some(before), Some(after)) = (passage.text.get(..inside), passage.text.get(end..)) else {
        return html.push(Mark::Chrome, removed);
    };
    // Of its line only.
    let before = before.rsplit('\n').next().unwrap_or_default();
    let after = after.split('\n').next().unwrap_or_default();
    let skip = before.chars().count().saturating_sub(CONTEXT);
    if skip > 0 {
        html.push(Mark::Plain, "…");
    }
    html.push(Mark::Plain, &before.chars().skip(skip).collect::<String>());
    html.push(Mark::Chrome, removed);
    html.push(Mark::Plain, &cut(after.trim_end(), CONTEXT));
}

/// Height of a histogram's bars in its drawing, and the width of one with the space beside it.
const HEIGHT: f64 = 100.0;
const STEP: u32 = 28;

fn level_view(
    level: Level,
    (clusters, members, largest): (u64, u64, u64),
    counts: &LevelCounts,
) -> LevelView {
    let highest = counts.bars.iter().map(|bar| bar[0] + bar[1]).max().unwrap_or(0).max(1);
    // A count of one can still be seen beside one of a million.
    let height = |count: u64| HEIGHT * ((count + 1) as f64).ln() / ((highest + 1) as f64).ln();
    let bars = counts.bars.iter().enumerate().map(|(at, &[removed, reported])| {
        let all = height(removed + reported);
        // Within a bar the parts stand as they are.
        let part =
            if removed + reported == 0 { 0.0 } else { all * removed as f64 / (removed + reported) as f64 };
        let tenth = |value: f64| (value * 10.0).round() / 10.0;
        Bar {
            from: format!("{:.2}", bar_start(at)),
            to: format!("{:.2}", bar_start(at + 1)),
            removed,
            reported,
            x: at as u32 * STEP,
            removed_y: tenth(HEIGHT - part),
            removed_height: tenth(part),
            reported_y: tenth(HEIGHT - all),
            reported_height: tenth(all - part),
            label: short(removed + reported),
        }
    });
    let names = ["none", "same", "stripped", "masked", "changed"];
    LevelView {
        level,
        name: level_name(level),
        clusters,
        members,
        largest,
        bars: bars.collect(),
        numbers: names
            .into_iter()
            .zip(counts.numbers)
            .filter(|(_, [removed, reported])| removed + reported > 0)
            .map(|(name, [removed, reported])| NumbersRow { name, removed, reported })
            .collect(),
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Document => "documents",
        Level::Block => "blocks of paragraphs",
        Level::Paragraph => "paragraphs",
    }
}
