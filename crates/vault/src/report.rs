//! "Report something": kept for security's eyes only.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use domain::time::fresh;
use domain::{InteractionId, Millis, PersonId, ReportId};
use keys::Key32;
use keys::derive::expand;
use store::{Effect, Page, ReportRow};
use zeroize::Zeroizing;

/// A report, opened for security.
pub struct ReportText {
    /// Its id.
    pub id: ReportId,
    /// When.
    pub at: Millis,
    /// By whom.
    pub by: PersonId,
    /// In which interaction.
    pub interaction: Option<InteractionId>,
    /// What it says.
    pub text: Zeroizing<String>,
}

const SALT: usize = 16;

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
        let sealed = self.seal_report(scope, id, interaction, text)?;
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
        let items = page.items.into_iter().map(|row| self.open_report(scope, &row)).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    fn report_key(&self, scope: &Scope, salt: &[u8]) -> Result<LessSafeKey, VaultError> {
        let key = Key32::new(expand(&self.keys(scope.tenant)?.report, &[b"rf1/report", salt]));
        UnboundKey::new(&AES_256_GCM, key.bytes()).map(LessSafeKey::new).map_err(|_| VaultError::Damaged)
    }

    /// `salt ‖ AES-256-GCM(by ‖ has interaction ‖ interaction ‖ text)`, bound to the report's id.
    fn seal_report(
        &self,
        scope: &Scope,
        id: ReportId,
        interaction: Option<InteractionId>,
        text: &str,
    ) -> Result<Vec<u8>, VaultError> {
        let salt: [u8; SALT] = fresh(&*self.entropy);
        let mut body = Vec::with_capacity(64 + text.len());
        body.extend_from_slice(&scope.person.id.0);
        body.push(u8::from(interaction.is_some()));
        body.extend_from_slice(&interaction.map(|i| i.0).unwrap_or_default());
        body.extend_from_slice(text.as_bytes());
        let key = self.report_key(scope, &salt)?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key([0; 12]), Aad::from(id.0), &mut body)
            .map_err(|_| VaultError::Damaged)?;
        Ok([salt.as_slice(), &body].concat())
    }

    fn open_report(&self, scope: &Scope, row: &ReportRow) -> Result<ReportText, VaultError> {
        let (salt, body) = row.sealed.split_at_checked(SALT).ok_or(VaultError::Damaged)?;
        let mut bytes = Zeroizing::new(body.to_vec());
        let key = self.report_key(scope, salt)?;
        let plain = key
            .open_in_place(Nonce::assume_unique_for_key([0; 12]), Aad::from(row.id.0), &mut bytes)
            .map_err(|_| VaultError::Damaged)?;
        let (head, text) = plain.split_at_checked(33).ok_or(VaultError::Damaged)?;
        let id16 = |bytes: &[u8]| -> Result<[u8; 16], VaultError> { bytes.try_into().map_err(|_| VaultError::Damaged) };
        let text = core::str::from_utf8(text).map_err(|_| VaultError::Damaged)?;
        Ok(ReportText {
            id: row.id,
            at: row.at,
            by: PersonId(id16(&head[..16])?),
            interaction: if head[16] == 1 { Some(InteractionId(id16(&head[17..])?)) } else { None },
            text: Zeroizing::new(text.to_owned()),
        })
    }
}
