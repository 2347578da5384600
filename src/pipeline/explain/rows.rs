//! Lines of the logs → rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::PathBuf;

use memchr::memmem;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::Run;
use crate::config::Level;
use crate::error::{Error, Result};

/// A document, or a piece of one.
#[derive(Clone, Debug, Deserialize)]
pub struct UnitRow {
    /// `input:record`.
    pub doc: String,
    id: Box<RawValue>,
    /// Lines, from 1: each one of a paragraph or span, first and last of a block or a document.
    #[serde(default)]
    pub lines: Vec<u32>,
    /// First byte in the text.
    #[serde(default)]
    pub byte_start: u32,
    /// One past the last byte.
    #[serde(default)]
    pub byte_end: u32,
}

impl UnitRow {
    /// Its document's id as a user types it: a string without its quotes, anything else as it stands.
    pub fn id(&self) -> String {
        plain(&self.id)
    }
}

/// How a unit is related to the one that is kept; all `None` for a unit that is in no cluster.
#[derive(Clone, Debug, Deserialize)]
pub struct FactsRow {
    /// `identical`, `near`, `fragment`, `contains`.
    pub relation: Option<String>,
    /// `none`, `same`, `stripped`, `masked`, `changed`.
    pub numbers: Option<String>,
    /// Jaccard.
    pub jaccard: Option<f64>,
    /// Containment of the smaller in the larger.
    pub containment: Option<f64>,
    /// Share of this unit's shingles that the kept one has.
    pub coverage: Option<f64>,
}

/// A line of `documents.jsonl`.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    /// The document.
    pub unit: UnitRow,
    /// Name of its cluster, as a user types it; its own for a document without copies.
    pub cluster: String,
    /// Whether it is kept.
    pub kept: bool,
    /// How it is related to its cluster's kept document.
    pub facts: FactsRow,
}

/// A line of `members.jsonl`.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Name of the cluster.
    pub cluster: String,
    /// What the cluster is made of.
    pub level: Level,
    /// The member.
    pub unit: UnitRow,
    /// How it is related to the one that is kept.
    pub facts: FactsRow,
}

/// A line of `clusters.jsonl`, its members left out.
#[derive(Clone, Debug)]
pub struct ClusterRow {
    /// Its name.
    pub cluster: String,
    /// What it is made of.
    pub level: Level,
    /// Members.
    pub size: u64,
    /// Strength of its weakest match.
    pub weakest: f64,
    /// The member that is kept.
    pub kept: UnitRow,
}

/// A line of `removed.jsonl`.
#[derive(Clone, Debug)]
pub struct RemovedRow {
    /// What was removed.
    pub unit: UnitRow,
    /// `chrome-line`, `chrome-span`, `duplicate-document`, `duplicate-block`, `duplicate-paragraph`.
    pub reason: String,
    /// The rule, for chrome by a rule.
    pub rule: Option<String>,
    /// The family, for chrome by what the site's pages have in common.
    pub family: Option<String>,
    /// What its members share, where `chrome.jsonl` tells it.
    pub template: Option<String>,
    /// Pages it was seen on, for chrome.
    pub pages: Option<u64>,
    /// How sure, 0 to 1, for chrome.
    pub confidence: Option<f64>,
    /// What is kept instead, for a copy.
    pub kept: Option<UnitRow>,
    /// The removal that it lies in.
    pub inside: Option<String>,
    /// Its text.
    pub text: String,
}

impl Run {
    /// Hands the documents that are `wanted` to `take`, in order; only these are parsed whole.
    ///
    /// # Errors
    /// When `documents.jsonl` cannot be read.
    pub fn documents(
        &self,
        mut wanted: impl FnMut(&UnitRow) -> bool,
        mut take: impl FnMut(DocumentRow),
    ) -> Result<()> {
        #[derive(Deserialize)]
        struct Rest {
            cluster: Box<RawValue>,
            kept: bool,
        }
        self.scan(
            "documents.jsonl",
            |_| true,
            |line| {
                let unit: UnitRow = parse(line)?;
                if wanted(&unit) {
                    let rest: Rest = parse(line)?;
                    let (cluster, facts) = (plain(&rest.cluster), parse(line)?);
                    take(DocumentRow { unit, cluster, kept: rest.kept, facts });
                }
                Ok(())
            },
        )
    }

    /// Memberships, of `doc` or of all documents.
    ///
    /// # Errors
    /// When `members.jsonl` cannot be read.
    pub fn members(&self, doc: Option<&str>, mut take: impl FnMut(MemberRow)) -> Result<()> {
        #[derive(Deserialize)]
        struct Rest {
            cluster: Box<RawValue>,
            level: Level,
        }
        let needle = doc.map(|doc| format!("\"doc\":\"{doc}\","));
        let finder = needle.as_ref().map(memmem::Finder::new);
        let wanted = |line: &[u8]| finder.as_ref().is_none_or(|finder| finder.find(line).is_some());
        self.scan("members.jsonl", wanted, |line| {
            let (rest, unit): (Rest, UnitRow) = (parse(line)?, parse(line)?);
            if doc.is_none_or(|doc| doc == unit.doc) {
                take(MemberRow {
                    cluster: plain(&rest.cluster),
                    level: rest.level,
                    unit,
                    facts: parse(line)?,
                });
            }
            Ok(())
        })
    }

    /// The clusters of a level that have one of these names.
    ///
    /// # Errors
    /// When `clusters.jsonl` cannot be read.
    pub fn clusters(&self, wanted: &[(Level, String)]) -> Result<Vec<ClusterRow>> {
        #[derive(Deserialize)]
        struct Rest {
            cluster: Box<RawValue>,
            level: Level,
            size: u64,
            weakest: f64,
            kept: UnitRow,
        }
        let mut found = Vec::new();
        if wanted.is_empty() {
            return Ok(found);
        }
        self.scan(
            "clusters.jsonl",
            |_| true,
            |line| {
                let row: Rest = parse(line)?;
                let cluster = plain(&row.cluster);
                if wanted.iter().any(|(level, name)| *level == row.level && *name == cluster) {
                    let Rest { level, size, weakest, kept, .. } = row;
                    found.push(ClusterRow { cluster, level, size, weakest, kept });
                }
                Ok(())
            },
        )?;
        Ok(found)
    }

    /// What was removed from `doc`, in the order of the text; nothing where the run logged no removals.
    ///
    /// # Errors
    /// When `removed.jsonl` cannot be read.
    pub fn removed(&self, doc: &str) -> Result<Vec<RemovedRow>> {
        #[derive(Deserialize)]
        struct Rest {
            reason: String,
            rule: Option<String>,
            family: Option<String>,
            pages: Option<u64>,
            confidence: Option<f64>,
            kept: Option<UnitRow>,
            inside: Option<String>,
            text: String,
        }
        let mut found = Vec::new();
        if self.rewrite == super::Rewrite::Nothing {
            return Ok(found);
        }
        let head = format!("{{\"doc\":\"{doc}\",");
        self.scan(
            "removed.jsonl",
            |line| line.starts_with(head.as_bytes()),
            |line| {
                let Rest { reason, rule, family, pages, confidence, kept, inside, text } = parse(line)?;
                found.push(RemovedRow {
                    unit: parse(line)?,
                    reason,
                    rule,
                    family,
                    template: None,
                    pages,
                    confidence,
                    kept,
                    inside,
                    text,
                });
                Ok(())
            },
        )?;
        let templates = self.templates(&found)?;
        for row in &mut found {
            row.template = row.family.as_ref().and_then(|family| templates.get(family).cloned());
        }
        Ok(found)
    }

    /// Templates of the families of some rows, by name; none where there is no `chrome.jsonl`.
    fn templates(&self, rows: &[RemovedRow]) -> Result<BTreeMap<String, String>> {
        #[derive(Deserialize)]
        struct Row {
            family: String,
            template: String,
        }
        let wanted: BTreeSet<&str> = rows.iter().filter_map(|row| row.family.as_deref()).collect();
        let mut templates = BTreeMap::new();
        if wanted.is_empty() || !self.folder.join("chrome.jsonl").is_file() {
            return Ok(templates);
        }
        self.scan(
            "chrome.jsonl",
            |_| true,
            |line| {
                let row: Row = parse(line)?;
                // A key is made of what the lines say: families of one name on several sites say the same.
                if wanted.contains(row.family.as_str()) {
                    templates.entry(row.family).or_insert(row.template);
                }
                Ok(())
            },
        )?;
        Ok(templates)
    }

    /// Opens a file of the run.
    pub(super) fn log_file(&self, name: &str) -> Result<(PathBuf, File)> {
        let path = self.folder.join(name);
        let file = File::open(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                Error::Run { path: path.clone(), problem: "is missing: run again to have it back".into() }
            }
            _ => Error::io(&path)(error),
        })?;
        Ok((path, file))
    }

    /// Hands the wanted lines of a log to `take`.
    pub(super) fn scan(
        &self,
        name: &str,
        wanted: impl Fn(&[u8]) -> bool,
        mut take: impl FnMut(&str) -> serde_json::Result<()>,
    ) -> Result<()> {
        let (path, file) = self.log_file(name)?;
        let damaged = |problem: String| Error::Run { path: path.clone(), problem };
        let mut lines = BufReader::with_capacity(1 << 18, file);
        let mut line = Vec::new();
        for number in 1u64.. {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(Error::io(&path))? == 0 {
                break;
            }
            if !wanted(&line) {
                continue;
            }
            let outcome = std::str::from_utf8(&line).map_err(|error| error.to_string());
            let outcome = outcome.and_then(|line| take(line).map_err(|error| error.to_string()));
            outcome.map_err(|error| damaged(format!("line {number} was edited or cut off: {error}")))?;
        }
        Ok(())
    }
}

fn parse<T: DeserializeOwned>(line: &str) -> serde_json::Result<T> {
    serde_json::from_str(line)
}

/// A JSON token as a user types it.
fn plain(token: &RawValue) -> String {
    serde_json::from_str::<String>(token.get()).unwrap_or_else(|_| token.get().to_owned())
}
