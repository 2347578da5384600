//! Counts and picks → what the template prints; here the texts are asked for.

use std::collections::BTreeMap;

use minijinja::value::Value;
use serde::Serialize;

use super::gather::{Example, Gathered, Group, LevelCounts, bar_start, place};
use super::marked::{Html, Mark, cut};
use super::model::{
    Counts, Findings, Flow, Level, Member, Name, Passage, Reason, RemovedCount, Role, SiteRow,
};
use super::pick::Pick;
use super::rows::{self, Row};
use crate::document::{Origin, Span};
use crate::error::Result;
use crate::matching::relation::Relation;

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
struct ClusterView {
    anchor: String,
    level: Level,
    name: String,
    beginning: String,
    size: usize,
    sites: usize,
    documents: usize,
    removed: usize,
    weakest: f64,
    tags: Vec<&'static str>,
    /// Numbers that were lost or changed in a member that is shown: for the filter.
    numbers: Vec<&'static str>,
    kept: MemberView,
    first: Option<First>,
    members: Vec<MemberView>,
    more: usize,
    pairs: Vec<PairView>,
    /// Why the kept text cannot be shown.
    missing: Option<String>,
}

/// Where a text was seen first.
#[derive(Debug, Serialize)]
struct First {
    date: String,
    doc: String,
    id: String,
    site: Option<String>,
    /// It is the one that is kept.
    kept: bool,
}

#[derive(Clone, Debug, Serialize)]
struct MemberView {
    doc: String,
    id: String,
    site: Option<String>,
    date: Option<String>,
    /// Lines, for a piece of a document.
    lines: Option<String>,
    role: &'static str,
    relation: &'static str,
    numbers: &'static str,
    numbers_changed: f64,
    jaccard: f64,
    containment: f64,
    coverage: f64,
}

#[derive(Debug, Serialize)]
struct PairView {
    member: MemberView,
    rows: Vec<Row>,
    more: usize,
    same: bool,
    /// Lines of chrome that were left out, of the kept text and of the copy.
    chrome: [usize; 2],
    /// Only the beginning was compared.
    long: bool,
    strips: Vec<Strip>,
    missing: Option<String>,
}

/// Where a piece stands in its page, in thousandths of it.
#[derive(Debug, Serialize)]
struct Strip {
    name: &'static str,
    start: u32,
    width: u32,
    percent: u32,
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

#[derive(Clone, Debug, Default, Serialize)]
struct FlowView {
    site: String,
    kept_site: String,
    copies: Copies,
    characters: u64,
    earlier: u64,
    later: u64,
}

/// Copies by level.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Copies {
    document: u64,
    block: u64,
    paragraph: u64,
}

#[derive(Debug, Serialize)]
struct Matrix {
    kept: Vec<String>,
    rows: Vec<MatrixRow>,
}

#[derive(Debug, Serialize)]
struct MatrixRow {
    site: String,
    cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Cell {
    characters: u64,
    label: String,
    /// 0 for nothing, then 1 to 5.
    shade: usize,
}

/// Bytes of a text that are compared and shown at most.
const PASSAGE: usize = 48 << 10;
/// Bytes of a removed passage.
const REMOVED: usize = 400;
/// Characters around an injected passage.
const CONTEXT: usize = 48;
/// Rows of the table of sites.
const SITES: usize = 40;
/// Rows of the table of who copies from whom, and sites of the matrix.
const FLOWS: usize = 30;
const AT_HOME: usize = 10;
const MATRIX: usize = 12;

/// What is printed.
pub(super) fn view(findings: &mut dyn Findings, gathered: Gathered) -> Result<View> {
    let texts = Texts::fetch(findings, &gathered)?;
    let flows = findings.flows()?;
    let run = findings.run().clone();
    let removed = if run.rewrite == "clean" { "removed" } else { "removable" };
    let clusters: Vec<ClusterView> = gathered.picks.iter().map(|pick| cluster(pick, &texts)).collect();
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

/// Names and texts of all that is shown.
struct Texts {
    names: BTreeMap<Origin, Name>,
    passages: BTreeMap<(Origin, Span), Result<Passage, String>>,
    removed: BTreeMap<usize, String>,
}

impl Texts {
    fn fetch(findings: &mut dyn Findings, gathered: &Gathered) -> Result<Self> {
        let mut documents: Vec<Origin> = Vec::new();
        let mut passages: Vec<(Origin, Span)> = Vec::new();
        for pick in &gathered.picks {
            for member in std::iter::once(&pick.kept).chain(&pick.shown) {
                documents.push(member.document);
                passages.push((member.document, member.span));
            }
            documents.extend(pick.listed.iter().chain(&pick.first).map(|member| member.document));
        }
        let mut numbers: Vec<usize> = Vec::new();
        let groups = gathered.chrome.iter().flat_map(|site| &site.groups).chain(&gathered.injected);
        for example in groups.flat_map(|group| &group.examples) {
            documents.push(example.document);
            numbers.push(example.number);
        }
        for example in gathered.injected.iter().flat_map(|group| &group.examples) {
            passages.push((example.document, around(example)));
        }
        documents.sort_unstable();
        documents.dedup();
        passages.sort_unstable();
        passages.dedup();
        numbers.sort_unstable();
        numbers.dedup();
        let names = findings.names(&documents)?;
        let texts = findings.passages(&passages, PASSAGE)?;
        let removed = findings.removed_texts(&numbers, REMOVED)?;
        Ok(Self {
            names: documents.into_iter().zip(names).collect(),
            passages: passages.into_iter().zip(texts).collect(),
            removed: numbers.into_iter().zip(removed).collect(),
        })
    }

    fn passage(&self, member: &Member) -> Result<&Passage, String> {
        match self.passages.get(&(member.document, member.span)) {
            Some(passage) => passage.as_ref().map_err(Clone::clone),
            None => Err("its text was not read".into()),
        }
    }

    fn name(&self, document: Origin) -> Name {
        self.names.get(&document).cloned().unwrap_or_default()
    }
}

fn doc(document: Origin) -> String {
    format!("{}:{}", document.input, document.record)
}

fn cluster(pick: &Pick, texts: &Texts) -> ClusterView {
    let kept = texts.passage(&pick.kept);
    let name = texts.name(pick.kept.document);
    let pairs: Vec<PairView> = pick
        .shown
        .iter()
        .map(|member| {
            let mut view = PairView {
                member: member_view(member, pick.level, texts),
                rows: Vec::new(),
                more: 0,
                same: false,
                chrome: [0; 2],
                long: false,
                strips: Vec::new(),
                missing: None,
            };
            match (kept.as_ref(), texts.passage(member)) {
                (Ok(kept), Ok(copy)) => {
                    let pair = rows::pair(kept, copy);
                    (view.rows, view.more, view.same) = (pair.rows, pair.more, pair.same);
                    view.chrome = [kept.chrome.len(), copy.chrome.len()];
                    view.long = [(*kept, pick.kept.span), (copy, member.span)]
                        .iter()
                        .any(|(passage, span)| passage.text.len() < span.len() as usize);
                    if pick.level != Level::Document {
                        view.strips = vec![
                            strip("the kept one", pick.kept.span, kept.page),
                            strip("the copy", member.span, copy.page),
                        ];
                    }
                }
                (Err(problem), _) => view.missing = Some((*problem).clone()),
                (_, Err(problem)) => view.missing = Some(problem),
            }
            view
        })
        .collect();
    let mut numbers: Vec<&'static str> =
        pick.shown.iter().map(|member| member.facts.numbers.word()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    ClusterView {
        anchor: format!("c{}", pick.number + 1),
        level: pick.level,
        beginning: kept.as_ref().map_or(String::new(), |passage| beginning(passage)),
        name: match pick.level {
            Level::Document => name.id,
            _ => format!("{}@{}-{}", name.id, pick.kept.span.start, pick.kept.span.end),
        },
        size: pick.size,
        sites: pick.sites,
        documents: pick.documents,
        removed: pick.removed,
        weakest: pick.weakest,
        tags: pick.tags.iter().map(|tag| tag.words()).collect(),
        numbers,
        kept: member_view(&pick.kept, pick.level, texts),
        first: pick.first.as_ref().and_then(|member| {
            let Name { id, site, date } = texts.name(member.document);
            let kept = member.document == pick.kept.document;
            Some(First { date: date?, doc: doc(member.document), id, site, kept })
        }),
        members: pick.listed.iter().map(|member| member_view(member, pick.level, texts)).collect(),
        more: pick.size - 1 - pick.listed.len(),
        pairs,
        missing: kept.err(),
    }
}

fn member_view(member: &Member, level: Level, texts: &Texts) -> MemberView {
    let name = texts.name(member.document);
    let [first, last] = member.lines;
    MemberView {
        doc: doc(member.document),
        id: name.id,
        site: name.site,
        date: name.date,
        lines: (level != Level::Document)
            .then(|| if first == last { format!("line {first}") } else { format!("lines {first}–{last}") }),
        role: match member.role {
            Role::Kept => "kept",
            Role::Removed => "removed",
            Role::Reported => "reported",
        },
        relation: match member.facts.relation {
            Relation::Identical => "identical",
            Relation::Near => "near",
            Relation::Fragment => "fragment",
            Relation::Contains => "contains",
        },
        numbers: member.facts.numbers.word(),
        numbers_changed: member.facts.numbers_changed,
        jaccard: member.facts.jaccard,
        containment: member.facts.containment,
        coverage: member.facts.coverage,
    }
}

/// The first line of content that says something.
fn beginning(passage: &Passage) -> String {
    let mut at = passage.start;
    let mut first = "";
    for line in passage.text.split('\n') {
        let inside = |span: &&Span| span.start <= at && at + line.len() as u32 <= span.end + 1;
        if !line.trim().is_empty() && passage.chrome.iter().find(inside).is_none() {
            first = line.trim();
            break;
        }
        at += line.len() as u32 + 1;
    }
    cut(first, 90)
}

fn strip(name: &'static str, span: Span, page: u32) -> Strip {
    let page = u64::from(page.max(1));
    let thousandth = |bytes: u32| (u64::from(bytes) * 1000 / page).min(1000) as u32;
    let (start, end) = (thousandth(span.start), thousandth(span.end));
    Strip { name, start, width: (end - start).max(4), percent: start / 10 }
}

/// What of an injected passage's page is shown.
fn around(example: &Example) -> Span {
    let reach = 4 * CONTEXT as u32;
    Span::new(example.span.start.saturating_sub(reach), example.span.end.saturating_add(reach))
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

/// A count in four characters or so; nothing for none.
fn short(count: u64) -> String {
    match count {
        0 => String::new(),
        1..1_000 => count.to_string(),
        1_000..10_000 => format!("{:.1}k", count as f64 / 1e3),
        10_000..1_000_000 => format!("{}k", count / 1000),
        _ => format!("{:.1}M", count as f64 / 1e6),
    }
}

/// Pairs of sites with what is copied between them at any level, the most characters first.
fn pairs(flows: &[Flow]) -> Vec<FlowView> {
    let mut pairs: BTreeMap<(&str, &str), FlowView> = BTreeMap::new();
    for flow in flows {
        let pair = pairs.entry((&flow.site, &flow.kept_site)).or_insert_with(|| FlowView {
            site: flow.site.clone(),
            kept_site: flow.kept_site.clone(),
            ..FlowView::default()
        });
        pair.characters += flow.characters;
        pair.earlier += flow.earlier;
        pair.later += flow.later;
        match flow.level {
            Level::Document => pair.copies.document += flow.copies,
            Level::Block => pair.copies.block += flow.copies,
            Level::Paragraph => pair.copies.paragraph += flow.copies,
        }
    }
    let mut pairs: Vec<FlowView> = pairs.into_values().collect();
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.characters));
    pairs
}

/// The sites that have the most in common, each against each; nothing where no two share a text.
fn matrix(pairs: &[FlowView], at_home: &[FlowView]) -> Option<Matrix> {
    let mut sites: Vec<&str> = Vec::new();
    for pair in pairs {
        for site in [&pair.site, &pair.kept_site] {
            if !sites.contains(&site.as_str()) && sites.len() < MATRIX {
                sites.push(site);
            }
        }
        if sites.len() == MATRIX {
            break;
        }
    }
    if sites.len() < 2 {
        return None;
    }
    let find = |site: &str, kept: &str| {
        let list = if site == kept { at_home } else { pairs };
        list.iter().find(|pair| pair.site == site && pair.kept_site == kept).map_or(0, |pair| pair.characters)
    };
    let most = pairs.first().map_or(1, |pair| pair.characters).max(1);
    let rows = sites.iter().map(|site| MatrixRow {
        site: (*site).to_owned(),
        cells: sites
            .iter()
            .map(|kept| {
                let characters = find(site, kept);
                let share = (characters as f64 / most as f64).sqrt();
                let shade = if characters == 0 { 0 } else { (share * 5.0).ceil().clamp(1.0, 5.0) as usize };
                Cell { characters, label: short(characters), shade }
            })
            .collect(),
    });
    Some(Matrix { rows: rows.collect(), kept: sites.iter().map(|&site| site.to_owned()).collect() })
}
