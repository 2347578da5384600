//! `clean/` and `restore.bin.zst` → the originals.
//!
//! Two passes over the patch store: the first checks it and every clean file, and writes nothing; the second
//! rebuilds, checks what it rebuilt, and puts the folder in place when all is there. The logs of the run are not
//! read. Memory: a few buffers.

use std::io::Write;
use std::path::Path;

use super::atomic::{OutputDir, Overwrite};
use super::parquet::{Columns, Pattern};
use super::patch::Entry;
use super::patch_reader::PatchReader;
use super::rewrite::create;
use super::{CLEAN, PATCHES};
use crate::error::{Error, Result};
use crate::hash::Identity;
use crate::input::{Contents, Decoder, Filled, SourceFormat};
use crate::progress::Progress;

/// What was restored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Files written.
    pub files: u64,
    /// Decompressed bytes written.
    pub bytes: u64,
    /// Files whose original was damaged: their readable part was restored.
    pub damaged: Vec<String>,
}

/// Rebuilds the inputs of the run in `run` below `target`: the same names, formats and compressions, and the same
/// decompressed bytes.
///
/// `target` must not exist or be empty. `progress` advances by decompressed bytes.
///
/// # Errors
/// [`Error::Run`] names a clean file that is missing or was edited, or says what is wrong with the patch store;
/// [`Error::Output`] when `target` is in use; [`Error::Io`] for what cannot be read or written. `target` is then as
/// before.
pub fn restore(run: &Path, target: &Path, progress: &dyn Progress) -> Result<Restored> {
    let folder = OutputDir::create(target, Overwrite::Refuse)?;
    check(run)?;
    let mut patches = PatchReader::open(&run.join(PATCHES))?;
    let mut restored = Restored::default();
    while let Some(entry) = patches.entry()? {
        rebuild(run, folder.path(), &entry, &mut patches, progress)?;
        restored.files += 1;
        restored.bytes += entry.original.length;
        if entry.damaged {
            restored.damaged.push(entry.relative.to_string_lossy().into_owned());
        }
    }
    folder.commit()?;
    Ok(restored)
}

/// Reads the whole patch store and every clean file.
fn check(run: &Path) -> Result<()> {
    let mut patches = PatchReader::open(&run.join(PATCHES))?;
    let mut wrong = Vec::new();
    while let Some(entry) = patches.entry()? {
        if let Some(problem) = compare(run, &entry)? {
            wrong.push((run.join(CLEAN).join(entry.clean_path()), problem));
        }
        patches.skip_operations()?;
    }
    let others = wrong.len().saturating_sub(1);
    match wrong.into_iter().next() {
        None => Ok(()),
        Some((path, problem)) => {
            let more = if others > 0 { format!(" (and {others} more files)") } else { String::new() };
            Err(Error::Run { path, problem: format!("{problem}: nothing was restored{more}") })
        }
    }
}

/// What keeps a clean file from being the one that the run wrote.
fn compare(run: &Path, entry: &Entry) -> Result<Option<&'static str>> {
    let Some(expected) = &entry.clean else { return Ok(None) };
    let path = run.join(CLEAN).join(entry.clean_path());
    if !path.is_file() {
        return Ok(Some("is missing"));
    }
    let mut clean = CleanReader::open(&path, entry)?;
    let mut identity = Identity::default();
    let mut length = 0;
    while let Some(bytes) = clean.some(u64::MAX)? {
        identity.update(bytes);
        length += bytes.len() as u64;
    }
    let found = Contents { length, identity: identity.finish() };
    let same = !clean.damaged && found == *expected;
    Ok((!same).then_some("was edited after the run"))
}

fn rebuild(
    run: &Path,
    folder: &Path,
    entry: &Entry,
    patches: &mut PatchReader,
    progress: &dyn Progress,
) -> Result<()> {
    let source = run.join(CLEAN).join(entry.clean_path());
    let mut clean = match entry.clean {
        Some(_) => Some(CleanReader::open(&source, entry)?),
        None => None,
    };
    let path = folder.join(&entry.relative);
    let pattern = match entry.format {
        SourceFormat::Parquet => {
            let columns = match entry.added {
                0 => Columns::Same,
                added => Columns::Without(added as usize),
            };
            Some(Pattern::new(&source, columns, Some(entry.groups)).map_err(Error::io(&source))?)
        }
        _ => None,
    };
    let mut file = create(&path, entry.format, entry.compression, pattern.as_ref())?;
    let mut identity = Identity::default();
    let mut length = 0;
    let mut put = |bytes: &[u8]| {
        identity.update(bytes);
        length += bytes.len() as u64;
        progress.advance(bytes.len() as u64);
        file.write_all(bytes).map_err(Error::io(&path))
    };
    while let Some(operation) = patches.operation()? {
        pass(clean.as_mut(), operation.copy, &mut put)?;
        pass(clean.as_mut(), operation.skip, |_| Ok(()))?;
        patches.bytes(operation.insert, &mut put)?;
    }
    pass(clean.as_mut(), u64::MAX, &mut put)?;
    let rebuilt = Contents { length, identity: identity.finish() };
    if rebuilt != entry.original {
        let problem = "changed while it was restored: nothing was restored".to_owned();
        return Err(Error::Run { path: source, problem });
    }
    file.finish().and_then(|mut writer| writer.flush()).map_err(Error::io(&path))
}

/// Hands up to `length` bytes of the clean stream to `take`.
fn pass(
    clean: Option<&mut CleanReader>,
    length: u64,
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let Some(clean) = clean else { return Ok(()) };
    let mut left = length;
    while let Some(bytes) = clean.some(left)? {
        left -= bytes.len() as u64;
        take(bytes)?;
    }
    Ok(())
}

/// A clean file, decompressed.
struct CleanReader {
    decoder: Decoder,
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    damaged: bool,
}

impl CleanReader {
    fn open(path: &Path, entry: &Entry) -> Result<Self> {
        let decoder = match entry.format {
            SourceFormat::Parquet => Decoder::rows(path, entry.added as usize)?,
            format => Decoder::open(path, format, entry.compression)?,
        };
        Ok(Self { decoder, buffer: Vec::new(), at: 0, ended: false, damaged: false })
    }

    /// The next bytes, at most `limit`; `None` at the end or when none are wanted.
    fn some(&mut self, limit: u64) -> Result<Option<&[u8]>> {
        if limit == 0 {
            return Ok(None);
        }
        if self.at == self.buffer.len() && !self.ended {
            self.buffer.clear();
            self.at = 0;
            match self.decoder.fill(&mut self.buffer, 1 << 18)? {
                Filled::More => {}
                Filled::End => self.ended = true,
                Filled::Damaged(_) => (self.ended, self.damaged) = (true, true),
            }
        }
        let left = self.buffer.len() - self.at;
        let length = left.min(usize::try_from(limit).unwrap_or(usize::MAX));
        let bytes = &self.buffer[self.at..self.at + length];
        self.at += length;
        Ok((!bytes.is_empty()).then_some(bytes))
    }
}
