//! Labels the pages of one site.

use super::evidence::Evidence;

/// One page of a site.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Its non-blank lines in order.
    pub evidence: &'a [Evidence],
    /// Pages with the same body are copies of one article and count once.
    pub body: u32,
}
