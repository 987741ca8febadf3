//! Addresses to which nothing is posted, whatever name leads there: those of this machine and of networks that aren't public, where
//! a name that somebody else answers for could make us ask what only we can reach.

use crate::signed::UrlError;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// From connecting to the answer's end.
const DEADLINE: Duration = Duration::from_secs(5);

/// How somebody is reached over the web.
#[derive(Clone, Copy, Debug, Default)]
pub struct Web<'a> {
    /// Is an address of a private network fine, by https?
    pub private: bool,
    /// The certificates that may vouch for it (PEM), in place of those that browsers trust.
    pub authority: Option<&'a [u8]>,
}

impl Web<'_> {
    /// Who posts there: follows no redirect, takes no proxy from the environment.
    pub(super) fn agent(&self) -> Result<Agent, UrlError> {
        let mut tls = TlsConfig::builder();
        if let Some(pem) = self.authority {
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates(pem)?));
        }
        let config =
            Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0).http_status_as_error(false);
        let config = config.proxy(None).tls_config(tls.build()).build();
        let guarded = Guarded { private: self.private, resolver: DefaultResolver::default() };
        Ok(Agent::with_parts(config, DefaultConnector::default(), guarded))
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, UrlError> {
    let mut all = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| UrlError::Authority)? {
            all.push(certificate);
        }
    }
    if all.is_empty() { Err(UrlError::Authority) } else { Ok(all) }
}

/// Finds addresses, and leaves out those to which nothing goes. The connection is made to what it gives and to nothing else, so
/// that a name that says something else a moment later changes nothing.
#[derive(Debug)]
struct Guarded {
    private: bool,
    resolver: DefaultResolver,
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.resolver.resolve(uri, config, timeout)?;
        // In clear it goes to this machine only, which whoever wrote the address named themselves.
        let here = uri.scheme_str() == Some("http");
        let mut fine = self.empty();
        for address in found.iter() {
            let ip = address.ip().to_canonical();
            let over_tls = is_public(ip) || (self.private && is_inner(ip));
            if (here && ip.is_loopback()) || (!here && over_tls) {
                fine.push(*address);
            }
        }
        if fine.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(fine) }
    }
}

/// Addresses at which clouds tell each machine its secrets, within networks that may be somebody's own.
const METADATA: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)), IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254))];

/// An address of this machine or of a network of one's own; never one of the link, where metadata are.
fn is_inner(ip: IpAddr) -> bool {
    let private = match ip {
        IpAddr::V4(ip) => ip.is_private() || is_shared(ip),
        IpAddr::V6(ip) => ip.is_unique_local(),
    };
    (private || ip.is_loopback()) && !METADATA.contains(&ip)
}

/// RFC 6598.
fn is_shared(ip: Ipv4Addr) -> bool {
    matches!(ip.octets(), [100, 64..=127, ..])
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, third, _] = ip.octets();
            let reserved = first == 0 || first >= 224 || (first, second, third) == (192, 0, 0);
            let tests = (first, second) == (198, 18) || (first, second) == (198, 19);
            !(reserved || tests || ip.is_private() || ip.is_loopback() || ip.is_link_local() || is_shared(ip))
        }
        // 2000::/3 is what is routed, but what stands for an IPv4 address there (6to4, Teredo) leads anywhere.
        IpAddr::V6(ip) => {
            let [first, second, ..] = ip.segments();
            first & 0xe000 == 0x2000 && first != 0x2002 && (first, second) != (0x2001, 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_this_machine_reaches_is_never_public() {
        for inner in ["10.0.0.1", "192.168.1.1", "172.16.0.1", "127.0.0.1", "100.64.0.1", "fd00::1", "::1"] {
            let ip: IpAddr = inner.parse().unwrap();
            assert!(!is_public(ip) && is_inner(ip), "{inner}");
        }
        let never = [
            "169.254.169.254",
            "fe80::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
        ];
        for address in never {
            let ip: IpAddr = address.parse().unwrap();
            assert!(!is_public(ip) && !is_inner(ip), "{address}");
        }
        for public in ["93.184.216.34", "2606:2800:220:1::1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_mapped_address_is_what_it_stands_for() {
        let mapped: IpAddr = "::ffff:169.254.169.254".parse().unwrap();
        assert!(!is_public(mapped.to_canonical()) && !is_inner(mapped.to_canonical()));
    }

    #[test]
    fn no_name_leads_to_this_machine_unless_it_is_allowed() {
        let asked = |private: bool, url: &str| {
            let agent = Web { private, authority: None }.agent().unwrap();
            agent.get(url).call().err().map(|error| matches!(error, ureq::Error::HostNotFound))
        };
        assert_eq!(asked(false, "https://localhost:1/"), Some(true));
        assert_eq!(asked(false, "https://169.254.169.254/latest"), Some(true));
        assert_eq!(asked(true, "https://169.254.169.254/latest"), Some(true));
        assert_eq!(asked(true, "https://localhost:1/"), Some(false), "nobody listens there, but it was tried");
    }
}
