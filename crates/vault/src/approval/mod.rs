//! Four eyes: what is risky is shown only if a second person agrees. That person is drawn at random among those who are
//! there and may answer, sees what for and never the value, and has two minutes; silence is a no.
//!
//! One row per question: who asks, in which interaction, for which value and purpose. A question has one answer. A yes
//! opens one value once, within a minute, and only to who asked; the commit that shows it uses the row up. And one row per value and
//! interaction: a no in it stands for as long as an interaction can last, whoever asks next and whatever for. It is counted as well, so
//! that it outlasts that row.

mod answer;
mod ask;
mod body;
mod draw;
mod grant;
mod habits;
mod no;
mod queue;
mod value;

pub use ask::AskedApproval;
pub(crate) use grant::SecondPerson;
pub use habits::Habit;
pub(crate) use queue::Questions;
pub use queue::{ApprovalLine, OwnApprovals};

use crate::auth::Scope;
use crate::reveal::{RevealCommand, hashed};
use crate::wiring::Vault;
use domain::{CustomerId, InteractionId, Millis, PersonId, Purpose, TenantId};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Seals, Tag};

/// How long a second person has, in milliseconds.
const ANSWER_MS: i64 = 120_000;
/// For how long a yes counts, in milliseconds.
const USE_MS: i64 = 60_000;

/// Names a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApprovalId(pub [u8; 16]);

impl ApprovalId {
    const PREFIX: &'static str = "apr_";

    /// Reads the printed form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        // An entry's id has the same digits.
        domain::EntryId::parse(&format!("ent_{digits}")).map(|id| Self(id.0))
    }

    /// The one question there is of this person about this value, in this interaction and for this purpose.
    fn of(asker: PersonId, command: &RevealCommand) -> Self {
        Self(hashed(&[
            b"approval",
            &asker.0,
            &command.customer.0,
            &command.interaction.0,
            &command.field.code().to_be_bytes(),
            &command.instance.to_be_bytes(),
            command.purpose.slug().as_bytes(),
        ]))
    }

    fn key(self) -> AdmissionKey {
        AdmissionKey { kind: AdmissionKind::Approval, id: self.0 }
    }
}

impl core::fmt::Display for ApprovalId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(Self::PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How far a question has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalState {
    /// The second person hasn't answered.
    Asked = 1,
    /// They said yes.
    Given = 2,
    /// They said no.
    Declined = 3,
    /// They said yes, and the value was shown.
    Used = 4,
    /// Nobody answered in time, or the yes wasn't used in time.
    Over = 5,
}

impl ApprovalState {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Given => "given",
            Self::Declined => "declined",
            Self::Used => "used",
            Self::Over => "over",
        }
    }
}

/// A question as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Approval {
    id: ApprovalId,
    asker: PersonId,
    /// Who was drawn.
    approver: PersonId,
    customer: CustomerId,
    interaction: InteractionId,
    field: u16,
    instance: u32,
    purpose: Purpose,
    /// When the second person was drawn.
    asked: Millis,
    /// The asker's browser, by its key's digest; none for a program.
    device: Option<[u8; 16]>,
    state: ApprovalState,
    /// When it came to this state.
    since: Millis,
    expires: Millis,
    tag: Tag,
}

impl Approval {
    /// How far it has come by now: time passes without anybody writing it down.
    fn state(&self, now: Millis) -> ApprovalState {
        let for_ms = match self.state {
            ApprovalState::Asked => ANSWER_MS,
            ApprovalState::Given => USE_MS,
            state => return state,
        };
        if now.since(self.since) < for_ms { self.state } else { ApprovalState::Over }
    }

    /// Until when it stays as it is, by itself.
    fn until(&self) -> Option<Millis> {
        match self.state {
            ApprovalState::Asked => Some(self.since.plus(ANSWER_MS)),
            ApprovalState::Given => Some(self.since.plus(USE_MS)),
            _ => None,
        }
    }

    /// The same in another state.
    fn turned(self, state: ApprovalState, since: Millis) -> Self {
        Self { state, since, ..self }
    }

    fn row(&self) -> AdmissionRow {
        AdmissionRow { key: self.id.key(), body: self.encode(), expires: self.expires, tag: self.tag }
    }
}

impl Vault {
    /// The question that a row is, if the row is genuine.
    fn question(&self, tenant: TenantId, row: &AdmissionRow) -> Option<Approval> {
        let genuine = self.seals.tag(tenant, "admission", &row.material()) == row.tag;
        Approval::read(row).filter(|_| genuine)
    }

    /// The asker's browser, by its key's digest; none for a program.
    pub(crate) async fn device_of(&self, scope: &Scope) -> Result<Option<[u8; 16]>, crate::VaultError> {
        let Some(session) = scope.session_id() else { return Ok(None) };
        Ok(self.session_device(scope.tenant, session).await?.map(|key| hashed(&[&key])))
    }
}
