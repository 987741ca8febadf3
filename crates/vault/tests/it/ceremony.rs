//! Steps of the root key's ceremonies come into every tenant's log, each once; what is done to them at the key holder afterwards shows.

use crate::help::Call;
use crate::keyholding::{node, watched_by};
use domain::TenantId;
use keyholder::Watched;
use keys::{Ceremonies, CeremonyStanding, CeremonyStep};
use std::sync::{Arc, Mutex};
use testkit::{FIRST, SECOND, block_on};
use vault::{AlarmKind, AuditBody, CeremonyNote, HolderHealth, Kind, Vault};

const DAY: i64 = 24 * 3_600_000;

/// What the key holder's file says.
#[derive(Default)]
struct Written(Mutex<Vec<CeremonyStep>>);

impl Ceremonies for Written {
    fn standing(&self) -> CeremonyStanding {
        let steps = self.steps(0).into_iter().rev().collect();
        CeremonyStanding { id: "PEQRY-1H1FK".to_owned(), needed: 2, whole: true, steps, ..CeremonyStanding::default() }
    }

    fn steps(&self, after: u64) -> Vec<CeremonyStep> {
        self.0.lock().unwrap().iter().filter(|step| step.place > after).take(3).cloned().collect()
    }
}

impl Written {
    /// One more line; of `salt` depends what its hash is.
    fn step(&self, name: &str, salt: u8) {
        let mut all = self.0.lock().unwrap();
        let (place, mut hash) = (all.len() as u64 + 1, [salt; 32]);
        hash[0] = u8::try_from(place).unwrap();
        let (ceremony, step) = ("PEQRY-1H1FK".to_owned(), name.to_owned());
        all.push(CeremonyStep { place, hash, ceremony, step, needed: 2, of: 3, ..CeremonyStep::default() });
    }

    fn cut(&self, left: usize) -> Vec<CeremonyStep> {
        self.0.lock().unwrap().split_off(left)
    }
}

struct Centre {
    call: Call,
    holder: Arc<Watched>,
    written: Arc<Written>,
    _dir: tempfile::TempDir,
}

impl Centre {
    fn new(seed: u64) -> Self {
        let (dir, written) = (tempfile::tempdir().unwrap(), Arc::<Written>::default());
        let told = Arc::clone(&written);
        let (call, holder) = watched_by(seed, dir.path(), |holder| holder.telling(told));
        Self { call, holder, written, _dir: dir }
    }

    fn another_node(&self) -> Arc<Vault> {
        node(&self.call.world, &self.holder)
    }

    fn look(&self, node: &Vault) {
        for tenant in [FIRST, SECOND] {
            // A look takes over as many steps as are told at once.
            for _ in 0..4 {
                block_on(node.settle_ceremony(tenant)).unwrap();
            }
        }
    }

    fn entries(&self, tenant: TenantId, kind: Kind) -> Vec<AuditBody> {
        let lines = self.call.world.log(tenant).into_iter().filter_map(|line| line.body);
        lines.filter(|body| body.kind == kind).collect()
    }

    /// The steps in a tenant's log: place and name, in the order of their places.
    fn logged(&self, tenant: TenantId) -> Vec<(u64, String)> {
        let notes = self.entries(tenant, Kind::CeremonyStep).into_iter().map(|body| *body.ceremony.unwrap());
        let mut all: Vec<_> = notes.map(|CeremonyNote { place, step, .. }| (place, step)).collect();
        all.sort();
        all
    }

    /// How many steps were gone, each time.
    fn gone(&self) -> Vec<u64> {
        let mut all: Vec<_> = self
            .entries(FIRST, Kind::CeremonyStepsGone)
            .into_iter()
            .map(|body| (body.at, body.detail.unwrap()))
            .collect();
        all.sort();
        all.into_iter().map(|(_, gone)| gone).collect()
    }
}

fn alarmed(node: &Vault) -> bool {
    node.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::CeremonyStepsGone)
}

#[test]
fn each_step_is_one_entry_of_every_tenants_log_whichever_nodes_look_and_how_often() {
    let centre = Centre::new(940);
    let (one, other) = (&centre.call.world.vault, centre.another_node());
    centre.look(one);
    assert!(centre.logged(FIRST).is_empty() && !alarmed(one), "no ceremony is nothing to tell");
    for name in ["begun", "waiting", "share-taken", "share-taken", "root-file-destroyed"] {
        centre.written.step(name, 1);
        centre.look(&other);
        centre.look(one);
    }
    // And where both look in the same moment.
    ["waiting", "share-taken", "unsealed"].iter().for_each(|name| centre.written.step(name, 1));
    let look = |node: &Vault| (0..4).for_each(|_| block_on(node.settle_ceremony(FIRST)).unwrap());
    std::thread::scope(|scope| {
        let looking = [one, &other].map(|node| scope.spawn(move || look(node)));
        looking.into_iter().for_each(|thread| thread.join().unwrap());
    });
    centre.look(one);
    let names =
        ["begun", "waiting", "share-taken", "share-taken", "root-file-destroyed", "waiting", "share-taken", "unsealed"];
    let all: Vec<_> = (1..).zip(names.map(str::to_owned)).collect();
    assert_eq!((centre.logged(FIRST), centre.logged(SECOND)), (all.clone(), all));
    assert_eq!((centre.gone(), alarmed(one), alarmed(&other)), (vec![], false, false));
    let first =
        centre.entries(FIRST, Kind::CeremonyStep).into_iter().find(|body| body.ceremony.as_ref().unwrap().place == 1);
    let first = first.unwrap();
    assert_eq!((first.person, first.detail, first.alias), (None, None, None));
    let note = first.ceremony.unwrap();
    assert_eq!((note.ceremony.as_str(), note.needed, note.of, note.share), ("PEQRY-1H1FK", 2, 3, 0));
    assert_eq!(note.hash, centre.written.steps(0)[0].hash, "whoever has the file compares");
}

#[test]
fn a_step_that_is_cut_out_edited_or_made_anew_is_an_entry_and_an_alarm_on_every_node_for_seven_days() {
    let centre = Centre::new(941);
    let (one, other) = (&centre.call.world.vault, centre.another_node());
    let next = || centre.call.world.clock.advance(1_000);
    ["begun", "waiting", "share-taken", "unsealed"].iter().for_each(|name| centre.written.step(name, 1));
    centre.look(one);
    // Cut off its end, while no key holder ran that would remember.
    let cut = centre.written.cut(2);
    centre.look(&other);
    centre.look(one);
    assert_eq!((centre.gone(), alarmed(one), alarmed(&other)), (vec![2], true, true));
    // Put back: told as well, and nothing is logged twice.
    next();
    centre.written.0.lock().unwrap().extend(cut);
    centre.look(one);
    assert_eq!(centre.gone(), [2, 0]);
    // Edited from its second step on, with more of its own: what is new is taken over, what was there stays in the log.
    next();
    drop(centre.written.cut(1));
    ["waiting", "unsealed"].iter().for_each(|name| centre.written.step(name, 9));
    centre.look(&other);
    centre.look(one);
    assert_eq!((centre.gone(), centre.logged(FIRST).len()), (vec![2, 0, 3], 6));
    // Taken away as a whole.
    next();
    drop(centre.written.cut(0));
    centre.look(one);
    assert_eq!((centre.gone(), centre.logged(FIRST).len()), (vec![2, 0, 3, 3], 6));
    centre.call.world.clock.advance(7 * DAY - 1_000);
    centre.look(one);
    assert!(alarmed(one));
    centre.call.world.clock.advance(2_000);
    centre.look(one);
    assert!(!alarmed(one));
    assert_eq!(centre.gone().len(), 4);
}

#[test]
fn who_edits_the_row_that_says_how_far_it_was_hides_nothing_and_has_nothing_logged_twice() {
    let centre = Centre::new(942);
    let vault = &centre.call.world.vault;
    ["begun", "waiting"].iter().for_each(|name| centre.written.step(name, 1));
    centre.look(vault);
    // One row of each tenant.
    assert_eq!(
        centre.call.world.edit("UPDATE admission SET body = zeroblob(48) WHERE kind = 25 AND length(body) = 48"),
        2
    );
    centre.look(vault);
    assert!(alarmed(vault));
    centre.written.step("unsealed", 1);
    centre.look(vault);
    assert_eq!(centre.logged(FIRST).len(), 3);
}

#[test]
fn what_a_changed_key_holder_says_of_a_step_does_not_become_words_in_the_log() {
    let centre = Centre::new(943);
    centre.written.step("Ada Lindqvist came", 1);
    centre.written.step(&"x".repeat(4_000), 1);
    centre.look(&centre.call.world.vault);
    let unreadable = |place| (place, "unreadable".to_owned());
    assert_eq!(centre.logged(FIRST), [unreadable(1), unreadable(2)]);
}

#[test]
fn who_watches_is_shown_each_steps_entry_and_a_mark_that_changes_with_the_ceremony() {
    let centre = Centre::new(944);
    let (world, vault) = (&centre.call.world, &centre.call.world.vault);
    let board = world.scope(&world.staff.board);
    let mark = || block_on(vault.ceremony_mark(&board)).unwrap();
    let before = (mark(), world.log(FIRST).len());
    assert_eq!((mark(), world.log(FIRST).len()), before, "a mark is no entry");
    centre.written.step("begun", 1);
    assert_ne!(mark(), before.0);
    let health = || block_on(vault.keys_health(&board)).unwrap();
    assert_eq!(health().logged, [None]);
    centre.look(vault);
    let HolderHealth::Serving(_) = health().holder else { panic!("it serves") };
    assert!(health().logged[0].is_some());
    let agent = world.scope(&world.staff.agent);
    assert!(block_on(vault.ceremony_mark(&agent)).is_err());
}
