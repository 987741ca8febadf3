//! What other settings come to, in words: for whoever signs them, and for whoever finds that a file says something else.

use super::{CloseTimes, InteractionTimes, Parties, Settings, SignInTimes, Trust, Witnessing};
use crate::witnessing::WhenMissing;
use core::fmt::Display;
use std::collections::BTreeSet;

/// One setting that becomes different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsDifference {
    /// Does it let somebody see or do more, or hide more?
    pub widens: bool,
    /// In a sentence.
    pub says: String,
}

/// Which way of a number lets more happen.
#[derive(Clone, Copy)]
enum Wider {
    More,
    Less,
}

struct Differences(Vec<SettingsDifference>);

impl Differences {
    fn tell(&mut self, widens: bool, says: String) {
        self.0.push(SettingsDifference { widens, says });
    }

    fn number<N: Ord + Display>(&mut self, what: &str, wider: Wider, before: N, after: N) {
        if before != after {
            let widens = match wider {
                Wider::More => after > before,
                Wider::Less => after < before,
            };
            self.tell(widens, format!("{what}: from {before} to {after}."));
        }
    }

    fn truth(&mut self, what: &str, wider: bool, before: bool, after: bool) {
        let said = |yes| if yes { "yes" } else { "no" };
        if before != after {
            self.tell(after == wider, format!("{what}: from {} to {}.", said(before), said(after)));
        }
    }

    /// Another place lets somebody else see; none lets nobody.
    fn place(&mut self, what: &str, before: Option<&String>, after: Option<&String>) {
        let said = |place: Option<&String>| place.map_or("none".to_owned(), String::clone);
        if before != after {
            self.tell(after.is_some(), format!("{what}: from {} to {}.", said(before), said(after)));
        }
    }

    fn each(&mut self, what: &str, before: &BTreeSet<String>, after: &BTreeSet<String>, dropped_widens: bool) {
        for come in after.difference(before) {
            self.tell(true, format!("Add {what} {come}."));
        }
        for gone in before.difference(after) {
            self.tell(dropped_widens, format!("Drop {what} {gone}."));
        }
    }

    fn interactions(&mut self, before: InteractionTimes, after: InteractionTimes) {
        let InteractionTimes { idle_minutes, absolute_minutes } = before;
        let idle = "Minutes after which a quiet conversation is over (interactions.idle_minutes)";
        self.number(idle, Wider::More, idle_minutes, after.idle_minutes);
        let longest = "Minutes after which any conversation is over (interactions.absolute_minutes)";
        self.number(longest, Wider::More, absolute_minutes, after.absolute_minutes);
    }

    fn sign_in(&mut self, before: SignInTimes, after: SignInTimes) {
        let SignInTimes { tokens, bound, serving_idle_minutes, idle_minutes, absolute_hours } = before;
        self.truth("People may sign in on a page with an access token (sign_in.tokens)", true, tokens, after.tokens);
        let signs = "Each request of a page carries its browser's signature (sign_in.bound)";
        self.truth(signs, false, bound, after.bound);
        let serving = "Minutes after which the unused session of somebody who serves customers ends (sign_in.serving_idle_minutes)";
        self.number(serving, Wider::More, serving_idle_minutes, after.serving_idle_minutes);
        let idle = "Minutes after which anybody else's unused session ends (sign_in.idle_minutes)";
        self.number(idle, Wider::More, idle_minutes, after.idle_minutes);
        let longest = "Hours after which any session ends (sign_in.absolute_hours)";
        self.number(longest, Wider::More, absolute_hours, after.absolute_hours);
    }

    fn witnesses(&mut self, before: &Witnessing, after: &Witnessing) {
        let Witnessing { places, quorum, when_missing, within_s } = before;
        self.each("the log's witness", places, &after.places, true);
        if *quorum != after.quorum {
            let said = |quorum: Option<usize>| quorum.map_or("more than half".to_owned(), |quorum| quorum.to_string());
            let fewer = quorum.zip(after.quorum).is_none_or(|(before, after)| after <= before);
            let (from, to) = (said(*quorum), said(after.quorum));
            self.tell(fewer, format!("Witnesses who must sign (witnesses.quorum): from {from} to {to}."));
        }
        if *when_missing != after.when_missing {
            let stops = after.when_missing == WhenMissing::Stop;
            let says = if stops { "refused" } else { "not refused any more" };
            let says = format!("Without witnesses, disclosures are {says} (witnesses.when_missing).");
            self.tell(!stops, says);
        }
        let within = "Seconds that an entry may be without witnesses (witnesses.within_s)";
        self.number(within, Wider::More, *within_s, after.within_s);
    }

    fn parties(&mut self, before: &Parties, after: &Parties) {
        let Parties { origin, courier, mail, event_sources, identity_providers, outlets, witnesses } = before;
        self.place("Where links in codes and letters lead customers (origin)", origin.as_ref(), after.origin.as_ref());
        self.place("Where one-time codes are posted (courier)", courier.as_ref(), after.courier.as_ref());
        self.place("The server that takes letters to customers (mail)", mail.as_ref(), after.mail.as_ref());
        self.each("the source of events", event_sources, &after.event_sources, false);
        self.each("the identity provider", identity_providers, &after.identity_providers, false);
        // Dropping one hides from whoever it told.
        self.each("the outlet", outlets, &after.outlets, true);
        self.witnesses(witnesses, &after.witnesses);
    }
}

/// Each setting that differs, in the order of the configuration.
pub(crate) fn differences(before: &Settings, after: &Settings) -> Vec<SettingsDifference> {
    let mut all = Differences(Vec::new());
    let Settings { remask_s, probation_days, board_report_days, interactions, sign_in, closes, trust, parties } =
        before;
    let (CloseTimes { every_s }, Trust { published }) = (closes, trust);
    all.number(
        "Seconds until a value that is shown is masked again (remask_s)",
        Wider::More,
        *remask_s,
        after.remask_s,
    );
    all.number(
        "Days for which new staff have a quarter of each allowance (probation_days)",
        Wider::Less,
        *probation_days,
        after.probation_days,
    );
    all.number(
        "Days from one report to the board to the next (board_report_days)",
        Wider::More,
        *board_report_days,
        after.board_report_days,
    );
    all.interactions(*interactions, after.interactions);
    all.sign_in(*sign_in, after.sign_in);
    all.number(
        "Seconds from one close of the log to the next (closes.every_s)",
        Wider::More,
        *every_s,
        after.closes.every_s,
    );
    let told = "How the defences stand is told publicly, at /trust (trust.published)";
    all.truth(told, true, *published, after.trust.published);
    all.parties(parties, &after.parties);
    all.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one change comes to: does it widen, and does taking it back?
    fn both(change: fn(&mut Settings)) -> (bool, bool) {
        let (before, mut after) = (full(), full());
        change(&mut after);
        let widens = |one: &Settings, other: &Settings| differences(one, other).iter().any(|one| one.widens);
        assert!(!differences(&before, &after).is_empty());
        (widens(&before, &after), widens(&after, &before))
    }

    fn full() -> Settings {
        let mut full = Settings::default();
        full.parties.courier = Some("https://codes.example".to_owned());
        full.parties.witnesses.quorum = Some(2);
        full.parties.witnesses.places = ["https://w.example key"].map(str::to_owned).into();
        full
    }

    #[test]
    fn nothing_that_differs_is_left_untold_and_each_way_is_judged() {
        assert_eq!(differences(&full(), &full()), []);
        let more: [fn(&mut Settings); 16] = [
            |all| all.remask_s += 1,
            |all| all.probation_days -= 1,
            |all| all.board_report_days += 1,
            |all| all.interactions.idle_minutes += 1,
            |all| all.interactions.absolute_minutes += 1,
            |all| all.sign_in.bound = false,
            |all| all.sign_in.serving_idle_minutes += 1,
            |all| all.sign_in.idle_minutes += 1,
            |all| all.sign_in.absolute_hours += 1,
            |all| all.closes.every_s += 1,
            |all| all.trust.published = true,
            |all| all.parties.mail = Some("mail.example".to_owned()),
            |all| all.parties.event_sources.extend(["another".to_owned()]),
            |all| all.parties.identity_providers.extend(["https://id.example as rf".to_owned()]),
            |all| all.parties.witnesses.within_s += 1,
            |all| all.parties.witnesses.quorum = Some(1),
        ];
        for (which, change) in more.into_iter().enumerate() {
            assert_eq!(both(change), (true, false), "{which}");
        }
        let less: [fn(&mut Settings); 3] = [
            |all| all.sign_in.tokens = false,
            |all| all.parties.witnesses.when_missing = WhenMissing::Stop,
            |all| all.parties.courier = None,
        ];
        for (which, change) in less.into_iter().enumerate() {
            assert_eq!(both(change), (false, true), "{which}");
        }
        // Whoever else is sent to, or signs, is never only less.
        let other: [fn(&mut Settings); 4] = [
            |all| all.parties.courier = Some("https://other.example".to_owned()),
            |all| all.parties.witnesses.quorum = None,
            |all| all.parties.witnesses.places.clear(),
            |all| all.parties.outlets.extend(["ocsf https://siem.example".to_owned()]),
        ];
        for (which, change) in other.into_iter().enumerate() {
            assert_eq!(both(change), (true, true), "{which}");
        }
    }

    #[test]
    fn a_difference_is_told_in_words_and_by_its_name_in_the_configuration() {
        let mut after = full();
        (after.remask_s, after.parties.courier) = (60, None);
        let told: Vec<String> = differences(&full(), &after).into_iter().map(|one| one.says).collect();
        assert_eq!(
            told,
            [
                "Seconds until a value that is shown is masked again (remask_s): from 20 to 60.",
                "Where one-time codes are posted (courier): from https://codes.example to none.",
            ]
        );
    }
}
