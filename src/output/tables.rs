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
    /// Number of its input, from 0.
    pub input: u32,
    /// Number of its record, from 1.
    pub record: u64,
    /// Its document's id: a string without its quotes, anything else as it stands.
    pub id: &'a str,
    /// Name of its site; empty where it is unknown.
    pub site: &'a str,
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
    head: Rows,
    tail: Rows,
}

impl ClusterCells {
    /// Those of a cluster by its name, its level (`document`, `block`, `paragraph`), and the earliest date in it, empty
    /// where there is none.
    pub fn new(cluster: &str, level: &str, first_seen: &str) -> Self {
        let mut cells = Self { head: Rows::default(), tail: Rows::default() };
        cells.head.cell(cluster);
        cells.head.cell(level);
        cells.tail.cell(first_seen);
        cells
    }
}

/// Rows of a table with several columns.
#[derive(Debug, Default)]
pub struct Rows(Vec<u8>);

impl Rows {
    /// Adds a row.
    pub fn row(&mut self, cells: &[&str]) {
        cells.iter().for_each(|cell| self.cell(cell));
        self.end();
    }

    /// Adds a member, in the order of [`MEMBER_COLUMNS`].
    pub fn member(&mut self, cluster: &ClusterCells, row: &MemberRow<'_>) {
        self.0.extend_from_slice(&cluster.head.0);
        self.word(row.role);
        push_number(&mut self.0, row.input.into());
        self.0.push(b':');
        self.number(row.record);
        self.cell(row.id);
        self.cell(row.site);
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
        self.0.extend_from_slice(&cluster.tail.0);
        self.end();
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
            input: 3,
            record: 12,
            id: "a,b",
            site: "",
            lines: [0, 9],
            span: Span::new(5, 10),
            facts,
            date: "2020",
        };
        let mut rows = Rows::default();
        rows.row(&MEMBER_COLUMNS);
        rows.member(&ClusterCells::new("x\"y", "block", "2019"), &row);
        let table = String::from_utf8(rows.finish()).unwrap();
        let line = "\"x\"\"y\",block,kept,3:12,\"a,b\",,1,10,5,10,near,same,0.9877,1,0.5,0,2020,2019";
        assert_eq!(table, format!("{}\n{line}\n", MEMBER_COLUMNS.join(",")));
    }
}
