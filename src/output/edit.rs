//! A record and a verdict → the bytes that go out and come in.
//!
//! Cuts are made on the raw bytes: in JSONL on the text's token, in a table on the text's cell, so that everything else
//! keeps the input's bytes, escapes, order and spacing. Pure.

use std::ops::Range;

use super::marked::Mark;
use super::warc::Revisit;
use super::{csv, marked, warc};
use crate::document::Span;
use crate::input::json_text::raw_ranges;
use crate::input::{Body, Made, Record};

/// What becomes of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit {
    /// Its text stays as it is: the record does, too, unless its text was made from HTML or another charset.
    #[default]
    Keep,
    /// It goes: the line with its end, or the file.
    Drop,
    /// It stays, changed.
    Change {
        /// Byte spans of the decoded text that go; sorted, disjoint, on character borders.
        cut: Vec<Span>,
        /// Fields that are added at the end of the record: name, and value as JSON. Text has no fields: there they
        /// are left out.
        add: Vec<(String, String)>,
    },
    /// It stays as a record of a repeated visit where it is a response of an archive; any other is changed.
    Revisit {
        /// What it is a copy of.
        to: Box<Revisit>,
        /// As in a change.
        cut: Vec<Span>,
        /// As in a change.
        add: Vec<(String, String)>,
    },
    /// It stays; HTML that its text was made from is written with marks, not as text. A record without HTML is changed.
    Marked {
        /// As in a change, of a text that is written besides the HTML.
        cut: Vec<Span>,
        /// What is marked in the HTML: sorted, disjoint.
        marks: Vec<Mark>,
        /// As in a change.
        add: Vec<(String, String)>,
    },
}

/// One change of a record's raw bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// Bytes of [`Record::raw`] that go.
    pub remove: Range<usize>,
    /// Bytes that come in their place.
    pub insert: Vec<u8>,
}

/// The changes that `cut` and `add` of an [`Edit::Change`] ask for, in order.
///
/// Two halves of a surrogate pair that only a cut brings together stay as they stand, though a JSON reader will
/// take them for one character.
///
/// `None` when a cut does not fit the record's text: it was made for another text.
pub fn splices(record: &Record<'_>, cut: &[Span], add: &[(String, String)]) -> Option<Vec<Splice>> {
    let sorted = cut.windows(2).all(|pair| pair[0].end <= pair[1].start);
    if !sorted {
        return None;
    }
    let removal = |remove| Splice { remove, insert: Vec::new() };
    match &record.body {
        Body::Row { cell, made: None, delimiter, is_alone, .. } => {
            csv::splices(record.raw, cell.clone(), *is_alone, cut, *delimiter, add)
        }
        Body::Row { made: Some(made), delimiter, .. } => {
            let text = without(record.text.as_deref()?, cut)?;
            csv::written(record.raw, made, &text, *delimiter, add)
        }
        Body::Warc(layout) => warc::splices(record.raw, record.text.as_deref(), layout, cut, add),
        Body::Text => {
            let text = record.text.as_deref()?;
            cut.iter().map(|span| text.get(span.range()).map(|_| removal(span.range()))).collect()
        }
        Body::Converted => {
            let text = without(record.text.as_deref()?, cut)?;
            Some(vec![Splice { remove: 0..record.raw.len(), insert: text.into_bytes() }])
        }
        Body::Object { token, made, closing, .. } => {
            let mut added = Vec::new();
            let mut splices = match (token, made) {
                (_, Some(made)) => {
                    let text = without(record.text.as_deref()?, cut)?;
                    let value = serde_json::Value::String(text).to_string();
                    match made {
                        Made::Replaced(place) => {
                            vec![Splice { remove: place.clone(), insert: value.into_bytes() }]
                        }
                        Made::Added(name) => {
                            added.push((name.clone(), value));
                            Vec::new()
                        }
                    }
                }
                (Some(inside), None) => {
                    let token = std::str::from_utf8(&record.raw[inside.clone()]).ok()?;
                    let ranges = raw_ranges(token, cut)?;
                    let placed =
                        ranges.into_iter().map(|range| inside.start + range.start..inside.start + range.end);
                    placed.map(removal).collect()
                }
                (None, None) if cut.is_empty() => Vec::new(),
                (None, None) => return None,
            };
            added.extend_from_slice(add);
            if !added.is_empty() {
                let at = closing.brace..closing.brace;
                splices.push(Splice { remove: at, insert: members(&added, closing.empty) });
            }
            // After a nested text the brace still comes last; a cut of nothing is no change.
            splices.retain(|splice| !splice.remove.is_empty() || !splice.insert.is_empty());
            Some(splices)
        }
    }
}

/// The text without the cuts, which must be in order and fit.
pub(super) fn without(text: &str, cut: &[Span]) -> Option<String> {
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    for span in cut {
        left.push_str(text.get(at..span.start as usize)?);
        at = span.end as usize;
    }
    left.push_str(text.get(at..)?);
    Some(left)
}

/// `"name":value` for each field, with the commas that they need before the final brace.
fn members(add: &[(String, String)], first: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (position, (name, value)) in add.iter().enumerate() {
        if position > 0 || !first {
            bytes.push(b',');
        }
        bytes.extend_from_slice(serde_json::Value::from(name.as_str()).to_string().as_bytes());
        bytes.push(b':');
        bytes.extend_from_slice(value.as_bytes());
    }
    bytes
}

/// The record's raw bytes after the edit: none when it is dropped. `None` when the edit does not fit the record.
///
/// ```
/// use dechaff::document::Span;
/// use dechaff::input::{Block, Fields, Parsed, SourceFormat, records};
/// use dechaff::output::edit::{Edit, apply};
///
/// let block = Block::whole(br#"{"n":1.0e5, "text" : "a\u00e9b", "x":NaN}"#.to_vec());
/// let fields = Fields::new(&dechaff::Config::default().input);
/// let Some(Parsed::Record(record)) = records(&block, SourceFormat::Jsonl, &fields).next() else { panic!() };
/// let edit = Edit::Change { cut: vec![Span::new(0, 3)], add: vec![("dup".into(), "true".into())] };
/// let edited = apply(&record, &edit).unwrap();
/// assert_eq!(edited, br#"{"n":1.0e5, "text" : "b", "x":NaN,"dup":true}"#);
/// ```
pub fn apply(record: &Record<'_>, edit: &Edit) -> Option<Vec<u8>> {
    match edit {
        Edit::Keep if record.is_converted() => {
            apply(record, &Edit::Change { cut: Vec::new(), add: Vec::new() })
        }
        Edit::Keep => Some(record.raw.to_vec()),
        Edit::Drop => Some(Vec::new()),
        Edit::Change { cut, add } => Some(spliced(record.raw, &splices(record, cut, add)?)),
        Edit::Revisit { to, cut, add } => {
            let splices = warc::revisit(record.raw, to, add).or_else(|| splices(record, cut, add))?;
            Some(spliced(record.raw, &splices))
        }
        Edit::Marked { cut, marks, add } => {
            Some(spliced(record.raw, &marked::splices(record, cut, marks, add)?.0))
        }
    }
}

/// Bytes with changes made.
pub(super) fn spliced(bytes: &[u8], splices: &[Splice]) -> Vec<u8> {
    let mut changed = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for splice in splices {
        changed.extend_from_slice(&bytes[at..splice.remove.start]);
        changed.extend_from_slice(&splice.insert);
        at = splice.remove.end;
    }
    changed.extend_from_slice(&bytes[at..]);
    changed
}
