//! Exact Jaccard and containment of two shingle sets.
//!
//! Broder, *On the resemblance and containment of documents* (1997). In: two sorted lists of distinct shingles. Out:
//! the three sizes everything else follows from. Cost: one merge, 2–3 ns a shingle.

/// Sizes of two shingle sets and of what they share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overlap {
    /// Distinct shingles in both.
    pub shared: u32,
    /// Distinct shingles of the first.
    pub a: u32,
    /// Distinct shingles of the second.
    pub b: u32,
}

impl Overlap {
    /// Share of all their shingles that both have, 0 to 1; two empty sets are equal.
    pub fn jaccard(self) -> f64 {
        let union = self.a + self.b - self.shared;
        if union == 0 { 1.0 } else { f64::from(self.shared) / f64::from(union) }
    }

    /// Share of the first's shingles that the second has, 0 to 1.
    pub fn a_in_b(self) -> f64 {
        if self.a == 0 { 1.0 } else { f64::from(self.shared) / f64::from(self.a) }
    }

    /// Share of the second's shingles that the first has, 0 to 1.
    pub fn b_in_a(self) -> f64 {
        self.flip().a_in_b()
    }

    /// The larger of the two containments: the share of the smaller that stands in the larger.
    pub fn containment(self) -> f64 {
        self.a_in_b().max(self.b_in_a())
    }

    /// The same overlap seen from the other side.
    pub fn flip(self) -> Self {
        Self { shared: self.shared, a: self.b, b: self.a }
    }
}

/// Overlap of two sorted lists of distinct shingles.
///
/// ```
/// use dechaff::matching::verify::overlap;
/// let overlap = overlap(&[1, 2, 3, 4], &[3, 4, 5]);
/// assert_eq!((overlap.shared, overlap.a, overlap.b), (2, 4, 3));
/// assert_eq!(overlap.jaccard(), 0.4);
/// ```
pub fn overlap(a: &[u64], b: &[u64]) -> Overlap {
    let (mut i, mut j, mut shared) = (0, 0, 0u32);
    // Both indices move without a branch on the data: the branch would be unpredictable.
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        shared += u32::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    Overlap { shared, a: a.len() as u32, b: b.len() as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn agrees_with_sets(a in proptest::collection::btree_set(0u64..50, 0..40),
                            b in proptest::collection::btree_set(0u64..50, 0..40)) {
            let (x, y): (Vec<u64>, Vec<u64>) = (a.iter().copied().collect(), b.iter().copied().collect());
            let got = overlap(&x, &y);
            let shared = a.intersection(&b).collect::<BTreeSet<_>>().len() as u32;
            prop_assert_eq!(got, Overlap { shared, a: a.len() as u32, b: b.len() as u32 });
            prop_assert_eq!(got.flip(), overlap(&y, &x));
        }
    }
}
