//! A request that a change of people or rules overtook is asked once more.
//!
//! Who asks is known as of a version of power that may be a moment old; the commit is refused where it isn't the newest. Such
//! a refusal changed nothing. So that hiring one person doesn't turn away what everybody else does in that moment, the
//! request is asked again from its start, signing in included.

use crate::problem::slug_of;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use domain::Refusal;
use futures_util::stream::{self, StreamExt as _};
use hyper::body::{Frame, SizeHint};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where a change of power itself is asked for: that one must be drawn up anew by people.
const DECIDES: &str = "/v1/power/";

pub(crate) async fn again(request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(DECIDES) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let sent = Arc::new(Mutex::new(Sent { body, read: Vec::new() }));
    let first = Body::new(Recorded(Arc::clone(&sent)));
    let response = next.clone().run(Request::from_parts(parts.clone(), first)).await;
    if slug_of(&response) != Some(Refusal::PowerChanged.slug()) {
        return response;
    }
    let Sent { body, read } = std::mem::take(&mut *lock(&sent));
    // Signing in may have been overtaken already, before anything was read: then the rest is still to come.
    let whole = stream::iter(read).map(Ok).chain(body.into_data_stream());
    next.run(Request::from_parts(parts, Body::from_stream(whole))).await
}

/// A body, and what was read of it, uncopied.
#[derive(Default)]
struct Sent {
    body: Body,
    read: Vec<Bytes>,
}

struct Recorded(Arc<Mutex<Sent>>);

fn lock(sent: &Mutex<Sent>) -> MutexGuard<'_, Sent> {
    sent.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HttpBody for Recorded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut sent = lock(&self.0);
        let frame = ready!(Pin::new(&mut sent.body).poll_frame(context));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            sent.read.push(data.clone());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.0).body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.0).body.size_hint()
    }
}
