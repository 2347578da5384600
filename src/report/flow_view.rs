//! Who copies from whom, as it is printed: pairs of sites, and a matrix of those that share the most.

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::{Flow, Level};

/// Sites of the matrix.
const MATRIX: usize = 12;

/// What one site has of another's.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct FlowView {
    pub(super) site: String,
    pub(super) kept_site: String,
    pub(super) copies: Copies,
    pub(super) characters: u64,
    pub(super) earlier: u64,
    pub(super) later: u64,
}

/// Copies by level.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Copies {
    document: u64,
    block: u64,
    paragraph: u64,
}

/// Characters that sites share, each site against each.
#[derive(Debug, Serialize)]
pub(super) struct Matrix {
    kept: Vec<String>,
    rows: Vec<MatrixRow>,
}

#[derive(Debug, Serialize)]
struct MatrixRow {
    site: String,
    cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Cell {
    characters: u64,
    label: String,
    /// 0 for nothing, then 1 to 5.
    shade: usize,
}

/// Pairs of sites with what is copied between them at any level, the most characters first.
pub(super) fn pairs(flows: &[Flow]) -> Vec<FlowView> {
    let mut pairs: BTreeMap<(&str, &str), FlowView> = BTreeMap::new();
    for flow in flows {
        let pair = pairs.entry((&flow.site, &flow.kept_site)).or_insert_with(|| FlowView {
            site: flow.site.clone(),
            kept_site: flow.kept_site.clone(),
            ..FlowView::default()
        });
        pair.characters += flow.characters;
        pair.earlier += flow.earlier;
        pair.later += flow.later;
        match flow.level {
            Level::Document => pair.copies.document += flow.copies,
            Level::Block => pair.copies.block += flow.copies,
            Level::Paragraph => pair.copies.paragraph += flow.copies,
        }
    }
    let mut pairs: Vec<FlowView> = pairs.into_values().collect();
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.characters));
    pairs
}

/// The sites that have the most in common, each against each; nothing where no two share a text.
pub(super) fn matrix(pairs: &[FlowView], at_home: &[FlowView]) -> Option<Matrix> {
    let mut sites: Vec<&str> = Vec::new();
    for pair in pairs {
        for site in [&pair.site, &pair.kept_site] {
            if !sites.contains(&site.as_str()) && sites.len() < MATRIX {
                sites.push(site);
            }
        }
        if sites.len() == MATRIX {
            break;
        }
    }
    if sites.len() < 2 {
        return None;
    }
    let find = |site: &str, kept: &str| {
        let list = if site == kept { at_home } else { pairs };
        list.iter().find(|pair| pair.site == site && pair.kept_site == kept).map_or(0, |pair| pair.characters)
    };
    let most = pairs.first().map_or(1, |pair| pair.characters).max(1);
    let rows = sites.iter().map(|site| MatrixRow {
        site: (*site).to_owned(),
        cells: sites
            .iter()
            .map(|kept| {
                let characters = find(site, kept);
                let share = (characters as f64 / most as f64).sqrt();
                let shade = if characters == 0 { 0 } else { (share * 5.0).ceil().clamp(1.0, 5.0) as usize };
                Cell { characters, label: short(characters), shade }
            })
            .collect(),
    });
    Some(Matrix { rows: rows.collect(), kept: sites.iter().map(|&site| site.to_owned()).collect() })
}

/// A count in four characters or so; nothing for none.
pub(super) fn short(count: u64) -> String {
    match count {
        0 => String::new(),
        1..1_000 => count.to_string(),
        1_000..10_000 => format!("{:.1}k", count as f64 / 1e3),
        10_000..1_000_000 => format!("{}k", count / 1000),
        _ => format!("{:.1}M", count as f64 / 1e6),
    }
}
