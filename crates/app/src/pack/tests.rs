//! What no tampering gets past, on a pack that a real vault sealed: each part, each byte, and lists made anew.

use super::answers::{self, Found};
use super::drilled::{self, Drilled};
use super::manifest::{Manifest, hash};
use super::seal::Seal;
use super::{ANSWERS, DRILLS, KEY, MANIFEST, Part, SEAL, STATE, verify, zip};
use crate::log::{Keys, hex};
use serde_json::{Value, json};
use testkit::{FIRST, TestWorld, block_on};
use transparency::{TilePath, inclusion_proof};
use vault::{DrillName, DrillPlace, DrillResult, DrillVerdict, ProvenAnswer, nonce_mark, origin_keys};

const NONCE: &str = "0f1e2d3c4b5a69788796";

struct World {
    world: TestWorld,
    nonce: [u8; 32],
}

impl World {
    fn new(seed: u64) -> Self {
        Self { world: TestWorld::new(seed), nonce: nonce_mark(NONCE).unwrap() }
    }

    fn keys(&self) -> Keys {
        let vault = &self.world.vault;
        Keys::of(origin_keys(vault, &vault.tenants()[0]).unwrap(), "the company")
    }

    fn proven(&self, entry: domain::EntryId) -> Value {
        self.world.sequence(FIRST);
        let scope = self.world.scope(&self.world.staff.security);
        let ProvenAnswer::Ready(found) = block_on(self.world.vault.pack_proof(&scope, entry)).unwrap() else {
            panic!("it has its place")
        };
        let opening = &found.opening;
        json!({"ra": hex(&opening.ra), "audit": hex(&opening.audit), "customer": hex(&opening.customer), "proof": found.proof})
    }

    /// A drill that is told under this nonce.
    fn drilled(&self, name: &str, verdict: DrillVerdict, nonce: Option<[u8; 32]>) -> Drilled {
        let scope = self.world.scope(&self.world.staff.security);
        let drill = DrillName::parse(name).unwrap();
        let result = DrillResult { drill, verdict, place: DrillPlace::Deployment };
        let entry = block_on(self.world.vault.tell_drills(&scope, vec![result], nonce)).unwrap()[0];
        let told = json!({
            "drill": name, "tries": "Somebody tries.", "lacks": "a right", "controls": ["GDPR 25(2)"],
            "verdict": verdict.slug(), "said": "refused", "where": "deployment",
        });
        Drilled::of(&told, &self.proven(entry)).unwrap()
    }

    fn state(&self) -> Value {
        let origin = self.world.vault.tenants()[0].origin.clone();
        json!({"origin": origin, "rules": [], "sees": {"card": {}}, "log": {"state": "none", "quorum": 0, "witness_keys": []}})
    }

    fn parts(&self, drilled: &[Drilled]) -> Vec<Part> {
        let state = self.state();
        let vault = &self.world.vault;
        let keys = origin_keys(vault, &vault.tenants()[0]).unwrap().to_string();
        let parts = vec![Part::json(STATE, &state).unwrap(), drilled::part(drilled).unwrap(), Part::new(KEY, keys)];
        let found = Found { state: &state, drilled, parts: &parts };
        let mut whole = vec![Part::json(ANSWERS, &answers::all(&found)).unwrap()];
        whole.extend(parts);
        whole
    }

    /// Has these parts sealed, whatever they say.
    fn sealed(&self, mut parts: Vec<Part>, drilled: &[Drilled]) -> Vec<Part> {
        let origin = self.world.vault.tenants()[0].origin.clone();
        let list = Part::json(MANIFEST, &Manifest::of(&parts, &self.nonce, &origin, false)).unwrap();
        let scope = self.world.scope(&self.world.staff.security);
        let entry = block_on(self.world.vault.build_pack(&scope, self.nonce, hash(&list.bytes))).unwrap();
        let tile = |path: TilePath| block_on(self.world.vault.log_tile(FIRST, path)).unwrap();
        let seal = Seal::of(&self.proven(entry), drilled, |size, place| Ok(inclusion_proof(size, place, tile)));
        parts.push(list);
        parts.push(Part::json(SEAL, &seal.unwrap()).unwrap());
        parts
    }

    fn pack(&self) -> Vec<Part> {
        let drilled = [
            self.drilled("card-in-a-note", DrillVerdict::Held, Some(self.nonce)),
            self.drilled("reveal-on-hold", DrillVerdict::ProvesNothing, Some(self.nonce)),
        ];
        self.sealed(self.parts(&drilled), &drilled)
    }

    fn check(&self, parts: &[Part]) -> Result<Vec<Value>, String> {
        verify::checked(&zip::encode(parts).unwrap(), &self.nonce, Some(&self.keys()))
    }

    /// What is said of a pack that isn't believed.
    fn refused(&self, parts: &[Part]) -> String {
        match self.check(parts) {
            Err(said) => said,
            Ok(lines) => {
                let failed = lines.iter().find(|line| line["result"] == "fail");
                failed.unwrap_or_else(|| panic!("it is believed"))["said"].as_str().unwrap().to_owned()
            }
        }
    }
}

fn named<'a>(parts: &'a mut [Part], name: &str) -> &'a mut Part {
    parts.iter_mut().find(|part| part.name == name).unwrap()
}

fn replaced(part: &mut Part, from: &str, to: &str) {
    let text = String::from_utf8(part.bytes.clone()).unwrap();
    assert!(text.contains(from), "{from}");
    part.bytes = text.replacen(from, to, 1).into_bytes();
}

fn result<'a>(lines: &'a [Value], checked: &str) -> &'a str {
    lines.iter().find(|line| line["checked"] == checked).unwrap()["result"].as_str().unwrap()
}

#[test]
fn a_pack_says_of_each_part_drill_and_answer_whether_it_holds() {
    let world = World::new(2_000);
    let pack = world.pack();
    let lines = world.check(&pack).unwrap();
    assert!(lines.iter().all(|line| line["result"] != "fail"), "{lines:?}");
    for (checked, expected) in [
        ("key", "pass"),
        ("seal", "pass"),
        (DRILLS, "pass"),
        ("drill card-in-a-note", "pass"),
        ("drill reveal-on-hold", "open"),
        ("answer card-notes", "pass"),
        ("answer without-contact", "open"),
        ("answer recordings", "open"),
    ] {
        assert_eq!(result(&lines, checked), expected, "{checked}");
    }
    let unpinned = verify::checked(&zip::encode(&pack).unwrap(), &world.nonce, None).unwrap();
    assert_eq!(result(&unpinned, "key"), "open");
}

#[test]
fn no_byte_can_be_another() {
    let world = World::new(2_001);
    let (pack, keys) = (world.pack(), world.keys());
    let file = zip::encode(&pack).unwrap();
    let of_seal = pack.last().unwrap().bytes.len();
    // Every byte of the seal, which nothing else covers, and every few of what it covers; all of them in the long form.
    let step = if std::env::var_os("RINGFENCE_LONG").is_some() { 1 } else { 23 };
    let seal = file.len() - of_seal - 1_000..file.len();
    let mut edited = file.clone();
    for at in (0..seal.start).step_by(step).chain(seal) {
        edited[at] ^= 1 << (at % 8);
        let found = verify::checked(&edited, &world.nonce, Some(&keys));
        let failed = found.as_ref().map_or(true, |lines| lines.iter().any(|line| line["result"] == "fail"));
        assert!(failed, "byte {at} of {}", file.len());
        edited[at] = file[at];
    }
    assert!(verify::checked(&edited, &world.nonce, Some(&keys)).is_ok());
}

#[test]
fn parts_are_those_of_the_list_in_its_order() {
    let world = World::new(2_002);
    let pack = world.pack();
    let mut removed = pack.clone();
    removed.remove(1);
    let mut added = pack.clone();
    added.insert(pack.len() - 2, Part::new("extra.txt", "x"));
    let mut renamed = pack.clone();
    renamed[1].name = "state2.json".to_owned();
    let mut swapped = pack.clone();
    swapped.swap(0, 1);
    let mut unlisted = pack.clone();
    unlisted.remove(pack.len() - 2);
    for (which, edited) in [removed, added, renamed, swapped, unlisted].into_iter().enumerate() {
        assert!(world.check(&edited).is_err(), "{which}");
    }
}

#[test]
fn a_list_that_is_made_anew_is_not_what_the_log_tells_of() {
    let world = World::new(2_003);
    let mut pack = world.pack();
    replaced(named(&mut pack, DRILLS), "proves_nothing", "held");
    assert!(world.refused(&pack).contains("drills.json was changed"));
    let seal = pack.pop().unwrap();
    pack.pop();
    let origin = world.world.vault.tenants()[0].origin.clone();
    let list = Part::json(MANIFEST, &Manifest::of(&pack, &world.nonce, &origin, false)).unwrap();
    pack.extend([list, seal]);
    assert_eq!(world.refused(&pack), "the log tells of another pack");
}

#[test]
fn a_result_is_what_its_entry_says_even_if_the_pack_is_sealed_so() {
    let world = World::new(2_004);
    let held = world.drilled("card-in-a-note", DrillVerdict::Held, Some(world.nonce));
    let pierced = world.drilled("reveal-on-hold", DrillVerdict::Pierced, Some(world.nonce));
    let stale = world.drilled("event-forged", DrillVerdict::Held, Some([9; 32]));
    let unmarked = world.drilled("event-bent", DrillVerdict::Held, None);
    let refused = |drilled: &[Drilled]| world.refused(&world.sealed(world.parts(drilled), drilled));
    let better = Drilled { verdict: "held".to_owned(), ..pierced.clone() };
    let elsewhere = Drilled { r#where: "scratch".to_owned(), ..held.clone() };
    let another = Drilled { drill: "event-forged".to_owned(), ..held.clone() };
    for edited in [better, elsewhere, another] {
        assert_eq!(refused(&[edited]), "it says something else than its entry in the log");
    }
    assert_eq!(refused(&[stale]), "it wasn't tried for this nonce");
    assert_eq!(refused(&[unmarked]), "it wasn't tried for this nonce");
    let younger = Drilled { at: "2030-01-01T00:00:00Z".to_owned(), ..held.clone() };
    assert_eq!(refused(&[younger]), "it says another time than its entry in the log");
    assert_eq!(refused(&[held.clone(), held.clone()]), "it is there twice");
    assert_eq!(refused(&[]), "there are none");
    // A result of two days before isn't one for this pack, though it names the nonce.
    world.world.clock.advance(vault::EVIDENCE_MS + 1);
    assert!(refused(&[held]).contains("too long before"));
}

#[test]
fn an_answer_that_its_evidence_does_not_bear_fails() {
    let world = World::new(2_005);
    let drilled = [world.drilled("reveal-on-hold", DrillVerdict::Held, Some(world.nonce))];
    let mut parts = world.parts(&drilled);
    let mut answers: Vec<Value> = serde_json::from_slice(&named(&mut parts, ANSWERS).bytes).unwrap();
    let answer = answers.iter_mut().find(|answer| answer["id"] == "card-notes").unwrap();
    answer["in_place"] = json!(true);
    let parsed: Vec<answers::Answer> = serde_json::from_value(json!(answers)).unwrap();
    *named(&mut parts, ANSWERS) = Part::json(ANSWERS, &parsed).unwrap();
    assert_eq!(world.refused(&world.sealed(parts, &drilled)), "drill card-in-a-note doesn't hold");
}

#[test]
fn another_nonce_and_another_deployment_are_refused() {
    let world = World::new(2_006);
    let pack = zip::encode(&world.pack()).unwrap();
    let other = nonce_mark("another nonce".replace(' ', "-").repeat(2).as_str()).unwrap();
    let said = verify::checked(&pack, &other, Some(&world.keys())).unwrap_err();
    assert_eq!(said, "it was made for another nonce than yours");
    let said = verify::checked(&pack, &world.nonce, Some(&World::new(2_007).keys())).unwrap_err();
    assert!(said.contains("another log") || said.contains("keys were given for"), "{said}");
    // Evidence of one deployment under another's seal.
    let (one, two) = (World::new(2_008), World::new(2_009));
    let foreign = [one.drilled("card-in-a-note", DrillVerdict::Held, Some(one.nonce))];
    let mut parts = one.parts(&foreign);
    parts.extend(two.pack().into_iter().rev().take(2).rev());
    assert!(two.check(&parts).is_err());
}
