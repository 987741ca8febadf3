//! What no tampering gets past, on a pack that a real vault sealed: each part, each byte, and lists made anew.

use super::answers::{self, Found};
use super::drilled::{self, Drilled};
use super::manifest::{Manifest, hash};
use super::seal::Seal;
use super::verify::Given;
use super::{ANSWERS, CHECKPOINT, DRILLS, KEY, MANIFEST, PAGE, Part, SBOM, SEAL, STATE, anew, verify, zip};
use crate::drilling;
use crate::log::{Keys, hex};
use drills::Verdict;
use serde_json::{Value, json};
use testkit::{FIRST, TestWorld, block_on};
use transparency::{NoteSigner, TilePath, WitnessPolicy, inclusion_proof};
use vault::{DrillName, DrillPlace, DrillResult, DrillVerdict, ProvenAnswer, nonce_mark, origin_keys};

const NONCE: &str = "0f1e2d3c4b5a69788796";

struct World {
    world: TestWorld,
    nonce: [u8; 32],
    /// Which version of the program the state names.
    program: &'static str,
}

impl World {
    /// Its packs are of another version: small ones, as nothing of theirs is made anew.
    fn new(seed: u64) -> Self {
        Self { world: TestWorld::new(seed), nonce: nonce_mark(NONCE).unwrap(), program: "0.0.0" }
    }

    /// Its packs are of this version: whole ones.
    fn of_this_version(seed: u64) -> Self {
        Self { program: env!("CARGO_PKG_VERSION"), ..Self::new(seed) }
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
        let known = drills::all().find(|drill| drill.name == name).unwrap();
        let shown = match verdict {
            DrillVerdict::Held => Verdict::Held { refused: known.refusals().next().unwrap().to_owned() },
            DrillVerdict::Pierced => Verdict::Pierced,
            DrillVerdict::ProvesNothing => Verdict::ProvesNothing { why: "it is away".to_owned() },
        };
        let mut told = drilling::result(known, &shown, "deployment");
        told["verdict"] = json!(verdict.slug());
        Drilled::of(&told, &self.proven(entry)).unwrap()
    }

    /// All of them, and one of them shows this.
    fn all_drilled(&self, but: (&str, DrillVerdict)) -> Vec<Drilled> {
        let verdict = |name: &str| if name == but.0 { but.1 } else { DrillVerdict::Held };
        drills::all().map(|drill| self.drilled(drill.name, verdict(drill.name), Some(self.nonce))).collect()
    }

    fn state(&self) -> Value {
        let origin = self.world.vault.tenants()[0].origin.clone();
        json!({"program": self.program, "at": "2026-01-01T00:00:00Z", "plan": {"company": "Acme & Sons"}, "origin": origin, "rules": [], "sees": {"card": {}}, "log": {"state": "none", "quorum": 0, "witness_keys": []}})
    }

    fn parts(&self, drilled: &[Drilled]) -> Vec<Part> {
        let state = self.state();
        let vault = &self.world.vault;
        let keys = origin_keys(vault, &vault.tenants()[0]).unwrap().to_string();
        let mut parts = vec![Part::json(STATE, &state).unwrap(), drilled::part(drilled).unwrap(), Part::new(KEY, keys)];
        let origin = &vault.tenants()[0].origin;
        let list = Manifest::of(&[], &self.nonce, origin, false);
        if self.program != "0.0.0" {
            self.world.sequence(FIRST);
            let checkpoint = block_on(vault.published_checkpoint(FIRST)).unwrap();
            parts.push(Part::new(CHECKPOINT, checkpoint));
            parts.extend(["cbom.json", "notice.txt"].map(|name| Part::new(name, "as it is")));
        }
        let made = |parts: &[Part]| anew::made(&Found { state: &state, drilled, parts }, &list, &self.nonce).unwrap();
        if self.program == "0.0.0" {
            return [made(&parts)[1..2].to_vec(), parts].concat();
        }
        // Answers rest on other parts too.
        parts.extend(made(&parts).split_off(2));
        [made(&parts)[..2].to_vec(), parts].concat()
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
        verify::checked(&zip::encode(parts).unwrap(), &self.nonce, &by(Some(&self.keys())))
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

fn by(keys: Option<&Keys>) -> Given<'_> {
    Given { keys, witnesses: None }
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
    let world = World::of_this_version(2_000);
    let drilled = world.all_drilled(("reveal-on-hold", DrillVerdict::ProvesNothing));
    let pack = world.sealed(world.parts(&drilled), &drilled);
    let lines = world.check(&pack).unwrap();
    assert!(lines.iter().all(|line| line["result"] != "fail"), "{lines:?}");
    for (checked, expected) in [
        ("key", "pass"),
        ("seal", "pass"),
        ("witnesses", "open"),
        (PAGE, "pass"),
        ("oscal/assessment-results.json", "pass"),
        (DRILLS, "pass"),
        ("drill card-in-a-note", "pass"),
        ("drill reveal-on-hold", "open"),
        ("answer card-notes", "pass"),
        ("answer without-contact", "open"),
        ("answer recordings", "open"),
    ] {
        assert_eq!(result(&lines, checked), expected, "{checked}");
    }
    let unpinned = verify::checked(&zip::encode(&pack).unwrap(), &world.nonce, &by(None)).unwrap();
    assert_eq!(result(&unpinned, "key"), "open");
    // A witness that the buyer names, and that signed nothing.
    let own = NoteSigner::ed25519_cosigner("witness.example/ours", &[7; 32]).unwrap();
    let policy = WitnessPolicy::new([own.verifier_key().clone()], 1).unwrap();
    let given = Given { keys: None, witnesses: Some(&policy) };
    let said = verify::checked(&zip::encode(&pack).unwrap(), &world.nonce, &given).unwrap_err();
    assert_eq!(said, "0 of the 1 witnesses that you ask for signed it");
}

#[test]
fn a_company_cannot_seal_what_its_state_and_drills_do_not_come_to() {
    let world = World::of_this_version(2_010);
    let drilled = world.all_drilled(("reveal-on-hold", DrillVerdict::Pierced));
    let parts = world.parts(&drilled);
    let anew = "it isn't what its state and drills come to";
    for (name, from, to) in [
        (PAGE, "not shown to be refused", "refused"),
        (ANSWERS, "\"question\": \"", "\"question\": \"X"),
        ("oscal/assessment-results.json", "not-satisfied", "satisfied"),
        ("oscal/component-definition.json", "Attacked by", "Withstood by"),
        (SBOM, "Apache-2.0", "MIT"),
    ] {
        let mut edited = parts.clone();
        replaced(named(&mut edited, name), from, to);
        assert_eq!(world.refused(&world.sealed(edited, &drilled)), anew, "{name}");
    }
    let mut other = parts.clone();
    *named(&mut other, CHECKPOINT) = Part::new(CHECKPOINT, "log.example/other\n3\n");
    assert_eq!(world.refused(&world.sealed(other, &drilled)), "its log didn't sign it");
    let extra = [parts.clone(), vec![Part::new("certificate.txt", "All is well.")]].concat();
    assert_eq!(world.refused(&world.sealed(extra, &drilled)), "this program knows no part certificate.txt");
    let fewer: Vec<Part> = parts.into_iter().filter(|part| part.name != "notice.txt").collect();
    assert_eq!(world.refused(&world.sealed(fewer, &drilled)), "it is missing");

    let refused = |drilled: &[Drilled]| world.refused(&world.sealed(world.parts(drilled), drilled));
    let without: Vec<Drilled> = drilled.iter().filter(|one| one.drill != "reveal-on-hold").cloned().collect();
    assert_eq!(refused(&without), "it was left out");
    let at = drilled.iter().position(|one| one.drill == "reveal-on-hold").unwrap();
    let edited = |edit: &dyn Fn(&mut Drilled)| {
        let mut all = drilled.clone();
        edit(&mut all[at]);
        refused(&all)
    };
    let told = "it says something else of the drill than this program does";
    assert_eq!(edited(&|one| one.tries = "Nothing.".to_owned()), told);
    assert_eq!(edited(&|one| one.lacks.clear()), told);
    assert_eq!(edited(&|one| one.controls = vec!["SOC 2 CC1.1".to_owned()]), told);
    assert_eq!(
        edited(&|one| one.said = "refused; its control got through".to_owned()),
        "it says something else than its verdict"
    );
}

#[test]
fn of_another_version_nothing_is_said_to_pass_that_cannot_be_made_anew() {
    let world = World::new(2_011);
    let lines = world.check(&world.pack()).unwrap();
    for checked in ["version", ANSWERS, "drill card-in-a-note", "answer card-notes"] {
        assert_eq!(result(&lines, checked), "open", "{checked}");
    }
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
        let found = verify::checked(&edited, &world.nonce, &by(Some(&keys)));
        let failed = found.as_ref().map_or(true, |lines| lines.iter().any(|line| line["result"] == "fail"));
        assert!(failed, "byte {at} of {}", file.len());
        edited[at] = file[at];
    }
    assert!(verify::checked(&edited, &world.nonce, &by(Some(&keys))).is_ok());
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
    let said = verify::checked(&pack, &other, &by(Some(&world.keys()))).unwrap_err();
    assert_eq!(said, "it was made for another nonce than yours");
    let said = verify::checked(&pack, &world.nonce, &by(Some(&World::new(2_007).keys()))).unwrap_err();
    assert!(said.contains("another log") || said.contains("keys were given for"), "{said}");
    // Evidence of one deployment under another's seal.
    let (one, two) = (World::new(2_008), World::new(2_009));
    let foreign = [one.drilled("card-in-a-note", DrillVerdict::Held, Some(one.nonce))];
    let mut parts = one.parts(&foreign);
    parts.extend(two.pack().into_iter().rev().take(2).rev());
    assert!(two.check(&parts).is_err());
}
