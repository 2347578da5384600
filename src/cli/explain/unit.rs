//! One unit: what became of it, and why.

use dechaff::Config;
use dechaff::config::{Keep, Level, Only};
use dechaff::document::Span;
use dechaff::pipeline::explain::{
    Address, ClusterRow, FactsRow, MemberRow, Page, Place, RemovedRow, Run, UnitRow,
};
use dechaff::pipeline::run::Rewrite;

use super::super::failure::Failure;
use super::super::size::{bytes, count, counted};
use super::super::style::Style;
use super::super::visible;
use super::{Text, excerpt, level_word, lines, name, place_of, removed_word, share};

/// Removals and copies that are listed.
const LISTED: usize = 30;
/// Characters of a text that is quoted in a list.
const QUOTED: usize = 64;

/// What became of a unit.
pub(super) fn explain(run: &Run, address: &Address, style: Style) -> Result<String, Failure> {
    let removed = run.removed(&address.doc)?;
    let mut members = Vec::new();
    run.members(Some(&address.doc), |row| members.push(row))?;
    let wanted: Vec<_> = members.iter().map(|row| (row.level, row.cluster.clone())).collect();
    let clusters = run.clusters(&wanted)?;
    let known = Known { run, address, removed: &removed, members: &members, clusters: &clusters };
    let mut text = Text::new(style);
    match address.place {
        Place::Whole => known.document(&mut text),
        Place::Line(_) | Place::Bytes(_) => known.piece(&mut text)?,
    }
    Ok(text.text)
}

/// All that the logs say of a document.
struct Known<'a> {
    run: &'a Run,
    address: &'a Address,
    removed: &'a [RemovedRow],
    members: &'a [MemberRow],
    clusters: &'a [ClusterRow],
}

impl Known<'_> {
    fn document(&self, text: &mut Text) {
        let heading = format!("{} ({})", name(self.address), self.address.doc);
        text.line(&text.style.bold(&heading));
        text.gap();
        self.verdict(text);
        let size = |rows: &[&RemovedRow]| -> String {
            let all = rows.iter().map(|row| u64::from(row.unit.byte_end - row.unit.byte_start)).sum();
            format!("{}, {}", counted(rows.len() as u64, "piece"), bytes(all))
        };
        let is_whole = |row: &RemovedRow| row.reason == "duplicate-document";
        let pieces: Vec<&RemovedRow> =
            self.removed.iter().filter(|row| row.inside.is_none() && !is_whole(row)).collect();
        if self.removed.iter().any(is_whole) {
            let chrome: Vec<&RemovedRow> = self.removed.iter().filter(|row| !is_whole(row)).collect();
            if !chrome.is_empty() {
                text.fact("chrome", &format!("{}, left out when it was compared", size(&chrome)));
            }
        }
        if !pieces.is_empty() {
            text.gap();
            text.fact(removed_word(self.run), &size(&pieces));
            for row in pieces.iter().take(LISTED) {
                let level = level_of(row);
                text.line(&format!("  {:<12}  {}", lines(&row.unit, level), self.why(row)));
                text.line(&format!("  {:<12}  {}", "", text.style.dim(&excerpt(&row.text, QUOTED))));
            }
            more(text, pieces.len(), "removed.jsonl");
        }
        let copies: Vec<&MemberRow> = self.members.iter().filter(|row| self.is_reported(row)).collect();
        if !copies.is_empty() {
            text.gap();
            let heading = if self.run.rewrite == Rewrite::Nothing { "copies" } else { "reported" };
            let kept = if self.run.rewrite == Rewrite::Nothing { "" } else { ", which stay" };
            text.fact(
                heading,
                &format!("{} of it with copies elsewhere{kept}", counted(copies.len() as u64, "piece")),
            );
            for row in copies.iter().take(LISTED) {
                let place = lines(&row.unit, Some(row.level));
                let of = self
                    .cluster(row)
                    .map_or(String::new(), |cluster| self.place(&cluster.kept, Some(row.level)));
                text.line(&format!("  {place:<12}  {}, of {of}", facts(&row.facts)));
            }
            more(text, copies.len(), "members.jsonl");
        }
    }

    /// What became of the document as a whole.
    fn verdict(&self, text: &mut Text) {
        let Some(row) = &self.address.row else {
            text.fact("verdict", "a document of the reference: compared with, never rewritten");
            return;
        };
        let member = self.members.iter().find(|member| member.level == Level::Document);
        let cluster = member.and_then(|member| self.cluster(member));
        let (Some(member), Some(cluster)) = (member, cluster) else {
            text.fact("verdict", "kept: no document like it was found");
            return;
        };
        if cluster.kept.doc == self.address.doc {
            let others = counted(cluster.size - 1, "other document");
            text.fact("verdict", &format!("kept: it stands for {others} like it"));
        } else {
            let of = format!("a copy of {}", place_of(&cluster.kept, Some(Level::Document)));
            let verdict = match (row.kept, self.run.rewrite) {
                (true, _) => format!("kept, though {of}"),
                (false, Rewrite::Clean) => format!("dropped: {of}"),
                (false, _) => format!("would be dropped: {of}"),
            };
            text.fact("verdict", &verdict);
            if row.kept {
                self.because(text, &member.facts, Level::Document);
            }
            self.relation(text, &member.facts);
        }
        self.of_cluster(text, cluster);
    }

    fn piece(&self, text: &mut Text) -> Result<(), Failure> {
        let page = self.run.page(&self.address.doc, self.removed);
        let span = match &page {
            Ok(page) => Some(self.span(page)?),
            Err(_) => None,
        };
        let heading = match span {
            Some(span) => {
                format!("{} ({}, bytes {}-{})", name(self.address), self.address.doc, span.start, span.end)
            }
            None => format!("{} ({})", name(self.address), self.address.doc),
        };
        text.line(&text.style.bold(&heading));
        match (&page, span) {
            (Ok(page), Some(span)) => {
                let quoted = excerpt(&page.text[span.range()], 4 * QUOTED);
                text.line(&text.style.dim(&quoted));
            }
            (Err(unread), _) => text.line(&format!("its text cannot be shown: {}", visible::line(&unread.0))),
            _ => {}
        }
        text.gap();

        let hits: Vec<&RemovedRow> =
            self.removed.iter().filter(|row| self.touches(&row.unit, level_of(row), span)).collect();
        let whole = hits.iter().any(|row| row.reason != "chrome-span");
        let verdict = match (self.run.rewrite, hits.is_empty()) {
            (Rewrite::Nothing, _) => "not told: `dechaff clusters` removes nothing",
            (_, true) => "kept",
            (Rewrite::Clean, false) if whole => "removed",
            (Rewrite::Clean, false) => "kept but for an injected span",
            (_, false) if whole => "would be removed",
            (_, false) => "would be kept but for an injected span",
        };
        text.fact("verdict", verdict);
        for row in &hits {
            let level = level_of(row);
            let part =
                if level == Some(Level::Document) { "the document".into() } else { lines(&row.unit, level) };
            text.fact("", &format!("{part}: {}", self.why(row)));
            if row.reason == "chrome-span" {
                text.fact("", &text.style.dim(&excerpt(&row.text, QUOTED)));
            }
        }
        self.copies(text, span, &hits);
        Ok(())
    }

    /// The copies of a piece.
    fn copies(&self, text: &mut Text, span: Option<Span>, hits: &[&RemovedRow]) {
        let members: Vec<&MemberRow> = self
            .members
            .iter()
            .filter(|row| row.level != Level::Document && self.touches(&row.unit, Some(row.level), span))
            .collect();
        if members.is_empty() {
            text.gap();
            text.fact("copies", "none: no paragraph or block like it was found");
        }
        for row in members {
            let Some(cluster) = self.cluster(row) else { continue };
            text.gap();
            let what = level_word(row.level);
            let is_kept = cluster.kept.doc == row.unit.doc && cluster.kept.byte_start == row.unit.byte_start;
            let place = lines(&row.unit, Some(row.level));
            if is_kept {
                let others = counted(cluster.size - 1, "other");
                text.fact(what, &format!("{place}: stands for {others} like it"));
            } else {
                text.fact(
                    what,
                    &format!("{place}: a copy of {}", self.place(&cluster.kept, Some(row.level))),
                );
                if hits.iter().all(|hit| hit.reason == "chrome-span") {
                    self.because(text, &row.facts, row.level);
                }
                self.relation(text, &row.facts);
            }
            self.of_cluster(text, cluster);
        }
    }

    /// The bytes that the address means.
    fn span(&self, page: &Page) -> Result<Span, Failure> {
        span_of(self.address, page)
    }

    fn relation(&self, text: &mut Text, row: &FactsRow) {
        text.fact("relation", &facts(row));
        if let (Some(jaccard), Some(containment), Some(coverage)) =
            (row.jaccard, row.containment, row.coverage)
        {
            let needed = self.run.config.removal.remove_coverage;
            let line = format!(
                "Jaccard {}, containment {}, covered {} (removed from {needed} up)",
                share(jaccard),
                share(containment),
                share(coverage)
            );
            text.fact("", &line);
        }
    }

    fn of_cluster(&self, text: &mut Text, cluster: &ClusterRow) {
        let name = visible::line(&cluster.cluster).into_owned();
        let size = counted(cluster.size, level_word(cluster.level));
        text.fact("cluster", &format!("{name}: {size}, the weakest match {}", share(cluster.weakest)));
    }

    fn because(&self, text: &mut Text, facts: &FactsRow, level: Level) {
        let reasons = obstacles(&self.run.config, level, facts);
        let mut heading = "because";
        for reason in reasons {
            text.fact(heading, &reason);
            heading = "";
        }
    }

    fn cluster(&self, row: &MemberRow) -> Option<&ClusterRow> {
        self.clusters.iter().find(|cluster| cluster.level == row.level && cluster.cluster == row.cluster)
    }

    /// A copy that stays, of a piece that is not kept for others.
    fn is_reported(&self, row: &MemberRow) -> bool {
        let kept = self.cluster(row).is_some_and(|cluster| {
            cluster.kept.doc == row.unit.doc && cluster.kept.byte_start == row.unit.byte_start
        });
        let removed = self.removed.iter().any(|hit| {
            hit.unit.byte_start <= row.unit.byte_start
                && row.unit.byte_end <= hit.unit.byte_end
                && hit.kept.is_some()
        });
        row.level != Level::Document && !kept && !removed
    }

    /// Where a unit stands, as seen from this document.
    fn place(&self, unit: &UnitRow, level: Option<Level>) -> String {
        if unit.doc == self.address.doc && level != Some(Level::Document) {
            format!("{} here", lines(unit, level))
        } else {
            place_of(unit, level)
        }
    }

    fn touches(&self, unit: &UnitRow, level: Option<Level>, span: Option<Span>) -> bool {
        touches(unit, level, self.address.place, span)
    }

    /// Why a row of the log was removed.
    fn why(&self, row: &RemovedRow) -> String {
        let source = match (&row.rule, &row.family, &row.kept) {
            (Some(rule), _, _) if rule == "alignment" => "the other copies have nothing there".to_owned(),
            (Some(rule), _, _) => format!("rule {}", visible::line(rule)),
            (_, Some(family), _) => match &row.template {
                Some(template) if template != "{text}" => format!("like `{}`", excerpt(template, 40)),
                _ => format!("family {}", visible::line(family)),
            },
            (_, _, Some(kept)) => return format!("{}, of {}", row.reason, self.place(kept, level_of(row))),
            _ => return row.reason.clone(),
        };
        let pages = row.pages.map_or(String::new(), |pages| format!(", on {}", counted(pages, "page")));
        let sure = row.confidence.map_or(String::new(), |sure| format!(", confidence {}", share(sure)));
        format!("{}, {source}{pages}{sure}", row.reason)
    }
}

/// How many rows are left to the log itself.
fn more(text: &mut Text, all: usize, file: &str) {
    if all > LISTED {
        text.line(&format!("  … and {} more: see {file}", count((all - LISTED) as u64)));
    }
}

/// The bytes that an address means.
pub(super) fn span_of(address: &Address, page: &Page) -> Result<Span, Failure> {
    let (text, layout, id) = (&page.text, page.sheet.layout(), &address.id);
    match address.place {
        Place::Whole => Ok(Span::new(0, text.len() as u32)),
        Place::Line(line) => layout.lines().nth(line as usize - 1).ok_or_else(|| {
            Failure::new(format!("`{id}` has {}, no line {line}", counted(layout.count() as u64, "line")))
        }),
        Place::Bytes(span) if span.end as usize > text.len() => {
            Err(Failure::new(format!("`{id}` has {}, not {}", counted(text.len() as u64, "byte"), span.end)))
        }
        Place::Bytes(span) if text.get(span.range()).is_none() => Err(Failure::new(format!(
            "`{}-{}` begins or ends inside a character of `{id}`",
            span.start, span.end
        ))),
        Place::Bytes(span) => Ok(span),
    }
}

/// Whether a unit of a log and a place have something in common.
pub(super) fn touches(unit: &UnitRow, level: Option<Level>, place: Place, span: Option<Span>) -> bool {
    match (place, span) {
        (Place::Line(line), _) => match (&unit.lines[..], level) {
            ([first, last], Some(Level::Block | Level::Document)) => (*first..=*last).contains(&line),
            (lines, _) => lines.contains(&line),
        },
        (Place::Bytes(span), _) | (Place::Whole, Some(span)) => {
            unit.byte_start < span.end && span.start < unit.byte_end
        }
        (Place::Whole, None) => level == Some(Level::Document),
    }
}

/// The level of a copy in the log of removals; none for chrome.
fn level_of(row: &RemovedRow) -> Option<Level> {
    match row.reason.as_str() {
        "duplicate-document" => Some(Level::Document),
        "duplicate-block" => Some(Level::Block),
        "duplicate-paragraph" => Some(Level::Paragraph),
        _ => None,
    }
}

/// The two facts of a match in words.
fn facts(row: &FactsRow) -> String {
    let relation = match row.relation.as_deref() {
        Some("fragment") => "a fragment",
        Some("contains") => "longer, and contains it",
        Some(word) => word,
        None => return "no copy".into(),
    };
    match row.numbers.as_deref() {
        None | Some("none") => relation.to_owned(),
        Some(numbers) => format!("{relation}, numbers {numbers}"),
    }
}

/// Why a copy was not removed, as far as its facts and the configuration tell.
fn obstacles(config: &Config, level: Level, facts: &FactsRow) -> Vec<String> {
    let removal = &config.removal;
    let mut reasons = Vec::new();
    if removal.keep == Keep::None {
        reasons.push("`--keep none`: no copy is removed".to_owned());
    }
    if removal.only == Only::Chrome {
        reasons.push("`--only chrome`: no copy is removed".to_owned());
    }
    if !removal.level.contains(&level) {
        let word = level_word(level);
        reasons.push(format!("copies of this level stay: `--level` does not name `{word}`"));
    }
    let relation = facts.relation.as_deref().unwrap_or_default();
    let coverage = facts.coverage.unwrap_or(1.0);
    if relation == "contains" {
        reasons.push("it has more text than the one that is kept".to_owned());
    } else if relation != "identical" && coverage < removal.remove_coverage {
        let needed = removal.remove_coverage;
        reasons.push(format!(
            "only {} of it is covered, less than {needed} (`--remove-coverage`)",
            share(coverage)
        ));
    }
    if facts.numbers.as_deref() == Some("changed") {
        reasons.push("its numbers differ".to_owned());
    }
    if reasons.is_empty() {
        reasons.push(match facts.numbers.as_deref() {
            Some("stripped" | "masked") => {
                "it has numbers that the kept one has not, or more of its units stand nowhere in the kept one than \
                 may be lost (which, `dechaff explain` says of the two)"
                    .to_owned()
            }
            _ if relation != "identical" && coverage < 1.0 => {
                "more of its units stand nowhere in the kept one than may be lost, or another removal names it as \
                 kept, or took what it is a copy of"
                    .to_owned()
            }
            _ => "another removal names it as kept, or took what it is a copy of".to_owned(),
        });
    }
    reasons
}
