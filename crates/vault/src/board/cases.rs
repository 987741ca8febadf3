//! Material cases: what the board learns of within a day, without anybody deciding that it should.

use super::{NOTE_WITHIN_MS, genuine};
use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::evidence::DrillVerdict;
use crate::reveal::hashed;
use crate::wiring::Vault;
use domain::{Millis, TenantId};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Effect};

/// For how long a case that goes on isn't told again, in milliseconds.
const AGAIN_MS: i64 = 7 * 24 * 3_600_000;

/// Alarms that are material by themselves. A pierced defence and a broken glass are cases each of its own.
pub(super) const MATERIAL: [AlarmKind; 12] = [
    AlarmKind::PowerTampered,
    AlarmKind::SpendingDisagrees,
    AlarmKind::SetBack,
    AlarmKind::HolderAlarmed,
    AlarmKind::CeremonyStepsGone,
    AlarmKind::EntryLost,
    AlarmKind::SuitePutBack,
    AlarmKind::DisclosuresStopped,
    AlarmKind::BoardLineBroken,
    // Somebody keeps from those who handle it what was reported, or asked for by right.
    AlarmKind::ReportsEdited,
    AlarmKind::RequestsEdited,
    // Or from who is to object what waits.
    AlarmKind::ProposalsEdited,
];

/// A case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    key: AdmissionKey,
    pub(super) what: &'static str,
    pub(super) next: &'static str,
    /// Since when it is known.
    pub(super) since: Millis,
    /// In which note it was told.
    pub(super) told: Option<u64>,
}

/// A case, with its clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardCase {
    /// What happened.
    pub what: &'static str,
    /// Since when it is known.
    pub since: Millis,
    /// By when the board is to be told.
    pub due: Millis,
    /// In which note it was.
    pub told: Option<u64>,
    /// Is that past, without a note?
    pub late: bool,
}

impl Case {
    pub(super) fn new(name: &[u8], alarm: AlarmKind, since: Millis) -> Self {
        let key = AdmissionKey {
            kind: AdmissionKind::BoardCase,
            id: hashed(&[b"board case", alarm.slug().as_bytes(), name]),
        };
        Self { key, what: alarm.what(), next: alarm.next(), since, told: None }
    }

    pub(super) fn is_late(&self, now: Millis) -> bool {
        now.since(self.since) > NOTE_WITHIN_MS
    }

    /// That it was told: `number u64`.
    pub(super) fn told_in(&self, number: u64, now: Millis) -> Effect {
        let body = number.to_be_bytes().to_vec();
        Effect::PutAdmission(AdmissionRow { key: self.key, body, expires: now.plus(AGAIN_MS), tag: [0; 16] })
    }

    pub(super) fn shown(&self, now: Millis) -> BoardCase {
        let (since, due) = (self.since, self.since.plus(NOTE_WITHIN_MS));
        BoardCase { what: self.what, since, due, told: self.told, late: self.told.is_none() && self.is_late(now) }
    }
}

impl Vault {
    pub(super) async fn untold_cases(&self, tenant: TenantId) -> Result<Vec<Case>, VaultError> {
        Ok(self.board_cases(tenant).await?.into_iter().filter(|case| case.told.is_none()).collect())
    }

    /// The cases that stand now, as far as this node knows and others have written.
    pub(super) async fn board_cases(&self, tenant: TenantId) -> Result<Vec<Case>, VaultError> {
        let now = self.clock.now();
        let alarms = self.alarms(tenant);
        let standing = alarms.iter().filter(|alarm| MATERIAL.contains(&alarm.kind));
        let mut all: Vec<Case> = standing.map(|alarm| Case::new(&[], alarm.kind, alarm.since)).collect();
        for one in self.board_raised(tenant).await?.map(|(raised, _)| raised).unwrap_or_default() {
            let case = Case::new(&[], one.alarm, one.since);
            if all.iter().all(|other| other.key != case.key) {
                all.push(case);
            }
        }
        for (id, at) in self.glass_unreviewed(tenant).await? {
            all.push(Case::new(&id, AlarmKind::GlassBroken, at));
        }
        let evidence = self.evidence(tenant).await?;
        let pierced = evidence.evidence.iter().filter(|one| one.result.verdict == DrillVerdict::Pierced);
        all.extend(
            pierced.map(|one| Case::new(one.result.drill.as_str().as_bytes(), AlarmKind::DefencePierced, one.at)),
        );
        if evidence.edited > 0 {
            all.push(Case::new(b"edited", AlarmKind::DefencePierced, now));
        }
        let shelf = self.board_shelf(tenant).await?;
        for case in &mut all {
            let told = self.told_of(tenant, case).await?;
            // In a note that isn't there nobody reads it.
            case.told = told.filter(|number| shelf.kept.contains_key(number));
        }
        Ok(all)
    }

    /// In which note a case was told of late, by its row.
    pub(super) async fn told_of(&self, tenant: TenantId, case: &Case) -> Result<Option<u64>, VaultError> {
        let row = self.store.admission(tenant, case.key).await?.filter(|row| genuine(self, tenant, row));
        let counts = row.filter(|row| row.expires.since(self.clock.now()) > 0);
        Ok(counts.and_then(|row| row.body.try_into().ok()).map(u64::from_be_bytes))
    }

    /// The numbers of the notes in which cases were told.
    pub(super) async fn board_told(&self, tenant: TenantId) -> Result<Vec<u64>, VaultError> {
        let rows = self.all_admissions(tenant, AdmissionKind::BoardCase).await?;
        let told = rows
            .into_iter()
            .filter(|row| row.key != super::raised::KEY && genuine(self, tenant, row))
            .filter_map(|row| row.body.try_into().ok());
        Ok(told.map(u64::from_be_bytes).collect())
    }

    /// What waits for somebody's decision, in sentences.
    pub(super) async fn board_asked(&self, tenant: TenantId) -> Result<Vec<String>, VaultError> {
        let mut asked = Vec::new();
        let proposals = self.proposals_waiting(tenant).await?;
        let glass = self.glass_unreviewed(tenant).await?.len();
        let overdue = self.alarms(tenant).iter().any(|alarm| alarm.kind == AlarmKind::RequestsOverdue);
        let count = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("One {one}")),
            count => Some(format!("{count} {many}")),
        };
        asked.extend(count(
            proposals,
            "change of people, rules or settings waits for officers\u{2019} signatures or for its time: object to it if it shouldn\u{2019}t be.",
            "changes of people, rules or settings wait for officers\u{2019} signatures or for their time: object to those that shouldn\u{2019}t be.",
        ));
        asked.extend(count(
            glass,
            "emergency waits for a review: was it justified?",
            "emergencies wait for a review: were they justified?",
        ));
        if overdue {
            asked.push(
                "A customer\u{2019}s request by right is overdue: ask the data protection officer why.".to_owned(),
            );
        }
        Ok(asked)
    }
}
