//! Edits of a WARC record: its text is cut, or put in the place of what it was made from, and its head made true.
//!
//! A text that stands in the record as it is stays where it is. One that was made from the record's bytes (out of
//! HTML, decompressed, from another charset) takes the place of the whole block, and the record becomes what such a
//! text is in WET files: a `conversion`, plain text in UTF-8, under the same record id.

use std::ops::Range;

use super::edit::{Splice, spliced, without};
use crate::document::Span;
use crate::input::warc::{Head, Layout, Payload, head};

/// Fields of the head that are not true any more when the block was changed.
const DIGESTS: [&str; 2] = ["WARC-Block-Digest", "WARC-Payload-Digest"];
/// Field that says what a block that is replaced was.
const PAYLOAD_TYPE: &str = "WARC-Identified-Payload-Type";

/// The changes of a record, in order; `None` when a cut does not fit the text.
pub(super) fn splices(
    record: &[u8],
    text: Option<&str>,
    layout: &Layout,
    cut: &[Span],
    add: &[(String, String)],
) -> Option<Vec<Splice>> {
    let head = head(record)?;
    let mut splices = Vec::new();
    let is_cut = cut.iter().any(|span| !span.is_empty());
    match (layout, text) {
        (_, None) if is_cut => return None,
        (Layout::Verbatim(span), Some(text)) if is_cut => {
            // Every span must fit.
            cut.iter().try_for_each(|span| text.get(span.range()).map(|_| ()))?;
            verbatim(record, &head, span, cut, &mut splices)?;
        }
        (Layout::Derived(_), Some(text)) => derived(record, &head, &without(text, cut)?, &mut splices)?,
        _ => {}
    }
    splices.extend(added(&head, add));
    splices.sort_by_key(|splice| splice.remove.start);
    Some(splices)
}

/// Fields that are added at the end of the head.
fn added(head: &Head, add: &[(String, String)]) -> Option<Splice> {
    let lines: String = add.iter().map(|(name, json)| format!("{name}: {json}\r\n")).collect();
    (!lines.is_empty()).then(|| replacement(head.blank..head.blank, lines))
}

fn removal(remove: Range<usize>) -> Splice {
    Splice { remove, insert: Vec::new() }
}

fn replacement(remove: Range<usize>, insert: impl Into<Vec<u8>>) -> Splice {
    Splice { remove, insert: insert.into() }
}

/// Cuts a text that stands in the record, from `span` on to the end of the block.
fn verbatim(
    record: &[u8],
    head: &Head,
    span: &Range<usize>,
    cut: &[Span],
    splices: &mut Vec<Splice>,
) -> Option<()> {
    let gone: usize = cut.iter().map(|span| span.len() as usize).sum();
    let mut length = span.end - head.end - gone;
    splices.extend(digests(record, head));
    // Between the record's head and the text: the head of an HTTP response, whose own length gets other digits.
    let message = &record[head.end..span.start];
    if let Some(http) = self::head(message) {
        let now = (span.len() - gone).to_string();
        for field in http.fields.iter().filter(|field| field.is(message, "Content-Length")) {
            length = length - field.value.len() + now.len();
            let value = head.end + field.value.start..head.end + field.value.end;
            splices.push(replacement(value, now.clone()));
        }
    }
    splices.push(replacement(head.field(record, "Content-Length")?.value.clone(), length.to_string()));
    let spans = cut.iter().filter(|cut| !cut.is_empty());
    splices.extend(spans.map(|cut| removal(span.start + cut.start as usize..span.start + cut.end as usize)));
    Some(())
}

/// Fields of an HTTP head that say how a body is coded.
const CODINGS: [&str; 2] = ["Transfer-Encoding", "Content-Encoding"];

/// The changes of a record whose HTML gets marks, which are changes of its payload's body. Without any the block stays
/// as it is; a body that was coded is written plain.
pub(super) fn marked(
    record: &[u8],
    payload: &Payload<'_>,
    marks: &[Splice],
    add: &[(String, String)],
) -> Option<Vec<Splice>> {
    let head = head(record)?;
    let mut splices = Vec::new();
    if !marks.is_empty() {
        let body = spliced(&payload.body, marks);
        let length = body.len().to_string();
        let message = &record[payload.block.clone()];
        let at = |range: &Range<usize>| payload.block.start + range.start..payload.block.start + range.end;
        let mut is_announced = false;
        for field in &payload.http.fields {
            if field.is(message, "Content-Length") {
                is_announced = true;
                splices.push(replacement(at(&field.value), length.clone()));
            }
        }
        if payload.body.len() == payload.span.len() && payload.body[..] == record[payload.span.clone()] {
            splices.extend(marks.iter().map(|mark| Splice {
                remove: payload.span.start + mark.remove.start..payload.span.start + mark.remove.end,
                insert: mark.insert.clone(),
            }));
        } else {
            let coded = payload.http.fields.iter();
            let coded = coded.filter(|field| CODINGS.iter().any(|name| field.is(message, name)));
            splices.extend(coded.map(|field| removal(at(&field.lines))));
            if !is_announced {
                let blank = payload.block.start + payload.http.blank;
                splices.push(replacement(blank..blank, format!("Content-Length: {length}\r\n")));
            }
            splices.push(replacement(payload.span.clone(), body));
        }
        let gone: usize = splices.iter().map(|splice| splice.remove.len()).sum();
        let come: usize = splices.iter().map(|splice| splice.insert.len()).sum();
        let length = (payload.block.len() + come).checked_sub(gone)?;
        splices.push(replacement(head.field(record, "Content-Length")?.value.clone(), length.to_string()));
        splices.extend(digests(record, &head));
    }
    splices.extend(added(&head, add));
    splices.sort_by_key(|splice| splice.remove.start);
    Some(splices)
}

/// A record of a dropped page as a record of a repeated visit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revisit {
    /// Whether the payload is that of the page that stays, byte for byte.
    pub is_identical: bool,
    /// The record of the page that stays, where it is one of an archive.
    pub refers_to: Option<String>,
    /// Its address.
    pub uri: Option<String>,
    /// When it was crawled.
    pub date: Option<String>,
}

/// Profile of a revisit whose payload is near to the one that it refers to: no registered one says so.
const NEAR: &str = "urn:x-dechaff:revisit:near-copy";
/// Fields that a revisit has of its own.
const REVISIT: [&str; 5] =
    ["WARC-Profile", "WARC-Refers-To", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date", "WARC-Truncated"];

/// The changes that make a revisit of a response (WARC 1.1, 6.7): its HTTP head stays as the block, its payload goes.
/// `None` where it is no response: a revisit is of what was crawled.
pub(super) fn revisit(record: &[u8], to: &Revisit, add: &[(String, String)]) -> Option<Vec<Splice>> {
    let head = head(record)?;
    let kind = head.field(record, "WARC-Type")?;
    if !record[kind.value.clone()].eq_ignore_ascii_case(b"response") {
        return None;
    }
    let length = head.field(record, "Content-Length")?;
    let bytes: usize = std::str::from_utf8(&record[length.value.clone()]).ok()?.parse().ok()?;
    let block = head.end..head.end.checked_add(bytes)?;
    let http = self::head(record.get(block.clone())?)?;
    // The profile of equal payloads stands on their digest.
    let is_digested = head.field(record, "WARC-Payload-Digest").is_some();
    let profile = if to.is_identical && is_digested {
        let version = if record.starts_with(b"WARC/1.1") { "1.1" } else { "1.0" };
        format!("http://netpreserve.org/warc/{version}/revisit/identical-payload-digest")
    } else {
        NEAR.to_owned()
    };
    let mut splices = vec![
        replacement(kind.value.clone(), "revisit"),
        replacement(length.value.clone(), http.end.to_string()),
        removal(block.start + http.end..block.end),
    ];
    let stale = head.fields.iter().filter(|field| {
        field.is(record, "WARC-Block-Digest") || REVISIT.iter().any(|name| field.is(record, name))
    });
    splices.extend(stale.map(|field| removal(field.lines.clone())));
    // What came from a page's record has no line end in it: a field is one line.
    let line = |name: &str, value: &str| format!("{name}: {}\r\n", value.replace(['\r', '\n'], " "));
    let mut lines = line(REVISIT[0], &profile);
    if let Some(id) = &to.refers_to {
        lines += &line(REVISIT[1], &format!("<{id}>"));
    }
    for (name, value) in [(REVISIT[2], &to.uri), (REVISIT[3], &to.date)] {
        lines += &value.as_ref().map(|value| line(name, value)).unwrap_or_default();
    }
    lines += &line(REVISIT[4], "length");
    lines.extend(add.iter().map(|(name, json)| line(name, json)));
    splices.push(replacement(head.blank..head.blank, lines));
    splices.sort_by_key(|splice| splice.remove.start);
    Some(splices)
}

/// Puts what is left of a text in the place of the block that it was made from.
fn derived(record: &[u8], head: &Head, left: &str, splices: &mut Vec<Splice>) -> Option<()> {
    let length: usize = std::str::from_utf8(&record[head.field(record, "Content-Length")?.value.clone()])
        .ok()?
        .parse()
        .ok()?;
    splices.push(replacement(head.field(record, "WARC-Type")?.value.clone(), "conversion"));
    splices.push(replacement(head.field(record, "Content-Length")?.value.clone(), left.len().to_string()));
    match head.field(record, "Content-Type") {
        Some(field) => splices.push(replacement(field.value.clone(), "text/plain; charset=utf-8")),
        None => {
            splices.push(replacement(head.blank..head.blank, "Content-Type: text/plain; charset=utf-8\r\n"))
        }
    }
    splices.extend(digests(record, head));
    let identified = head.fields.iter().filter(|field| field.is(record, PAYLOAD_TYPE));
    splices.extend(identified.map(|field| removal(field.lines.clone())));
    splices.push(replacement(head.end..head.end + length, left));
    Some(())
}

fn digests<'a>(record: &'a [u8], head: &'a Head) -> impl Iterator<Item = Splice> + 'a {
    let stale = head.fields.iter().filter(|field| DIGESTS.iter().any(|name| field.is(record, name)));
    stale.map(|field| removal(field.lines.clone()))
}
