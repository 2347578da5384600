//! Text of pages, made safe to print: whatever would move the cursor, change colours, or turn the direction of
//! reading stands as an escape.

use std::borrow::Cow;

/// One line of text: line ends are escaped too.
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// Several lines of text: line feeds stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_hidden(c))
}

fn escaped(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hidden(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, directional controls, and characters that show nothing and stand nowhere for good reason; the
/// joiners of Indic and Arabic scripts and of emoji stay.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(line("第14次\tplain"), "第14次\\tplain");
        assert_eq!(line("\x1b[2Ja\u{202e}b\u{9b}c\0\n"), "\\u{1b}[2Ja\\u{202e}b\\u{9b}c\\u{0}\\n");
        assert_eq!(lines("a\r\nb"), "a\\r\nb");
        assert!(matches!(line("नमस्ते 👩‍👧 می‌خواهم"), Cow::Borrowed(_)));
    }
}
