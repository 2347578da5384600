//! A cluster as it is printed: its facts, its members, and its copies beside the kept one.

use serde::Serialize;

use super::marked::cut;
use super::model::{Level, Member, Name, Passage, Role};
use super::pick::Pick;
use super::rows::{self, Row};
use super::texts::{Texts, doc};
use crate::document::Span;
use crate::matching::relation::Relation;

#[derive(Debug, Serialize)]
pub(super) struct ClusterView {
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

/// A cluster with the texts of those that are shown; `gone` says what a run did with those that may go.
pub(super) fn cluster(pick: &Pick, texts: &Texts, gone: &'static str) -> ClusterView {
    let kept = texts.passage(&pick.kept);
    let name = texts.name(pick.kept.document);
    let pairs: Vec<PairView> = pick
        .shown
        .iter()
        .map(|member| {
            let mut view = PairView {
                member: member_view(member, pick.level, texts, gone),
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
        kept: member_view(&pick.kept, pick.level, texts, gone),
        first: pick.first.as_ref().and_then(|member| {
            let Name { id, site, date } = texts.name(member.document);
            let kept = member.document == pick.kept.document;
            Some(First { date: date?, doc: doc(member.document), id, site, kept })
        }),
        members: pick.listed.iter().map(|member| member_view(member, pick.level, texts, gone)).collect(),
        more: pick.size - 1 - pick.listed.len(),
        pairs,
        missing: kept.err(),
    }
}

fn member_view(member: &Member, level: Level, texts: &Texts, gone: &'static str) -> MemberView {
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
            Role::Removed => gone,
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
