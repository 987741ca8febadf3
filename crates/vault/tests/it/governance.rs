//! Rules and limits that officers signed: they count whatever the configuration says, on every node, and only so.

use crate::help::{Call, assert_refused, at_once, failure, value};
use domain::{FieldKind, PersonId, Refusal, Role};
use testkit::{Authenticator, FIRST, SECOND, TestWorld, block_on};
use vault::{
    Algorithm, Approved, Assertion, Change, Governing, Kind, LimitsText, NewPerson, PowerBody as _, PowerDraft,
    PowerWish, RulesText, Scope, THE_ONE, Vault, VaultError,
};

/// A call, and two officers with passkeys.
pub(crate) struct Governed {
    pub(crate) call: Call,
    second: String,
    pub(crate) keys: [Authenticator; 2],
}

impl Governed {
    pub(crate) fn new(seed: u64) -> Self {
        Self::on(TestWorld::with(seed, at_once()))
    }

    pub(crate) fn on(world: TestWorld) -> Self {
        let call = Call::on(world);
        let (vault, operator) = (&call.world.vault, call.world.vault.operator(FIRST));
        let sue = NewPerson { name: "Sue Second".to_owned(), role: Role::SecurityOfficer, team: String::new() };
        let sue: PersonId = block_on(vault.add_person(&operator, sue)).unwrap();
        let second = block_on(vault.issue_token(&operator, sue)).unwrap().to_string();
        let keys = ["sam", "sue"].map(|name| Authenticator::named(Algorithm::EdDsa, name));
        let owners = [call.world.staff.security.id, sue];
        let passkey = |at: usize| Change::put([at as u8 + 1; 16], &keys[at].passkey(owners[at]));
        block_on(vault.set_up_power(&operator, vec![passkey(0), passkey(1)])).unwrap();
        Self { call, second, keys }
    }

    pub(crate) fn officer(&self, which: usize) -> Scope {
        let token = [self.call.world.staff.security.token.as_str(), &self.second][which];
        block_on(self.vault().authenticate(token)).unwrap()
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.call.world.vault
    }

    pub(crate) fn draft(&self, wish: PowerWish) -> Result<PowerDraft, VaultError> {
        block_on(self.vault().draft_power(&self.officer(0), wish))
    }

    pub(crate) fn sign(&self, which: usize, draft: &PowerDraft) -> Result<Approved, VaultError> {
        self.show(which, draft, self.keys[which].assert(&draft.challenge))
    }

    pub(crate) fn show(&self, which: usize, draft: &PowerDraft, assertion: Assertion) -> Result<Approved, VaultError> {
        self.given(which, draft, Some(assertion))
    }

    /// A draft comes back whole; a proposal is named.
    fn given(&self, which: usize, draft: &PowerDraft, assertion: Option<Assertion>) -> Result<Approved, VaultError> {
        let officer = self.officer(which);
        if draft.bytes.is_empty() {
            return block_on(self.vault().sign_proposal(&officer, draft.id, assertion));
        }
        block_on(self.vault().approve_power(&officer, &draft.bytes, assertion))
    }

    /// By as many officers as it needs.
    pub(crate) fn make(&self, wish: PowerWish) -> Approved {
        let mut draft = self.draft(wish).unwrap();
        for which in 0..2 {
            match self.sign(which, &draft).unwrap() {
                Approved::Waits(next) => draft = next,
                made => return made,
            }
        }
        panic!("two signatures are enough")
    }

    pub(crate) fn name(&self) -> Result<String, VaultError> {
        self.call.reveal(&self.call.command(FieldKind::Name)).map(crate::help::shown)
    }
}

pub(crate) fn limits(toml: &str) -> PowerWish {
    PowerWish::Governing(Governing::Limits { toml: toml.to_owned() })
}

/// The rules that the program comes with, as files.
fn built_in() -> Vec<(String, String)> {
    policy::BUILT_IN.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// The built-in rules, and one more.
pub(crate) fn stricter() -> PowerWish {
    let mut files = built_in();
    let rule = r#"@id("no-names-today") @refusal("purpose-not-allowed") @says("No names today") @why("We are moving.")
                  @next("Come back tomorrow.") @cure("none")
                  forbid (principal, action == Action::"reveal", resource == Field::"name");"#;
    files.push(("5-moving.cedar".to_owned(), rule.replace("@cure(\"none\")", "@cure(\"ask\")")));
    PowerWish::Governing(Governing::Rules { files })
}

#[test]
fn limits_that_an_officer_signed_count_on_every_node_and_after_a_restart() {
    let mut governed = Governed::new(840);
    let other = governed.call.world.another_node();
    let draft = governed.draft(limits("widening_waits_s = 0\n[person]\nhour = 3\n[weights]\nname = 2\n")).unwrap();
    assert_eq!((draft.words.as_str(), draft.signatures, draft.proved), ("Change person.hour from 320 to 3.", 2, None));
    value(governed.call.reveal(&governed.call.command(FieldKind::Name)));
    let Approved::Waits(half) = governed.sign(0, &draft).unwrap() else { panic!("one isn't enough") };
    let Approved::Made(made) = governed.sign(1, &half).unwrap() else { panic!("two are enough") };
    let body = governed.call.world.line(FIRST, made.entry).body.unwrap();
    let officer = Some(governed.officer(1).person());
    assert_eq!((body.kind, body.person, body.upon, made.person), (Kind::LimitsChanged, officer, None, None));
    // Two points are spent; a name costs two more.
    assert_refused(&governed.call.world, governed.name().map(drop), Refusal::BudgetExhausted);
    governed.call.world.clock.advance(251);
    let agent = block_on(other.authenticate(&governed.call.world.staff.agent.token)).unwrap();
    let command = governed.call.command(FieldKind::Name);
    assert_refused(&governed.call.world, block_on(other.reveal(&agent, &command)).map(drop), Refusal::BudgetExhausted);
    governed.call.world.restart();
    assert_refused(&governed.call.world, governed.name().map(drop), Refusal::BudgetExhausted);
    governed.make(limits(""));
    assert!(governed.name().is_ok(), "by default again");
}

#[test]
fn what_cannot_be_used_is_refused_with_what_is_wrong_and_nothing_changes() {
    let governed = Governed::new(841);
    let before = block_on(governed.vault().power(FIRST)).unwrap().seq();
    let unfit = |wish: PowerWish, expected: Refusal, word: &str| match failure(governed.draft(wish)) {
        VaultError::Unfit { refusal, entry: Some(entry), said } => {
            assert!(refusal == expected && said.contains(word), "{said}");
            let body = governed.call.world.line(FIRST, entry).body.unwrap();
            assert_eq!((body.kind, body.decision), (Kind::PowerDrafted, Err(expected)));
        }
        other => panic!("{other:?}"),
    };
    unfit(limits("[weights]\nname = 0\n"), Refusal::RulesUnfit, "weight is 0");
    unfit(limits("[persons]\nhour = 1\n"), Refusal::RulesUnfit, "unknown field");
    let rules =
        |text: &str| PowerWish::Governing(Governing::Rules { files: vec![("mine.cedar".to_owned(), text.to_owned())] });
    unfit(rules("permit ("), Refusal::RulesUnfit, "mine.cedar");
    unfit(rules("@id(\"all\") permit (principal, action, resource);"), Refusal::RulesUnfit, "lacks @says");
    assert_eq!(block_on(governed.vault().power(FIRST)).unwrap().seq(), before);
    // Whoever may not change rules isn't told whether theirs could be read.
    let agent = governed.call.world.scope(&governed.call.world.staff.agent);
    let tried = block_on(governed.vault().draft_power(&agent, rules("permit (")));
    assert_refused(&governed.call.world, tried.map(drop), Refusal::RoleNotAllowed);
}

#[test]
fn rules_that_nobody_proved_need_two_officers_and_the_log_says_so() {
    let governed = Governed::new(842);
    let world = &governed.call.world;
    let draft = governed.draft(stricter()).unwrap();
    assert_eq!((draft.words.as_str(), draft.signatures), ("Add 1 rule: no-names-today.", 2));
    assert_eq!(draft.proved, Some(false), "there is no solver here");
    let Approved::Waits(half) = governed.sign(0, &draft).unwrap() else { panic!("one isn't enough") };
    assert_eq!((half.signatures, half.challenge, &half.words), (1, draft.challenge, &draft.words));
    assert!(governed.name().is_ok(), "nothing has changed yet");
    // The same officer again, also with the other's key, and the other with the first one's.
    assert_refused(world, governed.sign(0, &half).map(drop), Refusal::NotApproved);
    let stolen = governed.keys[1].assert(&half.challenge);
    assert_refused(world, governed.show(0, &half, stolen).map(drop), Refusal::NotApproved);
    let stolen = governed.keys[0].assert(&half.challenge);
    assert_refused(world, governed.show(1, &half, stolen).map(drop), Refusal::NotApproved);
    // Without a signature of one's own, what the first one signed isn't made.
    let unsigned = governed.given(1, &half, None);
    assert_refused(world, unsigned.map(drop), Refusal::NotApproved);
    assert!(governed.name().is_ok());
    let read = block_on(governed.vault().power_proposals(&governed.officer(1))).unwrap().remove(0);
    assert_eq!(read, half);
    let Approved::Made(made) = governed.sign(1, &read).unwrap() else { panic!("two are enough") };
    let body = world.line(FIRST, made.entry).body.unwrap();
    assert_eq!((body.kind, body.detail), (Kind::RulesChanged, Some(2)));
    match failure(governed.name()) {
        VaultError::Refused { refusal: Refusal::PurposeNotAllowed, rule: Some(rule), .. } => {
            assert_eq!((rule.id.as_str(), rule.says.as_str()), ("no-names-today", "No names today"));
        }
        other => panic!("{other:?}"),
    }
    assert_refused(world, governed.sign(1, &half).map(drop), Refusal::ChangeGone);
    // The other company goes by its own.
    let theirs = block_on(governed.vault().authenticate(&world.second_staff.security.token)).unwrap();
    assert_eq!((theirs.tenant(), governed.vault().rules_told(&theirs).len() + 1), (SECOND, rules_of(&governed)));
    let Approved::Made(_) = governed.make(PowerWish::Governing(Governing::Rules { files: Vec::new() })) else {
        panic!()
    };
    assert!(governed.name().is_ok(), "by the program's own rules again");
}

fn rules_of(governed: &Governed) -> usize {
    governed.vault().rules_told(&governed.officer(0)).len()
}

#[test]
fn a_draft_stands_for_half_an_hour_and_for_its_own_company() {
    let governed = Governed::new(843);
    let world = &governed.call.world;
    let draft = governed.draft(limits("[person]\nhour = 9\n")).unwrap();
    let theirs = block_on(governed.vault().authenticate(&world.second_staff.security.token)).unwrap();
    let tried = block_on(governed.vault().approve_power(&theirs, &draft.bytes, None));
    assert!(matches!(tried, Err(VaultError::Refused { refusal: Refusal::ChangeGone, .. })), "{tried:?}");
    world.clock.advance(30 * 60_000);
    assert_refused(world, governed.sign(0, &draft).map(drop), Refusal::ChangeGone);
}

#[test]
fn under_rules_that_this_program_cannot_read_nothing_is_disclosed_until_officers_sign_others() {
    let call = Call::new(844);
    let operator = call.world.vault.operator(FIRST);
    let odd = Change::put(THE_ONE, &RulesText { files: vec![("9.cedar".to_owned(), "a later Cedar".to_owned())] });
    block_on(call.world.vault.set_up_power(&operator, vec![odd])).unwrap();
    let refused = call.reveal(&call.command(FieldKind::Name));
    assert_refused(&call.world, refused.map(drop), Refusal::RulesUnusable);
    let odd = Change::put(THE_ONE, &LimitsText { toml: "[later]".to_owned() });
    block_on(call.world.vault.set_up_power(&operator, vec![Change::Drop((RulesText::KIND, THE_ONE)), odd])).unwrap();
    let refused = call.reveal(&call.command(FieldKind::Name));
    assert_refused(&call.world, refused.map(drop), Refusal::RulesUnusable);
    block_on(call.world.vault.set_up_power(&operator, vec![Change::Drop((LimitsText::KIND, THE_ONE))])).unwrap();
    value(call.reveal(&call.command(FieldKind::Name)));
}

#[test]
fn rules_and_limits_in_the_database_are_not_edited_unseen() {
    let governed = Governed::new(845);
    let world = &governed.call.world;
    // An older row of the rules, which was right once: under it names were shown.
    governed.make(PowerWish::Governing(Governing::Rules { files: built_in() }));
    world.database().run("CREATE TABLE older AS SELECT * FROM power_row WHERE kind = 6");
    governed.make(stricter());
    governed.make(limits("[person]\nhour = 50\n"));
    let agent = world.scope(&world.staff.agent);
    for edit in [
        "UPDATE power_row SET (body, tag) = (SELECT body, tag FROM older) WHERE kind = 6",
        "DELETE FROM power_row WHERE kind = 6",
        "DELETE FROM power_row WHERE kind = 5",
        "UPDATE power_row SET body = (SELECT body FROM power_row WHERE kind = 5) WHERE kind = 6",
    ] {
        let kept = world.database().keep("power_row");
        assert_eq!(world.edit(edit), 1, "{edit}");
        block_on(world.vault.load_power(FIRST)).unwrap();
        let asked = block_on(world.vault.reveal(&agent, &governed.call.command(FieldKind::Phone)));
        assert_refused(world, asked.map(drop), Refusal::PowerTampered);
        world.database().put_back(&kept);
        block_on(world.vault.load_power(FIRST)).unwrap();
    }
    assert!(matches!(failure(governed.name()), VaultError::Refused { refusal: Refusal::PurposeNotAllowed, .. }));
}

#[test]
fn with_the_first_passkey_the_configured_limits_are_sealed() {
    use domain::{Allowance, Limits, PerWindow};
    use vault::VaultConfig;
    let of = |hour| Limits { person: Allowance::of(PerWindow::hourly(hour)), ..Limits::default() };
    let mut world = TestWorld::with(846, VaultConfig { limits: of(7), ..VaultConfig::default() });
    let key = Authenticator::named(Algorithm::Es256, "sam");
    let passkey = Change::put([1; 16], &key.passkey(world.staff.security.id));
    block_on(world.vault.set_up_power(&world.vault.operator(FIRST), vec![passkey])).unwrap();
    assert!(!block_on(world.vault.goes_by_other_limits(FIRST)).unwrap());
    // Whoever edits the file raises nothing.
    world.config.limits = of(1_000_000);
    world.restart();
    assert!(block_on(world.vault.goes_by_other_limits(FIRST)).unwrap());
    assert!(!block_on(world.vault.goes_by_other_limits(SECOND)).unwrap(), "nobody sealed theirs");
    let agent = world.scope(&world.staff.agent);
    let hour = block_on(world.vault.budgets(&agent)).unwrap().into_iter().find(|budget| budget.limit < u32::MAX);
    assert_eq!(hour.map(|budget| budget.limit), Some(7));
}
