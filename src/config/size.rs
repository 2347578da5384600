//! Sizes in bytes as people write them: `512M`, `2GiB`, `1.5g`, `1000000`; units count in 1024s.

use serde::{Deserialize, Deserializer, Serializer};

/// Bytes.
///
/// ```
/// use dechaff::config::size::{parse, shown};
/// assert_eq!(parse("1.5g"), Ok(3 << 29));
/// assert_eq!(shown(512 << 20), "512MiB");
/// assert_eq!(shown(1000), "1000");
/// ```
///
/// # Errors
/// What to give instead.
pub fn parse(text: &str) -> Result<u64, String> {
    let problem = || "give a size such as `512M` or `2GiB`".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: f64 = number.parse().map_err(|_| problem())?;
    let unit = unit.trim().to_ascii_lowercase();
    let shift = match unit.strip_suffix("ib").or(unit.strip_suffix('b')).unwrap_or(&unit) {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err(problem()),
    };
    let bytes = number * f64::from(1u32 << (shift / 2)) * f64::from(1u32 << (shift / 2));
    if bytes < 1e18 { Ok(bytes as u64) } else { Err(problem()) }
}

/// A size in the largest unit that divides it; [`parse`] gives it back.
pub fn shown(bytes: u64) -> String {
    let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.iter().find(|(shift, _)| bytes > 0 && bytes.trailing_zeros() >= *shift);
    unit.map_or_else(|| bytes.to_string(), |(shift, name)| format!("{}{name}", bytes >> shift))
}

pub(super) fn serialize<S: Serializer>(bytes: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&shown(*bytes))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    parse(&text).map_err(|problem| serde::de::Error::custom(format!("`{text}` is no size: {problem}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("1k", 1 << 10),
            ("512M", 512 << 20),
            ("512 MB", 512 << 20),
            ("2GiB", 2 << 30),
            ("1.5g", 3 << 29),
            ("1T", 1 << 40),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
            assert_eq!(parse(&shown(bytes)), Ok(bytes), "{text}");
        }
        for text in ["", "G", "-1", "1X", "1.2.3G", "9999999T", "NaN"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
