//! Whoever runs the nodes holds a report to the board up: at the mail server, at who makes reports, by the clock. Tried on a copy of the
//! data, at a node of its own, of whose time the drill disposes.

use super::board::reported_to;
use crate::answer::Seen;
use crate::control::LOG;
use crate::disk::Disk;
use crate::premises::{BoardLine, LineTold};
use crate::stage::Stage;
use crate::{Broken, Drill, Given, Place};

const HOUR_MS: i64 = 3_600_000;
/// How long after a report was due the board looks: it may be six hours late.
const AFTER_MS: i64 = 7 * HOUR_MS;
/// Somebody else has the turn to make reports, for good.
const HELD: &str = "UPDATE lease SET holder = zeroblob(16), expires = 9223372036854775807 WHERE job LIKE 'board/%'";

pub(super) const MAIL_REFUSED: Drill = Drill {
    name: "board-mail-is-refused",
    tries: "Whoever runs the mail server has it take no report to the board when one is due.",
    lacks: "a mail server that takes it",
    refused: &["failed"],
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let (told, came) = held_up(stage, given, |line, _| {
            line.refuse_mail();
            Ok(())
        })?;
        match (told.mail, told.given) {
            _ if !came => Err(Broken::Step("the report", "it didn't come".to_owned())),
            // It says that it didn't go, and is there all the same.
            ("failed", true) => Ok(Seen::Refused("failed".to_owned())),
            ("failed" | "sent", _) => Ok(Seen::Through),
            _ => Err(Broken::Step("the mail", "it didn't go yet".to_owned())),
        }
    },
};

pub(super) const KEPT_WAITING: Drill = Drill {
    name: "board-clerk-is-kept-waiting",
    tries: "Somebody with the database writes there that it is another node's turn to make reports to the board, and none makes any.",
    lacks: "a node that has its turn",
    refused: &["late"],
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let (told, came) = held_up(stage, given, |line, _| Disk::at(line.database()).changed("lease", HELD).map(drop))?;
        seen(given, came, told.late, "late")
    },
};

pub(super) const CLOCK_SET_BACK: Drill = Drill {
    name: "board-clock-is-set-back",
    tries: "Whoever runs the nodes sets their clock back before a report to the board is due, so that it never is.",
    lacks: "a node whose clock nobody sets",
    refused: &["missed"],
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let (told, came) = held_up(stage, given, |line, gone| {
            line.set_clock(-gone);
            Ok(())
        })?;
        seen(given, came, told.missed, "missed")
    },
};

/// An hour before a report is due this is done in the attack, told how long it is since the copy was made. What a member of the board
/// knows long enough after it was due, and whether the report came.
fn held_up(
    stage: &Stage,
    given: Given,
    done: fn(&mut dyn BoardLine, i64) -> Result<(), Broken>,
) -> Result<(LineTold, bool), Broken> {
    reported_to(stage)?;
    let mut line = stage.premises()?.board_line().ok_or(Broken::Unreachable("a line to the board"))?;
    let step = |why: String| Broken::Step("a node of its own", why);
    let before = line.told().map_err(step)?;
    let until = before.due_in - HOUR_MS;
    line.passes(until).map_err(step)?;
    if !given.is_control() {
        done(&mut *line, until)?;
    }
    for ms in [HOUR_MS, AFTER_MS] {
        line.passes(ms).map_err(step)?;
    }
    let told = line.told().map_err(step)?;
    Ok((told, told.reports > before.reports))
}

/// In the attack no report may have come, in its control one must have.
fn seen(given: Given, came: bool, noticed: bool, as_what: &str) -> Result<Seen, Broken> {
    match (noticed, came == given.is_control()) {
        (true, _) => Ok(Seen::Refused(as_what.to_owned())),
        (false, true) => Ok(Seen::Through),
        (false, false) => Err(Broken::Step("the report", "whether it came isn't as it must be".to_owned())),
    }
}
