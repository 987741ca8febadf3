//! Addresses that carry nothing in the clear to another machine.

use ureq::http::Uri;

/// Whether this is an https address, or an http one of this machine.
#[must_use]
pub fn is_safe(url: &str) -> bool {
    url.parse().is_ok_and(|url| is_private(&url))
}

pub(crate) fn is_private(url: &Uri) -> bool {
    let Some(host) = url.host().filter(|host| !host.is_empty()) else { return false };
    // `user@host` in an address is a way to make one host look like another.
    let plain = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    let here =
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    plain && (url.scheme_str() == Some("https") || (url.scheme_str() == Some("http") && here))
}
