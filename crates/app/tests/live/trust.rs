//! What anybody is told of the defences: nothing unless it is published, each claim by its own evidence, red by itself, and never which defence
//! an attack got through.

use crate::centre::{Centre, TENANT};
use crate::http::Client;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

fn claim(told: &Value, id: &str) -> (String, String) {
    let claims = told["claims"].as_array().unwrap();
    let claim = claims.iter().find(|claim| claim["id"] == id).unwrap();
    (claim["state"].as_str().unwrap().to_owned(), claim["evidence"].as_str().unwrap().to_owned())
}

/// Asked anew: a centre whose answers aren't kept from a moment ago.
fn told(centre: &Centre, before: impl FnOnce(&Client)) -> Value {
    let server = centre.serve();
    before(&server.client());
    let told = server.client().get("/v1/trust").expect(200).json();
    server.stop();
    told
}

#[test]
fn nothing_is_told_unless_it_is_published() {
    let centre = Centre::new("", "");
    let server = centre.serve();
    let nobody = server.client();
    let other = nobody.get("/v1/trust?tenant=nobody").expect(404);
    assert_eq!(nobody.get("/v1/trust").expect(404).slug(), other.slug());
    let silent = nobody.get("/trust").expect(404).text();
    assert!(silent.contains("Nothing is told here"), "{silent}");
    assert_eq!(nobody.get("/trust/nobody").expect(404).text(), silent, "whether there is such a tenant isn't told");
    nobody.get(&format!("/trust/{TENANT}/pack")).expect(404);
}

#[test]
fn each_claim_is_told_with_its_evidence_and_a_defence_that_is_pierced_by_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let packs = format!("[trust]\npublished = true\npacks = \"{}\"\n", folder.path().display());
    let centre = Centre::new("", &packs);
    let officer = centre.hire("Sam", "security_officer");
    let never = told(&centre, |nobody| {
        nobody.get(&format!("/trust/{TENANT}/pack")).expect(404);
        let page = nobody.get("/trust").expect(200);
        assert_eq!(page.header("cache-control"), Some("public, max-age=10"));
        assert!(page.text().contains("Not every claim holds now"));
    });
    assert_eq!(never["holds"], false);
    assert_eq!(claim(&never, "attacked").0, "stale");
    assert_eq!(claim(&never, "witnessed").0, "not_in_place");
    assert_eq!(claim(&never, "keys_apart").0, "not_in_place");
    assert_eq!(claim(&never, "pack").0, "not_in_place");
    assert_eq!(never["pack"], Value::Null);

    let names: Vec<String> = drills();
    let results = |verdict: &str, of: &[String]| {
        let one = |name: &String| json!({"drill": name, "verdict": verdict, "where": "scratch"});
        json!({"results": of.iter().map(one).collect::<Vec<_>>()})
    };
    let held = told(&centre, |nobody| {
        let security = nobody.bearer(&officer.token);
        security.post("/v1/drills", &results("held", &names)).expect(201);
        security.post("/v1/packs", &json!({"nonce": "0".repeat(64), "manifest": "1".repeat(64)})).expect(201);
    });
    assert_eq!(claim(&held, "attacked").0, "holds", "{held}");
    assert_eq!(claim(&held, "pack").0, "holds");
    fs::write(folder.path().join(format!("{TENANT}.zip")), b"PK").unwrap();
    let pierced = told(&centre, |nobody| {
        let security = nobody.bearer(&officer.token);
        security.post("/v1/drills", &results("pierced", &names[..1])).expect(201);
        assert_eq!(nobody.get(&format!("/trust/{TENANT}/pack")).expect(200).text(), "PK");
        let page = nobody.get(&format!("/trust/{TENANT}")).expect(200).text();
        assert!(page.contains("Being mended") && !page.contains(&names[0]), "{page}");
    });
    assert_eq!(claim(&pierced, "attacked"), ("mending".to_owned(), "A defence is being mended.".to_owned()));
    assert!(names.iter().all(|name| !pierced.to_string().contains(name.as_str())), "{pierced}");
    assert_eq!(pierced["pack"], format!("/trust/{TENANT}/pack"));
    assert!(!pierced.to_string().contains("per_") && !pierced.to_string().contains("Sam"), "it names nobody");

    // A result that somebody edited in the database.
    told(&centre, |nobody| {
        nobody.bearer(&officer.token).post("/v1/drills", &results("held", &names[..1])).expect(201);
    });
    let edit = "UPDATE admission SET expires = expires + 1 WHERE kind = 31 AND id = (SELECT id FROM admission WHERE kind = 31 ORDER BY id LIMIT 1)";
    assert_eq!(centre.database().edit(edit), 1);
    assert_eq!(claim(&told(&centre, |_| {}), "attacked").0, "mending");
}

#[test]
fn an_answer_is_worked_out_once_in_ten_seconds_however_many_ask() {
    let centre = Centre::new("", "[trust]\npublished = true\n");
    let server = centre.serve();
    let at = |_| server.client().get("/v1/trust").expect(200).json()["at"].to_string();
    let all: BTreeSet<String> = (0..200).map(at).collect();
    assert!(all.len() <= 3, "{all:?}");
}

/// The names of this program's drills.
fn drills() -> Vec<String> {
    let centre = Centre::new("", "");
    let listed: Vec<Value> = serde_json::from_str(&centre.good(&["drill", "list", "--output", "json"])).unwrap();
    listed.iter().map(|one| one["drill"].as_str().unwrap().to_owned()).collect()
}
