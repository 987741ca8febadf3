//! A customer corrects what is held of them, over HTTP and with a real mail server; and whoever didn't, objects.

use crate::centre::Centre;
use crate::kinds::is_found;
use crate::me::{Own, PAGE, address, mail_at, with_mail};
use testkit::MailServer;

const NEW: &str = "%2B442079460555";

/// The link in a letter, as a path.
fn link(letter: &serde_json::Value) -> String {
    let text = letter["text"].as_str().unwrap();
    let line = text.lines().find(|line| line.starts_with("http://")).unwrap_or_else(|| panic!("{text}"));
    line.split_once("/me/").map(|(_, rest)| format!("/me/{rest}")).unwrap()
}

#[test]
fn a_correction_is_told_to_the_old_address_and_objected_to_with_one_button() {
    let (centre, server, mail) = with_mail();
    let officer = centre.hire("An officer", "security_officer");
    let mut own = Own::signed_in(&server, &mail, &address(3));
    let before = own.get().text();
    assert!(before.contains("action=\"/me/acme/en/correct\""));
    // Said before it is done.
    assert!(before.contains("It is the only address that we have of you"), "{before}");
    let phone = format!("field=phone&instance=1&value={NEW}");
    for (form, status) in [
        ("field=phone&instance=1&value=nonsense", 422),
        ("field=telephone&instance=1&value=1", 422),
        ("field=card&instance=1&value=4111111111111111", 404),
        ("field=phone&instance=9&value=%2B442079460555", 404),
        ("", 422),
    ] {
        own.post("/correct", form).expect(status);
    }
    let foreign = own.asking().without("origin").with("origin", "https://evil.example");
    foreign.ask("POST", &format!("{PAGE}/correct"), phone.as_bytes()).unwrap().expect(403);
    assert!(mail.is_empty());

    let said = own.post("/correct", &phone).expect(200).text();
    assert!(said.contains("For three days nobody is known as you by it"), "{said}");
    let letter = mail.next();
    assert_eq!(letter["to"][0], address(3).as_str());
    let page = own.get().expect(200).text();
    assert!(page.contains("You corrected your phone number here"), "{page}");
    assert!(page.contains("New. Nobody is known as you by it before 20"), "{page}");
    assert!(page.contains("so nothing else can be corrected here for now") && !page.contains("/correct\""), "{page}");
    let too_soon = own.post("/correct", "field=email&instance=1&value=thief%40example.net").expect(403).text();
    assert!(too_soon.contains("less than three days ago"), "{too_soon}");

    // Whoever reads the old mailbox needs no session. What looks through mail opens links, and that does nothing.
    let link = link(&letter);
    let nobody = Own::at(&server);
    let shown = nobody.asking().get(&link).expect(200).text();
    assert!(shown.contains("It was not me"), "{shown}");
    own.get().expect(200);
    let press = |client: crate::http::Client, link: &str| client.ask("POST", link, b"").unwrap();
    press(foreign, &link).expect(403);
    press(nobody.asking(), &link.replace("/me/acme/en/objection/", "/me/acme/en/objection/00")).expect(404);
    assert!(press(nobody.asking(), &link).expect(200).text().contains("It counts for nothing now"));
    assert!(own.get().expect(403).text().contains("Write to us"), "the thief's session shows nothing more");

    let security = server.client().bearer(&officer.token);
    let reports = security.get("/v1/reports").expect(200).json();
    assert_eq!(reports["items"][0]["by"], "a customer");
    assert!(reports["items"][0]["text"].as_str().unwrap().contains("wasn't them who corrected"), "{reports}");
    let guards = security.get("/v1/guards").expect(200).json();
    assert_eq!((guards["items"].as_array().unwrap().len(), &guards["items"][0]["reason"]), (1, &"contested".into()));
    for kind in [vault::Kind::OwnCorrectionAsked, vault::Kind::OwnCorrection, vault::Kind::OwnObjection] {
        is_found(&security, kind);
    }
    centre.holds();
}

/// A centre with one customer, of whom an account is held.
fn with_an_account(address: &str, mail: &MailServer) -> Centre {
    let centre = Centre::new("", &mail_at(mail.port));
    let [rows, map] = ["account.csv", "account.toml"].map(|name| centre.folder().join(name));
    let field = |kind: &str| format!("\n[[field]]\nkind = \"{kind}\"\ncolumn = \"{kind}\"\n");
    let fields = ["name", "email", "bank_account"].map(field).concat();
    let row = format!("1,Ana Diaz,{address},GB82WEST12345698765432");
    std::fs::write(&rows, format!("no,name,email,bank_account\n{row}\n")).unwrap();
    std::fs::write(&map, format!("format = \"csv\"\nkey = \"no\"\n{fields}")).unwrap();
    centre.import(&rows, &map);
    centre
}

#[test]
fn an_account_waits_by_itself_and_is_in_no_copy_until_then() {
    let (mail, address) = (MailServer::start(), "ana.diaz@example.org");
    let centre = with_an_account(address, &mail);
    let server = centre.serve();
    let mut own = Own::signed_in(&server, &mail, address);
    let asked = own.get().expect(200).text();
    assert!(asked.contains("For three days after that nobody who works here sees the new account"), "{asked}");
    let unread = own.post("/correct", "field=bank_account&instance=1&value=DE00").expect(422).text();
    assert!(unread.contains("The IBAN, as your bank writes it"), "{unread}");
    let account = "field=bank_account&instance=1&value=DE89+3704+0044+0532+0130+00";
    let said = own.post("/correct", account).expect(200).text();
    assert!(said.contains("The new account counts in three days"), "{said}");
    let letter = mail.next();
    assert!(letter["text"].as_str().unwrap().contains("your bank account") && letter["to"][0] == address, "{letter}");
    let page = own.get().expect(200).text();
    for told in ["You corrected your bank account here", "New. Nobody who works here sees it before 20", "/correct\""] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let copy = own.post("/copy", "form=json").expect(200).json();
    let withheld = serde_json::json!([{"field": "bank_account", "instance": 1, "why": "not_yet"}]);
    assert_eq!(copy["withheld"], withheld);
    own.post("/correct", "field=name&instance=1&value=Ana+Moreno").expect(200);
    centre.holds();
}
