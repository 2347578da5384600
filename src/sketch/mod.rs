//! Shingles → signatures and anchors.

pub mod anchors;
pub mod minhash;
