//! Runs of matching paragraphs in the same order → clone blocks.
//!
//! In: for every paragraph occurrence its document, its place there, its units, and the paragraph cluster it is in.
//! Out: groups of ranges of paragraphs that are copies of each other, inside one document as well as across
//! documents. Two occurrences of one cluster are a *seed*; seeds of two places that go on in the same order, with
//! small gaps, are chained (the chaining of whole-genome alignment: Abouelhoda and Ohlebusch 2005, here greedy over
//! sorted seeds, since gaps are a few paragraphs). Cost: a sort of the occurrences, and of the seeds of each document;
//! each occurrence seeds with its next `NEIGHBOURS` occurrences only.

use super::components::Components;

/// Occurrences of a cluster that each occurrence is paired with.
const NEIGHBOURS: usize = 8;
/// Paragraphs that a chain may skip on either side.
const GAP: u32 = 3;
/// Fewest matching paragraphs of a block.
pub const MIN_PARAGRAPHS: u32 = 3;
/// Fewest matching units of a block.
pub const MIN_UNITS: u32 = 200;
/// Least share of a range's units that must lie in matching paragraphs.
const DENSITY: f64 = 0.6;
/// Two ranges of one document that share this much of both are one block.
const SAME_RANGE: f64 = 0.8;

/// One paragraph of a document, in the order of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The document.
    pub document: u32,
    /// The paragraph's place in the document, from 0; occurrences of one document stand in this order.
    pub place: u32,
    /// Units of the paragraph.
    pub units: u32,
    /// The paragraph cluster it is in, if any.
    pub cluster: Option<u32>,
}

/// Paragraphs `first..=last` of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The document.
    pub document: u32,
    /// Place of the first paragraph.
    pub first: u32,
    /// Place of the last paragraph.
    pub last: u32,
}

impl Range {
    fn len(self) -> u32 {
        self.last - self.first + 1
    }

    fn same(self, other: Range) -> bool {
        let shared = (self.last.min(other.last) + 1).saturating_sub(self.first.max(other.first));
        self.document == other.document
            && f64::from(shared) >= SAME_RANGE * f64::from(self.len().max(other.len()))
    }
}

/// Finds the groups of ranges that repeat each other, each of two ranges and more, sorted, in order of their first.
///
/// `occurrences` are sorted by document and place, without gaps in the places of a document.
///
/// ```
/// use dechaff::cluster::blocks::{Occurrence, find};
/// let page: Vec<Occurrence> = [7, 8, 9, 1, 7, 8, 9]
///     .iter().enumerate()
///     .map(|(place, &c)| Occurrence { document: 0, place: place as u32, units: 100, cluster: (c > 1).then_some(c) })
///     .collect();
/// let groups = find(&page);
/// assert_eq!(groups.len(), 1);
/// assert_eq!((groups[0][0].first, groups[0][0].last), (0, 2));
/// assert_eq!((groups[0][1].first, groups[0][1].last), (4, 6));
/// ```
pub fn find(occurrences: &[Occurrence]) -> Vec<Vec<Range>> {
    let chained = Chained::new(occurrences);
    let mut pairs = Vec::new();
    chained.pairs(0..chained.documents(), &mut pairs);
    group(&pairs)
}

/// The occurrences, ready for [`Chained::pairs`], which can be asked of several documents at once.
#[derive(Debug)]
pub struct Chained<'a> {
    clusters: Clusters<'a>,
    /// The documents that have occurrences, and where these begin.
    documents: Vec<(u32, usize)>,
}

impl<'a> Chained<'a> {
    /// The occurrences, sorted by document and place, without gaps in the places of a document.
    pub fn new(occurrences: &'a [Occurrence]) -> Self {
        let mut documents: Vec<(u32, usize)> = Vec::new();
        for (at, occurrence) in occurrences.iter().enumerate() {
            if documents.last().is_none_or(|&(document, _)| document != occurrence.document) {
                documents.push((occurrence.document, at));
            }
        }
        Self { clusters: Clusters::new(occurrences), documents }
    }

    /// Number of documents that have occurrences.
    pub fn documents(&self) -> usize {
        self.documents.len()
    }

    /// Appends the pairs of ranges that repeat each other, of which the first stands in one of these documents, counted
    /// as [`Chained::documents`] counts them; in the order of the documents.
    pub fn pairs(&self, documents: std::ops::Range<usize>, pairs: &mut Vec<(Range, Range)>) {
        let mut seeds = Vec::new();
        for at in documents {
            self.clusters.seeds(self.occurrences_of(at), &mut seeds);
            let pages = seeds.chunk_by(|x, y| x.b == y.b);
            // Most pairs of documents share a paragraph or two: no chain of theirs is long enough.
            for group in pages.filter(|group| group.len() >= MIN_PARAGRAPHS as usize) {
                for chain in chains(group) {
                    let (a, b) = chain.ranges(group[0].a, group[0].b);
                    let dense =
                        |range: Range| f64::from(chain.units) >= DENSITY * f64::from(self.units(range));
                    if chain.paragraphs >= MIN_PARAGRAPHS && chain.units >= MIN_UNITS && dense(a) && dense(b)
                    {
                        pairs.push((a, b));
                    }
                }
            }
        }
    }

    fn occurrences_of(&self, at: usize) -> std::ops::Range<usize> {
        let end = self.documents.get(at + 1).map_or(self.clusters.occurrences.len(), |&(_, start)| start);
        self.documents[at].1..end
    }

    fn units(&self, range: Range) -> u32 {
        let at = self.documents.partition_point(|&(document, _)| document < range.document);
        let start = self.documents[at].1 + range.first as usize;
        self.clusters.occurrences[start..start + range.len() as usize].iter().map(|o| o.units).sum()
    }
}

/// Two occurrences of one cluster: documents `a` ≤ `b`, places `i` and `j`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seed {
    a: u32,
    b: u32,
    i: u32,
    j: u32,
    units: u32,
}

/// Which occurrences follow each other in their clusters.
#[derive(Debug)]
struct Clusters<'a> {
    occurrences: &'a [Occurrence],
    /// Cluster and occurrence, of those that are in one, in order.
    sorted: Vec<(u32, u32)>,
    /// Where each occurrence stands among the sorted.
    places: Vec<u32>,
}

impl<'a> Clusters<'a> {
    fn new(occurrences: &'a [Occurrence]) -> Self {
        let clustered = (0..).zip(occurrences).filter_map(|(at, occurrence)| Some((occurrence.cluster?, at)));
        let mut sorted: Vec<(u32, u32)> = clustered.collect();
        sorted.sort_unstable();
        let mut places = vec![0; occurrences.len()];
        for (place, &(_, at)) in (0..).zip(&sorted) {
            places[at as usize] = place;
        }
        Self { occurrences, sorted, places }
    }

    /// The seeds of a document's occurrences and those that come after them, by document and places.
    fn seeds(&self, document: std::ops::Range<usize>, seeds: &mut Vec<Seed>) {
        seeds.clear();
        for at in document {
            let this = &self.occurrences[at];
            let Some(cluster) = this.cluster else { continue };
            let after = &self.sorted[self.places[at] as usize + 1..];
            for &(_, other) in after.iter().take(NEIGHBOURS).take_while(|(own, _)| *own == cluster) {
                let other = &self.occurrences[other as usize];
                let units = this.units.min(other.units);
                seeds.push(Seed {
                    a: this.document,
                    b: other.document,
                    i: this.place,
                    j: other.place,
                    units,
                });
            }
        }
        seeds.sort_unstable_by_key(|seed| (seed.b, u64::from(seed.i) << 32 | u64::from(seed.j)));
    }
}

/// Seeds in the same order on both sides.
#[derive(Clone, Copy, Debug)]
struct Chain {
    first: (u32, u32),
    last: (u32, u32),
    paragraphs: u32,
    units: u32,
}

impl Chain {
    fn ranges(&self, a: u32, b: u32) -> (Range, Range) {
        (
            Range { document: a, first: self.first.0, last: self.last.0 },
            Range { document: b, first: self.first.1, last: self.last.1 },
        )
    }
}

/// Chains the sorted seeds of one pair of documents. In one document, the two ranges never overlap.
fn chains(seeds: &[Seed]) -> Vec<Chain> {
    let mut closed = Vec::new();
    let mut open: Vec<Chain> = Vec::new();
    for seed in seeds {
        // Chains that no later seed can reach: seeds come in the order of `i`.
        closed.extend(open.extract_if(.., |chain| seed.i > chain.last.0 + GAP));
        let reach = |chain: &Chain| {
            let (i, j) = (seed.i.checked_sub(chain.last.0)?, seed.j.checked_sub(chain.last.1)?);
            let apart = seed.a != seed.b || seed.i < chain.first.1;
            (i + j > 0 && i <= GAP && j <= GAP && apart).then_some(i + j)
        };
        let best = (0..open.len()).filter_map(|at| Some((reach(&open[at])?, at))).min();
        match best {
            Some((_, at)) => {
                let chain = &mut open[at];
                // A piece of a paragraph on one side moves one side only; its units still count.
                chain.paragraphs += u32::from(seed.i > chain.last.0 && seed.j > chain.last.1);
                chain.units += seed.units;
                chain.last = (seed.i, seed.j);
            }
            None => open.push(Chain {
                first: (seed.i, seed.j),
                last: (seed.i, seed.j),
                paragraphs: 1,
                units: seed.units,
            }),
        }
    }
    closed.extend(open);
    closed
}

/// Puts pairs of ranges, in the order of [`Chained::pairs`], together where a range of one is (nearly) a range of the
/// other: the groups of [`find`].
pub fn group(pairs: &[(Range, Range)]) -> Vec<Vec<Range>> {
    let mut ranges: Vec<Range> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
    ranges.sort_unstable();
    ranges.dedup();
    let at = |range: Range| ranges.partition_point(|&other| other < range) as u32;
    let mut same = Components::new(ranges.len());
    let mut joined = Components::new(ranges.len());
    for first in 0..ranges.len() {
        for second in first + 1..ranges.len() {
            if ranges[second].document != ranges[first].document || ranges[second].first > ranges[first].last
            {
                break;
            }
            if ranges[first].same(ranges[second]) {
                same.join(first as u32, second as u32);
                joined.join(first as u32, second as u32);
            }
        }
    }
    for &(a, b) in pairs {
        joined.join(at(a), at(b));
    }
    let mut groups: Vec<Vec<Range>> = joined
        .sets()
        .into_iter()
        .map(|set| {
            // Of the ranges that are one block, the longest stands for them.
            let mut members: Vec<(u32, Range)> =
                set.iter().map(|&id| (same.root(id), ranges[id as usize])).collect();
            members.sort_unstable_by_key(|&(root, range)| (root, std::cmp::Reverse(range.len()), range));
            members.dedup_by_key(|&mut (root, _)| root);
            let mut members: Vec<Range> = members.into_iter().map(|(_, range)| range).collect();
            members.sort_unstable();
            part(&mut members);
            members
        })
        .filter(|members| members.len() > 1)
        .collect();
    groups.sort_unstable();
    groups
}

/// Copies on one page do not overlap: a line between two of them that fits the end of the one and the start of the
/// other belongs to the other.
fn part(sorted: &mut [Range]) {
    for at in 1..sorted.len() {
        let next = sorted[at];
        let this = &mut sorted[at - 1];
        let shared = (this.last + 1).saturating_sub(next.first);
        let little = f64::from(shared) < (1.0 - SAME_RANGE) * f64::from(this.len().min(next.len()));
        if this.document == next.document && little {
            this.last -= shared;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All seeds, found one by one.
    fn plain_seeds(occurrences: &[Occurrence]) -> Vec<Seed> {
        let mut seeds = Vec::new();
        for (at, this) in occurrences.iter().enumerate().filter(|(_, this)| this.cluster.is_some()) {
            let others = occurrences[at + 1..].iter().filter(|other| other.cluster == this.cluster);
            seeds.extend(others.take(NEIGHBOURS).map(|other| Seed {
                a: this.document,
                b: other.document,
                i: this.place,
                j: other.place,
                units: this.units.min(other.units),
            }));
        }
        seeds.sort_by_key(|seed| (seed.a, seed.b, seed.i, seed.j));
        seeds
    }

    proptest! {
        #[test]
        fn seeds_are_those_of_the_plain_search(
            documents in proptest::collection::vec(proptest::collection::vec(0u32..9, 0..12), 0..30),
        ) {
            let slices: Vec<&[u32]> = documents.iter().map(Vec::as_slice).collect();
            let occurrences = pages(&slices);
            let clusters = Clusters::new(&occurrences);
            let (mut start, mut seeds, mut all) = (0, Vec::new(), Vec::new());
            for document in &documents {
                clusters.seeds(start..start + document.len(), &mut seeds);
                all.append(&mut seeds);
                start += document.len();
            }
            prop_assert_eq!(all, plain_seeds(&occurrences));
        }
    }

    fn pages(pages: &[&[u32]]) -> Vec<Occurrence> {
        pages
            .iter()
            .enumerate()
            .flat_map(|(document, clusters)| {
                clusters.iter().enumerate().map(move |(place, &cluster)| Occurrence {
                    document: document as u32,
                    place: place as u32,
                    units: 80,
                    cluster: (cluster > 0).then_some(cluster),
                })
            })
            .collect()
    }

    #[test]
    fn three_copies_on_one_page() {
        let found = find(&pages(&[&[1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 0, 1, 2, 3, 4]]));
        let ranges: Vec<Vec<(u32, u32)>> =
            found.iter().map(|group| group.iter().map(|r| (r.first, r.last)).collect()).collect();
        assert_eq!(ranges, [[(0, 3), (5, 8), (11, 14)]]);
    }

    #[test]
    fn across_pages_with_a_gap() {
        let found = find(&pages(&[&[0, 1, 2, 0, 3, 4, 0], &[9, 8, 1, 2, 3, 4]]));
        assert_eq!(
            found,
            [[Range { document: 0, first: 1, last: 5 }, Range { document: 1, first: 2, last: 5 }]]
        );
    }

    /// The line that stands before each copy stands after the one before, too.
    #[test]
    fn copies_on_one_page_do_not_overlap() {
        let found = find(&pages(&[&[9, 1, 2, 3, 4, 5, 9, 1, 2, 3, 4, 5, 9, 1, 2, 3, 4, 5, 9]]));
        for group in &found {
            for pair in group.windows(2) {
                assert!(pair[0].last < pair[1].first, "{found:?}");
            }
        }
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].len(), 3);
    }

    #[test]
    fn another_order_or_too_little_is_no_block() {
        assert!(find(&pages(&[&[1, 2, 0, 0, 0], &[1, 2]])).is_empty());
        assert!(find(&pages(&[&[1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3], &[3, 2, 1]])).is_empty());
    }
}
