//! What the program says of itself.

use crate::fixture::{Place, snapshot};

/// Every command, in the order of the help.
const COMMANDS: [&str; 9] =
    ["clean", "clusters", "explain", "restore", "report", "chrome", "config", "completions", "man"];

#[test]
fn help_of_the_program() {
    let place = Place::new();
    let help = place.done(&["--help"]);
    snapshot("help", &help.shown());
    let listed: Vec<&str> = help
        .stdout
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(listed, COMMANDS);
}

#[test]
fn help_of_each_command() {
    let place = Place::new();
    for command in COMMANDS {
        snapshot(&format!("help-{command}"), &place.done(&[command, "--help"]).shown());
    }
    for command in ["learn", "apply", "show"] {
        snapshot(&format!("help-chrome-{command}"), &place.done(&["chrome", command, "--help"]).shown());
    }
}

#[test]
fn without_a_command_it_helps() {
    let ran = Place::new().run(&[]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stdout.is_empty() && ran.stderr.contains("Usage: dechaff <COMMAND>"), "{}", ran.shown());
}

#[test]
fn version() {
    assert_eq!(
        Place::new().done(&["--version"]).stdout,
        concat!("dechaff ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn completions_know_the_flags() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.done(&["completions", shell]).stdout;
        for word in ["remove-coverage", "annotate", "explain"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn manual_pages() {
    let place = Place::new();
    let page = place.done(&["man"]).stdout;
    assert!(page.contains(".TH dechaff 1") && page.contains("clusters"), "{page}");
    let page = place.done(&["man", "clean"]).stdout;
    assert!(page.contains(".TH dechaff-clean 1") && page.contains(r"\-\-remove\-coverage"), "{page}");
    snapshot("man-unknown", &place.run(&["man", "clan"]).shown());
}

/// Whoever reads may stop reading.
#[test]
fn a_closed_pipe_is_no_error() {
    let place = Place::new();
    let mut child = place.spawn(&["completions", "bash"]);
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}
