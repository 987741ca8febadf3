//! Who the second person is: drawn by chance among those who are there, so that nobody can arrange it.

use crate::auth::Scope;
use crate::budgets::history;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::wiring::Vault;
use domain::time::fresh;
use domain::{BudgetKind, Counter, Millis, PersonId, TenantId, Window};
use keys::power::{plain, spelled};
use policy::{Act, Device};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{BudgetRow, PersonRow};

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
        let mut fit: Vec<PersonId> =
            there.into_iter().filter(|id| self.may_answer(power, &scope.person, *id)).collect();
        // Two accounts of one human make them no likelier.
        let mut humans = BTreeSet::new();
        fit.retain(|id| power.person(*id).is_some_and(|row| humans.insert(plain(&row.name))));
        let spent = self.yeses_said(scope.tenant, &fit).await?;
        let left = |row: &Arc<PersonRow>| spent.get(&row.id).is_none_or(|said| *said < self.yeses(row));
        // Whose yeses are spent can only say no, and is drawn as often as ever: or whoever spends the others' would be left with a friend.
        if !fit.iter().any(|id| power.person(*id).is_some_and(left)) {
            return Ok(None);
        }
        // Of 64 random bits modulo so few, none is likelier by more than one in 2^50.
        let chance = usize::try_from(u64::from_be_bytes(fresh(&*self.entropy)) >> 1).unwrap_or(0);
        Ok(chance.checked_rem(fit.len()).and_then(|place| fit.get(place)).copied())
    }

    /// How often this person may say yes in an hour.
    pub(super) fn yeses(&self, person: &PersonRow) -> u32 {
        self.standing_of(person).limit(self.limits(person.tenant).agreed_per_hour)
    }

    /// How often they have, in the last.
    async fn yeses_said(&self, tenant: TenantId, people: &[PersonId]) -> Result<BTreeMap<PersonId, u32>, VaultError> {
        let counters = people.iter().map(|person| Counter::person(BudgetKind::Agreed, *person)).collect();
        let rows = self.store.budgets_of(tenant, counters).await?;
        let now = self.clock.now();
        let said = |(counter, row): (Counter, BudgetRow)| {
            Some((counter.owner()?, history(Some(&row)).used(now, Window::Hour, None)))
        };
        Ok(rows.into_iter().filter_map(said).collect())
    }

    /// Who has used a page since then, from a browser that can be told from this one.
    async fn there(
        &self,
        scope: &Scope,
        device: Option<[u8; 16]>,
        since: Millis,
    ) -> Result<BTreeSet<PersonId>, VaultError> {
        let mut there = BTreeSet::new();
        self.each_session(scope.tenant, |_, body| {
            let theirs = body.device.map(|key| crate::reveal::hashed(&[&key]));
            if body.seen >= since && theirs.is_some() && theirs != device {
                there.insert(body.person);
            }
        })
        .await?;
        Ok(there)
    }

    /// Could this one be the second person for what somebody asks? The rules must let them, and they must be somebody else,
    /// of another team, whom the asker doesn't lead. Who has the same name is taken for the same human, and all who are in no team
    /// for one team.
    pub(super) fn may_answer(&self, power: &Snapshot, asker: &PersonRow, other: PersonId) -> bool {
        let Some(other) = power.person(other) else { return false };
        let same_team = spelled(&asker.team) == spelled(&other.team);
        let same = other.id == asker.id || plain(&other.name) == plain(&asker.name);
        let led = power.powers().above(other.id).iter().any(|leader| power.same_human(*leader, asker.id));
        let allowed = || power.governance.rules.needs(&self.asker(other, Device::Page), Act::Approve).is_ok();
        !same && !same_team && !led && allowed()
    }
}
