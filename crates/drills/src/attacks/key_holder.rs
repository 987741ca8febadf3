//! Whoever has taken over a node asks the separate key holder, at its socket, for keys that no entry accounts for.

use crate::answer::Seen;
use crate::control::{AT_REST, INTEGRITY, LOG, NEED_TO_KNOW};
use crate::premises::{AskedFrom, AskedHolder, Declined, HolderSetUp, OLDEST_ENTRY_MS};
use crate::stage::Stage;
use crate::{Broken, Drill, Place};

/// The ceiling of the drill that goes past it.
const FEW: u32 = 3;

pub(super) const SAME_ENTRY_TWICE: Drill = Drill {
    name: "key-is-asked-twice",
    tries: "A node that was taken over asks the key holder for a value's key once more, under an entry that it had one for.",
    lacks: "an entry of its own for the second key",
    refused: &["already-released"],
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let holder = holder(stage, HolderSetUp::USUAL)?;
        let (first, second) = (stage.entry(0), stage.entry(0));
        holder.key_under(first, 1).map_err(step)?;
        let (entry, number) = if given.is_control() { (second, 2) } else { (first, 1) };
        Ok(seen(holder.key_under(entry, number)))
    },
};

pub(super) const OLD_ENTRY: Drill = Drill {
    name: "key-for-an-old-entry",
    tries: "A node that was taken over asks the key holder for a key under an entry of two hours ago.",
    lacks: "an entry of now",
    refused: &["stale"],
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let ago = if given.is_control() { 0 } else { OLDEST_ENTRY_MS };
        Ok(seen(holder(stage, HolderSetUp::USUAL)?.key_under(stage.entry(ago), 1)))
    },
};

pub(super) const ANOTHER_LOG: Drill = Drill {
    name: "key-holder-is-shown-another-log",
    tries: "A node that was taken over shows the key holder another, longer log, without the entries that it had keys for.",
    lacks: "a log that goes on from the one that was shown before",
    refused: &["old-log"],
    controls: INTEGRITY,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let holder = holder(stage, HolderSetUp::USUAL)?;
        holder.shown(&[[1; 65]; 10]).map_err(step)?;
        let mut longer = [[1; 65]; 11];
        if !given.is_control() {
            longer[3] = [2; 65];
        }
        Ok(seen(holder.shown(&longer)))
    },
};

pub(super) const STRANGER: Drill = Drill {
    name: "stranger-asks-the-key-holder",
    tries: "Another user of the key holder's machine asks at its socket for a value's key.",
    lacks: "a key holder whose file names them",
    refused: &["unreachable"],
    controls: AT_REST,
    place: Place::SetUpTwice { off: "allow_uids of the key holder's file names that user too" },
    attempt: |stage, given| {
        let set_up = HolderSetUp { lets_in: given.is_control(), ..HolderSetUp::USUAL };
        Ok(seen(holder(stage, set_up)?.key_under(stage.entry(0), 1)))
    },
};

pub(super) const STRANGER_FROM_AFAR: Drill = Drill {
    name: "stranger-connects-to-the-key-holder",
    tries: "Somebody on the network, with a certificate that the nodes' own authority signed, asks a key holder on another machine for a value's key.",
    lacks: "a key holder whose file names that certificate",
    refused: &["unreachable"],
    controls: AT_REST,
    place: Place::SetUpTwice { off: "allow_certificates of the key holder's file names that certificate too" },
    attempt: |stage, given| {
        let asked_from = AskedFrom::AnotherMachine;
        let set_up = HolderSetUp { asked_from, lets_in: given.is_control(), ..HolderSetUp::USUAL };
        Ok(seen(holder(stage, set_up)?.key_under(stage.entry(0), 1)))
    },
};

pub(super) const PAST_THE_CEILING: Drill = Drill {
    name: "keys-past-the-ceiling",
    tries: "A node that was taken over asks for keys for one person until the key holder has given as many as it gives in an hour, and for one more.",
    lacks: "a key holder with a higher ceiling",
    refused: &["ceiling"],
    controls: NEED_TO_KNOW,
    place: Place::SetUpTwice { off: "person_per_hour of the key holder's file is raised" },
    attempt: |stage, given| {
        let person_per_hour = if given.is_control() { HolderSetUp::USUAL.person_per_hour } else { FEW };
        let holder = holder(stage, HolderSetUp { person_per_hour, ..HolderSetUp::USUAL })?;
        for number in 1..=u64::from(FEW) {
            holder.key_under(stage.entry(0), number).map_err(step)?;
        }
        Ok(seen(holder.key_under(stage.entry(0), u64::from(FEW) + 1)))
    },
};

fn holder(stage: &Stage, set_up: HolderSetUp) -> Result<Box<dyn AskedHolder>, Broken> {
    let premises = stage.premises()?;
    premises.key_holder(set_up).ok_or(Broken::Unreachable("a key holder"))
}

fn step(why: Declined) -> Broken {
    Broken::Step("what goes before", why)
}

fn seen(answer: Result<(), Declined>) -> Seen {
    answer.map_or_else(Seen::Refused, |()| Seen::Through)
}
