//! Site chrome: what a site puts around and into its pages.

mod labels;

pub use labels::{LineLabel, PageLabels, Reason, SpanLabel};

/// The chrome rules.
#[derive(Debug, Default)]
pub struct Rules;

impl Rules {
    /// The rules that ship with the program.
    pub fn built_in() -> Self {
        Self
    }

    /// The built-in rules and the user's own.
    ///
    /// # Errors
    /// When the text is no list of rules.
    pub fn with(_text: &str) -> crate::Result<Self> {
        Ok(Self)
    }
}
