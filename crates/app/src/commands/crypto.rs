//! `ringfence crypto`.

mod inventory;

use crate::cli::{Common, Crypto, Rewrap};
use crate::failure::Failure;
use crate::home::Home;
use crate::wire::Centre;
use crate::{output, wire};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use vault::{Operator, Retirement};

/// How often it says how far it has come.
const TELLING: Duration = Duration::from_secs(5);
/// Whoever got a key for an older suite before it was raised has committed by then, and whoever read an envelope before it moved
/// has opened it.
const SETTLE: Duration = Duration::from_secs(5);
/// Between two batches, so that those who are being served come in between.
const PAUSE: Duration = Duration::from_millis(2);

pub(super) fn run(common: &Common, asked: &Crypto) -> Result<(), Failure> {
    match asked {
        Crypto::Rewrap(asked) => rewrap(common, asked),
        Crypto::Inventory(asked) => inventory::run(common, asked),
    }
}

/// Also while nodes serve: each value moves in a transaction of its batch, if it still is what was read.
fn rewrap(common: &Common, asked: &Rewrap) -> Result<(), Failure> {
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let tenant = home.tenant(asked.tenant.as_deref())?.id;
    wire::block_on(async {
        let centre = wire::open(&home).await?;
        let operator = centre.vault.operator(tenant);
        let began = Instant::now();
        let moved = move_all(&centre, &operator).await?;
        let took = began.elapsed().as_millis().max(1);
        let mut told = json!({"moved": moved.moved, "looked_at": moved.looked, "unopened": moved.unopened});
        let per_second = u128::from(moved.looked) * 1_000 / took;
        told["per_second"] = json!(u64::try_from(per_second).unwrap_or(u64::MAX));
        let kept = if asked.retire { retire(&centre, &operator, &mut told).await? } else { None };
        let suites = centre.vault.suites(&operator).await?;
        told["seals"] = json!(suites.seals.code());
        told["opens"] = json!(suites.opens.code());
        output::one(common.output, &told)?;
        if suites.opens < suites.seals && kept.is_none() {
            output::aside(
                "Older suites still open, for backups' sake. Next: make a backup, then ringfence crypto rewrap --retire",
            );
        }
        kept.map_or(Ok(()), Err)
    })
}

#[derive(Default)]
struct Moved {
    moved: u64,
    looked: u64,
    unopened: u64,
}

/// Walks until a walk finds nothing to move: what was being sealed meanwhile is found by the next.
async fn move_all(centre: &Centre, operator: &Operator) -> Result<Moved, Failure> {
    let (mut total, mut told) = (Moved::default(), Instant::now());
    loop {
        let mut walk = centre.vault.begin_rewrap(operator).await?;
        while walk.step().await? {
            if told.elapsed() >= TELLING {
                told = Instant::now();
                output::aside(&format!("{} values looked at, {} moved", walk.looked, total.moved + walk.moved));
            }
            sleep(PAUSE).await;
        }
        total.moved += walk.moved;
        total.looked = total.looked.max(walk.looked);
        total.unopened = walk.unopened;
        if walk.moved == 0 {
            return Ok(total);
        }
    }
}

/// A failure, where values are left.
async fn retire(centre: &Centre, operator: &Operator, told: &mut Value) -> Result<Option<Failure>, Failure> {
    sleep(SETTLE).await;
    let left = match centre.vault.retire_suites(operator).await? {
        Retirement::Done(_) => return Ok(None),
        Retirement::Left(left) => left,
    };
    told["left"] = json!(left);
    let problem = format!("{left} values still lie in an older suite; none was retired");
    Ok(Some(Failure::there(problem, "run it again")))
}
