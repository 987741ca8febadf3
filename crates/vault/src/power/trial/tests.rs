use super::*;
use crate::planned::Planned;
use crate::private::entry::Draft;
use keys::Key32;
use policy::BUILT_IN;
use store::Numbers;
use testkit::{FixedClock, Seeded};

const ADA: PersonId = PersonId([1; 16]);
const SUE: PersonId = PersonId([2; 16]);
const ACCOUNT: FieldKind = FieldKind::BankAccount;
/// Long after the ids of these people were made: nobody is new.
const NOW: Millis = Millis(1_767_225_600_000);

/// An entry of this kind, as the log has it.
fn body(kind: Kind, field: FieldKind, decision: Result<(), Refusal>, upon: Option<PersonId>) -> AuditBody {
    let mut draft = Draft::new(kind, &FixedClock::at(NOW), &Seeded::new(7), &Key32::new([5; 32]));
    let purpose = if field == ACCOUNT { Purpose::Payment } else { Purpose::Delivery };
    (draft.person, draft.purpose, draft.field) = (Some(ADA), Some(purpose), Some(field.code()));
    draft.upon = upon;
    draft.audit_body(&Numbers {
        decision,
        n: None,
        previous: None,
        versions: Vec::new(),
        spent: Vec::new(),
        allotted: None,
        casework: None,
    })
}

/// The built-in rules without those of these names.
fn without(names: &[&str]) -> Arc<Rules> {
    let policies = |text: &str| {
        let kept = text
            .split_inclusive(";\n")
            .filter(|one| !names.iter().any(|name| one.contains(&format!("@id(\"{name}\")"))));
        kept.collect::<String>()
    };
    let files: Vec<(&str, String)> = BUILT_IN.iter().map(|(name, text)| (*name, policies(text))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Arc::new(Rules::load(&files).unwrap())
}

fn tried(then: &Arc<Rules>, limits: Option<Limits>, role: Role, bodies: &[AuditBody]) -> Found {
    let now = Arc::new(Rules::built_in().unwrap());
    let then = if limits.is_some() { Arc::clone(&now) } else { Arc::clone(then) };
    let people = HashMap::from([(ADA, (role, "north".to_owned()))]);
    let then = match limits {
        Some(limits) => Then::rules(then).limits(limits),
        None => Then::rules(then),
    };
    seen(Trial::new(now, then, people, 0), bodies)
}

fn seen(mut trial: Trial, bodies: &[AuditBody]) -> Found {
    bodies.iter().for_each(|body| trial.see(EntryId([9; 16]), Some(body)));
    trial.found
}

/// What would have become of it, had Ada been something else; none: had she left.
fn moved(becomes: Option<Role>, bodies: &[AuditBody]) -> Found {
    let rules = Arc::new(Rules::built_in().unwrap());
    let people = HashMap::from([(ADA, (Role::Agent, "north".to_owned())), (SUE, (Role::Agent, "north".to_owned()))]);
    let then = Then::rules(Arc::clone(&rules)).moved(ADA, becomes.map(|role| (role, "north".to_owned())));
    seen(Trial::new(rules, then, people, 0), bodies)
}

fn by(person: PersonId, body: AuditBody) -> AuditBody {
    AuditBody { person: Some(person), ..body }
}

#[test]
fn another_role_is_tried_on_what_its_person_did_and_on_nobody_elses() {
    let name = || body(Kind::Reveal, FieldKind::Name, Ok(()), None);
    let both = [name(), by(SUE, name()), name()];
    let found = moved(Some(Role::Auditor), &both);
    assert_eq!((found.judged, found.refused, found.allowed), (2, 2, 0), "{found:?}");
    assert_eq!(found.examples[0].role, Some(Role::Agent), "as they are today");
    let found = moved(Some(Role::TeamLeader), &both);
    assert_eq!((found.judged, found.refused, found.unknown.len()), (2, 0, 0), "{found:?}");
    // Whoever has left does nothing; what was refused stays so.
    let refused = body(Kind::Reveal, FieldKind::Name, Err(Refusal::OnHold), None);
    let found = moved(None, &[name(), refused, by(SUE, name())]);
    assert_eq!((found.judged, found.refused, found.allowed), (2, 1, 0), "{found:?}");
}

#[test]
fn a_plan_is_tried_as_if_it_were_in_force_and_what_hangs_on_the_customer_is_unknown() {
    let whole = || Planned::shipped().unwrap();
    let without_birth = || {
        let at = ::plan::DEFAULT.find("\nid = \"date_of_birth\"\n").unwrap();
        let start = ::plan::DEFAULT[..at].rfind("[[data]]").unwrap();
        let end = at + ::plan::DEFAULT[at..].find("\n\n").unwrap();
        let text = format!("{}{}", &::plan::DEFAULT[..start], &::plan::DEFAULT[end..]);
        Planned::read(&text.replace("\"date_of_birth\", ", "")).unwrap()
    };
    let tried = |now: &Arc<Planned>, then, bodies: &[AuditBody]| {
        let rules = Arc::new(Rules::built_in().unwrap());
        let then = Then::rules(Arc::clone(&rules)).plans(Plans { now: Arc::clone(now), then, at: NOW });
        seen(Trial::new(rules, then, HashMap::new(), 0), bodies)
    };
    let shipped = Arc::new(whole());
    let birth = |decision| AuditBody {
        purpose: Some(Purpose::Verification),
        ..body(Kind::Reveal, FieldKind::DateOfBirth, decision, None)
    };
    let checked = body(Kind::Verification, FieldKind::DateOfBirth, Ok(()), None);
    let bodies =
        [birth(Ok(())), checked, body(Kind::Reveal, FieldKind::Name, Ok(()), None), birth(Err(Refusal::OnHold))];
    let found = tried(&shipped, without_birth(), &bodies);
    assert_eq!((found.judged, found.refused, found.allowed), (4, 2, 0), "{found:?}");
    assert!(found.unknown.is_empty(), "{found:?}");
    let found = tried(&shipped, whole(), &bodies);
    assert_eq!((found.refused, found.unknown.len()), (0, 0), "the same plan");
    // The other way round: the plan was looked at first.
    let without = Arc::new(without_birth());
    let found = tried(&without, whole(), &[birth(Err(Refusal::Unplanned)), birth(Err(Refusal::OnHold))]);
    assert_eq!((found.allowed, found.unknown.get(&Unsaid::Ground)), (0, Some(&1)), "{found:?}");
    // And exactly the kinds that are named are tried.
    for kind in Kind::ALL {
        let judged = tried(&shipped, whole(), &[body(*kind, ACCOUNT, Ok(()), None)]).judged == 1;
        assert_eq!(judged, PLANNED.contains(kind), "{kind:?}");
    }
}

#[test]
fn what_lacked_a_second_person_would_be_allowed_once_no_rule_asks_for_one() {
    let refusals = [Refusal::ApprovalNeeded, Refusal::NotYetApproved, Refusal::ApprovalDeclined];
    let bodies = refusals.map(|refusal| body(Kind::Reveal, ACCOUNT, Err(refusal), None));
    let found = tried(&without(&["bank-account-needs-a-second-person"]), None, Role::Agent, &bodies);
    assert_eq!((found.allowed, found.refused, found.unknown.len()), (3, 0, 0), "{found:?}");
    let same = tried(&Arc::new(Rules::built_in().unwrap()), None, Role::Agent, &bodies);
    assert_eq!((same.allowed, same.refused, same.unknown.len()), (0, 0, 0), "{same:?}");
    // Of a name, who was asked may have been for a guarded customer or for one field too many: one of them still asks.
    let names = refusals[1..].iter().map(|refusal| body(Kind::Reveal, FieldKind::Name, Err(*refusal), None));
    let names: Vec<_> = names.collect();
    let found = tried(&without(&["guarded-customers-need-a-second-person"]), None, Role::Agent, &names);
    assert_eq!((found.allowed, found.unknown.get(&Unsaid::Ground)), (0, Some(&2)), "{found:?}");
}

#[test]
fn broken_glass_is_tried_and_counts_against_limits() {
    let glass = || body(Kind::GlassBroken, FieldKind::Phone, Ok(()), Some(SUE));
    let mut limits = Limits::default();
    limits.person.all.hour = 1;
    let built_in = Arc::new(Rules::built_in().unwrap());
    let found = tried(&built_in, Some(limits), Role::SecurityOfficer, &[glass(), glass(), glass()]);
    assert!(found.judged == 3 && found.refused >= 2, "{found:?}");
    let stricter: Vec<(&str, &str)> = BUILT_IN
        .iter()
        .copied()
        .chain([(
            "5.cedar",
            r#"@id("x") @refusal("purpose-not-allowed") @says("No.") @why("So.") @next("No.") @cure("ask")
        forbid (principal, action == Action::"break_glass", resource);"#,
        )])
        .collect();
    let found = tried(&Arc::new(Rules::load(&stricter).unwrap()), None, Role::SecurityOfficer, &[glass()]);
    assert_eq!((found.refused, found.unknown.len()), (1, 0), "{found:?}");
}

#[test]
fn exactly_the_kinds_that_are_named_are_tried() {
    for kind in Kind::ALL {
        let judged = tried(&without(&[]), None, Role::Agent, &[body(*kind, ACCOUNT, Ok(()), None)]).judged == 1;
        assert_eq!(judged, TRIED.contains(kind), "{kind:?}");
    }
}
