//! What drills showed: which attack was tried against this deployment, when, and what came of it.
//!
//! A result is an entry, and a row that says the newest one of each drill until it is too old. Nobody's word counts for longer than a
//! drill's: after two days it proves nothing any more, whoever stops the drills. The row's tag covers all of it, so that an
//! edited result is none. How many drills don't hold, and how often the row of each was written, is counted in the entries themselves: so
//! a result of before that is put back, or the row of one that got through that is taken out, is missed.

use crate::alarm::AlarmKind;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::pending::Counted;
use crate::private::entry::{DrillNote, Kind, PackNote};
use crate::wiring::{Act, Vault};
use domain::{EntryId, Millis, Pending, Refusal, TenantId};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals};

/// For how long a result is evidence, in milliseconds.
pub const EVIDENCE_MS: i64 = 48 * 3_600_000;
/// For how long it is told that there was one.
const TOLD_MS: i64 = 90 * 24 * 3_600_000;
/// In a row, beside the verdict: it says how often it was written. Rows of before that was counted don't.
const COUNTED: u8 = 0x80;
/// The longest name, in bytes.
const LONGEST: usize = 64;

/// What a drill showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum DrillVerdict {
    /// The attack was refused as it must be, and its negative control got through.
    Held = 1,
    /// The attack got through.
    Pierced = 2,
    /// Neither: it couldn't be carried out, or its control failed.
    ProvesNothing = 3,
}

impl DrillVerdict {
    const ALL: [Self; 3] = [Self::Held, Self::Pierced, Self::ProvesNothing];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Pierced => "pierced",
            Self::ProvesNothing => "proves_nothing",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.slug() == slug)
    }

    /// The one with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| *verdict as u8 == code)
    }
}

/// Where a drill was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum DrillPlace {
    /// Against this deployment.
    Deployment = 1,
    /// In a centre made for it by the same program.
    Scratch = 2,
}

impl DrillPlace {
    const ALL: [Self; 2] = [Self::Deployment, Self::Scratch];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Scratch => "scratch",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.slug() == slug)
    }

    /// The one with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|place| *place as u8 == code)
    }
}

/// A drill's name: small letters, digits and dashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DrillName(String);

impl DrillName {
    /// The name, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        ((1..=LONGEST).contains(&text.len()) && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    /// Its letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn key(&self) -> AdmissionKey {
        let hash = keys::hash(&[b"drill", self.0.as_bytes()]);
        AdmissionKey { kind: AdmissionKind::Drill, id: std::array::from_fn(|at| hash[at]) }
    }
}

/// What somebody tells of a drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrillResult {
    /// Which.
    pub drill: DrillName,
    /// What it showed.
    pub verdict: DrillVerdict,
    /// Where.
    pub place: DrillPlace,
}

/// The newest result of a drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What was told.
    pub result: DrillResult,
    /// When.
    pub at: Millis,
    /// Its entry.
    pub entry: EntryId,
}

impl Evidence {
    /// From when on it is too old to prove anything.
    #[must_use]
    pub fn expires(&self) -> Millis {
        Millis(self.at.0.saturating_add(EVIDENCE_MS))
    }

    /// Does it show now that the defence holds?
    #[must_use]
    pub fn holds(&self, now: Millis) -> bool {
        // A clock that was set back doesn't make it younger.
        self.result.verdict == DrillVerdict::Held && (self.at.0..self.expires().0).contains(&now.0)
    }

    /// What it changes beside its entry. It takes the place of the result that was seen before it and of no other; and what got through
    /// stands until the attack was refused, whatever keeps the drill from being tried.
    fn following(&self, act: Act, before: Option<&AdmissionRow>, waits: bool, turns: u64) -> Act {
        let key = self.result.drill.key();
        let unchanged = Condition::Admission { key, tag: before.map(|row| row.tag), otherwise: Refusal::PowerChanged };
        let pierced = before.and_then(Self::read).is_some_and(|it| it.result.verdict == DrillVerdict::Pierced);
        let act = act.when(unchanged);
        if pierced && self.result.verdict == DrillVerdict::ProvesNothing {
            return act;
        }
        let act = match (waits, self.result.verdict == DrillVerdict::Held) {
            (false, false) => act.counts_one(Pending::Drill, &key.id, false),
            (true, true) => act.counts_one(Pending::Drill, &key.id, true),
            _ => act,
        };
        act.counts_turn(Pending::Drill, &key.id).effect(Effect::PutAdmission(self.row(turns + 1)))
    }

    /// `at i64 ‖ verdict ‖ place ‖ turn u64 ‖ entry[16] ‖ name`, with [`COUNTED`] in the verdict.
    fn row(&self, turn: u64) -> AdmissionRow {
        let holds = self.result.verdict == DrillVerdict::Held;
        let mut body = Vec::with_capacity(34 + LONGEST);
        body.extend_from_slice(&self.at.0.to_be_bytes());
        body.extend_from_slice(&[self.result.verdict as u8 | COUNTED, self.result.place as u8]);
        body.extend_from_slice(&turn.to_be_bytes());
        body.extend_from_slice(&self.entry.0);
        body.extend_from_slice(self.result.drill.0.as_bytes());
        // What doesn't hold isn't forgotten by itself.
        let expires = if holds { Millis(self.at.0.saturating_add(TOLD_MS)) } else { Millis(i64::MAX) };
        AdmissionRow { key: self.result.drill.key(), body, expires, tag: [0; 16] }
    }

    fn read(row: &AdmissionRow) -> Option<Self> {
        Self::with_turn(row).map(|(evidence, _)| evidence)
    }

    /// The result, and the how manyth that was written of its drill; nought for one of before that was counted.
    fn with_turn(row: &AdmissionRow) -> Option<(Self, u64)> {
        let (at, rest) = row.body.split_first_chunk::<8>()?;
        let ([verdict, place], rest) = rest.split_first_chunk::<2>()?;
        let (turn, rest) = match verdict & COUNTED {
            0 => (0, rest),
            _ => rest.split_first_chunk::<8>().map(|(turn, rest)| (u64::from_be_bytes(*turn), rest))?,
        };
        let (entry, name) = rest.split_first_chunk::<16>()?;
        let drill = DrillName::parse(core::str::from_utf8(name).ok()?).filter(|drill| drill.key() == row.key)?;
        let (verdict, place) = (DrillVerdict::from_code(*verdict & !COUNTED)?, DrillPlace::from_code(*place)?);
        let result = DrillResult { drill, verdict, place };
        Some((Self { result, at: Millis(i64::from_be_bytes(*at)), entry: EntryId(*entry) }, turn))
    }
}

/// All that drills showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posture {
    /// By the drills' names.
    pub evidence: Vec<Evidence>,
    /// How many results were edited in the database, taken out of it or put back there: they count for nothing.
    pub edited: usize,
}

impl Vault {
    /// Tells what drills showed, for security. Each result is an entry; of those tried for a partner pack it says for which nonce.
    ///
    /// # Errors
    /// The refusal with its entry for others; if the store fails, after which earlier ones are told.
    pub async fn tell_drills(
        &self,
        scope: &Scope,
        results: Vec<DrillResult>,
        nonce: Option<[u8; 32]>,
    ) -> Result<Vec<EntryId>, VaultError> {
        let mut entries = Vec::with_capacity(results.len());
        for result in results {
            let mut act = self.permitted(scope, policy::Act::TellDrill, Kind::DrillTold).await?;
            let evidence = Evidence { at: act.draft.at, entry: act.draft.id, result };
            act.draft.drill = Some(Box::new(DrillNote {
                drill: evidence.result.drill.0.clone(),
                verdict: evidence.result.verdict as u8,
                place: evidence.result.place as u8,
                expires: evidence.expires(),
            }));
            act.draft.pack = nonce.map(|nonce| Box::new(PackNote { nonce, manifest: None }));
            let key = evidence.result.drill.key();
            let before = self.store.admission(scope.tenant, key).await?;
            let waits = self.one_waits(scope.tenant, Pending::Drill, &key.id).await?;
            let turns = self.turns(scope.tenant, Pending::Drill, &[key.id]).await?;
            let turns = turns.into_iter().flatten().next().unwrap_or_default();
            entries.push(self.commit_plain(evidence.following(act, before.as_ref(), waits, turns)).await?);
        }
        self.settle_evidence(scope.tenant).await?;
        Ok(entries)
    }

    /// May this person tell what drills showed?
    ///
    /// # Errors
    /// The refusal with its entry.
    pub async fn tells_drills(&self, scope: &Scope) -> Result<(), VaultError> {
        self.permitted(scope, policy::Act::TellDrill, Kind::DrillTold).await.map(drop)
    }

    /// What drills showed, for who may see what is wrong; what it shows to be wrong raises the alarm now. No entry: it says nothing of
    /// anybody.
    ///
    /// # Errors
    /// The refusal with its entry for others; if the store fails.
    pub async fn posture(&self, scope: &Scope) -> Result<Posture, VaultError> {
        drop(self.permitted(scope, policy::Act::ReadAlarms, Kind::DirectoryRead).await?);
        self.settled_evidence(scope.tenant).await
    }

    /// Raises the alarm over an attack that got through, or a result that was edited, on this node; or takes it back.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn settle_evidence(&self, tenant: TenantId) -> Result<(), VaultError> {
        self.settled_evidence(tenant).await.map(drop)
    }

    async fn settled_evidence(&self, tenant: TenantId) -> Result<Posture, VaultError> {
        let posture = self.evidence(tenant).await?;
        let pierced = |evidence: &Evidence| evidence.result.verdict == DrillVerdict::Pierced;
        let stands = posture.edited > 0 || posture.evidence.iter().any(pierced);
        self.alarms.set(tenant, AlarmKind::DefencePierced, stands, self.clock.now());
        Ok(posture)
    }

    pub(crate) async fn evidence(&self, tenant: TenantId) -> Result<Posture, VaultError> {
        let Counted { rows, counted } = self.counted(tenant, Pending::Drill).await?;
        let (mut posture, mut waiting) = (Posture::default(), 0);
        let ids: Vec<[u8; 16]> = rows.iter().map(|row| row.key.id).collect();
        let turns = self.turns(tenant, Pending::Drill, &ids).await?;
        for (row, turns) in rows.iter().zip(turns) {
            let genuine = row.tag == self.seals.tag(tenant, "admission", &row.material());
            match Evidence::with_turn(row).filter(|(_, turn)| genuine && turns == Some(*turn)) {
                Some((evidence, turn)) => {
                    waiting += u64::from(turn > 0 && evidence.result.verdict != DrillVerdict::Held);
                    posture.evidence.push(evidence);
                }
                None => posture.edited += 1,
            }
        }
        if posture.edited == 0 {
            // By how many it doesn't fit what the log counts; where that was edited, by one at least.
            let missed = counted.map_or(1, |counted| counted.abs_diff(waiting));
            posture.edited = usize::try_from(missed).unwrap_or(usize::MAX);
        }
        posture.evidence.sort_by(|one, other| one.result.drill.cmp(&other.result.drill));
        Ok(posture)
    }
}
