//! A file that appears whole or not at all: written beside the target, synced, and renamed into place.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Overwrite;
use crate::error::{Error, Result};

/// A file under construction; dropped before it was [written](OutputFile::write), it vanishes.
///
/// ```
/// use dechaff::output::{OutputFile, Overwrite};
/// # let place = tempfile::tempdir().unwrap();
/// let target = place.path().join("notes");
/// let file = OutputFile::create(&target, Overwrite::Refuse, "notes:").unwrap();
/// assert!(!target.exists());
/// file.write(b"notes: none").unwrap();
/// assert!(OutputFile::create(&target, Overwrite::Refuse, "notes:").is_err());
/// assert!(OutputFile::create(&target, Overwrite::Force, "notes:").is_ok());
/// ```
#[derive(Debug)]
pub struct OutputFile {
    target: PathBuf,
    overwrite: Overwrite,
    building: NamedTempFile,
}

impl OutputFile {
    /// Starts a file that will stand at `target`; folders above it are made. With [`Overwrite::Force`] a file is
    /// replaced that starts with `beginning`.
    ///
    /// # Errors
    /// [`Error::Output`] when something stands there that may not be replaced, [`Error::Io`] when the file cannot be
    /// made.
    pub fn create(target: &Path, overwrite: Overwrite, beginning: &str) -> Result<Self> {
        // A link to a file stays a link: the file that it leads to is replaced.
        let target = match fs::canonicalize(target) {
            Ok(existing) => existing,
            Err(_) => std::path::absolute(target).map_err(Error::io(target))?,
        };
        check(&target, overwrite, beginning)?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(refuse(&target, "is a folder: name a file in it"));
        };
        fs::create_dir_all(parent).map_err(Error::io(parent))?;
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(name);
        prefix.push(".tmp-");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix);
        // The file is for the user, not for this process alone: the usual rights apply.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let building = builder.tempfile_in(parent).map_err(Error::io(parent))?;
        Ok(Self { target, overwrite, building })
    }

    /// Writes the file, syncs it and renames it into place.
    ///
    /// # Errors
    /// When it cannot be written, or something appeared at the target meanwhile; the target is then what it was.
    pub fn write(mut self, content: &[u8]) -> Result<()> {
        let path = self.target;
        self.building.write_all(content).map_err(Error::io(&path))?;
        self.building.as_file().sync_all().map_err(Error::io(&path))?;
        let done = match self.overwrite {
            Overwrite::Force => self.building.persist(&path),
            Overwrite::Refuse => self.building.persist_noclobber(&path),
        };
        done.map_err(|error| Error::io(&path)(error.error))?;
        if let (true, Some(parent)) = (cfg!(unix), path.parent()) {
            File::open(parent).and_then(|folder| folder.sync_all()).map_err(Error::io(parent))?;
        }
        Ok(())
    }
}

fn refuse(path: &Path, problem: &str) -> Error {
    Error::Output { path: path.to_path_buf(), problem: problem.to_owned() }
}

/// Whether `target` may be replaced.
fn check(target: &Path, overwrite: Overwrite, beginning: &str) -> Result<()> {
    let kind = match fs::symlink_metadata(target) {
        Ok(kind) => kind,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io(target)(error)),
    };
    if !kind.is_file() {
        return Err(refuse(target, "is there and is no file: choose another name"));
    }
    if overwrite == Overwrite::Refuse {
        return Err(refuse(target, "is there: choose another name"));
    }
    let mut start = Vec::new();
    let file = File::open(target).map_err(Error::io(target))?;
    file.take(beginning.len() as u64).read_to_end(&mut start).map_err(Error::io(target))?;
    if start != beginning.as_bytes() {
        return Err(refuse(target, "is not what would be written there: choose another name"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_kind_is_replaced_and_only_by_force() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| place.path().join(name);
        let write =
            |name: &str, overwrite| OutputFile::create(&at(name), overwrite, "kind")?.write(b"kind: new");
        write("above/new", Overwrite::Refuse).expect("nothing is there");
        fs::write(at("mine"), "kind: old").expect("a file");
        let refused = write("mine", Overwrite::Refuse).expect_err("something is there");
        assert!(refused.to_string().contains("is there"), "{refused}");
        assert_eq!(fs::read(at("mine")).expect("a file"), b"kind: old");
        write("mine", Overwrite::Force).expect("it may be replaced");
        assert_eq!(fs::read(at("mine")).expect("a file"), b"kind: new");
        fs::write(at("theirs"), "letters").expect("a file");
        assert!(write("theirs", Overwrite::Force).is_err());
        assert_eq!(fs::read(at("theirs")).expect("a file"), b"letters");
        assert!(write("above", Overwrite::Force).is_err());
        assert!(write("mine/below", Overwrite::Force).is_err());
    }

    #[test]
    fn unwritten_it_vanishes_and_what_appears_meanwhile_stays() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let target = place.path().join("file");
        drop(OutputFile::create(&target, Overwrite::Refuse, "kind").expect("nothing is there"));
        assert_eq!(fs::read_dir(place.path()).expect("a folder").count(), 0);
        let file = OutputFile::create(&target, Overwrite::Refuse, "kind").expect("nothing is there");
        fs::write(&target, "theirs").expect("a file");
        assert!(file.write(b"kind").is_err());
        assert_eq!(fs::read(&target).expect("a file"), b"theirs");
        assert_eq!(fs::read_dir(place.path()).expect("a folder").count(), 1);
    }
}
