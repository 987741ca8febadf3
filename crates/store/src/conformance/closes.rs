//! Closes of the log: whom they count, their pages, and that no two have one number.

use super::help::{
    ANA, BEN, NOW, OTHER, OpenSeals, TENANT, block_on, commit, customer_row, doing, done, entry, intent, put_customer,
    refused,
};
use super::{Case, Mount};
use crate::{ClosePage, CloseRow, Condition, Effect, Intent, Outcome, StateRow, Store};
use domain::{CustomerId, Refusal};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "who has entries is counted, with keys and state; others aren't",
        tables: &["customer"],
        run: counted,
    },
    Case { name: "closes are numbered from one without a gap", tables: &["close"], run: numbered },
    Case { name: "of two closes with one number one is refused", tables: &["close"], run: one_of_two },
    Case {
        name: "a page is served once its close is there, and then stays as it is",
        tables: &["close_page", "close"],
        run: pages,
    },
];

const LIST: [u8; 16] = [0x11; 16];

fn row(number: u64, list: [u8; 16]) -> CloseRow {
    CloseRow {
        number,
        entry: entry(100 + number),
        list,
        covers: number * 10,
        at: NOW.plus(number as i64),
        size: number,
        root: [number as u8; 32],
    }
}

fn closing(row: CloseRow) -> Intent {
    Intent {
        when: vec![Condition::NextClose(row.number)],
        effects: vec![Effect::PutClose(row.clone())],
        ..intent(100 + row.number)
    }
}

fn counted(mount: &dyn Mount) {
    let store = mount.store();
    let third = CustomerId([0xc9; 16]);
    done(&*store, doing(1, [ANA, BEN, third].map(put_customer).into()));
    let all = |after, limit| block_on(store.counted(TENANT, after, limit)).unwrap();
    assert_eq!(all(None, 9), [], "nobody has an entry of their own yet");
    for (number, customer) in [(2, ANA), (3, third), (4, ANA)] {
        done(&*store, Intent { customer: Some(customer), ..intent(number) });
    }
    let rows = all(None, 9);
    let mut expected = [(ANA, 2), (third, 1)];
    expected.sort();
    assert_eq!(rows.iter().map(|(id, _, state)| (*id, state.n)).collect::<Vec<_>>(), expected);
    for (customer, keys, state) in &rows {
        assert_eq!(*keys, customer_row(1));
        assert_eq!(state.tag, StateRow::tag_by(state, &OpenSeals, TENANT, *customer), "the state that was tagged");
        assert_ne!(state.head, [0; 32]);
    }
    assert_eq!(all(None, 1), rows[..1]);
    assert_eq!(all(Some(rows[0].0), 9), rows[1..]);
    assert_eq!(all(Some(rows[1].0), 9), []);
    assert_eq!(block_on(store.counted(OTHER, None, 9)).unwrap(), []);
    done(&*store, doing(5, vec![Effect::Erase { customer: ANA, index: Vec::new() }]));
    assert_eq!(all(None, 9).iter().map(|(id, ..)| *id).collect::<Vec<_>>(), [third]);
}

fn numbered(mount: &dyn Mount) {
    let store = mount.store();
    let closes = |before, limit| block_on(store.closes(TENANT, before, limit)).unwrap();
    assert_eq!(closes(None, 9), []);
    refused(&*store, closing(row(2, LIST)), Refusal::CloseTaken);
    refused(&*store, Intent { entry: entry(1), ..closing(row(0, LIST)) }, Refusal::CloseTaken);
    assert_eq!(closes(None, 9), []);
    for number in [1, 2, 3] {
        let close = CloseRow { entry: entry(200 + number), ..row(number, [number as u8; 16]) };
        done(&*store, Intent { entry: close.entry, ..closing(close) });
    }
    let all = closes(None, 9);
    assert_eq!(all.iter().map(|close| close.number).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(all[2], CloseRow { entry: entry(201), ..row(1, [1; 16]) });
    assert_eq!(closes(Some(3), 1), all[1..2]);
    assert_eq!(closes(Some(1), 9), []);
    assert_eq!(block_on(store.closes(OTHER, None, 9)).unwrap(), []);
    done(&*store, Intent { tenant: OTHER, entry: entry(300), ..closing(row(1, LIST)) });
    assert_eq!(closes(None, 1)[0].number, 3, "each tenant counts its own");
}

fn one_of_two(mount: &dyn Mount) {
    let store = mount.store();
    let other = CloseRow { entry: entry(2), ..row(1, [0x22; 16]) };
    let second = Intent { entry: other.entry, ..closing(other.clone()) };
    let outcomes = commit(&*store, vec![closing(row(1, LIST)), second]);
    assert!(matches!(outcomes[0], Outcome::Committed(_)));
    assert_eq!(outcomes[1], Outcome::Refused { refusal: Refusal::CloseTaken, entry: entry(2) });
    refused(&*store, Intent { entry: entry(3), ..closing(other) }, Refusal::CloseTaken);
    assert_eq!(block_on(store.closes(TENANT, None, 9)).unwrap(), [row(1, LIST)]);
}

fn put(store: &dyn Store, number: u64, list: [u8; 16], page: u64, data: &[u8]) -> bool {
    block_on(store.put_close_page(TENANT, ClosePage { number, list, page, data: data.to_vec() })).unwrap()
}

fn pages(mount: &dyn Mount) {
    let store = mount.store();
    let page = |number, page| block_on(store.close_page(TENANT, number, page)).unwrap();
    let others = [0x22; 16];
    assert!(put(&*store, 1, others, 0, b"another node's"));
    assert!(put(&*store, 1, LIST, 0, b"first try"));
    assert!(put(&*store, 1, LIST, 0, b"first"), "a page that was begun anew");
    assert!(put(&*store, 1, LIST, 1, b"second"));
    assert_eq!(page(1, 0), None, "there is no close yet");
    done(&*store, closing(row(1, LIST)));
    assert_eq!((page(1, 0), page(1, 1), page(1, 2)), (Some(b"first".to_vec()), Some(b"second".to_vec()), None));
    assert_eq!(page(2, 0), None);
    assert_eq!(block_on(store.close_page(OTHER, 1, 0)).unwrap(), None);
    assert!(mount.tables_holding(&others).is_empty(), "what others began for this close is gone");
    assert!(!put(&*store, 1, LIST, 0, b"changed"));
    assert!(!put(&*store, 1, others, 0, b"too late"));
    assert_eq!(page(1, 0), Some(b"first".to_vec()));
    assert!(put(&*store, 2, others, 0, b"next"));
}
