//! How evenly the shared shingles of two documents lie over them.
//!
//! A Jaccard of .3 has two readings. In a copy with a tenth of its words replaced, or its sentences in another order,
//! every passage still has shingles in common with the original. In two forms filled in differently, or two revisions
//! of a law, some passages are equal and others have nothing in common. In: the shingles of one document in order,
//! and those of the other, sorted. Out: the share of its passages that have something in common. Cost: one search a
//! shingle; asked for only where Jaccard does not decide.

/// Passages that a document is cut into, if they come out neither too short nor too long.
const PASSAGES: usize = 10;
/// Shingles of the shortest passage: a sentence or two.
const SHORTEST: usize = 32;
/// Shingles of the longest.
const LONGEST: usize = 128;
/// Share of a passage's shingles that must be shared.
const SOMETHING: f64 = 0.4;

/// Share of the passages of `ordered` that have something in common with `other` (sorted), 0 to 1; of an empty
/// document 0.
///
/// ```
/// use dechaff::matching::spread::spread;
/// let text: Vec<u64> = (0..320).collect();
/// let half: Vec<u64> = (0..160).collect();
/// let scattered: Vec<u64> = (0..320).step_by(2).collect();
/// assert_eq!(spread(&text, &half), 0.5);
/// assert_eq!(spread(&text, &scattered), 1.0);
/// ```
pub fn spread(ordered: &[u64], other: &[u64]) -> f64 {
    spread_of(ordered, |passage| {
        passage.iter().filter(|shingle| other.binary_search(shingle).is_ok()).count()
    })
}

/// [`spread`] where `shared` counts what both have of a passage; each is asked for once.
pub fn spread_of(ordered: &[u64], shared: impl Fn(&[u64]) -> usize) -> f64 {
    if ordered.is_empty() {
        return 0.0;
    }
    let passage = (ordered.len() / PASSAGES).clamp(SHORTEST, LONGEST);
    let passages = (ordered.len() / passage).max(1);
    // Passages of equal length: a short rest at the end would weigh as much as a whole one.
    let start = |passage: usize| passage * ordered.len() / passages;
    let counts: Vec<usize> = (0..passages).map(|at| shared(&ordered[start(at)..start(at + 1)])).collect();
    let mean = counts.iter().sum::<usize>() as f64 / ordered.len() as f64;
    let with_something = counts
        .iter()
        .enumerate()
        .filter(|&(at, &count)| count as f64 >= SOMETHING * mean * (start(at + 1) - start(at)) as f64)
        .count();
    with_something as f64 / passages as f64
}
