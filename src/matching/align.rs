//! Where two unit streams agree: their longest common subsequence, as runs.
//!
//! Myers, *An O(ND) difference algorithm* (1986), over what is left after the common head and tail. In: two unit
//! slices of a verified match. Out: runs of equal units, increasing in both. Cost: linear in the length times the
//! number of differences, so it is asked for only where a match needs its differences shown.

use similar::algorithms::{Capture, Compact, DiffHook, Replace};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::myers::{self, common_ends};

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

/// Work beyond which the middle is left unaligned: a pair that differs so much is no copy to be shown unit by unit.
const MAX_MIDDLE: usize = 20_000;

/// Runs of equal units, in order, maximal.
///
/// ```
/// use dechaff::matching::align::{Run, align};
/// assert_eq!(align(&[1, 2, 3, 4], &[1, 2, 9, 4]), [Run { a: 0, b: 0, len: 2 }, Run { a: 3, b: 3, len: 1 }]);
/// ```
pub fn align(a: &[u32], b: &[u32]) -> Vec<Run> {
    let (head, tail) = common_ends(a, b);
    let (middle_a, middle_b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);

    let mut runs: Vec<Run> = Vec::new();
    let mut push = |a: usize, b: usize, len: usize| {
        if len > 0 {
            match runs.last_mut() {
                Some(run) if (run.a + run.len) as usize == a && (run.b + run.len) as usize == b => {
                    run.len += len as u32
                }
                _ => runs.push(Run { a: a as u32, b: b as u32, len: len as u32 }),
            }
        }
    };
    push(0, 0, head);
    let shorter = middle_a.len().min(middle_b.len());
    if shorter > 0 && middle_a.len().max(middle_b.len()) <= MAX_MIDDLE {
        for op in edit_script(middle_a, middle_b) {
            if let DiffOp::Equal { old_index, new_index, len } = op {
                push(head + old_index, head + new_index, len);
            }
        }
    }
    push(a.len() - tail, b.len() - tail, tail);
    runs
}

/// What turns one stream into the other: [`capture_diff_slices`].
fn edit_script(a: &[u32], b: &[u32]) -> Vec<DiffOp> {
    let mut script = Compact::new(Replace::new(Capture::new()), a, b);
    if myers::diff(a, b, &mut script).is_none() {
        return capture_diff_slices(Algorithm::Myers, a, b);
    }
    let Ok(()) = script.finish();
    script.into_inner().into_inner().into_ops()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn scripts_are_those_of_similar(a in proptest::collection::vec(0u32..5, 0..90),
                                        b in proptest::collection::vec(0u32..5, 0..90)) {
            prop_assert_eq!(edit_script(&a, &b), capture_diff_slices(Algorithm::Myers, &a, &b));
        }

        #[test]
        fn runs_are_equal_and_increasing(a in proptest::collection::vec(0u32..5, 0..40),
                                         b in proptest::collection::vec(0u32..5, 0..40)) {
            let (mut at_a, mut at_b, mut total) = (0, 0, 0);
            for run in align(&a, &b) {
                let (i, j, len) = (run.a as usize, run.b as usize, run.len as usize);
                prop_assert!(i >= at_a && j >= at_b && len > 0);
                prop_assert_eq!(&a[i..i + len], &b[j..j + len]);
                (at_a, at_b) = (i + len, j + len);
                total += len;
            }
            prop_assert_eq!(total, longest_common_subsequence(&a, &b));
        }
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
