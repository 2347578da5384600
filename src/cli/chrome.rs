//! `dechaff chrome learn`, `apply` and `show`.

use std::path::Path;

use dechaff::Error;
use dechaff::chrome::{ChromeModel, Family};
use dechaff::config::Only;
use dechaff::output::Overwrite;
use dechaff::pipeline::learn::{LearnJob, learn as learn_job};
use serde::Serialize;

use super::args::{ApplyArgs, ChromeCommand, LearnArgs, OnlyArg, ShowArgs};
use super::exit::Exit;
use super::failure::{self, Failure};
use super::printer::{self, Printer};
use super::progress::Bar;
use super::size::{count, counted};
use super::style::{self, Style};
use super::{run, settings, visible};

pub(crate) fn chrome(command: ChromeCommand) -> Result<Exit, Failure> {
    match command {
        ChromeCommand::Learn(args) => learn(*args),
        ChromeCommand::Apply(args) => apply(*args),
        ChromeCommand::Show(args) => show(&args),
    }
}

/// Learns the chrome of sites.
fn learn(args: LearnArgs) -> Result<Exit, Failure> {
    let job = LearnJob {
        config: settings::reading(args.reading)?,
        inputs: args.inputs,
        output: args.output,
        overwrite: if args.force { Overwrite::Force } else { Overwrite::Refuse },
        memory: run::memory(&args.work),
        rules: run::rules(&args.work)?,
    };
    run::threads(args.work.threads)?;
    let printer = Printer::new(Some(args.messages));
    let bar = Bar::new(printer);
    let outcome = learn_job(&job, &bar);
    bar.finish();
    let learned = outcome.map_err(|error| {
        let replaceable = !args.force && job.output.is_file() && read(&job.output).is_ok();
        run::told(error, &args.work, replaceable)
    })?;
    let model = &learned.model;
    let families: u64 = model.sites.iter().map(|site| site.families.len() as u64).sum();
    let mut text = format!(
        "learned {} of {} from {}, to {}\n",
        families_of(families),
        counted(model.sites.len() as u64, "site"),
        counted(learned.documents, "document"),
        visible::line(&job.output.to_string_lossy())
    );
    let silent = learned.sites - model.sites.len() as u64;
    if silent > 0 {
        let sites = counted(silent, "site");
        text += &format!("{sites} left out: too few pages, or nothing but copies of one\n");
    }
    if learned.without_site > 0 {
        let documents = counted(learned.without_site, "document");
        text += &format!("{documents} of unknown site left out: name the site's field with `--site-field`\n");
    }
    if learned.skipped > 0 {
        text += &format!("{} left out that could not be read\n", counted(learned.skipped, "record"));
    }
    printer.say(&text);
    Ok(Exit::Done)
}

/// Strips chrome by what a model knows.
fn apply(args: ApplyArgs) -> Result<Exit, Failure> {
    let model = read(&args.model)?;
    let config =
        settings::config(args.settings, Some(OnlyArg { only: Some(Only::Chrome) }), Some(args.html))?;
    run::run(&args.run, run::rewrite(args.instead), config, Some(model))
}

/// Shows what a model knows.
fn show(args: &ShowArgs) -> Result<Exit, Failure> {
    let model = read(&args.model)?;
    let text = if args.json { json(&model)? } else { text(&model, style::stdout()) };
    printer::data(&text)?;
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<ChromeModel, Failure> {
    ChromeModel::from_json(&failure::read("MODEL", path)?).map_err(|error| in_model(path, error))
}

fn in_model(path: &Path, error: Error) -> Failure {
    match error {
        Error::Setting { problem, .. } => failure::in_file(path, None, &problem),
        other => other.into(),
    }
}

/// `1 family`, `2 families`.
fn families_of(number: u64) -> String {
    if number == 1 { "1 family".into() } else { format!("{} families", count(number)) }
}

fn text(model: &ChromeModel, style: Style) -> String {
    let mut text = String::new();
    for site in &model.sites {
        let families = families_of(site.families.len() as u64);
        let name = visible::line(&site.site);
        let pages = counted(u64::from(site.pages), "page");
        text += &format!("{}: {pages}, {families}\n", style.bold(&name));
        for family in &site.families {
            let share = format!("{:.0} %", 100.0 * family.share);
            let template = visible::line(&family.template);
            text += &format!(
                "{:>12} {share:>6}  at {:.2}  {template}\n",
                counted(u64::from(family.pages), "page"),
                family.position
            );
            let mut more = family.family.clone();
            if !family.slots.is_empty() {
                more += &format!(", such as {}", visible::line(&family.example));
            }
            text += &format!("{:30}{}\n", "", style.dim(&more));
        }
    }
    text
}

/// What `--json` prints: the model without the counts that only the program reads.
#[derive(Serialize)]
struct Shown<'a> {
    format: u32,
    fold: u32,
    sites: Vec<ShownSite<'a>>,
}

#[derive(Serialize)]
struct ShownSite<'a> {
    site: &'a str,
    pages: u32,
    families: &'a [Family],
}

fn json(model: &ChromeModel) -> Result<String, Failure> {
    let sites = model
        .sites
        .iter()
        .map(|site| ShownSite { site: &site.site, pages: site.pages, families: &site.families })
        .collect();
    serde_json::to_string_pretty(&Shown { format: model.format, fold: model.fold, sites })
        .map(|text| text + "\n")
        .map_err(|error| Failure::new(format!("the model cannot be printed: {error}")))
}
