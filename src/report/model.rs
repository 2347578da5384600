//! What the page is made from: plain rows, and [`Findings`], which a driver offers.

use serde::{Deserialize, Serialize};

use crate::config::Config;
pub use crate::config::Level;
use crate::document::{Origin, Span};
use crate::error::Result;
use crate::matching::numbers::Numbers;
use crate::matching::relation::Relation;
use crate::text::date::Moment;

/// A run's findings, walked over in the order of its files.
pub trait Findings {
    /// What the run counted.
    fn run(&self) -> &Run;

    /// Who copies from whom.
    ///
    /// # Errors
    /// When it cannot be read.
    fn flows(&mut self) -> Result<Vec<Flow>>;

    /// Hands over every cluster, in order.
    ///
    /// # Errors
    /// When they cannot be read.
    fn clusters(&mut self, visit: &mut dyn FnMut(Cluster<'_>)) -> Result<()>;

    /// Hands over every removal, by document and place; nothing where the run logged none.
    ///
    /// # Errors
    /// When they cannot be read.
    fn removals(&mut self, visit: &mut dyn FnMut(Removal<'_>)) -> Result<()>;

    /// Names of documents, in the order asked for.
    ///
    /// # Errors
    /// When they cannot be read.
    fn names(&mut self, documents: &[Origin]) -> Result<Vec<Name>>;

    /// Texts of removals, by their numbers in [`Findings::removals`], at most `limit` bytes of each, cut at a
    /// character.
    ///
    /// # Errors
    /// When they cannot be read.
    fn removed_texts(&mut self, numbers: &[usize], limit: usize) -> Result<Vec<String>>;

    /// Texts of pieces of documents, at most `limit` bytes of each; a sentence where a text cannot be had.
    ///
    /// # Errors
    /// When the findings themselves cannot be read.
    fn passages(&mut self, wanted: &[(Origin, Span)], limit: usize) -> Result<Vec<Result<Passage, String>>>;
}

/// What is read of `run.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Run {
    /// Version of the program.
    pub version: String,
    /// `clean`, `annotated`, `planned`, `nothing`.
    pub rewrite: String,
    /// Identity of the configuration.
    pub fingerprint: String,
    /// The configuration.
    pub config: Config,
    /// What was read; its number is that of `inputs`.
    #[serde(deserialize_with = "length")]
    pub inputs: usize,
    /// Records and what became of them.
    pub documents: Counts,
    /// By level.
    pub clusters: Vec<ClusterCount>,
    /// By reason.
    pub removed: Vec<RemovedCount>,
    /// By site.
    pub sites: Vec<SiteRow>,
}

/// Records and what became of them.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Records read.
    pub read: u64,
    /// Reference records.
    pub reference: u64,
    /// Records that could not be read.
    pub skipped: u64,
    /// Records without a text.
    pub no_text: u64,
    /// Ids that several records share.
    pub repeated_ids: u64,
    /// Records dropped as copies.
    pub dropped: u64,
    /// Records of which nothing is left.
    pub emptied: u64,
    /// Records that chrome would have emptied.
    pub left_whole: u64,
    /// Characters of text read.
    pub text_chars: u64,
    /// Characters of text removed.
    pub removed_chars: u64,
}

/// Clusters of a level.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClusterCount {
    /// The level.
    pub level: Level,
    /// Clusters.
    pub clusters: u64,
    /// Their members.
    pub members: u64,
    /// Members of the largest.
    pub largest: u64,
}

/// Removals of a reason.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RemovedCount {
    /// The reason, as in `removed.jsonl`.
    pub reason: String,
    /// Removals.
    pub count: u64,
    /// Characters.
    pub chars: u64,
}

/// A site and what it lost.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SiteRow {
    /// Its name; `None` for pages of unknown site.
    pub site: Option<String>,
    /// Its pages.
    pub pages: u64,
    /// Its pages that were dropped.
    pub dropped: u64,
    /// Characters of its text.
    pub text_chars: u64,
    /// Characters of its text that were removed.
    pub removed_chars: u64,
    /// By reason.
    pub removed: Vec<RemovedCount>,
}

/// Copies on one site of what is kept on another, or on the same: a row of `sites.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Where the copies stand; empty where it is unknown.
    pub site: String,
    /// Where the kept ones stand; empty where it is unknown.
    pub kept_site: String,
    /// What is copied.
    pub level: Level,
    /// Documents with copies.
    pub documents: u64,
    /// Copies.
    pub copies: u64,
    /// Their characters.
    pub characters: u64,
    /// Copies whose date is before that of the kept one.
    pub earlier: u64,
    /// Copies whose date is after it.
    pub later: u64,
}

/// What became of a member of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It is the one that stands for all.
    Kept,
    /// It is removed, or would be.
    Removed,
    /// It is reported, and stays.
    Reported,
}

/// How a member is related to the kept one; shares to four places, as in the logs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// The relation.
    pub relation: Relation,
    /// What became of its numbers.
    pub numbers: Numbers,
    /// Share of the numbers on both sides that differ.
    pub numbers_changed: f64,
    /// Jaccard.
    pub jaccard: f64,
    /// Containment of the smaller in the larger.
    pub containment: f64,
    /// Share of the member that the kept one has.
    pub coverage: f64,
}

impl Facts {
    /// What the match rests on: Jaccard, or containment where one stands in the other.
    pub fn strength(&self) -> f64 {
        match self.relation {
            Relation::Identical => 1.0,
            Relation::Near => self.jaccard,
            Relation::Fragment | Relation::Contains => self.containment,
        }
    }
}

/// A member of a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// Its document.
    pub document: Origin,
    /// Its bytes.
    pub span: Span,
    /// Its first and its last line, from 1.
    pub lines: [u32; 2],
    /// Key of its site's name; 0 where the site is unknown.
    pub site: u64,
    /// When it was seen, if that is known.
    pub date: Option<Moment>,
    /// What became of it.
    pub role: Role,
    /// How it is related to the kept one.
    pub facts: Facts,
}

/// A cluster, as it is walked over.
#[derive(Clone, Copy, Debug)]
pub struct Cluster<'a> {
    /// What it is made of.
    pub level: Level,
    /// Its members, in order.
    pub members: &'a [Member],
}

/// Why something was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A line of the site.
    ChromeLine,
    /// A passage inside a line.
    ChromeSpan,
    /// A copy.
    Copy(Level),
}

/// A removal, as it is walked over.
#[derive(Clone, Copy, Debug)]
pub struct Removal<'a> {
    /// Its document.
    pub document: Origin,
    /// Name of its site.
    pub site: Option<&'a str>,
    /// Its bytes.
    pub span: Span,
    /// Its first and its last line, from 1.
    pub lines: [u32; 2],
    /// Why.
    pub reason: Reason,
    /// What chrome it is: the name of a rule, or what the site's pages have in common.
    pub known: &'a str,
}

/// How a document is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Its id as a user types it.
    pub id: String,
    /// Its site.
    pub site: Option<String>,
    /// Its date as it stands in the record.
    pub date: Option<String>,
}

/// The text of a piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Where the text begins in its document: the piece's first byte, or the next character's.
    pub start: u32,
    /// The text.
    pub text: String,
    /// Bytes of the whole document.
    pub page: u32,
    /// What of the piece was removed as chrome, in bytes of the document.
    pub chrome: Vec<Span>,
}

fn length<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    Ok(Vec::<serde::de::IgnoredAny>::deserialize(deserializer)?.len())
}
