//! A customer corrects a name, an address, a phone number, an e-mail address, a bank account, a date of birth or a wish of theirs.
//!
//! Whoever reads the addresses that were on file is told first: without letters that were handed over nothing changes. A phone number
//! that is replaced is told by text message too, where a courier takes it, and of another account all phone numbers are. What was
//! changed vouches for nobody for three days (`contact.rs`), an account is shown to nobody until it does, and until a changed phone
//! number or e-mail address does, nothing else is corrected: the letter about it could go nowhere that is known.

use super::letter::{Letter, Mailer};
use super::scope::{CustomerScope, unguarded};
use crate::code::{Courier, ValueChanged};
use crate::consent::Agreement;
use crate::contact::{corrected_at, version_at};
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::plaintext::Plaintext;
use crate::private::release::{Committed, Done, Replaced};
use crate::private::sheet::{self, Masked};
use crate::reveal::hashed;
use crate::tombstone::Digests;
use crate::wiring::{Act, Vault};
use domain::field::{Incoming, SearchTerm};
use domain::{BudgetKind, Counter, CustomerId, EntryId, FieldKind, Refusal, TenantId};
use keys::{Place, Shelved};
use plan::Language;
use std::sync::Arc;
use store::{Condition, Effect, FieldRef, FieldRow, SHEET};

/// How many corrections one customer asks for in any sixty minutes.
const CORRECTIONS: u32 = 10;
/// How long after a number or e-mail address was corrected an account isn't, in milliseconds: thirty days. Whoever has somebody's mailbox
/// would else put their own number there first, wait three days, and be told of the account themselves.
const ACCOUNT_AFTER_MS: i64 = 30 * 24 * 3_600_000;

/// What is to be corrected.
#[derive(Clone, Copy)]
pub struct Correction<'a> {
    /// The kind.
    pub field: FieldKind,
    /// Which of several.
    pub instance: u32,
    /// As it is from now on.
    pub text: &'a str,
}

/// How a correction is told of.
pub struct Tell {
    /// By whom.
    pub mailer: Arc<dyn Mailer>,
    /// Who takes text messages to phone numbers that are replaced, or told of another account, where there is one.
    pub courier: Option<Arc<dyn Courier>>,
    /// In which language.
    pub language: Language,
    /// The page where whoever didn't correct it says so, up to the part that names the correction.
    pub objections: String,
}

/// What there was before a correction.
struct Before {
    replaced: Replaced,
    masks: Vec<Masked>,
    sheet_version: u64,
    /// The version of the value that is corrected.
    version: u64,
    /// All this is as it was found.
    unchanged: Vec<Condition>,
    /// The entry under which it was read.
    asked: EntryId,
}

impl Vault {
    /// Corrects a value. The letters are handed over before it counts; nothing, where it is what was there. Two entries: of what was
    /// used for it, and of the correction.
    ///
    /// # Errors
    /// `Input` for what isn't such a value; `Undelivered` where a letter wasn't taken, or of an account a text message: then nothing has
    /// changed;
    /// `Refused(ContactUnsure)` while another changed contact is too young, or where nobody could be told; `Refused(NotFound)` for a
    /// kind or value that customers don't correct; `Refused(AttemptsExhausted)` after ten in an hour; `Busy` where somebody else
    /// changed the record meanwhile; as [`Vault::own_record`].
    pub async fn own_correct(
        &self,
        scope: &CustomerScope,
        correction: &Correction<'_>,
        tell: &Tell,
    ) -> Result<Option<EntryId>, VaultError> {
        let place =
            FieldRef { customer: scope.customer, field: correction.field.code(), instance: correction.instance };
        let new = Incoming::parse(correction.field, correction.text)?;
        let (mask, kept) = (new.mask(), Incoming::parse(correction.field, correction.text)?);
        let texts = self.warnable(scope, correction.field, tell).await?;
        let before = self.before_correction(scope, place, new, texts).await?;
        if before.replaced.is_same {
            return Ok(None);
        }
        let version = version_at(self.clock.now(), before.version);
        let Before { replaced: Replaced { addresses, numbers, gone, come, .. }, asked, .. } = before;
        let link = self.objection_link(scope.tenant, place, version, &tell.objections)?;
        for to in addresses {
            let letter = Letter::Corrected { field: correction.field, link: link.clone() };
            self.mail(to, letter, (scope.tenant, tell.language), Arc::clone(&tell.mailer)).await?;
        }
        self.warn_numbers(scope.tenant, numbers, (correction.field, asked), tell).await?;
        let sheet = sheet_with(before.masks, correction, mask);
        let mut act = self.own_act(scope, Kind::OwnCorrection).await?.field(place.field);
        about(&mut act, place.instance);
        act = act.when(unguarded(scope.customer));
        act.when.extend(before.unchanged);
        let values = [
            (place, version, kept.canonical().as_bytes()),
            (sheet_of(scope.customer), before.sheet_version + 1, sheet.as_slice()),
        ];
        for row in self.sealed_anew(scope.tenant, scope.customer, &values).await? {
            act = act.effect(Effect::PutField(scope.customer, row));
        }
        for effect in self.index_anew(scope.tenant, scope.customer, (&gone, &come), version).await? {
            act = act.effect(effect);
        }
        match self.commit_plain(act).await {
            // What the versions refuse with.
            Err(VaultError::Refused { refusal: Refusal::NotFound, .. }) => Err(VaultError::Busy),
            done => done.map(Some),
        }
    }

    /// On what text messages about it rest; none where there are none to send, or the plan hasn't them.
    async fn warnable(
        &self,
        scope: &CustomerScope,
        kind: FieldKind,
        tell: &Tell,
    ) -> Result<Option<Agreement>, VaultError> {
        if !matches!(kind, FieldKind::Phone | FieldKind::BankAccount) || tell.courier.is_none() {
            return Ok(None);
        }
        let sends = (FieldKind::Phone, plan::Act::Send, None);
        let agreed = self.planned_for(scope.tenant, scope.customer, sends).await?;
        // An account isn't corrected without the yes that text messages rest on: or a thief would take it back first, and nobody be told.
        let stops = match agreed.condition {
            Some(Condition::Never(Refusal::NotAgreed)) => kind != FieldKind::BankAccount,
            Some(Condition::Never(_)) => true,
            _ => false,
        };
        Ok(Some(agreed).filter(|_| !stops))
    }

    /// Tells numbers that were on file. Of a number that is replaced this holds nothing up, unlike the letters: it is often corrected
    /// because it is dead, and whoever could make the courier fail would keep customers from correcting theirs. What guards them is the
    /// letter, which went before, and the three days. Of another account it does: whoever reads the customer's mail has the letter, and
    /// the number is what they haven't.
    async fn warn_numbers(
        &self,
        tenant: TenantId,
        numbers: Vec<Plaintext>,
        (field, asked): (FieldKind, EntryId),
        tell: &Tell,
    ) -> Result<(), VaultError> {
        let mut id = asked;
        for number in numbers {
            if !self.warn_number(tenant, number, (field, id), tell).await && field == FieldKind::BankAccount {
                return Err(VaultError::Undelivered);
            }
            // Two messages of one name would be taken for one.
            id = EntryId(hashed(&[b"told next", &id.0]));
        }
        Ok(())
    }

    async fn warn_number(
        &self,
        tenant: TenantId,
        number: Plaintext,
        (field, id): (FieldKind, EntryId),
        tell: &Tell,
    ) -> bool {
        let Some(courier) = tell.courier.clone() else { return false };
        let (planned, at, language) = (Arc::clone(&self.governance(tenant).planned), self.clock.now(), tell.language);
        let warn = move || {
            let head = &planned.plan().head;
            let (company, contact) = (head.company.as_str(), head.contact.as_str());
            number.to_carrier(|to| courier.warn(&ValueChanged { field, to, company, contact, language, at, id }))
        };
        matches!(tokio::task::spawn_blocking(warn).await, Ok(Ok(())))
    }

    /// What a correction replaces, under an entry of its own. Phone numbers are in it only where a text message rests on something.
    async fn before_correction(
        &self,
        scope: &CustomerScope,
        place: FieldRef,
        new: Incoming,
        texts: Option<Agreement>,
    ) -> Result<Before, VaultError> {
        let (tenant, customer, kind) = (scope.tenant, scope.customer, new.kind());
        let rows = self.store.fields(tenant, customer).await?;
        let reference = |row: &FieldRow| FieldRef { customer, field: row.field, instance: row.instance };
        let unchanged: Vec<Condition> = rows
            .iter()
            .filter(|row| row.field == SHEET || is_contact(row.field) || makes_terms_with(kind, row.field))
            .map(|row| Condition::FieldVersion(reference(row), row.version))
            .collect();
        let act = self.correction_asked(scope, place, kind, &rows).await?;
        let mut act = if act.is_stopped() { act } else { act.read(sheet_of(customer)) };
        if !act.is_stopped() {
            act.when.extend(unchanged.iter().cloned());
            let has_number = rows.iter().any(|row| row.field == FieldKind::Phone.code());
            act.when.extend(texts.iter().filter(|_| has_number).filter_map(|agreed| agreed.condition.clone()));
            let is_texted = |row: &FieldRow| {
                texts.is_some() && kind == FieldKind::BankAccount && row.field == FieldKind::Phone.code()
            };
            let used =
                rows.iter().filter(|row| makes_terms_with(kind, row.field) || is_email(row.field) || is_texted(row));
            act.read.extend(used.map(reference));
        }
        let Done::Committed { entry: asked, values, .. } = self.commit(act).await? else {
            return Err(VaultError::Unknown);
        };
        let mut values = values.into_iter();
        let sheet = values.next().ok_or(VaultError::Damaged)?;
        let sheet_version = sheet.version();
        let masks = sheet.open_sheet()?;
        let values: Vec<Committed> = values.collect();
        let replaced = Committed::replaced(values, (place.field, place.instance), new)?;
        let numbers = if texts.is_some() { replaced.numbers } else { Vec::new() };
        let replaced = Replaced { numbers, ..replaced };
        let old = rows.iter().find(|row| reference(row) == place).ok_or(VaultError::Damaged)?;
        Ok(Before { replaced, masks, sheet_version, version: old.version, unchanged, asked })
    }

    /// Would a message to a number or address of this version reach the customer, about a correction of such a kind?
    fn tells_surely(&self, version: u64, kind: FieldKind) -> bool {
        let young = |at| self.clock.now().since(at) < ACCOUNT_AFTER_MS;
        let may_be_anothers = kind == FieldKind::BankAccount && corrected_at(version).is_some_and(young);
        self.is_settled(version) && !may_be_anothers
    }

    /// The act that asks for it, stopped where it isn't done.
    async fn correction_asked(
        &self,
        scope: &CustomerScope,
        place: FieldRef,
        kind: FieldKind,
        rows: &[FieldRow],
    ) -> Result<Act, VaultError> {
        let mut act = self.own_act(scope, Kind::OwnCorrectionAsked).await?.field(place.field);
        about(&mut act, place.instance);
        let name = act.draft.keys.as_deref().map(|keys| self.own_name(keys, b"corrections")).unwrap_or_default();
        let own =
            Self::attempt(&act, Counter::customer(BudgetKind::Code, name), CORRECTIONS, Refusal::AttemptsExhausted);
        act = act.spend(own);
        let is_held = rows.iter().any(|row| (row.field, row.instance) == (place.field, place.instance));
        if !is_correctable(kind) || !is_held {
            return Ok(act.when(Condition::Never(Refusal::NotFound)));
        }
        for (kind, how) in [(kind, plan::Act::Store), (kind, plan::Act::Mask), (FieldKind::Email, plan::Act::Send)] {
            act = act.agreed(self.planned_for(scope.tenant, scope.customer, (kind, how, None)).await?);
            if act.is_stopped() {
                return Ok(act);
            }
        }
        let unsettled = rows.iter().any(|row| is_contact(row.field) && !self.tells_surely(row.version, kind));
        if unsettled || !rows.iter().any(|row| is_email(row.field)) {
            act = act.when(Condition::Never(Refusal::ContactUnsure));
        }
        Ok(act)
    }

    async fn sealed_anew(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        values: &[(FieldRef, u64, &[u8])],
    ) -> Result<Vec<FieldRow>, VaultError> {
        let row = self.store.customer(tenant, customer).await?.ok_or(VaultError::Unauthenticated)?;
        let shelved = Shelved { epoch: row.epoch, wrapped: row.wrapped };
        let mut rows = Vec::with_capacity(values.len());
        for (FieldRef { field, instance, .. }, version, plain) in values {
            let place = Place { tenant, customer, field: *field, instance: *instance, version: *version };
            rows.push(self.seal_one(&shelved, place, plain).await?);
        }
        Ok(rows)
    }

    /// Found by the new value, and by the old one no more; an old file that has that one brings nobody back by it.
    async fn index_anew(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        (gone, come): (&[SearchTerm], &[SearchTerm]),
        version: u64,
    ) -> Result<Vec<Effect>, VaultError> {
        let all: Vec<&SearchTerm> = gone.iter().chain(come).collect();
        let asked: Vec<(u16, &[u8])> = all.iter().map(|term| (term.index.code(), term.normalised.as_bytes())).collect();
        let digests = self.holder.index(tenant, &asked).await?;
        let mut index: Vec<(u16, [u8; 16])> = all.iter().map(|term| term.index.code()).zip(digests).collect();
        let come = index.split_off(gone.len().min(index.len()));
        let at = corrected_at(version).ok_or(VaultError::Damaged)?;
        let put = come.into_iter().map(|term| Effect::PutIndex(self.corrected_row(tenant, term, customer, at)));
        let kept = self.tombstones(&Digests::nameless(index.clone())).into_iter().map(Effect::PutAdmission);
        // What both values have goes first, so that it is of this moment.
        Ok(core::iter::once(Effect::DropIndex { customer, index }).chain(put).chain(kept).collect())
    }
}

fn about(act: &mut Act, instance: u32) {
    if let Some(subject) = &mut act.draft.subject {
        subject.instance = instance;
    }
}

fn sheet_of(customer: CustomerId) -> FieldRef {
    FieldRef { customer, field: SHEET, instance: 0 }
}

fn sheet_with(mut masks: Vec<Masked>, correction: &Correction<'_>, mask: String) -> Vec<u8> {
    let is_it = |one: &&mut Masked| (one.field, one.instance) == (correction.field, correction.instance);
    if let Some(one) = masks.iter_mut().find(is_it) {
        one.mask = mask;
    }
    sheet::encode(&masks)
}

/// What customers correct themselves. Cards and orders are corrected where they come from, and a note is somebody else's word.
fn is_correctable(kind: FieldKind) -> bool {
    use FieldKind::{BankAccount, DateOfBirth, Email, Name, Phone, PostalAddress, Preference};
    matches!(kind, Name | PostalAddress | Phone | Email | BankAccount | DateOfBirth | Preference)
}

fn is_email(field: u16) -> bool {
    field == FieldKind::Email.code()
}

/// Is the customer told things, or known, by it?
fn is_contact(field: u16) -> bool {
    is_email(field) || field == FieldKind::Phone.code()
}

/// Does a customer go into the index by values of these two kinds together, or are they of one?
fn makes_terms_with(kind: FieldKind, field: u16) -> bool {
    FieldKind::from_code(field).is_some_and(|other| kind.goes_with(other))
}
