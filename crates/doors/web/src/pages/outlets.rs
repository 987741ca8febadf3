//! Whom the log is told, in words, for `/security/keys`.

use super::moment;
use domain::Millis;
use vault::{OutletState, Standing};

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Outlet {
    pub(super) name: String,
    pub(super) state: &'static str,
    pub(super) said: String,
    /// Is it all right?
    pub(super) fine: bool,
    /// Is it an alarm?
    pub(super) stalled: bool,
}

impl Outlet {
    pub(super) fn of(standing: &Standing, now: Millis) -> Self {
        let waiting = match standing.waiting {
            0 => "Everything was told.".to_owned(),
            1 => "One entry of the log waits.".to_owned(),
            count => format!("{count} entries of the log wait."),
        };
        let said = match standing.state {
            OutletState::New => "No node has told it anything yet.".to_owned(),
            OutletState::Taking => waiting,
            OutletState::Failing => {
                let since = standing.since.map_or_else(String::new, |since| format!(" since {}", moment(since, now)));
                format!("It takes nothing{since}; it is tried again. {waiting}")
            }
            OutletState::Gone => {
                format!(
                    "It wants nothing any more, as it said itself. {waiting} Next: drop it under Proposals, or drop it and add it again."
                )
            }
            OutletState::Edited => {
                format!(
                    "How far it was told was changed in the database within the last week. It is told again what happened then. {waiting}"
                )
            }
        };
        let fine = matches!(standing.state, OutletState::Taking | OutletState::New);
        let stalled = standing.is_stalled(now);
        Self { name: standing.name.clone(), state: standing.state.slug(), said, fine, stalled }
    }
}

/// One in each state that a page has to show.
pub(super) fn sample(now: Millis) -> Vec<Standing> {
    let one = |name: &str, state, since: Option<i64>, waiting| Standing {
        name: name.to_owned(),
        state,
        since: since.map(|ms| now.plus(-ms)),
        waiting,
    };
    vec![
        one("ocsf syslog siem.example:6514", OutletState::Taking, None, 0),
        one(
            "webhook https://crm.example/in for contact.corrected erasure.done",
            OutletState::Failing,
            Some(60_000),
            12,
        ),
        one("webhook https://old.example/in for case.opened", OutletState::Gone, None, 4_100),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_nothing_is_an_alarm_after_a_quarter_of_an_hour() {
        let now = Millis(1_772_355_600_000);
        let standing = |state, since: i64| Standing {
            name: "webhook https://crm.example/in for erasure.done".to_owned(),
            state,
            since: Some(now.plus(-since)),
            waiting: 3,
        };
        let told = |state, since| Outlet::of(&standing(state, since), now);
        assert!(told(OutletState::Taking, 0).fine && told(OutletState::New, 0).fine);
        let failing = told(OutletState::Failing, 60_000);
        assert!(!failing.fine && !failing.stalled && failing.said.contains("3 entries of the log wait."));
        for stalled in [told(OutletState::Failing, 900_000), told(OutletState::Gone, 0), told(OutletState::Edited, 0)] {
            assert!(stalled.stalled && !stalled.fine, "{stalled:?}");
        }
    }
}
