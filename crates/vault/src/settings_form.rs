//! Settings as they are written and signed: what a configuration says, beside limits, that decides over people and data. One text per
//! tenant, every setting said, by the names of the configuration.

mod differences;

pub use differences::SettingsDifference;
pub(crate) use differences::differences;

use crate::session::SessionRules;
use crate::wiring::VaultConfig;
use crate::witnessing::{WhenMissing, WitnessPlace, Witnesses};
use domain::interaction::Timeouts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use transparency::{VerifierKey, WitnessPolicy};

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Seconds until a revealed value is masked again.
    pub remask_s: u32,
    /// For how many days new staff have a quarter of each allowance per person.
    pub probation_days: u16,
    /// Days from one report to the board to the next.
    pub board_report_days: u16,
    /// `[interactions]`: when they run out.
    pub interactions: InteractionTimes,
    /// `[sign_in]`: how people's sessions on pages go.
    pub sign_in: SignInTimes,
    /// `[closes]`: how often the log is closed.
    pub closes: CloseTimes,
    /// `[trust]`: what partners' customers are told. Not written where it says nothing, so that older texts are as they were.
    #[serde(skip_serializing_if = "Trust::is_silent")]
    pub trust: Trust,
    /// Who else is believed, sent to and asked.
    #[serde(rename = "others")]
    pub parties: Parties,
}

/// How long an interaction may last at most: what must hold until its end, such as a no to a value, is counted for as long.
const LONGEST_INTERACTION_MS: i64 = 30 * 24 * 3_600_000;

/// `[interactions]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct InteractionTimes {
    /// Minutes without an event or an act.
    pub idle_minutes: u32,
    /// Minutes from its beginning.
    pub absolute_minutes: u32,
}

/// `[sign_in]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInTimes {
    /// May people sign in on a page with a bearer token?
    pub tokens: bool,
    /// Must each request carry its browser's signature?
    pub bound: bool,
    /// Minutes without a request, of somebody who serves customers.
    pub serving_idle_minutes: u32,
    /// Of anybody else.
    pub idle_minutes: u32,
    /// Hours from its beginning.
    pub absolute_hours: u32,
}

/// `[closes]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct CloseTimes {
    /// Seconds from one close to the next.
    pub every_s: u32,
}

/// `[trust]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trust {
    /// Is it told publicly how the defences stand?
    pub published: bool,
}

impl Trust {
    fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

/// `[others]`: those beyond the centre's people on whom disclosures hang, without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parties {
    /// The origin under which people and customers reach the pages: letters and codes lead customers there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Where one-time codes are posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub courier: Option<String>,
    /// The server that takes letters to customers, its security, and the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// The names of those that say who is in touch.
    pub event_sources: BTreeSet<String>,
    /// Through whom agents sign in: `ISSUER as CLIENT_ID`.
    pub identity_providers: BTreeSet<String>,
    /// Whom the log is told: `webhook URL for TYPES`, `ocsf PLACE`, `digest …`, each with what vouches for it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub outlets: BTreeSet<String>,
    /// Who cosigns the log.
    pub witnesses: Witnessing,
}

/// `[others.witnesses]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Witnessing {
    /// `URL KEY…` of each, with its keys as `ringfence witness key` prints them.
    pub places: BTreeSet<String>,
    /// How many must sign; more than half unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<usize>,
    /// What happens while too few do.
    pub when_missing: WhenMissing,
    /// Seconds that an entry may be without them before they count as missing.
    pub within_s: u32,
}

impl Default for Witnessing {
    fn default() -> Self {
        Self { places: BTreeSet::new(), quorum: None, when_missing: WhenMissing::Warn, within_s: 60 }
    }
}

/// Those of the program.
impl Default for Settings {
    fn default() -> Self {
        Self::of(&VaultConfig::default(), Parties::default())
    }
}

impl Default for InteractionTimes {
    fn default() -> Self {
        Settings::default().interactions
    }
}

impl Default for SignInTimes {
    fn default() -> Self {
        Settings::default().sign_in
    }
}

impl Default for CloseTimes {
    fn default() -> Self {
        Settings::default().closes
    }
}

/// Why settings can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// They can't be read.
    #[error("{0}; next: write them as docs/policy.md says")]
    Unreadable(String),
    /// They contradict themselves, or go too far.
    #[error("{0}; next: {1}")]
    Wrong(&'static str, &'static str),
}

fn minutes(ms: i64) -> u32 {
    u32::try_from(ms / 60_000).unwrap_or(u32::MAX)
}

impl Settings {
    /// Those of a configuration, for a tenant that hangs on these others.
    #[must_use]
    pub fn of(config: &VaultConfig, parties: Parties) -> Self {
        let VaultConfig {
            timeouts,
            remask_s,
            sessions,
            probation_days,
            board_report_days,
            close_every_s,
            trust_published,
            ..
        } = config;
        Self {
            remask_s: *remask_s,
            probation_days: *probation_days,
            board_report_days: *board_report_days,
            interactions: InteractionTimes {
                idle_minutes: minutes(timeouts.idle_ms),
                absolute_minutes: minutes(timeouts.absolute_ms),
            },
            sign_in: SignInTimes {
                tokens: sessions.tokens,
                bound: sessions.bound,
                serving_idle_minutes: minutes(sessions.serving_idle_ms),
                idle_minutes: minutes(sessions.idle_ms),
                absolute_hours: minutes(sessions.absolute_ms) / 60,
            },
            closes: CloseTimes { every_s: *close_every_s },
            trust: Trust { published: *trust_published },
            parties,
        }
    }

    /// Reads settings from TOML; what isn't said is as the program has it.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(toml: &str) -> Result<Self, SettingsError> {
        let given: Self =
            toml::from_str(toml).map_err(|error| SettingsError::Unreadable(error.message().to_owned()))?;
        given.check()?;
        Ok(given)
    }

    /// As TOML, every setting said.
    #[must_use]
    pub fn toml(&self) -> String {
        // Numbers, truth values and texts in tables can't fail to be written.
        toml::to_string(self).unwrap_or_default()
    }

    /// When interactions run out.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        let InteractionTimes { idle_minutes, absolute_minutes } = self.interactions;
        Timeouts { idle_ms: i64::from(idle_minutes) * 60_000, absolute_ms: i64::from(absolute_minutes) * 60_000 }
    }

    /// How people's sessions on pages go.
    #[must_use]
    pub fn sessions(&self) -> SessionRules {
        let SignInTimes { tokens, bound, serving_idle_minutes, idle_minutes, absolute_hours } = self.sign_in;
        SessionRules {
            bound,
            tokens,
            serving_idle_ms: i64::from(serving_idle_minutes) * 60_000,
            idle_ms: i64::from(idle_minutes) * 60_000,
            absolute_ms: i64::from(absolute_hours) * 3_600_000,
        }
    }

    /// Where the log's witnesses are, and what they must do; none where there are none.
    pub(crate) fn witnesses(&self) -> Result<Option<(Witnesses, Vec<WitnessPlace>)>, SettingsError> {
        let Witnessing { places, quorum, when_missing, within_s } = &self.parties.witnesses;
        let read: Vec<(WitnessPlace, Vec<VerifierKey>)> =
            places.iter().map(|text| place(text)).collect::<Option<_>>().ok_or(NO_WITNESS)?;
        if read.is_empty() {
            return Ok(None);
        }
        let quorum = quorum.unwrap_or(read.len() / 2 + 1);
        let (places, keys): (Vec<_>, Vec<_>) = read.into_iter().unzip();
        let policy = WitnessPolicy::new(keys.into_iter().flatten(), quorum).map_err(|_| NO_WITNESS)?;
        // Two places with one name would count once.
        if policy.witnesses().count() != places.len() {
            return Err(NO_WITNESS);
        }
        Ok(Some((Witnesses { policy, when_missing: *when_missing, within_s: *within_s }, places)))
    }

    /// Can they be served by?
    ///
    /// # Errors
    /// The first thing that is wrong, and how to mend it.
    pub fn check(&self) -> Result<(), SettingsError> {
        let (times, sessions, witnesses) = (self.timeouts(), self.sessions(), &self.parties.witnesses);
        let (short, long) =
            (sessions.serving_idle_ms.min(sessions.idle_ms), sessions.serving_idle_ms.max(sessions.idle_ms));
        let wrong = |problem, next| Err(SettingsError::Wrong(problem, next));
        match () {
            () if times.idle_ms <= 0 || times.absolute_ms < times.idle_ms => wrong(
                "[interactions] end before they begin",
                "give minutes above zero, absolute_minutes not below idle_minutes",
            ),
            () if times.absolute_ms > LONGEST_INTERACTION_MS => wrong(
                "[interactions] absolute_minutes is out of range",
                "give 43200 minutes at most, 30 days: for as long the counts of an interaction are kept",
            ),
            () if !(1..=31 * 86_400).contains(&self.closes.every_s) => {
                wrong("[closes] every_s is out of range", "give 1 to 2678400 seconds, a month")
            }
            () if !(1..=92).contains(&self.board_report_days) => {
                wrong("board_report_days is out of range", "give 1 to 92 days, a quarter of a year")
            }
            () if !(1..=600).contains(&self.remask_s) => wrong("remask_s is out of range", "give 1 to 600 seconds"),
            () if short <= 0 || sessions.absolute_ms < long || sessions.absolute_ms > 24 * 3_600_000 => wrong(
                "[sign_in] sessions end before they begin, or after more than a day",
                "give minutes above zero, and 1 to 24 absolute_hours that are no shorter",
            ),
            () if !(1..=86_400).contains(&witnesses.within_s) => {
                wrong("[witnesses] within_s is out of range", "give 1 to 86400 seconds")
            }
            () if witnesses.quorum == Some(0) => {
                wrong("[witnesses] quorum is zero", "leave it out, or remove the witnesses")
            }
            () => self.witnesses().map(drop),
        }
    }
}

const NO_WITNESS: SettingsError = SettingsError::Wrong(
    "the witnesses can't be used",
    "give each as its address and its keys, apart by spaces, and a quorum that isn't larger than their number",
);

/// `URL KEY…`, the keys of one name.
fn place(text: &str) -> Option<(WitnessPlace, Vec<VerifierKey>)> {
    let mut words = text.split(' ');
    let url = words.next()?.to_owned();
    let keys = words.map(|key| key.parse().ok()).collect::<Option<Vec<VerifierKey>>>()?;
    let name = keys.first()?.name().to_owned();
    keys.iter().all(|key| key.name() == name).then_some((WitnessPlace { name, url }, keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_as_they_were_written() {
        let mut own = Settings { remask_s: 30, ..Settings::default() };
        own.trust.published = true;
        own.parties.courier = Some("https://codes.example/x".to_owned());
        own.parties.event_sources = ["telephony", "tickets"].map(str::to_owned).into();
        own.parties.witnesses.when_missing = WhenMissing::Stop;
        for settings in [Settings::default(), own] {
            let text = settings.toml();
            assert_eq!(Settings::read(&text), Ok(settings.clone()), "{text}");
            assert_eq!(Settings::read(&text).unwrap().toml(), text);
        }
        assert_eq!(Settings::read(""), Ok(Settings::default()));
        assert!(Settings::read("[interactions]\nabsolute_minutes = 43200").is_ok(), "as long as a no is counted");
    }

    #[test]
    fn what_cannot_be_served_by_is_refused() {
        for wrong in
            ["remask_s = \"long\"", "remask = 3", "[interactions]\nidle_minutes = -1", "[others]\nmails = 1", "["]
        {
            assert!(matches!(Settings::read(wrong), Err(SettingsError::Unreadable(_))), "{wrong}");
        }
        let wrongs = [
            "remask_s = 0",
            "remask_s = 601",
            "board_report_days = 0",
            "board_report_days = 93",
            "[interactions]\nidle_minutes = 0",
            "[interactions]\nidle_minutes = 9\nabsolute_minutes = 8",
            "[interactions]\nabsolute_minutes = 43201",
            "[sign_in]\nidle_minutes = 0",
            "[sign_in]\nabsolute_hours = 25",
            "[closes]\nevery_s = 0",
            "[others.witnesses]\nwithin_s = 0",
            "[others.witnesses]\nquorum = 0",
            "[others.witnesses]\nplaces = [\"https://w.example\"]",
            "[others.witnesses]\nplaces = [\"https://w.example key\"]",
        ];
        for wrong in wrongs {
            assert!(matches!(Settings::read(wrong), Err(SettingsError::Wrong(..))), "{wrong}");
        }
    }
}
