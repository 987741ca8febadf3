//! Devices of those who serve customers: asked for by a browser, agreed to by a team leader and by security, two people
//! who both look at the screen on which the code stands.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::power::change::Change;
use crate::power::plan::{AskedRow, Plan};
use crate::private::entry::Kind;
use crate::session::DeviceKey;
use crate::wiring::Vault;
use domain::time::fresh;
use domain::{Millis, PersonId, Refusal, TenantId};
use keys::power::Device;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Page, Seals, Tag};

/// How long a request waits, in milliseconds.
const WAITS_MS: i64 = 24 * 3_600_000;
/// Letters and digits that nobody mistakes for others (Crockford's Base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A device that waits, as those see it who agree to it. The code stands on its screen alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingDevice {
    /// Names it: the id of the row that it would become.
    pub id: [u8; 16],
    /// Who wants to work from it.
    pub person: PersonId,
    /// What they are called.
    pub name: String,
    /// Until when it waits.
    pub until: Millis,
    /// Has the team leader agreed?
    pub leader_agreed: bool,
}

/// The same as it is kept.
struct AskedDevice {
    id: [u8; 16],
    person: PersonId,
    /// What stands on its screen.
    code: String,
    until: Millis,
    /// The team leader who agreed, and when.
    leader: Option<(PersonId, Millis)>,
    key: Vec<u8>,
    tag: Tag,
}

impl AskedDevice {
    fn row(&self) -> AdmissionRow {
        let key = AdmissionKey { kind: AdmissionKind::Device, id: self.id };
        AdmissionRow { key, body: self.encode(), expires: self.until, tag: self.tag }
    }

    /// The request still is the one that was seen.
    fn unchanged(&self) -> Condition {
        let key = AdmissionKey { kind: AdmissionKind::Device, id: self.id };
        Condition::Admission { key, tag: Some(self.tag), otherwise: Refusal::PowerChanged }
    }

    /// `[person, code, key, leader or null, ms]`
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing to a vector can't fail: the error type has no values.
        let _: Result<(), minicbor::encode::Error<core::convert::Infallible>> = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(5)?.bytes(&self.person.0)?.str(&self.code)?.bytes(&self.key)?;
        match &self.leader {
            Some((leader, at)) => e.bytes(&leader.0)?.i64(at.0)?,
            None => e.null()?.i64(0)?,
        };
        Ok(())
    }

    fn read(row: &AdmissionRow) -> Result<Option<Self>, minicbor::decode::Error> {
        let mut d = Decoder::new(&row.body);
        d.array()?;
        let Ok(person) = d.bytes()?.try_into() else { return Ok(None) };
        let (code, key) = (d.str()?.to_owned(), d.bytes()?.to_vec());
        let leader = if d.datatype()? == Type::Null { d.null().map(|()| None)? } else { Some(d.bytes()?.try_into()) };
        let Ok(leader) = leader.transpose() else { return Ok(None) };
        let at = Millis(d.i64()?);
        let leader = leader.map(|leader| (PersonId(leader), at));
        let (id, until, tag) = (row.key.id, row.expires, row.tag);
        Ok(Some(Self { id, person: PersonId(person), code, until, leader, key, tag }))
    }
}

impl Vault {
    /// Keeps a request for a browser's key; the same browser's again gives the same code. Logged, once.
    pub(crate) async fn ask_for_device(
        &self,
        tenant: TenantId,
        person: PersonId,
        device: DeviceKey,
    ) -> Result<String, VaultError> {
        let key = AdmissionKey { kind: AdmissionKind::Device, id: device.id() };
        let before = self.store.admission(tenant, key).await?;
        let known = before.as_ref().and_then(|row| self.asked(tenant, row));
        if let Some(known) = known.filter(|known| known.person == person && known.until.since(self.clock.now()) > 0) {
            return Ok(known.code);
        }
        let until = self.clock.now().plus(WAITS_MS);
        let code = code(fresh(&*self.entropy));
        let asked = AskedDevice {
            id: key.id,
            person,
            code: code.clone(),
            until,
            leader: None,
            key: device.bytes().to_vec(),
            tag: [0; 16],
        };
        let mut act = self.bare_act(tenant, Kind::DeviceAsked)?;
        act.draft.person = Some(person);
        let tag = before.map(|row| row.tag);
        let unchanged = Condition::Admission { key, tag, otherwise: Refusal::PowerChanged };
        self.commit_plain(act.when(unchanged).effect(Effect::PutAdmission(asked.row()))).await?;
        Ok(code)
    }

    /// Devices that wait, by their names: a team leader's own team's, all of them for security. The reading is an entry.
    ///
    /// # Errors
    /// The refusal with its entry for who enrols none; if the store fails.
    pub async fn devices_asked(
        &self,
        scope: &Scope,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> Result<Page<WaitingDevice, [u8; 16]>, VaultError> {
        let act = self.permitted(scope, policy::Act::EnrolDevice, Kind::DirectoryRead).await?;
        self.commit_plain(act).await?;
        let snapshot = self.power_now(scope.tenant).await?;
        let (now, rows) = (self.clock.now(), self.all_admissions(scope.tenant, AdmissionKind::Device).await?);
        let mut all: Vec<AskedDevice> = rows.iter().filter_map(|row| self.asked(scope.tenant, row)).collect();
        let waits = |one: &AskedDevice| one.until.since(now) > 0 && snapshot.get::<Device>(&one.id).is_none();
        let led = |person| !scope.leads() || snapshot.powers().leads(scope.person(), person);
        all.retain(|one| after.is_none_or(|after| one.id > after) && waits(one) && led(one.person));
        let told = |one: AskedDevice| WaitingDevice {
            id: one.id,
            person: one.person,
            name: snapshot.name(one.person).unwrap_or_default().to_owned(),
            until: one.until,
            leader_agreed: one.leader.is_some(),
        };
        let lines = all.into_iter().take(limit as usize + 1).map(told).collect();
        Ok(Page::cut(lines, limit, |one: &WaitingDevice| one.id))
    }

    /// A team leader agrees to a device whose code they have seen on its screen. Security, who enrols it then, drafts that
    /// as every change of power. Logged.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules, and `RoleNotAllowed` for who leads no team; `NotFound` for no such request, or
    /// with another code; `TwoPeopleNeeded` for whose device it is, and for another team's leader; `LeaderMissing` where their own has none.
    pub async fn agree_to_device(&self, scope: &Scope, id: [u8; 16], code: &str) -> Result<(), VaultError> {
        let act = self.permitted(scope, policy::Act::EnrolDevice, Kind::DeviceAgreed).await?;
        if !scope.leads() {
            return Err(self.logged(act, Refusal::RoleNotAllowed).await);
        }
        let snapshot = self.power_now(scope.tenant).await?;
        let asked = match self.waiting_device(scope, id, code).await {
            Err(VaultError::Refused { refusal, .. }) => return Err(self.logged(act, refusal).await),
            asked => asked?,
        };
        let act = act.upon(asked.person);
        if !snapshot.powers().leads(scope.person(), asked.person) {
            return Err(self.logged(act, snapshot.without_a_yes(asked.person)).await);
        }
        let act = act.when(asked.unchanged());
        let agreed = AskedDevice { leader: Some((scope.person(), self.clock.now())), ..asked };
        self.commit_plain(act.effect(Effect::PutAdmission(agreed.row()))).await.map(drop)
    }

    /// What enrolling a device comes to: `NotFound` for no such request, or with another code; `TwoPeopleNeeded` before the
    /// team leader agreed, for whose device it is, and for one who is both.
    pub(crate) async fn plan_device(
        &self,
        scope: &Scope,
        snapshot: &Snapshot,
        id: [u8; 16],
        code: &str,
    ) -> Result<Plan, VaultError> {
        let asked = self.waiting_device(scope, id, code).await?;
        let change = enrolment(scope, snapshot, &asked).map_err(VaultError::refused)?;
        let name = |id| snapshot.name(id).unwrap_or("somebody unknown");
        let leader = asked.leader.map_or("nobody", |(leader, _)| name(leader));
        let words = format!(
            "Let {} work from the device that shows {}, to which {leader} agreed.",
            name(asked.person),
            asked.code
        );
        let row = AskedRow { seen: asked.tag, unchanged: asked.unchanged(), kept: None };
        Ok(Plan { person: Some(asked.person), words, changes: vec![change], asked: Some(row) })
    }

    async fn waiting_device(&self, scope: &Scope, id: [u8; 16], code: &str) -> Result<AskedDevice, VaultError> {
        let key = AdmissionKey { kind: AdmissionKind::Device, id };
        let row = self.store.admission(scope.tenant, key).await?;
        let asked = row.and_then(|row| self.asked(scope.tenant, &row));
        let plain = |text: &str| text.replace(['-', ' '], "").to_uppercase();
        let asked = asked.filter(|asked| plain(&asked.code) == plain(code) && asked.until.since(self.clock.now()) > 0);
        asked.ok_or(VaultError::refused(Refusal::NotFound))
    }

    fn asked(&self, tenant: TenantId, row: &AdmissionRow) -> Option<AskedDevice> {
        let genuine = self.seals.tag(tenant, "admission", &row.material()) == row.tag;
        AskedDevice::read(row).ok().flatten().filter(|_| genuine)
    }
}

/// The change that enrols a device, once a team leader who still leads the person's team has agreed, and this is somebody
/// else.
fn enrolment(scope: &Scope, snapshot: &Snapshot, asked: &AskedDevice) -> Result<Change, Refusal> {
    let (leader, at) = asked.leader.ok_or_else(|| snapshot.without_a_yes(asked.person))?;
    if [leader, asked.person].into_iter().any(|one| snapshot.same_human(one, scope.person())) {
        return Err(Refusal::TwoPeopleNeeded);
    }
    let device = Device { person: asked.person, key: asked.key.clone(), leader, officer: scope.person(), added: at };
    snapshot.with_leader(asked.person, Change::put(asked.id, &device))
}

/// Forty random bits in two groups of four.
fn code(chance: [u8; 5]) -> String {
    let bits = chance.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let letters = (0..8).rev().map(|place| char::from(ALPHABET[(bits >> (5 * place) & 31) as usize]));
    let all: String = letters.collect();
    format!("{}-{}", &all[..4], &all[4..])
}
