//! k of n witnesses: what counts, and what must not.

use transparency::{
    Checkpoint, Error, Note, NoteSigner, VerifierKey, WitnessPolicy, Witnessed, sign_checkpoint, verify_witnessed,
};

use crate::store::{ORIGIN, origin_keys, origin_signers};

const TIME: u64 = 1_700_000_000;

struct Witness {
    ed25519: NoteSigner,
    ml_dsa: NoteSigner,
}

impl Witness {
    fn new(name: &str, seed: u8) -> Self {
        let ed25519 = NoteSigner::ed25519_cosigner(name, &[seed; 32]).unwrap();
        Self { ed25519, ml_dsa: NoteSigner::ml_dsa_44(name, &[seed; 32]).unwrap() }
    }

    fn keys(&self) -> [VerifierKey; 2] {
        [&self.ed25519, &self.ml_dsa].map(|signer| signer.verifier_key().clone())
    }

    fn cosign(&self, note: &str, time: u64) -> String {
        let text = Note::parse(note).unwrap();
        let lines = [&self.ed25519, &self.ml_dsa].map(|signer| signer.sign(text.text(), time).unwrap().to_string());
        format!("{note}{}", lines.concat())
    }
}

fn three() -> [Witness; 3] {
    [("w/a", 51), ("w/b", 52), ("w/c", 53)].map(|(name, seed)| Witness::new(name, seed))
}

fn policy(witnesses: &[Witness], quorum: usize) -> WitnessPolicy {
    WitnessPolicy::new(witnesses.iter().flat_map(Witness::keys), quorum).unwrap()
}

fn signed() -> String {
    let [ed25519, ml_dsa] = origin_signers(ORIGIN);
    sign_checkpoint(&Checkpoint { origin: ORIGIN.into(), size: 5, root: [9; 32] }, &[&ed25519, &ml_dsa]).unwrap()
}

fn verify(note: &str, policy: &WitnessPolicy) -> Result<Witnessed, Error> {
    verify_witnessed(note, &origin_keys(&origin_signers(ORIGIN)), policy)
}

#[test]
fn a_quorum_counts_from_k_on() {
    let witnesses = three();
    let policy = policy(&witnesses, 2);
    let none = signed();
    let one = witnesses[0].cosign(&none, TIME);
    let two = witnesses[2].cosign(&one, TIME + 1);
    assert_eq!(verify(&none, &policy), Err(Error::QuorumMissed { signed: 0, quorum: 2 }));
    assert_eq!(verify(&one, &policy), Err(Error::QuorumMissed { signed: 1, quorum: 2 }));
    let found = verify(&two, &policy).unwrap();
    let by: Vec<(&str, u64)> = found.by.iter().map(|by| (by.name.as_str(), by.time)).collect();
    assert_eq!((found.checkpoint.size, by), (5, vec![("w/a", TIME), ("w/c", TIME + 1)]));
}

#[test]
fn one_witness_never_counts_twice() {
    let witnesses = three();
    let policy = policy(&witnesses, 2);
    let twice = witnesses[0].cosign(&witnesses[0].cosign(&signed(), TIME), TIME + 9);
    assert_eq!(verify(&twice, &policy), Err(Error::QuorumMissed { signed: 1, quorum: 2 }));
    let same = |name| NoteSigner::ed25519_cosigner(name, &[51; 32]).unwrap().verifier_key().clone();
    assert_eq!(
        WitnessPolicy::new([same("w/a"), same("w/other")], 2),
        Err(Error::WitnessPolicy("two witnesses have the same key"))
    );
    assert_eq!(WitnessPolicy::new([same("w/a"), same("w/a")], 1), Err(Error::WitnessPolicy("a key is given twice")));
}

#[test]
fn a_stripped_line_of_a_witness_or_of_the_log_fails() {
    let witnesses = three();
    let policy = policy(&witnesses[..1], 1);
    let whole = witnesses[0].cosign(&signed(), TIME);
    assert!(verify(&whole, &policy).is_ok());
    let lines: Vec<&str> = whole.lines().collect();
    let signatures = lines.len() - 4;
    assert_eq!(signatures, 4);
    for without in 4..lines.len() {
        let kept: Vec<&str> = (0..lines.len()).filter(|at| *at != without).map(|at| lines[at]).collect();
        assert!(verify(&format!("{}\n", kept.join("\n")), &policy).is_err(), "line {without} isn't missed");
    }
}

#[test]
fn other_checkpoints_times_and_names_don_t_count() {
    let witnesses = three();
    let all = policy(&witnesses, 1);
    let missed = Err(Error::QuorumMissed { signed: 0, quorum: 1 });
    assert_eq!(verify(&witnesses[0].cosign(&signed(), 0), &all), missed, "no statement of time");
    assert_eq!(verify(&Witness::new("w/a", 99).cosign(&signed(), TIME), &all), missed, "an unknown key, known name");
    assert_eq!(verify(&Witness::new("w/z", 51).cosign(&signed(), TIME), &all), missed, "a known key, unknown name");
    let [ed25519, ml_dsa] = origin_signers(ORIGIN);
    let other = Checkpoint { origin: ORIGIN.into(), size: 5, root: [8; 32] };
    let other = witnesses[0].cosign(&sign_checkpoint(&other, &[&ed25519, &ml_dsa]).unwrap(), TIME);
    let moved = format!("{}{}", signed(), other.lines().skip(6).map(|line| format!("{line}\n")).collect::<String>());
    assert!(matches!(verify(&moved, &all), Err(Error::SignatureWrong { .. })), "lines of another checkpoint");
}

#[test]
fn a_log_is_not_its_own_witness() {
    let [ed25519, ml_dsa] = origin_signers(ORIGIN);
    let own = WitnessPolicy::new([ml_dsa.verifier_key().clone()], 1).unwrap();
    assert_eq!(verify(&signed(), &own), Err(Error::WitnessPolicy("a witness bears the log's name")));
    assert!(WitnessPolicy::new([ed25519.verifier_key().clone()], 1).is_err(), "type 0x01 states no time");
    assert!(WitnessPolicy::new([], 1).is_err(), "more than there are");
    assert!(verify(&signed(), &WitnessPolicy::new([], 0).unwrap()).is_ok());
}
