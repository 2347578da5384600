//! What a match means for the corpus: the only place where policy lives.
//!
//! Reported is not removed. A copy goes only where nothing is lost: the kept copy covers its shingles and has its
//! numbers. A number that changed is a different statement; only in a long text in which hardly any number changed
//! is it noise (a view counter, a date of printing).

use crate::config::{Keep, Level, Only, RemovalConfig};
use crate::matching::numbers::Comparison;
use crate::matching::relation::Relation;

/// Units from which a text is long enough for a changed number to be noise.
const LONG_UNITS: u32 = 200;
/// Share of the numbers that may differ in a long text.
const NOISE: f64 = 0.05;

/// Whether a copy may go. `coverage` is the share of its shingles that the kept copy has; `relation` and `numbers` are
/// its own towards the kept copy, in this direction.
///
/// ```
/// use dechaff::config::RemovalConfig;
/// use dechaff::decide::covered;
/// use dechaff::matching::{numbers::Comparison, relation::Relation};
/// let removal = RemovalConfig::default();
/// assert!(covered(Relation::Near, 0.95, Comparison::default(), 104, &removal));
/// let changed = Comparison { changed: 1, ..Comparison::default() };
/// assert!(!covered(Relation::Near, 0.95, changed, 104, &removal));
/// ```
pub fn covered(
    relation: Relation,
    coverage: f64,
    numbers: Comparison,
    units: u32,
    removal: &RemovalConfig,
) -> bool {
    relation != Relation::Contains && coverage >= removal.remove_coverage && numbers_covered(numbers, units)
}

/// Whether the kept copy has the numbers of the one that goes.
fn numbers_covered(numbers: Comparison, units: u32) -> bool {
    let missing = numbers.changed + numbers.lost;
    if missing == 0 {
        return true;
    }
    let all = f64::from(numbers.same + missing);
    units >= LONG_UNITS && f64::from(missing) <= NOISE * all
}

/// Whether copies of this level are removed at all.
pub fn removes(level: Level, removal: &RemovalConfig) -> bool {
    removal.only != Only::Chrome && removal.keep != Keep::None && removal.level.contains(&level)
}

/// Whether chrome is removed at all.
pub fn removes_chrome(removal: &RemovalConfig) -> bool {
    removal.only != Only::Duplicates
}
