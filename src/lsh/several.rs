//! Words → those whose key comes several times, sorted.
//!
//! Hardly any key of a band comes twice, so a sort of all words is a sort of what nobody asks for. Small counters, at
//! places that keys are hashed to, tell first whose key was seen once: those go. In: words `key << 32 | id`, to be run
//! through twice. Cost: two passes over the words, 2 to 4 bytes each for the counters, and a radix sort of 8-byte words
//! for what stays: all whose key comes again, and one in ten of the others.

use rdst::{RadixKey, RadixSort};

/// Counters for each word, at least: with as many, another key seldom hits the same.
const COUNTERS: usize = 8;
/// Counters of one word of memory.
const LANES: usize = u64::BITS as usize / 2;
/// Words that are told apart before they are taken up.
const CHUNK: usize = 256;

/// The buckets of words whose keys come several times, in the order of their keys, those of a key by their ids. Some
/// buckets hold one word.
pub(super) fn several(words: impl Iterator<Item = u64> + Clone) -> Vec<u64> {
    let count = match words.size_hint() {
        (least, Some(most)) if least == most => least,
        _ => words.clone().count(),
    };
    let mut seen = Seen::new(count);
    words.clone().for_each(|word| seen.add(word));
    // Each is written, and stays where it is wanted: which one is, no branch could foretell.
    let (mut chunk, mut len) = ([0; CHUNK], 0);
    let mut kept: Vec<ByKey> = Vec::new();
    for word in words {
        chunk[len] = word;
        len += usize::from(seen.again(word));
        if len == CHUNK {
            kept.extend(chunk.map(ByKey));
            len = 0;
        }
    }
    kept.extend(chunk[..len].iter().copied().map(ByKey));
    sort(kept)
}

/// Sorts words by their keys, and those of a key by their ids.
fn sort(mut keyed: Vec<ByKey>) -> Vec<u64> {
    // The ids, half the levels of the sort, are looked at within a key.
    keyed.radix_sort_unstable();
    let mut words: Vec<u64> = keyed.into_iter().map(|word| word.0).collect();
    for bucket in words.chunk_by_mut(|a, b| *a >> 32 == *b >> 32) {
        if bucket.len() > 1 {
            bucket.sort_unstable();
        }
    }
    words
}

/// Which keys were seen, and which several times: two bits each, the first halves of words and the second.
struct Seen {
    lanes: Vec<u64>,
    shift: u32,
}

impl Seen {
    fn new(words: usize) -> Self {
        let counters = (COUNTERS * words).next_power_of_two().max(LANES);
        Self { lanes: vec![0; counters / LANES], shift: u64::BITS - counters.trailing_zeros() }
    }

    #[inline]
    fn add(&mut self, word: u64) {
        let (at, bit) = self.place(word);
        let lane = &mut self.lanes[at];
        *lane |= 1 << bit | (*lane >> bit & 1) << (bit + LANES);
    }

    #[inline]
    fn again(&self, word: u64) -> bool {
        let (at, bit) = self.place(word);
        self.lanes[at] >> (bit + LANES) & 1 == 1
    }

    #[inline(always)]
    fn place(&self, word: u64) -> (usize, usize) {
        let hashed = (word >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift;
        (hashed as usize / LANES, hashed as usize % LANES)
    }
}

/// A word that is sorted by its key alone.
#[derive(Clone, Copy)]
struct ByKey(u64);

impl RadixKey for ByKey {
    const LEVELS: usize = 4;

    #[inline(always)]
    fn get_level(&self, level: usize) -> u8 {
        (self.0 >> (32 + 8 * level)) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against a plain sort.
        #[test]
        fn nothing_is_missed_of_a_key_that_comes_again(
            keys in prop::collection::vec(prop_oneof![0u32..300, any::<u32>()], 0..700),
        ) {
            let words: Vec<u64> = keys.iter().enumerate().rev().map(|(id, &key)| u64::from(key) << 32 | id as u64).collect();
            let of_several = |words: &[u64]| -> Vec<u64> {
                words.chunk_by(|a, b| a >> 32 == b >> 32).filter(|bucket| bucket.len() > 1).flatten().copied().collect()
            };
            let mut want = words.clone();
            want.sort_unstable();
            let got = several(words.iter().copied());
            prop_assert!(got.is_sorted());
            prop_assert_eq!(of_several(&got), of_several(&want));
        }
    }

    #[test]
    fn most_keys_that_come_once_are_left_out() {
        let words = (0..100_000u64).map(|id| id.wrapping_mul(0x9E37_79B9) << 32 | id);
        assert!(several(words).len() < 15_000);
    }
}
