//! Every setting that changes results. [`Config::default`] is the only home of the defaults; flags and the
//! configuration file overwrite it; [`Config::validate`] runs before any input is read.

pub mod size;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The whole configuration of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How records are read.
    pub input: InputConfig,
    /// What counts as a copy in the report.
    pub matching: MatchConfig,
    /// How chrome is told from content.
    pub chrome: ChromeConfig,
    /// What is removed.
    pub removal: RemovalConfig,
}

/// How records are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InputConfig {
    /// Format of every input; `auto` looks at the content.
    pub format: Format,
    /// Field that holds the text.
    pub text_field: String,
    /// Field that holds HTML to read in place of a text, of records that have it.
    pub html_field: Option<String>,
    /// Field that holds the record's id.
    pub id_field: String,
    /// Field that holds the page's URL.
    pub url_field: String,
    /// Field that names the site; without one (in a file: empty) the URL's registrable domain, else the folder of a
    /// text file.
    #[serde(with = "maybe")]
    pub site_field: Option<String>,
    /// Field that holds the page's date; without one (in a file: empty) that of `--keep field:NAME`, where it holds
    /// dates.
    #[serde(with = "maybe")]
    pub date_field: Option<String>,
    /// Largest record, decompressed, in bytes: a larger one is skipped, and never held in memory.
    #[serde(with = "size")]
    pub max_record: u64,
}

impl Default for InputConfig {
    fn default() -> Self {
        Self {
            format: Format::Auto,
            text_field: "text".into(),
            html_field: None,
            id_field: "id".into(),
            url_field: "url".into(),
            site_field: None,
            date_field: None,
            max_record: 128 << 20,
        }
    }
}

/// A name that may be missing, in files an empty one: so each setting is printed, and can be found there.
mod maybe {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(name: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(name.as_deref().unwrap_or_default())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
        Ok(Some(String::deserialize(from)?).filter(|name| !name.is_empty()))
    }
}

/// Format of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Told from the content.
    Auto,
    /// One page a file.
    Txt,
    /// One page a file, in HTML.
    Html,
    /// One JSON object a line.
    Jsonl,
    /// One row a record, the columns named by the first; apart by what that line shows, in `.tsv` by tabs.
    Csv,
    /// Web archive records, WET among them.
    Warc,
    /// Parquet files.
    Parquet,
}

/// What is reported as a copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MatchConfig {
    /// Least Jaccard of two units of like length that are reported as copies (0 to 1).
    pub threshold: f64,
    /// Least containment of the smaller in the larger where lengths differ (0 to 1).
    pub containment: f64,
    /// Fewest units of a paragraph that is compared by shingles; a shorter one matches by its exact key only.
    pub min_units: usize,
    /// Largest bucket that is compared pair by pair; of a larger one, neighbours in several orders are, and it is counted.
    pub max_bucket: usize,
    /// Seed of the MinHash permutations.
    pub seed: u64,
}

impl Default for MatchConfig {
    fn default() -> Self {
        Self { threshold: 0.5, containment: 0.8, min_units: 8, max_bucket: 64, seed: 1 }
    }
}

/// How chrome is told from content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChromeConfig {
    /// Fewest distinct pages of a site on which a line must stand before its frequency says anything.
    pub min_pages: u32,
    /// Least share of a site's distinct pages on which a line must stand to be chrome by frequency (0 to 1).
    pub min_share: f64,
    /// A page that would lose more than this share of its rare text is left whole, and reported (0 to 1).
    pub budget: f64,
}

impl Default for ChromeConfig {
    fn default() -> Self {
        Self { min_pages: 3, min_share: 0.1, budget: 0.6 }
    }
}

/// What is removed, of what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RemovalConfig {
    /// Chrome, duplicates, or both.
    pub only: Only,
    /// Levels at which duplicates are removed.
    pub level: Vec<Level>,
    /// Which member of a cluster stays.
    pub keep: Keep,
    /// Least share of a removed unit's shingles that the kept copy must cover (0 to 1).
    pub remove_coverage: f64,
    /// What is left of a document that goes.
    pub copies: Copies,
    /// What is written of HTML.
    pub html: Html,
}

impl Default for RemovalConfig {
    fn default() -> Self {
        Self {
            only: Only::Both,
            level: vec![Level::Document, Level::Block],
            keep: Keep::MostComplete,
            remove_coverage: 0.9,
            copies: Copies::Drop,
            html: Html::Text,
        }
    }
}

/// Which kinds of removal a run makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Only {
    /// Chrome and duplicates.
    Both,
    /// Chrome alone.
    Chrome,
    /// Duplicates alone.
    Duplicates,
}

/// What is left of a document that is a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Copies {
    /// Nothing: the record or the file goes.
    Drop,
    /// Its record with an empty text and a field `dup_of` that names the document that stays; a text file, which has
    /// no fields, goes.
    Link,
}

/// What is written of HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Html {
    /// Its text, without what is removed.
    Text,
    /// The HTML itself, what is removed marked in it.
    Marked,
}

/// What a cluster is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Whole records.
    Document,
    /// Runs of paragraphs that match in the same order.
    Block,
    /// Single paragraphs.
    Paragraph,
}

/// Which member of a cluster is its representative; spelled as for `--keep`.
///
/// ```
/// use dechaff::config::Keep;
/// let keep: Keep = "field:score:desc".parse().unwrap();
/// assert_eq!(keep, Keep::Field { name: "score".into(), descending: true });
/// assert_eq!(keep.to_string(), "field:score:desc");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Keep {
    /// Numbers present, fewest removed spans, longest; ties by input order.
    MostComplete,
    /// First in input order.
    First,
    /// Longest content; ties by input order.
    Longest,
    /// No copy is removed for being one.
    None,
    /// Best value of a field of the record; ties by input order.
    Field {
        /// Name of the field.
        name: String,
        /// Whether the largest value wins.
        descending: bool,
    },
}

impl std::fmt::Display for Keep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Keep::MostComplete => f.write_str("most-complete"),
            Keep::First => f.write_str("first"),
            Keep::Longest => f.write_str("longest"),
            Keep::None => f.write_str("none"),
            Keep::Field { name, descending: false } => write!(f, "field:{name}"),
            Keep::Field { name, descending: true } => write!(f, "field:{name}:desc"),
        }
    }
}

impl std::str::FromStr for Keep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let field = |rest: &str| {
            let (name, descending) = match rest.strip_suffix(":desc") {
                Some(name) => (name, true),
                None => (rest, false),
            };
            (!name.is_empty()).then(|| Keep::Field { name: name.to_owned(), descending })
        };
        let known = match text {
            "most-complete" => Some(Keep::MostComplete),
            "first" => Some(Keep::First),
            "longest" => Some(Keep::Longest),
            "none" => Some(Keep::None),
            _ => text.strip_prefix("field:").and_then(field),
        };
        known.ok_or_else(|| {
            "give `most-complete`, `first`, `longest`, `none`, `field:NAME` (least value) or `field:NAME:desc`".into()
        })
    }
}

impl From<Keep> for String {
    fn from(keep: Keep) -> String {
        keep.to_string()
    }
}

impl TryFrom<String> for Keep {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|need| format!("`{text}` names no copy: {need}"))
    }
}

impl Config {
    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Setting`] names the first setting that is out of range and the range.
    pub fn validate(&self) -> Result<()> {
        share("--threshold", self.matching.threshold)?;
        share("--containment", self.matching.containment)?;
        share("--remove-coverage", self.removal.remove_coverage)?;
        share("chrome.min_share", self.chrome.min_share)?;
        share("chrome.budget", self.chrome.budget)?;
        if self.matching.min_units < 5 {
            return Err(Error::setting("--min-units", "must be 5 or more: a shingle is 5 units long"));
        }
        if self.matching.max_bucket < 2 {
            return Err(Error::setting("matching.max_bucket", "must be 2 or more"));
        }
        if !(1 << 10..=LARGEST).contains(&self.input.max_record) {
            let problem = format!("must be 1KiB or more, and {} at most", size::shown(LARGEST));
            return Err(Error::setting("--max-record", problem));
        }
        if self.input.text_field.is_empty() {
            return Err(Error::setting("--text-field", "must name a field"));
        }
        Ok(())
    }
}

/// Largest record that can be asked for: places in a text are 32 bits wide.
const LARGEST: u64 = 2 << 30;

fn share(setting: &str, value: f64) -> Result<()> {
    if value > 0.0 && value <= 1.0 {
        Ok(())
    } else {
        Err(Error::setting(setting, format!("`{value}` is not a share: give a number above 0 and up to 1")))
    }
}
