//! How much of what is sent is read at a time, and for how long: everybody may send, and what is read lies in memory.

use super::form::Entered;
use crate::body::{Unread, read_up_to};
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{Form, FromRequest as _, Request};
use axum::http::{Method, StatusCode, header};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The largest form: three files and the words.
const LARGEST: usize = vault::MOST_FILES * vault::MOST_FILE_BYTES + WORDS;
/// The largest one of words, or a code, alone.
const WORDS: usize = 64 << 10;
/// How long a form with files may take to come.
const FILES_PATIENCE: Duration = Duration::from_secs(60);
/// How long words may.
const WORDS_PATIENCE: Duration = Duration::from_secs(10);
/// How many forms with files are read at a time, and how many without: who sends files slowly keeps nobody from speaking.
const FORMS_AT_ONCE: usize = 4;
const WORDS_AT_ONCE: usize = 64;

/// The places in which something is read.
pub(crate) struct Places {
    files: Semaphore,
    words: Semaphore,
}

impl Default for Places {
    fn default() -> Self {
        Self { files: Semaphore::new(FORMS_AT_ONCE), words: Semaphore::new(WORDS_AT_ONCE) }
    }
}

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotRead {
    /// Too many are read just now.
    Busy,
    /// It is too large, or too slow.
    Unfit(StatusCode),
}

impl From<Unread> for NotRead {
    fn from(why: Unread) -> Self {
        Self::Unfit(match why {
            Unread::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Unread::TooSlow => StatusCode::REQUEST_TIMEOUT,
        })
    }
}

/// A form's body, and the place that it has as long as it is there.
pub(super) async fn form(places: &Places, request: Request) -> Result<(SemaphorePermit<'_>, Bytes), NotRead> {
    let small = request.body().size_hint().upper().is_some_and(|most| most <= WORDS as u64);
    let (free, most, patience) = match small {
        true => (&places.words, WORDS, WORDS_PATIENCE),
        false => (&places.files, LARGEST, FILES_PATIENCE),
    };
    let place = free.try_acquire().map_err(|_| NotRead::Busy)?;
    Ok((place, read_up_to(request, most, patience).await?))
}

/// What was entered with a code; none where it isn't such a form.
pub(super) async fn code(places: &Places, request: Request) -> Result<Option<Entered>, NotRead> {
    let _place = places.words.try_acquire().map_err(|_| NotRead::Busy)?;
    let kind = request.headers().get(header::CONTENT_TYPE).cloned();
    let mut whole = Request::new(Body::from(read_up_to(request, WORDS, WORDS_PATIENCE).await?));
    *whole.method_mut() = Method::POST;
    whole.headers_mut().extend(kind.map(|kind| (header::CONTENT_TYPE, kind)));
    Ok(Form::<Entered>::from_request(whole, &()).await.ok().map(|Form(entered)| entered))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    fn sent(length: usize) -> Request {
        Request::new(Body::from(vec![b'x'; length]))
    }

    #[test]
    fn few_forms_with_files_are_read_at_a_time_and_words_go_on() {
        let places = Places::default();
        run(async {
            let mut held = Vec::new();
            for _ in 0..FORMS_AT_ONCE {
                held.push(form(&places, sent(WORDS + 1)).await.unwrap());
            }
            assert_eq!(form(&places, sent(WORDS + 1)).await.map(drop), Err(NotRead::Busy));
            assert!(form(&places, sent(WORDS)).await.is_ok());
            held.pop();
            assert!(form(&places, sent(WORDS + 1)).await.is_ok());
        });
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        let (places, large) = (Places::default(), Err(NotRead::Unfit(StatusCode::PAYLOAD_TOO_LARGE)));
        run(async {
            assert_eq!(form(&places, sent(LARGEST + 1)).await.map(drop), large);
            assert!(form(&places, sent(LARGEST)).await.is_ok());
            assert_eq!(code(&places, sent(WORDS + 1)).await.map(drop), large);
            assert!(code(&places, sent(8)).await.is_ok_and(|read| read.is_none()), "it isn't such a form");
        });
    }

    #[test]
    fn a_code_is_read_as_forms_are_written() {
        let mut request = Request::new(Body::from("code=abc&text=more"));
        let kind = axum::http::HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(header::CONTENT_TYPE, kind);
        assert!(run(code(&Places::default(), request)).unwrap().is_some());
    }
}
