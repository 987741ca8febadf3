//! Places in the log: leases, fences, compare-and-swap, tiles.

use super::help::{NOW, OTHER, TENANT, block_on, done, entry, intent, waiting};
use super::{Case, Mount};
use crate::{Cosigned, Fence, Job, LogHead, Publication, Store, Swap, TileKey};
use domain::EntryId;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "a lease is one holder's until it runs out; its number grows with each holder",
        tables: &["lease"],
        run: leases,
    },
    Case {
        name: "publishing gives places, tiles and the head at once",
        tables: &["entry", "placed", "tile", "log_head"],
        run: publishes,
    },
    Case {
        name: "publishing from an old place or under an old fence changes nothing",
        tables: &["log_head", "tile"],
        run: loses,
    },
    Case {
        name: "whoever lost the lease publishes nothing, even before its successor has",
        tables: &["lease", "log_head"],
        run: fenced,
    },
    Case {
        name: "publishing an entry twice or one that isn't there changes nothing",
        tables: &["entry", "log_head", "pending"],
        run: places_once,
    },
    Case {
        name: "entries are read by id within bounds, newest first, placed or not",
        tables: &["entry"],
        run: between,
    },
    Case {
        name: "what a witness signed is kept per witness and tenant, and never gives way to something smaller",
        tables: &["cosigned_checkpoint"],
        run: cosigned,
    },
    Case { name: "an entry that nobody would place is found", tables: &["entry", "pending"], run: finds_strays },
    Case {
        name: "an entry whose row or place in the queue was edited gets no place",
        tables: &["entry", "pending"],
        run: edited,
    },
    Case { name: "two sequencers at once never fork", tables: &["log_head", "entry", "pending"], run: race },
];

const JOB: Job = Job::Sequence(TENANT);
const TTL_MS: i64 = 1_000;

fn leases(mount: &dyn Mount) {
    let store = mount.store();
    let lease = |job, holder: u8, after| block_on(store.lease(job, [holder; 16], NOW.plus(after), TTL_MS)).unwrap();
    let first = lease(JOB, 1, 0).unwrap();
    assert_eq!(first.job, JOB);
    assert_eq!(lease(JOB, 2, 1), None);
    assert_eq!(lease(JOB, 1, 500), Some(first), "renewed under the same number");
    assert_eq!(lease(JOB, 2, 500 + TTL_MS), None, "not over yet");
    assert!(lease(Job::Sequence(OTHER), 2, 0).is_some(), "another job is another lease");
    let second = lease(JOB, 2, 501 + TTL_MS).unwrap();
    assert!(second.number > first.number);
    assert_eq!(lease(JOB, 1, 502 + TTL_MS), None);
    let third = lease(JOB, 1, 502 + 2 * TTL_MS).unwrap();
    assert!(third.number > second.number);
    let back = |holder: u8, after| block_on(store.lease(JOB, [holder; 16], NOW.plus(after), -10 * TTL_MS)).unwrap();
    assert_eq!(back(1, 503 + 2 * TTL_MS), Some(third), "given back");
    let fourth = lease(JOB, 2, 503 + 2 * TTL_MS).unwrap();
    assert!(fourth.number > third.number);
    assert_eq!(back(1, 504 + 2 * TTL_MS), None, "what isn't had can't be given back");
    assert_eq!(lease(JOB, 1, 505 + 2 * TTL_MS), None);
    assert_eq!(lease(JOB, 2, 506 + 2 * TTL_MS), Some(fourth));
}

fn fence(number: u64) -> Fence {
    Fence { job: JOB, number }
}

fn publication(from: u64, number: u64, entries: Vec<EntryId>) -> Publication {
    let size = from + entries.len() as u64;
    Publication {
        tenant: TENANT,
        fence: fence(number),
        from,
        entries: entries.into_iter().map(waiting).collect(),
        tiles: vec![(TileKey { level: 0, index: 0 }, vec![size as u8; 32]), (TileKey { level: -1, index: 0 }, vec![9])],
        checkpoint: format!("checkpoint {size}"),
    }
}

fn publish(store: &dyn Store, publication: Publication) -> Swap {
    block_on(store.publish(publication)).unwrap()
}

fn entries(store: &dyn Store, count: u64) {
    (1..=count).for_each(|number| drop(done(store, intent(number))));
}

fn between(mount: &dyn Mount) {
    let store = mount.store();
    entries(&*store, 5);
    assert_eq!(publish(&*store, publication(0, 1, vec![entry(3), entry(1)])), Swap::Done);
    let read = |tenant, from: u64, before: u64, limit| -> Vec<EntryId> {
        let rows = block_on(store.entries_between(tenant, entry(from), entry(before), limit)).unwrap();
        rows.into_iter().map(|row| row.id).collect()
    };
    assert_eq!(read(TENANT, 0, 99, 10), [5, 4, 3, 2, 1].map(entry));
    assert_eq!(read(TENANT, 2, 5, 10), [4, 3, 2].map(entry), "from counts, before doesn't");
    assert_eq!(read(TENANT, 0, 99, 2), [5, 4].map(entry));
    assert_eq!(read(TENANT, 4, 4, 10), []);
    assert_eq!(read(OTHER, 0, 99, 10), []);
    let rows = block_on(store.entries_between(TENANT, entry(1), entry(4), 10)).unwrap();
    assert_eq!(rows.iter().map(|row| row.index).collect::<Vec<_>>(), [Some(0), None, Some(1)]);
}

fn finds_strays(mount: &dyn Mount) {
    let store = mount.store();
    let strays = |limit| block_on(store.strays(TENANT, limit)).unwrap();
    entries(&*store, 5);
    assert_eq!(publish(&*store, publication(0, 1, vec![entry(1)])), Swap::Done);
    assert!(strays(9).is_empty(), "placed ones and waiting ones are where they should be");
    let number = |number| entry(number).0.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(mount.edit(&format!("DELETE FROM pending WHERE entry = x'{}'", number(2))), 1);
    assert_eq!(strays(9), [entry(2)], "it waits no more");
    assert_eq!(mount.edit(&format!("DELETE FROM entry WHERE id = x'{}'", number(3))), 1);
    assert_eq!(mount.edit(&format!("UPDATE pending SET leaf = zeroblob(65) WHERE entry = x'{}'", number(4))), 1);
    let mut found = strays(9);
    found.sort();
    assert_eq!(found, [entry(2), entry(3), entry(4)]);
    assert_eq!(strays(1).len(), 1);
    assert!(block_on(store.strays(OTHER, 9)).unwrap().is_empty());
}

fn publishes(mount: &dyn Mount) {
    let store = mount.store();
    assert_eq!(block_on(store.head(TENANT)).unwrap(), LogHead::default());
    entries(&*store, 3);
    assert_eq!(publish(&*store, publication(0, 1, vec![entry(2), entry(1)])), Swap::Done);
    let head = LogHead { size: 2, checkpoint: "checkpoint 2".into(), fence: 1 };
    assert_eq!(block_on(store.head(TENANT)).unwrap(), head);
    assert_eq!(block_on(store.head(OTHER)).unwrap(), LogHead::default());
    let index = |number| block_on(store.entry(TENANT, entry(number))).unwrap().unwrap().index;
    assert_eq!([index(1), index(2), index(3)], [Some(1), Some(0), None]);
    let pending = block_on(store.pending(TENANT, None, 9)).unwrap();
    assert_eq!(pending.iter().map(|leaf| leaf.entry).collect::<Vec<_>>(), [entry(3)]);
    let from = |first| block_on(store.pending(TENANT, Some(entry(first)), 9)).unwrap().len();
    assert_eq!([from(1), from(3), from(4)], [1, 1, 0]);
    assert_eq!(pending[0].leaf, block_on(store.entry(TENANT, entry(3))).unwrap().unwrap().leaf);
    let tile = |level, index| block_on(store.tile(TENANT, TileKey { level, index })).unwrap();
    assert_eq!((tile(0, 0), tile(-1, 0), tile(0, 1)), (Some(vec![2; 32]), Some(vec![9]), None));
    assert_eq!(publish(&*store, publication(2, 1, vec![entry(3)])), Swap::Done);
    assert_eq!(tile(0, 0), Some(vec![3; 32]), "a tile grows");
    assert_eq!(publish(&*store, publication(3, 2, Vec::new())), Swap::Done, "a new fence may sign the same size");
}

fn loses(mount: &dyn Mount) {
    let store = mount.store();
    entries(&*store, 3);
    assert_eq!(publish(&*store, publication(0, 2, vec![entry(1)])), Swap::Done);
    let before = block_on(store.head(TENANT)).unwrap();
    for lost in
        [publication(0, 3, vec![entry(2)]), publication(2, 3, vec![entry(2)]), publication(1, 1, vec![entry(2)])]
    {
        assert_eq!(publish(&*store, lost), Swap::Lost);
    }
    assert_eq!(block_on(store.head(TENANT)).unwrap(), before);
    assert_eq!(block_on(store.tile(TENANT, TileKey { level: 0, index: 0 })).unwrap(), Some(vec![1; 32]));
    assert_eq!(block_on(store.pending(TENANT, None, 9)).unwrap().len(), 2);
}

fn fenced(mount: &dyn Mount) {
    let store = mount.store();
    entries(&*store, 2);
    let lease = |holder: u8, after| block_on(store.lease(JOB, [holder; 16], NOW.plus(after), TTL_MS)).unwrap().unwrap();
    let first = lease(1, 0);
    let second = lease(2, TTL_MS + 1);
    assert_eq!(publish(&*store, publication(0, first.number, vec![entry(1)])), Swap::Lost);
    assert_eq!(block_on(store.head(TENANT)).unwrap(), LogHead::default());
    assert_eq!(publish(&*store, publication(0, second.number, vec![entry(1)])), Swap::Done);
    assert_eq!(publish(&*store, publication(1, first.number, vec![entry(2)])), Swap::Lost);
    assert_eq!(block_on(store.pending(TENANT, None, 9)).unwrap().len(), 1);
}

fn places_once(mount: &dyn Mount) {
    let store = mount.store();
    entries(&*store, 2);
    assert_eq!(publish(&*store, publication(0, 1, vec![entry(1)])), Swap::Done);
    for wrong in [vec![entry(2), entry(1)], vec![entry(2), entry(2)], vec![entry(2), entry(99)]] {
        assert_eq!(publish(&*store, publication(1, 1, wrong)), Swap::Lost);
        assert_eq!(block_on(store.entry(TENANT, entry(2))).unwrap().unwrap().index, None);
        assert_eq!(block_on(store.head(TENANT)).unwrap().size, 1);
    }
    let elsewhere = Publication { tenant: OTHER, ..publication(0, 1, vec![entry(2)]) };
    assert_eq!(publish(&*store, elsewhere), Swap::Lost, "an entry is in its own tenant's log only");
}

fn edited(mount: &dyn Mount) {
    let store = mount.store();
    entries(&*store, 3);
    let number = |number| entry(number).0.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (edit, number) in
        [("pending SET leaf = zeroblob(65) WHERE entry", 1), ("entry SET leaf = zeroblob(65) WHERE id", 2)]
            .map(|(edit, at)| (format!("UPDATE {edit} = x'{}'", number(at)), at))
    {
        assert_eq!(mount.edit(&edit), 1);
        assert_eq!(publish(&*store, publication(0, 1, vec![entry(number)])), Swap::Lost, "{edit}");
        assert_eq!(block_on(store.entry(TENANT, entry(number))).unwrap().unwrap().index, None);
    }
    assert_eq!(publish(&*store, publication(0, 1, vec![entry(3)])), Swap::Done, "others go on");
}

fn cosigned(mount: &dyn Mount) {
    let store = mount.store();
    let row = |witness: &str, size, note: &str| Cosigned { witness: witness.into(), size, note: note.into() };
    let put = |rows: &[Cosigned]| block_on(store.put_cosigned(TENANT, rows.to_vec())).unwrap();
    let kept = || block_on(store.cosigned(TENANT)).unwrap();
    assert_eq!(kept(), []);
    put(&[row("w/b", 5, "five"), row("", 3, "three")]);
    assert_eq!(kept(), [row("", 3, "three"), row("w/b", 5, "five")]);
    put(&[row("w/b", 4, "four"), row("", 3, "three, signed again")]);
    put(&[row("w/a", 9, "nine")]);
    assert_eq!(kept(), [row("", 3, "three, signed again"), row("w/a", 9, "nine"), row("w/b", 5, "five")]);
    assert_eq!(block_on(store.cosigned(OTHER)).unwrap(), []);
}

fn race(mount: &dyn Mount) {
    let store = mount.store();
    let total = 40;
    entries(&*store, total);
    std::thread::scope(|threads| {
        for number in [1, 2] {
            let store = &store;
            threads.spawn(move || {
                loop {
                    let head = block_on(store.head(TENANT)).unwrap();
                    let next: Vec<_> =
                        block_on(store.pending(TENANT, None, 3)).unwrap().iter().map(|leaf| leaf.entry).collect();
                    if next.is_empty() || head.fence > number {
                        return;
                    }
                    publish(&**store, publication(head.size, number, next));
                }
            });
        }
    });
    let mut head = block_on(store.head(TENANT)).unwrap();
    while head.size < total {
        let next = block_on(store.pending(TENANT, None, 3)).unwrap().iter().map(|leaf| leaf.entry).collect();
        assert_eq!(publish(&*store, publication(head.size, 2, next)), Swap::Done);
        head = block_on(store.head(TENANT)).unwrap();
    }
    let rows = block_on(store.entries(TENANT, None, 100)).unwrap();
    let places: Vec<_> = rows.iter().map(|row| row.index.unwrap()).collect();
    assert_eq!(places, (0..total).rev().collect::<Vec<_>>());
    assert_eq!(head.size, total);
}
