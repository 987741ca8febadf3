//! A way to their own page for who has no e-mail address on file: who gets in by a code to their number, and who doesn't.

use crate::help::{assert_refused, failure};
use crate::own_side::resume;
use domain::{Binding, CustomerId, FieldKind, Guard, InteractionId, Limits, Refusal, TenantId};
use std::sync::Arc;
use testkit::{CaughtCode, DATE_OF_BIRTH, EMAIL, FIRST, PHONE, Pocket, SECOND, TestWorld, block_on, record};
use vault::{CodeSent, Heard, Kind, OwnClaim, VaultConfig, VaultError};
use zeroize::Zeroizing;

const MINUTE: i64 = 60_000;
const PAGE: &str = "https://desk.example.com/me/acme/en/claim";

/// A customer without an e-mail address, on the line.
struct Line {
    world: TestWorld,
    customer: CustomerId,
    interaction: InteractionId,
}

impl Line {
    fn new(seed: u64) -> Self {
        Self::of(seed, &[])
    }

    fn of(seed: u64, more: &[(FieldKind, &str)]) -> Self {
        Self::on(TestWorld::new(seed), more)
    }

    fn on(world: TestWorld, more: &[(FieldKind, &str)]) -> Self {
        let own = [
            (FieldKind::Name, "Ana Diaz"),
            (FieldKind::PostalAddress, "12 High St|Leeds|LS1 4AB|GB"),
            (FieldKind::Phone, PHONE),
            (FieldKind::DateOfBirth, DATE_OF_BIRTH),
        ];
        let customer = world.add(record(&[own.as_slice(), more].concat()));
        let interaction = world.call(&world.staff.agent, Some(PHONE));
        Self { world, customer, interaction }
    }

    /// It is proven that the customer is in touch.
    fn proven(self) -> Self {
        let (pocket, agent) = (Arc::new(Pocket::default()), self.world.scope(&self.world.staff.agent));
        block_on(self.world.vault.send_code(&agent, self.interaction, Arc::clone(&pocket) as _)).unwrap();
        let reference = self.world.reference(FIRST, self.interaction);
        self.world.hear(FIRST, &reference, Heard::CodeEntered(Zeroizing::new(pocket.last().code))).unwrap();
        let row = block_on(self.world.store.interaction(FIRST, self.interaction)).unwrap().unwrap();
        assert_eq!(row.binding, Binding::Proven);
        self
    }

    fn send_by(&self, who: &testkit::Member, pocket: &Arc<Pocket>) -> Result<CodeSent, VaultError> {
        let scope = self.world.scope(who);
        block_on(self.world.vault.send_own_claim(&scope, self.interaction, PAGE, Arc::clone(pocket) as _))
    }

    fn send(&self) -> Result<CaughtCode, VaultError> {
        let pocket = Arc::new(Pocket::default());
        let sent = self.send_by(&self.world.staff.agent, &pocket)?;
        assert!(sent.sent && pocket.count() == 1);
        Ok(pocket.last())
    }

    fn enter_at(&self, tenant: TenantId, code: &str, (field, said): (FieldKind, &str)) -> Result<String, VaultError> {
        let claim = OwnClaim { code, field, said };
        block_on(self.world.vault.enter_own_claim(tenant, &claim)).map(|cookie| String::clone(&cookie))
    }

    fn enter(&self, code: &str, said: &str) -> Result<String, VaultError> {
        self.enter_at(FIRST, code, (FieldKind::DateOfBirth, said))
    }

    /// How many entries of this kind aren't refusals.
    fn kinds(&self, kind: Kind) -> usize {
        let log = self.world.log(FIRST);
        let bodies = log.iter().filter_map(|line| line.body.as_ref());
        bodies.filter(|body| body.kind == kind && body.decision.is_ok()).count()
    }
}

fn wrong<T>(result: Result<T, VaultError>) {
    let error = failure(result);
    assert!(matches!(error, VaultError::Refused { refusal: Refusal::CodeWrong, .. }), "{error:?}");
}

#[test]
fn a_code_to_ones_own_number_and_what_one_knows_let_in_once() {
    let line = Line::new(960).proven();
    let code = line.send().unwrap();
    assert_eq!(code.to, PHONE);
    assert!(code.code.len() == 12 && code.code.bytes().all(|byte| byte.is_ascii_digit()));
    let cookie = line.enter(&code.code, "29 Feb 1984").unwrap();
    let scope = resume(&line.world, &cookie).unwrap();
    assert_eq!(scope.customer(), line.customer);
    assert!(block_on(line.world.vault.own_record(&scope)).is_ok());
    wrong(line.enter(&code.code, DATE_OF_BIRTH));
    assert_eq!((line.kinds(Kind::OwnClaim), line.kinds(Kind::OwnSignIn)), (1, 1));
    // Who sent it, and that it was entered, the customer reads.
    let own = block_on(line.world.vault.own_log(&scope, None)).unwrap();
    let sent = own.looks.iter().find(|look| look.kind == Kind::OwnClaim).unwrap();
    assert!(sent.staff.is_some() && sent.interaction == Some(line.interaction));
    assert!(own.looks.iter().any(|look| look.kind == Kind::OwnClaimEntered));
    // Another answer does as well, of what is on file.
    let code = line.send().unwrap().code;
    assert!(line.enter_at(FIRST, &code, (FieldKind::PostalAddress, "12, LS1 4AB")).is_ok());
}

#[test]
fn it_is_sent_only_once_it_is_proven_who_is_in_touch() {
    let line = Line::new(961);
    let pocket = Arc::new(Pocket::default());
    assert_refused(&line.world, line.send_by(&line.world.staff.agent, &pocket), Refusal::BindingTooWeak);
    let line = line.proven();
    // Whoever doesn't serve them has nothing sent.
    for who in [&line.world.staff.security, &line.world.staff.protection, &line.world.staff.board] {
        assert!(line.send_by(who, &pocket).is_err());
    }
    let reference = line.world.reference(FIRST, line.interaction);
    line.world.hear(FIRST, &reference, Heard::Ended).unwrap();
    assert_refused(&line.world, line.send_by(&line.world.staff.agent, &pocket), Refusal::NoLiveInteraction);
    assert_eq!(pocket.count(), 0);
}

#[test]
fn who_took_over_a_number_gets_in_past_no_mailbox() {
    let line = Line::of(962, &[(FieldKind::Email, EMAIL)]).proven();
    assert_refused(&line.world, line.send(), Refusal::AddressOnFile);
    assert_eq!(line.kinds(Kind::OwnSignIn), 0);
}

#[test]
fn a_guarded_customer_is_sent_none_and_let_in_by_none() {
    let line = Line::new(963).proven();
    let code = line.send().unwrap().code;
    let security = line.world.scope(&line.world.staff.security);
    block_on(line.world.vault.guard(&security, line.customer, Some(Guard::Vulnerable))).unwrap();
    assert_refused(&line.world, line.send(), Refusal::GuardedRecord);
    wrong(line.enter(&code, DATE_OF_BIRTH));
    assert_eq!(line.kinds(Kind::OwnSignIn), 0);
}

#[test]
fn a_guess_is_counted_and_three_wrong_answers_end_a_code() {
    let line = Line::new(964).proven();
    let code = line.send().unwrap().code;
    let other = format!("{}{}", &code[..11], if code.ends_with('0') { '1' } else { '0' });
    for guess in [other.as_str(), "", "1", &code[..10], &"9".repeat(4_000)] {
        wrong(line.enter(guess, DATE_OF_BIRTH));
    }
    assert_eq!(line.kinds(Kind::OwnClaimEntered), 5, "each leaves an entry");
    for said in ["1984-02-28", "1970-01-01", "2000-12-31"] {
        wrong(line.enter(&code, said));
    }
    wrong(line.enter(&code, DATE_OF_BIRTH));
    // What can't be a date says so, whatever the code is; and a kind that isn't asked for, or isn't on file, fits nothing.
    let code = line.send().unwrap().code;
    assert!(matches!(line.enter(&code, "my birthday"), Err(VaultError::Input(_))));
    assert!(matches!(line.enter("000000000000", "my birthday"), Err(VaultError::Input(_))));
    wrong(line.enter_at(FIRST, &code, (FieldKind::Name, "Ana Diaz")));
    wrong(line.enter_at(FIRST, &code, (FieldKind::Order, "RF-1042-417")));
    assert!(line.enter(&code, DATE_OF_BIRTH).is_ok());
}

#[test]
fn it_counts_for_a_quarter_of_an_hour_at_its_own_company_and_three_are_sent() {
    let limits = Limits { code_per_interaction: 10, ..Limits::default() };
    let world = TestWorld::embedded(965, VaultConfig { limits, ..VaultConfig::default() });
    let line = Line::on(world, &[]).proven();
    let code = line.send().unwrap().code;
    wrong(line.enter_at(SECOND, &code, (FieldKind::DateOfBirth, DATE_OF_BIRTH)));
    line.world.clock.advance(15 * MINUTE);
    wrong(line.enter(&code, DATE_OF_BIRTH));
    line.send().unwrap();
    let last = line.send().unwrap().code;
    assert_refused(&line.world, line.send(), Refusal::AttemptsExhausted);
    assert!(line.enter(&last, DATE_OF_BIRTH).is_ok());
}

#[test]
fn whoever_edits_its_row_or_puts_it_back_is_noticed() {
    let line = Line::new(966).proven();
    let code = line.send().unwrap().code;
    let fresh = line.world.database().keep("admission");
    assert_eq!(line.world.edit("UPDATE admission SET expires = expires + 1 WHERE kind = 27"), 1);
    let tried = failure(line.enter(&code, DATE_OF_BIRTH));
    assert!(matches!(tried, VaultError::Refused { refusal: Refusal::Tampered, .. }), "{tried:?}");
    line.world.database().put_back(&fresh);
    for _ in 0..3 {
        wrong(line.enter(&code, "1970-01-01"));
    }
    // Put back with its tries: then what is entered for one customer in an hour ends it.
    let mut tried = 3;
    while tried < 40 {
        line.world.database().put_back(&fresh);
        match failure(line.enter(&code, "1970-01-01")) {
            VaultError::Refused { refusal: Refusal::CodeWrong, .. } => tried += 1,
            VaultError::Refused { refusal: Refusal::AttemptsExhausted, .. } => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tried, 15);
}

#[test]
fn codes_that_are_nobodys_shut_nobody_out() {
    let line = Line::new(968).proven();
    let code = line.send().unwrap().code;
    for _ in 0..500 {
        wrong(line.enter("000000000000", "1970-01-01"));
    }
    assert_eq!(failure(line.enter("000000000000", "1970-01-01")), VaultError::Busy, "which isn't that it is wrong");
    let everybody = domain::Counter::own_side(domain::BudgetKind::Verify);
    assert!(block_on(line.world.store.budget(FIRST, everybody)).unwrap().is_none());
    assert!(line.enter(&code, DATE_OF_BIRTH).is_ok());
}

#[test]
fn of_two_browsers_at_once_one_is_let_in() {
    let line = Line::new(967).proven();
    let code = line.send().unwrap().code;
    let claim = || OwnClaim { code: &code, field: FieldKind::DateOfBirth, said: DATE_OF_BIRTH };
    let vault = &line.world.vault;
    let (one, two) = (claim(), claim());
    let (one, two) =
        block_on(async { tokio::join!(vault.enter_own_claim(FIRST, &one), vault.enter_own_claim(FIRST, &two)) });
    let let_in = usize::from(one.is_ok()) + usize::from(two.is_ok());
    assert!(let_in <= 1, "{let_in}");
    assert_eq!(line.kinds(Kind::OwnSignIn), let_in);
}
