//! Whole sites, written here: what goes, what stays, and that nothing depends on order.

use std::borrow::Cow;

use super::*;
use crate::config::ChromeConfig;
use crate::document::Span;
use crate::text::fold::fold;

/// Keys of two lines, as `keys_are_known` makes them.
const KEYS: [&str; 5] =
    ["05fe0bea5e8c4364", "2b085fdd993cb6a4", "000000008b658852", "00000000080112d1", "40b1a62c8b115d64"];

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

    fn spans(&self) -> Vec<InjectedSpan> {
        let labels = self.label(Scope::Site);
        find_spans(&self.pages(), &labels, self, &self.rules, &ChromeConfig::default())
    }

    fn span_texts(&self) -> Vec<(u32, &str)> {
        let text = |found: &InjectedSpan| &self.texts[found.page as usize][found.span.range()];
        self.spans().iter().map(|found| (found.page, text(found))).collect()
    }

    /// Everything that is known of the pages as a site.
    fn model(&self) -> SiteModel {
        let (pages, config) = (self.pages(), ChromeConfig::default());
        let labels = self.label(Scope::Site);
        let site = Site::learn(&pages, &self.rules, Scope::Site);
        let spans = SpanFamilies::learn(&pages, &labels, self, &self.rules, &config);
        let found: Vec<InjectedSpan> = (0..pages.len())
            .flat_map(|at| spans.find(at, &pages[at], &labels[at], self, &self.rules))
            .collect();
        let passages = Passages { found: &found, families: &spans };
        let families = families(&pages, &labels, passages, self, &site);
        SiteModel::new("paper", &site, &pages, families, &spans)
    }
}

impl Texts for Made {
    fn page(&self, page: usize) -> (Cow<'_, str>, Cow<'_, [Span]>) {
        (Cow::Borrowed(&self.texts[page]), Cow::Borrowed(&self.lines[page]))
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

/// A title that no other page below 144 has.
fn title(page: usize) -> String {
    format!("{}{}要{}", PLACES[page % 12], THINGS[(page / 12 + page * 7) % 12], DEEDS[(page * 5) % 12])
}

/// A page of a small paper: frame, breadcrumb, headline, byline, text, list of other pages, footer.
fn page(number: usize, text: &[String]) -> String {
    let mut lines: Vec<String> =
        ["晨光小报", "首页", "镇上新闻", "读者来信", "旧照片", "天气预报"].map(String::from).to_vec();
    lines.push(format!("您现在的位置：首页 > 镇上新闻 > {}", title(number)));
    lines.push(title(number));
    lines.push(format!("发布时间：2015-03-{:02} 作者：编辑部 点击：{}", number % 28 + 1, number * 17));
    lines.extend(text.iter().cloned());
    lines.push(format!("晨光小报读者您好，您刚才看的是{}，欢迎来信。", title(number)));
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
fn nothing_depends_on_the_order_of_pages() {
    let texts = passages();
    let forward = Made::with(texts.clone(), anchors());
    let backward = Made::with(texts.iter().rev().cloned().collect(), anchors());
    let mut labels = backward.label(Scope::Site);
    labels.reverse();
    assert_eq!(forward.label(Scope::Site), labels);
    let ordered = |made: &Made, number: fn(u32) -> u32| {
        let mut spans = made.spans();
        spans.iter_mut().for_each(|found| found.page = number(found.page));
        spans.sort_by_key(|found| (found.page, found.span));
        spans
    };
    assert_eq!(ordered(&forward, |page| page), ordered(&backward, |page| 11 - page));
    let json = |made: &Made| ChromeModel::new(vec![made.model()]).to_json();
    assert_eq!(json(&forward), json(&backward));
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
fn what_repeats_inside_texts_stays() {
    // A manual: version notes, program text; a forum: a date in each post, an answer that many give.
    let texts = (0..16)
        .map(|number| {
            let mut text = paragraphs(number, 5);
            if number % 3 != 1 {
                text.insert(1, "New in version 3.2: the parser also takes a path.".into());
            }
            if number % 3 != 2 {
                text.insert(3, "    return parse(path, strict=True)".into());
            }
            if number % 5 < 2 {
                text.insert(1 + number * 7 % 5, "谢谢楼主，已经照着修好了，明天再去看看渡口的灯。".into());
            }
            if number % 4 == 0 {
                text.insert(text.len() - 1, "2019年4月26日".into());
            }
            page(number, &text)
        })
        .collect();
    let made = Made::new(texts);
    for (number, labels) in made.label(Scope::Site).iter().enumerate() {
        let kept = made.kept(number, labels);
        let has = |start: &str| kept.iter().any(|line| line.trim_start().starts_with(start));
        assert_eq!(has("New in version"), number % 3 != 1, "page {number}: {kept:#?}");
        assert_eq!(has("return parse("), number % 3 != 2, "page {number}: {kept:#?}");
        assert_eq!(has("谢谢楼主"), number % 5 < 2, "page {number}: {kept:#?}");
        assert_eq!(has("2019年4月26日"), number % 4 == 0, "page {number}: {kept:#?}");
    }
}

#[test]
fn a_headline_that_other_pages_list_stays() {
    let texts: Vec<String> = (0..20)
        .map(|number| {
            page(number, &paragraphs(number, 4)).replace(&title(number + 40), &title((number + 1) % 20))
        })
        .collect();
    let made = Made::new(texts);
    for (number, labels) in made.label(Scope::Site).iter().enumerate() {
        assert!(made.kept(number, labels).contains(&title(number).as_str()), "page {number}");
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
    for (number, labels) in labels.iter().enumerate().skip(8) {
        let kept = made.kept(number, labels);
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
    let found = Made::new(small_site(12)).model().families;
    let of = |template: &str| {
        let found = found.iter().find(|family| family.template == template);
        found.unwrap_or_else(|| panic!("`{template}` is a family"))
    };
    let address = of("镇南路一号二楼");
    assert_eq!((address.pages, address.share), (12, 1.0));
    assert!(address.family.starts_with("repeated:") && address.position > 0.8, "{address:?}");
    assert_eq!((&address.example, &address.slots[..]), (&address.template, &[][..]));
    let greeting = of("晨光小报读者您好，您刚才看的是{title}，欢迎来信。");
    assert_eq!((greeting.pages, &greeting.slots[..]), (12, &[SlotKind::Title][..]));
    assert!(
        greeting.family.starts_with("template:") && greeting.example.contains("，您刚才看的是"),
        "{greeting:?}"
    );
    let listing = of("{text}");
    assert!(listing.family.starts_with("listing:") && listing.pages == 12, "{listing:?}");
    let mut names: Vec<&str> = found.iter().map(|family| family.family.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), found.len());
}

#[test]
fn a_form_that_text_was_written_into_is_content() {
    let forms = |slot: fn(usize) -> String| {
        (0..12)
            .map(|number| {
                let mut text = paragraphs(number, 3);
                text.insert(2, format!("这一期的读者来稿写道：{}以上就是来稿的全文了", slot(number)));
                page(number, &text)
            })
            .collect::<Vec<_>>()
    };
    let long = Made::new(forms(|number| format!("{}{}", prose(number, 8), prose(number, 9))));
    for (number, labels) in long.label(Scope::Site).iter().enumerate() {
        let kept = long.kept(number, labels);
        assert!(kept.iter().any(|line| line.contains("读者来稿写道")), "page {number}");
    }
}

/// Rules of which none takes a passage; the words of it are anchors.
fn anchors() -> Rules {
    Rules::parse("anchors = ['公众号', '领取', '更多']").expect("the anchors are right")
}

fn passage(number: usize) -> String {
    format!("快来晨光书屋公众号领取{}手册一份", THINGS[number % 12])
}

/// Pages with a passage in the middle or at the end of a paragraph.
fn passages() -> Vec<String> {
    (0..12)
        .map(|number| {
            let mut text = paragraphs(number, 4);
            if number % 2 == 0 {
                text[1].push_str(&passage(number));
            } else {
                let at = text[2].find('，').expect("the paragraph has a comma") + "，".len();
                text[2].insert_str(at, &passage(number));
            }
            page(number, &text)
        })
        .collect()
}

#[test]
fn injected_passages_are_cut_exactly() {
    let made = Made::with(passages(), anchors());
    let found = made.spans();
    assert_eq!(found.len(), 12, "{found:?}");
    for found in found {
        let number = found.page as usize;
        let wanted = passage(number);
        let start = made.texts[number].find(&wanted).expect("the passage is in the page");
        assert_eq!(found.span.range(), start..start + wanted.len(), "page {number}");
        assert_eq!((found.rule, found.pages), (0, 12));
    }
    let model = made.model();
    let family = model.families.iter().find(|family| family.family.starts_with("span:"));
    let family = family.expect("the passages are a family");
    assert_eq!(family.template, "快来晨光书屋公众号领取{text}手册一份");
    assert_eq!((family.pages, family.share), (12, 1.0));
    assert_eq!(model.spans[0].parts, ["快来晨光书屋公众号领取", "手册一份"]);
}

/// A passage that reads like text and is a line of its own.
#[test]
fn a_passage_may_be_a_whole_line() {
    let intro = |number: usize| {
        format!(
            "不少朋友来信问起{}的来历和修法，编辑们从各村的来稿里挑出几篇，照着原样抄在这里，想看{}的朋友请到公众号领取，\
             愿各位读得高兴，也愿意把自己家里的旧事写下来寄给我们。",
            THINGS[number % 12],
            THINGS[(number + 5) % 12]
        )
    };
    let texts: Vec<String> = (0..12)
        .map(|number| {
            let mut text = paragraphs(number, 4);
            text.insert(1, intro(number));
            page(number, &text)
        })
        .collect();
    let made = Made::with(texts, anchors());
    let labels = made.label(Scope::Site);
    let found = made.spans();
    for (number, labels) in labels.iter().enumerate() {
        let whole = |found: &&InjectedSpan| found.page as usize == number && found.line.is_some();
        let passage = found.iter().find(whole).map(|found| &made.texts[number][found.span.range()]);
        let kept = made.kept(number, labels).contains(&intro(number).as_str());
        assert!(!kept || passage == Some(&intro(number)), "page {number}: {passage:?}");
        assert!(paragraphs(number, 4).iter().all(|line| made.kept(number, labels).contains(&line.as_str())));
    }
    assert!(found.iter().any(|found| found.line.is_some()), "{:?}", made.span_texts());
}

#[test]
fn passages_that_a_rule_knows_are_cut_on_one_page() {
    let ad = "请登录这个网址查看更多文章7731.abcd.com";
    let mut text = paragraphs(2, 3);
    text[1].push_str(ad);
    let made = Made::new(vec![page(2, &text)]);
    assert_eq!(made.span_texts(), [(0, ad)]);
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
    assert!(found.spans().is_empty(), "{:?}", found.span_texts());
}

#[test]
fn what_was_learned_serves_a_single_new_page() {
    let old = Made::new(small_site(12)).model();
    let text = ChromeModel::new(vec![old]).to_json();
    let model = ChromeModel::from_json(&text).expect("the model was just written");
    assert_eq!(model.to_json(), text);
    let earlier = model.earlier().expect("its keys are whole").remove("paper").expect("the site is in it");
    let new = Made::new(vec![page(25, &paragraphs(25, 4))]);
    let (pages, config) = (new.pages(), ChromeConfig::default());
    let mut wanted = vec![title(25)];
    wanted.extend(paragraphs(25, 4));
    let site = Site::learn_after(&pages, &new.rules, Some(&earlier.site));
    assert_eq!(new.kept(0, &site.label(&pages[0], &new.rules, &config)), wanted);
    // Without the model the page is all that is known.
    let alone = Site::learn(&pages, &new.rules, Scope::Site);
    let kept = alone.label(&pages[0], &new.rules, &config);
    assert!(new.kept(0, &kept).iter().any(|line| line.starts_with("晨光小报读者您好")));
}

#[test]
fn a_new_layout_is_not_held_against_the_old() {
    let old = Made::new(small_site(40)).model().earlier().expect("it was just made");
    let laid_out = |number: usize| {
        let text = paragraphs(number, 4).join("\n");
        format!(
            "晨光新刊\n镇上的人\n镇外的事\n{}\n{text}\n新刊编辑室\n河沿路三号\n来信请寄编辑室",
            title(number)
        )
    };
    let new = Made::new((60..70).map(laid_out).collect());
    let pages = new.pages();
    let site = Site::learn_after(&pages, &new.rules, Some(&old.site));
    for (at, page) in pages.iter().enumerate() {
        let mut wanted = vec![title(60 + at)];
        wanted.extend(paragraphs(60 + at, 4));
        let labels = site.label(page, &new.rules, &ChromeConfig::default());
        assert_eq!(new.kept(at, &labels), wanted, "page {at}");
    }
}

#[test]
fn pages_crawled_again_are_the_same_pages() {
    // The text of each page was there before, and stays.
    let made = Made::new(small_site(6));
    let old = made.model().earlier().expect("it was just made");
    let pages = made.pages();
    let site = Site::learn_after(&pages, &made.rules, Some(&old.site));
    assert_eq!(site.pages(), 6);
    for (at, page) in pages.iter().enumerate() {
        let mut wanted = vec![title(at)];
        wanted.extend(paragraphs(at, 4));
        let labels = site.label(page, &made.rules, &ChromeConfig::default());
        assert_eq!(made.kept(at, &labels), wanted, "page {at}");
    }
}

#[test]
fn passages_that_were_learned_are_cut_on_a_single_new_page() {
    let old = Made::with(passages(), anchors()).model().earlier().expect("it was just made");
    let mut text = paragraphs(25, 4);
    text[1].push_str("快来晨光书屋公众号领取新年手册一份");
    let new = Made::with(vec![page(25, &text)], anchors());
    let (pages, labels) = (new.pages(), new.label(Scope::Site));
    let found = SpanFamilies::default().after(&old.spans).find(0, &pages[0], &labels[0], &new, &new.rules);
    let found: Vec<&str> = found.iter().map(|found| &new.texts[0][found.span.range()]).collect();
    assert_eq!(found, ["快来晨光书屋公众号领取新年手册一份"]);
    assert!(new.spans().is_empty());
}

#[test]
fn a_model_that_cannot_be_used_is_refused() {
    let model = ChromeModel::new(vec![Made::new(small_site(6)).model()]).to_json();
    let problem = |text: &str| ChromeModel::from_json(text).expect_err("the model is wrong").to_string();
    let fold = format!("\"fold\":{}", crate::text::fold::FOLD_VERSION);
    assert!(problem(&model.replace(&fold, "\"fold\":999")).contains("folding 999"));
    assert!(problem(&model.replace("\"format\":1", "\"format\":7")).contains("format 7"));
    assert!(problem(&model.replace("\"format\":1", "\"format\":0")).contains("learn it again"));
    assert!(problem("[1, 2").contains("no chrome model"));
    assert!(problem(r#"{"kind":"notes","format":1,"fold":1,"sites":[]}"#).contains("no chrome model"));
    // Damaged inside.
    let at = model.find("\"exact\":[[\"").expect("a line was counted") + 11;
    let key = &model[at..at + 16];
    for bad in ["xyz", "12345678901234567"] {
        assert!(problem(&model.replacen(key, bad, 1)).contains("damaged"), "{bad}");
    }
    assert!(
        problem(&model.replacen("\"pages\":6,\"families\"", "\"pages\":5,\"families\"", 1))
            .contains("damaged")
    );
    assert!(
        problem(&model.replacen("\"after\":[[", "\"after\":[[\"00\",-1.0,0.0],[", 1)).contains("damaged")
    );
    assert!(
        problem(&model.replacen("\"spans\":[", "\"spans\":[{\"parts\":[],\"pages\":3}", 1))
            .contains("damaged")
    );
    assert!(problem(&model[..model.len() / 2]).contains("damaged"));
    let twice = model.replacen("\n]}", &format!(",{}\n]}}", model.lines().nth(1).expect("a site")), 1);
    assert!(problem(&twice).contains("order"));
}

/// The keys in a model's file: whoever changes one raises `MODEL_FORMAT`.
#[test]
fn keys_are_known() {
    let made = Made::new(vec!["晨光小报社：镇南路一号二楼电话12345\nHome News".into()]);
    let [line, short] = &made.evidence[0][..] else { panic!("two lines") };
    let keys = [line.exact, line.template, u64::from(line.label), u64::from(line.ends), short.template];
    assert_eq!(keys.map(model::hex), KEYS);
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
