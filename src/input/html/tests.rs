//! Small pages of our own, sound and broken.

use super::*;
use crate::chrome::Role;

fn text(html: &str) -> String {
    decoded(html).text
}

fn lines(html: &str) -> Vec<String> {
    text(html).lines().map(str::to_owned).collect()
}

#[test]
fn blocks_are_lines() {
    assert_eq!(
        lines(
            "<body> <h1>粮仓\n图书馆</h1><div>一<p>二<br>三</div>四<ul><li>五<li>六</ul>seven\n <i>eight</i>nine"
        ),
        ["粮仓图书馆", "一", "二", "三", "四", "五", "六", "seven eightnine"]
    );
    assert_eq!(lines("<p>a &lt;b&gt; &#20013;&nbsp;&amp;c</p>"), ["a <b> 中 &c"]);
    assert_eq!(
        lines("<dl><dt>Term<dd>What it means<dt>Other<dd>This</dl>after"),
        ["Term", "What it means", "Other", "This", "after"]
    );
}

#[test]
fn links_that_touch_are_apart() {
    assert_eq!(lines("<a href=1>Home</a><a href=2>News</a> <a name=x>plain</a>"), ["Home News plain"]);
    let page = decoded("<p><a href=1>four</a> and<p>none<p><a href=2>all</a>");
    let links: Vec<u8> = page.outline.lines.iter().map(|mark| mark.links).collect();
    assert_eq!(links, [145, 0, 255]);
}

#[test]
fn rows_of_short_cells_are_lines() {
    let table = "<table><tr><th>Name<th>Day</tr><tr><td>Ann</td><td>Monday</td></tr></table>";
    assert_eq!(lines(table), ["Name\tDay", "Ann\tMonday"]);
    let layout =
        "<table><tr><td>menu<br>more<td>a text</tr><tr><td><table><tr><td>x<td>y</table><td>z</table>";
    assert_eq!(lines(layout), ["menu", "more", "a text", "x\ty", "z"]);
    let long = format!("<table><tr><td>{}<td>b</table>", "word ".repeat(20));
    assert_eq!(lines(&long).len(), 2);
}

#[test]
fn preformatted_text_keeps_its_lines() {
    let code = "<pre>\nfn main() {\n    one();\n\n\n    <b>two</b>();\n}\n\n</pre>x";
    assert_eq!(text(code), "fn main() {\n    one();\n\n    two();\n}\nx\n");
    let page = decoded(code);
    assert_eq!(page.outline.lines.len(), page.text.lines().count());
    assert!(page.outline.lines[0].role.has(Role::CODE) && !page.outline.lines[5].role.has(Role::CODE));
}

#[test]
fn what_is_not_seen_is_no_text() {
    let html = "<title>The\n title</title><script>if (a<b) '<p>x'</script><style>p{}</style><noscript><p>no</noscript>\
        <template><p>no</template><!-- <p>no -->\
        <div style='color:red; Display : none'><p>no</p></div><p hidden>no<p>yes<select><option>no</select>\
        <textarea><p>no</textarea><button>no</button><svg><title>no</title><text>no</text></svg>";
    let page = decoded(html);
    assert_eq!((page.text.as_str(), page.title.as_str()), ("yes\n", "The title"));
}

#[test]
fn hidden_text_that_scripts_show_is_read() {
    let part = "这一部分要点击才能看到，但它是文章的正文，而不是菜单或登录框。".repeat(8);
    assert_eq!(
        lines(&format!("<div>一</div><div style='display:none'><p>{part}</p><p>二</p></div>")),
        ["一", &part, "二"]
    );
    let menu = format!(
        "<ul hidden>{}</ul>",
        "<li><a href=x>a long entry of some menu, all of it a link</a>".repeat(9)
    );
    assert_eq!(lines(&format!("<p>one <span hidden>no </span>two{menu}")), ["one two"]);
}

#[test]
fn broken_nesting_loses_nothing() {
    assert_eq!(lines("<b><div>a</b>b</div>c"), ["ab", "c"]);
    assert_eq!(lines("</div></p>a</td><td>b</table>c<li>d"), ["a", "b", "c", "d"]);
    assert_eq!(lines("<table><tr><td><div>a</td><td></div>b</tr></table>c"), ["a\tb", "c"]);
    assert_eq!(lines("<a href=x><div>a</div><a href=y>b</a>"), ["a", "b"]);
    assert_eq!(lines("a<p"), ["a"]);
    assert_eq!(lines("<html><head><title>x</title><p>a</body></html>b"), ["ab"]);
    assert_eq!(lines("<title>x<body><p>a<title>y<p>b<textarea>c<p>d"), ["a", "b", "d"]);
    assert_eq!(lines("<p>a</p><script>never ended <p>b"), ["a"]);
}

#[test]
fn the_title_is_found_in_the_text() {
    let page = decoded(
        "<title>A granary becomes a library - Example News</title><h1>A granary becomes a library</h1><p>The old one",
    );
    let marked: Vec<bool> = page.outline.lines.iter().map(|mark| mark.role.has(Role::TITLE)).collect();
    assert_eq!(marked, [true, false]);
}

#[test]
fn pages_deeper_than_any_stack_are_read() {
    for (open, close) in
        [("<div>", "</div>"), ("<table><tr><td>", "</td></tr></table>"), ("<b>", ""), ("<ul><li>", "")]
    {
        let depth = 200_000;
        let html = format!("{}deep{}<p>after", open.repeat(depth), close.repeat(depth));
        let page = decoded(&html);
        assert_eq!(page.text, "deep\nafter\n", "{open}");
        assert!(page.outline.nodes.len() <= 3 * 512);
    }
}

#[test]
fn many_of_anything_stay_cheap() {
    for piece in [
        "<p>",
        "</p>",
        "<a href=x>a",
        "</td>",
        "<tr>",
        "<li>a",
        "&lt;",
        "<b></i>",
        "a<br>",
        "<!--",
        "<x y=z ",
    ] {
        let html = piece.repeat(200_000);
        let page = decoded(&html);
        assert!(page.text.len() <= 2 * html.len());
        assert_eq!(page.outline.lines.len(), page.text.lines().count(), "{piece}");
    }
}

#[test]
fn a_page_of_very_many_blocks_has_a_bounded_number_of_lines() {
    let most = super::MOST_LINES;
    for (block, last) in [("<p>x", ""), ("<td>x", "<table><tr>"), ("x\n", "<pre>"), ("<li>x<br>y", "<ul>")] {
        let html = format!("{last}{}", block.repeat(3 * most));
        let page = decoded(&html);
        let lines = page.text.lines().count();
        assert!(lines > most && lines < most + 3 * most / 50, "{lines} lines of {block}");
        assert_eq!(page.outline.lines.len(), lines);
        let shown = |text: &str| text.chars().filter(|c| "xy".contains(*c)).count();
        assert_eq!(shown(&page.text), shown(&html.replace("li>", "")), "nothing is lost of {block}");
        assert!(!page.text.contains("xx"), "what was apart stays so: {block}");
    }
    let rows = format!("<table>{}</table>", "<tr><td>a<td>b".repeat(most / 2));
    assert_eq!(decoded(&rows).text.lines().next(), Some("a\tb"));
}
