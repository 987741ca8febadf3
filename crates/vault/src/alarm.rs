//! Alarms: what is wrong with a tenant's log right now. /security and, to security, `GET /v1/log/status` show them.

use crate::auth::Scope;
use crate::wiring::Vault;
use domain::{Millis, TenantId};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is wrong; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmKind {
    /// An attack got through in a drill, or a drill's result was edited in the database.
    DefencePierced,
    /// People and rights aren't what the key holder sealed.
    PowerTampered,
    /// A budget says less was spent than the log does.
    SpendingDisagrees,
    /// A witness signed more entries than the log holds.
    SetBack,
    /// A separate key holder noticed something that nobody has acknowledged there.
    HolderAlarmed,
    /// Steps of the root key's ceremonies that the log has aren't at the key holder any more.
    CeremonyStepsGone,
    /// A committed entry was deleted or changed in the database before it had its place.
    EntryLost,
    /// An envelope of a retired suite lies in the database.
    SuitePutBack,
    /// Too few witnesses sign, and the configuration refuses disclosures then.
    DisclosuresStopped,
    /// Too few witnesses sign.
    WitnessesMissing,
    /// What two officers were shown in an emergency wasn't reviewed in time, or its record is gone.
    GlassOverdue,
    /// Two officers broke the glass; nobody has reviewed it yet.
    GlassBroken,
    /// The record of a customer's request by right was changed in the database, is gone, or was put back.
    RequestsEdited,
    /// A customer's request by right wasn't answered in time.
    RequestsOverdue,
    /// A report to security was edited in the database.
    ReportsEdited,
    /// A report to security wasn't acknowledged or answered in time.
    ReportsOverdue,
    /// The way without a name was full again and again in the six hours before the last turn of the box.
    ReportsFull,
    /// A report to the board is late, or one was taken out of the database or changed there.
    BoardLineBroken,
    /// The record of a proposal was changed in the database, is gone, or was put back.
    ProposalsEdited,
    /// Officers signed a change that lets somebody do more; it waits for its time.
    AccessWidens,
    /// What the identity provider said of somebody was edited in the database.
    ListingEdited,
    /// A node's file says other settings than those that count, or than it did before.
    SettingsChanged,
    /// A bearer token from the setting up still counts, of a person, and no officer confirmed it for the role that they have.
    SetupTokens,
    /// Somebody to whom the log is told takes nothing, or how far they were told was edited in the database.
    OutletStalled,
    /// Committed entries wait for their places for too long.
    LogStalled,
    /// An algorithm is in use whose time is over by the data plan.
    AlgorithmOutlived,
    /// The data plan, and so the notice, says something else than the rules in force.
    NoticeDiffers,
}

impl AlarmKind {
    /// Every one, the worst first.
    pub const ALL: [Self; 27] = [
        Self::DefencePierced,
        Self::PowerTampered,
        Self::SpendingDisagrees,
        Self::SetBack,
        Self::HolderAlarmed,
        Self::CeremonyStepsGone,
        Self::EntryLost,
        Self::SuitePutBack,
        Self::DisclosuresStopped,
        Self::WitnessesMissing,
        Self::GlassOverdue,
        Self::GlassBroken,
        Self::RequestsEdited,
        Self::RequestsOverdue,
        Self::ReportsEdited,
        Self::ReportsOverdue,
        Self::ReportsFull,
        Self::BoardLineBroken,
        Self::ProposalsEdited,
        Self::AccessWidens,
        Self::ListingEdited,
        Self::SettingsChanged,
        Self::SetupTokens,
        Self::OutletStalled,
        Self::LogStalled,
        Self::AlgorithmOutlived,
        Self::NoticeDiffers,
    ];

    /// Its number in entries, which never changes.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::DefencePierced => 1,
            Self::PowerTampered => 2,
            Self::SpendingDisagrees => 3,
            Self::SetBack => 4,
            Self::HolderAlarmed => 5,
            Self::CeremonyStepsGone => 6,
            Self::EntryLost => 7,
            Self::SuitePutBack => 8,
            Self::DisclosuresStopped => 9,
            Self::WitnessesMissing => 10,
            Self::GlassOverdue => 11,
            Self::GlassBroken => 12,
            Self::RequestsOverdue => 13,
            Self::AccessWidens => 14,
            Self::ListingEdited => 15,
            Self::SettingsChanged => 16,
            Self::LogStalled => 17,
            Self::AlgorithmOutlived => 18,
            Self::OutletStalled => 19,
            Self::RequestsEdited => 20,
            Self::ReportsEdited => 21,
            Self::BoardLineBroken => 22,
            Self::ReportsOverdue => 23,
            Self::SetupTokens => 24,
            Self::NoticeDiffers => 25,
            Self::ReportsFull => 26,
            Self::ProposalsEdited => 27,
        }
    }

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::DefencePierced => "defence_pierced",
            Self::PowerTampered => "power_tampered",
            Self::SpendingDisagrees => "spending_disagrees",
            Self::SetBack => "log_set_back",
            Self::HolderAlarmed => "key_holder_alarmed",
            Self::CeremonyStepsGone => "ceremony_steps_gone",
            Self::EntryLost => "entry_lost",
            Self::SuitePutBack => "suite_put_back",
            Self::LogStalled => "log_stalled",
            Self::DisclosuresStopped => "disclosures_stopped",
            Self::WitnessesMissing => "witnesses_missing",
            Self::GlassOverdue => "glass_overdue",
            Self::GlassBroken => "glass_broken",
            Self::RequestsEdited => "requests_edited",
            Self::RequestsOverdue => "requests_overdue",
            Self::ReportsEdited => "reports_edited",
            Self::ReportsOverdue => "reports_overdue",
            Self::ReportsFull => "reports_full",
            Self::BoardLineBroken => "board_line_broken",
            Self::ProposalsEdited => "proposals_edited",
            Self::AccessWidens => "access_widens",
            Self::ListingEdited => "listing_edited",
            Self::SettingsChanged => "settings_changed",
            Self::SetupTokens => "setup_tokens",
            Self::OutletStalled => "outlet_stalled",
            Self::AlgorithmOutlived => "algorithm_outlived",
            Self::NoticeDiffers => "notice_differs",
        }
    }

    /// What happened, in words for whoever watches.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Self::DefencePierced => {
                "An attack got through when it was tried on decoys, or the result of such a trial was changed in the database behind Ringfence's back."
            }
            Self::PowerTampered => {
                "People or rights were changed in the database behind Ringfence's back, or an older database was put back. Disclosures are refused until it says again what it said before."
            }
            Self::SpendingDisagrees => {
                "What the database says was spent of an allowance is less than the log says: somebody deleted or set back a budget. Disclosures are refused until it is put right."
            }
            Self::HolderAlarmed => {
                "The key holder noticed something that a node, a database or a log of ours shouldn't do: keys asked for twice, a counter or a log that went back, a ceiling. It refused it, and nobody has acknowledged it there."
            }
            Self::CeremonyStepsGone => {
                "Steps of the root key's ceremonies that this log has aren't at the key holder any more: somebody cut them out or edited them, or its directory was put back."
            }
            Self::EntryLost => {
                "An act's entry was deleted, or changed, in the database after the act and before it had its place in the log."
            }
            Self::SuitePutBack => {
                "A value in the database is sealed with a suite that was retired: somebody put an older one back. It isn't opened."
            }
            Self::LogStalled => "Entries wait for their places in the log. They are durable, but have no proof yet.",
            Self::SetBack => "The log was set back: a witness signed more entries than it holds.",
            Self::DisclosuresStopped => "Disclosures are refused: too few witnesses sign the log.",
            Self::WitnessesMissing => "Too few witnesses sign the log. Disclosures go on.",
            Self::GlassOverdue => {
                "What two security officers saw of a customer in an emergency wasn't reviewed within five days, or the record of it was changed or taken out of the database."
            }
            Self::GlassBroken => {
                "Two security officers saw a customer's value in an emergency, past every live conversation. It waits for a review."
            }
            Self::RequestsOverdue => {
                "A customer's request to see, correct, take along or erase their data wasn't answered within the time that the law gives."
            }
            Self::RequestsEdited => {
                "The record of a customer's request was changed in the database behind Ringfence's back, taken out or put back."
            }
            Self::ReportsEdited => {
                "A report, the list of reports or what waits to become one was changed in the database behind Ringfence's back, taken out or put back."
            }
            Self::ReportsOverdue => {
                "Somebody reported something, and nobody has said within two days that it was read, or within thirty days what came of it."
            }
            Self::ReportsFull => {
                "In the six hours before the last turn of the box, the way to report without a name was full again and again, so that others may not have been able to report there."
            }
            Self::ListingEdited => {
                "What the identity provider said of somebody was changed in the database behind Ringfence's back. It counts for nothing: that person is left out of the provider's list, and nothing proposed for them can be applied."
            }
            Self::SettingsChanged => {
                "The file of a node says other settings than those to which two security officers agreed. Those go on counting; whoever runs the node wrote others: timeouts, the time until a value is masked again, who takes codes to customers, what happens without witnesses."
            }
            Self::SetupTokens => {
                "A person here can still act by a bearer token that IT gave while the centre was set up, before any security officer had a passkey. Whoever has that token is that person here."
            }
            Self::OutletStalled => {
                "A webhook, a collector or a digest to which officers agreed takes nothing, or wants nothing any more, or how far it was told was changed in the database behind Ringfence's back. What it wasn't told waits in the log."
            }
            Self::BoardLineBroken => {
                "A report to the board wasn't made in time, or one, or a member's key, was changed in the database behind Ringfence's back or taken out of it."
            }
            Self::ProposalsEdited => {
                "A change of people, rules or settings that officers signed was changed in the database behind Ringfence's back, taken out or put back: somebody may want nobody to see that it waits."
            }
            Self::AccessWidens => {
                "Security officers signed a change that lets somebody see or do more. It waits, so that you can object before it counts."
            }
            Self::AlgorithmOutlived => {
                "An algorithm is in use whose day in the data plan is over: passkeys that a quantum computer breaks, or values in an old suite."
            }
            Self::NoticeDiffers => {
                "The data plan, and the notice that customers read, says something else than the rules in force do."
            }
        }
    }

    /// What to do now.
    #[must_use]
    pub fn next(self) -> &'static str {
        match self {
            Self::DefencePierced => {
                "Open Defences: it names the attack. Decide whether to go on serving, have it mended, and try it again: ringfence drill run. It is told as long as its last result says so."
            }
            Self::PowerTampered => {
                "Find out who can write to the database. Keep a copy of it as it is; ringfence doctor names the row that was edited."
            }
            Self::SpendingDisagrees => {
                "The entry spending_disagrees in the log names whose budget it is: look at what they saw. Find out who can write to the database and keep a copy of it as it is. Then have IT run ringfence mend-budgets, which counts again what the log says."
            }
            Self::HolderAlarmed => {
                "Open Keys and witnesses: it names each alarm and when. docs/keyholder.md says what each means. Once it is explained, security acknowledges it on the key holder's machine: ringfence keyholder acknowledge."
            }
            Self::CeremonyStepsGone => {
                "Ask for the log's entries of the kind ceremony_step: they say what happened, and when. Compare them with ringfence ceremony status on the key holder's machine, and ask who was there. This stands for seven days."
            }
            Self::EntryLost => {
                "Find out who can write to the database. Keep it as it is and compare it with a backup; this node's own log names the entry."
            }
            Self::SuitePutBack => {
                "Find out who can write to the database, and whether an old backup was restored. Keep a copy of it as it is; ringfence crypto inventory counts such values."
            }
            Self::LogStalled => "Have IT look into this node's own log for the reason.",
            Self::SetBack => {
                "Keep everything as it is. Ask IT which backup was restored and why, and each witness for what it signed."
            }
            Self::DisclosuresStopped => {
                "Tell team leaders. Ask the witnesses' operators why they don't sign; it goes on by itself once enough do."
            }
            Self::GlassOverdue => {
                "Open Break-glass and review what is red. If a record is missing there, find out who can write to the database; the entries glass_broken in the log say what was shown and to whom."
            }
            Self::GlassBroken => {
                "Open Break-glass: it says who saw which kind of value and why, and until when it is to be reviewed. The board reviews it, or a security officer who was neither of the two."
            }
            Self::RequestsOverdue => {
                "Ask the data protection officer: their page Requests says which one, and since when."
            }
            Self::RequestsEdited => {
                "Find out who can write to the database and keep a copy of it as it is. The entries request_filed and request_step in the log say which requests there were, and how far each had come."
            }
            Self::ReportsEdited => {
                "Find out who can write to the database and keep a copy of it as it is. Open Reports: what was changed is marked there. The entries report, own_report and reports_taken in the log say when something was reported: put the rows back from a backup."
            }
            Self::ReportsOverdue => {
                "Open Reports: the red ones are late. Say to whoever reported that you have read it, or what came of it. The law gives seven days and three months."
            }
            Self::ReportsFull => {
                "Tell staff that they can report with their name, or by post or by word of mouth, until this is over. Have IT look for floods where the network ends, without writing down who opens that page. It comes and goes at 0, 6, 12 and 18 o'clock UTC alone, so that it tells of nobody's moment; Reports says about how many attempts the node that answers turned away."
            }
            Self::ListingEdited => {
                "Find out who can write to the database and keep a copy of it as it is. Put the row back from a backup."
            }
            Self::SettingsChanged => {
                "Read under Proposals what the file says otherwise. Ask IT who changed it and why; have it put back, or propose what it says. Where officers never signed settings the file counts meanwhile: have two of them sign. A node that was mended or stopped is told of for seven days."
            }
            Self::SetupTokens => {
                "Open People: it says how many, and marks each one. Whom you know signs in with a passkey: end their token. Whom you don't know has left. Where a program needs the token, confirm it. It is over once each is ended or confirmed."
            }
            Self::OutletStalled => {
                "Open Keys and witnesses: it says which one, and since when. Ask whoever runs it; it goes on by itself once it takes events again. One that wants nothing any more is dropped and added again under Proposals. If its row was edited, find out who can write to the database: what it was told last week is told again."
            }
            Self::BoardLineBroken => {
                "The page Board says which number. Find out who can write to the database and keep a copy of it as it is; the log has each report's hash. If it is only late, have IT look into this node's own log for the reason."
            }
            Self::ProposalsEdited => {
                "Find out who can write to the database and keep a copy of it as it is. The entries proposal_signed and proposal_withdrawn in the log say which changes wait. Sign nothing until each is under Proposals again, or ask who signed it and have it proposed anew."
            }
            Self::AccessWidens => {
                "Read it under Proposals: what it changes, who signed it and when it comes into force. If it shouldn't, have a security officer withdraw it before then."
            }
            Self::AlgorithmOutlived => {
                "Have IT run ringfence crypto inventory: what it calls outlived is to go. Replace such passkeys; move values with ringfence crypto rewrap --retire. Or sign a plan with a later day, and say why."
            }
            Self::NoticeDiffers => {
                "Open the data plan: it lists each difference and its mend. Tell the data protection officer, and have two officers sign other rules, or another plan."
            }
            Self::WitnessesMissing => {
                "Ask the witnesses' operators why they don't sign. Until enough do, the newest entries have no outside proof."
            }
        }
    }
}

/// An alarm that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What is wrong.
    pub kind: AlarmKind,
    /// Since when, as far as this node knows.
    pub since: Millis,
}

/// The alarms that were raised on this node and not yet taken back.
#[derive(Default)]
pub(crate) struct Alarms(Mutex<BTreeMap<(TenantId, AlarmKind), Millis>>);

impl Alarms {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(TenantId, AlarmKind), Millis>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Raises an alarm, or takes it back. One that stands keeps its moment.
    pub(crate) fn set(&self, tenant: TenantId, kind: AlarmKind, stands: bool, now: Millis) {
        let mut all = self.lock();
        if stands {
            all.entry((tenant, kind)).or_insert(now);
        } else {
            all.remove(&(tenant, kind));
        }
    }

    /// Does this one stand?
    pub(crate) fn stands(&self, tenant: TenantId, kind: AlarmKind) -> bool {
        self.lock().contains_key(&(tenant, kind))
    }

    fn of(&self, tenant: TenantId) -> Vec<Alarm> {
        let all = self.lock();
        let own = all.iter().filter(|((whose, _), _)| *whose == tenant);
        own.map(|((_, kind), since)| Alarm { kind: *kind, since: *since }).collect()
    }
}

impl Vault {
    /// The alarms that stand, the worst first, for who may see them; `None` for everybody else: whoever edits the
    /// database mustn't learn here that it was noticed.
    #[must_use]
    pub fn alarms_shown(&self, scope: &Scope) -> Option<Vec<Alarm>> {
        self.reads_alarms(scope).then(|| self.alarms(scope.tenant()))
    }

    /// The alarms that stand for a tenant's log, whoever asks; what is shown to a person is [`Self::alarms_shown`]'s.
    #[must_use]
    pub fn alarms(&self, tenant: TenantId) -> Vec<Alarm> {
        let mut alarms = self.alarms.of(tenant);
        alarms.extend(self.witness_alarm(tenant));
        alarms.extend(self.stalled_alarm(tenant));
        alarms.sort_by_key(|alarm| alarm.kind);
        alarms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_keeps_its_moment_until_it_is_taken_back_and_is_its_tenants_own() {
        let alarms = Alarms::default();
        let (one, other) = (TenantId(1), TenantId(2));
        let raise = |at| alarms.set(one, AlarmKind::SetBack, true, Millis(at));
        raise(5);
        raise(9);
        assert_eq!(alarms.of(one), [Alarm { kind: AlarmKind::SetBack, since: Millis(5) }]);
        assert!(alarms.of(other).is_empty() && !alarms.stands(other, AlarmKind::SetBack));
        alarms.set(one, AlarmKind::SetBack, false, Millis(10));
        assert!(alarms.of(one).is_empty());
        raise(11);
        assert_eq!(alarms.of(one)[0].since, Millis(11));
    }
}
