//! Answering a request. What discloses or destroys, two people answer: a data protection officer first, then another one or a security
//! officer. The copy itself is taken by the customer, on their own page; here it is made sure that it will be all that is held.

use super::{Request, RequestId, RequestNews, RequestState, Stage, Step, Whose};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::me::Mailer;
use crate::private::entry::Kind;
use crate::private::release::Done;
use crate::private::sheet::Masked;
use crate::twice::{Wish, Word};
use crate::wiring::{Act, Vault};
use domain::{CustomerId, EntryId, FieldKind, Millis, Pending, Refusal, Right};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{AdmissionKind, Condition, Effect, FieldRef, FieldRow, SHEET};

/// What answering led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnsweredRequest {
    /// How far it has come.
    pub state: RequestState,
    /// Until when it waits for a second person; none where it is answered.
    pub waits_until: Option<Millis>,
    /// Was the customer told by letter?
    pub told: bool,
    /// From when on no backup opens what was erased.
    pub backups_unreadable_by: Option<Millis>,
    /// The entry; of an erasure the one that its certificate is of.
    pub receipt: EntryId,
}

/// What is held, held against what the customer will be answered.
struct Held {
    values: u32,
    as_masks: u32,
    /// It is as it was compared.
    unchanged: Vec<Condition>,
}

impl Vault {
    /// Answers a request, or asks for that: then a second person must ask for the same within seven days.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound`, `Tampered`, `RequestOver`; `NobodyFound`, `IdentityNeeded`;
    /// `NotASecondOfficer` at the browser at which the first one asked; `AnswerIncomplete`; `LegalHold` where nothing may be erased;
    /// `NoWayToThem` for a copy of who can't be written to; `RequestChanged` where somebody else went on with it meanwhile.
    pub async fn answer_request(
        &self,
        scope: &Scope,
        id: RequestId,
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<AnsweredRequest, VaultError> {
        let (act, mut request) =
            self.on_request(scope, id, (Kind::RequestAnswered, policy::Act::AgreeToAnswer)).await?;
        let act = act.detail(request.right as u64);
        let Some(customer) = request.customer() else { return Err(self.logged(act, Refusal::NobodyFound).await) };
        if !request.identity.proven {
            return Err(self.logged(act, Refusal::IdentityNeeded).await);
        }
        let word = match request.right.takes_two() {
            true => {
                let wish = Wish { kind: AdmissionKind::AnswerAsked, of: id.0, code: request.right as u8 };
                Some(self.first_or_second(scope, &wish, policy::Act::HandleRequest, act).await?)
            }
            false => None,
        };
        match word {
            Some(word) if word.first.is_none() => self.ask_to_answer(scope, request, word).await,
            Some(word) => {
                request.first = None;
                match request.right {
                    Right::Erasure => self.answer_by_erasing(scope, (request, customer), word, mailer).await,
                    _ => self.answer_by_a_copy(scope, (request, customer), word, mailer).await,
                }
            }
            None => self.answer_by_saying(scope, (request, customer), mailer).await,
        }
    }

    async fn ask_to_answer(
        &self,
        scope: &Scope,
        mut request: Request,
        word: Word,
    ) -> Result<AnsweredRequest, VaultError> {
        let until = word.until;
        request.first = Some((scope.person(), until));
        request.handler = Some(scope.person());
        let act = self.beside(scope, &request, Kind::RequestStep).await?.detail(Step::Asked as u64);
        let state = request.state();
        let receipt = self.commit_plain(word.on(request.turned(act))).await?;
        Ok(AnsweredRequest { state, waits_until: Some(until), told: false, backups_unreadable_by: None, receipt })
    }

    /// What was asked for is limited from now; of a rectification, the customer corrects what is theirs to correct on their own page,
    /// and is told of the rest in words. This says so, to them too.
    async fn answer_by_saying(
        &self,
        scope: &Scope,
        (request, customer): (Request, CustomerId),
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<AnsweredRequest, VaultError> {
        let act = self.beside(scope, &request, Kind::RequestAnswered).await?.detail(request.right as u64);
        if let Err(denial) = self.may(scope, policy::Act::HandleRequest) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let to = self.told_where(scope, &request, mailer.as_ref()).await?;
        let act = match request.right.limits() {
            Some(limit) => act.when(Condition::CustomerExists(customer)).effect(Effect::Limit(customer, limit, true)),
            None => act,
        };
        let closed = Request { told: false, handler: Some(scope.person()), ..request.closed(Stage::Answered) };
        let receipt = self.commit_plain(closed.clone().turned(act.counts(Pending::Request, true))).await?;
        let told = self.tell_after(scope, &closed, (to, RequestNews::Done), mailer).await?;
        Ok(answered(told, None, receipt))
    }

    /// Not of whom no letter can reach: nobody would take the copy.
    async fn answer_by_a_copy(
        &self,
        scope: &Scope,
        (request, customer): (Request, CustomerId),
        word: Word,
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<AnsweredRequest, VaultError> {
        let held = self.complete(scope, &request, customer).await?;
        let act = self.beside(scope, &request, Kind::RequestAnswered).await?.detail(request.right as u64);
        let to = self.told_where(scope, &request, mailer.as_ref()).await?;
        if to.is_none() {
            return Err(self.logged(act, Refusal::NoWayToThem).await);
        }
        let keys = act.draft.keys.clone().ok_or(VaultError::refused(Refusal::NotFound))?;
        let whose = Whose::Pseudonym(self.own_name(&keys, super::taken::NAME));
        let closed = request.closed(Stage::Answered);
        let closed = Request { whose, told: false, held: Some((held.values, held.as_masks)), ..closed };
        let mut act = closed.clone().turned(act.counts(Pending::Request, true));
        act.when.extend(held.unchanged);
        let receipt = match self.commit_plain(seconded(act, word)).await {
            // What the versions refuse with: somebody changed the record meanwhile.
            Err(VaultError::Refused { refusal: Refusal::NotFound, .. }) => return Err(VaultError::Busy),
            done => done?,
        };
        let told = self.tell_after(scope, &closed, (to, RequestNews::Ready), mailer).await?;
        Ok(answered(told, None, receipt))
    }

    /// The address is used before it is gone, and the letter says what was done.
    async fn answer_by_erasing(
        &self,
        scope: &Scope,
        (request, customer): (Request, CustomerId),
        word: Word,
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Result<AnsweredRequest, VaultError> {
        let beside = || self.beside(scope, &request, Kind::Erasure);
        let act = self.erasing((beside().await?, beside().await?), customer).await?;
        let to = self.told_where(scope, &request, mailer.as_ref()).await?;
        let closed = request.closed(Stage::Answered);
        let receipt =
            self.commit_plain(seconded(closed.clone().turned(act.counts(Pending::Request, true)), word)).await?;
        let by = self.erased(scope.tenant, customer, receipt).await.backups_unreadable_by;
        let told = self.tell_after(scope, &closed, (to, RequestNews::Erased(by)), mailer).await?;
        Ok(answered(told, Some(by), receipt))
    }

    /// Compares the rows that are held with the customer's own sealed list of them, which is what a copy is made of.
    ///
    /// # Errors
    /// `AnswerIncomplete` where one has what the other hasn't.
    async fn complete(&self, scope: &Scope, request: &Request, customer: CustomerId) -> Result<Held, VaultError> {
        let rows = self.store.fields(scope.tenant, customer).await?;
        let act = self.beside(scope, request, Kind::RequestChecked).await?;
        let sheet = FieldRef { customer, field: SHEET, instance: 0 };
        let act = act.when(Condition::CustomerExists(customer)).read(sheet);
        let Done::Committed { values, .. } = self.commit(act).await? else { return Err(VaultError::Unknown) };
        let masks = values.into_iter().next().ok_or(VaultError::Damaged)?.open_sheet()?;
        let values: Vec<&FieldRow> = rows.iter().filter(|row| row.field != SHEET).collect();
        if !is_complete(&values, &masks) {
            let act = self.beside(scope, request, Kind::RequestAnswered).await?;
            return Err(self.logged(act, Refusal::AnswerIncomplete).await);
        }
        let version = |row: &FieldRow| {
            let field = FieldRef { customer, field: row.field, instance: row.instance };
            Condition::FieldVersion(field, row.version)
        };
        let as_masks = masks.iter().filter(|masked| crate::me::as_mask(masked.field)).count();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(Held {
            values: count(values.len()),
            as_masks: count(as_masks),
            unchanged: rows.iter().map(version).collect(),
        })
    }
}

/// A kind that this program doesn't know would be in no copy: then it isn't complete either.
pub(super) fn is_complete(rows: &[&FieldRow], masks: &[Masked]) -> bool {
    let known = rows.iter().all(|row| FieldKind::from_code(row.field).is_some());
    let rows: BTreeSet<(u16, u32)> = rows.iter().map(|row| (row.field, row.instance)).collect();
    let masks: BTreeSet<(u16, u32)> = masks.iter().map(|masked| (masked.field.code(), masked.instance)).collect();
    known && rows == masks
}

/// In the name of the second one; the entry tells the first, whose word is used up.
fn seconded(act: Act, word: Word) -> Act {
    let act = match word.first {
        Some(first) => act.upon(first),
        None => act,
    };
    word.on(act)
}

fn answered(told: bool, backups_unreadable_by: Option<Millis>, receipt: EntryId) -> AnsweredRequest {
    AnsweredRequest { state: RequestState::Answered, waits_until: None, told, backups_unreadable_by, receipt }
}
