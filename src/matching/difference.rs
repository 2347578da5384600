//! Two texts → the places where they differ, each with what stands around it.
//!
//! Compared by characters in scripts without spaces, by words in others; white space counts as one space however
//! much there is. In: bytes of both texts. Cost: that of [`align`] on what is left between equal lines.

use std::collections::BTreeMap;

use super::align::{Run, align};
use crate::document::Span;
use crate::hash::Map;

/// One side of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The whole text.
    pub text: &'a str,
    /// Its pieces that are compared, in order, each within a line.
    pub pieces: &'a [Span],
}

/// A place where the texts differ, or a few that stand close together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The first text there, and the second.
    pub sides: [Vec<Part>; 2],
    /// Where the first difference starts in the first text, and in the second (bytes).
    pub starts: [u32; 2],
}

/// A stretch of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its bytes.
    pub span: Span,
    /// Whether the other side has it too.
    pub shared: bool,
}

/// Tokens shown on each side of a difference.
const AROUND: usize = 12;

/// Differences on both sides of a stretch that are this many times as long as it make it a chance.
const CHANCE: usize = 3;

/// The places where the texts differ, in order.
pub fn places(a: Side<'_>, b: Side<'_>) -> Vec<Place> {
    let sides = Tokens::new(a, b);
    sides
        .gaps()
        .chunk_by(|before, after| after.a.start - before.a.end <= 2 * AROUND)
        .map(|near| place(near, [&sides.a, &sides.b]))
        .collect()
}

/// Both texts whole, laid side by side.
///
/// What they share is cut wherever a piece ends on either side, so every stretch lies in one piece of each.
pub fn stretches(a: Side<'_>, b: Side<'_>) -> Vec<Stretch> {
    let sides = Tokens::new(a, b);
    let mut found = Vec::new();
    let end = Gap { a: sides.a.len()..sides.a.len(), b: sides.b.len()..sides.b.len() };
    let (mut at_a, mut at_b) = (0, 0);
    for gap in sides.gaps().iter().chain([&end]) {
        while at_a < gap.a.start {
            let (start_a, start_b) = (at_a, at_b);
            while at_a < gap.a.start
                && at_b < gap.b.start
                && sides.a[at_a].line == sides.a[start_a].line
                && sides.b[at_b].line == sides.b[start_b].line
            {
                at_a += 1;
                at_b += 1;
            }
            let parts = [over(&sides.a[start_a..at_a]), over(&sides.b[start_b..at_b])];
            found.push(Stretch { shared: true, sides: parts });
            if at_b == gap.b.start {
                break;
            }
        }
        let mut lines_a = sides.a[gap.a.clone()].chunk_by(|x, y| x.line == y.line);
        let mut lines_b = sides.b[gap.b.clone()].chunk_by(|x, y| x.line == y.line);
        loop {
            let parts = [lines_a.next().and_then(over), lines_b.next().and_then(over)];
            if parts == [None, None] {
                break;
            }
            found.push(Stretch { shared: false, sides: parts });
        }
        (at_a, at_b) = (gap.a.end, gap.b.end);
    }
    found
}

/// A stretch of both texts, or of one that the other lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Whether both sides have it.
    pub shared: bool,
    /// Where it stands in the first text, and in the second.
    pub sides: [Option<Laid>; 2],
}

/// A part of one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Laid {
    /// The piece, by its number.
    pub piece: u32,
    /// The part's bytes.
    pub span: Span,
}

fn over(tokens: &[Token]) -> Option<Laid> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    Some(Laid { piece: first.line, span: Span::new(first.span.start, last.span.end) })
}

/// Both texts in tokens, and where these agree.
struct Tokens {
    a: Vec<Token>,
    b: Vec<Token>,
    runs: Vec<Run>,
}

impl Tokens {
    fn new(a: Side<'_>, b: Side<'_>) -> Self {
        let (tokens_a, tokens_b) = (tokens(a), tokens(b));
        let mut names: Map<&str, u32> = Map::default();
        let mut ids_a = Vec::with_capacity(tokens_a.len());
        let mut ids_b = Vec::with_capacity(tokens_b.len());
        for (side, tokens, ids) in [(a, &tokens_a, &mut ids_a), (b, &tokens_b, &mut ids_b)] {
            for token in tokens {
                let next = names.len() as u32;
                ids.push(*names.entry(token.name(side.text)).or_insert(next));
            }
        }
        let runs = by_lines((&tokens_a, &ids_a), (&tokens_b, &ids_b));
        Self { a: tokens_a, b: tokens_b, runs }
    }

    fn gaps(&self) -> Vec<Gap> {
        tidy(gaps(&self.runs, self.a.len(), self.b.len()), &self.a, &self.b)
    }
}

/// A word, or a character of a script without spaces, or white space.
#[derive(Clone, Copy, Debug)]
struct Token {
    span: Span,
    blank: bool,
    /// The piece it stands in.
    line: u32,
}

impl Token {
    fn name<'t>(&self, text: &'t str) -> &'t str {
        if self.blank { " " } else { &text[self.span.range()] }
    }
}

fn tokens(side: Side<'_>) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (line, piece) in side.pieces.iter().enumerate() {
        let line = line as u32;
        let mut open = Kind::Alone;
        for (at, c) in side.text[piece.range()].char_indices() {
            let start = piece.start + at as u32;
            let end = start + c.len_utf8() as u32;
            let kind = kind(c);
            match tokens.last_mut() {
                Some(last) if kind != Kind::Alone && kind == open => last.span.end = end,
                _ => tokens.push(Token { span: Span::new(start, end), blank: kind == Kind::Blank, line }),
            }
            open = kind;
        }
    }
    tokens
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Goes on with the one before: a letter of a word.
    Word,
    Digit,
    Blank,
    /// A token of its own.
    Alone,
}

fn kind(c: char) -> Kind {
    match c {
        _ if c.is_whitespace() => Kind::Blank,
        _ if c.is_ascii_digit() => Kind::Digit,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' => Kind::Alone,
        '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'.. => {
            Kind::Alone
        }
        _ if c.is_alphabetic() => Kind::Word,
        _ => Kind::Alone,
    }
}

/// Runs of equal tokens: lines that are equal first, then tokens between them.
fn by_lines(a: (&[Token], &[u32]), b: (&[Token], &[u32])) -> Vec<Run> {
    let mut names: BTreeMap<&[u32], u32> = BTreeMap::new();
    let (lines_a, lines_b) = (lines(a.0), lines(b.0));
    let mut keys = Vec::new();
    for (lines, ids) in [(&lines_a, a.1), (&lines_b, b.1)] {
        let mut of_side = Vec::with_capacity(lines.len());
        for line in lines {
            let next = names.len() as u32;
            of_side.push(*names.entry(&ids[line.clone()]).or_insert(next));
        }
        keys.push(of_side);
    }
    let mut runs: Vec<Run> = Vec::new();
    let mut push = |a: usize, b: usize, len: usize| match runs.last_mut() {
        Some(run) if (run.a + run.len) as usize == a && (run.b + run.len) as usize == b => {
            run.len += len as u32
        }
        _ => runs.push(Run { a: a as u32, b: b as u32, len: len as u32 }),
    };
    let (mut at_a, mut at_b) = (0, 0);
    let end = Run { a: lines_a.len() as u32, b: lines_b.len() as u32, len: 0 };
    for equal in align(&keys[0], &keys[1]).into_iter().chain([end]) {
        let token = |lines: &[std::ops::Range<usize>], line: u32, all: usize| {
            lines.get(line as usize).map_or(all, |line| line.start)
        };
        let (to_a, to_b) = (token(&lines_a, equal.a, a.1.len()), token(&lines_b, equal.b, b.1.len()));
        for run in align(&a.1[at_a..to_a], &b.1[at_b..to_b]) {
            push(at_a + run.a as usize, at_b + run.b as usize, run.len as usize);
        }
        let len = token(&lines_a, equal.a + equal.len, a.1.len()) - to_a;
        if len > 0 {
            push(to_a, to_b, len);
        }
        (at_a, at_b) = (to_a + len, to_b + len);
    }
    runs
}

/// Tokens of each piece.
fn lines(tokens: &[Token]) -> Vec<std::ops::Range<usize>> {
    let mut start = 0;
    tokens
        .chunk_by(|a, b| a.line == b.line)
        .map(|line| {
            start += line.len();
            start - line.len()..start
        })
        .collect()
}

/// Tokens that differ, of both sides.
struct Gap {
    a: std::ops::Range<usize>,
    b: std::ops::Range<usize>,
}

fn gaps(runs: &[Run], all_a: usize, all_b: usize) -> Vec<Gap> {
    let end = Run { a: all_a as u32, b: all_b as u32, len: 0 };
    let mut gaps = Vec::new();
    let (mut at_a, mut at_b) = (0, 0);
    for run in runs.iter().chain([&end]) {
        let (a, b) = (at_a..run.a as usize, at_b..run.b as usize);
        if !a.is_empty() || !b.is_empty() {
            gaps.push(Gap { a, b });
        }
        (at_a, at_b) = ((run.a + run.len) as usize, (run.b + run.len) as usize);
    }
    gaps
}

/// Puts neighbouring gaps together where what stands between them is chance: white space, or a few tokens between long
/// differences.
fn tidy(gaps: Vec<Gap>, a: &[Token], b: &[Token]) -> Vec<Gap> {
    let words = |tokens: &[Token]| tokens.iter().filter(|token| !token.blank).count();
    let size = |gap: &Gap| words(&a[gap.a.clone()]).max(words(&b[gap.b.clone()]));
    let mut tidied: Vec<Gap> = Vec::with_capacity(gaps.len());
    for mut gap in gaps {
        // A gap that grew may reach the one before it.
        while let Some(last) = tidied.last() {
            let between = words(&a[last.a.end..gap.a.start]);
            if between * CHANCE > size(last).min(size(&gap)) {
                break;
            }
            gap = Gap { a: last.a.start..gap.a.end, b: last.b.start..gap.b.end };
            tidied.pop();
        }
        tidied.push(gap);
    }
    tidied
}

fn place(gaps: &[Gap], tokens: [&[Token]; 2]) -> Place {
    let ranges: [Vec<std::ops::Range<usize>>; 2] =
        [gaps.iter().map(|gap| gap.a.clone()).collect(), gaps.iter().map(|gap| gap.b.clone()).collect()];
    let mut place = Place { sides: [Vec::new(), Vec::new()], starts: [0, 0] };
    for (side, (ranges, tokens)) in ranges.iter().zip(tokens).enumerate() {
        let parts = &mut place.sides[side];
        let mut push = |range: std::ops::Range<usize>, shared: bool| {
            // Pieces are shown line by line: a part never reaches over a line end.
            for line in tokens[range].chunk_by(|a, b| a.line == b.line) {
                parts.push(Part {
                    span: Span::new(line[0].span.start, line[line.len() - 1].span.end),
                    shared,
                });
            }
        };
        let first = ranges[0].start;
        let mut at = first.saturating_sub(AROUND);
        for range in ranges {
            push(at..range.start, true);
            push(range.clone(), false);
            at = range.end;
        }
        push(at..(at + AROUND).min(tokens.len()), true);
        place.starts[side] = tokens.get(first).or(tokens.last()).map_or(0, |token| token.span.start);
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(a: &str, b: &str) -> Vec<[String; 2]> {
        let pieces = |text: &str| -> Vec<Span> {
            let mut at = 0;
            text.split('\n')
                .map(|line| {
                    let span = Span::new(at, at + line.len() as u32);
                    at = span.end + 1;
                    span
                })
                .filter(|span| !span.is_empty())
                .collect()
        };
        let (pieces_a, pieces_b) = (pieces(a), pieces(b));
        let found = places(Side { text: a, pieces: &pieces_a }, Side { text: b, pieces: &pieces_b });
        let mark = |text: &str, parts: &[Part]| -> String {
            let part = |part: &Part| {
                let text = &text[part.span.range()];
                if part.shared { text.to_owned() } else { format!("[{text}]") }
            };
            parts.iter().map(part).collect::<Vec<_>>().join("|")
        };
        found.iter().map(|place| [mark(a, &place.sides[0]), mark(b, &place.sides[1])]).collect()
    }

    #[test]
    fn characters_in_chinese_words_in_english() {
        assert_eq!(
            shown("共学习14次，写心得", "共学习==次，写心得"),
            [["共学习|[14]|次，写心得", "共学习|[==]|次，写心得"]]
        );
        assert_eq!(
            shown("the old mill stood", "the new  mill stood"),
            [["the |[old]| mill stood", "the |[new]|  mill stood"]]
        );
        assert!(shown("same\ntext", "same\ntext").is_empty());
    }

    #[test]
    fn far_places_stand_apart() {
        let long: String =
            ('一'..='五').cycle().take(20).collect::<String>() + &('甲'..='癸').take(40).collect::<String>();
        let a = format!("A{long}B");
        let b = format!("X{long}Y");
        assert_eq!(shown(&a, &b).len(), 2);
    }

    #[test]
    fn lines_that_one_side_lacks() {
        let found = shown("one line\nsecond line\nthird line", "one line\nthird line");
        assert_eq!(found, [["one line|[second line]|third line", "one line|third line"]]);
    }

    #[test]
    fn chance_is_no_agreement() {
        let (a, b) = (
            "x she sold her whole house by the sea last month y",
            "x he bought a new car in the town centre y",
        );
        assert_eq!(
            shown(a, b),
            [[
                "x |[she sold her whole house by the sea last month]| y",
                "x |[he bought a new car in the town centre]| y"
            ]]
        );
        assert_eq!(
            shown("2019年10月30日", "====年==月==日"),
            [["[2019]|年|[10]|月|[30]|日", "[====]|年|[==]|月|[==]|日"]]
        );
    }

    #[test]
    fn side_by_side_by_piece() {
        let (a, b) = ("走进文明走廊，共14次\n完", "走进文明走\n廊，共次\n完");
        let pieces = |text: &str, cuts: &[u32]| -> Vec<Span> {
            let ends = cuts.iter().copied().chain([text.len() as u32]);
            let mut start = 0;
            let piece = |end| {
                let span = Span::new(start, end);
                start = end + 1;
                span
            };
            ends.map(piece).collect()
        };
        let (of_a, of_b) = (pieces(a, &[29]), pieces(b, &[15, 28]));
        let found = stretches(Side { text: a, pieces: &of_a }, Side { text: b, pieces: &of_b });
        let shown: Vec<String> = found
            .iter()
            .map(|stretch| {
                let side = |at: usize, text: &str| {
                    stretch.sides[at]
                        .map_or("-".into(), |laid| format!("{}:{}", laid.piece, &text[laid.span.range()]))
                };
                format!("{} {} {}", stretch.shared, side(0, a), side(1, b))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "true 0:走进文明走 0:走进文明走",
                "true 0:廊，共 1:廊，共",
                "false 0:14 -",
                "true 0:次 1:次",
                "true 1:完 2:完"
            ]
        );
    }

    #[test]
    fn nothing_in_common() {
        assert_eq!(shown("abc", "甲"), [["[abc]", "[甲]"]]);
        assert_eq!(shown("abc", ""), [["[abc]", ""]]);
    }
}
