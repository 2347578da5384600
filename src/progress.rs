//! How the library tells a shell what it is doing; no drawing here.

/// Receives progress. All methods have empty defaults, so a caller implements what it shows.
pub trait Progress: Sync {
    /// A stage begins; `total` is its size in bytes or items where it is known.
    fn stage(&self, _name: &'static str, _total: Option<u64>) {}
    /// The stage advanced by `amount` of the same measure.
    fn advance(&self, _amount: u64) {}
    /// Something the user should know that stops nothing, one sentence without a full stop.
    fn warn(&self, _message: &str) {}
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}
