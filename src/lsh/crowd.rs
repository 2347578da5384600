//! Candidates of hot buckets → the few of each id that are most likely copies.
//!
//! Texts by one pattern meet in every band, and hardly any of them are copies; but a copy is nearer than they. Of the
//! pairs that stand near each other in hot buckets, each id keeps its best. So a text in a crowd costs about as many
//! verifications as one that meets a few others by chance. In: pairs, and for each how far above what a match needs
//! its estimate is. Cost: two passes over the pairs, 128 bytes an id in them.

/// Pairs that each id keeps, at least where it has as many; those as good as the last of them stay too.
const BEST: u32 = 4;
/// Steps in which margins are told apart, and how many steps make 1.
const STEPS: usize = 64;
const UNIT: f32 = 96.0;

/// The pairs that are among the best of one of their ids, in their order. `margins` holds one for each pair; those
/// more than `room` below 0 are left out.
///
/// ```
/// use dechaff::lsh::crowd::best;
/// let pairs = [(0, 1), (0, 2), (1, 2)];
/// assert_eq!(best(&pairs, &[0.3, -0.5, 0.1], 0.14).collect::<Vec<_>>(), [(0, 1), (1, 2)]);
/// ```
pub fn best<'p>(
    pairs: &'p [(u32, u32)],
    margins: &'p [f32],
    room: f32,
) -> impl Iterator<Item = (u32, u32)> + 'p {
    let step =
        move |margin: f32| (margin >= -room).then(|| (((margin + room) * UNIT) as usize).min(STEPS - 1));
    let ids = pairs.iter().map(|&(a, b)| a.max(b) as usize + 1).max().unwrap_or(0);
    // Few ids are in a crowd: each that is gets a row of its own.
    let mut rows = vec![u32::MAX; ids];
    let mut counts: Vec<u16> = Vec::new();
    for (&(a, b), &margin) in pairs.iter().zip(margins) {
        let Some(step) = step(margin) else { continue };
        for id in [a, b] {
            let row = &mut rows[id as usize];
            if *row == u32::MAX {
                *row = (counts.len() / STEPS) as u32;
                counts.resize(counts.len() + STEPS, 0);
            }
            let count = &mut counts[*row as usize * STEPS + step];
            *count = count.saturating_add(1);
        }
    }
    // The lowest step of each id at which its best are reached.
    let least: Vec<u8> = counts
        .chunks_exact(STEPS)
        .map(|counts| {
            let mut left = BEST;
            let reached = counts.iter().rposition(|&count| {
                left = left.saturating_sub(u32::from(count));
                left == 0
            });
            reached.unwrap_or(0) as u8
        })
        .collect();
    pairs.iter().zip(margins).filter_map(move |(&(a, b), &margin)| {
        let step = step(margin)?;
        let among = |id: u32| step >= usize::from(least[rows[id as usize] as usize]);
        (among(a) || among(b)).then_some((a, b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the definition: as good as the fourth best of one of its ids.
        #[test]
        fn each_id_keeps_its_best(margins in proptest::collection::vec(-20i16..60, 120)) {
            let pairs: Vec<(u32, u32)> = (0..16).flat_map(|a| (a + 1..16).map(move |b| (a, b))).collect();
            let margins: Vec<f32> = margins.iter().map(|&margin| f32::from(margin) / 100.0 + 0.002).collect();
            let step = |margin: f32| (((margin + 0.14) * UNIT) as usize).min(STEPS - 1);
            let kept = |id: u32, margin: f32| {
                let better = pairs.iter().zip(&margins).filter(|&(&(a, b), &other)| {
                    (a == id || b == id) && other >= -0.14 && step(other) > step(margin)
                });
                better.count() < BEST as usize
            };
            let want: Vec<(u32, u32)> = pairs
                .iter()
                .zip(&margins)
                .filter(|&(&(a, b), &margin)| margin >= -0.14 && (kept(a, margin) || kept(b, margin)))
                .map(|(&pair, _)| pair)
                .collect();
            prop_assert_eq!(best(&pairs, &margins, 0.14).collect::<Vec<_>>(), want);
        }
    }
}
