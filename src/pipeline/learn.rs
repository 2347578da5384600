//! A crawl in, what its sites' pages say of their chrome out: the file that `dechaff chrome apply` reads.

use std::path::PathBuf;

use super::documents::{Finder, Pairs};
use super::label::{self, Describe, Judge};
use super::survey::{self, Plan};
use crate::chrome::{ChromeModel, Rules};
use crate::config::Config;
use crate::error::Result;
use crate::hash::Set;
use crate::input::discover;
use crate::output::{OutputFile, Overwrite};
use crate::progress::Progress;

/// What is learned from, and where it goes.
#[derive(Clone, Debug)]
pub struct LearnJob {
    /// Files, folders, patterns, `-`.
    pub inputs: Vec<String>,
    /// The model's file.
    pub output: PathBuf,
    /// What may happen to a model that is there already.
    pub overwrite: Overwrite,
    /// Bytes of text and units kept in memory; the rest goes to a temporary file.
    pub memory: usize,
    /// Rules of the user's own, as TOML text.
    pub rules: Option<String>,
    /// Settings.
    pub config: Config,
}

/// What was learned.
#[derive(Debug)]
pub struct Learned {
    /// The model, as it stands in the file.
    pub model: ChromeModel,
    /// Documents that were read.
    pub documents: u64,
    /// Those whose site is not known: nothing is learned from them.
    pub without_site: u64,
    /// Sites that were seen, the model's among them.
    pub sites: u64,
    /// Records that could not be read.
    pub skipped: u64,
}

/// Records that could not be read and are named.
const NAMED: u64 = 3;

/// Learns what the chrome of each site is, copies counted once, and writes it to a file.
///
/// # Errors
/// A bad setting or input is found before anything is read; the file appears whole or not at all.
pub fn learn(job: &LearnJob, progress: &dyn Progress) -> Result<Learned> {
    job.config.validate()?;
    let rules = match &job.rules {
        Some(text) => Rules::with(text)?,
        None => Rules::built_in(),
    };
    let sources = discover(&job.inputs, &job.config.input, Some(&job.output))?;
    sources.warnings.iter().for_each(|warning| progress.warn(warning));
    let output = OutputFile::create(&job.output, job.overwrite, &ChromeModel::beginning())?;
    let protected = Set::default();
    let plan = Plan {
        sources: &sources.list,
        first_reference: sources.list.len(),
        protected: &protected,
        input: &job.config.input,
        removal: &job.config.removal,
        rules: &rules,
        memory: job.memory,
    };
    let mut skipped = 0;
    let mut survey = survey::survey(plan, progress, &mut |record| {
        skipped += 1;
        if skipped <= NAMED {
            let source = &sources.list[record.origin.input as usize];
            progress.warn(&format!(
                "`{}` record {} could not be read and is left out: {}",
                source.given, record.origin.record, record.reason
            ));
        }
        Ok(())
    })?;
    let none = Default::default();
    let judge = Judge { rules: &rules, config: &job.config, earlier: &none };
    let corpus = &mut survey.corpus;
    progress.stage("labelling chrome", None);
    label::first(corpus, judge, Describe::Nothing)?;
    progress.stage("matching documents", None);
    let found = Finder::new(corpus, &job.config)?.find(corpus, &job.config, Pairs::Skip)?;
    progress.stage("learning", None);
    let model = ChromeModel::new(label::learn(corpus, &found, judge)?);
    output.write(model.to_json().as_bytes())?;
    Ok(Learned {
        documents: corpus.documents.len() as u64,
        without_site: corpus.documents.iter().filter(|document| document.site.is_none()).count() as u64,
        sites: corpus.sites.len() as u64,
        skipped,
        model,
    })
}
