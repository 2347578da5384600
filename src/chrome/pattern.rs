//! A rule's regular expression: whether it matches a line, or which passages of it.
//!
//! In goes an expression, compiled when a line first meets it: most runs need few of the built-in ones. Of a hundred
//! lines that meet one it matches a few, and mostly nobody asks where. So an automaton that reads a line once, forward,
//! and builds its states as lines need them, tells whether it matches; to compile that one takes half of what the whole
//! expression takes, which is compiled when someone asks where.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::OnceLock;

use regex::Regex;
use regex_automata::Input;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::pool::Pool;

/// A regular expression that was checked before.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    tester: OnceLock<Option<Tester>>,
    regex: OnceLock<Regex>,
}

impl Pattern {
    /// A pattern that is known to be right: of the built-in ones, tests know it.
    pub(super) fn new(text: String) -> Pattern {
        Pattern { text, tester: OnceLock::new(), regex: OnceLock::new() }
    }

    /// # Errors
    /// Says what is wrong with the expression.
    pub(super) fn checked(text: String) -> Result<Pattern, String> {
        let regex =
            Regex::new(&text).map_err(|error| format!("`pattern` is not a regular expression: {error}"))?;
        if regex.is_match("") {
            return Err("`pattern` matches the empty line, so it would match everywhere".into());
        }
        Ok(Pattern { regex: OnceLock::from(regex), ..Pattern::new(text) })
    }

    /// The expression.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches somewhere in a line.
    pub(super) fn is_match(&self, line: &str) -> bool {
        let tester = self.tester.get_or_init(|| Tester::new(&self.text));
        let told = tester.as_ref().and_then(|tester| tester.is_match(line));
        told.unwrap_or_else(|| self.regex().is_match(line))
    }

    /// The whole expression.
    pub(super) fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| Regex::new(&self.text).expect("the expression was checked before"))
    }

    /// Lets go of what it was compiled to, some megabytes for each thread; it is compiled again when it is asked again.
    pub(super) fn rest(&mut self) {
        self.tester.take();
        self.regex.take();
    }
}

/// Tells whether an expression matches.
struct Tester {
    automaton: DFA,
    /// The states of the automaton that a thread has built.
    states: Pool<Cache, Box<dyn Fn() -> Cache + Send + Sync + UnwindSafe + RefUnwindSafe>>,
}

impl Tester {
    /// `None` for an expression that no such automaton is made for: one that looks for the edges of Unicode words.
    fn new(pattern: &str) -> Option<Tester> {
        let no_captures = thompson::Config::new().which_captures(WhichCaptures::None);
        let automaton = DFA::builder().thompson(no_captures).build(pattern).ok()?;
        let own = automaton.clone();
        Some(Tester { automaton, states: Pool::new(Box::new(move || own.create_cache())) })
    }

    /// `None` where it gives up.
    fn is_match(&self, line: &str) -> Option<bool> {
        let input = Input::new(line).earliest(true);
        let found = self.automaton.try_search_fwd(&mut self.states.get(), &input);
        found.ok().map(|end| end.is_some())
    }
}

impl fmt::Debug for Tester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tester").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::Rules;
    use proptest::prelude::*;

    /// The lines that the built-in rules name, and beginnings and ends of them.
    #[test]
    fn whether_it_matches_both_ways() {
        let rules = Rules::built_in();
        let examples = rules.iter().flat_map(|(_, rule)| rule.examples.iter().chain(&rule.counter_examples));
        let lines: Vec<String> = examples.map(|line| line.replace(['⟦', '⟧'], "")).collect();
        for (_, rule) in rules.iter() {
            let Some(pattern) = &rule.pattern else { continue };
            assert!(Tester::new(pattern.text()).is_some(), "{} is not told fast", rule.name);
            for line in &lines {
                let middle = line.char_indices().nth(line.chars().count() / 2).map_or(0, |(at, _)| at);
                for line in [line, &line[..middle], &line[middle..]] {
                    assert_eq!(
                        pattern.is_match(line),
                        pattern.regex().is_match(line),
                        "{}: {line}",
                        rule.name
                    );
                }
            }
        }
    }

    /// A user's expression may ask for the edges of Unicode words.
    #[test]
    fn what_the_automaton_cannot_tell_the_expression_tells() {
        let pattern = Pattern::checked(r"\b{start}né\b{end}".into()).expect("it is right");
        assert!(Tester::new(pattern.text()).is_none());
        assert!(pattern.is_match("il est né ici") && !pattern.is_match("aîné"));
    }

    proptest! {
        #[test]
        fn any_line_is_told_both_ways(line in "(?:来源|作者|[:：]|[0-9]{1,4}|[-年月日]|read more|[a-z ]){0,12}") {
            let pattern = Pattern::new(r"(?:来源|作者)[:：].{0,6}\d{4}|(?i)\bread more\b".into());
            prop_assert_eq!(pattern.is_match(&line), pattern.regex().is_match(&line));
        }
    }
}
