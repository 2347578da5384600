//! Plain data that every layer speaks of: spans of a text, where a record came from.

use std::ops::Range;

/// Bytes of a text, half-open, both ends on character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end` (bytes).
    pub fn new(start: u32, end: u32) -> Self {
        debug_assert!(start <= end);
        Self { start, end }
    }

    /// Length in bytes.
    pub fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether the span holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The span as an index range.
    ///
    /// ```
    /// use dechaff::document::Span;
    /// assert_eq!(&"abcd"[Span::new(1, 3).range()], "bc");
    /// ```
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether `other` lies inside this span (equal spans do).
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two spans share a byte.
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Where a record stands: which input, and which record of it (from 1, in input order).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Index into the run's list of inputs.
    pub input: u32,
    /// Number of the record in that input, from 1.
    pub record: u64,
}

/// Largest text of one record, in bytes: spans are 32 bits wide.
pub const MAX_TEXT: usize = u32::MAX as usize;
