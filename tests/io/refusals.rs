//! What restore and the rewriter must not do.

use std::fs;

use dechaff::Error;
use dechaff::config::Format;
use dechaff::document::Span;
use dechaff::input::Limits;
use dechaff::output::{Edit, Rewriter, restore};
use dechaff::progress::Silent;

use crate::run::{Run, compress};

fn finished() -> Run {
    let run = Run::new(Limits::default());
    run.put("a.txt", b"one page, then another\n");
    run.put(
        "b.jsonl.gz",
        &compress(b"{\"text\":\"x\"}\nbad\n{\"text\":\"y\"}\n", dechaff::input::Compression::Gzip),
    );
    run.rewrite(&run.sources(Format::Auto), |number| match number {
        1 => Edit::Change { cut: vec![Span::new(0, 1)], add: Vec::new() },
        _ => Edit::Drop,
    });
    run
}

fn refused(run: &Run) -> String {
    let error = run.restore().expect_err("must be refused");
    assert!(matches!(error, Error::Run { .. }), "{error}");
    assert!(!run.at("back").exists(), "nothing may be written");
    let left = fs::read_dir(run.place.path()).expect("a folder").count();
    assert_eq!(left, 2, "nothing may be left beside the inputs and the run");
    error.to_string()
}

#[test]
fn an_edited_clean_file_is_refused_by_name() {
    let run = finished();
    let mut clean = fs::read(run.at("run/clean/a.txt")).expect("a file");
    clean.push(b'!');
    fs::write(run.at("run/clean/a.txt"), clean).expect("a file");
    let message = refused(&run);
    assert!(message.contains("a.txt: was edited"), "{message}");
}

#[test]
fn a_missing_or_unreadable_clean_file_is_refused_by_name() {
    let run = finished();
    fs::write(run.at("run/clean/b.jsonl.gz"), b"\x1f\x8b\x08").expect("a file");
    let message = refused(&run);
    assert!(message.contains("b.jsonl.gz: was edited"), "{message}");
    fs::remove_file(run.at("run/clean/a.txt")).expect("a file");
    let message = refused(&run);
    assert!(message.contains("a.txt: is missing") && message.contains("1 more"), "{message}");
}

#[test]
fn a_clean_file_compressed_anew_is_the_same_file() {
    let run = finished();
    let path = run.at("run/clean/b.jsonl.gz");
    let bytes = crate::run::decompressed(&path, dechaff::input::Compression::Gzip);
    fs::write(&path, compress(&bytes, dechaff::input::Compression::Gzip)).expect("a file");
    assert_eq!(run.restore().expect("the content is the same").files, 2);
}

#[test]
fn without_its_patch_store_a_run_is_refused() {
    let run = finished();
    fs::remove_file(run.at("run/restore.bin.zst")).expect("a file");
    assert!(refused(&run).contains("restore.bin.zst: is missing"));
}

#[test]
fn a_target_in_use_is_refused() {
    let run = finished();
    fs::create_dir(run.at("back")).expect("a folder");
    fs::write(run.at("back/mine"), "x").expect("a file");
    assert!(matches!(run.restore(), Err(Error::Output { .. })));
    assert_eq!(fs::read_dir(run.at("back")).expect("a folder").count(), 1);
    assert!(restore(&run.at("nowhere"), &run.at("other"), &Silent).is_err());
    assert!(!run.at("other").exists());
}

#[test]
fn an_input_that_changes_between_the_passes_is_noticed() {
    let run = Run::new(Limits::default());
    run.put("a.jsonl", b"{\"text\":\"long enough\"}\n");
    let sources = run.sources(Format::Auto);
    let (contents, _) = run.survey(&sources.list[0]);
    let folder = run.at("run");
    let rewriter = Rewriter {
        folder: &folder,
        fields: &run.fields,
        limits: run.limits,
        columns: &[],
        progress: &Silent,
    };
    for now in [&b"{\"text\":\"short\"}\n"[..], b"{\"text\":\"long enough\"}\n{}\n", b"{}", b""] {
        run.put("a.jsonl", now);
        let cut = || Edit::Change { cut: vec![Span::new(8, 11)], add: Vec::new() };
        let error = rewriter.rewrite(&sources.list[0], &contents, |_| Ok(cut())).expect_err("changed");
        let message = error.to_string();
        assert!(
            message.contains("changed while it was read") || message.contains("first pass read"),
            "{message}"
        );
        fs::remove_dir_all(run.at("run/clean"))
            .or_else(|_| fs::create_dir_all(run.at("run/clean")))
            .expect("empty");
    }
}
