//! Signed notes, verifier keys and checkpoints: vectors of the specifications and of other implementations.

use transparency::{
    Checkpoint, Error, MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteSignature, NoteSigner, OriginKeys, SignatureType,
    VerifierKey, leaf_hash, sign_checkpoint, sign_checkpoint_at, sign_note, verify_checkpoint, verify_cosignature,
};

use crate::store::{ORIGIN, origin_keys, origin_signers};

/// The example note and key of signed-note.
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/// The key of a public witness (type 0x04), and a checkpoint of a public log that it cosigned.
const WITNESS_KEY: &str = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";
const WITNESSED: &str = include_str!("vectors/witnessed.txt");

/// The key of another public witness (type 0x06), and a checkpoint that it cosigned.
const ML_DSA_WITNESS_KEY: &str = include_str!("vectors/mldsa-witness.vkey");
const ML_DSA_WITNESSED: &str = include_str!("vectors/mldsa-witness.txt");

/// The ML-DSA-44 log of torchwood's litewitness tests: its seed, and the checkpoint of one leaf it signed.
const ML_DSA_LOG: &str = include_str!("vectors/mldsa-log.txt");
const ML_DSA_SEED: [u8; 32] = [
    0x28, 0x86, 0xad, 0xc2, 0xb0, 0xea, 0xbf, 0xce, 0x67, 0xc0, 0x47, 0x29, 0x39, 0x12, 0x79, 0x98, 0xbf, 0x88, 0x6c,
    0xf2, 0x56, 0xbf, 0xee, 0x8b, 0xa7, 0x6a, 0x25, 0x3f, 0xce, 0x11, 0x46, 0xe0,
];

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.into(), size: 5, root: [9; 32] }
}

#[test]
fn the_example_of_signed_note_verifies() {
    let key: VerifierKey = EXAMPLE_KEY.parse().unwrap();
    assert_eq!((key.name(), key.id(), key.kind()), ("example.com/foo", 0x530d_903a, SignatureType::Ed25519));
    assert_eq!(key.to_string(), EXAMPLE_KEY);
    let note = Note::parse(EXAMPLE_NOTE).unwrap();
    let [line] = note.signatures() else { panic!("one signature was expected") };
    assert_eq!((line.name(), line.key_id()), (key.name(), key.id()));
    assert_eq!(key.verify(note.text(), line.signature()), Ok(None));
    assert!(key.verify("This is another message.\n", line.signature()).is_err());
    assert_eq!(note.to_string(), EXAMPLE_NOTE);
}

#[test]
fn a_public_witness_s_cosignature_verifies() {
    let key: VerifierKey = WITNESS_KEY.parse().unwrap();
    let (checkpoint, time) = verify_cosignature(WITNESSED, &key).unwrap();
    assert_eq!(checkpoint.origin, "arche2025h1.staging.ct.transparency.dev");
    assert_eq!((checkpoint.size, time), (1_432_088_532, 0x6a12_2120));
    let altered = WITNESSED.replace("1432088532", "1432088533");
    let wrong = Error::SignatureWrong { name: key.name().into(), kind: key.kind() };
    assert_eq!(verify_cosignature(&altered, &key), Err(wrong));
}

#[test]
fn a_public_witness_s_ml_dsa_cosignature_verifies() {
    let key: VerifierKey = ML_DSA_WITNESS_KEY.trim_end().parse().unwrap();
    assert_eq!(key.to_string(), ML_DSA_WITNESS_KEY.trim_end());
    assert_eq!((key.name(), key.kind()), ("witness.navigli.sunlight.geomys.org", SignatureType::MlDsa44));
    let (checkpoint, time) = verify_cosignature(ML_DSA_WITNESSED, &key).unwrap();
    assert_eq!(checkpoint.origin, "coachandhorses2026h1.staging.certificate.transparency.goog");
    assert_eq!((checkpoint.size, time), (185_550_722, 0x6a6f_b0f3));
    let altered = ML_DSA_WITNESSED.replacen("coach", "coacH", 1);
    assert!(verify_cosignature(&altered, &key).is_err());
}

#[test]
fn a_foreign_ml_dsa_log_verifies() {
    let signer = NoteSigner::ml_dsa_44("example.com/mldsa-log", &ML_DSA_SEED).unwrap();
    let key = signer.verifier_key();
    assert!(key.to_string().starts_with("example.com/mldsa-log+b5df45c5+BuhtcL97l3dcitjZ8Y9J54gmQ1TWn/BMF0yePKpTzhlF"));
    let (checkpoint, time) = verify_cosignature(ML_DSA_LOG, key).unwrap();
    assert_eq!((checkpoint.size, time), (1, 0));
    assert_eq!(checkpoint.root, leaf_hash(b"testonly"));
    let altered = ML_DSA_LOG.replacen("\n1\n", "\n2\n", 1);
    assert!(verify_cosignature(&altered, key).is_err());
}

#[test]
fn a_witness_signs_its_own_name_and_time() {
    let log = origin_signers(ORIGIN);
    let note = Note::parse(&sign_checkpoint(&checkpoint(), &log.each_ref()).unwrap()).unwrap();
    let witnesses = [
        NoteSigner::ml_dsa_44("witness.example/pq", &[5; 32]).unwrap(),
        NoteSigner::ed25519_cosigner("witness.example/w1", &[6; 32]).unwrap(),
    ];
    for witness in &witnesses {
        let line = witness.sign(note.text(), 1_764_000_000).unwrap();
        let cosigned = note.clone().with_signature(line.clone()).unwrap().to_string();
        assert_eq!(verify_cosignature(&cosigned, witness.verifier_key()), Ok((checkpoint(), 1_764_000_000)));
        assert_eq!(verify_checkpoint(&cosigned, &origin_keys(&log)), Ok(checkpoint()));

        let mut later = line.signature().to_vec();
        later[7] ^= 1;
        assert!(witness.verifier_key().verify(note.text(), &later).is_err());
        assert!(witness.verifier_key().verify(note.text(), &later[..7]).is_err());
    }
    // ML-DSA-44 commits to the witness's name: the same key under another name isn't the same witness.
    let line = witnesses[0].sign(note.text(), 3).unwrap();
    let other = NoteSigner::ml_dsa_44("witness.example/other", &[5; 32]).unwrap();
    assert!(other.verifier_key().verify(note.text(), line.signature()).is_err());
}

#[test]
fn both_signatures_of_the_origin_are_demanded() {
    let log = origin_signers(ORIGIN);
    let keys = origin_keys(&log);
    let [ed25519, ml_dsa_44] = &log;
    assert_eq!(
        verify_checkpoint(&sign_checkpoint(&checkpoint(), &[ml_dsa_44, ed25519]).unwrap(), &keys),
        Ok(checkpoint())
    );
    let missing = |kind| Err(Error::SignatureMissing { name: ORIGIN.into(), kind });
    let only = |signer| sign_checkpoint(&checkpoint(), &[signer]).unwrap();
    assert_eq!(verify_checkpoint(&only(ed25519), &keys), missing(SignatureType::MlDsa44));
    assert_eq!(verify_checkpoint(&only(ml_dsa_44), &keys), missing(SignatureType::Ed25519));

    // The right key under another name doesn't count either.
    let renamed = NoteSigner::ed25519("log.example/other", &[1; 32]).unwrap();
    let note = sign_checkpoint(&checkpoint(), &[&renamed, ml_dsa_44]).unwrap();
    assert_eq!(verify_checkpoint(&note, &keys), missing(SignatureType::Ed25519));
}

#[test]
fn a_second_line_of_a_known_key_must_verify_too() {
    let log = origin_signers(ORIGIN);
    let note = Note::parse(&sign_checkpoint(&checkpoint(), &log.each_ref()).unwrap()).unwrap();
    for (line, kind) in note.signatures().iter().zip([SignatureType::Ed25519, SignatureType::MlDsa44]) {
        let twice = note.clone().with_signature(line.clone()).unwrap().to_string();
        assert_eq!(verify_checkpoint(&twice, &origin_keys(&log)), Ok(checkpoint()));
        let mut wrong = line.signature().to_vec();
        wrong[20] ^= 1;
        let wrong = NoteSignature::new(line.name(), line.key_id(), wrong).unwrap();
        let mixed = note.clone().with_signature(wrong).unwrap().to_string();
        let refused = Err(Error::SignatureWrong { name: ORIGIN.into(), kind });
        assert_eq!(verify_checkpoint(&mixed, &origin_keys(&log)), refused);
    }
}

#[test]
fn unknown_lines_are_ignored_and_other_logs_refused() {
    let log = origin_signers(ORIGIN);
    let keys = origin_keys(&log);
    let note = Note::parse(&sign_checkpoint(&checkpoint(), &log.each_ref()).unwrap()).unwrap();
    let same_name = NoteSignature::new(ORIGIN, 1, vec![0]).unwrap();
    let same_id = NoteSignature::new("other.example", keys.ed25519().id(), vec![0]).unwrap();
    let more = note.with_signature(same_name).unwrap().with_signature(same_id).unwrap().to_string();
    assert_eq!(verify_checkpoint(&more, &keys), Ok(checkpoint()));

    let other = Checkpoint { origin: "log.example/other".into(), ..checkpoint() };
    let signed = sign_checkpoint(&other, &log.each_ref()).unwrap();
    assert_eq!(verify_checkpoint(&signed, &keys), Err(Error::OtherOrigin("log.example/other".into())));
}

#[test]
fn extension_lines_are_refused() {
    let log = origin_signers(ORIGIN);
    let [ed25519, ml_dsa_44] = &log;
    let extended = format!("{}extension\n", checkpoint().encode());
    assert!(matches!(sign_note(&extended, 0, &[ml_dsa_44]), Err(Error::Checkpoint(_))));
    // An Ed25519 key alone signs any note; put a proper ML-DSA-44 line under the extended text.
    let note = Note::parse(&sign_note(&extended, 0, &[ed25519]).unwrap()).unwrap();
    let line = ml_dsa_44.sign(&checkpoint().encode(), 0).unwrap();
    let note = note.with_signature(line).unwrap().to_string();
    assert!(matches!(verify_checkpoint(&note, &origin_keys(&log)), Err(Error::Checkpoint(_))));
}

#[test]
fn what_could_not_be_read_back_is_not_signed() {
    let log = origin_signers(ORIGIN);
    for origin in ["", "two\nlines", "tab\there", &"o".repeat(256)] {
        let wrong = Checkpoint { origin: origin.into(), ..checkpoint() };
        assert!(matches!(sign_checkpoint(&wrong, &log.each_ref()), Err(Error::Checkpoint(_))), "{origin:?}");
    }
    let empty = Checkpoint { size: 0, ..checkpoint() };
    assert!(matches!(sign_checkpoint(&empty, &log.each_ref()), Err(Error::Checkpoint(_))));
    assert_eq!(sign_checkpoint_at(&checkpoint(), 1 << 63, &log.each_ref()), Err(Error::Timestamp));
    assert!(matches!(sign_checkpoint(&checkpoint(), &[]), Err(Error::Note(_))));
}

#[test]
fn malformed_notes_are_refused() {
    let line = EXAMPLE_NOTE.split_once("\n\n").unwrap().1;
    let body = line.trim_end();
    for wrong in [
        String::new(),
        "text\n".into(),
        "text\n\n".into(),
        format!("text\n{line}"),
        format!("\n{line}"),
        format!("text\n\n{body}"),
        format!("text\n\n{line}\n"),
        format!("text\n\n {line}"),
        format!("text\n\n{body} \n"),
        format!("text\n\n{body}\r\n"),
        format!("te\u{1}xt\n\n{line}"),
        format!("te\txt\n\n{line}"),
        format!("text\n\n-{}", line.trim_start_matches('\u{2014}')),
        format!("text\n\n{}", line.replace("example.com/foo", "example com")),
        format!("text\n\n{}", line.replace("example.com/foo", "example+com")),
        format!("text\n\n{}", line.replace("example.com/foo", "")),
        format!("text\n\n{}", line.replace("example.com/foo", "a\u{2003}b")),
        format!("text\n\n{}", line.replace("IneyaQM=", "IneyaQN=")),
        format!("text\n\n{}", line.replace("IneyaQM=", "IneyaQM")),
        "text\n\n\u{2014} name AAAAAA==\n".into(),
        "text\n\n\u{2014} name \n".into(),
        format!("text\n\n{}", line.repeat(MAX_SIGNATURES + 1)),
        format!("{}\n\n{line}", "x".repeat(MAX_NOTE_BYTES)),
    ] {
        assert!(matches!(Note::parse(&wrong), Err(Error::Note(_))), "{wrong:.200?}");
    }
    assert_eq!(Note::parse(&format!("a\n\nb\n\n{line}")).unwrap().text(), "a\n\nb\n");
    assert_eq!(
        Note::parse(&format!("a\n\n{}", line.repeat(MAX_SIGNATURES))).unwrap().signatures().len(),
        MAX_SIGNATURES
    );
}

/// As Go's tests of sumdb/note do: no part of a key is a key, and no byte of it may change.
#[test]
fn mangled_verifier_keys_are_refused() {
    for start in 0..EXAMPLE_KEY.len() {
        for end in start..=EXAMPLE_KEY.len() {
            let part = &EXAMPLE_KEY[start..end];
            assert!(part == EXAMPLE_KEY || part.parse::<VerifierKey>().is_err(), "{part}");
        }
    }
    for at in 0..EXAMPLE_KEY.len() {
        let mut changed = EXAMPLE_KEY.as_bytes().to_vec();
        changed[at] += 1;
        let changed = String::from_utf8(changed).unwrap();
        assert!(changed.parse::<VerifierKey>().is_err(), "{changed}");
    }
    assert!(EXAMPLE_KEY.replace("530d903a", "530D903A").parse::<VerifierKey>().is_err());
}

#[test]
fn key_names_are_checked() {
    for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b", "a\u{7}b", &"n".repeat(256)] {
        assert!(matches!(NoteSigner::ed25519(name, &[1; 32]), Err(Error::KeyName)), "{name:?}");
        assert!(matches!(NoteSigner::ml_dsa_44(name, &[1; 32]), Err(Error::KeyName)), "{name:?}");
    }
    assert!(NoteSigner::ml_dsa_44(&"n".repeat(255), &[1; 32]).is_ok());
}

#[test]
fn origin_keys_are_two_lines() {
    let log = origin_signers(ORIGIN);
    let keys = origin_keys(&log);
    let text = keys.to_string();
    assert_eq!(text.lines().count(), 2);
    assert_eq!(text.parse(), Ok(keys.clone()));
    assert_eq!(text.trim_end().parse(), Ok(keys.clone()));
    assert_eq!(keys.origin(), ORIGIN);

    let (first, second) = text.trim_end().split_once('\n').unwrap();
    for wrong in [
        format!("{second}\n{first}\n"),
        format!("{first}\n{first}\n"),
        first.into(),
        format!("{text}\n"),
        format!("{text}{text}"),
    ] {
        assert!(wrong.parse::<OriginKeys>().is_err());
    }
    let other = NoteSigner::ml_dsa_44("log.example/other", &[2; 32]).unwrap();
    let mixed = OriginKeys::new(keys.ed25519().clone(), other.verifier_key().clone());
    assert_eq!(mixed, Err(Error::OriginKeys("their names differ")));
}

#[test]
fn a_signer_s_debug_form_shows_no_secret() {
    let signer = NoteSigner::ed25519("name", &[0x41; 32]).unwrap();
    let shown = format!("{signer:?}");
    assert!(shown.contains("name+") && !shown.contains("65, 65") && !shown.contains("4141"), "{shown}");
}
