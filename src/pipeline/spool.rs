//! Sheets kept between the stages: in memory up to a budget, then in a temporary file.
//!
//! Cost: a sheet in the file is decoded at each use (a read and a few copies).

use std::borrow::Cow;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use super::sheet::{Edges, Sheet};
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
    Memory(Box<Sheet>),
    File { at: u64, len: u64 },
}

impl Spool {
    /// An empty spool that keeps up to `budget` bytes of sheets in memory.
    pub fn new(budget: usize) -> Self {
        Self { slots: Vec::new(), budget, memory: 0, file: None, end: 0 }
    }

    /// Adds the next document's sheet.
    ///
    /// # Errors
    /// When the temporary file cannot be made or written.
    pub fn push(&mut self, sheet: Sheet) -> Result<()> {
        let size = sheet.size();
        if self.memory + size <= self.budget {
            self.memory += size;
            self.slots.push(Slot::Memory(Box::new(sheet)));
            return Ok(());
        }
        let bytes = encode(&sheet);
        let failed = Error::io(std::env::temp_dir());
        let file = match &mut self.file {
            Some(file) => file,
            None => match tempfile::tempfile() {
                Ok(file) => self.file.insert(file),
                Err(source) => return Err(failed(source)),
            },
        };
        file.write_all(&bytes).map_err(failed)?;
        self.slots.push(Slot::File { at: self.end, len: bytes.len() as u64 });
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// The sheet of a document.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn get(&self, document: u32) -> Result<Cow<'_, Sheet>> {
        match &self.slots[document as usize] {
            Slot::Memory(sheet) => Ok(Cow::Borrowed(sheet)),
            Slot::File { at, len } => {
                let mut bytes = vec![0; *len as usize];
                let file = self.file.as_ref().expect("a slot in the file is made by writing the file");
                file.read_exact_at(&mut bytes, *at).map_err(Error::io(std::env::temp_dir()))?;
                Ok(Cow::Owned(decode(&bytes)))
            }
        }
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

/// Lengths first, then each part as little-endian words; the edges, a byte each, and the text last.
fn encode(sheet: &Sheet) -> Vec<u8> {
    let words =
        6 + sheet.lines.len() * 3 + sheet.numbers.len() * 4 + sheet.paragraphs.len() * 2 + sheet.units.len();
    let mut bytes = Vec::with_capacity(words * 4 + sheet.lines.len() + sheet.text.len());
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
    bytes
}

fn decode(bytes: &[u8]) -> Sheet {
    let mut at = 0;
    let mut word = || {
        at += 4;
        u32::from_le_bytes(bytes[at - 4..at].try_into().expect("four bytes"))
    };
    let (lines, paragraphs, units, numbers, text) = (word(), word(), word(), word(), word());
    let (rest, text) = bytes.split_at(bytes.len() - text as usize);
    let edges = &rest[rest.len() - lines as usize..];
    let spans = (0..lines).map(|_| Span { start: word(), end: word() }).collect();
    let unit_starts = (0..=lines).map(|_| word()).collect();
    let number = |_| {
        let (line, key, runs, rest) = (word(), word(), word(), word());
        (line, Numbers { key, runs, masks: rest >> 1, kept: rest & 1 == 1 })
    };
    Sheet {
        lines: spans,
        unit_starts,
        numbers: (0..numbers).map(number).collect(),
        paragraphs: (0..paragraphs).map(|_| Range { start: word(), end: word() }).collect(),
        units: (0..units).map(|_| word()).collect(),
        edges: edges.iter().map(|&bits| Edges::from_bits(bits)).collect(),
        text: String::from_utf8(text.to_vec()).expect("the spool holds what it was given"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_memory_and_in_the_file_are_the_same() {
        let texts = ["", "一段话，有12个数字。\n\n第二段\n", "plain\r\ntext\r\n\r\n", "====\n"];
        let mut memory = Spool::new(usize::MAX);
        let mut file = Spool::new(0);
        for text in texts {
            memory.push(Sheet::new(text.into())).unwrap();
            file.push(Sheet::new(text.into())).unwrap();
        }
        for document in 0..texts.len() as u32 {
            assert_eq!(memory.get(document).unwrap(), file.get(document).unwrap());
        }
        assert!(file.sizes().1 > 0 && memory.sizes().1 == 0);
    }
}
