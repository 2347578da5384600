//! Tells the site from the page.

mod areas;
pub mod bodies;
mod built_in_literals;
mod clauses;
pub mod evidence;
mod expanded;
pub mod family;
mod firsts;
mod function_words;
mod guard;
mod labeller;
mod labels;
mod literals;
pub mod model;
mod outline;
mod pattern;
mod places;
mod prefilter;
pub mod rule;
mod rule_file;
pub mod rules;
pub mod shape;
pub mod site;
pub mod slots;
pub mod span;
mod tables;

pub use bodies::{provisional_bodies, provisional_bodies_of};
pub use evidence::{Evidence, Observer, observe};
pub use family::{Family, FamilyName, Passages, SlotKind, families, span_key};
pub use guard::{Guarded, Round, SiteFacts, guard, trusts_frequency};
pub(crate) use labeller::Draft;
pub use labels::{Known, Labels, LineLabel, SpanLabel};
pub use model::{ChromeModel, Earlier, MODEL_FORMAT, SiteModel, SpanModel};
pub use outline::{Mark, Node, Outline, Role};
pub use rule::{Rule, RuleId, RuleKind};
pub use rules::Rules;
pub use shape::Flags;
pub(crate) use site::SeenPage;
pub use site::{FamilyKind, Label, Page, PageLabels, Reason, Scope, Site, Source, label_site};
pub use slots::Template;
pub use span::{InjectedSpan, Insertion, SpanFamilies, Texts, find_spans, judge_insertion};

#[cfg(test)]
mod tests;
