//! Reads what [`patch`](super::patch) writes, and trusts none of it.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use super::parquet::Groups;
use super::patch::{DAMAGED, Entry, HAS_CLEAN, Hashed, MAGIC, RENAMED, VERSION};
use crate::error::{Error, Result};
use crate::hash::Identity;
use crate::input::{Compression, Contents, SourceFormat};

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
        let relative = self.path()?;
        let format = match self.byte()? {
            0 => SourceFormat::Txt,
            1 => SourceFormat::Jsonl,
            2 => SourceFormat::Html,
            3 => SourceFormat::Csv,
            4 => SourceFormat::Tsv,
            5 => SourceFormat::Warc,
            6 => SourceFormat::Parquet,
            _ => return Err(self.damaged("an unknown format")),
        };
        let compression = match self.byte()? {
            0 => Compression::None,
            1 => Compression::Gzip,
            2 => Compression::Zstd,
            3 => Compression::Bzip2,
            4 => Compression::Xz,
            _ => return Err(self.damaged("an unknown compression")),
        };
        let flags = self.byte()?;
        let clean_name = if flags & RENAMED == 0 { None } else { Some(self.path()?) };
        let (groups, added) = match format {
            SourceFormat::Parquet => {
                let rows = self.number()?;
                let codec = self.number()?.try_into().map_err(|_| self.damaged("an unknown codec"))?;
                (Groups { rows, codec }, self.number()?)
            }
            _ => (Groups::default(), 0),
        };
        let original = self.contents()?;
        let clean = if flags & HAS_CLEAN == 0 { None } else { Some(self.contents()?) };
        Ok(Entry {
            relative,
            clean_name,
            format,
            compression,
            original,
            clean,
            damaged: flags & DAMAGED != 0,
            groups,
            added,
        })
    }

    fn path(&mut self) -> Result<PathBuf> {
        let length = self.number()?;
        if length > 1 << 16 {
            return Err(self.damaged("a path that is too long"));
        }
        let mut path = vec![0; length as usize];
        self.exact(&mut path)?;
        safe_path(&path).ok_or_else(|| self.damaged("a path that leaves the folder"))
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
        // The end of the zstd frame, with its own checksum, must follow.
        match self.stream.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.damaged("more follows after its end")),
            Err(error) => Err(self.damaged(&error.to_string())),
        }
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

impl<S: Read> Read for Hashed<S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(bytes)?;
        self.identity.update(&bytes[..length]);
        Ok(length)
    }
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
    use super::super::patch::{PatchStore, PatchWriter};
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
                clean_name: path.ends_with("html").then(|| "d/e.txt".into()),
                format: SourceFormat::Jsonl,
                compression: Compression::Zstd,
                original: contents.clone(),
                clean: Some(Contents { length: 306, ..contents }),
                damaged: true,
                groups: Groups::default(),
                added: 0,
            };
            store.append(writer.finish(entry).expect("in memory")).expect("written");
        }
        store.finish().expect("written");
        (folder, file)
    }

    type Steps = Vec<(u64, u64, Vec<u8>)>;

    fn read(file: &Path) -> Result<Vec<(Entry, Steps)>> {
        let mut reader = PatchReader::open(file)?;
        let mut entries = Vec::new();
        while let Some(entry) = reader.entry()? {
            let mut steps = Vec::new();
            while let Some(operation) = reader.operation()? {
                let mut inserted = Vec::new();
                reader.bytes(operation.insert, |bytes| {
                    inserted.extend_from_slice(bytes);
                    Ok(())
                })?;
                steps.push((operation.copy, operation.skip, inserted));
            }
            entries.push((entry, steps));
        }
        Ok(entries)
    }

    #[test]
    fn reads_what_was_written() {
        let (_folder, file) = store(&["a/b.jsonl", "c.html"]);
        let entries = read(&file).expect("whole");
        let clean: Vec<_> = entries.iter().map(|(entry, _)| entry.clean_path().to_str()).collect();
        assert_eq!(clean, [Some("a/b.jsonl"), Some("d/e.txt")]);
        let (entry, steps) = &entries[0];
        assert_eq!((entry.relative.to_str(), entry.damaged), (Some("a/b.jsonl"), true));
        assert_eq!(entry.clean.as_ref().map(|clean| clean.length), Some(306));
        assert_eq!(*steps, [(3, 2, vec![]), (300, 0, b"gone".to_vec()), (0, 1, vec![])]);
        assert_eq!(entries.len(), 2);
    }

    /// A change of any bit is noticed, unless it is one that decodes to the same bytes (zstd has a few).
    #[test]
    fn damage_is_noticed_or_harmless() {
        let (_folder, file) = store(&["a", "b"]);
        let whole = std::fs::read(&file).expect("readable");
        let intact = read(&file).expect("whole");
        let mut noticed = 0;
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            std::fs::write(&file, &damaged).expect("writable");
            match read(&file) {
                Ok(entries) => assert_eq!(entries, intact, "byte {at}"),
                Err(_) => noticed += 1,
            }
            std::fs::write(&file, &whole[..at]).expect("writable");
            assert!(read(&file).is_err(), "{at} bytes of {}", whole.len());
        }
        assert!(noticed > whole.len() * 9 / 10, "{noticed} of {}", whole.len());
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
}
