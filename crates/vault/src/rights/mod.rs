//! What customers ask for by right, as staff handle it: received, shown to be the customer's own, answered by two where the answer
//! discloses or destroys, and in time.
//!
//! One row per request, under a tag; each step replaces it, if it still is what was seen. Whoever handles a request sees no value: a
//! code goes to the address on file, a copy is taken by the customer on their own page, and letters say what happened. While a request
//! is open its row names the customer; once it was answered, only by a pseudonym of theirs that ends with them.

mod answer;
mod body;
mod book;
mod file;
mod identity;
mod letter;
mod limit;
mod step;
mod taken;

pub use answer::AnsweredRequest;
pub use book::{RequestBook, RequestCan, RequestInside, RequestLine, RequestPlace};
pub use file::{FiledRequest, NewRequest};
pub use identity::{IdentityAnswer, IdentityChecked};
pub use letter::RequestNews;
pub use limit::LimitEnding;
pub(crate) use limit::unrestricted;
pub use step::SteppedRequest;

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::field::IndexKind;
use domain::{CameBy, CustomerId, Declined, EntryId, Longer, Millis, PersonId, Refusal, Right, TenantId};
use plan::Language;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals, Tag};

/// What is open is never swept.
const NEVER: Millis = Millis(i64::MAX);
/// For how long a closed request is kept, as the proof that it was answered, in milliseconds: three years.
const KEPT_MS: i64 = 3 * 366 * 24 * 3_600_000;
/// How many wrong codes and answers one request survives.
const TRIES: u8 = 3;

/// Names a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub [u8; 16]);

impl RequestId {
    const PREFIX: &'static str = "dsr_";

    /// Reads the printed form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        // An entry's id has the same digits.
        EntryId::parse(&format!("ent_{digits}")).map(|id| Self(id.0))
    }

    fn key(self) -> AdmissionKey {
        AdmissionKey { kind: AdmissionKind::RightsRequest, id: self.0 }
    }
}

impl core::fmt::Display for RequestId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(Self::PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How a request went on, as entries number it; a refusal adds its reason to [`Step::REFUSED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
    /// It takes two months more.
    Longer = 1,
    /// Who asked takes it back.
    Withdrawn = 3,
    /// A first officer wants it answered.
    Asked = 4,
    /// The customer took the copy.
    Taken = 5,
}

impl Step {
    /// Refused; and the reason's number more.
    pub const REFUSED: u64 = 10;
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// Nothing was done yet.
    Received,
    /// Whether it is the customer's own is being tried.
    IdentityAsked,
    /// It is; the answer is due.
    InWork,
    /// It was answered.
    Answered,
    /// It was refused.
    Refused(Declined),
    /// Who asked took it back.
    Withdrawn,
}

impl RequestState {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::IdentityAsked => "identity_asked",
            Self::InWork => "in_work",
            Self::Answered => "answered",
            Self::Refused(_) => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Is it still to be answered?
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Received | Self::IdentityAsked | Self::InWork)
    }
}

/// Whose request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Nobody's that is known here.
    Nobody,
    /// This customer's.
    Customer(CustomerId),
    /// Somebody's whose log key gives this pseudonym: a copy waits for them, or was taken.
    Pseudonym([u8; 16]),
}

/// How it ended, where it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    Answered,
    Refused(Declined),
    Withdrawn,
}

/// What was tried to learn whether the request is the customer's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Identity {
    /// Keyed digest of the code that was sent last, and until when it counts.
    code: Option<([u8; 16], Millis)>,
    /// How many were sent.
    sent: u8,
    /// How many codes and answers were wrong.
    wrong: u8,
    /// Kinds of which a right answer was given.
    right: Vec<u16>,
    proven: bool,
}

/// A copy that the customer took. Staff learn its size and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyTaken {
    /// How large it was, in bytes.
    pub size: u64,
    /// SHA-256 of it.
    pub sha256: [u8; 32],
    /// When.
    pub at: Millis,
    /// The entry of the copy.
    pub receipt: EntryId,
}

/// A request as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Request {
    id: RequestId,
    right: Right,
    came_by: CameBy,
    language: Language,
    /// The first moment of the day on which it came in.
    received: Millis,
    filer: PersonId,
    /// The entry of its filing.
    filed: EntryId,
    /// Keyed digest of what was filed.
    content: [u8; 16],
    whose: Whose,
    /// By what the customer was looked for.
    found_by: Option<IndexKind>,
    longer: Option<Longer>,
    stage: Stage,
    /// Who did the last step of handling it.
    handler: Option<PersonId>,
    identity: Identity,
    /// Who wants it answered first, and until when that waits for a second.
    first: Option<(PersonId, Millis)>,
    /// Was the customer told by letter how it ended, or that it takes longer?
    told: bool,
    /// The entry of its last step.
    last: EntryId,
    /// How many values were held when it was answered, and how many of these go as their masks.
    held: Option<(u32, u32)>,
    copy: Option<CopyTaken>,
    tag: Tag,
}

impl Request {
    fn state(&self) -> RequestState {
        let tried = self.identity.sent > 0 || self.identity.wrong > 0 || !self.identity.right.is_empty();
        match self.stage {
            Stage::Open if self.identity.proven => RequestState::InWork,
            Stage::Open if tried => RequestState::IdentityAsked,
            Stage::Open => RequestState::Received,
            Stage::Answered => RequestState::Answered,
            Stage::Refused(why) => RequestState::Refused(why),
            Stage::Withdrawn => RequestState::Withdrawn,
        }
    }

    /// The first moment at which an answer is too late.
    fn due(&self) -> Millis {
        domain::rights::due(self.received, self.longer.is_some())
    }

    fn customer(&self) -> Option<CustomerId> {
        match self.whose {
            Whose::Customer(customer) => Some(customer),
            Whose::Nobody | Whose::Pseudonym(_) => None,
        }
    }

    /// The same, closed: it names no customer any more.
    fn closed(self, stage: Stage) -> Self {
        Self { stage, whose: Whose::Nobody, first: None, identity: Identity { code: None, ..self.identity }, ..self }
    }

    fn row(&self, now: Millis) -> AdmissionRow {
        let expires = if self.stage == Stage::Open { NEVER } else { now.plus(KEPT_MS) };
        AdmissionRow { key: self.id.key(), body: self.encode(), expires, tag: self.tag }
    }

    /// The act makes it this, if it still is what was seen.
    fn turned(mut self, act: Act) -> Act {
        let unchanged =
            Condition::Admission { key: self.id.key(), tag: Some(self.tag), otherwise: Refusal::RequestChanged };
        self.last = act.draft.id;
        let row = self.row(act.draft.at);
        act.when(unchanged).effect(Effect::PutAdmission(row))
    }
}

impl Vault {
    /// The request that a row is, if the row is genuine.
    fn genuine_request(&self, tenant: TenantId, row: &AdmissionRow) -> Option<Request> {
        let genuine = self.seals.tag(tenant, "admission", &row.material()) == row.tag;
        Request::read(row).filter(|_| genuine)
    }

    /// An act on an open request, by who may: its entry is about the customer, where one was found.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for no request, `Tampered` for one that was edited, `RequestOver` for one
    /// that is closed.
    async fn on_request(
        &self,
        scope: &Scope,
        id: RequestId,
        (kind, may): (Kind, policy::Act),
    ) -> Result<(Act, Request), VaultError> {
        let act = self.permitted(scope, may, kind).await?;
        match self.found_request(scope, id).await? {
            Ok(request) if request.stage == Stage::Open => Ok((self.about_request(act, &request).await?, request)),
            Ok(_) => Err(self.logged(act, Refusal::RequestOver).await),
            Err(refusal) => Err(self.logged(act, refusal).await),
        }
    }

    async fn found_request(&self, scope: &Scope, id: RequestId) -> Result<Result<Request, Refusal>, VaultError> {
        let row = self.store.admission(scope.tenant, id.key()).await?;
        let found = row.ok_or(Refusal::NotFound);
        Ok(found.and_then(|row| self.genuine_request(scope.tenant, &row).ok_or(Refusal::Tampered)))
    }

    async fn about_request(&self, act: Act, request: &Request) -> Result<Act, VaultError> {
        let Some(customer) = request.customer() else { return Ok(act) };
        // Who was erased meanwhile is named by no entry.
        if self.store.customer(act.tenant, customer).await?.is_none() {
            return Ok(act);
        }
        let keys = self.entry_keys(act.tenant, customer).await?;
        Ok(act.about(customer, None, 0, keys).when(Condition::CustomerExists(customer)))
    }

    /// Another entry of the same act, about the same customer.
    async fn beside(&self, scope: &Scope, request: &Request, kind: Kind) -> Result<Act, VaultError> {
        self.about_request(self.act(scope, kind)?, request).await
    }
}
