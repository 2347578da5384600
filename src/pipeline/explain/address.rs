//! What a user types → a unit of the run.

use super::Run;
use super::rows::{DocumentRow, UnitRow};
use crate::document::Span;
use crate::error::Result;
use crate::hash::Set;

/// A document of the run, or a piece of one.
#[derive(Clone, Debug)]
pub struct Address {
    /// `input:record`.
    pub doc: String,
    /// The document's id as a user types it.
    pub id: String,
    /// Its line in `documents.jsonl`; `None` for a document of a reference corpus.
    pub row: Option<DocumentRow>,
    /// What of it is meant.
    pub place: Place,
}

/// What of a document is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All of it.
    Whole,
    /// One line, from 1.
    Line(u32),
    /// Some bytes of its text.
    Bytes(Span),
}

/// What was found under a name.
#[derive(Clone, Debug)]
pub enum Found {
    /// One unit.
    One(Box<Address>),
    /// Several documents of that id: their `doc`s.
    Several(Vec<String>),
    /// Nothing; ids that are like it, the likest first.
    Nothing(Vec<String>),
}

/// Ids that are offered for one that is not there.
const NEAR: usize = 3;
/// Least likeness of an id that is offered.
const LIKE: f64 = 0.5;

impl Run {
    /// Finds a unit: an id, or a `doc`, alone or with `@LINE` or `@BYTE-BYTE` behind it.
    ///
    /// A whole name goes before one with a place behind it, and an id before a `doc`.
    ///
    /// # Errors
    /// When the logs cannot be read.
    pub fn find(&self, text: &str) -> Result<Found> {
        let mut names = vec![(text, Place::Whole)];
        names.extend(place(text));
        // By name and kind of name, in the order in which they count.
        let mut hits: Vec<Vec<DocumentRow>> = vec![Vec::new(); names.len() * 2];
        let hit = |unit: &UnitRow| {
            let id = unit.id();
            let by_id = names.iter().position(|(name, _)| id == *name).map(|at| at * 2);
            by_id.or_else(|| names.iter().position(|(name, _)| unit.doc == *name).map(|at| at * 2 + 1))
        };
        self.documents(
            |unit| hit(unit).is_some(),
            |row| {
                if let Some(at) = hit(&row.unit) {
                    hits[at].push(row);
                }
            },
        )?;
        for (at, rows) in hits.iter_mut().enumerate() {
            let place = names[at / 2].1;
            match rows.len() {
                0 => {}
                1 => {
                    let row = rows.remove(0);
                    let (doc, id) = (row.unit.doc.clone(), row.unit.id());
                    return Ok(Found::One(Box::new(Address { doc, id, row: Some(row), place })));
                }
                _ => return Ok(Found::Several(rows.iter().map(|row| row.unit.doc.clone()).collect())),
            }
        }
        match self.reference(&names)? {
            Some(address) => Ok(Found::One(Box::new(address))),
            None => Ok(Found::Nothing(self.near(&names)?)),
        }
    }

    /// The ids that are most like the names, the likest first.
    fn near(&self, names: &[(&str, Place)]) -> Result<Vec<String>> {
        let mut near: Vec<(f64, String)> = Vec::new();
        let look = |unit: &UnitRow| {
            let id = unit.id();
            let like = names.iter().map(|(name, _)| likeness(name, &id)).fold(0.0, f64::max);
            if like >= LIKE && near.iter().all(|(_, known)| *known != id) {
                near.push((like, id));
                near.sort_by(|a, b| b.0.total_cmp(&a.0));
                near.truncate(NEAR);
            }
            false
        };
        self.documents(look, |_| {})?;
        Ok(near.into_iter().map(|(_, id)| id).collect())
    }

    /// A document of a reference corpus: it stands in no log but as a member of a cluster.
    fn reference(&self, names: &[(&str, Place)]) -> Result<Option<Address>> {
        let mut found = None;
        self.members(None, |row| {
            let id = row.unit.id();
            let hit = names.iter().find(|(name, _)| id == *name || row.unit.doc == *name);
            if let (None, Some(&(_, place))) = (&found, hit) {
                found = Some(Address { doc: row.unit.doc, id, row: None, place });
            }
        })?;
        Ok(found)
    }
}

/// A name with a place behind it.
fn place(text: &str) -> Option<(&str, Place)> {
    let (name, place) = text.rsplit_once('@')?;
    let place = match place.split_once('-') {
        None => Place::Line(place.parse().ok().filter(|&line| line > 0)?),
        Some((start, end)) => {
            let (start, end) = (start.parse().ok()?, end.parse().ok()?);
            if start > end {
                return None;
            }
            Place::Bytes(Span::new(start, end))
        }
    };
    Some((name, place))
}

/// How like two names are, 0 to 1: the pairs of neighbouring characters that they share (Dice), or nearly 1 where
/// one stands in the other.
fn likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let pairs = |text: &str| -> Set<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let (pairs_a, pairs_b) = (pairs(&a), pairs(&b));
    let all = pairs_a.len() + pairs_b.len();
    let dice = if all == 0 { 0.0 } else { 2.0 * pairs_a.intersection(&pairs_b).count() as f64 / all as f64 };
    if a.contains(&b) || b.contains(&a) { 0.9 + dice / 10.0 } else { dice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stand_behind_the_last_at() {
        assert_eq!(place("a.txt@12"), Some(("a.txt", Place::Line(12))));
        assert_eq!(place("me@home@3-9"), Some(("me@home", Place::Bytes(Span::new(3, 9)))));
        for text in ["a.txt", "me@home", "a@0", "a@9-3", "a@-", "a@"] {
            assert_eq!(place(text), None, "{text}");
        }
    }

    #[test]
    fn like_names() {
        assert!(likeness("page-1.txt", "pages/page-1.txt") > 0.9);
        assert!(likeness("pgae-12.txt", "page-12.txt") > LIKE);
        assert!(likeness("one", "zwei") < LIKE);
        assert_eq!(likeness("", "x"), 0.0);
    }
}
