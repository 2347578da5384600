//! The logs of a run: `documents.jsonl`, `clusters.jsonl`, `members.jsonl`, `matches.jsonl`, `removed.jsonl`,
//! `skipped.jsonl`, one JSON object a line.
//!
//! In: plain rows. Out: lines, keys in the order of the format's description, numbers rounded to four places. Cost:
//! memory speed; nothing is built but the line.

use std::ops::Range;

/// Most members that a line of `clusters.jsonl` holds; all of them stand in `members.jsonl`.
pub const MAX_MEMBERS: usize = 1000;

/// A document as the logs name it.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    /// Number of its input, from 0, as in `run.json`.
    pub input: u32,
    /// Number of its record, from 1.
    pub record: u64,
    /// Its id, a JSON token.
    pub id: &'a str,
    /// Its input's path as given.
    pub path: &'a str,
}

/// A piece of a document.
#[derive(Clone, Copy, Debug)]
pub struct UnitRow<'a> {
    /// The members of its document, as [`Line::document`] writes them.
    pub document: &'a [u8],
    /// Its lines, from 0.
    pub lines: &'a [u32],
    /// Its bytes in the text.
    pub bytes: (u32, u32),
}

/// How a unit is related to the one that is kept.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// `identical`, `near`, `fragment`, `contains`.
    pub relation: &'static str,
    /// `none`, `same`, `stripped`, `masked`, `changed`.
    pub numbers: &'static str,
    /// Share of the aligned numbers that differ.
    pub numbers_changed: f64,
    /// Jaccard.
    pub jaccard: f64,
    /// Containment of the smaller in the larger.
    pub containment: f64,
    /// Share of this unit's shingles that the kept one has.
    pub coverage: f64,
}

/// One JSON object, written key by key.
#[derive(Debug, Default)]
pub struct Line(Vec<u8>);

impl Line {
    /// An object without members.
    pub fn new() -> Self {
        Self(vec![b'{'])
    }

    /// Adds an object to lines, as one of them.
    pub fn write(lines: &mut Vec<u8>, members: impl FnOnce(&mut Line)) {
        lines.push(b'{');
        let mut line = Self(std::mem::take(lines));
        members(&mut line);
        *lines = line.0;
        lines.extend_from_slice(b"}\n");
    }

    /// Adds a member whose value is a JSON token already.
    #[inline]
    pub fn raw(&mut self, key: &str, token: &str) -> &mut Self {
        self.key(key);
        self.0.extend_from_slice(token.as_bytes());
        self
    }

    #[inline]
    fn key(&mut self, key: &str) {
        self.comma();
        self.pieces(&["\"", key, "\":"]);
    }

    #[inline]
    fn comma(&mut self) {
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
    }

    #[inline]
    fn pieces(&mut self, pieces: &[&str]) {
        pieces.iter().for_each(|piece| self.0.extend_from_slice(piece.as_bytes()));
    }

    /// Where the next member will stand.
    pub fn place(&self) -> usize {
        self.0.len()
    }

    /// The members from a place on, as [`members`](Self::members) takes them.
    pub fn since(&self, place: usize) -> &[u8] {
        self.within(place..self.0.len())
    }

    /// The members between two places.
    pub fn within(&self, places: Range<usize>) -> &[u8] {
        let written = &self.0[places];
        written.strip_prefix(b",").unwrap_or(written)
    }

    /// Adds members that were written in another object.
    pub fn members(&mut self, written: &[u8]) -> &mut Self {
        self.comma();
        self.0.extend_from_slice(written);
        self
    }

    /// Adds a string that has nothing to escape: a word of the format.
    #[inline]
    pub fn word(&mut self, key: &str, word: &'static str) -> &mut Self {
        self.key(key);
        self.0.push(b'"');
        self.0.extend_from_slice(word.as_bytes());
        self.0.push(b'"');
        self
    }

    /// Adds a string.
    #[inline]
    pub fn text(&mut self, key: &str, text: &str) -> &mut Self {
        self.key(key);
        push_string(&mut self.0, text);
        self
    }

    /// Adds a whole number.
    #[inline]
    pub fn number(&mut self, key: &str, number: u64) -> &mut Self {
        self.key(key);
        push_number(&mut self.0, number);
        self
    }

    /// Adds a truth value.
    #[inline]
    pub fn flag(&mut self, key: &str, flag: bool) -> &mut Self {
        self.raw(key, if flag { "true" } else { "false" })
    }

    /// Adds a share, to four places.
    #[inline]
    pub fn share(&mut self, key: &str, share: f64) -> &mut Self {
        self.key(key);
        push_share(&mut self.0, share);
        self
    }

    /// Adds an object.
    pub fn object(&mut self, key: &str, members: impl FnOnce(&mut Line)) -> &mut Self {
        self.raw(key, "{");
        members(self);
        self.0.push(b'}');
        self
    }

    /// Adds an array of objects.
    pub fn objects<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut member: impl FnMut(&mut Line, T),
    ) -> &mut Self {
        self.raw(key, "[");
        for (at, item) in items.into_iter().enumerate() {
            self.0.extend_from_slice(if at == 0 { b"{" } else { b",{" });
            member(self, item);
            self.0.push(b'}');
        }
        self.0.push(b']');
        self
    }

    /// Adds an array of strings.
    pub fn texts<'t>(&mut self, key: &str, texts: impl IntoIterator<Item = &'t str>) -> &mut Self {
        self.raw(key, "[");
        for (at, text) in texts.into_iter().enumerate() {
            if at > 0 {
                self.0.push(b',');
            }
            push_string(&mut self.0, text);
        }
        self.0.push(b']');
        self
    }

    /// Adds the members of a document's name: `doc`, `id`.
    pub fn name(&mut self, name: Name<'_>) -> &mut Self {
        self.raw("doc", "\"");
        push_number(&mut self.0, u64::from(name.input));
        self.0.push(b':');
        push_number(&mut self.0, name.record);
        self.0.push(b'"');
        self.raw("id", name.id)
    }

    /// Adds the members of a document where a unit of it is told: its name, `path`, `record`.
    pub fn document(&mut self, name: Name<'_>) -> &mut Self {
        self.name(name).text("path", name.path).number("record", name.record)
    }

    /// Adds the members of a unit. Units are what the logs are full of: their keys are written with what is around.
    pub fn unit(&mut self, unit: UnitRow<'_>) -> &mut Self {
        self.members(unit.document).pieces(&[",\"lines\":["]);
        for (at, &line) in unit.lines.iter().enumerate() {
            if at > 0 {
                self.0.push(b',');
            }
            push_number(&mut self.0, u64::from(line) + 1);
        }
        self.pieces(&["],\"byte_start\":"]);
        push_number(&mut self.0, unit.bytes.0.into());
        self.pieces(&[",\"byte_end\":"]);
        push_number(&mut self.0, unit.bytes.1.into());
        self
    }

    /// Adds the facts of a match, after other members; of none, those of a unit with itself.
    pub fn facts(&mut self, facts: Option<Facts>) -> &mut Self {
        let Some(facts) = facts else {
            let nothing = ["relation", "numbers", "jaccard", "containment", "coverage"];
            nothing.iter().for_each(|key| _ = self.raw(key, "null"));
            return self;
        };
        self.pieces(&[",\"relation\":\"", facts.relation, "\",\"numbers\":\"", facts.numbers, "\""]);
        let shares = [
            (",\"jaccard\":", facts.jaccard),
            (",\"containment\":", facts.containment),
            (",\"coverage\":", facts.coverage),
        ];
        for (key, share) in shares {
            self.pieces(&[key]);
            push_share(&mut self.0, share);
        }
        if facts.numbers_changed > 0.0 {
            self.share("numbers_changed", facts.numbers_changed);
        }
        self
    }

    /// The object as text, closed.
    pub fn finish(mut self) -> String {
        self.0.push(b'}');
        String::from_utf8(self.0).expect("only JSON tokens and escaped text were written")
    }
}

/// Adds a whole number in decimal digits.
#[inline]
pub(super) fn push_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Adds a share to four places, without the zeros at its end.
pub(super) fn push_share(out: &mut Vec<u8>, share: f64) {
    // Most are.
    if share >= 1.0 {
        return out.push(b'1');
    }
    let scaled = (share.clamp(0.0, 1.0) * 10_000.0).round() as u64;
    if scaled.is_multiple_of(10_000) {
        return out.push(if scaled == 0 { b'0' } else { b'1' });
    }
    out.extend_from_slice(b"0.");
    let (mut rest, mut place) = (scaled, 1000);
    while rest > 0 {
        out.push(b'0' + (rest / place) as u8);
        rest %= place;
        place /= 10;
    }
}

fn push_string(out: &mut Vec<u8>, text: &str) {
    if is_plain(text) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        serde_json::to_writer(out, text).expect("a string is written to memory");
    }
}

/// Whether a JSON string of this text is the text itself between quotes. All of it is looked at: that goes by many
/// bytes at once.
pub fn is_plain(text: &str) -> bool {
    !text.bytes().fold(false, |found, byte| found | (byte < b' ') | (byte == b'"') | (byte == b'\\'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn strings_are_those_of_serde(text in "[a-z界\"\\\\\u{0}-\u{20}\u{7f}é]{0,40}") {
            let mut out = Vec::new();
            push_string(&mut out, &text);
            prop_assert_eq!(out, serde_json::to_vec(&text).unwrap());
        }

        #[test]
        fn numbers_and_shares(number: u64, share in -0.1f64..1.1) {
            let (mut digits, mut places) = (Vec::new(), Vec::new());
            push_number(&mut digits, number);
            push_share(&mut places, share);
            prop_assert_eq!(digits, number.to_string().into_bytes());
            let rounded = (share.clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0;
            prop_assert_eq!(places, rounded.to_string().into_bytes());
        }
    }

    #[test]
    fn members_are_copied_from_line_to_line() {
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        for number in [1, 2] {
            Line::write(&mut whole, |line| {
                line.word("a", "b").objects("members", [number], |line, number| {
                    let place = line.place();
                    line.number("n", number).flag("x", true);
                    Line::write(&mut parts, |part| {
                        part.word("a", "b").members(line.since(place));
                    });
                });
            });
        }
        let text = String::from_utf8([whole, parts].concat()).unwrap();
        let expected = "{'a':'b','members':[{'n':1,'x':true}]}\n{'a':'b','members':[{'n':2,'x':true}]}\n\
                        {'a':'b','n':1,'x':true}\n{'a':'b','n':2,'x':true}\n";
        assert_eq!(text, expected.replace('\'', "\""));
    }

    #[test]
    fn lines_are_json() {
        let mut line = Line::new();
        line.name(Name { input: 3, record: 12, id: "\"a\\u0000\"", path: "p" })
            .share("jaccard", 0.98765)
            .share("whole", 1.0)
            .text("text", "a\"\u{1}\n界")
            .objects("members", [1u64, 20], |line, n| {
                line.number("n", n);
            })
            .object("kept", |line| {
                line.flag("x", true);
            });
        let text = line.finish();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["doc"], "3:12");
        assert_eq!(value["jaccard"], 0.9877);
        assert_eq!(value["whole"], 1);
        assert_eq!(value["text"], "a\"\u{1}\n界");
        assert_eq!(value["members"][1]["n"], 20);
        assert_eq!(value["kept"]["x"], true);
    }
}
