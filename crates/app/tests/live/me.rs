//! The customer's own page, attacked from outside: who gets in, who doesn't, and what is told to whom.

use crate::centre::{Centre, TENANT, invented};
use crate::http::{Answer, Client};
use crate::kinds::{is_found, on_page};
use crate::server::Server;
use crate::wait::{PATIENCE, until};
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::MailServer;

/// The page of the tenant's customers, in English.
pub(crate) const PAGE: &str = "/me/acme/en";

pub(crate) fn mail_at(port: u16) -> String {
    format!("[mail]\nserver = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"no-reply@example.com\"")
}

/// A centre whose customers get their letters at a real mail server.
pub(crate) fn with_mail() -> (Centre, Server, MailServer) {
    let mail = MailServer::start();
    let centre = Centre::new("", &mail_at(mail.port));
    centre.import_invented(20);
    let server = centre.serve();
    (centre, server, mail)
}

/// A browser of a customer's: it sends forms of our own page, and keeps the cookies that it is given.
pub(crate) struct Own {
    client: Client,
    cookies: Vec<(String, String)>,
}

impl Own {
    pub(crate) fn at(server: &Server) -> Self {
        let client = server.client().with("origin", &format!("http://{}", server.address()));
        Self { client: client.with("content-type", "application/x-www-form-urlencoded"), cookies: Vec::new() }
    }

    pub(crate) fn asking(&self) -> Client {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if cookies.is_empty() { self.client.clone() } else { self.client.with("cookie", &cookies.join("; ")) }
    }

    pub(crate) fn post(&mut self, path: &str, form: &str) -> Answer {
        let answer = self.asking().ask("POST", &format!("{PAGE}{path}"), form.as_bytes()).unwrap();
        self.keep(&answer);
        answer
    }

    pub(crate) fn get(&self) -> Answer {
        self.asking().get(PAGE)
    }

    fn keep(&mut self, answer: &Answer) {
        let set = answer.head.lines().filter_map(|line| line.split_once(": "));
        for (_, value) in set.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            assert!(value.contains("HttpOnly; SameSite=Strict; Path=/me"), "{value}");
            let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    fn ask(&mut self, address: &str) -> Answer {
        self.post("/code", &format!("address={}", address.replace('@', "%40").replace('+', "%2B")))
    }

    fn enter(&mut self, code: &str) -> Answer {
        self.post("/enter", &format!("code={code}"))
    }

    /// Signed in by a code from the mailbox.
    pub(crate) fn signed_in(server: &Server, mail: &MailServer, address: &str) -> Self {
        let mut own = Self::at(server);
        own.ask(address).expect(303);
        let code = mail.code_to(address);
        own.enter(&code).expect(303);
        own.get().expect(200);
        own
    }
}

pub(crate) fn address(n: u64) -> String {
    invented(n).email
}

/// Another code than this one.
fn wrong(code: &str) -> String {
    code.chars().map(|digit| char::from(b'0' + (digit as u8 - b'0' + 1) % 10)).collect()
}

#[test]
fn a_customer_reads_that_somebody_looked_without_them_on_the_line() {
    let mail = MailServer::start();
    let centre = Centre::new("", &mail_at(mail.port));
    centre.import_invented(20);
    let agent = centre.hire_into("north", "Agnes Agentsson", "agent");
    let second = centre.hire_into("south", "Sue South", "team_leader");
    let server = centre.serve();
    let nobody = server.client();
    let (call, customer) = centre.call_from(&nobody, &agent, 1);
    let (work, on) = (nobody.bearer(&agent.token), |what: &str| format!("/v1/customers/{customer}/{what}"));
    let wanted = json!({"interaction": call, "reason": "returned_mail"});
    let case = work.post(&on("cases"), &wanted).expect(201).member("case");
    let page = on_page(&nobody, server.address(), &second.token);
    let address_in =
        json!({"interaction": case, "field": "postal_address", "instance": 1, "purpose": "correspondence"});
    let approval = work.post(&on("approvals"), &address_in).expect(202).member("approval");
    page.post(&format!("/v1/approvals/{approval}/answers"), &json!({"answer": "yes"})).expect(204);
    work.post(&on("reveals"), &address_in).expect(200);

    let mut own = Own::signed_in(&server, &mail, &address(1));
    let page = own.get().expect(200).text();
    for said in [
        "was shown your postal address for a returned letter, without you on the line",
        "began to work on something of yours for a returned letter",
        "asked a second person whether your postal address may be shown for a returned letter",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let german = own.asking().get("/me/acme/de").expect(200).text();
    assert!(
        german.contains("gezeigt wegen eines zurückgekommenen Briefs, ohne dass Sie mit uns in Kontakt waren"),
        "{german}"
    );
    // Nobody claims that they were in touch, so there is nothing to deny.
    assert!(!page.contains("I was not in touch<"), "{page}");
    let statement = own.post("/statement", "").expect(200).json();
    let said = statement["entries"].as_array().unwrap().iter().filter(|entry| entry["said"]["kind"] == "reveal");
    assert!(said.clone().count() == 1 && said.clone().all(|entry| entry["said"]["casework"] == "returned_mail"));
}

#[test]
fn a_customer_sees_who_looked_reports_it_and_has_themselves_erased() {
    let mail = MailServer::start();
    let centre = Centre::new("", &mail_at(mail.port));
    centre.import_invented(20);
    let (agent, officer) = (centre.hire("Agnes Agentsson", "agent"), centre.hire("An officer", "security_officer"));
    let server = centre.serve();
    let nobody = server.client();
    let (call, customer) = centre.call_from(&nobody, &agent, 1);
    let work = nobody.bearer(&agent.token);
    let reveal = json!({"interaction": call, "field": "phone", "instance": 1, "purpose": "callback"});
    work.post(&format!("/v1/customers/{customer}/reveals"), &reveal).expect(200);

    let mut own = Own::signed_in(&server, &mail, &address(1));
    let page = own.get().expect(200).text();
    let (who, _) = page.split_once("Is this all?").unwrap();
    assert!(who.contains("was shown your phone number") && who.contains("to call you back"), "{who}");
    assert!(!page.contains("Agnes") && !page.contains(&agent.id), "no name of staff");
    assert!(!page.contains(&address(1)) && !page.contains(&invented(1).phone), "masks only");
    let german = own.asking().get("/me/acme/de").expect(200).text();
    assert!(german.contains("<html lang=\"de\">") && german.contains("bekam Ihre Telefonnummer gezeigt"), "{german}");

    let entry = who.split("name=\"entry\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(own.post("/doubt", &format!("entry={entry}")).expect(200).text().contains("Security has been told"));
    let reports = nobody.bearer(&officer.token).get("/v1/reports").expect(200).json();
    assert_eq!(reports["items"][0]["by"], "a customer");
    assert!(reports["items"][0]["text"].as_str().unwrap().contains(&entry));
    assert_eq!(reports["items"][0]["interaction"], call.as_str());
    // Who told learns what came of it.
    assert!(own.get().expect(200).text().contains("Security is looking into it."));
    let outcome = format!("/v1/reports/{}/steps", reports["items"][0]["report"].as_str().unwrap());
    let found = json!({"step": "close", "found": "stopped", "text": "It will not happen again."});
    assert_eq!(work.post(&outcome, &found).expect(403).slug(), "role-not-allowed");
    nobody.bearer(&officer.token).post(&outcome, &json!({"step": "close", "found": "nothing"})).expect(422);
    nobody.bearer(&officer.token).post(&outcome, &found).expect(201);
    let page = own.get().expect(200).text();
    assert!(page.contains("Thank you: you helped others too.") && page.contains("It will not happen again."));
    let foreign = "ent_00000000000000000000000000000000";
    own.post("/doubt", &format!("entry={foreign}")).expect(404);

    let statement = own.post("/statement", "").expect(200).json();
    assert_eq!(
        (&statement["customer"], &statement["format"]),
        (&json!(customer), &json!("ringfence customer statement v1"))
    );

    let copy = own.post("/copy", "form=json").expect(200);
    assert!(copy.header("content-disposition").unwrap().starts_with("attachment"));
    let copy = copy.json();
    let value = |field: &str| {
        let all = copy["values"].as_array().unwrap();
        all.iter().find(|one| one["field"] == field).map(|one| one["value"].as_str().unwrap().to_owned())
    };
    assert_eq!((value("phone"), value("email")), (Some(invented(1).phone), Some(address(1))));
    assert_eq!((value("card"), value("note")), (None, None), "cards and notes go as their masks");
    assert!(!copy.to_string().contains(&invented(1).card));
    let read = own.post("/copy", "form=html").expect(200).text();
    assert!(read.contains(&address(1)) && read.starts_with("<!doctype html>"), "{read}");
    assert!(
        read.contains("@media print") && !read.contains("http") && !read.contains("<script"),
        "it prints by itself"
    );
    own.post("/copy", "form=pdf").expect(422);
    for _ in 0..4 {
        own.post("/copy", "form=json").expect(200);
    }
    own.post("/copy", "form=json").expect(429);

    let other = Own::signed_in(&server, &mail, &address(1));
    assert_eq!(own.post("/forget", "sure=no").expect(303).header("location").unwrap(), format!("{PAGE}#forget"));
    let gone = own.post("/forget", "sure=yes").expect(200).text();
    let link = gone.split("href=\"").find(|part| part.contains("/certificate/")).unwrap().split('"').next().unwrap();
    until("the certificate", PATIENCE, || nobody.get(link).status == 200);
    assert_eq!(nobody.get(link).json()["because"], "asked");
    let guessed = format!("{}{}", &link[..link.len() - 32], "0".repeat(32));
    nobody.get(&guessed).expect(404);
    assert!(!other.get().expect(200).text().contains("Who looked"), "a session ends with its customer");
    let mut again = Own::at(&server);
    again.ask(&address(1)).expect(303);
    let mut leaves = Own::at(&server);
    leaves.ask(&address(2)).expect(303);
    let code = mail.code_to(&address(2));
    leaves.enter(&wrong(&code)).expect(403);
    leaves.enter(&code).expect(303);
    leaves.post("/leave", "").expect(303);
    let security = nobody.bearer(&officer.token);
    // Those of corrections are looked at with them (me_correct.rs).
    let corrections = ["own_correction_asked", "own_correction", "own_objection", "own_claim", "own_claim_entered"];
    let own = vault::Kind::ALL.iter().filter(|kind| kind.slug().starts_with("own_"));
    for kind in own.filter(|kind| !corrections.contains(&kind.slug())) {
        is_found(&security, *kind);
    }
    centre.holds();
}

#[test]
fn a_stranger_learns_neither_by_words_nor_by_time_whose_address_is_known() {
    let (_centre, server, mail) = with_mail();
    let known = [2, 3, 4, 5].map(address);
    let unknown = ["a@example.org", "b@example.org", "c@example.org", "not an address"].map(str::to_owned);
    let took = |addresses: &[String]| {
        let mut asked: Vec<(Duration, Duration)> = Vec::new();
        for address in addresses {
            let mut own = Own::at(&server);
            let begun = Instant::now();
            let answer = own.ask(address).expect(303);
            let ask = begun.elapsed();
            assert_eq!(answer.header("location"), Some("/me/acme/en/code"));
            assert_eq!(own.cookies.len(), 1);
            assert_eq!(own.cookies[0].1.len(), 8 + 32 + 1 + 64);
            let begun = Instant::now();
            let entered = own.enter("00000000").expect(403);
            asked.push((ask, begun.elapsed()));
            assert!(entered.text().contains("That code does not count"));
        }
        asked.sort_unstable();
        let middle = asked.len() / 2;
        let entered = asked.iter().map(|(_, entered)| *entered).min().unwrap();
        (asked[middle].0, entered)
    };
    let (asked_known, entered_known) = took(&known);
    let (asked_unknown, entered_unknown) = took(&unknown);
    // Nobody is looked for before the answer, and an entered code is answered at a fixed pace.
    let near = |one: Duration, other: Duration| one.abs_diff(other) < Duration::from_millis(150);
    assert!(near(asked_known, asked_unknown), "{asked_known:?} {asked_unknown:?}");
    assert!(near(entered_known, entered_unknown), "{entered_known:?} {entered_unknown:?}");
    assert!(entered_known >= Duration::from_millis(240) && entered_unknown >= Duration::from_millis(240));
    let letters: Vec<_> = known.iter().map(|_| mail.next()["to"][0].as_str().unwrap().to_owned()).collect();
    assert!(known.iter().all(|address| letters.contains(address)), "{letters:?}");
    assert!(mail.is_empty());
}

#[test]
fn a_code_counts_once_in_the_browser_that_asked_and_not_for_long_guessing() {
    let (centre, server, mail) = with_mail();
    let mut own = Own::at(&server);
    own.ask(&address(6)).expect(303);
    let code = mail.code_to(&address(6));
    // Another browser that asked for somebody else, or for nobody.
    let mut other = Own::at(&server);
    other.enter(&code).expect(403);
    other.ask("nobody@example.org").expect(303);
    other.enter(&code).expect(403);
    own.enter(&code).expect(303);
    let kept = own.cookies.clone();
    own.enter(&code).expect(403);
    own.post("/leave", "").expect(303);
    let replayed = Own { client: own.client.clone(), cookies: kept };
    assert!(!replayed.get().expect(200).text().contains("Who looked"), "signed out everywhere");

    // Guessing: five for one code, then the right one counts no more; and across codes fifteen in an hour.
    let mut guesser = Own::at(&server);
    for round in 0..3 {
        guesser.ask(&address(7)).expect(303);
        let code = mail.code_to(&address(7));
        for _ in 0..5 {
            guesser.enter(&wrong(&code)).expect(403);
        }
        guesser.enter(&code).expect(403);
        assert_eq!(guesser.cookies.len(), 1, "{round}");
    }
    guesser.ask(&address(7)).expect(303);
    let code = mail.code_to(&address(7));
    guesser.enter(&code).expect(403);
    // A sixth letter within the hour isn't sent, and whoever asked isn't told.
    guesser.ask(&address(7)).expect(303);
    guesser.ask(&address(7)).expect(303);
    guesser.ask(&address(8)).expect(303);
    let last = [mail.next(), mail.next()].map(|letter| letter["to"][0].as_str().unwrap().to_owned());
    assert!(last.contains(&address(7)) && last.contains(&address(8)), "{last:?}");
    assert!(mail.is_empty());
    centre.holds();
}

#[test]
fn foreign_pages_staff_and_other_sessions_get_nowhere() {
    let (centre, server, mail) = with_mail();
    let agent = centre.hire("An agent", "agent");
    let mut own = Own::signed_in(&server, &mail, &address(9));
    // A page of another site, and a form without an origin.
    for origin in [Some("https://evil.example"), Some("null"), None] {
        let client = own.client.without("origin");
        let client = origin.map_or(client.clone(), |origin| client.with("origin", origin));
        let foreign = Own { client, cookies: own.cookies.clone() };
        for (path, form) in [
            ("/forget", "sure=yes"),
            ("/statement", ""),
            ("/copy", "form=json"),
            ("/leave", ""),
            ("/code", "address=a%40b.example"),
        ] {
            foreign.asking().ask("POST", &format!("{PAGE}{path}"), form.as_bytes()).unwrap().expect(403);
        }
    }
    own.get().expect(200);
    // A member of staff at work doesn't sign in as a customer in the same browser.
    let staff = on_page(&server.client(), server.address(), &agent.token);
    let at_work = staff.with("content-type", "application/x-www-form-urlencoded");
    let form = format!("address={}", address(9).replace('@', "%40"));
    let said = at_work.ask("POST", &format!("{PAGE}/code"), form.as_bytes()).unwrap().expect(403).text();
    assert!(said.contains("signed in for work"), "{said}");
    assert!(mail.is_empty());
    // Neither session is the other's: what staff have opens no customer's page, what a customer has opens nothing else.
    assert!(!staff.get(PAGE).expect(200).text().contains("Who looked"));
    let token = server.client().bearer(&agent.token).get(PAGE).expect(200).text();
    assert!(!token.contains("Who looked"));
    own.asking().get("/v1/me").expect(401);
    own.asking().get("/v1/interactions").expect(401);
    let session = own.cookies.iter().find(|(name, _)| name == "rf_me").unwrap().1.clone();
    server.client().with("cookie", &format!("rf_session={session}")).get("/v1/me").expect(401);
    // Bent cookies.
    for bent in [session.replace(&session[..8], "00000002"), session[..session.len() - 1].to_owned(), String::new()] {
        let client = server.client().with("cookie", &format!("rf_me={bent}"));
        assert!(!client.get(PAGE).expect(200).text().contains("Who looked"));
    }
    server.client().get("/me/zenith/en").expect(404);
    server.client().get("/me/acme/fr").expect(404);
    assert_eq!(server.client().get("/me").expect(303).header("location").unwrap(), format!("/me/{TENANT}/en"));
    own.post("/leave", "").expect(303);
}

#[test]
fn without_a_mail_server_the_page_says_so() {
    let centre = Centre::new("", "");
    let server = centre.serve();
    assert!(server.client().get(PAGE).expect(200).text().contains("has not set up mail yet"));
}

/// The shipped plan, with wishes held and shown only if the customer agreed.
fn asking() -> String {
    let preference = "id = \"preference\"\nkind = \"preference\"\npurposes = [\"delivery\", \"complaint\", \"correction\"]\nbasis = ";
    let plan = plan::DEFAULT.replace(&format!("{preference}\"contract\""), &format!("{preference}\"consent\""));
    assert_ne!(plan, plan::DEFAULT);
    plan.replace("\"date_of_birth\", \"order\", \"preference\"]", "\"date_of_birth\", \"order\"]")
}

#[test]
fn a_customer_says_yes_and_takes_it_back_with_one_button_each() {
    let (centre, server, mail) = with_mail();
    let officer = server.client().bearer(&centre.hire("Sol", "security_officer").token);
    let agent = centre.hire("Ada", "agent");
    let record = centre.folder().join("customer.json");
    let values =
        json!({"name": "Ana Diaz", "phone": testkit::PHONE, "email": testkit::EMAIL, "preference": "delivery=evening"});
    std::fs::write(&record, values.to_string()).unwrap();
    centre.good(&["customer", "add", "--file", record.to_str().unwrap()]);
    let mut own = Own::signed_in(&server, &mail, testkit::EMAIL);
    assert!(!own.get().text().contains("id=\"consents\""), "the shipped plan asks nothing");
    let draft = officer.post("/v1/power/changes", &json!({"change": "set_plan", "plan": asking()})).expect(201).json();
    let approval = format!("/v1/power/changes/{}/approval", draft["change"].as_str().unwrap());
    officer.post(&approval, &json!({"draft": draft["draft"]})).expect(200);
    until("the page asks", PATIENCE, || own.get().text().contains("id=\"consents\""));

    let nobody = server.client();
    let interaction = centre.call(&nobody, &agent, Some(json!({"phone": testkit::PHONE})));
    let seen = nobody.bearer(&agent.token).get(&format!("/v1/interactions/{interaction}")).expect(200);
    let customer = seen.member("customer");
    let reveal = || {
        let body = json!({"interaction": interaction, "field": "preference", "instance": 1, "purpose": "delivery"});
        nobody.bearer(&agent.token).post(&format!("/v1/customers/{customer}/reveals"), &body)
    };
    assert_eq!(reveal().expect(403).slug(), "not-agreed");
    let page = own.get().expect(200).text();
    assert!(page.contains("You have not been asked yet") && page.contains("Only if you say yes."), "{page}");
    let say = |own: &mut Own, answer: &str| {
        own.post("/consents", &format!("entry=preference&purpose=delivery&answer={answer}"))
    };
    assert!(say(&mut own, "yes").expect(200).text().contains("Your yes is noted"));
    reveal().expect(200);
    let receipt = own.post("/consent-receipt", "entry=preference&purpose=delivery").expect(200);
    let receipt = receipt.json();
    let record = &receipt["dpv:hasRecordOfActivity"];
    assert_eq!(record["dpv:hasConsentStatus"]["@type"], "dpv:ConsentGiven");
    assert!(record["dpv:hasNotice"]["schema:url"].as_str().unwrap().starts_with("http://"), "{receipt}");
    assert!(!receipt.to_string().contains(&customer), "no id of ours is a name of theirs");
    say(&mut own, "no").expect(200);
    assert_eq!(reveal().expect(403).slug(), "not-agreed");
    let receipt = own.post("/consent-receipt", "entry=preference&purpose=delivery").expect(200).json();
    assert_eq!(receipt["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"]["@type"], "dpv:ConsentWithdrawn");
    let page = own.get().expect(200).text();
    assert!(page.contains("You took a yes back") && page.contains("You said yes to something we asked"), "{page}");

    for (form, status) in [
        ("entry=preference&purpose=delivery&answer=maybe", 422),
        ("entry=preference&purpose=delivery", 422),
        ("entry=preference&purpose=payment&answer=yes", 404),
        ("entry=name&purpose=delivery&answer=yes", 404),
    ] {
        own.post("/consents", form).expect(status);
    }
    own.post("/consent-receipt", "entry=preference&purpose=complaint").expect(404);
    let foreign = own.asking().without("origin").with("origin", "https://evil.example");
    let asked = foreign.ask("POST", &format!("{PAGE}/consents"), b"entry=preference&purpose=delivery&answer=yes");
    asked.unwrap().expect(403);
    assert_eq!(reveal().expect(403).slug(), "not-agreed");
}
