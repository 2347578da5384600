//! Verdicts → characters of everything, and who copies from whom.
//!
//! One pass over the documents, in parallel: the text of one is read once for all that is counted in it, and not at
//! all where nothing is.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::corpus::{Corpus, get_or_read};
use super::verdicts::{Unit, Verdicts, Why};
use crate::config::Level;
use crate::document::Span;
use crate::error::Result;
use crate::hash::Set;
use crate::report::{Flow, Role};
use crate::text::date::moment;

/// What was counted.
#[derive(Debug)]
pub struct Tables {
    /// Characters of each removal, in the order of the verdicts.
    pub removals: Vec<u32>,
    /// Who copies from whom, by site, site of the kept one, level.
    pub flows: Vec<Flow>,
}

/// A copy whose characters are counted.
struct Copy {
    document: u32,
    span: Span,
    /// Site and site of the kept one, each in the order of names with the unknown first, and level.
    flow: (u32, u32, Level),
    /// Its date against that of the kept one, where both have one.
    order: Option<Ordering>,
}

/// Documents counted by a thread in one go.
const BATCH: usize = 256;

impl Tables {
    /// Counts.
    ///
    /// # Errors
    /// When a sheet cannot be read back.
    pub fn new(corpus: &Corpus, verdicts: &Verdicts) -> Result<Self> {
        let copies = copies(corpus, verdicts);
        let all: Vec<u32> = corpus.ids().collect();
        let counted: Vec<(Vec<u32>, Vec<u32>)> = all
            .par_chunks(BATCH)
            .map(|batch| {
                let (mut removals, mut spans) = (Vec::new(), Vec::new());
                let (first, last) = (batch[0], batch[batch.len() - 1]);
                let mut removed = within(&verdicts.removals, first, last, |removal| removal.unit.document)
                    .iter()
                    .peekable();
                let mut copied = within(&copies, first, last, |copy| copy.document).iter().peekable();
                for &document in batch {
                    let text = OnceCell::new();
                    let count = |span: Span| -> Result<u32> {
                        // Most go whole.
                        if span == Span::new(0, corpus.spool.text_bytes(document)) {
                            return Ok(corpus.spool.characters(document));
                        }
                        let text = get_or_read(&text, || corpus.spool.text(document))?;
                        Ok(text[span.range()].chars().count() as u32)
                    };
                    while let Some(removal) = removed.next_if(|removal| removal.unit.document == document) {
                        removals.push(count(removal.unit.span)?);
                    }
                    while let Some(copy) = copied.next_if(|copy| copy.document == document) {
                        spans.push(count(copy.span)?);
                    }
                }
                Ok((removals, spans))
            })
            .collect::<Result<_>>()?;
        let mut tables = Self { removals: Vec::with_capacity(verdicts.removals.len()), flows: Vec::new() };
        let mut characters = Vec::with_capacity(copies.len());
        for (removals, spans) in counted {
            tables.removals.extend(removals);
            characters.extend(spans);
        }
        tables.flows = flows(corpus, &copies, &characters);
        Ok(tables)
    }
}

/// Items of documents `first` to `last`, of a list in the order of documents.
fn within<T>(items: &[T], first: u32, last: u32, document: impl Fn(&T) -> u32) -> &[T] {
    let start = items.partition_point(|item| document(item) < first);
    let end = items.partition_point(|item| document(item) <= last);
    &items[start..end]
}

fn copies(corpus: &Corpus, verdicts: &Verdicts) -> Vec<Copy> {
    let site = |document: u32| corpus.documents[document as usize].site.map_or(0, |site| site + 1);
    let date = |document: u32| corpus.documents[document as usize].date.as_deref().and_then(moment);
    let mut copies = Vec::new();
    for cluster in &verdicts.clusters {
        let kept_site = site(cluster.kept.document);
        let kept_date = date(cluster.kept.document);
        for (unit, _) in cluster.members.iter().filter(|(unit, _)| *unit != cluster.kept) {
            if !corpus.documents[unit.document as usize].is_reference() {
                copies.push(Copy {
                    document: unit.document,
                    span: unit.span,
                    flow: (site(unit.document), kept_site, cluster.level),
                    order: kept_date.and_then(|kept| Some(date(unit.document)?.cmp(&kept))),
                });
            }
        }
    }
    copies.sort_by_key(|copy| copy.document);
    copies
}

fn flows(corpus: &Corpus, copies: &[Copy], characters: &[u32]) -> Vec<Flow> {
    let mut found: BTreeMap<(u32, u32, Level), (Flow, u32)> = BTreeMap::new();
    let name =
        |site: u32| site.checked_sub(1).map_or(String::new(), |site| corpus.sites[site as usize].clone());
    for (copy, &characters) in copies.iter().zip(characters) {
        let (flow, last) = found.entry(copy.flow).or_insert_with(|| {
            let (site, kept_site, level) = copy.flow;
            let (site, kept_site) = (name(site), name(kept_site));
            (
                Flow { site, kept_site, level, documents: 0, copies: 0, characters: 0, earlier: 0, later: 0 },
                u32::MAX,
            )
        });
        flow.documents += u64::from(*last != copy.document);
        *last = copy.document;
        flow.copies += 1;
        flow.characters += u64::from(characters);
        flow.earlier += u64::from(copy.order == Some(Ordering::Less));
        flow.later += u64::from(copy.order == Some(Ordering::Greater));
    }
    found.into_values().map(|(flow, _)| flow).collect()
}

/// What became of the members of clusters.
#[derive(Debug)]
pub struct Roles<'a> {
    verdicts: &'a Verdicts,
    removed: Set<(usize, u32, Span)>,
}

impl<'a> Roles<'a> {
    /// Looks through the removals.
    pub fn new(verdicts: &'a Verdicts) -> Self {
        let removed = verdicts.removals.iter().filter_map(|removal| match removal.why {
            Why::Copy { cluster, .. } => Some((cluster, removal.unit.document, removal.unit.span)),
            Why::ChromeLine(_) | Why::ChromeSpan(_) => None,
        });
        Self { verdicts, removed: removed.collect() }
    }

    /// What became of a member of a cluster, which is given by its place in the verdicts.
    pub fn of(&self, cluster: usize, unit: &Unit) -> Role {
        if *unit == self.verdicts.clusters[cluster].kept {
            Role::Kept
        } else if self.removed.contains(&(cluster, unit.document, unit.span)) {
            Role::Removed
        } else {
            Role::Reported
        }
    }
}
