//! Messages between the board and security: sealed, an entry each, and nobody else's to read.

use super::{NEVER, genuine};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::{EntryId, Millis, PersonId, Refusal, TenantId};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect};
use zeroize::Zeroizing;

/// What a text is sealed for.
const TEXT: &[u8] = b"rf1/board/message";

/// Who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BoardSide {
    /// Somebody of the board.
    Board = 1,
    /// A security officer.
    Security = 2,
}

impl BoardSide {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Security => "security",
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        [Self::Board, Self::Security].into_iter().find(|side| *side as u8 == code)
    }
}

/// A message, opened.
pub struct BoardMessage {
    /// Its number: from 1, without a gap.
    pub number: u64,
    /// When.
    pub at: Millis,
    /// Which side.
    pub side: BoardSide,
    /// What the writer is called.
    pub by: String,
    /// What it says.
    pub text: Zeroizing<String>,
    /// Its entry.
    pub entry: EntryId,
}

/// All of them.
pub struct BoardThread {
    /// The oldest first.
    pub messages: Vec<BoardMessage>,
    /// Numbers of which the row was taken out, or edited.
    pub missing: Vec<u64>,
    /// Which side whoever reads is on.
    pub side: BoardSide,
    /// The entry of this reading.
    pub receipt: EntryId,
}

/// `side ‖ at i64 ‖ person[16] ‖ entry[16] ‖ sealed text`.
struct Row {
    number: u64,
    side: BoardSide,
    at: Millis,
    person: PersonId,
    entry: EntryId,
    sealed: Vec<u8>,
}

impl Row {
    fn key(number: u64) -> AdmissionKey {
        AdmissionKey { kind: AdmissionKind::BoardMessage, id: u128::from(number).to_be_bytes() }
    }

    fn row(&self) -> AdmissionRow {
        let at = self.at.0.to_be_bytes();
        let body = [&[self.side as u8], at.as_slice(), &self.person.0, &self.entry.0, &self.sealed].concat();
        AdmissionRow { key: Self::key(self.number), body, expires: NEVER, tag: [0; 16] }
    }

    fn read(row: &AdmissionRow) -> Option<Self> {
        let ([side], rest) = row.body.split_first_chunk::<1>()?;
        let (at, rest) = rest.split_first_chunk::<8>()?;
        let (person, rest) = rest.split_first_chunk::<16>()?;
        let (entry, sealed) = rest.split_first_chunk::<16>()?;
        Some(Self {
            number: u64::try_from(u128::from_be_bytes(row.key.id)).ok()?,
            side: BoardSide::from_code(*side)?,
            at: Millis(i64::from_be_bytes(*at)),
            person: PersonId(*person),
            entry: EntryId(*entry),
            sealed: sealed.to_vec(),
        })
    }
}

impl Vault {
    /// May they read and write the messages? What the rules say now.
    #[must_use]
    pub fn writes_to_board(&self, scope: &Scope) -> bool {
        [policy::Act::UseBoardLine, policy::Act::AnswerBoard].into_iter().any(|act| self.may(scope, act).is_ok())
    }

    /// Writes from one side to the other.
    ///
    /// # Errors
    /// The refusal with its entry for who isn't on that side; `RequestReplayed` where somebody else wrote in this very moment.
    pub async fn write_board(&self, scope: &Scope, side: BoardSide, text: &str) -> Result<EntryId, VaultError> {
        let may = match side {
            BoardSide::Board => policy::Act::UseBoardLine,
            BoardSide::Security => policy::Act::AnswerBoard,
        };
        let act = self.permitted(scope, may, Kind::BoardMessage).await?;
        let (rows, missing) = self.board_messages(scope.tenant).await?;
        let number = rows.iter().map(|row| row.number).chain(missing).max().unwrap_or(0) + 1;
        let (at, entry) = (act.draft.at, act.draft.id);
        let sealed = self.seal_text(scope.tenant, TEXT, &entry.0, text.as_bytes())?;
        let row = Row { number, side, at, person: scope.person(), entry, sealed };
        let new = Condition::Admission { key: Row::key(number), tag: None, otherwise: Refusal::RequestReplayed };
        self.commit_plain(act.detail(number).when(new).effect(Effect::PutAdmission(row.row()))).await
    }

    /// Reads the messages. One entry per reading.
    ///
    /// # Errors
    /// The refusal with its entry for who is on neither side; if the store fails.
    pub async fn read_board(&self, scope: &Scope) -> Result<BoardThread, VaultError> {
        let (side, act) = self.on_board_line(scope).await?;
        let receipt = self.commit_plain(act).await?;
        let (rows, missing) = self.board_messages(scope.tenant).await?;
        let power = self.power(scope.tenant).await?;
        let mut messages = Vec::with_capacity(rows.len());
        for row in rows {
            let bytes = self.open_text(scope.tenant, TEXT, &row.entry.0, &row.sealed)?;
            let text = core::str::from_utf8(&bytes).map_err(|_| VaultError::Damaged)?;
            messages.push(BoardMessage {
                number: row.number,
                at: row.at,
                side: row.side,
                by: power.name(row.person).unwrap_or_default().to_owned(),
                text: Zeroizing::new(text.to_owned()),
                entry: row.entry,
            });
        }
        Ok(BoardThread { messages, missing, side, receipt })
    }

    /// Which side somebody is on, and their reading there.
    async fn on_board_line(&self, scope: &Scope) -> Result<(BoardSide, Act), VaultError> {
        let kind = Kind::BoardMessagesRead;
        if self.may(scope, policy::Act::UseBoardLine).is_ok() {
            return Ok((BoardSide::Board, self.act(scope, kind)?));
        }
        Ok((BoardSide::Security, self.permitted(scope, policy::Act::AnswerBoard, kind).await?))
    }

    /// The genuine rows, the oldest first, and the numbers of which there is none.
    async fn board_messages(&self, tenant: TenantId) -> Result<(Vec<Row>, Vec<u64>), VaultError> {
        let all = self.all_admissions(tenant, AdmissionKind::BoardMessage).await?;
        let mut rows: Vec<Row> = all.iter().filter(|row| genuine(self, tenant, row)).filter_map(Row::read).collect();
        rows.sort_by_key(|row| row.number);
        let edited = all.iter().filter_map(|row| u64::try_from(u128::from_be_bytes(row.key.id)).ok());
        let last = rows.last().map_or(0, |row| row.number);
        let mut missing: Vec<u64> = edited.chain(1..=last).collect();
        missing.sort_unstable();
        missing.dedup();
        missing.retain(|number| rows.iter().all(|row| row.number != *number));
        Ok((rows, missing))
    }

    /// How many messages that the log tells of aren't there any more.
    pub(super) async fn messages_missing(&self, tenant: TenantId, logged: &[EntryId]) -> Result<usize, VaultError> {
        if logged.is_empty() {
            return Ok(0);
        }
        let (rows, _) = self.board_messages(tenant).await?;
        Ok(logged.iter().filter(|entry| rows.iter().all(|row| row.entry != **entry)).count())
    }
}
