//! HTML, in files and in records, and text in charsets other than UTF-8.

use encoding_rs::{BIG5, EUC_KR, Encoding, GBK, SHIFT_JIS, WINDOWS_1252};
use serde_json::{Value, json};

use crate::fixture::{FERRY, KILN, LIBRARY, LIBRARY_STRIPPED, MARKET, Place, snapshot};

/// A page of a small site, as its templates would make it.
fn page(title: &str, paragraphs: &[&str], teasers: &[&str]) -> String {
    let text: String = paragraphs.iter().map(|paragraph| format!("<p>{paragraph}</p>\n")).collect();
    let teasers: String =
        teasers.iter().map(|teaser| format!("<li><a href=\"/x\">{teaser}</a></li>")).collect();
    format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"CHARSET\"><title>{title} - 柳湾村志</title>\
         <script>var p = '<p>不是正文</p>';</script></head>\n<body>\
         <div id=\"nav\"><a href=\"/\">首页</a><a href=\"/a\">村史</a><a href=\"/b\">集市</a></div>\n\
         <h1>{title}</h1>\n<div class=\"content\">{text}</div>\n\
         <div class=\"side\"><h3>也看看</h3><ul>{teasers}</ul></div>\n\
         <div class=\"footer\">柳湾村志编写组　版权所有　示ICP备20003000号</div></body></html>\n"
    )
    .replace("CHARSET", "utf-8")
}

fn encoded(charset: &'static Encoding, text: &str) -> Vec<u8> {
    let (bytes, _, unmappable) = charset.encode(text);
    assert!(!unmappable);
    bytes.into_owned()
}

/// What went, and why: the same for the same text, whatever it came in.
fn removed(place: &Place, run: &str) -> Vec<(Value, Value)> {
    let rows = place.rows(&format!("{run}/removed.jsonl"));
    rows.into_iter().map(|row| (row["reason"].clone(), row["text"].clone())).collect()
}

#[test]
fn pages_become_text_without_their_frame() {
    let place = Place::new();
    place.file("in/library.html", page("旧粮仓里的图书室", &LIBRARY, &["窑火", "集市散了以后"]).as_bytes());
    place.file("in/kiln.htm", page("窑火", &KILN, &["一件旧棉袄", "旧粮仓里的图书室"]).as_bytes());
    place.file("in/market.html", page("集市散了以后", &MARKET, &["河边的戏台", "窑火"]).as_bytes());
    place.file("in/ferry", page("The ferry", &FERRY, &["春水", "两只渡船"]).as_bytes());
    // A text of that name is there already.
    place
        .file("in/kiln.txt", "窑址在村北的坡上，如今只剩半截烟囱，碑上刻着最后一窑砖出窑的日子。".as_bytes());
    let zst = zstd::encode_all(page("旧粮仓里的图书室", &LIBRARY_STRIPPED, &["远山"]).as_bytes(), 3).unwrap();
    place.file("in/copy.html.zst", &zst);
    place.done(&["clean", "in", "-o", "out"]);
    let names: Vec<String> = place.tree("out/clean").into_keys().collect();
    assert_eq!(names, ["ferry.txt", "kiln.htm.txt", "kiln.txt", "library.txt", "market.txt"]);
    let expected = format!("旧粮仓里的图书室\n{}\n", LIBRARY.join("\n"));
    assert_eq!(place.text("out/clean/library.txt"), expected);
    assert!(place.text("out/clean/kiln.htm.txt").starts_with(&format!("窑火\n{}\n", KILN.join("\n"))));
    let run = place.json("out/run.json");
    let clean: Vec<&Value> = run["inputs"].as_array().unwrap().iter().map(|input| &input["clean"]).collect();
    assert_eq!(
        clean,
        [
            &json!("copy.txt.zst"),
            &json!("ferry.txt"),
            &json!("kiln.htm.txt"),
            &Value::Null,
            &json!("library.txt"),
            &json!("market.txt")
        ]
    );
    let copy = &place.rows("out/documents.jsonl")[0];
    assert_eq!((&copy["kept"], &copy["numbers"]), (&json!(false), &json!("stripped")));
    place.done(&["restore", "out", "-o", "back"]);
    let (mut back, mut original) = (place.tree("back"), place.tree("in"));
    let unpacked = |packed: Option<Vec<u8>>| zstd::decode_all(&packed.unwrap()[..]).unwrap();
    assert_eq!(unpacked(back.remove("copy.html.zst")), unpacked(original.remove("copy.html.zst")));
    assert_eq!(back, original);
    place.done(&["explain", "out", "in/library.html@1"]);
}

#[test]
fn nothing_is_lost_of_a_page_without_a_frame() {
    let place = Place::new();
    let verse = ["远山如黛", "春水初生", "一只渡船", "两岸无人"];
    place.file("verse.html", format!("<h1>渡</h1><p>{}</p>", verse.join("<br>")).as_bytes());
    let list: String = FERRY.iter().map(|line| format!("<li>{line}<li>Noted.")).collect();
    place.file("list.html", format!("<ul>{list}</ul>").as_bytes());
    place.done(&["clean", "verse.html", "list.html", "-o", "out"]);
    assert_eq!(place.text("out/clean/verse.txt"), format!("渡\n{}\n", verse.join("\n")));
    assert_eq!(place.text("out/clean/list.txt"), format!("{}\nNoted.\n", FERRY.join("\nNoted.\n")));
}

#[test]
fn records_get_the_text_of_their_html() {
    let place = Place::new();
    let html = json!(page("旧粮仓里的图书室", &LIBRARY, &["窑火"]));
    let text = json!(KILN.join("\n"));
    let lines = [
        format!("{{\"id\":1, \"html\" : {html}}}"),
        format!("{{\"id\":2,\"text\":\"别处抽取的\",\"html\":{html},\"n\":1.0e5}}"),
        format!("{{\"id\":3,\"text\":{text},\"html\":null}}"),
        format!("{{\"text\":null,\"html\":{html},\"id\":4}}"),
        "{\"id\":5,\"html\":\"\"}".to_owned(),
    ];
    place.file("pages.jsonl", (lines.join("\n") + "\n").as_bytes());
    place.done(&[
        "clean",
        "pages.jsonl",
        "--html-field",
        "html",
        "--only",
        "duplicates",
        "--keep",
        "none",
        "-o",
        "out",
    ]);
    let text = format!(
        "首页 村史 集市\n旧粮仓里的图书室\n{}\n也看看\n窑火\n柳湾村志编写组　版权所有　示ICP备20003000号\n",
        LIBRARY.join("\n")
    );
    let clean = place.text("out/clean/pages.jsonl");
    let made = json!(text);
    assert_eq!(
        clean.lines().collect::<Vec<_>>(),
        [
            format!("{{\"id\":1, \"html\" : {html},\"text\":{made}}}"),
            format!("{{\"id\":2,\"text\":{made},\"html\":{html},\"n\":1.0e5}}"),
            lines[2].clone(),
            format!("{{\"text\":{made},\"html\":{html},\"id\":4}}"),
            "{\"id\":5,\"html\":\"\",\"text\":\"\"}".to_owned(),
        ]
    );
    place.done(&["restore", "out", "-o", "back"]);
    assert_eq!(place.read("back/pages.jsonl"), place.read("pages.jsonl"));
    // With verdicts, too.
    place.done(&["clean", "pages.jsonl", "--html-field", "html", "--annotate", "-o", "whole"]);
    for row in place.rows("whole/clean/pages.jsonl") {
        assert!(row["text"].is_string() && row["dechaff"].is_object(), "{row}");
    }
    // What is cut is cut from the text.
    place.done(&["clean", "pages.jsonl", "--html-field", "html", "-o", "cut", "--keep", "none"]);
    for id in [0, 1, 3] {
        let row = &place.rows("cut/clean/pages.jsonl")[id];
        assert!(!row["text"].as_str().unwrap().contains("版权所有"), "{row}");
        assert!(row["text"].as_str().unwrap().contains(LIBRARY[0]), "{row}");
        assert!(row["html"].as_str().unwrap().contains("版权所有"), "{row}");
    }
    let ran = place.run(&["clean", "pages.jsonl", "--html-field", "page", "--text-field", "t", "-o", "none"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("`--html-field`"), "{}", ran.stderr);
}

/// HTML that shows nothing leaves a record its own text.
#[test]
fn html_that_shows_nothing_takes_no_text() {
    let place = Place::new();
    let text = "Nobody but this field says what the page says.";
    for (file, rows) in [
        (
            "blank.jsonl",
            format!(
                "{{\"text\":\"{text}\",\"html\":\"\"}}\n{{\"text\":\"{text} Twice.\",\"html\":\"<div> </div>\"}}\n"
            ),
        ),
        ("blank.csv", format!("text,html\n{text},\n{text} Twice.,<div> </div>\n")),
    ] {
        place.file(file, rows.as_bytes());
        place.done(&["clean", file, "--html-field", "html", "-o", "out", "--force"]);
        assert_eq!(place.read(&format!("out/clean/{file}")), rows.as_bytes(), "{file}");
    }
}

#[test]
fn the_charset_changes_nothing() {
    let place = Place::new();
    let lines: Vec<&str> =
        ["首页", "发布时间: 2019.10.30"].into_iter().chain(LIBRARY).chain(LIBRARY_STRIPPED).collect();
    let text = lines.join("\n") + "\n";
    let html: String = lines.iter().map(|line| format!("<p>{line}</p>\n")).collect();
    let big5 = "<p>一件舊棉襖</p><p>鎮裡把閒了多年的舊糧倉修好，改成了一座圖書館，開館那天來了三百多人。</p>";
    let mut wide = b"\xff\xfe".to_vec();
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    for (name, bytes) in [
        ("a/page.txt", text.clone().into_bytes()),
        ("b/page.txt", encoded(GBK, &text)),
        ("c/page.txt", wide),
        ("d/page.html", html.clone().into_bytes()),
        ("e/page.html", encoded(GBK, &html)),
        ("f/page.html", encoded(GBK, &format!("<meta charset=gb2312>{html}"))),
        ("g/page.html", format!("<meta charset=gb2312>{html}").into_bytes()),
    ] {
        place.file(name, &bytes);
        let run = format!("out-{}", &name[..1]);
        place.done(&["clean", name, "-o", &run]);
        assert!(!removed(&place, "out-a").is_empty());
        assert_eq!(removed(&place, &run), removed(&place, "out-a"), "{name}");
        let clean = format!("{run}/clean/page.txt");
        assert_eq!(place.text(&clean), place.text("out-a/clean/page.txt"), "{name}");
        place.done(&["restore", &run, "-o", &format!("back-{run}")]);
        assert_eq!(place.read(&format!("back-{run}/{}", &name[2..])), bytes, "{name}");
    }
    for (charset, html) in [
        (BIG5, big5),
        (SHIFT_JIS, "<p>昨年の秋、町は長く使われていなかった倉庫を直して、図書館にしました。</p>"),
        (EUC_KR, "<p>지난가을 마을에서는 오랫동안 비어 있던 창고를 고쳐 도서관으로 만들었습니다.</p>"),
        (WINDOWS_1252, "<p>À l’automne dernier, la commune a réparé l’ancien grenier et l’a rouvert.</p>"),
    ] {
        let name = format!("{}.html", charset.name());
        place.file(&name, &encoded(charset, html));
        place.done(&["clean", &name, "-o", "out", "--force"]);
        let expected = html.replace("<p>", "").replace("</p>", "\n");
        assert_eq!(place.text(&format!("out/clean/{}.txt", charset.name())), expected);
    }
}

#[test]
fn a_text_of_no_certain_charset_is_skipped_and_comes_back() {
    let place = Place::with(&[("good.txt", &LIBRARY.join("\n"))]);
    let mut cut = LIBRARY.join("\n").into_bytes();
    cut.truncate(cut.len() - 1);
    place.file("cut.txt", &cut);
    place.file("odd.txt", b"caf\xe9");
    place.done(&["clean", "good.txt", "cut.txt", "odd.txt", "-o", "out"]);
    let skipped = place.rows("out/skipped.jsonl");
    assert_eq!(skipped.len(), 2);
    assert!(skipped.iter().all(|row| row["reason"].as_str().unwrap().contains("not UTF-8")));
    place.done(&["restore", "out", "-o", "back"]);
    assert_eq!(place.read("back/cut.txt"), cut);
    assert_eq!(place.read("back/odd.txt"), b"caf\xe9");
}

#[test]
fn hostile_html_is_read() {
    let place = Place::new();
    place.file(
        "deep.html",
        format!("{}深{}", "<div><table><tr><td>".repeat(100_000), "</div>".repeat(9)).as_bytes(),
    );
    place.file("open.html", format!("<p>{}", "<a href='<b>".repeat(100_000)).as_bytes());
    place.file(
        "noise.html",
        &(0..100_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>(),
    );
    place.file("empty.html", b"");
    place.file("title.html", format!("<title>never ended <p>{}", KILN.join("<p>")).as_bytes());
    place.done(&["clean", "deep.html", "open.html", "noise.html", "empty.html", "title.html", "-o", "out"]);
    assert_eq!(place.text("out/clean/deep.txt"), "深\n");
    assert_eq!(place.text("out/clean/title.txt"), KILN.join("\n") + "\n");
    place.done(&["restore", "out", "-o", "back"]);
    for name in ["deep.html", "open.html", "noise.html", "empty.html", "title.html"] {
        assert_eq!(place.read(&format!("back/{name}")), place.read(name), "{name}");
    }
}

/// A page without its marks, as the manual says to take them off.
fn unmarked(page: &[u8]) -> Vec<u8> {
    let mark = regex::bytes::Regex::new("(?s-u)<del class=\"dechaff\"[^>]*>(.*?)</del>").unwrap();
    mark.replace_all(page, &b"$1"[..]).into_owned()
}

/// The text of a page without what is marked in it.
fn left(page: &[u8]) -> String {
    let mark = regex::bytes::Regex::new("(?s-u)<del class=\"dechaff\"[^>]*>.*?</del>").unwrap();
    dechaff::input::html::page(&mark.replace_all(page, &b""[..]), None).text
}

/// Four pages of a site, one in another charset, and a copy without numbers.
fn small_site(place: &Place) {
    place.file("in/library.html", page("旧粮仓里的图书室", &LIBRARY, &["窑火", "集市散了以后"]).as_bytes());
    let kiln = page("窑火", &KILN, &["一件旧棉袄", "旧粮仓里的图书室"]).replace("utf-8", "gbk");
    place.file("in/kiln.html", &encoded(GBK, &kiln));
    let market =
        page("集市散了以后", &MARKET, &["河边的戏台", "窑火"]).replace("集市就", "集市<i>就</i>&nbsp;");
    place.file("in/market.html", market.as_bytes());
    place.file("in/ferry.html", page("The ferry", &FERRY, &["春水", "两只渡船"]).as_bytes());
    place.file("in/copy.html", page("抄来的", &LIBRARY_STRIPPED, &["远山"]).as_bytes());
}

#[test]
fn html_with_what_goes_marked_in_it() {
    let place = Place::new();
    small_site(&place);
    let ran = place.done(&["clean", "in", "-o", "out", "--html", "marked"]);
    snapshot("html-marked", &ran.shown());
    snapshot("html-marked-page", &place.text("out/clean/library.html"));
    let original = place.tree("in");
    let clean = place.tree("out/clean");
    let names: Vec<&String> = clean.keys().collect();
    assert_eq!(names, ["ferry.html", "kiln.html", "library.html", "market.html"], "a copy goes");
    place.done(&["clean", "in", "-o", "text"]);
    for (name, page) in &clean {
        assert!(unmarked(page) == original[name], "{name}: more than marks changed");
        let text = name.replace(".html", ".txt");
        assert_eq!(left(page), place.text(&format!("text/clean/{text}")), "{name}");
    }
    assert_eq!(removed(&place, "out"), removed(&place, "text"));
    assert_eq!(place.json("out/run.json")["documents"]["unmarked"], 0);
    place.done(&["restore", "out", "-o", "back"]);
    assert!(place.tree("back") == original);
    // Where nothing goes, copies stand there, too, marked from end to end.
    place.done(&["clean", "in", "-o", "whole", "--html", "marked", "--annotate"]);
    let copy = place.read("whole/clean/copy.html");
    assert!(unmarked(&copy) == original["copy.html"]);
    assert_eq!(left(&copy), "");
    let told = "data-reason=\"duplicate-document\" data-kept=\"in/library.html\"";
    assert!(String::from_utf8_lossy(&copy).contains(told));
}

#[test]
fn html_of_records_is_marked_where_it_stands() {
    let place = Place::new();
    small_site(&place);
    let pages = [
        ("library", page("旧粮仓里的图书室", &LIBRARY, &["窑火"])),
        ("kiln", page("窑火", &KILN, &["一件旧棉袄"])),
        ("market", page("集市散了以后", &MARKET, &["河边的戏台"])),
        ("copy", page("抄来的", &LIBRARY_STRIPPED, &["远山"])),
    ];
    // Escapes of every kind stay as they stand.
    let token = |html: &str| json!(html).to_string().replace("</p>", "<\\/p>").replace('村', "\\u6751");
    let lines: String = pages
        .iter()
        .map(|(id, html)| format!("{{\"id\":\"{id}\", \"html\" : {} }}\n", token(html)))
        .collect();
    place.file("pages.jsonl", lines.as_bytes());
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["id", "html"]).unwrap();
    pages.iter().for_each(|(id, html)| table.write_record([id, &**html]).unwrap());
    place.file("pages.csv", &table.into_inner().unwrap());
    let response = |(id, html): &(&str, String), head: &str, body: &[u8]| {
        let mut block = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html{head}\r\n\r\n").into_bytes();
        block.extend_from_slice(body);
        assert!(!html.is_empty());
        let head = format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <{id}>\r\nWARC-Target-URI: http://a.example/{id}\r\n\
             WARC-Payload-Digest: sha1:AAAA\r\nContent-Type: application/http\r\nContent-Length: {}\r\n\r\n",
            block.len()
        );
        [head.as_bytes(), &block, b"\r\n\r\n"].concat()
    };
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, pages[1].1.as_bytes()).unwrap();
    let length = format!("\r\nContent-Length: {}", pages[0].1.len());
    let archive = [
        response(&pages[0], &length, pages[0].1.as_bytes()),
        response(&pages[1], "\r\nContent-Encoding: gzip", &gzip.finish().unwrap()),
        response(&pages[2], "", pages[2].1.as_bytes()),
        response(&pages[3], "", pages[3].1.as_bytes()),
    ];
    place.file("pages.warc", &archive.concat());
    for file in ["pages.jsonl", "pages.csv", "pages.warc"] {
        let arguments =
            ["clean", file, "--html-field", "html", "--site-field", "none", "--html", "marked", "-o", "out"];
        place.done(&[&arguments[..], &["--force", "-q"]].concat());
        place.done(&["restore", "out", "-o", "back", "-q"]);
        assert!(place.read(&format!("back/{file}")) == place.read(file), "{file}");
        std::fs::remove_dir_all(place.path("back")).unwrap();
        assert_eq!(place.json("out/run.json")["documents"]["dropped"], 1, "{file}");
        assert!(place.json("out/run.json")["removed"].as_array().unwrap().len() > 1, "{file}");
    }
    place.done(&["clean", "pages.jsonl", "--html-field", "html", "--html", "marked", "-o", "json"]);
    let plain = regex::Regex::new(r#"<del class=\\"dechaff\\"[^>]*>(.*?)</del>"#).unwrap();
    for ((line, row), (_, html)) in
        place.text("json/clean/pages.jsonl").lines().zip(place.rows("json/clean/pages.jsonl")).zip(&pages)
    {
        let marked = row["html"].as_str().unwrap();
        assert!(marked.contains("<del class") && unmarked(marked.as_bytes()) == html.as_bytes());
        assert_eq!(left(marked.as_bytes()), row["text"].as_str().unwrap());
        assert!(lines.contains(plain.replace_all(line, "$1").split(",\"text\":").next().unwrap().trim_end()));
    }
    place.done(&["clean", "pages.csv", "--html-field", "html", "--html", "marked", "-o", "table"]);
    let clean = place.read("table/clean/pages.csv");
    for (row, (_, html)) in csv::Reader::from_reader(&clean[..]).records().map(Result::unwrap).zip(&pages) {
        assert!(row[1].contains("<del class") && unmarked(row[1].as_bytes()) == html.as_bytes());
        assert_eq!(left(row[1].as_bytes()), row[2]);
    }
    place.done(&["clean", "pages.warc", "--html", "marked", "-o", "archive"]);
    let clean = place.read("archive/clean/pages.warc");
    let mut rest = &clean[..];
    let mut seen = 0;
    while !rest.is_empty() {
        let split = |bytes: &[u8]| {
            let at = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
            (String::from_utf8(bytes[..at].to_vec()).unwrap(), at + 4)
        };
        let (head, start) = split(rest);
        let length = |head: &str| -> Option<usize> {
            head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok())
        };
        let block = &rest[start..start + length(&head).unwrap()];
        rest = &rest[start + block.len() + 4..];
        assert!(head.contains("WARC-Type: response") && !head.contains("Digest"), "{head}");
        let (http, start) = split(block);
        let body = &block[start..];
        assert!(
            !http.contains("Encoding") && length(&http).is_none_or(|length| length == body.len()),
            "{http}"
        );
        assert!(unmarked(body) == pages[seen].1.as_bytes());
        seen += 1;
    }
    assert_eq!(seen, 3, "the copy goes");
}
