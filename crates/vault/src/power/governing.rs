//! Other rules, limits, settings or another data plan: what everybody goes by from then on.

use super::change::Change;
use super::governance::{Governance, chosen};
use super::proof::RulesProof;
use super::{Snapshot, told};
use crate::limits_form::Budgets;
use crate::planned::{Planned, or_shipped};
use crate::private::entry::Kind;
use crate::settings_form::Settings;
use crate::wiring::Vault;
use domain::Refusal;
use keys::power::{LimitsText, PlanText, PowerBody, RulesText, SettingsText, THE_ONE};
use minicbor::{Decoder, Encoder};
use policy::Rules;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A change of one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Governing {
    /// Other rules, all of them; those that the program comes with, where no files are given.
    Rules {
        /// Names and texts, in the order in which they speak.
        files: Vec<(String, String)>,
    },
    /// Other limits.
    Limits {
        /// As `[budgets]` is written.
        toml: String,
    },
    /// Another data plan; the one that the program comes with, where it is empty.
    Plan {
        /// As `plan.toml` is written.
        toml: String,
    },
    /// Other settings.
    Settings {
        /// All of them; what isn't said is as the program has it.
        toml: String,
    },
}

impl Governing {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Rules { .. } => Kind::RulesChanged,
            Self::Limits { .. } => Kind::LimitsChanged,
            Self::Plan { .. } => Kind::PlanChanged,
            Self::Settings { .. } => Kind::SettingsChanged,
        }
    }

    /// The row that changes.
    pub(super) fn changes(&self) -> Result<Vec<Change>, Refusal> {
        match self {
            Self::Rules { files } if files.is_empty() => Ok(vec![Change::Drop((RulesText::KIND, THE_ONE))]),
            Self::Rules { files } => Ok(vec![Change::put(THE_ONE, &RulesText { files: files.clone() })]),
            Self::Limits { toml } => {
                let limits = Budgets::read(toml).map_err(|_| Refusal::RulesUnfit)?;
                Ok(vec![Change::put(THE_ONE, &LimitsText { toml: Budgets::of(&limits).toml() })])
            }
            Self::Plan { toml } if toml.is_empty() => Ok(vec![Change::Drop((PlanText::KIND, THE_ONE))]),
            Self::Plan { toml } => match Planned::read(toml) {
                Ok(_) => Ok(vec![Change::put(THE_ONE, &PlanText { toml: toml.clone() })]),
                Err(_) => Err(Refusal::PlanUnfit),
            },
            Self::Settings { toml } => {
                let settings = Settings::read(toml).map_err(|_| Refusal::RulesUnfit)?;
                Ok(vec![Change::put(THE_ONE, &SettingsText { toml: settings.toml() })])
            }
        }
    }

    /// What becomes different, in a sentence.
    pub(super) fn words(&self, snapshot: &Snapshot) -> String {
        match self {
            Self::Rules { files } => match chosen(files) {
                Ok(rules) => told::rules(&snapshot.governance, &rules),
                Err(error) => error.to_string(),
            },
            Self::Limits { toml } => match Budgets::read(toml) {
                Ok(limits) => told::limits(&snapshot.governance.limits, &limits),
                Err(error) => error.to_string(),
            },
            Self::Plan { toml } => match Planned::read(or_shipped(toml)) {
                Ok(planned) => told::plan(&snapshot.governance.planned, &planned),
                Err(error) => error.to_string(),
            },
            Self::Settings { toml } => match Settings::read(toml) {
                Ok(settings) => told::settings(&snapshot.governance.settings, &settings),
                Err(error) => error.to_string(),
            },
        }
    }

    /// Of rules, a plan and settings, each that becomes different; and what customers would then be told that isn't so, or in hard
    /// words.
    pub(super) fn details(&self, snapshot: &Snapshot, day: plan::Date) -> Vec<String> {
        let mut said = self.differences(snapshot);
        said.extend(self.drift(&snapshot.governance, day));
        if let Self::Plan { toml } = self
            && let Ok(planned) = Planned::read(or_shipped(toml))
        {
            let hard = planned.plan().hard_words(planned.text(), day);
            said.extend(hard.iter().map(|one| format!("Hint: {one}.")));
        }
        said
    }

    /// Where the plan and what is done would differ, and don't yet.
    fn drift(&self, before: &Governance, day: plan::Date) -> Vec<String> {
        let mut after = before.clone();
        match self {
            Self::Rules { files } => {
                let Ok(rules) = chosen(files) else { return Vec::new() };
                after.rules = Arc::new(rules);
            }
            Self::Limits { toml } => {
                let Ok(limits) = Budgets::read(toml) else { return Vec::new() };
                after.limits = Arc::new(limits);
            }
            Self::Plan { toml } => {
                let Ok(planned) = Planned::read(or_shipped(toml)) else { return Vec::new() };
                after.planned = Arc::new(planned);
            }
            Self::Settings { .. } => return Vec::new(),
        }
        let (known, found) = (before.drift(day), after.drift(day));
        let new = found.iter().filter(|one| !known.contains(one));
        new.map(|one| {
            let what = match one.misleads_customers() {
                true => "Customers would be told something else than is done.",
                false => "The data plan says otherwise.",
            };
            format!("{what} {} To mend: {}.", one.says, one.next)
        })
        .collect()
    }

    fn differences(&self, snapshot: &Snapshot) -> Vec<String> {
        match self {
            Self::Rules { files } => {
                chosen(files).map(|rules| told::rules_in_full(&snapshot.governance, &rules)).unwrap_or_default()
            }
            Self::Limits { .. } => Vec::new(),
            Self::Plan { toml } => Planned::read(or_shipped(toml))
                .map(|planned| told::plan_in_full(&snapshot.governance.planned, &planned))
                .unwrap_or_default(),
            Self::Settings { toml } => Settings::read(toml)
                .map(|settings| told::settings_in_full(&snapshot.governance.settings, &settings))
                .unwrap_or_default(),
        }
    }

    pub(super) fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> super::wish::Encoded {
        match self {
            Self::Rules { files } => {
                e.array(2)?.u8(21)?.array(2 * files.len() as u64)?;
                for (name, text) in files {
                    e.str(name)?.str(text)?;
                }
            }
            Self::Limits { toml } => drop(e.array(2)?.u8(22)?.str(toml)?),
            Self::Plan { toml } => drop(e.array(2)?.u8(23)?.str(toml)?),
            Self::Settings { toml } => drop(e.array(2)?.u8(24)?.str(toml)?),
        }
        Ok(())
    }

    /// After its number.
    pub(super) fn read(number: u8, d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        if number == 22 {
            return Ok(Some(Self::Limits { toml: d.str()?.to_owned() }));
        }
        if number == 23 {
            return Ok(Some(Self::Plan { toml: d.str()?.to_owned() }));
        }
        if number == 24 {
            return Ok(Some(Self::Settings { toml: d.str()?.to_owned() }));
        }
        let mut files = Vec::new();
        for _ in 0..d.array()?.unwrap_or_default() / 2 {
            files.push((d.str()?.to_owned(), d.str()?.to_owned()));
        }
        Ok(Some(Self::Rules { files }))
    }
}

/// What was found out about what is wished for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fitness {
    /// Of rules: are they proved?
    pub(super) proved: Option<bool>,
    /// Of rules: do they permit more?
    pub(super) widens: Option<bool>,
}

impl Vault {
    /// Whether what is wished for can be used at all; and of rules, whether they are proved and permit more. Rules that are
    /// refuted can't be used.
    pub(super) async fn fitness(&self, wish: &Governing, before: &Snapshot) -> Result<Fitness, (Refusal, String)> {
        match wish {
            Governing::Rules { files } => {
                let rules = chosen(files).map_err(|error| (Refusal::RulesUnfit, error.to_string()))?;
                let rules = Arc::new(rules);
                let proved = match self.prover.prove(Arc::clone(&rules)).await {
                    RulesProof::Proved => true,
                    RulesProof::Unknown(why) => {
                        tracing::warn!(why, "rules couldn't be proved: they need two officers");
                        false
                    }
                    RulesProof::Refuted(broken) => {
                        let said = broken.iter().map(|one| format!("{} {} ({})", one.says, one.example, one.invariant));
                        return Err((Refusal::RulesRefuted, said.collect::<Vec<_>>().join(" ")));
                    }
                };
                Ok(Fitness { proved: Some(proved), widens: Some(permits_more(rules, before).await) })
            }
            Governing::Limits { toml } => match Budgets::read(toml) {
                Ok(_) => Ok(Fitness::default()),
                Err(error) => Err((Refusal::RulesUnfit, error.to_string())),
            },
            Governing::Settings { toml } => match Settings::read(toml) {
                Ok(_) => Ok(Fitness::default()),
                Err(error) => Err((Refusal::RulesUnfit, error.to_string())),
            },
            Governing::Plan { toml } => {
                let today = plan::day_of(self.clock.now());
                let judged = Planned::read(or_shipped(toml)).and_then(|planned| planned.plan().counts_from(today));
                judged.map(|()| Fitness::default()).map_err(|faults| (Refusal::PlanUnfit, faults.to_string()))
            }
        }
    }
}

/// Do these rules permit something that those before don't? Asked beside what is being served: it is many questions. Where it
/// can't be told, they do.
async fn permits_more(rules: Arc<Rules>, before: &Snapshot) -> bool {
    if !before.governance.is_usable() {
        return true;
    }
    let (before, (told, found)) = (Arc::clone(&before.governance.rules), oneshot::channel());
    let asked = std::thread::Builder::new().name("widening".to_owned()).spawn(move || {
        // Who asked may have gone.
        let _ = told.send(rules.permit_more_than(&before).is_some());
    });
    asked.is_err() || found.await.unwrap_or(true)
}
