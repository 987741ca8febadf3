//! A node's end.

use crate::codec::{Bytes, Get, Put, Writer, array};
use crate::frame::{self, Connection, FrameError};
use crate::message::{Change, Operation, VERSION};
use crate::tls::{Far, Identity, TlsError};
use domain::{CustomerId, Millis, TenantId};
use keys::{
    CeremonyStep, Counted, Enrolled, Fut, Header, HolderError, HolderStanding, Key32, KeyHolder, NodeKeys, Okm,
    PowerProposal, PowerSeal, Published, Release, RewrapRequest, SealRequest, ShelfAge, Shelved, Suites,
};
use minicbor::Decoder;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use zeroize::Zeroizing;

/// Longer than anything that is asked takes; whoever waits longer waits for nobody.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many unused connections a thread keeps.
const KEPT: usize = 4;

/// The key holder behind a socket of this machine, or on another one.
///
/// It connects when it is asked something, so it may be made before the holder runs, and outlives its restarts. A holder
/// that is gone or silent is [`HolderError::Unreachable`].
pub struct Remote {
    way: Way,
    // By thread, because each of a node's threads has a runtime of its own, and a connection is driven by the runtime in
    // which it was made.
    unused: Mutex<HashMap<ThreadId, Vec<Connection>>>,
}

enum Way {
    Socket(PathBuf),
    Tls(Far),
}

impl Way {
    async fn connect(&self) -> std::io::Result<Connection> {
        Ok(match self {
            Self::Socket(socket) => Box::new(UnixStream::connect(socket).await?),
            Self::Tls(far) => Box::new(far.connect().await?),
        })
    }
}

impl Remote {
    /// The holder that listens on this socket.
    #[must_use]
    pub fn new(socket: PathBuf) -> Self {
        Self { way: Way::Socket(socket), unused: Mutex::default() }
    }

    /// The holder on another machine, at `host:port`: its certificate is asked for, and `own` is shown.
    ///
    /// # Errors
    /// If the address, the certificates or the key can't be used.
    pub fn by_tls(address: String, own: &Identity) -> Result<Self, TlsError> {
        Ok(Self { way: Way::Tls(Far::new(address, own)?), unused: Mutex::default() })
    }

    fn unused(&self) -> MutexGuard<'_, HashMap<ThreadId, Vec<Connection>>> {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Connection> {
        self.unused().get_mut(&std::thread::current().id())?.pop()
    }

    fn keep(&self, connection: Connection) {
        let mut unused = self.unused();
        let own = unused.entry(std::thread::current().id()).or_default();
        if own.len() < KEPT {
            own.push(connection);
        }
    }

    async fn call<T: Get>(&self, operation: Operation, body: impl Put) -> Result<T, HolderError> {
        let mut request = Writer::new();
        request.array(3);
        let frame = request.with(&VERSION).with(&operation).with(&body).frame();
        // The keys of an entry are given once: whoever asks for them again looks like a thief. So a request whose answer was lost isn't
        // sent again.
        let again = operation != Operation::Release;
        let answer = tokio::time::timeout(PATIENCE, self.exchange(frame, again)).await;
        let answer = answer.map_err(|_| HolderError::Unreachable)?.map_err(|error| {
            tracing::warn!(%error, "the key holder doesn't answer");
            HolderError::Unreachable
        })?;
        parse(&answer).unwrap_or_else(|| {
            tracing::warn!("the key holder answers in another way than this version understands");
            Err(HolderError::Unreachable)
        })
    }

    /// A kept connection may be one to a holder that has been restarted since, which it shows by having ended: then a new one is
    /// made. One that ends while it is used is followed by another if the request may be sent `again`.
    async fn exchange(&self, frame: Zeroizing<Vec<u8>>, again: bool) -> Result<Zeroizing<Vec<u8>>, FrameError> {
        if let Some(kept) = self.take_open().await {
            let answer = self.ask(kept, frame.clone()).await;
            if answer.is_ok() || !again {
                return answer;
            }
        }
        let new = self.way.connect().await?;
        self.ask(new, frame).await
    }

    /// A kept connection that hasn't ended: nothing comes from the other end unasked but its end.
    async fn take_open(&self) -> Option<Connection> {
        while let Some(mut kept) = self.take() {
            let silent = tokio::select! {
                biased;
                _ = kept.read_u8() => false,
                () = std::future::ready(()) => true,
            };
            if silent {
                return Some(kept);
            }
        }
        None
    }

    async fn ask(
        &self,
        mut connection: Connection,
        frame: Zeroizing<Vec<u8>>,
    ) -> Result<Zeroizing<Vec<u8>>, FrameError> {
        frame::write(&mut connection, frame).await?;
        let ended = || FrameError::Io(std::io::ErrorKind::UnexpectedEof.into());
        let answer = frame::read(&mut connection).await?.ok_or_else(ended)?;
        self.keep(connection);
        Ok(answer)
    }
}

fn parse<T: Get>(answer: &[u8]) -> Option<Result<T, HolderError>> {
    let mut from = Decoder::new(answer);
    array(&mut from, 2).ok()?;
    if u8::get(&mut from).ok()? != VERSION {
        return None;
    }
    let result = Get::get(&mut from).ok()?;
    (from.position() == answer.len()).then_some(result)
}

/// As many answers as were asked for, or none.
fn whole<T>(answers: Vec<T>, asked: usize) -> Result<Vec<T>, HolderError> {
    if answers.len() == asked { Ok(answers) } else { Err(HolderError::Unreachable) }
}

impl KeyHolder for Remote {
    fn node_keys(&self, tenant: TenantId) -> Fut<'_, NodeKeys> {
        Box::pin(self.call(Operation::NodeKeys, tenant))
    }

    fn enrol<'a>(&'a self, tenant: TenantId, customers: &'a [CustomerId]) -> Fut<'a, Vec<Enrolled>> {
        Box::pin(async move {
            let rows: Vec<Shelved> = self.call(Operation::Enrol, (tenant, customers)).await?;
            whole(rows.into_iter().map(|shelved| Enrolled { shelved }).collect(), customers.len())
        })
    }

    fn seal<'a>(&'a self, requests: &'a [SealRequest<'a>]) -> Fut<'a, Vec<(Header, Okm)>> {
        Box::pin(async move {
            let asked: Vec<_> = requests.iter().map(|one| (one.shelved, one.place, one.suite)).collect();
            whole(self.call(Operation::Seal, asked).await?, requests.len())
        })
    }

    fn suites(&self, tenant: TenantId) -> Fut<'_, Suites> {
        Box::pin(self.call(Operation::Suites, tenant))
    }

    fn raise_suites(&self, tenant: TenantId, to: Suites) -> Fut<'_, Suites> {
        Box::pin(self.call(Operation::RaiseSuites, (tenant, to)))
    }

    fn rewrap<'a>(&'a self, requests: &'a [RewrapRequest<'a>]) -> Fut<'a, Vec<Result<Vec<u8>, HolderError>>> {
        Box::pin(async move {
            let one = |one: &RewrapRequest<'a>| (one.shelved, one.place, Bytes(one.envelope), one.suite);
            let asked: Vec<_> = requests.iter().map(one).collect();
            let answers: Vec<Result<Bytes<Vec<u8>>, HolderError>> = self.call(Operation::Rewrap, asked).await?;
            whole(answers.into_iter().map(|answer| answer.map(|Bytes(sealed)| sealed)).collect(), requests.len())
        })
    }

    fn release<'a>(&'a self, requests: &'a [Release<'a>]) -> Fut<'a, Vec<Result<Okm, HolderError>>> {
        Box::pin(async move {
            let one = |one: &Release<'a>| (one.entry, one.person, one.n, one.shelved, one.place, one.header);
            let asked: Vec<_> = requests.iter().map(one).collect();
            whole(self.call(Operation::Release, asked).await?, requests.len())
        })
    }

    fn entry_keys<'a>(&'a self, tenant: TenantId, customers: &'a [(CustomerId, &'a Shelved)]) -> Fut<'a, Vec<Key32>> {
        Box::pin(async move { whole(self.call(Operation::EntryKeys, (tenant, customers)).await?, customers.len()) })
    }

    fn list<'a>(
        &'a self,
        tenant: TenantId,
        close: u64,
        counted: &'a [Counted<'a>],
    ) -> Fut<'a, Vec<Result<[u8; 64], HolderError>>> {
        Box::pin(async move {
            let asked: Vec<_> = counted.iter().map(|one| (one.customer, one.shelved, one.n, one.head)).collect();
            whole(self.call(Operation::List, (tenant, close, asked)).await?, counted.len())
        })
    }

    fn index<'a>(&'a self, tenant: TenantId, terms: &'a [(u16, &'a [u8])]) -> Fut<'a, Vec<[u8; 16]>> {
        Box::pin(async move {
            let asked: Vec<_> = terms.iter().map(|(kind, term)| (*kind, Bytes(*term))).collect();
            whole(self.call(Operation::Index, (tenant, asked)).await?, terms.len())
        })
    }

    fn turn<'a>(&'a self, tenant: TenantId, customers: &'a [(CustomerId, &'a Shelved)]) -> Fut<'a, Vec<Shelved>> {
        Box::pin(async move { whole(self.call(Operation::Turn, (tenant, customers)).await?, customers.len()) })
    }

    fn shelves(&self, tenant: TenantId) -> Fut<'_, Vec<ShelfAge>> {
        Box::pin(self.call(Operation::Shelves, tenant))
    }

    fn new_shelf(&self, tenant: TenantId, after: u32, now: Millis) -> Fut<'_, u32> {
        Box::pin(self.call(Operation::NewShelf, (tenant, after, now)))
    }

    fn seal_power<'a>(&'a self, tenant: TenantId, proposal: &'a PowerProposal<'a>) -> Fut<'a, PowerSeal> {
        let changes: Vec<_> = proposal.changes.iter().map(Change).collect();
        Box::pin(self.call(Operation::SealPower, (tenant, proposal.from, proposal.before, changes, proposal.warrant)))
    }

    fn check_power(&self, tenant: TenantId, seal: Option<PowerSeal>) -> Fut<'_, ()> {
        Box::pin(self.call(Operation::CheckPower, (tenant, seal)))
    }

    fn published<'a>(&'a self, tenant: TenantId, piece: Published<'a>) -> Fut<'a, u64> {
        Box::pin(self.call(Operation::Published, (tenant, piece.size, piece.root, piece.leaves, Bytes(piece.before))))
    }

    fn standing(&self, tenant: TenantId) -> Fut<'_, HolderStanding> {
        Box::pin(self.call(Operation::Standing, tenant))
    }

    fn ceremony_steps(&self, after: u64) -> Fut<'_, Option<Vec<CeremonyStep>>> {
        Box::pin(self.call(Operation::CeremonySteps, after))
    }

    fn destroy_shelf(&self, tenant: TenantId, epoch: u32) -> Fut<'_, bool> {
        Box::pin(self.call(Operation::DestroyShelf, (tenant, epoch)))
    }
}
