//! The invariants themselves; each takes a finished run.

use std::collections::{BTreeMap, BTreeSet};

use dechaff::matching::verify::overlap;
use dechaff::output::restore;
use dechaff::progress::Silent;
use dechaff::text::segment::{is_blank, segment};
use serde_json::Value;

use crate::cleaned::{Bytes, Cleaned, bytes, decompressed, doc, lines, numbers};

/// What was measured on the way.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) copies: usize,
    pub(crate) coverage_min: f64,
    pub(crate) coverage_mean: f64,
}

/// All of them.
pub(crate) fn check(run: &Cleaned) -> Measured {
    restored(run);
    documents_in_order(run);
    clusters_hold_their_kept(run);
    entries_are_what_they_say(run);
    what_lies_inside_says_so(run);
    kept_stands(run);
    clean_is_what_is_left(run);
    covered(run)
}

fn is_copy(row: &Value) -> bool {
    row["reason"].as_str().unwrap().starts_with("duplicate-")
}

/// `restore` gives the decompressed bytes of every input.
fn restored(run: &Cleaned) {
    let back = run.place().join("back");
    let counts = restore(&run.out, &back, &Silent).unwrap();
    assert_eq!(counts.files as usize, run.inputs.len());
    for input in &run.inputs {
        let same = decompressed(&back.join(&input.relative)) == decompressed(&input.path);
        assert!(same, "{} is not restored", input.path.display());
    }
}

/// `documents.jsonl` has every record once, in input order, ids verbatim.
fn documents_in_order(run: &Cleaned) {
    let mut rows = run.documents.iter();
    for (number, input) in run.inputs.iter().enumerate() {
        for (at, record) in input.records.iter().enumerate() {
            let row = rows.next().unwrap_or_else(|| panic!("{number}:{} is missing", at + 1));
            assert_eq!((doc(row), &row["id"]), (format!("{number}:{}", at + 1), &record.id));
        }
    }
    assert!(rows.next().is_none(), "a document that was not read");
}

/// Every cluster's kept unit is its member, all members are listed, and documents name the cluster they are in.
fn clusters_hold_their_kept(run: &Cleaned) {
    let unit = |row: &Value| (doc(row), bytes(row).start, bytes(row).end);
    let mut members = run.members.iter();
    let mut cluster_of: BTreeMap<String, &Value> = BTreeMap::new();
    for cluster in &run.clusters {
        let size = cluster["size"].as_u64().unwrap() as usize;
        let own: Vec<&Value> = members.by_ref().take(size).collect();
        assert!(size >= 2 && own.len() == size, "{}", cluster["cluster"]);
        assert!(
            own.iter().all(|row| row["cluster"] == cluster["cluster"] && row["level"] == cluster["level"])
        );
        let distinct: BTreeSet<_> = own.iter().map(|row| unit(row)).collect();
        assert_eq!(distinct.len(), size, "a member stands twice in {}", cluster["cluster"]);
        assert!(distinct.contains(&unit(&cluster["kept"])), "kept is no member of {}", cluster["cluster"]);
        let listed = cluster["members"].as_array().unwrap();
        assert_eq!(listed.len(), size.min(1000));
        assert_eq!(cluster["truncated"], size > 1000);
        assert!(listed.iter().zip(&own).all(|(a, b)| unit(a) == unit(b)));
        let weakest = cluster["weakest"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&weakest));
        if cluster["level"] == "document" {
            for row in own {
                let before = cluster_of.insert(doc(row), &cluster["cluster"]);
                assert!(before.is_none(), "{} is in two clusters", row["id"]);
            }
        }
    }
    assert!(members.next().is_none(), "a member of no cluster");
    let mut seen: BTreeMap<String, &Value> = BTreeMap::new();
    let repeated = run.documents.iter().any(|row| seen.insert(row["id"].to_string(), row).is_some());
    for row in &run.documents {
        let name = if repeated { &row["doc"] } else { &row["id"] };
        let cluster = cluster_of.get(&doc(row)).copied().unwrap_or(name);
        assert_eq!(&row["cluster"], cluster, "{}", row["id"]);
    }
}

/// The text, bytes and lines of every entry of `removed.jsonl`.
fn entries_are_what_they_say(run: &Cleaned) {
    for row in &run.removed {
        let doc = doc(row);
        let text = run.text(&doc);
        let span = bytes(row);
        assert_eq!(row["text"].as_str(), text.get(span.clone()), "{row}");
        assert_eq!(row["id"], run.record(&doc).id);
        let lines = lines(text);
        let named = numbers(row);
        let line = |number: usize| lines[number - 1].clone();
        assert!(named.windows(2).all(|pair| pair[0] <= pair[1]), "{row}");
        let (first, last) = (named[0], named[named.len() - 1]);
        match row["reason"].as_str().unwrap() {
            "chrome-span" => {
                assert_eq!(named.len(), 1, "{row}");
                assert!(
                    line(first).start <= span.start && span.end <= line(first).end && !span.is_empty(),
                    "{row}"
                );
            }
            "duplicate-document" => {
                assert_eq!((named, span), (vec![1, lines.len().max(1)], 0..lines.last().map_or(0, |l| l.end)))
            }
            "chrome-line" => assert_eq!((named.len(), span), (1, line(first)), "{row}"),
            "duplicate-block" => {
                assert_eq!(named.len(), 2, "{row}");
                assert_eq!(span, line(first).start..line(last).end, "{row}");
            }
            "duplicate-paragraph" => {
                assert_eq!(span, line(first).start..line(last).end, "{row}");
                assert!(named.iter().all(|&number| !is_blank(&text[line(number)])), "{row}");
            }
            other => panic!("{other}"),
        }
    }
}

/// What lies in a removed copy says so, and names no other.
fn what_lies_inside_says_so(run: &Cleaned) {
    let mut copies: BTreeMap<String, Vec<Bytes>> = BTreeMap::new();
    run.removed
        .iter()
        .filter(|row| is_copy(row))
        .for_each(|row| copies.entry(doc(row)).or_default().push(bytes(row)));
    for row in &run.removed {
        let (span, none) = (bytes(row), Vec::new());
        let around = copies.get(&doc(row)).unwrap_or(&none);
        let inside =
            around.iter().any(|copy| *copy != span && copy.start <= span.start && span.end <= copy.end);
        assert!(!inside || row["inside"].is_string(), "{row}");
        assert!(row["reason"] != "duplicate-document" || row["inside"].is_null(), "{row}");
    }
}

fn dropped(run: &Cleaned) -> BTreeSet<String> {
    run.documents.iter().filter(|row| row["kept"] == false).map(doc).collect()
}

/// Removed copies below the level of documents, by document.
fn removed_pieces(run: &Cleaned) -> BTreeMap<String, Vec<&Value>> {
    let mut pieces: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for row in run.removed.iter().filter(|row| is_copy(row) && row["reason"] != "duplicate-document") {
        pieces.entry(doc(row)).or_default().push(row);
    }
    pieces
}

/// Every kept unit stands: its document is not dropped, and no removed copy overlaps it.
fn kept_stands(run: &Cleaned) {
    let (dropped, pieces) = (dropped(run), removed_pieces(run));
    let copies: Vec<&Value> = run.removed.iter().filter(|row| is_copy(row)).collect();
    let gone: BTreeSet<String> =
        copies.iter().filter(|row| row["reason"] == "duplicate-document").map(|row| doc(row)).collect();
    assert_eq!(gone, dropped, "documents that are dropped and those that are logged");
    for row in copies {
        let kept = &row["kept"];
        assert!(!dropped.contains(&doc(kept)), "the kept document goes itself: {row}");
        assert_ne!((doc(kept), bytes(kept)), (doc(row), bytes(row)), "{row}");
        if row["reason"] == "duplicate-document" {
            continue; // What goes of a document that stays is told by the coverage of what is left.
        }
        let none = Vec::new();
        for piece in pieces.get(&doc(kept)).unwrap_or(&none) {
            assert!(
                !lines_of(run, piece).iter().any(|line| lines_of(run, kept).contains(line)),
                "{kept}\nlies in\n{piece}"
            );
        }
    }
}

/// The lines that a unit of the logs takes up.
fn lines_of(run: &Cleaned, unit: &Value) -> Vec<usize> {
    let named = numbers(unit);
    let reason = unit["reason"].as_str();
    let all = |reason: &str| matches!(reason, "duplicate-block" | "duplicate-document");
    // A kept unit does not say its level: two numbers are a run of lines where its bytes are those of the run.
    let span = bytes(unit);
    let lines = lines(run.text(&doc(unit)));
    let whole = named.len() == 2
        && reason.is_none_or(all)
        && lines.get(named[0] - 1).is_some_and(|line| line.start == span.start);
    if whole { (named[0]..=named[1]).collect() } else { named }
}

/// `clean/` is the input without what was removed, each removal as it is said to leave the text.
fn clean_is_what_is_left(run: &Cleaned) {
    let dropped = dropped(run);
    let mut by_doc: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    run.removed.iter().for_each(|row| by_doc.entry(doc(row)).or_default().push(row));
    for (row, clean) in run.documents.iter().zip(run.clean()) {
        let doc = doc(row);
        let Some(clean) = clean else {
            assert!(dropped.contains(&doc));
            continue;
        };
        let removed = by_doc.get(&doc).map_or(&[][..], Vec::as_slice);
        let want = left(run, run.text(&doc), removed);
        if clean != want {
            let at = clean.bytes().zip(want.bytes()).take_while(|(a, b)| a == b).count();
            let around = |text: &str| {
                let (start, end) =
                    (text.floor_char_boundary(at.saturating_sub(60)), text.floor_char_boundary(at + 60));
                format!("{:?}", &text[start.min(text.len())..end.min(text.len())])
            };
            panic!(
                "{doc} ({}), byte {at}:\nclean/ has    {}\nshould have   {}",
                row["id"],
                around(&clean),
                around(&want)
            );
        }
    }
}

/// A text after these removals: a paragraph of which all lines go goes with the blank lines after it, any other line
/// with its terminator, a span by its bytes. What shows nothing any more is empty.
fn left(run: &Cleaned, text: &str, removed: &[&Value]) -> String {
    let page = segment(text);
    let mut goes = vec![false; page.lines.len()];
    let mut cuts: Vec<Bytes> = Vec::new();
    for row in removed {
        if row["reason"] == "chrome-span" {
            cuts.push(bytes(row));
        } else {
            lines_of(run, row).into_iter().for_each(|number| goes[number - 1] = true);
        }
    }
    let start = |line: usize| page.lines.get(line).map_or(text.len(), |line| line.start as usize);
    for paragraph in &page.paragraphs {
        let (first, end) = (paragraph.start as usize, paragraph.end as usize);
        let mut next = end;
        while next < page.lines.len() && is_blank(&text[page.lines[next].range()]) {
            next += 1;
        }
        if goes[first..end].iter().all(|goes| *goes) {
            cuts.push(start(first)..start(next));
        } else {
            cuts.extend((first..end).filter(|&line| goes[line]).map(|line| start(line)..start(line + 1)));
        }
    }
    let mut bare = String::with_capacity(text.len());
    let mut at = 0;
    cuts.sort_by_key(|cut| (cut.start, cut.end));
    for cut in &cuts {
        bare.push_str(&text[at..cut.start.max(at)]);
        at = at.max(cut.end);
    }
    bare.push_str(&text[at..]);
    if !cuts.is_empty() && bare.lines().all(is_blank) { String::new() } else { bare }
}

/// What is removed as a copy stands elsewhere: at least .9 of its content's shingles are in what stays of the kept unit.
fn covered(run: &Cleaned) -> Measured {
    let pieces = removed_pieces(run);
    let mut measured = Measured { coverage_min: 1.0, ..Measured::default() };
    let mut sum = 0.0;
    let said: BTreeMap<String, f64> =
        run.documents.iter().filter_map(|row| Some((doc(row), row["coverage"].as_f64()?))).collect();
    for row in run.removed.iter().filter(|row| is_copy(row)) {
        let level = row["reason"].as_str().unwrap().trim_start_matches("duplicate-").to_owned();
        let (mut own, mut kept) = (row.clone(), row["kept"].clone());
        own["level"] = level.clone().into();
        kept["level"] = level.clone().into();
        let gone: Vec<Bytes> = pieces
            .get(&doc(&kept))
            .map_or(Vec::new(), |pieces| pieces.iter().map(|piece| bytes(piece)).collect());
        let (own_set, kept_set) = (run.content(&own, &[]), run.content(&kept, &[]));
        let coverage = overlap(&own_set, &kept_set).a_in_b();
        assert!(
            coverage >= 0.9 - 1e-9,
            "coverage {coverage:.4}, {} of {}: {}",
            row["reason"],
            row["id"],
            row["kept"]["id"]
        );
        if !gone.is_empty() {
            let standing = overlap(&own_set, &run.content(&kept, &gone)).a_in_b();
            assert!(
                standing >= 0.9 - 1e-9,
                "coverage {standing:.4} by what stands, {} of {}",
                row["reason"],
                row["id"]
            );
        }
        if level == "document" {
            let said = said[&doc(row)];
            assert!((said - coverage).abs() < 0.001, "{}: coverage is {coverage:.4}, not {said}", row["id"]);
        }
        sum += coverage;
        measured.copies += 1;
        measured.coverage_min = measured.coverage_min.min(coverage);
    }
    measured.coverage_mean = if measured.copies == 0 { 1.0 } else { sum / measured.copies as f64 };
    measured
}
