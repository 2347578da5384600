//! A kept text and its copy → rows to be read side by side: a line of the kept one, and what stands for it in the copy.
//!
//! Rows without a difference are folded, long stretches that are the same are shortened. Cost: that of
//! [`stretches`].

use serde::Serialize;

use minijinja::value::Value;

use super::marked::{Html, Mark};
use super::model::Passage;
use crate::document::Span;
use crate::matching::difference::{Laid, Side, Stretch, stretches};

/// What is shown of a pair of texts.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Pair {
    /// Rows in order.
    pub(super) rows: Vec<Row>,
    /// Rows with differences that are not among them.
    pub(super) more: usize,
    /// Whether nothing differs but the chrome and white space.
    pub(super) same: bool,
}

/// A row.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// The kept text.
    kept: Value,
    /// The copy.
    copy: Value,
    /// Both are the same, and `kept` stands for both.
    same: bool,
    /// Lines that are the same on both sides and left out here; then both texts are empty.
    folded: usize,
}

/// Rows with differences that are shown of a pair.
const ROWS: usize = 24;
/// Rows without a difference that are shown before and after one with.
const AROUND: usize = 1;
/// Characters of a stretch that both sides have, above which its middle is left out.
const SHARED: usize = 120;
/// Characters of a stretch that one side lacks.
const ALONE: usize = 1200;

/// Lays a copy beside the kept text.
pub(super) fn pair(kept: &Passage, copy: &Passage) -> Pair {
    let pieces = [pieces(kept), pieces(copy)];
    let spans = pieces.each_ref().map(|pieces| pieces.iter().map(|piece| piece.span).collect::<Vec<_>>());
    let found =
        stretches(Side { text: &kept.text, pieces: &spans[0] }, Side { text: &copy.text, pieces: &spans[1] });
    let mut builder =
        Builder { texts: [&kept.text, &copy.text], pieces: &pieces, open: Open::default(), done: Vec::new() };
    for (at, stretch) in found.iter().enumerate() {
        builder.place(stretch, &found[at + 1..]);
        builder.add(stretch);
    }
    builder.flush();
    fold(builder.done)
}

/// A piece of a line: what stands between passages that were taken for chrome.
#[derive(Debug)]
struct Piece {
    span: Span,
    line: u32,
    /// Chrome in the same line, directly before it and, at the line's end, after it.
    before: Option<Span>,
    after: Option<Span>,
}

fn pieces(passage: &Passage) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let start = passage.start;
    let chrome: Vec<Span> = passage
        .chrome
        .iter()
        .filter(|span| span.end > start && span.start < start + passage.text.len() as u32)
        .map(|span| Span::new(span.start.max(start) - start, span.end - start))
        .collect();
    let mut at = 0;
    for (number, line) in passage.text.split('\n').enumerate() {
        let whole = Span::new(at, at + line.strip_suffix('\r').unwrap_or(line).len() as u32);
        at += line.len() as u32 + 1;
        let inside = chrome.partition_point(|span| span.end <= whole.start);
        let mut before = None;
        let mut from = whole.start;
        let first = pieces.len();
        for span in chrome[inside..].iter().take_while(|span| span.start < whole.end) {
            let (start, end) = (span.start.clamp(from, whole.end), span.end.clamp(from, whole.end));
            let piece = Span::new(from, start);
            if !passage.text[piece.range()].trim().is_empty() {
                pieces.push(Piece { span: piece, line: number as u32, before, after: None });
            }
            before = Some(Span::new(start, end));
            from = end;
        }
        let rest = Span::new(from, whole.end);
        if !passage.text[rest.range()].trim().is_empty() {
            pieces.push(Piece { span: rest, line: number as u32, before, after: None });
        } else if let Some(last) = pieces[first..].last_mut() {
            last.after = before;
        }
    }
    pieces
}

/// A row in the making.
#[derive(Debug, Default)]
struct Open {
    sides: [Html; 2],
    /// Line that each side is in, and the last piece.
    lines: [Option<u32>; 2],
    last: [Option<u32>; 2],
    differs: bool,
}

struct Builder<'a> {
    texts: [&'a str; 2],
    pieces: &'a [Vec<Piece>; 2],
    open: Open,
    done: Vec<(Open, bool)>,
}

impl Builder<'_> {
    fn line(&self, side: usize, laid: Option<Laid>) -> Option<u32> {
        laid.map(|laid| self.pieces[side][laid.piece as usize].line)
    }

    /// Ends the row if the stretch belongs to the next one: a row is one line of the kept text, and what only the copy
    /// has stands with the line that its own line goes on with.
    fn place(&mut self, stretch: &Stretch, rest: &[Stretch]) {
        let [kept, copy] = [self.line(0, stretch.sides[0]), self.line(1, stretch.sides[1])];
        let [open_kept, open_copy] = self.open.lines;
        let belongs = match (kept, copy) {
            (Some(_), _) if open_kept.is_none() => open_copy.is_none() || copy == open_copy,
            (Some(line), _) => open_kept == Some(line),
            (None, Some(line)) => {
                let next = rest.iter().find_map(|stretch| self.line(0, stretch.sides[0]));
                open_copy.is_none() && open_kept.is_none()
                    || open_copy == Some(line)
                    || next.is_some() && next == open_kept
            }
            (None, None) => true,
        };
        if !belongs {
            self.flush();
        }
    }

    fn add(&mut self, stretch: &Stretch) {
        let texts: [&str; 2] =
            [0, 1].map(|side| stretch.sides[side].map_or("", |laid| &self.texts[side][laid.span.range()]));
        let marks = if stretch.shared { [Mark::Plain; 2] } else { marks(texts) };
        self.open.differs |= marks != [Mark::Plain; 2];
        for side in 0..2 {
            match stretch.sides[side] {
                Some(laid) => self.add_side(side, laid, texts[side], marks[side]),
                None if matches!(marks[side], Mark::Stripped | Mark::Masked) => {
                    self.open.sides[side].nothing(marks[side]);
                }
                None => {}
            }
        }
    }

    fn add_side(&mut self, side: usize, laid: Laid, text: &str, mark: Mark) {
        let piece = &self.pieces[side][laid.piece as usize];
        let html = &mut self.open.sides[side];
        if self.open.last[side] != Some(laid.piece) {
            if self.open.lines[side].is_some_and(|line| line != piece.line) {
                html.line_end();
                self.open.differs = true;
            }
            if let Some(chrome) = piece.before {
                self.open.differs = true;
                html.push(Mark::Chrome, &self.texts[side][chrome.range()]);
            }
            self.open.lines[side] = Some(piece.line);
            self.open.last[side] = Some(laid.piece);
        }
        let limit = if mark == Mark::Plain { SHARED } else { ALONE };
        let length = text.chars().count();
        if length > limit + limit / 2 {
            let place =
                |characters: usize| text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
            let (first, last) = around(text, place(limit / 2), place(length - limit / 2));
            html.push(mark, &text[..first]);
            html.left_out(text[first..last].chars().count());
            html.push(mark, &text[last..]);
        } else {
            html.push(mark, text);
        }
        if let (Some(chrome), true) = (piece.after, laid.span.end == piece.span.end) {
            html.push(Mark::Chrome, &self.texts[side][chrome.range()]);
            self.open.differs = true;
        }
    }

    fn flush(&mut self) {
        let open = std::mem::take(&mut self.open);
        if !open.sides.iter().all(Html::is_empty) {
            let differs = open.differs;
            self.done.push((open, differs));
        }
    }
}

/// Where to cut a text between two places, so that no word is cut that ends close by.
fn around(text: &str, first: usize, last: usize) -> (usize, usize) {
    const NEAR: usize = 16;
    let space = |c: char| c == ' ';
    let middle = &text[first..last];
    let near = middle.floor_char_boundary(NEAR);
    let after = middle[..near].find(space).unwrap_or(0);
    let far = middle.ceil_char_boundary(middle.len() - NEAR.min(middle.len()));
    let before = middle[far..].rfind(space).map_or(middle.len(), |at| far + at);
    if after < before { (first + after, first + before) } else { (first, last) }
}

/// Leaves out rows that are the same, and those beyond the limit.
fn fold(rows: Vec<(Open, bool)>) -> Pair {
    let differing: Vec<usize> =
        rows.iter().enumerate().filter(|(_, (_, differs))| *differs).map(|(at, _)| at).collect();
    let mut pair =
        Pair { same: differing.is_empty(), more: differing.len().saturating_sub(ROWS), ..Pair::default() };
    let shown = &differing[..differing.len().min(ROWS)];
    let end = if pair.more > 0 { differing[ROWS] } else { rows.len() };
    // Without a difference the beginning is shown.
    let near = |at: usize| {
        let next = shown.partition_point(|&row| row < at);
        let close = |row: Option<&usize>| row.is_some_and(|&row| row.abs_diff(at) <= AROUND);
        close(shown.get(next))
            || close(next.checked_sub(1).and_then(|last| shown.get(last)))
            || shown.is_empty() && at < 2
    };
    let mut folded = 0;
    for (at, (open, differs)) in rows.into_iter().enumerate().take(end) {
        if near(at) {
            unfold(&mut pair.rows, &mut folded);
            let [kept, copy] = open.sides.map(Html::finish);
            pair.rows.push(Row { kept, copy, same: !differs, folded: 0 });
        } else {
            folded += 1;
        }
    }
    unfold(&mut pair.rows, &mut folded);
    pair
}

fn unfold(rows: &mut Vec<Row>, folded: &mut usize) {
    if *folded > 0 {
        let nothing = || Value::from("");
        rows.push(Row { kept: nothing(), copy: nothing(), same: true, folded: std::mem::take(folded) });
    }
}

/// How a difference is marked on both sides.
fn marks(texts: [&str; 2]) -> [Mark; 2] {
    use Shape::*;
    match texts.map(shape) {
        [Blank, Blank] => [Mark::Plain; 2],
        [Digits, Blank] | [Blank, Digits] => [Mark::Stripped; 2],
        [Digits, Digits] => [Mark::Changed; 2],
        [Masks, Digits | Masks | Blank] | [Digits | Blank, Masks] => [Mark::Masked; 2],
        _ => [Mark::Kept, Mark::Copy],
    }
}

/// What a difference is made of, punctuation and white space left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Blank,
    Digits,
    Masks,
    Other,
}

fn shape(text: &str) -> Shape {
    let mut shape = Shape::Blank;
    for c in text.chars() {
        match c {
            '0'..='9' | '０'..='９' => shape = if shape == Shape::Blank { Shape::Digits } else { shape },
            '=' | '＝' | '*' | '＊' | '_' | '＿' | 'x' | 'X' | 'ｘ' | 'Ｘ' | '×' | '○' | '〇' | '□' | '■'
            | '#' | '?' => shape = Shape::Masks,
            _ if c.is_whitespace() => {}
            '.' | ',' | '，' | '．' | ':' | '：' | '-' | '/' | '%' | '％' if shape != Shape::Blank => {}
            _ => return Shape::Other,
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(text: &str, chrome: &[&str]) -> Passage {
        let chrome = chrome
            .iter()
            .map(|part| {
                let at = text.find(part).unwrap() as u32;
                Span::new(at, at + part.len() as u32)
            })
            .collect();
        Passage { start: 0, text: text.into(), page: text.len() as u32, chrome }
    }

    fn shown(kept: Passage, copy: Passage) -> Vec<[String; 2]> {
        let plain = |value: &Value| {
            let mut text = value.to_string();
            for (html, short) in [
                ("<span class=\"sr\">only in the kept one: </span>", ""),
                ("<span class=\"sr\">only in the copy: </span>", ""),
                ("<span class=\"sr\">number stripped: </span>", ""),
                ("<span class=\"sr\">number masked: </span>", ""),
                ("<span class=\"sr\">number changed: </span>", ""),
                ("<span class=\"sr\">chrome: </span>", ""),
                ("<span class=\"sr\">nothing here</span><span aria-hidden=\"true\">‸</span>", "‸"),
                (
                    "<span class=\"br\"><span class=\"sr\"> line end </span><span aria-hidden=\"true\">⏎</span></span>",
                    "⏎",
                ),
                ("<mark class=\"ns\">", "[s:"),
                ("<mark class=\"nm\">", "[m:"),
                ("<mark class=\"nc\">", "[n:"),
                ("<mark class=\"ch\">", "[chrome:"),
                ("<del class=\"k\">", "[-"),
                ("<ins class=\"c\">", "[+"),
                ("</mark>", "]"),
                ("</del>", "]"),
                ("</ins>", "]"),
            ] {
                text = text.replace(html, short);
            }
            text
        };
        let pair = pair(&kept, &copy);
        pair.rows
            .iter()
            .map(|row| match row.folded {
                0 => [plain(&row.kept), plain(&row.copy)],
                lines => [format!("{lines} the same"), String::new()],
            })
            .collect()
    }

    #[test]
    fn numbers_have_marks_of_their_own() {
        let kept = passage("共14次，20篇，3年", &[]);
        assert_eq!(
            shown(kept, passage("共次，==篇，5年", &[])),
            [["共[s:14]次，[m:20]篇，[n:3]年", "共[s:‸]次，[m:==]篇，[n:5]年"]]
        );
    }

    #[test]
    fn a_row_is_a_line_of_the_kept_text() {
        let kept = passage("第一行\n第二行\n走进文明走廊建设纪实\n四川日报登了\n末行", &[]);
        let copy =
            passage("第一行\n第二行\n走进文明走\n\n廊建设纪实请看网址\n某省日报登了\n末行", &["请看网址"]);
        assert_eq!(
            shown(kept, copy),
            [
                ["1 the same", ""],
                ["第二行", "第二行"],
                ["走进文明走廊建设纪实", "走进文明走⏎廊建设纪实[chrome:请看网址]"],
                ["[-四川]日报登了", "[+某省]日报登了"],
                ["末行", "末行"],
            ]
        );
    }

    #[test]
    fn lines_that_one_side_lacks_stand_alone() {
        let kept = passage("one line\nthe third line", &[]);
        let copy = passage("one line\nsecond, quite long\nthe third line", &[]);
        assert_eq!(
            shown(kept, copy),
            [["one line", "one line"], ["", "[+second, quite long]"], ["the third line", "the third line"]]
        );
        let same = pair(&passage("a\nb\nc", &[]), &passage("a\n b\nc\n", &[]));
        assert!(same.same && same.rows.len() == 3 && same.rows[2].folded == 1);
    }
}
