//! What is known of one value in one interaction, whoever asks and whatever for: a no stands, questions are put one after the other,
//! and at which browser somebody agreed. Without it, somebody could ask for five purposes at once, or hand the call on, until the
//! chance of the draw finds one who agrees.

use super::{Approval, ApprovalId, ApprovalState};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::reveal::{RevealCommand, hashed};
use crate::wiring::{Act, Vault};
use domain::{CustomerId, InteractionId, Millis, Refusal, TenantId};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals, Tag};

/// The row of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ValueAsked {
    /// The newest question about it.
    pub(super) question: ApprovalId,
    /// Somebody has said no.
    pub(super) declined: bool,
    /// At which browser somebody said yes, by its key's digest.
    pub(super) agreed_at: Option<[u8; 16]>,
}

/// A row as it was read: its tag, and what it says if a node wrote it.
pub(super) type ValueRow = Option<(Tag, Option<ValueAsked>)>;

fn key(customer: CustomerId, interaction: InteractionId, field: u16, instance: u32) -> AdmissionKey {
    let parts: [&[u8]; 5] =
        [b"approval value", &customer.0, &interaction.0, &field.to_be_bytes(), &instance.to_be_bytes()];
    AdmissionKey { kind: AdmissionKind::ValueAsked, id: hashed(&parts) }
}

/// The row of the value that is asked for.
pub(super) fn value_of(command: &RevealCommand) -> AdmissionKey {
    key(command.customer, command.interaction, command.field.code(), command.instance)
}

impl Approval {
    /// The row of the value that it asks for.
    pub(super) fn value(&self) -> AdmissionKey {
        key(self.customer, self.interaction, self.field, self.instance)
    }
}

impl ValueAsked {
    /// `question[16] ‖ declined u8 ‖ browser[16] or nothing`.
    fn row(self, key: AdmissionKey, expires: Millis) -> AdmissionRow {
        let browser = self.agreed_at.unwrap_or_default();
        let browser = if self.agreed_at.is_some() { browser.as_slice() } else { &[] };
        let body = [self.question.0.as_slice(), &[u8::from(self.declined)], browser].concat();
        AdmissionRow { key, body, expires, tag: [0; 16] }
    }

    fn read(body: &[u8]) -> Option<Self> {
        let (question, rest) = body.split_first_chunk::<16>()?;
        let (declined, browser) = rest.split_first()?;
        let agreed_at = if browser.is_empty() { None } else { Some(browser.try_into().ok()?) };
        Some(Self { question: ApprovalId(*question), declined: *declined != 0, agreed_at })
    }
}

impl Act {
    /// The value's row becomes this one, if it still is the one that was read.
    pub(super) fn value_becomes(
        self,
        (key, expires): (AdmissionKey, Millis),
        before: &ValueRow,
        now: ValueAsked,
        otherwise: Refusal,
    ) -> Self {
        let tag = before.map(|(tag, _)| tag);
        self.when(Condition::Admission { key, tag, otherwise }).effect(Effect::PutAdmission(now.row(key, expires)))
    }
}

impl Vault {
    /// The row of a value; none if nobody asked for it.
    pub(super) async fn value_asked(&self, tenant: TenantId, key: AdmissionKey) -> Result<ValueRow, VaultError> {
        let row = self.store.admission(tenant, key).await?;
        Ok(row.map(|row| {
            let genuine = self.seals.tag(tenant, "admission", &row.material()) == row.tag;
            (row.tag, ValueAsked::read(&row.body).filter(|_| genuine))
        }))
    }

    /// Why somebody may not ask for a value now; none if they may. An edited row says no.
    pub(super) async fn unasked(
        &self,
        scope: &Scope,
        own: ApprovalId,
        value: &ValueRow,
    ) -> Result<Option<Refusal>, VaultError> {
        let Some((_, known)) = value else { return Ok(None) };
        let Some(known) = known else { return Ok(Some(Refusal::Tampered)) };
        if known.declined {
            return Ok(Some(Refusal::ApprovalDeclined));
        }
        if known.question == own {
            return Ok(None);
        }
        let row = self.store.admission(scope.tenant, known.question.key()).await?;
        let other = row.and_then(|row| self.question(scope.tenant, &row));
        let open = |other: &Approval| {
            let state = other.state(self.clock.now());
            other.asker == scope.person() && matches!(state, ApprovalState::Asked | ApprovalState::Given)
        };
        Ok(other.filter(open).map(|_| Refusal::NotYetApproved))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_and_nothing_else_is_one() {
        let key = key(CustomerId([1; 16]), InteractionId([2; 16]), 3, 4);
        for agreed_at in [None, Some([7; 16]), Some([0; 16])] {
            for declined in [false, true] {
                let value = ValueAsked { question: ApprovalId([5; 16]), declined, agreed_at };
                let body = value.row(key, Millis(9)).body;
                assert_eq!(ValueAsked::read(&body), Some(value));
                for cut in (0..body.len()).filter(|cut| *cut != 17) {
                    assert_eq!(ValueAsked::read(&body[..cut]), None);
                }
            }
        }
    }
}
