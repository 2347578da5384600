//! `restore.bin.zst`: the patches from `clean/` back to the originals.
//!
//! One zstd stream, written and read in order, never held in memory. Decompressed, in this order (numbers are LEB128
//! varints, identities 32 hexadecimal digits of xxh3-128):
//!
//! ```text
//! "dechaff restore\n"  version = 1
//! per input:  1  path (length, bytes, `/` between names)  format  compression  flags
//!             path of the clean file (if flag 4)
//!             rows of a row group  codec  added columns (if the format is Parquet)
//!             original: length identity    clean: length identity (if flag 1)
//!             operations: copy skip insert bytes…            ended by 0 0 0
//! 0  number of inputs  identity of all bytes before it
//! ```
//!
//! An operation copies `copy` bytes of the clean stream, passes over `skip` bytes that the run had put in, then puts
//! back the `insert` bytes that follow it. After the last one the rest of the clean stream is copied. Flag 1: a clean
//! file exists; flag 2: the original's compressed stream was damaged, and its readable part is what is restored;
//! flag 4: the clean file has another name. The streams of a Parquet file are its rows as JSON Lines.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::operations::{Finished, Operations};
use super::parquet::Groups;
use crate::error::{Error, Result};
use crate::hash::Identity;
use crate::input::{Compression, Contents, Source, SourceFormat};

pub(super) const MAGIC: &[u8] = b"dechaff restore\n";
pub(super) const VERSION: u64 = 1;
pub(super) const HAS_CLEAN: u8 = 1;
pub(super) const DAMAGED: u8 = 2;
pub(super) const RENAMED: u8 = 4;

/// What is recorded of one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) relative: PathBuf,
    /// Where the clean file is, if not there.
    pub(crate) clean_name: Option<PathBuf>,
    pub(crate) format: SourceFormat,
    pub(crate) compression: Compression,
    pub(crate) original: Contents,
    pub(crate) clean: Option<Contents>,
    pub(crate) damaged: bool,
    /// What row groups are like, in Parquet.
    pub(crate) groups: Groups,
    /// Columns that were added behind those of the original, in Parquet.
    pub(crate) added: u64,
}

impl Entry {
    pub(crate) fn new(source: &Source) -> Self {
        Self {
            relative: source.relative.clone(),
            clean_name: (source.clean != source.relative).then(|| source.clean.clone()),
            format: source.format,
            compression: source.compression,
            original: Contents::default(),
            clean: None,
            damaged: false,
            groups: Groups::default(),
            added: 0,
        }
    }

    /// Where the clean file stands below `clean/`.
    pub(crate) fn clean_path(&self) -> &Path {
        self.clean_name.as_deref().unwrap_or(&self.relative)
    }
}

/// The way back from one rewritten source; goes into a [`PatchStore`].
#[derive(Debug)]
pub struct Patch {
    pub(crate) entry: Entry,
    operations: Finished,
}

/// Collects the operations of one source; many spill into a temporary file.
pub(crate) struct PatchWriter {
    operations: Operations,
    copy: u64,
    skip: u64,
}

impl PatchWriter {
    /// Spills into `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { operations: Operations::new(folder.to_path_buf()), copy: 0, skip: 0 }
    }

    /// `length` bytes went to the clean stream as they were.
    pub(crate) fn kept(&mut self, length: usize) -> io::Result<()> {
        if self.skip > 0 && length > 0 {
            self.operation(&[])?;
        }
        self.copy += length as u64;
        Ok(())
    }

    /// `length` bytes went to the clean stream that were not in the original.
    pub(crate) fn added(&mut self, length: usize) {
        self.skip += length as u64;
    }

    /// `bytes` did not go to the clean stream.
    pub(crate) fn removed(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() { Ok(()) } else { self.operation(bytes) }
    }

    fn operation(&mut self, insert: &[u8]) -> io::Result<()> {
        put_number(&mut self.operations, self.copy)?;
        put_number(&mut self.operations, self.skip)?;
        put_number(&mut self.operations, insert.len() as u64)?;
        (self.copy, self.skip) = (0, 0);
        self.operations.write_all(insert)
    }

    pub(crate) fn finish(mut self, entry: Entry) -> io::Result<Patch> {
        if self.skip > 0 {
            self.operation(&[])?;
        }
        self.operations.write_all(&[0, 0, 0])?;
        Ok(Patch { entry, operations: self.operations.finish()? })
    }
}

/// Writes `restore.bin.zst`.
pub struct PatchStore {
    path: PathBuf,
    stream: Hashed<zstd::Encoder<'static, BufWriter<File>>>,
    inputs: u64,
}

impl PatchStore {
    /// Starts the file.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let start = || {
            let mut encoder = zstd::Encoder::new(BufWriter::new(File::create(path)?), 3)?;
            encoder.include_checksum(true)?;
            let mut stream = Hashed { inner: encoder, identity: Identity::default() };
            stream.write_all(MAGIC)?;
            put_number(&mut stream, VERSION)?;
            Ok(stream)
        };
        let stream = start().map_err(Error::io(path))?;
        Ok(Self { path: path.to_path_buf(), stream, inputs: 0 })
    }

    /// Adds one source's patch; call it in input order.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn append(&mut self, patch: Patch) -> Result<()> {
        self.inputs += 1;
        put_patch(&mut self.stream, patch).map_err(Error::io(&self.path))
    }

    /// Ends the file. Without this it is unfinished, and refused by `restore`.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn finish(mut self) -> Result<()> {
        let inputs = self.inputs;
        let end = || {
            self.stream.write_all(&[0])?;
            put_number(&mut self.stream, inputs)?;
            let identity = self.stream.identity.finish();
            self.stream.write_all(identity.as_bytes())?;
            self.stream.inner.finish()?.flush()
        };
        end().map_err(Error::io(&self.path))
    }
}

fn put_patch(stream: &mut impl Write, patch: Patch) -> io::Result<()> {
    let Patch { entry, operations } = patch;
    stream.write_all(&[1])?;
    put_path(stream, &entry.relative)?;
    let format = match entry.format {
        SourceFormat::Txt => 0,
        SourceFormat::Jsonl => 1,
        SourceFormat::Html => 2,
        SourceFormat::Csv => 3,
        SourceFormat::Tsv => 4,
        SourceFormat::Warc => 5,
        SourceFormat::Parquet => 6,
    };
    let compression = match entry.compression {
        Compression::None => 0,
        Compression::Gzip => 1,
        Compression::Zstd => 2,
        Compression::Bzip2 => 3,
        Compression::Xz => 4,
    };
    let flag = |holds: bool, flag: u8| if holds { flag } else { 0 };
    let flags = flag(entry.clean.is_some(), HAS_CLEAN)
        | flag(entry.damaged, DAMAGED)
        | flag(entry.clean_name.is_some(), RENAMED);
    stream.write_all(&[format, compression, flags])?;
    if let Some(name) = &entry.clean_name {
        put_path(stream, name)?;
    }
    if entry.format == SourceFormat::Parquet {
        put_number(stream, entry.groups.rows)?;
        put_number(stream, entry.groups.codec.into())?;
        put_number(stream, entry.added)?;
    }
    for contents in std::iter::once(&entry.original).chain(&entry.clean) {
        put_number(stream, contents.length)?;
        stream.write_all(contents.identity.as_bytes())?;
    }
    operations.write_to(stream)
}

fn put_path(stream: &mut impl Write, path: &Path) -> io::Result<()> {
    let path = path_bytes(path)?;
    put_number(stream, path.len() as u64)?;
    stream.write_all(&path)
}

/// Keeps the identity of what passes through.
pub(super) struct Hashed<S> {
    pub(super) inner: S,
    pub(super) identity: Identity,
}

impl<S: Write> Write for Hashed<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.inner.write(bytes)?;
        self.identity.update(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn put_number(stream: &mut impl Write, mut number: u64) -> io::Result<()> {
    let mut bytes = [0; 10];
    let mut length = 0;
    loop {
        bytes[length] = (number & 0x7f) as u8;
        number >>= 7;
        length += 1;
        if number == 0 {
            return stream.write_all(&bytes[..length]);
        }
        bytes[length - 1] |= 0x80;
    }
}

/// A relative path with `/` between its names. On Unix names are any bytes, elsewhere they must be Unicode.
fn path_bytes(relative: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for component in relative {
        if !bytes.is_empty() {
            bytes.push(b'/');
        }
        #[cfg(unix)]
        bytes.extend_from_slice(std::os::unix::ffi::OsStrExt::as_bytes(component));
        #[cfg(not(unix))]
        bytes.extend_from_slice(
            component.to_str().ok_or_else(|| io::Error::other("a file name that is not Unicode"))?.as_bytes(),
        );
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_size_come_back() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number).expect("in memory");
            assert!(bytes.len() <= 10);
            let back = bytes.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f));
            assert_eq!(back, number);
        }
    }
}
