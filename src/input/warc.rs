//! WARC and WET: where records begin and end, and which of them are pages.
//!
//! Pages are records of type `conversion` that are plain text (WET), and of type `response` that hold a successful
//! HTTP response with plain text or HTML. All others pass as they are. Lengths are not trusted: where the record that
//! a length announces is not followed by another one or the end, framing goes on at the next line that begins one.
//! Only versions 0.x and 1.x begin a record; line ends may be LF alone.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;

use memchr::memmem;

use super::charset;
use super::csv::token;
use super::fields::{DATE, Fields, RANK, SITE};
use super::framing::{Kind, Next, Tail};
use super::html;
use crate::chrome::Outline;

/// Longest head of a record that is looked for, in bytes.
const HEAD: usize = 1 << 20;

/// What stands at the beginning of some bytes.
pub(super) fn next(bytes: &[u8], tail: Tail) -> Next {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    if blank > 0 {
        return Next::Piece(blank, Kind::Between);
    }
    if !begins(bytes) {
        if tail == Tail::Open && bytes.len() < START {
            return Next::More;
        }
        return resume(bytes, 0, tail, "no WARC record begins here");
    }
    let Some(head) = head(bytes) else {
        if tail == Tail::Open && bytes.len() < HEAD {
            return Next::More;
        }
        return resume(bytes, 1, tail, "the head of the record does not end");
    };
    let Some(length) = head.length(bytes) else {
        return resume(bytes, 1, tail, "the record has no length");
    };
    let Some(end) = usize::try_from(length).ok().and_then(|length| head.end.checked_add(length)) else {
        return resume(bytes, 1, tail, "a length that no record has");
    };
    let Some(rest) = bytes.get(end..) else {
        if tail == Tail::Open {
            return Next::More;
        }
        let there = bytes.len() - head.end;
        let what = format!("only {there} of the {length} bytes that the record announces");
        return resume(bytes, 1, tail, &what);
    };
    let breaks = rest.iter().take(4).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let after = &rest[breaks..];
    if tail == Tail::Open && after.len() < START {
        return Next::More;
    }
    let fits = begins(after) || breaks == 4 || (after.is_empty() && tail == Tail::Closed);
    if fits {
        return Next::Piece(end + breaks, Kind::Record);
    }
    resume(bytes, 1, tail, &format!("the record does not end after the {length} bytes that it announces"))
}

/// Bytes of the first record, or of what stands in the place of one, with the blank lines after it; `None` where it
/// may be longer than what is there (`is_open`: more will follow).
pub(crate) fn first_record(bytes: &[u8], is_open: bool) -> Option<usize> {
    let tail = if is_open { Tail::Open } else { Tail::Closed };
    let mut length = 0;
    loop {
        match next(bytes.get(length..).filter(|rest| !rest.is_empty())?, tail) {
            Next::Piece(more, Kind::Between) => length += more,
            Next::Piece(more, _) => return Some(length + more),
            Next::More => return None,
        }
    }
}

/// Bytes by which the beginning of a record is known.
pub(super) const START: usize = b"WARC/1.0".len();

fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [b'W', b'A', b'R', b'C', b'/', b'0' | b'1', b'.', b'0'..=b'9', ..])
}

/// Takes as bad what stands before the next record.
fn resume(bytes: &[u8], from: usize, tail: Tail, what: &str) -> Next {
    let bad = |length| Next::Piece(length, Kind::Bad(what.to_owned()));
    match next_start(bytes, from) {
        Some(length) => bad(length),
        None if tail == Tail::Open => Next::More,
        None => bad(bytes.len()),
    }
}

/// The first line at or after `from` that begins a record.
pub(super) fn next_start(bytes: &[u8], from: usize) -> Option<usize> {
    memmem::find_iter(bytes.get(from..)?, b"\nWARC/")
        .map(|hit| from + hit + 1)
        .find(|&start| begins(&bytes[start..]))
}

/// The head of a WARC record or of an HTTP message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The first line, without its end.
    pub(crate) first: Range<usize>,
    /// Its fields, in order.
    pub(crate) fields: Vec<Field>,
    /// Where the blank line begins that ends it.
    pub(crate) blank: usize,
    /// The byte after the blank line.
    pub(crate) end: usize,
}

/// A field of a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its lines, with their ends.
    pub(crate) lines: Range<usize>,
    name: Range<usize>,
    /// What stands behind the colon, white space at both ends left out.
    pub(crate) value: Range<usize>,
}

impl Head {
    /// The last field of this name, whatever its case.
    pub(crate) fn field(&self, bytes: &[u8], name: &str) -> Option<&Field> {
        self.fields.iter().rfind(|field| field.is(bytes, name))
    }

    fn value<'a>(&self, bytes: &'a [u8], name: &str) -> Option<&'a str> {
        std::str::from_utf8(&bytes[self.field(bytes, name)?.value.clone()]).ok()
    }

    fn length(&self, bytes: &[u8]) -> Option<u64> {
        self.value(bytes, "Content-Length")?.parse().ok()
    }
}

impl Field {
    /// Whether it has this name, whatever its case.
    pub(crate) fn is(&self, bytes: &[u8], name: &str) -> bool {
        bytes[self.name.clone()].eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The head that `bytes` begin with; `None` where no blank line ends it.
pub(crate) fn head(bytes: &[u8]) -> Option<Head> {
    let bytes = &bytes[..bytes.len().min(HEAD)];
    let mut lines = Lines { bytes, at: 0 };
    let (first, _) = lines.next()?;
    let mut head = Head { first, fields: Vec::new(), blank: 0, end: 0 };
    loop {
        let (line, next) = lines.next()?;
        if line.is_empty() {
            (head.blank, head.end) = (line.start, next);
            return Some(head);
        }
        let is_continued = matches!(bytes[line.start], b' ' | b'\t');
        match head.fields.last_mut().filter(|_| is_continued) {
            Some(field) => {
                field.lines.end = next;
                field.value.end = line.end;
            }
            None => {
                let colon =
                    memchr::memchr(b':', &bytes[line.clone()]).map_or(line.end, |hit| line.start + hit);
                let value = trimmed(bytes, (colon + 1).min(line.end)..line.end);
                let name = trimmed(bytes, line.start..colon);
                head.fields.push(Field { lines: line.start..next, name, value });
            }
        }
    }
}

/// Lines that end, without their ends, and where the next begins.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = (Range<usize>, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let end = self.at + memchr::memchr(b'\n', self.bytes.get(self.at..)?)?;
        let start = std::mem::replace(&mut self.at, end + 1);
        let line = &self.bytes[start..end];
        Some((start..end - usize::from(line.ends_with(b"\r")), end + 1))
    }
}

fn trimmed(bytes: &[u8], span: Range<usize>) -> Range<usize> {
    let text = &bytes[span.clone()];
    let start = span.start + text.len() - text.trim_ascii_start().len();
    start..start + text.trim_ascii().len()
}

/// A record that is a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<'a> {
    /// Its text; `None` where it cannot be had.
    pub(super) text: Option<Cow<'a, str>>,
    /// What the markup says of the text's lines, where it was made from HTML.
    pub(super) outline: Option<Outline>,
    /// Its id as a JSON token.
    pub(super) id: Option<Vec<u8>>,
    /// Its address.
    pub(super) url: Option<&'a str>,
    /// The field that names its site.
    pub(super) site: Option<&'a str>,
    /// The field that decides which copy is kept, as a JSON token.
    pub(super) rank: Option<Vec<u8>>,
    /// When it was crawled, or what the date field says.
    pub(super) date: Option<&'a str>,
    /// How it may be edited.
    pub(super) layout: Layout,
}

/// How a page lies in its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The text is these bytes of the record.
    Verbatim(Range<usize>),
    /// The text was made from these bytes of the record: decoded, decompressed, taken out of HTML.
    Derived(Range<usize>),
}

/// The page in a whole record; `None` where it is none.
pub(super) fn page<'a>(record: &'a [u8], fields: &Fields) -> Option<Page<'a>> {
    let head = head(record)?;
    let value = |name: &str| head.value(record, name);
    let length = usize::try_from(head.length(record)?).ok()?;
    let block = head.end..head.end + length;
    let kind = value("WARC-Type")?;
    let (text, outline, layout) = if kind.eq_ignore_ascii_case("conversion") {
        if !value("Content-Type").is_none_or(|media| is(media, "text/plain")) {
            return None;
        }
        let (text, layout) = plain(record, block);
        (text, None, layout)
    } else if kind.eq_ignore_ascii_case("response") {
        response(record, block, fields.largest())?
    } else {
        return None;
    };
    let named = |slot: usize| fields.name(slot).and_then(value);
    Some(Page {
        text,
        outline,
        id: value("WARC-Record-ID").map(bare).filter(|id| !id.is_empty()).map(token),
        url: value("WARC-Target-URI").map(bare),
        site: named(SITE),
        rank: named(RANK).map(super::csv::rank),
        date: named(DATE).or_else(|| value("WARC-Date")),
        layout,
    })
}

/// An address without the angle brackets around it.
fn bare(address: &str) -> &str {
    address.strip_prefix('<').and_then(|address| address.strip_suffix('>')).unwrap_or(address)
}

/// Whether a media type is this one, whatever its parameters.
fn is(media: &str, wanted: &str) -> bool {
    media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}

fn plain(record: &[u8], span: Range<usize>) -> (Option<Cow<'_, str>>, Layout) {
    let bytes = &record[span.clone()];
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => (Some(Cow::Borrowed(text)), Layout::Verbatim(span)),
        Err(_) => {
            let text = charset::text(bytes).map(|decoded| decoded.text);
            (text, Layout::Derived(span))
        }
    }
}

/// What another record needs to know to refer to a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its address.
    pub(crate) uri: Option<String>,
    /// When it was crawled.
    pub(crate) date: Option<String>,
    /// Identity of its payload, as it stands in the record.
    pub(crate) payload: String,
    /// Whether its record is written anew though nothing is cut of it.
    pub(crate) is_converted: bool,
}

/// What refers to the page in a record.
pub(crate) fn target(record: &[u8], is_converted: bool) -> Option<Target> {
    let head = head(record)?;
    let block = record.get(head.end..head.end + usize::try_from(head.length(record)?).ok()?)?;
    let is_response = head.value(record, "WARC-Type")?.eq_ignore_ascii_case("response");
    let start = if is_response { self::head(block)?.end } else { 0 };
    let value = |name: &str| head.value(record, name).map(|value| bare(value).to_owned());
    Some(Target {
        uri: value("WARC-Target-URI"),
        date: value("WARC-Date"),
        payload: crate::hash::identity(&block[start..]),
        is_converted,
    })
}

/// The HTML of a record whose text was made from it.
#[derive(Debug)]
pub(crate) struct Payload<'a> {
    /// The block of the record: an HTTP message.
    pub(crate) block: Range<usize>,
    /// The head of the message, places counted from its beginning.
    pub(crate) http: Head,
    /// The body of the message as it stands in the record.
    pub(crate) span: Range<usize>,
    /// The body without its codings; borrowed where it has none.
    pub(crate) body: Cow<'a, [u8]>,
    /// The charset that the message names.
    pub(crate) charset: Option<String>,
}

/// The payload of a record that was read as a response.
pub(crate) fn payload(record: &[u8]) -> Option<Payload<'_>> {
    let outer = head(record)?;
    let block = outer.end..outer.end + usize::try_from(outer.length(record)?).ok()?;
    let message = record.get(block.clone())?;
    let http = head(message)?;
    let span = block.start + http.end..block.end;
    let body = decoded(&record[span.clone()], message, &http, u64::MAX)?;
    let charset = http.value(message, "Content-Type").and_then(|media| parameter(media, "charset"));
    let charset = charset.map(str::to_owned);
    Some(Payload { block, http, span, body, charset })
}

/// The text of an HTTP response that was a success and is plain text or HTML, and what its markup says.
fn response(
    record: &[u8],
    block: Range<usize>,
    largest: u64,
) -> Option<(Option<Cow<'_, str>>, Option<Outline>, Layout)> {
    let message = &record[block.clone()];
    let http = head(message).filter(|_| message.starts_with(b"HTTP/"))?;
    let status = std::str::from_utf8(&message[http.first.clone()]).ok()?.split_ascii_whitespace().nth(1)?;
    if !status.starts_with('2') {
        return None;
    }
    let media = http.value(message, "Content-Type")?;
    let is_html = is(media, "text/html") || is(media, "application/xhtml+xml");
    if !is_html && !is(media, "text/plain") {
        return None;
    }
    let span = block.start + http.end..block.end;
    let raw = &record[span.clone()];
    let body = match decoded(raw, message, &http, largest) {
        Some(body) => body,
        None => return Some((None, None, Layout::Derived(span))),
    };
    if is_html {
        let page = html::page(&body, parameter(media, "charset"));
        return Some((Some(Cow::Owned(page.text)), Some(page.outline), Layout::Derived(span)));
    }
    match body {
        Cow::Borrowed(_) => {
            let (text, layout) = plain(record, span);
            Some((text, None, layout))
        }
        Cow::Owned(body) => {
            let text = match String::from_utf8(body) {
                Ok(text) => Some(text),
                Err(error) => charset::text(error.as_bytes()).map(|decoded| decoded.text.into_owned()),
            };
            Some((text.map(Cow::Owned), None, Layout::Derived(span)))
        }
    }
}

/// A parameter of a media type.
fn parameter<'a>(media: &'a str, name: &str) -> Option<&'a str> {
    media.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// The body of a message without its transfer and content codings. Many crawlers take the codings off and leave the
/// fields that name them, so a body that is not coded as they say is taken as it is. `None` where it is coded in a
/// way that is not known, or too large.
fn decoded<'a>(body: &'a [u8], message: &[u8], http: &Head, largest: u64) -> Option<Cow<'a, [u8]>> {
    let coding = |name: &str| http.value(message, name).unwrap_or_default().trim().to_ascii_lowercase();
    let mut body = Cow::Borrowed(body);
    if coding("Transfer-Encoding") == "chunked"
        && let Some(whole) = unchunked(&body)
    {
        body = Cow::Owned(whole);
    }
    let gzip = body.starts_with(b"\x1f\x8b");
    match &*coding("Content-Encoding") {
        "gzip" | "x-gzip" if gzip => {
            let mut plain = Vec::new();
            let mut decoder = flate2::bufread::MultiGzDecoder::new(&*body).take(largest);
            // A page that was cut off is a page up to there.
            let outcome = decoder.read_to_end(&mut plain);
            let whole = plain.len() as u64 != largest && (outcome.is_ok() || !plain.is_empty());
            whole.then_some(Cow::Owned(plain))
        }
        "" | "identity" | "gzip" | "x-gzip" => Some(body),
        // Not known: text all the same if the coding was taken off.
        _ => simdutf8::basic::from_utf8(&body).is_ok().then_some(body),
    }
}

/// The chunks of a chunked body put together; `None` where it is not chunked.
fn unchunked(body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::with_capacity(body.len());
    let mut at = 0;
    loop {
        let line = at + memchr::memchr(b'\n', &body[at..])?;
        let size = std::str::from_utf8(&body[at..line]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        let start = line + 1;
        let end = start.checked_add(size)?.min(body.len());
        whole.extend_from_slice(&body[start..end]);
        at = end + body.get(end..)?.iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if at >= body.len() {
            // Cut off.
            return Some(whole);
        }
    }
}
