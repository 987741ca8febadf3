//! Where the data plan, the rules and what is stored say different things.

use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::wiring::{Operator, Vault};
use domain::field::IndexKind;
use domain::{FieldKind, Limits, Purpose, Role, TenantId};
use keys::Header;
use plan::{Act, Date, Entry, Kind, Plan, Volume, Volumes};
use policy::{Asker, Device, Needs, Rules};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use store::{FieldCount, SHEET};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drift {
    /// Between the plan and what: `rules`, `limits` or `stored`.
    pub with: &'static str,
    /// In a sentence.
    pub says: String,
    /// How to mend it.
    pub next: &'static str,
}

impl Drift {
    /// Does a customer read something on the notice that isn't so? What an act costs whoever does it, isn't on it.
    #[must_use]
    pub fn misleads_customers(&self) -> bool {
        self.with == "rules"
    }
}

/// As many comparisons are remembered.
const REMEMBERED: usize = 32;

/// What comparisons found, by what was compared: they are asked for again and again, and each is many questions to rules.
#[derive(Clone, Default)]
pub(crate) struct Found(Arc<Mutex<Comparisons>>);

/// By a hash of what was compared.
type Comparisons = BTreeMap<[u8; 32], Arc<[Drift]>>;

impl Found {
    /// What a plan, rules and limits say differently on a day. These are all their texts: one that is left out would let what was
    /// found of it pass for what another says.
    pub(crate) fn or(&self, texts: &[&[u8]], day: Date, compare: impl FnOnce() -> Vec<Drift>) -> Arc<[Drift]> {
        let digests: Vec<[u8; 32]> = texts.iter().map(|text| keys::hash(&[text])).collect();
        let key = keys::hash(&[&digests.concat(), day.to_string().as_bytes()]);
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = lock().get(&key) {
            return Arc::clone(found);
        }
        let found: Arc<[Drift]> = compare().into();
        let mut all = lock();
        if all.len() >= REMEMBERED {
            all.clear();
        }
        all.insert(key, Arc::clone(&found));
        found
    }
}

/// What the rules, the limits and a plan say differently on a day. Empty where they agree.
#[must_use]
pub fn drift_from_rules(plan: &Plan, rules: &Rules, limits: &Limits, day: Date) -> Vec<Drift> {
    let look = Look { plan, rules, limits, day };
    let mut found: Vec<Drift> = FieldKind::ALL.into_iter().flat_map(|field| look.field(field)).collect();
    found.extend(look.use_of(FieldKind::Phone, policy::Act::SendCode, Act::Send));
    found.extend(searched().into_iter().flat_map(|field| look.use_of(field, policy::Act::Search, Act::Search)));
    found.sort();
    found.dedup();
    found
}

/// The kinds of field that an index is made of.
fn searched() -> BTreeSet<FieldKind> {
    IndexKind::ALL.into_iter().flat_map(|index| index.fields().iter().copied()).collect()
}

struct Look<'a> {
    plan: &'a Plan,
    rules: &'a Rules,
    limits: &'a Limits,
    day: Date,
}

impl Look<'_> {
    fn field(&self, field: FieldKind) -> Vec<Drift> {
        let mut found: Vec<Drift> = Purpose::ALL.into_iter().flat_map(|purpose| self.shown(field, purpose)).collect();
        found.extend(self.use_of(field, policy::Act::Verify(field), Act::Check));
        // Whoever looks at a record is shown the mask of each of its kinds.
        found.extend(self.use_of(field, policy::Act::View, Act::Mask));
        let weight = self.limits.weights.reveal(field);
        for entry in self.of(field, Act::Show).into_iter().filter(|entry| entry.protection.weight > weight) {
            let says =
                format!("Showing {} costs {weight} points; the plan says {}.", entry.id, entry.protection.weight);
            found.push(Drift {
                with: "limits",
                says,
                next: "raise its weight in the limits, or say in the plan what it costs",
            });
        }
        found
    }

    fn shown(&self, field: FieldKind, purpose: Purpose) -> Vec<Drift> {
        let entries = self.of(field, Act::Show);
        let planned = entries.iter().filter(|entry| entry.purposes.contains(purpose.slug()));
        let roles: BTreeSet<Role> = planned.clone().flat_map(|entry| entry.roles.iter().copied()).collect();
        let strictest = planned.map(|entry| entry.protection.binding).max();
        let (kind, why) = (field.slug(), purpose.slug());
        let mut found = Vec::new();
        for role in Role::ALL {
            let needs = self.permitted(role, policy::Act::Reveal(field, purpose));
            match (needs, roles.contains(&role)) {
                (Some(_), false) => found.push(Drift {
                    with: "rules",
                    says: format!("The rules show {kind} to the role {} for {why}; the plan doesn't.", role.slug()),
                    next: "take it out of the rules, or add role and purpose to the plan",
                }),
                (None, true) => found.push(Drift {
                    with: "rules",
                    says: format!("The plan shows {kind} to the role {} for {why}; the rules don't.", role.slug()),
                    next: "take role or purpose out of the plan, or add a rule that permits it",
                }),
                (Some(needs), true) if strictest.is_some_and(|binding| needs.binding < binding) => found.push(Drift {
                    with: "rules",
                    says: format!(
                        "The rules show {kind} for {why} on the binding {}; the plan says {}.",
                        needs.binding.slug(),
                        strictest.map_or("none", domain::Binding::slug)
                    ),
                    next: "ask for the stronger binding in the rules, or say the weaker one in the plan",
                }),
                _ => {}
            }
        }
        found
    }

    fn use_of(&self, field: FieldKind, act: policy::Act, planned: Act) -> Vec<Drift> {
        let entries = self.of(field, planned);
        let roles: BTreeSet<Role> = entries.iter().flat_map(|entry| entry.roles.iter().copied()).collect();
        let told = |role: Role| {
            let (kind, what, role_name) = (field.slug(), planned.slug(), role.slug());
            match (self.permitted(role, act).is_some(), roles.contains(&role)) {
                (true, false) => Some(Drift {
                    with: "rules",
                    says: format!("The rules let the role {role_name} use {kind} ({what}); the plan doesn't."),
                    next: "take it out of the rules, or add a [[derived]] use to the plan",
                }),
                (false, true) => Some(Drift {
                    with: "rules",
                    says: format!("The plan lets the role {role_name} use {kind} ({what}); the rules don't."),
                    next: "take it out of the plan, or add a rule that permits it",
                }),
                _ => None,
            }
        };
        Role::ALL.into_iter().filter_map(told).collect()
    }

    /// What somebody of this role needs alone; or with a second person, where it takes one.
    fn permitted(&self, role: Role, act: policy::Act) -> Option<Needs> {
        let asker = Asker { role, probation: false, team: "", device: Device::Page, hour: 12 };
        let ways = self.rules.ways(&asker, act);
        ways.alone.as_ref().ok().copied().or(ways.approved)
    }

    fn of(&self, field: FieldKind, act: Act) -> Vec<&Entry> {
        let there = |entry: &&Entry| {
            let speaks = self.plan.speaks_of(entry, Kind::Field(field), act);
            speaks && entry.dates.hold(self.day) && self.plan.is_protected(entry)
        };
        self.plan.entries.iter().filter(there).collect()
    }
}

/// What is stored that the plan doesn't have on a day.
fn drift_from_store(plan: &Plan, stored: &[FieldCount], day: Date) -> Vec<Drift> {
    let mut found = Vec::new();
    for FieldCount { field, head, count } in stored {
        let suite = Header::suite_of(head);
        let Some(kind) = FieldKind::from_code(*field) else {
            if *field != SHEET {
                let says = format!("{count} values are stored of the kind {field}, which this program doesn't know.");
                found.push(Drift { with: "stored", says, next: "let IT go back to the version that wrote them" });
            }
            continue;
        };
        if let Err(why) = plan.allows(Kind::Field(kind), Act::Store, None, day) {
            let says = format!("{count} values of the kind {} are stored; {why}.", kind.slug());
            found.push(Drift { with: "stored", says, next: "erase them, or plan them" });
        } else {
            found.extend(unused(plan, kind, *count, day));
        }
        let own = |entry: &&Entry| plan.speaks_of(entry, Kind::Field(kind), Act::Store) && entry.dates.hold(day);
        let planned: BTreeSet<u16> =
            plan.entries.iter().filter(own).map(|entry| entry.protection.suite.code()).collect();
        if !planned.is_empty() && suite.is_none_or(|suite| !planned.contains(&suite)) {
            let sealed = suite.map_or("none that is known".to_owned(), |suite| suite.to_string());
            let says = format!(
                "{count} values of the kind {} are sealed with suite {sealed}, which isn't planned.",
                kind.slug()
            );
            found.push(Drift {
                with: "stored",
                says,
                next: "run ringfence crypto rewrap, which seals them anew, or plan theirs",
            });
        }
    }
    found
}

/// What is stored and planned, but not for what is done with everything that is stored.
fn unused(plan: &Plan, kind: FieldKind, count: u64, day: Date) -> Vec<Drift> {
    let name = kind.slug();
    let uses = [
        (
            Act::Mask,
            format!("{count} masks of the kind {name} are stored"),
            "plan the use mask of this kind, or erase the values",
        ),
        (
            Act::Export,
            format!("{count} values of the kind {name} are left out of customers' own copies"),
            "plan the use export of this kind, so that customers get theirs",
        ),
    ];
    let told = |(act, what, next)| {
        let why = plan.allows(Kind::Field(kind), act, None, day).err()?;
        Some(Drift { with: "stored", says: format!("{what}; {why}."), next })
    };
    uses.into_iter().filter_map(told).collect()
}

impl Vault {
    /// Where a plan, the tenant's rules and limits, and what is stored say different things today. It reads the head of every
    /// sealed value, and opens none.
    ///
    /// # Errors
    /// If store or key holder fail.
    pub async fn plan_drift(&self, operator: &Operator, plan: &Plan) -> Result<Vec<Drift>, VaultError> {
        let (tenant, day) = (operator.tenant, plan::day_of(self.clock.now()));
        self.power(tenant).await?;
        let governance = self.governance(tenant);
        let mut found = drift_from_rules(plan, &governance.rules, &governance.limits, day);
        found.extend(drift_from_store(plan, &self.store.field_census(tenant).await?, day));
        Ok(found)
    }

    /// Where the plan in force says something else than the rules and limits in force do today: then customers are told something
    /// else than is done.
    ///
    /// # Errors
    /// If store or key holder fail.
    pub async fn drift_in_force(&self, tenant: TenantId) -> Result<Arc<[Drift]>, VaultError> {
        let day = plan::day_of(self.clock.now());
        Ok(self.power(tenant).await?.governance.drift(day))
    }

    /// Says by an alarm whether customers are misled by it. For a thread of each node.
    ///
    /// # Errors
    /// If store or key holder fail.
    pub async fn settle_drift(&self, tenant: TenantId) -> Result<(), VaultError> {
        let stands = self.drift_in_force(tenant).await?.iter().any(Drift::misleads_customers);
        self.alarms.set(tenant, AlarmKind::NoticeDiffers, stands, self.clock.now());
        Ok(())
    }

    /// How many values of each kind are stored.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn volumes(&self, operator: &Operator) -> Result<Volumes, VaultError> {
        let mut volumes = Volumes::new();
        for FieldCount { field, count, .. } in self.store.field_census(operator.tenant).await? {
            if let Some(field) = FieldKind::from_code(field) {
                let volume: &mut Volume = volumes.entry(Kind::Field(field)).or_default();
                volume.stored = volume.stored.saturating_add(count);
            }
        }
        Ok(volumes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> (Plan, Rules, Limits, Date) {
        let today = Date::constant(2026, 11, 27);
        (Plan::parse(plan::DEFAULT).unwrap(), Rules::built_in().unwrap(), Limits::default(), today)
    }

    fn told(plan: &str) -> Vec<String> {
        let (_, rules, limits, day) = shipped();
        let plan = Plan::parse(plan).unwrap_or_else(|faults| panic!("{faults}"));
        drift_from_rules(&plan, &rules, &limits, day).into_iter().map(|one| one.says).collect()
    }

    #[test]
    fn the_shipped_plan_rules_and_limits_say_the_same() {
        let (plan, rules, limits, day) = shipped();
        assert_eq!(drift_from_rules(&plan, &rules, &limits, day), []);
    }

    #[test]
    fn each_way_of_drifting_is_told() {
        let name = "purposes = [\"delivery\", \"callback\", \"correspondence\", \"complaint\", \"correction\"]";
        let less = plan::DEFAULT.replace(name, &name.replace("\"callback\", ", ""));
        let roles = ["agent", "team_leader"];
        assert_eq!(
            told(&less),
            roles.map(|role| format!("The rules show name to the role {role} for callback; the plan doesn't."))
        );
        let more = plan::DEFAULT.replace(name, &name.replace("\"callback\"", "\"callback\", \"payment\""));
        assert_eq!(
            told(&more),
            roles.map(|role| format!("The plan shows name to the role {role} for payment; the rules don't."))
        );
        let weak = plan::DEFAULT.replacen("binding = \"claimed\", weight = 2", "binding = \"matched\", weight = 3", 1);
        let said = told(&weak);
        assert!(
            said.contains(
                &"The rules show name for callback on the binding claimed; the plan says matched.".to_owned()
            )
        );
        assert!(said.contains(&"Showing name costs 2 points; the plan says 3.".to_owned()), "{said:?}");
        let from =
            "from = [\"name\", \"postal_address\", \"phone\", \"email\", \"date_of_birth\", \"order\", \"preference\"]";
        let unchecked = plan::DEFAULT.replace(from, &from.replace("\"email\", ", ""));
        assert!(told(&unchecked)[0].contains("use email (check); the plan doesn't"), "{:?}", told(&unchecked));
        let unsent = plan::DEFAULT.replace("from = [\"phone\", \"email\"]", "from = [\"email\"]");
        assert!(told(&unsent)[0].contains("use phone (send); the plan doesn't"));
    }

    const MASKS: &str = "from = [\"name\", \"postal_address\", \"phone\", \"email\", \"date_of_birth\", \"card\", ";

    /// The shipped plan without its use of this name.
    fn without(id: &str) -> String {
        let told = |entry: &&str| !entry.contains(&format!("id = \"{id}\"\n"));
        plan::DEFAULT.split("\n\n").filter(told).collect::<Vec<_>>().join("\n\n")
    }

    fn both(kind: &str, what: &str) -> Vec<String> {
        let told = |role| format!("The rules let the role {role} use {kind} ({what}); the plan doesn't.");
        ["agent", "team_leader"].map(told).into()
    }

    #[test]
    fn masks_that_are_shown_and_not_planned_are_told() {
        let of = |kinds: &[FieldKind]| {
            let mut all: Vec<String> = kinds.iter().flat_map(|kind| both(kind.slug(), "mask")).collect();
            all.sort();
            all
        };
        assert_eq!(told(&without("masks")), of(&FieldKind::ALL));
        assert!(plan::DEFAULT.contains(MASKS));
        let unnamed = plan::DEFAULT.replace(MASKS, &MASKS.replace("\"name\", ", ""));
        assert_eq!(told(&unnamed), of(&[FieldKind::Name]));
        let used = "used_by = [\"agent\", \"team_leader\"]";
        let more = plan::DEFAULT.replacen(used, "used_by = [\"agent\", \"team_leader\", \"auditor\"]", 1);
        let said = "The plan lets the role auditor use name (mask); the rules don't.".to_owned();
        assert!(told(&more).contains(&said), "{:?}", told(&more));
    }

    #[test]
    fn searches_that_are_made_and_not_planned_are_told() {
        let search = "from = [\"name\", \"postal_address\", \"phone\", \"email\", \"card\", \"order\"]";
        assert!(plan::DEFAULT.contains(search));
        let less = plan::DEFAULT.replace(search, &search.replace("\"phone\", ", ""));
        assert_eq!(told(&less), both("phone", "search"));
        assert_eq!(told(&without("look_up")).len(), 2 * searched().len());
    }

    #[test]
    fn masks_that_are_stored_and_not_planned_are_told() {
        let (_, _, _, day) = shipped();
        let unnamed = Plan::parse(&plan::DEFAULT.replacen(MASKS, &MASKS.replace("\"name\", ", ""), 1)).unwrap();
        let stored = [1, 3].map(|field| FieldCount { field, head: vec![1, 0, 1], count: 7 });
        let said: Vec<String> = drift_from_store(&unnamed, &stored, day).into_iter().map(|one| one.says).collect();
        assert_eq!(said, ["7 masks of the kind name are stored; the data plan doesn't have it."]);
    }

    #[test]
    fn what_customers_copies_leave_out_is_told() {
        let (_, _, _, day) = shipped();
        let plan = Plan::parse(&without("own_copy")).unwrap();
        let stored = [FieldCount { field: 1, head: vec![1, 0, 1], count: 7 }];
        let said: Vec<String> = drift_from_store(&plan, &stored, day).into_iter().map(|one| one.says).collect();
        assert_eq!(
            said,
            ["7 values of the kind name are left out of customers' own copies; the data plan doesn't have it."]
        );
    }

    #[test]
    fn what_is_stored_beside_the_plan_is_told() {
        let (plan, _, _, day) = shipped();
        let counted = |field, head: &[u8]| FieldCount { field, head: head.to_vec(), count: 7 };
        let fine = [counted(0, &[1, 0, 1]), counted(3, &[1, 0, 1])];
        assert_eq!(drift_from_store(&plan, &fine, day), []);
        let odd = [counted(3, &[1, 0, 2]), counted(3, &[1]), counted(99, &[1, 0, 1])];
        let said: Vec<String> = drift_from_store(&plan, &odd, day).into_iter().map(|one| one.says).collect();
        assert!(
            said[0].contains("sealed with suite 2")
                && said[1].contains("none that is known")
                && said[2].contains("kind 99")
        );
        let over = drift_from_store(&plan, &fine, Date::constant(2032, 1, 1));
        assert!(over[0].says.contains("phone are stored; the data plan had it until 2031-12-31"), "{over:?}");
    }
}
