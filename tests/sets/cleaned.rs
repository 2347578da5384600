//! A run of `clean` with its inputs, as the files say: read without the library's help, but for what a unit is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dechaff::Config;
use dechaff::output::Overwrite;
use dechaff::pipeline::documents::Pairs;
use dechaff::pipeline::run::{Job, Rewrite, run};
use dechaff::progress::Silent;
use dechaff::text::fold::fold;
use dechaff::text::shingle::shingle_set;
use serde_json::Value;

/// Bytes of a text, half-open.
pub(crate) type Bytes = std::ops::Range<usize>;

/// One input record.
#[derive(Debug)]
pub(crate) struct Record {
    /// Its id as it must stand in the logs.
    pub(crate) id: Value,
    pub(crate) text: Option<String>,
}

/// One input file.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// Its path below the inputs' deepest common folder.
    pub(crate) relative: PathBuf,
    pub(crate) records: Vec<Record>,
}

/// A finished run.
pub(crate) struct Cleaned {
    /// Goes when this does.
    _place: tempfile::TempDir,
    pub(crate) out: PathBuf,
    pub(crate) inputs: Vec<Input>,
    pub(crate) documents: Vec<Value>,
    pub(crate) clusters: Vec<Value>,
    pub(crate) members: Vec<Value>,
    pub(crate) removed: Vec<Value>,
    /// For each document its chrome.
    pub(crate) chrome: BTreeMap<String, Vec<Bytes>>,
}

/// The bytes of a file, decompressed.
pub(crate) fn decompressed(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    match bytes.get(..4) {
        Some([0x28, 0xb5, 0x2f, 0xfd]) => zstd::decode_all(&bytes[..]).unwrap(),
        _ => bytes,
    }
}

/// The lines of a JSONL file.
pub(crate) fn rows(path: &Path) -> Vec<Value> {
    let text = String::from_utf8(decompressed(path)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All files below a folder, in the order of their paths, each part of a path for itself.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            found.push(path);
        }
    }
    found.sort_by(|a, b| a.components().cmp(b.components()));
    found
}

fn read(input: &Path) -> Vec<Input> {
    if !input.is_dir() && input.extension().is_none_or(|extension| extension != "txt") {
        let name = input.display().to_string();
        let record = |(at, row): (usize, Value)| Record {
            id: row.get("id").cloned().unwrap_or_else(|| format!("{name}#{}", at + 1).into()),
            text: row["text"].as_str().map(str::to_owned),
        };
        let records = rows(input).into_iter().enumerate().map(record).collect();
        return vec![Input { path: input.to_owned(), relative: input.file_name().unwrap().into(), records }];
    }
    let page = |path: PathBuf| {
        let text = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
        let records = vec![Record { id: path.display().to_string().into(), text: Some(text) }];
        let relative = path.strip_prefix(if input.is_dir() { input } else { input.parent().unwrap() });
        Input { relative: relative.unwrap().to_owned(), path, records }
    };
    files(input).into_iter().map(page).collect()
}

pub(crate) fn job(inputs: &[&Path], output: &Path, config: Config, rewrite: Rewrite) -> Job {
    Job {
        inputs: inputs.iter().map(|path| path.to_str().unwrap().to_owned()).collect(),
        protect: Vec::new(),
        against: Vec::new(),
        output: output.to_owned(),
        overwrite: Overwrite::Refuse,
        rewrite,
        pairs: Pairs::Skip,
        memory: usize::MAX,
        rules: None,
        model: None,
        config,
    }
}

impl Cleaned {
    /// Cleans a file or a folder of text files.
    pub(crate) fn new(input: &Path, config: Config) -> Self {
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("out");
        run(&job(&[input], &out, config, Rewrite::Clean), &Silent).unwrap();
        let mut chrome: BTreeMap<String, Vec<Bytes>> = BTreeMap::new();
        let log = |name: &str| rows(&out.join(name));
        for row in
            log("removed.jsonl").iter().filter(|row| row["reason"].as_str().unwrap().starts_with("chrome-"))
        {
            chrome.entry(doc(row)).or_default().push(bytes(row));
        }
        Self {
            inputs: read(input),
            documents: log("documents.jsonl"),
            clusters: log("clusters.jsonl"),
            members: log("members.jsonl"),
            removed: log("removed.jsonl"),
            chrome,
            out,
            _place: place,
        }
    }

    /// A folder of the run's own, for more of its files.
    pub(crate) fn place(&self) -> &Path {
        self.out.parent().unwrap()
    }

    /// The record that `doc` names.
    pub(crate) fn record(&self, doc: &str) -> &Record {
        let (input, record) = doc.split_once(':').unwrap();
        &self.inputs[input.parse::<usize>().unwrap()].records[record.parse::<usize>().unwrap() - 1]
    }

    pub(crate) fn text(&self, doc: &str) -> &str {
        self.record(doc).text.as_deref().unwrap_or("")
    }

    /// The text of each document in `clean/`, `None` where it is not there; records in order.
    pub(crate) fn clean(&self) -> Vec<Option<String>> {
        let kept = |input: usize, record: usize| {
            let doc = format!("{input}:{}", record + 1);
            self.documents.iter().find(|row| row["doc"] == *doc).is_none_or(|row| row["kept"] == true)
        };
        let kept_at: BTreeMap<String, bool> =
            self.documents.iter().map(|row| (doc(row), row["kept"] == true)).collect();
        let kept = |input: usize, record: usize| match kept_at.get(&format!("{input}:{}", record + 1)) {
            Some(kept) => *kept,
            None => kept(input, record),
        };
        let mut texts = Vec::new();
        for (number, input) in self.inputs.iter().enumerate() {
            let path = self.out.join("clean").join(&input.relative);
            if input.relative.extension().is_some_and(|extension| extension == "txt") {
                assert_eq!(path.exists(), kept(number, 0), "{}", path.display());
                texts.push(path.exists().then(|| std::fs::read_to_string(&path).unwrap()));
                continue;
            }
            let mut left = rows(&path).into_iter();
            for (at, record) in input.records.iter().enumerate() {
                texts.push(kept(number, at).then(|| {
                    let row = left.next().expect("a record that is kept stands in clean/");
                    assert_eq!(row.get("id").unwrap_or(&record.id), &record.id, "clean/ keeps the order");
                    row["text"].as_str().unwrap_or("").to_owned()
                }));
            }
            assert!(left.next().is_none(), "clean/ has no other records");
        }
        texts
    }

    /// Distinct shingles of a unit's content: of its lines, without chrome and without `gone`, line by line as the
    /// program folds.
    pub(crate) fn content(&self, unit: &Value, gone: &[Bytes]) -> Vec<u64> {
        let doc = doc(unit);
        let text = self.text(&doc);
        let span = bytes(unit);
        let numbers: Vec<usize> = numbers(unit);
        let block = !matches!(unit["level"].as_str(), Some("paragraph"));
        let none = Vec::new();
        let cuts: Vec<&Bytes> = self.chrome.get(&doc).unwrap_or(&none).iter().chain(gone).collect();
        let mut units = Vec::new();
        for (at, line) in lines(text).into_iter().enumerate() {
            let inside = span.start <= line.start && line.end <= span.end;
            if !inside || !(block || numbers.contains(&(at + 1))) {
                continue;
            }
            let mut parts = Vec::new();
            let mut start = line.start;
            let mut inner: Vec<&&Bytes> =
                cuts.iter().filter(|cut| cut.start < line.end && cut.end > line.start).collect();
            inner.sort_by_key(|cut| cut.start);
            for cut in inner {
                parts.push(start..cut.start.max(start));
                start = start.max(cut.end.min(line.end));
            }
            parts.push(start..line.end);
            parts.iter().filter(|part| part.start < part.end).for_each(|part| {
                fold(&text[part.clone()], &mut units);
            });
        }
        let mut set = Vec::new();
        shingle_set(&units, &mut set);
        set
    }
}

pub(crate) fn doc(row: &Value) -> String {
    row["doc"].as_str().unwrap().to_owned()
}

pub(crate) fn bytes(unit: &Value) -> Bytes {
    let end = |key: &str| unit[key].as_u64().unwrap() as usize;
    end("byte_start")..end("byte_end")
}

pub(crate) fn numbers(unit: &Value) -> Vec<usize> {
    unit["lines"].as_array().unwrap().iter().map(|line| line.as_u64().unwrap() as usize).collect()
}

/// Lines without their terminators, LF or CRLF; after a last terminator there is none.
pub(crate) fn lines(text: &str) -> Vec<Bytes> {
    let mut lines = Vec::new();
    let mut start = 0;
    for piece in text.split_inclusive('\n') {
        let content = piece.strip_suffix('\n').map_or(piece, |line| line.strip_suffix('\r').unwrap_or(line));
        lines.push(start..start + content.len());
        start += piece.len();
    }
    lines
}
