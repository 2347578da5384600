//! Brute force beside what the program does. All texts are made up, so that pairs of every likeness exist; the truth
//! is the exact Jaccard and containment of all pairs.
//!
//! `cargo test --test oracle -- --nocapture` prints the shares.

mod candidates;
mod clusters;
mod corpus;
mod hot;
mod sketch;
mod texts;

#[expect(clippy::print_stdout, reason = "shown with --nocapture, and where a test fails")]
fn say(message: &str) {
    println!("{message}");
}
