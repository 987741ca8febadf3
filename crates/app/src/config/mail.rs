//! `[mail]`: the server that takes letters to customers.

use super::Secret;
use crate::failure::{self, Failure};
use carriers::{MailServer, MailTls, SmtpMailer};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vault::Mailer;
use zeroize::Zeroizing;

/// `[mail]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The host, as its certificate names it.
    pub server: String,
    /// Its port; 587 unless given, 465 where TLS is implicit.
    pub port: Option<u16>,
    /// How the connection is secured; STARTTLS unless given.
    #[serde(default)]
    pub tls: Security,
    /// The file with the certificates that may vouch for it, PEM, in place of the operating system's; relative to this file.
    pub ca_file: Option<PathBuf>,
    /// The user's name there, if it asks for one.
    pub user: Option<String>,
    /// The file with the password; relative to this file.
    pub password_file: Option<PathBuf>,
    /// The sender: an address, or a name and an address in <>.
    pub from: String,
    /// The password, once read.
    #[serde(skip)]
    pub password: Option<Secret>,
    /// The certificates, once read.
    #[serde(skip)]
    pub authority: Option<Vec<u8>>,
}

/// How the connection to the mail server is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// It begins in the clear and must go on under TLS.
    #[default]
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// None, to this machine only.
    None,
}

impl Mail {
    pub(super) fn read_files(&mut self, folder: &Path) -> Result<(), Failure> {
        if self.user.is_some() != self.password_file.is_some() {
            let problem = "[mail] has a user without a password, or the other way round";
            return Err(Failure::here(problem, "give both user and password_file, or neither"));
        }
        if let Some(file) = &self.password_file {
            let path = folder.join(file);
            let text = Zeroizing::new(std::fs::read_to_string(&path).map_err(|error| failure::file(&path, &error))?);
            self.password = Some(Secret::from(text.trim().to_owned()));
        }
        if let Some(file) = &self.ca_file {
            let path = folder.join(file);
            self.authority = Some(std::fs::read(&path).map_err(|error| failure::file(&path, &error))?);
        }
        Ok(())
    }

    /// Where letters go and from whom, without secrets. Who vouches for the server is part of it: else whoever also answers for its
    /// name takes its place.
    pub(super) fn place(&self) -> String {
        let (_, port, how) = self.security();
        let authority = self.authority.as_deref().map_or(String::new(), |authority| {
            let digest = keys::hash(&[authority]);
            format!(", vouched for by {}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        });
        format!("{}:{} {how}{authority}, from {}", self.server, self.port.unwrap_or(port), self.from)
    }

    /// How the connection is secured, the usual port for that, and its name.
    fn security(&self) -> (MailTls, u16, &'static str) {
        match self.tls {
            Security::StartTls => (MailTls::StartTls, 587, "by STARTTLS"),
            Security::Implicit => (MailTls::Implicit, 465, "by TLS"),
            Security::None => (MailTls::None, 25, "in clear"),
        }
    }

    /// Who takes letters there.
    ///
    /// # Errors
    /// If letters would cross a network in the clear, or something of it can't be used.
    pub fn mailer(&self) -> Result<Arc<dyn Mailer>, Failure> {
        Ok(Arc::new(self.smtp()?))
    }

    /// The same, for what isn't a letter to a customer.
    ///
    /// # Errors
    /// As [`Mail::mailer`].
    pub fn smtp(&self) -> Result<SmtpMailer, Failure> {
        let (tls, port, _) = self.security();
        let password = self.password.as_ref().map(Secret::expose);
        let server = MailServer {
            server: &self.server,
            port: self.port.unwrap_or(port),
            tls,
            authority: self.authority.as_deref(),
            credentials: self.user.as_deref().zip(password),
            from: &self.from,
        };
        let made = SmtpMailer::new(&server);
        made.map_err(|error| Failure::here(format!("[mail] {error}"), "correct the configuration"))
    }
}
