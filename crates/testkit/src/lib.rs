//! Fixed clock, seeded randomness and ready-made worlds for tests.
//!
//! In scope: everything a test needs to stand a vault up on a real store, with people, customers and
//! interactions, repeatably. Out of scope: being part of the product; nothing but tests and benches depends on it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support: a world that can't be made must stop the test there and then"
)]

mod authenticator;
mod authority;
mod browser;
mod chance;
mod courier;
mod database;
mod mail;
mod people;
pub mod postgres;
mod proxy;
mod record;
mod secured;
mod slow_disk;
mod wait;
mod world;

pub use authenticator::{Attestation, Authenticator, PRESENT_AND_VERIFIED};
pub use authority::{Authority, Certified};
pub use browser::{BoundBrowser, Browser, Signature};
pub use chance::{FixedClock, Seeded};
pub use courier::{CaughtCode, Pocket};
pub use database::{Kept, TestDatabase};
pub use mail::MailServer;
pub use people::{Member, Staff};
pub use proxy::{Act, Message, Proxy, Side};
pub use record::{CARD, DATE_OF_BIRTH, EMAIL, IBAN, NAME, ORDER, PHONE, POSTCODE, ana, name_and_phone, record};
pub use secured::{DATABASE_HOST, DATABASE_PASSWORD, SecuredServer};
pub use wait::block_on;
pub use world::{FIRST, SECOND, START, TestWorld, tenant_config};
