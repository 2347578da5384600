//! The loops that most English goes through: words of ASCII letters and the separators between them.
//!
//! Words are found 64 bytes at a time, from one bit a byte; digits, apostrophes, `_` and whatever else needs a rule are
//! left to the machine in between.

use multiversion::multiversion;
use multiversion::target::match_target;

use super::machine::{Before, Machine, WORD, Word};
use super::runs::{CLASSES, Class, is_plain, three, two};
use super::sink::{BATCH, Sink};
use super::table;
use super::word::WordHash;

/// Bytes whose classes are looked at together.
const BLOCK: usize = 64;

impl<S: Sink> Machine<'_, S> {
    /// ASCII words and the separators between them; nothing is under way.
    pub(super) fn words(&mut self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        loop {
            let start = at;
            if bytes[start] | 0x20 == b'x' {
                return self.any(start);
            }
            let (hash, length) = hashed(bytes, start);
            at += length;
            let class = bytes.get(at).map_or(Class::Gap, |&byte| CLASSES[usize::from(byte)]);
            match class {
                Class::Gap => {}
                Class::Wide
                    if three(bytes, at)
                        .is_some_and(|value| is_plain(value) && value != table::APOSTROPHE) =>
                {
                    self.sink.unit(hash.unit(), start, at);
                    self.before = Before::Letter;
                    return at;
                }
                _ => return self.open_word(hash, start, at),
            }
            self.sink.unit(hash.unit(), start, at);
            // A separator, and a space behind it if there is one: then the usual thing is a word.
            self.before = Before::Other;
            at += 1 + usize::from(bytes.get(at + 1) == Some(&b' '));
            if !bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
                return at.min(bytes.len());
            }
            if bytes.len() - at >= BLOCK {
                return self.blocks(at);
            }
        }
    }

    /// ASCII text with more than one word, block by block; nothing is under way.
    #[inline(never)]
    fn blocks(&mut self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        while let Some(block) = bytes[at..].first_chunk::<BLOCK>() {
            let [letters, gaps] = classes(block);
            let mut from = 0;
            while from < BLOCK {
                let left = letters & !low(from);
                let plain = (left | gaps | low(from)).trailing_ones() as usize;
                let mut starts = left & !(left << 1);
                // A word that touches anything but a separator has no end here.
                let mut ends = (left << 1) & gaps & low(plain);
                let mut count = 0;
                while ends != 0 {
                    let start = at + starts.trailing_zeros() as usize;
                    let end = at + ends.trailing_zeros() as usize;
                    if bytes[start] | 0x20 == b'x' {
                        break;
                    }
                    self.batch.put(count, unit(bytes, start, end), start, end);
                    count += 1;
                    starts &= starts - 1;
                    ends &= ends - 1;
                    if count == BATCH {
                        self.sink.batch(&self.batch, count);
                        count = 0;
                    }
                }
                self.sink.batch(&self.batch, count);
                let done = plain.min(starts.trailing_zeros() as usize);
                if done > from {
                    self.before = Before::Other;
                }
                from = done;
                if from > 0 && low(from) | letters == u64::MAX {
                    // The next block starts with what this one cuts off.
                    break;
                }
                let mut next = at + done;
                loop {
                    let Some(&byte) = bytes.get(next) else { return next };
                    if next > at + done && self.open == 0 {
                        if byte >= 0x80 {
                            return next;
                        }
                        break;
                    }
                    next = self.advance(CLASSES[usize::from(byte)], next);
                }
                from = next - at;
            }
            at += from;
        }
        at
    }

    /// One ASCII word that may go on behind its letters; nothing is under way.
    pub(super) fn word(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        if bytes[start] | 0x20 == b'x' {
            return self.any(start);
        }
        let (hash, length) = hashed(bytes, start);
        self.open_word(hash, start, start + length)
    }

    fn open_word(&mut self, hash: WordHash, start: usize, end: usize) -> usize {
        self.word = Word::new(start, end);
        self.word.hash = hash;
        self.open = WORD;
        self.before = Before::Letter;
        end
    }

    /// A word that starts with a character of two bytes, if that is a letter; nothing is under way.
    pub(super) fn word_of_two(&mut self, start: usize) -> usize {
        match two(self.text.as_bytes(), start) {
            Some(code) if code != u32::from(b'x') => {
                self.open_word(WordHash::new(), start, start);
                self.more(start)
            }
            _ => self.any(start),
        }
    }

    /// Letters of one or two bytes, or any other character, behind those of a word that is under way.
    pub(super) fn more(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut hash = self.word.hash;
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            if byte.is_ascii_alphabetic() {
                hash.letter(u32::from(byte | 0x20));
                at += 1;
            } else if let Some(code) = two(bytes, at) {
                hash.letter(code);
                at += 2;
                self.totals.unseen += 1;
            } else {
                break;
            }
        }
        if at == start {
            return self.any(at);
        }
        self.word.hash = hash;
        self.word.end = at;
        self.before = Before::Letter;
        at
    }
}

/// Hash and length of the ASCII letters at `at`.
fn hashed(bytes: &[u8], at: usize) -> (WordHash, usize) {
    let mut hash = WordHash::new();
    let (mut chunk, mut filled) = letters(bytes, at);
    let mut length = filled;
    while filled == 8 {
        let (next, more) = letters(bytes, at + length);
        if more == 0 {
            break;
        }
        hash.eight(chunk);
        (chunk, filled) = (next, more);
        length += filled;
    }
    hash.last(chunk, filled as u32);
    (hash, length)
}

/// The unit of the ASCII letters from `start` to `end`.
#[inline(always)]
fn unit(bytes: &[u8], mut start: usize, end: usize) -> u32 {
    let mut hash = WordHash::new();
    while end - start > 8 {
        hash.eight(eight(bytes, start) | each(0x20));
        start += 8;
    }
    let filled = end - start;
    hash.last((eight(bytes, start) | each(0x20)) & low(8 * filled), filled as u32);
    hash.unit()
}

/// The ASCII letters at `at`, eight at most: lower case, the first in the lowest byte, and how many.
#[inline(always)]
fn letters(bytes: &[u8], at: usize) -> (u64, usize) {
    let word = eight(bytes, at);
    let lower = word | each(0x20);
    let length = (not_letters(word).trailing_zeros() / 8) as usize;
    (lower & low(8 * length), length)
}

/// The top bit of each byte that is no ASCII letter.
#[inline(always)]
fn not_letters(word: u64) -> u64 {
    // Eight comparisons at once: seven bits cannot carry into the next byte.
    let seven = (word | each(0x20)) & each(0x7F);
    let from_a = seven + each(0x80 - b'a');
    let above_z = seven + each(0x80 - b'{');
    (!from_a | above_z | word) & each(0x80)
}

/// Eight bytes, zeros behind the end.
#[inline(always)]
fn eight(bytes: &[u8], at: usize) -> u64 {
    if let Some(&eight) = bytes[at..].first_chunk::<8>() {
        return u64::from_le_bytes(eight);
    }
    match bytes.last_chunk::<8>() {
        Some(&eight) if at < bytes.len() => u64::from_le_bytes(eight) >> (8 * (at + 8 - bytes.len())),
        Some(_) => 0,
        None => bytes[at..].iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// A byte, eight times.
#[inline(always)]
fn each(byte: u8) -> u64 {
    u64::from(byte) * 0x0101_0101_0101_0101
}

/// The lowest `count` bits.
#[inline(always)]
fn low(count: usize) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

/// One bit for each byte that is an ASCII letter, and for each that is ASCII and only separates.
#[multiversion(targets("x86_64+avx512bw", "x86_64+avx2"))]
fn classes(block: &[u8; BLOCK]) -> [u64; 2] {
    match_target! {
        "x86_64+avx512bw" | "x86_64+avx2" => classes_avx2(block),
        _ => classes_plain(block),
    }
}

/// Eight bytes at a time.
fn classes_plain(block: &[u8; BLOCK]) -> [u64; 2] {
    let (words, _) = block.as_chunks::<8>();
    let mut classes = [0; 2];
    for &word in words.iter().rev() {
        let word = u64::from_le_bytes(word);
        let letters = !not_letters(word) & each(0x80);
        let seven = word & each(0x7F);
        let below = |byte: u8| each(0x80 - byte);
        let digits = (seven + below(b'0')) & !(seven + below(b'9' + 1));
        let other = |byte: u8| (seven ^ each(byte)) + each(0x7F);
        let none = other(b'_') & other(b'\'') & other(b'*') & other(b'=');
        let gaps = !(letters | digits | word) & none & each(0x80);
        for (mask, bits) in classes.iter_mut().zip([letters, gaps]) {
            // Gathers the top bits of the bytes, by a product that moves each to its place.
            *mask = *mask << 8 | (bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        }
    }
    classes
}

/// Thirty-two bytes at a time.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn classes_avx2(block: &[u8; BLOCK]) -> [u64; 2] {
    use std::arch::x86_64::*;
    let (halves, _) = block.as_chunks::<32>();
    let mut classes = [0; 2];
    for &half in halves.iter().rev() {
        let bytes: __m256i = bytemuck::cast(half);
        // An unsigned comparison, by a signed one of values that are shifted to the least.
        let within = |bytes, first: u8, count: u8| {
            let shifted = _mm256_add_epi8(bytes, _mm256_set1_epi8((0x80 - i32::from(first)) as i8));
            _mm256_cmpgt_epi8(_mm256_set1_epi8((i32::from(count) - 0x80) as i8), shifted)
        };
        let is = |byte: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte as i8));
        let letters = within(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), b'a', 26);
        let marks =
            _mm256_or_si256(_mm256_or_si256(is(b'_'), is(b'\'')), _mm256_or_si256(is(b'*'), is(b'=')));
        let others = _mm256_or_si256(_mm256_or_si256(marks, bytes), within(bytes, b'0', 10));
        let [letters, others] = [letters, others].map(|bits| _mm256_movemask_epi8(bits) as u32);
        classes = [classes[0] << 32 | u64::from(letters), classes[1] << 32 | u64::from(!(letters | others))];
    }
    classes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_of_every_byte() {
        for byte in 0..=255u8 {
            for before in 0..9 {
                let mut text = vec![b'Q'; before];
                text.push(byte);
                text.extend_from_slice(b"z\xE4");
                let count = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count().min(8);
                let mut expected = [0; 8];
                expected[..count].copy_from_slice(&text[..count].to_ascii_lowercase());
                assert_eq!(letters(&text, 0), (u64::from_le_bytes(expected), count), "{text:?}");
            }
        }
    }

    #[test]
    fn eight_bytes_from_anywhere() {
        let text: Vec<u8> = (1..=20).collect();
        for length in 0..=20 {
            for at in 0..=length {
                let mut expected = [0; 8];
                let rest = &text[at..length];
                expected[..rest.len().min(8)].copy_from_slice(&rest[..rest.len().min(8)]);
                assert_eq!(eight(&text[..length], at), u64::from_le_bytes(expected), "{length} {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn classes_of_any_bytes(block: [u8; 32], ascii in "[ -~]{32}") {
            let mut both = [0; BLOCK];
            both[..32].copy_from_slice(&block);
            both[32..].copy_from_slice(ascii.as_bytes());
            let mask = |class| {
                let bit = |at| u64::from(CLASSES[usize::from(both[at])] == class) << at;
                (0..BLOCK).map(bit).sum::<u64>()
            };
            let expected = [mask(Class::Letter), mask(Class::Gap)];
            prop_assert_eq!(classes(&both), expected);
            prop_assert_eq!(classes_plain(&both), expected);
        }
    }
}
