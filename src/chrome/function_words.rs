//! Function words: what prose has many of, and menus and titles few. And months, which dates have.
//!
//! In goes a word, its letters packed into a number, or a Han character; out comes whether it is one. Costs a table
//! look-up.

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

/// One bit for each character of three bytes: set for function characters.
static FUNCTION_BITS: [u64; 1024] = {
    let mut bits = [0; 1024];
    let mut i = 0;
    while i < FUNCTION_CHARACTERS.len() {
        let at = FUNCTION_CHARACTERS[i] as usize;
        bits[at / 64] |= 1 << (at % 64);
        i += 1;
    }
    bits
};

/// 1 for a function character, 0 for any other below U+10000.
#[inline]
pub(super) fn function_character(c: usize) -> usize {
    (FUNCTION_BITS[c / 64 % 1024] >> (c % 64) & 1) as usize
}

/// Names of months of at most 7 letters, and first letters of all.
const MONTHS: [&str; 20] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "january", "march",
    "april", "june", "july", "august", "sept", "october",
];

/// What is known of a word.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) is_function: bool,
    pub(super) is_month: bool,
}

/// What is known of a word of `len` ASCII letters, of which `word` has the last 8.
#[inline]
pub(super) fn known_word(word: u64, len: usize) -> Known {
    // No word of 8 letters and more is in the table.
    let entry = WORD_TABLE[word_slot(word)];
    let kinds = if entry & LETTERS == word { entry } else { 0 };
    let has = |kind| kinds & kind != 0;
    Known { is_function: has(FUNCTION), is_month: has(MONTH) || len >= 8 && is_long_month(word, len) }
}

fn is_long_month(word: u64, len: usize) -> bool {
    match len {
        8 => [packed(b"february"), packed(b"november"), packed(b"december")].contains(&word),
        9 => word == packed(b"eptember"),
        _ => false,
    }
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

/// The letters of a word in the table; beside them stands what it is.
const LETTERS: u64 = (1 << 56) - 1;
const FUNCTION: u64 = 1 << 56;
const MONTH: u64 = 1 << 57;

/// Words of at most 7 letters by a hash that is another one for each of them; 0 is no word.
static WORD_TABLE: [u64; 256] = with_words(with_words([0; 256], &FUNCTION_WORDS, FUNCTION), &MONTHS, MONTH);

const fn with_words(mut table: [u64; 256], words: &[&str], kind: u64) -> [u64; 256] {
    let mut i = 0;
    while i < words.len() {
        let word = packed(words[i].as_bytes());
        let at = word_slot(word);
        assert!(table[at] == 0 || table[at] & LETTERS == word, "two words have one slot: try other factors");
        table[at] |= word | kind;
        i += 1;
    }
    table
}

const fn word_slot(word: u64) -> usize {
    (word.wrapping_mul(0x926e_b571_d778_c8f9) >> 56) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found() {
        let known = |word: &str| {
            let last = &word.as_bytes()[word.len().saturating_sub(8)..];
            let known = known_word(packed(last), word.len());
            (known.is_function, known.is_month)
        };
        for word in FUNCTION_WORDS {
            assert_eq!(known(word), (true, word == "may"), "{word}");
        }
        for month in MONTHS.into_iter().chain(["february", "september", "november", "december"]) {
            assert_eq!(known(month), (month == "may", true), "{month}");
        }
        for word in ["", "x", "months", "septem", "februar", "novembers", "information"] {
            assert_eq!(known(word), (false, false), "{word}");
        }
    }
}
