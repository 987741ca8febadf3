//! Attacks as programs, run against a deployment through the faces that anybody has.
//!
//! Each drill tries what a defence must stop, on decoys only, and ends every call that it opened. It runs twice. As the
//! *attack* it lacks the one thing that the defence denies; as its *negative control* it is given just that, everything else
//! being the same, and must get through; or the defence itself is off, where a configuration does that. A drill that always fails,
//! because an address has changed say, would otherwise look like a defence that holds. That each also finds its attack got through
//! where its defence is gone, is tried in a copy of the program ([`Drill::without`]).

mod answer;
mod attacks;
mod call;
mod control;
mod disk;
mod premises;
mod promises;
mod stage;
mod switches;

pub use attacks::all;
pub use control::{Control, Framework};
pub use disk::copy_database;
pub use premises::{
    AskedFrom, AskedHolder, AskedWitness, Backup, BoardLine, Declined, HolderSetUp, LineTold, OLDEST_ENTRY_MS, Premises,
};
pub use promises::{Promise, promises};
pub use stage::{Decoy, Kit, OwnDatabase, Person, Stage};

use answer::Seen;

/// One attack with its negative control.
pub struct Drill {
    /// What it is called in results, such as `reveal-without-contact`.
    pub name: &'static str,
    /// What is tried, in a sentence.
    pub tries: &'static str,
    /// What the attacker lacks, and the control is given.
    pub lacks: &'static str,
    /// As what it must be refused: ends of the problem's type.
    refused: &'static [&'static str],
    /// Which requirements of which framework it is evidence for.
    pub controls: &'static [Control],
    /// Where it may be tried.
    pub place: Place,
    attempt: Attempt,
}

/// Where a drill may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On a deployment that serves: it touches decoys only.
    Anywhere,
    /// Where the drill may edit the whole database, and whatever runs beside it: in a centre made for it.
    OwnDatabase,
    /// There as well; and its control runs with the defence itself off, as far as a configuration turns it off.
    SetUpTwice {
        /// What is off then.
        off: &'static str,
    },
}

/// Tries it, with or without what the attacker lacks.
type Attempt = fn(&Stage, Given) -> Result<Seen, Broken>;

/// Has the attempt what the defence denies?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    /// It is the attack.
    Nothing,
    /// It is the control.
    WhatItLacks,
}

impl Given {
    fn is_control(self) -> bool {
        self == Self::WhatItLacks
    }
}

/// Why a drill could not be carried out: neither the attack nor the defence is to blame. Says nothing of what came back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// No answer came.
    #[error("{0} doesn't answer")]
    Unreachable(&'static str),
    /// An answer that isn't the interface's.
    #[error("{0} answered {1}, which is neither what was asked for nor a refusal")]
    Odd(&'static str, u16),
    /// A step on the way was refused.
    #[error("{0} was refused: {1}")]
    Step(&'static str, String),
    /// The kit's secret is none.
    #[error("the event source's secret isn't one of Standard Webhooks")]
    Secret,
    /// The database's file couldn't be read or edited.
    #[error("the database's file can't be read or edited")]
    Disk,
}

/// What a drill shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The attack was refused as it must be, and its control got through.
    Held {
        /// The refusal.
        refused: String,
    },
    /// The attack got through.
    Pierced,
    /// The attack was refused, but so was the control, or as something else than it must be, or it couldn't be carried out.
    ProvesNothing {
        /// What happened.
        why: String,
    },
}

impl Verdict {
    /// One word for it: `held`, `pierced`, `proves_nothing`.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Held { .. } => "held",
            Self::Pierced => "pierced",
            Self::ProvesNothing { .. } => "proves_nothing",
        }
    }
}

/// As what everything is refused while rows in the database are doubted.
const DOUBTED: &str = "tampered";
/// About as long as from one look of a node at its rows to the next, and as many are waited for: where it has little time, its looks
/// are up to ten seconds apart.
const NEXT_LOOK: std::time::Duration = std::time::Duration::from_millis(1_500);
const LOOKS: u32 = 10;

impl Drill {
    /// As what the attack must be refused: any of these.
    pub fn refusals(&self) -> impl Iterator<Item = &'static str> {
        self.refused.iter().copied()
    }

    /// What makes its control another than the attack: what the attacker is given, or which defence is off.
    #[must_use]
    pub fn control(&self) -> String {
        match self.place {
            Place::SetUpTwice { off } => format!("off: {off}"),
            Place::Anywhere | Place::OwnDatabase => format!("lacks {}", self.lacks),
        }
    }

    /// Tries the attack, then its control. Where that proves nothing, once more: the deployment may have been slow to answer. An attack
    /// that got through is told at once.
    #[must_use]
    pub fn run(&self, stage: &Stage) -> Verdict {
        match self.tried(stage) {
            Verdict::ProvesNothing { .. } => self.tried(stage),
            verdict => verdict,
        }
    }

    /// An attempt. What the one before left in doubt, by this drill or another, is over at one of the node's next looks.
    fn attempted(&self, stage: &Stage, given: Given) -> Result<Seen, Broken> {
        let is_the_answer = |why: &str| !given.is_control() && self.refused.contains(&why);
        let doubted = |seen: &Result<Seen, Broken>| match seen {
            Ok(Seen::Refused(why)) => why.ends_with(DOUBTED) && !is_the_answer(why),
            Err(Broken::Step(_, why)) => why.ends_with(DOUBTED),
            _ => false,
        };
        let mut seen = (self.attempt)(stage, given);
        for _ in 0..LOOKS {
            if !doubted(&seen) {
                break;
            }
            std::thread::park_timeout(NEXT_LOOK);
            seen = (self.attempt)(stage, given);
        }
        seen
    }

    fn tried(&self, stage: &Stage) -> Verdict {
        let nothing = |why: String| Verdict::ProvesNothing { why };
        let refused = match self.attempted(stage, Given::Nothing) {
            Ok(Seen::Through) => return Verdict::Pierced,
            Ok(Seen::Refused(as_what)) => as_what,
            Err(broken) => return nothing(format!("the attack: {broken}")),
        };
        if !self.refused.contains(&refused.as_str()) {
            return nothing(format!("the attack was refused as {refused}, not as {}", self.refused.join(" or ")));
        }
        match self.attempted(stage, Given::WhatItLacks) {
            Ok(Seen::Through) => Verdict::Held { refused },
            Ok(Seen::Refused(why)) => nothing(format!("its control was refused too: {why}")),
            Err(broken) => nothing(format!("its control: {broken}")),
        }
    }
}
