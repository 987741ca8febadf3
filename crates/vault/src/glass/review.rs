//! Reviewing what was seen behind the glass, and what stands until then.

use super::book::Shelf;
use super::{GlassId, Stage};
use crate::alarm::AlarmKind;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{EntryId, Finding, Millis, Pending, Refusal, TenantId};

impl Vault {
    /// Says whether it was justified: somebody of the board, or an officer who was neither of the two. It counts once. Logged.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound`; `Tampered`, also where the records aren't those that the log counts;
    /// `NotAReviewer` for one of the two, or of the same name; `NothingToReview` for what wasn't shown, or was reviewed.
    pub async fn review_glass(&self, scope: &Scope, id: GlassId, finding: Finding) -> Result<EntryId, VaultError> {
        let (act, glass) = self.on_glass(scope, id, Kind::GlassReviewed, |_| policy::Act::ReviewGlass).await?;
        let act = act.upon(glass.asker).detail(finding as u64);
        let Stage::Broken { second } = glass.stage else {
            return Err(self.logged(act, Refusal::NothingToReview).await);
        };
        let power = self.power(scope.tenant).await?;
        if [glass.asker, second].into_iter().any(|officer| power.same_human(officer, scope.person())) {
            return Err(self.logged(act, Refusal::NotAReviewer).await);
        }
        // Of more rows than the log counts, one was put back: with it, another's review could be made up for.
        let Shelf { all, open, .. } = self.glass_shelf(scope.tenant).await?;
        if all.iter().filter(|glass| matches!(glass.stage, Stage::Broken { .. })).count() as u64 > open {
            return Err(self.logged(act, Refusal::Tampered).await);
        }
        let (broken, by) = (glass.since, scope.person());
        let act = act.counts(Pending::Glass, true);
        let entry = self.commit_plain(glass.turn(act, Stage::Reviewed { second, broken, by, finding })).await?;
        self.settle_glass(scope.tenant).await?;
        Ok(entry)
    }

    /// What waits for a review, with when it was shown.
    pub(crate) async fn glass_unreviewed(&self, tenant: TenantId) -> Result<Vec<([u8; 16], Millis)>, VaultError> {
        let shelf = self.glass_shelf(tenant).await?;
        let waits = shelf.all.iter().filter(|glass| matches!(glass.stage, Stage::Broken { .. }));
        Ok(waits.map(|glass| (glass.id.0, glass.since)).collect())
    }

    /// Says by alarms what waits for a review, and what has waited for too long or is missing. For a thread of each node.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn settle_glass(&self, tenant: TenantId) -> Result<(), VaultError> {
        let (shelf, now) = (self.glass_shelf(tenant).await?, self.clock.now());
        let waits = |glass: &super::Glass| matches!(glass.stage, Stage::Broken { .. });
        let stands = shelf.open > 0 || shelf.all.iter().any(waits);
        let red = shelf.damaged || shelf.all.iter().any(|glass| glass.is_overdue(now));
        self.alarms.set(tenant, AlarmKind::GlassBroken, stands, now);
        self.alarms.set(tenant, AlarmKind::GlassOverdue, red, now);
        Ok(())
    }
}
