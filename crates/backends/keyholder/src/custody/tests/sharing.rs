use super::*;
use proptest::prelude::*;

/// Multiplication in GF(256) modulo x⁸ + x⁴ + x³ + x² + 1, bit by bit: without the library's tables.
fn times(a: u8, b: u8) -> u8 {
    let (mut a, mut sum) = (u16::from(a), 0);
    for bit in 0..8 {
        if b >> bit & 1 == 1 {
            sum ^= a;
        }
        a <<= 1;
        if a & 256 != 0 {
            a ^= 0x11d;
        }
    }
    u8::try_from(sum).unwrap()
}

#[test]
fn shares_computed_by_hand_combine() {
    let quorum = Quorum::new(3, 5).unwrap();
    let secret: [u8; 32] = core::array::from_fn(|at| u8::try_from(at * 7 + 3).unwrap());
    // secret + a·x + b·x², with another a and b for each byte.
    let share = |x: u8| {
        let value = |at: usize| {
            let (a, b) = (u8::try_from(at * 5 + 1).unwrap(), u8::try_from(251 - at * 3).unwrap());
            secret[at] ^ times(a, x) ^ times(b, times(x, x))
        };
        Share::new(x, core::array::from_fn(value))
    };
    // The first byte of the second share, worked out on paper: 3 ⊕ 1·2 ⊕ 251·4 = 3 ⊕ 2 ⊕ 0xcb.
    assert_eq!((times(251, 4), share(2).bytes()[0]), (0xcb, 0xca));
    for some in [[1, 2, 3], [5, 1, 4], [200, 9, 255]] {
        let root = combine(quorum, &some.map(share)).unwrap();
        assert_eq!(root.0.bytes(), &secret);
    }
    assert_ne!(combine(quorum, &[share(1), share(2), Share::new(3, secret)]).unwrap().0.bytes(), &secret);
}

#[test]
fn what_makes_no_quorum_is_refused() {
    assert_eq!(Quorum::new(1, 3), Err(QuorumError::TooFew(1)));
    assert_eq!(Quorum::new(0, 0), Err(QuorumError::TooFew(0)));
    assert_eq!(Quorum::new(4, 3), Err(QuorumError::TooMany { needed: 4, of: 3 }));
    assert_eq!(Quorum::new(2, 33), Err(QuorumError::Crowd(33)));
    assert!(Quorum::new(2, 2).is_ok() && Quorum::new(32, 32).is_ok());
}

fn copied(shares: &[Share], which: u32) -> Vec<Share> {
    let chosen = shares.iter().enumerate().filter(|(at, _)| which >> at & 1 == 1);
    chosen.map(|(_, share)| Share::new(share.index(), *share.bytes())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_k_shares_give_the_root_and_fewer_never(seed: u64, needed in 2_u8..=6, more in 0_u8..=2) {
        let quorum = Quorum::new(needed, needed + more).unwrap();
        let entropy = Seeded::new(seed);
        let root = root(&entropy);
        let shares = split(&root, quorum, &entropy);
        prop_assert_eq!(shares.len(), usize::from(quorum.of()));
        for which in 0_u32..1 << quorum.of() {
            let some = copied(&shares, which);
            let enough = some.len() >= usize::from(needed);
            match combine(quorum, &some) {
                Some(combined) => prop_assert!(enough && combined.0.bytes() == root.0.bytes()),
                None => prop_assert!(!enough),
            }
            // Nor do they, taken as if fewer were needed.
            if let Ok(fewer) = Quorum::new(u8::try_from(some.len()).unwrap(), quorum.of())
                && !enough
            {
                prop_assert!(combine(fewer, &some).unwrap().0.bytes() != root.0.bytes());
            }
        }
    }
}

#[test]
fn shares_are_gathered_once_each_and_give_the_root() {
    let world = World::new(3, 5);
    let mut gathering = world.gathering(Purpose::Unseal);
    for (at, have) in [(4, 1), (0, 2)] {
        gathering.take(&world.handed(at, &gathering)).unwrap();
        assert_eq!((gathering.have(), gathering.root().unwrap().is_none()), (have, true));
    }
    assert_eq!(gathering.take(&world.handed(4, &gathering)), Err(HandError::Twice(5)));
    assert_eq!(gathering.have(), 2);
    gathering.take(&world.handed(2, &gathering)).unwrap();
    let root = gathering.root().unwrap().unwrap();
    assert_eq!(root.0.bytes(), world.root.0.bytes());
}

#[test]
fn a_share_fits_one_process_one_purpose_and_one_ceremony() {
    let (world, elsewhere) = (World::new(2, 3), World::new(2, 3));
    let mut gathering = world.gathering(Purpose::Unseal);
    let (another, for_other) = (world.gathering(Purpose::Unseal), world.gathering(Purpose::Reshare));
    for to in [&another, &for_other] {
        assert_eq!(gathering.take(&world.handed(0, to)), Err(HandError::NotForThis));
    }
    let strange = elsewhere.gathering(Purpose::Unseal);
    assert_eq!(gathering.take(&elsewhere.handed(0, &strange)), Err(HandError::OtherCeremony));
    // Nor does a custodian hand one in where another ceremony's are asked for.
    let share = world.sealed[0].open(&world.keys[0]).unwrap();
    let refused = strange.invitation().unwrap().hand_in(&world.sealed[0], &share);
    assert_eq!(refused.err(), Some(HandError::OtherCeremony));
    // A share that nobody dealt, under a right number.
    let forged = gathering.invitation().unwrap().hand_in(&world.sealed[0], &Share::new(1, [9; 32])).unwrap();
    assert_eq!(gathering.take(&forged), Err(HandError::NotDealt));
    for number in [0, 4, 255] {
        let forged = gathering.invitation().unwrap().hand_in(&world.sealed[0], &Share::new(number, [9; 32])).unwrap();
        assert_eq!(gathering.take(&forged), Err(HandError::NotDealt));
    }
    // Who is being replaced isn't asked.
    let mut without = Gathering::new(world.record(), Purpose::Reshare, Some(2)).unwrap();
    assert_eq!(without.take(&world.handed(1, &without)), Err(HandError::Replaced));
    assert!(gathering.have() == 0 && without.have() == 0);
}

#[test]
fn a_record_with_other_custodians_is_noticed_when_shares_are_combined() {
    let (world, other) = (World::new(2, 2), World::new(2, 2));
    assert!(world.record().fits(&world.root) && !world.record().fits(&other.root));
    let text = world.ceremony.text();
    for edited in [text.replace("Custodian 2", "Mallory"), text.replace("threshold: 2", "threshold: 3")] {
        assert!(Ceremony::read(&edited).is_err());
    }
    let edited = checked_anew(&text.replace("Custodian 2", "Mallory"));
    let mut gathering = Gathering::new(Ceremony::read(&edited).unwrap(), Purpose::Unseal, None).unwrap();
    for at in [0, 1] {
        gathering.take(&world.handed(at, &gathering)).unwrap();
    }
    assert_eq!(gathering.root().err(), Some(HandError::OtherRoot));
}

#[test]
fn a_share_opens_with_its_own_key_only() {
    let world = World::new(2, 3);
    let refused = world.sealed[0].open(&world.keys[1]).err();
    assert_eq!(refused, Some(OpenError::OtherKey("Custodian 1".to_owned())));
    // The same name and another key is somebody else.
    let impostor = CustodianKey::generate("Custodian 1").unwrap();
    assert!(world.sealed[0].open(&impostor).is_err());
}

#[test]
fn nobody_has_two_shares() {
    let entropy = Seeded::new(1);
    let (ada, ben) = (CustodianKey::generate("Ada").unwrap(), CustodianKey::generate("Ben").unwrap());
    let renamed = CustodianKey::read(&ada.text().replace("Ada", "Eve")).unwrap();
    let twin = CustodianKey::generate("Ada").unwrap();
    for second in [&ada, &renamed, &twin] {
        let custodians = [&ben, &ada, second].map(|key| key.public().unwrap());
        let refused = Ceremony::begin(&root(&entropy), 2, custodians.to_vec(), &entropy).err();
        assert!(matches!(refused, Some(CeremonyError::Twice(_))));
    }
}
