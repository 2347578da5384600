//! Copies must not look like chrome: an article that a crawl met ten times, on one site or on ten, loses no line.

use std::path::Path;

use dechaff::Config;
use dechaff::config::Only;
use serde_json::Value;

use crate::cleaned::{Cleaned, numbers, rows};

/// The repository's sample data.
pub(crate) fn data() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/data"))
}

/// Numbers of the lines that are content, by the labels.
fn content_lines(label: &Value, text: &str) -> Vec<usize> {
    let chrome: Vec<u64> =
        label["chrome_lines"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    let blank = |line: &str| line.trim().is_empty();
    (1..)
        .zip(text.lines())
        .filter(|&(n, line)| !blank(line) && !chrome.contains(&n))
        .map(|(n, _)| n as usize)
        .collect()
}

/// Content lines of these pages that a run on the folder takes for chrome.
fn lost(folder: &Path, is_copy: impl Fn(&str) -> bool, content: &[usize]) -> Vec<String> {
    let mut config = Config::default();
    config.removal.only = Only::Chrome;
    let run = Cleaned::new(folder, config);
    let line = |row: &&Value| row["reason"] == "chrome-line" && is_copy(row["path"].as_str().unwrap());
    let gone = run.removed.iter().filter(line).filter(|row| content.contains(&numbers(row)[0]));
    gone.map(|row| row.to_string()).collect()
}

/// Each article of the sample pages, ten times on its site.
#[test]
fn ten_times_on_one_site() {
    for label in rows(&data().join("labels.jsonl")) {
        let path = label["path"].as_str().unwrap();
        let site = data().join(path).parent().unwrap().to_owned();
        let name = Path::new(path).file_stem().unwrap().to_str().unwrap().to_owned();
        // Every third page: each is a run of its own.
        if !name.len().is_multiple_of(3) {
            continue;
        }
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("site.example");
        std::fs::create_dir(&folder).unwrap();
        for page in crate::cleaned::files(&site) {
            std::fs::copy(&page, folder.join(page.file_name().unwrap())).unwrap();
        }
        let text = std::fs::read_to_string(data().join(path)).unwrap();
        for copy in 0..10 {
            std::fs::write(folder.join(format!("copy-{copy}-{name}.txt")), &text).unwrap();
        }
        let content = content_lines(&label, &text);
        // What the page loses already where it stands once is no matter of copies.
        let before = lost(&site, |path| path.ends_with(&format!("{name}.txt")), &content);
        let after = lost(place.path(), |path| path.contains("copy-") && path.contains(&name), &content);
        assert!(after.len() <= 10 * before.len(), "{name}: before {before:#?}, after {after:#?}");
    }
}

/// An article on ten sites, each with chrome and pages of its own.
#[test]
fn once_on_each_of_ten_sites() {
    let labels = rows(&data().join("labels.jsonl"));
    for name in ["xiaoxue-yuedu-zongjie", "harrow-lane-reservoir", "zhiyuanzhe-zhengwen"] {
        let label = labels.iter().find(|label| label["path"].as_str().unwrap().contains(name)).unwrap();
        let text = std::fs::read_to_string(data().join(label["path"].as_str().unwrap())).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let spans = label["chrome_spans"].as_array().unwrap();
        let article: Vec<&str> = content_lines(label, &text)
            .into_iter()
            .filter(|n| spans.iter().all(|span| span["line"] != *n))
            .map(|n| lines[n - 1])
            .collect();
        let place = tempfile::tempdir().unwrap();
        for site in 0..10 {
            let folder = place.path().join(format!("site-{site}.example"));
            std::fs::create_dir(&folder).unwrap();
            let page = |body: &[String]| {
                let (head, foot) = frame(site);
                [head, body.to_vec(), foot].concat().join("\n") + "\n"
            };
            for other in 0..6 {
                std::fs::write(folder.join(format!("other-{other}.txt")), page(&filler(site * 10 + other)))
                    .unwrap();
            }
            let body: Vec<String> = article.iter().map(|&line| line.to_owned()).collect();
            std::fs::write(folder.join("article.txt"), page(&body)).unwrap();
        }
        let first = frame(0).0.len() + 1;
        let content: Vec<usize> = (first..first + article.len()).collect();
        let gone = lost(place.path(), |path| path.ends_with("article.txt"), &content);
        assert!(gone.is_empty(), "{name}: {gone:#?}");
    }
}

/// What a site puts around its pages.
fn frame(site: usize) -> (Vec<String>, Vec<String>) {
    let word = [
        "Harbour", "Orchard", "Granite", "Willow", "Lantern", "Copper", "Meadow", "Falcon", "Juniper",
        "Cobble",
    ][site];
    let head = [format!("{word} Post"), "Home".into(), format!("{word} news"), "Contact us".into()];
    let foot = [
        format!("More from {word} Post"),
        format!("© {word} Post, all rights reserved"),
        "Back to top".into(),
    ];
    (head.to_vec(), foot.to_vec())
}

/// Sentences that stand on no other page.
fn filler(number: usize) -> Vec<String> {
    let nouns = [
        "kettle", "ladder", "pigeon", "barrel", "window", "garden", "bridge", "basket", "engine", "pillow",
        "ticket",
    ];
    let verbs = ["carried", "painted", "borrowed", "measured", "followed", "repaired", "counted"];
    let mut state = number as u64 * 2_654_435_761 + 12_345;
    let mut draw = |list: &[&'static str]| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list[(state >> 33) as usize % list.len()]
    };
    let mut sentence = || {
        let words: Vec<String> =
            (0..6).map(|_| format!("the {} {} a {}", draw(&nouns), draw(&verbs), draw(&nouns))).collect();
        words.join(" while ") + "."
    };
    (0..5).map(|_| sentence()).collect()
}
