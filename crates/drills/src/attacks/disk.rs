//! Whoever runs the machines edits the database. Each edit is taken back.

use crate::answer::Seen;
use crate::call::{Call, Reveal, has, reveal, some};
use crate::control::{APART, AT_REST, INTEGRITY, NEED_TO_KNOW, PURPOSE};
use crate::stage::Stage;
use crate::{Broken, Drill, Place};

/// What a row says that doesn't fit its tag.
const TAMPERED: &[&str] = &["tampered"];

pub(super) const READS_VALUES: Drill = Drill {
    name: "disk-reads-values",
    tries: "Somebody of IT reads a customer's number in the database's files.",
    lacks: "something that isn't sealed, such as a member of staff's name",
    refused: &["sealed"],
    controls: AT_REST,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let disk = stage.disk()?;
        let number = stage.kit().decoys[0].phone.trim_start_matches("+44");
        let found = disk.holds(if given.is_control() { disk.unsealed() } else { number })?;
        Ok(if found { Seen::Through } else { Seen::Refused("sealed".to_owned()) })
    },
};

pub(super) const REOPENS_A_CALL: Drill = Drill {
    name: "disk-reopens-a-call",
    tries: "Somebody with the database makes a call that is over look live, for an agent who helps them.",
    lacks: "a customer who is still on the line",
    refused: TAMPERED,
    controls: INTEGRITY,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let mut call = decoys_call(stage)?;
        let customer = call.customer()?;
        const EDIT: &str = "UPDATE interaction SET phase = 'connected', ended = NULL WHERE id = :call";
        let mut edited = None;
        if !given.is_control() {
            call.hang_up()?;
            edited = Some(stage.disk()?.edit("interaction", EDIT, &[(":call", &call.interaction)])?);
        }
        let seen = reveal(stage, &stage.kit().agent, &Reveal::name(&customer, &call.interaction));
        drop(edited);
        seen
    },
};

pub(super) const MOVES_A_CALL: Drill = Drill {
    name: "disk-moves-a-call",
    tries: "Somebody with the database binds a live call to another customer than the one on the line.",
    lacks: "that customer's own call",
    refused: TAMPERED,
    controls: INTEGRITY,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let (agent, [one, other]) = (&stage.kit().agent, &stage.kit().decoys);
        let theirs = stage.call(agent, Some(other))?;
        let call = stage.call(agent, Some(one))?;
        let customer = theirs.customer()?;
        const EDIT: &str = "UPDATE interaction SET customer = :customer WHERE id = :call";
        let used = if given.is_control() { &theirs } else { &call };
        let ids = [(":call", call.interaction.as_str()), (":customer", customer.as_str())];
        let edited = (!given.is_control()).then(|| stage.disk()?.edit("interaction", EDIT, &ids)).transpose()?;
        let seen = reveal(stage, agent, &Reveal::name(&customer, &used.interaction));
        drop(edited);
        seen
    },
};

pub(super) const MAKES_SURER: Drill = Drill {
    name: "disk-makes-a-caller-surer",
    tries: "Somebody with the database writes that a caller has proven who they are.",
    lacks: "the row as the program wrote it",
    refused: TAMPERED,
    controls: INTEGRITY,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let call = decoys_call(stage)?;
        let customer = call.customer()?;
        const EDIT: &str = "UPDATE interaction SET binding = 'proven' WHERE id = :call";
        let edited = (!given.is_control())
            .then(|| stage.disk()?.edit("interaction", EDIT, &[(":call", &call.interaction)]))
            .transpose()?;
        let seen = reveal(stage, &stage.kit().agent, &Reveal::name(&customer, &call.interaction));
        drop(edited);
        seen
    },
};

pub(super) const HANDS_A_CALL_OVER: Drill = Drill {
    name: "disk-hands-a-call-over",
    tries: "Somebody with the database gives a colleague's live call to an agent who helps them.",
    lacks: "a call of one's own",
    refused: TAMPERED,
    controls: NEED_TO_KNOW,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let kit = stage.kit();
        let (by, colleague) = (&kit.agent, &kit.colleague);
        let call = stage.call(if given.is_control() { by } else { colleague }, Some(&kit.decoys[0]))?;
        const EDIT: &str = "UPDATE interaction SET person = :agent WHERE id = :call";
        let ids = [(":agent", by.id.as_str()), (":call", call.interaction.as_str())];
        let customer = call.customer()?;
        let edited = (!given.is_control()).then(|| stage.disk()?.edit("interaction", EDIT, &ids)).transpose()?;
        let seen = reveal(stage, by, &Reveal::name(&customer, &call.interaction));
        drop(edited);
        seen
    },
};

pub(super) const REFILLS_AN_ALLOWANCE: Drill = Drill {
    name: "disk-refills-an-allowance",
    tries: "Somebody with the database writes that an agent has looked at nothing yet.",
    lacks: "rows as the program wrote them",
    refused: TAMPERED,
    controls: INTEGRITY,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        // Something is spent, so that there is something to forget.
        let call = decoys_call(stage)?;
        let what = (call.customer()?, call.interaction.clone());
        reveal(stage, &stage.kit().agent, &Reveal::name(&what.0, &what.1))?;
        let edited = (!given.is_control())
            .then(|| stage.disk()?.edit("budget", "UPDATE budget SET total = 0 WHERE total > 0", &[]))
            .transpose()?;
        let ask = || reveal(stage, &stage.kit().agent, &Reveal::name(&what.0, &what.1));
        // The recount may have seen the attack's edit, and then stops everybody until it fits again.
        let recounted = |seen: &Seen| !given.is_control() || *seen != Seen::Refused("spending-disagrees".to_owned());
        let seen = stage.once(ask, recounted);
        drop(edited);
        seen
    },
};

pub(super) const SWAPS_VALUES: Drill = Drill {
    name: "disk-swaps-values",
    tries: "Somebody with the database puts another customer's sealed name into the record of the one on the line.",
    lacks: "the row as the program wrote it",
    refused: &["record-damaged", "tampered"],
    controls: INTEGRITY,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let call = decoys_call(stage)?;
        let customer = call.customer()?;
        const EDIT: &str = "UPDATE field SET sealed = (SELECT other.sealed FROM field other WHERE other.field = field.field \
            AND other.instance = field.instance AND other.customer <> field.customer LIMIT 1) \
            WHERE customer = :customer AND field = 1";
        let edited = (!given.is_control())
            .then(|| stage.disk()?.edit("field", EDIT, &[(":customer", &customer)]))
            .transpose()?;
        let seen = reveal(stage, &stage.kit().agent, &Reveal::name(&customer, &call.interaction));
        drop(edited);
        seen
    },
};

pub(super) const POINTS_ELSEWHERE: Drill = Drill {
    name: "disk-points-a-search-elsewhere",
    tries: "Somebody with the database makes a search by one customer's number find another customer.",
    lacks: "the index as the program wrote it",
    refused: TAMPERED,
    controls: INTEGRITY,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let call = stage.call(&stage.kit().agent, None)?;
        const EDIT: &str = "UPDATE blind_index SET customer = \
            (SELECT id FROM customer other WHERE other.id <> blind_index.customer LIMIT 1)";
        let edited = (!given.is_control()).then(|| stage.disk()?.edit("blind_index", EDIT, &[])).transpose()?;
        let seen = call.search(&call.interaction, &stage.kit().decoys[0].phone)?.seen(some("hits"));
        drop(edited);
        seen
    },
};

pub(super) const MAKES_AN_OFFICER: Drill = Drill {
    name: "disk-makes-an-officer",
    tries: "Somebody of IT makes themselves a security officer in the database, to read who looked at whom.",
    lacks: "a role that security gave",
    refused: &["power-tampered"],
    controls: APART,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        const EDIT: &str = "UPDATE person SET role = 'security_officer' WHERE id = :it";
        let kit = stage.kit();
        let edited =
            (!given.is_control()).then(|| stage.disk()?.edit("person", EDIT, &[(":it", &kit.it.id)])).transpose()?;
        let by = if given.is_control() { &kit.officer } else { &kit.it };
        let ask = || stage.get("the log", Some(by), "/v1/disclosures?limit=1")?.seen(has("items"));
        // Until the edit is noticed, about a second, the role is what it was: that shows nothing.
        let seen = stage.once(ask, |seen| *seen != Seen::Refused("role-not-allowed".to_owned()));
        drop(edited);
        stage.settled()?;
        seen
    },
};

pub(super) const EDITS_THE_PLAN: Drill = Drill {
    name: "disk-edits-the-plan",
    tries: "Somebody with the database puts a data plan of their own there, which says what customers' data is used for.",
    lacks: "a plan that officers signed",
    refused: &["power-tampered"],
    controls: PURPOSE,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let call = decoys_call(stage)?;
        let customer = call.customer()?;
        const EDIT: &str =
            "INSERT OR REPLACE INTO power_row SELECT tenant, 12, zeroblob(16), body, tag FROM power_row LIMIT 1";
        let edited = (!given.is_control()).then(|| stage.disk()?.edit("power_row", EDIT, &[])).transpose()?;
        let ask = || reveal(stage, &stage.kit().agent, &Reveal::name(&customer, &call.interaction));
        // Until the edit is noticed, about a second, the plan is what it was: that shows nothing.
        let seen = if given.is_control() { ask() } else { stage.once(ask, |seen| *seen != Seen::Through) };
        drop(edited);
        stage.settled()?;
        seen
    },
};

fn decoys_call(stage: &Stage) -> Result<Call<'_>, Broken> {
    stage.call(&stage.kit().agent, Some(&stage.kit().decoys[0]))
}
