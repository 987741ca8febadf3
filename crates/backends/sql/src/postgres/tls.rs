//! TLS to the server, by libpq's parameters `sslmode`, `sslrootcert`, `sslcert` and `sslkey`.
//!
//! One mode of libpq's six verifies who the server is: `verify-full`. The others take any server for the right one, or
//! any that the same CA has signed: whoever sits on the wire reads the rows and decides what is committed. So there is
//! `verify-full`, and on this machine `disable`.

use super::address::Reach;
use crate::OpenError;
use percent_encoding::percent_decode_str;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What an address says of TLS.
#[derive(Debug, Default)]
pub(super) struct Asked {
    mode: Option<String>,
    roots: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
}

/// How a server shows that it is the right one, and this node too.
#[derive(Clone, Debug)]
pub(super) struct Tls {
    roots: Roots,
    own: Option<Own>,
}

/// Who vouches for the server.
#[derive(Clone, Debug)]
enum Roots {
    /// Certificates of CAs, PEM.
    File(PathBuf),
    /// Whom the operating system trusts.
    System,
}

/// This node's certificate and key, both PEM.
#[derive(Clone, Debug)]
struct Own {
    certificate: PathBuf,
    key: PathBuf,
}

impl Asked {
    /// Takes the parameters of TLS out of an address; gives them and what is left. `None` if one isn't text.
    pub(super) fn taken_from(address: &str) -> Option<(Self, String)> {
        let mut asked = Self::default();
        let Some((place, parameters)) = address.split_once('?') else { return Some((asked, address.to_owned())) };
        let mut left = Vec::new();
        for parameter in parameters.split('&') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = || percent_decode_str(value).decode_utf8().map(String::from).ok();
            match name {
                "sslmode" => asked.mode = Some(value()?),
                "sslrootcert" => asked.roots = Some(value()?),
                "sslcert" => asked.certificate = Some(value()?),
                "sslkey" => asked.key = Some(value()?),
                _ => left.push(parameter),
            }
        }
        let mark = if left.is_empty() { "" } else { "?" };
        Some((asked, format!("{place}{mark}{}", left.join("&"))))
    }

    /// Whether, and how. `None` is a connection in clear, on this machine only.
    pub(super) fn decide(self, reach: Reach) -> Result<Option<Tls>, OpenError> {
        let clear = match self.mode.as_deref() {
            None => self.roots.is_none(),
            Some("disable") => true,
            Some("verify-full") => false,
            Some("verify-ca") => {
                return Err(OpenError::Unverified(
                    "sslmode=verify-ca takes any server of the same CA; name the one in its certificate as host, \
                     and where it is as hostaddr",
                ));
            }
            Some(_) => return Err(OpenError::Unverified("this sslmode takes any server for the right one")),
        };
        match (clear, reach) {
            (true, Reach::Socket | Reach::Loopback) => Ok(None),
            (true, Reach::Wire) => {
                Err(OpenError::Unverified("the database is on another machine, and nothing says how to know it"))
            }
            (false, Reach::Socket) => {
                Err(OpenError::Address("PostgreSQL speaks no TLS on a socket; leave sslmode and sslrootcert out"))
            }
            (false, Reach::Loopback | Reach::Wire) => self.verified().map(Some),
        }
    }

    fn verified(self) -> Result<Tls, OpenError> {
        let roots = match self.roots.as_deref() {
            None => return Err(OpenError::Unverified("sslmode=verify-full needs sslrootcert")),
            Some("system") => Roots::System,
            Some(file) => Roots::File(absolute(file)?),
        };
        let own = match (self.certificate, self.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(Own { certificate: absolute(&certificate)?, key: absolute(&key)? }),
            _ => return Err(OpenError::Address("sslcert and sslkey are given together, or neither")),
        };
        Ok(Tls { roots, own })
    }
}

/// Addresses are kept in files and used from anywhere.
fn absolute(file: &str) -> Result<PathBuf, OpenError> {
    let file = PathBuf::from(file);
    if file.is_absolute() {
        return Ok(file);
    }
    Err(OpenError::Address("sslrootcert, sslcert and sslkey are absolute paths"))
}

impl Tls {
    /// Reads the files. TLS 1.3 only, which every PostgreSQL of this decade speaks; X25519MLKEM768 first, so that what is
    /// recorded today stays closed to tomorrow's computers where the server knows it.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, OpenError> {
        const NO_TLS: OpenError = OpenError::Certificates("TLS 1.3 isn't available in this build");
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|_| NO_TLS)?
            .with_root_certificates(self.roots.read()?);
        let mut config = match &self.own {
            None => builder.with_no_client_auth(),
            Some(own) => {
                let (certificates, key) = own.read()?;
                builder
                    .with_client_auth_cert(certificates, key)
                    .map_err(|_| OpenError::Certificates("sslcert and sslkey don't belong together"))?
            }
        };
        // A server of another kind with a certificate of the same name doesn't take it for its own protocol.
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(MakeRustlsConnect::new(config))
    }
}

impl Roots {
    fn read(&self) -> Result<RootCertStore, OpenError> {
        const NONE: OpenError =
            OpenError::Certificates("sslrootcert can't be read, or holds no CA's certificate (PEM)");
        let certificates = match self {
            Self::File(file) => certificates(file).ok_or(NONE)?,
            Self::System => rustls_native_certs::load_native_certs().certs,
        };
        let mut roots = RootCertStore::empty();
        match roots.add_parsable_certificates(certificates) {
            (0, _) => Err(NONE),
            // A system's list may hold what this library doesn't read; a file that was named is right as a whole.
            (_, unread) if unread > 0 && matches!(self, Self::File(_)) => Err(NONE),
            _ => Ok(roots),
        }
    }
}

impl Own {
    fn read(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), OpenError> {
        let others = fs::metadata(&self.key).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
        if others {
            return Err(OpenError::Certificates("others may read the file sslkey; chmod 600 it"));
        }
        let certificates =
            certificates(&self.certificate).ok_or(OpenError::Certificates("sslcert can't be read, or isn't PEM"))?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|_| OpenError::Certificates("sslkey can't be read, or isn't an unencrypted key (PEM)"))?;
        Ok((certificates, key))
    }
}

/// The certificates of a PEM file; `None` if one can't be read, or there is none.
fn certificates(file: &Path) -> Option<Vec<CertificateDer<'static>>> {
    let all: Vec<_> = CertificateDer::pem_file_iter(file).ok()?.collect::<Result<_, _>>().ok()?;
    (!all.is_empty()).then_some(all)
}

/// What was wrong with the server's TLS, if it was that.
pub(super) fn distrusted(error: &tokio_postgres::Error) -> Option<&'static str> {
    let source = std::error::Error::source(error)?;
    // tokio-postgres says so in words only.
    if source.to_string() == "server does not support TLS" {
        return Some("doesn't speak TLS (ssl = on)");
    }
    let inner = source.downcast_ref::<std::io::Error>()?.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(match inner {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "shows a certificate for another host"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "shows a certificate that has expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "shows a certificate that isn't valid yet"
            }
            _ => "shows a certificate that sslrootcert doesn't vouch for",
        },
        rustls::Error::AlertReceived(_) => "ended the TLS connection; it may ask for sslcert and sslkey",
        _ => "doesn't speak TLS 1.3",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn post_quantum_key_exchange_comes_first() {
        let groups = aws_lc_rs::default_provider().kx_groups;
        assert_eq!(groups.first().map(|group| group.name()), Some(rustls::NamedGroup::X25519MLKEM768));
    }

    #[test]
    fn files_that_hold_nothing_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (empty, broken) = (folder.path().join("empty"), folder.path().join("broken"));
        fs::write(&empty, "").unwrap();
        fs::write(&broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        for file in [empty, broken, folder.path().join("missing")] {
            let tls = Tls { roots: Roots::File(file), own: None };
            let said = tls.connector().err().map(|error| error.to_string()).unwrap_or_default();
            assert!(said.contains("sslrootcert"), "{said}");
        }
    }
}
