//! `run.json`: what a run was, what it read, what it found, what it removed.

use std::path::Path;

use serde::Serialize;

use super::annotate::reason;
use super::documents::DocumentMatches;
use super::paragraphs::Counts;
use super::run::{Job, Rewrite};
use super::survey::Survey;
use super::tables::Tables;
use super::verdicts::{Verdicts, Why};
use crate::chrome::ChromeModel;
use crate::config::{Config, Level};
use crate::error::{Error, Result};
use crate::hash;
use crate::input::Source;
use crate::lsh::buckets::HotBuckets;
use crate::text::fold::FOLD_VERSION;

/// The content of `run.json`. Everything but `timing` and `environment` depends on the input and the configuration
/// alone.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Version of the program.
    pub version: &'static str,
    /// Version of the folding.
    pub fold_version: u32,
    /// What was written besides the logs of what was found.
    pub rewrite: Rewrite,
    /// Identity of the configuration.
    pub fingerprint: String,
    /// The configuration.
    pub config: Config,
    /// What was read.
    pub inputs: Vec<InputSummary>,
    /// Records and what became of them.
    pub documents: DocumentCounts,
    /// Clusters and members by level.
    pub clusters: Vec<ClusterCount>,
    /// What was removed, by reason.
    pub removed: Vec<RemovedCount>,
    /// What was removed, by site and reason; sites in order of what they lost.
    pub sites: Vec<SiteSummary>,
    /// Candidate pairs, distinct paragraphs, capped buckets.
    pub matching: MatchingCounts,
    /// Wall seconds by stage.
    pub timing: Vec<Stage>,
    /// Threads and memory.
    pub environment: Environment,
}

/// One input.
#[derive(Clone, Debug, Serialize)]
pub struct InputSummary {
    /// The path as given.
    pub path: String,
    /// Where it is under `clean/`; `null` for a reference.
    pub relative: Option<String>,
    /// Its name below `clean/` where that is another: the text of an HTML page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clean: Option<String>,
    /// Bytes on the disk.
    pub size: u64,
    /// Bytes decompressed.
    pub bytes: u64,
    /// xxh3 of the decompressed bytes.
    pub xxh3: String,
    /// Its records and what they lost.
    #[serde(flatten)]
    pub loss: Loss,
}

/// Records and what became of them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DocumentCounts {
    /// Records that were read, reference records left out.
    pub read: u64,
    /// Reference records.
    pub reference: u64,
    /// Records that could not be read.
    pub skipped: u64,
    /// Records without a text, passed through.
    pub no_text: u64,
    /// Pages of HTML with so many blocks that short ones share a line.
    pub crowded: u64,
    /// Ids that several records share.
    pub repeated_ids: u64,
    /// Records that were dropped as copies.
    pub dropped: u64,
    /// Records whose whole text was chrome or copied blocks.
    pub emptied: u64,
    /// Removals that are not, or not wholly, marked in HTML.
    pub unmarked: u64,
    /// Pages that chrome would have emptied, so that they were left whole.
    pub left_whole: u64,
    /// Bytes of text read.
    pub text_bytes: u64,
    /// Characters of text read.
    pub text_chars: u64,
    /// Bytes of text removed.
    pub removed_bytes: u64,
    /// Characters of text removed.
    pub removed_chars: u64,
}

/// What an input lost.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Loss {
    /// Its records.
    pub records: u64,
    /// Its records that were dropped as copies.
    pub dropped: u64,
    /// Characters of its text.
    pub text_chars: u64,
    /// Characters of its text that were removed.
    pub removed_chars: u64,
}

/// Clusters of a level.
#[derive(Clone, Debug, Serialize)]
pub struct ClusterCount {
    /// The level.
    pub level: Level,
    /// Clusters.
    pub clusters: u64,
    /// Their members.
    pub members: u64,
    /// Members of the largest.
    pub largest: u64,
}

/// Removals of a reason; what lies inside another removal counts there only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemovedCount {
    /// The reason, as in `removed.jsonl`.
    pub reason: &'static str,
    /// Removals.
    pub count: u64,
    /// Bytes of text, terminators left out.
    pub bytes: u64,
    /// Characters of text, terminators left out.
    pub chars: u64,
}

/// A site and what it lost.
#[derive(Clone, Debug, Serialize)]
pub struct SiteSummary {
    /// Its name; `null` for pages of unknown site.
    pub site: Option<String>,
    /// Its pages.
    pub pages: u64,
    /// Its pages that were dropped as copies.
    pub dropped: u64,
    /// Bytes of its text.
    pub text_bytes: u64,
    /// Characters of its text.
    pub text_chars: u64,
    /// Bytes of its text that were removed.
    pub removed_bytes: u64,
    /// Characters of its text that were removed.
    pub removed_chars: u64,
    /// By reason.
    pub removed: Vec<RemovedCount>,
}

/// What matching worked on.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MatchingCounts {
    /// Pairs of documents that were proposed.
    pub document_candidates: u64,
    /// Pairs of paragraphs that were proposed.
    pub paragraph_candidates: u64,
    /// Distinct paragraphs.
    pub distinct_paragraphs: u64,
    /// Buckets that were too large to be compared pair by pair.
    pub capped_buckets: u64,
    /// Entries in them.
    pub capped_entries: u64,
    /// Entries in the largest of them.
    pub largest_bucket: u64,
}

/// Wall time of a stage.
#[derive(Clone, Debug, Serialize)]
pub struct Stage {
    /// The stage.
    pub name: &'static str,
    /// Seconds.
    pub seconds: f64,
}

/// What a run ran on.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Environment {
    /// Threads.
    pub threads: usize,
    /// Bytes of sheets in memory.
    pub sheets_in_memory: u64,
    /// Bytes of sheets in the temporary file.
    pub sheets_on_disk: u64,
    /// Peak resident memory in bytes, where the system tells.
    pub peak_memory: Option<u64>,
}

impl Summary {
    /// What is known once the verdicts are.
    ///
    /// # Errors
    /// When a sheet cannot be read back.
    pub fn new(
        job: &Job,
        sources: &[Source],
        first_reference: usize,
        survey: &Survey,
        verdicts: &Verdicts,
        tables: &Tables,
    ) -> Result<Self> {
        let corpus = &survey.corpus;
        let mut inputs: Vec<InputSummary> = sources
            .iter()
            .zip(&survey.contents)
            .enumerate()
            .map(|(at, (source, contents))| InputSummary {
                path: source.given.clone(),
                relative: (at < first_reference).then(|| source.relative.to_string_lossy().into_owned()),
                clean: (at < first_reference && source.clean != source.relative)
                    .then(|| source.clean.to_string_lossy().into_owned()),
                size: source.size,
                bytes: contents.length,
                xxh3: contents.identity.clone(),
                loss: Loss::default(),
            })
            .collect();
        let mut documents = DocumentCounts {
            skipped: survey.skipped,
            no_text: survey.no_text,
            crowded: survey.crowded,
            repeated_ids: survey.repeated_ids,
            left_whole: corpus.labels.iter().filter(|labels| labels.left_whole).count() as u64,
            dropped: verdicts.dropped.iter().filter(|&&dropped| dropped).count() as u64,
            ..DocumentCounts::default()
        };
        // One row a site, the last for pages of unknown site.
        let mut sites: Vec<SiteSummary> = corpus
            .sites
            .iter()
            .map(|name| Some(name.clone()))
            .chain([None])
            .map(|site| SiteSummary {
                site,
                pages: 0,
                dropped: 0,
                text_bytes: 0,
                text_chars: 0,
                removed_bytes: 0,
                removed_chars: 0,
                removed: Vec::new(),
            })
            .collect();
        let site_of = |document: u32| {
            corpus.documents[document as usize].site.map_or(corpus.sites.len(), |site| site as usize)
        };
        for document in corpus.ids() {
            if corpus.documents[document as usize].is_reference() {
                documents.reference += 1;
                continue;
            }
            documents.read += 1;
            let site = &mut sites[site_of(document)];
            let input = corpus.documents[document as usize].origin.input as usize;
            let loss = &mut inputs[input].loss;
            let chars = u64::from(corpus.spool.characters(document));
            let dropped = u64::from(verdicts.dropped[document as usize]);
            loss.records += 1;
            loss.dropped += dropped;
            loss.text_chars += chars;
            site.dropped += dropped;
            site.text_chars += chars;
            documents.text_chars += chars;
            let bytes = u64::from(corpus.spool.text_bytes(document));
            site.pages += 1;
            site.text_bytes += bytes;
            documents.text_bytes += bytes;
        }
        let mut removed = Vec::new();
        let counted = verdicts.removals.iter().zip(&tables.removals);
        for (removal, &chars) in counted.filter(|(removal, _)| removal.inside.is_none()) {
            let (bytes, chars) = (u64::from(removal.unit.span.len()), u64::from(chars));
            let site = &mut sites[site_of(removal.unit.document)];
            let input = corpus.documents[removal.unit.document as usize].origin.input as usize;
            count(&mut removed, &removal.why, bytes, chars);
            count(&mut site.removed, &removal.why, bytes, chars);
            inputs[input].loss.removed_chars += chars;
            site.removed_bytes += bytes;
            site.removed_chars += chars;
            documents.removed_bytes += bytes;
            documents.removed_chars += chars;
        }
        sites.retain(|site| site.pages > 0);
        sites.sort_by(|a, b| b.removed_bytes.cmp(&a.removed_bytes).then_with(|| a.site.cmp(&b.site)));
        let clusters = [Level::Document, Level::Block, Level::Paragraph]
            .map(|level| {
                let sizes: Vec<u64> = verdicts
                    .clusters
                    .iter()
                    .filter(|cluster| cluster.level == level)
                    .map(|cluster| cluster.members.len() as u64)
                    .collect();
                ClusterCount {
                    level,
                    clusters: sizes.len() as u64,
                    members: sizes.iter().sum(),
                    largest: sizes.iter().copied().max().unwrap_or(0),
                }
            })
            .to_vec();
        let (memory, disk) = corpus.spool.sizes();
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            fold_version: FOLD_VERSION,
            rewrite: job.rewrite,
            fingerprint: fingerprint(&job.config, job.rules.as_deref(), job.model.as_ref()),
            config: job.config.clone(),
            inputs,
            documents,
            clusters,
            removed,
            sites,
            matching: MatchingCounts::default(),
            timing: Vec::new(),
            environment: Environment {
                threads: rayon::current_num_threads(),
                sheets_in_memory: memory,
                sheets_on_disk: disk,
                peak_memory: None,
            },
        })
    }

    /// Adds what matching worked on.
    pub(super) fn matching(&mut self, documents: &DocumentMatches, paragraphs: Counts, emptied: u64) {
        let mut hot: HotBuckets = documents.hot;
        hot.add(paragraphs.hot);
        self.documents.emptied = emptied;
        self.matching = MatchingCounts {
            document_candidates: documents.candidates,
            paragraph_candidates: paragraphs.candidates,
            distinct_paragraphs: paragraphs.distinct,
            capped_buckets: hot.count,
            capped_entries: hot.ids,
            largest_bucket: hot.largest,
        };
    }

    pub(super) fn finish(&mut self, timing: Vec<Stage>) {
        self.timing = timing;
        self.environment.peak_memory = peak_memory();
    }

    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::Output { path: path.to_path_buf(), problem: error.to_string() })?;
        std::fs::write(path, text + "\n").map_err(Error::io(path))
    }
}

fn count(rows: &mut Vec<RemovedCount>, why: &Why, bytes: u64, chars: u64) {
    let reason = reason(why);
    match rows.iter_mut().find(|row| row.reason == reason) {
        Some(row) => {
            row.count += 1;
            row.bytes += bytes;
            row.chars += chars;
        }
        None => {
            rows.push(RemovedCount { reason, count: 1, bytes, chars });
            rows.sort_by_key(|row| row.reason);
        }
    }
}

/// Identity of everything that changes results.
pub fn fingerprint(config: &Config, rules: Option<&str>, model: Option<&ChromeModel>) -> String {
    let text = serde_json::to_string(config).unwrap_or_default();
    let model = model.map(|model| hash::identity(model.to_json().as_bytes())).unwrap_or_default();
    hash::identity(format!("{FOLD_VERSION}\n{text}\n{}{model}", rules.unwrap_or_default()).as_bytes())
}

/// The process' largest resident size, from the kernel's own account.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
