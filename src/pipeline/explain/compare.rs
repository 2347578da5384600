//! Two pieces of text → how they compare under the run's configuration.

use super::page::Page;
use crate::config::{Config, Level};
use crate::decide::{Copy, covered, removes};
use crate::document::Span;
use crate::hash::{bag_key, units_key};
use crate::matching::discount::{Sides, discounted};
use crate::matching::lost::lost;
use crate::matching::numbers::{self, Comparison, Numbered};
use crate::matching::relation::{
    Relation, relate, relate_documents, reordered, required_document_jaccard, required_jaccard,
};
use crate::matching::spread::spread;
use crate::matching::verify::{Overlap, overlap};
use crate::pipeline::content::Content;
use crate::pipeline::sheet::unit_spans;
use crate::text::fold::{Slot, number_slots};
use crate::text::shingle::{shingle_set, shingles};

/// A piece of a page as it is compared: its content, folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Lines of the page that it touches and that are no chrome, from 0.
    pub lines: Vec<u32>,
    /// Its bytes line by line, injected spans left out.
    pub pieces: Vec<Span>,
    /// Units.
    pub units: Vec<u32>,
    /// Number slots.
    pub slots: Vec<Slot>,
    /// Units of all its lines, chrome too, where some are chrome.
    pub whole: Option<Vec<u32>>,
    /// Units in the page's paragraphs of prose.
    pub prose: u32,
}

impl View {
    /// The content of `page` within `span`; where all of that is chrome, the chrome.
    pub fn new(page: &Page, span: Span) -> Self {
        let mut content = Self::of(page, span, |line| {
            page.labels.lines.binary_search_by_key(&line, |label| label.line).is_err()
        });
        if content.lines.is_empty() {
            content = Self::of(page, span, |_| true);
        }
        content.prose = Content::new(page.sheet.layout(), &page.text, &page.labels).prose();
        if !page.labels.lines.is_empty() || !page.labels.spans.is_empty() {
            content.whole = Some(page.sheet.units().to_vec());
        }
        content
    }

    fn of(page: &Page, span: Span, wanted: impl Fn(u32) -> bool) -> Self {
        let (text, layout) = (&page.text, page.sheet.layout());
        let mut view = Self::default();
        let (mut units, mut spans) = (Vec::new(), Vec::new());
        for (number, line) in (0..).zip(layout.lines()) {
            let part = Span { start: line.start.max(span.start), end: line.end.min(span.end) };
            if part.start >= part.end || layout.is_blank(number) || !wanted(number) {
                continue;
            }
            units.clear();
            spans.clear();
            unit_spans(text, line, &mut units, &mut spans);
            let mut pieces = vec![part];
            for label in page.labels.spans.iter().filter(|label| label.span.overlaps(part)) {
                let last = pieces.pop().expect("a piece is left after each cut");
                pieces.push(Span { start: last.start, end: label.span.start.clamp(last.start, last.end) });
                pieces.push(Span { start: label.span.end.clamp(last.start, last.end), end: last.end });
            }
            let stays = |unit: &Span| pieces.iter().any(|piece| piece.contains(*unit));
            let base = view.units.len() as u32;
            for slot in number_slots(&text[line.range()]) {
                let place = Span::new(slot.span.start + line.start, slot.span.end + line.start);
                if stays(&place) {
                    let before =
                        spans[..(slot.unit as usize).min(spans.len())].iter().filter(|span| stays(span));
                    let unit = base + before.count() as u32;
                    view.slots.push(Slot { unit, span: place, kind: slot.kind });
                }
            }
            view.units
                .extend(units.iter().zip(&spans).filter(|(_, span)| stays(span)).map(|(&unit, _)| unit));
            view.lines.push(number);
            view.pieces.extend(pieces.into_iter().filter(|piece| !piece.is_empty()));
        }
        view
    }
}

/// How two texts compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// What they are compared as; `None` for unlike things, which a run never compares.
    pub level: Option<Level>,
    /// Units of the first and the second.
    pub units: [u32; 2],
    /// What their shingle sets share.
    pub overlap: Overlap,
    /// Jaccard that texts of their length need to be near.
    pub required_jaccard: f64,
    /// One of them is so short that only equal texts match.
    pub short: bool,
    /// For documents, how evenly what they share lies over them: the smaller of both shares of passages with
    /// something in common.
    pub spread: Option<f64>,
    /// Share of the first's content that the second's content has, and of the second's that the first's has.
    pub coverage: [f64; 2],
    /// Units of the first that stand in no shingle of the second, and of the second in none of the first.
    pub lost: [u32; 2],
    /// The relation of the first to the second, if they are reported as copies.
    pub relation: Option<Relation>,
    /// The numbers of the first against those of the second.
    pub numbers: Comparison,
    /// Whether the first would be removed for the second, and the second for the first.
    pub removed: [bool; 2],
}

/// Compares two views as a run does that compares them at `level`.
pub fn compare(a: &View, b: &View, level: Option<Level>, config: &Config) -> Compared {
    let (shingles_a, shingles_b) = (Shingles::new(a), Shingles::new(b));
    let content = overlap(&shingles_a.set, &shingles_b.set);
    let overlap = match level {
        Some(Level::Document) => discounted(shingles_a.sides(), shingles_b.sides()),
        _ => content,
    };
    fn numbered(view: &View) -> Numbered<'_> {
        Numbered { units: &view.units, slots: &view.slots }
    }
    let numbers = numbers::compare(numbered(a), numbered(b));
    let back = numbers::compare(numbered(b), numbered(a));
    let units = [a, b].map(|view| view.units.len() as u32);
    let short = units.iter().any(|&units| (units as usize) < config.matching.min_units);
    let is_document = level == Some(Level::Document);
    let all = |view: &View| -> u64 { units_key(view.whole.as_ref().unwrap_or(&view.units)) };
    let equal = a.units == b.units || is_document && !short && all(a) == all(b);
    let evenly =
        || spread(&shingles_a.ordered, &shingles_b.set).min(spread(&shingles_b.ordered, &shingles_a.set));
    let relation = if short {
        let lost = numbers.changed + numbers.lost + back.lost;
        (equal && !a.units.is_empty() && lost == 0).then_some(Relation::Identical)
    } else if equal {
        Some(Relation::Identical)
    } else if is_document && is_reordered(a, b) && reordered(overlap, &config.matching) {
        Some(Relation::Near)
    } else if is_document {
        relate_documents(overlap, (a.prose, b.prose), evenly, &config.matching).map(|(relation, _)| relation)
    } else {
        relate(overlap, &config.matching)
    };
    let coverage = [content.a_in_b(), content.b_in_a()];
    let lost = if relation == Some(Relation::Identical) {
        [0; 2]
    } else {
        let in_order =
            |ordered: &[u64], set: &[u64]| lost(ordered, |shingle| set.binary_search(&shingle).is_ok());
        [in_order(&shingles_a.ordered, &shingles_b.set), in_order(&shingles_b.ordered, &shingles_a.set)]
    };
    let goes = |relation: Relation, numbers: Comparison, side: usize| {
        let copy = Copy { relation, coverage: coverage[side], lost: lost[side], numbers, units: units[side] };
        level.is_some_and(|level| removes(level, &config.removal)) && covered(copy, &config.removal)
    };
    Compared {
        level,
        units,
        overlap,
        required_jaccard: if is_document {
            required_document_jaccard(overlap.a.min(overlap.b), &config.matching)
        } else {
            required_jaccard(overlap.a.min(overlap.b), &config.matching)
        },
        short,
        spread: is_document.then(evenly),
        coverage,
        lost,
        relation,
        numbers,
        removed: [
            relation.is_some_and(|relation| goes(relation, numbers, 0)),
            relation.is_some_and(|relation| goes(relation.flip(), back, 1)),
        ],
    }
}

/// Whether both have the same units in another order, in content or altogether.
fn is_reordered(a: &View, b: &View) -> bool {
    let all = |view: &View| bag_key(view.whole.as_ref().unwrap_or(&view.units));
    bag_key(&a.units) == bag_key(&b.units) || all(a) == all(b)
}

/// The shingles of a view.
struct Shingles {
    ordered: Vec<u64>,
    set: Vec<u64>,
    whole: Option<Vec<u64>>,
}

impl Shingles {
    fn new(view: &View) -> Self {
        let (mut ordered, mut set) = (Vec::new(), Vec::new());
        shingles(&view.units, &mut ordered);
        shingle_set(&view.units, &mut set);
        let whole = view.whole.as_ref().map(|units| {
            let mut whole = Vec::new();
            shingle_set(units, &mut whole);
            whole
        });
        Self { ordered, set, whole }
    }

    fn sides(&self) -> Sides<'_> {
        Sides { content: &self.set, whole: self.whole.as_deref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::{Known, Labels, LineLabel, SpanLabel};
    use crate::pipeline::sheet::Sheet;

    fn page(text: &str, chrome: &[u32], cut: &[Span]) -> Page {
        let reason = || Known::Rule("test".into());
        let lines = chrome.iter().map(|&line| LineLabel { line, known: reason(), pages: 1, confidence: 1.0 });
        let spans = cut.iter().map(|&span| SpanLabel { span, known: reason(), pages: 1, confidence: 1.0 });
        let labels = Labels { lines: lines.collect(), spans: spans.collect(), left_whole: false };
        Page { text: text.to_owned(), sheet: Sheet::new(text), labels }
    }

    /// The whole of a page is seen as the pipeline sees it.
    #[test]
    fn a_view_of_everything_is_the_content() {
        let text = "首页 导航\n\n全年共学习14次，请登陆6636网址撰写心得50余篇。\n发表文章20多篇\n版权所有\n";
        let ad = text.find("请登陆").unwrap() as u32;
        let cut = Span::new(ad, ad + "请登陆6636网址".len() as u32);
        let page = page(text, &[0, 4], &[cut]);
        let view = View::new(&page, Span::new(0, text.len() as u32));
        let content = Content::new(page.sheet.layout(), &page.text, &page.labels);
        let (layout, mut units) = (page.sheet.layout(), Vec::new());
        content.gather(layout, page.sheet.units(), &page.labels, &mut units);
        assert_eq!(view.units, units);
        assert_eq!(view.slots, Content::slots(layout, text, &page.labels, &content.lines));
        assert_eq!(view.lines, [2, 3]);
    }

    #[test]
    fn chrome_alone_is_compared_as_it_is() {
        let page = page("首页 导航\n正文\n", &[0], &[]);
        assert_eq!(View::new(&page, page.sheet.layout().line(0)).units.len(), 4);
    }

    #[test]
    fn both_directions() {
        let whole = page("全年共集中学习达14次，撰写心得50余篇，发表20多篇，深受好评", &[], &[]);
        let stripped = page("全年共集中学习达次，撰写心得余篇，发表多篇，深受好评", &[], &[]);
        let view = |page: &Page| View::new(page, Span::new(0, page.text.len() as u32));
        let compared = compare(&view(&whole), &view(&stripped), Some(Level::Document), &Config::default());
        assert_eq!(compared.relation, Some(Relation::Identical));
        assert_eq!(compared.removed, [false, true]);
        let apart = compare(&view(&whole), &view(&stripped), None, &Config::default());
        assert_eq!(apart.removed, [false, false]);
    }
}
