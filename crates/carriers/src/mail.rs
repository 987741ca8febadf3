//! Letters to customers, by SMTP (RFC 5321), under TLS unless the server is on this machine.

mod digests;
mod letters;

pub use digests::MailDigest;

use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport as _};
use std::net::IpAddr;
use std::time::Duration;
use vault::{Letter, Mail, MailError, Mailer};
use zeroize::Zeroizing;

/// For each step: connecting, and each answer of the server's.
const DEADLINE: Duration = Duration::from_secs(5);

/// How the connection to the mail server is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// It begins in the clear and goes on under TLS (RFC 3207); without TLS nothing is sent.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// None: to this machine only.
    None,
}

/// Which mail server, and in whose name.
pub struct MailServer<'a> {
    /// Its host, as its certificate names it.
    pub server: &'a str,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub tls: MailTls,
    /// The certificates that may vouch for it (PEM), in place of the operating system's.
    pub authority: Option<&'a [u8]>,
    /// User and password, where it asks for them.
    pub credentials: Option<(&'a str, &'a str)>,
    /// The sender: `Example Retail <no-reply@example.com>`.
    pub from: &'a str,
}

/// Why mail can't be sent. Repeats neither address nor password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailSetupError {
    /// Codes would cross a network in the clear.
    #[error("tls = \"none\" is for a server on this machine only (127.0.0.1, ::1 or localhost)")]
    InTheClear,
    /// The sender isn't an address.
    #[error("from must be an address, or a name and an address in <>")]
    From,
    /// The certificates can't be read.
    #[error("ca_file must hold certificates in PEM")]
    Authority,
    /// TLS can't be set up for this name.
    #[error("TLS can't be set up for that server's name")]
    Tls,
}

/// Sends by one SMTP server.
pub struct SmtpMailer {
    transport: SmtpTransport,
    from: Mailbox,
}

impl SmtpMailer {
    /// One that sends by this server. Nothing is connected yet.
    ///
    /// # Errors
    /// If letters would cross a network in the clear, or something of it can't be used.
    pub fn new(server: &MailServer<'_>) -> Result<Self, MailSetupError> {
        let from = server.from.parse().map_err(|_| MailSetupError::From)?;
        let tls = match server.tls {
            MailTls::None if !is_here(server.server) => return Err(MailSetupError::InTheClear),
            MailTls::None => Tls::None,
            MailTls::StartTls => Tls::Required(parameters(server)?),
            MailTls::Implicit => Tls::Wrapper(parameters(server)?),
        };
        // No connection is kept: its buffers would keep the address that went through them.
        let transport = SmtpTransport::builder_dangerous(server.server).port(server.port).tls(tls);
        let transport = transport.timeout(Some(DEADLINE));
        let transport = match server.credentials {
            Some((user, password)) => transport.credentials(Credentials::new(user.to_owned(), password.to_owned())),
            None => transport,
        };
        Ok(Self { transport: transport.build(), from })
    }
}

fn parameters(server: &MailServer<'_>) -> Result<TlsParameters, MailSetupError> {
    let mut builder = TlsParameters::builder(server.server.to_owned());
    if let Some(pem) = server.authority {
        // A file without any would be taken, and vouch for nobody.
        if !core::str::from_utf8(pem).is_ok_and(|pem| pem.contains("-----BEGIN CERTIFICATE-----")) {
            return Err(MailSetupError::Authority);
        }
        let authority = Certificate::from_pem(pem).map_err(|_| MailSetupError::Authority)?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authority);
    }
    builder.build().map_err(|_| MailSetupError::Tls)
}

fn is_here(server: &str) -> bool {
    server == "localhost" || server.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

impl SmtpMailer {
    /// Sends what was written, with the file of the letter if it has one.
    fn send(
        &self,
        to: &str,
        id: [u8; 16],
        written: letters::Written,
        letter: Option<&Letter>,
    ) -> Result<(), MailError> {
        let to: lettre::Address = to.parse().map_err(|_| MailError)?;
        let letters::Written { subject, text } = written;
        let domain = self.from.email.domain();
        let builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .message_id(Some(format!("<{:032x}@{domain}>", u128::from_be_bytes(id))));
        let message = match letter {
            Some(Letter::Board { number, file, .. }) => {
                // As bytes: a mail server may end lines of text otherwise.
                let bytes = ContentType::parse("application/octet-stream").map_err(|_| MailError)?;
                let sealed = Attachment::new(format!("board-{number}.txt")).body(file.clone().into_bytes(), bytes);
                builder.multipart(MultiPart::mixed().singlepart(SinglePart::plain(text)).singlepart(sealed))
            }
            _ => builder.header(ContentType::TEXT_PLAIN).body(Zeroizing::new(text).to_string()),
        };
        let message = message.map_err(|_| MailError)?;
        // What the server says isn't repeated: it may name the address.
        self.transport.send(&message).map(drop).map_err(|_| MailError)
    }
}

impl Mailer for SmtpMailer {
    fn deliver(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        self.send(mail.to, mail.id, letters::write(mail), Some(mail.letter))
    }
}

#[cfg(test)]
mod tests;
