//! `dechaff completions` and `dechaff man`.

use dechaff::Error;

use super::exit::Exit;
use super::failure::Failure;
use super::{printer, settings};

/// Prints the completions for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut settings::command(), "dechaff", &mut script);
    printer::data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// Prints the manual page of the program or of one command.
pub(crate) fn page(command: Option<&str>) -> Result<Exit, Failure> {
    let mut program = settings::command();
    program.build();
    let subject = match command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(found) => found.clone(),
            None => {
                let names: Vec<_> =
                    program.get_subcommands().map(|known| format!("`{}`", known.get_name())).collect();
                return Err(Failure::new(format!(
                    "`{name}` is no command: give one of {}",
                    names.join(", ")
                )));
            }
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(subject).render(&mut text).map_err(Error::io("standard output"))?;
    printer::data(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}
