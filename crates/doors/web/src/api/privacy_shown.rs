//! What `/v1/privacy/requests` answers: how far requests have come, and nothing of a customer's.

use super::hex;
use super::paging::Cursor as _;
use domain::{EntryId, Longer, Millis};
use serde::Serialize;
use utoipa::ToSchema;
use vault::{
    AnsweredRequest, FiledRequest, IdentityChecked, RequestBook, RequestInside, RequestLine, RequestState,
    SteppedRequest,
};

/// A request that is filed.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestFiled {
    #[schema(pattern = "^dsr_[0-9a-f]{32}$")]
    id: String,
    /// The last day on which it may be answered, in UTC.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    due_on: String,
    /// The entry in the log.
    receipt: String,
}

/// What a step led to.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct RequestStepDone {
    /// The entry in the log; of an erasure the one that its certificate is of.
    receipt: String,
    /// How far the request has come, where the step says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(received|identity_asked|in_work|answered|refused|withdrawn)$")]
    state: Option<&'static str>,
    /// Until when it waits for a second person who says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(super) waits_until: Option<String>,
    /// Was the code or answer right?
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    matched: Option<bool>,
    /// Is it shown now that the request is the customer's own?
    #[serde(skip_serializing_if = "Option::is_none")]
    proven: Option<bool>,
    /// How many more may be wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    tries_left: Option<u8>,
    /// Was the customer told by letter? If not, tell them by the way on which the request came.
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<bool>,
    /// The last day on which it may be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    due_on: Option<String>,
    /// From when on no backup opens what was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    backups_unreadable_by: Option<String>,
}

/// The requests.
#[derive(Serialize, ToSchema)]
pub(crate) struct Requests {
    /// What is open first, and of it what is due first; then the rest, the latest first.
    items: Vec<RequestSeen>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
    /// Was a request's row edited, taken out of the database or put back? Then this list isn't to be trusted.
    damaged: bool,
    /// The entry of this reading.
    receipt: String,
}

/// A request, without anything of the customer's.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestSeen {
    #[schema(pattern = "^dsr_[0-9a-f]{32}$")]
    id: String,
    #[schema(pattern = "^(access|rectification|erasure|restriction|portability|objection)$")]
    right: &'static str,
    /// For people.
    right_label: &'static str,
    #[schema(pattern = "^(letter|email|phone|in_person|portal)$")]
    came_by: &'static str,
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    received_on: String,
    /// The last day on which it may be answered, in UTC.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    due_on: String,
    #[schema(pattern = "^(received|identity_asked|in_work|answered|refused|withdrawn)$")]
    state: &'static str,
    /// Why it was refused, if so.
    #[schema(pattern = "^(not_identified|nothing_held|unfounded|excessive|must_be_kept)$")]
    refused_for: Option<&'static str>,
    overdue: bool,
    /// Is it due within a week?
    due_soon: bool,
    /// Why it takes longer, if so.
    #[schema(pattern = "^(complexity|number)$")]
    extended_for: Option<&'static str>,
    /// What the answer has, where it was answered with a copy.
    answer: Option<RequestHeld>,
    /// The copy that the customer took on their own page.
    copy: Option<RequestCopy>,
    /// What there is to be known for who handles it; null for a program that files requests.
    inside: Option<RequestInsideSeen>,
    /// What whoever asks may do: handle, agree, withdraw.
    can: Vec<&'static str>,
    /// The entry of its filing.
    filed_receipt: String,
    /// The entry of its last step.
    last_receipt: String,
}

/// What was held when it was answered: all of it is in the answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestHeld {
    values: u32,
    /// How many of these go as their masks: a card's number is shown to nobody, and a note may tell of others.
    as_masks: u32,
}

/// A copy that was taken. Nobody of staff has it.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestCopy {
    /// In bytes.
    size: u64,
    /// In hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
    #[schema(format = DateTime)]
    taken_at: String,
    /// The entry of the copy.
    receipt: String,
}

/// For staff.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestInsideSeen {
    /// Is there a customer, by what was filed? No longer once it is closed.
    found: bool,
    /// Who handled it last.
    handler: Option<String>,
    /// Who wants it answered; it waits for a second person.
    first: Option<String>,
    /// Until when.
    #[schema(format = DateTime)]
    waits_until: Option<String>,
    /// How many more codes and answers may be wrong.
    tries_left: u8,
    /// Does a code wait to be told?
    code_sent: bool,
    /// Was the customer told by letter how it ended, or that it takes longer?
    told: bool,
}

/// One request.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestShown {
    request: RequestSeen,
    /// The entry of this reading.
    receipt: String,
}

/// `2026-12-28`, in UTC.
fn day(at: Millis) -> String {
    at.to_string().chars().take(10).collect()
}

/// The day before the moment at which it is too late.
fn last_day(due: Millis) -> String {
    day(due.plus(-1))
}

impl RequestFiled {
    pub(super) fn of(filed: &FiledRequest) -> Self {
        Self { id: filed.id.to_string(), due_on: last_day(filed.due), receipt: filed.receipt.to_string() }
    }
}

impl RequestSeen {
    fn of(line: &RequestLine) -> Self {
        let can = [("handle", line.can.handle), ("agree", line.can.agree), ("withdraw", line.can.withdraw)];
        let refused_for = match line.state {
            RequestState::Refused(why) => Some(why.slug()),
            _ => None,
        };
        Self {
            id: line.id.to_string(),
            right: line.right.slug(),
            right_label: line.right.label(),
            came_by: line.came_by.slug(),
            received_on: day(line.received),
            due_on: last_day(line.due),
            state: line.state.slug(),
            refused_for,
            overdue: line.overdue,
            due_soon: line.soon,
            extended_for: line.longer.map(Longer::slug),
            answer: line.held.map(|(values, as_masks)| RequestHeld { values, as_masks }),
            copy: line.copy.map(|copy| RequestCopy {
                size: copy.size,
                sha256: hex(&copy.sha256),
                taken_at: copy.at.to_string(),
                receipt: copy.receipt.to_string(),
            }),
            inside: line.inside.as_ref().map(RequestInsideSeen::of),
            can: can.into_iter().filter(|(_, may)| *may).map(|(what, _)| what).collect(),
            filed_receipt: line.filed.to_string(),
            last_receipt: line.last.to_string(),
        }
    }
}

impl RequestStepDone {
    pub(super) fn sent(receipt: EntryId) -> Self {
        Self { receipt: receipt.to_string(), ..Self::default() }
    }

    pub(super) fn checked(checked: &IdentityChecked) -> Self {
        Self {
            receipt: checked.receipt.to_string(),
            matched: Some(checked.matched),
            proven: Some(checked.proven),
            tries_left: Some(checked.tries_left),
            ..Self::default()
        }
    }

    pub(super) fn stepped(stepped: &SteppedRequest) -> Self {
        Self {
            receipt: stepped.receipt.to_string(),
            state: Some(stepped.state.slug()),
            told: Some(stepped.told),
            due_on: Some(last_day(stepped.due)),
            ..Self::default()
        }
    }

    pub(super) fn answered(answered: &AnsweredRequest) -> Self {
        Self {
            receipt: answered.receipt.to_string(),
            state: Some(answered.state.slug()),
            waits_until: answered.waits_until.map(|until| until.to_string()),
            told: answered.waits_until.is_none().then_some(answered.told),
            backups_unreadable_by: answered.backups_unreadable_by.map(|by| by.to_string()),
            ..Self::default()
        }
    }
}

impl RequestInsideSeen {
    fn of(inside: &RequestInside) -> Self {
        let waits = inside.waits.as_ref();
        Self {
            found: inside.found,
            handler: inside.handler.clone(),
            first: waits.map(|(first, _)| first.clone()),
            waits_until: waits.map(|(_, until)| until.to_string()),
            tries_left: inside.tries_left,
            code_sent: inside.code_sent,
            told: inside.told,
        }
    }
}

impl Requests {
    pub(super) fn of(book: &RequestBook) -> Self {
        Self {
            items: book.items.iter().map(RequestSeen::of).collect(),
            next: book.next.map(|next| next.print()),
            damaged: book.damaged,
            receipt: book.receipt.to_string(),
        }
    }
}

impl RequestShown {
    pub(super) fn of(line: &RequestLine, receipt: EntryId) -> Self {
        Self { request: RequestSeen::of(line), receipt: receipt.to_string() }
    }
}
