//! What came of it, for who reported with a name: staff under "Your reports", a customer on their own page.
//!
//! What a customer told lies in a row whose name ends with the customer's key, so neither staff nor whoever reads the database learns by
//! it who told, and nothing leads from a report to a customer who was erased.

use super::flood::Flow;
use super::follow::Followed;
use super::turn::Item;
use super::{Case, ReportedBy, Speaker};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::me::CustomerScope;
use crate::private::entry::{EntryKeys, Kind};
use crate::wiring::Vault;
use domain::{EntryId, Found, Millis, Refusal, ReportId, TenantId};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect};
use zeroize::Zeroizing;

/// For how long a customer reads it, in milliseconds: a year.
const KEPT_MS: i64 = 365 * super::DAY_MS;
/// How many of theirs are remembered, the newest.
const REMEMBERED: usize = 20;
const TOLD: &[u8] = b"rf1/told";

/// Something that a customer told us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnNews {
    /// The first moment of its day.
    pub at: Millis,
    /// Was it read?
    pub acknowledged: bool,
    /// What was found; none while somebody is looking.
    pub found: Option<Found>,
    /// What they were told.
    pub said: Vec<Zeroizing<String>>,
}

/// Something that one of staff reported.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnSpoken {
    /// Its name.
    pub id: ReportId,
    /// What became of it.
    pub followed: Followed,
}

impl Vault {
    /// What a customer told, newest first, and the row it lies in.
    async fn told_by(
        &self,
        tenant: TenantId,
        keys: &EntryKeys,
    ) -> Result<(AdmissionKey, Vec<ReportId>, Option<AdmissionRow>), VaultError> {
        let key = AdmissionKey { kind: AdmissionKind::OwnReports, id: self.own_name(keys, b"told") };
        let row = self.store.admission(tenant, key).await?;
        let genuine = row.as_ref().filter(|row| self.is_genuine(tenant, row));
        let plain = genuine.and_then(|row| self.open_text(tenant, TOLD, &key.id, &row.body).ok());
        let (ids, _) = plain.as_deref().map(Vec::as_slice).unwrap_or_default().as_chunks::<16>();
        Ok((key, ids.iter().map(|id| ReportId(*id)).collect(), row))
    }

    /// The commit remembers for the customer that they told this.
    pub(crate) async fn remembers(
        &self,
        tenant: TenantId,
        keys: &EntryKeys,
        report: ReportId,
    ) -> Result<(Condition, Effect), VaultError> {
        let (key, told, row) = self.told_by(tenant, keys).await?;
        let told = core::iter::once(report).chain(told).take(REMEMBERED);
        let plain: Vec<u8> = told.flat_map(|report| report.0).collect();
        let body = self.seal_text(tenant, TOLD, &key.id, &plain)?;
        let unchanged = Condition::Admission { key, tag: row.map(|row| row.tag), otherwise: Refusal::ReportsMoved };
        let kept = AdmissionRow { key, body, expires: self.clock.now().plus(KEPT_MS), tag: [0; 16] };
        Ok((unchanged, Effect::PutAdmission(kept)))
    }

    /// What came of what this customer told us, newest first.
    ///
    /// # Errors
    /// `Unauthenticated` if the customer is gone; if the store fails.
    pub async fn own_news(&self, scope: &CustomerScope) -> Result<Vec<OwnNews>, VaultError> {
        let tenant = scope.tenant();
        let keys = self.entry_keys(tenant, scope.customer()).await?.ok_or(VaultError::Unauthenticated)?;
        let (_, told, _) = self.told_by(tenant, &keys).await?;
        let mut news = Vec::with_capacity(told.len());
        for report in told {
            let row = self.store.admission(tenant, Case::key(report)).await?;
            // One that was edited says nothing; security has the alarm.
            let Some(case) = row.and_then(|row| self.case_of(tenant, &row)) else { continue };
            let said = case.lines.iter().filter(|line| line.by != Speaker::Reporter).map(|line| line.text.clone());
            news.push(OwnNews {
                at: case.day,
                acknowledged: case.acknowledged.is_some(),
                found: case.outcome.map(|(found, _)| found),
                said: said.collect(),
            });
        }
        Ok(news)
    }

    /// What this person reported, also what still waits in the box, newest first. No entry: it is their own.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn own_reports(&self, scope: &Scope) -> Result<Vec<OwnSpoken>, VaultError> {
        let mine = |case: &Case| case.by == ReportedBy::Person(scope.person());
        let opened = self.opened_box(scope.tenant).await?;
        let mut cases = self.shelf(scope.tenant).await?.cases;
        cases.retain(mine);
        if let Some(opened) = &opened {
            let waiting = opened.items.iter().filter_map(|item| match item {
                Item::Report(case, _) if mine(case) => Some((**case).clone()),
                _ => None,
            });
            cases.extend(waiting.collect::<Vec<_>>());
            cases = cases.into_iter().map(|case| opened.with_lines(case)).collect();
        }
        cases.sort_by_key(|case| core::cmp::Reverse((case.day, case.id)));
        Ok(cases.iter().map(|case| OwnSpoken { id: case.id, followed: Followed::of(case) }).collect())
    }

    /// Says more about one's own report. What is about security goes by the box.
    ///
    /// # Errors
    /// `Refused`: `NotFound` for none of theirs, `ReportOver` for a closed one.
    pub async fn add_to_own_report(
        &self,
        scope: &Scope,
        report: ReportId,
        text: &str,
    ) -> Result<Option<EntryId>, VaultError> {
        let line = self.said_line(Speaker::Reporter, text);
        let waiting = self.opened_box(scope.tenant).await?.and_then(|opened| opened.waiting(report));
        let row = self.store.admission(scope.tenant, Case::key(report)).await?;
        let case = waiting.or_else(|| row.and_then(|row| self.case_of(scope.tenant, &row)));
        let mine = case.filter(|case| case.by == ReportedBy::Person(scope.person()));
        let Some(mut case) = mine else { return Err(VaultError::refused(Refusal::NotFound)) };
        if !case.is_open() {
            return Err(VaultError::refused(Refusal::ReportOver));
        }
        if case.about_security {
            if !self.speaking.takes(scope.tenant, Flow::NamedWords, self.clock.now()) {
                return Err(VaultError::refused(Refusal::BoxFull));
            }
            self.put_in_box(scope.tenant, Flow::NamedWords, Item::Line(report, line)).await?;
            return Ok(None);
        }
        let _turn = self.speaking.turn.lock().await;
        let mut book = self.report_book(scope.tenant).await?;
        book.goes_on(&case, self.clock.now());
        case.lines.push(line);
        book.enter(&case);
        let act = self.case_written(self.act(scope, Kind::ReportReplied)?, &case, Some(case.tag))?;
        let act = self.book_written(act, book)?;
        self.commit_plain(act).await.map(Some)
    }
}
