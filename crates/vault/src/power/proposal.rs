//! Proposals: changes of rules, limits and roles that stand in the store, on all nodes, until as many officers have signed
//! as must and, where they let somebody do more, until their time has come.
//!
//! What officers sign says what each row is before and after. So a proposal outlasts changes of other rows, and isn't made
//! any more once somebody changed the same.
//!
//! How many stand is counted in the entries themselves: whoever takes one's row out of the database, so that nobody sees it wait, raises
//! an alarm in its place.

use super::Snapshot;
use super::change::Change;
use super::draft::{Approved, PowerChanged, PowerDraft, Ready};
use super::kept::{Kept, STANDS_MS};
use super::plan::Plan;
use super::wish::{Drafted, PowerWish};
use crate::alarm::AlarmKind;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::pending::Counted;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::{EntryId, Pending, PersonId, Refusal, TenantId};
use keys::HolderError;
use keys::power::{Assertion, Settled, Warrant};
use policy::Device;
use std::sync::Arc;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Seals};

/// Why one ended that nobody withdrew: something else changed the same, or who signed it has left.
const OVERTAKEN: u64 = 1;
/// Or too few officers signed it in time.
const RAN_OUT: u64 = 2;

impl Vault {
    /// Signs a proposal that stands in the store. Logged.
    ///
    /// # Errors
    /// As [`Vault::approve_power`].
    pub async fn sign_proposal(
        &self,
        scope: &Scope,
        id: [u8; 16],
        assertion: Option<Assertion>,
    ) -> Result<Approved, VaultError> {
        let kept = self.kept_proposal(scope.tenant, id).await?.filter(|kept| kept.due.is_none());
        self.sign(scope, kept, assertion).await
    }

    /// An officer signs a draft or a proposal: then it is made, or stands in the store.
    pub(super) async fn sign(
        &self,
        scope: &Scope,
        kept: Option<Kept>,
        assertion: Option<Assertion>,
    ) -> Result<Approved, VaultError> {
        let kind = kept.as_ref().map_or(Kind::PowerChanged, |kept| kept.drafted.wish.kind());
        let ready = self.again(scope, kept.as_ref(), self.act(scope, kind)?).await?;
        let Ready { mut drafted, snapshot, draft, act, .. } = ready;
        let Some(kept) = kept else { return Err(self.logged(act, Refusal::ChangeGone).await) };
        // Whose signature it is stands in the entry, so it's the signer who asks; and nobody signs twice.
        let signer = |assertion: &Assertion| snapshot.signer(assertion, &draft.challenge);
        let own = assertion.as_ref().map(|assertion| signer(assertion) == Some(scope.person.id));
        let before: Vec<PersonId> = drafted.signed.iter().filter_map(signer).collect();
        let again = before.contains(&scope.person.id);
        if own == Some(false) || again || (own.is_none() && !drafted.signed.is_empty()) {
            return Err(self.logged(act, Refusal::NotApproved).await);
        }
        // Nor another account of the same human, or somebody at the same browser.
        let (browser, mut browsers) = (self.device_of(scope).await?, kept.browsers_of(&drafted.signed));
        let same_browser = browser.is_some() && browsers.contains(&browser);
        if same_browser || before.iter().any(|other| snapshot.same_human(*other, scope.person.id)) {
            return Err(self.logged(act, Refusal::NotASecondOfficer).await);
        }
        browsers.push(browser);
        let (waits_ms, signatures, challenge) = (draft.waits_ms, draft.signatures, draft.challenge);
        drafted.signed.extend(assertion);
        let stands = own.is_some() && ready.proposal && (signatures > 1 || waits_ms > 0);
        let ready = Ready { drafted, snapshot, draft, act, ..ready };
        if !stands {
            return self.make(ready, &kept).await.map(Approved::Made);
        }
        let due = (signatures <= 1).then(|| self.clock.now().plus(waits_ms));
        let until = due.map_or(kept.until, |due| due.plus(STANDS_MS));
        let now = Kept { drafted: ready.drafted, challenge: Some(challenge), due, browsers, until, ..kept };
        let mut act = self.act(scope, Kind::ProposalSigned)?;
        if due.is_some()
            && let Err(error) = self.announced(&ready.snapshot, &now.drafted, &ready.plan).await
        {
            return Err(match error {
                VaultError::Refused { refusal, .. } => self.logged(act, refusal).await,
                error => error,
            });
        }
        act.draft.upon = ready.plan.person;
        act.draft.detail = due.map(|due| due.0.unsigned_abs());
        self.commit_plain(now.clone().kept_by(act)).await?;
        if due.is_some() {
            self.alarms.set(scope.tenant, AlarmKind::AccessWidens, true, self.clock.now());
        }
        let told = self.proposal_shown(scope, &ready.snapshot, &now).await?;
        told.map(Approved::Waits).ok_or(VaultError::refused(Refusal::PowerChanged))
    }

    /// The key holder counts the time of a proposal by its own clock, from when it is shown it.
    async fn announced(&self, snapshot: &Snapshot, drafted: &Drafted, plan: &Plan) -> Result<(), VaultError> {
        self.announce(snapshot, &Warrant::Officers(drafted.signed.clone()), plan.changes.clone()).await
    }

    /// Makes a change, and ends its proposal where there is one.
    async fn make(&self, ready: Ready, kept: &Kept) -> Result<PowerChanged, VaultError> {
        let Ready { narrowing, proposal, drafted, snapshot, plan, draft, act } = ready;
        let proved = drafted.proved.map_or(0, |proved| if proved { 1 } else { 2 });
        let detail = proved + if draft.alone { 4 } else { 0 };
        let act = if detail > 0 { act.detail(detail) } else { act };
        let act = if proposal { kept.ended_by(act) } else { act };
        let warrant = match drafted.signed {
            signed if !signed.is_empty() => Warrant::Officers(signed),
            _ if narrowing => Warrant::Narrowing,
            // Counts until the first officer has a passkey, as the operator's word does.
            _ => Warrant::Setup,
        };
        let Plan { person, changes, asked, .. } = plan;
        let entry = self.change_power(&snapshot, &warrant, changes, Plan::on(act, asked)).await?;
        Ok(PowerChanged { entry, version: snapshot.seq + 1, person })
    }

    /// Proposals that wait for signatures or for their time, for who may see alarms: officers, who decide, and those who are
    /// to notice. The reading is an entry.
    ///
    /// # Errors
    /// The refusal with its entry for others; if the store fails.
    pub async fn power_proposals(&self, scope: &Scope) -> Result<Vec<PowerDraft>, VaultError> {
        let act = self.permitted(scope, policy::Act::ReadAlarms, Kind::DirectoryRead).await?;
        self.commit_plain(act).await?;
        let snapshot = self.power_now(scope.tenant).await?;
        let mut all = Vec::new();
        for kept in self.kept_proposals(scope.tenant).await? {
            all.extend(self.proposal_shown(scope, &snapshot, &kept).await?);
        }
        all.sort_by_key(|one: &PowerDraft| (one.due.unwrap_or(one.until), one.id));
        Ok(all)
    }

    /// An officer takes a proposal back, whoever made it. Logged.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules, and `NotFound` for none that stands.
    pub async fn withdraw_proposal(&self, scope: &Scope, id: [u8; 16]) -> Result<(), VaultError> {
        let act = self.permitted(scope, policy::Act::ChangePower, Kind::ProposalWithdrawn).await?;
        match self.kept_proposal(scope.tenant, id).await? {
            Some(kept) => {
                let snapshot = self.power_now(scope.tenant).await?;
                self.end_proposal(&snapshot, &kept, act).await.map(drop)
            }
            None => Err(self.logged(act, Refusal::NotFound).await),
        }
    }

    /// The act ends a proposal for good: its own row among power says so, as if it had been made. Without that, whoever puts its row in
    /// the store back would have it come into force.
    async fn end_proposal(&self, snapshot: &Snapshot, kept: &Kept, act: Act) -> Result<EntryId, VaultError> {
        if kept.has_ended(snapshot) {
            return self.take_back_out(snapshot.tenant, kept, act).await;
        }
        let act = kept.ended_by(act);
        let row = Change::put(kept.drafted.new.0, &Settled { drafted: kept.drafted.at });
        self.change_power(snapshot, &Warrant::Narrowing, vec![row], act).await
    }

    /// Somebody put back the row of a proposal that had ended: an entry says so, and the row says nothing any more.
    async fn take_back_out(&self, tenant: TenantId, kept: &Kept, act: Act) -> Result<EntryId, VaultError> {
        let refused = self.logged(act, Refusal::Tampered).await;
        let mut row = kept.remains();
        row.tag = self.seals.tag(tenant, "admission", &row.material());
        if let Some(before) = kept.tag {
            self.store.renew_admission(tenant, row, before).await?;
        }
        Err(refused)
    }

    /// Makes the proposals whose time has come, ends those that ran out, and says by alarms that others wait, or were taken out of the
    /// database. For a thread of each node: two that do it at once make it once.
    ///
    /// # Errors
    /// If store or key holder fail.
    pub async fn settle_proposals(&self, tenant: TenantId) -> Result<(), VaultError> {
        let (all, damaged) = self.counted_proposals(tenant).await?;
        let (now, mut waits) = (self.clock.now(), false);
        self.alarms.set(tenant, AlarmKind::ProposalsEdited, damaged, now);
        for kept in all {
            let ended = kept.has_ended(&*self.power(tenant).await?);
            match kept.due {
                _ if ended => self.come_into_force(tenant, &kept).await?,
                _ if kept.has_run_out(now) => self.proposal_ran_out(tenant, &kept).await?,
                Some(due) if now.since(due) >= 0 => self.come_into_force(tenant, &kept).await?,
                Some(_) => waits = true,
                None => {}
            }
        }
        self.alarms.set(tenant, AlarmKind::AccessWidens, waits, now);
        Ok(())
    }

    /// Nobody signs it any more, and it doesn't come into force.
    async fn proposal_ran_out(&self, tenant: TenantId, kept: &Kept) -> Result<(), VaultError> {
        let snapshot = self.load_power(tenant).await?;
        if !snapshot.sound {
            return Ok(());
        }
        let act = self.bare_act(tenant, Kind::ProposalWithdrawn)?.detail(RAN_OUT);
        match self.end_proposal(&snapshot, kept, act).await {
            Ok(_) | Err(VaultError::Refused { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn come_into_force(&self, tenant: TenantId, kept: &Kept) -> Result<(), VaultError> {
        let snapshot = self.load_power(tenant).await?;
        if !snapshot.sound {
            return Ok(());
        }
        let due = if kept.has_ended(&snapshot) { None } else { self.due(&snapshot, kept).await? };
        let made = match due {
            Some(ready) => self.make(ready, kept).await.map(drop),
            None => Err(VaultError::refused(Refusal::NotApproved)),
        };
        match made {
            // Another node made it, or power changed in this moment: the next look tells.
            Err(VaultError::Refused { refusal: Refusal::ChangeGone | Refusal::PowerChanged, .. }) => Ok(()),
            // The key holder's clock is behind, or it was shown this first now: it has noted it.
            Err(VaultError::Holder(HolderError::TooSoon)) => Ok(()),
            Err(VaultError::Refused { .. }) => {
                let act = self.bare_act(tenant, Kind::ProposalWithdrawn)?.detail(OVERTAKEN);
                match self.end_proposal(&snapshot, kept, act).await {
                    Ok(_) | Err(VaultError::Refused { .. }) => Ok(()),
                    Err(error) => Err(error),
                }
            }
            made => made,
        }
    }

    /// A proposal as it is made when its time has come, in the name of who signed last; none where it can't be any more.
    async fn due(&self, snapshot: &Arc<Snapshot>, kept: &Kept) -> Result<Option<Ready>, VaultError> {
        let (tenant, challenge) = (snapshot.tenant, kept.challenge.unwrap_or_default());
        let last = kept.drafted.signed.last().and_then(|signed| snapshot.signer(signed, &challenge));
        let Some(row) = last.and_then(|signer| snapshot.person(signer)) else { return Ok(None) };
        let person = Arc::clone(row);
        let scope = Scope { tenant, person, power: snapshot.seq, session: [0; 16], device: Device::Page, once: None };
        let mut act = self.bare_act(tenant, kept.drafted.wish.kind())?;
        (act.draft.person, act.draft.power) = (last, snapshot.seq);
        match self.look(&scope, snapshot, &kept.drafted).await {
            Ok((narrowing, proposal, drafted, plan, draft)) => {
                act.draft.upon = plan.person;
                let fits = proposal && draft.challenge == challenge && drafted.seen == kept.drafted.seen;
                let snapshot = Arc::clone(snapshot);
                Ok((fits && draft.signatures == 0).then_some(Ready {
                    narrowing,
                    proposal,
                    drafted,
                    snapshot,
                    plan,
                    draft,
                    act,
                }))
            }
            Err(VaultError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A proposal as it is told to who looks; one that can't be made any more says so.
    async fn proposal_shown(
        &self,
        scope: &Scope,
        snapshot: &Snapshot,
        kept: &Kept,
    ) -> Result<Option<PowerDraft>, VaultError> {
        let (id, due, until) = (kept.drafted.new.0, kept.due, kept.until);
        match self.look(scope, snapshot, &kept.drafted).await {
            Ok((.., draft)) => {
                let overtaken = kept.challenge.is_some_and(|challenge| challenge != draft.challenge);
                Ok(Some(PowerDraft { id, due, until, overtaken, bytes: Vec::new(), ..draft }))
            }
            // About who looks: they see it, and others sign it.
            Err(VaultError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a draft that came back, or a proposal, wishes; none for what doesn't stand.
    pub(super) async fn wished(
        &self,
        scope: &Scope,
        id: [u8; 16],
        draft: Option<&[u8]>,
    ) -> Result<Option<PowerWish>, VaultError> {
        let drafted = match draft {
            Some(draft) => self.drafted(scope, draft)?,
            None => self.kept_proposal(scope.tenant, id).await?.map(|kept| kept.drafted),
        };
        Ok(drafted.map(|drafted| drafted.wish))
    }

    async fn kept_proposal(&self, tenant: TenantId, id: [u8; 16]) -> Result<Option<Kept>, VaultError> {
        let row = self.store.admission(tenant, AdmissionKey { kind: AdmissionKind::Proposal, id }).await?;
        let Some(kept) = row.and_then(|row| self.genuine_proposal(tenant, &row)) else { return Ok(None) };
        // An older record of it, with fewer signatures, is none.
        let is_newest = kept.turn == 0 || self.turns(tenant, Pending::Proposal, &[id]).await? == [Some(kept.turn)];
        Ok(Some(kept).filter(|kept| is_newest && !kept.has_run_out(self.clock.now())))
    }

    /// Those that can be signed or wait for their time.
    async fn kept_proposals(&self, tenant: TenantId) -> Result<Vec<Kept>, VaultError> {
        let (all, _) = self.counted_proposals(tenant).await?;
        let now = self.clock.now();
        Ok(all.into_iter().filter(|kept| !kept.has_run_out(now)).collect())
    }

    /// All that haven't ended; and is one edited, or are there more or fewer than the log counts?
    async fn counted_proposals(&self, tenant: TenantId) -> Result<(Vec<Kept>, bool), VaultError> {
        let Counted { rows, counted } = self.counted(tenant, Pending::Proposal).await?;
        let standing = rows.iter().filter(|row| !row.body.is_empty());
        let genuine: Vec<Kept> = standing.clone().filter_map(|row| self.genuine_proposal(tenant, row)).collect();
        let ids: Vec<[u8; 16]> = genuine.iter().map(|kept| kept.key().id).collect();
        let turns = self.turns(tenant, Pending::Proposal, &ids).await?;
        let newest = genuine.into_iter().zip(turns).filter(|(kept, turns)| *turns == Some(kept.turn));
        let all: Vec<Kept> = newest.map(|(kept, _)| kept).collect();
        let stand = all.iter().filter(|kept| kept.turn > 0).count() as u64;
        let damaged = standing.count() > all.len() || counted != Some(stand);
        Ok((all, damaged))
    }

    /// How many stand.
    pub(crate) async fn proposals_waiting(&self, tenant: TenantId) -> Result<usize, VaultError> {
        Ok(self.kept_proposals(tenant).await?.len())
    }

    /// What stands there, unless it ended or was edited.
    fn genuine_proposal(&self, tenant: TenantId, row: &AdmissionRow) -> Option<Kept> {
        let genuine = self.seals.tag(tenant, "admission", &row.material()) == row.tag;
        let kept = Kept::read(row).ok().flatten().filter(|_| genuine)?;
        let own = kept.drafted.tenant == tenant && PersonId(row.key.id) == kept.drafted.new;
        own.then_some(kept)
    }
}
