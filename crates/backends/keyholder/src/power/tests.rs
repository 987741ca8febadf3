use super::*;
use crate::tests::{Place, TENANT, WAITS_MS, now};
use domain::{Millis, PersonId, Role};
use keys::KeyHolder;
use keys::power::{
    Algorithm, Device, Left, LimitsText, Login, Passkey, Person, PowerBody, PowerChange, Reporting, RulesText, Settled,
};
use testkit::Authenticator;

const SAM: [u8; 16] = [1; 16];
const SUE: [u8; 16] = [2; 16];
const ADA: [u8; 16] = [3; 16];
const LEA: [u8; 16] = [6; 16];

fn person(id: [u8; 16], role: Role) -> PowerChange {
    called(id, role, &format!("name {}", id[0]), "")
}

fn called(id: [u8; 16], role: Role, name: &str, team: &str) -> PowerChange {
    let body = Person {
        role,
        name: name.to_owned(),
        team: team.to_owned(),
        token: Some(id.map(|b| b ^ 9)).map(|half| {
            let mut token = [0; 32];
            token[..16].copy_from_slice(&half);
            token
        }),
    };
    ((PowerKind::Person, id), Some(body.encode()))
}

fn put<B: PowerBody>(id: [u8; 16], body: &B) -> PowerChange {
    ((B::KIND, id), Some(body.encode()))
}

fn gone(kind: PowerKind, id: [u8; 16]) -> PowerChange {
    ((kind, id), None)
}

/// A tenant with two officers, an agent and the team leader, as holder and store know it.
struct Tenant {
    holder: crate::InProcess,
    place: Place,
    seq: u64,
    rows: Powers,
    sam: Authenticator,
    sue: Authenticator,
}

impl Tenant {
    fn new() -> Self {
        let place = Place::new();
        let [sam, sue] =
            [(Algorithm::Es256, "sam"), (Algorithm::EdDsa, "sue")].map(|(how, name)| Authenticator::named(how, name));
        let mut tenant = Self { holder: place.holder(), place, seq: 0, rows: Powers::default(), sam, sue };
        let people =
            [(SAM, Role::SecurityOfficer), (SUE, Role::SecurityOfficer), (ADA, Role::Agent), (LEA, Role::TeamLeader)];
        let people = people.map(|(id, role)| person(id, role));
        tenant.change(&people, &Warrant::Setup).unwrap();
        tenant
    }

    /// Both officers have their passkeys.
    fn claimed() -> Self {
        let mut tenant = Self::new();
        let passkeys = [(10, &tenant.sam, SAM), (11, &tenant.sue, SUE)];
        let passkeys = passkeys.map(|(id, key, owner)| put([id; 16], &key.passkey(PersonId(owner))));
        tenant.change(&passkeys, &Warrant::Setup).unwrap();
        tenant
    }

    fn seal(&self, changes: &[PowerChange], warrant: &Warrant) -> Result<PowerSeal, HolderError> {
        self.seal_these(&self.with_formers(changes), warrant)
    }

    /// Without what the holder asks for besides.
    fn seal_these(&self, changes: &[PowerChange], warrant: &Warrant) -> Result<PowerSeal, HolderError> {
        let proposal = PowerProposal { from: self.seq, before: &self.rows, changes, warrant };
        now(self.holder.seal_power(TENANT, &proposal))
    }

    fn with_formers(&self, changes: &[PowerChange]) -> Vec<PowerChange> {
        [changes, &self.rows.formers_made_by(changes, self.place.clock.now())].concat()
    }

    /// Seals a change, commits it to the store and has the holder see that.
    fn change(&mut self, changes: &[PowerChange], warrant: &Warrant) -> Result<PowerSeal, HolderError> {
        let seal = self.seal(changes, warrant)?;
        (self.seq, self.rows) = (seal.seq, self.rows.after(&self.with_formers(changes)));
        now(self.holder.check_power(TENANT, Some(seal))).unwrap();
        Ok(seal)
    }

    fn challenge(&self, changes: &[PowerChange]) -> [u8; 32] {
        power_challenge(TENANT, self.seq + 1, &self.rows.after(changes).root())
    }

    fn approved(&self, key: &Authenticator, changes: &[PowerChange]) -> Warrant {
        self.approved_by(&[key], changes)
    }

    fn approved_by(&self, keys: &[&Authenticator], changes: &[PowerChange]) -> Warrant {
        Warrant::Officers(keys.iter().map(|key| key.assert(&self.challenge(changes))).collect())
    }

    /// By both officers.
    fn agreed(&self, changes: &[PowerChange]) -> Warrant {
        self.approved_by(&[&self.sam, &self.sue], changes)
    }
}

/// Ada's passkey, to which somebody agreed as her team leader.
fn agreed_to(key: &Authenticator, leader: [u8; 16]) -> Passkey {
    Passkey { leader: Some(PersonId(leader)), ..key.passkey(PersonId(ADA)) }
}

/// Whatever a node says, officers alone make nobody an agent.
#[test]
fn an_agents_passkey_or_device_names_the_team_leader_who_agreed() {
    let mut tenant = Tenant::claimed();
    let own = Authenticator::named(Algorithm::Es256, "sue's other hand");
    let passkey = |passkey: Passkey| put([20; 16], &passkey);
    let device = |leader: [u8; 16]| {
        let (person, leader, officer) = (PersonId(ADA), PersonId(leader), PersonId(SUE));
        put([21; 16], &Device { person, key: vec![4], leader, officer, added: Millis(1) })
    };
    let without = passkey(own.passkey(PersonId(ADA)));
    for change in [without, passkey(agreed_to(&own, SUE)), passkey(agreed_to(&own, ADA)), device(SUE), device([9; 16])]
    {
        let change = [change];
        for warrant in [tenant.approved(&tenant.sue, &change), tenant.agreed(&change)] {
            assert_eq!(tenant.seal(&change, &warrant), Err(HolderError::NotApproved), "{change:?}");
        }
    }
    for change in [passkey(agreed_to(&own, LEA)), device(LEA)] {
        let change = [change];
        tenant.seal(&change, &tenant.approved(&tenant.sue, &change)).unwrap();
    }
    // Nor by way of a role that needs no leader.
    let analyst = [person([8; 16], Role::QualityAnalyst)];
    tenant.change(&analyst, &tenant.agreed(&analyst)).unwrap();
    let theirs = [put([22; 16], &own.passkey(PersonId([8; 16])))];
    tenant.change(&theirs, &tenant.approved(&tenant.sue, &theirs)).unwrap();
    let serves = [person([8; 16], Role::Agent)];
    assert_eq!(tenant.seal(&serves, &tenant.agreed(&serves)), Err(HolderError::NotApproved));
    let without = [serves[0].clone(), gone(PowerKind::Passkey, [22; 16])];
    tenant.seal(&without, &tenant.agreed(&without)).unwrap();
    // Who has left agrees to nothing.
    tenant.change(&[put(LEA, &Left { at: Millis(5) })], &Warrant::Narrowing).unwrap();
    let late = [passkey(agreed_to(&own, LEA))];
    assert_eq!(tenant.seal(&late, &tenant.approved(&tenant.sue, &late)), Err(HolderError::NotApproved));
}

#[test]
fn a_manager_takes_two_officers_where_a_forbidden_chain_hangs_on_it() {
    let mut tenant = Tenant::claimed();
    let ivo = [5; 16];
    let hire = [person(ivo, Role::ItOperator)];
    tenant.change(&hire, &tenant.agreed(&hire)).unwrap();
    let reports = |from: [u8; 16], to: [u8; 16]| [put(from, &Reporting { to: PersonId(to) })];
    for change in [reports(ADA, ivo), reports(LEA, ADA), [gone(PowerKind::Reporting, LEA)]] {
        assert_eq!(tenant.seal(&change, &tenant.approved(&tenant.sue, &change)), Err(HolderError::Unwarranted));
        tenant.seal(&change, &tenant.agreed(&change)).unwrap();
    }
    let harmless = reports(ADA, LEA);
    tenant.seal(&harmless, &tenant.approved(&tenant.sue, &harmless)).unwrap();
}

/// A node that was changed may let them pass; signed by two, they are sealed for nobody all the same.
#[test]
fn two_powers_in_one_human_and_it_above_who_watches_are_sealed_for_nobody() {
    let mut tenant = Tenant::claimed();
    let (ivo, aud) = ([5; 16], [8; 16]);
    let hire = [person(ivo, Role::ItOperator), person(aud, Role::Auditor), person([9; 16], Role::BoardMember)];
    tenant.change(&hire, &tenant.agreed(&hire)).unwrap();
    let reports = |from: [u8; 16], to: [u8; 16]| put(from, &Reporting { to: PersonId(to) });
    for change in [
        vec![called([7; 16], Role::SecurityAnalyst, " NAME  5\u{200b}", "")],
        vec![called(ADA, Role::Agent, "N\u{e0}me-5", "")],
        vec![reports(aud, ivo)],
        vec![reports(aud, [9; 16]), reports([9; 16], ivo)],
    ] {
        assert_eq!(tenant.seal(&change, &tenant.agreed(&change)), Err(HolderError::NotApproved), "{change:?}");
    }
    let harmless = [reports(aud, [9; 16])];
    tenant.seal(&harmless, &tenant.agreed(&harmless)).unwrap();
    // Nor for whoever sets a centre up.
    let new = Tenant::new();
    let twin = [called([7; 16], Role::ItOperator, "name 1", "")];
    assert_eq!(new.seal(&twin, &Warrant::Setup), Err(HolderError::NotApproved));
}

#[test]
fn the_operator_sets_up_until_an_officer_has_a_passkey() {
    let mut tenant = Tenant::claimed();
    let grant = [person(ADA, Role::SecurityOfficer)];
    for warrant in [Warrant::Setup, Warrant::Narrowing, Warrant::Officers(Vec::new())] {
        assert_eq!(tenant.seal(&grant, &warrant), Err(HolderError::Unwarranted));
    }
    let warrant = tenant.agreed(&grant);
    tenant.change(&grant, &warrant).unwrap();
    let mut agents = Tenant::new();
    let key = Authenticator::named(Algorithm::Es256, "ada");
    agents.change(&[put([12; 16], &key.passkey(PersonId(ADA)))], &Warrant::Setup).unwrap();
    agents.change(&grant, &Warrant::Setup).expect("an agent's passkey is no officer's");
    assert_eq!(agents.seal(&[person(ADA, Role::TeamLeader)], &Warrant::Setup), Err(HolderError::LastOfficer));
    assert_eq!(agents.seal(&[person(SUE, Role::Agent)], &Warrant::Setup), Err(HolderError::Unwarranted));
}

#[test]
fn an_approval_is_an_officers_for_this_very_change_and_not_about_themselves() {
    let mut tenant = Tenant::claimed();
    let agent = Authenticator::named(Algorithm::Es256, "ada");
    let enrol = [put([12; 16], &agreed_to(&agent, LEA))];
    let warrant = tenant.approved(&tenant.sue, &enrol);
    tenant.change(&enrol, &warrant).unwrap();
    let reports = |to: u8| [put(ADA, &Reporting { to: PersonId([to; 16]) })];
    let (change, other) = (reports(8), reports(9));
    let strange = Authenticator::named(Algorithm::Es256, "sam");
    let refused = |warrant: &Warrant| assert_eq!(tenant.seal(&change, warrant), Err(HolderError::NotApproved));
    refused(&tenant.approved(&agent, &change));
    refused(&tenant.approved(&strange, &change));
    refused(&tenant.approved(&tenant.sam, &other));
    let twice = tenant.sam.assert(&tenant.challenge(&change));
    refused(&Warrant::Officers(vec![twice.clone(), twice.clone()]));
    let mut both = vec![twice.clone(), tenant.sue.assert(&tenant.challenge(&change))];
    tenant.seal(&change, &Warrant::Officers(both.clone())).unwrap();
    both[1].signature[9] ^= 1;
    refused(&Warrant::Officers(both));
    tenant.change(&change, &Warrant::Officers(vec![twice.clone()])).unwrap();
    assert_eq!(tenant.seal(&change, &Warrant::Officers(vec![twice])), Err(HolderError::NotApproved), "replayed");
    for own in [person(SAM, Role::SecurityAnalyst), put(SAM, &Reporting { to: PersonId(ADA) })] {
        let own = [own];
        assert_eq!(tenant.seal(&own, &tenant.approved(&tenant.sam, &own)), Err(HolderError::NotApproved));
        tenant.seal(&own, &tenant.approved(&tenant.sue, &own)).unwrap();
    }
}

#[test]
fn what_only_takes_away_needs_nobody_but_someone_must_stay() {
    let mut tenant = Tenant::claimed();
    let rows = [PowerKind::Device, PowerKind::Client, PowerKind::Login].map(|kind| ((kind, ADA), Some(vec![1])));
    // A login that says nothing may be anybody's: both sign.
    let warrant = tenant.agreed(&rows);
    tenant.change(&rows, &warrant).unwrap();
    let without_token = {
        let person = tenant.rows.get::<Person>(&ADA).unwrap();
        put(ADA, &Person { token: None, ..person })
    };
    let narrow = [
        gone(PowerKind::Device, ADA),
        gone(PowerKind::Client, ADA),
        gone(PowerKind::Login, ADA),
        without_token,
        gone(PowerKind::Passkey, [10; 16]),
        put(ADA, &Left { at: Millis(5) }),
    ];
    tenant.change(&narrow, &Warrant::Narrowing).unwrap();
    for last in [gone(PowerKind::Passkey, [11; 16]), put(SUE, &Left { at: Millis(6) }), person(SUE, Role::Agent)] {
        let last = [last];
        for warrant in [Warrant::Narrowing, tenant.approved(&tenant.sue, &last)] {
            assert_eq!(tenant.seal(&last, &warrant), Err(HolderError::LastOfficer));
        }
    }
    for never in [gone(PowerKind::Left, ADA), gone(PowerKind::Person, ADA)] {
        let never = [never];
        for warrant in [Warrant::Narrowing, Warrant::Setup, tenant.approved(&tenant.sue, &never)] {
            assert_eq!(tenant.seal(&never, &warrant), Err(HolderError::Unwarranted));
        }
    }
    let more = [[person(SAM, Role::Agent)], [gone(PowerKind::Reporting, ADA)], [((PowerKind::Rules, [0; 16]), None)]];
    for change in more {
        assert_eq!(tenant.seal(&change, &Warrant::Narrowing), Err(HolderError::Unwarranted));
    }
}

#[test]
fn a_key_of_an_officer_who_has_left_approves_nothing() {
    let mut tenant = Tenant::claimed();
    tenant.change(&[put(SAM, &Left { at: Millis(5) })], &Warrant::Narrowing).unwrap();
    let grant = [person(ADA, Role::TeamLeader)];
    assert_eq!(tenant.seal(&grant, &tenant.approved(&tenant.sam, &grant)), Err(HolderError::NotApproved));
    tenant.place.clock.advance(COUNTS_ON_MS);
    assert_eq!(tenant.seal(&grant, &tenant.approved(&tenant.sam, &grant)), Err(HolderError::NotApproved));
    tenant.seal(&grant, &tenant.approved(&tenant.sue, &grant)).unwrap();
}

#[test]
fn older_other_and_invented_power_is_noticed_also_after_a_restart() {
    let mut tenant = Tenant::claimed();
    let before = PowerSeal { tag: [0; 16], seq: 1, root: [0; 32] };
    let old = tenant.seal(&[put(ADA, &Left { at: Millis(1) })], &Warrant::Narrowing).unwrap();
    let second = tenant.change(&[put(ADA, &Left { at: Millis(2) })], &Warrant::Narrowing).unwrap();
    let third = tenant.change(&[put(ADA, &Left { at: Millis(3) })], &Warrant::Narrowing).unwrap();
    for holder in [&tenant.holder, &tenant.place.holder()] {
        let check = |seal| now(holder.check_power(TENANT, seal));
        check(Some(third)).unwrap();
        let edited = [
            PowerSeal { root: second.root, ..third },
            PowerSeal { seq: 9, ..third },
            PowerSeal { tag: [3; 16], ..third },
            before,
        ];
        for seal in edited.into_iter().chain([second, old]).map(Some).chain([None]) {
            assert_eq!(check(seal), Err(HolderError::OtherPower), "{seal:?}");
        }
    }
    let stale = PowerProposal { from: second.seq, before: &tenant.rows, changes: &[], warrant: &Warrant::Narrowing };
    assert_eq!(now(tenant.holder.seal_power(TENANT, &stale)), Err(HolderError::OtherPower));
    let other = Powers::default();
    let other = PowerProposal { from: third.seq, before: &other, changes: &[], warrant: &Warrant::Narrowing };
    assert_eq!(now(tenant.holder.seal_power(TENANT, &other)), Err(HolderError::OtherPower));
}

#[test]
fn what_nobody_committed_leaves_the_version_free() {
    let mut tenant = Tenant::new();
    let lost = tenant.seal(&[person(ADA, Role::TeamLeader)], &Warrant::Setup).unwrap();
    let kept = tenant.change(&[person(ADA, Role::QualityAnalyst)], &Warrant::Setup).unwrap();
    assert_eq!(lost.seq, kept.seq);
    assert_eq!(now(tenant.holder.check_power(TENANT, Some(lost))), Err(HolderError::OtherPower));
}

#[test]
fn the_file_is_its_owners_and_every_edit_of_it_is_noticed() {
    let tenant = Tenant::new();
    let path = tenant.place.keyring().with_extension("power");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() * 8 {
        let mut edited = bytes.clone();
        edited[at / 8] ^= 1 << (at % 8);
        fs::write(&path, edited).unwrap();
        assert!(tenant.place.opened().is_err());
    }
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        assert_eq!(now(tenant.holder.check_power(TENANT, None)), Err(HolderError::Keyring));
    }
    fs::write(&path, &bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(now(tenant.holder.check_power(TENANT, None)), Err(HolderError::Keyring));
}

#[test]
fn a_holder_on_another_machine_learns_and_one_that_knows_nothing_takes_no_officers_from_a_store() {
    let tenant = Tenant::claimed();
    fs::remove_file(tenant.place.keyring().with_extension("power")).unwrap();
    let other = tenant.place.holder();
    let change = [person(ADA, Role::TeamLeader)];
    for warrant in [Warrant::Setup, Warrant::Narrowing, tenant.approved(&tenant.sam, &change)] {
        let proposal = PowerProposal { from: tenant.seq, before: &tenant.rows, changes: &change, warrant: &warrant };
        assert_eq!(now(other.seal_power(TENANT, &proposal)), Err(HolderError::Unwarranted));
    }
    let passkey = tenant.sam.passkey(PersonId(SAM));
    assert_eq!(Passkey::decode(&passkey.encode()), Some(passkey));
}

/// The same as a proposal of that number.
fn proposed(id: u8, change: PowerChange) -> Vec<PowerChange> {
    vec![change, put([id; 16], &Settled { drafted: Millis(7) })]
}

#[test]
fn what_governs_needs_two_officers_as_soon_as_there_are_two_whom_it_is_not_about() {
    let mut tenant = Tenant::claimed();
    let rules = |text: &str| put([0; 16], &RulesText { files: vec![("1.cedar".to_owned(), text.to_owned())] });
    let limits = put([0; 16], &LimitsText { toml: String::new() });
    for change in [rules("a"), limits, person(ADA, Role::TeamLeader), person([9; 16], Role::Agent)] {
        let change = [change];
        assert_eq!(tenant.seal(&change, &tenant.approved(&tenant.sam, &change)), Err(HolderError::Unwarranted));
        tenant.seal(&change, &tenant.agreed(&change)).unwrap();
        let change = proposed(1, change[0].clone());
        let signed = |keys: &[&Authenticator]| {
            let challenge = proposal_challenge(TENANT, &tenant.rows, &change);
            Warrant::Officers(keys.iter().map(|key| key.assert(&challenge)).collect())
        };
        assert_eq!(tenant.seal(&change, &signed(&[&tenant.sam])), Err(HolderError::Unwarranted));
        assert_eq!(tenant.seal(&change, &signed(&[&tenant.sam, &tenant.sam])), Err(HolderError::NotApproved));
        assert_eq!(tenant.seal(&change, &tenant.agreed(&change)), Err(HolderError::NotApproved), "of a version");
        tenant.seal(&change, &signed(&[&tenant.sue, &tenant.sam])).unwrap();
    }
    // About one of two, the other is enough; and so is one who has been alone for a day.
    let own = [person(SAM, Role::SecurityAnalyst)];
    tenant.seal(&own, &tenant.approved(&tenant.sue, &own)).unwrap();
    tenant.change(&[put(SAM, &Left { at: Millis(5) })], &Warrant::Narrowing).unwrap();
    let change = [rules("b")];
    assert_eq!(tenant.seal(&change, &tenant.approved(&tenant.sue, &change)), Err(HolderError::Unwarranted));
    tenant.place.clock.advance(COUNTS_ON_MS);
    tenant.seal(&change, &tenant.approved(&tenant.sue, &change)).unwrap();
}

#[test]
fn another_team_or_name_needs_two_officers_as_another_role_does() {
    let tenant = Tenant::claimed();
    for change in [called(ADA, Role::Agent, "name 3", "south"), called(ADA, Role::Agent, "Ada", "")] {
        let change = [change];
        assert_eq!(tenant.seal(&change, &tenant.approved(&tenant.sam, &change)), Err(HolderError::Unwarranted));
        tenant.seal(&change, &tenant.agreed(&change)).unwrap();
    }
}

/// Sam has a second account, of the same name however it is written, and a passkey with it.
#[test]
fn two_accounts_of_one_human_are_one_officer() {
    let mut tenant = Tenant::claimed();
    let (twin, own) = ([4; 16], Authenticator::named(Algorithm::Es256, "sam's second"));
    let second = [called(twin, Role::SecurityOfficer, " NAME   1", ""), put([12; 16], &own.passkey(PersonId(twin)))];
    tenant.change(&second, &tenant.agreed(&second)).unwrap();
    let change = [rules("1.cedar", "a")];
    let both = tenant.approved_by(&[&tenant.sam, &own], &change);
    assert_eq!(tenant.seal(&change, &both), Err(HolderError::NotApproved));
    tenant.seal(&change, &tenant.approved_by(&[&own, &tenant.sue], &change)).unwrap();
    // Not about each other either, and they don't count as two whom it isn't about.
    let about = [person(SAM, Role::SecurityAnalyst)];
    assert_eq!(tenant.seal(&about, &tenant.approved(&own, &about)), Err(HolderError::NotApproved));
    tenant.seal(&about, &tenant.approved(&tenant.sue, &about)).unwrap();
    tenant.change(&[put(SUE, &Left { at: Millis(5) })], &Warrant::Narrowing).unwrap();
    tenant.place.clock.advance(COUNTS_ON_MS);
    tenant.seal(&change, &tenant.approved(&own, &change)).expect("one human is left");
}

#[test]
fn a_proposal_outlasts_other_changes_counts_once_and_is_no_other() {
    let mut tenant = Tenant::claimed();
    let rules = |text: &str| put([0; 16], &RulesText { files: vec![("1.cedar".to_owned(), text.to_owned())] });
    let change = proposed(1, rules("a"));
    let sign = |tenant: &Tenant, change: &[PowerChange]| {
        let challenge = proposal_challenge(TENANT, &tenant.rows, change);
        [&tenant.sam, &tenant.sue].map(|key| key.assert(&challenge))
    };
    let signed = sign(&tenant, &change);
    let warrant = Warrant::Officers(signed.to_vec());
    // Changed after the first signature: each officer signed another text.
    let changed = proposed(1, rules("a, and more"));
    let mixed = Warrant::Officers(vec![signed[0].clone(), sign(&tenant, &changed)[1].clone()]);
    for text in [&change, &changed, &proposed(2, rules("a"))] {
        assert_eq!(tenant.seal(text, &mixed), Err(HolderError::NotApproved));
    }
    for other in [
        changed,
        proposed(2, rules("a")),
        vec![rules("a")],
        [change.clone(), vec![person(ADA, Role::TeamLeader)]].concat(),
    ] {
        assert_eq!(tenant.seal(&other, &warrant), Err(HolderError::NotApproved), "{other:?}");
    }
    tenant.change(&[put(ADA, &Left { at: Millis(5) })], &Warrant::Narrowing).unwrap();
    tenant.change(&change, &warrant).unwrap();
    // Back where it came from: the same signatures again are a replay.
    let back = proposed(3, gone(PowerKind::Rules, [0; 16]));
    let signed = Warrant::Officers(sign(&tenant, &back).to_vec());
    tenant.change(&back, &signed).unwrap();
    assert_eq!(tenant.seal(&change, &warrant), Err(HolderError::NotApproved), "replayed");
    let forgotten = [gone(PowerKind::Settled, [1; 16])];
    assert_eq!(tenant.seal(&forgotten, &tenant.agreed(&forgotten)), Err(HolderError::Unwarranted));
}

fn rules(name: &str, text: &str) -> PowerChange {
    put([0; 16], &RulesText { files: vec![(name.to_owned(), text.to_owned())] })
}

/// However the others were made to go: by which changes Sue, or whoever runs the machine, comes to be the only officer.
#[test]
fn the_last_officer_standing_signs_nothing_alone_for_a_day() {
    let ways: [(&str, PowerChange); 3] = [
        ("left", put(SAM, &Left { at: Millis(5) })),
        ("lost the passkey", gone(PowerKind::Passkey, [10; 16])),
        ("lost the role", person(SAM, Role::SecurityAnalyst)),
    ];
    for (way, change) in ways {
        let mut tenant = Tenant::claimed();
        let change = [change];
        let warrant = if way == "lost the role" { tenant.approved(&tenant.sue, &change) } else { Warrant::Narrowing };
        tenant.change(&change, &warrant).unwrap_or_else(|error| panic!("{way} is at once: {error}"));
        let last = COUNTS_ON_MS - 1;
        for moment in [0, last / 2, last - last / 2] {
            tenant.place.clock.advance(moment);
            tenant.holder = tenant.place.holder();
            for wish in [[rules("1.cedar", "a")], [person(ADA, Role::SecurityOfficer)], [person([9; 16], Role::Agent)]]
            {
                let alone = tenant.approved(&tenant.sue, &wish);
                assert_eq!(tenant.seal(&wish, &alone), Err(HolderError::Unwarranted), "{way}, {moment}");
                let both = tenant.agreed(&wish);
                assert_eq!(tenant.seal(&wish, &both), Err(HolderError::NotApproved), "{way}: Sam can't sign any more");
            }
            // What takes away stays possible.
            tenant.change(&[put([moment as u8; 16], &Left { at: Millis(5) })], &Warrant::Narrowing).unwrap();
        }
        tenant.place.clock.advance(1);
        let wish = [rules("1.cedar", "a")];
        tenant.seal(&wish, &tenant.approved(&tenant.sue, &wish)).unwrap_or_else(|error| panic!("{way}: {error}"));
    }
}

#[test]
fn who_steps_down_is_said_exactly_and_with_the_holders_own_time() {
    let mut tenant = Tenant::claimed();
    let left = put(SAM, &Left { at: Millis(5) });
    let former = |id: [u8; 16], late: i64| put(id, &Former { at: tenant.place.clock.now().plus(late) });
    let seal = |changes: &[PowerChange]| tenant.seal_these(changes, &Warrant::Narrowing);
    let unsaid = [left.clone()];
    let another = [left.clone(), former(ADA, 0)];
    let too_many = [left.clone(), former(SAM, 0), former(SUE, 0)];
    let nobody = [former(ADA, 0)];
    let taken_back = [left.clone(), gone(PowerKind::Former, SAM)];
    for wrong in [&unsaid[..], &another, &too_many, &nobody, &taken_back] {
        assert_eq!(seal(wrong), Err(HolderError::Unwarranted), "{wrong:?}");
    }
    for late in [-COUNTS_ON_MS, -APART_MS - 1, APART_MS + 1] {
        assert_eq!(seal(&[left.clone(), former(SAM, late)]), Err(HolderError::Stale), "{late}");
    }
    seal(&[left.clone(), former(SAM, APART_MS)]).unwrap();
    tenant.change(&[left], &Warrant::Narrowing).unwrap();
    for forgotten in [gone(PowerKind::Former, SAM), put(SAM, &Former { at: Millis(5) })] {
        let forgotten = [forgotten];
        for warrant in [Warrant::Narrowing, Warrant::Setup, tenant.approved(&tenant.sue, &forgotten)] {
            assert!(tenant.seal_these(&forgotten, &warrant).is_err(), "{forgotten:?}");
        }
    }
}

#[test]
fn a_leaving_that_was_sealed_in_time_and_kept_back_counts_from_when_it_was_seen() {
    let mut tenant = Tenant::claimed();
    let left = tenant.with_formers(&[put(SAM, &Left { at: Millis(5) })]);
    let seal = tenant.seal_these(&left, &Warrant::Narrowing).unwrap();
    tenant.place.clock.advance(3 * COUNTS_ON_MS);
    tenant.holder = tenant.place.holder();
    now(tenant.holder.check_power(TENANT, Some(seal))).unwrap();
    (tenant.seq, tenant.rows) = (seal.seq, tenant.rows.after(&left));
    let wish = [rules("1.cedar", "a")];
    for moment in [0, COUNTS_ON_MS - 1] {
        tenant.place.clock.advance(moment);
        let alone = tenant.approved(&tenant.sue, &wish);
        assert_eq!(tenant.seal(&wish, &alone), Err(HolderError::Unwarranted));
    }
    tenant.place.clock.advance(1);
    tenant.seal(&wish, &tenant.approved(&tenant.sue, &wish)).unwrap();
}

#[test]
fn a_change_about_the_other_officer_does_not_make_them_fewer_for_what_stands_beside_it() {
    let tenant = Tenant::claimed();
    let beside = [person(SAM, Role::SecurityAnalyst), rules("1.cedar", "a")];
    assert_eq!(tenant.seal(&beside, &tenant.approved(&tenant.sue, &beside)), Err(HolderError::Unwarranted));
}

#[test]
fn what_widens_waits_by_the_holders_clock_whatever_a_node_says() {
    let mut tenant = Tenant::claimed();
    let wider = |text: &str| vec![rules("wider.cedar", text)];
    for (which, change) in [(1, wider("a")), (2, proposed(1, wider("b").remove(0)))] {
        let challenge = match which {
            1 => tenant.challenge(&change),
            _ => proposal_challenge(TENANT, &tenant.rows, &change),
        };
        let signed =
            |keys: &[&Authenticator]| Warrant::Officers(keys.iter().map(|key| key.assert(&challenge)).collect());
        let both = signed(&[&tenant.sam, &tenant.sue]);
        // What one alone shows isn't noted: the time begins with the last signature.
        assert_eq!(tenant.seal(&change, &signed(&[&tenant.sam])), Err(HolderError::Unwarranted));
        tenant.place.clock.advance(WAITS_MS);
        for moment in [0, WAITS_MS - 1] {
            tenant.place.clock.advance(moment);
            tenant.holder = tenant.place.holder();
            assert_eq!(tenant.seal(&change, &both), Err(HolderError::TooSoon), "{moment}");
        }
        // Another one has its own time.
        let other = wider(&format!("c{which}"));
        assert_eq!(tenant.seal(&other, &tenant.agreed(&other)), Err(HolderError::TooSoon));
        tenant.place.clock.advance(1);
        tenant.seal(&change, &both).unwrap();
        if which == 2 {
            tenant.change(&change, &both).unwrap();
        }
    }
    let narrower = [rules("1.cedar", "b")];
    tenant.seal(&narrower, &tenant.agreed(&narrower)).unwrap();
}

/// One officer and a node of their own: a passkey that they made, under the name of somebody who decides.
#[test]
fn one_officer_lets_nobody_in_under_the_name_of_who_decides() {
    let mut tenant = Tenant::claimed();
    let (lea, own) = ([4; 16], Authenticator::named(Algorithm::Es256, "sue's third hand"));
    let hire = [person(lea, Role::TeamLeader)];
    tenant.change(&hire, &tenant.agreed(&hire)).unwrap();
    let passkey = |owner: [u8; 16]| put([20; 16], &own.passkey(PersonId(owner)));
    let login = |owner: [u8; 16]| {
        let (issuer, subject) = ("https://id.example".to_owned(), "sue-too".to_owned());
        put(Login::id(&issuer, &subject), &Login { issuer, subject, person: PersonId(owner) })
    };
    // Of an officer, of somebody else who decides, of nobody known, and one's own.
    for change in [SAM, lea, [9; 16], SUE].into_iter().flat_map(|owner| [passkey(owner), login(owner)]) {
        let change = [change];
        let alone = tenant.approved(&tenant.sue, &change);
        assert_eq!(tenant.seal(&change, &alone), Err(HolderError::Unwarranted), "{change:?}");
        let twice = tenant.approved_by(&[&tenant.sue, &tenant.sue], &change);
        assert_eq!(tenant.seal(&change, &twice), Err(HolderError::NotApproved), "{change:?}");
        for warrant in [Warrant::Setup, Warrant::Narrowing] {
            assert_eq!(tenant.seal(&change, &warrant), Err(HolderError::Unwarranted), "{change:?}");
        }
        tenant.seal(&change, &tenant.agreed(&change)).unwrap();
    }
    // Who decides nothing needs one officer; and beside something else, each change counts for itself.
    for change in [put([20; 16], &agreed_to(&own, lea)), login(ADA)] {
        let change = [change];
        tenant.seal(&change, &tenant.approved(&tenant.sue, &change)).unwrap();
    }
    let beside = [passkey(SAM), person([8; 16], Role::Agent)];
    assert_eq!(tenant.seal(&beside, &tenant.approved(&tenant.sue, &beside)), Err(HolderError::Unwarranted));
    // Sam loses the passkey: for a day Sue still isn't alone.
    tenant.change(&[gone(PowerKind::Passkey, [10; 16])], &Warrant::Narrowing).unwrap();
    let back = [passkey(SAM)];
    assert_eq!(tenant.seal(&back, &tenant.approved(&tenant.sue, &back)), Err(HolderError::Unwarranted));
    tenant.place.clock.advance(COUNTS_ON_MS);
    tenant.seal(&back, &tenant.approved(&tenant.sue, &back)).unwrap();
}

#[test]
fn whoever_sets_up_confirms_no_token_and_officers_two_of_who_decides_and_not_their_own() {
    let confirmed_as = |person, role| [put(person, &keys::power::Confirmed { token: [7; 32], role })];
    let confirmed = |person: [u8; 16]| {
        let roles = [(ADA, Role::Agent), (LEA, Role::TeamLeader), (SUE, Role::SecurityOfficer)];
        confirmed_as(person, roles.into_iter().find(|(id, _)| *id == person).unwrap().1)
    };
    let new = Tenant::new();
    assert_eq!(new.seal(&confirmed(ADA), &Warrant::Setup), Err(HolderError::Unwarranted));
    let tenant = Tenant::claimed();
    for warrant in [Warrant::Setup, Warrant::Narrowing] {
        assert_eq!(tenant.seal(&confirmed(ADA), &warrant), Err(HolderError::Unwarranted));
    }
    tenant.seal(&confirmed(ADA), &tenant.approved(&tenant.sue, &confirmed(ADA))).unwrap();
    let alone = tenant.approved(&tenant.sue, &confirmed(LEA));
    assert_eq!(tenant.seal(&confirmed(LEA), &alone), Err(HolderError::Unwarranted));
    tenant.seal(&confirmed(LEA), &tenant.agreed(&confirmed(LEA))).unwrap();
    let own = tenant.approved(&tenant.sue, &confirmed(SUE));
    assert_eq!(tenant.seal(&confirmed(SUE), &own), Err(HolderError::NotApproved));
    // An agent's, for the role that they are to have next.
    let ahead = confirmed_as(ADA, Role::TeamLeader);
    assert_eq!(tenant.seal(&ahead, &tenant.approved(&tenant.sue, &ahead)), Err(HolderError::Unwarranted));
    tenant.seal(&ahead, &tenant.agreed(&ahead)).unwrap();
}
