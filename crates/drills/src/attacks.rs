//! The drills, by what they attack.

mod backups;
mod board;
mod content;
mod delays;
mod disk;
mod events;
mod ground;
mod key_holder;
mod own_page;
mod questions;
mod reports;
mod results;
mod roles;
mod sign_in;
mod witnesses;

use crate::Drill;

/// Without the ground, the role or the signature that an act needs; and edits of the database.
const ACTS: &[&Drill] = &[
    &ground::WITHOUT_CONTACT,
    &ground::IN_A_COLLEAGUES_CALL,
    &ground::AFTER_HANG_UP,
    &ground::ON_HOLD,
    &ground::ANOTHER_CUSTOMER,
    &ground::TOO_UNSURE,
    &ground::UNDECLARED_PURPOSE,
    &ground::MASKS_WITHOUT_CONTACT,
    &ground::SEARCH_WITHOUT_CONTACT,
    &ground::ANSWERS_WITHOUT_CONTACT,
    &ground::NOTE_WITHOUT_CONTACT,
    &ground::CLAIM_OF_ANOTHER_CALL,
    &events::FORGED,
    &events::STALE,
    &events::BENT,
    &events::REPLAYED,
    &events::BY_STAFF,
    &events::ROUTED_TO_SECURITY,
    &roles::NOBODY,
    &roles::BENT_TOKEN,
    &roles::SECURITY_SERVES,
    &roles::IT_SERVES,
    &roles::AGENT_ADDS_STAFF,
    &roles::IT_ADDS_STAFF,
    &content::CARD_IN_A_NOTE,
    &content::KEY_OF_ANOTHER_REQUEST,
    &disk::READS_VALUES,
    &disk::REOPENS_A_CALL,
    &disk::MOVES_A_CALL,
    &disk::MAKES_SURER,
    &disk::HANDS_A_CALL_OVER,
    &disk::REFILLS_AN_ALLOWANCE,
    &disk::SWAPS_VALUES,
    &disk::POINTS_ELSEWHERE,
    &disk::MAKES_AN_OFFICER,
    &backups::READ_ELSEWHERE,
    &backups::ENTRY_EDITED,
    &backups::ENTRY_DROPPED,
    &backups::TILE_EDITED,
    &backups::CHECKPOINT_BENT,
    &own_page::GUESSES_A_CODE,
    &own_page::TELLS_WHO_IS_ONE,
    &own_page::FROM_ANOTHER_SITE,
    &board::IT_READS,
    &board::TAKEN_OUT,
    &board::ALTERED,
    &board::KEY_REPLACED,
    &delays::MAIL_REFUSED,
    &delays::KEPT_WAITING,
    &delays::CLOCK_SET_BACK,
    &reports::SECURITY_READS,
    &reports::PAST_SECURITY,
    &reports::TAKEN_OUT,
    &reports::ALTERED,
    &reports::CODE_GUESSED,
    &key_holder::SAME_ENTRY_TWICE,
    &key_holder::OLD_ENTRY,
    &key_holder::ANOTHER_LOG,
    &key_holder::STRANGER,
    &key_holder::STRANGER_FROM_AFAR,
    &key_holder::PAST_THE_CEILING,
    &witnesses::ANOTHER_HISTORY,
    &witnesses::SHORTER_HISTORY,
    &witnesses::ANOTHER_KEEPER,
    &sign_in::OTHER_ORIGIN,
    &sign_in::OTHER_CHALLENGE,
    &sign_in::REPLAYED,
    &sign_in::FROM_ANOTHER_SITE,
    &disk::EDITS_THE_PLAN,
    &results::PUT_BACK,
];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Drill> + Clone {
    ACTS.iter().chain(questions::ALL).copied()
}

#[cfg(test)]
mod tests {
    use super::all;
    use std::collections::BTreeSet;

    #[test]
    fn each_has_a_name_of_its_own_words_and_controls() {
        let names: BTreeSet<_> = all().map(|drill| drill.name).collect();
        assert_eq!(names.len(), all().count());
        for drill in all() {
            let word = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(drill.name.chars().all(word), "{}", drill.name);
            assert!(drill.tries.ends_with('.') && !drill.lacks.ends_with('.'), "{}", drill.name);
            assert!(drill.control().starts_with("lacks ") || drill.control().starts_with("off: "), "{}", drill.name);
            assert!(!drill.controls.is_empty() && !drill.refused.is_empty(), "{}", drill.name);
        }
    }
}
