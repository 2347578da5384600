//! A temporary file of a run: it has no name, and goes with the run, however that ends.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::error::{Error, Result};

/// Bytes outside memory.
#[derive(Debug)]
pub(super) struct Scratch(File);

impl Scratch {
    /// An empty file in the system's folder for such.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn new() -> Result<Self> {
        tempfile::tempfile().map(Self).map_err(failed)
    }

    /// Writes bytes to a place.
    ///
    /// # Errors
    /// When they cannot be written: the disk is full.
    pub(super) fn write(&self, at: u64, bytes: &[u8]) -> Result<()> {
        self.0.write_all_at(bytes, at).map_err(failed)
    }

    /// Fills `bytes` with what stands in a place.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn read(&self, at: u64, bytes: &mut [u8]) -> Result<()> {
        self.0.read_exact_at(bytes, at).map_err(failed)
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::io(std::env::temp_dir())(error)
}
