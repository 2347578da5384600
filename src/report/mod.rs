//! What a run found, as one page for a browser: `report.html`.
//!
//! In: [`Findings`], which a driver offers, once from a run in work and once from the files of a finished one. Out:
//! HTML that needs nothing else: no network, no fonts, its one style and its one script allowed by their hashes.
//! `gather` walks over clusters and removals once, counts all and picks a few; only of these the texts are asked
//! for. Cost: that walk, and some hundred passages of text; memory and page stay small however large the run was.
//!
//! Texts of pages are hostile: everything is escaped where it is printed, and characters that would not be seen, or
//! would turn the direction of reading, stand as their numbers.

mod cluster_view;
mod flow_view;
mod gather;
mod marked;
mod model;
mod page;
mod pick;
mod rows;
mod texts;
mod view;

pub use model::{
    Cluster, Counts, Facts, Findings, Flow, Level, Member, Name, Passage, Reason, Removal, Role, Run, SiteRow,
};

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::error::{Error, Result};

/// Name of the page in a run's folder.
pub const FILE: &str = "report.html";

/// Draws the page of a run.
///
/// # Errors
/// When the findings cannot be read.
pub fn draw(findings: &mut dyn Findings) -> Result<String> {
    let gathered = gather::gather(findings)?;
    let view = view::view(findings, gathered)?;
    Ok(page::page(&view))
}

/// Draws the page of a run into a file, which appears whole in place of an earlier one.
///
/// # Errors
/// When the findings cannot be read or the file cannot be written.
pub fn write(findings: &mut dyn Findings, path: &Path) -> Result<()> {
    let text = draw(findings)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = || Error::io(path);
    let everybody = Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new()
        .prefix(".report-")
        .permissions(everybody)
        .tempfile_in(folder)
        .map_err(failed())?;
    file.write_all(text.as_bytes()).map_err(failed())?;
    file.persist(path).map_err(|error| failed()(error.error))?;
    Ok(())
}
