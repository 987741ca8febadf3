//! Limits as they are written, in `[budgets]` of the configuration and in what officers sign: how much one person, team or
//! tenant may learn, what acts weigh, and how many attempts there are.

use domain::{Allowance, FieldKind, Limits, PerWindow, Purpose, Weights};
use serde::{Deserialize, Serialize};

/// `[budgets]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budgets {
    /// One-time codes sent by one person, per hour.
    pub code_per_hour: Option<u32>,
    /// Answers checked in one interaction.
    pub verify_per_interaction: Option<u32>,
    /// Answers checked against one customer's record, per hour.
    pub verify_per_customer: Option<u32>,
    /// One-time codes sent in one interaction.
    pub code_per_interaction: Option<u32>,
    /// Different fields of one record shown in one interaction without a second person.
    pub fields_per_interaction: Option<u32>,
    /// Second people asked for by one person, per hour.
    pub approval_per_hour: Option<u32>,
    /// How often one person says yes as a second person, per hour.
    pub agreed_per_hour: Option<u32>,
    /// Seconds that a change which lets somebody do more waits, once it is signed.
    pub widening_waits_s: Option<u32>,
    /// One person's points of information.
    pub person: Points,
    /// One team's.
    pub team: Points,
    /// Everybody's together.
    pub tenant: Points,
    /// What each act weighs.
    pub weights: Weighing,
}

/// `[budgets.person]` and so on: points in any sixty minutes, 24 hours and thirty days.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Points {
    /// In any sixty minutes.
    pub hour: Option<u32>,
    /// In any 24 hours.
    pub day: Option<u32>,
    /// In any thirty days.
    pub days_30: Option<u32>,
    /// For one purpose.
    pub purpose: Purposes,
}

/// One limit of each kind for a purpose: no limit of its own where nothing is said.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForPurpose {
    /// In any sixty minutes.
    pub hour: Option<u32>,
    /// In any 24 hours.
    pub day: Option<u32>,
    /// In any thirty days.
    pub days_30: Option<u32>,
}

macro_rules! purposes {
    ($($(#[$doc:meta])* $name:ident: $purpose:ident),* $(,)?) => {
        /// `[budgets.person.purpose.payment]` and so on.
        #[derive(Clone, Debug, Default, Deserialize, Serialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Purposes { $($(#[$doc])* pub $name: Option<ForPurpose>,)* }

        impl Purposes {
            fn given(&self) -> impl Iterator<Item = (Purpose, ForPurpose)> {
                [$((Purpose::$purpose, self.$name)),*].into_iter().filter_map(|(purpose, given)| Some((purpose, given?)))
            }

            fn of(allowance: &Allowance) -> Self {
                // One without a limit is said too: left out, it would be as by default.
                Self { $($name: Some(ForPurpose::of(allowance.purpose(Purpose::$purpose))),)* }
            }
        }
    };
}

purposes! {
    /// A delivery.
    delivery: Delivery,
    /// Ringing back.
    callback: Callback,
    /// Writing.
    correspondence: Correspondence,
    /// A payment.
    payment: Payment,
    /// Making sure of the caller.
    verification: Verification,
    /// A complaint.
    complaint: Complaint,
    /// A correction.
    correction: Correction,
}

macro_rules! weighing {
    (fields { $($field:ident: $kind:ident),* $(,)? } acts { $($act:ident),* $(,)? }) => {
        /// `[budgets.weights]`: a value shown, by kind of field, and the other acts.
        #[derive(Clone, Debug, Default, Deserialize, Serialize)]
        #[serde(deny_unknown_fields, default)]
        #[allow(missing_docs, reason = "the names are the fields' and acts' own")]
        pub struct Weighing { $(pub $field: Option<u32>,)* $(pub $act: Option<u32>,)* }

        impl Weighing {
            fn over(&self, default: Weights) -> Weights {
                let mut weights = default;
                $(if let Some(weight) = self.$field { weights = weights.with(FieldKind::$kind, weight); })*
                $(weights.$act = self.$act.unwrap_or(weights.$act);)*
                weights
            }

            fn of(weights: &Weights) -> Self {
                Self { $($field: Some(weights.reveal(FieldKind::$kind)),)* $($act: Some(weights.$act),)* }
            }

            fn all(&self) -> impl Iterator<Item = u32> {
                [$(self.$field,)* $(self.$act,)*].into_iter().flatten()
            }
        }
    };
}

weighing! {
    fields {
        name: Name, postal_address: PostalAddress, phone: Phone, email: Email, date_of_birth: DateOfBirth, card: Card,
        bank_account: BankAccount, order: Order, preference: Preference, note: Note,
    }
    acts { view, search_miss, search_hit, verify_pass, verify_fail }
}

impl ForPurpose {
    fn of(limits: PerWindow) -> Self {
        let said = |limit: u32| (limit < u32::MAX).then_some(limit);
        Self { hour: said(limits.hour), day: said(limits.day), days_30: said(limits.month) }
    }
}

impl Points {
    fn of(allowance: &Allowance) -> Self {
        let PerWindow { hour, day, month } = allowance.all;
        Self { hour: Some(hour), day: Some(day), days_30: Some(month), purpose: Purposes::of(allowance) }
    }

    fn over(&self, default: Allowance) -> Allowance {
        let of = |limits: PerWindow, hour: Option<u32>, day: Option<u32>, month: Option<u32>| PerWindow {
            hour: hour.unwrap_or(limits.hour),
            day: day.unwrap_or(limits.day),
            month: month.unwrap_or(limits.month),
        };
        let mut whole = default;
        whole.all = of(default.all, self.hour, self.day, self.days_30);
        self.purpose.given().fold(whole, |allowance, (purpose, given)| {
            allowance.with(purpose, of(PerWindow::ANY, given.hour, given.day, given.days_30))
        })
    }
}

impl Budgets {
    /// With the defaults for what isn't given.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let default = Limits::default();
        Limits {
            weights: self.weights.over(default.weights),
            person: self.person.over(default.person),
            team: self.team.over(default.team),
            tenant: self.tenant.over(default.tenant),
            code_per_hour: self.code_per_hour.unwrap_or(default.code_per_hour),
            verify_per_interaction: self.verify_per_interaction.unwrap_or(default.verify_per_interaction),
            verify_per_customer: self.verify_per_customer.unwrap_or(default.verify_per_customer),
            code_per_interaction: self.code_per_interaction.unwrap_or(default.code_per_interaction),
            fields_per_interaction: self.fields_per_interaction.unwrap_or(default.fields_per_interaction),
            approval_per_hour: self.approval_per_hour.unwrap_or(default.approval_per_hour),
            agreed_per_hour: self.agreed_per_hour.unwrap_or(default.agreed_per_hour),
            widening_waits_s: self.widening_waits_s.unwrap_or(default.widening_waits_s),
        }
    }
}

/// Why limits can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// They can't be read.
    #[error("{0}; next: write them as [budgets] of the configuration is written")]
    Unreadable(String),
    /// Something would cost nothing.
    #[error("a weight is 0, so that somebody could learn without end; next: let everything weigh at least 1")]
    Weightless,
}

impl Budgets {
    /// These limits, every number said.
    #[must_use]
    pub fn of(limits: &Limits) -> Self {
        Self {
            code_per_hour: Some(limits.code_per_hour),
            verify_per_interaction: Some(limits.verify_per_interaction),
            verify_per_customer: Some(limits.verify_per_customer),
            code_per_interaction: Some(limits.code_per_interaction),
            fields_per_interaction: Some(limits.fields_per_interaction),
            approval_per_hour: Some(limits.approval_per_hour),
            agreed_per_hour: Some(limits.agreed_per_hour),
            widening_waits_s: Some(limits.widening_waits_s),
            person: Points::of(&limits.person),
            team: Points::of(&limits.team),
            tenant: Points::of(&limits.tenant),
            weights: Weighing::of(&limits.weights),
        }
    }

    /// Reads limits from TOML; what isn't said is as by default.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(toml: &str) -> Result<Limits, LimitsError> {
        let given: Self = toml::from_str(toml).map_err(|error| LimitsError::Unreadable(error.message().to_owned()))?;
        given.check()?;
        Ok(given.limits())
    }

    /// Does everything cost something?
    ///
    /// # Errors
    /// `Weightless` if not.
    pub fn check(&self) -> Result<(), LimitsError> {
        if self.weights.all().any(|weight| weight == 0) { Err(LimitsError::Weightless) } else { Ok(()) }
    }

    /// As TOML.
    #[must_use]
    pub fn toml(&self) -> String {
        // Numbers in tables can't fail to be written.
        toml::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_come_back_as_they_were_written() {
        let changed = "code_per_hour = 7\n[person]\nday = 9\n[person.purpose.payment]\nhour = 2\n[weights]\nname = 5\n";
        let unlimited = Limits { person: Allowance::of(PerWindow::hourly(7)), ..Limits::default() };
        for limits in [Limits::default(), unlimited, Budgets::read(changed).unwrap()] {
            let text = Budgets::of(&limits).toml();
            assert_eq!(Budgets::read(&text), Ok(limits), "{text}");
        }
    }

    #[test]
    fn nothing_is_free_and_nothing_is_guessed() {
        assert_eq!(Budgets::read("[weights]\nview = 0\n"), Err(LimitsError::Weightless));
        for wrong in ["person = 3", "[persn]\nhour = 1", "[person]\nhour = -1", "[person]\nhour = 99999999999", "["] {
            assert!(matches!(Budgets::read(wrong), Err(LimitsError::Unreadable(_))), "{wrong}");
        }
    }
}
