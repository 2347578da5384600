//! All documents of a run, as the stages after the survey see them.

use super::content::Content;
use super::spool::Spool;
use crate::chrome::PageLabels;
use crate::cluster::keep::FieldValue;
use crate::document::Origin;
use crate::error::Result;

/// Documents in input order, their sheets, and their labels.
#[derive(Debug)]
pub struct Corpus {
    /// What is known of each document.
    pub documents: Vec<Document>,
    /// Their sheets.
    pub spool: Spool,
    /// Their labels; all content until chrome was looked for.
    pub labels: Vec<PageLabels>,
    /// Names of the sites, sorted.
    pub sites: Vec<String>,
}

/// One record.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where it stands.
    pub origin: Origin,
    /// Its id as a JSON token: the user's, or one made from its origin.
    pub id: Box<str>,
    /// Index of its site in [`Corpus::sites`], if it is known.
    pub site: Option<u32>,
    /// Whether the record has a text at all.
    pub has_text: bool,
    /// Whether it belongs to a reference corpus, which is compared with and never rewritten.
    pub reference: bool,
    /// Value of the field that `--keep field:NAME` names.
    pub field: Option<FieldValue>,
}

impl Corpus {
    /// A document's content under its labels.
    ///
    /// # Errors
    /// When its sheet cannot be read back.
    pub fn content(&self, document: u32) -> Result<Content> {
        Ok(Content::new(&*self.spool.get(document)?, &self.labels[document as usize]))
    }

    /// Ids of all documents.
    pub fn ids(&self) -> std::ops::Range<u32> {
        0..self.documents.len() as u32
    }
}
