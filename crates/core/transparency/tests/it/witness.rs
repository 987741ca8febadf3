//! A witness's judgement, rule by rule of tlog-witness, and what it must notice beyond the rules.

use transparency::{
    AddCheckpoint, Answer, Checkpoint, Error, Finding, Hash, MAX_ADD_CHECKPOINT_BYTES, Note, NoteSigner, Ruling,
    VerifierKey, WitnessState, consistency_proof, read_cosignatures, read_size, sign_checkpoint,
};

use crate::store::{ORIGIN, leaves, log_of, origin_keys, origin_signers, recursive_root};

const TIME: u64 = 1_700_000_000;
const EXAMPLE: &str = "old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
\u{2014} example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
";

fn at(leaves: &[Hash], size: usize) -> Checkpoint {
    Checkpoint { origin: ORIGIN.into(), size: size as u64, root: recursive_root(&leaves[..size]) }
}

fn signed(checkpoint: &Checkpoint) -> String {
    let [ed25519, ml_dsa] = origin_signers(ORIGIN);
    sign_checkpoint(checkpoint, &[&ed25519, &ml_dsa]).unwrap()
}

fn request(leaves: &[Hash], old: usize, new: usize) -> AddCheckpoint {
    let (_, tiles) = log_of(&leaves[..new]);
    let proof = consistency_proof(old as u64, new as u64, |path| tiles.get(path)).unwrap();
    AddCheckpoint { old: old as u64, proof, checkpoint: signed(&at(leaves, new)) }
}

fn own() -> [NoteSigner; 2] {
    let ed25519 = NoteSigner::ed25519_cosigner("witness.example/board", &[7; 32]).unwrap();
    [ed25519, NoteSigner::ml_dsa_44("witness.example/board", &[8; 32]).unwrap()]
}

fn own_keys() -> [VerifierKey; 2] {
    own().map(|signer| signer.verifier_key().clone())
}

fn judge(state: &WitnessState, request: &AddCheckpoint) -> Ruling {
    state.judge(request, &origin_keys(&origin_signers(ORIGIN)), &own_keys())
}

fn rules(state: &WitnessState, request: &AddCheckpoint, status: u16, finding: Option<Finding>) {
    let ruling = judge(state, request);
    assert_eq!((ruling.answer.status(), ruling.finding), (status, finding), "{ruling:?}");
}

fn forked(count: usize, from: usize) -> Vec<Hash> {
    let mut leaves = leaves(count);
    leaves[from..].iter_mut().for_each(|leaf| leaf[0] ^= 1);
    leaves
}

#[test]
fn the_example_of_the_specification() {
    let request = AddCheckpoint::parse(EXAMPLE).unwrap();
    assert_eq!((request.old, request.proof.len()), (20_852_014, 4));
    assert!(request.checkpoint.starts_with("example.com/behind-the-sofa\n20852163\n"));
    assert_eq!(request.encode(), EXAMPLE);
}

#[test]
fn other_spellings_of_a_request_are_refused() {
    let replaced = |from: &str, to: &str| EXAMPLE.replacen(from, to, 1);
    let line = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
    for wrong in [
        String::new(),
        replaced("old 2", "old 02"),
        replaced("old 2", "old  2"),
        replaced("old 2", "Old 2"),
        replaced("old 20852014", "old -1"),
        replaced("old 20852014", "old 18446744073709551616"),
        replaced("old 20852014\n", ""),
        replaced("old 20852014\n", "old 20852014\r\n"),
        replaced("pkaw=\n", "pkaw\n"),
        replaced("pkaw=\n", "pkaw= \n"),
        replaced("\n\nexample", "\nexample"),
        replaced("20852163", "020852163"),
        EXAMPLE[..EXAMPLE.len() - 1].to_owned(),
        replaced(line, &line.repeat(61)),
        format!("{EXAMPLE}{}", "x".repeat(MAX_ADD_CHECKPOINT_BYTES)),
    ] {
        assert!(AddCheckpoint::parse(&wrong).is_err(), "{}", &wrong[..wrong.len().min(200)]);
    }
    assert_eq!(AddCheckpoint::parse(&replaced(line, &line.repeat(60))).unwrap().proof.len(), 63);
}

#[test]
fn a_log_is_followed_from_nothing_through_every_size() {
    let leaves = leaves(40);
    for step in [1, 3, 7] {
        let mut state = WitnessState::new(ORIGIN);
        for new in (step..=40).step_by(step) {
            let request = request(&leaves, state.size as usize, new);
            let request = AddCheckpoint::parse(&request.encode()).unwrap();
            let ruling = judge(&state, &request);
            assert_eq!(ruling, Ruling { answer: Answer::Cosign(at(&leaves, new)), finding: None });
            state = WitnessState::after(&at(&leaves, new));
        }
    }
}

#[test]
fn the_same_checkpoint_again_is_cosigned_again() {
    let leaves = leaves(9);
    rules(&WitnessState::after(&at(&leaves, 9)), &request(&leaves, 9, 9), 200, None);
    let padded = AddCheckpoint { proof: vec![[0; 32]], ..request(&leaves, 9, 9) };
    rules(&WitnessState::after(&at(&leaves, 9)), &padded, 422, Some(Finding::Unproven));
}

#[test]
fn signatures_are_both_demanded() {
    let (leaves, state) = (leaves(9), WitnessState::new(ORIGIN));
    let good = request(&leaves, 0, 9);
    let lines: Vec<&str> = good.checkpoint.split_inclusive('\n').collect();
    for kept in [4, 5] {
        let checkpoint = [&lines[..4], &lines[kept..=kept]].concat().concat();
        rules(&state, &AddCheckpoint { checkpoint, ..good.clone() }, 403, None);
    }
    let strangers =
        [NoteSigner::ed25519(ORIGIN, &[91; 32]).unwrap(), NoteSigner::ml_dsa_44(ORIGIN, &[92; 32]).unwrap()];
    let checkpoint = sign_checkpoint(&at(&leaves, 9), &[&strangers[0], &strangers[1]]).unwrap();
    rules(&state, &AddCheckpoint { checkpoint, ..good.clone() }, 403, None);
    let altered = good.checkpoint.replacen("\n9\n", "\n8\n", 1);
    rules(&state, &AddCheckpoint { checkpoint: altered, ..good.clone() }, 403, None);
    // Lines of unknown keys are ignored.
    let with_more = Note::parse(&good.checkpoint).unwrap();
    let stranger = strangers[0].sign(with_more.text(), 0).unwrap();
    let checkpoint = with_more.with_signature(stranger).unwrap().to_string();
    rules(&state, &AddCheckpoint { checkpoint, ..good }, 200, None);
}

#[test]
fn other_logs_are_unknown() {
    let leaves = leaves(3);
    let [ed25519, ml_dsa] = origin_signers("log.example/other");
    let other = Checkpoint { origin: "log.example/other".into(), ..at(&leaves, 3) };
    let checkpoint = sign_checkpoint(&other, &[&ed25519, &ml_dsa]).unwrap();
    rules(&WitnessState::new(ORIGIN), &AddCheckpoint { old: 0, proof: Vec::new(), checkpoint }, 404, None);
    rules(&WitnessState::new("log.example/third"), &request(&leaves, 0, 3), 404, None);
}

#[test]
fn the_old_size_must_fit() {
    let leaves = leaves(20);
    let state = WitnessState::after(&at(&leaves, 9));
    rules(&state, &AddCheckpoint { old: 21, ..request(&leaves, 9, 20) }, 400, None);
    for old in [0, 8, 10] {
        let ruling = judge(&state, &request(&leaves, old, 20));
        assert_eq!(ruling, Ruling { answer: Answer::Conflict(9), finding: None });
    }
    let first = AddCheckpoint { proof: vec![[1; 32]], ..request(&leaves, 0, 20) };
    rules(&WitnessState::new(ORIGIN), &first, 422, Some(Finding::Unproven));
}

#[test]
fn a_smaller_checkpoint_is_never_cosigned() {
    let leaves = leaves(20);
    let state = WitnessState::after(&at(&leaves, 20));
    for (old, status) in [(0, 409), (9, 409), (20, 400)] {
        let request = AddCheckpoint { old, ..request(&leaves, 0, 9) };
        rules(&state, &request, status, Some(Finding::Smaller));
    }
}

#[test]
fn a_fork_is_noticed_at_and_above_the_recorded_size() {
    let state = WitnessState::after(&at(&leaves(20), 20));
    for from in [0, 7, 19] {
        let other = forked(30, from);
        rules(&state, &request(&other, 20, 20), 409, Some(Finding::Fork));
        rules(&state, &AddCheckpoint { old: 3, ..request(&other, 3, 20) }, 409, Some(Finding::Fork));
        rules(&state, &request(&other, 20, 30), 422, Some(Finding::Unproven));
    }
    rules(&state, &request(&forked(30, 20), 20, 30), 200, None);
}

#[test]
fn proofs_with_a_changed_missing_or_added_hash_fail() {
    let leaves = leaves(29);
    let state = WitnessState::after(&at(&leaves, 11));
    let good = request(&leaves, 11, 29);
    rules(&state, &good, 200, None);
    for at in 0..good.proof.len() {
        let mut proof = good.proof.clone();
        proof[at][31] ^= 1;
        rules(&state, &AddCheckpoint { proof, ..good.clone() }, 422, Some(Finding::Unproven));
        let mut proof = good.proof.clone();
        proof.remove(at);
        rules(&state, &AddCheckpoint { proof, ..good.clone() }, 422, Some(Finding::Unproven));
    }
    let proof = [good.proof.as_slice(), &[[0; 32]]].concat();
    rules(&state, &AddCheckpoint { proof, ..good }, 422, Some(Finding::Unproven));
}

#[test]
fn an_own_signature_beyond_the_memory_is_noticed() {
    let leaves = leaves(20);
    for signer in own() {
        let good = request(&leaves, 9, 20);
        let note = Note::parse(&good.checkpoint).unwrap();
        let line = signer.sign(note.text(), TIME).unwrap();
        let with_own = AddCheckpoint { checkpoint: note.with_signature(line).unwrap().to_string(), ..good };
        let back = WitnessState::after(&at(&leaves, 9));
        rules(&back, &with_own, 200, Some(Finding::OwnAhead));
        rules(&back, &AddCheckpoint { old: 5, ..with_own.clone() }, 409, Some(Finding::OwnAhead));
        rules(&WitnessState::after(&at(&forked(20, 9), 20)), &with_own, 409, Some(Finding::OwnAhead));
        rules(&WitnessState::after(&at(&leaves, 20)), &AddCheckpoint { old: 20, proof: vec![], ..with_own }, 200, None);
    }
    // Somebody else's line under the witness's name is nothing of its own.
    let forger = NoteSigner::ed25519_cosigner("witness.example/board", &[66; 32]).unwrap();
    let good = request(&leaves, 9, 20);
    let note = Note::parse(&good.checkpoint).unwrap();
    let line = forger.sign(note.text(), TIME).unwrap();
    let checkpoint = note.with_signature(line).unwrap().to_string();
    rules(&WitnessState::after(&at(&leaves, 9)), &AddCheckpoint { checkpoint, ..good }, 200, None);
}

#[test]
fn an_answer_counts_only_as_a_whole_and_over_what_was_sent() {
    let leaves = leaves(9);
    let sent = request(&leaves, 0, 9).checkpoint;
    let text = Note::parse(&sent).unwrap().text().to_owned();
    let lines = |text: &str, time| own().map(|signer| signer.sign(text, time).unwrap().to_string());
    let whole = lines(&text, TIME);
    let read = |body: &str| read_cosignatures(body, &sent, &own_keys());
    assert_eq!(read(&whole.concat()).unwrap().len(), 2);
    let stranger = NoteSigner::ed25519_cosigner("w/z", &[3; 32]).unwrap().sign(&text, TIME).unwrap();
    assert_eq!(read(&format!("{stranger}{}", whole.concat())).unwrap().len(), 2, "unknown keys are ignored");
    for part in &whole {
        assert!(matches!(read(part), Err(Error::SignatureMissing { .. })));
    }
    assert!(read(&lines(&text, 0).concat()).is_err(), "no statement of time");
    assert!(matches!(read(&lines(&signed_text(&leaves), TIME).concat()), Err(Error::SignatureWrong { .. })));
    for wrong in ["", "\n", "ok\n", &whole.concat()[..whole.concat().len() - 1]] {
        assert!(read(wrong).is_err(), "{wrong:?}");
    }
    // The checkpoint's own copy of the lines doesn't stand in for an answer.
    let carried = format!("{sent}{}", whole.concat());
    let other = stranger.to_string();
    assert!(read_cosignatures(&other, &carried, &own_keys()).is_err());
}

fn signed_text(leaves: &[Hash]) -> String {
    at(leaves, 8).encode()
}

#[test]
fn a_size_has_one_spelling() {
    assert_eq!(read_size("20852014\n"), Some(20_852_014));
    for wrong in ["", "\n", "1", "01\n", "1\n\n", " 1\n", "1\r\n"] {
        assert_eq!(read_size(wrong), None, "{wrong:?}");
    }
}

#[test]
fn no_changed_byte_of_a_request_gets_another_checkpoint_cosigned() {
    let leaves = leaves(29);
    let state = WitnessState::after(&at(&leaves, 11));
    let good = request(&leaves, 11, 29).encode().into_bytes();
    let (mut refused, mut same) = (0, 0);
    for place in 0..good.len() {
        for bit in [0, 3, 6] {
            let mut bytes = good.clone();
            bytes[place] ^= 1 << bit;
            let read = String::from_utf8(bytes).ok().and_then(|text| AddCheckpoint::parse(&text).ok());
            match read.map(|request| judge(&state, &request).answer) {
                Some(Answer::Cosign(checkpoint)) => {
                    assert_eq!(checkpoint, at(&leaves, 29));
                    same += 1;
                }
                _ => refused += 1,
            }
        }
    }
    assert_eq!((refused, same), (3 * good.len(), 0), "every byte is covered by a signature, the proof or the format");
}
