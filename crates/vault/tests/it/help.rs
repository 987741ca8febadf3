//! What the tests share.

use domain::budget::STEP_MS;
use domain::{
    Allowance, CustomerId, EntryId, FieldKind, InteractionId, Limits, PerWindow, Purpose, Refusal, Weights, Window,
};
use std::sync::Arc;
use testkit::{FIRST, PHONE, Pocket, TestWorld, ana, block_on};
use vault::{Heard, RevealCommand, Revealed, VaultConfig, VaultError, VerifyCommand};
use zeroize::Zeroizing;

/// An allowance that doesn't run out.
const MUCH: u32 = 1_000_000;

/// So many acts in any sixty minutes, whatever they tell.
pub(crate) fn acts(per_hour: u32) -> Limits {
    Limits { weights: Weights::EVEN, person: Allowance::of(PerWindow::hourly(per_hour)), ..Limits::default() }
}

/// What lets somebody do more counts as soon as it is signed.
pub(crate) fn at_once() -> VaultConfig {
    VaultConfig { limits: Limits { widening_waits_s: 0, ..Limits::default() }, ..VaultConfig::default() }
}

/// After so long nothing of an hour's allowance is spent any more, in milliseconds.
pub(crate) const HOUR_OVER_MS: i64 = 6 * STEP_MS + STEP_MS;

#[test]
fn an_hour_is_over_after_its_last_step() {
    assert_eq!(HOUR_OVER_MS, Window::Hour.length_ms() + STEP_MS);
}

/// A world with Ana, who called the agent from her number.
pub(crate) struct Call {
    pub(crate) world: TestWorld,
    pub(crate) customer: CustomerId,
    pub(crate) interaction: InteractionId,
}

impl Call {
    pub(crate) fn new(seed: u64) -> Self {
        Self::on(TestWorld::new(seed))
    }

    /// On the embedded engine, with allowances that don't run out.
    pub(crate) fn generous(seed: u64) -> Self {
        let limits = Limits { person: Allowance::of(PerWindow::hourly(MUCH)), ..Limits::default() };
        Self::on(TestWorld::embedded(seed, VaultConfig { limits, ..VaultConfig::default() }))
    }

    pub(crate) fn on(world: TestWorld) -> Self {
        let customer = world.add(ana());
        let interaction = world.call(&world.staff.agent, Some(PHONE));
        Self { world, customer, interaction }
    }

    pub(crate) fn command(&self, field: FieldKind) -> RevealCommand {
        let purpose = Purpose::for_field(field).first().copied().unwrap_or(Purpose::Payment);
        RevealCommand { customer: self.customer, interaction: self.interaction, field, instance: 1, purpose, key: None }
    }

    pub(crate) fn reveal(&self, command: &RevealCommand) -> Result<Revealed, VaultError> {
        let scope = self.world.scope(&self.world.staff.agent);
        block_on(self.world.vault.reveal(&scope, command))
    }

    pub(crate) fn said(&self, field: FieldKind, said: &str) -> VerifyCommand {
        let said = Zeroizing::new(said.to_owned());
        VerifyCommand { customer: self.customer, interaction: self.interaction, field, instance: 1, said }
    }

    pub(crate) fn hear(&self, heard: Heard) -> Result<InteractionId, VaultError> {
        let reference = self.world.reference(FIRST, self.interaction);
        self.world.hear(FIRST, &reference, heard)
    }

    /// The customer enters the code that was sent to them.
    pub(crate) fn prove(&self) {
        let pocket = Arc::new(Pocket::default());
        let scope = self.world.scope(&self.world.staff.agent);
        block_on(self.world.vault.send_code(&scope, self.interaction, Arc::clone(&pocket) as _)).unwrap();
        self.hear(Heard::CodeEntered(Zeroizing::new(pocket.last().code))).unwrap();
    }
}

/// The value as a screen gets it.
pub(crate) fn shown(revealed: Revealed) -> String {
    String::from_utf8(revealed.value.to_screen(b"", b"").to_vec()).unwrap()
}

/// The value that was revealed, or the test ends here.
pub(crate) fn value(result: Result<Revealed, VaultError>) -> String {
    shown(result.map_err(|error| panic!("{error:?}")).ok().unwrap())
}

/// The error, whatever the success would have been.
pub(crate) fn failure<T>(result: Result<T, VaultError>) -> VaultError {
    result.err().expect("this must not succeed")
}

/// The result must be this refusal, and the log must hold its entry saying so.
#[track_caller]
pub(crate) fn assert_refused<T>(world: &TestWorld, result: Result<T, VaultError>, expected: Refusal) -> EntryId {
    match failure(result) {
        VaultError::Refused { refusal, entry: Some(entry), .. } => {
            assert_eq!(refusal, expected);
            let body = world.line(FIRST, entry).body.expect("the refusal's entry opens");
            assert_eq!(body.decision, Err(expected));
            assert!(body.spent.is_empty(), "a refusal spends nothing");
            entry
        }
        other => panic!("expected {expected:?} with an entry, got {other:?}"),
    }
}
