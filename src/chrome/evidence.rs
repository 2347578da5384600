//! What one line says about itself: keys to count it by, and its shape.
//!
//! In go a text, its lines and their folded units; out comes one [`Evidence`] of 48 bytes for each non-blank line, in
//! order. Needs nothing of the site, so that it runs for each document alone, when the document is read. Costs one
//! hash over the line, one over its units, and a scan of at most `SCANNED` bytes at each end, besides the rules'
//! literal search over the text.

use std::ops::BitOr;

use crate::document::Span;
use crate::hash;
use crate::text::segment::is_blank;

use super::outline::Role;
use super::rules::{RuleId, Rules};

/// Bytes at each end of a line that its shape is read from; a longer line is prose whatever stands in its middle.
const SCANNED: usize = 160;
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

/// Properties of a line, a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u32);

impl Flags {
    /// Ends with the end of a sentence.
    pub const TERMINATED: Flags = Flags(1);
    /// Ends with a colon.
    pub const COLON: Flags = Flags(1 << 1);
    /// Ends with dots: a cut excerpt, or a menu that opens.
    pub const CUT: Flags = Flags(1 << 2);
    /// Holds a date.
    pub const DATE: Flags = Flags(1 << 3);
    /// Holds a host name or URL.
    pub const DOMAIN: Flags = Flags(1 << 4);
    /// Starts with a list marker or arrow.
    pub const MARKED: Flags = Flags(1 << 5);
    /// Holds separators of menus and breadcrumbs.
    pub const SEPARATED: Flags = Flags(1 << 6);
    /// Has no letter: digits and signs only.
    pub const NUMERIC: Flags = Flags(1 << 7);
    /// Has Han, kana or Hangul characters.
    pub const CJK: Flags = Flags(1 << 8);
    /// Looks like program text.
    pub const CODE: Flags = Flags(1 << 9);
    /// Most words start with a capital letter.
    pub const CAPITALS: Flags = Flags(1 << 10);
    /// Starts with a lower-case letter.
    pub const LOWER: Flags = Flags(1 << 11);
    /// Holds a passage that a span rule takes.
    pub const SPAN: Flags = Flags(1 << 12);
    /// Holds the end of a sentence before its own end.
    pub const SENTENCES: Flags = Flags(1 << 13);
    /// Starts with a digit.
    pub const NUMBERED: Flags = Flags(1 << 14);
    /// Several words apart by spaces in a script without spaces: a row of links or table cells.
    pub const ROW: Flags = Flags(1 << 15);
    /// Is a heading of a numbered structure (第一章, 一、, 1.2).
    pub const SECTION: Flags = Flags(1 << 16);
    /// Holds a word of those that passages of a site have in common.
    pub const ANCHOR: Flags = Flags(1 << 18);
    /// Holds an arrow, a bar or a copyright sign.
    pub const SIGN: Flags = Flags(1 << 19);
    /// Is enclosed in brackets or quotes.
    pub const ENCLOSED: Flags = Flags(1 << 17);

    /// Whether all of `other` holds.
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Flags {
    type Output = Flags;
    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Flags) {
        self.0 |= other.0;
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

/// Entries of an [`Observer`]'s memory, as a power of two: 400 KB for each worker.
const MEMORY: u32 = 13;

/// [`observe`] with a memory: the pages of a site repeat its lines, and a line that was seen before costs one hash.
/// One for each worker; what it gives does not depend on what it saw before.
#[derive(Debug)]
pub struct Observer<'a> {
    rules: &'a Rules,
    /// Direct-mapped by the exact key; an entry without one is empty.
    memory: Vec<Option<Evidence>>,
    fresh: Vec<Span>,
    at: Vec<u32>,
}

impl<'a> Observer<'a> {
    /// An observer that has seen nothing.
    pub fn new(rules: &'a Rules) -> Self {
        Self { rules, memory: vec![None; 1 << MEMORY], fresh: Vec::new(), at: Vec::new() }
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
        self.fresh.clear();
        self.at.clear();
        for (number, line) in lines.iter().enumerate() {
            let content = text[line.range()].trim();
            if is_blank(content) {
                continue;
            }
            let exact = hash::key(content.as_bytes());
            let slot = (exact >> (64 - MEMORY)) as usize;
            match self.memory[slot] {
                Some(known) if known.exact == exact => out.push(Evidence { line: number as u32, ..known }),
                _ => {
                    let units = &units[offsets[number] as usize..offsets[number + 1] as usize];
                    self.fresh.push(*line);
                    self.at.push(out.len() as u32);
                    out.push(evidence(number as u32, content, exact, units));
                }
            }
        }
        let flags = |number: usize| out[self.at[number] as usize].flags;
        let mut found: Vec<(u32, RuleId, Flags)> = Vec::new();
        self.rules.scan(text, &self.fresh, flags, |number, hits, anchor| {
            found.push((
                self.at[number],
                self.rules.surest(hits).unwrap_or(0),
                told(self.rules, hits, anchor),
            ));
        });
        for (at, rule, flags) in found {
            let line = &mut out[at as usize];
            line.rule = rule;
            line.flags |= flags;
        }
        for &at in &self.at {
            let line = out[at as usize];
            self.memory[(line.exact >> (64 - MEMORY)) as usize] = Some(line);
        }
    }
}

/// What the rules' scan says of a line besides the rule that takes it.
fn told(rules: &Rules, hits: &[RuleId], anchor: bool) -> Flags {
    let span = if rules.any_span(hits) { Flags::SPAN } else { Flags::default() };
    if anchor { span | Flags::ANCHOR } else { span }
}

/// Flags of one line's shape.
pub(crate) fn flags(line: &str) -> Flags {
    Shape::of(line.trim()).flags
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
    let window = &content.as_bytes()[..content.len().min(LONGEST)];
    let ascii = memchr::memchr(b':', window);
    let wide = memchr::memmem::find(window, "：".as_bytes());
    let Some(end) = ascii.into_iter().chain(wide).min() else { return 0 };
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

#[derive(Default)]
struct Shape {
    flags: Flags,
    chars: u16,
    commas: u8,
    digits: u8,
    function: u8,
}

/// Function words of English, at most 7 letters: prose has a third of them, menus and titles few.
const FUNCTION_WORDS: [&str; 64] = [
    "a", "about", "after", "all", "also", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can",
    "could", "do", "for", "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "into",
    "is", "it", "its", "may", "more", "not", "of", "on", "or", "our", "out", "she", "so", "some", "than",
    "that", "the", "their", "them", "then", "there", "they", "this", "to", "up", "was", "we", "were", "what",
    "when", "which", "who", "with", "you",
];

/// Function characters of Chinese, both scripts.
const FUNCTION_CHARACTERS: [char; 58] = [
    '的', '了', '是', '在', '和', '我', '们', '們', '有', '不', '这', '這', '也', '就', '都', '而', '他',
    '她', '它', '你', '您', '着', '著', '过', '過', '被', '把', '从', '從', '与', '與', '及', '或', '但',
    '因', '为', '為', '所', '以', '将', '將', '对', '對', '让', '讓', '向', '其', '之', '到', '得', '地',
    '个', '個', '要', '会', '會', '能', '可',
];

/// One bit for each character from U+4E00: set for function characters.
const FUNCTION_BITS: [u64; 328] = {
    let mut bits = [0; 328];
    let mut i = 0;
    while i < FUNCTION_CHARACTERS.len() {
        let at = FUNCTION_CHARACTERS[i] as usize - 0x4e00;
        bits[at / 64] |= 1 << (at % 64);
        i += 1;
    }
    bits
};

const YEAR: usize = '年' as usize;

fn is_function_character(c: usize) -> bool {
    let at = c.wrapping_sub(0x4e00);
    FUNCTION_BITS.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1)
}

/// A word of up to 8 ASCII letters as a number, for a look-up without strings.
const fn packed(word: &[u8]) -> u64 {
    let mut key = 0;
    let mut i = 0;
    while i < word.len() {
        key = key << 8 | (word[i] | 0x20) as u64;
        i += 1;
    }
    key
}

/// Function words by a hash of their packed letters, with open addressing; 0 is no word.
const WORD_TABLE: [u64; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < FUNCTION_WORDS.len() {
        let word = packed(FUNCTION_WORDS[i].as_bytes());
        let mut at = word_slot(word);
        while table[at] != 0 {
            at = (at + 1) % 256;
        }
        table[at] = word;
        i += 1;
    }
    table
};

const fn word_slot(word: u64) -> usize {
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
}

fn is_function_word(word: u64) -> bool {
    let mut at = word_slot(word);
    while WORD_TABLE[at] != 0 {
        if WORD_TABLE[at] == word {
            return true;
        }
        at = (at + 1) % 256;
    }
    false
}

impl Shape {
    fn of(content: &str) -> Shape {
        let bytes = content.as_bytes();
        let mut scan = Scan::default();
        if bytes.len() <= 2 * SCANNED {
            scan.read(content);
        } else {
            let (front, back) = (floor(content, SCANNED), floor(content, bytes.len() - SCANNED));
            scan.read(&content[..front]);
            scan.read(&content[back..]);
        }
        if !scan.domain && bytes.len() > 2 * SCANNED {
            scan.domain = memchr::memchr_iter(b'.', bytes)
                .any(|at| at > 0 && bytes[at - 1].is_ascii_alphanumeric() && is_top_level(&bytes[at + 1..]));
        }
        let part = scan.bytes.max(1);
        let whole = |count: usize| count * bytes.len() / part;
        let ends = ends(content);
        let flags = scan.flags(content, ends) | ends;
        let words = (scan.words + scan.han).max(1);
        Shape {
            flags,
            chars: whole(scan.chars).min(usize::from(u16::MAX)) as u16,
            commas: whole(scan.commas).min(255) as u8,
            digits: (scan.digits * 255 / scan.chars.max(1)) as u8,
            function: (scan.function * 255 / words).min(255) as u8,
        }
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Counts over the scanned part of a line.
#[derive(Default)]
struct Scan {
    bytes: usize,
    chars: usize,
    han: usize,
    words: usize,
    capitals: usize,
    function: usize,
    digits: usize,
    commas: usize,
    terminators: usize,
    separators: usize,
    code: usize,
    letters: usize,
    gaps: usize,
    date: bool,
    month: bool,
    sign: bool,
    domain: bool,
}

impl Scan {
    fn read(&mut self, text: &str) {
        self.bytes += text.len();
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut word: u64 = 0;
        let mut word_len = 0;
        let mut capital = false;
        while at < bytes.len() {
            let byte = bytes[at];
            self.chars += 1;
            if byte.is_ascii_alphabetic() {
                if word_len == 0 {
                    capital = byte.is_ascii_uppercase();
                }
                word = word << 8 | u64::from(byte | 0x20);
                word_len += 1;
                at += 1;
                continue;
            }
            if word_len > 0 {
                self.word(word, word_len, capital);
                (word, word_len) = (0, 0);
            }
            match byte {
                0..0x80 => {
                    self.sign(byte, bytes, at);
                    at += 1;
                }
                // Three bytes, U+4000 to U+9FFF: nearly all Han text, without a call.
                0xe4..=0xe9 => {
                    let c = usize::from(byte & 0x0f) << 12
                        | usize::from(bytes[at + 1] & 0x3f) << 6
                        | usize::from(bytes[at + 2] & 0x3f);
                    self.han += 1;
                    self.letters += 1;
                    self.function += usize::from(is_function_character(c));
                    if c == YEAR && at > 0 && bytes[at - 1].is_ascii_digit() {
                        self.date = true;
                    }
                    at += 3;
                }
                _ => {
                    let c = text[at..].chars().next().expect("the index is on a character boundary");
                    self.wide(c);
                    at += c.len_utf8();
                }
            }
        }
        if word_len > 0 {
            self.word(word, word_len, capital);
        }
    }

    fn word(&mut self, word: u64, len: usize, capital: bool) {
        self.letters += len;
        self.words += 1;
        self.capitals += usize::from(capital);
        if len <= 7 && is_function_word(word) {
            self.function += 1;
        }
        self.month |= len >= 3 && is_month(word, len);
    }

    fn sign(&mut self, byte: u8, bytes: &[u8], at: usize) {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        match byte {
            b'0'..=b'9' => {
                self.digits += 1;
                // A year between signs: 2012-, 2012/, 2012., and 2012年 in `wide`.
                if at >= 3 && matches!(next, b'-' | b'/' | b'.') && is_year(&bytes[at - 3..=at]) {
                    self.date |= bytes.get(at + 2).is_some_and(u8::is_ascii_digit);
                }
            }
            b',' => self.commas += 1,
            b';' | b'{' | b'}' | b'=' | b'<' | b'_' | b'\\' | b'$' | b'`' => self.code += 1,
            b'(' if next == b')' => self.code += 2,
            b'|' => {
                self.separators += 1;
                self.sign = true;
            }
            b'>' => {
                self.separators += usize::from(at > 0 && matches!(bytes[at - 1], b' ' | b'>'));
                self.code += usize::from(at > 0 && matches!(bytes[at - 1], b'-' | b'='));
            }
            b'.' | b'!' | b'?' => {
                let before = at.checked_sub(1).map_or(b' ', |before| bytes[before]);
                if next == b' ' && before.is_ascii_alphanumeric() {
                    self.terminators += 1;
                }
                if byte == b'.' && before.is_ascii_alphanumeric() && is_top_level(&bytes[at + 1..]) {
                    self.domain = true;
                }
            }
            b':' if bytes[at..].starts_with(b"://") => self.domain = true,
            b' ' | b'\t' => self.gaps += 1,
            _ => {}
        }
    }

    fn wide(&mut self, c: char) {
        match c {
            '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => {
                self.han += 1;
                self.letters += 1;
            }
            '，' | '、' | '；' => self.commas += 1,
            '。' | '！' | '？' => self.terminators += 1,
            '»' | '›' | '｜' | '·' | '•' | '┊' | '＞' | '→' => {
                self.separators += 1;
                self.sign |= !matches!(c, '·' | '•');
            }
            '«' | '‹' | '←' | '◀' | '▶' | '©' => self.sign = true,
            '\u{a0}' | '\u{3000}' => self.gaps += 1,
            '０'..='９' => self.digits += 1,
            _ if c.is_alphabetic() => {
                self.letters += 1;
                if matches!(c, '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7af}') {
                    self.han += 1;
                }
            }
            _ => {}
        }
    }

    fn flags(&self, content: &str, ends: Flags) -> Flags {
        let mut flags = Flags::default();
        let mut set = |flag: Flags, holds: bool| {
            if holds {
                flags |= flag;
            }
        };
        set(Flags::DATE, self.date || (self.month && self.digits > 0 && self.chars <= 120));
        set(Flags::SIGN, self.sign);
        set(Flags::DOMAIN, self.domain);
        set(Flags::SEPARATED, self.separators > 0);
        set(Flags::NUMERIC, self.letters == 0);
        set(Flags::CJK, self.han > 0);
        let signs = self.han == 0 && self.code * 12 >= self.chars && self.code > 0;
        set(Flags::CODE, signs || is_command(content));
        set(Flags::CAPITALS, self.words >= 2 && self.capitals * 10 >= self.words * 6);
        set(Flags::SENTENCES, self.terminators > usize::from(ends.has(Flags::TERMINATED)));
        set(Flags::ROW, self.han >= 4 && self.gaps >= 2 && self.terminators == 0);
        flags
    }
}

/// Whether a line starts like one that is typed into a shell, an interpreter or a source file.
fn is_command(content: &str) -> bool {
    const PROMPTS: [&str; 8] = [">>> ", "... ", "$ ", "# ", "import ", "#include", "//", "sudo "];
    let body =
        |prompt: &&str| content.strip_prefix(*prompt).is_some_and(|rest| rest.is_ascii() && !rest.is_empty());
    let first = content.as_bytes().first().copied().unwrap_or(b' ');
    if !matches!(first, b'>' | b'.' | b'$' | b'#' | b'i' | b'/' | b's' | b'f') {
        return false;
    }
    PROMPTS.iter().any(body) || content.starts_with("from ") && content.contains(" import ")
}

fn is_year(bytes: &[u8]) -> bool {
    (bytes.starts_with(b"19") || bytes.starts_with(b"20")) && bytes.iter().all(u8::is_ascii_digit)
}

/// Whether what follows a dot is a label under which hosts are registered, and ends there.
fn is_top_level(after: &[u8]) -> bool {
    const LABELS: [&[u8]; 31] = [
        b"com", b"cn", b"net", b"org", b"info", b"cc", b"tv", b"gov", b"edu", b"io", b"co", b"me", b"top",
        b"xyz", b"vip", b"club", b"site", b"biz", b"us", b"uk", b"hk", b"tw", b"la", b"so", b"asia", b"mobi",
        b"online", b"shop", b"wang", b"example", b"test",
    ];
    after.first().is_some_and(u8::is_ascii_alphabetic)
        && LABELS.iter().any(|label| {
            after.len() >= label.len()
                && after[..label.len()].eq_ignore_ascii_case(label)
                && !after.get(label.len()).is_some_and(u8::is_ascii_alphanumeric)
        })
}

/// Whether a word of at most 8 letters is the name of a month or its first letters.
fn is_month(word: u64, len: usize) -> bool {
    const STARTS: [u64; 12] = {
        let names: [&[u8]; 12] =
            [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
        let mut keys = [0; 12];
        let mut i = 0;
        while i < 12 {
            keys[i] = packed(names[i]);
            i += 1;
        }
        keys
    };
    const WHOLE: [&[u8]; 11] = [
        b"january",
        b"february",
        b"march",
        b"april",
        b"june",
        b"july",
        b"august",
        b"october",
        b"november",
        b"december",
        b"sept",
    ];
    match len {
        3 => STARTS.contains(&word),
        4..=8 => WHOLE.iter().any(|name| name.len() == len && packed(name) == word),
        // September, packed into its last 8 letters.
        9 => word == packed(b"eptember"),
        _ => false,
    }
}

/// Flags that the line's ends decide.
fn ends(content: &str) -> Flags {
    let mut flags = Flags::default();
    let mut last = content.chars().rev();
    let mut end = last.next().unwrap_or(' ');
    if matches!(end, '"' | '”' | '’' | '\'' | '」' | '』' | ')' | '）' | '】' | ']' | '》' | '¶') {
        let enclosed =
            matches!(content.chars().next(), Some('(' | '（' | '【' | '[' | '《' | '“' | '"' | '「'));
        if enclosed {
            flags |= Flags::ENCLOSED;
        }
        end = last.next().unwrap_or(' ');
    }
    let before = last.next().unwrap_or(' ');
    match end {
        '…' => flags |= Flags::CUT,
        '.' if before == '.' => flags |= Flags::CUT,
        '。' | '！' | '？' | '.' | '!' | '?' | '；' | ';' => flags |= Flags::TERMINATED,
        ':' | '：' => flags |= Flags::COLON,
        _ => {}
    }
    let mut start = content.chars();
    let first = start.next().unwrap_or(' ');
    let second = start.next().unwrap_or(' ');
    match first {
        '•' | '·' | '●' | '○' | '◆' | '◇' | '■' | '□' | '★' | '☆' | '▪' | '►' | '▶' | '»' | '›' | '→'
        | '←' | '«' | '>' | '*' | '+' | '-' | '–' | '|' | '｜' | '✓' | '◎' | '※' => {
            flags |= Flags::MARKED
        }
        '0'..='9' => {
            flags |= Flags::NUMBERED;
            if matches!(second, '、' | '.' | '．' | ')' | '）')
                || second.is_ascii_digit() && content.contains('、')
            {
                flags |= Flags::SECTION;
            }
        }
        'a'..='z' => flags |= Flags::LOWER,
        '第' if is_numeral(second) => flags |= Flags::SECTION,
        _ if is_numeral(first) && matches!(second, '、' | '．' | '.' | '是') => flags |= Flags::SECTION,
        '（' | '(' if is_numeral(second) || second.is_ascii_digit() => flags |= Flags::SECTION,
        _ => {}
    }
    flags
}

fn is_numeral(c: char) -> bool {
    matches!(c, '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百')
}
