//! The certificate of an erasure, handed out by a real server and checked by the command line, which knows nothing but the
//! log's keys.

use crate::centre::{Centre, TENANT};
use crate::wait::{PATIENCE, until};
use serde_json::{Value, json};
use std::fs;

#[test]
fn a_certificate_is_checked_offline_and_no_part_of_it_can_be_changed() {
    let centre = Centre::new("", "");
    centre.import_invented(20);
    let (agent, guardian) = (centre.hire("An agent", "agent"), centre.hire("A guardian", "data_protection_officer"));
    let server = centre.serve();
    let nobody = server.client();
    let protection = nobody.bearer(&guardian.token);
    let (call, customer) = centre.call_from(&nobody, &agent, 1);
    let viewed = nobody.bearer(&agent.token);
    let viewed = viewed.post(&format!("/v1/customers/{customer}/views"), &json!({"interaction": call})).expect(200);
    let erased = crate::kinds::erased(&centre, &server, &guardian, &customer);

    let of = |receipt: &str| format!("/v1/certificates/{receipt}");
    let asked = of(&erased.member("receipt"));
    until("the certificate", PATIENCE, || protection.get(&asked).status == 200);
    let certificate = protection.get(&asked).expect(200).json();
    assert_eq!(certificate["because"], "asked");
    assert_eq!(certificate["backups_unreadable_by"], erased.json()["backups_unreadable_by"]);
    assert_eq!(protection.get(&of(&viewed.member("receipt"))).expect(404).slug(), "not-found");

    let keys = centre.folder().join("keys");
    fs::write(&keys, nobody.get(&format!("/log/{TENANT}/key")).expect(200).text()).unwrap();
    let file = centre.folder().join("certificate.json");
    let check = |certificate: &Value| {
        fs::write(&file, certificate.to_string()).unwrap();
        let output = centre.run(&["verify", file.to_str().unwrap(), "--key", keys.to_str().unwrap()]);
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (code, said) = check(&certificate);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("holds: everything of a customer's destroyed at ") && said.contains("as asked"), "{said}");

    let flipped = |text: &Value| {
        let text = text.as_str().unwrap();
        let last = if text.ends_with('0') { '1' } else { '0' };
        json!(format!("{}{last}", &text[..text.len() - 1]))
    };
    let edits: [(&str, Value, &str); 6] = [
        ("/at", json!("2020-01-01T00:00:00.000Z"), "another time"),
        ("/because", json!("expired"), "another reason"),
        ("/values", json!(7), "another number of values"),
        ("/backups_unreadable_by", json!("2020-01-01"), "another day for backups"),
        ("/opening/ra", flipped(&certificate["opening"]["ra"]), "isn't the one in the log"),
        ("/opening/customer", flipped(&certificate["opening"]["customer"]), "isn't the one in the log"),
    ];
    for (part, value, expected) in edits {
        let mut edited = certificate.clone();
        *edited.pointer_mut(part).unwrap() = value;
        let (code, said) = check(&edited);
        assert_eq!(code, Some(2), "{part}: {said}");
        assert!(said.contains(expected), "{part}: {said}");
    }
    let (code, said) = check(&json!({"format": "something else"}));
    assert_eq!(code, Some(1), "{said}");
}
