//! A run in work, as its report looks at it.

use std::borrow::Cow;

use super::annotate::reason;
use super::corpus::Corpus;
use super::documents::Match;
use super::logs::{self, Names};
use super::summary::Summary;
use super::tables::{Roles, Tables};
use super::verdicts::{Verdicts, Why};
use crate::chrome::Known;
use crate::document::{Origin, Span};
use crate::error::{Error, Result};
use crate::hash;
use crate::matching::numbers::Numbers;
use crate::matching::relation::Relation;
use crate::report::{Cluster, Facts, Findings, Flow, Member, Name, Passage, Reason, Removal, Role, Run};
use crate::text::date::moment;

/// What a run has at hand when all is decided.
#[derive(Debug)]
pub struct Live<'a> {
    names: Names<'a>,
    verdicts: &'a Verdicts,
    tables: &'a Tables,
    roles: &'a Roles<'a>,
    run: Run,
    /// By site.
    keys: Vec<u64>,
}

impl<'a> Live<'a> {
    /// The findings of a run.
    ///
    /// # Errors
    /// When the summary is none.
    pub fn new(
        names: Names<'a>,
        verdicts: &'a Verdicts,
        tables: &'a Tables,
        roles: &'a Roles<'a>,
        summary: &Summary,
    ) -> Result<Self> {
        let run = serde_json::to_string(summary).and_then(|text| serde_json::from_str(&text));
        let run =
            run.map_err(|error| Error::Output { path: "run.json".into(), problem: error.to_string() })?;
        let keys = names.corpus.sites.iter().map(|site| site_key(site)).collect();
        Ok(Self { names, verdicts, tables, roles, run, keys })
    }

    fn corpus(&self) -> &'a Corpus {
        self.names.corpus
    }

    fn site(&self, document: u32) -> Option<&'a str> {
        let corpus = self.corpus();
        corpus.documents[document as usize].site.map(|site| corpus.sites[site as usize].as_str())
    }

    fn document(&self, origin: Origin) -> Option<u32> {
        let found = self.corpus().documents.binary_search_by_key(&origin, |document| document.origin);
        found.ok().map(|at| at as u32)
    }
}

/// Key of a site's name, never that of an unknown one.
pub(super) fn site_key(name: &str) -> u64 {
    if name.is_empty() { 0 } else { hash::key(name.as_bytes()).max(1) }
}

impl Findings for Live<'_> {
    fn run(&self) -> &Run {
        &self.run
    }

    fn flows(&mut self) -> Result<Vec<Flow>> {
        Ok(self.tables.flows.clone())
    }

    fn clusters(&mut self, visit: &mut dyn FnMut(Cluster<'_>)) -> Result<()> {
        let mut members = Vec::new();
        for (at, cluster) in self.verdicts.clusters.iter().enumerate() {
            members.clear();
            members.extend(cluster.members.iter().map(|(unit, matched)| {
                let known = &self.corpus().documents[unit.document as usize];
                Member {
                    document: known.origin,
                    span: unit.span,
                    lines: [unit.lines.first(), unit.lines.last()]
                        .map(|line| line.map_or(1, |line| line + 1)),
                    site: known.site.map_or(0, |site| self.keys[site as usize]),
                    date: known.date.as_deref().and_then(moment),
                    role: self.roles.of(at, unit),
                    facts: matched.as_ref().map_or(ITSELF, facts),
                }
            }));
            visit(Cluster { level: cluster.level, members: &members });
        }
        Ok(())
    }

    fn removals(&mut self, visit: &mut dyn FnMut(Removal<'_>)) -> Result<()> {
        for removal in &self.verdicts.removals {
            let (reason, known) = match &removal.why {
                Why::ChromeLine(reason) => (Reason::ChromeLine, known(&reason.known)),
                Why::ChromeSpan(reason) => (Reason::ChromeSpan, known(&reason.known)),
                Why::Copy { level, .. } => (Reason::Copy(*level), Cow::Borrowed("")),
            };
            let lines = &removal.unit.lines;
            visit(Removal {
                document: self.corpus().documents[removal.unit.document as usize].origin,
                site: self.site(removal.unit.document),
                span: removal.unit.span,
                lines: [lines.first(), lines.last()].map(|line| line.map_or(1, |line| line + 1)),
                reason,
                known: &known,
            });
        }
        Ok(())
    }

    fn names(&mut self, documents: &[Origin]) -> Result<Vec<Name>> {
        let name = |&origin: &Origin| {
            self.document(origin).map_or_else(Name::default, |document| Name {
                id: logs::plain(self.names.document(document).id).into_owned(),
                site: self.site(document).map(str::to_owned),
                date: self.corpus().documents[document as usize].date.as_deref().map(str::to_owned),
            })
        };
        Ok(documents.iter().map(name).collect())
    }

    fn removed_texts(&mut self, numbers: &[usize], limit: usize) -> Result<Vec<String>> {
        let mut last: Option<(u32, Cow<'_, str>)> = None;
        let mut texts = Vec::with_capacity(numbers.len());
        for &number in numbers {
            let unit = &self.verdicts.removals[number].unit;
            let text = text(self.corpus(), &mut last, unit.document)?;
            texts.push(beginning(&text[unit.span.range()], limit).to_owned());
        }
        Ok(texts)
    }

    fn passages(&mut self, wanted: &[(Origin, Span)], limit: usize) -> Result<Vec<Result<Passage, String>>> {
        let mut last: Option<(u32, Cow<'_, str>)> = None;
        let mut found = Vec::with_capacity(wanted.len());
        for &(origin, span) in wanted {
            let Some(document) = self.document(origin) else {
                found.push(Err("its document is not there".into()));
                continue;
            };
            let text = text(self.corpus(), &mut last, document)?;
            let first = self.verdicts.removals.partition_point(|removal| removal.unit.document < document);
            let chrome = self.verdicts.removals[first..]
                .iter()
                .take_while(|removal| removal.unit.document == document)
                .filter(|removal| reason(&removal.why).starts_with("chrome"))
                .map(|removal| removal.unit.span);
            found.push(Ok(passage(text, span, limit, chrome)));
        }
        Ok(found)
    }
}

fn text<'s, 'c>(
    corpus: &'c Corpus,
    last: &'s mut Option<(u32, Cow<'c, str>)>,
    document: u32,
) -> Result<&'s str> {
    if last.as_ref().is_none_or(|(known, _)| *known != document) {
        *last = Some((document, corpus.spool.text(document)?));
    }
    Ok(&last.as_ref().expect("it was just put there").1)
}

/// A piece of a text with the chrome in it.
pub(super) fn passage(text: &str, span: Span, limit: usize, chrome: impl Iterator<Item = Span>) -> Passage {
    let start = text.ceil_char_boundary((span.start as usize).min(text.len()));
    let end = text.floor_char_boundary((span.end as usize).min(text.len())).max(start);
    let text_of = beginning(&text[start..end], limit);
    let whole = Span::new(start as u32, (start + text_of.len()) as u32);
    Passage {
        start: start as u32,
        text: text_of.to_owned(),
        page: text.len() as u32,
        chrome: chrome.filter(|span| span.overlaps(whole)).collect(),
    }
}

/// At most the first `limit` bytes of a text.
pub(super) fn beginning(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

fn known(known: &Known) -> Cow<'_, str> {
    match known {
        Known::Rule(name) => Cow::Borrowed(name),
        Known::Family(family) => Cow::Owned(family.to_string()),
        Known::Alignment => Cow::Borrowed("alignment"),
    }
}

/// A unit with itself.
const ITSELF: Facts = Facts {
    relation: Relation::Identical,
    numbers: Numbers::Same,
    numbers_changed: 0.0,
    jaccard: 1.0,
    containment: 1.0,
    coverage: 1.0,
};

/// To four places, as the logs have them: a report that is drawn again must not differ.
fn facts(matched: &Match) -> Facts {
    let share = |share: f64| (share.clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0;
    Facts {
        relation: matched.relation,
        numbers: matched.numbers.kind(),
        numbers_changed: share(matched.numbers.changed_share()),
        jaccard: share(matched.overlap.jaccard()),
        containment: share(matched.overlap.containment()),
        coverage: share(matched.coverage),
    }
}

/// The word for what became of a member.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Kept => "kept",
        Role::Removed => "removed",
        Role::Reported => "reported",
    }
}
