//! `GET /v1/disclosures/stream`: the log as it grows, as server-sent events.
//!
//! Each stream is a task of its own. It outlives the request's handler, so its end has its entry however it comes
//! about, and a node that stops waits for it.

use super::disclosures::{Line, Names, names};
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use core::convert::Infallible;
use futures_util::stream;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;
use vault::{Disclosure, Scope, StreamEnd, VaultError};

/// How often a stream on which nothing happens looks whether it may go on.
const LOOK: Duration = Duration::from_millis(250);

/// What is done and refused, as it happens, as server-sent events.
///
/// Opening and closing the stream are entries. It ends within a second of its session's or token's end, when people or
/// rules change, and when the server stops; whoever still may watch connects again. The event `missed` says how many lines
/// a slow reader didn't get: ask the list for them.
#[utoipa::path(get, path = "/v1/disclosures/stream", tag = "log", operation_id = "streamDisclosures",
    responses((status = 200, description = "event: disclosure, data: one line", body = String, content_type = "text/event-stream"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn stream(State(web): State<Web>, Signed(who): Signed) -> Result<Response, Failed> {
    let (opened, opening) = oneshot::channel();
    let (lines, told) = mpsc::channel(1);
    tokio::spawn(watch(web.clone(), who, opened, lines));
    opening.await.unwrap_or(Err(VaultError::Stopping)).map_err(|error| web.failed(&error))?;
    let events = stream::unfold(told, |mut told| async {
        let event = told.recv().await?;
        Some((Ok::<_, Infallible>(event), told))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// One stream, from its opening's entry to its closing's.
async fn watch(web: Web, who: Scope, opened: oneshot::Sender<Result<(), VaultError>>, lines: mpsc::Sender<Event>) {
    let receiver = match web.vault.watch(&who).await {
        Ok(receiver) => receiver,
        // If nobody waits for the answer any more, the refusal's entry stands all the same.
        Err(error) => return drop(opened.send(Err(error))),
    };
    let names = names(&web.vault, &who).await;
    let mut watching = Watching { web, who, receiver, names };
    // A reader that went while it was opened is noticed by its closed channel.
    drop(opened.send(Ok(())));
    let end = watching.tell(&lines).await;
    // The reader's answer ends now; the entry needn't be waited for.
    drop(lines);
    if let Err(error) = watching.web.vault.unwatch(&watching.who, end).await {
        tracing::warn!(%error, "the end of a live stream couldn't be logged");
    }
}

struct Watching {
    web: Web,
    who: Scope,
    receiver: Receiver<Arc<Disclosure>>,
    names: Names,
}

impl Watching {
    /// Tells what happens until something ends it; gives what did.
    async fn tell(&mut self, lines: &mpsc::Sender<Event>) -> StreamEnd {
        let mut stopped = self.web.stopped.clone();
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let receiver = &mut self.receiver;
            let next = async { (lines.reserve().await, receiver.recv().await) };
            let told = tokio::select! {
                biased;
                // A sender that is gone stops too.
                _ = stopped.wait_for(|stop| *stop) => return StreamEnd::Stopped,
                () = lines.closed() => return StreamEnd::Left,
                _ = looks.tick() => None,
                next = next => Some(next),
            };
            if let Some(end) = self.over().await {
                return end;
            }
            match told {
                Some((Err(_), _)) => return StreamEnd::Left,
                Some((_, Err(RecvError::Closed))) => return StreamEnd::Stopped,
                Some((Ok(place), Err(RecvError::Lagged(missed)))) => {
                    place.send(Event::default().event("missed").data(missed.to_string()));
                }
                Some((Ok(place), Ok(told))) if told.tenant == self.who.tenant() => {
                    place.send(self.event(&told).await);
                }
                Some((Ok(_), Ok(_))) | None => {}
            }
        }
    }

    /// Why nothing more may be told, if so.
    async fn over(&self) -> Option<StreamEnd> {
        if !self.web.vault.session_lives(&self.who).await {
            return Some(StreamEnd::SignedOut);
        }
        (!self.web.vault.still_holds(&self.who).await).then_some(StreamEnd::RightsChanged)
    }

    async fn event(&mut self, told: &Disclosure) -> Event {
        if told.body.person.is_some_and(|person| !self.names.contains_key(&person)) {
            self.names = names(&self.web.vault, &self.who).await;
        }
        let line = Line::told(told, &self.names);
        Event::default().event("disclosure").data(serde_json::to_string(&line).unwrap_or_default())
    }
}
