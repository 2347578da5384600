//! Shingles → anchors: two keys that a text shares with a fragment of it.
//!
//! Bands find texts that are alike as a whole; half a paragraph shares no band with the whole. But it shares the head
//! or the tail, and with it the two least shingles there, unless an edit took one of the two. Two keys lift the recall
//! of fragments from a third to nearly all.

use std::ops::Range;

use crate::hash;

/// Shingles at either end that an anchor is drawn from.
const REACH: usize = 16;

/// An end of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its first shingles.
    Head = 1,
    /// Its last.
    Tail,
}

/// Head and tail: a hash of the two least distinct shingles among the first and among the last 16.
///
/// A head never equals a tail. Where all shingles of an end are equal, the one counts twice; without shingles both
/// anchors are 0.
///
/// ```
/// use dechaff::sketch::anchors::anchors;
///
/// let whole: Vec<u64> = (0..100).map(|i| i * 7919 % 1013).collect();
/// assert_eq!(anchors(&whole)[0], anchors(&whole[..60])[0]);
/// assert_eq!(anchors(&whole)[1], anchors(&whole[60..])[1]);
/// ```
pub fn anchors(shingles_in_order: &[u64]) -> [u64; 2] {
    if shingles_in_order.is_empty() {
        return [0; 2];
    }
    let count = shingles_in_order.len().min(REACH);
    let head = &shingles_in_order[..count];
    let tail = &shingles_in_order[shingles_in_order.len() - count..];
    [anchor(head, End::Head), anchor(tail, End::Tail)]
}

/// Where the shingles stand, of this many, whose anchor follows so many steps behind the one of this end, going inwards:
/// the second 16, the third, as long as there are 16. Where many texts have a head in common, these tell them apart.
///
/// ```
/// use dechaff::sketch::anchors::{End, inwards};
///
/// assert_eq!(inwards(60, End::Head, 1), Some(16..32));
/// assert_eq!(inwards(60, End::Tail, 2), Some(12..28));
/// assert_eq!(inwards(60, End::Head, 3), None);
/// ```
pub fn inwards(shingles: usize, end: End, step: usize) -> Option<Range<usize>> {
    if (step + 1) * REACH > shingles {
        return None;
    }
    let start = match end {
        End::Head => step * REACH,
        End::Tail => shingles - (step + 1) * REACH,
    };
    Some(start..start + REACH)
}

/// The anchor that is drawn from these shingles, counted from this end.
pub fn anchor(shingles: &[u64], end: End) -> u64 {
    let mut least = u64::MAX;
    let mut second = u64::MAX;
    for &shingle in shingles {
        // Selected, not branched on: which of the two a shingle beats is a toss of a coin.
        let loser = if shingle == least { u64::MAX } else { least.max(shingle) };
        second = second.min(loser);
        least = least.min(shingle);
    }
    let second = if second == u64::MAX { least } else { second };
    let mut bytes = [0; 24];
    for (place, value) in bytes.chunks_exact_mut(8).zip([end as u64, least, second]) {
        place.copy_from_slice(&value.to_le_bytes());
    }
    hash::key(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(shingles: &[u64], end: End) -> u64 {
        let mut sorted = shingles.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let words = [end as u64, sorted[0], *sorted.get(1).unwrap_or(&sorted[0])];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        hash::key(&bytes)
    }

    #[test]
    fn nothing_has_no_anchor() {
        assert_eq!(anchors(&[]), [0, 0]);
    }

    /// Stored keys must never change between versions.
    #[test]
    fn known_answer() {
        assert_eq!(anchors(&[9, 3, 7]), [11012305047426187640, 5560658755517841917]);
    }

    proptest! {
        #[test]
        fn same_as_plain(shingles in prop::collection::vec(0u64..40, 1..60)) {
            let [head, tail] = anchors(&shingles);
            let last = shingles.len().saturating_sub(REACH);
            prop_assert_eq!(head, plain(&shingles[..shingles.len().min(REACH)], End::Head));
            prop_assert_eq!(tail, plain(&shingles[last..], End::Tail));
            prop_assert_ne!(head, tail);
        }
    }
}
