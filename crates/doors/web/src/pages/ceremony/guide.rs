//! What of a ceremony is done now, and by whom: from how the key holder stands to words and commands.

use vault::{CeremonyStanding, HolderHealth, SharesGathered};

/// What the page leads to.
#[derive(Debug, Clone, Default)]
pub(in crate::pages) struct Guide {
    /// A stable name.
    pub(in crate::pages) stage: &'static str,
    /// Where it stands, in a sentence.
    pub(in crate::pages) now: String,
    /// What that means.
    pub(in crate::pages) meaning: &'static str,
    /// Is something wrong with it?
    pub(in crate::pages) wrong: bool,
    /// How many shares of how many were handed in, while they are waited for.
    pub(in crate::pages) counted: Option<String>,
    /// Whose shares count in this stage.
    pub(in crate::pages) hands: Vec<Hand>,
    /// What comes next, in order.
    pub(in crate::pages) next: Vec<Next>,
    /// What may fail, and what to do then.
    pub(in crate::pages) fails: Vec<(&'static str, &'static str)>,
    /// How it is rehearsed, where there is somewhere to write that down.
    pub(in crate::pages) rehearse: Option<String>,
}

/// A custodian.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Hand {
    pub(in crate::pages) name: String,
    pub(in crate::pages) check: String,
    pub(in crate::pages) share: usize,
    /// in, waits or goes; empty while no shares are waited for.
    pub(in crate::pages) state: &'static str,
}

/// One thing to do.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Next {
    pub(in crate::pages) who: String,
    pub(in crate::pages) what: String,
    pub(in crate::pages) command: Option<String>,
}

fn does(who: &str, what: &str) -> Next {
    Next { who: who.to_owned(), what: what.to_owned(), command: None }
}

fn types(who: &str, what: &str, command: impl Into<String>) -> Next {
    Next { command: Some(command.into()), ..does(who, what) }
}

/// As a shell takes it.
fn word(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

const HOLDER: &str = "At the key holder\u{2019}s machine, as its user:";
const EACH: &str = "Each custodian";

const SHARES_FAIL: [(&str, &str); 5] = [
    (
        "\u{201c}sealed to another key\u{201d}",
        "They gave somebody else\u{2019}s share or key: their own share with their own key.",
    ),
    ("\u{201c}handed in before\u{201d}", "Another custodian\u{2019}s share is needed."),
    ("\u{201c}of another ceremony\u{201d}", "It is an older share. The newest counts; old ones are to be destroyed."),
    (
        "\u{201c}word \u{2026} was mistyped\u{201d}",
        "Compare that word with the paper. Lines say the number of their first word.",
    ),
    (
        "\u{201c}nobody waits for shares there\u{201d}",
        "The process has ended, or the socket is another one: this page shows at once when it waits again.",
    ),
];
const KEYS_FAIL: [(&str, &str); 2] = [
    (
        "The check words differ",
        "Stop: somebody else\u{2019}s key is in that file. Have the custodian make a new one, and ask who carried it.",
    ),
    ("A file can\u{2019}t be read", "The message says which and why. Nothing was changed: do the same step again."),
];
const REFUSED: (&str, &str) = ("The command refuses", "It says why and what to do; nothing was changed.");

impl Guide {
    pub(super) fn of(holder: &HolderHealth) -> Self {
        match (holder, holder.ceremony()) {
            (_, Some(told)) => Self::told(told, matches!(holder, HolderHealth::Sealed(_))),
            (HolderHealth::Embedded, None) => Self::embedded(),
            (HolderHealth::Sealed(_), None) => Self::sealed(&CeremonyStanding::default()),
            (HolderHealth::Serving(_) | HolderHealth::Unreachable, None) => Self::away(),
        }
    }

    fn told(told: &CeremonyStanding, sealed: bool) -> Self {
        let (dir, needed, of) = (word(&told.places.0), told.needed.max(2), told.custodians.len().max(3));
        let guide = match (&told.gathering, &told.dealt) {
            _ if !told.whole => Self::stop(&dir),
            (Some(gathered), _) => Self::gathering(told, gathered),
            (None, _) if sealed => Self::sealed(told),
            (None, Some(new)) => {
                let hands = hands(&new.custodians, None);
                Self { hands, ..Self::finish(&dir, "New shares are dealt, and don\u{2019}t count yet", RENEWED) }
            }
            // Neither custodians nor a file have it.
            (None, None) if told.id.is_empty() && !told.root_file => Self::hardware(&dir),
            (None, None) if told.id.is_empty() => Self::begin(&dir),
            (None, None) if told.root_file => {
                let hands = hands(&told.custodians, None);
                Self { hands, ..Self::finish(&dir, "The root key is split, and its file is still there", BEGUN) }
            }
            (None, None) => Self::rests(told, &dir),
        };
        let rehearse = format!("ringfence ceremony rehearse --threshold {needed} --custodians {of} --data {dir}");
        Self { rehearse: Some(rehearse), ..guide }
    }

    fn embedded() -> Self {
        Self {
            stage: "embedded",
            now: "There is no separate key holder yet".to_owned(),
            meaning: "The keys are in the node\u{2019}s own process, so there is nothing that custodians could hold.",
            next: vec![types(
                "Security, on a machine or as a user that IT doesn\u{2019}t have",
                "makes a key holder",
                "ringfence keyholder init --data DIR --socket PATH --allow-uid UID",
            )],
            fails: vec![REFUSED],
            ..Self::default()
        }
    }

    fn away() -> Self {
        Self {
            stage: "away",
            now: "The key holder doesn\u{2019}t answer".to_owned(),
            meaning: "Nothing is disclosed meanwhile, and where its ceremony stands isn\u{2019}t known here.",
            wrong: true,
            next: vec![types(HOLDER, "look what it says", "ringfence keyholder status --data DIR")],
            fails: vec![(
                "It isn\u{2019}t running",
                "Start it: ringfence keyholder serve. If it says that it is sealed, this page leads on.",
            )],
            ..Self::default()
        }
    }

    fn stop(dir: &str) -> Self {
        Self {
            stage: "stop",
            now: "Stop: the record of custodians or of steps was edited".to_owned(),
            meaning: "A line doesn\u{2019}t follow the one before it, is gone, or can\u{2019}t be read. Hand in no share until that is explained.",
            wrong: true,
            next: vec![
                types(HOLDER, "see which line it is", format!("ringfence ceremony status --data {dir}")),
                does(
                    "Security",
                    "compares the steps with the log\u{2019}s entries ceremony_step, and asks who was at that machine",
                ),
            ],
            fails: vec![(
                "The file was damaged, not edited",
                "Put it back from a copy of the directory: the log\u{2019}s entries say what it must say.",
            )],
            ..Self::default()
        }
    }

    fn begin(dir: &str) -> Self {
        let begin = format!(
            "ringfence ceremony begin --data {dir} --threshold 2 --to shares --custodian ada.key.pub --custodian ben.key.pub --custodian cem.key.pub"
        );
        Self {
            stage: "begin",
            now: "No ceremony was held: the root key is in a file".to_owned(),
            meaning: "Whoever copies the file with the keyring has every key. Rehearse first; then split it, so that 2 of 3 custodians are needed, say.",
            next: vec![
                types(
                    EACH,
                    "makes a key of their own, on a machine that they trust, and gives security the .pub file",
                    "ringfence custodian key --name Ada --out ada.key",
                ),
                types(
                    "Security",
                    "has each custodian read the check words out, and compares them with the file",
                    "ringfence custodian show ada.key.pub",
                ),
                types(HOLDER, "split the root key; its file stays for now", begin),
                types(
                    "Or else",
                    "have a PKCS#11 token take it, which keyholder.toml names, so that the key holder starts with nobody there",
                    format!("ringfence ceremony hardware --data {dir}"),
                ),
            ],
            fails: [&KEYS_FAIL[..], &[REFUSED]].concat(),
            ..Self::default()
        }
    }

    /// Where custodians are to stand in for a token, the steps are those of a first ceremony.
    fn hardware(dir: &str) -> Self {
        let mut next = Self::begin(dir).next;
        next.truncate(3);
        if let Some(dealt) = next.last_mut() {
            dealt.what = "deal shares out of the token".to_owned();
        }
        Self {
            stage: "hardware",
            now: "Hardware has the root key".to_owned(),
            next,
            meaning: "The key holder starts by its token and the token\u{2019}s PIN, with nobody there. If the token is lost, so is everything that was sealed: back it up as its manufacturer says, or give custodians shares as well, who then stand in for it.",
            ..Self::begin(dir)
        }
    }

    fn finish(dir: &str, now: &str, meaning: &'static str) -> Self {
        Self {
            stage: "finish",
            now: now.to_owned(),
            meaning,
            next: vec![
                does(
                    "Security",
                    "hands the files out: a share opens with its custodian\u{2019}s key only. Compare the check words below with what each custodian reads out",
                ),
                types(
                    EACH,
                    "tries their share at home; nothing leaves the process",
                    "ringfence ceremony open --share FILE --key FILE",
                ),
                types(
                    HOLDER,
                    "wait for the custodians; this page then shows who has come",
                    format!("ringfence ceremony finish --data {dir}"),
                ),
            ],
            fails: [&KEYS_FAIL[..1], &SHARES_FAIL[..1], &[REFUSED]].concat(),
            ..Self::default()
        }
    }

    fn sealed(told: &CeremonyStanding) -> Self {
        Self {
            stage: "sealed",
            now: "The key holder is sealed, and nobody waits for shares".to_owned(),
            meaning: "It was started and is about to wait, or is just ending.",
            hands: hands(&told.custodians, None),
            next: vec![types(HOLDER, "start it again, if this stays so", "ringfence keyholder serve")],
            fails: vec![(
                "It ends by itself",
                "Its last line says why: the shares gave another key, or a file can\u{2019}t be written.",
            )],
            ..Self::default()
        }
    }

    fn gathering(told: &CeremonyStanding, gathered: &SharesGathered) -> Self {
        let new = told.dealt.as_ref().filter(|new| new.id == gathered.ceremony);
        let (custodians, needed) = match new {
            Some(new) => (&new.custodians, new.needed),
            None => (&told.custodians, told.needed),
        };
        let hands = hands(custodians, Some(gathered));
        let waits: Vec<&str> =
            hands.iter().filter(|hand| hand.state == "waits").map(|hand| hand.name.as_str()).collect();
        let have = gathered.taken.len();
        let left = usize::from(needed).saturating_sub(have);
        let (stage, command, now, meaning) = match gathered.purpose.as_str() {
            "unseal" => {
                ("unseal", "keyholder unseal", "The key holder is sealed, and waits for its custodians", UNSEALS)
            }
            "reshare" => (
                "reshare",
                "ceremony open",
                "New shares are about to be dealt, and wait for the custodians of the old ones",
                RESHARES,
            ),
            _ => (
                "prove",
                "ceremony open",
                "The ceremony waits until enough custodians have shown that their shares open",
                PROVES,
            ),
        };
        let more = if left == 1 { "one more is needed" } else { "any of them, one after another" };
        let what = format!("hands in their share: {more}");
        let hand_in = format!("ringfence {command} --socket {} --share FILE --key FILE", word(&told.places.1));
        let refused = match gathered.refused {
            0 => String::new(),
            1 => "; 1 share was refused".to_owned(),
            more => format!("; {more} shares were refused"),
        };
        Self {
            stage,
            now: now.to_owned(),
            meaning,
            counted: Some(format!("{have} of {needed} shares handed in{refused}")),
            next: vec![types(&waits.join(" or "), &what, hand_in)],
            hands,
            fails: SHARES_FAIL.to_vec(),
            ..Self::default()
        }
    }

    fn rests(told: &CeremonyStanding, dir: &str) -> Self {
        let reshare = format!(
            "ringfence ceremony reshare --data {dir} --threshold {} --to new --custodian FILE\u{2026}",
            told.needed
        );
        Self {
            stage: "rests",
            now: "The ceremony is finished: the root key is with its custodians, and in no file".to_owned(),
            meaning: "Nothing is to be done until the key holder is started again, or somebody leaves.",
            hands: hands(&told.custodians, None),
            next: vec![
                does(
                    "When it is started again,",
                    "each custodian hands in their share; this page then shows how far that is",
                ),
                types(
                    "When a custodian leaves,",
                    "deal new shares to the others and to who comes",
                    format!("ringfence ceremony replace --data {dir} --custodian NAME --with NEW.key.pub --to new"),
                ),
                types("When there are to be more of them, or fewer,", "deal new shares to all", reshare),
            ],
            fails: vec![
                (
                    "A share or a custodian\u{2019}s key is lost",
                    "Replace that custodian now, while enough others have theirs.",
                ),
                (
                    "More are lost than can be done without",
                    "While the key holder runs, nothing is lost yet: don\u{2019}t restart it, and move to a new installation. Once it has stopped, nobody can bring it back.",
                ),
            ],
            ..Self::default()
        }
    }
}

const BEGUN: &str = "Whoever copies the file still needs no custodian. It goes once enough custodians have shown that their shares open.";
const RENEWED: &str = "The old ones still open. The new ones count once enough custodians have shown that theirs open.";
const UNSEALS: &str = "Nothing is disclosed until enough shares are in. Custodians run the command at its machine, with their share and key on a stick.";
const RESHARES: &str = "The old shares give the root key once more; nothing is changed before all of them are in.";
const PROVES: &str = "Each custodian runs the command at the key holder\u{2019}s machine. Nothing is removed or counts before enough of them came.";

fn hands(custodians: &[(String, String)], gathered: Option<&SharesGathered>) -> Vec<Hand> {
    let state = |share: usize| match gathered {
        None => "",
        Some(gathered) if gathered.taken.iter().any(|taken| usize::from(*taken) == share) => "in",
        Some(gathered) if usize::from(gathered.without) == share => "goes",
        Some(_) => "waits",
    };
    let numbered = (1..).zip(custodians);
    numbered
        .map(|(share, (name, check))| Hand { name: name.clone(), check: check.clone(), share, state: state(share) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_split_is_quoted() {
        assert_eq!(["/var/lib/a-b.c", "/a b", "it's"].map(word), ["/var/lib/a-b.c", "'/a b'", "'it'\\''s'"]);
    }

    #[test]
    fn nobody_is_asked_for_a_share_while_the_record_is_in_doubt() {
        let gathering = Some(SharesGathered { purpose: "unseal".to_owned(), ..SharesGathered::default() });
        let told = CeremonyStanding { whole: false, gathering, ..CeremonyStanding::default() };
        assert_eq!(Guide::of(&HolderHealth::Sealed(Some(Box::new(told)))).stage, "stop");
    }
}
