//! `report.html`: written by every run, drawn again from its files, harmless whatever the pages hold. What a browser
//! makes of it is tested by tests/report.py.

use crate::fixture::{
    FERRY, KILN, LIBRARY, LIBRARY_CHANGED, LIBRARY_STRIPPED, Place, pages, record, sample, snapshot,
};

const INJECTED: &str = "（本文来自副本网www.copies.example）";

/// Two sites: one copies from the other, with an advertisement in the text.
fn two_sites() -> Place {
    let stripped = LIBRARY_STRIPPED.join("\n") + INJECTED;
    let masked = LIBRARY.join("\n").replace("3260", "====").replace("812", "===");
    let page = |id: &str, site: &str, text: &str| {
        serde_json::json!({"id": id, "url": format!("https://www.{site}/{id}"), "text": text}).to_string()
            + "\n"
    };
    let records = [
        page("library", "village.example", &LIBRARY.join("\n")),
        page("stripped", "copies.example", &stripped),
        page("masked", "copies.example", &masked),
        page("changed", "village.example", &LIBRARY_CHANGED.join("\n")),
        page("kiln", "village.example", &KILN.join("\n")),
        page("ferry", "copies.example", &FERRY.join("\n")),
    ];
    Place::with(&[("pages.jsonl", &records.concat())])
}

/// Text between tags, the way a reader sees it.
fn visible(html: &str) -> String {
    let (mut shown, mut inside) = (String::new(), false);
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => shown.push(c),
            _ => {}
        }
    }
    shown
}

#[test]
fn what_was_found_is_shown() {
    let place = two_sites();
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    let html = place.text("out/report.html");
    let shown = visible(&html);
    for text in ["6 documents", "2 removed", "village.example", "copies.example", "Injected passages"] {
        assert!(shown.contains(text), "{text} is not in\n{shown}");
    }
    assert!(html.contains("<mark class=\"ns\"><span class=\"sr\">number stripped: </span>3260</mark>"));
    assert!(html.contains("<mark class=\"nm\"><span class=\"sr\">number masked: </span>====</mark>"));
    assert!(html.contains("<mark class=\"nc\"><span class=\"sr\">number changed: </span>4100</mark>"));
    assert!(html.contains(&format!("chrome: </span>{INJECTED}</mark>")));
    // Four paragraphs of one site's texts, and nothing in the other direction.
    let sites = place.text("out/sites.csv");
    assert!(
        sites.lines().any(|line| line.starts_with("copies.example,village.example,document,2,2,")),
        "{sites}"
    );
    assert!(!sites.contains("village.example,copies.example"), "{sites}");
    let characters: usize =
        [&LIBRARY_STRIPPED.join("\n"), &LIBRARY.join("\n")].iter().map(|text| text.chars().count()).sum();
    let flow: Vec<&str> = sites.lines().find(|line| line.starts_with("copies")).unwrap().split(',').collect();
    assert_eq!(flow[5].parse::<usize>().unwrap(), characters + INJECTED.chars().count());
}

/// The page is the same whether it is drawn by the run or from its files.
#[test]
fn drawn_again_it_is_the_same() {
    for options in
        [&[][..], &["--dry-run"], &["--only", "duplicates"], &["--level", "document,block,paragraph"]]
    {
        let place = two_sites();
        let mut arguments = vec!["clean", "pages.jsonl", "-o", "out"];
        arguments.extend(options);
        place.done(&arguments);
        let first = place.text("out/report.html");
        std::fs::remove_file(place.path("out/report.html")).unwrap();
        snapshot("report", &place.done(&["report", "out"]).shown());
        assert_eq!(place.text("out/report.html"), first, "{options:?}");
        assert_eq!(place.done(&["report", "out", "-q"]).stderr, "");
    }
}

#[test]
fn the_sample_corpus_drawn_again() {
    let place = Place::new();
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/data/pages");
    place.done(&["clean", pages, "-o", "out", "-q"]);
    let first = place.text("out/report.html");
    place.done(&["report", "out"]);
    assert!(place.text("out/report.html") == first);
    place.done(&["clean", pages, "-o", "other", "-q", "-j", "3", "--memory", "1k"]);
    assert!(place.text("other/report.html") == first, "threads and memory change nothing");
}

/// `clusters` logs no removals: drawn again, the page lacks the chrome, and is otherwise there.
#[test]
fn a_run_without_removals() {
    let place = two_sites();
    place.done(&["clusters", "pages.jsonl", "-o", "out"]);
    assert!(visible(&place.text("out/report.html")).contains("2 removable"));
    place.done(&["report", "out"]);
    assert!(place.text("out/report.html").contains("number masked: </span>====</mark>"));
}

#[test]
fn inputs_that_are_gone_or_changed() {
    let place = two_sites();
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    let text = place.text("pages.jsonl");
    place.file("pages.jsonl", text.replace("旧粮仓", "旧仓库").as_bytes());
    place.done(&["report", "out"]);
    let html = place.text("out/report.html");
    assert!(visible(&html).contains("was changed after the run"));
    assert!(!html.contains("旧粮仓改成了一间图书室，村民凑钱"), "texts of a changed input are not shown");
    // What the logs hold is shown all the same.
    assert!(html.contains(&format!("chrome: </span>{INJECTED}</mark>")));
    std::fs::remove_file(place.path("pages.jsonl")).unwrap();
    place.done(&["report", "out"]);
    assert!(visible(&place.text("out/report.html")).contains("Texts are missing below"));
    let place = Place::new();
    assert_eq!(place.run_with(&["clean", "-", "-o", "out"], pages().as_bytes()).status, Some(0));
    assert!(place.text("out/report.html").contains("旧粮仓改成了一间图书室，村民凑钱"));
    place.done(&["report", "out"]);
    assert!(place.text("out/report.html").contains("standard input cannot be read a second time"));
}

#[test]
fn files_that_are_missing_or_damaged() {
    let place = sample();
    snapshot("report-no-run", &place.run(&["report", "nowhere"]).shown());
    place.done(&["clean", "pages.jsonl", "-o", "out"]);
    let members = place.text("out/members.csv");
    place.file("out/members.csv", members.replace("identical", "idle").as_bytes());
    snapshot("report-damaged", &place.run(&["report", "out"]).shown());
    std::fs::remove_file(place.path("out/members.csv")).unwrap();
    snapshot("report-missing", &place.run(&["report", "out"]).shown());
}

/// Pages that would like to run in the reader's browser: every piece of theirs stands as text.
#[test]
fn hostile_pages_stay_text() {
    let hostile = [
        "<script>alert(1)</script><ScRiPt src=//evil.example></sCrIpT>",
        "</script></style></title></textarea>--><!-- <![CDATA[ ]]>",
        "<img src=x onerror=alert(2)><svg/onload=alert(3)> onclick='alert(4)'",
        "<a href=\"javascript:alert(5)\">here</a> javascript:alert(6) data:text/html,<b>",
        "{{ 7*7 }} {% raw %} {# x #} ${8*8} <base href=//evil.example>",
        "left \u{202e}gnp.exe\u{202c} \u{2066}isolate\u{2069} zero\u{200b}width \u{feff}bom nul\u{0}esc\u{1b}[2J",
        "\" onmouseover=\"alert(9) ' autofocus onfocus='alert(10)",
    ];
    let site = "evil\"><script>alert(11)</script>.example";
    let page = |id: &str, extra: &str, number: u32| {
        let mut paragraphs = vec![format!("第{number}次开门{}", extra)];
        for (at, piece) in hostile.iter().enumerate() {
            paragraphs.push(format!("{}{piece}{}", LIBRARY[at % 3], KILN[at % 2]));
        }
        serde_json::json!({"id": id, "site": site, "text": paragraphs.join("\n")}).to_string() + "\n"
    };
    let ids = ["\"><script>alert(12)</script>", "\u{202e}di'onload=alert(13)", "{{ config }}"];
    let records: String =
        ids.iter().enumerate().map(|(at, id)| page(id, hostile[at], 14 + at as u32)).collect();
    let place = Place::with(&[("a\"><img src=x onerror=alert(14)>.jsonl", &records)]);
    let input = "a\"><img src=x onerror=alert(14)>.jsonl";
    place.done(&["clean", input, "-o", "out", "--site-field", "site"]);
    for _ in 0..2 {
        let html = place.text("out/report.html");
        // The template's own elements, and no other.
        let lower = html.to_lowercase();
        assert_eq!(lower.matches("<script").count(), 1);
        assert_eq!(lower.matches("</script").count(), 1);
        assert_eq!(lower.matches("<style").count(), 1);
        for element in ["<img", "<svg/", "<base", "<a href=\"j", "<b>here", "<textarea", "<!-- "] {
            assert!(!lower.contains(element), "{element}");
        }
        assert!(html.chars().all(|c| c == '\n' || c == '\t' || !dechaff::text::visible::is_hidden(c)));
        assert!(html.contains("&lt;img src=x onerror=alert(2)&gt;"), "it is shown as text");
        assert!(html.contains("<span class=\"hid\">U+202E</span>"), "hidden characters are shown");
        assert!(html.contains("{{ config }}"), "templates of pages are text");
        // Every attribute of the page is one of the template's.
        for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
            for word in tag.split(['"', '\'']).step_by(2).flat_map(str::split_whitespace) {
                assert!(!word.to_lowercase().starts_with("on") || !word.contains('='), "<{tag}>");
            }
        }
        place.done(&["report", "out"]);
    }
}

/// However many clusters there are, the page shows some of them and counts all.
#[test]
fn many_clusters() {
    let mut records = String::new();
    for n in 0..6_000u32 {
        // Words that no two articles share.
        let words: String = (0..40u32)
            .map(|at| {
                (n * 40 + at).wrapping_mul(2_654_435_769).rotate_left(13).wrapping_mul(2_246_822_519) >> 8
            })
            .map(|mixed| char::from_u32(0x4e00 + mixed % 20_000).unwrap())
            .collect();
        for copy in 0..2 {
            records += &record(&format!("p{n}-{copy}"), &[&words]);
        }
    }
    let place = Place::with(&[("pages.jsonl", &records)]);
    place.done(&["clean", "pages.jsonl", "-o", "out", "-q"]);
    let html = place.text("out/report.html");
    let clusters = place.rows("out/clusters.jsonl").len();
    assert!(clusters > 5_000);
    let shown = html.matches("<details class=\"cluster\"").count();
    assert!((8..60).contains(&shown), "{shown} are shown");
    let thousands = format!("{},{:03}", clusters / 1000, clusters % 1000);
    assert!(visible(&html).contains(&format!("{shown} of {thousands}: the largest")), "{thousands}");
    assert!(html.len() < 2 << 20, "{} bytes", html.len());
}

/// Dates of all kinds; the copy that lost its numbers was there first.
#[test]
fn first_seen() {
    let page = |id: &str, date: serde_json::Value, paragraphs: &[&str]| {
        let url = format!("https://{id}.example/");
        serde_json::json!({"id": id, "url": url, "date": date, "text": paragraphs.join("\n")}).to_string()
            + "\n"
    };
    let records = [
        page("whole", "2019-10-30T08:00:00Z".into(), &LIBRARY),
        page("stripped", "2019年3月1日".into(), &LIBRARY_STRIPPED),
        page("changed", 1_577_836_800.into(), &LIBRARY_CHANGED),
        page("again", "some day".into(), &LIBRARY),
        page("kiln", "20190101".into(), &KILN),
    ];
    let place = Place::with(&[("pages.jsonl", &records.concat())]);
    place.done(&["clean", "pages.jsonl", "-o", "out", "--date-field", "date"]);
    let cluster = &place.rows("out/clusters.jsonl")[0];
    assert_eq!(cluster["cluster"], "whole");
    let first = serde_json::json!({"doc": "0:2", "id": "stripped", "date": "2019年3月1日"});
    assert_eq!(cluster["first_seen"], first);
    let members = place.text("out/members.csv");
    let of_documents: Vec<&str> = members.lines().filter(|line| line.contains(",document,")).collect();
    let dates = ["2019-10-30T08:00:00Z", "2019年3月1日", "1577836800", ""];
    assert_eq!(of_documents.len(), dates.len());
    for (line, date) in of_documents.iter().zip(dates) {
        assert!(line.ends_with(&format!(",{date},2019年3月1日")), "{line}");
    }
    let sites = place.text("out/sites.csv");
    let counted = |site: &str, counts: &str| {
        let start = format!("{site}.example,whole.example,document,1,1,");
        sites.lines().any(|line| line.starts_with(&start) && line.ends_with(counts))
    };
    assert!(counted("stripped", ",1,0") && counted("changed", ",0,1") && counted("again", ",0,0"), "{sites}");
    let html = place.text("out/report.html");
    assert!(visible(&html).contains("First seen 2019年3月1日: stripped 0:2 on stripped.example."));
    place.done(&["report", "out"]);
    assert_eq!(place.text("out/report.html"), html);
    // Without the flag the field that decides which copy stays will do, and one that holds no dates will not.
    place.done(&["clean", "pages.jsonl", "-o", "kept", "--keep", "field:date"]);
    assert_eq!(place.rows("kept/clusters.jsonl")[0]["first_seen"], first);
    place.done(&["clean", "pages.jsonl", "-o", "other", "--keep", "field:id"]);
    assert!(place.rows("other/clusters.jsonl")[0].get("first_seen").is_none());
}

/// No copies at all: still a page.
#[test]
fn nothing_to_show() {
    let place = Place::with(&[("kiln.txt", &KILN.join("\n"))]);
    place.done(&["clean", "kiln.txt", "-o", "out"]);
    assert!(visible(&place.text("out/report.html")).contains("No text stands here twice."));
    assert_eq!(place.text("out/members.csv").lines().count(), 1);
    assert_eq!(
        place.text("out/sites.csv"),
        "site,kept_site,level,documents,copies,characters,earlier,later\n"
    );
    place.done(&["report", "out"]);
}
