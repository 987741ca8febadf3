//! A certificate authority of a test's own.

use crate::postgres::readable;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, date_time_ymd,
};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// An authority, with the folder in which what it signs lies.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// Files with a certificate and its key, PEM.
#[derive(Clone, Debug)]
pub struct Certified {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// A new one, that nobody else trusts.
    ///
    /// # Panics
    /// If the file system refuses.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = named("Ringfence test authority");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        // The server's own user reads them too.
        readable(folder.path());
        fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    /// The file with its certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// For a server of that name.
    #[must_use]
    pub fn server(&self, host: &str) -> Certified {
        self.sign(host, self.server_params(host))
    }

    /// For a server of that name, until the end of 2020.
    #[must_use]
    pub fn expired(&self, host: &str) -> Certified {
        let mut params = self.server_params(host);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 12, 31);
        self.sign(&format!("{host}.expired"), params)
    }

    /// For a client that signs in as that role.
    ///
    /// # Panics
    /// If the file system refuses.
    #[must_use]
    pub fn client(&self, role: &str) -> Certified {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = named(role);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let made = self.sign(role, params);
        fs::set_permissions(&made.key, Permissions::from_mode(0o600)).unwrap();
        made
    }

    /// The same until the end of 2020.
    #[must_use]
    pub fn expired_client(&self, role: &str) -> Certified {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = named(role);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 12, 31);
        self.sign(&format!("{role}.expired"), params)
    }

    fn server_params(&self, host: &str) -> CertificateParams {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.distinguished_name = named(host);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params
    }

    fn sign(&self, file: &str, params: CertificateParams) -> Certified {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let write = |end: &str, text: String| {
            let path = self.folder.path().join(format!("{file}.{end}"));
            fs::write(&path, text).unwrap();
            path
        };
        Certified { certificate: write("pem", certificate.pem()), key: write("key", key.serialize_pem()) }
    }

    /// Its folder, which its files leave with it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}
