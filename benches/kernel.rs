//! Speed of the kernel on one core: fold, shingles, signature, anchors, and all of them one after the other.
//!
//! `cargo bench --bench kernel`. The texts are made here, from a seed: Chinese prose whose characters follow Zipf's law
//! over 3,000 of them, English prose, and a mixture with numbers, masks and markup. Bytes are bytes of UTF-8 text.
//! Every text is folded and signed once before, and the answer is asserted.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dechaff::hash;
use dechaff::sketch::anchors::anchors;
use dechaff::sketch::minhash::{MinHasher, SLOTS};
use dechaff::text::fold::{fold, fold_spans, number_slots};
use dechaff::text::shingle::shingles;

/// A million bytes and some, cut into paragraphs.
struct Text {
    name: &'static str,
    paragraphs: Vec<String>,
    /// Keys of all its units and of all signatures of its paragraphs.
    answer: (u64, u64),
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    /// A rank below 3,000, small ones often.
    fn rank(&mut self) -> u64 {
        let bound = 1 << self.below(13);
        self.below(bound).min(2999)
    }

    fn han(&mut self) -> char {
        let spread = (self.rank() * 7 + 11) % 20_000;
        char::from_u32(0x4E00 + spread as u32).unwrap_or('一')
    }

    fn word(&mut self) -> String {
        let rank = self.rank();
        let letters = 2 + rank % 9;
        (0..letters).map(|at| char::from(b'a' + (rank * 31 / (at + 1) % 26) as u8)).collect()
    }
}

fn chinese(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..20 {
        for _ in 0..8 + random.below(16) {
            text.push(random.han());
        }
        text.push(if random.below(3) == 0 { '。' } else { '，' });
    }
    text
}

fn english(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..60 {
        text.push_str(&random.word());
        text.push_str(if random.below(9) == 0 { ", " } else { " " });
    }
    text
}

fn mixed(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..20 {
        for _ in 0..random.below(12) {
            text.push(random.han());
        }
        match random.below(9) {
            0 => text.push_str(&format!("{}年{}月", 1990 + random.below(40), 1 + random.below(12))),
            1 => text.push_str("==次，"),
            2 => text.push_str(&format!(" {}'s {} ", random.word(), random.word())),
            3 => text.push_str("20xx年（１２）"),
            4 => text.push_str(" café—naïve; "),
            5 => text.push_str(&format!("**{}_{}**: https://example.org/?q=", random.word(), random.word())),
            6 => text.push_str("ひらがなとカタカナ、한국어 문장. "),
            _ => text.push('。'),
        }
    }
    text
}

fn texts() -> [Text; 3] {
    let make = |name, seed, paragraph: fn(&mut Random) -> String, answer| {
        let mut random = Random(seed);
        let mut paragraphs = Vec::new();
        let mut bytes = 0;
        while bytes < 1_000_000 {
            paragraphs.push(paragraph(&mut random));
            bytes += paragraphs[paragraphs.len() - 1].len();
        }
        Text { name, paragraphs, answer }
    };
    [
        make("zh", 0x9E37_79B9, chinese, (12037788825308760179, 12368684768820601498)),
        make("en", 0x7F4A_7C15, english, (11243920974646678709, 1748405874716433034)),
        make("mixed", 0x6659_FD93, mixed, (8936258460638114335, 14413321673845311549)),
    ]
}

fn kernel(criterion: &mut Criterion) {
    for text in texts() {
        let hasher = MinHasher::new(1);
        let mut units = Vec::new();
        let mut spans = Vec::new();
        let mut hashes = Vec::new();
        let mut signature = [0; SLOTS];
        let mut folded = Vec::new();
        let mut shingled = Vec::new();
        let mut signatures = Vec::new();
        for paragraph in &text.paragraphs {
            units.clear();
            fold(paragraph, &mut units);
            shingles(&units, &mut hashes);
            hasher.sign(&hashes, &mut signature);
            signatures.extend_from_slice(&signature);
            folded.push(units.clone());
            shingled.push(hashes.clone());
        }
        let found = (hash::units_key(&folded.concat()), hash::units_key(&signatures));
        assert_eq!(found, text.answer, "{}", text.name);

        let mut group = criterion.benchmark_group(text.name);
        group.throughput(Throughput::Bytes(text.paragraphs.iter().map(String::len).sum::<usize>() as u64));
        group.bench_function("fold", |bencher| {
            bencher.iter(|| {
                for paragraph in &text.paragraphs {
                    units.clear();
                    black_box(fold(paragraph, &mut units));
                }
            });
        });
        group.bench_function("fold_spans", |bencher| {
            bencher.iter(|| {
                for paragraph in &text.paragraphs {
                    units.clear();
                    spans.clear();
                    black_box(fold_spans(paragraph, &mut units, &mut spans));
                }
            });
        });
        group.bench_function("number_slots", |bencher| {
            bencher.iter(|| {
                text.paragraphs.iter().map(|paragraph| number_slots(paragraph).len()).sum::<usize>()
            });
        });
        group.bench_function("fold, shingle, sign, anchor", |bencher| {
            bencher.iter(|| {
                for paragraph in &text.paragraphs {
                    units.clear();
                    fold(paragraph, &mut units);
                    shingles(&units, &mut hashes);
                    hasher.sign(&hashes, &mut signature);
                    black_box((&signature, anchors(&hashes)));
                }
            });
        });
        group.throughput(Throughput::Elements(shingled.iter().map(Vec::len).sum::<usize>() as u64));
        group.bench_function("shingles", |bencher| {
            bencher.iter(|| folded.iter().for_each(|units| shingles(black_box(units), &mut hashes)));
        });
        group.bench_function("sign", |bencher| {
            bencher
                .iter(|| shingled.iter().for_each(|hashes| hasher.sign(black_box(hashes), &mut signature)));
        });
        group.bench_function("anchors", |bencher| {
            bencher.iter(|| {
                for hashes in &shingled {
                    black_box(anchors(hashes));
                }
            });
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).without_plots();
    targets = kernel
}
criterion_main!(benches);
