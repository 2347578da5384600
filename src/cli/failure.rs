//! Why a command could not be done, as it is told: what is wrong, where, what to do.

use std::io;
use std::path::Path;

use dechaff::Error;

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Standard output was closed by who read it.
    Closed,
    /// Something the user must know.
    Message(Message),
}

/// An error message.
#[derive(Debug)]
pub(crate) struct Message {
    /// One sentence, lower case, without a full stop.
    pub(crate) problem: String,
    /// What to do, where `problem` does not say it.
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Failure::Message(Message { problem: problem.into(), hint: None })
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        match self {
            Failure::Message(message) => Failure::Message(Message { hint: Some(hint.into()), ..message }),
            Failure::Closed => self,
        }
    }
}

/// Reads a text file that a flag names.
pub(crate) fn read(flag: &str, path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("`{}`, given as `{flag}`: {}", path.display(), system(&error))))
}

/// Something is wrong in a file that the user wrote.
pub(crate) fn in_file(path: &Path, line: Option<usize>, problem: &str) -> Failure {
    let line = line.map_or(String::new(), |line| format!(" line {line}"));
    Failure::new(format!("`{}`{line}: {problem}", path.display()))
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let is_temporary = matches!(&error, Error::Io { path, .. } if *path == std::env::temp_dir());
        let failure = Failure::new(match &error {
            Error::Io { path, source } => format!("`{}`: {}", path.display(), system(source)),
            Error::Setting { setting, problem } if setting.contains('`') => format!("{setting}: {problem}"),
            Error::Setting { setting, problem } => format!("`{setting}`: {problem}"),
            Error::Input { input, problem } => format!("`{input}`: {problem}"),
            Error::Output { path, problem } | Error::Run { path, problem } => {
                format!("`{}`: {problem}", path.display())
            }
            other => other.to_string(),
        });
        match is_temporary {
            true => failure
                .hint("temporary files go there: give `TMPDIR` a folder with room, or give more `--memory`"),
            false => failure,
        }
    }
}

/// What the system said, in the style of our own messages.
fn system(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => error.kind().to_string(),
    }
}
