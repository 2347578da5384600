//! Two documents → what they share, and whether that makes them copies.
//!
//! What chrome takes on both sides counts on neither; what one has as content counts on both. Cost: a look-up for each
//! shingle of one side, after one for each of the other, which may be compared with many.

use std::iter::once;
use std::ops::Range;

use super::Match;
use super::bench::Bench;
use super::sign::Sign;
use crate::config::Config;
use crate::error::Result;
use crate::hash::Map;
use crate::matching::numbers::Comparison;
use crate::matching::probe::{Probed, Prober, Side};
use crate::matching::relation::{
    Relation, Witness, may_be_supported, relate_documents, reordered, supported,
};
use crate::matching::verify::Overlap;
use crate::pipeline::corpus::{Corpus, Folded};
use crate::text::shingle::{SHINGLE, shingles};

/// What two documents were found to share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) probed: Probed,
    /// How evenly, where that was asked; 0 where nearly all of it stood in many others.
    pub(super) spread: Option<f64>,
    /// Whether it did: that changes with the labels of the others.
    pub(super) common: bool,
}

/// Two documents, smaller id first, and what they share.
pub(super) type KnownPair = ((u32, u32), Known);
pub(super) type KnownPairs = Map<(u32, u32), Known>;

/// Two documents to be compared.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) signs: &'a [Sign],
    pub(super) a: u32,
    pub(super) b: u32,
}

/// A verified pair, before its numbers are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Related {
    pub(super) relation: Relation,
    pub(super) overlap: Overlap,
    pub(super) spread: f64,
    pub(super) coverage: f64,
}

impl Related {
    pub(super) fn matched(self) -> Match {
        let Related { relation, overlap, spread, coverage } = self;
        Match { relation, overlap, spread, coverage, lost: 0, numbers: Comparison::default() }
    }
}

impl Pair<'_> {
    /// Compares the two, the first of which is fixed.
    pub(super) fn known(self, prober: &mut Prober, first: &Side, other: &Side, config: &Config) -> Known {
        let mut known = Known { probed: prober.compare(first, other), spread: None, common: false };
        let (mut spread, mut common) = (None, false);
        let evenly = || {
            common = self.shares_only_common();
            *spread.insert(if common { 0.0 } else { prober.evenly(first, other) })
        };
        self.decide(known.probed.overlap, evenly, config);
        (known.spread, known.common) = (spread, common);
        known
    }

    /// The relation of the first to the second by what is known of them.
    pub(super) fn relate(self, known: Known, config: &Config) -> Option<Related> {
        let Known { probed: Probed { overlap, content }, spread, .. } = known;
        let (relation, spread) = self.decide(overlap, || spread.unwrap_or(0.0), config)?;
        let equal = self.signs[self.a as usize].key == self.signs[self.b as usize].key;
        Some(Related { relation, overlap, spread, coverage: if equal { 1.0 } else { content.a_in_b() } })
    }

    /// The relation of the first to the second, a representative, where it is near to a member of its cluster.
    pub(super) fn relate_supported(self, bench: &mut Bench<'_>, witness: Witness) -> Option<Related> {
        let config = bench.config;
        let known = bench.known(self.a, self.b)?;
        let overlap = known.probed.overlap;
        if !may_be_supported(overlap, witness, &config.matching) {
            return None;
        }
        let spread = bench.spread(self.a, self.b)?;
        supported(overlap, witness, spread).then_some(Related {
            relation: Relation::Near,
            overlap,
            spread,
            coverage: known.probed.content.a_in_b(),
        })
    }

    /// Whether nearly all that they share stands in many others.
    pub(super) fn shares_only_common(self) -> bool {
        self.signs[self.a as usize].shares_only_common(&self.signs[self.b as usize])
    }

    /// The relation of two documents that are equal in content and altogether.
    pub(super) fn equal(self) -> Related {
        let units = self.signs[self.a as usize].units;
        let overlap = Overlap { shared: units, a: units, b: units };
        Related { relation: Relation::Identical, overlap, spread: 1.0, coverage: 1.0 }
    }

    fn decide(
        self,
        overlap: Overlap,
        evenly: impl FnOnce() -> f64,
        config: &Config,
    ) -> Option<(Relation, f64)> {
        let (a, b) = (&self.signs[self.a as usize], &self.signs[self.b as usize]);
        if a.key == b.key || a.whole == b.whole {
            return Some((Relation::Identical, 1.0));
        }
        // Nothing on both sides is no likeness.
        if overlap.shared == 0 {
            return None;
        }
        if a.is_reordered(b) && reordered(overlap, &config.matching) {
            return Some((Relation::Near, 1.0));
        }
        relate_documents(overlap, (a.prose, b.prose), evenly, &config.matching)
    }
}

/// What the shingles of documents are gathered with.
#[derive(Default)]
pub(super) struct Gatherer {
    pub(super) prober: Prober,
    stretches: Vec<Range<usize>>,
    beside: Vec<u64>,
    some: Vec<u64>,
}

impl Gatherer {
    /// Makes `side` that of a document.
    pub(super) fn gather(&mut self, corpus: &Corpus, id: u32, side: &mut Side) -> Result<()> {
        let Self { prober, stretches, beside: rest, some } = self;
        let (content, labels) = (&corpus.contents[id as usize], &corpus.labels[id as usize]);
        corpus.with_units(id, |Folded { layout, all, content: units }| {
            rest.clear();
            if !labels.take_nothing() {
                content.stretches(layout, labels, stretches);
                beside(all, stretches, rest, some);
            }
            side.renew(|room| shingles(units, room), rest, prober);
        })
    }
}

/// Adds the shingles of a text that do not lie in one of its stretches; `some` is room for some of them.
fn beside(units: &[u32], stretches: &[Range<usize>], beside: &mut Vec<u64>, some: &mut Vec<u64>) {
    // Shingles that begin from `from` on are not looked at yet.
    let mut from = 0;
    let ends = once(units.len()..units.len() + SHINGLE - 1);
    for stretch in stretches.iter().filter(|stretch| stretch.len() >= SHINGLE).cloned().chain(ends) {
        let until = units.len().min(stretch.start + SHINGLE - 1);
        if from < stretch.start && until - from >= SHINGLE.min(units.len()) {
            shingles(&units[from..until], some);
            beside.extend_from_slice(some);
        }
        from = stretch.end - (SHINGLE - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::shingle::shingle_set;
    use proptest::prelude::*;

    proptest! {
        /// Against all windows, one by one.
        #[test]
        fn beside_stretches_lies_what_none_of_them_holds(
            units in prop::collection::vec(0u32..1 << 30, 0..60),
            cuts in prop::collection::btree_set(0usize..60, 0..10),
        ) {
            let cuts: Vec<usize> = cuts.into_iter().filter(|&cut| cut <= units.len()).collect();
            let stretches: Vec<Range<usize>> = cuts.chunks_exact(2).map(|pair| pair[0]..pair[1]).collect();
            let (mut all, mut want) = (Vec::new(), Vec::new());
            shingles(&units, &mut all);
            for (start, &shingle) in all.iter().enumerate() {
                let end = (start + SHINGLE).min(units.len());
                if !stretches.iter().any(|stretch| stretch.start <= start && end <= stretch.end && end - start == SHINGLE) {
                    want.push(shingle);
                }
            }
            let beside = |stretches: &[Range<usize>]| {
                let mut found = Vec::new();
                beside(&units, stretches, &mut found, &mut Vec::new());
                found
            };
            prop_assert_eq!(beside(&stretches), want);
            let mut set = Vec::new();
            shingle_set(&units, &mut set);
            prop_assert!(beside(&[]).iter().all(|shingle| set.binary_search(shingle).is_ok()));
        }
    }
}
