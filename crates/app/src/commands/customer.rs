//! `ringfence customer`.

use super::interaction::id;
use crate::cli::{Common, Customer};
use crate::client::Client;
use crate::failure::{self, Failure};
use crate::home::Home;
use crate::{output, verify, wire};
use domain::field::Incoming;
use domain::{CustomerId, FieldKind, InteractionId};
use plan::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use vault::NewRecord;
use zeroize::Zeroizing;

/// The longest record, in bytes.
const LONGEST: u64 = 4 * 1024 * 1024;

pub(super) fn run(common: &Common, asked: &Customer) -> Result<(), Failure> {
    match asked {
        Customer::Add { file, tenant } => add(common, file, tenant.as_deref()),
        Customer::Show { id: customer, interaction } => {
            let customer = id("customer", "cus_", CustomerId::parse(customer))?;
            let interaction = id("interaction", "int_", InteractionId::parse(interaction))?;
            let body = json!({"interaction": interaction.to_string()});
            let view =
                Client::from_environment()?.call("POST", &format!("/v1/customers/{customer}/views"), Some(&body))?;
            show(common, &view)
        }
        Customer::Statement { id: customer, to } => {
            let customer = id("customer", "cus_", CustomerId::parse(customer))?;
            statement(common, customer, to)
        }
    }
}

/// The file is made first: once the statement is given, its entry is in the log.
fn statement(common: &Common, customer: CustomerId, to: &Path) -> Result<(), Failure> {
    let client = Client::from_environment()?;
    let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut file = new.map_err(|error| failure::file(to, &error))?;
    let given = client.call("POST", &format!("/v1/customers/{customer}/statements"), None);
    let written = given.and_then(|mut given| {
        given["format"] = json!(verify::customer::FORMAT);
        let text = Zeroizing::new(format!("{given:#}\n"));
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| failure::file(to, &error))?;
        Ok(given)
    });
    let given = match written {
        Ok(given) => given,
        Err(failure) => {
            // Nothing of use is in it.
            drop(std::fs::remove_file(to));
            return Err(failure);
        }
    };
    let entries = given["entries"].as_array().map_or(0, Vec::len);
    let found = json!({"customer": given["customer"], "file": to.display().to_string(), "entries": entries, "receipt": given["receipt"]});
    output::one(common.output, &found)
}

fn show(common: &Common, view: &Value) -> Result<(), Failure> {
    match (common.output, view["fields"].as_array()) {
        (output::Format::Table, Some(fields)) => {
            output::list(common.output, &["field", "instance", "mask", "can"], fields)
        }
        _ => output::one(common.output, view),
    }
}

fn add(common: &Common, file: &Path, tenant: Option<&str>) -> Result<(), Failure> {
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let tenant = home.tenant(tenant)?.id;
    let record = record(&read(file)?)?;
    wire::block_on(async {
        let centre = wire::open(&home).await?;
        let customer = centre.vault.add_customer(&centre.vault.operator(tenant), record).await?;
        output::one(common.output, &json!({"customer": customer.to_string()}))
    })
}

fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    let mut take = |from: &mut dyn Read| from.take(LONGEST + 1).read_to_end(&mut bytes);
    let read = if file == Path::new("-") {
        take(&mut io::stdin().lock())
    } else {
        File::open(file).and_then(|mut file| take(&mut file))
    };
    read.map_err(|error| failure::file(file, &error))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::here("the record is longer than 4 MiB", "shorten it"));
    }
    Ok(bytes)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    One(String),
    Many(Vec<String>),
}

/// Fields in the order of their kinds, values in the order given.
fn record(bytes: &[u8]) -> Result<NewRecord, Failure> {
    let given: BTreeMap<String, Given> = serde_json::from_slice(bytes).map_err(|_| {
        Failure::here("that isn't one JSON object of texts", r#"write it like {"name": "Ana Diaz", "phone": ["+44…"]}"#)
    })?;
    let mut values = Vec::new();
    let (mut agreed, mut since) = (BTreeSet::new(), None);
    let kind_of = |slug: &str| {
        FieldKind::from_slug(slug)
            .ok_or_else(|| Failure::here("a member is no kind of field", "use the kinds that docs/import.md lists"))
    };
    for (slug, given) in given {
        let texts = match given {
            Given::One(text) => vec![text],
            Given::Many(texts) => texts,
        };
        if slug == "agreed" {
            agreed = texts.iter().map(|slug| kind_of(slug)).collect::<Result<_, _>>()?;
            continue;
        }
        if slug == "since" {
            since = Some(day(&texts)?);
            continue;
        }
        let kind = kind_of(&slug)?;
        for text in texts.into_iter().map(Zeroizing::new) {
            values.push(
                Incoming::parse(kind, &text)
                    .map_err(|error| Failure::here(format!("{}: {}", kind.slug(), error.problem()), error.next()))?,
            );
        }
    }
    if values.is_empty() {
        return Err(Failure::here("the record is empty", "give at least one field"));
    }
    values.sort_by_key(Incoming::kind);
    Ok(NewRecord { values, guard: None, agreed, since })
}

/// The day on which the record was made.
fn day(texts: &[String]) -> Result<Date, Failure> {
    let one = if let [text] = texts { plan::day_in(text) } else { None };
    one.ok_or_else(|| Failure::here("since isn't a day", "write it as year-month-day"))
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn records_are_read() {
        let made = record(br#"{"phone":["+447400123456","+447400123457"],"name":"Ana Diaz"}"#).ok().unwrap();
        let kinds: Vec<_> = made.values.iter().map(|value| value.kind().slug()).collect();
        assert_eq!(kinds, ["name", "phone", "phone"]);
        assert_eq!(made.since, None);
        let made = record(br#"{"name":"Ana Diaz","since":"2026-05-17"}"#).ok().unwrap();
        assert_eq!(made.since.map(|day| day.to_string()).as_deref(), Some("2026-05-17"));
    }

    #[test]
    fn errors_repeat_no_value() {
        for wrong in [
            r#"{"phone":"secret words"}"#,
            r#"{"secret":"x"}"#,
            r#"{"name":["secret"#,
            r#"{"name":5,"x":"secret"}"#,
            r#"{"name":"Ana Diaz","since":"secret"}"#,
            r#"{"name":"Ana Diaz","since":["2026-05-17","secret"]}"#,
            "{}",
            "",
        ] {
            let said = record(wrong.as_bytes()).err().expect("a refusal").to_string();
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
