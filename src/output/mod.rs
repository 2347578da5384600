//! Decisions → the corpus written again, and what puts it back.
//!
//! [`OutputDir`] makes a run's folder appear whole or not at all. [`Rewriter`] writes one source again under
//! `clean/` and collects its patch; [`PatchStore`] puts the patches of a run into `restore.bin.zst`; [`restore`]
//! rebuilds the originals from these two alone.

pub mod atomic;
mod columns;
mod csv;
pub mod edit;
mod encoder;
pub mod file;
mod leftovers;
pub mod logs;
mod marked;
mod members;
mod operations;
mod parquet;
mod patch;
mod patch_reader;
mod restore;
mod rewrite;
pub mod tables;
mod warc;

pub use atomic::{OutputDir, Overwrite};
pub use edit::Edit;
pub use file::OutputFile;
pub use marked::Mark;
pub use patch::{Patch, PatchStore};
pub use restore::{Restored, restore};
pub use rewrite::{Rewriter, Rewritten};
pub use warc::Revisit;

/// Folder of the rewritten corpus in a run's folder.
pub const CLEAN: &str = "clean";
/// File of the patches in a run's folder.
pub const PATCHES: &str = "restore.bin.zst";
