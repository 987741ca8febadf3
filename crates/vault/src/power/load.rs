//! Loading power whole, and what it is checked against.

use super::governance::Governance;
use super::{BELIEVED_MS, Snapshot};
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{PowerKind, Refusal, TenantId};
use keys::HolderError;
use keys::power::{Person, PowerBody, PowerProposal, PowerSeal, Powers, Warrant};
use std::sync::Arc;
use store::{Condition, Effect, PersonRow, PowerHead, PowerRow, Seals, StoreError};

/// Another node may change power between two reads; more often in a row than this, it isn't that.
const TRIES: usize = 4;

/// All rows of a tenant, of one version.
struct Rows {
    head: Option<PowerHead>,
    people: Vec<PersonRow>,
    others: Vec<PowerRow>,
}

impl Vault {
    /// A tenant's power, as new as a moment ago: for deciding, as each commit looks at its version again.
    ///
    /// # Errors
    /// If store or key holder fail. Power that can't be trusted is no error but says so itself.
    pub async fn power(&self, tenant: TenantId) -> Result<Arc<Snapshot>, VaultError> {
        match self.power.get(tenant) {
            Some((at, known)) if self.clock.now().since(at) < BELIEVED_MS => Ok(known),
            _ => self.power_now(tenant).await,
        }
    }

    /// The same as of now: the version is looked at, and everything where it moved.
    ///
    /// # Errors
    /// As [`Vault::power`].
    pub async fn power_now(&self, tenant: TenantId) -> Result<Arc<Snapshot>, VaultError> {
        let now = self.clock.now();
        if let Some((_, known)) = self.power.get(tenant).filter(|(_, known)| known.sound)
            && self.store.power_head(tenant).await? == known.head
        {
            self.power.keep(now, &known);
            return Ok(known);
        }
        self.load_power(tenant).await
    }

    /// Loads all of it and checks all of it, whatever is known. What doesn't fit raises the alarm.
    ///
    /// # Errors
    /// As [`Vault::power`].
    pub async fn load_power(&self, tenant: TenantId) -> Result<Arc<Snapshot>, VaultError> {
        let now = self.clock.now();
        let snapshot = Arc::new(self.look_at_power(tenant).await?);
        self.power.keep(now, &snapshot);
        if snapshot.sound {
            self.power_is_sound(tenant);
        } else {
            self.power_is_in_doubt(&snapshot).await?;
        }
        Ok(snapshot)
    }

    /// The same for a look: nothing is raised or remembered.
    pub(crate) async fn look_at_power(&self, tenant: TenantId) -> Result<Snapshot, VaultError> {
        let mut last = None;
        for _ in 0..TRIES {
            let Some(rows) = self.rows_of_one_version(tenant).await? else { continue };
            if rows.head.is_some_and(|head| head.root.is_none()) && self.seal_first(tenant, &rows).await? {
                continue;
            }
            if self.is_sealed(tenant, &rows).await? {
                let powers = powers(&rows.people, &rows.others);
                let governance = self.governance_of(tenant, &powers);
                let snapshot = Snapshot::new(tenant, rows.head, rows.people, powers, governance);
                // With the rows, so that no reveal has to ask.
                let foreign_code = self.store.foreign_code().await?;
                return Ok(Snapshot { sound: !foreign_code, foreign_code, ..snapshot });
            }
            last = Some(rows);
        }
        match last {
            Some(rows) => Ok(self.in_doubt(tenant, rows)),
            None => self.unreadable(tenant).await,
        }
    }

    /// Everything, if no change came in between. A row that can't even be read was written by nobody of ours.
    async fn rows_of_one_version(&self, tenant: TenantId) -> Result<Option<Rows>, VaultError> {
        let read = async {
            let head = self.store.power_head(tenant).await?;
            let people = self.store.persons(tenant).await?;
            let others = self.store.power_rows(tenant).await?;
            let same = self.store.power_head(tenant).await? == head;
            Ok(same.then_some(Rows { head, people, others }))
        };
        match read.await {
            Err(StoreError::Damaged(_)) => Ok(None),
            read => Ok(read?),
        }
    }

    /// Is this what the key holder sealed, and nothing older than it has seen?
    async fn is_sealed(&self, tenant: TenantId, rows: &Rows) -> Result<bool, VaultError> {
        let seal = match rows.head {
            None if rows.people.is_empty() && rows.others.is_empty() => None,
            Some(PowerHead { seq, root: Some(root), tag }) if powers(&rows.people, &rows.others).root() == root => {
                Some(PowerSeal { seq, root, tag })
            }
            _ => return Ok(false),
        };
        // The key holder remembers it: a power cut mustn't take it back from the store then.
        if self.power.get(tenant).is_none_or(|(_, known)| known.head != rows.head) {
            self.store.durable().await?;
        }
        match self.holder.check_power(tenant, seal).await {
            Ok(()) => {
                self.answered.now(self.clock.now());
                Ok(true)
            }
            Err(HolderError::OtherPower) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Seals what a store holds that is older than roots, once: the key holder knows nothing of it, and every row carries
    /// the tag that it had to carry then. Says whether somebody did.
    async fn seal_first(&self, tenant: TenantId, rows: &Rows) -> Result<bool, VaultError> {
        let Some(head) = rows.head else { return Ok(false) };
        let genuine = self.seals.tag(tenant, "power", &head.seq.to_be_bytes()) == head.tag
            && rows.people.iter().all(|row| self.fits(row))
            && rows.others.is_empty();
        let unknown = match self.holder.check_power(tenant, None).await {
            Err(HolderError::OtherPower) => false,
            answer => answer.map(|()| true)?,
        };
        if !genuine || !unknown {
            return Ok(false);
        }
        let before = powers(&rows.people, &rows.others);
        let proposal = PowerProposal { from: head.seq, before: &before, changes: &[], warrant: &Warrant::Setup };
        let seal = match self.holder.seal_power(tenant, &proposal).await {
            Err(HolderError::OtherPower | HolderError::Unwarranted) => return Ok(false),
            seal => seal?,
        };
        let act = self.bare_act(tenant, Kind::PowerSealed)?.when(Condition::PowerVersion(head.seq));
        match self.commit_plain(act.effect(Effect::SetPower(sealed(&seal), Vec::new()))).await {
            Ok(_) | Err(VaultError::Refused { refusal: Refusal::PowerChanged, .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Those rows that carry their own tags: enough to let in who must learn of it, and for nothing else.
    fn in_doubt(&self, tenant: TenantId, rows: Rows) -> Snapshot {
        let powers = powers(&rows.people, &rows.others);
        // What wasn't sealed governs nobody.
        let governance = self.governance(tenant);
        let mut snapshot =
            Snapshot { sound: false, ..Snapshot::new(tenant, rows.head, rows.people, powers, governance) };
        snapshot.people.retain(|_, row| self.fits(row));
        snapshot
    }

    /// Rows that can't even be read: those who watch are let in by what this node knew before.
    async fn unreadable(&self, tenant: TenantId) -> Result<Snapshot, VaultError> {
        let head = self.store.power_head(tenant).await?;
        let before = self.power.get(tenant).map(|(_, known)| Snapshot::clone(&known));
        let before = before.unwrap_or_else(|| {
            Snapshot::new(tenant, head, Vec::new(), Powers::default(), Arc::clone(self.unsigned(tenant)))
        });
        Ok(Snapshot { sound: false, foreign_code: false, seq: head.map_or(0, |head| head.seq), head, ..before })
    }

    fn governance_of(&self, tenant: TenantId, powers: &Powers) -> Arc<Governance> {
        let before = self.power.governance(tenant);
        let governance = Governance::of(powers, self.unsigned(tenant), before);
        if !governance.is_usable() {
            tracing::error!(
                tenant = tenant.0,
                "this program can't use the limits, rules, plan or settings that officers signed: nothing is disclosed; go back to the version before, or let officers sign others"
            );
        }
        governance
    }

    /// Do limits count that differ from the configuration's? Then officers signed them, or they were sealed with the first
    /// passkey.
    ///
    /// # Errors
    /// As [`Vault::power`].
    pub async fn goes_by_other_limits(&self, tenant: TenantId) -> Result<bool, VaultError> {
        Ok(self.power(tenant).await?.governance.limits != self.unsigned(tenant).limits)
    }

    /// What a tenant's people go by: of the version that decisions are made by and committed under.
    pub(crate) fn governance(&self, tenant: TenantId) -> Arc<Governance> {
        self.power.governance(tenant).unwrap_or_else(|| Arc::clone(self.unsigned(tenant)))
    }

    fn fits(&self, row: &PersonRow) -> bool {
        self.seals.tag(row.tenant, "person", &row.material()) == row.tag
    }
}

/// A seal as it lies in the store.
pub(super) fn sealed(seal: &PowerSeal) -> PowerHead {
    PowerHead { seq: seal.seq, root: Some(seal.root), tag: seal.tag }
}

/// A person as the root covers them.
pub(crate) fn person_body(row: &PersonRow) -> Vec<u8> {
    let PersonRow { role, name, team, token, .. } = row;
    Person { role: *role, name: name.clone(), team: team.clone(), token: *token }.encode()
}

fn powers(people: &[PersonRow], others: &[PowerRow]) -> Powers {
    let people = people.iter().map(|row| ((PowerKind::Person, row.id.0), person_body(row)));
    let others = others.iter().map(|row| ((row.kind, row.id), row.body.clone()));
    Powers(people.chain(others).collect())
}
