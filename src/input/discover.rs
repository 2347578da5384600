//! What the user gave → the sources of a run, in a fixed order.
//!
//! Files stand in the order given, those of a folder or pattern in byte order of their paths. Every input is looked
//! at before any is read: a missing file or a format that dechaff does not read stops the run here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::compression::{Compression, Decoder, is_compression};
use super::naming::{absolute, below, common, free_name, text_name};
use super::parquet::{self, Unread};
use super::sniff::{self, SourceFormat};
use super::walk;
use crate::config::{Format, InputConfig};
use crate::error::{Error, Result};

/// Finds the files behind `inputs`: files, folders (all files below them), patterns (only where no file has that
/// very name), `-` for standard input, which is copied to a temporary file because a run reads twice, and `@LIST` for
/// what stands in a file, one a line (only where no file has that very name).
///
/// The same file given twice is read once, with a warning. Files of other formats are passed over inside a folder,
/// with a warning. Nothing below `output` is taken from a folder: it is what an earlier run left.
///
/// # Errors
/// [`Error::Input`] for what is missing, empty or of another format; [`Error::Io`] for what cannot be read.
pub fn discover(inputs: &[String], config: &InputConfig, output: Option<&Path>) -> Result<Sources> {
    discover_with(inputs, config, output, &mut io::stdin().lock())
}

/// One file that a run reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Place in [`Sources::list`].
    pub index: u32,
    /// The path as the user gave it, or the given folder's followed by the path below it; `-` for standard input.
    pub given: String,
    /// The file to open.
    pub path: PathBuf,
    /// Its place relative to the inputs' deepest common folder, never absolute, without `..`, distinct from every
    /// other source's.
    pub relative: PathBuf,
    /// Where it goes under `clean/`: `relative`, and for HTML, of which the text is written, the same with the
    /// extension of text; distinct from every other source's.
    pub clean: PathBuf,
    /// Format.
    pub format: SourceFormat,
    /// Compression.
    pub compression: Compression,
    /// Bytes on the disk.
    pub size: u64,
    /// Why nothing in it can be read: then its bytes are one bad record.
    pub problem: Option<String>,
    /// The folder that it stands in, spelled as first given: the site of a page that says nothing better. Empty for
    /// standard input.
    pub folder: String,
}

/// The sources of a run.
#[derive(Debug, Default)]
pub struct Sources {
    /// In input order.
    pub list: Vec<Source>,
    /// What the user should know, each one sentence without a full stop.
    pub warnings: Vec<String>,
    /// Temporary copies, deleted when this is dropped.
    spools: Vec<TempPath>,
}

impl Sources {
    /// Each goes to `clean/` under its own name: HTML, too, because HTML is written.
    pub fn keep_names(&mut self) {
        self.list.iter_mut().for_each(|source| source.clean.clone_from(&source.relative));
    }

    /// Leaves out those that are among `others`, and numbers the rest anew; how those left out were given.
    pub fn leave_out(&mut self, others: &[Source]) -> Vec<String> {
        let same = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let others: BTreeSet<PathBuf> = others.iter().map(|source| same(&source.path)).collect();
        let mut left_out = Vec::new();
        self.list.retain(|source| {
            let stays = !others.contains(&same(&source.path));
            if !stays {
                left_out.push(source.given.clone());
            }
            stays
        });
        (0..).zip(&mut self.list).for_each(|(index, source)| source.index = index);
        left_out
    }

    /// Puts the sources of another discovery behind these, numbered on.
    pub fn append(&mut self, mut other: Sources) {
        let first = self.list.len() as u32;
        other.list.iter_mut().for_each(|source| source.index += first);
        self.list.append(&mut other.list);
        self.warnings.append(&mut other.warnings);
        self.spools.append(&mut other.spools);
    }
}

fn discover_with(
    inputs: &[String],
    config: &InputConfig,
    output: Option<&Path>,
    stdin: &mut dyn Read,
) -> Result<Sources> {
    let mut search = Search {
        format: config.format,
        output: output.and_then(|path| fs::canonicalize(path).ok()),
        found: Vec::new(),
        seen: BTreeMap::new(),
        repeated: Vec::new(),
        bases: Vec::new(),
        sources: Sources::default(),
    };
    for input in inputs {
        search.input(input)?;
    }
    search.spool(stdin)?;
    search.finish()
}

/// A file on its way to becoming a source.
struct Found {
    given: String,
    path: PathBuf,
    /// Absolute, for naming; `None` for what is read from a pipe.
    place: Option<PathBuf>,
    kind: Option<Kind>,
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kind {
    format: SourceFormat,
    compression: Compression,
    /// Why nothing in it can be read.
    problem: Option<String>,
}

struct Search {
    format: Format,
    output: Option<PathBuf>,
    found: Vec<Found>,
    /// Canonical path → how it was given first.
    seen: BTreeMap<PathBuf, String>,
    /// What was given again, and as what it was given first.
    repeated: Vec<String>,
    /// Folders whose deepest common one the relative paths start from.
    bases: Vec<PathBuf>,
    sources: Sources,
}

impl Search {
    fn input(&mut self, given: &str) -> Result<()> {
        if given == "-" {
            self.pipe(Path::new(given));
            return Ok(());
        }
        match fs::metadata(given) {
            Ok(_) => self.existing(Path::new(given)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && given.starts_with('@') => {
                self.list(&given[1..])
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(given)(error)),
            Err(_) if walk::has_wildcard(given) => {
                let matches = walk::expand(given)?.map_err(|problem| input_error(given, problem))?;
                if matches.is_empty() {
                    return Err(input_error(given, "no file matches this pattern"));
                }
                matches.iter().try_for_each(|path| self.existing(path))
            }
            Err(_) => Err(input_error(given, "there is no such file or folder")),
        }
    }

    /// Takes up what a list names, one a line, blank lines left out. Paths are relative to the working directory, as
    /// `find` prints them; a list is not taken from a list.
    fn list(&mut self, list: &str) -> Result<()> {
        let text = match fs::read_to_string(list) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(input_error(&format!("@{list}"), format!("there is no list `{list}`")));
            }
            Err(error) => return Err(Error::io(list)(error)),
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut named = 0;
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            named += 1;
            let outcome = match line.strip_prefix('@').filter(|_| !Path::new(line).exists()) {
                Some(_) => Err(input_error(line, "a list in a list is not followed")),
                None => self.input(line),
            };
            outcome.map_err(|error| match error {
                Error::Input { input, problem } => {
                    input_error(&input, format!("{problem} (line {number} of `{list}`)"))
                }
                other => other,
            })?;
        }
        if named == 0 { Err(input_error(&format!("@{list}"), "the list names no file")) } else { Ok(()) }
    }

    fn existing(&mut self, path: &Path) -> Result<()> {
        let kind = fs::metadata(path).map_err(Error::io(path))?;
        if kind.is_dir() {
            self.folder(path)
        } else if kind.is_file() {
            self.file(path)
        } else {
            self.pipe(path);
            Ok(())
        }
    }

    fn file(&mut self, path: &Path) -> Result<()> {
        let given = path.to_string_lossy().into_owned();
        let canonical = fs::canonicalize(path).map_err(Error::io(path))?;
        if self.is_output(&canonical) {
            return Err(input_error(&given, "lies in the output folder: choose another one with `-o`"));
        }
        if !self.is_new(canonical, &given) {
            return Ok(());
        }
        let kind = sniff(path, self.format)?.map_err(|name| refusal(&given, &name))?;
        let place = absolute(path)?;
        self.bases.extend(place.parent().map(Path::to_path_buf));
        self.found.push(Found { given, path: path.to_path_buf(), place: Some(place), kind: Some(kind) });
        Ok(())
    }

    fn folder(&mut self, folder: &Path) -> Result<()> {
        let given = &*folder.to_string_lossy();
        let base = absolute(folder)?;
        let listing = walk::walk(folder)?;
        let mut usable = 0;
        let mut foreign = Vec::new();
        for relative in &listing.files {
            let path = folder.join(relative);
            let canonical = fs::canonicalize(&path).map_err(Error::io(&path))?;
            if self.is_output(&canonical) {
                continue;
            }
            let shown = path.to_string_lossy().into_owned();
            match sniff(&path, self.format)? {
                Err(name) => foreign.push(format!("`{}` ({name})", relative.display())),
                Ok(kind) => {
                    usable += 1;
                    if self.is_new(canonical, &shown) {
                        let place = Some(base.join(relative));
                        self.found.push(Found { given: shown, path, place, kind: Some(kind) });
                    }
                }
            }
        }
        if usable == 0 {
            let problem = if foreign.is_empty() {
                "the folder holds no file".to_owned()
            } else {
                format!("the folder holds no file that dechaff reads, only {}", examples(&foreign))
            };
            return Err(input_error(given, problem));
        }
        if !foreign.is_empty() {
            self.warn(format!("{given}: passed over what dechaff does not read: {}", examples(&foreign)));
        }
        if !listing.dead_ends.is_empty() {
            let links: Vec<_> =
                listing.dead_ends.iter().map(|link| format!("`{}`", link.display())).collect();
            self.warn(format!("{given}: passed over links that lead back or nowhere: {}", examples(&links)));
        }
        self.bases.push(base);
        Ok(())
    }

    /// Notes what is read from standard input or a named pipe, once everything else was found good.
    fn pipe(&mut self, path: &Path) {
        let given = path.to_string_lossy().into_owned();
        if self.is_new(path.to_path_buf(), &given) {
            self.found.push(Found { given, path: path.to_path_buf(), place: None, kind: None });
        }
    }

    /// Whether a file is one that an earlier run left.
    fn is_output(&self, canonical: &Path) -> bool {
        self.output.as_ref().is_some_and(|output| canonical.starts_with(output))
    }

    fn spool(&mut self, stdin: &mut dyn Read) -> Result<()> {
        for found in self.found.iter_mut().filter(|found| found.place.is_none()) {
            let mut copy = tempfile::NamedTempFile::new().map_err(Error::io(std::env::temp_dir()))?;
            let outcome = if found.given == "-" {
                io::copy(stdin, &mut copy)
            } else {
                let mut pipe = File::open(&found.path).map_err(Error::io(&found.path))?;
                io::copy(&mut pipe, &mut copy)
            };
            outcome.map_err(Error::io(&found.given))?;
            let copy = copy.into_temp_path();
            found.path = copy.to_path_buf();
            self.sources.spools.push(copy);
            let kind = sniff(&found.path, self.format)?.map_err(|name| refusal(&found.given, &name))?;
            found.kind = Some(kind);
        }
        Ok(())
    }

    /// JSONL that is named as text would be cut up as text.
    fn warn_of_objects(&mut self) -> Result<()> {
        if self.format != Format::Auto {
            return Ok(());
        }
        let mut named_text = Vec::new();
        for found in &self.found {
            if let Some(Kind { format: SourceFormat::Txt, compression, problem: None }) = found.kind
                && extension(&found.path, compression) == "txt"
                && sniff::first_line_is_object(&head(&found.path, compression)?)
            {
                named_text.push(format!("`{}`", found.given));
            }
        }
        if !named_text.is_empty() {
            self.warn(format!(
                "read as plain text, though its first line is a JSON object (`--format jsonl` reads records): {}",
                examples(&named_text)
            ));
        }
        Ok(())
    }

    fn is_new(&mut self, canonical: PathBuf, given: &str) -> bool {
        if let Some(first) = self.seen.get(&canonical) {
            self.repeated.push(format!("`{given}` is `{first}`"));
            return false;
        }
        self.seen.insert(canonical, given.to_owned());
        true
    }

    fn warn(&mut self, warning: String) {
        self.sources.warnings.push(warning);
    }

    fn finish(mut self) -> Result<Sources> {
        if self.found.is_empty() {
            return Err(input_error("INPUT", "give at least one file, folder or `-`"));
        }
        if !self.repeated.is_empty() {
            let warning = format!("read once, though given more than once: {}", examples(&self.repeated));
            self.warn(warning);
        }
        self.warn_of_objects()?;
        let base = common(&self.bases);
        let mut taken: BTreeSet<PathBuf> = BTreeSet::new();
        let mut folders: BTreeMap<PathBuf, String> = BTreeMap::new();
        let mut named: Vec<PathBuf> = Vec::with_capacity(self.found.len());
        // Files keep their names; pipes take one that is free.
        for found in &self.found {
            taken.extend(found.place.as_deref().map(|place| below(place, &base)));
        }
        for found in &self.found {
            let Kind { format, compression, .. } = *found.kind.as_ref().expect("every file was looked at");
            named.push(match &found.place {
                Some(place) => below(place, &base),
                None => free_name(&found.given, format, compression, &mut taken),
            });
        }
        for (found, relative) in self.found.into_iter().zip(named) {
            let Kind { format, compression, ref problem } =
                *found.kind.as_ref().expect("every file was looked at");
            let problem = problem.clone();
            let clean = match format {
                SourceFormat::Html => text_name(&relative, compression, &mut taken),
                _ => relative.clone(),
            };
            let folder = match found.place.as_deref().and_then(Path::parent) {
                Some(parent) => {
                    let spelled = Path::new(&found.given).parent().unwrap_or(Path::new(""));
                    let spelled = if spelled.as_os_str().is_empty() { Path::new(".") } else { spelled };
                    folders
                        .entry(parent.to_path_buf())
                        .or_insert_with(|| spelled.to_string_lossy().into_owned())
                        .clone()
                }
                None => String::new(),
            };
            let size = fs::metadata(&found.path).map_err(Error::io(&found.path))?.len();
            let index = u32::try_from(self.sources.list.len())
                .map_err(|_| input_error(&found.given, "more than four thousand million files"))?;
            let Found { given, path, .. } = found;
            self.sources.list.push(Source {
                index,
                given,
                path,
                relative,
                clean,
                format,
                compression,
                size,
                problem,
                folder,
            });
        }
        Ok(self.sources)
    }
}

/// Format and compression of a file, or the name of what it is instead.
fn sniff(path: &Path, wanted: Format) -> Result<Result<Kind, String>> {
    let mut magic = Vec::new();
    File::open(path).and_then(|file| file.take(8).read_to_end(&mut magic)).map_err(Error::io(path))?;
    let compression = Compression::of(&magic);
    let format = match wanted {
        Format::Txt => Ok(SourceFormat::Txt),
        Format::Html => Ok(SourceFormat::Html),
        Format::Jsonl => Ok(SourceFormat::Jsonl),
        Format::Warc => Ok(SourceFormat::Warc),
        Format::Parquet => Ok(SourceFormat::Parquet),
        Format::Csv if matches!(&*extension(path, compression), "tsv" | "tab") => Ok(SourceFormat::Tsv),
        Format::Csv => Ok(SourceFormat::Csv),
        Format::Auto => sniff::format(&head(path, compression)?, &extension(path, compression)),
    };
    Ok(match format {
        Ok(SourceFormat::Parquet) if compression != Compression::None => {
            Err("Parquet inside a compressed file (decompress it: Parquet is compressed in itself)"
                .to_owned())
        }
        Ok(format @ SourceFormat::Parquet) => match parquet::metadata(path).map_err(Error::io(path))? {
            Ok(_) => Ok(Kind { format, compression, problem: None }),
            // It was one: what is left of it stays, and stops no other.
            Err(Unread::Damaged(problem)) if magic.starts_with(b"PAR1") => Ok(Kind {
                format: SourceFormat::Txt,
                compression,
                problem: Some(format!("a Parquet file that cannot be read: {problem}")),
            }),
            Err(problem) => Err(format!("a Parquet file that cannot be read ({problem})")),
        },
        other => other.map(|format| Kind { format, compression, problem: None }).map_err(str::to_owned),
    })
}

/// The first decompressed bytes. Damage is found again, and reported, when the file is read.
fn head(path: &Path, compression: Compression) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    Decoder::open(path, SourceFormat::Txt, compression)?.fill(&mut head, sniff::HEAD)?;
    Ok(head)
}

/// The extension in lower case, the one below that of the compression.
fn extension(path: &Path, compression: Compression) -> String {
    let lower = |path: &Path| path.extension().map(|name| name.to_string_lossy().to_lowercase());
    match lower(path) {
        Some(outer) if compression != Compression::None && is_compression(&outer) => {
            path.file_stem().and_then(|stem| lower(Path::new(stem))).unwrap_or_default()
        }
        other => other.unwrap_or_default(),
    }
}

/// The first few of a list, and how many more there are.
pub(crate) fn examples(items: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = items[..items.len().min(SHOWN)].join(", ");
    match items.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn refusal(input: &str, name: &str) -> Error {
    let problem = format!(
        "looks like {name}; dechaff reads text, HTML, JSONL, CSV, TSV, Parquet and WARC, plain or as .gz, .zst, .bz2, .xz (`--format txt` and its like read it all the same)"
    );
    input_error(input, problem)
}

fn input_error(input: &str, problem: impl Into<String>) -> Error {
    Error::Input { input: input.to_owned(), problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new(files: &[(&str, &[u8])]) -> Self {
            let folder = tempfile::tempdir().expect("a temporary folder");
            for (file, bytes) in files {
                let path = folder.path().join(file);
                fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
                fs::write(path, bytes).expect("a file");
            }
            Tree(folder)
        }

        fn at(&self, path: &str) -> String {
            self.0.path().join(path).to_str().expect("a plain name").to_owned()
        }

        fn find(&self, inputs: &[&str]) -> Result<Sources> {
            let inputs: Vec<String> = inputs.iter().map(|input| self.at(input)).collect();
            discover_with(&inputs, &InputConfig::default(), None, &mut io::empty())
        }

        fn refused(&self, inputs: &[&str]) -> String {
            self.find(inputs).expect_err("must be refused").to_string()
        }
    }

    fn names(sources: &Sources) -> Vec<&str> {
        sources.list.iter().map(|source| source.relative.to_str().expect("a plain name")).collect()
    }

    #[test]
    fn names_start_at_the_deepest_common_folder() {
        let tree = Tree::new(&[("a/b/1.txt", b"x"), ("a/c/d/2.jsonl", b"{}"), ("a/c/d/3.txt", b"x")]);
        assert_eq!(names(&tree.find(&["a/b/1.txt"]).expect("found")), ["1.txt"]);
        assert_eq!(names(&tree.find(&["a/c"]).expect("found")), ["d/2.jsonl", "d/3.txt"]);
        assert_eq!(
            names(&tree.find(&["a/c/d", "a/b/1.txt"]).expect("found")),
            ["c/d/2.jsonl", "c/d/3.txt", "b/1.txt"]
        );
        assert_eq!(
            names(&tree.find(&["a/c/../b/1.txt", "a/c/d/3.txt"]).expect("found")),
            ["b/1.txt", "c/d/3.txt"]
        );
        let found = tree.find(&["a/c/d/*"]).expect("found");
        assert_eq!(found.list[1].given, tree.at("a/c/d/3.txt"));
        assert_eq!((found.list[1].index, found.list[1].size), (1, 1));
        assert_eq!(found.list[1].folder, tree.at("a/c/d"));
    }

    #[test]
    fn the_same_file_is_read_once() {
        let tree = Tree::new(&[("a/1.txt", b"x"), ("a/2.txt", b"y")]);
        let found = tree.find(&["a/2.txt", "a", "a/../a/1.txt"]).expect("found");
        assert_eq!(names(&found), ["2.txt", "1.txt"]);
        assert_eq!(found.warnings.len(), 1);
        assert_eq!(found.warnings[0].matches(" is `").count(), 2, "{:?}", found.warnings);
    }

    #[test]
    fn a_literal_name_beats_a_pattern() {
        let tree = Tree::new(&[("[ab].txt", b"x"), ("a.txt", b"y")]);
        assert_eq!(names(&tree.find(&["[ab].txt"]).expect("found")), ["[ab].txt"]);
        assert_eq!(names(&tree.find(&["[a].txt"]).expect("found")), ["a.txt"]);
    }

    #[test]
    fn what_cannot_be_read_stops_the_run_and_says_why() {
        let tree = Tree::new(&[("a/paper.pdf", b"%PDF-1.7"), ("empty/.hidden", b"x"), ("ok.txt", b"x")]);
        assert!(tree.refused(&["missing.txt"]).contains("there is no such file"));
        assert!(tree.refused(&["no*.txt"]).contains("no file matches"));
        assert!(tree.refused(&["a/paper.pdf"]).contains("PDF"));
        assert!(tree.refused(&["a"]).contains("no file that dechaff reads"));
        assert!(tree.refused(&["empty"]).contains("holds no file"));
        assert!(discover_with(&[], &InputConfig::default(), None, &mut io::empty()).is_err());
        let forced = InputConfig { format: Format::Txt, ..InputConfig::default() };
        assert!(discover_with(&[tree.at("a/paper.pdf")], &forced, None, &mut io::empty()).is_ok());
    }

    #[test]
    fn a_damaged_file_is_an_input_of_which_nothing_can_be_read() {
        let tree = Tree::new(&[("a/x.parquet", b"PAR1..PAR1"), ("a/ok.txt", b"x")]);
        for inputs in [&["a"][..], &["a/ok.txt", "a/x.parquet"]] {
            let found = tree.find(inputs).expect("found");
            assert_eq!(names(&found), ["ok.txt", "x.parquet"]);
            assert!(found.list[1].problem.as_deref().is_some_and(|problem| problem.contains("Parquet")));
        }
    }

    #[test]
    fn other_formats_in_a_folder_are_passed_over_and_named() {
        let tree = Tree::new(&[("a/logo.png", b"\x89PNG"), ("a/b.dat", b"%PDF-1.7"), ("a/page.txt", b"x")]);
        let found = tree.find(&["a"]).expect("found");
        assert_eq!(names(&found), ["page.txt"]);
        assert!(
            found.warnings[0].contains("`b.dat` (PDF), `logo.png` (a PNG image)"),
            "{:?}",
            found.warnings
        );
    }

    #[test]
    fn jsonl_in_text_clothing_is_mentioned() {
        let tree = Tree::new(&[("a.txt", b"{\"text\":\"x\"}\n"), ("b.txt", b"{x}\n")]);
        let found = tree.find(&["a.txt", "b.txt"]).expect("found");
        assert!(found.list.iter().all(|source| source.format == SourceFormat::Txt));
        assert!(found.warnings[0].contains("a.txt") && !found.warnings[0].contains("b.txt"));
    }

    #[cfg(unix)]
    #[test]
    fn names_may_be_any_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let tree = Tree::new(&[]);
        let name = std::ffi::OsStr::from_bytes(b"p\xffge.txt");
        fs::write(tree.0.path().join(name), "x").expect("a file");
        for input in [".", "*.txt"] {
            let found = tree.find(&[input]).expect("found");
            assert_eq!(found.list[0].relative, Path::new(name));
            assert!(found.list[0].path.exists());
        }
    }

    #[test]
    fn an_earlier_output_is_no_input() {
        let tree = Tree::new(&[("a/page.txt", b"x"), ("a/out/clean/page.txt", b"x")]);
        let output = tree.at("a/out");
        let find = |input: &str| {
            let input = [tree.at(input)];
            discover_with(&input, &InputConfig::default(), Some(Path::new(&output)), &mut io::empty())
        };
        assert_eq!(names(&find("a").expect("found")), ["page.txt"]);
        assert!(find("a/out/clean/page.txt").is_err());
    }

    #[test]
    fn standard_input_is_copied_once() {
        let tree = Tree::new(&[("stdin.jsonl", b"{}")]);
        let inputs = ["-".to_owned(), tree.at("stdin.jsonl"), "-".to_owned()];
        let mut stdin = &b"{\"text\":\"x\"}\n"[..];
        let found = discover_with(&inputs, &InputConfig::default(), None, &mut stdin).expect("found");
        assert_eq!(names(&found), ["stdin-2.jsonl", "stdin.jsonl"]);
        assert_eq!((found.list[0].given.as_str(), found.list[0].size), ("-", 13));
        assert_eq!(found.warnings.len(), 1);
        let copy = found.list[0].path.clone();
        assert!(copy.exists());
        drop(found);
        assert!(!copy.exists());
    }

    #[test]
    fn compression_is_told_from_content() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut gz, b"{\"text\":1}\n").expect("in memory");
        let gz = gz.finish().expect("in memory");
        let zst = zstd::encode_all(&b"plain"[..], 1).expect("in memory");
        let tree = Tree::new(&[("a.bin", &gz), ("b.txt.zst", &zst), ("c.jsonl.gz", b"{}")]);
        let found = tree.find(&["a.bin", "b.txt.zst", "c.jsonl.gz"]).expect("found");
        let kinds: Vec<_> = found.list.iter().map(|source| (source.format, source.compression)).collect();
        let expected = [
            (SourceFormat::Jsonl, Compression::Gzip),
            (SourceFormat::Txt, Compression::Zstd),
            (SourceFormat::Jsonl, Compression::None),
        ];
        assert_eq!(kinds, expected);
    }
}
