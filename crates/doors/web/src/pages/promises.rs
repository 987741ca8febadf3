//! On `/security/defences`: each promise of THREATS.md, with what shows today that it is kept.

use super::moment;
use super::posture::said;
use crate::KnownPromise;
use crate::api::drills::{Standing, StandingLine};
use domain::Millis;

/// All promises, in the file's sections.
#[derive(Debug, Clone, Default)]
pub(super) struct Promises {
    pub(super) sections: Vec<Section>,
    pub(super) of: usize,
    /// By drills of the last two days, all of them.
    pub(super) held: usize,
    /// By drills of which one doesn't hold today.
    pub(super) lapsed: usize,
    pub(super) tests: usize,
    pub(super) untried: usize,
    /// How many say of something that it isn't stopped.
    pub(super) open: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
}

#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) threat: String,
    pub(super) holds: String,
    pub(super) shown: String,
    pub(super) drills: Vec<Tried>,
    /// The worst of its drills; none where no drill tries it.
    pub(super) state: Option<Standing>,
    pub(super) said: &'static str,
}

#[derive(Debug, Clone)]
pub(super) struct Tried {
    pub(super) drill: String,
    pub(super) said: &'static str,
    pub(super) at: Option<String>,
    pub(super) entry: Option<String>,
}

impl Promises {
    pub(super) fn of(known: &[KnownPromise], standings: &[StandingLine], now: Millis) -> Self {
        let mut all = Self { of: known.len(), ..Self::default() };
        for promise in known {
            let line = Line::of(promise, standings, now);
            all.open += usize::from(promise.open);
            *match line.state {
                Some(Standing::Holds) => &mut all.held,
                Some(_) => &mut all.lapsed,
                None if promise.shown.is_empty() => &mut all.untried,
                None => &mut all.tests,
            } += 1;
            match all.sections.last_mut().filter(|section| section.title == promise.section) {
                Some(section) => section.lines.push(line),
                None => all.sections.push(Section { title: promise.section.clone(), lines: vec![line] }),
            }
        }
        all
    }
}

impl Line {
    fn of(promise: &KnownPromise, standings: &[StandingLine], now: Millis) -> Self {
        let tried: Vec<&StandingLine> =
            standings.iter().filter(|line| line.known.is_some() && promise.drills.contains(&line.drill)).collect();
        let state = tried.iter().map(|line| line.state).min();
        let tests = if promise.shown.is_empty() { "Nothing tries it" } else { "Tests only" };
        Self {
            threat: promise.threat.clone(),
            holds: promise.holds.clone(),
            shown: promise.shown.clone(),
            drills: tried.into_iter().map(|line| Tried::of(line, now)).collect(),
            state,
            said: state.map_or(tests, said),
        }
    }

    pub(super) fn is_held(&self) -> bool {
        self.state == Some(Standing::Holds)
    }
}

impl Tried {
    fn of(line: &StandingLine, now: Millis) -> Self {
        let evidence = line.evidence.as_ref();
        Self {
            drill: line.drill.clone(),
            said: said(line.state),
            at: evidence.map(|it| moment(it.at, now)),
            entry: evidence.map(|it| it.entry.to_string()),
        }
    }
}

/// Sample data.
pub(super) fn sample(state: Standing) -> Promises {
    let drills = ["reveal-on-hold"].map(|drill| StandingLine {
        drill: drill.to_owned(),
        known: Some(crate::KnownDrill { name: drill.to_owned(), tries: String::new(), controls: Vec::new() }),
        state,
        evidence: None,
    });
    let promise = |section: &str, threat: &str, shown: &str, drills: &[&str]| KnownPromise {
        section: section.to_owned(),
        threat: threat.to_owned(),
        holds: "a reveal needs a connected call, not a held one".to_owned(),
        shown: shown.to_owned(),
        drills: drills.iter().map(ToString::to_string).collect(),
        open: drills.is_empty(),
    };
    let known = [
        promise("T0: staff", "keeps the call on hold", "drill reveal-on-hold", &["reveal-on-hold"]),
        promise("T0: staff", "searches broadly", "four hits refuse (vault searching.rs)", &[]),
        promise("T1: IT", "restarts the node to make the alarm go away", "", &[]),
    ];
    Promises::of(&known, &drills, Millis(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_promise_is_counted_once_and_one_drill_that_lapsed_breaks_it() {
        let held = sample(Standing::Holds);
        assert_eq!((held.of, held.held, held.lapsed, held.tests, held.untried, held.open), (3, 1, 0, 1, 1, 2));
        assert_eq!((held.sections.len(), held.sections[0].lines.len()), (2, 2));
        for state in [Standing::Stale, Standing::Never, Standing::Pierced, Standing::ProvesNothing] {
            let lapsed = sample(state);
            assert_eq!((lapsed.held, lapsed.lapsed), (0, 1), "{state:?}");
        }
        assert_eq!(held.sections[0].lines[1].said, "Tests only");
        assert_eq!(held.sections[1].lines[0].said, "Nothing tries it");
    }
}
