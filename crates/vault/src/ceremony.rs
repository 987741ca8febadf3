//! Steps of the root key's ceremonies, taken over from a separate key holder into each tenant's log. The key holder's own file has
//! no signature: whoever is its user there can make it anew. What stands in the log, they can't.
//!
//! Any node takes over. A step's entry has the step's hash as its request's key, so that it is written once, whoever is first.

use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::private::entry::{CeremonyNote, Kind};
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use domain::{EntryId, Millis, TenantId};
use keys::CeremonyStep;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Effect, RequestKey, Seals};

/// For how long it is shown that steps are gone, in milliseconds.
const SHOWN_MS: i64 = 7 * 24 * 3_600_000;
/// Rows that stay.
const NEVER: Millis = Millis(i64::MAX);
/// The row that says how far steps were taken over. The others are named by their steps' hashes.
const FAR: AdmissionKey = AdmissionKey { kind: AdmissionKind::CeremonyStep, id: [0; 16] };
/// The longest id of a ceremony and name of a step that goes into the log, in bytes.
const LONGEST: usize = 32;

/// How far steps were taken over, and when some were found gone last.
#[derive(Clone, Copy)]
struct Far {
    place: u64,
    hash: [u8; 32],
    gone: Millis,
}

impl Far {
    const NOTHING: Self = Self { place: 0, hash: [0; 32], gone: Millis(0) };

    /// `place u64 ‖ hash[32] ‖ gone i64`
    fn row(&self) -> AdmissionRow {
        let body = [&self.place.to_be_bytes()[..], &self.hash, &self.gone.0.to_be_bytes()].concat();
        AdmissionRow { key: FAR, body, expires: NEVER, tag: [0; 16] }
    }

    fn read(body: &[u8]) -> Option<Self> {
        let (place, rest) = body.split_first_chunk()?;
        let (hash, gone) = rest.split_first_chunk()?;
        let gone = Millis(i64::from_be_bytes(gone.try_into().ok()?));
        Some(Self { place: u64::from_be_bytes(*place), hash: *hash, gone })
    }

    fn to(self, step: &CeremonyStep) -> Self {
        Self { place: step.place, hash: step.hash, ..self }
    }

    /// Do these steps, of which the first should be the last that was taken over, go on from it?
    fn goes_on(&self, steps: &[CeremonyStep]) -> bool {
        let last = || steps.first().is_some_and(|step| step.place == self.place && step.hash == self.hash);
        self.place == 0 || last()
    }
}

fn key_of(hash: &[u8; 32]) -> AdmissionKey {
    AdmissionKey { kind: AdmissionKind::CeremonyStep, id: std::array::from_fn(|at| hash[at]) }
}

/// What goes into the log of it. The key holder is another program: it can't write whatever it likes there.
fn note(step: &CeremonyStep) -> CeremonyNote {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let word = |text: &String| match text.len() <= LONGEST && text.bytes().all(fits) {
        true => text.clone(),
        false => "unreadable".to_owned(),
    };
    CeremonyNote {
        ceremony: word(&step.ceremony),
        step: word(&step.step),
        share: step.share,
        needed: step.needed,
        of: step.of,
        place: step.place,
        hash: step.hash,
    }
}

/// Written once, whoever is first.
fn once(act: Act, parts: &[&[u8]]) -> Act {
    let key = hashed(parts);
    Act { request: Some(RequestKey { key, content: key, session: [0; 16], answer: 0 }), ..act }
}

impl Vault {
    /// Takes over the steps of ceremonies that this tenant's log doesn't have yet, and looks whether those it has are still at the
    /// key holder; where they aren't, that is an entry and an alarm. For a thread of each node.
    ///
    /// # Errors
    /// If the key holder or the store fails: the next look goes on.
    pub async fn settle_ceremony(&self, tenant: TenantId) -> Result<(), VaultError> {
        let far = self.taken_over(tenant).await?;
        let Some(steps) = self.holder.ceremony_steps(far.place.saturating_sub(1)).await? else { return Ok(()) };
        let gone = match far.goes_on(&steps) {
            true => self.take_over(tenant, far, &steps).await?,
            false => self.steps_are_gone(tenant, far).await?,
        };
        let now = self.clock.now();
        self.alarms.set(tenant, AlarmKind::CeremonyStepsGone, now.since(gone) < SHOWN_MS, now);
        Ok(())
    }

    /// Gives when steps were found gone last.
    async fn take_over(&self, tenant: TenantId, from: Far, steps: &[CeremonyStep]) -> Result<Millis, VaultError> {
        let (mut far, mut back) = (from, false);
        for step in steps.iter().filter(|step| step.place > from.place) {
            far = far.to(step);
            back = self.step_entry(tenant, &step.hash).await?.is_some();
            if !back {
                self.log_step(tenant, step, &far).await?;
            }
        }
        // They were gone, or another node was first.
        let now = self.taken_over(tenant).await?;
        if back && now.place < far.place {
            let act = self.bare_act(tenant, Kind::CeremonyStepsGone)?.detail(0);
            let act = once(act, &[b"ceremony back", &now.hash, &far.hash, &now.gone.0.to_be_bytes()]);
            self.commit_plain(act.effect(Effect::PutAdmission(far.row()))).await?;
        }
        Ok(far.gone)
    }

    async fn log_step(&self, tenant: TenantId, step: &CeremonyStep, far: &Far) -> Result<(), VaultError> {
        let mut act = once(self.bare_act(tenant, Kind::CeremonyStep)?, &[b"ceremony step", &step.hash]);
        act.draft.ceremony = Some(Box::new(note(step)));
        let body = act.draft.id.0.to_vec();
        let row = AdmissionRow { key: key_of(&step.hash), body, expires: NEVER, tag: [0; 16] };
        let act = act.effect(Effect::PutAdmission(row)).effect(Effect::PutAdmission(far.row()));
        self.commit_plain(act).await.map(drop)
    }

    /// What was taken over isn't what the key holder has: told, and taken over from where both still agree.
    async fn steps_are_gone(&self, tenant: TenantId, far: Far) -> Result<Millis, VaultError> {
        let kept = Far { gone: self.clock.now(), ..self.agreed_on(tenant).await? };
        let gone = far.place.saturating_sub(kept.place);
        tracing::error!(
            tenant = tenant.0,
            gone,
            "ALARM: steps of ceremonies that the log has aren't at the key holder any more"
        );
        let act = self.bare_act(tenant, Kind::CeremonyStepsGone)?.detail(gone);
        let act = once(act, &[b"ceremony gone", &far.hash, &kept.hash, &far.gone.0.to_be_bytes()]);
        self.commit_plain(act.effect(Effect::PutAdmission(kept.row()))).await?;
        Ok(kept.gone)
    }

    /// The last step up to which the key holder has what the log has.
    async fn agreed_on(&self, tenant: TenantId) -> Result<Far, VaultError> {
        let mut far = Far::NOTHING;
        loop {
            let steps = self.holder.ceremony_steps(far.place).await?.unwrap_or_default();
            let before = far.place;
            for step in &steps {
                if self.step_entry(tenant, &step.hash).await?.is_none() {
                    return Ok(far);
                }
                far = far.to(step);
            }
            if far.place == before {
                return Ok(far);
            }
        }
    }

    /// How far steps were taken over. Of an edited row nothing is believed but that it was edited now.
    async fn taken_over(&self, tenant: TenantId) -> Result<Far, VaultError> {
        let Some(row) = self.store.admission(tenant, FAR).await? else { return Ok(Far::NOTHING) };
        let genuine = row.tag == self.seals.tag(tenant, "admission", &row.material());
        let edited = Far { gone: self.clock.now(), ..Far::NOTHING };
        Ok(Far::read(&row.body).filter(|_| genuine).unwrap_or(edited))
    }

    /// The entry of a step, if it was taken over.
    pub(crate) async fn step_entry(&self, tenant: TenantId, hash: &[u8; 32]) -> Result<Option<EntryId>, VaultError> {
        let row = self.store.admission(tenant, key_of(hash)).await?;
        let row = row.filter(|row| row.tag == self.seals.tag(tenant, "admission", &row.material()));
        Ok(row.and_then(|row| row.body.try_into().ok()).map(EntryId))
    }
}
