//! Bytes → a file in a source's format and compression. The same bytes give the same file: no time, no name in it.

use std::io::{self, Write};

use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;
use liblzma::write::XzEncoder;

use super::members::Members;
use super::parquet::{Pattern, Table};
use crate::input::{Compression, SourceFormat};

/// Writes to `W`, compressed.
pub(crate) enum Encoder<W: Write + Send> {
    Plain(W),
    Gzip(Box<GzEncoder<W>>),
    Zstd(zstd::Encoder<'static, W>),
    Bzip2(Box<BzEncoder<W>>),
    Xz(XzEncoder<W>),
    /// Each record of a WARC file for itself.
    Members(Box<Members<W>>),
    /// Rows, given as JSON Lines.
    Table(Box<Table<W>>),
}

impl<W: Write + Send> Encoder<W> {
    /// `pattern` says what a Parquet file is like, and is there for no other.
    pub(crate) fn new(
        writer: W,
        format: SourceFormat,
        compression: Compression,
        pattern: Option<&Pattern>,
    ) -> io::Result<Self> {
        if let Some(pattern) = pattern {
            return Ok(Encoder::Table(Box::new(Table::new(writer, pattern)?)));
        }
        match (format, compression) {
            (SourceFormat::Warc, Compression::Gzip | Compression::Zstd) => {
                Ok(Encoder::Members(Box::new(Members::new(writer, compression))))
            }
            _ => Self::plain(writer, compression),
        }
    }

    /// One compressed stream.
    pub(super) fn plain(writer: W, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Encoder::Plain(writer),
            Compression::Gzip => Encoder::Gzip(Box::new(GzEncoder::new(writer, flate2::Compression::new(6)))),
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(writer, 3)?;
                encoder.include_checksum(true)?;
                Encoder::Zstd(encoder)
            }
            Compression::Bzip2 => {
                Encoder::Bzip2(Box::new(BzEncoder::new(writer, bzip2::Compression::new(9))))
            }
            Compression::Xz => Encoder::Xz(XzEncoder::new(writer, 6)),
        })
    }

    /// Ends the stream and gives the writer back, not flushed.
    pub(crate) fn finish(self) -> io::Result<W> {
        match self {
            Encoder::Plain(writer) => Ok(writer),
            Encoder::Gzip(encoder) => encoder.finish(),
            Encoder::Zstd(encoder) => encoder.finish(),
            Encoder::Bzip2(encoder) => encoder.finish(),
            Encoder::Xz(encoder) => encoder.finish(),
            Encoder::Members(encoder) => encoder.finish(),
            Encoder::Table(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write + Send> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Encoder::Plain(writer) => writer.write(bytes),
            Encoder::Gzip(encoder) => encoder.write(bytes),
            Encoder::Zstd(encoder) => encoder.write(bytes),
            Encoder::Bzip2(encoder) => encoder.write(bytes),
            Encoder::Xz(encoder) => encoder.write(bytes),
            Encoder::Members(encoder) => encoder.write(bytes),
            Encoder::Table(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Encoder::Plain(writer) => writer.flush(),
            Encoder::Gzip(encoder) => encoder.flush(),
            Encoder::Zstd(encoder) => encoder.flush(),
            Encoder::Bzip2(encoder) => encoder.flush(),
            Encoder::Xz(encoder) => encoder.flush(),
            Encoder::Members(encoder) => encoder.flush(),
            Encoder::Table(encoder) => encoder.flush(),
        }
    }
}
