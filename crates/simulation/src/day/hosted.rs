//! The person whom a human signs in as: gets one customer after the other, and does the rest alone.

use super::act::{Caller, Channel};
use super::client::Client;
use super::perform::add_caller;
use super::phones::Delivered;
use super::profile::CallerProfile;
use crate::chance::Chance;
use serde_json::json;
use std::time::{Duration, SystemTime};

/// Chance's stream for this person; the day has the last one.
const STREAM: u64 = u64::MAX - 1;

/// Wait after a call, and before another try when a call couldn't be connected.
const BREATH: Duration = Duration::from_secs(3);

/// Interactions last from six to ten minutes.
const SHORTEST: Duration = Duration::from_secs(6 * 60);
const SPREAD_SECONDS: u32 = 4 * 60;

struct Interaction {
    reference: String,
    ends: SystemTime,
}

struct Code {
    reference: String,
    code: String,
    due: SystemTime,
}

pub(super) struct Hosted {
    person: String,
    callers: Vec<CallerProfile>,
    reference_base: String,
    chance: Chance,
    now: fn() -> SystemTime,
    count: usize,
    live: Option<Interaction>,
    next_call: SystemTime,
    codes: Vec<Code>,
}

impl Hosted {
    pub(super) fn new(
        person: String,
        callers: Vec<CallerProfile>,
        reference_base: &str,
        seed: u64,
        now: fn() -> SystemTime,
    ) -> Self {
        Self {
            person,
            callers,
            reference_base: reference_base.to_owned(),
            chance: Chance::new(seed, STREAM),
            now,
            count: 0,
            live: None,
            next_call: SystemTime::UNIX_EPOCH,
            codes: Vec::new(),
        }
    }

    /// Enters codes that are due, ends a call that has lasted long enough, and connects the next customer.
    pub(super) fn tend(&mut self, client: &mut Client) {
        let now = (self.now)();
        self.enter_codes(client, now);
        if self.live.as_ref().is_some_and(|live| live.ends <= now) {
            self.hang_up(client);
            self.next_call = now + BREATH;
        }
        if self.live.is_none() && self.next_call <= now {
            self.connect(client, now);
        }
    }

    /// True if the code is for this person's call; the customer enters it two to four seconds later.
    pub(super) fn receive(&mut self, delivered: &Delivered) -> bool {
        let Some(live) = self.live.as_ref().filter(|live| live.reference == delivered.interaction) else {
            return false;
        };
        let hesitation = Duration::from_millis(2_000 + u64::from(self.chance.below(2_001)));
        let due = (self.now)() + hesitation;
        // A newer code makes the older one useless.
        self.codes.clear();
        self.codes.push(Code { reference: live.reference.clone(), code: delivered.code.clone(), due });
        true
    }

    pub(super) fn hang_up(&mut self, client: &mut Client) {
        self.codes.clear();
        if let Some(live) = self.live.take() {
            client.event("ended", &live.reference, json!({}));
        }
    }

    fn enter_codes(&mut self, client: &mut Client, now: SystemTime) {
        for code in self.codes.extract_if(.., |code| code.due <= now) {
            client.event("code_entered", &code.reference, json!({"code": code.code}));
        }
    }

    fn connect(&mut self, client: &mut Client, now: SystemTime) {
        let (channel, caller) = self.manner();
        let Some(who) = self.callers.get(self.count % self.callers.len().max(1)) else { return };
        self.count += 1;
        let reference = format!("{}-{}-h{}", channel.slug(), self.reference_base, self.count);
        let mut data = json!({"channel": channel.slug(), "person": self.person});
        add_caller(&mut data, caller, who);
        if client.event("connected", &reference, data).is_success() {
            let ends = now + SHORTEST + Duration::from_secs(u64::from(self.chance.below(SPREAD_SECONDS)));
            self.live = Some(Interaction { reference, ends });
        } else {
            self.next_call = now + BREATH;
        }
    }

    /// The first customer calls from the number on file, later ones mostly.
    fn manner(&mut self) -> (Channel, Caller) {
        match (self.count, self.chance.below(100)) {
            (0, _) | (_, 0..70) => (Channel::Call, Caller::Phone),
            (_, 70..85) => (Channel::Chat, Caller::Email),
            _ => (Channel::Call, Caller::Withheld),
        }
    }
}
