//! A Parquet file → its rows as JSON Lines, so that whoever reads them need not know of columns.
//!
//! Rows are read in batches of about a MiB and rendered one by one; [`render`] says how a value is spelled. A row group
//! that is damaged is left off where the damage shows, and the next one is read; the damage is told at the end. The way
//! back is `output::parquet`. Values are read as the Parquet schema has them; what an Arrow schema in the file adds
//! (dictionaries, large strings, views) is metadata, which is copied, and so changes nothing here.

mod render;

use std::fs::File;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Schema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;

/// Bytes that a batch of rows is meant to take.
const BATCH: u64 = 1 << 20;
/// Most rows of a batch.
const ROWS: u64 = 1 << 10;

/// Why a Parquet file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is damaged, in this way.
    Damaged(String),
    /// There is no reader for it, for this reason.
    Unknown(String),
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Unread::Damaged(problem) | Unread::Unknown(problem)) = self;
        f.write_str(problem)
    }
}

/// Reads the metadata of a Parquet file, and nothing else.
///
/// # Errors
/// What is wrong with the file, to be put behind its name; or that it cannot be opened.
pub(crate) fn metadata(path: &Path) -> io::Result<Result<Arc<ParquetMetaData>, Unread>> {
    let file = File::open(path)?;
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let loaded = unpanicked(|| ArrowReaderMetadata::load(&file, options).map_err(|error| plain(&error)));
    Ok(loaded.map_err(Unread::Damaged).and_then(|loaded| {
        let metadata = Arc::clone(loaded.metadata());
        for column in metadata.row_groups().iter().flat_map(|group| group.columns()) {
            // The one codec of the format that has no reader.
            if column.compression() == Compression::LZO {
                let problem = "it is compressed with LZO, which dechaff does not read: write it again with Zstandard or Snappy";
                return Err(Unread::Unknown(problem.to_owned()));
            }
        }
        Ok(metadata)
    }))
}

/// The rows of a file, as JSON Lines, to be read as bytes.
pub(crate) struct Rows {
    file: File,
    loaded: ArrowReaderMetadata,
    batch_size: usize,
    /// The present row group; none before the first.
    reader: Option<ParquetRecordBatchReader>,
    /// Number of the next row group.
    group: usize,
    /// Rows of the present row group that were read.
    in_group: u64,
    /// What was found damaged.
    damage: Vec<String>,
    /// For each column what stands before its value.
    keys: Vec<String>,
    /// From this column on, a value that is missing is left out, with its key.
    added: usize,
    batch: Option<RecordBatch>,
    /// The next row of the batch.
    row: usize,
    line: Vec<u8>,
    /// Bytes of the line that were handed out.
    at: usize,
    /// Rows of the file that were read, and all there are.
    read: u64,
    rows: u64,
    size: u64,
}

impl Rows {
    /// Opens a file, of whose columns the last `added` were added by a run.
    pub(crate) fn open(path: &Path, added: usize) -> io::Result<Self> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        unpanicked(|| Self::new(file, size, added)).map_err(io::Error::other)
    }

    fn new(file: File, size: u64, added: usize) -> Result<Self, String> {
        let failed = |error| plain(&error);
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let loaded = ArrowReaderMetadata::load(&file, options).map_err(failed)?;
        // Views share the bytes of a page: a short dictionary that many rows point to stays short.
        let shared = |field: &arrow_schema::FieldRef| match field.data_type() {
            DataType::Utf8 => field.as_ref().clone().with_data_type(DataType::Utf8View),
            DataType::Binary => field.as_ref().clone().with_data_type(DataType::BinaryView),
            _ => field.as_ref().clone(),
        };
        let schema = loaded.schema();
        let fields: Vec<_> = schema.fields().iter().map(shared).collect();
        let keys: Vec<String> = schema
            .fields()
            .iter()
            .map(|field| serde_json::Value::from(field.name().as_str()).to_string())
            .collect();
        let keys: Vec<String> =
            (0..).zip(keys).map(|(at, key)| if at == 0 { key } else { format!(",{key}") }).collect();
        let metadata = loaded.metadata();
        let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
        let bytes: u64 =
            metadata.row_groups().iter().map(|group| group.total_byte_size().max(0) as u64).sum();
        let batch = (BATCH * rows.max(1) / bytes.max(1)).clamp(1, ROWS) as usize;
        let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
        let loaded = ArrowReaderMetadata::try_new(Arc::clone(metadata), options).map_err(failed)?;
        Ok(Self {
            file,
            loaded,
            batch_size: batch,
            reader: None,
            group: 0,
            in_group: 0,
            damage: Vec::new(),
            added: keys.len().saturating_sub(added),
            keys: keys.into_iter().map(|key| key + ":").collect(),
            batch: None,
            row: 0,
            line: Vec::new(),
            at: 0,
            read: 0,
            rows,
            size,
        })
    }

    /// About how many bytes of the file were read.
    pub(crate) fn consumed(&self) -> u64 {
        let share = self.read as f64 / self.rows.max(1) as f64;
        (self.size as f64 * share) as u64
    }

    /// Reads some bytes; none at the end.
    pub(crate) fn read(&mut self, mut buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() && !self.next_line()? {
            return Ok(0);
        }
        let length = buffer.write(&self.line[self.at..])?;
        self.at += length;
        Ok(length)
    }

    /// The next rows of the present row group; none at its end, and after the last one.
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, String> {
        if self.group == self.loaded.metadata().num_row_groups() {
            return Ok(None);
        }
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => {
                let file = self.file.try_clone().map_err(|error| error.to_string())?;
                let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.loaded.clone());
                let builder = builder.with_row_groups(vec![self.group]).with_batch_size(self.batch_size);
                none.insert(builder.build().map_err(|error| plain(&error))?)
            }
        };
        reader.next().transpose().map_err(|error| error.to_string())
    }

    fn next_line(&mut self) -> io::Result<bool> {
        while self.batch.as_ref().is_none_or(|batch| self.row == batch.num_rows()) {
            match unpanicked(|| self.next_batch()) {
                Ok(Some(batch)) => {
                    self.in_group += batch.num_rows() as u64;
                    (self.batch, self.row) = (Some(batch), 0);
                }
                Ok(None) if self.group < self.loaded.metadata().num_row_groups() => {
                    (self.group, self.in_group, self.reader) = (self.group + 1, 0, None);
                }
                Ok(None) if self.damage.is_empty() => return Ok(false),
                Ok(None) => return Err(io::Error::other(std::mem::take(&mut self.damage).join("; "))),
                Err(problem) => {
                    let (group, rows) = (self.group + 1, self.in_group);
                    self.damage
                        .push(format!("row group {group} cannot be read after {rows} rows: {problem}"));
                    (self.group, self.in_group, self.reader) = (self.group + 1, 0, None);
                }
            }
        }
        let Some(batch) = &self.batch else { return Ok(false) };
        self.line.clear();
        self.at = 0;
        self.line.push(b'{');
        for (at, (key, column)) in self.keys.iter().zip(batch.columns()).enumerate() {
            if at >= self.added && column.is_null(self.row) {
                continue;
            }
            self.line.extend_from_slice(key.as_bytes());
            render::value(column, self.row, &mut self.line).map_err(io::Error::other)?;
        }
        self.line.extend_from_slice(b"}\n");
        self.row += 1;
        self.read += 1;
        Ok(true)
    }
}

/// A damaged file may trip the reader: that is its end, not the program's.
pub(crate) fn unpanicked<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("its pages contradict each other".to_owned()))
}

/// What the reader says, without its own name.
fn plain(error: &parquet::errors::ParquetError) -> String {
    let text = error.to_string();
    text.strip_prefix("Parquet error: ").unwrap_or(&text).to_owned()
}
