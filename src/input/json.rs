//! One line of JSON → the spans of its top-level members, without building a tree.
//!
//! In: the bytes of a line. Out: for each member the bytes of its key (between the quotes, still escaped) and the
//! span of its value, and where the object closes. Accepts all that serde_json accepts (RFC 8259) and what scraped
//! corpora hold besides: duplicate keys, `NaN` and `Infinity`, lone surrogates, raw control characters in strings,
//! numbers of any size, a byte order mark, nesting of any depth. Structure is checked at every level (brackets
//! match, strings end); below the top level, commas and scalars are passed over unread. No recursion. Cost: one pass;
//! strings go by `memchr2`, so a long text costs a fraction of a nanosecond a byte.

use std::ops::Range;

use memchr::memchr2;

/// Why a line is no JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at} of the line")]
pub struct Malformed {
    /// Byte of the line where reading stopped, from 0.
    pub at: usize,
    /// What was met or missed there.
    pub what: &'static str,
    /// Whether the line merely ends too early: with more bytes it might be an object.
    pub unfinished: bool,
}

/// Where an object ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Byte of the final `}`.
    pub brace: usize,
    /// Whether the object has no member.
    pub empty: bool,
}

/// Calls `member` with the raw key (between its quotes) and the value's span for each member, in order.
///
/// A byte order mark and white space may stand before the object, white space after it. Spans count from the start
/// of `line`. Members that precede an error have already been handed out when the error is returned.
///
/// ```
/// use dechaff::input::json::scan;
/// let line = br#"{"id": 7, "text": "a\nb"}"#;
/// let mut spans = Vec::new();
/// let closing = scan(line, |key, value| spans.push((key, &line[value]))).unwrap();
/// assert_eq!(spans, [(&b"id"[..], &b"7"[..]), (b"text", br#""a\nb""#)]);
/// assert_eq!(closing.brace, line.len() - 1);
/// ```
///
/// # Errors
/// [`Malformed`] when the line is anything but one object.
pub fn scan<'a>(
    line: &'a [u8],
    mut member: impl FnMut(&'a [u8], Range<usize>),
) -> Result<Closing, Malformed> {
    let start = if line.starts_with(BOM) { BOM.len() } else { 0 };
    let mut at = skip_space(line, start);
    at = expect(line, at, b'{', "expected `{`")?;
    at = skip_space(line, at);
    if line.get(at) == Some(&b'}') {
        return finish(line, Closing { brace: at, empty: true });
    }
    loop {
        let key = expect(line, at, b'"', "expected a key in double quotes")?;
        let after_key = string_end(line, key)?;
        at = skip_space(line, after_key);
        at = expect(line, at, b':', "expected `:` after a key")?;
        at = skip_space(line, at);
        let end = value_end(line, at)?;
        member(&line[key..after_key - 1], at..end);
        at = skip_space(line, end);
        match line.get(at) {
            Some(b',') => at = skip_space(line, at + 1),
            Some(b'}') => return finish(line, Closing { brace: at, empty: false }),
            Some(_) => return Err(malformed(at, "expected `,` or `}` after a value")),
            None => return Err(unfinished(at, "the line ends inside the object")),
        }
    }
}

/// The spans of an array's items, in order; white space may stand around the array.
///
/// # Errors
/// [`Malformed`] when the bytes are anything but one array.
pub(crate) fn items(array: &[u8]) -> Result<Vec<Range<usize>>, Malformed> {
    let mut items = Vec::new();
    let mut at = expect(array, skip_space(array, 0), b'[', "expected `[`")?;
    at = skip_space(array, at);
    if array.get(at) == Some(&b']') {
        return Ok(items);
    }
    loop {
        let end = value_end(array, at)?;
        items.push(at..end);
        at = skip_space(array, end);
        match array.get(at) {
            Some(b',') => at = skip_space(array, at + 1),
            Some(b']') => return Ok(items),
            Some(_) => return Err(malformed(at, "expected `,` or `]` after a value")),
            None => return Err(unfinished(at, "the line ends inside the array")),
        }
    }
}

/// The UTF-8 byte order mark.
pub const BOM: &[u8] = b"\xef\xbb\xbf";

fn finish(line: &[u8], closing: Closing) -> Result<Closing, Malformed> {
    let rest = skip_space(line, closing.brace + 1);
    if rest == line.len() { Ok(closing) } else { Err(malformed(rest, "more follows after the object")) }
}

fn malformed(at: usize, what: &'static str) -> Malformed {
    Malformed { at, what, unfinished: false }
}

fn unfinished(at: usize, what: &'static str) -> Malformed {
    Malformed { at, what, unfinished: true }
}

fn skip_space(line: &[u8], mut at: usize) -> usize {
    while line.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// The byte after `wanted`, which must stand at `at`.
fn expect(line: &[u8], at: usize, wanted: u8, what: &'static str) -> Result<usize, Malformed> {
    match line.get(at) {
        Some(&byte) if byte == wanted => Ok(at + 1),
        Some(_) => Err(malformed(at, what)),
        None => Err(unfinished(at, "the line ends inside the object")),
    }
}

/// The byte after the value that starts at `at`.
fn value_end(line: &[u8], at: usize) -> Result<usize, Malformed> {
    match line.get(at) {
        Some(b'"') => string_end(line, at + 1),
        Some(b'{' | b'[') => nested_end(line, at),
        Some(_) => scalar_end(line, at),
        None => Err(unfinished(at, "the line ends before a value")),
    }
}

/// The byte after the closing quote of the string whose content starts at `at`.
fn string_end(line: &[u8], mut at: usize) -> Result<usize, Malformed> {
    let start = at;
    while let Some(hit) = quote_or_escape(line, at) {
        at = hit;
        if line[at] == b'"' {
            return Ok(at + 1);
        }
        // Escapes come in runs: step over them without starting a search for each.
        while line.get(at) == Some(&b'\\') {
            at += escape_length(line, at);
        }
    }
    Err(unfinished(start - 1, "a string that does not end"))
}

/// Bytes from the backslash at `at` that are surely part of its escape. `\uXXXX` goes in one step where its digits
/// hide neither a quote nor a backslash.
fn escape_length(line: &[u8], at: usize) -> usize {
    let Some(&[_, b'u', a, b, c, d]) = line.get(at..).and_then(|rest| rest.first_chunk::<6>()) else {
        return 2;
    };
    let digits = u64::from(u32::from_le_bytes([a, b, c, d]));
    let hidden = (equal_bytes(digits, b'"') | equal_bytes(digits, b'\\')) & 0x8080_8080;
    if hidden == 0 { 6 } else { 2 }
}

/// The next quote or backslash at or after `at`: the first words by hand, since escapes often stand close together,
/// then by `memchr2`.
fn quote_or_escape(line: &[u8], mut at: usize) -> Option<usize> {
    for _ in 0..4 {
        let Some(&word) = line.get(at..)?.first_chunk::<8>() else { break };
        let word = u64::from_le_bytes(word);
        let hits = equal_bytes(word, b'"') | equal_bytes(word, b'\\');
        if hits != 0 {
            return Some(at + hits.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    memchr2(b'"', b'\\', &line[at..]).map(|hit| at + hit)
}

/// The high bit of each byte of `word` that equals `byte`. Bytes above the lowest hit may be reported wrongly.
pub(super) fn equal_bytes(word: u64, byte: u8) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let differs = word ^ (ONES * u64::from(byte));
    differs.wrapping_sub(ONES) & !differs & (ONES << 7)
}

/// The byte after the array or object that starts at `at`.
fn nested_end(line: &[u8], mut at: usize) -> Result<usize, Malformed> {
    let start = at;
    // The closing brackets that are due, innermost last: on the heap, so no input can exhaust the stack.
    let mut due = Vec::new();
    loop {
        match line.get(at) {
            Some(b'"') => at = string_end(line, at + 1)?,
            Some(b'{') => {
                due.push(b'}');
                at += 1;
            }
            Some(b'[') => {
                due.push(b']');
                at += 1;
            }
            Some(&byte @ (b'}' | b']')) => {
                if due.pop() != Some(byte) {
                    return Err(malformed(at, "a bracket that closes another kind"));
                }
                at += 1;
                if due.is_empty() {
                    return Ok(at);
                }
            }
            Some(_) => at += 1,
            None => return Err(unfinished(start, "an array or object that does not end")),
        }
    }
}

/// The byte after the number or literal that starts at `at`.
fn scalar_end(line: &[u8], at: usize) -> Result<usize, Malformed> {
    let rest = &line[at..];
    let length = rest
        .iter()
        .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n'))
        .unwrap_or(rest.len());
    let known = match &rest[..length] {
        b"true" | b"false" | b"null" | b"NaN" | b"Infinity" | b"-Infinity" => true,
        [b'-' | b'0'..=b'9', digits @ ..] => {
            digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        }
        _ => false,
    };
    match (known, length == rest.len()) {
        (_, true) => Err(unfinished(at, "the line ends inside a value")),
        (true, false) => Ok(at + length),
        (false, false) => Err(malformed(at, "a value that is no JSON")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn members(line: &[u8]) -> Result<Vec<(String, String)>, Malformed> {
        let mut found = Vec::new();
        scan(line, |key, value| {
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            found.push((text(key), text(&line[value])));
        })?;
        Ok(found)
    }

    #[test]
    fn accepts_what_strict_parsers_refuse() {
        let lines: [(&[u8], usize); 9] = [
            (b"{}", 0),
            (b" \t{ } \r", 0),
            (b"\xef\xbb\xbf{\"a\":1}", 1),
            (br#"{"a":1,"a":2}"#, 2),
            (br#"{"a":NaN,"b":-Infinity,"c":Infinity}"#, 3),
            (br#"{"a":"\ud800"}"#, 1),
            (b"{\"a\":\"tab\there \x00 \x1b\"}", 1),
            (b"{\"a\":123456789012345678901234567890e999999}", 1),
            (br#"{"a":{"b":[1,"]}",{}]},"c":[]}"#, 2),
        ];
        for (line, count) in lines {
            let found = members(line).unwrap_or_else(|error| panic!("{}: {error}", line.escape_ascii()));
            assert_eq!(found.len(), count, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let lines: [(&[u8], usize, bool); 16] = [
            (b"", 0, true),
            (b"[1]", 0, false),
            (b"plain words", 0, false),
            (br#"{"a":1"#, 5, true),
            (br#"{"a":1 "#, 7, true),
            (br#"{"a":"b"#, 5, true),
            (br#"{"a":"b\"#, 5, true),
            (br#"{"a":"b\"}"#, 5, true),
            (br#"{"a":1}}"#, 7, false),
            (br#"{"a":1} x"#, 8, false),
            (br#"{"a":1,}"#, 7, false),
            (br#"{"a" 1}"#, 5, false),
            (br#"{a:1}"#, 1, false),
            (br#"{"a":[1}"#, 7, false),
            (br#"{"a":[1"#, 5, true),
            (br#"{"a":nil}"#, 5, false),
        ];
        for (line, at, unfinished) in lines {
            let error = members(line).expect_err("must be refused");
            assert_eq!((error.at, error.unfinished), (at, unfinished), "{}: {error}", line.escape_ascii());
        }
    }

    #[test]
    fn a_million_brackets_cost_no_stack() {
        let depth = 1_000_000;
        let open = format!("{{\"a\":{}", "[".repeat(depth));
        assert!(members(open.as_bytes()).expect_err("never closed").unfinished);
        let closed = format!("{open}{}}}", "]".repeat(depth));
        assert_eq!(members(closed.as_bytes()).map(|found| found.len()), Ok(1));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC*|[\"\\\\{}\\[\\],:\n\t\u{0}-\u{1f}]*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// serde_json is the oracle: every object that it writes has the same members here.
        #[test]
        fn agrees_with_serde(values in prop::collection::btree_map(".*", json(), 0..6), pretty in any::<bool>()) {
            let object = Value::Object(values.into_iter().collect());
            let mut line = if pretty { format!("{object:#}") } else { object.to_string() };
            line = line.replace('\n', " ");
            let found = members(line.as_bytes()).expect("serde_json wrote it");
            let rebuilt: serde_json::Map<String, Value> = found
                .iter()
                .map(|(key, value)| {
                    let key = serde_json::from_str(&format!("\"{key}\"")).expect("a key");
                    (key, serde_json::from_str(value).expect("a value"))
                })
                .collect();
            prop_assert_eq!(Value::Object(rebuilt), serde_json::from_str::<Value>(&line).expect("its own"));
        }

        /// Whatever serde_json takes as an object is taken here; nothing panics.
        #[test]
        fn accepts_all_that_serde_accepts(line in "[{}\\[\\]\":,\\\\u0-9a-f \\-.eE]{0,40}|\\{\"a\":[\\[\\]{}\",:0-9a-z\\\\. +-]{0,12}\\}") {
            let ours = members(line.as_bytes());
            if serde_json::from_str::<serde_json::Map<String, Value>>(&line).is_ok() {
                prop_assert!(ours.is_ok(), "{:?}", ours);
            }
        }

        /// The steps over words and escapes end where one byte at a time does.
        #[test]
        fn strings_end_where_the_plain_twin_says(line in "\"[\"\\\\u0-9a-f一\u{80}]{0,60}") {
            let (mut at, mut escaped) = (1, false);
            let plain = loop {
                match line.as_bytes().get(at) {
                    None => break None,
                    Some(b'"') if !escaped => break Some(at + 1),
                    Some(byte) => escaped = *byte == b'\\' && !escaped,
                }
                at += 1;
            };
            prop_assert_eq!(string_end(line.as_bytes(), 1).ok(), plain);
        }

        #[test]
        fn random_bytes_do_not_panic(line in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = members(&line);
        }
    }
}
