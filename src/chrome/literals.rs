//! The literals of which a pattern needs at least one: what the prefilter searches for.
//!
//! In goes a regular expression, out come lower-case literals such that every match of the expression contains at
//! least one of them (ASCII case aside), or nothing when no such set is worth a search. Parts that follow each other
//! and match a few texts each are multiplied out: `(?:上|下)一?(?:篇|页)` needs one of eight words, not one of two
//! characters. Costs one walk over the parsed expression: for a user's rules when they are read, for the built-in ones
//! when the program is built (`build.rs` shares this file, which is why it uses nothing else of the library).

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};

/// Shortest literal worth a search, in bytes: one Han character, or two letters.
const SHORTEST: usize = 2;
/// Largest set of literals for one rule.
const MOST: usize = 600;
/// Largest set that parts are multiplied out to.
const PRODUCT: usize = 256;

/// Largest set that is looked for besides the best.
const FEW: usize = 24;
/// Sets that are looked for besides the best.
const FURTHER: usize = 3;

/// What every match of a pattern contains, in lower case.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Required {
    /// Literals of which it contains at least one; empty when no such set is worth a search, so that the pattern has
    /// to be tried on every line.
    pub(crate) best: Vec<String>,
    /// Further sets of a few literals: it contains at least one of each, too.
    pub(crate) further: Vec<Vec<String>>,
}

/// The literals that every match of `pattern` contains, ASCII case aside. The pattern must be one that
/// [`regex_syntax`] parses.
pub(crate) fn required_literals(pattern: &str) -> Required {
    let Ok(hir) = regex_syntax::Parser::new().parse(pattern) else { return Required::default() };
    let mut sets = needed(&hir).into_iter().map(|mut literals| {
        literals.sort();
        literals.dedup();
        // What contains another literal of the set is found with it.
        let parts = Parts::new(&literals);
        literals.iter().filter(|literal| !parts.has_part_of(literal)).cloned().collect::<Vec<_>>()
    });
    let Some(best) = sets.next().filter(|best| best.len() <= MOST) else { return Required::default() };
    Required { best, further: sets.filter(|set| set.len() <= FEW).take(FURTHER).collect() }
}

/// Literals, with what tells quickly that a text has none of them.
struct Parts<'a> {
    /// In order.
    literals: &'a [String],
    /// What they start with, and their lengths, in order.
    firsts: Vec<char>,
    lengths: Vec<usize>,
}

impl<'a> Parts<'a> {
    /// Of literals in order.
    fn new(literals: &'a [String]) -> Self {
        let mut firsts: Vec<char> = literals.iter().filter_map(|literal| literal.chars().next()).collect();
        firsts.dedup();
        let mut lengths: Vec<usize> = literals.iter().map(String::len).collect();
        lengths.sort_unstable();
        lengths.dedup();
        Self { literals, firsts, lengths }
    }

    /// Whether one of them stands in a longer literal.
    fn has_part_of(&self, literal: &str) -> bool {
        let starts = literal.char_indices().filter(|(_, c)| self.firsts.binary_search(c).is_ok());
        let shorter = || self.lengths.iter().take_while(|&&length| length < literal.len());
        let mut pieces =
            starts.flat_map(|(at, _)| shorter().filter_map(move |length| literal.get(at..at + length)));
        pieces.any(|piece| self.literals.binary_search_by(|literal| literal.as_str().cmp(piece)).is_ok())
    }
}

/// Sets of which every match contains a literal each, the best first.
fn needed(hir: &Hir) -> Vec<Vec<String>> {
    match finite(hir) {
        Some(all) => worth(all).into_iter().collect(),
        None => needed_of_parts(hir),
    }
}

/// [`needed`] of an expression that matches more texts than [`finite`] tells.
fn needed_of_parts(hir: &Hir) -> Vec<Vec<String>> {
    let mut sets = Vec::new();
    match hir.kind() {
        HirKind::Capture(capture) => return needed_of_parts(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => return needed(&repetition.sub),
        HirKind::Concat(parts) => {
            let mut run = vec![String::new()];
            for part in parts {
                match finite(part) {
                    Some(next) if run.len() * next.len() <= PRODUCT => run = product(&run, &next),
                    other => {
                        sets.extend(worth(std::mem::replace(&mut run, vec![String::new()])));
                        match other {
                            Some(next) => run = next,
                            None => sets.extend(needed_of_parts(part)),
                        }
                    }
                }
            }
            sets.extend(worth(run));
        }
        HirKind::Alternation(branches) => {
            let branches: Vec<Vec<Vec<String>>> = branches.iter().map(needed).collect();
            if branches.iter().all(|sets| !sets.is_empty()) {
                // The n-th sets of all branches, or the last where a branch has fewer: each says something new while
                // some branch has one.
                let most = branches.iter().map(Vec::len).max().unwrap_or(0);
                for n in 0..most {
                    sets.push(branches.iter().flat_map(|sets| sets[n.min(sets.len() - 1)].clone()).collect());
                }
            }
        }
        _ => {}
    }
    sets.sort_by_key(|set| std::cmp::Reverse(shortest(set)));
    sets
}

fn product(left: &[String], right: &[String]) -> Vec<String> {
    left.iter().flat_map(|left| right.iter().map(move |right| [left.as_str(), right].concat())).collect()
}

/// All texts that `hir` matches, ASCII case aside, where they are few. They are counted first: most expressions match
/// more, and that is seen late.
fn finite(hir: &Hir) -> Option<Vec<String>> {
    count(hir).map(|_| texts(hir))
}

/// How many [`texts`] an expression has, where they are few.
fn count(hir: &Hir) -> Option<usize> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(1),
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).is_ok().then_some(1),
        HirKind::Class(Class::Unicode(class)) => letters(class).map(|letters| letters.len()),
        HirKind::Capture(capture) => count(&capture.sub),
        HirKind::Repetition(repetition) if repetition.max == Some(1) => {
            Some(count(&repetition.sub)? + usize::from(repetition.min == 0))
        }
        HirKind::Concat(parts) => parts.iter().try_fold(1, |all, part| {
            let all = all * count(part)?;
            (all <= PRODUCT).then_some(all)
        }),
        HirKind::Alternation(branches) => {
            let all = branches.iter().try_fold(0, |all, branch| Some(all + count(branch)?))?;
            (all <= MOST).then_some(all)
        }
        _ => None,
    }
}

/// The texts that [`count`] counts.
fn texts(hir: &Hir) -> Vec<String> {
    match hir.kind() {
        HirKind::Literal(literal) => vec![String::from_utf8_lossy(&literal.0).to_ascii_lowercase()],
        HirKind::Class(Class::Unicode(class)) => {
            letters(class).unwrap_or_default().into_iter().map(String::from).collect()
        }
        HirKind::Capture(capture) => texts(&capture.sub),
        HirKind::Repetition(repetition) => {
            let mut texts = texts(&repetition.sub);
            if repetition.min == 0 {
                texts.push(String::new());
            }
            texts
        }
        HirKind::Concat(parts) => {
            parts.iter().fold(vec![String::new()], |run, part| product(&run, &texts(part)))
        }
        HirKind::Alternation(branches) => branches.iter().flat_map(texts).collect(),
        _ => vec![String::new()],
    }
}

/// The characters of a class in lower case, where they are few.
fn letters(class: &ClassUnicode) -> Option<Vec<char>> {
    let mut letters: Vec<char> = Vec::new();
    for range in class.iter() {
        if range.end() as u32 - range.start() as u32 >= 26 || letters.len() > 52 {
            return None;
        }
        // The long s and the Kelvin sign fold to ASCII letters; a page that writes them escapes the rule.
        letters.extend((range.start()..=range.end()).filter(|c| !matches!(c, '\u{17f}' | '\u{212a}')));
    }
    letters.iter_mut().for_each(|letter| letter.make_ascii_lowercase());
    letters.sort_unstable();
    letters.dedup();
    Some(letters)
}

/// The set, if each of its literals is worth a search: long enough, or a sign that text seldom has.
fn worth(literals: Vec<String>) -> Option<Vec<String>> {
    literals
        .iter()
        .all(|literal| literal.len() >= SHORTEST || matches!(literal.as_str(), "|" | "<" | "«" | "×"))
        .then_some(literals)
        .filter(|literals| !literals.is_empty())
}

/// Bytes of the shortest literal: the set for which that is longest stops the fewest ordinary lines.
fn shortest(set: &[String]) -> usize {
    set.iter().map(String::len).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(pattern: &str) -> Vec<String> {
        required_literals(pattern).best
    }

    #[test]
    fn finds_what_every_match_contains() {
        assert_eq!(literals("^ab+cde?$"), ["cd"]);
        assert_eq!(literals("^(?:上一篇|下一篇)[:：]"), ["上一篇:", "上一篇：", "下一篇:", "下一篇："]);
        assert_eq!(literals("(?i)read more"), ["read more"]);
        assert_eq!(literals("(?i)skip (?:to|past) x"), ["skip past x", "skip to x"]);
        assert_eq!(literals("(?:请)?访问"), ["访问"]);
        assert_eq!(
            literals("[上下]一?[篇页]x*"),
            ["上一篇", "上一页", "上篇", "上页", "下一篇", "下一页", "下篇", "下页"]
        );
    }

    #[test]
    fn parts_of_literals_are_found() {
        let mut words =
            ["ab", "abc", "bcd", "cab", "上一", "上一篇", "一篇", "篇"].map(String::from).to_vec();
        words.sort();
        let parts = Parts::new(&words);
        for word in &words {
            let plain = words.iter().any(|other| other != word && word.contains(other.as_str()));
            assert_eq!(parts.has_part_of(word), plain, "{word}");
        }
    }

    #[test]
    fn gives_up_where_a_branch_has_none() {
        assert!(literals(r"^\d+$").is_empty());
        assert!(literals("(?:首页|x*)").is_empty());
    }

    #[test]
    fn further_sets_are_contained_too() {
        let further = |pattern: &str| required_literals(pattern).further;
        assert_eq!(further("版权声明[^。]*(?:转载|本站)"), [["本站", "转载"]]);
        assert_eq!(further("^(?:上一篇.*第[^。]|下一篇.*第[^。])$"), [["第"]]);
        assert!(further("ab+cde").is_empty());
    }
}
