//! One rule: what it describes, and whether a line is that.
//!
//! In goes a line, out comes whether the rule takes it, or which of its passages. Cost: a few searches for literals,
//! then one regular expression.

use std::sync::Arc;

use memchr::memmem::Finder;
use regex::{Captures, Match};
use serde::Deserialize;

use crate::document::Span;
use crate::hash;

use super::pattern::Pattern;
use super::shape::Flags;

/// A line of more bytes than this meets only the rules that may take it.
pub(super) const LONG: usize = 480;
/// Longest line that is looked up among words, in bytes.
pub(super) const LONGEST_WORD: usize = 48;

/// Number of a rule in its [`Rules`](super::rules::Rules), from 1; 0 means no rule.
pub type RuleId = u16;

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
    pub name: Arc<str>,
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
    pub(super) when: Option<When>,
    /// The bare words of a rule of words.
    pub(super) words: Vec<Word>,
    /// Literals of which every match has one, in lower case; without any, the pattern meets every line.
    pub(super) needs: Vec<String>,
    /// Further sets of literals, in lower case, of each of which every match has one.
    pub(super) further: Vec<Vec<Finder<'static>>>,
    pub(super) pattern: Option<Pattern>,
}

impl Rule {
    /// Whether a line of more than [`LONG`] bytes may be within the rule's length.
    pub(super) fn takes_long(&self) -> bool {
        self.kind == RuleKind::Span || 4 * self.max as usize > LONG
    }

    pub(super) fn takes_length(&self, trimmed: &str) -> bool {
        trimmed.len() <= 4 * self.max as usize && trimmed.chars().count() <= self.max as usize
    }

    /// Whether a line, in lower case, has what every match has besides its first literal.
    pub(super) fn may_hit(&self, lower: &[u8]) -> bool {
        self.further.iter().all(|set| set.iter().any(|literal| literal.find(lower).is_some()))
    }

    pub(super) fn hits(&self, trimmed: &str) -> bool {
        if !self.words.is_empty()
            && bare_key(trimmed).is_some_and(|key| self.words.iter().any(|word| word.key == key))
        {
            return trimmed.len() <= LONGEST_WORD;
        }
        let Some(pattern) = &self.pattern else { return false };
        match self.kind {
            // A character takes at most 4 bytes: a cheap look before the exact count.
            RuleKind::Line | RuleKind::Hint => self.takes_length(trimmed) && pattern.is_match(trimmed),
            RuleKind::Span => pattern.is_match(trimmed),
        }
    }

    /// The passages in `text`: the group named `span` where the pattern has one, else the whole match.
    pub(super) fn passages(&self, text: &str) -> Vec<Span> {
        let Some(pattern) = &self.pattern else { return Vec::new() };
        let regex = pattern.regex();
        let span = |found: Match<'_>| Span::new(found.start() as u32, found.end() as u32);
        let passages: Vec<Span> = if regex.captures_len() == 1 {
            regex.find_iter(text).map(span).collect()
        } else {
            let part = |found: Captures<'_>| found.name("span").or_else(|| found.get(0)).map(span);
            regex.captures_iter(text).filter_map(part).collect()
        };
        passages.into_iter().filter(|span| !span.is_empty()).collect()
    }

    /// Whether the rule takes an example exactly as it is marked.
    pub(super) fn takes(&self, example: &str) -> bool {
        if self.kind != RuleKind::Span {
            return self.hits(example.trim());
        }
        let (Some(open), Some(close)) = (example.find('⟦'), example.find('⟧')) else {
            return false;
        };
        let plain: String = example.chars().filter(|&c| c != '⟦' && c != '⟧').collect();
        let wanted = Span::new(open as u32, (close - '⟦'.len_utf8()) as u32);
        self.passages(&plain).contains(&wanted)
    }
}

/// Which lines a pattern without literals is tried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum When {
    /// Those that hold a date.
    Date,
    /// Those that hold a host name.
    Domain,
    /// Those that hold an arrow, a bar or a copyright sign.
    Sign,
}

impl When {
    pub(super) fn flag(self) -> Flags {
        match self {
            When::Date => Flags::DATE,
            When::Domain => Flags::DOMAIN,
            When::Sign => Flags::SIGN,
        }
    }
}

/// A word of a rule of words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// Its [`bare_key`].
    pub(super) key: u64,
    /// Its [`bare_head`].
    pub(super) head: usize,
}

impl Word {
    /// The bare word of a line; `None` where it has none, or a longer one than is looked up.
    pub(super) fn of(line: &str) -> Option<Word> {
        Some(Word { key: bare_key(line)?, head: bare_head(line)? })
    }
}

/// Values of [`bare_head`].
pub(super) const HEADS: usize = 1 << 12;

/// A number that the first letters or digits of a line decide: what most lines share with no word is told without a
/// look at the rest of them. `None` where there are none.
pub(super) fn bare_head(line: &str) -> Option<usize> {
    let bare = line.chars().filter(|&c| is_bare(c)).take(4);
    let head = bare.fold(0u64, |head, c| head << 16 ^ u64::from(u32::from(c.to_ascii_lowercase())));
    (head != 0).then_some((head.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % HEADS)
}

fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || ('\u{4e00}'..='\u{9fff}').contains(&c)
        || (!c.is_ascii() && c.is_alphanumeric())
}

/// Key of a line's letters and digits in lower case; `None` where it has none.
pub(super) fn bare_key(line: &str) -> Option<u64> {
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
