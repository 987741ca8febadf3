//! "Report something": kept for security's eyes only.

use crate::alarm::AlarmKind;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{InteractionId, Millis, PersonId, ReportId, TenantId};
use store::{Effect, Page, ReportRow};
use zeroize::Zeroizing;

/// A report, opened for security; one whose row was edited says nothing but that.
pub struct ReportText {
    /// Its id.
    pub id: ReportId,
    /// When.
    pub at: Millis,
    /// By whom of staff; none where a customer reported it on their own page.
    pub by: Option<PersonId>,
    /// In which interaction.
    pub interaction: Option<InteractionId>,
    /// What it says; none where its row was edited.
    pub text: Option<Zeroizing<String>>,
}

/// What its key is derived for.
const REPORT: &[u8] = b"rf1/report";

impl Vault {
    /// Keeps a report. Anyone signed in may, at any time, without spending anything.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn report(
        &self,
        scope: &Scope,
        interaction: Option<InteractionId>,
        text: &str,
    ) -> Result<ReportId, VaultError> {
        let id = ReportId::mint(&*self.clock, &*self.entropy);
        let sealed = self.seal_report(scope.tenant, Some(scope.person.id), id, interaction, text)?;
        let row = ReportRow { id, at: self.clock.now(), sealed };
        self.commit_plain(self.act(scope, Kind::Report)?.effect(Effect::PutReport(row))).await?;
        Ok(id)
    }

    /// Reads reports, newest first. One entry per reading.
    ///
    /// # Errors
    /// The refusal with its entry for who isn't security.
    pub async fn reports(
        &self,
        scope: &Scope,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Page<ReportText, ReportId>, VaultError> {
        self.commit_plain(self.reading(scope, Kind::ReportsRead)?).await?;
        let page = self.store.reports(scope.tenant, after, limit).await?;
        let damaged = |row: &ReportRow| ReportText { id: row.id, at: row.at, by: None, interaction: None, text: None };
        let mut items = Vec::with_capacity(page.items.len());
        for row in &page.items {
            items.push(match self.open_report(scope, row) {
                // The others are read all the same.
                Err(VaultError::Damaged) => damaged(row),
                report => report?,
            });
        }
        if items.iter().any(|report| report.text.is_none()) {
            self.alarms.set(scope.tenant, AlarmKind::ReportsEdited, true, self.clock.now());
        }
        Ok(Page { items, next: page.next })
    }

    /// `by, zeros for a customer ‖ has interaction ‖ interaction ‖ text`, sealed and bound to the report's id.
    pub(crate) fn seal_report(
        &self,
        tenant: TenantId,
        by: Option<PersonId>,
        id: ReportId,
        interaction: Option<InteractionId>,
        text: &str,
    ) -> Result<Vec<u8>, VaultError> {
        let mut body = Zeroizing::new(Vec::with_capacity(64 + text.len()));
        body.extend_from_slice(&by.map(|person| person.0).unwrap_or_default());
        body.push(u8::from(interaction.is_some()));
        body.extend_from_slice(&interaction.map(|i| i.0).unwrap_or_default());
        body.extend_from_slice(text.as_bytes());
        self.seal_text(tenant, REPORT, &id.0, &body)
    }

    fn open_report(&self, scope: &Scope, row: &ReportRow) -> Result<ReportText, VaultError> {
        let plain = self.open_text(scope.tenant, REPORT, &row.id.0, &row.sealed)?;
        let (head, text) = plain.split_at_checked(33).ok_or(VaultError::Damaged)?;
        let id16 = |bytes: &[u8]| -> Result<[u8; 16], VaultError> { bytes.try_into().map_err(|_| VaultError::Damaged) };
        let text = core::str::from_utf8(text).map_err(|_| VaultError::Damaged)?;
        Ok(ReportText {
            id: row.id,
            at: row.at,
            by: Some(PersonId(id16(&head[..16])?)).filter(|person| person.0 != [0; 16]),
            interaction: if head[16] == 1 { Some(InteractionId(id16(&head[17..])?)) } else { None },
            text: Some(Zeroizing::new(text.to_owned())),
        })
    }
}
