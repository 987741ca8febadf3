//! Every row comes back exactly as it was written, whatever bytes it holds.

use super::help::{ANA, NOW, OTHER, TENANT, block_on, commit, doing, done, set_power};
use super::{Case, Mount};
use crate::{CustomerRow, Effect, FieldRow, IndexRow, PersonRow, PowerEdit, PowerRow};
use domain::{PersonId, PowerKind, Role};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "empty, long and odd bytes and texts come back",
        tables: &["field", "person", "power_row", "customer", "blind_index"],
        run: odd,
    },
    Case { name: "sealed values are counted by kind and head", tables: &["field"], run: counted },
    Case { name: "the largest numbers come back", tables: &["field", "budget"], run: large },
];

fn odd(mount: &dyn Mount) {
    let store = mount.store();
    let long: Vec<u8> = (0..70_000_u32).map(|i| i as u8).collect();
    let rows = [Vec::new(), vec![0], long.clone()];
    let rows = rows.into_iter().zip(1..).map(|(sealed, instance)| FieldRow { field: 8, instance, version: 1, sealed });
    let rows: Vec<_> = rows.collect();
    let mut effects: Vec<_> = rows.iter().map(|row| Effect::PutField(ANA, row.clone())).collect();
    let keys = CustomerRow { epoch: 0, wrapped: long };
    effects.push(Effect::PutCustomer(ANA, keys.clone()));
    let people: Vec<PersonRow> = Role::ALL
        .into_iter()
        .zip(["", "'; DROP TABLE person; --", "Ünï çödé 漢字 \u{1f980}", "%_\\", "a\0b", "\n"])
        .zip(0..)
        .map(|((role, name), number)| PersonRow {
            id: PersonId([number; 16]),
            tenant: TENANT,
            role,
            name: name.into(),
            team: name.into(),
            token: (number % 2 == 0).then_some([number; 32]),
            tag: [number; 16],
        })
        .collect();
    let mut edits: Vec<_> = people.iter().map(|row| PowerEdit::Person(row.clone())).collect();
    let power = PowerRow { kind: PowerKind::Rules, id: [0; 16], body: keys.wrapped.clone(), tag: [0xff; 16] };
    edits.push(PowerEdit::Put(power.clone()));
    effects.push(set_power(1, edits));
    let index = IndexRow { kind: u16::MAX, mac: [0; 16], customer: ANA, tag: [0xff; 16] };
    effects.push(Effect::PutIndex(index.clone()));
    done(&*store, doing(1, effects));
    assert_eq!(block_on(store.fields(TENANT, ANA)).unwrap(), rows);
    assert_eq!(block_on(store.customer(TENANT, ANA)).unwrap(), Some(keys));
    let mut kept = block_on(store.persons(TENANT)).unwrap();
    kept.sort_by_key(|row| row.id);
    assert_eq!(kept, people);
    assert_eq!(block_on(store.power_rows(TENANT)).unwrap(), [power]);
    assert_eq!(block_on(store.look_up(TENANT, u16::MAX, [0; 16], 9)).unwrap(), [index]);
}

fn counted(mount: &dyn Mount) {
    let store = mount.store();
    let row = |field, instance, sealed: &[u8]| FieldRow { field, instance, version: 1, sealed: sealed.to_vec() };
    let rows =
        [row(3, 1, &[1, 0, 1, 9]), row(3, 2, &[1, 0, 1, 8]), row(3, 3, &[1, 0, 2]), row(0, 0, &[1]), row(9, 1, &[])];
    done(&*store, doing(1, rows.iter().map(|row| Effect::PutField(ANA, row.clone())).collect()));
    let told = block_on(store.field_census(TENANT)).unwrap();
    let told: Vec<_> = told.iter().map(|one| (one.field, one.head.as_slice(), one.count)).collect();
    assert_eq!(told, [(0, &[1][..], 1), (3, &[1, 0, 1], 2), (3, &[1, 0, 2], 1), (9, &[], 1)]);
    assert_eq!(block_on(store.field_census(OTHER)).unwrap(), []);
}

fn large(mount: &dyn Mount) {
    let store = mount.store();
    let row = FieldRow { field: u16::MAX, instance: u32::MAX, version: i64::MAX as u64, sealed: vec![1] };
    done(&*store, doing(1, vec![Effect::PutField(ANA, row.clone())]));
    assert_eq!(block_on(store.fields(TENANT, ANA)).unwrap(), [row]);
    let counter = super::help::own(super::help::ADA);
    let (turn, room) = (crate::Turn::Spend(u32::MAX), domain::Room::ANY);
    let at = NOW.plus(1_000_000_000_000);
    let spend = crate::Spend { counter, purpose: None, turn, at, room, otherwise: domain::Refusal::BudgetExhausted };
    commit(&*store, vec![crate::Intent { spend: vec![spend], ..doing(2, Vec::new()) }]);
    assert_eq!(block_on(store.budget(TENANT, counter)).unwrap().unwrap().total, u64::from(u32::MAX));
}
