//! Clusters of whole runs, read from their files: every number in them made again from the texts.

use std::collections::BTreeMap;
use std::path::Path;

use dechaff::Config;
use dechaff::config::Level;
use dechaff::matching::verify::overlap;
use dechaff::output::Overwrite;
use dechaff::pipeline::documents::Pairs;
use dechaff::pipeline::run::{Job, Rewrite, run};
use dechaff::progress::Silent;
use serde_json::Value;

use crate::corpus::{shingles_of, write};
use crate::texts::{Edit, Random, SCRIPTS, Script, Words, words, written};

/// Paragraphs, each of these words, one a line.
fn page(script: Script, paragraphs: &[Words]) -> String {
    let lines: Vec<String> = paragraphs.iter().map(|words| written(script, words, usize::MAX)).collect();
    lines.join("\n")
}

/// A finished run on made-up texts.
struct Run {
    texts: Vec<String>,
    clusters: Vec<Value>,
    members: Vec<Value>,
}

fn rows(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

impl Run {
    fn new(texts: Vec<String>) -> Self {
        Self::with(texts, Config::default().matching.max_bucket)
    }

    /// A run that compares buckets of up to this size pair by pair.
    fn with(texts: Vec<String>, max_bucket: usize) -> Self {
        let place = tempfile::tempdir().unwrap();
        let (input, output) = (place.path().join("texts.jsonl"), place.path().join("out"));
        write(&input, &texts);
        let mut config = Config::default();
        config.matching.max_bucket = max_bucket;
        config.removal.level = vec![Level::Document, Level::Block, Level::Paragraph];
        let job = Job {
            inputs: vec![input.to_str().unwrap().to_owned()],
            protect: Vec::new(),
            against: Vec::new(),
            output: output.clone(),
            overwrite: Overwrite::Refuse,
            rewrite: Rewrite::Planned,
            pairs: Pairs::Skip,
            memory: usize::MAX,
            rules: None,
            model: None,
            config,
        };
        run(&job, &Silent).unwrap();
        for removed in rows(&output.join("removed.jsonl")) {
            let reason = removed["reason"].as_str().unwrap();
            assert!(!reason.starts_with("chrome"), "nothing here is chrome: {removed}");
        }
        Self {
            texts,
            clusters: rows(&output.join("clusters.jsonl")),
            members: rows(&output.join("members.jsonl")),
        }
    }

    /// The text that a unit of a log stands for.
    fn text(&self, unit: &Value) -> String {
        let text = &self.texts[unit["id"].as_str().unwrap().parse::<usize>().unwrap()];
        let lines: Vec<&str> = text.split('\n').collect();
        let named: Vec<usize> =
            unit["lines"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
        let span =
            &text[unit["byte_start"].as_u64().unwrap() as usize..unit["byte_end"].as_u64().unwrap() as usize];
        let of_lines = match unit["level"].as_str().unwrap() {
            "paragraph" => named.iter().map(|&line| lines[line - 1]).collect::<Vec<_>>().join("\n"),
            _ => lines[named[0] - 1..named[1]].join("\n"),
        };
        // A joined paragraph leaves out what lies between its pieces.
        assert!(of_lines == span || named.windows(2).any(|pair| pair[1] > pair[0] + 1), "{unit}");
        of_lines
    }

    /// Checks each member against its representative, and returns how many there are of each level.
    fn check(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        let mut at = 0;
        for cluster in &self.clusters {
            let (name, level) = (&cluster["cluster"], cluster["level"].as_str().unwrap());
            let size = cluster["size"].as_u64().unwrap() as usize;
            let members = &self.members[at..at + size];
            at += size;
            let mut kept = cluster["kept"].clone();
            kept["level"] = level.into();
            let whole = self.text(&kept);
            let set = shingles_of(&whole);
            let mut weakest = 1.0f64;
            let mut itself = 0;
            for member in members {
                assert_eq!((&member["cluster"], member["level"].as_str().unwrap()), (name, level));
                *counts.entry(level.to_owned()).or_insert(0) += 1;
                let text = self.text(member);
                let other = shingles_of(&text);
                let overlap = overlap(&other, &set);
                let is = |key: &str, value: f64| {
                    let said = member[key].as_f64().unwrap();
                    assert!((said - value).abs() < 0.0001, "{key} is {value:.4}, not {said}: {member}");
                };
                is("jaccard", overlap.jaccard());
                is("containment", overlap.containment());
                is("coverage", overlap.a_in_b());
                itself += usize::from(
                    ["doc", "byte_start", "byte_end"].iter().all(|key| member[*key] == kept[*key]),
                );
                let strength = match member["relation"].as_str().unwrap() {
                    "identical" => {
                        assert_eq!(other, set, "{member}");
                        1.0
                    }
                    // Documents that share something in every passage need less; those that another member is near
                    // to, too.
                    "near" => {
                        let least =
                            if level == "document" && set.len().min(other.len()) >= 50 { 0.12 } else { 0.5 };
                        assert!(overlap.jaccard() >= least, "{member}");
                        overlap.jaccard()
                    }
                    relation @ ("fragment" | "contains") => {
                        assert_eq!(relation == "fragment", other.len() <= set.len(), "{member}");
                        assert!(overlap.containment() >= 0.8, "{member}");
                        overlap.containment()
                    }
                    other => panic!("{other}"),
                };
                weakest = weakest.min(strength);
            }
            assert_eq!(itself, 1, "the kept unit is a member: {cluster}");
            assert!(
                (cluster["weakest"].as_f64().unwrap() - weakest).abs() < 0.0001,
                "weakest is {weakest}: {name}"
            );
        }
        assert_eq!(at, self.members.len());
        counts
    }

    /// For each document the cluster of this level it is in; for paragraphs, by document and line.
    fn cluster_of(&self, level: &str) -> BTreeMap<(usize, u64), String> {
        let of_level = self.members.iter().filter(|member| member["level"] == level);
        of_level
            .map(|member| {
                let id = member["id"].as_str().unwrap().parse().unwrap();
                ((id, member["lines"][0].as_u64().unwrap()), member["cluster"].to_string())
            })
            .collect()
    }
}

#[test]
fn every_member_matches_its_representative() {
    for script in SCRIPTS {
        let mut random = Random::new(41 + script as u64);
        let mut texts = Vec::new();
        for _ in 0..40 {
            let base: Vec<Words> = (0..random.between(4, 12))
                .map(|_| {
                    let length = random.between(25, 140);
                    words(&mut random, length)
                })
                .collect();
            texts.push(page(script, &base));
            for _ in 0..5 {
                let mut copy = base.clone();
                match random.below(5) {
                    // Some paragraphs of it among others: a block.
                    0 => {
                        copy.truncate(3.max(base.len() / 2));
                        for at in 0..4 {
                            let length = random.between(60, 150);
                            copy.insert(at / 2 * copy.len(), words(&mut random, length));
                        }
                    }
                    // Cut short.
                    1 => copy.truncate(2.max(base.len() / 2)),
                    // The end of a paragraph under another.
                    2 => {
                        let last = copy.last_mut().unwrap();
                        *last = last.split_off(last.len() / 2);
                    }
                    _ => {}
                }
                let edit = Edit::any(&mut random, 0.12);
                for paragraph in &mut copy {
                    if random.below(3) > 0 {
                        *paragraph = edit.apply(&mut random, paragraph);
                    }
                }
                texts.push(page(script, &copy));
            }
        }
        let counts = Run::new(texts).check();
        crate::say(&format!("members checked, {script:?}: {counts:?}"));
        assert!(["document", "block", "paragraph"].iter().all(|level| counts[*level] >= 30), "{counts:?}");
    }
}

/// A text that is edited again and again: neighbours are copies, the ends have nothing in common.
#[test]
fn chains_are_split() {
    for script in SCRIPTS {
        let mut random = Random::new(43 + script as u64);
        let mut texts = Vec::new();
        let (chains, length) = (6, 90);
        for _ in 0..chains {
            let mut text = words(&mut random, 400);
            for _ in 0..length {
                texts.push(written(script, &text, usize::MAX));
                text = Edit::Scattered(0.02).apply(&mut random, &text);
            }
        }
        let ends: Vec<f64> = (0..chains)
            .map(|chain| {
                let (first, last) = (&texts[chain * length], &texts[chain * length + length - 1]);
                overlap(&shingles_of(first), &shingles_of(last)).jaccard()
            })
            .collect();
        assert!(ends.iter().all(|&jaccard| jaccard < 0.1), "{ends:?}");
        let run = Run::new(texts);
        run.check();
        for level in ["document", "paragraph"] {
            let cluster_of = run.cluster_of(level);
            for chain in 0..chains {
                let of = |at: usize| cluster_of.get(&(chain * length + at, 1));
                let clusters: std::collections::BTreeSet<_> = (0..length).filter_map(of).collect();
                assert!(clusters.len() >= 2, "{level}: chain {chain} is whole");
                assert!(
                    of(0).is_none() || of(0) != of(length - 1),
                    "{level}: both ends of chain {chain} in one"
                );
                // What is left alone has nobody left to be with.
                let alone: Vec<usize> = (0..length).filter(|&at| of(at).is_none()).collect();
                for pair in alone.windows(2) {
                    let of = |at: usize| shingles_of(&run.texts[chain * length + at]);
                    let jaccard = overlap(&of(pair[0]), &of(pair[1])).jaccard();
                    assert!(
                        jaccard < 0.75,
                        "{level}: {pair:?} of chain {chain} are alike and alone, J {jaccard:.2}"
                    );
                }
            }
        }
    }
}

/// Several hundred paragraphs that begin alike, in pairs and triples of copies: each cluster is found, none is joined
/// with another.
#[test]
fn a_common_head_hides_no_paragraph() {
    for script in SCRIPTS {
        let mut random = Random::new(47 + script as u64);
        let head = words(&mut random, 24);
        let mut texts = Vec::new();
        let mut family_of = Vec::new();
        for family in 0..300 {
            let length = random.between(80, 160);
            let base = [&head[..], &words(&mut random, length)].concat();
            for copy in 0..2 + family % 2 {
                let edit = Edit::Scattered(if copy == 0 { 0.0 } else { 0.015 });
                let edited = edit.apply(&mut random, &base[head.len()..]);
                texts.push(written(script, &[&head[..], &edited].concat(), usize::MAX));
                family_of.push(family);
            }
        }
        without_caps(&texts, "paragraph", &family_of);
    }
}

/// Several hundred copies of one paragraph, each with edits of its own.
#[test]
fn a_large_family_is_one_cluster() {
    for script in SCRIPTS {
        let mut random = Random::new(53 + script as u64);
        let base = words(&mut random, 260);
        let texts: Vec<String> = (0..500)
            .map(|_| written(script, &Edit::Scattered(0.02).apply(&mut random, &base), usize::MAX))
            .collect();
        let family_of = vec![0; texts.len()];
        without_caps(&texts, "paragraph", &family_of);
        without_caps(&texts, "document", &family_of);
    }
}

/// Several hundred copies of a few documents, half of them cut short: nothing of what they share is rare.
#[test]
fn a_large_family_holds_its_parts() {
    for script in SCRIPTS {
        let mut random = Random::new(73 + script as u64);
        let (mut texts, mut family_of) = (Vec::new(), Vec::new());
        for family in 0..3 {
            let base: Vec<Words> = (0..10).map(|_| words(&mut random, 60)).collect();
            for copy in 0..160 {
                let length = if copy % 2 == 0 { 10 } else { 4 + copy % 5 };
                let edit = |paragraph: &Words| Edit::Scattered(0.01).apply(&mut random, paragraph);
                let paragraphs: Vec<Words> = base[..length].iter().map(edit).collect();
                texts.push(page(script, &paragraphs));
                family_of.push(family);
            }
        }
        without_caps(&texts, "document", &family_of);
    }
}

/// Several hundred documents under one preamble, in pairs: a document and a copy of like length, or one cut short.
#[test]
fn a_common_preamble_hides_no_document() {
    for script in SCRIPTS {
        let mut random = Random::new(59 + script as u64);
        let preamble: Vec<Words> = (0..3).map(|_| words(&mut random, 50)).collect();
        let mut texts = Vec::new();
        let mut family_of = Vec::new();
        for family in 0..250 {
            let own: Vec<Words> = (0..8)
                .map(|_| {
                    let length = random.between(60, 110);
                    words(&mut random, length)
                })
                .collect();
            let copied: Vec<Words> =
                own.iter().map(|paragraph| Edit::Scattered(0.02).apply(&mut random, paragraph)).collect();
            let copied = &copied[..if family % 2 == 0 { 8 } else { 4 }];
            texts.push(page(script, &[&preamble[..], &own].concat()));
            texts.push(page(script, &[&preamble[..], copied].concat()));
            family_of.extend([family, family]);
        }
        without_caps(&texts, "document", &family_of);
    }
}

/// Pages by one template: the same words all over, between others. They are no copies; an edited one is.
#[test]
fn a_template_makes_no_copies() {
    for script in SCRIPTS {
        let mut random = Random::new(79 + script as u64);
        let template: Vec<Words> = (0..6).map(|_| words(&mut random, 12)).collect();
        let (mut texts, mut family_of) = (Vec::new(), Vec::new());
        for family in 0..240 {
            let page: Words =
                template.iter().flat_map(|part| [part.clone(), words(&mut random, 10)].concat()).collect();
            texts.push(written(script, &page, usize::MAX));
            family_of.push(family);
            if family % 4 == 0 {
                let edited = Edit::Scattered(0.03).apply(&mut random, &page);
                texts.push(written(script, &edited, usize::MAX));
                family_of.push(family);
            }
        }
        let jaccard = overlap(&shingles_of(&texts[2]), &shingles_of(&texts[3])).jaccard();
        assert!((0.2..0.3).contains(&jaccard), "two pages by the template: {jaccard:.2}");
        only_copies_join(&texts, &family_of);
    }
}

/// Asserts that of these documents none is in a cluster of others, and that hardly a copy is alone.
fn only_copies_join(texts: &[String], family_of: &[usize]) {
    let cluster_of = Run::new(texts.to_vec()).cluster_of("document");
    let mut family_of_cluster: BTreeMap<&String, usize> = BTreeMap::new();
    for (&(at, _), cluster) in &cluster_of {
        let family = *family_of_cluster.entry(cluster).or_insert(family_of[at]);
        assert_eq!(family, family_of[at], "document {at} is in a cluster of others");
    }
    let copies = family_of.windows(2).filter(|pair| pair[0] == pair[1]).count();
    let found = cluster_of.len() / 2;
    crate::say(&format!("a template: {found} of {copies} copies found"));
    assert!(found * 100 >= copies * 90, "{found} of {copies} copies found");
}

/// Asserts that a cap on buckets hardly changes the clusters of this level, and that clusters are the families: none holds
/// two, and one member in a hundred at most is in none.
fn without_caps(texts: &[String], level: &str, family_of: &[usize]) {
    let capped = Run::new(texts.to_vec()).cluster_of(level);
    let whole = Run::with(texts.to_vec(), usize::MAX).cluster_of(level);
    let mut family_of_cluster: BTreeMap<&String, usize> = BTreeMap::new();
    let mut cluster_of_family: BTreeMap<usize, &String> = BTreeMap::new();
    let (mut lost, mut mixed) = (0, 0);
    for (at, &family) in family_of.iter().enumerate() {
        match whole.get(&(at, 1)) {
            None => lost += 1,
            Some(cluster) => {
                mixed += usize::from(*family_of_cluster.entry(cluster).or_insert(family) != family);
                lost += usize::from(*cluster_of_family.entry(family).or_insert(cluster) != cluster);
            }
        }
    }
    crate::say(&format!("{level}: {lost} of {} lost, {mixed} in a cluster of others", family_of.len()));
    assert_eq!(mixed, 0, "{level}: in a cluster of others, of {}", family_of.len());
    assert!(lost * 100 <= family_of.len(), "{level}: {lost} of {} lost", family_of.len());
    let differ = whole.iter().filter(|(place, cluster)| capped.get(place) != Some(cluster)).count();
    // What only the capped bucket would have proposed, past its windows, is what bands miss: one in a hundred at most.
    crate::say(&format!("{level}: {differ} of {} in other clusters where buckets are capped", whole.len()));
    assert!(differ * 100 <= whole.len(), "{level}: {differ} of {} in other clusters", whole.len());
}
