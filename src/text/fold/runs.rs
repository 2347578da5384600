//! The loops that most text goes through: runs of Han characters and their punctuation, runs of ASCII words.
//!
//! They do what [`Machine::step`] would, many characters at a time; whatever needs a rule (a digit in a word, an `x`,
//! a mask, any other script) is left to it.

use super::ahead::Place;
use super::machine::{Before, Machine, RUN, Run, WORD, Word};
use super::sink::Sink;
use super::table::{self, Element, Entry};
use super::word::WordHash;

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

impl<S: Sink> Machine<'_, S> {
    /// Folds the whole text.
    pub(super) fn fold(mut self) -> (super::machine::Totals, S) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at = match CLASSES[usize::from(byte)] {
                Class::Wide => self.wide(at),
                Class::Letter if self.open == 0 => self.words(at),
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
        let Some(value) = three(&bytes[start..]) else { return self.any(start) };
        if is_unit(value) {
            self.close_all(Before::Char);
        } else if self.open == 0 && is_gap(value) || value == table::SEPARATOR {
            self.close_all(Before::Other);
        } else {
            return self.any(start);
        }
        let mut at = start;
        let mut last = Before::Other;
        let mut units = [0; BATCH];
        let mut starts = [0; BATCH];
        let mut count = 0;
        while let Some(value) = three(&bytes[at..]) {
            let unit = is_unit(value);
            if !unit && !is_gap(value) {
                break;
            }
            // Written in any case, and the next one over it if it was a separator: no branch to mispredict.
            units[count] = u32::from(value);
            starts[count] = at as u32;
            count += usize::from(unit);
            self.totals.unseen += usize::from(value == table::SPACE);
            last = if unit { Before::Char } else { Before::Other };
            at += 3;
            if count == BATCH {
                self.sink.chars(&units, &starts);
                count = 0;
            }
        }
        self.sink.chars(&units[..count], &starts[..count]);
        self.totals.unseen += (at - start) / 3 * 2;
        self.before = last;
        at
    }

    /// ASCII words and the separators between them; nothing is under way.
    fn words(&mut self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        loop {
            let start = at;
            let (mut chunk, mut length) = letters(&bytes[at..]);
            if chunk & 0xFF == u64::from(b'x') {
                return self.any(start);
            }
            let mut hash = WordHash::new();
            at += length;
            while length == 8 {
                let (next, more) = letters(&bytes[at..]);
                if more == 0 {
                    break;
                }
                hash.eight(chunk);
                (chunk, length) = (next, more);
                at += length;
            }
            hash.last(chunk, length as u32);
            self.before = Before::Letter;
            let gap = bytes.get(at).map_or(Class::Gap, |&byte| CLASSES[usize::from(byte)]);
            if !matches!(gap, Class::Space | Class::Gap) {
                self.word = Word::new(start, at);
                self.word.hash = hash;
                self.open = WORD;
                return at;
            }
            self.sink.unit(hash.unit(), start, at);
            // One separator is passed here; the usual next thing is a word.
            self.before = Before::Other;
            self.totals.unseen += usize::from(gap == Class::Space);
            at += 1;
            if !bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
                return at.min(bytes.len());
            }
        }
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

/// What the three bytes at the front fold to, if a character of three bytes starts there.
fn three(bytes: &[u8]) -> Option<u16> {
    match bytes {
        &[a @ 0xE0..=0xEF, b, c, ..] => {
            let code = u16::from(a & 0xF) << 12 | u16::from(b & 0x3F) << 6 | u16::from(c & 0x3F);
            Some(table::BMP[usize::from(code)])
        }
        _ => None,
    }
}

/// Han, kana and Hangul; other units have the general way.
fn is_unit(value: u16) -> bool {
    value.wrapping_sub(0x3000) < 0x7000 || value.wrapping_sub(0xAC00) < 0x2BA4
}

/// Whether an entry separates where nothing is under way.
fn is_gap(value: u16) -> bool {
    matches!(value, table::SEPARATOR | table::SPACE | table::APOSTROPHE)
}

/// The ASCII letters at the front, eight at most: lower case, the first in the lowest byte, and how many.
fn letters(bytes: &[u8]) -> (u64, usize) {
    let word = match bytes.first_chunk::<8>() {
        Some(&eight) => u64::from_le_bytes(eight),
        None => {
            let mut eight = [0; 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(eight)
        }
    };
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
