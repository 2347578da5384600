//! Tags and text in order → lines and outline.

use std::ops::Range;

use html5gum::emitters::callback::CallbackEvent;

use super::Page;
use super::tags::{Kind, hides};
use super::written::{Place, Places, Written, places};
use crate::chrome::{Mark, Node, Outline, Role};
use crate::hash;

/// Deepest element that is told from the one around it.
const DEEPEST: usize = 512;
/// Lines from which on a page is crowded: short ones then share a line.
pub(super) const CROWDED: usize = 1 << 16;
/// Characters of a line that is long enough on a crowded page.
const SHARED: u32 = 256;
/// Longest cell of a row that stays one line, in characters.
const CELL: u32 = 40;
/// Longest attribute that is looked at, in bytes.
const ATTRIBUTE: usize = 1 << 10;
/// Characters of running text from which a hidden block is text that a script shows: the next part of an article.
const SHOWN_LATER: u32 = 200;
/// Characters of a line of running text.
const RUNNING: u32 = 30;
/// Longest title, in bytes.
const TITLE: usize = 1 << 10;

/// Takes up what the tokenizer finds.
pub(super) struct Reader {
    text: Written,
    title: String,
    nodes: Vec<Node>,
    lines: Vec<Line>,
    open: Vec<Open>,
    /// How many open elements have a name whose key ends in this byte: an end tag of no open one is told at once.
    names: [u16; 256],
    /// Elements open beyond the deepest.
    beyond: usize,
    /// Open elements that hold no text, links, preformatted ones.
    silent: u32,
    links: u32,
    preformatted: u32,
    /// The start tag whose attributes are being read.
    tag: Option<Tag>,
    attribute: Attribute,
    line: Current,
    /// Number of the cell, of those begun and ended so far.
    cell: u32,
    /// What stands before the present line of preformatted text.
    above: Above,
    /// A title was read.
    titled: bool,
    /// Where the text of an open element begins that nothing but its end tag ends.
    raw: Option<usize>,
    /// Tags that are put into the text would show.
    is_literal: bool,
    /// Short lines share one.
    is_crowded: bool,
    /// Number of the hidden block around, 0 for none.
    hidden: u32,
    /// Characters of running text in each hidden block, the first entry for none.
    running: Vec<u32>,
}

/// An open element.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Key of its name.
    name: u32,
    kind: Kind,
    /// Its node: its own for a block, else the one around it.
    node: u32,
    silent: bool,
    /// The outermost hidden element.
    hides: bool,
    link: bool,
    /// Of a row: the number of lines before it.
    first: u32,
    /// Of a row: a table stands in it.
    nested: bool,
}

#[derive(Debug)]
struct Tag {
    name: u32,
    kind: Kind,
    silent: bool,
    hidden: bool,
    /// Nothing but its end tag ends it.
    raw: bool,
    /// Tags in it are text.
    is_literal: bool,
    link: bool,
    /// Key of its classes and id.
    label: u64,
    role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attribute {
    Class,
    Id,
    Role,
    Style,
    Other,
}

/// The line that is being written.
#[derive(Debug, Default)]
struct Current {
    /// Where it begins in the text.
    start: usize,
    /// Innermost block at its first character.
    node: u32,
    chars: u32,
    linked: u32,
    /// White space after its last character.
    gap: Gap,
    /// Its last character belongs to a link.
    in_link: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    /// A line break of the source, and perhaps spaces.
    Break,
    Space,
}

/// What stands above a line of preformatted text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Above {
    /// The beginning, or other text.
    Nothing,
    Line,
    /// One blank line and more, below a line.
    Blank,
}

/// A finished line.
#[derive(Clone, Copy, Debug)]
struct Line {
    node: u32,
    chars: u32,
    linked: u32,
    cell: u32,
    hidden: u32,
    code: bool,
}

impl Reader {
    /// One that writes to `text`.
    pub(super) fn new(text: Written) -> Self {
        Self {
            text,
            title: String::new(),
            nodes: vec![Node { parent: 0, path: 0, role: Role::default() }],
            lines: Vec::new(),
            open: Vec::new(),
            names: [0; 256],
            beyond: 0,
            silent: 0,
            links: 0,
            preformatted: 0,
            tag: None,
            attribute: Attribute::Other,
            line: Current::default(),
            cell: 0,
            above: Above::Nothing,
            titled: false,
            raw: None,
            is_literal: false,
            is_crowded: false,
            hidden: 0,
            running: vec![0],
        }
    }

    /// Takes up what stands at `span` of `html`.
    pub(super) fn event(&mut self, event: CallbackEvent<'_>, span: Range<usize>, html: &str) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                let kind = Kind::of(name);
                self.tag = Some(Tag {
                    name: hash::key(name) as u32,
                    kind,
                    silent: matches!(kind, Kind::Silent | Kind::Title),
                    hidden: false,
                    raw: matches!(
                        name,
                        b"title" | b"textarea" | b"iframe" | b"noembed" | b"noframes" | b"xmp"
                    ),
                    is_literal: matches!(name, b"xmp" | b"plaintext"),
                    link: false,
                    label: 0,
                    role: role_of_tag(name, kind),
                });
            }
            CallbackEvent::AttributeName { name } => {
                let Some(tag) = &mut self.tag else { return };
                self.attribute = match name {
                    b"class" => Attribute::Class,
                    b"id" => Attribute::Id,
                    b"role" => Attribute::Role,
                    b"style" => Attribute::Style,
                    _ => Attribute::Other,
                };
                match name {
                    b"hidden" => tag.hidden = true,
                    b"href" => tag.link = tag.kind == Kind::Anchor,
                    _ => {}
                }
            }
            CallbackEvent::AttributeValue { value } => {
                let value = String::from_utf8_lossy(&value[..value.len().min(ATTRIBUTE)]);
                if let Some(tag) = &mut self.tag {
                    tag.attribute(self.attribute, &value);
                }
            }
            CallbackEvent::CloseStartTag { .. } => {
                if let Some(tag) = self.tag.take() {
                    self.raw = tag.raw.then_some(span.end);
                    self.is_literal |= tag.is_literal;
                    self.start(&tag);
                }
            }
            CallbackEvent::EndTag { name } => {
                self.raw = None;
                self.is_literal = false;
                self.end(name);
            }
            CallbackEvent::String { value } => {
                let value = String::from_utf8_lossy(value);
                let found = if self.text.is_placed() && !self.is_literal && self.silent == 0 {
                    html.get(span.clone()).and_then(|source| places(source, span.start, &value))
                } else {
                    None
                };
                self.string(&value, found.as_deref().unwrap_or_default());
            }
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
    }

    /// Where to go on when the page ended inside an element that only its end tag ends: that element is closed.
    pub(super) fn unended(&mut self) -> Option<usize> {
        let from = self.raw.take()?;
        self.is_literal = false;
        self.close(self.open.len().saturating_sub(1));
        Some(from)
    }

    fn start(&mut self, tag: &Tag) {
        match tag.kind {
            Kind::Void | Kind::Page => return,
            Kind::Break => return self.line_feed(),
            _ => {}
        }
        if self.beyond > 0 || self.open.len() == DEEPEST {
            if tag.kind.breaks() {
                self.end_line();
            }
            self.beyond += 1;
            return;
        }
        if tag.kind.ends_paragraph() {
            self.end_paragraph();
        }
        match tag.kind {
            Kind::Anchor => {
                if let Some(at) = self.open.iter().rposition(|open| open.kind == Kind::Anchor) {
                    self.take(at);
                }
                // Links that touch are apart where they are seen.
                if tag.link && self.line.gap == Gap::None && self.line.in_link {
                    self.line.gap = Gap::Space;
                }
            }
            kind => {
                let found = self.open.iter().enumerate().rev();
                let mut closed = None;
                for (at, open) in found {
                    if open.kind.is_ended_by(kind) {
                        closed = Some(at);
                        // A row ends the cell and the row around it.
                        if !matches!(kind, Kind::Row | Kind::Rows) {
                            break;
                        }
                    } else if open.kind.limits(kind) {
                        break;
                    }
                }
                if let Some(at) = closed {
                    self.close(at);
                }
            }
        }
        if tag.kind.breaks() {
            self.end_line();
        }
        match tag.kind {
            Kind::Cell => self.cell += 1,
            Kind::Preformatted => self.above = Above::Nothing,
            Kind::Table => self.open.iter_mut().for_each(|open| open.nested |= open.kind == Kind::Row),
            _ => {}
        }
        let around = self.open.last().map_or(0, |open| open.node);
        let node = if tag.kind.breaks() {
            let path = hash::key_seeded(
                &self.nodes[around as usize].path.to_le_bytes(),
                tag.label.rotate_left(32) ^ u64::from(tag.name),
            );
            self.nodes.push(Node { parent: around, path: path as u32, role: tag.role });
            self.nodes.len() as u32 - 1
        } else {
            around
        };
        let hides = tag.hidden && tag.kind.breaks() && self.hidden == 0;
        if hides {
            self.put_line();
            self.hidden = self.running.len() as u32;
            self.running.push(0);
        }
        self.open.push(Open {
            name: tag.name,
            kind: tag.kind,
            node,
            silent: tag.silent || tag.hidden && !tag.kind.breaks(),
            hides,
            link: tag.link,
            first: self.lines.len() as u32,
            nested: false,
        });
        self.names[tag.name as u8 as usize] += 1;
        self.count(self.open.len() - 1, 1);
    }

    fn end(&mut self, name: &[u8]) {
        let kind = Kind::of(name);
        match kind {
            Kind::Void | Kind::Page => return,
            Kind::Break => return self.line_feed(),
            _ => {}
        }
        if kind.breaks() {
            self.end_line();
        }
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        let name = hash::key(name) as u32;
        if kind != Kind::Heading && self.names[name as u8 as usize] == 0 {
            return;
        }
        let same =
            |open: &Open| if kind == Kind::Heading { open.kind == Kind::Heading } else { open.name == name };
        let mut inner_block = false;
        for at in (0..self.open.len()).rev() {
            let open = self.open[at];
            if same(&open) {
                // The end of an inline element ends no block that began inside it.
                if inner_block && !kind.breaks() && kind != Kind::Silent {
                    self.take(at);
                } else {
                    self.close(at);
                }
                return;
            }
            if open.kind.shields(kind) {
                return;
            }
            inner_block |= open.kind.breaks();
        }
    }

    /// Ends the paragraph around, unless another block stands between.
    fn end_paragraph(&mut self) {
        for at in (0..self.open.len()).rev() {
            match self.open[at].kind {
                Kind::Paragraph => return self.close(at),
                kind if kind.breaks() => return,
                _ => {}
            }
        }
    }

    /// Ends the element at `at` and all inside it.
    fn close(&mut self, at: usize) {
        if self.open[at..].iter().any(|open| open.kind.breaks()) {
            self.end_line();
        }
        if self.open[at..].iter().any(|open| open.hides) {
            self.put_line();
        }
        while self.open.len() > at {
            let last = self.open.len() - 1;
            self.count(last, -1);
            let Some(open) = self.open.pop() else { return };
            self.names[open.name as u8 as usize] -= 1;
            if open.hides {
                self.hidden = 0;
            }
            match open.kind {
                Kind::Cell => self.cell += 1,
                Kind::Row if !open.nested => self.join_cells(open.first as usize, open.node),
                Kind::Title => self.titled |= !self.title.is_empty(),
                _ => {}
            }
        }
    }

    /// Ends the element at `at`; those inside it stay open.
    fn take(&mut self, at: usize) {
        self.count(at, -1);
        let open = self.open.remove(at);
        self.names[open.name as u8 as usize] -= 1;
    }

    fn count(&mut self, at: usize, by: i32) {
        let open = self.open[at];
        self.silent = self.silent.saturating_add_signed(if open.silent { by } else { 0 });
        self.links = self.links.saturating_add_signed(if open.link { by } else { 0 });
        let preformatted = open.kind == Kind::Preformatted;
        self.preformatted = self.preformatted.saturating_add_signed(if preformatted { by } else { 0 });
    }

    /// Takes up text; `places` has one for each of its bytes, or none.
    fn string(&mut self, string: &str, places: &[Place]) {
        let place = |at: usize| places.get(at).copied().unwrap_or_default();
        if self.silent > 0 {
            if !self.titled && self.open.last().is_some_and(|open| open.kind == Kind::Title) {
                // Of a title that is never ended, what comes before the next tag.
                for word in string.split('<').next().unwrap_or_default().split_whitespace() {
                    if !self.title.is_empty() {
                        self.title.push(' ');
                    }
                    self.title.push_str(word);
                }
                self.title.truncate(self.title.floor_char_boundary(TITLE));
            }
            return;
        }
        if self.preformatted > 0 {
            for (at, c) in string.char_indices() {
                match c {
                    '\n' => self.line_feed(),
                    '\r' => {}
                    c => {
                        // Lines that share one are still apart.
                        if self.is_crowded && self.line.chars > 0 && self.line.gap != Gap::None {
                            self.text.push(' ', Place::NONE);
                        }
                        self.line.gap = Gap::None;
                        self.put(c, place(at));
                    }
                }
            }
            return;
        }
        for (at, c) in string.char_indices() {
            match c {
                '\n' | '\r' => self.line.gap = self.line.gap.max(Gap::Break),
                ' ' | '\t' | '\x0c' | '\u{a0}' => self.line.gap = Gap::Space,
                '\u{ad}' | '\u{200b}' | '\u{feff}' => {}
                c => {
                    if self.line.chars > 0 && self.gap_shows(c) {
                        self.text.push(' ', Place::NONE);
                    }
                    self.line.gap = Gap::None;
                    self.put(c, place(at));
                }
            }
        }
    }

    /// Whether the white space before `next` is seen.
    fn gap_shows(&self, next: char) -> bool {
        match self.line.gap {
            Gap::None => false,
            Gap::Space => true,
            Gap::Break => !(is_wide(next) && self.text.text().chars().next_back().is_some_and(is_wide)),
        }
    }

    fn put(&mut self, c: char, place: Place) {
        if self.line.chars == 0 {
            self.line.node = self.open.last().map_or(0, |open| open.node);
        }
        self.text.push(c, place);
        self.line.chars += 1;
        self.line.in_link = self.links > 0;
        self.line.linked += u32::from(self.line.in_link);
    }

    /// A line break that was asked for: in preformatted text blank lines show, several as one.
    fn line_feed(&mut self) {
        let lines = self.lines.len();
        self.end_line();
        if self.preformatted > 0 && self.lines.len() == lines && self.above == Above::Line {
            self.above = Above::Blank;
        }
    }

    /// Ends the line if it shows anything; a short one of a crowded page goes on.
    fn end_line(&mut self) {
        if self.lines.len() >= CROWDED && self.line.chars < SHARED {
            self.is_crowded |= self.line.chars > 0;
            self.line.gap = Gap::Space;
            return;
        }
        self.put_line();
    }

    /// Ends the line if it shows anything.
    fn put_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let code = self.preformatted > 0;
        let content = &self.text.text()[line.start..];
        let front = if code { 0 } else { content.len() - content.trim_start().len() };
        let end = content.trim_end().len();
        if end <= front {
            self.text.truncate(line.start);
        } else {
            self.text.truncate(line.start + end);
            self.text.remove(line.start..line.start + front);
            self.text.push('\n', Place::NONE);
            let (cell, hidden) = (self.cell, self.hidden);
            if line.chars >= RUNNING && line.linked * 3 < line.chars {
                self.running[hidden as usize] += line.chars;
            }
            if code && self.above == Above::Blank {
                self.text.insert_line_feed(line.start);
                self.lines.push(Line {
                    node: line.node,
                    chars: 0,
                    linked: 0,
                    cell,
                    hidden: self.hidden,
                    code,
                });
            }
            self.above = Above::Line;
            self.lines.push(Line {
                node: line.node,
                chars: line.chars,
                linked: line.linked,
                cell,
                hidden,
                code,
            });
        }
        self.line.start = self.text.len();
    }

    /// Makes one line of a row's lines if each is a short cell.
    fn join_cells(&mut self, first: usize, node: u32) {
        // The line that is being written may hold cells of it.
        if self.lines.len() >= CROWDED {
            return;
        }
        let row = &self.lines[first..];
        let short = row.iter().all(|line| line.chars <= CELL && !line.code);
        if row.len() < 2 || !short || row.windows(2).any(|pair| pair[0].cell == pair[1].cell) {
            return;
        }
        let (mut chars, mut linked) = (0, 0);
        for line in row {
            chars += line.chars;
            linked += line.linked;
        }
        // The row's lines are the last of the text.
        let lines = row.len();
        let mut start = self.text.len();
        for _ in 0..lines {
            start = self.text.text()[..start - 1].rfind('\n').map_or(0, |end| end + 1);
        }
        self.text.join(start);
        let Line { cell, hidden, .. } = self.lines[first];
        self.lines.truncate(first);
        self.lines.push(Line { node, chars, linked, cell, hidden, code: false });
        self.line.start = self.text.len();
    }

    /// Takes out the lines of hidden blocks that hold no text.
    fn drop_hidden(&mut self) {
        let is_shown = |line: &Line| line.hidden == 0 || self.running[line.hidden as usize] >= SHOWN_LATER;
        if self.lines.iter().all(is_shown) {
            return;
        }
        let mut shown = self.lines.iter().map(is_shown);
        self.text.keep_lines(|| shown.next().unwrap_or(true));
        let lines = self.lines.iter().copied().filter(is_shown).collect();
        self.lines = lines;
    }

    pub(super) fn finish(mut self) -> (Page, Places) {
        self.close(0);
        self.put_line();
        self.drop_hidden();
        let title = normal(&self.title);
        let lines = self
            .lines
            .iter()
            .zip(self.text.text().lines())
            .map(|(line, text)| {
                let mut role = Role::default();
                if line.code {
                    role |= Role::CODE;
                }
                if is_part(&title, text) {
                    role |= Role::TITLE;
                }
                let links = (u64::from(line.linked) * 255 / u64::from(line.chars.max(1))) as u8;
                Mark { node: line.node, links, role }
            })
            .collect();
        let outline = Outline { nodes: self.nodes, lines };
        let (text, places) = self.text.finish();
        (Page { text, title: self.title, outline }, places)
    }
}

/// Han, kana, and the signs that stand among them: scripts without spaces.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Letters and digits alone, in lower case.
fn normal(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a line is the title, or a part of it that says something.
fn is_part(title: &str, line: &str) -> bool {
    if title.is_empty() || line.len() > 2 * TITLE {
        return false;
    }
    let line = normal(line);
    line.len() >= 12.min(title.len()) && title.contains(&line)
}

impl Tag {
    fn attribute(&mut self, attribute: Attribute, value: &str) {
        match attribute {
            Attribute::Class | Attribute::Id => {
                self.role |= role_of_names(value);
                // The first class names the kind of an element; numbers name one of a kind.
                let first = value.split_ascii_whitespace().next().unwrap_or_default();
                let name: String = first.chars().filter(|c| !c.is_ascii_digit()).collect();
                let seed = u64::from(attribute == Attribute::Id);
                self.label ^= hash::key_seeded(name.as_bytes(), seed);
            }
            Attribute::Role => self.role |= role_of_landmark(value),
            Attribute::Style => self.hidden |= hides(value),
            Attribute::Other => {}
        }
    }
}

fn role_of_tag(name: &[u8], kind: Kind) -> Role {
    match (name, kind) {
        (b"nav" | b"aside" | b"footer" | b"header" | b"form" | b"menu", _) => Role::FRAME,
        (b"main" | b"article", _) => Role::MAIN,
        (_, Kind::Heading) => Role::HEADING,
        (_, Kind::Paragraph) => Role::PARAGRAPH,
        (_, Kind::Item) => Role::ITEM,
        _ => Role::default(),
    }
}

fn role_of_landmark(value: &str) -> Role {
    match value.trim() {
        "navigation" | "banner" | "contentinfo" | "complementary" | "search" | "menu" | "menubar" => {
            Role::FRAME
        }
        "main" | "article" => Role::MAIN,
        _ => Role::default(),
    }
}

/// What authors of pages call their elements: whole words of classes and ids, in any spelling (`side-bar`,
/// `sideBar`, `SIDE_BAR`).
fn role_of_names(value: &str) -> Role {
    let mut role = Role::default();
    let mut word = String::new();
    let mut before = ' ';
    for c in value.chars().chain([' ']) {
        if !c.is_ascii_alphabetic() || (c.is_ascii_uppercase() && before.is_ascii_lowercase()) {
            role |= role_of_word(&word);
            word.clear();
        }
        if c.is_ascii_alphabetic() {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    role
}

fn role_of_word(word: &str) -> Role {
    match word {
        "nav" | "navbar" | "navigation" | "menu" | "menus" | "submenu" | "footer" | "foot" | "sidebar"
        | "aside" | "breadcrumb" | "breadcrumbs" | "crumb" | "crumbs" | "related" | "recommend"
        | "recommended" | "share" | "sharing" | "social" | "widget" | "banner" | "ad" | "ads" | "advert"
        | "advertisement" | "sponsor" | "sponsored" | "promo" | "copyright" | "toolbar" | "pager"
        | "pagination" | "login" | "search" | "newsletter" | "subscribe" | "ranking" | "popular" => {
            Role::FRAME
        }
        "article" | "content" | "post" | "entry" | "story" | "main" => Role::MAIN,
        "comment" | "comments" | "disqus" | "reply" | "replies" | "respond" => Role::COMMENTS,
        _ => Role::default(),
    }
}
