//! Bytes → text: which charset they are in, and what they say.
//!
//! In go the bytes of a page or a text file, and what the server said of them; out comes the text as UTF-8, borrowed
//! where it is UTF-8 already. A declaration is believed only where the bytes agree: pages that say `gb2312` and are
//! UTF-8 are common, and text in another charset is next to never UTF-8 by chance. Costs a scan, and a conversion
//! where the bytes are not UTF-8; detection reads at most `DETECTED` bytes.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, X_USER_DEFINED};

/// Most bytes that detection looks at.
const DETECTED: usize = 1 << 20;
/// Bytes in which a page may declare its charset.
const DECLARED: usize = 4 << 10;
/// A charset that cannot read more than one in this many of the bytes beyond ASCII is the wrong one.
const WRONG: usize = 50;
/// Fewest characters beyond ASCII by which the charset of a text file is told.
const TELLING: usize = 8;

/// A text and the charset it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text, without its byte order mark; what the charset cannot read is U+FFFD.
    pub text: Cow<'a, str>,
    /// Name of the charset as the Encoding Standard spells it.
    pub charset: &'static str,
}

/// Decodes an HTML page. In this order: byte order mark; UTF-8 if the bytes are, but
/// for a few; what the server said (`declared`, a
/// charset's name); what a `<meta>` or XML declaration near the beginning says; detection.
///
/// ```
/// use dechaff::input::charset::html;
/// let page = html(b"<meta charset=gbk><p>\xc4\xe3\xba\xc3", None);
/// assert_eq!((&*page.text, page.charset), ("<meta charset=gbk><p>你好", "GBK"));
/// ```
pub fn html<'a>(bytes: &'a [u8], declared: Option<&str>) -> Decoded<'a> {
    if let Some((charset, skip)) = Encoding::for_bom(bytes) {
        return decoded(charset, &bytes[skip..]);
    }
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return Decoded { text: Cow::Borrowed(text), charset: UTF_8.name() };
    }
    if is_damaged_utf8(bytes) {
        return decoded(UTF_8, bytes);
    }
    let named = |name: &str| Encoding::for_label(name.trim().as_bytes()).filter(is_usable);
    let header = declared.and_then(named);
    let meta = meta_charset(&bytes[..bytes.len().min(DECLARED)]).and_then(|name| named(&name));
    let beyond = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    for charset in header.into_iter().chain(meta) {
        let decoded = decoded(charset, bytes);
        if decoded.text.matches('\u{fffd}').count() * WRONG <= beyond {
            return decoded;
        }
    }
    decoded(detect(bytes), bytes)
}

/// Decodes a text file that is not UTF-8: by its byte order mark, or by detection where nothing speaks against what
/// was detected. `None` where the charset is not sure: too few characters beyond ASCII, UTF-8 with damage, bytes
/// that the charset cannot read, control characters.
pub fn text(bytes: &[u8]) -> Option<Decoded<'_>> {
    let (charset, bytes) = match Encoding::for_bom(bytes) {
        Some((charset, skip)) => (charset, &bytes[skip..]),
        None if is_damaged_utf8(bytes) => return None,
        None => (detect(bytes), bytes),
    };
    let text = charset.decode_without_bom_handling_and_without_replacement(bytes)?;
    let is_control = |c: char| {
        c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0c') || ('\u{e000}'..='\u{f8ff}').contains(&c)
    };
    let sure = charset == UTF_16LE || charset == UTF_16BE;
    if text.contains(is_control) || (!sure && text.chars().filter(|c| !c.is_ascii()).count() < TELLING) {
        return None;
    }
    // Single bytes are all some letter of windows-1252: there letters must stand among letters.
    if charset.is_single_byte() && !in_words(&text) {
        return None;
    }
    Some(Decoded { text, charset: charset.name() })
}

/// Where bytes of a page's text stand in the bytes that it was [decoded](html) from; `wanted` is sorted. `None` for
/// what is no border between characters there, and for all of them in a charset that ASCII is no part of.
///
/// Costs a step of the decoder for each byte that is not ASCII.
pub(crate) fn raw_places(bytes: &[u8], page: &Decoded<'_>, wanted: &[usize]) -> Vec<Option<usize>> {
    let skip = Encoding::for_bom(bytes).map_or(0, |(_, skip)| skip);
    let none = || vec![None; wanted.len()];
    if page.text.as_bytes() == &bytes[skip..] {
        return wanted.iter().map(|at| (*at <= page.text.len()).then_some(skip + at)).collect();
    }
    let Some(charset) = Encoding::for_label(page.charset.as_bytes()).filter(|c| c.is_ascii_compatible())
    else {
        return none();
    };
    let mut decoder = charset.new_decoder_without_bom_handling();
    let mut places = Vec::with_capacity(wanted.len());
    let (mut decoded, mut inside) = (0, false);
    let mut out = [0; 32];
    for at in skip..=bytes.len() {
        while wanted.get(places.len()).is_some_and(|&wanted| wanted <= decoded) {
            places.push((wanted[places.len()] == decoded).then_some(at));
        }
        let Some(&byte) = bytes.get(at) else { break };
        if byte.is_ascii() && !inside {
            decoded += 1;
            continue;
        }
        let is_last = at + 1 == bytes.len();
        let (_, _, written, _) = decoder.decode_to_utf8(&bytes[at..=at], &mut out, is_last);
        decoded += written;
        inside = written == 0;
    }
    places.resize(wanted.len(), None);
    if decoded == page.text.len() { places } else { none() }
}

fn decoded<'a>(charset: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    let (text, _) = charset.decode_without_bom_handling(bytes);
    Decoded { text, charset: charset.name() }
}

fn is_usable(charset: &&'static Encoding) -> bool {
    *charset != REPLACEMENT && *charset != X_USER_DEFINED
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(DETECTED)], bytes.len() <= DETECTED);
    detector.guess(None, Utf8Detection::Deny)
}

/// Whether bytes are UTF-8 but for a few places: cut at the end, or with other bytes in between.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|byte| !byte.is_ascii()).count();
        bad += chunk.invalid().len();
    }
    // Two bytes of another charset make a character of UTF-8 now and then; three hardly ever.
    good > 4 * bad
}

/// Whether most letters beyond ASCII stand beside another letter.
fn in_words(text: &str) -> bool {
    let (mut before, mut letters, mut alone) = (' ', 0usize, 0usize);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_ascii() && c.is_alphabetic() {
            letters += 1;
            let beside = before.is_alphabetic() || chars.peek().is_some_and(|next| next.is_alphabetic());
            alone += usize::from(!beside);
        }
        before = c;
    }
    letters > 0 && alone * 4 <= letters
}

/// The charset that a `<meta>` tag or an XML declaration names.
fn meta_charset(head: &[u8]) -> Option<String> {
    let mut at = 0;
    if head.starts_with(b"<?xml") {
        let end = memchr::memchr(b'>', head).unwrap_or(head.len());
        if let Some(name) = value_after(&head[..end], b"encoding") {
            return Some(name);
        }
    }
    while let Some(open) = head.get(at..).and_then(|rest| memchr::memchr(b'<', rest)) {
        let tag = &head[at + open..];
        let end = memchr::memchr(b'>', tag).unwrap_or(tag.len());
        if tag.starts_with(b"<!--") {
            at += open + memchr::memmem::find(tag, b"-->").unwrap_or(end) + 1;
            continue;
        }
        if tag.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"<meta"))
            && let Some(name) = value_after(&tag[..end], b"charset")
        {
            // A page that could be read so far is not UTF-16, whatever it says.
            let wide = name.to_ascii_lowercase().starts_with("utf-16");
            return Some(if wide { UTF_8.name().to_owned() } else { name });
        }
        at += open + 1;
    }
    None
}

/// What stands after `name =`, quotes taken off.
fn value_after(tag: &[u8], name: &[u8]) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(&lower[from..], name) {
        from += at + name.len();
        let rest = lower[from..].trim_ascii_start();
        let Some(rest) = rest.strip_prefix(b"=") else { continue };
        let rest = rest.trim_ascii_start();
        let rest =
            rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest).trim_ascii_start();
        let end = rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"-_:.".contains(byte)));
        let value = &rest[..end.unwrap_or(rest.len())];
        if !value.is_empty() {
            return Some(String::from_utf8_lossy(value).into_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{BIG5, EUC_KR, GBK, SHIFT_JIS, WINDOWS_1252};

    const CHINESE: &str = "去年秋天，镇里把闲了多年的旧粮仓修好，改成了一座图书馆。开馆那天来了三百多人。";
    const TRADITIONAL: &str =
        "去年秋天，鎮裡把閒了多年的舊糧倉修好，改成了一座圖書館。開館那天來了三百多人。";
    const JAPANESE: &str = "昨年の秋、町は長く使われていなかった倉庫を直して、図書館にしました。";
    const KOREAN: &str = "지난가을 마을에서는 오랫동안 비어 있던 창고를 고쳐 도서관으로 만들었습니다.";
    const FRENCH: &str = "À l’automne dernier, la commune a réparé l’ancien grenier et en a fait une bibliothèque fréquentée, où les élèves étudient.";

    fn all() -> [(&'static Encoding, &'static str); 5] {
        [(GBK, CHINESE), (BIG5, TRADITIONAL), (SHIFT_JIS, JAPANESE), (EUC_KR, KOREAN), (WINDOWS_1252, FRENCH)]
    }

    fn bytes(charset: &'static Encoding, text: &str) -> Vec<u8> {
        let (bytes, _, wrong) = charset.encode(text);
        assert!(!wrong);
        bytes.into_owned()
    }

    #[test]
    fn detected_in_pages_and_in_texts() {
        for (charset, sample) in all() {
            let page = format!("<html><body><p>{sample}</p></body></html>");
            let coded = bytes(charset, &page);
            assert_eq!(html(&coded, None), Decoded { text: page.as_str().into(), charset: charset.name() });
            let coded = bytes(charset, sample);
            assert_eq!(text(&coded), Some(Decoded { text: sample.into(), charset: charset.name() }));
        }
    }

    #[test]
    fn declared_by_server_or_page() {
        for (charset, sample) in all() {
            // Too short to be detected.
            let word: String = sample.chars().filter(|c| !c.is_ascii()).take(2).collect();
            let coded = bytes(charset, &word);
            assert_eq!(html(&coded, Some(charset.name())).text, word);
            for head in [
                format!("<meta charset='{}'>", charset.name()),
                format!("<META http-equiv=x content=\"text/html; charset = {}\">", charset.name()),
                format!("<?xml version=\"1.0\" encoding=\"{}\"?>", charset.name()),
            ] {
                let coded = bytes(charset, &format!("{head}{word}"));
                assert_eq!(html(&coded, None).text, format!("{head}{word}"));
            }
        }
    }

    #[test]
    fn declarations_that_the_bytes_contradict() {
        let page = format!("<meta charset=gb2312><p>{CHINESE}");
        assert_eq!(html(page.as_bytes(), Some("big5")).charset, "UTF-8");
        let coded = bytes(GBK, &page.replace("gb2312", "utf-8"));
        assert_eq!(html(&coded, Some("utf-8")).charset, "GBK");
        let mut cut = page.clone().into_bytes();
        cut.truncate(cut.len() - 1);
        assert!(html(&cut, None).text.starts_with(&page[..page.len() - 3]));
        // In a comment it says nothing.
        let page = format!("<!-- <meta charset=koi8-r> --><p>{CHINESE}");
        assert_eq!(html(&bytes(GBK, &page), None).charset, "GBK");
    }

    #[test]
    fn byte_order_marks() {
        let mut wide = vec![0xff, 0xfe];
        wide.extend(CHINESE.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(html(&wide, Some("gbk")).text, CHINESE);
        assert_eq!(text(&wide).map(|decoded| decoded.text), Some(CHINESE.into()));
    }

    #[test]
    fn texts_that_are_not_sure() {
        let mut cut = CHINESE.as_bytes().to_vec();
        cut.truncate(cut.len() - 1);
        let noise: Vec<u8> = (0..400u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for unsure in [&cut[..], &noise, b"one \xff byte", b"\xe9", &bytes(GBK, "第十七页")] {
            assert_eq!(text(unsure), None, "{unsure:?}");
        }
        assert_eq!(html(b"one \xff byte", None).charset, WINDOWS_1252.name());
    }
}
