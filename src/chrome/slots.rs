//! Templates with slots: what many texts that start alike have in common.
//!
//! In go texts that start with the same few characters, out comes a template: fixed parts with slots between them,
//! as `请看小编为您准备的{…},希望能帮到您!`. Fixed parts grow character by character while most of the texts agree; a
//! later fixed part is found by its first characters. Costs time linear in the texts for each fixed part.

use crate::hash::Map;

/// Share of the texts that a fixed part must stand in.
const AGREE: f32 = 0.7;
/// Longest slot, in characters.
const LONGEST_SLOT: usize = 30;
/// Characters by which a fixed part after a slot is found.
const SEED: usize = 3;
/// Most slots of a template.
const MOST_SLOTS: usize = 3;

/// Fixed parts with slots between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The fixed parts, none empty; between two of them is a slot.
    pub parts: Vec<String>,
    /// Texts that the template was made from and fits.
    pub fits: usize,
}

impl Template {
    /// The template of most of the texts; `None` where fewer than `least` agree on a first part.
    ///
    /// ```
    /// use dechaff::chrome::Template;
    /// let texts = ["Get the red guide here. I went", "Get the blue guide here. Rain", "Get the old guide here. We"];
    /// assert_eq!(Template::of(&texts, 3).map(|t| t.parts), Some(vec!["Get the ".to_string(), " guide here. ".into()]));
    /// ```
    pub fn of(texts: &[&str], least: usize) -> Option<Template> {
        let (first, mut rests) = grow("", texts.to_vec(), least);
        if first.is_empty() {
            return None;
        }
        let mut parts = vec![first];
        for _ in 0..MOST_SLOTS {
            let Some((part, after)) = next_part(&rests, least) else { break };
            parts.push(part);
            rests = after;
        }
        Some(Template { parts, fits: rests.len() })
    }

    /// Bytes of `text` that the template covers when it starts at the text's beginning; slots no longer than a slot
    /// may be.
    pub fn covers(&self, text: &str) -> Option<usize> {
        let (first, rest) = self.parts.split_first()?;
        let mut at = text.starts_with(first.as_str()).then_some(first.len())?;
        for part in rest {
            let window = prefix(&text[at..], LONGEST_SLOT + part.chars().count());
            at += window.find(part.as_str())? + part.len();
        }
        Some(at)
    }

    /// What the slots hold in a text that starts with the template, in order; the last one, after the last fixed part,
    /// is what is left of the text, where anything is.
    pub fn slots<'a>(&self, text: &'a str) -> Option<Vec<&'a str>> {
        let (first, rest) = self.parts.split_first()?;
        let mut left = text.strip_prefix(first.as_str())?;
        let mut slots = Vec::new();
        for part in rest {
            let window = prefix(left, LONGEST_SLOT + part.chars().count());
            let at = window.find(part.as_str())?;
            slots.push(&left[..at]);
            left = &left[at + part.len()..];
        }
        if !left.is_empty() {
            slots.push(left);
        }
        Some(slots)
    }
}

/// Grows a fixed part that starts with `start`, which is already taken off the texts; gives the part and what
/// follows it in each text that has it.
fn grow<'a>(start: &str, mut texts: Vec<&'a str>, least: usize) -> (String, Vec<&'a str>) {
    let mut part = start.to_string();
    loop {
        if texts.len() >= least {
            // As long as all agree, nobody is asked.
            let shared = shared(&texts);
            part.push_str(texts.first().map_or("", |text| &text[..shared]));
            texts.iter_mut().for_each(|text| *text = &text[shared..]);
        }
        let Some(c) = majority(texts.iter().filter_map(|text| text.chars().next())) else { break };
        let count = texts.iter().filter(|text| text.starts_with(c)).count();
        if count < least || (count as f32) < AGREE * texts.len() as f32 {
            break;
        }
        part.push(c);
        texts.retain_mut(|text| match text.strip_prefix(c) {
            Some(rest) => {
                *text = rest;
                true
            }
            None => false,
        });
    }
    (part, texts)
}

/// Bytes that all texts begin with.
fn shared(texts: &[&str]) -> usize {
    let Some((first, others)) = texts.split_first() else { return 0 };
    let bytes = others.iter().fold(first.len(), |known, text| {
        let pairs = first.bytes().zip(text.bytes()).take(known);
        pairs.take_while(|(one, other)| one == other).count()
    });
    first.floor_char_boundary(bytes)
}

/// The item that more than half are, if one is; any item otherwise (Boyer and Moore 1981).
fn majority<T: PartialEq>(items: impl Iterator<Item = T>) -> Option<T> {
    let mut found: Option<(T, usize)> = None;
    for item in items {
        match &mut found {
            Some((known, votes)) if *known == item => *votes += 1,
            Some((_, votes)) if *votes > 0 => *votes -= 1,
            _ => found = Some((item, 1)),
        }
    }
    found.map(|(item, _)| item)
}

/// Where three characters stand in texts.
struct Seed {
    /// Texts that have them, and the last of these.
    count: usize,
    last: usize,
    /// Sum of the places at which they stand first.
    places: usize,
}

/// The next fixed part within a slot's length, and what follows it.
fn next_part<'a>(rests: &[&'a str], least: usize) -> Option<(String, Vec<&'a str>)> {
    let enough = |count: usize| count >= least && count as f32 >= AGREE * rests.len() as f32;
    // A seed is counted once a text; of those that enough texts have, the one that comes first on the whole.
    let mut seeds: Map<&str, Seed> = Map::default();
    for (number, rest) in rests.iter().enumerate() {
        // What stands in none of the texts before does not stand in enough of the last ones.
        let is_open = enough(rests.len() - number);
        let window = prefix(rest, LONGEST_SLOT + SEED);
        let starts = || window.char_indices().map(|(at, _)| at);
        let ends = starts().chain([window.len()]).skip(SEED);
        for (place, (start, end)) in starts().zip(ends).enumerate() {
            let seed = &window[start..end];
            match seeds.get_mut(seed) {
                Some(known) if known.last == number => {}
                Some(known) => {
                    known.count += 1;
                    known.last = number;
                    known.places += place;
                }
                None if is_open => {
                    seeds.insert(seed, Seed { count: 1, last: number, places: place });
                }
                None => {}
            }
        }
    }
    let (seed, _) =
        seeds.into_iter().filter(|(_, seed)| enough(seed.count)).min_by(|(a, one), (b, other)| {
            (one.places * other.count).cmp(&(other.places * one.count)).then(a.cmp(b))
        })?;
    let after: Vec<&str> = rests
        .iter()
        .filter_map(|rest| prefix(rest, LONGEST_SLOT + SEED).find(seed).map(|at| &rest[at + seed.len()..]))
        .collect();
    Some(grow(seed, after, least))
}

/// The first `chars` characters of a text.
pub(crate) fn prefix(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

/// How many bytes of `text`, which follows an open template, belong to its last slot: the longest beginning that
/// `known` texts hold as well, or all up to the end of the line where that is near. `others` are the texts that
/// follow the template elsewhere, `known` other chrome of the site.
pub(crate) fn open_slot(text: &str, others: &[&str], known: &[&str]) -> usize {
    let window = prefix(text, LONGEST_SLOT / 2 + 1);
    let window = &window[..window.find(is_end).unwrap_or(window.len())];
    let mut ends: Vec<usize> = window.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    while let Some(end) = ends.pop() {
        let slot = &window[..end];
        let chars = ends.len() + 1;
        let elsewhere = others.iter().filter(|other| other.starts_with(slot)).count();
        if chars >= 2 && (elsewhere >= 1 || known.iter().any(|known| known.contains(slot))) {
            return end;
        }
    }
    0
}

fn is_end(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '，' | '；' | '：' | '.' | '!' | '?' | ',' | ';' | '”' | '“' | '"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slots_between_fixed_parts() {
        let texts = ["请看本站的春天作文吧！雨", "请看本站的夏天的作文吧！风", "请看本站的冬作文吧！雪停了"];
        let template = Template::of(&texts, 3).expect("the texts start alike");
        assert_eq!(template.parts, ["请看本站的", "作文吧！"]);
        assert_eq!(template.slots("请看本站的秋日作文吧！叶落"), Some(vec!["秋日", "叶落"]));
        assert_eq!(template.covers("请看本站的秋日作文吧！叶落"), Some("请看本站的秋日作文吧！".len()));
        assert_eq!(template.covers("请看本站的书"), None);
    }

    #[test]
    fn texts_that_differ_have_no_template() {
        assert_eq!(Template::of(&["春", "夏", "秋"], 3), None);
        assert_eq!(Template::of(&[], 1), None);
    }

    #[test]
    fn open_slot_ends_where_the_site_ends_it() {
        assert_eq!(open_slot("春游作文要不是", &["春游作文他"], &[]), "春游作文".len());
        assert_eq!(open_slot("日记大家都来", &[], &["更多日记推荐"]), "日记".len());
        assert_eq!(open_slot("。完", &["。始"], &[]), 0);
    }

    /// [`next_part`] by a list of the seeds of each text.
    fn plain_next_part<'a>(rests: &[&'a str], least: usize) -> Option<(String, Vec<&'a str>)> {
        let mut seeds: std::collections::BTreeMap<&str, (usize, usize)> = Default::default();
        for rest in rests {
            let window = prefix(rest, LONGEST_SLOT + SEED);
            let starts: Vec<usize> = window.char_indices().map(|(at, _)| at).chain([window.len()]).collect();
            let mut own: Vec<(&str, usize)> = starts
                .windows(SEED + 1)
                .enumerate()
                .map(|(n, ends)| (&window[ends[0]..ends[SEED]], n))
                .collect();
            own.sort_unstable();
            own.dedup_by_key(|&mut (seed, _)| seed);
            for (seed, at) in own {
                let entry = seeds.entry(seed).or_default();
                *entry = (entry.0 + 1, entry.1 + at);
            }
        }
        let enough = |count: usize| count >= least && count as f32 >= AGREE * rests.len() as f32;
        let (seed, _) = seeds
            .into_iter()
            .filter(|&(_, (count, _))| enough(count))
            .min_by(|(a, (n, at)), (b, (m, bt))| (at * m).cmp(&(bt * n)).then(a.cmp(b)))?;
        let found =
            |rest: &&'a str| prefix(rest, LONGEST_SLOT + SEED).find(seed).map(|at| &rest[at + seed.len()..]);
        Some(grow(seed, rests.iter().filter_map(found).collect(), least))
    }

    /// [`grow`] by one character after the other.
    fn plain_grow(mut texts: Vec<&str>, least: usize) -> (String, Vec<&str>) {
        let mut part = String::new();
        while let Some(c) = majority(texts.iter().filter_map(|text| text.chars().next())) {
            let rests: Vec<&str> = texts.iter().filter_map(|text| text.strip_prefix(c)).collect();
            if rests.len() < least || (rests.len() as f32) < AGREE * texts.len() as f32 {
                break;
            }
            part.push(c);
            texts = rests;
        }
        (part, texts)
    }

    proptest! {
        #[test]
        fn parts_grow_as_character_by_character(
            texts in prop::collection::vec("(?:a一二)?(?:b十[丁丂])?[ab一]{0,6}", 0..8),
            least in 1usize..5,
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            prop_assert_eq!(grow("", texts.clone(), least), plain_grow(texts, least));
        }

        #[test]
        fn next_part_is_what_lists_say(
            rests in prop::collection::vec("[ab一]{0,6}(?:ab一a)?[ab一]{0,40}", 0..12),
            least in 1usize..4,
        ) {
            let rests: Vec<&str> = rests.iter().map(String::as_str).collect();
            prop_assert_eq!(next_part(&rests, least), plain_next_part(&rests, least));
        }
    }
}
