//! Labels the pages of one site: which of their lines are the site's and not the page's.
//!
//! In go the pages' evidence, out comes for each non-blank line content, or chrome with the reason. First
//! [`Site::learn`] counts over all pages (once, in memory that grows with the distinct lines of at most 1,024 pages);
//! then [`Site::label`] judges each page alone, so that pages can be judged in parallel. The same pages give the same
//! labels in any order.

use std::sync::Arc;

use crate::config::ChromeConfig;

use super::areas::{Areas, Seen, between, length, look_up};
use super::evidence::Evidence;
use super::labeller::{Draft, Judged, Learned, Main};
use super::outline::{Role, is_marked};
use super::places::Places;
use super::rule::{RuleId, RuleKind};
use super::rules::Rules;
use super::shape::Flags;
use super::tables::Tables;

/// One page of a site.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Its non-blank lines in order.
    pub evidence: &'a [Evidence],
    /// Pages with the same body are copies of one article and count once.
    pub body: u32,
}

/// What is known of where pages come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The pages are of one site.
    Site,
    /// Nothing: each page is judged by rules and shape alone.
    Unknown,
}

/// What a site's pages have in common.
#[derive(Debug)]
pub struct Site {
    tables: Arc<Tables>,
    areas: Areas,
    places: Places,
}

/// What a site says of the lines of one of its pages.
pub(crate) struct SeenPage<'a>(Vec<Seen<'a>>);

/// Labels of one page.
#[derive(Clone, Debug, PartialEq)]
pub struct PageLabels {
    /// One label for each non-blank line, in the order of the evidence.
    pub lines: Vec<Label>,
    /// The labels would have taken nearly all of the page's own text, so it was left whole.
    pub left_whole: bool,
}

/// Label of one line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Label {
    /// The page's own text.
    Content,
    /// The site's.
    Chrome(Reason),
}

impl Label {
    /// Whether the line is chrome.
    pub fn is_chrome(&self) -> bool {
        matches!(self, Label::Chrome(_))
    }
}

/// Why a line is chrome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    /// The rule or family that knows it.
    pub source: Source,
    /// Distinct pages of the site on which the rule's line or the family was seen.
    pub pages: u32,
    /// How sure the labeller is, 0.5 to 1, two decimals.
    pub confidence: f32,
}

/// What knows a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A rule, by its number in the run's [`Rules`].
    Rule(RuleId),
    /// A family of lines of this site, by its kind and key.
    Family(FamilyKind, u64),
}

/// What the lines of a family have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FamilyKind {
    /// The same text but for digits, punctuation and case, on several pages; key: the template key.
    Repeated,
    /// The same label before a colon, or the same beginning and end, and a slot; key: the label's or ends' key.
    Template,
    /// Different lines in a place of the site where no page has its text; key: the frame line before that place.
    Listing,
    /// Nothing of the site knows it: it looks like chrome and stands among chrome; key: 0.
    Shape,
    /// Passages inside lines that start alike; key: that of the template's fixed parts.
    Span,
}

impl Site {
    /// Counts over the pages of a site.
    pub fn learn(pages: &[Page], rules: &Rules, scope: Scope) -> Site {
        match scope {
            Scope::Site => Self::learn_after(pages, rules, None),
            Scope::Unknown => Self::from_parts(Tables::default(), Areas::default()),
        }
    }

    /// Counts over the pages of a site of which an earlier crawl is known: a line is as common as it is in the crawl
    /// that has more of it, so that a page crawled twice counts once, and a new layout is not held against the old.
    pub fn learn_after(pages: &[Page], rules: &Rules, earlier: Option<&Site>) -> Site {
        Self::learn_seen(pages, rules, earlier, 0).0
    }

    /// [`Site::learn_after`], with what the site says of the lines of its pages, `most` lines at most: for
    /// [`Site::label_seen`], which need not look them up again.
    pub(crate) fn learn_seen<'a>(
        pages: &[Page<'a>],
        rules: &Rules,
        earlier: Option<&Site>,
        most: usize,
    ) -> (Site, Vec<Option<SeenPage<'a>>>) {
        let (mut tables, counted) = Tables::new(pages);
        tables.earlier = earlier.map(|site| Arc::clone(&site.tables));
        let (mut areas, mut places) = (Areas::default(), Places::default());
        let mut kept: Vec<Option<SeenPage<'a>>> = Vec::new();
        kept.resize_with(pages.len(), || None);
        let mut lines = 0;
        // Sums of shares depend on their order in the last bits: take the pages in an order of their own.
        tables.counted_templates(pages, &counted, |number, templates| {
            let seen = look_up(&pages[number], templates, &tables, rules);
            areas.add(between(&seen));
            places.add(pages[number].evidence);
            lines += seen.len();
            if lines <= most {
                kept[number] = Some(SeenPage(seen));
            }
        });
        if let Some(earlier) = earlier {
            areas.add_all(&earlier.areas);
        }
        (Site { places, ..Self::from_parts(tables, areas) }, kept)
    }

    /// A site of what was learned before.
    pub(crate) fn from_parts(tables: Tables, areas: Areas) -> Site {
        Site { tables: Arc::new(tables), areas, places: Places::default() }
    }

    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(crate) fn areas(&self) -> &Areas {
        &self.areas
    }

    /// Distinct pages that were counted, in the crawl that had more of them.
    pub fn pages(&self) -> u32 {
        self.tables.pages.max(self.tables.earlier.as_ref().map_or(0, |earlier| earlier.pages))
    }

    /// Labels one page.
    pub fn label(&self, page: &Page, rules: &Rules, config: &ChromeConfig) -> PageLabels {
        self.label_seen(page, None, rules, config, &mut Draft::default())
    }

    /// [`Site::label`] of a page of which it is known what the site says of its lines.
    pub(crate) fn label_seen(
        &self,
        page: &Page,
        seen: Option<SeenPage>,
        rules: &Rules,
        config: &ChromeConfig,
        draft: &mut Draft,
    ) -> PageLabels {
        let look_up = || look_up(page, &self.tables.templates(page), &self.tables, rules);
        let seen = seen.map_or_else(look_up, |page| page.0);
        let areas = (self.pages() > 1).then_some(&self.areas);
        let mut judge = |main| -> Vec<Label> {
            let learned = Learned { areas, places: &self.places, tables: &self.tables };
            let judged = draft.judge(&seen, learned, main, rules, config);
            seen.iter().zip(judged).map(|(seen, judged)| self.name(seen, judged, rules)).collect()
        };
        let budget = config.budget as f32;
        let mut lines = judge(Main::Unknown);
        // The labels may have missed where this page has its text: take the area that holds most of it for that.
        if over_budget(&seen, &lines, budget) {
            lines = judge(Main::Largest);
        }
        if areas.is_none() {
            spare_by_shape(page.evidence, &mut lines);
        }
        if let Some(headline) = headline(&seen, &lines, rules) {
            lines[headline] = Label::Content;
        }
        let left_whole = over_budget(&seen, &lines, budget);
        if left_whole {
            lines.fill(Label::Content);
        }
        PageLabels { lines, left_whole }
    }

    /// The label with the reason that weighs most.
    fn name(&self, seen: &Seen, judged: &Judged, rules: &Rules) -> Label {
        if judged.content >= 0.5 {
            return Label::Content;
        }
        let confidence = ((1.0 - judged.content) * 100.0).round() / 100.0;
        let line = seen.line;
        let [label, ends] = self.tables.parts(line);
        let known = rules.get(line.rule).filter(|rule| rule.kind != RuleKind::Span);
        let (source, pages) = if known.is_some_and(|rule| rule.kind == RuleKind::Line) {
            (Source::Rule(line.rule), seen.pages.max(1))
        } else if seen.pages >= 2 && seen.pages >= label.pages.max(ends.pages) {
            (Source::Family(FamilyKind::Repeated, line.template), seen.pages)
        } else if label.pages.max(ends.pages) >= 3 {
            let (key, count) =
                if label.pages >= ends.pages { (line.label, label) } else { (line.ends, ends) };
            (Source::Family(FamilyKind::Template, u64::from(key)), count.pages)
        } else if known.is_some() {
            (Source::Rule(line.rule), 1)
        } else if let Some((left, pages)) = judged.listing {
            (Source::Family(FamilyKind::Listing, left), pages.min(self.pages()))
        } else {
            (Source::Family(FamilyKind::Shape, 0), 1)
        };
        Label::Chrome(Reason { source, pages, confidence })
    }
}

/// Labels all pages of a site: [`Site::learn`], then [`Site::label`] of each.
pub fn label_site(pages: &[Page], rules: &Rules, config: &ChromeConfig, scope: Scope) -> Vec<PageLabels> {
    let site = Site::learn(pages, rules, scope);
    pages.iter().map(|page| site.label(page, rules, config)).collect()
}

/// Fewest lines in a row that shape alone may take.
const RUN: usize = 4;

/// Gives back what shape alone took: without a site, a short line is chrome only in a run of chrome that a rule
/// or the markup knows a line of.
fn spare_by_shape(evidence: &[Evidence], labels: &mut [Label]) {
    let mut from = 0;
    for run in labels.chunk_by_mut(|a, b| a.is_chrome() == b.is_chrome()) {
        let known: Vec<bool> = run
            .iter()
            .zip(&evidence[from..])
            .map(|(label, line)| match label {
                Label::Chrome(reason) => matches!(reason.source, Source::Rule(_)) || is_marked(line),
                Label::Content => false,
            })
            .collect();
        from += run.len();
        if run.len() < RUN || !known.contains(&true) {
            for (label, _) in run.iter_mut().zip(known).filter(|&(_, known)| !known) {
                *label = Label::Content;
            }
        }
    }
}

/// Most lines between a page's headline and its text: date, author, tools.
const HEADLINE_REACH: usize = 8;

/// Share of a site's pages that may list the headline of another.
const LISTED: f32 = 0.3;

/// The line that is most likely the page's headline, where it was taken for chrome: a short line shortly before the
/// text, in words, that no other page has, or that a few others list. A page's own headline is content.
fn headline(seen: &[Seen], labels: &[Label], rules: &Rules) -> Option<usize> {
    let text = |i: &usize| labels[*i] == Label::Content && seen[*i].prose >= 0.25;
    let start = (0..seen.len()).find(text)?;
    let likely = |i: &usize| {
        let line = seen[*i].line;
        let size = length(line);
        let signs =
            [Flags::DATE, Flags::NUMERIC, Flags::SEPARATED, Flags::DOMAIN, Flags::COLON, Flags::MARKED];
        (4.0..80.0).contains(&size)
            && rules.get(line.rule).is_none_or(|rule| rule.kind == RuleKind::Span)
            && !signs.into_iter().any(|sign| line.flags.has(sign))
    };
    let candidate = |i: &usize| seen[*i].pages < 2 && likely(i);
    let before = start.saturating_sub(HEADLINE_REACH)..start;
    if before.clone().any(|i| labels[i] == Label::Content && candidate(&i)) {
        return None;
    }
    // What the page calls its title is sure, and a headline that stands twice; else the last line that could be one.
    let titled = before.clone().rev().find(|i| candidate(i) && seen[*i].line.role.has(Role::TITLE));
    let twice = before.clone().rev().find(|i| candidate(i) && seen[*i].times > 1);
    // Other pages list it, beside others each time.
    let listed = |i: &usize| {
        let line = &seen[*i];
        line.pages >= 2 && line.share < LISTED && line.fixed() <= 0.5 && likely(i)
    };
    titled.or(twice).or_else(|| before.clone().rev().find(candidate)).or_else(|| before.rev().find(listed))
}

/// A page that keeps this much prose, in Han characters, keeps its text.
const PARAGRAPH: f32 = 150.0;

/// Whether the page would lose more than `budget` of its own text.
fn over_budget(seen: &[Seen], labels: &[Label], budget: f32) -> bool {
    let (mut all, mut lost) = (0.0f32, 0.0f32);
    for (line, label) in seen.iter().zip(labels) {
        let own = if line.pages < 2 { line.mass } else { 0.0 };
        all += own;
        if label.is_chrome() {
            lost += own;
        }
    }
    // Less than a sentence of its own is no text that could be lost; a page that keeps a paragraph has not lost all.
    all >= 20.0 && lost > budget * all && all - lost < PARAGRAPH
}
