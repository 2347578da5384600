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

/// In the place of a set that is not kept.
const NONE: u32 = u32::MAX;

/// The shingle sets of distinct paragraphs, as far as they are kept.
#[derive(Debug)]
pub(super) struct Sets {
    /// Where the set of each paragraph stands among those that are kept, or [`NONE`].
    of: Vec<u32>,
    kept: Vec<Box<[u64]>>,
    /// Places of sets that are kept no more.
    free: Vec<u32>,
    /// Paragraphs before this one have none.
    from: u32,
    /// Shingles in all of them.
    shingles: usize,
}

impl Sets {
    pub(super) fn new(paragraphs: usize) -> Self {
        Self { of: vec![NONE; paragraphs], kept: Vec::new(), free: Vec::new(), from: 0, shingles: 0 }
    }

    /// What pairs of distinct paragraphs share; from one call to the next, the first of each come in order.
    pub(super) fn overlaps(&mut self, texts: &Texts<'_>, pairs: &[(u32, u32)]) -> Result<Vec<Overlap>> {
        let Some(&(first, _)) = pairs.first() else { return Ok(Vec::new()) };
        self.make_room(first);
        let mut ids: Vec<u32> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
        ids.retain(|&id| self.of[id as usize] == NONE);
        ids.sort_unstable();
        ids.dedup();
        let fresh: Vec<Box<[u64]>> = ids
            .par_iter()
            .map_init(
                || (Pages::new(texts.corpus), Vec::new()),
                |(pages, set), &id| {
                    texts.set(pages, id, set)?;
                    Ok(set.as_slice().into())
                },
            )
            .collect::<Result<_>>()?;
        for (id, set) in ids.into_iter().zip(fresh) {
            self.shingles += set.len();
            self.of[id as usize] = match self.free.pop() {
                Some(place) => {
                    self.kept[place as usize] = set;
                    place
                }
                None => {
                    self.kept.push(set);
                    self.kept.len() as u32 - 1
                }
            };
        }
        let set = |id: u32| &*self.kept[self.of[id as usize] as usize];
        Ok(pairs.par_iter().map(|&(a, b)| overlap(set(a), set(b))).collect())
    }

    /// Makes room for a batch whose pairs begin with `first` and with paragraphs behind it: pairs come in that order,
    /// so none before it is asked for again.
    fn make_room(&mut self, first: u32) {
        for end in [first as usize, self.of.len()] {
            if self.shingles > KEPT {
                for place in self.of[self.from as usize..end].iter_mut().filter(|place| **place != NONE) {
                    self.shingles -= std::mem::take(&mut self.kept[*place as usize]).len();
                    self.free.push(std::mem::replace(place, NONE));
                }
                self.from = first;
            }
        }
    }
}
