//! A pattern as rules files have it → the regular expression that is compiled.
//!
//! In go the pattern and the named pieces that it may use, out comes one expression. `build.rs` shares this file, to
//! know the literals of the built-in rules.

use std::collections::BTreeMap;

/// The pattern with its definitions put in, and with ASCII meanings for `\b` and `\d`.
///
/// # Errors
/// Names the definition that is missing.
pub(crate) fn expanded(text: &str, definitions: &BTreeMap<String, String>) -> Result<String, String> {
    let mut pattern = text.to_string();
    // A definition may use others; three rounds are enough for what people write, and end.
    for _ in 0..3 {
        if !pattern.contains("{{") {
            break;
        }
        for (name, piece) in definitions {
            pattern = pattern.replace(&format!("{{{{{name}}}}}"), &format!("(?:{piece})"));
        }
    }
    if let Some(open) = pattern.find("{{") {
        let name: String = pattern[open..].chars().take(24).collect();
        return Err(format!("`pattern` uses `{name}`, which no [define] of this file explains"));
    }
    Ok(ascii(&pattern))
}

/// The pattern with ASCII meanings, which search Chinese text several times as fast, for `\b` and `\d`.
fn ascii(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut in_class = false;
    let mut rest = pattern.replace(r"(?-u:\b)", r"\b");
    rest.push(' ');
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('b') if !in_class => out.push_str(r"(?-u:\b)"),
                Some('d') if in_class => out.push_str("0-9"),
                Some('d') => out.push_str("[0-9]"),
                Some(other) => out.extend(['\\', other]),
                None => {}
            },
            '[' | ']' => {
                in_class = c == '[';
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out.pop();
    out
}
