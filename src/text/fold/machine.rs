//! The fold as a machine that takes one element at a time: which runs are words, which digits, which masks.
//!
//! A run that may be a mask is decided where it ends: the units of its x-words are put out when they come and taken
//! back if it was one. So the text is walked once, and every lookahead goes over text that is then skipped.

use super::compose::compose;
use super::sink::Sink;
use super::table::{self, Element, Entry};
use super::word::{self, WordHash};

/// What the runs of one text came to.
pub(super) struct Totals {
    /// Hash of the digit runs, 0 when there is none.
    pub(super) key: u32,
    pub(super) runs: u32,
    pub(super) masks: u32,
    /// Digits seen.
    pub(super) digits: usize,
    /// White space that is not ASCII, in characters.
    pub(super) wide_spaces: usize,
}

/// What becomes of the digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    Drop,
    Keep,
}

/// Kind of the last element that was not ignored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Char,
    Digit,
    Letter,
    Symbol,
    Other,
}

struct Word {
    open: bool,
    /// The word is a run of `x`: it may be a mask.
    of_x: bool,
    /// A `_` stands between the last letter and the next.
    underscore: bool,
    letters: u32,
    hash: WordHash,
    start: usize,
    end: usize,
    left: Before,
}

struct Run {
    open: bool,
    hash: u64,
    start: usize,
    end: usize,
}

/// Mask symbols and x-words that touch each other.
struct Group {
    open: bool,
    live: bool,
    /// Nothing but one `x` so far.
    lone_x: bool,
    ends_in_symbol: bool,
    left: Before,
    units: usize,
    start: usize,
    end: usize,
}

const RUN_START: u64 = 0x9E37_79B9_7F4A_7C15;
const RUN_STEP: u64 = 0xD6E8_FEB8_6659_FD93;

pub(super) struct Machine<'a, S> {
    text: &'a str,
    sink: S,
    mode: Digits,
    before: Before,
    word: Word,
    run: Run,
    group: Group,
    /// Every letter before this byte, in the word under way, is known to be an x.
    x_until: usize,
    /// Every `_` before this byte is known to stand inside a word.
    inner_until: usize,
    key: u64,
    totals: Totals,
}

/// Where the element under way stands, and what follows it.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    end: usize,
    /// What is left of the character's elements.
    rest: &'static [u32],
    /// Byte after the character.
    next: usize,
}

/// Elements from a place on.
struct Ahead<'a> {
    text: &'a str,
    rest: &'static [u32],
    next: usize,
    /// First byte of the character that the last element came from.
    at: usize,
}

impl Iterator for Ahead<'_> {
    type Item = Element;

    fn next(&mut self) -> Option<Element> {
        if let Some((&first, rest)) = self.rest.split_first() {
            self.rest = rest;
            return Some(alone(table::unpack(first)));
        }
        self.at = self.next;
        let c = self.text[self.next..].chars().next()?;
        self.next += c.len_utf8();
        match table::entry(c) {
            Entry::One(element) => Some(alone(element)),
            Entry::Many(parts) => {
                self.rest = &parts[1..];
                Some(alone(table::unpack(parts[0])))
            }
        }
    }
}

/// A mark that has nothing to join: a lookahead starts in a word and ends at the first character.
fn alone(element: Element) -> Element {
    match element {
        Element::Join(0x3099 | 0x309A) => Element::Ignore,
        Element::Join(code) => Element::Char(code),
        other => other,
    }
}

impl<'a, S: Sink> Machine<'a, S> {
    pub(super) fn new(text: &'a str, sink: S, mode: Digits) -> Self {
        let left = Before::Other;
        Self {
            text,
            sink,
            mode,
            before: left,
            word: Word {
                open: false,
                of_x: false,
                underscore: false,
                letters: 0,
                hash: WordHash::new(),
                start: 0,
                end: 0,
                left,
            },
            run: Run { open: false, hash: 0, start: 0, end: 0 },
            group: Group {
                open: false,
                live: false,
                lone_x: false,
                ends_in_symbol: false,
                left,
                units: 0,
                start: 0,
                end: 0,
            },
            x_until: 0,
            inner_until: 0,
            key: 0,
            totals: Totals { key: 0, runs: 0, masks: 0, digits: 0, wide_spaces: 0 },
        }
    }

    /// Folds the whole text.
    pub(super) fn run(mut self) -> (Totals, S) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            at = match bytes[at] {
                0xE3..=0xED => self.chars(at),
                byte if byte.is_ascii_alphabetic() && !self.is_open() => self.ascii_word(at),
                _ => self.any(at),
            };
        }
        self.close_all(Before::Other);
        if self.totals.digits > 0 {
            self.totals.key = ((word::mix(self.key, RUN_STEP) >> 32) as u32).max(1);
        }
        (self.totals, self.sink)
    }

    fn is_open(&self) -> bool {
        self.word.open || self.run.open || self.group.open
    }

    /// A run of characters of three bytes that are units or separators, the usual Chinese text.
    fn chars(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = start;
        let mut last = Before::Other;
        while let Some(&[a @ 0xE3..=0xED, b, c]) = bytes.get(at..).and_then(|rest| rest.first_chunk::<3>()) {
            let code = u16::from(a & 0xF) << 12 | u16::from(b & 0x3F) << 6 | u16::from(c & 0x3F);
            let value = table::BMP[usize::from(code)];
            // Han, kana and what stands between them, and Hangul: the rest has its own way.
            if matches!(value, 0x3000..0xA000 | 0xAC00..0xD7B0) {
                if at == start {
                    self.close_all(Before::Char);
                }
                self.sink.unit(u32::from(value), at, at + 3);
                last = Before::Char;
            } else if value == table::SEPARATOR {
                if at == start {
                    self.close_all(Before::Other);
                }
                last = Before::Other;
            } else {
                break;
            }
            at += 3;
        }
        if at == start {
            return self.any(at);
        }
        self.before = last;
        at
    }

    /// A word of up to eight ASCII letters that ends there, the usual English text.
    fn ascii_word(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut chunk = 0;
        let mut length = 0;
        for &byte in bytes[start..].iter().take(9) {
            let lower = byte | 0x20;
            if !lower.is_ascii_lowercase() {
                break;
            }
            if length == 8 {
                return self.any(start);
            }
            chunk |= u64::from(lower) << (8 * length);
            length += 1;
        }
        let end = start + length as usize;
        let ends = match bytes.get(end) {
            None => true,
            Some(byte) => {
                matches!(byte, b' ' | b'\n' | b'.' | b',' | b':' | b'(' | b')' | b'-' | b'"' | b'/')
            }
        };
        if !ends || chunk & 0xFF == u64::from(b'x') {
            return self.any(start);
        }
        self.sink.unit(word::of_chunk(chunk, length), start, end);
        self.before = Before::Letter;
        end
    }

    /// Any character.
    fn any(&mut self, start: usize) -> usize {
        let Some(c) = self.text[start..].chars().next() else { return self.text.len() };
        let next = start + c.len_utf8();
        match table::entry(c) {
            Entry::One(element) => self.step(element, Place { start, end: next, rest: &[], next }),
            Entry::Many(parts) => {
                let owner = parts.iter().position(|&part| !is_gap(table::unpack(part))).unwrap_or(0);
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

    fn step(&mut self, element: Element, place: Place) {
        match element {
            Element::Char(code) => self.char(code, place),
            Element::Letter(code) => self.letter(code, place),
            Element::Digit(digit) => self.digit(digit, place),
            Element::Join(code) => self.join(code, place),
            Element::Mask => self.symbol(place),
            Element::Underscore => self.underscore(place),
            Element::Apostrophe => {
                let inside =
                    self.word.open && !self.run.open && matches!(self.ahead(place), Some(Element::Letter(_)));
                if !inside {
                    self.separator();
                }
            }
            Element::Ignore => self.ignore(place),
            Element::Space => {
                if place.end - place.start > 1 {
                    self.totals.wide_spaces += 1;
                }
                self.separator();
            }
            Element::Separator => self.separator(),
        }
    }

    fn char(&mut self, code: u32, place: Place) {
        self.close_all(Before::Char);
        self.sink.unit(code, place.start, place.end);
        self.before = Before::Char;
    }

    fn join(&mut self, code: u32, place: Place) {
        let joined = match (self.before, self.sink.last()) {
            (Before::Char, Some(last)) => compose(last, code),
            _ => None,
        };
        match joined {
            Some(unit) => self.sink.replace_last(unit, place.end),
            None => self.step(alone(Element::Join(code)), place),
        }
    }

    fn letter(&mut self, code: u32, place: Place) {
        self.close_run();
        if !self.word.open {
            let of_x = code == u32::from(b'x') && self.only_x(place);
            if !of_x {
                self.close_group(Before::Letter);
            }
            self.word = Word {
                open: true,
                of_x,
                underscore: false,
                letters: 0,
                hash: WordHash::new(),
                start: place.start,
                end: place.end,
                left: self.before,
            };
        } else if self.word.underscore {
            self.word.underscore = false;
            self.word.hash.letter(u32::from(b'_'));
        }
        self.word.hash.letter(code);
        self.word.letters += 1;
        self.word.end = place.end;
        self.before = Before::Letter;
    }

    fn digit(&mut self, digit: u8, place: Place) {
        if self.word.open && (self.word.of_x || self.mode == Digits::Keep) {
            self.close_word();
        }
        self.close_group(Before::Digit);
        if !self.run.open {
            self.run = Run { open: true, hash: RUN_START, start: place.start, end: place.end };
        }
        self.run.hash = (self.run.hash ^ u64::from(digit)).wrapping_mul(RUN_STEP).rotate_left(29);
        self.run.end = place.end;
        self.totals.digits += 1;
        self.before = Before::Digit;
    }

    fn symbol(&mut self, place: Place) {
        self.close_run();
        self.close_word();
        if !self.group.open {
            self.open_group(self.before, place.start);
        }
        self.group.lone_x = false;
        self.group.ends_in_symbol = true;
        self.group.end = place.end;
        self.before = Before::Symbol;
    }

    fn underscore(&mut self, place: Place) {
        if place.start < self.inner_until {
            return;
        }
        if self.word.open && !self.word.of_x {
            let mut ahead = self.from(place);
            let after = ahead.find(|element| !matches!(element, Element::Underscore | Element::Ignore));
            if matches!(after, Some(Element::Letter(_) | Element::Digit(_))) {
                self.close_run();
                self.inner_until = ahead.at;
                self.word.underscore = true;
                self.before = Before::Other;
                return;
            }
        }
        self.symbol(place);
    }

    /// Nothing in the fold, but its bytes belong to what it stands on.
    fn ignore(&mut self, place: Place) {
        let open = [
            (self.run.open, &mut self.run.end),
            (self.word.open, &mut self.word.end),
            (self.group.open, &mut self.group.end),
        ];
        for (open, end) in open {
            if open {
                if *end == place.start {
                    *end = place.end;
                }
                return;
            }
        }
        if self.before == Before::Char {
            self.sink.stretch_last(place.start, place.end);
        }
    }

    fn separator(&mut self) {
        self.close_all(Before::Other);
        self.before = Before::Other;
    }

    fn close_all(&mut self, next: Before) {
        self.close_run();
        self.close_word();
        self.close_group(next);
    }

    fn close_run(&mut self) {
        if !self.run.open {
            return;
        }
        self.run.open = false;
        let hash = word::mix(self.run.hash, RUN_START);
        self.key = word::mix(self.key ^ hash, RUN_START);
        match self.mode {
            Digits::Keep => self.sink.unit(word::to_unit(hash), self.run.start, self.run.end),
            Digits::Drop => {
                self.totals.runs += 1;
                let before = self.sink.len() + usize::from(self.word.open);
                self.sink.digits(before, hash, self.run.start, self.run.end);
            }
        }
    }

    fn close_word(&mut self) {
        if !self.word.open {
            return;
        }
        self.word.open = false;
        if self.word.of_x {
            if self.group.open {
                self.group.lone_x = false;
            } else {
                self.open_group(self.word.left, self.word.start);
                self.group.lone_x = self.word.letters == 1;
            }
            self.group.ends_in_symbol = false;
            self.group.end = self.word.end;
        }
        self.sink.unit(self.word.hash.unit(), self.word.start, self.word.end);
    }

    fn open_group(&mut self, left: Before, start: usize) {
        self.group = Group {
            open: true,
            live: matches!(left, Before::Char | Before::Digit),
            lone_x: false,
            ends_in_symbol: false,
            left,
            units: self.sink.len(),
            start,
            end: start,
        };
    }

    fn close_group(&mut self, next: Before) {
        if !self.group.open {
            return;
        }
        self.group.open = false;
        let mut live = self.group.live;
        match next {
            Before::Char => live = true,
            Before::Digit if self.group.ends_in_symbol => live = true,
            // `x86` is a name even where no space stands before it.
            Before::Digit if self.group.lone_x && self.group.left == Before::Char => live = false,
            _ => {}
        }
        if live {
            self.sink.truncate(self.group.units);
            self.totals.masks += 1;
            self.sink.mask(self.group.units, self.group.start, self.group.end);
        }
    }

    /// Whether the word that starts with the `x` at `place` has no other letter.
    fn only_x(&mut self, place: Place) -> bool {
        if place.start < self.x_until {
            return true;
        }
        let mut ahead = self.from(place);
        let mut on_letter = true;
        while let Some(mut element) = ahead.next() {
            if element == Element::Ignore {
                continue;
            }
            if element == Element::Apostrophe && on_letter {
                match ahead.find(|&element| element != Element::Ignore) {
                    Some(after @ Element::Letter(_)) => element = after,
                    _ => break,
                }
            } else if element == Element::Underscore {
                match ahead.find(|element| !matches!(element, Element::Underscore | Element::Ignore)) {
                    Some(after) => element = after,
                    None => break,
                }
            }
            match element {
                Element::Letter(code) if code != u32::from(b'x') => return false,
                Element::Letter(_) => on_letter = true,
                Element::Digit(_) if self.mode == Digits::Drop => on_letter = false,
                _ => break,
            }
        }
        self.x_until = ahead.at;
        true
    }

    /// The first element after `place` that is not ignored.
    fn ahead(&self, place: Place) -> Option<Element> {
        self.from(place).find(|&element| element != Element::Ignore)
    }

    fn from(&self, place: Place) -> Ahead<'a> {
        Ahead { text: self.text, rest: place.rest, next: place.next, at: place.start }
    }
}

fn is_gap(element: Element) -> bool {
    matches!(element, Element::Separator | Element::Space)
}
