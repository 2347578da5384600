//! The program as it is seen from outside: exit status, standard output, standard error, and the files of a run.
//!
//! What it prints is kept in `snapshots/`; after a wanted change, `INSTA_UPDATE=always cargo test --test cli` writes
//! them again, and the difference is what is to be reviewed.

mod fixture;

mod chrome;
mod clean;
mod clusters;
mod determinism;
mod errors;
mod explain;
mod formats;
mod help;
mod hostile;
mod html;
mod recipes;
mod report;
mod restore;
mod settings;
