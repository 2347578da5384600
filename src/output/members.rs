//! WARC records → a compressed file in which each record can be read by itself: one gzip member, or zstd frame, a
//! record, as readers that seek expect.
//!
//! Records are found again in the bytes that are written, so that whoever writes need not know of them. Memory: a
//! record, up to `LONGEST`.

use std::io::{self, Write};

use super::encoder::Encoder;
use crate::input::Compression;
use crate::input::warc::first_record;

/// Bytes of a record that are held; a longer one is cut into several members.
const LONGEST: usize = 256 << 20;

/// Writes to `W`, a member a record.
pub(crate) struct Members<W: Write + Send> {
    /// Taken while a member is written.
    writer: Option<W>,
    compression: Compression,
    held: Vec<u8>,
    /// Held bytes that are written already.
    written: usize,
    /// From so many held bytes on it is worth to look for the end of a record.
    look_at: usize,
}

impl<W: Write + Send> Members<W> {
    pub(super) fn new(writer: W, compression: Compression) -> Self {
        Self { writer: Some(writer), compression, held: Vec::new(), written: 0, look_at: 0 }
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        while self.written < self.held.len() {
            let rest = &self.held[self.written..];
            let length = first_record(rest, false).unwrap_or(rest.len());
            self.member(length)?;
        }
        self.writer.ok_or_else(broken)
    }

    /// Writes the next held bytes as one member.
    fn member(&mut self, length: usize) -> io::Result<()> {
        let writer = self.writer.take().ok_or_else(broken)?;
        let mut encoder = Encoder::plain(writer, self.compression)?;
        encoder.write_all(&self.held[self.written..self.written + length])?;
        self.writer = Some(encoder.finish()?);
        self.written += length;
        Ok(())
    }
}

fn broken() -> io::Error {
    io::Error::other("an earlier write failed")
}

impl<W: Write + Send> Write for Members<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        while self.written < self.held.len() && self.held.len() - self.written >= self.look_at {
            let rest = &self.held[self.written..];
            let length = rest.len();
            match first_record(rest, true) {
                Some(length) => {
                    self.member(length)?;
                    self.look_at = 0;
                }
                None if length > LONGEST => self.member(length)?,
                None => self.look_at = length * 2,
            }
        }
        self.held.drain(..self.written);
        self.written = 0;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), W::flush)
    }
}
