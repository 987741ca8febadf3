//! Break-glass: in an emergency in which the ordinary way isn't open, two security officers together see one value of one
//! customer, once. The board is told at once, and it is reviewed within days.
//!
//! One row per request: who asks, of whom, which field and why. A second officer signs exactly that with a passkey, and the one
//! who asked signs it as the value is shown; the commit that shows it uses the row up. It stays until it was reviewed. How often
//! the glass was broken and how often that was reviewed is counted beside the rows, and recounted from the log: so a row that
//! somebody takes out is missed.

mod answer;
mod ask;
mod body;
mod book;
mod review;
mod show;

pub use answer::GlassAnswer;
pub use ask::{AskGlass, AskedGlass};
pub use book::{GlassBook, GlassLine, GlassStep};

use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::glass::REVIEW_DAYS;
use domain::{CustomerId, Emergency, FieldKind, Finding, Millis, PersonId, Refusal, TenantId};
use keys::hash;
use keys::power::Assertion;
use policy::{Device, Needs};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals, Tag};

/// How long the second officer has, in milliseconds: they are reached by phone, and sign in.
const ANSWER_MS: i64 = 10 * 60_000;
/// For how long an agreement counts, in milliseconds.
const USE_MS: i64 = 5 * 60_000;
const DAY_MS: i64 = 24 * 3_600_000;
/// How long after the glass was broken a review is due, in milliseconds.
const REVIEW_MS: i64 = REVIEW_DAYS * DAY_MS;
/// For how long what came to nothing, and what was reviewed, is listed, in milliseconds.
const LISTED_MS: i64 = 90 * DAY_MS;
/// What waits for a review is never swept.
const NEVER: Millis = Millis(i64::MAX);

/// Names a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GlassId(pub [u8; 16]);

impl GlassId {
    const PREFIX: &'static str = "gls_";

    /// Reads the printed form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        // An entry's id has the same digits.
        domain::EntryId::parse(&format!("ent_{digits}")).map(|id| Self(id.0))
    }

    fn key(self) -> AdmissionKey {
        AdmissionKey { kind: AdmissionKind::Glass, id: self.0 }
    }
}

impl core::fmt::Display for GlassId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(Self::PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlassState {
    /// No second officer has answered.
    Asked,
    /// One said no.
    Declined,
    /// One agreed.
    Agreed,
    /// The value was shown; a review is due.
    Broken,
    /// That was reviewed.
    Reviewed,
    /// Nobody answered in time, or the agreement wasn't used in time.
    Over,
}

impl GlassState {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Declined => "declined",
            Self::Agreed => "agreed",
            Self::Broken => "broken",
            Self::Reviewed => "reviewed",
            Self::Over => "over",
        }
    }
}

/// How far it was written down to have come.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Asked,
    Declined { second: PersonId },
    Agreed { second: PersonId, assertion: Assertion },
    Broken { second: PersonId },
    Reviewed { second: PersonId, broken: Millis, by: PersonId, finding: Finding },
}

/// What an officer signs a request for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signing {
    /// That they see it, having asked.
    Break = 1,
    /// That somebody else may.
    Agree = 2,
}

/// A request as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Glass {
    id: GlassId,
    asker: PersonId,
    customer: CustomerId,
    field: FieldKind,
    instance: u32,
    reason: Emergency,
    asked: Millis,
    /// The asker's browser, by its key's digest.
    browser: [u8; 16],
    /// What the asker wrote beside it, sealed; empty for nothing.
    note: Vec<u8>,
    stage: Stage,
    /// When it came to this stage.
    since: Millis,
    tag: Tag,
}

impl Glass {
    /// How far it has come by now: time passes without anybody writing it down.
    fn state(&self, now: Millis) -> GlassState {
        let past = now.since(self.since);
        match self.stage {
            Stage::Asked if past < ANSWER_MS => GlassState::Asked,
            Stage::Agreed { .. } if past < USE_MS => GlassState::Agreed,
            Stage::Asked | Stage::Agreed { .. } => GlassState::Over,
            Stage::Declined { .. } => GlassState::Declined,
            Stage::Broken { .. } => GlassState::Broken,
            Stage::Reviewed { .. } => GlassState::Reviewed,
        }
    }

    fn second(&self) -> Option<PersonId> {
        match &self.stage {
            Stage::Asked => None,
            Stage::Declined { second }
            | Stage::Agreed { second, .. }
            | Stage::Broken { second }
            | Stage::Reviewed { second, .. } => Some(*second),
        }
    }

    /// When the value was shown.
    fn broken(&self) -> Option<Millis> {
        match &self.stage {
            Stage::Broken { .. } => Some(self.since),
            Stage::Reviewed { broken, .. } => Some(*broken),
            _ => None,
        }
    }

    /// Does it wait for a review for too long?
    fn is_overdue(&self, now: Millis) -> bool {
        matches!(self.stage, Stage::Broken { .. }) && now.since(self.since) >= REVIEW_MS
    }

    /// What an officer signs: `H("rf1/glass" ‖ tenant u32 ‖ signing u8 ‖ id[16] ‖ asker[16] ‖ customer[16] ‖ field u16 ‖
    /// instance u32 ‖ reason u8 ‖ asked i64 ‖ H(sealed note))`. So a signature fits one request, and one of its two steps.
    fn challenge(&self, tenant: TenantId, signing: Signing) -> [u8; 32] {
        hash(&[
            b"rf1/glass",
            &tenant.bytes(),
            &[signing as u8],
            &self.id.0,
            &self.asker.0,
            &self.customer.0,
            &self.field.code().to_be_bytes(),
            &self.instance.to_be_bytes(),
            &[self.reason as u8],
            &self.asked.0.to_be_bytes(),
            &hash(&[&self.note]),
        ])
    }

    /// The same at another stage.
    fn turned(self, stage: Stage, since: Millis) -> Self {
        Self { stage, since, ..self }
    }

    fn expires(&self) -> Millis {
        match self.stage {
            Stage::Broken { .. } => NEVER,
            _ => self.since.plus(LISTED_MS),
        }
    }

    fn row(&self) -> AdmissionRow {
        AdmissionRow { key: self.id.key(), body: self.encode(), expires: self.expires(), tag: self.tag }
    }

    /// The act turns it into this, if it still is what was seen.
    fn turn(self, act: Act, stage: Stage) -> Act {
        let (key, tag, at) = (self.id.key(), Some(self.tag), act.draft.at);
        let unchanged = Condition::Admission { key, tag, otherwise: Refusal::GlassOver };
        act.when(unchanged).effect(Effect::PutAdmission(self.turned(stage, at).row()))
    }
}

impl Vault {
    /// The request that a row is, if the row is genuine.
    fn genuine_glass(&self, tenant: TenantId, row: &AdmissionRow) -> Option<Glass> {
        let genuine = self.seals.tag(tenant, "admission", &row.material()) == row.tag;
        Glass::read(row).filter(|_| genuine)
    }

    /// An act on a request, by who may: its entry tells of whom, which field, and who asked.
    ///
    /// # Errors
    /// `Refused` with its entry: what `may` says; `NotFound` for no request, `Tampered` for one that was edited.
    async fn on_glass(
        &self,
        scope: &Scope,
        id: GlassId,
        kind: Kind,
        may: impl FnOnce(FieldKind) -> policy::Act,
    ) -> Result<(Act, Glass), VaultError> {
        let row = self.store.admission(scope.tenant, id.key()).await?;
        let found = row.map(|row| self.genuine_glass(scope.tenant, &row));
        let glass = found.as_ref().and_then(Option::as_ref);
        // Whoever may nothing isn't told whether there is one.
        let field = glass.map_or(FieldKind::Name, |glass| glass.field);
        let act = self.act(scope, kind)?;
        let ways = self.ways(scope, may(field));
        if let (Err(denial), None) = (&ways.alone, &ways.approved) {
            return Err(self.logged_denial(act, denial).await);
        }
        match found {
            None => Err(self.logged(act, Refusal::NotFound).await),
            Some(None) => Err(self.logged(act, Refusal::Tampered).await),
            Some(Some(glass)) => {
                let keys = self.entry_keys(scope.tenant, glass.customer).await?;
                let act = act.about(glass.customer, None, glass.instance, keys).field(glass.field.code());
                Ok((act, glass))
            }
        }
    }

    /// What it needs to break the glass for this field, with a second officer: whatever the rules say, never without one.
    fn glass_needs(&self, scope: &Scope, field: FieldKind) -> Result<Needs, policy::Denial> {
        let ways = self.ways(scope, policy::Act::BreakGlass(field));
        match (&ways.approved, &ways.alone) {
            (Some(needs), _) | (None, Ok(needs)) => Ok(*needs),
            (None, Err(denial)) => Err(denial.clone()),
        }
    }

    /// Could this one be the second officer for what somebody asks? They must be another human who could ask it themselves. Who
    /// has the same name is taken for the same human.
    fn may_agree(&self, power: &Snapshot, glass: &Glass, other: PersonId) -> bool {
        let (Some(asker), Some(other)) = (power.person(glass.asker), power.person(other)) else { return false };
        let ways = power.governance.rules.ways(&self.asker(other, Device::Page), policy::Act::BreakGlass(glass.field));
        let may = ways.approved.is_some() || ways.alone.is_ok();
        may && !power.same_human(asker.id, other.id)
    }
}
