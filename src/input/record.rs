//! A block → its records, in order, without copying what need not be copied.
//!
//! Pure: no files, so blocks may be parsed on any thread. A line that is no JSON object, a row that does not fit its
//! header, and text whose charset is not sure come out as [`Parsed::Bad`] with the reason; blank lines are no records,
//! and WARC records that are no pages are counted and passed over. Of HTML the text is made here.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::blocks::{Block, Content};
use super::charset;
use super::csv;
use super::fields::{DATE, Fields, HTML, ID, RANK, SITE, TEXT, URL, Values};
use super::framing::{Kind, Piece};
use super::html;
use super::json::{BOM, Closing};
use super::json_text;
use super::sniff::SourceFormat;
use super::warc;
use crate::chrome::Outline;
use crate::text::segment::is_blank;

/// The records of a block, in order.
///
/// `format` is that of the source that the block was read from.
///
/// ```
/// use dechaff::input::{Block, Fields, Parsed, SourceFormat, records};
///
/// let block = Block::whole(b"{\"id\":1,\"text\":\"a\\nb\"}\n\n{\"id\":2".to_vec());
/// let fields = Fields::new(&dechaff::Config::default().input);
/// let mut found = records(&block, SourceFormat::Jsonl, &fields);
/// let Some(Parsed::Record(record)) = found.next() else { panic!() };
/// assert_eq!((record.number, record.id.as_deref(), record.text.as_deref()), (1, Some(&b"1"[..]), Some("a\nb")));
/// let Some(Parsed::Bad(bad)) = found.next() else { panic!() };
/// assert_eq!((bad.number, bad.offset), (2, 24));
/// ```
pub fn records<'a>(block: &'a Block, format: SourceFormat, fields: &'a Fields) -> Records<'a> {
    let marked = block.offset == 0 && block.bytes.starts_with(BOM) && format != SourceFormat::Html;
    let start = if marked { BOM.len() } else { 0 };
    Records {
        block,
        format,
        fields,
        valid: simdutf8::basic::from_utf8(&block.bytes).ok(),
        at: start,
        piece: 0,
        number: block.first_record,
        done: false,
    }
}

/// One record, or what stands where one should be.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one is held at a time, and it is hardly ever bad")]
pub enum Parsed<'a> {
    /// A record.
    Record(Record<'a>),
    /// Bytes that are none.
    Bad(Bad<'a>),
}

/// A record and the fields that a run needs of it.
#[derive(Debug)]
pub struct Record<'a> {
    /// Number in its source, from 1; blank lines do not count, bad records do.
    pub number: u64,
    /// Where `raw` starts in the decompressed stream, in bytes.
    pub offset: u64,
    /// The record's bytes: a line or row without its end, a whole text without its byte order mark, a WARC record
    /// with what ends it.
    pub raw: &'a [u8],
    /// Bytes of the line end that follows `raw`: 0, 1 or 2.
    pub line_end: usize,
    /// The text; `None` when it is missing, null, or no string.
    pub text: Option<Cow<'a, str>>,
    /// What the markup says of the text's lines, where the text was made from HTML.
    pub outline: Option<Box<Outline>>,
    /// The token of the id field, of any JSON type.
    pub id: Option<Cow<'a, [u8]>>,
    /// The URL, if it is a string.
    pub url: Option<Cow<'a, str>>,
    /// The site field: a string, or the raw token of a number or literal other than null.
    pub site: Option<Cow<'a, str>>,
    /// The token of the field that decides which copy is kept.
    pub rank: Option<Cow<'a, [u8]>>,
    /// The date field: a string, or the raw token of a number.
    pub date: Option<Cow<'a, str>>,
    /// How the record may be edited.
    pub(crate) body: Body,
}

/// What an edit needs to know of a record's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// The bytes are the text.
    Text,
    /// The bytes say the text in another way (HTML, another charset), and the text is what is written.
    Converted,
    /// A JSON object.
    Object {
        /// Inside of the text's token within `raw`, if the text is a string and stands in the record.
        token: Option<Range<usize>>,
        /// Where the text goes that was made from HTML.
        made: Option<Made>,
        /// Inside of the token of that HTML.
        html: Option<Range<usize>>,
        /// Where the object closes.
        closing: Closing,
    },
    /// A row of a table.
    Row {
        /// The text's cell within `raw`, quotes included.
        cell: Option<Range<usize>>,
        /// Where the text goes that was made from HTML.
        made: Option<Made>,
        /// The cell of that HTML, quotes included.
        html: Option<Range<usize>>,
        /// The byte between cells.
        delimiter: u8,
        /// Whether the row has no other cell.
        is_alone: bool,
    },
    /// A WARC record.
    Warc(warc::Layout),
}

/// Where a text that does not stand in its record is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// In place of this value within `raw`.
    Replaced(Range<usize>),
    /// As a further field of this name.
    Added(String),
}

impl Record<'_> {
    /// Whether the text is written though nothing is cut: the record does not hold it as it is.
    pub(crate) fn is_converted(&self) -> bool {
        match &self.body {
            Body::Text => false,
            Body::Converted => true,
            Body::Object { made, .. } | Body::Row { made, .. } => made.is_some(),
            Body::Warc(layout) => matches!(layout, warc::Layout::Derived(_)) && self.text.is_some(),
        }
    }
}

/// Bytes that are no record: they go to `skipped.jsonl` and not to `clean/`, and `restore` puts them back.
#[derive(Debug)]
pub struct Bad<'a> {
    /// Number in its source, from 1.
    pub number: u64,
    /// Where `bytes` start in the decompressed stream.
    pub offset: u64,
    /// Why they cannot be read, one sentence without a full stop.
    pub reason: String,
    /// The bytes without their line end; of a record that is too long or damaged at most the first MiB.
    pub bytes: &'a [u8],
    /// Bytes of the line end that follows `bytes`: 0, 1 or 2.
    pub line_end: usize,
}

/// Most bytes of an unreadable record that [`Bad::bytes`] shows.
const SHOWN: usize = 1 << 20;

/// Iterator over the records of a block; see [`records`].
#[derive(Debug)]
pub struct Records<'a> {
    block: &'a Block,
    format: SourceFormat,
    fields: &'a Fields,
    /// The whole block, if it is UTF-8.
    valid: Option<&'a str>,
    at: usize,
    /// Index of the next piece.
    piece: usize,
    number: u64,
    done: bool,
}

impl<'a> Iterator for Records<'a> {
    type Item = Parsed<'a>;

    fn next(&mut self) -> Option<Parsed<'a>> {
        if self.done {
            return None;
        }
        match (&self.block.content, self.format) {
            (Content::Unreadable { reason, first }, _) => {
                self.done = true;
                let bytes = 0..self.block.bytes.len().min(SHOWN);
                first.then(|| self.bad(bytes, 0, reason.clone()))
            }
            (Content::Pieces { pieces, header }, _) => self.next_piece(pieces, header.as_deref()),
            (Content::Records, SourceFormat::Txt) => {
                self.done = true;
                Some(self.page(self.at..self.block.bytes.len()))
            }
            (Content::Records, SourceFormat::Html) => {
                self.done = true;
                let page = html::page(&self.block.bytes, None);
                Some(self.converted(0, page.text, Some(Box::new(page.outline))))
            }
            (Content::Records, _) => {
                let line = Lines { bytes: &self.block.bytes, at: self.at }.next()?;
                self.at = line.next;
                let parsed = self.line(&line);
                self.number += 1;
                Some(parsed)
            }
        }
    }
}

impl<'a> Records<'a> {
    fn next_piece(&mut self, pieces: &'a [Piece], header: Option<&csv::Header>) -> Option<Parsed<'a>> {
        loop {
            let piece = pieces.get(self.piece)?;
            self.piece += 1;
            let parsed = match (&piece.kind, header) {
                (Kind::Header | Kind::Between, _) => continue,
                (Kind::Bad(reason), _) => Some(self.bad_line(&piece.span, reason.clone())),
                (Kind::Record, Some(header)) => Some(self.row(&piece.span, header)),
                (Kind::Record, None) => self.warc(&piece.span),
            };
            self.number += 1;
            if parsed.is_some() {
                return parsed;
            }
        }
    }

    /// A line, its end apart.
    fn bad_line(&self, span: &Range<usize>, reason: String) -> Parsed<'a> {
        let length = csv::without_line_end(&self.block.bytes[span.clone()]).len();
        self.bad(span.start..span.start + length, span.len() - length, reason)
    }

    fn row(&self, span: &Range<usize>, header: &csv::Header) -> Parsed<'a> {
        let raw = csv::without_line_end(&self.block.bytes[span.clone()]);
        let found = self
            .utf8(span.start..span.start + raw.len())
            .and_then(|valid| Ok((valid, csv::row(raw, header, self.fields)?)));
        let (valid, csv::Row { mut cells }) = match found {
            Ok(found) => found,
            Err(reason) => return self.bad_line(span, reason),
        };
        let cell = cells[TEXT].take();
        // A table without the column gets it in every row.
        let shown = cells[HTML]
            .take()
            .map(|html| (html::decoded(&csv::value(&valid[html.clone()])), html))
            .filter(|(page, _)| cell.is_none() || !is_blank(&page.text));
        let (page, html) = shown.unzip();
        let made = page.is_some().then(|| match &cell {
            Some(cell) => Made::Replaced(cell.clone()),
            None => Made::Added(self.fields.text_name().to_owned()),
        });
        let (text, outline) = match page {
            Some(page) => (Some(Cow::Owned(page.text)), Some(Box::new(page.outline))),
            None => (cell.clone().map(|cell| csv::value(&valid[cell])), None),
        };
        let mut take = |slot: usize| cells[slot].take().map(|cell| &valid[cell]);
        let full = |cell: Option<&'a str>| cell.map(csv::value).filter(|value| !value.is_empty());
        Parsed::Record(Record {
            number: self.number,
            offset: self.block.offset + span.start as u64,
            raw,
            line_end: span.len() - raw.len(),
            text,
            outline,
            id: full(take(ID)).map(|id| Cow::Owned(csv::token(&id))),
            url: full(take(URL)),
            site: full(take(SITE)),
            rank: take(RANK).map(|cell| Cow::Owned(csv::rank(cell))),
            date: full(take(DATE)),
            body: Body::Row {
                cell,
                made,
                html,
                delimiter: header.delimiter,
                is_alone: header.names.len() == 1,
            },
        })
    }

    /// A WARC record; `None` where it is no page.
    fn warc(&self, span: &Range<usize>) -> Option<Parsed<'a>> {
        let raw = &self.block.bytes[span.clone()];
        let page = warc::page(raw, self.fields)?;
        Some(Parsed::Record(Record {
            number: self.number,
            offset: self.block.offset + span.start as u64,
            raw,
            line_end: 0,
            text: page.text,
            outline: page.outline.map(Box::new),
            id: page.id.map(Cow::Owned),
            url: page.url.map(Cow::Borrowed),
            site: page.site.map(Cow::Borrowed),
            rank: page.rank.map(Cow::Owned),
            date: page.date.map(Cow::Borrowed),
            body: Body::Warc(page.layout),
        }))
    }

    fn bad(&self, bytes: Range<usize>, line_end: usize, reason: String) -> Parsed<'a> {
        Parsed::Bad(Bad {
            number: self.number,
            offset: self.block.offset + bytes.start as u64,
            reason,
            bytes: &self.block.bytes[bytes],
            line_end,
        })
    }

    /// The bytes as UTF-8, or why they are not.
    fn utf8(&self, span: Range<usize>) -> Result<&'a str, String> {
        match self.valid {
            Some(valid) => Ok(&valid[span]),
            None => simdutf8::compat::from_utf8(&self.block.bytes[span])
                .map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to())),
        }
    }

    fn page(&self, span: Range<usize>) -> Parsed<'a> {
        match self.utf8(span.clone()) {
            Ok(text) => Parsed::Record(Record {
                number: self.number,
                offset: self.block.offset + span.start as u64,
                raw: text.as_bytes(),
                line_end: 0,
                text: Some(Cow::Borrowed(text)),
                id: None,
                url: None,
                site: None,
                rank: None,
                outline: None,
                date: None,
                body: Body::Text,
            }),
            Err(reason) => match charset::text(&self.block.bytes[span.clone()]) {
                Some(decoded) => self.converted(span.start, decoded.text.into_owned(), None),
                None => self.bad(span, 0, reason + ", and in no other charset for sure"),
            },
        }
    }

    /// A page whose bytes from `start` on are not its text.
    fn converted(&self, start: usize, text: String, outline: Option<Box<Outline>>) -> Parsed<'a> {
        Parsed::Record(Record {
            number: self.number,
            offset: self.block.offset + start as u64,
            raw: &self.block.bytes[start..],
            line_end: 0,
            text: Some(Cow::Owned(text)),
            outline,
            id: None,
            url: None,
            site: None,
            rank: None,
            date: None,
            body: Body::Converted,
        })
    }

    fn line(&self, line: &Line) -> Parsed<'a> {
        let line_end = line.next - line.raw.end;
        match self.object(line) {
            Ok(record) => Parsed::Record(record),
            Err(reason) => self.bad(line.raw.clone(), line_end, reason),
        }
    }

    fn object(&self, line: &Line) -> Result<Record<'a>, String> {
        let valid = self.utf8(line.raw.clone())?;
        let raw = valid.as_bytes();
        let Values { mut spans, closing } = self.fields.find(raw).map_err(|error| error.to_string())?;
        let inside = |span: &Option<Range<usize>>| {
            let token = span.as_ref().filter(|span| raw[span.start] == b'"');
            token.map(|span| span.start + 1..span.end - 1)
        };
        let decode = |inside: &Range<usize>| {
            json_text::decode(&valid[inside.clone()])
                .map_err(|at| format!("an escape that is no JSON at byte {} of the line", inside.start + at))
        };
        let own = inside(&spans[TEXT]);
        let shown = inside(&spans[HTML])
            .map(|inside| Ok::<_, String>((html::decoded(&decode(&inside)?), inside)))
            .transpose()?
            // HTML that shows nothing takes the place of no text.
            .filter(|(page, _)| own.is_none() || !is_blank(&page.text));
        let (text, outline, body) = match shown {
            Some((page, inside)) => {
                let made = match spans[TEXT].take() {
                    Some(value) => Made::Replaced(value),
                    None => Made::Added(self.fields.text_name().to_owned()),
                };
                let body = Body::Object { token: None, made: Some(made), html: Some(inside), closing };
                (Some(Cow::Owned(page.text)), Some(Box::new(page.outline)), body)
            }
            None => {
                let token = own;
                let text = token.as_ref().map(decode).transpose()?;
                (text, None, Body::Object { token, made: None, html: None, closing })
            }
        };
        let mut take = |slot: usize| spans[slot].take().map(|span| &valid[span]);
        Ok(Record {
            number: self.number,
            offset: self.block.offset + line.raw.start as u64,
            raw,
            line_end: line.next - line.raw.end,
            text,
            outline,
            id: take(ID).map(|token| Cow::Borrowed(token.as_bytes())),
            url: take(URL).and_then(string),
            site: take(SITE).and_then(scalar),
            rank: take(RANK).map(|token| Cow::Borrowed(token.as_bytes())),
            date: take(DATE).and_then(scalar),
            body,
        })
    }
}

/// The text of a string token.
fn string(token: &str) -> Option<Cow<'_, str>> {
    json_text::decode(token.strip_prefix('"')?.strip_suffix('"')?).ok()
}

/// The text of a string token, or a number or literal as it stands.
fn scalar(token: &str) -> Option<Cow<'_, str>> {
    match token.as_bytes().first() {
        Some(b'"') => string(token),
        Some(b'{' | b'[') => None,
        _ if token == "null" => None,
        _ => Some(Cow::Borrowed(token)),
    }
}

/// A line that is not blank.
pub(crate) struct Line {
    /// Its bytes without the line end (LF or CRLF).
    pub(crate) raw: Range<usize>,
    /// The first byte after the line end.
    pub(crate) next: usize,
}

/// The lines of `bytes` from `at` on that are not blank.
pub(crate) struct Lines<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        loop {
            let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
            let (length, next) = match memchr(b'\n', rest) {
                Some(length) => (length, self.at + length + 1),
                None => (rest.len(), self.at + rest.len()),
            };
            let line = &rest[..length];
            let length = length - usize::from(line.ends_with(b"\r"));
            let start = std::mem::replace(&mut self.at, next);
            if !line[..length].iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
                return Some(Line { raw: start..start + length, next });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::InputConfig;
    use crate::input::SourceFormat::{Jsonl, Txt};

    fn fields(text: &str) -> Fields {
        let config = InputConfig {
            text_field: text.into(),
            site_field: Some("site".into()),
            ..InputConfig::default()
        };
        Fields::new(&config).with_rank("score")
    }

    /// What a block parses to, one line a record.
    fn shown(bytes: &[u8], format: SourceFormat, text: &str) -> Vec<String> {
        let block = Block { offset: 0, ..Block::whole(bytes.to_vec()) };
        records(&block, format, &fields(text))
            .map(|parsed| match parsed {
                Parsed::Record(record) => {
                    assert_eq!(record.raw, &bytes[record.offset as usize..][..record.raw.len()]);
                    format!("{} {:?}", record.number, record.text)
                }
                Parsed::Bad(bad) => {
                    assert_eq!(bad.bytes, &bytes[bad.offset as usize..][..bad.bytes.len()]);
                    format!("{} bad at {}: {}", bad.number, bad.offset, bad.reason)
                }
            })
            .collect()
    }

    #[test]
    fn one_line_one_record() {
        let input = b"\xef\xbb\xbf{\"text\":\"a\"}\r\n\n  \t\r\n{\"text\":null}\n{\"text\":7}\n{}\n[]\n{\"text\":\"b\"} \n{\"text\":\"c";
        let expected = [
            "1 Some(\"a\")",
            "2 None",
            "3 None",
            "4 None",
            "5 bad at 51: expected `{` at byte 0 of the line",
            "6 Some(\"b\")",
            "7 bad at 68: a string that does not end at byte 8 of the line",
        ];
        assert_eq!(shown(input, Jsonl, "text"), expected);
    }

    #[test]
    fn bad_utf8_spoils_its_own_line_only() {
        let input = b"{\"text\":\"a\"}\n{\"text\":\"\xff\"}\n{\"text\":\"\xc3\xa9\"}\n";
        let expected =
            ["1 Some(\"a\")", "2 bad at 13: not UTF-8 at byte 9", "3 Some(\"\u{e9}\")"].map(String::from);
        assert_eq!(shown(input, Jsonl, "text"), expected);
        let bad = "1 bad at 0: not UTF-8 at byte 2, and in no other charset for sure";
        assert_eq!(shown(b"ab\xff", Txt, "text"), [bad]);
        assert_eq!(shown(b"\xff\xfea\x00", Txt, "text"), ["1 Some(\"a\")"]);
    }

    #[test]
    fn a_text_file_is_one_page() {
        assert_eq!(shown(b"", Txt, "text"), ["1 Some(\"\")"]);
        assert_eq!(shown(b"\xef\xbb\xbf", Txt, "text"), ["1 Some(\"\")"]);
        assert_eq!(shown(b"\xef\xbb\xbf\r\na\0\n", Txt, "text"), [r#"1 Some("\r\na\0\n")"#]);
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let line = br#"{"text":"a","t\u0065xt":"b","meta":{"text":"no"}}"#;
        assert_eq!(shown(line, Jsonl, "text"), ["1 Some(\"b\")"]);
    }

    #[test]
    fn dots_lead_into_objects_unless_a_key_has_them() {
        let nested = br#"{"a":{"b":"no"},"a":{"b":"x","b":"in","c":1}}"#;
        assert_eq!(shown(nested, Jsonl, "a.b"), ["1 Some(\"in\")"]);
        let both = br#"{"a":{"b":"in"},"a.b":"out"}"#;
        assert_eq!(shown(both, Jsonl, "a.b"), ["1 Some(\"out\")"]);
        for other in [&br#"{"a":7}"#[..], br#"{"a":{"c":1}}"#, br#"{"a":[{"b":"x"}]}"#, b"{}"] {
            assert_eq!(shown(other, Jsonl, "a.b"), ["1 None"]);
        }
    }

    #[test]
    fn fields_keep_their_tokens() {
        let line = r#"{"id":  1e400 ,"url":"http:\/\/a.b","site":12,"score":-0.50,"text":"x"}"#;
        let block = Block::whole(line.into());
        let names = fields("text");
        let Some(Parsed::Record(record)) = records(&block, Jsonl, &names).next() else {
            panic!("a record");
        };
        assert_eq!(record.id.as_deref(), Some(&b"1e400"[..]));
        assert_eq!(record.url.as_deref(), Some("http://a.b"));
        assert_eq!(record.site.as_deref(), Some("12"));
        assert_eq!(record.rank.as_deref(), Some(&b"-0.50"[..]));
    }

    #[test]
    fn a_malformed_escape_is_placed_in_the_line() {
        let bad = shown(br#"{"text":"ab\q"}"#, Jsonl, "text");
        assert_eq!(bad, ["1 bad at 0: an escape that is no JSON at byte 11 of the line"]);
        // Elsewhere it is none of our business.
        assert_eq!(shown(br#"{"text":"a","other":"\q","url":"\q"}"#, Jsonl, "text"), ["1 Some(\"a\")"]);
    }
}
