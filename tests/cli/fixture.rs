//! A folder of named files and the program in it, its environment scrubbed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder that goes when this is dropped.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::Builder::new().prefix("dechaff-test-").tempdir().unwrap())
    }

    /// A folder with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let place = Self::new();
        for (name, content) in files {
            place.file(name, content.as_bytes());
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn file(&self, name: &str, content: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// The lines of a JSONL file.
    pub(crate) fn rows(&self, name: &str) -> Vec<Value> {
        self.text(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    /// All files below a folder, by path relative to it.
    pub(crate) fn tree(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut tree = BTreeMap::new();
        let root = self.path(folder);
        let mut pending = vec![root.clone()];
        while let Some(path) = pending.pop() {
            for entry in std::fs::read_dir(&path).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    pending.push(path);
                } else {
                    let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                    tree.insert(name, std::fs::read(path).unwrap());
                }
            }
        }
        tree
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dechaff"));
        command.current_dir(self.0.path()).args(arguments);
        command.env_clear().env("TMPDIR", std::env::temp_dir());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.ran(self.command(arguments).output().unwrap())
    }

    /// Runs with something on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        use std::io::Write;
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        self.ran(child.wait_with_output().unwrap())
    }

    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    pub(crate) fn ran(&self, output: Output) -> Ran {
        let here = std::fs::canonicalize(self.0.path()).unwrap();
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("what is printed is UTF-8");
            text.replace(&here.to_string_lossy().into_owned(), "[HERE]")
        };
        Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs, and demands success.
    pub(crate) fn done(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.status, Some(0), "{arguments:?}\n{}", ran.shown());
        ran
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        Path::exists(&self.path(name))
    }

    /// Names in the folder itself, hidden ones too.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// What a call gave.
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// All of it, to be kept as a snapshot.
    pub(crate) fn shown(&self) -> String {
        let status = self.status.map_or("killed".to_owned(), |code| code.to_string());
        format!("status: {status}\n--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr)
    }
}

/// Compares a text with the snapshot of this name.
pub(crate) fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"in \d+\.\d s\b", "in [TIME] s");
    settings.add_filter(r"\d+\.\d\d s ", "[TIME] s ");
    settings.add_filter(r"\d+(\.\d)? [kMG]?B of memory", "[SIZE] of memory");
    settings.add_filter("expected one of .*", "expected one of [NAMES]");
    settings.add_filter(&regex::escape(env!("CARGO_PKG_VERSION")), "[VERSION]");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Paragraphs of an article on a village library; 6 numbers.
pub(crate) const LIBRARY: [&str; 3] = [
    "去年春天，柳湾村把闲置多年的旧粮仓改成了一间图书室，村民凑钱买来木料，自己动手钉书架、刷白墙，前后忙了整整47天，终于赶在端午节之前开了门。",
    "图书室如今藏书3260册，一半是县城中学淘汰下来的旧课本和工具书，另一半是从各家各户收来的小说、画报和农业技术手册，每天傍晚都有孩子趴在窗台边看书，直到天色暗得认不出字。",
    "管理员老贺原先是放电影的，他说一年里登记借书的有812人次，丢失的不过5本，其中2本后来又被人悄悄放回门口的竹筐里，还夹着一张写着对不起的纸条。",
];

/// The same with its numbers taken out.
pub(crate) const LIBRARY_STRIPPED: [&str; 3] = [
    "去年春天，柳湾村把闲置多年的旧粮仓改成了一间图书室，村民凑钱买来木料，自己动手钉书架、刷白墙，前后忙了整整天，终于赶在端午节之前开了门。",
    "图书室如今藏书册，一半是县城中学淘汰下来的旧课本和工具书，另一半是从各家各户收来的小说、画报和农业技术手册，每天傍晚都有孩子趴在窗台边看书，直到天色暗得认不出字。",
    "管理员老贺原先是放电影的，他说一年里登记借书的有人次，丢失的不过本，其中本后来又被人悄悄放回门口的竹筐里，还夹着一张写着对不起的纸条。",
];

/// The same with other numbers and some other words.
pub(crate) const LIBRARY_CHANGED: [&str; 3] = [
    "前年秋天，柳湾村把闲置多年的旧粮仓改成了一间阅览室，村民凑钱买来木料，自己动手钉书架、刷白墙，前后忙了整整52天，终于赶在端午节之前开了门。",
    "阅览室如今藏书4100册，一半是县城中学淘汰下来的旧课本和工具书，另一半是从各家各户收来的小说、画报和农业技术手册，每天傍晚都有孩子趴在窗台边看书，直到天色暗得认不出字。",
    "管理员老贺原先是放电影的，他说一年里登记借书的有930人次，丢失的不过6本，其中3本后来又被人悄悄放回门口的竹筐里，还夹着一张写着对不起的纸条。",
];

/// Something else.
pub(crate) const KILN: [&str; 2] = [
    "窑工说烧砖最怕连阴雨，坯子晾不干，进了窑就裂，一窑砖里能挑出三成废品，老板的脸色比天色还难看，伙计们只好围着火盆打牌，等太阳出来。",
    "等到秋后天气放晴，窑口的火三天三夜不熄，远远望去像一只红眼睛蹲在山坡上，赶夜路的人都拿它当路标，说看见窑火就离家不远了。",
];

/// Something else again.
pub(crate) const MARKET: [&str; 2] = [
    "每逢初三，河对岸的集市就热闹起来，卖竹器的占住桥头，补锅的蹲在槐树底下，耍猴的人敲着铜锣绕场子走，孩子们跟在后面一路小跑，鞋跑丢了也顾不上捡。",
    "散集以后地上只剩菜叶和草绳，清洁工推着独轮车来回扫，扫出来的硬币攒在一只搪瓷缸里，年底换成糖，分给环卫站的每一个人。",
];

/// In English.
pub(crate) const FERRY: [&str; 3] = [
    "The ferry at Oxley Staithe has carried sheep, bicycles and wedding parties across the estuary for longer than anybody can prove, and the present boat is the fourth to bear the name.",
    "Her skipper keeps a ledger in which every crossing is noted in pencil, with the state of the tide and a word about the passengers, who are mostly described as damp or very damp.",
    "When the county offered to build a footbridge the parish voted against it, partly for the view, and partly because nobody could imagine what the skipper would do with the winter.",
];

/// A JSONL record.
pub(crate) fn record(id: &str, paragraphs: &[&str]) -> String {
    serde_json::json!({"id": id, "text": paragraphs.join("\n")}).to_string() + "\n"
}

/// Five pages: an article, its copy without numbers, one with other numbers, and two others.
pub(crate) fn pages() -> String {
    [
        record("library", &LIBRARY),
        record("library-stripped", &LIBRARY_STRIPPED),
        record("library-changed", &LIBRARY_CHANGED),
        record("kiln", &KILN),
        record("ferry", &FERRY),
    ]
    .concat()
}

/// A folder with [`pages`] as `pages.jsonl`.
pub(crate) fn sample() -> Place {
    Place::with(&[("pages.jsonl", &pages())])
}
