//! What must hold of every run, whatever is in the pages: restored bytes, what stands for what was removed, what a
//! removal leaves. Everything is seen from outside, in the files that a run leaves; the repository's own pages come
//! first, then sets of real pages beside the repository, which are read and never copied. Where those are not there, their tests
//! say so and pass; where they are there and something is wrong, they fail.
//!
//! A debug build leaves sets above 10 MB out; `cargo test --release --test sets` reads all.
//! `-- --nocapture` prints what was measured.

mod cleaned;
mod crawls;
mod floors;
mod invariants;
mod pages;
mod real;

#[expect(clippy::print_stdout, reason = "shown with --nocapture, and where a test fails")]
fn say(message: &str) {
    println!("{message}");
}
