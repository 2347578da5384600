//! Names and texts of all that the page shows, fetched in one go.

use std::collections::BTreeMap;

use super::gather::{Example, Gathered};
use super::model::{Findings, Member, Name, Passage};
use crate::document::{Origin, Span};
use crate::error::Result;

/// Bytes of a text that are compared and shown at most.
const PASSAGE: usize = 48 << 10;
/// Bytes of a removed passage.
const REMOVED: usize = 400;
/// Characters around an injected passage.
pub(super) const CONTEXT: usize = 48;
/// Names and texts of all that is shown.
pub(super) struct Texts {
    pub(super) names: BTreeMap<Origin, Name>,
    pub(super) passages: BTreeMap<(Origin, Span), Result<Passage, String>>,
    pub(super) removed: BTreeMap<usize, String>,
}

impl Texts {
    pub(super) fn fetch(findings: &mut dyn Findings, gathered: &Gathered) -> Result<Self> {
        let mut documents: Vec<Origin> = Vec::new();
        let mut passages: Vec<(Origin, Span)> = Vec::new();
        for pick in &gathered.picks {
            for member in std::iter::once(&pick.kept).chain(&pick.shown) {
                documents.push(member.document);
                passages.push((member.document, member.span));
            }
            documents.extend(pick.listed.iter().chain(&pick.first).map(|member| member.document));
        }
        let mut numbers: Vec<usize> = Vec::new();
        let groups = gathered.chrome.iter().flat_map(|site| &site.groups).chain(&gathered.injected);
        for example in groups.flat_map(|group| &group.examples) {
            documents.push(example.document);
            numbers.push(example.number);
        }
        for example in gathered.injected.iter().flat_map(|group| &group.examples) {
            passages.push((example.document, around(example)));
        }
        documents.sort_unstable();
        documents.dedup();
        passages.sort_unstable();
        passages.dedup();
        numbers.sort_unstable();
        numbers.dedup();
        let names = findings.names(&documents)?;
        let texts = findings.passages(&passages, PASSAGE)?;
        let removed = findings.removed_texts(&numbers, REMOVED)?;
        Ok(Self {
            names: documents.into_iter().zip(names).collect(),
            passages: passages.into_iter().zip(texts).collect(),
            removed: numbers.into_iter().zip(removed).collect(),
        })
    }

    pub(super) fn passage(&self, member: &Member) -> Result<&Passage, String> {
        match self.passages.get(&(member.document, member.span)) {
            Some(passage) => passage.as_ref().map_err(Clone::clone),
            None => Err("its text was not read".into()),
        }
    }

    pub(super) fn name(&self, document: Origin) -> Name {
        self.names.get(&document).cloned().unwrap_or_default()
    }
}

pub(super) fn doc(document: Origin) -> String {
    format!("{}:{}", document.input, document.record)
}

/// What of an injected passage's page is shown.
pub(super) fn around(example: &Example) -> Span {
    let reach = 4 * CONTEXT as u32;
    Span::new(example.span.start.saturating_sub(reach), example.span.end.saturating_add(reach))
}
