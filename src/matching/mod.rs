//! Candidate pairs → matches: what two units share, how they are related, where they differ.

pub mod align;
pub mod difference;
pub mod discount;
pub mod lost;
pub mod numbers;
pub mod outline;
pub mod probe;
pub mod relation;
mod repeats;
mod shingle_table;
pub mod spread;
pub mod verify;
