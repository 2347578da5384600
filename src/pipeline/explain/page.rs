//! A document's text, read again from its input, with what the run took for chrome.

use super::Run;
use super::findings::origin;
use super::rows::RemovedRow;
use crate::chrome::{FamilyName, Known, Labels, LineLabel, SpanLabel};
use crate::document::Span;
use crate::error::Error;
use crate::input::{Blocks, Fields, Limits, Parsed, discover, records};
use crate::pipeline::sheet::Sheet;

/// A document as the run saw it.
#[derive(Debug)]
pub struct Page {
    /// Its text.
    pub text: String,
    /// How that is cut, and its units.
    pub sheet: Sheet<'static>,
    /// What the run removed from it as chrome.
    pub labels: Labels,
}

/// Why a text cannot be read again, one sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread(pub String);

impl Run {
    /// Reads the text of `doc`, of which `removed` was taken.
    ///
    /// # Errors
    /// When its input is not there any more, or is not what the run read.
    pub fn page(&self, doc: &str, removed: &[RemovedRow]) -> Result<Page, Unread> {
        let unread = |problem: &str| Unread(problem.to_owned());
        let origin = origin(doc).ok_or_else(|| unread("its name was edited"))?;
        let mut found = None;
        self.texts(origin.input as usize, &[origin.record], |_, text| found = Some(text.to_owned()))?;
        let text = found.unwrap_or_default();
        let sheet = Sheet::new(&text);
        let labels = labels(removed, &text, sheet.layout().count());
        Ok(Page { text, sheet, labels })
    }

    /// Hands over the texts of an input's records, whose numbers are sorted.
    ///
    /// # Errors
    /// When the input is not there any more, or is not what the run read; what was handed over is then of no use.
    pub(super) fn texts(
        &self,
        input: usize,
        wanted: &[u64],
        mut take: impl FnMut(u64, &str),
    ) -> Result<(), Unread> {
        let input =
            self.inputs.get(input).ok_or_else(|| Unread("`run.json` does not name its input".to_owned()))?;
        let unread = |problem: String| Unread(format!("`{}` {problem}", input.path));
        if input.path == "-" {
            return Err(Unread("standard input cannot be read a second time".into()));
        }
        let failed = |error: Error| match error {
            Error::Io { source, .. } => unread(format!("cannot be read: {source}")),
            Error::Input { problem, .. } => unread(format!("cannot be read: {problem}")),
            other => Unread(other.to_string()),
        };
        let sources =
            discover(std::slice::from_ref(&input.path), &self.config.input, None).map_err(failed)?;
        let [source] = &sources.list[..] else { return Err(unread("is no longer one file".into())) };
        let fields = Fields::new(&self.config.input);
        let mut missing: Vec<u64> = wanted.to_vec();
        missing.dedup();
        let mut blocks = Blocks::open(source, Limits::new(&self.config.input)).map_err(failed)?;
        // To the end: only so is it known to be what the run read.
        for block in blocks.by_ref() {
            let block = block.map_err(failed)?;
            if missing.last().is_none_or(|&last| last < block.first_record) {
                continue;
            }
            for parsed in records(&block, source.format, &fields) {
                if let Parsed::Record(found) = parsed
                    && let Ok(at) = missing.binary_search(&found.number)
                {
                    missing.remove(at);
                    take(found.number, &found.text.unwrap_or_default());
                }
            }
        }
        let contents = blocks.contents();
        if contents.identity != input.xxh3 || contents.length != input.bytes {
            return Err(unread("was changed after the run".into()));
        }
        match missing.first() {
            Some(record) => Err(unread(format!("has no record {record}"))),
            None => Ok(()),
        }
    }
}

/// The labels that the log of removals tells of a text of so many lines.
fn labels(removed: &[RemovedRow], text: &str, lines: usize) -> Labels {
    let mut labels = Labels::default();
    for row in removed {
        let known = match &row.rule {
            Some(rule) => Known::Rule(rule.as_str().into()),
            None => {
                let name = row.family.as_deref().and_then(|family| family.parse().ok());
                Known::Family(name.unwrap_or(FamilyName::SHAPE))
            }
        };
        let pages = row.pages.unwrap_or(0) as u32;
        let confidence = row.confidence.unwrap_or(0.0) as f32;
        let span = Span { start: row.unit.byte_start, end: row.unit.byte_end };
        match (row.reason.as_str(), row.unit.lines.first()) {
            ("chrome-line", Some(&line)) if line > 0 && line as usize <= lines => {
                labels.lines.push(LineLabel { line: line - 1, known, pages, confidence });
            }
            ("chrome-span", _) if text.get(span.range()).is_some() => {
                labels.spans.push(SpanLabel { span, known, pages, confidence });
            }
            _ => {}
        }
    }
    labels.lines.sort_by_key(|label| label.line);
    labels.spans.sort_by_key(|label| label.span);
    labels
}
