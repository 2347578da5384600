//! Flags over the configuration file over the defaults → [`Config`].

use std::path::Path;

use clap::CommandFactory;
use dechaff::config::size;
use dechaff::{Config, Error};

use super::args::{Cli, HtmlArg, OnlyArg, ReadingArgs, SettingArgs};
use super::failure::{Failure, in_file, read};

/// Flags that have a default, and the key in the configuration that holds it.
const DEFAULTS: [(&str, &str); 13] = [
    ("format", "input.format"),
    ("text_field", "input.text_field"),
    ("id_field", "input.id_field"),
    ("url_field", "input.url_field"),
    ("max_record", "input.max_record"),
    ("threshold", "matching.threshold"),
    ("containment", "matching.containment"),
    ("min_units", "matching.min_units"),
    ("seed", "matching.seed"),
    ("level", "removal.level"),
    ("keep", "removal.keep"),
    ("remove_coverage", "removal.remove_coverage"),
    ("html", "removal.html"),
];

/// Bytes of text and units in memory where `--memory` is not given; no setting, as it changes no result.
pub(super) const MEMORY: u64 = 1 << 30;

/// The command with the defaults of [`Config::default`] in its help.
pub(super) fn command() -> clap::Command {
    let defaults = toml::Table::try_from(Config::default()).expect("the defaults are plain data");
    let value = |id: &str| -> Option<String> {
        if id == "memory" {
            return Some(size::shown(MEMORY));
        }
        let (_, key) = DEFAULTS.iter().find(|(flag, _)| *flag == id)?;
        let (section, key) = key.split_once('.')?;
        shown(defaults.get(section)?.get(key)?)
    };
    let with_default = |arg: clap::Arg| match (value(arg.get_id().as_str()), arg.get_help()) {
        (Some(value), Some(help)) => {
            let help = format!("{help} [default: {value}]");
            arg.help(help)
        }
        _ => arg,
    };
    Cli::command().mut_subcommands(|subcommand| {
        subcommand.mut_args(with_default).mut_subcommands(|inner| inner.mut_args(with_default))
    })
}

/// A default as it would be typed.
fn shown(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Array(items) => Some(items.iter().filter_map(shown).collect::<Vec<_>>().join(",")),
        other => Some(other.to_string()),
    }
}

/// The effective configuration, checked.
pub(super) fn config(
    flags: SettingArgs,
    only: Option<OnlyArg>,
    html: Option<HtmlArg>,
) -> Result<Config, Failure> {
    let mut config = reading(flags.reading)?;
    set(&mut config.matching.threshold, flags.threshold);
    set(&mut config.matching.containment, flags.containment);
    set(&mut config.matching.min_units, flags.min_units.map(|units| units as usize));
    set(&mut config.matching.seed, flags.seed);
    set(&mut config.removal.level, flags.level);
    set(&mut config.removal.keep, flags.keep);
    set(&mut config.removal.remove_coverage, flags.remove_coverage);
    set(&mut config.removal.only, only.and_then(|flag| flag.only));
    set(&mut config.removal.html, html.and_then(|flag| flag.html));
    config.validate()?;
    Ok(config)
}

/// The effective configuration of a command that only reads.
pub(super) fn reading(flags: ReadingArgs) -> Result<Config, Failure> {
    let mut config = match &flags.config {
        Some(path) => from_file(path)?,
        None => Config::default(),
    };
    set(&mut config.input.format, flags.format);
    set(&mut config.input.text_field, flags.text_field);
    set(&mut config.input.id_field, flags.id_field);
    set(&mut config.input.url_field, flags.url_field);
    set(&mut config.input.max_record, flags.max_record);
    if flags.html_field.is_some() {
        config.input.html_field = flags.html_field;
    }
    if flags.site_field.is_some() {
        config.input.site_field = flags.site_field;
    }
    if flags.date_field.is_some() {
        config.input.date_field = flags.date_field;
    }
    config.validate()?;
    Ok(config)
}

fn set<T>(setting: &mut T, flag: Option<T>) {
    if let Some(value) = flag {
        *setting = value;
    }
}

fn from_file(path: &Path) -> Result<Config, Failure> {
    let text = read("--config", path)?;
    let config: Config = toml::from_str(&text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        in_file(path, line, error.message())
    })?;
    // A setting is named as the file spells it.
    config.validate().map_err(|error| match error {
        Error::Setting { setting, problem } => {
            let id = setting.trim_start_matches("--").replace('-', "_");
            let key = DEFAULTS.iter().find(|(flag, _)| *flag == id).map_or(setting.as_str(), |(_, key)| key);
            in_file(path, None, &format!("`{key}`: {problem}"))
        }
        other => other.into(),
    })?;
    Ok(config)
}

/// A decimal number; its range is the configuration's business.
pub(super) fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "give a number above 0 and up to 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_sound() {
        command().debug_assert();
    }
}
