//! All documents of a run, as the stages after the survey see them.

use std::borrow::Cow;
use std::rc::Rc;

use super::content::Content;
use super::sheet::Sheet;
use super::spool::Spool;
use crate::chrome::{Evidence, Labels};
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
    /// What chrome looks at: one entry for each non-blank line.
    pub evidence: Vec<Box<[Evidence]>>,
    /// Their labels; all content until chrome was looked for.
    pub labels: Vec<Labels>,
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

/// A document's sheet and content.
#[derive(Debug)]
pub struct Page<'a> {
    /// Its sheet.
    pub sheet: Cow<'a, Sheet>,
    /// Its content under its labels.
    pub content: Content,
}

/// Pages of a corpus for one worker, the last few kept: neighbouring paragraphs ask for the same page.
#[derive(Debug)]
pub struct Pages<'a> {
    corpus: &'a Corpus,
    recent: Vec<(u32, Rc<Page<'a>>)>,
}

/// Pages that a worker keeps.
const RECENT: usize = 16;

impl<'a> Pages<'a> {
    /// A worker's pages, none of them read yet.
    pub fn new(corpus: &'a Corpus) -> Self {
        Self { corpus, recent: Vec::with_capacity(RECENT + 1) }
    }

    /// A document's page.
    ///
    /// # Errors
    /// When its sheet cannot be read back.
    pub fn get(&mut self, document: u32) -> Result<Rc<Page<'a>>> {
        if let Some(at) = self.recent.iter().position(|(id, _)| *id == document) {
            return Ok(Rc::clone(&self.recent[at].1));
        }
        let sheet = self.corpus.spool.get(document)?;
        let content = Content::new(&sheet, &self.corpus.labels[document as usize]);
        let page = Rc::new(Page { sheet, content });
        if self.recent.len() == RECENT {
            self.recent.remove(0);
        }
        self.recent.push((document, Rc::clone(&page)));
        Ok(page)
    }
}
