//! The power goes: what is on the disk then is the database's log up to any byte behind the last commit that was told of,
//! or any of the sectors behind it. Whatever was told of is there afterwards; the log goes on and continues what was
//! published.

use crate::help::Call;
use crate::sequencing::{assert_grown, checkpoint};
use domain::field::query_phone;
use domain::{EntryId, FieldKind};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use testkit::{FIRST, PHONE, block_on};
use transparency::Checkpoint;
use vault::{Sequencer, Vault, VaultError};

/// SQLite's log: a header, then frames of a header and a page.
const HEADER: usize = 32;
const FRAME: usize = 24 + 4_096;
const FILE: &str = "ringfence.db";
const SECTOR: usize = 512;
/// Steps of the load, with several cuts behind each of them.
const STEPS: u64 = 150;

/// The files as they are when an act has been answered, and what was told by then.
struct Moment {
    database: Vec<u8>,
    log: Vec<u8>,
    told: usize,
    published: Checkpoint,
}

impl Moment {
    /// The database before its log: what a checkpoint copies in between stands in the log as well.
    fn of(call: &Call, told: usize) -> Self {
        let file = call.world.directory().join(FILE);
        let database = fs::read(&file).unwrap();
        let log = fs::read(file.with_extension("db-wal")).unwrap();
        Self { database, log, told, published: checkpoint(&call.world.vault) }
    }

    /// How far the log goes: behind that lie frames of an earlier round, under other salts.
    fn length(&self) -> usize {
        let salts = &self.log[16..24];
        let frames = self.log[HEADER..].chunks_exact(FRAME).take_while(|frame| frame[8..16] == *salts);
        HEADER + frames.count() * FRAME
    }

    fn same_round(&self, other: &Self) -> bool {
        self.log[..HEADER] == other.log[..HEADER]
    }
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// What may be on the disk if the power goes between two moments: a database file and a log.
fn remains(before: &Moment, after: &Moment, chance: &mut Chance) -> Vec<(Vec<u8>, Vec<u8>)> {
    let end = after.length();
    let (from, database) = match before.same_round(after) {
        true => (before.length(), &before.database),
        // The log began anew, from its start: before that the database file was complete and synced.
        false => (0, &after.database),
    };
    let old = |at: usize| before.log.get(at).copied();
    let overwritten = |to: usize| {
        let rest = before.log.get(to..).unwrap_or_default();
        [&after.log[..to], rest].concat()
    };
    let cuts = [from, end, from + chance.below(end - from), from + chance.below(64.min(end - from))];
    let mut logs: Vec<Vec<u8>> = cuts.into_iter().map(overwritten).collect();
    if from > 0 {
        logs.push(after.log[..from + chance.below(end - from)].to_vec());
    }
    // Sectors reach the disk in any order.
    let mut torn = after.log[..end].to_vec();
    for start in (from.next_multiple_of(SECTOR)..end).step_by(SECTOR) {
        if chance.below(2) == 0 {
            let sector = start..(start + SECTOR).min(end);
            sector.for_each(|at| torn[at] = old(at).unwrap_or(0));
        }
    }
    logs.push(torn);
    logs.into_iter().map(|log| (database.clone(), log)).collect()
}

fn recovers(call: &Call, before: &Moment, told: &[(EntryId, [u8; 65])], database: &[u8], log: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    fs::write(&file, database).unwrap();
    fs::write(file.with_extension("db-wal"), log).unwrap();
    let (store, vault) = call.world.opened_in(folder.path());
    for (entry, leaf) in &told[..before.told] {
        let row = block_on(store.entry(FIRST, *entry)).unwrap();
        assert_eq!(row.map(|row| row.leaf), Some(*leaf), "{entry} was told of and is gone");
    }
    goes_on(&vault, folder.path());
    assert_eq!(block_on(store.strays(FIRST, 9)).unwrap(), []);
    assert_eq!(vault.alarms(FIRST), []);
    let now = checkpoint(&vault);
    assert_grown(&vault, &before.published, &now);
    assert_eq!(now.size as usize, block_on(store.entries(FIRST, None, 1_000_000)).unwrap().len());
}

fn goes_on(vault: &Arc<Vault>, folder: &Path) {
    let mut sequencer = Sequencer::new(vault, &vault.tenants()[0], [9; 16]).unwrap();
    while block_on(sequencer.tick()).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) > 0 {}
}

/// One act of many kinds; gives its entry.
fn act(call: &Call, step: u64) -> EntryId {
    let (world, scope) = (&call.world, call.world.scope(&call.world.staff.agent));
    match step % 4 {
        0 => block_on(world.vault.view(&scope, call.interaction, call.customer)).unwrap().receipt,
        1 => block_on(world.vault.search(&scope, call.interaction, &query_phone(PHONE).unwrap())).unwrap().receipt,
        2 => call.reveal(&call.command(FieldKind::Name)).ok().unwrap().receipt,
        _ => match block_on(world.vault.read_log(&scope, &vault::LogQuery::default(), None, 0)) {
            Err(VaultError::Refused { entry: Some(entry), .. }) => entry,
            other => panic!("an agent read the log: {other:?}"),
        },
    }
}

#[test]
fn what_was_told_of_is_there_after_the_power_went() {
    let steps = if std::env::var_os("RINGFENCE_LONG").is_some() { STEPS * 10 } else { STEPS };
    let call = Call::generous(150);
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut sequencer = call.world.sequencer(FIRST, 1);
    block_on(sequencer.tick()).unwrap();
    let (mut told, mut rounds, mut cuts) = (Vec::new(), 0, 0);
    let mut before = Moment::of(&call, 0);
    for step in 0..steps {
        // The lease runs on, and so that writes of several kinds lie behind a moment, not every step is one.
        call.world.clock.advance(40);
        for turn in 0..=step % 3 {
            let entry = act(&call, step + turn);
            let row = block_on(call.world.store.entry(FIRST, entry)).unwrap().unwrap();
            told.push((entry, row.leaf));
        }
        if step % 2 == 0 {
            block_on(sequencer.tick()).unwrap();
        }
        if step % 20 == 7 {
            let _customer = call.world.add(testkit::name_and_phone("Ann Other", "+442079460222"));
        }
        let after = Moment::of(&call, told.len());
        rounds += usize::from(!before.same_round(&after));
        for (database, log) in remains(&before, &after, &mut chance) {
            recovers(&call, &before, &told, &database, &log);
            cuts += 1;
        }
        before = after;
    }
    println!("{cuts} power cuts behind {} entries that were told of; the log began anew {rounds} times", told.len());
    assert!(rounds > 0, "the load must be long enough for the database's log to begin anew");
}

/// The test above can fail: cut before what was told of, and it is gone.
#[test]
fn what_was_not_synced_would_be_lost() {
    let call = Call::generous(151);
    let mut sequencer = call.world.sequencer(FIRST, 1);
    block_on(sequencer.tick()).unwrap();
    let before = Moment::of(&call, 0);
    let entry = act(&call, 0);
    let after = Moment::of(&call, 1);
    assert!(before.same_round(&after));
    let row = block_on(call.world.store.entry(FIRST, entry)).unwrap().unwrap();
    let late = Moment { told: 1, ..Moment::of(&call, 1) };
    let lost = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        recovers(&call, &late, &[(entry, row.leaf)], &after.database, &after.log[..after.length() - 1]);
    }));
    assert!(lost.is_err(), "a commit that lost its last byte can't be there");
}
