//! Verdicts of a document as one JSON value, for pipelines that decide later.

use super::corpus::Corpus;
use super::logs::Names;
use super::verdicts::{Verdicts, Why};
use crate::config::Level;
use crate::output::logs::Line;

/// The value of the field that `--annotate` adds: `cluster`, `kept`, and what would be removed, as byte spans of the
/// text with the reason.
pub fn field(corpus: &Corpus, verdicts: &Verdicts, names: &Names<'_>, document: u32) -> String {
    let mut line = Line::new();
    let cluster = verdicts.cluster_of[document as usize].map(|at| &verdicts.clusters[at]);
    match cluster {
        Some(cluster) => line.raw("cluster", &names.of(Level::Document, &cluster.kept)),
        None => line.raw("cluster", &corpus.documents[document as usize].id),
    };
    line.flag("kept", !verdicts.dropped[document as usize]);
    let first = verdicts.removals.partition_point(|removal| removal.unit.document < document);
    let removals = verdicts.removals[first..].iter().take_while(|removal| removal.unit.document == document);
    line.objects("removed", removals, |line, removal| {
        line.number("byte_start", removal.unit.span.start.into())
            .number("byte_end", removal.unit.span.end.into());
        line.text("reason", reason(&removal.why));
    });
    line.finish()
}

/// The word for a reason.
pub fn reason(why: &Why) -> &'static str {
    match why {
        Why::ChromeLine(_) => "chrome-line",
        Why::ChromeSpan(_) => "chrome-span",
        Why::Copy { level: Level::Document, .. } => "duplicate-document",
        Why::Copy { level: Level::Block, .. } => "duplicate-block",
        Why::Copy { level: Level::Paragraph, .. } => "duplicate-paragraph",
    }
}
