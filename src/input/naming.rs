//! Where the sources of a run go under `clean/`.
//!
//! Names are relative to the inputs' deepest common folder, as the user sees it: links are not resolved. They are
//! made of plain components only, and no two sources share one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::compression::{Compression, is_compression};
use super::sniff::{SourceFormat, is_html_extension};
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

/// The name under `clean/` of the text of an HTML page: `page.txt` for `page.html`; where another file has that name,
/// `page.html.txt`; where one has that, too, `page.html-2.txt` and so on. The compression's extension stays last.
pub(super) fn text_name(relative: &Path, compression: Compression, taken: &mut BTreeSet<PathBuf>) -> PathBuf {
    let name = relative.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let outer = name.rsplit_once('.').filter(|(_, extension)| {
        compression != Compression::None && is_compression(&extension.to_lowercase())
    });
    let (whole, outer) = match outer {
        Some((whole, extension)) => (whole, format!(".{extension}")),
        None => (name.as_str(), String::new()),
    };
    let stem = match whole.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && is_html_extension(&extension.to_lowercase()) => stem,
        _ => whole,
    };
    let names = [stem.to_owned(), whole.to_owned()].into_iter();
    let found = names
        .chain((2..).map(|number: u64| format!("{whole}-{number}")))
        .map(|stem| relative.with_file_name(format!("{stem}.txt{outer}")))
        .find(|name| is_free(name, taken))
        .expect("numbers do not run out");
    taken.insert(found.clone());
    found
}

/// Whether no file has this name, and none stands below it.
fn is_free(name: &Path, taken: &BTreeSet<PathBuf>) -> bool {
    // Paths are in order of their components: what stands below a name follows it.
    !taken.range(name.to_path_buf()..).next().is_some_and(|next| next.starts_with(name))
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
    let name = names.map(PathBuf::from).find(|name| is_free(name, taken)).expect("numbers do not run out");
    taken.insert(name.clone());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_get_the_extension_of_text() {
        let mut taken: BTreeSet<PathBuf> = [
            "a.html",
            "a.htm",
            "a.txt",
            "b.txt/x",
            "b.html",
            "c.html.gz",
            "d.php",
            "e.htm",
            "E.HTML",
            ".html",
        ]
        .map(PathBuf::from)
        .into();
        let mut named = |name: &str, compression| {
            text_name(&Path::new("s").join(name), compression, &mut taken).to_string_lossy().into_owned()
        };
        assert_eq!(named("a.html", Compression::None), "s/a.txt");
        assert_eq!(named("a.htm", Compression::None), "s/a.htm.txt");
        assert_eq!(named("a.htm", Compression::None), "s/a.htm-2.txt");
        assert_eq!(named("c.html.gz", Compression::Gzip), "s/c.txt.gz");
        assert_eq!(named("d.php", Compression::None), "s/d.php.txt");
        assert_eq!(named(".html", Compression::None), "s/.html.txt");
        let mut named = |name: &str| text_name(Path::new(name), Compression::None, &mut taken);
        assert_eq!(named("a.html"), Path::new("a.html.txt"));
        assert_eq!(named("b.html"), Path::new("b.html.txt"));
        assert_eq!(named("E.HTML"), Path::new("E.txt"));
    }
}
