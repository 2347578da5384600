//! Text → units: what two copies of a text have in common when their spelling, width, script and numbers differ.
//!
//! A *unit* is one character of a script without spaces (Han, kana, Hangul, Thai, Lao, Khmer, Myanmar), or one word
//! of a spaced script, hashed. In between, NFKC, case folding, traditional → simplified characters (OpenCC), accents
//! off (Latin, Greek, Cyrillic; optional vowels of Hebrew and Arabic). Punctuation, symbols and spaces vanish, and so
//! do numbers: the digits, and the *masks* that stand where a digit stood (`==次`, `20xx年`, `○○省`). What vanished is
//! kept beside the units: as a hash ([`Numbers`]) and one by one ([`number_slots`]).
//!
//! A word is a run of letters and combining marks that starts at a letter, with the digits, `_` and apostrophes inside
//! it: `don’t`, `snake_case` and `Python3` are one unit, the last the same as `Python`. A run of `x` is a mask where
//! it touches a character of a script without spaces, a digit before it or another mask, else a word (`x86`,
//! `XX chromosome`). A run of mask symbols counts as a mask where it touches such a character or a digit.
//!
//! Costs one table load a character (see `table`); one pass, no memory but the output.

mod ahead;
mod ascii;
mod compose;
mod machine;
#[cfg(test)]
mod oracle;
mod runs;
mod sink;
mod table;
mod word;

use crate::document::Span;
use machine::{Digits, Machine, Totals};
use sink::{Sink, Slots, Spanned, Units};

/// Version of the folding rules and of their table; goes into every stored file.
pub const FOLD_VERSION: u32 = 1;

/// Numbers of a folded text, kept beside its units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Hash of all digit runs in order, 0 when there is none. A run is hashed by its digits, whatever their width or
    /// script; leading zeros count (3.05 is not 3.5).
    pub key: u32,
    /// Digit runs dropped; 0 when `kept`.
    pub runs: u32,
    /// Mask runs dropped (`====`, `**`, `xx`, `○○`, `×××`).
    pub masks: u32,
    /// The text is a table of numbers, six digit runs or more and more than 30 % of its characters digits: the runs
    /// became units.
    pub kept: bool,
}

/// Folds `text` and appends its units to `units`.
///
/// A text without letters or characters has none. Units do not depend on where a text is cut at a space, a line end or
/// punctuation, as long as the parts are alike in [`Numbers::kept`].
///
/// ```
/// use dechaff::text::fold::fold;
///
/// let units = |text: &str| {
///     let mut units = Vec::new();
///     fold(text, &mut units);
///     units
/// };
/// assert_eq!(units("第１４次國學會議！"), units("第xx次国学会议"));
/// assert_eq!(units("Don’t use Python3"), units("DON'T use python"));
/// assert_eq!(units("一二三").len(), 3);
/// assert!(units("--- 42 ---").len() <= 1);
/// ```
pub fn fold(text: &str, units: &mut Vec<u32>) -> Numbers {
    let base = units.len();
    let totals = Machine::new(text, Units { units, base }, Digits::Drop).fold().0;
    if !is_table(text, &totals) {
        return numbers(&totals, false);
    }
    units.truncate(base);
    numbers(&Machine::new(text, Units { units, base }, Digits::Keep).fold().0, true)
}

/// [`fold`], and for each unit the bytes of `text` that it came from.
///
/// Spans are increasing and do not overlap; a word's span reaches from its first letter to its last, with the digits
/// in between. Where one character folds to several units (`㍿`), the first has its bytes and the others are empty.
pub fn fold_spans(text: &str, units: &mut Vec<u32>, spans: &mut Vec<Span>) -> Numbers {
    let (base, spans_base) = (units.len(), spans.len());
    let sink = Spanned { units: Units { units, base }, spans, spans_base };
    let (totals, mut sink) = Machine::new(text, sink, Digits::Drop).fold();
    if !is_table(text, &totals) {
        return numbers(&totals, false);
    }
    sink.truncate(0);
    numbers(&Machine::new(text, sink, Digits::Keep).fold().0, true)
}

/// A run of digits or a mask that the fold dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Units that start before it.
    pub unit: u32,
    /// Its bytes.
    pub span: Span,
    /// What stood there.
    pub kind: SlotKind,
}

/// What stood in a [`Slot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// Hash of the folded digits.
    Digits(u64),
    /// A mask: what it hides is unknown.
    Mask,
}

/// The dropped digit and mask runs of `text` in order; none when the text is a table of numbers.
///
/// ```
/// use dechaff::text::fold::{SlotKind, number_slots};
///
/// let slots = number_slots("第14次，==人");
/// assert_eq!((slots[0].unit, slots[0].span.range()), (1, 3..5));
/// assert_eq!((slots[1].unit, slots[1].kind), (2, SlotKind::Mask));
/// ```
pub fn number_slots(text: &str) -> Vec<Slot> {
    let (totals, sink) = Machine::new(text, Slots::default(), Digits::Drop).fold();
    if is_table(text, &totals) { Vec::new() } else { sink.slots }
}

/// Whether a unit is a hashed word (or, in a table of numbers, a hashed number), not one character.
pub fn is_word(unit: u32) -> bool {
    unit >> 31 == 1
}

/// Fewest digit runs of a table of numbers: a date, a count or the size of an indent is none.
const TABLE_RUNS: u32 = 6;

/// Many digit runs, and more than 30 % of the characters that are no white space are digits.
fn is_table(text: &str, totals: &Totals) -> bool {
    if totals.runs < TABLE_RUNS {
        return false;
    }
    let is_space = |&byte: &u8| u8::from(matches!(byte, b' ' | b'\t'..=b'\r'));
    let spaces: usize =
        text.as_bytes().chunks(255).map(|part| usize::from(part.iter().map(is_space).sum::<u8>())).sum();
    totals.digits * 10 > (text.len() - totals.unseen - spaces) * 3
}

fn numbers(totals: &Totals, kept: bool) -> Numbers {
    Numbers { key: totals.key(), runs: totals.runs, masks: totals.masks, kept }
}

#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;
