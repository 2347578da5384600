//! The invariants on sets of real pages, which stand beside the repository.

use std::path::PathBuf;

use dechaff::Config;
use dechaff::config::Level;

use crate::cleaned::{Cleaned, decompressed};
use crate::invariants::check;

/// A debug build takes about 5 s for so many bytes.
const SMALL: usize = 10_000_000;

/// The folder of the sets, if it is there.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared"));
    if folder.is_dir() {
        return Some(folder);
    }
    crate::say("skipped: ../shared is absent");
    None
}

/// Cleans a set as it comes, and once more with single paragraphs removed, and checks both runs.
fn holds(path: &str, site_field: Option<&str>) {
    let Some(shared) = shared() else { return };
    let path = shared.join(path);
    assert!(path.exists(), "{} is missing", path.display());
    if cfg!(debug_assertions) && decompressed(&path).len() > SMALL {
        return crate::say(&format!("left out in a debug build: {}", path.display()));
    }
    let mut config = Config::default();
    config.input.site_field = site_field.map(str::to_owned);
    let measured = check(&Cleaned::new(&path, config.clone()));
    crate::say(&format!("{}: {measured:?}", path.display()));
    // Of a few copies the mean says little.
    assert!(measured.copies < 20 || measured.coverage_mean >= 0.94, "{measured:?}");
    config.removal.level = vec![Level::Document, Level::Block, Level::Paragraph];
    let measured = check(&Cleaned::new(&path, config));
    crate::say(&format!("{}, paragraphs too: {measured:?}", path.display()));
}

macro_rules! sets {
    ($($name:ident: $path:literal, $site:expr;)*) => {
        $(#[test]
        fn $name() {
            holds($path, $site);
        })*
    };
}

sets! {
    zh_lctt: "data/neardup/zh_lctt_2017_2019/docs.jsonl.zst", None;
    zh_laws: "data/neardup/zh_laws/docs.jsonl.zst", None;
    zh_cwced: "data/neardup/zh_cwced_chrome/docs.jsonl.zst", None;
    zh_seo: "data/neardup/zh_seo_site_dev/docs.jsonl.zst", None;
    zh_paper_check: "data/neardup/zh_paper_check/docs.jsonl.zst", None;
    en_wcxb: "data/neardup/en_wcxb_chrome_dev/docs.jsonl.zst", None;
    en_citeseerx: "data/neardup/en_citeseerx_abstracts/docs.jsonl.zst", None;
    en_clough_stevenson: "data/neardup/en_clough_stevenson/docs.jsonl.zst", None;
    en_debian_copyright: "data/neardup/en_debian_copyright/docs.jsonl.zst", None;
    en_spdx_licences: "data/neardup/en_spdx_licences/docs.jsonl.zst", None;
    chrome_multi_zh: "data/chrome/multi_zh.jsonl.zst", Some("site");
    chrome_multi_en: "data/chrome/multi_en.jsonl.zst", Some("site");
    chrome_multi_human_en: "data/chrome/multi_human_en.jsonl.zst", Some("site");
    chrome_inline_zh: "data/chrome/inline_zh.jsonl.zst", Some("site");
    chrome_inline_en: "data/chrome/inline_en.jsonl.zst", Some("site");
    chrome_single_l3s: "data/chrome/single_en_l3s.jsonl.zst", Some("site");
    chrome_single_cleaneval: "data/chrome/single_en_cleaneval.jsonl.zst", Some("site");
    bench_zh: "bench/zh-small.jsonl.zst", None;
    bench_en: "bench/en-small.jsonl.zst", None;
    seed_page: "seed/page.txt", None;
}

/// The page that the tool was asked for, by its own scorer.
#[test]
fn seed_page_is_perfect() {
    let Some(shared) = shared() else { return };
    let run = Cleaned::new(&shared.join("seed/page.txt"), Config::default());
    let scored =
        std::process::Command::new("python3").arg(shared.join("seed/score.py")).arg(&run.out).output();
    let scored = scored.expect("python3 runs");
    let said =
        String::from_utf8_lossy(&scored.stdout).into_owned() + &String::from_utf8_lossy(&scored.stderr);
    assert!(scored.status.success() && said.trim_end().ends_with("perfect"), "{said}");
}
