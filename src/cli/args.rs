//! What can be typed. Parsing yields only that: [`settings`](super::settings) makes a configuration of it.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use dechaff::config::{Format, Html, Keep, Level, Only, size};

/// Finds near-duplicate text and site chrome in scraped pages, reports the clone clusters, and writes the corpus
/// again without them.
#[derive(Debug, Parser)]
#[command(name = "dechaff", version, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Strip chrome, drop copies, write the corpus again
    #[command(after_help = EXIT_STATUS)]
    Clean(CleanArgs),
    /// Find the same and report it, with nothing rewritten
    #[command(after_help = EXIT_STATUS)]
    Clusters(ClustersArgs),
    /// Tell why something was removed or kept, or how two texts compare
    #[command(after_help = UNITS)]
    Explain(ExplainArgs),
    /// Write the originals again, from a cleaned run
    Restore(RestoreArgs),
    /// Draw report.html again, from the files of a run
    #[command(after_help = REPORT)]
    Report(ReportArgs),
    /// Learn the chrome of sites on one crawl, apply it to the next
    #[command(subcommand, disable_help_subcommand = true)]
    Chrome(ChromeCommand),
    /// Print the effective configuration, as TOML that `--config` reads
    Config(ConfigArgs),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Of this command instead of the whole program
        command: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChromeCommand {
    /// Learn what the pages of each site have in common, and write it to a file
    Learn(Box<LearnArgs>),
    /// Strip chrome as `clean --only chrome` does, by what a model knows and by the new pages themselves
    #[command(after_help = EXIT_STATUS)]
    Apply(Box<ApplyArgs>),
    /// Show what a model knows of each site
    Show(ShowArgs),
}

const EXIT_STATUS: &str = "\
Exit status: 0 done, 1 done and complete but `--check` found copies or chrome or `--strict` met a bad record, \
2 it could not run.";

const REPORT: &str = "\
Every run writes report.html. It is drawn again from members.csv, sites.csv, removed.jsonl and run.json, and for the \
texts from the run's inputs, by their paths as the run was given them; where these are gone or were changed, the page \
says so and shows what the logs hold.";

const UNITS: &str = "\
A UNIT is an id as in documents.jsonl, or a `doc` such as 0:12; with @LINE behind it one line of the text (from 1), \
with @BYTE-BYTE some bytes of it (half-open). The logs are read from front to back, and for their text the inputs of \
the documents that are asked for, by their paths as the run was given them.";

#[derive(Debug, Args)]
pub(crate) struct CleanArgs {
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    #[command(flatten)]
    pub(crate) only: OnlyArg,
    #[command(flatten)]
    pub(crate) html: HtmlArg,
    /// Leave the record of a document that is dropped: its text empty, and a field `dup_of` that names the document
    /// that stays; a response in WARC becomes a `revisit`; a text file is dropped all the same
    #[arg(long, help_heading = REMOVAL, conflicts_with_all = ["annotate", "dry_run"])]
    pub(crate) link: bool,
    #[command(flatten)]
    pub(crate) instead: InsteadArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// What is done instead of removing.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct InsteadArgs {
    /// Remove nothing: write each record whole, with its verdicts as a further field, or column, `dechaff`
    #[arg(long, help_heading = REMOVAL, conflicts_with = "dry_run")]
    pub(crate) annotate: bool,
    /// Remove nothing: write only the logs, with what would be removed
    #[arg(long, help_heading = REMOVAL)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ClustersArgs {
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LearnArgs {
    /// Files, folders (all files below them), patterns, or `-` for standard input: pages of sites that are known, a
    /// dozen of each or more
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) inputs: Vec<String>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// File for the model; it appears when it is complete
    #[arg(short, long, value_name = "MODEL", help_heading = RESULTS)]
    pub(crate) output: PathBuf,
    /// Replace MODEL if it is a model
    #[arg(long, help_heading = RESULTS)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// File that `dechaff chrome learn` wrote
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    #[command(flatten)]
    pub(crate) html: HtmlArg,
    #[command(flatten)]
    pub(crate) instead: InsteadArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// File that `dechaff chrome learn` wrote
    pub(crate) model: PathBuf,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    #[command(flatten)]
    pub(crate) only: OnlyArg,
    #[command(flatten)]
    pub(crate) html: HtmlArg,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Folder of a finished run
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// A document, a line of one, or some bytes of one
    pub(crate) unit: String,
    /// Another, to be compared with the first
    pub(crate) unit2: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// Folder of a cleaned run; its `clean/` and `restore.bin.zst` are read, its logs are not
    #[arg(value_name = "DIR")]
    pub(crate) run: PathBuf,
    /// Folder for the originals; must not exist or be empty
    #[arg(short, long, value_name = "DIR2")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Folder of a finished run
    #[arg(value_name = "DIR")]
    pub(crate) run: PathBuf,
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
}

const READING: &str = "Reading";
const FINDING: &str = "What counts as a copy";
const REMOVAL: &str = "What is removed";
const RESULTS: &str = "Results";
const MESSAGES: &str = "Messages";

/// What a run is given besides its settings.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Files, folders (all files below them), patterns, `@LIST` for a file that names them one a line (relative to
    /// the working directory), or `-` for standard input (copied to a temporary file, because a run reads twice)
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) inputs: Vec<String>,
    /// Folder for the results; it appears when they are complete
    #[arg(short, long, value_name = "DIR", help_heading = RESULTS)]
    pub(crate) output: PathBuf,
    /// Replace DIR if an earlier run made it and nothing else is in it
    #[arg(long, help_heading = RESULTS)]
    pub(crate) force: bool,
    /// Also write matches.jsonl: every verified pair of documents; in large clusters they are many
    #[arg(long, help_heading = RESULTS)]
    pub(crate) pairs: bool,
    /// Exit with 1 if anything removable was found
    #[arg(long, help_heading = RESULTS)]
    pub(crate) check: bool,
    /// Exit with 1 if a record could not be read
    #[arg(long, help_heading = RESULTS)]
    pub(crate) strict: bool,
    /// Compare with these files, folders or patterns too, whose copies win and which are never rewritten; they are
    /// read and kept in memory like inputs. Give INPUT first: this takes all paths up to the next flag
    #[arg(long, value_name = "PATH", num_args = 1.., help_heading = READING)]
    pub(crate) against: Vec<String>,
    /// Inputs from which nothing is removed: files, folders or patterns among INPUT; they are written again as they
    /// are, and their copies win. Give INPUT first: this takes all paths up to the next flag
    #[arg(long, value_name = "PATH", num_args = 1.., help_heading = REMOVAL)]
    pub(crate) protect: Vec<String>,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
    /// Also tell the time of each stage, all sites, and the buckets that were capped
    #[arg(short, long, help_heading = MESSAGES, conflicts_with_all = ["quiet", "json"])]
    pub(crate) verbose: bool,
    /// Print the summary as JSON (the content of run.json) on standard output
    #[arg(long, help_heading = MESSAGES)]
    pub(crate) json: bool,
}

/// What every command that reads a corpus takes.
#[derive(Debug, Args)]
pub(crate) struct WorkArgs {
    /// Chrome rules of your own (TOML), besides those built in
    #[arg(long, value_name = "FILE", help_heading = REMOVAL)]
    pub(crate) rules: Option<PathBuf>,
    /// Text and units kept in memory, such as 512M or 2GiB; the rest goes to a temporary file, which costs time at
    /// each use
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = READING)]
    pub(crate) memory: Option<u64>,
    /// Threads; each holds two blocks of 2 MiB besides `--memory` [default: one for each processor]
    #[arg(short = 'j', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = READING)]
    pub(crate) threads: Option<u16>,
}

/// How much is said.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct MessageArgs {
    /// Say nothing but errors
    #[arg(short, long, help_heading = MESSAGES)]
    pub(crate) quiet: bool,
    /// Draw no progress bar; there is none anyway where standard error is no terminal
    #[arg(long, help_heading = MESSAGES)]
    pub(crate) no_progress: bool,
}

/// Flags that overwrite how records are read.
#[derive(Debug, Default, Args)]
pub(crate) struct ReadingArgs {
    /// Read settings from this file (TOML, as `dechaff config` prints it); flags overwrite them
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Format of every input; `auto` looks at the content
    #[arg(long, value_parser = format(), help_heading = READING)]
    pub(crate) format: Option<Format>,
    /// Field, or column, that holds the text; `a.b` reaches into an object
    #[arg(long, value_name = "NAME", help_heading = READING)]
    pub(crate) text_field: Option<String>,
    /// Field that holds HTML: of records that have it, its text is read, and written to the text field [default: none]
    #[arg(long, value_name = "NAME", help_heading = READING)]
    pub(crate) html_field: Option<String>,
    /// Field that holds the id; without it a record is named by its path and number
    #[arg(long, value_name = "NAME", help_heading = READING)]
    pub(crate) id_field: Option<String>,
    /// Field that holds the page's URL, from which the site is taken
    #[arg(long, value_name = "NAME", help_heading = READING)]
    pub(crate) url_field: Option<String>,
    /// Field that names the site [default: none: the URL's registrable domain, or the folder of a text or HTML file]
    #[arg(long, value_name = "NAME", help_heading = READING)]
    pub(crate) site_field: Option<String>,
    /// Field that holds the page's date, for `first_seen` [default: that of `--keep field:NAME`, where it holds dates]
    #[arg(long, value_name = "NAME", help_heading = READING)]
    pub(crate) date_field: Option<String>,
    /// Largest record, decompressed; a larger one is skipped and named. A record that is read takes some six times its
    /// size in memory
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = READING)]
    pub(crate) max_record: Option<u64>,
}

/// Flags that overwrite the configuration, one for one. Their defaults are added to the help by
/// [`settings`](super::settings).
#[derive(Debug, Default, Args)]
pub(crate) struct SettingArgs {
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Least Jaccard of two texts that are reported as copies; short texts need more
    #[arg(long, value_name = "J", allow_negative_numbers = true, value_parser = super::settings::number, help_heading = FINDING)]
    pub(crate) threshold: Option<f64>,
    /// Least share of the shorter text that stands in the longer one, for the two to be reported
    #[arg(long, value_name = "C", allow_negative_numbers = true, value_parser = super::settings::number, help_heading = FINDING)]
    pub(crate) containment: Option<f64>,
    /// Words or Chinese characters below which a text matches only if it is equal
    #[arg(long, value_name = "N", help_heading = FINDING)]
    pub(crate) min_units: Option<u32>,
    /// Seed of the signatures
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64), help_heading = FINDING)]
    pub(crate) seed: Option<u64>,
    /// Levels at which copies are removed: `document`, `block` (paragraphs in a row), `paragraph`
    #[arg(long, value_name = "LEVEL,…", value_parser = level(), value_delimiter = ',', help_heading = REMOVAL)]
    pub(crate) level: Option<Vec<Level>>,
    /// Which copy stays: `most-complete`, `first`, `longest`, `none` (all stay), or by a field's value
    /// `field:NAME` (least) or `field:NAME:desc` (greatest)
    #[arg(long, value_name = "WHICH", value_parser = clap::value_parser!(Keep), help_heading = REMOVAL)]
    pub(crate) keep: Option<Keep>,
    /// Least share of a copy that the kept one must cover for the copy to be removed
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = super::settings::number, help_heading = REMOVAL)]
    pub(crate) remove_coverage: Option<f64>,
}

#[derive(Debug, Args)]
pub(crate) struct OnlyArg {
    /// Remove only chrome, or only copies [default: both]
    #[arg(long, value_name = "WHAT", value_parser = only(), help_heading = REMOVAL)]
    pub(crate) only: Option<Only>,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct HtmlArg {
    /// What is written of HTML: `text` without what is removed, or the HTML itself, whole, with what is removed
    /// `marked` in it
    #[arg(long, value_name = "WHAT", value_parser = html(), help_heading = REMOVAL)]
    pub(crate) html: Option<Html>,
}

fn html() -> impl TypedValueParser<Value = Html> {
    PossibleValuesParser::new(["text", "marked"]).map(|word| match word.as_str() {
        "marked" => Html::Marked,
        _ => Html::Text,
    })
}

fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(["auto", "txt", "html", "jsonl", "csv", "parquet", "warc"]).map(|word| {
        match word.as_str() {
            "txt" => Format::Txt,
            "html" => Format::Html,
            "jsonl" => Format::Jsonl,
            "csv" => Format::Csv,
            "warc" => Format::Warc,
            "parquet" => Format::Parquet,
            _ => Format::Auto,
        }
    })
}

fn level() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(["document", "block", "paragraph"]).map(|word| match word.as_str() {
        "document" => Level::Document,
        "block" => Level::Block,
        _ => Level::Paragraph,
    })
}

fn only() -> impl TypedValueParser<Value = Only> {
    PossibleValuesParser::new(["chrome", "duplicates"]).map(|word| match word.as_str() {
        "chrome" => Only::Chrome,
        _ => Only::Duplicates,
    })
}
