//! Finds near-duplicate text and site chrome in scraped pages.
//!
//! The pipeline, in the order of the modules:
//!
//! ```text
//! read → segment → fold → label chrome → shingle → sign → band → bucket → verify → cluster → decide → rewrite
//! ```
//!
//! [`input`] reads records, [`text`] cuts their text into paragraphs and folds it into units, [`chrome`] tells the
//! site from the page, [`sketch`] and [`lsh`] propose pairs, [`matching`] disposes, [`cluster`] puts copies
//! together, [`decide`] says what goes and why, [`output`] writes the corpus again, and
//! [`report`] shows what was found. [`pipeline`] drives them
//! all; it is the only place with threads. `docs/ARCHITECTURE.md` holds the invariants.

pub mod config;
pub mod document;
pub mod error;
pub mod hash;
pub mod input;
pub mod output;
pub mod progress;

pub mod chrome;
pub mod cluster;
pub mod decide;
pub mod lsh;
pub mod matching;
pub mod pipeline;
pub mod report;
pub mod sketch;
pub mod text;

pub use config::Config;
pub use error::{Error, Result};
