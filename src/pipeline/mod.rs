//! The local driver: runs the stages in order, with threads.

pub mod content;
pub mod corpus;
pub mod documents;
pub mod paragraphs;
pub mod sheet;
pub mod spool;
pub mod survey;
pub mod verdicts;
