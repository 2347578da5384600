//! `restore`: the originals, or a reason why not.

use crate::fixture::{FERRY, KILN, LIBRARY, Place, pages, sample, snapshot};

#[test]
fn the_originals_come_back() {
    let place = Place::with(&[
        ("in/pages.jsonl", &pages()),
        ("in/site/a.txt", &(KILN.join("\r\n\r\n") + "\r\n")),
        ("in/site/b.txt", &KILN.join("\n\n")),
        ("in/site/c.txt", &FERRY.join("\n\n")),
    ]);
    place.done(&["clean", "in", "-o", "out"]);
    assert_ne!(place.tree("out/clean"), place.tree("in"));
    // The logs are for people; nothing is restored from them.
    for name in
        ["documents.jsonl", "removed.jsonl", "members.jsonl", "clusters.jsonl", "run.json", "skipped.jsonl"]
    {
        std::fs::remove_file(place.path(&format!("out/{name}"))).unwrap();
    }
    snapshot("restore", &place.run(&["restore", "out", "-o", "back"]).shown());
    assert_eq!(place.tree("back"), place.tree("in"));
    let ran = place.done(&["restore", "out", "-o", "again", "-q"]);
    assert_eq!(ran.stderr, "");
}

#[test]
fn an_edited_file_is_refused_by_name() {
    let place = sample();
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    let clean = place.text("out/clean/pages.jsonl");
    place.file("out/clean/pages.jsonl", clean.replace("阴雨", "晴天").as_bytes());
    snapshot("restore-edited", &place.run(&["restore", "out", "-o", "back"]).shown());
    std::fs::remove_file(place.path("out/clean/pages.jsonl")).unwrap();
    snapshot("restore-missing", &place.run(&["restore", "out", "-o", "back"]).shown());
    assert_eq!(place.names(), ["out", "pages.jsonl"]);
}

#[test]
fn what_cannot_be_restored() {
    let place = sample();
    place.done(&["clusters", "pages.jsonl", "-o", "found"]);
    snapshot("restore-clusters", &place.run(&["restore", "found", "-o", "back"]).shown());
    snapshot("restore-nothing", &place.run(&["restore", "nowhere", "-o", "back"]).shown());
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    place.file("back/mine.txt", b"mine");
    snapshot("restore-in-use", &place.run(&["restore", "out", "-o", "back"]).shown());
    assert_eq!(place.names(), ["back", "found", "out", "pages.jsonl"]);
    assert_eq!(place.tree("back").len(), 1);
}

#[test]
fn annotated_and_emptied_records_come_back() {
    let place = Place::with(&[("pages.jsonl", &pages()), ("one.txt", &LIBRARY.join("\n"))]);
    for flags in [&["--annotate"][..], &["--level", "document,block,paragraph"]] {
        let inputs = ["clean", "pages.jsonl", "one.txt", "-o", "out", "--force"];
        place.done(&[&inputs[..], flags].concat());
        place.done(&["restore", "out", "-o", "back"]);
        for name in ["pages.jsonl", "one.txt"] {
            assert_eq!(place.read(&format!("back/{name}")), place.read(name), "{name} {flags:?}");
        }
        std::fs::remove_dir_all(place.path("back")).unwrap();
    }
}
