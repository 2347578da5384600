//! Edits of a table: the text's cell is cut inside its quotes, added columns come at the end of the row.

use std::borrow::Cow;
use std::ops::Range;

use super::edit::{Splice, without};
use crate::document::Span;
use crate::input::csv::{inside, raw_ranges, value};
use crate::input::{Header, Made, json_text};

/// The changes of a row, in order; `None` when a cut does not fit the text.
///
/// A cell that is not quoted stays so, unless what is left of it could be read otherwise.
pub(super) fn splices(
    row: &[u8],
    cell: Option<Range<usize>>,
    is_alone: bool,
    cut: &[Span],
    delimiter: u8,
    add: &[(String, String)],
) -> Option<Vec<Splice>> {
    let mut splices = Vec::new();
    match cell {
        Some(place) if !cut.is_empty() => {
            let cell = std::str::from_utf8(&row[place.clone()]).ok()?;
            let (start, ranges) = match inside(cell) {
                Some(inside) => (place.start + 1, raw_ranges(inside, cut)?),
                None => {
                    let ranges = cut.iter().map(|span| cell.get(span.range()).map(|_| span.range()));
                    (place.start, ranges.collect::<Option<Vec<_>>>()?)
                }
            };
            let left = without(&value(cell), cut)?;
            if inside(cell).is_none() && (left.starts_with('"') || (left.is_empty() && is_alone)) {
                splices.push(Splice { remove: place, insert: quoted(&left) });
            } else {
                let at = |range: Range<usize>| start + range.start..start + range.end;
                splices.extend(
                    ranges
                        .into_iter()
                        .filter(|range| !range.is_empty())
                        .map(|range| Splice { remove: at(range), insert: Vec::new() }),
                );
            }
        }
        None if !cut.is_empty() => return None,
        _ => {}
    }
    splices.extend(at_the_end(row, add.iter().map(|(_, json)| said(json)), delimiter));
    Some(splices)
}

/// The changes of a row whose text was made from another cell.
pub(super) fn written(
    row: &[u8],
    made: &Made,
    text: &str,
    delimiter: u8,
    add: &[(String, String)],
) -> Option<Vec<Splice>> {
    let add = add.iter().map(|(_, json)| said(json));
    Some(match made {
        Made::Replaced(cell) => {
            let text = Splice { remove: cell.clone(), insert: quoted(text) };
            std::iter::once(text).chain(at_the_end(row, add, delimiter)).collect()
        }
        Made::Added(_) => {
            at_the_end(row, std::iter::once(Cow::Borrowed(text)).chain(add), delimiter).into_iter().collect()
        }
    })
}

/// What a cell says of a JSON value: a string itself, anything else as it is written.
fn said(json: &str) -> Cow<'_, str> {
    let inside = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.and_then(|inside| json_text::decode(inside).ok()).unwrap_or(Cow::Borrowed(json))
}

fn at_the_end<'a>(row: &[u8], add: impl Iterator<Item = Cow<'a, str>>, delimiter: u8) -> Option<Splice> {
    let insert: Vec<u8> = add.flat_map(|cell| [vec![delimiter], quoted(&cell)].concat()).collect();
    (!insert.is_empty()).then_some(Splice { remove: row.len()..row.len(), insert })
}

/// What of the end of a header line changes when columns are added.
pub(super) fn header_end(line: &[u8], header: &Header, columns: &[&str]) -> Splice {
    let ends = line.iter().rev().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let end = line.len() - ends;
    let insert = columns.iter().flat_map(|name| [vec![header.delimiter], quoted(name)].concat()).collect();
    Splice { remove: end..end, insert }
}

pub(super) fn quoted(text: &str) -> Vec<u8> {
    format!("\"{}\"", text.replace('"', "\"\"")).into_bytes()
}
