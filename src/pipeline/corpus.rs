//! All documents of a run, as the stages after the survey see them.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use rayon::prelude::*;

use super::content::{Content, ContentLine};
use super::sheet::{Layout, Sheet};
use super::spool::Spool;
use crate::chrome::{Evidence, Labels};
use crate::cluster::keep::FieldValue;
use crate::document::Origin;
use crate::error::Result;
use crate::text::fold::Slot;

/// Documents whose content is made anew at a time.
const TOGETHER: usize = 2048;

thread_local! {
    /// Room for the units of a thread's next document.
    static GATHERED: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
}

/// Documents in input order, their sheets, and their labels.
#[derive(Debug)]
pub struct Corpus {
    /// What is known of each document.
    pub documents: Vec<Document>,
    /// Their sheets, and what chrome looks at: one entry for each non-blank line. None is left when the labels stand.
    pub spool: Spool,
    /// The lines of each document that may hold an injected passage, in order.
    pub calls: Vec<Box<[u32]>>,
    /// Their labels; all content until chrome was looked for. Changed by [`Corpus::relabel`].
    pub labels: Vec<Labels>,
    /// What is left of each under its labels.
    pub contents: Vec<Content>,
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
    /// What a run may do with it.
    pub standing: Standing,
    /// Value of the field that `--keep field:NAME` names.
    pub field: Option<FieldValue>,
    /// Its date as it stands in the record; only such as [`moment`](crate::text::date::moment) knows.
    pub date: Option<Box<str>>,
}

/// What a run may do with a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It is cleaned.
    #[default]
    Input,
    /// It is written again as it is, and its copies win.
    Protected,
    /// It belongs to a reference corpus: compared with, never rewritten, its copies win.
    Reference,
}

impl Document {
    /// Whether nothing may be removed from it.
    pub fn is_fixed(&self) -> bool {
        self.standing != Standing::Input
    }

    /// Whether it belongs to a reference corpus.
    pub fn is_reference(&self) -> bool {
        self.standing == Standing::Reference
    }
}

impl Corpus {
    /// The evidence of some documents.
    ///
    /// # Errors
    /// When it cannot be read back.
    pub fn evidence_of(&self, documents: &[u32]) -> Result<Vec<Cow<'_, [Evidence]>>> {
        documents.par_iter().with_min_len(64).map(|&document| self.spool.evidence(document)).collect()
    }

    /// Gives the documents these labels. The documents whose labels changed, in order.
    ///
    /// # Errors
    /// When a sheet cannot be read back.
    pub fn relabel(&mut self, labels: Vec<Labels>) -> Result<Vec<u32>> {
        let changed: Vec<u32> =
            self.ids().filter(|&id| labels[id as usize] != self.labels[id as usize]).collect();
        self.labels = labels;
        // A part at a time, so that hardly any stand in memory twice.
        for part in changed.chunks(TOGETHER) {
            let contents: Vec<Content> = part
                .par_iter()
                .map(|&id| {
                    let labels = &self.labels[id as usize];
                    let text =
                        if labels.spans.is_empty() { Cow::Borrowed("") } else { self.spool.text(id)? };
                    Ok(Content::new(self.spool.layout(id)?.layout(), &text, labels))
                })
                .collect::<Result<_>>()?;
            for (&id, content) in part.iter().zip(contents) {
                self.contents[id as usize] = content;
            }
        }
        Ok(changed)
    }

    /// Calls `use_units` with what is compared of a document.
    ///
    /// # Errors
    /// When its sheet cannot be read back.
    pub fn with_units<T>(&self, document: u32, use_units: impl FnOnce(Folded<'_>) -> T) -> Result<T> {
        let sheet = self.spool.sheet(document)?;
        let (layout, all) = (sheet.layout(), sheet.units());
        let labels = &self.labels[document as usize];
        // Taken, as what uses the units may ask for those of another document.
        let mut gathered = GATHERED.take();
        let content = if labels.take_nothing() {
            all
        } else {
            self.contents[document as usize].gather(layout, all, labels, &mut gathered);
            &gathered
        };
        let made = use_units(Folded { layout, all, content });
        GATHERED.set(gathered);
        Ok(made)
    }

    /// Ids of all documents.
    pub fn ids(&self) -> std::ops::Range<u32> {
        0..self.documents.len() as u32
    }
}

/// What is compared of a document.
#[derive(Clone, Copy, Debug)]
pub struct Folded<'a> {
    /// How its text is cut.
    pub layout: Layout<'a>,
    /// Its units.
    pub all: &'a [u32],
    /// Its content units.
    pub content: &'a [u32],
}

/// A document's content and sheet, of which each part is read when it is asked for.
#[derive(Debug)]
pub struct Page<'a> {
    /// Its content under its labels.
    pub content: &'a Content,
    labels: &'a Labels,
    spool: &'a Spool,
    document: u32,
    layout: OnceCell<Sheet<'a>>,
    sheet: OnceCell<Sheet<'a>>,
    /// Its content units, where these are not all of the sheet.
    units: OnceCell<Vec<u32>>,
    text: OnceCell<Cow<'a, str>>,
}

impl Page<'_> {
    /// How its text is cut.
    ///
    /// # Errors
    /// When it cannot be read back; so with all that follow.
    pub fn layout(&self) -> Result<Layout<'_>> {
        let sheet = match self.sheet.get() {
            Some(sheet) => sheet,
            None => get_or_read(&self.layout, || self.spool.layout(self.document))?,
        };
        Ok(sheet.layout())
    }

    /// Its text.
    pub fn text(&self) -> Result<&str> {
        get_or_read(&self.text, || self.spool.text(self.document)).map(|text| &**text)
    }

    /// Its content units.
    pub fn units(&self) -> Result<&[u32]> {
        let sheet = get_or_read(&self.sheet, || self.spool.sheet(self.document))?;
        if self.labels.take_nothing() {
            return Ok(sheet.units());
        }
        Ok(self.units.get_or_init(|| {
            let mut units = Vec::new();
            self.content.gather(sheet.layout(), sheet.units(), self.labels, &mut units);
            units
        }))
    }

    /// Units of a run of paragraphs.
    pub fn run_units(&self, run: &std::ops::Range<u32>) -> Result<&[u32]> {
        Ok(&self.units()?[self.content.run_units(run)])
    }

    /// The number slots of some of its content lines.
    pub fn slots(&self, lines: &[ContentLine]) -> Result<Vec<Slot>> {
        let layout = self.layout()?;
        if !Content::has_slots(layout, lines) {
            return Ok(Vec::new());
        }
        Ok(Content::slots(layout, self.text()?, self.labels, lines))
    }
}

/// What is there, or else what is read now.
pub(super) fn get_or_read<T>(cell: &OnceCell<T>, read: impl FnOnce() -> Result<T>) -> Result<&T> {
    match cell.get() {
        Some(there) => Ok(there),
        None => {
            let read = read()?;
            Ok(cell.get_or_init(|| read))
        }
    }
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

    /// The corpus.
    pub fn corpus(&self) -> &'a Corpus {
        self.corpus
    }

    /// A document's page.
    pub fn get(&mut self, document: u32) -> Rc<Page<'a>> {
        if let Some(at) = self.recent.iter().position(|(id, _)| *id == document) {
            return Rc::clone(&self.recent[at].1);
        }
        let page = Rc::new(Page {
            content: &self.corpus.contents[document as usize],
            labels: &self.corpus.labels[document as usize],
            spool: &self.corpus.spool,
            document,
            layout: OnceCell::new(),
            sheet: OnceCell::new(),
            units: OnceCell::new(),
            text: OnceCell::new(),
        });
        if self.recent.len() == RECENT {
            self.recent.remove(0);
        }
        self.recent.push((document, Rc::clone(&page)));
        page
    }
}
