//! The text of a page as it grows, and, where that is asked for, where in the source each of its bytes comes from.

use std::ops::Range;

/// Bytes of the source that one character of the text stands for: none for a space that was put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Place {
    /// Nowhere.
    pub(super) const NONE: Place = Place { start: 0, end: 0 };

    fn is_none(self) -> bool {
        self.start == self.end
    }
}

/// A text, and the places of its bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    text: String,
    /// One for each byte of the text; `None` where they are not asked for.
    places: Option<Vec<Place>>,
}

impl Written {
    pub(super) fn new(capacity: usize) -> Self {
        Self { text: String::with_capacity(capacity), places: None }
    }

    /// One that knows the places of its bytes.
    pub(super) fn placed() -> Self {
        Self { text: String::new(), places: Some(Vec::new()) }
    }

    /// Whether places are asked for.
    pub(super) fn is_placed(&self) -> bool {
        self.places.is_some()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn push(&mut self, c: char, place: Place) {
        self.text.push(c);
        if let Some(places) = &mut self.places {
            places.resize(self.text.len(), place);
        }
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.text.truncate(length);
        if let Some(places) = &mut self.places {
            places.truncate(length);
        }
    }

    pub(super) fn remove(&mut self, range: Range<usize>) {
        self.text.drain(range.clone());
        if let Some(places) = &mut self.places {
            places.drain(range);
        }
    }

    /// Puts in a line feed that stands nowhere in the source.
    pub(super) fn insert_line_feed(&mut self, at: usize) {
        self.text.insert(at, '\n');
        if let Some(places) = &mut self.places {
            places.insert(at, Place::NONE);
        }
    }

    /// Makes tabs of the line feeds from `start` on, but for the last.
    pub(super) fn join(&mut self, start: usize) {
        let joined = self.text[start..self.text.len() - 1].replace('\n', "\t");
        // As long as before: the places stay.
        self.text.truncate(start);
        self.text.push_str(&joined);
        self.text.push('\n');
    }

    /// Keeps the lines for which `stays` says so; it is asked in order.
    pub(super) fn keep_lines(&mut self, mut stays: impl FnMut() -> bool) {
        let mut kept = Written { text: String::with_capacity(self.text.len()), places: None };
        let mut places = self.places.as_ref().map(|_| Vec::new());
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            if stays() {
                kept.text.push_str(line);
                if let (Some(kept), Some(all)) = (&mut places, &self.places) {
                    kept.extend_from_slice(&all[at..at + line.len()]);
                }
            }
            at += line.len();
        }
        kept.places = places;
        *self = kept;
    }

    pub(super) fn finish(self) -> (String, Places) {
        (self.text, Places(self.places.unwrap_or_default()))
    }
}

/// Where the bytes of a page's text come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places(Vec<Place>);

/// Where a piece of a page's text stands in its source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Bytes of the source, in order; no tag and no comment stands in one of them.
    pub(crate) runs: Vec<Range<usize>>,
    /// Whether a character that shows was not found.
    pub(crate) is_partial: bool,
}

impl Places {
    /// Where bytes `span` of `text` stand in `source`.
    pub(crate) fn of(&self, span: Range<usize>, text: &str, source: &str) -> Found {
        let mut found = Found::default();
        let shown = text.get(span.clone()).unwrap_or_default();
        for (at, c) in shown.char_indices() {
            let place = self.0.get(span.start + at).copied().unwrap_or_default();
            if place.is_none() {
                found.is_partial |= !c.is_whitespace();
                continue;
            }
            let place = place.start as usize..place.end as usize;
            match found.runs.last_mut() {
                // White space and characters that do not show may stand between; a tag may not.
                Some(run)
                    if source
                        .get(run.end..place.start.max(run.end))
                        .is_some_and(|between| !between.contains('<')) =>
                {
                    run.end = run.end.max(place.end);
                }
                _ => found.runs.push(place),
            }
        }
        found
    }
}

/// For each byte of `value`, which the tokenizer made of `source`, where it comes from: character references are
/// decoded, line ends are one byte. `None` where the two do not go together.
pub(super) fn places(source: &str, offset: usize, value: &str) -> Option<Vec<Place>> {
    let mut places = Vec::with_capacity(value.len());
    let (mut from, mut to) = (0, 0);
    while let Some(c) = value[to..].chars().next() {
        let rest = &source[from..];
        let (taken, made) = match rest.as_bytes().first()? {
            b'&' => reference(rest, &value[to..])?,
            b'\r' if c == '\n' => (if rest.starts_with("\r\n") { 2 } else { 1 }, 1),
            0 if c == '\u{fffd}' => (1, c.len_utf8()),
            _ => (rest.starts_with(c).then_some(c.len_utf8())?, c.len_utf8()),
        };
        let place = |at: usize| u32::try_from(offset + at).ok();
        let place = Place { start: place(from)?, end: place(from + taken)? };
        places.resize(places.len() + made, place);
        (from, to) = (from + taken, to + made);
    }
    Some(places)
}

/// Longest character reference that is looked for, in bytes.
const REFERENCE: usize = 48;

/// Bytes of the character reference that `source` begins with, and of what it stands for, with which `value` begins.
/// What follows a reference without its semicolon goes with it.
fn reference(source: &str, value: &str) -> Option<(usize, usize)> {
    let name = source[1..].bytes().take(REFERENCE).take_while(|b| b.is_ascii_alphanumeric() || *b == b'#');
    let mut end = 1 + name.count();
    end += usize::from(source.as_bytes().get(end) == Some(&b';'));
    let said = super::characters(&source[..end]);
    if value.starts_with(&said) && !said.is_empty() {
        return Some((end, said.len()));
    }
    // An ampersand that is one.
    value.starts_with('&').then_some((1, 1))
}
