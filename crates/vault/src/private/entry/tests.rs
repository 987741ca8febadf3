use super::*;
use domain::{Counter, CustomerId, InteractionId, Refusal};
use proptest::prelude::*;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use store::Spent;
use vectors::{exactly, run, vector};

#[allow(clippy::duplicate_mod, reason = "one reader of vectors for two test modules that can't see each other")]
#[path = "../../../tests/vectors/read.rs"]
mod vectors;

/// Bytes counting up from zero.
struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        out.iter_mut().for_each(|byte| *byte = self.0.fetch_add(1, Ordering::Relaxed));
    }
}

fn entry_keys() -> Arc<EntryKeys> {
    Arc::new(EntryKeys::new(Key32::new(exactly("entry.view_key"))))
}

fn audit_key() -> Key32 {
    Key32::new(exactly("entry.audit_key"))
}

fn nobodys() -> Draft {
    Draft {
        id: EntryId(run(0xE0)),
        at: Millis(1_767_225_600_123),
        kind: Kind::SignIn,
        person: None,
        purpose: None,
        field: None,
        power: 0,
        detail: None,
        drawn: Vec::new(),
        allotted: None,
        upon: None,
        ceremony: None,
        drill: None,
        pack: None,
        board: None,
        told: None,
        subject: None,
        keys: None,
        audit: audit_key(),
        chance: Chance::draw(&Counting(AtomicU8::new(0))),
        halves: OnceLock::new(),
        leaf: std::sync::Mutex::default(),
        clear: None,
    }
}

fn reveal() -> Draft {
    let (customer, interaction) = (CustomerId(run(0xC0)), Some(InteractionId(run(0x1C))));
    Draft {
        kind: Kind::Reveal,
        person: Some(PersonId(run(0xA0))),
        purpose: Some(Purpose::Delivery),
        field: Some(2),
        power: 300,
        detail: Some(70_000),
        subject: Some(CustomerBody { customer, interaction, instance: 1, version: 0, n: 0, previous: None }),
        keys: Some(entry_keys()),
        ..nobodys()
    }
}

/// A counter of reveals by the clock hour, as entries from before windows slid name it: those must be read for ever.
fn reveals(subject: u8, id: [u8; 16]) -> Counter {
    let mut bytes = [0; 18];
    (bytes[0], bytes[1]) = (subject, 1);
    bytes[2..].copy_from_slice(&id);
    Counter::from_bytes(bytes)
}

fn numbers() -> Numbers {
    let counter = reveals(1, run(0xA0));
    let spent = vec![Spent { counter, previous: EntryId(run(0xD0)), total: 17, moved: None }];
    Numbers { decision: Ok(()), n: Some(42), previous: None, versions: vec![6], spent, allotted: None, casework: None }
}

#[test]
fn an_entry_about_a_customer_has_the_known_bytes() {
    assert_eq!(vector("entry.chance"), run::<128>(0));
    let inscribed = reveal().inscribe(&numbers());
    assert_eq!(reveal().audit_body(&numbers()).encode(), vector("entry.audit_body"));
    assert_eq!(inscribed.leaf.to_vec(), vector("entry.leaf"));
    assert_eq!(inscribed.audit, vector("entry.audit_half"));
    assert_eq!(inscribed.customer, vector("entry.customer_half"));
    assert_eq!(entry_keys().alias.to_be_bytes(), exactly::<4>("entry.alias"));
    assert_eq!(entry_keys().counter(&run(0xC0)), exactly::<16>("entry.counter_name"));
}

#[test]
fn an_entry_names_the_one_before_it_about_the_same_customer() {
    let before = EntryId(run(0xB0));
    let inscribed = reveal().inscribe(&Numbers { previous: Some(before), ..numbers() });
    let (_, body) = entry_keys().open(reveal().id, &inscribed.customer).unwrap();
    assert_eq!((body.previous, body.n), (Some(before), 42));
    assert_eq!(CustomerBody::decode(&body.encode()), Some(body));
}

#[test]
fn an_entry_about_nobody_has_the_known_bytes() {
    let refused = Numbers {
        decision: Err(Refusal::PowerChanged),
        n: None,
        previous: None,
        versions: Vec::new(),
        spent: Vec::new(),
        allotted: None,
        casework: None,
    };
    let inscribed = nobodys().inscribe(&refused);
    assert_eq!(nobodys().audit_body(&refused).encode(), vector("entry.nobody_audit_body"));
    assert_eq!(inscribed.leaf.to_vec(), vector("entry.nobody_leaf"));
    assert_eq!(inscribed.audit, vector("entry.nobody_audit_half"));
    assert!(inscribed.customer.is_empty());
}

#[test]
fn an_allotment_given_back_has_the_known_bytes() {
    let (node, window) = (run(0x90), Millis(1_767_225_600_000));
    let draft = Draft {
        kind: Kind::AllotmentReturned,
        drawn: vec![Piece { allotment: EntryId(run(0xB0)), amount: 3 }],
        allotted: Some(Allotted { node, window, limit: 250_000 }),
        ..nobodys()
    };
    let spent = vec![Spent { counter: reveals(5, [0; 16]), previous: EntryId(run(0xD0)), total: 17, moved: None }];
    let done = Numbers {
        decision: Ok(()),
        n: None,
        previous: None,
        versions: Vec::new(),
        spent,
        allotted: Some(3),
        casework: None,
    };
    assert_eq!(draft.audit_body(&done).encode(), vector("entry.allotment_audit_body"));
}

#[test]
fn a_close_has_the_known_bytes() {
    let chained = |leaves: &[u8]| {
        leaves.iter().fold([0; 32], |head, first| next_head(&head, &transparency::leaf_hash(&run::<65>(*first))))
    };
    let row = |view: &str, n, leaves: &[u8]| {
        let view = ViewKey::new(Key32::new(exactly(view)));
        [view.listed_as(7), view.state(7, n, &chained(leaves))].concat().try_into().unwrap()
    };
    let mut rows: [transparency::ListRow; 2] = [row("close.view_a", 2, &[0x11, 0x22]), row("close.view_b", 1, &[0x33])];
    assert_eq!([rows[0].to_vec(), rows[1].to_vec()], [vector("close.row_a"), vector("close.row_b")]);
    rows.sort_unstable();
    let mut list = transparency::ListBuilder::new();
    rows.iter().for_each(|row| assert_eq!(list.push(row), Ok(None)));
    let (root, page) = list.finish();
    assert_eq!(page, Some(vector("close.page")));

    let close = Close { number: 7, covers: 300, at: 1_767_225_600_123, size: 2, root };
    let draft = Draft { kind: Kind::LogClosed, detail: Some(7), clear: Some(close), ..nobodys() };
    let done = Numbers {
        decision: Ok(()),
        n: None,
        previous: None,
        versions: Vec::new(),
        spent: Vec::new(),
        allotted: None,
        casework: None,
    };
    let Inscribed { leaf, audit, customer } = draft.inscribe(&done);
    assert_eq!((leaf.to_vec(), audit.clone()), (vector("close.leaf"), vector("close.audit_half")));
    assert!(customer.is_empty());
    assert_eq!(open_audit(&audit_key(), draft.id, &leaf, &audit), Some(draft.audit_body(&done)));
    // Version, number and time are in the audit half too; the rest of the leaf stands for itself.
    for bit in (0..9 * 8).chain(17 * 8..25 * 8) {
        let mut edited = leaf;
        edited[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open_audit(&audit_key(), draft.id, &edited, &audit), None, "bit {bit}");
    }
    let refused = Numbers { decision: Err(Refusal::CloseTaken), ..done };
    let blinded = draft.inscribe(&refused);
    assert_eq!(Close::parse(&blinded.leaf), Ok(None), "a refused close is blinded like any other entry");
    assert_eq!(open_audit(&audit_key(), draft.id, &blinded.leaf, &blinded.audit), Some(draft.audit_body(&refused)));
}

#[test]
fn an_entry_that_is_no_close_does_not_open_under_a_leaf_in_clear() {
    let close = Close { number: 7, covers: 300, at: 1, size: 2, root: [0; 32] };
    let Inscribed { audit, .. } = nobodys().inscribe(&Numbers { n: None, ..numbers() });
    assert_eq!(open_audit(&audit_key(), nobodys().id, &close.encode(), &audit), None);
}

#[test]
fn the_customer_half_opens_with_the_customers_key_and_fits_the_leaf() {
    let Inscribed { leaf, audit, customer } = reveal().inscribe(&numbers());
    let plain = open_half(&entry_keys().body, b"rf1/c", reveal().id, &customer).unwrap();
    let (rc, body) = plain.split_at(32);
    let audit = open_half(&audit_key(), b"rf1/a", reveal().id, &audit).unwrap();
    assert_eq!(hash(&[rc, body])[..], audit[32..64]);
    assert_eq!(hash(&[b"rf1/e", &hash(&[&audit[..32], &audit[64..]]), &hash(&[rc, body])])[..], leaf[33..]);
    assert_eq!(leaf[1..33], entry_keys().view.label(42));
    let others = EntryKeys::new(Key32::new([1; 32]));
    assert!(open_half(&others.body, b"rf1/c", reveal().id, &customer).is_none());
    assert!(open_half(&audit_key(), b"rf1/a", reveal().id, &customer).is_none());
}

#[test]
fn a_label_of_a_customer_without_a_counter_is_chance() {
    let unnumbered = Numbers { n: None, ..numbers() };
    assert_eq!(reveal().inscribe(&unnumbered).leaf[1..33], run::<32>(64));
}

#[test]
fn an_edited_half_leaf_or_place_is_noticed() {
    let Inscribed { leaf, audit, .. } = reveal().inscribe(&numbers());
    let id = reveal().id;
    assert_eq!(open_audit(&audit_key(), id, &leaf, &audit), Some(reveal().audit_body(&numbers())));
    for bit in 0..audit.len() * 8 {
        let mut edited = audit.clone();
        edited[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open_audit(&audit_key(), id, &leaf, &edited), None, "audit bit {bit}");
    }
    for bit in 33 * 8..65 * 8 {
        let mut edited = leaf;
        edited[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open_audit(&audit_key(), id, &edited, &audit), None, "leaf bit {bit}");
    }
    for length in 0..audit.len() {
        assert_eq!(open_audit(&audit_key(), id, &leaf, &audit[..length]), None, "cut to {length}");
    }
    assert_eq!(open_audit(&audit_key(), EntryId(run(0xE1)), &leaf, &audit), None);
    assert_eq!(open_audit(&Key32::new([0; 32]), id, &leaf, &audit), None);
}

fn kinds() -> impl Strategy<Value = Kind> {
    let all = [Kind::Reveal, Kind::View, Kind::Search, Kind::Event, Kind::Erasure, Kind::SignIn, Kind::ShelfTurned];
    prop::sample::select(all.to_vec())
}

fn spends() -> impl Strategy<Value = Vec<Spent>> {
    let spent = (any::<[u8; 18]>(), any::<[u8; 16]>(), any::<u64>(), any::<Option<i64>>());
    let spent = spent.prop_map(|(counter, previous, total, moved)| Spent {
        counter: Counter::from_bytes(counter),
        previous: EntryId(previous),
        total,
        moved,
    });
    prop::collection::vec(spent, 0..30)
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let piece = (any::<[u8; 16]>(), any::<u32>());
    prop::collection::vec(piece.prop_map(|(id, amount)| Piece { allotment: EntryId(id), amount }), 0..4)
}

fn allotments() -> impl Strategy<Value = Option<Allotted>> {
    let allotted = (any::<[u8; 16]>(), any::<i64>(), any::<u32>());
    prop::option::of(allotted.prop_map(|(node, window, limit)| Allotted { node, window: Millis(window), limit }))
}

fn notes() -> impl Strategy<Value = Option<Box<CeremonyNote>>> {
    let words = ("[A-Z0-9-]{0,24}", "[a-z-]{1,20}");
    let numbers = (any::<[u8; 3]>(), any::<u64>(), any::<[u8; 32]>());
    prop::option::of((words, numbers).prop_map(|((ceremony, step), ([share, needed, of], place, hash))| {
        Box::new(CeremonyNote { ceremony, step, share, needed, of, place, hash })
    }))
}

fn drills() -> impl Strategy<Value = Option<Box<DrillNote>>> {
    let note = ("[a-z-]{1,64}", any::<u8>(), any::<u8>(), any::<i64>());
    prop::option::of(note.prop_map(|(drill, verdict, place, expires)| {
        Box::new(DrillNote { drill, verdict, place, expires: Millis(expires) })
    }))
}

fn packs() -> impl Strategy<Value = Option<Box<PackNote>>> {
    let note = (any::<[u8; 32]>(), any::<Option<[u8; 32]>>());
    prop::option::of(note.prop_map(|(nonce, manifest)| Box::new(PackNote { nonce, manifest })))
}

prop_compose! {
    fn bodies()(
        at in any::<i64>(),
        kind in kinds(),
        decision in prop::option::of(prop::sample::select(Refusal::ALL)),
        purpose in prop::option::of(prop::sample::select(Purpose::ALL.to_vec())),
        field in prop::option::of(any::<u16>()),
        person in prop::option::of(any::<[u8; 16]>()),
        power in any::<u64>(),
        alias in prop::option::of(any::<u32>()),
        spent in spends(),
        detail in prop::option::of(any::<u64>()),
        (drawn, allotted, upon) in (pieces(), allotments(), prop::option::of(any::<[u8; 16]>())),
        (ceremony, drill, pack) in (notes(), drills(), packs()),
    ) -> AuditBody {
        AuditBody { at: Millis(at), kind, decision: decision.map_or(Ok(()), Err), purpose, field, person: person.map(PersonId), power, alias, spent, detail, drawn, allotted, upon: upon.map(PersonId), ceremony, drill, pack, board: None, told: None }
    }
}

proptest! {
    #[test]
    fn bodies_come_back_and_have_one_encoding(body in bodies(), turned in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let bytes = body.encode();
        prop_assert_eq!(AuditBody::decode(&bytes), Some(body.clone()));
        prop_assert_eq!(AuditBody::decode(&[bytes.as_slice(), &[0]].concat()), None);
        let mut edited = bytes.clone();
        edited[turned.index(bytes.len())] ^= 1 << bit;
        // What still reads is another body, never the same one in other bytes.
        prop_assert_ne!(AuditBody::decode(&edited), Some(body));
    }

    #[test]
    fn other_bytes_are_no_body_or_its_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Some(body) = AuditBody::decode(&bytes) {
            prop_assert_eq!(body.encode(), bytes);
        }
    }
}

#[test]
fn forms_that_are_not_canonical_are_no_body() {
    let canonical = [0xa4, 0x01, 0x01, 0x02, 0x14, 0x03, 0x00, 0x07, 0x00];
    assert!(AuditBody::decode(&canonical).is_some());
    let longer_integer = [0xa4, 0x01, 0x18, 0x01, 0x02, 0x14, 0x03, 0x00, 0x07, 0x00];
    let other_order = [0xa4, 0x02, 0x14, 0x01, 0x01, 0x03, 0x00, 0x07, 0x00];
    let repeated = [0xa5, 0x01, 0x01, 0x02, 0x14, 0x03, 0x00, 0x07, 0x00, 0x07, 0x00];
    let indefinite = [0xbf, 0x01, 0x01, 0x02, 0x14, 0x03, 0x00, 0x07, 0x00, 0xff];
    let unknown_refusal = [0xa4, 0x01, 0x01, 0x02, 0x14, 0x03, 0x18, 0xc8, 0x07, 0x00];
    for other in [&longer_integer[..], &other_order, &repeated, &indefinite, &unknown_refusal, &[]] {
        assert_eq!(AuditBody::decode(other), None, "{other:?}");
    }
}
