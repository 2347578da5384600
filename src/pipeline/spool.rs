//! Sheets kept between the stages, and until chrome is told their evidence: in memory up to a budget, then in a
//! temporary file.
//!
//! Cost: what is in the file is decoded at each use (a read and a few copies).

use std::borrow::Cow;
use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;

use super::sheet::{Edges, Sheet};
use crate::chrome::Evidence;
use crate::document::Span;
use crate::error::{Error, Result};
use crate::text::fold::Numbers;

/// All sheets of a run, by document.
#[derive(Debug)]
pub struct Spool {
    slots: Vec<Slot>,
    budget: usize,
    memory: usize,
    file: Option<File>,
    end: u64,
}

#[derive(Debug)]
enum Slot {
    Memory {
        sheet: Box<Sheet>,
        evidence: Box<[Evidence]>,
    },
    /// The evidence of so many lines, then the sheet.
    File {
        at: u64,
        lines: u32,
        len: usize,
    },
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
        let mut bytes: Vec<u8> = evidence.iter().flat_map(|line| line.to_bytes()).collect();
        let lines = bytes.len();
        encode(&sheet, &mut bytes);
        let failed = Error::io(std::env::temp_dir());
        let file = match &mut self.file {
            Some(file) => file,
            None => match tempfile::tempfile() {
                Ok(file) => self.file.insert(file),
                Err(source) => return Err(failed(source)),
            },
        };
        file.write_all(&bytes).map_err(failed)?;
        self.slots.push(Slot::File { at: self.end, lines: evidence.len() as u32, len: bytes.len() - lines });
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// The sheet of a document.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn get(&self, document: u32) -> Result<Cow<'_, Sheet>> {
        match &self.slots[document as usize] {
            Slot::Memory { sheet, .. } => Ok(Cow::Borrowed(sheet)),
            &Slot::File { at, lines, len } => {
                self.read(at + (lines as usize * Evidence::BYTES) as u64, len, |bytes| {
                    Cow::Owned(decode(bytes))
                })
            }
        }
    }

    /// The evidence of a document's lines; of none, when it was forgotten.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn evidence(&self, document: u32) -> Result<Cow<'_, [Evidence]>> {
        match &self.slots[document as usize] {
            Slot::Memory { evidence, .. } => Ok(Cow::Borrowed(evidence)),
            &Slot::File { at, lines, .. } => self.read(at, lines as usize * Evidence::BYTES, |bytes| {
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
                Slot::File { at, lines, .. } => {
                    *at += (std::mem::take(lines) as usize * Evidence::BYTES) as u64;
                }
            }
        }
    }

    /// What `of` makes of a stretch of the file.
    fn read<T>(&self, at: u64, len: usize, of: impl FnOnce(&[u8]) -> T) -> Result<T> {
        READ.with_borrow_mut(|read| {
            read.resize(read.len().max(len), 0);
            let bytes = &mut read[..len];
            let file = self.file.as_ref().expect("a slot in the file is made by writing the file");
            file.read_exact_at(bytes, at).map_err(Error::io(std::env::temp_dir()))?;
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

    /// Bytes in memory and bytes in the file.
    pub fn sizes(&self) -> (u64, u64) {
        (self.memory as u64, self.end)
    }
}

/// Appends the lengths, then each part as little-endian words; the edges, a byte each, and the text last.
fn encode(sheet: &Sheet, bytes: &mut Vec<u8>) {
    let words =
        6 + sheet.lines.len() * 3 + sheet.numbers.len() * 4 + sheet.paragraphs.len() * 2 + sheet.units.len();
    bytes.reserve(words * 4 + sheet.lines.len() + sheet.text.len());
    let mut word = |word: u32| bytes.extend_from_slice(&word.to_le_bytes());
    word(sheet.lines.len() as u32);
    word(sheet.paragraphs.len() as u32);
    word(sheet.units.len() as u32);
    word(sheet.numbers.len() as u32);
    word(sheet.text.len() as u32);
    for line in &sheet.lines {
        word(line.start);
        word(line.end);
    }
    sheet.unit_starts.iter().for_each(|&start| word(start));
    for (line, numbers) in &sheet.numbers {
        word(*line);
        word(numbers.key);
        word(numbers.runs);
        word(numbers.masks << 1 | u32::from(numbers.kept));
    }
    for paragraph in &sheet.paragraphs {
        word(paragraph.start);
        word(paragraph.end);
    }
    sheet.units.iter().for_each(|&unit| word(unit));
    bytes.extend(sheet.edges.iter().map(|edges| edges.bits()));
    bytes.extend_from_slice(sheet.text.as_bytes());
}

fn decode(bytes: &[u8]) -> Sheet {
    let mut rest = bytes;
    let mut words = |count: u32| {
        let (words, behind) = rest.split_at(4 * count as usize);
        rest = behind;
        words.as_chunks().0.iter().copied().map(u32::from_le_bytes)
    };
    let mut lengths = words(5);
    let mut length = || lengths.next().unwrap_or_default();
    let (lines, paragraphs, units, numbers, text) = (length(), length(), length(), length(), length());
    let lines: Vec<Span> = pairs(words(2 * lines)).map(|(start, end)| Span { start, end }).collect();
    let unit_starts = words(lines.len() as u32 + 1).collect();
    let numbers = pairs(pairs(words(4 * numbers)))
        .map(|((line, key), (runs, rest))| {
            (line, Numbers { key, runs, masks: rest >> 1, kept: rest & 1 == 1 })
        })
        .collect();
    let paragraphs = pairs(words(2 * paragraphs)).map(|(start, end)| start..end).collect();
    let units = words(units).collect();
    let (edges, text) = rest.split_at(rest.len() - text as usize);
    Sheet {
        unit_starts,
        numbers,
        paragraphs,
        units,
        edges: edges.iter().map(|&bits| Edges::from_bits(bits)).collect(),
        lines,
        text: simdutf8::basic::from_utf8(text).expect("the spool holds what it was given").to_owned(),
    }
}

/// Each two that follow one another.
fn pairs<T>(mut items: impl ExactSizeIterator<Item = T>) -> impl ExactSizeIterator<Item = (T, T)> {
    let count = items.len() / 2;
    (0..count).map(move |_| items.next().zip(items.next()).expect("so many there are"))
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
        for text in texts {
            let sheet = Sheet::new(text.into());
            let mut evidence = Vec::new();
            observe(text, &sheet.lines, &sheet.unit_starts, &sheet.units, &rules, &mut evidence);
            for (near, line) in (1..).zip(&mut evidence) {
                (line.path, line.links, line.near, line.role) = (7, 3, near, Role::MAIN);
            }
            memory.push(sheet.clone(), evidence.clone().into()).unwrap();
            file.push(sheet, evidence.into()).unwrap();
        }
        for document in 0..texts.len() as u32 {
            assert_eq!(memory.get(document).unwrap(), file.get(document).unwrap());
            assert_eq!(memory.evidence(document).unwrap(), file.evidence(document).unwrap());
        }
        [&mut memory, &mut file].into_iter().for_each(Spool::forget_evidence);
        for document in 0..texts.len() as u32 {
            assert_eq!(memory.get(document).unwrap(), file.get(document).unwrap());
            assert!(
                memory.evidence(document).unwrap().is_empty() && file.evidence(document).unwrap().is_empty()
            );
        }
        assert!(file.sizes().1 > 0 && memory.sizes().1 == 0);
    }
}
