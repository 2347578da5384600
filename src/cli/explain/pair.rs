//! Two units: what they share, where they differ, and what a run makes of that.

use dechaff::Config;
use dechaff::config::{Keep, Level, Only};
use dechaff::decide::may_lose;
use dechaff::document::Span;
use dechaff::matching::numbers::Numbers;
use dechaff::matching::relation::Relation;
use dechaff::pipeline::explain::{Address, Compared, MemberRow, Page, Place, Run, Unread, View, compare};
use dechaff::pipeline::run::Rewrite;

use super::super::failure::Failure;
use super::super::size::{count, counted};
use super::super::style::Style;
use super::super::visible;
use super::unit::{span_of, touches};
use super::{Text, excerpt, level_word, name, share};
use dechaff::matching::difference::{Part, Place as Difference, Side, places};

/// Places of difference that are shown.
const SHOWN: usize = 20;
/// Characters of a difference that is shown whole.
const WHOLE: usize = 120;

/// How two units compare.
pub(super) fn explain(run: &Run, addresses: [&Address; 2], style: Style) -> Result<String, Failure> {
    let sides = [Loaded::new(run, addresses[0])?, Loaded::new(run, addresses[1])?];
    let level = (sides[0].level == sides[1].level).then_some(sides[0].level);
    let mut text = Text::new(style);
    for (letter, side) in ["a", "b"].iter().zip(&sides) {
        let address = side.address;
        let size = side.read.as_ref().map_or(String::new(), |read| {
            format!(", {}, {}", read.lines(), counted(read.view.units.len() as u64, "unit"))
        });
        text.fact(letter, &format!("{} ({}){size}", name(address), address.doc));
    }
    text.gap();
    match (&sides[0].read, &sides[1].read) {
        (Ok(a), Ok(b)) => {
            // Without the log of what was chrome only the run knows what it compared.
            let knows_chrome = run.rewrite != Rewrite::Nothing && run.config.removal.only != Only::Duplicates;
            if knows_chrome || !logged(&mut text, run, &sides, level)? {
                let compared = compare(&a.view, &b.view, level, &run.config);
                facts(&mut text, &compared, &run.config);
                decision(&mut text, &compared, &run.config, addresses);
            }
            if knows_chrome {
                logged(&mut text, run, &sides, level)?;
            } else {
                text.fact("", "which lines are chrome was not logged: here they count as content");
            }
            differences(&mut text, [a, b]);
        }
        (Err(unread), _) | (_, Err(unread)) => {
            let problem = format!("their texts cannot be compared: {}", unread.0);
            if !logged(&mut text, run, &sides, level)? {
                return Err(Failure::new(problem)
                    .hint("run explain where the run was made, on the inputs that it read"));
            }
            text.fact("", &visible::line(&problem));
        }
    }
    Ok(text.text)
}

/// A unit, with what the logs say of it, and its text if that can be read.
struct Loaded<'a> {
    address: &'a Address,
    level: Level,
    members: Vec<MemberRow>,
    read: Result<Read, Unread>,
}

/// The text of a unit.
struct Read {
    page: Page,
    view: View,
    paragraphs: usize,
}

impl<'a> Loaded<'a> {
    fn new(run: &Run, address: &'a Address) -> Result<Self, Failure> {
        let removed = run.removed(&address.doc)?;
        let mut members = Vec::new();
        run.members(Some(&address.doc), |row| members.push(row))?;
        let read = match run.page(&address.doc, &removed) {
            Ok(page) => {
                let span = match address.place {
                    Place::Line(line) => paragraph(&page, &members, line, span_of(address, &page)?),
                    Place::Whole | Place::Bytes(_) => span_of(address, &page)?,
                };
                Ok(Read { view: View::new(&page, span), paragraphs: paragraphs(&page, span), page })
            }
            Err(unread) => Err(unread),
        };
        let level = match address.place {
            Place::Whole => Level::Document,
            Place::Bytes(_) if read.as_ref().is_ok_and(|read| read.paragraphs > 1) => Level::Block,
            Place::Line(_) | Place::Bytes(_) => Level::Paragraph,
        };
        Ok(Self { address, level, members, read })
    }

    /// Its memberships in clusters of a level.
    fn members(&self, level: Level) -> Vec<&MemberRow> {
        let span = self.read.as_ref().ok().and_then(|read| {
            let (first, last) = (read.view.pieces.first()?, read.view.pieces.last()?);
            Some(Span { start: first.start, end: last.end })
        });
        let hit = |row: &&MemberRow| {
            row.level == level && touches(&row.unit, Some(level), self.address.place, span)
        };
        self.members.iter().filter(hit).collect()
    }
}

impl Read {
    fn lines(&self) -> String {
        match &self.view.lines[..] {
            [] => "no line".into(),
            [line] => format!("line {}", line + 1),
            [first, .., last] if self.view.lines.len() as u32 == last - first + 1 => {
                format!("lines {}-{}", first + 1, last + 1)
            }
            [first, .., last] => {
                format!(
                    "lines {}-{} ({} of content)",
                    first + 1,
                    last + 1,
                    count(self.view.lines.len() as u64)
                )
            }
        }
    }

    /// The line of a byte, from 1.
    fn line(&self, byte: u32) -> usize {
        let layout = self.page.sheet.layout();
        (layout.line_of(byte) as usize + 1).min(layout.count().max(1))
    }
}

/// The paragraph that a line is part of: a joined one that the run reported, else the one it stands in.
fn paragraph(page: &Page, members: &[MemberRow], line: u32, span: Span) -> Span {
    let joined = members.iter().find(|row| row.level == Level::Paragraph && row.unit.lines.contains(&line));
    if let Some(row) = joined {
        return Span { start: row.unit.byte_start, end: row.unit.byte_end };
    }
    let layout = page.sheet.layout();
    let is_chrome = page.labels.lines.iter().any(|label| label.line + 1 == line);
    match layout.paragraphs().find(|range| range.contains(&(line - 1))) {
        Some(range) if !is_chrome => {
            Span { start: layout.line(range.start).start, end: layout.line(range.end - 1).end }
        }
        _ => span,
    }
}

fn paragraphs(page: &Page, span: Span) -> usize {
    let layout = page.sheet.layout();
    let touched = |range: &std::ops::Range<u32>| {
        layout.line(range.start).start < span.end && span.start < layout.line(range.end - 1).end
    };
    layout.paragraphs().filter(touched).count()
}

fn facts(text: &mut Text, compared: &Compared, config: &Config) {
    let overlap = compared.overlap;
    text.fact(
        "shared",
        &format!(
            "{} shingles: {} of the {} of a, {} of the {} of b",
            count(overlap.shared.into()),
            share(overlap.a_in_b()),
            count(overlap.a.into()),
            share(overlap.b_in_a()),
            count(overlap.b.into())
        ),
    );
    let needed = compared.required_jaccard;
    let more = if needed > config.matching.threshold { "; short texts need more" } else { "" };
    let threshold = config.matching.threshold;
    let line = format!(
        "{}; near from {} up (`--threshold` {threshold}{more})",
        share(overlap.jaccard()),
        share(needed)
    );
    text.fact("Jaccard", &line);
    if let Some(spread) = compared.spread.filter(|_| overlap.jaccard() < needed && overlap.shared > 0) {
        text.fact("", &format!("something of it in {} of the passages of both at least", share(spread)));
    }
    let line = format!(
        "{}; a part from {} up (`--containment`)",
        share(overlap.containment()),
        config.matching.containment
    );
    text.fact("containment", &line);
    let numbers = compared.numbers;
    let counts: Vec<String> = [
        (numbers.same, "the same"),
        (numbers.changed, "changed"),
        (numbers.masked, "masked"),
        (numbers.only_a, "only in a"),
        (numbers.only_b, "only in b"),
    ]
    .iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{} {what}", count((*number).into())))
    .collect();
    let kind = match numbers.kind() {
        Numbers::None => "none",
        Numbers::Same => "same",
        Numbers::Stripped => "stripped",
        Numbers::Masked => "masked",
        Numbers::Changed => "changed",
    };
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    text.fact("numbers", &format!("{kind}{counts}"));
}

/// What the run's configuration makes of the comparison, and by which number.
fn decision(text: &mut Text, compared: &Compared, config: &Config, addresses: [&Address; 2]) {
    let overlap = compared.overlap;
    let needed = compared.required_jaccard;
    let reported = match (compared.level, compared.relation) {
        (None, _) => "no: a document, a block and a paragraph are compared with their like only".to_owned(),
        (_, Some(Relation::Identical)) => "yes: the same units in the same order".to_owned(),
        (_, None) if compared.short => {
            format!(
                "no: fewer than {} units (`--min-units`) match only if all is equal",
                config.matching.min_units
            )
        }
        (_, Some(Relation::Near)) if overlap.jaccard() >= needed => {
            format!("yes: Jaccard {} reaches {}", share(overlap.jaccard()), share(needed))
        }
        (_, Some(Relation::Near)) => {
            "yes: what they share lies evenly over both, unless nearly all of it stands in many others too"
                .to_owned()
        }
        (_, Some(relation)) => {
            let what =
                if relation == Relation::Fragment { "a is a fragment of b" } else { "b is a fragment of a" };
            let containment = share(overlap.containment());
            format!("yes: {what}, containment {containment} reaches {}", config.matching.containment)
        }
        (_, None) if overlap.containment() >= config.matching.containment => {
            "no: what they share is too little for a fragment".to_owned()
        }
        (_, None) => format!(
            "no: Jaccard {} is below {}, containment {} below {}",
            share(overlap.jaccard()),
            share(needed),
            share(overlap.containment()),
            config.matching.containment
        ),
    };
    text.fact("reported", &reported);
    let (Some(relation), Some(level)) = (compared.relation, compared.level) else { return };
    let [a, b] = addresses;
    if a.doc == b.doc && a.place == b.place {
        text.fact("removable", "no: a and b are the same");
        return;
    }
    let sides = [("a, if b stays", relation, a), ("b, if a stays", relation.flip(), b)];
    let mut heading = "removable";
    for (side, (which, relation, address)) in sides.into_iter().enumerate() {
        let fact = match obstacle(compared, config, level, relation, side) {
            _ if address.row.is_none() => "no, it belongs to the reference".to_owned(),
            reason if compared.removed[side] => format!("yes, {reason}"),
            reason => format!("no, {reason}"),
        };
        text.fact(heading, &format!("{which}: {fact}"));
        heading = "";
    }
}

/// The number, or the setting, that decides about a removal.
fn obstacle(compared: &Compared, config: &Config, level: Level, relation: Relation, side: usize) -> String {
    let removal = &config.removal;
    let needed = removal.remove_coverage;
    let (coverage, lost, removed) = (compared.coverage[side], compared.lost[side], compared.removed[side]);
    let may_lose = may_lose(compared.units[side], removal);
    match relation {
        _ if removal.keep == Keep::None => "`--keep none`".into(),
        _ if removal.only == Only::Chrome => "`--only chrome`".into(),
        _ if !removal.level.contains(&level) => format!("`--level` does not name `{}`", level_word(level)),
        Relation::Contains => "it has more text than the other".into(),
        Relation::Near | Relation::Fragment if coverage < needed => {
            format!("only {} of it is covered, less than {needed} (`--remove-coverage`)", share(coverage))
        }
        Relation::Near | Relation::Fragment if lost > may_lose => {
            format!("{lost} of its units stand nowhere in the other, more than {may_lose}")
        }
        _ if !removed && compared.numbers.changed > 0 => "its numbers differ".into(),
        _ if !removed => "it has numbers that the other has not".into(),
        Relation::Identical => "all of it is covered, its numbers too".into(),
        Relation::Near | Relation::Fragment => {
            format!(
                "{} of it is covered, at least {needed} (`--remove-coverage`), its numbers too",
                share(coverage)
            )
        }
    }
}

/// What the run itself found between the two. Whether it found anything.
fn logged(
    text: &mut Text,
    run: &Run,
    sides: &[Loaded<'_>; 2],
    level: Option<Level>,
) -> Result<bool, Failure> {
    let Some(level) = level else { return Ok(false) };
    let rows = [sides[0].members(level), sides[1].members(level)];
    let common = rows[0].iter().find_map(|a| Some((a, rows[1].iter().find(|b| b.cluster == a.cluster)?)));
    let Some((a, b)) = common else {
        let none = rows.iter().all(|rows| rows.is_empty());
        text.fact("in the run", if none { "in no cluster" } else { "not in one cluster" });
        return Ok(false);
    };
    let clusters = run.clusters(&[(level, a.cluster.clone())])?;
    let kept = clusters.first().map(|cluster| &cluster.kept);
    let is_kept = |row: &MemberRow| {
        kept.is_some_and(|kept| kept.doc == row.unit.doc && kept.byte_start == row.unit.byte_start)
    };
    let facts = |row: &MemberRow| {
        let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "none".into());
        let number = |number: Option<f64>| share(number.unwrap_or(0.0));
        format!(
            "{}, numbers {}, Jaccard {}, covered {}",
            word(&row.facts.relation),
            word(&row.facts.numbers),
            number(row.facts.jaccard),
            number(row.facts.coverage)
        )
    };
    let line = match (is_kept(a), is_kept(b)) {
        (true, true) => "the same unit".to_owned(),
        (true, _) => format!("a stands for b: {}", facts(b)),
        (_, true) => format!("b stands for a: {}", facts(a)),
        _ => "another stands for both".to_owned(),
    };
    text.fact("in the run", &line);
    text.fact("", &format!("cluster {}", visible::line(&a.cluster)));
    Ok(true)
}

fn differences(text: &mut Text, sides: [&Read; 2]) {
    let [a, b] = [0, 1].map(|at| Side { text: &sides[at].page.text, pieces: &sides[at].view.pieces });
    let found = places(a, b);
    text.gap();
    if found.is_empty() {
        text.fact("differences", "none");
        return;
    }
    text.fact("differences", &counted(found.len() as u64, "place"));
    let widest = found
        .iter()
        .take(SHOWN)
        .flat_map(|place| [0, 1].map(|at| sides[at].line(place.starts[at]).to_string().len()));
    let width = widest.max().unwrap_or(1);
    for place in found.iter().take(SHOWN) {
        for (at, letter) in ["a", "b"].iter().enumerate() {
            let line = sides[at].line(place.starts[at]);
            let row = row(text.style, &sides[at].page.text, place, at);
            text.line(&format!("  {letter} {line:>width$}  {}", row.trim_start()));
        }
        text.gap();
    }
    if found.len() > SHOWN {
        text.line(&format!("  … and {}", counted((found.len() - SHOWN) as u64, "more place")));
    }
    while text.text.ends_with("\n\n") {
        text.text.pop();
    }
}

/// One side of a place, with what only this side has marked.
fn row(style: Style, text: &str, place: &Difference, side: usize) -> String {
    let mut row = String::new();
    let mut last_end = None;
    let mut parts = place.sides[side].iter().peekable();
    while let Some(part) = parts.next() {
        let mut shown = Vec::new();
        let mut next = Some(part);
        // What only this side has is marked as one, over line ends.
        while let Some(&Part { span, shared }) = next {
            let breaks =
                last_end.is_some_and(|end: u32| text[end as usize..span.start as usize].contains('\n'));
            if breaks {
                shown.push("⏎".to_owned());
            }
            shown.push(text[span.range()].to_owned());
            last_end = Some(span.end);
            next = match shared {
                true => None,
                false => parts.next_if(|part| !part.shared),
            };
        }
        let shown = excerpt_inline(&shown.concat(), part.shared);
        row.push_str(&match (part.shared, style, side) {
            (true, _, _) => shown,
            (false, Style::Coloured, 0) => style.red(&shown),
            (false, Style::Coloured, _) => style.green(&shown),
            (false, Style::Plain, 0) => format!("[-{shown}-]"),
            (false, Style::Plain, _) => format!("{{+{shown}+}}"),
        });
    }
    row
}

fn excerpt_inline(text: &str, shared: bool) -> String {
    if shared || text.chars().count() <= WHOLE {
        visible::line(text).into_owned()
    } else {
        excerpt(text, WHOLE)
    }
}
