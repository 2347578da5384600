//! Rows as JSON Lines → a Parquet file like the one that they came from: the same schema, metadata and compression.
//!
//! The way back from `input::parquet`. A row group has as many rows as the first one of the original, and is cut off
//! earlier where it would take too much memory. Memory: a row group, encoded and compressed, up to `GROUP`.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use memchr::memchr;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowWriter, encode_arrow_schema, parquet_to_arrow_schema};
use parquet::basic::{Compression, Encoding, LogicalType, Type as PhysicalType};
use parquet::file::metadata::{KeyValue, ParquetMetaData};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::{SchemaDescriptor, Type};

use super::columns;
use crate::input::json;
use crate::input::parquet::{metadata, unpanicked};

/// Rows that are turned into columns at once.
const ROWS: usize = 1 << 10;
/// Bytes of rows that are turned into columns at once.
const BYTES: usize = 4 << 20;
/// Bytes of a row group, encoded, from which on it is written.
const GROUP: usize = 256 << 20;

/// How the columns differ from those of the file that is taken as a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Columns {
    /// Not at all.
    #[default]
    Same,
    /// Text columns of these names come behind them.
    Added(Vec<String>),
    /// The last ones, so many, are left out.
    Without(usize),
}

/// What a file that is to be written is like.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    metadata: Arc<ParquetMetaData>,
    columns: Columns,
    groups: Groups,
}

/// What the row groups of a file are like: a file that has none does not say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    /// Rows of each.
    pub(crate) rows: u64,
    /// The codec of their first column, by its number in the format.
    pub(crate) codec: u8,
}

impl Pattern {
    /// Takes the file at `path` as the pattern; `groups` where they are not those of the pattern.
    pub(crate) fn new(path: &Path, columns: Columns, groups: Option<Groups>) -> io::Result<Self> {
        let metadata = metadata(path)?.map_err(|unread| io::Error::other(unread.to_string()))?;
        let first = metadata.row_groups().first().map(|group| Groups {
            rows: group.num_rows().max(0) as u64,
            codec: group.columns().first().map_or(0, |column| codec_number(column.compression())),
        });
        let groups = groups.or(first).unwrap_or_default();
        Ok(Self { metadata, columns, groups })
    }

    /// What its row groups are like.
    pub(crate) fn groups(&self) -> Groups {
        self.groups
    }

    /// How many columns are added.
    pub(crate) fn added(&self) -> u64 {
        match &self.columns {
            Columns::Added(names) => names.len() as u64,
            Columns::Same | Columns::Without(_) => 0,
        }
    }

    /// Names of the columns in the pattern.
    pub(crate) fn names(&self) -> Vec<String> {
        let root = self.metadata.file_metadata().schema();
        root.get_fields().iter().map(|field| field.name().to_owned()).collect()
    }

    /// The Parquet schema, unless the writer makes it: it does not write the old type of timestamps.
    fn schema(&self) -> Result<Option<SchemaDescriptor>, String> {
        let file = self.metadata.file_metadata();
        let old =
            file.schema_descr().columns().iter().any(|column| column.physical_type() == PhysicalType::INT96);
        if old {
            return Ok(None);
        }
        let root = file.schema();
        let mut fields = root.get_fields().to_vec();
        match &self.columns {
            Columns::Same => {}
            Columns::Added(names) => {
                for name in names {
                    let text = Type::primitive_type_builder(name, PhysicalType::BYTE_ARRAY)
                        .with_logical_type(Some(LogicalType::String))
                        .build();
                    fields.push(Arc::new(text.map_err(|error| error.to_string())?));
                }
            }
            Columns::Without(count) => fields.truncate(fields.len().saturating_sub(*count)),
        }
        let root = Type::group_type_builder(root.name()).with_fields(fields).build();
        Ok(Some(SchemaDescriptor::new(Arc::new(root.map_err(|error| error.to_string())?))))
    }

    /// An Arrow schema with the change of columns.
    fn changed(&self, schema: &Schema) -> Schema {
        let mut fields = schema.fields().to_vec();
        match &self.columns {
            Columns::Same => {}
            Columns::Added(names) => {
                fields.extend(names.iter().map(|name| Arc::new(Field::new(name, DataType::Utf8, true))));
            }
            Columns::Without(count) => fields.truncate(fields.len().saturating_sub(*count)),
        }
        Schema::new_with_metadata(fields, schema.metadata().clone())
    }

    /// The file's own metadata; the Arrow schema among it knows of the change of columns.
    fn key_values(&self) -> Result<Option<Vec<KeyValue>>, String> {
        let file = self.metadata.file_metadata();
        let mut pairs = file.key_value_metadata().cloned();
        if self.columns != Columns::Same
            && let Some(pair) = pairs.iter_mut().flatten().find(|pair| pair.key == ARROW_SCHEMA_META_KEY)
        {
            let schema = parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata())
                .map_err(|error| error.to_string())?;
            pair.value = Some(encode_arrow_schema(&self.changed(&schema)));
        }
        Ok(pairs)
    }

    fn properties(&self) -> Result<WriterProperties, String> {
        let rows = usize::try_from(self.groups.rows).unwrap_or(usize::MAX);
        let mut properties = WriterProperties::builder()
            .set_compression(codec(self.groups.codec))
            .set_max_row_group_row_count(Some(if rows == 0 { ROWS * ROWS } else { rows }))
            .set_max_row_group_bytes(Some(GROUP))
            .set_key_value_metadata(self.key_values()?);
        if let Some(group) = self.metadata.row_groups().first() {
            for column in group.columns() {
                let path = column.column_path().clone();
                let has_dictionary = column.encodings().any(|encoding| {
                    matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY)
                });
                properties = properties
                    .set_column_compression(path.clone(), column.compression())
                    .set_column_dictionary_enabled(path.clone(), has_dictionary)
                    .set_column_bloom_filter_enabled(path, column.bloom_filter_offset().is_some());
            }
        }
        Ok(properties.build())
    }
}

/// A codec's number in the format.
fn codec_number(codec: Compression) -> u8 {
    match codec {
        Compression::UNCOMPRESSED => 0,
        Compression::SNAPPY => 1,
        Compression::GZIP(_) => 2,
        Compression::LZO => 3,
        Compression::BROTLI(_) => 4,
        Compression::LZ4 => 5,
        Compression::ZSTD(_) => 6,
        Compression::LZ4_RAW => 7,
    }
}

/// The codec of a number, of those that can be written.
fn codec(number: u8) -> Compression {
    match number {
        1 => Compression::SNAPPY,
        2 => Compression::GZIP(Default::default()),
        4 => Compression::BROTLI(Default::default()),
        5 => Compression::LZ4,
        6 => Compression::ZSTD(Default::default()),
        7 => Compression::LZ4_RAW,
        _ => Compression::UNCOMPRESSED,
    }
}

/// Writes rows to `W`.
pub(crate) struct Table<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    /// Lines that are not turned into columns yet; the last one may not be whole.
    held: Vec<u8>,
    /// Where the whole lines among them end.
    ends: Vec<usize>,
}

impl<W: Write + Send> Table<W> {
    pub(super) fn new(writer: W, pattern: &Pattern) -> io::Result<Self> {
        let build = || {
            let file = pattern.metadata.file_metadata();
            let plain =
                parquet_to_arrow_schema(file.schema_descr(), None).map_err(|error| error.to_string())?;
            let schema = Arc::new(pattern.changed(&plain));
            // The Arrow schema, if there is one, is in the metadata that is copied.
            let mut options = ArrowWriterOptions::new()
                .with_properties(pattern.properties()?)
                .with_skip_arrow_metadata(true);
            if let Some(descriptor) = pattern.schema()? {
                options = options.with_parquet_schema(descriptor);
            }
            let writer = ArrowWriter::try_new_with_options(writer, Arc::clone(&schema), options)
                .map_err(|error| error.to_string())?;
            Ok(Self { writer, schema, held: Vec::new(), ends: Vec::new() })
        };
        unpanicked(build).map_err(io::Error::other)
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        self.batch()?;
        if !self.held.is_empty() {
            return Err(io::Error::other("a row that does not end"));
        }
        self.writer.into_inner().map_err(io::Error::other)
    }

    /// Turns the whole lines that are held into columns.
    fn batch(&mut self) -> io::Result<()> {
        let Some(&end) = self.ends.last() else { return Ok(()) };
        let whole = std::str::from_utf8(&self.held[..end]).map_err(io::Error::other)?;
        let width = self.schema.fields().len();
        let mut cells: Vec<Vec<Option<&str>>> = vec![Vec::with_capacity(self.ends.len()); width];
        let mut start = 0;
        for &end in &self.ends {
            let line = &whole[start..end];
            let mut at = 0;
            let outcome = json::scan(line.as_bytes(), |_, value| {
                if let Some(cells) = cells.get_mut(at) {
                    cells.push(Some(&line[value]));
                }
                at += 1;
            });
            if outcome.is_err() || at > width {
                return Err(io::Error::other("a row that does not fit the schema"));
            }
            // Columns that were added have no value where there was nothing to add.
            cells[at..].iter_mut().for_each(|cells| cells.push(None));
            start = end;
        }
        let arrays = self.schema.fields().iter().zip(&cells);
        let arrays = arrays.map(|(field, cells)| columns::array(field.data_type(), cells));
        let arrays = arrays.collect::<Result<_, _>>().map_err(io::Error::other)?;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(io::Error::other)?;
        let write = || self.writer.write(&batch).map_err(|error| error.to_string());
        unpanicked(write).map_err(io::Error::other)?;
        self.held.drain(..end);
        self.ends.clear();
        Ok(())
    }
}

impl<W: Write + Send> Write for Table<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(end) = memchr(b'\n', rest) {
            self.held.extend_from_slice(&rest[..=end]);
            self.ends.push(self.held.len());
            rest = &rest[end + 1..];
            if self.ends.len() == ROWS || self.held.len() > BYTES {
                self.batch()?;
            }
        }
        self.held.extend_from_slice(rest);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
