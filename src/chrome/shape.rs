//! What a line looks like: a few counts, and properties as bits.
//!
//! In goes a line, out come a `Shape` and its [`Flags`]. Needs nothing but the line. Costs one pass over at most
//! `SCANNED` bytes at each end.

use std::ops::BitOr;

use super::function_words::{function_character, known_word};

/// Bytes at each end of a line that its shape is read from; a longer line is prose whatever stands in its middle.
const SCANNED: usize = 160;

/// Counts of one line; what they mean stands with [`Evidence`](super::evidence::Evidence).
#[derive(Default)]
pub(super) struct Shape {
    pub(super) flags: Flags,
    pub(super) chars: u16,
    pub(super) commas: u8,
    pub(super) digits: u8,
    pub(super) function: u8,
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

    /// Whether a line has what every injected passage has: it calls for something.
    #[inline]
    pub fn calls(self) -> bool {
        [Flags::SPAN, Flags::ANCHOR, Flags::DOMAIN].into_iter().any(|flag| self.has(flag))
    }

    /// Whether all of `other` holds.
    #[inline]
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

/// Flags of one line's shape.
pub(crate) fn flags(line: &str) -> Flags {
    Shape::of(line.trim()).flags
}

/// Whether a line, or any piece of it, may have [`Flags::DOMAIN`].
pub(crate) fn may_hold_domain(line: &str) -> bool {
    let bytes = line.as_bytes();
    memchr::memchr_iter(b'.', bytes).any(|at| bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic))
        || line.contains("://")
}

impl Shape {
    /// The shape of a line without the spaces at its ends.
    pub(super) fn of(content: &str) -> Shape {
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
        let bytes = text.as_bytes();
        self.bytes += bytes.len();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' => {
                    at += self.words(&bytes[at..]);
                    continue;
                }
                0xe4..=0xe9 => {
                    let after_digit = at > 0 && bytes[at - 1].is_ascii_digit();
                    self.date |= after_digit && text[at..].starts_with('年');
                    at += 3 * self.han(&bytes[at..]);
                    continue;
                }
                b' ' => {
                    self.gaps += 1;
                    at += 1;
                }
                0..0x80 => {
                    self.sign(byte, bytes, at);
                    at += 1;
                }
                _ => {
                    let c = text[at..].chars().next().expect("the index is on a character boundary");
                    self.wide(c);
                    at += c.len_utf8();
                }
            }
            self.chars += 1;
        }
    }

    /// Reads the characters from U+4000 to U+9FFF that `bytes` start with, three bytes each: nearly all Han text,
    /// without a call. Gives their number.
    fn han(&mut self, bytes: &[u8]) -> usize {
        let mut count = 0;
        for &[lead, second, third] in bytes.as_chunks::<3>().0 {
            if !matches!(lead, 0xe4..=0xe9) {
                break;
            }
            let c =
                usize::from(lead & 0x0f) << 12 | usize::from(second & 0x3f) << 6 | usize::from(third & 0x3f);
            self.function += function_character(c);
            count += 1;
        }
        self.chars += count;
        self.han += count;
        self.letters += count;
        count
    }

    /// Reads the words of ASCII letters that `bytes` start with, a space between each two: most English. Gives their
    /// length.
    fn words(&mut self, bytes: &[u8]) -> usize {
        let (mut at, mut words, mut capitals, mut function, mut month) = (0, 0, 0, 0, false);
        loop {
            let (word, len) = first_word(&bytes[at..]);
            let known = known_word(word, len);
            words += 1;
            capitals += usize::from(bytes[at].is_ascii_uppercase());
            function += usize::from(known.is_function);
            month |= known.is_month;
            at += len;
            match bytes.get(at..at + 2) {
                Some([b' ', next]) if next.is_ascii_alphabetic() => at += 1,
                _ => break,
            }
        }
        let gaps = words - 1;
        self.chars += at;
        self.gaps += gaps;
        self.letters += at - gaps;
        self.words += words;
        self.capitals += capitals;
        self.function += function;
        self.month |= month;
        at
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
            b'\t' => self.gaps += 1,
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

/// The word of ASCII letters that `bytes` start with: its last 8 letters, packed, and its length.
fn first_word(bytes: &[u8]) -> (u64, usize) {
    let (mut word, mut len) = (0, 0);
    if let Some(eight) = bytes.first_chunk::<8>() {
        let eight = u64::from_le_bytes(*eight);
        len = first_letters(eight);
        word = (eight | (EACH * 0x20)).swap_bytes() >> (64 - 8 * len.max(1));
        if len < 8 {
            return (word, len);
        }
    }
    for &byte in bytes[len..].iter().take_while(|byte| byte.is_ascii_alphabetic()) {
        word = word << 8 | u64::from(byte | 0x20);
        len += 1;
    }
    (word, len)
}

/// A byte in each of the eight of a word.
const EACH: u64 = 0x0101_0101_0101_0101;

/// How many of eight bytes, the lowest first, are ASCII letters before the first that is none.
fn first_letters(eight: u64) -> usize {
    let folded = eight | (EACH * 0x20);
    let low = folded & (EACH * 0x7f);
    // The high bit of each byte says whether it is at least `a`, and beyond `z`.
    let (from_a, beyond_z) = (low + EACH * (0x80 - 0x61), low + EACH * (0x80 - 0x7b));
    let others = !(from_a & !beyond_z & !folded) & (EACH * 0x80);
    others.trailing_zeros() as usize / 8
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_word_is_its_letters(bytes in prop::collection::vec(prop_oneof![
            b'a'..=b'z', b'A'..=b'Z', any::<u8>(), Just(b'@'), Just(b'['), Just(b'`'), Just(b'{'),
        ], 0..24)) {
            let letters = bytes.iter().take_while(|byte| byte.is_ascii_alphabetic());
            let plain = letters.fold((0u64, 0), |(word, len), byte| (word << 8 | u64::from(byte | 0x20), len + 1));
            if plain.1 > 0 {
                prop_assert_eq!(first_word(&bytes), plain);
            }
        }
    }
}
