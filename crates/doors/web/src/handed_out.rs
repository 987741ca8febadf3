//! Partner packs as they are handed out to anybody: however many ask, and however slowly they read, a pack is in memory once.

use axum::body::{Body, Bytes};
use domain::{Millis, TenantId};
use futures_util::stream;
use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::{Mutex, Semaphore};

/// The largest partner pack, in bytes: that is built, checked and handed out.
pub const MOST_PACK_BYTES: u64 = 16 << 20;
/// How many downloads go on at once.
const AT_ONCE: usize = 16;
/// For how long a file isn't read again, in milliseconds.
const KEPT_MS: i64 = 10_000;
/// How much is given to a connection at once.
const CHUNK: usize = 64 << 10;

/// A pack as it was read.
struct Kept {
    at: Millis,
    written: Option<SystemTime>,
    bytes: Bytes,
}

/// Those that were handed out lately.
pub(crate) struct HandedOut {
    kept: Mutex<HashMap<TenantId, Kept>>,
    downloads: Arc<Semaphore>,
}

impl Default for HandedOut {
    fn default() -> Self {
        Self { kept: Mutex::default(), downloads: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// Why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotHandedOut {
    /// There is no file, or it is too large.
    None,
    /// Too many download one.
    Busy,
}

/// Is there a file that may be handed out? Its length and when it was written.
pub(crate) fn is_there(file: &Path) -> Option<(u64, Option<SystemTime>)> {
    let found = std::fs::metadata(file).ok()?;
    (found.is_file() && found.len() <= MOST_PACK_BYTES).then(|| (found.len(), found.modified().ok()))
}

fn read(file: &Path) -> Option<Bytes> {
    let mut bytes = Vec::new();
    std::fs::File::open(file).ok()?.take(MOST_PACK_BYTES + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MOST_PACK_BYTES).then(|| bytes.into())
}

impl HandedOut {
    /// A tenant's pack, to be sent, and its length. Whoever reads slowly holds one of sixteen places, and no memory.
    pub(crate) async fn body(
        &self,
        tenant: TenantId,
        file: PathBuf,
        now: Millis,
    ) -> Result<(Body, usize), NotHandedOut> {
        let place = Arc::clone(&self.downloads).try_acquire_owned().map_err(|_| NotHandedOut::Busy)?;
        let bytes = self.bytes(tenant, file, now).await.ok_or(NotHandedOut::None)?;
        let length = bytes.len();
        let chunks = stream::unfold((bytes, place), |(mut rest, place)| {
            let next = rest.split_to(rest.len().min(CHUNK));
            core::future::ready((!next.is_empty()).then(|| (Ok::<_, core::convert::Infallible>(next), (rest, place))))
        });
        Ok((Body::from_stream(chunks), length))
    }

    /// One asker reads it, others wait for that.
    async fn bytes(&self, tenant: TenantId, file: PathBuf, now: Millis) -> Option<Bytes> {
        let mut all = self.kept.lock().await;
        let known = all.remove(&tenant);
        let (known, found) = tokio::task::spawn_blocking(move || {
            let (length, written) = is_there(&file)?;
            let same = |kept: &Kept| kept.written == written && kept.bytes.len() as u64 == length;
            match known {
                Some(kept) if same(&kept) && (0..KEPT_MS).contains(&now.since(kept.at)) => Some((Some(kept), None)),
                known => Some((known, Some((written, read(&file)?)))),
            }
        })
        .await
        .ok()??;
        let kept = match (known, found) {
            (Some(kept), None) => kept,
            // What didn't change isn't there twice, for those who still read it.
            (Some(kept), Some((written, bytes))) if kept.bytes == bytes => Kept { at: now, written, ..kept },
            (_, Some((written, bytes))) => Kept { at: now, written, bytes },
            (None, None) => return None,
        };
        let bytes = kept.bytes.clone();
        all.insert(tenant, kept);
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: TenantId = TenantId(1);

    fn run<T>(what: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(what)
    }

    fn file(name: &str, length: u64) -> PathBuf {
        let path = std::env::temp_dir().join(format!("ringfence-pack-{}-{name}", std::process::id()));
        std::fs::File::create(&path).unwrap().set_len(length).unwrap();
        path
    }

    #[test]
    fn a_pack_is_in_memory_once_however_many_read_it_and_a_new_one_is_seen() {
        let (all, path) = (HandedOut::default(), file("once", 100_000));
        run(async {
            let one = all.bytes(ONE, path.clone(), Millis(0)).await.unwrap();
            for at in [1, KEPT_MS, 9 * KEPT_MS, -5] {
                let other = all.bytes(ONE, path.clone(), Millis(at)).await.unwrap();
                assert_eq!(one.as_ptr(), other.as_ptr(), "at {at}");
            }
            std::fs::write(&path, "PK").unwrap();
            assert_eq!(all.bytes(ONE, path.clone(), Millis(2)).await.unwrap(), "PK");
            let (body, length) = all.body(ONE, path.clone(), Millis(2)).await.unwrap();
            assert_eq!((axum::body::to_bytes(body, 10).await.unwrap(), length), ("PK".into(), 2));
        });
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn sixteen_may_read_at_once_and_whoever_ends_makes_room() {
        let (all, path) = (HandedOut::default(), file("many", 1_000_000));
        run(async {
            let mut slow = Vec::new();
            for _ in 0..AT_ONCE {
                slow.push(all.body(ONE, path.clone(), Millis(0)).await.unwrap());
            }
            assert_eq!(all.body(ONE, path.clone(), Millis(0)).await.err(), Some(NotHandedOut::Busy));
            slow.pop();
            assert!(all.body(ONE, path.clone(), Millis(0)).await.is_ok());
        });
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_is_too_large_or_no_file_is_not_there() {
        let path = file("large", MOST_PACK_BYTES + 1);
        assert_eq!(is_there(&path), None);
        assert_eq!(is_there(&std::env::temp_dir()), None);
        let all = HandedOut::default();
        assert_eq!(run(all.body(ONE, path.clone(), Millis(0))).err(), Some(NotHandedOut::None));
        std::fs::remove_file(path).unwrap();
    }
}
