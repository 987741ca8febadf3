//! Drills for people in the demo: one that was weeks ago, whose outcome is as invented as the people, and one that is to come.

use super::officers::Officer;
use crate::ambient::{SystemClock, SystemEntropy};
use crate::failure::Failure;
use crate::home::Home;
use crate::wire::Centre;
use domain::{Clock, Millis, Reaction, Ruse, TenantId};
use simulation::day::AgentSeat;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use vault::{DrillWindow, NewPeopleDrill, Scope, Vault, VaultConfig};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Longer ago than it counts towards how often somebody may be drawn.
const AGO_MS: i64 = 40 * DAY_MS;
/// What the invented people do with it, one after the other.
const REACTIONS: [Reaction; 5] =
    [Reaction::Reported, Reaction::Reported, Reaction::Ignored, Reaction::Reported, Reaction::Fell];

/// A clock that is behind by so many milliseconds.
struct Behind(AtomicI64);

impl Clock for Behind {
    fn now(&self) -> Millis {
        SystemClock.now().plus(-self.0.load(Ordering::SeqCst))
    }
}

/// Plays the one and plans the other, unless that was done before.
pub(super) async fn played(
    (centre, home): (&Centre, &Home),
    tenant: TenantId,
    officers: &[Officer],
    agents: &[AgentSeat],
) -> Result<(), Failure> {
    let Some(officer) = officers.first() else { return Ok(()) };
    let security = centre.vault.authenticate(officer.token()).await?;
    let culture = centre.vault.culture(&security).await?;
    if !culture.closed.is_empty() || culture.running.is_some_and(|running| !running.is_empty()) {
        return Ok(());
    }
    let mut scopes = Vec::new();
    for agent in agents {
        scopes.push(centre.vault.authenticate(&agent.token).await?);
    }
    long_ago(centre, home, tenant, (&security, &scopes)).await?;
    let now = centre.vault.now();
    let window = DrillWindow::new(now, now.plus(DAY_MS), now.plus(8 * DAY_MS));
    plan(&centre.vault, &security, Ruse::Bribe, window).await
}

async fn plan(vault: &Vault, security: &Scope, ruse: Ruse, window: Option<DrillWindow>) -> Result<(), Failure> {
    let Some(window) = window else { return Ok(()) };
    vault.plan_people_drill(security, &NewPeopleDrill { ruse, teams: Vec::new(), share: 100, window }).await?;
    Ok(())
}

/// The same store, seen by a node whose clock is behind.
async fn long_ago(
    centre: &Centre,
    home: &Home,
    tenant: TenantId,
    (security, agents): (&Scope, &[Scope]),
) -> Result<(), Failure> {
    let clock = Arc::new(Behind(AtomicI64::new(AGO_MS)));
    let then = Vault::open(
        Arc::clone(&centre.store),
        Arc::clone(&centre.holder),
        Arc::clone(&clock) as Arc<dyn Clock>,
        Arc::new(SystemEntropy),
        home.config.tenants(),
        VaultConfig { parties: home.config.parties()?, ..home.config.vault() },
    )
    .await?;
    // Power is known to a node that has read it.
    then.load_power(tenant).await?;
    let now = then.now();
    plan(&then, security, Ruse::Caller, DrillWindow::new(now, now, now.plus(HOUR_MS))).await?;
    clock.0.store(AGO_MS - HOUR_MS + 10_000, Ordering::SeqCst);
    for (scope, reaction) in agents.iter().zip(REACTIONS.into_iter().cycle()) {
        if then.own_drill(scope, true).await?.is_some() {
            then.answer_drill(scope, reaction).await?;
        }
    }
    clock.0.store(AGO_MS - 2 * HOUR_MS, Ordering::SeqCst);
    Ok(then.settle_drills(tenant).await?)
}
