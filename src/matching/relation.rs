//! What a verified overlap means: the fact `relation` of a match.
//!
//! Jaccard decides between units of like length, containment between unlike ones. Short texts share stock phrases,
//! so they need more: the required Jaccard rises as the number of shingles falls.

use std::cmp::Ordering;

use serde::Serialize;

use super::verify::Overlap;
use crate::config::MatchConfig;

/// How a member is related to the representative of its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// The same units in the same order.
    Identical,
    /// Of like length, and near.
    Near,
    /// Stands in the representative, which is longer.
    Fragment,
    /// Is longer, and the representative stands in it.
    Contains,
}

impl Relation {
    /// The relation seen from the other side.
    pub fn flip(self) -> Self {
        match self {
            Relation::Fragment => Relation::Contains,
            Relation::Contains => Relation::Fragment,
            same => same,
        }
    }
}

/// Shingles below which a containment is chance: a stock phrase of a dozen units.
const FRAGMENT_SHINGLES: u32 = 10;

/// The relation of the first to the second, or `None` where they are no copies. `Identical` is not told here: it is
/// a matter of order, which sets do not know.
///
/// ```
/// use dechaff::config::MatchConfig;
/// use dechaff::matching::{relation::{Relation, relate}, verify::Overlap};
/// let config = MatchConfig::default();
/// assert_eq!(relate(Overlap { shared: 90, a: 100, b: 100 }, &config), Some(Relation::Near));
/// assert_eq!(relate(Overlap { shared: 95, a: 100, b: 900 }, &config), Some(Relation::Fragment));
/// assert_eq!(relate(Overlap { shared: 20, a: 100, b: 100 }, &config), None);
/// ```
pub fn relate(overlap: Overlap, config: &MatchConfig) -> Option<Relation> {
    if overlap.jaccard() >= required_jaccard(overlap.a.min(overlap.b), config) {
        return Some(Relation::Near);
    }
    if overlap.shared < FRAGMENT_SHINGLES || overlap.containment() < config.containment {
        return None;
    }
    Some(if overlap.a <= overlap.b { Relation::Fragment } else { Relation::Contains })
}

/// Whether two units may match of which no measure is higher than those of `most`, and the shorter has at most this
/// many shingles: if not, [`relate`] finds nothing, neither in `most` nor in what they do share.
pub fn may_relate(most: Overlap, shingles: u32, config: &MatchConfig) -> bool {
    most.jaccard() >= required_jaccard(shingles, config)
        || (most.shared >= FRAGMENT_SHINGLES && most.containment() >= config.containment)
}

/// Jaccard that two units need, of which the shorter has this many shingles: the threshold, and for short ones more
/// (an edit of one unit changes up to five shingles, so a stock phrase with one other word still passes at 10
/// shingles only if nearly all is equal).
pub fn required_jaccard(shingles: u32, config: &MatchConfig) -> f64 {
    (config.threshold + 8.0 / f64::from(shingles.max(1))).min(0.9).max(config.threshold)
}

/// Jaccard that two documents need of which the shorter has this many shingles.
pub fn required_document_jaccard(shingles: u32, config: &MatchConfig) -> f64 {
    required_jaccard(shingles, config)
}

/// Least share of the larger document's prose that must stand in the smaller one: a page with its chrome against its
/// clean text has little other prose, a digest or a book has much.
const PROSE_SHARE: f64 = 0.17;

/// Least Jaccard of two documents that share something in every passage, by the shingles of the shorter.
fn even_jaccard(shingles: u32) -> f64 {
    match shingles {
        0..60 => 1.0,
        60..100 => 0.25,
        100..200 => 0.2,
        200.. => 0.15,
    }
}

/// Share of the passages that every passage is: of a dozen passages one may be an addition, of more one in twenty; a
/// long text in which two of a hundred passages have little in common is another text by the same pattern.
fn even(shingles: u32) -> f64 {
    match shingles {
        0..600 => 0.85,
        600..2000 => 0.95,
        2000.. => 0.98,
    }
}

/// Whether two documents of the same units in another order are copies: sentences or paragraphs were moved, if what
/// they share is more than a stock phrase.
pub fn reordered(overlap: Overlap, config: &MatchConfig) -> bool {
    lowers(config) && overlap.shared >= FRAGMENT_SHINGLES
}

/// What speaks for a document that does not match the representative of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// It is near to a member.
    Near,
    /// It has the units of a member, in another order: whatever that is a copy of, this is.
    Moved,
}

/// Whether two documents may be copies of one text on the word of a witness: the shorter has at least this many
/// shingles, and they share this much.
pub fn may_be_supported(overlap: Overlap, witness: Witness, config: &MatchConfig) -> bool {
    let least = match witness {
        Witness::Near => SUPPORTED_JACCARD,
        Witness::Moved => 0.0,
    };
    lowers(config)
        && overlap.shared >= FRAGMENT_SHINGLES
        && overlap.a.min(overlap.b) >= SUPPORTED_SHINGLES
        && overlap.jaccard() >= least
}

/// Whether what two such documents share lies evenly enough over them: with a witness, a little less so.
pub fn supported(overlap: Overlap, witness: Witness, spread: f64) -> bool {
    witness == Witness::Moved
        || spread
            >= match overlap.a.min(overlap.b) {
                0..600 => 0.75,
                600..2000 => 0.9,
                long => even(long),
            }
}

/// Fewest shingles of a document that support joins to a cluster.
const SUPPORTED_SHINGLES: u32 = 50;
/// Least Jaccard of two copies of one text that is near to both: of two that kept a third each, a ninth.
const SUPPORTED_JACCARD: f64 = 0.12;

/// Whether evenness may lower the threshold: whoever asks for more than the default means it.
fn lowers(config: &MatchConfig) -> bool {
    config.threshold <= MatchConfig::default().threshold
}

/// The relation of one document to another, and how evenly what they share lies over them. `prose` counts the units
/// in paragraphs of prose of both; `evenly` is asked where Jaccard does not decide.
pub fn relate_documents(
    overlap: Overlap,
    prose: (u32, u32),
    evenly: impl FnOnce() -> f64,
    config: &MatchConfig,
) -> Option<(Relation, f64)> {
    let jaccard = overlap.jaccard();
    let shorter = overlap.a.min(overlap.b);
    if jaccard >= required_document_jaccard(shorter, config) {
        return Some((Relation::Near, 1.0));
    }
    if overlap.shared >= FRAGMENT_SHINGLES && overlap.containment() >= config.containment {
        let larger = match overlap.a.cmp(&overlap.b) {
            Ordering::Less => prose.1,
            Ordering::Equal => prose.0.max(prose.1),
            Ordering::Greater => prose.0,
        };
        if f64::from(overlap.shared) >= PROSE_SHARE * f64::from(larger) {
            return Some((if overlap.a <= overlap.b { Relation::Fragment } else { Relation::Contains }, 1.0));
        }
    }
    if lowers(config) && jaccard >= even_jaccard(shorter) {
        let spread = evenly();
        return (spread >= even(shorter)).then_some((Relation::Near, spread));
    }
    None
}
