//! The repository's sample pages against their labels: what is reached stands here, and must not fall.

use std::collections::{BTreeMap, BTreeSet};

use dechaff::Config;
use dechaff::config::Level;
use serde_json::Value;

use crate::cleaned::{Cleaned, bytes, numbers, rows};
use crate::crawls::data;
use crate::invariants::check;

/// A page's path as the labels give it.
fn labelled(row: &Value) -> &str {
    let id = row["id"].as_str().unwrap();
    &id[id.rfind("pages/").unwrap()..]
}

fn run(levels: Vec<Level>) -> Cleaned {
    let mut config = Config::default();
    config.removal.level = levels;
    Cleaned::new(&data().join("pages"), config)
}

fn defaults() -> Cleaned {
    run(Config::default().removal.level)
}

#[test]
fn invariants_hold() {
    crate::say(&format!("data/pages: {:?}", check(&defaults())));
    crate::say(&format!(
        "data/pages, paragraphs too: {:?}",
        check(&run(vec![Level::Document, Level::Block, Level::Paragraph]))
    ));
}

fn labels() -> BTreeMap<String, Value> {
    rows(&data().join("labels.jsonl"))
        .into_iter()
        .map(|row| (row["path"].as_str().unwrap().to_owned(), row))
        .collect()
}

fn truth(level: &str) -> Vec<Value> {
    rows(&data().join("clusters.jsonl")).into_iter().filter(|row| row["level"] == level).collect()
}

fn list(row: &Value, key: &str) -> Vec<usize> {
    row[key].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
}

/// Asserts that at least so many of the wanted were found, and shows the others.
fn reached(what: &str, floor: usize, missing: &[String], all: usize) {
    let found = all - missing.len();
    crate::say(&format!("{what}: {found} of {all}"));
    missing.iter().for_each(|missing| crate::say(&format!("  missing: {missing}")));
    assert!(found >= floor, "{what}: {found} of {all}, was {floor}; missing {missing:#?}");
}

/// Asserts that no more than so many are wrong, and shows them.
fn wrong(what: &str, most: usize, found: &[String]) {
    crate::say(&format!("{what}: {}", found.len()));
    found.iter().for_each(|wrong| crate::say(&format!("  wrong: {wrong}")));
    assert!(found.len() <= most, "{what}: {}, was {most}: {found:#?}", found.len());
}

#[test]
fn chrome() {
    let (run, labels) = (defaults(), labels());
    let path_of: BTreeMap<String, String> = run
        .documents
        .iter()
        .map(|row| (row["doc"].as_str().unwrap().to_owned(), labelled(row).to_owned()))
        .collect();
    let (mut missed_lines, mut wrong_lines, mut all_lines) = (Vec::new(), Vec::new(), 0);
    let (mut missed_spans, mut wrong_bytes, mut all_spans) = (Vec::new(), Vec::new(), 0);
    for (doc, path) in &path_of {
        let (text, label) = (run.text(doc), &labels[path]);
        let lines = crate::cleaned::lines(text);
        let none = Vec::new();
        let found = run.chrome.get(doc).unwrap_or(&none);
        let whole: BTreeSet<usize> =
            (1..=lines.len()).filter(|&n| found.iter().any(|cut| *cut == lines[n - 1])).collect();
        let (chrome, neutral) = (list(label, "chrome_lines"), list(label, "neutral_lines"));
        let shown = |n: usize| format!("{path}@{n}: {}", &text[lines[n - 1].clone()]);
        all_lines += chrome.len();
        missed_lines.extend(chrome.iter().filter(|n| !whole.contains(n)).map(|&n| shown(n)));
        wrong_lines
            .extend(whole.iter().filter(|n| !chrome.contains(n) && !neutral.contains(n)).map(|&n| shown(n)));
        let mut wanted = Vec::new();
        for span in label["chrome_spans"].as_array().unwrap() {
            let line = &lines[span["line"].as_u64().unwrap() as usize - 1];
            let at = |key: &str| {
                let characters = span[key].as_u64().unwrap() as usize;
                line.start + text[line.clone()].chars().take(characters).map(char::len_utf8).sum::<usize>()
            };
            wanted.push(at("start")..at("end"));
        }
        all_spans += wanted.len();
        // A space beside a span counts neither way.
        let trimmed = |span: &std::ops::Range<usize>| {
            let part = &text[span.clone()];
            let start = span.start + part.len() - part.trim_start().len();
            start..start + part.trim().len()
        };
        let spans: Vec<_> = found.iter().filter(|cut| !lines.contains(cut)).map(trimmed).collect();
        missed_spans.extend(
            wanted
                .iter()
                .filter(|span| !spans.contains(span))
                .map(|span| format!("{path}: {}", &text[span.clone()])),
        );
        let beside = spans
            .iter()
            .filter(|span| !wanted.iter().any(|want| want.start <= span.start && span.end <= want.end));
        wrong_bytes.extend(beside.map(|span| format!("{path}: {}", &text[span.clone()])));
    }
    reached("chrome lines", crate::floors::CHROME_LINES, &missed_lines, all_lines);
    wrong("content lines taken for chrome", crate::floors::WRONG_LINES, &wrong_lines);
    reached("injected spans, exactly", crate::floors::SPANS, &missed_spans, all_spans);
    wrong("spans over content", crate::floors::WRONG_SPANS, &wrong_bytes);
}

#[test]
fn documents() {
    let run = defaults();
    let cluster_of: BTreeMap<&str, &Value> =
        run.documents.iter().map(|row| (labelled(row), &row["cluster"])).collect();
    let mut group: BTreeMap<String, usize> = BTreeMap::new();
    let (mut missed, mut all) = (Vec::new(), 0);
    for (at, row) in truth("document").iter().enumerate() {
        let members: Vec<&str> =
            row["members"].as_array().unwrap().iter().map(|m| m.as_str().unwrap()).collect();
        group.extend(members.iter().map(|member| ((*member).to_owned(), at)));
        for (n, a) in members.iter().enumerate() {
            for b in &members[n + 1..] {
                all += 1;
                if cluster_of[a] != cluster_of[b] {
                    missed.push(format!("{a} and {b}"));
                }
            }
        }
    }
    let alike: Vec<BTreeSet<String>> = truth("not")
        .iter()
        .filter(|row| row["rule"] == "not-removed")
        .map(|row| {
            row["members"].as_array().unwrap().iter().map(|m| m.as_str().unwrap().to_owned()).collect()
        })
        .collect();
    let mut joined = Vec::new();
    let paths: Vec<&&str> = cluster_of.keys().collect();
    for (n, a) in paths.iter().enumerate() {
        for b in &paths[n + 1..] {
            let copies = matches!((group.get(**a), group.get(**b)), (Some(x), Some(y)) if x == y);
            let may = alike.iter().any(|members| members.contains(**a) && members.contains(**b));
            if cluster_of[**a] == cluster_of[**b] && !copies && !may {
                joined.push(format!("{a} and {b}"));
            }
        }
    }
    reached("pairs of documents", crate::floors::DOCUMENT_PAIRS, &missed, all);
    wrong("pairs of documents that are no copies", 0, &joined);
}

/// What is alike and no copy: never in one cluster, or never removed for each other.
#[test]
fn what_is_no_copy() {
    let run = run(vec![Level::Document, Level::Block, Level::Paragraph]);
    let (mut joined, mut removed) = (Vec::new(), Vec::new());
    for row in truth("not") {
        let members: BTreeSet<&str> =
            row["members"].as_array().unwrap().iter().map(|m| m.as_str().unwrap()).collect();
        if row["rule"] == "not-removed" {
            let between = run.removed.iter().filter(|row| {
                row["kept"].is_object()
                    && members.contains(labelled(row))
                    && members.contains(labelled(&row["kept"]))
            });
            // Paragraphs that are equal word for word are copies; documents and blocks are none.
            removed
                .extend(between.filter(|row| row["reason"] != "duplicate-paragraph").map(Value::to_string));
            continue;
        }
        let lines = members.iter().any(|member| member.contains('@'));
        let level = if lines { "paragraph" } else { "document" };
        let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for member in run.members.iter().filter(|member| member["level"] == level) {
            let path = labelled(member);
            let name = if lines { format!("{path}@{}", numbers(member)[0]) } else { path.to_owned() };
            if members.contains(name.as_str()) {
                seen.entry(member["cluster"].to_string()).or_default().insert(name);
            }
        }
        joined.extend(seen.into_values().filter(|names| names.len() > 1).map(|names| format!("{names:?}")));
    }
    wrong("joined that must not be", 0, &joined);
    wrong("removed that must not be", 0, &removed);
}

#[test]
fn paragraphs() {
    let run = defaults();
    let labels = labels();
    // (page, line) → the clusters a member of which takes it up.
    let mut found: BTreeMap<(String, usize), BTreeSet<String>> = BTreeMap::new();
    for member in run.members.iter().filter(|member| member["level"] == "paragraph") {
        for line in numbers(member) {
            found
                .entry((labelled(member).to_owned(), line))
                .or_default()
                .insert(member["cluster"].to_string());
        }
    }
    let of = |copy: &Value| -> BTreeSet<String> {
        let path = copy["path"].as_str().unwrap().to_owned();
        list(copy, "lines")
            .into_iter()
            .filter_map(|n| found.get(&(path.clone(), n)))
            .flatten()
            .cloned()
            .collect()
    };
    let (mut missed, mut all) = (Vec::new(), 0);
    let mut label_of: BTreeMap<(String, usize), usize> = BTreeMap::new();
    for (at, row) in truth("paragraph").iter().enumerate() {
        let copies = row["copies"].as_array().unwrap();
        for (n, a) in copies.iter().enumerate() {
            let path = a["path"].as_str().unwrap();
            label_of.extend(list(a, "lines").into_iter().map(|line| ((path.to_owned(), line), at)));
            for b in &copies[n + 1..] {
                all += 1;
                if of(a).is_disjoint(&of(b)) {
                    missed.push(format!(
                        "{path}@{:?} and {}@{:?}",
                        list(a, "lines"),
                        b["path"],
                        list(b, "lines")
                    ));
                }
            }
        }
    }
    reached("pairs of paragraphs", crate::floors::PARAGRAPH_PAIRS, &missed, all);
    // Two lines in one cluster that are copies of different paragraphs, or of none: templates and titles apart.
    let templates: BTreeSet<String> = truth("not")
        .iter()
        .filter(|row| row["rule"] == "not-removed")
        .flat_map(|row| {
            row["members"]
                .as_array()
                .unwrap()
                .iter()
                .map(|m| m.as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    let neutral = |path: &str, line: usize| list(&labels[path], "neutral_lines").contains(&line);
    let mut by_cluster: BTreeMap<&String, Vec<&(String, usize)>> = BTreeMap::new();
    for (place, clusters) in &found {
        if !templates.contains(&place.0) && !neutral(&place.0, place.1) {
            clusters.iter().for_each(|cluster| by_cluster.entry(cluster).or_default().push(place));
        }
    }
    let mut joined = BTreeSet::new();
    for places in by_cluster.values() {
        for (n, a) in places.iter().enumerate() {
            for b in &places[n + 1..] {
                let (x, y) = (label_of.get(*a), label_of.get(*b));
                if x.is_none() || x != y {
                    joined.insert(format!("{}@{} and {}@{}", a.0, a.1, b.0, b.1));
                }
            }
        }
    }
    wrong(
        "pairs of lines joined that are no copies",
        crate::floors::WRONG_PARAGRAPHS,
        &joined.into_iter().collect::<Vec<_>>(),
    );
}

#[test]
fn blocks() {
    let (run, labels) = (defaults(), labels());
    for row in truth("block") {
        let page = row["page"].as_str().unwrap();
        let copies = row["copies"].as_array().unwrap();
        // Blank lines, titles and chrome at either end count neither way.
        let same = |unit: &Value, copy: &Value| {
            let doc = unit["doc"].as_str().unwrap();
            let lines = crate::cleaned::lines(run.text(doc));
            let neutral =
                [list(&labels[page], "neutral_lines"), list(&labels[page], "chrome_lines")].concat();
            let counts =
                |n: &usize| !run.text(doc)[lines[*n - 1].clone()].trim().is_empty() && !neutral.contains(n);
            let ends = |first: u64, last: u64| {
                let own: Vec<usize> = (first as usize..=last as usize).filter(counts).collect();
                (own.first().copied(), own.last().copied())
            };
            let named = numbers(unit);
            labelled(unit) == page
                && ends(named[0] as u64, named[1] as u64)
                    == ends(copy["first"].as_u64().unwrap(), copy["last"].as_u64().unwrap())
        };
        let whole = run.clusters.iter().find(|cluster| {
            let members = cluster["members"].as_array().unwrap();
            cluster["level"] == "block"
                && copies.iter().all(|copy| members.iter().any(|member| same(member, copy)))
        });
        let whole = whole.unwrap_or_else(|| panic!("no cluster has the copies {row}"));
        let best = &copies[row["best_copy"].as_u64().unwrap() as usize];
        assert!(same(&whole["kept"], best), "kept is {}", whole["kept"]);
        // The others go.
        let gone =
            run.removed.iter().filter(|row| row["reason"] == "duplicate-block" && labelled(row) == page);
        let gone: Vec<_> = gone.map(bytes).collect();
        assert_eq!(gone.len(), copies.len() - 1, "{gone:?}");
    }
}
