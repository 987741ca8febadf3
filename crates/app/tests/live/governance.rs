//! Rules changed while serving: proved, refuted with an example, or accepted unproved by two officers; and limits.

use crate::centre::{Centre, Person, repository, reveal_body};
use crate::http::Client;
use crate::power::{enrol_all, signed};
use crate::server::{BINARY, Server};
use crate::wait::{PATIENCE, until};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use testkit::Authenticator;
use vault::Algorithm;

/// The solver: as the program finds it, or where ./test puts it.
fn solver() -> PathBuf {
    let named = std::env::var_os("CVC5").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/venv/bin/cvc5"));
    prover::solver_program(named.as_deref(), &path)
        .or_else(|| own.is_file().then_some(own))
        .expect("cvc5 is needed: run scripts/test/install.sh, or set CVC5")
}

/// A centre with two officers who have passkeys.
struct Governed {
    centre: Centre,
    officers: [Person; 2],
    agent: Person,
    board: Person,
    keys: [Authenticator; 2],
    server: Server,
}

impl Governed {
    fn new(solver: &str) -> Self {
        Self::waiting(solver, 0)
    }

    /// What widens waits for so many seconds.
    fn waiting(solver: &str, seconds: u32) -> Self {
        let centre = Centre::new("", &format!("[budgets]\nwidening_waits_s = {seconds}"));
        centre.import_invented(20);
        let officers = ["Sol Officer", "Sue Officer"].map(|name| centre.hire(name, "security_officer"));
        let (agent, board) = (centre.hire("Ada", "agent"), centre.hire("Bea Board", "board_member"));
        let keys = ["sol", "sue"].map(|name| Authenticator::named(Algorithm::Es256, name));
        enrol_all(&centre, &[(&officers[0], &keys[0]), (&officers[1], &keys[1])]);
        let mut command = Command::new(BINARY);
        command.env("CVC5", solver);
        let server = Server::start_by(command, &centre.data(), &centre.logs(), "warn");
        Self { centre, officers, agent, board, keys, server }
    }

    fn officer(&self, which: usize) -> Client {
        self.server.client().bearer(&self.officers[which].token)
    }

    fn sign(&self, which: usize, draft: &Value) -> crate::http::Answer {
        let path = format!("/v1/power/changes/{}/approval", draft["change"].as_str().unwrap());
        let assertion = signed(&self.keys[which], &draft["challenge"]);
        // A proposal's name is enough; a draft comes back whole.
        let body = match &draft["draft"] {
            Value::Null => json!({"assertion": assertion}),
            draft => json!({"draft": draft, "assertion": assertion}),
        };
        self.officer(which).post(&path, &body)
    }
}

/// The built-in rules with other words in one place.
fn rules(from: &str, to: &str) -> Value {
    let text: String = policy::BUILT_IN.iter().map(|(_, text)| *text).collect();
    assert!(text.contains(from));
    let file = |(name, text): &(&str, &str)| json!({"name": name, "text": text.replace(from, to)});
    json!({"change": "set_rules", "files": policy::BUILT_IN.iter().map(file).collect::<Vec<_>>()})
}

#[test]
fn proved_rules_need_two_officers_and_refuted_ones_are_told_by_an_example() {
    let solver = solver();
    let governed = Governed::new(solver.to_str().unwrap());
    let officer = governed.officer(0);
    // IT among those who watch.
    let permissive = rules("Role::\"auditor\"", "Role::\"it_operator\"");
    let refused = officer.post("/v1/power/changes", &permissive).expect(422);
    assert_eq!(refused.slug(), "rules-refuted");
    let said = refused.member("detail");
    assert!(said.contains(" could ") && said.contains("(it-sees-no-alarm)"), "{said}");
    // A rule more.
    let mut stricter = rules("forbid", "forbid");
    let rule = r#"@id("no-phone-at-all") @refusal("purpose-not-allowed") @says("No phone numbers today") @why("We test.")
        @next("Come back tomorrow.") @cure("ask")
        forbid (principal, action == Action::"reveal", resource == Field::"phone");"#;
    stricter["files"].as_array_mut().unwrap().push(json!({"name": "5-own.cedar", "text": rule}));
    let draft = officer.post("/v1/power/changes", &stricter).expect(201).json();
    assert_eq!((&draft["proof"], &draft["signatures"]), (&json!("proved"), &json!(2)));
    assert_eq!((&draft["widens"], &draft["only_one_officer"]), (&json!(false), &json!(false)));
    assert_eq!(draft["words"], "Add 1 rule: no-phone-at-all.");
    let half = governed.sign(0, &draft).expect(202).json();
    let made = governed.sign(1, &half).expect(200).json();
    assert!(made["person"].is_null() && made["receipt"].is_string(), "{made}");
    assert!(officer.get("/v1/rules").expect(200).text().contains("No phone numbers today"));
    let found = "/v1/disclosures?show=all&kind=rules_changed";
    until("its entry", PATIENCE, || officer.get(found).expect(200).json()["items"].as_array().unwrap().len() == 1);
}

#[test]
fn without_a_solver_two_officers_accept_rules_unproved() {
    let governed = Governed::new("/nowhere/cvc5");
    let draft = governed.officer(0).post("/v1/power/changes", &rules("context.left < 3", "context.left < 4"));
    let draft = draft.expect(201).json();
    assert_eq!((&draft["proof"], &draft["signatures"]), (&json!("unproved"), &json!(2)));
    let half = governed.sign(0, &draft).expect(202).json();
    assert_eq!((&half["signatures"], &half["words"]), (&json!(1), &draft["words"]));
    assert_eq!(governed.sign(0, &half).expect(403).slug(), "not-approved");
    let read = governed.officer(1).get("/v1/power/changes").expect(200).json();
    assert_eq!(read["items"], json!([half]));
    governed.sign(1, &half).expect(200);
    governed.server.stop();
    governed.centre.holds();
}

#[test]
fn limits_that_an_officer_signed_count_whatever_the_configuration_says() {
    let centre = Centre::within(testkit::TestDatabase::new, 20, &crate::centre::acts("person", 1), 20);
    let (agent, officer) = (centre.hire("Ada", "agent"), centre.hire("Sol Officer", "security_officer"));
    let key = Authenticator::named(Algorithm::Es256, "sol");
    enrol_all(&centre, &[(&officer, &key)]);
    let server = centre.serve();
    let nobody = server.client();
    let (interaction, customer) = centre.call_from(&nobody, &agent, 1);
    let path = format!("/v1/customers/{customer}/reveals");
    let reveal = || nobody.bearer(&agent.token).post(&path, &reveal_body(&interaction, "name", "delivery"));
    reveal().expect(200);
    reveal().expect(429);
    let client = nobody.bearer(&officer.token);
    let wish = json!({"change": "set_limits", "limits": "[person]\nhour = 500\n[weights]\nname = 1\n"});
    let draft = client.post("/v1/power/changes", &wish).expect(201).json();
    assert!(draft["words"].as_str().unwrap().contains("person.hour from 1 to 500"), "{draft}");
    let sign = format!("/v1/power/changes/{}/approval", draft["change"].as_str().unwrap());
    let assertion = signed(&key, &draft["challenge"]);
    client.post(&sign, &json!({"draft": draft["draft"], "assertion": assertion})).expect(200);
    reveal().expect(200);
    server.stop();
    // After a restart too: the configuration still says one.
    let server = centre.serve();
    let client = server.client().bearer(&agent.token);
    client.post(&path, &reveal_body(&interaction, "name", "delivery")).expect(200);
    server.stop();
    centre.holds();
}

#[test]
fn what_widens_waits_with_notice_and_comes_into_force_by_itself_or_is_withdrawn() {
    let governed = Governed::waiting("/nowhere/cvc5", 5);
    let board = governed.server.client().bearer(&governed.board.token);
    let wish = |hour: u32| json!({"change": "set_limits", "limits": format!("widening_waits_s = 5\n[person]\nhour = {hour}\n")});
    let agreed = |hour| {
        let draft = governed.officer(0).post("/v1/power/changes", &wish(hour)).expect(201).json();
        assert_eq!((&draft["widens"], &draft["waits_s"]), (&json!(true), &json!(5)), "{draft}");
        let half = governed.sign(0, &draft).expect(202).json();
        assert_eq!(half["signed_by"], json!(["Sol Officer"]));
        governed.sign(1, &half).expect(202).json()
    };
    let due = agreed(400);
    assert!(due["in_force_at"].is_string(), "{due}");
    // The board is told, and reads what it is; it decides nothing.
    until("the board is told", PATIENCE, || board.get("/security").expect(200).text().contains("access_widens"));
    let seen = board.get("/v1/power/changes").expect(200).json();
    assert_eq!(seen["items"][0]["words"], due["words"]);
    assert!(board.get("/security/proposals").expect(200).text().contains("Proposals"));
    let path = format!("/v1/power/changes/{}", due["change"].as_str().unwrap());
    board.ask("DELETE", &path, b"").unwrap().expect(403);
    let found = "/v1/disclosures?show=all&kind=limits_changed";
    let changed = || governed.officer(0).get(found).expect(200).json()["items"].as_array().unwrap().len();
    assert_eq!(changed(), 0, "not yet");
    until("it is in force", PATIENCE, || changed() == 1);
    let agreed = agreed(500);
    let path = format!("/v1/power/changes/{}", agreed["change"].as_str().unwrap());
    governed.officer(1).ask("DELETE", &path, b"").unwrap().expect(204);
    governed.officer(1).ask("DELETE", &path, b"").unwrap().expect(404);
    until("nothing waits", PATIENCE, || !board.get("/security").expect(200).text().contains("access_widens"));
    assert_eq!(changed(), 1);
    // Back to what was.
    let texts = governed.officer(0).get("/v1/power/texts").expect(200).json();
    let version = &texts["items"][0]["version"];
    let back = json!({"change": "roll_back", "version": version});
    let draft = governed.officer(0).post("/v1/power/changes", &back).expect(201).json();
    assert_eq!((&draft["words"], &draft["widens"]), (&json!("Change person.hour from 400 to 320."), &json!(false)));
    governed.officer(0).post("/v1/power/changes", &json!({"change": "roll_back", "version": 1})).expect(404);
    governed.server.stop();
    governed.centre.holds();
}

#[test]
fn a_draft_is_tried_on_the_log_and_streamed() {
    let governed = Governed::new("/nowhere/cvc5");
    let agent = &governed.agent;
    let nobody = governed.server.client();
    let (interaction, customer) = governed.centre.call_from(&nobody, agent, 1);
    let path = format!("/v1/customers/{customer}/reveals");
    for _ in 0..3 {
        nobody.bearer(&agent.token).post(&path, &reveal_body(&interaction, "name", "delivery")).expect(200);
    }
    let limits = json!({"change": "set_limits", "limits": "[person]\nhour = 4\n"});
    let tried = || {
        let draft = governed.officer(0).post("/v1/power/changes", &limits).expect(201).json();
        let path = format!("/v1/power/changes/{}/trial", draft["change"].as_str().unwrap());
        let text = governed.officer(0).post(&path, &json!({"draft": draft["draft"]})).expect(200).text();
        serde_json::from_str::<Value>(text.lines().rfind(|line| line.starts_with('{')).unwrap()).unwrap()
    };
    until("all three have their places", PATIENCE, || tried()["would_refuse"] == 1);
    let found = tried();
    assert_eq!((&found["done"], &found["would_allow"], &found["read"]), (&json!(true), &json!(0), &found["of"]));
    let example = &found["examples"][0];
    assert_eq!(
        (&example["kind"], &example["field"], &example["becomes"]),
        (&json!("reveal"), &json!("name"), &json!("refused"))
    );
    governed.server.stop();
    governed.centre.holds();
}

#[test]
fn a_plan_that_two_officers_signed_is_obeyed_told_and_checked() {
    let governed = Governed::new("/nowhere/cvc5");
    let Governed { centre, server, board, .. } = &governed;
    let officer = governed.officer(0);
    let nobody = server.client();
    // Anybody reads the notice; only who is signed in the plan.
    let notice = || nobody.get(&format!("/notice/{}/en/text", crate::centre::TENANT)).expect(200).text();
    assert!(notice().contains("How long? Our aim is at most 3 years from your last order."), "{}", notice());
    assert!(nobody.get(&format!("/notice/{}/de", crate::centre::TENANT)).expect(200).text().contains("lang=\"de\""));
    for nowhere in ["/notice/nobody", "/notice/nobody/en", &format!("/notice/{}/fr", crate::centre::TENANT)] {
        nobody.get(nowhere).expect(404);
    }
    assert_eq!(nobody.get("/plan").status, 303);
    let shown = server.client().bearer(&board.token).get("/plan").expect(200).text();
    assert!(shown.contains("Voice") && shown.contains("It came with the program"));
    // A bad one is refused with its line.
    let set = |plan: &str| officer.post("/v1/power/changes", &json!({"change": "set_plan", "plan": plan}));
    let refused = set(&plan::DEFAULT.replace("kind = \"note\"", "kind = \"diary\"")).expect(422);
    assert_eq!(refused.slug(), "plan-unfit");
    assert!(refused.member("detail").contains("no kind that is known; next: "));
    // One without dates of birth, and with shorter times.
    let at = plan::DEFAULT.find("\nid = \"date_of_birth\"\n").unwrap();
    let start = plan::DEFAULT[..at].rfind("[[data]]").unwrap();
    let end = at + plan::DEFAULT[at..].find("\n\n").unwrap();
    let less = format!("{}{}", &plan::DEFAULT[..start], &plan::DEFAULT[end..]).replace("\"date_of_birth\", ", "");
    let less = less.replace("keep = \"3 years\"", "keep = \"2 years\"");
    let draft = set(&less).expect(201).json();
    assert_eq!((&draft["can_be_tried"], &draft["widens"]), (&json!(true), &json!(false)));
    let half = governed.sign(0, &draft).expect(202).json();
    governed.sign(1, &half).expect(200);
    until("the notice follows the plan", PATIENCE, || notice().contains("at most 2 years from your last order."));
    assert!(!notice().contains("date of birth"));
    until("its entry", PATIENCE, || {
        let found = officer.get("/v1/disclosures?show=all&kind=plan_changed").expect(200).json();
        found["items"].as_array().unwrap().len() == 1
    });
    // An import of what isn't planned any more is refused, and a check tells of what is stored.
    let record = centre.folder().join("customer.json");
    std::fs::write(&record, json!({"name": testkit::NAME, "date_of_birth": testkit::DATE_OF_BIRTH}).to_string())
        .unwrap();
    let refused = centre.run(&["customer", "add", "--file", record.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2));
    assert!(said.contains("date_of_birth: the data plan doesn't have it; next: "), "{said}");
    let checked = centre.run(&["plan", "check", "--output", "json"]);
    let told = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert_eq!(checked.status.code(), Some(2));
    assert!(told.contains("of the kind date_of_birth are stored; the data plan doesn't have it"), "{told}");
    assert!(
        told.contains("The rules show date_of_birth to the role agent for verification; the plan doesn't."),
        "{told}"
    );
    let compared = repository().join("examples/plan.toml");
    let told = centre.good(&["plan", "diff", compared.to_str().unwrap()]);
    assert!(told.contains("widens  New: date_of_birth"), "{told}");
}
