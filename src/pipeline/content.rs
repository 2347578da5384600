//! A sheet without its chrome: the paragraphs that are compared, and their units in one stream.
//!
//! Runs of paragraphs that a page break may have cut in mid-sentence are offered *joined* besides.

use std::ops::Range;

use super::sheet::Sheet;
use crate::chrome::Labels;
use crate::document::Span;
use crate::hash;
use crate::text::fold::{Slot, number_slots};
use crate::text::segment::{ends_sentence, opens_item};

/// Fewest units of a piece of a joined paragraph: menus and titles are no broken sentences.
const JOIN_UNITS: u32 = 12;

/// Units from which a paragraph says something: menus, headings and labels are shorter.
const SAYING: u32 = 6;

/// What is left of a page when its chrome is off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Units of all content paragraphs, in order.
    pub units: Vec<u32>,
    /// Content lines, in order.
    pub lines: Vec<ContentLine>,
    /// Paragraphs with at least one content line, in order.
    pub paragraphs: Vec<Paragraph>,
    /// Runs of neighbouring paragraphs (indices) that may be one broken paragraph, each of two and more.
    pub joins: Vec<Range<u32>>,
}

/// A content line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentLine {
    /// Its number in the sheet.
    pub line: u32,
    /// Where its units begin in [`Content::units`].
    pub units: u32,
}

/// A content paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// Its lines, as indices into [`Content::lines`].
    pub lines: Range<u32>,
    /// Its units in [`Content::units`].
    pub units: Range<u32>,
    /// Key of its numbers, 0 where it has none.
    pub numbers: u32,
    /// Runs of digits in it.
    pub runs: u32,
    /// Masks in it.
    pub masks: u32,
}

impl Content {
    /// The content of a sheet under these labels.
    pub fn new(sheet: &Sheet, labels: &Labels) -> Self {
        let mut content = Content { units: Vec::with_capacity(sheet.units.len()), ..Content::default() };
        let mut chrome = labels.lines.iter().map(|label| label.line).peekable();
        let mut cut = labels.spans.iter().map(|span| span.span).peekable();
        for lines in &sheet.paragraphs {
            let (first, start) = (content.lines.len() as u32, content.units.len() as u32);
            let mut paragraph =
                Paragraph { lines: first..first, units: start..start, numbers: 0, runs: 0, masks: 0 };
            for line in lines.clone() {
                while chrome.next_if(|&label| label < line).is_some() {}
                if chrome.peek() == Some(&line) {
                    continue;
                }
                content.lines.push(ContentLine { line, units: content.units.len() as u32 });
                let span = sheet.lines[line as usize];
                while cut.next_if(|cut| cut.end <= span.start).is_some() {}
                if cut.peek().is_some_and(|cut| cut.overlaps(span)) {
                    let cuts: Vec<Span> =
                        std::iter::from_fn(|| cut.next_if(|cut| cut.overlaps(span))).collect();
                    content.push_cut_line(sheet, line, &cuts);
                } else {
                    content.units.extend_from_slice(&sheet.units[sheet.unit_range(&(line..line + 1))]);
                }
                let numbers = &sheet.numbers[line as usize];
                if numbers.key != 0 {
                    paragraph.numbers = hash::units_key(&[paragraph.numbers, numbers.key]) as u32;
                }
                paragraph.runs += numbers.runs;
                paragraph.masks += numbers.masks;
            }
            paragraph.lines.end = content.lines.len() as u32;
            paragraph.units.end = content.units.len() as u32;
            if !paragraph.lines.is_empty() {
                content.paragraphs.push(paragraph);
            }
        }
        content.offer_joins(sheet);
        content
    }

    fn push_cut_line(&mut self, sheet: &Sheet, line: u32, cuts: &[Span]) {
        let (mut units, mut spans) = (Vec::new(), Vec::new());
        sheet.line_unit_spans(line, &mut units, &mut spans);
        let kept = units.iter().zip(&spans).filter(|(_, span)| !cuts.iter().any(|cut| cut.overlaps(**span)));
        self.units.extend(kept.map(|(&unit, _)| unit));
    }

    /// Runs in which each paragraph but the last stops in mid-sentence and each but the first opens nothing new. The
    /// whole run is offered, and, where it has three pieces and more, each neighbouring pair: one piece too many must
    /// not hide the break.
    fn offer_joins(&mut self, sheet: &Sheet) {
        let goes_on = |at: usize| {
            let (Some(this), Some(next)) = (self.paragraphs.get(at), self.paragraphs.get(at + 1)) else {
                return false;
            };
            this.units.len() as u32 >= JOIN_UNITS
                && !next.units.is_empty()
                && !ends_sentence(sheet.line(self.lines[this.lines.end as usize - 1].line))
                && !opens_item(sheet.line(self.lines[next.lines.start as usize].line))
        };
        let mut joins = Vec::new();
        let mut first = 0;
        while first < self.paragraphs.len() {
            let mut last = first;
            while goes_on(last) {
                last += 1;
            }
            if last > first {
                joins.push(first as u32..last as u32 + 1);
                if last > first + 1 {
                    joins.extend((first..last).map(|at| at as u32..at as u32 + 2));
                }
            }
            first = last + 1;
        }
        self.joins = joins;
    }

    /// Units of a run of paragraphs.
    pub fn run_units(&self, run: &Range<u32>) -> &[u32] {
        let (first, last) = (&self.paragraphs[run.start as usize], &self.paragraphs[run.end as usize - 1]);
        &self.units[first.units.start as usize..last.units.end as usize]
    }

    /// Units in paragraphs that say something: what a page holds, as against its headings, labels, and the menus that
    /// no rule knew.
    pub fn prose(&self) -> u32 {
        self.paragraphs
            .iter()
            .map(|paragraph| paragraph.units.len() as u32)
            .filter(|&units| units >= SAYING)
            .sum()
    }

    /// Content lines of a run of paragraphs.
    pub fn run_lines(&self, run: &Range<u32>) -> &[ContentLine] {
        let (first, last) = (&self.paragraphs[run.start as usize], &self.paragraphs[run.end as usize - 1]);
        &self.lines[first.lines.start as usize..last.lines.end as usize]
    }

    /// The number slots of some content lines, their places counted in units from the first of these lines on.
    pub fn slots(&self, sheet: &Sheet, labels: &Labels, lines: &[ContentLine]) -> Vec<Slot> {
        let base = lines.first().map_or(0, |line| line.units);
        let mut slots = Vec::new();
        for content in lines {
            let numbers = &sheet.numbers[content.line as usize];
            if numbers.runs + numbers.masks == 0 {
                continue;
            }
            let line = sheet.lines[content.line as usize];
            let cuts: Vec<Span> =
                labels.spans.iter().map(|label| label.span).filter(|span| span.overlaps(line)).collect();
            let (mut units, mut spans) = (Vec::new(), Vec::new());
            if !cuts.is_empty() {
                sheet.line_unit_spans(content.line, &mut units, &mut spans);
            }
            for slot in number_slots(sheet.line(content.line)) {
                let span = Span::new(slot.span.start + line.start, slot.span.end + line.start);
                if cuts.iter().any(|cut| cut.overlaps(span)) {
                    continue;
                }
                let gone = spans[..spans.len().min(slot.unit as usize)]
                    .iter()
                    .filter(|span| cuts.iter().any(|cut| cut.overlaps(**span)))
                    .count() as u32;
                slots.push(Slot { unit: slot.unit - gone + content.units - base, span, kind: slot.kind });
            }
        }
        slots
    }
}
