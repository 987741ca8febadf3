//! Bytes as words to be printed, read out and typed in: Crockford's letters, without I, L, O and U, in words of five.
//!
//! The fifth letter checks the four before it and the word's place, as a polynomial over GF(32): one wrong letter, two
//! neighbours that changed places, a word left out or written twice are noticed at that word.

const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a word that carry something.
const CARRY: usize = 4;

/// Words that don't read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// This one isn't right, counted from 1.
    #[error("word {0} was mistyped, or stands in the wrong place")]
    Word(usize),
    /// There aren't as many as there must be.
    #[error("there are {found} words where {wanted} must be")]
    Count {
        /// As many must be.
        wanted: usize,
        /// As many are.
        found: usize,
    },
}

/// The words of some bytes.
#[must_use]
pub fn words(bytes: &[u8]) -> Vec<String> {
    let word = |(place, letters): (usize, &[u8])| {
        let mut word = [0; CARRY];
        word[..letters.len()].copy_from_slice(letters);
        let check = check(place, &word);
        word.iter().chain([&check]).map(|letter| char::from(LETTERS[usize::from(*letter)])).collect()
    };
    fives(bytes).chunks(CARRY).enumerate().map(word).collect()
}

/// The `length` bytes that these words say. Small letters count as large ones, O as 0, I and L as 1.
///
/// # Errors
/// The first word that isn't right, or that there are too many or too few.
pub fn read<'a>(words: impl Iterator<Item = &'a str>, length: usize) -> Result<Vec<u8>, WordsError> {
    let mut letters = Vec::new();
    let mut found = 0;
    for (place, word) in words.enumerate() {
        found = place + 1;
        let values: Option<Vec<u8>> = word.bytes().map(value).collect();
        let values = values.filter(|values| values.len() == CARRY + 1).ok_or(WordsError::Word(found))?;
        if check(place, &values[..CARRY]) != values[CARRY] {
            return Err(WordsError::Word(found));
        }
        letters.extend_from_slice(&values[..CARRY]);
    }
    let wanted = (length * 8).div_ceil(CARRY * 5);
    if found != wanted {
        return Err(WordsError::Count { wanted, found });
    }
    let bytes = eights(&letters);
    // What is behind the last byte must be nothing, or two texts would say the same.
    let (bytes, rest) = bytes.split_at_checked(length).ok_or(WordsError::Word(found))?;
    let whole = fives(bytes).iter().zip(&letters).all(|(made, read)| made == read);
    if whole && rest.iter().all(|byte| *byte == 0) && letters[fives(bytes).len()..].iter().all(|letter| *letter == 0) {
        Ok(bytes.to_vec())
    } else {
        Err(WordsError::Word(found))
    }
}

fn value(letter: u8) -> Option<u8> {
    let letter = match letter.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    LETTERS.iter().position(|known| *known == letter).and_then(|place| u8::try_from(place).ok())
}

/// The last letter: place and letters as a polynomial's coefficients, at the field's generator. Each has a weight of its
/// own, so no change of one, and no exchange of two, gives the same.
fn check(place: usize, letters: &[u8]) -> u8 {
    let place = u8::try_from(place % 32).unwrap_or(0);
    letters.iter().chain([&0]).fold(place, |sum, letter| doubled(sum) ^ letter)
}

/// Times the generator of GF(32), modulo x⁵ + x² + 1.
fn doubled(value: u8) -> u8 {
    let value = value << 1;
    if value & 32 == 0 { value } else { value ^ 0b10_0101 }
}

fn fives(bytes: &[u8]) -> Vec<u8> {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    (0..(bytes.len() * 8).div_ceil(5)).map(|five| (0..5).fold(0, |sum, at| sum << 1 | bit(five * 5 + at))).collect()
}

fn eights(letters: &[u8]) -> Vec<u8> {
    let bit = |at: usize| letters.get(at / 5).map_or(0, |letter| letter >> (4 - at % 5) & 1);
    (0..letters.len() * 5 / 8).map(|byte| (0..8).fold(0, |sum, at| sum << 1 | bit(byte * 8 + at))).collect()
}
