//! Sources → documents with their sheets: the only stage that parses.
//!
//! Blocks are read in order, parsed and folded in parallel, and taken up in order again, so the documents are in
//! input order for any number of threads.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::ahead::ahead;
use super::content::Content;
use super::corpus::{Corpus, Document, Standing};
use super::sheet::{Folder, Sheet};
use super::spool::{Place, Spool, Texts};
use super::words::Words;
use crate::chrome::{Labels, Observer, Rules};
use crate::cluster::keep::FieldValue;
use crate::config::{Copies, Html, InputConfig, Keep, RemovalConfig};
use crate::document::Origin;
use crate::error::{Error, Result};
use crate::hash::{Map, Set};
use crate::input::html::MOST_LINES;
use crate::input::warc::{Target, target};
use crate::input::{
    Block, Blocks, Contents, Fields, Limits, Parsed, Source, SourceFormat, records, registrable_domain,
};
use crate::progress::Progress;
use crate::text::date::{is_written, moment};

/// Files of one page each that are read between two parallel steps.
const FILES: usize = 256;

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Where it stands.
    pub origin: Origin,
    /// Where its bytes start in the decompressed stream.
    pub offset: u64,
    /// Why.
    pub reason: String,
    /// Its bytes; of a record above the limit only the start.
    pub bytes: Vec<u8>,
}

/// What was read.
#[derive(Debug)]
pub struct Survey {
    /// The documents.
    pub corpus: Corpus,
    /// For each source, in order, the size and identity of its decompressed stream.
    pub contents: Vec<Contents>,
    /// Records that were skipped.
    pub skipped: u64,
    /// The first of them: number of its source, of the record, and why.
    pub first_skipped: Option<(Origin, String)>,
    /// Of pages of archives, by document, what refers to them; where links are asked for.
    pub(super) targets: Map<u32, Target>,
    /// Records without a text.
    pub no_text: u64,
    /// Pages of HTML with so many blocks that short ones share a line.
    pub crowded: u64,
    /// Ids that more than one record has; where there is any, clusters are named by `doc`.
    pub repeated_ids: u64,
}

/// What a survey needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// Sources that are cleaned, then sources that are only compared with.
    pub sources: &'a [Source],
    /// Index of the first source that is only compared with.
    pub first_reference: usize,
    /// Sources from which nothing is removed, by number.
    pub protected: &'a Set<u32>,
    /// How records are read.
    pub input: &'a InputConfig,
    /// Which copy stays, and what is left of the others.
    pub removal: &'a RemovalConfig,
    /// Chrome rules, matched while the text is at hand.
    pub rules: &'a Rules,
    /// Bytes of sheets kept in memory.
    pub memory: usize,
}

/// Reads all sources.
///
/// # Errors
/// When a source cannot be read, when no record of one has the text field, or what `skip` returns.
pub fn survey(
    plan: Plan<'_>,
    progress: &dyn Progress,
    skip: &mut dyn FnMut(Skipped) -> Result<()>,
) -> Result<Survey> {
    let mut fields = Fields::new(plan.input);
    if let Keep::Field { name, .. } = &plan.removal.keep {
        fields = fields.with_rank(name);
    }
    progress.stage("reading", Some(plan.sources.iter().map(|source| source.size).sum()));
    let mut sink = Sink {
        documents: Vec::new(),
        pages: Vec::new(),
        calls: Vec::new(),
        spool: Spool::new(plan.memory),
        sites: Map::default(),
        names: Vec::new(),
        contents: Vec::new(),
        skipped: 0,
        first_skipped: None,
        targets: Map::default(),
        no_text: 0,
        crowded: Vec::new(),
    };
    let readers = Readers { rules: plan.rules, resting: Mutex::default(), rooms: Mutex::default() };
    let mut at = 0;
    while at < plan.sources.len() {
        let pages = plan.sources[at..].iter().take(FILES).take_while(|s| s.format.is_page()).count();
        if pages > 1 {
            let group = &plan.sources[at..at + pages];
            let read: Vec<(Vec<Read>, Contents)> = group
                .par_iter()
                .map(|source| {
                    let mut blocks = Blocks::open(source, Limits::new(plan.input))?;
                    let parsed = |block: Result<Block>| Ok(parse(&block?, source, &fields, plan, &readers));
                    let read = blocks.by_ref().map(parsed).collect::<Result<_>>()?;
                    Ok((read, blocks.contents()))
                })
                .collect::<Result<_>>()?;
            for ((read, contents), source) in read.into_iter().zip(group) {
                read.into_iter().try_for_each(|read| sink.take(read, source, &readers, skip))?;
                sink.contents.push(contents);
                progress.advance(source.size);
            }
            at += pages;
        } else {
            let source = &plan.sources[at];
            sink.read(source, &fields, plan, &readers, progress, skip)?;
            at += 1;
        }
    }
    if let Some(name) = sink.crowded.first() {
        let others = sink.crowded.len() - 1;
        let more = if others > 0 { format!(" (and {others} more)") } else { String::new() };
        progress.warn(&format!(
            "`{name}`{more}: more than {MOST_LINES} lines; behind these, short blocks of the page share a line"
        ));
    }
    sink.finish(plan)
}

/// Readers of blocks, each of which keeps what it has for the next block.
struct Readers<'r> {
    rules: &'r Rules,
    resting: Mutex<Vec<Reader<'r>>>,
    /// Room for what is read next.
    rooms: Mutex<Vec<Texts>>,
}

/// What a thread reads a block with.
struct Reader<'r> {
    folder: Folder,
    observer: Observer<'r>,
}

impl<'r> Readers<'r> {
    fn with<T>(&self, work: impl FnOnce(&mut Reader<'r>) -> T) -> T {
        let resting = || self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        let found = resting().pop();
        let new = || Reader { folder: Folder::default(), observer: Observer::new(self.rules) };
        let mut reader = found.unwrap_or_else(new);
        let done = work(&mut reader);
        resting().push(reader);
        done
    }

    fn rooms(&self) -> MutexGuard<'_, Vec<Texts>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the records of a block hold.
struct Read {
    found: Vec<Found>,
    texts: Texts,
}

/// One record of a block, read and folded.
enum Found {
    Page(Box<Page>),
    Skipped(Skipped),
}

struct Page {
    origin: Origin,
    id: Option<Box<str>>,
    site: Option<String>,
    field: Option<FieldValue>,
    date: Option<Box<str>>,
    has_text: bool,
    /// Where it stands among those of its block.
    place: Place,
    content: Content,
    calls: Box<[u32]>,
    is_crowded: bool,
    target: Option<Target>,
}

fn parse(block: &Block, source: &Source, fields: &Fields, plan: Plan<'_>, readers: &Readers<'_>) -> Read {
    let mut texts = readers.rooms().pop().unwrap_or_default();
    let found = readers.with(|reader| pages(block, source, fields, plan, reader, &mut texts));
    Read { found, texts }
}

/// The records of a block; their texts are appended to `texts`.
fn pages(
    block: &Block,
    source: &Source,
    fields: &Fields,
    plan: Plan<'_>,
    Reader { folder, observer }: &mut Reader<'_>,
    texts: &mut Texts,
) -> Vec<Found> {
    let Texts { words, text: written, evidence } = texts;
    let mut found = Vec::new();
    for parsed in records(block, source.format, fields) {
        match parsed {
            Parsed::Bad(bad) => found.push(Found::Skipped(Skipped {
                origin: Origin { input: source.index, record: bad.number },
                offset: bad.offset,
                reason: bad.reason,
                bytes: bad.bytes.to_vec(),
            })),
            Parsed::Record(record) => {
                let is_linked = plan.removal.copies == Copies::Link && source.format == SourceFormat::Warc;
                let is_marked = plan.removal.html == Html::Marked && record.outline.is_some();
                let target =
                    if is_linked { target(record.raw, record.is_converted() && !is_marked) } else { None };
                let site = record
                    .site
                    .map(|site| site.into_owned())
                    .or_else(|| record.url.as_deref().and_then(registrable_domain))
                    .or_else(|| source.format.is_page().then(|| source.folder.clone()))
                    .filter(|site| !site.is_empty());
                let has_text = record.text.is_some();
                let text = record.text.unwrap_or_default();
                let (word, start, before) = (words.len(), written.len(), evidence.len());
                let extent = folder.fold(&text, words);
                let sheet = Sheet::of(Words::lend(&words[word..]), extent.units);
                let layout = sheet.layout();
                observer.observe(&text, folder.lines(), layout.unit_starts(), sheet.units(), evidence);
                if let Some(outline) = &record.outline {
                    outline.mark(&mut evidence[before..]);
                }
                written.push_str(&text);
                let place = Place {
                    word,
                    extent,
                    text: start..written.len(),
                    characters: text.chars().count() as u32,
                    evidence: before..evidence.len(),
                };
                let calling = evidence[before..].iter().filter(|line| line.flags.calls());
                let token = |bytes: Cow<'_, [u8]>| String::from_utf8(bytes.into_owned()).ok();
                let field = match &plan.removal.keep {
                    Keep::Field { .. } => record.rank.and_then(token).and_then(|token| field_value(&token)),
                    _ => None,
                };
                let date = match (&record.date, &field) {
                    (Some(date), _) if moment(date).is_some() => Some(date.as_ref().into()),
                    (None, Some(FieldValue::Text(text)))
                        if plan.input.date_field.is_none() && is_written(text) =>
                    {
                        Some(text.as_str().into())
                    }
                    _ => None,
                };
                found.push(Found::Page(Box::new(Page {
                    origin: Origin { input: source.index, record: record.number },
                    id: record.id.and_then(token).map(String::into_boxed_str),
                    site,
                    field,
                    date,
                    content: Content::new(layout, &text, &Labels::default()),
                    has_text,
                    place,
                    target,
                    is_crowded: record.outline.is_some_and(|outline| outline.lines.len() > MOST_LINES),
                    calls: calling.map(|line| line.line).collect(),
                })));
            }
        }
    }
    found
}

/// A JSON token as a value that can be put in order.
fn field_value(token: &str) -> Option<FieldValue> {
    match serde_json::from_str(token).ok()? {
        serde_json::Value::Number(number) => number.as_f64().map(FieldValue::Number),
        serde_json::Value::String(text) => Some(FieldValue::Text(text)),
        serde_json::Value::Bool(value) => Some(FieldValue::Number(f64::from(u8::from(value)))),
        _ => None,
    }
}

/// Takes up what the workers found, in order.
struct Sink {
    documents: Vec<Document>,
    pages: Vec<Content>,
    calls: Vec<Box<[u32]>>,
    spool: Spool,
    sites: Map<String, u32>,
    names: Vec<String>,
    contents: Vec<Contents>,
    skipped: u64,
    first_skipped: Option<(Origin, String)>,
    targets: Map<u32, Target>,
    no_text: u64,
    /// Inputs that hold crowded pages, once for each.
    crowded: Vec<String>,
}

impl Sink {
    fn read(
        &mut self,
        source: &Source,
        fields: &Fields,
        plan: Plan<'_>,
        readers: &Readers<'_>,
        progress: &dyn Progress,
        skip: &mut dyn FnMut(Skipped) -> Result<()>,
    ) -> Result<()> {
        let mut blocks = Blocks::open(source, Limits::new(plan.input))?;
        let (mut told, mut texts, mut seen) = (0, 0, Vec::new());
        let before = self.documents.len();
        let parsed =
            |(block, consumed): (Block, u64)| (parse(&block, source, fields, plan, readers), block, consumed);
        let some = std::iter::from_fn(|| blocks.next().map(|block| Ok((block?, blocks.consumed()))));
        ahead(some, parsed, |(read, block, consumed)| {
            let has_text = |found: &&Found| matches!(found, Found::Page(page) if page.has_text);
            texts += read.found.iter().filter(has_text).count();
            if texts == 0 && seen.is_empty() {
                seen = block.field_names();
            }
            progress.advance(consumed - told);
            told = consumed;
            self.take(read, source, readers, skip)
        })?;
        progress.advance(blocks.consumed() - told);
        self.contents.push(blocks.contents());
        if texts == 0 && self.documents.len() > before && source.format.has_fields() {
            let fields = if seen.is_empty() { "none".to_owned() } else { format!("`{}`", seen.join("`, `")) };
            return Err(Error::Input {
                input: source.given.clone(),
                problem: format!(
                    "no record has a text in field `{}`; its fields are {fields}: name the right one with `--text-field`, or with `--html-field` where it holds HTML",
                    plan.input.text_field
                ),
            });
        }
        Ok(())
    }

    fn take(
        &mut self,
        Read { found, texts }: Read,
        source: &Source,
        readers: &Readers<'_>,
        skip: &mut dyn FnMut(Skipped) -> Result<()>,
    ) -> Result<()> {
        let mut places = Vec::with_capacity(found.len());
        for found in found {
            match found {
                Found::Skipped(skipped) => {
                    self.skipped += 1;
                    if self.first_skipped.is_none() {
                        self.first_skipped = Some((skipped.origin, skipped.reason.clone()));
                    }
                    skip(skipped)?;
                }
                Found::Page(page) => {
                    let site = page.site.map(|name| {
                        *self.sites.entry(name).or_insert_with_key(|name| {
                            self.names.push(name.clone());
                            self.names.len() as u32 - 1
                        })
                    });
                    let id = page.id.unwrap_or_else(|| {
                        let made = match source.format.is_page() {
                            true => source.given.clone(),
                            false => format!("{}#{}", source.given, page.origin.record),
                        };
                        serde_json::Value::String(made).to_string().into_boxed_str()
                    });
                    if let Some(target) = page.target {
                        self.targets.insert(self.documents.len() as u32, target);
                    }
                    self.documents.push(Document {
                        origin: page.origin,
                        id,
                        site,
                        has_text: page.has_text,
                        standing: Standing::Input,
                        field: page.field,
                        date: page.date,
                    });
                    self.no_text += u64::from(!page.has_text);
                    if page.is_crowded {
                        self.crowded.push(source.given.clone());
                    }
                    self.pages.push(page.content);
                    self.calls.push(page.calls);
                    places.push(page.place);
                }
            }
        }
        if let Some(mut room) = self.spool.push(texts, places.into_iter())? {
            room.clear();
            readers.rooms().push(room);
        }
        Ok(())
    }

    fn finish(mut self, plan: Plan<'_>) -> Result<Survey> {
        for document in &mut self.documents {
            let input = document.origin.input as usize;
            document.standing = if input >= plan.first_reference {
                Standing::Reference
            } else if plan.protected.contains(&document.origin.input) {
                Standing::Protected
            } else {
                Standing::Input
            };
        }
        // Sites in the order of their names, whatever page came first.
        let mut order: Vec<u32> = (0..self.names.len() as u32).collect();
        order.sort_by(|&a, &b| self.names[a as usize].cmp(&self.names[b as usize]));
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &site)| place[site as usize] = at as u32);
        for document in &mut self.documents {
            document.site = document.site.map(|site| place[site as usize]);
        }
        self.names.sort();
        let mut ids: Vec<&str> = self
            .documents
            .iter()
            .filter(|document| !document.is_reference())
            .map(|document| &*document.id)
            .collect();
        ids.sort_unstable();
        let repeated = ids.chunk_by(|a, b| a == b).filter(|group| group.len() > 1).count() as u64;
        let labels = vec![Default::default(); self.documents.len()];
        Ok(Survey {
            corpus: Corpus {
                documents: self.documents,
                calls: self.calls,
                spool: self.spool,
                labels,
                contents: self.pages,
                sites: self.names,
            },
            contents: self.contents,
            skipped: self.skipped,
            first_skipped: self.first_skipped,
            targets: self.targets,
            no_text: self.no_text,
            crowded: self.crowded.len() as u64,
            repeated_ids: repeated,
        })
    }
}
