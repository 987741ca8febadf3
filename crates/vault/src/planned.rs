//! The data plan in force: what may be stored, shown and used today. Read once per version of power; what a day allows is
//! worked out once a day.

mod drift;
mod uses;

pub(crate) use drift::Found;
pub use drift::{Drift, drift_from_rules};
pub(crate) use uses::Wanted;

use crate::auth::Scope;
use crate::error::VaultError;
use crate::intake::NewRecord;
use crate::private::entry::Kind;
use crate::private::sheet::Masked;
use crate::wiring::Vault;
use domain::{FieldKind, Millis, Purpose, Refusal, TenantId};
use plan::{Act, Date, Faults, Plan, Table};
use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

const DAY_MS: i64 = 86_400_000;
/// A mask that says nothing, as that of a note.
const HIDDEN: &str = "••••••••";

/// A plan with its text, and what it allows on the day that was last asked for.
pub struct Planned {
    text: String,
    plan: Plan,
    today: RwLock<Option<(i64, Table)>>,
}

impl Planned {
    /// Reads a plan.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(text: &str) -> Result<Self, Faults> {
        Ok(Self { plan: Plan::parse(text)?, text: text.to_owned(), today: RwLock::default() })
    }

    /// The plan that the program comes with.
    ///
    /// # Errors
    /// None that a build which passed its tests has.
    pub(crate) fn shipped() -> Result<Self, Faults> {
        Self::read(plan::DEFAULT)
    }

    /// What it says.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// As it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// May this be done at this moment, by its day in UTC?
    pub(crate) fn allows(&self, field: FieldKind, act: Act, purpose: Option<Purpose>, now: Millis) -> bool {
        self.told(now, |table| table.allows(field, act, purpose))
    }

    /// Only if the customer agreed?
    pub(crate) fn asks(&self, field: FieldKind, act: Act, purpose: Option<Purpose>, now: Millis) -> bool {
        self.told(now, |table| table.asks(field, act, purpose))
    }

    /// Not once the customer objected?
    pub(crate) fn is_objectable(&self, field: FieldKind, act: Act, purpose: Option<Purpose>, now: Millis) -> bool {
        self.told(now, |table| table.is_objectable(field, act, purpose))
    }

    fn told(&self, now: Millis, ask: impl Fn(&Table) -> bool) -> bool {
        let day = now.0.div_euclid(DAY_MS);
        let known = self.today.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, table)) = known.as_ref().filter(|(known, _)| *known == day) {
            return ask(table);
        }
        drop(known);
        let table = self.plan.on(plan::day_of(now));
        let told = ask(&table);
        *self.today.write().unwrap_or_else(PoisonError::into_inner) = Some((day, table));
        told
    }
}

/// What is written, or the plan that the program comes with where nothing is.
pub(crate) fn or_shipped(text: &str) -> &str {
    if text.is_empty() { plan::DEFAULT } else { text }
}

/// The plan in force.
pub struct InForce {
    /// The plan.
    pub planned: std::sync::Arc<Planned>,
    /// The version of power that it is of.
    pub version: u64,
    /// Did officers sign it? Otherwise it came with the program.
    pub signed: bool,
    /// Today.
    pub day: Date,
}

impl Vault {
    /// Does the plan in force have this today?
    pub(crate) fn is_planned(&self, tenant: TenantId, field: FieldKind, act: Act, purpose: Option<Purpose>) -> bool {
        self.governance(tenant).planned.allows(field, act, purpose, self.clock.now())
    }

    /// A mask as staff may be shown it today: of a kind of which no mask is planned it says nothing, and only that there is a
    /// value, so that what else is planned with it can be done. Where nothing is, there is none.
    pub(crate) fn planned_mask(&self, tenant: TenantId, masked: Masked) -> Option<Masked> {
        let planned = |act| self.is_planned(tenant, masked.field, act, None);
        if planned(Act::Mask) {
            return Some(masked);
        }
        (planned(Act::Show) || planned(Act::Check)).then(|| Masked { mask: HIDDEN.to_owned(), ..masked })
    }

    /// Each kind of these records may be stored today, and masks made of it; else the refusal is an entry, and says which
    /// kind and why.
    pub(crate) async fn planned_intake(&self, tenant: TenantId, records: &[NewRecord]) -> Result<(), VaultError> {
        let snapshot = self.power(tenant).await?;
        let refusal = match () {
            () if !snapshot.sound => Some((Refusal::PowerTampered, String::new())),
            () if !snapshot.governance.is_usable() => Some((Refusal::RulesUnusable, String::new())),
            () => self.unplanned_kind(&snapshot.governance.planned, records),
        };
        match refusal {
            None => Ok(()),
            Some((refusal, said)) => Err(self.unfit(self.bare_act(tenant, Kind::Import)?, refusal, said).await),
        }
    }

    fn unplanned_kind(&self, planned: &Planned, records: &[NewRecord]) -> Option<(Refusal, String)> {
        let kinds: BTreeSet<FieldKind> =
            records.iter().flat_map(|record| &record.values).map(domain::field::Incoming::kind).collect();
        let today = plan::day_of(self.clock.now());
        let why = |field: FieldKind| {
            let allowed = |act| planned.plan().judged(plan::Kind::Field(field), act, None, today);
            let why = allowed(Act::Store).and_then(|()| allowed(Act::Mask)).err()?;
            Some((Refusal::Unplanned, format!("{}: {why}", field.slug())))
        };
        kinds.iter().find_map(|field| why(*field)).or_else(|| self.unasked_kind(planned, records))
    }

    /// A kind that is held with its customer's agreement only, in a record that doesn't bring that.
    fn unasked_kind(&self, planned: &Planned, records: &[NewRecord]) -> Option<(Refusal, String)> {
        let now = self.clock.now();
        let unasked = |record: &NewRecord| {
            let kinds = record.values.iter().map(domain::field::Incoming::kind);
            kinds.filter(|kind| !record.agreed.contains(kind)).find(|kind| planned.asks(*kind, Act::Store, None, now))
        };
        let said =
            "the data plan holds it only if the customer agreed, and the file doesn't say so (agreed, in its map)";
        let kind = records.iter().find_map(unasked)?;
        Some((Refusal::NotAgreed, format!("{}: {said}", kind.slug())))
    }

    /// The plan that a tenant goes by. It is no secret: customers are told what it says.
    ///
    /// # Errors
    /// `PowerTampered` while power is in doubt, `RulesUnusable` where this program can't use what officers signed; if store or
    /// key holder fail.
    pub async fn plan_in_force(&self, tenant: TenantId) -> Result<InForce, VaultError> {
        let snapshot = self.power(tenant).await?;
        if !snapshot.sound {
            return Err(VaultError::refused(Refusal::PowerTampered));
        }
        if !snapshot.governance.is_usable() {
            return Err(VaultError::refused(Refusal::RulesUnusable));
        }
        let planned = std::sync::Arc::clone(&snapshot.governance.planned);
        let signed = snapshot.get::<keys::power::PlanText>(&keys::power::THE_ONE).is_some();
        Ok(InForce { planned, version: snapshot.seq, signed, day: plan::day_of(self.clock.now()) })
    }

    /// The same for somebody who is signed in.
    ///
    /// # Errors
    /// As [`Vault::plan_in_force`].
    pub async fn plan_of(&self, scope: &Scope) -> Result<InForce, VaultError> {
        self.plan_in_force(scope.tenant).await
    }
}
