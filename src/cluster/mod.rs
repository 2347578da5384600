//! Matches → clusters, their representatives, and clone blocks.

pub mod blocks;
pub mod components;
pub mod keep;
