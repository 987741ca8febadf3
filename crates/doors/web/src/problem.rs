//! RFC 9457 problems. They never repeat what was sent.

use crate::state::Web;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Cure, EntryId, Refusal};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;
use vault::{Spent, VaultError};

/// A problem, as sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// What kind: stable, for programs.
    #[serde(rename = "type")]
    #[schema(example = "https://ringfence.dev/problems/no-live-interaction")]
    kind: String,
    /// What happened, for people.
    title: Cow<'static, str>,
    /// The HTTP status.
    status: u16,
    /// What happened here.
    detail: String,
    /// Why it matters.
    why: Cow<'static, str>,
    /// What to do instead.
    next: Cow<'static, str>,
    /// What would cure it, for programs: one of a closed list, where something would.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "take-interaction")]
    cure: Option<&'static str>,
    /// Of a spent allowance: in which window.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "hour")]
    window: Option<&'static str>,
    /// Of a spent allowance: when there is enough again for this, if nothing more is spent, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    free_at: Option<String>,
    /// Names this request in the operator's log.
    request_id: String,
    /// The log entry of the refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
    #[serde(skip)]
    retry_after_s: Option<u32>,
}

/// A problem without the request's name, which only the web door knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    pub(crate) slug: &'static str,
    pub(crate) title: Cow<'static, str>,
    pub(crate) why: Cow<'static, str>,
    pub(crate) next: Cow<'static, str>,
    pub(crate) cure: Option<Cure>,
    pub(crate) detail: Option<Cow<'static, str>>,
    pub(crate) spent: Option<Spent>,
    pub(crate) receipt: Option<EntryId>,
    pub(crate) retry_after_s: Option<u32>,
}

const fn fault(
    status: StatusCode,
    slug: &'static str,
    title: &'static str,
    why: &'static str,
    next: &'static str,
) -> Fault {
    let (title, why, next) = (Cow::Borrowed(title), Cow::Borrowed(why), Cow::Borrowed(next));
    Fault { status, slug, title, why, next, cure: None, detail: None, spent: None, receipt: None, retry_after_s: None }
}

impl Fault {
    pub(crate) const UNAUTHENTICATED: Self = fault(
        StatusCode::UNAUTHORIZED,
        "unauthenticated",
        "Sign in first",
        "Everything here is done in somebody's name.",
        "Send a bearer token or sign in on the page. Events need their source's signature.",
    );
    pub(crate) const NO_SUCH_PASSKEY: Self = fault(
        StatusCode::UNAUTHORIZED,
        "no-such-passkey",
        "No one here has this passkey",
        "It was never registered here, it still waits for a security officer, or it was taken back.",
        "Use another of yours. If you have registered it lately, ask a security officer to let it count.",
    );
    pub(crate) const NAMELESS: Self = fault(
        StatusCode::CONFLICT,
        "passkeys-need-a-name",
        "Passkeys work under a name, not under an address of numbers",
        "A passkey is made for one site, and only a name says which.",
        "Open this page under its name: on this machine, http://localhost with the same port.",
    );
    pub(crate) const NO_SUCH_TOKEN: Self = fault(
        StatusCode::UNAUTHORIZED,
        "no-such-token",
        "No one here holds this token",
        "A token is a key: only the whole of it opens.",
        "Check that you pasted all of it. If it was replaced meanwhile, ask your security officer.",
    );
    pub(crate) const NOT_SIGNED_IN: Self = fault(
        StatusCode::FORBIDDEN,
        "not-signed-in",
        "That sign-in doesn't count",
        "An answer counts only from the identity provider that was asked, to the browser that asked, and once.",
        "Sign in again. If it stays, tell security: somebody may be leading you astray.",
    );
    pub(crate) const PROVIDER_SILENT: Self = fault(
        StatusCode::SERVICE_UNAVAILABLE,
        "provider-silent",
        "The identity provider can't be asked",
        "Who you are is asked of your company's identity provider, and it doesn't answer as it should.",
        "Try again in a moment. If it stays, tell IT: its address and description must be https and the configured issuer's.",
    );
    pub(crate) const FORBIDDEN: Self = fault(
        StatusCode::FORBIDDEN,
        "forbidden",
        "This request didn't come from our own page",
        "A foreign page must not act in your name.",
        "Use the page itself, or a bearer token.",
    );
    pub(crate) const NOT_FOUND: Self = fault(
        StatusCode::NOT_FOUND,
        "not-found",
        "There is no such thing here",
        "What you may not know of looks the same as what doesn't exist.",
        "Check the address.",
    );
    pub(crate) const METHOD: Self = fault(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "That method doesn't work here",
        "Each address does only what it says.",
        "Use one of the methods in the Allow header.",
    );
    pub(crate) const INVALID: Self = fault(
        StatusCode::BAD_REQUEST,
        "invalid-request",
        "The request can't be read",
        "What can't be read isn't guessed at.",
        "Send the JSON that /openapi.json describes.",
    );
    pub(crate) const UNPROCESSABLE: Self = fault(
        StatusCode::UNPROCESSABLE_ENTITY,
        "unprocessable",
        "The request can't be used as it is",
        "What doesn't fit isn't bent until it does.",
        "Correct what the detail names.",
    );
    pub(crate) const GONE: Self = fault(
        StatusCode::GONE,
        "gone",
        "It was taken out of the database, or changed there",
        "The log has it, so that nobody can say that it never was.",
        "Find out who can write to the database, and keep a copy of it as it is.",
    );
    pub(crate) const TOO_LARGE: Self = fault(
        StatusCode::PAYLOAD_TOO_LARGE,
        "payload-too-large",
        "The request is too large",
        "A limit keeps one request from starving the others.",
        "Send less; at most 64 KiB.",
    );
    pub(crate) const MEDIA_TYPE: Self = fault(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "Only JSON is read here",
        "One form, read in one way.",
        "Send Content-Type: application/json.",
    );
    pub(crate) const UNAVAILABLE: Self = fault(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "Ringfence can't do this right now",
        "Without a durable log entry nothing is disclosed.",
        "Try again in a moment; if it stays, tell the operator.",
    );
    const DAMAGED: Self = fault(
        StatusCode::SERVICE_UNAVAILABLE,
        "record-damaged",
        "A sealed record doesn't open in its place",
        "It was moved or edited outside Ringfence, so nothing is disclosed on it.",
        "Report it to security now.",
    );

    /// Every one that isn't a refusal of the vault's.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 16] = [
        Self::GONE,
        Self::UNAUTHENTICATED,
        Self::NO_SUCH_PASSKEY,
        Self::NAMELESS,
        Self::NO_SUCH_TOKEN,
        Self::NOT_SIGNED_IN,
        Self::PROVIDER_SILENT,
        Self::FORBIDDEN,
        Self::NOT_FOUND,
        Self::METHOD,
        Self::INVALID,
        Self::UNPROCESSABLE,
        Self::TOO_LARGE,
        Self::MEDIA_TYPE,
        Self::UNAVAILABLE,
        Self::DAMAGED,
    ];

    pub(crate) fn detail(self, detail: &'static str) -> Self {
        Self { detail: Some(Cow::Borrowed(detail)), ..self }
    }

    pub(crate) fn response(self, web: &Web) -> Response {
        let slug = Slug(self.slug);
        let problem = Problem {
            kind: format!("https://ringfence.dev/problems/{}", self.slug),
            detail: self.detail.unwrap_or_else(|| self.title.clone()).into_owned(),
            title: self.title,
            status: self.status.as_u16(),
            why: self.why,
            next: self.next,
            cure: self.cure.map(Cure::slug),
            window: self.spent.map(|spent| spent.window.slug()),
            free_at: self.spent.and_then(|spent| spent.free_at).map(|at| at.to_string()),
            request_id: web.request_id(),
            receipt: self.receipt.map(|entry| entry.to_string()),
            retry_after_s: self.retry_after_s,
        };
        let mut response = problem.into_response();
        response.extensions_mut().insert(slug);
        response
    }
}

/// Which problem a response is, for a page that says it in its own way.
#[derive(Clone, Copy)]
struct Slug(&'static str);

/// The name of the problem that a response is.
pub(crate) fn slug_of(response: &Response) -> Option<&'static str> {
    response.extensions().get().map(|Slug(slug)| *slug)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after_s;
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if let Some(seconds) = retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The HTTP status of a refusal.
fn status_of(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::BudgetExhausted
        | Refusal::DayExhausted
        | Refusal::MonthExhausted
        | Refusal::PurposeExhausted
        | Refusal::AttemptsExhausted
        | Refusal::ApprovalsExhausted
        | Refusal::AgreedTooOften
        | Refusal::TeamExhausted
        | Refusal::TenantExhausted
        | Refusal::ProposalsFull
        | Refusal::BoxFull => StatusCode::TOO_MANY_REQUESTS,
        Refusal::RulesUnfit
        | Refusal::PlanUnfit
        | Refusal::RulesRefuted
        | Refusal::TooManyHits
        | Refusal::KeyReused
        | Refusal::TooFewPeople
        | Refusal::RoleMissing => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::AlreadyBound
        | Refusal::NobodyToApprove
        | Refusal::ApprovalNotNeeded
        | Refusal::NotYetApproved
        | Refusal::NotYetAgreed
        | Refusal::NothingToReview
        | Refusal::NameTaken
        | Refusal::PowerChanged
        | Refusal::CloseTaken
        | Refusal::RequestReplayed
        | Refusal::LastOfficer
        | Refusal::LeaderMissing
        | Refusal::LegalHold
        | Refusal::ErasedBefore
        | Refusal::NobodyFound
        | Refusal::IdentityNeeded
        | Refusal::CodeFirst
        | Refusal::ReasonDoesntFit
        | Refusal::RequestChanged
        | Refusal::AnswerIncomplete
        | Refusal::NoWayToThem
        | Refusal::DrillsExhausted
        | Refusal::ReportsMoved
        | Refusal::NewContact => StatusCode::CONFLICT,
        Refusal::NotFound | Refusal::ReceiptUnknown => StatusCode::NOT_FOUND,
        Refusal::RedeliveryOver
        | Refusal::ChangeGone
        | Refusal::InvitationOver
        | Refusal::ApprovalOver
        | Refusal::CaseOver
        | Refusal::ReportOver
        | Refusal::GlassOver
        | Refusal::RequestOver => StatusCode::GONE,
        Refusal::NotThisDevice | Refusal::SignatureLate | Refusal::OwnSessionOver => StatusCode::UNAUTHORIZED,
        Refusal::FileUnfit => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::WitnessesMissing => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Tampered | Refusal::PowerTampered | Refusal::SpendingDisagrees | Refusal::RulesUnusable => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::FORBIDDEN,
    }
}

/// Which allowance was spent, in words.
fn told(spent: &Spent) -> String {
    let what = if spent.purpose { "what you may learn for this purpose" } else { "what you may do" };
    let window = spent.window.words();
    match spent.free_at {
        Some(at) => format!("It is the limit for {what} in any {window}. Enough is free again at {at}."),
        None => format!("It is the limit for {what} in any {window}, and this alone is more than that."),
    }
}

impl Fault {
    /// The problem of a refusal, in its own words.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        let fault = fault(status_of(refusal), refusal.slug(), refusal.title(), refusal.why(), refusal.next());
        // Twenty an hour, the least that is taken in again: whoever waits so long finds room for one.
        Self { retry_after_s: (refusal == Refusal::BoxFull).then_some(180), ..fault }
    }

    /// The problem of a vault's error.
    pub(crate) fn of(web: &Web, error: &VaultError) -> Self {
        match error {
            VaultError::Refused { refusal, entry, rule, spent, plan } => {
                let mut fault = Self::refused(*refusal);
                fault.receipt = *entry;
                if let Some(rule) = rule {
                    let owned = |text: &String| Cow::Owned(text.clone());
                    let (title, why, next) = (owned(&rule.says), owned(&rule.why), owned(&rule.next));
                    fault = Self { title, why, next, cure: Some(rule.cure), ..fault };
                }
                if let Some(spent) = spent {
                    let own = !matches!(refusal, Refusal::TeamExhausted | Refusal::TenantExhausted);
                    let wait = spent.free_at.map(|at| at.since(web.vault.now()).max(0) / 1_000 + 1);
                    fault.retry_after_s = wait.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX));
                    fault.detail = own.then(|| Cow::Owned(told(spent)));
                    fault.spent = own.then_some(*spent);
                }
                if let Some(plan) = plan {
                    fault.detail = Some(Cow::Owned(plan.clone()));
                }
                fault
            }
            VaultError::Unfit { refusal, entry, said } => {
                Self { receipt: *entry, detail: Some(Cow::Owned(said.clone())), ..Self::refused(*refusal) }
            }
            VaultError::Input(error) => {
                Self { next: Cow::Borrowed(error.next()), ..Self::UNPROCESSABLE.detail(error.problem()) }
            }
            VaultError::Unauthenticated => Self::UNAUTHENTICATED,
            VaultError::Damaged => Self::DAMAGED,
            VaultError::Store(_)
            | VaultError::Holder(_)
            | VaultError::Rules(_)
            | VaultError::Plan(_)
            | VaultError::Unknown
            | VaultError::Undelivered
            | VaultError::Busy
            | VaultError::Stopping => {
                tracing::warn!(%error, "a request failed");
                Self { retry_after_s: Some(1), ..Self::UNAVAILABLE }
            }
        }
    }
}

/// What a handler gives instead of an answer.
///
/// Boxed: a refusal is the rarer result, and a whole response is large to pass up by value.
pub(crate) struct Failed(Box<Response>);

impl Failed {
    /// Is it this refusal?
    pub(crate) fn is(&self, refusal: Refusal) -> bool {
        slug_of(&self.0) == Some(refusal.slug())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl Web {
    /// The response for a vault's error.
    pub(crate) fn failed(&self, error: &VaultError) -> Failed {
        Failed(Box::new(Fault::of(self, error).response(self)))
    }

    /// The response for a fault.
    pub(crate) fn fault(&self, fault: Fault) -> Failed {
        Failed(Box::new(fault.response(self)))
    }
}
