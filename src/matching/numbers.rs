//! What became of the numbers between two copies: the fact `numbers` of a match.
//!
//! Folding drops digits and masks, so that a copy whose numbers were stripped or masked folds like the whole one.
//! What was dropped is compared here, place by place: the places of both texts are laid side by side by the alignment
//! of their units, in long texts by the units around each place. In: units and number slots of both. Cost: the
//! alignment where the units of short texts differ, else a sort of the places.

use std::cmp::Ordering;

use serde::Serialize;

use super::align::align;
use crate::hash::units_key;
use crate::text::fold::{Slot, SlotKind};

/// What became of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Numbers {
    /// Neither text has any.
    None,
    /// All that stand in both places are equal.
    Same,
    /// One text has numbers where the other has nothing.
    Stripped,
    /// One text has numbers where the other has masks.
    Masked,
    /// Some number has another value.
    Changed,
}

impl Numbers {
    /// The word for it in every log.
    pub fn word(self) -> &'static str {
        match self {
            Numbers::None => "none",
            Numbers::Same => "same",
            Numbers::Stripped => "stripped",
            Numbers::Masked => "masked",
            Numbers::Changed => "changed",
        }
    }
}

/// The comparison of two texts' numbers, counted over places (gaps between units).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Places where both have the same numbers.
    pub same: u32,
    /// Places where both have numbers, and they differ.
    pub changed: u32,
    /// Places where one has numbers or nothing and the other a mask.
    pub masked: u32,
    /// Places where only the first has numbers.
    pub only_a: u32,
    /// Places where only the second has numbers.
    pub only_b: u32,
    /// Places where the first has numbers and the second none: nothing, or a mask.
    pub lost: u32,
}

impl Comparison {
    /// The one word for it: the gravest of what was seen.
    pub fn kind(self) -> Numbers {
        if self.changed > 0 {
            Numbers::Changed
        } else if self.masked > 0 {
            Numbers::Masked
        } else if self.only_a + self.only_b > 0 {
            Numbers::Stripped
        } else if self.same > 0 {
            Numbers::Same
        } else {
            Numbers::None
        }
    }

    /// Share of the places with numbers on both sides whose value differs, 0 to 1.
    pub fn changed_share(self) -> f64 {
        let both = self.same + self.changed;
        if both == 0 { 0.0 } else { f64::from(self.changed) / f64::from(both) }
    }
}

/// One text, as far as its numbers are concerned.
#[derive(Clone, Copy, Debug)]
pub struct Numbered<'a> {
    /// Its units.
    pub units: &'a [u32],
    /// Its number slots, in order.
    pub slots: &'a [Slot],
}

/// Compares the numbers of two texts.
pub fn compare(a: Numbered<'_>, b: Numbered<'_>) -> Comparison {
    let mut result = Comparison::default();
    if a.slots.is_empty() && b.slots.is_empty() {
        return result;
    }
    let places_a = places(a.slots);
    let places_b = places(b.slots);
    if a.units != b.units && a.units.len().max(b.units.len()) > MAX_ALIGNED {
        return by_context(a.units, &places_a, b.units, &places_b);
    }
    let mut matched = vec![false; places_b.len()];
    let map = GapMap::new(a.units, b.units);
    for (gap, slots) in &places_a {
        let Some(target) = map.gap(*gap) else { continue };
        match places_b.binary_search_by_key(&target, |(gap, _)| *gap) {
            Ok(at) => {
                matched[at] = true;
                result.count(slots, places_b[at].1);
            }
            Err(_) => result.count(slots, &[]),
        }
    }
    let back = map.reversed();
    for (at, (gap, slots)) in places_b.iter().enumerate() {
        if !matched[at] && back.gap(*gap).is_some() {
            result.count(&[], slots);
        }
    }
    result
}

/// Units up to which texts are aligned.
const MAX_ALIGNED: usize = 400;
/// Units on each side of a place by which it is known in a longer text.
const CONTEXT: usize = 2;

/// Compares the places that stand in the same surroundings on both sides; where surroundings repeat (`第…条`), the
/// first with the first, and so on.
fn by_context(a: &[u32], places_a: &[(u32, &[Slot])], b: &[u32], places_b: &[(u32, &[Slot])]) -> Comparison {
    let (keyed_a, keyed_b) = (keyed(a, places_a), keyed(b, places_b));
    let mut result = Comparison::default();
    let (mut i, mut j) = (0, 0);
    while i < keyed_a.len() && j < keyed_b.len() {
        match keyed_a[i].0.cmp(&keyed_b[j].0) {
            Ordering::Less => i += 1,
            Ordering::Greater => j += 1,
            Ordering::Equal => {
                result.count(places_a[keyed_a[i].1].1, places_b[keyed_b[j].1].1);
                (i, j) = (i + 1, j + 1);
            }
        }
    }
    // Surroundings that the other text has without a number: there it was stripped.
    for at in without_number(a, places_a, &keyed_a, b, &keyed_b) {
        result.count(places_a[at].1, &[]);
    }
    for at in without_number(b, places_b, &keyed_b, a, &keyed_a) {
        result.count(&[], places_b[at].1);
    }
    result
}

/// Keys of what stands around places, sorted, each with the number of its place.
fn keyed(units: &[u32], places: &[(u32, &[Slot])]) -> Vec<(u64, usize)> {
    let key = |&(gap, _): &(u32, &[Slot])| units_key(around(units, gap as usize));
    let mut keyed: Vec<(u64, usize)> =
        places.iter().enumerate().map(|(at, place)| (key(place), at)).collect();
    keyed.sort_unstable();
    keyed
}

/// The units around a gap.
fn around(units: &[u32], gap: usize) -> &[u32] {
    &units[gap.saturating_sub(CONTEXT)..(gap + CONTEXT).min(units.len())]
}

/// The places whose surroundings the other text has too, but nowhere with a number.
fn without_number(
    units: &[u32],
    places: &[(u32, &[Slot])],
    keyed: &[(u64, usize)],
    other: &[u32],
    known: &[(u64, usize)],
) -> Vec<usize> {
    let has = |keys: &[(u64, usize)], key: u64| keys.binary_search_by_key(&key, |&(key, _)| key).is_ok();
    let mut lone: Vec<(u64, usize)> = keyed.iter().filter(|(key, _)| !has(known, *key)).copied().collect();
    if lone.is_empty() {
        return Vec::new();
    }
    // Of the other text's gaps, most cannot be one of a few: their last unit tells, without a key.
    let mut ends = [false; ENDS];
    let end = |around: &[u32]| around.last().map_or(0, |&unit| unit as usize % ENDS);
    lone.iter().for_each(|&(_, at)| ends[end(around(units, places[at].0 as usize))] = true);
    let mut found: Vec<(u64, usize)> = (0..=other.len())
        .map(|gap| around(other, gap))
        .filter(|around| ends[end(around)])
        .map(|around| (units_key(around), 0))
        .filter(|&(key, _)| has(&lone, key))
        .collect();
    found.sort_unstable();
    lone.retain(|&(key, _)| has(&found, key));
    lone.into_iter().map(|(_, at)| at).collect()
}

/// Kinds of last units that are told apart.
const ENDS: usize = 1024;

impl Comparison {
    fn count(&mut self, a: &[Slot], b: &[Slot]) {
        let (digits_a, digits_b) = (digits(a).count(), digits(b).count());
        self.lost += u32::from(digits_a > 0 && digits_b == 0);
        let mask = a.len() > digits_a || b.len() > digits_b;
        match (digits_a, digits_b) {
            (1.., 1..) if digits(a).eq(digits(b)) => self.same += 1,
            (1.., 1..) if mask => self.masked += 1,
            (1.., 1..) => self.changed += 1,
            _ if mask && (a.is_empty() || b.is_empty() || digits_a + digits_b > 0) => self.masked += 1,
            (1.., 0) => self.only_a += 1,
            (0, 1..) => self.only_b += 1,
            (0, 0) => {}
        }
    }
}

/// The digits among slots.
fn digits(slots: &[Slot]) -> impl Iterator<Item = u64> {
    slots.iter().filter_map(|slot| match slot.kind {
        SlotKind::Digits(hash) => Some(hash),
        SlotKind::Mask => None,
    })
}

/// Slots grouped by the gap they stand in.
fn places(slots: &[Slot]) -> Vec<(u32, &[Slot])> {
    slots.chunk_by(|a, b| a.unit == b.unit).map(|group| (group[0].unit, group)).collect()
}

/// Gaps of one unit stream → gaps of the other: gap `n` stands before unit `n`.
struct GapMap {
    /// Runs `(from, to, len)` of equal units.
    runs: Vec<(u32, u32, u32)>,
}

impl GapMap {
    fn new(a: &[u32], b: &[u32]) -> Self {
        let runs = if a == b {
            vec![(0, 0, a.len() as u32)]
        } else {
            align(a, b).into_iter().map(|run| (run.a, run.b, run.len)).collect()
        };
        Self { runs }
    }

    fn reversed(&self) -> Self {
        Self { runs: self.runs.iter().map(|&(a, b, len)| (b, a, len)).collect() }
    }

    /// The gap right after the aligned unit before it, else right before the aligned unit after it.
    fn gap(&self, gap: u32) -> Option<u32> {
        let after = self.runs.partition_point(|&(from, _, _)| from < gap);
        if let Some(&(from, to, len)) = after.checked_sub(1).and_then(|at| self.runs.get(at))
            && gap <= from + len
        {
            return Some(to + (gap - from));
        }
        match self.runs.get(after) {
            Some(&(from, to, _)) if from == gap => Some(to),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::Span;
    use crate::text::fold::{fold, number_slots};

    fn numbers(a: &str, b: &str) -> Numbers {
        let mut units = [Vec::new(), Vec::new()];
        fold(a, &mut units[0]);
        fold(b, &mut units[1]);
        let slots = [number_slots(a), number_slots(b)];
        let side = |n: usize| Numbered { units: &units[n], slots: &slots[n] };
        let kind = compare(side(0), side(1)).kind();
        assert_eq!(kind, compare(side(1), side(0)).kind(), "{a} / {b}");
        kind
    }

    #[test]
    fn each_kind() {
        let whole = "全年共集中学习达14次，撰写心得50余篇，发表20多篇";
        assert_eq!(numbers(whole, whole), Numbers::Same);
        assert_eq!(numbers(whole, "全年共集中学习达 次，撰写心得 余篇，发表 多篇"), Numbers::Stripped);
        assert_eq!(numbers(whole, "全年共集中学习达==次，撰写心得==余篇，发表==多篇"), Numbers::Masked);
        assert_eq!(numbers(whole, "全年共集中学习达14次，撰写心得51余篇，发表20多篇"), Numbers::Changed);
        assert_eq!(numbers("没有数字的一段话", "没有数字的一段话"), Numbers::None);
        assert_eq!(numbers("The 12 houses burned", "The １２ houses burned"), Numbers::Same);
    }

    #[test]
    fn long_texts_tell_the_same() {
        let filler: String = (0..300u32).filter_map(|n| char::from_u32(0x4e00 + n * 7)).collect();
        let long =
            |middle: &str, end: &str| format!("{filler}全年共学习{middle}次，撰写心得50余篇。{filler}{end}");
        let whole = long("14", "完");
        assert_eq!(numbers(&whole, &long("14", "了")), Numbers::Same);
        assert_eq!(numbers(&whole, &long("15", "了")), Numbers::Changed);
        assert_eq!(numbers(&whole, &long("", "了")), Numbers::Stripped);
        assert_eq!(numbers(&whole, &long("==", "了")), Numbers::Masked);
    }

    /// As [`without_number`] says it, gap by gap.
    fn plainly(a: &[u32], places_a: &[(u32, &[Slot])], b: &[u32], places_b: &[(u32, &[Slot])]) -> Vec<usize> {
        let is_lone = |gap: u32| {
            let own = around(a, gap as usize);
            places_b.iter().all(|&(gap, _)| around(b, gap as usize) != own)
                && (0..=b.len()).any(|gap| around(b, gap) == own)
        };
        (0..places_a.len()).filter(|&at| is_lone(places_a[at].0)).collect()
    }

    proptest! {
        #[test]
        fn places_without_number_are_those_of_the_plain_search(
            units in proptest::array::uniform2(proptest::collection::vec(0u32..4, 0..40)),
            gaps in proptest::array::uniform2(proptest::collection::btree_set(0u32..41, 0..10)),
        ) {
            let slots = [0, 1].map(|side| -> Vec<Slot> {
                let inside = gaps[side].iter().filter(|&&gap| gap as usize <= units[side].len());
                inside.map(|&unit| Slot { unit, span: Span::default(), kind: SlotKind::Mask }).collect()
            });
            let [a, b] = [places(&slots[0]), places(&slots[1])];
            let mut found = without_number(&units[0], &a, &keyed(&units[0], &a), &units[1], &keyed(&units[1], &b));
            found.sort_unstable();
            prop_assert_eq!(found, plainly(&units[0], &a, &units[1], &b));
        }
    }

    #[test]
    fn other_words_around_do_not_hide_a_number() {
        assert_eq!(numbers("四川日报上稿27件比去年增长59%", "某省日报上稿件比去年增长%"), Numbers::Stripped);
    }
}
