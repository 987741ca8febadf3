//! What a tenant's people go by in one version of power: its limits, its rules, its data plan and its settings. Those that officers signed
//! count; without any, those of the configuration and of the program.

use crate::auth::Scope;
use crate::limits_form::Budgets;
use crate::planned::{Drift, Found, Planned, drift_from_rules};
use crate::settings_form::Settings;
use crate::wiring::Vault;
use crate::witnessing::Watch;
use domain::Limits;
use keys::Powers;
use keys::power::{LimitsText, PlanText, PowerBody, RulesText, SettingsText, THE_ONE};
use policy::{BUILT_IN, Rules, RulesError};
use std::sync::Arc;

/// Limits, rules, the data plan and settings.
#[derive(Clone)]
pub(crate) struct Governance {
    pub(crate) limits: Arc<Limits>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) planned: Arc<Planned>,
    pub(crate) settings: Arc<Settings>,
    /// The log's witnesses, as the settings name them.
    pub(crate) watch: Option<Arc<Watch>>,
    /// Can this program use the limits, the rules, the plan and the settings that officers signed?
    readable: [bool; 4],
    /// What comparing the plan with rules and limits found.
    found: Found,
    /// From which rows it was read.
    rows: [Option<Vec<u8>>; 4],
}

impl Governance {
    /// That of a tenant whose officers signed none of them.
    pub(crate) fn unsigned(limits: Limits, rules: Rules, planned: Planned) -> Self {
        let (limits, rules, planned) = (Arc::new(limits), Arc::new(rules), Arc::new(planned));
        Self {
            limits,
            rules,
            planned,
            settings: Arc::default(),
            watch: None,
            readable: [true; 4],
            found: Found::default(),
            rows: [const { None }; 4],
        }
    }

    /// The same by these settings; unusable where they can't be used.
    pub(crate) fn by_settings(mut self, settings: Settings) -> Self {
        let watch = settings.check().and_then(|()| settings.witnesses());
        self.readable[3] = watch.is_ok();
        self.watch = watch.ok().flatten().map(|(witnesses, places)| Arc::new(Watch::new(witnesses, places)));
        self.settings = Arc::new(settings);
        self
    }

    /// That of these rows. What `before` was read from isn't read again: so what its rules remember, and what is known of its
    /// witnesses, stays.
    pub(crate) fn of(powers: &Powers, unsigned: &Arc<Self>, before: Option<Arc<Self>>) -> Arc<Self> {
        let row = |kind| powers.0.get(&(kind, THE_ONE)).cloned();
        let rows = [LimitsText::KIND, RulesText::KIND, PlanText::KIND, SettingsText::KIND].map(row);
        let before = match before {
            Some(before) if before.rows == rows => return before,
            before => before,
        };
        let same = |which: usize| before.as_ref().filter(|before| before.rows[which] == rows[which]);
        let mut governance = Self { rows: rows.clone(), ..Self::clone(unsigned) };
        if let Some(row) = &rows[0] {
            let limits = LimitsText::decode(row).and_then(|text| Budgets::read(&text.toml).ok());
            governance.readable[0] = limits.is_some();
            governance.limits = limits.map_or_else(|| Arc::clone(&unsigned.limits), Arc::new);
        }
        if let Some(same) = same(2) {
            governance.readable[2] = same.readable[2];
            governance.planned = Arc::clone(&same.planned);
        } else if let Some(row) = &rows[2] {
            let planned = PlanText::decode(row).and_then(|text| Planned::read(&text.toml).ok());
            governance.readable[2] = planned.is_some();
            governance.planned = planned.map_or_else(|| Arc::clone(&unsigned.planned), Arc::new);
        }
        if let Some(same) = same(1) {
            governance.readable[1] = same.readable[1];
            governance.rules = Arc::clone(&same.rules);
        } else if let Some(row) = &rows[1] {
            let rules = RulesText::decode(row).and_then(|text| loaded(&text).ok());
            governance.readable[1] = rules.is_some();
            governance.rules = rules.map_or_else(|| Arc::clone(&unsigned.rules), Arc::new);
        }
        if let Some(same) = same(3) {
            governance.readable[3] = same.readable[3];
            (governance.settings, governance.watch) = (Arc::clone(&same.settings), same.watch.clone());
        } else if let Some(row) = &rows[3] {
            match SettingsText::decode(row).and_then(|text| Settings::read(&text.toml).ok()) {
                Some(settings) => governance = governance.by_settings(settings),
                None => governance.readable[3] = false,
            }
        }
        Arc::new(governance)
    }

    /// Where its plan says something else than its rules and limits do on a day. What was found is shared by all tenants and all
    /// versions of power, so it is known by all that was compared.
    pub(crate) fn drift(&self, day: plan::Date) -> Arc<[Drift]> {
        let limits = Budgets::of(&self.limits).toml();
        let one_each = [limits.as_bytes(), self.planned.text().as_bytes()];
        let rules = self.rules.told().iter().map(|rule| rule.text.as_bytes());
        let texts: Vec<&[u8]> = one_each.into_iter().chain(rules).collect();
        self.found.or(&texts, day, || drift_from_rules(self.planned.plan(), &self.rules, &self.limits, day))
    }

    /// Which of limits, rules, plan and settings officers signed, or were sealed with the first passkey.
    pub(crate) fn signed(&self) -> [bool; 4] {
        self.rows.each_ref().map(Option::is_some)
    }

    /// Can all of it be used? If not, nothing is disclosed.
    pub(crate) fn is_usable(&self) -> bool {
        self.readable == [true; 4]
    }
}

/// Limits, rules, the data plan and settings as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTexts {
    /// All limits, in TOML.
    pub limits: String,
    /// Are they signed or sealed? Otherwise they are the configuration's.
    pub own_limits: bool,
    /// Files of rules: name and text, in the order in which they speak.
    pub rules: Vec<(String, String)>,
    /// Are they signed? Otherwise they came with the program.
    pub own_rules: bool,
    /// The data plan, in TOML.
    pub plan: String,
    /// Is it signed? Otherwise it came with the program.
    pub own_plan: bool,
    /// All settings, in TOML.
    pub settings: String,
    /// Are they signed or sealed? Otherwise they are the configuration's of the node that is asked.
    pub own_settings: bool,
}

impl Vault {
    /// What a person's tenant goes by, as it is written: to be changed from there.
    #[must_use]
    pub fn texts(&self, scope: &Scope) -> SignedTexts {
        let governance = self.governance(scope.tenant);
        let [limits, rules, plan, settings] = &governance.rows;
        let signed = rules.as_ref().and_then(|row| RulesText::decode(row)).map(|text| text.files);
        let built_in = || BUILT_IN.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        SignedTexts {
            limits: Budgets::of(&governance.limits).toml(),
            own_limits: limits.is_some(),
            own_rules: signed.is_some(),
            rules: signed.unwrap_or_else(built_in),
            plan: governance.planned.text().to_owned(),
            own_plan: plan.is_some(),
            settings: governance.settings.toml(),
            own_settings: settings.is_some(),
        }
    }
}

/// Rules read from what officers signed.
pub(crate) fn loaded(text: &RulesText) -> Result<Rules, RulesError> {
    let files: Vec<(&str, &str)> = text.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Rules::load(&files)
}

/// The rules of these files; those that the program comes with, where there are none.
pub(crate) fn chosen(files: &[(String, String)]) -> Result<Rules, RulesError> {
    if files.is_empty() { Rules::built_in() } else { loaded(&RulesText { files: files.to_vec() }) }
}
