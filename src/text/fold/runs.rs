//! The loops that most text goes through: runs of Han characters and their punctuation, runs of ASCII words.
//!
//! They do what [`Machine::step`] would, many characters at a time; whatever needs a rule (a digit in a word, an `x`,
//! a mask, any other script) is left to it.

use super::ahead::Place;
use super::machine::{Before, Machine, RUN, Run, WORD, Word};
use super::sink::Sink;
use super::table::{self, Element, Entry};
use super::word::WordHash;
use crate::document::Span;

/// What a byte may start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    /// ASCII white space.
    Space,
    /// ASCII that only separates.
    Gap,
    Letter,
    Digit,
    /// A character of three bytes.
    Wide,
    Other,
}

static CLASSES: [Class; 256] = {
    let mut classes = [Class::Gap; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b' ' | b'\t'..=b'\r' => Class::Space,
            b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'_' | b'\'' | b'*' | b'=' => Class::Other,
            0xE0..=0xEF => Class::Wide,
            0x80..=0xFF => Class::Other,
            _ => Class::Gap,
        };
        byte += 1;
    }
    classes
};

const EACH: u64 = 0x0101_0101_0101_0101;

/// Characters that a run of them hands over at a time.
const BATCH: usize = 32;

/// Units under way to the sink.
struct Batch {
    units: [u32; BATCH],
    spans: [Span; BATCH],
    count: usize,
}

impl Batch {
    #[inline(always)]
    fn new() -> Self {
        Self { units: [0; BATCH], spans: [Span::default(); BATCH], count: 0 }
    }

    #[inline(always)]
    fn put(&mut self, unit: u32, start: usize, end: usize) {
        self.units[self.count] = unit;
        self.spans[self.count] = Span { start: start as u32, end: end as u32 };
    }

    #[inline(always)]
    fn flush(&mut self, sink: &mut impl Sink) {
        sink.batch(&self.units[..self.count], &self.spans[..self.count]);
        self.count = 0;
    }
}

impl<S: Sink> Machine<'_, S> {
    /// Folds the whole text.
    pub(super) fn fold(mut self) -> (super::machine::Totals, S) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at = match CLASSES[usize::from(byte)] {
                Class::Wide => self.wide(at),
                Class::Letter if self.open == 0 => self.words(at),
                Class::Letter if self.open == WORD && !self.word.of_x && !self.word.underscore => {
                    self.more(at)
                }
                Class::Digit if self.open == 0 => self.digits(at),
                Class::Space => {
                    self.totals.unseen += 1;
                    self.separator();
                    at + 1
                }
                Class::Gap => {
                    self.separator();
                    at + 1
                }
                _ => self.any(at),
            };
        }
        self.close_all(Before::Other);
        (self.totals, self.sink)
    }

    /// Any character.
    fn any(&mut self, start: usize) -> usize {
        let Some(c) = self.text[start..].chars().next() else { return self.text.len() };
        let next = start + c.len_utf8();
        self.totals.unseen += next - start - 1;
        match table::entry(c) {
            Entry::One(element) => {
                self.totals.unseen += usize::from(element == Element::Space);
                self.step(element, Place { start, end: next, rest: &[], next });
            }
            Entry::Many(parts) => {
                let gap = |&part: &u32| matches!(table::unpack(part), Element::Separator | Element::Space);
                let owner = parts.iter().position(|part| !gap(part)).unwrap_or(0);
                for (index, &part) in parts.iter().enumerate() {
                    // The bytes belong to the first element that is written, the others stand behind them.
                    let start = if index <= owner { start } else { next };
                    self.step(
                        table::unpack(part),
                        Place { start, end: next, rest: &parts[index + 1..], next },
                    );
                }
            }
        }
        next
    }

    /// Characters of three bytes that are units or separators; what is under way ends at the first.
    fn wide(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        match three(bytes, start) {
            Some(value) if is_unit(value) => self.close_all(Before::Char),
            Some(value) if value == table::SEPARATOR || self.open == 0 && is_plain(value) => self.separator(),
            _ => return self.any(start),
        }
        let mut at = start;
        let mut last = table::SEPARATOR;
        let mut spaces = 0;
        let mut batch = Batch::new();
        loop {
            let full = loop {
                let value = match three(bytes, at) {
                    Some(value) if is_plain(value) => value,
                    _ => break false,
                };
                // Written in any case, and the next one over it if it was a separator: no branch to mispredict.
                batch.put(u32::from(value), at, at + 3);
                batch.count += usize::from(is_unit(value));
                spaces += usize::from(value == table::SPACE);
                last = value;
                at += 3;
                if batch.count == BATCH {
                    break true;
                }
            };
            batch.flush(&mut self.sink);
            if !full {
                break;
            }
        }
        self.totals.unseen += (at - start) / 3 * 2 + spaces;
        self.before = if is_unit(last) { Before::Char } else { Before::Other };
        at
    }

    /// ASCII words and the separators between them; nothing is under way.
    fn words(&mut self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        loop {
            let start = at;
            let (hash, length) = Self::word(&bytes[start..]);
            if bytes[start] | 0x20 == b'x' {
                return self.any(start);
            }
            at += length;
            let class = bytes.get(at).map_or(Class::Gap, |&byte| CLASSES[usize::from(byte)]);
            let ends = match class {
                Class::Space | Class::Gap => true,
                Class::Wide => {
                    three(bytes, at).is_some_and(|value| is_plain(value) && value != table::APOSTROPHE)
                }
                _ => false,
            };
            if !ends {
                self.word = Word::new(start, at);
                self.word.hash = hash;
                self.open = WORD;
                self.before = Before::Letter;
                return at;
            }
            self.sink.unit(hash.unit(), start, at);
            if class == Class::Wide {
                self.before = Before::Letter;
                return at;
            }
            // A separator, and a space behind it if there is one: then the usual thing is a word.
            self.before = Before::Other;
            let space = bytes.get(at + 1).is_some_and(|&byte| CLASSES[usize::from(byte)] == Class::Space);
            self.totals.unseen += usize::from(class == Class::Space) + usize::from(space);
            at += 1 + usize::from(space);
            if !bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
                return at.min(bytes.len());
            }
        }
    }

    /// Hash and length of the ASCII word at the front.
    fn word(bytes: &[u8]) -> (WordHash, usize) {
        let mut hash = WordHash::new();
        let (mut chunk, mut filled) = letters(bytes);
        let mut length = filled;
        while filled == 8 {
            let (next, more) = letters(&bytes[length..]);
            if more == 0 {
                break;
            }
            hash.eight(chunk);
            (chunk, filled) = (next, more);
            length += filled;
        }
        hash.last(chunk, filled as u32);
        (hash, length)
    }

    /// ASCII letters of a word that is under way.
    fn more(&mut self, mut at: usize) -> usize {
        while let Some(byte @ (b'a'..=b'z' | b'A'..=b'Z')) = self.text.as_bytes().get(at) {
            self.word.hash.letter(u32::from(byte | 0x20));
            at += 1;
        }
        self.word.end = at;
        at
    }

    /// ASCII digits; nothing is under way.
    fn digits(&mut self, start: usize) -> usize {
        self.run = Run::new(start);
        self.open = RUN;
        self.before = Before::Digit;
        let mut at = start;
        while let Some(byte @ b'0'..=b'9') = self.text.as_bytes().get(at) {
            self.run.digit(byte - b'0');
            at += 1;
        }
        self.totals.digits += at - start;
        self.run.end = at;
        at
    }
}

/// What the character of three bytes at `at` folds to, if there is one.
#[inline(always)]
fn three(bytes: &[u8], at: usize) -> Option<u16> {
    let rest = &bytes[at..];
    let word = match (rest.first_chunk::<4>(), rest) {
        (Some(&four), _) => u32::from_le_bytes(four),
        (None, &[a, b, c]) => u32::from_le_bytes([a, b, c, 0]),
        _ => return None,
    };
    let code = (word & 0xF) << 12 | (word >> 2 & 0xFC0) | (word >> 16 & 0x3F);
    (word & 0xF0 == 0xE0).then(|| table::BMP[usize::from(code as u16)])
}

/// Whether an entry is a unit, or separates where nothing is under way.
#[inline(always)]
fn is_plain(value: u16) -> bool {
    value.wrapping_sub(table::UNITS) <= table::SPACE - table::UNITS
}

/// Whether an entry that [`is_plain`] is a unit.
#[inline(always)]
fn is_unit(value: u16) -> bool {
    value.wrapping_sub(table::UNITS) < table::SEPARATOR - table::UNITS
}

/// The first eight bytes, zeros where there are none.
#[inline(always)]
fn eight(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(&eight) => u64::from_le_bytes(eight),
        None => {
            let mut eight = [0; 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(eight)
        }
    }
}

/// The ASCII letters at the front, eight at most: lower case, the first in the lowest byte, and how many.
fn letters(bytes: &[u8]) -> (u64, usize) {
    let word = eight(bytes);
    // Eight comparisons at once: the top bit of each byte tells whether it is below `a`, above `z` or no ASCII.
    let lower = word | EACH * 0x20;
    let seven = lower & EACH * 0x7F;
    let from_a = seven + EACH * (0x80 - b'a' as u64);
    let above_z = seven + EACH * (0x80 - b'{' as u64);
    let other = (!from_a | above_z | word) & EACH * 0x80;
    let length = (other.trailing_zeros() / 8) as usize;
    let kept = if length == 8 { u64::MAX } else { (1 << (8 * length)) - 1 };
    (lower & kept, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_follow_the_table() {
        for byte in 0..128u8 {
            let Entry::One(element) = table::entry(char::from(byte)) else { panic!("{byte}") };
            let expected = match element {
                Element::Space => Class::Space,
                Element::Separator => Class::Gap,
                Element::Letter(_) => Class::Letter,
                Element::Digit(_) => Class::Digit,
                _ => Class::Other,
            };
            assert_eq!(CLASSES[usize::from(byte)], expected, "{byte:x}");
        }
    }

    #[test]
    fn letters_of_every_byte() {
        for byte in 0..=255u8 {
            for before in 0..9 {
                let mut text = vec![b'Q'; before];
                text.push(byte);
                text.extend_from_slice(b"z\xE4");
                let count = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count().min(8);
                let mut expected = [0; 8];
                expected[..count].copy_from_slice(&text[..count].to_ascii_lowercase());
                assert_eq!(letters(&text), (u64::from_le_bytes(expected), count), "{text:?}");
            }
        }
    }
}
