//! What follows an element: the fold looks ahead where a `_`, an apostrophe or an `x` may belong to a word.

use super::table::{self, Element, Entry};

/// Where the element under way stands, and what follows it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What is left of the character's elements.
    pub(super) rest: &'static [u32],
    /// Byte after the character.
    pub(super) next: usize,
}

/// Elements from a place on.
pub(super) struct Ahead<'a> {
    text: &'a str,
    rest: &'static [u32],
    next: usize,
    /// First byte of the character that the last element came from.
    pub(super) at: usize,
}

impl<'a> Ahead<'a> {
    pub(super) fn new(text: &'a str, place: Place) -> Self {
        Self { text, rest: place.rest, next: place.next, at: place.start }
    }
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
pub(super) fn alone(element: Element) -> Element {
    match element {
        Element::Join(0x3099 | 0x309A) => Element::Ignore,
        Element::Join(code) => Element::Char(code),
        other => other,
    }
}
