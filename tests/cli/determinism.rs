//! The same input and configuration give the same bytes, whatever the machine does meanwhile.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fixture::{KILN, Place, pages, record};

/// The sample pages of the repository.
fn data() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/data/pages").to_owned()
}

/// All files of a run, `run.json` without what depends on the machine.
fn files(place: &Place, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = place.tree(folder);
    let mut run: Value = serde_json::from_slice(&files["run.json"]).unwrap();
    for key in ["timing", "environment"] {
        run.as_object_mut().unwrap().remove(key).unwrap();
    }
    files.insert("run.json".into(), serde_json::to_vec(&run).unwrap());
    files
}

fn same(place: &Place, a: &str, b: &str) {
    let (a, b) = (files(place, a), files(place, b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, content) in &a {
        assert!(*content == b[name], "{name} differs");
    }
}

#[test]
fn threads_and_memory_change_nothing() {
    let place = Place::new();
    let data = data();
    let ran =
        place.done(&["clean", &data, "-o", "one", "-j1", "--level", "document,block,paragraph", "--pairs"]);
    assert!(ran.stderr.lines().all(|line| line.chars().count() <= 80), "{}", ran.stderr);
    place.done(&["clean", &data, "-o", "two", "-j2", "--level", "document,block,paragraph", "--pairs"]);
    place.done(&[
        "clean",
        &data,
        "-o",
        "spilled",
        "-j3",
        "--memory=0",
        "--level",
        "document,block,paragraph",
        "--pairs",
    ]);
    same(&place, "one", "two");
    same(&place, "one", "spilled");
    let environment = |folder: &str| place.json(&format!("{folder}/run.json"))["environment"].clone();
    assert_eq!((&environment("one")["threads"], &environment("two")["threads"]), (&1.into(), &2.into()));
    assert_eq!(environment("one")["sheets_on_disk"], 0);
    assert_eq!(environment("spilled")["sheets_in_memory"], 0);
}

#[test]
fn a_run_again_is_the_same_run() {
    let place = Place::with(&[("pages.jsonl", &pages())]);
    place.done(&["clean", "pages.jsonl", "-o", "one"]);
    place.done(&["clean", "pages.jsonl", "-o", "two"]);
    same(&place, "one", "two");
}

/// Files stand in the order given, those of a folder in the order of their names.
#[test]
fn order_of_inputs() {
    let place = Place::with(&[
        ("in/b.jsonl", &record("b", &KILN)),
        ("in/a.jsonl", &record("a", &KILN)),
        ("in/c/d.txt", &KILN.join("\n")),
    ]);
    let order = |inputs: &[&str]| -> Vec<String> {
        place.done(&[&["clusters"], inputs, &["-o", "out", "--force"]].concat());
        let rows = place.rows("out/documents.jsonl");
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(order(&["in"]), ["a", "b", "in/c/d.txt"]);
    assert_eq!(order(&["in/*.jsonl"]), ["a", "b"]);
    assert_eq!(order(&["in/b.jsonl", "in/a.jsonl"]), ["b", "a"]);
    let kept: Vec<Value> = place
        .rows("out/documents.jsonl")
        .into_iter()
        .filter(|row| row["kept"] == true)
        .map(|row| row["id"].clone())
        .collect();
    assert_eq!(kept, ["b"], "ties go to the first");
}

#[test]
fn a_killed_run_leaves_no_folder() {
    let place = Place::new();
    let text: String = (0..200_000u64).map(|n| format!("word{} ", n * 7919 % 10_007)).collect();
    let lines: String = (0..20).map(|n| record(&n.to_string(), &[&format!("{n} {text}")])).collect();
    place.file("big.jsonl", lines.as_bytes());
    let mut child = place.spawn(&["clean", "big.jsonl", "-o", "out"]);
    // As soon as it has begun to write.
    while !place.names().iter().any(|name| name.starts_with(".out.")) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it began to write");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), None, "it was killed");
    assert!(!place.exists("out"));
    place.file("big.jsonl", record("small", &KILN).as_bytes());
    place.done(&["clean", "big.jsonl", "-o", "out"]);
}
