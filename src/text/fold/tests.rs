//! What the rules of the fold say, case by case.

use super::*;

fn units(text: &str) -> Vec<u32> {
    let mut units = Vec::new();
    fold(text, &mut units);
    units
}

fn numbers_of(text: &str) -> Numbers {
    fold(text, &mut Vec::new())
}

/// Single characters as themselves, words as `w`.
fn shape(text: &str) -> String {
    let shown = |&unit: &u32| if is_word(unit) { 'w' } else { char::from_u32(unit).unwrap() };
    units(text).iter().map(shown).collect()
}

#[test]
fn traditional_becomes_simplified() {
    assert_eq!(shape("國學體臺灣裡後髮"), "国学体台湾里后发");
    assert_eq!(shape("為爲線綫衆眾説說於隻餘鐘"), "为为线线众众说说于只余钟");
    assert_eq!(shape("看著牠，祇揹簷下"), "看着它只背檐下");
    let simplified = "我们的学校在山脚下，春天来了，孩子们在操场上跑步；新闻发布会后，记者们离开了会场。";
    let kept: String = simplified.chars().filter(|c| !"，；。".contains(*c)).collect();
    assert_eq!(shape(simplified), kept);
}

#[test]
fn han_signs_among_the_punctuation_are_units() {
    assert_eq!(shape("人々、二〇年「〆」"), "人々二〇年〆");
}

#[test]
fn width_case_accents() {
    assert_eq!(units("Ｃａｆé ÉCOLE"), units("cafe\u{301} école"));
    assert_eq!(units("ΣΊΣΥΦΟΣ"), units("σισυφος"));
    assert_eq!(units("Ёлка"), units("елка"));
    assert_eq!(units("STRASSE ﬁne"), units("Straße fine"));
    assert_eq!(shape("ｶﾞｷﾞ ガギ カ\u{3099}"), "ガギガギガ");
    assert_eq!(shape("한국 \u{1112}\u{1161}\u{11ab}"), "한국한");
    assert_eq!(shape("㍿ﾊﾟ"), "株式会社パ");
}

#[test]
fn scripts_without_spaces_are_single_characters() {
    assert_eq!(shape("สวัสดี").chars().count(), 6);
    assert_eq!(shape("𠀀𪚥"), "𠀀𪚥");
    assert_eq!(shape("⻓⻔"), "长门");
}

#[test]
fn words() {
    for same in [
        ["don't", "don’t"],
        ["Python3", "python"],
        ["use x86now", "use xnow"],
        ["our b2b", "our bb"],
        ["the 1st", "the st"],
    ] {
        assert_eq!(units(same[0]), units(same[1]), "{same:?}");
        assert_eq!(units(same[0]).len(), 1 + same[0].matches(' ').count(), "{same:?}");
    }
    assert_eq!(units("snake_case").len(), 1);
    assert_ne!(units("snake_case"), units("snakecase"));
    assert_eq!(units("foo_1_bar"), units("foo_bar"));
    assert_eq!(units("_foo_"), units("foo"));
    assert_eq!(units("soft\u{ad}hyphen"), units("softhyphen"));
    assert_eq!(units("'quoted' words'"), units("quoted words"));
    assert_eq!(units("internationalization"), units("Ｉnternationalization"));
    assert_eq!(units("a-b").len(), 2);
    assert_eq!(shape("用Python写代码"), "用w写代码");
}

#[test]
fn numbers_vanish_and_are_remembered() {
    assert_eq!(shape("本届大会的第14次全体会议在2019年召开"), "本届大会的第次全体会议在年召开");
    let a = numbers_of("本届大会的第１４次全体会议在2019年召开");
    assert_eq!(a, numbers_of("本届大会的第14次全体会议于2019年召开"));
    assert_eq!((a.runs, a.masks, a.kept), (2, 0, false));
    assert_ne!(a.key, numbers_of("本届大会的第15次全体会议在2019年召开").key);
    assert_ne!(a.key, numbers_of("本届大会的第1次全体会议在42019年召开").key);
    assert_eq!(numbers_of("没有数字"), Numbers::default());
    assert_eq!(numbers_of("大约是三点零五，٣٫٠٥").key, numbers_of("大约是三点零五，3.05").key);
}

#[test]
fn masks() {
    for text in ["第==次", "第xx次", "第XX次", "第○○次", "第×次", "第＊＊次", "第ｘｘ次", "第__次"]
    {
        assert_eq!((shape(text).as_str(), numbers_of(text).masks), ("第次", 1), "{text}");
    }
    assert_eq!(shape("20xx 年的会议通知"), "年的会议通知");
    assert_eq!(shape("参加者1x人等等"), "参加者人等等");
    assert_eq!((shape("X×X 某省"), numbers_of("某X×X省").masks), ("ww某省".into(), 1));
    for text in ["标题 ==== ", "a *** b", "snake_case", "x * y", "----", "XX chromosome", "x = y"] {
        assert_eq!(numbers_of(text).masks, 0, "{text}");
    }
    assert_eq!(shape("XX chromosome x = y"), "wwww");
    assert_eq!(shape("使用x86平台，第x章"), "使用w平台第章");
}

#[test]
fn tables_keep_their_numbers() {
    let text = "2019 1035 88% a\n2020 1187 91% b";
    let numbers = numbers_of(text);
    assert!(numbers.kept && numbers.key != 0 && numbers.runs == 0);
    assert_eq!(units(text).len(), 8);
    assert!(number_slots(text).is_empty());
    assert_ne!(units(text), units(&text.replace("88", "89")));
    assert!(!numbers_of("第14次").kept && !numbers_of("2019.10.30").kept);
}

#[test]
fn spans_cover_what_they_fold() {
    let text = "國 “Don’t”𠀀cafe\u{301}㍿Python3。";
    let (mut units, mut spans) = (Vec::new(), Vec::new());
    fold_spans(text, &mut units, &mut spans);
    let shown: Vec<&str> = spans.iter().map(|span| &text[span.range()]).collect();
    assert_eq!(shown, ["國", "Don’t", "𠀀", "cafe\u{301}", "㍿", "", "", "", "Python"]);
}

#[test]
fn slots_in_order() {
    let text = "第14次，==人，b2b买20xx年x";
    let slots = number_slots(text);
    let shown: Vec<(u32, &str)> = slots.iter().map(|slot| (slot.unit, &text[slot.span.range()])).collect();
    assert_eq!(shown, [(1, "14"), (2, "=="), (4, "2"), (5, "20"), (5, "xx"), (6, "x")]);
    assert_eq!(slots.iter().filter(|slot| slot.kind == SlotKind::Mask).count(), 3);
}

/// What is stored depends on the table: another value here asks for another `FOLD_VERSION`.
#[test]
fn table_is_pinned() {
    assert_eq!((FOLD_VERSION, table::key()), (1, 3656109313060758850));
}

/// Units and keys are stored: another value here asks for another `FOLD_VERSION`.
#[test]
fn known_answer() {
    let text =
        "《國學大觀》第14卷，2019年10月刊行；Don’t miss snake_case ÉCOLE, ==次 20xx年。ｶﾞｷﾞ 한국어 ไทย 𠀀";
    let mut units = Vec::new();
    let numbers = fold(text, &mut units);
    assert_eq!((crate::hash::units_key(&units), numbers.key), (3211962624150368207, 953362789));
}
