//! The fold against its plain twin, on every character and on random mixtures of what web pages hold.

use proptest::prelude::*;

use super::table::{self, Element, Entry};
use super::*;

#[test]
fn every_character_folds_as_unicode_says() {
    for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
        let found: Vec<Element> = match table::entry(c) {
            Entry::One(element) => vec![element],
            Entry::Many(parts) => parts.iter().map(|&part| table::unpack(part)).collect(),
        };
        // Nothing is assigned above plane 3 but tags and selectors; the twin is too slow to ask a million times.
        if matches!(c as u32, 0x3_4000..0xE_0000 | 0xE_1000..) {
            assert_eq!(found, [Element::Separator], "{:x}", c as u32);
            continue;
        }
        assert_eq!(found, oracle::elements(c), "{c} {:x}", c as u32);
        for element in found {
            if let Element::Char(code) | Element::Letter(code) = element {
                let again = oracle::elements(char::from_u32(code).unwrap());
                assert_eq!(again, [element], "{c} {:x} is not folded to its end", c as u32);
            }
        }
    }
}

/// Pieces that the rules speak of, one by one, so that random texts are full of borders between them.
fn piece() -> impl Strategy<Value = String> {
    let chosen = |pieces: &'static str| {
        let pieces: Vec<String> = pieces.split('|').map(String::from).collect();
        prop::sample::select(pieces)
    };
    prop_oneof![
        4 => chosen("中|國|学|体|々|〇|一|二|某|年|次|人|省|㍿|⻓|𠀀|𫠣|豈"),
        2 => chosen("word|the|Don|t|Ünïcode|straße|Привет|ΣΑΣ|ﬁ|internationalization|snake|abcdefgh|abcdefghi|Ⅻ|ⅹ|Ｆｕｌｌ"),
        3 => chosen("x|X|xx|XX|ｘ|Ｘ|xxx|_|__|'|’|ʼ|=|==|*|×|○|●|□|＊|＝|＿|***"),
        3 => chosen("0|1|2019|14|３|٣|๓|½|①|²|007|𝟗"),
        2 => chosen(" |\n|\t|\u{3000}|\u{a0}|，|。|、|.|,|-|(|)|“|”|《|》|!|/|…|—|·|•|\r\n"),
        1 => chosen("\u{301}|\u{ad}|\u{200b}|\u{200d}|\u{fe0f}|\u{202e}|\u{3099}|\u{309a}|ﾞ|ﾟ|\u{0}|\u{7f}|\u{fffd}|\u{20e3}"),
        1 => chosen("か|ハ|ｶ|ﾊ|ガ|ー|한|국|\u{1112}|\u{1161}|\u{11ab}|ㄱ|ㅏ|ス|㌀|㎏|㈱|ŉ|℃|ㇰ"),
        1 => chosen("ไทย|ำ|ລາວ|မြန်မာ|ខ្មែរ|नमस्ते|שָׁלוֹם|مَرْحَبًا|ـ|ｰ|👍🏽|👨\u{200d}👩|🅰|Ⓐ|𝒳|𐐀|\u{e000}"),
        1 => any::<char>().prop_map(String::from),
    ]
}

fn text(pieces: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), pieces).prop_map(|pieces| pieces.concat())
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let expected = oracle::fold(text);
    // What stands in the output before must stay there.
    let mut units = vec![0x304B];
    prop_assert_eq!(fold(text, &mut units), expected.numbers);
    prop_assert_eq!(&units[1..], &expected.units);
    let (mut units, mut spans) = (vec![0x304B], vec![Span::default()]);
    prop_assert_eq!(fold_spans(text, &mut units, &mut spans), expected.numbers);
    prop_assert_eq!(&units[1..], &expected.units);
    prop_assert_eq!(&spans[1..], &expected.spans);
    prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
    prop_assert!(spans.iter().all(|span| text.get(span.range()).is_some()));
    let slots = number_slots(text);
    prop_assert_eq!(&slots, &expected.slots);
    prop_assert!(
        slots.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start && pair[0].unit <= pair[1].unit)
    );
    let masks = slots.iter().filter(|slot| slot.kind == SlotKind::Mask).count() as u32;
    if !expected.numbers.kept {
        prop_assert_eq!((slots.len() as u32 - masks, masks), (expected.numbers.runs, expected.numbers.masks));
    }
    prop_assert_eq!(units[0], 0x304B);
    Ok(())
}

fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases * 4, failure_persistence: None, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn same_as_plain(text in text(0..30)) {
        check(&text)?;
    }

    /// Long texts reach the loops that take several characters at a time, from every offset.
    #[test]
    fn same_as_plain_long(start in text(0..4), run in prop::sample::select(vec!["中文，字", "привет, ", "éà", "Straße ", "word list ", "한국어 ", "x1", "x*", "__", "x_"]), count in 0usize..60, end in text(0..6)) {
        check(&format!("{start}{}{end}", run.repeat(count)))?;
    }

    /// Tables of numbers, which keep them as units.
    #[test]
    fn same_as_plain_table(cells in prop::collection::vec(("[0-9]{1,6}[ .%\\n_x]{0,2}", prop::option::weighted(0.2, piece())), 5..20)) {
        let cells: Vec<String> = cells.into_iter().map(|(cell, piece)| cell + &piece.unwrap_or_default()).collect();
        check(&cells.concat())?;
    }

    /// Blocks of plain words and separators that end anywhere.
    #[test]
    fn same_as_plain_ascii(runs in prop::collection::vec(("[a-zA-Z .,\\n]{0,140}", piece()), 1..4)) {
        let runs: Vec<String> = runs.into_iter().map(|(run, piece)| run + &piece).collect();
        check(&runs.concat())?;
    }

    /// Where a line ends, nothing reaches across.
    #[test]
    fn cuts_change_nothing(a in text(0..12), b in text(0..12)) {
        let parts = [&a, &b].map(|part| {
            let mut units = Vec::new();
            let numbers = fold(part, &mut units);
            (units, numbers)
        });
        let mut whole = Vec::new();
        let numbers = fold(&format!("{a}\n{b}"), &mut whole);
        if parts.iter().any(|part| part.1.kept != numbers.kept) {
            return Ok(());
        }
        prop_assert_eq!(whole, [&parts[0].0[..], &parts[1].0[..]].concat());
        prop_assert_eq!(numbers.runs, parts[0].1.runs + parts[1].1.runs);
        prop_assert_eq!(numbers.masks, parts[0].1.masks + parts[1].1.masks);
    }
}
