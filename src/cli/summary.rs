//! The end of a run in words: what was read, found and removed, and what to look at next. Fits 80 columns.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use dechaff::config::Level;
use dechaff::pipeline::run::Rewrite;
use dechaff::pipeline::summary::{SiteSummary, Summary};
use serde_json::Value;

use super::size::{bytes, count, counted, percent};
use super::style::Style;
use super::visible;

/// What the summary itself does not know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    /// Folder of the results, as given.
    pub(crate) folder: &'a Path,
    /// How long the run took.
    pub(crate) elapsed: Duration,
    /// Whether everything is told, or what matters most.
    pub(crate) everything: bool,
}

/// Sites that are named when not all are.
const SITES: usize = 5;
/// Skipped records that are named.
const SKIPPED: usize = 3;
/// Characters of a name.
const NAME: usize = 30;

/// The summary, line by line.
pub(crate) fn text(summary: &Summary, told: &Told<'_>, style: Style) -> String {
    let mut page = Page { text: String::new(), style };
    read(&mut page, summary, told);
    found(&mut page, summary);
    removed(&mut page, summary);
    inputs(&mut page, summary, told.everything);
    sites(&mut page, summary, told.everything);
    if told.everything {
        details(&mut page, summary);
    }
    next(&mut page, summary, told.folder);
    page.text
}

/// Lines under headings in a column of their own.
struct Page {
    text: String,
    style: Style,
}

impl Page {
    fn line(&mut self, heading: &str, line: &str) {
        let padding = " ".repeat(10usize.saturating_sub(heading.len()));
        let heading = if heading.is_empty() { String::new() } else { self.style.bold(heading) };
        self.text.push_str(format!("{heading}{padding}{line}").trim_end());
        self.text.push('\n');
    }
}

fn read(page: &mut Page, summary: &Summary, told: &Told<'_>) {
    let documents = &summary.documents;
    let sites = summary.sites.iter().filter(|site| site.site.is_some()).count() as u64;
    let of_sites = if sites > 0 { format!(" of {}", counted(sites, "site")) } else { String::new() };
    page.line(
        "read",
        &format!(
            "{}{of_sites}, {} of text, in {:.1} s",
            counted(documents.read, "document"),
            bytes(documents.text_bytes),
            told.elapsed.as_secs_f64()
        ),
    );
    if documents.reference > 0 {
        page.line(
            "",
            &format!("compared with {} of the reference", counted(documents.reference, "document")),
        );
    }
    if documents.no_text > 0 {
        page.line("", &format!("{} without a text, passed through", counted(documents.no_text, "record")));
    }
    if documents.skipped > 0 {
        let what = counted(documents.skipped, "record");
        page.line("skipped", &format!("{what} that could not be read, kept in skipped.jsonl"));
        for row in rows(&told.folder.join("skipped.jsonl")).take(SKIPPED) {
            let place = format!("{} record {}: ", word(&row, "path"), row["record"]);
            page.line("", &visible::line(&(place + &word(&row, "reason"))));
        }
    }
}

fn found(page: &mut Page, summary: &Summary) {
    let mut heading = "found";
    for row in summary.clusters.iter().filter(|row| row.clusters > 0) {
        let level = match row.level {
            Level::Document => "documents",
            Level::Block => "blocks of paragraphs",
            Level::Paragraph => "paragraphs",
        };
        let line = format!(
            "{} of {level} ({} in all, {} in the largest)",
            counted(row.clusters, "cluster"),
            count(row.members),
            count(row.largest)
        );
        page.line(heading, &line);
        heading = "";
    }
    if heading == "found" {
        page.line(heading, "no copies");
    }
}

fn removed(page: &mut Page, summary: &Summary) {
    let documents = &summary.documents;
    let heading = match summary.rewrite {
        Rewrite::Clean => "removed",
        _ => "removable",
    };
    if summary.removed.is_empty() {
        page.line(heading, "nothing");
    } else {
        let share = percent(documents.removed_bytes, documents.text_bytes);
        page.line(heading, &format!("{} of text, {share}", bytes(documents.removed_bytes)));
    }
    let mut rows: Vec<_> = summary.removed.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.bytes));
    for row in rows {
        let what = row.reason.replace('-', " ") + if row.count == 1 { "" } else { "s" };
        let share = percent(row.bytes, documents.text_bytes);
        page.line("", &format!("{share:>7} {:>10}   {} {what}", bytes(row.bytes), count(row.count)));
    }
    if documents.emptied > 0 {
        let line = format!("{} of which all text went, left empty", counted(documents.emptied, "document"));
        page.line("emptied", &line);
    }
    if documents.left_whole > 0 {
        let line = "lost no chrome: nearly nothing would have been left of them";
        page.line("whole", &format!("{} {line}", counted(documents.left_whole, "document")));
    }
}

/// What each input lost, where there are several and not each is a page of its own.
fn inputs(page: &mut Page, summary: &Summary, all: bool) {
    let mut losing: Vec<_> = summary.inputs.iter().filter(|input| input.loss.removed_chars > 0).collect();
    if losing.is_empty()
        || summary.inputs.len() < 2
        || summary.inputs.iter().all(|input| input.loss.records < 2)
    {
        return;
    }
    losing.sort_by_key(|input| std::cmp::Reverse(input.loss.removed_chars));
    page.line("by input", &format!("{:>7} {:>10}   dropped", "share", "characters"));
    let shown = if all { losing.len() } else { losing.len().min(SITES) };
    for input in &losing[..shown] {
        let loss = input.loss;
        let share = percent(loss.removed_chars, loss.text_chars);
        let name = cut(&visible::line(&input.path));
        let records = format!("{} of {}", count(loss.dropped), counted(loss.records, "record"));
        page.line("", &format!("{share:>7} {:>10}   {records} of {name}", count(loss.removed_chars)));
    }
    if shown < losing.len() {
        let more = counted((losing.len() - shown) as u64, "more input");
        page.line("", &format!("{:>18}   {more}: see run.json", ""));
    }
}

fn sites(page: &mut Page, summary: &Summary, all: bool) {
    let losing: Vec<&SiteSummary> = summary.sites.iter().filter(|site| site.removed_bytes > 0).collect();
    if losing.is_empty() || summary.sites.len() < 2 {
        return;
    }
    let shown = if all { losing.len() } else { losing.len().min(SITES) };
    let mut heading = "by site";
    for site in &losing[..shown] {
        let share = percent(site.removed_bytes, site.text_bytes);
        let name =
            site.site.as_deref().map_or_else(|| "(unknown)".to_owned(), |name| cut(&visible::line(name)));
        let pages = counted(site.pages, "document");
        page.line(heading, &format!("{share:>7} {:>10}   {pages} of {name}", bytes(site.removed_bytes)));
        heading = "";
    }
    if shown < losing.len() {
        let more = counted((losing.len() - shown) as u64, "more site");
        page.line("", &format!("{:>18}   {more}: see run.json", ""));
    }
}

fn details(page: &mut Page, summary: &Summary) {
    let mut heading = "time";
    for stage in &summary.timing {
        page.line(heading, &format!("{:>7.2} s            {}", stage.seconds, stage.name));
        heading = "";
    }
    let environment = &summary.environment;
    let peak =
        environment.peak_memory.map_or(String::new(), |peak| format!(", {} of memory at most", bytes(peak)));
    page.line("", &format!("{}{peak}", counted(environment.threads as u64, "thread")));
    let matching = &summary.matching;
    let pairs = matching.document_candidates + matching.paragraph_candidates;
    page.line("compared", &counted(pairs, "pair"));
    if matching.capped_buckets > 0 {
        let buckets = counted(matching.capped_buckets, "bucket");
        let line = format!(
            "{buckets} too large to be compared in full ({} entries)",
            count(matching.capped_entries)
        );
        page.line("capped", &line);
    }
}

fn next(page: &mut Page, summary: &Summary, folder: &Path) {
    let shown = folder.to_string_lossy();
    page.line("results", &visible::line(&shown));
    if visible::line(&shown) != shown {
        return;
    }
    let folder_word = quoted(&shown);
    let units = match summary.rewrite {
        Rewrite::Nothing => rows(&folder.join("clusters.jsonl")).next().and_then(|row| pair(&row)),
        _ => rows(&folder.join("removed.jsonl"))
            .next()
            .and_then(|row| unit(&row, row["reason"] == "duplicate-document")),
    };
    let unique = summary.documents.repeated_ids == 0;
    let mut heading = "next";
    if let Some([short, long]) = units {
        let [short, long] = [short, long].map(|units| format!("dechaff explain {folder_word} {units}"));
        page.line(
            heading,
            if unique && visible::line(&long) == long && long.chars().count() <= 70 { &long } else { &short },
        );
        heading = "";
    }
    if summary.rewrite == Rewrite::Clean {
        page.line(heading, &format!("dechaff restore {folder_word} -o DIR"));
    }
}

/// A unit of a log as `explain` takes it: by `doc`, and by id.
fn unit(row: &Value, whole: bool) -> Option<[String; 2]> {
    let doc = row["doc"].as_str()?;
    let id = row["id"].as_str().unwrap_or(doc);
    let line = if whole { String::new() } else { format!("@{}", row["lines"][0]) };
    Some([doc, id].map(|name| quoted(&format!("{name}{line}"))))
}

/// The kept member of a cluster, and another one.
fn pair(row: &Value) -> Option<[String; 2]> {
    let whole = row["level"] == "document";
    let kept = unit(&row["kept"], whole)?;
    let others = row["members"].as_array()?.iter().filter_map(|member| unit(member, whole));
    let other = others.into_iter().find(|other| *other != kept)?;
    Some([0, 1].map(|at| format!("{} {}", kept[at], other[at])))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._/:@#-+=,".contains(c);
    if !word.is_empty() && !word.starts_with(['#', '-']) && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The lines of a log; none where it is not there.
fn rows(path: &Path) -> impl Iterator<Item = Value> {
    let lines = File::open(path).ok().map(|file| BufReader::new(file).lines());
    lines.into_iter().flatten().map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok())
}

fn word(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_owned()
}

/// The end of a long name: what tells it from others.
fn cut(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME {
        name.to_owned()
    } else {
        "…".chars().chain(name.chars().skip(length - NAME + 1)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_take_the_words() {
        assert_eq!(quoted("a/b.txt@3"), "a/b.txt@3");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("#1"), "'#1'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"x".repeat(50)).chars().count(), NAME);
    }
}
