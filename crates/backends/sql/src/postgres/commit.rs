//! A batch of intents as one transaction: read and lock the wanted rows, settle, write and commit. Two round trips.

use super::failure::Failed;
use super::pool::Pool;
use super::transaction::{Change, Durable, Taken};
use super::{effects, facts, write};
use domain::Millis;
use store::{Effect, Intent, Outcome, Seals, StoreError, Wanted, settle};

/// How often a batch is settled anew because somebody else was first. Each time the row it lost by is there to be
/// locked, so more than a few are needed only where many nodes insert the same rows, as at the turn of an hour.
const TRIES: u32 = 24;

/// What became of a batch, once it is on the server's disk. Also one that wrote nothing waits: what it read may lie there not yet.
pub(super) struct Committed {
    taken: Taken,
    outcomes: Vec<Outcome>,
}

impl Committed {
    /// Waits for the disk.
    pub(super) async fn durable(self) -> Vec<Outcome> {
        if self.taken.durable().await {
            return self.outcomes;
        }
        self.outcomes.into_iter().map(|_| Outcome::Unknown).collect()
    }
}

pub(super) async fn commit(
    pool: &Pool,
    now: Millis,
    intents: Vec<Intent>,
    seals: &dyn Seals,
) -> Result<Committed, StoreError> {
    let wanted = Wanted::by(&intents);
    for _ in 0..TRIES {
        match attempt(pool, now, &intents, &wanted, seals).await {
            Err(Failed::Raced) => {}
            Err(Failed::Store(error)) => return Err(error),
            Ok(committed) => return Ok(committed),
        }
    }
    Err(StoreError::Unavailable)
}

/// From how many acts on the disk is better awaited beside the next batch: of fewer, a mark costs more than the wait.
const WORTH_A_MARK: usize = 8;

/// What changes power is remembered elsewhere as soon as anybody sees it.
fn when_durable(acts: usize, power: bool) -> Durable {
    if acts < WORTH_A_MARK || power { Durable::AtOnce } else { Durable::Later }
}

async fn attempt(
    pool: &Pool,
    now: Millis,
    intents: &[Intent],
    wanted: &Wanted,
    seals: &dyn Seals,
) -> Result<Committed, Failed> {
    let changes_power = |intent: &Intent| intent.effects.iter().any(|effect| matches!(effect, Effect::SetPower(..)));
    let power = intents.iter().any(changes_power);
    let durable = when_durable(intents.len(), power);
    let (transaction, mut facts) = facts::read(pool, wanted, power, durable).await?;
    facts.check(seals);
    let settled = settle(&mut facts, intents.to_vec(), now);
    facts.retag(seals);
    let mut rows = write::entries(&settled.entries);
    rows.extend(write::facts(&facts, settled.effects.iter().any(|(_, effect)| effects::erases(effect))));
    // Effects first: a customer who is new in this batch must be there for what the batch counts about them.
    let mut changes = effects::changes(&settled.effects, &facts, seals);
    changes.extend(Change::joined(rows));
    let taken = transaction.finish(&changes).await?;
    Ok(Committed { taken, outcomes: settled.outcomes })
}
