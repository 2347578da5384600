//! One record after reading: its text, lines, paragraphs, units, and what chrome looks at.
//!
//! Made once, in the survey; every later stage works on sheets, only the rewrite reads the input again.

use std::ops::{Deref, Range};

use crate::document::Span;
use crate::text::fold::{Numbers, fold, fold_spans};
use crate::text::segment::{Segmented, Segmenter, ends_sentence, is_blank, opens_item};

/// A record's text, cut and folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The text.
    pub text: String,
    /// Units of all lines, in order.
    pub units: Vec<u32>,
    /// How the text is cut; a sheet can be asked for it without a detour.
    pub layout: Layout,
}

impl Deref for Sheet {
    type Target = Layout;

    fn deref(&self) -> &Layout {
        &self.layout
    }
}

/// How a text is cut: where its lines and paragraphs stand, and what is known of each line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Bytes of the text.
    pub bytes: u32,
    /// Every line, blank ones too.
    pub lines: Vec<Span>,
    /// Paragraphs, as ranges of lines.
    pub paragraphs: Vec<Range<u32>>,
    /// Where the units of each line begin, and after the last line, where they end: one more than there are lines.
    pub unit_starts: Vec<u32>,
    /// What was dropped as a number, for each line that had any, in order.
    pub numbers: Vec<(u32, Numbers)>,
    /// For each line how it begins and ends.
    pub edges: Vec<Edges>,
}

/// How a line begins and ends; looked at while its text is at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edges(u8);

impl Edges {
    const BLANK: u8 = 1;
    const ENDS: u8 = 2;
    const OPENS: u8 = 4;

    fn of(line: &str) -> Self {
        if is_blank(line) {
            return Self(Self::BLANK);
        }
        let ends = if ends_sentence(line) { Self::ENDS } else { 0 };
        let opens = if opens_item(line) { Self::OPENS } else { 0 };
        Self(ends | opens)
    }

    /// Whether the line shows nothing.
    pub fn is_blank(self) -> bool {
        self.0 & Self::BLANK != 0
    }

    /// Whether a sentence can end with it; see [`ends_sentence`].
    pub fn ends_sentence(self) -> bool {
        self.0 & Self::ENDS != 0
    }

    /// Whether it opens something new; see [`opens_item`].
    pub fn opens_item(self) -> bool {
        self.0 & Self::OPENS != 0
    }

    /// As three bits.
    #[inline]
    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    /// What [`Edges::bits`] gave.
    #[inline]
    pub(crate) fn from_bits(bits: u8) -> Self {
        Self(bits)
    }
}

impl Default for Sheet {
    /// The sheet of an empty text.
    fn default() -> Self {
        Self::new(String::new())
    }
}

impl Sheet {
    /// Cuts and folds a text.
    pub fn new(text: String) -> Self {
        Folder::default().sheet(text)
    }

    /// The line's text, terminator not included.
    pub fn line(&self, line: u32) -> &str {
        &self.text[self.lines[line as usize].range()]
    }

    /// Bytes this sheet keeps in memory.
    pub fn size(&self) -> usize {
        self.text.len()
            + self.lines.len() * (size_of::<Span>() + 4 + size_of::<Edges>())
            + self.numbers.len() * size_of::<(u32, Numbers)>()
            + self.paragraphs.len() * size_of::<Range<u32>>()
            + self.units.len() * 4
    }
}

/// Cuts and folds one text after the other: what grows with a text is the room for the next, and a sheet, which stays
/// until the end of the run, takes no more than it needs.
#[derive(Debug, Default)]
pub struct Folder {
    segmenter: Segmenter,
    units: Vec<u32>,
    numbers: Vec<(u32, Numbers)>,
}

impl Folder {
    /// The sheet of a text.
    pub fn sheet(&mut self, mut text: String) -> Sheet {
        let Self { segmenter, units, numbers } = self;
        let Segmented { lines, paragraphs } = segmenter.segment(&text);
        units.clear();
        numbers.clear();
        let mut unit_starts = Vec::with_capacity(lines.len() + 1);
        unit_starts.push(0);
        let mut edges = Vec::with_capacity(lines.len());
        for (at, line) in (0..).zip(lines) {
            let content = &text[line.range()];
            let edge = Edges::of(content);
            // A blank line has neither units nor numbers.
            if !edge.is_blank() {
                let found = fold(content, units);
                if found != Numbers::default() {
                    numbers.push((at, found));
                }
            }
            unit_starts.push(units.len() as u32);
            edges.push(edge);
        }
        // One that was written with escapes was given room for these.
        text.shrink_to_fit();
        let layout = Layout {
            bytes: text.len() as u32,
            lines: lines.clone(),
            paragraphs: paragraphs.clone(),
            unit_starts,
            numbers: numbers.clone(),
            edges,
        };
        Sheet { text, units: units.clone(), layout }
    }
}

impl Layout {
    /// Where the units of a range of lines stand.
    pub fn unit_range(&self, lines: &Range<u32>) -> Range<usize> {
        self.unit_starts[lines.start as usize] as usize..self.unit_starts[lines.end as usize] as usize
    }

    /// The numbers of a range of lines.
    pub fn numbers_in(&self, lines: Range<u32>) -> &[(u32, Numbers)] {
        let before = |end: u32| self.numbers.partition_point(|&(line, _)| line < end);
        &self.numbers[before(lines.start)..before(lines.end)]
    }

    /// Whether the line shows nothing.
    pub fn is_blank(&self, line: u32) -> bool {
        self.edges[line as usize].is_blank()
    }

    /// Where the text that begins at a line's start begins: the end of the text behind the last line.
    pub fn start_of(&self, line: usize) -> u32 {
        self.lines.get(line).map_or(self.bytes, |line| line.start)
    }
}

/// Units of a line of a text with the bytes of the text each came from.
pub fn unit_spans(text: &str, line: Span, units: &mut Vec<u32>, spans: &mut Vec<Span>) {
    let before = spans.len();
    fold_spans(&text[line.range()], units, spans);
    for span in &mut spans[before..] {
        *span = Span::new(span.start + line.start, span.end + line.start);
    }
}
