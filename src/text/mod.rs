//! Text → lines, paragraphs, units, shingles.

pub mod date;
pub mod fold;
pub mod segment;
pub mod shingle;
pub mod visible;
