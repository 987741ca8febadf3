use super::*;
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
    let mut trial = Trial::new(now, then, limits, people, 0);
    bodies.iter().for_each(|body| trial.see(EntryId([9; 16]), Some(body)));
    trial.found
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
