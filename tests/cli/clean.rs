//! `clean`: what it says, what it leaves.

use serde_json::{Value, json};

use crate::fixture::{FERRY, KILN, LIBRARY, LIBRARY_STRIPPED, Place, pages, record, sample, snapshot};

#[test]
fn a_small_run() {
    let place = sample();
    snapshot("clean", &place.run(&["clean", "pages.jsonl", "-o", "out"]).shown());
    let logs = [
        "documents.jsonl",
        "clusters.jsonl",
        "members.jsonl",
        "removed.jsonl",
        "chrome.jsonl",
        "skipped.jsonl",
    ];
    let logs: Vec<String> =
        logs.iter().map(|name| format!("=== {name}\n{}", place.text(&format!("out/{name}")))).collect();
    snapshot("clean-logs", &logs.concat());
    assert_eq!(place.names(), ["out", "pages.jsonl"]);
    let names: Vec<String> = place.tree("out").into_keys().collect();
    assert_eq!(
        names,
        [
            "chrome.jsonl",
            "clean/pages.jsonl",
            "clusters.jsonl",
            "documents.jsonl",
            "members.csv",
            "members.jsonl",
            "removed.jsonl",
            "report.html",
            "restore.bin.zst",
            "run.json",
            "sites.csv",
            "skipped.jsonl"
        ]
    );
}

#[test]
fn the_copy_goes_and_nothing_else() {
    let place = sample();
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    let original = place.text("pages.jsonl");
    let kept: String =
        original.split_inclusive('\n').filter(|line| !line.contains("library-stripped")).collect();
    assert_eq!(place.text("out/clean/pages.jsonl"), kept);
}

/// Everything in `run.json` but what depends on the machine.
fn portable(mut run: Value) -> Value {
    let object = run.as_object_mut().unwrap();
    for key in ["timing", "environment", "fingerprint"] {
        object.remove(key).unwrap_or_else(|| panic!("{key} is missing"));
    }
    run
}

#[test]
fn json_on_standard_output() {
    let place = sample();
    let ran = place.done(&["clean", "pages.jsonl", "-o", "out", "--json"]);
    assert_eq!(ran.stderr, "");
    assert_eq!(ran.stdout, place.text("out/run.json"));
    let run = serde_json::from_str(&ran.stdout).unwrap();
    snapshot("run", &serde_json::to_string_pretty(&portable(run)).unwrap());
}

#[test]
fn quiet_and_verbose() {
    let place = sample();
    let ran = place.done(&["clean", "pages.jsonl", "-o", "quiet", "-q"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    snapshot("clean-verbose", &place.run(&["clean", "pages.jsonl", "-o", "out", "-v", "-j2"]).shown());
    snapshot("quiet-and-verbose", &place.run(&["clean", "pages.jsonl", "-o", "out", "-v", "-q"]).shown());
}

#[test]
fn check_tells_by_the_exit_status() {
    let place = sample();
    let ran = place.run(&["clean", "pages.jsonl", "-o", "out", "--check"]);
    assert_eq!(ran.status, Some(1), "{}", ran.shown());
    assert!(place.exists("out/clean/pages.jsonl"));
    let ran = place.run(&["clean", "out/clean/pages.jsonl", "-o", "again", "--check"]);
    assert_eq!(ran.status, Some(0), "{}", ran.shown());
    assert_eq!(place.read("again/clean/pages.jsonl"), place.read("out/clean/pages.jsonl"));
    let ran = place.run(&["clusters", "pages.jsonl", "-o", "found", "--check"]);
    assert_eq!(ran.status, Some(1), "{}", ran.shown());
}

#[test]
fn bad_records_are_counted_and_named() {
    let mut content = record("one", &KILN).into_bytes();
    content.extend_from_slice(b"{\"text\": \"cut off\n");
    content.extend_from_slice(b"{\"id\": 3, \"text\": \"\xff\xfe\"}\n");
    content.extend_from_slice(
        b"{\"id\": 4, \"title\": \"no text\"}\n{\"id\": 5, \"text\": null}\n[1]\n\"text\"\n",
    );
    let place = Place::new();
    place.file("pages.jsonl", &content);
    snapshot("skipped", &place.run(&["clean", "pages.jsonl", "-o", "out"]).shown());
    snapshot("skipped-log", &place.text("out/skipped.jsonl"));
    assert_eq!(place.json("out/run.json")["documents"]["no_text"], 2);
    let clean = place.text("out/clean/pages.jsonl");
    assert_eq!(clean.lines().count(), 3, "{clean}");
    let ran = place.run(&["clean", "pages.jsonl", "-o", "strict", "--strict"]);
    assert_eq!(ran.status, Some(1), "{}", ran.shown());
    assert_eq!(place.text("strict/clean/pages.jsonl"), clean);
    let ran = sample().run(&["clean", "pages.jsonl", "-o", "strict", "--strict"]);
    assert_eq!(ran.status, Some(0), "{}", ran.shown());
}

#[test]
fn a_dry_run_writes_only_logs() {
    let place = sample();
    snapshot("dry-run", &place.run(&["clean", "pages.jsonl", "-o", "dry", "--dry-run"]).shown());
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    let (dry, out) = (place.tree("dry"), place.tree("out"));
    let more: Vec<&String> = out.keys().filter(|name| !dry.contains_key(*name)).collect();
    assert_eq!(more, ["clean/pages.jsonl", "restore.bin.zst"]);
    // These two say what was done.
    for (name, content) in dry.iter().filter(|(name, _)| *name != "run.json" && *name != "report.html") {
        assert_eq!(content, &out[name], "{name}");
    }
}

/// What is protected is written again as it is, copies and chrome and all, and what it holds goes elsewhere.
#[test]
fn nothing_is_removed_from_what_is_protected() {
    let menu = "设为首页 | 加入收藏 | 联系我们\n";
    let gold = [
        record("gold", &[menu, &LIBRARY_STRIPPED.join("\n")]),
        record("gold-again", &LIBRARY_STRIPPED),
        record("gold-kiln", &KILN),
    ];
    let place = Place::with(&[("in/gold.jsonl", &gold.concat()), ("in/pages.jsonl", &pages())]);
    place.done(&["clean", "in", "-o", "plain"]);
    assert_ne!(place.text("plain/clean/gold.jsonl"), gold.concat());
    let ran = place.done(&["clean", "in", "-o", "out", "--protect", "in/gold.jsonl"]);
    assert!(ran.stderr.contains("by input"), "{}", ran.stderr);
    assert_eq!(place.text("out/clean/gold.jsonl"), gold.concat());
    // The kiln goes, and the copy without numbers; the whole one has what the protected ones lack.
    let left = place.text("out/clean/pages.jsonl");
    assert!(!left.contains("\"kiln\"") && !left.contains("\"library-stripped\""), "{left}");
    assert!(left.contains("\"ferry\""), "{left}");
    let rows = place.rows("out/documents.jsonl");
    assert_eq!(rows.len(), 8, "protected documents are the run's own");
    assert!(rows[..3].iter().all(|row| row["kept"] == true));
    assert_eq!(rows.iter().find(|row| row["id"] == "kiln").unwrap()["cluster"], "gold-kiln");
    let run = place.json("out/run.json");
    assert_eq!(run["documents"]["reference"], 0);
    assert_eq!(run["inputs"][0]["removed_chars"], 0);
    assert_eq!(run["inputs"][1]["dropped"], run["documents"]["dropped"]);
    place.done(&["restore", "out", "-o", "back", "-q"]);
    assert_eq!(place.tree("back"), place.tree("in"));
}

/// The record stays, empty, and says where its text is; restored, all is as it was.
#[test]
fn links_in_place_of_copies() {
    let place = sample();
    place.file("in/pages.jsonl", pages().as_bytes());
    place.file("in/site/a.txt", KILN.join("\n").as_bytes());
    place.done(&["clean", "in", "-o", "out", "--link"]);
    let link = r#"{"id":"library-stripped","text":"","dup_of":"library"}"#;
    let expected: String = pages()
        .lines()
        .map(|line| if line.contains("library-stripped") { link } else { line })
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(place.text("out/clean/pages.jsonl"), expected);
    assert!(!place.exists("out/clean/site/a.txt"), "a text file has no place for a link");
    assert_eq!(place.json("out/run.json")["documents"]["dropped"], 2);
    assert_eq!(place.json("out/run.json")["config"]["removal"]["copies"], "link");
    place.done(&["restore", "out", "-o", "back", "-q"]);
    assert_eq!(place.tree("back"), place.tree("in"));
    // The same by a file of settings; ids that repeat are no names.
    place.file("link.toml", b"[removal]\ncopies = \"link\"\n");
    let twice = pages().replace("\"library-changed\"", "\"library\"");
    place.file("twice.jsonl", twice.as_bytes());
    place.done(&["clean", "twice.jsonl", "-o", "other", "--config", "link.toml"]);
    assert!(place.text("other/clean/twice.jsonl").contains(r#""text":"","dup_of":"0:1"}"#));
}

#[test]
fn annotations_remove_nothing() {
    let place = sample();
    snapshot("annotate", &place.run(&["clean", "pages.jsonl", "-o", "out", "--annotate"]).shown());
    let (before, after) = (place.rows("pages.jsonl"), place.rows("out/clean/pages.jsonl"));
    assert_eq!(before.len(), after.len());
    for (before, mut after) in before.into_iter().zip(after.clone()) {
        after.as_object_mut().unwrap().remove("dechaff").unwrap();
        assert_eq!(before, after);
    }
    assert_eq!(after[0]["dechaff"], json!({"cluster": "library", "kept": true, "removed": []}));
    let copy = &after[1]["dechaff"];
    assert_eq!((&copy["cluster"], &copy["kept"]), (&json!("library"), &json!(false)));
    assert_eq!(copy["removed"][0]["reason"], "duplicate-document");
    assert_eq!(copy["removed"][0]["byte_start"], 0);
    let ran = place.run(&["clean", "pages.jsonl", "-o", "x", "--annotate", "--dry-run"]);
    snapshot("annotate-dry-run", &ran.shown());
}

#[test]
fn a_reference_wins_and_is_left_alone() {
    let place = Place::with(&[("new.jsonl", &pages()), ("old.jsonl", &record("archived", &KILN))]);
    snapshot("against", &place.run(&["clean", "new.jsonl", "-o", "out", "--against", "old.jsonl"]).shown());
    let names: Vec<String> = place.tree("out/clean").into_keys().collect();
    assert_eq!(names, ["new.jsonl"]);
    let rows = place.rows("out/documents.jsonl");
    assert_eq!(rows.len(), 5);
    let kiln = rows.iter().find(|row| row["id"] == "kiln").unwrap();
    assert_eq!((&kiln["kept"], &kiln["cluster"]), (&json!(false), &json!("archived")));
    // Paths up to the next flag belong to the reference.
    let ran = place.run(&["clean", "-o", "none", "--against", "old.jsonl", "new.jsonl"]);
    snapshot("against-swallows", &ran.shown());
}

/// Which of three copies stays, by policy.
#[test]
fn keep_which() {
    let copy = |id: &str, day: &str, score: u32, paragraphs: &[&str]| {
        json!({"id": id, "day": day, "score": score, "text": paragraphs.join("\n")}).to_string() + "\n"
    };
    let stripped: Vec<String> =
        LIBRARY.iter().map(|text| text.replace(|c: char| c.is_ascii_digit(), "")).collect();
    let stripped: Vec<&str> = stripped.iter().map(String::as_str).collect();
    let longer = [LIBRARY[0], LIBRARY[1], LIBRARY[2], "据说他最近又在学修收音机，零件摆了一桌子"];
    let content = [
        copy("stripped", "2019-03-01", 5, &stripped),
        copy("whole", "2019-05-01", 9, &LIBRARY),
        copy("longer", "2018-07-01", 7, &longer),
    ];
    let place = Place::with(&[("pages.jsonl", &content.concat())]);
    let kept = |keep: &str| -> Vec<String> {
        place.done(&["clean", "pages.jsonl", "-o", "out", "--force", "--keep", keep]);
        let rows = place.rows("out/documents.jsonl");
        rows.iter().filter(|row| row["kept"] == true).map(|row| row["id"].as_str().unwrap().into()).collect()
    };
    assert_eq!(kept("longest"), ["longer"]);
    let complete = kept("most-complete");
    assert!(complete.len() == 1 && complete[0] != "stripped", "{complete:?}");
    // What has numbers is never removed for what has none.
    assert_eq!(kept("first"), ["stripped", "whole", "longer"]);
    assert_eq!(kept("none"), ["stripped", "whole", "longer"]);
    assert_eq!(kept("field:day"), ["longer"]);
    // Nor what has a sentence of its own.
    assert_eq!(kept("field:score:desc"), ["whole", "longer"]);
    assert_eq!(kept("field:absent"), ["stripped", "whole", "longer"]);
}

#[test]
fn levels_and_kinds() {
    let place = Place::with(&[(
        "pages.jsonl",
        &[record("one", &[LIBRARY[0], KILN[0]]), record("two", &[FERRY[0], LIBRARY[0]])].concat(),
    )]);
    let reasons = |flags: &[&str]| -> Vec<Value> {
        place.done(&[&["clean", "pages.jsonl", "-o", "out", "--force"], flags].concat());
        place.rows("out/removed.jsonl").into_iter().map(|row| row["reason"].clone()).collect()
    };
    assert!(reasons(&[]).is_empty());
    assert_eq!(reasons(&["--level", "document,block,paragraph"]), ["duplicate-paragraph"]);
    assert_eq!(place.rows("out/clean/pages.jsonl")[1]["text"], format!("{}\n", FERRY[0]));
    assert!(reasons(&["--level", "paragraph", "--only", "chrome"]).is_empty());
    assert_eq!(reasons(&["--level", "paragraph", "--only", "duplicates"]), ["duplicate-paragraph"]);
}

#[test]
fn pairs_on_demand() {
    let place = sample();
    place.done(&["clusters", "pages.jsonl", "-o", "out", "--pairs"]);
    let rows = place.rows("out/matches.jsonl");
    assert!(
        rows.iter().any(|row| row["a"]["id"] == "library" && row["b"]["id"] == "library-changed"),
        "{rows:?}"
    );
    place.done(&["clusters", "pages.jsonl", "-o", "without"]);
    assert!(!place.exists("without/matches.jsonl"));
}

#[test]
fn standard_input() {
    let place = Place::new();
    let ran = place.run_with(&["clean", "-", "-o", "out"], pages().as_bytes());
    assert_eq!(ran.status, Some(0), "{}", ran.shown());
    assert_eq!(place.rows("out/clean/stdin.jsonl").len(), 4);
    let ran = place.run(&["explain", "out", "library", "kiln"]);
    snapshot("explain-standard-input", &ran.shown());
}

#[test]
fn repeated_ids_are_told() {
    let content = [record("same", &LIBRARY), record("same", &KILN), record("other", &FERRY)].concat();
    let place = Place::with(&[("pages.jsonl", &content)]);
    snapshot("repeated-ids", &place.run(&["clean", "pages.jsonl", "-o", "out"]).shown());
    let clusters: Vec<Value> =
        place.rows("out/documents.jsonl").into_iter().map(|row| row["cluster"].clone()).collect();
    assert_eq!(clusters, ["0:1", "0:2", "0:3"]);
}

/// A rule of the user's own takes a line and a span, and says so.
#[test]
fn rules_of_your_own() {
    let rules = r#"
[[rule]]
name = "mine-line"
kind = "line"
pattern = "^柳湾村图书室出品$"
examples = ["柳湾村图书室出品"]

[[rule]]
name = "mine-span"
kind = "span"
pattern = "【本文由小灯笼转载】"
examples = ["天气⟦【本文由小灯笼转载】⟧很好"]
"#;
    let second = LIBRARY[1].replace("，另一半", "，【本文由小灯笼转载】另一半");
    let content = record("page", &["柳湾村图书室出品", LIBRARY[0], &second, LIBRARY[2]]);
    let place = Place::with(&[("pages.jsonl", &content), ("mine.toml", rules)]);
    place.done(&["clean", "pages.jsonl", "-o", "without"]);
    assert_eq!(place.read("without/clean/pages.jsonl"), place.read("pages.jsonl"));
    place.done(&["clean", "pages.jsonl", "-o", "out", "--rules", "mine.toml"]);
    assert_eq!(place.rows("out/clean/pages.jsonl")[0]["text"], LIBRARY.join("\n"));
    let rows = place.rows("out/removed.jsonl");
    let told: Vec<[&str; 3]> = rows
        .iter()
        .map(|row| [&row["reason"], &row["rule"], &row["text"]].map(|value| value.as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ["chrome-line", "mine-line", "柳湾村图书室出品"],
            ["chrome-span", "mine-span", "【本文由小灯笼转载】"]
        ]
    );
    assert_ne!(place.json("out/run.json")["fingerprint"], place.json("without/run.json")["fingerprint"]);
    snapshot("explain-chrome", &place.run(&["explain", "out", "page"]).shown());
    snapshot("explain-chrome-line", &place.run(&["explain", "out", "page@1"]).shown());
    snapshot("explain-chrome-span", &place.run(&["explain", "out", "page@3"]).shown());
    place.done(&["clean", "pages.jsonl", "-o", "kept", "--rules", "mine.toml", "--only", "duplicates"]);
    assert_eq!(place.read("kept/clean/pages.jsonl"), place.read("pages.jsonl"));
}

/// What is given twice is read once, and an input is never its own reference.
#[test]
fn what_is_given_twice_is_read_once() {
    let place = Place::with(&[
        ("today.jsonl", &[record("library", &LIBRARY), record("kiln", &KILN)].concat()),
        ("archive/monday.jsonl", &record("old-kiln", &KILN)),
    ]);
    std::fs::copy(place.path("today.jsonl"), place.path("archive/today.jsonl")).unwrap();
    let arguments = ["clean", "today.jsonl", "./today.jsonl", "-", "-", "-o", "out"];
    let ran = place.run_with(&arguments, record("ferry", &FERRY).as_bytes());
    snapshot("given-twice", &ran.shown());
    assert_eq!(place.rows("out/documents.jsonl").len(), 3);
    // The file of today lies in the archive already.
    let arguments = ["clean", "archive/today.jsonl", "--against", "archive", "-o", "new"];
    snapshot("input-in-reference", &place.run(&arguments).shown());
    let kept: Vec<Value> = place.rows("new/documents.jsonl").iter().map(|row| row["kept"].clone()).collect();
    assert_eq!(kept, [true, false]);
    // What comes in by a pipe may be protected.
    let arguments = ["clean", "-", "today.jsonl", "--protect", "-", "-o", "kept"];
    let ran = place.run_with(&arguments, record("copy", &KILN).as_bytes());
    assert_eq!(ran.status, Some(0), "{}", ran.shown());
    let kept: Vec<Value> = place.rows("kept/documents.jsonl").iter().map(|row| row["kept"].clone()).collect();
    assert_eq!(kept, [true, true, false]);
}
