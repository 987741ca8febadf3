//! The interaction state machine.
//!
//! Telephony and ticket systems deliver events late, twice and out of order. So the state is not a chain of
//! steps but a *fold over the set of events in the order they happened*: whatever order they arrive in, the
//! same set gives the same state.

use crate::casework::CASE_MS;
use crate::ids::{CustomerId, PersonId};
use crate::time::Millis;

/// How the customer and the person talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Telephone.
    Call,
    /// Written, live.
    Chat,
    /// Written, not live: mail or form.
    Ticket,
    /// Not at all: somebody of staff works on something of theirs, such as a returned letter. No source opens it.
    Case,
}

impl Channel {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Call, Self::Chat, Self::Ticket, Self::Case];
    /// Those by which a customer is in touch.
    pub const IN_TOUCH: [Self; 3] = [Self::Call, Self::Chat, Self::Ticket];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Chat => "chat",
            Self::Ticket => "ticket",
            Self::Case => "case",
        }
    }

    /// The channel of that name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.slug() == slug)
    }

    /// Is the customer in touch by it?
    #[must_use]
    pub fn is_in_touch(self) -> bool {
        self != Self::Case
    }
}

/// Some of the channels by which a customer is in touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Channels(u8);

impl Channels {
    /// All of them.
    pub const ALL: Self = Self(0b111);

    /// Is this one among them?
    #[must_use]
    pub fn contain(self, channel: Channel) -> bool {
        self.0 & (1 << channel as u8) != 0
    }

    /// Which ones.
    pub fn each(self) -> impl Iterator<Item = Channel> {
        Channel::IN_TOUCH.into_iter().filter(move |channel| self.contain(*channel))
    }
}

impl FromIterator<Channel> for Channels {
    fn from_iter<T: IntoIterator<Item = Channel>>(channels: T) -> Self {
        Self(channels.into_iter().fold(0, |bits, channel| bits | (1 << channel as u8)))
    }
}

/// How surely the interaction belongs to its customer; ordered by sureness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Binding {
    /// No customer yet.
    None,
    /// The agent searched and chose.
    Claimed,
    /// The caller's number or address found the customer.
    Matched,
    /// The customer's own device or one-time code, outside the agent's hands.
    Proven,
}

impl Binding {
    /// Every binding, the weakest first.
    pub const ALL: [Self; 4] = [Self::None, Self::Claimed, Self::Matched, Self::Proven];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Claimed => "claimed",
            Self::Matched => "matched",
            Self::Proven => "proven",
        }
    }
}

/// Where the interaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Something was heard of it, but not yet who handles it.
    Announced,
    /// Customer and person are talking.
    Connected,
    /// The customer waits.
    Held,
    /// Over, for good.
    Ended,
}

impl Phase {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Connected => "connected",
            Self::Held => "held",
            Self::Ended => "ended",
        }
    }
}

/// What the telephony or ticket system says happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happening {
    /// A person took the interaction. `caller`: the customer whose number or address it came from, if known.
    Connected {
        /// How they talk.
        channel: Channel,
        /// Who handles it.
        person: PersonId,
        /// Who is calling, found blindly.
        caller: Option<CustomerId>,
    },
    /// Another person handles it from now.
    Transferred {
        /// Who handles it.
        person: PersonId,
    },
    /// The customer waits.
    Held,
    /// They talk again.
    Resumed,
    /// It is over.
    Ended,
}

impl Happening {
    /// Order among events of the same millisecond: an end wins over all, a beginning comes first.
    fn rank(&self) -> u8 {
        match self {
            Self::Connected { .. } => 0,
            Self::Transferred { .. } => 1,
            Self::Held => 2,
            Self::Resumed => 3,
            Self::Ended => 4,
        }
    }
}

/// One event as it was signed by its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// When it happened, by the source's clock.
    pub at: Millis,
    /// The message's digest, by which a repeated delivery is known.
    pub id: [u8; 16],
    /// What happened.
    pub what: Happening,
}

impl Event {
    fn order(&self) -> (Millis, u8, [u8; 16]) {
        (self.at, self.what.rank(), self.id)
    }
}

/// What a set of events amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Where it stands.
    pub phase: Phase,
    /// How they talk.
    pub channel: Channel,
    /// Who handles it.
    pub person: Option<PersonId>,
    /// The customer on whom all events that name a caller agree; `None` if they differ: then nobody was matched.
    pub caller: Option<CustomerId>,
    /// When it began.
    pub started: Millis,
    /// When it ended.
    pub ended: Option<Millis>,
}

/// Folds a set of events, given in any order and with repetitions, into the state they amount to.
/// `None` for no events.
#[must_use]
pub fn fold(events: &[Event]) -> Option<State> {
    let mut sorted: Vec<&Event> = events.iter().collect();
    sorted.sort_by_key(|event| event.order());
    sorted.dedup_by_key(|event| event.id);
    let first = sorted.first()?;
    let mut state = State {
        phase: Phase::Announced,
        channel: Channel::Call,
        person: None,
        caller: None,
        started: first.at,
        ended: None,
    };
    for event in &sorted {
        state = step(state, event);
    }
    state.caller = agreed_caller(&sorted);
    Some(state)
}

/// An end is final: what is dated after it changes nothing. A hold or a resumption before anybody took the
/// interaction says nothing about who talks to whom, so it stays announced.
fn step(state: State, event: &Event) -> State {
    if state.phase == Phase::Ended {
        return state;
    }
    match event.what {
        Happening::Connected { channel, person, .. } => {
            State { phase: Phase::Connected, channel, person: Some(person), ..state }
        }
        Happening::Transferred { person } if state.person.is_some() => {
            State { phase: Phase::Connected, person: Some(person), ..state }
        }
        Happening::Held if state.person.is_some() => State { phase: Phase::Held, ..state },
        Happening::Resumed if state.person.is_some() => State { phase: Phase::Connected, ..state },
        Happening::Ended => State { phase: Phase::Ended, ended: Some(event.at), ..state },
        Happening::Transferred { .. } | Happening::Held | Happening::Resumed => state,
    }
}

fn agreed_caller(events: &[&Event]) -> Option<CustomerId> {
    let mut callers = events.iter().filter_map(|event| match event.what {
        Happening::Connected { caller, .. } => caller,
        _ => None,
    });
    let first = callers.next()?;
    callers.all(|other| other == first).then_some(first)
}

/// How long an interaction may live without a word from its source or its person, and at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Milliseconds without an event or an act.
    pub idle_ms: i64,
    /// Milliseconds from its beginning.
    pub absolute_ms: i64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { idle_ms: 30 * 60_000, absolute_ms: 4 * 3_600_000 }
    }
}

impl Timeouts {
    /// Has an interaction that began at `started` and was last active at `active` run out by `now`? Casework waits for
    /// answers of others, so it isn't ended by idling.
    #[must_use]
    pub fn expired(&self, channel: Channel, started: Millis, active: Millis, now: Millis) -> bool {
        match channel.is_in_touch() {
            true => now.since(active) > self.idle_ms || now.since(started) > self.absolute_ms,
            false => now.since(started) > CASE_MS,
        }
    }
}

#[cfg(test)]
mod tests;
