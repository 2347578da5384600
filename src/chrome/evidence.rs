//! What one line says about itself: keys to count it by, and its shape.
//!
//! In go a text, its lines and their folded units; out comes one [`Evidence`] of 48 bytes for each non-blank line, in
//! order. Needs nothing of the site, so that it runs for each document alone, when the document is read. Costs one
//! hash over the line, one over its units, and the scan of its shape, besides the rules' literal search over the text.

use crate::document::Span;
use crate::hash;
use crate::text::segment::is_blank;

use super::outline::Role;
use super::rule::RuleId;
use super::rules::Rules;
use super::shape::{Flags, Shape};

/// Fewest units of a line that is counted by its folded units; a shorter one by its text, digits as `0`.
const SHORT: usize = 4;
/// Seeds that keep keys of different kinds apart.
const SEED_SHORT: u64 = 0x5407;
const SEED_LABEL: u64 = 0x1abe;
const SEED_ENDS: u64 = 0x7a11;

/// One non-blank line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Key of the line's text without the spaces at its ends.
    pub exact: u64,
    /// Key of its units (digits, punctuation and case gone); of its text with digit runs as `0` where it has fewer
    /// than 4 units.
    pub template: u64,
    /// Index of the line in the list of all lines of the text, blank ones included.
    pub line: u32,
    /// Key of what stands before a colon near its beginning, as in `来源：…`; 0 where nothing does.
    pub label: u32,
    /// Key of its first and last units together (4 Han characters or 3 words each): a template with a slot in the
    /// middle; 0 where the line is too short for one.
    pub ends: u32,
    /// What else is true of it.
    pub flags: Flags,
    /// Place of the line in its document's markup (a key of the tag path); 0 where there is none.
    pub path: u32,
    /// Rule that takes the whole line, 0 for none.
    pub rule: RuleId,
    /// Its units, at most 65535.
    pub units: u16,
    /// Its characters, at most 65535; estimated for long lines.
    pub chars: u16,
    /// Its commas, at most 255.
    pub commas: u8,
    /// Digits in 255ths of its characters.
    pub digits: u8,
    /// Function words in 255ths of its words (Han characters count as words).
    pub function: u8,
    /// Text inside links in 255ths of its characters; 0 for plain text.
    pub links: u8,
    /// How much prose stands around it in its document's markup, in 255ths of the most; 0 for plain text.
    pub near: u8,
    /// What its document's markup says that it is; nothing for plain text.
    pub role: Role,
}

impl Evidence {
    /// Bytes of [`Evidence::to_bytes`].
    pub(crate) const BYTES: usize = 48;

    /// As bytes, for a file that no other run reads.
    #[inline]
    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let two = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let small = [self.commas, self.digits, self.function, self.links, self.near, self.role.0];
        let [commas, digits, function, links, near, role] = small.map(u32::from);
        bytemuck::cast([
            self.exact,
            self.template,
            two(self.line, self.label),
            two(self.ends, self.flags.0),
            two(self.path, u32::from(self.rule) | u32::from(self.units) << 16),
            two(
                u32::from(self.chars) | commas << 16 | digits << 24,
                function | links << 8 | near << 16 | role << 24,
            ),
        ])
    }

    /// What [`Evidence::to_bytes`] made.
    #[inline]
    pub(crate) fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let [exact, template, a, b, c, d]: [u64; 6] = bytemuck::pod_read_unaligned(bytes);
        let [line, label, ends, flags, path] = [a, a >> 32, b, b >> 32, c].map(|word| word as u32);
        let [rule, units, chars] = [c >> 32, c >> 48, d].map(|word| word as u16);
        let [commas, digits, function, links, near, role] =
            [2, 3, 4, 5, 6, 7].map(|at| (d >> (8 * at)) as u8);
        let (flags, role) = (Flags(flags), Role(role));
        Evidence {
            exact,
            template,
            line,
            label,
            ends,
            flags,
            path,
            rule,
            units,
            chars,
            commas,
            digits,
            function,
            links,
            near,
            role,
        }
    }
}

/// Appends the evidence of each non-blank line of `text` to `out`, in order. `lines` are all lines of the text in
/// order, terminators excluded; `offsets` has one more entry than `lines`, and line `i` has the units
/// `units[offsets[i]..offsets[i + 1]]`.
pub fn observe(
    text: &str,
    lines: &[Span],
    offsets: &[u32],
    units: &[u32],
    rules: &Rules,
    out: &mut Vec<Evidence>,
) {
    debug_assert_eq!(lines.len() + 1, offsets.len());
    let first = out.len();
    for (number, line) in lines.iter().enumerate() {
        let content = text[line.range()].trim();
        if !is_blank(content) {
            let units = &units[offsets[number] as usize..offsets[number + 1] as usize];
            out.push(evidence(number as u32, content, hash::key(content.as_bytes()), units));
        }
    }
    // Hits are told in the order of the lines, so that one step finds the next.
    let flags: Vec<(u32, Flags)> = out[first..].iter().map(|line| (line.line, line.flags)).collect();
    let flags = |number: usize| {
        flags
            .binary_search_by_key(&(number as u32), |&(line, _)| line)
            .map_or(Flags::default(), |at| flags[at].1)
    };
    let mut next = first;
    rules.scan(text, lines, flags, |number, hits, anchor| {
        while next < out.len() && (out[next].line as usize) < number {
            next += 1;
        }
        if let Some(found) = out.get_mut(next).filter(|found| found.line as usize == number) {
            found.rule = rules.surest(hits).unwrap_or(0);
            found.flags |= told(rules, hits, anchor);
        }
    });
}

/// Entries of an [`Observer`]'s memory, as a power of two: 4 MB for each worker, while pages are read.
const MEMORY: u32 = 16;

/// [`observe`] with a memory: the pages of a site repeat its lines, and a line that was seen before costs one hash.
/// One for each worker; what it gives does not depend on what it saw before.
#[derive(Debug)]
pub struct Observer<'a> {
    rules: &'a Rules,
    /// Direct-mapped by the exact key; an entry without one is empty.
    memory: Vec<Option<Evidence>>,
    /// The exact keys of the memory alone, which stay nearer to the processor.
    keys: Vec<u64>,
    /// The lines of a page that are not blank, each with its exact key, and whether it may be remembered.
    lines: Vec<(u32, u64, bool)>,
    fresh: Vec<Span>,
    at: Vec<u32>,
    hits: Vec<(u32, RuleId, Flags)>,
}

impl<'a> Observer<'a> {
    /// An observer that has seen nothing.
    pub fn new(rules: &'a Rules) -> Self {
        Self {
            rules,
            memory: vec![None; 1 << MEMORY],
            keys: vec![0; 1 << MEMORY],
            lines: Vec::new(),
            fresh: Vec::new(),
            at: Vec::new(),
            hits: Vec::new(),
        }
    }

    /// As [`observe`].
    pub fn observe(
        &mut self,
        text: &str,
        lines: &[Span],
        offsets: &[u32],
        units: &[u32],
        out: &mut Vec<Evidence>,
    ) {
        debug_assert_eq!(lines.len() + 1, offsets.len());
        let content = |line: u32| text[lines[line as usize].range()].trim();
        let slot = |exact: u64| (exact >> (64 - MEMORY)) as usize;
        self.lines.clear();
        self.lines.extend((0..lines.len() as u32).filter_map(|line| {
            let content = content(line);
            (!is_blank(content)).then(|| (line, hash::key(content.as_bytes()), false))
        }));
        // All at once, so that one look does not wait for the other.
        self.lines.iter_mut().for_each(|(_, exact, known)| *known = self.keys[slot(*exact)] == *exact);
        self.fresh.clear();
        self.at.clear();
        for &(line, exact, known) in &self.lines {
            match known.then(|| self.memory[slot(exact)]).flatten() {
                Some(there) => out.push(Evidence { line, ..there }),
                None => {
                    let units = &units[offsets[line as usize] as usize..offsets[line as usize + 1] as usize];
                    self.fresh.push(lines[line as usize]);
                    self.at.push(out.len() as u32);
                    out.push(evidence(line, content(line), exact, units));
                }
            }
        }
        let flags = |number: usize| out[self.at[number] as usize].flags;
        let found = &mut self.hits;
        self.rules.scan(text, &self.fresh, flags, |number, hits, anchor| {
            found.push((
                self.at[number],
                self.rules.surest(hits).unwrap_or(0),
                told(self.rules, hits, anchor),
            ));
        });
        for (at, rule, flags) in found.drain(..) {
            let line = &mut out[at as usize];
            line.rule = rule;
            line.flags |= flags;
        }
        for &at in &self.at {
            let line = out[at as usize];
            self.memory[slot(line.exact)] = Some(line);
            self.keys[slot(line.exact)] = line.exact;
        }
    }
}

/// What the rules' scan says of a line besides the rule that takes it.
fn told(rules: &Rules, hits: &[RuleId], anchor: bool) -> Flags {
    let span = if rules.any_span(hits) { Flags::SPAN } else { Flags::default() };
    if anchor { span | Flags::ANCHOR } else { span }
}

fn evidence(line: u32, content: &str, exact: u64, units: &[u32]) -> Evidence {
    let shape = Shape::of(content);
    let ends = if shape.flags.has(Flags::CJK) { 4 } else { 3 };
    let long_enough = units.len() >= 2 * ends;
    Evidence {
        exact,
        template: if units.len() >= SHORT { hash::units_key(units) } else { short_key(content) },
        line,
        label: label_key(content),
        ends: if long_enough {
            let (first, last) = (&units[..ends], &units[units.len() - ends..]);
            let key = hash::units_key(first).rotate_left(17) ^ hash::units_key(last);
            fold32(hash::key_seeded(&key.to_le_bytes(), SEED_ENDS))
        } else {
            0
        },
        flags: shape.flags,
        path: 0,
        rule: 0,
        units: units.len().min(usize::from(u16::MAX)) as u16,
        chars: shape.chars,
        commas: shape.commas,
        digits: shape.digits,
        function: shape.function,
        links: 0,
        near: 0,
        role: Role::default(),
    }
}

/// Key of the label before a colon in the first characters of a line; 0 where there is none.
fn label_key(content: &str) -> u32 {
    const LONGEST: usize = 72;
    const WIDE_COLON: [u8; 3] = [0xef, 0xbc, 0x9a];
    let window = &content.as_bytes()[..content.len().min(LONGEST)];
    // The wide colon, `：`, is told by its last byte, which few other characters have.
    let colons = memchr::memchr2_iter(b':', WIDE_COLON[2], window);
    let mut ends = colons.filter_map(|at| match window[at] {
        b':' => Some(at),
        _ => at.checked_sub(2).filter(|&start| window[start..=at] == WIDE_COLON),
    });
    let Some(end) = ends.next() else { return 0 };
    let mut label = [0u8; LONGEST];
    let mut len = 0;
    for c in content[..end].chars().take(24) {
        if matches!(c, '。' | '，' | '！' | '？') {
            return 0;
        }
        if c.is_ascii_alphabetic() || (!c.is_ascii() && c.is_alphabetic()) {
            // Of ASCII letters only: a label's bytes never grow.
            len += c.to_ascii_lowercase().encode_utf8(&mut label[len..]).len();
        }
    }
    if len < 2 || content[..end].chars().nth(24).is_some() {
        return 0;
    }
    fold32(hash::key_seeded(&label[..len], SEED_LABEL))
}

/// Key of a short line: its text without case, digit runs as `0`.
fn short_key(content: &str) -> u64 {
    let mut text = [0u8; 64];
    let mut len = 0;
    for &byte in content.as_bytes() {
        let byte = if byte.is_ascii_digit() { b'0' } else { byte.to_ascii_lowercase() };
        if byte == b'0' && len > 0 && text[len - 1] == b'0' {
            continue;
        }
        if len == text.len() {
            return hash::key_seeded(content.as_bytes(), SEED_SHORT);
        }
        text[len] = byte;
        len += 1;
    }
    hash::key_seeded(&text[..len], SEED_SHORT)
}

/// A 32-bit key that is never 0.
fn fold32(key: u64) -> u32 {
    ((key ^ (key >> 32)) as u32).max(1)
}
