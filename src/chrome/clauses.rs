//! Clauses of a line: where they begin, and by what those that begin alike meet.
//!
//! In goes a line, out come the bytes at which passages may have been put into it, and for each a key of its first few
//! letters. Costs a step or two a character.

/// What of a clause's beginning passages meet by: four Han characters at 5, or ten letters of words at 2.
const MEET: usize = 20;

/// Bytes at which clauses of a line begin: its start, and after punctuation.
pub(crate) fn clauses(line: &str) -> impl Iterator<Item = usize> + '_ {
    let (mut next, mut after) = (0, true);
    std::iter::from_fn(move || {
        while next < line.len() {
            let at = next;
            // Most characters, which neither end nor open anything.
            next += letters(&line.as_bytes()[at..]);
            if next > at {
                if std::mem::take(&mut after) {
                    return Some(at);
                }
                continue;
            }
            let c = line[at..].chars().next()?;
            next += c.len_utf8();
            // A dot inside a host name or number ends nothing.
            if matches!(c, '.' | ':' | ',')
                && line[next..].starts_with(|next: char| next.is_ascii_alphanumeric() || next == '/')
            {
                after = false;
                continue;
            }
            let opens = matches!(c, '【' | '[' | '（' | '(' | '『' | '「');
            let begins = opens || (after && !is_mark(c) && c != ' ');
            after = is_mark(c) || (after && c == ' ');
            if begins {
                return Some(at);
            }
        }
        None
    })
}

/// How many bytes a text begins with that are ASCII letters, digits, and characters from U+4000 to U+9FFF, three
/// bytes each.
fn letters(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&first) = text.get(at) {
        match first {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => at += 1,
            0xe4..=0xe9 => at += 3,
            _ => break,
        }
    }
    at
}

fn is_mark(c: char) -> bool {
    matches!(
        c,
        '。' | '！'
            | '？'
            | '；'
            | '，'
            | '：'
            | '、'
            | '”'
            | '’'
            | '）'
            | '】'
            | '》'
            | '」'
            | '.'
            | '!'
            | '?'
            | ';'
            | ','
            | ':'
            | ')'
            | ']'
            | '"'
            | '…'
    )
}

/// Whether a clause begins at this byte.
pub(crate) fn is_boundary(line: &str, at: usize) -> bool {
    let before = line[..at].trim_end();
    before.chars().next_back().is_none_or(is_mark)
        || before.len() < at && line[at..].starts_with(['[', '(', '【', '（'])
}

/// Key by which clauses that begin alike meet; `None` for a clause too short to be a passage.
pub(crate) fn meeting_key(clause: &str) -> Option<u64> {
    let mut key = 0u64;
    let mut weight = 0;
    for c in clause.chars().take(40) {
        if c.is_ascii_alphanumeric() || (!c.is_ascii() && is_letter(c)) {
            weight += if c.is_ascii() { 2 } else { 5 };
            key = (key.rotate_left(11) ^ u64::from(c.to_ascii_lowercase() as u32))
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        } else if matches!(c, '。' | '！' | '？' | '，') {
            return None;
        }
        if weight >= MEET {
            return Some(key);
        }
    }
    None
}

fn is_letter(c: char) -> bool {
    is_han(c) || c.is_alphanumeric()
}

fn is_han(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// [`clauses`], character by character.
    fn plain_clauses(line: &str) -> Vec<usize> {
        let mut after = true;
        let begins = line.char_indices().filter(|&(at, c)| {
            let rest = &line[at + c.len_utf8()..];
            let letter = c.is_ascii_alphanumeric() || is_han(c);
            let inside = matches!(c, '.' | ':' | ',')
                && rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '/');
            let opens = matches!(c, '【' | '[' | '（' | '(' | '『' | '「');
            let begins = !inside && (opens || after && !is_mark(c) && c != ' ');
            after = !letter && !inside && (is_mark(c) || after && c == ' ');
            begins
        });
        begins.map(|(at, _)| at).collect()
    }

    proptest! {
        #[test]
        fn clauses_are_those_of_characters(line in "[ab1 .:,/。，“（\\[㐀一鿿é☆]{0,40}") {
            prop_assert_eq!(clauses(&line).collect::<Vec<_>>(), plain_clauses(&line));
        }
    }
}
