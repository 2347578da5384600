//! Site chrome: what a site puts around and into its pages.

mod labels;

pub use labels::{LineLabel, PageLabels, Reason, SpanLabel};
