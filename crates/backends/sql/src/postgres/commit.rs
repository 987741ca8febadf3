//! A batch of intents as one transaction: read and lock the wanted rows, settle, write and commit. Two round trips.

use super::failure::Failed;
use super::pool::Pool;
use super::transaction::Change;
use super::{effects, facts, write};
use domain::Millis;
use store::{Effect, Intent, Outcome, Seals, StoreError, Wanted, settle};

/// How often a batch is settled anew because somebody else was first. Each time the row it lost by is there to be
/// locked, so more than a few are needed only where many nodes insert the same rows, as at the turn of an hour.
const TRIES: u32 = 24;

pub(super) async fn commit(
    pool: &Pool,
    now: Millis,
    intents: Vec<Intent>,
    seals: &dyn Seals,
) -> Result<Vec<Outcome>, StoreError> {
    let wanted = Wanted::by(&intents);
    for _ in 0..TRIES {
        match attempt(pool, now, &intents, &wanted, seals).await {
            Err(Failed::Raced) => {}
            Err(Failed::Store(error)) => return Err(error),
            Ok(outcomes) => return Ok(outcomes),
        }
    }
    Err(StoreError::Unavailable)
}

async fn attempt(
    pool: &Pool,
    now: Millis,
    intents: &[Intent],
    wanted: &Wanted,
    seals: &dyn Seals,
) -> Result<Vec<Outcome>, Failed> {
    let changes_power = |intent: &Intent| intent.effects.iter().any(|effect| matches!(effect, Effect::SetPower(..)));
    let (transaction, mut facts) = facts::read(pool, wanted, intents.iter().any(changes_power)).await?;
    facts.check(seals);
    let settled = settle(&mut facts, intents.to_vec(), now);
    facts.retag(seals);
    let mut rows = write::entries(&settled.entries);
    rows.extend(write::facts(&facts));
    // Effects first: a customer who is new in this batch must be there for what the batch counts about them.
    let mut changes = effects::changes(&settled.effects, &facts, seals);
    changes.extend(Change::joined(rows));
    let known = transaction.finish(&changes).await?;
    Ok(if known.is_some() { settled.outcomes } else { intents.iter().map(|_| Outcome::Unknown).collect() })
}
