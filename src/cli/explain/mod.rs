//! `dechaff explain`: why something was removed or kept, and how two texts compare.

mod pair;
mod unit;

use dechaff::config::Level;
use dechaff::pipeline::explain::{Address, Found, Place, Run, UnitRow};
use dechaff::pipeline::run::Rewrite;

use super::args::ExplainArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::style::{self, Style};
use super::{printer, visible};

/// Explains one unit, or how two compare.
pub(crate) fn explain(args: &ExplainArgs) -> Result<Exit, Failure> {
    let run = Run::open(&args.folder)?;
    let first = find(&run, &args.unit)?;
    let style = style::stdout();
    let text = match &args.unit2 {
        None => unit::explain(&run, &first, style)?,
        Some(second) => pair::explain(&run, [&first, &find(&run, second)?], style)?,
    };
    printer::data(&text)?;
    Ok(Exit::Done)
}

fn find(run: &Run, text: &str) -> Result<Address, Failure> {
    match run.find(text)? {
        Found::One(address) => Ok(*address),
        Found::Several(docs) => {
            let shown: Vec<_> = docs.iter().take(5).map(|doc| format!("`{doc}`")).collect();
            let more = if docs.len() > shown.len() { " or another" } else { "" };
            Err(Failure::new(format!("`{text}` is the id of {} documents", docs.len()))
                .hint(format!("name one by its `doc`: {}{more}", shown.join(", "))))
        }
        Found::Nothing(near) if near.is_empty() => {
            Err(Failure::new(format!("`{text}` is no document of this run"))
                .hint("ids stand in documents.jsonl; a `doc` such as `0:12` will do too"))
        }
        Found::Nothing(near) => {
            let shown: Vec<_> = near.iter().map(|id| format!("`{id}`")).collect();
            Err(Failure::new(format!("`{text}` is no document of this run"))
                .hint(format!("the most similar ids are {}", shown.join(", "))))
        }
    }
}

/// Lines of an explanation.
struct Text {
    text: String,
    style: Style,
}

impl Text {
    fn new(style: Style) -> Self {
        Self { text: String::new(), style }
    }

    /// A line as it is.
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A fact under its name.
    fn fact(&mut self, name: &str, fact: &str) {
        let padding = " ".repeat(12usize.saturating_sub(name.len()));
        let name = if name.is_empty() { String::new() } else { self.style.bold(name) };
        self.line(&format!("{name}{padding}{fact}"));
    }

    /// An empty line between parts.
    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }
}

/// The name of an address, as it was typed.
fn name(address: &Address) -> String {
    let place = match address.place {
        Place::Whole => String::new(),
        Place::Line(line) => format!("@{line}"),
        Place::Bytes(span) => format!("@{}-{}", span.start, span.end),
    };
    visible::line(&format!("{}{place}", address.id)).into_owned()
}

/// A unit of a log, with the lines that it stands on.
fn place_of(unit: &UnitRow, level: Option<Level>) -> String {
    let id = unit.id();
    let id = visible::line(&id);
    if level == Some(Level::Document) {
        format!("{id} ({})", unit.doc)
    } else {
        format!("{id} {}", lines(unit, level))
    }
}

/// The lines of a unit: `line 3`, `lines 3-9`, `lines 3, 5`.
fn lines(unit: &UnitRow, level: Option<Level>) -> String {
    match &unit.lines[..] {
        [] => "no line".into(),
        [line] => format!("line {line}"),
        [first, last] if matches!(level, Some(Level::Block | Level::Document)) && first == last => {
            format!("line {first}")
        }
        [first, last] if matches!(level, Some(Level::Block | Level::Document)) => {
            format!("lines {first}-{last}")
        }
        several => {
            let runs: Vec<String> = several
                .chunk_by(|a, b| b - a == 1)
                .map(|run| match run {
                    [line] => line.to_string(),
                    run => format!("{}-{}", run[0], run[run.len() - 1]),
                })
                .collect();
            format!("lines {}", runs.join(", "))
        }
    }
}

/// A text on one line, the middle of a long one left out.
fn excerpt(text: &str, most: usize) -> String {
    let text = text.trim_end().replace("\r\n", "⏎").replace('\n', "⏎");
    let length = text.chars().count();
    let text = if length <= most {
        text
    } else {
        let head: String = text.chars().take(most * 2 / 3).collect();
        let tail: String = text.chars().skip(length - most / 4).collect();
        format!("{head} …({} characters)… {tail}", super::size::count(length as u64))
    };
    visible::line(&text).into_owned()
}

/// A level as `--level` spells it.
fn level_word(level: Level) -> &'static str {
    match level {
        Level::Document => "document",
        Level::Block => "block",
        Level::Paragraph => "paragraph",
    }
}

/// A share to two places; what is not quite one is never shown as one.
fn share(share: f64) -> String {
    if share < 1.0 && share > 0.995 { ">0.99".into() } else { format!("{share:.2}") }
}

/// `removed`, or what the run would have done.
fn removed_word(run: &Run) -> &'static str {
    match run.rewrite {
        Rewrite::Clean => "removed",
        _ => "removable",
    }
}
