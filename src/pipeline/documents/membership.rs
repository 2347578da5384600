//! What belongs to a cluster besides those that match its representative, and what does not although it does.
//!
//! In: the members of a cluster and the rest of its component, and comparisons. Cost: a few comparisons a document.

use super::pair::Related;
use crate::matching::relation::{Relation, Witness};

/// Fragments that are this small a part of the representative are stock text where there are several.
const SMALL_PART: f64 = 0.25;
/// How many several are.
const SEVERAL: usize = 4;

/// Takes out of a cluster the fragments that are no copies of the representative. Those that have nothing to do with
/// its largest fragment: a digest of several articles holds each of them, and is a copy of none but, at most, one. And
/// small ones where there are several: a licence that many texts consist of stands in a long one too.
pub(super) fn take_out(
    members: &mut Vec<(u32, Related)>,
    rest: &mut Vec<u32>,
    related: impl Fn(u32, u32) -> bool,
) {
    let fragments = || members.iter().filter(|(_, related)| related.relation == Relation::Fragment);
    let Some(&(largest, _)) =
        fragments().max_by_key(|(id, related)| (related.overlap.a, std::cmp::Reverse(*id)))
    else {
        return;
    };
    let is_small =
        |related: &Related| f64::from(related.overlap.a) < SMALL_PART * f64::from(related.overlap.b);
    let stock = fragments().filter(|(_, related)| is_small(related)).count() >= SEVERAL;
    let out: Vec<u32> = fragments()
        .filter(|(id, part)| (stock && is_small(part)) || (*id != largest && !related(*id, largest)))
        .map(|&(id, _)| id)
        .collect();
    members.retain(|(id, _)| !out.contains(id));
    rest.extend(out);
}

/// Members that a document is compared with to find one that it is near to.
const WITNESSES: usize = 16;

/// Takes into a cluster what is near to one of its members and shares something with the representative everywhere:
/// two edited copies of one text are further from each other than from the text, which may not be the representative.
pub(super) fn take_in(
    members: &mut Vec<(u32, Related)>,
    rest: &mut Vec<u32>,
    compare: impl Fn(u32, u32) -> Option<Related>,
    moved: impl Fn(u32, u32) -> bool,
    supported: impl Fn(u32, Witness) -> Option<Related>,
) {
    let is_near = |related: &Related| matches!(related.relation, Relation::Near | Relation::Identical);
    let witnesses: Vec<u32> =
        members.iter().filter(|(_, related)| is_near(related)).map(|&(id, _)| id).take(WITNESSES).collect();
    rest.retain(|&id| {
        let by_moved = witnesses.iter().any(|&other| moved(id, other));
        let witness = if by_moved { Witness::Moved } else { Witness::Near };
        let Some(related) = (!witnesses.is_empty()).then(|| supported(id, witness)).flatten() else {
            return true;
        };
        let witnessed = by_moved
            || witnesses.iter().any(|&other| compare(id, other).is_some_and(|related| is_near(&related)));
        if witnessed {
            members.push((id, related));
        }
        !witnessed
    });
}
