//! The key holder's end.

use crate::codec::{Bytes, Get, Put, Read, Writer, array};
use crate::frame::{self, Connection, FrameError};
use crate::message::{Change, Operation, VERSION};
use crate::named::Admitted;
use crate::tls::{Gate, Knocking};
use domain::{CustomerId, EntryId, Millis, PersonId, Suite, TenantId};
use keys::standing::Apart;
use keys::{
    Ceremonies, Counted, Header, HolderError, HolderStanding, KeyHolder, Place, PowerProposal, Powers, Published,
    Release, RewrapRequest, SealRequest, Shelved, Warrant,
};
use minicbor::Decoder;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// How many connections of a kind are served at once; others wait.
const CONNECTIONS: usize = 128;
/// How many may be showing who they are at once, from other machines: they take nothing from those who have shown it.
const KNOCKING: usize = 64;
/// How long somebody may take to read an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// After a connection couldn't be taken.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a connection from another machine lives: then its certificate is looked at again.
const LIFE: Duration = Duration::from_secs(3_600);

/// Where nodes connect, and who may.
pub struct Doors {
    local: UnixListener,
    allowed: Vec<u32>,
    gate: Option<Gate>,
}

impl Doors {
    /// A socket of this machine, for the operating system's users `allowed` and nobody else. The system says who is at the other end
    /// of a socket, not the other end.
    #[must_use]
    pub fn new(local: UnixListener, allowed: Vec<u32>) -> Self {
        Self { local, allowed, gate: None }
    }

    /// And one for nodes of other machines.
    #[must_use]
    pub fn and(self, gate: Gate) -> Self {
        Self { gate: Some(gate), ..self }
    }

    /// The next connection of somebody of this machine who may ask.
    async fn local(&self) -> UnixStream {
        loop {
            let connection = match self.local.accept().await {
                Ok((connection, _)) => connection,
                Err(error) => {
                    not_taken(&error).await;
                    continue;
                }
            };
            let uid = connection.peer_cred().map(|peer| peer.uid()).ok();
            if uid.is_some_and(|uid| self.allowed.contains(&uid)) {
                return connection;
            }
            tracing::warn!(uid, "somebody who may not ask connected; allow_uids names those who may");
        }
    }

    /// The next from another machine, who is still to show who they are.
    async fn far(&self) -> Knocking {
        let Some(gate) = &self.gate else { return std::future::pending().await };
        loop {
            match gate.accept().await {
                Ok(knocking) => return knocking,
                Err(error) => not_taken(&error).await,
            }
        }
    }

    /// Attends to everybody who may ask, until dropped; then their connections end.
    async fn each<A, F>(&self, attend: A)
    where
        A: Fn(Line) -> F + Clone + Send + 'static,
        F: Future<Output = Result<(), Ended>> + Send + 'static,
    {
        let (mut near, mut knocking, mut far) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
        loop {
            let attend = attend.clone();
            tokio::select! {
                connection = self.local(), if near.len() < CONNECTIONS => {
                    let line = Line { connection: Box::new(connection), far: None };
                    near.spawn(async move { ended(attend(line).await) });
                }
                one = self.far(), if knocking.len() < KNOCKING && far.len() < CONNECTIONS => {
                    knocking.spawn(one.known());
                }
                Some(known) = knocking.join_next() => if let Ok(Some((known, by))) = known {
                    let far_one = Far { until: Instant::now() + LIFE, by };
                    let line = Line { connection: Box::new(known), far: Some(far_one) };
                    far.spawn(async move { ended(attend(line).await) });
                },
                Some(_) = near.join_next() => {}
                Some(_) = far.join_next() => {}
            }
        }
    }
}

/// A connection of somebody who may ask.
struct Line {
    connection: Connection,
    /// Of one from another machine.
    far: Option<Far>,
}

/// For how long a connection from another machine goes on.
struct Far {
    /// When it ends, between two requests: then who is there shows themselves anew.
    until: Instant,
    by: Admitted,
}

impl Far {
    /// Once its time is over, or its certificate was struck from the list.
    async fn over(&mut self) {
        tokio::select! {
            () = tokio::time::sleep_until(self.until) => {}
            () = self.by.struck() => {
                tracing::warn!("a certificate was struck from allow_certificates, and its connection is cut");
            }
        }
    }
}

impl Line {
    /// The next request; none once the connection has ended, by the other side, by its time, or as its certificate was struck from the list.
    async fn next(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, FrameError> {
        let next = frame::read(&mut self.connection);
        let Some(far) = &mut self.far else { return next.await };
        tokio::select! {
            biased;
            () = far.over() => Ok(None),
            request = next => request,
        }
    }
}

async fn not_taken(error: &std::io::Error) {
    tracing::warn!(kind = %error.kind(), "a connection can't be taken");
    tokio::time::sleep(PAUSE).await;
}

/// Serves `holder` at these doors until dropped.
///
/// A frame that can't be read ends its connection, without an answer.
pub async fn serve(doors: &Doors, holder: Arc<dyn KeyHolder>) {
    let attend = move |line| {
        let holder = Arc::clone(&holder);
        async move { attend(line, &*holder).await }
    };
    doors.each(attend).await;
}

/// Answers the same, whatever they ask but how its ceremony stands, that the holder refuses, until dropped; then their connections end
/// too, so that they find the holder that serves afterwards.
pub async fn refuse(doors: &Doors, error: HolderError, told: &Arc<dyn Ceremonies>) {
    let told = Arc::clone(told);
    let attend = move |line| {
        let told = Arc::clone(&told);
        async move { turn_away(line, error, &*told).await }
    };
    doors.each(attend).await;
}

fn ended(attended: Result<(), Ended>) {
    if let Err(error) = attended {
        tracing::warn!(%error, "a connection was ended");
    }
}

#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("what was asked can't be read; node and key holder must be of one version")]
    Malformed,
    #[error("an answer wasn't read in time")]
    Slow,
}

async fn attend(mut line: Line, holder: &dyn KeyHolder) -> Result<(), Ended> {
    while let Some(request) = line.next().await? {
        let answer = answer(&request, holder).await.map_err(|_| Ended::Malformed)?;
        drop(request);
        send(&mut line.connection, answer).await?;
    }
    Ok(())
}

async fn turn_away(mut line: Line, error: HolderError, told: &dyn Ceremonies) -> Result<(), Ended> {
    while let Some(request) = line.next().await? {
        send(&mut line.connection, refusal(&request, error, told)).await?;
    }
    Ok(())
}

/// Who waits for shares must show how far that is, to people who aren't at its machine.
fn refusal(request: &[u8], error: HolderError, told: &dyn Ceremonies) -> Zeroizing<Vec<u8>> {
    let standing = || Apart { ceremony: Some(told.standing()), sealed: true, ..Apart::default() };
    match asked(request) {
        Ok((Operation::Standing, _)) => reply(Ok(HolderStanding { apart: Some(standing()) })),
        Ok((Operation::CeremonySteps, from)) => {
            reply(body(from).map_err(|_| error).map(|after| Some(told.steps(after))))
        }
        _ => reply::<()>(Err(error)),
    }
}

async fn send(connection: &mut Connection, answer: Zeroizing<Vec<u8>>) -> Result<(), Ended> {
    let written = tokio::time::timeout(PATIENCE, frame::write(connection, answer)).await;
    Ok(written.map_err(|_| Ended::Slow)??)
}

/// A whole body, and nothing behind it.
fn body<T: Get>(mut from: Decoder<'_>) -> Read<T> {
    let value = T::get(&mut from)?;
    if from.position() == from.input().len() {
        Ok(value)
    } else {
        Err(minicbor::decode::Error::message("bytes behind the body"))
    }
}

fn reply<T: Put>(result: Result<T, HolderError>) -> Zeroizing<Vec<u8>> {
    let mut answer = Writer::new();
    answer.array(2);
    answer.with(&VERSION).with(&result).frame()
}

type Rows = Vec<(CustomerId, Shelved)>;

fn borrowed(rows: &Rows) -> Vec<(CustomerId, &Shelved)> {
    rows.iter().map(|(customer, shelved)| (*customer, shelved)).collect()
}

/// What is asked, and where its body begins.
fn asked(request: &[u8]) -> Read<(Operation, Decoder<'_>)> {
    let mut from = Decoder::new(request);
    array(&mut from, 3)?;
    if u8::get(&mut from)? != VERSION {
        return Err(minicbor::decode::Error::message("another version"));
    }
    Ok((Operation::get(&mut from)?, from))
}

pub(crate) async fn answer(request: &[u8], holder: &dyn KeyHolder) -> Read<Zeroizing<Vec<u8>>> {
    let (operation, from) = asked(request)?;
    Ok(match operation {
        Operation::NodeKeys => reply(holder.node_keys(body(from)?).await),
        Operation::Enrol => {
            let (tenant, customers): (TenantId, Vec<CustomerId>) = body(from)?;
            let enrolled = holder.enrol(tenant, &customers).await;
            reply(enrolled.map(|rows| rows.into_iter().map(|one| one.shelved).collect::<Vec<_>>()))
        }
        Operation::Seal => {
            let asked: Vec<(Shelved, Place, Suite)> = body(from)?;
            let requests: Vec<_> = asked
                .iter()
                .map(|(shelved, place, suite)| SealRequest { shelved, place: *place, suite: *suite })
                .collect();
            reply(holder.seal(&requests).await)
        }
        Operation::Suites => reply(holder.suites(body(from)?).await),
        Operation::RaiseSuites => {
            let (tenant, to) = body(from)?;
            reply(holder.raise_suites(tenant, to).await)
        }
        Operation::Rewrap => reply(rewrap(body(from)?, holder).await),
        Operation::Release => reply(release(body(from)?, holder).await),
        Operation::EntryKeys => {
            let (tenant, rows): (TenantId, Rows) = body(from)?;
            reply(holder.entry_keys(tenant, &borrowed(&rows)).await)
        }
        Operation::List => {
            type Lines = Vec<(CustomerId, Shelved, u64, [u8; 32])>;
            let (tenant, close, rows): (TenantId, u64, Lines) = body(from)?;
            let counted = rows.iter().map(|(customer, shelved, n, head)| Counted {
                customer: *customer,
                shelved,
                n: *n,
                head: *head,
            });
            reply(holder.list(tenant, close, &counted.collect::<Vec<_>>()).await)
        }
        Operation::Index => {
            type Terms = Vec<(u16, Bytes<Vec<u8>>)>;
            let (tenant, asked): (TenantId, Terms) = body(from)?;
            let terms: Vec<(u16, &[u8])> = asked.iter().map(|(kind, Bytes(term))| (*kind, term.as_slice())).collect();
            reply(holder.index(tenant, &terms).await)
        }
        Operation::Turn => {
            let (tenant, rows): (TenantId, Rows) = body(from)?;
            reply(holder.turn(tenant, &borrowed(&rows)).await)
        }
        Operation::Shelves => reply(holder.shelves(body(from)?).await),
        Operation::NewShelf => {
            let (tenant, after, now): (TenantId, u32, Millis) = body(from)?;
            reply(holder.new_shelf(tenant, after, now).await)
        }
        Operation::Standing => reply(holder.standing(body(from)?).await),
        Operation::CeremonySteps => reply(holder.ceremony_steps(body(from)?).await),
        Operation::DestroyShelf => {
            let (tenant, epoch): (TenantId, u32) = body(from)?;
            reply(holder.destroy_shelf(tenant, epoch).await)
        }
        Operation::SealPower => {
            let (tenant, from, before, changes, warrant): (_, u64, Powers, Vec<Change<_>>, Warrant) = body(from)?;
            let changes: Vec<_> = changes.into_iter().map(|Change(change)| change).collect();
            let proposal = PowerProposal { from, before: &before, changes: &changes, warrant: &warrant };
            reply(holder.seal_power(tenant, &proposal).await)
        }
        Operation::CheckPower => {
            let (tenant, seal) = body(from)?;
            reply(holder.check_power(tenant, seal).await)
        }
        Operation::Published => {
            let (tenant, size, root, leaves, Bytes(before)): (_, _, _, Vec<[u8; 65]>, Bytes<Vec<u8>>) = body(from)?;
            reply(holder.published(tenant, Published { size, root, leaves: &leaves, before: &before }).await)
        }
    })
}

type Sealed = (Shelved, Place, Bytes<Vec<u8>>, Suite);

async fn rewrap(
    asked: Vec<Sealed>,
    holder: &dyn KeyHolder,
) -> Result<Vec<Result<Bytes<Vec<u8>>, HolderError>>, HolderError> {
    let requests = asked.iter().map(|(shelved, place, Bytes(envelope), suite)| RewrapRequest {
        shelved,
        place: *place,
        envelope,
        suite: *suite,
    });
    let sealed = holder.rewrap(&requests.collect::<Vec<_>>()).await?;
    Ok(sealed.into_iter().map(|one| one.map(Bytes)).collect())
}

type Asked = (EntryId, Option<PersonId>, Option<u64>, Shelved, Place, Header);

async fn release(
    asked: Vec<Asked>,
    holder: &dyn KeyHolder,
) -> Result<Vec<Result<keys::Okm, HolderError>>, HolderError> {
    let requests = asked.iter().map(|(entry, person, n, shelved, place, header)| Release {
        entry: *entry,
        person: *person,
        n: *n,
        shelved,
        place: *place,
        header: *header,
    });
    holder.release(&requests.collect::<Vec<_>>()).await
}
