//! Who looked and why: the entries about the customer, each with a name for who it was that holds within one conversation only.

use super::scope::CustomerScope;
use crate::error::VaultError;
use crate::private::entry::{AuditBody, Kind};
use crate::statement::StatementLine;
use crate::wiring::Vault;
use domain::{EntryId, FieldKind, InteractionId, Millis, Purpose, Refusal};
use keys::derive::mac;

/// How many of the log's rows are looked through for one question.
const MOST_ROWS: u32 = 50_000;

/// One entry about the customer, as they are told of it. It names no member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLook {
    /// Which of the customer's, from 1.
    pub n: u64,
    /// The entry.
    pub entry: EntryId,
    /// When.
    pub at: Millis,
    /// What.
    pub kind: Kind,
    /// Why it wasn't done, if so.
    pub refused: Option<Refusal>,
    /// What for.
    pub purpose: Option<Purpose>,
    /// Kind of field.
    pub field: Option<FieldKind>,
    /// In which conversation.
    pub interaction: Option<InteractionId>,
    /// A member of staff, by a name of this conversation alone; none where nobody of staff acted.
    pub staff: Option<u16>,
    /// A number whose meaning the kind tells.
    pub detail: Option<u64>,
}

/// The entries about a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLog {
    /// Newest first; without those whose rows were edited.
    pub looks: Vec<OwnLook>,
    /// How many there are in all.
    pub n: u64,
    /// How many of these weren't found: older than what one question looks through, or edited.
    pub missing: u64,
}

impl Vault {
    /// Tells a customer who looked at their data, and why. The question is an entry, which is among the answer.
    ///
    /// # Errors
    /// As [`Vault::own_record`]; `Busy` while others ask.
    pub async fn own_log(&self, scope: &CustomerScope) -> Result<OwnLog, VaultError> {
        // It goes through a part of the log: so not many at once.
        let _turn = self.own_questions.try_acquire().map_err(|_| VaultError::Busy)?;
        let receipt = self.commit_plain(self.own_act(scope, Kind::OwnLog).await?).await?;
        let keys = self.entry_keys(scope.tenant, scope.customer).await?.ok_or(VaultError::Unauthenticated)?;
        let lines = self.lines_about(scope.tenant, &keys, receipt, Some(MOST_ROWS)).await?;
        let n = lines.last().map_or(0, |line| line.n);
        let looks: Vec<OwnLook> =
            lines.iter().rev().filter_map(|line| self.own_look(scope, line).transpose()).collect::<Result<_, _>>()?;
        let found = u64::try_from(looks.len()).unwrap_or(n);
        Ok(OwnLog { looks, n, missing: n.saturating_sub(found) })
    }

    fn own_look(&self, scope: &CustomerScope, line: &StatementLine) -> Result<Option<OwnLook>, VaultError> {
        let (Some(audit), Some((_, half, _))) = (&line.audit, &line.half) else { return Ok(None) };
        Ok(Some(OwnLook {
            n: line.n,
            entry: line.entry,
            at: audit.at,
            kind: audit.kind,
            refused: audit.decision.err(),
            purpose: audit.purpose,
            field: audit.field.and_then(FieldKind::from_code),
            interaction: half.interaction,
            staff: self.own_alias(scope, audit, half.interaction, line.entry)?,
            detail: audit.detail,
        }))
    }

    /// `MAC(X(row, "rf1/claim"), "alias" ‖ conversation or entry ‖ person)`: the same within one conversation, and no two
    /// conversations can be joined by it.
    fn own_alias(
        &self,
        scope: &CustomerScope,
        audit: &AuditBody,
        interaction: Option<InteractionId>,
        entry: EntryId,
    ) -> Result<Option<u16>, VaultError> {
        let Some(person) = audit.person else { return Ok(None) };
        let within = interaction.map_or(entry.0, |interaction| interaction.0);
        let digest = mac(&self.keys(scope.tenant)?.claim, &[b"alias", &within, &person.0]);
        Ok(Some(u16::from_be_bytes([digest[0], digest[1]])))
    }
}
