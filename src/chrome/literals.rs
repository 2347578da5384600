//! The literals of which a pattern needs at least one: what the prefilter searches for.
//!
//! In goes a regular expression, out come lower-case literals such that every match of the expression contains at
//! least one of them (ASCII case aside), or nothing when no such set is worth a search. Costs one walk over the
//! parsed expression, when rules are read.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Shortest literal worth a search, in bytes: one Han character, or two letters.
const SHORTEST: usize = 2;
/// Largest set of literals for one rule.
const MOST: usize = 256;

/// Literals of which every match of `pattern` contains at least one, in lower case; `None` when there is no such
/// set, so that the pattern has to be tried on every line. The pattern must be one that [`regex_syntax`] parses.
pub(crate) fn required_literals(pattern: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
    let mut literals = needed(&hir)?;
    literals.sort();
    literals.dedup();
    (literals.len() <= MOST).then_some(literals)
}

fn needed(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => literal_of(hir).and_then(|literal| worth(vec![literal])),
        HirKind::Capture(capture) => needed(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => needed(&repetition.sub),
        HirKind::Concat(parts) => {
            let mut best: Option<Vec<String>> = None;
            let mut run = String::new();
            for part in parts {
                match literal_of(part) {
                    Some(piece) => run.push_str(&piece),
                    None => {
                        keep_better(&mut best, worth(vec![std::mem::take(&mut run)]));
                        keep_better(&mut best, needed(part));
                    }
                }
            }
            keep_better(&mut best, worth(vec![run]));
            best
        }
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(needed(branch)?);
            }
            Some(all)
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// The one text that `hir` matches, ASCII case aside.
fn literal_of(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            String::from_utf8(literal.0.to_vec()).ok().map(|text| text.to_ascii_lowercase())
        }
        HirKind::Class(Class::Unicode(class)) => {
            let mut letters: Vec<char> = Vec::new();
            for range in class.iter() {
                if range.end() as u32 - range.start() as u32 > 1 {
                    return None;
                }
                letters.extend(
                    (range.start()..=range.end()).filter(|c| c.is_ascii()).map(|c| c.to_ascii_lowercase()),
                );
                // The long s and the Kelvin sign fold to ASCII letters; a page that writes them escapes the rule.
                if range.start() > '\u{7f}' && !matches!(range.start(), '\u{17f}' | '\u{212a}') {
                    return None;
                }
            }
            letters.dedup();
            match letters[..] {
                [letter] => Some(letter.to_string()),
                _ => None,
            }
        }
        HirKind::Capture(capture) => literal_of(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(literal_of).collect(),
        _ => None,
    }
}

fn worth(literals: Vec<String>) -> Option<Vec<String>> {
    literals.iter().all(|literal| literal.len() >= SHORTEST).then_some(literals)
}

/// Prefers the set whose shortest literal is longest: it stops the fewest ordinary lines.
fn keep_better(best: &mut Option<Vec<String>>, other: Option<Vec<String>>) {
    let shortest = |set: &Vec<String>| set.iter().map(String::len).min().unwrap_or(0);
    if let Some(other) = other
        && best.as_ref().is_none_or(|best| shortest(best) < shortest(&other))
    {
        *best = Some(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(pattern: &str) -> Vec<String> {
        required_literals(pattern).unwrap_or_default()
    }

    #[test]
    fn finds_what_every_match_contains() {
        assert_eq!(literals("^ab+cde?$"), ["cd"]);
        assert_eq!(literals("^(?:上一篇|下一篇)[:：]"), ["上一篇", "下一篇"]);
        assert_eq!(literals("(?i)read more"), ["read more"]);
        assert_eq!(literals("(?i)skip (?:to|past) x"), ["skip "]);
        assert_eq!(literals("(?:请)?访问"), ["访问"]);
    }

    #[test]
    fn gives_up_where_a_branch_has_none() {
        assert_eq!(required_literals(r"^\d+$"), None);
        assert_eq!(required_literals("(?:首页|x*)"), None);
    }
}
