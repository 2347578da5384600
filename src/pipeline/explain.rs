//! A finished run, read back: what became of a document or a line, and how two texts compare.
//!
//! In: the run's logs, and for the texts its inputs, which are read again. Cost: each log is read once from front to
//! back, an input up to its end (only so is it known to be what the run read); memory is that of the rows that
//! concern the unit, and of its document.

mod address;
mod compare;
mod findings;
mod page;
mod rows;

pub use address::{Address, Found, Place};
pub use compare::{Compared, View, compare};
pub use findings::Logged;
pub use page::{Page, Unread};
pub use rows::{ClusterRow, DocumentRow, FactsRow, MemberRow, RemovedRow, UnitRow};

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::run::Rewrite;
use crate::config::Config;
use crate::error::{Error, Result};

/// The folder of a finished run.
#[derive(Debug)]
pub struct Run {
    folder: PathBuf,
    /// How the run was configured.
    pub config: Config,
    /// What it wrote besides the logs of what was found.
    pub rewrite: Rewrite,
    /// What it read, in order.
    pub inputs: Vec<Input>,
}

/// An input of a finished run.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// The path as given.
    pub path: String,
    /// Where it is under `clean/`; `None` for a reference.
    pub relative: Option<String>,
    /// Bytes decompressed.
    pub bytes: u64,
    /// Identity of the decompressed bytes.
    pub xxh3: String,
}

/// What is read of `run.json`.
#[derive(Deserialize)]
struct RunFile {
    config: Config,
    rewrite: Rewrite,
    inputs: Vec<Input>,
}

impl Run {
    /// Opens the folder of a finished run.
    ///
    /// # Errors
    /// [`Error::Run`] when there is no `run.json` in it, or none that this version can read.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("run.json");
        let damaged = |problem: String| Error::Run { path: path.clone(), problem };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let problem = "holds no `run.json`: name a folder that was given as `-o`".to_owned();
                return Err(Error::Run { path: folder.to_path_buf(), problem });
            }
            Err(error) => return Err(Error::io(path)(error)),
        };
        let run: RunFile = serde_json::from_str(&text)
            .map_err(|error| damaged(format!("was not written by this version, or was edited: {error}")))?;
        Ok(Self {
            folder: folder.to_path_buf(),
            config: run.config,
            rewrite: run.rewrite,
            inputs: run.inputs,
        })
    }
}
