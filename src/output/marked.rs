//! HTML and what would go of it → the same HTML, with what would go marked.
//!
//! A mark is `<del class="dechaff" …>…</del>` around a piece of text between two tags: where text may stand such an
//! element may, so nothing moves, and browsers strike it through. Marks are ASCII and never hold a tag, so a page
//! without them is the page as it was: take away each such tag, and the first `</del>` behind it. The page is read
//! again to know where its text stands. Cost: 8 bytes a byte of text, for the page in work.

use std::ops::Range;

use super::csv;
use super::edit::{self, Splice};
use crate::document::Span;
use crate::input::charset::{self, raw_places};
use crate::input::json_text::raw_ranges;
use crate::input::{Body, Made, Record, html, warc};

/// Something that would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Bytes of the text as read.
    pub span: Span,
    /// Attributes of the element around it, by name; any text is a value.
    pub attributes: Vec<(&'static str, String)>,
}

/// The changes that put marks into a record, and how many marks did not find all of their text.
pub(super) type Marked = (Vec<Splice>, u64);

/// The changes of a record, in order. Where the text was made from HTML, that stays, with marks in it, and a text that
/// is written besides is cut; any other record is cut. `None` when a span does not fit the record's text.
pub(super) fn splices(
    record: &Record<'_>,
    cut: &[Span],
    marks: &[Mark],
    add: &[(String, String)],
) -> Option<Marked> {
    if record.outline.is_none() {
        return Some((edit::splices(record, cut, add)?, 0));
    }
    let text = record.text.as_deref()?;
    match &record.body {
        Body::Converted => {
            let page = charset::html(record.raw, None);
            let (tags, lost) = tags(&page.text, text, marks)?;
            let (placed, more) = placed(record.raw, &page, tags);
            Some((placed, lost + more))
        }
        Body::Warc(warc::Layout::Derived(_)) => {
            let payload = warc::payload(record.raw)?;
            let page = charset::html(&payload.body, payload.charset.as_deref());
            let (tags, lost) = tags(&page.text, text, marks)?;
            let (placed, more) = placed(&payload.body, &page, tags);
            Some((super::warc::marked(record.raw, &payload, &placed, add)?, lost + more))
        }
        Body::Object { html: Some(inside), made, .. } => {
            let mut splices = edit::splices(record, cut, add)?;
            // The text may go where the HTML stood.
            if matches!(made, Some(Made::Replaced(place)) if place.contains(&inside.start)) {
                return Some((splices, 0));
            }
            let token = std::str::from_utf8(&record.raw[inside.clone()]).ok()?;
            let page = crate::input::json_text::decode(token).ok()?;
            let (tags, lost) = tags(&page, text, marks)?;
            let points: Vec<Span> = tags.iter().map(|tag| Span::new(tag.0 as u32, tag.0 as u32)).collect();
            let points = raw_ranges(token, &points)?;
            splices.extend(points.into_iter().zip(tags).map(|(point, (_, tag))| {
                let escaped = serde_json::Value::from(tag).to_string();
                let at = inside.start + point.start;
                Splice { remove: at..at, insert: escaped.as_bytes()[1..escaped.len() - 1].to_vec() }
            }));
            splices.sort_by_key(|splice| splice.remove.start);
            Some((splices, lost))
        }
        Body::Row { html: Some(cell), made, .. } => {
            let mut splices = edit::splices(record, cut, add)?;
            if matches!(made, Some(Made::Replaced(place)) if place == cell) {
                return Some((splices, 0));
            }
            let page = crate::input::csv::value(std::str::from_utf8(&record.raw[cell.clone()]).ok()?);
            let (tags, lost) = tags(&page, text, marks)?;
            if !tags.is_empty() {
                let marked = inserted(&page, &tags);
                splices.push(Splice { remove: cell.clone(), insert: csv::quoted(&marked) });
                splices.sort_by_key(|splice| splice.remove.start);
            }
            Some((splices, lost))
        }
        _ => Some((edit::splices(record, cut, add)?, 0)),
    }
}

/// Tags and the bytes of the page before which they go, in order, and how many marks did not find all of their text.
fn tags(page: &str, text: &str, marks: &[Mark]) -> Option<(Vec<(usize, String)>, u64)> {
    if marks.is_empty() {
        return Some((Vec::new(), 0));
    }
    let (read, places) = html::placed(page);
    if read.text != text {
        return None;
    }
    let mut tags = Vec::new();
    let mut lost = 0;
    let mut end = 0;
    for mark in marks {
        let found = places.of(mark.span.range(), text, page);
        lost += u64::from(found.is_partial);
        // One character of the source may stand for several of the text.
        for Range { start, end: next } in found.runs {
            let start = start.max(end);
            if start < next {
                tags.push((start, opening(&mark.attributes)));
                tags.push((next, CLOSING.to_owned()));
                end = next;
            }
        }
    }
    Some((tags, lost))
}

const CLOSING: &str = "</del>";

fn opening(attributes: &[(&str, String)]) -> String {
    let mut tag = String::from("<del class=\"dechaff\"");
    for (name, value) in attributes {
        tag.push_str(&format!(" {name}=\""));
        for c in value.chars() {
            match c {
                // In any charset, and in any format around the page.
                ' ' | '!' | '#'..='%' | '('..=';' | '=' | '?'..='~' => tag.push(c),
                c => tag.push_str(&format!("&#{};", u32::from(c))),
            }
        }
        tag.push('"');
    }
    tag.push('>');
    tag
}

/// Tags as changes of a page's own bytes, and how many marks could not be placed in them.
fn placed(bytes: &[u8], page: &charset::Decoded<'_>, tags: Vec<(usize, String)>) -> Marked {
    let wanted: Vec<usize> = tags.iter().map(|(at, _)| *at).collect();
    let places = raw_places(bytes, page, &wanted);
    let mut splices = Vec::with_capacity(tags.len());
    let mut lost = 0;
    for (places, tags) in places.chunks(2).zip(tags.chunks(2)) {
        let [Some(start), Some(end)] = places else {
            lost += 1;
            continue;
        };
        for (&at, (_, tag)) in [start, end].into_iter().zip(tags) {
            splices.push(Splice { remove: at..at, insert: tag.clone().into_bytes() });
        }
    }
    (splices, lost)
}

fn inserted(page: &str, tags: &[(usize, String)]) -> String {
    let mut marked = String::with_capacity(page.len());
    let mut from = 0;
    for (at, tag) in tags {
        marked.push_str(&page[from..*at]);
        marked.push_str(tag);
        from = *at;
    }
    marked + &page[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(page: &str, spans: &[(u32, u32)]) -> (String, u64) {
        let (read, _) = html::placed(page);
        let mark = |&(start, end): &(u32, u32)| Mark {
            span: Span::new(start, end),
            attributes: vec![("data-reason", "x".to_owned())],
        };
        let marks: Vec<Mark> = spans.iter().map(mark).collect();
        let (tags, lost) = tags(page, &read.text, &marks).expect("read alike");
        let marked = inserted(page, &tags);
        assert_eq!(without(&marked), page, "without marks it is the page");
        assert_eq!(html::decoded(&marked).text, read.text, "marks change no text");
        (marked.replace(" class=\"dechaff\" data-reason=\"x\"", ""), lost)
    }

    /// A page without its marks.
    fn without(marked: &str) -> String {
        let mut page = String::new();
        let mut rest = marked;
        while let Some((before, behind)) = rest.split_once("<del class=\"dechaff\"") {
            let (_, inner) = behind.split_once('>').expect("a tag ends");
            let (inner, after) = inner.split_once(CLOSING).expect("a mark ends");
            page.push_str(before);
            page.push_str(inner);
            rest = after;
        }
        page + rest
    }

    #[test]
    fn text_between_tags_is_marked() {
        let page =
            "<ul><li><a href=x>Home</a>\n <a href=y>News</a></ul><p>Text &amp; more &copy;2024.\r\nEnd</p>";
        assert_eq!(
            marked(page, &[(0, 10)]).0,
            "<ul><li><a href=x><del>Home</del></a>\n <a href=y><del>News</del></a></ul><p>Text &amp; more &copy;2024.\r\nEnd</p>"
        );
        assert_eq!(
            marked(page, &[(10, 10 + 19)]).0,
            "<ul><li><a href=x>Home</a>\n <a href=y>News</a></ul><p><del>Text &amp; more &copy;2024.</del>\r\nEnd</p>"
        );
        // A span inside a line, and another beside it.
        assert_eq!(
            marked("<p>one two three", &[(4, 7), (8, 13)]).0,
            "<p>one <del>two</del> <del>three</del>"
        );
        assert_eq!(
            marked("<p>a<!-- c -->b <br>c", &[(0, 4)]).0,
            "<p><del>a</del><!-- c --><del>b</del> <br><del>c</del>"
        );
        assert_eq!(
            marked("<table><tr><td>a<td>b</table>", &[(0, 4)]).0,
            "<table><tr><td><del>a</del><td><del>b</del></table>"
        );
        assert_eq!(
            marked("<pre>a\r\n\n\nb &lt; c</pre>", &[(0, 9)]).0,
            "<pre><del>a\r\n\n\nb &lt; c</del></pre>"
        );
        assert_eq!(marked("<title>no end<p>text", &[(0, 5)]).0, "<title>no end<p><del>text</del>");
    }

    #[test]
    fn what_cannot_be_marked_is_told() {
        assert_eq!(
            marked("<xmp>a <b> c</xmp><p>d", &[(0, 10)]),
            ("<xmp>a <b> c</xmp><p><del>d</del>".to_owned(), 1)
        );
    }

    #[test]
    fn values_are_plain_everywhere() {
        let tag = opening(&[("data-kept", "a\"b<c>'&\u{4e2d}\n".to_owned())]);
        assert_eq!(tag, "<del class=\"dechaff\" data-kept=\"a&#34;b&#60;c&#62;&#39;&#38;&#20013;&#10;\">");
    }
}
