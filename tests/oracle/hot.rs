//! Buckets that are too large to be compared pair by pair: what lies in them is found all the same.

use dechaff::Config;
use dechaff::matching::verify::Overlap;
use dechaff::pipeline::{documents, paragraphs};
use rayon::prelude::*;

use crate::candidates::{all_pairs, assert_recall};
use crate::corpus::{read, shingles_of};
use crate::texts::{Edit, Random, SCRIPTS, Words, words, written};

/// Pairs of one kind: its name, the least share that must be proposed, and which pairs they are.
type Kind = (&'static str, f64, fn(Overlap) -> bool);

/// A tenth of all paragraphs begin with the same words. Among those are copies of like length, and pieces that share
/// no more than the beginning with the whole, and the place where they stand in it.
#[test]
fn a_tenth_of_all_paragraphs_begin_alike() {
    for script in SCRIPTS {
        let mut random = Random::new(61 + script as u64);
        let head = words(&mut random, 24);
        let mut hot = Vec::new();
        for family in 0..400 {
            let length = random.between(80, 200);
            let base = [&head[..], &words(&mut random, length)].concat();
            hot.push(written(script, &base, usize::MAX));
            let copy = if family % 2 == 0 {
                Edit::Scattered(0.03).apply(&mut random, &base[head.len()..])
            } else {
                let piece = ((0.3 + 0.4 * random.share()) * length as f64) as usize;
                Edit::Scattered(0.005).apply(&mut random, &base[head.len()..head.len() + piece])
            };
            hot.push(written(script, &[&head[..], &copy].concat(), usize::MAX));
        }
        let count = hot.len();
        let others = (0..9 * count).map(|_| {
            let length = random.between(20, 60);
            written(script, &words(&mut random, length), usize::MAX)
        });
        let texts: Vec<String> = hot.into_iter().chain(others).collect();
        let sets: Vec<Vec<u64>> = texts[..count].par_iter().map(|text| shingles_of(text)).collect();
        let (_, proposed) = paragraphs::proposed(&read(&texts), &Config::default()).unwrap();
        let kinds: [Kind; 2] = [
            ("J .7-1", 0.99, |overlap| overlap.jaccard() >= 0.7),
            ("fragments", 0.95, |overlap| overlap.jaccard() < 0.7 && overlap.containment() >= 0.9),
        ];
        for (kind, floor, wanted) in kinds {
            let pairs = all_pairs(&sets, wanted).into_iter().map(|(pair, _)| pair).collect();
            assert_recall(&format!("hot paragraphs, {script:?}, {kind}"), floor, 100, &proposed, pairs);
        }
    }
}

/// Pages by one pattern: half of each is the pattern. Some have a copy, edited, and some a copy that was cut short.
#[test]
fn pages_by_one_pattern() {
    for script in SCRIPTS {
        let mut random = Random::new(67 + script as u64);
        let pattern: Vec<Words> = (0..6).map(|_| words(&mut random, 30)).collect();
        let mut texts = Vec::new();
        let page = |random: &mut Random, own: &[Words], edits: f64| -> String {
            let lines = pattern.iter().zip(own).flat_map(|(line, own)| {
                [line.clone(), Edit::Scattered(edits).apply(random, own)]
                    .into_iter()
                    .filter(|line| !line.is_empty())
            });
            let lines: Vec<String> = lines.map(|line| written(script, &line, usize::MAX)).collect();
            lines.join("\n")
        };
        for family in 0..1500 {
            let own: Vec<Words> = (0..6).map(|_| words(&mut random, 30)).collect();
            texts.push(page(&mut random, &own, 0.0));
            match family % 4 {
                0 => texts.push(page(&mut random, &own, 0.02)),
                1 => texts.push(page(&mut random, &own, 0.08)),
                2 => texts.push(page(&mut random, &own[..3], 0.01)),
                _ => {}
            }
        }
        let sets: Vec<Vec<u64>> = texts.par_iter().map(|text| shingles_of(text)).collect();
        let proposed = documents::proposed(&read(&texts), &Config::default()).unwrap();
        let kinds: [Kind; 3] = [
            ("J .8-1", 0.99, |overlap| overlap.jaccard() >= 0.8),
            ("J .55-.8", 0.98, |overlap| (0.55..0.8).contains(&overlap.jaccard())),
            ("fragments", 0.95, |overlap| overlap.jaccard() < 0.55 && overlap.containment() >= 0.85),
        ];
        for (kind, floor, wanted) in kinds {
            let pairs = all_pairs(&sets, wanted).into_iter().map(|(pair, _)| pair).collect();
            assert_recall(
                &format!("pages by one pattern, {script:?}, {kind}, {} proposed", proposed.len()),
                floor,
                100,
                &proposed,
                pairs,
            );
        }
    }
}

/// Paragraphs by one pattern, as forms are: hardly a band tells them apart. Some have a copy, edited in a word or two.
#[test]
fn paragraphs_by_one_pattern() {
    for script in SCRIPTS {
        let mut random = Random::new(71 + script as u64);
        let pattern: Vec<Words> = (0..3).map(|_| words(&mut random, 36)).collect();
        let mut texts = Vec::new();
        for family in 0..1500 {
            let form: Words =
                pattern.iter().flat_map(|part| [part.clone(), words(&mut random, 6)].concat()).collect();
            texts.push(written(script, &form, usize::MAX));
            if family % 3 == 0 {
                texts.push(written(script, &Edit::Scattered(0.004).apply(&mut random, &form), usize::MAX));
            }
        }
        let sets: Vec<Vec<u64>> = texts.par_iter().map(|text| shingles_of(text)).collect();
        let (_, proposed) = paragraphs::proposed(&read(&texts), &Config::default()).unwrap();
        let pairs = all_pairs(&sets, |overlap| overlap.jaccard() >= 0.85);
        let pairs = pairs.into_iter().map(|(pair, _)| pair).collect();
        let kind = format!("paragraphs by one pattern, {script:?}, J .85-1, {} proposed", proposed.len());
        assert_recall(&kind, 0.99, 300, &proposed, pairs);
    }
}
