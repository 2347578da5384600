//! Paths → sources → blocks of decompressed bytes → records.
//!
//! [`discover`] finds the files and tells their formats, [`Blocks`] reads one of them in order (cheap, sequential; what
//! the formats differ in, `framing` knows; the rows of Parquet come as JSON Lines),
//! [`records`] parses a block (pure: blocks may be parsed in parallel). Reading the same source again gives the same
//! blocks and the same records, damage included.

mod blocks;
pub mod charset;
mod compression;
pub(crate) mod csv;
mod discover;
mod fields;
mod framing;
pub mod html;
pub mod json;
pub mod json_text;
mod naming;
pub(crate) mod parquet;
mod record;
mod site;
mod sniff;
mod walk;
pub(crate) mod warc;

pub use blocks::{Block, Blocks, Content, Contents, Limits};
pub use compression::Compression;
pub use csv::Header;
pub(crate) use discover::examples;
pub use discover::{Source, Sources, discover};
pub use fields::Fields;
pub use framing::{Kind, Piece};
pub use record::{Bad, Parsed, Record, Records, records};
pub(crate) use record::{Body, Made};
pub use site::registrable_domain;
pub use sniff::SourceFormat;

pub(crate) use compression::{Decoder, Filled};
