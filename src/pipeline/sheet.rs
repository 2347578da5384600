//! One record after reading: how its text is cut, and its units. The text itself stands beside.
//!
//! Made once, in the survey, as words among those of other sheets, in memory as in a file: nothing is taken apart to
//! look at it. Every later stage works on sheets, only the rewrite reads the input again. Costs 4 bytes a unit, 9 a
//! line, 16 more where a line has numbers, 8 a paragraph, and 24.

use std::ops::Range;

use super::words::Words;
use crate::document::Span;
use crate::text::fold::{Numbers, fold, fold_spans};
use crate::text::segment::{Segmented, Segmenter, ends_sentence, is_blank, opens_item};

/// A record's text, cut and folded.
#[derive(Clone, Debug)]
pub struct Sheet<'a> {
    words: Words<'a>,
    /// How many of the words are units; the layout comes behind them.
    units: u32,
}

impl Sheet<'static> {
    /// Cuts and folds a text.
    pub fn new(text: &str) -> Self {
        let mut words = Vec::new();
        let extent = Folder::default().fold(text, &mut words);
        Self::of(Words::own(words), extent.units)
    }
}

impl<'a> Sheet<'a> {
    /// The sheet that a folder wrote; of these words the first `units` are units.
    pub(super) fn of(words: Words<'a>, units: u32) -> Self {
        Self { words, units }
    }

    /// Units of all lines, in order; none where the sheet was asked for without them.
    pub fn units(&self) -> &[u32] {
        &self.words[..self.units as usize]
    }

    /// How the text is cut.
    pub fn layout(&self) -> Layout<'_> {
        Layout::of(&self.words[self.units as usize..])
    }
}

/// How many words a sheet takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Those that are units.
    pub units: u32,
    /// Those of the layout.
    pub layout: u32,
}

/// How a text is cut: where its lines and paragraphs stand, and what is known of each line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout<'a> {
    /// Where each line begins, blank ones too, and behind them the end of the text.
    starts: &'a [u32],
    /// Where the units of each line begin, and after the last line, where they end.
    unit_starts: &'a [u32],
    /// What was dropped as a number, for each line that had any, in order: the line, the key, and how many of each.
    numbers: &'a [[u32; 4]],
    /// Paragraphs, as ranges of lines.
    paragraphs: &'a [[u32; 2]],
    /// For each line how it begins and ends.
    edges: &'a [u8],
}

/// Words before the lists of a layout: how long these are.
const LENGTHS: usize = 3;

impl<'a> Layout<'a> {
    fn of(words: &'a [u32]) -> Self {
        let (lengths, rest) = words.split_at(LENGTHS);
        let [lines, numbers, paragraphs] = [0, 1, 2].map(|at| lengths[at] as usize);
        let (starts, rest) = rest.split_at(lines + 1);
        let (unit_starts, rest) = rest.split_at(lines + 1);
        let (numbers, rest) = rest.split_at(4 * numbers);
        let (paragraphs, edges) = rest.split_at(2 * paragraphs);
        Self {
            starts,
            unit_starts,
            numbers: numbers.as_chunks().0,
            paragraphs: paragraphs.as_chunks().0,
            edges: &bytemuck::cast_slice(edges)[..lines],
        }
    }

    /// Number of lines.
    pub fn count(&self) -> usize {
        self.edges.len()
    }

    /// A line, terminator not included.
    pub fn line(&self, line: u32) -> Span {
        let line = line as usize;
        Span::new(self.starts[line], self.starts[line + 1] - Edges(self.edges[line]).terminator())
    }

    /// Every line, blank ones too.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = Span> + use<'a> {
        self.starts
            .windows(2)
            .zip(self.edges)
            .map(|(starts, &edges)| Span::new(starts[0], starts[1] - Edges(edges).terminator()))
    }

    /// The line in which a byte of the text stands, its terminator not counted for it; the number of lines, where none does.
    pub fn line_of(&self, byte: u32) -> u32 {
        self.starts[1..].partition_point(|&start| start <= byte) as u32
    }

    /// Bytes of the text.
    pub fn bytes(&self) -> u32 {
        self.starts[self.count()]
    }

    /// Where the text that begins at a line's start begins: the end of the text behind the last line.
    pub fn start_of(&self, line: u32) -> u32 {
        self.starts[line as usize]
    }

    /// Paragraphs, as ranges of lines.
    pub fn paragraphs(&self) -> impl ExactSizeIterator<Item = Range<u32>> + use<'a> {
        self.paragraphs.iter().map(|&[start, end]| start..end)
    }

    /// The first paragraph that ends behind a line: the line's own, where it is not blank.
    pub fn paragraph_of(&self, line: u32) -> Option<Range<u32>> {
        let at = self.paragraphs.partition_point(|&[_, end]| end <= line);
        self.paragraphs.get(at).map(|&[start, end]| start..end)
    }

    /// Where the units of a range of lines stand.
    pub fn unit_range(&self, lines: &Range<u32>) -> Range<usize> {
        self.unit_starts[lines.start as usize] as usize..self.unit_starts[lines.end as usize] as usize
    }

    /// Where the units of each line begin, and after the last line, where they end.
    pub fn unit_starts(&self) -> &'a [u32] {
        self.unit_starts
    }

    /// The lines of a range that have numbers, with these.
    pub fn numbers_in(&self, lines: Range<u32>) -> impl Iterator<Item = (u32, Numbers)> + use<'a> {
        let before = |end: u32| self.numbers.partition_point(|&[line, ..]| line < end);
        self.numbers[before(lines.start)..before(lines.end)].iter().map(|&[line, key, runs, last]| {
            (line, Numbers { key, runs, masks: last >> 1, kept: last & 1 == 1 })
        })
    }

    /// How a line begins and ends.
    pub fn edges(&self, line: u32) -> Edges {
        Edges(self.edges[line as usize])
    }

    /// Whether the line shows nothing.
    pub fn is_blank(&self, line: u32) -> bool {
        self.edges(line).is_blank()
    }
}

/// How a line begins and ends; looked at while its text is at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edges(u8);

impl Edges {
    const BLANK: u8 = 1;
    const ENDS: u8 = 2;
    const OPENS: u8 = 4;
    /// Bytes of the terminator, from this bit on.
    const TERMINATOR: u32 = 3;

    fn of(line: &str, terminator: u32) -> Self {
        let behind = (terminator as u8) << Self::TERMINATOR;
        if is_blank(line) {
            return Self(Self::BLANK | behind);
        }
        let ends = if ends_sentence(line) { Self::ENDS } else { 0 };
        let opens = if opens_item(line) { Self::OPENS } else { 0 };
        Self(ends | opens | behind)
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

    /// Bytes of what ends the line: LF, CRLF, or nothing.
    fn terminator(self) -> u32 {
        u32::from(self.0 >> Self::TERMINATOR)
    }
}

/// Cuts and folds one text after the other: what grows with a text is the room for the next.
#[derive(Debug, Default)]
pub struct Folder {
    segmenter: Segmenter,
    unit_starts: Vec<u32>,
    numbers: Vec<[u32; 4]>,
    edges: Vec<u8>,
}

impl Folder {
    /// Appends the sheet of a text to `words`.
    pub fn fold(&mut self, text: &str, words: &mut Vec<u32>) -> Extent {
        let Self { segmenter, unit_starts, numbers, edges } = self;
        let Segmented { lines, paragraphs } = segmenter.segment(text);
        numbers.clear();
        edges.clear();
        unit_starts.clear();
        unit_starts.push(0);
        let before = words.len();
        let ends = lines.iter().skip(1).map(|next| next.start).chain([text.len() as u32]);
        for ((at, line), end) in (0..).zip(lines).zip(ends) {
            let content = &text[line.range()];
            let edge = Edges::of(content, end - line.end);
            // A blank line has neither units nor numbers.
            if !edge.is_blank() {
                let found = fold(content, words);
                if found != Numbers::default() {
                    numbers.push([at, found.key, found.runs, found.masks << 1 | u32::from(found.kept)]);
                }
            }
            unit_starts.push((words.len() - before) as u32);
            edges.push(edge.0);
        }
        let units = words.len() - before;
        words.extend([lines.len(), numbers.len(), paragraphs.len()].map(|length| length as u32));
        words.extend(lines.iter().map(|line| line.start));
        words.push(text.len() as u32);
        words.extend_from_slice(unit_starts);
        words.extend_from_slice(numbers.as_flattened());
        words.extend(paragraphs.iter().flat_map(|lines| [lines.start, lines.end]));
        edges.resize(edges.len().next_multiple_of(4), 0);
        words.extend(edges.as_chunks().0.iter().map(|four| u32::from_ne_bytes(*four)));
        Extent { units: units as u32, layout: (words.len() - before - units) as u32 }
    }

    /// The lines of the text folded last.
    pub fn lines(&self) -> &[Span] {
        &self.segmenter.page().lines
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
