//! Pairs of distinct paragraphs → what they share.
//!
//! The shingle set of a paragraph is kept from one batch to the next, as it has pairs in several, up to a bound. Cost: a
//! sort of the shingles of each paragraph, a merge for each pair.

use rayon::prelude::*;

use super::Texts;
use crate::error::Result;
use crate::matching::verify::{Overlap, overlap};
use crate::pipeline::corpus::Pages;

/// Shingles that are kept from one batch to the next.
const KEPT: usize = 1 << 21;
/// Most sets of a slab.
const SLAB: usize = 64;

/// In the place of a set that is not kept.
const NONE: u32 = u32::MAX;

/// The shingle sets of distinct paragraphs, as far as they are kept.
#[derive(Debug)]
pub(super) struct Sets {
    /// For each paragraph the number of its slab times [`SLAB`], and its place there; or [`NONE`].
    of: Vec<u32>,
    slabs: Vec<Slab>,
    /// Slabs that are empty.
    free: Vec<u32>,
    /// Shingles in all of them.
    shingles: usize,
}

/// Sets that were made together: most are small, and there are many.
#[derive(Debug, Default)]
struct Slab {
    /// Whose they are, in order.
    ids: Box<[u32]>,
    /// Where each ends.
    ends: Vec<u32>,
    shingles: Box<[u64]>,
}

impl Slab {
    fn new(texts: &Texts<'_>, ids: &[u32], room: &mut (Pages<'_>, Vec<u64>, Vec<u64>)) -> Result<Self> {
        let (pages, set, all) = room;
        all.clear();
        let mut ends = Vec::with_capacity(ids.len());
        for &id in ids {
            texts.set(pages, id, set)?;
            all.extend_from_slice(set);
            ends.push(all.len() as u32);
        }
        Ok(Self { ids: ids.into(), ends, shingles: all.as_slice().into() })
    }

    fn set(&self, place: usize) -> &[u64] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.shingles[start as usize..self.ends[place] as usize]
    }
}

impl Sets {
    pub(super) fn new(paragraphs: usize) -> Self {
        Self { of: vec![NONE; paragraphs], slabs: Vec::new(), free: Vec::new(), shingles: 0 }
    }

    /// What pairs of distinct paragraphs share; from one call to the next, the first of each come in order.
    pub(super) fn overlaps(&mut self, texts: &Texts<'_>, pairs: &[(u32, u32)]) -> Result<Vec<Overlap>> {
        let Some(&(first, _)) = pairs.first() else { return Ok(Vec::new()) };
        self.make_room(first);
        let mut ids: Vec<u32> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
        ids.retain(|&id| self.of[id as usize] == NONE);
        ids.sort_unstable();
        ids.dedup();
        let room = || (Pages::new(texts.corpus), Vec::new(), Vec::new());
        let fresh: Vec<Slab> = ids
            .par_chunks(SLAB)
            .map_init(room, |room, ids| Slab::new(texts, ids, room))
            .collect::<Result<_>>()?;
        for slab in fresh {
            let number = self.free.pop().unwrap_or(self.slabs.len() as u32);
            slab.ids.iter().zip(number * SLAB as u32..).for_each(|(&id, place)| self.of[id as usize] = place);
            self.shingles += slab.shingles.len();
            match self.slabs.get_mut(number as usize) {
                Some(free) => *free = slab,
                None => self.slabs.push(slab),
            }
        }
        let set = |id: u32| {
            let place = self.of[id as usize] as usize;
            self.slabs[place / SLAB].set(place % SLAB)
        };
        Ok(pairs.par_iter().map(|&(a, b)| overlap(set(a), set(b))).collect())
    }

    /// Makes room for a batch whose pairs begin with `first` and with paragraphs behind it: pairs come in that order,
    /// so none before it is asked for again.
    fn make_room(&mut self, first: u32) {
        for end in [first, u32::MAX] {
            if self.shingles <= KEPT {
                return;
            }
            for (slab, number) in self.slabs.iter_mut().zip(0..) {
                if slab.ids.last().is_some_and(|&last| last < end) {
                    let Slab { ids, shingles, .. } = std::mem::take(slab);
                    ids.iter().for_each(|&id| self.of[id as usize] = NONE);
                    self.shingles -= shingles.len();
                    self.free.push(number);
                }
            }
        }
    }
}
