//! Rules: what is chrome on any page, whatever the site.
//!
//! In goes the text of a rules file (TOML), out comes a compiled set that says for each line of a text which rule
//! knows it. A rule of kind `line` describes a whole line, one of kind `span` a passage inside a line. One
//! Aho-Corasick scan over the whole text finds the few lines in which a rule's literals stand; only those meet a
//! regular expression. Format of the file: `docs/CHROME.md`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use memchr::memmem::Finder;
use regex::Regex;
use serde::Deserialize;

use crate::document::Span;
use crate::error::{Error, Result};
use crate::hash::{self, Map};

use super::evidence::{Flags, flags};
use super::literals::required_literals;
use super::prefilter::Prefilter;

/// The rules that every run has.
const BUILT_IN: &str = include_str!("rules.toml");
/// Most characters of a line that a line rule without `max` may take.
const LONGEST_LINE: u32 = 120;
/// A line of more bytes than this meets only the rules that may take it.
const LONG: usize = 480;
/// Longest line that is looked up among words, in bytes.
const LONGEST_WORD: usize = 48;
/// Stands for the anchors among the rules that a literal calls for.
const ANCHOR: RuleId = RuleId::MAX;
/// Where names of rules go in [`Error::Setting`].
const SETTING: &str = "--rules";

/// Number of a rule in its [`Rules`], from 1; 0 means no rule.
pub type RuleId = u16;

/// A compiled set of rules.
#[derive(Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    /// Finds the literals of all rules that need one.
    prefilter: Prefilter,
    /// Finds those of the rules that may take a long line: few, so that prose costs little.
    long: Prefilter,
    /// Rules that have no literal and meet every line.
    unfiltered: Vec<RuleId>,
    /// Rules that meet the lines with a property.
    gated: Vec<(Flags, RuleId)>,
    /// Words that passages injected by a site have in common, in lower case.
    anchors: Vec<String>,
    /// Rules of words, by the key of the bare word.
    words: Map<u64, RuleId>,
}

/// What a rule describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// A whole line is chrome.
    Line,
    /// A whole line is likely chrome: evidence that counts with the site's and the page's, never alone.
    Hint,
    /// A passage inside a line is chrome.
    Span,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Name, unique in the set; stands in `removed.jsonl`.
    pub name: String,
    /// What it describes.
    pub kind: RuleKind,
    /// Language of the pages it was written for.
    pub lang: String,
    /// How sure a hit is (0 to 1).
    pub confidence: f32,
    /// Most characters of the line.
    pub max: u32,
    /// The passage ends in a slot that the pattern cannot bound: how far it reaches, the other pages tell.
    pub open: bool,
    /// What follows the line, after the page's text, is readers' comments.
    pub comments: bool,
    /// Lines, or lines with the passage in `⟦…⟧`, that the rule takes.
    pub examples: Vec<String>,
    /// Lines that the rule leaves alone.
    pub counter_examples: Vec<String>,
    when: Option<When>,
    /// Keys of the bare words of a rule of words.
    words: Vec<u64>,
    /// Literals of which every match has one, in lower case; without any, the pattern meets every line.
    needs: Vec<String>,
    /// Further sets of literals, in lower case, of each of which every match has one.
    further: Vec<Vec<Finder<'static>>>,
    pattern: Option<Pattern>,
}

/// A regular expression, compiled when a line first meets it: most runs need few of the built-in ones.
#[derive(Debug)]
struct Pattern {
    text: String,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    /// # Errors
    /// Says what is wrong with the expression.
    fn checked(text: String) -> std::result::Result<Pattern, String> {
        let regex =
            Regex::new(&text).map_err(|error| format!("`pattern` is not a regular expression: {error}"))?;
        if regex.is_match("") {
            return Err("`pattern` matches the empty line, so it would match everywhere".into());
        }
        Ok(Pattern { text, compiled: OnceLock::from(regex) })
    }

    fn regex(&self) -> &Regex {
        // What was not checked is built in, and tests compile it.
        self.compiled.get_or_init(|| Regex::new(&self.text).expect("the embedded rules are tested"))
    }
}

/// Whether the rules of a file are tried on their examples.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// A user's rules: every pattern is compiled and tried when the file is read.
    Try,
    /// Rules that the tests have tried.
    Tested,
}

/// Which lines a pattern without literals is tried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum When {
    /// Those that hold a date.
    Date,
    /// Those that hold a host name.
    Domain,
    /// Those that hold an arrow, a bar or a copyright sign.
    Sign,
}

impl When {
    fn flag(self) -> Flags {
        match self {
            When::Date => Flags::DATE,
            When::Domain => Flags::DOMAIN,
            When::Sign => Flags::SIGN,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Words that passages injected by a site have in common; the user's come on top of the built-in ones.
    #[serde(default)]
    anchors: Vec<String>,
    /// Named pieces of patterns, written `{{name}}` in a pattern.
    #[serde(default)]
    define: BTreeMap<String, String>,
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

impl Rules {
    /// The rules that come with the library.
    ///
    /// ```
    /// let rules = dechaff::chrome::Rules::built_in();
    /// assert!(rules.line("版权所有 © 2018 某某网 京ICP备00000000号").is_some());
    /// assert!(rules.line("第一章 总则").is_none());
    /// ```
    pub fn built_in() -> Rules {
        let rules = read_file(BUILT_IN).and_then(|file| {
            let anchors = file.anchors.clone();
            compile(file.rules(&BTreeMap::new(), Trust::Tested)?, anchors)
        });
        rules.expect("the embedded rules are tested")
    }

    /// The built-in rules and the user's own, which come first where both know a line.
    ///
    /// # Errors
    /// [`Error::Setting`] names the rule and what is wrong with it.
    pub fn with(user: &str) -> Result<Rules> {
        let built_in = read_file(BUILT_IN)?;
        let user = read_file(user)?;
        let mut anchors = built_in.anchors.clone();
        anchors.extend(user.anchors.iter().cloned());
        let mut rules = user.rules(&built_in.define, Trust::Try)?;
        rules.extend(built_in.rules(&BTreeMap::new(), Trust::Tested)?);
        compile(rules, anchors)
    }

    /// Rules from the text of a rules file alone.
    ///
    /// # Errors
    /// [`Error::Setting`] names the rule and what is wrong with it.
    pub fn parse(text: &str) -> Result<Rules> {
        let file = read_file(text)?;
        let anchors = file.anchors.clone();
        compile(file.rules(&BTreeMap::new(), Trust::Try)?, anchors)
    }

    /// The rule with this number.
    pub fn get(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(usize::from(id).checked_sub(1)?)
    }

    /// How many different anchors stand in a text, which is in lower case.
    pub(crate) fn anchors(&self, text: &str) -> usize {
        self.anchors.iter().filter(|anchor| text.contains(anchor.as_str())).count()
    }

    /// All rules, in order of their numbers (from 1).
    pub fn iter(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        (1..).zip(&self.rules)
    }

    /// The rule that takes a line as a whole: of several, the surest; of equals, the first. The line comes without
    /// its terminator; spaces at its ends are ignored.
    pub fn line(&self, line: &str) -> Option<RuleId> {
        let mut found = None;
        self.scan(
            line,
            &[Span::new(0, line.len() as u32)],
            |_| flags(line),
            |_, hits, _| {
                found = self.surest(hits);
            },
        );
        found
    }

    /// The passages of a line that span rules take: bytes of `line`, in order, not overlapping; where two rules
    /// overlap, the longer passage.
    pub fn spans(&self, line: &str) -> Vec<(RuleId, Span)> {
        let mut found = Vec::new();
        self.scan(
            line,
            &[Span::new(0, line.len() as u32)],
            |_| flags(line),
            |_, hits, _| {
                for &id in hits {
                    let rule = &self.rules[usize::from(id) - 1];
                    if rule.kind == RuleKind::Span {
                        found.extend(rule.passages(line).map(|span| (id, span)));
                    }
                }
            },
        );
        longest_first(found)
    }

    /// Calls `hit` for each line in which some rule hits, in order, with the rules in ascending order: line rules
    /// and hints that take the whole line, span rules that find a passage in it. `flags` gives the
    /// properties of a line by its number. The last argument of `hit` says whether an anchor
    /// stands in the line; a line with an anchor is told even where no rule hits.
    pub(crate) fn scan(
        &self,
        text: &str,
        lines: &[Span],
        flags: impl Fn(usize) -> Flags,
        mut hit: impl FnMut(usize, &[RuleId], bool),
    ) {
        let mut candidates: Vec<RuleId> = Vec::new();
        let mut hits: Vec<RuleId> = Vec::new();
        let mut lower: Vec<u8> = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            if line.is_empty() {
                continue;
            }
            let line_text = &text[line.range()];
            candidates.clear();
            let prefilter = if line_text.len() > LONG { &self.long } else { &self.prefilter };
            prefilter.candidates(line_text.as_bytes(), &mut candidates);
            candidates.extend(&self.unfiltered);
            if !self.gated.is_empty() {
                let flags = flags(number);
                candidates.extend(self.gated.iter().filter(|(gate, _)| flags.has(*gate)).map(|(_, id)| *id));
            }
            let word = if line_text.len() <= LONGEST_WORD { self.word(line_text) } else { None };
            if candidates.is_empty() && word.is_none() {
                continue;
            }
            candidates.sort_unstable();
            candidates.dedup();
            let anchor = candidates.last() == Some(&ANCHOR);
            if anchor {
                candidates.pop();
            }
            let content = line_text.trim();
            hits.clear();
            lower.clear();
            lower.extend(content.bytes().map(|byte| byte.to_ascii_lowercase()));
            hits.extend(candidates.iter().filter(|&&id| {
                let rule = &self.rules[usize::from(id) - 1];
                (rule.kind == RuleKind::Span || rule.takes_length(content))
                    && rule.may_hit(&lower)
                    && rule.hits(content)
            }));
            if let Some(word) = word
                && !hits.contains(&word)
            {
                hits.push(word);
                hits.sort_unstable();
            }
            if anchor || !hits.is_empty() {
                hit(number, &hits, anchor);
            }
        }
    }

    /// The rule of words that has the line's bare word.
    fn word(&self, line: &str) -> Option<RuleId> {
        if self.words.is_empty() {
            return None;
        }
        self.words.get(&bare_key(line)?).copied()
    }

    /// Of several hits on one line, the surest rule that takes the whole line.
    pub(crate) fn surest(&self, hits: &[RuleId]) -> Option<RuleId> {
        let mut best: Option<RuleId> = None;
        for &id in hits {
            let rule = &self.rules[usize::from(id) - 1];
            let better = |best: RuleId| rule.confidence > self.rules[usize::from(best) - 1].confidence;
            if rule.kind != RuleKind::Span && best.is_none_or(better) {
                best = Some(id);
            }
        }
        best
    }

    /// Whether one of the hits is a span rule.
    pub(crate) fn any_span(&self, hits: &[RuleId]) -> bool {
        hits.iter().any(|&id| self.rules[usize::from(id) - 1].kind == RuleKind::Span)
    }
}

impl Rule {
    /// Whether a line of more than [`LONG`] bytes may be within the rule's length.
    fn takes_long(&self) -> bool {
        self.kind == RuleKind::Span || 4 * self.max as usize > LONG
    }

    fn takes_length(&self, trimmed: &str) -> bool {
        trimmed.len() <= 4 * self.max as usize && trimmed.chars().count() <= self.max as usize
    }

    /// Whether a line, in lower case, has what every match has besides its first literal.
    fn may_hit(&self, lower: &[u8]) -> bool {
        self.further
            .iter()
            .all(|set| set.iter().any(|literal| literal.find(lower).is_some()))
    }

    fn hits(&self, trimmed: &str) -> bool {
        if !self.words.is_empty() && bare_key(trimmed).is_some_and(|key| self.words.contains(&key)) {
            return trimmed.len() <= LONGEST_WORD;
        }
        let Some(pattern) = &self.pattern else { return false };
        match self.kind {
            // A character takes at most 4 bytes: a cheap look before the exact count.
            RuleKind::Line | RuleKind::Hint => {
                self.takes_length(trimmed) && pattern.regex().is_match(trimmed)
            }
            RuleKind::Span => pattern.regex().is_match(trimmed),
        }
    }

    /// The passages in `text`: the group named `span` where the pattern has one, else the whole match.
    fn passages<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Span> + 'a {
        self.pattern.iter().flat_map(move |pattern| pattern.regex().captures_iter(text)).filter_map(|found| {
            let passage = found.name("span").or_else(|| found.get(0))?;
            (!passage.is_empty()).then(|| Span::new(passage.start() as u32, passage.end() as u32))
        })
    }
}

fn longest_first(mut found: Vec<(RuleId, Span)>) -> Vec<(RuleId, Span)> {
    found.sort_by_key(|&(id, span)| (std::cmp::Reverse(span.len()), span.start, id));
    let mut kept: Vec<(RuleId, Span)> = Vec::new();
    for (id, span) in found {
        if !kept.iter().any(|(_, other)| other.overlaps(span)) {
            kept.push((id, span));
        }
    }
    kept.sort_by_key(|&(_, span)| span);
    kept
}

fn read_file(text: &str) -> Result<File> {
    toml::from_str(text).map_err(|error| {
        Error::setting(SETTING, format!("the rules file cannot be read: {}", error.to_string().trim()))
    })
}

impl File {
    fn rules(self, definitions: &BTreeMap<String, String>, trust: Trust) -> Result<Vec<Rule>> {
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
        let key = bare_key(word).filter(|_| word.len() <= LONGEST_WORD);
        words.push(key.ok_or_else(|| {
            wrong(format!("`{word}` in `words` has no letter, or more than {LONGEST_WORD} bytes"))
        })?);
    }
    let required = pattern.as_ref().map(|pattern| required_literals(&pattern.text)).unwrap_or_default();
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
        name: raw.name.clone(),
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
        further: required.further.iter().map(|set| set.iter().map(|literal| finder(literal)).collect()).collect(),
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
    let mut pattern = text.to_string();
    // A definition may use others; three rounds are enough for what people write, and end.
    for _ in 0..3 {
        for (name, piece) in definitions {
            pattern = pattern.replace(&format!("{{{{{name}}}}}"), &format!("(?:{piece})"));
        }
    }
    if let Some(open) = pattern.find("{{") {
        let name: String = pattern[open..].chars().take(24).collect();
        return Err(format!("`pattern` uses `{name}`, which no [define] of this file explains"));
    }
    match trust {
        Trust::Try => Pattern::checked(ascii(&pattern)),
        Trust::Tested => Ok(Pattern { text: ascii(&pattern), compiled: OnceLock::new() }),
    }
}

fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || ('\u{4e00}'..='\u{9fff}').contains(&c)
        || (!c.is_ascii() && c.is_alphanumeric())
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

/// Key of a line's letters and digits in lower case; `None` where it has none.
fn bare_key(line: &str) -> Option<u64> {
    let mut bare = [0u8; LONGEST_WORD + 4];
    let mut len = 0;
    for c in line.chars().filter(|&c| is_bare(c)) {
        if len > LONGEST_WORD {
            return None;
        }
        len += c.to_ascii_lowercase().encode_utf8(&mut bare[len..]).len();
    }
    (len > 0).then(|| hash::key(&bare[..len]))
}

impl Rule {
    /// Whether the rule takes an example exactly as it is marked.
    fn takes(&self, example: &str) -> bool {
        if self.kind != RuleKind::Span {
            return self.hits(example.trim());
        }
        let (Some(open), Some(close)) = (example.find('⟦'), example.find('⟧')) else {
            return false;
        };
        let plain: String = example.chars().filter(|&c| c != '⟦' && c != '⟧').collect();
        let wanted = Span::new(open as u32, (close - '⟦'.len_utf8()) as u32);
        self.passages(&plain).any(|span| span == wanted)
    }
}

fn compile(rules: Vec<Rule>, anchors: Vec<String>) -> Result<Rules> {
    let anchors: Vec<String> =
        anchors.into_iter().map(|anchor| anchor.to_lowercase()).filter(|anchor| !anchor.is_empty()).collect();
    let mut names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::setting(
            format!("{SETTING}: rule `{}`", twice[0]),
            "two rules have this name; the built-in rules count too",
        ));
    }
    if rules.len() >= usize::from(ANCHOR) {
        return Err(Error::setting(
            SETTING,
            format!("{} rules are more than fit ({})", rules.len(), RuleId::MAX),
        ));
    }
    let mut needed: Vec<(String, RuleId)> = Vec::new();
    let (mut unfiltered, mut gated, mut words) = (Vec::new(), Vec::new(), Map::default());
    for (id, rule) in (1..).zip(&rules) {
        for &word in &rule.words {
            words.entry(word).or_insert(id);
        }
        if let Some(when) = rule.when {
            gated.push((when.flag(), id));
        } else if !rule.needs.is_empty() {
            needed.extend(rule.needs.iter().map(|literal| (literal.clone(), id)));
        } else if rule.pattern.is_some() {
            unfiltered.push(id);
        }
    }
    needed.extend(anchors.iter().map(|anchor| (anchor.clone(), ANCHOR)));
    let takes_long = |id: RuleId| id == ANCHOR || rules[usize::from(id) - 1].takes_long();
    let long: Vec<(String, RuleId)> = needed.iter().filter(|(_, id)| takes_long(*id)).cloned().collect();
    let ((prefilter, refused), (long, also)) = (Prefilter::new(&needed), Prefilter::new(&long));
    unfiltered.extend(refused.into_iter().chain(also).filter(|&id| id != ANCHOR));
    unfiltered.sort_unstable();
    unfiltered.dedup();
    Ok(Rules { rules, prefilter, long, unfiltered, gated, anchors, words })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reading the rules runs every example and counter-example; here each rule must have some.
    #[test]
    fn built_in_rules_take_their_examples() {
        let rules = Rules::parse(BUILT_IN).expect("the rules are right");
        for (_, rule) in rules.iter() {
            assert!(!rule.examples.is_empty(), "{} has no example", rule.name);
            assert!(!rule.counter_examples.is_empty(), "{} has no counter-example", rule.name);
        }
    }

    /// The prefilter is only a filter: trying every rule on every line gives the same.
    #[test]
    fn prefilter_loses_nothing() {
        let rules = Rules::built_in();
        let all: Vec<String> = rules
            .iter()
            .flat_map(|(_, rule)| rule.examples.iter().chain(&rule.counter_examples))
            .map(|line| line.replace(['⟦', '⟧'], ""))
            .collect();
        for line in &all {
            let plain: Vec<RuleId> =
                rules.iter().filter(|(_, rule)| rule.hits(line.trim())).map(|(id, _)| id).collect();
            let mut fast = Vec::new();
            rules.scan(
                line,
                &[Span::new(0, line.len() as u32)],
                |_| flags(line),
                |_, hits, _| fast = hits.to_vec(),
            );
            assert_eq!(plain, fast, "{line}");
        }
    }

    /// A built-in rule that meets every line would cost more than all others together.
    #[test]
    fn no_built_in_rule_meets_every_line() {
        let rules = Rules::built_in();
        if let Some(&id) = rules.unfiltered.first() {
            let rule = rules.get(id).expect("its number is a rule's");
            let short: Vec<&String> = rule.needs.iter().filter(|literal| literal.len() < 4).collect();
            panic!("{} needs longer literals than {short:?}", rule.name);
        }
    }

    fn problem(text: &str) -> String {
        Rules::parse(text).expect_err("the rules are wrong").to_string()
    }

    #[test]
    fn errors_name_the_rule_and_the_problem() {
        let broken = problem("[[rule]]\nname = 'mine'\nkind = 'line'\npattern = '(('\n");
        assert!(broken.contains("`mine`") && broken.contains("not a regular expression"), "{broken}");
        let empty = problem("[[rule]]\nname = 'mine'\nkind = 'line'\npattern = 'x*'\n");
        assert!(empty.contains("empty line"), "{empty}");
        let kind = problem("[[rule]]\nname = 'mine'\nkind = 'page'\npattern = 'x'\n");
        assert!(kind.contains("cannot be read"), "{kind}");
        let example = problem("[[rule]]\nname = 'mine'\nkind = 'line'\npattern = '^ab$'\nexamples = ['b']\n");
        assert!(example.contains("its own example `b`"), "{example}");
        let twice = "[[rule]]\nname = 'mine'\nkind = 'line'\npattern = '^ab$'\n".repeat(2);
        assert!(problem(&twice).contains("two rules"), "{}", problem(&twice));
    }

    #[test]
    fn user_rules_come_first_and_may_use_the_definitions() {
        let user = "[[rule]]\nname = 'mine'\nkind = 'span'\npattern = '去{{domain}}看看'\nexamples = ['好。⟦去a1.example.com看看⟧']\n";
        let rules = Rules::with(user).expect("the rule is right");
        assert_eq!(rules.get(1).map(|rule| rule.name.as_str()), Some("mine"));
        assert_eq!(rules.spans("完。去b2.com看看"), [(1, Span::new(6, 21))]);
    }
}
