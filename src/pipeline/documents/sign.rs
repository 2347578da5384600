//! A document's content → what it is compared by: bands of its signature, samples of its shingles, keys.
//!
//! Bands propose pairs of like length. Sampled shingles, those with a hash whose high half is 0 modulo [`SAMPLE`]
//! (FracMinHash; Irber et al. 2022), propose pairs of which one stands in the other, at any length. Keys of the units,
//! in their order and in any order, say what is equal. Cost: one pass over the units, one over the shingles.

use rayon::prelude::*;

use crate::config::Config;
use crate::error::Result;
use crate::hash::{self, KeySet};
use crate::lsh::banding::DOCUMENT;
use crate::matching::verify::Overlap;
use crate::pipeline::corpus::{Corpus, Folded};
use crate::sketch::minhash::{MinHasher, SLOTS};
use crate::text::shingle::shingles;

/// One shingle in this many is sampled.
const SAMPLE: u32 = 8;
/// Of a short document, one in this many, a divisor of [`SAMPLE`], compared among short ones: few samples scatter
/// widely.
const FINE: u32 = 4;
/// Shingles of a short document, at most.
const SHORT: usize = 512;
/// Of the sampled shingles that two documents share, the share that many others have too from which on it says nothing
/// that they lie evenly.
const COMMON: f64 = 0.9;

/// The bit of a sample that says that many documents have it: sampled keys are 0 there. In all documents that have a
/// sample it is the same, so marked ones are compared, and in order, as they are.
const MANY: u32 = 1;
const _: () = assert!(FINE.is_multiple_of(2) && SAMPLE.is_multiple_of(FINE));

/// What a document is compared by.
#[derive(Debug, Default)]
pub(super) struct Sign {
    pub(super) key: u64,
    /// Key of the whole text's units.
    pub(super) whole: u64,
    /// Key of the content's units in any order.
    pub(super) bag: u64,
    /// Key of the whole text's units in any order.
    pub(super) whole_bag: u64,
    /// Units of the whole text.
    pub(super) all: u32,
    pub(super) units: u32,
    /// Units in paragraphs of prose.
    pub(super) prose: u32,
    pub(super) runs: u32,
    pub(super) masks: u32,
    pub(super) spans: u32,
    pub(super) bands: Vec<u32>,
    /// Sampled shingles, ascending; see [`Sign::mark`].
    pub(super) samples: Vec<u32>,
    /// Of a short document, `samples` and more; of a long one none.
    pub(super) fine: Vec<u32>,
}

impl Sign {
    /// Whether two documents have the same units in another order, in content or altogether: a line that was moved may
    /// be chrome in one place and content in another.
    pub(super) fn is_reordered(&self, other: &Sign) -> bool {
        self.bag == other.bag || self.whole_bag == other.whole_bag
    }

    /// Marks those of its samples that are among the common ones, and no others.
    pub(super) fn mark(&mut self, common: &KeySet) {
        for sample in self.samples.iter_mut().chain(&mut self.fine) {
            let key = sample_key(*sample);
            *sample = key | if common.contains(&key) { MANY } else { 0 };
        }
    }

    /// What the samples of two documents share, of short ones the finer samples; and how many of the shared ones many
    /// others have too. Both were marked together.
    pub(super) fn shared(&self, other: &Sign) -> (Overlap, u32) {
        let (a, b) = self.samples_beside(other);
        let (shared, many) = in_both(a, b);
        (Overlap { a: a.len() as u32, b: b.len() as u32, shared }, many)
    }

    /// Whether nearly all that two documents share stands in many others too: it lies evenly over all pages by one
    /// pattern, and says nothing of these two.
    pub(super) fn shares_only_common(&self, other: &Sign) -> bool {
        let (overlap, many) = self.shared(other);
        is_common(overlap.shared, many)
    }

    fn samples_beside<'s>(&'s self, other: &'s Sign) -> (&'s [u32], &'s [u32]) {
        if !self.fine.is_empty() && !other.fine.is_empty() {
            (&self.fine, &other.fine)
        } else {
            (&self.samples, &other.samples)
        }
    }
}

/// Whether of `shared` samples nearly all stand in many others.
pub(super) fn is_common(shared: u32, many: u32) -> bool {
    shared > 0 && f64::from(many) >= COMMON * f64::from(shared)
}

/// The shingle of a sample, without its mark.
pub(super) fn sample_key(sample: u32) -> u32 {
    sample & !MANY
}

/// How many samples stand in both of two ascending lists, and how many of these are common. No step depends on a branch:
/// in a crowd, any may go either way.
fn in_both(a: &[u32], b: &[u32]) -> (u32, u32) {
    let (mut i, mut j, mut shared, mut common) = (0, 0, 0, 0);
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        let same = u32::from(x == y);
        shared += same;
        common += same & x;
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    (shared, common)
}

pub(super) fn sign(corpus: &Corpus, config: &Config, hasher: &MinHasher, ids: &[u32]) -> Result<Vec<Sign>> {
    ids.par_iter()
        .map_init(Default::default, |(buffer, scratch): &mut (Vec<u64>, Vec<u32>), &id| {
            let content = &corpus.contents[id as usize];
            corpus.with_units(id, |Folded { layout, all, content: units }| {
                let key = hash::units_key(units);
                let mut sign = Sign {
                    all: all.len() as u32,
                    units: content.units,
                    prose: content.prose(),
                    runs: content.runs,
                    masks: content.masks,
                    spans: corpus.labels[id as usize].spans.len() as u32,
                    key,
                    whole: if units.len() == all.len() { key } else { hash::units_key(all) },
                    ..Sign::default()
                };
                if units.len() < config.matching.min_units {
                    // Too short for shingles: equal only when the numbers are equal too.
                    let numbers: Vec<u32> =
                        content.numbers(layout, &content.all()).map(|numbers| numbers.key).collect();
                    sign.key = hash::units_key(&[units, &[u32::MAX], &numbers].concat());
                    if units.is_empty() {
                        // All chrome: equal only to what is equal altogether.
                        sign.key = sign.whole;
                    } else {
                        sign.whole = sign.key;
                    }
                    return sign;
                }
                shingles(units, buffer);
                let mut signature = [u32::MAX; SLOTS];
                hasher.sign(buffer, &mut signature);
                sign.bands = DOCUMENT.keys(&signature).collect();
                sign.bag = hash::bag_key(units);
                sign.whole_bag = if units.len() == all.len() { sign.bag } else { hash::bag_key(all) };
                if buffer.len() <= SHORT {
                    sign.fine = sampled(buffer, FINE, scratch);
                    sign.samples =
                        sign.fine.iter().copied().filter(|key| key.is_multiple_of(SAMPLE)).collect();
                } else {
                    sign.samples = sampled(buffer, SAMPLE, scratch);
                }
                sign
            })
        })
        .collect()
}

/// The high halves of shingles, as far as they are 0 modulo `rate`, sorted, each once.
fn sampled(shingles: &[u64], rate: u32, scratch: &mut Vec<u32>) -> Vec<u32> {
    // Each is written, and stays where it is sampled: which one is, no branch could foretell.
    scratch.resize(shingles.len(), 0);
    let mut count = 0;
    for &hash in shingles {
        let key = (hash >> 32) as u32;
        scratch[count] = key;
        count += usize::from(key.is_multiple_of(rate));
    }
    scratch.truncate(count);
    scratch.sort_unstable();
    scratch.dedup();
    scratch.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// Against sets, whatever was marked before.
        #[test]
        fn marks_say_what_look_ups_say(
            lists in prop::array::uniform2(prop::collection::btree_set(0u32..40, 0..30)),
            common in prop::array::uniform2(prop::collection::btree_set(0u32..40, 0..30)),
        ) {
            let sample = |&key: &u32| key * FINE;
            let mut signs = lists.clone().map(|list| Sign { samples: list.iter().map(sample).collect(), ..Sign::default() });
            for common in &common {
                let keys: KeySet = common.iter().map(sample).collect();
                signs.iter_mut().for_each(|sign| sign.mark(&keys));
                let both: BTreeSet<u32> = &lists[0] & &lists[1];
                let (overlap, many) = signs[0].shared(&signs[1]);
                prop_assert_eq!(overlap.shared as usize, both.len());
                prop_assert_eq!(many as usize, (&both & common).len());
            }
        }
    }
}
