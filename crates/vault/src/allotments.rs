//! Allowances that a team or everybody shares. A node takes a part in advance, durably and with an entry of its own, and
//! spends it from memory: each disclosure's entry says from which part. So nobody waits for a row that all nodes change,
//! and the sum over all nodes still never exceeds the limit.
//!
//! A part is of one purpose and one step of ten minutes. It is asked for by one thread, before the last one is used up; who
//! comes meanwhile waits for the same answer. An act that was surely not done gives back to memory; one of which nobody
//! knows has spent. What a node holds when it crashes or the step ends counts as spent. A node that stops in order gives it
//! back.

use crate::error::VaultError;
use crate::private::release::Done;
use crate::private::treasury::{Answer, Shared, Treasury};
use crate::wiring::{Act, Vault};
use domain::allotment::{Ask, Draw, Drawing, Piece, Purse};
use domain::{Clock, Counter, Millis, Purpose, Refusal, Room, TenantId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Condition, StoreError};
use tokio::sync::{Notify, mpsc};

/// How many questions one transaction takes at most: at the turn of a step every team's comes.
const BATCH: usize = 64;

/// What an act takes from one shared allowance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub(crate) counter: Counter,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) cost: u32,
    pub(crate) room: Room,
    pub(crate) otherwise: Refusal,
}

/// One shared allowance for one purpose, as this node has it.
struct Pool {
    shared: Shared,
    purse: Mutex<Purse>,
    /// Told whenever a question was answered.
    answered: Notify,
}

impl Pool {
    fn purse(&self) -> MutexGuard<'_, Purse> {
        self.purse.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Question = (Arc<Pool>, Ask);
type Pools = HashMap<(TenantId, Counter, Option<Purpose>), Arc<Pool>>;

/// This node's parts of all shared allowances.
pub(crate) struct Allotments {
    treasury: Arc<Treasury>,
    pools: Mutex<Pools>,
    questions: mpsc::UnboundedSender<Question>,
}

/// What was drawn for an act. Dropped, it is spent.
#[must_use]
pub(crate) struct Drawn(Vec<(Arc<Pool>, Draw)>);

impl Drawn {
    /// Gives back to memory what was drawn for an act that was surely not done.
    pub(crate) fn settle(self, done: &Result<Done, VaultError>) {
        if matches!(done, Ok(Done::Replayed { .. }) | Err(VaultError::Refused { .. } | VaultError::Busy)) {
            self.put_back();
        }
    }

    /// Gives it back to memory: nothing was spent of it.
    pub(crate) fn put_back(self) {
        for (pool, draw) in self.0 {
            pool.purse().put_back(draw);
        }
    }

    /// From which allotments, for the entry.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = Piece> {
        self.0.iter().flat_map(|(_, draw)| draw.pieces()).copied()
    }
}

impl Allotments {
    /// Starts the thread that asks; it ends when this is dropped.
    pub(crate) fn start(treasury: Treasury) -> std::io::Result<Self> {
        let (questions, asked) = mpsc::unbounded_channel();
        let treasury = Arc::new(treasury);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let works = Arc::clone(&treasury);
        std::thread::Builder::new()
            .name("allotments".into())
            .spawn(move || runtime.block_on(ask_all(&works, asked)))?;
        Ok(Self { treasury, pools: Mutex::default(), questions })
    }

    /// Draws what an act costs. Where there is nothing left, the act carries the refusal on; one that is refused anyway
    /// draws nothing.
    pub(crate) async fn draw(&self, mut act: Act) -> Result<(Act, Drawn), VaultError> {
        if act.when.iter().any(|condition| matches!(condition, Condition::Never(_))) {
            return Ok((act, Drawn(Vec::new())));
        }
        match self.hold(act.tenant, &act.draws).await? {
            Ok(drawn) => {
                act.draft.drawn.extend(drawn.pieces());
                Ok((act, drawn))
            }
            Err(refusal) => Ok((act.when(Condition::Never(refusal)), Drawn(Vec::new()))),
        }
    }

    /// Draws from several allowances, or from none of them.
    pub(crate) async fn hold(&self, tenant: TenantId, shares: &[Share]) -> Result<Result<Drawn, Refusal>, VaultError> {
        let mut drawn = Drawn(Vec::with_capacity(shares.len()));
        for share in shares.iter().filter(|share| share.cost > 0) {
            let pool = self.pool(tenant, share);
            match self.draw_one(&pool, share.cost).await {
                Ok(Ok(draw)) => drawn.0.push((pool, draw)),
                Ok(Err(refusal)) => {
                    drawn.put_back();
                    return Ok(Err(refusal));
                }
                Err(error) => {
                    drawn.put_back();
                    return Err(error);
                }
            }
        }
        Ok(Ok(drawn))
    }

    async fn draw_one(&self, pool: &Arc<Pool>, cost: u32) -> Result<Result<Draw, Refusal>, VaultError> {
        let failures = pool.purse().failures();
        loop {
            // Made before the purse is asked, so that an answer in between is heard.
            let answered = pool.answered.notified();
            let (drawing, ask, failed) = {
                let mut purse = pool.purse();
                let now = self.treasury.clock.now();
                (purse.draw(now, cost), purse.ask(now, cost), purse.failures() != failures)
            };
            if let Some(ask) = ask
                && self.questions.send((Arc::clone(pool), ask)).is_err()
            {
                pool.purse().failed();
                return Err(VaultError::Stopping);
            }
            match drawing {
                Drawing::Drawn(draw) => return Ok(Ok(draw)),
                Drawing::Refused(refusal) => return Ok(Err(refusal)),
                Drawing::Closed => return Err(VaultError::Stopping),
                Drawing::Wait if failed => return Err(StoreError::Unavailable.into()),
                Drawing::Wait => answered.await,
            }
        }
    }

    fn pool(&self, tenant: TenantId, share: &Share) -> Arc<Pool> {
        let Share { counter, purpose, room, otherwise, .. } = *share;
        let mut pools = self.pools();
        let pool = pools.entry((tenant, counter, purpose)).or_insert_with(|| {
            let shared = Shared { tenant, counter, purpose, room, otherwise };
            Arc::new(Pool { shared, purse: Mutex::default(), answered: Notify::new() })
        });
        Arc::clone(pool)
    }

    /// What this node still holds of an allowance, for all purposes.
    pub(crate) fn left(&self, tenant: TenantId, counter: Counter) -> u32 {
        let pools = self.pools();
        let of = core::iter::once(None).chain(Purpose::ALL.into_iter().map(Some));
        let held = of.filter_map(|purpose| pools.get(&(tenant, counter, purpose)));
        held.fold(0, |sum, pool| sum.saturating_add(pool.purse().left()))
    }

    /// What of it this node still holds for one purpose.
    pub(crate) fn held(&self, tenant: TenantId, share: &Share) -> u32 {
        let pools = self.pools();
        pools.get(&(tenant, share.counter, share.purpose)).map_or(0, |pool| pool.purse().left())
    }

    fn pools(&self) -> MutexGuard<'_, Pools> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread: asks for what has queued up, until nobody can ask any more.
async fn ask_all(treasury: &Treasury, mut asked: mpsc::UnboundedReceiver<Question>) {
    let mut questions = Vec::with_capacity(BATCH);
    while asked.recv_many(&mut questions, BATCH).await > 0 {
        let all: Vec<(Shared, Ask)> = questions.iter().map(|(pool, ask)| (pool.shared, *ask)).collect();
        let answers = treasury.take(&all).await;
        let mut late = Vec::new();
        for ((pool, ask), answer) in questions.drain(..).zip(answers) {
            late.extend(answer_one(&*treasury.clock, &pool, ask, answer));
            pool.answered.notify_waiters();
        }
        if let Err(error) = treasury.give_back(&late).await {
            tracing::warn!(%error, "a part of an allowance that came after the end is lost");
        }
    }
}

/// Puts an answer into the purse; gives what came too late for it.
fn answer_one(clock: &dyn Clock, pool: &Pool, ask: Ask, answer: Answer) -> Option<(Shared, Millis, Piece)> {
    let mut purse = pool.purse();
    match answer {
        Answer::Granted(piece) => {
            let late = purse.granted(clock.now(), ask.window, piece).err()?;
            return Some((pool.shared, ask.window, late));
        }
        Answer::Refused(refusal) => purse.refused(clock.now(), refusal),
        Answer::Failed => purse.failed(),
    }
    None
}

impl Vault {
    /// Gives back what this node still holds of shared allowances. From then on it discloses nothing more: it is called
    /// when a node stops.
    ///
    /// # Errors
    /// If the store fails: then it counts as spent.
    pub async fn return_allotments(&self) -> Result<(), VaultError> {
        let pools: Vec<Arc<Pool>> = self.allotments.pools().values().cloned().collect();
        let now = self.clock.now();
        let mut left = Vec::new();
        for pool in pools {
            let (window, pieces) = pool.purse().close(now);
            left.extend(pieces.into_iter().map(|piece| (pool.shared, window, piece)));
            pool.answered.notify_waiters();
        }
        self.allotments.treasury.give_back(&left).await
    }
}
