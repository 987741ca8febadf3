//! Which micro-lessons somebody was shown, so that they aren't shown each day. It is used for nothing else: the row is sealed, its name
//! leads to nobody without the tenant's key, and the entry names no person.

use super::figures::{Group, grouped};
use super::{DAY_MS, MONTH_MS};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Lesson, Millis, PersonId, Refusal, TenantId};
use keys::derive::{mac, short};
use keys::power::spelled;
use std::collections::{BTreeMap, HashMap};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals};

/// After so long a lesson is shown again, in milliseconds.
const AGAIN_MS: i64 = 28 * DAY_MS;
/// For how long it is kept, in milliseconds.
const KEPT_MS: i64 = 60 * DAY_MS;
/// What its key is derived for.
const SEEN: &[u8] = b"rf1/lessons-seen";

/// How many lessons a group was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// How many people it is.
    pub people: u32,
    /// How many lessons, to tens, up to yesterday.
    pub lessons: u32,
}

type Seen = BTreeMap<u8, Millis>;

fn is_due(seen: &Seen, lesson: Lesson, now: Millis) -> bool {
    seen.get(&(lesson as u8)).is_none_or(|at| now.since(*at) >= AGAIN_MS)
}

impl Vault {
    fn seen_key(&self, tenant: TenantId, person: PersonId) -> Result<AdmissionKey, VaultError> {
        let id = short(mac(&self.keys(tenant)?.claim, &[b"lessons", &person.0]));
        Ok(AdmissionKey { kind: AdmissionKind::LessonsSeen, id })
    }

    /// What a row says; nothing of one that was edited: then lessons are shown once more.
    fn seen(&self, tenant: TenantId, row: &AdmissionRow) -> Seen {
        let genuine = row.tag == self.seals.tag(tenant, "admission", &row.material());
        let plain = genuine.then(|| self.open_text(tenant, SEEN, &row.key.id, &row.body).ok()).flatten();
        let pairs = |plain: zeroize::Zeroizing<Vec<u8>>| {
            let (pairs, _) = plain.as_chunks::<9>();
            pairs
                .iter()
                .map(|pair| (pair[0], Millis(i64::from_be_bytes(core::array::from_fn(|at| pair[at + 1])))))
                .collect()
        };
        plain.map(pairs).unwrap_or_default()
    }

    /// Which lessons this person wasn't shown in the last four weeks. Nothing waits for it: where the store fails there is none.
    pub async fn lessons_due(&self, scope: &Scope) -> Vec<Lesson> {
        let Ok(key) = self.seen_key(scope.tenant, scope.person()) else { return Vec::new() };
        let Ok(row) = self.store.admission(scope.tenant, key).await else { return Vec::new() };
        let seen = row.map(|row| self.seen(scope.tenant, &row)).unwrap_or_default();
        let now = self.clock.now();
        Lesson::ALL.iter().filter(|lesson| is_due(&seen, **lesson, now)).copied().collect()
    }

    /// This person was shown a lesson. The entry names nobody; of one that isn't due there is none, so that nobody fills the log with them.
    ///
    /// # Errors
    /// `Refused` as `PowerChanged` if two came at once; if the store fails.
    pub async fn lesson_seen(&self, scope: &Scope, lesson: Lesson) -> Result<(), VaultError> {
        let key = self.seen_key(scope.tenant, scope.person())?;
        let row = self.store.admission(scope.tenant, key).await?;
        let mut seen = row.as_ref().map(|row| self.seen(scope.tenant, row)).unwrap_or_default();
        if !is_due(&seen, lesson, self.clock.now()) {
            return Ok(());
        }
        let act = self.nobodys(scope, Kind::LessonSeen)?.detail(lesson as u64);
        let at = act.draft.at;
        seen.retain(|_, seen| at.since(*seen) < KEPT_MS);
        seen.insert(lesson as u8, at);
        let plain: Vec<u8> = seen.iter().flat_map(|(code, at)| [&[*code][..], &at.0.to_be_bytes()].concat()).collect();
        let body = self.seal_text(scope.tenant, SEEN, &key.id, &plain)?;
        let unchanged = Condition::Admission { key, tag: row.map(|row| row.tag), otherwise: Refusal::PowerChanged };
        let kept = AdmissionRow { key, body, expires: at.plus(KEPT_MS), tag: [0; 16] };
        self.commit_plain(act.when(unchanged).effect(Effect::PutAdmission(kept))).await.map(drop)
    }

    /// How many lessons the people of each team were shown in thirty whole days, up to yesterday. Counted so and to tens, because of two
    /// exact counts, a minute apart, the difference would be what one person just read.
    pub(super) async fn lessons_shown(&self, tenant: TenantId) -> Result<Vec<Group<Shown>>, VaultError> {
        let today = Millis(self.clock.now().0.div_euclid(DAY_MS) * DAY_MS);
        let rows = self.all_admissions(tenant, AdmissionKind::LessonsSeen).await?;
        let counts = |at: &&Millis| **at < today && today.since(**at) <= MONTH_MS;
        let lately = |row: &AdmissionRow| self.seen(tenant, row).values().filter(counts).count();
        let shown: HashMap<[u8; 16], usize> = rows.iter().map(|row| (row.key.id, lately(row))).collect();
        let power = self.power(tenant).await?;
        let mut teams: BTreeMap<String, (String, Shown)> = BTreeMap::new();
        for person in power.everybody() {
            if !person.role.serves() || power.has_left(person.id) {
                continue;
            }
            let own = shown.get(&self.seen_key(tenant, person.id)?.id).copied().unwrap_or(0);
            let (_, team) = teams
                .entry(spelled(&person.team))
                .or_insert_with(|| (person.team.clone(), Shown { people: 0, lessons: 0 }));
            team.people += 1;
            team.lessons = team.lessons.saturating_add(u32::try_from(own).unwrap_or(u32::MAX));
        }
        let add = |one: Shown, other: &Shown| Shown {
            people: one.people + other.people,
            lessons: one.lessons.saturating_add(other.lessons),
        };
        let mut groups = grouped(teams.into_values().collect(), |shown| shown.people, add);
        for group in &mut groups {
            group.shown.lessons = group.shown.lessons.saturating_add(5) / 10 * 10;
        }
        Ok(groups)
    }
}
