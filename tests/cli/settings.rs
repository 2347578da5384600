//! Flag over file over default.

use crate::fixture::{Place, sample, snapshot};

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
            ("--threshold", "matching", "threshold"),
            ("--containment", "matching", "containment"),
            ("--min-units", "matching", "min_units"),
            ("--seed", "matching", "seed"),
            ("--level", "removal", "level"),
            ("--keep", "removal", "keep"),
            ("--remove-coverage", "removal", "remove_coverage"),
        ] {
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
        ("--threshold=0.6", "matching", "threshold"),
        ("--containment=0.75", "matching", "containment"),
        ("--min-units=12", "matching", "min_units"),
        ("--seed=77", "matching", "seed"),
        ("--level=paragraph,document", "removal", "level"),
        ("--keep=field:score:desc", "removal", "keep"),
        ("--remove-coverage=0.95", "removal", "remove_coverage"),
        ("--only=duplicates", "removal", "only"),
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
