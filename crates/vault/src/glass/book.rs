//! All requests, for those who sign, review or are to notice.

use super::ask::NOTE;
use super::{ANSWER_MS, Glass, GlassId, GlassState, REVIEW_MS, Signing, Stage, USE_MS};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::pending::Counted;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{CustomerId, Emergency, FieldKind, Finding, Millis, Pending, TenantId};
use zeroize::Zeroizing;

/// What whoever looks can do with a request now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlassStep {
    /// Agree, or say no, as the second officer; what is to be signed for a yes.
    Answer([u8; 32]),
    /// Be shown the value; what is to be signed for that.
    Break([u8; 32]),
    /// Review it.
    Review,
}

/// A request, as those see it who watch.
pub struct GlassLine {
    /// Its name.
    pub id: GlassId,
    /// How far it has come.
    pub state: GlassState,
    /// What the officer is called who asked.
    pub asker: String,
    /// The second officer's name, once one has answered.
    pub second: Option<String>,
    /// Whose value, for officers: who only reviews needs no customer's id.
    pub customer: Option<CustomerId>,
    /// Which kind of field.
    pub field: FieldKind,
    /// Which of several.
    pub instance: u32,
    /// Why.
    pub reason: Emergency,
    /// What the asker wrote beside it, for officers and who reviews.
    pub note: Option<Zeroizing<String>>,
    /// When it was asked.
    pub asked: Millis,
    /// Until when it can be answered or used.
    pub until: Option<Millis>,
    /// When the value was shown.
    pub broken: Option<Millis>,
    /// By when a review is due.
    pub review_due: Option<Millis>,
    /// Is that past?
    pub overdue: bool,
    /// What came of the review, by whom and when.
    pub reviewed: Option<(Finding, String, Millis)>,
    /// What whoever looks can do now.
    pub step: Option<GlassStep>,
}

/// Everything, with what whoever looks may do and with which passkeys.
pub struct GlassBook {
    /// What is red first, then what waits, then the rest, the latest first.
    pub items: Vec<GlassLine>,
    /// Do the records not fit what the log counts? Then one was changed, taken out or put back.
    pub damaged: bool,
    /// May they ask?
    pub asks: bool,
    /// Their own passkeys that count: credential id and relying party.
    pub passkeys: Vec<(Vec<u8>, String)>,
}

/// What is kept, held against what the log counts.
pub(super) struct Shelf {
    pub(super) all: Vec<Glass>,
    /// How many wait for a review, as the log counts.
    pub(super) open: u64,
    /// A record was edited, or there are more or fewer that wait than the log counts.
    pub(super) damaged: bool,
}

impl Vault {
    /// The requests of the last ninety days, and all that wait for a review: for those who may see alarms. The reading is an
    /// entry.
    ///
    /// # Errors
    /// The refusal with its entry for others; if the store fails.
    pub async fn glass_book(&self, scope: &Scope) -> Result<GlassBook, VaultError> {
        let act = self.permitted(scope, policy::Act::ReadAlarms, Kind::DirectoryRead).await?;
        self.commit_plain(act).await?;
        let power = self.power_now(scope.tenant).await?;
        let Shelf { all, damaged, .. } = self.glass_shelf(scope.tenant).await?;
        let lines = all.iter().map(|glass| self.glass_line(scope, &power, glass));
        let mut items = lines.collect::<Result<Vec<_>, _>>()?;
        let open = |state| matches!(state, GlassState::Asked | GlassState::Agreed | GlassState::Broken);
        items.sort_by_key(|line| (!line.overdue, !open(line.state), -line.asked.0, line.id));
        let own = power.powers().officers().filter(|passkey| passkey.person == scope.person());
        Ok(GlassBook {
            items,
            damaged,
            asks: !self.glass_fields(scope).is_empty(),
            passkeys: own.map(|passkey| (passkey.credential, passkey.rp_id)).collect(),
        })
    }

    /// For what they may break the glass, with a second officer. What the rules say now.
    #[must_use]
    pub fn glass_fields(&self, scope: &Scope) -> Vec<FieldKind> {
        FieldKind::ALL.into_iter().filter(|field| self.glass_needs(scope, *field).is_ok()).collect()
    }

    fn glass_line(&self, scope: &Scope, power: &Snapshot, glass: &Glass) -> Result<GlassLine, VaultError> {
        let (now, me) = (self.clock.now(), scope.person());
        let state = glass.state(now);
        let name = |person| power.name(person).unwrap_or_default().to_owned();
        let (officer, reviews) =
            (!self.glass_fields(scope).is_empty(), self.may(scope, policy::Act::ReviewGlass).is_ok());
        let took_part =
            power.same_human(glass.asker, me) || glass.second().is_some_and(|two| power.same_human(two, me));
        let signed = |signing| glass.challenge(scope.tenant, signing);
        let step = match state {
            GlassState::Asked if self.may_agree(power, glass, me) => Some(GlassStep::Answer(signed(Signing::Agree))),
            GlassState::Agreed if glass.asker == me => Some(GlassStep::Break(signed(Signing::Break))),
            GlassState::Broken if reviews && !took_part => Some(GlassStep::Review),
            _ => None,
        };
        let note = match glass.note.is_empty() || !(officer || reviews) {
            true => None,
            false => Some(self.glass_note(scope.tenant, glass)?),
        };
        let until = match state {
            GlassState::Asked => Some(glass.since.plus(ANSWER_MS)),
            GlassState::Agreed => Some(glass.since.plus(USE_MS)),
            _ => None,
        };
        let reviewed = match &glass.stage {
            Stage::Reviewed { by, finding, .. } => Some((*finding, name(*by), glass.since)),
            _ => None,
        };
        Ok(GlassLine {
            id: glass.id,
            state,
            asker: name(glass.asker),
            second: glass.second().map(name),
            customer: self.reads_log(scope).then_some(glass.customer),
            field: glass.field,
            instance: glass.instance,
            reason: glass.reason,
            note,
            asked: glass.asked,
            until,
            broken: glass.broken(),
            review_due: glass.broken().map(|broken| broken.plus(REVIEW_MS)),
            overdue: glass.is_overdue(now),
            reviewed,
            step,
        })
    }

    fn glass_note(&self, tenant: TenantId, glass: &Glass) -> Result<Zeroizing<String>, VaultError> {
        let bytes = self.open_text(tenant, NOTE, &glass.id.0, &glass.note)?;
        let text = core::str::from_utf8(&bytes).map_err(|_| VaultError::Damaged)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// What is kept, held against what the log counts.
    pub(super) async fn glass_shelf(&self, tenant: TenantId) -> Result<Shelf, VaultError> {
        let Counted { rows, counted } = self.counted(tenant, Pending::Glass).await?;
        let all: Vec<Glass> = rows.iter().filter_map(|row| self.genuine_glass(tenant, row)).collect();
        let waiting = all.iter().filter(|glass| matches!(glass.stage, Stage::Broken { .. })).count() as u64;
        let (edited, open) = (all.len() < rows.len(), counted.unwrap_or(u64::MAX));
        Ok(Shelf { all, open, damaged: edited || waiting != open })
    }
}
