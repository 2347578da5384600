//! The text of a rules file → its rules.
//!
//! In goes TOML, out come rules and the words that injected passages have in common; what is wrong is named with its
//! rule. Format of the file: `docs/CHROME.md`. A user's rules are tried on their own examples; of the built-in ones the
//! tests have done that, and a start compiles none of them.

use std::collections::BTreeMap;

use memchr::memmem::Finder;
use serde::Deserialize;

use crate::error::{Error, Result};

use super::built_in_literals::built_in_literals;
use super::expanded::expanded;
use super::literals::required_literals;
use super::pattern::Pattern;
use super::rule::{LONGEST_WORD, Rule, RuleKind, When, Word};

/// Most characters of a line that a line rule without `max` may take.
const LONGEST_LINE: u32 = 120;
/// Where names of rules go in [`Error::Setting`].
pub(super) const SETTING: &str = "--rules";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Words that passages injected by a site have in common; the user's come on top of the built-in ones.
    #[serde(default)]
    pub(super) anchors: Vec<String>,
    /// Named pieces of patterns, written `{{name}}` in a pattern.
    #[serde(default)]
    pub(super) define: BTreeMap<String, String>,
    #[serde(default)]
    rule: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    name: String,
    kind: RuleKind,
    pattern: Option<String>,
    #[serde(default)]
    words: Vec<String>,
    /// Literals of which every match has one, where they are rarer than those that the pattern shows.
    #[serde(default)]
    needs: Vec<String>,
    when: Option<When>,
    #[serde(default)]
    lang: String,
    confidence: Option<f32>,
    max: Option<u32>,
    #[serde(default)]
    open: bool,
    #[serde(default)]
    comments: bool,
    #[serde(default)]
    examples: Vec<String>,
    #[serde(default)]
    counter_examples: Vec<String>,
}

/// Whether the rules of a file are tried on their examples.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// A user's rules: every pattern is compiled and tried when the file is read.
    Try,
    /// Rules that the tests have tried.
    Tested,
}

pub(super) fn read_file(text: &str) -> Result<File> {
    toml::from_str(text).map_err(|error| {
        Error::setting(SETTING, format!("the rules file cannot be read: {}", error.to_string().trim()))
    })
}

impl File {
    pub(super) fn rules(self, definitions: &BTreeMap<String, String>, trust: Trust) -> Result<Vec<Rule>> {
        let mut definitions = definitions.clone();
        definitions.extend(self.define);
        self.rule.into_iter().map(|raw| rule(raw, &definitions, trust)).collect()
    }
}

fn rule(raw: RawRule, definitions: &BTreeMap<String, String>, trust: Trust) -> Result<Rule> {
    let wrong = |problem: String| Error::setting(format!("{SETTING}: rule `{}`", raw.name), problem);
    if raw.name.is_empty() || raw.name.chars().any(char::is_whitespace) {
        return Err(wrong("`name` must be one word: it stands in the log of what was removed".into()));
    }
    let pattern =
        raw.pattern.as_deref().map(|text| pattern(text, definitions, trust)).transpose().map_err(wrong)?;
    if pattern.is_none() && raw.words.is_empty() {
        return Err(wrong("it has neither `pattern` nor `words`".into()));
    }
    if pattern.is_some() != raw.words.is_empty() || raw.kind == RuleKind::Span && pattern.is_none() {
        return Err(wrong("give it `pattern` or `words`, not both; a span needs a `pattern`".into()));
    }
    let mut words = Vec::new();
    for word in &raw.words {
        let bare = Word::of(word).filter(|_| word.len() <= LONGEST_WORD);
        words.push(bare.ok_or_else(|| {
            wrong(format!("`{word}` in `words` has no letter, or more than {LONGEST_WORD} bytes"))
        })?);
    }
    let literals = |pattern: &Pattern| match trust {
        Trust::Try => required_literals(pattern.text()),
        Trust::Tested => built_in_literals(&raw.name),
    };
    let required = pattern.as_ref().map(literals).unwrap_or_default();
    let needs = if raw.needs.is_empty() {
        required.best
    } else {
        raw.needs
            .iter()
            .map(|literal| literal.to_ascii_lowercase())
            .filter(|literal| !literal.is_empty())
            .collect()
    };
    let confidence = raw.confidence.unwrap_or(0.9);
    if !(confidence > 0.0 && confidence <= 1.0) {
        return Err(wrong(format!("`confidence` is {confidence}: give a number above 0 and up to 1")));
    }
    let rule = Rule {
        name: raw.name.as_str().into(),
        kind: raw.kind,
        lang: raw.lang.clone(),
        confidence,
        max: raw.max.unwrap_or(LONGEST_LINE),
        open: raw.open,
        comments: raw.comments,
        examples: raw.examples.clone(),
        counter_examples: raw.counter_examples.clone(),
        when: raw.when,
        words,
        needs,
        further: required
            .further
            .iter()
            .map(|set| set.iter().map(|literal| finder(literal)).collect())
            .collect(),
        pattern,
    };
    if trust == Trust::Tested {
        return Ok(rule);
    }
    for example in &rule.examples {
        if !rule.takes(example) {
            return Err(wrong(format!("it does not take its own example `{example}`")));
        }
    }
    for counter_example in &rule.counter_examples {
        if rule.hits(counter_example.trim()) {
            return Err(wrong(format!("it takes its counter-example `{counter_example}`")));
        }
    }
    Ok(rule)
}

/// Searches for a literal, made ready once.
fn finder(literal: &str) -> Finder<'static> {
    Finder::new(literal.as_bytes()).into_owned()
}

/// Compiles a pattern with its definitions put in.
fn pattern(
    text: &str,
    definitions: &BTreeMap<String, String>,
    trust: Trust,
) -> std::result::Result<Pattern, String> {
    let text = expanded(text, definitions)?;
    match trust {
        Trust::Try => Pattern::checked(text),
        Trust::Tested => Ok(Pattern::new(text)),
    }
}
