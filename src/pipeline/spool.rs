//! Sheets kept between the stages, and until chrome is told their evidence: in memory up to a budget, then in a
//! temporary file.
//!
//! Cost: what is in the file is read at each use, no more of a sheet than is asked for, and copied once or twice. In
//! the file a document's evidence comes first, then its units, the layout of its sheet, and its text: what is asked for
//! together stands together.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;

use super::scratch::Scratch;
use super::sheet::{Edges, Layout, Sheet};
use crate::chrome::Evidence;
use crate::document::Span;
use crate::error::Result;
use crate::text::fold::Numbers;

/// All sheets of a run, by document.
#[derive(Debug)]
pub struct Spool {
    slots: Vec<Slot>,
    budget: usize,
    memory: usize,
    file: Option<Scratch>,
    end: u64,
}

#[derive(Debug)]
enum Slot {
    Memory { sheet: Box<Sheet>, evidence: Box<[Evidence]> },
    File(Place),
}

/// Where a document's part of the file begins, and how much of each there is.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: u64,
    /// Lines with evidence.
    evidence: u32,
    /// Bytes of the layout.
    layout: u32,
    /// Units.
    units: u32,
    /// Bytes of the text.
    text: u32,
}

impl Place {
    fn units_at(self) -> u64 {
        self.at + u64::from(self.evidence) * Evidence::BYTES as u64
    }

    fn layout_at(self) -> u64 {
        self.units_at() + 4 * u64::from(self.units)
    }

    fn text_at(self) -> u64 {
        self.layout_at() + u64::from(self.layout)
    }

    fn end(self) -> u64 {
        self.text_at() + u64::from(self.text)
    }

    /// The layout, and the bytes that follow its own.
    fn layout(self, bytes: &[u8]) -> (Layout, &[u8]) {
        let (layout, rest) = bytes.split_at(self.layout as usize);
        (decode(layout, self.text), rest)
    }

    /// The units, and the bytes that follow theirs.
    fn units(self, bytes: &[u8]) -> (Vec<u32>, &[u8]) {
        let (units, rest) = bytes.split_at(4 * self.units as usize);
        (words(units), rest)
    }
}

thread_local! {
    /// What a thread read last of the file: as long as the longest sheet so far.
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Spool {
    /// An empty spool that keeps up to `budget` bytes in memory.
    pub fn new(budget: usize) -> Self {
        Self { slots: Vec::new(), budget, memory: 0, file: None, end: 0 }
    }

    /// Adds the next document.
    ///
    /// # Errors
    /// When the temporary file cannot be made or written.
    pub fn push(&mut self, sheet: Sheet, evidence: Box<[Evidence]>) -> Result<()> {
        let size = sheet.size() + size_of_val(&*evidence);
        if self.memory + size <= self.budget {
            self.memory += size;
            self.slots.push(Slot::Memory { sheet: Box::new(sheet), evidence });
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(Scratch::new()?),
        };
        READ.with_borrow_mut(|bytes| {
            bytes.clear();
            bytes.reserve(evidence.len() * Evidence::BYTES + 2 * sheet.size());
            evidence.iter().for_each(|line| bytes.extend_from_slice(&line.to_bytes()));
            bytes.extend_from_slice(bytemuck::cast_slice(&sheet.units));
            let before = bytes.len();
            encode(&sheet.layout, bytes);
            let place = Place {
                at: self.end,
                evidence: evidence.len() as u32,
                layout: (bytes.len() - before) as u32,
                units: sheet.units.len() as u32,
                text: sheet.bytes,
            };
            bytes.extend_from_slice(sheet.text.as_bytes());
            file.write(self.end, bytes)?;
            self.slots.push(Slot::File(place));
            self.end += bytes.len() as u64;
            Ok(())
        })
    }

    /// Bytes of a document's text.
    pub fn text_bytes(&self, document: u32) -> u32 {
        match &self.slots[document as usize] {
            Slot::Memory { sheet, .. } => sheet.bytes,
            Slot::File(place) => place.text,
        }
    }

    /// A document's text alone.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn text(&self, document: u32) -> Result<Cow<'_, str>> {
        match &self.slots[document as usize] {
            Slot::Memory { sheet, .. } => Ok(Cow::Borrowed(&sheet.text)),
            Slot::File(place) => self.read(place.text_at()..place.end(), |bytes| Cow::Owned(written(bytes))),
        }
    }

    /// A document's text and the layout of its sheet.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn written(&self, document: u32) -> Result<(Cow<'_, str>, Cow<'_, Layout>)> {
        match &self.slots[document as usize] {
            Slot::Memory { sheet, .. } => Ok((Cow::Borrowed(&sheet.text), Cow::Borrowed(&sheet.layout))),
            Slot::File(place) => self.read(place.layout_at()..place.end(), |bytes| {
                let (layout, text) = place.layout(bytes);
                (Cow::Owned(written(text)), Cow::Owned(layout))
            }),
        }
    }

    /// The layout of a document's sheet alone.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn layout(&self, document: u32) -> Result<Cow<'_, Layout>> {
        match &self.slots[document as usize] {
            Slot::Memory { sheet, .. } => Ok(Cow::Borrowed(&sheet.layout)),
            Slot::File(place) => {
                self.read(place.layout_at()..place.text_at(), |bytes| Cow::Owned(place.layout(bytes).0))
            }
        }
    }

    /// The layout of a document's sheet and its units.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn folded(&self, document: u32) -> Result<(Cow<'_, Layout>, Cow<'_, [u32]>)> {
        match &self.slots[document as usize] {
            Slot::Memory { sheet, .. } => Ok((Cow::Borrowed(&sheet.layout), Cow::Borrowed(&sheet.units))),
            Slot::File(place) => self.read(place.units_at()..place.text_at(), |bytes| {
                let (units, rest) = place.units(bytes);
                (Cow::Owned(place.layout(rest).0), Cow::Owned(units))
            }),
        }
    }

    /// The evidence of a document's lines; of none, when it was forgotten.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn evidence(&self, document: u32) -> Result<Cow<'_, [Evidence]>> {
        match &self.slots[document as usize] {
            Slot::Memory { evidence, .. } => Ok(Cow::Borrowed(evidence)),
            Slot::File(place) => self.read(place.at..place.units_at(), |bytes| {
                bytes.as_chunks().0.iter().map(Evidence::from_bytes).collect()
            }),
        }
    }

    /// Lets go of the evidence that is in memory.
    pub fn forget_evidence(&mut self) {
        for slot in &mut self.slots {
            match slot {
                Slot::Memory { evidence, .. } => {
                    self.memory -= size_of_val(&**evidence);
                    *evidence = Box::default();
                }
                Slot::File(place) => {
                    place.at = place.units_at();
                    place.evidence = 0;
                }
            }
        }
    }

    /// What `of` makes of a stretch of the file.
    fn read<T>(&self, stretch: Range<u64>, of: impl FnOnce(&[u8]) -> T) -> Result<T> {
        READ.with_borrow_mut(|read| {
            let len = (stretch.end - stretch.start) as usize;
            read.resize(read.len().max(len), 0);
            let bytes = &mut read[..len];
            let file = self.file.as_ref().expect("a slot in the file is made by writing the file");
            file.read(stretch.start, bytes)?;
            Ok(of(bytes))
        })
    }

    /// Number of sheets.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no sheet.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Bytes that may still be kept in memory.
    pub fn room(&self) -> usize {
        self.budget.saturating_sub(self.memory)
    }

    /// Bytes in memory and bytes in the file.
    pub fn sizes(&self) -> (u64, u64) {
        (self.memory as u64, self.end)
    }
}

/// Appends the lengths, then each part as words; the edges last, a byte each.
fn encode(layout: &Layout, bytes: &mut Vec<u8>) {
    let mut word = |word: u32| bytes.extend_from_slice(&word.to_ne_bytes());
    word(layout.lines.len() as u32);
    word(layout.paragraphs.len() as u32);
    word(layout.numbers.len() as u32);
    for line in &layout.lines {
        word(line.start);
        word(line.end);
    }
    layout.unit_starts.iter().for_each(|&start| word(start));
    for (line, numbers) in &layout.numbers {
        word(*line);
        word(numbers.key);
        word(numbers.runs);
        word(numbers.masks << 1 | u32::from(numbers.kept));
    }
    for paragraph in &layout.paragraphs {
        word(paragraph.start);
        word(paragraph.end);
    }
    bytes.extend(layout.edges.iter().map(|edges| edges.bits()));
}

/// The layout of a text of so many bytes.
fn decode(bytes: &[u8], text: u32) -> Layout {
    let word = |bytes: &[u8]| bytes.first_chunk().map_or(0, |word| u32::from_ne_bytes(*word));
    let two = |bytes: &[u8; 8]| [word(&bytes[..4]), word(&bytes[4..])];
    let (lengths, mut rest) = bytes.split_at(12);
    let [lines, paragraphs, numbers] = [0, 4, 8].map(|at| word(&lengths[at..]) as usize);
    Layout {
        bytes: text,
        lines: items(&mut rest, lines, |line| {
            let [start, end] = two(line);
            Span { start, end }
        }),
        unit_starts: items(&mut rest, lines + 1, |start: &[u8; 4]| word(start)),
        numbers: items(&mut rest, numbers, |numbers: &[u8; 16]| {
            let [line, key, runs, last] = [0, 4, 8, 12].map(|at| word(&numbers[at..]));
            (line, Numbers { key, runs, masks: last >> 1, kept: last & 1 == 1 })
        }),
        paragraphs: items(&mut rest, paragraphs, |paragraph| {
            let [start, end] = two(paragraph);
            start..end
        }),
        edges: items(&mut rest, lines, |&[bits]| Edges::from_bits(bits)),
    }
}

/// The next items, of so many bytes each.
fn items<const N: usize, T>(rest: &mut &[u8], count: usize, of: impl Fn(&[u8; N]) -> T) -> Vec<T> {
    let (here, behind) = rest.split_at(N * count);
    *rest = behind;
    here.as_chunks().0.iter().map(of).collect()
}

/// Words wherever they stand.
fn words(bytes: &[u8]) -> Vec<u32> {
    let mut words = vec![0; bytes.len() / 4];
    bytemuck::cast_slice_mut(&mut words).copy_from_slice(bytes);
    words
}

fn written(bytes: &[u8]) -> String {
    simdutf8::basic::from_utf8(bytes).expect("the spool holds what it was given").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::{Role, Rules, observe};

    #[test]
    fn in_memory_and_in_the_file_are_the_same() {
        let texts = ["", "一段话，有12个数字。\n\n第二段\n", "plain\r\ntext\r\n\r\n", "====\n"];
        let mut memory = Spool::new(usize::MAX);
        let mut file = Spool::new(0);
        let rules = Rules::built_in();
        let mut sheets = Vec::new();
        for text in texts {
            let sheet = Sheet::new(text.into());
            let mut evidence = Vec::new();
            observe(text, &sheet.lines, &sheet.unit_starts, &sheet.units, &rules, &mut evidence);
            for (near, line) in (1..).zip(&mut evidence) {
                (line.path, line.links, line.near, line.role) = (7, 3, near, Role::MAIN);
            }
            memory.push(sheet.clone(), evidence.clone().into()).unwrap();
            file.push(sheet.clone(), evidence.clone().into()).unwrap();
            sheets.push((sheet, evidence));
        }
        let holds_sheets = |spool: &Spool| {
            for (document, (sheet, _)) in (0..).zip(&sheets) {
                assert_eq!(spool.text(document).unwrap(), sheet.text);
                assert_eq!(spool.text_bytes(document) as usize, sheet.text.len());
                assert_eq!(*spool.layout(document).unwrap(), sheet.layout);
                let (text, layout) = spool.written(document).unwrap();
                assert_eq!((&*text, &*layout), (&sheet.text[..], &sheet.layout));
                let (layout, units) = spool.folded(document).unwrap();
                assert_eq!((&*layout, &*units), (&sheet.layout, &sheet.units[..]));
            }
        };
        for spool in [&mut memory, &mut file] {
            holds_sheets(spool);
            for (document, (_, evidence)) in (0..).zip(&sheets) {
                assert_eq!(*spool.evidence(document).unwrap(), evidence[..]);
            }
            spool.forget_evidence();
            holds_sheets(spool);
            assert!((0..texts.len() as u32).all(|document| spool.evidence(document).unwrap().is_empty()));
        }
        assert!(file.sizes().1 > 0 && memory.sizes().1 == 0);
    }
}
