//! Every command of the README's recipes, run as it stands there, on files of the names that it uses.

use std::path::Path;
use std::process::Command;

use crate::fixture::Place;
use crate::formats::{compressed, crawl, jsonl, pages, parquet, table, wet};

/// The commands of the section, one a line; lines that go on are put together.
fn commands() -> Vec<String> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let section = readme.split_once("\n## Recipes\n").expect("README.md has recipes").1;
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let mut found = Vec::new();
    for block in section.split("```sh\n").skip(1) {
        let block = block.split_once("```").expect("a block of commands ends").0.replace("\\\n", " ");
        found.extend(block.lines().filter(|line| !line.starts_with('#')).map(str::to_owned));
    }
    found
}

#[test]
fn every_recipe_runs_as_written() {
    let place = Place::new();
    let pages = pages();
    let (old, new) = pages.split_at(pages.len() / 2);
    for (name, bytes) in [
        ("corpus/data/train-00000.parquet", parquet(old)),
        ("corpus/data/train-00001.parquet", parquet(new)),
        ("crawl/CC-MAIN-1.warc.wet.gz", compressed(&wet(&pages), ".gz")),
        ("crawl.warc.gz", compressed(&crawl(&pages), ".gz")),
        ("a.parquet", parquet(old)),
        ("b.jsonl.zst", compressed(&jsonl(new), ".zst")),
        ("pages.csv", table(&pages, b',')),
        ("archive/2024.jsonl", jsonl(old)),
        ("today.jsonl.zst", compressed(&jsonl(&pages), ".zst")),
    ] {
        place.file(name, &bytes);
    }
    for (number, page) in pages.iter().enumerate() {
        let lines: String = page.text.lines().map(|line| format!("<p>{line}</p>\n")).collect();
        let html = format!("<!DOCTYPE html><meta charset=utf-8><body>{lines}</body>");
        for folder in ["site", "monday", "tuesday"] {
            place.file(&format!("{folder}/{number}.html"), html.as_bytes());
        }
    }
    let commands = commands();
    assert!(commands.len() >= 10, "{commands:?}");
    let program = Path::new(env!("CARGO_BIN_EXE_dechaff")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    for command in commands {
        let output = Command::new("sh")
            .args(["-ec", &command])
            .current_dir(place.path(""))
            .env("PATH", &path)
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    // The recipes do what they say.
    assert!(place.path("cleaned-corpus/clean/train-00000.parquet").is_file());
    assert!(place.path("cleaned-site/clean/0.txt").is_file());
    let of_today = place.rows("new/documents.jsonl");
    assert!(of_today.iter().filter(|row| row["kept"] == true).count() < pages.len());
    assert_eq!(place.read("back/2024.jsonl"), jsonl(old));
}
