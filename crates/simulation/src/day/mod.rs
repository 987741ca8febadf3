//! An ordinary day of a contact centre.
//!
//! [`acts`] is the day as a pure stream: the same seed and cast give the same acts. A [`Player`] plays it
//! against a running Ringfence, in every part that isn't Ringfence itself: the telephone system that says who
//! talks to whom (signed Standard Webhooks), the agents at their desks (bearer tokens), and the customers'
//! phones that receive one-time codes ([`Phones`]). One person can be left to a human: that person gets real
//! interactions, and the player never acts for them.

mod act;
mod acts;
mod client;
#[cfg(test)]
mod double;
mod hosted;
mod perform;
mod phones;
mod player;
mod profile;
mod script;
#[cfg(test)]
mod tests;

pub use act::{Act, Caller, Channel, Expect, SearchBy, Step};
pub use acts::{Cast, acts};
pub use phones::{Phones, Texted};
pub use player::{Player, PlayerConfig, PlayerError, Tally};
pub use profile::{AgentSeat, CallerProfile};
