//! Until when a report is to be acknowledged and answered. The law (Directive (EU) 2019/1937, art. 9) gives seven days and three months; here it
//! is less. Days are counted from the day on which it was reported, which is all that is kept.

use super::{Case, DAY_MS};
use domain::Millis;

/// Days until it is acknowledged.
pub const ACKNOWLEDGE_DAYS: i64 = 2;
/// Days until it is told what came of it.
pub const ANSWER_DAYS: i64 = 30;
/// The same as the law has it.
pub const LAW_ACKNOWLEDGE_DAYS: i64 = 7;
/// The same as the law has it: three months.
pub const LAW_ANSWER_DAYS: i64 = 90;

impl Case {
    /// The first moment at which it isn't acknowledged in time. The day on which it came doesn't count.
    pub(super) fn acknowledge_by(&self) -> Millis {
        self.day.plus((ACKNOWLEDGE_DAYS + 1) * DAY_MS)
    }

    /// The first moment at which it isn't answered in time.
    pub(super) fn answer_by(&self) -> Millis {
        self.day.plus((ANSWER_DAYS + 1) * DAY_MS)
    }

    /// What is due next, where something is.
    pub(super) fn due(&self) -> Option<Millis> {
        match (self.outcome, self.acknowledged) {
            (Some(_), _) => None,
            (None, None) => Some(self.acknowledge_by().min(self.answer_by())),
            (None, Some(_)) => Some(self.answer_by()),
        }
    }

    pub(super) fn is_overdue(&self, now: Millis) -> bool {
        self.due().is_some_and(|due| now >= due)
    }
}
