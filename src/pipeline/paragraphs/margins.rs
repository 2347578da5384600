//! Pairs of hot buckets → by how much each is likely to be above what it needs to match.
//!
//! In hot buckets meet more pairs than can be verified, so their Jaccard is estimated. The low byte of each slot of a
//! signature is enough for that: unequal slots agree by chance once in 256 (Li and König, b-bit MinHash, 2010). Cost: the
//! rows of these pairs are signed again, for they are few where texts are not made by one pattern, and 96 bytes each is
//! much where they are all; 96 comparisons of bytes a pair.

use rayon::prelude::*;

use super::Texts;
use super::signs::Signs;
use crate::config::Config;
use crate::error::Result;
use crate::matching::relation::required_jaccard;
use crate::sketch::minhash::{MinHasher, SLOTS, Signature};
use crate::text::shingle::shingles;

/// Room that the choice among the pairs leaves below what is asked for: three times what the estimate scatters.
pub(super) const ROOM: f32 = 0.14;

/// The margin of each pair of rows.
pub(super) fn margins(
    texts: &Texts<'_>,
    signs: &Signs,
    shingled: &[u32],
    pairs: &[(u32, u32)],
    config: &Config,
) -> Result<Vec<f32>> {
    let mut asked = vec![false; shingled.len()];
    pairs.iter().for_each(|&(a, b)| [a, b].into_iter().for_each(|row| asked[row as usize] = true));
    let rows: Vec<u32> = (0..).zip(asked).filter_map(|(row, asked)| asked.then_some(row)).collect();
    let mut place = vec![0; shingled.len()];
    (0..).zip(&rows).for_each(|(at, &row)| place[row as usize] = at);
    let hasher = MinHasher::new(config.matching.seed);
    let bytes: Vec<[u8; SLOTS]> = texts.of_rows(shingled, &rows, |units, buffer| {
        shingles(units, buffer);
        let mut signature: Signature = [u32::MAX; SLOTS];
        hasher.sign(buffer, &mut signature);
        signature.map(|slot| slot as u8)
    })?;
    let margin = |&(a, b): &(u32, u32)| {
        let [x, y] = [a, b].map(|row| &bytes[place[row as usize]]);
        // Counted in bytes, which hold all slots: a few steps for all of them.
        let equal: u8 = x.iter().zip(y).map(|(x, y)| u8::from(x == y)).sum();
        let jaccard = f64::from(equal) / SLOTS as f64;
        let (a, b) = (signs.shingles(a), signs.shingles(b));
        // The Jaccard of a pair of which the smaller side has as much in the larger as a fragment needs.
        let shared = config.matching.containment * f64::from(a.min(b));
        let fragment = shared / (f64::from(a) + f64::from(b) - shared);
        (jaccard - fragment.min(required_jaccard(a.min(b), &config.matching))) as f32
    };
    Ok(pairs.par_iter().map(margin).collect())
}
