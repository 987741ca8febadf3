//! What two officers must do is done by two humans at two browsers: changes of power, legal holds, the end of a guarded customer's
//! mark.

use crate::help::{Call, assert_refused, at_once};
use crate::sessions::Page;
use domain::{Guard, Hold, PersonId, Refusal, Role};
use testkit::{Authenticator, Browser, FIRST, Member, TestWorld, block_on};
use vault::{Algorithm, Approved, Change, Governing, NewPerson, PowerDraft, PowerWish, Scope, VaultError};

/// Three officers with passkeys and browsers of their own; the third is a second account of the first one's.
struct Office {
    call: Call,
    officers: [Member; 3],
    keys: [Authenticator; 3],
    browsers: [Browser; 3],
}

impl Office {
    fn new(seed: u64) -> Self {
        let call = Call::on(TestWorld::with(seed, at_once()));
        let (vault, operator) = (&call.world.vault, call.world.vault.operator(FIRST));
        let officers = ["Ina First", "Ben Second", " ina  FIRST"].map(|name| {
            let person = NewPerson { name: name.to_owned(), role: Role::SecurityOfficer, team: String::new() };
            let id = block_on(vault.add_person(&operator, person)).unwrap();
            Member { id, role: Role::SecurityOfficer, token: block_on(vault.issue_token(&operator, id)).unwrap() }
        });
        let keys = ["ina", "ben", "twin"].map(|name| Authenticator::named(Algorithm::EdDsa, name));
        let passkey = |at: usize| Change::put([at as u8 + 1; 16], &keys[at].passkey(officers[at].id));
        block_on(vault.set_up_power(&operator, (0..3).map(passkey).collect())).unwrap();
        let browsers = [(); 3].map(|()| Browser::new());
        Self { call, officers, keys, browsers }
    }

    fn world(&self) -> &TestWorld {
        &self.call.world
    }

    /// An officer at a page in one of the browsers.
    fn at(&self, which: usize, browser: usize) -> Scope {
        let vault = &self.world().vault;
        let page = Page::begin_in(self.world(), vault, &self.officers[which], &self.browsers[browser]);
        page.get(vault, "/security/proposals").unwrap()
    }

    fn draft(&self) -> PowerDraft {
        let wish = PowerWish::Governing(Governing::Limits { toml: "[person]\nhour = 3\n".to_owned() });
        block_on(self.world().vault.draft_power(&self.at(0, 0), wish)).unwrap()
    }

    fn sign(&self, which: usize, browser: usize, draft: &PowerDraft) -> Result<Approved, VaultError> {
        let (vault, officer) = (&self.world().vault, self.at(which, browser));
        let signed = Some(self.keys[which].assert(&draft.challenge));
        match draft.bytes.is_empty() {
            true => block_on(vault.sign_proposal(&officer, draft.id, signed)),
            false => block_on(vault.approve_power(&officer, &draft.bytes, signed)),
        }
    }

    fn half(&self) -> PowerDraft {
        match self.sign(0, 0, &self.draft()).unwrap() {
            Approved::Waits(half) => half,
            Approved::Made(made) => panic!("one is enough: {made:?}"),
        }
    }
}

#[test]
fn a_second_account_of_the_same_human_is_no_second_signature() {
    let office = Office::new(880);
    let half = office.half();
    assert_refused(office.world(), office.sign(2, 2, &half).map(drop), Refusal::NotASecondOfficer);
    assert!(matches!(office.sign(1, 1, &half).unwrap(), Approved::Made(_)));
}

#[test]
fn two_officers_at_one_browser_are_one_signature() {
    let office = Office::new(881);
    let half = office.half();
    assert_refused(office.world(), office.sign(1, 0, &half).map(drop), Refusal::NotASecondOfficer);
    // Also after the first one's session has ended.
    let vault = &office.world().vault;
    block_on(vault.sign_out(&office.at(0, 0))).unwrap();
    assert_refused(office.world(), office.sign(1, 0, &half).map(drop), Refusal::NotASecondOfficer);
    assert!(matches!(office.sign(1, 1, &half).unwrap(), Approved::Made(_)));
}

#[test]
fn nobody_changes_the_standing_of_another_account_of_theirs() {
    let office = Office::new(882);
    let twin: PersonId = office.officers[2].id;
    let wish = || PowerWish::SetRole { person: twin, role: Role::SecurityAnalyst, team: String::new() };
    let vault = &office.world().vault;
    assert_refused(
        office.world(),
        block_on(vault.draft_power(&office.at(0, 0), wish())).map(drop),
        Refusal::NotApproved,
    );
    let draft = block_on(vault.draft_power(&office.at(1, 1), wish())).unwrap();
    assert_eq!(draft.signatures, 1, "of the three one human is left whom it isn't about");
    assert_eq!(draft.passkeys.len(), 1);
}

#[test]
fn two_officers_at_one_browser_hold_and_unguard_nobody() {
    let office = Office::new(883);
    let (world, vault, customer) = (office.world(), &office.world().vault, office.call.customer);
    let hold = |which, browser| block_on(vault.hold(&office.at(which, browser), customer, Some(Hold::Litigation)));
    assert!(hold(0, 0).unwrap().waits_until.is_some());
    assert_refused(world, hold(1, 0).map(drop), Refusal::NotASecondOfficer);
    assert!(hold(2, 2).unwrap().waits_until.is_some(), "another account of the same human begins anew");
    assert_eq!(hold(1, 1).unwrap().waits_until, None);

    block_on(vault.guard(&office.at(0, 0), customer, Some(Guard::ALL[0]))).unwrap();
    let unguard = |which, browser| block_on(vault.guard(&office.at(which, browser), customer, None));
    assert!(unguard(0, 0).unwrap().waits_until.is_some());
    assert_refused(world, unguard(1, 0).map(drop), Refusal::NotASecondOfficer);
    assert_eq!(unguard(1, 1).unwrap().waits_until, None);

    // Nobody can tell at which device a program runs: neither word is a program's, and two of them are none.
    block_on(vault.guard(&office.at(0, 0), customer, Some(Guard::ALL[0]))).unwrap();
    for which in [0, 1] {
        let program = world.scope(&office.officers[which]);
        assert_refused(world, block_on(vault.hold(&program, customer, None)).map(drop), Refusal::NotASecondOfficer);
        assert_refused(world, block_on(vault.guard(&program, customer, None)).map(drop), Refusal::NotASecondOfficer);
    }
    assert!(unguard(0, 0).unwrap().waits_until.is_some());
}

/// Two who agree give nobody two kinds of power, in whatever order it comes about.
#[test]
fn not_even_two_officers_give_one_human_two_kinds_of_power() {
    let office = Office::new(885);
    let (world, vault) = (office.world(), &office.world().vault);
    let add =
        |name: &str, role| PowerWish::AddPerson { name: name.to_owned(), role, team: String::new(), reports_to: None };
    let draft = |wish: PowerWish| block_on(vault.draft_power(&office.at(0, 0), wish));
    // Signed by one, it stands; meanwhile the other half of the pair comes to be, by two.
    let Approved::Waits(half) = office.sign(0, 0, &draft(add("Kim Novak", Role::SecurityAnalyst)).unwrap()).unwrap()
    else {
        panic!("one was enough")
    };
    let Approved::Waits(twin) = office.sign(0, 0, &draft(add("Kim-Nóvak", Role::ItOperator)).unwrap()).unwrap() else {
        panic!("one was enough")
    };
    assert!(matches!(office.sign(1, 1, &twin).unwrap(), Approved::Made(_)));
    assert_refused(world, office.sign(1, 1, &half).map(drop), Refusal::ForbiddenPair);
    assert_refused(world, draft(add("kim  novak", Role::Agent)).map(drop), Refusal::ForbiddenPair);
    // Nor by making one of a name of what is there, nor under IT.
    let agent = world.staff.agent.id;
    let role = PowerWish::SetRole { person: agent, role: Role::ItOperator, team: String::new() };
    let under = PowerWish::ReportsTo { person: world.staff.analyst.id, manager: Some(world.staff.it.id) };
    assert_refused(world, draft(under).map(drop), Refusal::ManagedByIt);
    let Approved::Waits(half) = office.sign(0, 0, &draft(role).unwrap()).unwrap() else { panic!("one was enough") };
    assert!(
        matches!(office.sign(1, 1, &half).unwrap(), Approved::Made(_)),
        "an agent may come to run machines instead"
    );
}
