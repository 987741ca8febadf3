//! Other rules or limits: what everybody goes by from then on.

use super::change::Change;
use super::governance::chosen;
use super::proof::RulesProof;
use super::{Snapshot, told};
use crate::limits_form::Budgets;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::Refusal;
use keys::power::{LimitsText, PowerBody, RulesText, THE_ONE};
use minicbor::{Decoder, Encoder};
use std::sync::Arc;

/// A change of them.
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
}

impl Governing {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Rules { .. } => Kind::RulesChanged,
            Self::Limits { .. } => Kind::LimitsChanged,
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
        }
        Ok(())
    }

    /// After its number.
    pub(super) fn read(number: u8, d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        if number == 22 {
            return Ok(Some(Self::Limits { toml: d.str()?.to_owned() }));
        }
        let mut files = Vec::new();
        for _ in 0..d.array()?.unwrap_or_default() / 2 {
            files.push((d.str()?.to_owned(), d.str()?.to_owned()));
        }
        Ok(Some(Self::Rules { files }))
    }
}

impl Vault {
    /// Whether what is wished for can be used at all; and of rules, whether they are proved. Rules that are refuted can't be
    /// used.
    pub(super) async fn fitness(&self, wish: &Governing) -> Result<Option<bool>, (Refusal, String)> {
        match wish {
            Governing::Rules { files } => {
                let rules = chosen(files).map_err(|error| (Refusal::RulesUnfit, error.to_string()))?;
                match self.prover.prove(Arc::new(rules)).await {
                    RulesProof::Proved => Ok(Some(true)),
                    RulesProof::Unknown(why) => {
                        tracing::warn!(why, "rules couldn't be proved: they need two officers");
                        Ok(Some(false))
                    }
                    RulesProof::Refuted(broken) => {
                        let said = broken.iter().map(|one| format!("{} {} ({})", one.says, one.example, one.invariant));
                        Err((Refusal::RulesRefuted, said.collect::<Vec<_>>().join(" ")))
                    }
                }
            }
            Governing::Limits { toml } => match Budgets::read(toml) {
                Ok(_) => Ok(None),
                Err(error) => Err((Refusal::RulesUnfit, error.to_string())),
            },
        }
    }
}
