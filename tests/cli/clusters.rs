//! `clusters`: the same finding, nothing rewritten.

use crate::fixture::{sample, snapshot};

#[test]
fn finds_what_clean_finds() {
    let place = sample();
    snapshot("clusters", &place.run(&["clusters", "pages.jsonl", "-o", "found"]).shown());
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    let (found, out) = (place.tree("found"), place.tree("out"));
    let missing: Vec<&String> = out.keys().filter(|name| !found.contains_key(*name)).collect();
    assert_eq!(missing, ["clean/pages.jsonl", "removed.jsonl", "restore.bin.zst"]);
    for name in ["documents.jsonl", "clusters.jsonl", "members.jsonl"] {
        assert_eq!(found[name], out[name], "{name}");
    }
}

#[test]
fn flags_of_clean_alone_are_unknown() {
    let place = sample();
    for flag in ["--annotate", "--dry-run", "--only=chrome"] {
        let ran = place.run(&["clusters", "pages.jsonl", "-o", "found", flag]);
        assert_eq!(ran.status, Some(2), "{}", ran.shown());
    }
}

#[test]
fn thresholds_say_what_is_reported() {
    let place = sample();
    let clusters = |flags: &[&str]| -> Vec<String> {
        place.done(&[&["clusters", "pages.jsonl", "-o", "found", "--force"], flags].concat());
        let rows = place.rows("found/documents.jsonl");
        rows.iter().map(|row| row["cluster"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(clusters(&[])[..3], ["library", "library", "library"]);
    assert_eq!(clusters(&["--threshold", "0.99", "--containment", "1"])[..3], ["library", "library", "library-changed"]);
}
