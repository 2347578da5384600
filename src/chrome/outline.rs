//! What a page's markup says of its lines.
//!
//! A reader of HTML makes an [`Outline`] beside the text; [`Outline::mark`] adds it to the lines' evidence. Plain text
//! has none, and its evidence stays as it is.

/// The markup of a page, reduced to what tells chrome from content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Block elements, each after the one that it stands in.
    pub nodes: Vec<Node>,
    /// One for each line of the text, blank ones too.
    pub lines: Vec<Mark>,
}

/// A block element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Index of the element that it stands in; its own for the outermost.
    pub parent: u32,
    /// Key of its tag path, with classes and ids, digits left out.
    pub path: u32,
    /// What its tag, or its classes and ids, say that it holds.
    pub role: Role,
}

/// The markup of one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Index of the innermost block element that the line begins in.
    pub node: u32,
    /// Text inside links in 255ths of its characters.
    pub links: u8,
    /// What the line is, besides what its elements say.
    pub role: Role,
}

/// What an element says that it holds: a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Role(pub u8);

impl Role {
    /// A heading.
    pub const HEADING: Role = Role(1);
    /// The page's title, or a part of it.
    pub const TITLE: Role = Role(1 << 1);
    /// Menus, headers, footers, sidebars, forms.
    pub const FRAME: Role = Role(1 << 2);
    /// The page's text.
    pub const MAIN: Role = Role(1 << 3);
    /// What the page's readers say.
    pub const COMMENTS: Role = Role(1 << 4);
    /// A paragraph.
    pub const PARAGRAPH: Role = Role(1 << 5);
    /// An item of a list.
    pub const ITEM: Role = Role(1 << 6);
    /// Program text, or other text whose line breaks count.
    pub const CODE: Role = Role(1 << 7);

    /// Whether all of `other` holds.
    pub fn has(self, other: Role) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOrAssign for Role {
    fn bitor_assign(&mut self, other: Role) {
        self.0 |= other.0;
    }
}
