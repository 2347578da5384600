//! CSV and TSV: records, the names of their columns, and the cells that a run needs.
//!
//! As RFC 4180 has it: cells apart by commas (tabs, semicolons, by the header line), quoted where they hold a comma,
//! a quote or a line end, quotes in quoted cells doubled; the first record names the columns. A line whose quotes do
//! not fit is bad for itself, and reading goes on with the next line: a quote that never ends costs its own line, not
//! the file. Cells are spans of the input's bytes, so that what is not edited is copied as it stands.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memchr_iter, memchr2};

use super::fields::{Fields, SLOTS};
use super::framing::{Kind, Next, Tail};
use super::json::BOM;

/// What separates cells, and the names of the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The byte between cells.
    pub(crate) delimiter: u8,
    /// The columns, in order.
    pub(crate) names: Vec<String>,
}

/// Frames the records of a table.
#[derive(Debug)]
pub(super) struct Frames {
    delimiter: Option<u8>,
    header: Option<Arc<Header>>,
    begun: bool,
}

impl Frames {
    /// `delimiter` where it is known beforehand; else the header line tells it.
    pub(super) fn new(delimiter: Option<u8>) -> Self {
        Self { delimiter, header: None, begun: false }
    }

    pub(super) fn header(&self) -> Option<Arc<Header>> {
        self.header.clone()
    }

    pub(super) fn next(&mut self, bytes: &[u8], tail: Tail) -> Next {
        let mark = if self.begun || !bytes.starts_with(BOM) { 0 } else { BOM.len() };
        let blank = mark + blank_lines(&bytes[mark..]);
        if blank > mark || (mark > 0 && blank == bytes.len() && tail == Tail::Closed) {
            self.begun = true;
            return Next::Piece(blank, Kind::Between);
        }
        if let Some(header) = &self.header {
            return record(bytes, header.delimiter, tail);
        }
        let delimiter = self.delimiter.unwrap_or_else(|| likely_delimiter(&bytes[mark..]));
        match record(&bytes[mark..], delimiter, tail) {
            Next::Piece(length, Kind::Record) => {
                let line = without_line_end(&bytes[mark..mark + length]);
                let Ok(line) = std::str::from_utf8(line) else {
                    return Next::Piece(mark + length, Kind::Bad("a header that is not UTF-8".to_owned()));
                };
                let cells = cells(line.as_bytes(), delimiter);
                let names = cells.into_iter().map(|cell| value(&line[cell]).trim().to_owned()).collect();
                self.header = Some(Arc::new(Header { delimiter, names }));
                self.begun = true;
                Next::Piece(mark + length, Kind::Header)
            }
            Next::Piece(length, kind) => {
                self.begun = true;
                Next::Piece(mark + length, kind)
            }
            Next::More => Next::More,
        }
    }
}

/// The delimiter that stands most often in the first line, outside of quotes; a comma where none does.
fn likely_delimiter(bytes: &[u8]) -> u8 {
    let line = &bytes[..memchr(b'\n', bytes).unwrap_or(bytes.len())];
    let mut counts = [0; DELIMITERS.len()];
    let mut quoted = false;
    for &byte in line {
        quoted ^= byte == b'"';
        if let (false, Some(which)) = (quoted, DELIMITERS.iter().position(|&delimiter| delimiter == byte)) {
            counts[which] += 1;
        }
    }
    let best = (0..counts.len()).rev().max_by_key(|&which| counts[which]).unwrap_or(0);
    DELIMITERS[best]
}

const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Bytes of the blank lines at the beginning.
fn blank_lines(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match &bytes[at..] {
            [b'\n', ..] => at += 1,
            [b'\r', b'\n', ..] => at += 2,
            _ => return at,
        }
    }
}

/// The record that begins here.
fn record(bytes: &[u8], delimiter: u8, tail: Tail) -> Next {
    let bad = |what: &str| match memchr(b'\n', bytes) {
        Some(end) => Next::Piece(end + 1, Kind::Bad(what.to_owned())),
        None if tail == Tail::Closed => Next::Piece(bytes.len(), Kind::Bad(what.to_owned())),
        None => Next::More,
    };
    let mut at = 0;
    // Each round starts at the beginning of a cell, or inside one that is not quoted.
    let mut fresh = true;
    loop {
        if fresh && bytes.get(at) == Some(&b'"') {
            at = match quoted_end(bytes, at) {
                Some(end) => end,
                None if tail == Tail::Open => return Next::More,
                None => return bad("a quoted cell that does not end"),
            };
            match bytes[at..] {
                [] if tail == Tail::Open => return Next::More,
                [b'\r'] if tail == Tail::Open => return Next::More,
                [] | [b'\r'] => return Next::Piece(bytes.len(), Kind::Record),
                [b'\n', ..] => return Next::Piece(at + 1, Kind::Record),
                [b'\r', b'\n', ..] => return Next::Piece(at + 2, Kind::Record),
                [byte, ..] if byte == delimiter => at += 1,
                _ => return bad("more follows in a cell after its closing quote"),
            }
            continue;
        }
        match memchr2(delimiter, b'\n', &bytes[at..]) {
            Some(hit) if bytes[at + hit] == b'\n' => return Next::Piece(at + hit + 1, Kind::Record),
            Some(hit) => (at, fresh) = (at + hit + 1, true),
            None if tail == Tail::Open => return Next::More,
            None => return Next::Piece(bytes.len(), Kind::Record),
        }
    }
}

/// The byte after the quote that closes the cell whose opening quote stands at `at`.
fn quoted_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    at += 1;
    loop {
        at += memchr(b'"', &bytes[at..])? + 1;
        match bytes.get(at) {
            Some(b'"') => at += 1,
            _ => return Some(at),
        }
    }
}

/// A record without its line end.
pub(super) fn without_line_end(record: &[u8]) -> &[u8] {
    let record = record.strip_suffix(b"\n").unwrap_or(record);
    record.strip_suffix(b"\r").unwrap_or(record)
}

/// The cells of a record that [`record`] took for one, quotes included.
pub(crate) fn cells(record: &[u8], delimiter: u8) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let mut start = 0;
    loop {
        let from = match record.get(start) {
            Some(b'"') => quoted_end(record, start).unwrap_or(record.len()),
            _ => start,
        };
        match memchr(delimiter, &record[from..]) {
            Some(hit) => {
                cells.push(start..from + hit);
                start = from + hit + 1;
            }
            None => {
                cells.push(start..record.len());
                return cells;
            }
        }
    }
}

/// The inside of a quoted cell.
pub(crate) fn inside(cell: &str) -> Option<&str> {
    if cell.len() < 2 { None } else { cell.strip_prefix('"')?.strip_suffix('"') }
}

/// What a cell says.
pub(crate) fn value(cell: &str) -> Cow<'_, str> {
    match inside(cell) {
        Some(inside) if memchr(b'"', inside.as_bytes()).is_some() => Cow::Owned(inside.replace("\"\"", "\"")),
        Some(inside) => Cow::Borrowed(inside),
        None => Cow::Borrowed(cell),
    }
}

/// The cells of a record that a run needs, by the slots of [`Fields`].
pub(super) struct Row {
    pub(super) cells: [Option<Range<usize>>; SLOTS],
}

/// Finds the wanted cells of a record without its line end.
///
/// # Errors
/// Why the record does not fit the header, a sentence without a full stop.
pub(super) fn row(record: &[u8], header: &Header, fields: &Fields) -> Result<Row, String> {
    let cells = cells(record, header.delimiter);
    if cells.len() != header.names.len() {
        let count = |number: usize| if number == 1 { "1 cell".to_owned() } else { format!("{number} cells") };
        return Err(format!("{} where the header has {}", count(cells.len()), count(header.names.len())));
    }
    let place = |name: &str| header.names.iter().rposition(|column| column == name);
    let cells = fields.places(place).map(|place| place.map(|place| cells[place].clone()));
    Ok(Row { cells })
}

/// A cell as a JSON token: a number where it is spelled as one and `numbers` are wanted, else a string.
pub(super) fn rank(cell: &str) -> Vec<u8> {
    let value = value(cell);
    let number = value.trim();
    match serde_json::from_str::<serde_json::Number>(number) {
        Ok(_) => number.as_bytes().to_vec(),
        Err(_) => token(&value),
    }
}

/// A text as a JSON token.
pub(super) fn token(text: &str) -> Vec<u8> {
    serde_json::Value::from(text).to_string().into_bytes()
}

/// Raw spans of the inside of a quoted cell for spans of what it says; `None` where one is not on a character's
/// border.
pub(crate) fn raw_ranges(inside: &str, spans: &[crate::document::Span]) -> Option<Vec<Range<usize>>> {
    // Each pair of quotes is one byte of the text.
    let mut quotes = memchr_iter(b'"', inside.as_bytes()).step_by(2).peekable();
    let mut doubled = 0;
    let mut raw = |position: u32| {
        let position = position as usize;
        while quotes.next_if(|&quote| quote < position + doubled).is_some() {
            doubled += 1;
        }
        let raw = position + doubled;
        inside.is_char_boundary(raw).then_some(raw)
    };
    spans.iter().map(|span| Some(raw(span.start)?..raw(span.end)?)).collect()
}
