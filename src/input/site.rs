//! URL → site.

/// The registrable domain of an http(s) URL, in lower case: what one owner registered, by the public suffix list
/// with its private part (`user.github.io` is a site). An address in digits is a site of its own. `None` for
/// anything else.
///
/// ```
/// use dechaff::input::registrable_domain;
/// assert_eq!(registrable_domain("https://news.Example.co.uk/a?b").as_deref(), Some("example.co.uk"));
/// assert_eq!(registrable_domain("http://192.0.2.7:8080/").as_deref(), Some("192.0.2.7"));
/// assert_eq!(registrable_domain("file:///etc/hosts"), None);
/// ```
pub fn registrable_domain(address: &str) -> Option<String> {
    let address = url::Url::parse(address.trim()).ok()?;
    if !matches!(address.scheme(), "http" | "https") {
        return None;
    }
    match address.host()? {
        url::Host::Domain(host) => {
            let host = host.trim_end_matches('.');
            // A bare suffix (`localhost`, `github.io`) has no registrable part: the host itself is the site.
            Some(psl::domain_str(host).unwrap_or(host).to_owned()).filter(|site| !site.is_empty())
        }
        address => Some(address.to_string()),
    }
}
