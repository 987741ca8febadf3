//! Papers that are made of a plan.

use crate::{SMALL, changed, derived, small};
use plan::export::Fides;
use plan::{Difference, Plan, diff};

const DATES: &str = "starts = 2026-01-01\nends = 2030-12-31";

/// The small plan with a purpose of its own, which its entry and an analysis have.
fn own(purpose: &str, more: &str) -> String {
    let held = changed("\"callback\", \"delivery\"", &format!("\"{purpose}\""));
    let made = derived("made", "\"phone\"", DATES).replace("\"callback\"", &format!("\"{purpose}\""));
    let made = made.replace("use = \"search\"", "use = \"analyse\"");
    format!("{held}\n[[purpose]]\nid = \"{purpose}\"\nwords = {{ en = \"a\", de = \"b\" }}\n{more}{made}")
}

fn uses(text: &str) -> Vec<&'static str> {
    let plan = Plan::parse(text).unwrap_or_else(|faults| panic!("{faults}"));
    Fides::of(&plan).system[0].privacy_declarations.iter().map(|one| one.data_use).collect()
}

#[test]
fn a_purpose_of_the_plans_own_is_never_told_as_essential_unless_it_says_so() {
    assert_eq!(uses(SMALL), ["essential.service.operations", "essential.service.operations.support"]);
    assert_eq!(uses(&own("tips", "")), ["collect", "analytics"]);
    assert_eq!(
        uses(&own("tips", "").replace("use = \"analyse\"", "use = \"send\"")),
        ["collect", "functional.service"]
    );
    assert_eq!(uses(&own("direct_marketing", "")), ["marketing", "marketing"]);
    assert_eq!(uses(&own("adverts", "")), ["marketing.advertising", "marketing.advertising"]);
    assert_eq!(uses(&own("recommendations", "")), ["personalize", "personalize"]);
    let said = own("tips", "fides = \"essential.fraud_detection\"\n");
    assert_eq!(uses(&said), ["essential.fraud_detection", "essential.fraud_detection"]);
    let shipped = Plan::parse(plan::DEFAULT).unwrap();
    let declared = &Fides::of(&shipped).system[0].privacy_declarations;
    let copy = declared.iter().find(|one| one.name.starts_with("own_copy")).unwrap();
    assert_eq!(copy.data_use, "functional.service");
}

#[test]
fn a_data_use_that_fides_does_not_have_is_refused_and_another_is_told() {
    let text = own("tips", "fides = \"improve\"\n");
    let faults = Plan::parse(&text).unwrap_err();
    let line = 1 + text.lines().position(|line| line.starts_with("fides")).unwrap();
    assert_eq!((faults.all().len(), faults.all()[0].line), (1, line), "{faults}");
    assert!(
        faults.to_string().contains("\"improve\" is no Fides data use that is known; next: write one of analytics")
    );
    let plan = |more| Plan::parse(&own("tips", more)).unwrap();
    let says = "tips is told in the Fides language as sales in place of what its uses are.".to_owned();
    let told = diff(&plan(""), &plan("fides = \"sales\"\n"));
    assert_eq!(told, [Difference { says, widens: false }]);
    assert!(small().fides.is_empty());
}
