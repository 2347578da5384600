//! Whole sites, written here: what goes, what stays, and that nothing depends on order.

use std::borrow::Cow;

use super::*;
use crate::config::ChromeConfig;
use crate::document::Span;
use crate::text::fold::fold;

/// Pages with their lines and evidence.
struct Made {
    texts: Vec<String>,
    lines: Vec<Vec<Span>>,
    evidence: Vec<Vec<Evidence>>,
    rules: Rules,
}

impl Made {
    fn new(texts: Vec<String>) -> Made {
        Self::with(texts, Rules::built_in())
    }

    fn with(texts: Vec<String>, rules: Rules) -> Made {
        let mut made = Made { texts, lines: Vec::new(), evidence: Vec::new(), rules };
        for text in &made.texts {
            let (lines, offsets, units) = cut(text);
            let mut evidence = Vec::new();
            observe(text, &lines, &offsets, &units, &made.rules, &mut evidence);
            made.lines.push(lines);
            made.evidence.push(evidence);
        }
        made
    }

    fn pages(&self) -> Vec<Page<'_>> {
        let evidence: Vec<&[Evidence]> = self.evidence.iter().map(Vec::as_slice).collect();
        let bodies = provisional_bodies(&evidence);
        evidence.iter().zip(bodies).map(|(evidence, body)| Page { evidence, body }).collect()
    }

    fn label(&self, scope: Scope) -> Vec<PageLabels> {
        label_site(&self.pages(), &self.rules, &ChromeConfig::default(), scope)
    }

    /// Text of the lines of a page that stay.
    fn kept(&self, page: usize, labels: &PageLabels) -> Vec<&str> {
        self.evidence[page]
            .iter()
            .zip(&labels.lines)
            .filter(|(_, label)| !label.is_chrome())
            .map(|(line, _)| &self.texts[page][self.lines[page][line.line as usize].range()])
            .collect()
    }

    fn spans(&self) -> Vec<(u32, &str)> {
        let labels = self.label(Scope::Site);
        find_spans(&self.pages(), &labels, self, &self.rules, &ChromeConfig::default())
            .into_iter()
            .map(|found| (found.page, &self.texts[found.page as usize][found.span.range()]))
            .collect()
    }
}

impl Texts for Made {
    fn text(&self, page: usize) -> Cow<'_, str> {
        Cow::Borrowed(&self.texts[page])
    }

    fn lines(&self, page: usize) -> Cow<'_, [Span]> {
        Cow::Borrowed(&self.lines[page])
    }
}

/// Lines, offsets and units of a text.
fn cut(text: &str) -> (Vec<Span>, Vec<u32>, Vec<u32>) {
    let (mut lines, mut units, mut offsets, mut at) = (Vec::new(), Vec::new(), vec![0], 0);
    for line in text.split('\n') {
        lines.push(Span::new(at, at + line.len() as u32));
        at += line.len() as u32 + 1;
        fold(line, &mut units);
        offsets.push(units.len() as u32);
    }
    (lines, offsets, units)
}

const PLACES: [&str; 12] =
    ["河东", "西坡", "北桥", "南岭", "石门", "青塘", "白沙", "松岗", "柳湾", "大泉", "竹溪", "云台"];
const THINGS: [&str; 12] =
    ["水渠", "果园", "戏台", "渡口", "茶棚", "学堂", "磨坊", "粮站", "灯塔", "苗圃", "砖窑", "集市"];
const DEEDS: [&str; 12] =
    ["修好", "搬走", "重开", "扩建", "粉刷", "清理", "测量", "移交", "登记", "加固", "翻新", "照看"];

/// A paragraph that no other pair of numbers gives.
fn prose(page: usize, paragraph: usize) -> String {
    let pick = |list: &[&'static str; 12], seed: usize| list[seed % 12];
    let (a, b) = (page * 7 + paragraph * 5, page / 12 + paragraph * 3);
    format!(
        "{}的{}在{}月里由{}的人{}了，大家说，{}的{}也该{}，不然到了第{}年冬天，{}就没有地方放，{}也会跟着{}。",
        pick(&PLACES, a),
        pick(&THINGS, a + b),
        page % 12 + 1,
        pick(&PLACES, b + 3),
        pick(&DEEDS, a + 2 * b),
        pick(&PLACES, a + 5),
        pick(&THINGS, b + 7),
        pick(&DEEDS, b),
        page * 13 + paragraph + 2,
        pick(&THINGS, a + 1),
        pick(&THINGS, a + b + 4),
        pick(&DEEDS, a + 6),
    )
}

fn title(page: usize) -> String {
    format!("{}{}的{}日记", PLACES[page % 12], THINGS[(page / 3 + page) % 12], DEEDS[(page * 5) % 12])
}

/// A page of a small paper: frame, breadcrumb, headline, byline, text, list of other pages, footer.
fn page(number: usize, text: &[String]) -> String {
    let mut lines: Vec<String> =
        ["晨光小报", "首页", "镇上新闻", "读者来信", "旧照片", "天气预报"].map(String::from).to_vec();
    lines.push(format!("您现在的位置：首页 > 镇上新闻 > {}", title(number)));
    lines.push(title(number));
    lines.push(format!("发布时间：2015-03-{:02} 作者：编辑部 点击：{}", number % 28 + 1, number * 17));
    lines.extend(text.iter().cloned());
    lines.push(format!("上一篇：{}", title(number + 40)));
    lines.push("看过这些的人还看了".into());
    lines.extend((1..5).map(|other| title(number * 3 + other * 11 + 50)));
    lines.extend(["晨光小报社编辑部编", "镇南路一号二楼", "版权所有 晨光小报社"].map(String::from));
    lines.join("\n")
}

fn paragraphs(number: usize, count: usize) -> Vec<String> {
    (0..count).map(|paragraph| prose(number, paragraph)).collect()
}

fn small_site(pages: usize) -> Vec<String> {
    (0..pages).map(|number| page(number, &paragraphs(number, 4))).collect()
}

#[test]
fn the_frame_goes_and_the_text_stays() {
    for count in [5, 20] {
        let made = Made::new(small_site(count));
        for (number, labels) in made.label(Scope::Site).iter().enumerate() {
            let mut wanted = vec![title(number)];
            wanted.extend(paragraphs(number, 4));
            assert_eq!(made.kept(number, labels), wanted, "page {number} of {count}");
        }
    }
}

#[test]
fn labels_do_not_depend_on_the_order_of_pages() {
    let texts = small_site(12);
    let forward = Made::new(texts.clone()).label(Scope::Site);
    let mut backward = Made::new(texts.into_iter().rev().collect()).label(Scope::Site);
    backward.reverse();
    assert_eq!(forward, backward);
}

#[test]
fn headings_and_formulas_of_the_text_stay() {
    let texts = (0..16)
        .map(|number| {
            let mut text = paragraphs(number, 4);
            if number % 2 == 0 {
                text.insert(0, "第一章 总 则".into());
                text.insert(3, "第二章 分 工".into());
            }
            if number % 3 == 0 {
                text.push("特此公告。".into());
                text.push(format!("二〇一五年三月{}日，{}乡", number, PLACES[number % 12]));
            }
            page(number, &text)
        })
        .collect();
    let made = Made::new(texts);
    for (number, labels) in made.label(Scope::Site).iter().enumerate() {
        let kept = made.kept(number, labels);
        assert_eq!(kept.contains(&"第一章 总 则"), number % 2 == 0, "page {number}");
        assert_eq!(kept.contains(&"第二章 分 工"), number % 2 == 0, "page {number}");
        assert_eq!(kept.contains(&"特此公告。"), number % 3 == 0, "page {number}");
    }
}

#[test]
fn an_article_crawled_ten_times_loses_no_line() {
    let article = paragraphs(30, 5);
    // Ten times on one site, among other pages.
    let mut texts = small_site(8);
    texts.extend((0..10).map(|_| page(30, &article)));
    let made = Made::new(texts);
    let bodies: Vec<u32> = made.pages().iter().map(|page| page.body).collect();
    assert!(bodies[8..].iter().all(|&body| body == 8), "{bodies:?}");
    assert!((0..8).all(|number| bodies[number] == number as u32), "{bodies:?}");
    let labels = made.label(Scope::Site);
    for number in 8..18 {
        let kept = made.kept(number, &labels[number]);
        assert!(article.iter().all(|line| kept.contains(&line.as_str())), "{kept:?}");
        assert!(!kept.contains(&"镇上新闻"));
    }
    // Nothing but copies: the site says nothing, the article stays.
    let made = Made::new((0..10).map(|_| page(30, &article)).collect());
    assert!(made.pages().iter().all(|page| page.body == 0));
    for (number, labels) in made.label(Scope::Site).iter().enumerate() {
        let kept = made.kept(number, labels);
        assert!(article.iter().all(|line| kept.contains(&line.as_str())), "{kept:?}");
    }
    // On ten sites of its own frame each.
    for _ in 0..10 {
        let mut texts = small_site(6);
        texts.push(page(30, &article));
        let made = Made::new(texts);
        let labels = made.label(Scope::Site);
        let kept = made.kept(6, &labels[6]);
        assert!(article.iter().all(|line| kept.contains(&line.as_str())));
    }
}

#[test]
fn templates_of_the_text_itself_stay() {
    // Resolutions: two fixed sentences in each but a few, held between what differs.
    let texts = (0..20)
        .map(|number| {
            let mut text = vec![prose(number, 0), prose(number, 1)];
            if number % 10 != 9 {
                text.push("本会议事员经过表决，一致同意下列各项：".into());
            }
            text.extend([prose(number, 2), prose(number, 3)]);
            page(number, &text)
        })
        .collect();
    let made = Made::new(texts);
    for (number, labels) in made.label(Scope::Site).iter().enumerate() {
        let kept = made.kept(number, labels);
        assert_eq!(
            kept.contains(&"本会议事员经过表决，一致同意下列各项："),
            number % 10 != 9,
            "page {number}"
        );
    }
}

#[test]
fn a_page_is_not_emptied() {
    // One page of the site has its only paragraph where the others list their links.
    let mut texts = small_site(10);
    let odd = texts[0].replace(&title(61), &prose(77, 1));
    let odd = paragraphs(0, 4).iter().fold(odd, |text, line| text.replace(&format!("{line}\n"), ""));
    texts[0] = odd;
    let made = Made::new(texts);
    let labels = &made.label(Scope::Site)[0];
    let kept = made.kept(0, labels);
    assert!(kept.contains(&prose(77, 1).as_str()), "{kept:?}");
}

#[test]
fn a_single_page_loses_only_what_a_rule_knows() {
    let made = Made::new(vec![page(3, &paragraphs(3, 4))]);
    let labels = &made.label(Scope::Unknown)[0];
    let kept = made.kept(0, labels);
    let mut wanted = vec![title(3)];
    wanted.extend(paragraphs(3, 4));
    assert!(wanted.iter().all(|line| kept.contains(&line.as_str())), "{kept:?}");
    assert!(
        !kept.iter().any(|line| line.starts_with("发布时间") || line.starts_with("您现在的位置")),
        "{kept:?}"
    );
}

#[test]
fn families_say_what_they_hold() {
    let made = Made::new(small_site(12));
    let pages = made.pages();
    let site = Site::learn(&pages, &made.rules, Scope::Site);
    let labels = made.label(Scope::Site);
    let found = families(&pages, &labels, &made, &site);
    let frame =
        found.iter().find(|family| family.example == "镇南路一号二楼").expect("the address is a family");
    assert_eq!((frame.kind, frame.pages, frame.share), (FamilyKind::Repeated, 12, 1.0));
    assert!(frame.position > 0.8);
    assert!(frame.slots.is_empty());
    assert!(found.iter().any(|family| family.kind == FamilyKind::Listing));
}

#[test]
fn slots_are_typed() {
    let texts: Vec<String> = (0..8)
        .map(|number| {
            let mut text = paragraphs(number, 4);
            text.insert(
                0,
                format!("晨光读者您好，您正在看的是{}，全文共{}字。", title(number), 300 + number * 7),
            );
            page(number, &text)
        })
        .collect();
    let made = Made::new(texts);
    let template = Template::of(
        &made
            .texts
            .iter()
            .filter_map(|text| text.lines().find(|line| line.starts_with("晨光读者")))
            .collect::<Vec<_>>(),
        3,
    )
    .expect("the lines start alike");
    assert_eq!(template.parts[0], "晨光读者您好，您正在看的是");
    assert!(template.parts.last().is_some_and(|part| part.ends_with("字。")), "{template:?}");
}

/// A passage that no rule knows, in the middle and at the end of paragraphs.
#[test]
fn injected_passages_are_cut_exactly() {
    let rules = "anchors = ['公众号', '领取', '更多']";
    let texts: Vec<String> = (0..12)
        .map(|number| {
            let mut text = paragraphs(number, 4);
            let ad = format!("快来晨光书屋公众号领取{}手册一份", THINGS[number % 12]);
            if number % 2 == 0 {
                text[1].push_str(&ad);
            } else {
                let at = text[2].find('，').expect("the paragraph has a comma") + "，".len();
                text[2].insert_str(at, &ad);
            }
            page(number, &text)
        })
        .collect();
    let made = Made::with(texts, Rules::parse(rules).expect("the anchors are right"));
    let found = made.spans();
    assert_eq!(found.len(), 12, "{found:?}");
    for (number, passage) in found {
        let wanted = format!("快来晨光书屋公众号领取{}手册一份", THINGS[number as usize % 12]);
        assert_eq!(passage, wanted, "page {number}");
    }
}

#[test]
fn passages_that_a_rule_knows_are_cut_on_one_page() {
    let ad = "请登录这个网址查看更多文章7731.abcd.com";
    let mut text = paragraphs(2, 3);
    text[1].push_str(ad);
    let made = Made::new(vec![page(2, &text)]);
    assert_eq!(made.spans(), [(0, ad)]);
}

#[test]
fn common_phrases_are_no_passages() {
    let texts = (0..12)
        .map(|number| {
            let mut text = paragraphs(number, 4);
            text[1].push_str("为了全镇老少的平安与欢喜，大家都愿意出力。");
            page(number, &text)
        })
        .collect();
    let found = Made::new(texts);
    assert!(found.spans().is_empty(), "{:?}", found.spans());
}

#[test]
fn what_was_learned_serves_new_pages() {
    let made = Made::new(small_site(12));
    let pages = made.pages();
    let config = ChromeConfig::default();
    let site = Site::learn(&pages, &made.rules, Scope::Site);
    let labels = made.label(Scope::Site);
    let spans = SpanFamilies::learn(&pages, &labels, &made, &made.rules, &config);
    let families = families(&pages, &labels, &made, &site);
    let model = ChromeModel::new(vec![SiteModel::new("paper", &site, families, &spans)]);
    let text = model.to_json();
    let read = ChromeModel::from_json(&text).expect("the model was just written");
    assert_eq!(read, model);
    assert_eq!(read.to_json(), text);
    let again = read.get("paper").expect("the site is in the model").site().expect("its keys are whole");
    let new = Made::new(vec![page(25, &paragraphs(25, 4))]);
    let page = Page { evidence: &new.evidence[0], body: 0 };
    let found = again.label(&page, &new.rules, &config);
    assert_eq!(found, site.label(&page, &new.rules, &config));
    let mut wanted = vec![title(25)];
    wanted.extend(paragraphs(25, 4));
    assert_eq!(new.kept(0, &found), wanted);
}

#[test]
fn a_model_of_another_folding_is_refused() {
    let model = ChromeModel::new(Vec::new()).to_json();
    let problem = |text: &str| ChromeModel::from_json(text).expect_err("the model is wrong").to_string();
    let fold = format!("\"fold\":{}", crate::text::fold::FOLD_VERSION);
    assert!(problem(&model.replace(&fold, "\"fold\":999")).contains("folding 999"));
    assert!(problem(&model.replace("\"format\":1", "\"format\":7")).contains("format 7"));
    assert!(problem("[1, 2").contains("no chrome model"));
}

#[test]
fn observer_gives_what_observe_gives() {
    let made = Made::new(small_site(4));
    let mut observer = Observer::new(&made.rules);
    for _ in 0..2 {
        for (text, plain) in made.texts.iter().zip(&made.evidence) {
            let (lines, offsets, units) = cut(text);
            let mut fast = Vec::new();
            observer.observe(text, &lines, &offsets, &units, &mut fast);
            assert_eq!(&fast, plain);
        }
    }
}

#[test]
fn hostile_pages_do_no_harm() {
    let texts = vec![
        String::new(),
        "\n\n\n".into(),
        "甲".repeat(20_000),
        "1\n".repeat(3_000),
        "\u{0}\u{202e}\u{feff}\n：：：\n，".into(),
        ":\n：\n".repeat(50),
        "𠀀𠀁𠀂\n👩‍👩‍👧‍👦👩‍👩‍👧‍👦".into(),
    ];
    let made = Made::new(texts);
    assert_eq!(made.label(Scope::Site).len(), 7);
    assert_eq!(made.label(Scope::Unknown).len(), 7);
    made.spans();
}
