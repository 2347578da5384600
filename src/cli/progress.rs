//! The progress bar: stage, share, rate, time left, on a terminal.

use std::sync::Mutex;
use std::time::Duration;

use dechaff::progress::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::printer::Printer;

/// Draws the stages of a run on standard error; where that is no terminal, draws nothing.
pub(crate) struct Bar {
    printer: Printer,
    bar: Mutex<ProgressBar>,
}

impl Bar {
    pub(crate) fn new(printer: Printer) -> Self {
        Self { printer, bar: Mutex::new(ProgressBar::hidden()) }
    }

    /// Clears what is drawn.
    pub(crate) fn finish(&self) {
        self.lock().finish_and_clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ProgressBar> {
        self.bar.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Progress for Bar {
    fn stage(&self, name: &'static str, total: Option<u64>) {
        if !self.printer.progress() {
            return;
        }
        let mut bar = self.lock();
        bar.finish_and_clear();
        // indicatif draws nothing itself where standard error is no terminal.
        *bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr()).with_message(name);
        let template = match total {
            Some(_) => "{msg:20} {wide_bar} {bytes:>10} of {total_bytes} {bytes_per_sec:>12} {eta:>4} left",
            None => "{msg:20} {spinner} {elapsed}",
        };
        bar.set_style(ProgressStyle::with_template(template).expect("the template is fixed"));
        bar.enable_steady_tick(Duration::from_millis(200));
    }

    fn advance(&self, amount: u64) {
        self.lock().inc(amount);
    }

    fn warn(&self, message: &str) {
        let bar = self.lock();
        bar.suspend(|| self.printer.warn(message));
    }
}
