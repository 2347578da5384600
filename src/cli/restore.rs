//! `dechaff restore`.

use dechaff::output;
use dechaff::progress::Progress;

use super::args::RestoreArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::printer::Printer;
use super::progress::Bar;
use super::size::{bytes, counted};
use super::visible;

/// Writes the originals again.
pub(crate) fn restore(args: &RestoreArgs) -> Result<Exit, Failure> {
    let printer = Printer::new(Some(args.messages));
    let bar = Bar::new(printer);
    bar.stage("restoring", None);
    let outcome = output::restore(&args.run, &args.output, &bar);
    bar.finish();
    let restored = outcome?;
    for damaged in &restored.damaged {
        printer
            .warn(&format!("`{damaged}`: the original was damaged; what could be read of it was restored"));
    }
    printer.say(&format!(
        "restored {}, {} decompressed, to {}\n",
        counted(restored.files, "file"),
        bytes(restored.bytes),
        visible::line(&args.output.to_string_lossy())
    ));
    Ok(Exit::Done)
}
