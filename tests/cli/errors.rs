//! What stops a run before it reads anything: status 2, a message that says what to do, and no output.

use crate::fixture::{Place, sample, snapshot};

/// Runs what must fail; the message goes to the snapshot of this name.
fn refused(place: &Place, name: &str, arguments: &[&str]) {
    let before = place.names();
    let ran = place.run(arguments);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}\n{}", ran.shown());
    snapshot(&format!("error-{name}"), &ran.shown());
    assert_eq!(place.names(), before, "{arguments:?}");
}

#[test]
fn flags() {
    let place = sample();
    for (name, flags) in [
        ("unknown-flag", &["--thresold", "0.7"][..]),
        ("threshold-range", &["--threshold", "1.5"]),
        ("threshold-word", &["--threshold", "high"]),
        ("containment-range", &["--containment", "0"]),
        ("coverage-range", &["--remove-coverage", "-1"]),
        ("coverage-nan", &["--remove-coverage=NaN"]),
        ("level", &["--level", "document,sentence"]),
        ("keep", &["--keep", "newest"]),
        ("keep-field", &["--keep", "field:"]),
        ("only", &["--only", "ads"]),
        ("html", &["--html", "pdf"]),
        ("format", &["--format", "pdf"]),
        ("memory", &["--memory", "lots"]),
        ("threads", &["-j", "0"]),
        ("max-record", &["--max-record", "3G"]),
        ("min-units", &["--min-units", "3"]),
        ("text-field-empty", &["--text-field", ""]),
    ] {
        refused(&place, name, &[&["clean", "pages.jsonl", "-o", "out"], flags].concat());
    }
    refused(&place, "no-output", &["clean", "pages.jsonl"]);
    refused(&place, "no-input", &["clean", "-o", "out"]);
    refused(&place, "unknown-command", &["cleen", "pages.jsonl"]);
}

#[test]
fn temporary_files() {
    let place = sample();
    let mut command = place.command(&["clusters", "pages.jsonl", "-o", "out", "--memory", "1KiB"]);
    let ran = place.ran(command.env("TMPDIR", place.path("gone")).output().unwrap());
    assert_eq!(ran.status, Some(2), "{}", ran.shown());
    snapshot("error-temporary", &ran.shown());
    assert!(!place.exists("out"));
}

#[test]
fn inputs() {
    let place = Place::with(&[
        ("pages.jsonl", "{\"id\": 1, \"body\": \"some text\", \"url\": \"https://a.example/\"}\n"),
        ("paper.pdf", "%PDF-1.7 and so on"),
        ("pictures/one.png", "\u{fffd}PNG"),
        ("papers/one.pdf", "%PDF-1.7 and so on"),
        ("out/old.jsonl", "{\"text\": \"x\"}\n"),
    ]);
    std::fs::create_dir(place.path("empty")).unwrap();
    refused(&place, "missing-input", &["clean", "paegs.jsonl", "-o", "new"]);
    place.file("old.txt", b"words");
    refused(&place, "protect-no-input", &["clean", "pages.jsonl", "--protect", "old.txt", "-o", "new"]);
    std::fs::remove_file(place.path("old.txt")).unwrap();
    refused(&place, "missing-reference", &["clean", "pages.jsonl", "--against", "old.jsonl", "-o", "new"]);
    refused(
        &place,
        "reference-is-input",
        &["clean", "pages.jsonl", "--against", "./pages.jsonl", "-o", "new"],
    );
    refused(&place, "reference-is-pipe", &["clean", "-", "--against", "-", "-o", "new"]);
    refused(&place, "no-match", &["clean", "*.txt", "-o", "new"]);
    refused(&place, "foreign-format", &["clean", "paper.pdf", "-o", "new"]);
    refused(&place, "empty-folder", &["clean", "empty", "-o", "new"]);
    refused(&place, "foreign-folder", &["clean", "papers", "-o", "new"]);
    refused(&place, "no-text-field", &["clean", "pages.jsonl", "-o", "new"]);
    refused(&place, "input-in-output", &["clean", "out/old.jsonl", "-o", "out", "--force"]);
}

/// Inputs that are there, none of whose records can be read.
#[test]
fn nothing_readable() {
    let place = Place::with(&[("bad.jsonl", "{\"id\": 1,\nnone\n"), ("empty.jsonl", "")]);
    place.file("latin.txt", b"caf\xe9 au lait, all day long");
    refused(&place, "nothing-readable", &["clean", "bad.jsonl", "latin.txt", "empty.jsonl", "-o", "out"]);
    refused(&place, "nothing-readable-page", &["clean", "latin.txt", "-o", "out"]);
    place.done(&["clean", "empty.jsonl", "-o", "out"]);
}

#[test]
fn output() {
    let place = sample();
    place.file("mine/notes.txt", b"mine");
    place.file("file", b"mine");
    refused(&place, "output-in-use", &["clean", "pages.jsonl", "-o", "mine"]);
    refused(&place, "output-not-ours", &["clean", "pages.jsonl", "-o", "mine", "--force"]);
    refused(&place, "output-a-file", &["clean", "pages.jsonl", "-o", "file", "--force"]);
    assert_eq!((place.text("mine/notes.txt"), place.text("file")), ("mine".into(), "mine".into()));
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    let before = place.tree("out");
    refused(&place, "output-a-run", &["clean", "pages.jsonl", "-o", "out"]);
    assert_eq!(place.tree("out"), before);
    place.done(&["clusters", "pages.jsonl", "-o", "out", "--force"]);
    assert!(!place.exists("out/clean"), "the run before is replaced, not mixed");
    std::fs::create_dir(place.path("empty")).unwrap();
    place.done(&["clusters", "pages.jsonl", "-o", "empty"]);
}

#[test]
fn configuration() {
    let place = sample();
    for (name, text) in [
        ("unknown-key", "[matching]\ntreshold = 0.7\n"),
        ("unknown-section", "[matcher]\nthreshold = 0.7\n"),
        ("wrong-type", "[input]\n\n[matching]\nthreshold = \"high\"\n"),
        ("range", "[matching]\nthreshold = 7\n"),
        ("chrome-range", "[chrome]\nbudget = 0\n"),
        ("keep", "[removal]\nkeep = \"newest\"\n"),
        ("max-record", "[input]\nmax_record = \"lots\"\n"),
        ("no-toml", "[matching\n"),
    ] {
        place.file("dechaff.toml", text.as_bytes());
        let arguments = ["clean", "pages.jsonl", "-o", "out", "--config", "dechaff.toml"];
        refused(&place, &format!("config-{name}"), &arguments);
        assert_eq!(place.run(&["config", "--config", "dechaff.toml"]).status, Some(2));
    }
    refused(&place, "config-missing", &["clean", "pages.jsonl", "-o", "out", "--config", "absent.toml"]);
    refused(&place, "rules-missing", &["clean", "pages.jsonl", "-o", "out", "--rules", "absent.toml"]);
}

#[test]
fn rules() {
    let place = sample();
    for (name, text) in [
        ("pattern", "[[rule]]\nname = \"mine\"\nkind = \"line\"\npattern = \"(\"\n"),
        ("key", "[[rule]]\nname = \"mine\"\nkind = \"line\"\npatern = \"x\"\n"),
        ("kind", "[[rule]]\nname = \"mine\"\nkind = \"page\"\npattern = \"x\"\n"),
    ] {
        place.file("mine.toml", text.as_bytes());
        let arguments = ["clean", "pages.jsonl", "-o", "out", "--rules", "mine.toml"];
        refused(&place, &format!("rules-{name}"), &arguments);
    }
}
