//! Rules and limits as they were: kept with each change of them, to go back to.
//!
//! They are kept beside power and not in it: going back drafts a proposal, which officers read and sign as any other. So what
//! is kept needs no seal of the key holder's.

use super::Snapshot;
use super::change::Change;
use super::governing::Governing;
use super::wish::Encoded;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Millis, PowerKind, Refusal, TenantId};
use keys::power::{LimitsText, PlanText, PowerBody, RulesText, SettingsText, THE_ONE};
use minicbor::{Decoder, Encoder};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals};

/// What officers can go back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierTexts {
    /// It counted until this version was made.
    pub until_version: u64,
    /// When that was.
    pub until: Millis,
    /// Rules, limits, settings or a data plan.
    pub texts: Governing,
}

/// The kind and the version, in a row's name: `kind u16 ‖ 0[6] ‖ version u64`.
fn key(kind: PowerKind, version: u64) -> AdmissionKey {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&kind.code().to_be_bytes());
    id[8..].copy_from_slice(&version.to_be_bytes());
    AdmissionKey { kind: AdmissionKind::Earlier, id }
}

/// `[ms, body or null]`
fn encode(now: Millis, body: Option<&Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    let write = |e: &mut Encoder<&mut Vec<u8>>| -> Encoded {
        e.array(2)?.i64(now.0)?;
        match body {
            Some(body) => e.bytes(body)?,
            None => e.null()?,
        };
        Ok(())
    };
    // Writing to a vector can't fail: the error type has no values.
    let _: Encoded = write(&mut Encoder::new(&mut out));
    out
}

fn decode(row: &AdmissionRow) -> Option<EarlierTexts> {
    let mut d = Decoder::new(&row.body);
    let (_, at) = (d.array().ok()?, Millis(d.i64().ok()?));
    let body = d.bytes().ok();
    let (kind, version) = (row.key.id.first_chunk::<2>()?, row.key.id.last_chunk::<8>()?);
    let texts = match (PowerKind::from_code(u16::from_be_bytes(*kind))?, body) {
        (PowerKind::Rules, None) => Governing::Rules { files: Vec::new() },
        (PowerKind::Rules, Some(body)) => Governing::Rules { files: RulesText::decode(body)?.files },
        (PowerKind::Plan, None) => Governing::Plan { toml: String::new() },
        (PowerKind::Plan, Some(body)) => Governing::Plan { toml: PlanText::decode(body)?.toml },
        (PowerKind::Limits, Some(body)) => Governing::Limits { toml: LimitsText::decode(body)?.toml },
        (PowerKind::Settings, Some(body)) => Governing::Settings { toml: SettingsText::decode(body)?.toml },
        _ => return None,
    };
    Some(EarlierTexts { until_version: u64::from_be_bytes(*version), until: at, texts })
}

/// What can be gone back to.
const KINDS: [PowerKind; 4] = [PowerKind::Rules, PowerKind::Limits, PowerKind::Plan, PowerKind::Settings];

impl Vault {
    /// What is kept beside a change of rules, limits, settings or the plan: what they were. Limits and settings that nobody signed
    /// are the configuration's, and can't be gone back to.
    pub(super) fn earlier_kept(&self, from: &Snapshot, changes: &[Change]) -> Vec<(Condition, Effect)> {
        let kept = |kind: PowerKind| {
            let body = from.powers().0.get(&(kind, THE_ONE));
            let changed = changes.iter().any(|change| change.covered().0 == (kind, THE_ONE));
            if !changed || (matches!(kind, PowerKind::Limits | PowerKind::Settings) && body.is_none()) {
                return None;
            }
            let (key, body) = (key(kind, from.seq + 1), encode(self.clock.now(), body));
            let row = AdmissionRow { key, body, expires: Millis(i64::MAX), tag: [0; 16] };
            let new = Condition::Admission { key, tag: None, otherwise: Refusal::PowerChanged };
            Some((new, Effect::PutAdmission(row)))
        };
        KINDS.into_iter().filter_map(kept).collect()
    }

    /// Rules and limits as they were, the newest first, for who changes power. The reading is an entry.
    ///
    /// # Errors
    /// The refusal with its entry for others; if the store fails.
    pub async fn earlier_texts(&self, scope: &Scope) -> Result<Vec<EarlierTexts>, VaultError> {
        let act = self.permitted(scope, policy::Act::ChangePower, Kind::DirectoryRead).await?;
        self.commit_plain(act).await?;
        let rows = self.all_admissions(scope.tenant, AdmissionKind::Earlier).await?;
        let mut all: Vec<_> = rows.iter().filter_map(|row| self.genuine_texts(scope.tenant, row)).collect();
        all.sort_by_key(|one| core::cmp::Reverse(one.until_version));
        Ok(all)
    }

    /// The rules, or else the limits, that counted until a version was made: a wish to have them again. Drafting it is the
    /// entry.
    ///
    /// # Errors
    /// If the store fails. None where that version changed neither.
    pub async fn texts_until(&self, scope: &Scope, version: u64) -> Result<Option<Governing>, VaultError> {
        for kind in KINDS {
            let row = self.store.admission(scope.tenant, key(kind, version)).await?;
            if let Some(found) = row.and_then(|row| self.genuine_texts(scope.tenant, &row)) {
                return Ok(Some(found.texts));
            }
        }
        Ok(None)
    }

    fn genuine_texts(&self, tenant: TenantId, row: &AdmissionRow) -> Option<EarlierTexts> {
        let genuine = self.seals.tag(tenant, "admission", &row.material()) == row.tag;
        decode(row).filter(|_| genuine)
    }
}
