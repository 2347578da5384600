//! A source and the edits of its records → the clean file, and the patch back.
//!
//! The source is read again, block by block; memory stays that of a block. Sources are independent of each other: a
//! caller may rewrite several at once.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::CLEAN;
use super::edit::{Edit, Splice, splices};
use super::encoder::Encoder;
use super::marked::{self, Mark};
use super::parquet::{Columns, Groups, Pattern};
use super::patch::{Entry, Patch, PatchWriter};
use super::warc::{self, Revisit};
use crate::document::Span;
use crate::error::{Error, Result};
use crate::hash::Identity;
use crate::input::{
    Bad, Block, Blocks, Compression, Content, Contents, Fields, Kind, Limits, Parsed, Source,
};
use crate::input::{Record, SourceFormat, records};
use crate::progress::Progress;

/// Writes sources again below one folder.
pub struct Rewriter<'a> {
    /// The run's folder; the files go to its `clean/`.
    pub folder: &'a Path,
    /// The fields as in the first pass.
    pub fields: &'a Fields,
    /// The limits as in the first pass.
    pub limits: Limits,
    /// Fields that the edits of all records add: a table names them in its header.
    pub columns: &'a [&'a str],
    /// Advanced by the bytes read, as they lie on the disk.
    pub progress: &'a dyn Progress,
}

/// What became of a source.
#[derive(Debug)]
pub struct Rewritten {
    /// The way back, for [`PatchStore::append`](super::PatchStore::append).
    pub patch: Patch,
    /// Records that stayed as they were.
    pub kept: u64,
    /// Records that stayed, changed.
    pub changed: u64,
    /// Records that were dropped.
    pub dropped: u64,
    /// Bad records, left out.
    pub bad: u64,
    /// Marks in HTML that could not be put around all of their text.
    pub unmarked: u64,
}

impl Rewritten {
    /// Size and identity of the clean file, decompressed; `None` when there is none: a text page that was dropped
    /// or could not be read.
    pub fn clean(&self) -> Option<&Contents> {
        self.patch.entry.clean.as_ref()
    }
}

impl Rewriter<'_> {
    /// Writes `clean/<clean>` of one source, in its format (text for HTML) and compression.
    ///
    /// `edit` is asked for every good record, in order, by number. `expected` is what the first pass read
    /// ([`Blocks::contents`]).
    ///
    /// # Errors
    /// [`Error::Input`] when the source is no longer what the first pass read; [`Error::Io`] for what cannot be read
    /// or written; whatever `edit` returns.
    pub fn rewrite(
        &self,
        source: &Source,
        expected: &Contents,
        mut edit: impl FnMut(u64) -> Result<Edit>,
    ) -> Result<Rewritten> {
        let mut blocks = Blocks::open(source, self.limits)?;
        let pattern = self.pattern(source)?;
        let mut job = Job {
            source,
            clean: Clean::new(self.folder.join(CLEAN).join(&source.clean), source, pattern),
            patch: PatchWriter::new(self.folder),
            counts: [0; 4],
            unmarked: 0,
        };
        let mut consumed = 0;
        while let Some(block) = blocks.next() {
            job.block(&block?, self, &mut edit)?;
            self.progress.advance(blocks.consumed() - consumed);
            consumed = blocks.consumed();
        }
        if blocks.contents() != *expected {
            return Err(job.changed_meanwhile());
        }
        let damaged = blocks.damage().is_some();
        job.finish(blocks.contents(), damaged)
    }
}

impl Rewriter<'_> {
    /// What the clean file of a Parquet file is like.
    fn pattern(&self, source: &Source) -> Result<Option<Pattern>> {
        if source.format != SourceFormat::Parquet {
            return Ok(None);
        }
        let pattern = |columns| {
            Pattern::new(&source.path, columns, None)
                .map_err(|error| Error::Input { input: source.given.clone(), problem: error.to_string() })
        };
        let names = pattern(Columns::Same)?.names();
        if let Some(taken) = self.columns.iter().find(|column| names.iter().any(|name| name == *column)) {
            let problem = format!("it has a column `{taken}` already, and one of that name would be added");
            return Err(Error::Input { input: source.given.clone(), problem });
        }
        let added = self.fields.made_column(&names).into_iter().chain(self.columns.iter().copied());
        let added: Vec<String> = added.map(str::to_owned).collect();
        pattern(if added.is_empty() { Columns::Same } else { Columns::Added(added) }).map(Some)
    }
}

const KEPT: usize = 0;
const CHANGED: usize = 1;
const DROPPED: usize = 2;
const BAD: usize = 3;

struct Job<'a> {
    source: &'a Source,
    clean: Clean,
    patch: PatchWriter,
    counts: [u64; 4],
    unmarked: u64,
}

/// A change of a record that stays.
#[derive(Clone, Copy, Default)]
struct Change<'a> {
    cut: &'a [Span],
    /// What is marked in HTML; `None` where its text is written.
    marks: Option<&'a [Mark]>,
    add: &'a [(String, String)],
    /// What a response becomes a repeated visit of.
    revisit: Option<&'a Revisit>,
}

impl Job<'_> {
    fn block(
        &mut self,
        block: &Block,
        rewriter: &Rewriter<'_>,
        edit: &mut impl FnMut(u64) -> Result<Edit>,
    ) -> Result<()> {
        if let Content::Unreadable { first, .. } = block.content {
            self.counts[BAD] += u64::from(first);
            return self.remove(&block.bytes);
        }
        // Bytes of the block before `at` are dealt with.
        let mut at = 0;
        let mut header = self.header(block, rewriter);
        for parsed in records(block, self.source.format, rewriter.fields) {
            let (Parsed::Record(Record { offset, .. }) | Parsed::Bad(Bad { offset, .. })) = &parsed;
            if let Some(names) = header.take_if(|names| names.remove.start as u64 <= offset - block.offset) {
                at = self.insert(block, at, &names)?;
            }
            match parsed {
                Parsed::Bad(bad) => {
                    self.counts[BAD] += 1;
                    let start = (bad.offset - block.offset) as usize;
                    at = self.drop(block, at, start, bad.bytes.len() + bad.line_end)?;
                }
                Parsed::Record(record) => {
                    let start = (record.offset - block.offset) as usize;
                    match self.padded(edit(record.number)?, rewriter.columns) {
                        Edit::Keep => {
                            self.counts[KEPT] += 1;
                            if record.is_converted() {
                                at = self.change(block, at, start, &record, Change::default())?;
                            }
                        }
                        Edit::Drop => {
                            self.counts[DROPPED] += 1;
                            at = self.drop(block, at, start, record.raw.len() + record.line_end)?;
                        }
                        Edit::Change { cut, add } => {
                            self.counts[CHANGED] += 1;
                            let change = Change { cut: &cut, add: &add, ..Change::default() };
                            at = self.change(block, at, start, &record, change)?;
                        }
                        Edit::Marked { cut, marks, add } => {
                            let is_changed = !(cut.is_empty() && marks.is_empty() && add.is_empty());
                            self.counts[if is_changed { CHANGED } else { KEPT }] += 1;
                            let change = Change { cut: &cut, marks: Some(&marks), add: &add, revisit: None };
                            at = self.change(block, at, start, &record, change)?;
                        }
                        Edit::Revisit { to, cut, add } => {
                            self.counts[CHANGED] += 1;
                            let change = Change { cut: &cut, marks: None, add: &add, revisit: Some(&to) };
                            at = self.change(block, at, start, &record, change)?;
                        }
                    }
                }
            }
        }
        if let Some(names) = header {
            at = self.insert(block, at, &names)?;
        }
        self.keep(&block.bytes[at..])
    }

    /// An edit that gives every row of a table a cell in each added column.
    fn padded(&self, edit: Edit, columns: &[&str]) -> Edit {
        if !matches!(self.source.format, SourceFormat::Csv | SourceFormat::Tsv) || columns.is_empty() {
            return edit;
        }
        let empty = |add: &[(String, String)]| -> Vec<(String, String)> {
            let value =
                |name: &str| add.iter().find(|(added, _)| added == name).map(|(_, json)| json.clone());
            columns.iter().map(|name| ((*name).to_owned(), value(name).unwrap_or_default())).collect()
        };
        match edit {
            Edit::Keep => Edit::Change { cut: Vec::new(), add: empty(&[]) },
            Edit::Change { cut, add } => Edit::Change { cut, add: empty(&add) },
            Edit::Marked { cut, marks, add } => Edit::Marked { cut, marks, add: empty(&add) },
            // No row of a table.
            Edit::Revisit { .. } | Edit::Drop => edit,
        }
    }

    /// Names added columns in the header of a table, where it stands in this block.
    fn header(&self, block: &Block, rewriter: &Rewriter<'_>) -> Option<Splice> {
        let Content::Pieces { pieces, header: Some(header) } = &block.content else { return None };
        let piece = pieces.iter().find(|piece| piece.kind == Kind::Header)?;
        let made = rewriter.fields.made_column(&header.names);
        let columns: Vec<&str> = made.into_iter().chain(rewriter.columns.iter().copied()).collect();
        let names = super::csv::header_end(&block.bytes[piece.span.clone()], header, &columns);
        let at = piece.span.start + names.remove.start;
        Some(Splice { remove: at..at, insert: names.insert })
    }

    /// Puts bytes in at one place.
    fn insert(&mut self, block: &Block, at: usize, splice: &Splice) -> Result<usize> {
        self.keep(&block.bytes[at..splice.remove.start])?;
        self.clean.write(&splice.insert)?;
        self.patch.added(splice.insert.len());
        Ok(splice.remove.start)
    }

    /// Takes out a record of `length` bytes at `start`; a text file goes whole, byte order mark and all.
    fn drop(&mut self, block: &Block, at: usize, start: usize, length: usize) -> Result<usize> {
        let is_page = self.source.format.is_page();
        let start = if is_page { at } else { start };
        let end = if is_page { block.bytes.len() } else { start + length };
        self.keep(&block.bytes[at..start])?;
        self.remove(&block.bytes[start..end])?;
        Ok(end)
    }

    fn change(
        &mut self,
        block: &Block,
        mut at: usize,
        start: usize,
        record: &Record<'_>,
        change: Change<'_>,
    ) -> Result<usize> {
        let Change { cut, marks, add, revisit } = change;
        // A column of a table holds text.
        let texts: Vec<(String, String)>;
        let add = if self.source.format == SourceFormat::Parquet {
            let text = |json: &str| serde_json::Value::from(json).to_string();
            texts = add.iter().map(|(name, json)| (name.clone(), text(json))).collect();
            &texts
        } else {
            add
        };
        let revisit = revisit.and_then(|to| warc::revisit(record.raw, to, add));
        let splices = match marks {
            _ if revisit.is_some() => revisit,
            Some(marks) => marked::splices(record, cut, marks, add).map(|(splices, unmarked)| {
                self.unmarked += unmarked;
                splices
            }),
            None => splices(record, cut, add),
        };
        let splices = splices.ok_or_else(|| {
            let number = record.number;
            let problem = format!("record {number} is not the one that the first pass read: run again when nothing writes to the file");
            Error::Input { input: self.source.given.clone(), problem }
        })?;
        for splice in splices {
            let (from, to) = (start + splice.remove.start, start + splice.remove.end);
            self.keep(&block.bytes[at..from])?;
            self.clean.write(&splice.insert)?;
            self.patch.added(splice.insert.len());
            self.remove(&block.bytes[from..to])?;
            at = to;
        }
        Ok(at)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<()> {
        self.clean.write(bytes)?;
        self.patch.kept(bytes.len()).map_err(Error::io(&self.clean.path))
    }

    fn remove(&mut self, bytes: &[u8]) -> Result<()> {
        self.patch.removed(bytes).map_err(Error::io(&self.clean.path))
    }

    fn changed_meanwhile(&self) -> Error {
        let problem = "changed while it was read: run again when nothing writes to it".to_owned();
        Error::Input { input: self.source.given.clone(), problem }
    }

    fn finish(mut self, original: Contents, damaged: bool) -> Result<Rewritten> {
        let [kept, changed, dropped, bad] = self.counts;
        // Only a page that went has no file; JSONL without records is an empty file.
        if !self.source.format.is_page() || kept + changed > 0 {
            self.clean.open()?;
        }
        let path = self.clean.path.clone();
        let (groups, added) =
            self.clean.pattern.as_ref().map_or((Groups::default(), 0), |p| (p.groups(), p.added()));
        let entry = Entry {
            original,
            clean: self.clean.finish()?,
            damaged,
            groups,
            added,
            ..Entry::new(self.source)
        };
        let patch = self.patch.finish(entry).map_err(Error::io(path))?;
        Ok(Rewritten { patch, kept, changed, dropped, bad, unmarked: self.unmarked })
    }
}

/// The clean file, made when its first byte comes.
struct Clean {
    path: PathBuf,
    format: SourceFormat,
    compression: Compression,
    /// What a Parquet file is like.
    pattern: Option<Pattern>,
    file: Option<Encoder<BufWriter<File>>>,
    identity: Identity,
    length: u64,
}

impl Clean {
    fn new(path: PathBuf, source: &Source, pattern: Option<Pattern>) -> Self {
        let Source { format, compression, .. } = *source;
        Self { path, format, compression, pattern, file: None, identity: Identity::default(), length: 0 }
    }

    fn open(&mut self) -> Result<&mut Encoder<BufWriter<File>>> {
        if self.file.is_none() {
            self.file = Some(create(&self.path, self.format, self.compression, self.pattern.as_ref())?);
        }
        Ok(self.file.as_mut().expect("opened above"))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.identity.update(bytes);
        self.length += bytes.len() as u64;
        let outcome = self.open()?.write_all(bytes);
        outcome.map_err(Error::io(&self.path))
    }

    fn finish(self) -> Result<Option<Contents>> {
        let Some(file) = self.file else { return Ok(None) };
        file.finish().and_then(|mut writer| writer.flush()).map_err(Error::io(&self.path))?;
        Ok(Some(Contents { length: self.length, identity: self.identity.finish() }))
    }
}

/// A new file with the folders above it.
pub(super) fn create(
    path: &Path,
    format: SourceFormat,
    compression: Compression,
    pattern: Option<&Pattern>,
) -> Result<Encoder<BufWriter<File>>> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(Error::io(parent))?;
    }
    File::create_new(path)
        .and_then(|file| Encoder::new(BufWriter::with_capacity(1 << 16, file), format, compression, pattern))
        .map_err(Error::io(path))
}
