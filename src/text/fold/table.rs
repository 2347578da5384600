//! Character → fold elements, by the table that `build.rs` makes.
//!
//! A character of the Basic Multilingual Plane costs one load of a `u16`; the planes above it a binary search.

mod generated {
    include!(concat!(env!("OUT_DIR"), "/fold_table.rs"));
}

use generated::{ABOVE, CHAR_BLOCKS, DIGIT, EXPANDED, EXPANDED_AT, EXPANSION, IGNORE, MASK, UNDERSCORE};
pub(super) use generated::{APOSTROPHE, BMP, SEPARATOR, SPACE, UNITS};

/// What a character, or a part of one, means to the fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    /// A unit of its own: Han, kana, Hangul, Thai and other scripts without spaces.
    Char(u32),
    /// A letter, or a mark that counts as one, of a word.
    Letter(u32),
    /// A decimal digit, 0 to 9.
    Digit(u8),
    /// A voicing mark or a conjoining jamo that may join the character before it.
    Join(u32),
    /// A symbol that may stand for a number.
    Mask,
    /// `_`: part of a word, or a mask.
    Underscore,
    /// An apostrophe: nothing between two letters, else a separator.
    Apostrophe,
    /// Nothing: accents, joiners, soft hyphens, variation selectors, direction marks.
    Ignore,
    /// White space.
    Space,
    /// Punctuation, symbols, controls.
    Separator,
}

/// The elements of one character, at least one.
#[derive(Clone, Copy)]
pub(super) enum Entry {
    /// The usual case.
    One(Element),
    /// Packed elements of a character that folds to several (`㎏`, `ﬁ`, `½`).
    Many(&'static [u32]),
}

/// What `c` folds to.
pub(super) fn entry(c: char) -> Entry {
    match u16::try_from(c as u32) {
        Ok(code) => bmp(BMP[usize::from(code)]),
        Err(_) => above(c as u32),
    }
}

/// What an entry of [`BMP`] stands for.
fn bmp(value: u16) -> Entry {
    Entry::One(match value {
        SEPARATOR => Element::Separator,
        SPACE => Element::Space,
        IGNORE => Element::Ignore,
        APOSTROPHE => Element::Apostrophe,
        UNDERSCORE => Element::Underscore,
        MASK => Element::Mask,
        DIGIT..=0xD819 => Element::Digit((value - DIGIT) as u8),
        EXPANSION..=0xF8FF => return expansion(value - EXPANSION),
        _ if is_char(value) => Element::Char(u32::from(value)),
        _ => Element::Letter(u32::from(value)),
    })
}

/// Whether a folded character of the BMP is a unit of its own.
fn is_char(value: u16) -> bool {
    let block = usize::from(value) / 16;
    CHAR_BLOCKS[block / 64] >> (block % 64) & 1 == 1
}

/// One part of an [`Entry::Many`].
pub(super) fn unpack(packed: u32) -> Element {
    let value = packed & 0xFF_FFFF;
    match packed >> 24 {
        0 => Element::Char(value),
        1 => Element::Letter(value),
        2 => Element::Digit(value as u8),
        3 => Element::Join(value),
        4 => Element::Mask,
        5 => Element::Underscore,
        6 => Element::Apostrophe,
        7 => Element::Ignore,
        8 => Element::Space,
        _ => Element::Separator,
    }
}

fn expansion(index: u16) -> Entry {
    let at = usize::from(index);
    let parts = &EXPANDED[usize::from(EXPANDED_AT[at])..usize::from(EXPANDED_AT[at + 1])];
    match parts {
        [one] => Entry::One(unpack(*one)),
        many => Entry::Many(many),
    }
}

fn above(code: u32) -> Entry {
    let after = ABOVE.partition_point(|&(first, _, _)| first <= code);
    match after.checked_sub(1).map(|at| ABOVE[at]) {
        Some((_, last, action)) if code <= last => {
            if action >> 16 == u32::from(EXPANSION) {
                return expansion(action as u16);
            }
            Entry::One(match unpack(action) {
                Element::Char(_) => Element::Char(code),
                Element::Letter(_) => Element::Letter(code),
                other => other,
            })
        }
        _ => Entry::One(Element::Separator),
    }
}

/// Key of all the table's data.
#[cfg(test)]
pub(super) fn key() -> u64 {
    let mut bytes: Vec<u8> = BMP.iter().flat_map(|value| value.to_le_bytes()).collect();
    bytes.extend(CHAR_BLOCKS.iter().flat_map(|block| block.to_le_bytes()));
    bytes.extend(
        ABOVE.iter().flat_map(|&(first, last, action)| [first, last, action]).flat_map(u32::to_le_bytes),
    );
    bytes.extend(EXPANDED.iter().flat_map(|part| part.to_le_bytes()));
    bytes.extend(EXPANDED_AT.iter().flat_map(|at| at.to_le_bytes()));
    crate::hash::key(&bytes)
}
