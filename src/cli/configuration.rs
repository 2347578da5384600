//! `dechaff config`.

use super::args::ConfigArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::{printer, settings};

/// Prints the effective configuration.
pub(crate) fn print(args: ConfigArgs) -> Result<Exit, Failure> {
    let config = settings::config(args.settings, Some(args.only), Some(args.html))?;
    let text = toml::to_string(&config)
        .map_err(|error| Failure::new(format!("the configuration cannot be written as TOML: {error}")))?;
    printer::data(&text)?;
    Ok(Exit::Done)
}
