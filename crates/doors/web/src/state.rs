//! What every handler works with.

use crate::api::trust::Kept;
use crate::handed_out::HandedOut;
use crate::metrics::Metrics;
use crate::speak_up::Places;
use axum::http::{HeaderMap, header};
use domain::TenantId;
use identity::oidc::{Client, Fetch};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Semaphore, watch};
use vault::{Courier, Mailer, Vault, VaultError};

/// A telephony or ticket system whose signed events are heard.
#[derive(Clone)]
pub struct EventSource {
    /// Its name, part of the interactions' ids.
    pub name: String,
    /// Whose interactions it opens.
    pub tenant: TenantId,
    /// Its Standard Webhooks secret, `whsec_…`.
    pub secret: String,
}

/// An identity provider through which a tenant's agents sign in.
#[derive(Clone)]
pub struct Provider {
    /// Whose agents.
    pub tenant: TenantId,
    /// Ringfence as its client. Where it leads back to is set by the door.
    pub client: Client,
}

/// An attack that this program can carry out.
#[derive(Clone, Debug)]
pub struct KnownDrill {
    /// Its name.
    pub name: String,
    /// What is tried, in a sentence.
    pub tries: String,
    /// What it is evidence for, such as `GDPR 25(2)`.
    pub controls: Vec<String>,
}

/// A promise of THREATS.md.
#[derive(Clone, Debug)]
pub struct KnownPromise {
    /// Under which heading it stands.
    pub section: String,
    /// What an attacker does.
    pub threat: String,
    /// What stops it, or shows it.
    pub holds: String,
    /// Which tests and drills try it; empty if none does.
    pub shown: String,
    /// The drills among these, by name.
    pub drills: Vec<String>,
    /// Does it say of something that it isn't stopped, or not yet?
    pub open: bool,
}

/// What an operator may set for the web door.
#[derive(Clone, Default)]
pub struct WebConfig {
    /// Who may send events.
    pub event_sources: Vec<EventSource>,
    /// Who takes one-time codes to customers; without one none can be sent.
    pub courier: Option<Arc<dyn Courier>>,
    /// Who takes letters to customers; without one they can't sign in on their own page.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Through which agents may sign in.
    pub providers: Vec<Provider>,
    /// The way to those.
    pub fetch: Option<Arc<dyn Fetch>>,
    /// The drills that this program has.
    pub drills: Vec<KnownDrill>,
    /// What this program promises, and which of these drills try that.
    pub promises: Vec<KnownPromise>,
    /// The directory with partner packs that anybody may download, each as `<tenant>.zip`.
    pub packs: Option<PathBuf>,
    /// A line on top of every page.
    pub banner: Option<String>,
    /// The public origin, such as `https://desk.example`; without one the request's own host counts.
    pub origin: Option<String>,
}

/// Ways to others, taken out of the configuration so that nobody can use one to which officers didn't agree.
struct Ways {
    courier: Option<Arc<dyn Courier>>,
    mailer: Option<Arc<dyn Mailer>>,
    providers: Vec<Provider>,
}

impl Ways {
    fn out_of(config: &mut WebConfig) -> Self {
        Self {
            courier: config.courier.take(),
            mailer: config.mailer.take(),
            providers: std::mem::take(&mut config.providers),
        }
    }
}

/// How many codes may be on their way to customers at a time: beyond that nobody is sent one, known or not.
const LETTERS: usize = 256;

/// Shared by all requests.
#[derive(Clone)]
pub(crate) struct Web(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) vault: Arc<Vault>,
    /// Without the ways out.
    pub(crate) config: WebConfig,
    /// As this node's file names them; which of them count is asked below.
    ways: Ways,
    /// Becomes true when the node stops. Whoever goes on for long holds one and ends then: it is waited for.
    pub(crate) stopped: watch::Receiver<bool>,
    pub(crate) metrics: Metrics,
    /// What was told publicly a moment ago.
    pub(crate) trust: Kept,
    /// Packs that anybody may download.
    pub(crate) handed_out: HandedOut,
    /// How many codes may be on their way to customers at a time.
    pub(crate) letters: Arc<Semaphore>,
    /// In which what is sent by those who speak up is read.
    pub(crate) places: Places,
    /// Random per process, so that two nodes' request ids differ.
    node: u64,
    requests: AtomicU64,
}

impl core::ops::Deref for Web {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Web {
    pub(crate) fn new(vault: Arc<Vault>, mut config: WebConfig, stopped: watch::Receiver<bool>) -> Self {
        let ways = Ways::out_of(&mut config);
        let node = u64::from_be_bytes(vault.secret::<8>());
        Self(Arc::new(Inner {
            vault,
            config,
            ways,
            stopped,
            metrics: Metrics::default(),
            trust: Kept::default(),
            handed_out: HandedOut::default(),
            letters: Arc::new(Semaphore::new(LETTERS)),
            places: Places::default(),
            node,
            requests: AtomicU64::new(0),
        }))
    }

    /// A name for a request, for the person who asks and for the operator's log.
    pub(crate) fn request_id(&self) -> String {
        format!("req_{:016x}{:08x}", self.node, self.requests.fetch_add(1, Ordering::Relaxed))
    }

    /// This server's own origin: as configured, or a loopback address that was asked. Others could point any name here.
    pub(crate) fn origin(&self, headers: &HeaderMap) -> Option<String> {
        if let Some(origin) = &self.config.origin {
            return Some(origin.clone());
        }
        let host = headers.get(header::HOST)?.to_str().ok()?;
        on_loopback(host).then(|| format!("http://{host}"))
    }

    /// Where a link leads a tenant's customers: to where officers agreed that we are, never to where a request or a file alone says it.
    pub(crate) async fn leads_to(&self, tenant: TenantId, headers: &HeaderMap) -> Option<String> {
        let agreed = self.vault.agrees_with(tenant, |parties| &parties.origin).await;
        self.origin(headers).filter(|_| agreed.unwrap_or(false))
    }

    /// Who takes one-time codes to a tenant's customers: as this node is configured, if that is what counts.
    pub(crate) async fn courier(&self, tenant: TenantId) -> Result<Option<Arc<dyn Courier>>, VaultError> {
        let agreed = self.vault.agrees_with(tenant, |parties| &parties.courier).await?;
        Ok(self.ways.courier.clone().filter(|_| agreed))
    }

    /// The same of letters. In doubt nobody does.
    pub(crate) async fn mailer(&self, tenant: TenantId) -> Option<Arc<dyn Mailer>> {
        let agreed = self.vault.agrees_with(tenant, |parties| &parties.mail).await;
        self.ways.mailer.clone().filter(|_| agreed.unwrap_or(false))
    }

    /// Through whom a tenant's agents sign in, likewise.
    pub(crate) async fn provider(&self, tenant: TenantId) -> Option<&Provider> {
        let agreed = self.vault.agrees_with(tenant, |parties| &parties.identity_providers).await;
        self.own_provider(tenant).filter(|_| agreed.unwrap_or(false))
    }

    /// The one that this node's file names, agreed to or not: for what officers are asked to sign.
    pub(crate) fn own_provider(&self, tenant: TenantId) -> Option<&Provider> {
        self.ways.providers.iter().find(|one| one.tenant == tenant)
    }

    /// A tenant's name in addresses.
    pub(crate) fn slug(&self, tenant: TenantId) -> String {
        self.vault.tenants().iter().find(|known| known.id == tenant).map(|known| known.slug.clone()).unwrap_or_default()
    }
}

/// Is this `Host` a name of this machine alone?
pub(crate) fn on_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}
