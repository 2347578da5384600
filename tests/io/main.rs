//! Reading, rewriting and restoring, end to end through the library's public interface.

mod formats;
mod hostile;
mod refusals;
mod roundtrip;
mod run;
