//! Following a report with its receipt code: what was said, until when an answer is due, what came of it. Leaves no entry: it would tell
//! when somebody came back.

use super::code::ReceiptCode;
use super::flood::{Flow, MOST_OF_ONE};
use super::turn::Item;
use super::{Case, Line, Speaker};
use crate::error::VaultError;
use crate::wiring::Vault;
use domain::{EntryId, Found, Millis, Refusal, TenantId};
use zeroize::Zeroizing;

/// How much may be said about one report.
const MOST_LINES: usize = 100;

/// Something that was said.
#[derive(Clone, PartialEq, Eq)]
pub struct FollowedLine {
    /// By whom.
    pub by: Speaker,
    /// The first moment of its day.
    pub day: Millis,
    /// What.
    pub text: Zeroizing<String>,
}

/// A report as whoever made it sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Followed {
    /// The first moment of its day.
    pub day: Millis,
    /// What it said.
    pub text: Zeroizing<String>,
    /// Is it about security?
    pub about_security: bool,
    /// How many files are beside it.
    pub files: usize,
    /// What was said since.
    pub lines: Vec<FollowedLine>,
    /// When it was acknowledged.
    pub acknowledged: Option<Millis>,
    /// Until when it is to be.
    pub acknowledge_by: Millis,
    /// Until when it is to be answered.
    pub answer_by: Millis,
    /// What came of it, and when.
    pub outcome: Option<(Found, Millis)>,
    /// Its entry; none while it waits in the box.
    pub entry: Option<EntryId>,
}

impl Followed {
    pub(super) fn of(case: &Case) -> Self {
        let line = |line: &Line| FollowedLine { by: line.by, day: line.day, text: line.text.clone() };
        Self {
            day: case.day,
            text: case.text.clone(),
            about_security: case.about_security,
            files: case.files.len(),
            lines: case.lines.iter().map(line).collect(),
            acknowledged: case.acknowledged,
            acknowledge_by: case.acknowledge_by(),
            answer_by: case.answer_by(),
            outcome: case.outcome,
            entry: (!case.list.is_empty()).then_some(case.entry),
        }
    }
}

impl Vault {
    /// The report that has this code, and whether it still waits in the box.
    pub(super) async fn coded(&self, tenant: TenantId, code: &ReceiptCode) -> Result<Case, VaultError> {
        let now = self.clock.now();
        let speaking = &self.speaking;
        if !speaking.takes(tenant, Flow::Codes, now) {
            return Err(VaultError::refused(Refusal::BoxFull));
        }
        let id = self.name_of(tenant, code).await?;
        let opened = self.opened_box(tenant).await?;
        if let Some(case) = opened.as_ref().and_then(|opened| opened.waiting(id)) {
            return Ok(case);
        }
        let row = self.store.admission(tenant, Case::key(id)).await?;
        let row = row.ok_or(VaultError::refused(Refusal::ReceiptUnknown))?;
        let case = self.case_of(tenant, &row).ok_or(VaultError::refused(Refusal::Tampered))?;
        Ok(opened.map_or(case.clone(), |opened| opened.with_lines(case)))
    }

    /// The report that has this code.
    ///
    /// # Errors
    /// `ReceiptUnknown`; `Tampered` where its row was edited; `BoxFull` where too many codes are tried.
    pub async fn follow(&self, tenant: TenantId, code: &ReceiptCode) -> Result<Followed, VaultError> {
        Ok(Followed::of(&self.coded(tenant, code).await?))
    }

    /// Adds to the report that has this code; handlers read it once the box is turned. A place is taken only for a code that some report
    /// has: who has none can fill none. Finding that out costs no more than following does, and within the same limits.
    ///
    /// # Errors
    /// As [`Self::follow`]; `ReportOver` for a closed one, and once there are a hundred such lines; `BoxFull` too while ten lines of it wait.
    pub async fn add_to_report(&self, tenant: TenantId, code: &ReceiptCode, text: &str) -> Result<(), VaultError> {
        let case = self.coded(tenant, code).await?;
        if !case.is_open() || case.lines.len() >= MOST_LINES {
            return Err(VaultError::refused(Refusal::ReportOver));
        }
        // From here on one at a time: of what comes at once, no more than there is room for may take a place.
        let turn = self.speaking.turn.lock().await;
        let waiting = self.opened_box(tenant).await?.map_or(0, |opened| opened.lines_of(case.id));
        // It isn't counted with the others: that one reporter says a lot is nobody's to know.
        if waiting >= MOST_OF_ONE || !self.speaking.takes(tenant, Flow::Added, self.clock.now()) {
            return Err(VaultError::refused(Refusal::BoxFull));
        }
        let line = self.said_line(Speaker::Reporter, text);
        self.put_in_turn((tenant, &turn), Flow::Added, Item::Line(case.id, line)).await
    }
}
