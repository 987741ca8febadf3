//! What a report measures: a list of small functions over what was gathered for its period.
//!
//! A measure without a source says so. Another source is one more member of [`Gathered`] and a few lines in its function.

use super::DAY_MS;
use super::paper::{Measure, MeasureStanding};
use crate::culture::Figures;
use crate::speak_up::{ACKNOWLEDGE_DAYS, ReportsMeasured};
use core::fmt::Write as _;
use domain::Millis;

const HOUR_MS: i64 = 3_600_000;
/// A pack older than this shows partners what no longer need be so, in milliseconds: a quarter of a year.
const OLDEST_PACK_MS: i64 = 91 * DAY_MS;
/// Half of those who report what they were tried with do so within this, in seconds.
const SLOWEST_S: u32 = 300;

/// Above so many values shown per 1,000 contacts the board is told that it is too many: two for each contact.
const MOST_PER_1000: i64 = 2_000;

/// What was counted between two moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gathered {
    /// Conversations that somebody took.
    pub(super) contacts: u64,
    /// Values shown to people.
    pub(super) values: u64,
    /// Of these, in an emergency, past every conversation.
    pub(super) glass: u64,
    /// Emergencies that a review found justified.
    pub(super) justified: u64,
    /// Entries that were taken out of the database or changed there.
    pub(super) lost: u64,
    /// What was reported, and how that was dealt with.
    pub(super) spoken: ReportsMeasured,
    /// How many drills hold now, of all that the program has.
    pub(super) drills: (u64, u64),
    /// When the oldest of those that hold was tried.
    pub(super) oldest_drill: Option<Millis>,
    /// What people made of the drills that they were tried with; none where no eight met one.
    pub(super) people: Option<Figures>,
    /// When the last pack for a partner was built.
    pub(super) pack: Option<Millis>,
    /// What of the data plan is past its day.
    pub(super) overdue: u64,
    /// Now.
    pub(super) now: Millis,
}

/// The measures, in the order of the page. The list is the same in every report, so that each has a trend.
const ALL: [fn(&Gathered) -> Measure; 7] =
    [unexplained, values_per_1000, drills, time_to_detect, reported, plan_overdue, pack_age];

/// All of them.
pub(super) fn measures(gathered: &Gathered) -> Vec<Measure> {
    ALL.iter().map(|measure| measure(gathered)).collect()
}

/// A measure that nothing gives yet.
fn unmeasured(name: &str, label: &str) -> Measure {
    Measure {
        name: name.to_owned(),
        label: label.to_owned(),
        value: None,
        said: "not measured yet".to_owned(),
        threshold: String::new(),
        standing: MeasureStanding::Unmeasured,
        trend: Vec::new(),
    }
}

/// One with a value; `bad` says that it is beyond its threshold.
fn measured(name: &str, label: &str, (value, said): (u64, String), threshold: &str, bad: bool) -> Measure {
    Measure {
        value: Some(i64::try_from(value).unwrap_or(i64::MAX)),
        said,
        threshold: threshold.to_owned(),
        standing: if bad { MeasureStanding::Beyond } else { MeasureStanding::Within },
        ..unmeasured(name, label)
    }
}

fn unexplained(it: &Gathered) -> Measure {
    let count = it.glass.saturating_sub(it.justified) + it.lost;
    let label = "Values shown that nobody has explained";
    measured("unexplained_reveals", label, (count, count.to_string()), "none", count > 0)
}

fn values_per_1000(it: &Gathered) -> Measure {
    let (name, label) = ("values_per_1000_contacts", "Values shown per 1,000 contacts");
    if it.contacts == 0 {
        return Measure { said: "not measured: nobody was in touch".to_owned(), ..unmeasured(name, label) };
    }
    let rate = it.values.saturating_mul(1_000) / it.contacts;
    let counted = |of: u64, what: &str| format!("{of} {what}{}", if of == 1 { "" } else { "s" });
    let said = format!("{rate} ({}, {})", counted(it.values, "value"), counted(it.contacts, "contact"));
    let most = u64::try_from(MOST_PER_1000).unwrap_or(u64::MAX);
    measured(name, label, (rate, said), "at most 2,000", rate > most)
}

fn drills(it: &Gathered) -> Measure {
    let (name, label) = ("drills_holding", "Attacks tried that were stopped, in percent");
    let (hold, of) = it.drills;
    if of == 0 {
        return Measure {
            said: "the program has no drills".to_owned(),
            standing: MeasureStanding::Beyond,
            threshold: "all".to_owned(),
            ..unmeasured(name, label)
        };
    }
    let age = it
        .oldest_drill
        .map_or(String::new(), |at| format!("; the oldest {} hours ago", it.now.since(at).max(0) / HOUR_MS));
    measured(name, label, (hold * 100 / of, format!("{hold} of {of} hold{age}")), "all", hold < of)
}

fn time_to_detect(it: &Gathered) -> Measure {
    let (name, label) = ("time_to_detect", "Seconds until half of those who noticed an attack reported it");
    let Some(people) = it.people else {
        let said = "not measured: fewer than eight people were tried".to_owned();
        return Measure { said, ..unmeasured(name, label) };
    };
    let threshold = format!("at most {SLOWEST_S}");
    let Some(speed) = people.median else {
        let said = format!("{} people were tried; nobody reported it", people.met);
        return Measure { said, threshold, standing: MeasureStanding::Beyond, ..unmeasured(name, label) };
    };
    let said = format!("at most {} ({} people were tried)", speed.within_s, people.met);
    measured(name, label, (speed.within_s.into(), said), &threshold, speed.within_s > SLOWEST_S)
}

/// Report rate and time in one: a report that nobody answers is soon the last.
fn reported(it: &Gathered) -> Measure {
    let (name, label) = ("reports", "Suspicious things that people reported");
    let of = &it.spoken;
    if of.edited {
        let said = "a report was changed in the database, or taken out".to_owned();
        return Measure { said, standing: MeasureStanding::Beyond, ..unmeasured(name, label) };
    }
    let mut said = of.came.to_string();
    if let Some(people) = it.people {
        let _ = write!(said, "; of {} tried, {} in 100 did", people.met, people.reported);
    }
    if of.came > 0 {
        let _ = write!(said, "; {} acknowledged in time", of.in_time);
    }
    if let Some(days) = of.median_days {
        let _ = write!(said, ", half within {days} days");
    }
    if of.overdue > 0 {
        let _ = write!(said, "; {} overdue", of.overdue);
    }
    let threshold = format!("at least one; all acknowledged within {ACKNOWLEDGE_DAYS} days");
    measured(name, label, (of.came, said), &threshold, of.came == 0 || of.in_time < of.came || of.overdue > 0)
}

fn plan_overdue(it: &Gathered) -> Measure {
    let label = "Parts of the data plan past their day";
    measured("plan_overdue", label, (it.overdue, it.overdue.to_string()), "none", it.overdue > 0)
}

fn pack_age(it: &Gathered) -> Measure {
    let (name, label) = ("pack_age", "Days since evidence was packed for a partner");
    let Some(at) = it.pack else {
        return Measure { said: "not measured: no pack was built".to_owned(), ..unmeasured(name, label) };
    };
    let age = it.now.since(at).max(0);
    let days = u64::try_from(age / DAY_MS).unwrap_or(0);
    let threshold = format!("at most {}", OLDEST_PACK_MS / DAY_MS);
    measured(name, label, (days, days.to_string()), &threshold, age > OLDEST_PACK_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::culture::Speed;

    fn of(gathered: &Gathered, name: &str) -> Measure {
        measures(gathered).into_iter().find(|measure| measure.name == name).unwrap()
    }

    #[test]
    fn each_counts_what_it_says_and_no_number_is_made_up() {
        let quiet = Gathered::default();
        let unmeasured: Vec<_> =
            measures(&quiet).into_iter().filter(|one| one.value.is_none()).map(|one| one.name).collect();
        assert_eq!(unmeasured, ["values_per_1000_contacts", "drills_holding", "time_to_detect", "pack_age"]);
        let busy = Gathered {
            contacts: 4,
            values: 9,
            glass: 2,
            justified: 1,
            lost: 1,
            spoken: ReportsMeasured { came: 3, in_time: 2, median_days: Some(1), overdue: 1, edited: false },
            drills: (3, 4),
            oldest_drill: Some(Millis(HOUR_MS)),
            people: Some(Figures {
                met: 20,
                reported: 60,
                fell: 10,
                median: Some(Speed { within_s: 600 }),
                fell_again: None,
            }),
            pack: Some(Millis(0)),
            overdue: 1,
            now: Millis(6 * HOUR_MS),
        };
        let value = |name: &str| (of(&busy, name).value, of(&busy, name).standing);
        assert_eq!(value("unexplained_reveals"), (Some(2), MeasureStanding::Beyond));
        assert_eq!(value("values_per_1000_contacts"), (Some(2_250), MeasureStanding::Beyond));
        assert_eq!(value("drills_holding"), (Some(75), MeasureStanding::Beyond));
        assert_eq!(of(&busy, "drills_holding").said, "3 of 4 hold; the oldest 5 hours ago");
        assert_eq!(value("reports"), (Some(3), MeasureStanding::Beyond));
        assert_eq!(value("plan_overdue"), (Some(1), MeasureStanding::Beyond));
        assert_eq!(
            of(&busy, "reports").said,
            "3; of 20 tried, 60 in 100 did; 2 acknowledged in time, half within 1 days; 1 overdue"
        );
        assert_eq!(value("time_to_detect"), (Some(600), MeasureStanding::Beyond));
        assert_eq!(value("pack_age"), (Some(0), MeasureStanding::Within));
        let later = Gathered { now: Millis(92 * DAY_MS), ..busy };
        assert_eq!(of(&later, "pack_age").standing, MeasureStanding::Beyond);
        let unheard = Figures { median: None, ..later.people.unwrap() };
        let unheard = Gathered { people: Some(unheard), ..later };
        assert_eq!(of(&unheard, "time_to_detect").standing, MeasureStanding::Beyond);
    }
}
