use super::*;
use keys::words::read;
use proptest::prelude::*;

#[test]
fn words_are_what_they_were() {
    assert_eq!(words(&[]), Vec::<String>::new());
    assert_eq!(words(&[0; 5]), ["00000", "00005"]);
    assert_eq!(words(b"Ringfence"), ["A9MP0", "WSV6F", "CNQ6Q", "6S80K"].map(String::from));
}

proptest! {
    #[test]
    fn words_read_as_they_were_written(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let words = words(&bytes);
        let read_again = |text: String| read(text.split(' ').filter(|word| !word.is_empty()), bytes.len());
        prop_assert_eq!(read_again(words.join(" ")), Ok(bytes.clone()));
        // As somebody types who doesn't see whether it is a one or an L.
        let typed = words.join(" ").to_lowercase().replace('0', "o").replace('1', "l");
        prop_assert_eq!(read_again(typed), Ok(bytes.clone()));
    }

    #[test]
    fn a_mistyped_word_is_named(bytes in prop::collection::vec(any::<u8>(), 20..60), at: prop::sample::Index, other in 0_usize..32) {
        let words = words(&bytes);
        let text = words.join(" ");
        let place = at.index(text.len());
        let letter = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[other];
        prop_assume!(text.as_bytes()[place] != b' ' && text.as_bytes()[place] != letter);
        let mut typed = text.clone().into_bytes();
        typed[place] = letter;
        let typed = String::from_utf8(typed).unwrap();
        let word = place / 6 + 1;
        prop_assert_eq!(read(typed.split(' '), bytes.len()), Err(WordsError::Word(word)));
        // Neighbours that changed places, in a word and as words; a word left out; a word twice.
        let mut letters = text.clone().into_bytes();
        if place % 6 < 4 && letters[place] != letters[place + 1] {
            letters.swap(place, place + 1);
            let typed = String::from_utf8(letters).unwrap();
            prop_assert_eq!(read(typed.split(' '), bytes.len()), Err(WordsError::Word(word)));
        }
        if word < words.len() {
            let mut moved = words.clone();
            moved.swap(word - 1, word);
            prop_assert_eq!(read(moved.iter().map(String::as_str), bytes.len()), Err(WordsError::Word(word)));
            let mut fewer = words.clone();
            fewer.remove(word - 1);
            prop_assert_eq!(read(fewer.iter().map(String::as_str), bytes.len()), Err(WordsError::Word(word)));
        }
    }
}

#[test]
fn sheets_read_as_they_were_written() {
    let world = World::new(2, 3);
    let share = &world.sealed[1];
    let text = share.text();
    assert!(SealedShare::read(&text).unwrap() == *share);
    assert!(SealedShare::read(&text.to_lowercase().replace("custodian 2", "Custodian 2")).unwrap() == *share);
    let without_numbers: String = text
        .lines()
        .map(|line| {
            line.trim_start().trim_start_matches(|letter: char| letter.is_ascii_digit() && line.starts_with(' '))
        })
        .fold(String::new(), |all, line| all + line + "\r\n");
    assert!(SealedShare::read(&without_numbers.replace(":\r\n", ":\n")).unwrap() == *share);
    assert_eq!(world.record().text(), world.ceremony.text());
    let custodian = world.keys[0].public().unwrap();
    assert_eq!(Custodian::read(&custodian.text()).unwrap(), custodian);
    assert_eq!(CustodianKey::read(&world.keys[0].text()).unwrap().public().unwrap(), custodian);
    let other = world.keys[1].public().unwrap();
    assert_ne!(custodian.check_words(), other.check_words());
}

#[test]
fn every_changed_byte_of_a_share_is_noticed() {
    let world = World::new(2, 2);
    let (share, key) = (&world.sealed[0], &world.keys[0]);
    let text = share.text();
    let mut same = 0;
    for at in 0..text.len() {
        for change in [1, 2, 16, 32, 128] {
            let mut edited = text.clone().into_bytes();
            edited[at] ^= change;
            let Ok(edited) = String::from_utf8(edited) else { continue };
            // A small letter for a large one, or a line's number, says the same; nothing else is taken.
            if let Ok(read) = SealedShare::read(&edited) {
                assert!(read == *share && read.open(key).is_ok(), "byte {at}: {edited}");
                same += 1;
            }
        }
    }
    assert!(same < 3 * text.len(), "{same}");
    for length in 0..text.len() - 1 {
        assert!(SealedShare::read(&text[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn a_sheet_that_was_edited_with_its_check_words_doesnt_open() {
    let world = World::new(2, 3);
    let text = world.sealed[0].text();
    for (line, other) in [("threshold: 2", "threshold: 3"), ("share: 1", "share: 2"), ("Custodian 1", "Custodian 9")] {
        let edited = text.replace(line, other);
        assert_eq!(SealedShare::read(&edited).err(), Some(SheetError::Check));
        // Whoever edits it can make its check words anew; the seal holds the line all the same.
        assert_eq!(
            SealedShare::read(&checked_anew(&edited)).unwrap().open(&world.keys[0]).err(),
            Some(OpenError::Edited),
            "{other}"
        );
    }
}

#[test]
fn what_isnt_a_sheet_says_so() {
    let world = World::new(2, 2);
    let text = world.sealed[0].text();
    assert_eq!(SealedShare::read("").err(), Some(SheetError::Other("share")));
    assert_eq!(SealedShare::read(&world.ceremony.text()).err(), Some(SheetError::Other("share")));
    assert_eq!(SealedShare::read(&text.replace(" v1", " v2")).err(), Some(SheetError::Other("share")));
    assert_eq!(SealedShare::read(&text.replace("threshold", "treshold")).err(), Some(SheetError::Missing("threshold")));
    let word = text.lines().nth(9).unwrap().split_whitespace().nth(3).unwrap();
    let typo = if word.starts_with('7') { "8" } else { "7" };
    let mistyped = text.replacen(word, &format!("{typo}{}", &word[1..]), 1);
    assert_eq!(SealedShare::read(&mistyped).err(), Some(SheetError::Words("sealed", WordsError::Word(3))));
    assert!(Custodian::read(&text).is_err() && CustodianKey::read(&text).is_err());
}
