//! Every role, act, field and purpose in every situation, driven through the real endpoints: held against
//! policies/decisions.txt, and each decision against the rules' own.

use crate::centre::{Centre, EVEN, Person, ROLES, acts, invented, now, repository};
use crate::http::{Answer, Client};
use crate::kinds::on_page;
use crate::phones::Phones;
use crate::server::Server;
use domain::{Binding, Channel, FieldKind, Role};
use policy::{Act, Asker, Decision, Device, Facts, Ground, Rules, Situation};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How things stand, by the names of the table's columns.
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

/// What a situation is called to which a second person says yes, for each value by itself.
const AGREED: &str = ", agreed";

/// How many there are: the agent's, the team leader's, somebody else's, and two who are guarded.
const CUSTOMERS: u64 = 5;
/// Whose number is which.
const ELSEWHERE: u64 = 3;
const GUARDED: u64 = 4;

/// A customer with one of every kind of field, known by an invented number.
pub(crate) fn add_customer(centre: &Centre, number: u64) {
    add_customer_to(centre, crate::centre::TENANT, number);
}

/// The same, a tenant's.
pub(crate) fn add_customer_to(centre: &Centre, tenant: &str, number: u64) {
    let record = json!({
        "name": testkit::NAME,
        "postal_address": "12 High St|Leeds|LS1 4AB|GB",
        "phone": invented(number).phone,
        "email": testkit::EMAIL,
        "date_of_birth": testkit::DATE_OF_BIRTH,
        "card": testkit::CARD,
        "bank_account": testkit::IBAN,
        "order": testkit::ORDER,
        "preference": "delivery=evening",
        "note": "Rings in the evening.",
    });
    let file = centre.folder().join("customer.json");
    std::fs::write(&file, record.to_string()).unwrap();
    centre.good(&["customer", "add", "--file", file.to_str().unwrap(), "--tenant", tenant]);
}

/// A call in one of the situations, and the customer whom it is tried on.
struct Stage {
    server: usize,
    interaction: String,
    customer: String,
    /// A search's hit, as it can be claimed.
    claim: Value,
    /// Who says yes, on a page.
    second: Option<Client>,
}

/// A centre whose people have an allowance, one whose people have none, and one in which no field is shown to one alone.
struct World {
    centres: Vec<(Centre, Server, Vec<Person>)>,
    phones: Phones,
    /// A team leader of another team, at a page of the first centre.
    second: Client,
    /// Each role at a page of the first centre.
    pages: Vec<Client>,
}

/// Is it done on pages alone, by the rules? By a program everybody would be refused it, which would tell nothing of the roles.
fn on_pages(act: Act) -> bool {
    matches!(act, Act::Approve | Act::BreakGlass(_) | Act::ReviewGlass)
}

impl World {
    fn new() -> Self {
        let phones = Phones::listen();
        let budgets = |left: u64, once: u32, few: u32| {
            // Finding the customer and proving them take one search and one code.
            let attempts = [
                "verify_per_interaction",
                "verify_per_customer",
                "code_per_interaction",
                "approval_per_hour",
                "agreed_per_hour",
            ];
            let all = attempts.map(|kind| (kind, 1_000_000)).into_iter().chain([("code_per_hour", once)]);
            let lines: String = all.map(|(kind, limit)| format!("{kind} = {limit}\n")).collect();
            let lines = format!("{lines}fields_per_interaction = {few}\n");
            format!("{}\n[budgets]\n{EVEN}\n{}\n{lines}", phones.config(), acts("person", left))
        };
        let open = |config: String| {
            let centre = Centre::new("", &config);
            (1..=CUSTOMERS).for_each(|number| add_customer(&centre, number));
            let people: Vec<Person> = ROLES.iter().map(|role| centre.hire(&format!("A {role}"), role)).collect();
            let server = centre.serve();
            (centre, server, people)
        };
        let centres = [(1_000_000, 1_000_000, 1_000), (1, 1, 1_000), (1_000_000, 1_000_000, 0)];
        let centres = centres.map(|(left, once, few)| open(budgets(left, once, few)));
        let (centre, server, people) = &centres[0];
        let leader = centre.hire_into("south", "Lea South", "team_leader");
        let at_page = |person: &Person| on_page(&server.client(), server.address(), &person.token);
        let (second, pages) = (at_page(&leader), people.iter().map(at_page).collect());
        Self { centres: centres.into(), phones, second, pages }
    }

    fn client(&self, server: usize, role: usize) -> Client {
        let (_, running, people) = &self.centres[server];
        running.client().bearer(&people[role].token)
    }

    /// Whoever does an act where the rules have it done.
    fn doing(&self, act: Act, server: usize, role: usize) -> Client {
        if on_pages(act) { self.pages[role].clone() } else { self.client(server, role) }
    }

    /// Puts a person's call into a situation. Customer 1 is the agent's, customer 2 the team leader's.
    fn stage(&self, role: usize, situation: &str) -> Stage {
        let second = situation.strip_suffix(AGREED).map(|_| self.second.clone());
        let situation = situation.trim_end_matches(AGREED);
        let server = ["", "spent", "many"].iter().position(|other| *other == situation).unwrap_or(0);
        let (centre, running, people) = &self.centres[server];
        let (nobody, client) = (running.client(), self.client(server, role));
        let number = role as u64 + if situation == "guarded" { GUARDED } else { 1 };
        let reference = centre.message();
        let mut call = json!({"interaction": reference, "channel": "call", "person": people[role].id});
        if situation != "claimed" {
            call["from"] = json!({"phone": invented(number).phone});
        }
        let tell = |kind: &str, data: Value| centre.tell(&nobody, kind, &now(), &data).expect(202);
        let interaction = tell("interaction.connected", call).member("interaction");
        let at = format!("/v1/interactions/{interaction}");
        let hits = client.post(&format!("{at}/searches"), &json!({"phone": invented(number).phone})).expect(200);
        let hit = &hits.json()["hits"][0];
        let claim = json!({"customer": hit["customer"], "claim": hit["claim"]});
        if situation == "claimed" {
            client.post(&format!("{at}/claims"), &claim).expect(200);
        }
        let customer = client.get(&at).expect(200).member("customer");
        match situation {
            "no call" => {
                tell("interaction.ended", json!({"interaction": reference}));
            }
            "on hold" => {
                tell("interaction.held", json!({"interaction": reference}));
            }
            "proven" | "guarded" | "many" | "spent" => {
                client.post(&format!("{at}/codes"), &json!({})).expect(202);
                let code = self.phones.next()["code"].clone();
                tell("interaction.code_entered", json!({"interaction": reference, "code": code}));
                assert_eq!(client.get(&at).expect(200).member("binding"), "proven");
            }
            _ => {}
        }
        if situation == "guarded" {
            self.guard(&customer);
        }
        let interaction = match situation {
            "case" => {
                let wanted = json!({"interaction": interaction, "reason": "returned_mail"});
                client.post(&format!("/v1/customers/{customer}/cases"), &wanted).expect(201).member("case")
            }
            _ => interaction,
        };
        let customer = if situation == "other customer" { self.customer(role, ELSEWHERE) } else { customer };
        Stage { server, interaction, customer, claim, second }
    }

    /// The stage on which an act is tried. A case shows so few values that each gets one of its own.
    fn staged(&self, role: usize, act: Act, situation: &str) -> Option<Stage> {
        let serves = role < 2 && matches!(act, Act::Reveal(..)) && situation == "case, agreed";
        serves.then(|| self.stage(role, situation))
    }

    fn guard(&self, customer: &str) {
        let officer = ROLES.iter().position(|role| *role == "security_officer").unwrap();
        let reason = json!({"reason": "vulnerable"});
        self.client(0, officer).put(&format!("/v1/customers/{customer}/guard"), &reason).expect(200);
    }

    /// The id of a customer, by a call of their own.
    fn customer(&self, role: usize, number: u64) -> String {
        let (centre, running, people) = &self.centres[0];
        let nobody = running.client();
        centre.call_from(&nobody, &people[role], number).1
    }
}

fn words(act: Act) -> String {
    match act {
        Act::Reveal(field, purpose) => format!("reveal {} for {}", field.slug(), purpose.slug()),
        Act::Verify(field) => format!("verify {}", field.slug()),
        Act::BreakGlass(field) => format!("break_glass {}", field.slug()),
        other => other.slug().to_owned(),
    }
}

/// An answer that can be read, and fits nobody: one that can't be read costs nothing, so it would tell nothing.
fn wrong(field: FieldKind) -> &'static str {
    match field {
        FieldKind::PostalAddress => "99 Low Road, York, YO1 7HH",
        FieldKind::Phone => "+442079460999",
        FieldKind::Email => "nobody@example.org",
        FieldKind::DateOfBirth => "1901-01-01",
        FieldKind::Card => "5555555555554444",
        FieldKind::BankAccount => "DE89370400440532013000",
        FieldKind::Order => "RF-0000-000",
        FieldKind::Preference => "delivery=never",
        FieldKind::Name | FieldKind::Note => "Nobody Known",
    }
}

/// A second person says yes to it, where it can be put to one at all.
fn agree(client: &Client, second: &Client, path: &str, wanted: &Value) {
    let asked = client.post(path, wanted);
    if asked.status == 202 {
        let answers = format!("/v1/approvals/{}/answers", asked.member("approval"));
        second.post(&answers, &json!({"answer": "yes"})).expect(204);
    }
}

fn ask(client: &Client, act: Act, stage: &Stage) -> Answer {
    let Stage { interaction, customer, claim, second, .. } = stage;
    let on = |what: &str| format!("/v1/customers/{customer}/{what}");
    let within = |what: &str| format!("/v1/interactions/{interaction}/{what}");
    match act {
        Act::Reveal(field, purpose) => {
            let wanted = crate::centre::reveal_body(interaction, field.slug(), purpose.slug());
            if let Some(second) = second {
                agree(client, second, &on("approvals"), &wanted);
            }
            client.post(&on("reveals"), &wanted)
        }
        Act::Verify(field) => client.post(
            &on("verifications"),
            &json!({"interaction": interaction, "field": field.slug(), "said": wrong(field)}),
        ),
        Act::View => client.post(&on("views"), &json!({"interaction": interaction})),
        Act::Search => client.post(&within("searches"), &json!({"phone": invented(2).phone})),
        Act::Claim => client.post(&within("claims"), claim),
        Act::SendCode => client.post(&within("codes"), &json!({})),
        Act::WriteNote => client.post(&on("notes"), &json!({"interaction": interaction, "text": "Rang about a lamp."})),
        Act::FollowUp => client.post(&on("cases"), &json!({"interaction": interaction, "reason": "complaint"})),
        // That nobody of that name is of the team is said after the yes; and so it is of a case that isn't there.
        Act::AssignCase => {
            let nobody = format!("per_{}", "0".repeat(32));
            client.post("/v1/cases", &json!({"customer": customer, "person": nobody, "reason": "complaint"}))
        }
        Act::OverseeCases => client.ask("DELETE", &format!("/v1/cases/int_{}", "0".repeat(32)), b"").unwrap(),
        Act::TellDrill => {
            let result = json!({"drill": "reveal-on-hold", "verdict": "held", "where": "scratch"});
            client.post("/v1/drills", &json!({"results": [result]}))
        }
        Act::PlanPeopleDrill => {
            client.ask("DELETE", &format!("/v1/people-drills/pdr_{}", "0".repeat(32)), b"").unwrap()
        }
        Act::ReadCulture => client.get("/v1/culture"),
        Act::BuildPack => client.post("/v1/packs", &json!({"nonce": "0".repeat(64), "manifest": "1".repeat(64)})),
        Act::HandleReport => client.get("/v1/reports"),
        Act::HandleReportOutside => client.get("/v1/reports/outside"),
        Act::UseBoardLine => client.get("/v1/board"),
        Act::AnswerBoard => client.post("/v1/board/answers", &json!({"text": "Yes: we look into it."})),
        Act::ReadLog => client.get("/v1/disclosures?limit=1"),
        // That there is no such customer is said after the yes, and that a program's counts for nothing after that.
        Act::Erase => client.ask("DELETE", &format!("/v1/customers/cus_{}", "0".repeat(32)), b"").unwrap(),
        // Everybody learns how the log stands; alarms are in it for some.
        Act::ReadAlarms => client.get("/v1/log/status"),
        Act::ReadTeam => client.get("/v1/team/budgets"),
        Act::ReadBudgets => client.get("/v1/budgets?limit=1"),
        Act::ReadPeople => client.get("/v1/people?limit=1"),
        Act::ChangePower => client.post(
            "/v1/power/changes",
            &json!({"change": "add_person", "name": "Nia New", "role": "agent", "team": "north"}),
        ),
        Act::ReadSessions => client.get("/v1/sessions"),
        Act::EndSession => client.ask("DELETE", &format!("/v1/sessions/ses_{}", "0".repeat(32)), b"").unwrap(),
        // The list is also read by team leaders, as those who agree.
        Act::Enrol => client.post(
            &format!("/v1/enrolments/enr_{}/approvals", "0".repeat(32)),
            &json!({"credential": "AA", "client_data": "e30", "authenticator_data": "AA", "signature": "AA"}),
        ),
        Act::GiveStatement => client.post(&on("statements"), &json!({})),
        Act::KeepDirectory => client.get("/scim/v2/Users"),
        Act::DecideProposal => client.get("/v1/proposals"),
        Act::EnrolDevice => client.get("/v1/devices"),
        Act::Guard => client.get("/v1/guards"),
        Act::BreakGlass(field) => {
            let wanted = json!({"customer": customer, "field": field.slug(), "instance": 1, "reason": "life"});
            let asked = client.post("/v1/glass", &wanted);
            // To ask shows nothing: what the rules say is told to whoever then wants to see it, alone.
            match asked.status {
                201 => client.post(
                    &format!("/v1/glass/{}/reveal", asked.member("glass")),
                    &json!({"assertion": {"credential": "AA", "client_data": "e30", "authenticator_data": "AA", "signature": "AA"}}),
                ),
                _ => asked,
            }
        }
        Act::ReviewGlass => {
            client.post(&format!("/v1/glass/gls_{}/review", "0".repeat(32)), &json!({"finding": "justified"}))
        }
        Act::FileRequest => client.post("/v1/privacy/requests", &crate::requests::wanted("access", 2)),
        // That there is no such request is said after the yes.
        Act::HandleRequest => {
            client.post(&crate::requests::steps_of_none(), &json!({"step": "extend", "reason": "complexity"}))
        }
        Act::AgreeToAnswer => client.post(&crate::requests::steps_of_none(), &json!({"step": "answer"})),
        Act::Approve => client.post(&format!("/v1/approvals/apr_{}/answers", "0".repeat(32)), &json!({"answer": "no"})),
    }
}

/// What the answer says of the decision: yes, or the refusal. What comes after a yes isn't the rules'.
fn outcome(answer: &Answer) -> String {
    match (answer.status, answer.slug().as_str()) {
        // That it isn't there, as the session to be ended, is said after the yes.
        (200..=299 | 404, _) => "yes".to_owned(),
        // SCIM has errors of its own shape.
        (403, "") => {
            let said = answer.json()["detail"].as_str().unwrap().to_owned();
            let refusal = domain::Refusal::ALL.iter().find(|refusal| said.starts_with(refusal.title()));
            refusal.unwrap_or_else(|| panic!("{said}")).slug().to_owned()
        }
        (_, slug) => slug.to_owned(),
    }
}

/// The facts of a situation, for the rules.
fn facts(role: Role, act: Act, situation: &str) -> Facts<'static> {
    // Only what shows a value is put to a second person.
    let agreed = situation.ends_with(AGREED) && matches!(act, Act::Reveal(..));
    let situation = situation.trim_end_matches(AGREED);
    let best = Ground { binding: Binding::Matched, ..Situation::best(Channel::Call).ground };
    let ground = match situation {
        "no call" => Ground { live: false, ..best },
        "other customer" => Ground { customer: false, ..best },
        "on hold" => Ground { talking: false, ..best },
        "claimed" => Ground { binding: Binding::Claimed, ..best },
        "matched" => best,
        "case" => Situation::best(Channel::Case).ground,
        _ => Situation::best(Channel::Call).ground,
    };
    let left = if situation == "spent" { 0 } else { u32::MAX };
    let device = if on_pages(act) { Device::Page } else { Device::Program };
    let asker = Asker { role, probation: false, team: "", device, hour: 12 };
    // A code goes to whomever the call belongs to: there is no other customer that it could be sent to.
    let ground = if act == Act::SendCode { Ground { customer: true, ..ground } } else { ground };
    let (guarded, many) = (situation == "guarded", situation == "many");
    let situation = Situation { ground, left, guarded, many, ..Situation::best(Channel::Call) };
    Facts { asker, act, situation: if agreed { situation.approved() } else { situation } }
}

fn decided(rules: &Rules, facts: &Facts<'_>) -> String {
    match rules.decide(facts) {
        Decision::Permit => "yes".to_owned(),
        Decision::NeedsApproval(denial) | Decision::Refuse(denial) => denial.refusal().slug().to_owned(),
    }
}

#[test]
fn every_role_act_field_and_situation_is_as_written_down() {
    let (world, rules) = (World::new(), Rules::built_in().unwrap());
    let stages: Vec<Vec<Stage>> =
        [0, 1].map(|role| SITUATIONS.iter().map(|situation| world.stage(role, situation)).collect()).into();
    let mut table = String::from(
        "What each role gets for each act, as the real endpoints answer. Columns: no call, other customer, on hold, claimed, matched,\n\
         proven, proven and guarded, proven and one field too many, allowance spent (and proven), a case; then, with a second person's yes to\n\
         each value: matched, guarded, a case. Roles that serve nobody try it on the agent's calls; \"always\" is all thirteen.\n\
         By a program each, but for what is done on pages alone: approve, break_glass and review_glass. A program is refused those.\n\
         Made by: RINGFENCE_BLESS=1 cargo test --release -p ringfence --test live every_role_act\n",
    );
    for (number, slug) in ROLES.iter().enumerate() {
        let role = Role::from_slug(slug).unwrap();
        writeln!(table, "\n{slug}").unwrap();
        for act in Act::all() {
            // An act of the office rests on no call.
            let on_calls = if act.serves() { SITUATIONS.len() } else { 1 };
            let said = |at: usize| {
                let stage = &stages[if number == 1 { 1 } else { 0 }][at];
                let own = world.staged(number, act, SITUATIONS[at]);
                let stage = own.as_ref().unwrap_or(stage);
                let answer = ask(&world.doing(act, stage.server, number), act, stage);
                let told = match act {
                    Act::ReadAlarms if answer.json()["alarms"].is_null() => "role-not-allowed".to_owned(),
                    _ => outcome(&answer),
                };
                let expected = decided(&rules, &facts(role, act, SITUATIONS[at]));
                assert_eq!(told, expected, "{slug}, {}, {}: the door and the rules differ", words(act), SITUATIONS[at]);
                told
            };
            let line: Vec<String> = (0..on_calls).map(said).collect();
            let all_same = line.iter().all(|said| *said == line[0]);
            let shown = if all_same { format!("always {}", line[0]) } else { line.join("  ") };
            writeln!(table, "    {:<40} {shown}", words(act)).unwrap();
        }
    }
    crate::golden::hold(&repository().join("policies/decisions.txt"), &table);
}
