//! Signature → one key a band: units whose keys agree in any band are candidates.
//!
//! Leskovec, Rajaraman, Ullman, *Mining of Massive Datasets*, §3.4: with `bands` bands of `rows` rows a pair of
//! Jaccard `s` becomes a candidate with probability `1 − (1 − s^rows)^bands`. Cost: one multiply a row.

use crate::sketch::minhash::{SLOTS, Signature};

/// How the slots of a signature are cut into bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Banding {
    /// Number of bands.
    pub bands: usize,
    /// Slots a band.
    pub rows: usize,
}

/// Paragraphs: J .8 is found with probability .99, J .5 with .22.
pub const PARAGRAPH: Banding = Banding { bands: 16, rows: 6 };
/// Documents: J .4 is found with probability .88, J .5 with .986. Documents are long, so few pairs of such a
/// Jaccard are chance.
pub const DOCUMENT: Banding = Banding { bands: 32, rows: 3 };

impl Banding {
    /// Probability that a pair of this Jaccard shares a band.
    ///
    /// ```
    /// use dechaff::lsh::banding::PARAGRAPH;
    /// assert!(PARAGRAPH.candidate_probability(0.8) > 0.99);
    /// assert!(PARAGRAPH.candidate_probability(0.3) < 0.02);
    /// ```
    pub fn candidate_probability(self, jaccard: f64) -> f64 {
        1.0 - (1.0 - jaccard.powi(self.rows as i32)).powi(self.bands as i32)
    }

    /// `bands` keys, 32 bits each, in the order of the bands. Keys of different bands are compared only with each
    /// other's own band.
    pub fn keys(self, signature: &Signature) -> impl Iterator<Item = u32> {
        debug_assert!(self.bands * self.rows <= SLOTS);
        signature[..self.bands * self.rows].chunks_exact(self.rows).map(|rows| {
            let mut hash: u64 = 0x9e37_79b9_7f4a_7c15;
            for &row in rows {
                hash = (hash ^ u64::from(row)).wrapping_mul(0xff51_afd7_ed55_8ccd);
                hash ^= hash >> 32;
            }
            hash as u32
        })
    }
}
