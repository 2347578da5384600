//! The tables of a run for spreadsheets and databases: `members.csv`, `sites.csv`.
//!
//! In: plain rows. Out: CSV in UTF-8 with a heading, commas, LF, quotes where they are needed. Cost: memory speed.

use csv::{Terminator, Writer, WriterBuilder};

use crate::document::Span;
use crate::error::{Error, Result};
use crate::output::logs::Facts;

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
    /// Name of its cluster.
    pub cluster: &'a str,
    /// `document`, `block`, `paragraph`.
    pub level: &'a str,
    /// `kept`, `removed`, `reported`.
    pub role: &'a str,
    /// `input:record`.
    pub doc: &'a str,
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
    /// The earliest date in its cluster; empty where there is none.
    pub first_seen: &'a str,
}

/// Rows of a table.
#[derive(Debug)]
pub struct Rows(Writer<Vec<u8>>);

impl Default for Rows {
    fn default() -> Self {
        Self(WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new()))
    }
}

impl Rows {
    /// Adds a row.
    ///
    /// # Errors
    /// When the row has more or fewer fields than those before it.
    pub fn row(&mut self, fields: &[&str]) -> Result<()> {
        self.0.write_record(fields).map_err(failed)
    }

    /// Adds a member, in the order of [`MEMBER_COLUMNS`].
    ///
    /// # Errors
    /// When the rows before it were none of members.
    pub fn member(&mut self, row: &MemberRow<'_>) -> Result<()> {
        let mut number = Digits::default();
        let mut share = Digits::default();
        for field in [row.cluster, row.level, row.role, row.doc, row.id, row.site] {
            self.0.write_field(field).map_err(failed)?;
        }
        for value in [row.lines[0] + 1, row.lines[1] + 1, row.span.start, row.span.end] {
            self.0.write_field(number.whole(value)).map_err(failed)?;
        }
        self.0.write_field(row.facts.relation).map_err(failed)?;
        self.0.write_field(row.facts.numbers).map_err(failed)?;
        let facts = &row.facts;
        for value in [facts.jaccard, facts.containment, facts.coverage, facts.numbers_changed] {
            self.0.write_field(share.share(value)).map_err(failed)?;
        }
        self.0.write_field(row.date).map_err(failed)?;
        self.0.write_field(row.first_seen).map_err(failed)?;
        self.0.write_record(None::<&[u8]>).map_err(failed)
    }

    /// The rows as CSV.
    ///
    /// # Errors
    /// None that rows in memory have.
    pub fn finish(self) -> Result<Vec<u8>> {
        self.0.into_inner().map_err(|error| Error::io("the run's tables")(error.into_error()))
    }
}

fn failed(error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => Error::io("the run's tables")(source),
        other => Error::Output { path: "the run's tables".into(), problem: format!("{other:?}") },
    }
}

/// A number as text, without a new string for each.
#[derive(Default)]
struct Digits(String);

impl Digits {
    fn whole(&mut self, value: u32) -> &str {
        use std::fmt::Write;
        self.0.clear();
        let _ = write!(self.0, "{value}");
        &self.0
    }

    /// A share to four places, as in the logs.
    fn share(&mut self, value: f64) -> &str {
        use std::fmt::Write;
        self.0.clear();
        let scaled = (value.clamp(0.0, 1.0) * 10_000.0).round() as u32;
        let _ = write!(self.0, "{}", scaled / 10_000);
        if !scaled.is_multiple_of(10_000) {
            let _ = write!(self.0, ".{:04}", scaled % 10_000);
            self.0.truncate(self.0.trim_end_matches('0').len());
        }
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_quoted_where_needed() {
        let mut rows = Rows::default();
        rows.row(&["a", "b"]).unwrap();
        rows.row(&["x,\"y\"\nz", "界"]).unwrap();
        assert_eq!(rows.finish().unwrap(), "a,b\n\"x,\"\"y\"\"\nz\",界\n".as_bytes());
    }

    #[test]
    fn shares_have_four_places() {
        let mut digits = Digits::default();
        for (value, text) in [(0.0, "0"), (1.0, "1"), (0.98765, "0.9877"), (0.5, "0.5"), (0.99999, "1")] {
            assert_eq!(digits.share(value), text);
        }
    }
}
