//! Where two unit streams agree, as runs.
//!
//! Myers, *An O(ND) difference algorithm* (1986), begun anew after every stretch of equal units: in copies, differences
//! are few and far between, so each is found for itself. Where many stand together, as where a passage was put in, the
//! nearest shingles that both have tell where the streams go on. In: two unit slices of a verified match. Out: runs of
//! equal units, increasing in both; together a longest common subsequence, as far as equal stretches belong together
//! and no long passages without one stand side by side. Cost: linear in the length, for each stretch of differences the
//! square of their number, and a sort of one stream's shingles where many stand together.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::text::shingle::shingles;

/// A run of equal units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First unit of the run in the first stream.
    pub a: u32,
    /// First unit of the run in the second stream.
    pub b: u32,
    /// Units in the run, at least 1.
    pub len: u32,
}

/// Equal units in a row after which both streams are taken to go on together: how they came there is not asked again.
const TOGETHER: usize = 8;
/// Differences without such a row up to which every way is followed.
const FOLLOWED: usize = 24;
/// Size of what lies between equal stretches, units of one side times those of the other, from which on it is left
/// apart: single units that passages of their own have in common say nothing.
const OWN: usize = 64 * 64;
/// Places of one shingle that are tried: a text may say the same five units over and over.
const TRIED: usize = 64;

/// Runs of equal units, in order, maximal.
///
/// ```
/// use dechaff::matching::align::{Run, align};
/// assert_eq!(align(&[1, 2, 3, 4], &[1, 2, 9, 4]), [Run { a: 0, b: 0, len: 2 }, Run { a: 3, b: 3, len: 1 }]);
/// ```
pub fn align(a: &[u32], b: &[u32]) -> Vec<Run> {
    let head = equal(a.iter(), b.iter());
    let tail = equal(a[head..].iter().rev(), b[head..].iter().rev());
    let (a, b) = (&a[..a.len() - tail], &b[..b.len() - tail]);

    let mut runs = Runs::default();
    runs.push(0, 0, head);
    let (mut at, mut ways, mut meetings) = ((head, head), Ways::default(), None);
    while at.0 < a.len() && at.1 < b.len() {
        if let Some(end) = ways.follow(&a[at.0..], &b[at.1..]) {
            for run in ways.runs.iter().rev() {
                runs.push(at.0 + run.a as usize, at.1 + run.b as usize, run.len as usize);
            }
            at = (at.0 + end.0, at.1 + end.1);
            continue;
        }
        let to = meetings.get_or_insert_with(|| Meetings::new(a, b)).next(at).unwrap_or((a.len(), b.len()));
        let (between_a, between_b) = (&a[at.0..to.0], &b[at.1..to.1]);
        if between_a.len() * between_b.len() < OWN {
            for op in capture_diff_slices(Algorithm::Myers, between_a, between_b) {
                if let DiffOp::Equal { old_index, new_index, len } = op {
                    runs.push(at.0 + old_index, at.1 + new_index, len);
                }
            }
        }
        let len = equal(a[to.0..].iter(), b[to.1..].iter());
        runs.push(to.0, to.1, len);
        at = (to.0 + len, to.1 + len);
    }
    runs.push(a.len(), b.len(), tail);
    runs.0
}

/// How many units two streams have in common before they differ.
fn equal<'s>(a: impl Iterator<Item = &'s u32>, b: impl Iterator<Item = &'s u32>) -> usize {
    a.zip(b).take_while(|(x, y)| x == y).count()
}

/// Runs, each maximal.
#[derive(Default)]
struct Runs(Vec<Run>);

impl Runs {
    fn push(&mut self, a: usize, b: usize, len: usize) {
        if len == 0 {
            return;
        }
        match self.0.last_mut() {
            Some(run) if (run.a + run.len) as usize == a && (run.b + run.len) as usize == b => {
                run.len += len as u32
            }
            _ => self.0.push(Run { a: a as u32, b: b as u32, len: len as u32 }),
        }
    }
}

/// The ways from a difference on. Row *d* says how far each way of *d* differences comes in the first stream, from the
/// one that takes all of them in the second stream to the one that takes all in the first.
#[derive(Default)]
struct Ways {
    rows: Vec<Option<u32>>,
    /// The runs of the way that was taken, the last first.
    runs: Vec<Run>,
}

impl Ways {
    /// Follows two streams that begin with a difference to where they go on together, or end. How far it went in
    /// each; `None` where they are too far apart.
    fn follow(&mut self, a: &[u32], b: &[u32]) -> Option<(usize, usize)> {
        self.rows.clear();
        self.rows.push(Some(0));
        for row in 1..=FOLLOWED {
            let mut together: Option<(usize, usize)> = None;
            for way in 0..=row {
                let mut reached = None;
                if let Some((from, _)) = self.step(row, way, (a.len(), b.len())) {
                    let from = from as usize;
                    let from_b = from + row - 2 * way;
                    let len = equal(a[from..].iter(), b[from_b..].iter());
                    reached = Some((from + len) as u32);
                    if (from + len, from_b + len) == (a.len(), b.len()) {
                        together = Some((usize::MAX, way));
                    } else if len >= TOGETHER && together.is_none_or(|(most, _)| len > most) {
                        together = Some((len, way));
                    }
                }
                self.rows.push(reached);
            }
            if let Some((_, way)) = together {
                return Some(self.take(row, way, (a.len(), b.len())));
            }
        }
        None
    }

    /// Where a way of a row stands in the first stream after its last difference, and which way of the row before it
    /// came from: the further of its two possibilities that do not leave the streams.
    fn step(&self, row: usize, way: usize, (a, b): (usize, usize)) -> Option<(u32, usize)> {
        let before = &self.rows[row * (row - 1) / 2..][..row];
        let in_b = before.get(way).copied().flatten().filter(|&at| at as usize + row - 2 * way <= b);
        let in_a = way.checked_sub(1).and_then(|way| before[way]).filter(|&at| (at as usize) < a);
        in_b.map(|at| (at, way)).max(in_a.map(|at| (at + 1, way - 1)))
    }

    /// Notes the runs of a way, from its end to its begin; gives its end.
    fn take(&mut self, mut row: usize, mut way: usize, ends: (usize, usize)) -> (usize, usize) {
        self.runs.clear();
        let mut end = None;
        while let Some((from, before)) = (row > 0).then(|| self.step(row, way, ends)).flatten() {
            let to = self.rows[row * (row + 1) / 2 + way].unwrap_or(from);
            let aside = |at: u32| at as usize + row - 2 * way;
            end.get_or_insert((to as usize, aside(to)));
            if to > from {
                self.runs.push(Run { a: from, b: aside(from) as u32, len: to - from });
            }
            (row, way) = (row - 1, before);
        }
        end.unwrap_or_default()
    }
}

/// Where shingles that both streams have stand.
struct Meetings<'s> {
    a: &'s [u32],
    b: &'s [u32],
    /// The shingles of the first stream.
    shingles: Vec<u64>,
    /// Those of the second, sorted, each with its place.
    places: Vec<(u64, u32)>,
}

impl<'s> Meetings<'s> {
    fn new(a: &'s [u32], b: &'s [u32]) -> Self {
        let [mut of_a, mut of_b] = [Vec::new(), Vec::new()];
        shingles(a, &mut of_a);
        shingles(b, &mut of_b);
        let mut places: Vec<(u64, u32)> = of_b.into_iter().zip(0..).collect();
        places.sort_unstable();
        Self { a, b, shingles: of_a, places }
    }

    /// The nearest places from `at` on, counted over both streams, where both have [`TOGETHER`] equal units in a row.
    fn next(&self, at: (usize, usize)) -> Option<(usize, usize)> {
        let mut nearest: Option<(usize, usize)> = None;
        for (from, &shingle) in self.shingles.iter().enumerate().skip(at.0) {
            if nearest.is_some_and(|(a, b)| a + b <= from + at.1) {
                break;
            }
            let first = self.places.partition_point(|&place| place < (shingle, at.1 as u32));
            let meets = self.places[first..]
                .iter()
                .take(TRIED)
                .take_while(|&&(other, _)| other == shingle)
                .map(|&(_, to)| (from, to as usize))
                .find(|&(from, to)| {
                    equal(self.a[from..].iter().take(TOGETHER), self.b[to..].iter()) == TOGETHER
                });
            if let Some((a, b)) = meets
                && nearest.is_none_or(|(c, d)| a + b < c + d)
            {
                nearest = meets;
            }
        }
        nearest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_are_equal_and_increasing(a in proptest::collection::vec(0u32..5, 0..40),
                                         b in proptest::collection::vec(0u32..5, 0..40)) {
            let most = longest_common_subsequence(&a, &b);
            prop_assert!(total(&a, &b) <= most);
            // Where nothing stands together, nothing is taken before the whole is seen.
            if !a.windows(TOGETHER).any(|row| b.windows(TOGETHER).any(|other| row == other)) {
                prop_assert_eq!(total(&a, &b), most);
            }
        }

        /// An edit here and there, as copies have them, and a passage that is left out.
        #[test]
        fn copies_are_aligned_as_well_as_can_be(
            edits in proptest::collection::vec(0usize..4, 0..13),
            gap in (0usize..160, 0usize..160),
        ) {
            let text: Vec<u32> = (0..12 * edits.len() as u32).collect();
            let mut copy = Vec::new();
            for (row, &edit) in text.chunks(12).zip(&edits) {
                let other = 1000 + row[0];
                match edit {
                    0 => copy.extend_from_slice(row),
                    1 => copy.extend([&[other], row].concat()),
                    2 => copy.extend([&[other], &row[1..]].concat()),
                    _ => copy.extend_from_slice(&row[1..]),
                }
            }
            copy.drain(gap.0.min(copy.len())..(gap.0 + gap.1).min(copy.len()));
            let most = longest_common_subsequence(&text, &copy);
            prop_assert_eq!([total(&text, &copy), total(&copy, &text)], [most, most]);
        }
    }

    /// Units in runs, each of which is looked at.
    fn total(a: &[u32], b: &[u32]) -> usize {
        let (mut at_a, mut at_b, mut total) = (0, 0, 0);
        let runs = align(a, b);
        for run in &runs {
            let (i, j, len) = (run.a as usize, run.b as usize, run.len as usize);
            assert!(i >= at_a && j >= at_b && len > 0, "{runs:?}");
            assert_eq!(&a[i..i + len], &b[j..j + len]);
            (at_a, at_b) = (i + len, j + len);
            total += len;
        }
        total
    }

    /// The textbook table, as oracle.
    fn longest_common_subsequence(a: &[u32], b: &[u32]) -> usize {
        let mut row = vec![0; b.len() + 1];
        for &x in a {
            let mut diagonal = 0;
            for (j, &y) in b.iter().enumerate() {
                let above = row[j + 1];
                row[j + 1] = if x == y { diagonal + 1 } else { above.max(row[j]) };
                diagonal = above;
            }
        }
        row[b.len()]
    }
}
