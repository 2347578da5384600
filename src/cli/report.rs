//! `dechaff report`.

use dechaff::pipeline::explain::Run;
use dechaff::report::{FILE, write};

use super::args::ReportArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::printer::Printer;
use super::visible;

/// Draws a run's page again.
pub(crate) fn report(args: &ReportArgs) -> Result<Exit, Failure> {
    let run = Run::open(&args.run)?;
    let path = args.run.join(FILE);
    write(&mut run.findings()?, &path)?;
    let shown = path.to_string_lossy();
    Printer::new(Some(args.messages)).say(&format!("drew {}\n", visible::line(&shown)));
    Ok(Exit::Done)
}
