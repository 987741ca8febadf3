//! Who looked and why: the entries about the customer, each with a name for who it was that holds within one conversation only.

use super::scope::CustomerScope;
use crate::error::VaultError;
use crate::private::entry::{AuditBody, EntryKeys, Kind};
use crate::statement::StatementLine;
use crate::wiring::Vault;
use domain::{EntryId, FieldKind, InteractionId, Millis, Purpose, Refusal};
use keys::derive::mac;

/// How many entries are told at once.
const PAGE: usize = 100;
/// How many of the log's rows are looked through where the customer's entries don't lead to one another: these are from before they
/// did, or one is missing.
const MOST_ROWS: u32 = 50_000;
/// An id says when its entry was begun: of two nodes' entries the one that was counted first may say a little later, in milliseconds.
const NEAR_MS: i64 = 60_000;

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

/// The entries about a customer, or a part of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLog {
    /// Newest first; without those whose rows were edited.
    pub looks: Vec<OwnLook>,
    /// How many there are in all.
    pub n: u64,
    /// With what the next older ones are asked for, where they are known.
    pub older: Option<EntryId>,
    /// How many of these, or older, weren't found: edited, taken out, or further back than what one question looks through.
    pub missing: u64,
}

/// Entries that lead to one another.
struct Chain {
    lines: Vec<StatementLine>,
    /// The next one, whether it is there or not.
    next: Option<EntryId>,
    /// Where the log goes on to be looked through, and how many are still to be found.
    broken: Option<(EntryId, u64)>,
}

impl Vault {
    /// Tells a customer who looked at their data, and why: the newest, or those from an entry on that the answer before named. The
    /// question is an entry, which is among the answer.
    ///
    /// # Errors
    /// `Refused(NotFound)` for an entry that isn't about this customer; as [`Vault::own_record`]; `Busy` while others ask.
    pub async fn own_log(&self, scope: &CustomerScope, from: Option<EntryId>) -> Result<OwnLog, VaultError> {
        // It may go through a part of the log: so not many at once.
        let _turn = self.own_questions.try_acquire().map_err(|_| VaultError::Busy)?;
        let receipt = self.commit_plain(self.own_act(scope, Kind::OwnLog).await?).await?;
        let keys = self.entry_keys(scope.tenant, scope.customer).await?.ok_or(VaultError::Unauthenticated)?;
        let n = self.own_n(scope, &keys, receipt).await?.ok_or(VaultError::Damaged)?;
        let from = from.unwrap_or(receipt);
        let first = self.own_n(scope, &keys, from).await?.ok_or(VaultError::refused(Refusal::NotFound))?;
        let Chain { mut lines, next, broken } = self.chain(scope, &keys, (from, first)).await?;
        let mut wanted = u64::try_from(lines.len()).unwrap_or(n);
        if let Some((at, left)) = broken {
            let from = EntryId::earliest(at.minted().plus(NEAR_MS));
            let mut more = self.lines_before(scope.tenant, &keys, (from, left), MOST_ROWS).await?;
            more.reverse();
            lines.extend(more);
            wanted += left;
        }
        let looks: Vec<OwnLook> =
            lines.iter().filter_map(|line| self.own_look(scope, line).transpose()).collect::<Result<_, _>>()?;
        let found = u64::try_from(looks.len()).unwrap_or(wanted);
        Ok(OwnLog { looks, n, older: next, missing: wanted.saturating_sub(found) })
    }

    /// Which of the customer's an entry is; none where it is another's, or isn't there.
    async fn own_n(&self, scope: &CustomerScope, keys: &EntryKeys, entry: EntryId) -> Result<Option<u64>, VaultError> {
        let row = self.store.entry(scope.tenant, entry).await?;
        let half = row.and_then(|row| keys.open(row.id, &row.customer));
        Ok(half.filter(|(_, half)| half.customer == scope.customer).map(|(_, half)| half.n))
    }

    /// From one entry to the one before it, which each names: however long the log is, a page costs as many reads as it has entries.
    async fn chain(
        &self,
        scope: &CustomerScope,
        keys: &EntryKeys,
        (from, mut n): (EntryId, u64),
    ) -> Result<Chain, VaultError> {
        let mut lines = Vec::with_capacity(PAGE);
        let (mut next, mut last) = (Some(from), from);
        while let Some(entry) = next.filter(|_| lines.len() < PAGE && n > 0) {
            let row = self.store.entry(scope.tenant, entry).await?;
            let half = row.as_ref().and_then(|row| keys.open(row.id, &row.customer)).map(|(_, half)| half);
            let half = half.filter(|half| half.customer == scope.customer && half.n == n);
            let Some((row, half)) = row.zip(half) else {
                return Ok(Chain { lines, next: None, broken: Some((last, n)) });
            };
            lines.push(self.statement_line(scope.tenant, keys, n, &row)?);
            (next, last, n) = (half.previous, entry, n - 1);
        }
        let broken = (next.is_none() && n > 0).then_some((last, n));
        Ok(Chain { lines, next: next.filter(|_| n > 0), broken })
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
