//! A line of JSON → the spans of the fields that a run needs.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::json::{self, Closing, Malformed};
use super::json_text;
use crate::config::InputConfig;

/// Names of the fields that [`records`](super::records) looks for.
///
/// A name with dots addresses a member of a nested object when no top-level key has that very name.
#[derive(Clone, Debug)]
pub struct Fields {
    names: [Option<Name>; SLOTS],
    /// Largest payload that is unpacked, in bytes.
    largest: u64,
}

#[derive(Clone, Debug)]
struct Name {
    whole: String,
    /// The steps of a dotted name; empty without dots.
    steps: Vec<String>,
}

pub(super) const TEXT: usize = 0;
pub(super) const ID: usize = 1;
pub(super) const URL: usize = 2;
pub(super) const SITE: usize = 3;
pub(super) const RANK: usize = 4;
pub(super) const HTML: usize = 5;
pub(super) const DATE: usize = 6;
pub(super) const SLOTS: usize = 7;

/// Spans of the wanted values in a line, by [`TEXT`] and its like, and where the object closes.
pub(super) struct Values {
    pub(super) spans: [Option<Range<usize>>; SLOTS],
    pub(super) closing: Closing,
}

impl Fields {
    /// The fields that the configuration names.
    pub fn new(config: &InputConfig) -> Self {
        Self {
            names: [
                Some(Name::new(&config.text_field)),
                Some(Name::new(&config.id_field)),
                Some(Name::new(&config.url_field)),
                config.site_field.as_deref().map(Name::new),
                None,
                config.html_field.as_deref().map(Name::new),
                config.date_field.as_deref().map(Name::new),
            ],
            largest: config.max_record,
        }
    }

    /// Name of the field that holds the text.
    pub(super) fn text_name(&self) -> &str {
        self.names[TEXT].as_ref().map_or("", |name| &name.whole)
    }

    /// Largest payload of a record that is unpacked, in bytes.
    pub(super) fn largest(&self) -> u64 {
        self.largest
    }

    /// Also looks for the field that decides which copy is kept ([`Record::rank`](super::Record::rank)).
    pub fn with_rank(mut self, name: &str) -> Self {
        self.names[RANK] = Some(Name::new(name));
        self
    }

    /// The column that a table lacks because its text is made from HTML.
    pub(crate) fn made_column(&self, names: &[String]) -> Option<&str> {
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        let text = self.text_name();
        self.name(HTML).filter(|html| has(html) && !has(text)).map(|_| text)
    }

    /// The name that is looked for in a slot.
    pub(super) fn name(&self, slot: usize) -> Option<&str> {
        self.names[slot].as_ref().map(|name| name.whole.as_str())
    }

    /// Where `place` finds the wanted names, which have no steps there.
    pub(super) fn places(&self, place: impl Fn(&str) -> Option<usize>) -> [Option<usize>; SLOTS] {
        std::array::from_fn(|slot| self.name(slot).and_then(&place))
    }

    /// Finds the wanted values in a line.
    pub(super) fn find(&self, line: &[u8]) -> Result<Values, Malformed> {
        let mut exact = [const { None }; SLOTS];
        let mut heads = [const { None }; SLOTS];
        let closing = json::scan(line, |key, value| {
            let key = unescaped(key);
            for (slot, name) in self.names.iter().enumerate() {
                let Some(name) = name else { continue };
                if *key == *name.whole.as_bytes() {
                    exact[slot] = Some(value.clone());
                } else if name.steps.first().is_some_and(|step| *key == *step.as_bytes()) {
                    heads[slot] = Some(value.clone());
                }
            }
        })?;
        for (slot, head) in heads.into_iter().enumerate() {
            if let (None, Some(head), Some(name)) = (&exact[slot], head, &self.names[slot]) {
                exact[slot] = descend(line, head, &name.steps[1..]);
            }
        }
        Ok(Values { spans: exact, closing })
    }
}

impl Name {
    fn new(name: &str) -> Self {
        let steps: Vec<String> = name.split('.').map(str::to_owned).collect();
        let dotted = steps.len() > 1 && steps.iter().all(|step| !step.is_empty());
        Self { whole: name.to_owned(), steps: if dotted { steps } else { Vec::new() } }
    }
}

/// The value that `steps` lead to inside the object at `span`; the last of equal keys counts.
fn descend(line: &[u8], mut span: Range<usize>, steps: &[String]) -> Option<Range<usize>> {
    for step in steps {
        let mut found = None;
        json::scan(&line[span.clone()], |key, value| {
            if *unescaped(key) == *step.as_bytes() {
                found = Some(value);
            }
        })
        .ok()?;
        let value: Range<usize> = found?;
        span = span.start + value.start..span.start + value.end;
    }
    Some(span)
}

/// A key's bytes as meant: unescaped where it can be.
fn unescaped(key: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'\\', key).is_none() {
        return Cow::Borrowed(key);
    }
    match std::str::from_utf8(key).ok().and_then(|key| json_text::decode(key).ok()) {
        Some(text) => Cow::Owned(text.into_owned().into_bytes()),
        None => Cow::Borrowed(key),
    }
}

/// The top-level keys of a JSON record, each once, in order: to name the fields that are there when the wanted one
/// is not. Empty for anything else.
pub(super) fn keys(raw: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let outcome = json::scan(raw, |key, _| {
        let key = String::from_utf8_lossy(&unescaped(key)).into_owned();
        if !found.contains(&key) {
            found.push(key);
        }
    });
    if outcome.is_ok() { found } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_listed_once_in_order() {
        assert_eq!(keys(br#"{"b":{"c":1},"a":2,"\u0062":3}"#), ["b", "a"]);
        assert!(keys(b"{\"b\":1").is_empty());
    }
}
