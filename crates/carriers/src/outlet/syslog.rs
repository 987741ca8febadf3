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
use std::time::Duration;
use vault::{Happening, Kind, Outlet, OutletError, TenantConfig};

/// For connecting, and for each reading and writing.
const DEADLINE: Duration = Duration::from_secs(5);
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
        Ok(Self { name, address: address.to_owned(), host, tls: Arc::new(tls) })
    }

    fn send(&self, messages: &[u8]) -> io::Result<()> {
        let found = self.address.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
        let socket = TcpStream::connect_timeout(&found, DEADLINE)?;
        socket.set_read_timeout(Some(DEADLINE))?;
        socket.set_write_timeout(Some(DEADLINE))?;
        let session = ClientConnection::new(Arc::clone(&self.tls), self.host.clone()).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(session, socket);
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
