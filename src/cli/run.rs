//! `dechaff clean` and `dechaff clusters`.

use std::num::NonZero;
use std::time::Instant;

use dechaff::chrome::ChromeModel;
use dechaff::config::Copies;
use dechaff::output::Overwrite;
use dechaff::pipeline::documents::Pairs;
use dechaff::pipeline::run::{Job, Rewrite, run_at_last};
use dechaff::pipeline::summary::Summary;
use dechaff::{Config, Error};

use super::args::{CleanArgs, ClustersArgs, InsteadArgs, RunArgs, WorkArgs};
use super::exit::Exit;
use super::failure::{self, Failure};
use super::printer::{self, Printer};
use super::progress::Bar;
use super::settings;
use super::size::count;
use super::summary::{self, Told};

/// Strips chrome, drops copies, writes the corpus again.
pub(crate) fn clean(args: CleanArgs) -> Result<Exit, Failure> {
    let mut config = settings::config(args.settings, Some(args.only), Some(args.html))?;
    if args.link {
        config.removal.copies = Copies::Link;
    }
    run(&args.run, rewrite(args.instead), config, None)
}

/// Finds the same, rewrites nothing.
pub(crate) fn clusters(args: ClustersArgs) -> Result<Exit, Failure> {
    run(&args.run, Rewrite::Nothing, settings::config(args.settings, None, None)?, None)
}

/// What is written.
pub(super) fn rewrite(instead: InsteadArgs) -> Rewrite {
    match (instead.annotate, instead.dry_run) {
        (true, _) => Rewrite::Annotated,
        (_, true) => Rewrite::Planned,
        _ => Rewrite::Clean,
    }
}

/// Runs the job that the flags describe, with a model of an earlier crawl where there is one.
pub(super) fn run(
    args: &RunArgs,
    rewrite: Rewrite,
    config: Config,
    model: Option<ChromeModel>,
) -> Result<Exit, Failure> {
    let job = Job {
        inputs: args.inputs.clone(),
        against: args.against.clone(),
        protect: args.protect.clone(),
        output: args.output.clone(),
        overwrite: if args.force { Overwrite::Force } else { Overwrite::Refuse },
        rewrite,
        pairs: if args.pairs { Pairs::All } else { Pairs::Skip },
        memory: memory(&args.work),
        rules: rules(&args.work)?,
        model,
        config,
    };
    threads(args.work.threads)?;
    let printer = Printer::new(Some(args.messages));
    let bar = Bar::new(printer);
    let start = Instant::now();
    let outcome = run_at_last(&job, &bar);
    bar.finish();
    let done = outcome.map_err(|error| {
        let replaceable = !args.force && args.output.join("run.json").is_file();
        told(error, &args.work, replaceable)
    })?;
    let repeated = done.documents.repeated_ids;
    if repeated > 0 {
        let ids = if repeated == 1 { "1 id stands" } else { &format!("{} ids stand", count(repeated)) };
        printer
            .warn(&format!("{ids} on more than one document: clusters are named by `doc`, which is unique"));
    }
    if args.json {
        printer::data(&json(&done)?)?;
    } else {
        let told = Told { folder: &args.output, elapsed: start.elapsed(), everything: args.verbose };
        printer.say(&summary::text(&done, &told, printer.style));
    }
    let found = args.check && !done.removed.is_empty();
    let bad = args.strict && done.documents.skipped > 0;
    Ok(if found || bad { Exit::Found } else { Exit::Done })
}

/// Why a run failed, with what only the command line knows; `replaceable`: what is in the way may be replaced.
pub(super) fn told(error: Error, work: &WorkArgs, replaceable: bool) -> Failure {
    match (error, &work.rules) {
        (Error::Setting { setting, problem }, Some(path)) if setting.starts_with("--rules") => {
            let rule = setting["--rules".len()..].trim_start_matches([':', ' ']);
            let problem = if rule.is_empty() { problem } else { format!("{rule}: {problem}") };
            failure::in_file(path, None, &problem)
        }
        (error @ Error::Output { .. }, _) => {
            let failure = Failure::from(error);
            if replaceable { failure.hint("`--force` replaces what an earlier run made") } else { failure }
        }
        (error, _) => error.into(),
    }
}

/// Bytes of text and units that are kept in memory.
pub(super) fn memory(work: &WorkArgs) -> usize {
    usize::try_from(work.memory.unwrap_or(settings::MEMORY)).unwrap_or(usize::MAX)
}

/// The text of the user's own rules.
pub(super) fn rules(work: &WorkArgs) -> Result<Option<String>, Failure> {
    work.rules.as_ref().map(|path| failure::read("--rules", path)).transpose()
}

fn json(summary: &Summary) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(summary);
    text.map(|text| text + "\n")
        .map_err(|error| Failure::new(format!("the summary cannot be written: {error}")))
}

/// Starts the threads: as many as asked for, else one for each processor.
pub(super) fn threads(asked: Option<u16>) -> Result<(), Failure> {
    let threads = match asked {
        Some(threads) => usize::from(threads),
        None => std::thread::available_parallelism().map_or(1, NonZero::get),
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|error| Failure::new(format!("`--threads`: {error}: give fewer")))
}
