//! What is shown where: data on standard output, messages on standard error.

use std::io::{self, Write};

use super::args::MessageArgs;
use super::failure::{Failure, Message};
use super::style::{self, Style};
use super::visible;

/// Says things on standard error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    /// How its text is marked.
    pub(crate) style: Style,
    quiet: bool,
    progress: bool,
}

impl Printer {
    /// A printer that says as much as the flags allow.
    pub(crate) fn new(flags: Option<MessageArgs>) -> Self {
        let quiet = flags.is_some_and(|flags| flags.quiet);
        Self {
            style: style::stderr(),
            quiet,
            progress: !quiet && flags.is_some_and(|flags| !flags.no_progress),
        }
    }

    /// Whether a progress bar may be drawn.
    pub(crate) fn progress(&self) -> bool {
        self.progress
    }

    /// Says why the command could not be done, quiet or not.
    pub(crate) fn error(&self, error: &Message) {
        // Further lines are set in, so that no name with a line end in it looks like a message of its own.
        let problem = visible::lines(error.problem.trim_end()).replace('\n', "\n  ");
        let mut text = format!("{} {problem}\n", self.style.bold(&self.style.red("error:")));
        if let Some(hint) = &error.hint {
            text += &format!("{} {}\n", self.style.bold("hint:"), visible::line(hint));
        }
        message(&text);
    }

    /// Says something that stops nothing.
    pub(crate) fn warn(&self, warning: &str) {
        if !self.quiet {
            let head = self.style.bold(&self.style.yellow("warning:"));
            message(&format!("{head} {}\n", visible::line(warning)));
        }
    }

    /// Says several lines that are ready to be printed.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            message(text);
        }
    }
}

/// Writes to standard error; a message that nobody can read is lost.
pub(crate) fn message(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes to standard output.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Closed,
        _ => dechaff::Error::io("standard output")(error).into(),
    })
}
