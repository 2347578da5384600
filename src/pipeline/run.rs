//! One run: sources in, a folder of results out. The only file that names all stages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::corpus::Corpus;
use super::documents::{DocumentMatches, Finder, Pairs};
use super::findings::Live;
use super::label::{self, Again, Describe, Judge};
use super::logs::{Logs, Names, SkippedLog, plain};
use super::marks;
use super::paragraphs::{self, ParagraphMatches};
use super::sheet::Layout;
use super::summary::{Stage, Summary};
use super::survey::{self, Plan, Survey};
use super::tables::{Roles, Tables};
use super::verdicts::{self, Removal, Verdicts};
use crate::chrome::{ChromeModel, Earlier, Family, Rules};
use crate::config::{Config, Copies, Html, Keep, Level};
use crate::decide::removes_chrome;
use crate::document::Span;
use crate::error::{Error, Result};
use crate::hash::{Map, Set};
use crate::input::warc::Target;
use crate::input::{Fields, Limits, Source, Sources, discover, examples};
use crate::output::{Edit, OutputDir, Overwrite, PATCHES, PatchStore, Revisit, Rewriter};
use crate::progress::Progress;
use crate::report;

/// What a run does.
#[derive(Clone, Debug)]
pub struct Job {
    /// Files, folders, patterns, `-`.
    pub inputs: Vec<String>,
    /// Reference corpus: compared with, never rewritten, its copies win.
    pub against: Vec<String>,
    /// Inputs, or what holds them, from which nothing is removed; their copies win.
    pub protect: Vec<String>,
    /// Folder of the results.
    pub output: PathBuf,
    /// What may happen to a folder that is there already.
    pub overwrite: Overwrite,
    /// What is written besides the logs.
    pub rewrite: Rewrite,
    /// Verified pairs go to `matches.jsonl`.
    pub pairs: Pairs,
    /// Bytes of text and units kept in memory; the rest goes to a temporary file.
    pub memory: usize,
    /// Rules of the user's own, as TOML text.
    pub rules: Option<String>,
    /// What was learned of sites on an earlier crawl.
    pub model: Option<ChromeModel>,
    /// Settings.
    pub config: Config,
}

/// What a run writes besides the logs of what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rewrite {
    /// Nothing.
    Nothing,
    /// The log of what would be removed: a dry run.
    Planned,
    /// The corpus without what is removed, and what puts it back.
    Clean,
    /// The corpus whole, each record with its verdicts as a further field.
    Annotated,
}

/// Does the job.
///
/// # Errors
/// A bad setting or input is found before anything is read; the output folder appears whole or not at all.
pub fn run(job: &Job, progress: &dyn Progress) -> Result<Summary> {
    let (summary, kept) = work(job, progress)?;
    // Beside whatever the caller does next: nobody waits for it.
    rayon::spawn(move || drop(kept));
    Ok(summary)
}

/// [`run`] as the last thing that a process does: what was kept in memory ends with the process, which takes no time. To
/// give it back piece by piece takes a fiftieth of the run.
///
/// # Errors
/// Those of [`run`].
pub fn run_at_last(job: &Job, progress: &dyn Progress) -> Result<Summary> {
    let (summary, kept) = work(job, progress)?;
    std::mem::forget(kept);
    Ok(summary)
}

/// Does the job; gives also what was kept of it until its end.
fn work(job: &Job, progress: &dyn Progress) -> Result<(Summary, impl Send + use<>)> {
    job.config.validate()?;
    let mut rules = match &job.rules {
        Some(text) => Rules::with(text)?,
        None => Rules::built_in(),
    };
    let earlier = job.model.as_ref().map(ChromeModel::earlier).transpose()?.unwrap_or_default();
    let mut clock = Clock::new();
    let (sources, first_reference) = sources(job)?;
    let protected = protected(job, &sources.list[..first_reference])?;
    sources.warnings.iter().for_each(|warning| progress.warn(warning));
    let output = OutputDir::create(&job.output, job.overwrite)?;
    let folder = output.path().to_path_buf();

    let mut skipped = SkippedLog::create(&folder)?;
    let plan = Plan {
        sources: &sources.list,
        first_reference,
        protected: &protected,
        input: &job.config.input,
        removal: &job.config.removal,
        rules: &rules,
        memory: job.memory,
    };
    let mut survey = survey::survey(plan, progress, &mut |record| {
        skipped.add(&sources.list[record.origin.input as usize], &record)
    })?;
    skipped.finish()?;
    something_was_read(&survey, &sources.list[..first_reference])?;
    clock.stage("read");

    if let Some(warning) = unknown_sites(&earlier, &survey.corpus.sites) {
        progress.warn(&warning);
    }
    rules.rest();
    let judge = Judge { rules: &rules, config: &job.config, earlier: &earlier };
    let found = find(&mut survey.corpus, judge, job, progress, &mut clock)?;
    drop(rules);
    let Findings { documents, mut paragraphs, families } = found;
    progress.stage("deciding", None);
    let verdicts = verdicts::decide(&survey.corpus, &documents, &mut paragraphs, &job.config)?;
    clock.stage("decide");

    progress.stage("writing", None);
    let names = Names { corpus: &survey.corpus, sources: &sources.list, by_doc: survey.repeated_ids > 0 };
    let (tables, (roles, edits)) = rayon::join(
        || Tables::new(&survey.corpus, &verdicts),
        || (Roles::new(&verdicts), edits(&survey, &verdicts, &names, job)),
    );
    let (tables, edits) = (tables?, edits?);
    let emptied = edits.iter().filter(|edit| edit.emptied).count() as u64;
    let mut summary = Summary::new(job, &sources.list, first_reference, &survey, &verdicts, &tables)?;
    summary.matching(&documents, paragraphs.counts, emptied);
    clock.stage("sum up");
    let (logged, drawn) = rayon::join(
        || {
            let logs = Logs::new(&folder, names);
            logs.documents(&verdicts)?;
            logs.clusters(&verdicts, &roles)?;
            if job.pairs == Pairs::All {
                logs.matches(&documents)?;
            }
            if job.rewrite != Rewrite::Nothing {
                logs.removed(&verdicts)?;
                logs.families(&families)?;
            }
            logs.sites_table(&tables)
        },
        || {
            let mut findings = Live::new(names, &verdicts, &tables, &roles, &summary)?;
            report::write(&mut findings, &folder.join(report::FILE))
        },
    );
    logged.and(drawn)?;
    clock.stage("write logs and report");
    if matches!(job.rewrite, Rewrite::Clean | Rewrite::Annotated) {
        let marking = Marking { names: &names, verdicts: &verdicts };
        summary.documents.unmarked =
            rewrite(job, &folder, &sources.list[..first_reference], &survey, &edits, marking, progress)?;
        clock.stage("rewrite");
    }
    summary.finish(clock.stages);
    summary.write(&folder.join("run.json"))?;
    output.commit()?;
    Ok((summary, (survey, verdicts, documents, paragraphs, families, edits, tables)))
}

/// All sources: those to be cleaned, then those to be compared with.
fn sources(job: &Job) -> Result<(Sources, usize)> {
    let takes_pipe = |given: &[String]| given.iter().any(|input| input == "-");
    if takes_pipe(&job.inputs) && takes_pipe(&job.against) {
        let problem = "standard input, `-`, is an input: it cannot be the reference too";
        return Err(Error::setting("--against", problem));
    }
    let mut sources = discover(&job.inputs, &job.config.input, Some(&job.output))?;
    if job.config.removal.html == Html::Marked {
        sources.keep_names();
    }
    let first_reference = sources.list.len();
    if !job.against.is_empty() {
        let mut reference = discover(&job.against, &job.config.input, Some(&job.output))?;
        // Else each of its records would be a copy of itself.
        let left_out = reference.leave_out(&sources.list);
        if reference.list.is_empty() {
            let problem = "names nothing but inputs: a file is either cleaned or compared with";
            return Err(Error::setting("--against", problem));
        }
        if !left_out.is_empty() {
            let named: Vec<String> = left_out.iter().map(|given| format!("`{given}`")).collect();
            reference.warnings.push(format!("no reference, because they are inputs: {}", examples(&named)));
        }
        sources.append(reference);
    }
    Ok((sources, first_reference))
}

/// Numbers of the sources that are protected; each path must name some of the inputs.
fn protected(job: &Job, inputs_given: &[Source]) -> Result<Set<u32>> {
    let mut numbers = Set::default();
    if job.protect.is_empty() {
        return Ok(numbers);
    }
    let same = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let inputs: Map<PathBuf, u32> =
        inputs_given.iter().map(|input| (same(&input.path), input.index)).collect();
    for given in &job.protect {
        // Standard input was read already.
        if given == "-"
            && let Some(pipe) = inputs_given.iter().find(|input| input.given == "-")
        {
            numbers.insert(pipe.index);
            continue;
        }
        let named = discover(std::slice::from_ref(given), &job.config.input, Some(&job.output))?;
        for source in &named.list {
            let number = inputs.get(&same(&source.path)).ok_or_else(|| {
                let problem = format!("`{}` is not among the inputs: give it as INPUT too", source.given);
                Error::setting("--protect", &problem)
            })?;
            numbers.insert(*number);
        }
    }
    Ok(numbers)
}

/// Where records could not be read and no other was there, a run has nothing to say.
fn something_was_read(survey: &Survey, inputs: &[Source]) -> Result<()> {
    let read = survey.corpus.documents.iter().any(|document| !document.is_reference());
    let first =
        survey.first_skipped.as_ref().filter(|(origin, _)| !read && (origin.input as usize) < inputs.len());
    let Some((origin, reason)) = first else { return Ok(()) };
    let others = match survey.skipped {
        1 => "there is no other record".to_owned(),
        count => format!("nor can any other of {count} records"),
    };
    Err(Error::Input {
        input: inputs[origin.input as usize].given.clone(),
        problem: format!("record {} cannot be read: {reason}; {others}", origin.record),
    })
}

/// What to say of a model that knows none of the sites.
fn unknown_sites(earlier: &BTreeMap<String, Earlier>, sites: &[String]) -> Option<String> {
    let known = earlier.keys().next()?;
    if sites.iter().any(|site| earlier.contains_key(site)) {
        return None;
    }
    let own = sites.first().map_or("none".to_owned(), |site| format!("`{site}`"));
    Some(format!(
        "the model knows none of the sites of the input: it has `{known}`, the input {own}; sites are known by name"
    ))
}

/// What was found.
struct Findings {
    documents: DocumentMatches,
    paragraphs: ParagraphMatches,
    /// What the chrome of each site has in common.
    families: Vec<Vec<Family>>,
}

/// Labels, documents, labels again, paragraphs.
///
/// The first labels count every page; the documents that match under them are copies of one body, and bodies are what
/// the second labels count, so that copies of an article never look like a site's chrome. Two rounds, never more.
fn find(
    corpus: &mut Corpus,
    judge: Judge<'_>,
    job: &Job,
    progress: &dyn Progress,
    clock: &mut Clock,
) -> Result<Findings> {
    progress.stage("labelling chrome", None);
    let logged = job.rewrite != Rewrite::Nothing && removes_chrome(&job.config.removal);
    let describe = if logged { Describe::Families } else { Describe::Nothing };
    let round = label::first(corpus, judge, describe)?;
    clock.stage("label");
    progress.stage("matching documents", None);
    let mut finder = Finder::new(corpus, &job.config)?;
    let found = finder.find(corpus, &job.config, job.pairs)?;
    clock.stage("documents");
    let Again { changed, families } = label::again(corpus, round, &found, judge, describe)?;
    clock.stage("label");
    // The labels stand: paragraphs need nothing of the documents, and what one search does alone the other fills up.
    let documents = || -> Result<(DocumentMatches, Instant)> {
        let mut found = found;
        if !changed.is_empty() {
            finder.update(corpus, &job.config, &changed)?;
            found = finder.find(corpus, &job.config, job.pairs)?;
        }
        drop(finder);
        found.look_closer(corpus, &job.config)?;
        Ok((found, Instant::now()))
    };
    progress.stage("matching documents and paragraphs", None);
    let (found, pieces) = rayon::join(documents, || paragraphs::find(corpus, &job.config));
    let ((found, finished), mut pieces) = (found?, pieces?);
    clock.stage_until("documents", finished);
    clock.stage("paragraphs");
    if label::by_alignment(corpus, &pieces, judge.rules)? {
        // The first find goes before there is a second.
        drop(std::mem::take(&mut pieces));
        pieces = paragraphs::find(corpus, &job.config)?;
        clock.stage("paragraphs");
    }
    Ok(Findings { documents: found, paragraphs: pieces, families })
}

/// The field that `--annotate` adds.
const ANNOTATION: &str = "dechaff";
/// The field that `--link` adds to the records of dropped documents.
const LINK: &str = "dup_of";

/// What becomes of one document's record.
#[derive(Debug, Default)]
struct DocumentEdit {
    edit: Edit,
    emptied: bool,
}

fn edits(survey: &Survey, verdicts: &Verdicts, names: &Names<'_>, job: &Job) -> Result<Vec<DocumentEdit>> {
    let corpus = &survey.corpus;
    let mut edits: Vec<DocumentEdit> = Vec::new();
    edits.resize_with(corpus.documents.len(), DocumentEdit::default);
    let groups: Vec<&[Removal]> =
        verdicts.removals.chunk_by(|a, b| a.unit.document == b.unit.document).collect();
    let made: Vec<DocumentEdit> =
        groups.par_iter().map(|group| edit(survey, verdicts, names, job, group)).collect::<Result<_>>()?;
    for (group, edit) in groups.iter().zip(made) {
        edits[group[0].unit.document as usize] = edit;
    }
    if job.rewrite == Rewrite::Annotated {
        for document in corpus.ids() {
            edits[document as usize].edit = Edit::Change {
                cut: Vec::new(),
                add: vec![(ANNOTATION.into(), super::annotate::field(corpus, verdicts, names, document))],
            };
        }
    }
    Ok(edits)
}

/// What all removals of a document make of its record.
fn edit(
    survey: &Survey,
    verdicts: &Verdicts,
    names: &Names<'_>,
    job: &Job,
    removals: &[Removal],
) -> Result<DocumentEdit> {
    let document = removals[0].unit.document;
    if verdicts.dropped[document as usize] {
        let edit = gone(survey, verdicts, names, document, job.config.removal.copies)?;
        return Ok(DocumentEdit { edit, emptied: false });
    }
    let mut cut: Vec<Span> = removals.iter().flat_map(|removal| removal.cut.iter().copied()).collect();
    cut.sort_unstable();
    merge(&mut cut);
    let (text, sheet) = (survey.corpus.spool.text(document)?, survey.corpus.spool.layout(document)?);
    take_blank_lines(sheet.layout(), &mut cut);
    let left = cut.iter().fold((0, false), |(at, visible), span| {
        (span.end, visible || !is_blank(&text[at as usize..span.start as usize]))
    });
    let emptied = !left.1 && is_blank(&text[left.0 as usize..]);
    if emptied {
        cut = vec![Span::new(0, sheet.layout().bytes())];
    }
    cut.retain(|span| !span.is_empty());
    Ok(DocumentEdit { edit: Edit::Change { cut, add: Vec::new() }, emptied })
}

/// What is left of a document that goes.
fn gone(
    survey: &Survey,
    verdicts: &Verdicts,
    names: &Names<'_>,
    document: u32,
    copies: Copies,
) -> Result<Edit> {
    let corpus = &survey.corpus;
    let source = &names.sources[corpus.documents[document as usize].origin.input as usize];
    let kept = verdicts.cluster_of[document as usize].map(|cluster| &verdicts.clusters[cluster].kept);
    match (copies, kept) {
        (Copies::Link, Some(kept)) if !source.format.is_page() => {
            let text = corpus.spool.text_bytes(document);
            let cut = if text == 0 { Vec::new() } else { vec![Span::new(0, text)] };
            let add = vec![(LINK.into(), names.of(Level::Document, kept).into_owned())];
            let Some(own) = survey.targets.get(&document) else { return Ok(Edit::Change { cut, add }) };
            let kept = kept.document;
            // What is referred to must be there: a record that is written anew has another payload.
            let is_whole = |target: &Target| {
                let is_cut = verdicts.removals.binary_search_by_key(&kept, |removal| removal.unit.document);
                corpus.documents[kept as usize].is_reference() || is_cut.is_err() && !target.is_converted
            };
            let to = survey.targets.get(&kept).map(|target| Revisit {
                is_identical: target.payload == own.payload && is_whole(target),
                refers_to: Some(plain(&corpus.documents[kept as usize].id).into_owned()),
                uri: target.uri.clone(),
                date: target.date.clone(),
            });
            Ok(Edit::Revisit { to: Box::new(to.unwrap_or_default()), cut, add })
        }
        _ => Ok(Edit::Drop),
    }
}

/// Where all lines of a paragraph go, whatever each of them goes for, the blank lines after it go, too.
fn take_blank_lines(sheet: Layout<'_>, cut: &mut Vec<Span>) {
    let mut at = 0;
    for paragraph in sheet.paragraphs() {
        let (first, mut next) = (sheet.start_of(paragraph.start), paragraph.end);
        let end = sheet.start_of(next);
        while at < cut.len() && cut[at].end < end {
            at += 1;
        }
        let Some(span) = cut.get_mut(at) else { break };
        if span.start <= first && (next as usize) < sheet.count() {
            while (next as usize) < sheet.count() && sheet.is_blank(next) {
                next += 1;
            }
            span.end = span.end.max(sheet.start_of(next));
        }
    }
    // One that was made longer may now touch the next.
    merge(cut);
}

/// Makes one of sorted spans that overlap or touch.
fn merge(spans: &mut Vec<Span>) {
    spans.dedup_by(|next, last| {
        let together = next.start <= last.end;
        if together {
            last.end = last.end.max(next.end);
        }
        together
    });
}

fn is_blank(text: &str) -> bool {
    crate::text::segment::is_blank(text)
}

fn rewrite(
    job: &Job,
    folder: &Path,
    sources: &[Source],
    survey: &Survey,
    edits: &[DocumentEdit],
    marking: Marking<'_>,
    progress: &dyn Progress,
) -> Result<u64> {
    progress.stage("rewriting", Some(sources.iter().map(|source| source.size).sum()));
    let mut fields = Fields::new(&job.config.input);
    if let Keep::Field { name, .. } = &job.config.removal.keep {
        fields = fields.with_rank(name);
    }
    let columns: &[&str] = match (job.rewrite, job.config.removal.copies) {
        (Rewrite::Annotated, _) => &[ANNOTATION],
        (_, Copies::Link) => &[LINK],
        _ => &[],
    };
    let rewriter =
        Rewriter { folder, fields: &fields, limits: Limits::new(&job.config.input), columns, progress };
    let documents = &survey.corpus.documents;
    let mut patches = PatchStore::create(&folder.join(PATCHES))?;
    let mut unmarked = 0;
    // A few sources at a time, so that the patches of a corpus of many files never all wait in memory.
    for group in sources.chunks(64) {
        let written: Vec<_> = group
            .par_iter()
            .map(|source| {
                let mut next = documents.partition_point(|document| document.origin.input < source.index);
                rewriter.rewrite(source, &survey.contents[source.index as usize], |record| {
                    let known = documents.get(next).map(|document| document.origin);
                    if known.is_none_or(|known| (known.input, known.record) != (source.index, record)) {
                        return Err(Error::Input {
                            input: source.given.clone(),
                            problem: format!(
                                "record {record} was not there in the first pass: the file changed"
                            ),
                        });
                    }
                    next += 1;
                    let edit = edits[next - 1].edit.clone();
                    Ok(match job.config.removal.html {
                        Html::Text => edit,
                        Html::Marked => marking.marked(edit, next as u32 - 1),
                    })
                })
            })
            .collect::<Result<_>>()?;
        for rewritten in written {
            unmarked += rewritten.unmarked;
            patches.append(rewritten.patch)?;
        }
    }
    patches.finish()?;
    if unmarked > 0 {
        progress.warn(&format!(
            "{unmarked} removals are not, or not wholly, marked in the HTML: `removed.jsonl` has their text"
        ));
    }
    Ok(unmarked)
}

/// What marks are made of.
#[derive(Clone, Copy)]
struct Marking<'a> {
    names: &'a Names<'a>,
    verdicts: &'a Verdicts,
}

impl Marking<'_> {
    /// The edit of a record whose HTML, if it has any, is marked.
    fn marked(self, edit: Edit, document: u32) -> Edit {
        let (cut, add) = match edit {
            Edit::Keep => (Vec::new(), Vec::new()),
            Edit::Change { cut, add } => (cut, add),
            other => return other,
        };
        Edit::Marked { cut, marks: marks::of(self.verdicts, self.names, document), add }
    }
}

/// Wall time of the stages.
struct Clock {
    last: Instant,
    stages: Vec<Stage>,
}

impl Clock {
    fn new() -> Self {
        Self { last: Instant::now(), stages: Vec::new() }
    }

    fn stage(&mut self, name: &'static str) {
        self.stage_until(name, Instant::now());
    }

    /// Counts the time from the last stage's end until then.
    fn stage_until(&mut self, name: &'static str, now: Instant) {
        let seconds = (now - self.last).as_secs_f64();
        match self.stages.iter_mut().find(|stage| stage.name == name) {
            Some(stage) => stage.seconds += seconds,
            None => self.stages.push(Stage { name, seconds }),
        }
        self.last = now;
    }
}
