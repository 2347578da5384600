//! Which of the true pairs are proposed at all. The truth: every pair, compared exactly.

use dechaff::Config;
use dechaff::matching::verify::{Overlap, overlap};
use dechaff::pipeline::{documents, paragraphs};
use rayon::prelude::*;

use crate::corpus::{read, shingles_of};
use crate::texts::{Edit, Random, SCRIPTS, Script, words, written};

/// All pairs of these texts for which `wanted` holds, with their overlaps.
pub(crate) fn all_pairs(
    sets: &[Vec<u64>],
    wanted: impl Fn(Overlap) -> bool + Sync,
) -> Vec<((u32, u32), Overlap)> {
    let count = sets.len() as u32;
    (0..count)
        .into_par_iter()
        .flat_map_iter(|a| (a + 1..count).map(move |b| (a, b)))
        .map(|(a, b)| ((a, b), overlap(&sets[a as usize], &sets[b as usize])))
        .filter(|&(_, overlap)| wanted(overlap))
        .collect()
}

/// Asserts that of the true pairs of this kind at least a share was proposed.
pub(crate) fn assert_recall(
    kind: &str,
    floor: f64,
    fewest: usize,
    proposed: &[(u32, u32)],
    pairs: Vec<(u32, u32)>,
) {
    let found = pairs.iter().filter(|pair| proposed.binary_search(pair).is_ok()).count();
    let share = found as f64 / pairs.len().max(1) as f64;
    crate::say(&format!("{kind}: {found} of {} pairs proposed, {share:.4}", pairs.len()));
    assert!(pairs.len() >= fewest, "{kind}: {} pairs say nothing", pairs.len());
    assert!(share >= floor, "{kind}: {found} of {} pairs proposed, {share:.4} < {floor}", pairs.len());
}

fn in_range(pairs: &[((u32, u32), Overlap)], from: f64, to: f64) -> Vec<(u32, u32)> {
    pairs.iter().filter(|(_, o)| (from..to).contains(&o.jaccard())).map(|&(pair, _)| pair).collect()
}

/// Families of a text and its edits.
fn families(script: Script, seed: u64, count: usize, units: (usize, usize), most: f64) -> Vec<String> {
    let mut random = Random::new(seed);
    let mut texts = Vec::new();
    for _ in 0..count {
        let length = random.between(units.0, units.1);
        let base = words(&mut random, length);
        texts.push(written(script, &base, 90));
        for _ in 0..7 {
            let edit = Edit::any(&mut random, most);
            texts.push(written(script, &edit.apply(&mut random, &base), 90));
        }
    }
    texts
}

#[test]
fn documents_by_jaccard() {
    for script in SCRIPTS {
        let texts = families(script, 11 + script as u64, 70, (230, 1300), 0.1);
        let sets: Vec<Vec<u64>> = texts.par_iter().map(|text| shingles_of(text)).collect();
        let pairs = all_pairs(&sets, |overlap| overlap.jaccard() >= 0.4);
        let proposed = documents::proposed(&read(&texts), &Config::default()).unwrap();
        assert_recall(
            &format!("documents, {script:?}, J .4-.5"),
            0.90,
            150,
            &proposed,
            in_range(&pairs, 0.4, 0.5),
        );
        assert_recall(
            &format!("documents, {script:?}, J .5-.6"),
            0.98,
            150,
            &proposed,
            in_range(&pairs, 0.5, 0.6),
        );
        assert_recall(
            &format!("documents, {script:?}, J .6-1"),
            0.99,
            300,
            &proposed,
            in_range(&pairs, 0.6, 1.1),
        );
    }
}

#[test]
fn paragraphs_by_jaccard() {
    for script in SCRIPTS {
        let mut random = Random::new(23 + script as u64);
        let mut texts = Vec::new();
        for _ in 0..150 {
            let length = random.between(15, 220);
            let base = words(&mut random, length);
            texts.push(written(script, &base, usize::MAX));
            for _ in 0..7 {
                let edit = Edit::any(&mut random, 0.05);
                texts.push(written(script, &edit.apply(&mut random, &base), usize::MAX));
            }
        }
        let sets: Vec<Vec<u64>> = texts.par_iter().map(|text| shingles_of(text)).collect();
        let pairs = all_pairs(&sets, |overlap| overlap.jaccard() >= 0.7);
        let proposed = proposed_paragraphs(&texts);
        assert_recall(
            &format!("paragraphs, {script:?}, J .7-1"),
            0.95,
            300,
            &proposed,
            in_range(&pairs, 0.7, 1.1),
        );
        assert_recall(
            &format!("paragraphs, {script:?}, J .7-.8"),
            0.90,
            150,
            &proposed,
            in_range(&pairs, 0.7, 0.8),
        );
        assert_recall(
            &format!("paragraphs, {script:?}, J .8-1"),
            0.99,
            300,
            &proposed,
            in_range(&pairs, 0.8, 1.1),
        );
    }
}

/// A piece of a paragraph with its head or its tail, a little edited.
#[test]
fn fragments() {
    let mut both = (Vec::new(), Vec::new());
    for (at, script) in SCRIPTS.into_iter().enumerate() {
        let mut random = Random::new(37 + script as u64);
        let mut texts = Vec::new();
        for _ in 0..350 {
            let length = random.between(50, 400);
            let base = words(&mut random, length);
            texts.push(written(script, &base, usize::MAX));
            for part in 0..2 {
                let piece = ((0.25 + 0.5 * random.share()) * length as f64) as usize;
                let piece = if part == 0 { &base[..piece] } else { &base[length - piece..] };
                let edit = Edit::Scattered(random.share() * 0.02);
                texts.push(written(script, &edit.apply(&mut random, piece), usize::MAX));
            }
        }
        let sets: Vec<Vec<u64>> = texts.par_iter().map(|text| shingles_of(text)).collect();
        // What has 10 shingles in common and more: less is a stock phrase.
        let pairs = all_pairs(&sets, |overlap| overlap.containment() >= 0.9 && overlap.shared >= 10);
        let proposed = proposed_paragraphs(&texts);
        let base = (at * texts.len()) as u32;
        both.0.extend(proposed.into_iter().map(|(a, b)| (a + base, b + base)));
        both.1.extend(pairs.into_iter().map(|((a, b), _)| (a + base, b + base)));
    }
    assert_recall("fragments, containment .9-1", 0.95, 600, &both.0, both.1);
}

/// Proposed pairs of texts of one paragraph each.
fn proposed_paragraphs(texts: &[String]) -> Vec<(u32, u32)> {
    let (occurrences, pairs) = paragraphs::proposed(&read(texts), &Config::default()).unwrap();
    assert_eq!(occurrences.len(), texts.len(), "each text is one paragraph");
    pairs
}
