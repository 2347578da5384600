//! A rule's regular expression: whether it stands in a text, and where.
//!
//! Nearly all that is asked is the first, and for that half of a regular expression's machinery is enough: one
//! automaton that reads forwards and is made state by state as texts need it. What finds the ends of a match, and
//! twice the memory with it, is compiled for the few patterns whose passages are asked for.

use std::sync::OnceLock;

use regex::Regex;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::{Anchored, Input};

/// A regular expression, compiled when a line first meets it: most runs need few of the built-in ones.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    tester: OnceLock<Option<Tester>>,
    whole: OnceLock<Regex>,
}

impl Pattern {
    /// A pattern that tests have tried.
    pub(super) fn tested(text: String) -> Pattern {
        Pattern { text, tester: OnceLock::new(), whole: OnceLock::new() }
    }

    /// # Errors
    /// Says what is wrong with the expression.
    pub(super) fn checked(text: String) -> Result<Pattern, String> {
        let regex =
            Regex::new(&text).map_err(|error| format!("`pattern` is not a regular expression: {error}"))?;
        if regex.is_match("") {
            return Err("`pattern` matches the empty line, so it would match everywhere".into());
        }
        Ok(Pattern { text, tester: OnceLock::new(), whole: OnceLock::from(regex) })
    }

    /// Whether the pattern stands in the text: [`Regex::is_match`].
    pub(super) fn stands_in(&self, text: &str) -> bool {
        let tester = self.tester.get_or_init(|| Tester::new(&self.text));
        let told = tester.as_ref().and_then(|tester| tester.test(text));
        told.unwrap_or_else(|| self.regex().is_match(text))
    }

    /// The pattern with all that can be asked of it.
    pub(super) fn regex(&self) -> &Regex {
        // What was not checked is built in, and tests compile it.
        self.whole.get_or_init(|| Regex::new(&self.text).expect("the embedded rules are tested"))
    }
}

/// Tells whether a pattern stands in a text, and nothing else.
#[derive(Debug)]
struct Tester {
    dfa: DFA,
    /// What the automaton has found out so far, for each thread.
    caches: Pool<Cache, Box<dyn Fn() -> Cache + Send + Sync>>,
    anchored: Anchored,
}

impl Tester {
    /// `None` where there is no such automaton: it knows no borders of words but ASCII's.
    fn new(pattern: &str) -> Option<Tester> {
        let dfa = DFA::builder()
            // A pattern that needs more of a cache gets more.
            .configure(DFA::config().skip_cache_capacity_check(true))
            .thompson(thompson::Config::new().which_captures(WhichCaptures::None))
            .build(pattern)
            .ok()?;
        let at_start = dfa.get_nfa().is_always_start_anchored();
        let anchored = if at_start { Anchored::Yes } else { Anchored::No };
        let shared = dfa.clone();
        Some(Tester { dfa, caches: Pool::new(Box::new(move || shared.create_cache())), anchored })
    }

    /// `None` where the automaton gave up.
    fn test(&self, text: &str) -> Option<bool> {
        let input = Input::new(text).anchored(self.anchored).earliest(true);
        self.dfa.try_search_fwd(&mut self.caches.get(), &input).ok().map(|end| end.is_some())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chrome::Rules;

    /// Of every rule, on the examples of all.
    #[test]
    fn built_in_patterns_are_told_right() {
        let rules = Rules::built_in();
        let examples = rules.iter().flat_map(|(_, rule)| rule.examples.iter().chain(&rule.counter_examples));
        let lines: Vec<String> = examples.map(|line| line.replace(['⟦', '⟧'], "")).collect();
        for (pattern, line) in rules
            .iter()
            .filter_map(|(_, rule)| rule.pattern.as_ref())
            .flat_map(|pattern| lines.iter().map(move |line| (pattern, line)))
        {
            assert_eq!(pattern.stands_in(line), pattern.regex().is_match(line), "{line}");
        }
    }

    proptest! {
        #[test]
        fn tells_what_the_whole_expression_tells(
            pattern in r"\^?(\(\?i\))?([ab一二.]|\[\^。a]|\\s|\\b|\\B|\(\?-u:\\b\)|\(\?:a\|一b\)){1,5}[+*?]?\$?",
            texts in prop::collection::vec("[aAb一二。 \u{e9}]{0,12}", 8),
        ) {
            let whole = Regex::new(&pattern).expect("made of good parts");
            let pattern = Pattern::tested(pattern);
            for text in &texts {
                prop_assert_eq!(pattern.stands_in(text), whole.is_match(text), "{}", text);
            }
        }
    }
}
