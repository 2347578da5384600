//! Joins a kana and its voicing mark, and jamo to syllables, as NFC does (Unicode, chapter 3.12 and UAX #15).

const SYLLABLES: u32 = 0xAC00;
const LEADS: u32 = 0x1100;
const VOWELS: u32 = 0x1161;
/// One before the first final consonant: a syllable without one counts as the zeroth.
const FINALS: u32 = 0x11A7;

/// The character that `base` and the `mark` after it make, if they make one.
pub(super) fn compose(base: u32, mark: u32) -> Option<u32> {
    match mark {
        0x3099 => voiced(base),
        0x309A => half_voiced(base),
        0x1161..=0x1175 => {
            matches!(base, 0x1100..=0x1112).then(|| SYLLABLES + ((base - LEADS) * 21 + (mark - VOWELS)) * 28)
        }
        0x11A8..=0x11C2 => (matches!(base, SYLLABLES..=0xD7A3) && (base - SYLLABLES).is_multiple_of(28))
            .then(|| base + (mark - FINALS)),
        _ => None,
    }
}

fn voiced(base: u32) -> Option<u32> {
    match base {
        0x3046 => Some(0x3094),
        0x30A6 => Some(0x30F4),
        0x30EF..=0x30F2 => Some(base + 8),
        0x309D | 0x30FD => Some(base + 1),
        0x3041..=0x3096 | 0x30A1..=0x30F6 => {
            // か to ぢ alternate plain and voiced; small っ shifts つ て と; は to ほ come in threes.
            let row = if base < 0x30A0 { base } else { base - 0x60 };
            let plain = match row {
                0x304B..=0x3061 => row % 2 == 1,
                0x3064 | 0x3066 | 0x3068 => true,
                0x306F..=0x307B => row % 3 == 0,
                _ => false,
            };
            plain.then_some(base + 1)
        }
        _ => None,
    }
}

fn half_voiced(base: u32) -> Option<u32> {
    let plain = matches!(base, 0x306F..=0x307B | 0x30CF..=0x30DB) && base.is_multiple_of(3);
    plain.then_some(base + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_unicode_does() {
        let marks = (0x1161..=0x1175).chain(0x11A8..=0x11C2).chain([0x3099, 0x309A]);
        for mark in marks {
            for base in (0..0x1_0000).filter_map(char::from_u32) {
                let expected =
                    char::from_u32(mark).and_then(|mark| unicode_normalization::char::compose(base, mark));
                assert_eq!(compose(base as u32, mark), expected.map(u32::from), "{base} {mark:x}");
            }
        }
    }
}
