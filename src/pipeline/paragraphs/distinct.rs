//! Occurrences → distinct paragraphs: those with equal units are one.
//!
//! Everything between paragraphs works on these; what stands a thousand times is compared once. Cost: a look-up an
//! occurrence; 4 bytes an occurrence and 16 a distinct paragraph, and a map of the keys while they are told apart.

use super::Occurrence;
use crate::hash::Map;

/// Distinct paragraphs, in the order of their first occurrence.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    /// For each distinct paragraph its first occurrence.
    pub(super) first: Vec<u32>,
    /// Occurrences, those of a distinct paragraph together, in order.
    places: Vec<u32>,
    /// Where the places of each distinct paragraph begin; and their number.
    starts: Vec<u32>,
}

impl Distinct {
    /// Tells the occurrences apart by their keys, and notes with each which paragraph it is one of.
    pub(super) fn new(all: &mut [Occurrence], keys: &[u64]) -> Self {
        let mut distinct = Self::default();
        // Most keys are those of one occurrence, or of a few.
        let mut numbers: Map<u64, u32> = Map::with_capacity_and_hasher(all.len() / 2, Default::default());
        let mut counts: Vec<u32> = Vec::new();
        for ((occurrence, &key), at) in all.iter_mut().zip(keys).zip(0..) {
            occurrence.distinct = *numbers.entry(key).or_insert(counts.len() as u32);
            if occurrence.distinct as usize == counts.len() {
                distinct.first.push(at);
                counts.push(0);
            }
            counts[occurrence.distinct as usize] += 1;
        }
        drop(numbers);
        let mut end = 0;
        for count in &counts {
            distinct.starts.push(end);
            end += count;
        }
        distinct.starts.push(end);
        let mut next = counts;
        next.copy_from_slice(&distinct.starts[..distinct.first.len()]);
        distinct.places = vec![0; all.len()];
        for (occurrence, at) in all.iter().zip(0..) {
            let next = &mut next[occurrence.distinct as usize];
            distinct.places[*next as usize] = at;
            *next += 1;
        }
        distinct
    }

    /// Number of distinct paragraphs.
    pub(super) fn len(&self) -> usize {
        self.first.len()
    }

    /// The occurrences of a distinct paragraph, in order.
    pub(super) fn places(&self, distinct: u32) -> &[u32] {
        let [start, end] = [0, 1].map(|next| self.starts[distinct as usize + next] as usize);
        &self.places[start..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the definition.
        #[test]
        fn equal_keys_are_one_paragraph(keys in prop::collection::vec(prop_oneof![0u64..20, any::<u64>()], 0..80)) {
            let mut all = vec![Occurrence::default(); keys.len()];
            let distinct = Distinct::new(&mut all, &keys);
            let first = |key: u64| keys.iter().position(|&other| other == key);
            let firsts: Vec<usize> = (0..keys.len()).filter(|&at| first(keys[at]) == Some(at)).collect();
            prop_assert_eq!(distinct.len(), firsts.len());
            for (number, at) in firsts.into_iter().enumerate() {
                let same: Vec<u32> = (0..keys.len() as u32).filter(|&other| keys[other as usize] == keys[at]).collect();
                prop_assert_eq!(distinct.first[number] as usize, at);
                prop_assert_eq!(distinct.places(number as u32), &same[..]);
                prop_assert!(same.iter().all(|&at| all[at as usize].distinct as usize == number));
            }
        }
    }
}
