//! Shingles of one text → those that come again, and those that another list has, too.
//!
//! Few do, mostly. So a bit for each key, in a field that is small enough to stay near, tells which may; only these are
//! compared. Cost: two passes of half a nanosecond a key, where a table of all keys takes eight times as long; 8 bytes a
//! key.

use super::shingle_table::{CONTENT, ShingleTable};

/// Bits a key, at least: of sixty-four keys one is looked at in vain.
const BITS: usize = 32;

/// Room for the search.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    field: Field,
    /// Keys that may be what is asked for.
    maybe: Vec<u64>,
    table: ShingleTable,
}

impl Repeats {
    /// The keys that stand further ahead already, once for each time that they come again, in order; in place of what
    /// stands in `again`.
    pub(super) fn again(&mut self, keys: &[u64], again: &mut Vec<u64>) {
        let Self { field, maybe, table } = self;
        again.clear();
        field.clear(keys.len());
        keep(keys, maybe, |key| field.put(key));
        if maybe.is_empty() {
            return;
        }
        field.clear(keys.len());
        maybe.iter().for_each(|&key| _ = field.put(key));
        keep(keys, maybe, |key| field.has(key));
        table.clear(maybe.len());
        again.extend(maybe.iter().copied().filter(|&key| !table.add(key, CONTENT)));
    }

    /// Those of some other keys that are none of these, each once, in order; in place of what stands in `beside`.
    pub(super) fn beside(&mut self, keys: &[u64], others: &[u64], beside: &mut Vec<u64>) {
        let Self { field, maybe, table } = self;
        beside.clear();
        if others.is_empty() {
            return;
        }
        field.clear(others.len());
        others.iter().for_each(|&key| _ = field.put(key));
        keep(keys, maybe, |key| field.has(key));
        table.clear(maybe.len() + others.len());
        maybe.iter().for_each(|&key| _ = table.add(key, CONTENT));
        beside.extend(others.iter().copied().filter(|&key| table.add(key, CONTENT)));
    }
}

/// The keys that pass, in place of what stands in `kept`. Each is written, and stays where it passes: which one does, no
/// branch could foretell.
#[inline(always)]
fn keep(keys: &[u64], kept: &mut Vec<u64>, mut passes: impl FnMut(u64) -> bool) {
    kept.resize(keys.len(), 0);
    let mut count = 0;
    for &key in keys {
        kept[count] = key;
        count += usize::from(passes(key));
    }
    kept.truncate(count);
}

/// A bit for each hash, which several may share.
#[derive(Debug, Default)]
struct Field {
    words: Vec<u64>,
}

impl Field {
    /// Makes room for this many keys, and forgets those that are there.
    fn clear(&mut self, keys: usize) {
        self.words.clear();
        self.words.resize((keys * BITS / 64).next_power_of_two(), 0);
    }

    /// Where the bit of a key stands. Keys are hashes, of which samples are taken by the high half: so the low one.
    #[inline(always)]
    fn place(&self, key: u64) -> (usize, u64) {
        ((key >> 6) as usize & (self.words.len() - 1), 1 << (key & 63))
    }

    /// Puts a key there; whether its bit was set.
    #[inline(always)]
    fn put(&mut self, key: u64) -> bool {
        let (at, bit) = self.place(key);
        let was = self.words[at];
        self.words[at] = was | bit;
        was & bit != 0
    }

    /// Whether the bit of a key is set.
    #[inline(always)]
    fn has(&self, key: u64) -> bool {
        let (at, bit) = self.place(key);
        self.words[at] & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    /// Hashes; some of them share a bit with others, or all but the lowest bits of a key.
    fn keys() -> impl Strategy<Value = Vec<u64>> {
        let key = prop_oneof![
            3 => (0u64..60).prop_map(|key| (key + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93)),
            1 => (1u64..20).prop_map(|key| key << 40),
        ];
        prop::collection::vec(key, 0..90)
    }

    proptest! {
        /// Against sets, in room that another list left.
        #[test]
        fn finds_what_sets_find(lists in prop::array::uniform4(keys())) {
            let (mut repeats, mut got) = (Repeats::default(), Vec::new());
            for [keys, others] in lists.as_chunks().0 {
                repeats.again(keys, &mut got);
                let mut seen = HashSet::new();
                let want: Vec<u64> = keys.iter().copied().filter(|&key| !seen.insert(key)).collect();
                prop_assert_eq!(&got, &want);
                repeats.beside(keys, others, &mut got);
                let want: Vec<u64> = others.iter().copied().filter(|&key| seen.insert(key)).collect();
                prop_assert_eq!(&got, &want);
            }
        }
    }
}
