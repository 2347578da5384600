//! Verdicts of a document → what is marked in its HTML.

use super::annotate::reason;
use super::logs::{Names, plain};
use super::verdicts::{Verdicts, Why};
use crate::chrome::Known;
use crate::document::Span;
use crate::output::Mark;

/// What goes of a document, or would, in order and disjoint; of what lies in another removal the outer one alone.
pub fn of(verdicts: &Verdicts, names: &Names<'_>, document: u32) -> Vec<Mark> {
    let first = verdicts.removals.partition_point(|removal| removal.unit.document < document);
    let removals = verdicts.removals[first..].iter().take_while(|removal| removal.unit.document == document);
    let mut marks: Vec<Mark> = Vec::new();
    for removal in removals.filter(|removal| removal.inside.is_none()) {
        let mut attributes = vec![("data-reason", reason(&removal.why).to_owned())];
        attributes.push(match &removal.why {
            Why::ChromeLine(chrome) | Why::ChromeSpan(chrome) => match &chrome.known {
                Known::Rule(name) => ("data-rule", name.to_string()),
                Known::Family(family) => ("data-family", family.to_string()),
                Known::Alignment => ("data-rule", "alignment".to_owned()),
            },
            Why::Copy { level, cluster } => {
                let kept = names.of(*level, &verdicts.clusters[*cluster].kept);
                ("data-kept", plain(&kept).into_owned())
            }
        });
        attributes.push(("title", format!("{}: {}", attributes[0].1, attributes[1].1)));
        for &span in &removal.cut {
            marks.push(Mark { span, attributes: attributes.clone() });
        }
    }
    marks.sort_by_key(|mark| mark.span);
    let mut end = 0;
    for mark in &mut marks {
        mark.span = Span::new(mark.span.start.max(end).min(mark.span.end), mark.span.end);
        end = end.max(mark.span.end);
    }
    marks.retain(|mark| !mark.span.is_empty());
    marks
}
