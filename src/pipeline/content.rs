//! A sheet without its chrome: the paragraphs that are compared, and their units in one stream.
//!
//! Runs of paragraphs that a page break may have cut in mid-sentence are offered *joined* besides.

use std::ops::Range;

use super::sheet::{Layout, unit_spans};
use crate::chrome::Labels;
use crate::document::Span;
use crate::hash;
use crate::text::fold::{Numbers, Slot, number_slots};

/// Fewest units of a piece of a joined paragraph: menus and titles are no broken sentences.
const JOIN_UNITS: u32 = 12;

/// Units from which a paragraph says something: menus, headings and labels are shorter.
const SAYING: u32 = 6;

/// What is left of a page when its chrome is off: where it stands, the units themselves stay in the sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Units of all content paragraphs.
    pub units: u32,
    /// Content lines, in order.
    pub lines: Vec<ContentLine>,
    /// For each paragraph with at least one content line, in order, the first of these, as an index into `lines`.
    pub paragraphs: Vec<u32>,
    /// Runs of neighbouring paragraphs (indices) that may be one broken paragraph, each of two and more.
    pub joins: Vec<Range<u32>>,
    /// Runs of digits in all content lines.
    pub runs: u32,
    /// Masks in all content lines.
    pub masks: u32,
    /// What is left of the units of the lines out of which a span goes, in order.
    pub cut: Box<[u32]>,
}

/// A content line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentLine {
    /// Its number in the sheet.
    pub line: u32,
    /// Where its units begin in [`Content::units`].
    pub units: u32,
}

/// The numbers of a content paragraph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParagraphNumbers {
    /// Their key, 0 where it has none.
    pub key: u32,
    /// Runs of digits in it.
    pub runs: u32,
    /// Masks in it.
    pub masks: u32,
}

/// A piece of a content's units.
enum Piece {
    /// Units of whole lines, where they stand in the sheet.
    Whole(Range<usize>),
    /// Those of a line out of which a span goes, where they stand in [`Content::cut`].
    Cut(Range<usize>),
}

impl Content {
    /// The content of a sheet under these labels. Its text is looked at only where they name spans.
    pub fn new(sheet: Layout<'_>, text: &str, labels: &Labels) -> Self {
        let mut content = Content {
            // Blank lines are in no paragraph.
            lines: Vec::with_capacity(sheet.paragraphs().map(|lines| lines.len()).sum()),
            paragraphs: Vec::with_capacity(sheet.paragraphs().len()),
            ..Content::default()
        };
        let mut chrome = labels.lines.iter().map(|label| label.line).peekable();
        let mut cut = labels.spans.iter().map(|span| span.span).peekable();
        let mut left = Vec::new();
        for lines in sheet.paragraphs() {
            let first = content.lines.len();
            for line in lines {
                while chrome.next_if(|&label| label < line).is_some() {}
                if chrome.peek() == Some(&line) {
                    continue;
                }
                content.lines.push(ContentLine { line, units: content.units });
                let span = sheet.line(line);
                while cut.next_if(|cut| cut.end <= span.start).is_some() {}
                content.units += if cut.peek().is_some_and(|cut| cut.overlaps(span)) {
                    let before = left.len();
                    push_cut_line(text, span, labels, &mut left);
                    (left.len() - before) as u32
                } else {
                    sheet.unit_range(&(line..line + 1)).len() as u32
                };
            }
            if first < content.lines.len() {
                content.paragraphs.push(first as u32);
            }
        }
        content.cut = left.into();
        let found = Self::numbered(sheet, &content.lines);
        let totals = found.fold((0, 0), |(runs, masks), (_, found)| (runs + found.runs, masks + found.masks));
        (content.runs, content.masks) = totals;
        content.offer_joins(sheet);
        content
    }

    /// Of a sheet's units those of all content paragraphs in one stream, in place of what stands in `units`.
    pub fn gather(&self, sheet: Layout<'_>, all: &[u32], labels: &Labels, units: &mut Vec<u32>) {
        units.clear();
        units.reserve_exact(self.units as usize);
        self.each_piece(sheet, labels, |piece| match piece {
            Piece::Whole(range) => units.extend_from_slice(&all[range]),
            Piece::Cut(range) => units.extend_from_slice(&self.cut[range]),
        });
    }

    /// The stretches of a sheet's units that are content as they stand, in order, as long as may be, in place of what
    /// stands in `stretches`.
    pub fn stretches(&self, sheet: Layout<'_>, labels: &Labels, stretches: &mut Vec<Range<usize>>) {
        stretches.clear();
        self.each_piece(sheet, labels, |piece| match piece {
            Piece::Whole(range) => stretches.push(range),
            Piece::Cut(_) => {}
        });
    }

    /// What the units of the content are put together from, in order.
    fn each_piece(&self, sheet: Layout<'_>, labels: &Labels, mut take: impl FnMut(Piece)) {
        let mut cut = labels.spans.iter().map(|span| span.span).peekable();
        let mut left = 0;
        let mut whole: Option<Range<usize>> = None;
        for (at, &ContentLine { line, .. }) in self.lines.iter().enumerate() {
            let span = sheet.line(line);
            while cut.next_if(|cut| cut.end <= span.start).is_some() {}
            if cut.peek().is_some_and(|cut| cut.overlaps(span)) {
                whole.take().into_iter().for_each(|whole| take(Piece::Whole(whole)));
                let start = left;
                left += self.units_of(&(at..at + 1)).len();
                take(Piece::Cut(start..left));
                continue;
            }
            let units = sheet.unit_range(&(line..line + 1));
            match &mut whole {
                // Blank lines between them have no units.
                Some(whole) if whole.end == units.start => whole.end = units.end,
                _ => whole.replace(units).into_iter().for_each(|whole| take(Piece::Whole(whole))),
            }
        }
        whole.into_iter().for_each(|whole| take(Piece::Whole(whole)));
    }

    /// Runs in which each paragraph but the last stops in mid-sentence and each but the first opens nothing new. The
    /// whole run is offered, and, where it has three pieces and more, each neighbouring pair: one piece too many must
    /// not hide the break.
    fn offer_joins(&mut self, sheet: Layout<'_>) {
        let count = self.paragraphs.len() as u32;
        let goes_on = |at: u32| {
            if at + 1 >= count {
                return false;
            }
            let (this, next) = (self.line_range(&(at..at + 1)), self.line_range(&(at + 1..at + 2)));
            self.units_of(&this).len() as u32 >= JOIN_UNITS
                && !self.units_of(&next).is_empty()
                && !sheet.edges(self.lines[this.end - 1].line).ends_sentence()
                && !sheet.edges(self.lines[next.start].line).opens_item()
        };
        let mut joins = Vec::new();
        let mut first = 0;
        while first < count {
            let mut last = first;
            while goes_on(last) {
                last += 1;
            }
            if last > first {
                joins.push(first..last + 1);
                if last > first + 1 {
                    joins.extend((first..last).map(|at| at..at + 2));
                }
            }
            first = last + 1;
        }
        self.joins = joins;
    }

    /// The lines of a run of paragraphs, as indices into [`Content::lines`].
    fn line_range(&self, run: &Range<u32>) -> Range<usize> {
        let begins =
            |at: u32| self.paragraphs.get(at as usize).map_or(self.lines.len(), |&line| line as usize);
        begins(run.start)..begins(run.end)
    }

    /// Where the units of a range of [`Content::lines`] stand among all units of the content.
    fn units_of(&self, lines: &Range<usize>) -> Range<usize> {
        let begin = |at: usize| self.lines.get(at).map_or(self.units, |line| line.units) as usize;
        begin(lines.start)..begin(lines.end)
    }

    /// All its paragraphs, as a run.
    pub fn all(&self) -> Range<u32> {
        0..self.paragraphs.len() as u32
    }

    /// Where the units of a run of paragraphs stand among all units of the content.
    pub fn run_units(&self, run: &Range<u32>) -> Range<usize> {
        self.units_of(&self.line_range(run))
    }

    /// Units in paragraphs that say something: what a page holds, as against its headings, labels, and the menus that
    /// no rule knew.
    pub fn prose(&self) -> u32 {
        self.all().map(|at| self.run_units(&(at..at + 1)).len() as u32).filter(|&units| units >= SAYING).sum()
    }

    /// Content lines of a run of paragraphs.
    pub fn run_lines(&self, run: &Range<u32>) -> &[ContentLine] {
        &self.lines[self.line_range(run)]
    }

    /// The numbers of each paragraph of a run.
    pub fn numbers<'a>(
        &'a self,
        sheet: Layout<'a>,
        run: &Range<u32>,
    ) -> impl Iterator<Item = ParagraphNumbers> + use<'a> {
        let mut found = Self::numbered(sheet, self.run_lines(run)).peekable();
        run.clone().map(move |at| {
            let mut numbers = ParagraphNumbers::default();
            let lines = self.run_lines(&(at..at + 1));
            let last = lines[lines.len() - 1].line;
            while let Some((_, line)) = found.next_if(|(content, _)| content.line <= last) {
                if line.key != 0 {
                    numbers.key = hash::units_key(&[numbers.key, line.key]) as u32;
                }
                numbers.runs += line.runs;
                numbers.masks += line.masks;
            }
            numbers
        })
    }

    /// Those of some content lines that have numbers.
    fn numbered<'a>(
        sheet: Layout<'a>,
        lines: &'a [ContentLine],
    ) -> impl Iterator<Item = (&'a ContentLine, Numbers)> + use<'a> {
        let range = lines.first().zip(lines.last()).map_or(0..0, |(first, last)| first.line..last.line + 1);
        sheet.numbers_in(range).filter_map(move |(line, numbers)| {
            let at = lines.binary_search_by_key(&line, |content| content.line).ok()?;
            Some((&lines[at], numbers))
        })
    }

    /// Whether some content lines have any number slots.
    pub fn has_slots(sheet: Layout<'_>, lines: &[ContentLine]) -> bool {
        Self::numbered(sheet, lines).any(|(_, numbers)| numbers.runs + numbers.masks > 0)
    }

    /// The number slots of some content lines, their places counted in units from the first of these lines on.
    pub fn slots(sheet: Layout<'_>, text: &str, labels: &Labels, lines: &[ContentLine]) -> Vec<Slot> {
        let base = lines.first().map_or(0, |line| line.units);
        let mut slots = Vec::new();
        for (content, numbers) in Self::numbered(sheet, lines) {
            if numbers.runs + numbers.masks == 0 {
                continue;
            }
            let line = sheet.line(content.line);
            let cuts: Vec<Span> =
                labels.spans.iter().map(|label| label.span).filter(|span| span.overlaps(line)).collect();
            let (mut units, mut spans) = (Vec::new(), Vec::new());
            if !cuts.is_empty() {
                unit_spans(text, line, &mut units, &mut spans);
            }
            for slot in number_slots(&text[line.range()]) {
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

/// The units of a line without those that spans cut.
fn push_cut_line(text: &str, line: Span, labels: &Labels, out: &mut Vec<u32>) {
    let cuts: Vec<Span> =
        labels.spans.iter().map(|label| label.span).filter(|cut| cut.overlaps(line)).collect();
    let (mut units, mut spans) = (Vec::new(), Vec::new());
    unit_spans(text, line, &mut units, &mut spans);
    let kept = units.iter().zip(&spans).filter(|(_, span)| !cuts.iter().any(|cut| cut.overlaps(**span)));
    out.extend(kept.map(|(&unit, _)| unit));
}
