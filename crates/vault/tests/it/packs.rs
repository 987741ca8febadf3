//! A partner pack is an entry that names the buyer's nonce and what its parts hash to; so do the drills that were tried for it. Only security
//! has one built, and nothing but such entries is opened for it.

use crate::help::assert_refused;
use domain::{EntryId, Refusal};
use testkit::{FIRST, SECOND, TestWorld, block_on};
use transparency::{Receipt, verify_receipt};
use vault::{DrillName, DrillPlace, DrillResult, DrillVerdict, Kind, Proven, ProvenAnswer, nonce_mark, origin_keys};

const NONCE: &str = "b6a1f0c2d3e4958677aa";

fn told(world: &TestWorld, nonce: Option<[u8; 32]>) -> EntryId {
    let drill = DrillName::parse("reveal-on-hold").unwrap();
    let result = DrillResult { drill, verdict: DrillVerdict::Held, place: DrillPlace::Deployment };
    block_on(world.vault.tell_drills(&world.scope(&world.staff.security), vec![result], nonce)).unwrap()[0]
}

fn built(world: &TestWorld) -> EntryId {
    let scope = world.scope(&world.staff.security);
    block_on(world.vault.build_pack(&scope, nonce_mark(NONCE).unwrap(), [7; 32])).unwrap()
}

fn proven(world: &TestWorld, entry: EntryId) -> Proven {
    match block_on(world.vault.pack_proof(&world.scope(&world.staff.security), entry)).unwrap() {
        ProvenAnswer::Ready(proven) => *proven,
        ProvenAnswer::Pending => panic!("the log has it"),
    }
}

#[test]
fn a_pack_and_its_drills_are_entries_that_anybody_can_check() {
    let world = TestWorld::new(1_800);
    let nonce = nonce_mark(NONCE).unwrap();
    let (drill, other) = (told(&world, Some(nonce)), told(&world, None));
    let pack = built(&world);
    let scope = world.scope(&world.staff.security);
    assert_eq!(block_on(world.vault.pack_proof(&scope, pack)), Ok(ProvenAnswer::Pending), "it has no place yet");
    world.sequence(FIRST);
    let keys = origin_keys(&world.vault, &world.vault.tenants()[0]).unwrap();
    for (entry, kind, named, manifest) in [
        (drill, Kind::DrillTold, Some(nonce), None),
        (other, Kind::DrillTold, None, None),
        (pack, Kind::PackBuilt, Some(nonce), Some([7; 32])),
    ] {
        let Proven { opening, proof } = proven(&world, entry);
        let leaf = Receipt::parse(&proof).unwrap().extra.unwrap();
        verify_receipt(&proof, &leaf, &keys).unwrap();
        let body = opening.told(&leaf).unwrap();
        let note = body.pack.as_deref();
        assert_eq!((body.kind, note.map(|note| note.nonce)), (kind, named));
        assert_eq!(note.and_then(|note| note.manifest), manifest);
    }
}

#[test]
fn only_security_has_one_built_and_no_other_entry_is_opened_for_it() {
    let world = TestWorld::new(1_801);
    let staff = &world.staff;
    for member in [&staff.agent, &staff.it] {
        let scope = world.scope(member);
        let nonce = nonce_mark(NONCE).unwrap();
        assert_refused(&world, block_on(world.vault.build_pack(&scope, nonce, [7; 32])), Refusal::RoleNotAllowed);
        assert_refused(&world, block_on(world.vault.pack_state(&scope)).map(drop), Refusal::RoleNotAllowed);
    }
    let pack = built(&world);
    assert_refused(&world, block_on(world.vault.pack_proof(&world.scope(&staff.it), pack)), Refusal::RoleNotAllowed);
    world.sequence(FIRST);
    let security = world.scope(&staff.security);
    for line in world.log(FIRST) {
        let kind = line.body.as_ref().map(|body| (body.kind, body.decision.is_ok()));
        let found = block_on(world.vault.pack_proof(&security, line.entry));
        assert_eq!(found.is_ok(), kind == Some((Kind::PackBuilt, true)), "{kind:?}");
    }
}

#[test]
fn what_is_published_is_what_officers_want_told() {
    let world = TestWorld::new(1_802);
    let silent = block_on(world.vault.published(FIRST)).map(drop);
    assert!(matches!(silent, Err(vault::VaultError::Refused { refusal: Refusal::NotFound, .. })));
    let config = vault::VaultConfig { trust_published: true, ..vault::VaultConfig::default() };
    let world = TestWorld::with(1_803, config);
    let told = block_on(world.vault.published(FIRST)).unwrap();
    assert_eq!((told.tenant.id, told.pack, told.posture.evidence.len()), (FIRST, None, 0));
    assert!(told.sound && told.rules.len() > 20 && told.proved.is_none());
    let entry = built(&world);
    self::told(&world, None);
    let told = block_on(world.vault.published(FIRST)).unwrap();
    assert_eq!((told.pack.map(|pack| pack.entry), told.posture.evidence.len()), (Some(entry), 1));
    assert_eq!(block_on(world.vault.published(SECOND)).unwrap().pack, None, "it is another company's");
    // Somebody with the database makes it look newer.
    assert_eq!(world.edit("UPDATE admission SET expires = expires - 1 WHERE kind = 44"), 1);
    assert_eq!(block_on(world.vault.published(FIRST)).unwrap().pack, None);
}

#[test]
fn a_nonce_is_long_and_visible() {
    for bad in ["", "0123456789abcde", &"a".repeat(129), "0123456789 abcdef", "0123456789äbcdef", "0123456789abcde\n"]
    {
        assert_eq!(nonce_mark(bad), None, "{bad:?}");
    }
    assert_ne!(nonce_mark("0123456789abcdef"), nonce_mark("0123456789abcdeg"));
}
