//! Occurrences → distinct paragraphs: those with equal units are one.
//!
//! Everything between paragraphs works on these; what stands a thousand times is compared once. Cost: a sort of 16-byte
//! words, 12 bytes an occurrence and 12 a distinct paragraph.

use rdst::{RadixKey, RadixSort};

use super::Occurrence;

/// Distinct paragraphs, in the order of their first occurrence.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    /// For each distinct paragraph its first occurrence.
    pub(super) first: Vec<u32>,
    /// Occurrences, those of a distinct paragraph together, in order.
    places: Vec<u32>,
    /// For each distinct paragraph where its places begin, and how many there are.
    runs: Vec<(u32, u32)>,
}

impl Distinct {
    /// Tells the occurrences apart, and notes with each which paragraph it is one of.
    pub(super) fn new(all: &mut [Occurrence]) -> Self {
        let mut by_key: Vec<Place> =
            all.iter().zip(0..).map(|(occurrence, at)| Place { key: occurrence.key, at }).collect();
        by_key.radix_sort_unstable();
        for same in by_key.chunk_by_mut(|a, b| a.key >> 32 == b.key >> 32) {
            same.sort_unstable();
        }
        // What begins at its first occurrence; nothing at any other.
        let mut runs_at = vec![(0, 0); all.len()];
        let mut start = 0;
        for run in by_key.chunk_by(|a, b| a.key == b.key) {
            runs_at[run[0].at as usize] = (start, run.len() as u32);
            start += run.len() as u32;
        }
        let places: Vec<u32> = by_key.into_iter().map(|place| place.at).collect();
        let mut distinct = Self { places, ..Self::default() };
        for (at, run) in runs_at.into_iter().enumerate().filter(|(_, (_, len))| *len > 0) {
            let number = distinct.runs.len() as u32;
            distinct.first.push(at as u32);
            distinct.runs.push(run);
            let (start, len) = (run.0 as usize, run.1 as usize);
            distinct.places[start..start + len].iter().for_each(|&at| all[at as usize].distinct = number);
        }
        distinct
    }

    /// Number of distinct paragraphs.
    pub(super) fn len(&self) -> usize {
        self.runs.len()
    }

    /// The occurrences of a distinct paragraph, in order.
    pub(super) fn places(&self, distinct: u32) -> &[u32] {
        let (start, len) = self.runs[distinct as usize];
        &self.places[start as usize..][..len as usize]
    }
}

/// Where a paragraph stands; sorted first by the upper half of its key, which tells nearly all apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    key: u64,
    at: u32,
}

impl RadixKey for Place {
    const LEVELS: usize = 4;

    fn get_level(&self, level: usize) -> u8 {
        (self.key >> (32 + 8 * level)) as u8
    }
}
