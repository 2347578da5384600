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
    template: Placed,
    /// Two lines that follow each other, by their template keys; such as [`Count::is_repeated`] is true of for one.
    pairs: Map<u64, Count>,
    labels: Map<u32, Count>,
    ends: Map<u32, Count>,
    /// What an earlier crawl of the site counted.
    pub(crate) earlier: Option<Arc<Tables>>,
}

/// Counts by key, in a list: who knows the place of a key there need not look it up.
#[derive(Debug, Default)]
struct Placed {
    places: Map<u64, u32>,
    counts: Vec<Count>,
}

impl Placed {
    fn place(&mut self, key: u64) -> u32 {
        let next = self.counts.len() as u32;
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.counts.push(Count::default());
        }
        place
    }

    fn get(&self, key: u64) -> Count {
        self.places.get(&key).map_or(Count::default(), |&place| self.counts[place as usize])
    }
}

impl From<Map<u64, Count>> for Placed {
    fn from(counts: Map<u64, Count>) -> Self {
        let placed = (0..).zip(counts).map(|(place, (key, count))| ((key, place), count));
        let (places, counts) = placed.unzip();
        Self { places, counts }
    }
}

/// The pages that were counted.
#[derive(Debug)]
pub(crate) struct CountedPages {
    /// Their numbers, in an order that their input order does not change.
    numbers: Vec<usize>,
    /// For each of their lines where its template is counted.
    places: Vec<u32>,
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

    /// Whether it stands on other pages too: whether it is asked what stands beside it.
    pub(crate) fn is_repeated(self) -> bool {
        self.pages >= 2
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
    sorted(map.iter().map(|(&key, &count)| (key.into(), count)))
}

fn sorted(counts: impl Iterator<Item = (u64, Count)>) -> Counts {
    let repeated = counts.filter(|(_, count)| count.is_repeated());
    let mut sorted: Vec<(u64, u32, u32)> =
        repeated.map(|(key, count)| (key, count.pages, count.times)).collect();
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

    /// The first `most` of the pages that are counted, with their bodies' numbers.
    pub(crate) fn sampled(pages: &[Page], most: usize) -> impl Iterator<Item = (usize, u32)> {
        numbered(pages).into_iter().take(most).map(|(body, number)| (number, body))
    }

    /// Counts over the pages.
    pub(crate) fn new(pages: &[Page]) -> (Tables, CountedPages) {
        let numbered = numbered(pages);
        // Half of a site's lines stand on one page; a table that has to grow costs more than one that is too large.
        let all: usize = numbered.iter().map(|&(_, number)| pages[number].evidence.len()).sum();
        let template = Placed {
            places: Map::with_capacity_and_hasher(all / 2, Default::default()),
            counts: Vec::with_capacity(all / 2),
        };
        let mut tables = Tables { template, ..Tables::default() };
        let mut counted =
            CountedPages { numbers: Vec::with_capacity(numbered.len()), places: Vec::with_capacity(all) };
        for &(body, number) in &numbered {
            tables.pages = body;
            counted.numbers.push(number);
            for line in pages[number].evidence {
                if is_number(line) {
                    tables.exact.entry(line.exact).or_default().add(body);
                }
                let place = tables.template.place(line.template);
                tables.template.counts[place as usize].add(body);
                counted.places.push(place);
                for (map, key) in [(&mut tables.labels, line.label), (&mut tables.ends, line.ends)] {
                    if key != 0 {
                        map.entry(key).or_default().add(body);
                    }
                }
            }
        }
        // Most lines stand on one page, and nobody asks what stands beside them.
        let is_repeated = |&place: &u32| tables.template.counts[place as usize].is_repeated();
        let mut places = &counted.places[..];
        for (body, number) in numbered {
            let lines = pages[number].evidence;
            let (own, others) = places.split_at(lines.len());
            for (two, places) in lines.windows(2).zip(own.windows(2)) {
                if places.iter().any(is_repeated) {
                    tables.pairs.entry(pair_key(two[0].template, two[1].template)).or_default().add(body);
                }
            }
            places = others;
        }
        (tables, counted)
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
            template: sorted(
                self.template.places.iter().map(|(&key, &place)| (key, self.template.counts[place as usize])),
            ),
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
            template: Placed::from(map(pages, &model.template)?),
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

    /// For each line of a page the pages counted that hold its template.
    pub(crate) fn templates(&self, page: &Page) -> Vec<Count> {
        page.evidence.iter().map(|line| self.template.get(line.template)).collect()
    }

    /// Calls `tell` with the number of each page that was counted, in order, and its [`Tables::templates`].
    pub(crate) fn counted_templates(
        &self,
        pages: &[Page],
        counted: &CountedPages,
        mut tell: impl FnMut(usize, &[Count]),
    ) {
        let (mut places, mut templates) = (&counted.places[..], Vec::new());
        for &number in &counted.numbers {
            let (own, others) = places.split_at(pages[number].evidence.len());
            places = others;
            templates.clear();
            templates.extend(own.iter().map(|&place| self.template.counts[place as usize]));
            tell(number, &templates);
        }
    }

    /// Pages counted on which `second` follows `first`, of which one [`Count::is_repeated`].
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::{Rules, observe};
    use crate::document::Span;
    use crate::text::fold::fold;
    use proptest::prelude::*;

    /// A page of lines of one letter each.
    fn page(lines: &str) -> Vec<Evidence> {
        let text: String = lines.chars().map(|c| format!("{c} is what this says\n")).collect();
        let (mut spans, mut units, mut starts) = (Vec::new(), Vec::new(), vec![0]);
        for start in (0..text.len()).step_by(20) {
            spans.push(Span::new(start as u32, start as u32 + 19));
            fold(&text[start..start + 19], &mut units);
            starts.push(units.len() as u32);
        }
        let mut evidence = Vec::new();
        let rules = Rules::parse("").expect("no rules are rules");
        observe(&text, &spans, &starts, &units, &rules, &mut evidence);
        evidence
    }

    proptest! {
        #[test]
        fn counts_are_those_of_plain_maps(
            texts in prop::collection::vec("[a-h]{0,8}", 0..8),
            bodies in prop::collection::vec(0u32..6, 8),
        ) {
            let lines: Vec<Vec<Evidence>> = texts.iter().map(|text| page(text)).collect();
            let pages: Vec<Page> =
                lines.iter().zip(bodies).map(|(evidence, body)| Page { evidence, body }).collect();
            let (tables, counted) = Tables::new(&pages);
            let (mut templates, mut pairs) = (Map::<u64, Count>::default(), Map::<u64, Count>::default());
            for (body, number) in numbered(&pages) {
                let lines = pages[number].evidence;
                lines.iter().for_each(|line| templates.entry(line.template).or_default().add(body));
                let two = lines.windows(2).map(|two| pair_key(two[0].template, two[1].template));
                two.for_each(|key| pairs.entry(key).or_default().add(body));
            }
            let same = |one: Count, other: Count| (one.pages, one.times) == (other.pages, other.times);
            for page in &pages {
                for (line, count) in page.evidence.iter().zip(tables.templates(page)) {
                    prop_assert!(same(count, templates[&line.template]));
                }
                for two in page.evidence.windows(2) {
                    if two.iter().any(|line| templates[&line.template].is_repeated()) {
                        let key = pair_key(two[0].template, two[1].template);
                        prop_assert!(same(tables.pair(&two[0], &two[1]), pairs[&key]));
                    }
                }
            }
            let numbers: Vec<usize> = numbered(&pages).into_iter().map(|(_, number)| number).collect();
            let mut told = Vec::new();
            tables.counted_templates(&pages, &counted, |number, counts| {
                let plain = tables.templates(&pages[number]);
                assert_eq!(counts.len(), plain.len());
                assert!(counts.iter().zip(plain).all(|(&one, other)| same(one, other)));
                told.push(number);
            });
            prop_assert_eq!(told, numbers);
        }
    }
}
