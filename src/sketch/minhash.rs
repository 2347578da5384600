//! Shingles → MinHash signature: an unbiased estimate of Jaccard (Broder 1997) in 96 slots of 32 bits.
//!
//! Slot k is the minimum of `(x ^ bₖ)·aₖ mod 2³²` over the high halves x of the shingles. The slots are taken in blocks
//! whose minima stay in registers while the shingles run past; slots in memory cost four times as much. One source,
//! compiled for several instruction sets, all with the same bits.

use multiversion::multiversion;
use multiversion::target::match_target;

/// Slots of a signature: 16 bands of 6 rows.
pub const SLOTS: usize = 96;

/// Minima of all slots; all `u32::MAX` for a text without shingles.
pub type Signature = [u32; SLOTS];

/// The permutations of one seed. Signatures of different seeds say nothing about each other.
#[derive(Clone, Debug)]
pub struct MinHasher {
    factors: [u32; SLOTS],
    masks: [u32; SLOTS],
}

impl MinHasher {
    /// The permutations that `seed` stands for.
    pub fn new(seed: u64) -> Self {
        let mut state = seed;
        let mut random = || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            split_mix(state)
        };
        let mut hasher = Self { factors: [0; SLOTS], masks: [0; SLOTS] };
        for (factor, mask) in hasher.factors.iter_mut().zip(&mut hasher.masks) {
            let bits = random();
            // An odd factor makes the slot a permutation.
            *factor = bits as u32 | 1;
            *mask = (bits >> 32) as u32;
        }
        hasher
    }

    /// The signature of a shingle set; order and repetitions of `shingles` do not matter.
    ///
    /// ```
    /// use dechaff::sketch::minhash::{MinHasher, SLOTS, estimate};
    ///
    /// let hasher = MinHasher::new(1);
    /// let (mut a, mut b) = ([0; SLOTS], [0; SLOTS]);
    /// hasher.sign(&[1 << 40, 2 << 40, 3 << 40], &mut a);
    /// hasher.sign(&[3 << 40, 2 << 40, 1 << 40], &mut b);
    /// assert_eq!(estimate(&a, &b), 1.0);
    /// ```
    pub fn sign(&self, shingles: &[u64], out: &mut Signature) {
        sign(&self.factors, &self.masks, shingles, out);
    }

    /// Turns `into` into the signature of the union of both texts' shingles.
    pub fn merge(into: &mut Signature, other: &Signature) {
        for (slot, &other) in into.iter_mut().zip(other) {
            *slot = other.min(*slot);
        }
    }
}

/// Share of equal slots: an unbiased estimate of Jaccard, standard error √(J(1−J)/96).
pub fn estimate(a: &Signature, b: &Signature) -> f64 {
    let equal = a.iter().zip(b).filter(|(a, b)| a == b).count();
    equal as f64 / SLOTS as f64
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn sign(factors: &[u32; SLOTS], masks: &[u32; SLOTS], shingles: &[u64], out: &mut Signature) {
    match_target! {
        "x86_64+avx512f" => blocks::<96>(factors, masks, shingles, out),
        _ => blocks::<32>(factors, masks, shingles, out),
    }
}

/// `BLOCK` slots at a time: as many as there are registers for their minima, factors and masks.
#[inline(always)]
fn blocks<const BLOCK: usize>(
    factors: &[u32; SLOTS],
    masks: &[u32; SLOTS],
    shingles: &[u64],
    out: &mut Signature,
) {
    let (factors, _) = factors.as_chunks::<BLOCK>();
    let (masks, _) = masks.as_chunks::<BLOCK>();
    let (out, _) = out.as_chunks_mut::<BLOCK>();
    for ((factors, masks), out) in factors.iter().zip(masks).zip(out) {
        let mut least = [u32::MAX; BLOCK];
        for &shingle in shingles {
            let high = (shingle >> 32) as u32;
            for k in 0..BLOCK {
                least[k] = least[k].min((high ^ masks[k]).wrapping_mul(factors[k]));
            }
        }
        *out = least;
    }
}

fn split_mix(state: u64) -> u64 {
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash;
    use proptest::prelude::*;

    fn plain(hasher: &MinHasher, shingles: &[u64]) -> Signature {
        let mut out = [u32::MAX; SLOTS];
        for (k, slot) in out.iter_mut().enumerate() {
            for &shingle in shingles {
                *slot =
                    (*slot).min(((shingle >> 32) as u32 ^ hasher.masks[k]).wrapping_mul(hasher.factors[k]));
            }
        }
        out
    }

    fn random(count: u64, salt: u64) -> Vec<u64> {
        (0..count).map(|i| split_mix(i.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt)).collect()
    }

    /// Stored signatures must never change between versions.
    #[test]
    fn known_answer() {
        let mut out = [0; SLOTS];
        MinHasher::new(1).sign(&random(1000, 5), &mut out);
        assert_eq!(hash::units_key(&out), 4877066264362793359);
    }

    #[test]
    fn empty_is_all_ones() {
        let mut out = [0; SLOTS];
        MinHasher::new(1).sign(&[], &mut out);
        assert_eq!(out, [u32::MAX; SLOTS]);
    }

    #[test]
    fn estimate_is_near_jaccard() {
        let hasher = MinHasher::new(1);
        let (mut a, mut b) = ([0; SLOTS], [0; SLOTS]);
        let mut sum = 0.0;
        for trial in 0..200 {
            // 80 of 100 shingles in common.
            let all = random(100, trial << 32);
            hasher.sign(&all[..90], &mut a);
            hasher.sign(&all[10..], &mut b);
            sum += estimate(&a, &b);
        }
        assert!((sum / 200.0 - 0.8).abs() < 0.01, "{}", sum / 200.0);
    }

    proptest! {
        #[test]
        fn same_as_plain(shingles in prop::collection::vec(any::<u64>(), 0..300), seed: u64) {
            let hasher = MinHasher::new(seed);
            let mut out = [0; SLOTS];
            hasher.sign(&shingles, &mut out);
            prop_assert_eq!(out, plain(&hasher, &shingles));
        }

        #[test]
        fn merge_is_union(a in prop::collection::vec(any::<u64>(), 0..50), b in prop::collection::vec(any::<u64>(), 0..50)) {
            let hasher = MinHasher::new(3);
            let mut merged = plain(&hasher, &a);
            MinHasher::merge(&mut merged, &plain(&hasher, &b));
            let both: Vec<u64> = a.iter().chain(&b).copied().collect();
            prop_assert_eq!(merged, plain(&hasher, &both));
        }
    }
}
