//! A finished run, as its report looks at it: `members.csv`, `sites.csv`, `removed.jsonl`, `run.json`, and for the
//! texts its inputs.
//!
//! Cost: `members.csv` and `removed.jsonl` are read twice; of the inputs only those that hold a text that is shown.

use std::borrow::Cow;
use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};
use serde::Deserialize;

use super::{Run, rows};
use crate::config::Level;
use crate::document::{Origin, Span};
use crate::error::{Error, Result};
use crate::matching::numbers::Numbers;
use crate::matching::relation::Relation;
use crate::output::tables;
use crate::pipeline::findings::{beginning, passage, site_key};
use crate::pipeline::run::Rewrite;
use crate::report::{self, Cluster, Facts, Findings, Flow, Member, Name, Passage, Reason, Removal, Role};
use crate::text::date::moment;

/// The findings of a finished run.
#[derive(Debug)]
pub struct Logged<'a> {
    run: &'a Run,
    counts: report::Run,
}

impl Run {
    /// The findings, for a report.
    ///
    /// # Errors
    /// When `run.json` was not written by this version.
    pub fn findings(&self) -> Result<Logged<'_>> {
        let path = self.folder.join("run.json");
        let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        let counts = serde_json::from_str(&text).map_err(|error| Error::Run {
            path,
            problem: format!("was not written by this version, or was edited: {error}"),
        })?;
        Ok(Logged { run: self, counts })
    }

    /// Hands over the rows of a table, as long as `take` accepts them.
    fn table(&self, name: &str, mut take: impl FnMut(&StringRecord) -> Option<()>) -> Result<()> {
        let (path, file) = self.log_file(name)?;
        let damaged = |problem: String| Error::Run { path: path.clone(), problem };
        let mut reader = ReaderBuilder::new().buffer_capacity(1 << 18).from_reader(file);
        let mut record = StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(false) => return Ok(()),
                Ok(true) => take(&record).ok_or_else(|| {
                    let line = record.position().map_or(0, csv::Position::line);
                    damaged(format!("line {line} was edited or cut off"))
                })?,
                Err(error) => return Err(damaged(format!("was edited or cut off: {error}"))),
            }
        }
    }
}

/// A row of `removed.jsonl`, as far as it is counted.
#[derive(Deserialize)]
struct RemovedRow<'a> {
    doc: &'a str,
    lines: Vec<u32>,
    byte_start: u32,
    byte_end: u32,
    reason: &'a str,
    #[serde(borrow)]
    rule: Option<Cow<'a, str>>,
    #[serde(borrow)]
    family: Option<Cow<'a, str>>,
    #[serde(borrow)]
    site: Option<Cow<'a, str>>,
}

impl Logged<'_> {
    fn removed(&self, mut take: impl FnMut(usize, &str) -> serde_json::Result<()>) -> Result<()> {
        if self.run.rewrite == Rewrite::Nothing {
            return Ok(());
        }
        let mut number = 0;
        self.run.scan(
            "removed.jsonl",
            |_| true,
            |line| {
                number += 1;
                take(number - 1, line)
            },
        )
    }
}

impl Findings for Logged<'_> {
    fn run(&self) -> &report::Run {
        &self.counts
    }

    fn flows(&mut self) -> Result<Vec<Flow>> {
        let mut flows = Vec::new();
        self.run.table(tables::SITES, |row| {
            flows.push(Flow {
                site: row.get(0)?.to_owned(),
                kept_site: row.get(1)?.to_owned(),
                level: level(row.get(2)?)?,
                documents: row.get(3)?.parse().ok()?,
                copies: row.get(4)?.parse().ok()?,
                characters: row.get(5)?.parse().ok()?,
                earlier: row.get(6)?.parse().ok()?,
                later: row.get(7)?.parse().ok()?,
            });
            Some(())
        })?;
        Ok(flows)
    }

    fn clusters(&mut self, visit: &mut dyn FnMut(Cluster<'_>)) -> Result<()> {
        let mut open: Option<(Level, String)> = None;
        let mut members: Vec<Member> = Vec::new();
        self.run.table(tables::MEMBERS, |row| {
            let at = level(row.get(1)?)?;
            let name = row.get(0)?;
            let same = open.as_ref().is_some_and(|(level, open)| *level == at && open == name);
            if !same {
                if let Some((level, _)) = open.replace((at, name.to_owned())) {
                    visit(Cluster { level, members: &members });
                }
                members.clear();
            }
            members.push(member(row)?);
            Some(())
        })?;
        if let Some((level, _)) = open {
            visit(Cluster { level, members: &members });
        }
        Ok(())
    }

    fn removals(&mut self, visit: &mut dyn FnMut(Removal<'_>)) -> Result<()> {
        self.removed(|_, line| {
            let row: RemovedRow<'_> = serde_json::from_str(line)?;
            let unknown = || serde::de::Error::custom("an unknown document or reason");
            visit(Removal {
                document: origin(row.doc).ok_or_else(unknown)?,
                site: row.site.as_deref(),
                span: Span { start: row.byte_start, end: row.byte_end },
                lines: [row.lines.first(), row.lines.last()].map(|line| line.copied().unwrap_or(1)),
                reason: reason(row.reason).ok_or_else(unknown)?,
                known: row.rule.as_deref().or(row.family.as_deref()).unwrap_or_default(),
            });
            Ok(())
        })
    }

    fn names(&mut self, documents: &[Origin]) -> Result<Vec<Name>> {
        let mut names: BTreeMap<Origin, Name> = BTreeMap::new();
        self.run.table(tables::MEMBERS, |row| {
            let document = origin(row.get(3)?)?;
            if documents.binary_search(&document).is_ok() && !names.contains_key(&document) {
                let filled = |at: usize| Some(row.get(at)?.to_owned()).filter(|field| !field.is_empty());
                names
                    .insert(document, Name { id: row.get(4)?.to_owned(), site: filled(5), date: filled(16) });
            }
            Some(())
        })?;
        #[derive(Deserialize)]
        struct Site {
            site: Option<String>,
        }
        self.removed(|_, line| {
            let head: rows::UnitRow = serde_json::from_str(line)?;
            if let Some(document) = origin(&head.doc).filter(|document| !names.contains_key(document))
                && documents.binary_search(&document).is_ok()
            {
                let Site { site } = serde_json::from_str(line)?;
                names.insert(document, Name { id: head.id(), site, date: None });
            }
            Ok(())
        })?;
        Ok(documents.iter().map(|document| names.get(document).cloned().unwrap_or_default()).collect())
    }

    fn removed_texts(&mut self, numbers: &[usize], limit: usize) -> Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Text {
            text: String,
        }
        let mut texts = Vec::with_capacity(numbers.len());
        self.removed(|number, line| {
            if numbers.get(texts.len()) == Some(&number) {
                let row: Text = serde_json::from_str(line)?;
                texts.push(beginning(&row.text, limit).to_owned());
            }
            Ok(())
        })?;
        texts.resize(numbers.len(), String::new());
        Ok(texts)
    }

    fn passages(&mut self, wanted: &[(Origin, Span)], limit: usize) -> Result<Vec<Result<Passage, String>>> {
        let mut chrome: BTreeMap<Origin, Vec<Span>> = BTreeMap::new();
        self.removals(&mut |removal| {
            let is_wanted = || {
                let at = wanted.partition_point(|(document, _)| *document < removal.document);
                wanted.get(at).is_some_and(|(document, _)| *document == removal.document)
            };
            if !matches!(removal.reason, Reason::Copy(_)) && is_wanted() {
                chrome.entry(removal.document).or_default().push(removal.span);
            }
        })?;
        let mut found = Vec::with_capacity(wanted.len());
        for group in wanted.chunk_by(|(a, _), (b, _)| a.input == b.input) {
            let mut texts: BTreeMap<(Origin, Span), Passage> = BTreeMap::new();
            let numbers: Vec<u64> = group.iter().map(|(document, _)| document.record).collect();
            let outcome = self.run.texts(group[0].0.input as usize, &numbers, |record, text| {
                for &(document, span) in group.iter().filter(|(document, _)| document.record == record) {
                    let chrome = chrome.get(&document).into_iter().flatten().copied();
                    texts.insert((document, span), passage(text, span, limit, chrome));
                }
            });
            found.extend(group.iter().map(|key| match &outcome {
                Ok(()) => {
                    texts.get(key).cloned().ok_or_else(|| "its record is not there any more".to_owned())
                }
                Err(unread) => Err(unread.0.clone()),
            }));
        }
        Ok(found)
    }
}

fn member(row: &StringRecord) -> Option<Member> {
    let number = |at: usize| row.get(at)?.parse::<u32>().ok();
    let share = |at: usize| row.get(at)?.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    let (start, end) = (number(8)?, number(9)?);
    Some(Member {
        document: origin(row.get(3)?)?,
        span: (start <= end).then_some(Span { start, end })?,
        lines: [number(6)?, number(7)?],
        site: site_key(row.get(5)?),
        date: moment(row.get(16)?),
        role: match row.get(2)? {
            "kept" => Role::Kept,
            "removed" => Role::Removed,
            "reported" => Role::Reported,
            _ => return None,
        },
        facts: Facts {
            relation: match row.get(10)? {
                "identical" => Relation::Identical,
                "near" => Relation::Near,
                "fragment" => Relation::Fragment,
                "contains" => Relation::Contains,
                _ => return None,
            },
            numbers: match row.get(11)? {
                "none" => Numbers::None,
                "same" => Numbers::Same,
                "stripped" => Numbers::Stripped,
                "masked" => Numbers::Masked,
                "changed" => Numbers::Changed,
                _ => return None,
            },
            jaccard: share(12)?,
            containment: share(13)?,
            coverage: share(14)?,
            numbers_changed: share(15)?,
        },
    })
}

/// A document by its `doc`.
pub(super) fn origin(doc: &str) -> Option<Origin> {
    let (input, record) = doc.split_once(':')?;
    Some(Origin { input: input.parse().ok()?, record: record.parse().ok()? })
}

fn level(word: &str) -> Option<Level> {
    match word {
        "document" => Some(Level::Document),
        "block" => Some(Level::Block),
        "paragraph" => Some(Level::Paragraph),
        _ => None,
    }
}

fn reason(word: &str) -> Option<Reason> {
    match word {
        "chrome-line" => Some(Reason::ChromeLine),
        "chrome-span" => Some(Reason::ChromeSpan),
        _ => level(word.strip_prefix("duplicate-")?).map(Reason::Copy),
    }
}
