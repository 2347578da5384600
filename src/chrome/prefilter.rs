//! Finds in a line the few literals of which rules need one, at the cost of a table look-up a character.
//!
//! In go literals with the rules that need them, out comes for a line the rules that it may hit. The first bytes of
//! each literal, ASCII case folded, set a bit in a table of 8 KiB, which the processor keeps beside it: four bytes of
//! a literal that starts with an ASCII character, six (two Han characters) of any other. A line is tested character
//! by character without one test waiting for another, and only a set bit is followed by a comparison; an automaton
//! over the same literals has to wait for each byte.

use std::ops::Range;

use crate::hash::Map;

use super::rule::RuleId;

/// Bytes of a literal that the tables know it by: one that starts with an ASCII character, with any other, and one
/// that is too short for that.
const ASCII: usize = 4;
const WIDE: usize = 6;
const SHORT: usize = 3;
/// Bits of a table, as a power of two.
const BITS: u32 = 16;
/// Folds the case of ASCII letters in a window; what it does to other bytes, it does on both sides.
const CASE: u64 = 0x2020_2020_2020_2020;
/// The high bit of each byte: set where a character is not ASCII.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Searches lines for literals.
#[derive(Debug)]
pub(crate) struct Prefilter {
    ascii: Table,
    wide: Table,
    short_ascii: Table,
    short_wide: Table,
    /// Literals of one or two bytes.
    signs: Vec<Literal>,
    /// One bit for each byte: set for the first bytes of the signs.
    leads: [u64; 4],
}

/// Literals by the first bytes that a table knows them by.
#[derive(Debug)]
struct Table {
    /// Of a fixed size, so that no look-up is checked.
    bits: Box<[u64; 1 << (BITS - 6)]>,
    literals: Map<u64, Vec<Literal>>,
}

/// A line in its text: windows at its end reach into what follows it, comparisons do not.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a [u8],
    start: usize,
    end: usize,
}

/// A literal and the rules that need it.
#[derive(Debug)]
struct Literal {
    bytes: Vec<u8>,
    /// Where in the literal the window stands that a table knows it by.
    offset: usize,
    rules: Vec<RuleId>,
}

impl Table {
    fn new() -> Table {
        Table { bits: Box::new([0; 1 << (BITS - 6)]), literals: Map::default() }
    }

    fn add(&mut self, window: u64, literal: Literal) {
        let bit = slot(window);
        self.bits[bit / 64] |= 1 << (bit % 64);
        self.literals.entry(window).or_default().push(literal);
    }

    #[inline]
    fn has(&self, window: u64) -> bool {
        let bit = slot(window);
        self.bits[bit / 64] >> (bit % 64) & 1 == 1
    }

    #[cold]
    #[inline(never)]
    fn compare(&self, window: u64, line: Line<'_>, at: usize, candidates: &mut Vec<RuleId>) {
        for literal in self.literals.get(&window).into_iter().flatten() {
            if literal.stands(line, at) {
                candidates.extend(&literal.rules);
            }
        }
    }
}

impl Prefilter {
    /// A prefilter over lower-case literals; gives back the rules that it cannot serve, because a literal of one or
    /// two letters stands everywhere: they have to be tried on every line.
    pub(crate) fn new(needed: &[(String, RuleId)]) -> (Prefilter, Vec<RuleId>) {
        let mut sorted: Vec<&(String, RuleId)> = needed.iter().collect();
        sorted.sort();
        let mut prefilter = Prefilter {
            ascii: Table::new(),
            wide: Table::new(),
            short_ascii: Table::new(),
            short_wide: Table::new(),
            signs: Vec::new(),
            leads: [0; 4],
        };
        let mut refused = Vec::new();
        for group in sorted.chunk_by(|a, b| a.0 == b.0) {
            let bytes = group[0].0.as_bytes();
            let offset = if bytes[0] < 0x80 { rarest(bytes) } else { 0 };
            let rules = group.iter().map(|(_, id)| *id).collect();
            let literal = Literal { bytes: bytes.to_vec(), offset, rules };
            if bytes[0] < 0x80 && bytes.len() >= ASCII {
                prefilter.ascii.add(window(&bytes[offset..], ASCII), literal);
            } else if bytes[0] >= 0x80 && bytes.len() >= WIDE {
                prefilter.wide.add(window(bytes, WIDE), literal);
            } else if bytes.len() >= SHORT {
                let table =
                    if bytes[0] < 0x80 { &mut prefilter.short_ascii } else { &mut prefilter.short_wide };
                table.add(window(bytes, SHORT), literal);
            } else if !bytes[0].is_ascii_alphabetic() {
                prefilter.leads[usize::from(bytes[0] / 64)] |= 1 << (bytes[0] % 64);
                prefilter.signs.push(literal);
            } else {
                refused.extend(literal.rules);
            }
        }
        refused.sort_unstable();
        refused.dedup();
        (prefilter, refused)
    }

    /// Adds the rules that a line of a text may hit; one may come several times.
    pub(crate) fn candidates(&self, text: &str, line: Range<usize>, candidates: &mut Vec<RuleId>) {
        let line = Line { text: text.as_bytes(), start: line.start, end: line.end };
        let plain = self.short_ascii.literals.is_empty() && self.signs.is_empty();
        let mut at = line.start;
        while at < line.end {
            let Some((first, rest)) = line.text[at..].split_first_chunk::<8>() else { break };
            let eight = u64::from_le_bytes(*first);
            match rest.first_chunk::<4>() {
                Some(next) if plain && eight & HIGH == 0 => {
                    // Eight ASCII characters at once; the windows of the last four reach into what follows them.
                    let across = eight >> 32 | u64::from(u32::from_le_bytes(*next)) << 32;
                    for (half, at) in [(eight | CASE, at), (across | CASE, at + 4)] {
                        for i in 0..4 {
                            let window = half >> (8 * i) & mask(ASCII);
                            if self.ascii.has(window) {
                                self.ascii.compare(window, line, at + i, candidates);
                            }
                        }
                    }
                    at += 8;
                }
                _ if plain && eight & 0x80 != 0 => at = self.wide_run(line, at, candidates),
                _ => at += self.character(eight, line, at, candidates),
            }
        }
        while at < line.end {
            // At the text's end the window is filled with zeros; the comparison sees where the line ends.
            let left = line.text.len() - at;
            at += self.character(window(&line.text[at..], left), line, at, candidates);
        }
    }

    /// What [`Prefilter::character`] does for characters that are not ASCII, up to one that is, the line's end, or the
    /// last few bytes of the text; gives where they end.
    fn wide_run(&self, line: Line<'_>, mut at: usize, candidates: &mut Vec<RuleId>) -> usize {
        let has_short = !self.short_wide.literals.is_empty();
        // Eight bytes are there for every character of the line that has seven bytes of text behind it.
        let text = &line.text[..line.text.len().min(line.end + 7)];
        while let Some(eight) = text[at..].first_chunk::<8>() {
            let eight = u64::from_le_bytes(*eight);
            if eight & 0x80 == 0 {
                break;
            }
            let (first, eight) = (eight as u8, eight | CASE);
            if self.wide.has(eight & mask(WIDE)) {
                self.wide.compare(eight & mask(WIDE), line, at, candidates);
            }
            if has_short && self.short_wide.has(eight & mask(SHORT)) {
                self.short_wide.compare(eight & mask(SHORT), line, at, candidates);
            }
            at += length(first);
        }
        at
    }

    /// Adds the rules whose literals have their windows at a character, where the line has these eight bytes; gives
    /// the character's length, since literals start where characters do.
    #[inline(always)]
    fn character(&self, eight: u64, line: Line<'_>, at: usize, candidates: &mut Vec<RuleId>) -> usize {
        let (byte, eight) = (line.text[at], eight | CASE);
        let (table, window, short) = if byte < 0x80 {
            (&self.ascii, eight & mask(ASCII), &self.short_ascii)
        } else {
            (&self.wide, eight & mask(WIDE), &self.short_wide)
        };
        if table.has(window) {
            table.compare(window, line, at, candidates);
        }
        if !short.literals.is_empty() && short.has(eight & mask(SHORT)) {
            short.compare(eight & mask(SHORT), line, at, candidates);
        }
        if !self.signs.is_empty() && self.leads[usize::from(byte / 64)] >> (byte % 64) & 1 == 1 {
            for literal in self.signs.iter().filter(|literal| literal.stands(line, at)) {
                candidates.extend(&literal.rules);
            }
        }
        length(byte)
    }
}

/// Bytes of the character that starts with this one.
fn length(first: u8) -> usize {
    // UTF-8 says it in the bits before the first that is not set.
    first.leading_ones().max(1) as usize
}

/// The first `len` bytes, case folded; there are at least as many.
fn window(bytes: &[u8], len: usize) -> u64 {
    let mut eight = [0u8; 8];
    eight[..len].copy_from_slice(&bytes[..len]);
    (u64::from_le_bytes(eight) | CASE) & mask(len)
}

const fn mask(len: usize) -> u64 {
    (1 << (8 * len)) - 1
}

/// Bit of a window.
fn slot(window: u64) -> usize {
    (window.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)) as usize
}

impl Literal {
    /// Whether the literal stands in the line with its window at `at`.
    fn stands(&self, line: Line<'_>, at: usize) -> bool {
        let Some(start) = at.checked_sub(self.offset) else { return false };
        let end = start + self.bytes.len();
        start >= line.start
            && end <= line.end
            // Literals of one window differ at their ends.
            && line.text[end - 1].to_ascii_lowercase() == self.bytes[self.bytes.len() - 1]
            && line.text[start..end].eq_ignore_ascii_case(&self.bytes)
    }
}

/// Offset of the window of a literal that stops the fewest lines: the one with the rarest letters. All bytes of the
/// window are ASCII; offset 0 where no such window is better.
fn rarest(literal: &[u8]) -> usize {
    /// The space and letters of English, most frequent first.
    const FREQUENT: &[u8] = b" etaoinshrdlucmfwypvbgkqjxz";
    let rarity = |window: &[u8]| -> usize {
        window
            .iter()
            .map(|byte| FREQUENT.iter().position(|other| other == byte).unwrap_or(FREQUENT.len()))
            .sum()
    };
    let windows = literal.windows(ASCII).enumerate().take_while(|(_, window)| window.is_ascii());
    windows.max_by_key(|&(at, window)| (rarity(window), std::cmp::Reverse(at))).map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(needed: &[(String, RuleId)], line: &str) -> Vec<RuleId> {
        let line = line.to_ascii_lowercase();
        let mut rules: Vec<RuleId> =
            needed.iter().filter(|(literal, _)| line.contains(literal.as_str())).map(|(_, id)| *id).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// The line stands in a text that goes on with `after` it, and has `before` before it.
    fn fast_within(needed: &[(String, RuleId)], [before, line, after]: [&str; 3]) -> Vec<RuleId> {
        let (prefilter, refused) = Prefilter::new(needed);
        let mut rules = refused;
        let text = [before, line, after].concat();
        prefilter.candidates(&text, before.len()..before.len() + line.len(), &mut rules);
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    fn fast(needed: &[(String, RuleId)], line: &str) -> Vec<RuleId> {
        fast_within(needed, ["", line, ""])
    }

    proptest! {
        #[test]
        fn finds_what_a_plain_search_finds(
            literals in prop::collection::vec("[a-c上下一篇|]{1,5}", 1..12),
            line in "[a-cA-C上下一篇| ]{0,60}",
        ) {
            let needed: Vec<(String, RuleId)> = literals.into_iter().zip(1..).collect();
            let (fast, plain) = (fast(&needed, &line), plain(&needed, &line));
            // Refused rules are tried on every line; all others must be found exactly.
            let (_, refused) = Prefilter::new(&needed);
            prop_assert!(plain.iter().all(|id| fast.contains(id)));
            prop_assert!(fast.iter().all(|id| plain.contains(id) || refused.contains(id)));
        }

        /// Literals long enough that eight ASCII characters are looked at together.
        #[test]
        fn finds_long_literals(
            literals in prop::collection::vec("[a-b]{4,6}|[上下]{1,3}|[a-b]{4}[上下]", 1..12),
            line in "[a-bA-B]{0,20}[a-b上下 ]{0,40}[a-bA-B]{0,12}",
        ) {
            let needed: Vec<(String, RuleId)> = literals.into_iter().zip(1..).collect();
            prop_assert_eq!(fast(&needed, &line), plain(&needed, &line));
        }

        /// What stands around the line in its text says nothing.
        #[test]
        fn looks_at_the_line_alone(
            literals in prop::collection::vec("[a-b]{4,6}|[上下]{1,3}|[a-b]{4}[上下]|[a|]{1,3}", 1..12),
            before in "[ab上下|]{0,9}",
            line in "[ab上下|]{0,20}",
            after in "[ab上下|]{0,20}",
        ) {
            let needed: Vec<(String, RuleId)> = literals.into_iter().zip(1..).collect();
            prop_assert_eq!(fast_within(&needed, [&before, &line, &after]), fast(&needed, &line));
        }
    }
}
