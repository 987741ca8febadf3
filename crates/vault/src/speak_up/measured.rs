//! How reports are dealt with, as one line for the board.

use super::{Case, DAY_MS};
use crate::error::VaultError;
use crate::wiring::Vault;
use domain::{Millis, TenantId};

/// What became of the reports of some time. Days are all that is kept, so days are what is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportsMeasured {
    /// How many came.
    pub came: u64,
    /// How many of them were acknowledged in time, or still can be.
    pub in_time: u64,
    /// The median of days until they were acknowledged; none where none was.
    pub median_days: Option<u64>,
    /// How many of all are overdue now.
    pub overdue: u64,
    /// Was a report edited in the database, or taken out?
    pub edited: bool,
}

fn measured(cases: &[Case], (since, until): (Millis, Millis), now: Millis) -> ReportsMeasured {
    let came: Vec<&Case> = cases.iter().filter(|case| (since..until).contains(&case.day)).collect();
    let in_time =
        |case: &&&Case| case.acknowledged.map_or(now < case.acknowledge_by(), |at| at < case.acknowledge_by());
    let days = |case: &&Case| case.acknowledged.map(|at| u64::try_from(at.since(case.day) / DAY_MS).unwrap_or(0));
    let mut took: Vec<u64> = came.iter().filter_map(days).collect();
    took.sort_unstable();
    ReportsMeasured {
        came: came.len() as u64,
        in_time: came.iter().filter(in_time).count() as u64,
        median_days: took.get(took.len() / 2).copied(),
        overdue: cases.iter().filter(|case| case.is_overdue(now)).count() as u64,
        edited: false,
    }
}

impl Vault {
    /// What became of the reports of the days from `since` and before `until`, those about security among them.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn reports_measured(
        &self,
        tenant: TenantId,
        since: Millis,
        until: Millis,
    ) -> Result<ReportsMeasured, VaultError> {
        let shelf = self.shelf(tenant).await?;
        let now = self.latest(tenant).await?;
        let edited = shelf.is_damaged();
        Ok(ReportsMeasured { edited, ..measured(&shelf.cases, (super::day_of(since), until), now) })
    }
}
