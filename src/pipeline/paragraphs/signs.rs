//! Distinct paragraphs → what they are compared by before they are verified: bands, anchors, low bytes of signatures,
//! outlines.
//!
//! The signature itself goes: its bands propose pairs, and the low byte of each slot is enough to pass over most pairs
//! that cannot match (Li and König, b-bit MinHash, 2010). Every thread writes the rows of its own paragraphs. Cost: one
//! pass over the units, one over the shingles; 180 bytes a paragraph, and a half to one for each shingle.

use rayon::prelude::*;

use super::Texts;
use crate::config::Config;
use crate::error::Result;
use crate::lsh::banding::PARAGRAPH;
use crate::matching::outline::{draw, most, width};
use crate::matching::relation::{may_relate, required_jaccard};
use crate::matching::verify::Overlap;
use crate::sketch::anchors::anchors;
use crate::sketch::minhash::{MinHasher, SLOTS, Signature};
use crate::text::shingle::{SHINGLE, shingles};

/// Keys a paragraph: bands, then head and tail anchor.
pub(super) const KEYS: usize = PARAGRAPH.bands + 2;
/// Documents whose paragraphs are signed at a time.
const DOCUMENTS: usize = 64;
/// Room that the filter leaves below what is asked for: three times what the estimate scatters.
pub(super) const ROOM: f64 = 0.14;

/// Signatures of distinct paragraphs, as far as they are needed to find and filter pairs; a row for each.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// For each band and both anchors a column: they are walked one by one.
    keys: [Vec<u32>; KEYS],
    /// Low byte of each slot, for the filter.
    bytes: Vec<[u8; SLOTS]>,
    /// The words of all outlines, and where those of each row begin; and their number.
    outlines: Vec<u64>,
    starts: Vec<usize>,
    /// Shingles of each.
    shingles: Vec<u32>,
}

/// Rows that one thread writes.
struct Rows<'s> {
    keys: [&'s mut [u32]; KEYS],
    bytes: &'s mut [[u8; SLOTS]],
    outlines: &'s mut [u64],
    shingles: &'s [u32],
}

impl Signs {
    /// Signs distinct paragraphs.
    pub(super) fn new(texts: &Texts<'_>, shingled: &[u32], config: &Config) -> Result<Self> {
        let hasher = MinHasher::new(config.matching.seed);
        // Long enough, all of them, for each unit but the last few to begin a shingle.
        let shingles: Vec<u32> =
            shingled.iter().map(|&one| texts.first(one).units + 1 - SHINGLE as u32).collect();
        let (mut starts, mut end) = (vec![0], 0);
        starts.extend(shingles.iter().map(|&count| {
            end += width(count as usize);
            end
        }));
        let mut signs = Self {
            keys: std::array::from_fn(|_| vec![0; shingled.len()]),
            bytes: vec![[0; SLOTS]; shingled.len()],
            outlines: vec![0; end],
            starts,
            shingles,
        };
        // Distinct paragraphs are in the order of their first occurrence, so those of a document stand together.
        let by_document: Vec<&[u32]> =
            shingled.chunk_by(|&a, &b| texts.first(a).document == texts.first(b).document).collect();
        let mut rest = Rows {
            keys: signs.keys.each_mut().map(Vec::as_mut_slice),
            bytes: &mut signs.bytes,
            outlines: &mut signs.outlines,
            shingles: &signs.shingles,
        };
        let mut work = Vec::new();
        for groups in by_document.chunks(DOCUMENTS) {
            work.push((groups, rest.take(groups.iter().map(|group| group.len()).sum())));
        }
        work.into_par_iter().try_for_each_init(Vec::new, |buffer, (groups, mut rows)| {
            groups.iter().try_for_each(|group| rows.take(group.len()).fill(texts, group, &hasher, buffer))
        })?;
        Ok(signs)
    }

    /// Lets go of the keys, when they have proposed their pairs.
    pub(super) fn forget_keys(&mut self) {
        self.keys = Default::default();
    }

    /// The key of a row in one band; of one behind the bands, its head or tail anchor.
    pub(super) fn key(&self, row: u32, column: usize) -> u32 {
        self.keys[column][row as usize]
    }

    /// The keys of all rows in one band, or one anchor of theirs.
    pub(super) fn column(&self, column: usize) -> &[u32] {
        &self.keys[column]
    }

    /// Whether a pair can match, by the low bytes of its signatures: unequal slots agree by chance once in 256, and
    /// the estimate scatters, so the filter leaves room below what is asked for.
    pub(super) fn may_match(&self, a: u32, b: u32, config: &Config) -> bool {
        self.margin(a, b, config) >= -ROOM
    }

    /// Of a pair that cannot match, for certain, more than what it shares; no more is asked of it.
    pub(super) fn no_match(&self, a: u32, b: u32, config: &Config) -> Option<Overlap> {
        let (a, b) = (a as usize, b as usize);
        let (x, y) = (self.shingles[a], self.shingles[b]);
        let most = most((self.outline(a), x), (self.outline(b), y));
        (!may_relate(most, x.min(y), &config.matching)).then_some(most)
    }

    fn outline(&self, row: usize) -> &[u64] {
        &self.outlines[self.starts[row]..self.starts[row + 1]]
    }

    /// By how much the estimated Jaccard of a pair is above what the pair needs to match.
    pub(super) fn margin(&self, a: u32, b: u32, config: &Config) -> f64 {
        let (x, y) = (&self.bytes[a as usize], &self.bytes[b as usize]);
        // Counted in bytes, which hold all slots: a few steps for all of them.
        let equal: u8 = x.iter().zip(y).map(|(x, y)| u8::from(x == y)).sum();
        let jaccard = f64::from(equal) / SLOTS as f64;
        let (a, b) = (self.shingles[a as usize], self.shingles[b as usize]);
        // The Jaccard of a pair of which the smaller side has as much in the larger as a fragment needs.
        let shared = config.matching.containment * f64::from(a.min(b));
        let fragment = shared / (f64::from(a) + f64::from(b) - shared);
        jaccard - fragment.min(required_jaccard(a.min(b), &config.matching))
    }
}

impl<'s> Rows<'s> {
    /// The first `count` rows; the others stay.
    fn take(&mut self, count: usize) -> Rows<'s> {
        fn split<'s, T>(rows: &mut &'s mut [T], count: usize) -> &'s mut [T] {
            rows.split_off_mut(..count).unwrap_or_default()
        }
        let shingles = self.shingles.split_off(..count).unwrap_or_default();
        let words = shingles.iter().map(|&count| width(count as usize)).sum();
        Rows {
            keys: self.keys.each_mut().map(|column| split(column, count)),
            bytes: split(&mut self.bytes, count),
            outlines: split(&mut self.outlines, words),
            shingles,
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
        let outlines = self.shingles.iter().map(|&count| {
            let (outline, behind) = std::mem::take(&mut self.outlines).split_at_mut(width(count as usize));
            self.outlines = behind;
            outline
        });
        let rows = self.bytes.iter_mut().zip(outlines).zip(paragraphs).enumerate();
        let document = texts.first(paragraphs[0]).document;
        let content = &texts.corpus.contents[document as usize];
        texts.corpus.with_units(document, |_, units| {
            for (at, ((bytes, outline), &paragraph)) in rows {
                shingles(&units[content.run_units(&texts.first(paragraph).run)], buffer);
                let mut signature: Signature = [u32::MAX; SLOTS];
                hasher.sign(buffer, &mut signature);
                let bands = PARAGRAPH.keys(&signature);
                let ends = anchors(buffer).map(|anchor| (anchor >> 32) as u32);
                self.keys.iter_mut().zip(bands.chain(ends)).for_each(|(to, key)| to[at] = key);
                *bytes = signature.map(|slot| slot as u8);
                draw(buffer, outline);
            }
        })
    }
}
