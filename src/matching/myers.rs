//! The edit script of two short unit streams, step by step as [`similar`] finds it, in a third of the time.
//!
//! Myers, *An O(ND) difference algorithm* (1986), in linear space: the middle snake of a shortest script is looked for
//! from both ends, then the scripts before and after it. What [`similar`] does beyond that with streams that are long,
//! very different, or of very different lengths is left to it. In: two streams that differ in their first and in
//! their last unit. Out: the calls that [`similar`] would make of a hook. Cost: lengths times differences.

use std::convert::Infallible;

use similar::algorithms::DiffHook;

/// Steps from each end after which `similar` no longer looks for a shortest script at any price.
const MAX_STEPS: usize = 256;
/// Units from which a stream is long: of two of them, `similar` may leave out what stands in one only.
const LONG: usize = 512;
/// It does not where, at either end, one stream's unit is the other's, so many units further on at most.
const NEAR: usize = 8;
/// Units of the shorter side up to which `similar` makes a table of all pairs where the other side is `LONG`.
const SHORT: usize = 64;
/// Units that `similar` takes for the same passage, in a side at least twice as long, up to `MAX_SKIP` units later.
const ANCHOR: usize = 96;
/// See [`ANCHOR`].
const MAX_SKIP: usize = 4;

/// Tells a hook the edit script that turns `a` into `b`, without the last call. `None` where that is left to
/// [`similar`]: what the hook was told until then is no script.
pub(super) fn diff(a: &[u32], b: &[u32], hook: &mut impl DiffHook<Error = Infallible>) -> Option<()> {
    if is_reduced(a, b) {
        return None;
    }
    let reversed = [a, b].map(|units| units.iter().rev().copied().collect());
    let mut search = Search { whole: [a, b], reversed, ways: [Way::default(), Way::default()], hook };
    search.conquer([0, 0], [a.len(), b.len()], MAX_STEPS)
}

struct Search<'a, H> {
    whole: [&'a [u32]; 2],
    /// The same streams from their ends.
    reversed: [Vec<u32>; 2],
    /// From the start, and from the end.
    ways: [Way; 2],
    hook: &'a mut H,
}

impl<H: DiffHook<Error = Infallible>> Search<'_, H> {
    /// Tells the script of a piece of both streams, which is found in so many steps from each end.
    fn conquer(&mut self, start: [usize; 2], end: [usize; 2], steps: usize) -> Option<()> {
        let [a, b] = [0, 1].map(|side| &self.whole[side][start[side]..end[side]]);
        let (head, tail) = common_ends(a, b);
        let (a, b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
        self.equal(start, head);
        let (start, end) = (start.map(|at| at + head), end.map(|at| at - tail));
        match (a.len(), b.len()) {
            (0, 0) => {}
            (deleted, 0) => {
                let Ok(()) = self.hook.delete(start[0], deleted, start[1]);
            }
            (0, inserted) => {
                let Ok(()) = self.hook.insert(start[0], start[1], inserted);
            }
            _ if is_special(a, b) => return None,
            _ => {
                let [x, y] = self.middle(start, end, steps)?;
                let middle = [start[0] + x, start[1] + y];
                // A piece of a shortest script is as short as may be, however long the search takes.
                self.conquer(start, middle, usize::MAX)?;
                self.conquer(middle, end, usize::MAX)?;
            }
        }
        self.equal(end, tail);
        Some(())
    }

    /// A point on a shortest way through a piece of both streams, half-way; `None` where it takes too many steps to
    /// find one.
    fn middle(&mut self, start: [usize; 2], end: [usize; 2], steps: usize) -> Option<[usize; 2]> {
        let [a, b] = [0, 1].map(|side| &self.whole[side][start[side]..end[side]]);
        let [last_a, last_b] = [0, 1].map(|side| {
            let reversed = &self.reversed[side];
            &reversed[reversed.len() - end[side]..reversed.len() - start[side]]
        });
        let (n, m) = (a.len() as i32, b.len() as i32);
        let delta = n - m;
        let [forward, backward] = &mut self.ways;
        forward.reached.clear();
        backward.reached.clear();
        for step in (0..).take(steps.min((a.len() + b.len()).div_ceil(2) + 1)) {
            forward.step(a, b);
            // Diagonals of one way face those of the other when their lengths are even or odd together.
            if delta & 1 == 1
                && let Some(at) = forward.meets(backward, (2 * step - 1 - delta) / 2, n)
            {
                let x = forward.start(at);
                return Some([x as usize, (x - diagonal(step, at)) as usize]);
            }
            backward.step(last_a, last_b);
            if delta & 1 == 0
                && let Some(at) = backward.meets(forward, (2 * step - delta) / 2, n)
            {
                let x = backward.reached[at];
                return Some([(n - x) as usize, (m - x + diagonal(step, at)) as usize]);
            }
        }
        None
    }

    fn equal(&mut self, [a, b]: [usize; 2], length: usize) {
        if length > 0 {
            let Ok(()) = self.hook.equal(a, b, length);
        }
    }
}

/// Units that two streams have in common at the start, and behind these at the end.
pub(super) fn common_ends(a: &[u32], b: &[u32]) -> (usize, usize) {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    (head, tail)
}

/// Whether `similar` leaves units out of two streams, before it looks for a script, where that may help.
fn is_reduced(a: &[u32], b: &[u32]) -> bool {
    let from_end = |units: &[u32], at: usize| units[units.len() - 1 - at];
    let meet = |near: usize| {
        a[0] == b[near]
            || b[0] == a[near]
            || from_end(a, 0) == from_end(b, near)
            || from_end(b, 0) == from_end(a, near)
    };
    a.len().min(b.len()) >= LONG && !(1..=NEAR).any(meet)
}

/// Whether `similar` has a way of its own for two streams without common head and tail.
fn is_special(a: &[u32], b: &[u32]) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let is_anchor = |skip: usize| short.iter().zip(&long[skip..]).take(ANCHOR).all(|(x, y)| x == y);
    let table = short.len() <= SHORT && long.len() >= LONG;
    table || short.len() > ANCHOR && long.len() >= 2 * short.len() && (1..=MAX_SKIP).any(is_anchor)
}

/// How far the paths with so many differences reach, by diagonal, the highest first: units of the first stream.
#[derive(Default)]
struct Way {
    reached: Vec<i32>,
    /// The same with a difference less.
    before: Vec<i32>,
}

impl Way {
    /// One difference more: each diagonal goes on from the neighbour that leads further, then as far as the streams
    /// are equal.
    fn step(&mut self, a: &[u32], b: &[u32]) {
        std::mem::swap(&mut self.reached, &mut self.before);
        let Self { reached, before } = self;
        reached.clear();
        match (before.first(), before.last()) {
            (Some(first), Some(last)) => {
                reached.push(first + 1);
                let neighbours = before.iter().zip(&before[1..]);
                reached.extend(neighbours.map(|(&above, &below)| above.max(below + 1)));
                reached.push(*last);
            }
            _ => reached.push(0),
        }
        let mut diagonal = before.len() as i32;
        for x in reached {
            let (mut i, mut j) = (*x as usize, (*x - diagonal) as usize);
            while let (Some(p), Some(q)) = (a.get(i), b.get(j))
                && p == q
            {
                (i, j) = (i + 1, j + 1);
            }
            *x = i as i32;
            diagonal -= 2;
        }
    }

    /// From where a diagonal went on along equal units at the last step.
    fn start(&self, at: usize) -> i32 {
        let above = at.checked_sub(1).map(|above| self.before[above]);
        let below = self.before.get(at).map(|below| below + 1);
        above.max(below).unwrap_or(0)
    }

    /// The first diagonal on which a path meets one of the other way, which count together `n` units then. `facing`
    /// less the place of a diagonal is the place of the one it faces.
    fn meets(&self, other: &Way, facing: i32, n: i32) -> Option<usize> {
        let facing = usize::try_from(facing).ok()?;
        let first = (facing + 1).saturating_sub(other.reached.len());
        let own = self.reached.get(first..self.reached.len().min(facing + 1))?;
        let faced = other.reached[..facing + 1 - first].iter().rev();
        own.iter().zip(faced).position(|(x, other)| x + other >= n).map(|at| first + at)
    }
}

/// Number of a diagonal by its place.
fn diagonal(step: i32, at: usize) -> i32 {
    step - 2 * at as i32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use similar::algorithms::Capture;
    use similar::{Algorithm, DiffOp};

    use super::*;

    fn script(a: &[u32], b: &[u32]) -> Option<Vec<DiffOp>> {
        let mut hook = Capture::new();
        diff(a, b, &mut hook).map(|()| hook.into_ops())
    }

    fn known(a: &[u32], b: &[u32]) -> Vec<DiffOp> {
        let mut hook = Capture::new();
        let Ok(()) = similar::algorithms::diff_slices(Algorithm::Myers, &mut hook, a, b);
        hook.into_ops()
    }

    /// A stream, and a copy in which some units are others, some stand twice, and some lack.
    fn copies(units: u32) -> impl Strategy<Value = (Vec<u32>, Vec<u32>)> {
        let edits = proptest::collection::vec((0usize..900, 0u32..3, 0..units), 0..40);
        (proptest::collection::vec(0..units, 0..900), edits).prop_map(|(a, edits)| {
            let mut b = a.clone();
            for (at, edit, unit) in edits {
                match edit {
                    _ if at >= b.len() => {}
                    0 => b[at] = unit,
                    1 => b.insert(at, unit),
                    _ => _ = b.remove(at),
                }
            }
            (a, b)
        })
    }

    /// The script is that of `similar`, and what is left to it is little.
    fn is_known(a: &[u32], b: &[u32]) -> bool {
        script(a, b).is_none_or(|found| found == known(a, b))
    }

    proptest! {
        #[test]
        fn scripts_of_copies((a, b) in copies(50)) {
            prop_assert!(a.len().max(b.len()) >= LONG || script(&a, &b).is_some());
            prop_assert!(is_known(&a, &b));
        }

        #[test]
        fn scripts_where_much_repeats((a, b) in copies(3)) {
            prop_assert!(is_known(&a, &b));
        }

        #[test]
        fn scripts_of_anything(a in proptest::collection::vec(0u32..4, 0..300),
                               b in proptest::collection::vec(0u32..4, 0..300)) {
            prop_assert!(is_known(&a, &b));
        }

        /// A passage, and a longer text that has it whole or in pieces.
        #[test]
        fn scripts_of_passages((a, b) in copies(20), skip in 0usize..9, cut in 1usize..600) {
            let passage = &a[..cut.min(a.len())];
            let long = [&b[..skip.min(b.len())], &b, &a].concat();
            prop_assert!(is_known(passage, &long) && is_known(&long, passage));
        }
    }

    #[test]
    fn what_differs_too_much_is_left() {
        let (a, b): (Vec<u32>, Vec<u32>) = ((0..400).collect(), (400..800).collect());
        assert_eq!(script(&a, &b), None);
    }
}
