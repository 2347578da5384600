//! What chrome detection says of a page: which lines and spans are the site's, why, and how surely.

use std::sync::Arc;

use super::family::FamilyName;
use crate::document::Span;

/// The labels of one page; whatever is not named here is content.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// Chrome lines, in order.
    pub lines: Vec<LineLabel>,
    /// Injected spans inside content lines, in order, disjoint.
    pub spans: Vec<SpanLabel>,
    /// The page would have lost nearly everything, so it lost nothing.
    pub left_whole: bool,
}

impl Labels {
    /// Whether all of the page is content.
    pub fn take_nothing(&self) -> bool {
        self.lines.is_empty() && self.spans.is_empty()
    }
}

/// A chrome line.
#[derive(Clone, Debug, PartialEq)]
pub struct LineLabel {
    /// The line's number, from 0.
    pub line: u32,
    /// Why.
    pub known: Known,
    /// Pages of the site on which it, or its template, was seen.
    pub pages: u32,
    /// How sure, 0 to 1.
    pub confidence: f32,
}

/// An injected span.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanLabel {
    /// Its bytes.
    pub span: Span,
    /// Why.
    pub known: Known,
    /// Pages on which it, or its template, was seen.
    pub pages: u32,
    /// How sure, 0 to 1.
    pub confidence: f32,
}

/// What a label rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// A rule, by name.
    Rule(Arc<str>),
    /// A family of lines or spans of the site, by the template that its members share.
    Family(FamilyName),
    /// The text stands in this copy and in none of the others.
    Alignment,
}
