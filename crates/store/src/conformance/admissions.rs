//! What lets somebody in: made once, replaced only as it was seen, used up once, swept when it has run out.

use super::help::{NOW, OTHER, OpenSeals, TENANT, block_on, commit, doing, done, intent, refused};
use super::{Case, Mount};
use crate::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Intent, Outcome, Seals, Store, Tag};
use domain::{Refusal, TenantId};

pub(super) const CASES: &[Case] = &[
    Case { name: "an admission is found by kind and id, within its tenant", tables: &["admission"], run: found },
    Case { name: "an admission is replaced only as it was seen", tables: &["admission"], run: replaced },
    Case { name: "of two who use one invitation one is refused", tables: &["admission"], run: used_once },
    Case { name: "renewing an admission loses against a change", tables: &["admission"], run: renewed },
    Case { name: "admissions are listed by id and swept when they have run out", tables: &["admission"], run: swept },
    Case { name: "admissions are found by how their ids begin", tables: &["admission"], run: begun },
    Case { name: "an edited admission is refused", tables: &["admission"], run: edited },
];

const OTHERWISE: Refusal = Refusal::CodeWrong;

fn key(kind: AdmissionKind, id: u8) -> AdmissionKey {
    AdmissionKey { kind, id: [id; 16] }
}

fn row(key: AdmissionKey, body: &[u8]) -> AdmissionRow {
    AdmissionRow { key, body: body.into(), expires: NOW.plus(1_000), tag: [0; 16] }
}

fn put(number: u64, row: AdmissionRow) -> Intent {
    doing(number, vec![Effect::PutAdmission(row)])
}

fn seen(store: &dyn Store, key: AdmissionKey) -> AdmissionRow {
    block_on(store.admission(TENANT, key)).unwrap().unwrap()
}

/// The same row, if it still has this tag.
fn put_over(number: u64, row: AdmissionRow, tag: Option<Tag>) -> Intent {
    let when = vec![Condition::Admission { key: row.key, tag, otherwise: OTHERWISE }];
    Intent { when, ..put(number, row) }
}

fn tagged(tenant: TenantId, row: AdmissionRow) -> AdmissionRow {
    AdmissionRow { tag: OpenSeals.tag(tenant, "admission", &row.material()), ..row }
}

fn found(mount: &dyn Mount) {
    let store = mount.store();
    let session = key(AdmissionKind::Session, 1);
    let same_id = key(AdmissionKind::Counter, 1);
    assert_eq!(block_on(store.admission(TENANT, session)).unwrap(), None);
    done(&*store, put(1, row(session, b"one")));
    done(&*store, put(2, row(same_id, b"")));
    done(&*store, Intent { tenant: OTHER, ..put(3, row(session, b"theirs")) });
    assert_eq!(seen(&*store, session), tagged(TENANT, row(session, b"one")));
    assert_eq!(seen(&*store, same_id), tagged(TENANT, row(same_id, b"")));
    let theirs = block_on(store.admission(OTHER, session)).unwrap().unwrap();
    assert_eq!(theirs, tagged(OTHER, row(session, b"theirs")));
}

fn replaced(mount: &dyn Mount) {
    let store = mount.store();
    let session = key(AdmissionKind::Session, 1);
    done(&*store, put_over(1, row(session, b"one"), None));
    refused(&*store, put_over(2, row(session, b"two"), None), OTHERWISE);
    let first = seen(&*store, session).tag;
    done(&*store, put_over(3, row(session, b"two"), Some(first)));
    refused(&*store, put_over(4, row(session, b"three"), Some(first)), OTHERWISE);
    assert_eq!(seen(&*store, session).body, b"two");
    let nobody = key(AdmissionKind::Session, 9);
    refused(&*store, put_over(5, row(nobody, b""), Some(first)), OTHERWISE);
    let asked = Condition::Admission { key: session, tag: Some(seen(&*store, session).tag), otherwise: OTHERWISE };
    done(&*store, Intent { when: vec![asked], ..intent(6) });
}

fn used_once(mount: &dyn Mount) {
    let store = mount.store();
    let invitation = key(AdmissionKind::Invitation, 1);
    done(&*store, put(1, row(invitation, b"open")));
    let tag = Some(seen(&*store, invitation).tag);
    let two = vec![put_over(2, row(invitation, b"used"), tag), put_over(3, row(invitation, b"used"), tag)];
    let outcomes = commit(&*store, two);
    assert!(matches!(outcomes[0], Outcome::Committed(_)), "{outcomes:?}");
    assert!(matches!(outcomes[1], Outcome::Refused { refusal: OTHERWISE, .. }), "{outcomes:?}");
    let challenge = key(AdmissionKind::Challenge, 1);
    let two = vec![put_over(4, row(challenge, b""), None), put_over(5, row(challenge, b""), None)];
    let outcomes = commit(&*store, two);
    assert!(matches!(outcomes[..], [Outcome::Committed(_), Outcome::Refused { .. }]), "{outcomes:?}");
}

fn renewed(mount: &dyn Mount) {
    let store = mount.store();
    let session = key(AdmissionKind::Session, 1);
    done(&*store, put(1, row(session, b"one")));
    let first = seen(&*store, session);
    let later = tagged(TENANT, AdmissionRow { expires: NOW.plus(5_000), ..row(session, b"later") });
    assert!(block_on(store.renew_admission(TENANT, later.clone(), first.tag)).unwrap());
    assert_eq!(seen(&*store, session), later);
    done(&*store, put(2, row(session, b"ended")));
    let again = tagged(TENANT, row(session, b"again"));
    assert!(!block_on(store.renew_admission(TENANT, again.clone(), later.tag)).unwrap());
    assert!(!block_on(store.renew_admission(OTHER, again, first.tag)).unwrap());
    assert_eq!(seen(&*store, session).body, b"ended");
}

fn swept(mount: &dyn Mount) {
    let store = mount.store();
    for id in 1..4 {
        let until = NOW.plus(i64::from(id) * 1_000);
        let session = row(key(AdmissionKind::Session, id), b"s");
        done(&*store, put(u64::from(id), AdmissionRow { expires: until, ..session }));
    }
    done(&*store, put(4, row(key(AdmissionKind::Challenge, 1), b"c")));
    done(&*store, Intent { tenant: OTHER, ..put(5, row(key(AdmissionKind::Session, 7), b"")) });
    let ids = |after, limit| {
        let rows = block_on(store.admissions(TENANT, AdmissionKind::Session, after, limit)).unwrap();
        rows.iter().map(|row| row.key.id[0]).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, 9), [1, 2, 3]);
    assert_eq!(ids(Some([1; 16]), 1), [2]);
    assert_eq!(block_on(store.sweep_admissions(TENANT, NOW.plus(2_000))).unwrap(), 2, "a session and the challenge");
    assert_eq!(ids(None, 9), [2, 3]);
    assert!(block_on(store.admission(OTHER, key(AdmissionKind::Session, 7))).unwrap().is_some());
}

fn begun(mount: &dyn Mount) {
    let store = mount.store();
    let id = |begins: u8, ends: u8| {
        let mut id = [ends; 16];
        id[..8].fill(begins);
        id
    };
    let at = |begins, ends| AdmissionKey { kind: AdmissionKind::Erased, id: id(begins, ends) };
    let places = [(1, 0), (1, 0xff), (2, 7), (3, 0), (0xff, 0xff)];
    for (number, (begins, ends)) in (1..).zip(places) {
        done(&*store, put(number, row(at(begins, ends), b"e")));
    }
    done(&*store, put(8, row(AdmissionKey { kind: AdmissionKind::Session, id: id(1, 1) }, b"s")));
    done(&*store, Intent { tenant: OTHER, ..put(9, row(at(1, 2), b"theirs")) });
    let under = |beginnings: &[u8]| {
        let beginnings = beginnings.iter().map(|byte| [*byte; 8]).collect();
        let found = block_on(store.admissions_under(TENANT, AdmissionKind::Erased, beginnings)).unwrap();
        let mut found: Vec<_> = found.iter().map(|row| (row.key.id[0], row.key.id[15])).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(under(&[1]), [(1, 0), (1, 0xff)]);
    assert_eq!(under(&[3, 9, 2, 0xff]), [(2, 7), (3, 0), (0xff, 0xff)]);
    assert!(under(&[]).is_empty() && under(&[0, 4]).is_empty());
}

fn edited(mount: &dyn Mount) {
    let store = mount.store();
    let session = key(AdmissionKind::Session, 1);
    done(&*store, put(1, row(session, b"one")));
    let tag = Some(seen(&*store, session).tag);
    assert_eq!(mount.edit("UPDATE admission SET expires = expires + 1"), 1);
    refused(&*store, put_over(2, row(session, b"two"), tag), Refusal::Tampered);
    assert_eq!(seen(&*store, session).body, b"one");
}
