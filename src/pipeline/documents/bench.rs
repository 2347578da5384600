//! What the cutting of one component compares on: each document is read once, each pair compared once.

use super::Finder;
use super::pair::{Gatherer, Known, KnownPairs, Pair};
use crate::config::Config;
use crate::error::Error;
use crate::hash::Map;
use crate::matching::probe::Side;
use crate::pipeline::corpus::Corpus;

/// What the cutting of one component works with.
pub(super) struct Bench<'a> {
    pub(super) finder: &'a Finder,
    pub(super) corpus: &'a Corpus,
    pub(super) config: &'a Config,
    pub(super) gatherer: &'a mut Gatherer,
    pub(super) sides: Map<u32, Side>,
    /// The document that the prober holds.
    pub(super) fixed: Option<u32>,
    /// What was found besides what the finder knows.
    pub(super) known: KnownPairs,
    pub(super) failure: Option<Error>,
}

impl Bench<'_> {
    /// How evenly what two documents share lies over them.
    pub(super) fn spread(&mut self, a: u32, b: u32) -> Option<f64> {
        let known = self.known(a, b)?;
        if known.spread.is_some() {
            return known.spread;
        }
        if (Pair { signs: &self.finder.signs, a, b }).shares_only_common() {
            return Some(0.0);
        }
        self.load(a, b)?;
        Some(self.gatherer.prober.evenly(&self.sides[&b], &self.sides[&a]))
    }

    /// Reads two documents, and fixes the second.
    fn load(&mut self, a: u32, b: u32) -> Option<()> {
        for id in [a, b] {
            if let std::collections::hash_map::Entry::Vacant(vacant) = self.sides.entry(id) {
                let mut side = Side::default();
                if let Err(error) = self.gatherer.gather(self.corpus, id, &mut side) {
                    self.failure.get_or_insert(error);
                    return None;
                }
                vacant.insert(side);
            }
        }
        if self.fixed != Some(b) {
            self.gatherer.prober.fix(&self.sides[&b]);
            self.fixed = Some(b);
        }
        Some(())
    }

    /// What two documents share; `None` when one of them cannot be read back, which is kept.
    pub(super) fn known(&mut self, a: u32, b: u32) -> Option<Known> {
        let pair = (a.min(b), a.max(b));
        let flip = |known: Known| if a < b { known } else { Known { probed: known.probed.flip(), ..known } };
        if let Some(&known) = self.finder.known.get(&pair).or_else(|| self.known.get(&pair)) {
            return Some(flip(known));
        }
        // The second is the representative, which many are compared with.
        self.load(a, b)?;
        let (other, fixed) = (&self.sides[&a], &self.sides[&b]);
        let found = Pair { signs: &self.finder.signs, a: b, b: a }.known(
            &mut self.gatherer.prober,
            fixed,
            other,
            self.config,
        );
        let ordered = if b < a { found } else { Known { probed: found.probed.flip(), ..found } };
        self.known.insert(pair, ordered);
        Some(flip(ordered))
    }
}
