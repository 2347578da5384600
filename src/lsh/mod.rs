//! Signatures → candidate pairs.

pub mod banding;
pub mod buckets;
pub mod crowd;
pub mod postings;
mod several;
