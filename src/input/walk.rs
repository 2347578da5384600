//! Folders and patterns → files, in byte order of their paths.
//!
//! Hidden entries (a name that begins with a dot) are passed over unless a pattern names the dot. Symbolic links are
//! followed; no folder is entered twice, so a loop ends. Real folders come before links to them, so a file is named
//! by its real path where it has one.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::error::{Error, Result};

/// What a folder holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Regular files, relative to the folder, sorted bytewise.
    pub(crate) files: Vec<PathBuf>,
    /// Links that lead nowhere or to a folder that was entered already.
    pub(crate) dead_ends: Vec<PathBuf>,
}

/// All files below `folder`.
pub(crate) fn walk(folder: &Path) -> Result<Listing> {
    let mut listing = Listing::default();
    let mut entered = BTreeSet::new();
    // Real folders go to the front, links to the back: links are followed when nothing else is left.
    let mut queue = VecDeque::from([PathBuf::new()]);
    while let Some(relative) = queue.pop_front() {
        let here = folder.join(&relative);
        if !entered.insert(fs::canonicalize(&here).map_err(Error::io(&here))?) {
            listing.dead_ends.push(relative);
            continue;
        }
        for entry in entries(&here)? {
            if is_hidden(&entry.name) {
                continue;
            }
            let relative = relative.join(&entry.name);
            match entry.kind {
                Kind::File => listing.files.push(relative),
                Kind::Folder => queue.push_front(relative),
                Kind::LinkedFolder => queue.push_back(relative),
                Kind::BrokenLink => listing.dead_ends.push(relative),
                Kind::Other => {}
            }
        }
    }
    sort(&mut listing.files);
    sort(&mut listing.dead_ends);
    Ok(listing)
}

/// The files and folders that match `pattern`, sorted bytewise; `*` and `?` stay inside one path component, `**`
/// crosses them.
///
/// # Errors
/// What is wrong with the pattern, as a sentence.
pub(crate) fn expand(pattern: &str) -> Result<Result<Vec<PathBuf>, String>> {
    let start = if pattern.starts_with('/') { "/" } else { "" };
    let mut found = BTreeSet::from([PathBuf::from(start)]);
    let mut components = pattern.split('/').filter(|component| !component.is_empty()).peekable();
    while let Some(component) = components.next() {
        let mut next = BTreeSet::new();
        if component == "**" {
            for folder in found.iter().filter(|path| is_folder(path)) {
                match components.peek() {
                    Some(_) => folders_below(folder, &mut next)?,
                    None => next.extend(walk(or_here(folder))?.files.iter().map(|file| folder.join(file))),
                }
            }
        } else if has_wildcard(component) {
            let matcher = match compile(component) {
                Ok(matcher) => matcher,
                Err(problem) => return Ok(Err(problem)),
            };
            for folder in found.iter().filter(|path| is_folder(path)) {
                for entry in entries(or_here(folder))? {
                    if matcher.is_match(&entry.name)
                        && (component.starts_with('.') || !is_hidden(&entry.name))
                    {
                        next.insert(folder.join(&entry.name));
                    }
                }
            }
        } else {
            next.extend(found.iter().map(|folder| folder.join(component)).filter(|path| path.exists()));
        }
        found = next;
    }
    found.remove(Path::new(""));
    let mut found: Vec<PathBuf> = found.into_iter().collect();
    sort(&mut found);
    Ok(Ok(found))
}

/// Whether a path asks for matching.
pub(crate) fn has_wildcard(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

fn compile(component: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(component).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| error.kind().to_string())
}

/// Adds `folder` and all folders below it, each once.
fn folders_below(folder: &Path, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    let mut entered = BTreeSet::new();
    let mut queue = VecDeque::from([folder.to_path_buf()]);
    while let Some(path) = queue.pop_front() {
        let here = or_here(&path);
        if !entered.insert(fs::canonicalize(here).map_err(Error::io(here))?) {
            continue;
        }
        for entry in entries(here)?.into_iter().filter(|entry| !is_hidden(&entry.name)) {
            match entry.kind {
                Kind::Folder => queue.push_front(path.join(&entry.name)),
                Kind::LinkedFolder => queue.push_back(path.join(&entry.name)),
                Kind::File | Kind::BrokenLink | Kind::Other => {}
            }
        }
        found.insert(path);
    }
    Ok(())
}

fn is_folder(path: &Path) -> bool {
    or_here(path).is_dir()
}

/// The path, or the current folder for an empty one.
fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

struct Entry {
    name: std::ffi::OsString,
    kind: Kind,
}

enum Kind {
    File,
    Folder,
    LinkedFolder,
    BrokenLink,
    Other,
}

/// The entries of a folder, sorted bytewise by name.
fn entries(folder: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry = entry.map_err(Error::io(folder))?;
        let own = entry.file_type().map_err(Error::io(entry.path()))?;
        let kind = if own.is_symlink() {
            match fs::metadata(entry.path()) {
                Ok(target) if target.is_dir() => Kind::LinkedFolder,
                Ok(target) if target.is_file() => Kind::File,
                Ok(_) => Kind::Other,
                Err(_) => Kind::BrokenLink,
            }
        } else if own.is_dir() {
            Kind::Folder
        } else if own.is_file() {
            Kind::File
        } else {
            Kind::Other
        };
        entries.push(Entry { name: entry.file_name(), kind });
    }
    entries.sort_by(|a, b| a.name.as_encoded_bytes().cmp(b.name.as_encoded_bytes()));
    Ok(entries)
}

fn is_hidden(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn sort(paths: &mut [PathBuf]) {
    paths.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, file).expect("a file");
        }
        folder
    }

    fn shown(paths: &[PathBuf]) -> Vec<&str> {
        paths.iter().map(|path| path.to_str().expect("plain names")).collect()
    }

    #[test]
    fn sorted_by_bytes_of_the_whole_path() {
        let folder = tree(&["a/z.txt", "a-b/y.txt", "a.txt", ".git/x", "a/.hidden", "B.txt"]);
        let listing = walk(folder.path()).expect("readable");
        assert_eq!(shown(&listing.files), ["B.txt", "a-b/y.txt", "a.txt", "a/z.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn loops_end_and_real_names_win() {
        use std::os::unix::fs::symlink;
        let folder = tree(&["real/page.txt", "real/deep/other.txt"]);
        let at = |path: &str| folder.path().join(path);
        symlink(at("real"), at("alias")).expect("a link");
        symlink(folder.path(), at("real/deep/up")).expect("a link");
        symlink(at("nowhere"), at("broken")).expect("a link");
        symlink(at("real/page.txt"), at("copy.txt")).expect("a link");
        let listing = walk(folder.path()).expect("readable");
        assert_eq!(shown(&listing.files), ["copy.txt", "real/deep/other.txt", "real/page.txt"]);
        assert_eq!(shown(&listing.dead_ends), ["alias", "broken", "real/deep/up"]);
    }

    #[test]
    fn patterns_expand_as_in_a_shell() {
        let folder = tree(&["a/1.txt", "a/2.jsonl", "a/b/3.txt", "c/4.txt", ".h/5.txt", "a/.6.txt"]);
        let base = folder.path().to_str().expect("a plain name");
        let expanded = |pattern: &str| {
            let found = expand(&format!("{base}/{pattern}")).expect("readable").expect("a pattern");
            let strip =
                |path: PathBuf| path.strip_prefix(base).expect("below").to_str().expect("plain").to_owned();
            found.into_iter().map(strip).collect::<Vec<_>>()
        };
        assert_eq!(expanded("*/*.txt"), ["a/1.txt", "c/4.txt"]);
        assert_eq!(expanded("**/*.txt"), ["a/1.txt", "a/b/3.txt", "c/4.txt"]);
        assert_eq!(expanded("a/**"), ["a/1.txt", "a/2.jsonl", "a/b/3.txt"]);
        assert_eq!(expanded("{a,c}/[14].*"), ["a/1.txt", "c/4.txt"]);
        assert_eq!(expanded(".h/?.txt"), [".h/5.txt"]);
        assert_eq!(expanded("a/.*.txt"), ["a/.6.txt"]);
        assert_eq!(expanded("*"), ["a", "c"]);
        assert!(expanded("x*").is_empty());
        assert!(expand("a[").expect("readable").is_err());
    }
}
