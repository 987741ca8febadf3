//! Paging: all rows, each once, in order, whatever the page's size.

use super::help::{
    ADA, BO, NOW, OTHER, OpenSeals, TENANT, block_on, commit_at, connected, customer_row, doing, done, entry, event,
    happened, intent, waiting,
};
use super::{Case, Mount};
use crate::{Effect, Fence, Job, Publication, Swap};
use domain::interaction::Happening;
use domain::{CustomerId, InteractionId, PersonId};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "interactions, newest act first, by person and liveness",
        tables: &["interaction"],
        run: interactions,
    },
    Case { name: "customers by id", tables: &["customer"], run: customers },
    Case { name: "customers' states by id, recent or not", tables: &["customer"], run: states },
    Case { name: "entries by falling place, pending ones by rising id", tables: &["entry"], run: entries },
];

fn id(number: u8) -> InteractionId {
    InteractionId([number; 16])
}

fn interactions(mount: &dyn Mount) {
    let store = mount.store();
    for number in 1..=9_u8 {
        // Three at a time share their moment, so that the id must decide.
        let now = NOW.plus(i64::from(number / 3));
        let person = if number % 2 == 0 { ADA } else { BO };
        let mut effects = vec![happened(id(number), event(number, 0, connected(person, None)))];
        if number > 6 {
            effects.push(happened(id(number), event(100 + number, 1, Happening::Ended)));
        }
        commit_at(&*store, now, vec![doing(u64::from(number), effects)]);
    }
    let walk = |person: Option<PersonId>, live, limit| {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = block_on(store.interactions(TENANT, person, live, after, limit)).unwrap();
            assert!(page.items.len() <= limit as usize);
            all.extend(page.items.iter().map(|row| row.id));
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    };
    for limit in [1, 2, 3, 4, 9, 50] {
        assert_eq!(walk(None, false, limit), [9, 8, 7, 6, 5, 4, 3, 2, 1].map(id));
        assert_eq!(walk(None, true, limit), [6, 5, 4, 3, 2, 1].map(id));
        assert_eq!(walk(Some(ADA), false, limit), [8, 6, 4, 2].map(id));
        assert_eq!(walk(Some(BO), true, limit), [5, 3, 1].map(id));
    }
    assert!(block_on(store.interactions(OTHER, None, false, None, 9)).unwrap().items.is_empty());
}

fn customers(mount: &dyn Mount) {
    let store = mount.store();
    let customer = |number: u8| CustomerId([number; 16]);
    let put = [3, 1, 5, 2, 4].map(|number| Effect::PutCustomer(customer(number), customer_row(u32::from(number))));
    done(&*store, doing(1, put.into()));
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = block_on(store.customers(TENANT, after, 2)).unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        all.extend(page);
    }
    assert_eq!(all, [1, 2, 3, 4, 5].map(|number| (customer(number), customer_row(u32::from(number)))));
    assert!(block_on(store.customers(OTHER, None, 9)).unwrap().is_empty());
}

fn states(mount: &dyn Mount) {
    let store = mount.store();
    let customer = |number: u8| CustomerId([number; 16]);
    let put = [3, 1, 2].map(|number| Effect::PutCustomer(customer(number), customer_row(u32::from(number))));
    done(&*store, doing(1, put.into()));
    for number in [2, 3, 4] {
        done(&*store, crate::Intent { customer: Some(customer(2)), ..intent(number) });
    }
    let read = |after, limit| block_on(store.states(TENANT, after, limit)).unwrap();
    let all = read(None, 9);
    let counts: Vec<_> = all.iter().map(|(id, row, state)| (*id, row.clone(), state.n)).collect();
    let expected = [(1, 0), (2, 3), (3, 0)].map(|(id, n)| (customer(id), customer_row(u32::from(id)), n));
    assert_eq!(counts, expected);
    assert!(all.iter().all(|(id, _, state)| state.tag == state.tag_by(&OpenSeals, TENANT, *id)), "{all:?}");
    assert!(all.iter().all(|(.., state)| (state.n == 0) == (state.head == [0; 32])), "{all:?}");
    assert_eq!(read(Some(customer(1)), 1), all[1..2]);
    assert_eq!(read(Some(customer(3)), 9), []);
    assert!(block_on(store.states(OTHER, None, 9)).unwrap().is_empty());
}

fn entries(mount: &dyn Mount) {
    let store = mount.store();
    [4, 2, 5, 1, 3].into_iter().for_each(|number| drop(done(&*store, intent(number))));
    let pending =
        |limit| block_on(store.pending(TENANT, None, limit)).unwrap().iter().map(|leaf| leaf.entry).collect::<Vec<_>>();
    assert_eq!(pending(9), [1, 2, 3, 4, 5].map(entry));
    assert_eq!(pending(2), [1, 2].map(entry));
    assert!(block_on(store.entries(TENANT, None, 9)).unwrap().is_empty());
    let publication = Publication {
        tenant: TENANT,
        fence: Fence { job: Job::Sequence(TENANT), number: 1 },
        from: 0,
        entries: pending(4).into_iter().map(waiting).collect(),
        tiles: Vec::new(),
        checkpoint: String::new(),
    };
    assert_eq!(block_on(store.publish(publication)).unwrap(), Swap::Done);
    let page = |before, limit| {
        block_on(store.entries(TENANT, before, limit)).unwrap().iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 9), [4, 3, 2, 1].map(entry));
    assert_eq!(page(None, 2), [4, 3].map(entry));
    assert_eq!(page(Some(2), 9), [2, 1].map(entry));
    assert_eq!(page(Some(0), 9), []);
}
