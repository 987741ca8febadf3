//! The vault's behaviour, on the embedded store.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod allotments;
mod approvals;
mod approvals_no;
mod blast_radius;
mod board;
mod board_cases;
mod casework;
mod ceremony;
mod claiming;
mod closes;
mod closes_many;
mod codes;
mod compile_fail;
mod concurrency;
mod consents;
mod correcting;
mod correcting_accounts;
mod culture;
mod digests;
mod erasure;
mod events;
mod evidence;
mod four;
mod glass;
mod governance;
mod granting;
mod help;
mod holding;
mod keyholding;
mod kinds;
mod limiting;
mod log;
mod milestones;
mod missing;
mod notes;
mod outlets;
mod overview;
mod own_side;
mod packs;
mod passkeys;
mod people;
mod planning;
mod power;
mod power_changes;
mod power_cut;
mod proposals;
mod ready;
mod recount;
mod refusals;
mod replaying;
mod replays;
mod requests;
mod retention;
mod retention_many;
mod retention_parts;
mod reviving;
mod rewrapping;
mod roles;
mod sealed_copies;
mod searching;
mod second;
mod sequencing;
mod serving;
mod sessions;
mod settings;
mod setup_tokens;
mod shelves;
mod source;
mod speaking;
mod speaking_edited;
mod spending;
mod tampering;
mod tenants;
mod two_officers;
mod vectors;
mod verifying;
