//! Texts and sheets kept between the stages, and until chrome is told their evidence: in memory up to a budget, then in
//! a temporary file.
//!
//! What was read together stands together, in a piece. Cost: what is in memory is looked at where it stands; what is
//! in the file is read at each use, no more of a document than is asked for. In the file a piece has its sheets first,
//! of each the units and then the layout, then its texts, then the evidence: what is asked for together stands
//! together.

use std::borrow::Cow;
use std::ops::Range;

use super::scratch::Scratch;
use super::sheet::{Extent, Sheet};
use super::words::Words;
use crate::chrome::Evidence;
use crate::error::Result;

/// All texts and sheets of a run, by document.
#[derive(Debug)]
pub struct Spool {
    slots: Vec<Slot>,
    /// Of each document, where its evidence stands in that of its piece; nothing when that was forgotten.
    evidence: Vec<Range<u32>>,
    pieces: Vec<Piece>,
    budget: usize,
    memory: usize,
    file: Option<Scratch>,
    end: u64,
}

/// Texts and sheets of some documents, one behind the other, and the evidence of their lines.
#[derive(Debug, Default)]
pub struct Texts {
    /// The sheets.
    pub words: Vec<u32>,
    /// The texts.
    pub text: String,
    /// The evidence.
    pub evidence: Vec<Evidence>,
}

impl Texts {
    /// Forgets them, and keeps the room.
    pub fn clear(&mut self) {
        self.words.clear();
        self.text.clear();
        self.evidence.clear();
    }

    fn size(&self) -> usize {
        size_of_val(&*self.words) + self.text.len() + size_of_val(&*self.evidence)
    }
}

/// Where the parts of a document stand in its [`Texts`].
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Where its sheet begins.
    pub word: usize,
    /// How long it is.
    pub extent: Extent,
    /// Its text.
    pub text: Range<usize>,
    /// Characters of that.
    pub characters: u32,
    /// Its evidence.
    pub evidence: Range<usize>,
}

#[derive(Debug)]
enum Piece {
    Memory(Texts),
    /// Where its words, its texts and its evidence begin in the file.
    File {
        words: u64,
        text: u64,
        evidence: u64,
    },
}

/// Where a document's sheet and its text stand in its piece.
#[derive(Clone, Copy, Debug)]
struct Slot {
    piece: u32,
    word: u32,
    extent: Extent,
    text: u32,
    bytes: u32,
    characters: u32,
}

impl Slot {
    fn words(self) -> Range<usize> {
        let start = self.word as usize;
        start..start + self.extent.units as usize + self.extent.layout as usize
    }

    fn layout(self) -> Range<usize> {
        let words = self.words();
        words.start + self.extent.units as usize..words.end
    }
}

impl Spool {
    /// An empty spool that keeps up to `budget` bytes in memory.
    pub fn new(budget: usize) -> Self {
        Self {
            slots: Vec::new(),
            evidence: Vec::new(),
            pieces: Vec::new(),
            budget,
            memory: 0,
            file: None,
            end: 0,
        }
    }

    /// Adds the next documents, by their places in `texts`. What is not kept is room for others.
    ///
    /// # Errors
    /// When the temporary file cannot be made or written.
    pub fn push(&mut self, mut texts: Texts, places: impl Iterator<Item = Place>) -> Result<Option<Texts>> {
        let piece = self.pieces.len() as u32;
        for Place { word, extent, text, characters, evidence } in places {
            let (word, bytes, text) = (word as u32, text.len() as u32, text.start as u32);
            self.slots.push(Slot { piece, word, extent, text, bytes, characters });
            self.evidence.push(evidence.start as u32..evidence.end as u32);
        }
        let size = texts.size();
        if self.memory + size <= self.budget {
            self.memory += size;
            texts.words.shrink_to_fit();
            texts.text.shrink_to_fit();
            texts.evidence.shrink_to_fit();
            self.pieces.push(Piece::Memory(texts));
            return Ok(None);
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(Scratch::new()?),
        };
        let mut write = |bytes: &[u8]| {
            let at = self.end;
            file.write(at, bytes)?;
            self.end += bytes.len() as u64;
            Ok(at)
        };
        let words = write(bytemuck::cast_slice(&texts.words))?;
        let text = write(texts.text.as_bytes())?;
        let lines: Vec<[u8; Evidence::BYTES]> = texts.evidence.iter().map(|line| line.to_bytes()).collect();
        let evidence = write(lines.as_flattened())?;
        self.pieces.push(Piece::File { words, text, evidence });
        Ok(Some(texts))
    }

    /// Bytes of a document's text.
    pub fn text_bytes(&self, document: u32) -> u32 {
        self.slots[document as usize].bytes
    }

    /// Characters of a document's text.
    pub fn characters(&self, document: u32) -> u32 {
        self.slots[document as usize].characters
    }

    /// A document's text.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn text(&self, document: u32) -> Result<Cow<'_, str>> {
        let slot = self.slots[document as usize];
        match &self.pieces[slot.piece as usize] {
            Piece::Memory(texts) => {
                let start = slot.text as usize;
                Ok(Cow::Borrowed(&texts.text[start..start + slot.bytes as usize]))
            }
            Piece::File { text, .. } => {
                let len = slot.bytes as usize;
                let words = Words::read(len.div_ceil(4), |room| {
                    self.read(text + u64::from(slot.text), &mut room[..len])
                })?;
                let bytes = &bytemuck::cast_slice(&words)[..len];
                let text = simdutf8::basic::from_utf8(bytes).expect("the spool holds what it was given");
                Ok(Cow::Owned(text.to_owned()))
            }
        }
    }

    /// A document's sheet.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn sheet(&self, document: u32) -> Result<Sheet<'_>> {
        let slot = self.slots[document as usize];
        Ok(Sheet::of(self.words(slot, slot.words())?, slot.extent.units))
    }

    /// A document's sheet without the units.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn layout(&self, document: u32) -> Result<Sheet<'_>> {
        let slot = self.slots[document as usize];
        Ok(Sheet::of(self.words(slot, slot.layout())?, 0))
    }

    fn words(&self, slot: Slot, range: Range<usize>) -> Result<Words<'_>> {
        match &self.pieces[slot.piece as usize] {
            Piece::Memory(texts) => Ok(Words::lend(&texts.words[range])),
            Piece::File { words, .. } => {
                Words::read(range.len(), |bytes| self.read(words + 4 * range.start as u64, bytes))
            }
        }
    }

    /// The evidence of a document's lines; of none, when it was forgotten.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn evidence(&self, document: u32) -> Result<Cow<'_, [Evidence]>> {
        let Some(Range { start, end }) = self.evidence.get(document as usize).cloned() else {
            return Ok(Cow::Borrowed(&[]));
        };
        match &self.pieces[self.slots[document as usize].piece as usize] {
            Piece::Memory(texts) => Ok(Cow::Borrowed(&texts.evidence[start as usize..end as usize])),
            Piece::File { evidence, .. } => {
                let at = evidence + u64::from(start) * Evidence::BYTES as u64;
                let words = (end - start) as usize * (Evidence::BYTES / 4);
                let words = Words::read(words, |bytes| self.read(at, bytes))?;
                let lines: &[u8] = bytemuck::cast_slice(&words);
                Ok(lines.as_chunks().0.iter().map(Evidence::from_bytes).collect())
            }
        }
    }

    /// Lets go of the evidence that is in memory.
    pub fn forget_evidence(&mut self) {
        self.evidence = Vec::new();
        for piece in &mut self.pieces {
            if let Piece::Memory(texts) = piece {
                self.memory -= size_of_val(&*texts.evidence);
                texts.evidence = Vec::new();
            }
        }
    }

    /// Fills `bytes` with what stands in a place of the file.
    fn read(&self, at: u64, bytes: &mut [u8]) -> Result<()> {
        self.file.as_ref().expect("a piece in the file is made by writing the file").read(at, bytes)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::{Role, Rules, observe};
    use crate::pipeline::sheet::Folder;

    #[test]
    fn in_memory_and_in_the_file_are_the_same() {
        let texts = ["", "一段话，有12个数字。\n\n第二段\n", "plain\r\ntext\r\n\r\n", "====\n"];
        let mut memory = Spool::new(usize::MAX);
        let mut file = Spool::new(0);
        let rules = Rules::built_in();
        let mut evidence = Vec::new();
        // Two in a piece.
        for two in texts.chunks(2) {
            let (mut piece, mut places, mut folder) = (Texts::default(), Vec::new(), Folder::default());
            for text in two {
                let (word, before) = (piece.words.len(), (piece.text.len(), piece.evidence.len()));
                let extent = folder.fold(text, &mut piece.words);
                let sheet = Sheet::new(text);
                let mut lines = Vec::new();
                let starts = sheet.layout().unit_starts();
                observe(text, folder.lines(), starts, sheet.units(), &rules, &mut lines);
                for (near, line) in (1..).zip(&mut lines) {
                    (line.path, line.links, line.near, line.role) = (7, 3, near, Role::MAIN);
                }
                piece.text.push_str(text);
                piece.evidence.extend_from_slice(&lines);
                evidence.push(lines);
                let characters = text.chars().count() as u32;
                let (text, evidence) = (before.0..piece.text.len(), before.1..piece.evidence.len());
                places.push(Place { word, extent, text, characters, evidence });
            }
            let again = Texts {
                words: piece.words.clone(),
                text: piece.text.clone(),
                evidence: piece.evidence.clone(),
            };
            assert!(memory.push(piece, places.iter().cloned()).unwrap().is_none());
            assert!(file.push(again, places.into_iter()).unwrap().is_some());
        }
        let holds_sheets = |spool: &Spool| {
            for (document, text) in (0..).zip(texts) {
                let sheet = Sheet::new(text);
                assert_eq!(spool.text(document).unwrap(), text);
                assert_eq!(spool.text_bytes(document) as usize, text.len());
                assert_eq!(spool.characters(document) as usize, text.chars().count());
                assert_eq!(spool.layout(document).unwrap().layout(), sheet.layout());
                assert!(spool.layout(document).unwrap().units().is_empty());
                assert_eq!(spool.sheet(document).unwrap().layout(), sheet.layout());
                assert_eq!(spool.sheet(document).unwrap().units(), sheet.units());
            }
        };
        for spool in [&mut memory, &mut file] {
            holds_sheets(spool);
            for (document, evidence) in (0..).zip(&evidence) {
                assert_eq!(*spool.evidence(document).unwrap(), evidence[..]);
            }
            spool.forget_evidence();
            holds_sheets(spool);
            assert!((0..texts.len() as u32).all(|document| spool.evidence(document).unwrap().is_empty()));
        }
        assert!(file.sizes().1 > 0 && memory.sizes().1 == 0);
    }
}
