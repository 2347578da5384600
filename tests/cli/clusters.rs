//! `clusters`: the same finding, nothing rewritten.

use serde_json::Value;

use crate::fixture::{sample, snapshot};

#[test]
fn finds_what_clean_finds() {
    let place = sample();
    snapshot("clusters", &place.run(&["clusters", "pages.jsonl", "-o", "found"]).shown());
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    let (found, out) = (place.tree("found"), place.tree("out"));
    let missing: Vec<&String> = out.keys().filter(|name| !found.contains_key(*name)).collect();
    assert_eq!(missing, ["chrome.jsonl", "clean/pages.jsonl", "removed.jsonl", "restore.bin.zst"]);
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
    // Lines of the article with other numbers that are reported as copies.
    let reported = |flags: &[&str]| -> Vec<Value> {
        place.done(&[&["clusters", "pages.jsonl", "-o", "found", "--force"], flags].concat());
        let rows = place.rows("found/members.jsonl").into_iter();
        rows.filter(|row| row["level"] == "paragraph" && row["id"] == "library-changed")
            .map(|row| row["lines"][0].clone())
            .collect()
    };
    assert_eq!(reported(&[]), [1, 2, 3]);
    assert_eq!(reported(&["--threshold", "0.8", "--containment", "1"]), [2, 3]);
    assert_eq!(reported(&["--threshold", "0.99", "--containment", "1"]), [3]);
}
