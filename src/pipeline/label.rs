//! Chrome labels for the corpus: per site, twice, and once more by the alignment of copies.

use super::corpus::Corpus;
use super::documents::DocumentMatches;
use super::paragraphs::ParagraphMatches;
use crate::chrome::Rules;
use crate::config::Config;
use crate::error::Result;

/// First labels: every page counts for itself.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn first(_corpus: &mut Corpus, _rules: &Rules, _config: &Config) -> Result<()> {
    Ok(())
}

/// Labels over distinct bodies. Whether any label changed.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn again(_corpus: &mut Corpus, _found: &DocumentMatches, _rules: &Rules, _config: &Config) -> Result<bool> {
    Ok(false)
}

/// Spans that stand in one copy of a paragraph and in none of the others, and look injected. Whether there are any.
///
/// # Errors
/// When a sheet cannot be read back.
pub fn by_alignment(_corpus: &mut Corpus, _found: &ParagraphMatches) -> Result<bool> {
    Ok(false)
}
