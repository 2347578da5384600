//! Signatures against exact Jaccard.

use dechaff::matching::verify::overlap;
use dechaff::sketch::minhash::{MinHasher, SLOTS, estimate};

use crate::corpus::shingles_of;
use crate::texts::{Edit, Random, SCRIPTS, words, written};

/// At every Jaccard the mean of many estimates is the truth, and they scatter as the theory says.
#[test]
fn estimates_are_unbiased() {
    for script in SCRIPTS {
        let mut random = Random::new(5 + script as u64);
        let pairs: Vec<(Vec<u64>, Vec<u64>)> = (0..400)
            .map(|_| {
                let length = random.between(60, 600);
                let base = words(&mut random, length);
                let edited = Edit::Scattered(random.share().powi(2) * 0.4).apply(&mut random, &base);
                let set = |words| shingles_of(&written(script, words, 90));
                (set(&base), set(&edited))
            })
            .collect();
        // Sums of error, of squared error over the theory's variance, and how many, by Jaccard.
        let mut bins = [(0.0, 0.0, 0usize); 5];
        for seed in 0..8 {
            let hasher = MinHasher::new(seed);
            for (a, b) in &pairs {
                let jaccard = overlap(a, b).jaccard();
                let (mut x, mut y) = ([0; SLOTS], [0; SLOTS]);
                hasher.sign(a, &mut x);
                hasher.sign(b, &mut y);
                let error = estimate(&x, &y) - jaccard;
                let variance = (jaccard * (1.0 - jaccard) / SLOTS as f64).max(1e-6);
                let bin = &mut bins[((jaccard * 5.0) as usize).min(4)];
                *bin = (bin.0 + error, bin.1 + error * error / variance, bin.2 + 1);
            }
        }
        for (at, (error, squared, count)) in bins.into_iter().enumerate() {
            let (mean, spread) = (error / count as f64, squared / count as f64);
            crate::say(&format!(
                "estimate, {script:?}, J from .{}: {count} pairs, bias {mean:+.4}, variance x {spread:.2}",
                at * 2
            ));
            assert!(count >= 100, "{script:?}, J from .{}: {count} estimates say nothing", at * 2);
            // Standard error of the mean is below .05 / √100; estimates of one pair are not independent of its texts.
            assert!(mean.abs() < 0.01, "{script:?}, J from .{}: bias {mean:+.4}", at * 2);
            assert!(
                (0.7..1.4).contains(&spread),
                "{script:?}, J from .{}: {spread:.2} times the variance",
                at * 2
            );
        }
    }
}
