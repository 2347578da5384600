//! Edits of a table: the text's cell is cut inside its quotes, added columns come at the end of the row.

use std::ops::Range;

use super::edit::Splice;
use crate::document::Span;
use crate::input::Header;
use crate::input::csv::{inside, raw_ranges, value};

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
            let left = left(&value(cell), cut)?;
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
    if !add.is_empty() {
        let insert = add.iter().flat_map(|(_, json)| [vec![delimiter], quoted(json)].concat()).collect();
        splices.push(Splice { remove: row.len()..row.len(), insert });
    }
    Some(splices)
}

/// What of the end of a header line changes when columns are added.
pub(super) fn header_end(line: &[u8], header: &Header, columns: &[&str]) -> Splice {
    let ends = line.iter().rev().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let end = line.len() - ends;
    let insert = columns.iter().flat_map(|name| [vec![header.delimiter], quoted(name)].concat()).collect();
    Splice { remove: end..end, insert }
}

/// What is left of a text.
fn left(text: &str, cut: &[Span]) -> Option<String> {
    let mut left = String::new();
    let mut at = 0;
    for span in cut {
        left.push_str(text.get(at..span.start as usize)?);
        at = span.end as usize;
    }
    left.push_str(text.get(at..)?);
    Some(left)
}

fn quoted(text: &str) -> Vec<u8> {
    format!("\"{}\"", text.replace('"', "\"\"")).into_bytes()
}
