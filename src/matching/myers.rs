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
    Search { whole: [a, b], ways: [Way::default(), Way::default()], hook }.conquer(
        [0, 0],
        [a.len(), b.len()],
        MAX_STEPS,
    )
}

struct Search<'a, H> {
    whole: [&'a [u32]; 2],
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
                let [x, y] = middle(a, b, &mut self.ways, steps)?;
                let middle = [start[0] + x, start[1] + y];
                // A piece of a shortest script is as short as may be, however long the search takes.
                self.conquer(start, middle, usize::MAX)?;
                self.conquer(middle, end, usize::MAX)?;
            }
        }
        self.equal(end, tail);
        Some(())
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
    next: Vec<i32>,
}

impl Way {
    fn start(&mut self) {
        self.reached.clear();
    }

    /// One difference more: each diagonal goes on from the neighbour that leads further.
    fn step(&mut self) {
        let Self { reached, next } = self;
        next.clear();
        match (reached.first(), reached.last()) {
            (Some(first), Some(last)) => {
                next.push(first + 1);
                next.extend(reached.iter().zip(&reached[1..]).map(|(&above, &below)| above.max(below + 1)));
                next.push(*last);
            }
            _ => next.push(0),
        }
        std::mem::swap(reached, next);
    }
}

/// A point on a shortest way through both streams, half-way; `None` where it takes too many steps to find one.
fn middle(a: &[u32], b: &[u32], ways: &mut [Way; 2], steps: usize) -> Option<[usize; 2]> {
    let (n, m) = (a.len() as i32, b.len() as i32);
    let delta = n - m;
    let is_odd = delta & 1 == 1;
    let [forward, backward] = ways;
    forward.start();
    backward.start();
    for step in (0..).take(steps.min((a.len() + b.len()).div_ceil(2) + 1)) {
        forward.step();
        // The diagonal that a path from the other end is on, as both count them from their own highest.
        let facing = (2 * step - 1 - delta) / 2;
        for (at, x) in (0..).zip(&mut forward.reached) {
            let diagonal = step - 2 * at;
            let first = *x;
            while let (Some(p), Some(q)) = (a.get(*x as usize), b.get((*x - diagonal) as usize))
                && p == q
            {
                *x += 1;
            }
            if is_odd
                && let Some(other) = backward.reached.get((facing - at) as usize)
                && *x + other >= n
            {
                return Some([first as usize, (first - diagonal) as usize]);
            }
        }
        backward.step();
        let facing = (2 * step - delta) / 2;
        for (at, x) in (0..).zip(&mut backward.reached) {
            let diagonal = step - 2 * at;
            while let (Some(p), Some(q)) =
                (a.get((n - 1 - *x) as usize), b.get((m - 1 - *x + diagonal) as usize))
                && p == q
            {
                *x += 1;
            }
            if !is_odd
                && let Some(other) = forward.reached.get((facing - at) as usize)
                && *x + other >= n
            {
                return Some([(n - *x) as usize, (m - *x + diagonal) as usize]);
            }
        }
    }
    None
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
