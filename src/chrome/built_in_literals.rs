//! The literals that the patterns of the built-in rules need, as `build.rs` found them: at each start that would take
//! longer than all else.

use super::literals::Required;

/// A rule's name, the best literals of its pattern, and further sets.
type Literals = (&'static str, &'static [&'static str], &'static [&'static [&'static str]]);

/// Those of each rule that has a pattern, in order of the names.
const LITERALS: &[Literals] = include!(concat!(env!("OUT_DIR"), "/literals.rs"));

/// What [`required_literals`](super::literals::required_literals) says of the pattern of a built-in rule.
pub(super) fn built_in_literals(rule: &str) -> Required {
    let Ok(at) = LITERALS.binary_search_by_key(&rule, |&(name, ..)| name) else { return Required::default() };
    let (_, best, further) = LITERALS[at];
    let owned = |set: &[&str]| set.iter().map(|&literal| literal.to_string()).collect();
    Required { best: owned(best), further: further.iter().map(|set| owned(set)).collect() }
}

#[cfg(test)]
mod tests {
    use super::super::Rules;
    use super::super::literals::required_literals;
    use super::*;

    #[test]
    fn are_what_the_patterns_say() {
        let rules = Rules::built_in();
        let patterns = || rules.iter().filter_map(|(_, rule)| Some((rule, rule.pattern.as_ref()?)));
        assert_eq!(patterns().count(), LITERALS.len());
        for (rule, pattern) in patterns() {
            assert_eq!(built_in_literals(&rule.name), required_literals(pattern.text()), "{}", rule.name);
        }
    }
}
