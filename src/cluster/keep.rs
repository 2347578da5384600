//! Which member of a cluster stays: its representative.
//!
//! In: what is known of each member. Out: the members, best first. The order is total, ties go to the earlier unit.

use std::cmp::{Ordering, Reverse};

use crate::config::Keep;

/// What the choice looks at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidate {
    /// Position in input order; decides ties.
    pub id: u32,
    /// Units of content.
    pub units: u32,
    /// Runs of digits.
    pub numbers: u32,
    /// Masks that stand where a number would.
    pub masks: u32,
    /// Injected spans that were cut out of it.
    pub spans: u32,
    /// How much it has in common with the others, in any unit that is the same for all; 0 where nobody asked.
    pub central: u32,
    /// Whether an earlier level removed it already; such a member is representative only where all are.
    pub gone: bool,
    /// Whether nothing may be removed from it; then its copies win.
    pub fixed: bool,
    /// Value of the `--keep field:NAME` field, if the record has one.
    pub field: Option<FieldValue>,
}

/// A field's value as far as it can be put in order: numbers before texts, each by its own order.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// A JSON number.
    Number(f64),
    /// A JSON string; dates in ISO form sort rightly.
    Text(String),
}

impl FieldValue {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (FieldValue::Number(a), FieldValue::Number(b)) => a.total_cmp(b),
            (FieldValue::Text(a), FieldValue::Text(b)) => a.cmp(b),
            (FieldValue::Number(_), FieldValue::Text(_)) => Ordering::Less,
            (FieldValue::Text(_), FieldValue::Number(_)) => Ordering::Greater,
        }
    }
}

/// Steps in which the number of digit runs is compared.
const STEPS: u32 = 10;
/// Steps in which lengths are compared: 2 % each.
const LENGTHS: u32 = 50;
/// A member with less than this share of the longest member's units is no complete copy, however many numbers it has.
const WHOLE: f64 = 0.9;

/// Puts the members in order, the one to keep first.
///
/// ```
/// use dechaff::cluster::keep::{Candidate, order};
/// use dechaff::config::Keep;
/// let stripped = Candidate { id: 0, units: 100, numbers: 0, ..Default::default() };
/// let whole = Candidate { id: 1, units: 100, numbers: 14, ..Default::default() };
/// let mut members = vec![stripped, whole];
/// order(&mut members, &Keep::MostComplete);
/// assert_eq!(members[0].id, 1);
/// ```
pub fn order(members: &mut [Candidate], keep: &Keep) {
    let longest = members.iter().map(|member| member.units).max().unwrap_or(0);
    let most = members.iter().map(|member| member.numbers).max().unwrap_or(0);
    // A number more or less makes no copy more complete than another.
    let numbers = |member: &Candidate| (member.numbers * STEPS).div_ceil(most.max(1));
    let whole = |member: &Candidate| f64::from(member.units) >= WHOLE * f64::from(longest);
    // Nor is one longer for a word more: of copies of like length the central one has the fewest edits.
    let length = |member: &Candidate| (member.units * LENGTHS).div_ceil(longest.max(1));
    members.sort_by(|a, b| {
        let by_policy = match keep {
            Keep::MostComplete | Keep::None => {
                let rank = |m: &Candidate| {
                    let complete = (Reverse(whole(m)), Reverse(numbers(m)), m.masks, m.spans);
                    (complete, Reverse(length(m)), Reverse(m.central), Reverse(m.units), Reverse(m.numbers))
                };
                rank(a).cmp(&rank(b))
            }
            Keep::Longest => b.units.cmp(&a.units),
            Keep::First => Ordering::Equal,
            Keep::Field { descending, .. } => match (&a.field, &b.field) {
                (Some(x), Some(y)) if *descending => y.compare(x),
                (Some(x), Some(y)) => x.compare(y),
                // A record without the value never wins over one with it.
                (x, y) => y.is_some().cmp(&x.is_some()),
            },
        };
        a.gone.cmp(&b.gone).then(b.fixed.cmp(&a.fixed)).then(by_policy).then(a.id.cmp(&b.id))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(keep: Keep, members: &[Candidate]) -> u32 {
        let mut members = members.to_vec();
        order(&mut members, &keep);
        members[0].id
    }

    #[test]
    fn each_policy() {
        let members = [
            Candidate {
                id: 3,
                units: 50,
                numbers: 9,
                field: Some(FieldValue::Number(2.0)),
                ..Default::default()
            },
            Candidate {
                id: 4,
                units: 100,
                numbers: 2,
                field: Some(FieldValue::Number(1.0)),
                ..Default::default()
            },
            Candidate { id: 5, units: 99, numbers: 5, spans: 1, ..Default::default() },
        ];
        assert_eq!(first(Keep::MostComplete, &members), 5);
        assert_eq!(first(Keep::Longest, &members), 4);
        assert_eq!(first(Keep::First, &members), 3);
        let field = |descending| Keep::Field { name: "score".into(), descending };
        assert_eq!(first(field(true), &members), 3);
        assert_eq!(first(field(false), &members), 4);
        let mut reference = members.to_vec();
        reference[0].fixed = true;
        assert_eq!(first(Keep::Longest, &reference), 3);
    }
}
