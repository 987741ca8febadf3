//! Whoever has a copy of the data: on another machine, and as one who hands it on as the truth.

use crate::answer::Seen;
use crate::control::{AT_REST, LOG};
use crate::disk::Disk;
use crate::stage::Stage;
use crate::{Broken, Drill, Given, Place};

pub(super) const READ_ELSEWHERE: Drill = Drill {
    name: "backup-is-read-elsewhere",
    tries: "Somebody takes a backup to a machine of theirs, and serves from it by a root key of their own.",
    lacks: "the centre's root key",
    refused: &["unreadable"],
    controls: AT_REST,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let is_read = stage.backup()?.is_read(given.is_control());
        Ok(if is_read { Seen::Through } else { Seen::Refused("unreadable".to_owned()) })
    },
};

pub(super) const ENTRY_EDITED: Drill = Drill {
    name: "log-entry-is-edited",
    tries: "Somebody edits what an entry of the log says, and hands the log on.",
    lacks: "the log as the program wrote it",
    refused: DOESNT_HOLD,
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        const EDIT: &str = "UPDATE entry SET audit = zeroblob(length(audit)) WHERE id = (SELECT entry FROM placed ORDER BY place LIMIT 1)";
        handed_on(stage, given, "entry", EDIT)
    },
};

pub(super) const ENTRY_DROPPED: Drill = Drill {
    name: "log-entry-is-dropped",
    tries: "Somebody takes an entry out of the log, and hands the log on.",
    lacks: "the log as the program wrote it",
    refused: DOESNT_HOLD,
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        const EDIT: &str = "DELETE FROM entry WHERE id = (SELECT entry FROM placed ORDER BY place LIMIT 1)";
        handed_on(stage, given, "entry", EDIT)
    },
};

pub(super) const TILE_EDITED: Drill = Drill {
    name: "log-tile-is-edited",
    tries: "Somebody edits a tile of the log's tree, from which receipts are made, and hands the log on.",
    lacks: "the tree as the program wrote it",
    refused: DOESNT_HOLD,
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        const EDIT: &str = "UPDATE tile SET data = zeroblob(length(data)) WHERE level = 0 AND place = 0";
        handed_on(stage, given, "tile", EDIT)
    },
};

pub(super) const CHECKPOINT_BENT: Drill = Drill {
    name: "log-checkpoint-is-bent",
    tries: "Somebody changes the size that a checkpoint signs, and hands the log on.",
    lacks: "the log's signing key",
    refused: DOESNT_HOLD,
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        const EDIT: &str = "UPDATE log_head SET size = size - 1, \
            checkpoint = replace(checkpoint, char(10) || size || char(10), char(10) || (size - 1) || char(10))";
        handed_on(stage, given, "log_head", EDIT)
    },
};

const DOESNT_HOLD: &[&str] = &["log-does-not-hold"];

/// Is a copy that was edited so taken for the log? A log that has just begun has nothing to edit yet.
fn handed_on(stage: &Stage, given: Given, table: &'static str, edit: &str) -> Result<Seen, Broken> {
    let copied = || {
        let copy = stage.backup()?;
        if !given.is_control() {
            Disk::at(copy.database()).changed(table, edit)?;
        }
        Ok(copy)
    };
    let copy = stage.once(copied, |_| true)?;
    Ok(if copy.holds() { Seen::Through } else { Seen::Refused("log-does-not-hold".to_owned()) })
}
