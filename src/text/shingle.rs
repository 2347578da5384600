//! Units → shingles: a 64-bit hash of every five units in a row.
//!
//! Multilinear hashing (Σ uᵢ·Cᵢ mod 2⁶⁴ with random odd Cᵢ, as in Lemire and Kaser 2010), then a finalizer that brings
//! the high bits down. Five products a shingle, no chain from one to the next: the compiler runs several lanes at once,
//! which beats a rolling hash. About 1.4 bytes of output a byte of Chinese text.

/// Units of a shingle.
pub const SHINGLE: usize = 5;

const FACTORS: [u64; SHINGLE] = [
    0x9E37_79B9_7F4A_7C15,
    0xD6E8_FEB8_6659_FD93,
    0xA076_1D64_78BD_642F,
    0xE703_7ED1_A0B4_28DB,
    0x8EBC_6AF0_9C88_C6E3,
];

/// Added to a text of fewer units than a shingle has, by their number, so that it meets no longer one.
const SHORT: u64 = 0x5896_5CC7_5374_CC3D;

/// Hashes of all windows of [`SHINGLE`] units, in the order of the text; `out` is cleared first.
///
/// One to four units give one hash, of all of them; no unit gives none.
///
/// ```
/// use dechaff::text::shingle::shingles;
///
/// let mut hashes = Vec::new();
/// shingles(&[1, 2, 3, 4, 5, 6, 7], &mut hashes);
/// assert_eq!(hashes.len(), 3);
/// shingles(&[1, 2], &mut hashes);
/// assert_eq!(hashes.len(), 1);
/// ```
pub fn shingles(units: &[u32], out: &mut Vec<u64>) {
    out.clear();
    match units.len() {
        0 => {}
        short @ 1..SHINGLE => out.push(mix(linear(units).wrapping_add(SHORT.wrapping_mul(short as u64)))),
        long => {
            out.resize(long - SHINGLE + 1, 0);
            windows(units, out);
        }
    }
}

/// [`shingles`], sorted and distinct: the set that Jaccard and containment speak of.
pub fn shingle_set(units: &[u32], out: &mut Vec<u64>) {
    shingles(units, out);
    out.sort_unstable();
    out.dedup();
}

#[multiversion::multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn windows(units: &[u32], out: &mut [u64]) {
    // Eight at a time, so that a short text does not fall to the loop that takes one.
    let (eights, rest) = out.as_chunks_mut::<8>();
    let mut units = units;
    for eight in eights {
        let Some(near) = units.first_chunk::<{ 8 + SHINGLE - 1 }>() else { return };
        for i in 0..8 {
            eight[i] = hash(near[i], near[i + 1], near[i + 2], near[i + 3], near[i + 4]);
        }
        units = &units[8..];
    }
    for (hashed, window) in rest.iter_mut().zip(units.windows(SHINGLE)) {
        *hashed = mix(linear(window));
    }
}

#[inline(always)]
fn hash(a: u32, b: u32, c: u32, d: u32, e: u32) -> u64 {
    let sum = u64::from(a).wrapping_mul(FACTORS[0]);
    let sum = sum.wrapping_add(u64::from(b).wrapping_mul(FACTORS[1]));
    let sum = sum.wrapping_add(u64::from(c).wrapping_mul(FACTORS[2]));
    let sum = sum.wrapping_add(u64::from(d).wrapping_mul(FACTORS[3]));
    mix(sum.wrapping_add(u64::from(e).wrapping_mul(FACTORS[4])))
}

#[inline(always)]
fn linear(units: &[u32]) -> u64 {
    units
        .iter()
        .zip(FACTORS)
        .fold(0, |sum, (&unit, factor)| sum.wrapping_add(u64::from(unit).wrapping_mul(factor)))
}

#[inline(always)]
fn mix(sum: u64) -> u64 {
    let folded = (sum ^ (sum >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    folded ^ (folded >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash;
    use proptest::prelude::*;

    fn plain(units: &[u32]) -> Vec<u64> {
        match units.len() {
            0 => Vec::new(),
            short @ 1..SHINGLE => vec![mix(linear(units).wrapping_add(SHORT.wrapping_mul(short as u64)))],
            _ => units.windows(SHINGLE).map(|window| mix(linear(window))).collect(),
        }
    }

    /// Stored hashes must never change between versions.
    #[test]
    fn known_answer() {
        let units: Vec<u32> = (0..1000u32).map(|i| i.wrapping_mul(2_654_435_761)).collect();
        let mut out = Vec::new();
        shingles(&units, &mut out);
        let bytes: Vec<u8> = out.iter().flat_map(|hash| hash.to_le_bytes()).collect();
        assert_eq!(hash::key(&bytes), 13972297829084672296);
    }

    #[test]
    fn few_units_make_one_hash() {
        let mut out = vec![7];
        shingles(&[], &mut out);
        assert!(out.is_empty());
        let mut seen = Vec::new();
        for length in 1..=SHINGLE {
            shingles(&[0; SHINGLE][..length], &mut out);
            assert_eq!(out.len(), 1);
            seen.push(out[0]);
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), SHINGLE);
    }

    proptest! {
        #[test]
        fn same_as_plain(units in prop::collection::vec(any::<u32>(), 0..200)) {
            let mut out = Vec::new();
            shingles(&units, &mut out);
            let mut expected = plain(&units);
            prop_assert_eq!(&out, &expected);
            shingle_set(&units, &mut out);
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(out, expected);
        }
    }
}
