//! A folder that appears whole or not at all.
//!
//! Everything is written into a hidden folder beside the target, synced, and renamed into place. A process that is
//! killed leaves at most the hidden folder; one that fails removes it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

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
    building: TempDir,
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
        check(&target, overwrite)?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(refuse(&target, "cannot be replaced: name a folder below it"));
        };
        fs::create_dir_all(parent).map_err(Error::io(parent))?;
        let building = temporary(parent, name, "tmp")?;
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
            let old = temporary(parent, name, "old")?;
            let aside = old.path().join("run");
            fs::rename(&self.target, &aside).map_err(Error::io(&self.target))?;
            if let Err(error) = fs::rename(self.building.path(), &self.target) {
                fs::rename(&aside, &self.target).map_err(Error::io(&self.target))?;
                return Err(Error::io(&self.target)(error));
            }
        } else {
            fs::rename(self.building.path(), &self.target).map_err(Error::io(&self.target))?;
        }
        let _moved = self.building.keep();
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
        Overwrite::Force if target.join("run.json").is_file() => Ok(()),
        Overwrite::Force => Err(refuse(
            target,
            "holds files but no `run.json`, so no run of dechaff made it: empty it or choose another folder",
        )),
        Overwrite::Refuse => Err(refuse(
            target,
            "is there and not empty: choose another folder",
        )),
    }
}

fn temporary(parent: &Path, name: &std::ffi::OsStr, kind: &str) -> Result<TempDir> {
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    prefix.push(format!(".{kind}-"));
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    // The folder is for the user, not for this process alone: the usual rights apply.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    builder.tempdir_in(parent).map_err(Error::io(parent))
}

/// Syncs all files and folders below `folder`, and itself.
fn sync(folder: &Path) -> Result<()> {
    let mut pending = vec![folder.to_path_buf()];
    while let Some(path) = pending.pop() {
        for entry in fs::read_dir(&path).map_err(Error::io(&path))? {
            let entry = entry.map_err(Error::io(&path))?;
            if entry.file_type().map_err(Error::io(entry.path()))?.is_dir() {
                pending.push(entry.path());
            } else {
                File::open(entry.path()).and_then(|file| file.sync_all()).map_err(Error::io(entry.path()))?;
            }
        }
        sync_folder(&path)?;
    }
    Ok(())
}

/// Makes the names in a folder lasting, where the system can sync folders.
fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(folder).and_then(|file| file.sync_all()).map_err(Error::io(folder))?;
    }
    Ok(())
}
