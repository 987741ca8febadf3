//! Who takes part in a played day. Neither type has `Debug`: one holds a token, the other a person's data.

use crate::identity::Identity;

/// A simulated agent.
pub struct AgentSeat {
    /// The person's id, `per_` and 32 hex digits.
    pub person: String,
    /// The person's bearer token, `rft_...`.
    pub token: String,
}

/// What a customer knows and says on the phone.
#[derive(Clone)]
pub struct CallerProfile {
    /// Given and family name.
    pub name: String,
    /// Family name alone.
    pub family_name: String,
    /// Postcode of the address on file.
    pub postcode: String,
    /// Number on file, E.164.
    pub phone: String,
    /// Address on file.
    pub email: String,
    /// `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// Last four digits of the card on file.
    pub card_last4: String,
    /// Number of an order on file; empty without orders.
    pub order_number: String,
    /// Day of that order, `YYYY-MM-DD`; empty without orders.
    pub order_date: String,
}

impl From<&Identity> for CallerProfile {
    fn from(who: &Identity) -> Self {
        let order = who.orders.first();
        Self {
            name: who.name.clone(),
            family_name: who.family_name().to_owned(),
            postcode: who.postcode().to_owned(),
            phone: who.phone.clone(),
            email: who.email.clone(),
            date_of_birth: who.date_of_birth.clone(),
            card_last4: who.card_last4().to_owned(),
            order_number: order.map(|order| order.number.clone()).unwrap_or_default(),
            order_date: order.map(|order| order.date.clone()).unwrap_or_default(),
        }
    }
}

impl CallerProfile {
    /// What the caller answers when asked for a field; wrong but well-formed answers when `right` is false.
    pub(super) fn answer(&self, field: &str, right: bool) -> String {
        match (field, right) {
            ("name", true) => self.name.clone(),
            ("phone", true) => self.phone.clone(),
            ("email", true) => self.email.clone(),
            ("date_of_birth", true) => self.date_of_birth.clone(),
            ("name", false) => "Robin Nobody".to_owned(),
            ("phone", false) => "+447400000001".to_owned(),
            ("email", false) => "nobody@example.com".to_owned(),
            _ => "1930-01-01".to_owned(),
        }
    }
}
