//! Every effect, read back.

use super::help::{
    ADA, ANA, BEN, BO, CALL, NOW, OTHER, TENANT, block_on, connected, customer_row, doing, done, event, field_row,
    happened, index_row, open_call, person_row, put_customer, set_power,
};
use super::{Case, Mount};
use crate::{Effect, FieldRef, FieldRow, IndexRow, Intent, Outcome, PowerEdit, PowerHead, PowerRow, decode_events};
use domain::interaction::{Event, Happening};
use domain::{Binding, InteractionId, Phase, PowerKind};

pub(super) const CASES: &[Case] = &[
    Case { name: "Happened: folds events, knows repetitions", tables: &["interaction"], run: events },
    Case {
        name: "Happened: a caller who was erased matches nobody",
        tables: &["interaction", "customer"],
        run: erased_caller,
    },
    Case { name: "Bind and Prove", tables: &["interaction", "code"], run: bind_and_prove },
    Case { name: "PutCustomer, RewrapCustomer", tables: &["customer"], run: customers },
    Case { name: "PutField", tables: &["field"], run: fields },
    Case { name: "DropField", tables: &["field"], run: dropped_fields },
    Case { name: "RewrapField", tables: &["field", "customer"], run: rewrapped_fields },
    Case { name: "PutIndex, StageIndex, DropIndex", tables: &["blind_index", "staged_index"], run: indexes },
    Case { name: "SetPower", tables: &["person", "power", "power_row"], run: power },
    Case { name: "PutProgress", tables: &["import"], run: progress },
];

fn events(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    let row = || block_on(store.interaction(TENANT, CALL)).unwrap().unwrap();
    let first = row();
    assert_eq!((first.id, first.reference.as_str(), first.phase), (CALL, "call-1", Phase::Connected));
    assert_eq!((first.person, first.customer, first.binding), (Some(ADA), Some(ANA), Binding::Matched));
    assert_eq!((first.started, first.ended, first.active), (NOW, None, NOW));
    let hold = event(2, 10, Happening::Held);
    done(&*store, doing(1, vec![happened(CALL, hold)]));
    assert_eq!(row().phase, Phase::Held);
    let before = row();
    done(&*store, doing(2, vec![happened(CALL, hold), happened(CALL, hold)]));
    assert_eq!(row(), before);
    let others = event(3, 20, connected(BO, Some(BEN)));
    done(&*store, doing(3, vec![happened(CALL, others)]));
    assert_eq!((row().customer, row().binding), (None, Binding::None), "callers that differ match nobody");
    done(&*store, doing(4, vec![happened(CALL, event(4, 30, Happening::Ended))]));
    assert_eq!((row().phase, row().ended), (Phase::Ended, Some(NOW.plus(30))));
    let kept: Vec<Event> = decode_events(&row().events).unwrap();
    assert_eq!(kept.len(), 4);
    assert_eq!(block_on(store.interaction(OTHER, CALL)).unwrap(), None);
}

fn erased_caller(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, doing(1, vec![put_customer(ANA)]));
    let erase = doing(2, vec![Effect::Erase { customer: ANA, index: Vec::new() }]);
    let late = doing(3, vec![happened(CALL, event(1, 0, connected(ADA, Some(ANA))))]);
    super::help::commit(&*store, vec![erase, late]);
    let row = block_on(store.interaction(TENANT, CALL)).unwrap().unwrap();
    assert_eq!((row.customer, row.binding), (None, Binding::None));
    assert!(mount.tables_holding(&ANA.0).is_empty());
}

fn bind_and_prove(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    let unbound = InteractionId([2; 16]);
    done(&*store, doing(1, vec![happened(unbound, event(2, 0, connected(ADA, None)))]));
    let row = |id| block_on(store.interaction(TENANT, id)).unwrap().unwrap();
    let bind = |interaction, binding| Effect::Bind { interaction, customer: ANA, binding };
    done(&*store, doing(2, vec![Effect::Prove { interaction: unbound }]));
    assert_eq!(row(unbound).binding, Binding::None, "nobody is proven where nobody is bound");
    done(&*store, doing(3, vec![bind(unbound, Binding::Claimed), bind(CALL, Binding::Claimed)]));
    assert_eq!((row(unbound).customer, row(unbound).binding), (Some(ANA), Binding::Claimed));
    assert_eq!(row(CALL).binding, Binding::Matched, "a binding never gets weaker");
    done(&*store, doing(4, vec![Effect::Prove { interaction: CALL }]));
    assert_eq!(row(CALL).binding, Binding::Proven);
    done(&*store, doing(5, vec![happened(CALL, event(9, 40, connected(BO, Some(BEN))))]));
    assert_eq!(
        (row(CALL).customer, row(CALL).binding),
        (Some(ANA), Binding::Proven),
        "an event can't rebind what was proven"
    );
}

fn customers(mount: &dyn Mount) {
    let store = mount.store();
    let get = |tenant| block_on(store.customer(tenant, ANA)).unwrap();
    done(&*store, doing(1, vec![Effect::RewrapCustomer(ANA, customer_row(2))]));
    assert_eq!(get(TENANT), None, "a turned shelf brings nobody back");
    done(&*store, doing(2, vec![put_customer(ANA)]));
    assert_eq!((get(TENANT), get(OTHER)), (Some(customer_row(1)), None));
    done(&*store, doing(3, vec![Effect::RewrapCustomer(ANA, customer_row(2))]));
    assert_eq!(get(TENANT), Some(customer_row(2)));
}

fn fields(mount: &dyn Mount) {
    let store = mount.store();
    let put = [field_row(3, 1), field_row(0, 1), field_row(1, 1)].map(|row| Effect::PutField(ANA, row));
    done(&*store, doing(1, put.into()));
    assert_eq!(block_on(store.fields(TENANT, ANA)).unwrap(), [field_row(0, 1), field_row(1, 1), field_row(3, 1)]);
    done(&*store, doing(2, vec![Effect::PutField(ANA, field_row(1, 2))]));
    assert_eq!(block_on(store.fields(TENANT, ANA)).unwrap()[1], field_row(1, 2));
    assert!(block_on(store.fields(OTHER, ANA)).unwrap().is_empty());
    assert!(block_on(store.fields(TENANT, BEN)).unwrap().is_empty());
}

fn dropped_fields(mount: &dyn Mount) {
    let store = mount.store();
    let (sheet, first, second) = (field_row(0, 1), field_row(1, 1), field_row(3, 1));
    let put = |row: &FieldRow| Effect::PutField(ANA, row.clone());
    let drop = |row: &FieldRow| Effect::DropField(FieldRef { customer: ANA, field: row.field, instance: row.instance });
    let left = || block_on(store.fields(TENANT, ANA)).unwrap();
    done(&*store, doing(1, [&sheet, &first, &second].map(put).into()));
    done(&*store, doing(2, vec![Effect::PutField(BEN, first.clone())]));
    done(&*store, doing(3, vec![drop(&first), put(&field_row(0, 2))]));
    assert_eq!(left(), [field_row(0, 2), second.clone()]);
    assert_eq!(block_on(store.fields(TENANT, BEN)).unwrap(), std::slice::from_ref(&first), "another's stays");
    done(&*store, doing(4, vec![drop(&first)]));
    done(&*store, doing(5, vec![drop(&second), put(&field_row(3, 2))]));
    assert_eq!(left(), [field_row(0, 2), field_row(3, 2)], "in their order");
    done(&*store, doing(6, vec![put(&first), drop(&first)]));
    assert_eq!(left(), [field_row(0, 2), field_row(3, 2)]);
}

fn rewrapped_fields(mount: &dyn Mount) {
    let store = mount.store();
    let (first, second) = (field_row(1, 1), field_row(1, 2));
    let anew = |row: &FieldRow, to: u8| FieldRow { sealed: vec![to; 5], ..row.clone() };
    let rewrap =
        |row: &FieldRow, to| Effect::RewrapField { customer: ANA, row: anew(row, to), before: row.sealed.clone() };
    let all = || {
        let read = |after| block_on(store.sealed_values(TENANT, after, 2)).unwrap();
        let mut all = read(None);
        while let Some((customer, _, row)) = all.last() {
            let next = read(Some(FieldRef { customer: *customer, field: row.field, instance: row.instance }));
            if next.is_empty() {
                break;
            }
            all.extend(next);
        }
        all
    };
    done(&*store, doing(1, vec![rewrap(&first, 9)]));
    assert!(all().is_empty(), "nothing comes of what isn't there");
    let puts = [field_row(0, 1), first.clone(), field_row(3, 1)].map(|row| Effect::PutField(ANA, row));
    done(&*store, doing(2, [vec![put_customer(ANA), put_customer(BEN)], puts.into()].concat()));
    done(&*store, doing(3, vec![Effect::PutField(BEN, field_row(0, 1))]));
    let told: Vec<_> = all().into_iter().map(|(customer, keys, row)| (customer, keys, row.field)).collect();
    assert_eq!(told, [(ANA, 0), (ANA, 1), (ANA, 3), (BEN, 0)].map(|(whose, field)| (whose, customer_row(1), field)));
    assert!(block_on(store.sealed_values(OTHER, None, 9)).unwrap().is_empty());

    let kept = || block_on(store.fields(TENANT, ANA)).unwrap()[1].clone();
    done(&*store, doing(4, vec![rewrap(&first, 9), rewrap(&field_row(3, 1), 9)]));
    assert_eq!(kept(), anew(&first, 9));
    done(&*store, doing(5, vec![rewrap(&first, 8)]));
    assert_eq!(kept(), anew(&first, 9), "it isn't what was rewrapped any more");
    done(&*store, doing(6, vec![Effect::PutField(ANA, second.clone()), rewrap(&anew(&first, 9), 8)]));
    assert_eq!(kept(), second, "replaced meanwhile");
    done(&*store, doing(7, vec![rewrap(&first, 6), rewrap(&second, 7)]));
    assert_eq!(kept(), anew(&second, 7));
    // What reads behind it in one batch reads what it made.
    let read = Intent { read: vec![FieldRef { customer: ANA, field: 1, instance: 1 }], ..doing(9, Vec::new()) };
    let outcomes = super::help::commit(&*store, vec![doing(8, vec![rewrap(&anew(&second, 7), 5)]), read]);
    let Outcome::Committed(commit) = &outcomes[1] else { panic!("{outcomes:?}") };
    assert_eq!(commit.read[0].2, anew(&second, 5));
    assert_eq!(kept(), anew(&second, 5));
}

fn indexes(mount: &dyn Mount) {
    let store = mount.store();
    let find = |kind, mac: u8, limit| block_on(store.look_up(TENANT, kind, [mac; 16], limit)).unwrap();
    done(&*store, doing(1, vec![Effect::PutIndex(index_row(1, 5, ANA)), Effect::PutIndex(index_row(1, 5, ANA))]));
    assert_eq!(find(1, 5, 9), [index_row(1, 5, ANA)]);
    assert!(find(2, 5, 9).is_empty() && find(1, 6, 9).is_empty());
    assert!(block_on(store.look_up(OTHER, 1, [5; 16], 9)).unwrap().is_empty());

    done(&*store, doing(2, vec![Effect::StageIndex(index_row(1, 5, BEN)), Effect::StageIndex(index_row(1, 5, ANA))]));
    assert_eq!(find(1, 5, 9).len(), 1, "staged rows don't count yet");
    assert_eq!(block_on(store.merge_index(OTHER)).unwrap(), 0);
    assert_eq!(block_on(store.merge_index(TENANT)).unwrap(), 1, "a row that is there already isn't there twice");
    assert_eq!(find(1, 5, 9).len(), 2);
    assert_eq!(find(1, 5, 1).len(), 1);
    assert_eq!(block_on(store.merge_index(TENANT)).unwrap(), 0);

    let drop =
        |customer, macs: &[u8]| Effect::DropIndex { customer, index: macs.iter().map(|mac| (1, [*mac; 16])).collect() };
    done(&*store, doing(3, vec![drop(ANA, &[5, 7]), Effect::PutIndex(index_row(1, 6, ANA))]));
    assert_eq!(find(1, 5, 9), [index_row(1, 5, BEN)], "another's stays");
    assert_eq!(find(1, 6, 9), [index_row(1, 6, ANA)]);
    let anew = IndexRow { tag: [9; 16], ..index_row(1, 6, ANA) };
    done(&*store, doing(4, vec![drop(ANA, &[6]), Effect::PutIndex(anew.clone())]));
    assert_eq!(find(1, 6, 9), [anew], "what is put behind it stays");
    done(&*store, doing(5, vec![drop(BEN, &[]), drop(BEN, &[6])]));
    assert_eq!(find(1, 6, 9).len(), 1);
}

fn power(mount: &dyn Mount) {
    let store = mount.store();
    let set = |number, version, edits| done(&*store, doing(number, vec![set_power(version, edits)]));
    let row = |kind, id: u8, body: &[u8]| PowerRow { kind, id: [id; 16], body: body.to_vec(), tag: [id; 16] };
    let (passkey, login) = (row(PowerKind::Passkey, 2, b""), row(PowerKind::Login, 1, b"a\0\xff"));
    let people = [person_row(ADA, "Zoe", Some(1)), person_row(BO, "Bo", None)].map(PowerEdit::Person);
    set(1, 1, people.into());
    set(2, 2, vec![PowerEdit::Put(login.clone()), PowerEdit::Put(row(PowerKind::Passkey, 2, b"old"))]);
    set(3, 3, vec![PowerEdit::Put(passkey.clone()), PowerEdit::Put(row(PowerKind::Left, 9, b"x"))]);
    let names = block_on(store.persons(TENANT)).unwrap().into_iter().map(|row| row.name).collect::<Vec<_>>();
    assert_eq!(names, ["Bo", "Zoe"]);
    let rows = block_on(store.power_rows(TENANT)).unwrap();
    assert_eq!(rows, [passkey, login.clone(), row(PowerKind::Left, 9, b"x")]);
    let drops = [(PowerKind::Passkey, [2; 16]), (PowerKind::Left, [9; 16]), (PowerKind::Left, [8; 16])];
    let mut edits: Vec<_> = drops.into_iter().map(|(kind, id)| PowerEdit::Drop(kind, id)).collect();
    edits.push(PowerEdit::Person(person_row(ADA, "Zoe", Some(2))));
    set(4, 4, edits);
    assert_eq!(block_on(store.power_rows(TENANT)).unwrap(), [login]);
    assert_eq!(block_on(store.persons(TENANT)).unwrap()[1], person_row(ADA, "Zoe", Some(2)));
    let head = PowerHead { seq: 4, root: Some([4; 32]), tag: [9; 16] };
    block_on(store.durable()).unwrap();
    assert_eq!(block_on(store.power_head(TENANT)).unwrap(), Some(head));
    assert_eq!(block_on(store.power_head(OTHER)).unwrap(), None);
    assert!(
        block_on(store.persons(OTHER)).unwrap().is_empty() && block_on(store.power_rows(OTHER)).unwrap().is_empty()
    );
    assert_eq!(mount.edit("UPDATE power SET root = NULL"), 1);
    assert_eq!(block_on(store.power_head(TENANT)).unwrap(), Some(PowerHead { root: None, ..head }));
    assert_eq!(mount.edit("UPDATE power_row SET body = x'00'"), 1);
    assert_eq!(block_on(store.power_rows(TENANT)).unwrap()[0].body, [0]);
}

fn progress(mount: &dyn Mount) {
    let store = mount.store();
    let progress = |rows| Effect::PutProgress { import: [6; 16], rows };
    assert_eq!(block_on(store.progress(TENANT, [6; 16])).unwrap(), 0);
    done(&*store, doing(1, vec![progress(10)]));
    done(&*store, doing(2, vec![progress(25)]));
    assert_eq!(block_on(store.progress(TENANT, [6; 16])).unwrap(), 25);
    assert_eq!(block_on(store.progress(OTHER, [6; 16])).unwrap(), 0);
}
