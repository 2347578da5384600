//! What a match means for the corpus: the only place where policy lives.
//!
//! Reported is not removed. A copy goes only where nothing is lost: the kept copy covers its shingles, has all but a
//! few of its units, and has its numbers. A number that changed is a different statement; only in a long text in which
//! hardly any number changed is it noise (a view counter, a date of printing).

use crate::config::{Keep, Level, Only, RemovalConfig};
use crate::matching::numbers::Comparison;
use crate::matching::relation::Relation;
use crate::text::shingle::SHINGLE;

/// Units from which a text is long enough for a changed number to be noise.
const LONG_UNITS: u32 = 200;
/// Share of the numbers that may differ in a long text.
const NOISE: f64 = 0.05;

/// A copy, as far as what becomes of it is concerned; all of it towards the kept copy, in this direction.
#[derive(Clone, Copy, Debug)]
pub struct Copy {
    /// Its relation to the kept copy.
    pub relation: Relation,
    /// Share of its shingles that the kept copy has.
    pub coverage: f64,
    /// Its units that no shingle of the kept copy holds.
    pub lost: u32,
    /// What became of its numbers.
    pub numbers: Comparison,
    /// Its units.
    pub units: u32,
}

/// Whether a copy may go.
///
/// ```
/// use dechaff::config::RemovalConfig;
/// use dechaff::decide::{Copy, covered};
/// use dechaff::matching::{numbers::Comparison, relation::Relation};
/// let removal = RemovalConfig::default();
/// let one_word = Copy {
///     relation: Relation::Near, coverage: 0.95, lost: 1, numbers: Comparison::default(), units: 104,
/// };
/// assert!(covered(one_word, &removal));
/// let sentence = Copy { lost: 6, ..one_word };
/// assert!(!covered(sentence, &removal));
/// let changed = Copy { numbers: Comparison { changed: 1, ..Comparison::default() }, ..one_word };
/// assert!(!covered(changed, &removal));
/// ```
pub fn covered(copy: Copy, removal: &RemovalConfig) -> bool {
    copy.relation != Relation::Contains
        && copy.coverage >= removal.remove_coverage
        && copy.lost <= may_lose(copy.units, removal)
        && numbers_covered(copy.numbers, copy.units)
}

/// Units that a copy of this many may lose. Words replaced here and there take five shingles each, so where a tenth of
/// the shingles may be missing, a fiftieth of the units may; a passage takes few shingles for its length, and must
/// not lose more for it. A short text loses nothing.
pub fn may_lose(units: u32, removal: &RemovalConfig) -> u32 {
    // The sum is a hair less than the share that was asked for: a tenth is no number of this kind.
    ((1.0 - removal.remove_coverage) * f64::from(units) / SHINGLE as f64 + 1e-9) as u32
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
