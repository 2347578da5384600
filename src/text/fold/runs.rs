//! The walk over a text, and the loop that most Chinese goes through: runs of characters and their punctuation.
//!
//! They do what [`Machine::step`] would, many characters at a time; whatever needs a rule (a digit in a word, an `x`,
//! a mask, any other script) is left to it.

use super::ahead::Place;
use super::machine::{Before, Machine, RUN, Run, Totals, WORD};
use super::sink::{BATCH, Sink};
use super::table::{self, Element, Entry};

/// What a byte may start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    /// ASCII that only separates.
    Gap,
    Letter,
    Digit,
    /// A character of two bytes.
    Two,
    /// A character of three bytes.
    Wide,
    Other,
}

pub(super) static CLASSES: [Class; 256] = {
    let mut classes = [Class::Gap; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'_' | b'\'' | b'*' | b'=' => Class::Other,
            0xC2..=0xDF => Class::Two,
            0xE0..=0xEF => Class::Wide,
            0x80..=0xFF => Class::Other,
            _ => Class::Gap,
        };
        byte += 1;
    }
    classes
};

impl<S: Sink> Machine<'_, S> {
    /// Folds the whole text.
    pub(super) fn fold(mut self) -> (Totals, S) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at = match CLASSES[usize::from(byte)] {
                Class::Letter if self.open == 0 => self.words(at),
                class => self.advance(class, at),
            };
        }
        self.close_all(Before::Other);
        (self.totals, self.sink)
    }

    /// What starts at `at`, a byte of this class; gives the byte behind it.
    #[inline(always)]
    pub(super) fn advance(&mut self, class: Class, at: usize) -> usize {
        match class {
            Class::Wide => self.wide(at),
            Class::Letter if self.open == 0 => self.word(at),
            Class::Letter | Class::Two if self.open == WORD && !self.word.of_x && !self.word.underscore => {
                self.more(at)
            }
            Class::Two if self.open == 0 => self.word_of_two(at),
            Class::Digit if self.open == 0 => self.digits(at),
            Class::Gap => {
                self.separator();
                at + 1
            }
            _ => self.any(at),
        }
    }

    /// Any character.
    #[inline(never)]
    pub(super) fn any(&mut self, start: usize) -> usize {
        let Some(c) = self.text[start..].chars().next() else { return self.text.len() };
        let next = start + c.len_utf8();
        self.totals.unseen += next - start - 1;
        match table::entry(c) {
            Entry::One(element) => {
                self.totals.unseen += usize::from(element == Element::Space && !c.is_ascii());
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
        let mut count = 0;
        while let Some(value) = three(bytes, at).filter(|&value| is_plain(value)) {
            // Written in any case, and the next one over it if it was a separator: no branch to mispredict.
            self.batch.put(count, u32::from(value), at, at + 3);
            count += usize::from(is_unit(value));
            spaces += usize::from(value == table::SPACE);
            last = value;
            at += 3;
            if count == BATCH {
                self.sink.batch(&self.batch, count);
                count = 0;
                // A run that came so far goes on.
                while let Some(block) = bytes[at..].first_chunk::<{ 3 * BATCH }>() {
                    let values = threes(block);
                    if !values.iter().all(|&value| is_plain(value)) {
                        break;
                    }
                    let mut count = 0;
                    for (index, &value) in values.iter().enumerate() {
                        self.batch.put(count, u32::from(value), at + 3 * index, at + 3 * index + 3);
                        count += usize::from(is_unit(value));
                        spaces += usize::from(value == table::SPACE);
                    }
                    self.sink.batch(&self.batch, count);
                    last = values[BATCH - 1];
                    at += 3 * BATCH;
                }
            }
        }
        self.sink.batch(&self.batch, count);
        self.totals.unseen += (at - start) / 3 * 2 + spaces;
        self.before = if is_unit(last) { Before::Char } else { Before::Other };
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

/// The letter that the character of two bytes at `at` folds to, if it is one.
#[inline(always)]
pub(super) fn two(bytes: &[u8], at: usize) -> Option<u32> {
    let &[a @ 0xC2..=0xDF, b] = bytes.get(at..)?.first_chunk::<2>()? else { return None };
    let value = table::BMP[usize::from(a & 0x1F) << 6 | usize::from(b & 0x3F)];
    // No character of two bytes folds to a unit of its own.
    (value < table::UNITS).then_some(u32::from(value))
}

/// What the character of three bytes at `at` folds to, if there is one.
#[inline(always)]
pub(super) fn three(bytes: &[u8], at: usize) -> Option<u16> {
    let rest = &bytes[at..];
    let word = match (rest.first_chunk::<4>(), rest) {
        (Some(&four), _) => u32::from_le_bytes(four),
        (None, &[a, b, c]) => u32::from_le_bytes([a, b, c, 0]),
        _ => return None,
    };
    let code = (word & 0xF) << 12 | (word >> 2 & 0xFC0) | (word >> 16 & 0x3F);
    (word & 0xF0 == 0xE0).then(|| table::BMP[usize::from(code as u16)])
}

/// What sixteen characters of three bytes fold to; no [`is_plain`] entry where one is shorter or longer.
#[multiversion::multiversion(targets("x86_64+avx512bw", "x86_64+avx2"))]
fn threes(block: &[u8; 3 * BATCH]) -> [u16; BATCH] {
    let mut codes = [0; BATCH];
    let mut leads = 0;
    for (code, three) in codes.iter_mut().zip(block.as_chunks::<3>().0) {
        let [a, b, c] = *three;
        *code = u16::from(a) << 12 | u16::from(b & 0x3F) << 6 | u16::from(c & 0x3F);
        leads |= a & 0xF0 ^ 0xE0;
    }
    if leads != 0 {
        return [u16::MAX; BATCH];
    }
    for code in &mut codes {
        *code = table::BMP[usize::from(*code)];
    }
    codes
}

/// Whether an entry is a unit, or separates where nothing is under way.
#[inline(always)]
pub(super) fn is_plain(value: u16) -> bool {
    value.wrapping_sub(table::UNITS) <= table::SPACE - table::UNITS
}

/// Whether an entry that [`is_plain`] is a unit.
#[inline(always)]
fn is_unit(value: u16) -> bool {
    value.wrapping_sub(table::UNITS) < table::SEPARATOR - table::UNITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_bytes_make_letters_or_nothing() {
        for c in ('\u{80}'..'\u{800}').chain('\0'..'\u{80}').chain(['中']) {
            let expected = match table::entry(c) {
                Entry::One(Element::Letter(code)) if c.len_utf8() == 2 => Some(code),
                _ => None,
            };
            assert_eq!(two(c.to_string().as_bytes(), 0), expected, "{c}");
        }
    }

    #[test]
    fn classes_follow_the_table() {
        for byte in 0..128u8 {
            let Entry::One(element) = table::entry(char::from(byte)) else { panic!("{byte}") };
            let expected = match element {
                Element::Space | Element::Separator => Class::Gap,
                Element::Letter(_) => Class::Letter,
                Element::Digit(_) => Class::Digit,
                _ => Class::Other,
            };
            assert_eq!(CLASSES[usize::from(byte)], expected, "{byte:x}");
        }
    }
}
