//! Text → HTML that shows it and does nothing else.

use minijinja::value::Value;

use crate::text::visible::is_hidden;

/// What is said of a stretch of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing.
    Plain,
    /// It stands in the kept one alone.
    Kept,
    /// It stands in the copy alone.
    Copy,
    /// A number that the other side has not.
    Stripped,
    /// A number that the other side masks, or the mask.
    Masked,
    /// A number that is another on the other side.
    Changed,
    /// It was taken for chrome.
    Chrome,
}

impl Mark {
    /// Element, class, and what a screen reader says before the text.
    fn element(self) -> Option<(&'static str, &'static str, &'static str)> {
        Some(match self {
            Mark::Plain => return None,
            Mark::Kept => ("del", "k", "only in the kept one: "),
            Mark::Copy => ("ins", "c", "only in the copy: "),
            Mark::Stripped => ("mark", "ns", "number stripped: "),
            Mark::Masked => ("mark", "nm", "number masked: "),
            Mark::Changed => ("mark", "nc", "number changed: "),
            Mark::Chrome => ("mark", "ch", "chrome: "),
        })
    }
}

/// HTML in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Adds text under a mark.
    pub(super) fn push(&mut self, mark: Mark, text: &str) {
        match mark.element() {
            None => self.text(text),
            Some((name, class, said)) => {
                self.0.push_str(&format!("<{name} class=\"{class}\"><span class=\"sr\">{said}</span>"));
                self.text(text);
                self.0.push_str(&format!("</{name}>"));
            }
        }
    }

    /// Adds the place of something that is not there.
    pub(super) fn nothing(&mut self, mark: Mark) {
        if let Some((_, class, _)) = mark.element() {
            self.0.push_str(&format!(
                "<mark class=\"{class}\"><span class=\"sr\">nothing here</span><span aria-hidden=\"true\">‸</span></mark>"
            ));
        }
    }

    /// Adds a line end of the text.
    pub(super) fn line_end(&mut self) {
        self.0.push_str("<span class=\"br\"><span class=\"sr\"> line end </span><span aria-hidden=\"true\">⏎</span></span>");
    }

    /// Adds a place where characters are left out.
    pub(super) fn left_out(&mut self, characters: usize) {
        self.0.push_str(&format!("<span class=\"cut\"> … {characters} characters … </span>"));
    }

    /// Whether nothing was added.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The HTML, which a template prints as it is.
    pub(super) fn finish(self) -> Value {
        Value::from_safe_string(self.0)
    }

    fn text(&mut self, text: &str) {
        let mut plain = 0;
        for (at, c) in text.char_indices() {
            if let Some(entity) = entity(c) {
                self.0.push_str(&text[plain..at]);
                self.0.push_str(entity);
            } else if is_hidden(c) && c != '\t' {
                self.0.push_str(&text[plain..at]);
                self.0.push_str(&format!("<span class=\"hid\">U+{:04X}</span>", u32::from(c)));
            } else {
                continue;
            }
            plain = at + c.len_utf8();
        }
        self.0.push_str(&text[plain..]);
    }
}

/// Text for any place of a page, an attribute too: hidden characters stand in brackets.
pub(super) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match entity(c) {
            Some(entity) => shown.push_str(entity),
            None if is_hidden(c) => shown.push_str(&format!("[U+{:04X}]", u32::from(c))),
            None => shown.push(c),
        }
    }
    shown
}

fn entity(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        '`' => "&#96;",
        _ => return None,
    })
}

/// The first `limit` characters of a text, with … where more follow.
pub(super) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let mut html = Html::default();
        html.push(Mark::Plain, "</script><img src=x onerror='a()'>&amp;`");
        html.push(Mark::Changed, "1\u{202e}4\t\u{0}");
        let shown = html.finish().to_string();
        assert_eq!(
            shown,
            "&lt;/script&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;amp;&#96;\
             <mark class=\"nc\"><span class=\"sr\">number changed: </span>1<span class=\"hid\">U+202E</span>4\t\
             <span class=\"hid\">U+0000</span></mark>"
        );
        assert_eq!(escaped("a\"\u{2066}\n"), "a&quot;[U+2066][U+000A]");
        assert_eq!((cut("一二三", 2), cut("一二", 2)), ("一二…".into(), "一二".into()));
    }
}
