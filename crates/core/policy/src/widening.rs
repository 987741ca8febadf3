//! Does a change let somebody do something that they couldn't? Every question that rules can tell apart is asked of both.
//!
//! What an act needs is all that a commit checks ([`crate::Needs`]), so comparing that is exact for what is enforced: where
//! nothing is found here, nothing more is let through.

use crate::facts::{Act, Asker, Device};
use crate::needs::Needs;
use crate::rules::{Rules, hours_of};
use domain::Role;
use std::collections::BTreeSet;

/// Stands for every team that no rule names.
const ANOTHER: &str = "a team that no rule names";

impl Needs {
    /// Is whatever meets these enough for the others too?
    #[must_use]
    pub fn imply(&self, others: &Self) -> bool {
        (self.live || !others.live)
            && (self.customer || !others.customer)
            && (self.talking || !others.talking)
            && self.binding >= others.binding
            && self.channels.each().all(|channel| others.channels.contain(channel))
            && (self.on_the_line.is_some() || others.on_the_line.is_none())
            && self.cost >= others.cost
            && (self.unguarded || !others.unguarded)
            && (self.few || !others.few)
    }
}

/// Everybody whom either rules tell apart, with this role.
fn askers<'a>(of: [&Rules; 2], role: Role, teams: &'a BTreeSet<String>) -> Vec<Asker<'a>> {
    let speaks = |of_it: fn(&Rules) -> bool| of.into_iter().any(of_it);
    let bools = |spoken: bool| if spoken { &[false, true][..] } else { &[false][..] };
    let devices = if speaks(|rules| rules.speaks_of.device) { &Device::ALL[..] } else { &Device::ALL[..1] };
    let hours: BTreeSet<u8> = of.into_iter().flat_map(|rules| hours_of(&rules.set)).collect();
    let mut all = Vec::new();
    for team in teams {
        for probation in bools(speaks(|rules| rules.speaks_of.probation)) {
            for device in devices {
                all.extend(hours.iter().map(|hour| Asker {
                    role,
                    probation: *probation,
                    team,
                    device: *device,
                    hour: *hour,
                }));
            }
        }
    }
    all
}

fn gains(before: Option<(&Rules, &Asker<'_>)>, after: (&Rules, &Asker<'_>)) -> Option<Act> {
    Act::all().find(|act| {
        let now = after.0.ways(after.1, *act);
        let then = before.map(|(rules, asker)| rules.ways(asker, *act));
        let alone = then.as_ref().and_then(|then| then.alone.as_ref().ok());
        let approved = then.as_ref().and_then(|then| then.approved.as_ref());
        let more = |needs: &Needs, known: &[Option<&Needs>]| !known.iter().flatten().any(|then| needs.imply(then));
        now.alone.as_ref().is_ok_and(|needs| more(needs, &[alone]))
            || now.approved.as_ref().is_some_and(|needs| more(needs, &[alone, approved]))
    })
}

impl Rules {
    /// Everybody with this role whom these rules tell apart.
    pub(crate) fn askers<'a>(&self, role: Role, teams: &'a BTreeSet<String>) -> Vec<Asker<'a>> {
        askers([self, self], role, teams)
    }

    /// The teams that rules name, and one more.
    pub(crate) fn teams(&self) -> BTreeSet<String> {
        let literals = self.set.policies().flat_map(cedar_policy::Policy::entity_literals);
        let named = literals.filter(|literal| literal.type_name().basename() == "Team");
        named.map(|literal| literal.id().unescaped().to_owned()).chain([ANOTHER.to_owned()]).collect()
    }

    /// A role and an act that these rules permit in a situation in which the ones before don't.
    #[must_use]
    pub fn permit_more_than(&self, before: &Self) -> Option<(Role, Act)> {
        let teams = &self.teams() | &before.teams();
        let found = |role: Role| {
            let all = askers([self, before], role, &teams);
            all.iter().find_map(|asker| gains(Some((before, asker)), (self, asker))).map(|act| (role, act))
        };
        Role::ALL.into_iter().find_map(found)
    }

    /// May somebody of this role and team do this in any situation, alone or with a second person?
    #[must_use]
    pub fn may_ever(&self, role: Role, team: &str, act: Act) -> bool {
        let team = BTreeSet::from([team.to_owned()]);
        let ways = |asker: &Asker<'_>| self.ways(asker, act);
        askers([self, self], role, &team).iter().map(ways).any(|ways| ways.alone.is_ok() || ways.approved.is_some())
    }

    /// An act that somebody of this role and team may do in a situation in which one of the role and team before mayn't; of
    /// somebody new, any.
    #[must_use]
    pub fn permit_more(&self, before: Option<(Role, &str)>, (role, team): (Role, &str)) -> Option<Act> {
        let team = BTreeSet::from([team.to_owned()]);
        askers([self, self], role, &team).iter().find_map(|after| {
            let before = before.map(|(role, team)| Asker { role, team, ..*after });
            gains(before.as_ref().map(|asker| (self, asker)), (self, after))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::BUILT_IN;
    use domain::{FieldKind, Purpose};

    fn with(from: &str, to: &str) -> Rules {
        let files: Vec<(&str, String)> = BUILT_IN.iter().map(|(name, text)| (*name, text.replace(from, to))).collect();
        assert!(BUILT_IN.iter().any(|(_, text)| text.contains(from)), "{from}");
        Rules::load(&files.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>()).unwrap()
    }

    fn and(rule: &str) -> Rules {
        let files: Vec<(&str, &str)> = BUILT_IN.into_iter().chain([("5.cedar", rule)]).collect();
        Rules::load(&files).unwrap()
    }

    #[test]
    fn what_permits_more_is_found_and_what_forbids_more_is_not() {
        let plain = Rules::built_in().unwrap();
        assert_eq!(plain.permit_more_than(&plain), None);
        let stricter =
            and(r#"@id("x") @refusal("purpose-not-allowed") @says("No.") @why("So.") @next("No.") @cure("ask")
            forbid (principal, action == Action::"reveal", resource == Field::"phone")
            when { principal in Team::"south" && context.hour > 20 };"#);
        assert_eq!(stricter.permit_more_than(&plain), None);
        // Only in that team, and only late.
        let found = plain.permit_more_than(&stricter);
        assert_eq!(found, Some((Role::Agent, Act::Reveal(FieldKind::Phone, Purpose::Delivery))), "{found:?}");
        // With a second person's approval, too.
        let unsure = with("binding == Binding::\"matched\" && ", "binding == Binding::\"claimed\" && ");
        let found = unsure.permit_more_than(&plain);
        assert!(matches!(found, Some((Role::Agent, Act::Reveal(FieldKind::DateOfBirth, _)))), "{found:?}");
        let cheaper = with("context.left < 3", "context.left < 2");
        assert!(cheaper.permit_more_than(&plain).is_some() && plain.permit_more_than(&cheaper).is_none());
    }

    #[test]
    fn a_role_gives_more_where_it_may_what_the_one_before_may_not() {
        let rules = Rules::built_in().unwrap();
        let more =
            |before: Option<Role>, after| rules.permit_more(before.map(|role| (role, "")), (after, "")).is_some();
        for role in Role::ALL {
            assert!(!more(Some(role), role), "{role:?}");
        }
        assert!(
            more(None, Role::Agent) && more(None, Role::SecurityAnalyst) && more(Some(Role::Agent), Role::TeamLeader)
        );
        assert!(!more(Some(Role::TeamLeader), Role::Agent), "takes away only");
    }
}
