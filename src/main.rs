//! The command line: parse, run, exit. Everything it does stands in the library; everything it says, in [`cli`].

mod cli;

fn main() -> std::process::ExitCode {
    cli::main().into()
}
