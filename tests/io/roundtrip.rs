//! Every kind of edit × format × compression: the clean file is what a plain implementation makes of it, and restore
//! gives the original back.

use dechaff::config::Format;
use dechaff::document::Span;
use dechaff::input::{Block, Fields, Limits, Parsed, SourceFormat, records};
use dechaff::output::Edit;
use dechaff::output::edit::apply;
use proptest::prelude::*;

use crate::run::{COMPRESSIONS, Run, compress, decompressed};

/// What is done to a record, before its text is known.
#[derive(Clone, Copy, Debug)]
enum Plan {
    Keep,
    Drop,
    /// Cut every nth character, and add a field or not.
    Cut(usize, bool),
    Add,
}

fn plan() -> impl Strategy<Value = Plan> {
    prop_oneof![
        2 => Just(Plan::Keep),
        2 => Just(Plan::Drop),
        3 => (1usize..5, any::<bool>()).prop_map(|(step, add)| Plan::Cut(step, add)),
        1 => Just(Plan::Add),
    ]
}

/// The edit that a plan comes to for a text.
fn edit(plan: Plan, text: Option<&str>) -> Edit {
    let fields = || {
        vec![("dechaff".to_owned(), r#"{"spans":[[0,1]]}"#.to_owned()), ("q\"".to_owned(), "1".to_owned())]
    };
    match (plan, text) {
        (Plan::Keep, _) | (Plan::Cut(..), None) => Edit::Keep,
        (Plan::Drop, _) => Edit::Drop,
        (Plan::Add, _) => Edit::Change { cut: Vec::new(), add: fields() },
        (Plan::Cut(step, add), Some(text)) => {
            let spans = text.char_indices().step_by(step);
            let cut = spans.map(|(at, c)| Span::new(at as u32, (at + c.len_utf8()) as u32)).collect();
            Edit::Change { cut, add: if add { fields() } else { Vec::new() } }
        }
    }
}

/// A line, good, odd or bad, with its end.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        "[a-z 一-龥é]{0,12}",
        Just(r"a\u00e9\ud83d\ude00\n\/\\\u0000b".to_owned()),
        Just(r"lone \ud800 half \udc00\ud800x".to_owned()),
        Just("tab\tand bell\u{7}".to_owned()),
    ];
    let object = (token.clone(), token, 0usize..8).prop_map(|(a, b, shape)| match shape {
        0 => format!(r#"{{"text":"{a}"}}"#),
        1 => format!(r#" {{ "id" : 1.0e5, "text" : "{a}" , "x":[NaN,{{"text":"{b}"}}] }} "#),
        2 => format!(r#"{{"text":"{a}","text":"{b}"}}"#),
        3 => format!(r#"{{"text":null,"other":"{a}"}}"#),
        4 => "{}".to_owned(),
        5 => format!(r#"{{"n":123456789012345678901234567890,"te\u0078t":"{a}"}}"#),
        6 => format!(r#"{{"text":"{a}"#),
        _ => format!(r#"["{a}"]"#),
    });
    let content = prop_oneof![
        6 => object.prop_map(String::into_bytes),
        1 => Just(b" \t".to_vec()),
        1 => Just(b"{\"text\":\"\xff\xfe\"}".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    (content, prop_oneof![3 => Just(&b"\n"[..]), 1 => Just(&b"\r\n"[..])])
        .prop_map(|(content, end)| [&content, end].concat())
}

fn jsonl() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(line(), 0..12), any::<bool>(), any::<bool>()).prop_map(|(lines, mark, open)| {
        let mut bytes = if mark { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
        bytes.extend(lines.concat());
        if open {
            bytes.pop();
        }
        bytes
    })
}

fn txt() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => "\u{feff}?[a-z一-龥 \r\n\u{0}\u{202e}]{0,60}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

/// The clean stream by the plainest means: the whole input at once, every record by `apply`.
fn expected(input: &[u8], format: SourceFormat, plans: &[Plan]) -> Option<Vec<u8>> {
    let block = Block::whole(input.to_vec());
    let fields = Fields::new(&dechaff::Config::default().input);
    let mut clean = Vec::new();
    let mut at = 0;
    let mut exists = format == SourceFormat::Jsonl;
    for parsed in records(&block, format, &fields) {
        let (offset, raw, line_end, replacement) = match &parsed {
            Parsed::Bad(bad) => (bad.offset, bad.bytes, bad.line_end, None),
            Parsed::Record(record) => {
                let plan = plans[record.number as usize % plans.len()];
                let edit = edit(plan, record.text.as_deref());
                let edited = apply(record, &edit).expect("made for this text");
                (record.offset, record.raw, record.line_end, (edit != Edit::Drop).then_some(edited))
            }
        };
        let start = offset as usize;
        let end = start + raw.len();
        match replacement {
            Some(edited) => {
                exists = true;
                clean.extend_from_slice(&input[at..start]);
                clean.extend_from_slice(&edited);
                at = end;
            }
            None => {
                clean.extend_from_slice(&input[at..start]);
                at = end + line_end;
            }
        }
    }
    clean.extend_from_slice(&input[at..]);
    exists.then_some(clean)
}

fn check(name: &str, format: Format, input: &[u8], plans: &[Plan], limits: Limits) {
    for compression in COMPRESSIONS {
        let run = Run::new(limits);
        run.put(name, &compress(input, compression));
        let sources = run.sources(format);
        let source = &sources.list[0];
        assert_eq!(source.compression, compression);
        let (contents, found) = run.survey(source);
        assert_eq!(contents.identity, dechaff::hash::identity(input));
        run.rewrite(&sources, |number| {
            let record = found[number as usize - 1].as_ref().expect("only good records are asked for");
            edit(plans[number as usize % plans.len()], record.text.as_deref())
        });
        let clean = run.at("run/clean").join(name);
        match expected(input, source.format, plans) {
            Some(expected) => {
                let found = decompressed(&clean, compression);
                assert_eq!(found.escape_ascii().to_string(), expected.escape_ascii().to_string());
            }
            None => assert!(!clean.exists()),
        }
        let restored = run.restore().expect("nothing was touched");
        assert_eq!((restored.files, restored.bytes), (1, input.len() as u64));
        assert_eq!(decompressed(&run.at("back").join(name), compression), input);
    }
}

/// Blocks of a few bytes, so that every border is met.
fn limits() -> impl Strategy<Value = Limits> {
    (1usize..200).prop_map(|block| Limits { block, record: 1 << 20 })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn jsonl_comes_back(input in jsonl(), plans in prop::collection::vec(plan(), 1..6), limits in limits()) {
        // gzip inside gzip is not at stake: random bytes may begin like a compressed file.
        prop_assume!(dechaff::input::Compression::of(&input) == dechaff::input::Compression::None);
        check("a.jsonl", Format::Jsonl, &input, &plans, limits);
    }

    #[test]
    fn text_comes_back(input in txt(), plans in prop::collection::vec(plan(), 1..6), limits in limits()) {
        prop_assume!(dechaff::input::Compression::of(&input) == dechaff::input::Compression::None);
        check("a.txt", Format::Txt, &input, &plans, limits);
    }

    /// A cut removes its characters and nothing else, by serde_json's reading.
    #[test]
    fn a_cut_is_what_it_says(text in any::<String>(), step in 1usize..4, pretty in any::<bool>()) {
        let object = serde_json::json!({"a": [1, "text"], "text": text, "z": {"text": "no"}});
        let line = if pretty { format!("{object:#}").replace('\n', " ") } else { object.to_string() };
        let block = Block::whole(line.clone().into_bytes());
        let fields = Fields::new(&dechaff::Config::default().input);
        let Some(Parsed::Record(record)) = records(&block, SourceFormat::Jsonl, &fields).next() else {
            panic!("a record");
        };
        let edited = apply(&record, &edit(Plan::Cut(step, true), Some(&text))).expect("fits");
        let edited: serde_json::Value = serde_json::from_slice(&edited).expect("JSON");
        let left: String = text.chars().enumerate().filter(|(at, _)| at % step != 0).map(|(_, c)| c).collect();
        prop_assert_eq!(&edited["text"], &serde_json::Value::from(left));
        prop_assert_eq!(&edited["z"], &object["z"]);
        prop_assert_eq!(&edited["dechaff"]["spans"][0][1], 1);
    }

    /// Records do not depend on where the blocks end.
    #[test]
    fn blocks_do_not_show(input in jsonl(), limits in limits()) {
        prop_assume!(dechaff::input::Compression::of(&input) == dechaff::input::Compression::None);
        let one = Run::new(Limits::default());
        let many = Run::new(limits);
        one.put("a.jsonl", &input);
        many.put("a.jsonl", &input);
        let seen = |run: &Run| run.survey(&run.sources(Format::Jsonl).list[0]);
        prop_assert_eq!(seen(&one), seen(&many));
    }
}

#[test]
fn several_sources_share_one_store() {
    let run = Run::new(Limits::default());
    run.put("a.txt", b"first page\n");
    run.put("b.jsonl", b"{\"text\":\"x\"}\n{\"text\":\"y\"}\n");
    run.put("c.txt", b"");
    let sources = run.sources(Format::Auto);
    let mut asked = 0;
    let counts = run.rewrite(&sources, |_| {
        asked += 1;
        if asked == 1 || asked == 3 { Edit::Drop } else { Edit::Keep }
    });
    assert_eq!(counts, [[0, 0, 1, 0], [1, 0, 1, 0], [1, 0, 0, 0]]);
    assert!(!run.at("run/clean/a.txt").exists());
    assert_eq!(std::fs::read(run.at("run/clean/b.jsonl")).expect("a file"), b"{\"text\":\"x\"}\n");
    assert_eq!(run.restore().expect("untouched").files, 3);
    for name in ["a.txt", "b.jsonl", "c.txt"] {
        let read = |folder: &str| std::fs::read(run.at(folder).join(name)).expect("a file");
        assert_eq!(read("in"), read("back"), "{name}");
    }
}

#[test]
fn the_same_run_writes_the_same_bytes() {
    let bytes = |_: usize| {
        let run = Run::new(Limits::default());
        for compression in COMPRESSIONS {
            let input: String =
                (0..2000).map(|n| format!("{{\"id\":{n},\"text\":\"line {n}\"}}\n")).collect();
            let name = format!("a.jsonl.{}", compression.extension());
            run.put(name.trim_end_matches('.'), &compress(input.as_bytes(), compression));
        }
        run.rewrite(
            &run.sources(Format::Auto),
            |number| if number % 3 == 0 { Edit::Drop } else { Edit::Keep },
        );
        ["clean/a.jsonl", "clean/a.jsonl.gz", "clean/a.jsonl.zst", "restore.bin.zst"]
            .map(|name| std::fs::read(run.at("run").join(name)).expect("a file"))
    };
    assert!(bytes(1) == bytes(2));
}

#[cfg(unix)]
#[test]
fn names_of_any_bytes_come_back() {
    use std::os::unix::ffi::OsStrExt;
    let run = Run::new(Limits::default());
    let name = std::ffi::OsStr::from_bytes(b"p\xffge.txt");
    std::fs::write(run.at("in").join(name), "a page").expect("a file");
    run.rewrite(&run.sources(Format::Auto), |_| Edit::Drop);
    run.restore().expect("untouched");
    assert_eq!(std::fs::read(run.at("back").join(name)).expect("a file"), b"a page");
}

/// Readers may move to other threads, and one rewriter serves many.
#[test]
fn types_cross_threads() {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    send::<dechaff::input::Blocks>();
    send::<dechaff::input::Sources>();
    send::<dechaff::input::Records<'_>>();
    send::<dechaff::output::Rewritten>();
    send::<dechaff::output::PatchStore>();
    sync::<dechaff::input::Fields>();
    sync::<dechaff::input::Source>();
    sync::<dechaff::output::Rewriter<'_>>();
}
