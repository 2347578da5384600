//! The inside of a JSON string token ↔ the text that it stands for.
//!
//! [`decode`] unescapes; [`raw_ranges`] maps byte spans of the decoded text back to the token, so that a cut touches
//! nothing but its own bytes. A lone surrogate is content: it decodes to U+FFFD. Raw control characters stand for
//! themselves. Cost: one pass; a text without escapes is borrowed.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::json::equal_bytes;
use crate::document::Span;

/// The text of a token's inside (without its quotes); `Err` is the byte of the first malformed escape.
///
/// ```
/// use dechaff::input::json_text::decode;
/// assert_eq!(decode(r"caf\u00e9 \ud83d\ude00 \ud800!").unwrap(), "café 😀 \u{fffd}!");
/// assert_eq!(decode(r"no such \x escape"), Err(8));
/// ```
///
/// # Errors
/// The position of an escape that JSON does not know.
pub fn decode(token: &str) -> Result<Cow<'_, str>, usize> {
    let Some(first) = memchr(b'\\', token.as_bytes()) else {
        return Ok(Cow::Borrowed(token));
    };
    let mut text = String::with_capacity(token.len());
    let mut at = 0;
    let mut hit = first;
    loop {
        text.push_str(&token[at..hit]);
        at = hit;
        while token.as_bytes().get(at) == Some(&b'\\') {
            let (length, character) = escape(&token.as_bytes()[at..]).ok_or(at)?;
            text.push(character);
            at += length;
        }
        match next_escape(token.as_bytes(), at) {
            Some(next) => hit = next,
            None => break,
        }
    }
    text.push_str(&token[at..]);
    Ok(Cow::Owned(text))
}

/// Where spans of the decoded text stand in the token, in the same order.
///
/// `spans` are sorted, disjoint byte spans of [`decode`]'s result. `None` when one of them does not end on a
/// character's border or reaches past the text: it was made for another text.
///
/// ```
/// use dechaff::{document::Span, input::json_text::raw_ranges};
/// let ranges = raw_ranges(r"a\u00e9b\n", &[Span::new(1, 3), Span::new(4, 5)]).unwrap();
/// assert_eq!(ranges, [1..7, 8..10]);
/// ```
pub fn raw_ranges(token: &str, spans: &[Span]) -> Option<Vec<Range<usize>>> {
    let mut walk = Walk { token, raw: 0, decoded: 0 };
    spans
        .iter()
        .map(|span| {
            let start = walk.advance(span.start as usize)?;
            let end = walk.advance(span.end as usize)?;
            Some(start..end)
        })
        .collect()
}

/// Both positions of a walk through a token.
struct Walk<'a> {
    token: &'a str,
    raw: usize,
    decoded: usize,
}

impl Walk<'_> {
    /// The raw position of byte `target` of the decoded text, at or after the present one.
    fn advance(&mut self, target: usize) -> Option<usize> {
        while self.decoded < target {
            let rest = &self.token.as_bytes()[self.raw..];
            let wanted = target - self.decoded;
            let plain = memchr(b'\\', &rest[..wanted.min(rest.len())]).unwrap_or(wanted.min(rest.len()));
            if plain > 0 {
                self.raw += plain;
                self.decoded += plain;
            } else {
                let (length, character) = escape(rest)?;
                self.raw += length;
                self.decoded += character.len_utf8();
            }
        }
        (self.decoded == target && self.token.is_char_boundary(self.raw)).then_some(self.raw)
    }
}

/// Length and character of the escape at the start of `bytes`; a surrogate without its partner is U+FFFD.
fn escape(bytes: &[u8]) -> Option<(usize, char)> {
    let character = match bytes.get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode_escape(bytes),
        _ => return None,
    };
    Some((2, character))
}

fn unicode_escape(bytes: &[u8]) -> Option<(usize, char)> {
    let high = hex(bytes.get(2..6)?)?;
    if let Some(character) = char::from_u32(high) {
        return Some((6, character));
    }
    let low = match bytes.get(6..12) {
        Some([b'\\', b'u', digits @ ..]) if high < 0xdc00 => hex(digits),
        _ => None,
    };
    Some(match low {
        Some(low @ 0xdc00..=0xdfff) => {
            let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            (12, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
        }
        _ => (6, char::REPLACEMENT_CHARACTER),
    })
}

/// The next backslash at or after `at`: the first words by hand, since escapes often stand close together.
fn next_escape(token: &[u8], mut at: usize) -> Option<usize> {
    for _ in 0..4 {
        let Some(&word) = token.get(at..)?.first_chunk::<8>() else { break };
        let hits = equal_bytes(u64::from_le_bytes(word), b'\\');
        if hits != 0 {
            return Some(at + hits.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    memchr(b'\\', &token[at..]).map(|hit| at + hit)
}

/// The value of four hexadecimal digits.
fn hex(digits: &[u8]) -> Option<u32> {
    let value = digits.iter().fold(0, |value, &digit| value << 4 | HEX[usize::from(digit)]);
    (value <= 0xffff).then_some(value)
}

/// The value of each hexadecimal digit; another byte pushes [`hex`] over its range.
const HEX: [u32; 256] = {
    let mut table = [0x1_0000; 256];
    let mut digit = 0;
    while digit < 16 {
        table[b"0123456789abcdef"[digit] as usize] = digit as u32;
        table[b"0123456789ABCDEF"[digit] as usize] = digit as u32;
        digit += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn surrogates_pair_or_stand_alone() {
        assert_eq!(decode(r"\ud83d\ude00").as_deref(), Ok("😀"));
        assert_eq!(decode(r"\ude00\ud83d").as_deref(), Ok("\u{fffd}\u{fffd}"));
        assert_eq!(decode(r"\ud83d\ud83d\ude00").as_deref(), Ok("\u{fffd}😀"));
        assert_eq!(decode(r"\ud83d\n").as_deref(), Ok("\u{fffd}\n"));
        assert_eq!(decode(r"\ud83d").as_deref(), Ok("\u{fffd}"));
    }

    #[test]
    fn malformed_escapes_are_named_by_position() {
        for (token, at) in
            [(r"a\q", 1), (r"\u12", 0), (r"ok \u12g4", 3), (r"\u123g", 0), ("tail\\", 4), (r"\u+123", 0)]
        {
            assert_eq!(decode(token), Err(at), "{token}");
        }
    }

    #[test]
    fn spans_of_another_text_are_refused() {
        let refused = |token, start, end| raw_ranges(token, &[Span::new(start, end)]).is_none();
        assert!(refused("abc", 1, 4));
        assert!(refused("é", 0, 1));
        assert!(refused(r"\u00e9", 1, 2));
        assert!(refused(r"a\ud83d\ude00", 1, 3));
        assert!(!refused(r"a\ud83d\ude00", 1, 5));
    }

    /// A piece of text and one of the ways to write it in a token.
    fn piece() -> impl Strategy<Value = (String, String)> {
        prop_oneof![
            "[a-z ]{1,6}|[一-龥]{1,4}|😀".prop_map(|text: String| (text.clone(), text)),
            prop::char::any().prop_map(|character| {
                let mut units = [0; 2];
                let units = character.encode_utf16(&mut units);
                let token = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
                (character.to_string(), token)
            }),
            Just(("\n".to_owned(), r"\n".to_owned())),
            Just(("/".to_owned(), r"\/".to_owned())),
            Just(("\u{fffd}".to_owned(), r"\uDFFF".to_owned())),
            Just(("\u{7}".to_owned(), "\u{7}".to_owned())),
        ]
    }

    proptest! {
        #[test]
        fn maps_every_cut_back(pieces in prop::collection::vec(piece(), 0..20), picks in prop::collection::vec(any::<bool>(), 20)) {
            let text: String = pieces.iter().map(|(text, _)| text.as_str()).collect();
            let token: String = pieces.iter().map(|(_, token)| token.as_str()).collect();
            let decoded = decode(&token).expect("well formed");
            prop_assert_eq!(decoded.as_ref(), text.as_str());
            // Cut the picked pieces out of the text and out of the token: the same must be left.
            let (mut spans, mut expected, mut at) = (Vec::new(), Vec::new(), (0, 0));
            let (mut kept_text, mut kept_token) = (String::new(), String::new());
            for ((text, token), &pick) in pieces.iter().zip(&picks) {
                let next = (at.0 + text.len(), at.1 + token.len());
                if pick {
                    spans.push(Span::new(at.0 as u32, next.0 as u32));
                    expected.push(at.1..next.1);
                } else {
                    kept_text.push_str(text);
                    kept_token.push_str(token);
                }
                at = next;
            }
            let ranges = raw_ranges(&token, &spans).expect("borders of characters");
            prop_assert_eq!(ranges, expected);
            let decoded = decode(&kept_token).expect("well formed");
            prop_assert_eq!(decoded.as_ref(), kept_text.as_str());
        }

        /// The search by words finds what a search by bytes finds.
        #[test]
        fn escapes_are_found_where_they_stand(token in "[a-z\\\\Ü一]{0,80}", from in 0usize..80) {
            let plain = token.bytes().enumerate().skip(from).find(|&(_, byte)| byte == b'\\').map(|(at, _)| at);
            let from = from.min(token.len());
            prop_assert_eq!(next_escape(token.as_bytes(), from), plain);
        }

        #[test]
        fn agrees_with_serde(text in any::<String>()) {
            let token = serde_json::to_string(&text).expect("a string");
            let decoded = decode(&token[1..token.len() - 1]).expect("serde_json wrote it");
            prop_assert_eq!(decoded.as_ref(), text.as_str());
        }
    }
}
