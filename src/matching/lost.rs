//! What of a text its copy does not have: the units that would be lost with it.
//!
//! A word that was replaced takes five shingles with it, a passage of forty words forty-four: shingles count the one
//! five times and the other once. A unit is *lost* if no shingle it stands in is shared. In: the shingles of one text
//! in the order of the text, and those that the other has. Out: a count of units. Cost: one look-up a shingle; asked
//! for only where a copy may go.

use super::shingle_table::{CONTENT, ShingleTable};
use crate::text::shingle::{SHINGLE, shingles};

/// Looks what is lost of one text after the other; what it takes for one is the room for the next.
#[derive(Debug, Default)]
pub struct Losses {
    ordered: Vec<u64>,
    others: Vec<u64>,
    table: ShingleTable,
}

impl Losses {
    /// Units of the first that stand in no shingle of the second.
    ///
    /// ```
    /// use dechaff::matching::lost::Losses;
    /// let (a, b) = ([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 70, 8, 9]);
    /// assert_eq!(Losses::default().units(&a, &b), 3);
    /// ```
    pub fn units(&mut self, a: &[u32], b: &[u32]) -> u32 {
        shingles(a, &mut self.ordered);
        shingles(b, &mut self.others);
        self.table.clear(self.others.len());
        for &shingle in &self.others {
            self.table.add(shingle, CONTENT);
        }
        lost(&self.ordered, |shingle| self.table.has(shingle))
    }
}

/// Units of a text that stand in no shingle that `shared` says both have. `ordered` holds the text's shingles; a text
/// without any has no units to lose.
///
/// ```
/// use dechaff::matching::lost::lost;
/// // One word of 24 replaced: five of 20 shingles, one unit.
/// assert_eq!(lost(&(0..20).collect::<Vec<u64>>(), |shingle| !(8..13).contains(&shingle)), 1);
/// // The last 10 of 24 words are its own.
/// assert_eq!(lost(&(0..20).collect::<Vec<u64>>(), |shingle| shingle < 10), 10);
/// ```
pub fn lost(ordered: &[u64], shared: impl Fn(u64) -> bool) -> u32 {
    if ordered.is_empty() {
        return 0;
    }
    let units = ordered.len() + SHINGLE - 1;
    let mut found = 0;
    // The first unit that no shared shingle so far reaches.
    let mut reached = 0;
    for (at, &shingle) in ordered.iter().enumerate() {
        if shared(shingle) {
            found += at + SHINGLE - reached.max(at);
            reached = at + SHINGLE;
        }
    }
    (units - found) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the definition, unit by unit.
        #[test]
        fn counts_units_that_no_shared_shingle_holds(shared in proptest::collection::vec(any::<bool>(), 1..60)) {
            let ordered: Vec<u64> = (0..shared.len() as u64).collect();
            let holds = |unit: usize| (unit.saturating_sub(SHINGLE - 1)..=unit).any(|at| shared.get(at) == Some(&true));
            let want = (0..shared.len() + SHINGLE - 1).filter(|&unit| !holds(unit)).count();
            prop_assert_eq!(lost(&ordered, |shingle| shared[shingle as usize]) as usize, want);
        }
    }
}
