//! Every way the library can fail. A bad record is not here: it is counted and written to `skipped.jsonl`.

use std::path::{Path, PathBuf};

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a run could not be done. Each message says what is wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A setting makes no sense; found before any input is read.
    #[error("{setting}: {problem}")]
    Setting {
        /// The flag or configuration key, as the user writes it.
        setting: String,
        /// What is wrong with it and what would be right.
        problem: String,
    },
    /// An input cannot be used at all.
    #[error("{input}: {problem}")]
    Input {
        /// The input as given.
        input: String,
        /// What is wrong with it and what to do.
        problem: String,
    },
    /// The output folder cannot be used.
    #[error("{}: {problem}", path.display())]
    Output {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        problem: String,
    },
    /// A file of a finished run is missing, damaged, or was edited.
    #[error("{}: {problem}", path.display())]
    Run {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        problem: String,
    },
}

impl Error {
    /// An [`Error::Io`] at `path`, for `map_err`.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.as_ref().to_path_buf();
        move |source| Error::Io { path, source }
    }

    /// An [`Error::Setting`].
    pub fn setting(setting: impl Into<String>, problem: impl Into<String>) -> Error {
        Error::Setting { setting: setting.into(), problem: problem.into() }
    }
}
