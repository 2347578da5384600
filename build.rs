//! Makes the fold table, `$OUT_DIR/fold_table.rs`: what every character folds to (see `src/text/fold.rs`), and the
//! literals of the built-in rules, `$OUT_DIR/literals.rs`: what is searched for before a pattern is compiled (see
//! `src/chrome/literals.rs`).
//!
//! Of the fold table, in: Unicode data through crates of one exact version (so that the table does not change with the
//! compiler), and OpenCC's traditional → simplified characters. Out: one `u16` for each code point of the Basic
//! Multilingual Plane, ranges for the planes above it, and the characters that fold to more than one element.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use unicode_case_mapping::case_folded;
use unicode_general_category::{GeneralCategory as Gc, get_general_category};
use unicode_normalization::char::{compose, decompose_compatible};

#[path = "src/chrome/expanded.rs"]
mod expanded;
#[path = "src/chrome/literals.rs"]
mod literals;

/// Entries of the table that are no characters: they lie in the surrogates and the private use area, the separators
/// right behind the last character that is a unit, so that one comparison tells both from the rest.
const SEPARATOR: u16 = 0xD800;
const APOSTROPHE: u16 = 0xD801;
const SPACE: u16 = 0xD802;
const IGNORE: u16 = 0xD803;
const UNDERSCORE: u16 = 0xD804;
const MASK: u16 = 0xD805;
const DIGIT: u16 = 0xD810;
const EXPANSION: u16 = 0xE000;
const EXPANSIONS: usize = 0x1900;

/// From here to the separators an entry is a unit; letters up there are kept as expansions.
const UNITS: u32 = 0x3000;

/// Symbols that stand where a number was taken out.
const MASKS: &str = "=*×○◯●□■△▲▽▼◇◆☆★◎※✕✖✗╳∗✱⬜⬛〓";

/// Pairs that OpenCC leaves apart though one text has the first where its copy has the second.
const MERGED: &str = "著着瞭了暸了藉借妳你牠它祇只揹背痺痹暱昵瞇眯燄焰簷檐啣衔搾榨煖暖鎔熔痲麻繙翻";

/// Radicals that PDF extraction leaves in place of the character, and that NFKC does not map.
const RADICALS: &str = "⺎兀⺟母⺠民⻄西⻅见⻆角⻉贝⻋车⻓长⻔门⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻬齐⻮齿⻰龙⻳龟";

/// Scripts written without spaces between words: each character is a unit, vowel signs and tone marks too.
const SPACELESS: [(u32, u32); 20] = [
    (0x0E00, 0x0EFF),   // Thai, Lao
    (0x1000, 0x109F),   // Myanmar
    (0x1100, 0x11FF),   // Hangul jamo
    (0x1780, 0x17FF),   // Khmer
    (0x1950, 0x19FF),   // Tai Le, New Tai Lue, Khmer symbols
    (0x1A20, 0x1AAF),   // Tai Tham
    (0x3000, 0x303F),   // 々 〆 〇 among the punctuation
    (0x3040, 0x312F),   // kana, bopomofo
    (0x3130, 0x318F),   // Hangul compatibility jamo
    (0x31A0, 0x31BF),   // bopomofo
    (0x31F0, 0x31FF),   // kana
    (0x3400, 0x4DBF),   // Han
    (0x4E00, 0x9FFF),   // Han
    (0xA000, 0xA4CF),   // Yi
    (0xA960, 0xA97F),   // Hangul jamo
    (0xA9E0, 0xA9FF),   // Myanmar
    (0xAA60, 0xAADF),   // Myanmar, Tai Viet
    (0xAC00, 0xD7FF),   // Hangul
    (0x1AFF0, 0x1B16F), // kana
    (0x20000, 0x3FFFF), // Han
];

/// Marks that vanish: accents of Latin, Greek and Cyrillic, optional vowels of Hebrew and Arabic, variation selectors.
const ACCENTS: [(u32, u32); 21] = [
    (0x0300, 0x036F),
    (0x0483, 0x0489),
    (0x0591, 0x05C7),
    (0x0610, 0x061A),
    (0x0640, 0x0640),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06ED),
    (0x08CA, 0x08FF),
    (0x115F, 0x1160),
    (0x180B, 0x180F),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0x2DE0, 0x2DFF),
    (0x302A, 0x302F),
    (0xA66F, 0xA67D),
    (0xA69E, 0xA69F),
    (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F),
    (0xE0100, 0xE01EF),
];

#[derive(Clone, Copy, PartialEq, Debug)]
enum Element {
    Char(u32),
    Letter(u32),
    Digit(u32),
    /// A kana voicing mark or a conjoining vowel or final: may join the character before it.
    Join(u32),
    Mask,
    Underscore,
    Apostrophe,
    Ignore,
    Space,
    Separator,
}

impl Element {
    /// Kind in the top byte, value below; `src/text/fold/table.rs` reads it.
    fn packed(self) -> u32 {
        match self {
            Element::Char(value) => value,
            Element::Letter(value) => 1 << 24 | value,
            Element::Digit(value) => 2 << 24 | value,
            Element::Join(value) => 3 << 24 | value,
            Element::Mask => 4 << 24,
            Element::Underscore => 5 << 24,
            Element::Apostrophe => 6 << 24,
            Element::Ignore => 7 << 24,
            Element::Space => 8 << 24,
            Element::Separator => 9 << 24,
        }
    }
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=data/opencc/TSCharacters.txt");
    for file in ["expanded.rs", "literals.rs", "rules.toml"] {
        println!("cargo::rerun-if-changed=src/chrome/{file}");
    }
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let out = std::env::var("OUT_DIR").expect("cargo sets it");
    let dictionary = std::fs::read_to_string(Path::new(&root).join("data/opencc/TSCharacters.txt"))
        .expect("data/opencc/TSCharacters.txt is part of the package");
    let source = Tables::new(&simplified(&dictionary)).render();
    std::fs::write(Path::new(&out).join("fold_table.rs"), source).expect("OUT_DIR can be written");
    let rules = std::fs::read_to_string(Path::new(&root).join("src/chrome/rules.toml"))
        .expect("src/chrome/rules.toml is part of the package");
    std::fs::write(Path::new(&out).join("literals.rs"), rule_literals(&rules))
        .expect("OUT_DIR can be written");
}

/// For each rule with a pattern its name, and the literals that the pattern needs, as a Rust expression.
fn rule_literals(rules: &str) -> String {
    let rules: toml::Table = rules.parse().expect("the embedded rules are TOML");
    let text = |value: &toml::Value| value.as_str().expect("names and patterns are strings").to_string();
    let definitions: BTreeMap<String, String> = rules["define"]
        .as_table()
        .expect("definitions are a table")
        .iter()
        .map(|(name, piece)| (name.clone(), text(piece)))
        .collect();
    let rules = rules["rule"].as_array().expect("rules are an array");
    let literals: BTreeMap<String, literals::Required> = rules
        .iter()
        .filter_map(|rule| Some((text(&rule["name"]), text(rule.get("pattern")?))))
        .map(|(name, pattern)| {
            let pattern = expanded::expanded(&pattern, &definitions).expect("definitions explain patterns");
            (name, literals::required_literals(&pattern))
        })
        .collect();
    let mut source = String::from("&[\n");
    for (name, literals) in literals {
        let further: Vec<String> = literals.further.iter().map(|set| format!("&{set:?}")).collect();
        writeln!(source, "({name:?}, &{:?}, &[{}]),", literals.best, further.join(", "))
            .expect("strings can be written to");
    }
    source + "]"
}

/// Traditional character → the first simplified one, followed to its end.
fn simplified(dictionary: &str) -> BTreeMap<char, char> {
    let mut map = BTreeMap::new();
    for line in dictionary.lines().filter(|line| !line.starts_with('#')) {
        if let Some((from, to)) = line.split_once('\t')
            && let (Some(from), Some(to)) = (from.chars().next(), to.chars().next())
            && from != to
        {
            map.insert(from, to);
        }
    }
    let pairs: Vec<char> = MERGED.chars().chain(RADICALS.chars()).collect();
    map.extend(pairs.chunks_exact(2).map(|pair| (pair[0], pair[1])));
    map.iter().map(|(&from, &to)| (from, follow(&map, to))).collect()
}

fn follow(map: &BTreeMap<char, char>, mut c: char) -> char {
    for _ in 0..8 {
        match map.get(&c) {
            Some(&next) => c = next,
            None => return c,
        }
    }
    panic!("the character table runs in a circle at {c}");
}

struct Tables {
    bmp: Vec<u16>,
    /// Above the BMP: first, last, packed element (value 0 stands for the code point itself) or `EXPANSION` index.
    ranges: Vec<(u32, u32, u32)>,
    expansions: Vec<Vec<Element>>,
}

impl Tables {
    fn new(simplified: &BTreeMap<char, char>) -> Self {
        let mut tables =
            Self { bmp: Vec::with_capacity(1 << 16), ranges: Vec::new(), expansions: Vec::new() };
        let mut known = BTreeMap::new();
        for code in 0..0x11_0000u32 {
            let elements = char::from_u32(code).map_or(vec![Element::Separator], |c| elements(c, simplified));
            let index = |tables: &mut Self, known: &mut BTreeMap<Vec<u32>, usize>| {
                let key: Vec<u32> = elements.iter().map(|element| element.packed()).collect();
                *known.entry(key).or_insert_with(|| {
                    tables.expansions.push(elements.clone());
                    tables.expansions.len() - 1
                })
            };
            if code < 0x1_0000 {
                let entry = match elements[..] {
                    [Element::Char(value)] if value < 0x1_0000 => value as u16,
                    [Element::Letter(value)] if value < UNITS => value as u16,
                    [Element::Digit(value)] => DIGIT + value as u16,
                    [Element::Mask] => MASK,
                    [Element::Underscore] => UNDERSCORE,
                    [Element::Apostrophe] => APOSTROPHE,
                    [Element::Ignore] => IGNORE,
                    [Element::Space] => SPACE,
                    [Element::Separator] => SEPARATOR,
                    _ => EXPANSION + index(&mut tables, &mut known) as u16,
                };
                tables.bmp.push(entry);
                continue;
            }
            let action = match elements[..] {
                [Element::Separator] => continue,
                [Element::Char(value)] if value == code => Element::Char(0).packed(),
                [Element::Letter(value)] if value == code => Element::Letter(0).packed(),
                [single @ (Element::Ignore | Element::Digit(_))] => single.packed(),
                _ => u32::from(EXPANSION) << 16 | index(&mut tables, &mut known) as u32,
            };
            match tables.ranges.last_mut() {
                Some(last) if last.1 + 1 == code && last.2 == action => last.1 = code,
                _ => tables.ranges.push((code, code, action)),
            }
        }
        assert!(tables.expansions.len() <= EXPANSIONS, "{} expansions", tables.expansions.len());
        tables
    }

    /// One bit for each 16 code points: whether the folded characters there are units of their own.
    fn char_blocks(&self) -> [u64; 64] {
        let mut blocks = [0u64; 64];
        let all = (0..0x11_0000).filter_map(char::from_u32).filter(|&c| (c as u32) < 0x1_0000);
        for c in all {
            if is_spaceless(c as u32) {
                let block = c as usize / 16;
                blocks[block / 64] |= 1 << (block % 64);
            }
        }
        blocks
    }

    fn render(&self) -> String {
        let mut out = String::new();
        let mut constant = |name: &str, value: u16| {
            writeln!(out, "pub(in crate::text::fold) const {name}: u16 = {value:#x};")
                .expect("a String takes all");
        };
        constant("SEPARATOR", SEPARATOR);
        constant("SPACE", SPACE);
        constant("IGNORE", IGNORE);
        constant("APOSTROPHE", APOSTROPHE);
        constant("UNDERSCORE", UNDERSCORE);
        constant("MASK", MASK);
        constant("DIGIT", DIGIT);
        constant("EXPANSION", EXPANSION);
        constant("UNITS", UNITS as u16);
        let flat: Vec<u32> = self.expansions.iter().flatten().map(|element| element.packed()).collect();
        let mut starts = vec![0usize];
        for expansion in &self.expansions {
            starts.push(starts[starts.len() - 1] + expansion.len());
        }
        writeln!(out, "pub(in crate::text::fold) static BMP: [u16; 65536] = {:?};", self.bmp)
            .expect("a String takes all");
        writeln!(out, "pub(in crate::text::fold) static CHAR_BLOCKS: [u64; 64] = {:?};", self.char_blocks())
            .expect("a String takes all");
        writeln!(
            out,
            "pub(in crate::text::fold) static ABOVE: [(u32, u32, u32); {}] = {:?};",
            self.ranges.len(),
            self.ranges
        )
        .expect("a String takes all");
        writeln!(out, "pub(in crate::text::fold) static EXPANDED: [u32; {}] = {flat:?};", flat.len())
            .expect("a String takes all");
        writeln!(out, "pub(in crate::text::fold) static EXPANDED_AT: [u16; {}] = {starts:?};", starts.len())
            .expect("a String takes all");
        out
    }
}

/// What one character folds to, at least one element.
fn elements(c: char, simplified: &BTreeMap<char, char>) -> Vec<Element> {
    let mut found = Vec::new();
    let source = simplified.get(&c).copied().unwrap_or(c);
    compatible(source, |part| {
        let folded = case_folded(part).and_then(|code| char::from_u32(code.get())).unwrap_or(part);
        if folded == 'ß' {
            return found.extend([Element::Letter('s' as u32); 2]);
        }
        compatible(folded, |part| push(&mut found, element(part, simplified)));
    });
    let several = found.len() > 1;
    for element in &mut found {
        match element {
            // ≠ is `=` with a stroke, ŉ is ʼn: parts of another character are no masks and join nothing.
            Element::Mask | Element::Underscore if several => *element = Element::Separator,
            Element::Apostrophe if several => *element = Element::Ignore,
            Element::Space if !c.is_whitespace() => *element = Element::Separator,
            _ => {}
        }
    }
    if found.iter().any(|&element| element != Element::Ignore) {
        found.retain(|&element| element != Element::Ignore);
    }
    found.dedup_by(|a, b| *a == Element::Separator && *b == Element::Separator);
    if found.is_empty() { vec![Element::Separator] } else { found }
}

fn compatible(c: char, mut emit: impl FnMut(char)) {
    decompose_compatible(c, &mut emit);
}

/// Appends, joined to the character before where NFC would: voiced kana, Hangul syllables.
fn push(found: &mut Vec<Element>, element: Element) {
    if let (Element::Join(mark), Some(Element::Char(base))) = (element, found.last_mut())
        && let (Some(first), Some(second)) = (char::from_u32(*base), char::from_u32(mark))
        && let Some(joined) = compose(first, second)
    {
        *base = joined as u32;
        return;
    }
    found.push(element);
}

/// What one character that is fully decomposed and case-folded is.
fn element(c: char, simplified: &BTreeMap<char, char>) -> Element {
    let code = c as u32;
    let category = get_general_category(c);
    let is_letter = matches!(
        category,
        Gc::UppercaseLetter
            | Gc::LowercaseLetter
            | Gc::TitlecaseLetter
            | Gc::ModifierLetter
            | Gc::OtherLetter
            | Gc::LetterNumber
    );
    let is_mark = matches!(category, Gc::NonspacingMark | Gc::SpacingMark | Gc::EnclosingMark);
    match c {
        '\'' | '’' | 'ʼ' => Element::Apostrophe,
        '_' => Element::Underscore,
        '\u{3099}' | '\u{309A}' | '\u{1161}'..='\u{1175}' | '\u{11A8}'..='\u{11C2}' => Element::Join(code),
        _ if c.is_whitespace() => Element::Space,
        _ if MASKS.contains(c) => Element::Mask,
        _ if category == Gc::DecimalNumber => Element::Digit(digit(c)),
        _ if category == Gc::Format || inside(&ACCENTS, code) && (is_letter || is_mark) => Element::Ignore,
        _ if (is_letter || is_mark) && is_spaceless(code) => {
            Element::Char(simplified.get(&c).copied().unwrap_or(c) as u32)
        }
        _ if is_letter || is_mark => Element::Letter(code),
        _ => Element::Separator,
    }
}

/// Value of a decimal digit: digits of a script lie in runs of ten that start at zero.
fn digit(c: char) -> u32 {
    let before = (0..c as u32).rev().map_while(char::from_u32);
    before.take_while(|&c| get_general_category(c) == Gc::DecimalNumber).count() as u32 % 10
}

fn is_spaceless(code: u32) -> bool {
    inside(&SPACELESS, code)
}

fn inside(ranges: &[(u32, u32)], code: u32) -> bool {
    ranges.iter().any(|&(first, last)| (first..=last).contains(&code))
}
