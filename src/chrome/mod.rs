//! Tells the site from the page.

pub mod evidence;
pub mod features;
mod literals;
pub mod rules;
pub mod site;
pub mod tables;

pub use evidence::{Evidence, Flags, observe};
pub use rules::{Rule, RuleId, RuleKind, Rules};
pub use site::Page;
