//! The plain twin of the fold: every character through Unicode's own tables, then the rules of the fold read off a
//! list of all elements. Slow, with as little in common with the fast one as the rules allow.

use std::collections::HashMap;
use std::sync::OnceLock;

use unicode_case_mapping::case_folded;
use unicode_general_category::{GeneralCategory as Gc, get_general_category};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

use super::table::Element;
use super::{Numbers, Slot, SlotKind};
use crate::document::Span;

/// What the fold should give for a text.
pub(super) struct Folded {
    pub(super) units: Vec<u32>,
    pub(super) spans: Vec<Span>,
    pub(super) numbers: Numbers,
    pub(super) slots: Vec<Slot>,
}

pub(super) fn fold(text: &str) -> Folded {
    let tokens = tokens(text);
    let digits = tokens.iter().filter(|token| matches!(token.element, Element::Digit(_))).count();
    let visible = text.chars().filter(|c| !c.is_whitespace()).count();
    let dropped = write(&items(&tokens, false), false);
    // A table of numbers: six runs of digits, and three of ten characters.
    if dropped.numbers.runs >= 6 && digits * 10 > visible * 3 {
        return write(&items(&tokens, true), true);
    }
    dropped
}

/// An element that is not ignored; its bytes reach over the ignored ones after it.
#[derive(Clone, Copy)]
struct Token {
    element: Element,
    start: usize,
    end: usize,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (at, c) in text.char_indices() {
        let next = at + c.len_utf8();
        let parts = elements(c);
        let owner =
            parts.iter().position(|part| !matches!(part, Element::Separator | Element::Space)).unwrap_or(0);
        for (index, mut element) in parts.into_iter().enumerate() {
            let start = if index <= owner { at } else { next };
            if let Element::Join(mark) = element {
                let base = match tokens.last() {
                    Some(Token { element: Element::Char(base), .. }) => char::from_u32(*base),
                    _ => None,
                };
                let joined = base.and_then(|base| compose(base, char::from_u32(mark).unwrap()));
                if let (Some(joined), Some(last)) = (joined, tokens.last_mut()) {
                    *last = Token { element: Element::Char(joined as u32), start: last.start, end: next };
                    continue;
                }
                element = if mark > 0x3000 { Element::Ignore } else { Element::Char(mark) };
            }
            match tokens.last_mut() {
                Some(last) if element == Element::Ignore && last.end == start => last.end = next,
                _ if element == Element::Ignore => {}
                _ => tokens.push(Token { element, start, end: next }),
            }
        }
    }
    tokens
}

enum Item {
    Char(u32),
    Word(String),
    /// A run of this many `x`.
    X(usize),
    Symbol,
    Number(String),
    Break,
}

/// Items with their bytes; a number inside a word comes after it.
fn items(tokens: &[Token], kept: bool) -> Vec<(Item, usize, usize)> {
    let mut items = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Token { element, start, end } = tokens[at];
        match element {
            Element::Char(code) => items.push((Item::Char(code), start, end)),
            Element::Digit(_) => {
                at = number(tokens, at, &mut items);
                continue;
            }
            Element::Mask | Element::Underscore => items.push((Item::Symbol, start, end)),
            Element::Letter(_) => {
                let stop = word_end(tokens, at, kept);
                let word = &tokens[at..stop];
                let x = Element::Letter(u32::from('x'));
                if word.iter().all(|token| token.element == x || !matches!(token.element, Element::Letter(_)))
                {
                    x_word(word, &mut items);
                } else {
                    whole_word(word, &mut items);
                }
                at = stop;
                continue;
            }
            _ => items.push((Item::Break, start, end)),
        }
        at += 1;
    }
    items
}

fn number(tokens: &[Token], at: usize, items: &mut Vec<(Item, usize, usize)>) -> usize {
    let mut digits = String::new();
    let mut stop = at;
    while let Some(Token { element: Element::Digit(digit), .. }) = tokens.get(stop) {
        digits.push(char::from(b'0' + digit));
        stop += 1;
    }
    items.push((Item::Number(digits), tokens[at].start, tokens[stop - 1].end));
    stop
}

/// One past the last token of the word that starts at `at`.
fn word_end(tokens: &[Token], at: usize, kept: bool) -> usize {
    let element = |at: usize| tokens.get(at).map(|token| token.element);
    let is_letter = |at: usize| matches!(element(at), Some(Element::Letter(_)));
    let is_digit = |at: usize| matches!(element(at), Some(Element::Digit(_)));
    let mut stop = at + 1;
    loop {
        match element(stop) {
            Some(Element::Letter(_)) => stop += 1,
            Some(Element::Digit(_)) if !kept => stop += 1,
            Some(Element::Apostrophe) if is_letter(stop - 1) && is_letter(stop + 1) => stop += 1,
            Some(Element::Underscore) => {
                let mut after = stop;
                while element(after) == Some(Element::Underscore) {
                    after += 1;
                }
                if !is_letter(after) && !is_digit(after) {
                    return stop;
                }
                stop = after;
            }
            _ => return stop,
        }
    }
}

fn whole_word(word: &[Token], items: &mut Vec<(Item, usize, usize)>) {
    let mut letters = String::new();
    let mut end = 0;
    let mut underscore = false;
    for token in word {
        match token.element {
            Element::Letter(code) => {
                if underscore {
                    letters.push('_');
                }
                underscore = false;
                letters.push(char::from_u32(code).unwrap());
                end = token.end;
            }
            Element::Underscore => underscore = true,
            _ => {}
        }
    }
    items.push((Item::Word(letters), word[0].start, end));
    numbers_inside(word, items);
    if let Some(Token { element: Element::Letter(_), end, .. }) = word.last() {
        items.push((Item::Break, *end, *end));
    }
}

fn numbers_inside(word: &[Token], items: &mut Vec<(Item, usize, usize)>) {
    let mut at = 0;
    while at < word.len() {
        if matches!(word[at].element, Element::Digit(_)) {
            at = number(word, at, items);
        } else {
            at += 1;
        }
    }
}

/// A word of nothing but x: its runs, numbers and `_` one by one.
fn x_word(word: &[Token], items: &mut Vec<(Item, usize, usize)>) {
    let mut at = 0;
    while at < word.len() {
        let Token { element, start, end } = word[at];
        match element {
            Element::Digit(_) => {
                at = number(word, at, items);
                continue;
            }
            Element::Underscore => items.push((Item::Symbol, start, end)),
            Element::Letter(_) => {
                let inside =
                    |token: &&Token| matches!(token.element, Element::Letter(_) | Element::Apostrophe);
                let count = word[at..].iter().take_while(inside).count();
                let run = &word[at..at + count];
                let letters = run.iter().filter(|token| matches!(token.element, Element::Letter(_)));
                items.push((Item::X(letters.count()), start, run[count - 1].end));
                at += count;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

fn write(items: &[(Item, usize, usize)], kept: bool) -> Folded {
    let mut out =
        Folded { units: Vec::new(), spans: Vec::new(), numbers: Numbers::default(), slots: Vec::new() };
    let mut key = 0;
    let mut numbers = 0;
    let mut at = 0;
    while at < items.len() {
        let (item, start, end) = &items[at];
        let span = Span::new(*start as u32, *end as u32);
        match item {
            Item::Char(code) => out.unit(*code, span),
            Item::Word(letters) => out.unit(hash(letters.as_bytes()), span),
            Item::Number(digits) => {
                let hash = number_hash(digits);
                key = mix(key ^ hash, 0x9E37_79B9_7F4A_7C15);
                numbers += 1;
                if kept {
                    out.unit((hash >> 33) as u32 | 1 << 31, span);
                } else {
                    out.numbers.runs += 1;
                    out.slots.push(Slot { unit: out.units.len() as u32, span, kind: SlotKind::Digits(hash) });
                }
            }
            Item::X(_) | Item::Symbol => {
                let rest = &items[at..];
                let count =
                    rest.iter().take_while(|item| matches!(item.0, Item::X(_) | Item::Symbol)).count();
                let left = at.checked_sub(1).map(|left| &items[left].0);
                if is_mask(left, &rest[..count], rest.get(count).map(|item| &item.0)) {
                    let span = Span::new(*start as u32, rest[count - 1].2 as u32);
                    out.slots.push(Slot { unit: out.units.len() as u32, span, kind: SlotKind::Mask });
                    out.numbers.masks += 1;
                } else {
                    for (item, start, end) in &rest[..count] {
                        if let Item::X(letters) = item {
                            out.unit(
                                hash("x".repeat(*letters).as_bytes()),
                                Span::new(*start as u32, *end as u32),
                            );
                        }
                    }
                }
                at += count;
                continue;
            }
            Item::Break => {}
        }
        at += 1;
    }
    if numbers > 0 {
        out.numbers.key = ((mix(key, 0xD6E8_FEB8_6659_FD93) >> 32) as u32).max(1);
    }
    out.numbers.kept = kept;
    if kept {
        out.slots.clear();
    }
    out
}

impl Folded {
    fn unit(&mut self, unit: u32, span: Span) {
        self.units.push(unit);
        self.spans.push(span);
    }
}

fn is_mask(left: Option<&Item>, group: &[(Item, usize, usize)], right: Option<&Item>) -> bool {
    if matches!(right, Some(Item::Char(_))) {
        return true;
    }
    let before_digit = matches!(right, Some(Item::Number(_)));
    if before_digit && matches!(group, [.., (Item::Symbol, _, _)]) {
        return true;
    }
    match left {
        Some(Item::Number(_)) => true,
        // `x86` after a Chinese character.
        Some(Item::Char(_)) => !(before_digit && matches!(group, [(Item::X(1), _, _)])),
        _ => false,
    }
}

fn number_hash(digits: &str) -> u64 {
    let step = |hash: u64, digit: u8| {
        (hash ^ u64::from(digit - b'0')).wrapping_mul(0xD6E8_FEB8_6659_FD93).rotate_left(29)
    };
    mix(digits.bytes().fold(0x9E37_79B9_7F4A_7C15, step), 0x9E37_79B9_7F4A_7C15)
}

fn hash(word: &[u8]) -> u32 {
    let mut state = 0x2D35_8DCC_AA6C_78A5;
    let mut chunks = word.chunks(8).peekable();
    while let Some(chunk) = chunks.next() {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        let value = state ^ u64::from_le_bytes(bytes);
        if chunks.peek().is_some() {
            state = mix(value, 0x8BB8_4B93_962E_ACC9);
        } else {
            state = mix(value, 0x4B33_A62E_D433_D4A3 ^ chunk.len() as u64);
        }
    }
    (state >> 33) as u32 | 1 << 31
}

fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product % (1 << 64)) as u64 ^ (product / (1 << 64)) as u64
}

/// What one character folds to.
pub(super) fn elements(c: char) -> Vec<Element> {
    let lower = |c: char| case_folded(c).and_then(|c| char::from_u32(c.get())).unwrap_or(c);
    let folded: String = radical(c).nfkd().map(lower).collect::<String>().replace('ß', "ss");
    // NFKC of the rest: composes the kana and the syllables that it may.
    let parts: Vec<char> = folded.nfkd().collect();
    let mut elements: Vec<Element> = Vec::new();
    for part in parts {
        let element = element(part);
        if let (Element::Join(mark), Some(&Element::Char(base))) = (element, elements.last()) {
            let joined = compose(char::from_u32(base).unwrap(), char::from_u32(mark).unwrap());
            if let Some(joined) = joined {
                elements.pop();
                elements.push(Element::Char(joined as u32));
                continue;
            }
        }
        elements.push(element);
    }
    if elements.len() > 1 {
        for element in &mut elements {
            *element = match *element {
                Element::Mask | Element::Underscore => Element::Separator,
                Element::Apostrophe => Element::Ignore,
                other => other,
            };
        }
    }
    if !c.is_whitespace() {
        for element in &mut elements {
            if *element == Element::Space {
                *element = Element::Separator;
            }
        }
    }
    if elements.iter().any(|&element| element != Element::Ignore) {
        elements.retain(|&element| element != Element::Ignore);
    }
    let mut last = None;
    elements.retain(|&element| {
        let again = element == Element::Separator && last == Some(Element::Separator);
        last = Some(element);
        !again
    });
    elements
}

fn element(c: char) -> Element {
    let code = c as u32;
    let category = get_general_category(c);
    let marks = [Gc::NonspacingMark, Gc::SpacingMark, Gc::EnclosingMark];
    let letters = [
        Gc::UppercaseLetter,
        Gc::LowercaseLetter,
        Gc::TitlecaseLetter,
        Gc::ModifierLetter,
        Gc::OtherLetter,
        Gc::LetterNumber,
    ];
    if "'’ʼ".contains(c) {
        return Element::Apostrophe;
    }
    if c == '_' {
        return Element::Underscore;
    }
    if matches!(code, 0x3099 | 0x309A | 0x1161..=0x1175 | 0x11A8..=0x11C2) {
        return Element::Join(code);
    }
    if c.is_whitespace() {
        return Element::Space;
    }
    if "=*×○◯●□■△▲▽▼◇◆☆★◎※✕✖✗╳∗✱⬜⬛〓".contains(c) {
        return Element::Mask;
    }
    if category == Gc::DecimalNumber {
        // Digits lie in rows of ten, and a run of rows starts with a zero.
        let run = (0..=code).rev().map_while(char::from_u32);
        let run = run.take_while(|&before| get_general_category(before) == category);
        return Element::Digit(((run.count() - 1) % 10) as u8);
    }
    let written = letters.contains(&category) || marks.contains(&category);
    if category == Gc::Format || written && vanishes(code) {
        return Element::Ignore;
    }
    match written {
        true if spaceless(code) => Element::Char(simplified(c) as u32),
        true => Element::Letter(code),
        false => Element::Separator,
    }
}

fn vanishes(code: u32) -> bool {
    matches!(
        code,
        0x300..=0x36F | 0x483..=0x489 | 0x591..=0x5C7 | 0x610..=0x61A | 0x640 | 0x64B..=0x65F | 0x670
            | 0x6D6..=0x6ED | 0x8CA..=0x8FF | 0x115F | 0x1160 | 0x180B..=0x180F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF
            | 0x20D0..=0x20FF | 0x2DE0..=0x2DFF | 0x302A..=0x302F | 0xA66F..=0xA67D | 0xA69E | 0xA69F
            | 0xFE00..=0xFE0F | 0xFE20..=0xFE2F | 0xE0100..=0xE01EF
    )
}

fn spaceless(code: u32) -> bool {
    matches!(
        code,
        0xE00..=0xEFF | 0x1000..=0x109F | 0x1100..=0x11FF | 0x1780..=0x17FF | 0x1950..=0x19FF | 0x1A20..=0x1AAF
            | 0x3000..=0x318F | 0x31A0..=0x31BF | 0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0xA4CF
            | 0xA960..=0xA97F | 0xA9E0..=0xA9FF | 0xAA60..=0xAADF | 0xAC00..=0xD7FF | 0x1AFF0..=0x1B16F
            | 0x20000..=0x3FFFF
    )
}

fn simplified(c: char) -> char {
    static MAP: OnceLock<HashMap<char, char>> = OnceLock::new();
    let map = MAP.get_or_init(|| {
        let lines = include_str!("../../../data/opencc/TSCharacters.txt").lines();
        let pair = |line: &str| {
            let mut chars = line.chars().filter(|c| !c.is_whitespace());
            Some((chars.next()?, chars.next()?))
        };
        let dictionary = lines.filter(|line| !line.starts_with('#')).filter_map(pair);
        let merged = "著着瞭了暸了藉借妳你牠它祇只揹背痺痹暱昵瞇眯燄焰簷檐啣衔搾榨煖暖鎔熔痲麻繙翻";
        dictionary.chain(pairs(merged)).collect()
    });
    match map.get(&c) {
        Some(&next) if next != c => simplified(next),
        _ => c,
    }
}

fn radical(c: char) -> char {
    static MAP: OnceLock<HashMap<char, char>> = OnceLock::new();
    let radicals = "⺎兀⺟母⺠民⻄西⻅见⻆角⻉贝⻋车⻓长⻔门⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻬齐⻮齿⻰龙⻳龟";
    MAP.get_or_init(|| pairs(radicals).collect()).get(&c).copied().unwrap_or(c)
}

fn pairs(text: &str) -> impl Iterator<Item = (char, char)> {
    text.chars().step_by(2).zip(text.chars().skip(1).step_by(2))
}
