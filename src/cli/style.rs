//! Colours: on a terminal only, and never where `NO_COLOR` is set.

use std::io::IsTerminal;

/// How text is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Not at all.
    Plain,
    /// With ANSI escapes.
    Coloured,
}

/// For what goes to standard output.
pub(crate) fn stdout() -> Style {
    of(std::io::stdout().is_terminal())
}

/// For what goes to standard error.
pub(crate) fn stderr() -> Style {
    of(std::io::stderr().is_terminal())
}

fn of(terminal: bool) -> Style {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    if terminal && !forbidden && !dumb { Style::Coloured } else { Style::Plain }
}

impl Style {
    /// For names and headings.
    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// For what matters less.
    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// For errors, and what only the first of two texts has.
    pub(crate) fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }

    /// For what only the second of two texts has.
    pub(crate) fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// For warnings.
    pub(crate) fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        match self {
            Style::Plain => text.to_owned(),
            Style::Coloured => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}
