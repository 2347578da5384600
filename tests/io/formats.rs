//! Tables, archives and Parquet files of every shape: what was read comes back, and where blocks end does not show.

use std::sync::Arc;

use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{IntervalDayTime, OffsetBuffer, i256};
use arrow_schema::{DataType, Field, Fields, Schema};
use dechaff::config::Format;
use dechaff::document::Span;
use dechaff::input::Limits;
use dechaff::output::Edit;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::{KeyValue, ParquetMetaDataReader, ParquetMetaDataWriter};
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

use crate::run::{Found, Run};

/// Reads with these limits, edits, restores: what was found, and the restored bytes.
fn survive(name: &str, bytes: &[u8], format: Format, limits: Limits) -> Vec<Option<Found>> {
    let run = Run::new(limits);
    run.put(name, bytes);
    let sources = run.sources(format);
    let (_, found) = run.survey(&sources.list[0]);
    run.rewrite(&sources, |number| match number % 3 {
        0 => Edit::Drop,
        1 => Edit::Keep,
        _ => {
            let text = found.iter().flatten().find(|found| found.number == number);
            let end = text.and_then(|found| found.text.as_deref()?.chars().next()).map_or(0, char::len_utf8);
            Edit::Change { cut: vec![Span::new(0, end as u32)], add: Vec::new() }
        }
    });
    run.restore().expect("what was read comes back");
    assert_eq!(std::fs::read(run.at("back").join(name)).expect("a file"), bytes);
    found
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z一-龥]{0,6}",
        2 => "[a-z\",;\t\r\n一]{0,8}",
        1 => Just(String::new()),
    ]
}

/// A table as a careful writer writes it, and its texts.
fn table() -> impl Strategy<Value = (Vec<u8>, Vec<String>)> {
    let rows = prop::collection::vec((cell(), cell(), cell()), 0..12);
    (rows, any::<bool>(), any::<bool>()).prop_map(|(rows, always, crlf)| {
        let mut writer = csv::WriterBuilder::new();
        writer.quote_style(if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary });
        writer.terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') });
        let mut writer = writer.from_writer(Vec::new());
        writer.write_record(["a", "text", "b"]).expect("in memory");
        for (a, text, b) in &rows {
            writer.write_record([a, text, b]).expect("in memory");
        }
        (writer.into_inner().expect("in memory"), rows.into_iter().map(|(_, text, _)| text).collect())
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    (1usize..200).prop_map(|block| Limits { block, record: 1 << 20 })
}

fn archive() -> impl Strategy<Value = Vec<u8>> {
    let record = ("[a-z \r\n一]{0,40}", 0usize..6, any::<bool>()).prop_map(|(text, shape, lf)| {
        let length = match shape {
            4 => text.len() + 7,
            5 => text.len().saturating_sub(3),
            _ => text.len(),
        };
        let kind = ["conversion", "request", "conversion", "metadata"][shape % 4];
        let record = format!("WARC/1.0\r\nWARC-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
        let record = if lf { record.replace("\r\n", "\n") } else { record };
        record + &text + "\r\n\r\n"
    });
    (
        prop::collection::vec(record, 0..6),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    )
        .prop_map(|(records, flips)| {
            let mut bytes = records.concat().into_bytes();
            for (at, byte) in flips.iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            bytes
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The csv crate is the oracle: what it writes has the same texts here.
    #[test]
    fn tables_hold_what_was_written((bytes, texts) in table(), limits in limits()) {
        let found = survive("a.csv", &bytes, Format::Csv, limits);
        let found: Vec<String> = found.into_iter().map(|found| found.expect("good").text.expect("text")).collect();
        prop_assert_eq!(found, texts);
    }

    #[test]
    fn tables_of_any_bytes_come_back(
        bytes in prop_oneof![
            "(text|a,text|text;a)\n([a-z\",;\r\n]{0,60})".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..80),
        ],
        limits in limits(),
    ) {
        let long = survive("a.csv", &bytes, Format::Csv, Limits::default());
        prop_assert_eq!(survive("a.csv", &bytes, Format::Csv, limits), long);
        survive("a.csv", &bytes, Format::Csv, Limits { block: 4, record: 10 });
    }

    #[test]
    fn archives_come_back_whatever_their_lengths_say(bytes in archive(), limits in limits()) {
        let long = survive("a.warc", &bytes, Format::Warc, Limits::default());
        prop_assert_eq!(survive("a.warc", &bytes, Format::Warc, limits), long);
        survive("a.warc", &bytes, Format::Warc, Limits { block: 4, record: 100 });
    }
}

/// A cut that would change how an unquoted cell is read puts it in quotes.
#[test]
fn a_cell_stays_a_cell_when_it_is_cut() {
    let run = Run::new(Limits::default());
    run.put("a.csv", b"text,n\nab\"c,1\n\"a\"\"b\",2\nab,3\n");
    run.put("b.csv", b"text\nab\ncd\n");
    let sources = run.sources(Format::Csv);
    run.rewrite(&sources, |_| Edit::Change { cut: vec![Span::new(0, 2)], add: Vec::new() });
    let clean = |name: &str| std::fs::read_to_string(run.at("run/clean").join(name)).expect("a file");
    assert_eq!(clean("a.csv"), "text,n\n\"\"\"c\",1\n\"b\",2\n,3\n");
    assert_eq!(clean("b.csv"), "text\n\"\"\n\"\"\n");
    run.restore().expect("what was read comes back");
}

/// A first line that cannot be read names no columns: the next one does.
#[test]
fn a_header_that_is_bad_is_skipped() {
    let bytes = b"\"te\"xt,id\ntext,id\na,1\n";
    let found = survive("a.csv", bytes, Format::Csv, Limits::default());
    let texts: Vec<Option<String>> =
        found.into_iter().map(|found| found.and_then(|found| found.text)).collect();
    assert_eq!(texts, [None, Some("a".to_owned())]);
}

/// One column of every type, each with a null, and values that are hard to spell.
fn every_type() -> RecordBatch {
    let text = |text: &[Option<&str>]| StringArray::from(text.to_vec());
    let hard = [Some("plain"), None, Some("\"q\" \\ \u{0}\u{8}\u{c}\u{1f}\u{7f}\u{2028}\u{feff} 字😀\r\n\t")];
    let list_field = Arc::new(Field::new("item", DataType::Int32, true));
    let lists = ListArray::new(
        list_field,
        OffsetBuffer::from_lengths([2, 0, 1]),
        Arc::new(Int32Array::from(vec![Some(1), None, Some(-3)])),
        Some(vec![true, false, true].into()),
    );
    let inner =
        Fields::from(vec![Field::new("x", DataType::Utf8, true), Field::new("y", DataType::Float64, true)]);
    let pairs = StructArray::new(
        inner,
        vec![
            Arc::new(text(&hard)),
            Arc::new(Float64Array::from(vec![Some(f64::MIN_POSITIVE), Some(1e300), None])),
        ],
        Some(vec![true, false, true].into()),
    );
    let mut map = builder::MapBuilder::new(None, builder::StringBuilder::new(), builder::Int64Builder::new());
    map.keys().append_value("k");
    map.values().append_null();
    map.append(true).expect("a map");
    map.append(false).expect("a null");
    map.append(true).expect("an empty map");
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", Arc::new(text(&hard))),
        ("bool", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ("i8", Arc::new(Int8Array::from(vec![Some(i8::MIN), None, Some(1)]))),
        ("i64", Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(i64::MAX)]))),
        ("u64", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(0)]))),
        ("f32", Arc::new(Float32Array::from(vec![Some(0.1), None, Some(-0.0)]))),
        ("f64", Arc::new(Float64Array::from(vec![Some(f64::INFINITY), None, Some(f64::NEG_INFINITY)]))),
        (
            "decimal",
            Arc::new(
                Decimal128Array::from(vec![Some(-12345), None, Some(7)])
                    .with_precision_and_scale(20, 2)
                    .expect("fits"),
            ),
        ),
        (
            "wide",
            Arc::new(
                Decimal256Array::from(vec![Some(i256::from(-5)), None, Some(i256::from(9))])
                    .with_precision_and_scale(60, 5)
                    .expect("fits"),
            ),
        ),
        ("date", Arc::new(Date32Array::from(vec![Some(-1), None, Some(20_000)]))),
        ("time", Arc::new(Time64NanosecondArray::from(vec![Some(1), None, Some(86_399_999_999_999)]))),
        (
            "stamp",
            Arc::new(
                TimestampNanosecondArray::from(vec![Some(i64::MIN + 1), None, Some(5)])
                    .with_timezone("+00:00"),
            ),
        ),
        (
            "interval",
            Arc::new(IntervalDayTimeArray::from(vec![
                Some(IntervalDayTime::new(3, 700)),
                None,
                Some(IntervalDayTime::new(0, 0)),
            ])),
        ),
        ("bytes", Arc::new(BinaryArray::from(vec![Some(&b"\xff\x00"[..]), None, Some(b"plain")]))),
        (
            "fixed",
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(
                    [Some([1u8, 255]), None, Some([65, 66])].into_iter(),
                    2,
                )
                .expect("two bytes each"),
            ),
        ),
        ("list", Arc::new(lists)),
        ("struct", Arc::new(pairs)),
        ("map", Arc::new(map.finish())),
        ("large", Arc::new(LargeStringArray::from(vec![Some("l"), None, Some("")]))),
        (
            "view",
            Arc::new(StringViewArray::from(vec![
                Some("a view that is longer than twelve bytes"),
                None,
                Some("v"),
            ])),
        ),
        ("dictionary", Arc::new(DictionaryArray::<Int16Type>::from_iter([Some("one"), None, Some("one")]))),
        ("null", Arc::new(NullArray::new(3))),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let metadata = [("huggingface".to_owned(), "{}".to_owned())].into();
    let schema = Schema::new_with_metadata(fields, metadata);
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect())
        .expect("fits")
}

fn written(batch: &RecordBatch, times: usize) -> Vec<u8> {
    written_with(batch, times, Compression::ZSTD(ZstdLevel::default()))
}

fn written_with(batch: &RecordBatch, times: usize, codec: Compression) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_compression(codec)
        .set_max_row_group_row_count(Some(4))
        .set_key_value_metadata(Some(vec![KeyValue::new("mine".to_owned(), "kept".to_owned())]))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).expect("in memory");
    for _ in 0..times {
        writer.write(batch).expect("in memory");
    }
    writer.into_inner().expect("in memory")
}

/// Its rows in batches of one, its schema, its metadata, its row groups.
fn read(path: &std::path::Path) -> (Vec<RecordBatch>, Vec<String>, Vec<i64>) {
    let file = std::fs::File::open(path).expect("a file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let pairs = reader.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let mut pairs: Vec<String> = pairs.iter().map(|pair| format!("{pair:?}")).collect();
    pairs.sort();
    let groups = reader.metadata().row_groups();
    let codecs = groups.iter().map(|group| format!("codec {:?}", group.column(0).compression()));
    pairs.extend(codecs.collect::<std::collections::BTreeSet<_>>());
    let groups = groups.iter().map(|group| group.num_rows()).collect();
    let rows = reader.with_batch_size(1).build().expect("readable").map(|row| row.expect("readable"));
    (rows.collect(), pairs, groups)
}

#[test]
fn columns_of_every_type_come_back() {
    let run = Run::new(Limits::default());
    run.put("a.parquet", &written(&every_type(), 5));
    let sources = run.sources(Format::Auto);
    let (_, found) = run.survey(&sources.list[0]);
    assert_eq!(found.len(), 15);
    // Dropped, cut by their first character, and kept where they have none.
    run.rewrite(&sources, |number| match number % 5 {
        0 => Edit::Drop,
        _ if number % 3 != 2 => Edit::Change { cut: vec![Span::new(0, 1)], add: Vec::new() },
        _ => Edit::Keep,
    });
    let (rows, pairs, groups) = read(&run.at("in/a.parquet"));
    let (clean, clean_pairs, clean_groups) = read(&run.at("run/clean/a.parquet"));
    assert_eq!((clean.len(), clean_groups, &clean_pairs), (12, vec![4, 4, 4], &pairs));
    assert_eq!(clean[0].schema(), rows[0].schema());
    assert_eq!(clean[1], rows[1]);
    let cut = clean[0].column(0).as_any().downcast_ref::<StringArray>().expect("text");
    assert_eq!(cut.value(0), "lain");
    assert_eq!(clean[0].slice(0, 1).columns()[1..], rows[0].columns()[1..]);

    run.restore().expect("nothing was touched");
    assert_eq!(read(&run.at("back/a.parquet")), (rows, pairs, groups));
}

#[test]
fn every_codec_is_read_and_written_again() {
    for codec in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::BROTLI(Default::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let run = Run::new(Limits::default());
        run.put("a.parquet", &written_with(&every_type(), 3, codec));
        let (rows, pairs, groups) = read(&run.at("in/a.parquet"));
        run.rewrite(&run.sources(Format::Auto), |_| Edit::Drop);
        assert_eq!(read(&run.at("run/clean/a.parquet")).0.len(), 0);
        run.restore().expect("nothing was touched");
        // The codec is among what is compared.
        assert_eq!(read(&run.at("back/a.parquet")), (rows, pairs, groups), "{codec}");
    }
}

/// A file that says LZO, the one codec that has no reader.
#[test]
fn lzo_is_refused_with_what_to_do() {
    let run = Run::new(Limits::default());
    let bytes = written_with(&every_type(), 1, Compression::UNCOMPRESSED);
    run.put("plain.parquet", &bytes);
    let file = std::fs::File::open(run.at("in/plain.parquet")).expect("a file");
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).expect("Parquet");
    let mut changed = metadata.clone().into_builder();
    for group in changed.take_row_groups() {
        let columns =
            group.columns().iter().cloned().map(|column| {
                column.into_builder().set_compression(Compression::LZO).build().expect("a column")
            });
        let columns = columns.collect();
        changed =
            changed.add_row_group(group.into_builder().set_column_metadata(columns).build().expect("fits"));
    }
    let footer =
        bytes.len() - 8 - u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().unwrap()) as usize;
    let mut lzo = bytes[..footer].to_vec();
    ParquetMetaDataWriter::new(&mut lzo, &changed.build()).finish().expect("in memory");
    run.put("lzo.parquet", &lzo);
    let input = run.at("in/lzo.parquet").to_str().expect("a plain name").to_owned();
    let refused = dechaff::input::discover(&[input], &Default::default(), None).expect_err("no reader");
    assert!(refused.to_string().contains("LZO") && refused.to_string().contains("Zstandard"), "{refused}");
}

#[test]
fn bits_of_what_is_no_number_are_kept() {
    let odd = f64::from_bits(0x7ff8_0000_dead_beef);
    let numbers: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, odd, -f64::NAN]));
    let half = <Float16Type as ArrowPrimitiveType>::Native::from_f32(0.333);
    let halves: ArrayRef = Arc::new(Float16Array::from(vec![half; 3]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c"]));
    let batch = RecordBatch::try_from_iter([("text", text), ("f", numbers), ("h", halves)]).expect("fits");
    let run = Run::new(Limits::default());
    run.put("a.parquet", &written(&batch, 1));
    run.rewrite(&run.sources(Format::Auto), |_| Edit::Drop);
    assert_eq!(read(&run.at("run/clean/a.parquet")).0.len(), 0);
    run.restore().expect("nothing was touched");
    let bits = |rows: &[RecordBatch]| -> Vec<u64> {
        let column =
            |row: &RecordBatch| row.column(1).as_any().downcast_ref::<Float64Array>().expect("f").value(0);
        rows.iter().map(|row| column(row).to_bits()).collect()
    };
    let (back, original) = (read(&run.at("back/a.parquet")).0, read(&run.at("in/a.parquet")).0);
    assert_eq!(bits(&back), bits(&original));
    assert_eq!(back[2].column(2), original[2].column(2));
}

#[test]
fn a_damaged_row_group_costs_its_own_rows_only() {
    let run = Run::new(Limits::default());
    let mut bytes = written(&every_type(), 4);
    let path = run.at("in/a.parquet");
    run.put("a.parquet", &bytes);
    let file = std::fs::File::open(&path).expect("a file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let (start, length) = reader.metadata().row_group(1).column(0).byte_range();
    let middle = (start + length / 2) as usize;
    bytes[middle - 8..middle + 8].iter_mut().for_each(|byte| *byte ^= 0x5a);
    run.put("a.parquet", &bytes);
    let sources = run.sources(Format::Auto);
    let (_, found) = run.survey(&sources.list[0]);
    assert_eq!((found.iter().flatten().count(), found.len()), (8, 9));
    run.rewrite(&sources, |_| Edit::Keep);
    assert_eq!(run.restore().expect("what could be read").damaged, ["a.parquet"]);
    assert_eq!(read(&run.at("back/a.parquet")).0.len(), 8);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever bytes change, the run ends; a file that cannot be opened is refused when inputs are looked for.
    #[test]
    fn parquet_of_any_bytes_does_no_harm(at in any::<prop::sample::Index>(), mask in 1u8..=255, cut in any::<bool>()) {
        let mut bytes = written(&every_type(), 2);
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= mask }
        let run = Run::new(Limits::default());
        run.put("a.parquet", &bytes);
        let config = dechaff::config::InputConfig { format: Format::Parquet, ..Default::default() };
        let input = run.at("in").to_str().expect("a plain name").to_owned();
        if let Ok(sources) = dechaff::input::discover(&[input], &config, None) {
            run.survey(&sources.list[0]);
        }
    }
}
