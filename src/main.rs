//! The command line.

use dechaff::pipeline::run::{Job, Rewrite, run};

fn main() {
    let mut args = std::env::args().skip(1);
    let mode = args.next().unwrap();
    let mut inputs = Vec::new();
    let mut output = None;
    let mut config = dechaff::Config::default();
    let mut pairs = dechaff::pipeline::documents::Pairs::Skip;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-o" => output = args.next(),
            "--threshold" => config.matching.threshold = args.next().unwrap().parse().unwrap(),
            "--containment" => config.matching.containment = args.next().unwrap().parse().unwrap(),
            "--pairs" => pairs = dechaff::pipeline::documents::Pairs::All,
            "--site-field" => config.input.site_field = args.next(),
            "--only" => config.removal.only = dechaff::config::Only::Chrome,
            _ => inputs.push(arg),
        }
    }
    let job = Job {
        inputs,
        against: Vec::new(),
        output: output.unwrap().into(),
        overwrite: dechaff::output::Overwrite::Force,
        rewrite: if mode == "clean" { Rewrite::Clean } else { Rewrite::Nothing },
        pairs,
        memory: 1 << 30,
        rules: None,
        config,
    };
    match run(&job, &dechaff::progress::Silent) {
        Ok(_) => {}
        Err(error) => {
            std::io::Write::write_all(&mut std::io::stderr(), format!("{error}\n").as_bytes()).unwrap();
            std::process::exit(2);
        }
    }
}
