//! Text → lines → paragraphs.
//!
//! In: the text of one record. Out: its lines, and the paragraphs as ranges of non-blank lines, in order; each
//! paragraph's *tile* (its bytes, the last line's terminator, the blank lines after it) is what a removal takes
//! away, and the tiles cover the text from the first non-blank line on.
//!
//! Scrapers write a paragraph either on one line or wrapped at a column. A line break inside a block of non-blank
//! lines is *soft* when the first word of the next line would not have fitted into the text's wrap column; only a
//! text with a column (most of its long lines end near it) has soft breaks. Cost: one pass over the bytes.

use std::ops::Range;

use crate::document::Span;

/// Widest wrap column that is believed, in character cells (a Han character is two).
const MAX_COLUMN: usize = 120;
/// Narrowest one: below it, short lines are menus, verse or tables.
const MIN_COLUMN: usize = 36;

/// Lines and paragraphs of one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segmented {
    /// Every line in order, blank ones too, without its terminator (LF or CRLF). An empty text has none; a text
    /// that ends in a terminator has no line after it.
    pub lines: Vec<Span>,
    /// Ranges of line indices, in order, disjoint, each beginning and ending with a non-blank line.
    pub paragraphs: Vec<Range<u32>>,
}

/// Cuts a text into lines and paragraphs.
///
/// ```
/// use dechaff::text::segment::segment;
/// let page = segment("Title\n\nFirst paragraph.\r\nSecond.\n");
/// assert_eq!(page.lines.len(), 4);
/// assert_eq!(page.paragraphs, [0..1, 2..3, 3..4]);
/// ```
pub fn segment(text: &str) -> Segmented {
    let mut segmenter = Segmenter::default();
    segmenter.segment(text);
    segmenter.page
}

/// Cuts one text after the other: what it takes for one is the room for the next.
#[derive(Clone, Debug, Default)]
pub struct Segmenter {
    page: Segmented,
    widths: Vec<usize>,
}

impl Segmenter {
    /// As [`segment`].
    pub fn segment(&mut self, text: &str) -> &Segmented {
        let Segmented { lines, paragraphs } = &mut self.page;
        lines.clear();
        cut_lines(text, lines);
        paragraphs.clear();
        let column = wrap_column(text, lines, &mut self.widths);
        // Whether the line before is the last of the last paragraph.
        let mut is_open = false;
        for (number, line) in lines.iter().enumerate() {
            let number = number as u32;
            let content = &text[line.range()];
            if is_blank(content) {
                is_open = false;
                continue;
            }
            match paragraphs.last_mut() {
                Some(last)
                    if is_open && column.is_some_and(|column| is_soft(text, lines, number, column)) =>
                {
                    last.end = number + 1;
                }
                _ => paragraphs.push(number..number + 1),
            }
            is_open = true;
        }
        &self.page
    }

    /// What the text was cut into last.
    pub fn page(&self) -> &Segmented {
        &self.page
    }
}

impl Segmented {
    /// Bytes from the first line of `paragraph` to the end of its last line, terminator not included.
    pub fn span(&self, paragraph: &Range<u32>) -> Span {
        Span::new(self.lines[paragraph.start as usize].start, self.lines[paragraph.end as usize - 1].end)
    }

    /// Bytes that go when the lines `range` go: to the start of the next non-blank line, or, where none follows, to
    /// the end of the last line's terminator and the blank lines after it.
    pub fn tile(&self, text: &str, range: &Range<u32>) -> Span {
        let start = self.lines[range.start as usize].start;
        let mut next = range.end as usize;
        while next < self.lines.len() && is_blank(&text[self.lines[next].range()]) {
            next += 1;
        }
        let end = self.lines.get(next).map_or(text.len() as u32, |line| line.start);
        Span::new(start, end)
    }
}

/// Appends the lines of a text, without terminators.
fn cut_lines(text: &str, lines: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    let mut start = 0;
    while let Some(&first) = bytes.get(start) {
        // Half of all lines are empty.
        let end = match first {
            b'\n' => start,
            _ => match memchr::memchr(b'\n', &bytes[start..]) {
                Some(length) => start + length,
                None => break,
            },
        };
        let content_end = if end > start && bytes[end - 1] == b'\r' { end - 1 } else { end };
        lines.push(Span::new(start as u32, content_end as u32));
        start = end + 1;
    }
    if start < bytes.len() {
        lines.push(Span::new(start as u32, bytes.len() as u32));
    }
}

/// Whether a line shows nothing: white space of any kind, byte order marks, zero-width spaces.
pub fn is_blank(line: &str) -> bool {
    match line.as_bytes().first() {
        None => true,
        Some(byte) if byte.is_ascii_graphic() => false,
        _ => line.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}' | '\u{2060}')),
    }
}

/// Whether a sentence can end here: the line's last visible character closes one. A full stop after a space is
/// what a stripped number leaves behind (`下降 .`), and closes nothing.
///
/// ```
/// use dechaff::text::segment::ends_sentence;
/// assert!(ends_sentence("到此为止。"));
/// assert!(ends_sentence("He said \"stop.\""));
/// assert!(!ends_sentence("下降 ."));
/// assert!(!ends_sentence("and then the"));
/// ```
pub fn ends_sentence(line: &str) -> bool {
    let mut chars = line.trim_end().chars().rev();
    match chars.next() {
        Some('.') => chars.next().is_some_and(|c| !c.is_whitespace()),
        Some(c) => {
            is_terminator(c)
                || matches!(c, '”' | '’' | '"' | '\'' | '》' | '」' | '』' | '）' | ')' | ']' | '】')
        }
        None => true,
    }
}

fn is_terminator(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '；' | '：' | '…' | '!' | '?' | ';' | ':' | '.' | '．' | '｡' | '।' | '؟')
}

/// Whether a line opens something new: an enumerator or a list marker (`一、`, `二是`, `(3)`, `第四条`, `- `, `1.`,
/// `a)`), so that it does not go on from the line before.
///
/// ```
/// use dechaff::text::segment::opens_item;
/// assert!(opens_item("三是狠抓落实"));
/// assert!(opens_item("  (2) the second"));
/// assert!(!opens_item("廊建设"));
/// assert!(!opens_item("and the rest"));
/// ```
pub fn opens_item(line: &str) -> bool {
    let line = line.trim_start();
    if let [first, rest @ ..] = line.as_bytes()
        && first.is_ascii_alphabetic()
    {
        return rest.starts_with(b")") || first.is_ascii_lowercase() && rest.starts_with(b". ");
    }
    let mut chars = line.chars().peekable();
    let Some(first) = chars.next() else { return true };
    match first {
        '#' | '•' | '·' | '●' | '■' | '◆' | '★' | '※' | '→' | '▶' | '○' | '◇' | '□' | '>' | '|' => {
            true
        }
        '-' | '*' | '+' | '–' | '—' => chars.next().is_none_or(char::is_whitespace),
        '第' => {
            let rest: Vec<char> = chars.by_ref().take(6).collect();
            let digits = rest.iter().take_while(|&&c| is_chinese_numeral(c) || c.is_ascii_digit()).count();
            digits > 0
                && rest
                    .get(digits)
                    .is_some_and(|c| matches!(c, '章' | '节' | '条' | '篇' | '部' | '回' | '編'))
        }
        '(' | '（' | '[' | '【' => {
            let inner: Vec<char> = chars.by_ref().take(5).collect();
            let digits = inner
                .iter()
                .take_while(|&&c| is_chinese_numeral(c) || c.is_ascii_digit() || c.is_ascii_lowercase())
                .count();
            digits > 0
                && digits <= 3
                && inner.get(digits).is_some_and(|c| matches!(c, ')' | '）' | ']' | '】'))
        }
        c if is_chinese_numeral(c) => {
            while chars.peek().is_some_and(|&c| is_chinese_numeral(c)) {
                chars.next();
            }
            chars.next().is_some_and(|c| matches!(c, '、' | '.' | '．' | '是' | '，' | ',' | '）' | ')'))
        }
        c if c.is_ascii_digit() => {
            while chars.peek().is_some_and(|c| c.is_ascii_digit()) {
                chars.next();
            }
            match chars.next() {
                Some('、' | ')' | '）' | '．') => true,
                Some('.') => chars.next().is_none_or(|c| !c.is_ascii_digit()),
                _ => false,
            }
        }
        _ => false,
    }
}

fn is_chinese_numeral(c: char) -> bool {
    matches!(c, '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百')
}

/// Whether a line of so many bytes is wider than any column, whatever its characters.
fn is_overlong(bytes: usize) -> bool {
    bytes > 4 * MAX_COLUMN
}

/// Width of a line in character cells, counted up to a little beyond the widest believable column.
fn width(line: &str) -> usize {
    if is_overlong(line.len()) || line.is_ascii() {
        return line.len();
    }
    let (mut at, mut width) = (0, 0);
    while at < line.len() && width <= MAX_COLUMN {
        let (bytes, cells) = match line.as_bytes()[at] {
            0..0x80 => (1, 1),
            // U+4000 to U+9FFF: nearly all Han text.
            0xe4..=0xe9 => (3, 2),
            _ => line[at..].chars().next().map_or((1, 0), |c| (c.len_utf8(), cells(c))),
        };
        at += bytes;
        width += cells;
    }
    width
}

fn cells(c: char) -> usize {
    match c as u32 {
        0..0x300 => 1,
        0x300..0x370 | 0x200b..=0x200f => 0,
        0x1100..0x1160
        | 0x2e80..0xa4d0
        | 0xac00..0xd7a4
        | 0xf900..0xfb00
        | 0xfe30..0xfe70
        | 0xff00..0xff61 => 2,
        0x20000..0x40000 => 2,
        _ => 1,
    }
}

/// Cells that the next line's first word needs: one Han character, or letters up to a space.
fn first_word_width(line: &str) -> usize {
    let mut width = 0;
    for c in line.trim_start().chars() {
        if c.is_whitespace() {
            break;
        }
        width += cells(c);
        if cells(c) == 2 {
            break;
        }
    }
    width
}

/// The column at which the text was wrapped, if it was: most breaks inside its blocks must be soft at it.
fn wrap_column(text: &str, lines: &[Span], widths: &mut Vec<usize>) -> Option<usize> {
    if lines.len() < 3 {
        return None;
    }
    // A paragraph on one line is longer than any column; such texts leave here, most without a look at the lines.
    let overlong = lines.iter().filter(|line| is_overlong(line.len() as usize)).count();
    if overlong * 20 > lines.len() {
        return None;
    }
    widths.clear();
    let mut over = 0;
    for line in lines {
        let width = width(&text[line.range()]);
        over += usize::from(width > MAX_COLUMN);
        widths.push(width);
        if over * 20 > lines.len() {
            return None;
        }
    }
    let column = nearly_widest(widths)?;
    if column < MIN_COLUMN {
        return None;
    }
    let (mut inner, mut soft) = (0, 0);
    for number in 1..lines.len() {
        if widths[number] == 0 || widths[number - 1] == 0 {
            continue;
        }
        inner += 1;
        soft += usize::from(
            !ends_paragraph(&text[lines[number - 1].range()], widths[number - 1], column)
                && is_soft(text, lines, number as u32, column),
        );
    }
    (soft >= 3 && soft * 5 >= inner * 2).then_some(column)
}

/// The greatest width but for a twentieth of them; blank lines and those wider than any column say nothing.
fn nearly_widest(widths: &[usize]) -> Option<usize> {
    let mut counts = [0; MAX_COLUMN + 1];
    for &width in widths.iter().filter(|&&width| width <= MAX_COLUMN) {
        counts[width] += 1;
    }
    let mut left = counts[1..].iter().sum::<usize>() / 20;
    (1..=MAX_COLUMN).rev().find(|&width| {
        let is_it = counts[width] > left;
        left = left.saturating_sub(counts[width]);
        is_it
    })
}

/// A line that stops well short of the column after a full stop.
fn ends_paragraph(line: &str, width: usize, column: usize) -> bool {
    ends_sentence(line) && width * 10 < column * 7
}

/// Whether the break before line `number` is one that wrapping made.
fn is_soft(text: &str, lines: &[Span], number: u32, column: usize) -> bool {
    let (before, after) = (&text[lines[number as usize - 1].range()], &text[lines[number as usize].range()]);
    let width = width(before.trim_end());
    // Ragged wrapping (balanced lines, kinsoku) leaves up to a tenth of the line free.
    width + 1 + first_word_width(after) > column - column / 10 && !opens_item(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn paragraphs(text: &str) -> Vec<String> {
        let page = segment(text);
        page.paragraphs.iter().map(|range| text[page.span(range).range()].to_string()).collect()
    }

    #[test]
    fn one_line_one_paragraph() {
        assert_eq!(
            paragraphs("菜单\n首页\n一段很长的文字，讲了一些事情。\n"),
            ["菜单", "首页", "一段很长的文字，讲了一些事情。"]
        );
    }

    #[test]
    fn wrapped_text_is_put_together() {
        let text = "The council met on Tuesday evening to hear from residents about the\n\
                    plan for the old mill, which has stood empty since the flood and is\n\
                    now too dangerous to enter without a helmet and a guide.\n\n\
                    A second paragraph follows it here and it is wrapped at the same old\n\
                    column as the first one was, so that it must come out whole too, and\n\
                    in one piece.\n";
        assert_eq!(paragraphs(text).len(), 2);
    }

    #[test]
    fn lists_and_menus_stay_apart() {
        assert_eq!(paragraphs("Home\nNews\nSport\nContact\n").len(), 4);
        let text = "- the first thing that we should look at when we come home in the evening\n\
                    - the second thing that we should look at when we come home in the evening\n\
                    - the third thing that we should look at when we come home in the evening\n";
        assert_eq!(paragraphs(text).len(), 3);
    }

    proptest! {
        #[test]
        fn widths_are_sums_up_to_the_widest_column(line in "[a中，é\u{200b}\u{3000}\u{20000}]{0,130}") {
            let plain: usize = line.chars().map(cells).sum();
            let counted = width(&line);
            prop_assert!(counted == plain || counted > MAX_COLUMN && plain > MAX_COLUMN);
        }

        #[test]
        fn the_nearly_widest_is_found_without_sorting(widths in prop::collection::vec(0usize..140, 0..90)) {
            let mut sorted: Vec<usize> =
                widths.iter().copied().filter(|&width| width > 0 && width <= MAX_COLUMN).collect();
            sorted.sort_unstable();
            let plain = sorted.get(sorted.len().saturating_sub(1 + sorted.len() / 20)).copied();
            prop_assert_eq!(nearly_widest(&widths), plain);
        }

        #[test]
        fn lines_are_those_of_a_plain_split(text in "[a一\r\n]{0,40}") {
            let plain: Vec<&str> =
                text.split_inclusive('\n').map(|line| line.strip_suffix('\n').map_or(line, |line| {
                    line.strip_suffix('\r').unwrap_or(line)
                })).collect();
            let found: Vec<&str> = segment(&text).lines.iter().map(|line| &text[line.range()]).collect();
            prop_assert_eq!(found, plain);
        }

        #[test]
        fn tiles_cover_the_text(text in "[a一。\r\n ]{0,60}") {
            let page = segment(&text);
            let mut at = page.paragraphs.first().map_or(text.len() as u32, |p| page.lines[p.start as usize].start);
            for paragraph in &page.paragraphs {
                let tile = page.tile(&text, paragraph);
                prop_assert_eq!(tile.start, at);
                prop_assert!(tile.contains(page.span(paragraph)));
                at = tile.end;
            }
            prop_assert_eq!(at as usize, text.len());
            let nonblank = page.lines.iter().filter(|line| !is_blank(&text[line.range()])).count();
            let covered: usize = page.paragraphs.iter().map(|p| p.len()).sum();
            prop_assert!(covered >= nonblank);
        }
    }
}
