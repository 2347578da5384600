//! Input that means no good: the run ends well, loses nothing, prints nothing that a terminal would obey.

use crate::fixture::{KILN, LIBRARY, Place, record, snapshot};

/// Cleans `input` and restores it; the two must be the same. What was said on standard error.
fn round_trip(place: &Place, input: &str) -> String {
    let ran = place.done(&["clean", input, "-o", "out", "--force"]);
    place.done(&["restore", "out", "-o", "back", "-q"]);
    if place.path(input).is_dir() {
        assert_eq!(place.tree("back"), place.tree(input));
    } else {
        assert!(place.read(&format!("back/{input}")) == place.read(input), "{input}");
    }
    std::fs::remove_dir_all(place.path("back")).unwrap();
    assert!(ran.stdout.is_empty());
    assert!(ran.stderr.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", ran.stderr);
    ran.stderr
}

#[test]
fn empty_files() {
    let place = Place::with(&[
        ("empty.txt", ""),
        ("empty.jsonl", ""),
        ("blank.jsonl", "\n\n \n"),
        ("bom.txt", "\u{feff}"),
    ]);
    for name in ["empty.txt", "empty.jsonl", "blank.jsonl", "bom.txt"] {
        round_trip(&place, name);
    }
    let ran = place.done(&["clean", "empty.txt", "empty.jsonl", "-o", "both"]);
    assert!(ran.stderr.contains("no copies"), "{}", ran.stderr);
}

#[test]
fn one_line_of_fifty_megabytes() {
    let place = Place::new();
    let mut line = "word and 字, ".repeat(5_000);
    line.push_str(&"a".repeat(50_000_000 - line.len()));
    place.file("long.txt", line.as_bytes());
    let said = round_trip(&place, "long.txt");
    assert!(said.contains("1 document"), "{said}");
}

/// A record above the limit is named and left out, whatever it stands in; its neighbours and the other inputs are not.
#[test]
fn a_record_above_the_limit() {
    let place = Place::new();
    let long = "很长的一行，".repeat(100_000);
    let warc = |id: &str, text: &str| {
        format!(
            "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <{id}>\r\nContent-Length: {}\r\n\r\n{text}\r\n\r\n",
            text.len()
        )
    };
    let (kiln, library) = (KILN.join("\n"), LIBRARY.join("\n"));
    place.file(
        "in/a.jsonl",
        [record("a", &KILN), record("long", &[&long]), record("b", &LIBRARY)].concat().as_bytes(),
    );
    place.file("in/b.csv", format!("id,text\n1,\"{kiln}\"\n2,\"{long}\"\n3,\"{library}\"\n").as_bytes());
    place.file("in/c.warc", [warc("a", &kiln), warc("long", &long), warc("b", &library)].concat().as_bytes());
    place.file("in/d.html", format!("<p>{long}</p>").as_bytes());
    place.file("in/e.txt", long.as_bytes());
    place.file("in/f.txt", kiln.as_bytes());
    let ran = place.done(&["clean", "in", "-o", "out", "--keep", "none", "--max-record", "64KiB"]);
    snapshot("record-too-long", &ran.shown());
    let skipped: Vec<String> = place
        .rows("out/skipped.jsonl")
        .iter()
        .map(|row| format!("{} {}", row["path"].as_str().unwrap(), row["record"]))
        .collect();
    assert_eq!(skipped, ["in/a.jsonl 2", "in/b.csv 2", "in/c.warc 2", "in/d.html 1", "in/e.txt 1"]);
    assert_eq!(place.rows("out/documents.jsonl").len(), 7);
    place.done(&["restore", "out", "-o", "back", "-q"]);
    assert!(place.tree("back") == place.tree("in"));
    // With room for them they are records as any other.
    place.done(&["clean", "in", "-o", "out", "--keep", "none", "--max-record", "2M", "--force", "--strict"]);
}

/// Members of a few hundred kilobytes that are one record of a quarter of a gigabyte: it is passed over, in pieces,
/// and put back.
#[test]
fn a_bomb_that_is_one_record() {
    let place = Place::new();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &vec![0; 32 << 20]).unwrap();
    let member = encoder.finish().unwrap();
    place.file("bomb.jsonl.gz", &member.repeat(8));
    place.file("page.txt", KILN.join("\n").as_bytes());
    let arguments = ["clean", "bomb.jsonl.gz", "page.txt", "-o", "out", "--max-record", "4MiB", "-j1"];
    let ran = place.done(&arguments);
    assert!(ran.stderr.contains("bomb.jsonl.gz record 1: a record of more than 4MiB"), "{}", ran.stderr);
    let peak = place.json("out/run.json")["environment"]["peak_memory"].as_u64().unwrap();
    assert!(peak < 100 << 20, "{peak} bytes");
    assert_eq!(place.json("out/run.json")["inputs"][0]["bytes"], 256 << 20);
    assert!(place.read("out/restore.bin.zst").len() < 1 << 20);
    place.done(&["restore", "out", "-o", "back", "-q"]);
    let back = place.read("back/bomb.jsonl.gz");
    let mut back = flate2::read::MultiGzDecoder::new(&back[..]);
    assert_eq!(std::io::copy(&mut back, &mut std::io::sink()).unwrap(), 256 << 20);
}

/// A page of very many tiny blocks, one whose elements never end, one of attributes, one that is a comment.
#[test]
fn markup_without_measure() {
    let place = Place::new();
    let many = 200_000;
    place.file("in/a-blocks.html", format!("<h1>标题</h1>{}", "<p>x".repeat(many)).as_bytes());
    place.file("in/b-deep.html", format!("{}正文", "<div>".repeat(many)).as_bytes());
    let attributes: String = (0..many).map(|n| format!(" a{n}=b")).collect();
    place.file("in/c-attributes.html", format!("<p{attributes}>正文").as_bytes());
    place.file("in/d-comment.html", format!("<p>正文</p><!-- {}", "<p>".repeat(many)).as_bytes());
    let ends = "</span>".repeat(many);
    place.file("in/e-ends.html", format!("{}{ends}正文", "<div>".repeat(600)).as_bytes());
    let ran = place.done(&["clean", "in", "-o", "out", "--keep", "none", "--only", "duplicates"]);
    let warning = ran.stderr.lines().next().unwrap_or_default();
    assert_eq!(
        warning,
        "warning: `in/a-blocks.html`: more than 65536 lines; behind these, short blocks of the page share a line"
    );
    let run = place.json("out/run.json");
    assert_eq!(run["documents"]["crowded"], 1);
    let peak = run["environment"]["peak_memory"].as_u64().unwrap();
    assert!(peak < 200 << 20, "{peak} bytes");
    for page in ["b-deep", "c-attributes", "d-comment", "e-ends"] {
        assert_eq!(place.text(&format!("out/clean/{page}.txt")), "正文\n");
    }
    assert_eq!(place.text("out/clean/a-blocks.txt").matches('x').count(), many);
    place.done(&["restore", "out", "-o", "back", "-q"]);
    assert!(place.tree("back") == place.tree("in"));
}

#[test]
fn a_hundred_thousand_identical_lines() {
    let place = Place::with(&[("lines.txt", &"同一行文字\n".repeat(100_000))]);
    round_trip(&place, "lines.txt");
    assert!(
        place.text("out/clusters.jsonl").len() < 1 << 20,
        "members of a line of clusters.jsonl are capped"
    );
}

#[test]
fn bytes_that_are_no_text() {
    let place = Place::new();
    place.file("in/latin.txt", b"caf\xe9 au lait, all day long");
    place.file("in/nul.txt", "一行\0二行\0三行，还有一些普通的文字在后面。\n".as_bytes());
    place.file("in/fine.txt", KILN.join("\n").as_bytes());
    place.file(
        "in/bad.jsonl",
        b"{\"id\":1,\"text\":\"\xc3\x28\"}\n\xff\xff\xff\n{\"id\":2,\"text\":\"a\\u0000b \\ud800 c\"}\n",
    );
    let said = round_trip(&place, "in");
    assert!(said.contains("3 records that could not be read"), "{said}");
}

#[test]
fn control_and_bidi_characters() {
    let place = Place::new();
    let evil = "\u{1b}]0;owned\u{7}\u{202e}gnp.exe\u{2066}\u{9b}31m";
    let pages: String = (0..2)
        .map(|n| {
            record(
                &format!("{evil}{n}"),
                &[&format!("{evil}{}", LIBRARY[0]), LIBRARY[1], &format!("{}{evil}", LIBRARY[2])],
            )
        })
        .collect();
    place.file("pages.jsonl", pages.as_bytes());
    round_trip(&place, "pages.jsonl");
    for arguments in
        [&["0:1"][..], &["0:2"], &["0:1@1"], &["0:1", "0:2"], &["0:1@1", "0:2@3"], &["x\u{1b}[2J"]]
    {
        let ran = place.run(&[&["explain", "out"], arguments].concat());
        let shown = ran.stdout + &ran.stderr;
        assert!(!shown.is_empty());
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        assert!(!shown.contains(['\u{202e}', '\u{2066}']), "{shown:?}");
    }
}

#[test]
fn deep_json() {
    let place = Place::new();
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let content = [
        format!("{{\"id\":1,\"x\":{},\"text\":\"{}\"}}\n", deep("[", "]"), KILN[0]),
        format!("{{\"id\":{},\"text\":\"{}\"}}\n", deep("{\"a\":", "}"), KILN[1]),
        format!("{}\n", "[".repeat(100_000)),
    ];
    place.file("deep.jsonl", content.concat().as_bytes());
    round_trip(&place, "deep.jsonl");
    let ran = place.run(&["explain", "out", "0:2"]);
    assert_eq!(ran.status, Some(0), "{}", ran.shown());
}

#[cfg(unix)]
#[test]
fn folders_that_lead_back() {
    let place = Place::new();
    place.file("in/a/page.txt", KILN.join("\n").as_bytes());
    std::os::unix::fs::symlink("..", place.path("in/a/up")).unwrap();
    std::os::unix::fs::symlink("nowhere", place.path("in/a/dead")).unwrap();
    let ran = place.done(&["clean", "in", "-o", "out"]);
    assert!(
        ran.stderr.contains("warning: in: passed over links that lead back or nowhere"),
        "{}",
        ran.stderr
    );
    assert_eq!(place.rows("out/documents.jsonl").len(), 1);
}

/// A folder of results inside the folder that is read.
#[test]
fn results_are_no_input() {
    let place = Place::with(&[("in/page.txt", &KILN.join("\n"))]);
    place.done(&["clean", "in", "-o", "in/out"]);
    place.done(&["clean", "in", "-o", "in/out", "--force"]);
    assert_eq!(place.rows("in/out/documents.jsonl").len(), 1);
}

#[test]
fn names_of_files() {
    let place = Place::new();
    let name = "it's \u{1b}[31m a \"name\"\nof two lines.txt";
    place.file(name, LIBRARY.join("\n").as_bytes());
    place.file("other.txt", LIBRARY.join("\n").as_bytes());
    let said = place.done(&["clean", name, "other.txt", "-o", "out"]).stderr;
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
    place.done(&["restore", "out", "-o", "back"]);
    assert_eq!(place.read(&format!("back/{name}")), place.read(name));
    let ran = place.run(&["clean", "no\u{1b}[31m.txt", "-o", "x"]);
    assert_eq!((ran.status, ran.stderr.contains('\u{1b}')), (Some(2), false), "{}", ran.shown());
}

/// A run that is killed leaves a hidden folder; the next one into the same place takes it away, and no other's.
#[cfg(unix)]
#[test]
fn what_a_killed_run_left_goes_with_the_next() {
    let place = Place::new();
    let text = LIBRARY.join("\n");
    let many: String = (0..20_000).map(|n| record(&n.to_string(), &[&format!("第{n}页，{text}")])).collect();
    place.file("many.jsonl", many.as_bytes());
    place.file("page.txt", text.as_bytes());
    let left =
        |place: &Place| place.names().into_iter().filter(|name| name.starts_with('.')).collect::<Vec<_>>();
    let mut child = place.spawn(&["clean", "many.jsonl", "-o", "out", "-q", "-j1"]);
    // The folder is there, and in use.
    while left(&place).iter().all(|name| !place.path(name).join("skipped.jsonl").exists()) {
        assert!(child.try_wait().unwrap().is_none(), "the run is slow enough to be killed");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let hidden = left(&place);
    // Another run into the same place leaves it alone as long as its owner lives.
    place.done(&["clean", "page.txt", "-o", "out"]);
    assert_eq!(left(&place), hidden);
    assert!(child.try_wait().unwrap().is_none(), "the first run still runs");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(left(&place), hidden);
    place.done(&["clean", "page.txt", "-o", "other"]);
    assert_eq!(left(&place), hidden, "it belongs to another place");
    place.done(&["clean", "page.txt", "-o", "out", "--force"]);
    assert_eq!(left(&place), [""; 0]);
    assert!(place.exists("out/run.json"));
}
