//! A miniature run: inputs → `clean/` and `restore.bin.zst` → back, every step checked.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use dechaff::config::{Config, Format, InputConfig};
use dechaff::input::{
    Blocks, Compression, Contents, Fields, Limits, Parsed, Source, SourceFormat, Sources, discover, records,
};
use dechaff::output::{Edit, PatchStore, Rewriter, restore};
use dechaff::progress::Silent;

pub(crate) const COMPRESSIONS: [Compression; 5] =
    [Compression::None, Compression::Gzip, Compression::Zstd, Compression::Bzip2, Compression::Xz];

/// Inputs in a temporary folder, and a run's folder beside them.
pub(crate) struct Run {
    pub(crate) place: tempfile::TempDir,
    pub(crate) limits: Limits,
    pub(crate) fields: Fields,
}

impl Run {
    pub(crate) fn new(limits: Limits) -> Self {
        let place = tempfile::tempdir().expect("a temporary folder");
        for folder in ["in", "run"] {
            fs::create_dir(place.path().join(folder)).expect("a folder");
        }
        Self { place, limits, fields: Fields::new(&Config::default().input) }
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.place.path().join(path)
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.at("in").join(name), bytes).expect("a file");
    }

    pub(crate) fn sources(&self, format: Format) -> Sources {
        let config = InputConfig { format, ..InputConfig::default() };
        let input = self.at("in").to_str().expect("a plain name").to_owned();
        discover(&[input], &config, None).expect("inputs")
    }

    /// The first pass: what the source holds, and each record by number, `None` for a bad one.
    pub(crate) fn survey(&self, source: &Source) -> (Contents, Vec<Option<Found>>) {
        let mut blocks = Blocks::open(source, self.limits).expect("readable");
        let mut found = Vec::new();
        let (mut offset, mut last) = (0, 0);
        for block in blocks.by_ref() {
            let block = block.expect("readable");
            assert_eq!(block.offset, offset, "blocks tile the stream");
            offset += block.bytes.len() as u64;
            for parsed in records(&block, source.format, &self.fields) {
                let number = match &parsed {
                    Parsed::Record(record) => record.number,
                    Parsed::Bad(bad) => bad.number,
                };
                found.push(match parsed {
                    Parsed::Record(record) => Some(Found {
                        number,
                        raw: record.raw.to_vec(),
                        text: record.text.map(|text| text.into_owned()),
                    }),
                    Parsed::Bad(_) => None,
                });
                // Records of an archive that are no pages have numbers, too.
                let has_gaps = source.format == SourceFormat::Warc;
                assert!(number == last + 1 || (has_gaps && number > last), "records are numbered in order");
                last = number;
            }
        }
        assert!(blocks.records() == last || source.format == SourceFormat::Warc);
        assert_eq!(blocks.contents().length, offset);
        (blocks.contents(), found)
    }

    /// The second pass over all sources, into `run`; counts of kept, changed, dropped and bad records of each.
    pub(crate) fn rewrite(&self, sources: &Sources, mut edit: impl FnMut(u64) -> Edit) -> Vec<[u64; 4]> {
        let folder = self.at("run");
        let rewriter = Rewriter {
            folder: &folder,
            fields: &self.fields,
            limits: self.limits,
            columns: &[],
            progress: &Silent,
        };
        let mut store = PatchStore::create(&folder.join("restore.bin.zst")).expect("a new file");
        let mut counts = Vec::new();
        for source in &sources.list {
            let (contents, _) = self.survey(source);
            let done = rewriter
                .rewrite(source, &contents, |number| Ok(edit(number)))
                .expect("what was surveyed can be rewritten");
            counts.push([done.kept, done.changed, done.dropped, done.bad]);
            store.append(done.patch).expect("written");
        }
        store.finish().expect("written");
        counts
    }

    pub(crate) fn restore(&self) -> dechaff::Result<dechaff::output::Restored> {
        restore(&self.at("run"), &self.at("back"), &Silent)
    }
}

/// What the first pass saw of a good record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) number: u64,
    pub(crate) raw: Vec<u8>,
    pub(crate) text: Option<String>,
}

pub(crate) fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    match compression {
        Compression::None => bytes.to_vec(),
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).expect("in memory");
            encoder.finish().expect("in memory")
        }
        Compression::Zstd => zstd::encode_all(bytes, 1).expect("in memory"),
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(bytes).expect("in memory");
            encoder.finish().expect("in memory")
        }
        Compression::Xz => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
            encoder.write_all(bytes).expect("in memory");
            encoder.finish().expect("in memory")
        }
    }
}

/// All decompressed bytes of a file, by other means than the library's.
pub(crate) fn decompressed(path: &Path, compression: Compression) -> Vec<u8> {
    let file = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    match compression {
        Compression::None => return file,
        Compression::Gzip => flate2::read::MultiGzDecoder::new(&file[..]).read_to_end(&mut bytes),
        Compression::Zstd => zstd::stream::copy_decode(&file[..], &mut bytes).map(|()| 0),
        Compression::Bzip2 => bzip2::read::MultiBzDecoder::new(&file[..]).read_to_end(&mut bytes),
        Compression::Xz => liblzma::read::XzDecoder::new_multi_decoder(&file[..]).read_to_end(&mut bytes),
    }
    .expect("whole");
    bytes
}
