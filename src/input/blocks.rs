//! One source → blocks of decompressed bytes, cut at record borders.
//!
//! Sequential and cheap: reading, decompressing, finding line ends, counting records and the stream's identity.
//! Parsing is left to [`records`](super::records). The blocks tile the stream: put together, their bytes are all
//! that can be decompressed. Memory: a block, or the longest record up to [`Limits::record`].

use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::compression::{Decoder, Filled};
use super::csv::Header;
use super::discover::Source;
use super::fields::keys;
use super::framing::{Framing, Piece, Tail};
use super::json::BOM;
use super::record::Lines;
use super::sniff::SourceFormat;
use crate::config::{InputConfig, size};
use crate::document::MAX_TEXT;
use crate::error::Result;
use crate::hash::Identity;

/// Consecutive bytes of a source, cut at record borders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Index of the source.
    pub source: u32,
    /// Where `bytes` start in the decompressed stream.
    pub offset: u64,
    /// Number of the first record in the block, from 1.
    pub first_record: u64,
    /// Decompressed bytes, line ends included.
    pub bytes: Vec<u8>,
    /// What the bytes are.
    pub content: Content,
}

impl Block {
    /// A whole source as one block of records, for data that is in memory already.
    pub fn whole(bytes: Vec<u8>) -> Self {
        Self { source: 0, offset: 0, first_record: 1, bytes, content: Content::Records }
    }
}

impl Block {
    /// Names of the fields of its first record: those of a table, or the keys of a JSON object.
    pub fn field_names(&self) -> Vec<String> {
        match &self.content {
            Content::Pieces { header: Some(header), .. } => header.names.clone(),
            Content::Records => {
                let first = Lines { bytes: &self.bytes, at: 0 }.next();
                first.map(|line| keys(&self.bytes[line.raw])).unwrap_or_default()
            }
            Content::Pieces { header: None, .. } | Content::Unreadable { .. } => Vec::new(),
        }
    }
}

/// What a block holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Whole records: lines, or one page.
    Records,
    /// Whole records of a format whose records are not lines.
    Pieces {
        /// They tile the block.
        pieces: Vec<Piece>,
        /// The columns of a table, once its header was met.
        header: Option<Arc<Header>>,
    },
    /// A piece of one record that cannot be read.
    Unreadable {
        /// Why, one sentence without a full stop.
        reason: String,
        /// Whether the record starts here; the pieces that follow belong to the same one.
        first: bool,
    },
}

/// How much is read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Aim for the size of a block, in bytes.
    pub block: usize,
    /// Largest record, in bytes; a larger one is bad, and is passed over without being held. At least `block`, at
    /// most [`MAX_TEXT`].
    pub record: usize,
}

impl Limits {
    /// Blocks of the usual size, records as large as the configuration has it.
    pub fn new(config: &InputConfig) -> Self {
        let record = usize::try_from(config.max_record).unwrap_or(usize::MAX);
        Self { block: record.min(1 << 19), record }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(&InputConfig::default())
    }
}

/// Size and identity of a decompressed stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Decompressed bytes.
    pub length: u64,
    /// [`crate::hash::identity`] of them.
    pub identity: String,
}

/// Reads one source; see the module.
pub struct Blocks {
    source: u32,
    format: SourceFormat,
    framing: Framing,
    decoder: Decoder,
    limits: Limits,
    /// Bytes that are read and not yet handed out.
    buffer: Vec<u8>,
    /// Bytes of `buffer` that are known to hold no line end.
    searched: usize,
    state: State,
    /// Why nothing of it can be read.
    problem: Option<String>,
    ended: Option<Filled>,
    damage: Option<String>,
    offset: u64,
    record: u64,
    identity: Identity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reading,
    /// Inside a record above the limit, whose start was handed out.
    Passing,
    Done,
}

impl Blocks {
    /// Opens a source at its beginning.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the file cannot be opened.
    pub fn open(source: &Source, limits: Limits) -> Result<Self> {
        let block = limits.block.clamp(1, MAX_TEXT / 2);
        Ok(Self {
            source: source.index,
            format: source.format,
            framing: Framing::new(source.format),
            decoder: Decoder::open(&source.path, source.format, source.compression)?,
            limits: Limits { block, record: limits.record.clamp(block, MAX_TEXT) },
            buffer: Vec::new(),
            searched: 0,
            state: if source.problem.is_some() { State::Passing } else { State::Reading },
            problem: source.problem.clone(),
            ended: None,
            damage: None,
            offset: 0,
            record: 1,
            identity: Identity::default(),
        })
    }

    /// Bytes of the file as it lies on the disk that were read so far, for progress.
    pub fn consumed(&self) -> u64 {
        self.decoder.consumed()
    }

    /// Size and identity of the blocks so far; of the whole stream after the last one.
    pub fn contents(&self) -> Contents {
        Contents { length: self.offset, identity: self.identity.finish() }
    }

    /// Records in the blocks so far, bad ones included.
    pub fn records(&self) -> u64 {
        self.record - 1
    }

    /// Why the compressed stream could be read only in part, if that was so.
    pub fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    fn advance(&mut self) -> Result<Option<Block>> {
        loop {
            match self.state {
                State::Done => return Ok(None),
                State::Passing => {
                    if let Some(end) = self.framing.resume(&self.buffer) {
                        self.state = State::Reading;
                        return Ok(Some(self.emit(end, self.too_long(Part::Later))));
                    }
                    // What may begin the next record waits for the rest of it.
                    let wait = if self.ended.is_some() { 0 } else { self.framing.overlap() };
                    if self.buffer.len() > wait {
                        let end = self.buffer.len() - wait;
                        return Ok(Some(self.emit(end, self.too_long(Part::Later))));
                    }
                    if self.ended.is_some() {
                        self.state = State::Reading;
                        continue;
                    }
                }
                State::Reading if self.is_framed() => {
                    if let Some(block) = self.framed() {
                        return Ok(Some(block));
                    }
                    if let Some(ended) = self.ended.take() {
                        return self.last(ended);
                    }
                }
                State::Reading => {
                    if let Some(end) = self.line_end(self.searched) {
                        if end > self.limits.record {
                            return Ok(Some(self.emit(end, self.too_long(Part::First))));
                        }
                        let last = memrchr(b'\n', &self.buffer).map_or(end, |last| last + 1);
                        return Ok(Some(self.emit(last, Content::Records)));
                    }
                    self.searched = self.buffer.len();
                    if self.buffer.len() > self.limits.record {
                        self.state = State::Passing;
                        return Ok(Some(self.emit(self.buffer.len(), self.too_long(Part::First))));
                    }
                    if let Some(ended) = self.ended.take() {
                        return self.last(ended);
                    }
                }
            }
            if self.ended.is_none() {
                // A long record is framed again from its beginning: the more of it is at hand, the more is read.
                let more = if self.is_framed() { self.buffer.len().min(self.limits.record) } else { 0 };
                match self.decoder.fill(&mut self.buffer, self.limits.block.max(more))? {
                    Filled::More => {}
                    ended => self.ended = Some(ended),
                }
            }
        }
    }

    fn is_framed(&self) -> bool {
        !matches!(self.framing, Framing::Lines | Framing::Whole)
    }

    /// The next block of a format with frames, if the buffer holds one.
    fn framed(&mut self) -> Option<Block> {
        let tail = if self.ended == Some(Filled::End) { Tail::Closed } else { Tail::Open };
        let mut pieces = self.framing.pieces(&self.buffer, tail);
        let header = self.framing.header();
        if let Some(long) = pieces.iter().position(|piece| piece.span.len() > self.limits.record) {
            if long == 0 {
                return Some(self.emit(pieces[0].span.end, self.too_long(Part::First)));
            }
            pieces.truncate(long);
        }
        if let Some(last) = pieces.last() {
            let end = last.span.end;
            return Some(self.emit(end, Content::Pieces { pieces, header }));
        }
        if self.buffer.len() > self.limits.record {
            self.state = State::Passing;
            let end = self.buffer.len() - self.framing.overlap().min(self.buffer.len() - 1);
            return Some(self.emit(end, self.too_long(Part::First)));
        }
        None
    }

    /// What is left when the stream has ended; of records there may be more behind damage.
    fn last(&mut self, ended: Filled) -> Result<Option<Block>> {
        self.state = State::Done;
        let content = match ended {
            Filled::Damaged(reason) => {
                if !self.format.is_page() && self.decoder.resume()? {
                    self.state = State::Reading;
                }
                self.damage.get_or_insert_with(|| reason.clone());
                Content::Unreadable { reason, first: true }
            }
            // A page's file is one page even when it is empty; a page above the limit was its only record.
            _ if self.format.is_page() && self.record == 1 => Content::Records,
            _ if self.buffer.is_empty() => return Ok(None),
            _ => Content::Records,
        };
        Ok(Some(self.emit(self.buffer.len(), content)))
    }

    /// One past the first line end at or after `from`; text has no lines here.
    fn line_end(&self, from: usize) -> Option<usize> {
        if self.format.is_page() {
            return None;
        }
        memchr(b'\n', &self.buffer[from..]).map(|hit| from + hit + 1)
    }

    fn too_long(&self, part: Part) -> Content {
        if let Some(problem) = &self.problem {
            return Content::Unreadable { reason: problem.clone(), first: self.record == 1 };
        }
        let reason =
            format!("a record of more than {} (`--max-record`)", size::shown(self.limits.record as u64));
        Content::Unreadable { reason, first: part == Part::First }
    }

    /// Hands out the first `end` bytes of the buffer.
    fn emit(&mut self, end: usize, content: Content) -> Block {
        let rest = self.buffer[end..].to_vec();
        self.buffer.truncate(end);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        self.searched = 0;
        self.identity.update(&bytes);
        let block =
            Block { source: self.source, offset: self.offset, first_record: self.record, bytes, content };
        self.offset += block.bytes.len() as u64;
        self.record += count(&block, self.format);
        block
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    First,
    Later,
}

fn count(block: &Block, format: SourceFormat) -> u64 {
    match (&block.content, format) {
        (Content::Unreadable { first, .. }, _) => u64::from(*first),
        (Content::Pieces { pieces, .. }, _) => {
            pieces.iter().filter(|piece| piece.kind.is_counted()).count() as u64
        }
        (Content::Records, format) if format.is_page() => 1,
        (Content::Records, _) => {
            let start = if block.offset == 0 && block.bytes.starts_with(BOM) { BOM.len() } else { 0 };
            Lines { bytes: &block.bytes, at: start }.count() as u64
        }
    }
}

impl Iterator for Blocks {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Result<Block>> {
        let outcome = self.advance().transpose();
        if matches!(outcome, Some(Err(_))) {
            self.state = State::Done;
        }
        outcome
    }
}
