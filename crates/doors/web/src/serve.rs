//! Connections: HTTP/1.1 on a listener, until told to stop.

use crate::patience::Patient;
use crate::state::{Web, WebConfig};
use crate::{api, identify, me, metrics, oauth, overtaken, pages, scim, speak_up};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use vault::Vault;

/// How long a client may take to send a request's head.
const HEAD: Duration = Duration::from_secs(10);
/// How long requests in flight, and the last entries of live streams, may take once told to stop.
const DRAIN: Duration = Duration::from_secs(3);
/// How long connections are still read once told to stop: one without a request is closed at once then, and a request may
/// lie unread in the system's buffer.
const UNREAD: Duration = Duration::from_millis(20);
/// Connections at once; more wait in the listener's queue.
const CONNECTIONS: usize = 8_192;

/// Serves until `stop` is ready, then lets requests in flight finish and ends live streams with their entries.
///
/// # Errors
/// If the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    vault: Arc<Vault>,
    config: WebConfig,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = watch::channel(false);
    let router = router(Web::new(vault, config, stopped.clone()));
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            _ = connections.join_next(), if connections.len() >= CONNECTIONS => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    while connections.try_join_next().is_some() {}
                    connections.spawn(converse(stream, router.clone(), stopped.clone()));
                }
                // Out of file descriptors, or a client that went away: wait a little, go on.
                Err(error) => {
                    tracing::warn!(kind = ?error.kind(), "a connection couldn't be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    // Whoever has connected by now has perhaps asked already, and is answered. The system is asked for them itself: the
    // runtime may not have heard of the last ones.
    let listener = listener.into_std()?;
    while let Ok((stream, _)) = listener.accept() {
        if let Ok(stream) = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) {
            connections.spawn(converse(stream, router.clone(), stopped.clone()));
        }
    }
    drop((listener, router, stopped));
    stopping.send_replace(true);
    // Every connection and every live stream holds a receiver until it is done.
    if tokio::time::timeout(DRAIN, stopping.closed()).await.is_err() {
        tracing::warn!("some requests hadn't finished when the server stopped");
    }
    Ok(())
}

async fn converse(stream: TcpStream, router: Router, mut stopped: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    // Vectored writes send a body from its own buffer: a value is never copied into a buffer that isn't wiped.
    let connection = hyper::server::conn::http1::Builder::new()
        .writev(true)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(Patient::new(stream)), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    // A broken connection is the client's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.changed() => {}
    }
    tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        () = tokio::time::sleep(UNREAD) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

fn router(web: Web) -> Router {
    let readable = from_fn_with_state(web.clone(), api::readable);
    let checked = from_fn_with_state(web.clone(), identify::checked);
    let measured = from_fn_with_state(web.clone(), metrics::measure);
    let routes = Router::new()
        .merge(api::routes())
        .merge(pages::routes())
        .merge(me::routes())
        .merge(speak_up::routes())
        .merge(oauth::routes())
        .merge(scim::routes())
        .fallback(api::nowhere)
        .method_not_allowed_fallback(api::no_method);
    routes.layer(checked).layer(from_fn(overtaken::again)).layer(readable).layer(measured).with_state(web)
}
