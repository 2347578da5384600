//! What the pages of a site have in common: how many distinct pages hold a line, and what stands around it.
//!
//! In goes the evidence of a site's pages, out come counts by key. A page counts once for each body: copies of one
//! article are one page. At most [`MOST_PAGES`] pages are counted, chosen by their content alone, so that neither
//! the order of pages nor their number changes what a page's neighbours say. Costs a few map entries for each
//! distinct line of the counted pages.

use std::sync::Arc;

use crate::error::Result;
use crate::hash::{self, Map};

use super::evidence::Evidence;
use super::model::{Counts, TablesModel, damaged, hex, unhex};
use super::shape::Flags;
use super::site::Page;

/// Most pages that are counted; a share of pages needs no more.
const MOST_PAGES: usize = 1024;

/// Counts over the distinct pages of a site.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// Distinct pages counted.
    pub(crate) pages: u32,
    /// Of numbers alone, whose templates say nothing: no other line is asked for by its very text.
    exact: Map<u64, Count>,
    template: Map<u64, Count>,
    /// Two lines that follow each other, by their template keys.
    pairs: Map<u64, Count>,
    labels: Map<u32, Count>,
    ends: Map<u32, Count>,
    /// What an earlier crawl of the site counted.
    pub(crate) earlier: Option<Arc<Tables>>,
}

/// How common the label, or the ends, of a line are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part {
    /// Distinct pages with a line of the same.
    pub(crate) pages: u32,
    /// Their share of the pages counted.
    pub(crate) share: f32,
}

/// How often something stands on the site.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    /// Distinct pages that hold it.
    pub(crate) pages: u32,
    /// Times it stands on them.
    pub(crate) times: u32,
    last: u32,
}

impl Count {
    fn add(&mut self, body: u32) {
        // Bodies are numbered from 1 here, so that 0 has seen none.
        if self.last != body {
            self.last = body;
            self.pages += 1;
        }
        self.times += 1;
    }
}

/// Whether a line is a number: without its digits it is any line of numbers.
pub(crate) fn is_number(line: &Evidence) -> bool {
    line.digits > 110 && !line.flags.has(Flags::DATE)
}

/// Key of two lines that follow each other.
fn pair_key(first: u64, second: u64) -> u64 {
    first.rotate_left(23) ^ second.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Key of a whole page.
fn page_key(page: &Page) -> u64 {
    page.evidence.iter().fold(page.evidence.len() as u64, |key, line| pair_key(key, line.exact))
}

/// Pages that are counted, in groups of one body: numbers of pages, with the body's number from 1.
fn numbered(pages: &[Page]) -> Vec<(u32, usize)> {
    let mut order: Vec<(u32, u64, usize)> =
        pages.iter().enumerate().map(|(number, page)| (page.body, page_key(page), number)).collect();
    order.sort_unstable();
    // The body's own number depends on the order of pages: name it by the least key of its pages.
    let mut bodies: Vec<(u64, usize, usize)> = Vec::new();
    let mut start = 0;
    for end in 1..=order.len() {
        if end == order.len() || order[end].0 != order[start].0 {
            bodies.push((hash::key(&order[start].1.to_le_bytes()), start, end));
            start = end;
        }
    }
    bodies.sort_unstable_by_key(|&(key, start, _)| (key, order[start].1));
    bodies.truncate(MOST_PAGES);
    let mut chosen = Vec::new();
    for (body, (_, start, end)) in (1..).zip(bodies) {
        let mut last_key = None;
        for &(_, key, number) in &order[start..end] {
            // Pages that are equal line for line say nothing twice.
            if last_key != Some(key) {
                chosen.push((body, number));
            }
            last_key = Some(key);
        }
    }
    chosen
}

fn counts<K: Copy + Into<u64>>(map: &Map<K, Count>) -> Counts {
    let repeated = map.iter().filter(|(_, count)| count.pages >= 2);
    let mut sorted: Vec<(u64, u32, u32)> =
        repeated.map(|(&key, count)| (key.into(), count.pages, count.times)).collect();
    sorted.sort_unstable();
    sorted.into_iter().map(|(key, pages, times)| (hex(key), pages, times)).collect()
}

fn map<K: std::hash::Hash + Eq + TryFrom<u64>>(pages: u32, counts: &Counts) -> Result<Map<K, Count>> {
    let mut map = Map::default();
    for (key, count, times) in counts {
        let number = K::try_from(unhex(key)?).map_err(|_| damaged(&format!("`{key}` is too long")))?;
        if *count > pages || times < count {
            return Err(damaged(&format!("`{key}` stands on {count} of {pages} pages, {times} times")));
        }
        map.insert(number, Count { pages: *count, times: *times, last: 0 });
    }
    Ok(map)
}

impl Tables {
    /// Numbers of all pages, in an order that their input order does not change.
    pub(crate) fn ordered(pages: &[Page]) -> Vec<usize> {
        let mut order: Vec<(u64, usize)> = pages
            .iter()
            .enumerate()
            .map(|(number, page)| (hash::key(&page_key(page).to_le_bytes()), number))
            .collect();
        order.sort_unstable();
        order.into_iter().map(|(_, number)| number).collect()
    }

    /// Numbers of the pages that are counted, in an order that their input order does not change.
    pub(crate) fn counted(pages: &[Page]) -> impl Iterator<Item = usize> {
        numbered(pages).into_iter().map(|(_, number)| number)
    }

    /// The first `most` of the pages that are counted, with their bodies' numbers.
    pub(crate) fn sampled(pages: &[Page], most: usize) -> impl Iterator<Item = (usize, u32)> {
        numbered(pages).into_iter().take(most).map(|(body, number)| (number, body))
    }

    pub(crate) fn new(pages: &[Page]) -> Tables {
        let numbered = numbered(pages);
        // Half of a site's lines stand on one page; a table that has to grow costs more than one that is too large.
        let lines: usize = numbered.iter().map(|&(_, number)| pages[number].evidence.len()).sum();
        let sized = || Map::with_capacity_and_hasher(lines / 2, Default::default());
        let mut tables = Tables { template: sized(), pairs: sized(), ..Tables::default() };
        for (body, number) in numbered {
            tables.pages = body;
            let lines = pages[number].evidence;
            for (i, line) in lines.iter().enumerate() {
                if is_number(line) {
                    tables.exact.entry(line.exact).or_default().add(body);
                }
                tables.template.entry(line.template).or_default().add(body);
                if let Some(next) = lines.get(i + 1) {
                    tables.pairs.entry(pair_key(line.template, next.template)).or_default().add(body);
                }
                for (map, key) in [(&mut tables.labels, line.label), (&mut tables.ends, line.ends)] {
                    if key != 0 {
                        map.entry(key).or_default().add(body);
                    }
                }
            }
        }
        tables
    }

    /// What stands on two pages and more, for a file; of the pages that were counted.
    pub(crate) fn to_model(&self, pages: &[Page]) -> TablesModel {
        // The file has every line's text, whoever will ask for it.
        let mut exact: Map<u64, Count> = Map::default();
        for (body, number) in numbered(pages) {
            pages[number].evidence.iter().for_each(|line| exact.entry(line.exact).or_default().add(body));
        }
        TablesModel {
            exact: counts(&exact),
            template: counts(&self.template),
            pairs: counts(&self.pairs),
            labels: counts(&self.labels),
            ends: counts(&self.ends),
        }
    }

    /// The tables of a file.
    pub(crate) fn from_model(pages: u32, model: &TablesModel) -> Result<Tables> {
        Ok(Tables {
            pages,
            exact: map(pages, &model.exact)?,
            template: map(pages, &model.template)?,
            pairs: map(pages, &model.pairs)?,
            labels: map(pages, &model.labels)?,
            ends: map(pages, &model.ends)?,
            earlier: None,
        })
    }

    /// Pages counted that hold the very text of a number.
    pub(crate) fn exact(&self, line: &Evidence) -> Count {
        self.exact.get(&line.exact).copied().unwrap_or_default()
    }

    /// Pages counted that hold the line's template.
    pub(crate) fn template(&self, line: &Evidence) -> Count {
        self.template.get(&line.template).copied().unwrap_or_default()
    }

    /// Pages counted on which `second` follows `first`.
    pub(crate) fn pair(&self, first: &Evidence, second: &Evidence) -> Count {
        self.pairs.get(&pair_key(first.template, second.template)).copied().unwrap_or_default()
    }

    /// How common a line's label and its ends are, in the crawl that has more of them.
    pub(crate) fn parts(&self, line: &Evidence) -> [Part; 2] {
        let part = |map: &Map<u32, Count>, key| {
            let pages = if key == 0 { 0 } else { map.get(&key).map_or(0, |count| count.pages) };
            Part { pages, share: pages as f32 / self.pages.max(1) as f32 }
        };
        let own = [part(&self.labels, line.label), part(&self.ends, line.ends)];
        let Some(earlier) = &self.earlier else { return own };
        let [label, ends] = earlier.parts(line);
        let more = |own: Part, other: Part| {
            if other.pages >= 2 && (own.pages < 2 || other.share > own.share) { other } else { own }
        };
        [more(own[0], label), more(own[1], ends)]
    }
}
