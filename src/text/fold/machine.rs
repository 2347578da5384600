//! The fold as a machine that takes one element at a time: which runs are words, which digits, which masks.
//!
//! A run that may be a mask is decided where it ends: the units of its x-words are put out when they come and taken
//! back if it was one. So the text is walked once, and every lookahead goes over text that is then skipped.

use super::ahead::{Ahead, Place, alone};
use super::compose::compose;
use super::sink::{Batch, Sink};
use super::table::Element;
use super::word::{self, WordHash};

/// What the runs of one text came to.
#[derive(Default)]
pub(super) struct Totals {
    /// Chained hash of the digit runs.
    key: u64,
    /// Digit runs and mask runs dropped.
    pub(super) runs: u32,
    pub(super) masks: u32,
    /// Digits, dropped or kept.
    pub(super) digits: usize,
    /// Bytes that start no visible character: white space but ASCII's, and all bytes of a character but one.
    pub(super) unseen: usize,
}

impl Totals {
    /// Hash of the digit runs, 0 when there is none.
    pub(super) fn key(&self) -> u32 {
        if self.digits == 0 { 0 } else { ((word::mix(self.key, RUN_STEP) >> 32) as u32).max(1) }
    }
}

/// What becomes of the digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    Drop,
    Keep,
}

/// Kind of the last element that was not ignored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Char,
    Digit,
    Letter,
    Symbol,
    Other,
}

/// What is under way, as bits of [`Machine::open`]. A run of digits may lie in a word, an x-word in a group.
pub(super) const WORD: u8 = 1;
pub(super) const RUN: u8 = 2;
pub(super) const GROUP: u8 = 4;

pub(super) struct Word {
    pub(super) hash: WordHash,
    pub(super) start: usize,
    pub(super) end: usize,
    /// The word is a run of `x`: it may be a mask.
    pub(super) of_x: bool,
    /// A `_` stands between the last letter and the next.
    pub(super) underscore: bool,
    letters: u32,
    left: Before,
}

impl Word {
    pub(super) fn new(start: usize, end: usize) -> Self {
        let hash = WordHash::new();
        Self { hash, start, end, of_x: false, underscore: false, letters: 0, left: Before::Other }
    }
}

pub(super) struct Run {
    pub(super) hash: u64,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Run {
    pub(super) fn new(start: usize) -> Self {
        Self { hash: RUN_START, start, end: start }
    }

    pub(super) fn digit(&mut self, digit: u8) {
        self.hash = (self.hash ^ u64::from(digit)).wrapping_mul(RUN_STEP).rotate_left(29);
    }
}

/// Mask symbols and x-words that touch each other.
struct Group {
    start: usize,
    end: usize,
    /// Units before it.
    units: usize,
    live: bool,
    /// Nothing but one `x` so far.
    lone_x: bool,
    ends_in_symbol: bool,
    left: Before,
}

const RUN_START: u64 = 0x9E37_79B9_7F4A_7C15;
const RUN_STEP: u64 = 0xD6E8_FEB8_6659_FD93;

/// The fold of one text, under way.
pub(super) struct Machine<'a, S> {
    pub(super) text: &'a str,
    pub(super) sink: S,
    pub(super) open: u8,
    pub(super) before: Before,
    pub(super) mode: Digits,
    pub(super) word: Word,
    pub(super) run: Run,
    group: Group,
    pub(super) batch: Batch,
    pub(super) totals: Totals,
    /// Every letter before this byte, in the word under way, is known to be an x.
    x_until: usize,
    /// Every `_` before this byte is known to stand inside a word.
    inner_until: usize,
}

impl<'a, S: Sink> Machine<'a, S> {
    #[inline(always)]
    pub(super) fn new(text: &'a str, sink: S, mode: Digits) -> Self {
        let left = Before::Other;
        let group =
            Group { start: 0, end: 0, units: 0, live: false, lone_x: false, ends_in_symbol: false, left };
        Self {
            text,
            sink,
            open: 0,
            before: left,
            mode,
            word: Word::new(0, 0),
            run: Run::new(0),
            group,
            batch: Batch::new(),
            totals: Totals::default(),
            x_until: 0,
            inner_until: 0,
        }
    }

    pub(super) fn step(&mut self, element: Element, place: Place) {
        match element {
            Element::Char(code) => self.char(code, place),
            Element::Letter(code) => self.letter(code, place),
            Element::Digit(digit) => self.digit(digit, place),
            Element::Join(code) => self.join(code, place),
            Element::Mask => self.symbol(place),
            Element::Underscore => self.underscore(place),
            Element::Apostrophe => self.apostrophe(place),
            Element::Ignore => self.ignore(place),
            Element::Space | Element::Separator => self.separator(),
        }
    }

    /// Ends whatever is under way, in front of an element of kind `next`.
    #[inline(always)]
    pub(super) fn close_all(&mut self, next: Before) {
        if self.open != 0 {
            self.close_open(next);
        }
    }

    #[inline(never)]
    fn close_open(&mut self, next: Before) {
        self.close_run();
        self.close_word();
        self.close_group(next);
    }

    #[inline(always)]
    pub(super) fn separator(&mut self) {
        self.close_all(Before::Other);
        self.before = Before::Other;
    }

    fn is_open(&self, what: u8) -> bool {
        self.open & what != 0
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
        if !self.is_open(WORD) {
            let of_x = code == u32::from(b'x') && self.only_x(place);
            if !of_x {
                self.close_group(Before::Letter);
            }
            self.word = Word { of_x, left: self.before, ..Word::new(place.start, place.end) };
            self.open |= WORD;
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
        if self.is_open(WORD) && (self.word.of_x || self.mode == Digits::Keep) {
            self.close_word();
        }
        self.close_group(Before::Digit);
        if !self.is_open(RUN) {
            self.run = Run::new(place.start);
            self.open |= RUN;
        }
        self.run.digit(digit);
        self.run.end = place.end;
        self.totals.digits += 1;
        self.before = Before::Digit;
    }

    fn symbol(&mut self, place: Place) {
        self.close_run();
        self.close_word();
        if !self.is_open(GROUP) {
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
        if self.is_open(WORD) && !self.word.of_x {
            let mut ahead = Ahead::new(self.text, place);
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

    /// Nothing between two letters, else a separator.
    fn apostrophe(&mut self, place: Place) {
        let after = || Ahead::new(self.text, place).find(|&element| element != Element::Ignore);
        if self.open & (WORD | RUN) != WORD || !matches!(after(), Some(Element::Letter(_))) {
            self.separator();
        }
    }

    /// Nothing in the fold, but its bytes belong to what it stands on.
    fn ignore(&mut self, place: Place) {
        let end = match self.open {
            0 => {
                if self.before == Before::Char {
                    self.sink.stretch_last(place.start, place.end);
                }
                return;
            }
            open if open & RUN != 0 => &mut self.run.end,
            open if open & WORD != 0 => &mut self.word.end,
            _ => &mut self.group.end,
        };
        if *end == place.start {
            *end = place.end;
        }
    }

    fn close_run(&mut self) {
        if !self.is_open(RUN) {
            return;
        }
        self.open &= !RUN;
        let hash = word::mix(self.run.hash, RUN_START);
        self.totals.key = word::mix(self.totals.key ^ hash, RUN_START);
        match self.mode {
            Digits::Keep => self.sink.unit(word::to_unit(hash), self.run.start, self.run.end),
            Digits::Drop => {
                self.totals.runs += 1;
                let before = self.sink.len() + usize::from(self.is_open(WORD));
                self.sink.digits(before, hash, self.run.start, self.run.end);
            }
        }
    }

    fn close_word(&mut self) {
        if !self.is_open(WORD) {
            return;
        }
        self.open &= !WORD;
        if self.word.of_x {
            if self.is_open(GROUP) {
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
        self.open |= GROUP;
        let live = matches!(left, Before::Char | Before::Digit);
        let units = self.sink.len();
        self.group = Group { start, end: start, units, live, lone_x: false, ends_in_symbol: false, left };
    }

    fn close_group(&mut self, next: Before) {
        if !self.is_open(GROUP) {
            return;
        }
        self.open &= !GROUP;
        let live = match next {
            Before::Char => true,
            Before::Digit if self.group.ends_in_symbol => true,
            // `x86` is a name even where no space stands before it.
            Before::Digit if self.group.lone_x && self.group.left == Before::Char => false,
            _ => self.group.live,
        };
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
        let mut ahead = Ahead::new(self.text, place);
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
}
