//! Where folded units go: alone, with their spans, or beside the numbers that were dropped.

use super::{Slot, SlotKind};
use crate::document::Span;

/// Takes what the machine puts out. Positions are bytes of the text.
pub(super) trait Sink {
    /// Units of this text so far.
    fn len(&self) -> usize;
    /// The last unit.
    fn last(&self) -> Option<u32>;
    fn unit(&mut self, unit: u32, start: usize, end: usize);
    /// The first `count` units of a batch.
    fn batch(&mut self, batch: &Batch, count: usize);
    /// Takes units back until `len` are left.
    fn truncate(&mut self, len: usize);
    /// The last unit becomes `unit` and reaches to `end`.
    fn replace_last(&mut self, unit: u32, end: usize);
    /// The last unit reaches to `end`, if it ends at `start`.
    fn stretch_last(&mut self, start: usize, end: usize);
    /// A dropped digit run, `before` units before it.
    fn digits(&mut self, before: usize, hash: u64, start: usize, end: usize);
    /// A dropped mask run, `before` units before it.
    fn mask(&mut self, before: usize, start: usize, end: usize);
}

/// Units that a loop hands over at a time.
pub(super) const BATCH: usize = 16;

/// Units on their way to the sink, and their bytes.
pub(super) struct Batch {
    units: [u32; BATCH],
    spans: [Span; BATCH],
}

impl Batch {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self { units: [0; BATCH], spans: [Span { start: 0, end: 0 }; BATCH] }
    }

    #[inline(always)]
    pub(super) fn put(&mut self, at: usize, unit: u32, start: usize, end: usize) {
        self.units[at] = unit;
        self.spans[at] = Span { start: start as u32, end: end as u32 };
    }
}

/// Units alone, behind those of other texts.
pub(super) struct Units<'a> {
    pub(super) units: &'a mut Vec<u32>,
    pub(super) base: usize,
}

impl Sink for Units<'_> {
    fn len(&self) -> usize {
        self.units.len() - self.base
    }

    fn last(&self) -> Option<u32> {
        self.units.last().copied()
    }

    fn unit(&mut self, unit: u32, _: usize, _: usize) {
        self.units.push(unit);
    }

    #[inline(always)]
    fn batch(&mut self, batch: &Batch, count: usize) {
        // All of it and then less: a copy of known length is a few instructions.
        let len = self.units.len();
        self.units.extend_from_slice(&batch.units);
        self.units.truncate(len + count);
    }

    fn truncate(&mut self, len: usize) {
        self.units.truncate(self.base + len);
    }

    fn replace_last(&mut self, unit: u32, _: usize) {
        if let Some(last) = self.units.last_mut() {
            *last = unit;
        }
    }

    fn stretch_last(&mut self, _: usize, _: usize) {}

    fn digits(&mut self, _: usize, _: u64, _: usize, _: usize) {}

    fn mask(&mut self, _: usize, _: usize, _: usize) {}
}

/// Units and the bytes that they came from, behind those of other texts.
pub(super) struct Spanned<'a> {
    pub(super) units: Units<'a>,
    pub(super) spans: &'a mut Vec<Span>,
    pub(super) spans_base: usize,
}

impl Sink for Spanned<'_> {
    fn len(&self) -> usize {
        self.units.len()
    }

    fn last(&self) -> Option<u32> {
        self.units.last()
    }

    fn unit(&mut self, unit: u32, start: usize, end: usize) {
        self.units.unit(unit, start, end);
        self.spans.push(span(start, end));
    }

    #[inline(always)]
    fn batch(&mut self, batch: &Batch, count: usize) {
        self.units.batch(batch, count);
        let len = self.spans.len();
        self.spans.extend_from_slice(&batch.spans);
        self.spans.truncate(len + count);
    }

    fn truncate(&mut self, len: usize) {
        self.units.truncate(len);
        self.spans.truncate(self.spans_base + len);
    }

    fn replace_last(&mut self, unit: u32, end: usize) {
        self.units.replace_last(unit, end);
        if let Some(last) = self.spans.last_mut() {
            last.end = end as u32;
        }
    }

    fn stretch_last(&mut self, start: usize, end: usize) {
        if let Some(last) = self.spans[self.spans_base..].last_mut()
            && last.end as usize == start
        {
            last.end = end as u32;
        }
    }

    fn digits(&mut self, _: usize, _: u64, _: usize, _: usize) {}

    fn mask(&mut self, _: usize, _: usize, _: usize) {}
}

/// The dropped runs alone; units are only counted.
#[derive(Default)]
pub(super) struct Slots {
    pub(super) slots: Vec<Slot>,
    count: usize,
    last: Option<u32>,
}

impl Sink for Slots {
    fn len(&self) -> usize {
        self.count
    }

    fn last(&self) -> Option<u32> {
        self.last
    }

    fn unit(&mut self, unit: u32, _: usize, _: usize) {
        self.count += 1;
        self.last = Some(unit);
    }

    #[inline(always)]
    fn batch(&mut self, batch: &Batch, count: usize) {
        self.count += count;
        self.last = batch.units[..count].last().copied().or(self.last);
    }

    fn truncate(&mut self, len: usize) {
        self.count = len;
    }

    fn replace_last(&mut self, unit: u32, _: usize) {
        self.last = Some(unit);
    }

    fn stretch_last(&mut self, _: usize, _: usize) {}

    fn digits(&mut self, before: usize, hash: u64, start: usize, end: usize) {
        self.slots.push(Slot { unit: before as u32, span: span(start, end), kind: SlotKind::Digits(hash) });
    }

    fn mask(&mut self, before: usize, start: usize, end: usize) {
        self.slots.push(Slot { unit: before as u32, span: span(start, end), kind: SlotKind::Mask });
    }
}

/// Texts are at most [`crate::document::MAX_TEXT`] bytes long.
fn span(start: usize, end: usize) -> Span {
    Span::new(start as u32, end as u32)
}
