//! Who the second person is: drawn by chance among those who are there, so that nobody can arrange it.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::{Snapshot, duties};
use crate::wiring::Vault;
use domain::time::fresh;
use domain::{Millis, PersonId};
use policy::{Act, Device};
use std::collections::BTreeSet;
use store::PersonRow;

/// Who used their page within so many milliseconds is there. (The last use is known to within a minute.)
const THERE_MS: i64 = 4 * 60_000;

impl Vault {
    /// Draws the second person for what somebody asks from this browser; `None` if nobody is there who could be it.
    pub(super) async fn draw(
        &self,
        scope: &Scope,
        power: &Snapshot,
        device: Option<[u8; 16]>,
    ) -> Result<Option<PersonId>, VaultError> {
        let there = self.there(scope, device, self.clock.now().plus(-THERE_MS)).await?;
        let fit: Vec<PersonId> = there.into_iter().filter(|id| self.may_answer(power, &scope.person, *id)).collect();
        // Of 64 random bits modulo so few, none is likelier by more than one in 2^50.
        let chance = usize::try_from(u64::from_be_bytes(fresh(&*self.entropy)) >> 1).unwrap_or(0);
        Ok(chance.checked_rem(fit.len()).and_then(|place| fit.get(place)).copied())
    }

    /// Who has used a page since then, from another browser than this.
    async fn there(
        &self,
        scope: &Scope,
        device: Option<[u8; 16]>,
        since: Millis,
    ) -> Result<BTreeSet<PersonId>, VaultError> {
        let mut there = BTreeSet::new();
        self.each_session(scope.tenant, |_, body| {
            let theirs = body.device.map(|key| crate::reveal::hashed(&[&key]));
            if body.seen >= since && (theirs.is_none() || theirs != device) {
                there.insert(body.person);
            }
        })
        .await?;
        Ok(there)
    }

    /// Could this one be the second person for what somebody asks? The rules must let them, and they must be somebody else,
    /// of another team, whom the asker doesn't lead. Who has the same name is taken for the same human.
    pub(super) fn may_answer(&self, power: &Snapshot, asker: &PersonRow, other: PersonId) -> bool {
        let Some(other) = power.person(other) else { return false };
        let same_team = !asker.team.is_empty() && asker.team == other.team;
        let same = other.id == asker.id || duties::plain(&other.name) == duties::plain(&asker.name);
        let led = duties::above(power.powers(), other.id).contains(&asker.id);
        let allowed = || power.governance.rules.needs(&self.asker(other, Device::Page), Act::Approve).is_ok();
        !same && !same_team && !led && allowed()
    }
}
