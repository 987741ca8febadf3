//! Digests: each due one once, counted for its reader as they are then, whatever the clock does.

use domain::{Millis, PersonId, Role};
use std::sync::{Arc, Mutex};
use testkit::{FIRST, Member, TestWorld, block_on};
use vault::{
    DigestOutlet, DigestTeller, DigestText, NewPerson, OutletError, Parties, Tallied, TenantConfig, VaultConfig,
};

const DAY: i64 = 24 * 3_600_000;

/// Keeps what it is sent.
struct Postbox {
    name: String,
    person: PersonId,
    sent: Mutex<Vec<DigestText>>,
    away: Mutex<bool>,
}

impl DigestOutlet for Postbox {
    fn name(&self) -> &str {
        &self.name
    }

    fn person(&self) -> PersonId {
        self.person
    }

    /// At the next midnight.
    fn due(&self, after: Millis) -> Millis {
        Millis((after.0.div_euclid(DAY) + 1) * DAY)
    }

    fn send(&self, _: &TenantConfig, text: &DigestText) -> Result<(), OutletError> {
        if *self.away.lock().unwrap() {
            return Err(OutletError::Later("nobody takes it"));
        }
        self.sent.lock().unwrap().push(text.clone());
        Ok(())
    }
}

impl Postbox {
    fn sent(&self) -> Vec<DigestText> {
        self.sent.lock().unwrap().clone()
    }
}

/// A world in which this person of the staff is agreed to be sent digests.
fn world(seed: u64, who: fn(&TestWorld) -> PersonId) -> (TestWorld, Arc<Postbox>) {
    // The same seed hires the same people.
    let person = who(&TestWorld::new(seed));
    let name = format!("digest to olga@example.com for {person}, each day at 0 in UTC");
    let parties = Parties { outlets: [name.clone()].into(), ..Parties::default() };
    let world = TestWorld::with(seed, VaultConfig { parties: [(FIRST, parties)].into(), ..VaultConfig::default() });
    assert_eq!(who(&world), person);
    (world, Arc::new(Postbox { name, person, sent: Mutex::default(), away: Mutex::default() }))
}

fn teller(world: &TestWorld, outlet: &Arc<Postbox>, node: u8) -> DigestTeller {
    let tenant = world.vault.tenants().iter().find(|tenant| tenant.id == FIRST).unwrap().clone();
    DigestTeller::new(&world.vault, tenant, Arc::clone(outlet) as Arc<dyn DigestOutlet>, [node; 16])
}

fn looked(world: &TestWorld, teller: &mut DigestTeller) {
    world.sequence(FIRST);
    for _ in 0..3 {
        block_on(teller.tick()).unwrap();
    }
}

#[test]
fn security_reads_how_much_happened_once_a_day() {
    let (world, outlet) = world(2_620, |world| world.staff.security.id);
    let mut teller = teller(&world, &outlet, 1);
    looked(&world, &mut teller);
    assert!(outlet.sent().is_empty(), "none is due yet");
    drop(block_on(world.vault.read_log(&world.scope(&world.staff.agent), &vault::LogQuery::default(), None, 1)));
    world.clock.advance(DAY);
    looked(&world, &mut teller);
    looked(&world, &mut teller);
    let sent = outlet.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].counts[&Tallied::Refused], 1, "{sent:?}");
    assert!(sent[0].counts[&Tallied::PowerChanged] > 0 && sent[0].counts.contains_key(&Tallied::ProposalsWait));
    // What was told isn't told again.
    world.clock.advance(DAY);
    looked(&world, &mut teller);
    let sent = outlet.sent();
    assert_eq!((sent.len(), sent[1].counts[&Tallied::Refused]), (2, 0));
    assert_ne!(sent[0].id, sent[1].id);
}

#[test]
fn who_leads_a_team_reads_of_it_and_of_nobody_else() {
    let (world, outlet) = world(2_621, |world| world.staff.leader.id);
    let mut teller = teller(&world, &outlet, 1);
    looked(&world, &mut teller);
    // A team is one, however its name is written.
    let operator = world.vault.operator(FIRST);
    let person = NewPerson { name: "Another".into(), role: Role::Agent, team: "NORTH".into() };
    let id = block_on(world.vault.add_person(&operator, person)).unwrap();
    let token = block_on(world.vault.issue_token(&operator, id)).unwrap();
    let another = Member { id, role: Role::Agent, token };
    for member in [&world.staff.agent, &world.staff.it, &another] {
        drop(block_on(world.vault.read_log(&world.scope(member), &vault::LogQuery::default(), None, 1)));
    }
    world.clock.advance(DAY);
    looked(&world, &mut teller);
    let sent = outlet.sent();
    assert_eq!(sent[0].counts[&Tallied::Refused], 2, "{sent:?}");
    assert!(sent[0].alarms.is_empty() && !sent[0].counts.contains_key(&Tallied::Reported));
}

#[test]
fn who_reads_none_or_has_left_is_sent_none() {
    let (world, outlet) = world(2_622, |world| world.staff.it.id);
    let mut teller = teller(&world, &outlet, 1);
    looked(&world, &mut teller);
    world.clock.advance(DAY);
    looked(&world, &mut teller);
    assert!(outlet.sent().is_empty());
}

#[test]
fn one_that_cannot_be_sent_is_sent_later_under_the_same_name_and_two_nodes_send_it_once() {
    let (world, outlet) = world(2_623, |world| world.staff.security.id);
    let (mut one, mut other) = (teller(&world, &outlet, 1), teller(&world, &outlet, 2));
    looked(&world, &mut one);
    *outlet.away.lock().unwrap() = true;
    world.clock.advance(DAY);
    looked(&world, &mut one);
    *outlet.away.lock().unwrap() = false;
    looked(&world, &mut one);
    assert!(outlet.sent().is_empty(), "it rests");
    world.clock.advance(3_600_000);
    for _ in 0..3 {
        looked(&world, &mut other);
        looked(&world, &mut one);
    }
    assert_eq!(outlet.sent().len(), 1);
}

#[test]
fn a_clock_that_was_ahead_silences_nobody_and_one_that_was_set_back_sends_nothing_twice() {
    let (world, outlet) = world(2_624, |world| world.staff.security.id);
    let mut teller = teller(&world, &outlet, 1);
    looked(&world, &mut teller);
    world.clock.advance(400 * DAY);
    looked(&world, &mut teller);
    assert_eq!(outlet.sent().len(), 1);
    world.clock.advance(-400 * DAY);
    looked(&world, &mut teller);
    assert_eq!(outlet.sent().len(), 1);
    world.clock.advance(DAY);
    looked(&world, &mut teller);
    assert_eq!(outlet.sent().len(), 2, "the next day's comes");
}
