//! Verdicts → the logs of a run.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;

use super::corpus::{Corpus, Document, Pages};
use super::documents::{DocumentMatches, Match};
use super::findings::role;
use super::ordered::Files;
use super::survey::Skipped;
use super::tables::{Roles, Tables};
use super::verdicts::{ChromeReason, Cluster, Removal, Unit, Verdicts, Why};
use crate::chrome::{Family, Known};
use crate::config::Level;
use crate::error::{Error, Result};
use crate::input::Source;
use crate::matching::relation::Relation;
use crate::output::logs::{Facts, Line, MAX_MEMBERS, Name, UnitRow, is_plain};
use crate::output::tables::{self, ClusterCells, MEMBER_COLUMNS, MemberRow, Rows, SITE_COLUMNS};

/// How documents are named in the logs.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The documents.
    pub corpus: &'a Corpus,
    /// The sources.
    pub sources: &'a [Source],
    /// Ids repeat, so clusters are named by `doc`.
    pub by_doc: bool,
}

impl<'a> Names<'a> {
    /// A document's name.
    pub fn document(&self, document: u32) -> Name<'a> {
        self.of_known(&self.corpus.documents[document as usize])
    }

    fn of_known(&self, known: &'a Document) -> Name<'a> {
        Name {
            input: known.origin.input,
            record: known.origin.record,
            id: &known.id,
            path: &self.sources[known.origin.input as usize].given,
        }
    }

    /// The token that names a document's cluster.
    fn cluster(&self, document: u32) -> Cow<'a, str> {
        let name = self.document(document);
        if self.by_doc {
            Cow::Owned(format!("\"{}:{}\"", name.input, name.record))
        } else {
            Cow::Borrowed(name.id)
        }
    }

    /// The token that names the cluster of a piece of a document: its address.
    fn address(&self, unit: &Unit) -> String {
        let id = self.cluster(unit.document);
        let id = plain(&id);
        let mut digits = [itoa::Buffer::new(), itoa::Buffer::new()];
        let [start, end] = &mut digits;
        let (start, end) = (start.format(unit.span.start), end.format(unit.span.end));
        let address = ["\"", &id, "@", start, "-", end, "\""].concat();
        if is_plain(&id) { address } else { Value::from(&address[1..address.len() - 1]).to_string() }
    }

    /// The token that names a cluster.
    pub fn of(&self, level: Level, kept: &Unit) -> Cow<'a, str> {
        if level == Level::Document { self.cluster(kept.document) } else { Cow::Owned(self.address(kept)) }
    }
}

/// What the logs say of each document wherever they name a unit of it: written once.
#[derive(Debug)]
struct Described(Vec<Batch>);

/// Of some documents the members, each document's as a line, and the cells.
#[derive(Debug, Default)]
struct Batch {
    members: Vec<u8>,
    cells: Vec<u8>,
    /// Where those of each document end.
    ends: Vec<[usize; 2]>,
}

impl Described {
    fn new(names: Names<'_>) -> Self {
        let corpus = names.corpus;
        let batch = |documents: &[Document]| {
            let mut batch = Batch::default();
            for known in documents {
                let name = names.of_known(known);
                let site = known.site.map_or("", |site| &corpus.sites[site as usize]);
                Line::write(&mut batch.members, |line| _ = line.document(name));
                Rows::write(&mut batch.cells, |rows| {
                    rows.document(name.input, name.record, &plain(name.id), site);
                });
                batch.ends.push([batch.members.len(), batch.cells.len()]);
            }
            batch
        };
        Self(corpus.documents.par_chunks(ROWS).map(batch).collect())
    }

    /// The members of a document in a line, and its cells in a row.
    fn of(&self, document: u32) -> [&[u8]; 2] {
        let (batch, at) = (&self.0[document as usize / ROWS], document as usize % ROWS);
        let starts = at.checked_sub(1).map_or([0, 0], |before| batch.ends[before]);
        let ends = batch.ends[at];
        let line = &batch.members[starts[0]..ends[0]];
        [&line[1..line.len() - "}\n".len()], &batch.cells[starts[1]..ends[1]]]
    }
}

/// The logs of one run, in its folder.
#[derive(Debug)]
pub struct Logs<'a> {
    folder: &'a Path,
    names: Names<'a>,
    described: Described,
}

/// Documents, pairs or removals of one slice.
const ROWS: usize = 512;
/// Members of clusters of one slice.
const MEMBERS: usize = 1024;

impl<'a> Logs<'a> {
    /// The logs in this folder, in which documents are named so.
    pub fn new(folder: &'a Path, names: Names<'a>) -> Self {
        Self { folder, names, described: Described::new(names) }
    }

    fn row<'u>(&'u self, unit: &'u Unit) -> UnitRow<'u> {
        UnitRow {
            document: self.described.of(unit.document)[0],
            lines: &unit.lines,
            bytes: (unit.span.start, unit.span.end),
        }
    }

    /// Writes `documents.jsonl`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn documents(&self, verdicts: &Verdicts) -> Result<()> {
        let all: Vec<u32> = self.names.corpus.ids().collect();
        let slices: Vec<&[u32]> = all.chunks(ROWS).collect();
        Files::create(self.folder, ["documents.jsonl"])?.write(&slices, |documents, [out]| {
            for &document in documents {
                if !self.names.corpus.documents[document as usize].is_reference() {
                    Line::write(out, |line| self.document(line, document, verdicts));
                }
            }
            Ok(())
        })
    }

    fn document(&self, line: &mut Line, document: u32, verdicts: &Verdicts) {
        line.name(self.names.document(document));
        let cluster = verdicts.cluster_of[document as usize].map(|at| &verdicts.clusters[at]);
        let own = cluster.and_then(|cluster| {
            let at = cluster.members.binary_search_by_key(&document, |(unit, _)| unit.document).ok()?;
            cluster.members[at].1
        });
        line.raw("cluster", &self.names.cluster(cluster.map_or(document, |cluster| cluster.kept.document)));
        line.flag("kept", !verdicts.dropped[document as usize]).facts(own.map(facts));
    }

    /// Writes `clusters.jsonl`, `members.jsonl` and `members.csv`.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn clusters(&self, verdicts: &Verdicts, roles: &Roles<'_>) -> Result<()> {
        let numbered: Vec<(usize, &Cluster)> = verdicts.clusters.iter().enumerate().collect();
        let mut slices = Vec::new();
        let mut rest = numbered.as_slice();
        while !rest.is_empty() {
            let mut members = 0;
            let full = rest.iter().position(|(_, cluster)| {
                members += cluster.members.len();
                members >= MEMBERS
            });
            let (slice, after) = rest.split_at(full.map_or(rest.len(), |last| last + 1));
            slices.push(slice);
            rest = after;
        }
        let mut files = Files::create(self.folder, ["clusters.jsonl", "members.jsonl", tables::MEMBERS])?;
        let mut heading = Rows::default();
        heading.row(&MEMBER_COLUMNS);
        files.add(&[Vec::new(), Vec::new(), heading.finish()])?;
        files.write(&slices, |clusters, [lines, members, table]| {
            Rows::write(table, |rows| {
                for &(at, cluster) in clusters {
                    let role = |unit: &Unit| role(roles.of(at, unit));
                    self.cluster(cluster, role, lines, members, rows);
                }
            });
            Ok(())
        })
    }

    /// A cluster's line, and the lines and rows of its members. A member's facts are written once: its own line has
    /// the bytes that stand in the cluster's.
    fn cluster(
        &self,
        cluster: &Cluster,
        role: impl Fn(&Unit) -> &'static str,
        clusters: &mut Vec<u8>,
        members: &mut Vec<u8>,
        rows: &mut Rows,
    ) {
        let name = self.names.of(cluster.level, &cluster.kept);
        let level = level(cluster.level);
        let first_seen = cluster.first_seen(self.names.corpus);
        let cells = ClusterCells::new(&plain(&name), level, first_seen.map_or("", |(_, date)| date));
        let mut row = |unit: &Unit, matched: &Option<Match>| {
            let facts = matched.map_or(ITSELF, facts);
            self.member(unit, facts, role(unit), &cells, rows);
            facts
        };
        let weakest = cluster
            .members
            .iter()
            .filter_map(|(_, matched)| matched.as_ref().map(strength))
            .fold(1.0, f64::min);
        let (named, rest) = cluster.members.split_at(cluster.members.len().min(MAX_MEMBERS));
        Line::write(clusters, |line| {
            let start = line.place();
            line.raw("cluster", &name).word("level", level);
            let head = start..line.place();
            line.number("size", cluster.members.len() as u64);
            line.share("weakest", weakest).object("kept", |line| {
                line.unit(self.row(&cluster.kept));
            });
            line.objects("members", named, |line, (unit, matched)| {
                let start = line.place();
                line.unit(self.row(unit)).facts(Some(row(unit, matched)));
                Line::write(members, |own| {
                    own.members(line.within(head.clone())).members(line.since(start));
                });
            });
            for (unit, matched) in rest {
                Line::write(members, |own| {
                    let own = own.members(line.within(head.clone())).unit(self.row(unit));
                    own.facts(Some(row(unit, matched)));
                });
            }
            line.flag("truncated", !rest.is_empty());
            if let Some((document, date)) = first_seen {
                line.object("first_seen", |line| {
                    line.name(self.names.document(document)).text("date", date);
                });
            }
        });
    }

    fn member(&self, unit: &Unit, facts: Facts, role: &'static str, cells: &ClusterCells, rows: &mut Rows) {
        let row = MemberRow {
            role,
            document: self.described.of(unit.document)[1],
            lines: [unit.lines.first(), unit.lines.last()].map(|line| line.copied().unwrap_or(0)),
            span: unit.span,
            facts,
            date: self.names.corpus.documents[unit.document as usize].date.as_deref().unwrap_or_default(),
        };
        rows.member(cells, &row);
    }

    /// Writes `sites.csv`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn sites_table(&self, counted: &Tables) -> Result<()> {
        let mut rows = Rows::default();
        rows.row(&SITE_COLUMNS);
        for flow in &counted.flows {
            let numbers = [flow.documents, flow.copies, flow.characters, flow.earlier, flow.later];
            let [documents, copies, characters, earlier, later] =
                &numbers.map(|number: u64| number.to_string());
            let level = level(flow.level);
            rows.row(&[&flow.site, &flow.kept_site, level, documents, copies, characters, earlier, later]);
        }
        Files::create(self.folder, [tables::SITES])?.add(&[rows.finish()])
    }

    /// Writes `matches.jsonl`: the verified pairs of documents.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn matches(&self, found: &DocumentMatches) -> Result<()> {
        let slices: Vec<&[(u32, u32, Match)]> = found.pairs.chunks(ROWS).collect();
        Files::create(self.folder, ["matches.jsonl"])?.write(&slices, |pairs, [out]| {
            for (a, b, matched) in pairs {
                Line::write(out, |line| {
                    line.word("level", "document");
                    line.object("a", |line| {
                        line.name(self.names.document(*a));
                    });
                    line.object("b", |line| {
                        line.name(self.names.document(*b));
                    });
                    line.facts(Some(facts(*matched)));
                    let overlap = matched.overlap;
                    line.number("shingles_a", overlap.a.into()).number("shingles_b", overlap.b.into());
                    line.number("shingles_shared", overlap.shared.into()).share("spread", matched.spread);
                });
            }
            Ok(())
        })
    }

    /// Writes `removed.jsonl`.
    ///
    /// # Errors
    /// When it cannot be written, or a sheet cannot be read back.
    pub fn removed(&self, verdicts: &Verdicts) -> Result<()> {
        let slices: Vec<&[Removal]> = verdicts.removals.chunks(ROWS).collect();
        Files::create(self.folder, ["removed.jsonl"])?.write(&slices, |removals, [out]| {
            let mut pages = Pages::new(self.names.corpus);
            for removal in removals {
                let page = pages.get(removal.unit.document);
                let text = page.text()?;
                Line::write(out, |line| {
                    self.removal(line, removal, verdicts);
                    line.text("text", &text[removal.unit.span.range()]);
                });
            }
            Ok(())
        })
    }

    /// What is said of a removal besides its text.
    fn removal(&self, line: &mut Line, removal: &Removal, verdicts: &Verdicts) {
        line.unit(self.row(&removal.unit));
        match &removal.why {
            Why::ChromeLine(reason) => chrome(line, "chrome-line", reason),
            Why::ChromeSpan(reason) => chrome(line, "chrome-span", reason),
            Why::Copy { level, cluster } => {
                let cluster = &verdicts.clusters[*cluster];
                line.text(
                    "reason",
                    match level {
                        Level::Document => "duplicate-document",
                        Level::Block => "duplicate-block",
                        Level::Paragraph => "duplicate-paragraph",
                    },
                );
                line.raw("cluster", &self.names.of(*level, &cluster.kept));
                line.object("kept", |line| {
                    line.unit(self.row(&cluster.kept));
                });
            }
        }
        if let Some(outer) = removal.inside {
            line.raw("inside", &self.names.address(&verdicts.removals[outer].unit));
        }
        match self.names.corpus.documents[removal.unit.document as usize].site {
            Some(site) => line.text("site", &self.names.corpus.sites[site as usize]),
            None => line.raw("site", "null"),
        };
    }

    /// Writes `chrome.jsonl`: what `removed.jsonl` names as a family, by site.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn families(&self, families: &[Vec<Family>]) -> Result<()> {
        let mut out = Vec::new();
        for (site, found) in self.names.corpus.sites.iter().zip(families) {
            for known in found {
                Line::write(&mut out, |line| family(line, site, known));
            }
        }
        Files::create(self.folder, ["chrome.jsonl"])?.add(&[out])
    }
}

fn family(line: &mut Line, site: &str, family: &Family) {
    line.text("site", site).text("family", &family.family);
    line.number("pages", u64::from(family.pages));
    line.share("share", f64::from(family.share)).share("position", f64::from(family.position));
    line.text("template", &family.template);
    line.texts("slots", family.slots.iter().map(|slot| slot.name()));
    line.text("example", &family.example);
}

const SKIPPED: &str = "skipped.jsonl";

/// The log of skipped records, written while reading.
#[derive(Debug)]
pub struct SkippedLog(BufWriter<File>);

impl SkippedLog {
    /// Starts `skipped.jsonl`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(folder: &Path) -> Result<Self> {
        let path = folder.join(SKIPPED);
        Ok(Self(BufWriter::new(File::create(&path).map_err(Error::io(path))?)))
    }

    /// Adds a record. Bytes that are UTF-8 stand as `text`, others as `bytes` in hexadecimal.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, source: &Source, skipped: &Skipped) -> Result<()> {
        let mut out = Vec::new();
        Line::write(&mut out, |line| {
            line.text("path", &source.given).number("record", skipped.origin.record);
            line.number("byte_offset", skipped.offset).text("reason", &skipped.reason);
            match std::str::from_utf8(&skipped.bytes) {
                Ok(text) => line.text("text", text),
                Err(_) => {
                    let bytes: String = skipped.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                    line.text("bytes", &bytes)
                }
            };
        });
        self.0.write_all(&out).map_err(Error::io(SKIPPED))
    }

    /// Ends the log.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<()> {
        self.0.flush().map_err(Error::io(SKIPPED))
    }
}

fn chrome(line: &mut Line, what: &str, reason: &ChromeReason) {
    line.text("reason", what);
    match &reason.known {
        Known::Rule(name) => line.text("rule", name),
        Known::Family(family) => line.text("family", &family.to_string()),
        Known::Alignment => line.text("rule", "alignment"),
    };
    line.number("pages", u64::from(reason.pages)).share("confidence", f64::from(reason.confidence));
}

/// A JSON token as a user types it: a string without its quotes, anything else as it stands.
pub(super) fn plain(token: &str) -> Cow<'_, str> {
    match token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) if !inner.contains('\\') => Cow::Borrowed(inner),
        _ => serde_json::from_str::<String>(token).map_or(Cow::Borrowed(token), Cow::Owned),
    }
}

/// The facts of a unit with itself.
const ITSELF: Facts = Facts {
    relation: "identical",
    numbers: "same",
    numbers_changed: 0.0,
    jaccard: 1.0,
    containment: 1.0,
    coverage: 1.0,
};

/// What makes a match: its Jaccard, or where one stands in the other, its containment.
fn strength(matched: &Match) -> f64 {
    match matched.relation {
        Relation::Identical => 1.0,
        Relation::Near => matched.overlap.jaccard(),
        Relation::Fragment | Relation::Contains => matched.overlap.containment(),
    }
}

fn facts(matched: Match) -> Facts {
    Facts {
        relation: relation(matched.relation),
        numbers: matched.numbers.kind().word(),
        numbers_changed: matched.numbers.changed_share(),
        jaccard: matched.overlap.jaccard(),
        containment: matched.overlap.containment(),
        coverage: matched.coverage,
    }
}

fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Identical => "identical",
        Relation::Near => "near",
        Relation::Fragment => "fragment",
        Relation::Contains => "contains",
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Document => "document",
        Level::Block => "block",
        Level::Paragraph => "paragraph",
    }
}
