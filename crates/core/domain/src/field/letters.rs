//! Letters that are compared as if they were plainer ones.

/// Accented letters (lower case) and the plain ones that they are compared as.
const PLAIN: [(&str, &str); 40] = [
    ("a", "àáâãäåāăąǎǟǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
    ("ae", "æǽǣ"),
    ("b", "ḃḅḇ"),
    ("c", "çćĉċčḉ"),
    ("d", "ďđðḋḍḏḑḓ"),
    ("e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
    ("f", "ḟ"),
    ("g", "ĝğġģǥǧǵḡ"),
    ("h", "ĥħȟḣḥḧḩḫẖ"),
    ("i", "ìíîïĩīĭįıǐȉȋḭḯỉị"),
    ("j", "ĵǰ"),
    ("k", "ķǩḱḳḵ"),
    ("l", "ĺļľŀłḷḹḻḽ"),
    ("m", "ḿṁṃ"),
    ("n", "ñńņňŋǹṅṇṉṋ"),
    ("o", "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
    ("oe", "œ"),
    ("p", "ṕṗ"),
    ("r", "ŕŗřȑȓṙṛṝṟ"),
    ("s", "śŝşšșṡṣṥṧṩſ"),
    ("ss", "ß"),
    ("t", "ţťŧțṫṭṯṱẗ"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ("v", "ṽṿ"),
    ("w", "ŵẁẃẅẇẉẘ"),
    ("x", "ẋẍ"),
    ("y", "ýÿŷȳẏẙỳỵỷỹ"),
    ("z", "źżžẑẓẕ"),
    ("α", "ά"),
    ("ε", "έ"),
    ("η", "ή"),
    ("ι", "ίϊΐ"),
    ("ο", "ό"),
    ("υ", "ύϋΰ"),
    ("ω", "ώ"),
    ("σ", "ς"),
    ("и", "йѝ"),
    ("е", "ёѐ"),
    ("і", "ї"),
];

/// Appends a lower-case letter in the form that it is compared in.
pub(super) fn push_plain(letter: char, into: &mut String) {
    if letter.is_ascii() {
        into.push(letter);
        return;
    }
    match PLAIN.iter().find(|(_, accented)| accented.contains(letter)) {
        Some((plain, _)) => into.push_str(plain),
        None => into.push(letter),
    }
}

/// A full-width ASCII character as the ordinary one; every other character as it is.
pub(super) fn narrow(c: char) -> char {
    let code = u32::from(c);
    match code {
        0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// The first code point of each script's run of ten decimal digits that a keyboard may produce.
const DIGIT_ZEROS: [u32; 14] =
    [0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xE50, 0xFF10];

/// The value of a decimal digit in any of the common scripts.
pub(super) fn digit_value(c: char) -> Option<u8> {
    let code = u32::from(c);
    let offset = DIGIT_ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|offset| *offset < 10))?;
    u8::try_from(offset).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_letter_is_listed_twice() {
        let mut all: Vec<char> = PLAIN.iter().flat_map(|(_, accented)| accented.chars()).collect();
        let listed = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), listed);
    }

    #[test]
    fn plain_letters_stay_plain() {
        for (plain, _) in PLAIN {
            let mut again = String::new();
            plain.chars().for_each(|letter| push_plain(letter, &mut again));
            assert_eq!(again, plain);
        }
    }

    #[test]
    fn digits_of_other_scripts_have_values() {
        assert_eq!(digit_value('7'), Some(7));
        assert_eq!(digit_value('٤'), Some(4));
        assert_eq!(digit_value('９'), Some(9));
        assert_eq!(digit_value('x'), None);
        assert_eq!(digit_value('/'), None);
    }
}
