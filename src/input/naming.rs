//! Where the sources of a run go under `clean/`.
//!
//! Names are relative to the inputs' deepest common folder, as the user sees it: links are not resolved. They are
//! made of plain components only, and no two sources share one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::compression::Compression;
use super::sniff::SourceFormat;
use crate::error::{Error, Result};

/// The absolute path, `..` resolved; links are kept, so that the output has the names that the user sees.
pub(super) fn absolute(path: &Path) -> Result<PathBuf> {
    if !path.components().any(|component| component == Component::ParentDir) {
        return std::path::absolute(path).map_err(Error::io(path));
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Ok(fs::canonicalize(parent).map_err(Error::io(parent))?.join(name)),
        _ => fs::canonicalize(path).map_err(Error::io(path)),
    }
}

/// The deepest folder that all of `folders` lie in.
pub(super) fn common(folders: &[PathBuf]) -> PathBuf {
    let mut folders = folders.iter();
    let Some(first) = folders.next() else { return PathBuf::new() };
    folders.fold(first.clone(), |base, folder| {
        base.components().zip(folder.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    })
}

/// `place` relative to `base`, plain names only.
pub(super) fn below(place: &Path, base: &Path) -> PathBuf {
    let rest = place.strip_prefix(base).unwrap_or(place);
    rest.components().filter(|component| matches!(component, Component::Normal(_))).collect()
}

/// A name for what came through a pipe.
pub(super) fn free_name(
    given: &str,
    format: SourceFormat,
    compression: Compression,
    taken: &mut BTreeSet<PathBuf>,
) -> PathBuf {
    let stem = Path::new(given).file_name().filter(|_| given != "-").map(|name| name.to_string_lossy());
    let stem = stem.as_deref().unwrap_or("stdin");
    let dot = if compression == Compression::None { "" } else { "." };
    let tail = format!("{}{dot}{}", format.extension(), compression.extension());
    let names = std::iter::once(format!("{stem}.{tail}"))
        .chain((2..).map(|number: u64| format!("{stem}-{number}.{tail}")));
    let name = names
        .map(PathBuf::from)
        .find(|name| !taken.iter().any(|other| other.starts_with(name)))
        .expect("numbers do not run out");
    taken.insert(name.clone());
    name
}
