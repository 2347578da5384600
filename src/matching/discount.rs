//! Overlap of two documents of which some lines are labelled chrome.
//!
//! Labels come from each document's own site, so two copies of a page may be labelled differently. What both sides
//! take for chrome is no evidence and counts on neither side. What one side takes for chrome and the other has as
//! content is content: copies are then found whatever their labels, and a page is found to hold a clean text although
//! a line of it was mistaken for chrome. In: for each document the shingles of its content and of all its text. Cost:
//! a few merges.

use super::verify::{Overlap, overlap};

/// The shingles of one document, each list sorted and distinct.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// Of the content lines.
    pub content: &'a [u64],
    /// Of all lines; `None` where no line is chrome.
    pub whole: Option<&'a [u64]>,
}

/// The overlap under this rule.
///
/// ```
/// use dechaff::matching::discount::{Sides, discounted};
/// let menu = [1, 2];
/// let page = Sides { content: &[5, 6, 7], whole: Some(&[1, 2, 5, 6, 7]) };
/// let other = Sides { content: &[8, 9], whole: Some(&[1, 2, 8, 9]) };
/// assert_eq!(discounted(page, other).shared, 0, "the menu {menu:?} is chrome on both");
/// let mistaken = Sides { content: &[5, 6], whole: Some(&[5, 6, 7]) };
/// assert_eq!(discounted(page, mistaken).jaccard(), 1.0);
/// ```
pub fn discounted(a: Sides<'_>, b: Sides<'_>) -> Overlap {
    match (a.whole, b.whole) {
        (None, None) => overlap(a.content, b.content),
        _ => overlap(&against(a, b), &against(b, a)),
    }
}

/// The content of one document, and what else of it the other has as content.
fn against(this: Sides<'_>, other: Sides<'_>) -> Vec<u64> {
    let Some(whole) = this.whole else { return this.content.to_vec() };
    let mut found = Vec::with_capacity(whole.len());
    let (mut own, mut theirs) = (0, 0);
    for &shingle in whole {
        while own < this.content.len() && this.content[own] < shingle {
            // A shingle over a border between content lines, which the whole text does not have.
            found.push(this.content[own]);
            own += 1;
        }
        while theirs < other.content.len() && other.content[theirs] < shingle {
            theirs += 1;
        }
        if this.content.get(own) == Some(&shingle) {
            found.push(shingle);
            own += 1;
        } else if other.content.get(theirs) == Some(&shingle) {
            found.push(shingle);
        }
    }
    found.extend_from_slice(&this.content[own..]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    type Set = BTreeSet<u64>;

    fn set() -> impl Strategy<Value = Set> {
        proptest::collection::btree_set(0u64..30, 0..20)
    }

    proptest! {
        /// Against the definition, on sets.
        #[test]
        fn agrees_with_the_definition(ca in set(), cb in set(), wa in set(), wb in set()) {
            let a1: Set = &ca | &(&wa & &cb);
            let b1: Set = &cb | &(&wb & &ca);
            let list = |set: &Set| set.iter().copied().collect::<Vec<u64>>();
            let (ca, cb, wa, wb) = (list(&ca), list(&cb), list(&wa), list(&wb));
            let got = discounted(
                Sides { content: &ca, whole: Some(&wa) },
                Sides { content: &cb, whole: Some(&wb) },
            );
            prop_assert_eq!((got.a, got.b, got.shared), (a1.len() as u32, b1.len() as u32, (&a1 & &b1).len() as u32));
        }
    }
}
