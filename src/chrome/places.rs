//! Places of a site's markup: how much prose stands around the same tag path on its pages.
//!
//! In go the pages' evidence, out comes for each path the mean of what its lines say ([`Evidence::near`]): a teaser, or
//! a text that is short today, is known by what stands there on other pages. Costs a step a line; plain text has no
//! paths.

use super::evidence::Evidence;
use crate::hash::Map;

/// What stands at the paths of a site.
#[derive(Debug, Default)]
pub(crate) struct Places(Map<u32, Sum>);

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    lines: u32,
    near: u64,
}

/// Lines at a path by which it is half known.
const HALF: f32 = 3.0;

impl Places {
    /// Adds a page.
    pub(crate) fn add(&mut self, page: &[Evidence]) {
        for line in page.iter().filter(|line| line.path != 0) {
            let sum = self.0.entry(line.path).or_default();
            sum.lines += 1;
            sum.near += u64::from(line.near);
        }
    }

    /// How much prose stands around lines at the line's path, and how sure that is, both 0 to 1.
    pub(crate) fn near(&self, line: &Evidence) -> Option<(f32, f32)> {
        let sum = self.0.get(&line.path)?;
        let lines = sum.lines as f32;
        Some((sum.near as f32 / lines / 255.0, lines / (lines + HALF)))
    }
}
