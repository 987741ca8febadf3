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
use hyper::body::{Frame, SizeHint};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a change of power itself is asked for: that one must be drawn up anew by people.
const DECIDES: &str = "/v1/power/";

pub(crate) async fn again(request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(DECIDES) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let read = Arc::default();
    let first = Body::new(Recorded { body, read: Arc::clone(&read) });
    let response = next.clone().run(Request::from_parts(parts.clone(), first)).await;
    if slug_of(&response) != Some(Refusal::PowerChanged.slug()) {
        return response;
    }
    let read: Vec<Bytes> = std::mem::take(&mut *read.lock().unwrap_or_else(PoisonError::into_inner));
    next.run(Request::from_parts(parts, Body::from(read.concat()))).await
}

/// A body of which what was read is kept, uncopied. A commit comes after all of it.
struct Recorded {
    body: Body,
    read: Arc<Mutex<Vec<Bytes>>>,
}

impl HttpBody for Recorded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            self.read.lock().unwrap_or_else(PoisonError::into_inner).push(data.clone());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
