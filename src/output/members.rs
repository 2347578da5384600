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
    /// From so many held bytes on it is worth to look for the end of a record.
    look_at: usize,
}

impl<W: Write + Send> Members<W> {
    pub(super) fn new(writer: W, compression: Compression) -> Self {
        Self { writer: Some(writer), compression, held: Vec::new(), look_at: 0 }
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        while !self.held.is_empty() {
            let length = first_record(&self.held, false).unwrap_or(self.held.len());
            self.member(length)?;
        }
        self.writer.ok_or_else(broken)
    }

    /// Writes the first held bytes as one member.
    fn member(&mut self, length: usize) -> io::Result<()> {
        let writer = self.writer.take().ok_or_else(broken)?;
        let mut encoder = Encoder::plain(writer, self.compression)?;
        encoder.write_all(&self.held[..length])?;
        self.writer = Some(encoder.finish()?);
        self.held.drain(..length);
        Ok(())
    }
}

fn broken() -> io::Error {
    io::Error::other("an earlier write failed")
}

impl<W: Write + Send> Write for Members<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        while self.held.len() >= self.look_at.max(1) {
            match first_record(&self.held, true) {
                Some(length) => {
                    self.member(length)?;
                    self.look_at = 0;
                }
                None if self.held.len() > LONGEST => self.member(self.held.len())?,
                None => self.look_at = self.held.len() * 2,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), W::flush)
    }
}
