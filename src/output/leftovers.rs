//! Hidden folders beside a target that runs which were killed left behind.
//!
//! A run locks its folder for as long as it lives, before it writes anything into it; the system lifts the lock when
//! the process ends, however it ends. So a folder that holds something and is not locked belongs to no run. Where a
//! file system has no locks, none can be taken, and nothing is touched.

use std::fs::{self, File};
use std::path::Path;

use tempfile::TempDir;

use crate::error::{Error, Result};

/// What a hidden folder is for; its name says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A run's results are built in it.
    Building,
    /// What stood at the target is moved into it, as [`ASIDE`].
    Aside,
}

/// Name of what was moved aside.
pub(super) const ASIDE: &str = "run";

/// A hidden folder that is in use; dropped, it vanishes.
#[derive(Debug)]
pub(super) struct Hidden {
    folder: TempDir,
    /// Open for the lock on it.
    lock: Option<File>,
}

impl Hidden {
    /// Makes one beside a target of this name.
    pub(super) fn create(parent: &Path, name: &std::ffi::OsStr, purpose: Purpose) -> Result<Self> {
        let mut builder = tempfile::Builder::new();
        let prefix = prefix(name, purpose);
        builder.prefix(&prefix);
        // The folder is for the user, not for this process alone: the usual rights apply.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let folder = builder.tempdir_in(parent).map_err(Error::io(parent))?;
        let lock = File::open(folder.path()).ok().filter(|lock| lock.try_lock().is_ok());
        Ok(Self { folder, lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// It was renamed, and stays.
    pub(super) fn moved(self) {
        let _path = self.folder.keep();
        drop(self.lock);
    }
}

fn prefix(name: &std::ffi::OsStr, purpose: Purpose) -> std::ffi::OsString {
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    prefix.push(match purpose {
        Purpose::Building => ".tmp-",
        Purpose::Aside => ".old-",
    });
    prefix
}

/// Takes away what runs into this target left that are no more. What one of them had moved aside comes back if nothing
/// stands in its place. What cannot be taken away stays.
pub(super) fn sweep(target: &Path) {
    let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else { return };
    for purpose in [Purpose::Aside, Purpose::Building] {
        let prefix = prefix(name, purpose);
        let prefix = prefix.as_encoded_bytes();
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            // What tempfile puts behind the prefix: six letters or digits.
            let is_ours = name
                .as_encoded_bytes()
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.len() == RANDOM && rest.iter().all(u8::is_ascii_alphanumeric));
            if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                take(&entry.path(), target, purpose);
            }
        }
    }
}

/// Characters that tempfile makes up.
const RANDOM: usize = 6;

fn take(folder: &Path, target: &Path, purpose: Purpose) {
    let Ok(lock) = File::open(folder) else { return };
    // An empty one may be about to be locked.
    let is_empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if is_empty || lock.try_lock().is_err() {
        return;
    }
    if purpose == Purpose::Aside && !target.exists() {
        // Whoever moved it aside died before its own results came into place.
        if fs::rename(folder.join(ASIDE), target).is_err() {
            return;
        }
    }
    _ = fs::remove_dir_all(folder);
}
