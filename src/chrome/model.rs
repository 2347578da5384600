//! What was learned of sites, as a file: learned on one crawl, applied to the next day's.
//!
//! A [`ChromeModel`] holds, for each site, the counts that [`Site::label`] asks for (what stands on two pages and
//! more; the rest is rare by absence), its families for people to read, and its templates of injected passages. It is
//! JSON, one site a line, everything in an order of its own, so that the same crawl gives the same bytes. Keys depend
//! on how text is folded and on what a line is counted by: a model of another folding or format is refused, and
//! whoever changes a key of [`Evidence`](super::Evidence) raises [`MODEL_FORMAT`]. Examples and phrases in it are text
//! of the pages it was learned on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::areas::Areas;
use super::family::Family;
use super::site::{Page, Site};
use super::slots::Template;
use super::span::SpanFamilies;
use super::tables::Tables;
use crate::error::{Error, Result};
use crate::text::fold::FOLD_VERSION;

/// Version of the file's format.
pub const MODEL_FORMAT: u32 = 1;
/// What the file says of itself.
const KIND: &str = "dechaff chrome model";
/// What messages call the file.
const SETTING: &str = "MODEL";

/// Counts by key, sorted: key in 16 hexadecimal digits, pages, times.
pub(crate) type Counts = Vec<(String, u32, u32)>;

/// What was learned of some sites.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChromeModel {
    /// Says what the file is.
    kind: String,
    /// Version of the format.
    pub format: u32,
    /// Version of the folding that the keys were made with.
    pub fold: u32,
    /// The sites, sorted by name.
    pub sites: Vec<SiteModel>,
}

/// What was learned of one site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteModel {
    /// The site's name.
    pub site: String,
    /// Distinct pages that were counted.
    pub pages: u32,
    /// Families of chrome lines and passages, those on the most pages first.
    pub families: Vec<Family>,
    /// Templates of passages injected into lines.
    pub spans: Vec<SpanModel>,
    /// What slots at the end of passages were filled with, and chrome lines that hold the same words.
    pub phrases: Vec<String>,
    tables: TablesModel,
    areas: AreasModel,
}

/// A template of injected passages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpanModel {
    /// The fixed parts; between two of them is a slot.
    pub parts: Vec<String>,
    /// Distinct pages on which it was seen.
    pub pages: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TablesModel {
    pub(crate) exact: Counts,
    pub(crate) template: Counts,
    pub(crate) pairs: Counts,
    pub(crate) labels: Counts,
    pub(crate) ends: Counts,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AreasModel {
    /// Key of a frame line, areas that follow it, sum of their shares of a page's prose; sorted.
    pub(crate) after: Vec<(String, f32, f32)>,
    /// The same of areas before it.
    pub(crate) before: Vec<(String, f32, f32)>,
}

/// What is known of a site from an earlier crawl, ready for new pages.
#[derive(Debug)]
pub struct Earlier {
    /// What its pages had in common.
    pub site: Site,
    /// Its templates of injected passages.
    pub spans: SpanFamilies,
}

/// A key as 16 hexadecimal digits.
pub(crate) fn hex(key: u64) -> String {
    format!("{key:016x}")
}

/// The key of 16 hexadecimal digits.
///
/// # Errors
/// [`Error::Setting`] where it is none.
pub(crate) fn unhex(text: &str) -> Result<u64> {
    u64::from_str_radix(text, 16).map_err(|_| damaged(&format!("`{text}` is no key")))
}

/// What was read is no model that this program wrote.
pub(crate) fn damaged(problem: &str) -> Error {
    Error::setting(SETTING, format!("the model was edited or damaged ({problem}): learn it again"))
}

impl SiteModel {
    /// What was learned of a site on these pages, with its families and its templates of injected passages.
    pub fn new(
        name: &str,
        site: &Site,
        pages: &[Page],
        families: Vec<Family>,
        spans: &SpanFamilies,
    ) -> SiteModel {
        SiteModel {
            site: name.to_string(),
            pages: site.pages(),
            families,
            spans: spans
                .templates
                .iter()
                .map(|(template, pages)| SpanModel { parts: template.parts.clone(), pages: *pages })
                .collect(),
            phrases: spans.phrases(),
            tables: site.tables().to_model(pages),
            areas: site.areas().to_model(),
        }
    }

    /// The site and its passages, ready for new pages.
    ///
    /// # Errors
    /// [`Error::Setting`] where the model makes no sense.
    pub fn earlier(&self) -> Result<Earlier> {
        if self.spans.iter().any(|span| span.parts.is_empty() || span.parts.iter().any(String::is_empty)) {
            return Err(damaged("a passage has no text"));
        }
        let templates = self
            .spans
            .iter()
            .map(|span| (Template { parts: span.parts.clone(), fits: span.pages as usize }, span.pages))
            .collect();
        let tables = Tables::from_model(self.pages, &self.tables)?;
        Ok(Earlier {
            site: Site::from_parts(tables, Areas::from_model(&self.areas)?),
            spans: SpanFamilies::from_parts(templates, self.phrases.clone()),
        })
    }
}

impl ChromeModel {
    /// A model of these sites.
    pub fn new(mut sites: Vec<SiteModel>) -> ChromeModel {
        sites.sort_by(|a, b| a.site.cmp(&b.site));
        ChromeModel { kind: KIND.into(), format: MODEL_FORMAT, fold: FOLD_VERSION, sites }
    }

    /// The sites, ready for new pages.
    ///
    /// # Errors
    /// [`Error::Setting`] where the model makes no sense.
    pub fn earlier(&self) -> Result<BTreeMap<String, Earlier>> {
        self.sites.iter().map(|site| Ok((site.site.clone(), site.earlier()?))).collect()
    }

    /// What was learned of the site with this name.
    pub fn get(&self, site: &str) -> Option<&SiteModel> {
        let at = self.sites.binary_search_by(|known| known.site.as_str().cmp(site)).ok()?;
        self.sites.get(at)
    }

    /// What every such file begins with, of any format.
    pub fn beginning() -> String {
        format!("{{\"kind\":\"{KIND}\",\"format\":")
    }

    /// The model as a file: JSON, one site a line.
    pub fn to_json(&self) -> String {
        let mut text = Self::beginning();
        text.push_str(&format!("{},\"fold\":{},\"sites\":[", self.format, self.fold));
        for (number, site) in self.sites.iter().enumerate() {
            text.push_str(if number == 0 { "\n" } else { ",\n" });
            let site = serde_json::to_string(site).expect("strings, numbers and lists are always JSON");
            text.push_str(&site);
        }
        text.push_str("\n]}\n");
        text
    }

    /// The model in a file's text.
    ///
    /// # Errors
    /// [`Error::Setting`] where the text is no model, or one of another format or folding.
    pub fn from_json(text: &str) -> Result<ChromeModel> {
        /// What every format has.
        #[derive(Deserialize)]
        struct Head {
            kind: String,
            format: u32,
            fold: u32,
        }
        let refuse = |problem: String| Err(Error::setting(SETTING, problem));
        let head = match serde_json::from_str::<Head>(text) {
            Ok(head) if head.kind == KIND => head,
            Ok(_) => return refuse("this is no chrome model: make one with `dechaff chrome learn`".into()),
            Err(error) if text.starts_with(&Self::beginning()) => return Err(damaged(&error.to_string())),
            Err(error) => {
                return refuse(format!(
                    "this is no chrome model ({error}): make one with `dechaff chrome learn`"
                ));
            }
        };
        if head.format > MODEL_FORMAT {
            return refuse(format!(
                "the model has format {}, this program reads up to {MODEL_FORMAT}: use the program that wrote it, or \
                 learn it again with `dechaff chrome learn`",
                head.format
            ));
        }
        if head.format != MODEL_FORMAT || head.fold != FOLD_VERSION {
            return refuse(format!(
                "the model was learned with format {} and folding {}, this program has {MODEL_FORMAT} and \
                 {FOLD_VERSION}: learn it again with `dechaff chrome learn`",
                head.format, head.fold
            ));
        }
        let model: ChromeModel = serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))?;
        if !model.sites.is_sorted_by(|a, b| a.site < b.site) {
            return Err(damaged("its sites are not in order"));
        }
        model.earlier()?;
        Ok(model)
    }
}
