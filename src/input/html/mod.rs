//! HTML → its visible text, one block a line, in reading order, and what the markup says of each line.
//!
//! Tags and text are told apart as the HTML standard says (html5gum); the tree is not built. A stack of open elements
//! at most 512 deep is enough to know where lines begin and end, so that no page, however deep or broken, takes more
//! than a step for each of its bytes and open elements, or more memory than a small multiple of its size.
//!
//! What ends a line: the tags of block elements, `<br>`, table cells; a row of short cells stays one line, its cells
//! apart by tabs. White space is one space, but in `<pre>`. Between Chinese and Japanese characters a line break of
//! the source is no space. Scripts, styles, hidden elements, controls of forms and what browsers show in place of
//! missing features are no text.

/// Titles and their like without an end tag after which a page is still read.
const UNENDED: usize = 4;

mod reader;
mod tags;
mod written;

use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use self::reader::Reader;
pub(crate) use self::written::Places;
use self::written::Written;
use super::charset;
use crate::chrome::Outline;

/// A page as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its visible text: each line ends with a line feed, none begins or ends with a space outside of `<pre>`.
    pub text: String,
    /// Its title, white space collapsed; it is no part of the text.
    pub title: String,
    /// What the markup says of the text's lines.
    pub outline: Outline,
}

/// Lines of a page behind which short ones share a line: what a page costs in memory goes by its lines. A page whose
/// text has more was read in this way.
pub const MOST_LINES: usize = reader::CROWDED;

/// Reads a page from its bytes; see [`charset::html`] for `declared` and the charset.
///
/// ```
/// use dechaff::input::html;
/// let page = html::page(b"<title>T</title><h1>Head</h1><p>One <b>two</b><br>three", None);
/// assert_eq!(page.text, "Head\nOne two\nthree\n");
/// assert_eq!(page.title, "T");
/// ```
pub fn page(bytes: &[u8], declared: Option<&str>) -> Page {
    decoded(&charset::html(bytes, declared).text)
}

/// Reads a page from its text.
pub fn decoded(html: &str) -> Page {
    read(html, Written::new(html.len() / 8)).0
}

/// Reads a page from its text, and says where in it each byte of what was read comes from.
pub(crate) fn placed(html: &str) -> (Page, Places) {
    read(html, Written::placed())
}

fn read(html: &str, text: Written) -> (Page, Places) {
    let mut reader = Reader::new(text);
    let mut from = 0;
    for _ in 0..=UNENDED {
        let mut emitter: CallbackEmitter<_, Infallible, usize> =
            CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| {
                reader.event(event, from + span.start..from + span.end, html);
                None
            });
        emitter.naively_switch_states(true);
        match Tokenizer::new_with_emitter(&html[from..], emitter).finish() {
            Ok(()) => {}
            Err(never) => match never {},
        }
        // A title that never ends would hide the page.
        let Some(at) = reader.unended() else { break };
        let Some(next) = html.get(at..).and_then(|rest| rest.find('<')) else { break };
        from = at + next;
    }
    reader.finish()
}

/// What the text of a page says that holds no tag: its character references decoded.
fn characters(text: &str) -> String {
    let mut said = String::new();
    let emitter: CallbackEmitter<_, Infallible, ()> =
        CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| {
            if let CallbackEvent::String { value } = event {
                said.push_str(&String::from_utf8_lossy(value));
            }
            None
        });
    match Tokenizer::new_with_emitter(text, emitter).finish() {
        Ok(()) => said,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests;
