//! A folder that appears whole or not at all.
//!
//! Everything is written into a hidden folder beside the target, synced, and renamed into place. A process that is
//! killed leaves at most the hidden folder, which the next one into the same target takes away; one that fails removes
//! it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::leftovers::{ASIDE, Hidden, Purpose, sweep};
use crate::error::{Error, Result};

/// What may happen to a folder that is already there. An empty one may always be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// Nothing.
    Refuse,
    /// It is replaced if it holds a `run.json`, that is, if an earlier run made it.
    Force,
}

/// A folder under construction; dropped without [`commit`](OutputDir::commit), it vanishes.
///
/// ```
/// use dechaff::output::{OutputDir, Overwrite};
/// # let place = tempfile::tempdir().unwrap();
/// let target = place.path().join("out");
/// let folder = OutputDir::create(&target, Overwrite::Refuse).unwrap();
/// std::fs::write(folder.path().join("run.json"), "{}").unwrap();
/// assert!(!target.exists());
/// folder.commit().unwrap();
/// assert!(target.join("run.json").exists());
/// ```
#[derive(Debug)]
pub struct OutputDir {
    target: PathBuf,
    overwrite: Overwrite,
    building: Hidden,
}

impl OutputDir {
    /// Starts a folder that will stand at `target`; folders above it are made.
    ///
    /// # Errors
    /// [`Error::Output`] when something stands there that may not be replaced, [`Error::Io`] when the folder cannot
    /// be made.
    pub fn create(target: &Path, overwrite: Overwrite) -> Result<Self> {
        // A link to a folder stays a link: the folder that it leads to is replaced.
        let target = match fs::canonicalize(target) {
            Ok(existing) => existing,
            Err(_) => std::path::absolute(target).map_err(Error::io(target))?,
        };
        sweep(&target);
        check(&target, overwrite)?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(refuse(&target, "cannot be replaced: name a folder below it"));
        };
        fs::create_dir_all(parent).map_err(Error::io(parent))?;
        let building = Hidden::create(parent, name, Purpose::Building)?;
        Ok(Self { target, overwrite, building })
    }

    /// Where the files are to be written.
    pub fn path(&self) -> &Path {
        self.building.path()
    }

    /// Syncs everything and renames the folder into place.
    ///
    /// # Errors
    /// As [`create`](OutputDir::create); the target is then what it was before.
    pub fn commit(self) -> Result<()> {
        sync(self.building.path())?;
        check(&self.target, self.overwrite)?;
        let (Some(parent), Some(name)) = (self.target.parent(), self.target.file_name()) else {
            return Err(refuse(&self.target, "cannot be replaced"));
        };
        if self.target.exists() {
            // Renamed away first, so that at no time a half-deleted folder bears the name.
            let old = Hidden::create(parent, name, Purpose::Aside)?;
            let aside = old.path().join(ASIDE);
            fs::rename(&self.target, &aside).map_err(Error::io(&self.target))?;
            if let Err(error) = fs::rename(self.building.path(), &self.target) {
                fs::rename(&aside, &self.target).map_err(Error::io(&self.target))?;
                return Err(Error::io(&self.target)(error));
            }
        } else {
            fs::rename(self.building.path(), &self.target).map_err(Error::io(&self.target))?;
        }
        self.building.moved();
        sync_folder(parent)
    }
}

fn refuse(path: &Path, problem: &str) -> Error {
    Error::Output { path: path.to_path_buf(), problem: problem.to_owned() }
}

/// Whether `target` may be replaced.
fn check(target: &Path, overwrite: Overwrite) -> Result<()> {
    let kind = match fs::symlink_metadata(target) {
        Ok(kind) => kind,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io(target)(error)),
    };
    if !kind.is_dir() {
        return Err(refuse(target, "is there and is no folder: choose another name"));
    }
    if fs::read_dir(target).map_err(Error::io(target))?.next().is_none() {
        return Ok(());
    }
    match overwrite {
        Overwrite::Force if target.join("run.json").is_file() => match foreign(target)? {
            None => Ok(()),
            Some(name) => Err(refuse(
                target,
                &format!("holds `{name}`, which no run writes: move it away or choose another folder"),
            )),
        },
        Overwrite::Force => Err(refuse(
            target,
            "holds files but no `run.json`, so no run of dechaff made it: empty it or choose another folder",
        )),
        Overwrite::Refuse => Err(refuse(target, "is there and not empty: choose another folder")),
    }
}

/// What a run writes into its folder; docs/FORMATS.md has a section on each.
const WRITTEN: [&str; 13] = [
    "chrome.jsonl",
    "clean",
    "clusters.jsonl",
    "documents.jsonl",
    "matches.jsonl",
    "members.csv",
    "members.jsonl",
    "removed.jsonl",
    "report.html",
    "restore.bin.zst",
    "run.json",
    "sites.csv",
    "skipped.jsonl",
];

/// The first name in a run's folder, by order of names, that no run puts there.
fn foreign(folder: &Path) -> Result<Option<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        names.push(entry.map_err(Error::io(folder))?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names.into_iter().find(|name| !WRITTEN.contains(&name.as_str())))
}

/// Syncs all files and folders below `folder`, and itself.
fn sync(folder: &Path) -> Result<()> {
    let mut folders = vec![folder.to_path_buf()];
    let mut files = Vec::new();
    let mut next = 0;
    while let Some(path) = folders.get(next).cloned() {
        for entry in fs::read_dir(&path).map_err(Error::io(&path))? {
            let entry = entry.map_err(Error::io(&path))?;
            let is_folder = entry.file_type().map_err(Error::io(entry.path()))?.is_dir();
            if is_folder { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
        next += 1;
    }
    // A sync takes milliseconds: a corpus of small text files would wait for minutes.
    #[cfg(target_os = "linux")]
    if files.len() > MANY {
        let handle = File::open(folder).map_err(Error::io(folder))?;
        return rustix::fs::syncfs(handle).map_err(|error| Error::io(folder)(error.into()));
    }
    for path in &files {
        File::open(path).and_then(|file| file.sync_all()).map_err(Error::io(path))?;
    }
    folders.iter().try_for_each(|folder| sync_folder(folder))
}

/// From so many files on, the whole file system is synced at once instead.
#[cfg(target_os = "linux")]
const MANY: usize = 64;

/// Makes the names in a folder lasting, where the system can sync folders.
fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(folder).and_then(|file| file.sync_all()).map_err(Error::io(folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn build(target: &Path, overwrite: Overwrite, file: &str) -> Result<()> {
        let folder = OutputDir::create(target, overwrite)?;
        fs::create_dir_all(folder.path().join("clean/deep")).expect("a folder");
        fs::write(folder.path().join(file), "x").expect("a file");
        folder.commit()
    }

    #[test]
    fn appears_whole_and_leaves_nothing_beside() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let target = place.path().join("above/out");
        build(&target, Overwrite::Refuse, "run.json").expect("a new folder");
        assert_eq!(names(&target), ["clean", "run.json"]);
        assert_eq!(names(&place.path().join("above")), ["out"]);
    }

    #[test]
    fn dropped_without_commit_it_vanishes() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let folder = OutputDir::create(&place.path().join("out"), Overwrite::Refuse).expect("a new folder");
        fs::write(folder.path().join("half"), "x").expect("a file");
        drop(folder);
        assert!(names(place.path()).is_empty());
    }

    #[test]
    fn only_runs_are_replaced_and_only_by_force() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let target = place.path().join("out");
        fs::create_dir(&target).expect("a folder");
        build(&target, Overwrite::Refuse, "run.json").expect("an empty folder is free");
        let refused = build(&target, Overwrite::Refuse, "new").expect_err("not empty");
        assert!(refused.to_string().contains("not empty"), "{refused}");
        fs::write(target.join("mine"), "x").expect("a file");
        let refused = build(&target, Overwrite::Force, "new").expect_err("somebody's file is there");
        assert!(refused.to_string().contains("`mine`"), "{refused}");
        fs::remove_file(target.join("mine")).expect("it was there");
        build(&target, Overwrite::Force, "notes").expect("a run may be replaced");
        assert_eq!(names(&target), ["clean", "notes"]);
        let refused = build(&target, Overwrite::Force, "new").expect_err("no run made it");
        assert!(refused.to_string().contains("run.json"), "{refused}");
        assert_eq!(names(place.path()), ["out"]);
        let file = place.path().join("file");
        fs::write(&file, "x").expect("a file");
        assert!(build(&file, Overwrite::Force, "new").is_err());
        assert!(build(Path::new("/"), Overwrite::Force, "new").is_err());
    }

    #[test]
    fn what_appears_meanwhile_is_not_overwritten() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let target = place.path().join("out");
        let folder = OutputDir::create(&target, Overwrite::Refuse).expect("a new folder");
        fs::create_dir(&target).expect("a folder");
        fs::write(target.join("theirs"), "x").expect("a file");
        assert!(folder.commit().is_err());
        assert_eq!(names(&target), ["theirs"]);
        assert_eq!(names(place.path()), ["out"]);
    }

    /// Makes what a killed run leaves: a hidden folder that nobody has locked.
    fn left_behind(place: &Path, name: &str, file: &str) {
        fs::create_dir_all(place.join(name).join(file).parent().expect("a parent")).expect("a folder");
        fs::write(place.join(name).join(file), "x").expect("a file");
    }

    #[cfg(unix)]
    #[test]
    fn what_dead_runs_left_is_taken_away() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let target = place.path().join("out");
        left_behind(place.path(), ".out.tmp-abc123", "clean/half");
        left_behind(place.path(), ".out.old-abc123", "run/run.json");
        assert!(OutputDir::create(&target, Overwrite::Refuse).is_err(), "what was moved aside is back");
        assert_eq!((names(place.path()), names(&target)), (vec!["out".into()], vec!["run.json".into()]));
        // Where something is in its place, it was to go.
        left_behind(place.path(), ".out.old-abc123", "run/run.json");
        drop(OutputDir::create(&target, Overwrite::Force).expect("a run may be replaced"));
        assert_eq!(names(place.path()), ["out"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_run_that_lives_keeps_its_folder_and_others_keep_theirs() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let target = place.path().join("out");
        let others = [".out.tmp-notes", ".out2.tmp-abc123", ".other.tmp-abc123", "out.tmp-abc123"];
        others.iter().for_each(|name| left_behind(place.path(), name, "mine"));
        fs::write(place.path().join(".out.tmp-xyz789"), "a file").expect("a file");
        let first = OutputDir::create(&target, Overwrite::Refuse).expect("a run");
        fs::write(first.path().join("run.json"), "{}").expect("a file");
        left_behind(place.path(), ".out.tmp-abc123", "clean/half");
        let second = OutputDir::create(&target, Overwrite::Refuse).expect("another run");
        assert!(first.path().exists() && second.path().exists());
        first.commit().expect("the target is free");
        drop(second);
        let mut left: Vec<&str> = others.into_iter().chain([".out.tmp-xyz789", "out"]).collect();
        left.sort_unstable();
        assert_eq!(names(place.path()), left);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_the_usual_rights_apply() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| place.path().join(name);
        fs::create_dir(at("real")).expect("a folder");
        std::os::unix::fs::symlink(at("real"), at("link")).expect("a link");
        build(&at("link"), Overwrite::Refuse, "run.json").expect("an empty folder");
        assert!(fs::symlink_metadata(at("link")).expect("the link").is_symlink());
        assert_eq!(names(&at("real")), ["clean", "run.json"]);
        let mode = |path: PathBuf| fs::metadata(path).expect("a folder").permissions().mode();
        fs::create_dir(at("plain")).expect("a folder");
        assert_eq!(mode(at("real")), mode(at("plain")));
    }
}
