//! `chrome learn`, `apply`, `show`: what one crawl taught is applied to the next.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::fixture::{KILN, Place, snapshot};

/// The sample pages of a site as records with a URL, in the order of their names.
fn site(name: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/pages").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let page = |path: &std::path::PathBuf| {
        let id = path.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        json!({"id": id, "url": format!("http://www.{name}/{id}.html"), "text": text})
    };
    files.iter().map(page).collect()
}

fn jsonl(records: &[Value]) -> String {
    records.iter().map(|record| record.to_string() + "\n").collect()
}

/// Two days of a crawl: `old.jsonl` has all pages of a site but one, `new.jsonl` that one.
fn two_days(name: &str, new: &str) -> Place {
    let (new, old): (Vec<Value>, Vec<Value>) = site(name).into_iter().partition(|page| page["id"] == new);
    assert_eq!(new.len(), 1);
    Place::with(&[("old.jsonl", &jsonl(&old)), ("new.jsonl", &jsonl(&new))])
}

#[test]
fn a_single_new_page_loses_its_chrome() {
    // The site, the page, how its text starts and ends, and what only the site's other pages tell to be chrome.
    for (name, new, first, last, frame) in [
        (
            "jiaoyu.example",
            "shiqiao-laodongke",
            "石桥乡中心校劳动课种出三亩油菜花\n　　三月的石桥",
            "埋回了地里。",
            "【字体：大 中 小】",
        ),
        (
            "hilltown-times.example",
            "plum-oat-squares",
            "Plum and oat squares\n\nLate plums",
            "if nobody is told where they are.",
            "Sign up for the Hilltown Weekly",
        ),
        (
            "wenku.example",
            "lengku-guanli-banfa",
            "红枫果品合作社冷库管理办法\n\n第一章 总则\n第一条",
            "2015年的旧办法同时废止。",
            "wenku.example精选规章制度编辑推荐",
        ),
    ] {
        let place = two_days(name, new);
        place.done(&["chrome", "learn", "old.jsonl", "-o", "model.json"]);
        place.done(&["chrome", "apply", "model.json", "new.jsonl", "-o", "out"]);
        let left = |folder: &str| place.rows(&format!("{folder}/clean/new.jsonl"))[0]["text"].clone();
        // The page's own lines, and what stood there before them goes: with the model, not without.
        let text = left("out").as_str().unwrap().to_owned();
        assert!(text.trim_start().starts_with(first), "{name}: {text}");
        assert!(text.contains(last), "{name}: {text}");
        place.done(&["clean", "new.jsonl", "--only", "chrome", "-o", "alone"]);
        let alone = left("alone").as_str().unwrap().to_owned();
        assert!(alone.contains(frame) && !text.contains(frame), "{name}: {alone}");
        assert!(alone.contains(last), "{name}: {alone}");
        // What is named stands in the log of families, and the page comes back.
        let row = |row: &Value| row["family"].as_str().map(str::to_owned);
        let named: BTreeSet<String> = place.rows("out/removed.jsonl").iter().filter_map(row).collect();
        let known: BTreeSet<String> = place.rows("out/chrome.jsonl").iter().filter_map(row).collect();
        assert!(named.iter().any(|family| family.starts_with("repeated:")), "{name}: {named:?}");
        assert!(named.iter().all(|family| family == "shape" || known.contains(family)), "{name}");
        place.done(&["restore", "out", "-o", "back"]);
        assert_eq!(place.text("back/new.jsonl"), place.text("new.jsonl"));
    }
}

#[test]
fn the_same_model_for_any_order_threads_and_memory() {
    let mut pages = [site("jiaoyu.example"), site("hilltown-times.example"), site("wenku.example")].concat();
    let place = Place::with(&[("pages.jsonl", &jsonl(&pages))]);
    pages.reverse();
    pages.rotate_left(7);
    place.file("other.jsonl", jsonl(&pages).as_bytes());
    place.done(&["chrome", "learn", "pages.jsonl", "-o", "one.json", "-j1"]);
    place.done(&["chrome", "learn", "pages.jsonl", "-o", "two.json", "-j2", "--memory", "0"]);
    place.done(&["chrome", "learn", "other.jsonl", "-o", "three.json", "-j3"]);
    let model = place.text("one.json");
    assert_eq!(model, place.text("two.json"));
    assert_eq!(model, place.text("three.json"));
    let sites: Vec<Value> = place.json("one.json")["sites"].as_array().unwrap().clone();
    let names: Vec<&str> = sites.iter().map(|site| site["site"].as_str().unwrap()).collect();
    assert_eq!(names, ["hilltown-times.example", "jiaoyu.example", "wenku.example"]);
    for threads in ["-j1", "-j3"] {
        place.done(&["chrome", "apply", "one.json", "other.jsonl", "-o", threads.trim_matches('-'), threads]);
    }
    for name in ["removed.jsonl", "chrome.jsonl", "clean/other.jsonl"] {
        assert_eq!(place.text(&format!("j1/{name}")), place.text(&format!("j3/{name}")), "{name}");
    }
}

/// Families of every run: named in `removed.jsonl`, told in `chrome.jsonl`.
#[test]
fn families_can_be_looked_up() {
    let pages = [site("jiaoyu.example"), site("hilltown-times.example")].concat();
    let place = Place::with(&[("pages.jsonl", &jsonl(&pages))]);
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    let families = place.rows("out/chrome.jsonl");
    let mut seen = BTreeSet::new();
    for removed in place.rows("out/removed.jsonl") {
        let Some(family) = removed["family"].as_str().filter(|family| *family != "shape") else { continue };
        let site = if removed["text"].as_str().unwrap().is_ascii() { "hilltown" } else { "" };
        let row = families
            .iter()
            .find(|row| row["family"] == family && row["site"].as_str().unwrap().starts_with(site))
            .unwrap_or_else(|| panic!("{family} is in chrome.jsonl"));
        assert!(row["pages"].as_u64() >= removed["pages"].as_u64(), "{removed} {row}");
        // What is fixed in the template stands in each member.
        let template = row["template"].as_str().unwrap().trim_end_matches('…');
        let text = removed["text"].as_str().unwrap();
        let kinds = ["{title}", "{date}", "{number}", "{domain}", "{text}"];
        let slots: usize = kinds.iter().map(|kind| template.matches(kind).count()).sum();
        assert!(slots <= row["slots"].as_array().unwrap().len(), "{row}");
        if slots == 0 {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
            assert_eq!(letters(template), letters(text), "{row}");
        }
        seen.insert(family.to_owned());
    }
    assert!(seen.len() > 20, "{seen:?}");
    place.done(&["clusters", "pages.jsonl", "-o", "only"]);
    assert!(!place.exists("only/chrome.jsonl"));
    place.done(&["clean", "pages.jsonl", "--only", "duplicates", "-o", "copies"]);
    assert_eq!(place.text("copies/chrome.jsonl"), "");
}

#[test]
fn what_is_said() {
    let mut pages = site("jiaoyu.example");
    for page in &mut pages {
        let text = page["text"].as_str().unwrap().to_owned() + "\n\u{1b}[31m沧屏页脚\u{202e}编辑部";
        page["text"] = text.into();
    }
    let bad = "{\"id\": \"broken\", \"text\": \n";
    let without = json!({"id": "a", "text": KILN.join("\n")}).to_string();
    let single = json!({"id": "b", "text": KILN.join("\n"), "url": "http://kiln.example/"}).to_string();
    let place = Place::with(&[("pages.jsonl", &format!("{}{without}\n{single}\n{bad}", jsonl(&pages)))]);
    snapshot("chrome-learn", &place.run(&["chrome", "learn", "pages.jsonl", "-o", "model.json"]).shown());
    snapshot("chrome-show", &place.run(&["chrome", "show", "model.json"]).shown());
    let shown = place.done(&["chrome", "show", "model.json", "--json"]);
    assert!(!place.done(&["chrome", "show", "model.json"]).stdout.contains(['\u{1b}', '\u{202e}']));
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let model = place.json("model.json");
    assert_eq!(shown["sites"][0]["families"], model["sites"][0]["families"]);
    assert_eq!(shown["sites"][0]["site"], "jiaoyu.example");
    assert!(shown["sites"][0]["tables"].is_null());
    assert_eq!(shown["format"], model["format"]);
    // A model that knows no site of the input.
    place.file("kiln.jsonl", (single + "\n").as_bytes());
    let ran = place.done(&["chrome", "apply", "model.json", "kiln.jsonl", "-o", "out", "--no-progress"]);
    assert!(ran.stderr.contains("warning: the model knows none of the sites"), "{}", ran.shown());
}

/// What cannot be used stops before anything is read, and nothing is left behind.
#[test]
fn what_is_refused() {
    let place = Place::with(&[("pages.jsonl", &jsonl(&site("jiaoyu.example")))]);
    place.done(&["chrome", "learn", "pages.jsonl", "-o", "model.json", "-q"]);
    let model = place.text("model.json");
    let head = model.lines().next().unwrap().to_owned();
    let fold = &head[head.find("\"fold\":").unwrap()..head.find(",\"sites\"").unwrap()];
    place.file("newer.json", model.replacen("\"format\":1", "\"format\":2", 1).as_bytes());
    place.file("folding.json", model.replacen(fold, "\"fold\":0", 1).as_bytes());
    place.file("damaged.json", model.replacen("\"exact\":[[\"", "\"exact\":[[\"no key ", 1).as_bytes());
    place.file("cut.json", &model.as_bytes()[..model.len() / 2]);
    place.file("notes.json", b"{\"kind\":\"notes\"}");
    let before = place.names();
    let refused = |name: &str, arguments: &[&str]| {
        let ran = place.run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}\n{}", ran.shown());
        snapshot(&format!("error-chrome-{name}"), &ran.shown());
        assert_eq!(place.names(), before, "{arguments:?}");
    };
    for name in ["newer", "folding", "damaged", "cut", "notes", "missing"] {
        refused(name, &["chrome", "apply", &format!("{name}.json"), "pages.jsonl", "-o", "out"]);
    }
    refused("show", &["chrome", "show", "newer.json"]);
    refused("is-there", &["chrome", "learn", "pages.jsonl", "-o", "model.json"]);
    refused("not-ours", &["chrome", "learn", "pages.jsonl", "-o", "notes.json", "--force"]);
    refused("no-input", &["chrome", "learn", "paegs.jsonl", "-o", "new.json"]);
    refused("no-text", &["chrome", "learn", "pages.jsonl", "--text-field", "body", "-o", "new.json"]);
    refused("no-command", &["chrome", "teach"]);
    assert_eq!(place.text("model.json"), model);
    assert_eq!(place.text("notes.json"), "{\"kind\":\"notes\"}");
    // By force a model is replaced, whole.
    place.done(&["chrome", "learn", "pages.jsonl", "-o", "newer.json", "--force", "-q"]);
    assert_eq!(place.text("newer.json"), model);
    assert_eq!(place.names(), before);
}

/// A model changes results, so it is part of a run's identity.
#[test]
fn a_model_is_part_of_the_fingerprint() {
    let place = two_days("jiaoyu.example", "shiqiao-laodongke");
    place.done(&["chrome", "learn", "old.jsonl", "-o", "model.json"]);
    place.done(&["chrome", "apply", "model.json", "new.jsonl", "-o", "with", "--dry-run"]);
    place.done(&["clean", "--only", "chrome", "new.jsonl", "-o", "without", "--dry-run"]);
    let fingerprint = |folder: &str| place.json(&format!("{folder}/run.json"))["fingerprint"].clone();
    assert_ne!(fingerprint("with"), fingerprint("without"));
    assert!(!place.exists("with/clean"));
}
