//! What no compiler checks: the direction of dependencies between the layers, what each layer may name, that every
//! flag is documented and every error can happen. `docs/ARCHITECTURE.md` says why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use dechaff::Error;
use dechaff::input::discover;
use dechaff::output::{OutputDir, Overwrite, restore};
use dechaff::progress::Silent;

/// Modules by layer: each may name its own layer and those before it.
const LAYERS: [(&str, &[&str]); 5] = [
    ("data", &["document", "hash", "error", "config", "progress"]),
    ("kernel", &["text", "sketch", "lsh", "matching", "cluster", "chrome", "decide"]),
    ("edges", &["input", "output", "report", "index"]),
    ("drivers", &["batch", "pipeline"]),
    ("shells", &["main", "cli"]),
];
const KERNEL: usize = 1;
const DRIVERS: usize = 3;
const SHELLS: usize = 4;

/// What the kernel may not name: it has no files, threads, clock, environment.
const IMPURE: [&str; 8] = [
    "std::fs",
    "std::net",
    "std::thread",
    "std::time",
    "std::env",
    "std::process",
    "std::io::stdin",
    "tempfile",
];
/// Hashes of any kind but the two kinds that `hash` offers.
const HASHES: [&str; 4] = ["ahash", "xxhash_rust", "std::hash::DefaultHasher", "std::hash::RandomState"];
const SHELL_CRATES: [&str; 5] = ["clap", "clap_complete", "clap_mangen", "indicatif", "anyhow"];
const PRINTING: [&str; 5] = ["print!", "println!", "eprint!", "eprintln!", "dbg!"];

#[test]
fn layers_hold() {
    let found = violations(&sources("src"));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn nothing_is_unsafe() {
    let mut all = sources("src");
    all.extend(sources("tests"));
    all.extend(sources("benches"));
    all.push(("build.rs".into(), read(&root().join("build.rs"))));
    let found: Vec<&str> = all
        .iter()
        .filter(|(_, text)| words(&code(text)).contains("unsafe"))
        .map(|(path, _)| &**path)
        .collect();
    assert!(found.is_empty(), "unsafe code in {found:?}");
}

/// Every command and flag that the program's help names stands in the README or in docs/, and these name no other.
#[test]
fn flags_are_documented() {
    let help = help();
    let mut flags: BTreeSet<String> = help.values().flat_map(|text| flags_of(text)).collect();
    flags.remove("--help");
    flags.remove("--version");
    let documents = documents();
    let documented: BTreeSet<String> = documents.iter().flat_map(|(_, text)| flags_of(text)).collect();
    let missing: Vec<&String> = flags.difference(&documented).collect();
    assert!(missing.is_empty(), "in --help, but neither in README.md nor in docs/: {missing:?}");
    let readme = read(&root().join("README.md"));
    for command in help.keys().filter(|name| !name.is_empty()) {
        assert!(
            readme.contains(&format!("`dechaff {command}")),
            "README.md does not show `dechaff {command}`"
        );
    }
    for (path, text) in &documents {
        // Flags of other programs stand in lines that name these.
        let ours =
            text.lines().filter(|line| !["cargo", "python3", "pip"].iter().any(|other| line.contains(other)));
        let unknown: Vec<String> = ours.flat_map(flags_of).filter(|flag| !flags.contains(flag)).collect();
        assert!(unknown.is_empty(), "{path} names flags that do not exist: {unknown:?}");
    }
}

/// Each way to fail of `src/error.rs` is reached through the library and, in the same situation, through the program.
#[test]
fn every_error_can_happen() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    std::fs::write(at("page.txt"), "一页文字。\n").unwrap();
    std::fs::write(at("other.txt"), "").unwrap();
    let page = at("page.txt").to_string_lossy().into_owned();
    let under_a_file = at("page.txt").join("out");
    let mut config = dechaff::Config::default();
    let input = config.input.clone();
    config.matching.threshold = 2.0;
    let word = |path: PathBuf| path.to_string_lossy().into_owned();
    let situations: Vec<(Error, Vec<String>)> = vec![
        (
            config.validate().unwrap_err(),
            vec![
                "clean".into(),
                page.clone(),
                "-o".into(),
                word(at("out")),
                "--threshold".into(),
                "2".into(),
            ],
        ),
        (
            discover(&[word(at("missing"))], &input, None).unwrap_err(),
            vec!["clean".into(), word(at("missing")), "-o".into(), word(at("out"))],
        ),
        (
            OutputDir::create(&at("other.txt"), Overwrite::Force).unwrap_err(),
            vec!["clean".into(), page.clone(), "-o".into(), word(at("other.txt")), "--force".into()],
        ),
        (
            restore(place.path(), &at("back"), &Silent).unwrap_err(),
            vec!["restore".into(), word(place.path().into()), "-o".into(), word(at("back"))],
        ),
        (
            OutputDir::create(&under_a_file, Overwrite::Refuse).unwrap_err(),
            vec!["clean".into(), page.clone(), "-o".into(), word(under_a_file)],
        ),
    ];
    let mut reached = BTreeSet::new();
    for (error, arguments) in situations {
        let (name, problem) = match &error {
            Error::Setting { problem, .. } => ("Setting", problem.clone()),
            Error::Input { problem, .. } => ("Input", problem.clone()),
            Error::Output { problem, .. } => ("Output", problem.clone()),
            Error::Run { problem, .. } => ("Run", problem.clone()),
            Error::Io { path, .. } => ("Io", path.file_name().unwrap().to_string_lossy().into_owned()),
            other => panic!("no situation leads to {other:?}"),
        };
        assert!(reached.insert(name.to_owned()), "{name} twice: {error}");
        let (status, said) = run(&arguments);
        assert_eq!(status, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(&problem), "{arguments:?} says\n{said}and the library\n{error}");
        assert!(!at("out").exists() && !at("back").exists(), "{arguments:?} leaves something behind");
    }
    assert_eq!(reached, variants(&read(&root().join("src/error.rs"))), "ways to fail, reached and declared");
}

/// What docs/ARCHITECTURE.md says of the memory that a run takes.
#[test]
fn sizes_are_as_documented() {
    use dechaff::pipeline::sheet::Folder;
    use dechaff::pipeline::{documents::Match, verdicts::Unit};
    use dechaff::{chrome, pipeline};
    let bytes = |line: &str| {
        let of =
            |text: &str| Folder::default().fold(text, &mut Vec::new()).layout as usize * size_of::<u32>();
        (of(&line.repeat(5000)) - of(&line.repeat(1000))) / 4000
    };
    let (line, paragraph) = (bytes("\n"), bytes("一行\n"));
    let (numbers, paragraph) = (bytes("1行\n") - paragraph, paragraph - line);
    let text = read(&root().join("docs/ARCHITECTURE.md"));
    let sheet =
        format!("{line} bytes a line, {numbers} more where it has numbers, {paragraph} bytes a paragraph");
    assert!(text.contains(&sheet), "of a sheet, docs/ARCHITECTURE.md must say {sheet:?}");
    let rows = [
        (size_of::<pipeline::corpus::Document>(), "| document | {} + its id | `Document` |"),
        (size_of::<chrome::Labels>(), "| | {} | `Labels` |"),
        (size_of::<pipeline::content::Content>(), "| | {} | `Content` |"),
        (size_of::<chrome::Evidence>(), "| non-blank line | {} | `Evidence`"),
        (size_of::<chrome::LineLabel>(), "| chrome line | {} |"),
        (size_of::<chrome::Family>(), "| family of a site's chrome | {} + "),
        (size_of::<pipeline::paragraphs::Occurrence>(), "| paragraph, and offered run | {} |"),
        (size_of::<pipeline::content::ContentLine>(), "| content line, paragraph | {}, 4 |"),
        (size_of::<(Unit, Option<Match>)>(), "| member of a cluster | {} + "),
        (size_of::<pipeline::verdicts::Removal>(), "| removal | {} + "),
    ];
    let rows = rows.map(|(size, row)| row.replace("{}", &size.to_string()));
    let missing: Vec<&String> = rows.iter().filter(|&row| !text.contains(row)).collect();
    assert!(missing.is_empty(), "docs/ARCHITECTURE.md must say {missing:?}");
}

/// The page that README.md shows before and after, and the example lines of docs/FORMATS.md, by the sample corpus.
#[test]
fn examples_are_true() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let pages = root().join("data/pages").to_string_lossy().into_owned();
    let (status, said) =
        run(&["clean".into(), pages, "-o".into(), out.to_string_lossy().into_owned(), "--pairs".into()]);
    assert_eq!(status, Some(0), "{said}");

    let readme = read(&root().join("README.md"));
    let page = between(&readme, "<!-- page: ", " -->").expect("README.md names the page that it shows");
    for (title, file) in
        [("Before", root().join("data/pages").join(page)), ("After", out.join("clean").join(page))]
    {
        let text = read(&file);
        let shown = readme.split_once(&format!("**{title}**")).expect("README.md has both sides").1;
        let mut rest = text.as_str();
        let pieces = between(shown, "```text\n", "```").expect("in a block of text").split(['…', '\n']);
        for piece in pieces.map(str::trim).filter(|piece| !piece.is_empty()) {
            let at = rest.find(piece).unwrap_or_else(|| panic!("{}: {piece:?} is not there", file.display()));
            rest = &rest[at + piece.len()..];
        }
    }

    let formats = read(&root().join("docs/FORMATS.md"));
    for section in formats.split("\n## `").skip(1) {
        let name = section.split('`').next().unwrap_or_default();
        if !name.ends_with(".jsonl") || name == "skipped.jsonl" {
            continue;
        }
        let examples: Vec<&str> = between(section, "```json\n", "```").expect("an example").lines().collect();
        let log = read(&out.join(name));
        let known: BTreeSet<String> = log.lines().map(shape).collect();
        for example in examples {
            assert!(
                known.contains(&shape(example)),
                "docs/FORMATS.md: no line of {name} looks like {example}"
            );
        }
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(inner, _)| inner)
}

/// The keys of a JSON object, in order, with the kinds of their values.
fn shape(line: &str) -> String {
    fn of(value: &serde_json::Value) -> String {
        use serde_json::Value;
        match value {
            Value::Object(members) => {
                members.iter().map(|(key, value)| format!("{key}:{},", of(value))).collect::<String>()
            }
            Value::Array(items) => format!("[{}]", items.first().map_or(String::new(), of)),
            Value::String(_) => "text".into(),
            Value::Number(_) => "number".into(),
            Value::Bool(_) => "flag".into(),
            Value::Null => "null".into(),
        }
    }
    of(&serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
}

/// The checker itself: each planted violation is found, and nothing else.
#[test]
fn violations_are_found() {
    let check = |path: &str, text: &str| violations(&[(path.into(), text.into())]);
    for (path, text, what) in [
        ("text/fold.rs", "use crate::input::Record;", "text names crate::input"),
        ("text/fold.rs", "use crate::{hash, pipeline::run::Job};", "text names crate::pipeline"),
        ("document.rs", "fn f() { crate::text::fold::fold(); }", "document names crate::text"),
        ("output/edit.rs", "use crate::pipeline;", "output names crate::pipeline"),
        ("chrome/site.rs", "use std::{fmt, fs::File};", "chrome names std::fs::File"),
        ("lsh/mod.rs", "fn f() { let t = std::time::Instant::now(); }", "lsh names std::time::Instant"),
        ("matching/align.rs", "use rayon::prelude::*;", "matching names rayon::prelude"),
        (
            "input/blocks.rs",
            "use rayon::iter::{IntoParallelIterator as I, ParallelIterator};",
            "input names rayon",
        ),
        ("pipeline/run.rs", "use clap::Parser;", "pipeline names clap"),
        ("pipeline/run.rs", "fn f() { println!(\"x\"); }", "pipeline prints"),
        ("cluster/keep.rs", "type M = ahash::AHashMap<u8, u8>;", "cluster names ahash"),
        ("cli/run.rs", "use xxhash_rust::xxh3::xxh3_64;", "cli names xxhash_rust"),
        ("gadgets.rs", "", "gadgets.rs is in no layer"),
    ] {
        let found = check(path, text);
        assert!(
            !found.is_empty() && found.iter().all(|line| line.contains(what)),
            "{path}: {text}: {found:?}"
        );
    }
    for (path, text) in [
        (
            "text/fold.rs",
            "use crate::{document::Span, hash};\n// crate::input\nconst S: &str = \"crate::pipeline\";",
        ),
        (
            "text/fold.rs",
            "/// use crate::pipeline;\npub(in crate::text::fold) fn f<'a>(c: &'a char) -> bool { *c == '\"' }",
        ),
        ("output/edit.rs", "use crate::input::{Body, Record};\nuse std::fs;"),
        ("pipeline/run.rs", "use rayon::prelude::*;\nuse std::time::Instant;"),
        ("cli/run.rs", "fn f() { println!(); clap::Command::new(\"x\"); }"),
        ("hash.rs", "use xxhash_rust::xxh3::xxh3_64;"),
    ] {
        assert_eq!(check(path, text), Vec::<String>::new(), "{path}");
    }
    let cycle = violations(&[
        ("text/a.rs".into(), "use crate::lsh::x;".into()),
        ("lsh/a.rs".into(), "use crate::text::y;".into()),
    ]);
    assert!(cycle.iter().any(|line| line.contains("circle")), "{cycle:?}");
    assert_eq!(flags_of("`--a-b`, -–--c=2 --- `--`"), ["--a-b", "--c"]);
    assert_eq!(
        variants("pub enum Error {\n    /// X\n    One {\n        a: u8,\n    },\n    Two(u8),\n}\n").len(),
        2
    );
}

/// What is wrong with some files of `src/`, given by path below it and text.
fn violations(files: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in files.iter().filter(|(path, _)| path != "lib.rs") {
        let module = path.split(['/', '.']).next().unwrap_or_default().to_owned();
        let Some(layer) = layer_of(&module) else {
            found.push(format!("{path} is in no layer: give it one in tests/architecture.rs"));
            continue;
        };
        let code = code(text);
        for name in paths(&code) {
            let mut report = |rule: &str| found.push(format!("{path}: {module} names {name}: {rule}"));
            let krate = name.split("::").next().unwrap_or_default();
            if krate == "crate" && layer < SHELLS {
                let target = name.split("::").nth(1).unwrap_or_default();
                match layer_of(target) {
                    Some(other) if other > layer => {
                        report(&format!("{} stand below {}", LAYERS[layer].0, LAYERS[other].0));
                    }
                    Some(_) if target != module => {
                        uses.entry(module.clone()).or_default().insert(target.to_owned());
                    }
                    _ => {}
                }
            }
            if layer == KERNEL && IMPURE.iter().any(|&other| is_in(&name, other)) {
                report("the kernel has no files, threads, clock or environment");
            }
            // A shell sets the number of threads.
            if krate == "rayon" && layer < DRIVERS {
                report("only drivers have threads");
            }
            if layer < SHELLS && SHELL_CRATES.contains(&krate) {
                report("only shells parse flags and draw");
            }
            if path != "hash.rs" && HASHES.iter().any(|&other| is_in(&name, other)) {
                report("only `hash` names hash crates");
            }
        }
        if layer < SHELLS && PRINTING.iter().any(|&call| words(&code).contains(call)) {
            found.push(format!("{path}: {module} prints: only shells print"));
        }
    }
    found.extend(circles(&uses));
    found
}

/// Modules that use each other, directly or through others.
fn circles(uses: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut found = Vec::new();
    for start in uses.keys() {
        let mut reached: BTreeSet<&String> = BTreeSet::new();
        let mut next: Vec<&String> = uses[start].iter().collect();
        while let Some(module) = next.pop() {
            if reached.insert(module) {
                next.extend(uses.get(module).into_iter().flatten());
            }
        }
        if reached.contains(start) {
            found.push(format!("{start} uses itself in a circle through {reached:?}"));
        }
    }
    found
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|(_, modules)| modules.contains(&module))
}

fn is_in(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// All paths of two names and more in some code, those of `use` with braces written out.
fn paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = code;
    while let Some(at) = find_word(rest, "use") {
        let end = rest[at..].find(';').map_or(rest.len(), |end| at + end);
        let tree: String = rest[at + 3..end].split_whitespace().collect::<Vec<_>>().join(" ");
        expand("", &tree, &mut found);
        rest = &rest[end..];
    }
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for word in code.split(|c| !is_path(c)) {
        let word = word.trim_matches(':');
        if word.contains("::") {
            found.insert(word.to_owned());
        }
    }
    found
}

/// Writes out `a::{b, c::{d, e}}`.
fn expand(prefix: &str, tree: &str, found: &mut BTreeSet<String>) {
    let tree = tree.trim();
    match tree.find('{') {
        None => {
            let name = tree.split(" as ").next().unwrap_or_default().trim().trim_end_matches("::*");
            found.insert(format!("{prefix}{name}"));
        }
        Some(open) => {
            let prefix = format!("{prefix}{}", tree[..open].trim());
            let inner = tree[open + 1..].trim_end().trim_end_matches('}');
            let inner = if tree.ends_with('}') { &tree[open + 1..tree.len() - 1] } else { inner };
            let (mut depth, mut start) = (0, 0);
            for (at, c) in inner.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        expand(&prefix, &inner[start..at], found);
                        start = at + 1;
                    }
                    _ => {}
                }
            }
            if !inner[start..].trim().is_empty() {
                expand(&prefix, &inner[start..], found);
            }
        }
    }
}

fn find_word(text: &str, word: &str) -> Option<usize> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        !text[..at].ends_with(is_name) && text[at + word.len()..].starts_with(char::is_whitespace)
    })
}

/// The words of some code, macros with their `!`.
fn words(code: &str) -> BTreeSet<&str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '!')).collect()
}

/// Rust source without its comments and the insides of its strings.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            '"' => string(rest),
            'r' if !out.ends_with(|c: char| c.is_alphanumeric() || c == '_') => raw_string(rest),
            '\'' => character(rest),
            _ => 0,
        };
        if skipped > 0 {
            out.push(' ');
            rest = &rest[skipped..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// Bytes of the string that `text` begins with.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Bytes of the raw string that `text` begins with, 0 where it begins with none.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].bytes().take_while(|&byte| byte == b'#').count();
    if !text[1 + hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let start = hashes + 2;
    text[start..].find(&end).map_or(text.len(), |at| start + at + end.len())
}

/// Bytes of the character that `text` begins with, 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            chars.next();
            chars.find(|&(_, c)| c == '\'').map_or(0, |(at, _)| at + 1)
        }
        Some(_) => chars.next().filter(|&(_, c)| c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

/// `--flags` in a text, in order.
fn flags_of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("--") {
        let name: String = text[at + 2..]
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-')
            .collect();
        let name = name.trim_end_matches('-');
        if !text[..at].ends_with('-') && name.starts_with(|c: char| c.is_ascii_lowercase()) {
            found.push(format!("--{name}"));
        }
    }
    found
}

/// Names of the variants of `pub enum Error`.
fn variants(source: &str) -> BTreeSet<String> {
    let start = source.find("pub enum Error {").expect("the enum stands in src/error.rs");
    source[start..]
        .lines()
        .skip(1)
        .take_while(|line| *line != "}")
        .filter(|line| line.starts_with("    ") && line[4..].starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| line.trim().chars().take_while(|c| c.is_alphanumeric()).collect())
        .collect()
}

/// What `--help` says, of the program (under the empty name) and of each of its commands.
fn help() -> BTreeMap<String, String> {
    let text = run(&["--help".into()]).1;
    let commands = commands_of(&text);
    assert!(commands.len() > 3, "commands of {text}");
    let mut help = BTreeMap::from([(String::new(), text)]);
    let mut pending: Vec<Vec<String>> = commands.into_iter().map(|command| vec![command]).collect();
    while let Some(command) = pending.pop() {
        let (status, text) = run(&[&command[..], &["--help".into()]].concat());
        assert_eq!(status, Some(0), "{command:?} --help");
        let inner = commands_of(&text).into_iter();
        pending.extend(inner.map(|name| [&command[..], &[name]].concat()));
        help.insert(command.join(" "), text);
    }
    help
}

/// Commands that a help lists.
fn commands_of(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect()
}

/// Runs the program: its exit status, and what it says on both outputs.
fn run(arguments: &[String]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dechaff"))
        .args(arguments)
        .env_clear()
        .env("TMPDIR", std::env::temp_dir())
        .output()
        .expect("the program was built");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// README.md and docs/*.md.
fn documents() -> Vec<(String, String)> {
    let mut all = vec![("README.md".to_owned(), read(&root().join("README.md")))];
    for entry in std::fs::read_dir(root().join("docs")).expect("docs/ is there") {
        let path = entry.expect("docs/ can be read").path();
        if path.extension().is_some_and(|extension| extension == "md") {
            all.push((path.strip_prefix(root()).unwrap_or(&path).display().to_string(), read(&path)));
        }
    }
    all.sort();
    all
}

/// All `.rs` files below a folder of the project, by path relative to it; none where it is missing.
fn sources(folder: &str) -> Vec<(String, String)> {
    let base = root().join(folder);
    let (mut pending, mut found) = (vec![base.clone()], Vec::new());
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("the sources can be read").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&base).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                found.push((name, read(&path)));
            }
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
