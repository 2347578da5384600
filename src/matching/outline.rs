//! Shingles → outline: a few bits that bound what two sets can share.
//!
//! Each shingle sets the bit that its low bits name. A bit of one outline that the other lacks stands for a shingle at
//! least that the other set lacks. So two outlines say for certain that two sets are *not* alike, and sets that the
//! estimate could not tell from copies need no comparison. An outline is as wide as its set is large; a wide one is
//! folded to be laid beside a narrow one. Cost: half a byte to a byte and a bit set a shingle; a few words a pair.

use super::verify::Overlap;

/// Shingles for each word of an outline, at most, but in the widest.
const ROOM: usize = 16;
/// Words of the widest outline.
const WIDEST: usize = 64;

/// Words of the outline of this many shingles: a power of two.
pub fn width(shingles: usize) -> usize {
    shingles.div_ceil(ROOM).next_power_of_two().min(WIDEST)
}

/// Draws the outline of shingles into empty words, [`width`] of them; order and repetitions do not matter.
pub fn draw(shingles: &[u64], words: &mut [u64]) {
    let last = words.len() - 1;
    for &shingle in shingles {
        words[(shingle / u64::from(u64::BITS)) as usize & last] |= 1 << (shingle % u64::from(u64::BITS));
    }
}

/// The most that two sets can share, by their outlines and by the most shingles that each may have, and the fewest that
/// they then have beside it: no measure of their likeness is higher.
///
/// ```
/// use dechaff::matching::outline::{draw, most, width};
/// let outline = |set: std::ops::Range<u64>| {
///     let mut words = vec![0; width(50)];
///     draw(&set.collect::<Vec<u64>>(), &mut words);
///     words
/// };
/// let most = most((&outline(0..50), 50), (&outline(20..70), 50));
/// assert_eq!((most.shared, most.a, most.b), (30, 50, 50));
/// ```
pub fn most((a, count_a): (&[u64], u32), (b, count_b): (&[u64], u32)) -> Overlap {
    if a.len() > b.len() {
        return most((b, count_b), (a, count_a)).flip();
    }
    let (only_a, only_b) = apart(a, b);
    let shared = (count_a - only_a).min(count_b - only_b);
    Overlap { shared, a: shared + only_a, b: shared + only_b }
}

/// The bits of `a`, the narrower, that `b` lacks, and those of `b`, folded, that `a` lacks.
#[multiversion::multiversion(targets("x86_64+popcnt"))]
fn apart(a: &[u64], b: &[u64]) -> (u32, u32) {
    let mut only = (0, 0);
    let mut add = |own: u64, other: u64| {
        only.0 += (own & !other).count_ones();
        only.1 += (other & !own).count_ones();
    };
    if a.len() == b.len() {
        a.iter().zip(b).for_each(|(&own, &other)| add(own, other));
    } else {
        for (at, &own) in a.iter().enumerate() {
            add(own, b[at..].iter().step_by(a.len()).fold(0, |folded, word| folded | word));
        }
    }
    only
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MatchConfig;
    use crate::matching::relation::{may_relate, relate};
    use crate::matching::verify::overlap;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bounds_what_sets_share(
            a in prop::collection::btree_set(0u64..900, 0..200),
            b in prop::collection::btree_set(0u64..900, 0..200),
            both in prop::collection::btree_set(0u64..900, 0..200),
            repeated in (0u32..9, 0u32..9),
        ) {
            let (a, b): (Vec<u64>, Vec<u64>) = ((&a | &both).into_iter().collect(), (&b | &both).into_iter().collect());
            let found = overlap(&a, &b);
            let counts = (found.a + repeated.0, found.b + repeated.1);
            let outline = |set: &[u64], count: u32| {
                let mut words = vec![0; width(count as usize)];
                draw(set, &mut words);
                words
            };
            let most = most((&outline(&a, counts.0), counts.0), (&outline(&b, counts.1), counts.1));
            prop_assert!(most.shared >= found.shared);
            prop_assert!(most.a <= counts.0 && most.b <= counts.1);
            prop_assert!(most.jaccard() >= found.jaccard());
            // An empty set is said to stand in anything.
            prop_assert!(found.shared == 0 || most.a_in_b() >= found.a_in_b() && most.b_in_a() >= found.b_in_a());

            let config = MatchConfig::default();
            if !may_relate(most, counts.0.min(counts.1), &config) {
                prop_assert_eq!(relate(found, &config), None);
                prop_assert_eq!(relate(most, &config), None);
            }
        }
    }
}
