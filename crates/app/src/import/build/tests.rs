use super::{RowError, key_of, record, shape, values};
use crate::import::json_rows::Json;
use crate::import::map::Map;
use crate::import::source::Reading;
use domain::Guard;
use domain::field::Incoming;
use std::ops::ControlFlow;

fn map(fields: &str) -> Map {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.toml");
    std::fs::write(&path, format!("format = \"jsonl\"\nkey = \"no\"\n{fields}")).unwrap();
    Map::read(&path).map(|(map, _)| map).map_err(|failure| failure.to_string()).unwrap()
}

fn built(fields: &str, line: &str) -> Result<Vec<String>, Vec<RowError>> {
    let map = map(fields);
    let mut out = None;
    Json::open(line.as_bytes())
        .each(&mut |number, _, row| {
            let row = row.unwrap();
            let key = key_of(&map, row).unwrap();
            let texts =
                |(values, _): (Vec<Incoming>, _)| values.iter().map(|value| value.canonical().to_owned()).collect();
            out = Some(values(&map, number, &key, row).map(texts));
            ControlFlow::Break(())
        })
        .unwrap();
    out.unwrap()
}

const NAME: &str = "[[field]]\nkind = \"name\"\ntemplate = \"{first} {/last/family}\"\n";
const ORDERS: &str = "[[field]]\nkind = \"order\"\ncolumn = \"/orders/*\"\n\
    template = \"{number}|{date}|{amount_minor}|{currency}|{items}\"\noptional = true\n";
const WISHES: &str = "[[field]]\nkind = \"preference\"\ncolumn = \"wishes/*\"\noptional = true\n";

#[test]
fn templates_pointers_and_arrays() {
    let line = r#"{"no":"1","first":" Ana ","last":{"family":"Diaz"},"orders":[
        {"number":"A1","date":"2026-11-02","amount_minor":1999,"currency":"GBP","items":["lamp","bulb"]}, null,
        {"number":"A2","date":"2026-11-03","amount_minor":5,"currency":"GBP","items":[]}],"wishes":["contact=post", ""]}"#;
    let line = line.replace('\n', " ");
    let made = built(&[NAME, ORDERS, WISHES].concat(), &line).unwrap();
    let expected = ["Ana Diaz", "A1|2026-11-02|1999|GBP|lamp;bulb", "A2|2026-11-03|5|GBP|", "contact=post"];
    assert_eq!(made, expected);
}

#[test]
fn missing_values_are_passed_over_only_if_they_may() {
    let phone = |optional| format!("[[field]]\nkind = \"phone\"\ncolumn = \"phone\"\noptional = {optional}\n");
    for missing in ["", r#","phone":null"#, r#","phone":"  ""#] {
        let line = format!(r#"{{"no":"1"{missing}}}"#);
        assert_eq!(built(&phone(true), &line), Ok(vec![]));
        let errors = built(&phone(false), &line).unwrap_err();
        assert_eq!(
            (errors[0].problem, errors[0].instance, errors[0].shape.clone()),
            ("the value is missing", Some(1), None)
        );
    }
}

#[test]
fn every_bad_value_is_reported_and_none_is_shown() {
    let fields = "[[field]]\nkind = \"phone\"\ncolumn = \"a\"\n[[field]]\nkind = \"phone\"\ncolumn = \"b\"\n\
        [[field]]\nkind = \"email\"\ncolumn = \"c\"\n[[field]]\nkind = \"name\"\ntemplate = \"{d}\"\n[[field]]\nkind = \"name\"\ncolumn = \"e\"\n";
    let line = r#"{"no":"K-7","a":"+447400123456","b":"07400 no","c":"ana(at)example.org","d":"x|y","e":{"f":1}}"#;
    let errors = built(fields, line).unwrap_err();
    let told: Vec<_> = errors.iter().map(|e| (e.field.unwrap(), e.instance.unwrap(), e.shape.as_deref())).collect();
    let expected = [
        ("phone", 2, Some("99999 aa")),
        ("email", 1, Some("aaa(aa)aaaaaaa.aaa")),
        ("name", 1, None),
        ("name", 2, None),
    ];
    assert_eq!(told, expected);
    let written: String = errors.iter().map(|error| serde_json::to_string(error).unwrap()).collect();
    assert!(!written.contains("07400") && !written.contains("example"), "{written}");
    assert!(written.starts_with(
        r#"{"row":1,"key":"K-7","field":"phone","instance":2,"column":"b","shape":"99999 aa","problem":""#
    ));
}

#[test]
fn arrays_must_be_what_the_map_says() {
    for line in [
        r#"{"no":"1","wishes":"contact=post"}"#,
        r#"{"no":"1","wishes":[{"a":1}]}"#,
        r#"{"no":"1","wishes":[["contact=post"]]}"#,
    ] {
        assert_eq!(built(WISHES, line).unwrap_err().len(), 1, "{line}");
    }
    assert_eq!(built(ORDERS, r#"{"no":"1","orders":["A1"]}"#).unwrap_err()[0].problem, super::NO_OBJECT.0);
    assert_eq!(built(ORDERS, r#"{"no":"1","orders":[{},{"number":""}]}"#), Ok(vec![]));
}

#[test]
fn numbers_are_taken_as_written() {
    let note = "[[field]]\nkind = \"note\"\ncolumn = \"n\"\n";
    for written in ["1.10", "12345678901234", "1e3", "true"] {
        assert_eq!(built(note, &format!(r#"{{"no":5,"n":{written}}}"#)), Ok(vec![written.to_owned()]));
    }
}

#[test]
fn shapes_show_no_value() {
    assert_eq!(shape("Zoë 12-٣!"), "aaa 99-9!");
    assert_eq!(shape(&"x".repeat(60)).len(), 40);
}

#[test]
fn a_row_says_whether_its_customer_is_guarded() {
    let map = map("guard = \"vip\"\n[[field]]\nkind = \"name\"\ncolumn = \"n\"\n");
    let read = |line: &str| {
        let mut out = None;
        let take = &mut |number, _, row: Result<&dyn crate::import::row::Row, _>| {
            out = Some(record(&map, number, "k1", row.unwrap()));
            ControlFlow::Break(())
        };
        Json::open(line.as_bytes()).each(take).unwrap();
        out.unwrap()
    };
    for (said, guard) in [("\"well_known\"", Some(Guard::WellKnown)), ("null", None), ("\" \"", None)] {
        let line = format!("{{\"no\": \"k1\", \"n\": \"Ana Example\", \"vip\": {said}}}\n");
        assert_eq!(read(&line).map(|record| record.guard).ok(), Some(guard), "{said}");
    }
    for wrong in ["\"yes\"", "true", "{\"a\": 1}", "[\"well_known\", \"vulnerable\"]"] {
        let line = format!("{{\"no\": \"k1\", \"n\": \"Ana Example\", \"vip\": {wrong}}}\n");
        let errors = read(&line).err().unwrap_or_else(|| panic!("{wrong} is taken"));
        assert_eq!((errors.len(), errors[0].column.as_deref(), errors[0].shape.as_deref()), (1, Some("vip"), None));
    }
}

#[test]
fn a_row_says_on_which_day_it_was_made() {
    let map = map("since = \"made\"\n[[field]]\nkind = \"name\"\ncolumn = \"n\"\n");
    let read = |said: &str| {
        let line = format!("{{\"no\": \"k1\", \"n\": \"Ana Example\", \"made\": {said}}}\n");
        let mut out = None;
        let take = &mut |number, _, row: Result<&dyn crate::import::row::Row, _>| {
            out = Some(record(&map, number, "k1", row.unwrap()));
            ControlFlow::Break(())
        };
        Json::open(line.as_bytes()).each(take).unwrap();
        out.unwrap()
    };
    for (said, day) in [("\"2026-05-17\"", Some("2026-05-17")), ("null", None), ("\" \"", None)] {
        let since = read(said).ok().unwrap().since.map(|day| day.to_string());
        assert_eq!(since.as_deref(), day, "{said}");
    }
    for wrong in ["\"17.5.2026\"", "\"2026-02-30\"", "true", "{\"a\": 1}", "[\"2026-05-17\", \"2026-05-18\"]"] {
        let errors = read(wrong).err().unwrap_or_else(|| panic!("{wrong} is taken"));
        assert_eq!((errors.len(), errors[0].column.as_deref(), errors[0].shape.as_deref()), (1, Some("made"), None));
    }
}

#[test]
fn what_a_customer_has_not_agreed_to_is_left_out() {
    let map = map("[[field]]\nkind = \"preference\"\ncolumn = \"wish\"\noptional = true\nagreed = \"newsletter\"\n");
    let read = |said: &str| {
        let line = format!("{{\"no\": \"1\", \"wish\": \"delivery=evening\", \"newsletter\": {said}}}\n");
        let mut out = None;
        Json::open(line.as_bytes())
            .each(&mut |number, _, row| {
                let row = row.unwrap();
                let key = key_of(&map, row).unwrap();
                out = Some(record(&map, number, &key, row));
                ControlFlow::Break(())
            })
            .unwrap();
        out.unwrap()
    };
    for (said, agreed) in [("\"yes\"", 1), ("\"true\"", 1), ("\"no\"", 0), ("\"false\"", 0), ("null", 0)] {
        let record = read(said).ok().unwrap();
        assert_eq!((record.values.len(), record.agreed.len()), (agreed, agreed), "{said}");
    }
    for said in ["\"perhaps\"", "[\"yes\"]", "{\"a\": 1}"] {
        let errors = read(said).err().unwrap();
        assert!(errors[0].problem.contains("neither yes nor no"), "{said}: {errors:?}");
    }
}
