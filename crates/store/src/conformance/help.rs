//! What the cases share.

use crate::{
    Commit, CustomerRow, Effect, FieldRow, IndexRow, Inscribed, Intent, Numbers, Outcome, PendingLeaf, PersonRow,
    PowerEdit, PowerHead, Scribe, Seals, Store, Tag,
};
use core::future::Future;
use core::hash::Hasher;
use core::task::{Context, Poll, Waker};
use domain::interaction::{Event, Happening, Timeouts};
use domain::{
    BudgetKind, Channel, Counter, CustomerId, EntryId, InteractionId, Millis, PersonId, Refusal, Role, TenantId,
};
use std::hash::DefaultHasher;
use std::sync::Arc;
use std::task::Wake;
use std::thread::Thread;

pub(crate) const TENANT: TenantId = TenantId(1);
pub(crate) const OTHER: TenantId = TenantId(2);
pub(crate) const ADA: PersonId = PersonId([0xa1; 16]);
pub(crate) const BO: PersonId = PersonId([0xb0; 16]);
pub(crate) const ANA: CustomerId = CustomerId([0xca; 16]);
pub(crate) const BEN: CustomerId = CustomerId([0xcb; 16]);
pub(crate) const CALL: InteractionId = InteractionId([0x1c; 16]);
pub(crate) const NOW: Millis = Millis(1_767_225_600_000);
pub(crate) const TIMEOUTS: Timeouts = Timeouts { idle_ms: 600_000, absolute_ms: 3_600_000 };

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future in this thread, whatever drives the engine.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = Box::pin(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Tags for tests: anybody can make them.
pub(crate) struct OpenSeals;

impl Seals for OpenSeals {
    fn tag(&self, tenant: TenantId, table: &'static str, material: &[u8]) -> Tag {
        let mut tag = [0; 16];
        for (half, out) in tag.chunks_exact_mut(8).enumerate() {
            let mut hasher = DefaultHasher::new();
            hasher.write_usize(half);
            hasher.write(&tenant.bytes());
            hasher.write(table.as_bytes());
            hasher.write(material);
            out.copy_from_slice(&hasher.finish().to_be_bytes());
        }
        tag
    }
}

/// Writes what it is told in clear, so that a case can read it back.
pub(crate) struct Parrot(pub(crate) u64);

impl Scribe for Parrot {
    fn inscribe(&self, numbers: &Numbers) -> Inscribed {
        Inscribed {
            leaf: leaf(self.0),
            audit: format!("{numbers:?}").into_bytes(),
            customer: numbers.n.map_or(Vec::new(), |n| n.to_be_bytes().into()),
        }
    }

    fn link(&self, head: &[u8; 32], leaf: &[u8; 65]) -> [u8; 32] {
        core::array::from_fn(|at| head[at].rotate_left(1) ^ leaf[at + 1])
    }
}

fn leaf(number: u64) -> [u8; 65] {
    let mut leaf = [1; 65];
    leaf[1..9].copy_from_slice(&number.to_be_bytes());
    leaf
}

/// An entry as it waits for its place.
pub(crate) fn waiting(entry: EntryId) -> PendingLeaf {
    let number = entry.0[8..].try_into().map_or(0, u64::from_be_bytes);
    PendingLeaf { entry, leaf: leaf(number) }
}

pub(crate) fn entry(number: u64) -> EntryId {
    let mut id = [0xe0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    EntryId(id)
}

/// An intent that asks for nothing but its entry.
pub(crate) fn intent(number: u64) -> Intent {
    Intent {
        tenant: TENANT,
        request: None,
        customer: None,
        when: Vec::new(),
        spend: Vec::new(),
        effects: Vec::new(),
        read: Vec::new(),
        tentative: false,
        entry: entry(number),
        scribe: Arc::new(Parrot(number)),
    }
}

pub(crate) fn doing(number: u64, effects: Vec<Effect>) -> Intent {
    Intent { effects, ..intent(number) }
}

pub(crate) fn commit(store: &dyn Store, intents: Vec<Intent>) -> Vec<Outcome> {
    commit_at(store, NOW, intents)
}

pub(crate) fn commit_at(store: &dyn Store, now: Millis, intents: Vec<Intent>) -> Vec<Outcome> {
    block_on(store.commit(now, intents, &OpenSeals)).unwrap()
}

/// Commits one intent that must be done.
pub(crate) fn done(store: &dyn Store, intent: Intent) -> Commit {
    done_at(store, NOW, intent)
}

pub(crate) fn done_at(store: &dyn Store, now: Millis, intent: Intent) -> Commit {
    match commit_at(store, now, vec![intent]).remove(0) {
        Outcome::Committed(commit) => commit,
        other => panic!("not committed: {other:?}"),
    }
}

/// Commits one intent that must be refused so; its entry must say it.
#[track_caller]
pub(crate) fn refused_at(store: &dyn Store, now: Millis, intent: Intent, expected: Refusal) {
    let (tenant, id) = (intent.tenant, intent.entry);
    let outcome = commit_at(store, now, vec![intent]).remove(0);
    assert_eq!(outcome, Outcome::Refused { refusal: expected, entry: id });
    let row = block_on(store.entry(tenant, id)).unwrap().unwrap();
    let audit = String::from_utf8(row.audit).unwrap();
    assert!(audit.contains(&format!("decision: Err({expected:?})")), "{audit}");
}

#[track_caller]
pub(crate) fn refused(store: &dyn Store, intent: Intent, expected: Refusal) {
    refused_at(store, NOW, intent, expected);
}

pub(crate) fn customer_row(epoch: u32) -> CustomerRow {
    CustomerRow { epoch, wrapped: vec![epoch as u8; 92] }
}

pub(crate) fn put_customer(customer: CustomerId) -> Effect {
    Effect::PutCustomer(customer, customer_row(1))
}

pub(crate) fn field_row(field: u16, version: u64) -> FieldRow {
    FieldRow { field, instance: u32::from(field > 0), version, sealed: vec![field as u8, version as u8, 7] }
}

pub(crate) fn index_row(kind: u16, mac: u8, customer: CustomerId) -> IndexRow {
    IndexRow { kind, mac: [mac; 16], customer, tag: [3; 16] }
}

pub(crate) fn person_row(id: PersonId, name: &str, token: Option<u8>) -> PersonRow {
    let token = token.map(|byte| [byte; 32]);
    PersonRow { id, tenant: TENANT, role: Role::Agent, name: name.into(), team: "north".into(), token, tag: [4; 16] }
}

/// Power in this version, after these edits.
pub(crate) fn set_power(version: u64, edits: Vec<PowerEdit>) -> Effect {
    let head = PowerHead { seq: version, root: Some([version as u8; 32]), tag: [9; 16] };
    Effect::SetPower(head, edits)
}

pub(crate) fn event(id: u8, after_ms: i64, what: Happening) -> Event {
    Event { at: NOW.plus(after_ms), id: [id; 16], what }
}

pub(crate) fn connected(person: PersonId, caller: Option<CustomerId>) -> Happening {
    Happening::Connected { channel: Channel::Call, person, caller }
}

pub(crate) fn happened(interaction: InteractionId, event: Event) -> Effect {
    Effect::Happened { interaction, reference: "call-1".into(), event }
}

/// Ada's or Bo's own allowance.
pub(crate) fn own(person: PersonId) -> Counter {
    Counter::person(BudgetKind::Information, person)
}

/// Ana's record and a call of hers that Ada took.
pub(crate) fn open_call(store: &dyn Store) {
    let effects = vec![
        put_customer(ANA),
        put_customer(BEN),
        Effect::PutField(ANA, field_row(0, 1)),
        Effect::PutField(ANA, field_row(1, 1)),
        Effect::PutIndex(index_row(1, 5, ANA)),
    ];
    done(store, doing(9_001, effects));
    done(store, doing(9_002, vec![happened(CALL, event(1, 0, connected(ADA, Some(ANA))))]));
}
