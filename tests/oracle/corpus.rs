//! Made-up records → what the program makes of them, and the shingles of a text by its public functions alone.

use std::path::Path;

use dechaff::Config;
use dechaff::chrome::Rules;
use dechaff::input::discover;
use dechaff::pipeline::corpus::Corpus;
use dechaff::pipeline::survey::{Plan, survey};
use dechaff::progress::Silent;
use dechaff::text::fold::fold;
use dechaff::text::shingle::shingle_set;

/// Writes records of these texts, the place of each its id.
pub(crate) fn write(path: &Path, texts: &[String]) {
    let records: String = texts
        .iter()
        .enumerate()
        .map(|(at, text)| serde_json::json!({"id": at.to_string(), "text": text}).to_string() + "\n")
        .collect();
    std::fs::write(path, records).unwrap();
}

/// The records of these texts, read, and nothing more: all is content.
pub(crate) fn read(texts: &[String]) -> Corpus {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("texts.jsonl");
    write(&path, texts);
    let config = Config::default();
    let sources = discover(&[path.to_str().unwrap().to_owned()], &config.input, None).unwrap();
    let protected = Default::default();
    let plan = Plan {
        protected: &protected,
        sources: &sources.list,
        first_reference: 1,
        input: &config.input,
        removal: &config.removal,
        rules: &Rules::built_in(),
        memory: usize::MAX,
    };
    survey(plan, &Silent, &mut |_| panic!("no record is bad")).unwrap().corpus
}

/// The distinct shingles of a text, sorted.
pub(crate) fn shingles_of(text: &str) -> Vec<u64> {
    let (mut units, mut set) = (Vec::new(), Vec::new());
    fold(text, &mut units);
    shingle_set(&units, &mut set);
    set
}
