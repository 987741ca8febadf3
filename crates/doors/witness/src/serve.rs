//! The HTTP interface: `POST /add-checkpoint` as tlog-witness says, `GET /key`, `GET /alarms`.

use crate::witness::{Reply, Witness};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use transparency::{MAX_ADD_CHECKPOINT_BYTES, SIZE_MEDIA_TYPE};

/// How long a client may take to send a request.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections at once; more wait in the listener's queue.
const CONNECTIONS: usize = 128;

/// Serves until `stop` is ready. The published logs are looked at once before, then at least each `every`.
///
/// # Errors
/// If the thread that looks can't be started.
pub async fn serve(
    witness: Arc<Witness>,
    listener: TcpListener,
    every: Duration,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let watcher = Arc::clone(&witness);
    // What was restored from a backup must be noticed before anything is signed.
    let first = tokio::task::spawn_blocking(move || watcher.look_at_all());
    // A panic there has said so itself.
    drop(first.await);
    let watcher = Arc::clone(&witness);
    std::thread::Builder::new().name("watch".to_owned()).spawn(move || watcher.watch(every))?;
    let router = router(witness);
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let accept = async {
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let router = router.clone();
                    tokio::spawn(async move {
                        converse(stream, router).await;
                        drop(permit);
                    });
                }
                // Out of file descriptors, or a client that went away: wait a little, go on.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    tokio::select! {
        () = accept => {}
        () = stop => {}
    }
    Ok(())
}

async fn converse(stream: TcpStream, router: Router) {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // A broken connection is the client's affair.
    drop(connection.await);
}

fn router(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add))
        .route("/key", get(keys))
        .route("/alarms", get(alarms))
        .fallback(async || problem(404, "there is nothing under this address"))
        .method_not_allowed_fallback(async || problem(405, "this address has another method"))
        .with_state(witness)
}

async fn add(State(witness): State<Arc<Witness>>, request: Request<Body>) -> Response {
    let body = match timeout(PATIENCE, to_bytes(request.into_body(), MAX_ADD_CHECKPOINT_BYTES)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return problem(413, "the body is cut, or longer than a checkpoint with its proof"),
        Err(_) => return problem(408, "the body took too long"),
    };
    let Ok(text) = String::from_utf8(body.into()) else { return problem(400, "the body isn't UTF-8") };
    // Remembering waits for the disk.
    let reply = tokio::task::spawn_blocking(move || witness.add(&text)).await;
    match reply {
        Ok(Reply::Cosigned(lines)) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], lines).into_response(),
        Ok(Reply::Conflict(size)) => {
            (StatusCode::CONFLICT, [(header::CONTENT_TYPE, SIZE_MEDIA_TYPE)], format!("{size}\n")).into_response()
        }
        Ok(Reply::Refused(status, why)) => problem(status, &why),
        Err(_) => problem(500, "the witness failed"),
    }
}

async fn keys(State(witness): State<Arc<Witness>>) -> Response {
    let text: String = witness.keys().iter().map(|key| format!("{key}\n")).collect();
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

async fn alarms(State(witness): State<Arc<Witness>>) -> Response {
    let read = witness.home().alarms().and_then(|all| Ok((all, witness.home().open_alarms()?.len())));
    match read {
        Ok((alarms, open)) => {
            let body = json!({"alarms": alarms, "open": open, "logs": witness.status()}).to_string();
            ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body).into_response()
        }
        Err(_) => problem(500, "the alarms can't be read"),
    }
}

/// RFC 9457.
fn problem(status: u16, title: &str) -> Response {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({"type": "about:blank", "status": code.as_u16(), "title": title}).to_string();
    (code, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}
