//! The commands: each builds what the library wants, calls it, and says what came of it.
//!
//! Standard output is data only; messages and the progress bar go to standard error. Text of pages is printed with
//! control characters escaped.

mod args;
mod chrome;
mod configuration;
mod exit;
mod explain;
mod failure;
mod manual;
mod printer;
mod progress;
mod report;
mod restore;
mod run;
mod settings;
mod size;
mod style;
mod summary;

use clap::FromArgMatches;
use clap::error::ErrorKind;
use dechaff::text::visible;

use args::{Cli, Command};
use exit::Exit;
use failure::Failure;
use printer::Printer;

/// Does what the command line asks for.
pub(crate) fn main() -> Exit {
    let parsed =
        settings::command().try_get_matches().and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches));
    let outcome = match parsed {
        Ok(cli) => dispatch(cli.command),
        Err(answer) => usage(&answer),
    };
    match outcome {
        Ok(exit) => exit,
        // Whoever reads has seen enough.
        Err(Failure::Closed) => Exit::Done,
        Err(Failure::Message(message)) => {
            Printer::new(None).error(&message);
            Exit::Failed
        }
    }
}

fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Clean(args) => run::clean(args),
        Command::Clusters(args) => run::clusters(args),
        Command::Report(args) => report::report(&args),
        Command::Restore(args) => restore::restore(&args),
        Command::Chrome(command) => chrome::chrome(command),
        Command::Config(args) => configuration::print(args),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { command } => manual::page(command.as_deref()),
        Command::Explain(args) => explain::explain(&args),
    }
}

/// What clap answers itself: help and version on standard output, mistakes on standard error.
fn usage(answer: &clap::Error) -> Result<Exit, Failure> {
    let text = answer.render();
    if !answer.use_stderr() {
        let coloured = style::stdout() == style::Style::Coloured;
        printer::data(&if coloured { text.ansi().to_string() } else { text.to_string() })?;
        return Ok(Exit::Done);
    }
    let coloured = style::stderr() == style::Style::Coloured;
    let text =
        if coloured { text.ansi().to_string() } else { visible::lines(&text.to_string()).into_owned() };
    // Literals stand in backticks everywhere else, too.
    let given = || std::env::args_os().map(|arg| arg.to_string_lossy().into_owned());
    let quoted = given().any(|arg| arg.contains('\''));
    let mut text = if quoted { text } else { text.replace('\'', "`") };
    let swallowed =
        answer.kind() == ErrorKind::MissingRequiredArgument && given().any(|arg| arg == "--against");
    if swallowed {
        text += "hint: `--against` takes all paths up to the next flag: give INPUT before it\n";
    }
    printer::message(&text);
    Ok(Exit::Failed)
}
