//! The first bytes of a file → its format, or the name of a format that dechaff does not read.
//!
//! Content decides; the extension decides only where content cannot: `.txt` is always text, `.jsonl` and `.ndjson`
//! are JSONL even when the first line is damaged.

use memchr::{memchr, memchr_iter};

use super::json::{self, BOM};

/// Format of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceFormat {
    /// One page a file.
    Txt,
    /// One page a file, in HTML.
    Html,
    /// One JSON object a line.
    Jsonl,
    /// One row a record, apart by what the header line shows.
    Csv,
    /// The same, apart by tabs.
    Tsv,
    /// Records of a web archive, WET among them.
    Warc,
    /// A Parquet file; its rows are read as JSON Lines.
    Parquet,
}

impl SourceFormat {
    /// The usual file name extension.
    pub fn extension(self) -> &'static str {
        match self {
            SourceFormat::Txt => "txt",
            SourceFormat::Html => "html",
            SourceFormat::Jsonl => "jsonl",
            SourceFormat::Csv => "csv",
            SourceFormat::Tsv => "tsv",
            SourceFormat::Warc => "warc",
            SourceFormat::Parquet => "parquet",
        }
    }

    /// Whether its records have fields, one of which is the text.
    pub fn has_fields(self) -> bool {
        match self {
            SourceFormat::Txt | SourceFormat::Html | SourceFormat::Warc => false,
            SourceFormat::Jsonl | SourceFormat::Csv | SourceFormat::Tsv | SourceFormat::Parquet => true,
        }
    }

    /// Whether a file of it is one page, and not a row of records.
    pub fn is_page(self) -> bool {
        match self {
            SourceFormat::Txt | SourceFormat::Html => true,
            SourceFormat::Jsonl
            | SourceFormat::Csv
            | SourceFormat::Tsv
            | SourceFormat::Warc
            | SourceFormat::Parquet => false,
        }
    }
}

/// Decompressed bytes that [`format`] should be given, if the file has so many.
pub(crate) const HEAD: usize = 64 << 10;

/// The format of a file whose decompressed bytes begin with `head` and whose extension (lower case, without that of
/// the compression) is `extension`. `Err` names what it looks like instead.
pub(crate) fn format(head: &[u8], extension: &str) -> Result<SourceFormat, &'static str> {
    match extension {
        "txt" => return Ok(SourceFormat::Txt),
        "jsonl" | "ndjson" => return Ok(SourceFormat::Jsonl),
        _ => {}
    }
    if matches!(extension, "warc" | "wet") || head.starts_with(b"WARC/0.") || head.starts_with(b"WARC/1.") {
        return Ok(SourceFormat::Warc);
    }
    if head.starts_with(b"PAR1") {
        return Ok(SourceFormat::Parquet);
    }
    if let Some(name) = foreign(head) {
        return Err(name);
    }
    if is_html(head, extension) {
        return Ok(SourceFormat::Html);
    }
    match extension {
        "csv" => return Ok(SourceFormat::Csv),
        "tsv" | "tab" => return Ok(SourceFormat::Tsv),
        _ => {}
    }
    match (first_line_is_object(head), extension) {
        (true, _) => Ok(SourceFormat::Jsonl),
        (false, "json") if head.trim_ascii().is_empty() => Ok(SourceFormat::Jsonl),
        (false, "json") => Err("a JSON document that is not one object a line (`jq -c .` can make it so)"),
        (false, _) => Ok(SourceFormat::Txt),
    }
}

/// Whether the first line that is not blank holds a JSON object, as far as `head` shows it.
pub(crate) fn first_line_is_object(head: &[u8]) -> bool {
    let content = head.strip_prefix(BOM).unwrap_or(head).trim_ascii_start();
    let line_end = memchr(b'\n', content);
    let line = &content[..line_end.unwrap_or(content.len())];
    match json::scan(line, |_, _| {}) {
        Ok(_) => true,
        // The head may end inside a long first line.
        Err(error) => error.unfinished && line_end.is_none() && head.len() >= HEAD && line.starts_with(b"{"),
    }
}

/// Whether a file is named as HTML or begins as HTML does.
fn is_html(head: &[u8], extension: &str) -> bool {
    if is_html_extension(extension) {
        return true;
    }
    let mut content = head.strip_prefix(BOM).unwrap_or(head).trim_ascii_start();
    // Declarations and comments may stand before.
    while content.starts_with(b"<?xml") || content.starts_with(b"<!--") {
        let end: &[u8] = if content.starts_with(b"<!--") { b"-->" } else { b"?>" };
        let Some(at) = memchr::memmem::find(content, end) else { return false };
        content = content[at + end.len()..].trim_ascii_start();
    }
    ["<!doctype html", "<html", "<head>", "<body"]
        .iter()
        .any(|tag| content.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes())))
}

/// Whether this extension (lower case) is HTML's.
pub(crate) fn is_html_extension(extension: &str) -> bool {
    matches!(extension, "html" | "htm" | "xhtml")
}

/// The name of a format that is none of ours.
fn foreign(head: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 21] = [
        (b"ARROW1", "an Arrow file"),
        (b"Obj\x01", "Avro"),
        (b"filedesc://", "ARC"),
        (b"PK\x03\x04", "a zip archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"Rar!\x1a\x07", "a rar archive"),
        (b"BZh91AY&SY", "a bzip2 file inside another"),
        (b"\xfd7zXZ\x00", "an xz file inside another"),
        (b"\x04\x22\x4d\x18", "an lz4 file"),
        (b"\x1f\x8b", "a gzip file inside another"),
        (b"\x28\xb5\x2f\xfd", "a zstd file inside another"),
        (b"\x1f\x9d", "a compress (.Z) file"),
        (b"%PDF-", "PDF"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"\x89HDF\r\n", "HDF5"),
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"RIFF", "an image, sound or video"),
        (b"\x7fELF", "a program"),
        (b"MZ\x90\x00", "a program"),
    ];
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(name);
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("a tar archive");
    }
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return None;
    }
    // Text may hold a NUL here and there; one in twenty is binary, or text in a wide encoding that does not say so.
    let nuls = memchr_iter(0, head).count();
    (nuls * 20 > head.len()).then_some("a binary file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        let txt = Ok(SourceFormat::Txt);
        let jsonl = Ok(SourceFormat::Jsonl);
        assert_eq!(format(b"", ""), txt);
        assert_eq!(format(b"", "jsonl"), jsonl);
        assert_eq!(format(b"\xef\xbb\xbf\n \n{\"text\":\"a\"}\n", ""), jsonl);
        assert_eq!(format(b"{\"text\":\"a\"}\n", "txt"), txt);
        assert_eq!(format(b"{\"text\":\"a\"}\n", "json"), jsonl);
        assert_eq!(format(b"{\"text\":\"a\"", "log"), txt);
        assert_eq!(format(b"{\"text\":\"a\"", "jsonl"), jsonl);
        assert_eq!(format(b"{curly} words\n", "md"), txt);
        assert_eq!(format(b"a\x00b, and then some plain words", "md"), txt);
        assert_eq!(format(b"\xff\xfeh\x00i\x00", ""), txt);
        let html = Ok(SourceFormat::Html);
        assert_eq!(format(b"\n <!DOCTYPE HTML><p>", "php"), html);
        assert_eq!(format(b"<?xml version='1.0'?>\n<!-- x -->\n<html>", ""), html);
        assert_eq!(format(b"plain", "htm"), html);
        assert_eq!(format(b"<html>", "txt"), txt);
        let long = [b"{\"text\":\"".as_slice(), &[b'x'; HEAD]].concat();
        assert_eq!(format(&long[..HEAD], "dat"), jsonl);
    }

    #[test]
    fn other_formats_are_named() {
        for (head, extension, part) in [
            (&b"PK\x03\x04"[..], "docx", "zip"),
            (b"h\x00i\x00", "", "binary"),
            (b"\x00\x01\x02\x03\x00\x00", "", "binary"),
            (b"[{\"text\":\"a\"}]", "json", "JSON document"),
            (b"{\n  \"text\": \"a\"\n}\n", "json", "JSON document"),
        ] {
            let name = format(head, extension).expect_err("not ours");
            assert!(name.contains(part), "{name}");
        }
    }
}
