//! Flag over file over default.

use serde_json::Value;

use crate::fixture::{FERRY, KILN, LIBRARY, Place, record, sample, snapshot};

fn effective(place: &Place, flags: &[&str]) -> toml::Table {
    place.done(&[&["config"], flags].concat()).stdout.parse().unwrap()
}

#[test]
fn defaults() {
    let place = Place::new();
    snapshot("config", &place.run(&["config"]).shown());
    let text = place.done(&["config"]).stdout;
    let expected = toml::to_string(&dechaff::Config::default()).unwrap();
    assert_eq!(text, expected);
}

/// The help of a flag names the default that the configuration has.
#[test]
fn the_help_tells_the_defaults() {
    let place = Place::new();
    let config = effective(&place, &[]);
    let shown = |section: &str, key: &str| match &config[section][key] {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(items) => {
            items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    };
    for command in ["clean", "clusters", "config"] {
        let help = place.done(&[command, "--help"]).stdout;
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for (flag, section, key) in [
            ("--format", "input", "format"),
            ("--text-field", "input", "text_field"),
            ("--id-field", "input", "id_field"),
            ("--url-field", "input", "url_field"),
            ("--max-record", "input", "max_record"),
            ("--threshold", "matching", "threshold"),
            ("--containment", "matching", "containment"),
            ("--min-units", "matching", "min_units"),
            ("--seed", "matching", "seed"),
            ("--level", "removal", "level"),
            ("--keep", "removal", "keep"),
            ("--remove-coverage", "removal", "remove_coverage"),
            ("--html", "removal", "html"),
        ] {
            // Nothing is written there.
            if (command, flag) == ("clusters", "--html") {
                continue;
            }
            let from = help.find(&format!("{flag} <")).unwrap_or_else(|| panic!("{command} {flag}"));
            let default = format!("[default: {}]", shown(section, key));
            let until = help[from..].find(&default).unwrap_or_else(|| panic!("{command} {flag} {default}"));
            assert!(
                !help[from + 2..from + until].contains(" --"),
                "{command} {flag}: {default} stands elsewhere"
            );
        }
    }
}

/// Every flag changes what `config` prints.
#[test]
fn flags_over_the_file_over_the_defaults() {
    let place = Place::with(&[(
        "mine.toml",
        "[matching]\nthreshold = 0.7\nseed = 4\n[removal]\nkeep = \"field:date\"\nlevel = [\"block\"]\n[chrome]\nmin_pages = 9\n",
    )]);
    let flags = [
        ("--format=txt", "input", "format"),
        ("--text-field=body", "input", "text_field"),
        ("--id-field=key", "input", "id_field"),
        ("--url-field=address", "input", "url_field"),
        ("--site-field=host", "input", "site_field"),
        ("--max-record=5MiB", "input", "max_record"),
        ("--threshold=0.6", "matching", "threshold"),
        ("--containment=0.75", "matching", "containment"),
        ("--min-units=12", "matching", "min_units"),
        ("--seed=77", "matching", "seed"),
        ("--level=paragraph,document", "removal", "level"),
        ("--keep=field:score:desc", "removal", "keep"),
        ("--remove-coverage=0.95", "removal", "remove_coverage"),
        ("--only=duplicates", "removal", "only"),
        ("--html=marked", "removal", "html"),
    ];
    let file = effective(&place, &["--config", "mine.toml"]);
    for (section, key, value) in
        [("matching", "threshold", "0.7"), ("matching", "seed", "4"), ("chrome", "min_pages", "9")]
    {
        assert_eq!(file[section][key].to_string(), value);
    }
    assert_eq!(file["removal"]["keep"].as_str(), Some("field:date"));
    for (flag, section, key) in flags {
        let now = effective(&place, &["--config", "mine.toml", flag]);
        assert_ne!(now[section].get(key), file[section].get(key), "{flag}");
        let mut others = now.clone();
        let others = others[section].as_table_mut().unwrap();
        match file[section].get(key) {
            Some(value) => others.insert(key.into(), value.clone()),
            None => others.remove(key),
        };
        assert_eq!(Some(&*others), file[section].as_table(), "{flag} changes nothing else");
    }
}

#[test]
fn what_config_prints_config_reads() {
    let place = Place::new();
    let flags =
        ["--threshold=0.61", "--keep=field:a:b:desc", "--level=paragraph", "--site-field=s", "--only=chrome"];
    let first = place.done(&[&["config"], &flags[..]].concat()).stdout;
    place.file("effective.toml", first.as_bytes());
    assert_eq!(place.done(&["config", "--config", "effective.toml"]).stdout, first);
}

/// A run under a file is the run under its flags.
#[test]
fn runs_use_the_file() {
    let place = sample();
    place.file("mine.toml", b"[removal]\nkeep = \"none\"\n");
    place.done(&["clean", "pages.jsonl", "-o", "file", "--config", "mine.toml"]);
    place.done(&["clean", "pages.jsonl", "-o", "flag", "--keep", "none"]);
    assert_eq!(place.text("file/documents.jsonl"), place.text("flag/documents.jsonl"));
    assert_eq!(place.read("file/clean/pages.jsonl"), place.read("pages.jsonl"));
    assert_eq!(place.json("file/run.json")["config"], place.json("flag/run.json")["config"]);
}

#[test]
fn fields_by_name() {
    let line = |key: u32, host: &str, body: &str| {
        serde_json::json!({"key": key, "meta": {"address": format!("https://www.{host}/p{key}")}, "host": "一站", "body": body})
            .to_string()
            + "\n"
    };
    let content =
        [line(7, "a.example", KILN[0]), line(8, "a.example", KILN[1]), line(9, "b.example", FERRY[0])]
            .concat();
    let place = Place::with(&[("pages.jsonl", &content)]);
    let base = ["clusters", "pages.jsonl", "-o", "out", "--force", "--text-field", "body"];
    let run = |flags: &[&str]| -> (Vec<Value>, Vec<Value>) {
        place.done(&[&base[..], flags].concat());
        let sites = place.json("out/run.json")["sites"].as_array().unwrap().clone();
        let mut sites: Vec<Value> = sites.into_iter().map(|site| site["site"].clone()).collect();
        sites.sort_by_key(Value::to_string);
        (place.rows("out/documents.jsonl").into_iter().map(|row| row["id"].clone()).collect(), sites)
    };
    let numbered = ["pages.jsonl#1", "pages.jsonl#2", "pages.jsonl#3"];
    assert_eq!(run(&[]), (numbered.map(Value::from).to_vec(), vec![Value::Null]));
    assert_eq!(run(&["--id-field", "key"]).0, [7, 8, 9]);
    assert_eq!(run(&["--url-field", "meta.address"]).1, ["a.example", "b.example"]);
    assert_eq!(run(&["--url-field", "meta.address", "--site-field", "host"]).1, ["一站"]);
    assert_eq!(run(&["--format", "txt"]).0, ["pages.jsonl"], "one text, not three records");
}

/// Numbers that decide about copies.
#[test]
fn numbers_that_decide() {
    let short = ["去年柳湾村的旧粮仓改成了图书室了", "去年柳湾村的旧粮仓改成了图书室啦"];
    let longer = [LIBRARY[0], LIBRARY[1], LIBRARY[2], "据说他最近又在学修收音机"];
    let content = [
        record("short", &short[..1]),
        record("short-too", &short[1..]),
        record("library", &LIBRARY),
        record("longer", &longer),
    ];
    let place = Place::with(&[("pages.jsonl", &content.concat())]);
    let run = |flags: &[&str]| -> Vec<Value> {
        place.done(&[&["clean", "pages.jsonl", "-o", "out", "--force"], flags].concat());
        place.rows("out/documents.jsonl")
    };
    let kept =
        |flags: &[&str]| -> Vec<Value> { run(flags)[2..].iter().map(|row| row["kept"].clone()).collect() };
    assert_eq!(kept(&["--keep", "first", "--remove-coverage", ".6"]), [true, false]);
    assert_eq!(kept(&["--keep", "first"]), [true, true], "it has a sentence of its own");
    assert_eq!(kept(&["--keep", "first", "--remove-coverage", "1"]), [true, true]);
    assert_eq!(
        kept(&["--keep", "longest", "--remove-coverage", "1"]),
        [false, true],
        "all of it stands there"
    );
    let clusters =
        |flags: &[&str]| -> Vec<Value> { run(flags).iter().map(|row| row["cluster"].clone()).collect() };
    let near = ["--threshold", "0.1", "--containment", "0.5"];
    assert_eq!(clusters(&near)[1], "short");
    assert_eq!(clusters(&[&near[..], &["--min-units", "20"]].concat())[1], "short-too");
    let seed = |flags: &[&str]| {
        run(flags);
        place.json("out/run.json")["fingerprint"].clone()
    };
    assert_ne!(seed(&["--seed", "1"]), seed(&["--seed", "2"]));
}
