//! The one place that opens connections.

use super::address::Address;
use super::tls::distrusted;
use crate::OpenError;
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Error, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long TLS and signing in may take together, after the server answered.
const SIGN_IN: Duration = Duration::from_secs(10);

/// A connection, and the task that drives it: that one ends by itself once the client is dropped and all is answered.
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) driven: AbortHandle,
}

/// How connections to one database are opened.
#[derive(Clone)]
pub(super) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Connector {
    /// Reads the certificates that the address names.
    pub(super) fn to(address: &Address) -> Result<Self, OpenError> {
        let tls = address.tls.as_ref().map(super::tls::Tls::connector).transpose()?;
        Ok(Self { config: address.config.clone(), tls })
    }

    /// A new connection, driven by a task of this runtime. No error means that it took too long.
    pub(super) async fn connect(&self) -> Result<Connected, Option<Error>> {
        match &self.tls {
            None => sign_in(&self.config, NoTls).await,
            Some(tls) => sign_in(&self.config, tls.clone()).await,
        }
    }
}

async fn sign_in<T>(config: &Config, tls: T) -> Result<Connected, Option<Error>>
where
    T: MakeTlsConnect<Socket, Stream: Send + 'static>,
{
    let signing_in = tokio::time::timeout(SIGN_IN, config.connect(tls));
    let (client, connection) = signing_in.await.map_err(|_| None)?.map_err(Some)?;
    // Its end shows in the client.
    let driven = tokio::spawn(async move { drop(connection.await) }).abort_handle();
    Ok(Connected { client, driven })
}

/// The server's own words may name what isn't ours to tell; only the kind is told on.
pub(super) fn refused(error: Option<Error>) -> OpenError {
    let Some(error) = error else { return OpenError::Server("can't be reached") };
    match error.code() {
        None => distrusted(&error).map_or(OpenError::Server("can't be reached"), OpenError::Untrusted),
        Some(code) if code.code().starts_with("28") => OpenError::Server("doesn't take this user and password"),
        Some(&SqlState::INVALID_CATALOG_NAME) => OpenError::Server("has no such database"),
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            OpenError::Server("doesn't let this user make tables; it must own the schema")
        }
        Some(&SqlState::TOO_MANY_CONNECTIONS) => OpenError::Server("has no connection left"),
        Some(_) => OpenError::Server("doesn't answer as PostgreSQL does"),
    }
}
