//! The tables of a run for spreadsheets and databases: `members.csv`, `sites.csv`.
//!
//! In: plain rows. Out: CSV in UTF-8 with a heading, commas, LF, quotes where they are needed. Cost: memory speed.

use super::csv::quoted;
use super::logs::{Facts, push_number, push_share};
use crate::document::Span;

/// File of the members of all clusters.
pub const MEMBERS: &str = "members.csv";
/// File of who copies from whom.
pub const SITES: &str = "sites.csv";

/// Columns of `members.csv`.
pub const MEMBER_COLUMNS: [&str; 18] = [
    "cluster",
    "level",
    "role",
    "doc",
    "id",
    "site",
    "first_line",
    "last_line",
    "byte_start",
    "byte_end",
    "relation",
    "numbers",
    "jaccard",
    "containment",
    "coverage",
    "numbers_changed",
    "date",
    "first_seen",
];

/// Columns of `sites.csv`.
pub const SITE_COLUMNS: [&str; 8] =
    ["site", "kept_site", "level", "documents", "copies", "characters", "earlier", "later"];

/// A member of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct MemberRow<'a> {
    /// `kept`, `removed`, `reported`.
    pub role: &'static str,
    /// The cells of its document, as [`Rows::document`] writes them.
    pub document: &'a [u8],
    /// Its first and its last line, from 0.
    pub lines: [u32; 2],
    /// Its bytes.
    pub span: Span,
    /// How it is related to the kept one.
    pub facts: Facts,
    /// Its date; empty where it has none.
    pub date: &'a str,
}

/// The cells that all members of a cluster have in common.
#[derive(Debug)]
pub struct ClusterCells {
    cells: Rows,
    /// Where those end that stand at the start of a row.
    head: usize,
}

impl ClusterCells {
    /// Those of a cluster by its name, its level (`document`, `block`, `paragraph`), and the earliest date in it, empty
    /// where there is none.
    pub fn new(cluster: &str, level: &str, first_seen: &str) -> Self {
        let mut cells = Rows(Vec::with_capacity(cluster.len() + level.len() + first_seen.len() + 3));
        cells.cell(cluster);
        cells.cell(level);
        let head = cells.0.len();
        cells.cell(first_seen);
        Self { cells, head }
    }
}

/// Rows of a table with several columns.
#[derive(Debug, Default)]
pub struct Rows(Vec<u8>);

impl Rows {
    /// Adds rows to such as were written before.
    pub fn write(rows: &mut Vec<u8>, further: impl FnOnce(&mut Rows)) {
        let mut all = Self(std::mem::take(rows));
        further(&mut all);
        *rows = all.0;
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[&str]) {
        cells.iter().for_each(|cell| self.cell(cell));
        self.end();
    }

    /// Adds a member, in the order of [`MEMBER_COLUMNS`].
    pub fn member(&mut self, cluster: &ClusterCells, row: &MemberRow<'_>) {
        let (head, tail) = cluster.cells.0.split_at(cluster.head);
        self.0.extend_from_slice(head);
        self.word(row.role);
        self.0.extend_from_slice(row.document);
        let [first, last] = row.lines.map(|line| u64::from(line) + 1);
        for number in [first, last, row.span.start.into(), row.span.end.into()] {
            self.number(number);
        }
        let facts = &row.facts;
        self.word(facts.relation);
        self.word(facts.numbers);
        for share in [facts.jaccard, facts.containment, facts.coverage, facts.numbers_changed] {
            push_share(&mut self.0, share);
            self.0.push(b',');
        }
        self.cell(row.date);
        self.0.extend_from_slice(tail);
        self.end();
    }

    /// Adds the cells of a document: the numbers of its input, from 0, and of its record, from 1; its id, a string
    /// without its quotes, anything else as it stands; its site, empty where it is unknown.
    pub fn document(&mut self, input: u32, record: u64, id: &str, site: &str) {
        push_number(&mut self.0, input.into());
        self.0.push(b':');
        self.number(record);
        self.cell(id);
        self.cell(site);
    }

    /// Adds a cell, in quotes where it would be read otherwise without.
    fn cell(&mut self, text: &str) {
        let special = |byte| matches!(byte, b',' | b'"' | b'\n' | b'\r');
        // All of it is looked at: that goes by many bytes at once.
        if text.bytes().fold(false, |found, byte| found | special(byte)) {
            self.0.extend_from_slice(&quoted(text));
        } else {
            self.0.extend_from_slice(text.as_bytes());
        }
        self.0.push(b',');
    }

    /// Adds a cell that needs no quotes: a word of the format.
    fn word(&mut self, word: &'static str) {
        self.0.extend_from_slice(word.as_bytes());
        self.0.push(b',');
    }

    fn number(&mut self, number: u64) {
        push_number(&mut self.0, number);
        self.0.push(b',');
    }

    /// Ends the row, which has cells, each with a comma behind it.
    fn end(&mut self) {
        self.0.pop();
        self.0.push(b'\n');
    }

    /// The rows as CSV.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use csv::{Terminator, WriterBuilder};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_are_those_of_the_csv_crate(
            rows in proptest::collection::vec(proptest::array::uniform3("[a,\"\r\n\\\\#; 界\u{0}]{0,6}"), 0..4)
        ) {
            let mut known = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
            let mut own = Rows::default();
            for row in &rows {
                known.write_record(row).unwrap();
                own.row(&row.each_ref().map(String::as_str));
            }
            prop_assert_eq!(own.finish(), known.into_inner().unwrap());
        }
    }

    #[test]
    fn members_have_all_columns() {
        let facts = Facts {
            relation: "near",
            numbers: "same",
            numbers_changed: 0.0,
            jaccard: 0.98765,
            containment: 1.0,
            coverage: 0.5,
        };
        let row = MemberRow {
            role: "kept",
            document: b"3:12,\"a,b\",,",
            lines: [0, 9],
            span: Span::new(5, 10),
            facts,
            date: "2020",
        };
        let mut rows = Rows::default();
        rows.document(3, 12, "a,b", "");
        assert_eq!(rows.finish(), row.document);
        let mut rows = Rows::default();
        rows.row(&MEMBER_COLUMNS);
        rows.member(&ClusterCells::new("x\"y", "block", "2019"), &row);
        let table = String::from_utf8(rows.finish()).unwrap();
        let line = "\"x\"\"y\",block,kept,3:12,\"a,b\",,1,10,5,10,near,same,0.9877,1,0.5,0,2020,2019";
        assert_eq!(table, format!("{}\n{line}\n", MEMBER_COLUMNS.join(",")));
    }
}
