//! Pages that are copies of one article, before documents have been compared.
//!
//! In go a site's pages, out comes for each page the number of its body; copies share it. Copies must not look like
//! chrome: an article crawled ten times repeats each of its lines ten times. What tells them apart is that the
//! repeated lines of copies are most of what the pages say, while the frame of a site is a small part of the prose
//! on its pages. Pages meet through the least keys of their prose lines; each meeting is verified on all of them.
//! Costs a sort of a few keys for each page.

use crate::hash::{self, Map};

use super::areas::{length, prose};
use super::evidence::Evidence;
use super::site::Page;

/// Least prose of a line that stands for its article.
const LEAST_PROSE: f32 = 0.25;
/// Keys by which a page can meet its copies: with half of the lines in common, two pages miss each other once in 256.
const MEETINGS: usize = 8;
/// Least share of the smaller page's prose that copies have in common.
const COMMON: f32 = 0.6;
/// A line on this share of the pages is taken for the site's, unless the page has little else.
const FRAME: f32 = 0.5;
/// Least share of a page's prose that must stand outside the frame for the page to be judged by that.
const OUTSIDE: f32 = 0.2;

/// Numbers the bodies of a site's pages: pages with equal numbers are copies. The number is the index of the first
/// page of the group; the grouping does not depend on the order of the pages.
///
/// ```
/// assert!(dechaff::chrome::provisional_bodies(&[]).is_empty());
/// ```
pub fn provisional_bodies(pages: &[&[Evidence]]) -> Vec<u32> {
    let mut counts: Map<u64, u32> = Map::default();
    let prose_lines: Vec<Vec<(u64, f32)>> = pages.iter().map(|lines| prose_of(lines)).collect();
    for lines in &prose_lines {
        for &(key, _) in lines {
            *counts.entry(key).or_default() += 1;
        }
    }
    let frame = |key: &u64| {
        let count = counts[key];
        count >= 3 && count as f32 >= FRAME * pages.len() as f32
    };
    let judged: Vec<Vec<(u64, f32)>> = prose_lines
        .into_iter()
        .map(|lines| {
            let all: f32 = lines.iter().map(|&(_, mass)| mass).sum();
            let outside: Vec<(u64, f32)> = lines.iter().filter(|(key, _)| !frame(key)).copied().collect();
            let rest: f32 = outside.iter().map(|&(_, mass)| mass).sum();
            if rest >= OUTSIDE * all { outside } else { lines }
        })
        .collect();
    // Meet by key; in each meeting a page is compared with the first page that it has not joined yet.
    let mut meetings: Vec<(u64, u32)> = Vec::new();
    for (page, lines) in judged.iter().enumerate() {
        let mut keys: Vec<u64> = lines.iter().map(|&(key, _)| hash::key(&key.to_le_bytes())).collect();
        keys.sort_unstable();
        keys.truncate(MEETINGS);
        meetings.extend(keys.into_iter().map(|key| (key, page as u32)));
    }
    meetings.sort_unstable();
    let mut groups: Vec<u32> = (0..pages.len() as u32).collect();
    for meeting in meetings.chunk_by(|a, b| a.0 == b.0).filter(|meeting| meeting.len() > 1) {
        // The fullest page first: an order that the input's order does not change.
        let mut members: Vec<u32> = meeting.iter().map(|&(_, page)| page).collect();
        members.sort_by_key(|&page| {
            let lines = &judged[page as usize];
            (
                std::cmp::Reverse(lines.len()),
                lines.iter().fold(0u64, |sum, &(key, _)| sum.wrapping_add(key)),
                page,
            )
        });
        let mut heads: Vec<u32> = Vec::new();
        for page in members {
            let head = heads.iter().copied().find(|&head| {
                root(&groups, head) == root(&groups, page)
                    || common(&judged[head as usize], &judged[page as usize])
            });
            match head {
                Some(head) => {
                    let (a, b) = (root(&groups, head), root(&groups, page));
                    groups[a.max(b) as usize] = a.min(b);
                }
                // A key that many different pages share says little: the comparisons stay few.
                None if heads.len() < 8 => heads.push(page),
                None => {}
            }
        }
    }
    (0..pages.len() as u32).map(|page| root(&groups, page)).collect()
}

/// The bodies of pages whose evidence is in [`Page`]s; the numbers that stand there are not used.
pub fn provisional_bodies_of(pages: &[Page]) -> Vec<u32> {
    let evidence: Vec<&[Evidence]> = pages.iter().map(|page| page.evidence).collect();
    provisional_bodies(&evidence)
}

fn root(groups: &[u32], mut page: u32) -> u32 {
    while groups[page as usize] != page {
        page = groups[page as usize];
    }
    page
}

/// The page's distinct prose lines, sorted by key, with their lengths.
fn prose_of(lines: &[Evidence]) -> Vec<(u64, f32)> {
    let mut found: Vec<(u64, f32)> = lines
        .iter()
        .filter(|line| prose(line) >= LEAST_PROSE && line.rule == 0)
        .map(|line| (line.template, length(line)))
        .collect();
    found.sort_unstable_by_key(|&(key, _)| key);
    found.dedup_by_key(|&mut (key, _)| key);
    found
}

/// Whether most of the smaller page's prose stands on the other.
fn common(a: &[(u64, f32)], b: &[(u64, f32)]) -> bool {
    let mass = |lines: &[(u64, f32)]| lines.iter().map(|&(_, mass)| mass).sum::<f32>();
    let (mut i, mut j, mut shared) = (0, 0, 0.0);
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared += a[i].1;
                (i, j) = (i + 1, j + 1);
            }
        }
    }
    let smaller = mass(a).min(mass(b));
    smaller > 0.0 && shared >= COMMON * smaller
}
