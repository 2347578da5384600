//! Where records begin and end, for formats whose records are not lines.
//!
//! In go the bytes that are read so far, out come pieces that tile them: a record, what stands between records, or
//! bytes that are no record. A record that cannot be framed takes as little with it as possible: framing goes on at
//! the next place where a record may begin. Cost: one pass; a record longer than a block is looked at again each time
//! the bytes at hand have doubled.

use std::ops::Range;
use std::sync::Arc;

use super::csv::{self, Header};
use super::sniff::SourceFormat;
use super::warc;

/// Consecutive bytes of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The bytes.
    pub span: Range<usize>,
    /// What they are.
    pub kind: Kind,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A record, with what ends it.
    Record,
    /// The names of a table's columns, with what ends the line.
    Header,
    /// No record: blank lines.
    Between,
    /// Bytes that are no record, counted as one, and why: a sentence without a full stop.
    Bad(String),
}

impl Kind {
    /// Whether it takes a number.
    pub(super) fn is_counted(&self) -> bool {
        matches!(self, Kind::Record | Kind::Bad(_))
    }
}

/// What stands at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A piece of so many bytes, at least one.
    Piece(usize, Kind),
    /// That cannot be told without more bytes.
    More,
}

/// Whether more bytes will follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// More may follow.
    Open,
    /// These are the last.
    Closed,
}

/// Frames one source.
#[derive(Debug)]
pub(super) enum Framing {
    /// A record a line: no frames, lines are found when they are parsed.
    Lines,
    /// The whole source is one record.
    Whole,
    /// A table with a header.
    Table(csv::Frames),
    /// WARC records.
    Warc,
}

impl Framing {
    pub(super) fn new(format: SourceFormat) -> Self {
        match format {
            SourceFormat::Txt | SourceFormat::Html => Framing::Whole,
            SourceFormat::Jsonl | SourceFormat::Parquet => Framing::Lines,
            SourceFormat::Csv => Framing::Table(csv::Frames::new(None)),
            SourceFormat::Warc => Framing::Warc,
            SourceFormat::Tsv => Framing::Table(csv::Frames::new(Some(b'\t'))),
        }
    }

    /// The pieces at the beginning of `bytes`, as many as are whole.
    pub(super) fn pieces(&mut self, bytes: &[u8], tail: Tail) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let next = match self {
                Framing::Table(frames) => frames.next(&bytes[at..], tail),
                Framing::Warc => warc::next(&bytes[at..], tail),
                Framing::Lines | Framing::Whole => break,
            };
            let Next::Piece(length, kind) = next else { break };
            pieces.push(Piece { span: at..at + length, kind });
            at += length;
        }
        pieces
    }

    /// Where, inside a record that is too long, the next one may begin.
    pub(super) fn resume(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            Framing::Warc => warc::next_start(bytes, 0),
            Framing::Whole => None,
            Framing::Lines | Framing::Table(_) => memchr::memchr(b'\n', bytes).map(|hit| hit + 1),
        }
    }

    /// Bytes in which the beginning of a record shows.
    pub(super) fn overlap(&self) -> usize {
        match self {
            Framing::Warc => 1 + warc::START,
            Framing::Whole | Framing::Lines | Framing::Table(_) => 0,
        }
    }

    /// The header of a table, once it was met.
    pub(super) fn header(&self) -> Option<Arc<Header>> {
        match self {
            Framing::Table(frames) => frames.header(),
            _ => None,
        }
    }
}
