//! `[budgets]`: how much one person, team or tenant may learn, what acts weigh, and how many attempts there are.

use domain::{Allowance, FieldKind, Limits, PerWindow, Purpose, Weights};
use serde::Deserialize;

/// `[budgets]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budgets {
    /// One person's points of information.
    pub person: Points,
    /// One team's.
    pub team: Points,
    /// Everybody's together.
    pub tenant: Points,
    /// What each act weighs.
    pub weights: Weighing,
    /// One-time codes sent by one person, per hour.
    pub code_per_hour: Option<u32>,
    /// Answers checked in one interaction.
    pub verify_per_interaction: Option<u32>,
    /// Answers checked against one customer's record, per hour.
    pub verify_per_customer: Option<u32>,
    /// One-time codes sent in one interaction.
    pub code_per_interaction: Option<u32>,
}

/// `[budgets.person]` and so on: points in any sixty minutes, 24 hours and thirty days.
#[derive(Clone, Debug, Default, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, Deserialize)]
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
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Purposes { $($(#[$doc])* pub $name: Option<ForPurpose>,)* }

        impl Purposes {
            fn given(&self) -> impl Iterator<Item = (Purpose, ForPurpose)> {
                [$((Purpose::$purpose, self.$name)),*].into_iter().filter_map(|(purpose, given)| Some((purpose, given?)))
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
        #[derive(Clone, Debug, Default, Deserialize)]
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

impl Points {
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
        }
    }
}
