//! `restore.bin.zst`: the patches from `clean/` back to the originals.
//!
//! One zstd stream, written and read in order, never held in memory. Decompressed, in this order (numbers are LEB128
//! varints, identities 32 hexadecimal digits of xxh3-128):
//!
//! ```text
//! "dechaff restore\n"  version = 1
//! per input:  1  path (length, bytes, `/` between names)  format  compression  flags
//!             original: length identity    clean: length identity (if flag 1)
//!             operations: copy skip insert bytes…            ended by 0 0 0
//! 0  number of inputs  identity of all bytes before it
//! ```
//!
//! An operation copies `copy` bytes of the clean stream, passes over `skip` bytes that the run had put in, then puts
//! back the `insert` bytes that follow it. After the last one the rest of the clean stream is copied. Flag 1: a clean
//! file exists; flag 2: the original's compressed stream was damaged, and its readable part is what is restored.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use tempfile::SpooledTempFile;

use crate::error::{Error, Result};
use crate::hash::Identity;
use crate::input::{Compression, Contents, Source, SourceFormat};

const MAGIC: &[u8] = b"dechaff restore\n";
const VERSION: u64 = 1;
const HAS_CLEAN: u8 = 1;
const DAMAGED: u8 = 2;

/// What is recorded of one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) relative: PathBuf,
    pub(crate) format: SourceFormat,
    pub(crate) compression: Compression,
    pub(crate) original: Contents,
    pub(crate) clean: Option<Contents>,
    pub(crate) damaged: bool,
}

impl Entry {
    pub(crate) fn new(source: &Source) -> Self {
        Self {
            relative: source.relative.clone(),
            format: source.format,
            compression: source.compression,
            original: Contents::default(),
            clean: None,
            damaged: false,
        }
    }
}

/// The way back from one rewritten source; goes into a [`PatchStore`].
#[derive(Debug)]
pub struct Patch {
    pub(crate) entry: Entry,
    operations: SpooledTempFile,
}

/// Collects the operations of one source; large ones spill into a temporary file.
pub(crate) struct PatchWriter {
    operations: BufWriter<SpooledTempFile>,
    copy: u64,
    skip: u64,
}

/// Operations of one source up to this size stay in memory.
const IN_MEMORY: usize = 1 << 20;

impl PatchWriter {
    /// Spills into `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        let spool = tempfile::spooled_tempfile_in(IN_MEMORY, folder);
        Self { operations: BufWriter::new(spool), copy: 0, skip: 0 }
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
        let operations = self.operations.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Patch { entry, operations })
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
    use std::io::Seek;
    let Patch { entry, mut operations } = patch;
    stream.write_all(&[1])?;
    let path = path_bytes(&entry.relative)?;
    put_number(stream, path.len() as u64)?;
    stream.write_all(&path)?;
    let format = match entry.format {
        SourceFormat::Txt => 0,
        SourceFormat::Jsonl => 1,
    };
    let compression = match entry.compression {
        Compression::None => 0,
        Compression::Gzip => 1,
        Compression::Zstd => 2,
    };
    let flags = if entry.clean.is_some() { HAS_CLEAN } else { 0 } | if entry.damaged { DAMAGED } else { 0 };
    stream.write_all(&[format, compression, flags])?;
    for contents in std::iter::once(&entry.original).chain(&entry.clean) {
        put_number(stream, contents.length)?;
        stream.write_all(contents.identity.as_bytes())?;
    }
    operations.rewind()?;
    io::copy(&mut operations, stream).map(|_| ())
}

/// Reads `restore.bin.zst` in order.
pub(crate) struct PatchReader {
    path: PathBuf,
    stream: Hashed<BufReader<zstd::Decoder<'static, BufReader<File>>>>,
    inputs: u64,
}

/// One step from the clean stream back to the original; `insert` bytes follow in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) copy: u64,
    pub(crate) skip: u64,
    pub(crate) insert: u64,
}

impl PatchReader {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let problem =
                    "is missing: only a folder that `dechaff clean` made can be restored".to_owned();
                return Err(Error::Run { path: path.to_path_buf(), problem });
            }
            Err(error) => return Err(Error::io(path)(error)),
        };
        let decoder = zstd::Decoder::new(file).map_err(Error::io(path))?;
        let stream = Hashed { inner: BufReader::new(decoder), identity: Identity::default() };
        let mut reader = Self { path: path.to_path_buf(), stream, inputs: 0 };
        let mut magic = [0; MAGIC.len()];
        reader.exact(&mut magic)?;
        if magic != MAGIC {
            return Err(reader.damaged("it is no patch store"));
        }
        let version = reader.number()?;
        if version != VERSION {
            return Err(reader.damaged(&format!(
                "its version is {version}, and this dechaff reads version {VERSION}: use the one that wrote it"
            )));
        }
        Ok(reader)
    }

    /// The next input; `None` at the end, where the whole file has been checked. The operations of the input before
    /// must have been read.
    pub(crate) fn entry(&mut self) -> Result<Option<Entry>> {
        match self.byte()? {
            0 => self.end().map(|()| None),
            1 => {
                self.inputs += 1;
                self.fields().map(Some)
            }
            _ => Err(self.damaged("an unknown mark")),
        }
    }

    fn fields(&mut self) -> Result<Entry> {
        let length = self.number()?;
        if length > 1 << 16 {
            return Err(self.damaged("a path that is too long"));
        }
        let mut path = vec![0; length as usize];
        self.exact(&mut path)?;
        let relative = safe_path(&path).ok_or_else(|| self.damaged("a path that leaves the folder"))?;
        let format = match self.byte()? {
            0 => SourceFormat::Txt,
            1 => SourceFormat::Jsonl,
            _ => return Err(self.damaged("an unknown format")),
        };
        let compression = match self.byte()? {
            0 => Compression::None,
            1 => Compression::Gzip,
            2 => Compression::Zstd,
            _ => return Err(self.damaged("an unknown compression")),
        };
        let flags = self.byte()?;
        let original = self.contents()?;
        let clean = if flags & HAS_CLEAN == 0 { None } else { Some(self.contents()?) };
        Ok(Entry { relative, format, compression, original, clean, damaged: flags & DAMAGED != 0 })
    }

    fn contents(&mut self) -> Result<Contents> {
        let length = self.number()?;
        let mut identity = [0; 32];
        self.exact(&mut identity)?;
        Ok(Contents { length, identity: String::from_utf8_lossy(&identity).into_owned() })
    }

    /// The next operation of the present input, `None` after its last.
    pub(crate) fn operation(&mut self) -> Result<Option<Operation>> {
        let operation = Operation { copy: self.number()?, skip: self.number()?, insert: self.number()? };
        let end = Operation { copy: 0, skip: 0, insert: 0 };
        Ok((operation != end).then_some(operation))
    }

    /// Hands the next `length` bytes to `take`, in pieces.
    pub(crate) fn bytes(&mut self, length: u64, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut piece = vec![0; length.min(1 << 16) as usize];
        let mut left = length;
        while left > 0 {
            let step = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            self.exact(&mut piece[..step])?;
            take(&piece[..step])?;
            left -= step as u64;
        }
        Ok(())
    }

    /// Passes over the operations of the present input.
    pub(crate) fn skip_operations(&mut self) -> Result<()> {
        while let Some(operation) = self.operation()? {
            self.bytes(operation.insert, |_| Ok(()))?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let inputs = self.number()?;
        let expected = self.stream.identity.finish();
        let mut identity = [0; 32];
        self.exact(&mut identity)?;
        if inputs != self.inputs || identity != *expected.as_bytes() {
            return Err(self.damaged("its bytes do not match their checksum"));
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<u8> {
        let mut byte = [0];
        self.exact(&mut byte)?;
        Ok(byte[0])
    }

    fn number(&mut self) -> Result<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.damaged("a number that is too long"))
    }

    fn exact(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.stream.read_exact(bytes).map_err(|error| self.damaged(&error.to_string()))
    }

    fn damaged(&self, what: &str) -> Error {
        Error::Run { path: self.path.clone(), problem: format!("cannot be used: {what}") }
    }
}

/// Keeps the identity of what passes through.
struct Hashed<S> {
    inner: S,
    identity: Identity,
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

impl<S: Read> Read for Hashed<S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(bytes)?;
        self.identity.update(&bytes[..length]);
        Ok(length)
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

/// The path that [`path_bytes`] wrote, if it stays inside the folder that it is put under.
fn safe_path(bytes: &[u8]) -> Option<PathBuf> {
    #[cfg(unix)]
    let path = PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes));
    #[cfg(not(unix))]
    let path = PathBuf::from(std::str::from_utf8(bytes).ok()?);
    let inside = path.components().all(|component| matches!(component, Component::Normal(_)));
    (inside && path.file_name().is_some() && !bytes.contains(&0)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(paths: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("restore.bin.zst");
        let mut store = PatchStore::create(&file).expect("a new file");
        for path in paths {
            let mut writer = PatchWriter::new(folder.path());
            writer.kept(3).expect("in memory");
            writer.added(2);
            writer.kept(300).expect("in memory");
            writer.removed(b"gone").expect("in memory");
            writer.added(1);
            let contents = Contents { length: 307, identity: crate::hash::identity(path.as_bytes()) };
            let entry = Entry {
                relative: PathBuf::from(path),
                format: SourceFormat::Jsonl,
                compression: Compression::Zstd,
                original: contents.clone(),
                clean: Some(Contents { length: 306, ..contents }),
                damaged: true,
            };
            store.append(writer.finish(entry).expect("in memory")).expect("written");
        }
        store.finish().expect("written");
        (folder, file)
    }

    #[test]
    fn reads_what_was_written() {
        let (_folder, file) = store(&["a/b.jsonl", "c"]);
        let mut reader = PatchReader::open(&file).expect("readable");
        let entry = reader.entry().expect("whole").expect("the first");
        assert_eq!((entry.relative.to_str(), entry.damaged), (Some("a/b.jsonl"), true));
        assert_eq!(entry.clean.map(|clean| clean.length), Some(306));
        let mut operations = Vec::new();
        while let Some(operation) = reader.operation().expect("whole") {
            let mut inserted = Vec::new();
            let take = |bytes: &[u8]| {
                inserted.extend_from_slice(bytes);
                Ok(())
            };
            reader.bytes(operation.insert, take).expect("whole");
            operations.push((operation.copy, operation.skip, inserted));
        }
        let expected = [(3, 2, vec![]), (300, 0, b"gone".to_vec()), (0, 1, vec![])];
        assert_eq!(operations, expected);
        assert!(reader.entry().expect("whole").is_some());
        reader.skip_operations().expect("whole");
        assert_eq!(reader.entry().expect("whole"), None);
    }

    fn read_all(file: &Path) -> Result<u64> {
        let mut reader = PatchReader::open(file)?;
        while reader.entry()?.is_some() {
            reader.skip_operations()?;
        }
        Ok(reader.inputs)
    }

    #[test]
    fn damage_of_any_byte_is_found() {
        let (_folder, file) = store(&["a", "b"]);
        let whole = std::fs::read(&file).expect("readable");
        assert_eq!(read_all(&file).ok(), Some(2));
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            std::fs::write(&file, &damaged).expect("writable");
            assert!(read_all(&file).is_err(), "byte {at} of {}", whole.len());
            std::fs::write(&file, &whole[..at]).expect("writable");
            assert!(read_all(&file).is_err(), "{at} bytes of {}", whole.len());
        }
    }

    #[test]
    fn a_path_never_leaves_the_folder() {
        for path in ["../up", "/etc/passwd", "a/../../b", "", "."] {
            let (_folder, file) = store(&[path]);
            // `.` and an absolute path's root are dropped or refused; what is read is always below the folder.
            if let Ok(Some(entry)) = PatchReader::open(&file).and_then(|mut reader| reader.entry()) {
                let plain = |component| matches!(component, Component::Normal(_));
                assert!(entry.relative.components().all(plain), "{path}");
            }
        }
        for path in [&b"../up"[..], b"/etc", b"a/../b", b"", b".", b"a\0b"] {
            assert_eq!(safe_path(path), None, "{}", path.escape_ascii());
        }
    }

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
