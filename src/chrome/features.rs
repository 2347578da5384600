//! A page's lines as numbers.

use crate::hash::Map;

use super::evidence::{Evidence, Flags};
use super::rules::{RuleKind, Rules};
use super::site::Page;
use super::tables::Tables;

pub const COUNT: usize = 64;
pub type Row = [f32; COUNT];

pub fn length(e: &Evidence) -> f32 {
    let units = f32::from(e.units);
    if e.flags.has(Flags::CJK) { units } else { 1.7 * units }
}

pub fn prose(e: &Evidence) -> f32 {
    let size = (length(e) / 40.0).min(1.0);
    let term = if e.flags.has(Flags::TERMINATED) { 0.35 } else { 0.0 };
    let sent = if e.flags.has(Flags::SENTENCES) { 0.15 } else { 0.0 };
    let commas = 0.15 * (f32::from(e.commas) / 2.0).min(1.0);
    let function = 0.35 * (f32::from(e.function) / 80.0).min(1.0);
    size * (term + sent + commas + function)
}

pub fn anchor(tables: &Tables, e: &Evidence) -> bool {
    let c = tables.template(e);
    c.pages >= 2 && c.pages * 2 >= tables.pages
}

#[derive(Default, Clone, Copy)]
struct Gap {
    n: f32,
    dom: f32,
    mass: f32,
    lines: f32,
}

pub struct Gaps {
    after: Map<u64, Gap>,
    before: Map<u64, Gap>,
}

fn mass(tables: &Tables, e: &Evidence, rules: &Rules) -> f32 {
    let c = tables.template(e);
    let rare = 1.0 / f32::from(c.pages.max(1) as u16);
    let rule = rules.get(e.rule).is_some_and(|r| r.kind == RuleKind::Line);
    if rule { 0.0 } else { prose(e) * length(e).min(150.0) * rare }
}

impl Gaps {
    pub fn new(pages: &[Page], tables: &Tables, rules: &Rules) -> Gaps {
        let mut gaps = Gaps { after: Map::default(), before: Map::default() };
        for page in pages {
            let masses: Vec<f32> = page.evidence.iter().map(|e| mass(tables, e, rules)).collect();
            let total: f32 = masses.iter().sum::<f32>().max(1.0);
            let mut left = 0u64;
            let mut sum = 0.0;
            let mut lines = 0.0;
            let mut close = |left: u64, right: u64, sum: f32, lines: f32| {
                if lines > 0.0 {
                    for (map, key) in [(&mut gaps.after, left), (&mut gaps.before, right)] {
                        let gap: &mut Gap = map.entry(key).or_default();
                        gap.n += 1.0;
                        gap.dom += sum / total;
                        gap.mass += sum;
                        gap.lines += lines;
                    }
                }
            };
            for (i, e) in page.evidence.iter().enumerate() {
                if anchor(tables, e) {
                    close(left, e.template, sum, lines);
                    (left, sum, lines) = (e.template, 0.0, 0.0);
                } else {
                    sum += masses[i];
                    lines += 1.0;
                }
            }
            close(left, 0, sum, lines);
        }
        gaps
    }
}

pub fn rows(page: &Page, tables: &Tables, gaps: &Gaps, rules: &Rules) -> Vec<Row> {
    let es = page.evidence;
    let n = es.len();
    let total = tables.pages as f32;
    let mut seen: Map<u64, u32> = Map::default();
    for e in es {
        *seen.entry(e.template).or_default() += 1;
    }
    let anchors: Vec<bool> = es.iter().map(|e| anchor(tables, e)).collect();
    let masses: Vec<f32> = es.iter().map(|e| mass(tables, e, rules)).collect();
    let all: f32 = masses.iter().sum::<f32>().max(1.0);
    let share: Vec<f32> = es
        .iter()
        .map(|e| {
            let c = tables.template(e).pages;
            if c < 2 { 0.0 } else { c as f32 / total }
        })
        .collect();
    // decayed context
    let mut left = vec![0.0f32; n];
    let mut right = vec![0.0f32; n];
    let mut acc = 0.0;
    for i in 0..n {
        left[i] = acc;
        acc = acc * 0.75 + masses[i];
    }
    acc = 0.0;
    for i in (0..n).rev() {
        right[i] = acc;
        acc = acc * 0.75 + masses[i];
    }
    // nearest anchors, and gap numbers
    let mut la = vec![0u64; n];
    let mut lpos = vec![-1i64; n];
    let mut cur = (0u64, -1i64);
    for i in 0..n {
        la[i] = cur.0;
        lpos[i] = cur.1;
        if anchors[i] {
            cur = (es[i].template, i as i64);
        }
    }
    let mut ra = vec![0u64; n];
    let mut rpos = vec![n as i64; n];
    let mut cur = (0u64, n as i64);
    for i in (0..n).rev() {
        ra[i] = cur.0;
        rpos[i] = cur.1;
        if anchors[i] {
            cur = (es[i].template, i as i64);
        }
    }
    // best segment: mass minus repeated lines
    let score: Vec<f32> = (0..n)
        .map(|i| {
            let rule = rules.get(es[i].rule).is_some_and(|r| r.kind == RuleKind::Line);
            masses[i] / 40.0 - if rule || share[i] > 0.3 { 0.5 } else { 0.08 }
        })
        .collect();
    let (mut best, mut bs, mut be) = (0.0f32, 0usize, 0usize);
    let (mut run, mut rs) = (0.0f32, 0usize);
    for i in 0..n {
        if run <= 0.0 {
            run = 0.0;
            rs = i;
        }
        run += score[i];
        if run > best {
            (best, bs, be) = (run, rs, i + 1);
        }
    }
    let mut out = Vec::with_capacity(n);
    for i in 0..n {
        let e = &es[i];
        let f = |flag: Flags| if e.flags.has(flag) { 1.0 } else { 0.0 };
        let c = tables.template(e);
        let x = tables.exact(e);
        let [head, tail, start] = tables.ends(e);
        let sh = |p: u32| if p < 2 { 0.0 } else { p as f32 / total };
        let rep = if c.pages >= 2 { 1.0 } else { 0.0 };
        let fixl = if c.pages >= 2 && i > 0 { tables.pair(&es[i - 1], e).pages as f32 / c.pages as f32 } else { 0.0 };
        let fixr = if c.pages >= 2 && i + 1 < n { tables.pair(e, &es[i + 1]).pages as f32 / c.pages as f32 } else { 0.0 };
        let rule = rules.get(e.rule);
        let line_rule = rule.filter(|r| r.kind == RuleKind::Line).map_or(0.0, |r| r.confidence);
        let hint = rule.filter(|r| r.kind == RuleKind::Hint).map_or(0.0, |r| r.confidence);
        let window = |r: i64, v: &dyn Fn(usize) -> f32| {
            let (a, b) = ((i as i64 - r).max(0) as usize, (i as i64 + r + 1).min(n as i64) as usize);
            (a..b).filter(|&j| j != i).map(v).sum::<f32>() / (b - a).max(1) as f32
        };
        let isrule = |j: usize| if rules.get(es[j].rule).is_some_and(|r| r.kind == RuleKind::Line) { 1.0 } else { 0.0 };
        let ga = gaps.after.get(&la[i]).copied().unwrap_or_default();
        let gb = gaps.before.get(&ra[i]).copied().unwrap_or_default();
        let g = |g: Gap, v: f32| if g.n > 0.0 { v / g.n } else { 0.0 };
        let own: f32 = (lpos[i] + 1..rpos[i]).map(|j| masses[j as usize]).sum();
        let glines = (rpos[i] - lpos[i] - 1) as f32;
        let inside = if best > 0.0 && i >= bs && i < be { 1.0 } else { 0.0 };
        let dist = if best <= 0.0 { 1.0 } else if i < bs { (bs - i) as f32 } else if i >= be { (i + 1 - be) as f32 } else { 0.0 };
        let ln = |v: f32| (1.0 + v.max(0.0)).ln();
        let mut row = [0.0; COUNT];
        let values = [
            ("len", ln(length(e)) / 5.0),
            ("prose", prose(e)),
            ("term", f(Flags::TERMINATED)),
            ("colon", f(Flags::COLON)),
            ("cut", f(Flags::CUT)),
            ("date", f(Flags::DATE)),
            ("domain", f(Flags::DOMAIN)),
            ("marked", f(Flags::MARKED)),
            ("sep", f(Flags::SEPARATED)),
            ("numeric", f(Flags::NUMERIC)),
            ("code", f(Flags::CODE)),
            ("caps", f(Flags::CAPITALS)),
            ("sents", f(Flags::SENTENCES)),
            ("section", f(Flags::SECTION)),
            ("row", f(Flags::ROW)),
            ("lower", f(Flags::LOWER)),
            ("encl", f(Flags::ENCLOSED)),
            ("cjk", f(Flags::CJK)),
            ("digits", f32::from(e.digits) / 255.0),
            ("commas", ln(f32::from(e.commas)) / 3.0),
            ("function", (f32::from(e.function) / 255.0).min(0.5)),
            ("rule", line_rule),
            ("hint", hint),
            ("span", f(Flags::SPAN)),
            ("share", share[i]),
            ("xshare", sh(x.pages)),
            ("rep", rep),
            ("freq", if c.pages >= 3 && share[i] >= 0.1 { 1.0 } else { 0.0 }),
            ("fixl", fixl),
            ("fixr", fixr),
            ("fix", rep * fixl.max(fixr)),
            ("head", sh(head.pages)),
            ("tail", sh(tail.pages)),
            ("start", sh(start.pages)),
            ("inpage", if seen[&e.template] > 1 { 1.0 } else { 0.0 }),
            ("ctxl", ln(left[i]) / 5.0),
            ("ctxr", ln(right[i]) / 5.0),
            ("ctxmin", ln(left[i].min(right[i])) / 5.0),
            ("nshare1", window(1, &|j| share[j])),
            ("nshare3", window(3, &|j| share[j])),
            ("nshare8", window(8, &|j| share[j])),
            ("nrule3", window(3, &isrule)),
            ("nlen3", window(3, &|j| ln(length(&es[j])) / 5.0)),
            ("doma", g(ga, ga.dom)),
            ("domb", g(gb, gb.dom)),
            ("dommin", g(ga, ga.dom).min(g(gb, gb.dom))),
            ("massa", ln(g(ga, ga.mass)) / 7.0),
            ("massb", ln(g(gb, gb.mass)) / 7.0),
            ("owndom", own / all),
            ("glines", ln(glines) / 5.0),
            ("top", i as f32 / n as f32),
            ("topl", ln(i as f32) / 5.0),
            ("botl", ln((n - 1 - i) as f32) / 5.0),
            ("gapfirst", if i as i64 - lpos[i] <= 2 { 1.0 } else { 0.0 }),
            ("gaplast", if rpos[i] - i as i64 <= 2 { 1.0 } else { 0.0 }),
            ("inside", inside),
            ("dist", ln(dist) / 5.0),
            ("anchor", if anchors[i] { 1.0 } else { 0.0 }),
            ("pages", ln(total) / 4.0),
        ];
        for (k, (_, v)) in values.iter().enumerate() {
            row[k] = *v;
        }
        out.push(row);
        if std::ptr::eq(page.evidence, &[]) {
            unreachable!()
        }
        let _ = NAMES.get_or_init(|| values.iter().map(|(k, _)| (*k).to_string()).collect());
    }
    out
}

pub static NAMES: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
