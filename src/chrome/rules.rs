//! Rules: what is chrome on any page, whatever the site.
//!
//! In goes the text of a rules file (TOML), out comes a compiled set that says for each line of a text which rule
//! knows it. One scan over the line finds the few rules whose literals stand in it; only those are tried.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use crate::document::Span;
use crate::error::{Error, Result};
use crate::hash::Map;

use super::pattern::Pattern;
use super::prefilter::Prefilter;
use super::rule::{HEADS, LONG, LONGEST_WORD, Rule, RuleId, RuleKind, bare_head, bare_key};
use super::rule_file::{SETTING, Trust, read_file};
use super::shape::{Flags, flags, may_hold_domain};

/// The rules that every run has.
const BUILT_IN: &str = include_str!("rules.toml");
/// What host names have.
pub(super) const HOSTS: [&str; 9] = [".com", ".cn", ".net", ".org", ".cc", ".info", ".tv", "www.", "http"];
/// Stands for the anchors among the rules that a literal calls for.
const ANCHOR: RuleId = RuleId::MAX;

/// What a text calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Called {
    /// How many different anchors stand in it.
    pub(crate) anchors: usize,
    /// It holds a part of a host name.
    pub(crate) host: bool,
}

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
    /// For each property that rules ask for, the rules that meet the lines with it.
    gated: Vec<(Flags, Vec<RuleId>)>,
    /// Words that passages injected by a site have in common, in lower case.
    anchors: Vec<String>,
    /// Finds these and [`HOSTS`]; made when a site's passages first ask for it.
    calls: OnceLock<Option<AhoCorasick>>,
    /// Rules of words, by the key of the bare word.
    words: Map<u64, RuleId>,
    /// One bit for each head of a word.
    heads: Vec<u64>,
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

    /// Lets go of what the patterns that take whole lines were compiled to, some megabytes for each thread, when all
    /// lines were read; one that is asked again is compiled again.
    pub(crate) fn rest(&mut self) {
        let lines = self.rules.iter_mut().filter(|rule| rule.kind != RuleKind::Span);
        lines.filter_map(|rule| rule.pattern.as_mut()).for_each(Pattern::rest);
    }

    /// The rule with this number.
    pub fn get(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(usize::from(id).checked_sub(1)?)
    }

    /// Whether a span rule may take a passage of a line, or of a piece of it: the line has a literal that one needs.
    pub(crate) fn may_hold_span(&self, line: &str) -> bool {
        let is_span = |&id: &RuleId| self.is_span(id);
        // A piece may have a property that the line has not: a word that it cuts may be a host name.
        let mut gated =
            self.gated.iter().filter(|(gate, _)| may_have(line, *gate)).flat_map(|(_, rules)| rules);
        if self.unfiltered.iter().any(is_span) || gated.any(is_span) {
            return true;
        }
        // Span rules take lines of any length.
        let mut candidates = Vec::new();
        self.long.candidates(line, 0..line.len(), &mut candidates);
        candidates.iter().any(is_span)
    }

    fn is_span(&self, id: RuleId) -> bool {
        id != ANCHOR && self.rules[usize::from(id) - 1].kind == RuleKind::Span
    }

    /// Whether an anchor, or a part of a host name, stands in a text in any case of its ASCII letters.
    pub(crate) fn may_call(&self, text: &str) -> bool {
        match self.calls() {
            Some(finder) => finder.is_match(text),
            None => {
                let called = self.called_plainly(&text.to_ascii_lowercase());
                called.host || called.anchors > 0
            }
        }
    }

    /// What a text, which is in lower case, calls for.
    pub(crate) fn called(&self, text: &str) -> Called {
        let Some(finder) = self.calls() else { return self.called_plainly(text) };
        let mut found: Vec<usize> =
            finder.find_overlapping_iter(text).map(|hit| hit.pattern().as_usize()).collect();
        found.sort_unstable();
        found.dedup();
        let anchors = found.partition_point(|&pattern| pattern < self.anchors.len());
        Called { anchors, host: anchors < found.len() }
    }

    /// [`Rules::called`], literal by literal.
    fn called_plainly(&self, text: &str) -> Called {
        Called {
            anchors: self.anchors.iter().filter(|anchor| text.contains(anchor.as_str())).count(),
            host: HOSTS.iter().any(|host| text.contains(host)),
        }
    }

    fn calls(&self) -> Option<&AhoCorasick> {
        let finder = self.calls.get_or_init(|| {
            let literals = self.anchors.iter().map(String::as_str).chain(HOSTS);
            AhoCorasick::builder().ascii_case_insensitive(true).build(literals).ok()
        });
        finder.as_ref()
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
        let mut candidates: Vec<RuleId> = Vec::new();
        // Span rules take lines of any length.
        self.long.candidates(line, 0..line.len(), &mut candidates);
        candidates.extend(&self.unfiltered);
        let mut known: Option<Flags> = None;
        for (gate, rules) in &self.gated {
            if rules.iter().any(|&id| self.is_span(id))
                && may_have(line, *gate)
                && known.get_or_insert_with(|| flags(line)).has(*gate)
            {
                candidates.extend(rules);
            }
        }
        candidates.retain(|&id| self.is_span(id));
        candidates.sort_unstable();
        candidates.dedup();
        let (content, mut lower) = (line.trim(), Lower::default());
        let mut found = Vec::new();
        for id in candidates {
            let rule = &self.rules[usize::from(id) - 1];
            // A rule hits the line without the spaces at its ends.
            if lower.may_hit(rule, content) && (content.len() == line.len() || rule.hits(content)) {
                found.extend(rule.passages(line).into_iter().map(|span| (id, span)));
            }
        }
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
        let mut lower = Lower::default();
        for (number, line) in lines.iter().enumerate() {
            if line.is_empty() {
                continue;
            }
            let line_text = &text[line.range()];
            candidates.clear();
            let prefilter = if line_text.len() > LONG { &self.long } else { &self.prefilter };
            prefilter.candidates(text, line.range(), &mut candidates);
            candidates.extend(&self.unfiltered);
            if !self.gated.is_empty() {
                let flags = flags(number);
                let open = self.gated.iter().filter(|(gate, _)| flags.has(*gate));
                open.for_each(|(_, rules)| candidates.extend(rules));
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
            lower.forget();
            hits.extend(candidates.iter().filter(|&&id| {
                let rule = &self.rules[usize::from(id) - 1];
                (rule.kind == RuleKind::Span || rule.takes_length(content))
                    && lower.may_hit(rule, content)
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
        let head = bare_head(line)?;
        if self.heads[head / 64] >> (head % 64) & 1 == 0 {
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
        hits.iter().any(|&id| self.is_span(id))
    }
}

/// A line in lower case, made when the first rule asks for it.
#[derive(Default)]
struct Lower(Vec<u8>);

impl Lower {
    fn may_hit(&mut self, rule: &Rule, content: &str) -> bool {
        if rule.further.is_empty() {
            return true;
        }
        if self.0.is_empty() {
            self.0.extend_from_slice(content.as_bytes());
            self.0.make_ascii_lowercase();
        }
        rule.may_hit(&self.0)
    }

    fn forget(&mut self) {
        self.0.clear();
    }
}

/// Whether a line, or a piece of it, may have the property that some rules ask for.
fn may_have(line: &str, gate: Flags) -> bool {
    gate != Flags::DOMAIN || may_hold_domain(line)
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

fn compile(rules: Vec<Rule>, anchors: Vec<String>) -> Result<Rules> {
    let anchors: Vec<String> =
        anchors.into_iter().map(|anchor| anchor.to_lowercase()).filter(|anchor| !anchor.is_empty()).collect();
    let mut names: Vec<&str> = rules.iter().map(|rule| &*rule.name).collect();
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
    let mut gated: Vec<(Flags, Vec<RuleId>)> = Vec::new();
    let (mut unfiltered, mut words, mut heads) = (Vec::new(), Map::default(), vec![0; HEADS / 64]);
    for (id, rule) in (1..).zip(&rules) {
        for word in &rule.words {
            words.entry(word.key).or_insert(id);
            heads[word.head / 64] |= 1 << (word.head % 64);
        }
        if let Some(when) = rule.when {
            match gated.iter_mut().find(|(gate, _)| *gate == when.flag()) {
                Some((_, rules)) => rules.push(id),
                None => gated.push((when.flag(), vec![id])),
            }
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
    Ok(Rules { rules, prefilter, long, unfiltered, gated, anchors, calls: OnceLock::new(), words, heads })
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

    /// The passages are those that every span rule, tried on every line, takes.
    #[test]
    fn no_passage_is_passed_over() {
        let rules = Rules::built_in();
        for example in rules.iter().flat_map(|(_, rule)| rule.examples.iter().chain(&rule.counter_examples)) {
            let line = example.replace(['⟦', '⟧'], "");
            for line in [line.clone(), format!(" {line}\u{3000}")] {
                let spans = rules
                    .iter()
                    .filter(|(_, rule)| rule.kind == RuleKind::Span && rule.hits(line.trim()))
                    .flat_map(|(id, rule)| rule.passages(&line).into_iter().map(move |span| (id, span)));
                assert_eq!(rules.spans(&line), longest_first(spans.collect()), "{line}");
            }
        }
    }

    /// What is said to hold no passage holds none in any piece.
    #[test]
    fn passages_stand_only_where_they_may() {
        let rules = Rules::built_in();
        let lines =
            ["看a.comfort的书", "去a://b", "更多精彩", "三点.完", "Read more at A.Example now", "去年秋天"];
        let examples = rules.iter().flat_map(|(_, rule)| rule.examples.iter().map(String::as_str));
        for line in examples.chain(lines) {
            let line = line.replace(['⟦', '⟧'], "");
            let starts: Vec<usize> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
            let pieces = starts.iter().flat_map(|&from| {
                starts.iter().filter(move |&&to| from < to).step_by(5).map(move |&to| from..to)
            });
            if !rules.may_hold_span(&line) {
                assert!(pieces.into_iter().all(|piece| rules.spans(&line[piece]).is_empty()), "{line}");
            }
        }
    }

    #[test]
    fn calls_are_found_in_any_case() {
        let mut rules = Rules::built_in();
        rules.anchors.extend(["q".into(), "ünd".into(), "多的".into(), "q".into()]);
        for text in ["", "去年秋天", "Read More", "read mor", "看更多的", "A.COM", "HTTP", "Q", "ÜND", "ünD"]
        {
            let lower = text.to_ascii_lowercase();
            let plain = rules.called_plainly(&lower);
            assert_eq!(rules.called(&lower), plain, "{text}");
            assert_eq!(rules.may_call(text), plain.host || plain.anchors > 0, "{text}");
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
        assert_eq!(rules.get(1).map(|rule| &*rule.name), Some("mine"));
        assert_eq!(rules.spans("完。去b2.com看看"), [(1, Span::new(6, 21))]);
    }
}
