//! `explain`: documents, lines, pairs.

use crate::fixture::{
    FERRY, KILN, LIBRARY, LIBRARY_CHANGED, LIBRARY_STRIPPED, MARKET, Place, pages, record, sample, snapshot,
};

/// Explains, and keeps what is said under this name.
fn explained(place: &Place, name: &str, arguments: &[&str]) -> String {
    let ran = place.run(&[&["explain", "out"], arguments].concat());
    snapshot(&format!("explain-{name}"), &ran.shown());
    ran.stdout
}

fn cleaned() -> Place {
    let place = sample();
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    place
}

#[test]
fn documents() {
    let place = cleaned();
    explained(&place, "dropped", &["library-stripped"]);
    explained(&place, "representative", &["library"]);
    explained(&place, "reported", &["library-changed"]);
    explained(&place, "alone", &["kiln"]);
    let by_id = place.done(&["explain", "out", "library"]).stdout;
    assert_eq!(place.done(&["explain", "out", "0:1"]).stdout, by_id);
}

#[test]
fn lines_and_bytes() {
    let place = cleaned();
    explained(&place, "line-dropped", &["library-stripped@2"]);
    explained(&place, "line-reported", &["library-changed@1"]);
    explained(&place, "line-alone", &["ferry@3"]);
    explained(&place, "bytes", &["library@0-30"]);
    explained(&place, "line-beyond", &["library@4"]);
    explained(&place, "bytes-beyond", &["library@0-9999"]);
    explained(&place, "bytes-inside", &["library@1-30"]);
}

#[test]
fn pairs() {
    let place = cleaned();
    explained(&place, "pair-stripped", &["library", "library-stripped"]);
    let changed = explained(&place, "pair-changed", &["library", "library-changed"]);
    assert!(changed.contains("[-47-]") && changed.contains("{+52+}"), "{changed}");
    explained(&place, "pair-apart", &["kiln", "ferry"]);
    explained(&place, "pair-lines", &["library@1", "library-changed@1"]);
    explained(&place, "pair-same", &["kiln", "kiln"]);
    explained(&place, "pair-unlike", &["library", "library-changed@1"]);
    explained(&place, "pair-words", &["ferry@1", "ferry@2"]);
}

/// Blocks: what was cut out of a page that stays.
#[test]
fn blocks() {
    let shared: Vec<&str> = LIBRARY.iter().chain(&KILN).copied().collect();
    let first = [&shared[..], &FERRY[..2]].concat();
    let second = [&[MARKET[0]], &shared[..], &[MARKET[1]]].concat();
    let place =
        Place::with(&[("pages.jsonl", &[record("first", &first), record("second", &second)].concat())]);
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    explained(&place, "block", &["second"]);
    explained(&place, "block-line", &["second@3"]);
    explained(&place, "block-kept", &["first@1"]);
    let cut = place.rows("out/removed.jsonl").remove(0);
    let name = |unit: &serde_json::Value| {
        format!("{}@{}-{}", unit["id"].as_str().unwrap(), unit["byte_start"], unit["byte_end"])
    };
    explained(&place, "pair-blocks", &[&name(&cut["kept"]), &name(&cut)]);
}

#[test]
fn runs_that_removed_nothing() {
    let place = sample();
    place.done(&["clusters", "pages.jsonl", "-o", "out"]);
    explained(&place, "clusters", &["library-stripped"]);
    explained(&place, "clusters-line", &["library-stripped@1"]);
    place.done(&["clean", "pages.jsonl", "-o", "out", "--force", "--dry-run"]);
    explained(&place, "dry-run", &["library-stripped"]);
}

#[test]
fn names() {
    let content = [
        record("twice", &LIBRARY),
        record("twice", &KILN),
        record("a@b.example", &FERRY),
        record("0:1", &LIBRARY_CHANGED),
        r#"{"id": 12345678901234567890123, "text": "x"}"#.to_owned() + "\n",
        record("evil\u{202e}\u{1b}[2J", &LIBRARY_STRIPPED),
    ];
    let place = Place::with(&[("pages.jsonl", &content.concat())]);
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    explained(&place, "ambiguous", &["twice"]);
    explained(&place, "unknown", &["twise"]);
    explained(&place, "unknown-line", &["twise@3"]);
    explained(&place, "unlike-any", &["zzz"]);
    explained(&place, "hostile", &["0:6"]);
    let head = |unit: &str| place.done(&["explain", "out", unit]).stdout.lines().next().unwrap().to_owned();
    assert_eq!(head("a@b.example"), "a@b.example (0:3)");
    assert_eq!(head("a@b.example@1"), format!("a@b.example@1 (0:3, bytes 0-{})", FERRY[0].len()));
    assert_eq!(head("0:1"), "0:1 (0:4)", "an id goes before a doc");
    assert_eq!(head("0:2"), "twice (0:2)");
    assert_eq!(head("12345678901234567890123"), "12345678901234567890123 (0:5)");
    snapshot("explain-no-run", &place.run(&["explain", "nowhere", "x"]).shown());
}

#[test]
fn a_reference_document() {
    let place = Place::with(&[("new.jsonl", &pages()), ("old.jsonl", &record("archived", &KILN))]);
    place.done(&["clean", "new.jsonl", "-o", "out", "--against", "old.jsonl"]);
    explained(&place, "reference", &["archived"]);
    explained(&place, "pair-reference", &["archived", "kiln"]);
}

#[test]
fn inputs_that_changed_or_went() {
    let place = cleaned();
    place.file("pages.jsonl", pages().replace("阴雨", "晴天").as_bytes());
    explained(&place, "changed-line", &["library-stripped@1"]);
    explained(&place, "changed-pair", &["library", "kiln"]);
    explained(&place, "changed-pair-logged", &["library", "library-stripped"]);
    std::fs::remove_file(place.path("pages.jsonl")).unwrap();
    explained(&place, "gone-pair", &["library", "kiln"]);
    explained(&place, "gone-document", &["library-stripped"]);
}

#[test]
fn damaged_logs() {
    let place = cleaned();
    let documents = place.text("out/documents.jsonl");
    place.file("out/documents.jsonl", documents.replace("\"kept\":false", "\"kept\":").as_bytes());
    explained(&place, "damaged-log", &["library"]);
    std::fs::remove_file(place.path("out/documents.jsonl")).unwrap();
    explained(&place, "missing-log", &["library"]);
    place.file("out/run.json", b"{}");
    explained(&place, "damaged-run", &["library"]);
}
