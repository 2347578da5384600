//! What a page's markup says of its lines.
//!
//! A reader of HTML makes an [`Outline`] beside the text; [`Outline::mark`] adds it to the lines' evidence. Plain text
//! has none, and its evidence stays as it is.

use super::areas::{length, prose};
use super::evidence::Evidence;

/// Elements around a line that are looked at.
const AROUND: usize = 24;
/// What an element says of a line is worth this much for the element around it.
const FADE: f32 = 0.6;
/// Prose of a sentence, in Han characters.
const SENTENCE: f32 = 5.0;
/// A line's weight stops growing at this length, in Han characters.
const LONGEST: f32 = 150.0;

/// The markup of a page, reduced to what tells chrome from content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Block elements, each after the one that it stands in.
    pub nodes: Vec<Node>,
    /// One for each line of the text, blank ones too.
    pub lines: Vec<Mark>,
}

/// Share of a line in links, in 255ths, from which it is a menu's.
const LINKED: u8 = 170;

/// Whether the line's markup alone gives reason to take it for chrome: nearly all of it is links, or it stands in what
/// is called a frame, or comments.
pub(crate) fn is_marked(line: &Evidence) -> bool {
    line.links >= LINKED || line.role.has(Role::FRAME) || line.role.has(Role::COMMENTS)
}

impl Outline {
    /// Adds the markup to the evidence of the page's lines.
    pub fn mark(&self, evidence: &mut [Evidence]) {
        let mut mass = vec![0.0f32; self.nodes.len()];
        let around = |node: u32| {
            let up = |&node: &u32| Some(self.nodes[node as usize].parent).filter(|&parent| parent < node);
            std::iter::successors(Some(node), up).take(AROUND)
        };
        for line in evidence.iter() {
            let Some(mark) = self.lines.get(line.line as usize) else { continue };
            let own = prose(line) * length(line).min(LONGEST) * (1.0 - f32::from(mark.links) / 255.0);
            let mut weight = 1.0;
            for node in around(mark.node) {
                mass[node as usize] += own * weight;
                weight *= FADE;
            }
        }
        let near: Vec<f32> = evidence
            .iter()
            .map(|line| {
                let Some(mark) = self.lines.get(line.line as usize) else { return 0.0 };
                let (mut sum, mut weight) = (0.0, 1.0);
                for node in around(mark.node) {
                    sum += mass[node as usize] * weight;
                    weight *= FADE;
                }
                sum
            })
            .collect();
        // Without a sentence on the page no place is better than another.
        let most = near.iter().copied().fold(0.0, f32::max);
        let near = near.into_iter().map(|near| if most < SENTENCE { 1.0 } else { (near / most).sqrt() });
        for (line, near) in evidence.iter_mut().zip(near) {
            let Some(mark) = self.lines.get(line.line as usize) else { continue };
            line.path = self.nodes[mark.node as usize].path.max(1);
            line.links = mark.links;
            line.near = (near * 255.0) as u8;
            line.role = self.role(mark);
        }
    }

    /// What the line is, and what the innermost element around it that says anything says that it holds.
    fn role(&self, mark: &Mark) -> Role {
        let mut role = mark.role;
        let mut node = mark.node;
        loop {
            let Node { parent, role: says, .. } = self.nodes[node as usize];
            role |= Role(says.0 & (Role::HEADING | Role::PARAGRAPH | Role::ITEM).0);
            let place = Role(says.0 & (Role::FRAME | Role::MAIN | Role::COMMENTS).0);
            if place != Role::default() {
                role |= place;
                return role;
            }
            if parent >= node {
                return role;
            }
            node = parent;
        }
    }
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

impl std::ops::BitOr for Role {
    type Output = Role;
    fn bitor(self, other: Role) -> Role {
        Role(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for Role {
    fn bitor_assign(&mut self, other: Role) {
        self.0 |= other.0;
    }
}
