//! Inputs that nobody would write on purpose.

use dechaff::config::Format;
use dechaff::input::{Compression, Limits};
use dechaff::output::{Edit, Mark};
use proptest::prelude::*;

use crate::run::{COMPRESSIONS, Run, compress, decompressed};

const COMPRESSED: [Compression; 4] =
    [Compression::Gzip, Compression::Zstd, Compression::Bzip2, Compression::Xz];

/// Reads, drops every other record, restores; gives the readable bytes and the numbers of good and bad records.
fn survive(name: &str, bytes: &[u8], format: Format, limits: Limits) -> (Vec<u8>, usize, usize) {
    let run = Run::new(limits);
    run.put(name, bytes);
    let sources = run.sources(format);
    let source = &sources.list[0];
    let (contents, found) = run.survey(source);
    run.rewrite(&sources, |number| if number % 2 == 0 { Edit::Drop } else { Edit::Keep });
    run.restore().expect("what was read comes back");
    let back = decompressed(&run.at("back").join(name), source.compression);
    assert_eq!(contents.identity, dechaff::hash::identity(&back));
    let good = found.iter().flatten().count();
    (back, good, found.len() - good)
}

#[test]
fn one_line_of_fifty_megabytes() {
    let text = "长文 long ".repeat(50_000_000 / 12);
    let line = format!("{{\"text\":\"{text}\"}}\n{{\"text\":\"after\"}}");
    let (back, good, bad) = survive("a.jsonl", line.as_bytes(), Format::Auto, Limits::default());
    assert!(back == line.as_bytes());
    assert_eq!((good, bad), (2, 0));
}

#[test]
fn a_record_above_the_limit_is_bad_and_its_neighbours_are_not() {
    let limits = Limits { block: 16, record: 64 };
    let long = "x".repeat(200);
    let input =
        format!("{{\"text\":\"a\"}}\n{{\"text\":\"{long}\"}}\n{{\"text\":\"b\"}}\n{{\"text\":\"{long}");
    for compression in COMPRESSIONS {
        let bytes = compress(input.as_bytes(), compression);
        let (back, good, bad) = survive("a.jsonl", &bytes, Format::Jsonl, limits);
        assert_eq!(back, input.as_bytes());
        assert_eq!((good, bad), (2, 2));
        let (back, good, bad) = survive("a.txt", &bytes, Format::Txt, limits);
        assert_eq!(back, input.as_bytes());
        assert_eq!((good, bad), (0, 1));
    }
}

#[test]
fn a_million_brackets() {
    let line = format!("{{\"a\":{}{},\"text\":\"x\"}}\n", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert_eq!(survive("a.jsonl", line.as_bytes(), Format::Auto, Limits::default()).1, 1);
    let open = format!("{{\"a\":{}\n", "{\"a\":[".repeat(200_000));
    assert_eq!(survive("a.jsonl", open.as_bytes(), Format::Auto, Limits::default()).2, 1);
}

#[test]
fn files_of_nothing() {
    let nothing: [&[u8]; 5] = [b"", b"\xef\xbb\xbf", b"\n", b"\r\n\n \n\t\n", b"\xef\xbb\xbf\n\n"];
    for bytes in nothing {
        for compression in COMPRESSIONS {
            let file = compress(bytes, compression);
            let (back, good, bad) = survive("a.jsonl", &file, Format::Jsonl, Limits::default());
            assert_eq!((back.as_slice(), good, bad), (bytes, 0, 0));
            let (back, good, bad) = survive("a.txt", &file, Format::Txt, Limits::default());
            assert_eq!((back.as_slice(), good, bad), (bytes, 1, 0));
        }
    }
}

#[test]
fn control_and_bidi_characters_are_content() {
    let text = "\u{0}\u{1}\u{1b}[31m\u{202e}evil\u{2066}\u{feff}\u{85}\u{2028}\r\u{7f}";
    let (back, good, _) = survive("a.txt", text.as_bytes(), Format::Auto, Limits::default());
    assert_eq!((back.as_slice(), good), (text.as_bytes(), 1));
    let line = format!("{{\"text\":\"{}\"}}\n", text.replace('\r', ""));
    assert_eq!(survive("a.jsonl", line.as_bytes(), Format::Auto, Limits::default()).1, 1);
}

#[test]
fn members_and_frames_follow_each_other() {
    let parts = [&b"{\"text\":\"a\"}\n{\"te"[..], b"xt\":\"b\"}\n", b"", b"{\"text\":\"c\"}"];
    for compression in COMPRESSED {
        let file: Vec<u8> = parts.iter().flat_map(|part| compress(part, compression)).collect();
        let (back, good, bad) = survive("a.jsonl", &file, Format::Auto, Limits { block: 8, record: 1 << 20 });
        assert_eq!((back, good, bad), (parts.concat(), 3, 0));
    }
    // A skippable frame in front, as parallel and seekable writers put it.
    let skippable =
        [&b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"[..], &compress(b"{\"text\":\"a\"}\n", Compression::Zstd)];
    assert_eq!(survive("a.jsonl", &skippable.concat(), Format::Auto, Limits::default()).1, 1);
}

fn lines(count: usize) -> Vec<u8> {
    // Hard to compress, so that damage leaves much that is whole.
    let words = (0..count).map(|n| dechaff::hash::key(&n.to_le_bytes()));
    words
        .map(|word| format!("{{\"text\":\"{word:016x} {:016x}\"}}\n", word ^ 1))
        .collect::<String>()
        .into_bytes()
}

#[test]
fn a_truncated_file_gives_all_that_is_there_and_one_bad_record() {
    let input = lines(9000);
    for compression in COMPRESSED {
        let file = compress(&input, compression);
        for cut in [file.len() - 1, file.len() - 5, file.len() * 2 / 3, file.len() / 3, 12, 5] {
            if Compression::of(&file[..cut]) != compression {
                // So little is left that nothing says what it was.
                continue;
            }
            let limits = Limits { block: 1 << 14, record: 1 << 20 };
            let (back, good, bad) = readable("a.jsonl", &file[..cut], limits);
            assert!(input.starts_with(&back), "{compression:?} {cut}");
            assert_eq!(bad, 1, "{compression:?} {cut}");
            assert_eq!(good, back.iter().filter(|&&byte| byte == b'\n').count());
            if cut == file.len() * 2 / 3 {
                assert!(back.len() > input.len() / 3, "{compression:?}: {} of {}", back.len(), input.len());
            }
            let (page, good, bad) = readable("a.txt", &file[..cut], limits);
            assert_eq!(page, back);
            assert_eq!(good + bad, 1);
        }
    }
}

/// As [`survive`], but the file's own compression cannot be trusted to the end.
fn readable(name: &str, bytes: &[u8], limits: Limits) -> (Vec<u8>, usize, usize) {
    let format = if name.ends_with("txt") { Format::Txt } else { Format::Jsonl };
    survive(name, bytes, format, limits)
}

#[test]
fn what_was_decoded_before_damage_is_not_lost() {
    let input = lines(9000);
    for compression in COMPRESSED {
        let mut file = compress(&input, compression);
        // Another stream's end: the first ends well, then nonsense follows.
        file.extend_from_slice(b"\x1f\x8b\x08nonsense");
        let (back, good, bad) = readable("a.jsonl", &file, Limits::default());
        assert!(back == input, "{compression:?}: {} of {}", back.len(), input.len());
        assert_eq!((good, bad), (9000, 1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn flipped_bytes_do_no_harm(at in any::<prop::sample::Index>(), mask in 1u8..=255, which in 0usize..4) {
        let compression = COMPRESSED[which];
        let mut file = compress(&lines(300), compression);
        let at = at.index(file.len());
        file[at] ^= mask;
        readable("a.jsonl", &file, Limits { block: 256, record: 4096 });
        readable("a.txt", &file, Limits { block: 256, record: 4096 });
    }

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300), block in 1usize..100) {
        readable("a.jsonl", &bytes, Limits { block, record: 128 });
        readable("a.txt", &bytes, Limits { block, record: 128 });
    }
}

/// Pieces of HTML that pages are broken with.
const PIECES: [&str; 24] = [
    "<p>",
    "</p>",
    "<div style='display:none'>",
    "</div>",
    "<table>",
    "<tr>",
    "<td>",
    "</td>",
    "</table>",
    "<a href=x>",
    "</a>",
    "<pre>\n",
    "</pre>",
    "<title>",
    "</title>",
    "<script>",
    "</script>",
    "<br>",
    "<li hidden>",
    "字",
    " word ",
    "\n\n",
    "&amp;",
    "<!--",
];

proptest! {
    /// Whatever a page is made of, its lines and their markup go together, and its bytes come back.
    #[test]
    fn html_of_any_kind(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..60), tail: Vec<u8>) {
        let html = pieces.concat();
        let page = dechaff::input::html::decoded(&html);
        prop_assert_eq!(page.outline.lines.len(), page.text.lines().count());
        prop_assert!(page.text.is_empty() || page.text.ends_with('\n'));
        prop_assert!(page.outline.lines.iter().all(|line| (line.node as usize) < page.outline.nodes.len()));
        let bytes = [html.as_bytes(), &tail].concat();
        for (name, format) in [("a.html", Format::Html), ("a.txt", Format::Txt)] {
            let (back, good, bad) = survive(name, &bytes, format, Limits::default());
            prop_assert_eq!(&back, &bytes);
            prop_assert_eq!(good + bad, 1);
        }
    }

    /// Marks change nothing but themselves, wherever they stand: without them a page is what it was.
    #[test]
    fn marks_come_off_again(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..60), tail: Vec<u8>, at in 0usize..9, every in 1usize..9) {
        let bytes = [pieces.concat().as_bytes(), &tail].concat();
        let text = dechaff::input::html::page(&bytes, None).text;
        let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let spans = borders.chunks(every).skip(at).step_by(2).filter_map(|chunk| Some((chunk.first()?, chunk.last()?)));
        let marks: Vec<Mark> = spans
            .filter(|(start, end)| start < end)
            .map(|(&start, &end)| Mark {
                span: dechaff::document::Span::new(start as u32, end as u32),
                attributes: vec![("data-reason", "r".to_owned())],
            })
            .collect();
        let run = Run::new(Limits::default());
        run.put("a.html", &bytes);
        let mut sources = run.sources(Format::Html);
        sources.keep_names();
        run.rewrite(&sources, |_| Edit::Marked { cut: Vec::new(), marks: marks.clone(), add: Vec::new() });
        let clean = std::fs::read(run.at("run/clean/a.html")).expect("a file");
        prop_assert_eq!(unmarked(&clean), bytes.clone());
        run.restore().expect("nothing was touched");
        prop_assert_eq!(std::fs::read(run.at("back/a.html")).expect("a file"), bytes);
    }
}

/// A page without its marks.
fn unmarked(page: &[u8]) -> Vec<u8> {
    let find = |page: &[u8], what: &[u8]| page.windows(what.len()).position(|window| window == what);
    let mut left = Vec::new();
    let mut rest = page;
    while let Some(start) = find(rest, b"<del class=\"dechaff\"") {
        left.extend_from_slice(&rest[..start]);
        rest = &rest[start + find(&rest[start..], b">").expect("a tag ends") + 1..];
        let end = find(rest, b"</del>").expect("a mark ends");
        left.extend_from_slice(&rest[..end]);
        rest = &rest[end + b"</del>".len()..];
    }
    left.extend_from_slice(rest);
    left
}
