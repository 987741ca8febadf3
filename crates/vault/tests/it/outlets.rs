//! Whom the log is told: each entry at least once and in order, by one node at a time, and whatever the clock or somebody at the
//! database does.

use domain::Millis;
use std::sync::{Arc, Mutex};
use testkit::{FIRST, FixedClock, SECOND, TestWorld, ana, block_on};
use vault::{
    AlarmKind, AlarmTeller, Happening, Kind, Outlet, OutletError, OutletState, OutletStep, Parties, Standing, Teller,
    TenantConfig, VaultConfig,
};

const NAME: &str = "webhook https://crm.example/in for case.opened";

/// Takes notes, and answers as it is told.
#[derive(Default)]
struct Noting {
    taken: Mutex<Vec<(u64, Option<[u8; 8]>)>>,
    answer: Mutex<Option<OutletError>>,
    /// How long a delivery takes, by which clock.
    takes: Mutex<Option<(Arc<FixedClock>, i64)>>,
}

impl Noting {
    fn answers(&self, with: Option<OutletError>) {
        *self.answer.lock().unwrap() = with;
    }

    fn places(&self) -> Vec<u64> {
        self.taken.lock().unwrap().iter().map(|(place, _)| *place).collect()
    }
}

impl Outlet for Noting {
    fn name(&self) -> &str {
        NAME
    }

    fn at_once(&self) -> usize {
        1
    }

    fn tells(&self, happening: &Happening) -> bool {
        happening.body.as_ref().is_none_or(|body| body.kind != Kind::OutletBegun)
    }

    fn deliver(&self, _: &TenantConfig, _: Millis, happenings: &[Happening]) -> Result<(), OutletError> {
        if let Some((clock, ms)) = &*self.takes.lock().unwrap() {
            clock.advance(*ms);
        }
        if let Some(error) = *self.answer.lock().unwrap() {
            return Err(error);
        }
        self.taken.lock().unwrap().extend(happenings.iter().map(|one| (one.place, one.customer)));
        Ok(())
    }
}

fn world(seed: u64) -> TestWorld {
    let parties = Parties { outlets: [NAME.to_owned()].into(), ..Parties::default() };
    TestWorld::with(seed, VaultConfig { parties: [(FIRST, parties)].into(), ..VaultConfig::default() })
}

fn teller(world: &TestWorld, outlet: &Arc<Noting>, node: u8) -> Teller {
    let tenant = world.vault.tenants().iter().find(|tenant| tenant.id == FIRST).unwrap().clone();
    Teller::new(&world.vault, tenant, Arc::clone(outlet) as Arc<dyn Outlet>, [node; 16])
}

/// A customer calls and their record is looked at: entries about somebody.
fn somebody_calls(world: &TestWorld) {
    let customer = world.add(ana());
    let interaction = world.call(&world.staff.agent, None);
    let scope = world.scope(&world.staff.agent);
    // Whatever becomes of it is an entry that names them.
    drop(block_on(world.vault.view(&scope, interaction, customer)));
}

/// Numbers what waits, and tells it.
fn told(world: &TestWorld, teller: &mut Teller) {
    world.sequence(FIRST);
    while block_on(teller.tick()).unwrap() == OutletStep::More {
        world.sequence(FIRST);
    }
}

fn standing(world: &TestWorld) -> Standing {
    block_on(world.vault.outlets(FIRST)).unwrap().remove(0)
}

fn alarmed(world: &TestWorld) -> bool {
    block_on(world.vault.settle_outlets(FIRST)).unwrap();
    world.vault.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::OutletStalled)
}

/// Each place once, but for those of the entries that it doesn't want.
fn in_order(places: &[u64]) -> bool {
    places.is_sorted() && places.windows(2).all(|two| two[0] != two[1])
}

#[test]
fn each_entry_is_told_once_and_in_order_while_all_is_well() {
    let (world, outlet) = (world(2_600), Arc::<Noting>::default());
    assert_eq!(standing(&world).state, OutletState::New);
    let mut teller = teller(&world, &outlet, 1);
    told(&world, &mut teller);
    let before = outlet.places().len();
    assert!(before > 3 && in_order(&outlet.places()));
    somebody_calls(&world);
    told(&world, &mut teller);
    assert!(outlet.places().len() > before && in_order(&outlet.places()));
    assert!(outlet.taken.lock().unwrap().iter().any(|(_, customer)| customer.is_some()));
    assert_eq!((standing(&world).state, standing(&world).waiting, alarmed(&world)), (OutletState::Taking, 0, false));
}

#[test]
fn one_that_fails_is_tried_ever_more_rarely_then_told_everything_and_is_an_alarm_meanwhile() {
    let (world, outlet) = (world(2_601), Arc::<Noting>::default());
    let mut teller = teller(&world, &outlet, 1);
    outlet.answers(Some(OutletError::Later("it is away")));
    told(&world, &mut teller);
    assert!(outlet.places().is_empty() && !alarmed(&world));
    assert_eq!(standing(&world).state, OutletState::Failing);
    world.clock.advance(15 * 60_000);
    told(&world, &mut teller);
    assert!(alarmed(&world), "a quarter of an hour is long enough");
    outlet.answers(None);
    told(&world, &mut teller);
    assert!(outlet.places().is_empty(), "it rests");
    // A clock that was set back a day keeps nobody waiting.
    world.clock.advance(-24 * 3_600_000);
    told(&world, &mut teller);
    assert!(!outlet.places().is_empty() && in_order(&outlet.places()) && !alarmed(&world));
}

#[test]
fn one_that_is_gone_is_never_asked_again() {
    let (world, outlet) = (world(2_602), Arc::<Noting>::default());
    let mut teller = teller(&world, &outlet, 1);
    outlet.answers(Some(OutletError::Gone));
    told(&world, &mut teller);
    outlet.answers(None);
    world.clock.advance(3_600_000);
    told(&world, &mut teller);
    assert!(outlet.places().is_empty() && alarmed(&world));
    assert_eq!(standing(&world).state, OutletState::Gone);
}

#[test]
fn one_that_was_gone_is_told_again_once_officers_dropped_and_added_it() {
    let (mut world, outlet) = (world(2_612), Arc::<Noting>::default());
    outlet.answers(Some(OutletError::Gone));
    told(&world, &mut teller(&world, &outlet, 1));
    outlet.answers(None);
    assert_eq!(standing(&world).state, OutletState::Gone);
    // Dropped.
    let with = core::mem::take(&mut world.config.parties);
    world.restart();
    assert!(!alarmed(&world) && !alarmed(&world));
    // And added again.
    world.config.parties = with;
    world.restart();
    world.clock.advance(60_000);
    told(&world, &mut teller(&world, &outlet, 1));
    assert!(!outlet.places().is_empty() && in_order(&outlet.places()), "{:?} {:?}", outlet.places(), standing(&world));
    assert_eq!(standing(&world).state, OutletState::Taking);
    let begun = world.log(FIRST).into_iter().filter_map(|line| line.body).filter(|body| body.kind == Kind::OutletBegun);
    assert_eq!(begun.count(), 2, "each beginning is an entry");
}

#[test]
fn another_node_waits_for_the_lease_and_then_goes_on_where_the_first_one_was() {
    let (world, outlet) = (world(2_603), Arc::<Noting>::default());
    let (mut first, mut second) = (teller(&world, &outlet, 1), teller(&world, &outlet, 2));
    told(&world, &mut first);
    let before = outlet.places();
    somebody_calls(&world);
    told(&world, &mut second);
    assert_eq!(outlet.places(), before, "the first one has the lease");
    world.clock.advance(60_000);
    told(&world, &mut second);
    assert!(outlet.places().len() > before.len() && in_order(&outlet.places()));
}

#[test]
fn the_lease_lasts_as_long_as_a_slow_batch() {
    let (world, outlet) = (world(2_611), Arc::<Noting>::default());
    let (mut first, mut second) = (teller(&world, &outlet, 1), teller(&world, &outlet, 2));
    *outlet.takes.lock().unwrap() = Some((Arc::clone(&world.clock), 12_000));
    told(&world, &mut first);
    let before = outlet.places();
    assert!(before.len() > 3, "{before:?}");
    somebody_calls(&world);
    told(&world, &mut second);
    assert_eq!(outlet.places(), before, "the first one still has the lease");
}

#[test]
fn an_edited_row_hides_nothing_and_stands_as_an_alarm_for_a_week() {
    let (world, outlet) = (world(2_604), Arc::<Noting>::default());
    let mut teller = teller(&world, &outlet, 1);
    told(&world, &mut teller);
    let all = outlet.places().len();
    assert_eq!(world.edit("UPDATE admission SET expires = expires - 1 WHERE kind = 47"), 1);
    assert!(alarmed(&world));
    told(&world, &mut teller);
    assert!(outlet.places().len() >= 2 * all, "what happened in a week is told again");
    assert!(alarmed(&world));
    world.clock.advance(7 * 24 * 3_600_000);
    assert!(!alarmed(&world));
}

#[test]
fn what_is_older_than_a_week_is_not_told_to_whoever_is_new() {
    let (world, outlet) = (world(2_605), Arc::<Noting>::default());
    somebody_calls(&world);
    world.sequence(FIRST);
    let old = world.log(FIRST).len() as u64;
    world.clock.advance(8 * 24 * 3_600_000);
    somebody_calls(&world);
    let mut teller = teller(&world, &outlet, 1);
    told(&world, &mut teller);
    assert!(!outlet.places().is_empty() && outlet.places().iter().all(|place| *place >= old), "{:?}", outlet.places());
}

#[test]
fn whom_settings_do_not_name_is_told_nothing() {
    let (world, outlet) = (TestWorld::new(2_606), Arc::<Noting>::default());
    let mut teller = teller(&world, &outlet, 1);
    told(&world, &mut teller);
    assert!(outlet.places().is_empty());
    assert_eq!(block_on(world.vault.outlets(FIRST)).unwrap(), []);
}

#[test]
fn an_alarm_is_an_entry_when_it_is_raised_and_when_it_has_been_away_for_a_minute() {
    let (world, outlet) = (world(2_607), Arc::<Noting>::default());
    let mut teller = teller(&world, &outlet, 1);
    let mut alarms = AlarmTeller::new(&world.vault, FIRST, [1; 16]);
    let kinds = |kind: Kind| {
        world.sequence(FIRST);
        let bodies: Vec<_> = world.log(FIRST).into_iter().filter_map(|line| line.body).collect();
        let found = bodies.iter().filter(|body| body.kind == kind);
        found.map(|body| vault::alarm_of(body.detail)).collect::<Vec<_>>()
    };
    outlet.answers(Some(OutletError::Gone));
    told(&world, &mut teller);
    assert!(alarmed(&world));
    for _ in 0..3 {
        block_on(alarms.tick()).unwrap();
    }
    assert_eq!(kinds(Kind::AlarmRaised), [Some(AlarmKind::OutletStalled)]);
    // A node that has just begun doesn't know yet: nothing is over because of that.
    let other = world.another_node();
    let mut beginner = AlarmTeller::new(&other, FIRST, [2; 16]);
    world.clock.advance(60_000);
    for _ in 0..3 {
        block_on(beginner.tick()).unwrap();
    }
    assert!(kinds(Kind::AlarmCleared).is_empty());
    world.clock.advance(60_000);
    block_on(beginner.tick()).unwrap();
    assert_eq!(kinds(Kind::AlarmCleared), [Some(AlarmKind::OutletStalled)]);
    // Whoever takes out the row that says so has it told again.
    block_on(other.settle_outlets(FIRST)).unwrap();
    block_on(beginner.tick()).unwrap();
    assert_eq!(world.edit("DELETE FROM admission WHERE kind = 48"), 1);
    block_on(beginner.tick()).unwrap();
    assert_eq!(kinds(Kind::AlarmRaised).len(), 3);
    assert!(block_on(other.outlets(SECOND)).unwrap().is_empty());
}

#[test]
fn what_one_node_alone_knows_is_told_and_is_over_only_once_no_node_sees_it() {
    let (world, outlet) = (world(2_611), Arc::<Noting>::default());
    let mut teller = teller(&world, &outlet, 1);
    told(&world, &mut teller);
    let other = world.another_node();
    let mut leading = AlarmTeller::new(&world.vault, FIRST, [1; 16]);
    let mut knowing = AlarmTeller::new(&other, FIRST, [2; 16]);
    let kinds = || {
        world.sequence(FIRST);
        let bodies = world.log(FIRST).into_iter().filter_map(|line| line.body);
        let alarms = bodies.filter(|body| matches!(body.kind, Kind::AlarmRaised | Kind::AlarmCleared));
        let stalled = alarms.filter(|body| vault::alarm_of(body.detail) == Some(AlarmKind::OutletStalled));
        stalled.map(|body| body.kind).collect::<Vec<_>>()
    };
    block_on(leading.tick()).unwrap();
    somebody_calls(&world);
    world.sequence(FIRST);
    world.clock.advance(15 * 60_000);
    block_on(other.settle_outlets(FIRST)).unwrap();
    let stalls = |node: &vault::Vault| node.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::OutletStalled);
    assert!(stalls(&other) && !stalls(&world.vault));
    for _ in 0..12 {
        world.clock.advance(15_000);
        block_on(leading.tick()).unwrap();
        block_on(knowing.tick()).unwrap();
    }
    assert_eq!(kinds(), [Kind::AlarmRaised], "once, by the node without the lease, and it isn't over");
    told(&world, &mut teller);
    block_on(other.settle_outlets(FIRST)).unwrap();
    assert!(!stalls(&other));
    for _ in 0..6 {
        world.clock.advance(15_000);
        block_on(leading.tick()).unwrap();
        block_on(knowing.tick()).unwrap();
    }
    let told = kinds();
    assert!(told.len() == 2 && told.contains(&Kind::AlarmCleared), "{told:?}");
}

#[test]
fn one_that_is_told_nothing_is_an_alarm_whoever_keeps_it_from_being_told() {
    let (world, outlet) = (world(2_609), Arc::<Noting>::default());
    somebody_calls(&world);
    world.sequence(FIRST);
    world.clock.advance(3_600_000);
    let mut teller = teller(&world, &outlet, 1);
    block_on(teller.tick()).unwrap();
    assert!(!alarmed(&world), "a new one begins with what is old");
    told(&world, &mut teller);
    world.clock.advance(3_600_000);
    assert!(!alarmed(&world), "there is nothing to be told");
    somebody_calls(&world);
    world.sequence(FIRST);
    world.clock.advance(15 * 60_000 - 1);
    assert!(!alarmed(&world));
    // Nobody tells: the lease is held, or a delivery hangs.
    world.clock.advance(1);
    assert!(alarmed(&world));
    assert_eq!(standing(&world).state, OutletState::Failing);
    told(&world, &mut teller);
    assert!(!alarmed(&world));
}

#[test]
fn an_old_copy_of_the_row_that_says_so_silences_no_newer_alarm() {
    let (world, outlet) = (world(2_610), Arc::<Noting>::default());
    let mut teller = teller(&world, &outlet, 1);
    let mut alarms = AlarmTeller::new(&world.vault, FIRST, [1; 16]);
    let raised = || {
        world.sequence(FIRST);
        world.log(FIRST).into_iter().filter_map(|line| line.body).filter(|body| body.kind == Kind::AlarmRaised).count()
    };
    told(&world, &mut teller);
    let stall = || {
        somebody_calls(&world);
        world.sequence(FIRST);
        world.clock.advance(15 * 60_000);
        assert!(alarmed(&world));
    };
    stall();
    block_on(alarms.tick()).unwrap();
    world.database().run("CREATE TABLE kept AS SELECT * FROM admission WHERE kind = 48");
    told(&world, &mut teller);
    assert!(!alarmed(&world));
    block_on(alarms.tick()).unwrap();
    world.clock.advance(60_000);
    block_on(alarms.tick()).unwrap();
    assert_eq!(raised(), 1);
    told(&world, &mut teller);
    stall();
    world.edit("DELETE FROM admission WHERE kind = 48");
    assert_eq!(world.edit("INSERT INTO admission SELECT * FROM kept"), 1);
    block_on(alarms.tick()).unwrap();
    assert_eq!(raised(), 2);
    block_on(alarms.tick()).unwrap();
    assert_eq!(raised(), 2, "once");
}

#[test]
fn every_alarm_has_a_number_of_its_own() {
    // Without a gap: a kind that is missing from the list would leave one.
    let mut numbers: Vec<u8> = AlarmKind::ALL.iter().map(|kind| kind.code()).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().map(|number| usize::from(*number)).eq(1..=AlarmKind::ALL.len()));
    assert!(AlarmKind::ALL.is_sorted());
    for kind in AlarmKind::ALL {
        assert_eq!(vault::alarm_of(Some(kind.code().into())), Some(kind));
    }
}

#[test]
fn a_row_that_is_taken_out_begins_again_and_one_that_is_spoilt_is_an_alarm() {
    let (world, outlet) = (world(2_608), Arc::<Noting>::default());
    let mut teller = teller(&world, &outlet, 1);
    told(&world, &mut teller);
    let all = outlet.places().len();
    assert_eq!(world.edit("DELETE FROM admission WHERE kind = 47"), 1);
    told(&world, &mut teller);
    assert!(outlet.places().len() >= 2 * all && !alarmed(&world), "an entry tells that it began again");
    world.sequence(FIRST);
    let begun = world.log(FIRST).into_iter().filter_map(|line| line.body).filter(|body| body.kind == Kind::OutletBegun);
    assert_eq!(begun.count(), 2);
    // One that can't even be read: nothing goes on by it, which is an alarm, until it is taken out.
    assert_eq!(world.edit("UPDATE admission SET tag = substr(tag, 1, 3) WHERE kind = 47"), 1);
    assert!(alarmed(&world));
    let before = outlet.places().len();
    drop(block_on(teller.tick()));
    assert!(outlet.places().len() == before && alarmed(&world));
    assert_eq!(world.edit("DELETE FROM admission WHERE kind = 47"), 1);
    told(&world, &mut teller);
    assert!(outlet.places().len() >= before + all && !alarmed(&world));
}
