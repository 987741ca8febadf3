//! Taking in: what somebody signed in reports is in the log at once; what is reported without a name, or about security, goes into the box.

use super::clean::{CleanFile, MOST_FILES};
use super::code::ReceiptCode;
use super::flood::Flow;
use super::turn::Item;
use super::{Case, NEVER, ReportedBy, day_of, told};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::time::fresh;
use domain::{EntryId, InteractionId, Millis, Refusal, ReportId, TenantId};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Effect};
use zeroize::Zeroizing;

/// What is reported.
#[derive(Clone)]
pub struct NewReport {
    /// What it says.
    pub text: Zeroizing<String>,
    /// Is it about somebody of security? Then nobody there reads it.
    pub about_security: bool,
    /// The interaction in which it came up.
    pub interaction: Option<InteractionId>,
    /// Files beside it, stripped.
    pub files: Vec<CleanFile>,
}

impl NewReport {
    /// Words alone.
    #[must_use]
    pub fn saying(text: &str) -> Self {
        Self { text: Zeroizing::new(text.to_owned()), about_security: false, interaction: None, files: Vec::new() }
    }
}

/// A report that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Its name.
    pub id: ReportId,
    /// Its entry; none where it is in the log only once the box is turned.
    pub receipt: Option<EntryId>,
}

impl Vault {
    /// A report of somebody's, not yet in the log.
    fn new_case(&self, new: NewReport, by: ReportedBy, id: ReportId, nonce: [u8; 32]) -> Case {
        Case {
            id,
            day: day_of(self.clock.now()),
            by,
            about_security: new.about_security,
            interaction: new.interaction,
            frozen: None,
            text: new.text,
            nonce,
            list: Vec::new(),
            entry: EntryId([0; 16]),
            files: new.files.iter().map(|file| (file.kind, file.hash())).collect(),
            acknowledged: None,
            outcome: None,
            lines: Vec::new(),
            tag: [0; 16],
        }
    }

    /// Takes in what somebody signed in reports. Anyone may, at any time, without spending anything. What is held of the
    /// interaction's customer is kept until the report is closed. What is about security waits in the box instead, so that the log
    /// doesn't tell security who reported it.
    ///
    /// # Errors
    /// `ReportsMoved` if another node takes in one in this very moment; `BoxFull`; `FileUnfit` for more than three files; if the store fails.
    pub async fn report(&self, scope: &Scope, new: NewReport) -> Result<Spoken, VaultError> {
        let by = ReportedBy::Person(scope.person());
        let (id, nonce) = (ReportId(fresh(&*self.entropy)), fresh(&*self.entropy));
        if new.files.len() > MOST_FILES {
            return Err(VaultError::refused(Refusal::FileUnfit));
        }
        if new.about_security {
            if !self.speaking.takes(scope.tenant, Flow::NamedWords, self.clock.now()) {
                return Err(VaultError::refused(Refusal::BoxFull));
            }
            let files = new.files.clone();
            let case = self.new_case(new, by, id, nonce);
            self.put_in_box(scope.tenant, Flow::NamedWords, Item::Report(Box::new(case), files)).await?;
            return Ok(Spoken { id, receipt: None });
        }
        let _turn = self.speaking.turn.lock().await;
        let act = self.act(scope, Kind::Report)?;
        let files = new.files.clone();
        let mut case = self.new_case(new, by, id, nonce);
        let (customer, held) = self.to_freeze((scope.tenant, scope.person()), case.interaction).await?;
        case.frozen = customer;
        let mut act = self.filed(act, case, &files).await?;
        if let (Some(customer), Some(held)) = (customer, held) {
            act = act.when(store::Condition::CustomerExists(customer)).effect(held);
        }
        Ok(Spoken { id, receipt: Some(self.commit_plain(act).await?) })
    }

    /// The act files what a customer, or whoever reads their letters, tells on their own page. Whoever calls holds the turn.
    pub(crate) async fn filed_of_customer(
        &self,
        act: Act,
        id: ReportId,
        interaction: Option<InteractionId>,
        text: &str,
    ) -> Result<Act, VaultError> {
        let new = NewReport { interaction, ..NewReport::saying(text) };
        let case = self.new_case(new, ReportedBy::Customer, id, fresh(&*self.entropy));
        self.filed(act, case, &[]).await
    }

    /// The act files a report: its entry tells what it hashes to.
    async fn filed(&self, act: Act, mut case: Case, files: &[CleanFile]) -> Result<Act, VaultError> {
        let mut book = self.report_book(act.tenant).await?;
        case.list = vec![case.mark()];
        case.entry = act.draft.id;
        book.enter(&case);
        let mut act = self.case_written(act, &case, None)?;
        act.draft.told = Some(told(&case.list));
        for effect in self.file_rows(act.tenant, case.id, files, NEVER)? {
            act = act.effect(effect);
        }
        self.book_written(act, book)
    }

    /// The rows of a report's files.
    pub(super) fn file_rows(
        &self,
        tenant: TenantId,
        report: ReportId,
        files: &[CleanFile],
        expires: Millis,
    ) -> Result<Vec<Effect>, VaultError> {
        let row = |(at, file)| self.file_row(tenant, (report, at), file, expires);
        (0..).zip(files).map(row).collect()
    }

    /// The row of one of them.
    pub(super) fn file_row(
        &self,
        tenant: TenantId,
        (report, at): (ReportId, u8),
        file: &CleanFile,
        expires: Millis,
    ) -> Result<Effect, VaultError> {
        let key = file_key(report, at);
        let body = self.seal_text(tenant, FILE, &key.id, &super::body::filled(&file.bytes))?;
        Ok(Effect::PutAdmission(AdmissionRow { key, body, expires, tag: [0; 16] }))
    }

    /// A report's file; none where it was edited or isn't there.
    pub(super) async fn file_of(&self, tenant: TenantId, case: &Case, at: u8) -> Result<Option<CleanFile>, VaultError> {
        let Some((kind, hash)) = case.files.get(usize::from(at)).copied() else { return Ok(None) };
        let key = file_key(case.id, at);
        let row = self.store.admission(tenant, key).await?.filter(|row| self.is_genuine(tenant, row));
        let plain = row.and_then(|row| self.open_text(tenant, FILE, &key.id, &row.body).ok());
        let bytes = plain.as_deref().and_then(|plain| super::body::emptied(plain)).map(<[u8]>::to_vec);
        let file = bytes.map(|bytes| CleanFile { kind, bytes: Zeroizing::new(bytes) });
        Ok(file.filter(|file| file.hash() == hash))
    }

    /// Takes in a report without a name, and gives its code. Nothing is kept of who sends it, from where, or when but the day; it is in
    /// the log once the box is turned.
    ///
    /// # Errors
    /// `BoxFull` where more comes than can be taken in; `FileUnfit` for more than three files; `Busy` while there is no box yet.
    pub async fn speak_up(&self, tenant: TenantId, new: NewReport) -> Result<ReceiptCode, VaultError> {
        if new.files.len() > MOST_FILES {
            return Err(VaultError::refused(Refusal::FileUnfit));
        }
        if !self.speaking.takes(tenant, Flow::Words, self.clock.now()) {
            return Err(VaultError::refused(Refusal::BoxFull));
        }
        let code = ReceiptCode::draw(&*self.entropy);
        let id = self.name_of(tenant, &code).await?;
        let files = new.files.clone();
        let new = NewReport { interaction: None, ..new };
        let case = self.new_case(new, ReportedBy::Nobody, id, code.nonce());
        self.put_in_box(tenant, Flow::Words, Item::Report(Box::new(case), files)).await?;
        Ok(code)
    }

    /// Is there room for one more report of those without a name? Takes none; that there is none is counted, of nobody in particular, and told
    /// only with the others of its six hours.
    #[must_use]
    pub fn hears_words(&self, tenant: TenantId) -> bool {
        self.speaking.hears(tenant, Flow::Words, self.clock.now())
    }

    /// When the box is turned next: from then on handlers read what was sent without a name.
    #[must_use]
    pub fn next_turn(&self) -> Millis {
        Millis((self.clock.now().0.div_euclid(super::TURN_MS) + 1) * super::TURN_MS)
    }
}

const FILE: &[u8] = b"rf1/spoken file";

fn file_key(report: ReportId, at: u8) -> AdmissionKey {
    let hash = keys::hash(&[b"rf1/spoken file", &report.0, &[at]]);
    AdmissionKey { kind: AdmissionKind::SpokenFile, id: std::array::from_fn(|place| hash[place]) }
}

#[cfg(test)]
mod tests {
    use super::super::DAY_MS;
    use super::*;

    #[test]
    fn the_day_is_all_of_the_time_that_is_kept() {
        assert_eq!(day_of(Millis(3 * DAY_MS + 12_345)), Millis(3 * DAY_MS));
        assert_ne!(file_key(ReportId([1; 16]), 0), file_key(ReportId([1; 16]), 1));
    }
}
