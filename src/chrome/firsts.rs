//! The first parts of a site's templates, searched for in a line.
//!
//! In goes a line, out come the places where a first part stands, each with the template that it is of. A site has a
//! few different first parts, and a search for each costs less than one automaton for all that is made for little text.

use std::ops::Range;

use memchr::memmem::Finder;

/// First parts, each with the numbers of the templates that have it.
#[derive(Debug, Default)]
pub(crate) struct Firsts(Vec<(Finder<'static>, Range<usize>)>);

impl Firsts {
    /// Of templates in order of their parts: equal first parts stand beside each other.
    pub(crate) fn new<'a>(parts: impl Iterator<Item = &'a str>) -> Firsts {
        let mut firsts: Vec<(Finder<'static>, Range<usize>)> = Vec::new();
        for (number, part) in parts.enumerate() {
            match firsts.last_mut() {
                Some((known, numbers)) if known.needle() == part.as_bytes() => numbers.end = number + 1,
                _ => firsts.push((Finder::new(part).into_owned(), number..number + 1)),
            }
        }
        Firsts(firsts)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where in the line the first part of which template begins: in order of the parts' ends, then of their
    /// beginnings, then of the templates.
    pub(crate) fn find(&self, line: &str) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        for (first, numbers) in &self.0 {
            let mut from = 0;
            while let Some(at) = line.as_bytes().get(from..).and_then(|rest| first.find(rest)) {
                let start = from + at;
                let end = start + first.needle().len();
                found.extend(numbers.clone().map(|number| (end, start, number)));
                from = start + 1;
            }
        }
        found.sort_unstable();
        found.into_iter().map(|(_, start, number)| (start, number)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_an_automaton_finds(
            parts in prop::collection::vec("[ab一]{1,3}", 0..6),
            line in "[ab一二]{0,30}",
        ) {
            let mut parts = parts;
            parts.sort();
            let automaton = AhoCorasick::new(&parts).expect("a few short literals");
            let hits = automaton.find_overlapping_iter(&line);
            let plain: Vec<(usize, usize)> = hits.map(|hit| (hit.start(), hit.pattern().as_usize())).collect();
            prop_assert_eq!(Firsts::new(parts.iter().map(String::as_str)).find(&line), plain);
        }
    }
}
