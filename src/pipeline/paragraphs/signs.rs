//! Distinct paragraphs → what they are compared by before they are verified: bands, anchors, outlines.
//!
//! The signature itself goes: its bands propose pairs, and the outlines of two paragraphs tell for certain of most pairs
//! that cannot match that they do not. Every thread writes the rows of its own paragraphs. Cost: one pass over the units,
//! one over the shingles; 16 bytes a paragraph besides its keys, and a half to one for each shingle.

use rayon::prelude::*;

use super::Texts;
use super::keys::{KEYS, Keys};
use crate::config::Config;
use crate::error::Result;
use crate::lsh::banding::PARAGRAPH;
use crate::matching::outline::{draw, most, width};
use crate::matching::relation::may_relate;
use crate::matching::verify::Overlap;
use crate::sketch::anchors::anchors;
use crate::sketch::minhash::{MinHasher, SLOTS, Signature};
use crate::text::shingle::{SHINGLE, shingles};

/// Documents whose paragraphs are signed at a time.
const DOCUMENTS: usize = 64;

/// What is left of the signatures of distinct paragraphs, and their outlines; a row for each.
#[derive(Debug)]
pub(super) struct Signs {
    /// The words of all outlines.
    outlines: Vec<u64>,
    /// Of each row where its outline begins, and its shingles: asked for together.
    places: Vec<(usize, u32)>,
}

/// Rows that one thread writes.
struct Rows<'k, 's> {
    keys: [&'k mut [u32]; KEYS],
    outlines: &'s mut [u64],
    places: &'s [(usize, u32)],
}

impl Signs {
    /// Signs distinct paragraphs. Their keys stand apart: they go when they have proposed their pairs.
    ///
    /// # Errors
    /// When a sheet cannot be read back, or a temporary file not be written.
    pub(super) fn new(texts: &Texts<'_>, shingled: &[u32], config: &Config) -> Result<(Keys, Self)> {
        let hasher = MinHasher::new(config.matching.seed);
        let mut end = 0;
        let place = |&one: &u32| {
            // Long enough, all of them, for each unit but the last few to begin a shingle.
            let shingles = texts.first(one).units + 1 - SHINGLE as u32;
            let start = end;
            end += width(shingles as usize);
            (start, shingles)
        };
        let places: Vec<(usize, u32)> = shingled.iter().map(place).collect();
        let mut outlines = vec![0; end];
        let mut keys = Keys::new(shingled.len(), texts.corpus.spool.room())?;
        // Distinct paragraphs are in the order of their first occurrence, so those of a document stand together.
        let by_document: Vec<&[u32]> =
            shingled.chunk_by(|&a, &b| texts.first(a).document == texts.first(b).document).collect();
        let (mut start, mut groups, mut rest) = (0, &by_document[..], &mut outlines[..]);
        while !groups.is_empty() {
            let (mut count, mut documents) = (0, 0);
            while count < keys.slab() && documents < groups.len() {
                count += groups[documents].len();
                documents += 1;
            }
            let (slab, behind) = groups.split_at(documents);
            let places = &places[start..start + count];
            keys.fill(start, count, |keys| {
                let mut all = Rows { keys, outlines: std::mem::take(&mut rest), places };
                let mut work = Vec::new();
                for groups in slab.chunks(DOCUMENTS) {
                    work.push((groups, all.take(groups.iter().map(|group| group.len()).sum())));
                }
                rest = all.outlines;
                work.into_par_iter().try_for_each_init(Vec::new, |buffer, (groups, mut rows)| {
                    let mut sign =
                        |group: &&[u32]| rows.take(group.len()).fill(texts, group, &hasher, buffer);
                    groups.iter().try_for_each(&mut sign)
                })
            })?;
            (start, groups) = (start + count, behind);
        }
        Ok((keys, Self { outlines, places }))
    }

    /// Of a pair that cannot match, for certain, more than what it shares; no more is asked of it.
    pub(super) fn no_match(&self, a: u32, b: u32, config: &Config) -> Option<Overlap> {
        let [x, y] = self.outlines([a, b]);
        let most = most(x, y);
        (!may_relate(most, x.1.min(y.1), &config.matching)).then_some(most)
    }

    /// How many shingles a row has.
    pub(super) fn shingles(&self, row: u32) -> u32 {
        self.places[row as usize].1
    }

    /// The outlines of two rows, each with the number of its shingles.
    fn outlines(&self, rows: [u32; 2]) -> [(&[u64], u32); 2] {
        rows.map(|row| {
            let (start, shingles) = self.places[row as usize];
            (&self.outlines[start..start + width(shingles as usize)], shingles)
        })
    }
}

impl<'k, 's> Rows<'k, 's> {
    /// The first `count` rows; the others stay.
    fn take(&mut self, count: usize) -> Rows<'k, 's> {
        fn split<'s, T>(rows: &mut &'s mut [T], count: usize) -> &'s mut [T] {
            rows.split_off_mut(..count).unwrap_or_default()
        }
        let places = self.places.split_off(..count).unwrap_or_default();
        let words = places.iter().map(|&(_, shingles)| width(shingles as usize)).sum();
        Rows {
            keys: self.keys.each_mut().map(|column| split(column, count)),
            outlines: split(&mut self.outlines, words),
            places,
        }
    }

    /// Signs the paragraphs of one document.
    fn fill(
        mut self,
        texts: &Texts<'_>,
        paragraphs: &[u32],
        hasher: &MinHasher,
        buffer: &mut Vec<u64>,
    ) -> Result<()> {
        let outlines = self.places.iter().map(|&(_, count)| {
            let (outline, behind) = std::mem::take(&mut self.outlines).split_at_mut(width(count as usize));
            self.outlines = behind;
            outline
        });
        let rows = outlines.zip(paragraphs).enumerate();
        let document = texts.first(paragraphs[0]).document;
        let content = &texts.corpus.contents[document as usize];
        texts.corpus.with_units(document, |folded| {
            for (at, (outline, &paragraph)) in rows {
                shingles(&folded.content[content.run_units(&texts.first(paragraph).run)], buffer);
                let mut signature: Signature = [u32::MAX; SLOTS];
                hasher.sign(buffer, &mut signature);
                let bands = PARAGRAPH.keys(&signature);
                let ends = anchors(buffer).map(|anchor| (anchor >> 32) as u32);
                self.keys.iter_mut().zip(bands.chain(ends)).for_each(|(to, key)| to[at] = key);
                draw(buffer, outline);
            }
        })
    }
}
