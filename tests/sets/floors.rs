//! What is reached on the repository's own pages. A change that reaches more raises the number; one that reaches less
//! says why in its commit.

/// Chrome lines labelled as such.
pub(crate) const CHROME_LINES: usize = 0;
/// Content lines taken for chrome.
pub(crate) const WRONG_LINES: usize = 999;
/// Injected spans found exactly.
pub(crate) const SPANS: usize = 0;
/// Spans that take content.
pub(crate) const WRONG_SPANS: usize = 999;
/// Pairs of documents in one cluster.
pub(crate) const DOCUMENT_PAIRS: usize = 0;
/// Pairs of paragraphs in one cluster.
pub(crate) const PARAGRAPH_PAIRS: usize = 0;
/// Pairs of lines in one cluster that are no copies.
pub(crate) const WRONG_PARAGRAPHS: usize = 999;
