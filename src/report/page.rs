//! The view → HTML: the template, its style and its script, and the policy that allows these two and nothing else.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, escape_formatter};

use super::marked::escaped;
use super::view::View;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// SHA-256 of both as they stand between their tags, for the page's policy.
const STYLE_HASH: &str = "sha256-o3yWxG6Oqhz45HlRtzBn5rU//qf4fFhVN7u0NBBoK50=";
const SCRIPT_HASH: &str = "sha256-V1HxuamlCsZApvlLCRdTOpGc7nVLwjwVfRWsqX72P8k=";

/// The page.
pub(super) fn page(view: &View) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the usual delimiters"));
    // Whatever is no HTML of `marked` is text.
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => out.write_str(&escaped(text)).map_err(Error::from),
        _ => escape_formatter(out, state, value),
    });
    environment.add_filter("count", count);
    environment.add_filter("share", share);
    environment.add_filter("two", |value: f64| format!("{value:.2}"));
    environment.add_filter("many", |number: u64, one: &str, more: &str| {
        format!("{} {}", count(number), if number == 1 { one } else { more })
    });
    let parts = minijinja::context! {
        style => Value::from_safe_string(STYLE.into()),
        script => Value::from_safe_string(SCRIPT.into()),
        style_hash => STYLE_HASH,
        script_hash => SCRIPT_HASH,
        ..Value::from(Serde(view))
    };
    environment.render_str(TEMPLATE, parts).unwrap_or_else(|error| panic!("page.html: {error:#}"))
}

/// A number with a comma at each thousand.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A part of a whole in percent, to one place.
fn share(part: u64, whole: u64) -> String {
    match 100.0 * part as f64 / whole.max(1) as f64 {
        0.0 => "0 %".into(),
        share if share < 0.1 => "<0.1 %".into(),
        share => format!("{share:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    /// A wrong hash would leave the page without style and script.
    #[test]
    fn the_policy_allows_what_is_there() {
        for (name, text, hash) in [("STYLE", STYLE, STYLE_HASH), ("SCRIPT", SCRIPT, SCRIPT_HASH)] {
            let right = format!("sha256-{}", STANDARD.encode(Sha256::digest(text)));
            assert_eq!(hash, right, "{name}_HASH in src/report/page.rs");
        }
    }

    #[test]
    fn the_template_prints_nothing_raw() {
        assert!(!TEMPLATE.contains("safe") && !TEMPLATE.contains("autoescape"));
        // Neither is covered by the policy's hashes.
        let inline = regex::Regex::new(r#"\s(style|on\w+)\s*="#).unwrap();
        assert!(!inline.is_match(TEMPLATE));
    }

    #[test]
    fn numbers() {
        assert_eq!(
            (count(7), count(1234), count(1_234_567)),
            ("7".into(), "1,234".into(), "1,234,567".into())
        );
        assert_eq!(
            (share(1, 3), share(0, 0), share(1, 100_000)),
            ("33.3 %".into(), "0 %".into(), "<0.1 %".into())
        );
    }
}
