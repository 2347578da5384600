//! The same pages in every format and compression: the same clusters, the same texts left, and everything restored.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::fixture::{FERRY, KILN, LIBRARY, LIBRARY_STRIPPED, MARKET, Place, snapshot};

/// Pages of the sample corpus: name, address and text.
pub(crate) struct Page {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) text: String,
}

pub(crate) fn pages() -> Vec<Page> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/pages");
    let mut files = Vec::new();
    let mut pending = vec![root.clone()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { pending.push(path) } else { files.push(path) }
        }
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let pages = files.iter().map(|path| {
        let id = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        Page { url: format!("https://{id}"), text: std::fs::read_to_string(path).unwrap(), id }
    });
    pages.collect()
}

pub(crate) fn jsonl(pages: &[Page]) -> Vec<u8> {
    let line = |page: &Page| {
        serde_json::json!({"url": page.url, "text": page.text, "id": page.id}).to_string() + "\n"
    };
    pages.iter().map(line).collect::<String>().into_bytes()
}

pub(crate) fn table(pages: &[Page], delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    writer.write_record(["id", "note", "text", "url"]).unwrap();
    for page in pages {
        writer.write_record([&*page.id, "a \"note\"", &page.text, &page.url]).unwrap();
    }
    writer.into_inner().unwrap()
}

fn warc_record(kind: &str, page: &Page, media: &str, block: &str) -> String {
    let (url, id, length) = (&page.url, &page.id, block.len());
    format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Record-ID: <{id}>\r\n\
         WARC-Block-Digest: sha1:AAAA\r\nContent-Type: {media}\r\nContent-Length: {length}\r\n\r\n{block}\r\n\r\n"
    )
}

/// WET records, after a record about the file.
pub(crate) fn wet(pages: &[Page]) -> Vec<u8> {
    let about = "WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 13\r\n\r\nsoftware: no\n\r\n\r\n";
    let records = pages.iter().map(|page| warc_record("conversion", page, "text/plain", &page.text));
    std::iter::once(about.to_owned()).chain(records).collect::<String>().into_bytes()
}

/// What a crawler stores: request, response, metadata.
pub(crate) fn crawl(pages: &[Page]) -> Vec<u8> {
    let records = pages.iter().map(|page| {
        let text = &page.text;
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
            text.len()
        );
        let request = "GET / HTTP/1.1\r\n\r\n";
        warc_record("request", page, "application/http; msgtype=request", request)
            + &warc_record("response", page, "application/http; msgtype=response", &(head + text))
            + &warc_record("metadata", page, "application/warc-fields", "fetchTimeMs: 7\r\n")
    });
    records.collect::<String>().into_bytes()
}

pub(crate) fn parquet(pages: &[Page]) -> Vec<u8> {
    let column = |value: fn(&Page) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(pages.iter().map(value)))
    };
    let batch = RecordBatch::try_from_iter([
        ("id", column(|page| &page.id)),
        ("text", column(|page| &page.text)),
        ("url", column(|page| &page.url)),
    ]);
    let batch = batch.unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// The rows of a Parquet file.
fn rows(bytes: Vec<u8>) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap();
    let schema = Arc::clone(reader.schema());
    let batches: Vec<RecordBatch> =
        reader.with_batch_size(1 << 20).build().unwrap().map(Result::unwrap).collect();
    batches.into_iter().next().unwrap_or_else(|| RecordBatch::new_empty(schema))
}

const COMPRESSIONS: [&str; 5] = ["", ".gz", ".zst", ".bz2", ".xz"];

pub(crate) fn compressed(bytes: &[u8], extension: &str) -> Vec<u8> {
    match extension {
        ".gz" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        ".zst" => zstd::encode_all(bytes, 1).unwrap(),
        ".bz2" => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        ".xz" => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        _ => bytes.to_vec(),
    }
}

fn decompressed(bytes: &[u8], extension: &str) -> Vec<u8> {
    let mut plain = Vec::new();
    match extension {
        ".gz" => flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut plain),
        ".zst" => zstd::stream::copy_decode(bytes, &mut plain).map(|()| 0),
        ".bz2" => bzip2::read::MultiBzDecoder::new(bytes).read_to_end(&mut plain),
        ".xz" => liblzma::read::XzDecoder::new_multi_decoder(bytes).read_to_end(&mut plain),
        _ => return bytes.to_vec(),
    }
    .unwrap();
    plain
}

/// The texts of a clean file by id, read by other means than the program's.
fn texts(format: &str, bytes: &[u8]) -> BTreeMap<String, String> {
    let owned = |id: &str, text: &str| (id.to_owned(), text.to_owned());
    match format {
        "jsonl" => {
            let lines = std::str::from_utf8(bytes).unwrap().lines();
            let values = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
            values
                .map(|value| owned(value["id"].as_str().unwrap(), value["text"].as_str().unwrap()))
                .collect()
        }
        "csv" | "tsv" => {
            let delimiter = if format == "tsv" { b'\t' } else { b',' };
            let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
            let rows = reader.records().map(Result::unwrap);
            rows.map(|row| {
                assert_eq!(&row[1], "a \"note\"");
                owned(&row[0], &row[2])
            })
            .collect()
        }
        "parquet" => {
            let rows = rows(bytes.to_vec());
            let column = |at: usize| rows.column(at).as_string::<i32>();
            (0..rows.num_rows()).map(|row| owned(column(0).value(row), column(1).value(row))).collect()
        }
        _ => {
            let mut found = BTreeMap::new();
            let mut rest = std::str::from_utf8(bytes).unwrap();
            while !rest.is_empty() {
                let (head, body) = rest.split_once("\r\n\r\n").unwrap();
                let field = |head: &str, name: &str| {
                    let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                    line.map(str::to_owned)
                };
                let length: usize = field(head, "Content-Length").unwrap().parse().unwrap();
                let mut block = &body[..length];
                assert_eq!(&body[length..length + 4], "\r\n\r\n", "{head}");
                rest = &body[length + 4..];
                let kind = field(head, "WARC-Type").unwrap();
                if kind == "response" {
                    let (http, payload) = block.split_once("\r\n\r\n").unwrap();
                    assert_eq!(field(http, "Content-Length").unwrap(), payload.len().to_string());
                    block = payload;
                }
                if kind == "response" || kind == "conversion" {
                    let id = field(head, "WARC-Record-ID").unwrap();
                    found.insert(id.trim_matches(['<', '>']).to_owned(), block.to_owned());
                }
            }
            found
        }
    }
}

/// What was found, without the numbers of the records.
fn found(place: &Place, out: &str) -> Vec<Value> {
    let mut rows = place.rows(&format!("{out}/documents.jsonl"));
    rows.iter_mut().for_each(|row| {
        row.as_object_mut().unwrap().remove("doc");
    });
    rows
}

#[test]
fn the_same_pages_in_every_format_and_compression() {
    let pages = pages();
    let place = Place::new();
    let mut expected = None;
    let formats: [(&str, Vec<u8>); 6] = [
        ("jsonl", jsonl(&pages)),
        ("csv", table(&pages, b',')),
        ("tsv", table(&pages, b'\t')),
        ("warc", crawl(&pages)),
        ("warc.wet", wet(&pages)),
        ("parquet", parquet(&pages)),
    ];
    for (format, bytes) in &formats {
        for compression in COMPRESSIONS {
            // Parquet is compressed in itself, and read from its end.
            if *format == "parquet" && !compression.is_empty() {
                continue;
            }
            // All of them are the same reader: it is enough to see the slow ones once.
            if *format != "jsonl" && matches!(compression, ".bz2" | ".xz") {
                continue;
            }
            let name = format!("pages.{format}{compression}");
            place.file(&name, &compressed(bytes, compression));
            place.done(&["clean", &name, "-o", "out", "--force", "-q"]);
            let clean = place.read(&format!("out/clean/{name}"));
            let texts = texts(format, &decompressed(&clean, compression));
            let result = (found(&place, "out"), texts);
            let (rows, left) = expected.get_or_insert_with(|| result.clone());
            assert!(result.0 == *rows, "{name}: other clusters");
            assert!(result.1 == *left, "{name}: other texts");
            assert!(left.len() < pages.len() && left.len() > pages.len() / 2, "{} are left", left.len());

            place.done(&["restore", "out", "-o", "back", "-q"]);
            let back = place.read(&format!("back/{name}"));
            if *format == "parquet" {
                assert_eq!(rows_of(&back), rows_of(bytes));
            } else {
                assert!(decompressed(&back, compression) == *bytes, "{name}: restored otherwise");
            }
            std::fs::remove_dir_all(place.path("back")).unwrap();
        }
    }
}

fn rows_of(bytes: &[u8]) -> RecordBatch {
    rows(bytes.to_vec())
}

#[test]
fn copies_are_found_across_formats() {
    let page = |id: &str, text: &[&str]| Page {
        id: id.into(),
        url: format!("https://{id}.example/"),
        text: text.join("\n"),
    };
    let place = Place::new();
    place.file("a.parquet", &parquet(&[page("parquet", &LIBRARY), page("kiln", &KILN)]));
    place.file("b.jsonl.zst", &compressed(&jsonl(&[page("jsonl", &LIBRARY_STRIPPED)]), ".zst"));
    let crawled = crawl(&[page("warc", &LIBRARY_STRIPPED), page("ferry", &FERRY)]);
    place.file("crawl.warc.gz", &compressed(&crawled, ".gz"));
    place.file("d.csv.bz2", &compressed(&table(&[page("csv", &LIBRARY)], b','), ".bz2"));
    place.file("pages/e.txt", LIBRARY.join("\n").as_bytes());
    place.file("old.tsv.xz", &compressed(&table(&[page("market", &MARKET)], b'\t'), ".xz"));
    place.file("list.txt", b"a.parquet\r\n\nb.jsonl.zst\ncrawl.warc.*\nd.csv.bz2\npages");
    for inputs in [&["a.parquet", "b.jsonl.zst", "crawl.warc.gz", "d.csv.bz2", "pages"][..], &["@list.txt"]] {
        let arguments =
            [&["clean"], inputs, &["--against", "old.tsv.xz", "-o", "out", "--force", "-q"]].concat();
        place.done(&arguments);
        let rows = place.rows("out/documents.jsonl");
        let cluster = |wanted: &str| -> Vec<String> {
            let members = rows.iter().filter(|row| row["cluster"] == *wanted);
            members.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(cluster("parquet"), ["parquet", "jsonl", "warc", "csv", "pages/e.txt"]);
        assert_eq!((cluster("kiln").len(), cluster("ferry").len()), (1, 1));
        let kept: Vec<bool> = rows.iter().map(|row| row["kept"].as_bool().unwrap()).collect();
        assert_eq!(kept, [true, true, false, false, true, false, false]);
    }
    let said = place.done(&["explain", "out", "warc", "parquet"]);
    assert!(said.stdout.contains("stripped"), "{}", said.shown());
    place.done(&["restore", "out", "-o", "back", "-q"]);
    assert_eq!(place.tree("back").len(), 5);
    assert!(decompressed(&place.read("back/crawl.warc.gz"), ".gz") == crawled);
}

#[test]
fn tables_are_copied_as_they_are_but_for_the_text() {
    let place = Place::new();
    let line = |id: &str, paragraphs: &[&str]| {
        format!("{id},\"{}\", x ,\"say \"\"hi\"\"\"\r\n", paragraphs.join("\n"))
    };
    let (first, second) = (line("1", &LIBRARY), line("2", &KILN));
    let table =
        ["\u{feff}id,text,space,\"quo\"\"te\"\r\n", &first, "\r\n", &second, &line("3", &LIBRARY_STRIPPED)];
    place.file("a.csv", table.concat().as_bytes());
    place.done(&["clean", "a.csv", "-o", "out", "-q"]);
    assert_eq!(place.text("out/clean/a.csv"), table[..4].concat());
    place.done(&["clean", "a.csv", "--annotate", "-o", "out", "--force", "-q"]);
    let annotated = place.read("out/clean/a.csv");
    let mut reader = csv::Reader::from_reader(&annotated[3..]);
    assert_eq!(reader.headers().unwrap().iter().next_back(), Some("dechaff"));
    let verdicts: Vec<Value> = reader
        .records()
        .map(|row| serde_json::from_str(row.unwrap().iter().next_back().unwrap()).unwrap())
        .collect();
    assert_eq!(verdicts.iter().map(|verdict| &verdict["kept"]).collect::<Vec<_>>(), [true, true, false]);
    place.done(&["restore", "out", "-o", "back", "-q"]);
    assert_eq!(place.text("back/a.csv"), table.concat());
}

#[test]
fn rows_that_do_not_fit_are_skipped_and_named() {
    let place = Place::new();
    let (kiln, ferry) = (KILN.join(" "), FERRY.join(" ").replace(',', ";"));
    let rows = [
        "id,text\n".to_owned(),
        format!("1,{kiln}\n"),
        "2,one,two many\n".to_owned(),
        "3\n".to_owned(),
        "4,\"a quote that \"ends\" too soon\"\n".to_owned(),
        format!("5,\"{ferry}\"\n"),
        "6,\"a quote that never ends\n".to_owned(),
        format!("7,{}\n", MARKET.join(" ")),
    ];
    place.file("a.csv", rows.concat().as_bytes());
    let ran = place.done(&["clean", "a.csv", "-o", "out"]);
    snapshot("csv-skipped", &ran.shown());
    let skipped: Vec<(u64, String)> = place
        .rows("out/skipped.jsonl")
        .iter()
        .map(|row| (row["record"].as_u64().unwrap(), row["text"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [2, 3, 4, 6].map(|at| (at as u64, rows[at].trim_end().to_owned()));
    assert_eq!(skipped, expected);
    assert_eq!(place.text("out/clean/a.csv"), [0, 1, 5, 7].map(|at| rows[at].clone()).concat());
    place.done(&["restore", "out", "-o", "back", "-q"]);
    assert_eq!(place.text("back/a.csv"), rows.concat());
}

#[test]
fn a_file_without_the_column_is_refused_with_those_that_are_there() {
    let place = Place::new();
    let body: ArrayRef = Arc::new(StringArray::from(vec!["some text", "more text"]));
    let batch = RecordBatch::try_from_iter([("body", Arc::clone(&body)), ("title", body)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let whole = writer.into_inner().unwrap();
    place.file("a.parquet", &whole);
    place.file("cut.parquet", &whole[..whole.len() / 2]);
    place.file("a.csv", b"body;title\nsome text;more\n");
    place.file("gzip.parquet.gz", &compressed(&whole, ".gz"));
    for (name, file) in [
        ("parquet-no-column", "a.parquet"),
        ("csv-no-column", "a.csv"),
        ("parquet-cut", "cut.parquet"),
        ("parquet-gzip", "gzip.parquet.gz"),
    ] {
        let ran = place.run(&["clean", file, "-o", "out"]);
        assert_eq!((ran.status, place.exists("out")), (Some(2), false), "{}", ran.shown());
        snapshot(&format!("error-{name}"), &ran.shown());
    }
    place.done(&["clean", "a.parquet", "a.csv", "--text-field", "body", "-o", "out", "-q"]);
}

#[test]
fn lists_name_inputs() {
    let place = Place::new();
    place.file("good.txt", b"a page of text\n");
    place.file("missing.txt", b"good.txt\nnowhere.txt\n");
    place.file("none.txt", b"\n \n");
    place.file("nested.txt", b"@good.txt\n");
    for (name, list) in [
        ("list-missing", "@absent.txt"),
        ("list-names-missing", "@missing.txt"),
        ("list-empty", "@none.txt"),
        ("list-nested", "@nested.txt"),
    ] {
        let ran = place.run(&["clean", list, "-o", "out"]);
        assert_eq!(ran.status, Some(2), "{}", ran.shown());
        snapshot(&format!("error-{name}"), &ran.shown());
    }
    // A file of that very name is a file.
    place.file("@page.txt", b"a page of text\n");
    place.done(&["clean", "@page.txt", "-o", "out", "-q"]);
    assert!(place.exists("out/clean/@page.txt"));
}

#[test]
fn each_record_of_a_compressed_archive_can_be_read_alone() {
    let page = |id: &str, text: &[&str]| Page { id: id.into(), url: String::new(), text: text.join("\n") };
    let pages = [page("a", &LIBRARY), page("b", &KILN), page("c", &LIBRARY_STRIPPED)];
    let place = Place::new();
    place.file("a.warc.gz", &compressed(&wet(&pages), ".gz"));
    place.done(&["clean", "a.warc.gz", "-o", "out", "-q"]);
    place.done(&["restore", "out", "-o", "back", "-q"]);
    for (file, expected) in [("out/clean/a.warc.gz", 3), ("back/a.warc.gz", 4)] {
        let bytes = place.read(file);
        let mut rest = &bytes[..];
        let mut members = 0;
        while !rest.is_empty() {
            let mut record = String::new();
            let mut decoder = flate2::bufread::GzDecoder::new(rest);
            decoder.read_to_string(&mut record).unwrap();
            rest = decoder.into_inner();
            assert!(record.starts_with("WARC/1.0\r\n") && record.ends_with("\r\n\r\n"), "{record}");
            assert_eq!(record.matches("WARC/1.0").count(), 1);
            members += 1;
        }
        assert_eq!(members, expected, "{file}");
    }
}

/// A response whose text is taken out of HTML becomes a record of plain text; all others stay.
#[test]
fn html_in_archives_becomes_text() {
    let place = Place::new();
    let page = |id: &str| Page { id: id.into(), url: "https://a.example/x".into(), text: String::new() };
    let paragraphs = |text: &[&str]| text.iter().map(|text| format!("<p>{text}</p>\n")).collect::<String>();
    let response = |id: &str, head: &str, body: &[u8]| {
        let mut block = format!("HTTP/1.1 {head}\r\n\r\n").into_bytes();
        block.extend_from_slice(body);
        let head = warc_record("response", &page(id), "application/http", "");
        let head = head.replace(
            "Content-Length: 0\r\n\r\n\r\n\r\n",
            &format!("Content-Length: {}\r\n\r\n", block.len()),
        );
        [head.as_bytes(), &block, b"\r\n\r\n"].concat()
    };
    let html = format!("<html><body>{}</body></html>", paragraphs(&FERRY));
    let gbk = encoding_rs::GBK.encode(&paragraphs(&KILN)).0.into_owned();
    let parts = [
        response("ferry", "200 OK\r\nContent-Type: text/html", html.as_bytes()),
        response("kiln", "200 OK\r\nContent-Type: text/html; charset=gbk", &gbk),
        response(
            "market",
            "200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip",
            &compressed(paragraphs(&MARKET).as_bytes(), ".gz"),
        ),
        response(
            "library",
            "200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked",
            &chunked(&paragraphs(&LIBRARY)),
        ),
        response("moved", "301 Moved\r\nContent-Type: text/html", b"<p>moved</p>"),
        response("image", "200 OK\r\nContent-Type: image/png", b"\x89PNG\r\n\x1a\n\xff\xfe"),
    ];
    place.file("a.warc", &parts.concat());
    place.done(&["clean", "a.warc", "-o", "out", "-q"]);
    let clean = place.read("out/clean/a.warc");
    let kept = [&parts[4][..], &parts[5]].concat();
    assert!(clean.ends_with(&kept), "what is no page stays as it is");
    let texts = texts("warc", &clean[..clean.len() - kept.len()]);
    let lines = |text: &[&str]| text.iter().map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(texts["ferry"], lines(&FERRY));
    assert_eq!(texts["kiln"], lines(&KILN));
    assert_eq!(texts["market"], lines(&MARKET));
    assert_eq!(texts["library"], lines(&LIBRARY));
    assert!(!String::from_utf8_lossy(&clean[..clean.len() - kept.len()]).contains("Digest"));
    place.done(&["restore", "out", "-o", "back", "-q"]);
    assert!(place.read("back/a.warc") == parts.concat());
}

/// A body in two chunks, wherever a character ends.
fn chunked(body: &str) -> Vec<u8> {
    let (first, second) = body.as_bytes().split_at(body.len() / 2);
    let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    [chunk(first), chunk(second), b"0\r\n\r\n".to_vec()].concat()
}

/// The text is a column of its own where the table has none for it.
#[test]
fn html_in_tables_becomes_text() {
    let place = Place::new();
    let paragraphs = |text: &[&str]| text.iter().map(|text| format!("<p>{text}</p>")).collect::<String>();
    let pages = [("1", paragraphs(&LIBRARY)), ("2", paragraphs(&FERRY)), ("3", String::new())];
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["id", "html"]).unwrap();
    pages.iter().for_each(|(id, html)| writer.write_record([id, &**html]).unwrap());
    place.file("a.csv", &writer.into_inner().unwrap());
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values(pages.iter().map(|(id, _)| id)));
    let html = pages.iter().map(|(_, html)| Some(html.as_str()).filter(|html| !html.is_empty()));
    let html: ArrayRef = Arc::new(StringArray::from_iter(html));
    let batch = RecordBatch::try_from_iter([("id", ids), ("html", html)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    place.file("a.parquet", &writer.into_inner().unwrap());
    place.done(&["clean", "a.csv", "a.parquet", "--html-field", "html", "--keep", "none", "-o", "out", "-q"]);
    let lines = |text: &[&str]| text.iter().map(|line| format!("{line}\n")).collect::<String>();
    let clean = place.read("out/clean/a.csv");
    let mut reader = csv::Reader::from_reader(&*clean);
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), ["id", "html", "text"]);
    let texts: Vec<String> = reader.records().map(|row| row.unwrap()[2].to_owned()).collect();
    assert_eq!(texts, [lines(&LIBRARY), lines(&FERRY), String::new()]);
    let clean = rows(place.read("out/clean/a.parquet"));
    let texts = clean.column_by_name("text").unwrap().as_string::<i32>();
    assert_eq!((texts.value(0), texts.value(1)), (&*lines(&LIBRARY), &*lines(&FERRY)));
    assert!(arrow_array::Array::is_null(texts, 2));
    place.done(&["restore", "out", "-o", "back", "-q"]);
    assert!(place.read("back/a.csv") == place.read("a.csv"));
    assert_eq!(rows_of(&place.read("back/a.parquet")), batch);
}

#[test]
fn damaged_archives_lose_what_is_damaged_and_no_more() {
    let page = |id: &str, text: &[&str]| Page { id: id.into(), url: String::new(), text: text.join("\n") };
    let record =
        |id: &str, text: &[&str]| warc_record("conversion", &page(id, text), "text/plain", &text.join("\n"));
    let announced = |record: String, more: isize| {
        let (head, rest) = record.split_once("Content-Length: ").unwrap();
        let (number, rest) = rest.split_once('\r').unwrap();
        format!("{head}Content-Length: {}\r{rest}", number.parse::<isize>().unwrap() + more)
    };
    let cut = record("cut", &MARKET);
    let mut middle = cut.len() / 2;
    while !cut.is_char_boundary(middle) {
        middle += 1;
    }
    let archive = [
        record("a", &LIBRARY),
        announced(record("too long", &KILN), 9000),
        record("b", &FERRY).replace("\r\n", "\n"),
        announced(record("shorter", &MARKET), -50),
        "\r\n\r\nno record at all\r\n".to_owned(),
        record("c", &KILN),
        cut[..middle].to_owned(),
    ]
    .concat();
    let place = Place::new();
    place.file("a.warc", archive.as_bytes());
    let ran = place.done(&["clean", "a.warc", "-o", "out"]);
    snapshot("warc-damaged", &ran.shown());
    let ids: Vec<Value> = place.rows("out/documents.jsonl").iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    place.done(&["restore", "out", "-o", "back", "-q"]);
    assert_eq!(place.text("back/a.warc"), archive);
}

/// A Parquet file whose end is missing: it is named and kept, and stops no other input.
#[test]
fn a_parquet_file_that_is_cut_off_stops_no_other() {
    let place = Place::new();
    let page = |id: &str, text: &[&str]| Page { id: id.into(), url: String::new(), text: text.join("\n") };
    let whole = parquet(&[page("library", &LIBRARY), page("market", &MARKET)]);
    place.file("in/a.parquet", &whole);
    place.file("in/cut.parquet", &whole[..whole.len() - 9]);
    place.file("in/pages.jsonl", &jsonl(&[page("kiln", &KILN)]));
    let ran =
        place.run(&["clean", "in/cut.parquet", "in/a.parquet", "in/pages.jsonl", "-o", "out", "--strict"]);
    assert_eq!(ran.status, Some(1), "{}", ran.shown());
    snapshot("parquet-cut", &ran.shown());
    let ids: Vec<Value> = place.rows("out/documents.jsonl").iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, ["library", "market", "kiln"]);
    assert_eq!(place.tree("out/clean").into_keys().collect::<Vec<_>>(), ["a.parquet", "pages.jsonl"]);
    place.done(&["restore", "out", "-o", "back", "-q"]);
    assert!(place.read("back/cut.parquet") == place.read("in/cut.parquet"), "what is left of it comes back");
    assert_eq!(rows_of(&place.read("back/a.parquet")), rows_of(&whole));
    // In a folder, too; and it is no reference.
    place.done(&["clean", "in", "-o", "out", "--force", "-q"]);
    assert_eq!(place.json("out/run.json")["documents"]["skipped"], 1);
    place.done(&["clean", "in/pages.jsonl", "--against", "in/cut.parquet", "-o", "out", "--force", "-q"]);
}

/// A few kilobytes that are a hundred megabytes: read in pieces, and skipped where they are one record.
#[test]
fn a_small_file_that_is_large_inside() {
    let place = Place::new();
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    let line = format!("{{\"text\":\"{}\"}}\n", "x".repeat(990));
    for _ in 0..100 {
        encoder.write_all(line.repeat(1000).as_bytes()).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 100_000);
    place.file("bomb.jsonl.zst", &bomb);
    let ran = place.done(&["clean", "bomb.jsonl.zst", "-o", "out", "--memory", "16M"]);
    assert!(ran.stderr.contains("100,000 documents"), "{}", ran.stderr);
    let peak = place.json("out/run.json")["environment"]["peak_memory"].as_u64().unwrap();
    assert!(peak < 400 << 20, "{peak} bytes");
}

#[test]
fn a_frame_that_is_damaged_costs_its_own_records_only() {
    let place = Place::new();
    let pages = [LIBRARY.join("\n"), FERRY.join("\n"), MARKET.join("\n")];
    let frames: Vec<Vec<u8>> = (0..)
        .zip(&pages)
        .map(|(id, text)| {
            let page = Page { id: format!("p{id}"), url: String::new(), text: text.clone() };
            compressed(&jsonl(&[page]), ".zst")
        })
        .collect();
    let mut damaged = frames.clone();
    damaged[1][0] ^= 0xff;
    place.file("a.jsonl.zst", &damaged.concat());
    place.file("b.txt", KILN.join("\n").as_bytes());
    let ran = place.done(&["clean", "a.jsonl.zst", "b.txt", "-o", "out"]);
    snapshot("zst-damaged", &ran.shown());
    let ids: Vec<Value> = place.rows("out/documents.jsonl").iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, ["p0", "p2", "b.txt"]);
    let ran = place.done(&["restore", "out", "-o", "back"]);
    assert!(ran.stderr.contains("a.jsonl.zst"), "{}", ran.stderr);
}

#[test]
fn a_link_in_a_table_names_the_row_that_stays() {
    let place = Place::new();
    let all = pages();
    let twice = [&all[0], &all[0]].map(|page| Page {
        id: String::new(),
        url: page.url.clone(),
        text: page.text.clone(),
    });
    let [mut first, mut second] = twice;
    (first.id, second.id) = ("a".into(), "b \"2\"".into());
    let rows = table(&[first, second], b',');
    place.file("rows.csv", &rows);
    place.done(&["clean", "rows.csv", "-o", "out", "--only", "duplicates", "--link"]);
    let clean = place.read("out/clean/rows.csv");
    let mut reader = csv::Reader::from_reader(&clean[..]);
    assert_eq!(reader.headers().unwrap(), vec!["id", "note", "text", "url", "dup_of"]);
    let cells: Vec<[String; 3]> =
        reader.records().map(|row| row.map(|row| [0, 2, 4].map(|at| row[at].to_owned())).unwrap()).collect();
    assert_eq!(cells[0], ["a".to_owned(), all[0].text.clone(), String::new()]);
    assert_eq!(cells[1], ["b \"2\"".to_owned(), String::new(), "a".to_owned()]);
    place.done(&["restore", "out", "-o", "back"]);
    assert_eq!(place.read("back/rows.csv"), rows);
}

/// With `--link` the response of a dropped page becomes a revisit of the one that stays: of an equal payload only where
/// the other's stands as it was.
#[test]
fn links_in_an_archive_are_revisits() {
    let response = |id: &str, media: &str, body: &str| {
        let block = format!("HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nX-Kept: yes\r\n\r\n{body}");
        format!(
            "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{id}>\r\nWARC-Date: 2024-05-0{}T10:00:00Z\r\n\
             WARC-Target-URI: http://{id}.example/\r\nWARC-Block-Digest: sha1:AAAA\r\nWARC-Payload-Digest: sha1:{}\r\n\
             Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
            id.len() % 9 + 1,
            &dechaff::hash::identity(body.as_bytes())[..8],
            block.len()
        )
    };
    let (library, stripped) = (LIBRARY.join("\n"), LIBRARY_STRIPPED.join("\n"));
    let html = format!("<p>{}</p>", FERRY.join("</p><p>"));
    let archive = [
        response("library", "text/plain", &library),
        response("library-again", "text/plain", &library),
        response("library-stripped", "text/plain", &stripped),
        response("ferry", "text/html", &html),
        response("ferry-again", "text/html", &html),
        response("kiln", "text/plain", &KILN.join("\n")),
    ];
    let place = Place::new();
    place.file("a.warc", archive.concat().as_bytes());
    place.file("b.warc", response("kiln-again", "text/plain", &KILN.join("\n")).as_bytes());
    place.file(
        "c.jsonl",
        &jsonl(&[Page { id: "market".into(), url: String::new(), text: MARKET.join("\n") }]),
    );
    place.file("d.warc", response("market-again", "text/plain", &MARKET.join("\n")).as_bytes());
    let inputs = ["clean", "a.warc", "b.warc", "c.jsonl", "d.warc", "--link", "--only", "duplicates", "-q"];
    place.done(&[&inputs[..], &["-o", "out"]].concat());
    let clean = ["a", "b", "d"].map(|name| place.text(&format!("out/clean/{name}.warc"))).concat();
    snapshot("warc-revisit", &clean.replace("\r\n", "\n"));
    place.done(&["restore", "out", "-o", "back", "-q"]);
    for name in ["a.warc", "b.warc", "d.warc"] {
        assert!(place.read(&format!("back/{name}")) == place.read(name), "{name}");
    }
    // HTML that is not written as text is still there.
    place.done(&[&inputs[..], &["--html", "marked", "-o", "marked"]].concat());
    let clean = place.text("marked/clean/a.warc");
    assert_eq!(clean.matches("revisit/identical-payload-digest").count(), 2, "{clean}");
    // What was written is read again: revisits are no pages.
    place.done(&["clean", "out/clean", "-o", "again", "-q"]);
    let rows = place.rows("again/documents.jsonl");
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["urn:uuid:library", "urn:uuid:ferry", "urn:uuid:kiln", "market"]);
    assert_eq!(place.json("again/run.json")["documents"]["skipped"], 0);
}
