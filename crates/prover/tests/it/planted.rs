//! Fifty-five changes that would permit more, as a careless or bribed officer might propose them: each is refuted by a
//! proof, shows as a changed line of policies/decisions.txt, or is met by one of many random situations.

use crate::world::Change::{Add, Drop, Replace};
use crate::world::{Change, ROOT, changed, refuted};
use domain::{Binding, Channel, FieldKind, Purpose, Role};
use policy::{Act, Approvals, Asker, Decision, Device, Facts, Ground, Rules, Situation};
use std::fs;

const SERVE: &str = "[Role::\"agent\", Role::\"team_leader\"]";

const PLANTED: [&[Change]; 55] = [
    // Less ground.
    &[Drop("live-interaction-needed")],
    &[Drop("nothing-shown-on-hold")],
    &[Drop("own-customer-only")],
    &[Drop("somebody-must-be-named")],
    &[Drop("contact-data-needs-a-match")],
    &[Drop("sensitive-data-needs-proof")],
    &[Replace("context.interaction.live", "context.interaction.live || principal.role == Role::\"team_leader\"")],
    &[Replace("context.interaction.live", "context.interaction.live || context.hour > 20")],
    &[Replace("context.interaction.live", "context.interaction.live || context.device == Device::\"program\"")],
    &[Replace("context.interaction.customer", "context.interaction.customer || context.interaction.talking")],
    &[Replace("context.interaction.talking", "context.interaction.live")],
    &[Replace(
        "[Binding::\"matched\", Binding::\"proven\"]",
        "[Binding::\"claimed\", Binding::\"matched\", Binding::\"proven\"]",
    )],
    &[Replace("        Field::\"email\",\n        Field::\"bank_account\"\n", "        Field::\"bank_account\"\n")],
    &[Replace("binding == Binding::\"matched\" && ", "binding == Binding::\"claimed\" && ")],
    &[Replace("&& !context.approvers.isEmpty()", "")],
    &[Replace("Field::\"date_of_birth\", Field::\"card\"]", "Field::\"card\"]")],
    &[Replace(
        "Action::\"serve\", resource)\nunless { context",
        "Action::\"about_customer\", resource)\nunless { context",
    )],
    &[Replace("action in Action::\"about_customer\"", "action == Action::\"reveal\"")],
    // Casework.
    &[Drop("casework-needs-a-second-person")],
    &[Drop("nobody-on-the-line")],
    &[Drop("no-accounts-in-a-case")],
    &[Drop("follow-up-needs-a-match")],
    &[Replace(
        "[Field::\"date_of_birth\", Field::\"card\", Field::\"bank_account\"]",
        "[Field::\"card\", Field::\"bank_account\"]",
    )],
    // More fields.
    &[Drop("card-never-shown"), Replace("resource == Field::\"phone\")", "resource == Field::\"card\")")],
    &[Replace("        Field::\"order\",\n", "        Field::\"card\",\n")],
    &[Replace("        Field::\"order\",\n", "        Field::\"bank_account\",\n")],
    &[Replace("        Field::\"preference\"\n", "        Field::\"note\"\n")],
    &[
        Drop("card-never-shown"),
        Add("permit (principal, action == Action::\"reveal\", resource) when { principal.role == Role::\"agent\" };"),
    ],
    // More purposes.
    &[Replace("Purpose::\"verification\", Purpose::\"correction\"", "Purpose::\"verification\", Purpose::\"payment\"")],
    &[Replace("[Purpose::\"payment\", Purpose::\"correction\"]", "[Purpose::\"payment\", Purpose::\"complaint\"]")],
    &[Replace("[Purpose::\"callback\", Purpose::\"delivery\"", "[Purpose::\"callback\", Purpose::\"payment\"")],
    &[Replace("        Purpose::\"callback\",\n", "        Purpose::\"payment\",\n")],
    &[Replace(
        "[Purpose::\"delivery\", Purpose::\"correspondence\"",
        "[Purpose::\"complaint\", Purpose::\"correspondence\"",
    )],
    &[Replace(
        "[Purpose::\"delivery\", Purpose::\"complaint\", Purpose::\"payment\"]",
        "[Purpose::\"delivery\", Purpose::\"complaint\", Purpose::\"callback\"]",
    )],
    &[Add(
        "permit (principal, action == Action::\"reveal\", resource == Field::\"order\") when { principal.role == Role::\"agent\" };",
    )],
    &[Add(
        "permit (principal, action == Action::\"reveal\", resource) when { principal.role == Role::\"team_leader\" };",
    )],
    // More roles.
    &[
        Drop("only-who-serves-serves"),
        Replace(SERVE, "[Role::\"agent\", Role::\"team_leader\", Role::\"quality_analyst\"]"),
    ],
    &[
        Drop("only-who-serves-serves"),
        Replace(SERVE, "[Role::\"agent\", Role::\"team_leader\", Role::\"security_officer\"]"),
    ],
    &[Replace(SERVE, "[Role::\"agent\", Role::\"team_leader\", Role::\"board_member\"]")],
    &[Replace(SERVE, "[Role::\"agent\", Role::\"team_leader\", Role::\"data_protection_officer\"]")],
    &[Drop("it-sees-no-data"), Replace(SERVE, "[Role::\"agent\", Role::\"team_leader\", Role::\"it_operator\"]")],
    &[Drop("it-sees-no-data"), Replace(SERVE, "[Role::\"agent\", Role::\"team_leader\", Role::\"integrator\"]")],
    &[
        Drop("it-reads-no-log"),
        Replace("Role::\"auditor\"].contains", "Role::\"auditor\", Role::\"it_operator\"].contains"),
    ],
    &[
        Drop("it-reads-no-log"),
        Add("permit (principal, action == Action::\"read_log\", resource) when { context.hour < 6 };"),
    ],
    &[Replace("Role::\"auditor\"].contains", "Role::\"auditor\", Role::\"board_member\"].contains")],
    &[
        Drop("who-serves-does-not-watch"),
        Replace("Role::\"auditor\"].contains", "Role::\"auditor\", Role::\"team_leader\"].contains"),
    ],
    &[Drop("who-serves-does-not-watch"), Replace("Role::\"auditor\"].contains", "Role::\"quality_analyst\"].contains")],
    &[
        Drop("only-data-protection-erases"),
        Replace("principal.role == Role::\"data_protection_officer\"", "principal.role == Role::\"auditor\""),
    ],
    &[
        Drop("only-data-protection-erases"),
        Add(
            "permit (principal, action == Action::\"give_statement\", resource) when { principal.role == Role::\"team_leader\" };",
        ),
    ],
    &[Add("permit (principal in Team::\"Night\", action == Action::\"read_log\", resource);")],
    // More in an hour, and fewer people.
    &[Drop("allowance-left")],
    &[Replace("context.left < 1", "context.left < 0")],
    &[Drop("sensitive-data-costs-three")],
    &[Replace("context.left < 3", "context.left < 2")],
    &[Drop("nobody-approves-their-own")],
];

/// The columns of policies/decisions.txt.
const SITUATIONS: [&str; 13] = [
    "no call",
    "other customer",
    "on hold",
    "claimed",
    "matched",
    "proven",
    "guarded",
    "many",
    "spent",
    "case",
    "matched, agreed",
    "guarded, agreed",
    "case, agreed",
];

/// A line of policies/decisions.txt that these rules would change.
fn changed_line(rules: &Rules) -> Option<String> {
    let golden = fs::read_to_string(format!("{ROOT}/policies/decisions.txt")).unwrap();
    let mut role = None;
    let mut lines = 0;
    for line in golden.lines() {
        role = Role::from_slug(line).or(role);
        let (Some(role), Some(line)) = (role, line.strip_prefix("    ")) else { continue };
        lines += 1;
        let (act, said) = line.split_at(40);
        let said: Vec<&str> = said.trim().split("  ").collect();
        for (at, situation) in SITUATIONS.iter().enumerate() {
            let said = said[0].strip_prefix("always ").unwrap_or_else(|| said[at]);
            let now = rules.decide(&facts(role, parse(act.trim()), situation));
            let now = match &now {
                Decision::Permit => "yes",
                Decision::NeedsApproval(denial) | Decision::Refuse(denial) => denial.refusal().slug(),
            };
            if now != said {
                return Some(format!("{role:?} {act} {situation}: {said} becomes {now}"));
            }
        }
    }
    assert_eq!(lines, Role::ALL.len() * Act::all().count(), "the golden file isn't whole");
    None
}

fn parse(words: &str) -> Act {
    let parts: Vec<&str> = words.split(' ').collect();
    match parts.as_slice() {
        ["reveal", field, "for", purpose] => {
            Act::Reveal(FieldKind::from_slug(field).unwrap(), Purpose::from_slug(purpose).unwrap())
        }
        ["break_glass", field] => Act::BreakGlass(FieldKind::from_slug(field).unwrap()),
        ["verify", field] => Act::Verify(FieldKind::from_slug(field).unwrap()),
        [other] => Act::all().find(|act| act.slug() == *other).unwrap(),
        _ => panic!("{words}"),
    }
}

fn facts(role: Role, act: Act, situation: &str) -> Facts<'static> {
    let agreed = situation.ends_with(", agreed") && matches!(act, Act::Reveal(..));
    let situation = situation.trim_end_matches(", agreed");
    let matched = Ground { binding: Binding::Matched, ..Situation::best(Channel::Call).ground };
    let ground = match situation {
        "no call" => Ground { live: false, ..matched },
        "other customer" => Ground { customer: act == Act::SendCode, ..matched },
        "on hold" => Ground { talking: false, ..matched },
        "claimed" => Ground { binding: Binding::Claimed, ..matched },
        "matched" => matched,
        "case" => Situation::best(Channel::Case).ground,
        _ => Situation::best(Channel::Call).ground,
    };
    let left = if situation == "spent" { 0 } else { u32::MAX };
    // Asked where the rules have it done, as the golden file was.
    let on_pages = matches!(act, Act::Approve | Act::BreakGlass(_) | Act::ReviewGlass);
    let device = if on_pages { Device::Page } else { Device::Program };
    let asker = Asker { role, probation: false, team: "", device, hour: 12 };
    let (guarded, many) = (situation == "guarded", situation == "many");
    let situation = Situation { ground, left, guarded, many, ..Situation::best(Channel::Call) };
    Facts { asker, act, situation: if agreed { situation.approved() } else { situation } }
}

/// A random situation in which these rules permit what the built-in ones don't.
fn met_at_random(rules: &Rules, own: &Rules) -> Option<String> {
    let mut state = 20_261_127_u64;
    let mut below = |end: usize| {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        usize::try_from(state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % end
    };
    let acts: Vec<Act> = Act::all().collect();
    for _ in 0..200_000 {
        let asker = Asker {
            role: Role::ALL[below(Role::ALL.len())],
            probation: below(2) == 0,
            team: ["", "Night"][below(2)],
            device: Device::ALL[below(2)],
            hour: u8::try_from(below(24)).unwrap(),
        };
        let ground = Ground {
            live: below(4) > 0,
            customer: below(4) > 0,
            talking: below(4) > 0,
            binding: Binding::ALL[below(4)],
            channel: Channel::ALL[below(4)],
        };
        let approvals = Approvals { own: below(4) == 0, others: u8::try_from(below(2)).unwrap() };
        let situation = Situation {
            ground,
            left: u32::try_from(below(5)).unwrap(),
            guarded: below(4) == 0,
            many: below(4) == 0,
            approvals,
        };
        let facts = Facts { asker, act: acts[below(acts.len())], situation };
        if rules.decide(&facts) == Decision::Permit && own.decide(&facts) != Decision::Permit {
            return Some(format!("{facts:?}"));
        }
    }
    None
}

#[test]
fn the_golden_file_is_what_the_rules_say() {
    assert_eq!(changed_line(&Rules::built_in().unwrap()), None);
}

#[test]
fn the_planted_permissive_changes_are_all_found() {
    let own = Rules::built_in().unwrap();
    let (mut proofs, mut lines, mut met, mut missed) = (0, 0, 0, Vec::new());
    for (number, changes) in PLANTED.iter().enumerate() {
        let rules = changed(changes).unwrap_or_else(|error| panic!("planted change {number} isn't a rule: {error}"));
        if let Some((name, told)) = refuted(&rules).first() {
            println!("{number}: {name}: {told}");
            proofs += 1;
        } else if let Some(line) = changed_line(&rules) {
            println!("{number}: {line}");
            lines += 1;
        } else if let Some(facts) = met_at_random(&rules, &own) {
            println!("{number}: {facts}");
            met += 1;
        } else {
            missed.push(number);
        }
    }
    println!("{proofs} by proof, {lines} by the golden file, {met} by a random situation");
    assert!(missed.is_empty(), "not found: {missed:?}");
}
