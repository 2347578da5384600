//! Occurrences → distinct paragraphs: those with equal units are one.
//!
//! Everything between paragraphs works on these; what stands a thousand times is compared once. Cost: a look-up an
//! occurrence, in a table of its part of the keys, which the processor keeps beside it; 4 bytes an occurrence and 16 a
//! distinct paragraph, and 20 an occurrence while they are told apart.

use rayon::prelude::*;

use super::Occurrence;

/// Keys of a part, on average.
const PART: usize = 1024;

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
        let mut counts: Vec<u32> = Vec::new();
        for (at, first) in (0..).zip(firsts(keys)) {
            let number = if first == at {
                distinct.first.push(at);
                counts.push(0);
                counts.len() as u32 - 1
            } else {
                all[first as usize].distinct
            };
            all[at as usize].distinct = number;
            counts[number as usize] += 1;
        }
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

/// A key and where it stands.
#[derive(Clone, Copy, Default)]
struct Keyed {
    key: u64,
    place: u32,
    /// Where an equal one stands first.
    first: u32,
}

/// For each key, where an equal one stands first.
fn firsts(keys: &[u64]) -> Vec<u32> {
    let bits = (keys.len() / PART).max(1).ilog2();
    let part = |key: u64| (key >> 1 >> (63 - bits)) as usize;
    let mut ends = vec![0usize; 1 << bits];
    keys.iter().for_each(|&key| ends[part(key)] += 1);
    let mut end = 0;
    for count in &mut ends {
        (*count, end) = (end, end + *count);
    }
    let mut keyed = vec![Keyed::default(); keys.len()];
    for (&key, place) in keys.iter().zip(0..) {
        let next = &mut ends[part(key)];
        keyed[*next] = Keyed { key, place, first: place };
        *next += 1;
    }
    let (mut parts, mut rest, mut start) = (Vec::with_capacity(ends.len()), &mut keyed[..], 0);
    for end in ends {
        let (part, behind) = rest.split_at_mut(end - start);
        parts.push(part);
        (rest, start) = (behind, end);
    }
    parts.into_par_iter().for_each_init(Vec::new, |slots, part| tell_firsts(part, slots));
    let mut firsts = vec![0; keys.len()];
    keyed.iter().for_each(|keyed| firsts[keyed.place as usize] = keyed.first);
    firsts
}

/// Tells where the keys of a part stand first. They are hashes already; `slots` is room for a table of them.
fn tell_firsts(part: &mut [Keyed], slots: &mut Vec<u32>) {
    const FREE: u32 = u32::MAX;
    let last = (2 * part.len()).next_power_of_two() - 1;
    slots.clear();
    slots.resize(last + 1, FREE);
    for at in 0..part.len() {
        let key = part[at].key;
        let mut slot = key as usize & last;
        while slots[slot] != FREE && part[slots[slot] as usize].key != key {
            slot = (slot + 1) & last;
        }
        match slots[slot] {
            FREE => slots[slot] = at as u32,
            there => part[at].first = part[there as usize].place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash;
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

    /// So many that they fall into several parts.
    #[test]
    fn firsts_are_told_across_parts() {
        let keys: Vec<u64> = (0..20_000u64).map(|i| hash::key(&(i * i % 7919).to_le_bytes())).collect();
        let mut first = std::collections::HashMap::new();
        let want: Vec<u32> = keys.iter().zip(0..).map(|(&key, at)| *first.entry(key).or_insert(at)).collect();
        assert_eq!(firsts(&keys), want);
    }
}
