//! `[[digest]]`: mails with numbers, for people who decide.

use super::{Config, Tenant};
use crate::failure::Failure;
use crate::telling::To;
use carriers::MailDigest;
use domain::{Millis, PersonId};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use plan::Language;
use serde::Deserialize;
use std::sync::Arc;
use vault::DigestOutlet;

/// `[[digest]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// Where it goes.
    pub to: String,
    /// The id of the person who reads it: what it says is by their role and team.
    pub person: String,
    /// How often.
    #[serde(default)]
    pub every: Every,
    /// At which hour of the day there, 0 to 23.
    #[serde(default = "seven")]
    pub hour: i8,
    /// Where: a name of the time zone database, such as `Europe/Berlin`.
    #[serde(default = "utc")]
    pub zone: String,
    /// `en` or `de`.
    #[serde(default)]
    pub language: Tongue,
    /// The slug of the tenant; may be left out where there is only one.
    pub tenant: Option<String>,
}

/// How often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Every {
    /// Each day.
    #[default]
    Day,
    /// Each Monday.
    Week,
}

/// In which language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tongue {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

fn seven() -> i8 {
    7
}

fn utc() -> String {
    "UTC".to_owned()
}

impl Digest {
    fn name(&self) -> String {
        let Self { to, person, hour, zone, .. } = self;
        let every = match self.every {
            Every::Day => "each day",
            Every::Week => "each Monday",
        };
        format!("digest to {to} for {person}, {every} at {hour} in {zone}")
    }

    fn wrong(&self) -> Option<(String, &'static str)> {
        let problem = |what: &str| format!("[[digest]] for {}: {what}", self.person);
        if PersonId::parse(&self.person).is_none() {
            return Some((problem("the person isn't one"), "give their id, as ringfence person list shows it"));
        }
        if !(0..24).contains(&self.hour) {
            return Some((problem("the hour isn't one"), "give 0 to 23"));
        }
        if !self.to.contains('@') || self.to.contains(char::is_whitespace) {
            return Some((problem("the address isn't one"), "give an e-mail address"));
        }
        let zone = TimeZone::get(&self.zone);
        zone.err().map(|_| {
            (problem("the zone isn't known"), "give a name like Europe/Berlin; the system needs tzdata for it")
        })
    }

    fn made(&self, config: &Config) -> Result<MailDigest, Failure> {
        let wrong = || Failure::here("[[digest]] can't be used", "correct the configuration");
        let person = PersonId::parse(&self.person).ok_or_else(wrong)?;
        let zone = TimeZone::get(&self.zone).map_err(|_| wrong())?;
        let mail = config
            .mail
            .as_ref()
            .ok_or_else(|| Failure::here("[[digest]] needs a mail server", "add [mail], or remove the digest"))?;
        let (every, hour) = (self.every, self.hour);
        let language = match self.language {
            Tongue::En => Language::English,
            Tongue::De => Language::German,
        };
        let due = Box::new(move |after| due(after, every, hour, &zone));
        Ok(MailDigest { name: self.name(), person, to: self.to.clone(), language, due, mailer: mail.smtp()? })
    }
}

/// The next such hour after a moment; of a day that leaves it out, the moment that comes instead. A time that can't be reckoned with
/// is never.
fn due(after: Millis, every: Every, hour: i8, zone: &TimeZone) -> Millis {
    next(after, every, hour, zone).unwrap_or(Millis(i64::MAX))
}

fn next(after: Millis, every: Every, hour: i8, zone: &TimeZone) -> Option<Millis> {
    let after = Timestamp::from_millisecond(after.0).ok()?;
    let mut day = zone.to_datetime(after).date();
    for _ in 0..9 {
        let at = zone.to_timestamp(day.at(hour, 0, 0, 0)).ok()?;
        let fits = every == Every::Day || day.weekday() == jiff::civil::Weekday::Monday;
        if fits && at > after {
            return Some(Millis(at.as_millisecond()));
        }
        day = day.checked_add(1.day()).ok()?;
    }
    None
}

impl Config {
    pub(super) fn wrong_digests(&self) -> Option<(String, &'static str)> {
        self.digest.iter().find_map(Digest::wrong)
    }

    pub(super) fn digest_words(&self) -> impl Iterator<Item = (Option<&String>, String)> {
        self.digest.iter().map(|one| (one.tenant.as_ref(), one.name()))
    }

    pub(super) fn digest_names(&self, tenant: &Tenant) -> impl Iterator<Item = String> {
        self.digest.iter().filter(|one| self.is_of(one.tenant.as_ref(), &tenant.slug)).map(Digest::name)
    }

    /// Who reads digests, of each tenant.
    ///
    /// # Errors
    /// If one can't be sent.
    pub fn digests(&self) -> Result<Vec<To<dyn DigestOutlet>>, Failure> {
        let mut all: Vec<To<dyn DigestOutlet>> = Vec::new();
        for tenant in self.tenants() {
            for digest in self.digest.iter().filter(|one| self.is_of(one.tenant.as_ref(), &tenant.slug)) {
                all.push((tenant.clone(), Arc::new(digest.made(self)?)));
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(after: &str, every: Every, hour: i8) -> String {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        due(Millis::parse(after).unwrap(), every, hour, &zone).to_string().replace(".000Z", "Z")
    }

    #[test]
    fn a_digest_comes_at_its_hour_there_summer_and_winter() {
        assert_eq!(told("2026-01-10T05:59:00Z", Every::Day, 7), "2026-01-10T06:00:00Z");
        assert_eq!(told("2026-01-10T06:00:00Z", Every::Day, 7), "2026-01-11T06:00:00Z");
        assert_eq!(told("2026-07-10T06:00:00Z", Every::Day, 7), "2026-07-11T05:00:00Z");
        // A Saturday, and the Monday after it.
        assert_eq!(told("2026-01-10T06:00:00Z", Every::Week, 7), "2026-01-12T06:00:00Z");
        assert_eq!(told("2026-01-12T06:00:00Z", Every::Week, 7), "2026-01-19T06:00:00Z");
        // Two in the night isn't, on the day that summer begins; and comes twice on the day that it ends.
        assert_eq!(told("2026-03-28T12:00:00Z", Every::Day, 2), "2026-03-29T01:00:00Z");
        assert_eq!(told("2026-10-24T12:00:00Z", Every::Day, 2), "2026-10-25T00:00:00Z");
        assert_eq!(told("2026-10-25T00:00:00Z", Every::Day, 2), "2026-10-26T01:00:00Z");
    }

    #[test]
    fn a_time_beyond_all_calendars_is_never() {
        let zone = TimeZone::UTC;
        assert_eq!(due(Millis(i64::MAX), Every::Day, 7, &zone), Millis(i64::MAX));
    }
}
