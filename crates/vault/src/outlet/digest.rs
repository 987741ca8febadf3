//! Digests: how much happened since the last one, what waits and what is wrong, in numbers, for somebody who decides. No name, no
//! customer, nothing of anybody. What it says is made for the reader by their role and team as these are then; who has left, or has another
//! role, gets none.

use super::{CHUNK, Lease, OutletError, OutletStep, id_of};
use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::private::entry::{AuditBody, Kind, open_audit};
use crate::wiring::{TenantConfig, Vault};
use domain::{Millis, PersonId, Role};
use keys::power::spelled;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use store::{AdmissionKind, Job};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tallied {
    /// Values and masks that were shown, searches.
    Disclosed,
    /// What was refused.
    Refused,
    /// Second people who were asked.
    SecondAsked,
    /// And said no.
    SecondDeclined,
    /// Cases that were opened.
    Cases,
    /// Reports of something suspicious.
    Reported,
    /// Customers' requests that were filed.
    RequestsFiled,
    /// And answered.
    RequestsAnswered,
    /// Customers who were erased.
    Erased,
    /// Changes of people, rights, rules and settings.
    PowerChanged,
    /// Alarms that were raised.
    AlarmsRaised,
    /// Proposals that wait for signatures or their time.
    ProposalsWait,
    /// Devices that ask to be enrolled.
    DevicesWait,
    /// Passkeys that wait for a yes.
    PasskeysWait,
}

impl Tallied {
    /// What everybody who watches is told of, and of what their team did who leads one.
    const TEAM: [Self; 5] = [Self::Disclosed, Self::Refused, Self::SecondAsked, Self::SecondDeclined, Self::Cases];
    const ALL: [Self; 6] = [
        Self::Reported,
        Self::RequestsFiled,
        Self::RequestsAnswered,
        Self::Erased,
        Self::PowerChanged,
        Self::AlarmsRaised,
    ];

    fn of(body: &AuditBody) -> Option<Self> {
        if body.decision.is_err() {
            return Some(Self::Refused);
        }
        Some(match body.kind {
            // Without one, nobody was there.
            Kind::ApprovalAsked if body.upon.is_some() => Self::SecondAsked,
            Kind::ApprovalDeclined => Self::SecondDeclined,
            Kind::CaseOpened => Self::Cases,
            Kind::Report | Kind::OwnReport => Self::Reported,
            Kind::RequestFiled => Self::RequestsFiled,
            Kind::RequestAnswered => Self::RequestsAnswered,
            Kind::Erasure if body.detail.is_some() => Self::Erased,
            Kind::AlarmRaised => Self::AlarmsRaised,
            kind if kind.changes_power() => Self::PowerChanged,
            kind if kind.discloses() && body.person.is_some() => Self::Disclosed,
            _ => return None,
        })
    }
}

/// What a digest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestText {
    /// For whom.
    pub role: Role,
    /// From when on it was counted.
    pub from: Millis,
    /// Up to when.
    pub until: Millis,
    /// How much of each.
    pub counts: BTreeMap<Tallied, u64>,
    /// What is wrong now; nothing for who leads a team.
    pub alarms: Vec<AlarmKind>,
    /// Names the message: the same if it is sent again.
    pub id: [u8; 16],
}

/// A way to somebody who reads digests.
pub trait DigestOutlet: Send + Sync {
    /// Its words in the settings, by which officers agree to it.
    fn name(&self) -> &str;
    /// For whom it is.
    fn person(&self) -> PersonId;
    /// The next moment at which one is due after this.
    fn due(&self, after: Millis) -> Millis;
    /// Sends one. Blocks for seconds at most.
    ///
    /// # Errors
    /// Why it wasn't taken.
    fn send(&self, tenant: &TenantConfig, text: &DigestText) -> Result<(), OutletError>;
}

/// Who a digest is about.
enum Scope {
    /// Everybody.
    All,
    /// Those of a team.
    Team(HashSet<PersonId>),
}

/// Sends one tenant's digests to one reader.
pub struct DigestTeller {
    vault: Arc<Vault>,
    tenant: TenantConfig,
    outlet: Arc<dyn DigestOutlet>,
    lease: Lease,
}

impl DigestTeller {
    /// One for a reader; `holder` names this node in the lease.
    #[must_use]
    pub fn new(vault: &Arc<Vault>, tenant: TenantConfig, outlet: Arc<dyn DigestOutlet>, holder: [u8; 16]) -> Self {
        let lease = Lease::new(Job::Tell(tenant.id, id_of(outlet.name())), holder);
        Self { vault: Arc::clone(vault), tenant, outlet, lease }
    }

    /// One step: if a digest is due, counts and sends it.
    ///
    /// # Errors
    /// If the store fails; then it is tried again.
    pub async fn tick(&mut self) -> Result<OutletStep, VaultError> {
        let (vault, tenant, id) = (Arc::clone(&self.vault), self.tenant.id, id_of(self.outlet.name()));
        let agreed = vault.agrees_to_outlet(tenant, self.outlet.name()).await?
            && vault.agrees_with(tenant, |parties| &parties.mail).await?;
        if !agreed || !self.lease.held(&vault).await? {
            return Ok(OutletStep::Idle);
        }
        let Some(mut cursor) = vault.cursor(tenant, id).await? else {
            vault.begin_cursor(tenant, id, false).await?;
            return Ok(OutletStep::Idle);
        };
        let (now, size) = (vault.now(), vault.store.head(tenant).await?.size);
        if !cursor.is_genuine() || cursor.next > size {
            vault.begin_cursor(tenant, id, true).await?;
            return Ok(OutletStep::Idle);
        }
        if cursor.last > now {
            // A clock that was ahead for a while silences nobody until it is right again.
            cursor.last = now;
            vault.keep_cursor(tenant, &mut cursor).await?;
        }
        if cursor.rests(now) || now < self.outlet.due(cursor.last) {
            return Ok(OutletStep::Idle);
        }
        let snapshot = vault.power(tenant).await?;
        if !snapshot.sound {
            // Who reads what can't be told now: it waits.
            return Ok(OutletStep::Idle);
        }
        if let Some((role, scope)) = reader(&snapshot, self.outlet.person()) {
            let text = self.text(role, &scope, (cursor.next, size), cursor.last).await?;
            if self.outlet.send(&self.tenant, &text).is_err() {
                cursor.failed(now, u16::from_be_bytes(vault.secret()));
                tracing::warn!(tenant = self.tenant.slug, "a digest can't be sent; it is tried again");
                vault.keep_cursor(tenant, &mut cursor).await?;
                return Ok(OutletStep::Idle);
            }
        }
        cursor.told(size, now);
        vault.keep_cursor(tenant, &mut cursor).await?;
        Ok(OutletStep::Idle)
    }

    async fn text(
        &mut self,
        role: Role,
        scope: &Scope,
        (from, until): (u64, u64),
        last: Millis,
    ) -> Result<DigestText, VaultError> {
        let vault = Arc::clone(&self.vault);
        let team = matches!(scope, Scope::Team(_));
        let told = Tallied::TEAM.into_iter().chain(Tallied::ALL.into_iter().filter(|_| !team));
        let mut counts: BTreeMap<Tallied, u64> = told.map(|what| (what, 0)).collect();
        let audit = &vault.keys(self.tenant.id)?.audit;
        let mut place = from;
        while place < until {
            let next = until.min(place + CHUNK);
            for row in vault.places(&self.tenant, place, next).await? {
                let Some(body) = open_audit(audit, row.id, &row.leaf, &row.audit) else { continue };
                let own = match scope {
                    Scope::All => true,
                    Scope::Team(people) => body.person.is_some_and(|person| people.contains(&person)),
                };
                if let Some(count) = Tallied::of(&body).filter(|_| own).and_then(|what| counts.get_mut(&what)) {
                    *count += 1;
                }
            }
            place = next;
            self.lease.held(&vault).await?;
        }
        if !team {
            counts.extend(self.waiting().await?);
        }
        let alarms = if team { Vec::new() } else { vault.alarms(self.tenant.id) };
        let name = [self.outlet.name().as_bytes(), &last.0.to_be_bytes()].concat();
        let hash = keys::hash(&[b"digest", &name]);
        Ok(DigestText {
            role,
            from: last,
            until: vault.now(),
            counts,
            alarms: alarms.iter().map(|alarm| alarm.kind).collect(),
            id: std::array::from_fn(|at| hash[at]),
        })
    }

    /// What waits for somebody: how many rows, not whose.
    async fn waiting(&self) -> Result<Vec<(Tallied, u64)>, VaultError> {
        let kinds = [
            (Tallied::ProposalsWait, AdmissionKind::Proposal),
            (Tallied::DevicesWait, AdmissionKind::Device),
            (Tallied::PasskeysWait, AdmissionKind::Enrolment),
        ];
        let (mut all, now) = (Vec::new(), self.vault.now());
        for (what, kind) in kinds {
            let rows = self.vault.all_admissions(self.tenant.id, kind).await?;
            all.push((what, rows.iter().filter(|row| row.expires > now).count() as u64));
        }
        Ok(all)
    }
}

/// What somebody reads, if they read digests at all.
fn reader(snapshot: &Snapshot, person: PersonId) -> Option<(Role, Scope)> {
    let row = snapshot.person(person).filter(|_| !snapshot.has_left(person))?;
    let scope = match row.role {
        Role::SecurityOfficer | Role::SecurityAnalyst | Role::BoardMember => Scope::All,
        Role::TeamLeader if !row.team.is_empty() => {
            let team = spelled(&row.team);
            let ours = snapshot.everybody().into_iter().filter(|one| spelled(&one.team) == team && one.role.serves());
            Scope::Team(ours.map(|one| one.id).collect())
        }
        _ => return None,
    };
    Some((row.role, scope))
}
