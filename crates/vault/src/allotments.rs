//! Allowances that a team or everybody shares. A node takes a part in advance, durably and with an entry of its own, and
//! spends it from memory: each disclosure's entry says from which part. So nobody waits for a row that all nodes change,
//! and the sum over all nodes still never exceeds the limit.
//!
//! A part is asked for by one thread, before the last one is used up; who comes meanwhile waits for the same answer. An
//! act that was surely not done gives back to memory; one of which nobody knows has spent. What a node holds when it
//! crashes is lost to everybody until the hour is over. A node that stops in order gives it back.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::release::Done;
use crate::private::treasury::{Answer, Purpose, Treasury};
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use domain::allotment::{Ask, Draw, Drawing, Piece, Purse};
use domain::{BudgetKind, Clock, Counter, Millis, Refusal, TenantId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Condition, StoreError};
use tokio::sync::{Notify, mpsc};

/// How many questions one transaction takes at most: at the turn of an hour every team's comes.
const BATCH: usize = 64;

/// What an act takes from one shared allowance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    counter: Counter,
    cost: u32,
    limit: u32,
    otherwise: Refusal,
}

/// One shared allowance, as this node has it.
struct Pool {
    purpose: Purpose,
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
type Pools = HashMap<(TenantId, Counter), Arc<Pool>>;

/// This node's parts of all shared allowances.
pub(crate) struct Allotments {
    treasury: Arc<Treasury>,
    pools: Mutex<Pools>,
    questions: mpsc::UnboundedSender<Question>,
}

/// What an act has drawn. Dropped, it is spent.
#[must_use]
pub(crate) struct Drawn(Vec<(Arc<Pool>, Draw)>);

impl Drawn {
    /// Gives back to memory what was drawn for an act that was surely not done.
    pub(crate) fn settle(self, done: &Result<Done, VaultError>) {
        if matches!(done, Ok(Done::Replayed { .. }) | Err(VaultError::Refused { .. } | VaultError::Busy)) {
            self.put_back();
        }
    }

    fn put_back(self) {
        for (pool, draw) in self.0 {
            pool.purse().put_back(draw);
        }
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
        let mut drawn = Drawn(Vec::with_capacity(act.draws.len()));
        if act.when.iter().any(|condition| matches!(condition, Condition::Never(_))) {
            return Ok((act, drawn));
        }
        for share in act.draws.iter().filter(|share| share.cost > 0) {
            let pool = self.pool(act.tenant, share);
            match self.draw_one(&pool, share.cost).await {
                Ok(Ok(draw)) => {
                    act.draft.drawn.extend(draw.pieces());
                    drawn.0.push((pool, draw));
                }
                Ok(Err(refusal)) => {
                    drawn.put_back();
                    act.draft.drawn.clear();
                    return Ok((act.when(Condition::Never(refusal)), Drawn(Vec::new())));
                }
                Err(error) => {
                    drawn.put_back();
                    return Err(error);
                }
            }
        }
        Ok((act, drawn))
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
        let Share { counter, limit, otherwise, .. } = *share;
        let mut pools = self.pools();
        let pool = pools.entry((tenant, counter)).or_insert_with(|| {
            let purpose = Purpose { tenant, counter, limit, otherwise };
            Arc::new(Pool { purpose, purse: Mutex::default(), answered: Notify::new() })
        });
        Arc::clone(pool)
    }

    /// What this node still holds of an allowance.
    fn left(&self, tenant: TenantId, counter: Counter) -> u32 {
        let pool = self.pools().get(&(tenant, counter)).cloned();
        pool.map_or(0, |pool| pool.purse().left())
    }

    fn pools(&self) -> MutexGuard<'_, Pools> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread: asks for what has queued up, until nobody can ask any more.
async fn ask_all(treasury: &Treasury, mut asked: mpsc::UnboundedReceiver<Question>) {
    let mut questions = Vec::with_capacity(BATCH);
    while asked.recv_many(&mut questions, BATCH).await > 0 {
        let all: Vec<(Purpose, Ask)> = questions.iter().map(|(pool, ask)| (pool.purpose, *ask)).collect();
        let answers = treasury.take(&all).await;
        let mut late = Vec::new();
        for ((pool, ask), answer) in questions.drain(..).zip(answers) {
            late.extend(answer_one(&*treasury.clock, &pool, ask, answer));
            pool.answered.notify_waiters();
        }
        if let Err(error) = treasury.give_back(&late).await {
            tracing::warn!(%error, "a part of an allowance that came after the end is lost for this hour");
        }
    }
}

/// Puts an answer into the purse; gives what came too late for it.
fn answer_one(clock: &dyn Clock, pool: &Pool, ask: Ask, answer: Answer) -> Option<(Purpose, Millis, Piece)> {
    let mut purse = pool.purse();
    match answer {
        Answer::Granted(piece) => {
            let late = purse.granted(clock.now(), ask.window, piece).err()?;
            return Some((pool.purpose, ask.window, late));
        }
        Answer::Refused(refusal) => purse.refused(clock.now(), refusal),
        Answer::Failed => purse.failed(),
    }
    None
}

/// Whose shared allowance it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedBy {
    /// The person's team.
    Team,
    /// Everybody of the tenant.
    Tenant,
}

impl SharedBy {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Tenant => "tenant",
        }
    }
}

/// What is left of a shared allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedLeft {
    /// Whose.
    pub by: SharedBy,
    /// Of what.
    pub kind: BudgetKind,
    /// How much this node can still give out or ask for; parts that other nodes hold aren't in it.
    pub left: u32,
    /// Of how much.
    pub limit: u32,
    /// When it is whole again.
    pub resets_at: Millis,
}

impl Vault {
    /// What an act of this person's takes from the allowances that they share with others. Who is in no team shares
    /// the tenant's only.
    pub(crate) fn shares(&self, scope: &Scope, kind: BudgetKind, cost: u32) -> Vec<Share> {
        let shared = self.shared(scope, kind);
        shared.into_iter().map(|(_, share)| Share { cost, ..share }).collect()
    }

    fn shared(&self, scope: &Scope, kind: BudgetKind) -> Vec<(SharedBy, Share)> {
        let limits = &self.config.limits;
        let team = limits.of_team(kind).filter(|_| !scope.team().is_empty()).map(|limit| {
            let counter = Counter::team(kind, hashed(&[b"team", scope.team().as_bytes()]));
            (SharedBy::Team, Share { counter, cost: 0, limit, otherwise: Refusal::TeamExhausted })
        });
        let tenant = limits.of_tenant(kind).map(|limit| {
            let counter = Counter::tenant(kind);
            (SharedBy::Tenant, Share { counter, cost: 0, limit, otherwise: Refusal::TenantExhausted })
        });
        team.into_iter().chain(tenant).collect()
    }

    /// What is left of the allowances that a person shares with others.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn shared_budgets(&self, scope: &Scope) -> Result<Vec<SharedLeft>, VaultError> {
        let window = domain::budget::window_of(self.clock.now());
        let resets_at = window.plus(domain::budget::WINDOW_MS);
        let mut out = Vec::new();
        for kind in BudgetKind::ALL {
            for (by, Share { counter, limit, .. }) in self.shared(scope, kind) {
                let row = self.store.budget(scope.tenant, counter, window).await?;
                let unallotted = limit.saturating_sub(row.map_or(0, |row| row.used));
                let left = unallotted.saturating_add(self.allotments.left(scope.tenant, counter)).min(limit);
                out.push(SharedLeft { by, kind, left, limit, resets_at });
            }
        }
        Ok(out)
    }

    /// Gives back what this node still holds of shared allowances. From then on it discloses nothing more: it is called
    /// when a node stops.
    ///
    /// # Errors
    /// If the store fails: then it is lost to everybody until the hour is over.
    pub async fn return_allotments(&self) -> Result<(), VaultError> {
        let pools: Vec<Arc<Pool>> = self.allotments.pools().values().cloned().collect();
        let now = self.clock.now();
        let mut left = Vec::new();
        for pool in pools {
            let (window, pieces) = pool.purse().close(now);
            left.extend(pieces.into_iter().map(|piece| (pool.purpose, window, piece)));
            pool.answered.notify_waiters();
        }
        self.allotments.treasury.give_back(&left).await
    }
}
