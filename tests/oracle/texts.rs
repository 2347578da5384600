//! Texts that are made up, and edits of them: pairs of every likeness, from a seed.

use std::fmt::Write;

/// Numbers that look random (SplitMix64, Steele, Lea and Flood 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 on, below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn between(&mut self, start: usize, end: usize) -> usize {
        start + self.below(end - start)
    }

    /// From 0 to 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Chinese,
    English,
}

pub(crate) const SCRIPTS: [Script; 2] = [Script::Chinese, Script::English];

/// Words of a language: a number stands for one, a small number for a common one.
const VOCABULARY: usize = 3000;

/// A text as its words.
pub(crate) type Words = Vec<u16>;

/// A word of the vocabulary, common ones more often.
pub(crate) fn word(random: &mut Random) -> u16 {
    let share = random.share();
    (share * share * VOCABULARY as f64) as u16
}

pub(crate) fn words(random: &mut Random, count: usize) -> Words {
    (0..count).map(|_| word(random)).collect()
}

/// The text of some words: commas, full stops, and a line end after each `paragraph` words.
pub(crate) fn written(script: Script, words: &[u16], paragraph: usize) -> String {
    let mut text = String::with_capacity(words.len() * 7);
    let (comma, stop, space) = match script {
        Script::Chinese => ("，", "。", ""),
        Script::English => (",", ".", " "),
    };
    for (at, &word) in words.iter().enumerate() {
        let place = at % paragraph;
        if at > 0 && place == 0 {
            text.push_str(stop);
            text.push('\n');
        } else if place > 0 {
            // By the word before, so that an edit moves no other mark.
            match words[at - 1] % 17 {
                0 => text.push_str(stop),
                1 | 2 => text.push_str(comma),
                _ => {}
            }
            text.push_str(space);
        }
        match script {
            // One character in six, from 丐 on.
            Script::Chinese => {
                text.push(char::from_u32(0x4E10 + u32::from(word) * 6).expect("a Han character"))
            }
            Script::English => spell(word, &mut text),
        }
    }
    text.push_str(stop);
    text
}

/// Syllables, so that no word is another's and none is a mask.
fn spell(word: u16, text: &mut String) {
    let mut rest = usize::from(word) + 40;
    while rest > 0 {
        let consonant = b"bdfgklmnprstvz"[rest % 14] as char;
        let vowel = b"aeiou"[rest / 14 % 5] as char;
        write!(text, "{consonant}{vowel}").expect("a string takes everything");
        rest /= 70;
    }
}

/// What an editor does to a text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit {
    /// Words replaced, dropped or added, this share of them, all over the text.
    Scattered(f64),
    /// A stretch of this share rewritten.
    Rewritten(f64),
    /// A stretch of this share moved elsewhere, and a few words replaced.
    Moved(f64),
}

impl Edit {
    /// Any edit, up to where hardly anything is left.
    pub(crate) fn any(random: &mut Random, most: f64) -> Self {
        let share = random.share() * most;
        match random.below(4) {
            0 => Edit::Rewritten(share * 3.0),
            1 => Edit::Moved(share * 3.0),
            _ => Edit::Scattered(share),
        }
    }

    pub(crate) fn apply(self, random: &mut Random, words: &[u16]) -> Words {
        let stretch = |random: &mut Random, share: f64| {
            let length = ((words.len() as f64 * share) as usize).min(words.len() - 1);
            let start = random.below(words.len() - length);
            start..start + length
        };
        match self {
            Edit::Scattered(share) => {
                let mut edited = Vec::with_capacity(words.len() + 8);
                for &old in words {
                    if random.share() >= share {
                        edited.push(old);
                        continue;
                    }
                    match random.below(6) {
                        0 => {}
                        1 => edited.extend([old, word(random)]),
                        _ => edited.push(word(random)),
                    }
                }
                edited
            }
            Edit::Rewritten(share) => {
                let mut edited = words.to_vec();
                for at in stretch(random, share) {
                    edited[at] = word(random);
                }
                edited
            }
            Edit::Moved(share) => {
                let range = stretch(random, share);
                let mut edited = words.to_vec();
                let moved: Words = edited.drain(range).collect();
                let to = random.below(edited.len());
                edited.splice(to..to, moved);
                Edit::Scattered(share / 12.0).apply(random, &edited)
            }
        }
    }
}
