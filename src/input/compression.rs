//! Compressed file → decompressed bytes, with damage told apart from a disk that fails.
//!
//! gzip may have many members, zstd many frames, bzip2 and xz many streams. At damage, everything that the decoder can produce before it is
//! handed out first, then the reason: damage is a bad record of the input, never an error of the run. Behind it reading
//! may go on with the next member, frame or stream ([`Decoder::resume`]). Reading the same file again gives the same
//! bytes and the same damage.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use liblzma::bufread::XzDecoder;

use super::parquet::Rows;
use super::sniff::SourceFormat;
use crate::error::{Error, Result};

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952), one member or many.
    Gzip,
    /// Zstandard (RFC 8878), one frame or many, windows up to 2 GiB.
    Zstd,
    /// bzip2, one stream or many.
    Bzip2,
    /// xz, one stream or many.
    Xz,
}

impl Compression {
    /// The compression that a file's first bytes announce.
    ///
    /// ```
    /// use dechaff::input::Compression;
    /// assert_eq!(Compression::of(b"\x1f\x8b\x08..."), Compression::Gzip);
    /// assert_eq!(Compression::of(b"plain"), Compression::None);
    /// ```
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 0x08, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
            // A skippable frame: pzstd and seekable archives begin with one.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Compression::Bzip2,
            // A stream without a block has its end mark there.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, ..] => Compression::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Compression::Xz,
            _ => Compression::None,
        }
    }

    /// What it is called in a message.
    fn name(self) -> &'static str {
        match self {
            Compression::None => "uncompressed",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Bzip2 => "bzip2",
            Compression::Xz => "xz",
        }
    }

    /// The usual file name extension, empty for an uncompressed file.
    pub fn extension(self) -> &'static str {
        match self {
            Compression::None => "",
            Compression::Gzip => "gz",
            Compression::Zstd => "zst",
            Compression::Bzip2 => "bz2",
            Compression::Xz => "xz",
        }
    }
}

/// What [`Decoder::fill`] came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Filled {
    /// As much as was asked for, and there may be more.
    More,
    /// The end of the stream.
    End,
    /// The stream cannot be read any further, for this reason.
    Damaged(String),
}

/// Reads one file, decompressed.
pub(crate) struct Decoder {
    path: PathBuf,
    compression: Compression,
    stream: Stream,
    /// Bytes that were delivered since the stream was opened.
    delivered: u64,
    /// Bytes of the file that were read before that.
    consumed: u64,
}

impl Decoder {
    /// The bytes of a file; of a Parquet file its rows as JSON Lines.
    pub(crate) fn open(path: &Path, format: SourceFormat, compression: Compression) -> Result<Self> {
        if format == SourceFormat::Parquet {
            return Self::rows(path, 0);
        }
        let stream = Stream::open(path, compression, 0)?;
        Ok(Self { path: path.to_path_buf(), compression, stream, delivered: 0, consumed: 0 })
    }

    /// The rows of a Parquet file, the last `added` of whose columns a run added.
    pub(crate) fn rows(path: &Path, added: usize) -> Result<Self> {
        let stream = Stream::Rows(Box::new(Rows::open(path, added).map_err(Error::io(path))?));
        Ok(Self {
            path: path.to_path_buf(),
            compression: Compression::None,
            stream,
            delivered: 0,
            consumed: 0,
        })
    }

    /// Bytes of the file that were read so far, for progress.
    pub(crate) fn consumed(&self) -> u64 {
        match &self.stream {
            Stream::Rows(rows) => rows.consumed(),
            stream => stream.file().map_or(0, |file| file.start + file.consumed).max(self.consumed),
        }
    }

    /// Goes on behind damage, with the next member, frame or stream that can be read; whether there is one.
    pub(crate) fn resume(&mut self) -> Result<bool> {
        let Some(damaged) = self.stream.position() else { return Ok(false) };
        let mut file = File::open(&self.path).map_err(Error::io(&self.path))?;
        let mut from = damaged;
        let mut window = Vec::new();
        for _ in 0..TRIES {
            match next_magic(&mut file, from, self.compression, &mut window).map_err(Error::io(&self.path))? {
                None => return Ok(false),
                Some(at) => {
                    let mut stream = Stream::open(&self.path, self.compression, at)?;
                    if matches!(stream.read(&mut [0; 64]), Ok(1..)) {
                        // More was read ahead than was decoded.
                        self.consumed = self.consumed();
                        self.stream = Stream::open(&self.path, self.compression, at)?;
                        self.delivered = 0;
                        return Ok(true);
                    }
                    from = at + 1;
                }
            }
        }
        Ok(false)
    }

    /// Appends about `wanted` decompressed bytes to `buffer`; fewer only at the end or at damage.
    pub(crate) fn fill(&mut self, buffer: &mut Vec<u8>, wanted: usize) -> Result<Filled> {
        let target = buffer.len() + wanted;
        while buffer.len() < target {
            let start = buffer.len();
            buffer.resize(target.min(start + STEP), 0);
            let outcome = self.stream.read(&mut buffer[start..]);
            buffer.truncate(start + outcome.as_ref().map_or(0, |&length| length));
            match outcome {
                Ok(0) => return Ok(Filled::End),
                Ok(length) => self.delivered += length as u64,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.damage(error, buffer),
            }
        }
        Ok(Filled::More)
    }

    fn damage(&mut self, error: io::Error, buffer: &mut Vec<u8>) -> Result<Filled> {
        if matches!(self.stream, Stream::Rows(_)) {
            return Ok(Filled::Damaged(format!("damaged Parquet file: {error}")));
        }
        if self.compression == Compression::None || self.stream.file().is_none_or(|file| file.failed) {
            return Err(Error::io(&self.path)(error));
        }
        // At the end of a truncated file all output is out; inside a damaged one the last call's output is not.
        if error.kind() != ErrorKind::UnexpectedEof {
            self.salvage(buffer)?;
        }
        let kind = self.compression.name();
        Ok(Filled::Damaged(format!(
            "damaged {kind} stream after {} decompressed bytes: {error}",
            self.delivered
        )))
    }

    /// Reads what the failed call had decoded and lost: the stream again, byte by byte near the damage.
    fn salvage(&mut self, buffer: &mut Vec<u8>) -> Result<()> {
        let start = self.stream.file().map_or(0, |file| file.start);
        let mut stream = Stream::open(&self.path, self.compression, start)?;
        let mut skipped = 0;
        let mut scratch = vec![0; STEP];
        while skipped < self.delivered {
            let step = scratch.len().min(usize::try_from(self.delivered - skipped).unwrap_or(usize::MAX));
            match stream.read(&mut scratch[..step]) {
                Ok(0) => return Ok(()),
                Ok(length) => skipped += length as u64,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Ok(()),
            }
        }
        let mut byte = [0];
        loop {
            match stream.read(&mut byte) {
                Ok(1) => {
                    buffer.push(byte[0]);
                    self.delivered += 1;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => return Ok(()),
            }
        }
    }
}

/// Most bytes that are asked of a decoder in one call: what salvage may have to read byte by byte.
const STEP: usize = 64 << 10;

/// Places behind damage that are tried: bytes may look like a beginning and be none.
const TRIES: usize = 1000;

/// Where at or after `from` a member, frame or stream seems to begin.
fn next_magic(
    file: &mut File,
    mut from: u64,
    compression: Compression,
    window: &mut Vec<u8>,
) -> io::Result<Option<u64>> {
    loop {
        file.seek(SeekFrom::Start(from))?;
        window.clear();
        file.by_ref().take(1 << 20).read_to_end(window)?;
        let starts = (0..window.len()).find(|&at| Compression::of(&window[at..]) == compression);
        match starts {
            Some(at) => return Ok(Some(from + at as u64)),
            // A beginning may lie across the border of two windows.
            None if window.len() == 1 << 20 => from += (window.len() - MAGIC) as u64,
            None => return Ok(None),
        }
    }
}

/// Longest beginning that tells a compression, less one byte.
const MAGIC: usize = 7;

/// Largest zstd window that is accepted, as a power of two: all that `zstd --long` can write.
const WINDOW: u32 = if cfg!(target_pointer_width = "64") { 31 } else { 30 };

/// Most memory that an xz decoder may take: a larger dictionary is refused, as a zstd window is.
const XZ_MEMORY: u64 = 2 << 30;

enum Stream {
    Plain(Tracked),
    Gzip(Box<MultiGzDecoder<BufReader<Tracked>>>),
    Zstd(zstd::Decoder<'static, BufReader<Tracked>>),
    Bzip2(Box<MultiBzDecoder<BufReader<Tracked>>>),
    Xz(XzDecoder<BufReader<Tracked>>),
    Rows(Box<Rows>),
}

impl Stream {
    /// Opens what is compressed in a file from `start` on.
    fn open(path: &Path, compression: Compression, start: u64) -> Result<Self> {
        let mut file = File::open(path).map_err(Error::io(path))?;
        if start > 0 {
            file.seek(SeekFrom::Start(start)).map_err(Error::io(path))?;
        }
        let file = Tracked { file, start, consumed: 0, failed: false };
        let buffered = |file| BufReader::with_capacity(1 << 17, file);
        Ok(match compression {
            Compression::None => Stream::Plain(file),
            Compression::Gzip => Stream::Gzip(Box::new(MultiGzDecoder::new(buffered(file)))),
            Compression::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(buffered(file)).map_err(Error::io(path))?;
                decoder.window_log_max(WINDOW).map_err(Error::io(path))?;
                Stream::Zstd(decoder)
            }
            Compression::Bzip2 => Stream::Bzip2(Box::new(MultiBzDecoder::new(buffered(file)))),
            Compression::Xz => {
                let stream =
                    liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED);
                let stream = stream.map_err(|error| Error::io(path)(error.into()))?;
                Stream::Xz(XzDecoder::new_stream(buffered(file), stream))
            }
        })
    }

    /// The file, where it is read from front to back.
    fn file(&self) -> Option<&Tracked> {
        match self {
            Stream::Plain(file) => Some(file),
            stream => stream.buffered().map(BufReader::get_ref),
        }
    }

    /// The file below a decoder.
    fn buffered(&self) -> Option<&BufReader<Tracked>> {
        Some(match self {
            Stream::Plain(_) | Stream::Rows(_) => return None,
            Stream::Gzip(decoder) => decoder.get_ref(),
            Stream::Zstd(decoder) => decoder.get_ref(),
            Stream::Bzip2(decoder) => decoder.get_ref(),
            Stream::Xz(decoder) => decoder.get_ref(),
        })
    }

    /// Up to which byte of the file the decoder has come.
    fn position(&self) -> Option<u64> {
        let buffered = self.buffered()?;
        let file = buffered.get_ref();
        Some(file.start + file.consumed - buffered.buffer().len() as u64)
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(file) => file.read(buffer),
            Stream::Gzip(decoder) => decoder.read(buffer),
            Stream::Zstd(decoder) => decoder.read(buffer),
            Stream::Bzip2(decoder) => decoder.read(buffer),
            Stream::Xz(decoder) => decoder.read(buffer),
            Stream::Rows(rows) => rows.read(buffer),
        }
    }
}

/// A file that remembers how far it was read, and whether reading it failed.
struct Tracked {
    file: File,
    /// Where in the file reading began.
    start: u64,
    consumed: u64,
    failed: bool,
}

impl Read for Tracked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let outcome = self.file.read(buffer);
        match &outcome {
            Ok(length) => self.consumed += *length as u64,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => self.failed = true,
        }
        outcome
    }
}

/// Whether this extension (lower case) is a compression's.
pub(super) fn is_compression(extension: &str) -> bool {
    matches!(extension, "gz" | "gzip" | "zst" | "zstd" | "bz2" | "bzip2" | "xz")
}
