//! Function words: what prose has many of, and menus and titles few.
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

pub(super) fn is_function_character(c: usize) -> bool {
    let at = c.wrapping_sub(0x4e00);
    FUNCTION_BITS.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1)
}

/// A word of up to 8 ASCII letters as a number, for a look-up without strings.
pub(super) const fn packed(word: &[u8]) -> u64 {
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

pub(super) fn is_function_word(word: u64) -> bool {
    let mut at = word_slot(word);
    while WORD_TABLE[at] != 0 {
        if WORD_TABLE[at] == word {
            return true;
        }
        at = (at + 1) % 256;
    }
    false
}
