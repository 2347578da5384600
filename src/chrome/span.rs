//! Passages injected into a line of text.
//!
//! In goes text, out come the exact bytes of passages that a rule knows. [`judge_insertion`] answers for text that
//! stands in one copy of a paragraph and not in the others.

use crate::document::Span;

use super::rules::{RuleId, RuleKind, Rules};

/// What a rule says about text that only one copy has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Insertion {
    /// The injected part, in bytes of the inserted text.
    pub span: Span,
    /// The rule that knows it; 0 where a host name alone gives it away.
    pub rule: RuleId,
    /// How sure it is (0 to 1).
    pub confidence: f32,
}

/// Whether text that stands in one copy of a paragraph, between `before` and `after`, and not in the other copies,
/// looks injected; trimmed to the injected part. An alignment may give or take characters that both sides share, so
/// the rules see what stands around it too; the part that is returned lies inside `inserted`.
///
/// ```
/// use dechaff::chrome::{Rules, judge_insertion};
/// let found = judge_insertion("请登录该网站查看更多资讯88.abcd.com", "完工。", "", &Rules::built_in());
/// assert_eq!(found.map(|found| found.span.range()), Some(0..47));
/// assert!(judge_insertion("并且取得成效", "完工", "。", &Rules::built_in()).is_none());
/// ```
pub fn judge_insertion(inserted: &str, before: &str, after: &str, rules: &Rules) -> Option<Insertion> {
    let context: String =
        last(before, 16).chars().chain(inserted.chars()).chain(first(after, 16).chars()).collect();
    let start = last(before, 16).len() as u32;
    let end = start + inserted.len() as u32;
    rules
        .spans(&context)
        .into_iter()
        .filter(|(_, span)| span.start >= start && span.end <= end)
        .max_by_key(|&(id, span)| (span.len(), std::cmp::Reverse(id)))
        .map(|(rule, span)| Insertion {
            span: Span::new(span.start - start, span.end - start),
            rule,
            confidence: rules
                .get(rule)
                .filter(|rule| rule.kind == RuleKind::Span)
                .map_or(0.5, |rule| rule.confidence),
        })
}

fn last(text: &str, chars: usize) -> &str {
    let start = text.char_indices().rev().nth(chars.saturating_sub(1)).map_or(0, |(at, _)| at);
    &text[start..]
}

fn first(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    &text[..end]
}
