//! A separate key holder for drills: the program's own, behind a socket or TLS, with one customer.

use crate::ambient::{SystemClock, SystemEntropy};
use crate::commands::init::{keys_in, private_dir};
use crate::failure::{self, Failure};
use crate::wire;
use domain::{Clock, CustomerId, EntryId, Millis, PersonId, Suite, TenantId, time};
use drills::{AskedFrom, AskedHolder, Declined, HolderSetUp, OLDEST_ENTRY_MS};
use keyholder::{Ceilings, InProcess, Watched};
use keylink::{Doors, Gate, Identity, Named, Remote};
use keys::{Header, HolderError, KeyHolder, Place, Published, Release, SealRequest, Shelved};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::{Builder, Runtime};
use transparency::{Frontier, leaf_hash};
use zeroize::Zeroizing;

const TENANT: TenantId = TenantId(1);
/// As its certificate names it.
const HOST: &str = "localhost";
/// As the program writes `tenant_per_hour`.
const TENANT_PER_HOUR: u32 = 100_000;

/// The machine's clock, but for the moment of the start: that lies further back than the oldest entry that a drill shows, so that such an
/// entry is refused for its age, and not as one of before the start. Nor need drills wait as a key holder does after it.
#[derive(Default)]
struct Waited(AtomicBool);

impl Clock for Waited {
    fn now(&self) -> Millis {
        let back = if self.0.load(Ordering::Relaxed) { 0 } else { 2 * OLDEST_ENTRY_MS };
        SystemClock.now().plus(-back)
    }
}

/// How it is asked.
enum Way {
    Socket(PathBuf),
    /// At this `host:port`, by this certificate.
    Tls(String, Identity),
}

impl Way {
    fn remote(&self) -> Option<Remote> {
        match self {
            Self::Socket(socket) => Some(Remote::new(socket.clone())),
            Self::Tls(address, own) => Remote::by_tls(address.clone(), own).ok(),
        }
    }
}

/// It, the way to it, and what a node has of the customer.
pub(super) struct Holder {
    runtime: Runtime,
    holder: Arc<dyn KeyHolder>,
    doors: Doors,
    way: Way,
    shelved: Shelved,
    header: Header,
    place: Place,
    person: PersonId,
}

impl Holder {
    /// Makes one in a new directory.
    pub(super) fn made(dir: &Path, set_up: HolderSetUp) -> Result<Self, Failure> {
        private_dir(dir)?;
        let key = dir.join("root.key");
        keys_in(&key, &[TENANT])?;
        let ring = wire::ring_file(&key)?;
        let holder = InProcess::open(ring, Arc::new(SystemClock), Arc::new(SystemEntropy), vault::waits())
            .map_err(|error| wire::ring(&key, &error))?;
        let ceilings = Ceilings { person: set_up.person_per_hour, tenant: TENANT_PER_HOUR };
        let clock = Arc::new(Waited::default());
        let watched = Watched::open(holder, dir, ceilings, Arc::clone(&clock) as _);
        let holder: Arc<dyn KeyHolder> = Arc::new(watched.map_err(|error| failure::file(dir, &error))?);
        clock.0.store(true, Ordering::Relaxed);
        let failed = |error: std::io::Error| failure::file(dir, &error);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (socket, own) = (dir.join("keys.sock"), fs::metadata(dir).map_err(failed)?.uid());
        let asks = if set_up.lets_in { own } else { own.wrapping_add(1) };
        let listener = runtime.block_on(async { UnixListener::bind(&socket) }).map_err(failed)?;
        let doors = Doors::new(listener, vec![asks]);
        let (doors, way) = match set_up.asked_from {
            AskedFrom::ItsMachine => (doors, Way::Socket(socket)),
            AskedFrom::AnotherMachine => {
                let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).map_err(failed)?;
                let port = listener.local_addr().map_err(failed)?.port();
                let (gate, own) = gate(listener, set_up.lets_in).ok_or_else(not_made)?;
                (doors.and(gate), Way::Tls(format!("{HOST}:{port}"), own))
            }
        };
        let customer = CustomerId(time::fresh(&SystemEntropy));
        let place = Place { tenant: TENANT, customer, field: 1, instance: 1, version: 1 };
        let (shelved, header) = runtime.block_on(enrolled(&*holder, place)).ok_or_else(not_made)?;
        let person = PersonId(time::fresh(&SystemEntropy));
        Ok(Self { runtime, holder, doors, way, shelved, header, place, person })
    }

    /// Asks by a connection of its own.
    fn asked<T>(&self, ask: impl AsyncFnOnce(&Remote) -> Result<T, HolderError>) -> Result<T, Declined> {
        let remote = self.way.remote().ok_or_else(|| word(HolderError::Unreachable).to_owned())?;
        let answer = self.runtime.block_on(async {
            tokio::select! {
                () = keylink::serve(&self.doors, Arc::clone(&self.holder)) => Err(HolderError::Unreachable),
                answer = ask(&remote) => answer,
            }
        });
        answer.map_err(|error| word(error).to_owned())
    }
}

impl AskedHolder for Holder {
    fn key_under(&self, entry: EntryId, number: u64) -> Result<(), Declined> {
        let Self { shelved, header, place, person, .. } = self;
        let (place, header) = (*place, *header);
        let request = Release { entry, person: Some(*person), n: Some(number), shelved, place, header };
        self.asked(async |remote| {
            let mut keys = remote.release(&[request]).await?;
            keys.pop().unwrap_or(Err(HolderError::Unreachable)).map(drop)
        })
    }

    fn shown(&self, log: &[[u8; 65]]) -> Result<(), Declined> {
        let (mut edge, before) = (Frontier::new(), Frontier::new().to_bytes());
        for leaf in log {
            edge.append(leaf_hash(leaf)).map_err(|error| error.to_string())?;
        }
        let piece = Published { size: edge.size(), root: edge.root(), leaves: log, before: &before };
        self.asked(async |remote| remote.published(TENANT, piece).await.map(drop))
    }
}

/// Where nodes of other machines connect, and a certificate of their authority; the key holder may know of it or not.
fn gate(listener: TcpListener, lets_in: bool) -> Option<(Gate, Identity)> {
    let mut params = CertificateParams::new(Vec::new()).ok()?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().ok()?).ok()?;
    let signed = |usage: ExtendedKeyUsagePurpose| {
        let key = KeyPair::generate().ok()?;
        let mut params = CertificateParams::new(vec![HOST.to_owned()]).ok()?;
        params.extended_key_usages = vec![usage];
        let certificate = params.signed_by(&key, &authority).ok()?.pem().into_bytes();
        let key = Zeroizing::new(key.serialize_pem().into_bytes());
        Some(Identity { authority: authority.pem().into_bytes(), certificate, key })
    };
    let shown = signed(ExtendedKeyUsagePurpose::ServerAuth)?;
    let own = signed(ExtendedKeyUsagePurpose::ClientAuth)?;
    let named = if lets_in { Some(own.digest().ok()?) } else { None };
    let gate = Gate::new(listener, &shown, Named::new(named.into_iter().collect())).ok()?;
    Some((gate, own))
}

/// The customer's row, and how their value is sealed.
async fn enrolled(holder: &dyn KeyHolder, place: Place) -> Option<(Shelved, Header)> {
    let shelved = holder.enrol(TENANT, &[place.customer]).await.ok()?.pop()?.shelved;
    let request = SealRequest { shelved: &shelved, place, suite: Suite::FIRST };
    let (header, _) = holder.seal(&[request]).await.ok()?.pop()?;
    Some((shelved, header))
}

fn not_made() -> Failure {
    Failure::there("the drills' key holder can't be made", "try again")
}

fn word(error: HolderError) -> &'static str {
    match error {
        HolderError::AlreadyReleased => "already-released",
        HolderError::Stale => "stale",
        HolderError::OldLog => "old-log",
        HolderError::Ceiling => "ceiling",
        HolderError::Unreachable => "unreachable",
        _ => "something-else",
    }
}
