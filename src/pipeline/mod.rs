//! The local driver: runs the stages in order, with threads.

mod ahead;
pub mod annotate;
mod columns;
pub mod content;
pub mod corpus;
pub mod documents;
pub mod explain;
pub mod findings;
pub mod label;
pub mod learn;
pub mod logs;
pub mod marks;
mod ordered;
pub mod paragraphs;
pub mod run;
mod scratch;
pub mod sheet;
pub mod spool;
pub mod summary;
pub mod survey;
pub mod tables;
pub mod verdicts;
mod words;
