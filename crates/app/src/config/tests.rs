use super::Config;
use std::path::Path;

fn read(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("ringfence.toml")).map_err(|failure| failure.to_string())
}

fn refused(text: &str) -> String {
    read(text).expect_err("a refusal")
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = read("").unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8480");
    assert_eq!(config.vault(), vault::VaultConfig::default());
}

#[test]
fn the_example_is_read_and_every_key_is_in_it() {
    let text = include_str!("../../../../examples/ringfence.toml");
    let config = read(text).unwrap();
    assert_eq!(config.tenants().len(), 1);
    assert_eq!(config.budgets.limits(), domain::Limits::default(), "the example shows the defaults");
    assert!(config.mail.as_ref().is_some_and(|mail| mail.user.is_some() && mail.ca_file.is_some()));
    assert!(config.courier.is_some() && config.key.is_some() && config.event_source.len() == 1);
    assert!(config.witness.len() == 1 && config.witnesses.quorum == Some(1) && config.witnesses.within_s == 60);
    assert_eq!(config.closes.every_s, 86_400);
    assert!(config.store.is_some_and(|store| store.password_file.is_some() && store.connections == Some(8)));
    assert!(config.server.origin.is_some() && config.remask_s.is_some() && config.interactions.idle_minutes.is_some());
}

#[test]
fn a_typing_error_is_refused_with_its_line() {
    let said = refused("[server]\nlisten = \"127.0.0.1:1\"\nrole_piker = true\n");
    assert!(said.contains("line 3") && said.contains("role_piker") && said.contains("next: "), "{said}");
}

#[test]
fn a_value_of_the_wrong_kind_is_not_repeated() {
    let said = refused("[budgets]\ncode_per_hour = \"whsec_c2VjcmV0\"\n");
    assert!(said.contains("line 2") && !said.contains("c2VjcmV0"), "{said}");
}

#[test]
fn nobody_who_edits_the_file_lets_others_choose_who_to_be() {
    for said in ["true", "false"] {
        let said = refused(&format!("[server]\nlisten = \"127.0.0.1:8480\"\nrole_picker = {said}\n"));
        assert!(said.contains("role_picker"), "{said}");
    }
}

const PERSON: &str = "per_5f0c9d1e2a3b4c5d6e7f8091a2b3c4d5";

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn webhook(url: &str, events: &str) -> String {
    format!("[[webhook]]\nurl = \"{url}\"\nevents = [{events}]\nsecret = \"{SECRET}\"\n")
}

fn digest(person: &str, hour: i8, zone: &str) -> String {
    format!("[[digest]]\nto = \"a@b.example\"\nperson = \"{person}\"\nhour = {hour}\nzone = \"{zone}\"\n")
}

#[test]
fn what_can_not_be_is_refused() {
    let tenant = |id: u32, slug: &str, origin: &str| {
        format!("[[tenant]]\nid = {id}\nslug = \"{slug}\"\norigin = \"{origin}\"\n")
    };
    for (text, about) in [
        ("[budgets.weights]\nname = 0\n".to_owned(), "weighs 0"),
        (tenant(1, "Acme", "o"), "slug"),
        (tenant(0, "acme", "o"), "zero"),
        (tenant(1, "acme", "a b"), "origin"),
        (tenant(1, "acme", "o") + &tenant(1, "other", "p"), "twice"),
        (tenant(1, "acme", "o") + &tenant(2, "acme", "p"), "twice"),
        ("remask_s = 0".to_owned(), "remask_s"),
        ("[interactions]\nidle_minutes = 10\nabsolute_minutes = 5".to_owned(), "[interactions]"),
        ("[interactions]\nabsolute_minutes = 43201".to_owned(), "give 43200 minutes at most"),
        ("[server]\norigin = \"https://a/b\"".to_owned(), "origin"),
        ("[witnesses]\nquorum = 0".to_owned(), "zero"),
        ("[witnesses]\nquorum = 1".to_owned(), "nobody"),
        ("[witnesses]\nwithin_s = 0".to_owned(), "within_s"),
        ("[[witness]]\nurl = \"http://w.example\"\nkey_file = \"k\"".to_owned(), "https"),
        ("[keyholder]\nsocket = \"s\"\naddress = \"h:1\"".to_owned(), "no one way"),
        ("[keyholder]\naddress = \"h:1\"".to_owned(), "no one way"),
        ("[sign_in]\nidle_minutes = 0".to_owned(), "[sign_in]"),
        ("[closes]\nevery_s = 0".to_owned(), "[closes]"),
        (webhook("http://crm.example", "\"erasure.done\""), "https"),
        (webhook("https://crm.example", "\"erasure.gone\""), "no event erasure.gone"),
        (webhook("https://crm.example", ""), "no events"),
        (webhook("https://crm.example", "\"erasure.done\"").repeat(2), "twice"),
        ("[[collector]]\nurl = \"https://a.example\"\nfile = \"/a\"".to_owned(), "no one place"),
        ("[[collector]]\nfile = \"a\"".to_owned(), "whole path"),
        ("[[collector]]\nfile = \"/a\"\nsecret = \"whsec_AAAA\"".to_owned(), "secret"),
        ("[[collector]]\nfile = \"/a\"\n".repeat(2), "twice"),
        (digest("per_1", 7, "UTC"), "the person isn't one"),
        (digest(PERSON, 24, "UTC"), "hour"),
        (digest(PERSON, 7, "Europe/Nowhere"), "zone"),
        ("[[event_source]]\nname = \"a\"\n[[event_source]]\nname = \"a\"\n".to_owned(), "name"),
    ] {
        let said = refused(&text);
        assert!(said.contains(about), "{text}: {said}");
    }
}

#[test]
fn secrets_come_from_one_place_and_look_like_secrets() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("s"), format!("{SECRET}\n")).unwrap();
    let from = |line: &str| {
        read(&format!("[[event_source]]\nname = \"a\"\n{line}"))
            .and_then(|c| c.relative_to(folder.path()).map_err(|f| f.to_string()))
    };
    let config = from("secret_file = \"s\"").unwrap();
    assert_eq!(config.event_source[0].secret.as_ref().unwrap().expose(), SECRET);
    for wrong in ["", "secret_file = \"s\"\nsecret = \"whsec_A\"", "secret_file = \"none\"", "secret = \"letmein\""] {
        let said = from(wrong).expect_err("a refusal");
        assert!(!said.contains("letmein"), "{said}");
    }
    for short in ["whsec_", "whsec_AAAA"] {
        let said = from(&format!("secret = \"{short}\"")).expect_err("a refusal");
        assert!(said.contains("bytes; 24 is the least; next: ") && !said.contains("AAAA"), "{said}");
        let told =
            format!("[[webhook]]\nurl = \"https://a.example\"\nevents = [\"erasure.done\"]\nsecret = \"{short}\"");
        let said = read(&told).and_then(|c| c.relative_to(folder.path()).map_err(|f| f.to_string()));
        assert!(said.expect_err("a refusal").contains("24 is the least"));
    }
}

#[test]
fn witnesses_belong_to_a_tenant_and_are_named_once() {
    let folder = tempfile::tempdir().unwrap();
    for (name, full, seed) in [("a", "w.example/a", 1), ("b", "w.example/b", 2), ("o", "o", 3)] {
        let signer = transparency::NoteSigner::ed25519_cosigner(full, &[seed; 32]).unwrap();
        std::fs::write(folder.path().join(name), format!("{}\n", signer.verifier_key())).unwrap();
    }
    let tenants = "[[tenant]]\nid = 1\nslug = \"acme\"\norigin = \"o\"\n";
    let witness =
        |name: &str, more: &str| format!("[[witness]]\nurl = \"https://w.example\"\nkey_file = \"{name}\"\n{more}\n");
    let from = |text: String| {
        let read =
            Config::parse(&format!("{tenants}{text}"), Path::new("f")).and_then(|c| c.relative_to(folder.path()));
        read.and_then(|config| config.witnesses()).map_err(|failure| failure.to_string())
    };
    let all = from(witness("a", "") + &witness("b", "tenant = \"acme\"")).unwrap();
    assert_eq!((all.len(), all[0].1.policy.quorum()), (1, 2), "more than half of two");
    for (wrong, about) in [
        (witness("a", "") + &witness("a", ""), "given twice"),
        (witness("a", "tenant = \"other\""), "no tenant"),
        (witness("a", "") + "[witnesses]\nquorum = 2", "quorum"),
        (witness("o", ""), "own witness"),
        (witness("none", ""), "no such file"),
    ] {
        let said = from(wrong.clone()).expect_err("a refusal");
        assert!(said.contains(about), "{wrong}: {said}");
    }
}

/// docs/budgets.md says what holds where nothing is said.
#[test]
fn the_tables_of_weights_and_windows_are_the_defaults() {
    use domain::{FieldKind, Limits, PerWindow, Purpose};
    let text = include_str!("../../../../docs/budgets.md");
    let rows = || {
        text.lines().filter(|line| line.starts_with('|')).map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
    };
    let Limits { weights, person, team, tenant, .. } = Limits::default();
    let weight = |key: &str| {
        let named = format!("`{key}`");
        let row = rows().find(|row| row.get(3).is_some_and(|keys| keys.contains(&named)));
        row.unwrap_or_else(|| panic!("no weight of {key}"))[2].parse::<u32>().unwrap()
    };
    for kind in FieldKind::ALL.into_iter().filter(|kind| *kind != FieldKind::Card) {
        assert_eq!(weight(kind.slug()), weights.reveal(kind), "{kind:?}");
    }
    let acts = ["view", "search_miss", "search_hit", "verify_pass", "verify_fail"].map(weight);
    assert_eq!(acts, [weights.view, weights.search(0), weights.search(1), weights.verify_pass, weights.verify_fail]);
    let windows = |whose: &str| {
        let row = rows().find(|row| row[1].starts_with(whose)).unwrap_or_else(|| panic!("no row of {whose}"));
        let [hour, day, month] = [2, 3, 4].map(|at| row[at].replace(',', "").parse::<u32>().unwrap());
        PerWindow { hour, day, month }
    };
    assert_eq!(windows("a person, for payments"), person.purpose(Purpose::Payment));
    assert_eq!(windows("a person"), person.all);
    assert_eq!((windows("a team"), windows("everybody")), (team.all, tenant.all));
    assert_eq!(person.purpose(Purpose::Payment), person.purpose(Purpose::Verification));
    assert_eq!(person.purpose(Purpose::Payment), person.purpose(Purpose::Correction));
    assert_eq!(person.purpose(Purpose::Delivery), PerWindow::ANY);
}
