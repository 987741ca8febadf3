//! Serves a data directory until asked to stop.

use crate::boarding::Boarding;
use crate::closing::Closing;
use crate::config;
use crate::expiring::Expiring;
use crate::failure::Failure;
use crate::guarding::Guarding;
use crate::home::Home;
use crate::recounting::Recounting;
use crate::sequencing::Sequencing;
use crate::telling::{Telling, Told};
use crate::tending::Tending;
use crate::wire::Centre;
use crate::witnessing::Witnessing;
use carriers::{ProviderClient, WebhookCourier};
use identity::oidc::Client;
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use vault::Courier;
use web::{EventSource, Provider, WebConfig};

/// How long open answers may take to end after a stop.
const GRACE: Duration = Duration::from_secs(4);
/// How long giving back what this node holds of shared allowances may take; it is lost for the hour otherwise.
const RETURNING: Duration = Duration::from_secs(2);

/// Takes the address.
///
/// # Errors
/// If it is taken or not this machine's.
pub fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let open = TcpListener::bind(address).and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    open.map_err(|error| {
        Failure::here(format!("can't listen on {address}: {}", error.kind()), "stop what listens there, or give --port")
    })
}

/// The address that browsers and clients use.
///
/// # Errors
/// If the system doesn't tell.
pub fn url(listener: &TcpListener) -> Result<String, Failure> {
    let address = listener.local_addr();
    address
        .map(|address| format!("http://{address}"))
        .map_err(|error| Failure::there(error.kind().to_string(), "try again"))
}

/// What the web door needs to know of the configuration.
///
/// # Errors
/// If an event source names no tenant, or the courier's address can't be used.
pub fn web_config(home: &Home) -> Result<WebConfig, Failure> {
    let config = &home.config;
    let sources = config.event_source.iter().map(|source| {
        let tenant = home.tenant(source.tenant.as_deref())?.id;
        let secret = source.secret.as_ref().map(|secret| secret.expose().to_owned()).unwrap_or_default();
        Ok(EventSource { name: source.name.clone(), tenant, secret })
    });
    let providers = config.identity_provider.iter().map(|provider| {
        let client = Client {
            issuer: provider.issuer.clone(),
            client_id: provider.client_id.clone(),
            secret: provider.secret.as_ref().map(|secret| secret.expose().to_owned().into()),
            redirect: String::new(),
        };
        Ok(Provider { tenant: home.tenant(provider.tenant.as_deref())?.id, client })
    });
    Ok(WebConfig {
        providers: providers.collect::<Result<_, Failure>>()?,
        fetch: Some(Arc::new(ProviderClient::default())),
        event_sources: sources.collect::<Result<_, Failure>>()?,
        courier: courier(home)?,
        mailer: config.mail.as_ref().map(config::mail::Mail::mailer).transpose()?,
        drills: crate::drilling::known(),
        promises: crate::drilling::promised(),
        packs: config.trust.packs.clone(),
        banner: config.server.banner.clone(),
        origin: config.server.origin.clone(),
    })
}

fn courier(home: &Home) -> Result<Option<Arc<dyn Courier>>, Failure> {
    let Some(courier) = &home.config.courier else { return Ok(None) };
    let secret = courier.secret.as_ref().map(|secret| secret.expose()).unwrap_or_default();
    let made = WebhookCourier::new(&courier.url, secret);
    let made = made.map_err(|error| Failure::here(format!("[courier] {error}"), "correct the configuration"))?;
    Ok(Some(Arc::new(made)))
}

/// Serves until `stopped` says so; ends within a few seconds of it.
///
/// # Errors
/// If the listener or the log's thread fails.
pub async fn serve(
    centre: &Centre,
    listener: TcpListener,
    config: WebConfig,
    told: Told,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Failure> {
    centre.vault.log_serving().await?;
    warn_unclaimed(centre).await?;
    warn_other_limits(centre).await?;
    warn_other_settings(centre).await?;
    for tenant in centre.vault.tenants() {
        // Before anybody is served: a mismatch that stands stops disclosure, and the running hour's spending counts.
        centre.vault.refresh_spending(tenant.id).await?;
        centre.vault.carry_budgets_over(tenant.id).await?;
        centre.vault.introduce_log(tenant).await?;
    }
    let _sequencing = Sequencing::start(&centre.vault)?;
    let _witnessing = Witnessing::start(&centre.vault)?;
    let _tending = Tending::start(&centre.vault)?;
    let _closing = Closing::start(&centre.vault)?;
    let _expiring = Expiring::start(&centre.vault)?;
    let _guarding = Guarding::start(&centre.vault)?;
    let _recounting = Recounting::start(&centre.vault)?;
    let _telling = Telling::start(&centre.vault, told)?;
    let _boarding = Boarding::start(&centre.vault, config.mailer.clone())?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| broken(&error))?;
    let served = web::serve(listener, Arc::clone(&centre.vault), config, until(stopped.clone()));
    let ended = tokio::select! {
        result = served => result.map_err(|error| broken(&error)),
        () = async { until_ref(&mut stopped).await; tokio::time::sleep(GRACE).await } => Ok(()),
    };
    let returned = tokio::time::timeout(RETURNING, centre.vault.return_allotments()).await;
    if !matches!(returned, Ok(Ok(()))) {
        tracing::warn!("what this node held of shared allowances couldn't be given back; it counts as spent");
    }
    ended
}

/// Until a security officer has a passkey, whoever runs the machine decides who may do what.
async fn warn_unclaimed(centre: &Centre) -> Result<(), Failure> {
    for tenant in centre.vault.tenants() {
        if !centre.vault.config().role_picker && centre.vault.needs_officer(tenant.id).await? {
            let tenant = &tenant.slug;
            tracing::warn!(tenant, "no security officer has a passkey yet; next: ringfence person invite");
        }
    }
    Ok(())
}

/// Who edits `[budgets]` after limits were sealed learns that it doesn't count.
async fn warn_other_limits(centre: &Centre) -> Result<(), Failure> {
    for tenant in centre.vault.tenants() {
        if centre.vault.goes_by_other_limits(tenant.id).await? {
            let tenant = &tenant.slug;
            tracing::warn!(
                tenant,
                "[budgets] of the configuration doesn't count: officers sign limits; next: let one draft set_limits"
            );
        }
    }
    Ok(())
}

/// The same of settings: what officers agreed to counts.
async fn warn_other_settings(centre: &Centre) -> Result<(), Failure> {
    for tenant in centre.vault.tenants() {
        let count = centre.vault.file_differs(tenant.id).await?.differences.len();
        if count > 0 {
            let tenant = &tenant.slug;
            tracing::warn!(
                tenant,
                count,
                "settings of the configuration don't count: officers agreed to others; next: put them back, or let two officers sign them under Proposals"
            );
        }
    }
    Ok(())
}

fn broken(error: &std::io::Error) -> Failure {
    Failure::there(format!("serving stopped: {}", error.kind()), "start it again")
}

async fn until(mut stopped: watch::Receiver<bool>) {
    until_ref(&mut stopped).await;
}

async fn until_ref(stopped: &mut watch::Receiver<bool>) {
    // A sender that is gone can't ask to stop any more: whoever held it is stopping itself.
    drop(stopped.wait_for(|stop| *stop).await);
}

/// Becomes true at SIGINT or SIGTERM.
///
/// # Errors
/// If the system doesn't let signals be caught.
pub fn stop_at_signal() -> Result<(watch::Receiver<bool>, impl Future<Output = ()>), Failure> {
    let caught = |kind| {
        signal(kind).map_err(|error| Failure::there(format!("signals can't be caught: {}", error.kind()), "try again"))
    };
    let (mut interrupt, mut terminate) = (caught(SignalKind::interrupt())?, caught(SignalKind::terminate())?);
    let (sender, receiver) = watch::channel(false);
    let wait = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        sender.send_replace(true);
        sender.closed().await;
    };
    Ok((receiver, wait))
}

/// The mark that one process serves the embedded database of a data directory; others that need it to themselves wait
/// for no one. A server's database has any number of nodes and no mark.
///
/// # Errors
/// If another process has it.
pub fn claim(home: &Home) -> Result<Option<std::fs::File>, Failure> {
    if home.database.file().is_none() {
        return Ok(None);
    }
    let path = home.data.join("serving.lock");
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|error| crate::failure::file(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(_) => Err(Failure::here(
            format!("{}: another ringfence process serves it", home.data.display()),
            "stop that one first",
        )),
    }
}
