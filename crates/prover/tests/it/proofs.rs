use crate::world::{Change, ROOT, block_on, changed, proved, refuted};
use policy::Rules;
use prover::{HeldBy, Status};
use std::fs;
use std::time::{Duration, Instant};

#[test]
fn every_invariant_of_the_rules_is_proved_within_five_seconds() {
    let rules = Rules::built_in().unwrap();
    let begun = Instant::now();
    let verdicts = proved(&rules);
    let taken = begun.elapsed();
    let proofs = verdicts.iter().filter(|verdict| verdict.status == Status::Proved).count();
    println!("{proofs} proofs in {taken:?}");
    for verdict in &verdicts {
        let held_by_rules = matches!(verdict.invariant.held_by, HeldBy::Rules(_) | HeldBy::RulesThemselves);
        let expected = if held_by_rules { Status::Proved } else { Status::Tested };
        assert_eq!(verdict.status, expected, "{}", verdict.invariant.name);
        assert!(verdict.invariant.says.ends_with('.') && !verdict.invariant.name.is_empty());
    }
    assert!(proofs >= 12, "{proofs}");
    assert!(taken < Duration::from_secs(5), "{taken:?}");
}

const OFFICER: &str = "principal.role == Role::\"security_officer\"";

/// For each invariant that the rules hold, changes that break it.
const BREAKERS: [(&str, &[Change]); 47] = [
    ("no-disclosure-without-a-live-interaction", &[Change::Drop("live-interaction-needed")]),
    ("one-interaction-one-customer", &[Change::Drop("own-customer-only")]),
    ("nothing-shown-on-hold", &[Change::Drop("nothing-shown-on-hold")]),
    ("no-card-to-a-person", &[Change::Replace("Field::\"order\",\n", "Field::\"bank_account\",\n")]),
    (
        "it-discloses-nothing",
        &[Change::Drop("it-sees-no-data"), Change::Replace("Role::\"team_leader\"", "Role::\"integrator\"")],
    ),
    (
        "it-reads-no-log",
        &[Change::Drop("it-reads-no-log"), Change::Replace("Role::\"auditor\"", "Role::\"it_operator\"")],
    ),
    ("who-watches-does-not-look", &[Change::Replace("Role::\"team_leader\"", "Role::\"security_officer\"")]),
    (
        "who-looks-does-not-watch",
        &[Change::Drop("who-serves-does-not-watch"), Change::Replace("Role::\"auditor\"", "Role::\"agent\"")],
    ),
    ("only-who-serves-looks", &[Change::Replace("Role::\"team_leader\"", "Role::\"board_member\"")]),
    ("sensitive-needs-proof-or-a-second-person", &[Change::Drop("sensitive-data-needs-proof")]),
    ("bank-account-needs-a-second-person", &[Change::Drop("bank-account-needs-a-second-person")]),
    ("guarded-customers-need-a-second-person", &[Change::Drop("guarded-customers-need-a-second-person")]),
    ("many-fields-need-a-second-person", &[Change::Drop("many-fields-need-a-second-person")]),
    ("casework-needs-a-second-person", &[Change::Drop("casework-needs-a-second-person")]),
    ("casework-proves-nobody", &[Change::Drop("no-accounts-in-a-case")]),
    ("casework-finds-nobody", &[Change::Drop("nobody-on-the-line")]),
    ("a-case-follows-a-sure-customer", &[Change::Drop("follow-up-needs-a-match")]),
    (
        "only-leaders-assign-cases",
        &[Change::Replace("principal.role == Role::\"team_leader\"", "principal.role == Role::\"agent\"")],
    ),
    (
        "only-leaders-and-security-oversee-cases",
        &[Change::Replace("Role::\"team_leader\", Role::\"security_officer\"", "Role::\"it_operator\"")],
    ),
    ("only-security-tells-drills", &[Change::Replace("Role::\"security_analyst\"]", "Role::\"it_operator\"]")]),
    (
        "only-security-plans-people-drills",
        &[
            Change::Drop("only-security-plans-people-drills"),
            Change::Replace(
                "principal, action == Action::\"plan_people_drill\", resource)\nwhen { [Role::\"security_officer\", Role::\"security_analyst\"]",
                "principal, action == Action::\"plan_people_drill\", resource)\nwhen { [Role::\"it_operator\"]",
            ),
        ],
    ),
    (
        "culture-is-not-its",
        &[
            Change::Drop("culture-is-not-everybodys"),
            Change::Replace(
                "        Role::\"auditor\",\n        Role::\"team_leader\"",
                "        Role::\"it_operator\"",
            ),
        ],
    ),
    ("only-security-builds-packs", &[Change::Replace("Role::\"security_analyst\"]", "Role::\"it_operator\"]")]),
    (
        "it-never-touches-the-board-line",
        &[
            Change::Drop("only-the-board-uses-its-line"),
            Change::Replace(
                "when { principal.role == Role::\"board_member\" };",
                "when { principal.role == Role::\"it_operator\" };",
            ),
        ],
    ),
    (
        "reports-are-read-by-handlers-only",
        &[
            Change::Drop("the-way-past-security-is-not-securitys"),
            Change::Replace(
                "principal, action == Action::\"handle_report_outside\", resource)\nwhen { [Role::\"data_protection_officer\", Role::\"auditor\"]",
                "principal, action == Action::\"handle_report_outside\", resource)\nwhen { [Role::\"security_officer\"]",
            ),
        ],
    ),
    (
        "only-data-protection-handles-requests",
        &[
            Change::Drop("only-officers-agree-to-answers"),
            Change::Replace(
                "[Role::\"data_protection_officer\", Role::\"security_officer\"]",
                "[Role::\"data_protection_officer\", Role::\"it_operator\"]",
            ),
        ],
    ),
    ("only-security-guards", &[Change::Replace("Role::\"security_analyst\"]", "Role::\"agent\"]")]),
    ("only-second-people-approve", &[Change::Replace("Role::\"team_leader\"", "Role::\"integrator\"")]),
    ("glass-needs-two-officers", &[Change::Drop("glass-needs-a-second-officer")]),
    (
        "no-account-behind-the-glass",
        &[
            Change::Drop("glass-shows-what-finds-people"),
            Change::Replace(
                "Field::\"date_of_birth\"\n    ].contains(resource)\n};",
                "Field::\"bank_account\"\n    ].contains(resource)\n};",
            ),
        ],
    ),
    (
        "only-board-and-officers-review-glass",
        &[
            Change::Drop("only-board-and-officers-review-glass"),
            Change::Replace("[Role::\"board_member\", Role::\"security_officer\"]", "[Role::\"it_operator\"]"),
        ],
    ),
    ("contact-data-needs-a-match", &[Change::Drop("contact-data-needs-a-match")]),
    ("every-look-costs", &[Change::Replace("context.left < 1", "context.left < 0")]),
    ("nobody-approves-their-own", &[Change::Drop("nobody-approves-their-own")]),
    ("only-data-protection-erases", &[Change::Replace("Role::\"data_protection_officer\"", "Role::\"board_member\"")]),
    ("only-officers-let-passkeys-count", &[Change::Replace(OFFICER, "principal.role == Role::\"board_member\"")]),
    ("only-security-ends-sessions", &[Change::Replace("Role::\"security_analyst\"", "Role::\"it_operator\"")]),
    ("only-watchers-see-what-everybody-spent", &[Change::Replace("Role::\"auditor\"", "Role::\"team_leader\"")]),
    (
        "it-reads-no-list-of-people",
        &[Change::Replace(
            "        Role::\"auditor\",\n        Role::\"security_officer\",\n        Role::\"security_analyst\"\n",
            "        Role::\"it_operator\"\n",
        )],
    ),
    (
        "it-files-no-request",
        &[Change::Replace(
            "[Role::\"data_protection_officer\", Role::\"integrator\"]",
            "[Role::\"it_operator\", Role::\"integrator\"]",
        )],
    ),
    ("it-makes-nobody", &[Change::Replace("Role::\"team_leader\"", "Role::\"it_operator\"")]),
    ("only-security-decides-proposals", &[Change::Replace(OFFICER, "principal.role == Role::\"team_leader\"")]),
    ("only-a-machine-keeps-the-list", &[Change::Replace("== Role::\"integrator\"", "== Role::\"team_leader\"")]),
    ("paying-opens-no-contact-data", &[Change::Replace("Purpose::\"callback\",", "Purpose::\"payment\",")]),
    ("only-officers-change-power", &[Change::Replace(OFFICER, "principal.role == Role::\"it_operator\"")]),
    ("it-sees-no-alarm", &[Change::Replace("Role::\"board_member\",", "Role::\"integrator\",")]),
    ("no-rule-fails", &[Change::Replace("context.left < 3", "context.left - 9223372036854775807 < 3")]),
];

#[test]
fn each_invariant_of_the_rules_can_be_broken_and_says_how() {
    let named: Vec<String> = prover::invariants()
        .unwrap()
        .into_iter()
        .filter(|invariant| matches!(invariant.held_by, HeldBy::Rules(_) | HeldBy::RulesThemselves))
        .map(|invariant| invariant.name)
        .collect();
    let broken: Vec<&str> = BREAKERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, broken);
    for (name, changes) in BREAKERS {
        let refuted = refuted(&changed(changes).unwrap());
        let told = refuted.iter().find(|(refuted, _)| refuted == name);
        let (_, told) = told.unwrap_or_else(|| panic!("{name} wasn't refuted: {refuted:?}"));
        println!("{name}: {told}");
        assert!(told.contains(" could ") && told.ends_with('.'), "{told}");
    }
}

#[test]
fn without_a_solver_nothing_is_claimed() {
    let rules = Rules::built_in().unwrap();
    for verdict in block_on(prover::prove(&rules, None)).unwrap() {
        let held_by_rules = matches!(verdict.invariant.held_by, HeldBy::Rules(_) | HeldBy::RulesThemselves);
        assert_eq!(matches!(verdict.status, Status::Unknown(_)), held_by_rules, "{:?}", verdict.status);
    }
    // With something that isn't a solver, only what needs none is proved: where no rule could permit it at all.
    let verdicts = block_on(prover::prove(&rules, Some("/bin/cat".as_ref()))).unwrap();
    let unknown = verdicts.iter().filter(|verdict| matches!(verdict.status, Status::Unknown(_))).count();
    assert!(unknown >= 10, "{unknown}");
    assert!(!verdicts.iter().any(|verdict| matches!(verdict.status, Status::Refuted(_))));
}

#[test]
fn what_a_test_holds_has_that_test() {
    for invariant in prover::invariants().unwrap() {
        let (HeldBy::Settle(test) | HeldBy::Type(_, test)) = invariant.held_by else { continue };
        let text = fs::read_to_string(format!("{ROOT}/{}", test.file)).unwrap();
        assert!(text.contains(&format!("fn {}(", test.name)), "{}: {} has no {}", invariant.name, test.file, test.name);
    }
}
