//! What a database that was put back, another log, and an entry that never comes there, are to a key holder.

use super::*;

#[test]
fn a_log_that_was_put_back_or_forked_stops_everything_until_it_is_whole() {
    let world = World::new();
    let watched = world.open();
    assert_eq!(world.publish(&watched, 20, &[]), Ok(20));
    assert_eq!(world.publish(&watched, 19, &[]), Ok(20), "a node that was a moment late");
    for length in [20, 21, 30] {
        // As long, or longer: it must go on from what was heard.
        let fork = vec![[99; 65]; length];
        assert_eq!(tell(&watched, &fork, 0), Err(HolderError::OldLog), "{length}");
        assert_eq!(world.release(&watched, world.entry(), ADA, 1), Err(HolderError::OldLog));
    }
    assert_eq!(world.publish(&watched, 20, &[]), Ok(20));
    assert_eq!(world.release(&watched, world.entry(), ADA, 1), Ok(()));
    drop(watched);
    let watched = world.open();
    assert_eq!(world.publish(&watched, 12, &[]), Err(HolderError::OldLog), "after a restart too");
    assert_eq!(world.release(&watched, world.entry(), ADA, 2), Err(HolderError::OldLog));
    assert_eq!(tell(&watched, &[[99; 65]; 21], 20), Err(HolderError::OldLog), "nor is another log's edge believed");
    assert_eq!(tell(&watched, &[[99; 65]; 21], 0), Ok(20), "it wants the leaves from there on");
    assert_eq!(world.release(&watched, world.entry(), ADA, 2), Err(HolderError::OldLog));
    assert_eq!(world.publish(&watched, 21, &[]), Ok(21));
    assert_eq!(world.release(&watched, world.entry(), ADA, 2), Ok(()));
    assert_eq!(world.alarms(), ["old-log", "old-log"], "once a minute, and once a start");
}

#[test]
fn keys_for_entries_that_never_come_to_the_log_end_after_half_a_minute() {
    let world = World::new();
    let watched = world.open();
    let (quick, slow) = (world.entry(), world.entry());
    // The sequencer may be quicker than whoever asks for the key.
    world.called(quick, CUSTOMER, 1);
    world.publish(&watched, 1, &[quick]).unwrap();
    assert_eq!(world.release(&watched, quick, ADA, 1), Ok(()));
    assert_eq!(world.release(&watched, slow, ADA, 2), Ok(()));
    assert_eq!(world.publish(&watched, 1, &[]), Ok(1), "nothing is late yet");
    world.clock.advance(OWED_MS);
    let made_up = world.entry();
    assert_eq!(world.release(&watched, made_up, ADA, 3), Ok(()));
    world.clock.advance(1);
    assert_eq!(world.release(&watched, world.entry(), BEN, 4), Err(HolderError::Unpublished));
    // No node's word is enough: it is to be among the leaves, under the label that the customer's key makes.
    assert_eq!(world.publish(&watched, 5, &[]), Ok(5));
    assert_eq!(world.release(&watched, world.entry(), BEN, 4), Err(HolderError::Unpublished));
    assert_eq!(world.publish(&watched, 6, &[slow]), Ok(6));
    assert_eq!(world.release(&watched, world.entry(), BEN, 4), Ok(()));

    // What an attacker deleted never comes: whoever has looked lets it go on.
    world.clock.advance(OWED_MS + 1);
    assert_eq!(world.release(&watched, world.entry(), BEN, 5), Err(HolderError::Unpublished));
    watched.tick().unwrap();
    assert_eq!(world.release(&watched, world.entry(), BEN, 5), Err(HolderError::Unpublished));
    assert_eq!(Alarms::open(world.dir.path()).unwrap().acknowledge().unwrap(), 1);
    watched.tick().unwrap();
    assert_eq!(world.release(&watched, world.entry(), BEN, 5), Ok(()));
}

/// IT restored a backup in earnest: everything goes back, and security says so at the key holder.
#[test]
fn a_log_that_was_put_back_counts_once_security_accepts_it_for_its_size_and_across_restarts() {
    let world = World::new();
    let watched = world.open();
    let lost = world.entry();
    assert_eq!(world.release(&watched, lost, ADA, 40), Ok(()));
    world.publish(&watched, 20, &[lost]).unwrap();
    world.clock.advance(2 * WINDOW_MS);
    assert_eq!(world.publish(&watched, 12, &[]), Err(HolderError::OldLog));
    assert_eq!(world.release(&watched, world.entry(), ADA, 31), Err(HolderError::OldLog));

    let accepted = Accepted { tenant: TENANT, size: 12 };
    accepted.ask(world.dir.path()).unwrap();
    assert!(accepted.ask(world.dir.path()).is_err(), "it hasn't come to that yet");
    watched.tick().unwrap();
    assert_eq!(world.publish(&watched, 11, &[]), Err(HolderError::OldLog), "shorter than was accepted");
    let log = world.log.lock().unwrap().clone();
    assert_eq!(tell(&watched, &log[..12], 12), Ok(12));
    for fork in [&[[99; 65]; 12][..], &[[99; 65]; 13]] {
        assert_eq!(tell(&watched, fork, 12), Err(HolderError::OldLog), "the first that was told is the log");
    }
    assert_eq!(tell(&watched, &log[..12], 12), Ok(12));
    assert_eq!(world.release(&watched, world.entry(), ADA, 31), Ok(()), "the customer's counter went back, too");
    assert_eq!(world.alarms(), ["old-log", "log-accepted"]);

    drop(watched);
    let watched = world.open();
    assert_eq!(world.publish(&watched, 11, &[]), Err(HolderError::OldLog));
    assert_eq!(tell(&watched, &log[..12], 12), Ok(12));
    assert_eq!(world.release(&watched, world.entry(), ADA, 31), Err(HolderError::OldCounter));
    assert_eq!(world.release(&watched, world.entry(), ADA, 32), Ok(()));
    assert_eq!(Journal::standing(world.dir.path(), world.clock.now()).unwrap()[&TENANT].size, 12);
    fs::write(world.dir.path().join("log.accepted"), "anything else").unwrap();
    assert!(watched.tick().is_err());
}

#[test]
fn a_database_that_was_put_back_is_noticed_by_its_counters() {
    let world = World::new();
    let watched = world.open();
    let late = world.entry();
    assert_eq!(world.release(&watched, world.entry(), ADA, 10), Ok(()));
    assert_eq!(world.release(&watched, late, ADA, 9), Ok(()), "two nodes, a little out of order");
    let other = world.entry();
    assert_eq!(world.release(&watched, other, ADA, 10), Err(HolderError::OldCounter), "a number that is taken");
    world.clock.advance(2 * WINDOW_MS);
    watched.state().memory.forgive(world.clock.now());
    assert_eq!(world.release(&watched, world.entry(), ADA, 8), Err(HolderError::OldCounter));
    assert_eq!(world.release(&watched, world.entry(), ADA, 11), Ok(()));
    drop(watched);
    let watched = world.open();
    assert_eq!(world.release(&watched, world.entry(), ADA, 11), Err(HolderError::OldCounter), "after a restart too");

    let list = |n| {
        let counted = Counted { customer: CUSTOMER, shelved: &world.shelved, n, head: [0; 32] };
        now(watched.list(TENANT, 1, &[counted])).unwrap().remove(0)
    };
    assert_eq!(list(10), Err(HolderError::OldCounter));
    assert!(list(11).is_ok() && list(12).is_ok());
    assert!(world.alarms().contains(&"old-counter".to_owned()));
}
