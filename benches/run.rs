//! Speed of a whole run on one core: JSON Lines in, a finished folder out, with the settings that dechaff ships with.
//!
//! `cargo bench --bench run`. The corpus is made here, from a seed: Chinese pages of twelve paragraphs on sites of ten
//! pages with a menu and a footer, every fifth page a copy of an earlier one with a few characters replaced. Bytes are
//! bytes of the input file. The answer is asserted: each copy is found, and nothing else.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dechaff::Config;
use dechaff::output::Overwrite;
use dechaff::pipeline::documents::Pairs;
use dechaff::pipeline::run::{Job, Rewrite, run};

const PAGES: usize = 2_000;
const EVERY: usize = 5;

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn han(&mut self) -> char {
        let bound = 1 << self.below(13);
        let rank = self.below(bound).min(2999);
        char::from_u32(0x4E00 + ((rank * 7 + 11) % 20_000) as u32).unwrap_or('一')
    }

    fn paragraph(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..8 {
            (0..6 + self.below(10)).for_each(|_| text.push(self.han()));
            text.push(if self.below(3) == 0 { '。' } else { '，' });
        }
        text.push_str("完。");
        text
    }
}

/// The corpus, and the pairs of a copy and the page that it was made of.
fn corpus() -> (String, BTreeSet<(usize, usize)>) {
    let mut random = Random(0x5EED);
    let mut bodies: Vec<Vec<String>> = Vec::new();
    let (mut lines, mut copies) = (String::new(), BTreeSet::new());
    for page in 0..PAGES {
        let mut body: Vec<String> = (0..12).map(|_| random.paragraph()).collect();
        if page % EVERY == EVERY - 1 {
            let original = page - EVERY + 1;
            copies.insert((original, page));
            body = bodies[original].clone();
            for paragraph in &mut body {
                let at = random.below(20) as usize;
                let replaced = random.han();
                *paragraph =
                    paragraph.chars().enumerate().map(|(n, c)| if n == at { replaced } else { c }).collect();
            }
        }
        let site = page / 10;
        let text = format!(
            "首页 | 新闻 | 关于本站{site}\\n{}\\n版权所有 © 某某网{site} 京ICP备00000000号",
            body.join("\\n")
        );
        writeln!(lines, r#"{{"id":{page},"url":"http://s{site}.example.org/{page}","text":"{text}"}}"#)
            .expect("writing to a string never fails");
        bodies.push(body);
    }
    (lines, copies)
}

fn clusters(input: &Path, output: &Path) -> BTreeSet<(usize, usize)> {
    let job = Job {
        inputs: vec![input.to_string_lossy().into_owned()],
        against: Vec::new(),
        protect: Vec::new(),
        output: output.to_path_buf(),
        overwrite: Overwrite::Force,
        rewrite: Rewrite::Nothing,
        pairs: Pairs::Skip,
        memory: 1 << 30,
        rules: None,
        model: None,
        config: Config::default(),
    };
    run(&job, &dechaff::progress::Silent).expect("the corpus is sound");
    let documents = std::fs::read_to_string(output.join("documents.jsonl")).expect("a run leaves its log");
    let rows = documents.lines().map(|line| -> serde_json::Value {
        serde_json::from_str(line).expect("every line of a log is an object")
    });
    let number = |value: &serde_json::Value| value.as_u64().expect("ids are numbers") as usize;
    rows.filter(|row| row["cluster"] != row["id"])
        .map(|row| {
            let (a, b) = (number(&row["id"]), number(&row["cluster"]));
            (a.min(b), a.max(b))
        })
        .collect()
}

fn whole(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let (input, output) = (folder.path().join("pages.jsonl"), folder.path().join("out"));
    let (lines, copies) = corpus();
    std::fs::write(&input, &lines).expect("there is room for the corpus");
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("no pool was made before");
    assert_eq!(clusters(&input, &output), copies);

    let mut group = criterion.benchmark_group("run");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(lines.len() as u64));
    group.bench_function("clusters", |bencher| bencher.iter(|| clusters(&input, &output)));
    group.finish();
}

criterion_group!(benches, whole);
criterion_main!(benches);
