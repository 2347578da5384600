//! The edit script of two short unit streams: Myers' search in linear space, over slices of units alone.
//!
//! Step by step that of `similar`, so that its scripts come out, ties and all; what it does for long or lopsided
//! streams only is left to it. In: two streams. Out: the script, told to a hook. Cost: the length times the number of
//! differences, a dozen instructions a step.

use similar::algorithms::DiffHook;

/// Tells `hook` the script that makes `b` of `a`. Nothing comes back where `similar` would not search to the end;
/// what the hook was told by then is void.
pub(super) fn script<H: DiffHook>(a: &[u32], b: &[u32], hook: &mut H) -> Option<()> {
    if a.len().min(b.len()) >= LONG {
        return None;
    }
    let turned = [a, b].map(|units| units.iter().rev().copied().collect::<Vec<u32>>());
    let steps = steps(a.len(), b.len());
    let mut search =
        Search { backward: [&turned[0], &turned[1]], reach: [Reach::new(steps), Reach::new(steps)] };
    search.solve(Part { a, b, at: (0, 0) }, LIMIT, hook)?;
    hook.finish().ok()
}

/// From this length of both on, `similar` first drops units that hardly occur in the other stream; one as long beside
/// one of at most [`SHORT`] units it solves by a table.
const LONG: usize = 512;
/// Units up to which the shorter of two streams counts as short.
const SHORT: usize = 64;
/// Units of both beyond which it looks for a shift at their beginning, if one is twice as long as the other.
const SHIFTED: usize = 96;
/// Steps after which it may take another split than that of the shortest script, when it looks for the first one.
const LIMIT: i32 = 256;

/// Steps in which any middle is found.
fn steps(a: usize, b: usize) -> i32 {
    (a + b).div_ceil(2) as i32 + 1
}

/// Parts of both streams.
#[derive(Clone, Copy)]
struct Part<'u> {
    a: &'u [u32],
    b: &'u [u32],
    /// Where they start.
    at: (usize, usize),
}

impl<'u> Part<'u> {
    /// Cut in two, each of them whole on one side.
    fn cut(self, a: usize, b: usize) -> (Part<'u>, Part<'u>) {
        let ((left_a, right_a), (left_b, right_b)) = (self.a.split_at(a), self.b.split_at(b));
        let at = (self.at.0 + a, self.at.1 + b);
        (Part { a: left_a, b: left_b, ..self }, Part { a: right_a, b: right_b, at })
    }
}

struct Search<'u> {
    /// Both streams, turned around.
    backward: [&'u [u32]; 2],
    /// From the front, and from the back.
    reach: [Reach; 2],
}

impl Search<'_> {
    /// Tells the script of a part, whose first split is found in fewer than `limit` steps.
    fn solve<H: DiffHook>(&mut self, part: Part<'_>, limit: i32, hook: &mut H) -> Option<()> {
        let head = common(part.a.iter(), part.b.iter());
        if head > 0 {
            hook.equal(part.at.0, part.at.1, head).ok()?;
        }
        let (_, part) = part.cut(head, head);
        let tail = common(part.a.iter().rev(), part.b.iter().rev());
        let (part, after) = part.cut(part.a.len() - tail, part.b.len() - tail);
        let (from_a, from_b) = part.at;
        match (part.a.len(), part.b.len()) {
            (0, 0) => {}
            (len, 0) => hook.delete(from_a, len, from_b).ok()?,
            (0, len) => hook.insert(from_a, from_b, len).ok()?,
            (a, b) => {
                let (short, long) = (a.min(b), a.max(b));
                if short > SHIFTED && long >= 2 * short || short <= SHORT && long >= LONG {
                    return None;
                }
                let (left, right) = self.split(part, limit)?;
                self.solve(left, i32::MAX, hook)?;
                self.solve(right, i32::MAX, hook)?;
            }
        }
        if tail > 0 {
            hook.equal(after.at.0, after.at.1, tail).ok()?;
        }
        Some(())
    }

    /// Cuts a part in the middle of its shortest script.
    fn split<'u>(&mut self, part: Part<'u>, limit: i32) -> Option<(Part<'u>, Part<'u>)> {
        let (a, b) = (part.a.len(), part.b.len());
        let turned = |side: usize, end: usize, len: usize| {
            let stream = self.backward[side];
            &stream[stream.len() - end..][..len]
        };
        let turned = [turned(0, part.at.0 + a, a), turned(1, part.at.1 + b, b)];
        let [front, back] = &mut self.reach;
        let delta = a as i32 - b as i32;
        let is_odd = delta & 1 == 1;
        for step in 0..steps(a, b).min(limit) {
            // Where the streams' lengths differ by an odd number, ways meet while those from the front go on.
            let met = if is_odd { Some((&*back, step - 1)) } else { None };
            if let Some(snake) = front.go_on([part.a, part.b], step, delta, met) {
                return Some(part.cut(snake.from.0, snake.from.1));
            }
            let met = if is_odd { None } else { Some((&*front, step)) };
            if let Some(snake) = back.go_on(turned, step, delta, met) {
                return Some(part.cut(a - snake.to.0, b - snake.to.1));
            }
        }
        None
    }
}

/// Equal units at the beginning.
fn common<'u>(a: impl Iterator<Item = &'u u32>, b: impl Iterator<Item = &'u u32>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

/// Equal units in a row, on the way through both streams.
struct Snake {
    from: (usize, usize),
    to: (usize, usize),
}

/// For each diagonal (place in `a` less place in `b`), how far into `a` a way with a number of differences comes.
struct Reach {
    furthest: Vec<i32>,
    /// Where diagonal 0 stands.
    middle: i32,
}

impl Reach {
    fn new(steps: i32) -> Self {
        Self { furthest: vec![0; 2 * steps as usize + 1], middle: steps }
    }

    /// One difference more. Of the ways from the other end, if they are given, those on diagonals up to a number are
    /// asked whether they meet these: the snake on which the first do.
    #[inline]
    fn go_on(
        &mut self,
        streams: [&[u32]; 2],
        step: i32,
        delta: i32,
        met: Option<(&Reach, i32)>,
    ) -> Option<Snake> {
        let [a, b] = streams;
        // Cells of this step stand between those of the last one; no way comes from outside of these.
        let (first, last) = ((self.middle - step - 1) as usize, (self.middle + step + 1) as usize);
        self.furthest[first] = -1;
        self.furthest[last] = -1;
        let (mut diagonal, mut above) = (step, -1);
        for cells in self.furthest[first..last].rchunks_exact_mut(2) {
            let [below, cell] = cells else { continue };
            let from = above.max(*below + 1);
            above = *below;
            let start = (from as usize, (from - diagonal) as usize);
            let (mut x, mut y) = start;
            while x < a.len() && y < b.len() && a[x] == b[y] {
                (x, y) = (x + 1, y + 1);
            }
            *cell = x as i32;
            if let Some((other, known)) = met {
                let opposite = delta - diagonal;
                if opposite.abs() <= known && x as i32 + other.at(opposite) >= a.len() as i32 {
                    return Some(Snake { from: start, to: (x, y) });
                }
            }
            diagonal -= 2;
        }
        None
    }

    fn at(&self, diagonal: i32) -> i32 {
        self.furthest[(self.middle + diagonal) as usize]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use similar::algorithms::{Capture, myers};

    use super::*;

    /// The script of `similar`, and this one, which may be none.
    fn scripts(a: &[u32], b: &[u32]) -> (Capture, Option<Capture>) {
        let (mut known, mut own) = (Capture::new(), Capture::new());
        myers::diff(&mut known, a, 0..a.len(), b, 0..b.len()).unwrap();
        let is_told = script(a, b, &mut own).is_some();
        (known, is_told.then_some(own))
    }

    /// A stream, and another made of it by leaving out and putting in units here and there.
    fn edited() -> impl Strategy<Value = (Vec<u32>, Vec<u32>)> {
        let units = (1u32..400).prop_flat_map(|kinds| proptest::collection::vec(0..kinds, 0..500));
        let edits =
            proptest::collection::vec((any::<proptest::sample::Index>(), 0usize..20, 0usize..20), 0..20);
        (units, edits).prop_map(|(a, edits)| {
            let mut b = a.clone();
            for (place, out, put) in edits {
                let at = place.index(b.len() + 1);
                let end = (at + out).min(b.len());
                b.splice(at..end, (0..put as u32).map(|unit| unit * 7 % 30));
            }
            b.truncate(500);
            (a, b)
        })
    }

    proptest! {
        #[test]
        fn scripts_are_those_of_similar(a in proptest::collection::vec(0u32..6, 0..200),
                                        b in proptest::collection::vec(0u32..6, 0..200)) {
            let (known, own) = scripts(&a, &b);
            if let Some(own) = own {
                prop_assert_eq!(known.ops(), own.ops());
            }
        }

        #[test]
        fn scripts_of_copies_are_those_of_similar((a, b) in edited()) {
            let (known, own) = scripts(&a, &b);
            if let Some(own) = own {
                prop_assert_eq!(known.ops(), own.ops());
            }
        }

        #[test]
        fn streams_of_one_length_are_searched_to_the_end(a in proptest::collection::vec(0u32..50, 250),
                                                         b in proptest::collection::vec(0u32..50, 250)) {
            let (known, own) = scripts(&a, &b);
            prop_assert_eq!(Some(known.ops()), own.as_ref().map(Capture::ops));
        }
    }
}
