//! Events to a collector by syslog (RFC 5424) over TLS (RFC 5425).
//!
//! Syslog answers nothing. So each batch has a connection of its own, which ends only once the collector has ended it too: by then
//! it has read everything before.

use super::ocsf;
use crate::signed::UrlError;
use domain::Millis;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::{Duration, Instant};
use vault::{Happening, Kind, Outlet, OutletError, TenantConfig};

/// For one batch, from connecting to its end.
const DEADLINE: Duration = Duration::from_secs(10);
/// Events on one connection.
const AT_ONCE: usize = 200;
/// "Log audit", by RFC 5424's table.
const FACILITY: u8 = 13;

/// Sends events to one collector.
pub struct SyslogOutlet {
    name: String,
    address: String,
    host: ServerName<'static>,
    tls: Arc<ClientConfig>,
    deadline: Duration,
}

/// A connection for which there is so much time in all: whoever sends a byte now and then would otherwise hold it for ever.
struct Hasty {
    socket: TcpStream,
    until: Instant,
}

/// Now, by the clock that a socket's own timeouts go by.
#[expect(clippy::disallowed_methods, reason = "a deadline of blocking I/O: no other clock may stretch it")]
fn now() -> Instant {
    Instant::now()
}

/// What is left of the time.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

impl io::Read for Hasty {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(left(self.until)?))?;
        self.socket.read(into)
    }
}

impl io::Write for Hasty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(left(self.until)?))?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

impl SyslogOutlet {
    /// One that sends to `address` (`host:port`); `authority` may vouch for it (PEM), in place of the operating system's; `name` is
    /// what officers agree to.
    ///
    /// # Errors
    /// If the address or the certificates aren't any.
    pub fn new(name: String, address: &str, authority: Option<&[u8]>) -> Result<Self, UrlError> {
        let (host, port) = address.rsplit_once(':').ok_or(UrlError::Url)?;
        port.parse::<u16>().map_err(|_| UrlError::Url)?;
        let host = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|_| UrlError::Url)?;
        let tls = ClientConfig::builder().with_root_certificates(roots(authority)?).with_no_client_auth();
        Ok(Self { name, address: address.to_owned(), host, tls: Arc::new(tls), deadline: DEADLINE })
    }

    fn send(&self, messages: &[u8]) -> io::Result<()> {
        let until = now() + self.deadline;
        let found = self.address.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
        let socket = TcpStream::connect_timeout(&found, left(until)?)?;
        let session = ClientConnection::new(Arc::clone(&self.tls), self.host.clone()).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(session, Hasty { socket, until });
        stream.write_all(messages)?;
        stream.conn.send_close_notify();
        stream.flush()?;
        let mut rest = [0; 64];
        match stream.read(&mut rest) {
            Ok(0) => Ok(()),
            // The connection is ended without saying so under TLS, as many do: it ended after what was sent.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
            Ok(_) => Err(io::ErrorKind::InvalidData.into()),
            Err(error) => Err(error),
        }
    }
}

fn roots(authority: Option<&[u8]>) -> Result<RootCertStore, UrlError> {
    let mut roots = RootCertStore::empty();
    let certificates: Vec<CertificateDer<'static>> = match authority {
        Some(pem) => CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| UrlError::Authority)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() { Err(UrlError::Authority) } else { Ok(roots) }
}

/// `LENGTH <PRI>1 TIME - ringfence - KIND - JSON`.
fn message(tenant: &TenantConfig, happening: &Happening) -> Vec<u8> {
    let event = ocsf::event(tenant, happening);
    // Alert of what an alarm is, notice of what was refused, informational.
    let severity = match event["severity_id"].as_u64() {
        Some(4..) => 1,
        Some(3) => 5,
        _ => 6,
    };
    let (at, kind) =
        happening.body.as_ref().map_or((happening.entry.minted(), "damaged"), |body| (body.at, Kind::slug(body.kind)));
    // RFC 5424 allows 32 letters there.
    let kind = kind.get(..32).unwrap_or(kind);
    let text = format!("<{}>1 {at} - ringfence - {kind} - {event}", FACILITY * 8 + severity);
    [format!("{} ", text.len()).into_bytes(), text.into_bytes()].concat()
}

impl Outlet for SyslogOutlet {
    fn name(&self) -> &str {
        &self.name
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn tells(&self, _: &Happening) -> bool {
        true
    }

    fn deliver(&self, tenant: &TenantConfig, _: Millis, happenings: &[Happening]) -> Result<(), OutletError> {
        let messages: Vec<u8> = happenings.iter().flat_map(|happening| message(tenant, happening)).collect();
        self.send(&messages).map_err(|_| OutletError::Later("it takes no connection, or none to the end"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_collector_that_drips_holds_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let drips = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            // A record of TLS that would be whole after hours.
            let mut next = socket.write_all(&[0x16, 3, 3, 0x40, 0]);
            while next.is_ok() {
                std::thread::park_timeout(Duration::from_millis(50));
                next = socket.write_all(&[0]);
            }
        });
        let config = ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
        let outlet = SyslogOutlet {
            name: "n".to_owned(),
            address: address.to_string(),
            host: ServerName::try_from("127.0.0.1").unwrap(),
            tls: Arc::new(config),
            deadline: Duration::from_millis(400),
        };
        let begun = now();
        assert!(outlet.send(b"x").is_err());
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        drips.join().unwrap();
    }
}
