//! Which clusters are shown: the largest, and those that tell the most.
//!
//! Each way to be of interest keeps a short list of its own. Cost: a few comparisons a cluster; a cluster is copied
//! only when it enters a list.

use super::model::{Cluster, Level, Member, Role};
use crate::matching::numbers::Numbers;
use crate::matching::relation::Relation;

/// Why a cluster is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tag {
    Largest,
    MostText,
    ManySites,
    Masked,
    Stripped,
    Changed,
    Part,
    SamePage,
    Weakest,
}

impl Tag {
    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Tag::Largest => "one of the largest",
            Tag::MostText => "most text",
            Tag::ManySites => "on many sites",
            Tag::Masked => "numbers masked",
            Tag::Stripped => "numbers stripped",
            Tag::Changed => "numbers changed",
            Tag::Part => "part of another",
            Tag::SamePage => "twice on one page",
            Tag::Weakest => "weakest match",
        }
    }
}

/// A cluster that may be shown.
#[derive(Clone, Debug)]
pub(super) struct Pick {
    /// Its place among all clusters.
    pub(super) number: usize,
    pub(super) level: Level,
    pub(super) size: usize,
    pub(super) sites: usize,
    pub(super) documents: usize,
    pub(super) removed: usize,
    pub(super) weakest: f64,
    pub(super) kept: Member,
    /// The one with the earliest date.
    pub(super) first: Option<Member>,
    /// Members besides the kept one, in order, the first few.
    pub(super) listed: Vec<Member>,
    /// Members that are laid beside the kept one.
    pub(super) shown: Vec<Member>,
    pub(super) tags: Vec<Tag>,
}

/// Members listed by name, besides the kept one.
const LISTED: usize = 20;
/// Members laid beside the kept one.
const SHOWN: usize = 3;

/// Clusters of a run that shows them all.
const FEW: usize = 48;

/// What of a level is shown for each way to be of interest.
const LISTS: [(Level, Tag, usize); 22] = [
    (Level::Document, Tag::Largest, 8),
    (Level::Document, Tag::MostText, 4),
    (Level::Document, Tag::ManySites, 4),
    (Level::Document, Tag::Masked, 4),
    (Level::Document, Tag::Stripped, 4),
    (Level::Document, Tag::Changed, 4),
    (Level::Document, Tag::Part, 3),
    (Level::Document, Tag::Weakest, 3),
    (Level::Block, Tag::Largest, 5),
    (Level::Block, Tag::MostText, 4),
    (Level::Block, Tag::Masked, 3),
    (Level::Block, Tag::Stripped, 3),
    (Level::Block, Tag::Changed, 3),
    (Level::Block, Tag::SamePage, 3),
    (Level::Block, Tag::Weakest, 2),
    (Level::Paragraph, Tag::Largest, 5),
    (Level::Paragraph, Tag::MostText, 4),
    (Level::Paragraph, Tag::ManySites, 2),
    (Level::Paragraph, Tag::Masked, 3),
    (Level::Paragraph, Tag::Stripped, 3),
    (Level::Paragraph, Tag::Changed, 3),
    (Level::Paragraph, Tag::Weakest, 2),
];

/// The lists while clusters are walked over.
#[derive(Debug)]
pub(super) struct Picks {
    lists: Vec<Vec<(f64, Pick)>>,
    /// All of them, as long as they are few.
    all: Vec<Pick>,
    sites: Vec<u64>,
    next: usize,
}

impl Picks {
    pub(super) fn new() -> Self {
        Self { lists: vec![Vec::new(); LISTS.len()], all: Vec::new(), sites: Vec::new(), next: 0 }
    }

    /// Looks at the next cluster.
    pub(super) fn look(&mut self, cluster: Cluster<'_>) {
        let number = self.next;
        self.next += 1;
        let Some(kept) = cluster.members.iter().find(|member| member.role == Role::Kept) else { return };
        let facts = About::new(cluster, kept, &mut self.sites);
        if number < FEW {
            self.all.push(facts.pick(number, cluster, kept));
        }
        for (list, &(level, tag, len)) in self.lists.iter_mut().zip(&LISTS) {
            let Some(score) = (level == cluster.level).then(|| facts.score(tag)).flatten() else { continue };
            let at = list.partition_point(|(other, _)| *other >= score);
            if at < len {
                list.insert(at, (score, facts.pick(number, cluster, kept)));
                list.truncate(len);
            }
        }
    }

    /// What is shown, by level, the largest first, each with all reasons.
    pub(super) fn finish(self) -> Vec<Pick> {
        let mut picks: Vec<Pick> = Vec::new();
        for (list, (_, tag, _)) in self.lists.into_iter().zip(LISTS) {
            for (_, mut pick) in list {
                match picks.iter_mut().find(|other| other.number == pick.number) {
                    Some(other) => other.tags.push(tag),
                    None => {
                        pick.tags.push(tag);
                        picks.push(pick);
                    }
                }
            }
        }
        if self.next <= FEW {
            let rest: Vec<Pick> = self
                .all
                .into_iter()
                .filter(|pick| picks.iter().all(|other| other.number != pick.number))
                .collect();
            picks.extend(rest);
        }
        picks.sort_by_key(|pick| (pick.level, std::cmp::Reverse(pick.size), pick.number));
        picks
    }
}

/// What decides whether a cluster is of interest.
struct About {
    size: usize,
    sites: usize,
    documents: usize,
    bytes: f64,
    weakest: f64,
    removed: usize,
    numbers: [usize; 3],
    parts: usize,
}

impl About {
    fn new(cluster: Cluster<'_>, kept: &Member, sites: &mut Vec<u64>) -> Self {
        sites.clear();
        sites.extend(cluster.members.iter().map(|member| member.site).filter(|&site| site != 0));
        sites.sort_unstable();
        sites.dedup();
        let mut documents = 0;
        let mut last = None;
        // Members stand in the order of their documents.
        for member in cluster.members {
            documents += usize::from(last != Some(member.document));
            last = Some(member.document);
        }
        let mut about = Self {
            size: cluster.members.len(),
            sites: sites.len(),
            documents,
            bytes: f64::from(kept.span.len()) * (cluster.members.len() - 1) as f64,
            weakest: 1.0,
            removed: 0,
            numbers: [0; 3],
            parts: 0,
        };
        for member in cluster.members.iter().filter(|member| member.role != Role::Kept) {
            about.weakest = about.weakest.min(member.facts.strength());
            about.removed += usize::from(member.role == Role::Removed);
            about.parts += usize::from(is_part(member));
            if let Some(at) = lost(member) {
                about.numbers[at] += 1;
            }
        }
        about
    }

    /// How much the cluster is of interest in one way; `None` where it is not at all.
    fn score(&self, tag: Tag) -> Option<f64> {
        let some = |yes: bool, score: f64| yes.then_some(score);
        // Other sites tell more than copies at home, and some text more than a line of it.
        let telling = f64::from(u8::from(self.sites > 1)) + (self.bytes / 20_000.0).min(1.0);
        match tag {
            Tag::Largest => Some(self.size as f64),
            Tag::MostText => Some(self.bytes),
            Tag::ManySites => some(self.sites > 2, self.sites as f64),
            Tag::Masked => some(self.numbers[0] > 0, telling),
            Tag::Stripped => some(self.numbers[1] > 0, telling),
            Tag::Changed => some(self.numbers[2] > 0, telling),
            Tag::Part => some(self.parts > 0, telling),
            Tag::SamePage => some(self.documents < self.size, self.bytes),
            Tag::Weakest => some(self.weakest < 1.0, 1.0 - self.weakest),
        }
    }

    fn pick(&self, number: usize, cluster: Cluster<'_>, kept: &Member) -> Pick {
        let others = || cluster.members.iter().filter(|member| member.role != Role::Kept);
        // One of each kind, its weakest match; then the weakest of the rest.
        let mut ranked: Vec<&Member> = others().collect();
        ranked.sort_by(|a, b| {
            (kind(a), a.facts.strength()).partial_cmp(&(kind(b), b.facts.strength())).expect(SHARES)
        });
        let mut shown: Vec<Member> = Vec::new();
        for group in ranked.chunk_by(|a, b| kind(a) == kind(b)) {
            shown.extend(group.first().map(|&&member| member));
        }
        shown.extend(
            ranked
                .iter()
                .filter(|member| !shown.contains(member))
                .map(|&&member| member)
                .take(SHOWN)
                .collect::<Vec<_>>(),
        );
        shown.truncate(SHOWN);
        Pick {
            number,
            level: cluster.level,
            size: self.size,
            sites: self.sites,
            documents: self.documents,
            removed: self.removed,
            weakest: self.weakest,
            kept: *kept,
            first: cluster
                .members
                .iter()
                .filter(|member| member.date.is_some())
                .min_by_key(|m| m.date)
                .copied(),
            listed: others().take(LISTED).copied().collect(),
            shown,
            tags: Vec::new(),
        }
    }
}

const SHARES: &str = "shares are numbers";

fn lost(member: &Member) -> Option<usize> {
    match member.facts.numbers {
        Numbers::Masked => Some(0),
        Numbers::Stripped => Some(1),
        Numbers::Changed => Some(2),
        Numbers::None | Numbers::Same => None,
    }
}

fn is_part(member: &Member) -> bool {
    matches!(member.facts.relation, Relation::Fragment | Relation::Contains)
}

/// Kinds of members, those that tell the most first.
fn kind(member: &Member) -> usize {
    match (lost(member), member.facts.relation) {
        (Some(at), _) => at,
        (None, Relation::Near) => 3,
        (None, Relation::Fragment | Relation::Contains) => 4,
        (None, Relation::Identical) => 5,
    }
}
